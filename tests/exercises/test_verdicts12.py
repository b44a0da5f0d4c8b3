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
    assert "not so in another" in read.say_word_edit("rate", UP, FLAT)
    assert "not clearly more" in read.say_word_edit("rate", UP, UP)
    assert "No fall is shown" in read.say_word_edit("rate", FLAT, FLAT)
    assert "No fall is shown" in read.say_word_edit("rate", DOWN, FLAT)


def test_fillers():
    assert "mostly the same place" in read.say_fillers("w", UP, UP)
    assert "mostly another place" in read.say_fillers("w", FLAT, UP)
    assert "as often as not" in read.say_fillers("w", Measured(0.5, 0.3, 0.7), UP)


def test_interactions():
    assert "more than the sum of the parts" in read.say_shapley("w", {"mean": UP, "empty": UP})
    assert "overlap" in read.say_shapley("w", {"mean": DOWN, "empty": DOWN})
    assert "They disagree" in read.say_shapley("w", {"mean": UP, "empty": FLAT})
    assert "None of them" in read.say_shapley("w", {"mean": FLAT, "empty": FLAT})
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
