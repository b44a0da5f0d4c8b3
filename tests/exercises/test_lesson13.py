"""Checks of lesson 13: each passes its solution, and gives each mistake its own hint."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from notebook_solutions import solution
from torch import nn

from mcsan_lite.exercises import lesson13
from mcsan_lite.models.layers import BiLSTMMean, LinearSteps

LESSON = "13_change_the_model"
CHECKS = {
    "stripped": "stripped",
    "own_and_others": "own_and_others",
    "predictions": "answer",
    "window_encoder": "Window",
    "what_follows": "answer",
}


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number, replace=replace)  # imported at the top of the lesson
    capsys.readouterr()
    assert getattr(lesson13, check)(space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


class Unwritten(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()

    def forward(self, x, mask):
        raise NotImplementedError


OPEN_ANSWERS = {
    "stripped": unsolved,
    "own_and_others": unsolved,
    "predictions": {"keeps": ..., "layer": ..., "scale": ...},
    "window_encoder": Unwritten,
    "what_follows": ...,
}


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    assert not getattr(lesson13, check)(OPEN_ANSWERS[check])
    assert "not solved yet" in capsys.readouterr().out


def pointing(weights, inside):
    return inside[weights.argmax(1)].astype(float)


def pairs(make):
    """A wrong answer that is right about a word without neighbours."""

    def answer(weights, word, inside):
        return make(weights, word, inside, pointing(weights, inside))

    return answer


def mass(weights, word, inside):
    shares = weights[:, inside].sum(1)
    return shares[word], np.delete(shares, word).mean()


def without_word(points, word):
    return np.delete(points, word)


class Window(nn.Module):
    """A window over steps, with one thing or another wrong."""

    left, right, clean_before, clean_after = 1, 1, True, True

    def __init__(self, inputs, hidden):
        super().__init__()
        self.conv = nn.Conv1d(inputs, hidden, self.left + self.right + 1)

    def forward(self, x, mask):
        if self.clean_before:
            x = x * mask[..., None]
        x = nn.functional.pad(x.transpose(1, 2), (self.left, self.right))
        x = self.conv(x).transpose(1, 2)
        return x * mask[..., None] if self.clean_after else x


def window(**changed):
    return type("Changed", (Window,), changed)


class Shifted(Window):
    def forward(self, x, mask):
        return super().forward(x, mask).roll(2, 1) * mask[..., None]


class Mixing(Window):
    """It looks at the whole batch."""

    def forward(self, x, mask):
        return (super().forward(x, mask) + (x * mask[..., None]).mean()) * mask[..., None]


class Fixed(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden

    def forward(self, x, mask):
        return x.sum(-1, keepdim=True).expand(-1, -1, self.hidden) * mask[..., None]


class Turned(Window):
    def forward(self, x, mask):
        return super().forward(x, mask).transpose(1, 2)


WRONG = [
    ("stripped", lambda c: c, "nothing was taken away"),
    ("stripped", lambda c: replace(c, positions="none"), "the BiLSTM still carries"),
    ("stripped", lambda c: replace(c, encoder="linear"), "still told its place"),
    (
        "stripped",
        lambda c: type(c)(encoder="linear", positions="none"),
        "changed as well",
    ),
    ("stripped", lambda c: {"encoder": "linear"}, "expected an MCSANConfig"),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (p[word], p.mean())),
        "itself is still among them",
    ),
    ("own_and_others", mass, "this is the weight inside"),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (p[word], without_word(p, word).sum())),
        "this is a count",
    ),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (p[word], 1 - p[word])),
        "others are other *words*",
    ),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (without_word(p, word).mean(), p[word])),
        "in the other order",
    ),
    ("own_and_others", lambda w, word, i: (0.3, 0.5), "has its heaviest step at 2"),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (p[word], 0.77)),
        "of the other rows point there",
    ),
    (
        "own_and_others",
        pairs(lambda w, word, i, p: (p[word], without_word(p, word).sum() / max(len(p) - 1, 1))),
        "give nan",
    ),
    ("own_and_others", lambda w, word, i: 1.0, "expected two numbers"),
    ("predictions", {"keeps": {"neither"}}, "a dictionary with"),
    ("predictions", {"keeps": "neither", "layer": 3, "scale": "flatter"}, "a set of names"),
    (
        "predictions",
        {"keeps": {"neither", "no positions"}, "layer": 3, "scale": "flatter"},
        "still reads the words in their order",
    ),
    (
        "predictions",
        {"keeps": {"no recurrence"}, "layer": 3, "scale": "flatter"},
        "still tell every word its place",
    ),
    ("predictions", {"keeps": {"all"}, "layer": 3, "scale": "flatter"}, "none of the four"),
    ("predictions", {"keeps": set(), "layer": 3, "scale": "flatter"}, "knows a place"),
    ("predictions", {"keeps": {"neither"}, "layer": 1, "scale": "flatter"}, "step by step"),
    ("predictions", {"keeps": {"neither"}, "layer": 2, "scale": "flatter"}, "asked the *words*"),
    ("predictions", {"keeps": {"neither"}, "layer": 7, "scale": "flatter"}, "Who reads it first"),
    ("predictions", {"keeps": {"neither"}, "layer": 3, "scale": "sharper"}, "so scores shrink"),
    ("window_encoder", LinearSteps, "sees itself alone"),
    ("window_encoder", BiLSTMMean, "more than its two neighbours"),
    ("window_encoder", window(left=1, right=2), "a change of step 4 moves"),
    ("window_encoder", window(left=1, right=0), "one of its neighbours only"),
    ("window_encoder", window(clean_before=False), "what lies in the padding"),
    ("window_encoder", window(clean_after=False), "padding must be zero"),
    ("window_encoder", Shifted, "what lies in the padding|alone gives|a change of step"),
    ("window_encoder", window(left=2, right=0), "one of its neighbours only"),
    ("window_encoder", Mixing, "alone gives other numbers"),
    ("window_encoder", Fixed, "nothing can be learned"),
    ("window_encoder", Turned, "the shape is"),
    ("window_encoder", lambda inputs, hidden: torch.zeros(2), "must be an nn.Module"),
    ("what_follows", {"a", "b", "d"}, "were trained anew"),
    ("what_follows", {"b", "c", "d"}, "places suffice"),
    ("what_follows", {"b", "d", "e"}, "nothing about people"),
    ("what_follows", {"b", "d", "g"}, "rows of other words"),
    ("what_follows", {"b", "d"}, "1 more"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson13, check)(wrong)
    printed = capsys.readouterr().out
    assert any(one in printed for one in hint.split("|")), printed


def test_other_right_solutions_pass_too():
    assert lesson13.window_encoder(Window)
    assert lesson13.predictions({"keeps": ["neither"], "layer": 3, "scale": " Flatter"})
    assert lesson13.what_follows(["B", "d", "f"])
