"""Your own corpus: a table in which every row is an utterance.

| column | what it holds |
|---|---|
| label | the emotion; needed |
| audio, text | a sound file, and what is said in it; at least one of the two |
| id, speaker, dialogue, session, scenario | names; utterances that share one belong together |
| split | train, valid (dev, validation) or test, in every row or in none |
| words | a csv with the columns word, start, end: the words of `text`, in seconds of the clip |
| video | what is seen: an OpenFace csv, an array .npy, or a member of an .npz (faces.npz/ID.npy) |

In: such a table. Out: a `Corpus`. Files are found from the table's own folder. The columns may
stand in any order; others are listed, and not read. Fields are separated by commas, semicolons,
tabs or bars. Labels and names are compared as they look: composed (NFC), without invisible
characters, without blanks around them; what was changed is counted.
"""

from __future__ import annotations

import difflib
import math
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word, listed_reasons
from mcsan_lite.datasets.columns import MANIFEST_COLUMNS, OTHER_NAMES, read_header, unread_columns
from mcsan_lite.datasets.fold import PARTS, parts_of_words
from mcsan_lite.datasets.splits import held_out_groups
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import source
from mcsan_lite.tables.foreign import ForeignTable, plain_name, read_foreign

_SPLITS = ("train", "valid", "dev", "validation", "test")
_FILES = ("audio", "video", "words")
_NAMES = ("label", "id", "speaker", "dialogue", "session", "scenario", "split")
_EXAMPLE = "a table with a first line such as audio,text,label"
_SHOWN = 10  # tables that a refusal lists


class _Wrong(Exception):
    """What is wrong in a row: of what kind, and the detail."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class _Entry(NamedTuple):
    """A row of the manifest: the number of its line and of its fields, and a cell per column, as it
    is taken and as it stands there.
    """

    line: int
    field_count: int
    cells: dict[str, str]
    as_written: dict[str, str]

    @property
    def stem(self) -> str:
        """The name of the sound file."""
        return plain_name(Path(self.cells["audio"].replace("\\", "/")).stem)


def read_manifest(root: Path | str, *, strict: bool = True) -> Corpus:
    """The utterances of a table, in its order.

    A row without an id is called after its sound file, with its line where that is not unique.
    Labels are sorted.

    Args:
        root: a .csv or .tsv, or a folder with one manifest.csv or manifest.tsv.
        strict: refuse wrong rows, all together.

    Returns:
        The corpus. Its `skipped` lists unknown columns, what was read in another form than it
        stands there and, without `strict`, wrong rows.

    Raises:
        DataError: for a table that cannot be read or lacks a column; for wrong rows with `strict`,
            and where every row is wrong.
    """
    names = {*MANIFEST_COLUMNS, *" ".join(OTHER_NAMES.values()).split()}
    table = read_foreign(_find(Path(root)), names, _EXAMPLE)
    entries = _entries(table, read_header(table))
    utterances, wrong = _Table(table.path, len(table.header), entries).utterances()
    if wrong and (strict or not utterances):
        raise _refusal(table.path, wrong, mendable=bool(utterances))
    labels = tuple(sorted({u.label for u in utterances}))
    remarks = [*_remarks(table, entries), *unread_columns(table)]
    name = table.path.stem
    corpus = Corpus(name, labels, utterances, (*remarks, *wrong), kind="manifest")
    missing = _missing_part(table.path, corpus)
    return replace(corpus, skipped=(*missing, *corpus.skipped))


def _entries(table: ForeignTable, names: Sequence[str]) -> list[_Entry]:
    entries = []
    for line, fields in table.rows:
        as_written = dict.fromkeys(MANIFEST_COLUMNS, "") | dict(zip(names, fields, strict=False))
        cells = {column: cell.strip() for column, cell in as_written.items()}
        for column in _NAMES:
            cells[column] = plain_name(cells[column])
        entries.append(_Entry(line, len(fields), cells, as_written))
    return entries


def _remarks(table: ForeignTable, entries: Sequence[_Entry]) -> list[Skipped]:
    """How the table was read, where that is not as it stands there."""
    remarks = [Skipped(table.path.name, "not in plain UTF-8", text) for text in table.remarks]
    padded, changed = [], []
    for entry in entries:
        for column in _NAMES:
            given, taken = entry.as_written[column], entry.cells[column]
            if given.strip() != taken:
                changed.append(f"first line {entry.line}, {given!a} as {taken!r}")
            elif given != taken:
                padded.append(f"first line {entry.line}, {given!r}")
    forms = "names in another form, composed and without invisible characters"
    for kind, found in ((forms, changed), ("blanks around labels or names", padded)):
        if found:
            detail = f"{len(found):,} cells, {found[0]}"
            remarks.append(Skipped(table.path.name, kind, detail))
    return remarks


def _missing_part(path: Path, corpus: Corpus) -> list[Skipped]:
    """A remark on a split that lacks a part, which `splits.official` makes up for."""
    parts = {one.split for one in corpus.utterances}
    absent = [part for part in PARTS if part not in parts]
    if absent not in (["valid"], ["test"]):
        return []
    what = {"id": "utterances"}.get(held_out_groups(corpus), f"{held_out_groups(corpus)}s")
    detail = f"a tenth of the training {what} will choose the epoch instead"
    if absent == ["test"]:
        detail = f"the validation part will be scored, and {detail}"
    return [Skipped(path.name, f"no {absent[0]} part", detail)]


class _Table:
    """All rows of a manifest, which are judged beside each other."""

    def __init__(self, path: Path, width: int, entries: list[_Entry]) -> None:
        self.folder = path.parent
        self.width = width
        self.entries = entries
        whole = [entry for entry in entries if entry.field_count == width]
        labels = [entry.cells["label"] for entry in whole if entry.cells["label"]]
        self.twins = _twins(Counter(labels))
        self.part_of = parts_of_words({entry.cells["split"] for entry in whole})
        self.has_split = any(entry.cells["split"] for entry in whole)
        self.names = Counter(entry.cells["id"] or entry.stem for entry in whole)

    def utterances(self) -> tuple[tuple[Utterance, ...], list[Skipped]]:
        """The utterances, and the rows that are wrong."""
        utterance_of: dict[str, Utterance] = {}
        line_of: dict[str, int] = {}
        wrong = []
        for entry in self.entries:
            name = self._name(entry)
            try:
                self._require_whole(entry)
                if name in utterance_of:
                    also = f"{name!r}, also in line {line_of[name]}"
                    raise _Wrong("an id that is there twice", also)
                utterance_of[name] = self._utterance(name, entry.cells)
                line_of[name] = entry.line
            except _Wrong as error:
                place = f"line {entry.line}"
                detail = f"{place}, {error.detail}" if error.detail else place
                wrong.append(Skipped(name, error.kind, detail))
        return tuple(utterance_of.values()), wrong

    def _name(self, entry: _Entry) -> str:
        if entry.cells["id"]:
            return entry.cells["id"]
        if not entry.stem:
            return f"line{entry.line}"
        if self.names[entry.stem] == 1:
            return entry.stem
        return f"{entry.stem}_line{entry.line}"

    def _require_whole(self, entry: _Entry) -> None:
        """Raise _Wrong for what is wrong in a row taken by itself."""
        if entry.field_count != self.width:
            detail = f"{entry.field_count}, where the first line has {self.width}"
            raise _Wrong("a wrong number of fields", detail)
        label = entry.cells["label"]
        if not label:
            raise _Wrong("an empty label")
        if label in self.twins:
            meant = f"{label!r}; did you mean {self.twins[label]!r}?"
            raise _Wrong("a label that looks like a slip", meant)
        if not entry.cells["audio"] and not entry.cells["text"]:
            raise _Wrong("neither audio nor text")
        for column in _FILES:
            if entry.cells[column] and self._file(entry.cells[column]) is None:
                raise _Wrong(f"no such {column} file", str(self.folder / entry.cells[column]))
        if self.has_split and entry.cells["split"] not in self.part_of:
            raise _unknown_split(entry.cells["split"])

    def _file(self, cell: str) -> Path | None:
        """The file that a cell names, as written or as another system writes it; None where there
        is none, or no cell.
        """
        spellings = (cell, cell.replace("\\", "/"))
        for spelling in spellings:
            for form in ("", "NFC", "NFD"):  # macOS stores names decomposed
                name = unicodedata.normalize(form, spelling) if form else spelling
                if name and os.path.isfile(source(self.folder / name)):
                    return self.folder / name
        return None

    def _utterance(self, name: str, cells: dict[str, str]) -> Utterance:
        words: tuple[Word, ...] = ()
        if cells["words"]:
            try:
                words = _words(self._file(cells["words"]))
            except DataError as error:
                raise _Wrong("wrong word times", error.given) from None
        return Utterance(
            name,
            self._file(cells["audio"]),
            cells["text"],
            cells["label"],
            speaker=cells["speaker"],
            dialogue=cells["dialogue"],
            session=cells["session"],
            scenario=cells["scenario"],
            split=self.part_of.get(cells["split"]),
            words=words,
            video=self._file(cells["video"]),
        )


def _unknown_split(split: str) -> _Wrong:
    advice = f"take one of {', '.join(_SPLITS)}"
    near = difflib.get_close_matches(split.lower(), _SPLITS, n=1, cutoff=0.5)
    if near:
        advice = f"did you mean {near[0]!r}?"
    return _Wrong("an unknown split", f"{split!r}; {advice}")


def _refusal(path: Path, wrong: list[Skipped], *, mendable: bool) -> DataError:
    given = f"{path} with {len(wrong)} wrong rows{listed_reasons(wrong)}"
    if not mendable:
        given = f"{path}, in which every row is wrong{listed_reasons(wrong)}"
        return DataError(given, "a row that is whole", "correct them.")
    do = "correct them, or go on without them: --allow-incomplete (strict=False)."
    return DataError(given, "every row whole", do)


def _find(root: Path) -> Path:
    """The table: `root` itself, or the only one in it that is called manifest."""
    if root.is_file() and root.suffix.lower() in (".csv", ".tsv"):
        return root
    tables = [root / name for name in ("manifest.csv", "manifest.tsv") if (root / name).is_file()]
    if len(tables) == 1:
        return tables[0]
    if not tables:
        tables = sorted(path for path in root.glob("*") if _is_table(path))
    given = f"{root}, which is no folder and no csv or tsv file"
    if root.is_dir():
        listed = ", ".join(path.name for path in tables[:_SHOWN])
        given = f"{root}, with {listed or 'no csv or tsv file'}"
    save = "check the path, or save the table as csv, in UTF-8."
    do = "name one of these files." if tables else save
    expected = "a .csv or .tsv file, or a folder with one manifest.csv or manifest.tsv"
    raise DataError(given, expected, do)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv") and path.is_file()


def _twins(counts: Counter) -> dict[str, str]:
    """Labels that are likely a slip, and what was meant.

    A slip is a label in another case, or one that is used once and spelled nearly alike.
    """
    twins: dict[str, str] = {}
    taken: dict[str, str] = {}  # in small letters -> as written, the most used first
    for label in sorted(counts, key=lambda label: -counts[label]):
        small = unicodedata.normalize("NFKC", label).casefold()
        near = [small] if small in taken else []
        has_digit = any(map(str.isdigit, small))  # class10 is not class1
        if not near and counts[label] == 1 and len(counts) <= 200 and not has_digit:
            near = difflib.get_close_matches(small, taken, n=1, cutoff=0.85)
        if near:
            twins[label] = taken[near[0]]
        else:
            taken[small] = label
    return twins


def _words(path: Path) -> tuple[Word, ...]:
    """Word times from a csv with the columns word, start and end, in order."""
    table = read_foreign(path, ("word", "start", "end"), "a csv with the columns word, start, end")
    names = [name.lower() for name in table.header]
    if not {"word", "start", "end"} <= set(names):
        raise DataError(
            f"{path} with the columns {', '.join(map(repr, names))}",
            "word, start, end",
            "rename them.",
        )
    words = []
    for line, fields in table.rows:
        try:
            cells = dict(zip(names, map(str.strip, fields), strict=True))
            start_s, end_s = (_seconds(cells[name], table) for name in ("start", "end"))
        except ValueError:
            start_s = end_s = math.nan
        if not 0 <= start_s <= end_s < math.inf:
            raise DataError(
                f"line {line} of {path}: {', '.join(fields)}",
                "a word, and 0 <= start <= end in seconds",
                "correct it.",
            )
        words.append(Word(cells["word"], start_s, end_s))
    return tuple(words)


def _seconds(cell: str, table: ForeignTable) -> float:
    """A number; where commas do not separate fields, one may stand for the decimal point."""
    return float(cell if table.separator == "," else cell.replace(",", "."))
