"""The depths of Table 3 at two learning rates.

In: finished tables of the matching world. Out: one row per rate and depth. At the larger rate some
trainings of the deeper networks never begin to learn, so that their mean says little about depth.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.experiments.finished.scores import finished_scores
from mcsan_lite.experiments.grids import RESULTS_FOLDER, shipped_file
from mcsan_lite.paper.profiles import PROFILES
from mcsan_lite.paper.published import FLOOR
from mcsan_lite.tables.own import load_table

DEPTHS = ("MCSAN", "N = 2", "N = 3")
PAPER_RATE = PROFILES["paper"].train.learning_rate
_LARGEST_CLASS = f"{FLOOR}majority"


def depth_by_rate(profile: str = "full", *, results: Path = RESULTS_FOLDER) -> pd.DataFrame:
    """MCSAN with one, two and three layers, at the profile's learning rate and at the paper's.

    Args:
        profile: of the tables' trainings.
        results: the folder of tables; by default those that the repository ships.

    Returns:
        One row per learning rate and system, which are the index: mean, low and high of WA over
        folds; `gap`, `gap low` and `gap high`, which are MCSAN less the system on the same folds;
        `above`, `above low` and `above high`, the system less the best floor; `trainings`, and
        `stuck`, how many of them end where naming the largest class ends. Empty until both tables
        have these rows.
    """
    usual = PROFILES[profile].train.learning_rate
    files = {
        usual: results / shipped_file("table3", profile).name,
        PAPER_RATE: results / shipped_file("table3", profile, learning_rate=PAPER_RATE).name,
    }
    scores = {rate: finished_scores(file) for rate, file in files.items()}
    if not all(set(DEPTHS) <= set(table.index) for table in scores.values()):
        return scores[usual].iloc[:0].assign(trainings=0, stuck=0)
    tables = {rate: _with_stuck(scores[rate], file) for rate, file in files.items()}
    return pd.concat(tables, names=["learning rate", "system"])


def _with_stuck(scores: pd.DataFrame, folds_file: Path) -> pd.DataFrame:
    """The scores of the depths, and how many trainings of each never began to learn."""
    trainings = load_table(folds_file, numbers=("wa", "n_test"))
    stuck = at_chance(trainings, scores["mean"][_LARGEST_CLASS])
    by_row = stuck.groupby(trainings.name)
    return scores.loc[list(DEPTHS)].assign(trainings=by_row.count(), stuck=by_row.sum())
