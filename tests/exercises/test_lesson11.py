"""Checks of lesson 11: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson11

LESSON = "11_is_it_an_explanation"
CHECKS = {
    "occlude": "occlude",
    "fair_filler": "fair_filler",
    "defensible": "answer",
}


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number)
    capsys.readouterr()
    assert getattr(lesson11, check)(space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    assert not getattr(lesson11, check)(... if check == "defensible" else unsolved)
    assert "not solved yet" in capsys.readouterr().out


def holes(*, hop=0.010, real=True, sign=1, fill=None, fresh=True, keep=False, whole=True):
    """Occlusion as a student might write it, with one slip."""

    def occlude(value, audio, length, spans, filler):
        t, falls, before, edited = np.arange(len(audio)), [], value(audio), audio
        sound = t < length if real else t >= 0
        for start, end in spans:
            edited = audio.copy() if fresh is True else edited
            inside = (hop * t >= start) & (hop * t < end)
            edited[(~inside if keep else inside) & sound] = filler if fill is None else fill
            falls.append(sign * (before * whole - value(edited)))
        return np.array(falls)

    return occlude


def filled(make, *, into=np.copy, last_too=True):
    """A filler: `make(audio, first, last)` goes where the window was."""

    def fair_filler(audio, first, last):
        found = into(audio)
        found[first : last + last_too] = make(audio, first, last)
        return found

    return fair_filler


def line(left, right, count):
    return np.linspace(left, right, count + 2)[1:-1]


def mean_outside(audio, first, last):
    return np.delete(audio, np.s_[first : last + 1], 0).mean(0)


WRONG = [
    ("occlude", holes(sign=-1), "the sign is turned"),
    ("occlude", holes(real=False), "padding was covered too"),
    ("occlude", holes(hop=0.09), "wrong seconds: you took 90 ms"),
    ("occlude", holes(hop=0.025), "wrong seconds: you took 25 ms"),
    ("occlude", holes(hop=0.001), "wrong seconds: you took 1 ms"),
    ("occlude", holes(fresh=False), "the holes stay"),
    ("occlude", holes(fill=0.0), "filled with 0"),
    ("occlude", holes(keep=True), "inside and outside are swapped"),
    ("occlude", holes(sign=-1, whole=False), "this is the value with the hole"),
    ("occlude", lambda value, audio, *_: value(audio), "one number per span"),
    (
        "occlude",
        lambda value, audio, length, spans, filler: np.zeros(len(spans)),
        "the numbers differ",
    ),
    ("fair_filler", filled(lambda audio, first, last: 0.0), "leaves the range"),
    (
        "fair_filler",
        filled(lambda audio, first, last: audio[first : last + 1][::-1]),
        "depends on what was inside",
    ),
    ("fair_filler", filled(lambda audio, first, last: audio.mean(0)), "depends on what was inside"),
    ("fair_filler", filled(mean_outside), "the sound jumps at the edge"),
    ("fair_filler", filled(lambda audio, first, last: audio[max(first - 1, 0)]), "the sound jumps"),
    (
        "fair_filler",
        filled(lambda audio, a, b: line(audio[a - 1], audio[(b + 1) % len(audio)], b - a + 1)),
        "window 0 to 9: audio[-1]",
    ),
    (
        "fair_filler",
        filled(lambda audio, first, last: audio[first - 1] if first else audio[last + 1]),
        "the sound jumps",
    ),
    ("fair_filler", filled(mean_outside, last_too=False), "a slice needs last + 1"),
    ("fair_filler", filled(mean_outside, into=np.asarray), "begin with audio.copy()".capitalize()),
    (
        "fair_filler",
        lambda audio, first, last: np.delete(audio, np.s_[first : last + 1], 0),
        "Cutting a window out",
    ),
    ("fair_filler", lambda audio, first, last: audio + 1, "frames outside the window changed"),
    ("defensible", {"a", "b", "d"}, "needs an edit of the input"),
    ("defensible", {"b", "c", "d"}, "a share without chance"),
    ("defensible", {"b", "e", "f"}, "says nothing about people"),
    ("defensible", {"d", "f", "g"}, "use validation"),
    ("defensible", {"b", "d"}, "1 more can be defended"),
    ("defensible", {"b", "z"}, "letters from a to g"),
    ("defensible", 3, "a set of three letters"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson11, check)(wrong)
    assert hint in capsys.readouterr().out


def test_another_right_solution_passes_too():
    assert lesson11.defensible(["F", "d ", "b"])
