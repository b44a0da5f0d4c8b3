"""What lesson 11 says follows from its numbers: opposite numbers give the opposite sentence."""

from mcsan_lite.exercises.verdicts import lesson11 as read
from mcsan_lite.exercises.verdicts.sentences import Measured

UP, DOWN, FLAT = Measured(0.2, 0.1, 0.3), Measured(-0.2, -0.3, -0.1), Measured(0.0, -0.1, 0.1)
HIGH, LOW = Measured(0.9, 0.8, 1.0), Measured(0.4, 0.3, 0.5)


def test_being_right_is_not_pointing():
    said = [read.say_right_and_pointing("w", 0.9, HIGH, chance) for chance in (0.2, 0.85, 1.1)]
    assert "above chance (20%), so the map is readable" in said[0]
    assert "being right does not make the map point" in said[1]
    assert "below chance (110%), so the map points elsewhere" in said[2]


def test_deletion():
    assert "hurts sooner than luck" in read.say_deletion("x", UP, "luck")
    assert "hurts later than luck" in read.say_deletion("x", DOWN, "luck")
    assert "not distinguishable from luck" in read.say_deletion("x", FLAT, "luck")


def test_swapped_and_untrained_weights():
    assert "does need its own weights" in read.say_swapped_weights("uniform", LOW, HIGH, LOW)
    assert "no need of its own weights is shown" in read.say_swapped_weights(
        "uniform", HIGH, HIGH, HIGH
    )
    assert "cannot replace" in read.say_trained_without("x", UP, 3)
    assert "better without" in read.say_trained_without("x", DOWN, 3)
    assert "may still hide" in read.say_trained_without("x", FLAT, 3)
    assert "no interval and no verdict" in read.say_trained_without("x", None, 1)


def test_stability():
    assert "seeds agree more with each other" in read.say_stability("x", HIGH, LOW)
    assert "before any training" in read.say_stability("x", HIGH, LOW)
    assert "not shown to agree more" in read.say_stability("x", LOW, HIGH)
    assert "nothing of it is shown to be there before training" in read.say_stability(
        "x", HIGH, FLAT
    )


def test_who_follows():
    said = read.say_who_follows("move", {"a": HIGH, "b": LOW}, 0.6, "a coin")
    assert said.startswith("move (chance 60%, a coin): a follows in 90 % (80 to 100 %), above")
    assert "b follows in 40 % (30 to 50 %), below chance" in said


def test_insertion():
    said = read.say_insertion("silence", {"a": UP, "b": DOWN, "c": FLAT, "d": UP}, "luck")
    assert "back sooner than luck: a and d; later than luck: b; at a time that is not" in said
    assert "distinguishable from luck: c." in said
    only = read.say_insertion("silence", {"a": DOWN}, "luck")
    assert only.endswith("back later than luck: a.") and "sooner" not in only


def test_eraser():
    good, bad = read.say_eraser("x", UP, UP, "luck"), read.say_eraser("x", DOWN, DOWN, "luck")
    assert "without its top frames more is lost (+20.0" in good and "alone keep more" in good
    assert "without its top frames less is lost (-20.0" in bad and "alone keep less" in bad
    flat = read.say_eraser("x", FLAT, FLAT, "luck")
    assert "no other loss is shown" in flat and "not shown to keep more or less" in flat
