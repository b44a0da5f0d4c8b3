"""Finished tables beside each other: two worlds, several learning rates."""

import numpy as np
import pandas as pd
import pytest

from mcsan_lite.experiments.finished import rates, worlds
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.paper.profiles import PROFILES
from mcsan_lite.tables.own import load_table, save_table


def test_cross_attention_in_both_worlds_is_read_from_the_tables(tmp_path):
    assert worlds.cross_by_world(results=tmp_path).empty
    rows = ["MCSAN", "w/o self", "w/o cross", f"floor: {ORDER_ALONE}"]
    numbers = {"wa": 0.8, "wa low": 0.7, "wa high": 0.9, "wa gap low": 0.1, "wa gap high": 0.3}
    for world, gap in (("synthetic", 0.2), ("listed", 0.1)):
        table = pd.DataFrame({"row": rows, **numbers, "wa gap": gap})
        table.to_csv(tmp_path / f"table3-{world}-full.csv", index=False)
    found = worlds.cross_by_world(results=tmp_path)
    assert list(found.loc["listed"].index) == ["MCSAN", "w/o cross", ORDER_ALONE]
    assert found.gap["matching", "w/o cross"] == 0.2 and found.gap["listed", "w/o cross"] == 0.1
    columns = ["mean", "low", "high", "gap", "gap low", "gap high"]
    assert list(found.columns) == [*columns, "above", "above low", "above high", "Holm p"]
    assert found.above.isna().all()  # these tables were not held against floors


def test_rivals_of_both_worlds_are_read_from_the_tables(tmp_path):
    assert worlds.rivals_by_world(results=tmp_path).empty
    rows = [
        "MHA",
        "CAN",
        "AMH",
        "MCSAN",
        "MulT",
        "floor: majority",
        f"floor: {ORDER_ALONE}",
    ]
    scores = [0.7, 0.8, 0.9, 0.8, None, 0.1, 0.8]  # MulT was not run
    for world in ("synthetic", "listed"):
        pd.DataFrame({"row": rows, "wa": scores}).to_csv(
            tmp_path / f"table1-{world}-full.csv", index=False
        )
    found = worlds.rivals_by_world(results=tmp_path)
    listed = found.loc["listed"]
    assert list(listed.index) == ["MHA", "CAN", "AMH", "MCSAN", ORDER_ALONE]
    assert list(listed.told) == ["", "word times", "video", "", ""]
    assert list(found.loc["matching"].index) == list(listed.index)


USUAL = PROFILES["full"].train.learning_rate
ROWS = {"MCSAN": [0.9, 0.9], "w/o self": [0.15, 0.9], "N = 2": [0.9, 0.8], "N = 3": [0.15, 0.9]}


def write_depths(folder, name, scores):
    """A table and its trainings: rows of Table 3 and the floor that names the largest class.

    A row without a score was not run.
    """
    means = {row: np.mean(wa) if wa else None for row, wa in scores.items()}
    rows = [{"row": row, "wa": wa, "wa gap": wa and 0.9 - wa} for row, wa in means.items()]
    table = pd.DataFrame([*rows, {"row": "floor: majority", "wa": 0.15}])
    save_table(folder / f"{name}.csv", table.assign(**{"wa gap low": 0.1, "wa gap high": 0.2}))
    folds = [
        {"name": row, "fold": fold, "seed": 0, "wa": wa}
        for row, pair in scores.items()
        for fold, wa in enumerate(pair)
    ]
    trainings = pd.DataFrame(folds).assign(n_test=400, n_train=3200)
    save_table(folder / f"{name}-folds.csv", trainings)


def test_depths_at_two_learning_rates(tmp_path):
    assert rates.depth_by_rate(results=tmp_path).empty
    write_depths(tmp_path, "table3-synthetic-full", ROWS)
    assert rates.depth_by_rate(results=tmp_path).empty  # one table of two
    calm = {row: [0.9, 0.8] for row in rates.DEPTHS}
    write_depths(tmp_path, "table3-synthetic-full-learning-rate-0.001", calm)
    found = rates.depth_by_rate(results=tmp_path)
    assert list(found.index) == [(rate, row) for rate in (USUAL, 0.001) for row in rates.DEPTHS]
    assert list(found.trainings) == [2] * 6 and list(found.stuck) == [0, 0, 1, 0, 0, 0]
    assert found.gap[USUAL, "N = 3"] == pytest.approx(0.375)
    assert found["gap high"][0.001, "N = 2"] == 0.2
    # Fold by fold, N = 3: MCSAN is ahead by .75 and 0 at the usual rate, and nowhere at .001.
    assert found.change[0.001, "N = 3"] == pytest.approx(-0.375)
    assert found["change low"][0.001, "N = 3"] < -0.375 < found["change high"][0.001, "N = 3"]
    assert found.change[USUAL].isna().all() and found.change[0.001].isna()["MCSAN"]
    assert list(found["stuck of one seed"]) == [0, 0, 1, 0, 0, 0]
    two = {row: [0.9, 0.8] for row in ("MCSAN", "N = 3")} | {"N = 2": []}
    write_depths(tmp_path, "table3-synthetic-full-learning-rate-0.0005", two)
    found = rates.depth_by_rate(results=tmp_path)
    assert list(found.loc[0.0005].index) == ["MCSAN", "N = 3"]  # the third was not run


def test_without_a_deeper_network_there_is_no_depth(tmp_path):
    write_depths(tmp_path, "table3-synthetic-full", ROWS)
    write_depths(tmp_path, "table3-synthetic-full-learning-rate-0.001", {"MCSAN": [0.9, 0.9]})
    assert rates.depth_by_rate(results=tmp_path).empty


@pytest.mark.parametrize("lost", ["floor", "trainings"])
def test_half_a_table_is_none(tmp_path, lost):
    write_depths(tmp_path, "table3-synthetic-full", ROWS)
    slower = tmp_path / "table3-synthetic-full-learning-rate-0.001.csv"
    write_depths(tmp_path, slower.stem, ROWS)
    assert len(rates.depth_by_rate(results=tmp_path)) == 6
    if lost == "trainings":
        slower.with_name(f"{slower.stem}-folds.csv").unlink()
    else:
        table = load_table(slower, numbers=("wa", "wa gap"))
        save_table(slower, table[table.row != "floor: majority"])
    assert rates.depth_by_rate(results=tmp_path).empty


def test_the_paper_has_another_rate_than_the_quick_profiles():
    """Or two tables would be one."""
    assert (rates.RATE_ON_IEMOCAP, rates.RATE_ON_MELD) == (0.001, 0.0005)
    assert list(rates.depth_files()) == [USUAL, 0.001, 0.0005]
    plain = rates.depth_files("paper")[rates.RATE_ON_IEMOCAP]
    assert plain == "table3-synthetic-paper-folds.csv"  # there it is the profile's own
