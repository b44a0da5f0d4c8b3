"""The sentences of lesson 14 follow their numbers: opposite numbers give the opposite sentence."""

import numpy as np
import pandas as pd
import pytest

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.evaluation.significance import Spread
from mcsan_lite.exercises.verdicts import lesson14 as read
from mcsan_lite.exercises.verdicts import lesson14_design as design

nan = float("nan")


def intervals(**rows):
    return pd.DataFrame(rows, index=["mean", "low", "high"]).T


def test_names_are_listed():
    assert read.listed_names([]) == "none"
    assert read.listed_names(["a"]) == "a"
    assert read.listed_names(["a", "b", "c"]) == "a, b and c"


def test_rows_and_chance():
    scores = intervals(good=(0.9, 0.8, 1.0), bad=(0.05, 0.01, 0.1), wide=(0.2, 0.0, 0.6))
    says = read.say_rows_and_chance(scores, 1 / 7)
    assert "Above chance (14 %): good." in says
    assert "Below chance (14 %): bad." in says
    assert "Not distinguishable from chance (14 %): wide." in says
    assert "The lowest row is bad: 5 % (1 to 10 %)." in says
    silent = intervals(one=(0.5, nan, nan))
    assert "none can be compared" in read.say_rows_and_chance(silent, 1 / 7)


def test_folds_that_are_too_few_cannot_settle_anything():
    assert "25.0 % of cases. Counting folds cannot" in read.say_folds_ahead({"x": 3}, 3)
    says = read.say_folds_ahead({"x": 10, "y": 4}, 10)
    assert "10 of 10 against x and 4 of 10 against y" in says
    assert "0.2 % of cases. So a full count would be rare by luck. Section 3 asks" in says


def trainings(**rows):
    lines = [{"name": row, "wa": wa, "n_test": 400} for row, found in rows.items() for wa in found]
    return pd.DataFrame(lines)


def test_trainings_that_never_began_are_named():
    mixed = trainings(shallow=(0.96, 0.94), deep=(0.15, 0.9, 0.8), gone=(0.14, 0.15))
    assert list(at_chance(mixed, 0.152)) == [False, False, True, False, False, True, True]
    says = read.say_trainings_at_chance(mixed, 0.152).splitlines()
    assert says[0] == "3 of 7 trainings end at the score of naming the largest class (15 %)."
    assert says[1].startswith("Of 3 trainings of deep, 1 ends there: the mean of the row is 61.7 %")
    assert says[1].endswith(", and 85.0 % without it.")
    assert says[2:] == ["Of 2 trainings of gone, 2 end there."]
    fine = trainings(shallow=(0.96, 0.94))
    assert read.say_trainings_at_chance(fine, 0.152).startswith("None of 2 trainings ends at")


def test_a_training_just_above_chance_began():
    few = trainings(row=(0.20,)).assign(n_test=50)
    many = trainings(row=(0.20,)).assign(n_test=5000)
    assert at_chance(few, 0.152).item() and not at_chance(many, 0.152).item()


def depths(stuck, gap):
    """Three depths at one learning rate; `gap` is low and high of both deeper ones."""
    low, high = gap
    numbers = {"gap": (low + high) / 2, "gap low": low, "gap high": high}
    numbers |= {"change": -0.15, "change low": -0.2, "change high": -0.1}
    rows = [
        {"trainings": 30, "stuck": failed, "stuck of one seed": max(failed - 1, 0)} | numbers
        for failed in stuck
    ]
    return pd.DataFrame(rows, ["MCSAN", "N = 2", "N = 3"])


def said_of_depths(*tables):
    """What is said of tables at 0.0015, 0.001 and 0.0005."""
    found = pd.concat(dict(zip((0.0015, 0.001, 0.0005), tables, strict=False)))
    return read.say_depth_by_rate(found).splitlines()


def test_depth_at_two_learning_rates():
    usual = depths((0, 1, 7), (0.1, 0.3))
    starts, calm, two, three, mix = said_of_depths(usual, depths((0, 0, 0), (0.0, 0.1)))
    assert starts.endswith(
        "0.0015, 82 of 90 trainings began to learn. These did not: 1 of N = 2; 7 of N = 3, 6 of "
        "them with the same seed."
    )
    assert calm == "At a learning rate of 0.001, all 90 trainings began to learn."
    assert two.startswith("MCSAN minus N = 2: +20.0 points (+10.0 to +30.0) at 0.0015 and +5.0")
    change = "Change of this gap from 0.0015, fold by fold: -15.0 points (-20.0 to -10.0) at 0.001"
    assert three.endswith(f"+5.0 points (+0.0 to +10.0) at 0.001. {change} (smaller).")
    assert mix.endswith("how often it begins to learn: N = 2 and N = 3 at 0.0015.")


@pytest.mark.parametrize(
    ("low", "says"),
    [(-0.1, "no change shown"), (0.1, "larger"), (-0.9, "smaller"), (nan, "without an interval")],
)
def test_a_change_of_the_gap_has_a_side(low, says):
    calm = depths((0, 0, 0), (-0.01, 0.03))
    changed = calm.assign(**{"change low": low, "change high": low + 0.3})
    *_, last = said_of_depths(calm, changed)
    assert last.endswith(f"at 0.001 ({says}).")  # all began at both: no mean is mixed


def test_every_mean_that_mixes_is_named():
    some = depths((0, 0, 2), (0.1, 0.3))
    *_, last = said_of_depths(depths((0, 1, 7), (0.1, 0.3)), some, some.drop("N = 2"))
    assert last.endswith(": N = 2 and N = 3 at 0.0015; N = 3 at 0.001; N = 3 at 0.0005.")


def test_a_single_rate_says_nothing_of_rates():
    assert "single learning rate" in read.say_depth_by_rate(depths((0,) * 3, (0, 1)).iloc[:0])


def test_pairing():
    paired, unpaired = pd.Series({"a": 5.0, "b": -1.0}), pd.Series({"a": 2.0, "b": -3.0})
    says = read.say_pairing(paired, unpaired)
    assert "1 of 2 rows (a)" in says and "no larger one for b" in says
    assert "rose and fell together in this sample. It gave" in says
    says = read.say_pairing(unpaired, paired)
    assert "1 of 2 rows (b)" in says and "no larger one for a" in says
    says = read.say_pairing(pd.Series({"a": 1.0, "b": nan}), unpaired)  # b did not vary
    assert "0 of 1 rows. It gave no larger one for a." in says


def test_gaps_are_grouped_by_verdict():
    gaps = intervals(a=(0.02, 0.01, 0.03), b=(-0.01, -0.05, 0.03), c=(0.01, nan, nan))
    verdicts = pd.Series({"a": "reproduced", "b": "not distinguishable", "c": "not run"})
    says = read.say_row_gaps(gaps, verdicts).splitlines()
    assert says[0] == "Reproduced: a +2.0 points (+1.0 to +3.0)."
    assert says[1] == "Not distinguishable: b -1.0 points (-5.0 to +3.0)."
    assert "+1.0 points, the same in every fold" in says[2]
    turned = read.say_row_gaps(-gaps, pd.Series({"a": "differs"}))
    assert turned.startswith("Differs: a -2.0 points")
    gone = read.say_row_gaps(intervals(a=(nan, nan, nan)), pd.Series({"a": "not run"}))
    assert gone == "Not run: a without a run."


def test_what_holm_takes_away():
    p = pd.Series({"a": 0.001, "b": 0.04, "c": 0.5})
    says = read.say_luck_removed(p, pd.Series({"a": 0.003, "b": 0.08, "c": 0.5}))
    assert "Alone, 2 of 3 rows stand out (a and b). Left after Holm: 1 (a)" in says
    assert says.endswith("could have brought the others: b.")
    assert read.say_luck_removed(p, p).endswith("takes none away.")
    assert "none of 3 rows" in read.say_luck_removed(p + 0.5, p + 0.5)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((0.02, 0.04, 0.022, 0.038), "a gap"),
        ((-0.04, -0.02, -0.038, -0.022), "a gap"),
        ((0.001, 0.008, 0.002, 0.007), "a gap too small to matter"),
        ((-0.011, 0.009, -0.009, 0.007), "alike"),  # TOST goes with the 90 % interval
        ((-0.009, 0.013, -0.007, 0.011), "we do not know"),
    ],
)
def test_a_gap_alike_or_unknown(numbers, says):
    unknown = pd.Series((nan, nan, nan, nan), ["low", "high", "low 90", "high 90"])
    assert read.gap_or_alike(unknown, 0.01) == "we do not know"
    gap = pd.Series(numbers, ["low", "high", "low 90", "high 90"])
    assert read.gap_or_alike(gap, 0.01) == says
    number = "1" if says == "we do not know" else "0"
    text = read.say_gap_or_alike(pd.DataFrame({"row": gap}).T, 0.01)
    assert f"{says.capitalize()}: row." in text
    assert f"For {number} of 1 rows" in text


def epochs(best, peeked, count=10):
    return pd.DataFrame({"best_epoch": best, "peeked_epoch": peeked, "epochs": count})


def test_peeking_that_gained_nothing_says_why():
    says = read.say_epoch_of_peeking(epochs([10, 10], [10, 10]), "MCSAN", (0.0, nan, nan))
    assert "bought MCSAN +0.0 points in every fold" in says
    assert "in 2 of 2 trainings both parts choose the same epoch" in says
    assert "in 2 of 2 the test part is best in the last epoch" in says


def test_peeking_that_gained_something():
    past = epochs([4, 5], [6, 9])
    says = read.say_epoch_of_peeking(past, "x", (0.02, 0.01, 0.03))
    assert "+2.0 points (+1.0 to +3.0), which is shown: in 0 of 2" in says
    assert "last epoch" not in says
    says = read.say_epoch_of_peeking(past, "x", (0.02, -0.01, 0.05))
    assert "these folds do not show how much" in says


def test_peeking_and_the_smallest_gap():
    gaps = pd.Series({"b": 0.01, "c": 0.5})
    more = read.say_peeking_rows(intervals(a=(0.0, nan, nan), b=(0.02, 0.01, 0.03)), gaps)
    assert "most in b: +2.0 points (+1.0 to +3.0). The mean is more than" in more
    less = read.say_peeking_rows(intervals(a=(0.005, nan, nan), b=(0.0, nan, nan)), gaps)
    assert "most in a: +0.5 points, the same in every fold" in less
    assert "The mean is less than the smallest gap of the table (b" in less
    none = read.say_peeking_rows(intervals(a=(0.0, nan, nan)), gaps)
    assert none.endswith(
        "nothing in any row: in no training was another epoch better on the test part."
    )


def test_interaction():
    said = read.say_interaction("x", (0.2, 0.1, 0.3))
    assert said.startswith("x: WA minus that of its EMAP is +20.0 points (+10.0 to +30.0).")
    assert said.endswith("Its EMAP is right less often.")
    assert "is right more often" in read.say_interaction("x", (-0.2, -0.3, -0.1))
    says = read.say_interaction("x", (0.2, -0.1, 0.5))
    assert "No use of interaction is shown" in says and "does not mean that there is none" in says


def test_the_limits_of_a_deviation_are_those_of_chi_square():
    low, high = design.deviation_limits(1.0, 3)
    assert np.isclose(low, 0.5207, atol=1e-4) and np.isclose(high, 6.2847, atol=1e-3)


def test_a_deviation_of_three_numbers_is_very_uncertain_and_of_thirty_is_not():
    assert design.say_deviation("x", 0.01, 3) == (
        "x: 1.0 points over 3 numbers; the true one may be 0.5 to 6.3 (very uncertain)."
    )
    assert "uncertain" not in design.say_deviation("x", 0.01, 30)
    assert "has no deviation" in design.say_deviation("x", nan, 1)
    assert "the same in all 3" in design.say_deviation("x", 0.0, 3)


def test_the_spread_and_the_draw():
    assert "is above the 1.0 points" in design.say_sampling_share(0.05, 10, 0.01)
    assert "is below the 5.0 points" in design.say_sampling_share(0.01, 10, 0.05)
    assert "is not distinguishable from" in design.say_sampling_share(0.01, 10, 0.011)
    assert "no spread" in design.say_sampling_share(nan, 1, 0.01)


def test_a_promise_that_is_kept_or_broken():
    alarms = intervals(a=(0.3, 0.2, 0.4), b=(0.01, 0.0, 0.03), c=(0.05, 0.02, 0.1))
    says = design.say_promise_kept(alarms).splitlines()
    assert says[0] == "a: 30 % (20 to 40 %) false alarms, too many."
    assert says[1].endswith("fewer than that.")
    assert "as promised" in says[2]


def test_equal_learners():
    behind = design.say_equal_worth(-0.0073, 0.0056)
    assert "A is 0.73 points behind B" in behind and "neither is shown to be better" in behind
    ahead = design.say_equal_worth(0.02, 0.0056)
    assert "A is 2.00 points ahead of B" in ahead and "does not do what it was made for" in ahead


def test_repeating():
    alarms = "its share of false alarms"
    assert f"raises {alarms}: +50.0 points (+4" in design.say_repeats((0.5, 0.4, 0.6))
    assert f"lowers {alarms}: -50.0 points (-6" in design.say_repeats((-0.5, -0.6, -0.4))
    said = design.say_repeats((0.02, -0.01, 0.05))
    assert f"is not shown to change {alarms}: +2.0 points (-1.0 to +5.0)." in said
    # Shares of 10 % (7 to 15 %) and 15 % (11 to 20 %) overlap; on the same toys they may differ.
    assert "raises" in design.say_repeats((0.05, 0.02, 0.08))


def test_power_that_is_enough_or_never():
    says = design.say_best_power({"from seeds": 1.0, "from folds": 0.2}).splitlines()
    assert says[0].endswith("100 %, so some number is enough.")
    assert says[1].endswith("20 %, so only more data would help.")


def test_printed_gaps_within_noise():
    table = pd.DataFrame(
        {"ua p": [0.001, 0.03, 0.4], "ua Holm p": [0.003, 0.06, 0.4]}, ["a", "b", "c"]
    )
    says = design.say_within_noise(table, "ua")
    assert says == "In UA, within noise as printed: c; after Holm also b."
    same = table.assign(**{"ua Holm p": table["ua p"]})
    assert design.say_within_noise(same, "ua").endswith("Holm adds none.")


def test_needed_correlations():
    says = design.say_needed_correlations(pd.Series({"a": -3.0, "b": 0.9, "c": 0.1}))
    assert "move: a." in says and "asked of b: a correlation of at least 0.90" in says
    says = design.say_needed_correlations(pd.Series({"a": -3.0, "b": -2.0}))
    assert says.endswith("a and b.")


def test_small_deviations():
    says = design.say_small_deviations(pd.Series({"a": 0.01, "b": 0.3}))
    assert "that of a" in says and says.endswith("Rarer than one in 20: a.")
    says = design.say_small_deviations(pd.Series({"a": 0.2, "b": 0.1}))
    assert "that of b" in says and says.endswith("No single row is remarkable.")


def test_two_directions():
    said = design.say_two_directions(0.01, -0.01)
    assert "have opposite signs, and neither direction is settled" in said
    assert "the same sign, which settles no" in design.say_two_directions(-0.02, -0.01)
    said = design.say_two_directions(0.0, -0.01)
    assert "Rajan et al. have neither ahead" in said and "names no direction" in said


@pytest.mark.parametrize(
    ("folds", "seeds", "says"),
    [
        (0.02, 0.01, "2.0 points between folds and by 1.0 between the seeds of one fold"),
        (0.02, 0.01, "The larger part is between folds."),
        (0.01, 0.02, "The larger part is between seeds."),
        (0.0, 0.03, "varies by 3.0 points between the seeds of one fold, and no spread between"),
        (0.02, float("nan"), "nothing tells seeds from folds"),
        (float("nan"), 0.02, "nothing tells folds from seeds"),
    ],
)
def test_where_the_noise_is(folds, seeds, says):
    assert says in design.say_where_noise_is("w/o self", Spread(folds, seeds))
