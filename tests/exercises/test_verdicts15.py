"""The sentences of lesson 15 follow their numbers: opposite numbers give the opposite sentence."""

import pandas as pd
import pytest

from mcsan_lite.exercises.verdicts import lesson15 as read

nan = float("nan")


@pytest.mark.parametrize(
    ("choice", "default", "says"),
    [
        ("dropout=0.3", 0.0, "dropout: 0.0 → 0.3"),
        ("conv_same=False", True, "padding of the convolution: yes → no"),
        ("select=ua", "wa", "score that picks the epoch: wa → ua"),
        ("new_field=2", 1, "new field: 1 → 2"),
    ],
)
def test_a_choice_in_plain_words(choice, default, says):
    assert read.readable_choice(choice, default) == says


def test_settings():
    verdicts = pd.Series({"a": "reproduced", "b": "differs"})
    assert read.say_settings(verdicts).endswith("Not met: b.")
    assert read.say_settings(verdicts[:1]) == "1 of 1 printed settings are those of the code."


def test_open_choices():
    paper, here = pd.Series({"a": 1, "b": "x"}), pd.Series({"a": 2, "b": "x"})
    assert "quick differs from paper in 1 of 2 settings: a." in read.say_open_choices(
        paper, here, "quick"
    )
    assert "leaves all 2 settings" in read.say_open_choices(paper, paper, "quick")


@pytest.mark.parametrize(
    ("expected", "says"), [(10, "about right"), (20, "too cautious"), (5, "too hopeful")]
)
def test_the_price(expected, says):
    text = read.say_price(27, 4.5, 10, expected)
    assert text.startswith("27 trainings were expected to take 4.5 minutes")
    assert f"was {says}. (" in text


def test_both_verdicts():
    alone = pd.Series(
        {"m": "reference", "a": "reproduced", "b": "reproduced", "c": "not run", "d": nan}
    )
    after = alone.replace({"b": "not run"})
    after["b"] = "not distinguishable"
    says = read.say_both_verdicts(alone, after)
    assert says.startswith("Alone: 2 reproduced. After Holm: 1 reproduced, 1 not distinguishable.")
    assert says.endswith("Lost by the correction: b.")
    assert read.say_both_verdicts(alone, alone).endswith("changes none of the 2.")
    assert (
        read.say_both_verdicts(alone[["m", "c"]], after[["m", "c"]]) == "Nothing was tested here."
    )


def test_one_sentence():
    says = read.say_sentence("x helps", (0.02, 0.01, 0.03), "reproduced", "not distinguishable")
    assert "“x helps”: +2.0 points (+1.0 to +3.0). Alone: reproduced. After Holm: not" in says
    flat = read.say_sentence("x helps", (-0.02, nan, nan), "differs", "differs")
    assert "-2.0 points, the same in every fold. Alone: differs." in flat


def test_a_printed_gap():
    assert "do not carry" in read.say_printed_gap(1.2, 0.2, (0.01, -0.01, 0.03))
    clear = read.say_printed_gap(4.0, 0.0001, (0.02, 0.01, 0.03))
    assert clear.startswith("t 4.00, p below 0.001, +2.0 points")
    assert "alone carry the sentence" in clear
    assert "do not carry" in read.say_printed_gap(nan, nan, (0.01, nan, nan))


def test_weak_sentences():
    verdicts = pd.Series(["within noise", "beyond noise", "beyond noise", ""])
    assert read.say_weak_sentences(verdicts) == (
        "1 of 3 comparisons are within noise by their own numbers."
    )
    more = pd.concat([verdicts, pd.Series(["no deviation printed"])])
    assert "; 1 more have no printed deviation" in read.say_weak_sentences(more)


def changes(**rows):
    return pd.DataFrame(rows, index=["difference", "low", "high"]).T


def test_choices_that_move_the_score_and_choices_that_do_not():
    says = read.say_choices(changes(a=(0.2, -0.1, 0.5), b=(0.02, 0.01, 0.03), c=(0, nan, nan)))
    assert "Shown to move the score: 1 of 2 choices with an interval (b)" in says
    assert "luck alone would bring 0.1" in says and says.endswith("which shows nothing yet.")
    says = read.say_choices(changes(a=(-0.2, -0.3, -0.1), b=(0.02, -0.01, 0.05)))
    assert "(a)" in says and says.endswith("that of “a”: -20.0 points (-30.0 to -10.0).")
    alone = read.say_choices(changes(a=(0.1, nan, nan)))
    assert alone.startswith("No choice has an interval") and alone.endswith("“a”: +10.0 points.")
    both = changes(a=(0.1, nan, nan), b=(0.02, 0.01, 0.03))
    assert "+10.0 points, without an interval" in read.say_choices(both)


def test_systems_lie_above_or_below_a_floor():
    sides = {"MCSAN": (0.1, 0.05, 0.15), "rival": (-0.3, -0.4, -0.2), "other": (0.0, -0.1, 0.1)}
    gaps = pd.DataFrame(sides, index=["mean", "low", "high"]).T
    says = read.say_above_a_floor("order", gaps, "MCSAN")
    assert says == (
        "Floor “order”: 1 of 3 systems above; below it: rival; not distinguishable from it: other. "
        "MCSAN itself is above it."
    )
    alone = read.say_above_a_floor("a", gaps[:1], "MCSAN")
    assert alone == "Floor “a”: 1 of 1 systems above. MCSAN itself is above it."
    ends = read.say_above_a_floor("order", gaps.rename({"other": "Xu et al."}), "MCSAN")
    assert "not distinguishable from it: Xu et al. MCSAN itself" in ends
    below = gaps.rename({"MCSAN": "rival", "rival": "MCSAN"})
    assert read.say_above_a_floor("a", below, "MCSAN").endswith("MCSAN itself is below it.")
    untested = gaps.assign(low=nan, high=nan)  # one fold without predictions has no interval
    says = read.say_above_a_floor("order", untested, "MCSAN")
    assert "0 of 3 systems above; without an interval to compare with it: MCSAN, rival" in says
    assert says.endswith("MCSAN itself is without an interval to compare with it.")


def test_a_name_with_a_comma_is_quoted():
    verdicts = pd.Series({"MHA, 1 hop": "reproduced", "CAN": "reproduced"})
    says = read.say_both_verdicts(verdicts, verdicts.replace("reproduced", "not distinguishable"))
    assert says.endswith("Lost by the correction: “MHA, 1 hop” and CAN.")


def test_who_is_ahead_of_mcsan():
    gaps = {"a": (0.1, 0.05, 0.2), "b": (-0.1, -0.2, -0.05), "c": (0.1, -0.1, 0.3)}
    table = pd.DataFrame(gaps, index=["wa gap", "wa gap low", "wa gap high"]).T
    says = read.say_ahead_of(table, "wa")
    assert "ahead of MCSAN: b; behind: a; not distinguishable: 1 of 3." in says
    turned = -table[["wa gap", "wa gap high", "wa gap low"]].set_axis(table.columns, axis=1)
    assert "ahead of MCSAN: a; behind: b; not" in read.say_ahead_of(turned, "wa")


def test_comparable_numbers():
    says = read.say_comparable(pd.Series([True, False, False]), "meld")
    assert says.startswith("Beside MCSAN's own, 1 of 3 published numbers on meld")
    assert read.say_comparable(pd.Series([True, False, False]), "x").endswith("a minority.")
    assert read.say_comparable(pd.Series([True, True, False]), "x").endswith("the majority.")


def test_a_model_of_ones_own():
    sides = {"a, b": (0.2, 0.1, 0.3), "c": (0.1, 0.1, 0.2), "d": (-0.2, -0.3, -0.1)}
    gaps = pd.DataFrame(sides, index=["mean", "low", "high"]).T
    says = read.say_own_model("m", (0.3, 0.2, 0.4), gaps)
    assert says == (
        "m: 30 % (20 to 40 %). On the same folds it is above “a, b” and “c”; below “d”."
    )
    untested = gaps[:1].assign(low=nan, high=nan)
    assert "it is without an interval to compare with “a, b”." in read.say_own_model(
        "m", (0.3, 0, 1), untested
    )


def systems(**cells):
    """Both worlds, alike: {system: (its lead over the trees, what it is told)}."""
    rows = {
        name: {"mean": 0.9, "low": 0.89, "high": 0.91, "told": told}
        | {"above": lead, "above low": lead - 0.01, "above high": lead + 0.01}
        for name, (lead, told) in cells.items()
    }
    trees = {"mean": 0.87, "low": 0.86, "high": 0.88, "told": ""}
    table = pd.DataFrame.from_dict({**rows, "trees": trees}, orient="index")
    return pd.concat({"matching": table, "listed": table})


def test_who_recognises_sounds_where_order_tells_nothing():
    found = systems(MHA=(0.1, ""), CAN=(0.1, "word times"), MDRE=(-0.1, ""), MCSAN=(0.0, ""))
    assert read.say_rivals_without_order(found, "trees", 0.88) == (
        "Where order tells nothing, 0.880 can be reached without recognising a sound, and trees "
        "reach 0.870 [0.860, 0.880]. Above both, each by its own interval, and so shown to "
        "recognise sounds: MHA (0.900 [0.890, 0.910]). Not shown to be above both: MDRE (0.900 "
        "[0.890, 0.910]) and MCSAN (0.900 [0.890, 0.910]). CAN: given word times, so the score "
        "shows no such thing."
    )
    told = read.say_rivals_without_order(found, "trees", 0.895)  # an interval that holds the bound
    assert "so shown to recognise sounds: none." in told
    missing = read.say_rivals_without_order(found.drop(("listed", "MDRE")), "trees", 0.88)
    assert missing.endswith("Not run in this world: MDRE.")


@pytest.mark.parametrize(
    ("matching", "listed", "turned"), [(0.1, -0.1, True), (0.1, 0.1, False), (0.1, 0.0, False)]
)
def test_who_is_ahead_in_one_world_and_behind_in_the_other(matching, listed, turned):
    gaps = pd.DataFrame({"gap": [matching, listed, nan]})
    gaps = gaps.assign(**{"gap low": gaps.gap - 0.02, "gap high": gaps.gap + 0.02})
    gaps.index = pd.MultiIndex.from_tuples(
        [("matching", "MHA"), ("listed", "MHA"), ("listed", "MCSAN")], names=["world", "system"]
    )
    says = read.say_turned_round(gaps)
    assert says.endswith("So who is ahead depends on the corpus.") == turned
    assert says.startswith("MCSAN minus MHA is +10.0 points (+8.0 to +12.0) in the m") == turned
    assert says.startswith("No system is shown") != turned
