"""The command `mcsan attend`: where one utterance is looked at.

In: a trained run, and your own recording or an utterance of a corpus. Out: the word lens, the same
map as a still picture, and its numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mcsan_lite.cli.answers.asking import (
    Answerer,
    add_recording_options,
    answerer_of,
    remarks_on_times,
    report,
    your_utterance,
)
from mcsan_lite.cli.borders.ignored import refuse_without_corpus
from mcsan_lite.cli.borders.outputs import several_files
from mcsan_lite.cli.options import CORPORA_HELP, add_command

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from mcsan_lite.corpus import Corpus, Utterance
    from mcsan_lite.explain.maps import AttentionMap
    from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
    from mcsan_lite.training.confidence.judging import Judgement
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


class WrittenAttention(NamedTuple):
    """The map of an utterance, the answer with its doubts, and the files that show it."""

    attention: AttentionMap
    judgement: Judgement
    files: list[Path]


def add_attend_command(commands) -> None:
    """mcsan attend: its options."""
    parser = add_command(
        *(commands, "attend", attend_command),
        "which sounds each word looks at: a page to explore (html), svg, png, csv",
        example=f"mcsan attend --run {_SHIPPED} --corpus synthetic --id test_000003",
    )
    add_recording_options(parser)
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
    from mcsan_lite.features.language.quick_nltk import load_nltk_alone
    from mcsan_lite.training.confidence.judging import judgement_sentences

    load_nltk_alone()
    out = several_files(args.out, "--out attention")
    if args.corpus and (args.audio or args.text):
        raise DataError(
            "--corpus beside --audio or --text", "one utterance", "leave one of them out"
        )
    if args.corpus:
        places = {"root": args.root, "profile": args.profile, "data": args.data}
        one = utterance_of_corpus(args.corpus, args.id, **places, video=args.video)
    else:
        one = own_recording(args.audio, args.text, args.video)
        refuse_without_corpus(args, ("root", "id"))
    answerer = answerer_of(args)
    run = answerer.run
    times = remarks_on_times(run, known=bool(args.corpus))
    report(used.remarks_before(run, one.utterance) + times)
    if not args.corpus:
        answerer = replace(answerer, run=run.without_word_times())
    written = write_attention(answerer, one, map_name=args.map, out=out)
    attention, judgement, files = written
    if not files:
        print(attention.frame().round(3).to_string())
        print("", *judgement_sentences(judgement, answerer.corpus), sep="\n")
        return 0
    *first, last = map(str, files)
    print(attention.describe())
    print("", *judgement_sentences(judgement, answerer.corpus), sep="\n")
    print(f"{', '.join(first)} and {last} written")
    return 0


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
    one = your_utterance(audio, text, video)
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
    corpus = readable_corpus(name, root=root, profile=profile, data=data)
    if video:
        corpus = with_video(corpus, video)
    utterance = utterance_by_id(corpus, wanted)
    chosen = corpus.subset([utterance.id])
    if name != "synthetic":
        return OneUtterance(chosen)
    return OneUtterance(chosen, _decisive_word(utterance, read_truth(root).decisive[utterance.id]))


def readable_corpus(
    name: str,
    *,
    root: Path | str | None = None,
    profile: str = "quick",
    data: Path | str = "data",
) -> Corpus:
    """A corpus of which single utterances are wanted, so that it need not be complete.

    Args:
        name: of the corpus.
        root: its folder, or the manifest's file; by default data/<name>.
        profile: which synthetic corpus is meant.
        data: folder of corpora.
    """
    from mcsan_lite.experiments import corpora

    if name == "synthetic":
        return corpora.open_corpus(name, root=root, profile=profile, data=data)
    return corpora.open_corpus(name, root=root, data=data, strict=False)


def utterance_by_id(corpus: Corpus, wanted: str | None) -> Utterance:
    """The utterance with this id.

    Args:
        corpus: in which it is.
        wanted: its id.

    Raises:
        DataError: for an id that is not there, and for an utterance without clip or transcript.
    """
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
    answerer: Answerer,
    one: OneUtterance,
    *,
    map_name: str | None = None,
    out: Path = Path("attention"),
) -> WrittenAttention:
    """Write out.html, out.svg, out.png and out.csv of one utterance: all of them, or none.

    They are the word lens, the aligned stack, twice, and the numbers of one map. A map other than
    words × seconds has no time axis for that: nothing is written.

    Args:
        answerer: a trained run.
        one: the utterance.
        map_name: None: the model's first map of words × seconds, else its first.
        out: path of the files, without their endings.

    Returns:
        The map, the answer with its doubts, and the files.

    Raises:
        DataError: for a map or a clip that is not there.
    """
    from mcsan_lite.cli import used
    from mcsan_lite.errors import require_name
    from mcsan_lite.explain import maps as maps_module
    from mcsan_lite.features.extraction import extract
    from mcsan_lite.figures.attention import AlignedUtterance
    from mcsan_lite.figures.lens import lens_page, views_of

    run = answerer.run
    extracted, _ = extract(one.corpus, run.features, cache=answerer.cache)
    (features,) = run.prepare(extracted)
    report(used.remark_on_words(run, one.utterance, features, answerer.cache))
    judgement = answerer.judgement(features)
    maps = maps_module.attention_maps(run.model, features, run.features)
    timed = [m.name for m in maps.values() if m.direction == "text_from_audio" and not m.summary]
    first, *_ = [*timed, *maps]
    chosen = maps[require_name(map_name or first, maps, "attention map")]
    if chosen.name not in timed:
        return WrittenAttention(chosen, judgement, [])
    signal, rate = _heard_signal(run, one.utterance), run.features.sample_rate
    title = _title(answerer, judgement, one.utterance)
    aligned = AlignedUtterance(features.tokens, chosen.spans, one.utterance.words, one.truth)
    report(used.remark_on_readings(len(features.tokens)))
    views = views_of(run.model, features, maps, progress=True)
    page = lens_page(signal, rate, aligned, views, title=title)
    two_lines = title.replace(" · trained on ", "\ntrained on ")  # one would leave the picture
    figure = _stack_figure(signal, rate, chosen, aligned, two_lines)
    return WrittenAttention(chosen, judgement, _write_files(out, page, figure, chosen))


def _heard_signal(run: Trained, utterance: Utterance) -> np.ndarray:
    """(samples,) what the model hears of the clip."""
    from mcsan_lite.features.audio import load_audio
    from mcsan_lite.features.extraction import heard_seconds

    heard_s = heard_seconds(run.features, utterance.max_s)
    return load_audio(utterance.audio, run.features.sample_rate, max_s=heard_s)


def _title(answerer: Answerer, judgement: Judgement, utterance: Utterance) -> str:
    likely = judgement.probabilities.iloc[0]
    title = f"{utterance.id} · predicted {judgement.first} ({likely:.0%})"
    if utterance.label in answerer.run.labels:
        title += f" · labelled {utterance.label}"
    if answerer.corpus:
        title += f" · trained on {answerer.corpus}"
    if judgement.unfamiliar:
        title += f", unlike this {' and these '.join(judgement.unfamiliar)}"
    return title


def _stack_figure(
    signal: np.ndarray, rate: int, chosen: AttentionMap, aligned: AlignedUtterance, title: str
) -> Figure:
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

    # Both pictures are laid out once: it takes a third of the time that a picture takes.
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
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
