"""Our own tables: one writer and one reader, so that a value comes back as it was written.

In: a data frame. Out: a csv in UTF-8, and the same frame again. Nothing is guessed: a cell is text
unless its column was declared to hold numbers, so the label "NA", the label "1" and the id "001"
stay what they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.errors import DataError

_WHOLE = re.compile(r"-?[0-9]+")


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table, whole or not at all.

    Args:
        path: the csv.
        table: its index is written where it has a name.
    """
    text = table_text(table)

    def write(part: Path) -> None:
        part.write_text(text, encoding="utf-8", newline="")

    write_atomic(Path(path), write)


def table_text(table: pd.DataFrame) -> str:
    """The csv of a table; its index is part of it where it has a name."""
    has_index = table.index.name is not None
    text = table.to_csv(index=has_index, lineterminator="\n")
    if "\r" in text:  # before Python 3.13, csv puts no quotes around a carriage return
        quoted = {"quoting": csv.QUOTE_NONNUMERIC}
        text = table.to_csv(index=has_index, lineterminator="\n", **quoted)
    return text


def load_table(path: Path | str, numbers: Collection[str] = ()) -> pd.DataFrame:
    """Read a table that `save_table` wrote.

    Args:
        path: the csv.
        numbers: the columns that hold numbers; whole ones become int64, others float64, with NaN
            for an empty cell. Those that the table lacks are passed over.

    Returns:
        The table. Every other column holds str, as it stands in the file.

    Raises:
        DataError: for a file that cannot be read or is damaged, with the line.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _damaged(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _damaged(f"{path}, which is not in UTF-8") from None
    return parse_table(text, numbers, path)


def parse_table(
    text: str, numbers: Collection[str] = (), path: Path | str = "a table"
) -> pd.DataFrame:
    """`load_table` of a text that is at hand.

    Args:
        text: a csv.
        numbers: as for `load_table`.
        path: what a refusal calls it.
    """
    rows = _rows(text, path)
    header, cells = rows[0], rows[1:]
    if len(set(header)) < len(header):
        raise _damaged(f"{path} with a column that is there twice: {', '.join(header)}")
    columns: dict[str, object] = {}
    for place, name in enumerate(header):
        column = [row[place] for row in cells]
        columns[name] = pd.Series(column, dtype=object)
        if name in numbers:
            columns[name] = _numbers(column, f"column {name!r} of {path}")
    return pd.DataFrame(columns)


def _rows(text: str, path: Path | str) -> list[list[str]]:
    """The header and every row, all of one length."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if not row:  # an empty line
                continue
            rows.append(row)
            if len(row) != len(rows[0]):
                given = f"line {reader.line_num} of {path}: {len(row)} fields"
                raise _damaged(f"{given}, where the first line has {len(rows[0])}")
    except csv.Error as error:
        raise _damaged(f"line {reader.line_num} of {path}: {error}") from None
    if not rows:
        raise _damaged(f"the empty file {path}")
    return rows


def _numbers(cells: Sequence[str], where: str) -> np.ndarray:
    try:
        if cells and all(map(_WHOLE.fullmatch, cells)):
            return np.array([int(cell) for cell in cells], dtype=np.int64)
        return np.array([float(cell or "nan") for cell in cells])
    except (ValueError, OverflowError) as error:
        raise _damaged(f"{where}: {error}") from None


def _damaged(given: str) -> DataError:
    return DataError(
        given,
        "a whole table, as this package writes it",
        "delete the file, or the folder of its fold, and run the same command again.",
    )
