"""What was not run, and what was run otherwise: computed from what is in the folder of results.

In: the tables of results. Out: sentences and frames for the report.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mcsan_lite.paper.ambiguities import OPEN_CHOICES, choices, sensitivity
from mcsan_lite.paper.profiles import PAPER_PROTOCOL
from mcsan_lite.paper.reproduction.shipped import (
    GENERATED,
    LARGEST_FIRST,
    OF_THE_PAPER,
    ShippedTable,
)

_CORPORA = {"iemocap": "IEMOCAP", "meld": "MELD", "ravdess": "RAVDESS"}
_WRITTEN = _CORPORA | {"fusion": "Ways to fuse", "ambiguities": "Open choices"}


def written(name: str) -> str:
    """How a table or corpus is called in a sentence: "table3" is "Table 3".

    Args:
        name: as files have it.
    """
    if name.startswith("table"):
        return f"Table {name.removeprefix('table')}"
    return _WRITTEN.get(name, name)


def not_run(shipped: Sequence[ShippedTable]) -> list[str]:
    """What is missing, one item per corpus, profile or row.

    Args:
        shipped: the tables of results.
    """
    missing = []
    for corpus in _CORPORA:
        there = {one.name for one in shipped if one.corpus.startswith(corpus)}
        absent = [written(name) for name in OF_THE_PAPER if name not in there]
        if absent:
            paper_s = " (a corpus of the paper)" if corpus in PAPER_PROTOCOL else ""
            missing.append(f"{written(corpus)}{paper_s}: {', '.join(absent)}")
    for name in OF_THE_PAPER:
        profiles = [one.profile for one in shipped if one.name == name and one.kind == GENERATED]
        best = min(map(LARGEST_FIRST.index, profiles), default=len(LARGEST_FIRST))
        larger = [f"“{profile}”" for profile in LARGEST_FIRST[:best] if profile != "smoke"]
        if larger:
            missing.append(f"{written(name)} on generated speech: profiles {', '.join(larger)}")
    for one in shipped:
        rows = _rows_without_training(one)
        if rows:
            rows_named = "; ".join(rows)
            missing.append(f"{written(one.name)} on {written(one.kind)}: the rows {rows_named}")
    return missing


def _rows_without_training(one: ShippedTable) -> list[str]:
    if one.table is None or "trainings" not in one.table:
        return []
    return list(one.table.row[one.table.trainings == 0])


def open_choices() -> pd.DataFrame:
    """What the paper leaves open: choice, ours and how to try another, fields of settings first."""
    fields = choices()
    silent = fields[fields.status.isin(["silent", "unclear"])]
    rows = [{"choice": row.choice, "ours": row.ours} for row in silent.itertuples()]
    rows += [{"choice": one.choice, "ours": one.ours} for one in OPEN_CHOICES]
    return pd.DataFrame(rows)


def never_built() -> list[str]:
    """The open choices for which no alternative can be run here."""
    return [one.choice for one in OPEN_CHOICES if not one.run]


def choices_that_matter(shipped: Sequence[ShippedTable]) -> pd.DataFrame | None:
    """How far each alternative moved WA on generated speech; None where none was run.

    Args:
        shipped: the tables of results.
    """
    for one in shipped:
        if one.name == "ambiguities" and one.generated:
            changes = sensitivity(one.folds)
            ours = changes[changes.panel.str.startswith("ours")]
            return ours if len(ours) else None
    return None
