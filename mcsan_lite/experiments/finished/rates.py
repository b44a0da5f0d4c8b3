"""The depths of Table 3 at several learning rates.

In: finished tables of the matching world. Out: one row per rate and depth. A training of a deep
network may never begin to learn, and the mean of a row with such trainings says little about depth.
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
# Section 3.2 of the paper.
RATE_ON_IEMOCAP = PROFILES["paper"].train.learning_rate
RATE_ON_MELD = BY_CORPUS["meld", "paper"].train["learning_rate"]
_LARGEST_CLASS = f"{FLOOR}majority"


def depth_files(profile: str = "full") -> dict[float, str]:
    """The tables of the depths by their learning rate: the profile's own, then the paper's two.

    Args:
        profile: of the tables' trainings.

    Returns:
        {learning rate: name of the -folds.csv}, whether it is there or not.
    """
    files = {PROFILES[profile].train.learning_rate: shipped_file("table3", profile).name}
    for rate in (RATE_ON_IEMOCAP, RATE_ON_MELD):
        files.setdefault(rate, shipped_file("table3", profile, learning_rate=rate).name)
    return files


def depth_by_rate(profile: str = "full", *, results: Path = RESULTS_FOLDER) -> pd.DataFrame:
    """MCSAN with one, two and three layers, at the profile's learning rate and at the paper's.

    Args:
        profile: of the tables' trainings.
        results: the folder of tables; by default those that the repository ships.

    Returns:
        One row per learning rate and system that was run, which are the index: the columns of
        `finished_scores`; `trainings`, and `stuck`, how many of them end where naming the largest
        class ends. Empty until there are two rates at which MCSAN and a deeper network were run.
    """
    tables = {rate: _depths(results / file) for rate, file in depth_files(profile).items()}
    there = {rate: table for rate, table in tables.items() if len(table) > 1}
    if len(there) < 2:
        nothing = next(iter(tables.values())).iloc[:0]
        return pd.concat({0.0: nothing}, names=["learning rate", "system"])
    return pd.concat(there, names=["learning rate", "system"])


def _depths(folds_file: Path) -> pd.DataFrame:
    """The scores of the depths that were run, and how many trainings of each never began."""
    scores = finished_scores(folds_file)
    run = [row for row in DEPTHS if row in scores.index and pd.notna(scores["mean"][row])]
    known = FULL in run and _LARGEST_CLASS in scores.index and folds_file.is_file()
    if not known:
        return scores.iloc[:0].assign(trainings=0, stuck=0)
    trainings = load_table(folds_file, numbers=("wa", "n_test"))
    stuck = at_chance(trainings, scores["mean"][_LARGEST_CLASS])
    by_row = stuck.groupby(trainings.name)
    return scores.loc[run].assign(trainings=by_row.count(), stuck=by_row.sum())
