"""MELD, 13,708 turns of a television series in seven emotions (Poria et al. 2019): its annotation, with or without clips.

Read from the official files as they are: rows are known by (split, dialogue, utterance), since `Sr No.` repeats, and old
copies hold cp1252 punctuation as control characters. The clips and the defects are in `meld_clips`.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.datasets.meld.clips import (
    KNOWN,
    LONG_S,
    Clips,
    Defect,
    Row,
    files_below,
    find_clips,
    find_defects,
    left_out,
    require_clips,
    require_policies,
)
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, MELD_COUNTS, MELD_LABELS
from mcsan_lite.errors import DataError, require_name

COLUMNS = (
    "Utterance",
    "Speaker",
    "Emotion",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
)  # the needed ones
TIMES = ("StartTime", "EndTime")  # old copies lack them
TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2}):([0-9]{2}),([0-9]{1,3})"
)  # a quarter of them without a leading zero
SOURCE = "take the file again from https://github.com/declare-lab/MELD (data/MELD)"

# U+0080 … U+009F are cp1252's punctuation, read as latin-1 by whoever saved the file; five codes mean nothing there.
C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}


def _decode(line: bytes) -> str:
    """A line as utf-8, or as latin-1 (never fails; with C1 repaired it is cp1252)."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _header(row: list[str], path: Path) -> list[str]:
    header = [name.strip() for name in row]
    for column in COLUMNS:
        if column not in header:
            others = {name.lower(): name for name in header if name not in COLUMNS}
            near = difflib.get_close_matches(column.lower(), others, n=1, cutoff=0.5)
            raise DataError(
                f"{path} without the column {column!r}; it has {', '.join(map(repr, header))}",
                f"the columns {', '.join(COLUMNS)}",
                f"did you mean {column!r} by {others[near[0]]!r}? Rename it."
                if near
                else f"{SOURCE}.",
            )
    return header


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its first line, {column: field}) of every row."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)
    except OSError as error:
        raise DataError(
            f"{path}: {error.strerror}", "a file that can be read", f"check it, or {SOURCE}."
        ) from None
    reader = csv.reader(map(_decode, lines), strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"line {line} of {path}: {error}",
                "comma-separated fields, quotes closed",
                f"repair that line, or {SOURCE}.",
            ) from None
        if row is None:
            break
        if not header:
            header = _header(row, path)
        elif len(row) == len(header):
            yield line, dict(zip(header, row, strict=True))
        elif row:  # an empty line holds nothing
            raise DataError(
                f"line {line} of {path}: {len(row)} fields",
                f"{len(header)}, as in the first line",
                f"put a text with commas in quotes, or {SOURCE}.",
            )
    if not header:
        raise DataError(f"the empty file {path}", "MELD's annotation", f"{SOURCE}.")


def _number(row: dict[str, str], column: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", row[column].strip()):
        raise DataError(
            f"{where}: {column} {row[column]!r}",
            "a whole number from 0 on",
            f"correct it, or {SOURCE}.",
        )
    return int(row[column])


def _compare(path: Path, split: str, found: Counter) -> None:
    """Refuse a file whose classes are not counted as published."""
    counts = tuple(found[label] for label in MELD_LABELS)
    if counts == MELD_COUNTS[split]:
        return

    def show(numbers: tuple[int, ...]) -> str:
        return f"{sum(numbers):,} rows: " + ", ".join(
            f"{label} {n:,}" for label, n in zip(MELD_LABELS, numbers, strict=True)
        )

    twin = next(
        (
            ANNOTATION_FILES[other]
            for other, published in MELD_COUNTS.items()
            if published == counts
        ),
        None,
    )
    more = sum(counts) - sum(MELD_COUNTS[split])
    likely = (
        f"this looks like {twin} under another name"
        if twin
        else f"{-more:,} rows are missing: a download cut off, or a cleaned copy"
        if more < 0
        else f"{more:,} rows too many: another file was added to it"
        if more
        else "labels were changed"
    )
    raise DataError(
        f"{path} with {show(counts)}",
        f"the published {show(MELD_COUNTS[split])}",
        f"{likely}; {SOURCE}, or go on with it as it is: --allow-incomplete (strict=False).",
    )


def _seconds(text: str) -> float | None:
    """A time "h:mm:ss,fraction" in seconds; None where it is none."""
    if not (match := TIME.fullmatch(text.strip())):
        return None
    hours, minutes, seconds, fraction = match.groups()
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + float(f"0.{fraction}")


def _read_split(path: Path, split: str, *, strict: bool) -> tuple[list[Row], list[Skipped]]:
    rows, skipped, counts = [], [], Counter()
    lines: dict[str, int] = {}  # id -> line
    absent: list[str] = []
    for line, row in _rows(path):
        where = f"line {line} of {path}"
        dialogue, turn = _number(row, "Dialogue_ID", where), _number(row, "Utterance_ID", where)
        name = f"{split}_dia{dialogue}_utt{turn}"
        if name in lines:
            raise DataError(
                f"lines {lines[name]} and {line} of {path}: both Dialogue_ID {dialogue}, Utterance_ID {turn}",
                "every pair once",
                f"delete one of the two lines, or {SOURCE}.",
            )
        lines[name] = line
        label = require_name(row["Emotion"].strip(), MELD_LABELS, f"{where}: Emotion")
        counts[label] += 1
        absent = [column for column in TIMES if column not in row]
        times = [_seconds(row.get(column, "")) for column in TIMES]
        if None in times and not absent:
            found = ", ".join(f"{column} {row[column]!r}" for column in TIMES)
            skipped.append(Skipped(name, "unreadable time", f"{where}: {found}"))
        text = row["Utterance"].translate(C1)
        rows.append(
            Row(
                Utterance(
                    name,
                    None,
                    text,
                    label,
                    speaker=row["Speaker"].translate(C1).strip(),
                    dialogue=f"{split}_dia{dialogue}",
                    split=split,
                    scenario=f"S{_number(row, 'Season', where):02d}E{_number(row, 'Episode', where):02d}",
                ),
                where,
                *times,
                controls=text != row["Utterance"],
            )
        )
    if absent:
        skipped.append(
            Skipped(
                path.name,
                "no times",
                f"{path} without {' and '.join(absent)}, so that the defects that are "
                "computed from them stay unseen",
            )
        )
    if strict:
        _compare(path, split, counts)
    return rows, skipped


def _annotation(root: Path, files: list[str], name: str) -> Path | None:
    """The file of this name among `files`. Copies of it may be there, but nothing else under its name."""
    paths = [root / f for f in files if f.rpartition("/")[2] == name]
    for other in paths[1:]:
        if list(_rows(other)) != list(_rows(paths[0])):
            raise DataError(
                f"two different {name}: {paths[0]} and {other}",
                "one, or copies of it",
                "delete one of them, or name the folder that holds only the right one.",
            )
    return paths[0] if paths else None


def _read(root: Path, *, strict: bool) -> tuple[list[Row], Clips, list[Skipped]]:
    if not root.is_dir():
        raise DataError(
            f"no {ANNOTATION_FILES['train']} in {root}: no such folder",
            f"a folder with {', '.join(ANNOTATION_FILES.values())}",
            f"check the path, or {SOURCE}.",
        )
    files = files_below(root)
    rows, skipped = [], []
    for split, name in ANNOTATION_FILES.items():
        if path := _annotation(root, files, name):
            more, remarks = _read_split(path, split, strict=strict)
            rows, skipped = rows + more, skipped + remarks
        elif split == "train":
            raise DataError(
                f"no {name} in {root} or in the three levels of folders below it",
                f"a folder with {', '.join(ANNOTATION_FILES.values())}",
                f"check the path, or {SOURCE}.",
            )
        else:
            skipped.append(
                Skipped(
                    name, "no annotation", f"no such file in {root}, the corpus has no {split} part"
                )
            )
    clips = find_clips(root, files, {row.utterance.id for row in rows})
    return rows, clips, [*skipped, *clips.skipped]


def _missing(rows: list[Row], clips: Clips, audio: dict[str, Path]) -> set[str]:
    """Rows without a clip, where there are clips at all."""
    return {row.utterance.id for row in rows} - set(audio) if clips else set()


def found_defects(root: Path | str) -> list[Defect]:
    """What is wrong with the MELD in `root`, for `defect_table`. Raises DataError as `read_meld` with strict=False."""
    rows, clips, _ = _read(Path(root), strict=False)
    return find_defects(rows, clips, _missing(rows, clips, clips.plain))


def read_meld(
    root: Path | str, *, strict: bool = True, defects: Iterable[str] | str = ("keep",)
) -> Corpus:
    """MELD from the annotation and clips in `root` or up to three folders below, with the official split (dev: "valid").

    The training file must be there; a missing dev or test file is listed in `skipped`, like an empty text or an
    unlabelled clip. Clips (wav before flac before mp4) lie in folders that have train, dev or test in their names. Without
    any, all have audio=None; otherwise those whose clip is missing, and they are listed.

    `defects` says what becomes of the known ones (POLICIES): "keep", or some of "trim", "drop" and "recut"; the corpus is
    named after it. `drop` spares what the others repair, and `skipped` lists what it leaves out. The one clip that was
    published corrupt is not used: its row has audio=None.

    Raises DataError for a wrong column, label, number or line, with its number, for a row or a clip that is there twice
    and, with `strict`, for counts that are not the published ones and for missing clips that were published.
    """
    root, chosen = Path(root), require_policies(defects)
    rows, clips, skipped = _read(root, strict=strict)
    audio = {**clips.plain, **clips.recut} if "recut" in chosen else clips.plain
    missing = _missing(rows, clips, audio)
    if strict:
        require_clips(root, rows, missing, clips.unplaced)
    for i, path in clips.recut.items():
        unused = path if audio.get(i) != path else clips.plain.get(i)
        if unused:
            skipped.append(
                Skipped(unused.relative_to(root).as_posix(), "other cut", f"of {i}, not taken")
            )
    found = find_defects(rows, clips, missing)
    dropped = left_out(found, chosen)
    corrupt = audio.keys() & set(KNOWN[0].ids)
    long = {i for defect in found if defect.kind == "minutes-long clip" for i in defect.ids}
    utterances = []
    for row in rows:
        u = row.utterance
        if not u.text.strip():
            skipped.append(Skipped(u.id, "empty text", row.where))
        elif defect := dropped.get(u.id):
            skipped.append(Skipped(u.id, f"dropped, {defect.kind}", f"{row.where}, {defect.why}"))
        else:
            if u.id in missing:
                skipped.append(
                    Skipped(u.id, "clip missing", f"{row.where}, the text is used without sound")
                )
            elif u.id in corrupt:
                skipped.append(
                    Skipped(u.id, "clip corrupt", f"{KNOWN[0].why}, the text is used without sound")
                )
            utterances.append(
                replace(
                    u,
                    audio=None if u.id in corrupt else audio.get(u.id),
                    max_s=LONG_S if "trim" in chosen and u.id in long else None,
                )
            )
    name = "meld" if "keep" in chosen else "+".join(["meld", *sorted(chosen)])
    return Corpus(name, MELD_LABELS, tuple(utterances), tuple(skipped), kind="meld")
