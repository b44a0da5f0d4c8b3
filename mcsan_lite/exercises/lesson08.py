"""Checks of lesson 08: MCSAN assembled."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, hint_for


def _same(a: object, b: Tensor) -> bool:
    if not isinstance(a, Tensor) or a.shape != b.shape:
        return False
    return torch.allclose(a.double(), b.double(), atol=1e-5)


def _both_same(found: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> bool:
    return all(_same(one, right) for one, right in zip(found, expected, strict=True))


def _delta(x: Tensor, memory: Tensor) -> Tensor:
    """A ΔH for E8.1: attention without weights to learn."""
    return 2 * (x @ memory.T / 2).softmax(-1) @ memory


def _norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, (4,))


def _stream_mistakes(audio: Tensor, text: Tensor) -> Iterator[tuple[tuple[Tensor, Tensor], str]]:
    """What mistakes in E8.1 give, and their hints."""

    def updated(audio_memory: Tensor, text_memory: Tensor) -> tuple[Tensor, Tensor]:
        new_audio = _norm(audio + _delta(audio, audio_memory))
        return new_audio, _norm(text + _delta(text, text_memory))

    new_audio, new_text = updated(text, audio)
    delta_audio, delta_text = _delta(audio, text), _delta(text, audio)
    yield (
        updated(text, new_audio),
        "the text stream looked at the audio that was already updated. Both updates start from "
        "the old values: keep the old audio until the text is done.",
    )
    yield (
        updated(new_text, audio),
        "the audio stream looked at the text that was already updated. Both updates start from "
        "the old values: keep the old text until the audio is done.",
    )
    yield (
        updated(audio, text),
        "each stream looked at itself. That is Eq. 15: here the memory is the other modality.",
    )
    yield (
        (_norm(delta_audio), _norm(delta_text)),
        "the residual is missing: LayerNorm is applied to H + ΔH, not to ΔH alone.",
    )
    yield (
        (audio + delta_audio, text + delta_text),
        "the sum is right, but the LayerNorm around it is missing.",
    )
    too_early = (
        "LayerNorm came before the sum. Eq. 11 first adds H and ΔH, then normalises the sum."
    )
    yield (_norm(audio) + delta_audio, _norm(text) + delta_text), too_early
    yield (audio + _norm(delta_audio), text + _norm(delta_text)), too_early
    yield (_norm(audio) + _norm(delta_audio), _norm(text) + _norm(delta_text)), too_early
    from_normed_audio = audio + _delta(_norm(audio), _norm(text))
    from_normed_text = text + _delta(_norm(text), _norm(audio))
    yield (from_normed_audio, from_normed_text), too_early


@exercise
def two_streams(student) -> str | None:
    """E8.1: student(audio, text, delta, norm) -> new audio, new text. Eq. 11 and 12."""
    torch.manual_seed(6)
    audio, text = torch.randn(5, 4), torch.randn(3, 4)
    found = student(audio.clone(), text.clone(), _delta, _norm)
    is_pair = isinstance(found, tuple | list) and len(found) == 2
    if not is_pair or not all(isinstance(x, Tensor) for x in found):
        return "return two tensors: the new audio, then the new text."
    new_audio, new_text = found
    if new_audio.shape != audio.shape or new_text.shape != text.shape:
        return (
            f"the shapes are {tuple(new_audio.shape)} and {tuple(new_text.shape)}; expected "
            f"{tuple(audio.shape)} for the audio and then {tuple(text.shape)} for the text."
        )
    right = _norm(audio + _delta(audio, text)), _norm(text + _delta(text, audio))
    if _both_same(found, right):
        return None
    hint = hint_for(found, _stream_mistakes(audio, text), _both_same)
    return hint or (
        "the numbers differ from Eq. 11 and 12. Write ΔH for each stream first, from the old "
        "values, then the sum, then the LayerNorm."
    )


@exercise
def global_max(student) -> str | None:
    """E8.2: student(x, mask) -> (B, D), the largest real value of each channel."""
    torch.manual_seed(6)
    x, mask = -1 - torch.rand(2, 5, 3), torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    x[~mask] = 9.0  # padding is larger than everything real
    given = x.clone()
    found = student(given, mask.clone())
    if not torch.equal(given, x):
        return (
            "your function changes its input. masked_fill makes a copy, masked_fill_ writes into x."
        )
    if isinstance(found, tuple) and len(found) == 2:
        return "x.max(1) gives values and indices: take .values, or x.amax(1)."
    if not isinstance(found, Tensor):
        return f"return a tensor of shape (B, D) = (2, 3); this is a {type(found).__name__}."
    if found.shape in ((2, 5), (5, 3), (2, 1, 3)):
        return (
            f"wrong axis: the shape is {tuple(found.shape)}. Of (B, T, D), the time axis, axis 1, "
            "must vanish, so that (B, D) = (2, 3) stays."
        )
    if found.shape != (2, 3):
        return f"the shape is {tuple(found.shape)}; expected (B, D) = (2, 3)."
    return _wrong_maximum(found, x, mask)


def _wrong_maximum(found: Tensor, x: Tensor, mask: Tensor) -> str | None:
    """The mistake in the numbers of E8.2, or None."""
    right = torch.stack([x[0, :3].max(0).values, x[1].max(0).values])
    if _same(found, right):
        return None
    real = mask[..., None]
    if _same(found, x.amax(1)):
        return "the mask is ignored: the 9 that came out of the first utterance is padding."
    if _same(found, x.masked_fill(~real, 0).amax(1)):
        return (
            "padding was filled with 0, and 0 won: here every real value is negative. Fill with "
            "minus infinity."
        )
    real_mean = (x * real).sum(1) / mask.sum(1, keepdim=True)
    if _same(found, x.mean(1)) or _same(found, real_mean):
        return "this is the mean over time. The paper's P is the maximum."
    padding_alone = x.masked_fill(real, -torch.inf).amax(1)
    if _same(found, padding_alone) or torch.isinf(found).any():
        return (
            "the mask is used the wrong way round: it is True where real, and the others are to be "
            "hidden."
        )
    return (
        "the numbers differ from the largest real value of each channel. Hide the padding first, "
        "then take the maximum."
    )


@exercise
def block_parameters(student) -> str | None:
    """E8.3: student(hidden, feedforward) -> numbers in attention, feed-forward, LayerNorms."""
    for hidden, wide in ((4, 10), (6, 5), (128, 512)):
        found = student(hidden, wide)
        if not (isinstance(found, tuple | list) and len(found) == 3):
            return "return three numbers: attention, feed-forward, LayerNorms."
        attention, feedforward, norms = found
        hints = {
            "attention": _wrong_attention(attention, hidden),
            "feed-forward": _wrong_feedforward(feedforward, hidden, wide),
            "LayerNorms": _wrong_norms(norms, hidden),
        }
        for part, hint in hints.items():
            if hint:
                return f"{part}, at hidden {hidden} and feed-forward {wide}: {hint}"
    return None


def _wrong_count(value: object, right: int, mistakes: dict[int, str]) -> str | None:
    if value == right:
        return None
    return mistakes.get(value, f"{value} came out, {right} expected.")


def _wrong_attention(value: object, hidden: int) -> str | None:
    weights = hidden * hidden  # of one linear map
    linear = weights + hidden
    mistakes = {
        4 * weights: "the biases are missing: each nn.Linear also holds one number per output.",
        3 * linear: "the merge projection is missing: query, key, value, and one that joins the "
        "heads again.",
        3 * weights: "the merge projection and the biases are missing.",
    }
    return _wrong_count(value, 4 * linear, mistakes)


def _wrong_feedforward(value: object, hidden: int, wide: int) -> str | None:
    both = 2 * wide * hidden  # the weights of both maps
    mistakes = {
        both: "the biases are missing: one number for each wide unit and one for each output.",
        both + wide: "the bias of the second map is missing.",
        both + hidden: "the bias of the first map is missing.",
        both + 2 * wide: "the second map has `hidden` outputs, so its bias has `hidden` numbers.",
        both + 2 * hidden: "the first map has `feedforward` outputs, so its bias is that wide.",
        wide * hidden + wide: "this is one linear map; it goes up to `feedforward` and back down "
        "to `hidden`.",
    }
    return _wrong_count(value, both + wide + hidden, mistakes)


def _wrong_norms(value: object, hidden: int) -> str | None:
    mistakes = {
        0: "the LayerNorms are missing: they learn a scale and a shift for each of the hidden "
        "numbers.",
        2 * hidden: "there are two LayerNorms, and each holds a scale and a shift.",
    }
    return _wrong_count(value, 4 * hidden, mistakes)


_WRONG_ORDERS = {
    "a": "a linear map has no first input: each of its inputs has its own column of weights.",
    "c": "the softmax of Eq. 19 acts on the classes, after the classifier, not on the streams.",
    "d": "no LayerNorm follows Eq. 18: look at MCSAN.forward.",
}
# For each row of Table 3: how many pooled vectors enter the classifier, and why.
_STREAMS = {
    "w/o self": (2, "the cross module remains, and it gives one stream per modality."),
    "w/o audio": (
        1,
        "with one modality there is nothing to cross, so only self-attention on the text remains.",
    ),
    "cross + self (seq)": (
        2,
        "one module feeds the other: only the last one's two streams are pooled.",
    ),
    "N = 2": (
        4,
        "stacked layers replace their streams and add none: only the last layer is pooled.",
    ),
}


@exercise
def concatenation(student) -> str | None:
    """E8.4: {"order": a letter, "streams": {row: pooled vectors that enter the classifier}}."""
    form = 'the answer is a dict: {"order": "a", "streams": {"w/o audio": 0, …}}.'
    if not isinstance(student, dict) or set(student) != {"order", "streams"}:
        return form
    order, streams = student["order"], student["streams"]
    if order is ... or streams is ...:
        return NOT_SOLVED
    if not isinstance(streams, dict):
        return form
    if any(number is ... for number in streams.values()):
        return NOT_SOLVED
    order = str(order).strip().lower()
    if order != "b":
        return _WRONG_ORDERS.get(order, 'for "order" take one of the letters a, b, c, d.')
    for row, (right, hint) in _STREAMS.items():
        if row not in streams:
            return f"streams: {row} is missing."
        if streams[row] != right:
            return f"{row}: {streams[row]} is not right: {hint}"
    return None
