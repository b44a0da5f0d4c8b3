"""Checks of lesson 06: MCSAN assembled."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mcsan_lite.exercises.exercise import exercise


def _same(a, b) -> bool:
    return (
        isinstance(a, Tensor)
        and a.shape == b.shape
        and torch.allclose(a.double(), b.double(), atol=1e-5)
    )


def _both_same(found, expected) -> bool:
    return all(_same(a, b) for a, b in zip(found, expected, strict=True))


@exercise
def two_streams(student) -> str | None:
    """E6.1: student(audio, text, delta, norm) -> new audio, new text. Eq. 11 and 12."""
    torch.manual_seed(6)
    audio, text = torch.randn(5, 4), torch.randn(3, 4)

    def delta(x: Tensor, memory: Tensor) -> Tensor:
        return 2 * (x @ memory.T / 2).softmax(-1) @ memory

    def norm(x: Tensor) -> Tensor:
        return F.layer_norm(x, (4,))

    def updated(audio_memory: Tensor, text_memory: Tensor) -> tuple[Tensor, Tensor]:
        return norm(audio + delta(audio, audio_memory)), norm(text + delta(text, text_memory))

    right = updated(text, audio)
    mistakes = [
        (
            updated(text, right[0]),
            "the text stream looked at the audio that was already updated. Both updates start from "
            "the old values: keep the old audio until the text is done.",
        ),
        (
            updated(right[1], audio),
            "the audio stream looked at the text that was already updated. Both updates start from "
            "the old values: keep the old text until the audio is done.",
        ),
        (
            updated(audio, text),
            "each stream looked at itself. That is Eq. 15: here the memory is the other modality.",
        ),
        (
            (norm(delta(audio, text)), norm(delta(text, audio))),
            "the residual is missing: LayerNorm is applied to H + ΔH, not to ΔH alone.",
        ),
        (
            (audio + delta(audio, text), text + delta(text, audio)),
            "the sum is right, the LayerNorm around it is missing.",
        ),
        *[
            (
                pair,
                "LayerNorm came before the sum. Eq. 11 first adds H and ΔH, then normalises the sum.",
            )
            for pair in (
                (norm(audio) + delta(audio, text), norm(text) + delta(text, audio)),
                (audio + norm(delta(audio, text)), text + norm(delta(text, audio))),
                (norm(audio) + norm(delta(audio, text)), norm(text) + norm(delta(text, audio))),
                (audio + delta(norm(audio), norm(text)), text + delta(norm(text), norm(audio))),
            )
        ],
    ]
    found = student(audio.clone(), text.clone(), delta, norm)
    if not (
        isinstance(found, tuple | list)
        and len(found) == 2
        and all(isinstance(x, Tensor) for x in found)
    ):
        return "return two tensors: the new audio, then the new text."
    if [x.shape for x in found] != [audio.shape, text.shape]:
        return (
            f"the shapes are {tuple(found[0].shape)} and {tuple(found[1].shape)}; expected {tuple(audio.shape)} for the "
            f"audio and then {tuple(text.shape)} for the text."
        )
    if _both_same(found, right):
        return None
    return next(
        (hint for wrong, hint in mistakes if _both_same(found, wrong)),
        "the numbers differ from Eq. 11 and 12. Write ΔH for each stream first, from the old values, then the "
        "sum, then the LayerNorm.",
    )


@exercise
def global_max(student) -> str | None:
    """E6.2: student(x, mask) -> (B, D), the largest real value of each channel."""
    torch.manual_seed(6)
    x, mask = -1 - torch.rand(2, 5, 3), torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    x[~mask] = 9.0  # padding is larger than everything real
    right = torch.stack([x[0, :3].max(0).values, x[1].max(0).values])
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
            f"wrong axis: the shape is {tuple(found.shape)}. Of (B, T, D) the time axis goes, axis 1; "
            "(B, D) = (2, 3) stays."
        )
    if found.shape != right.shape:
        return f"the shape is {tuple(found.shape)}; expected (B, D) = (2, 3)."
    if _same(found, right):
        return None
    if _same(found, x.amax(1)):
        return "the mask is ignored: the 9 that came out of the first utterance is padding."
    if _same(found, x.masked_fill(~mask[..., None], 0).amax(1)):
        return "padding was filled with 0, and 0 won: here every real value is negative. Fill with minus infinity."
    if _same(found, x.mean(1)) or _same(
        found, (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    ):
        return "this is the mean over time. The paper's P is the maximum."
    if _same(found, x.masked_fill(mask[..., None], -torch.inf).amax(1)) or torch.isinf(found).any():
        return "the mask is used the wrong way round: it is True where real, and the others are to be hidden."
    return "the numbers differ from the largest real value of each channel. Hide the padding first, then take the maximum."


@exercise
def block_parameters(student) -> str | None:
    """E6.3: student(hidden, feedforward) -> how many numbers attention, feed-forward and LayerNorms hold."""
    for hidden, wide in ((4, 10), (6, 5), (128, 512)):
        found = student(hidden, wide)
        if not (isinstance(found, tuple | list) and len(found) == 3):
            return "return three numbers: attention, feed-forward, LayerNorms."
        linear, bias, up = hidden * hidden + hidden, hidden, wide * hidden
        parts = [
            (
                "attention",
                4 * linear,
                {
                    4
                    * (
                        linear - bias
                    ): "the biases are missing: each nn.Linear also holds one number an output.",
                    3
                    * linear: "the merge projection is missing: query, key, value, and one that joins the heads again.",
                    3 * (linear - bias): "the merge projection and the biases are missing.",
                },
            ),
            (
                "feed-forward",
                2 * up + wide + hidden,
                {
                    2
                    * up: "the biases are missing: one number for each wide unit and one for each output.",
                    2 * up + wide: "the bias of the second map is missing.",
                    2 * up + hidden: "the bias of the first map is missing.",
                    2 * up
                    + 2
                    * wide: "the second map has `hidden` outputs, so its bias has `hidden` numbers.",
                    2 * up
                    + 2
                    * hidden: "the first map has `feedforward` outputs, so its bias is that wide.",
                    up
                    + wide: "this is one linear map; it goes up to `feedforward` and back down to `hidden`.",
                },
            ),
            (
                "LayerNorms",
                4 * hidden,
                {
                    0: "the LayerNorms are missing: they learn a scale and a shift for each of the hidden numbers.",
                    2 * hidden: "there are two LayerNorms, and each holds a scale and a shift.",
                },
            ),
        ]
        for (name, right, mistakes), value in zip(parts, found, strict=True):
            if value != right:
                hint = mistakes.get(value, f"{value} came out, {right} expected.")
                return f"{name}, at hidden {hidden} and feed-forward {wide}: {hint}"
    return None


@exercise
def concatenation(student) -> str | None:
    """E6.4: student = {"order": a letter, "streams": {row: pooled vectors that enter the classifier}}."""
    if (
        not isinstance(student, dict)
        or set(student) != {"order", "streams"}
        or not isinstance(student["streams"], dict)
    ):
        return 'the answer is a dict: {"order": "a", "streams": {"w/o audio": 0, …}}.'
    order = str(student["order"]).strip().lower()
    if order != "b":
        return {
            "a": "a linear map has no first input: each of its inputs has its own column of weights.",
            "c": "the softmax of Eq. 19 acts on the classes, behind the classifier, not on the streams.",
            "d": "no LayerNorm follows Eq. 18: look at MCSAN.forward.",
        }.get(order, 'for "order" take one of the letters a, b, c, d.')
    for row, right, hint in (
        ("w/o self", 2, "the cross module remains, and it gives one stream a modality."),
        (
            "w/o audio",
            1,
            "with one modality there is nothing to cross, so only self-attention on the text remains.",
        ),
        (
            "cross + self (seq)",
            2,
            "one module feeds the other: only the last one's two streams are pooled.",
        ),
        (
            "N = 2",
            4,
            "stacked layers replace their streams, they add none: only the last layer is pooled.",
        ),
    ):
        if student["streams"].get(row) != right:
            return f"{row}: {student['streams'].get(row, 'nothing')} is not right: {hint}"
    return None
