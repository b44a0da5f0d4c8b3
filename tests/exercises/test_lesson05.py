"""Each check passes the notebook's solution, and fails each wrong answer with its own hint.

An exercise that is still open is not solved yet, and no mistake.
"""

import math
from dataclasses import replace

import pytest
import torch
from notebook_solutions import names

from mcsan_lite.exercises import lesson05 as check
from mcsan_lite.models.mcsan import MCSANConfig

LESSON = "05_encoders"
NAMES = {
    "average_both": "average_both",
    "pooled_lengths": "pooled_lengths",
    "receptive_field": "receptive_field",
    "how_far": "answer",
    "without_recurrence": "without_recurrence",
}


@pytest.mark.parametrize(("exercise", "name"), NAMES.items())
def test_the_solution_of_the_notebook_passes(exercise, name, capsys):
    solved = names(LESSON, "solution", replace=replace)
    capsys.readouterr()  # the cells have called their checks already
    assert getattr(check, exercise)(solved[name])
    assert capsys.readouterr().out == f"✓ {exercise}: right.\n"


@pytest.mark.parametrize(("exercise", "name"), NAMES.items())
def test_an_open_exercise_is_not_solved_yet(exercise, name, capsys):
    is_open = names(LESSON, "exercise")
    capsys.readouterr()
    assert not getattr(check, exercise)(is_open[name])
    assert "not solved yet" in capsys.readouterr().out


def back(x, b):
    return b(x.flip(1))[0].flip(1)


def both_ways(x, f, b):
    return torch.cat([f(x)[0], back(x, b)], -1)


def field(grow=lambda seen, step, k, s: (seen + (k - 1) * step, step * s)):
    def student(layers):
        seen = step = 1
        for kernel, stride in layers:
            seen, step = grow(seen, step, kernel, stride)
        return seen, step

    return student


def told(**changes):
    right = {"before": 2, "forward": set(range(4, 10)), "both": set(range(10)), "weight": "c"}
    return right | changes


WRONG = [
    (check.average_both, lambda x, f, b: f(x)[0] + back(x, b), "this is the sum"),
    (check.average_both, both_ways, "are concatenated"),
    (check.average_both, lambda x, f, b: both_ways(x, f, b)[..., :2], "forward direction alone"),
    (check.average_both, lambda x, f, b: both_ways(x, f, b)[..., 2:], "backward direction alone"),
    (
        check.average_both,
        lambda x, f, b: (f(x)[0] + b(x)[0]) / 2,
        "both LSTMs read from left to right",
    ),
    (check.average_both, lambda x, f, b: (f(x)[0] + b(x.flip(1))[0]) / 2, "still in reading order"),
    (check.average_both, lambda x, f, b: (f(x)[0] + b(x)[0].flip(1)) / 2, "the input was not"),
    (check.average_both, lambda x, f, b: torch.maximum(f(x)[0], back(x, b)), "takes the larger"),
    (check.average_both, lambda x, f, b: f(x), "gives a pair"),
    (check.average_both, lambda x, f, b: None, "your function returns nothing"),
    (check.average_both, lambda x, f, b: 1.0, "this is a float"),
    (check.average_both, lambda x, f, b: f(x)[0][:, -1], "expected (1, T, D)"),
    (check.average_both, lambda x, f, b: (f(x)[0] - back(x, b)) / 2, "differ from Eq. 3"),
    (check.average_both, lambda x, f, b: f(x + "1"), "your code stops with TypeError"),
    (check.pooled_lengths, lambda n, b: n // 3**b, "rounded down: an utterance of 4"),
    (check.pooled_lengths, lambda n, b: n // 3 // 3, "rounded down: an utterance of 4"),
    (check.pooled_lengths, lambda n, b: (n + 2) // 3, "this is one block"),
    (check.pooled_lengths, lambda n, b: n / 3**b, "a whole number"),
    (check.pooled_lengths, lambda n, b: -(-n // (3 * b)), "windows of 9, not of 6"),
    (check.pooled_lengths, lambda n, b: n // 3**b + 1, "9 frames are exactly one"),
    (
        check.pooled_lengths,
        lambda n, b: [round(i / 3**b) for i in n.tolist()],
        "rounded to the nearest",
    ),
    (check.pooled_lengths, lambda n, b: (n + 2) // 3 - 1, "1 frames and two blocks: 0 came out"),
    (check.pooled_lengths, lambda n, b: (n + 8) // 9, "for blocks = 1 the same came out"),
    (
        check.pooled_lengths,
        lambda n, b: (n + 2) // 3 if b == 1 else (n + 8) // 9,
        "for blocks = 3 the same came out",
    ),
    (check.pooled_lengths, lambda n, b: (n + b**3) // 9, "not for blocks = 1"),
    (check.pooled_lengths, lambda n, b: n[:3], "3 numbers came back"),
    (check.pooled_lengths, lambda n, b: 112, "one number for each length"),
    (check.pooled_lengths, lambda n: (n + 8) // 9, "your code stops with TypeError"),
    (check.receptive_field, field(lambda r, j, k, s: (r + k - 1, j * s)), "strides were left out"),
    (
        check.receptive_field,
        field(lambda r, j, k, s: (r + (k - 1) * j * s, j * s)),
        "multiplied too early",
    ),
    (check.receptive_field, field(lambda r, j, k, s: (r * k, j * s)), "kernels do not multiply"),
    (
        check.receptive_field,
        lambda n: (field()(n)[0], sum(s for _, s in n)),
        "strides multiply, they do not add",
    ),
    (check.receptive_field, lambda n: (field()(n)[0], 3), "the step is the product"),
    (check.receptive_field, lambda n: (field()(n)[0] - 1, field()(n)[1]), "one off"),
    (check.receptive_field, lambda n: (25, 9), "the field is 17 frames; 25 came out"),
    (check.receptive_field, lambda n: (17, 9), "for [(5, 1), (2, 2)"),
    (check.receptive_field, lambda n: 17, "return two numbers"),
    (check.receptive_field, lambda n: field()(n)[::-1], "right numbers, other order"),
    (check.how_far, told(before=1), "so they overlap"),
    (check.how_far, told(before=17), "the other way round"),
    (check.how_far, told(before="all"), "how many windows, 17 frames long"),
    (check.how_far, told(forward={4, 5}), "a state from frame to frame"),
    (check.how_far, told(forward=set(range(10))), "earlier frames were written before"),
    (check.how_far, told(forward=range(6)), "know nothing of it"),
    (check.how_far, told(forward={6, 7, 8, 9}), "see the edit themselves"),
    (check.how_far, told(forward="b"), "give a set of frame numbers"),
    (check.how_far, told(both={4, 5}), "true before the BiLSTM"),
    (check.how_far, told(both=list(range(4, 10))), "that is the forward half"),
    (check.how_far, told(both=set(range(6))), "that is the backward half"),
    (check.how_far, told(both=set(range(1, 11))), "10 is none of them"),
    (check.how_far, told(both={4}), "To which frames can a state"),
    (check.how_far, told(weight="a"), "carried there from anywhere"),
    (check.how_far, told(weight="b"), "not what changed the prediction"),
    (check.how_far, told(both=...), "not solved yet"),
    (check.how_far, "d", "the answer is a dict"),
    (check.without_recurrence, lambda config: config, "the encoder is still 'bilstm'"),
    (
        check.without_recurrence,
        lambda config: replace(config, positions="none"),
        "the encoder is still 'bilstm'",
    ),
    (
        check.without_recurrence,
        lambda config: replace(config, encoder="linear", positions="none"),
        "but positions changed as well",
    ),
    (
        check.without_recurrence,
        lambda config: MCSANConfig(encoder="linear"),
        "Change one thing at a time",
    ),
    (check.without_recurrence, lambda config: {"encoder": "linear"}, "not a dict"),
    (check.without_recurrence, lambda config: None, "your function returns nothing"),
    (check.without_recurrence, lambda config: "linear", "this is of type str"),
]


@pytest.mark.parametrize(
    ("exercise", "wrong", "hint"), WRONG, ids=[f"{c.__name__}-{h[:25]}" for c, _, h in WRONG]
)
def test_a_wrong_answer_gets_its_hint(exercise, wrong, hint, capsys):
    assert not exercise(wrong)
    assert hint in capsys.readouterr().out


def test_rounding_up_once_over_nine_is_the_same_rule():
    assert check.pooled_lengths(lambda n, b: [math.ceil(i / 3**b) for i in n.tolist()])
