"""A study: its seal, its verdict, and a write-up that follows from its numbers."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from refusals import refusal
from studies import PLAN, grid_of, made_study

from mcsan_lite.evaluation.significance import corrected_t, holm
from mcsan_lite.exercises.capstone import report
from mcsan_lite.exercises.capstone import study as capstone
from mcsan_lite.exercises.verdicts import lesson18 as read
from mcsan_lite.paper.claims import Support

OTHERS = {"w/o self": 0.02, "N = 2": 0.02}


def results_of(gap, sd=0.01, **more):
    results = grid_of({"w/o cross": gap, **OTHERS, **more}, sd)
    return results.assign(run=results.name)


def opened(plan, results, sealed=None):
    return capstone.study_of(plan, sealed or capstone.seal(plan), results, generated=True)


def test_a_seal_holds_the_whole_protocol_whatever_its_order():
    turned = dict(reversed(PLAN.items()))
    assert capstone.seal(turned) == capstone.seal(PLAN)
    assert capstone.seal(PLAN | {"margin": 0.02}).digest != capstone.seal(PLAN).digest
    capstone.require_sealed(turned, capstone.seal(PLAN))


def test_a_changed_protocol_is_refused_and_the_field_is_named():
    later = PLAN | {"margin": 0.03}
    told = refusal(lambda: opened(later, results_of(0.05), capstone.seal(PLAN)))
    assert "changed after it was sealed (margin: 0.01 when sealed, 0.03 now)" in told


def test_other_folds_than_planned_are_refused():
    told = refusal(lambda: opened(PLAN | {"folds": 3}, results_of(0.05)))
    assert "folds × seeds: 4 × 1" in told and "3 × 1, as the protocol says" in told


def test_rows_that_were_not_run_are_refused():
    results = results_of(0.05)
    told = refusal(lambda: opened(PLAN, results[results.name != "w/o cross"]))
    assert "without 'MCSAN' or without 'w/o cross'" in told and "mcsan run table3" in told
    assert "claim" in refusal(lambda: opened(PLAN | {"claim": "glove"}, results))


@pytest.mark.parametrize(
    ("gap", "sd", "verdict"),
    [
        (0.06, 0.01, "reproduced"),
        (-0.06, 0.01, "differs"),
        (0.01, 0.04, "not distinguishable"),
        (0.06, 0.0, "not distinguishable"),  # nothing varies: no test
    ],
)
def test_the_verdict_follows_the_numbers(gap, sd, verdict):
    study = made_study(gap, sd)
    assert study.verdict == verdict
    assert study.verdict in report.verdict_sentence(study)


def test_a_score_is_called_as_in_the_tables():
    study = made_study(0.06, 0.01)
    assert " minus w/o cross in WA is " in report.verdict_sentence(study)
    of_f1 = replace(study, claim=replace(study.claim, metric="weighted_f1"))
    assert " minus w/o cross in weighted F1 is " in report.verdict_sentence(of_f1)


@pytest.mark.parametrize(
    ("seeds", "says"), [(1, "4 per row. With one seed,"), (2, "8 per row. Seeds were averaged")]
)
def test_what_the_trainings_do_not_say(seeds, says):
    study = replace(made_study(0.06, 0.01), seeds=seeds)
    assert f"other trainings than these {says}" in report._limits(study)


def test_the_test_is_the_corrected_one_and_holm_counts_the_family():
    results = results_of(0.05, 0.02)
    study = opened(PLAN, results)
    scores = results.pivot(index="fold", columns="name", values="wa")
    by_hand = corrected_t(scores["MCSAN"] - scores["w/o cross"], 1 / 8)
    assert study.gap == by_hand and study.gap.n == 4
    names = ("w/o cross", "w/o self", "N = 2")
    p = [corrected_t(scores["MCSAN"] - scores[name], 1 / 8).p for name in names]
    between = corrected_t(scores["w/o self"] - scores["w/o cross"], 1 / 8).p  # "cross over self"
    assert study.family == 4
    assert study.support.p_for == pytest.approx(holm([*p, between])[0])
    alone = opened(PLAN | {"seen": "nothing"}, results)
    assert alone.family == 1 and alone.support.p_for == pytest.approx(p[0])


def test_planning_does_not_look_at_the_answer():
    claim = capstone.claim_called("w/o cross wa")
    narrow, wide = results_of(0.05, 0.01), results_of(0.2, 0.01)
    wide.loc[wide.name == "w/o cross", "wa"] = [0.1, 0.9, 0.2, 0.8]
    assert capstone.typical_spread(narrow, claim) == capstone.typical_spread(wide, claim)
    assert math.isnan(capstone.typical_spread(narrow[narrow.fold == "kfold10-0"], claim))


def test_a_gap_just_above_what_is_visible_excludes_zero():
    folds = np.array([0.01, -0.01, 0.02, -0.02])
    visible = capstone.visible_gap(folds.std(ddof=1), 4, 1 / 8)
    assert corrected_t(folds + 1.001 * visible, 1 / 8).low > 0
    assert corrected_t(folds + 0.999 * visible, 1 / 8).low < 0


def test_the_menu_counts_what_is_at_hand():
    menu = capstone.menu(results_of(0.05))
    assert menu.trainings["w/o cross wa"] == 8 and menu.trainings["N = 3 wa"] == 0
    assert not menu.index.str.startswith("score").any()
    assert menu.command["CAN wa"] == "mcsan run table1"
    assert "sentences can be tested" in read.say_menu(menu.trainings)
    assert read.say_menu(menu.trainings * 0).startswith("None of")
    assert read.say_menu(menu.trainings * 0 + 1).startswith("All")


def test_other_ways_name_those_that_disagree():
    results = results_of(0.05, 0.028)
    study = opened(PLAN, results)
    ways = capstone.other_ways(study, results)
    assert ways.verdict.iloc[0] == study.verdict
    assert {"in UA, alone", "alone, without fold 0", "alone, by the plain t"} <= set(ways.index)
    same = ways.assign(verdict="differs")
    assert "give the same verdict, differs" in report.ways_sentence(same)
    other = same.copy()
    other.loc["in UA, alone", "verdict"] = "reproduced"
    assert report.ways_sentence(other).startswith("1 of")
    assert "in UA, alone: reproduced" in report.ways_sentence(other)


def test_the_plans_own_way_is_not_among_the_other_ways():
    results = results_of(0.05, 0.028)
    alone, holm_way = "this sentence alone", "after Holm, with its table"
    corrected = capstone.other_ways(opened(PLAN, results), results)
    assert alone in corrected.index and holm_way not in corrected.index
    planned_alone = opened(PLAN | {"seen": "nothing"}, results)
    ways = capstone.other_ways(planned_alone, results)
    assert alone not in ways.index and holm_way in ways.index
    two = results[results.name.isin(["MCSAN", "w/o cross"])]  # a family of one sentence
    assert not {alone, holm_way} & set(capstone.other_ways(opened(PLAN, two), two).index)


def test_what_a_plan_can_see():
    assert "every gap that would matter" in report.resolution_sentence(0.005, 0.01, None)
    coarse = report.resolution_sentence(0.05, 0.01, 0.016)
    assert "mostly stays unseen" in coarse and "(+1.6) is too small to be seen" in coarse
    assert "is large enough" in report.resolution_sentence(0.012, 0.01, -0.05)
    assert "Without several folds" in report.resolution_sentence(float("nan"), 0.01, None)


def pages(study):
    return report.two_pages(study, capstone.other_ways(study, results_of(0.05)))


def test_the_two_pages_follow_the_verdict():
    shown, turned = pages(made_study(0.06, 0.01)), pages(made_study(-0.06, 0.01))
    assert "The whole interval lies above the margin" in shown
    assert "A second corpus, with the same protocol" in shown
    assert "p value for the sentence is 1.000, and that against it is below 0.001" in pages(
        made_study(-0.1, 0.001)
    )
    assert "would have to be turned round" in turned and "+6.0" not in turned
    undecided, alike = pages(made_study(0.01, 0.04)), pages(made_study(0.001, 0.001))
    assert "we do not know" in undecided and "More seeds narrow" in undecided
    assert "may be called alike" in alike and "The question is closed" in alike
    small = pages(made_study(0.02, 0.006, others=(), seen="nothing"))
    assert "the interval reaches below the margin" in small
    assert "Nothing of the results had been seen" in small and "one of 4 (Holm)" in shown
    assert "Without a spread" in pages(made_study(0.06, 0.0))


def test_folds_that_were_left_out_are_mentioned_where_there_are_such():
    study = made_study(0.06, 0.01)
    ways = capstone.other_ways(study, results_of(0.05))
    left_out = ways.index.str.contains("without fold")
    assert "a single fold can carry much" in report.two_pages(study, ways)
    assert "a single fold" not in report.two_pages(study, ways[~left_out])


def test_an_interval_that_holm_overrules_is_named():
    overruled = made_study(0.05, 0.02)
    assert overruled.alone.p_for < 0.05 < overruled.support.p_for
    assert "this may be the lucky one" in pages(overruled)
    assert "the lucky one" not in pages(made_study(0.01, 0.04))


def open_study(claim, level, low, p):
    """A study of one sentence alone whose interval excludes zero, and whose verdict is open."""
    study = made_study(0.05, 0.02)
    plan = {**study.plan, "level": level}
    gap = replace(study.gap, low=low, high=0.09)
    claim = capstone.claim_called(claim)
    support = Support(p, 1 - p)
    changes = {"claim": claim, "plan": plan, "gap": gap, "alone": support, "support": support}
    return replace(study, family=1, alike_p=0.5, **changes)


def test_an_open_study_beyond_zero_says_why_it_is_open():
    strict = open_study("w/o cross wa", 0.01, 0.003, 0.03)
    assert strict.verdict == capstone.OPEN
    told = report._meaning(strict)
    assert "at the planned level of 0.01 this is not shown" in told and "lucky" not in told
    assert "at the planned level of 0.01" in report._meaning(replace(strict, family=4))
    assert "lucky one" in report._meaning(
        replace(strict, family=4, alone=Support(0.005, 1.0), support=Support(0.02, 1.0))
    )
    kinds = {claim.kind: claim.id for claim in capstone.CLAIMS}
    for kind in ("alike", "not above"):
        beside = open_study(kinds[kind], 0.05, 0.003, 0.2)
        told = report._meaning(beside)
        assert "shown at 95 %, but neither that it lies inside the margin nor" in told
        assert "lucky" not in told


def test_the_two_pages_are_two_pages_and_say_whose_speech_it_is():
    study = made_study(0.06, 0.01)
    text = pages(study)
    assert 500 <= len(text.split()) <= 1100
    assert "about two pages" in read.say_lengths(len(text.split()))
    assert "not two pages" in read.say_lengths(100)
    assert "Nothing about people" in text
    assert "Nothing about people" not in pages(replace(study, generated=False))
    assert "Seeds were averaged" in pages(replace(study, seeds=3))


def test_as_printed():
    assert "within noise" in read.say_as_printed("x", -0.01, 0.02, 0.3)
    assert read.say_as_printed("x", 0.01, 0.02, 0.01).endswith("(unpaired, p 0.010).")
    assert "beyond noise" in read.say_as_printed("x", 0.01, 0.02, 0.01)
    assert "no deviations" in read.say_as_printed("x", 0.01, 0.02, float("nan"))


def test_fold_by_fold():
    gaps = pd.Series([0.01, 0.02, -0.01])
    assert "in 2 of 3 folds; the mean is shown to lie above" in read.say_fold_by_fold(
        gaps, 0.001, 0.02
    )
    assert "lie below zero" in read.say_fold_by_fold(-gaps, -0.02, -0.001)
    assert "contains zero" in read.say_fold_by_fold(gaps, -0.02, 0.03)
    assert "no interval" in read.say_fold_by_fold(gaps, float("nan"), float("nan"))


def test_nan_decides_nothing():
    nan = float("nan")
    assert capstone.verdict_of(Support(nan, nan)) == "not distinguishable"
    assert capstone.verdict_of(Support(0.2, 0.04)) == "differs"
    assert capstone.verdict_of(Support(0.04, 1), level=0.01) == "not distinguishable"
