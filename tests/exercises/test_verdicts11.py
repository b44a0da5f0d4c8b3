"""What lesson 11 says follows from its numbers: opposite numbers give the opposite sentence."""

from mcsan_lite.exercises.verdicts import lesson11 as read
from mcsan_lite.exercises.verdicts.sentences import Measured

UP, DOWN, FLAT = Measured(0.2, 0.1, 0.3), Measured(-0.2, -0.3, -0.1), Measured(0.0, -0.1, 0.1)
HIGH, LOW = Measured(0.9, 0.8, 1.0), Measured(0.4, 0.3, 0.5)


def test_being_right_is_told_apart_from_pointing():
    said = [read.say_right_and_pointing("w", 0.9, HIGH, chance) for chance in (0.2, 0.85, 1.1)]
    assert "above chance, so the map is readable" in said[0]
    assert "being right does not make the map point" in said[1]
    assert "below chance, so the map points elsewhere" in said[2]


def test_deletion():
    assert "hurts sooner than luck" in read.say_deletion("x", UP, "luck")
    assert "hurts later than luck" in read.say_deletion("x", DOWN, "luck")
    assert "not distinguishable from luck" in read.say_deletion("x", FLAT, "luck")


def test_swapped_and_untrained_weights():
    assert "does need its own weights" in read.say_swapped_weights("uniform", LOW, HIGH, LOW)
    assert "were not needed" in read.say_swapped_weights("uniform", HIGH, HIGH, HIGH)
    assert "cannot replace" in read.say_trained_without("x", UP, 3)
    assert "better without" in read.say_trained_without("x", DOWN, 3)
    assert "may still hide" in read.say_trained_without("x", FLAT, 3)
    assert "no interval and no verdict" in read.say_trained_without("x", None, 1)


def test_stability():
    assert "agree more" in read.say_stability("x", HIGH, LOW)
    assert "before any training" in read.say_stability("x", HIGH, LOW)
    assert "agree no better" in read.say_stability("x", LOW, HIGH)
    assert "nothing of it is seen before training" in read.say_stability("x", HIGH, FLAT)


def test_who_follows():
    said = read.say_who_follows("move", {"a": HIGH, "b": LOW}, 0.6)
    assert "a 90 % (80 to 100 %): above chance" in said
    assert "b 40 % (30 to 50 %): below chance" in said
