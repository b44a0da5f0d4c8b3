"""What `mcsan attend` writes of one utterance: the word lens, the same map as a still picture, and its numbers."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.generator import read_truth
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.experiments import corpora
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.features.audio import load_audio
from mcsan_lite.features.extraction import extract
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.lens import lens_page, views_of
from mcsan_lite.figures.timeline import draw_stack
from mcsan_lite.training.inference import Trained


def own(audio: str | None, text: str, video: str | None = None) -> tuple[Corpus, None]:
    """A recording, its transcript and, where there is one, its film as a corpus of one. Raises DataError where one of the
    first two is left out."""
    if not (audio and text):
        raise DataError(
            "a recording or a transcript left out",
            "both: a map shows where one looks in the other",
            'give --audio my.wav and --text "what was said", or --corpus and --id',
        )
    one = Utterance(
        "your recording", Path(audio), text, "unknown", video=None if video is None else Path(video)
    )
    return Corpus("yours", ("unknown",), (one,)), None


def of_corpus(
    name: str,
    wanted: str | None,
    *,
    root: Path | str | None = None,
    profile: str = "quick",
    data: Path | str = "data",
    video: Path | str | None = None,
) -> tuple[Corpus, DecisiveWord | None]:
    """The utterance `wanted` as a corpus of one, and of the synthetic corpus its truth, where a word decides; `video`: the
    folder of the corpus's films.
    Raises DataError for an id that is not there and for an utterance without clip or transcript."""
    if name == "synthetic":
        root = root or corpora.synthetic_folder(profile, data=data)
    corpus = corpora.open_corpus(name, root=root, data=data, strict=False, video=video)
    found = {u.id: u for u in corpus.utterances}
    if wanted not in found:
        near = difflib.get_close_matches(wanted or "", found, n=3, cutoff=0.5) or list(found)[:3]
        raise DataError(
            f"utterance {wanted!r}",
            f"one of the {len(found)} ids of {corpus.name}",
            f"give --id, such as {' or '.join(near)}",
        )
    utterance = found[wanted]
    if utterance.audio is None or not utterance.text:
        raise DataError(
            f"utterance {wanted!r} without a clip or a transcript",
            "one with both",
            "take another --id",
        )
    truth = read_truth(root).loc[wanted] if name == "synthetic" else {"decisive": None}
    if pd.isna(truth["decisive"]):
        return corpus.subset([wanted]), None
    token = int(truth["decisive"])
    word = utterance.words[token]
    return corpus.subset([wanted]), DecisiveWord(token, word.start_s, word.end_s)


def _write_together(files: dict[Path, Callable[[Path], None]]) -> None:
    """Each file whole under a temporary name before the first is renamed: all of them, or none."""
    (path, write), *others = files.items()

    def all_of_them(part: Path) -> None:
        write(part)
        if others:
            _write_together(dict(others))

    write_atomic(path, all_of_them)


def attend(
    run: Trained,
    one: Corpus,
    truth: DecisiveWord | None,
    *,
    name: str | None = None,
    out: Path = Path("attention"),
    cache: Path | str = "data/cache",
) -> tuple[AttentionMap, list[Path]]:
    """Write out.html, out.svg, out.png and out.csv of the corpus's one utterance, all or none: the lens, the aligned stack
    and the numbers of the map `name`; None: the model's first of words × seconds, else its first. Other maps than words ×
    seconds have no time axis for that: nothing is written.

    Returns the map and the files. Raises DataError for a map or a clip that is not there.
    """
    import matplotlib.pyplot as plt

    (utterance,), config = one.utterances, run.features
    features = run.prepare(extract(one, config, cache=cache)[0])[0]
    maps = attention_maps(run.model, features, config)
    timed = [m.name for m in maps.values() if m.direction == "text_from_audio" and not m.summary]
    chosen = maps[require_name(name or next(iter([*timed, *maps])), maps, "attention map")]
    if chosen.name not in timed:
        return chosen, []
    heard_s = min(
        config.max_frames * config.hop_s, utterance.max_s or np.inf
    )  # what the model hears of it
    signal = load_audio(utterance.audio, config.sample_rate)[: round(heard_s * config.sample_rate)]
    likely = run.probabilities(features)
    title = f"{utterance.id} · predicted {likely.index[0]} ({likely.iloc[0]:.0%})"
    title += f" · labelled {utterance.label}" if utterance.label in run.labels else ""
    rate, views = config.sample_rate, views_of(run.model, features, maps)
    aligned = AlignedUtterance(features.tokens, chosen.spans, utterance.words, truth)
    page = lens_page(signal, rate, aligned, views, title=title)
    escaped = [token.replace("$", r"\$") for token in features.tokens]  # $…$ would be a formula
    fig = draw_stack(
        signal,
        rate,
        chosen.mean,
        replace(aligned, tokens=escaped),
        what="weight, mean of heads",
        title=title.replace("$", r"\$"),
    ).fig
    files = {
        out.with_name(f"{out.name}.{ending}"): write
        for ending, write in {
            "html": lambda part: part.write_text(page, encoding="utf-8"),
            "svg": lambda part: fig.savefig(part, metadata={"Date": None}),
            "png": lambda part: fig.savefig(part, dpi=120),
            "csv": lambda part: chosen.frame().to_csv(part),
        }.items()
    }
    try:
        _write_together(files)
    finally:
        plt.close(fig)
    return chosen, list(files)
