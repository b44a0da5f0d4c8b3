"""Checks of lesson 06: attention by hand, Eq. 6 to 10 and 15.

In: a student's function or answers. Out: a hint, or None where it is right. The inputs are small
and unsaturated: where a softmax is nearly one-hot, wrong scales give right numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, hint_for, letter_hint


def _same(a: object, b: Tensor) -> bool:
    if not isinstance(a, Tensor) or a.shape != b.shape:
        return False
    return torch.allclose(a.double(), b.double(), atol=1e-5, equal_nan=True)


def _is_pair_of_tensors(found: object) -> bool:
    is_pair = isinstance(found, tuple | list) and len(found) == 2
    return is_pair and all(isinstance(x, Tensor) for x in found)


@exercise
def attention(student) -> str | None:
    """E6.1: student(query, key, value, mask) -> context (Q, e), weights (Q, K). Eq. 9."""
    torch.manual_seed(5)
    query, key, value = torch.randn(3, 6), torch.randn(5, 6), torch.randn(5, 2)
    mask = torch.tensor([True, True, False, True, False])
    found = student(query.clone(), key.clone(), value.clone(), mask.clone())
    if not _is_pair_of_tensors(found):
        return "return two tensors: the context (Q, e), then the weights (Q, K)."
    context, weights = found
    if (context.shape, weights.shape) == ((3, 5), (3, 2)):
        return "the weights came first. Return the context, then the weights."
    if weights.shape != (3, 5):
        return (
            f"the weights have shape {tuple(weights.shape)}; expected (Q, K) = (3, 5): one row "
            "for each query."
        )
    products = query @ key.T  # (Q, K)
    right = (products / 6**0.5).masked_fill(~mask, -torch.inf).softmax(-1)
    if not _same(weights, right):
        unknown = (
            "the weights differ from softmax(QKᵀ / √d), with the scores of padding at minus "
            "infinity."
        )
        mistakes = [*_wrong_scales(products, mask), *_wrong_softmaxes(products / 6**0.5, mask)]
        return hint_for(weights, mistakes, _same) or unknown
    if _same(context, right @ value):
        return None
    if _same(context, right @ key):
        return (
            "the weights are right, but they average the keys. The context is an average of the "
            "values."
        )
    return (
        "the weights are right; the context is weights @ value, of shape (3, 2). Yours has "
        f"{tuple(context.shape)}."
    )


def _wrong_scales(products: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, str]]:
    """Weights of queries of length 6, 5 keys and values of width 2 by a wrong divisor; hints."""

    def weights(divisor: float) -> Tensor:
        return (products / divisor).masked_fill(~mask, -torch.inf).softmax(-1)

    yield (
        weights(1),
        "the scale is missing: divide the scores by the root of d, the length of a query.",
    )
    yield weights(6), "the scores are divided by d. Eq. 9 divides by its root."
    yield weights(6**-0.5), "the scores are multiplied by √d. Divide."
    yield (
        weights(5**0.5),
        "this is the root of the number of keys. d is the length of one query, its last axis.",
    )
    yield (
        weights(2**0.5),
        "this is the root of the width of the values. d is the length of one query.",
    )


def _wrong_softmaxes(scores: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, str]]:
    """What mistakes with axis, mask and softmax make of scores (Q, K), and their hints."""
    hidden = scores.masked_fill(~mask, -torch.inf)
    shares = "Each query shares out its attention among the keys: the last axis."
    yield (
        scores.softmax(0),
        f"the weights sum to one over the queries (axis 0), and the mask is ignored. {shares}",
    )
    over_queries = f"the weights sum to one over the queries (axis 0). {shares}"
    yield scores.softmax(0) * mask, over_queries
    yield hidden.softmax(0), over_queries
    yield (
        scores.softmax(-1),
        "the mask is ignored: keys 2 and 4 are padding, and got weight.",
    )
    yield (
        scores.softmax(-1) * mask,
        "the mask came after the softmax, so padding took its share first: the rows sum to less "
        "than one. Hide the scores, then take the softmax.",
    )
    yield (
        scores.masked_fill(~mask, 0).softmax(-1),
        "padding was given the score 0, and e⁰ = 1 is not nothing. Fill with minus infinity.",
    )
    yield (
        scores.masked_fill(mask, -torch.inf).softmax(-1),
        "the mask is used the wrong way round: it is True where a key is real.",
    )
    yield (
        nn.functional.one_hot(hidden.argmax(-1), len(mask)).float(),
        "each query takes its best key only. That is argmax; softmax is its soft version.",
    )
    no_softmax = "these are scores. The softmax that makes them weights is missing."
    yield scores.masked_fill(~mask, 0), no_softmax
    yield scores, no_softmax


_Map = Callable[[Tensor], Tensor]


def _look(asks: Tensor, has: Tensor, to_query: _Map, to_key: _Map) -> Tensor:
    """Weights (queries, keys) of `asks` over `has`, both with states of length 6. Eq. 9."""
    return (to_query(asks) @ to_key(has).T / 6**0.5).softmax(-1)


@exercise
def text_from_audio(student) -> str | None:
    """E6.2: student(audio, text, to_query, to_key, to_value) -> ΔH (L, D), weights (L, A).

    Eq. 6 to 9.
    """
    torch.manual_seed(5)
    audio, text = torch.randn(4, 6), torch.randn(3, 6)
    to_query, to_key, to_value = (nn.Linear(6, 6) for _ in range(3))
    with torch.no_grad():
        found = student(audio.clone(), text.clone(), to_query, to_key, to_value)
        right = _look(text, audio, to_query, to_key)
        swapped = _look(audio, text, to_query, to_key)
        mistakes = list(_wrong_looks(audio, text, to_query, to_key))
        values = to_value(audio)
    if not _is_pair_of_tensors(found):
        return "return two tensors: ΔH (L, D), then the weights (L, A)."
    update, weights = found
    if _same(weights, swapped):
        return (
            "the modalities are swapped: here the audio asks and the words answer. Eq. 9 is the "
            "other direction: queries from the text, keys and values from the audio."
        )
    if weights.shape == (4, 3):
        return (
            "the weights have one row for each frame, (A, L). A row belongs to a query, and here "
            "the words ask: (L, A)."
        )
    if not _same(weights, right):
        unknown = (
            "the weights differ from softmax(QKᵀ / √d), with Q from the text and K from the audio."
        )
        if weights.shape != (3, 4):
            unknown = f"the weights have shape {tuple(weights.shape)}; expected (L, A) = (3, 4)."
        return hint_for(weights, mistakes, _same) or unknown
    if _same(update, right @ values):
        return None
    if _same(update, right @ audio):
        return "the weights are right; the values are missing their projection, to_value (Eq. 8)."
    return (
        "the weights are right; ΔH is weights @ to_value(audio), (3, 6). Yours has shape "
        f"{tuple(update.shape)}."
    )


def _wrong_looks(
    audio: Tensor, text: Tensor, to_query: _Map, to_key: _Map
) -> Iterator[tuple[Tensor, str]]:
    """What mistakes give as weights of words over frames, and their hints."""
    alone = (
        "one modality asks itself. That is Eq. 15; here queries and keys come from different "
        "modalities."
    )
    yield _look(text, text, to_query, to_key), alone
    yield _look(audio, audio, to_query, to_key), alone
    yield (
        _look(text, audio, to_key, to_query),
        "to_query and to_key are swapped: queries are made from the text with to_query.",
    )
    yield (
        _look(text, audio, nn.Identity(), nn.Identity()),
        "the projections are missing: Eq. 6 and 7 pass the states through to_query and to_key "
        "first.",
    )
    unscaled = (to_query(text) @ to_key(audio).T).softmax(-1)
    yield unscaled, "the scale is missing: divide the scores by √d."


@exercise
def heads(split, merge) -> str | None:
    """E6.3: split(x, heads): (L, D) -> (heads, L, D/heads), and merge, its inverse.

    Args:
        split: the student's function.
        merge: the student's function.

    Returns:
        A hint, or None where both are right.
    """
    x = torch.arange(24.0).view(3, 8)  # 3 positions, 8 numbers
    return _wrong_split(split(x.clone(), 2), x) or _wrong_merge(merge, x)


def _two_heads(x: Tensor) -> Tensor:
    """(L, 8) -> (2, L, 4)."""
    return torch.stack([x[:, :4], x[:, 4:]])


def _wrong_split(found: object, x: Tensor) -> str | None:
    right = _two_heads(x)
    if not isinstance(found, Tensor):
        kind = type(found).__name__
        return f"split: return a tensor (heads, L, D/heads) = (2, 3, 4); this is a {kind}."
    if found.shape == (3, 2, 4):
        return (
            "split: the heads are cut, but the positions come first. Move the head axis to the "
            "front: (heads, L, D/heads)."
        )
    if found.shape != right.shape:
        shape = tuple(found.shape)
        return f"split: the shape is {shape}; expected (heads, L, D/heads) = (2, 3, 4)."
    if _same(found, right):
        return None
    mistakes = [
        (
            x.reshape(2, 3, 4),
            "split: view or reshape straight to (heads, L, D/heads) mixes positions: head 0 then "
            "holds position 0 and half of position 1. Cut the last axis first, then transpose.",
        ),
        (
            torch.stack([x[:, ::2], x[:, 1::2]]),
            "split: the heads are interleaved: head 0 got every second number. Its slice is the "
            "first D/heads numbers in a row.",
        ),
    ]
    unknown = (
        "split: the right shape with the wrong numbers: head 0 holds x[:, :4], head 1 holds "
        "x[:, 4:]."
    )
    return hint_for(found, mistakes, _same) or unknown


def _wrong_merge(merge: _Map, x: Tensor) -> str | None:
    heads_of_x = _two_heads(x)
    found = merge(heads_of_x.clone())
    if not isinstance(found, Tensor):
        return f"merge: return a tensor (L, D) = (3, 8); this is a {type(found).__name__}."
    if found.shape == (6, 4):
        return "merge: the heads are stacked below each other. They belong side by side: (L, D)."
    if found.shape != x.shape:
        return f"merge: the shape is {tuple(found.shape)}; expected (L, D) = (3, 8)."
    if _same(found, heads_of_x.reshape(3, 8)):
        return (
            "merge: the transpose is missing: reshape reads head 0 to its end before head 1 begins."
        )
    if _same(found, heads_of_x.mean(0).repeat(1, 2)):
        return "merge: heads are not averaged. Each keeps its own D/heads numbers."
    if not _same(found, x):
        return "merge: split, then merge, must give x back."
    return None


class _SeesNaN(TorchFunctionMode):
    """Notes whether an operation gave NaN, even if a later one paints over it."""

    seen = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        if isinstance(found, Tensor) and found.is_floating_point():
            self.seen = self.seen or bool(found.isnan().any())
        return found


@exercise
def safe_softmax(student) -> str | None:
    """E6.4: student(scores, mask) -> weights; NaN arises nowhere, even if a row has no key."""
    torch.manual_seed(5)
    scores = torch.randn(3, 4, requires_grad=True)
    mask = torch.tensor([[True] * 4, [True, True, False, False], [False] * 4])
    with _SeesNaN() as watch:
        found = student(scores, mask.clone())
    if not isinstance(found, Tensor) or found.shape != (3, 4):
        return "return one tensor, the weights, of the shape of the scores."
    if found.isnan().any():
        return (
            "the row without any key is still NaN: e⁻ᵒᵒ is 0 everywhere, and 0 / 0 is not a number."
        )
    return _wrong_rows(found.detach(), scores.detach(), mask) or _wrong_way(found, scores, watch)


def _wrong_rows(found: Tensor, scores: Tensor, mask: Tensor) -> str | None:
    """The mistake in the values of E6.4 (3, 4), of which the last row has no key."""
    right = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    weights, without_key = found[:2], found[2]
    if not _same(weights, right[:2]):
        return (
            "the rows that do have keys changed: they must stay what the plain masked softmax "
            "gives, with a sum of one and exact zeros on padding."
        )
    if _same(without_key, torch.full((4,), 0.25)):
        return (
            "no NaN, but the row without a key is now an even spread over padding. Make it zero: "
            "multiply by the mask."
        )
    if not _same(without_key, torch.zeros(4)):
        row = [round(weight, 2) for weight in without_key.tolist()]
        return f"the row without any key must be zero; it is {row}."
    return None


def _wrong_way(found: Tensor, scores: Tensor, watch: _SeesNaN) -> str | None:
    """The mistake in how E6.4 came to right values: in its gradient, or on the way."""
    if not found.requires_grad:
        return (
            "the weights were cut from the graph (detach, no_grad or .data), so nothing can be "
            "learned through them."
        )
    (gradient,) = torch.autograd.grad((found * torch.arange(4.0)).sum(), scores)
    if gradient.isnan().any():
        return (
            "the values are right, but the gradient is NaN: the NaN was painted over after the "
            "softmax, where backpropagation still meets it. Fill with the lowest finite number "
            "instead of minus infinity."
        )
    if watch.seen:
        return (
            "values and gradient are right, but a NaN arose on the way and was painted over: with "
            "an added mask it would be in the gradient. Write it so that none arises."
        )
    return None


_ASKED = ("zero", "large", "shuffled", "heads", "printed")
_SHUFFLED = {
    "b": "the softmax does not care where a score stands; each weight moves with its frame.",
    "c": "nothing is lost: the same frames are averaged with the same weights.",
}
_PRINTED = {
    "sharper": "a larger divisor brings the scores closer together, and closer scores give …",
    "neither": "√128 is not √16: the divisor is 2.8 times as large.",
}


@exercise
def predictions(student) -> str | None:
    """E6.5: student = {"zero", "large", "heads": numbers, "shuffled": letter, "printed": word}."""
    if not isinstance(student, dict) or set(student) != set(_ASKED):
        return f"the answer is a dict with the keys {', '.join(_ASKED)}."
    if any(value is ... for value in student.values()):
        return NOT_SOLVED
    four_zeros = "every score is then 0, and the softmax of four equal numbers is …"
    multiplied = "differences between scores are multiplied as well: what does e do to them?"
    return (
        _wrong_share(student, "zero", 0.25, four_zeros)
        or _wrong_share(student, "large", 1.0, multiplied)
        or letter_hint(student, "shuffled", "a", _SHUFFLED)
        or _wrong_factor(student["heads"])
        or letter_hint(student, "printed", "flatter", _PRINTED)
    )


def _wrong_factor(given: object) -> str | None:
    """The mistake in: by what is the number of parameters multiplied?"""
    try:
        factor = float(given)
    except (TypeError, ValueError):
        return "heads: give a number; 2 would mean twice as many parameters."
    if factor == 1:
        return None
    if factor > 1:
        return "heads: each head works with a slice of the same matrices; no matrix is added."
    return "heads: slices are smaller, but there are more of them."


def _wrong_share(answers: dict, name: str, right: float, hint: str) -> str | None:
    try:
        share = float(answers[name])
    except (TypeError, ValueError):
        return f"{name}: give a number between 0 and 1."
    if math.isclose(share, right, abs_tol=0.005):
        return None
    return f"{name}: {share:g} is not right: {hint}"
