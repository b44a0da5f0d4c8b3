"""Checks of lesson 05: the encoders, Eq. 1 to 5.

In: a student's function or answers. Out: a hint, or None where it is right.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

import torch
from torch import Tensor, nn

from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, hint_for, letter_hint
from mcsan_lite.models.mcsan import MCSANConfig


def _same(a: object, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@exercise
def average_both(student) -> str | None:
    """E5.3: student(x, forwards, backwards) -> (1, T, D). Eq. 2 and 3, without padding."""
    torch.manual_seed(4)
    forwards, backwards = (nn.LSTM(3, 2, batch_first=True) for _ in range(2))
    x = torch.randn(1, 5, 3)
    with torch.no_grad():
        ahead, _ = forwards(x)
        from_the_end, _ = backwards(x.flip(1))
        unturned, _ = backwards(x)
        found = student(x.clone(), forwards, backwards)
    back = from_the_end.flip(1)
    if isinstance(found, tuple):
        return "nn.LSTM gives a pair: all states, and the last ones. Take the first of the pair."
    if not isinstance(found, Tensor):
        return f"return a tensor of shape (1, T, D) = (1, 5, 2); this is a {type(found).__name__}."
    if _same(found, (ahead + back) / 2):
        return None
    if found.shape == (1, 5, 4):
        return (
            "the two directions are concatenated, 2 D numbers per frame. The paper averages "
            "them: D stays."
        )
    if found.shape != ahead.shape:
        return f"the shape is {tuple(found.shape)}; expected (1, T, D) = (1, 5, 2)."
    mistakes = _mistaken_averages(ahead, from_the_end, unturned)
    unknown = (
        "the numbers differ from Eq. 3: forward states plus backward states (in the order of "
        "time), divided by two."
    )
    return hint_for(found, mistakes, _same) or unknown


def _mistaken_averages(
    ahead: Tensor, from_the_end: Tensor, unturned: Tensor
) -> Iterator[tuple[Tensor, str]]:
    """What mistakes give, and their hints.

    All (1, T, D): states of the forward LSTM; of the backward one in its order of reading; of the
    backward one on frames that were not reversed.
    """
    back = from_the_end.flip(1)
    yield ahead + back, "this is the sum of the two directions. Eq. 3 takes the mean."
    yield (
        ahead,
        "this is the forward direction alone (or the first half of the concatenation): frame t has "
        "not read what follows.",
    )
    yield back, "this is the backward direction alone: frame t has not read what came before."
    yield (
        (ahead + from_the_end) / 2,
        "the backward states are still in reading order: its first state belongs to the last "
        "frame. Turn them round again.",
    )
    yield (
        (ahead + unturned) / 2,
        "both LSTMs read from left to right. Give the backward one the frames reversed.",
    )
    yield (
        (ahead + unturned.flip(1)) / 2,
        "the states were turned round, the input was not: reverse both.",
    )
    yield torch.maximum(ahead, back), "this takes the larger of the two. Eq. 3 takes the mean."


@exercise
def pooled_lengths(student) -> str | None:
    """E5.1: student(lengths, blocks) -> how many pooled frames are real after so many blocks."""
    lengths = [1, 3, 4, 9, 10, 17, 18, 26, 100, 1000]
    for blocks in (2, 1, 3):
        answer = student(torch.tensor(lengths), blocks)
        try:
            found = [round(float(n), 3) for n in answer]
        except TypeError:
            return "return one number for each length: a tensor or a list."
        if len(found) != len(lengths):
            return f"{len(found)} numbers came back for {len(lengths)} lengths."
        right = _real_frames(lengths, blocks)
        if found != right:
            return _wrong_lengths(lengths, found, right, blocks)
    return None


def _real_frames(lengths: Sequence[int], blocks: int) -> list[int]:
    return [math.ceil(n / 3**blocks) for n in lengths]


def _wrong_lengths(
    lengths: Sequence[int], found: list[float], right: Sequence[int], blocks: int
) -> str:
    """The mistake in E5.1, of which the numbers for two blocks are looked at first."""
    if blocks != 2:
        if found == _real_frames(lengths, 2):
            return f"right for two blocks; for blocks = {blocks} the same came out. Use `blocks`."
        return f"right for two blocks, but not for blocks = {blocks}: let each block take its turn."
    if hint := hint_for(found, _mistaken_lengths(lengths), operator.eq):
        return hint
    rows = zip(lengths, found, right, strict=True)
    length, pooled = next((length, pooled) for length, pooled, wanted in rows if pooled != wanted)
    return (
        f"{length} frames and two blocks: {pooled:g} came out. Cut them into windows of three and "
        "count the last one too; then do the same again."
    )


def _mistaken_lengths(lengths: Sequence[int]) -> Iterator[tuple[list[float], str]]:
    """What mistakes give for these lengths and two blocks, and their hints."""
    yield (
        [n // 9 for n in lengths],
        "rounded down: an utterance of 4 frames has none left, and the last sounds of every other "
        "one are lost. The last window counts even if part of it is padding.",
    )
    yield (
        [math.ceil(n / 3) for n in lengths],
        "this is one block, and `blocks` was 2: the next one pools what the first one gives.",
    )
    yield (
        [round(n / 9, 3) for n in lengths],
        "a length is a whole number. What happens to a window that is begun but not full?",
    )
    yield [math.ceil(n / 6) for n in lengths], "two blocks of three make windows of 9, not of 6."
    yield (
        [n // 9 + 1 for n in lengths],
        "after two blocks 9 frames are exactly one pooled frame; your rule gives two.",
    )
    yield (
        [max(0, math.ceil(n / 3 - 2)) for n in lengths],
        "the convolution here keeps the length (same padding).",
    )
    yield (
        [round(n / 9) for n in lengths],
        "rounded to the nearest: 10 frames fill one window and begin a second one, which counts.",
    )


@exercise
def receptive_field(student) -> str | None:
    """E5.2: student(layers) -> (frames seen, step); layers are (kernel, stride), input first."""
    for layers in ([(3, 1), (3, 3), (3, 1), (3, 3)], [(5, 1), (2, 2), (3, 2), (4, 1)]):
        found = student(list(layers))
        if not isinstance(found, tuple | list) or len(found) != 2:
            return (
                "return two numbers: how many input frames one output frame sees, and the step "
                "between neighbours."
            )
        field, step = found
        mistake = (
            _wrong_order(found, layers) or _wrong_step(step, layers) or _wrong_field(field, layers)
        )
        if mistake:
            return f"for {layers}: {mistake}"
    return None


_Layers = Sequence[tuple[int, int]]  # (kernel, stride)


def _wrong_order(found: Sequence[int], layers: _Layers) -> str | None:
    step, field = found
    if field == step or _wrong_step(step, layers) or _wrong_field(field, layers):
        return None
    return "right numbers, other order: first how many frames are seen, then the step."


def _wrong_step(found: int, layers: _Layers) -> str | None:
    strides = [stride for _, stride in layers]
    step = math.prod(strides)
    if found == step:
        return None
    if found == sum(strides):
        return "strides multiply, they do not add: a step of 3 above a step of 3 is 9 frames."
    return f"the step is the product of the strides, {step}; {found} came out."


def _wrong_field(found: int, layers: _Layers) -> str | None:
    seen = step = 1
    seen_too_late = 1  # what the field becomes if the step is multiplied before it is used
    for kernel, stride in layers:
        seen += (kernel - 1) * step
        step *= stride
        seen_too_late += (kernel - 1) * step
    if found == seen:
        return None
    kernels = [kernel for kernel, _ in layers]
    mistakes = [
        (
            1 + sum(kernel - 1 for kernel in kernels),
            "the strides were left out of the field: after a stride of 3, one more frame of the "
            "kernel reaches 3 input frames further.",
        ),
        (
            seen_too_late,
            "the step was multiplied too early: a layer's kernel moves in the step of the layer "
            "below it.",
        ),
        (
            math.prod(kernels),
            "kernels do not multiply: windows overlap where the stride is smaller than the kernel.",
        ),
    ]
    hint = hint_for(found, mistakes, operator.eq)
    if hint:
        return hint
    if found in (seen - 1, seen + 1):
        return (
            f"{found} came out, one off. A frame sees itself, 1, and each layer adds (kernel − 1) "
            "× step."
        )
    return (
        f"the field is {seen} frames; {found} came out. Start with 1, add (kernel − 1) × step for "
        "each layer."
    )


_BEFORE = {  # hints for wrong numbers of windows
    1: "the windows are 17 frames long and begin every 9, so they overlap: some MFCC frames lie in "
    "more than one.",
    3: "17 / 9 is less than two: no MFCC frame lies in three windows.",
    9: "9 is the step between pooled frames. Ask how many windows hold one MFCC frame.",
    17: "17 MFCC frames are seen by one pooled frame. The question is the other way round.",
}
_SEES, _LATER, _EARLIER, _ALL = {4, 5}, set(range(4, 10)), set(range(6)), set(range(10))
_FORWARD = [
    (
        _SEES,
        "an LSTM carries a state from frame to frame: what it has read is not gone at the next "
        "frame.",
    ),
    (
        _ALL,
        "a forward LSTM reads from left to right: the states of earlier frames were written before "
        "it met the change.",
    ),
    (
        _EARLIER,
        "it reads from left to right, so the earlier frames are the ones that know nothing of it.",
    ),
    ({6, 7, 8, 9}, "frames 4 and 5 see the edit themselves, so they move as well."),
]
_BOTH = [
    (_SEES, "that is true before the BiLSTM. After it, the state travels."),
    (_LATER, "that is the forward half. The backward half reads from the end."),
    (
        _EARLIER,
        "that is the backward half. The forward half carries the change to the later frames as "
        "well.",
    ),
]
_WEIGHT = {
    "a": "the sound of that word may have been carried there from anywhere; the weight does not "
    "say.",
    "b": "the weight says what was read, not what changed the prediction.",
    "d": "it does say something: which summary was read.",
}


@exercise
def how_far(student) -> str | None:
    """E5.4: student = {"before": number, "forward": frames, "both": frames, "weight": letter}."""
    if not isinstance(student, dict) or set(student) != {"before", "forward", "both", "weight"}:
        return (
            'the answer is a dict: {"before": a number, "forward": a set of numbers, "both": a set '
            'of numbers, "weight": a letter}.'
        )
    if any(value is ... for value in student.values()):
        return NOT_SOLVED
    before = student["before"]
    if before != 2:
        ask = "how many windows, 17 frames long and begun every 9, can hold one MFCC frame?"
        return f"before: {_BEFORE.get(before, ask)}"
    return (
        _wrong_frames(student, "forward", _LATER, _FORWARD)
        or _wrong_frames(student, "both", _ALL, _BOTH)
        or letter_hint(student, "weight", "c", _WEIGHT)
    )


def _wrong_frames(
    answers: dict, name: str, right: set[int], mistakes: list[tuple[set[int], str]]
) -> str | None:
    """The mistake in an answer that is a set of frame numbers."""
    given = answers[name]
    if not isinstance(given, set | frozenset | list | tuple | range):
        return f"{name}: give a set of frame numbers, such as {{0, 1, 2}}."
    found = set(given)
    if found == right:
        return None
    beyond = sorted(map(str, found - _ALL))
    if beyond:
        return f"{name}: the frames are numbered 0 to 9; {', '.join(beyond)} is none of them."
    unknown = "frames 4 and 5 see the edit. To which frames can a state carry it from there?"
    return f"{name}: {hint_for(found, mistakes, operator.eq) or unknown}"


@exercise
def without_recurrence(student) -> str | None:
    """E5.5: student(config) -> a copy of an MCSANConfig in which only the encoder is changed."""
    config = MCSANConfig(hidden=16, heads=2, layers=2)
    found = student(config)
    if isinstance(found, dict):
        return "return a config, not a dict: dataclasses.replace makes a changed copy."
    if not isinstance(found, MCSANConfig):
        return f"return an MCSANConfig; this is of type {type(found).__name__}."
    if found.encoder != "linear":
        return (
            f"the encoder is still {found.encoder!r}, so a state still passes from step to step. "
            "Which field of MCSANConfig names the encoder?"
        )
    if found == replace(config, encoder="linear"):
        return None
    names = [field.name for field in fields(config)]
    changed = [name for name in names if getattr(found, name) != getattr(config, name)]
    others = ", ".join(name for name in changed if name != "encoder")
    return (
        f"the encoder is right, but {others} changed as well. Change one thing at a time: begin "
        "with the config that you are given."
    )
