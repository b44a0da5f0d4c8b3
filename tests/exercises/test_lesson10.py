"""Checks of lesson 10: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import numpy as np
import pytest
from notebook_solutions import names

from mcsan_lite.exercises import lesson10 as check
from mcsan_lite.explain.maps import AttentionMap
from mcsan_lite.explain.steps import frame_spans

LESSON = "10_seeing_attention"
EXERCISES = ("pictures", "describe", "choose", "seen")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_of_the_notebook_passes(name, capsys):
    solved = names(LESSON, "solution")
    capsys.readouterr()
    assert getattr(check, name)(solved[name])
    assert capsys.readouterr().out == f"✓ {name}: right.\n"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pictures", "padding is shown"),
        ("describe", "not solved yet"),
        ("choose", "not solved yet"),
        ("seen", "not solved yet"),
    ],
)
def test_an_exercise_as_it_is_handed_out(name, says, capsys):
    handed_out = names(LESSON, "exercise")
    capsys.readouterr()
    assert not getattr(check, name)(handed_out[name])
    assert says in capsys.readouterr().out


def cut(maps, words, frames):
    return maps[:, :frames, :words].transpose(0, 2, 1)


def own_scale(maps, words, frames):
    shown = cut(maps, words, frames)
    return shown / shown.max((1, 2), keepdims=True), 1.0


def each_row(maps, words, frames):
    shown = cut(maps, words, frames)
    return shown / shown.max(2, keepdims=True), 1.0


def reshaped(maps, words, frames):
    shown = maps[:, :frames, :words].reshape(len(maps), words, frames)
    return shown, shown.max()


def reshaped_then_cut(maps, words, frames):
    shown = maps.reshape(len(maps), maps.shape[2], maps.shape[1])[:, :words, :frames]
    return shown, shown.max()


def said(
    time=lambda times, top: f"{times[top]:.2f} s",
    share="{:.0%}",
    even=lambda weights: f"{1 / weights.shape[1]:.0%}",
    pick=np.argmax,
    word="{}",
    join="\n".join,
):
    """A description as a student might write it, with one slip."""

    def line(token, times, row, weights):
        shares = f"{share.format(row.max())}; even {even(weights)}"
        return f"{word.format(token)} looks most at {time(times, pick(row))} ({shares})"

    return lambda tokens, times, weights: join(
        line(token, times, row, weights) for token, row in zip(tokens, weights, strict=True)
    )


def by(
    keep=lambda s: s[s.split == "valid"],
    over=lambda points: points.mean(),
    best=lambda means: means.idxmax(),
):
    return lambda scores: best(over(keep(scores).groupby("head").points))


def span(before, after, scale=0.01, pick=np.argmax, step=9, floor=0.0):
    return lambda row: (
        max(floor, (step * pick(row) - before) * scale),
        (step * pick(row) + after) * scale,
    )


WRONG = [
    ("pictures", lambda m, w, f: (m.transpose(0, 2, 1), m.max()), "padding is shown"),
    ("pictures", lambda m, w, f: (m[:, :f].transpose(0, 2, 1), m.max()), "padding is shown"),
    ("pictures", lambda m, w, f: (m[:, :f, :w], m.max()), "the axes are exchanged"),
    ("pictures", reshaped, "reshape does not exchange axes"),
    ("pictures", reshaped_then_cut, "reshape does not exchange axes"),
    ("pictures", own_scale, "every head has a scale of its own"),
    ("pictures", each_row, "every word has a scale of its own"),
    ("pictures", lambda m, w, f: (cut(m, w, f) / m.max(), 1.0), "the weights were changed"),
    ("pictures", lambda m, w, f: (cut(m, w, f), cut(m, w, f).max((1, 2))), "One scale has one top"),
    ("pictures", lambda m, w, f: (cut(m, w, f), 1.0), "the top of the scale is 1.000"),
    (
        "pictures",
        lambda m, w, f: (cut(m, w, f), cut(m, w, f)[1].max()),
        "the top of the scale is 0.333",
    ),
    ("pictures", lambda m, w, f: cut(m, w, f), "return two things"),
    ("pictures", lambda m, w, f: (cut(m, w, f).mean(0), m.max()), "the shape is (3, 5)"),
    ("describe", said(time=lambda times, top: f"frame {top}"), "is a number of the array"),
    ("describe", said(time=lambda times, top: f"{0.09 * top:.2f} s"), "0.04 s after index"),
    ("describe", said(pick=np.argmin), "this is the lightest frame"),
    ("describe", said(time=lambda times, top: f"{1000 * times[top]:.0f} ms"), "that is not in"),
    ("describe", said(share=""), "how much?"),
    ("describe", said(even=lambda weights: "…"), "say 10%"),
    ("describe", said(even=lambda weights: "110%"), "say 10%"),
    ("describe", said(even=lambda weights: "12.5%"), "an even spread over what?"),
    ("describe", said(share="5%"), "Its heaviest frame has 61% of the row"),
    (
        "describe",
        said(even=lambda weights: f"{1 / len(weights):.0%}"),
        "an even spread over 3 words?",
    ),
    ("describe", said(word="it"), "does not name it"),
    ("describe", said(join=" ".join), "1 lines for 3 words"),
    ("describe", lambda tokens, times, weights: None, "return a text"),
    ("choose", by(keep=lambda s: s), "when test lines speak too"),
    (
        "choose",
        by(keep=lambda s: s[s.split == "test"]),
        "head 9 is the best on the test utterances",
    ),
    ("choose", by(best=lambda means: means.idxmin()), "the worst on validation"),
    ("choose", by(over=lambda points: points.max()), "highest single value"),
    ("choose", by(over=lambda points: points.sum()), "largest sum"),
    ("choose", by(best=lambda means: means.argmax()), "not the head's own number"),
    ("choose", by(best=lambda means: means), "return one number"),
    ("choose", by(best=lambda means: means.max()), "this is the score of a head"),
    ("choose", lambda scores: 4, "is not one of the heads"),
    ("seen", span(4, 12), "half a window is missing"),
    ("seen", span(4, 12, floor=-1), "half a window is missing"),
    ("seen", span(6.5, 14.5), "a whole window was added"),
    ("seen", span(5.25, 13.25, scale=10), "these are milliseconds"),
    ("seen", span(4, 12, scale=1), "numbers of MFCC frames"),
    ("seen", span(0, 9), "this is the hop"),
    ("seen", span(4.5, 4.5), "this is the hop"),
    ("seen", span(9.25, 9.25), "the middle is off by 40 ms"),
    ("seen", span(5.25, 13.25, step=1), "the factor 9 is missing"),
    ("seen", span(5.25, 13.25, floor=-1), "the start is before the sound"),
    ("seen", span(5.25, 13.25, pick=np.argmin), "this is the lightest frame"),
    ("seen", span(5.25, 20), "came out"),
    ("seen", lambda row: row.argmax(), "return two numbers"),
]


@pytest.mark.parametrize(("name", "student", "says"), WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(name, student, says, capsys):
    assert not getattr(check, name)(student)
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("percent", ["{:.0%}", "{:.1%}", "{:.0f} %", "{:.0f}\u202f%"])
def test_a_share_may_be_written_in_several_ways(percent):
    def written(share):
        return percent.format(share if "%}" in percent else 100 * share)

    def student(tokens, times, weights):
        lines = []
        for token, row in zip(tokens, weights, strict=True):
            shares = f"{written(row.max())}; even {written(1 / len(row))}"
            lines.append(f"{token} looks most at {times[row.argmax()]:.2f} s ({shares})")
        return "\n".join(lines)

    assert check.describe(student)


def test_the_frames_of_the_check_are_the_package_s():
    """What E10.4 calls right is what every axis of seconds is made of."""
    spans = frame_spans(24)
    for k in (0, 7, 20):
        assert names(LESSON, "solution")["seen"](np.eye(24)[k]) == pytest.approx(spans[k])


def test_the_package_s_own_description_is_accepted():
    def packaged(tokens, times, weights):
        return AttentionMap(
            "cross.0.text_from_audio", weights[None], tokens, times.tolist()
        ).describe()

    assert check.describe(packaged)
