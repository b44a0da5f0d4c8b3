"""How well does a reading point at the evidence? Scores against a truth that is known, each beside chance.

In the synthetic corpus every emotion hangs on one word, and its sound has a known span. Three scores of a row of numbers,
one a frame, against that span:

- *pointing game* (Zhang et al. 2016): is the highest frame inside? Tied frames share the point. Chance: the share of
  frames inside.
- *mass*: the share of the positive scores that lies inside (Attention correctness, Liu et al. 2017). Same chance.
- *AUC*: does a frame inside outrank one outside? Chance .5. It is a rank correlation: rank-biserial r = 2 AUC - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import rankdata

from mcsan_lite.cache import key as content_key
from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.synthetic.generator import read_synthetic, read_truth
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.explain.maps import attention_maps, step_spans
from mcsan_lite.features.alignment import token_spans
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.training import inference
from mcsan_lite.training.code_key import code_key

HEAD = "raw attention, head "  # the name of one head's map, followed by layer.head
BEST_HEAD = "raw attention, best head on validation"
SCORES = ("points", "mass", "auc")


def score(row: np.ndarray, inside: np.ndarray) -> dict[str, float] | None:
    """The three scores of `row` (A,) against `inside` (A,), True where a frame lies in the span, and chance.

    None where no frame or every frame is inside: then there is nothing to find. Raises DataError for scores that are no
    finite number.
    """
    row, inside = np.asarray(row, float), np.asarray(inside, bool)
    if not np.isfinite(row).all():
        raise DataError(
            f"scores that are no number ({np.sum(~np.isfinite(row))} of {row.size} frames)",
            "a finite score a frame",
            "give frames that do not count a score of 0.",
        )
    if not inside.any() or inside.all():
        return None
    positive, first = row.clip(min=0), row == row.max()
    k, n = int(inside.sum()), inside.size
    return {
        "points": float(inside[first].mean()),
        "mass": float(positive[inside].sum() / positive.sum())
        if positive.any()
        else k / n,  # nothing said: chance
        "auc": float((rankdata(row)[inside].sum() - k * (k + 1) / 2) / (k * (n - k))),
        "chance": k / n,
    }


def inside_of(
    model: torch.nn.Module, count: int, span: tuple[float, float], *, hop_s: float = 0.010
) -> np.ndarray:
    """(count,) True for each step of sound of `model` whose middle lies in `span` (seconds, its end not included).
    `hop_s`: from one MFCC frame to the next, as in `Features.hop_s`."""
    times = step_spans(model, count, hop_s=hop_s).mean(1)
    return (times >= span[0]) & (times < span[1])


def decisive_span(truth: pd.Series) -> tuple[int, tuple[float, float]] | None:
    """(index of the decisive token, its span in seconds) of one row of `read_truth`, or None where there is none."""
    if pd.isna(truth.decisive) or not isinstance(truth.times, list):
        return None
    word = int(truth.decisive)
    _, start, end = [t for t in truth.times if t[0]][word]  # what is not transcribed is no token
    return word, (start, end)


def head_maps(model: torch.nn.Module, features: Features) -> Iterator[tuple[str, np.ndarray]]:
    """(name, (L, A)) of every head's words-to-frames map; none from a model without cross-attention."""
    for name, found in attention_maps(model, features).items():
        if name.endswith(".text_from_audio") and not found.summary:
            layer = name.split(".")[1]
            yield from ((f"{HEAD}{layer}.{h}", weights) for h, weights in enumerate(found.weights))


def oracle_scores(
    model: torch.nn.Module,
    utterances: Sequence[Features],
    truth: pd.DataFrame,
    readings: Mapping[str, Callable] = {},
    *,
    heads: bool = False,
) -> pd.DataFrame:
    """Every reading of `model` on every utterance with a decisive word: id, reading, points, mass, auc, chance.

    `utterances` are normalised; `readings` are those of `mcsan_lite.explain.from_attention.READINGS`, which explain the predicted class.
    A reading with word × frame scores is judged by the decisive word's row, any other by its frames; one without frames
    is left out. `heads`: also the raw map of each head.
    """
    lines = []
    for one in utterances:
        if one.id not in truth.index:
            raise DataError(
                f"utterance {one.id!r}, of which nothing is known",
                "one of the corpus that `truth` is of",
                "read both from the same folder: read_truth(folder), read_synthetic(folder)",
            )
        known = decisive_span(truth.loc[one.id])
        if known is None:
            continue
        word, span = known
        rows = {
            name: reading.frames if reading.pairs is None else reading.pairs[word]
            for name, reading in ((name, read(model, one, None)) for name, read in readings.items())
        }
        if heads:
            rows |= {name: weights[word] for name, weights in head_maps(model, one)}
        for name, row in rows.items():
            found = (
                None
                if row is None
                else score(row, inside_of(model, len(row), span, hop_s=one.hop_s))
            )
            if found:
                lines.append({"id": one.id, "reading": name, **found})
    return pd.DataFrame(lines, columns=["id", "reading", *SCORES, "chance"])


def best_head(valid: pd.DataFrame) -> str:
    """The head that points best on these lines of `oracle_scores`, which must be of *validation* utterances: chosen on
    the test part, the best of several would beat chance by luck alone."""
    means = valid[valid.reading.str.startswith(HEAD)].groupby("reading").points.mean()
    if means.empty:
        raise DataError(
            "validation lines without a single head",
            "a model with cross-attention, read with heads=True",
            "oracle_scores(…, heads=True) on validation utterances.",
        )
    return means.idxmax()


def with_best_head(lines: pd.DataFrame) -> pd.DataFrame:
    """Test lines alone, with one head instead of all: of each training (a `world` and `seed`) the best on validation."""
    kept = []
    for _, group in lines.groupby(["world", "seed"], sort=False):
        test, valid = group[group.split == "test"], group[group.split == "valid"]
        kept.append(test[~test.reading.str.startswith(HEAD)])
        if valid.reading.str.startswith(HEAD).any():
            kept.append(test[test.reading == best_head(valid)].assign(reading=BEST_HEAD))
    return pd.concat(kept, ignore_index=True)


def summary(lines: pd.DataFrame) -> pd.DataFrame:
    """A line a reading and world: each score's mean over seeds, for pointing the 95 % interval, chance, seeds and n.

    `lines`: world, seed, reading and the scores of each utterance. The interval is Student's over seeds, so it says how
    another training of the same corpus would score on the same utterances; with a single seed it is Wilson's over them.
    """
    table = []
    for (reading, world), group in lines.groupby(["reading", "world"], sort=False):
        seeds = group.groupby("seed")[[*SCORES, "chance"]].mean()
        n = group.id.nunique()
        mean, low, high = score_interval(seeds.points, n)
        table.append(
            {
                "reading": reading,
                "world": world,
                "points": mean,
                "low": max(low, 0.0),
                "high": min(high, 1.0),
                "chance": seeds.chance.mean(),
                "mass": seeds.mass.mean(),
                "auc": seeds.auc.mean(),
                "seeds": len(seeds),
                "n": n,
            }
        )
    return pd.DataFrame(table)


def scores_of(
    checkpoint: Path | str,
    folder: Path | str,
    readings: Mapping[str, Callable],
    utterances: int = 300,
    cache: Path | str = "data/cache",
    runs: Path | str = "runs",
) -> pd.DataFrame:
    """`oracle_scores` of a checkpoint or run on the synthetic corpus in `folder`, kept below `runs`/readings: a second
    call computes nothing. Up to `utterances` test utterances for every reading, as many of validation for the heads.
    Adds the column split."""
    path = Path(checkpoint)
    path = path / "model.safetensors" if path.is_dir() else path
    run, corpus, truth = inference.load_run(path), read_synthetic(folder), read_truth(folder)
    name = content_key(
        "readings",
        path.read_bytes(),
        corpus.fingerprint(),
        utterances,
        sorted(readings),
        code_key(oracle_scores, type(run.model), *readings.values()),
    )
    kept = Path(runs) / "readings" / f"{name[:12]}.csv"
    if not kept.is_file():
        parts = []
        for split, asked in (("valid", {}), ("test", readings)):
            chosen = [
                u for u in corpus.utterances if u.split == split and decisive_span(truth.loc[u.id])
            ][:utterances]
            data = run.prepare(
                extract(replace(corpus, utterances=tuple(chosen)), run.features, cache=cache)[0]
            )
            parts.append(
                oracle_scores(run.model, data, truth, asked, heads=True).assign(split=split)
            )
        lines = pd.concat(parts)
        write_atomic(kept, lambda p: lines.to_csv(p, index=False))
    return pd.read_csv(kept)


def _pairs(read: Callable, model: torch.nn.Module, one: Features) -> np.ndarray | None:
    """(L, A), or None from a reading that scores no pairs, or that has nothing to say of this kind of model."""
    try:
        return read(model, one, None).pairs
    except DataError:
        return None


def alignment(
    model: torch.nn.Module,
    utterances: Sequence[Features],
    corpus: Corpus,
    readings: Mapping[str, Callable] = {},
) -> pd.DataFrame:
    """Does each word look at its own sound? On any corpus with word times: id, reading, points, mass, auc, chance, words.

    For every head's words-to-frames map, their mean, and those of `readings` that score word × frame: the scores of word
    w's row against w's own span, averaged over the `words` of an utterance. Nothing says that they should look there.
    Raises DataError for utterances without word times, and for a model of whom nothing scores words × frames.
    """
    spoken = {u.id: u.words for u in corpus.utterances}
    if not any(spoken.get(one.id) for one in utterances):
        raise DataError(
            f"{len(utterances)} utterances of {corpus.name} without a word's time",
            "a corpus with word times",
            "take the synthetic corpus or IEMOCAP (its ForcedAlignment folder).",
        )
    lines = []
    for one in utterances:
        spans = token_spans(one.tokens, spoken.get(one.id, ()))
        maps = dict(head_maps(model, one))
        if maps:
            maps["raw attention, mean of heads"] = np.mean(list(maps.values()), 0)
        maps |= {
            name: pairs
            for name, read in readings.items()
            if (pairs := _pairs(read, model, one)) is not None
        }
        for name, pairs in maps.items():
            found = [
                score(pairs[word], inside_of(model, pairs.shape[1], span, hop_s=one.hop_s))
                for word, span in spans.items()
            ]
            found = pd.DataFrame([f for f in found if f])
            if len(found):
                lines.append({"id": one.id, "reading": name, **found.mean(), "words": len(found)})
    if not lines:
        raise DataError(
            f"{type(model).__name__}, of which no map or reading scores words × frames",
            "a model whose words look at the sound",
            "take another run.",
        )
    return pd.DataFrame(lines, columns=["id", "reading", *SCORES, "chance", "words"])
