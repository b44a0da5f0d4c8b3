"""Words against voice: the set is what the corpus's own rule says, and outcomes are counted."""

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.datasets.synthetic.generator import plan_utterance
from mcsan_lite.datasets.synthetic.rules import RULES, SyntheticConfig
from mcsan_lite.experiments import conflict
from mcsan_lite.tables.own import save_table


@pytest.fixture(scope="module")
def truth():
    config, rng = SyntheticConfig(pairs=8, max_words=4), np.random.default_rng(3)
    plans = [plan_utterance(config, rng, number, "test") for number in range(400)]
    return pd.DataFrame(plans).set_index("id")


def test_the_rule_gives_back_the_label_of_every_utterance(truth):
    for row in truth.itertuples():
        stressed = None
        if row.sense != "none":
            stressed = row.stressed[row.targets.index(int(row.decisive))]
        assert conflict.class_by_rule(row.sense, stressed, row.arousal) == row.true_label
    assert "factors of the generated corpus" in refusal(
        lambda: conflict.class_by_rule("loud", True, "high")
    )


def test_spelling_with_the_decisive_word_gives_back_the_transcript(truth):
    for row in truth.itertuples():
        place = None if row.sense == "none" else row.targets.index(int(row.decisive))
        assert conflict.spelled_anew(row, place) == row.text


def test_every_transcript_has_another_sense_and_the_same_sounds(truth):
    found = conflict.conflict_set(truth)
    assert len(found) == len(truth) and (found.sense != truth.sense).all()
    assert set(found.sense) == {"negative", "positive", "none"}
    assert (found.rule.map(lambda label: RULES[label].sense) == found.sense).all()
    assert (found.voice == truth.true_label).all() and (found.rule != found.voice).all()
    changed = [
        sum(old != new for old, new in zip(was.split(), text.split(), strict=True))
        for was, text in zip(found.was, found.text, strict=True)
    ]
    assert set(changed) == {1, 2}


def test_neighbours_disagree_where_they_are_named(truth):
    found = conflict.conflict_set(truth)
    against = found[found.neighbours != ""]
    assert 20 < len(against) < len(found)
    for one in against.itertuples():
        rule, crowd = RULES[one.rule], RULES[one.neighbours]
        assert rule.sense == crowd.sense == one.sense and rule.stressed != crowd.stressed
        assert len(truth.stressed[one.Index]) > 1


def test_a_seed_decides(truth):
    one, same, other = (conflict.conflict_set(truth, seed).text for seed in (0, 0, 1))
    assert one.equals(same) and not one.equals(other)


def test_recordings_without_sound_or_words_are_left_out(truth):
    poor = truth.head(4).copy()
    poor.iloc[0, poor.columns.get_loc("has_audio")] = False
    poor.iloc[1, poor.columns.get_loc("text")] = ""
    assert list(conflict.conflict_set(poor).index) == list(truth.index[2:4])
    assert "no recording with a transcript" in refusal(lambda: conflict.conflict_set(poor.head(2)))


def test_outcomes(truth):
    found = conflict.conflict_set(truth)
    assert (conflict.followed(found, found.rule) == "rule").all()
    assert (conflict.followed(found, found.voice) == "voice").all()
    another = {
        one.Index: next(
            label for label, rule in RULES.items() if rule.sense == one.sense and label != one.rule
        )
        for one in found.itertuples()
    }
    assert (conflict.followed(found, another) == "words alone").all()
    third = {
        one.Index: next(
            label
            for label, rule in RULES.items()
            if rule.sense not in (one.sense, RULES[one.voice].sense)
        )
        for one in found.itertuples()
    }
    assert (conflict.followed(found, third) == "neither").all()


def test_a_guess_is_one_among_the_classes_that_were_answered(truth):
    found = conflict.conflict_set(truth)
    classes = found.sense.map(lambda sense: sum(rule.sense == sense for rule in RULES.values()))
    by_words = pd.DataFrame([conflict._counted(found, found.rule)] * 2)
    luck = conflict.outcomes_by_luck(by_words)
    assert luck["rule"] == pytest.approx((1 / classes).mean()) and luck["voice"] == 0
    assert list(luck) == list(conflict.OUTCOMES) and sum(luck.values()) == pytest.approx(1)
    with_voice = conflict.outcomes_by_luck(pd.DataFrame([conflict._counted(found, found.voice)]))
    assert with_voice["rule"] == with_voice["voice"] == 1 / 7
    assert with_voice["words alone"] == pytest.approx((classes - 1).mean() / 7)
    assert sum(with_voice.values()) == pytest.approx(1)


def test_counts_of_a_file_are_taken_for_their_own_trainings_alone(tmp_path, truth):
    counts = conflict._counted(conflict.conflict_set(truth), conflict.conflict_set(truth).rule)
    assert counts["rule"] == counts["n"] == len(truth)
    assert counts["own stress"] == counts["n against"] and counts["neighbours"] == 0
    file = tmp_path / "counts.csv"
    results = pd.DataFrame({"run": ["late-1", "late-1"], "fold": ["f0", "f1"]})
    assert conflict.shipped_counts(results, file) is None
    rows = [{"name": "late", "fold": fold, "seed": 0, "run": "late-1"} | counts for fold in "ab"]
    save_table(file, pd.DataFrame(rows).assign(fold=["f0", "f1"]))
    read = conflict.shipped_counts(results, file)
    assert read.n.tolist() == [len(truth)] * 2 and read["rule"].sum() == 2 * len(truth)
    assert conflict.shipped_counts(results.assign(run="late-2"), file) is None
