"""Readings that start from attention: the weights, how long the vectors are that they send, and
how they chain.

In: an MCSAN of words and sound, one utterance and a class. Out: a `Reading`. Those that start from
the logit are in `from_logit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.explain.readings.reading import (
    Reading,
    choose_target,
    differentiable,
    listen,
    real_lengths,
    require_open_streams,
    sides,
    target_of,
)
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.layers import MultiHead


@dataclass(frozen=True)
class _CrossCall:
    """What happened in one direction of a cross-attention layer, for one utterance."""

    attention: MultiHead
    memory: Tensor  # (K, D) what answered
    weights: Tensor  # (H, Q, K)
    slopes: Tensor  # (H, Q, K) the gradient of the target's logit


def _cross_calls(
    model: nn.Module, features: Features, target: int | None
) -> tuple[int, dict[str, _CrossCall]]:
    """The target, and {modality that asks: the call} of the last cross-attention layer."""
    model.eval()
    last = {asks: block.attention for asks, block in model.cross.layers[-1].items()}
    with torch.enable_grad(), listen(last) as heard:
        logits = model(differentiable(features)).logits[0]
        target = choose_target(logits, target)
        weights_of = {}
        for asks in last:
            _, weights_of[asks] = heard[asks].output
        slopes = torch.autograd.grad(
            logits[target], list(weights_of.values()), materialize_grads=True
        )
    calls = {}
    for (asks, attention), slope in zip(last.items(), slopes, strict=True):
        _, memory, _ = heard[asks].arguments
        calls[asks] = _CrossCall(attention, memory[0], weights_of[asks][0], slope[0])
    return target, calls


def _read_cross(
    name: str,
    model: nn.Module,
    features: Features,
    target: int | None,
    score: Callable[[_CrossCall], Tensor],
) -> Reading:
    """Score both directions of the last cross-attention layer; `score` gives (Q, K).

    Pairs are the words' rows. A frame's score is the mean of its column there; a word's is the
    mean of its column in the other direction, where frames look at words.
    """
    require_open_streams(model)
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
    target, calls = _cross_calls(model, features, target)
    with torch.no_grad():
        scores = {asks: score(call).numpy() for asks, call in calls.items()}
    pairs = scores["text"][:words, :frames]  # without padding
    by_word = scores["audio"][:frames, :words].mean(0)
    return Reading(name, target, by_word, pairs.mean(0), pairs)


def raw_attention(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """The weights as they are, mean of the heads, last cross-attention layer.

    They know nothing of the target, and have no sign. Sources: Bahdanau et al. 2015; Vaswani et
    al. 2017.

    Args:
        model: an MCSAN with cross-attention.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """

    def mean_of_heads(call: _CrossCall) -> Tensor:
        return call.weights.mean(0)

    return _read_cross("raw attention", model, features, target, mean_of_heads)


def value_weighted(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Norm of weight times value: how long the vector is that a key really sends.

    Values go through the output projection and heads are added first, as in the model; last
    cross-attention layer. Source: Kobayashi et al. 2020.

    Args:
        model: an MCSAN with cross-attention.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """

    def norms(call: _CrossCall) -> Tensor:
        by_head = (call.attention.heads, -1)
        value = call.attention.to_value(call.memory).unflatten(-1, by_head)  # (K, D) -> (K, H, D/H)
        merge = call.attention.merge.weight.unflatten(-1, by_head)  # (D, D) -> (D, H, D/H)
        sent = torch.einsum("khe,dhe->hkd", value, merge)
        return torch.einsum("hqk,hkd->qkd", call.weights, sent).norm(dim=-1)

    return _read_cross("value-weighted", model, features, target, norms)


def gradient_x_attention(
    model: nn.Module, features: Features, target: int | None = None
) -> Reading:
    """Gradient times attention: the positive part of weight times its gradient in the target's
    logit.

    Mean of the heads, last cross-attention layer. What speaks against the target is dropped.
    Source: Chefer et al. 2021.

    Args:
        model: an MCSAN with cross-attention.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """

    def positive_part(call: _CrossCall) -> Tensor:
        return (call.weights * call.slopes).clamp(min=0).mean(0)

    return _read_cross("gradient x attention", model, features, target, positive_part)


def rollout_matrix(
    maps: Mapping[str, AttentionMap], sizes: dict[str, int], order: str = "parallel"
) -> np.ndarray:
    """How much of each position of the last layer comes from each position of the encoders, if
    attention were all.

    Attention rollout (Abnar & Zuidema 2020), the product of (weights + identity) / 2 over layers,
    extended to two streams: a cross-attention layer is a matrix with its maps in the two blocks
    off the diagonal, a self-attention layer one with blocks on it. In sequence the modules
    multiply; in parallel it is the mean of both, since the read-out sees both.

    Args:
        maps: as `attention_maps` gives them.
        sizes: {"text": L, "audio": A}.
        order: "parallel", "cross+self" or "self+cross".

    Returns:
        (L + A, L + A), words first. Rows are distributions.
    """
    place = {"text": slice(0, sizes["text"]), "audio": slice(sizes["text"], None)}
    total = sizes["text"] + sizes["audio"]
    modules: dict[str, dict[int, np.ndarray]] = {}  # module -> layer -> (total, total)
    for found in maps.values():
        name = found.place
        layers = modules.setdefault(name.module, {})
        matrix = layers.setdefault(name.layer, np.zeros((total, total)))
        matrix[place[name.query], place[name.key]] = found.mean
    products = {}
    for module, layers in modules.items():
        product = np.eye(total)
        for number in sorted(layers):
            matrix = layers[number]
            # A position that has nothing to look at keeps all of itself.
            stays = np.diag(1 - matrix.sum(1))
            product = (matrix + stays + np.eye(total)) / 2 @ product
        products[module] = product
    if order == "parallel":
        return np.mean(list(products.values()), 0)
    first, second = order.split("+")
    return products[second] @ products[first]


def rollout(
    model: nn.Module,
    features: Features,
    target: int | None = None,
    *,
    maps: Mapping[str, AttentionMap] | None = None,
) -> Reading:
    """Attention rollout over all layers of both streams: see `rollout_matrix`.

    A word's or frame's score is its column's mean over all positions that reach the read-out;
    pairs are the words' rows. It knows nothing of the target.

    Args:
        model: an MCSAN of words and sound.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
        maps: the utterance's `attention_maps`, where they are at hand.
    """
    require_open_streams(model)
    target = target_of(model, features, target)
    if maps is None:
        maps = attention_maps(model, features)
    words, frames = real_lengths(model, features)
    words, frames = words * model.config.use_text, frames * model.config.use_audio
    sizes = {"text": words, "audio": frames}
    matrix = rollout_matrix(maps, sizes, model.config.order)
    scores, pairs = np.zeros(0), None
    if len(matrix):
        scores = matrix.mean(0)
    if model.config.use_cross:
        pairs = matrix[:words, words:]
    by_word, by_frame = sides(model, scores[:words], scores[words:])
    return Reading("rollout", target, by_word, by_frame, pairs)
