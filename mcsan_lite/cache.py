"""Arrays on disk, found again by what they were made from. A half-written file is never seen."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable
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


def get_or_make(folder: Path, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array stored as `name` below `folder`; made and stored first where it is missing or damaged."""
    path = folder / name[:2] / f"{name}.npy"
    if path.exists():
        try:
            return np.load(path, allow_pickle=False)
        except (ValueError, EOFError, OSError, MemoryError, zipfile.BadZipFile):
            pass  # a torn disk, an interrupted copy: make it again
    array = make()

    def save(part: Path) -> None:
        with open(part, "wb") as file:
            np.save(file, array, allow_pickle=False)

    write_atomic(path, save)
    return array
