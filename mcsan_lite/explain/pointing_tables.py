"""How well do readings point at the evidence? Tables of pointing scores, each beside chance.

In: a model, its utterances, what is known of them, and readings. Out: long tables with one row per
utterance and reading, and their means with intervals.

In the synthetic corpus every emotion hangs on one word, and its sound has a known span:
`oracle_scores`. On any corpus with word times, each word can be asked whether it looks at its own
sound: `own_sound_scores`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from mcsan_lite.cache import key as content_key
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.explain.pointing import decisive_span, inside_of, other_spans, pointing_score
from mcsan_lite.explain.readings.reading import ReadFunction, Reading
from mcsan_lite.features.alignment import token_spans
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.tables.own import load_table, save_table
from mcsan_lite.training import inference
from mcsan_lite.training.code.key import code_key

HEAD = "raw attention, head "  # the name of one head's map, followed by layer.head
BEST_HEAD = "raw attention, best head on validation"
_SCORES = ("points", "mass", "auc", "chance")  # the fields of a PointingScore


def head_maps(model: nn.Module, features: Features) -> Iterator[tuple[str, np.ndarray]]:
    """The words-to-sound map of every head; none from a model without cross-attention.

    Args:
        model: any model that returns attention maps.
        features: one utterance, normalised.

    Yields:
        A name that begins with HEAD, and weights (L, A).
    """
    for found in attention_maps(model, features).values():
        if found.direction == "text_from_audio" and not found.summary:
            for head, weights in enumerate(found.weights):
                yield f"{HEAD}{found.layer}.{head}", weights


def oracle_scores(
    model: nn.Module,
    utterances: Sequence[Features],
    truth: pd.DataFrame,
    readings: Mapping[str, ReadFunction] = {},
    *,
    heads: bool = False,
) -> pd.DataFrame:
    """Score every reading of the predicted class on every utterance with a decisive word.

    A reading with word × frame scores is judged by the decisive word's row, any other by its
    frames. One without frames is left out.

    Args:
        model: any model that the readings can read.
        utterances: normalised features.
        truth: of `read_truth`, with a row for each of the utterances.
        readings: {name: function}, such as the `read` of each entry in READINGS.
        heads: also score the raw map of each head.

    Returns:
        One row per utterance and reading: id, reading, points, mass, auc, chance.

    Raises:
        DataError: for an utterance of which `truth` knows nothing.
    """
    rows = []
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
        scores_of = {
            name: _scores_of_word(read(model, one, None), known.token)
            for name, read in readings.items()
        }
        if heads:
            scores_of |= {name: map_[known.token] for name, map_ in head_maps(model, one)}
        for name, scores in scores_of.items():
            if scores is None:
                continue
            inside = inside_of(model, len(scores), known.seconds, hop_s=one.hop_s)
            found = pointing_score(scores, inside)
            if found is not None:
                rows.append({"id": one.id, "reading": name, **asdict(found)})
    return pd.DataFrame(rows, columns=["id", "reading", *_SCORES])


def decisive_row_scores(
    model: nn.Module, utterances: Sequence[Features], truth: pd.DataFrame
) -> pd.DataFrame:
    """Does the decisive word's row of the raw map lie on its own sound, and do those of others too?

    A map on which every row lies there shows where the network listens, and no word of its own. The
    map is the mean of all heads of the last layer. An utterance of a single word is left out: it
    has no other words to compare with, and its word fills the sound, so that chance is high.

    Where no word asks, but one summary of the words, its row is taken, and the others are the other
    words' sounds. A row that only finds where some word is said lies there as often.

    Args:
        model: any model; one in which nothing of the words asks the sound gives no row.
        utterances: normalised features.
        truth: of `read_truth`, with a row for each of the utterances.

    Returns:
        One row per utterance with a decisive word and others: id, points (of its row), others
        (mean over the rows of all other words; where one summary asks, the share of other words in
        whose sound its row points) and chance.
    """
    rows = []
    for one in utterances:
        known = decisive_span(truth.loc[one.id])
        if known is None or len(one.tokens) < 2:
            continue
        asking = _last_map_that_asks_the_sound(model, one)
        if asking is None:
            continue
        places = partial(inside_of, model, asking.mean.shape[1], hop_s=one.hop_s)
        inside = places(known.seconds)  # (A,)
        if asking.summary:
            own = pointing_score(asking.mean[0], inside)
            elsewhere = [places(span) for span in other_spans(truth.loc[one.id])]
            others = [pointing_score(asking.mean[0], place) for place in elsewhere]
        else:
            own = pointing_score(asking.mean[known.token], inside)
            rows_of_others = np.delete(asking.mean, known.token, axis=0)  # (L - 1, A)
            others = [pointing_score(row, inside) for row in rows_of_others]
        points_of_others = [score.points for score in others if score is not None]
        if own is not None and points_of_others:
            mean = float(np.mean(points_of_others))
            rows.append({"id": one.id, "points": own.points, "others": mean, "chance": own.chance})
    return pd.DataFrame(rows, columns=["id", "points", "others", "chance"])


def asks_once(model: nn.Module, one: Features) -> bool:
    """Whether no word asks the sound by itself, but a summary of the words does.

    Args:
        model: any model.
        one: an utterance, normalised.
    """
    asking = _last_map_that_asks_the_sound(model, one)
    return asking is not None and asking.summary


def _last_map_that_asks_the_sound(model: nn.Module, one: Features) -> AttentionMap | None:
    """Of the last layer in which every word asks; else of the last in which their summary asks."""
    maps = attention_maps(model, one).values()
    asking = [found for found in maps if found.direction == "text_from_audio"]
    of_words = [found for found in asking if not found.summary]
    return next(reversed(of_words or asking), None)


def _scores_of_word(reading: Reading, token: int) -> np.ndarray | None:
    """(A,) the word's row where the reading has pairs, else what it says of the frames."""
    if reading.pairs is None:
        return reading.frames
    return reading.pairs[token]


def best_head(valid: pd.DataFrame) -> str:
    """The head that points best on these rows of `oracle_scores`, which must be of *validation*
    utterances.

    Chosen on the test part, the best of several would beat chance by luck alone.
    """
    means = valid[valid.reading.str.startswith(HEAD)].groupby("reading").points.mean()
    if means.empty:
        raise DataError(
            "validation lines without a single head",
            "a model with cross-attention, read with heads=True",
            "oracle_scores(…, heads=True) on validation utterances.",
        )
    return means.idxmax()


def with_best_head(scores: pd.DataFrame) -> pd.DataFrame:
    """The test rows alone, with one head instead of all: of each training (a world and seed) the
    best on validation.
    """
    kept = []
    for _, group in scores.groupby(["world", "seed"], sort=False):
        test, valid = group[group.split == "test"], group[group.split == "valid"]
        kept.append(test[~test.reading.str.startswith(HEAD)])
        if valid.reading.str.startswith(HEAD).any():
            kept.append(test[test.reading == best_head(valid)].assign(reading=BEST_HEAD))
    return pd.concat(kept, ignore_index=True)


def pointing_table(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per reading and world: each score's mean over seeds, and for pointing the 95 %
    interval.

    The interval is that of `score_interval`: over utterances and seeds, and over utterances alone
    where there is a single seed.

    Args:
        scores: world, seed, reading and the scores of each utterance.

    Returns:
        reading, world, points, low, high, chance, mass, auc, seeds, n.
    """
    rows = []
    for (reading, world), group in scores.groupby(["reading", "world"], sort=False):
        seeds = group.groupby("seed")[list(_SCORES)].mean()
        n = group.id.nunique()
        mean, low, high = score_interval(seeds.points, n)
        rows.append(
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
    return pd.DataFrame(rows)


def checkpoint_scores(
    checkpoint: Path | str,
    folder: Path | str,
    readings: Mapping[str, ReadFunction],
    utterances: int = 300,
    cache: Path | str = "data/cache",
    runs: Path | str = "runs",
) -> pd.DataFrame:
    """`oracle_scores` of a checkpoint on a synthetic corpus, kept on disk: a second call computes
    nothing.

    Args:
        checkpoint: a run's folder, or its model.safetensors.
        folder: of the synthetic corpus.
        readings: {name: function}.
        utterances: how many test utterances each reading sees at most, and how many of validation
            the heads see.
        cache: where features are kept.
        runs: the scores are kept in its folder "readings".

    Returns:
        `oracle_scores`, and the column split.
    """
    path = Path(checkpoint)
    if path.is_dir():
        path = path / "model.safetensors"
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
        tables = []
        for split, asked in (("valid", {}), ("test", readings)):
            decided = [
                one
                for one in corpus.utterances
                if one.split == split and decisive_span(truth.loc[one.id])
            ]
            part = replace(corpus, utterances=tuple(decided[:utterances]))
            # Readings that edit whole words need their times; MCSAN itself reads none.
            timed = replace(run.features, align="gold")
            features = run.prepare(extract(part, timed, cache=cache)[0])
            scores = oracle_scores(run.model, features, truth, asked, heads=True)
            tables.append(scores.assign(split=split))
        table = pd.concat(tables)
        save_table(kept, table)
    return load_table(kept, numbers=_SCORES)


def own_sound_scores(
    model: nn.Module,
    utterances: Sequence[Features],
    corpus: Corpus,
    readings: Mapping[str, ReadFunction] = {},
) -> pd.DataFrame:
    """Does each word look at its own sound? On any corpus with word times.

    For every head's words-to-sound map, their mean, and those of `readings` that score word ×
    frame: the scores of word w's row against w's own span, averaged over the words of an
    utterance. Nothing says that they should look there.

    Args:
        model: any model.
        utterances: normalised features.
        corpus: of the same utterances, with word times.
        readings: {name: function}. One that scores no pairs, or has nothing to say of this model,
            is left out.

    Returns:
        One row per utterance and reading: id, reading, points, mass, auc, chance, words (how many).

    Raises:
        DataError: for utterances without word times, and for a model of which nothing scores words
            × frames.
    """
    spoken = {one.id: one.words for one in corpus.utterances}
    if not any(spoken.get(one.id) for one in utterances):
        raise DataError(
            f"{len(utterances)} utterances of {corpus.name} without a word's time",
            "a corpus with word times",
            "take the synthetic corpus or IEMOCAP (its ForcedAlignment folder).",
        )
    rows = []
    for one in utterances:
        spans = token_spans(one.tokens, spoken.get(one.id, ()))
        for name, pairs in _word_rows(model, one, readings).items():
            found = []
            for token, span in spans.items():
                inside = inside_of(model, pairs.shape[1], span, hop_s=one.hop_s)
                found.append(pointing_score(pairs[token], inside))
            known = pd.DataFrame([asdict(score) for score in found if score is not None])
            if len(known):
                rows.append({"id": one.id, "reading": name, **known.mean(), "words": len(known)})
    if not rows:
        raise DataError(
            f"{type(model).__name__}, of which no map or reading scores words × frames",
            "a model whose words look at the sound",
            "take another run.",
        )
    return pd.DataFrame(rows, columns=["id", "reading", *_SCORES, "words"])


def _word_rows(
    model: nn.Module, one: Features, readings: Mapping[str, ReadFunction]
) -> dict[str, np.ndarray]:
    """{name: (L, A)} of every head, their mean, and the readings that score word × frame."""
    rows = dict(head_maps(model, one))
    if rows:
        rows["raw attention, mean of heads"] = np.mean(list(rows.values()), 0)
    for name, read in readings.items():
        pairs = _pairs(read, model, one)
        if pairs is not None:
            rows[name] = pairs
    return rows


def _pairs(read: ReadFunction, model: nn.Module, one: Features) -> np.ndarray | None:
    """(L, A), or None from a reading that scores no pairs, or that has nothing to say of this
    model.
    """
    try:
        return read(model, one, None).pairs
    except DataError:
        return None
