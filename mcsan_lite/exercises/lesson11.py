"""Checks of lesson 11: is it an explanation?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for, three_letters

_HOP_S = 0.010  # seconds between MFCC frames


@dataclass(frozen=True)
class _Clip:
    """The sound of E11.1, with a model to whom every frame matters in its own way.

    Padding matters to it too, which a real model hides.
    """

    audio: np.ndarray  # (T, F)
    weights: np.ndarray  # (T, F)
    length: int  # frames that are real
    spans: np.ndarray  # (A, 2) seconds
    filler: np.ndarray  # (F,)

    def value(self, audio: np.ndarray) -> float:
        return float((np.asarray(audio) * self.weights).sum())


@dataclass(frozen=True)
class _Slip:
    """How a student's occlusion may differ from the right one."""

    hop_s: float = _HOP_S
    covers_padding: bool = False
    fills_with_zero: bool = False
    covers_outside: bool = False
    holes_stay: bool = False


def _clip() -> _Clip:
    rng = np.random.default_rng(9)
    audio, weights = rng.normal(size=(24, 3)), rng.normal(size=(24, 3))
    # The last span reaches into the padding.
    spans = np.array([(0.0, 0.045), (0.045, 0.105), (0.085, 0.155), (0.135, 0.215)])
    return _Clip(audio, weights, 18, spans, np.array([-1.0, 0.5, 2.0]))


def _falls(clip: _Clip, slip: _Slip = _Slip()) -> np.ndarray:
    """(A,) how far the value falls with each span covered, as it comes out with a slip."""
    frames = np.arange(len(clip.audio))
    time = frames * slip.hop_s
    is_real = frames < (len(frames) if slip.covers_padding else clip.length)
    filler = 0.0 if slip.fills_with_zero else clip.filler
    falls, edited = [], clip.audio.copy()
    for start, end in clip.spans:
        covered = (time >= start) & (time < end) & is_real
        if slip.covers_outside:
            covered = ~covered & is_real
        if not slip.holes_stay:
            edited = clip.audio.copy()
        edited[covered] = filler
        falls.append(clip.value(clip.audio) - clip.value(edited))
    return np.array(falls)


def _occlusion_mistakes(clip: _Clip) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E11.1 give, and their hints."""
    right = _falls(clip)
    yield (
        -right,
        "the sign is turned. Higher = more responsible: value of the whole *less* value with the "
        "hole.",
    )
    yield (
        _falls(clip, _Slip(covers_padding=True)),
        "padding was covered too: only the first `length` frames are sound.",
    )
    for hop_s in (0.09, 0.025, 0.001, 0.1, 1.0):
        yield (
            _falls(clip, _Slip(hop_s=hop_s)),
            f"wrong seconds: you took {hop_s * 1000:g} ms per frame. MFCC frames come every 10 ms; "
            "90 ms is the hop of *pooled* frames, 25 ms the length of a window.",
        )
    yield (
        _falls(clip, _Slip(holes_stay=True)),
        "the holes stay: each window needs a fresh copy of the audio, or you measure all holes so "
        "far.",
    )
    yield (
        _falls(clip, _Slip(fills_with_zero=True)),
        "the hole was filled with 0, not with `filler`.",
    )
    yield (
        _falls(clip, _Slip(covers_outside=True)),
        "inside and outside are swapped: you covered everything but the window.",
    )
    yield (
        clip.value(clip.audio) - right,
        "this is the value with the hole. Wanted is how far it fell from the whole.",
    )


@exercise
def occlude(student) -> str | None:
    """E11.1: student(value, audio, length, spans, filler) -> (A,) how far the value falls.

    It falls with each of the A spans covered.
    """
    clip = _clip()
    right, given = _falls(clip), clip.audio.copy()
    found = student(clip.value, given, clip.length, clip.spans.copy(), clip.filler.copy())
    found = np.asarray(found, float)
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected one number per span, {right.shape}."
    is_right = np.allclose(found, right)
    hint = hint_for(found, _occlusion_mistakes(clip), np.allclose)
    if hint and not is_right:
        return hint
    if not np.array_equal(given, clip.audio):
        return (
            "the holes stay: your function writes into the audio it was given. Take audio.copy() "
            "for each window."
        )
    if is_right:
        return None
    return (
        "the numbers differ. For each span: copy, put `filler` where start <= 0.010 t < end and "
        "t < length, subtract."
    )


def _loud_word() -> np.ndarray:
    """The sound of E11.2 (60, 4): its mean is 3, so zero never occurs; frames 20 to 30 are loud."""
    rng = np.random.default_rng(7)
    time = np.linspace(0, 6, 60)[:, None]
    audio = np.sin(time + np.arange(4)) * 2 + 3 + rng.normal(size=(60, 4)) * 0.1
    audio[20:31] += 5
    return audio


@exercise
def fair_filler(student) -> str | None:
    """E11.2: student(audio (T, F), first, last) -> a copy with frames first to last filled.

    The filling holds no evidence and no surprise.
    """
    audio = _loud_word()
    for first, last in ((20, 30), (0, 9), (50, 59)):
        given = audio.copy()
        found = student(given, first, last)
        if not np.array_equal(given, audio):
            return "your function writes into the audio it was given. Begin with audio.copy()."
        found = np.asarray(found, float)
        if found.shape != audio.shape:
            return (
                f"the shape is {found.shape}; it was {audio.shape}. Cutting a window out moves "
                "every later word."
            )
        inside = np.zeros(len(audio), bool)
        inside[first : last + 1] = True
        if not np.array_equal(found[~inside], audio[~inside]):
            return "frames outside the window changed: first to last, both included, and no more."
        mistake = _wrong_filling(student, audio, found, first, last)
        if mistake:
            return f"window {first} to {last}: {mistake}"
    return None


def _wrong_filling(
    student: Callable, audio: np.ndarray, found: np.ndarray, first: int, last: int
) -> str | None:
    """The mistake in what is inside the window, or None."""
    if np.array_equal(found[last], audio[last]):
        return "its last frame is still there: a slice needs last + 1."
    if _depends_on_inside(student, audio, found, first, last):
        return (
            "the filling depends on what was inside (or on luck), so evidence leaks into the hole. "
            "Use only what is outside."
        )
    if first == 0:
        from_the_end = np.linspace(audio[-1], audio[last + 1], last + 3)[1:-1]
        if np.allclose(found[: last + 1], from_the_end):
            return (
                "audio[-1] is the *last* frame: before the first there is none. Use the one "
                "neighbour for both."
            )
    outside = np.delete(audio, np.s_[first : last + 1], 0)
    is_below = (found < outside.min(0) - 1e-6).any()
    is_above = (found > outside.max(0) + 1e-6).any()
    if is_below or is_above:
        return (
            "the filling leaves the range that this utterance has elsewhere: the model meets a "
            "sound that it has never heard, and you measure its surprise."
        )
    if _jumps(audio, found, first, last):
        return (
            "the sound jumps at the edge of the hole. An onset is evidence too: join on to the "
            "neighbours on both sides, and at the edge of the clip on the one side that there is."
        )
    return None


def _depends_on_inside(
    student: Callable, audio: np.ndarray, found: np.ndarray, first: int, last: int
) -> bool:
    """Whether other sound in the window gives another filling."""
    other = audio.copy()
    noise = np.random.default_rng(first).normal(size=(last + 1 - first, audio.shape[1]))
    other[first : last + 1] = noise * 3
    again = np.asarray(student(other, first, last), float)
    return not np.allclose(again, found, atol=1e-9)


def _jumps(audio: np.ndarray, found: np.ndarray, first: int, last: int) -> bool:
    """Whether a step at an edge of the window is twice as high as any step before the loud word."""
    steps = np.abs(np.diff(found, axis=0))
    usual = np.abs(np.diff(audio[:20], axis=0)).max(0)
    edges = [step for step in (first - 1, last) if 0 <= step < len(steps)]
    return any((steps[edge] > 2 * usual).any() for edge in edges)


_NOT_DEFENSIBLE = {
    "a": "a map shows where one layer routed information. That the model *relied* on it needs an "
    "edit of the input.",
    "c": "a share without chance and interval says nothing: long words are hit by luck. And "
    "pointing is no explanation.",
    "e": "a generated corpus proves the software and teaches the mechanism. It says nothing about "
    "people.",
    "g": "the best of several heads, chosen on the utterances that are shown, beats chance by "
    "luck: use validation.",
}


@exercise
def defensible(student) -> str | None:
    """E11.3: the letters of the three sentences that the measurements carry."""
    look_for = "look for n, chance or a control, and an interval"
    return three_letters(student, "bdf", _NOT_DEFENSIBLE, look_for)
