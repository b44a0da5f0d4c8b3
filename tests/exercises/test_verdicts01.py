"""Opposite numbers give opposite sentences."""

import pytest

from mcsan_lite.exercises.verdicts import lesson01 as read

HIGH = [0.58, 0.62, 0.60, 0.59]
LOW = [0.22, 0.28, 0.25, 0.24]
WIDE = [0.1, 0.9, 0.3, 0.7]


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
    ("scores", "says"),
    [
        (HIGH, "recognition of the voice"),
        (LOW, "That is no knowledge of the speaker"),
        (WIDE, "finds nothing"),
    ],
)
def test_what_a_name_tells(scores, says):
    assert says in read.say_what_a_name_tells("here", scores, 0.4)


@pytest.mark.parametrize(
    ("name", "sound", "says"),
    [
        (LOW, HIGH, "more than the name gives"),
        (HIGH, LOW, "less than the name alone"),
        (HIGH, WIDE, "no proof of hearing"),
    ],
)
def test_sound_against_name(name, sound, says):
    assert says in read.say_sound_against_name(name, sound)


@pytest.mark.parametrize(
    ("easier", "harder", "says"),
    [
        (HIGH, LOW, "The method is the same. The first split promises more"),
        (LOW, HIGH, "The method is the same. The first split promises less"),
        (HIGH, WIDE, "show no difference"),
    ],
)
def test_what_a_split_promises(easier, harder, says):
    kinds = ("random utterances", "new speakers")
    assert says in read.say_what_a_split_promises("here", kinds, easier, harder)


def test_which_promise_holds():
    said = read.say_which_promise_holds("here", {"a": 0.59, "b": 0.26, "c": 0.05}, (0.24, 0.2, 0.3))
    assert (
        "59 % promised by a is too high; the 26 % promised by b is not contradicted; the 5 %"
        in said
    )


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


@pytest.mark.parametrize(
    ("tested", "says"), [(100, "each of the 100"), (70, "30 of 100 utterances (30 %)")]
)
def test_never_tested(tested, says):
    assert says in read.say_never_tested("cut", tested, 100)
