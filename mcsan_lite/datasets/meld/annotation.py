"""Read MELD's annotation files as they are published.

In: the folder and the files in it. Out: a row per turn with its utterance and its times.

Rows are known by (split, dialogue, utterance), since `Sr No.` repeats. Old copies of the files hold
cp1252 punctuation as control characters; it is repaired.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Skipped, Utterance
from mcsan_lite.datasets.meld.release import (
    ANNOTATION_FILES,
    FRESH_ANNOTATION,
    MELD_COUNTS,
    MELD_LABELS,
)
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.tables.foreign import ForeignTable, read_foreign

_NEEDED_COLUMNS = (
    "Utterance",
    "Speaker",
    "Emotion",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
)
_TIME_COLUMNS = ("StartTime", "EndTime")  # old copies lack them
# A quarter of the times have no leading zero.
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2}),([0-9]{1,3})")


def _punctuation() -> dict[int, str | None]:
    """What the control characters U+0080 … U+009F stand for.

    They are cp1252's punctuation, read as latin-1 when the file was saved. Five codes mean nothing
    there, and are deleted.
    """
    return {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}


_PUNCTUATION = _punctuation()


@dataclass(frozen=True)
class AnnotationRow:
    """A row of the annotation: its utterance, and what only the defects need.

    Times are in seconds within the episode; None: unknown. `had_controls`: its text held control
    characters in place of punctuation.
    """

    utterance: Utterance
    place: str
    start_s: float | None
    end_s: float | None
    had_controls: bool

    @property
    def id(self) -> str:
        """The id of its utterance."""
        return self.utterance.id

    @property
    def span_s(self) -> float | None:
        """How long it takes by its times, in seconds."""
        if self.start_s is None or self.end_s is None:
            return None
        return round(self.end_s - self.start_s, 3)


@dataclass
class Annotation:
    """All rows in the order of the files, and what was odd."""

    rows: list[AnnotationRow] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def ids(self) -> set[str]:
        """The ids of all rows."""
        return {row.id for row in self.rows}


class _Fields(NamedTuple):
    """A row's fields by column, and where it stands."""

    by_column: Mapping[str, str]
    number: int
    place: str

    def __getitem__(self, column: str) -> str:
        return self.by_column[column]

    def whole_number(self, column: str) -> int:
        text = self.by_column[column]
        digits = text.strip()  # of more than `int` strips: the separators \x1c to \x1f as well
        if not re.fullmatch(r"[0-9]{1,6}", digits):
            raise DataError(
                f"{self.place}: {column} {text!r}",
                "a whole number from 0 on",
                f"correct it, or {FRESH_ANNOTATION}.",
            )
        return int(digits)


def _table(path: Path) -> ForeignTable:
    columns = [name.lower() for name in _NEEDED_COLUMNS]
    try:
        return read_foreign(path, columns, "MELD's annotation")
    except DataError as error:
        do = f"{error.do.removesuffix('.')}, or {FRESH_ANNOTATION}."
        raise DataError(error.given, error.expected, do) from None


def _require_columns(table: ForeignTable) -> None:
    """Raises DataError where a needed column is missing."""
    header, path = table.header, table.path
    for column in _NEEDED_COLUMNS:
        if column not in header:
            others = {name.lower(): name for name in header if name not in _NEEDED_COLUMNS}
            near = difflib.get_close_matches(column.lower(), others, n=1, cutoff=0.5)
            advice = f"{FRESH_ANNOTATION}."
            if near:
                advice = f"did you mean {column!r} by {others[near[0]]!r}? Rename it."
            raise DataError(
                f"{path} without the column {column!r}; it has {', '.join(map(repr, header))}",
                f"the columns {', '.join(_NEEDED_COLUMNS)}",
                advice,
            )


def _rows(table: ForeignTable) -> Iterator[_Fields]:
    _require_columns(table)
    header = table.header
    for number, cells in table.rows:
        place = f"line {number} of {table.path}"
        if len(cells) != len(header):
            raise DataError(
                f"{place}: {len(cells)} fields",
                f"{len(header)}, as in the first line",
                f"put a text with commas in quotes, or {FRESH_ANNOTATION}.",
            )
        yield _Fields(dict(zip(header, cells, strict=True)), number, place)


def parse_time(text: str) -> float | None:
    """A time "h:mm:ss,fraction" in seconds. None where it is not a time."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + float(f"0.{fraction}")


def _dialogue_id(fields: _Fields, split: str) -> str:
    return f"{split}_dia{fields.whole_number('Dialogue_ID')}"


def _row_id(fields: _Fields, split: str) -> str:
    return f"{_dialogue_id(fields, split)}_utt{fields.whole_number('Utterance_ID')}"


def _row(fields: _Fields, split: str) -> AnnotationRow:
    label = require_name(fields["Emotion"].strip(), MELD_LABELS, f"{fields.place}: Emotion")
    text = fields["Utterance"].translate(_PUNCTUATION)
    start_s, end_s = (parse_time(fields.by_column.get(column, "")) for column in _TIME_COLUMNS)
    season = fields.whole_number("Season")
    episode = fields.whole_number("Episode")
    utterance = Utterance(
        _row_id(fields, split),
        None,
        text,
        label,
        speaker=fields["Speaker"].translate(_PUNCTUATION).strip(),
        dialogue=_dialogue_id(fields, split),
        split=split,
        scenario=f"S{season:02d}E{episode:02d}",
    )
    return AnnotationRow(utterance, fields.place, start_s, end_s, text != fields["Utterance"])


def _read_part(path: Path, split: str, *, strict: bool) -> Annotation:
    table = _table(path)
    part = Annotation()
    part.skipped += [Skipped(path.name, "not in plain UTF-8", text) for text in table.remarks]
    line_of: dict[str, int] = {}
    absent: list[str] = []
    for fields in _rows(table):
        row_id = _row_id(fields, split)
        if row_id in line_of:
            names = ("Dialogue_ID", "Utterance_ID")
            same = ", ".join(f"{name} {fields.whole_number(name)}" for name in names)
            raise DataError(
                f"lines {line_of[row_id]} and {fields.number} of {path}: both {same}",
                "every pair once",
                f"delete one of the two lines, or {FRESH_ANNOTATION}.",
            )
        line_of[row_id] = fields.number
        row = _row(fields, split)
        part.rows.append(row)
        absent = [column for column in _TIME_COLUMNS if column not in fields.by_column]
        if row.span_s is None and not absent:
            times = ", ".join(f"{column} {fields[column]!r}" for column in _TIME_COLUMNS)
            part.skipped.append(Skipped(row_id, "unreadable time", f"{row.place}: {times}"))
    if absent:
        detail = (
            f"{path} without {' and '.join(absent)}, so that the defects that are computed "
            "from them stay unseen"
        )
        part.skipped.append(Skipped(path.name, "no times", detail))
    if strict:
        _require_published_counts(path, split, part.rows)
    return part


def _show_counts(counts: tuple[int, ...]) -> str:
    per_label = zip(MELD_LABELS, counts, strict=True)
    listed = ", ".join(f"{label} {number:,}" for label, number in per_label)
    return f"{sum(counts):,} rows: {listed}"


def _likely_cause(counts: tuple[int, ...], published: tuple[int, ...]) -> str:
    for split, other_published in MELD_COUNTS.items():
        if counts == other_published:
            return f"this looks like {ANNOTATION_FILES[split]} under another name"
    surplus = sum(counts) - sum(published)
    if surplus < 0:
        return f"{-surplus:,} rows are missing: a download cut off, or a cleaned copy"
    if surplus > 0:
        return f"{surplus:,} rows too many: another file was added to it"
    return "labels were changed"


def _require_published_counts(path: Path, split: str, rows: list[AnnotationRow]) -> None:
    per_label = Counter(row.utterance.label for row in rows)
    counts = tuple(per_label[label] for label in MELD_LABELS)
    published = MELD_COUNTS[split]
    if counts != published:
        raise DataError(
            f"{path} with {_show_counts(counts)}",
            f"the published {_show_counts(published)}",
            f"{_likely_cause(counts, published)}; {FRESH_ANNOTATION}, "
            "or go on with it as it is: --allow-incomplete (strict=False).",
        )


def _find_file(root: Path, files: list[str], name: str) -> Path | None:
    """The file of this name. Copies of it may be there, but nothing else under its name."""
    paths = [root / file for file in files if file.rpartition("/")[2] == name]
    if not paths:
        return None
    for other in paths[1:]:
        if _contents(other) != _contents(paths[0]):
            raise DataError(
                f"two different {name}: {paths[0]} and {other}",
                "one, or copies of it",
                "delete one of them, or name the folder that holds only the right one.",
            )
    return paths[0]


def _contents(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    return [(fields.number, fields.by_column) for fields in _rows(_table(path))]


def no_training_file(given: str) -> DataError:
    """The refusal of a folder without the training file."""
    return DataError(
        f"no {ANNOTATION_FILES['train']} in {given}",
        f"a folder with {', '.join(ANNOTATION_FILES.values())}",
        f"check the path, or {FRESH_ANNOTATION}.",
    )


def read_annotation(root: Path, files: list[str], *, strict: bool) -> Annotation:
    """Read the annotation of all parts that are there.

    Args:
        root: the folder.
        files: the files in it, named from it on.
        strict: refuse counts per class that are not the published ones.

    Raises:
        DataError: for a missing training file, two different files of one name, and for a wrong
            column, label, number or line.
    """
    annotation = Annotation()
    for split, name in ANNOTATION_FILES.items():
        path = _find_file(root, files, name)
        if path is not None:
            part = _read_part(path, split, strict=strict)
            annotation.rows += part.rows
            annotation.skipped += part.skipped
        elif split == "train":
            raise no_training_file(f"{root} or in the three levels of folders below it")
        else:
            detail = f"no such file in {root}, the corpus has no {split} part"
            annotation.skipped.append(Skipped(name, "no annotation", detail))
    return annotation
