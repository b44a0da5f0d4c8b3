"""Unpack an archive that someone else made: it chooses what comes out, never where it goes, nor how much it may be."""

from __future__ import annotations

import gzip
import lzma
import re
import shutil
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tqdm import tqdm

from mcsan_lite.errors import DataError

BLOCK = 1 << 16
LONGEST_HEADER = (
    1 << 20
)  # bytes; tarfile reads a long name into memory, whatever length it claims to have
SLACK = (
    1 << 24
)  # bytes that any archive may unpack to: a small one is mostly padding, and shrinks by any ratio
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,
    MemoryError,
)  # what the libraries raise for mangled bytes
_second_net = getattr(
    tarfile, "data_filter", lambda member, folder: member
)  # Python 3.11.4 brought it


@dataclass(frozen=True)
class Limits:
    """What may come out of one archive; more is a bomb."""

    members: int = 50_000
    member_bytes: int = 20 * 10**9
    total_bytes: int = 40 * 10**9
    ratio: float = 20.0  # bytes out for a byte of the archive, counted beyond SLACK


@dataclass(frozen=True)
class _Member:
    name: str
    kind: str  # "file" and "folder" are harmless
    size: int
    open: Callable[[], IO[bytes]]


class _Tape:
    """The bytes of a tar, forwards only and a block at a time. tarfile trusts a header's lengths; this does not."""

    def __init__(self, file: IO[bytes], budget: int) -> None:
        self.file, self.budget, self.at, self.last = file, budget, 0, b""

    def tell(self) -> int:
        return self.at

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        self.last = self.file.read(size)
        self.at += len(self.last)
        if self.at > self.budget:
            raise tarfile.ReadError(f"more than {self.budget:,} bytes come out of it")
        return self.last

    def seek(self, to: int) -> None:
        while self.at < to and self.read(min(BLOCK, to - self.at)):
            pass


def _tar_members(archive: Path, folder: Path, budget: int) -> Iterator[_Member]:
    with open(archive, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        tape = _Tape(gzip.GzipFile(fileobj=raw) if packed else raw, budget)
        tar = tarfile.TarFile(fileobj=tape)
        while (member := tar.next()) is not None:

            def content(member: tarfile.TarInfo = member) -> _Tape:
                _second_net(member, str(folder))
                return tape  # which stands at the member's first byte

            kind = (
                "folder"
                if member.isdir()
                else "file"
                if member.isreg() and not member.issparse()
                else "link"
                if member.issym() or member.islnk()
                else "device or other special file"
            )
            yield _Member(member.name, kind, member.size, content)
        if len(tape.last) < tarfile.BLOCKSIZE or tape.last.strip(
            b"\0"
        ):  # tarfile takes damage for the end
            raise tarfile.ReadError(f"a damaged header, or no end mark, before byte {tape.at:,}")
        while tape.read(BLOCK):  # gzip's checksum stands behind the padding
            pass


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            kind = {
                0: "file",
                stat.S_IFREG: "file",
                stat.S_IFDIR: "folder",
                stat.S_IFLNK: "link",
            }.get(stat.S_IFMT(member.external_attr >> 16), "device or other special file")
            yield _Member(
                member.orig_filename,
                "folder" if kind == "file" and member.is_dir() else kind,
                member.file_size,
                lambda member=member: packed.open(member),
            )


def _problem(member: _Member, limits: Limits) -> str | None:
    parts = re.split(r"[/\\]", member.name)
    if (not parts[0] and len(parts) > 1) or any(re.match("[A-Za-z]:", part) for part in parts):
        return "an absolute path"
    if ".." in parts:
        return "a path that climbs out of its folder"
    if any(unicodedata.category(c) == "Cc" for c in member.name):
        return "a control character in its name"
    if member.kind not in ("file", "folder"):
        return f"a {member.kind}"
    if not 0 <= member.size <= limits.member_bytes:
        return f"{member.size:,} bytes long, where {limits.member_bytes:,} are allowed"
    return None


def _write(
    members: Iterator[_Member],
    archive: Path,
    folder: Path,
    wanted: str,
    limits: Limits,
    budget: int,
) -> None:
    def refuse(member: _Member, why: str) -> DataError:
        return DataError(
            f"{archive}: its member {member.name!r} is {why}",
            "plain files and folders, each once, within the archive's own folders and of a likely size",
            "delete the archive and take it from its publisher; nothing of it was unpacked.",
        )

    taken: dict[str, str] = {}  # a disk may know one name for two spellings
    written = 0
    with tqdm(unit="B", unit_scale=True, desc=archive.name) as bar:
        for number, member in enumerate(members, 1):
            if why := _problem(member, limits):
                raise refuse(member, why)
            if number > limits.members:
                raise refuse(member, f"number {number:,}, where {limits.members:,} are allowed")
            name = re.split(r"[/\\]", member.name)[-1]
            if member.kind != "file" or not re.fullmatch(wanted, name):
                continue
            key = unicodedata.normalize("NFC", name).casefold()
            if key in taken:
                raise refuse(member, f"written over by, or over, {taken[key]!r}")
            taken[key] = member.name
            written += member.size
            if written > budget:
                raise refuse(
                    member,
                    f"the one that brings all to {written:,} bytes, where {budget:,} are allowed",
                )
            source, left = member.open(), member.size
            with open(folder / name, "xb") as file:
                while left:
                    block = source.read(min(BLOCK, left))
                    if not block:
                        raise EOFError(f"it ends within {member.name!r}")
                    file.write(block)
                    left -= len(block)
                    bar.update(len(block))
    if not taken:
        raise DataError(
            f"{archive} without a file like {wanted}",
            "at least one",
            "check that it is the right archive.",
        )


def unpack(
    archive: Path | str, folder: Path | str, *, wanted: str, limits: Limits = Limits()
) -> Path:
    """Write the files of a tar, tar.gz or zip whose own name matches `wanted` into the new `folder`, and return it.

    `wanted` is a regular expression for the whole name. The archive's own folders are not made: each file lands under
    its own name. `folder` appears only when everything is in it; until then a hidden one beside it is filled. Raises
    DataError, with nothing left behind, if any member, wanted or not, has an absolute or climbing path or is a link or a
    device; for two files of one name; beyond `limits`; for a damaged archive (in a plain tar, which has no checksum,
    damage within a file cannot be seen); and for a `folder` that is there.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        raise DataError(
            f"{folder}, which is there", "a folder yet to be made", "delete it or name another one."
        )
    temporary = None
    try:
        budget = min(limits.total_bytes, int(limits.ratio * archive.stat().st_size) + SLACK)
        with open(archive, "rb") as file:
            zipped = file.read(2) == b"PK"
        members = _zip_members(archive) if zipped else _tar_members(archive, folder, budget)
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
        _write(members, archive, temporary, wanted, limits, budget)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except DataError:
        raise
    except DAMAGE as error:
        raise DataError(
            f"{archive}: {type(error).__name__}, {error}",
            "a whole tar, tar.gz or zip of a likely size",
            "delete it and download it again; nothing of it was unpacked.",
        ) from None
    except OSError as error:
        raise DataError(
            f"{folder} from {archive}: {error.strerror or error}",
            "a readable archive, and room to unpack it",
            "check the path, make room or name another folder; nothing of it was unpacked.",
        ) from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder
