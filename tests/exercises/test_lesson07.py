"""Checks of lesson 07: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.exercises import lesson07

CHECKS = {
    "fusion_predictions": "answer",
    "gate": "gate",
    "low_rank_sum": "low_rank_sum",
    "break_late": "wanted",
    "fusion_conclusions": "defended",
}
RIGHT = {"zero": "b", "and": "a", "products": 1089, "bottleneck": "c"}


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution("07_ways_to_fuse", number)
    capsys.readouterr()  # the cell has called its check already
    assert getattr(lesson07, check)(space[CHECKS[check]])
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        ("fusion_predictions", dict.fromkeys(RIGHT, ...)),
        ("gate", unsolved),
        ("low_rank_sum", unsolved),
        ("break_late", ...),
        ("fusion_conclusions", ...),
    ],
)
def test_an_open_exercise_is_not_solved_yet(check, answer, capsys):
    assert not getattr(lesson07, check)(answer)
    assert "not solved yet" in capsys.readouterr().out


def gated(*, order=1, squash=np.tanh, gate=lambda x: 1 / (1 + np.exp(-x)), rest=lambda z: 1 - z):
    """The gated fusion as a student might write it, with one slip."""

    def answer(audio, text, W, Wa, Wt):
        z = gate(W @ np.concatenate([audio, text][::order]))
        return z * squash(Wa @ audio) + rest(z) * squash(Wt @ text)

    return answer


def swapped(audio, text, W, Wa, Wt):
    z = 1 / (1 + np.exp(-W @ np.concatenate([audio, text])))
    return (1 - z) * np.tanh(Wa @ audio) + z * np.tanh(Wt @ text)


def ranked(combine, append=lambda x: np.append(x, 1)):
    """The low-rank fusion as a student might write it, with one slip."""
    return lambda audio, text, A, T: combine(A @ append(audio), T @ append(text))


WRONG = [
    ("fusion_predictions", RIGHT | {"zero": "a"}, "its ReLU"),
    ("fusion_predictions", RIGHT | {"zero": "c"}, "its gate"),
    ("fusion_predictions", RIGHT | {"and": "b"}, "No product is needed"),
    ("fusion_predictions", RIGHT | {"and": "c"}, "a sum and a threshold"),
    ("fusion_predictions", RIGHT | {"products": 1024}, "33 times 33"),
    ("fusion_predictions", RIGHT | {"products": 66}, "side by side"),
    ("fusion_predictions", RIGHT | {"products": 7}, "count the pairs"),
    ("fusion_predictions", RIGHT | {"bottleneck": "a"}, "where in time"),
    ("fusion_predictions", RIGHT | {"bottleneck": "z"}, "take one of the letters a, b, c"),
    ("gate", gated(order=-1), "in this order"),
    ("gate", gated(squash=lambda x: x), "tanh"),
    ("gate", gated(gate=lambda x: x), "a sigmoid is missing"),
    ("gate", gated(rest=lambda z: z), "not z again"),
    ("gate", swapped, "the shares are swapped"),
    ("gate", lambda *_: np.zeros(2), "the shape is (2,)"),
    ("gate", lambda *_: np.zeros(3), "it gives"),
    ("low_rank_sum", ranked(lambda a, b: a.sum(0) * b.sum(0)), "multiply first"),
    ("low_rank_sum", ranked(lambda a, b: (a + b).sum(0)), "this is a linear map"),
    ("low_rank_sum", ranked(lambda a, b: (a * b).mean(0)), "not averaged"),
    ("low_rank_sum", ranked(lambda a, b: (a * b).prod(0)), "the products are summed"),
    (
        "low_rank_sum",
        ranked(lambda a, b: (a * b).sum(0), lambda x: np.append(x, 0)),
        "neither modality can speak",
    ),
    (
        "low_rank_sum",
        ranked(lambda a, b: (a * b).sum(0), lambda x: np.append(1, x)),
        "at the end of each vector",
    ),
    ("low_rank_sum", ranked(lambda a, b: (a * b).sum(1)), "the sum over r is last"),
    ("low_rank_sum", lambda *_: np.zeros(4), "it gives"),
    ("break_late", [[True, True], [True, True]], "a constant"),
    ("break_late", [[True, False], [True, False]], "the sound alone"),
    ("break_late", [[True, True], [False, False]], "the words alone"),
    ("break_late", [[True, False], [False, False]], "AND or OR"),
    ("break_late", [[False, True], [True, True]], "AND or OR"),
    ("break_late", [[1, 0], [0, 0]], "AND or OR"),
    ("break_late", [[2, 0], [0, 1]], "the answer is a table"),
    ("break_late", [["True", "False"], ["False", "True"]], "the answer is a table"),
    ("break_late", [True, False], "the answer is a table"),
    ("fusion_conclusions", {"a", "b", "c"}, "b: equal scores"),
    ("fusion_conclusions", {"a", "d", "c"}, "d: a network that can"),
    ("fusion_conclusions", {"a", "e", "f"}, "f: one generated corpus"),
    ("fusion_conclusions", {"c", "e", "g"}, "g: a gate"),
    ("fusion_conclusions", {"a", "c"}, "1 more can be defended"),
    ("fusion_conclusions", "ace", "a set of three letters"),
]


@pytest.mark.parametrize(("check", "answer", "hint"), WRONG)
def test_a_wrong_answer_gets_its_hint(check, answer, hint, capsys):
    assert not getattr(lesson07, check)(answer)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize(
    "table", [[[False, True], [True, False]], [[1, 0], [0, 1]], np.array([[0.0, 1.0], [1.0, 0.0]])]
)
def test_the_other_diagonal_and_numbers_break_late_fusion_as_well(table):
    assert lesson07.break_late(table)


def test_what_breaks_late_fusion_really_does():
    """Two thousand random sums with a threshold decide every other table, and never this one."""
    rng = np.random.default_rng(0)
    found = set()
    for f, g, threshold in zip(
        rng.normal(size=(2000, 2)), rng.normal(size=(2000, 2)), rng.normal(size=2000), strict=True
    ):
        found.add(tuple((f[:, None] + g > threshold).ravel().tolist()))
    assert len(found) == 14
    for table in found:
        assert not lesson07.break_late(np.reshape(table, (2, 2)))
