"""Words follow numbers."""

import pytest

from mcsan_lite.exercises.verdicts import sentences


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
