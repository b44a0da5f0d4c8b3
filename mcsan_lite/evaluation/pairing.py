"""Results made comparable: the same folds, seeds and utterances in every row of a table.

In: results as `run_experiment` and `load_results` give them. Out: the trainings of each row in one
order, or a refusal that names what is missing; and the predictions that lie on disk beside them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.tables.predictions import load_predictions


class RowPredictions(NamedTuple):
    """What a row predicts on its only test part."""

    ids: pd.Index  # (n,) utterances
    true: np.ndarray  # (n,) class numbers
    predicted: np.ndarray  # (seeds, n) class numbers


def paired(
    results: pd.DataFrame,
    names: Collection[str],
    reference: str,
) -> dict[str, pd.DataFrame]:
    """The trainings of each row, in the order of (fold, seed).

    Args:
        results: trainings of one corpus and protocol, with others among them or not.
        names: the rows that are wanted. Those without a training are left out, and so are floors.
        reference: the row that the others are compared with.

    Returns:
        Row name -> its trainings.

    Raises:
        DataError: where the rows are not of one corpus and protocol; where `reference` is not among
            them; where a row has several runs (settings); where it lacks a fold or seed that
            another row has, or has other utterances in it.
    """
    ours = results[results.name.isin(list(names)) & (results.model != "floor")]
    _require_one_setting(ours, reference)
    folds, seeds = sorted(ours.fold.unique()), sorted(ours.seed.unique())
    grids: dict[str, pd.DataFrame] = {}
    for name, group in ours.groupby("name", sort=False):
        _require_one_complete_run(group, name, folds, seeds)
        grids[name] = group.sort_values(["fold", "seed"], ignore_index=True)
        _require_same_members(grids, name)
    return grids


def _require_one_setting(ours: pd.DataFrame, reference: str) -> None:
    if reference not in set(ours.name):
        raise DataError(
            f"results without {reference!r}, the row that the others are compared with",
            "it among the runs",
            "run the same grid again: finished folds stay.",
        )
    for column in ("corpus", "protocol"):
        values = sorted(ours[column].unique())
        if len(values) > 1:
            raise DataError(
                f"{column} with {len(values)} values: {', '.join(values)}",
                f"one table, one {column}",
                f"results[results.{column} == {values[0]!r}]",
            )


def _require_one_complete_run(group: pd.DataFrame, name: str, folds: list, seeds: list) -> None:
    runs = sorted(group.run.unique())
    if len(runs) > 1:
        raise DataError(
            f"{len(runs)} runs of {name!r}: {', '.join(runs)}",
            "one setting per row",
            f"leave the others out: results[results.run != {runs[0]!r}]",
        )
    there = set(zip(group.fold, group.seed, strict=True))
    wanted = [(fold, seed) for fold in folds for seed in seeds]
    missing = [f"{fold} seed {seed}" for fold, seed in wanted if (fold, seed) not in there]
    if missing:
        raise DataError(
            f"{name!r} without {', '.join(missing)}",
            "the same folds and seeds in every row",
            "run the same grid again (finished folds stay), or leave these out of every row.",
        )


def _require_same_members(grids: dict[str, pd.DataFrame], name: str) -> None:
    first = next(iter(grids))
    differing = grids[name].fold[grids[name].split != grids[first].split]
    if differing.any():
        raise DataError(
            f"fold {differing.iloc[0]} of {name!r} with other members than in {first!r}",
            "the same utterances in each part",
            "run both again on one version of the corpus.",
        )


def predictions(grid: pd.DataFrame) -> RowPredictions | None:
    """What a row predicts on its only fold; None where one of its folders has no predictions, and
    for results that were shipped without folders.

    Args:
        grid: the trainings of one row on one fold, one per seed.
    """
    if "folder" not in grid:
        return None
    files = [Path(folder) / "predictions.csv" for folder in grid.folder]
    if not all(file.is_file() for file in files):
        return None
    tables = [load_predictions(file) for file in files]
    ids = pd.Index(sorted(tables[0].ids), dtype=object)
    true = _in_order(tables[0].true, tables[0].ids, ids)
    by_seed = [_in_order(table.predicted, table.ids, ids) for table in tables]
    return RowPredictions(ids, true, np.stack(by_seed))


def _in_order(values: np.ndarray, ids: list[str], wanted: pd.Index) -> np.ndarray:
    """`values`, which belong to `ids`, in the order of `wanted`."""
    return pd.Series(values, index=ids).loc[wanted].to_numpy()
