"""Is a reading an explanation? Edit what it names, and see whether the model minds.

In: a model, one normalised utterance, and scores of its words or steps of sound. Out: curves of
the model's value against the share of the input that is gone, and averages of them.

Deleting words or steps in a reading's order should hurt sooner than in a random one; the oracle
order says how soon is possible. No training saw an edited input, so no filler is neutral: take
two, and believe what both say.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from scipy.integrate import trapezoid
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.steps import batch_limit, step_count, step_frames
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import Features

SHARES = tuple(np.linspace(0, 1, 11).round(1).tolist())
_ERASER_SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)  # DeYoung et al. 2020, section 4
_MODALITIES = ("audio", "text")
Filler = float | np.ndarray | None  # see `without`


@dataclass(frozen=True, eq=False)
class CurveOptions:
    """What is edited, and what is measured of the model.

    Attributes:
        target: the class that is measured; None is the predicted one.
        modality: "audio" (windows as wide as the hop of the steps of sound, 90 ms in an MCSAN) or
            "text".
        filler: what stands in for the edited rows, as in `without`.
        measure: "probability", or "margin" (logit over the best other class).
        shares: of the steps or words that are gone, 0 to 1. None: eleven even ones for a curve,
            and those of DeYoung et al. 2020 for its averages.
    """

    target: int | None = None
    modality: str = "audio"
    filler: Filler = 0.0
    measure: str = "probability"
    shares: Sequence[float] | None = None


def logits_of(model: nn.Module, features: Sequence[Features]) -> np.ndarray:
    """(N, C) logits in eval mode, at most 128 utterances in a batch.

    Args:
        model: any model.
        features: N normalised utterances.
    """
    model.eval()
    limits = [batch_limit(len(one.text), step_count(model, len(one.audio))) for one in features]
    size = min(128, *limits)
    parts = []
    with torch.no_grad():
        for start in range(0, len(features), size):
            parts.append(model(collate(features[start : start + size])).logits)
    return torch.cat(parts).numpy()


def without(features: Features, modality: str, rows: np.ndarray, filler: Filler = 0.0) -> Features:
    """A copy of an utterance in which some rows of a modality hold something else, or are gone.

    Args:
        features: one utterance.
        modality: "audio" or "text".
        rows: (T,) or (L,) bool, one per MFCC frame or word: True where it is replaced.
        filler: 0.0 is, after z-normalisation, the training set's mean frame, and the vector of an
            unknown word; an array (F,) is such as a frame of silence; None cuts the rows out: the
            rest closes up, and the times of words with it.

    Raises:
        DataError: for a filler of another shape, and for another modality.
    """
    kept = ~np.asarray(rows, bool)
    old = getattr(features, require_name(modality, _MODALITIES, "modality"))
    if filler is None:
        return _cut(features, modality, kept)
    filler = np.asarray(filler, np.float32)
    if filler.shape not in ((), old.shape[1:]) or not np.isfinite(filler).all():
        raise DataError(
            f"a filler of shape {filler.shape}",
            f"finite: one number, or {old.shape[1:]}",
            "change filler.",
        )
    return replace(features, **{modality: np.where(kept[:, None], old, filler)})  # (rows, F)


def _cut(features: Features, modality: str, kept: np.ndarray) -> Features:
    """A copy of only the kept rows."""
    spans = features.spans
    if modality == "text":
        return replace(
            features,
            text=features.text[kept],
            tokens=tuple(itertools.compress(features.tokens, kept)),
            spans=spans[kept[: len(spans)]],
        )
    left_before = np.append(0, kept.cumsum())  # how many frames are left before each
    moved = np.interp(spans / features.hop_s, np.arange(len(left_before)), left_before)
    moved = moved.round(9)  # a word without a frame left must have no duration at all
    return replace(features, audio=features.audio[kept], spans=moved * features.hop_s)


def _unit_of_rows(model: nn.Module, features: Features, modality: str) -> np.ndarray:
    """(rows,) the unit that each row belongs to.

    A word is its own unit; an MFCC frame belongs to the step of sound with the nearest centre.
    """
    rows = len(getattr(features, require_name(modality, _MODALITIES, "modality")))
    centre = np.arange(rows)
    if modality == "audio":
        centre = step_frames(model, step_count(model, rows)).mean(1)
    if not len(centre):
        raise DataError(
            f"{features.id}, which has no {modality}",
            f"an utterance with {modality}",
            "take another.",
        )
    return np.abs(np.arange(rows)[:, None] - centre).argmin(1)  # (rows, units) -> (rows,)


def _require_orders(
    features: Features, orders: Sequence[np.ndarray], units: int, modality: str
) -> None:
    unit = "word" if modality == "text" else "pooled frame"
    for scores in orders:
        if np.shape(scores) != (units,) or not np.isfinite(scores).all():
            raise DataError(
                f"scores of shape {np.shape(scores)} for {features.id}",
                f"({units},) finite numbers, one per {unit}",
                "take the reading of this utterance.",
            )


def _value(logits: Tensor, target: int | None, measure: str) -> Tensor:
    """(1 + N, C) logits, of the whole utterance first -> (N,) values of the others."""
    classes = logits.shape[1]
    if target is None:
        target = int(logits[0].argmax())
    if not 0 <= target < classes:
        raise DataError(
            f"target {target}", f"a class index from 0 to {classes - 1}", "change target."
        )
    if measure == "probability":
        return logits.softmax(-1)[1:, target]
    others = logits.index_fill(1, torch.tensor([target]), -torch.inf)
    return (logits[:, target] - others.amax(1))[1:]


def _values(
    model: nn.Module,
    features: Features,
    orders: Sequence[np.ndarray],
    options: CurveOptions,
    *,
    insert: bool,
) -> np.ndarray:
    """K orders, (units,) scores each -> (K, shares) values of the edited utterance, in one pass
    through the model.
    """
    unit = _unit_of_rows(model, features, options.modality)
    shares = np.asarray(options.shares, float)
    require_name(options.measure, ("probability", "margin"), "measure")
    units = int(unit.max()) + 1
    _require_orders(features, orders, units, options.modality)
    if not ((shares >= 0) & (shares <= 1)).all():
        raise DataError(f"shares {shares.tolist()}", "shares from 0 to 1", "change shares.")
    # Rank 0 goes first; ties go in the order of time.
    rank = np.argsort(-np.array(orders, float), 1, kind="stable").argsort(1)
    count = np.ceil((shares * units).round(9))[:, None]  # a share above 0 takes at least one
    removed = rank[:, None] < count  # (K, S, units)
    if insert:
        removed = ~removed
    edited = [
        without(features, options.modality, rows, options.filler)
        for rows in removed[..., unit].reshape(-1, len(unit))
    ]
    logits = torch.from_numpy(logits_of(model, [features, *edited]))
    values = _value(logits, options.target, options.measure)
    return values.numpy().reshape(len(orders), len(shares))


def _with_shares(options: CurveOptions, shares: Sequence[float]) -> CurveOptions:
    """The options, with these shares where they name none."""
    if options.shares is not None:
        return options
    return replace(options, shares=shares)


def _curve(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    options: CurveOptions,
    *,
    insert: bool,
) -> pd.Series:
    options = _with_shares(options, SHARES)
    (values,) = _values(model, features, [scores], options, insert=insert)
    return pd.Series(values, pd.Index(options.shares, name="share"), name=options.measure)


def deletion(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    options: CurveOptions = CurveOptions(),
) -> pd.Series:
    """Remove the highest scores first (Petsiuk et al. 2018, RISE).

    Args:
        model: any model.
        features: one normalised utterance.
        scores: (A,) of steps of sound or (L,) of words.
        options: what is edited and what is measured.

    Returns:
        The model's value against the share removed. At share 1 only filler is left.

    Raises:
        DataError: for scores of another length, and for an utterance without that modality.
    """
    return _curve(model, features, scores, options, insert=False)


def insertion(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    options: CurveOptions = CurveOptions(),
) -> pd.Series:
    """Start from the filler alone and put the highest scores back first.

    Args:
        model: any model.
        features: one normalised utterance.
        scores: (A,) of steps of sound or (L,) of words.
        options: what is edited and what is measured.

    Returns:
        The model's value against the share put back.
    """
    return _curve(model, features, scores, options, insert=True)


def area(curve: pd.Series) -> float:
    """Area under a curve over its shares. Of deletion, low is faithful; of insertion, high."""
    return float(trapezoid(curve.to_numpy(), curve.index.to_numpy(float)))


def oracle_order(times: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Scores that put the frames of the decisive word first: how near each is to the word's middle.

    Args:
        times: (A,) seconds.
        span: start and end of the word, seconds.

    Returns:
        (A,).
    """
    return -np.abs(np.asarray(times) - np.mean(span))


def faithfulness_curves(
    model: nn.Module,
    features: Features,
    orders: Mapping[str, np.ndarray],
    options: CurveOptions = CurveOptions(),
    *,
    draws: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Deletion and insertion of one utterance in several orders, beside the mean of random ones.

    Over utterances: `pd.concat(tables).groupby(["test", "order", "share"], sort=False).mean()`.

    Args:
        model: any model.
        features: one normalised utterance.
        orders: {name: scores}.
        options: what is edited and what is measured.
        draws: how many random orders there are, two or more.
        seed: of the random orders.

    Returns:
        A long table: test, order ("random" is the last), share, value; low and high, one standard
        deviation of the draws to each side.
    """
    options = _with_shares(options, SHARES)
    units = int(_unit_of_rows(model, features, options.modality).max()) + 1
    random = np.random.default_rng(seed)
    tried = [*orders.values(), *(random.permutation(units) for _ in range(draws))]
    tables = []
    for test in ("deletion", "insertion"):
        values = _values(model, features, tried, options, insert=test == "insertion")
        drawn = values[len(orders) :]
        curves = {name: (curve, np.nan) for name, curve in zip(orders, values, strict=False)}
        curves["random"] = (drawn.mean(0), drawn.std(0, ddof=1))
        for order, (value, sd) in curves.items():
            table = {"test": test, "order": order, "share": options.shares}
            table |= {"value": value, "low": value - sd, "high": value + sd}
            tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def comprehensiveness(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    options: CurveOptions = CurveOptions(),
) -> float:
    """Value on all, less the value without the top shares, averaged over them. High: what the
    reading names is needed.

    Source: DeYoung et al. 2020 (ERASER).

    Args:
        model: any model.
        features: one normalised utterance.
        scores: (A,) of steps of sound or (L,) of words.
        options: what is edited and what is measured.
    """
    shares = _with_shares(options, _ERASER_SHARES).shares
    curve = deletion(model, features, scores, replace(options, shares=(0.0, *shares)))
    return float((curve.iloc[0] - curve.iloc[1:]).mean())


def sufficiency(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    options: CurveOptions = CurveOptions(),
) -> float:
    """Value on all, less the value on the top shares alone, averaged over them. Low: what the
    reading names is enough.

    Source: DeYoung et al. 2020 (ERASER).

    Args:
        model: any model.
        features: one normalised utterance.
        scores: (A,) of steps of sound or (L,) of words.
        options: what is edited and what is measured.
    """
    shares = _with_shares(options, _ERASER_SHARES).shares
    curve = insertion(model, features, scores, replace(options, shares=(1.0, *shares)))
    return float((curve.iloc[0] - curve.iloc[1:]).mean())
