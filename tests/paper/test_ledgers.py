"""Verdicts on made-up runs whose truth is known; what may stand beside the paper's numbers."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.significance import corrected_t, holm
from mcsan_lite.paper import ambiguities, ledgers
from mcsan_lite.paper import equations as eq
from mcsan_lite.paper.claims import CLAIMS, PRINTED_SCORES

ROOT = Path(__file__).parents[2]
FACTS = {
    "w/o self wa": 1.25,
    "w/o self ua": 0.98,
    "cross + self (seq) wa": -1.17,
    "self + cross (seq) wa": -1.86,
    "N = 2 wa": 1.81,
    "w/o cross wa": 2.98,
    "N = 3 wa": 3.17,
    "AMH alike": -0.79,
    "CAN wa": 4.64,
}  # read elsewhere


def runs(
    means,
    *,
    corpus="made",
    protocol="kfold10",
    folds=10,
    seeds=(0,),
    noise=0.003,
    fold_noise=0.02,
    seed=0,
):
    """A row scores its mean, plus its fold's effect, the same for all, and chance."""
    random = np.random.default_rng(seed)
    of_fold = random.normal(0, fold_noise, folds)
    return pd.DataFrame(
        [
            {
                "name": name,
                "model": "mcsan",
                "corpus": corpus,
                "protocol": protocol,
                "fold": f"{protocol}-{i}",
                "split": f"s{i}",
                "seed": s,
                "n_train": 800,
                "n_test": 100,
                "run": f"run {name}",
                "folder": "nowhere",
            }
            | {
                metric: mean + of_fold[i] + random.normal(0, noise)
                for metric in ("wa", "ua", "weighted_f1")
            }
            for name, mean in means.items()
            for i in range(folds)
            for s in seeds
        ]
    )


def verdicts(results, **how):
    frame = ledgers.claims_ledger(results, **how)
    return frame[frame.block.str.contains(" · ")].set_index("claim")


# ---- the paper's own tables ----


def test_the_t_values_of_the_printed_tables():
    printed = ledgers.claims_ledger().query("block == @ledgers.AS_PRINTED").set_index("claim")
    assert {claim: round(printed.t[claim], 2) for claim in FACTS} == pytest.approx(FACTS, abs=0.011)
    assert set(
        printed.verdict[
            [
                "w/o self wa",
                "w/o self ua",
                "cross over self wa",
                "cross over self ua",
                "N = 2 wa",
                "AMH wa",
                "AMH ua",
            ]
        ]
    ) == {"within noise"}
    assert set(printed.verdict[["CAN wa", "w/o cross wa", "N = 3 wa", "w/o text ua"]]) == {
        "beyond noise"
    }
    assert set(printed.verdict[["Liang et al. f1", "cMKL f1"]]) == {"no deviation printed"}
    assert set(printed.note) == {"", "the text's number is the table's"}


def test_arithmetic_that_does_not_close_is_named(monkeypatch):
    monkeypatch.setitem(PRINTED_SCORES["iemocap", "wa"], "CAN", (0.570, 0.019))
    printed = ledgers.claims_ledger().query("block == @ledgers.AS_PRINTED").set_index("claim")
    assert printed.note["CAN wa"] == "the text says 0.033, the table 0.042"


# ---- verdicts of runs ----


def test_a_direction_is_reproduced_denied_or_left_open():
    found = verdicts(
        runs({"MCSAN": 0.60, "w/o audio": 0.50, "w/o text": 0.70, "N = 2": 0.60})
    ).verdict
    assert found["w/o audio wa"] == found["w/o audio ua"] == "reproduced"
    assert found["w/o text wa"] == "differs" and found["N = 2 wa"] == "not distinguishable"
    assert found["w/o self wa"] == found["cross over self wa"] == found["CAN ua"] == "not run"
    assert found["score wa"] == "not comparable"


@pytest.mark.parametrize(
    ("sequential", "verdict"), [(0.58, "reproduced"), (0.600, "reproduced"), (0.62, "differs")]
)
def test_not_superior_is_shown_by_alike_too(sequential, verdict):
    row = "cross + self (seq)"
    assert (
        verdicts(runs({"MCSAN": 0.6, row: sequential}, noise=0.001)).verdict[f"{row} wa"] == verdict
    )


def test_not_superior_is_not_shown_by_ignorance():
    row = "cross + self (seq)"
    assert (
        verdicts(runs({"MCSAN": 0.6, row: 0.59}, noise=0.1)).verdict[f"{row} wa"]
        == "not distinguishable"
    )


@pytest.mark.parametrize(
    ("amh", "noise", "verdict"),
    [
        (0.602, 0.001, "reproduced"),
        (0.60, 0.1, "not distinguishable"),
        (0.65, 0.001, "differs"),
        (0.55, 0.001, "differs"),
    ],
)
def test_comparable_is_tested_as_equivalence(amh, noise, verdict):
    assert verdicts(runs({"MCSAN": 0.6, "AMH": amh}, noise=noise)).verdict["AMH alike"] == verdict


def test_verdicts_are_corrected_for_shared_training_and_for_their_number():
    results = runs(
        {"MCSAN": 0.603, "w/o self": 0.600, "w/o cross": 0.600, "N = 2": 0.600}, noise=0.002
    )
    found = verdicts(results)
    mine = [
        c for c in CLAIMS if c.id in found.index and c.kind == "above" and pd.notna(found.p[c.id])
    ]
    for c in mine:
        wide = results.pivot(index="fold", columns="name", values=c.metric)
        assert found.p[c.id] == pytest.approx(corrected_t(wide[c.a] - wide[c.b], 1 / 8).p)
    raw = pd.Series({c.id: found.p[c.id] if found.value[c.id] > 0 else 1 for c in mine})
    adjusted = pd.Series(holm(raw), raw.index)
    assert 0 < (adjusted < 0.05).sum() < (raw < 0.05).sum()  # the correction decides something here
    assert set(found.index[found.verdict == "reproduced"]) == set(adjusted.index[adjusted < 0.05])
    alone = found["before Holm"] == "reproduced"
    assert set(found.index[alone]) == set(raw.index[raw < 0.05])


def test_turning_all_scores_around_turns_every_direction():
    results = runs({"MCSAN": 0.6, "w/o self": 0.58, "w/o cross": 0.60, "N = 3": 0.62}, noise=0.006)
    turned = results.assign(
        **{metric: 1 - results[metric] for metric in ("wa", "ua", "weighted_f1")}
    )
    directions = [c.id for c in CLAIMS if c.kind == "above"]
    mirror = {"reproduced": "differs", "differs": "reproduced"}
    found = verdicts(results).verdict[directions]
    assert {"reproduced", "differs", "not distinguishable", "not run"} == set(found)
    assert (
        found.map(lambda v: mirror.get(v, v)).tolist()
        == verdicts(turned).verdict[directions].tolist()
    )


# ---- what may stand beside the paper's numbers ----


@pytest.mark.parametrize(
    ("kind", "protocol", "own"),
    [
        ("iemocap", "kfold10", True),
        ("iemocap", "session5", False),
        ("iemocap4", "kfold10", False),
        ("meld", "kfold10", False),
        ("synthetic", "kfold10", False),
        (None, "kfold10", False),
    ],
)
def test_a_printed_score_is_compared_on_its_corpus_and_folds_only(kind, protocol, own):
    """None: bare results; "iemocap" may be the name of a synthetic tree in its folders."""
    results = runs(
        {"MCSAN": 0.612, "w/o self": 0.60}, corpus="iemocap", protocol=protocol, fold_noise=0.005
    )
    found = verdicts({kind: results} if kind else results)
    assert found.verdict["score wa"] == ("reproduced" if own else "not comparable")
    assert found.note["w/o self wa"] == ("printed +0.007" if own else "")
    if not own:
        assert (
            not found.note.str.contains("printed").any()
            and not found.says.str.contains(r"\.\d").any()
        )


@pytest.mark.parametrize(
    ("ours", "spread", "verdict"),
    [(0.612, 0.005, "reproduced"), (0.5, 0.005, "differs"), (0.63, 0.05, "not distinguishable")],
)
def test_a_score_is_repeated_within_two_points(ours, spread, verdict):
    assert (
        verdicts({"iemocap": runs({"MCSAN": ours}, fold_noise=spread)}).verdict["score wa"]
        == verdict
    )


def test_weighted_f1_is_compared_on_melds_test_part():
    results = runs(
        {"MCSAN": 0.592, "cMKL": 0.561},
        corpus="meld+recut",
        protocol="official",
        fold_noise=0.002,
        noise=0.001,
    )
    assert verdicts({"meld": results}).verdict["score f1"] == "reproduced"
    dev = results.assign(
        fold="official-dev", split="s", seed=results.fold
    )  # MELD without its test file
    assert verdicts({"meld": dev}).verdict["score f1"] == "not comparable"
    assert verdicts({"manifest": results}).verdict["score f1"] == "not comparable"


def test_without_sound_no_claim_is_judged():
    results = runs({"MCSAN": 0.6, "w/o audio": 0.5, "N = 2": 0.5})
    assert verdicts({"meld": results}).verdict["N = 2 wa"] == "reproduced"
    silent = verdicts({"text alone": results})
    was_run = silent[silent.verdict != "not run"]
    assert "N = 2 wa" in was_run.index and set(was_run.verdict) == {"not comparable"}
    assert set(was_run["before Holm"]) == {"not comparable"} and was_run["p Holm"].isna().all()
    assert was_run.note.str.startswith("nothing is heard").all()


def test_two_corpora_are_two_blocks_and_runs_that_do_not_pair_say_so():
    one, other = (
        runs({"MCSAN": 0.6, "N = 2": 0.5}),
        runs({"MCSAN": 0.6, "N = 2": 0.7}, corpus="other"),
    )
    frame = ledgers.claims_ledger(pd.concat([one, other]))
    found = frame[frame.claim == "N = 2 wa"].set_index("block").verdict
    assert found["made · kfold10"] == "reproduced" and found["other · kfold10"] == "differs"
    assert (
        not ledgers.claims_ledger(one.assign(name="majority", model="floor"))
        .block.str.contains("·")
        .any()
    )
    twice = pd.concat([one, one.assign(run="another")])
    frame = ledgers.claims_ledger(pd.concat([twice, other]))
    assert frame[frame.block == "other · kfold10"].verdict.eq("differs").any()
    (line,) = frame[frame.block == "made · kfold10"].itertuples()
    assert line.verdict == "not run" and "2 runs of 'MCSAN'" in line.note


def test_counts_need_a_corpus():
    utterances = tuple(Utterance(f"u{i}", None, "yes", "ab"[i % 2]) for i in range(60))
    frame = ledgers.claims_ledger(
        corpora={"iemocap": Corpus("iemocap", ("a", "b"), utterances)}
    ).set_index("claim")
    assert (
        frame.verdict["iemocap utterances"] == "differs" and frame.value["iemocap utterances"] == 60
    )
    assert frame.verdict["iemocap folds"] == "reproduced"
    assert frame.verdict["iemocap hours"] == frame.verdict["meld test"] == "not run"


# ---- one test part: its dialogues and the seeds ----


def one_part(tmp_path, accuracies, seeds=2, n=200):
    """Runs of one fold with predictions on disk; whole dialogues of 20 turns are right or wrong."""
    lines, random = [], np.random.default_rng(0)
    ids = [f"u{i:03d}" for i in range(n)]
    for name, accuracy in accuracies.items():
        for s in range(seeds):
            right = np.repeat(random.random(n // 20) < accuracy, 20)
            folder = tmp_path / name.replace("/", "") / str(s)
            folder.mkdir(parents=True)
            pd.DataFrame({"id": ids, "true": "x", "x": right * 1.0, "y": 1.0 - right}).to_csv(
                folder / "predictions.csv", index=False
            )
            lines.append(
                {
                    "name": name,
                    "model": "mcsan",
                    "corpus": "made",
                    "protocol": "official",
                    "fold": "official",
                    "split": "s",
                    "seed": s,
                    "n_train": 100,
                    "n_test": n,
                    "run": name,
                    "folder": str(folder),
                    "wa": right.mean(),
                    "ua": right.mean(),
                    "weighted_f1": right.mean(),
                }
            )
    return pd.DataFrame(lines)


def test_one_test_part_is_drawn_again_by_dialogue(tmp_path):
    results = one_part(tmp_path, {"MCSAN": 0.8, "w/o self": 0.5})
    wide = gap_test(
        results, "MCSAN", "w/o self", "wa", {f"u{i:03d}": f"d{i // 20}" for i in range(200)}
    )
    narrow = gap_test(results, "MCSAN", "w/o self", "wa")
    expected = (
        results[results.name == "MCSAN"].wa.mean() - results[results.name == "w/o self"].wa.mean()
    )
    assert wide.mean == pytest.approx(expected) == narrow.mean
    assert (wide.n, narrow.n) == (10, 200) and wide.se > narrow.se > 0


def test_without_predictions_the_seeds_alone():
    results = runs({"MCSAN": 0.6, "w/o self": 0.5}, folds=1, seeds=(0, 1, 2), protocol="official")
    assert gap_test(results, "MCSAN", "w/o self", "wa").n == 3
    assert gap_test(results, "MCSAN", "N = 2", "wa") is None
    single = gap_test(results[results.seed == 0], "MCSAN", "w/o self", "wa")
    assert np.isnan(single.p) and single.n == 1


# ---- sensitivity ----


@pytest.fixture
def tried():
    found = runs(
        {"MCSAN": 0.60, "dropout=0.3": 0.62, "dropout=0.1": 0.59, "pool_stride=2": 0.55}, folds=3
    )
    again = runs({"MCSAN": 0.61}, folds=3, seeds=(1,))
    return pd.concat(
        [found, again, runs({"protocol=yoon5": 0.4}, folds=5, protocol="yoon5")], ignore_index=True
    )


def test_sensitivity_is_paired_sorted_and_beside_the_papers_gaps(tried):
    frame = ambiguities.sensitivity(tried).set_index("choice")
    ours = frame[frame.panel == "ours: made"]
    assert (
        ours.index[:3].tolist() == ["protocol=yoon5", "pool_stride=2", "dropout=0.3"]
        and "seed=1" in ours.index
    )
    assert (
        ours.low["pool_stride=2"]
        < ours.difference["pool_stride=2"]
        < ours.high["pool_stride=2"]
        < 0
    )
    assert ours.default["dropout=0.3"] == pytest.approx(
        tried[(tried.name == "MCSAN") & (tried.seed == 0)].wa.mean()
    )
    assert (ours.score - ours.default).tolist() == pytest.approx(ours.difference.tolist())
    assert ours.loc[["protocol=yoon5", "seed=1"], ["low", "high"]].isna().all(axis=None)
    printed = frame[frame.panel.str.startswith("the paper: IEMOCAP")]
    assert len(printed) == 8 and printed.difference["w/o text"] == pytest.approx(-0.121)
    assert printed.high["w/o self"] > 0 > printed.high["w/o text"]


def test_an_unfinished_seed_is_compared_on_the_folds_that_both_have(tried):
    defaults = tried[tried.name == "MCSAN"].copy()
    is_last, is_first_seed = defaults.fold == defaults.fold.max(), defaults.seed == 0
    defaults.loc[is_last & is_first_seed, "wa"] = 0.99  # a fold that was easy
    (row,) = ambiguities._seed_rows(defaults[~is_last | is_first_seed], "wa")
    default, score = defaults[~is_last].groupby("seed").wa.mean()
    assert (row["default"], row["score"]) == pytest.approx((default, score))
    assert row["difference"] == pytest.approx(score - default)
    apart = defaults[is_last == is_first_seed]  # no fold that both have
    assert ambiguities._seed_rows(apart, "wa") == []


def test_alternatives_without_their_default_are_refused(tried):
    assert "0 of them MCSAN's" in refusal(
        lambda: ambiguities.sensitivity(tried[tried.name != "MCSAN"])
    )
    assert "made, other" in refusal(
        lambda: ambiguities.sensitivity(pd.concat([tried, tried.assign(corpus="other")]))
    )


def test_bars_have_the_furthest_alternatives_at_their_ends(tried):
    frame = ambiguities.sensitivity(tried)
    bars = ambiguities.tornado_bars(frame[frame.panel == "ours: made"])
    assert bars.low_label["dropout"] == "0.1" and bars.high_label["dropout"] == "0.3"
    assert bars.low["pool_stride"] < bars.high["pool_stride"] == 0 and bars.high["protocol"] == 0
    from mcsan_lite.figures.results import draw_tornado

    assert (
        len(draw_tornado(bars).patches) == (bars[["low", "high"]] != 0).to_numpy().sum()
    )  # no bar of no length


def test_the_ambiguities_ledger(tried):
    plain, with_runs = (
        ledgers.ambiguities_ledger(),
        ledgers.ambiguities_ledger(tried).set_index("choice"),
    )
    assert not plain.tried.any() and plain.choice.is_unique
    assert plain.set_index("choice").how["class weights"] == "not built"
    assert plain.set_index("choice").alternatives["feedforward"] == "1, 16"  # 4 is ours
    assert (
        with_runs.tried["pool_stride"].startswith("2: -")
        and with_runs.tried["dropout"].count("[") == 2
    )
    assert with_runs.tried["folds"].startswith("yoon5: -") and with_runs.tried["seeds"].startswith(
        "1: "
    )


# ---- equations ----


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the core of Eq. 9, 10 and 15.", {9, 10, 15}),
        ("Eq. 2 and 3 (audio), 4 and 5 (text): x", {2, 3, 4, 5}),
        ("Eq. 1 to 3. In 2017", {1, 2, 3}),
        ("Equations 1 to 4; the loss, Eq. 20, is", {1, 2, 3, 4, 20}),
        ("in 3 steps", set()),
        ("Eq. 6–8", {6, 7, 8}),
    ],
)
def test_equations_named_in_a_text(text, numbers):
    assert eq.mentioned_equations(text) == numbers


def test_every_equation_has_function_test_and_lesson():
    frame = ledgers.equations_ledger().set_index("eq")
    assert list(frame.index) == list(range(1, 21))
    assert (frame.function[9], frame.function[12], frame.function[20]) == (
        "models.layers.attend",
        "models.layers.AttentionBlock",
        "training.loop.supervised, training.loop.fit",
    )
    assert frame.test[7] == "test_eq_06_08_projections" and "09" in frame.notebook[20]
    assert "08" in frame.notebook[1] and "05" in frame.notebook[5]
    assert {n for n in frame.index if frame.misprint[n]} == {1, 4, 6, 7, 8, 9, 10, 15}


@pytest.mark.parametrize(
    ("what", "lost"),
    [("test", "test_eq_20_"), ("notebook", "Eq. 20"), ("function", "Eq. 20")],
)
def test_a_missing_equation_is_refused(tmp_path, monkeypatch, what, lost):
    for folder in ("tests/paper", "notebooks/src"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tests/paper/test_equations.py", tmp_path / "tests/paper")
    for lesson in (ROOT / "notebooks/src").glob("*.py"):
        shutil.copy(lesson, tmp_path / "notebooks/src")
    if what == "function":
        real = eq.equation_functions()
        monkeypatch.setattr(
            eq,
            "equation_functions",
            lambda: {name: numbers - {20} for name, numbers in real.items()},
        )
    else:
        for file in tmp_path.rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            text = text.replace(lost, "")
            if what == "notebook":
                text = re.sub(r"\b20\b", "19", text)  # no lesson names the number any more
            file.write_text(text, encoding="utf-8")
    assert f"equation 20 without a {what}" in refusal(lambda: eq.equation_rows(tmp_path))


def test_an_installed_package_says_what_it_lacks(tmp_path):
    assert "tests/paper/test_equations.py" in refusal(lambda: eq.equation_rows(tmp_path))


# ---- how they are printed ----


def test_markdown_has_a_table_a_block_and_no_nan():
    text = ledgers.ledger_markdown(ledgers.claims_ledger(runs({"MCSAN": 0.6, "N = 2": 0.5})))
    assert text.count("### ") == 5 and "nan" not in text.lower() and "None" not in text
    widths = [
        [line.count(" | ") for line in part.splitlines() if line.startswith("|")]
        for part in text.split("### ")[1:]
    ]
    assert all(len(set(w)) == 1 and len(w) > 2 for w in widths)


@pytest.mark.parametrize("name", ["claims", "ambiguities", "equations"])
def test_the_ledgers_in_docs_are_current(name):
    """python -m mcsan_lite ledger … > docs/ledgers/….md, or as the message says."""
    text = (ROOT / f"docs/ledgers/{name}.md").read_text(encoding="utf-8")
    assert text.partition("\n\n")[2] == ledgers.ledger_markdown(
        getattr(ledgers, f"{name}_ledger")()
    ), f"docs/ledgers/{name}.md is stale: write it anew with ledgers.write_ledgers('docs/ledgers')"
