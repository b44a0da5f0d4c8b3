"""The ladder of readings: nine answers to "which words, which moments?", from the attention weights up to edited inputs.

Each takes a model, one utterance's normalised features (Trained.prepare) and a class (None: the predicted one), and gives
a Reading. This file holds those that start from attention maps; attribution.py those that start from the logit. None of
them changes a logit. Each raises DataError for a class that is not there and for a model that it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError
from mcsan_lite.explain.from_logit import (
    Reading,
    choose_target,
    differentiable,
    gradient_x_input,
    integrated_gradients,
    listen,
    occlusion,
    real_lengths,
    receipts,
    require_mcsan,
    sides,
    target_of,
)
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.features.extraction import Features

Score = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


def _read_cross(
    name: str, model: nn.Module, features: Features, target: int | None, score: Score
) -> Reading:
    """`score(attention, memory (K, D), weights (H, Q, K), slopes (H, Q, K))` -> (Q, K), in both directions of the last
    cross-attention layer. Pairs are the words' rows, a frame's score is the mean of its column there; a word's is the
    mean of its column in the other direction, where frames look at words."""
    require_mcsan(model)
    if not model.config.use_cross:
        raise DataError(
            "a model with no cross-attention",
            "one whose words and frames look at each other",
            "take rollout, receipts, gradients or occlusion; or load another run.",
        )
    words, frames = real_lengths(model, features)
    if not (words and frames):
        raise DataError(
            f"utterance {features.id!r} of {words} words and {frames} audio frames",
            "sound and words, for one to look at the other",
            "take another utterance.",
        )
    model.eval()
    last = {m: block.attention for m, block in model.cross.layers[-1].items()}
    with torch.enable_grad(), listen(last) as heard:
        logits = model(differentiable(features)).logits[0]
        target = choose_target(logits, target)
        slopes = torch.autograd.grad(
            logits[target], [heard[m][1][1] for m in last], materialize_grads=True
        )
    with torch.no_grad():
        found = {
            m: score(last[m], heard[m][0][1][0], heard[m][1][1][0], slope[0]).numpy()
            for m, slope in zip(last, slopes, strict=True)
        }
    pairs = found["text"][:words, :frames]  # without padding
    return Reading(name, target, found["audio"][:frames, :words].mean(0), pairs.mean(0), pairs)


def raw_attention(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """The weights as they are (Bahdanau et al. 2015; Vaswani et al. 2017), mean of the heads, last cross-attention layer.
    They know nothing of the target, and have no sign."""
    return _read_cross(
        "raw attention",
        model,
        features,
        target,
        lambda attention, memory, weights, slopes: weights.mean(0),
    )


def value_weighted(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Norm of weight times value (Kobayashi et al. 2020): how long the vector is that a key really sends. Values go
    through the output projection and heads are added first, as in the model; last cross-attention layer."""

    def norms(attention: nn.Module, memory: Tensor, weights: Tensor, slopes: Tensor) -> Tensor:
        value = attention.to_value(memory).unflatten(
            -1, (attention.heads, -1)
        )  # (K, D) -> (K, H, D/H)
        merge = attention.merge.weight.unflatten(-1, (attention.heads, -1))  # (D, D) -> (D, H, D/H)
        sent = torch.einsum("khe,dhe->hkd", value, merge)
        return torch.einsum("hqk,hkd->qkd", weights, sent).norm(dim=-1)

    return _read_cross("value-weighted", model, features, target, norms)


def gradient_x_attention(
    model: nn.Module, features: Features, target: int | None = None
) -> Reading:
    """Gradient times attention (Chefer et al. 2021): the positive part of weight times its gradient in the target's
    logit, mean of the heads; last cross-attention layer. What speaks against the target is dropped."""
    return _read_cross(
        "gradient x attention",
        model,
        features,
        target,
        lambda attention, memory, weights, slopes: (weights * slopes).clamp(min=0).mean(0),
    )


def rollout_matrix(
    maps: dict[str, AttentionMap], sizes: dict[str, int], order: str = "parallel"
) -> np.ndarray:
    """(L + A, L + A), words first: how much of each position of the last layer comes from each position of the encoders,
    if attention were all there is. `maps` as attention_maps gives them, `sizes` {"text": L, "audio": A}. Rows are
    distributions.

    Attention rollout (Abnar & Zuidema 2020), the product of (weights + identity) / 2 over layers, extended to two
    streams: a cross-attention layer is a matrix with its maps in the two blocks off the diagonal, a self-attention layer
    one with blocks on it. In sequence the modules multiply; in parallel, the mean of both, since the read-out sees both.
    """
    place = {"text": slice(0, sizes["text"]), "audio": slice(sizes["text"], None)}
    total = sizes["text"] + sizes["audio"]
    layers: dict[str, dict[int, np.ndarray]] = {}  # module -> layer -> (total, total)
    for name, found in maps.items():
        query, _, key = found.direction.partition("_from_")
        matrix = layers.setdefault(name.split(".")[0], {}).setdefault(
            found.layer, np.zeros((total, total))
        )
        matrix[place[query], place[key or query]] = found.mean
    products = {}
    for module, matrices in layers.items():
        products[module] = np.eye(total)
        for n in sorted(matrices):
            stays = np.diag(
                1 - matrices[n].sum(1)
            )  # all of it, for a position that has nothing to look at
            products[module] = (matrices[n] + stays + np.eye(total)) / 2 @ products[module]
    if order == "parallel":
        return np.mean(list(products.values()), 0)
    first, second = order.split("+")
    return products[second] @ products[first]


def rollout(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Attention rollout over all layers of both streams: see `rollout_matrix`. A word's or frame's score is its column's
    mean over all positions that reach the read-out; pairs are the words' rows. Knows nothing of the target."""
    require_mcsan(model)
    target = target_of(model, features, target)
    words, frames = real_lengths(model, features)
    words, frames = words * model.config.use_text, frames * model.config.use_audio
    matrix = rollout_matrix(
        attention_maps(model, features), {"text": words, "audio": frames}, model.config.order
    )
    score = matrix.mean(0) if len(matrix) else np.zeros(0)
    return Reading(
        "rollout",
        target,
        *sides(model, score[:words], score[words:]),
        matrix[:words, words:] if model.config.use_cross else None,
    )


READINGS: dict[str, Callable[..., Reading]] = {
    "raw attention": raw_attention,
    "value-weighted": value_weighted,
    "rollout": rollout,
    "gradient x attention": gradient_x_attention,
    "receipts": receipts,
    "gradient x input": gradient_x_input,
    "integrated gradients": integrated_gradients,
    "occlusion (silence)": partial(occlusion, filler="silence"),
    "occlusion (mean frame)": partial(occlusion, filler="mean frame"),
}
