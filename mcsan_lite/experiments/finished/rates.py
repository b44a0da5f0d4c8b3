"""The depths of Table 3 at several learning rates.

In: finished tables of the matching world. Out: one row per rate and depth. A training of a deep
network may never begin to learn, and the mean of a row with such trainings says little about depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.evaluation.significance import corrected_t
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
        `finished_scores`; `trainings`; `stuck`, how many of them end where naming the largest
        class ends, and `stuck of one seed`, the most of these that have the same seed; and
        `change`, `change low` and `change high`, the gap less that at the first rate, on the same
        folds. Empty until there are two rates at which MCSAN and a deeper network were run.
    """
    found = {rate: _depths(results / file) for rate, file in depth_files(profile).items()}
    there = {rate: depths for rate, depths in found.items() if depths is not None}
    if len(there) < 2:
        return pd.DataFrame(columns=["gap", *_STUCK], index=pd.MultiIndex.from_arrays([[], []]))
    first = next(iter(there))
    usual_gaps = gaps_to_mcsan(there[first].trainings, "fold")
    tables = {
        rate: depths.scores.join(_changes(depths.trainings, usual_gaps))
        for rate, depths in there.items()
    }
    table = pd.concat(tables, names=["learning rate", "system"])
    table.loc[[first], _CHANGE] = float("nan")  # of the first rate to itself
    return table


def gaps_to_mcsan(trainings: pd.DataFrame, by: str, score: str = "wa") -> pd.DataFrame:
    """(folds or seeds, systems): MCSAN less each system, averaged over a fold or over a seed.

    Args:
        trainings: one row each: name, fold, seed and the score.
        by: "fold" or "seed".
        score: of which the gap is.
    """
    scores = trainings.groupby([by, "name"], sort=False)[score].mean().unstack("name")
    return scores.drop(columns=FULL).rsub(scores[FULL], axis=0)


_STUCK = ["trainings", "stuck", "stuck of one seed"]
_CHANGE = ["change", "change low", "change high"]


class _Depths(NamedTuple):
    """What was run of the depths at one learning rate: scores by row, and every training."""

    scores: pd.DataFrame
    trainings: pd.DataFrame


def _depths(folds_file: Path) -> _Depths | None:
    """None where MCSAN or every deeper network is missing, or a part of the table is."""
    scores = finished_scores(folds_file)
    run = [row for row in DEPTHS if row in scores.index and pd.notna(scores["mean"][row])]
    known = FULL in run and _LARGEST_CLASS in scores.index and folds_file.is_file()
    if not known or len(run) < 2:
        return None
    trainings = load_table(folds_file, numbers=("wa", "n_test", "n_train"))
    trainings = trainings[trainings.name.isin(run)]
    stuck = at_chance(trainings, scores["mean"][_LARGEST_CLASS])
    by_row = stuck.groupby(trainings.name)
    by_seed = stuck.groupby([trainings.name, trainings.seed]).sum()
    counts = (by_row.count(), by_row.sum(), by_seed.groupby("name").max())
    return _Depths(scores.loc[run].assign(**dict(zip(_STUCK, counts, strict=True))), trainings)


def _changes(trainings: pd.DataFrame, usual_gaps: pd.DataFrame) -> pd.DataFrame:
    """By how much each gap differs from the usual one on the same folds, with its interval."""
    test_share = float((trainings.n_test / trainings.n_train).mean())
    changes = (gaps_to_mcsan(trainings, "fold") - usual_gaps).dropna(axis=1)
    tests = {system: corrected_t(of_folds, test_share) for system, of_folds in changes.items()}
    rows = {system: (test.mean, test.low, test.high) for system, test in tests.items()}
    return pd.DataFrame(rows, index=_CHANGE).T
