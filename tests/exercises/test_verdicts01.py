"""Opposite numbers give opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson01 as read

nan = float("nan")
HIGH = (0.6, 0.57, 0.63)
LOW = (0.25, 0.21, 0.29)
WIDE = (0.5, 0.1, 0.9)
ALONE = (0.6, nan, nan)  # nothing varies over the folds, or there is one


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"a": 10, "b": 9}, "nearly balanced"),
        ({"a": 90, "b": 9}, "'a' has 10 times as many utterances as 'b'"),
        ({"a": 9, "b": 0}, "no utterance at all"),
    ],
)
def test_uneven_classes(counts, says):
    assert says in read.say_how_uneven("here", counts)


def test_the_largest_class_is_quoted_with_its_share():
    assert "'b' is right 75.0 % of the time" in read.say_how_uneven("here", {"a": 1, "b": 3})


@pytest.mark.parametrize(("perfect", "says"), [(0.91, "9 points"), (0.999, "nothing")])
def test_the_ceiling_of_the_toy(perfect, says):
    assert says in read.say_toy_ceiling(0.25, perfect, 0.58)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"x": 0.55, "y": 0.8, "z": 0.2}, "2 of 3 voices are tied to one class, which makes up 55"),
        ({"x": 0.2, "y": 0.3}, "none of the 2 voices"),
    ],
)
def test_tied_voices(shares, says):
    assert says in read.say_tied_voices("here", shares, 7)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"speaker": 1.0, "text": 0.12}, "the speaker of 100 % and the text of 12 %."),
        ({"speaker": 0.0, "text": 0.12}, "the text of 12 %. Always new: the speaker."),
        ({"speaker": 0.0, "session": float("nan")}, "knows nothing. Always new: the speaker."),
    ],
)
def test_who_is_shared(shares, says):
    assert read.say_who_is_shared("cut", shares).endswith(says)


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (HIGH, "recognition of the voice"),
        (LOW, "That is no knowledge of the speaker"),
        (WIDE, "is not shown to find anything"),
        (
            ALONE,
            "scores 60 %, without an interval to compare with chance (40 %). This floor is not",
        ),
    ],
)
def test_what_a_name_tells(score, says):
    assert says in read.say_what_a_name_tells("here", score, 0.4)


@pytest.mark.parametrize(
    ("gap", "says"),
    [
        ((0.3, 0.2, 0.4), "+30.0 points (+20.0 to +40.0). The listener gets more than the name"),
        ((-0.3, -0.4, -0.2), "less than the name alone"),
        ((0.01, -0.1, 0.12), "no proof of hearing an emotion: these folds do not show that it"),
        ((0.01, nan, nan), "+1.0 points. There is no interval, so nothing is shown."),
    ],
)
def test_sound_against_name(gap, says):
    assert says in read.say_sound_against_name(gap)


@pytest.mark.parametrize(
    ("easier", "harder", "says"),
    [
        (HIGH, LOW, "The method is the same. The first split promises more"),
        (LOW, HIGH, "The method is the same. The first split promises less"),
        (HIGH, WIDE, "show no difference"),
        (HIGH, ALONE, "+0.0 points. There is no interval, so nothing is shown."),
    ],
)
def test_what_a_split_promises(easier, harder, says):
    kinds = ("random utterances", "new speakers")
    assert says in read.say_what_a_split_promises("here", kinds, easier, harder)


def test_which_promise_holds():
    promises = {"a": HIGH, "b": LOW, "c": (0.05, 0.03, 0.07), "d": ALONE}
    said = read.say_which_promise_holds("here", promises, (0.24, 0.2, 0.3))
    assert said == (
        "here: the locked-away voices give 24 % (20 to 30 %). Measured against that, the 60 % (57 "
        "to 63 %) promised by a is too high; the 25 % (21 to 29 %) promised by b is not "
        "contradicted; the 5 % (3 to 7 %) promised by c is too low; the 60 % promised by d is not "
        "tested, for want of an interval."
    )


def test_a_promise_is_no_exact_number():
    said = read.say_which_promise_holds("here", {"a": (0.45, 0.38, 0.52)}, (0.4, 0.36, 0.44))
    assert said.endswith("the 45 % (38 to 52 %) promised by a is not contradicted.")


@pytest.mark.parametrize(
    ("intervals", "says"),
    [
        (
            {"random": (0.5, 0.6), "scenario": (0.2, 0.4)},
            "above 25 % (the largest class) under random, but not shown to be under scenario.",
        ),
        ({"random": (0.2, 0.3)}, "not shown to be above 25 % (the largest class) anywhere."),
        ({"random": (0.3, 0.4)}, "it is above 25 % (the largest class) under random."),
    ],
)
def test_where_a_floor_speaks(intervals, says):
    assert read.say_where_a_floor_speaks("scenario only", intervals, 0.25).endswith(says)


@pytest.mark.parametrize(
    ("worst", "says"),
    [(0.638, "still above the published 61.2 %"), (0.5, "no longer above the published 61.2 %")],
)
def test_beside_the_paper(worst, says):
    assert says in read.say_beside_the_paper("floor", worst, 0.612)


@pytest.mark.parametrize(
    ("new", "says"),
    [(0.285, "cost 81 % of the lead"), (0.6, "cost nothing."), (0.1, "cost 100 % of the lead")],
)
def test_what_new_scenes_cost(new, says):
    assert says in read.say_what_new_scenes_cost(0.547, new, 0.224)


@pytest.mark.parametrize("largest", [0.25, 0.3])
def test_without_a_lead_none_is_lost(largest):
    said = read.say_what_new_scenes_cost(0.25, 0.2, largest)
    assert said.endswith(f"alone gives {100 * largest:.1f} %, so there is no lead to lose.")


@pytest.mark.parametrize(
    ("tested", "says"), [(100, "each of the 100"), (70, "30 of 100 utterances (30 %)")]
)
def test_never_tested(tested, says):
    assert says in read.say_never_tested("cut", tested, 100)
