"""Arrays on disk, found again by what they were made from. A half-written file is never seen.

In: a folder, a key over everything that an array depends on, and a function that makes it.
Out: the array, read from the folder where it is there and whole, else made and stored first.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Raise it by one when the meaning of a cached array changes: old files are then never read again.
FORMAT = 1


def key(*parts: object) -> str:
    """32 hex digits over `parts` (bytes as they are, anything else by its repr) and `FORMAT`."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(b"\0" + content)
    return digest.hexdigest()[:32]


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file that is whole or not there.

    Args:
        path: the file.
        write: fills a temporary file beside it, which is then renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    try:
        write(Path(name))
        os.chmod(name, 0o644)  # mkstemp makes it private to its owner; results are for sharing
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path, mark: str) -> Iterator[Path]:
    """A temporary folder to fill, which becomes `folder` at the end: whole or not there.

    Args:
        folder: the folder.
        mark: a file that is in it when it is whole. Where another process was faster, its folder
            stays if it holds this file.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
    try:
        yield temporary
        temporary.chmod(0o755)
        try:
            temporary.rename(folder)
        except OSError:
            if not (folder / mark).is_file():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def get_or_make(folder: Path, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array that is stored as `name`; made and stored first where it is missing or damaged.

    Args:
        folder: of the cache.
        name: a `key`.
        make: makes the array.
    """
    array = load_array(folder, name)
    if array is not None:
        return array
    made = make()

    def save(part: Path) -> None:
        with open(part, "wb") as file:
            np.save(file, made, allow_pickle=False)

    write_atomic(_path(folder, name, ".npy"), save)
    return made


def load_array(folder: Path, name: str, *, on_disk: bool = False) -> np.ndarray | None:
    """The array that is stored as `name`, or None where it is missing or damaged.

    Args:
        folder: of the cache.
        name: a `key`.
        on_disk: leave it there, to be read as needed.
    """
    mode = "r" if on_disk else None
    try:
        return np.load(_path(folder, name, ".npy"), mmap_mode=mode, allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, zipfile.BadZipFile):
        return None  # not made yet; or a torn disk, an interrupted copy: it is made again


def file_state(path: Path) -> tuple[str, int | None, int | None]:
    """Path, size and date of a file: they tell a changed file from an unchanged one without
    reading.

    Args:
        path: the file; one that is missing has neither size nor date.
    """
    name = str(path.absolute())
    try:
        status = path.stat()
    except OSError:
        return name, None, None
    return name, status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Rows:
    """Sequences of rows that are to be stored end to end, as one float32 array.

    Attributes:
        lengths: how many rows each sequence has.
        arrays: the sequences, (length, width) each. They are taken one at a time, so that memory
            holds one of them, whatever their number.
        width: numbers per row.
        about: what else is to be known of them; it must fit into JSON.
    """

    lengths: Sequence[int]
    arrays: Iterable[np.ndarray]
    width: int
    about: object = None


@dataclass(frozen=True)
class StoredRows:
    """What is found again: the sequences, (length, width) each, and what was stored about them.

    They are views into one file, which stays on disk until a row is asked for: memory does not grow
    with their number.
    """

    arrays: list[np.ndarray]
    about: object


def store_rows(folder: Path, name: str, rows: Rows) -> None:
    """Store sequences as `name`: an array, and a note beside it.

    Args:
        folder: of the cache.
        name: a `key`.
        rows: the sequences.
    """
    header = {"descr": "<f4", "fortran_order": False, "shape": (sum(rows.lengths), rows.width)}

    def save(part: Path) -> None:
        with open(part, "wb") as file:
            np.lib.format.write_array_header_2_0(file, header)
            for array in rows.arrays:
                file.write(np.ascontiguousarray(array, "<f4").tobytes())

    note = json.dumps({"lengths": list(rows.lengths), "about": rows.about})
    write_atomic(_path(folder, name, ".npy"), save)
    write_atomic(_path(folder, name, ".json"), lambda part: part.write_text(note, encoding="utf-8"))


def load_rows(folder: Path, name: str) -> StoredRows | None:
    """The sequences that are stored as `name`, or None where they have to be made.

    Args:
        folder: of the cache.
        name: a `key`.
    """
    rows = load_array(folder, name, on_disk=True)
    try:
        note = json.loads(_path(folder, name, ".json").read_text(encoding="utf-8"))
        lengths, about = note["lengths"], note["about"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, damaged, or of an earlier form
    if rows is None:
        return None
    rows = np.asarray(rows)
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    arrays = [rows[end - length : end] for length, end in zip(lengths, ends, strict=True)]
    return StoredRows(arrays, about)


def get_or_make_rows(folder: Path, name: str, make: Callable[[], Rows]) -> StoredRows:
    """The sequences that are stored as `name`; made and stored first where they are missing.

    Args:
        folder: of the cache.
        name: a `key`.
        make: makes them.
    """
    stored = load_rows(folder, name)
    if stored is None:
        store_rows(folder, name, make())
        stored = load_rows(folder, name)
    return stored


def _path(folder: Path, name: str, ending: str) -> Path:
    return Path(folder) / name[:2] / f"{name}{ending}"
