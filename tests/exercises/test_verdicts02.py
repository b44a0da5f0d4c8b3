"""Opposite numbers give opposite sentences."""

import pytest

from mcsan_lite.evaluation import metrics
from mcsan_lite.exercises.verdicts import lesson02 as read
from mcsan_lite.experiments.floors import ORDER_ALONE


@pytest.mark.parametrize(("share", "says"), [(0.47, "rewards the imbalance"), (0.15, "so even")])
def test_what_silence_scores(share, says):
    assert says in read.say_what_silence_scores("here", share, 7)


@pytest.mark.parametrize(
    ("wa", "ua", "says"),
    [
        (0.58, 0.52, "UA is lower: on the whole, small classes are found less often"),
        (0.52, 0.58, "UA is higher: on the whole, small classes are found more often"),
        (0.52, 0.521, "The two scores agree"),
    ],
)
def test_which_class_is_missed(wa, ua, says):
    said = read.say_which_class_is_missed({"a": 0.9, "b": 0.2}, wa, ua)
    assert says in said and "is 'b', with 20 %" in said


@pytest.mark.parametrize(
    ("right_of_large", "right_of_small", "says"), [(30, 4, "less often"), (20, 8, "more often")]
)
def test_the_missed_classes_of_a_matrix(right_of_large, right_of_small, says):
    true = [0] * 40 + [1] * 10
    pred = [int(i >= right_of_large) for i in range(40)] + [
        int(i < right_of_small) for i in range(10)
    ]
    found = metrics.scores(true, pred, classes=2)
    recalls = {"large": right_of_large / 40, "small": right_of_small / 10}
    said = read.say_which_class_is_missed(recalls, found["wa"], found["ua"])
    assert f"small classes are found {says} than large ones" in said


@pytest.mark.parametrize(
    ("precision", "says"),
    [(0.79, "would add 27 points"), (0.42, "would take 10 points"), (0.52, "the two agree")],
)
def test_what_precision_adds(precision, says):
    assert says in read.say_what_precision_adds(0.52, precision)


@pytest.mark.parametrize(
    ("published", "revised", "says"),
    [
        ((0.557, 0.536), (0.498, 0.418), "WA by -5.9 points and UA by -11.8 points"),
        ((0.498, 0.418), (0.557, 0.536), "WA by +5.9 points and UA by +11.8 points"),
    ],
)
def test_what_the_revision_cost(published, revised, says):
    assert says in read.say_what_the_revision_cost("MDRE", published, revised)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        ({"a": 0.35, "b": 0.2}, "stays a > b. The first and the last were 10.0 points apart"),
        ({"a": 0.35, "b": 0.2}, "are now 15.0 points apart"),
        ({"a": 0.2, "b": 0.3}, "changes from a > b to b > a"),
    ],
)
def test_order_of_models(after, says):
    assert says in read.say_order_of_models({"a": 0.5, "b": 0.4}, after)


@pytest.mark.parametrize(
    ("interval", "says"),
    [
        ((0.4, 0.37, 0.43), "are above the largest class (16 %): words, 40 % (37 to 43 %)."),
        ((0.16, 0.13, 0.19), "No floor is shown to be above the largest class (16 %)."),
        ((0.1, 0.08, 0.12), "No floor is shown to be above the largest class (16 %)."),
        ((0.5, float("nan"), float("nan")), "No floor is shown to be above the largest class"),
    ],
)
def test_where_the_floors_lie(interval, says):
    assert says in read.say_where_the_floors_lie({"words": interval}, 0.16)


def test_floors_on_both_sides():
    floors = {"words": (0.4, 0.37, 0.43), "names": (0.16, 0.13, 0.19)}
    said = read.say_where_the_floors_lie(floors, 0.16)
    assert said.endswith("words, 40 % (37 to 43 %). These are not shown to be above it: names.")


@pytest.mark.parametrize(("mean", "best"), [(0.9, "sound"), (0.1, "words")])
def test_the_floor_to_beat(mean, best):
    floors = {"words": (0.4, 0.3, 0.5), "sound": (mean, mean - 0.05, mean + 0.05)}
    said = read.say_the_floor_to_beat(floors)
    assert f"is {best!r}" in said and "has a bug, or too little to learn from" in said


def test_a_floor_that_is_told_the_truth_is_no_bar():
    said = read.say_the_floor_to_beat({"words": (0.4, 0.3, 0.5), ORDER_ALONE: (0.9, 0.8, 1.0)})
    assert f"is {ORDER_ALONE!r}, 90 %" in said and "tells it the truth" in said
    assert "bug" not in said


@pytest.mark.parametrize(("gap", "says"), [(0.01, "fits into that"), (0.1, "is wider")])
def test_how_wide_a_fold_is(gap, says):
    assert says in read.say_how_wide_a_fold_is(0.612, 0.576, 0.646, gap)


@pytest.mark.parametrize(
    ("deviations", "says"),
    [
        ([0.005, 0.006], "2 of 2 published deviations are below 0.0169. Each taken alone, with"),
        ([0.005, 0.006], "none of them is shown to be larger than that and 2 to be smaller"),
        (
            [0.005, 0.02],
            "so 2 rows are not 2 findings. Stratified folds or an average over seeds can make",
        ),
        ([0.02, 0.05], "1 of them is shown to be larger than that and none to be smaller"),
        ([0.05, 0.06], "2 of them are shown to be larger than that and none to be smaller"),
        # Seven of nine are below, and none differs: ten folds know little of a deviation.
        ([0.013] * 7 + [0.02] * 2, "7 of 9 published deviations are below 0.0169. Each"),
        ([0.013] * 7 + [0.02] * 2, "none of them is shown to be larger than that and none to be"),
    ],
)
def test_deviations_beside_chance(deviations, says):
    assert says in read.say_deviations_beside_chance("WA", deviations, 0.0169, folds=10)


def test_deviations_that_are_not_smaller_need_no_excuse():
    assert "Stratified" not in read.say_deviations_beside_chance("WA", [0.02, 0.05], 0.0169, 10)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"a": 100, "b": 100, "c": 10}, "'c' has 4.8 % of the utterances and makes 83 % of"),
        ({"a": 100, "b": 100, "c": 90}, "No class stands out"),
    ],
)
def test_the_loudest_class(counts, says):
    assert says in read.say_the_loudest_class(counts)
