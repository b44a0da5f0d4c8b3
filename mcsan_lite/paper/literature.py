"""Systems and their scores, 2018 to 2026, each with the protocol that it was measured under.

In: literature.csv beside this file, one row per published score. Out: a table that says which
scores may stand beside the paper's.

Every score was read in the source that its row names; a number known from memory alone is not here.
It is inferred, from the sizes and deviations of folds, that the 10-fold rows of IEMOCAP split
random utterances: no source states the rule. `year` is that of the paper in which the system, or
its number on this corpus, first appeared; for a floor, the year in which we measured it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.errors import require_name
from mcsan_lite.tables.own import load_table

_CSV = Path(__file__).with_name("literature.csv")

# What makes two scores comparable; "selection" is the part of the corpus on which the epoch was
# chosen.
PROTOCOL_FLAGS = ("classes", "split", "context", "modality", "metric", "selection")

# The flags of MCSAN's own numbers. The paper does not say how it chose its epoch, so only a choice
# on the test part is held against other systems.
PAPER_FLAGS: dict[str, dict[str, str]] = {
    "iemocap": {
        "classes": "7",
        "split": "random",
        "context": "no",
        "modality": "A+T",
        "metric": "WA",
    },
    "meld": {
        "classes": "7",
        "split": "official",
        "context": "no",
        "modality": "A+T",
        "metric": "wF1",
    },
}


def published_systems(corpus: str) -> pd.DataFrame:
    """Every published score on a corpus, the comparable ones first, then by year and score.

    Args:
        corpus: "iemocap" or "meld".

    Returns:
        One row per score. It has system, year, score, sd (over folds, where the source has it),
        the PROTOCOL_FLAGS and source; `differs`, the flags that are not the paper's; and
        `comparable`, true where there is none.

    Raises:
        DataError: for another corpus.
    """
    require_name(corpus, PAPER_FLAGS, "corpus")
    every = load_table(_CSV, numbers=("year", "score", "sd"))
    table = every[every.corpus == corpus].drop(columns="corpus")
    table["differs"] = [_differing_flags(row, corpus) for _, row in table.iterrows()]
    table["comparable"] = [not flags for flags in table.differs]
    return table.sort_values(
        ["comparable", "year", "score"],
        ascending=[False, True, True],
        ignore_index=True,
    )


def _differing_flags(row: pd.Series, corpus: str) -> tuple[str, ...]:
    differing = [flag for flag, value in PAPER_FLAGS[corpus].items() if row[flag] != value]
    if row.selection == "test":
        differing.append("selection")
    return tuple(differing)
