"""Your own corpus: a table in which every row is an utterance.

| column | what it holds |
|---|---|
| label | the emotion; needed |
| audio, text | a sound file, and what is said in it; at least one of the two |
| id, speaker, dialogue, session, scenario | names; utterances that share one belong together |
| split | train, valid (dev, validation) or test, in every row or in none |
| words | a csv with the columns word, start, end: the words of `text`, in seconds from the start of the clip |
| video | what is seen, by step: an OpenFace csv, an array .npy, or a member of an .npz, as faces.npz/ID.npy |

Files are found from the table's own folder. The columns may stand in any order; others are told, and not read.
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

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import source

COLUMNS = (
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
OTHER_NAMES = {  # suggested, never taken: a wrong guess would train on the wrong column
    "audio": "path file filename file_name filepath file_path wav wave wav_path wavfile audio_path audio_file sound clip "
    "recording",
    "text": "transcript transcription utterance sentence",
    "label": "emotion emotions class category target y",
    "id": "utterance_id utt_id utt",
    "speaker": "speaker_id spk subject actor participant",
    "dialogue": "dialogue_id dialog dialog_id conversation conversation_id",
    "split": "subset partition",
}
SPLITS = {"train": "train", "valid": "valid", "dev": "valid", "validation": "valid", "test": "test"}
SHOWN = 10


class _Wrong(Exception):
    """What is wrong in a row: (kind, detail) or (kind,)."""


def _find(root: Path) -> Path:
    if root.is_file() and root.suffix.lower() in (".csv", ".tsv"):
        return root
    found = [root / name for name in ("manifest.csv", "manifest.tsv") if (root / name).is_file()]
    if len(found) == 1:
        return found[0]
    tables = found or sorted(
        p for p in root.glob("*") if p.suffix.lower() in (".csv", ".tsv") and p.is_file()
    )
    raise DataError(
        f"{root}, with {', '.join(p.name for p in tables[:SHOWN]) or 'no csv or tsv file'}"
        if root.is_dir()
        else f"{root}, which is no folder and no csv or tsv file",
        "a .csv or .tsv file, or a folder with one manifest.csv or manifest.tsv",
        "name one of these files."
        if tables
        else "check the path, or save the table as csv, in UTF-8.",
    )


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, fields without blanks around them) of every row that is not empty."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{path}: {error.strerror}", "a file that can be read", "check its rights."
        ) from None
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b"x").splitlines())
        raise DataError(
            f"line {line} of {path}: a byte {data[error.start]:#04x} that is no UTF-8",
            "a table in UTF-8",
            "save it again as “CSV UTF-8”.",
        ) from None
    head = text.lstrip("\r\n").splitlines()[:1] or [""]
    comma = (
        "\t"
        if path.suffix.lower() == ".tsv"
        else ","
        if "," in head[0] or ";" not in head[0]
        else ";"
    )
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
        if any(field.strip() for field in row):
            yield line, [field.strip() for field in row]


def _suggestion(name: str, columns: tuple[str, ...]) -> str | None:
    """The column that `name` probably means."""
    for column in columns:
        if name in OTHER_NAMES.get(column, "").split():
            return column
    return next(iter(difflib.get_close_matches(name, columns, n=1, cutoff=0.8)), None)


def _header(path: Path, row: list[str]) -> tuple[list[str], list[Skipped]]:
    names = [name.lower() for name in row]
    absent = tuple(column for column in COLUMNS if column not in names)
    strange = [name for name in names if name not in COLUMNS]
    twice = [name for name, n in Counter(names).items() if n > 1 and name in COLUMNS]
    meant = [
        f"{name!r}: did you mean {column!r}?"
        for name in strange
        if (column := _suggestion(name, absent))
    ]
    do = (
        f"{' '.join(meant)} Rename it, or delete it."
        if meant
        else "add the column 'label'."
        if "label" in absent
        else "add the column 'audio' or 'text'."
        if {"audio", "text"} <= set(absent)
        else f"delete or rename one {twice[0]!r}."
        if twice
        else None
    )
    if do:
        raise DataError(
            f"{path} with the columns {', '.join(map(repr, row))}",
            f"label, and audio or text or both; if you like, also {', '.join(COLUMNS[3:])}; each once",
            do,
        )
    return names, [Skipped(name, "a column that is not read", repr(name)) for name in strange]


def _words(path: Path) -> tuple[Word, ...]:
    """Word times from a csv; raises DataError for anything but words in order of their columns word, start, end."""
    rows = _rows(path)
    names = [name.lower() for name in next(rows, (0, []))[1]]
    if not {"word", "start", "end"} <= set(names):
        raise DataError(
            f"{path} with the columns {', '.join(map(repr, names))}",
            "word, start, end",
            "rename them.",
        )
    words = []
    for line, row in rows:
        try:
            cells = dict(zip(names, row, strict=True))
            start, end = float(cells["start"]), float(cells["end"])
        except ValueError:
            start = end = math.nan
        if not 0 <= start <= end < math.inf:
            raise DataError(
                f"line {line} of {path}: {', '.join(row)}",
                "a word, and 0 <= start <= end in seconds",
                "correct it.",
            )
        words.append(Word(cells["word"], start, end))
    return tuple(words)


def _twins(counts: Counter) -> dict[str, str]:
    """Labels that are likely a slip -> what was meant: one in another case, or used once and spelled nearly alike."""
    twins: dict[str, str] = {}
    taken: dict[str, str] = {}  # in small letters -> as written, the most used first
    for label in sorted(counts, key=lambda label: -counts[label]):
        small = label.casefold()
        near = [small] if small in taken else []
        if (
            counts[label] == 1 and len(counts) <= 200 and not any(map(str.isdigit, small))
        ):  # class10 is not class1
            near = near or difflib.get_close_matches(small, taken, n=1, cutoff=0.85)
        if near:
            twins[label] = taken[near[0]]
        else:
            taken[small] = label
    return twins


def _require(cells: dict[str, str], folder: Path, twins: dict[str, str], has_split: bool) -> None:
    """Raise _Wrong for what is wrong in a row taken by itself."""
    label, split = cells["label"], cells["split"]
    if not label:
        raise _Wrong("an empty label")
    if label in twins:
        raise _Wrong("a label that looks like a slip", f"{label!r}; did you mean {twins[label]!r}?")
    if not cells["audio"] and not cells["text"]:
        raise _Wrong("neither audio nor text")
    for column in ("audio", "video", "words"):
        if cells[column] and not os.path.isfile(source(folder / cells[column])):
            raise _Wrong(f"no such {column} file", str(folder / cells[column]))
    if has_split and split.lower() not in SPLITS:
        near = difflib.get_close_matches(split.lower(), SPLITS, n=1, cutoff=0.5)
        raise _Wrong(
            "an unknown split",
            f"{split!r}; "
            + (f"did you mean {near[0]!r}?" if near else f"take one of {', '.join(SPLITS)}"),
        )


def _utterance(name: str, cells: dict[str, str], folder: Path) -> Utterance:
    try:
        words = _words(folder / cells["words"]) if cells["words"] else ()
    except DataError as error:
        raise _Wrong("wrong word times", error.given) from None
    audio, video = (
        folder / cells[column] if cells[column] else None for column in ("audio", "video")
    )
    names = {column: cells[column] for column in ("speaker", "dialogue", "session", "scenario")}
    return Utterance(
        name,
        audio,
        cells["text"],
        cells["label"],
        **names,
        split=SPLITS.get(cells["split"].lower()),
        words=words,
        video=video,
    )


def read_manifest(root: Path | str, *, strict: bool = True) -> Corpus:
    """The utterances of a table, in its order: `root` is a .csv or .tsv, or a folder with one manifest.csv or .tsv.

    Fields are separated by tabs in a .tsv, in a .csv by commas, or by semicolons where the first line has no comma. A row
    without an id is called after its sound file, with its line where that is not unique. Labels are sorted. Raises
    DataError for a table that cannot be read or lacks a column, and, with `strict`, for wrong rows, all together; else
    these go to `skipped`, as unknown columns do.
    """
    path = _find(Path(root))
    rows = list(_rows(path))
    if not rows:
        raise DataError(
            f"the empty file {path}",
            "a first line with the names of the columns",
            "check the path.",
        )
    names, unknown = _header(path, rows[0][1])
    table = [
        (line, len(row), dict.fromkeys(COLUMNS, "") | dict(zip(names, row, strict=False)))
        for line, row in rows[1:]
    ]
    whole = [cells for _, fields, cells in table if fields == len(names)]
    twins = _twins(Counter(cells["label"] for cells in whole if cells["label"]))
    has_split = any(cells["split"] for cells in whole)
    stems = Counter(cells["id"] or Path(cells["audio"]).stem for cells in whole)
    found: dict[str, tuple[int, Utterance]] = {}
    wrong: list[Skipped] = []
    for line, fields, cells in table:
        stem = Path(cells["audio"]).stem
        name = cells["id"] or (
            f"line{line}" if not stem else stem if stems[stem] == 1 else f"{stem}_line{line}"
        )
        try:
            if fields != len(names):
                raise _Wrong(
                    "a wrong number of fields", f"{fields}, where the first line has {len(names)}"
                )
            _require(cells, path.parent, twins, has_split)
            if name in found:
                raise _Wrong(
                    "an id that is there twice", f"{name!r}, also in line {found[name][0]}"
                )
            found[name] = line, _utterance(name, cells, path.parent)
        except _Wrong as error:
            kind, *detail = error.args
            wrong.append(Skipped(name, kind, ", ".join((f"line {line}", *detail))))
    if strict and wrong:
        shown = "".join(f"\n  {s.reason}" for s in wrong[:SHOWN])
        more = f"\n  … and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise DataError(
            f"{path} with {len(wrong)} wrong rows{shown}{more}",
            "every row whole",
            "correct them, or go on without them: --allow-incomplete (strict=False).",
        )
    utterances = tuple(u for _, u in found.values())
    return Corpus(
        path.stem,
        tuple(sorted({u.label for u in utterances})),
        utterances,
        (*unknown, *wrong),
        kind="manifest",
    )
