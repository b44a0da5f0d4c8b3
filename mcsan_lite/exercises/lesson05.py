"""Checks of lesson 05: attention by hand, Eq. 6 to 10 and 15.

The inputs are small and unsaturated: where a softmax is nearly one-hot, wrong scales give right numbers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mcsan_lite.exercises.exercise import exercise


def _same(a, b: Tensor) -> bool:
    return (
        isinstance(a, Tensor)
        and a.shape == b.shape
        and torch.allclose(a.double(), b.double(), atol=1e-5, equal_nan=True)
    )


def _pair(found, names: str) -> str | None:
    if not (
        isinstance(found, tuple | list)
        and len(found) == 2
        and all(isinstance(x, Tensor) for x in found)
    ):
        return f"return two tensors: {names}."
    return None


@exercise
def attention(student) -> str | None:
    """E5.1: student(query, key, value, mask) -> context (Q, e), weights (Q, K)."""
    torch.manual_seed(5)
    query, key, value = torch.randn(3, 6), torch.randn(5, 6), torch.randn(5, 2)
    mask = torch.tensor([True, True, False, True, False])
    raw, hidden = query @ key.T, ~mask

    def softmax(scores: Tensor, axis: int = -1) -> Tensor:
        return scores.masked_fill(hidden, -torch.inf).softmax(axis)

    right = softmax(raw / 6**0.5)
    mistakes = [
        (
            softmax(raw),
            "the scale is missing: divide the scores by the root of d, the length of a query.",
        ),
        (softmax(raw / 6), "the scores are divided by d. Eq. 9 divides by its root."),
        (softmax(raw * 6**0.5), "the scores are multiplied by √d. Divide."),
        (
            softmax(raw / 5**0.5),
            "this is the root of the number of keys. d is the length of one query, its last axis.",
        ),
        (
            softmax(raw / 2**0.5),
            "this is the root of the width of the values. d is the length of one query.",
        ),
        (
            (raw / 6**0.5).softmax(0),
            "the weights sum to one over the queries (axis 0), and the mask is ignored. "
            "Each query shares out its attention among the keys: the last axis.",
        ),
        (
            ((raw / 6**0.5).softmax(0) * mask),
            "the weights sum to one over the queries (axis 0). Each query shares out "
            "its attention among the keys: the last axis.",
        ),
        (
            softmax(raw / 6**0.5, 0),
            "the weights sum to one over the queries (axis 0). Each query shares out its "
            "attention among the keys: the last axis.",
        ),
        (
            (raw / 6**0.5).softmax(-1),
            "the mask is ignored: keys 2 and 4 are padding, and got weight.",
        ),
        (
            (raw / 6**0.5).softmax(-1) * mask,
            "the mask came after the softmax, so padding took its share first: the rows "
            "sum to less than one. Hide the scores, then take the softmax.",
        ),
        (
            (raw / 6**0.5).masked_fill(hidden, 0).softmax(-1),
            "padding was given the score 0, and e⁰ = 1 is not nothing. Fill with minus infinity.",
        ),
        (
            (raw / 6**0.5).masked_fill(mask, -torch.inf).softmax(-1),
            "the mask is used the wrong way round: it is True where a key is real.",
        ),
        (
            torch.nn.functional.one_hot(softmax(raw).argmax(-1), 5).float(),
            "each query takes its best key only. That is argmax; softmax is its soft version.",
        ),
        (
            (raw / 6**0.5).masked_fill(hidden, 0),
            "these are scores. The softmax that makes them weights is missing.",
        ),
        (raw / 6**0.5, "these are scores. The softmax that makes them weights is missing."),
    ]
    found = student(query.clone(), key.clone(), value.clone(), mask.clone())
    if problem := _pair(found, "the context (Q, e), then the weights (Q, K)"):
        return problem
    context, weights = found
    if (context.shape, weights.shape) == ((3, 5), (3, 2)):
        return "the weights came first. Return the context, then the weights."
    if weights.shape != (3, 5):
        return f"the weights have shape {tuple(weights.shape)}; expected (Q, K) = (3, 5): a row for each query."
    if not _same(weights, right):
        return next(
            (hint for wrong, hint in mistakes if _same(weights, wrong)),
            "the weights differ from softmax(QKᵀ / √d), with the scores of padding at minus infinity.",
        )
    if _same(context, right @ value):
        return None
    if _same(context, right @ key):
        return "the weights are right, but they average the keys. The context is an average of the values."
    return f"the weights are right; the context is weights @ value, of shape (3, 2). Yours has {tuple(context.shape)}."


@exercise
def text_from_audio(student) -> str | None:
    """E5.2: student(audio, text, to_query, to_key, to_value) -> ΔH (L, D), weights (L, A). Eq. 6 to 9."""
    torch.manual_seed(5)
    audio, text = torch.randn(4, 6), torch.randn(3, 6)
    to_query, to_key, to_value = (nn.Linear(6, 6) for _ in range(3))

    def look(asks: Tensor, has: Tensor, q=to_query, k=to_key, v=to_value) -> tuple[Tensor, Tensor]:
        weights = (q(asks) @ k(has).T / 6**0.5).softmax(-1)
        return weights @ v(has), weights

    def plain(x: Tensor) -> Tensor:
        return x

    with torch.no_grad():
        found = student(audio.clone(), text.clone(), to_query, to_key, to_value)
        right, swapped = look(text, audio), look(audio, text)
        self_text, self_audio = look(text, text), look(audio, audio)
        turned, no_value = look(text, audio, to_key, to_query), look(text, audio, v=plain)
        no_maps, unscaled = (
            look(text, audio, plain, plain, plain),
            (to_query(text) @ to_key(audio).T).softmax(-1),
        )
    if problem := _pair(found, "ΔH (L, D), then the weights (L, A)"):
        return problem
    update, weights = found
    if weights.shape == (4, 3):
        return (
            "the modalities are swapped: here the audio asks and the words answer. Eq. 9 is the other direction: "
            "queries from the text, keys and values from the audio."
            if _same(weights, swapped[1])
            else "the weights have a row for each frame, (A, L). A row belongs to a query, and the words ask: (L, A)."
        )
    if _same(weights, self_text[1]) or _same(weights, self_audio[1]):
        return "one modality asks itself. That is Eq. 15; here queries and keys come from different modalities."
    if weights.shape != (3, 4):
        return f"the weights have shape {tuple(weights.shape)}; expected (L, A) = (3, 4)."
    if _same(weights, turned[1]):
        return "to_query and to_key are swapped: queries are made from the text with to_query."
    if _same(weights, no_maps[1]):
        return "the projections are missing: Eq. 6 and 7 pass the states through to_query and to_key first."
    if _same(weights, unscaled):
        return "the scale is missing: divide the scores by √d."
    if not _same(weights, right[1]):
        return (
            "the weights differ from softmax(QKᵀ / √d), with Q from the text and K from the audio."
        )
    if _same(update, right[0]):
        return None
    if _same(update, no_value[0]):
        return "the weights are right; the values are missing their projection, to_value (Eq. 8)."
    return f"the weights are right; ΔH is weights @ to_value(audio), (3, 6). Yours has shape {tuple(update.shape)}."


@exercise
def heads(split, merge) -> str | None:
    """E5.3: split(x, heads): (L, D) -> (H, L, D/H), and merge, its inverse."""
    x = torch.arange(24.0).view(3, 8)  # 3 positions, 8 numbers
    right = torch.stack([x[:, :4], x[:, 4:]])
    found = split(x.clone(), 2)
    if not isinstance(found, Tensor):
        return f"split: return a tensor (H, L, D/H) = (2, 3, 4); this is a {type(found).__name__}."
    if found.shape == (3, 2, 4):
        return "split: the heads are cut, but the positions come first. Move the head axis to the front: (H, L, D/H)."
    if found.shape != right.shape:
        return f"split: the shape is {tuple(found.shape)}; expected (H, L, D/H) = (2, 3, 4)."
    if not _same(found, right):
        return "split: " + (
            "view or reshape straight to (H, L, D/H) mixes positions: head 0 then holds position 0 and half of position 1. "
            "Cut the last axis first, then transpose."
            if _same(found, x.reshape(2, 3, 4))
            else "the heads are interleaved: head 0 got every second number. Its slice is the first D/H numbers in a row."
            if _same(found, torch.stack([x[:, ::2], x[:, 1::2]]))
            else "the right shape with the wrong numbers: head 0 holds x[:, :4], head 1 holds x[:, 4:]."
        )
    back = merge(right.clone())
    if not isinstance(back, Tensor):
        return f"merge: return a tensor (L, D) = (3, 8); this is a {type(back).__name__}."
    if back.shape == (6, 4):
        return "merge: the heads are stacked below each other. They belong side by side: (L, D)."
    if back.shape != x.shape:
        return f"merge: the shape is {tuple(back.shape)}; expected (L, D) = (3, 8)."
    if _same(back, right.reshape(3, 8)):
        return (
            "merge: the transpose is missing: reshape reads head 0 to its end before head 1 begins."
        )
    if _same(back, right.mean(0).repeat(1, 2)):
        return "merge: heads are not averaged. Each keeps its own D/H numbers."
    return None if _same(back, x) else "merge: split, then merge, must give x back."


@exercise
def safe_softmax(student) -> str | None:
    """E5.4: student(scores, mask) -> weights: no NaN where a row has no key, in values and in gradients."""
    torch.manual_seed(5)
    scores, mask = (
        torch.randn(3, 4, requires_grad=True),
        torch.tensor([[True] * 4, [True, True, False, False], [False] * 4]),
    )
    right = scores.detach().masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num(0)
    found = student(scores, mask.clone())
    if not isinstance(found, Tensor) or found.shape != (3, 4):
        return "return one tensor, the weights, of the shape of the scores."
    if found.isnan().any():
        return (
            "the row without any key is still NaN: e⁻ᵒᵒ is 0 everywhere, and 0 / 0 is not a number."
        )
    if not _same(found[:2].detach(), right[:2]):
        return (
            "the rows that do have keys changed: they must stay what the plain masked softmax gives, sum one and exact "
            "zeros on padding."
        )
    if _same(found[2].detach(), torch.full((4,), 0.25)):
        return "no NaN, but the row without a key is now an even spread over padding. Make it zero: multiply by the mask."
    if not _same(found[2].detach(), right[2]):
        return f"the row without any key must be zero; it is {[round(x, 2) for x in found[2].tolist()]}."
    if not found.requires_grad:
        return "the weights were cut from the graph (detach, no_grad or .data): nothing can be learnt through them."
    (gradient,) = torch.autograd.grad((found * torch.arange(4.0)).sum(), scores)
    if gradient.isnan().any():
        return (
            "the values are right, the gradient is NaN: the NaN was painted over behind the softmax, where "
            "backpropagation still meets it. Fill with the lowest finite number instead of minus infinity."
        )
    return None


@exercise
def predictions(student) -> str | None:
    """E5.5: student = {"zero": number, "large": number, "shuffled": letter, "heads": letter, "printed": letter}."""
    wanted = ("zero", "large", "shuffled", "heads", "printed")
    if not isinstance(student, dict) or set(student) != set(wanted):
        return f"the answer is a dict with the keys {', '.join(wanted)}."
    for name, right, hint in (
        ("zero", 0.25, "every score is then 0, and the softmax of four equal numbers is …"),
        (
            "large",
            1.0,
            "differences between scores are multiplied as well: what does e do to them?",
        ),
    ):
        try:
            value = float(student[name])
        except (TypeError, ValueError):
            return f"{name}: give a number between 0 and 1."
        if not math.isclose(value, right, abs_tol=0.005):
            return f"{name}: {value:g} is not right: {hint}"
    for name, right, hints in (
        (
            "shuffled",
            "a",
            {
                "b": "the softmax does not care where a score stands; each weight moves with its frame.",
                "c": "nothing is lost: the same frames are averaged with the same weights.",
            },
        ),
        (
            "heads",
            "c",
            {
                "a": "each head works with a slice of the same matrices; no matrix is added.",
                "b": "slices are smaller, but there are more of them.",
            },
        ),
        (
            "printed",
            "b",
            {
                "a": "a larger divisor brings the scores closer together, and closer scores give …",
                "c": "√128 is not √16: the divisor is 2.8 times as large.",
            },
        ),
    ):
        given = str(student[name]).strip().lower()
        if given != right:
            return f"{name}: " + hints.get(given, "take one of the letters a, b, c.")
    return None
