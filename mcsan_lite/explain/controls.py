"""Controls: would a reading look the same on other attention, on other weights, on another seed?

In: trained models and normalised utterances. Out: tables of how far predictions move, and of how
far readings agree.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
import torch
from scipy.stats import ConstantInputWarning, spearmanr
from torch import Tensor, nn
from torch.nn import functional as F

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.layers import MultiHead, attend
from mcsan_lite.training.loop import predict


def _uniform(
    query: Tensor, key: Tensor, value: Tensor, key_mask: Tensor, *, scale: float, dropout: float
) -> tuple[Tensor, Tensor]:
    """`layers.attend` with the same weight for every real key."""
    return attend(query, key, value, key_mask, scale=0.0, dropout=dropout)


def _permuted_from(seed: int) -> Callable:
    """`layers.attend` with each row of weights at other keys, drawn anew in every call."""
    generator = torch.Generator().manual_seed(seed)

    def permuted(query, key, value, key_mask, *, scale, dropout):
        _, weights = attend(query, key, value, key_mask, scale=scale)  # (B, H, Q, K)
        draw = torch.rand(weights.shape, generator=generator).to(weights.device)
        # Real keys come first in every mask, and stay so.
        order = draw.masked_fill(~key_mask, 2.0).argsort(-1)
        weights = weights.gather(-1, order)
        return F.dropout(weights, dropout) @ value, weights

    return permuted


@contextmanager
def attending(model: nn.Module, how: str, *, seed: int = 0) -> Iterator[nn.Module]:
    """Within the block, every attention of the model has other weights.

    `attending(model.cross, …)` leaves self-attention as it is. Source: Jain & Wallace 2019.

    Args:
        model: a model with `MultiHead`, or a part of one.
        how: "uniform" over the real keys, or "permuted": each row keeps its weights, at keys drawn
            anew in every call.
        seed: of the permutations.

    Yields:
        The model itself.

    Raises:
        DataError: where there is no `MultiHead`.
    """
    require_name(how, ("uniform", "permuted"), "attention")
    heads = [module for module in model.modules() if isinstance(module, MultiHead)]
    if not heads:
        raise DataError(
            f"{type(model).__name__}, without attention",
            "a model with MultiHead",
            "load another run.",
        )
    attend_so = _uniform if how == "uniform" else _permuted_from(seed)
    outer = [vars(module).get("attend") for module in heads]  # an outer block's, perhaps
    for module in heads:
        module.attend = attend_so
    try:
        yield model
    finally:
        for module, before in zip(heads, outer, strict=True):
            del module.attend
            if before is not None:
                module.attend = before


def attention_moves(
    model: nn.Module,
    features: Sequence[Features],
    labels: Sequence[str],
    how: str,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """How far predictions move under `attending(model, how)`.

    Args:
        model: a model with `MultiHead`.
        features: normalised utterances.
        labels: the order of the classes.
        how: "uniform" or "permuted".
        seed: of the permutations.

    Returns:
        One row per utterance: right (as trained), right then, same prediction, and the total
        variation between the two (half the summed difference, 0 to 1; Jain & Wallace 2019).
    """
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
    """A copy with freshly drawn weights: a reading that looks the same on it says nothing about
    what was learned.

    Source: Adebayo et al. 2018.

    Args:
        model: any model; it stays as it is.
        seed: of the weights.

    Raises:
        DataError: where a weight knows no way to be drawn again.
    """
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
    """Spearman's rank correlation of one reading between models.

    Seeds tell how stable a reading is; trained beside `untrained(model)` is the control. A
    constant reading has no ranks and gives nan. Interval:
    `with_interval(table.mean(axis=1).to_frame())`.

    Args:
        read: gives the scores of one utterance, of the same class in every model.
        models: {name: model}, at least two.
        features: normalised utterances.

    Returns:
        One row per utterance, one column per pair of models.

    Raises:
        DataError: for fewer than two models.
    """
    if len(models) < 2:
        raise DataError(
            f"{len(models)} model",
            "at least two",
            "pass models of several seeds, or untrained(model).",
        )
    rows = []
    for one in features:
        scores = {name: np.ravel(read(model, one)) for name, model in models.items()}
        row = {}
        with warnings.catch_warnings(action="ignore", category=ConstantInputWarning):
            for a, b in itertools.combinations(models, 2):
                row[f"{a} · {b}"] = spearmanr(scores[a], scores[b]).statistic
        rows.append(row)
    return pd.DataFrame(rows, pd.Index([one.id for one in features], name="id"))
