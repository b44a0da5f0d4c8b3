"""predictions.csv: which class every test utterance was given, with what probability.

In: ids, true classes, probabilities. Out: a table with the columns id, true and, for every class,
`p(class)`. A name of a class never stands alone as the name of a column, so that a class may be
called "true" or "id".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import load_table, save_table

_COLUMN = re.compile(r"p\((.*)\)", re.DOTALL)


class StoredPredictions(NamedTuple):
    """Predictions as they lie on disk."""

    ids: list[str]  # of the utterances, n of them
    labels: list[str]  # the classes, C of them
    true: np.ndarray  # (n,) class numbers
    prob: np.ndarray  # (n, C)

    @property
    def predicted(self) -> np.ndarray:
        """(n,) the number of the most probable class."""
        return self.prob.argmax(1)


def save_predictions(
    path: Path, ids: Sequence[str], labels: Sequence[str], true: np.ndarray, prob: np.ndarray
) -> None:
    """Write predictions, one row per utterance.

    Args:
        path: of predictions.csv.
        ids: of the utterances, n of them.
        labels: the classes, C of them.
        true: (n,) class numbers.
        prob: (n, C).
    """
    table = pd.DataFrame(prob, columns=[f"p({label})" for label in labels])
    table.insert(0, "id", list(ids))
    table.insert(1, "true", [labels[number] for number in true])
    save_table(path, table)


def load_predictions(path: Path | str) -> StoredPredictions:
    """Read a predictions.csv, in the order of its rows.

    Args:
        path: the file. In one of an older version the classes stand without p( ).

    Raises:
        DataError: for a damaged file.
    """
    columns = list(load_table(path).columns)
    probabilities = columns[2:]
    if columns[:2] != ["id", "true"] or not probabilities:
        raise _damaged(f"{path} with the columns {', '.join(columns)}")
    table = load_table(path, numbers=probabilities)
    matches = [_COLUMN.fullmatch(name) for name in probabilities]
    labels = probabilities
    if all(matches):
        labels = [match[1] for match in matches]
    number_of = {label: number for number, label in enumerate(labels)}
    unknown = sorted(set(table["true"]) - set(number_of))
    if unknown:
        raise _damaged(f"{path} with the class {unknown[0]!r}, which has no column")
    true = np.array([number_of[label] for label in table["true"]], dtype=int)
    prob = table[probabilities].to_numpy(dtype=float)
    return StoredPredictions(list(table["id"]), labels, true, prob)


def _damaged(given: str) -> DataError:
    return DataError(
        given,
        "the columns id, true, and one per class",
        "delete the folder of this fold, and run the same command again.",
    )
