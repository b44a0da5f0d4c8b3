"""Words follow numbers."""

from collections import namedtuple

import pandas as pd
import pytest

from mcsan_lite.exercises.verdicts import (
    lesson11,
    lesson12,
    lesson13,
    lesson13_table,
    lesson14_design,
    lesson16,
    sentences,
)

UNTESTED = namedtuple("Measured", "mean low high")(0.1, float("nan"), float("nan"))
ROW = pd.DataFrame([{"change": "a", "mean": 0.1, "low": UNTESTED.low, "high": UNTESTED.high}])


@pytest.mark.parametrize(
    ("p", "says"),
    [(0.2274, "0.227"), (0.0004, "below 0.001"), (1, "1.000"), (UNTESTED.low, "none")],
)
def test_a_p_value_is_never_zero(p, says):
    assert sentences.p_in_words(p) == says


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(0.3, 0.4, "above"), (0.1, 0.2, "below"), (0.2, 0.3, "not distinguishable from")],
)
def test_the_side_of_an_interval(low, high, says):
    assert sentences.side_of(low, high, 0.25) == says


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(0.1, 0.2, "more"), (-0.2, -0.1, "less"), (-0.1, 0.1, "no difference shown")],
)
def test_the_side_of_a_gap(low, high, says):
    assert sentences.gap_side(low, high) == says


def test_shares_and_points_are_written_out():
    assert sentences.in_percent(0.428) == "43 %" and sentences.in_percent(0.428, 1) == "42.8 %"
    assert sentences.percent_interval(0.27, -0.05, 0.49) == "27 % (0 to 49 %)"
    assert sentences.points_interval(0.023, -0.063, 0.108) == "+2.3 points (-6.3 to +10.8)"


@pytest.mark.parametrize(
    "say",
    [
        lambda: lesson11.say_deletion("a", UNTESTED, "b"),
        lambda: lesson11.say_insertion("silence", {"a": UNTESTED}, "b"),
        lambda: lesson11.say_eraser("a", UNTESTED, UNTESTED, "b"),
        lambda: lesson11.say_trained_without("a", UNTESTED, 3),
        lambda: lesson12.say_additive("matching", UNTESTED, 9),
        lambda: lesson13.say_smear({"a": UNTESTED}, 0.8),
        lambda: lesson13_table.say_who_recognises(ROW, 0.8),
        lambda: lesson13_table.say_cost(ROW.set_index("change"), "MCSAN"),
        lambda: lesson13.say_short_training("a", UNTESTED, 0.8),
        lambda: lesson14_design.say_promise_kept(ROW),
        lambda: lesson16.say_copying_helps(UNTESTED),
        lambda: lesson16.say_size_of_choice((0.1, 0.2), (60, 880), UNTESTED),
    ],
)
def test_nothing_is_claimed_without_an_interval(say):
    said = say().lower()
    assert "nan" not in said and "(0 to 100 %)" not in said
    assert "no interval" in said or "without an interval" in said or "want of an interval" in said
