"""Checks of lesson 02, From sound to frames."""

from __future__ import annotations

import numpy as np

from mcsan_lite.exercises.exercise import exercise


@exercise
def frame_to_seconds(student) -> str | None:
    frames = np.array([1, 4, 10, 50])
    found, right = np.array([float(student(int(k))) for k in frames]), (9 * frames + 4) * 0.010
    if np.allclose(found, right):
        return None
    if np.allclose(found, 1000 * right):
        return "those are milliseconds. The exercise, and every axis of the course, wants seconds."
    if np.allclose(found, 0.09 * frames):
        return (
            "you forgot the offset: 9k is the first frame under the two poolings, but the 17 frames that frame k sees "
            "have their middle further right."
        )
    if any(np.allclose(found, (3 * frames + offset) * 0.010) for offset in range(6)):
        return (
            "a step of 30 ms is one pooling. There are two, 3 × 3 = 9 frames, so a step of 90 ms."
        )
    if np.allclose(found, (9 * frames - 4) * 0.010) or np.allclose(
        found, (9 * frames + 12) * 0.010
    ):
        return (
            "that is one end of what frame k sees. Take the middle of the first and the last frame."
        )
    if np.allclose(np.diff(found), np.diff(right)):
        return f"the step is right, but everything lies {found[0] - right[0]:+.3f} s off. Average first and last frame."
    return f"frame 10 sees MFCC frames 86 to 102; you put its middle at {found[2]:.3f} s."


@exercise
def normaliser(student) -> str | None:
    rng = np.random.default_rng(0)
    train = [rng.normal((5, -2, 0), (2, 9, 1), (200, 3)), rng.normal((1, 3, 2), (1, 4, 3), (50, 3))]
    other, everything = rng.normal((9, 9, -9), (3, 3, 3), (80, 3)), np.concatenate(train)
    mean, deviation = everything.mean(0), everything.std(0)
    given = other.copy()
    made = student()
    made.fit([clip.copy() for clip in train])
    found = made.apply(given)
    if not np.array_equal(given, other):
        return "apply changed the array that it was given. Return a new one: whoever called you still needs the old."
    found = np.asarray(found)
    if found.shape != other.shape:
        return f"apply gave shape {found.shape} for frames of shape {other.shape}. Normalising keeps the shape."
    if np.allclose(found, (other - other.mean(0)) / other.std(0), atol=1e-3):
        return "apply took mean and deviation of what it was given. That is the leak: use those of the training part."
    if np.allclose(found, (other - mean) / deviation**2, atol=1e-3):
        return (
            "you divide by the variance. Its square root, the deviation, has the unit of the data."
        )
    if np.allclose(found, (other - everything.mean()) / everything.std(), atol=1e-3):
        return "you took one mean for the whole table. Each coefficient has its own: average over frames only, axis 0."
    clip_means, clip_deviations = (
        [getattr(clip, what)(0) for clip in train] for what in ("mean", "std")
    )
    if np.allclose(
        found, (other - np.mean(clip_means, 0)) / np.mean(clip_deviations, 0), atol=1e-3
    ):
        return "you averaged over clips, so a short clip counts as much as a long one. Put all frames into one table first."
    if np.allclose(found, other - mean, atol=1e-3):
        return "you only took the mean off. Divide by the deviation too."
    if not np.allclose(found, (other - mean) / deviation, atol=0.02, rtol=0.02):
        return "apply does not give (x − mean) / deviation with the training part's mean and deviation."
    try:
        made.fit([other])
    except Exception:
        if not np.allclose(made.apply(other), found):
            return "the refusal comes too late: the second fit had already changed the statistics. Look before you compute."
        return None
    return "a second fit went through silently. Raise an error: sooner or later somebody fits on the test part."


@exercise
def frame_count(student) -> str | None:
    seconds = (
        0.5,
        2.0,
        2.375,
        9.5,
        12.5,
    )  # all of them exact in binary, so that no rounding can be blamed
    found, right = [student(s) for s in seconds], [51, 201, 238, 951, 1000]
    if found == right:
        return None
    if any(f != int(f) for f in found):
        return "a number of frames is whole: a frame that would begin behind the last hop does not exist, so round down."
    if found[:4] == right[:4]:
        return f"a clip of 12.5 s cannot have {found[4]} frames: the paper cuts at 1,000."
    if [f + 1 for f in found[:2]] == right[:2]:
        return "one short: frame 0 is centred on 0 s, before the first hop. Count the frames, not the gaps between them."
    if abs(found[1] - 80) <= 1:
        return "a new frame starts every hop, 10 ms. 25 ms is how long each one is; that is why they overlap."
    if found[0] == 48:
        return "that is right without padding. Here half a window of zeros is put at both ends, so that no frame is lost."
    wrong = next(i for i, (f, r) in enumerate(zip(found, right, strict=True)) if f != r)
    return f"a clip of {seconds[wrong]} s: you say {found[wrong]} frames, and that is not what the package makes."


@exercise
def what_is_lost(answer: str) -> str | None:
    hints = {
        "a": "loudness is still there: c0 is the mean level of the bands. Look at the figure of the stressed word.",
        "b": "that holds for 13 coefficients. Look at the same figure for 40: high voices keep their pitch.",
        "d": "the DCT alone could be undone with all 64 coefficients. But 24 of them are dropped, 201 bins became 64 bands, "
        "and |·|² threw the phase away before that.",
    }
    if answer == "c":
        return None
    return hints.get(answer, f"{answer!r} is not one of 'a', 'b', 'c', 'd'.")
