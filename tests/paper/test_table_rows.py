"""Table 3: the printed numbers, the nine programs beside them, and no mean without interval."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.datasets.splits import PROTOCOLS
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.evaluation.significance import corrected_t
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper.profiles import BY_CORPUS, DEFAULT_PROTOCOL, PROFILES, Profile
from mcsan_lite.paper.published import TABLE3_PUBLISHED
from mcsan_lite.paper.report import results_summary, table_markdown
from mcsan_lite.paper.table_rows import ABLATIONS, rows_of, table3_specs
from mcsan_lite.paper.verdicts import compared_table

PRINTED = """
MCSAN 0.612 ± 0.012 0.560 ± 0.019
w/o audio 0.509 ± 0.010 0.469 ± 0.028
w/o text 0.491 ± 0.011 0.404 ± 0.010
w/o self 0.605 ± 0.013 0.550 ± 0.026
w/o cross 0.596 ± 0.012 0.536 ± 0.028
cross + self (seq) 0.606 ± 0.011 0.552 ± 0.025
self + cross (seq) 0.602 ± 0.012 0.554 ± 0.024
N = 2 0.601 ± 0.015 0.551 ± 0.025
N = 3 0.595 ± 0.012 0.541 ± 0.018
"""  # Sun et al. 2021, page 4, Table 3


def test_published_numbers_are_those_of_the_paper():
    rows = [line.replace(" ± ", " ").rsplit(maxsplit=4) for line in PRINTED.strip().splitlines()]
    assert TABLE3_PUBLISHED.index.tolist() == list(ABLATIONS) == [row[0] for row in rows]
    assert TABLE3_PUBLISHED.columns.tolist() == ["wa", "wa_sd", "ua", "ua_sd"]
    assert TABLE3_PUBLISHED.values.tolist() == [list(map(float, row[1:])) for row in rows]


def test_what_section_4_says_follows_from_them():
    drop = (TABLE3_PUBLISHED.loc["MCSAN"] - TABLE3_PUBLISHED).round(3)
    assert drop.loc[["w/o self", "w/o cross"], ["wa", "ua"]].values.tolist() == [
        [0.007, 0.010],
        [0.016, 0.024],
    ]


def test_the_paper_profile_is_section_3_2():
    specs = table3_specs("paper", "iemocap")
    assert [s.name for s in specs] == list(ABLATIONS) and {s.protocol for s in specs} == {"kfold10"}
    full = MCSANConfig(**specs[0].options)
    assert (full.hidden, full.heads, full.layers, full.kernel) == (128, 8, 1, 3)
    train = specs[0].train
    assert (train.epochs, train.batch_size, train.learning_rate) == (30, 256, 0.001)
    features = specs[0].features
    assert (features.n_mfcc, features.window_s, features.hop_s, features.max_frames) == (
        40,
        0.025,
        0.010,
        1000,
    )
    meld = table3_specs("paper", "meld")[0].train
    assert (meld.epochs, meld.learning_rate, meld.batch_size, meld.select) == (
        20,
        0.0005,
        256,
        "weighted_f1",
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_row_differs_from_the_full_model_by_its_name_alone(profile):
    full = MCSANConfig(**table3_specs(profile)[0].options)
    for spec in table3_specs(profile):
        config = MCSANConfig(**spec.options)
        assert config == replace(full, **ABLATIONS[spec.name])
        assert (config == full) == (spec.name == "MCSAN")
        assert replace(spec, name="", options={}) == replace(
            table3_specs(profile)[0], name="", options={}
        )
    assert (
        ABLATIONS["w/o audio"]["use_audio"] is False and ABLATIONS["w/o text"]["use_text"] is False
    )
    assert ABLATIONS["w/o self"] == {"use_self": False} and ABLATIONS["w/o cross"] == {
        "use_cross": False
    }
    assert [ABLATIONS[f"N = {n}"] for n in (2, 3)] == [{"layers": 2}, {"layers": 3}]


@pytest.mark.parametrize(("corpus", "profile"), BY_CORPUS)
def test_a_corpus_has_settings_of_its_own(corpus, profile):
    own, usual = table3_specs(profile, corpus)[0], table3_specs(profile, "synthetic")[0]
    wanted = BY_CORPUS[corpus, profile]
    assert own.train == replace(usual.train, **wanted.train) != usual.train
    assert own.options == usual.options | wanted.options


def test_choices_reach_the_specs():
    config = FeatureConfig(n_mfcc=20)
    specs = table3_specs(
        "smoke", "meld", rows=["N = 2", "MCSAN"], protocol="speaker", features=config
    )
    assert [(s.name, s.protocol, s.features) for s in specs] == [
        (n, "speaker", config) for n in ("N = 2", "MCSAN")
    ]
    assert (
        table3_specs("smoke", "ravdess")[0].protocol == "speaker"
        and table3_specs("smoke")[0].protocol == "official"
    )


def test_tables_of_settings_name_things_that_exist():
    assert {profile for _, profile in BY_CORPUS} <= set(PROFILES) and set(
        DEFAULT_PROTOCOL.values()
    ) <= set(PROTOCOLS)
    assert all(isinstance(profile, Profile) for profile in PROFILES.values())
    sizes = [
        PROFILES[p].synthetic.train * PROFILES[p].train.epochs for p in ("smoke", "quick", "paper")
    ]
    assert sizes == sorted(sizes)


def test_an_ablation_that_is_added_is_trained_and_stands_in_our_table(monkeypatch):
    monkeypatch.setitem(ABLATIONS, "wide", {"feedforward": 8})
    assert table3_specs("smoke")[-1].name == "wide" and rows_of("table3") == list(ABLATIONS)
    scores = {"MCSAN": 0.6, "w/o self": 0.5, "wide": 0.4}
    trainings = [
        {
            "name": name,
            "model": "mcsan",
            "corpus": "iemocap",
            "protocol": "kfold10",
            "run": name,
            "seed": 0,
            "fold": f"kfold10-{fold}",
            "split": str(fold),
            "n_train": 800,
            "n_test": 100,
            "wa": score + 0.001 * fold * score,
            "ua": score,
            "parameters": 7,
        }
        for name, score in scores.items()
        for fold in range(3)
    ]
    table = compared_table(pd.DataFrame(trainings), "iemocap")
    assert table.index.tolist() == list(ABLATIONS) and table.trainings["wide"] == 3
    assert table.verdict["wide"] == "MCSAN ahead" and pd.isna(table["wa paper"]["wide"])
    assert table.verdict["w/o self"] == "reproduced" and table["wa paper"]["w/o self"] == 0.605
    assert "| wide | 0.4" in table_markdown(table)


def test_wrong_names_are_refused():
    assert "did you mean 'w/o cross'?" in refusal(lambda: table3_specs(rows=["MCSAN", "w/o crss"]))
    assert "did you mean 'quick'?" in refusal(lambda: table3_specs("quik"))


def results(name, run, *was):
    return [
        {
            "name": name,
            "run": run,
            "wa": wa,
            "ua": wa / 2,
            "weighted_f1": wa / 4,
            "fold": f"kfold10-{number}",
            "seed": 0,
            "n_train": 320,
            "n_test": 40,
            "parameters": 7,
            "seconds": 1.26,
        }
        for number, wa in enumerate(was)
    ]


def test_no_mean_without_its_interval():
    table = results_summary(
        pd.DataFrame([*results("b", "b-1", 0.5, 0.6, 0.7), *results("a", "a-1", 0.75)])
    )
    assert table.index.tolist() == ["b", "a"] and table.run.tolist() == [
        "b-1",
        "a-1",
    ]  # in order of appearance
    many, one = table.loc["b"], table.loc["a"]
    assert (
        many.trainings,
        many.n_test,
        one.trainings,
        one.n_test,
        one.parameters,
        one.seconds,
    ) == (3, 120, 1, 40, 7, 1.3)
    for score, share in (("wa", 1), ("ua", 2), ("weighted_f1", 4)):
        test = corrected_t(np.array([0.5, 0.6, 0.7]) / share, 1 / 8)
        assert many[score] == test.mean
        low, high = np.clip((test.low, test.high), 0, 1)
        assert many[f"{score} 95 %"] == f"{low:.3f} to {high:.3f}"
        assert one[score] == 0.75 / share
    assert (
        one["wa 95 %"] == "{:.3f} to {:.3f}".format(*share_interval(0.75, 40)) == "0.598 to 0.858"
    )
    assert pd.isna(one["ua 95 %"]) and pd.isna(one["weighted_f1 95 %"])


def test_a_single_training_has_an_interval_over_its_utterances_for_wa_and_none_that_is_made_up():
    table = results_summary(pd.DataFrame(results("a", "a-1", 0.75)))
    assert [c for c in table if "95 %" in c and table[c].notna().any()] == ["wa 95 %"]


def test_where_nobody_has_counted_the_parameters_their_cell_is_empty():
    rows = pd.DataFrame([*results("a", "a-1", 0.5), *results("b", "b-1", 0.7)])
    rows.loc[rows.name == "a", "parameters"] = np.nan
    assert results_summary(rows).parameters.tolist() == ["", 7]


def test_one_name_on_two_corpora_stays_two_lines():
    table = results_summary(
        pd.DataFrame([*results("a", "a-1", 0.5, 0.7), *results("a", "a-2", 0.2, 0.4)])
    )
    assert table.wa.tolist() == [pytest.approx(0.6), pytest.approx(0.3)] and table.run.tolist() == [
        "a-1",
        "a-2",
    ]
