"""The depths of Table 3 at several learning rates.

In: finished tables of the matching world. Out: one row per rate and depth. At the larger rates some
trainings of the deeper networks never begin to learn, so that their mean says little about depth.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.experiments.finished.scores import finished_scores
from mcsan_lite.experiments.grids import RESULTS_FOLDER, shipped_file
from mcsan_lite.paper.profiles import BY_CORPUS, PROFILES
from mcsan_lite.paper.published import FLOOR, FULL
from mcsan_lite.tables.own import load_table

DEPTHS = (FULL, "N = 2", "N = 3")
# Section 3.2 of the paper: its learning rates on IEMOCAP and on MELD.
PAPER_RATES = (
    PROFILES["paper"].train.learning_rate,
    BY_CORPUS["meld", "paper"].train["learning_rate"],
)
_LARGEST_CLASS = f"{FLOOR}majority"


def depth_by_rate(profile: str = "full", *, results: Path = RESULTS_FOLDER) -> pd.DataFrame:
    """MCSAN with one, two and three layers, at the profile's learning rate and at the paper's.

    Args:
        profile: of the tables' trainings.
        results: the folder of tables; by default those that the repository ships.

    Returns:
        One row per learning rate and system that was run, which are the index: mean, low and high
        of WA over folds; `gap`, `gap low` and `gap high`, which are MCSAN less the system on the
        same folds; `above`, `above low` and `above high`, the system less the best floor;
        `trainings`, and `stuck`, how many of them end where naming the largest class ends. Empty
        until there are two rates at which MCSAN and a deeper network were run.
    """
    usual = PROFILES[profile].train.learning_rate
    files = {usual: shipped_file("table3", profile)}
    files |= {rate: shipped_file("table3", profile, learning_rate=rate) for rate in PAPER_RATES}
    tables = {rate: _depths(results / file.name) for rate, file in files.items()}
    there = {rate: table for rate, table in tables.items() if len(table) > 1}
    if len(there) < 2:
        return tables[usual].iloc[:0]
    return pd.concat(there, names=["learning rate", "system"])


def _depths(folds_file: Path) -> pd.DataFrame:
    """The scores of the depths that were run, and how many trainings of each never began."""
    scores = finished_scores(folds_file)
    run = [row for row in DEPTHS if row in scores.index and pd.notna(scores["mean"][row])]
    if FULL not in run:
        return scores.iloc[:0].assign(trainings=0, stuck=0)
    trainings = load_table(folds_file, numbers=("wa", "n_test"))
    stuck = at_chance(trainings, scores["mean"][_LARGEST_CLASS])
    by_row = stuck.groupby(trainings.name)
    return scores.loc[run].assign(trainings=by_row.count(), stuck=by_row.sum())
