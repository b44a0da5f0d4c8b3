"""Arrays on disk, found again by what they were made from. A half-written file is never seen.

In: a folder, a key over everything that an array depends on, and a function that makes it.
Out: the array, read from the folder where it is there and whole, else made and stored first. Every
file ends with a checksum over the rest of it, its seal; one whose seal does not fit is made again.
A file of many rows is checked once per process, when it is first opened.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcsan_lite.disk.torn import part_prefix, sweep

# Raise it by one when the meaning of a cached array changes: old files are then never read again.
FORMAT = 1
_BLOCK_BYTES = 1 << 20


def key(*parts: object) -> str:
    """32 hex digits over `parts` (bytes as they are, anything else by its repr) and `FORMAT`."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(b"\0" + content)
    return digest.hexdigest()[:32]


def write_atomic(path: Path, write: Callable[[Path], None], *, durable: bool = True) -> None:
    """Write a file that is whole or not there.

    Args:
        path: the file.
        write: fills a temporary file beside it, which is then renamed.
        durable: whole after a power loss too; about 5 ms per file. What is checked when it is read
            and can be made again needs it not.

    Raises:
        OSError: where the disk refuses, with the file's name.
    """
    with _names(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=part_prefix(), suffix=path.suffix)
        os.close(handle)
        try:
            write(Path(name))
            if durable:
                _flush(name)
            os.chmod(name, 0o644)  # mkstemp makes it private to its owner; results are for sharing
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)


def _flush(name: str) -> None:
    """Wait until the content is on the disk: a rename may get there before what it renames."""
    with open(name, "rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _names(path: Path) -> Iterator[None]:
    """Errors of the disk name the file or folder that was to be written, not a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # numpy's, where the disk takes only a part of an array
            raise OSError(errno.EIO, str(error), str(path)) from error
        if error.filename is None or ".part-" in str(error.filename):
            error.filename = str(path)
        raise


@contextmanager
def whole_folder(folder: Path, mark: str) -> Iterator[Path]:
    """A temporary folder to fill, which becomes `folder` at the end: whole or not there.

    Args:
        folder: the folder.
        mark: a file that is in it when it is whole. Where another process was faster, its folder
            stays if it holds this file.

    Raises:
        OSError: where the disk refuses, with the folder's name.
    """
    with _names(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=part_prefix()))
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
    content = io.BytesIO()
    np.save(content, made, allow_pickle=False)
    data = content.getvalue()
    sealed = data + _seal(zlib.crc32(data))
    path = _path(folder, name, ".npy")
    write_atomic(path, lambda part: part.write_bytes(sealed), durable=False)
    return made


def load_array(folder: Path, name: str) -> np.ndarray | None:
    """The array that is stored as `name`, or None where it is missing or damaged.

    Args:
        folder: of the cache.
        name: a `key`.
    """
    content = _content(_path(folder, name, ".npy"))
    if content is None:
        return None  # not made yet; or a torn disk, an interrupted copy: it is made again
    try:
        return parse_npy(content).copy()
    except ValueError:
        return None


def parse_npy(data: bytes) -> np.ndarray:
    """The array in the bytes of a .npy file, without a copy and without unpickling anything.

    What the header claims is compared with what is there before anything is made of it.

    Args:
        data: the file.

    Returns:
        The array, read-only.

    Raises:
        ValueError: for bytes that are no array of plain numbers or letters, or fewer than promised.
    """
    file = io.BytesIO(data)
    headers = np.lib.format
    readers = {(1, 0): headers.read_array_header_1_0, (2, 0): headers.read_array_header_2_0}
    try:
        shape, by_columns, dtype = readers[headers.read_magic(file)](file)
        count = math.prod(shape)
        if dtype.hasobject or min(shape, default=0) < 0:
            raise ValueError("an array of objects, or of a negative length")
        if count * dtype.itemsize > len(data) - file.tell():
            raise ValueError(f"it is cut off: {shape} of {dtype} are promised")
        flat = np.frombuffer(data, dtype, count, file.tell())
        return flat.reshape(shape, order="F" if by_columns else "C")
    except Exception as error:  # the header is a Python literal: mangled, it breaks in many ways
        raise ValueError(str(error) or type(error).__name__) from None


def _seal(checksum: int) -> bytes:
    """The last bytes of a file of the cache, `_SEAL_BYTES` of them."""
    return b"\ncrc32 %08x\n" % checksum


_SEAL_BYTES = len(_seal(0))


def _content(path: Path) -> bytes | None:
    """What a sealed file holds; None where it is not there, or is not what was written."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    content = data[:-_SEAL_BYTES]
    return content if data.endswith(_seal(zlib.crc32(content))) else None


@lru_cache(maxsize=256)
def _is_whole(path: str, size: int | None, changed: int | None) -> bool:
    """Whether a file's seal fits; once per process for each state of the file (`file_state`)."""
    if size is None or size < _SEAL_BYTES:
        return False
    checksum, left = 0, size - _SEAL_BYTES
    try:
        with open(path, "rb") as file:
            while left:
                block = file.read(min(left, _BLOCK_BYTES))
                if not block:
                    return False
                checksum = zlib.crc32(block, checksum)
                left -= len(block)
            return file.read() == _seal(checksum)
    except OSError:
        return False


@dataclass
class CacheReport:
    """What a cache holds.

    Attributes:
        files: how many there are.
        bytes: of all of them.
        damaged: those that are not what was written, such as one that was cut off.
        unsealed: those of an earlier version, without a checksum; they can be read.
    """

    files: int = 0
    bytes: int = 0
    damaged: list[Path] = field(default_factory=list)
    unsealed: list[Path] = field(default_factory=list)


def examine_cache(folder: Path) -> CacheReport:
    """Read every file of a cache and compare it with its checksum.

    Args:
        folder: of the cache.
    """
    report = CacheReport()
    for path in sorted(folder.glob("??/*.*")):
        if path.suffix not in (".npy", ".json") or path.name.startswith("."):
            continue
        report.files += 1
        state = file_state(path)
        report.bytes += state[1] or 0
        if not _is_whole.__wrapped__(*state):
            seal_is_there = b"\ncrc32 " in _last_bytes(path)
            is_old = not seal_is_there and _is_whole_without_seal(path)
            (report.unsealed if is_old else report.damaged).append(path)
    return report


def _last_bytes(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - _SEAL_BYTES))
            return file.read()
    except OSError:
        return b""


def _is_whole_without_seal(path: Path) -> bool:
    """Whether a file without a seal can be read: a file that was cut off has lost its seal, too.

    An array must end where its header says, so that a rest of a seal is seen.
    """
    try:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
            return True
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return array.offset + array.nbytes == path.stat().st_size
    except Exception:  # a header or a note that is mangled breaks in many ways
        return False


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
        start = io.BytesIO()
        np.lib.format.write_array_header_2_0(start, header)
        with open(part, "wb") as file:
            file.write(start.getvalue())
            checksum = zlib.crc32(start.getvalue())
            for array in rows.arrays:
                block = np.ascontiguousarray(array, "<f4").tobytes()
                file.write(block)
                checksum = zlib.crc32(block, checksum)
            file.write(_seal(checksum))

    note = json.dumps({"lengths": list(rows.lengths), "about": rows.about}).encode()
    sealed = note + _seal(zlib.crc32(note))
    write_atomic(_path(folder, name, ".npy"), save)
    write_atomic(_path(folder, name, ".json"), lambda part: part.write_bytes(sealed))


def load_rows(folder: Path, name: str) -> StoredRows | None:
    """The sequences that are stored as `name`, or None where they have to be made.

    Args:
        folder: of the cache.
        name: a `key`.
    """
    path = _path(folder, name, ".npy")
    note = _content(_path(folder, name, ".json"))
    if note is None or not _is_whole(*file_state(path)):
        return None  # not there, damaged, or of an earlier form
    try:
        known = json.loads(note)
        lengths, about = known["lengths"], known["about"]
        rows = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        ends = np.cumsum(lengths, dtype=np.int64).tolist()
    except Exception:  # no file of ours has a seal that fits and such a content
        return None
    if sum(lengths) != len(rows):
        return None
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
