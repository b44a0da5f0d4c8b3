"""Checks of lesson 04: the encoders, Eq. 1 to 5."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mcsan_lite.exercises.exercise import exercise


def _same(a, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@exercise
def average_both(student) -> str | None:
    """E4.3: student(x, forwards, backwards) -> (1, T, D). Eq. 2 and 3 for one utterance without padding."""
    torch.manual_seed(4)
    forwards, backwards = (nn.LSTM(3, 2, batch_first=True) for _ in range(2))
    x = torch.randn(1, 5, 3)
    with torch.no_grad():
        ahead, back = forwards(x)[0], backwards(x.flip(1))[0].flip(1)
        unturned, forgot = backwards(x)[0], backwards(x.flip(1))[0]
        found = student(x.clone(), forwards, backwards)
    right = (ahead + back) / 2
    if isinstance(found, tuple):
        return "nn.LSTM gives a pair: all states, and the last ones. Take the first of the pair."
    if not isinstance(found, Tensor):
        return f"return a tensor of shape (1, T, D) = (1, 5, 2); this is a {type(found).__name__}."
    if _same(found, right):
        return None
    if found.shape == (1, 5, 4):
        return "the two directions are set side by side, 2 D numbers a frame. The paper averages them: D stays."
    if found.shape != right.shape:
        return f"the shape is {tuple(found.shape)}; expected (1, T, D) = (1, 5, 2)."
    for mistake, hint in (
        (ahead + back, "this is the sum of the two directions. Eq. 3 takes the mean."),
        (
            ahead,
            "this is the forward direction alone (or the first half of the concatenation): frame t has not heard "
            "what follows.",
        ),
        (back, "this is the backward direction alone: frame t has not heard what came before."),
        (
            (ahead + forgot) / 2,
            "the backward states are still in reading order: its first state belongs to the last "
            "frame. Turn them round again.",
        ),
        (
            (ahead + unturned) / 2,
            "both LSTMs read from left to right. Give the backward one the frames reversed.",
        ),
        (
            (ahead + unturned.flip(1)) / 2,
            "the states were turned round, the input was not: reverse both.",
        ),
        (torch.maximum(ahead, back), "this takes the larger of the two. Eq. 3 takes the mean."),
    ):
        if _same(found, mistake):
            return hint
    return "the numbers differ from Eq. 3: forward states plus backward states (in the order of time), divided by two."


@exercise
def pooled_lengths(student) -> str | None:
    """E4.1: student(lengths) -> how many pooled frames are real behind two blocks."""
    lengths = [1, 3, 4, 9, 10, 17, 18, 26, 100, 1000]
    right = [math.ceil(math.ceil(n / 3) / 3) for n in lengths]
    found = student(torch.tensor(lengths))
    try:
        found = [round(float(n), 3) for n in found]
    except TypeError:
        return "return one number for each length: a tensor or a list."
    if found == right:
        return None
    if len(found) != len(right):
        return f"{len(found)} numbers came back for {len(right)} lengths."
    after = dict(zip(lengths, found, strict=True))
    for mistake, hint in (
        (
            [n // 9 for n in lengths],
            "rounded down: an utterance of 4 frames has none left, and the last sounds of every "
            "other one are lost. The last window counts even if part of it is padding.",
        ),
        ([math.ceil(n / 3) for n in lengths], "this is one block. There are two."),
        (
            [round(n / 9, 3) for n in lengths],
            "a length is a whole number. What of a window that is begun but not full?",
        ),
        (
            [n // 9 + 1 for n in lengths],
            "9 frames are exactly one pooled frame; your rule gives two.",
        ),
        (
            [max(0, math.ceil(n / 3 - 2)) for n in lengths],
            "the convolution here keeps the length (same padding).",
        ),
    ):
        if found == mistake:
            return hint
    if found == [round(n / 9) for n in lengths]:
        return "rounded to the nearest: 10 frames fill one window and begin a second one, which counts."
    wrong = next(n for n, r in zip(lengths, right, strict=True) if after[n] != r)
    return f"{wrong} frames: {after[wrong]:g} came out. Cut them into windows of three, count also the last; then again."


@exercise
def receptive_field(student) -> str | None:
    """E4.2: student(layers) -> (frames seen, step); layers are (kernel, stride) pairs from the input upwards."""
    for layers in ([(3, 1), (3, 3), (3, 1), (3, 3)], [(5, 1), (2, 2), (3, 2), (4, 1)]):
        found = student(list(layers))
        if not (isinstance(found, tuple | list) and len(found) == 2):
            return "return two numbers: how many input frames one output frame sees, and the step between neighbours."
        seen = step = 1
        late = 1  # what the field becomes if the step is multiplied before it is used
        for kernel, stride in layers:
            seen += (kernel - 1) * step
            step *= stride
            late += (kernel - 1) * step
        if tuple(found) == (seen, step):
            continue
        field, moved = found
        kernels = [kernel for kernel, _ in layers]
        where = f"for {layers}: "
        if moved == sum(stride for _, stride in layers):
            return (
                where
                + "strides multiply, they do not add: a step of 3 above a step of 3 is 9 frames."
            )
        if moved != step:
            return where + f"the step is the product of the strides, {step}; {moved} came out."
        if field == 1 + sum(kernel - 1 for kernel in kernels):
            return where + (
                "the strides were left out of the field: behind a stride of 3, one more frame of the kernel "
                "reaches 3 input frames further."
            )
        if field == late:
            return (
                where
                + "the step was multiplied too early: a layer's kernel moves in the step of the layer below it."
            )
        if field == math.prod(kernels):
            return (
                where
                + "kernels do not multiply: windows overlap where the stride is smaller than the kernel."
            )
        if field in (seen - 1, seen + 1):
            return (
                where
                + f"{field} came out, one off. A frame sees itself, 1, and each layer adds (kernel − 1) × step."
            )
        return (
            where
            + f"the field is {seen} frames; {field} came out. Start with 1, add (kernel − 1) × step for each layer."
        )
    return None


@exercise
def how_far(student) -> str | None:
    """E4.4: student = {"before": number, "forward": letter, "both": letter, "weight": letter}."""
    if not isinstance(student, dict) or set(student) != {"before", "forward", "both", "weight"}:
        return 'the answer is a dict: {"before": a number, "forward": a letter, "both": a letter, "weight": a letter}.'
    before = student["before"]
    if before != 2:
        return "before: " + {
            1: "the windows are 17 frames long and begin every 9, so they overlap: some MFCC frames lie in more than one.",
            3: "17 / 9 is less than two: no MFCC frame lies in three windows.",
            9: "9 is the step between pooled frames. Ask how many windows hold one MFCC frame.",
            17: "17 MFCC frames are seen by one pooled frame. The question is the other way round.",
        }.get(
            before, "how many windows, 17 frames long and begun every 9, can hold one MFCC frame?"
        )
    hints = {
        "forward": (
            "b",
            {
                "a": "an LSTM carries a state from frame to frame: what it heard is not gone with the next frame.",
                "c": "a forward LSTM reads from left to right: earlier states were written before the change was heard.",
                "d": "it reads from left to right, so the earlier frames are those that know nothing of it.",
            },
        ),
        "both": (
            "d",
            {
                "a": "that is true before the BiLSTM. Behind it, the state travels.",
                "b": "that is the forward half. The backward half reads from the end.",
                "c": "that is the backward half. The forward half carries the news to the later frames as well.",
            },
        ),
        "weight": (
            "c",
            {
                "a": "the sound of that word may have been carried there from anywhere; the weight does not say.",
                "b": "the weight says what was read, not what changed the prediction.",
                "d": "it does say something: which summary was read.",
            },
        ),
    }
    for name, (right, wrong) in hints.items():
        given = str(student[name]).strip().lower()
        if given != right:
            return f"{name}: " + wrong.get(given, "take one of the letters a, b, c, d.")
    return None
