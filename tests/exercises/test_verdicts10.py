"""What lesson 10 says follows from its numbers: opposite numbers give the opposite sentence."""

import pytest

from mcsan_lite.exercises.verdicts import lesson10 as read

HIGH, LOW = read.Measured(0.6, 0.5, 0.7), read.Measured(0.2, 0.1, 0.3)
LEAD, NONE = read.Measured(0.2, 0.1, 0.3), read.Measured(0.0, -0.1, 0.1)


def rows(own, difference):
    return read.RowsOfMap(own, HIGH, difference, 0.2)


@pytest.mark.parametrize(
    ("own", "difference", "verdict"),
    [
        (HIGH, LEAD, read.OWN_WORD),
        (HIGH, NONE, read.PLACE),
        (LOW, LEAD, read.DEPENDS),
        (LOW, NONE, read.NOTHING),
    ],
)
def test_both_intervals_decide(own, difference, verdict):
    assert read.what_rows_show(rows(own, difference)) == verdict


@pytest.mark.parametrize("passes", [read.OWN_WORD, read.DEPENDS])
def test_an_untrained_network_that_passes_voids_every_lead_in_its_world(passes):
    verdicts = [read.OWN_WORD, read.PLACE, read.DEPENDS, read.NOTHING]
    shown = {f"here, {i}": verdict for i, verdict in enumerate(verdicts)}
    shown["there, 0"] = read.OWN_WORD
    control = {"here, fresh": passes, "there, fresh": read.NOTHING}
    standing = read.voided_by_untrained(shown, control)
    expected = [read.VOID, read.PLACE, read.VOID, read.NOTHING, read.OWN_WORD]
    assert list(standing.values()) == expected
    said = read.say_what_the_control_did(control)
    assert "“here, fresh” never learned" in said and "counts there (here)." in said
    assert "of 2 such intervals one may exclude zero" in said
    del standing["there, 0"]
    assert "that is the verdict on “here, 1”" in read.say_worlds_together(standing)


def test_two_worlds_may_be_void():
    control = {"a, 0": read.OWN_WORD, "a, 1": read.DEPENDS, "b, 0": read.OWN_WORD}
    assert "counts there (a and b)." in read.say_what_the_control_did(control)


def test_a_control_at_chance_voids_nothing():
    shown = {"a": read.OWN_WORD, "b": read.PLACE}
    control = {"fresh": read.NOTHING}
    assert read.voided_by_untrained(shown, control) == shown
    said = read.say_what_the_control_did(control)
    assert "no untrained network is shown to point, so no verdict is void" in said
    assert "does not show that training made the difference" in said
    assert "readable place as well" in read.say_what_the_control_did({"fresh": read.PLACE})
    assert "seen in 1 of 2 trained networks: a" in read.say_worlds_together(shown)
    assert "No trained network" in read.say_worlds_together({"a": read.NOTHING})


def test_a_control_just_beside_a_trained_network_proves_no_training():
    lead, fresh = read.Measured(0.040, 0.003, 0.077), read.Measured(0.036, -0.001, 0.073)
    control = {"a, fresh": read.what_rows_show(rows(LOW, fresh))}
    trained = {"a, 0": read.what_rows_show(rows(LOW, lead))}
    assert read.voided_by_untrained(trained, control) == {"a, 0": read.DEPENDS}
    assert "does not show that training" in read.say_what_the_control_did(control)


def test_a_lead_that_is_not_shown_is_not_called_absent():
    close = read.RowsOfMap(HIGH, HIGH, read.Measured(0.1, -0.01, 0.21), 0.2)
    said = read.say_what_rows_show("net", close, read.what_rows_show(close))
    assert "a lead of the word's own row over the others is not shown." in said
    together = read.say_worlds_together({"net": read.PLACE})
    assert "no lead of the word's own row is shown" in together
    assert "no word of its own" not in said + together
    fresh = read.say_what_the_control_did({"fresh": read.PLACE})
    assert "None of them is shown to have a word of its own" in fresh


def test_a_network_is_told_with_chance_and_other_words():
    said = read.say_what_rows_show("net", rows(HIGH, NONE), read.PLACE)
    assert "60 % (50 to 70 %), chance 20 %, which is above chance" in said and read.PLACE in said
    assert "not distinguishable" in read.say_what_rows_show("net", rows(LOW, NONE), read.NOTHING)


def test_one_utterance():
    assert "more than the 20%" in read.say_row_of_one("pain", 0.4, 0.2)
    assert "less than the 20%" in read.say_row_of_one("pain", 0.1, 0.2)
    assert "about as much as the 4%" in read.say_row_of_one("pain", 0.039, 0.041)
    assert "holds the word itself" in read.say_slice("pain", ["the", "pain"])
    assert "not at its own sound" in read.say_slice("pain", ["the"])
    assert "no word times" in read.say_slice("pain", [])
    assert "also the best" in read.say_chosen_head(2, 2)
    assert "another story" in read.say_chosen_head(2, 1)
    assert "hardly alike" in read.say_two_directions(0.1)
    assert "much alike" in read.say_two_directions(0.9)
    assert "sign turned" in read.say_two_directions(-0.9)


@pytest.mark.parametrize(
    ("after", "rule", "says"),
    [
        ("joy", "joy", "goes from anger to joy, as the rule asks"),
        ("joy", "fear", "goes from anger to joy, where the rule asks for fear"),
        ("anger", "anger", "stays anger, as the rule asks"),
        ("anger", "fear", "stays anger, where the rule asks for fear"),
    ],
)
def test_a_respelled_word(after, rule, says):
    assert says in read.say_respelled("anger", after, rule)
