"""What lesson 11 says follows from its numbers: opposite numbers give the opposite sentence."""

from mcsan_lite.exercises.verdicts import lesson11 as read
from mcsan_lite.exercises.verdicts.sentences import Measured

UP, DOWN, FLAT = Measured(0.2, 0.1, 0.3), Measured(-0.2, -0.3, -0.1), Measured(0.0, -0.1, 0.1)
HIGH, LOW = Measured(0.9, 0.8, 1.0), Measured(0.4, 0.3, 0.5)


def test_being_right_is_not_pointing():
    said = [read.say_right_and_pointing("w", 0.9, HIGH, chance) for chance in (0.2, 0.85, 1.1)]
    assert "above chance (20%), so the map is readable" in said[0]
    assert "not distinguishable from chance (85%), so pointing is not shown." in said[1]
    wide = read.say_right_and_pointing("w", 0.9, Measured(0.30, 0.18, 0.42), 0.22)
    assert wide.endswith("not distinguishable from chance (22%), so pointing is not shown.")
    assert "below chance (110%), so the map points elsewhere" in said[2]


def test_deletion():
    assert "hurts sooner than luck" in read.say_deletion("x", UP, "luck")
    assert "hurts later than luck" in read.say_deletion("x", DOWN, "luck")
    assert "not distinguishable from luck" in read.say_deletion("x", FLAT, "luck")


def test_swapped_and_untrained_weights():
    needed = read.say_swapped_weights("uniform", LOW, HIGH, UP)
    assert "stay, and 90 % (80 to 100 %) are right. Own weights less these: +20.0 points" in needed
    assert "do need their own weights" in needed
    assert "with the other weights more is right" in read.say_swapped_weights("x", LOW, LOW, DOWN)
    assert "no need of their own" in read.say_swapped_weights("x", HIGH, HIGH, FLAT)
    more, less = [read.say_trained_without("x", gap, 3) for gap in (UP, DOWN)]
    assert "over these seeds it scores higher" in more
    assert "over these seeds it scores lower" in less
    assert all("error from the utterances is not counted" in said for said in (more, less))
    assert "may still hide" in read.say_trained_without("x", FLAT, 3)
    assert "no interval and no verdict" in read.say_trained_without("x", None, 1)


def test_stability():
    shared = read.say_stability("x", LOW, UP)
    assert "these trained networks agree more with each other than one of them agrees" in shared
    assert "agrees with an untrained network; a part of it is there" in shared
    assert shared.endswith("a part of it is there in this one untrained network, too.")
    assert "these trained networks agree less" in read.say_stability("x", HIGH, DOWN)
    assert "networks are not shown to agree more" in read.say_stability("x", LOW, FLAT)
    alone = read.say_stability("x", FLAT, UP)
    assert alone.endswith("this one untrained network is not shown to share any of it.")


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
