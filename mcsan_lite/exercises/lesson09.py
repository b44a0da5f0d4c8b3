"""Checks of lesson 09: is it an explanation?"""

from __future__ import annotations

import numpy as np

from mcsan_lite.exercises.exercise import exercise, three_letters

HOP_S = 0.010  # seconds between MFCC frames


def _toy_value(weights: np.ndarray):
    """A "model" to whom every frame matters in its own way, padding too, which a real one hides."""
    return lambda audio: float((np.asarray(audio) * weights).sum())


@exercise
def occlude(student) -> str | None:
    """E9.1: student(value, audio, length, spans, filler) -> (A,) how far the value falls with each span covered."""
    rng = np.random.default_rng(9)
    audio, weights = rng.normal(size=(24, 3)), rng.normal(size=(24, 3))
    length, filler = 18, np.array([-1.0, 0.5, 2.0])
    spans = np.array(
        [(0.0, 0.045), (0.045, 0.105), (0.085, 0.155), (0.135, 0.215)]
    )  # the last reaches into the padding
    value = _toy_value(weights)

    def fall(
        hop: float = HOP_S, real: int = length, fill=filler, keep: bool = False, stay: bool = False
    ) -> np.ndarray:
        found, time, edited = [], np.arange(len(audio)) * hop, audio.copy()
        for start, end in spans:
            inside = (time >= start) & (time < end) & (np.arange(len(audio)) < real)
            edited = edited if stay else audio.copy()
            edited[inside ^ (keep & (np.arange(len(audio)) < real))] = fill
            found.append(value(audio) - value(edited))
        return np.array(found)

    right = fall()
    mistakes = [
        (
            -right,
            "the sign is turned. Higher = more responsible: value of the whole *less* value with the hole.",
        ),
        (
            fall(real=len(audio)),
            "padding was covered too: only the first `length` frames are sound.",
        ),
        *[
            (
                fall(hop=hop),
                f"wrong seconds: you took {hop * 1000:g} ms a frame. MFCC frames come every 10 ms; 90 ms "
                "is the hop of *pooled* frames, 25 ms the length of a window.",
            )
            for hop in (0.09, 0.025, 0.001, 0.1, 1.0)
        ],
        (
            fall(stay=True),
            "the holes stay: each window needs a fresh copy of the audio, or you measure all holes so far.",
        ),
        (fall(fill=0.0), "the hole was filled with 0, not with `filler`."),
        (fall(keep=True), "inside and outside are swapped: you covered everything but the window."),
        (
            value(audio) - right,
            "this is the value with the hole. Wanted is how far it fell from the whole.",
        ),
    ]
    given = audio.copy()
    found = student(value, given, length, spans.copy(), filler.copy())
    found = np.asarray(found, float)
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected one number a span, {right.shape}."
    for wrong, hint in mistakes:
        if np.allclose(found, wrong) and not np.allclose(wrong, right):
            return hint
    if not np.array_equal(given, audio):
        return "the holes stay: your function writes into the audio it was given. Take audio.copy() for each window."
    return (
        None
        if np.allclose(found, right)
        else (
            "the numbers differ. For each span: copy, put `filler` where start <= 0.010 t < end and t < length, subtract."
        )
    )


@exercise
def bill(student) -> str | None:
    """E9.2: student(x (A, D), weight (D,)) -> (A,) what each position adds to weight · max over positions of x."""
    rng = np.random.default_rng(4)
    x, weight = rng.normal(size=(6, 8)), rng.normal(size=8)
    winner = x.argmax(0)
    right = np.bincount(winner, weight * x.max(0), minlength=len(x))
    logit = float(weight @ x.max(0))
    found = np.asarray(student(x.copy(), weight.copy()), float)
    if found.shape != (len(x),):
        return f"the shape is {found.shape}; expected one number a position, ({len(x)},)."
    mistakes = [
        (
            x @ weight,
            "every position was billed in every channel. A channel passes on only the position that won its max.",
        ),
        (
            x @ weight / len(x),
            "this is the bill of a *mean* over positions. The read-out takes the maximum.",
        ),
        (
            np.bincount(winner, np.abs(weight) * x.max(0), minlength=len(x)),
            "the weight lost its sign: a channel may speak against the class.",
        ),
        (np.abs(right), "the bills lost their sign: a position may speak against the class."),
        (
            np.bincount(winner, weight, minlength=len(x)),
            "weights alone: the value that won is missing as a factor.",
        ),
        (
            np.bincount(winner, x.max(0), minlength=len(x)),
            "values alone: the weight of the channel is missing as a factor.",
        ),
        (
            np.bincount(winner, minlength=len(x)),
            "you counted wins. A win is worth weight times value.",
        ),
        (right / right.sum(), "shares sum to one, not to the logit: leave out the division."),
        (
            logit * np.eye(len(x))[right.argmax()],
            "one position got everything; each channel has a winner of its own.",
        ),
        (
            logit / len(x) * np.ones(len(x)),
            "it sums to the logit, but all pay alike. Completeness alone proves nothing.",
        ),
    ]
    for wrong, hint in mistakes:
        if np.allclose(found, wrong):
            return hint
    if not np.allclose(found, right):
        return (
            f"the bills sum to {found.sum():.3f}, the logit is {logit:.3f}."
            if not np.isclose(found.sum(), logit)
            else ("the sum is right, the bills are not: find for each channel which position won.")
        )
    tied = np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 1.0]])
    total = float(np.sum(student(tied.copy(), np.array([3.0, 1.0]))))
    if not np.isclose(total, 5.0):
        return f"where two positions tie, the bills sum to {total:g} and the logit is 5: bill one of them, or split."
    return None


@exercise
def fair_filler(student) -> str | None:
    """E9.3: student(audio (T, F), first, last) -> a copy whose frames first to last hold no evidence and no surprise."""
    rng = np.random.default_rng(7)
    time = np.linspace(0, 6, 60)[:, None]
    audio = (
        np.sin(time + np.arange(4)) * 2 + 3 + rng.normal(size=(60, 4)) * 0.1
    )  # mean 3: zero never occurs
    audio[20:31] += 5  # the evidence: a loud word
    for first, last in ((20, 30), (0, 9), (50, 59)):
        given = audio.copy()
        found = student(given, first, last)
        if not np.array_equal(given, audio):
            return "your function writes into the audio it was given. Begin with audio.copy()."
        found = np.asarray(found, float)
        if found.shape != audio.shape:
            return f"the shape is {found.shape}; it was {audio.shape}. Cutting a window out moves every later word."
        inside = np.zeros(len(audio), bool)
        inside[first : last + 1] = True
        if not np.array_equal(found[~inside], audio[~inside]):
            return "frames outside the window changed: first to last, both included, and no more."
        where = f"window {first} to {last}: "
        if np.array_equal(found[last], audio[last]):
            return where + "its last frame is still there: a slice needs last + 1."
        other = audio.copy()
        other[inside] = rng.normal(size=(inside.sum(), 4)) * 3
        if not np.allclose(np.asarray(student(other, first, last), float), found, atol=1e-9):
            return where + (
                "the filling depends on what was inside (or on luck), so evidence leaks into the hole. "
                "Use only what is outside."
            )
        if first == 0 and np.allclose(
            found[: last + 1], np.linspace(audio[-1], audio[last + 1], last + 3)[1:-1]
        ):
            return (
                where
                + "audio[-1] is the *last* frame: before the first there is none. Use the one neighbour for both."
            )
        low, high = audio[~inside].min(0), audio[~inside].max(0)
        if (found < low - 1e-6).any() or (found > high + 1e-6).any():
            return where + (
                "the filling leaves the range that this utterance has elsewhere: the model meets a sound "
                "that it has never heard, and you measure its surprise."
            )
        steps = np.abs(np.diff(found, axis=0))
        edges = [i for i in (first - 1, last) if 0 <= i < len(steps)]
        usual = np.abs(np.diff(audio[:20], axis=0))
        if any((steps[i] > 2 * usual.max(0)).any() for i in edges):
            return where + (
                "the sound jumps at the edge of the hole. An onset is evidence too: join on to the neighbours "
                "on both sides, and at the edge of the clip on the one side that there is."
            )
    return None


@exercise
def defensible(student) -> str | None:
    """E9.4: the letters of the three sentences that the measurements carry."""
    wrong = {
        "a": "a map shows where one layer routed information. That the model *relied* on it needs an edit of the input.",
        "c": "a share without chance and interval says nothing: long words are hit by luck. And pointing is no explanation.",
        "e": "a generated corpus proves the software and teaches the mechanism. It says nothing about people.",
        "g": "the best of several heads, chosen on the utterances that are shown, beats chance by luck: use validation.",
    }
    return three_letters(student, "bdf", wrong, "look for n, chance or a control, and an interval")
