"""Table 3 from results with known gaps: pairing, tests, verdicts, floors, and what is written."""

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.evaluation.significance import (
    corrected_t,
    equivalence,
    holm,
    mcnemar,
    welch_from_summary,
    wilcoxon,
)
from mcsan_lite.paper import report
from mcsan_lite.paper.published import (
    TABLE1_PUBLISHED,
    TABLE2_PUBLISHED,
    TABLE3_PUBLISHED,
    published_gaps,
)
from mcsan_lite.paper.report import table_markdown, write_table
from mcsan_lite.paper.verdicts import best_floor, compared_table, floors_beside, gaps_to_floor

GAPS = {
    "MCSAN": 0,
    "w/o audio": 0.10,
    "w/o self": 0.005,
    "w/o cross": -0.06,
    "N = 2": 0,
}  # MCSAN - row
SPREAD = {"w/o self": 0.03, "N = 2": 0.001}


def make(gaps=GAPS, folds=5, seeds=2, *, corpus="toy", protocol="kfold10", **more):
    """Results of runs: fold and seed effects that all rows share, and the row's own noise."""
    random, lines = np.random.default_rng(1), []
    common = random.normal(0.6, 0.03, (folds, seeds))
    for name, gap in gaps.items():
        noise = random.normal(0, SPREAD.get(name, 0.01), (folds, seeds))
        for fold, seed in np.ndindex(folds, seeds):
            wa = common[fold, seed] - (gap + noise[fold, seed] if gap or name in SPREAD else 0)
            lines.append(
                {
                    "name": name,
                    "model": "mcsan",
                    "corpus": corpus,
                    "protocol": protocol,
                    "run": f"{name}-1",
                    "seed": seed,
                    "fold": f"{protocol}-{fold}",
                    "split": f"abc{fold}",
                    "n_train": 800,
                    "n_test": 100,
                    "wa": wa,
                    "ua": wa / 2,
                    "weighted_f1": wa / 4,
                    "peeked_wa": wa + 0.02 + 0.01 * fold,
                    "peeked_ua": wa / 2 + 0.01 * fold,
                    "parameters": 1000,
                    "seconds_per_epoch": 2 + seed,
                    "folder": "nowhere",
                }
                | more
            )
    return pd.DataFrame(lines)


def values(results, name, score="wa"):
    return (
        results[results.name == name].pivot(index="fold", columns="seed", values=score).to_numpy()
    )


def test_nine_rows_and_their_numbers():
    results = make()
    table = compared_table(
        results.sample(frac=1, random_state=0), "synthetic"
    )  # the order of folders on disk means nothing
    assert table.index.tolist() == TABLE3_PUBLISHED.index.tolist()
    assert table.verdict.to_dict() == {
        "MCSAN": "reference",
        "w/o audio": "reproduced",
        "w/o text": "not run",
        "w/o self": "not distinguishable",
        "w/o cross": "differs",
        "cross + self (seq)": "not run",
        "self + cross (seq)": "not run",
        "N = 2": "not distinguishable",
        "N = 3": "not run",
    }
    for name in GAPS:
        for score in ("wa", "ua"):
            line, own = table.loc[name], values(results, name, score)
            test = corrected_t(own, 1 / 8)
            shown = [line[f"{score}{end}"] for end in ("", " low", " high")]
            assert shown == pytest.approx([test.mean, test.low, test.high])
            assert line[f"{score} sd folds"] == pytest.approx(own.mean(1).std(ddof=1))
            assert line[f"{score} sd seeds"] == pytest.approx(
                np.sqrt(own.var(axis=1, ddof=1).mean())
            )
            peeked = [line[f"{score} peeked gain{end}"] for end in ("", " low", " high")]
            bought = corrected_t(np.arange(5) * 0.01 + {"wa": 0.02, "ua": 0}[score], 1 / 8)
            assert peeked == pytest.approx([bought.mean, bought.low, bought.high])
            if name == "MCSAN":
                continue
            gaps = values(results, "MCSAN", score) - own
            test = corrected_t(gaps, 1 / 8)
            wanted = {
                "gap": test.mean,
                "gap low": test.low,
                "gap high": test.high,
                "p": test.p,
                "Wilcoxon p": wilcoxon(gaps).p,
                "equivalent within 1 point": equivalence(gaps, 0.01, 1 / 8).p,
            }
            assert {key: line[f"{score} {key}"] for key in wanted} == pytest.approx(wanted)
    ran = list(GAPS)[1:]
    assert table.loc[ran, "wa Holm p"].tolist() == pytest.approx(
        holm(table.loc[ran, "wa p"]).tolist()
    )
    assert (table.trainings[list(GAPS)] == 10).all() and table.trainings["N = 3"] == 0
    assert table["seconds per epoch"]["MCSAN"] == 2.5 and table.parameters["MCSAN"] == 1000
    assert table.basis["MCSAN"] == "5 folds, corrected t; 2 seeds averaged within each"


def test_a_row_whose_parameters_nobody_has_counted_is_a_row():
    results = make()
    results.loc[results.name == "w/o audio", "parameters"] = np.nan
    table = compared_table(results, "synthetic")
    assert table.parameters["MCSAN"] == 1000 and np.isnan(table.parameters["w/o audio"])


def test_alike_is_shown_not_assumed():
    table = compared_table(make(), "synthetic")
    alike = table["wa equivalent within 1 point"]
    assert (
        alike["N = 2"] < 0.05 < alike["w/o self"]
    )  # neither is distinguishable: one is alike, one unknown
    assert table.verdict["N = 2"] == table.verdict["w/o self"]


def test_a_verdict_before_and_one_after_holm_each_in_its_column():
    """A gap that luck alone seldom gives is not much among eight."""
    table = compared_table(make(GAPS | {"w/o self": 0.034}), "iemocap")
    alone, after = table["wa verdict"], table["wa verdict after Holm"]
    p = table["wa Holm p"]
    tested = p.notna()
    assert (after[tested & (p >= 0.05)] == "not distinguishable").all()
    assert (after[tested & (p < 0.05)] == alone[tested & (p < 0.05)]).all()
    assert after["MCSAN"] == "reference"
    assert (alone["w/o self"], after["w/o self"]) == ("reproduced", "not distinguishable")
    assert "after Holm" in table_markdown(table)


def test_the_papers_numbers_stand_beside_iemocap_alone():
    assert not [c for c in compared_table(make(), "synthetic") if "paper" in c]
    table = compared_table(make(), "iemocap")
    assert (
        table["wa paper"].tolist() == TABLE3_PUBLISHED.wa.tolist()
        and table["ua paper sd"]["N = 3"] == 0.018
    )
    assert table["wa paper gap"]["w/o self"] == 0.007 and np.isnan(table["wa paper gap"]["MCSAN"])
    assert table["ua paper gap"]["w/o cross"] == 0.024 and table.verdict["w/o text"] == "not run"
    meld = compared_table(make(protocol="official"), "meld")
    assert (
        meld["weighted_f1 paper"]["MCSAN"] == TABLE2_PUBLISHED["MCSAN"] == 0.592
        and "wa paper" not in meld
    )
    assert meld["weighted_f1 paper"].notna().sum() == 1 and meld.attrs["scores"] == [
        "wa",
        "ua",
        "weighted_f1",
    ]
    assert "not comparable" in compared_table(make(), "synthetic").attrs["caption"]
    assert "not comparable" not in table.attrs["caption"] + meld.attrs["caption"]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("iemocap", {"protocol": "session5"}),
        ("iemocap", {"corpus": "iemocap4"}),
        ("meld", {"protocol": "kfold10"}),
    ],
)
def test_printed_numbers_never_stand_beside_other_folds_or_classes(kind, settings):
    table = compared_table(make(**settings), kind)
    assert not [c for c in table if "paper" in c] and "not comparable" in table.attrs["caption"]


@pytest.mark.parametrize("kind", ["synthetic", "iemocap", "meld"])
def test_the_full_model_alone_is_a_table(kind, tmp_path):
    table = compared_table(make({"MCSAN": 0}), kind)
    assert table.verdict.tolist() == ["reference"] + ["not run"] * 8
    assert len(write_table(table, tmp_path, "alone")) == 4


def test_unpaired_results_are_refused():
    results = make()
    without = results[
        (results.name != "w/o self") | (results.fold != "kfold10-3") | (results.seed != 1)
    ]
    assert "'w/o self' without kfold10-3 seed 1\n" in refusal(
        lambda: compared_table(without, "synthetic")
    )
    shorter = results[(results.name != "MCSAN") | (results.seed == 0)]
    assert "'MCSAN' without kfold10-0 seed 1, kfold10-1 seed 1" in refusal(
        lambda: compared_table(shorter, "synthetic")
    )
    assert "without 'MCSAN'" in refusal(
        lambda: compared_table(results[results.name != "MCSAN"], "synthetic")
    )
    other = results.copy()
    other.loc[(other.name == "N = 2") & (other.fold == "kfold10-2"), "split"] = "other"
    assert "fold kfold10-2 of 'N = 2' with other members" in refusal(
        lambda: compared_table(other, "synthetic")
    )
    twice = pd.concat([results, results[results.name == "N = 2"].assign(run="N = 2-2")])
    assert "2 runs of 'N = 2': N = 2-1, N = 2-2" in refusal(
        lambda: compared_table(twice, "synthetic")
    )
    mixed = pd.concat([results, make(corpus="other")])
    assert "corpus with 2 values: other, toy" in refusal(lambda: compared_table(mixed, "synthetic"))


def test_other_names_and_floors_are_no_rows():
    results = make()
    more = pd.concat([results, make({"uniform": 0.1}), floor("w/o text", 0.2)])
    pd.testing.assert_frame_equal(
        compared_table(more, "synthetic"), compared_table(results, "synthetic")
    )


# --- one test part


@pytest.fixture
def official(tmp_path):
    """Three seeds on one test part of 40 dialogues of 5, predictions on disk; {id: dialogue}."""
    random = np.random.default_rng(0)
    ids, labels = [f"u{i:03d}" for i in range(200)], ["a", "b", "c"]
    true, dialogues = random.integers(0, 3, 200), {u: f"d{i // 5}" for i, u in enumerate(ids)}
    results = make({"MCSAN": 0, "w/o text": 0.3}, folds=1, seeds=3, protocol="official")
    for i, line in results.iterrows():
        wrong = random.random(40).repeat(5) < (0.2 if line["name"] == "MCSAN" else 0.5)
        predicted = np.where(wrong, (true + 1) % 3, true)
        results.loc[i, ["wa", "folder"]] = (predicted == true).mean(), str(tmp_path / str(i))
        table = pd.DataFrame(np.eye(3)[predicted], columns=labels)
        table.insert(0, "id", ids)
        table.insert(1, "true", [labels[c] for c in true])
        (tmp_path / str(i)).mkdir()
        table.sample(frac=1, random_state=i).to_csv(
            tmp_path / str(i) / "predictions.csv", index=False
        )
    return results, dialogues, true


def read(results, name):
    grid = results[results.name == name]
    return np.stack(
        [
            pd.read_csv(f"{f}/predictions.csv")
            .set_index("id")
            .sort_index()[["a", "b", "c"]]
            .to_numpy()
            .argmax(1)
            for f in grid.folder
        ]
    )


def test_one_test_part_is_drawn_again_by_dialogues(official):
    results, dialogues, _ = official
    table = compared_table(results, "synthetic", dialogues=dialogues)
    line, a, b = table.loc["w/o text"], read(results, "MCSAN"), read(results, "w/o text")
    labels = {"a": 0, "b": 1, "c": 2}
    truth = (
        pd.read_csv(f"{results.folder[0]}/predictions.csv")
        .set_index("id")
        .sort_index()["true"]
        .map(labels)
        .to_numpy()
    )
    wanted = over_seeds_and_clusters(truth, a, b, [dialogues[u] for u in sorted(dialogues)])
    assert (line["wa gap"], line["wa gap low"], line["wa p"]) == pytest.approx(
        (wanted.mean, wanted.low, wanted.p)
    )
    assert line["wa gap"] == pytest.approx(
        (values(results, "MCSAN") - values(results, "w/o text")).mean()
    )
    assert (
        line["wa McNemar p"] == pytest.approx(mcnemar(a[0] == truth, b[0] == truth).p)
        and "wa Wilcoxon p" not in table
    )
    assert (
        line.verdict == "reproduced"
        and line.basis == "40 dialogues; 3 seeds"
        and np.isnan(line["wa sd folds"])
    )
    alone = compared_table(results, "synthetic").loc["w/o text"]
    assert alone.basis == "200 utterances, their dialogues unknown; 3 seeds"
    assert alone["wa gap high"] - alone["wa gap low"] < line["wa gap high"] - line["wa gap low"]


def test_without_predictions_the_seeds_alone(official):
    results, dialogues, _ = official
    table = compared_table(results.assign(folder="nowhere"), "synthetic", dialogues=dialogues)
    gaps = values(results, "MCSAN")[0] - values(results, "w/o text")[0]
    test = corrected_t(gaps, 0)
    assert table.loc["w/o text", ["wa gap", "wa gap low", "wa p"]].tolist() == pytest.approx(
        [test.mean, test.low, test.p]
    )
    assert table.basis["w/o text"] == "3 seeds on one test part, which is taken as it is"
    one = compared_table(results[results.seed == 0].assign(folder="nowhere"), "synthetic").loc[
        "w/o text"
    ]
    assert (
        np.isnan(one["wa gap low"]) and one.verdict == "not distinguishable"
    )  # nothing to say it with


def test_predictions_on_other_utterances_are_refused(official):
    results, _, _ = official
    file = f"{results[results.name == 'w/o text'].folder.iloc[0]}/predictions.csv"
    pd.read_csv(file).assign(id=lambda t: t.id + "x").to_csv(file, index=False)
    assert "'w/o text'" in refusal(lambda: compared_table(results[results.seed == 0], "synthetic"))


# --- the paper's own table


def test_the_papers_gaps_read_again():
    table = published_gaps()
    t = table["wa t"].round(2).to_dict()
    wanted = {
        "w/o self": 1.25,
        "cross + self (seq)": 1.17,
        "self + cross (seq)": 1.86,
        "N = 2": 1.81,
        "w/o cross": 2.98,
        "N = 3": 3.17,
        "AMH": -0.79,
        "CAN": 4.64,
    }
    assert {name: t[name] for name in wanted} == wanted and round(
        table["ua t"]["w/o self"], 2
    ) == 0.98
    noise = table[table.source == "Table 3"].groupby("wa within noise").groups
    assert sorted(noise[True]) == ["N = 2", "cross + self (seq)", "self + cross (seq)", "w/o self"]
    assert sorted(noise[False]) == ["N = 3", "w/o audio", "w/o cross", "w/o text"]
    assert sorted(table.index[(table.source == "Table 3") & (table["ua t"] < 2)]) == sorted(
        noise[True]
    )
    assert (
        table["wa gap"]["w/o self"] == 0.007
        and table["wa gap"]["AMH"] == -0.005
        and len(table) == 8 + 5
    )
    can = welch_from_summary(0.612, 0.012, 0.579, 0.019, 10)
    assert (table["wa gap low"]["CAN"], table["wa p"]["CAN"]) == (can.low, can.p)
    of_3 = table[table.source == "Table 3"]
    assert of_3["ua Holm p"].tolist() == pytest.approx(holm(of_3["ua p"]).tolist())
    assert table.basis.str.startswith("unpaired").all() and "Unpaired" in table.attrs["caption"]


def test_tables_of_the_paper_agree_and_give_its_claims():
    assert TABLE1_PUBLISHED.loc["MCSAN"].equals(TABLE3_PUBLISHED.loc["MCSAN"])
    gain = TABLE1_PUBLISHED.loc["MCSAN"] - TABLE1_PUBLISHED
    assert round(gain.wa["CAN"], 3) == 0.033 and round(gain.ua["MHA"], 3) == 0.069  # section 3.4
    assert round(TABLE2_PUBLISHED["MCSAN"] - TABLE2_PUBLISHED["Liang et al."], 3) == 0.031


# --- floors and files


def floor(name, wa, folds=5, run="f-1", **more):
    lines = make({"MCSAN": 0}, folds, 1)
    return lines.assign(
        name=name, model="floor", run=run, wa=wa + 0.01 * np.arange(folds), ua=wa / 2, **more
    )


def test_floors_stand_below_on_the_same_folds():
    table = compared_table(make(), "synthetic")
    others = [floor("majority", 0.9, split="other"), floor("speaker only", 0.9, corpus="other")]
    found = pd.concat(
        [
            make(),
            *others,
            floor("majority", 0.2),
            floor("TF-IDF + LR", 0.4, folds=3),
            floor("majority", 0.25, run="f-2"),
        ]
    )
    below = floors_beside(table, make(), found)
    assert below.index[9:].tolist() == [
        "floor: majority",
        "floor: TF-IDF + LR",
        "floor: majority (f-2)",
    ]
    assert below.wa["floor: majority"] == pytest.approx(0.22) and below.wa[
        "floor: majority (f-2)"
    ] == pytest.approx(0.27)
    test = corrected_t(0.2 + 0.01 * np.arange(5), 1 / 8)
    assert below["wa low"]["floor: majority"] == pytest.approx(test.low) and np.isnan(
        below["wa gap"]["floor: majority"]
    )
    assert below.verdict.tolist()[9:] == ["floor", "not run on all folds", "floor"]
    assert np.isnan(below.wa["floor: TF-IDF + LR"])
    caption = below.attrs["caption"].removeprefix(table.attrs["caption"])
    assert caption.startswith(" Above best floor: row − majority (f-2), on the same folds;")
    assert {**below.attrs, "caption": ""} == {**table.attrs, "caption": ""}
    pd.testing.assert_frame_equal(below.iloc[:9][table.columns], table, check_dtype=False)
    assert "no floor" in refusal(lambda: floors_beside(table, make(), make()))


def test_each_row_is_held_against_the_best_floor_on_the_same_folds():
    trained = make()
    floors = pd.concat([floor("majority", 0.2), floor("order", 0.58)])
    below = floors_beside(compared_table(trained, "synthetic"), trained, floors)
    assert best_floor(below, "wa") == "floor: order"
    of_floor = 0.58 + 0.01 * np.arange(5)
    for row in ("MCSAN", "w/o audio"):
        own = values(trained, row)
        test = corrected_t(own - of_floor[:, None], 1 / 8)  # fold by fold, not mean by mean
        columns = [f"wa above best floor{end}" for end in ("", " low", " high")]
        assert below.loc[row, columns].tolist() == pytest.approx([test.mean, test.low, test.high])
        gaps = gaps_to_floor(trained, floor("order", 0.58), "wa", rows=GAPS)
        assert gaps.loc[row].tolist() == pytest.approx([test.mean, test.low, test.high])
        assert set(gaps.index) == set(GAPS)
    assert below["wa above best floor"][["w/o text", "floor: order"]].isna().all()
    plain = compared_table(make(), "synthetic")
    assert best_floor(plain, "wa") is None and best_floor(below, "macro_f1") is None


def test_on_one_test_part_a_floor_is_taken_as_it_is():
    trained = make(folds=1, seeds=3)
    table = compared_table(trained, "synthetic")
    below = floors_beside(table, trained, floor("majority", 0.2, folds=1))
    row = below.loc["MCSAN"]
    assert row["wa above best floor"] == pytest.approx(row.wa - 0.2)
    assert "row − majority, whose score is taken as it is" in below.attrs["caption"]
    assert row["wa above best floor low"] == pytest.approx(row["wa low"] - 0.2)
    assert row["wa above best floor high"] == pytest.approx(row["wa high"] - 0.2)


@pytest.mark.parametrize("kind", ["synthetic", "iemocap"])
def test_what_is_written_can_be_read(tmp_path, kind):
    table = floors_beside(compared_table(make(), kind), make(), floor("majority", 0.2))
    paths = write_table(table, tmp_path / "new", "table3")
    assert (
        sorted(p.name for p in (tmp_path / "new").iterdir())
        == sorted(p.name for p in paths)
        == ["table3.csv", "table3.md", "table3.png", "table3.svg"]
    )
    again = pd.read_csv(tmp_path / "new" / "table3.csv", index_col="row")
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    text = (tmp_path / "new" / "table3.md").read_text(encoding="utf-8")
    assert text.endswith(f"*{table.attrs['caption']}*\n") and text.count("### ") == 3
    line = next(line for line in text.splitlines() if line.startswith("| w/o audio"))
    gap = table.loc["w/o audio"]
    assert (
        f"| {gap.wa:.3f} [{gap['wa low']:.3f}, {gap['wa high']:.3f}] |" in line
        and "| reproduced |" in line
    )
    mean, low, high = (100 * gap[f"wa gap{end}"] for end in ("", " low", " high"))
    assert f"| {mean:+.1f} [{low:+.1f}, {high:+.1f}] |" in line
    assert ("0.509 ± 0.010" in line) == (kind == "iemocap") and "| floor: majority | 0.220" in text
    svg = (tmp_path / "new" / "table3.svg").read_text(encoding="utf-8")
    assert (
        svg.lstrip().startswith("<?xml")
        and (tmp_path / "new" / "table3.png").read_bytes()[:4] == b"\x89PNG"
    )


def test_every_line_of_a_sheet_is_as_wide_as_its_head(tmp_path):
    for table in (compared_table(make(), "iemocap"), published_gaps()):
        for sheet in table_markdown(table).split("\n\n"):
            assert (
                len({line.count("|") for line in sheet.splitlines() if line.startswith("|")}) <= 1
            )
    write_table(published_gaps(), tmp_path, "published")
    assert "| within noise |" in (tmp_path / "published.md").read_text(encoding="utf-8")


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    table = compared_table(make(), "synthetic")
    write_table(table, tmp_path, "table3")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def torn(table):
        raise OSError("disk full")

    monkeypatch.setattr(report, "table_markdown", torn)
    with pytest.raises(OSError, match="disk full"):
        write_table(table, tmp_path, "table3")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
