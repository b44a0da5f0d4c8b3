"""Checks of lesson 13: change the model, watch the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, hint_for, three_letters
from mcsan_lite.models.mcsan import MCSANConfig


@exercise
def stripped(student) -> str | None:
    """E13.1: student(config) -> the config without recurrence and without positions."""
    for config in (MCSANConfig(), MCSANConfig(hidden=32, heads=4, layers=2, use_cross=False)):
        found = student(config)
        if not isinstance(found, MCSANConfig):
            return f"this is a {type(found).__name__}; expected an MCSANConfig."
        if found.encoder != "linear" and found.positions != "none":
            return "nothing was taken away: two fields have to change."
        if found.encoder != "linear":
            return "the places are gone, but the BiLSTM still carries them from step to step."
        if found.positions != "none":
            return "the recurrence is gone, but every step is still told its place."
        wanted = replace(config, encoder="linear", positions="none")
        changed = [f.name for f in fields(found) if _of(found, f) != _of(wanted, f)]
        if changed:
            return (
                f"{', '.join(changed)} changed as well: start from the config that you are given."
            )
    return None


def _of(config: MCSANConfig, field) -> object:
    return getattr(config, field.name)


_MAP = np.array(
    [
        [0.10, 0.20, 0.40, 0.20, 0.10],
        [0.05, 0.45, 0.30, 0.10, 0.10],
        [0.60, 0.10, 0.10, 0.10, 0.10],
        [0.10, 0.10, 0.50, 0.20, 0.10],
        [0.10, 0.50, 0.20, 0.10, 0.10],
    ]
)  # five words, five steps of sound
_INSIDE = np.array([False, False, True, True, False])


def _pair_mistakes(word: int) -> Iterator[tuple[tuple[float, float], str]]:
    """What mistakes in E13.2 give, and their hints."""
    points = _INSIDE[_MAP.argmax(1)].astype(float)  # (L,)
    others = np.delete(points, word)
    mass = _MAP[:, _INSIDE].sum(1)
    yield (
        (points[word], points.mean()),
        "others: the decisive word itself is still among them. Leave its row out.",
    )
    yield (
        (mass[word], np.delete(mass, word).mean()),
        "this is the weight inside. The pointing game asks only where the heaviest step lies.",
    )
    yield (points[word], others.sum()), "others: this is a count. Take the mean over the rows."
    yield (points[word], 1 - points[word]), "others are other *words*, not the other steps."
    yield (others.mean(), points[word]), "the two are in the other order: own first."


@exercise
def own_and_others(student) -> str | None:
    """E13.2: student(weights (L, A), word, inside (A,)) -> (own, others): which rows point?"""
    points = _INSIDE[_MAP.argmax(1)].astype(float)
    for word in (0, 1):
        found = student(_MAP.copy(), word, _INSIDE.copy())
        if not isinstance(found, tuple | list) or len(found) != 2:
            return "expected two numbers: (own, others)."
        own, others = map(float, found)
        right_own, right_others = points[word], np.delete(points, word).mean()
        if np.allclose((own, others), (right_own, right_others)):
            continue
        if hint := hint_for((own, others), _pair_mistakes(word), np.allclose):
            return hint
        if not np.isclose(own, right_own):
            heaviest = _MAP[word].argmax()
            return (
                f"own: the row of word {word} has its heaviest step at {heaviest}, so it is "
                f"{right_own:g}, and yours is {own:g}."
            )
        return f"others: {right_others:g} of the other rows point there, and yours is {others:g}."
    alone = student(_MAP[:1].copy(), 0, _INSIDE.copy())
    if float(alone[0]) != 1 or not np.isnan(float(alone[1])):
        return "where there is only one word, there are no others: give nan for them."
    return None


_ROWS = {
    "keeps": "which of the four networks must keep every word's row when words change places?",
    "layer": "at the input of which layer does a step of sound first depend on the sound of other "
    "moments?",
    "scale": 'does full_scale make the weights "flatter" or "sharper"?',
}


@exercise
def predictions(student) -> str | None:
    """E13.3: {"keeps": a set of names, "layer": a number, "scale": a word}."""
    if not isinstance(student, Mapping) or set(student) != set(_ROWS):
        return f"the answer is a dictionary with {', '.join(_ROWS)}."
    if any(answer is ... for answer in student.values()):
        return NOT_SOLVED
    return (
        _wrong_keeps(student["keeps"])
        or _wrong_layer(student["layer"])
        or _wrong_scale(student["scale"])
    )


_NETWORKS = {
    "MCSAN": "its BiLSTM reads the words in their order, and its positions count them.",
    "no positions": "its BiLSTM still reads the words in their order.",
    "no recurrence": "its positions still tell every word its place.",
}


def _wrong_keeps(names: object) -> str | None:
    if isinstance(names, str) or not isinstance(names, set | list | tuple | frozenset):
        return 'keeps: a set of names, such as {"MCSAN"}.'
    for name in sorted(map(str, names)):
        if name in _NETWORKS:
            return f"keeps: not {name}: {_NETWORKS[name]}"
        if name != "neither":
            return f"keeps: {name!r} is none of the four: {', '.join(_NETWORKS)}, neither."
    return None if names else "keeps: one of the four has nothing left that knows a place."


def _wrong_layer(layer: object) -> str | None:
    hints = {
        1: "layer: what enters the first layer comes straight from the encoder, step by step.",
        2: "layer: after one layer, a moment of sound has asked the *words*, which at that time "
        "had not heard any sound yet. Both are updated from the old values.",
    }
    if layer == 3 and not isinstance(layer, bool):
        return None
    return hints.get(
        layer,
        "layer: follow one word's sound. Who reads it first, and who reads those next?",
    )


def _wrong_scale(word: object) -> str | None:
    if str(word).strip().lower() == "flatter":
        return None
    return "scale: √d is larger than √(d / heads), so scores shrink. What does the softmax do then?"


def _windowed(layer: nn.Module, x: Tensor, mask: Tensor) -> Tensor:
    with torch.no_grad():
        return layer(x, mask)


@exercise
def window_encoder(student) -> str | None:
    """E13.4: student(inputs, hidden) is an nn.Module whose steps see their two neighbours.

    Args:
        student: the class.
    """
    torch.manual_seed(13)
    layer = student(3, 5)
    if not isinstance(layer, nn.Module):
        return "the class must be an nn.Module."
    layer.eval()
    x = torch.randn(2, 8, 3)
    mask = torch.arange(8) < torch.tensor([[8], [5]])  # (2, 8): the second one is shorter
    x = x * mask[..., None]
    found = _windowed(layer, x, mask)
    if not isinstance(found, Tensor) or found.shape != (2, 8, 5):
        return f"the shape is {tuple(getattr(found, 'shape', ()))}; expected (B, T, D) = (2, 8, 5)."
    if not list(layer.parameters()):
        return "nothing can be learned here: it has no weights."
    return _wrong_padding(layer, x, mask, found) or _wrong_view(layer, x, mask, found)


def _wrong_padding(layer: nn.Module, x: Tensor, mask: Tensor, found: Tensor) -> str | None:
    if found[1, 5:].abs().max() > 1e-6:
        return "steps of padding must be zero: multiply by mask[..., None] at the end."
    noisy = x + 7.0 * (~mask)[..., None]
    if not torch.allclose(_windowed(layer, noisy, mask), found, atol=1e-5):
        return "what lies in the padding reaches a real step: hide it before the window looks."
    alone = _windowed(layer, x[1:, :5], mask[1:, :5])
    if not torch.allclose(alone[0], found[1, :5], atol=1e-5):
        return "an utterance alone gives other numbers than beside a longer one."
    return None


def _wrong_view(layer: nn.Module, x: Tensor, mask: Tensor, found: Tensor) -> str | None:
    """Which steps move where one step is changed."""
    changed = x.clone()
    changed[0, 4] += 1.0
    moved = (_windowed(layer, changed, mask) - found)[0].abs().amax(-1) > 1e-6  # (8,)
    steps = {int(step) - 4 for step in moved.nonzero()}
    if steps == {-1, 0, 1}:
        return None
    if steps == {0}:
        return "each step sees itself alone: this is the encoder that is there already."
    if not steps:
        return "no step sees its own sound."
    if min(steps) < -1 and max(steps) > 1:
        return "a step sees more than its two neighbours: this smears like a BiLSTM."
    if not {-1, 1} <= steps:
        return "a step sees one of its neighbours only: the window must lie around it."
    return f"a change of step 4 moves the steps {sorted(4 + step for step in steps)}, not 3, 4, 5."


_DEFENSIBLE = {
    "a": "the two networks differ in size and were trained anew: a score says how well one of "
    "them learned, not what a part of the other does.",
    "c": "in that world places suffice: a network that finds its way by place scores well.",
    "e": "this is one generated world. A list of homophones shows nothing about people.",
    "g": "a map can point for another reason: look at the rows of other words.",
}


@exercise
def what_follows(student) -> str | None:
    """E13.5: the set of three letters of the sentences that can be defended."""
    look_for = "what was measured, on which world, beside which control"
    return three_letters(student, "bdf", _DEFENSIBLE, look_for)
