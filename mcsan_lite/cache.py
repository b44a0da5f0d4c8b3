"""Arrays on disk, found again by what they were made from. A half-written file is never seen."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FORMAT = 1  # raise by one when the meaning of a cached array changes: old files are then never read again


def key(*parts: object) -> str:
    """32 hex digits over `parts` (bytes as they are, anything else by its repr) and FORMAT."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for part in parts:
        digest.update(b"\0" + (part if isinstance(part, bytes) else repr(part).encode()))
    return digest.hexdigest()[:32]


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it: `path` is whole or not there."""
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
    """A temporary folder to fill, which becomes `folder` at the end: that one is whole or not there.

    Where another process was faster, its folder stays if it holds the file `mark`.
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


def _place(folder: Path, name: str, ending: str = ".npy") -> Path:
    return Path(folder) / name[:2] / f"{name}{ending}"


def load(folder: Path, name: str, *, on_disk: bool = False) -> np.ndarray | None:
    """The array stored as `name` below `folder`, or None where it is missing or damaged. `on_disk`: read as needed."""
    try:
        return np.load(_place(folder, name), mmap_mode="r" if on_disk else None, allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, zipfile.BadZipFile):
        return None  # not made yet; or a torn disk, an interrupted copy: it is made again


def get_or_make(folder: Path, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array stored as `name` below `folder`; made and stored first where it is missing or damaged."""
    if (array := load(folder, name)) is None:
        array = make()

        def save(part: Path) -> None:
            with open(part, "wb") as file:
                np.save(file, array, allow_pickle=False)

        write_atomic(_place(folder, name), save)
    return array


def store_rows(
    folder: Path, name: str, about: dict, arrays: Iterable[np.ndarray], shape: tuple[int, int]
) -> None:
    """Store float32 `arrays`, (n, width) each, below each other as one array of `shape`, with `about` beside it.

    They are taken one at a time: memory holds one of them, whatever their number.
    """

    def save(part: Path) -> None:
        with open(part, "wb") as file:
            np.lib.format.write_array_header_2_0(
                file, {"descr": "<f4", "fortran_order": False, "shape": shape}
            )
            for array in arrays:
                file.write(np.ascontiguousarray(array, "<f4").tobytes())

    write_atomic(_place(folder, name), save)
    write_atomic(
        _place(folder, name, ".json"), lambda p: p.write_text(json.dumps(about), encoding="utf-8")
    )


def load_rows(folder: Path, name: str) -> tuple[np.ndarray, dict] | None:
    """(the array, left on disk until it is looked at; what was stored about it), or None where it has to be made."""
    rows = load(folder, name, on_disk=True)
    try:
        about = json.loads(_place(folder, name, ".json").read_text(encoding="utf-8"))
        return None if rows is None else (np.asarray(rows), about)
    except (OSError, ValueError):
        return None
