"""docs/results.md says what results/ holds, in words that follow the numbers."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

PLACE = Path(__file__).resolve().parents[2] / "docs" / "results.py"
SPEC = importlib.util.spec_from_file_location("results_page", PLACE)
results_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(results_page)
LEFT = "After Holm's correction for 1 comparison, a gap is still shown for: {}."
ALL = "After Holm's correction for 1 comparison, each of these gaps is still shown."


def test_the_page_shows_what_is_in_results():
    text = results_page.PAGE.read_text(encoding="utf-8")
    assert results_page.render(text) == text


def table_with(low, high, holm):
    rows = [
        {"row": "MCSAN", "wa gap": None},
        {"row": "other", "wa gap": (low + high) / 2, "wa gap low": low, "wa gap high": high},
    ]
    rows[1]["wa Holm p"] = holm
    return pd.DataFrame(rows).assign(wa=0.9)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.01, 0.05, "MCSAN is ahead of: other."),
        (-0.05, -0.01, "MCSAN is below: other."),
        (-0.01, 0.05, "Not distinguishable from MCSAN: other."),
    ],
)
def test_words_follow_the_interval(low, high, says):
    said = results_page.sentences(table_with(low, high, 0.2), "wa")
    assert says in said and said[-1] == LEFT.format("none")
    assert sum(": other." in sentence for sentence in said) == 1


def test_what_survives_the_correction_is_named():
    said = results_page.sentences(table_with(0.01, 0.05, 0.01), "wa")
    assert said[-1] == ALL
    assert said[0] == "1 row is compared with MCSAN, each by its own interval."


def test_a_row_that_was_not_run_is_named():
    table = table_with(0.01, 0.05, 0.01)
    unfinished = pd.concat([table, pd.DataFrame([{"row": "N = 3", "wa": None}])])
    said = results_page.sentences(unfinished, "wa")
    assert said[-1] == "Not run: N = 3." and said[:-1] == results_page.sentences(table, "wa")


def test_a_row_that_was_not_run_has_no_line_in_the_table():
    unfinished = pd.concat([table_with(0.01, 0.05, 0.01), pd.DataFrame([{"row": "N = 3"}])])
    table = unfinished.assign(parameters=None, **{"wa verdict": ""})
    shown = results_page.compact(table, "wa", pd.DataFrame())
    assert "| MCSAN | 0.900 |" in shown and "| other | 0.900 |" in shown and "N = 3" not in shown


def test_systems_are_held_against_the_best_floor():
    gap = "wa above best floor"
    low, high = f"{gap} low", f"{gap} high"
    rows = [
        {"row": "MCSAN", "wa": 0.95, gap: 0.05, low: 0.01, high: 0.09},
        {"row": "w/o text", "wa": 0.92, gap: 0.02, low: -0.01, high: 0.05},
        {"row": "N = 2", "wa": 0.5, gap: -0.4, low: -0.5, high: -0.3},
        {"row": "N = 3", "wa": None, low: None, high: None},
        {"row": "floor: majority", "wa": 0.15},
        {"row": "floor: order alone", "wa": 0.90},
    ]
    table = pd.DataFrame(rows)
    assert results_page.floor_sentence(table, "wa") == (
        "The best floor is order alone (0.900). On the same folds, these score higher: MCSAN. "
        "Not distinguishable from it: w/o text. These score lower: N = 2."
    )
    untested = results_page.floor_sentence(table.drop(columns=[low, high]), "wa")
    assert untested.endswith("No system was tested against it.")
    assert results_page.floor_sentence(table[:4], "wa").startswith("No floor was scored")


def write_tables(folder, full, quick):
    """Table 3 in both profiles: the score of each row, by its name."""
    for profile, scores in (("full", full), ("quick", quick)):
        table = pd.DataFrame({"row": list(scores), "wa": list(scores.values())})
        blank = dict.fromkeys(set(results_page.numbers_of("wa")) - {"wa"})
        table.assign(**blank).to_csv(folder / f"table3-synthetic-{profile}.csv", index=False)


def test_a_smaller_table_is_only_linked_once_the_larger_one_has_its_rows(tmp_path):
    quick = {"MCSAN": 0.9, "N = 3": 0.8, "floor: majority": 0.2}
    write_tables(tmp_path, full={**quick, "N = 3": None}, quick=quick)
    unfinished = [(path.stem, smaller) for *_, path, smaller in results_page.tables_in(tmp_path)]
    assert unfinished == [("table3-synthetic-full", None), ("table3-synthetic-quick", None)]
    write_tables(tmp_path, full=quick, quick=quick)
    ((*_, path, smaller),) = results_page.tables_in(tmp_path)
    assert (path.stem, smaller.stem) == ("table3-synthetic-full", "table3-synthetic-quick")


def test_floors_are_shown_once_for_each_corpus_and_profile(tmp_path):
    write_tables(
        tmp_path,
        full={"MCSAN": 0.9, "floor: majority": 0.2, "floor: TF-IDF + LR": None},
        quick={"MCSAN": 0.9, "N = 3": 0.8, "floor: majority": 0.3},
    )
    shown = results_page.floors_part(tmp_path).splitlines()
    assert shown[0] == "| floor | matching, `full` | matching, `quick` |"
    assert shown[2:] == ["| TF-IDF + LR |  |  |", "| majority | 0.200 | 0.300 |"]


def test_verdicts_of_one_seed_are_held_against_several():
    before = pd.DataFrame({"verdict": ["MCSAN ahead", "MCSAN ahead", "reference"]}, list("abc"))
    now = pd.DataFrame(
        {"wa gap low": [0.01, -0.01, None], "wa Holm p": [0.2, 0.6, None]}, list("abc")
    )
    said = results_page.one_seed_or_several(before, now, "wa")
    assert "ahead of a; b. Of these 2 verdicts, several seeds confirm 1, and 0 after Holm's" in said
    assert said.endswith("they do not confirm: b.")
    clear = now.assign(**{"wa gap low": 0.01, "wa Holm p": 0.01})
    said = results_page.one_seed_or_several(before, clear, "wa")
    assert "confirm 2, and 2 after" in said and said.endswith("they do not confirm: none.")


def test_trainings_that_never_began_are_counted(tmp_path):
    table = pd.DataFrame([{"row": "MCSAN", "wa": 0.9}, {"row": "floor: majority", "wa": 0.15}])
    found = pd.DataFrame({"name": ["MCSAN", "N = 3"], "wa": [0.9, 0.15], "n_test": 400})
    found.to_csv(tmp_path / "table3-world-full-folds.csv", index=False)
    file = tmp_path / "table3-world-full.csv"
    table.to_csv(file, index=False)
    (said,) = results_page.trainings_at_chance(file)
    assert said == (
        "1 of 2 trainings ends at the score of naming the largest class (15 %). "
        "Of 1 trainings of N = 3, 1 ends there."
    )
    found.assign(wa=0.9).to_csv(tmp_path / "table3-world-full-folds.csv", index=False)
    assert results_page.trainings_at_chance(file) == []
    found.to_csv(tmp_path / "table3-world-full-folds.csv", index=False)
    table[:1].to_csv(file, index=False)  # without the floor
    assert results_page.trainings_at_chance(file) == []


def test_without_a_gap_nothing_is_claimed():
    table = pd.DataFrame([{"row": "MCSAN", "wa gap": None}])
    assert results_page.sentences(table, "wa") == ["No row was run beside MCSAN."]


def real_floors(known, new, network):
    rows = [
        ("`speaker`", "RAVDESS", "MFCC statistics + SVM", new),
        ("`speaker`", "RAVDESS", "MCSAN w/o text", network),
        ("`kfold10`", "the same clips", "MFCC statistics + SVM", known),
        ("official-dev", "MELD", "length + punctuation only", 0.43),
        ("official-dev", "MELD", "TF-IDF + LR", 0.50),
        ("official-dev", "MELD", "MCSAN w/o audio, 3 seeds", 0.51),
    ]
    table = pd.DataFrame(rows, columns=["protocol", "corpus", "system", "wa"])
    return table.assign(
        **{"weighted_f1": table.wa, "wa low": table.wa - 0.05, "wa high": table.wa + 0.05}
    )


@pytest.mark.parametrize(
    ("network", "says"), [(0.30, "not shown to be"), (0.60, "network is above")]
)
def test_words_follow_the_floors_of_real_recordings(network, says):
    said = results_page.real_data.floors_sentences(real_floors(0.74, 0.37, network))
    assert "0.74 on random utterances and 0.37 on new actors" in said[0]
    assert says in said[1] and f"{network:.2f} against 0.37" in said[1]


@pytest.mark.parametrize(
    ("low", "verdict", "says"),
    [
        (0.40, "not distinguishable", "0 have an interval above the best floor"),
        (0.60, "MCSAN ahead", "1 have an interval above the best floor"),
    ],
)
def test_words_follow_the_rows_of_real_recordings(low, verdict, says):
    rows = [
        {"row": "MHA", "score": low + 0.05, "low": low, "verdict": verdict, "peeked": 1.0},
        {"row": "MCSAN", "score": 0.5, "low": 0.45, "verdict": "reference", "peeked": 0.0},
        {"row": "TF-IDF", "score": 0.55, "verdict": "floor"},
    ]
    said = results_page.real_data.rows_sentence(pd.DataFrame(rows))
    assert says in said and "(TF-IDF, 0.550)" in said and "+0.0 to +1.0 points" in said
    ahead = int(verdict == "MCSAN ahead")
    assert f"MCSAN is ahead of {ahead} of the 1 others" in said


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.01, 0.05, "above zero for: smooth; wholly below zero for: none."),
        (-0.05, -0.01, "above zero for: none; wholly below zero for: smooth."),
        (-0.01, 0.01, "above zero for: none; wholly below zero for: none."),
    ],
)
def test_words_follow_what_a_remedy_changed(low, high, says):
    changes = pd.DataFrame([{"choice": "smooth", "low": low, "high": high}])
    assert says in results_page.real_data.changes_sentence(changes)


def test_a_score_is_shown_as_it_was_kept():
    assert results_page.real_data.number([0.366, 0.31, 0.42], "{:.3f}") == "0.366 [0.31, 0.42]"
    assert results_page.real_data.number([0.366, float("nan"), 0], "{:.3f}") == "0.366"
    assert results_page.real_data.number([float("nan")] * 3, "{:.3f}") == ""


def test_what_stands_out_of_the_printed_table_is_named():
    said = results_page.real_data.printed_gaps()
    assert "w/o cross 2.98" in said and "w/o audio, w/o text in UA" in said


def test_twice_the_seeds_are_held_against_the_table_of_three(tmp_path):
    rows = [
        {"row": "MCSAN", "wa": 0.9, "basis": "10 folds", "parameters": 1},
        {"row": "order", "wa": 0.8, "wa gap": 0.1, "wa verdict": "reproduced"},
        {"row": "not run"},
    ]
    for file, half in ((results_page.THREE_SEEDS, 0.024), (results_page.SIX_SEEDS, 0.019)):
        ends = {"wa gap low": 0.1 - half, "wa gap high": 0.1 + half}
        table = pd.DataFrame([rows[0], rows[1] | ends, rows[2]])
        table.to_csv(tmp_path / file, index=False)
    said = results_page.six_seeds_part(tmp_path)
    assert "was ±2.4 points, and with six it is ±1.9." in said
    assert "| order |" in said and "not run" not in said


def test_without_another_learning_rate_there_is_no_depth_part(tmp_path):
    assert results_page.depth_part(tmp_path) == ""


def test_the_depths_are_shown_at_every_rate_that_was_trained(tmp_path):
    files = results_page.depth_files()
    for folds in files.values():
        for name in (folds, folds.replace("-folds.csv", ".csv")):
            shipped = results_page.ROOT / "results" / name
            if shipped.is_file():
                (tmp_path / name).write_bytes(shipped.read_bytes())
    shown = results_page.depth_part(tmp_path)
    rates = list(results_page.depth_by_rate(results=tmp_path).index.unique(0))
    assert len(rates) > 1
    for rate in rates[1:]:
        link = files[rate].replace("-folds.csv", ".md")
        assert f"**At a learning rate of {rate:g}:**" in shown and link in shown
    assert "| N = 3 |" in shown and "floor:" not in shown and "not run" not in shown


def seeds_of(tmp_path, wa):
    """The gaps of a table with two seeds on two folds: MCSAN has .9 in all, the row has `wa`."""
    trained = [("MCSAN", seed, 0.9) for seed in (0, 1, 0, 1)]
    trained += [("row", seed, score) for seed, score in zip((0, 1, 0, 1), wa, strict=True)]
    trainings = pd.DataFrame(trained, columns=["name", "seed", "wa"])
    trainings.to_csv(tmp_path / "table3-world-full-folds.csv", index=False)
    return results_page.gaps_by_seed(tmp_path / "table3-world-full.csv", "wa")


def test_each_seed_has_its_gap(tmp_path):
    gaps = seeds_of(tmp_path, (0.8, 0.9, 0.7, 0.98))
    assert list(gaps.row.round(6)) == [15.0, -4.0]
    assert results_page.say_sides_of_seeds(gaps) == [
        "Seed by seed, the gap is on both sides of zero in: row."
    ]
    one_side = seeds_of(tmp_path, (0.8, 0.8, 0.8, 0.8))
    assert results_page.say_sides_of_seeds(one_side)[0].endswith("zero in: none.")
    table = pd.DataFrame([{"row": "row", "wa": 0.8, "wa verdict": "reproduced", "parameters": 1}])
    assert "| +15.0 -4.0 |" in results_page.compact(table, "wa", gaps)


def test_a_single_seed_has_no_gaps_by_seed(tmp_path):
    place = tmp_path / "table3-world-full.csv"
    assert results_page.gaps_by_seed(place, "wa").empty
    trained = pd.DataFrame({"name": ["MCSAN", "row"], "seed": 0, "wa": [0.9, 0.8]})
    trained.to_csv(tmp_path / "table3-world-full-folds.csv", index=False)
    assert results_page.gaps_by_seed(place, "wa").empty
    assert results_page.say_sides_of_seeds(pd.DataFrame()) == []


def test_seeds_have_an_interval_of_their_own():
    gaps = pd.DataFrame({"w/o cross": [4.0, 6.0, 5.0], "w/o self": [-1.0, 0.0, 1.0]})
    (said,) = results_page.say_over_seeds(gaps)
    assert "the 3 seeds in place of the folds, in points: w/o cross +5.0 [+2.5, +7.5]" in said
    assert said.endswith("w/o self +0.0 [-2.5, +2.5].")
    assert results_page.say_over_seeds(pd.DataFrame()) == []
