"""Is a reading an explanation? Edit what it names, and see whether the model minds.

Deleting words or pooled frames in a reading's order should hurt sooner than in a random one; the oracle order says how soon
is possible. No training saw an edited input, so no filler is neutral: take two, and believe what both say.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from scipy.integrate import trapezoid
from scipy.stats import ConstantInputWarning, spearmanr
from torch import nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.intervals import fold_interval, share_interval
from mcsan_lite.explain.maps import at_once, step_count, step_frames
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.layers import MultiHead, attend
from mcsan_lite.training.loop import predict

SHARES = tuple(np.linspace(0, 1, 11).round(1).tolist())
ERASER_SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)  # DeYoung et al. 2020, section 4
Filler = float | np.ndarray | None  # see `without`


def logits_of(model: nn.Module, features: Sequence[Features]) -> np.ndarray:
    """(N, C) logits of normalised utterances, in eval mode, in their order, at most 128 in a batch."""
    model.eval()
    size = min(128, *(at_once(len(f.text), step_count(model, len(f.audio))) for f in features))
    with torch.no_grad():
        return torch.cat(
            [model(collate(features[i : i + size])).logits for i in range(0, len(features), size)]
        ).numpy()


def without(features: Features, modality: str, rows: np.ndarray, filler: Filler = 0.0) -> Features:
    """A copy in which `rows` (bool, one an MFCC frame or a word) of "audio" or "text" hold `filler` instead.

    filler: 0.0, after z-normalisation the training set's mean frame, and the vector of an unknown word; an array (F,),
    such as a frame of silence; None cuts the rows out, the rest closes up, and the times of words with it.
    """
    kept, old = (
        ~np.asarray(rows, bool),
        getattr(features, require_name(modality, ("audio", "text"), "modality")),
    )
    if filler is None:
        spans, before = features.spans, np.append(0, kept.cumsum())  # rows left before each
        words = {
            "tokens": tuple(itertools.compress(features.tokens, kept)),
            "spans": spans[kept[: len(spans)]],
        }
        moved = {
            "spans": np.interp(spans / features.hop_s, np.arange(len(before)), before)
            * features.hop_s
        }
        return replace(
            features, **{modality: old[kept]}, **(moved if modality == "audio" else words)
        )
    filler = np.asarray(filler, np.float32)
    if filler.shape not in ((), old.shape[1:]) or not np.isfinite(filler).all():
        raise DataError(
            f"a filler of shape {filler.shape}",
            f"finite: one number, or {old.shape[1:]}",
            "change filler.",
        )
    return replace(features, **{modality: np.where(kept[:, None], old, filler)})  # (rows, F)


def _unit_of_rows(model: nn.Module, features: Features, modality: str) -> np.ndarray:
    """(rows,) the unit that each row belongs to: itself for a word, the pooled frame with the nearest centre for MFCC."""
    rows = len(getattr(features, require_name(modality, ("audio", "text"), "modality")))
    centre = (
        np.arange(rows)
        if modality == "text"
        else step_frames(model, step_count(model, rows)).mean(1)
    )
    if not len(centre):
        raise DataError(
            f"{features.id}, which has no {modality}",
            f"an utterance with {modality}",
            "take another.",
        )
    return np.abs(np.arange(rows)[:, None] - centre).argmin(1)  # (rows, units) -> (rows,)


def _values(
    model: nn.Module,
    features: Features,
    orders: Sequence[np.ndarray],
    target: int | None,
    *,
    insert: bool,
    modality: str = "audio",
    filler: Filler = 0.0,
    measure: str = "probability",
    shares: Sequence[float] = SHARES,
) -> np.ndarray:
    """K orders, (units,) scores each -> (K, shares) values of the edited utterance, in one pass through the model."""
    unit, shares = _unit_of_rows(model, features, modality), np.asarray(shares, float)
    require_name(measure, ("probability", "margin"), "measure")
    units = int(unit.max()) + 1
    for scores in orders:
        if np.shape(scores) != (units,) or not np.isfinite(scores).all():
            raise DataError(
                f"scores of shape {np.shape(scores)} for {features.id}",
                f"({units},) finite numbers, one a "
                f"{'word' if modality == 'text' else 'pooled frame'}",
                "take the reading of this utterance.",
            )
    if not ((shares >= 0) & (shares <= 1)).all():
        raise DataError(f"shares {shares.tolist()}", "shares from 0 to 1", "change shares.")
    rank = np.argsort(-np.array(orders, float), 1, kind="stable").argsort(
        1
    )  # 0 goes first; ties in the order of time
    count = np.ceil((shares * units).round(9))[:, None]  # a share above 0 takes at least one
    removed = (rank[:, None] < count) ^ insert  # (K, S, units)
    edited = [
        without(features, modality, rows, filler)
        for rows in removed[..., unit].reshape(-1, len(unit))
    ]
    logits = torch.from_numpy(logits_of(model, [features, *edited]))
    target = int(logits[0].argmax()) if target is None else target
    if not 0 <= target < logits.shape[1]:
        raise DataError(
            f"target {target}", f"a class index from 0 to {logits.shape[1] - 1}", "change target."
        )
    others = logits.index_fill(1, torch.tensor([target]), -torch.inf)
    value = {
        "probability": logits.softmax(-1)[:, target],
        "margin": logits[:, target] - others.amax(1),
    }[measure]
    return value[1:].numpy().reshape(len(orders), len(shares))


def _curve(
    model: nn.Module, features: Features, scores: np.ndarray, target: int | None, **how
) -> pd.Series:
    values = _values(model, features, [scores], target, **how)[0]
    return pd.Series(
        values,
        pd.Index(how.get("shares", SHARES), name="share"),
        name=how.get("measure", "probability"),
    )


def deletion(
    model: nn.Module, features: Features, scores: np.ndarray, target: int | None = None, **how
) -> pd.Series:
    """Remove the highest scores first (Petsiuk et al. 2018, RISE): the model's value against the share removed.

    features: one normalised utterance; scores: (A,) pooled frames or (L,) words; target: a class, None = the predicted
    one. how: modality "audio" (windows as wide as the hop of the pooled frames, 90 ms) or "text"; filler, as in `without`;
    measure "probability" or "margin" (logit over the best other class); shares. At share 1 only filler is left.
    Raises DataError for scores of another length, and for an utterance without that modality.
    """
    return _curve(model, features, scores, target, insert=False, **how)


def insertion(
    model: nn.Module, features: Features, scores: np.ndarray, target: int | None = None, **how
) -> pd.Series:
    """Start from the filler alone and put the highest scores back first. Arguments as for `deletion`."""
    return _curve(model, features, scores, target, insert=True, **how)


def area(curve: pd.Series) -> float:
    """Area under a curve over its shares. Deletion: lower is more faithful; insertion: higher is."""
    return float(trapezoid(curve.to_numpy(), curve.index.to_numpy(float)))


def oracle_order(times: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """(A,) scores that put the frames of the decisive word first: how near each of `times` is to its middle, seconds."""
    return -np.abs(np.asarray(times) - np.mean(span))


def compare(
    model: nn.Module,
    features: Features,
    orders: Mapping[str, np.ndarray],
    target: int | None = None,
    *,
    draws: int = 10,
    seed: int = 0,
    **how,
) -> pd.DataFrame:
    """Deletion and insertion of one utterance in several orders beside "random", the mean of `draws` seeded orders (two
    or more). A long table: test, order, share, value; low and high, one standard deviation of the draws to each side.

    Over utterances: `pd.concat(tables).groupby(["test", "order", "share"], sort=False).mean().reset_index()`.
    """
    units, rng = (
        int(_unit_of_rows(model, features, how.get("modality", "audio")).max()) + 1,
        np.random.default_rng(seed),
    )
    tried, rows = [*orders.values(), *(rng.permutation(units) for _ in range(draws))], []
    for test in ("deletion", "insertion"):
        values = _values(model, features, tried, target, insert=test == "insertion", **how)
        drawn = values[len(orders) :]
        means, sds = (
            [*values[: len(orders)], drawn.mean(0)],
            [np.nan] * len(orders) + [drawn.std(0, ddof=1)],
        )
        for order, value, sd in zip([*orders, "random"], means, sds, strict=True):
            rows.append(
                pd.DataFrame(
                    {
                        "test": test,
                        "order": order,
                        "share": how.get("shares", SHARES),
                        "value": value,
                        "low": value - sd,
                        "high": value + sd,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def comprehensiveness(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    target: int | None = None,
    *,
    shares: Sequence[float] = ERASER_SHARES,
    **how,
) -> float:
    """DeYoung et al. 2020 (ERASER): value on all less the value without the top `shares`, averaged over them. High: what
    the reading names is needed. Other arguments as for `deletion`."""
    curve = deletion(model, features, scores, target, shares=(0.0, *shares), **how)
    return float((curve.iloc[0] - curve.iloc[1:]).mean())


def sufficiency(
    model: nn.Module,
    features: Features,
    scores: np.ndarray,
    target: int | None = None,
    *,
    shares: Sequence[float] = ERASER_SHARES,
    **how,
) -> float:
    """DeYoung et al. 2020 (ERASER): value on all less the value on the top `shares` alone, averaged over them. Low: what
    the reading names is enough. Other arguments as for `deletion`."""
    curve = insertion(model, features, scores, target, shares=(1.0, *shares), **how)
    return float((curve.iloc[0] - curve.iloc[1:]).mean())


@contextmanager
def attending(model: nn.Module, how: str, *, seed: int = 0) -> Iterator[nn.Module]:
    """Within the block every attention of `model` is "uniform" over the real keys, or its rows are "permuted" over them
    (Jain & Wallace 2019): each row keeps its weights, at keys drawn anew in every call from `seed`.

    `attending(model.cross, …)` leaves self-attention as it is. Raises DataError where there is no MultiHead.
    """
    require_name(how, ("uniform", "permuted"), "attention")
    heads = [module for module in model.modules() if isinstance(module, MultiHead)]
    if not heads:
        raise DataError(
            f"{type(model).__name__}, without attention",
            "a model with MultiHead",
            "load another run.",
        )
    generator = torch.Generator().manual_seed(seed)

    def uniform(query, key, value, key_mask, *, scale, dropout):  # as layers.attend
        return attend(query, key, value, key_mask, scale=0.0, dropout=dropout)

    def permuted(query, key, value, key_mask, *, scale, dropout):
        weights = attend(query, key, value, key_mask, scale=scale)[1]  # (B, H, Q, K)
        draw = torch.rand(weights.shape, generator=generator).to(weights.device)
        order = draw.masked_fill(~key_mask, 2.0).argsort(
            -1
        )  # real keys come first in every mask, and stay so
        weights = weights.gather(-1, order)
        return F.dropout(weights, dropout) @ value, weights

    before = [
        {k: v for k, v in vars(module).items() if k == "attend"} for module in heads
    ]  # an outer block's, perhaps
    for module in heads:
        module.attend = {"uniform": uniform, "permuted": permuted}[how]
    try:
        yield model
    finally:
        for module, own in zip(heads, before, strict=True):
            del module.attend
            vars(module).update(own)


def attention_moves(
    model: nn.Module,
    features: Sequence[Features],
    labels: Sequence[str],
    how: str,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """How far predictions move under `attending(model, how)`: a row an utterance, columns right (as trained), right then,
    same prediction, and the total variation between the two (half the summed difference, 0 to 1; Jain & Wallace 2019)."""
    plain = predict(model, features, labels)
    with attending(model, how, seed=seed):
        then = predict(model, features, labels)
    return pd.DataFrame(
        {
            "right": plain.pred == plain.true,
            "right then": then.pred == plain.true,
            "same prediction": plain.pred == then.pred,
            "total variation": np.abs(plain.prob - then.prob).sum(1) / 2,
        },
        pd.Index(plain.ids, name="id"),
    )


def untrained(model: nn.Module, *, seed: int = 0) -> nn.Module:
    """A copy with freshly drawn weights, the control of Adebayo et al. 2018: a reading that looks the same on it says
    nothing about what was learned. Raises DataError where a weight knows no way to be drawn again."""
    fresh = copy.deepcopy(model).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, module in fresh.named_modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
            elif next(module.parameters(recurse=False), None) is not None:
                raise DataError(
                    f"weights of {name or type(model).__name__} without reset_parameters()",
                    "layers that can draw their weights again",
                    "build a new model of the same config.",
                )
    return fresh


def agreement(
    read: Callable[[nn.Module, Features], np.ndarray],
    models: Mapping[str, nn.Module],
    features: Sequence[Features],
) -> pd.DataFrame:
    """Spearman's rank correlation of one reading between models: a row an utterance, a column a pair of models.

    Seeds tell how stable a reading is; trained beside `untrained(model)` is the control. `read` explains the same class
    in every model. A constant reading has no ranks and gives NaN. Interval: `with_interval(table.mean(axis=1).to_frame())`.
    """
    rows = []
    if len(models) < 2:
        raise DataError(
            f"{len(models)} model",
            "at least two",
            "pass models of several seeds, or untrained(model).",
        )
    for one in features:
        scores = {name: np.ravel(read(model, one)) for name, model in models.items()}
        with warnings.catch_warnings(action="ignore", category=ConstantInputWarning):
            rows.append(
                {
                    f"{a} · {b}": spearmanr(scores[a], scores[b]).statistic
                    for a, b in itertools.combinations(models, 2)
                }
            )
    return pd.DataFrame(rows, pd.Index([one.id for one in features], name="id"))


def with_interval(table: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Each column's mean, low, high and n over rows (utterances): Wilson's for bool, else Student's t; NaN is left out."""
    rows = []
    for column in (table[name].dropna() for name in table):
        mean, half = fold_interval(column, level)
        ends = (
            share_interval(mean, len(column), level)
            if column.dtype == bool
            else (mean - half, mean + half)
        )
        rows.append((mean, *ends, len(column)))
    return pd.DataFrame(rows, table.columns, ["mean", "low", "high", "n"])
