"""Stress: conditions are what they say, seeded; curves and conflicts count what happened."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.evaluation.intervals import calibration_error, reliability
from mcsan_lite.experiments.stress import conditions, contest, curves, report, study, trial
from mcsan_lite.experiments.stress.sureness import _error, sureness

LABELS = ("calm", "angry")


def corpus_of(count=40, sound=True, **more):
    utterances = tuple(
        Utterance(
            f"u{number}",
            Path(f"{number}.wav") if sound else None,
            f"word{'abcdefghij'[number % 10]} and pain, then.",
            LABELS[number % 2],
            **more,
        )
        for number in range(count)
    )
    return Corpus("made", LABELS, utterances)


def trial_of(corpus=None, names=("m", "m"), **more):
    runs = tuple(trial.StressedRun(name, seed, Path("x")) for seed, name in enumerate(names))
    return trial.Trial(runs, corpus or corpus_of(), {"pain": "pane"}, **more)


def condition(name, level=None):
    (stress,) = conditions.stresses_named([name])
    return conditions.Condition(stress, stress.levels[-1] if level is None else level)


def sure_of(right, confidence=0.9):
    """(n, 2) probabilities: right on some utterances, equally sure on all."""
    true = np.arange(len(right)) % 2
    chosen = np.where(right, true, 1 - true)
    prob = np.full((len(right), 2), 1 - confidence)
    prob[np.arange(len(right)), chosen] = confidence
    return prob


def test_the_list_goes_from_mild_to_severe_and_names_are_checked():
    assert len({stress.name for stress in conditions.STRESSES}) == len(conditions.STRESSES)
    for stress in conditions.STRESSES:
        steps = np.diff(stress.levels)
        assert (steps > 0).all() or (steps < 0).all()
        assert bool(stress.unit) == (len(stress.levels) > 1)
        assert (stress.change is not None) == (stress.hits == "sound")
    names = ["gain", "white noise"]
    assert [one.name for one in conditions.stresses_named(names)] == names[::-1]
    assert "did you mean 'white noise'?" in refusal(
        lambda: conditions.stresses_named(["White noise"])
    )
    made = conditions.conditions_of(conditions.STRESSES)
    assert made[0] == conditions.CLEAN
    assert conditions.CONFLICT not in [one.stress for one in made]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no words", ""),
        ("no punctuation", "worda and pain then"),
        ("words misheard", "worda and pane, then."),
    ],
)
def test_words_under_stress(name, text):
    made = trial.stressed_corpus(trial_of(), condition(name, 1.0))
    assert made.utterances[0].text == text and made.utterances[0].audio is not None
    assert len(made) == 40 and made.utterances[0].label == "calm"


def test_no_sound_leaves_the_words_and_noise_leaves_both():
    silent = trial.stressed_corpus(trial_of(), condition("no sound"))
    assert all(one.audio is None for one in silent.utterances)
    assert silent.utterances[3].text == corpus_of().utterances[3].text
    assert trial.stressed_corpus(trial_of(), condition("white noise")) == corpus_of()
    assert trial.stressed_corpus(trial_of(), conditions.CLEAN) == corpus_of()


def test_what_is_drawn_hangs_on_seed_stress_and_utterance_alone():
    def dropped(made):
        return [one.text for one in trial.stressed_corpus(made, half).utterances]

    half = condition("words dropped", 0.5)
    whole, part = trial_of(), trial_of(corpus_of(10))
    assert dropped(whole)[:10] == dropped(part) != dropped(trial_of(corpus_of(10), seed=1))


def outcomes_of(*rights):
    """One outcome per condition, of two trainings that say the same."""
    return [trial.StressOutcome(np.stack([sure_of(right)] * 2), 1.0) for right in rights]


def test_curves_count_accuracy_cost_and_calibration():
    n = 40
    clean, noisy = np.ones(n, bool), np.arange(n) % 4 > 1  # half are right, of either class
    both = [conditions.CLEAN, condition("white noise", 10.0)]
    table = curves.curves_table(trial_of(), both, outcomes_of(clean, noisy))
    first, second = table.to_dict("records")
    assert (first["wa"], second["wa"], first["cost"], second["cost"]) == (1, 0.5, 0, 0.5)
    assert first["wa low"] < 0.95 and first["wa high"] == 1  # Wilson's
    assert second["wa low"] < 0.5 < second["wa high"] and second["cost low"] > 0.3
    assert first["ece"] == pytest.approx(0.1) and second["ece"] == pytest.approx(0.4)
    assert second["confidence"] == pytest.approx(0.9)
    assert (first["stress"], second["stress"], second["level"]) == ("none", "white noise", 10)
    assert set(curves.CURVE_NUMBERS) < set(table)


def test_sentences_follow_from_the_numbers():
    n = 40
    clean, noisy = np.ones(n, bool), np.arange(n) % 4 > 1
    both = [conditions.CLEAN, condition("white noise", 10.0)]
    worse = curves.curve_sentences(curves.curves_table(trial_of(), both, outcomes_of(clean, noisy)))
    assert any("loses points under white noise (50.0 [" in one for one in worse)
    assert any("90% sure and 50% right, too sure" in one for one in worse)
    assert not any("no loss is shown" in one for one in worse)
    same = curves.curve_sentences(curves.curves_table(trial_of(), both, outcomes_of(noisy, noisy)))
    assert any("no loss is shown under white noise" in one for one in same)
    idle = curves.curves_table(trial_of(), both, outcomes_of(noisy, noisy)).assign(changed=0.0)
    said = curves.curve_sentences(idle)
    assert "Nothing to change here: white noise." in said and "m: nothing was changed." in said
    assert not any("loses points" in one for one in same)
    shy = [trial.StressOutcome(np.stack([sure_of(clean, 0.6)] * 2), 1.0)] * 2
    said = curves.curve_sentences(curves.curves_table(trial_of(), both, shy))
    assert any("not sure enough" in one for one in said)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((0.90, 0.90, 0.041, 0.010, 0.072, 0.045), "90% sure and 90% right, no miscalibration"),
        ((0.90, 0.90, 0.200, 0.150, 0.250, 0.045), "right, on average neither too sure nor not"),
        ((0.90, 0.70, 0.200, 0.150, 0.250, 0.045), "90% sure and 70% right, too sure; ECE 0.200"),
        ((0.70, 0.90, 0.200, 0.150, 0.250, 0.045), "70% sure and 90% right, not sure enough;"),
    ],
)
def test_calibration_within_luck_and_ties_are_not_called_too_sure(numbers, says):
    names = ("confidence", "wa", "ece", "ece low", "ece high", "ece by luck")
    row = dict(zip(names, numbers, strict=True))
    row |= {"stress": "white noise", "unit": "dB SNR", "level": 10.0}
    assert says in curves._worst_sureness(pd.DataFrame([row]))


def test_a_stress_that_changed_nothing_is_not_the_worst_one():
    both = [conditions.CLEAN, condition("white noise", 10.0), condition("no words", 1.0)]
    clean, noisy = np.ones(40, bool), np.arange(40) % 4 > 1
    table = curves.curves_table(trial_of(), both, outcomes_of(clean, noisy, clean))
    table.loc[table.stress == "white noise", "changed"] = 0.0
    (said,) = (one for one in curves.curve_sentences(table) if "calibration is worst" in one)
    assert "worst under no words" in said


def test_models_are_kept_apart_and_seeds_together():
    both = [conditions.CLEAN, condition("gain")]
    made = trial_of(names=("a", "a", "b"))
    prob = np.stack([sure_of(np.ones(40, bool))] * 2 + [sure_of(np.zeros(40, bool))])
    table = curves.curves_table(made, both, [trial.StressOutcome(prob, 1.0)] * 2)
    assert table[["model", "trainings", "wa"]].values.tolist() == [
        ["a", 2, 1.0],
        ["a", 2, 1.0],
        ["b", 1, 0.0],
        ["b", 1, 0.0],
    ]


def test_dialogues_are_drawn_as_a_whole_but_those_of_generated_speech():
    talks = corpus_of(dialogue="talk")
    assert set(curves.clusters_of(trial_of(talks))) == {"talk"}
    assert len(set(curves.clusters_of(trial_of(corpus_of())))) == 40
    assert len(set(curves.clusters_of(trial_of(replace(talks, generated=True))))) == 40


def test_calibration_is_that_of_the_lessons_and_luck_is_near_it_where_all_is_well():
    rng = np.random.default_rng(0)
    prob = rng.dirichlet((1, 1, 1), 3000)
    true = np.array([rng.choice(3, p=row) for row in prob])
    confidence, right = prob.max(1), (prob.argmax(1) == true)[None]
    by_bins = calibration_error(reliability(prob, true))
    assert _error(confidence, right, np.ones((1, 3000)))[0] == pytest.approx(by_bins)
    found = sureness(prob[None], true, np.arange(3000))
    assert found.ece == pytest.approx(by_bins) and found.low <= found.ece <= found.high
    assert found.by_luck == pytest.approx(found.ece, abs=0.01)
    sharpened = prob**4 / (prob**4).sum(1, keepdims=True)
    spoiled = sureness(sharpened[None], true, np.arange(3000))
    assert spoiled.low > found.high and spoiled.low > spoiled.by_luck


def test_the_tested_part_is_drawn_and_what_cannot_be_is_refused(monkeypatch):
    known = SimpleNamespace(labels=LABELS)
    monkeypatch.setattr(study, "load_run", lambda path, vectors=None: known)
    runs = (trial.StressedRun("m", 0, Path("x.safetensors")),)
    ask = study.StressStudy(runs, corpus_of(split="test"), utterances=7)
    chosen = study.tested_part(ask)
    assert len(chosen) == 7 and chosen == study.tested_part(ask)
    assert chosen != study.tested_part(replace(ask, seed=1))
    assert len(study.tested_part(replace(ask, utterances=99))) == 40
    assert "at least 2" in refusal(lambda: study.tested_part(replace(ask, utterances=1)))
    trained = replace(ask, corpus=corpus_of(split="train"))
    assert "no utterance of the tested part" in refusal(lambda: study.tested_part(trained))
    known.labels = ("calm", "sad")
    assert "knows the classes calm, sad" in refusal(lambda: study.tested_part(ask))


def test_stresses_of_sound_need_sound(monkeypatch):
    monkeypatch.setattr(
        study, "load_run", lambda path, vectors=None: SimpleNamespace(labels=LABELS)
    )
    runs = (trial.StressedRun("m", 0, Path("x.safetensors")),)
    ask = study.StressStudy(runs, corpus_of(sound=False), utterances=7)
    said = refusal(lambda: study.stress_tables(ask))
    assert "has no sound" in said and '--stresses "words dropped,words misheard' in said


def test_runs_of_several_folds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        study, "load_run", lambda path, vectors=None: SimpleNamespace(labels=LABELS)
    )
    runs = []
    for fold, id in enumerate(("u1", "u2")):
        folder = tmp_path / str(fold)
        folder.mkdir()
        (folder / "predictions.csv").write_text(f"id,true,p(calm),p(angry)\n{id},calm,1,0\n")
        runs.append(trial.StressedRun("m", fold, folder))
    ask = study.StressStudy(tuple(runs), corpus_of())
    assert "tested on 2 different parts" in refusal(lambda: study.tested_part(ask))


def test_a_path_without_a_model_is_refused(tmp_path):
    assert "no model at" in refusal(lambda: study.named_runs([tmp_path / "nothing"]))
    assert "no model at" in refusal(lambda: study.named_runs([tmp_path]))


def test_shipped_runs_are_grouped_by_variant():
    names = [run.name for run in study.shipped_runs("matching")]
    assert names.count("MCSAN") == names.count("uniform") == 3 and "w/o cross" in names
    assert {run.seed for run in study.shipped_runs("leaking")} == {0, 1, 2}


def test_lent_words_are_of_another_label_and_outcomes_are_counted():
    made = contest._by_lending(trial_of())
    label_of = {one.id: one.label for one in corpus_of().utterances}
    assert (made.voice == made.index.map(label_of)).all() and (made.voice != made.words).all()
    voice = contest._followed_lent(made, made.voice.to_dict())
    words = contest._followed_lent(made, made.words.to_dict())
    assert set(voice) == {"voice"} and set(words) == {"words alone"}
    third = contest._followed_lent(made, dict.fromkeys(made.index, "sad"))
    assert set(third) == {"neither"}
    alike = replace(corpus_of(), utterances=corpus_of().utterances[::2])
    assert "of one class" in refusal(lambda: contest._by_lending(trial_of(alike)))


def contest_rows(*shares):
    rows = [("m", 1, 50, "voice", *shares[0]), ("m", 1, 50, "words alone", *shares[1])]
    return pd.DataFrame(
        rows, columns=["model", "trainings", "n", "outcome", "share", "low", "high"]
    )


def with_lead(rows, lead, low, high):
    """The first outcome's lead over the second, on both rows."""
    leads = {"lead": [lead, -lead], "lead low": [low, -high], "lead high": [high, -low]}
    return rows.assign(**leads)


def test_mostly_needs_more_than_half():
    clear = contest_rows((0.1, 0.05, 0.2), (0.9, 0.8, 0.95))  # without leads: an older file
    assert "mostly follows the words alone" in contest.contest_sentences(clear)[0]
    turned = contest_rows((0.9, 0.8, 0.95), (0.1, 0.05, 0.2))
    assert "mostly follows the voice" in contest.contest_sentences(turned)[0]
    neither = clear.assign(outcome=["voice", "neither"])
    assert "mostly follows neither" in contest.contest_sentences(neither)[0]


def test_who_wins_a_contest_is_said_only_where_the_lead_is_shown():
    most = with_lead(contest_rows((0.45, 0.38, 0.52), (0.20, 0.15, 0.26)), 0.25, 0.14, 0.36)
    assert contest.contest_sentences(most)[0].startswith(
        "m in conflict most often follows the voice (lead 25 points [14, 36]): voice 45%"
    )
    close = contest_rows((0.45, 0.3, 0.6), (0.55, 0.4, 0.7))
    unknown = "follows the words alone and the voice; which of them more often is not shown"
    for rows in (close, with_lead(close, -0.1, -0.3, 0.1)):
        assert unknown in contest.contest_sentences(rows)[0]
    near = contest_rows((0.58, 0.48, 0.68), (0.42, 0.32, 0.52))  # overlap, and yet a lead
    led = contest.contest_sentences(with_lead(near, 0.16, 0.02, 0.30))[0]
    assert "most often follows the voice (lead 16 points" in led


def test_a_lead_is_paired_over_recordings():
    followed = np.repeat(["voice", "words", "neither"], (45, 30, 25))
    there = {one: (followed == one).astype(int)[None] for one in ("voice", "words", "neither")}
    first, second = [contest._row(one, there, np.arange(100)) for one in ("voice", "words")]
    assert (first["share"], first["lead"]) == (0.45, pytest.approx(0.15))
    assert second["lead"] == pytest.approx(-0.15)
    # Exclusive outcomes: variance (p + q - (p - q)²) / n.
    half = 1.96 * np.sqrt((0.75 - 0.15**2) / 100)
    assert first["lead low"] == pytest.approx(0.15 - half, abs=0.02)
    assert first["lead high"] == pytest.approx(0.15 + half, abs=0.02)
    certain = {"voice": np.ones((1, 9), int), "words": np.zeros((1, 9), int)}
    assert np.isnan(contest._row("voice", certain, np.arange(9))["lead low"])  # nothing varies


def test_files_are_whole_and_say_the_numbers(tmp_path):
    both = [conditions.CLEAN, condition("white noise", 10.0)]
    right = np.arange(40) % 4 > 1
    table = curves.curves_table(trial_of(), both, outcomes_of(right | True, right))
    tables = study.StressTables(table, contest_rows((0.1, 0.05, 0.2), (0.9, 0.8, 0.95)))
    open_before = plt.get_fignums()
    paths = report.write_stress(tables, tmp_path / "new" / "stress")
    assert plt.get_fignums() == open_before
    assert sorted(path.name for path in paths) == [
        "stress-calibration.svg",
        "stress-conflict.csv",
        "stress.csv",
        "stress.md",
        "stress.svg",
    ]
    page = (tmp_path / "new" / "stress.md").read_text(encoding="utf-8")
    assert "| white noise | 10 dB SNR | 100% | 0.500 [" in page and "Words against voice" in page
    assert "too sure" in report.stress_text(tables)
    alone = report.write_stress(
        study.StressTables(table[table.stress == "none"], None), tmp_path / "clean"
    )
    assert [path.suffix for path in alone] == [".csv", ".md"]
    idle = report.write_stress(study.StressTables(table.assign(changed=0.0), None), tmp_path / "i")
    assert [path.suffix for path in idle] == [".csv", ".md"]
