"""Checks of lesson 12: each passes its solution, and gives each mistake its own hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson12

LESSON = "12_the_ladder_of_readings"
CHECKS = {
    "sent_length": "sent_length",
    "roll": "roll",
    "path_gradients": "path_gradients",
    "bill": "bill",
    "why_edit_a_voice": "answer",
}


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number)
    capsys.readouterr()
    assert getattr(lesson12, check)(space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    assert not getattr(lesson12, check)(... if check == "why_edit_a_voice" else unsolved)
    assert "not solved yet" in capsys.readouterr().out


def length(vectors):
    return np.linalg.norm(vectors, axis=1)


def chained(make, start=None, *, left=True):
    """A rollout whose layers are `make(map)`."""

    def roll(maps):
        product = np.eye(len(maps[0]))
        for one in maps:
            layer = make(one)
            product = layer @ product if left else product @ layer
        return product

    return roll


def half(one):
    return (one + np.eye(len(one))) / 2


def walked(price, start=lambda base: base):
    """Integrated gradients, with `price(x, base, mean slope, steps)` as their last line."""

    def path(slope, x, base, steps):
        begin = start(base)
        shares = (np.arange(steps) + 0.5) / steps
        mean = np.mean([slope(begin + share * (x - begin)) for share in shares], 0)
        return price(x, base, mean, steps)

    return path


def bills(price):
    """Receipts by `price(weight, value)` of each channel's winner."""
    return lambda x, w: np.bincount(x.argmax(0), price(w, x.max(0)), minlength=len(x))


WRONG = [
    ("sent_length", lambda w, v, m: w, "these are the raw weights"),
    ("sent_length", lambda w, v, m: w * length(v), "output projection is missing"),
    ("sent_length", lambda w, v, m: w * length(v @ m), "from the wrong side"),
    ("sent_length", lambda w, v, m: 0 * w + length(v @ m.T), "the weight is missing"),
    ("sent_length", lambda w, v, m: w * length(v @ m.T) ** 2, "squared length"),
    ("sent_length", lambda w, v, m: w * np.abs(v @ m.T).sum(1), "absolute values"),
    ("sent_length", lambda w, v, m: length(v @ m.T), "the shape is"),
    ("sent_length", lambda w, v, m: -w, "the numbers differ"),
    ("roll", chained(lambda one: one), "the residual path is missing"),
    ("roll", chained(half, left=False), "the wrong order"),
    ("roll", chained(lambda one: one + np.eye(len(one))), "the half is missing"),
    ("roll", lambda maps: np.mean([half(one) for one in maps], 0), "multiplied, not averaged"),
    ("roll", lambda maps: half(maps[-1]), "the last layer alone"),
    ("roll", lambda maps: half(maps[0]), "the first layer alone"),
    ("roll", lambda maps: half(maps[0])[0], "the shape is"),
    ("roll", lambda maps: np.zeros((4, 4)), "rows add up to"),
    ("roll", lambda maps: np.eye(4), "the numbers differ"),
    (
        "path_gradients",
        lambda slope, x, base, steps: (x - base) * slope(x),
        "one slope, at the end",
    ),
    ("path_gradients", walked(lambda x, base, mean, steps: mean), "these are mean slopes"),
    ("path_gradients", walked(lambda x, base, mean, steps: x * mean), "forgets the baseline"),
    (
        "path_gradients",
        walked(lambda x, base, mean, steps: (x - base) * mean, start=lambda base: 0 * base),
        "starts at zero here",
    ),
    (
        "path_gradients",
        walked(lambda x, base, mean, steps: (x - base) * mean * steps),
        "were added up",
    ),
    ("path_gradients", walked(lambda x, base, mean, steps: (base - x) * mean), "sign is turned"),
    ("path_gradients", lambda slope, x, base, steps: x.sum(), "one number per input"),
    ("path_gradients", lambda slope, x, base, steps: 0 * x, "not complete"),
    (
        "path_gradients",
        walked(lambda x, base, mean, steps: np.full(3, ((x - base) * mean).sum() / 3)),
        "the sum is right, the parts are not",
    ),
    ("bill", lambda x, w: x @ w, "billed in every channel"),
    ("bill", lambda x, w: x @ w / len(x), "bill of a *mean*"),
    ("bill", bills(lambda w, v: np.abs(w) * v), "the weight lost its sign"),
    ("bill", lambda x, w: np.abs(bills(np.multiply)(x, w)), "the bills lost their sign"),
    ("bill", bills(lambda w, v: w), "the value that won is missing"),
    ("bill", bills(lambda w, v: v), "the weight of the channel is missing"),
    ("bill", bills(lambda w, v: np.ones_like(w)), "you counted wins"),
    ("bill", lambda x, w: bills(np.multiply)(x, w) / (w @ x.max(0)), "shares sum to one"),
    ("bill", lambda x, w: np.full(len(x), w @ x.max(0) / len(x)), "all pay alike"),
    (
        "bill",
        lambda x, w: (w @ x.max(0)) * np.eye(len(x))[bills(np.multiply)(x, w).argmax()],
        "one position got everything",
    ),
    ("bill", lambda x, w: bills(np.multiply)(x, w)[::-1], "the sum is right, the bills are not"),
    ("bill", lambda x, w: 2 * bills(np.multiply)(x, w), "the bills sum to"),
    ("bill", lambda x, w: w * x.max(0), "one number per position"),
    ("bill", lambda x, w: ((x == x.max(0)) * x * w).sum(1), "the bills sum to 44"),
    ("bill", bills(np.multiply), "the first one pays for all"),
    ("bill", lambda x, w: bills(np.multiply)(x[::-1], w)[::-1], "should be [5.5, 7.5, 4.0]"),
    ("why_edit_a_voice", "a", "stays as it is in both cases"),
    ("why_edit_a_voice", "b", "the stranger input"),
    ("why_edit_a_voice", "D ", "each word is edited in its turn"),
    ("why_edit_a_voice", "x", "one of the letters"),
    ("why_edit_a_voice", 3, "one letter"),
]


@pytest.mark.parametrize(
    ("check", "wrong", "hint"), WRONG, ids=[f"{c}-{h[:30]}" for c, _, h in WRONG]
)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not getattr(lesson12, check)(wrong)
    assert hint in capsys.readouterr().out


def test_other_right_solutions_pass_too():
    def split_ties(x, w):
        best = x == x.max(0)
        return (best / best.sum(0) * x * w).sum(1)

    def channel_by_channel(x, w):
        paid = [0.0] * len(x)
        for channel, weight in zip(x.T, w, strict=True):
            winners = np.flatnonzero(channel == channel.max())
            for position in winners:
                paid[position] += weight * channel.max() / len(winners)
        return paid

    def left_ends(slope, x, base, steps):
        shares = np.linspace(0, 1, steps)
        return (x - base) * np.mean([slope(base + share * (x - base)) for share in shares], 0)

    assert lesson12.bill(split_ties)
    assert lesson12.bill(channel_by_channel)
    assert lesson12.path_gradients(left_ends)
    assert lesson12.why_edit_a_voice(" C")
