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
stand in any order; others are listed, and not read.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import source

MANIFEST_COLUMNS = (
    "label",
    "audio",
    "text",
    "id",
    "speaker",
    "dialogue",
    "session",
    "scenario",
    "split",
    "words",
    "video",
)
# These are suggested, never taken: a wrong guess would train on the wrong column.
OTHER_NAMES = {
    "audio": "path file filename file_name filepath file_path wav wave wav_path wavfile audio_path "
    "audio_file sound clip recording",
    "text": "transcript transcription utterance sentence",
    "label": "emotion emotions class category target y",
    "id": "utterance_id utt_id utt",
    "speaker": "speaker_id spk subject actor participant",
    "dialogue": "dialogue_id dialog dialog_id conversation conversation_id",
    "split": "subset partition",
}
_SPLITS = ("train", "valid", "dev", "validation", "test")
_SPLIT_OF = dict.fromkeys(_SPLITS, "valid") | {"train": "train", "test": "test"}
_SHOWN = 10  # tables or rows that a refusal lists


class _Wrong(Exception):
    """What is wrong in a row: of what kind, and the detail."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class _Row(NamedTuple):
    """A row of a csv: the number of its first line, and its fields without blanks around them."""

    line: int
    fields: list[str]


class _Entry(NamedTuple):
    """A row of the manifest: the number of its line and of its fields, and a cell per column."""

    line: int
    field_count: int
    cells: dict[str, str]

    @property
    def stem(self) -> str:
        """The name of the sound file."""
        return Path(self.cells["audio"]).stem


def read_manifest(root: Path | str, *, strict: bool = True) -> Corpus:
    """The utterances of a table, in its order.

    Fields are separated by tabs in a .tsv, in a .csv by commas, or by semicolons where the first
    line has no comma. A row without an id is called after its sound file, with its line where that
    is not unique. Labels are sorted.

    Args:
        root: a .csv or .tsv, or a folder with one manifest.csv or manifest.tsv.
        strict: refuse wrong rows, all together.

    Returns:
        The corpus. Unknown columns are listed in `skipped` and, without `strict`, so are wrong
        rows.

    Raises:
        DataError: for a table that cannot be read or lacks a column and, with `strict`, for wrong
            rows.
    """
    path = _find(Path(root))
    rows = list(_rows(path))
    if not rows:
        raise DataError(
            f"the empty file {path}",
            "a first line with the names of the columns",
            "check the path.",
        )
    names, unknown = _header(path, rows[0].fields)
    entries = []
    for line, fields in rows[1:]:
        cells = dict.fromkeys(MANIFEST_COLUMNS, "") | dict(zip(names, fields, strict=False))
        entries.append(_Entry(line, len(fields), cells))
    utterances, wrong = _Table(path, len(names), entries).utterances()
    if strict and wrong:
        raise _refusal(path, wrong)
    labels = tuple(sorted({u.label for u in utterances}))
    return Corpus(path.stem, labels, utterances, (*unknown, *wrong), kind="manifest")


class _Table:
    """All rows of a manifest, which are judged beside each other."""

    def __init__(self, path: Path, width: int, entries: list[_Entry]) -> None:
        self.folder = path.parent
        self.width = width
        self.entries = entries
        whole = [entry for entry in entries if entry.field_count == width]
        labels = [entry.cells["label"] for entry in whole if entry.cells["label"]]
        self.twins = _twins(Counter(labels))
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
                utterance_of[name] = _utterance(name, entry.cells, self.folder)
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
        for column in ("audio", "video", "words"):
            file = self.folder / entry.cells[column]
            if entry.cells[column] and not os.path.isfile(source(file)):
                raise _Wrong(f"no such {column} file", str(file))
        if self.has_split:
            _require_split(entry.cells["split"])


def _require_split(split: str) -> None:
    if split.lower() in _SPLIT_OF:
        return
    advice = f"take one of {', '.join(_SPLITS)}"
    near = difflib.get_close_matches(split.lower(), _SPLITS, n=1, cutoff=0.5)
    if near:
        advice = f"did you mean {near[0]!r}?"
    raise _Wrong("an unknown split", f"{split!r}; {advice}")


def _refusal(path: Path, wrong: list[Skipped]) -> DataError:
    shown = "".join(f"\n  {row.reason}" for row in wrong[:_SHOWN])
    if len(wrong) > _SHOWN:
        shown += f"\n  … and {len(wrong) - _SHOWN} more"
    return DataError(
        f"{path} with {len(wrong)} wrong rows{shown}",
        "every row whole",
        "correct them, or go on without them: --allow-incomplete (strict=False).",
    )


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


def _rows(path: Path) -> Iterator[_Row]:
    """Every row that is not empty."""
    text = _text(path)
    comma = _separator(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"line {line} of {path}: {error}",
                "fields with their quotes closed",
                'write a quote within a field twice: "she said ""no"""',
            ) from None
        if row is None:
            return
        fields = [field.strip() for field in row]
        if any(fields):
            yield _Row(line, fields)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        given = f"{path}: {error.strerror}"
        raise DataError(given, "a file that can be read", "check its rights.") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"x").splitlines())
        raise DataError(
            f"line {line} of {path}: a byte {data[error.start]:#04x} that is no UTF-8",
            "a table in UTF-8",
            "save it again as “CSV UTF-8”.",
        ) from None


def _separator(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    first_line = "".join(text.lstrip("\r\n").splitlines()[:1])
    if "," not in first_line and ";" in first_line:
        return ";"
    return ","


def _header(path: Path, fields: list[str]) -> tuple[list[str], list[Skipped]]:
    """The names of the columns, and those that are not read."""
    names = [name.lower() for name in fields]
    strange = [name for name in names if name not in MANIFEST_COLUMNS]
    do = _mend_header(names, strange)
    if do:
        optional = ", ".join(MANIFEST_COLUMNS[3:])
        raise DataError(
            f"{path} with the columns {', '.join(map(repr, fields))}",
            f"label, and audio or text or both; if you like, also {optional}; each once",
            do,
        )
    return names, [Skipped(name, "a column that is not read", repr(name)) for name in strange]


def _mend_header(names: list[str], strange: list[str]) -> str | None:
    """What to do about the columns; None where they can be used."""
    absent = [column for column in MANIFEST_COLUMNS if column not in names]
    questions = []
    for name in strange:
        column = _suggestion(name, absent)
        if column:
            questions.append(f"{name!r}: did you mean {column!r}?")
    if questions:
        return f"{' '.join(questions)} Rename it, or delete it."
    if "label" in absent:
        return "add the column 'label'."
    if "audio" in absent and "text" in absent:
        return "add the column 'audio' or 'text'."
    for column, count in Counter(names).items():
        if count > 1 and column in MANIFEST_COLUMNS:
            return f"delete or rename one {column!r}."
    return None


def _suggestion(name: str, columns: list[str]) -> str | None:
    """The column that `name` probably means."""
    for column in columns:
        if name in OTHER_NAMES.get(column, "").split():
            return column
    near = difflib.get_close_matches(name, columns, n=1, cutoff=0.8)
    return near[0] if near else None


def _twins(counts: Counter) -> dict[str, str]:
    """Labels that are likely a slip, and what was meant.

    A slip is a label in another case, or one that is used once and spelled nearly alike.
    """
    twins: dict[str, str] = {}
    taken: dict[str, str] = {}  # in small letters -> as written, the most used first
    for label in sorted(counts, key=lambda label: -counts[label]):
        small = label.casefold()
        near = [small] if small in taken else []
        has_digit = any(map(str.isdigit, small))  # class10 is not class1
        if not near and counts[label] == 1 and len(counts) <= 200 and not has_digit:
            near = difflib.get_close_matches(small, taken, n=1, cutoff=0.85)
        if near:
            twins[label] = taken[near[0]]
        else:
            taken[small] = label
    return twins


def _utterance(name: str, cells: dict[str, str], folder: Path) -> Utterance:
    audio = video = None
    words: tuple[Word, ...] = ()
    if cells["audio"]:
        audio = folder / cells["audio"]
    if cells["video"]:
        video = folder / cells["video"]
    if cells["words"]:
        try:
            words = _words(folder / cells["words"])
        except DataError as error:
            raise _Wrong("wrong word times", error.given) from None
    return Utterance(
        name,
        audio,
        cells["text"],
        cells["label"],
        speaker=cells["speaker"],
        dialogue=cells["dialogue"],
        session=cells["session"],
        scenario=cells["scenario"],
        split=_SPLIT_OF.get(cells["split"].lower()),
        words=words,
        video=video,
    )


def _words(path: Path) -> tuple[Word, ...]:
    """Word times from a csv with the columns word, start and end, in order."""
    rows = _rows(path)
    header = next(rows, _Row(0, []))
    names = [name.lower() for name in header.fields]
    if not {"word", "start", "end"} <= set(names):
        raise DataError(
            f"{path} with the columns {', '.join(map(repr, names))}",
            "word, start, end",
            "rename them.",
        )
    words = []
    for line, fields in rows:
        try:
            cells = dict(zip(names, fields, strict=True))
            start_s, end_s = float(cells["start"]), float(cells["end"])
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
