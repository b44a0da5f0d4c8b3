"""Each sentence of lesson 00 follows from its numbers: opposite numbers give the opposite one."""

import numpy as np
import pytest

from mcsan_lite.corpus import Word
from mcsan_lite.exercises.verdicts import lesson00 as read
from mcsan_lite.exercises.verdicts import sentences
from mcsan_lite.exercises.verdicts.lesson00 import RowsAgainstChance
from mcsan_lite.exercises.verdicts.sentences import Measured

RULE = ["sadness", "anger", "happiness", "surprise"]
nan = float("nan")


@pytest.mark.parametrize("ends", [(nan, nan), (nan, 0.3), (0.2, nan)])
def test_no_interval_is_made_up(ends):
    assert sentences.percent_interval(0.3, *ends) == "30 %"
    assert sentences.percent_interval(0.3, *ends, decimals=1) == "30.0 %"
    assert sentences.points_interval(0.3, *ends) == "+30.0 points"
    assert sentences.gap_side(*ends) == "without an interval"
    assert sentences.side_of(*ends, 0.25) == "without an interval to compare with"


def test_how_many_are_right():
    said = read.say_how_many_are_right(
        RULE, {"you": [None] * 4, "network 0": RULE, "network 1": ["anger"] * 4}, classes=7
    )
    assert "you (no guess yet)" in said
    assert "network 0 (4 of 4)" in said and "network 1 (1 of 4)" in said
    assert "0.6 of 4" in said
    swapped = read.say_how_many_are_right(RULE, {"you": RULE, "network 0": [None] * 4}, classes=2)
    assert "you (4 of 4)" in swapped and "network 0 (no guess yet)" in swapped
    assert "2.0 of 4" in swapped


def test_what_respelling_did():
    all_follow = read.say_what_respelling_did(["a", "b"], ["c", "d"], ["c", "d"])
    assert "All 2 answers changed" in all_follow and "2 of 2" in all_follow
    assert "every time" in all_follow
    wrong_way = read.say_what_respelling_did(["a", "b"], ["c", "d"], ["c", "x"])
    assert "1 of 2 cases" in wrong_way and "reading the word is one thing" in wrong_way
    some = read.say_what_respelling_did(["a", "b"], ["a", "d"], ["x", "y"])
    assert "1 of 2 answers changed" in some and "0 of 2 cases" in some
    none = read.say_what_respelling_did(["a", "b"], ["a", "b"], ["c", "d"])
    assert "Not one answer changed" in none and "nothing here shows" in none


WORDS = (Word("and", 0.0, 0.4), Word("pain", 0.4, 0.8), Word("or", 0.8, 1.2))
TIMES = np.arange(0.05, 1.2, 0.1)  # 12 moments, 4 in each word


def row_with_peak(second, mass_of_pain):
    weights = np.full(12, (1 - mass_of_pain) / 8)
    weights[4:8] = mass_of_pain / 4
    weights[round((second - 0.05) / 0.1)] += 0.2
    return weights / weights.sum()


def test_where_a_row_looks():
    towards = read.say_where_a_row_looks("pain", row_with_peak(0.55, 0.8), TIMES, WORDS)
    assert "leans towards" in towards and "inside “pain” itself" in towards
    assert "would put 33 %" in towards and "0.55 s" in towards
    away = read.say_where_a_row_looks("pain", row_with_peak(0.95, 0.1), TIMES, WORDS)
    assert "leans away" in away and "while “or” is said" in away
    even = read.say_where_a_row_looks("pain", np.full(12, 1 / 12), TIMES, WORDS)
    assert "what an even spread would give it" in even
    flat = np.full((4, 12), 0.05)
    flat[:, 3] = 0.2
    shared = read.say_how_many_rows_agree(flat, 1)
    assert "Of the 3 other rows, 3" in shared and "does not belong" in shared
    flat[1, 5] = 0.3
    alone = read.say_how_many_rows_agree(flat, 1)
    assert "None of the 3 other rows" in alone and "belong" not in alone
    assert "anecdote" in shared and "anecdote" in alone
    late = read.say_where_a_row_looks("pain", np.eye(13)[12], np.append(TIMES, 1.3), WORDS)
    assert "while no word is said" in late


def rows(own, others, gap, chance=0.22):
    return RowsAgainstChance(Measured(*own), Measured(*others), Measured(*gap), chance)


@pytest.mark.parametrize(
    ("found", "says", "says_not"),
    [
        (
            rows((0.6, 0.5, 0.7), (0.2, 0.15, 0.25), (0.4, 0.3, 0.5)),
            (
                "above chance",
                "the own row points there more often",
                "the word's own row does so more often than the other rows do",
            ),
            "being right and pointing",
        ),
        (
            rows((0.6, 0.5, 0.7), (0.59, 0.5, 0.7), (0.01, -0.05, 0.07)),
            ("above chance", "no difference is shown", "a place that many words look at"),
            "being right and pointing",
        ),
        (
            rows((0.4, 0.3, 0.5), (0.3, 0.2, 0.4), (0.1, -0.05, 0.25)),
            ("above chance", "it is not shown that the word's own row does so more"),
            "many words look at",
        ),
        (
            rows((0.27, 0.05, 0.49), (0.26, 0.1, 0.4), (0.01, -0.05, 0.07)),
            ("not distinguishable from chance", "nothing here shows", "right in 96 %"),
            "looks away",
        ),
        (
            rows((0.1, 0.05, 0.15), (0.26, 0.1, 0.4), (-0.16, -0.2, -0.1)),
            ("below chance", "the own row points there less often", "even looks away"),
            "own row does so",
        ),
    ],
)
def test_whether_rows_point(found, says, says_not):
    said = read.say_whether_rows_point(found, 0.957, trainings=3)
    for part in says:
        assert part in said
    assert says_not not in said and "3 trainings" in said


def test_rows_without_an_interval_show_nothing():
    found = rows((0.6, nan, nan), (0.2, nan, nan), (0.4, nan, nan))
    said = read.say_whether_rows_point(found, 0.957, trainings=1)
    assert "inside that word in 60 % of utterances" in said
    assert "That is without an interval to compare with chance." in said
    assert "+40.0 points: there is no interval, so nothing is shown." in said
    assert "nothing here shows that the map points" in said


def test_networks_that_are_wrong_show_no_contrast():
    found = rows((0.27, 0.05, 0.49), (0.26, 0.1, 0.4), (0.01, -0.05, 0.07))
    said = read.say_whether_rows_point(found, 0.2, trainings=3)
    assert "right in only 20 %" in said and "being right and pointing" not in said


def test_rows_are_paired_by_training_and_by_utterance():
    own = np.outer([0.3, 0.5, 0.7], np.ones(150))
    found = read.rows_against_chance(own, own - 0.1, 0.25)
    assert found.own.mean == pytest.approx(0.5) and found.others.mean == pytest.approx(0.4)
    assert found.own.low < 0.3 and found.own.high > 0.7  # three seeds that differ by so much
    assert found.gap == pytest.approx((0.1, 0.1, 0.1))
    swapped = read.rows_against_chance(own - 0.1, own, 0.25)
    assert swapped.gap.high < 0 and swapped.chance == 0.25


def test_the_gap_of_rows_covers_utterances_too():
    others = np.tile([0.0, 1.0], (3, 50))  # alike in every training, unlike between utterances
    found = read.rows_against_chance(np.full((3, 100), 0.6), others, 0.25)
    half = 1.96 * np.tile([0.0, 1.0], 50).std(ddof=1) / 10
    assert found.gap == pytest.approx((0.1, 0.1 - half, 0.1 + half))


FULL, LESS = Measured(0.95, 0.93, 0.97), Measured(0.88, 0.86, 0.90)


def test_what_matching_adds():
    more = read.say_what_matching_adds(FULL, LESS, ceiling=0.84)
    assert "+7.0 points" in more and "scores higher" in more
    assert "is above the 84 %" in more and "goes on elsewhere" in more
    less = read.say_what_matching_adds(LESS, FULL)
    assert "-7.0 points" in less and "scores lower" in less and "is possible" not in less
    none = read.say_what_matching_adds(FULL, FULL, ceiling=0.99)
    assert "no difference is shown" in none
    assert "is below the 99 %" in none and "goes on elsewhere" not in none
    alone = read.say_what_matching_adds(FULL, Measured(0.88, nan, nan), ceiling=0.84)
    assert "+7.0 points: there is no interval, so nothing is shown." in alone
    assert "the score is without an interval to compare with the 84 %" in alone


def test_the_interval_of_a_difference_holds_both():
    said = read.say_what_matching_adds(FULL, LESS)
    assert "(+4.2 to +9.8)" in said  # 7 ± the root of 2² + 2²


def test_whether_one_source_is_enough():
    both = read.say_whether_one_source_is_enough(FULL, {"the words": 0.43, "the sound": 0.47})
    assert "43 % with the words alone or 47 % with the sound alone" in both
    assert "it uses both sources" in both
    one = read.say_whether_one_source_is_enough(FULL, {"the words": 0.43, "the sound": 0.99})
    assert "one source might be enough" in one
    neither = read.say_whether_one_source_is_enough(LESS, {"the words": 0.9, "the sound": 0.99})
    assert "nothing shows that it uses both" in neither
