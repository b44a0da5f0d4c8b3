"""What lesson 12 says follows from its numbers: opposite numbers give the opposite sentence."""

import pandas as pd

from mcsan_lite.exercises.verdicts import lesson12 as read
from mcsan_lite.exercises.verdicts.sentences import Measured

UP, DOWN, FLAT = Measured(0.8, 0.6, 1.0), Measured(-0.8, -1.0, -0.6), Measured(0.0, -0.1, 0.1)


def test_weights_and_lengths():
    assert "and sends the longest" in read.say_longest_vector([0.7, 0.3], [2, 1])
    assert "but moment 1 sends" in read.say_longest_vector([0.7, 0.3], [1, 2])
    assert "adds nothing" in read.say_rollout_and_raw(1.0, 1)
    assert "differ" in read.say_rollout_and_raw(0.7, 2)


def test_sums():
    assert read.say_completeness([0.001, -0.01], [1.0, 2.0]).startswith("Complete")
    assert read.say_completeness([0.5, 0.01], [1.0, 2.0]).startswith("Not complete")
    assert "are exact: the largest" in read.say_bills(1e-7, 0.1, 2.0)
    assert "not exact" in read.say_bills(0.1, 0.1, 2.0)
    assert "on average, 5.0 %" in read.say_bills(0.1, 0.1, 2.0)


def test_who_points():
    rows = [("a", "w", 0.3, 0.5), ("b", "w", 0.1, 0.3), ("c", "w", 0.0, 0.1)]
    table = pd.DataFrame(rows, columns=["reading", "world", "low", "high"]).assign(chance=0.2)
    said = read.say_who_points(table, "w")
    assert "these point above chance: a. These point below chance: c." in said
    assert "Of 3 such intervals" in said
    assert "no reading is shown to point" in read.say_who_points(table.assign(chance=0.9), "w")


def test_word_edits():
    said = read.say_word_edit("rate", UP, FLAT, UP)
    assert said.endswith(
        "falls more for the decisive word than for another; for the other no change is shown."
    )
    both = read.say_word_edit("rate", UP, Measured(0.4, 0.3, 0.5), Measured(0.4, 0.1, 0.7))
    assert both.endswith(
        "more for the decisive word than for another; for the other it falls as well."
    )
    rises = read.say_word_edit("rate", UP, Measured(-0.13, -0.24, -0.02), UP)
    assert rises.endswith("for the other it rises.")
    assert "not shown to fall more than" in read.say_word_edit("rate", UP, UP, FLAT)
    assert "No fall is shown" in read.say_word_edit("rate", FLAT, FLAT, FLAT)
    assert "No fall is shown" in read.say_word_edit("rate", DOWN, FLAT, DOWN)


def test_fillers():
    assert "mostly the same place" in read.say_fillers("w", UP, UP)
    assert "part of what was read may be the filler" in read.say_fillers("w", FLAT, UP)
    wide = read.say_fillers("w", Measured(0.60, 0.42, 0.75), UP)
    assert "it is not shown whether the fillers name mostly the same place (same peak 60" in wide


def test_interactions():
    alike = {"mean": UP, "empty": UP}
    assert "more than the sum of the parts" in read.say_shapley("w", alike, FLAT)
    assert "overlap" in read.say_shapley("w", {"mean": DOWN, "empty": DOWN}, FLAT)
    assert "None of them" in read.say_shapley("w", {"mean": FLAT, "empty": FLAT}, FLAT)
    one = {"mean": Measured(0.3, 0.1, 0.5), "empty": Measured(0.2, -0.05, 0.45)}
    said = read.say_shapley("w", one, Measured(0.1, -0.2, 0.4))
    assert said.endswith("do not all show the same, and a difference between them is not shown.")
    said = read.say_shapley("w", {"mean": UP, "empty": DOWN}, Measured(1.6, 1.2, 2.0))
    assert "differ by +1.6 (+1.2 to +2.0), so what is said depends on the stand-in" in said
    assert "is right less often" in read.say_additive("w", UP, 9)
    assert "no loss without the interaction is shown" in read.say_additive("w", FLAT, 9)
    assert "decides better" in read.say_additive("w", DOWN, 9)


def test_peaks_inside_are_counted_beside_chance():
    some = read.say_peaks_inside({"a": True, "b": False}, 0.25)
    assert "1 of 2 readings" in some and "(a)" in some and "about 0.5" in some
    assert "choosing the answer" in some
    none = read.say_peaks_inside({"a": False, "b": False}, 0.25)
    assert "0 of 2 readings" in none and "choosing the answer" not in none


def test_agreement_names_the_closest_and_the_farthest_pair():
    close, far = 0.9, -0.3
    table = pd.DataFrame(
        [[1, close, far], [close, 1, 0.1], [far, 0.1, 1]], index=list("abc"), columns=list("abc")
    )
    said = read.say_agreement(table)
    assert "closest pair is a and b (+0.90)" in said
    assert "farthest is a and c (-0.30)" in said
    assert "mostly they differ" in said
    assert "mostly they agree" in read.say_agreement(table.clip(lower=0.8))
    assert read.say_agreement(table.iloc[:1, :1]) == "No two readings can be compared."


def test_rollout_that_is_the_raw_map_is_counted_once():
    score = {"low": 0.3, "chance": 0.2, "points": 0.4, "mass": 0.3, "auc": 0.6}
    readings = ("raw attention", "rollout", "receipts")
    rows = [{"reading": one, "world": "a", **score} for one in readings]
    rows += [{"reading": one, "world": "b", **score} for one in readings[1:]]
    rows.append({"reading": "raw attention", "world": "b", **score, "mass": 0.31})
    table = pd.DataFrame(rows)
    once = read.counted_once(table)
    assert list(once[once.world == "a"].reading) == ["raw attention", "receipts"]
    assert len(once[once.world == "b"]) == 3  # another map than the raw one
    assert "2 in the a world and 3 in the b world" in read.say_which_world_points(once)
    alone = table[table.reading == "rollout"]
    assert len(read.counted_once(alone)) == 2


def test_which_world_points():
    table = pd.DataFrame({"world": ["a", "a", "b", "b"], "low": [0.3, 0.1, 0.3, 0.4]})
    table["chance"] = 0.2
    said = read.say_which_world_points(table)
    assert (
        "1 in the a world and 2 in the b world. More readings are shown to point in the b" in said
    )
    assert "does not show that the others point less" in said
    table.low = [0.3, 0.4, 0.1, 0.1]
    assert "are shown to point in the a world" in read.say_which_world_points(table)
    table.low = 0.3
    assert "the same number" in read.say_which_world_points(table)
