"""MELD, 13,708 turns of a television series in seven emotions (Poria et al. 2019): its transcripts, without the clips.

Read from the official annotation files as they are, after their known defects: rows are known by (split, dialogue,
utterance), since `Sr No.` repeats, and old copies hold cp1252 punctuation as control characters.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mcsan_lite.corpus import Corpus, DataError, Skipped, Utterance, require_name

LABELS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
FILES = {"train": "train_sent_emo.csv", "valid": "dev_sent_emo.csv", "test": "test_sent_emo.csv"}
PUBLISHED = {"train": (1109, 271, 268, 1743, 4710, 683, 1205),  # rows a class, in the order of LABELS
             "valid": (153, 22, 40, 163, 470, 111, 150),
             "test": (345, 68, 50, 402, 1256, 208, 281)}
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "Season", "Episode")  # those read here
SOURCE = "take the file again from https://github.com/declare-lab/MELD (data/MELD)"

# U+0080 … U+009F are cp1252's punctuation, read as latin-1 by whoever saved the file; five codes mean nothing there.
C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}


def _decode(line: bytes) -> str:
    """A line as utf-8, or as latin-1 (never fails; with C1 repaired it is cp1252)."""
    try:
        return line.decode("utf-8").translate(C1)
    except UnicodeDecodeError:
        return line.decode("latin-1").translate(C1)


def _header(row: list[str], path: Path) -> list[str]:
    header = [name.strip() for name in row]
    for column in COLUMNS:
        if column not in header:
            others = {name.lower(): name for name in header if name not in COLUMNS}
            near = difflib.get_close_matches(column.lower(), others, n=1, cutoff=0.5)
            raise DataError(f"{path} without the column {column!r}; it has {', '.join(map(repr, header))}",
                            f"the columns {', '.join(COLUMNS)}",
                            f"did you mean {column!r} by {others[near[0]]!r}? Rename it." if near else f"{SOURCE}.")
    return header


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its first line, {column: field}) of every row."""
    lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    reader = csv.reader(map(_decode, lines), strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(f"line {line} of {path}: {error}", "comma-separated fields, quotes closed",
                            f"repair that line, or {SOURCE}.") from None
        if row is None:
            break
        if not header:
            header = _header(row, path)
        elif len(row) == len(header):
            yield line, dict(zip(header, row, strict=True))
        elif row:  # an empty line holds nothing
            raise DataError(f"line {line} of {path}: {len(row)} fields", f"{len(header)}, as in the first line",
                            f"put a text with commas in quotes, or {SOURCE}.")
    if not header:
        raise DataError(f"the empty file {path}", "MELD's annotation", f"{SOURCE}.")


def _number(row: dict[str, str], column: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", row[column].strip()):
        raise DataError(f"{where}: {column} {row[column]!r}", "a whole number from 0 on", f"correct it, or {SOURCE}.")
    return int(row[column])


def _compare(path: Path, split: str, found: Counter) -> None:
    """Refuse a file whose classes are not counted as published."""
    counts = tuple(found[label] for label in LABELS)
    if counts == PUBLISHED[split]:
        return

    def show(numbers: tuple[int, ...]) -> str:
        return f"{sum(numbers):,} rows: " + ", ".join(f"{label} {n:,}" for label, n in zip(LABELS, numbers, strict=True))

    twin = next((FILES[other] for other, published in PUBLISHED.items() if published == counts), None)
    more = sum(counts) - sum(PUBLISHED[split])
    likely = (f"this looks like {twin} under another name" if twin else
              f"{-more:,} rows are missing: a download cut off, or a cleaned copy" if more < 0 else
              f"{more:,} rows too many: another file was added to it" if more else "labels were changed")
    raise DataError(f"{path} with {show(counts)}", f"the published {show(PUBLISHED[split])}",
                    f"{likely}; {SOURCE}, or go on with it as it is: --allow-incomplete (strict=False).")


def _read_split(path: Path, split: str, *, strict: bool) -> tuple[list[Utterance], list[Skipped]]:
    utterances, skipped, counts = [], [], Counter()
    lines: dict[str, int] = {}  # id -> line
    for line, row in _rows(path):
        where = f"line {line} of {path}"
        dialogue, turn = _number(row, "Dialogue_ID", where), _number(row, "Utterance_ID", where)
        name = f"{split}_dia{dialogue}_utt{turn}"
        if name in lines:
            raise DataError(f"lines {lines[name]} and {line} of {path}: both Dialogue_ID {dialogue}, Utterance_ID {turn}",
                            "every pair once", f"delete one of the two lines, or {SOURCE}.")
        lines[name] = line
        label = require_name(row["Emotion"].strip(), LABELS, f"{where}: Emotion")
        counts[label] += 1
        if not row["Utterance"].strip():
            skipped.append(Skipped(name, f"{where}: an empty Utterance"))
            continue
        utterances.append(Utterance(
            name, None, row["Utterance"], label, speaker=row["Speaker"].strip(),  # no clips yet: audio is None
            dialogue=f"{split}_dia{dialogue}", split=split,
            scenario=f"S{_number(row, 'Season', where):02d}E{_number(row, 'Episode', where):02d}"))
    if strict:
        _compare(path, split, counts)
    return utterances, skipped


def read_meld(root: Path | str, *, strict: bool = True) -> Corpus:
    """MELD's transcripts from the annotation files in `root` or `root`/data/MELD, with the official split (dev: "valid").

    The training file must be there; a missing dev or test file is listed in `skipped`, like an empty text. Raises
    DataError for a wrong column, label, number or line, with its number, for an utterance that is there twice and, with
    `strict`, for counts that are not the published ones.
    """
    root = Path(root)
    folder = next((f for f in (root, root / "data" / "MELD") if (f / FILES["train"]).is_file()), None)
    if folder is None:
        raise DataError(f"no {FILES['train']} in {root} or {root / 'data' / 'MELD'}",
                        f"a folder with {', '.join(FILES.values())}",
                        "check the path, or take the files from https://github.com/declare-lab/MELD (data/MELD).")
    utterances, skipped = [], []
    for split, name in FILES.items():
        if (folder / name).is_file():
            more, left_out = _read_split(folder / name, split, strict=strict)
            utterances, skipped = utterances + more, skipped + left_out
        else:
            skipped.append(Skipped(name, f"no such file in {folder}: the corpus has no {split} part"))
    return Corpus("meld", LABELS, tuple(utterances), tuple(skipped))
