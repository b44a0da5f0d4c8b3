"""What lesson 13 says follows from its numbers: opposite numbers give the opposite sentence."""

import pandas as pd
import pytest

from mcsan_lite.exercises.verdicts import lesson13 as read
from mcsan_lite.exercises.verdicts import lesson13_table as read_table
from mcsan_lite.exercises.verdicts.sentences import Measured

nan = float("nan")
HIGH, MIDDLE, LOW = Measured(0.8, 0.75, 0.85), Measured(0.5, 0.4, 0.6), Measured(0.2, 0.15, 0.25)
UP, FLAT = Measured(0.2, 0.1, 0.3), Measured(0.0, -0.1, 0.1)


def test_order():
    assert "it tells nothing. The last 12.0 points" in read.say_what_order_tells(0.88, 0.88, 1.0)
    assert "need not recognise any sound" in read.say_what_order_tells(0.84, 1.0, 1.0)


def test_smear():
    nothing = Measured(0.0, 0.0, 0.0)
    assert "There is no smear" in read.say_smear({"linear": nothing}, 0.5)
    below = read.say_smear({"bilstm": LOW}, 0.5)
    assert below.endswith("lies outside the word, less than if all steps moved alike (50 %).")
    assert "more than if all steps" in read.say_smear({"bilstm": HIGH}, 0.5)
    wide = read.say_smear({"bilstm": Measured(0.70, 0.45, 0.95)}, 0.85)
    assert "not distinguishable from what it would be if all steps moved alike (85 %)" in wide


def test_the_first_layer_that_smears():
    assert "enter layer 3 are the first" in read.say_first_smeared({1: 0.0, 2: 0.0, 3: 0.4})
    assert "Up to layer 2" in read.say_first_smeared({1: 0.0, 2: 0.0, 3: 0.4})
    first = read.say_first_smeared({1: 0.3, 2: 0.4})
    assert "enter layer 1 are the first" in first and "Up to" not in first
    assert "In none of 2 layers" in read.say_first_smeared({1: 0.0, 2: 0.0})


def test_shuffling():
    said = read.say_rows_after_shuffling({"MCSAN": 0.02, "neither": 1e-8})
    assert said.startswith("All words keep their rows in “neither”.")
    assert "MCSAN by up to 0.02." in said
    assert read.say_rows_after_shuffling({"MCSAN": 0.1}).startswith("In no network")
    assert "changes with" not in read.say_rows_after_shuffling({"neither": 0.0})


def test_rows_alike():
    said = read.say_rows_alike({"a": 0.97, "b": 0.1, "c": 0.7})
    assert "a: +0.97, nearly one row" in said and "b: +0.10, rows of their own" in said
    assert "c: +0.70, rows that have much in common" in said


def test_sharpness():
    assert read.say_sharpness(0.5, 0.7, "x").endswith("flatter.")
    assert read.say_sharpness(0.7, 0.5, "x").endswith("sharper.")
    assert read.say_sharpness(0.7, 0.701, "x").endswith("as flat as before.")


def test_pointing():
    assert "finds its sound" in read.say_pointing("x", HIGH, UP, 0.3)
    place = read.say_pointing("x", HIGH, FLAT, 0.3)
    assert place.endswith("a lead of the word's own row over the others is not shown.")
    assert "not shown to point in these utterances" in read.say_pointing("x", LOW, UP, 0.3)


def row(change, points, others, wa=0.9, half=0.05):
    cells = {"change": change, "WA": wa, "low": wa - 0.02, "high": wa + 0.02, "chance": 0.25}
    for name, value in (("points", points), ("others", others), ("gap", points - others)):
        cells |= {name: value, f"{name} low": value - half, f"{name} high": value + half}
    return cells


def table(**points):
    """Four networks and one without a map; `points` says which of them point."""
    names = {"mcsan": "MCSAN", "places": "no positions", "steps": "no recurrence"}
    rows = []
    for key, name in {**names, "neither": "neither"}.items():
        rows.append(row(name, points.get(key, 0.25), 0.25))
    return pd.DataFrame([*rows, row("neither, w/o cross", nan, nan, wa=0.8)])


def test_what_a_row_shows():
    assert read_table.map_shows(pd.Series(row("x", 0.6, 0.25))) == "own"
    assert read_table.map_shows(pd.Series(row("x", 0.6, 0.58))) == "place"
    assert read_table.map_shows(pd.Series(row("x", 0.25, 0.1))) == "nothing"
    assert read_table.map_shows(pd.Series(row("x", nan, nan))) == "no map"
    once = {"asks": "one summary"}
    assert read_table.map_shows(pd.Series(row("x", 0.6, 0.1) | once)) == "one row"
    assert read_table.map_shows(pd.Series(row("x", 0.6, 0.58) | once)) == "place"
    assert read_table.map_shows(pd.Series(row("x", 0.25, 0.1) | once)) == "nothing"


def test_a_word_of_its_own():
    said = read_table.say_own_word(table(neither=0.6))
    assert said.startswith(
        "A word's row points at its own sound more often than the rows of other words do in: "
        "“neither”. No pointing is shown in: MCSAN, no"
    )
    assert read_table.say_own_word(table()).startswith(
        "No map is shown in which a word's row points at its own sound more"
    )
    once = read_table.say_own_word(pd.DataFrame([row("x", 0.6, 0.1) | {"asks": "one summary"}]))
    assert once.startswith("No map is shown") and once.endswith("is asked in: x.")
    both = pd.DataFrame([row("x", 0.6, 0.58)])
    assert "a lead over the others is not shown, in: x." in read_table.say_own_word(both)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({"neither": 0.6}, "Without only one of the two, a word of its own is not shown."),
        ({"neither": 0.6, "steps": 0.6}, "already in “no recurrence”"),
        ({}, "not confirmed."),
        ({"places": 0.6}, "though it has one in “no positions”"),
        ({"mcsan": 0.6, "neither": 0.6}, "nothing has to go"),
        ({"mcsan": 0.6, "neither": 0.6}, "difference is +0.0 points (-7.1 to +7.1): not shown."),
        ({"mcsan": 0.5, "neither": 0.8}, "80 % (75 to 85 %) instead of 50 % (45 to 55 %). The"),
        ({"mcsan": 0.5, "neither": 0.58}, "is +8.0 points (+0.9 to +15.1): more often."),
        ({"mcsan": 0.8, "neither": 0.5}, ": less often."),
    ],
)
def test_whether_both_have_to_go(points, says):
    assert says in read_table.say_both_have_to_go(table(**points))


@pytest.mark.parametrize(
    ("seeds", "caption", "says"),
    [
        ([1, 1], "utterances; one seed", "another seed may lie outside"),
        ([3, 3], "utterances and 3 seeds", "over 3 trainings, and the intervals count seeds"),
        ([2, 3], "utterances and 3 seeds", "over 2 to 3 trainings"),
        ([1, 3], "utterances and 3 seeds", "except in rows of one training"),
    ],
)
def test_how_many_trainings_stand_for_a_row(seeds, caption, says):
    made = pd.DataFrame({"seeds": seeds})
    assert caption in read_table.intervals_over(made)
    assert says in read_table.say_seeds_counted(made)


def test_who_recognises():
    said = read_table.say_who_recognises(table(), 0.86)
    assert "Above it: MCSAN" in said and "below it: “neither, w/o cross”" in said
    assert "Not distinguishable from it: MCSAN" in read_table.say_who_recognises(table(), 0.9)


def test_what_matching_is_worth():
    said = read_table.say_matching(table())
    assert "is +10.0 points (+7.2 to +12.8): cross-attention earns points here." in said
    equal = table().assign(WA=0.8, low=0.78, high=0.82)
    assert "no gap is shown" in read_table.say_matching(equal)
    close = table()  # the intervals overlap, and still the difference is shown
    close.loc[close.change == "neither", ["WA", "low", "high"]] = (0.83, 0.81, 0.85)
    assert "+3.0 points (+0.2 to +5.8): cross-attention earns" in read_table.say_matching(close)
    turned = table()
    turned.loc[turned.change == "neither", ["WA", "low", "high"]] = (0.6, 0.58, 0.62)
    assert "costs more than it brings" in read_table.say_matching(turned)


def test_costs():
    gaps = pd.DataFrame(
        {"mean": [0.1, -0.1, 0.0], "low": [0.05, -0.15, -0.1], "high": [0.15, -0.05, 0.1]},
        index=["a", "b", "c"],
    )
    said = read_table.say_cost(gaps, "MCSAN")
    assert "a: +10.0 points (+5.0 to +15.0), gains" in said
    assert "b: -10.0 points (-15.0 to -5.0), costs" in said and "c: " in said
    assert said.endswith("no difference shown.")


def test_a_short_training():
    assert "it recognises sounds" in read.say_short_training("x", HIGH, 0.6)
    assert "does not show that it recognises" in read.say_short_training("x", LOW, 0.6)
    assert "is not shown" in read.say_short_training("x", MIDDLE, 0.5)


def test_score_and_map():
    said = read_table.say_score_and_map(table(neither=0.6), 0.86)
    assert "do not show it: MCSAN, no positions and no recurrence. These have a" in said
    assert said.endswith("are not shown to recognise sounds: none.")
    said = read_table.say_score_and_map(table(neither=0.6), 0.95)
    assert "do not show it: none" in said and said.endswith("sounds: “neither”.")


def both_worlds(matching, listed):
    gaps = {("matching", "w/o cross"): matching, ("listed", "w/o cross"): listed}
    columns = ["gap", "gap low", "gap high"]
    return pd.DataFrame.from_dict(gaps, orient="index", columns=columns).set_axis(
        pd.MultiIndex.from_tuples(gaps)
    )


@pytest.mark.parametrize(
    ("matching", "listed", "says"),
    [
        (UP, FLAT, "no evidence that a word was matched"),
        (UP, Measured(-0.2, -0.3, -0.1), "no evidence that a word was matched"),
        (UP, UP, "raises the score where order tells nothing"),
        (
            UP,
            Measured(0.002, -0.005, 0.008),
            "no gain is shown; if there is one, it is smaller than 1 point. So the gain",
        ),
        (FLAT, UP, "raises the score where order tells nothing"),
        (FLAT, FLAT, "not shown to raise the score in either world"),
    ],
)
def test_what_cross_attention_earns_follows_both_worlds(matching, listed, says):
    *lines, verdict = read_table.say_cross_by_world(both_worlds(matching, listed)).splitlines()
    assert says in verdict and len(lines) == 2
    assert (listed == UP) != ("In MCSAN as it is, with recurrence and positions," in verdict)
    if listed == UP:
        assert (
            lines[1] == "listed world: MCSAN minus w/o cross +20.0 points (+10.0 to +30.0), more."
        )


@pytest.mark.parametrize(
    ("word", "sound", "lead", "says"),
    [
        (HIGH, HIGH, UP, "Hop 1 finds the word, and hop 2 finds its sound."),
        (HIGH, LOW, UP, "Hop 1 finds the word; that hop 2 finds its sound is not shown."),
        (HIGH, HIGH, FLAT, "Hop 1 finds the word; that hop 2 finds its sound is not shown."),
        (LOW, HIGH, UP, "Hop 2 finds the sound of the word; that hop 1 finds the word is not"),
        (LOW, LOW, FLAT, "Neither hop is shown to find the word."),
    ],
)
def test_two_hops(word, sound, lead, says):
    said = read.say_two_hops(word, 0.4, sound, lead, 0.3)
    assert says in said and "chance 40 %. Hop 2" in said and "chance 30 %; its lead" in said


def test_a_rival_that_keeps_its_recurrence():
    found = row("MHA", 0.9, 0.1, wa=0.95) | {"asks": "one summary"}
    said = read_table.say_rival_with_recurrence(pd.DataFrame([found]), 0.86)
    assert said.endswith("So a BiLSTM alone does not keep a map from lying on the right sound.")
    for unlike in ({"low": 0.8}, {"gap low": -0.1}, {"points low": 0.1}):
        said = read_table.say_rival_with_recurrence(pd.DataFrame([found | unlike]), 0.86)
        assert said.endswith("is not found here.")
