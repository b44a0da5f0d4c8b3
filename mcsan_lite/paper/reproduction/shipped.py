"""The tables of results in a folder, as `mcsan run TABLE` and `mcsan table TABLE` write them.

In: a folder such as results/. Out: one `ShippedTable` per table and corpus, of the largest profile
that was run. A larger one that is still short of rows does not count yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import load_table

OF_THE_PAPER = ("table1", "table2", "table3")
NAMES = (*OF_THE_PAPER, "fusion", "ambiguities")
GENERATED = "generated speech"
LARGEST_FIRST = ("paper", "full", "quick", "smoke")
_OTHER_WORLDS = ("leaking", "listed")  # than the matching one, which no file names
_FOLDS = "-folds.csv"
_PARTS = re.compile(rf"({'|'.join(NAMES)})-(.+-)?({'|'.join(LARGEST_FIRST)})(-.+)?")
# Columns that hold words; all others hold numbers.
_WORDS_OF_FOLDS = frozenset(
    (
        *("name", "model", "corpus", "protocol", "fold", "split", "run"),
        *("device", "processor", "torch", "folder"),
    )
)
_WORDS_OF_TABLE = re.compile(
    r"row|basis|note|heard|paper's source|.*\bverdict\b.*|.*\bwithin noise\b.*"
)


@dataclass(frozen=True)
class ShippedTable:
    """What was run of one table on one corpus.

    Attributes:
        name: one of NAMES.
        profile: "smoke", "quick", "full" or "paper".
        folds: one row per training.
        table: rows with gaps and verdicts, floors below; None where only the folds are there.
        file: the name of the file of folds.
    """

    name: str
    profile: str
    folds: pd.DataFrame
    table: pd.DataFrame | None
    file: str

    @property
    def corpus(self) -> str:
        """What was trained on."""
        return str(self.folds.corpus.iloc[0])

    @property
    def protocol(self) -> str:
        """How it was split."""
        return str(self.folds.protocol.iloc[0])

    @property
    def generated(self) -> bool:
        """Whether the speech is generated: then no number of the paper stands beside it."""
        return self.corpus.startswith(("synthetic", "listed", "leaking"))

    @property
    def other_world(self) -> str:
        """The world of generated speech where it is not the matching one, else ""."""
        return next((name for name in _OTHER_WORLDS if f"-{name}-" in self.file), "")

    @property
    def kind(self) -> str:
        """What a verdict is about: the kind of generated speech, in words, or the corpus."""
        if not self.generated:
            return self.corpus
        world = self.other_world
        return f"{GENERATED} of the {world} world" if world else GENERATED

    @property
    def at_home(self) -> bool:
        """Whether the table was made on the paper's own corpus and folds."""
        if self.generated or self.table is None:
            return False
        return any(column.endswith(" paper") for column in self.table)

    @property
    def silent(self) -> bool:
        """Whether nothing was heard: then no claim of the paper is judged."""
        return self.table is not None and "heard" in self.table

    @property
    def scores(self) -> list[str]:
        """The scores of the table, the first one first."""
        if self.table is None:
            return ["wa"]
        known = [score for score in ("wa", "ua", "weighted_f1") if score in self.table]
        return sorted(known, key=lambda score: self.name == "table2" and score != "weighted_f1")


def shipped_tables(folder: Path | str) -> list[ShippedTable]:
    """Everything that was run, as far as the folder knows.

    Args:
        folder: with files such as table3-synthetic-quick-folds.csv.

    Raises:
        DataError: where no table is there, and for a damaged one.
    """
    found: dict[tuple[str, str], ShippedTable] = {}
    for path in sorted(Path(folder).glob(f"*{_FOLDS}")):
        parts = _PARTS.fullmatch(path.name.removesuffix(_FOLDS))
        if parts is None:
            continue
        name, _, profile, _ = parts.groups()
        one = _read(path, name, profile)
        place = (one.name, one.corpus)
        if place not in found or _counts_more(one, found[place]):
            found[place] = one
    if not found:
        raise DataError(
            f"{folder} without a table of results",
            "files such as table3-synthetic-quick-folds.csv",
            "mcsan run table3 --out results, or name the folder.",
        )
    # Of the generated worlds the matching one comes first.
    return sorted(
        found.values(), key=lambda one: (NAMES.index(one.name), one.other_world, one.corpus)
    )


def _counts_more(one: ShippedTable, other: ShippedTable) -> bool:
    """Whether a table is of a larger profile than another, and not short of its rows."""
    larger = LARGEST_FIRST.index(one.profile) < LARGEST_FIRST.index(other.profile)
    rows, other_rows = set(one.folds.name), set(other.folds.name)
    return rows >= other_rows if larger else not other_rows >= rows


def _read(path: Path, name: str, profile: str) -> ShippedTable:
    folds = _load(path, lambda column: column in _WORDS_OF_FOLDS)
    if folds.empty or not {"name", "corpus", "protocol", "fold", "seed"} <= set(folds):
        raise DataError(
            f"{path} without trainings", "one row per training", "make it again: mcsan table"
        )
    beside = path.with_name(path.name.replace(_FOLDS, ".csv"))
    table = None
    if beside.is_file():
        table = _load(beside, lambda column: bool(_WORDS_OF_TABLE.fullmatch(column)))
    return ShippedTable(name, profile, folds, table, path.name)


def _load(path: Path, is_text) -> pd.DataFrame:
    columns: Sequence[str] = list(load_table(path))
    return load_table(path, numbers=[name for name in columns if not is_text(name)])
