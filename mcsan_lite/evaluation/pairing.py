"""Results made comparable: the same folds, seeds and utterances in every row, or a refusal that names what is missing."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError


def paired(
    results: pd.DataFrame, names: Collection[str], reference: str
) -> dict[str, pd.DataFrame]:
    """Row name -> its trainings in the order of (fold, seed), for those of `names` that have any; floors are left out.

    Raises DataError where the rows are not of one corpus and protocol, where `reference` is not among them, where a row has
    several runs (settings), and where it lacks a fold or seed that another has, or has other utterances in it.
    """
    ours = results[results.name.isin(list(names)) & (results.model != "floor")]
    if reference not in set(ours.name):
        raise DataError(
            f"results without {reference!r}, the row that the others are compared with",
            "it among the runs",
            "run the same grid again: finished folds stay.",
        )
    for column in ("corpus", "protocol"):
        if len(several := sorted(ours[column].unique())) > 1:
            raise DataError(
                f"{column} with {len(several)} values: {', '.join(several)}",
                f"one table, one {column}",
                f"results[results.{column} == {several[0]!r}]",
            )
    folds, seeds, grids = sorted(ours.fold.unique()), sorted(ours.seed.unique()), {}
    for name, group in ours.groupby("name", sort=False):
        if len(runs := sorted(group.run.unique())) > 1:
            raise DataError(
                f"{len(runs)} runs of {name!r}: {', '.join(runs)}",
                "one setting a row",
                f"leave the others out: results[results.run != {runs[0]!r}]",
            )
        found = set(zip(group.fold, group.seed, strict=True))
        missing = [
            f"{fold} seed {seed}" for fold in folds for seed in seeds if (fold, seed) not in found
        ]
        if missing:
            raise DataError(
                f"{name!r} without {', '.join(missing)}",
                "the same folds and seeds in every row",
                "run the same grid again (finished folds stay), or leave these out of every row.",
            )
        grids[name] = group.sort_values(["fold", "seed"], ignore_index=True)
        first = next(iter(grids))
        if (other := grids[name].fold[grids[name].split != grids[first].split]).any():
            raise DataError(
                f"fold {other.iloc[0]} of {name!r} with other members than in {first!r}",
                "the same utterances in each part",
                "run both again on one version of the corpus.",
            )
    return grids


def predictions(grid: pd.DataFrame) -> tuple[pd.Index, np.ndarray, np.ndarray] | None:
    """(ids (n,), true classes (n,), predicted classes (seeds, n)) of a row's only fold; None where a folder has none."""
    files = [Path(folder) / "predictions.csv" for folder in grid.folder]
    if not all(file.is_file() for file in files):
        return None
    found = [pd.read_csv(file).set_index("id").sort_index() for file in files]
    labels = list(found[0].columns[1:])  # behind the true label
    return (
        found[0].index,
        found[0]["true"].map(labels.index).to_numpy(),
        np.stack([table.loc[found[0].index, labels].to_numpy().argmax(1) for table in found]),
    )
