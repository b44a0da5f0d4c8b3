"""Arrays that other tools have written, read as a stranger's files are read.

In: a .npy file, or a member of an .npz: `faces.npz/ID.npy` is the member ID of faces.npz. Out: an
array of rows, whose shape, type and numbers were checked. Nothing is unpickled.

One array holds at most 2**25 numbers, 128 MiB as float32. A file that promises more is refused
before it is unpacked.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.errors import DataError
from mcsan_lite.features.pointers import FETCH_POINTERS, POINTER_BYTES, pointer_kind

_MOST_NUMBERS = 1 << 25
_MOST_BYTES = 8 * _MOST_NUMBERS + (1 << 16)  # as float64, with a header
_NOT_IN_A_FILE_NAME = re.compile(r'[<>:"/\\|?*\0-\x1f]')


@dataclass(frozen=True)
class ArrayKind:
    """What a refusal says of a file.

    Attributes:
        file: what it is called, such as "a video file".
        formats: what is read.
        repair: what to do about numbers that are not finite.
    """

    file: str
    formats: str
    repair: str = "make the array again, and look for the clip that has none."


def name_on_disk(name: str) -> str:
    """An id as a file's name: "_" stands for what a file name cannot hold."""
    return _NOT_IN_A_FILE_NAME.sub("_", name)


def source(path: Path) -> Path:
    """The file that `path` is in: itself, or the archive whose member it is."""
    if path.parent.suffix == ".npz":
        return path.parent
    return path


def is_there(path: Path) -> bool:
    """Whether there is such a file, or such a member of an .npz."""
    archive = source(path)
    if archive == path:
        return path.is_file()
    try:
        return path.name in _members(archive, archive.stat().st_mtime_ns).namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def array_in(path: Path) -> np.ndarray:
    """What a .npy file or a member of an .npz holds, unchecked but for its size.

    Raises:
        OSError, KeyError, ValueError: whatever a file that is missing or damaged makes of itself.
            `read_rows` turns them into a refusal.
    """
    archive = source(path)
    if archive == path:
        _refuse_large(path.stat().st_size)
        return array_cache.parse_npy(path.read_bytes())
    members = _members(archive, archive.stat().st_mtime_ns)
    one = members.getinfo(f"{path.stem}.npy")
    _refuse_large(one.file_size)
    if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # as numpy writes them
        raise ValueError(f"compressed by method {one.compress_type}")
    with members.open(one) as file:  # it gives no more bytes than `file_size` says
        return array_cache.parse_npy(file.read())


def read_rows(
    path: Path, kind: ArrayKind, read: Callable[[Path], np.ndarray] = array_in
) -> np.ndarray:
    """The rows in a file, checked.

    Args:
        path: the file, or a member of an .npz.
        kind: what a refusal says of it.
        read: opens it.

    Returns:
        (rows, n) float32.

    Raises:
        DataError: for a file that is missing, damaged, of another shape, or that holds something
            other than finite numbers.
    """
    try:
        _refuse_pointer(source(path), kind)
        rows = read(path)
    except DataError:
        raise
    except (FileNotFoundError, KeyError):  # KeyError: no such member
        raise _unreadable(path, kind, "missing") from None
    except Exception as error:  # of libraries that were not made for mangled bytes
        why = str(error).splitlines() or [type(error).__name__]
        raise _unreadable(path, kind, f"not readable ({why[0]})") from None
    if max(rows.shape, default=0) > _MOST_NUMBERS or rows.size > _MOST_NUMBERS:
        raise _unreadable(path, kind, f"too large, {rows.shape}")
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or not rows.shape[1]:
        raise DataError(
            f"{path}: an array of shape {rows.shape} and type {rows.dtype}",
            kind.formats,
            "write it again.",
        )
    rows = rows.astype(np.float32)
    if not np.isfinite(rows).all():
        raise DataError(f"{path}: numbers that are not finite", "finite numbers", kind.repair)
    return rows


def _unreadable(path: Path, kind: ArrayKind, why: str) -> DataError:
    return DataError(
        f"{kind.file} that is {why}: {path}", kind.formats, "check the path, or write it again."
    )


def _refuse_pointer(path: Path, kind: ArrayKind) -> None:
    with open(path, "rb") as file:
        pointer = pointer_kind(file.read(POINTER_BYTES))
    if pointer:
        raise DataError(f"{path}: {pointer}", kind.formats, FETCH_POINTERS)


def _refuse_large(size: int) -> None:
    if size > _MOST_BYTES:
        raise ValueError(f"{size:,} bytes, where {_MOST_BYTES:,} are allowed")


@lru_cache(maxsize=4)
def _members(archive: Path, changed: int) -> zipfile.ZipFile:
    """An open archive, whose list of members is read once for a whole corpus."""
    return zipfile.ZipFile(archive)
