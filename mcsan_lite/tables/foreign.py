"""A csv that somebody brings: one reader for every table that this package did not write.

In: a file as Excel, R, pandas or an editor saves it. Fields are separated by commas, semicolons,
tabs or bars, which the header tells; blank lines, comments (#) and Excel's `sep=;` may stand before
it. UTF-8, with a mark or without, and UTF-16 are read, and lines in cp1252, as old Windows programs
write it. Out: the names of the columns and every row with its line, and remarks on what had to be
guessed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.errors import DataError
from mcsan_lite.tables.spelling import composed

_SEPARATORS = (",", ";", "\t", "|")
_COMPARED_ROWS = 20  # that tell a separator from a mark in the header
# Windows' code page for western languages; five bytes mean nothing there.
_LEGACY = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an Excel file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"version https://git-lfs", "a git-lfs pointer, not the file itself"),
)


class CsvRow(NamedTuple):
    """A row of a csv: the number of its first line, and its fields as they stand there."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class ForeignTable:
    """A csv that was read.

    Attributes:
        path: the file.
        header: the names of the columns, without blanks around them.
        rows: every row that is not empty.
        separator: the character between fields.
        remarks: how it was read, where that had to be guessed.
    """

    path: Path
    header: list[str]
    rows: list[CsvRow]
    separator: str
    remarks: tuple[str, ...] = ()


class _Text(NamedTuple):
    """The characters of a file, and a remark on how its bytes were read."""

    characters: str
    remarks: tuple[str, ...]


def read_foreign(path: Path | str, columns: Collection[str], example: str) -> ForeignTable:
    """Read a csv that somebody brings.

    Args:
        path: the file; .tsv tells that tabs are likely.
        columns: names, in small letters, by which the header and its separator are known.
        example: what such a table looks like, for a refusal.

    Raises:
        DataError: for a file that cannot be read, is no text, is empty, or has an open quote.
    """
    path = Path(path)
    text = _decoded(path, example)
    lines = _Lines(text.characters)
    start, told = _preamble(lines)
    separator = told or _likely_separator(path, lines, start, columns)
    rows = list(_rows(path, lines.after(start), start, separator))
    if not rows:
        raise DataError(f"the empty file {path}", example, "check the path.")
    header = [name.strip().strip("\ufeff") for name in rows[0].fields]
    while header and not header[-1]:  # a separator too many at the end of the line
        header.pop()
    width = len(rows[0].fields)
    body = [CsvRow(row.line, _without_end(row.fields, len(header), width)) for row in rows[1:]]
    return ForeignTable(path, header, body, separator, text.remarks)


def _without_end(fields: list[str], width: int, given_width: int) -> list[str]:
    """The fields of a row without the empty ones under a header's empty end."""
    if width < len(fields) <= given_width and not "".join(fields[width:]).strip():
        return fields[:width]
    return fields


def plain_name(text: str) -> str:
    """A label or a name as it is compared: `composed`, and without blanks around it."""
    return composed(text).strip()


def _decoded(path: Path, example: str) -> _Text:
    try:
        data = path.read_bytes()
    except OSError as error:
        given = f"{path}: {error.strerror}"
        raise DataError(given, example, "check the path and its rights.") from None
    for start, what in _OTHER_FILES:
        if data.startswith(start):
            raise DataError(f"{path}, which is {what}", example, "save the table itself as csv.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(path, data.removeprefix(mark), encoding)
    first, second = (data[:2] + b"..")[:2]
    if first and not second:  # UTF-16 without its mark: a table begins with a plain letter or sign
        return _marked(path, data, "utf-16-le")
    if second and not first:
        return _marked(path, data, "utf-16-be")
    return _by_line(path, data)


def _marked(path: Path, data: bytes, encoding: str) -> _Text:
    """The text of a file whose encoding is known from its mark."""
    if encoding == "utf-8":
        return _by_line(path, data)
    try:
        return _Text(data.decode(encoding), (f"read as {encoding[:6].upper()}",))
    except UnicodeDecodeError as error:
        raise _no_text(f"{path}: {error.reason}, as {encoding}") from None


def _by_line(path: Path, data: bytes) -> _Text:
    """The text of a file in UTF-8, in which each other line is taken for cp1252."""
    lines, foreign = [], []
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        if b"\0" in line:
            raise _no_text(f"line {number} of {path}: a byte 0x00")
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("latin-1").translate(_LEGACY))
            foreign.append((number, lines[-1].strip()))
    if not foreign:
        return _Text("".join(lines), ())
    number, line = foreign[0]
    remark = f"{len(foreign):,} lines are not in UTF-8 and were read as cp1252, first line {number}"
    return _Text("".join(lines), (f"{remark}, {_excerpt(line)!r}",))


def _excerpt(line: str) -> str:
    """The part of a line around its first letter that is not plain ASCII."""
    place = next((i for i, letter in enumerate(line) if not letter.isascii()), 0)
    return line[max(0, place - 15) : place + 15]


def _no_text(given: str) -> DataError:
    return DataError(given, "a table in UTF-8", "save it again as “CSV UTF-8”.")


class _Lines:
    """The lines of a text, with their ends."""

    def __init__(self, text: str) -> None:
        self.lines = list(io.StringIO(text, newline=""))

    def after(self, start: int) -> list[str]:
        """All lines from the place `start` on."""
        return self.lines[start:]


def _preamble(lines: _Lines) -> tuple[int, str | None]:
    """How many lines stand before the header, and the separator that one of them names."""
    told = None
    for number, line in enumerate(lines.lines):
        named = _SEP_LINE.fullmatch(line)
        if named:
            told = named[1]
        elif line.strip() and not line.startswith("#"):
            return number, told
    return len(lines.lines), told


def _likely_separator(path: Path, lines: _Lines, start: int, columns: Collection[str]) -> str:
    """The separator by which the header has the most known names, and most rows are as wide."""
    likely = sorted(_SEPARATORS, key=lambda separator: separator != "\t")
    if path.suffix.lower() != ".tsv":
        likely = list(_SEPARATORS)
    sample = lines.after(start)[: _COMPARED_ROWS + 1]

    def fitness(separator: str) -> tuple[int, int, int]:
        rows = _first_rows(sample, separator)
        if not rows:
            return 0, 0, 0
        known = sum(plain_name(name).lower() in columns for name in rows[0])
        as_wide = sum(len(row) == len(rows[0]) for row in rows)
        return known, as_wide if len(rows[0]) > 1 else 0, len(rows[0])

    return max(likely, key=fitness)  # the first of the best


def _first_rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The rows of a sample; those from an unreadable one on are left out."""
    rows = []
    try:
        for row in csv.reader(lines, delimiter=separator, strict=True):
            rows.append(row)
    except csv.Error:
        pass
    return rows


def _rows(path: Path, lines: Sequence[str], skipped: int, separator: str) -> Iterator[CsvRow]:
    """Every row that is not empty."""
    try:
        reader = csv.reader(lines, delimiter=separator, strict=True)
    except (TypeError, ValueError):
        given = f"{path}, whose first line names {separator!r} as separator"
        expected = "a comma, semicolon, tab or bar"
        raise DataError(given, expected, "save it again as “CSV UTF-8”.") from None
    while True:
        line = skipped + reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"line {line} of {path}: {error}",
                "fields with their quotes closed",
                'write a quote within a field twice: "she said ""no"""',
            ) from None
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield CsvRow(line, fields)
