"""The commands on a single utterance: `mcsan predict` and `mcsan attend`.

In: a trained run, and your own recording or an utterance of a corpus. Out: the emotion; or the word
lens, the same map as a still picture, and its numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mcsan_lite.cli.options import CORPORA_HELP, add_command

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from mcsan_lite.corpus import Corpus, Utterance
    from mcsan_lite.explain.maps import AttentionMap
    from mcsan_lite.features.extraction import Features
    from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
    from mcsan_lite.training.inference import Trained

_SHIPPED = "checkpoints/matching-seed0.safetensors"


class OneUtterance(NamedTuple):
    """A corpus of one utterance, and the word that decides its label, where that is known."""

    corpus: Corpus
    truth: DecisiveWord | None = None

    @property
    def utterance(self) -> Utterance:
        """The utterance itself."""
        return self.corpus.utterances[0]


def add_predict_command(commands) -> None:
    """mcsan predict: its options."""
    parser = add_command(
        *(commands, "predict", predict_command),
        "the emotion of your own recording and transcript",
        example=f'mcsan predict --run {_SHIPPED} --audio my.wav --text "what was said"',
    )
    _add_recording_options(parser)


def predict_command(args: argparse.Namespace) -> int:
    """Print the probability of every class for a recording and its transcript."""
    from mcsan_lite.cli import used

    run = _load_run(args.run, args.video, args.vectors)
    yours = _your_utterance(args.audio, args.text, args.video)
    # Without sound there is nothing to place words in.
    _report(used.remarks_before(run, yours) + _remarks_on_times(run, known=not args.audio))
    part = used.used_part(run, yours)
    cache = Path(args.data) / "cache"
    features = run.features_of(part.audio, part.text, cache, part.video)
    _report(used.remark_on_words(run, yours, features, cache))
    print(run.probabilities(features).map("{:.1%}".format).to_string())
    return 0


def add_attend_command(commands) -> None:
    """mcsan attend: its options."""
    parser = add_command(
        *(commands, "attend", attend_command),
        "which sounds each word looks at: a page to explore (html), svg, png, csv",
        example=f"mcsan attend --run {_SHIPPED} --corpus synthetic --id test_000003",
    )
    _add_recording_options(parser)
    parser.add_argument(
        "--corpus",
        help=f"instead of --audio and --text, an utterance of: {CORPORA_HELP}. "
        "--video is then the folder of its videos",
    )
    parser.add_argument("--id", help="with --corpus: which utterance, such as test_000003")
    parser.add_argument("--root", help="with --corpus: its folder (default: data/<corpus>)")
    parser.add_argument(
        "--profile", default="quick", help="with --corpus synthetic: which of them (default: quick)"
    )
    parser.add_argument(
        "--map",
        help="which map (default: the first of words × seconds, such as cross.0.text_from_audio)",
    )
    parser.add_argument(
        "--out", default="attention", help="name of the files, without ending (default: attention)"
    )


def attend_command(args: argparse.Namespace) -> int:
    """Write the maps of one utterance, or print a map that has no seconds."""
    from mcsan_lite.cli import used
    from mcsan_lite.errors import DataError

    if Path(args.out).name in ("", ".."):
        raise DataError(
            f"--out {args.out!r}", "a name for the files, without ending", "--out attention"
        )
    if args.corpus and (args.audio or args.text):
        raise DataError(
            "--corpus beside --audio or --text", "one utterance", "leave one of them out"
        )
    if args.corpus:
        places = {"root": args.root, "profile": args.profile, "data": args.data}
        one = utterance_of_corpus(args.corpus, args.id, **places, video=args.video)
    else:
        one = own_recording(args.audio, args.text, args.video)
    run = _load_run(args.run, args.video, args.vectors)
    times = _remarks_on_times(run, known=bool(args.corpus))
    _report(used.remarks_before(run, one.utterance) + times)
    if not args.corpus:
        run = run.without_word_times()
    out, cache = Path(args.out), Path(args.data) / "cache"
    attention, files = write_attention(run, one, map_name=args.map, out=out, cache=cache)
    if not files:
        print(attention.frame().round(3).to_string())
        return 0
    *first, last = map(str, files)
    print(attention.describe())
    print(f"{', '.join(first)} and {last} written")
    return 0


def _add_recording_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", required=True, help="a fold's folder below runs/, or a .safetensors file"
    )
    parser.add_argument("--audio", help="a recording or film: wav, flac, ogg, mp3, mp4, avi, …")
    parser.add_argument("--text", default="", help="its transcript")
    parser.add_argument(
        "--video",
        help="what is seen, for a run that looks at video: a csv of OpenFace or an array .npy",
    )
    parser.add_argument(
        "--vectors", help="the word vectors of the training, where the run does not find them"
    )
    parser.add_argument("--data", default="data", help="folder of caches (default: data)")


def _load_run(folder: str, video: str | None, vectors: str | None) -> Trained:
    from mcsan_lite.training import inference

    run = inference.load_run(folder, vectors=vectors)
    if video:
        run.require_video()
    return run


def _report(remarks: list[str]) -> None:
    for remark in remarks:
        print(remark, file=sys.stderr)


def _remarks_on_times(run: Trained, *, known: bool) -> list[str]:
    """What to say where the run was trained with word times and does not get them now."""
    if run.features.align != "gold" or known:
        return []
    return [
        "no word times: this run was trained with them; "
        "the words are now placed in proportion to their letters"
    ]


def _your_utterance(audio: str | None, text: str, video: str | None) -> Utterance:
    from mcsan_lite.corpus import Utterance

    sound = None if audio is None else Path(audio)
    film = None if video is None else Path(video)
    return Utterance("your recording", sound, text, "unknown", video=film)


def own_recording(audio: str | None, text: str, video: str | None = None) -> OneUtterance:
    """A recording and its transcript as a corpus of one.

    Args:
        audio: its file.
        text: its transcript.
        video: its film, where there is one.

    Raises:
        DataError: where the recording or the transcript is left out.
    """
    from mcsan_lite.cli.used import has_words
    from mcsan_lite.corpus import Corpus
    from mcsan_lite.errors import DataError

    if not (audio and has_words(text)):
        raise DataError(
            "a recording or a transcript left out",
            "both: a map shows where one looks in the other",
            'give --audio my.wav and --text "what was said", or --corpus and --id',
        )
    one = _your_utterance(audio, text, video)
    return OneUtterance(Corpus("yours", ("unknown",), (one,)))


def utterance_of_corpus(
    name: str,
    wanted: str | None,
    *,
    root: Path | str | None = None,
    profile: str = "quick",
    data: Path | str = "data",
    video: Path | str | None = None,
) -> OneUtterance:
    """One utterance of a corpus; of the synthetic one with its truth, where a word decides.

    Args:
        name: of the corpus.
        wanted: id of the utterance.
        root: the corpus's folder, or the manifest's file; by default data/<name>.
        profile: which synthetic corpus is meant.
        data: folder of corpora.
        video: folder of the corpus's films.

    Raises:
        DataError: for an id that is not there, and for an utterance without clip or transcript.
    """
    from mcsan_lite.datasets.synthetic.reader import read_truth
    from mcsan_lite.datasets.video_files import with_video
    from mcsan_lite.experiments import corpora

    if name == "synthetic":
        root = root or corpora.synthetic_folder(profile, data=data)
        corpus = corpora.open_corpus(name, root=root)
    else:
        corpus = corpora.open_corpus(name, root=root, data=data, strict=False)
    if video:
        corpus = with_video(corpus, video)
    utterance = _utterance_by_id(corpus, wanted)
    chosen = corpus.subset([utterance.id])
    if name != "synthetic":
        return OneUtterance(chosen)
    return OneUtterance(chosen, _decisive_word(utterance, read_truth(root).decisive[utterance.id]))


def _utterance_by_id(corpus: Corpus, wanted: str | None) -> Utterance:
    import difflib

    from mcsan_lite.errors import DataError

    utterance_of = {one.id: one for one in corpus.utterances}
    if wanted not in utterance_of:
        near = difflib.get_close_matches(wanted or "", utterance_of, n=3, cutoff=0.5)
        near = near or list(utterance_of)[:3]
        raise DataError(
            f"utterance {wanted!r}",
            f"one of the {len(utterance_of)} ids of {corpus.name}",
            f"give --id, such as {' or '.join(near)}",
        )
    utterance = utterance_of[wanted]
    if utterance.audio is None or not utterance.text:
        raise DataError(
            f"utterance {wanted!r} without a clip or a transcript",
            "one with both",
            "take another --id",
        )
    return utterance


def _decisive_word(utterance: Utterance, token: float | None) -> DecisiveWord | None:
    """The word with the number that `read_truth` gives, nan where no word decides."""
    import pandas as pd

    from mcsan_lite.figures.attention import DecisiveWord

    if pd.isna(token):
        return None
    word = utterance.words[int(token)]
    return DecisiveWord(int(token), word.start_s, word.end_s)


def write_attention(
    run: Trained,
    one: OneUtterance,
    *,
    map_name: str | None = None,
    out: Path = Path("attention"),
    cache: Path | str = "data/cache",
) -> tuple[AttentionMap, list[Path]]:
    """Write out.html, out.svg, out.png and out.csv of one utterance: all of them, or none.

    They are the word lens, the aligned stack, twice, and the numbers of one map. A map other than
    words × seconds has no time axis for that: nothing is written.

    Args:
        run: a trained run.
        one: the utterance.
        map_name: None: the model's first map of words × seconds, else its first.
        out: path of the files, without their endings.
        cache: folder of features.

    Returns:
        The map, and the files.

    Raises:
        DataError: for a map or a clip that is not there.
    """
    from mcsan_lite.cli import used
    from mcsan_lite.errors import require_name
    from mcsan_lite.explain import maps as maps_module
    from mcsan_lite.features.extraction import extract
    from mcsan_lite.figures.attention import AlignedUtterance
    from mcsan_lite.figures.lens import lens_page, views_of

    extracted, _ = extract(one.corpus, run.features, cache=cache)
    (features,) = run.prepare(extracted)
    _report(used.remark_on_words(run, one.utterance, features, cache))
    maps = maps_module.attention_maps(run.model, features, run.features)
    timed = [m.name for m in maps.values() if m.direction == "text_from_audio" and not m.summary]
    first, *_ = [*timed, *maps]
    chosen = maps[require_name(map_name or first, maps, "attention map")]
    if chosen.name not in timed:
        return chosen, []
    signal, rate = _heard_signal(run, one.utterance), run.features.sample_rate
    title = _title(run, features, one.utterance)
    aligned = AlignedUtterance(features.tokens, chosen.spans, one.utterance.words, one.truth)
    _report(used.remark_on_readings(len(features.tokens)))
    views = views_of(run.model, features, maps, progress=True)
    page = lens_page(signal, rate, aligned, views, title=title)
    figure = _stack_figure(signal, rate, chosen, aligned, title)
    return chosen, _write_files(out, page, figure, chosen)


def _heard_signal(run: Trained, utterance: Utterance) -> np.ndarray:
    """(samples,) what the model hears of the clip."""
    from mcsan_lite.features.audio import load_audio
    from mcsan_lite.features.extraction import heard_seconds

    heard_s = heard_seconds(run.features, utterance.max_s)
    return load_audio(utterance.audio, run.features.sample_rate, max_s=heard_s)


def _title(run: Trained, features: Features, utterance: Utterance) -> str:
    likely = run.probabilities(features)
    title = f"{utterance.id} · predicted {likely.index[0]} ({likely.iloc[0]:.0%})"
    if utterance.label in run.labels:
        title += f" · labelled {utterance.label}"
    return title


def _stack_figure(
    signal: np.ndarray, rate: int, chosen: AttentionMap, aligned: AlignedUtterance, title: str
) -> Figure:
    from dataclasses import replace

    from mcsan_lite.figures import timeline

    def escaped(text: str) -> str:  # two dollars would start a formula
        return text.replace("$", r"\$")

    drawn = timeline.draw_stack(
        signal,
        rate,
        chosen.mean,
        replace(aligned, tokens=[escaped(token) for token in aligned.tokens]),
        what="weight, mean of heads",
        title=escaped(title),
    )
    return drawn.fig


def _write_files(out: Path, page: str, figure: Figure, chosen: AttentionMap) -> list[Path]:
    import matplotlib.pyplot as plt

    from mcsan_lite.tables.shared import save_svg, spreadsheet_table

    writers = {
        "html": lambda part: part.write_text(page, encoding="utf-8"),
        "svg": lambda part: save_svg(figure, part),
        "png": lambda part: figure.savefig(part, dpi=120),
        "csv": lambda part: spreadsheet_table(chosen.frame()).to_csv(part, encoding="utf-8"),
    }
    files = {out.with_name(f"{out.name}.{ending}"): write for ending, write in writers.items()}
    try:
        _write_together(files)
    finally:
        plt.close(figure)
    return list(files)


def _write_together(files: dict[Path, Callable[[Path], None]]) -> None:
    """Write each file whole under a temporary name before the first is renamed."""
    from mcsan_lite.cache import write_atomic

    (path, write), *others = files.items()

    def write_this_and_others(part: Path) -> None:
        write(part)
        if others:
            _write_together(dict(others))

    write_atomic(path, write_this_and_others)
