"""Unpack an archive that someone else made.

The archive chooses what comes out, but never where it goes, nor how much it may be.

In: a tar, tar.gz or zip, and a pattern for the names of the wanted files. Out: a new folder that
holds exactly those files, or a refusal and no folder at all.
"""

from __future__ import annotations

import gzip
import re
import shutil
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tqdm import tqdm

from mcsan_lite.disk.torn import part_prefix, sweep
from mcsan_lite.errors import DataError

_BLOCK_BYTES = 1 << 16
# tarfile reads a long name into memory, whatever length it claims to have.
_LONGEST_HEADER_BYTES = 1 << 20
# Any archive may unpack to this much: a small one is mostly padding, and shrinks by any ratio.
_SLACK_BYTES = 1 << 24
# LZMA in a zip claims up to 4 GB of memory before it gives a byte.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)


def _no_filter(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    return member


_second_net = getattr(tarfile, "data_filter", _no_filter)  # since Python 3.11.4


@dataclass(frozen=True)
class Limits:
    """What may come out of one archive. More than that is a bomb.

    `ratio` is the number of bytes out per byte of the archive, beyond a fixed allowance.
    """

    members: int = 50_000
    member_bytes: int = 20 * 10**9
    total_bytes: int = 40 * 10**9
    ratio: float = 20.0

    def budget(self, archive_bytes: int) -> int:
        """How many bytes may come out of an archive of this size."""
        return min(self.total_bytes, int(self.ratio * archive_bytes) + _SLACK_BYTES)


@dataclass(frozen=True)
class _Member:
    """One entry of an archive. The kinds "file" and "folder" are harmless, others are not."""

    name: str
    kind: str
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def path_parts(self) -> list[str]:
        return re.split(r"[/\\]", self.name)


class _Tape:
    """The bytes of a tar, read only forwards and one block at a time.

    tarfile trusts the lengths that a header claims. This class does not.
    """

    def __init__(self, file: IO[bytes], budget: int) -> None:
        self.file = file
        self.budget = budget
        self.position = 0
        self.last_block = b""

    def tell(self) -> int:
        return self.position

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        self.last_block = self.file.read(size)
        self.position += len(self.last_block)
        if self.position > self.budget:
            raise tarfile.ReadError(f"more than {self.budget:,} bytes come out of it")
        return self.last_block

    def seek(self, target: int) -> None:
        while self.position < target:
            block = self.read(min(_BLOCK_BYTES, target - self.position))
            if not block:
                return

    def read_to_end(self) -> None:
        """Read what follows the end mark: gzip's checksum comes after the padding."""
        while self.read(_BLOCK_BYTES):
            pass

    def ended_properly(self) -> bool:
        """Whether the last block is the end mark of zeros. tarfile takes damage for the end."""
        is_whole = len(self.last_block) >= tarfile.BLOCKSIZE
        return is_whole and not self.last_block.strip(b"\0")


def _tar_kind(member: tarfile.TarInfo) -> str:
    if member.isdir():
        return "folder"
    if member.isreg() and not member.issparse():
        return "file"
    if member.issym() or member.islnk():
        return "link"
    return "device or other special file"


def _tar_members(archive: Path, folder: Path, budget: int) -> Iterator[_Member]:
    with open(archive, "rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        tape = _Tape(gzip.GzipFile(fileobj=raw) if is_gzip else raw, budget)
        tar = tarfile.TarFile(fileobj=tape)
        while (member := tar.next()) is not None:

            def content(member: tarfile.TarInfo = member) -> _Tape:
                _second_net(member, str(folder))
                return tape  # it stands at the member's first byte now

            yield _Member(member.name, _tar_kind(member), member.size, content)
        if not tape.ended_properly():
            raise tarfile.ReadError(
                f"a damaged header, or no end mark, before byte {tape.position:,}"
            )
        tape.read_to_end()


def _zip_kind(member: zipfile.ZipInfo) -> str:
    file_type = stat.S_IFMT(member.external_attr >> 16)
    if file_type == stat.S_IFDIR:
        return "folder"
    if file_type in (0, stat.S_IFREG):  # 0: the archive does not say
        return "folder" if member.is_dir() else "file"
    if file_type == stat.S_IFLNK:
        return "link"
    return "device or other special file"


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():

            def content(member: zipfile.ZipInfo = member) -> IO[bytes]:
                if member.compress_type not in _ZIP_METHODS:
                    raise zipfile.BadZipFile(f"compressed by method {member.compress_type}")
                return packed.open(member)

            yield _Member(member.orig_filename, _zip_kind(member), member.file_size, content)


def _problem(member: _Member, limits: Limits) -> str | None:
    """What is dangerous about a member, or None."""
    parts = member.path_parts
    starts_at_root = parts[0] == "" and len(parts) > 1
    has_drive = any(re.match("[A-Za-z]:", part) for part in parts)
    if starts_at_root or has_drive:
        return "an absolute path"
    if ".." in parts:
        return "a path that climbs out of its folder"
    if any(unicodedata.category(character) == "Cc" for character in member.name):
        return "a control character in its name"
    if member.kind not in ("file", "folder"):
        return f"a {member.kind}"
    if not 0 <= member.size <= limits.member_bytes:
        return f"{member.size:,} bytes long, where {limits.member_bytes:,} are allowed"
    return None


@dataclass
class _Gate:
    """Decides about one member after the other, and remembers what it has let through."""

    archive: Path
    wanted: str
    limits: Limits
    budget: int
    admitted: dict[str, str] = field(default_factory=dict)  # file name in one spelling: member
    admitted_bytes: int = 0

    def admit(self, member: _Member, number: int) -> bool:
        """Whether to write this member, the archive's `number`-th. Raises DataError for harm."""
        problem = _problem(member, self.limits)
        if problem:
            raise self.refusal(member, problem)
        if number > self.limits.members:
            allowed = f"where {self.limits.members:,} are allowed"
            raise self.refusal(member, f"number {number:,}, {allowed}")
        name = member.path_parts[-1]
        if member.kind != "file" or not re.fullmatch(self.wanted, name):
            return False
        # A disk may take two spellings for one name, and then one file would hide the other.
        spelling = unicodedata.normalize("NFC", name).casefold()
        if spelling in self.admitted:
            raise self.refusal(member, f"written over by, or over, {self.admitted[spelling]!r}")
        self.admitted[spelling] = member.name
        self.admitted_bytes += member.size
        if self.admitted_bytes > self.budget:
            total = f"{self.admitted_bytes:,} bytes, where {self.budget:,} are allowed"
            raise self.refusal(member, f"the one that brings all to {total}")
        return True

    def refusal(self, member: _Member, reason: str) -> DataError:
        return DataError(
            f"{self.archive}: its member {member.name!r} is {reason}",
            "plain files and folders, each once, within the archive's own folders "
            "and of a likely size",
            "delete the archive and take it from its publisher; nothing of it was unpacked.",
        )


def _copy(member: _Member, target: Path, progress: tqdm) -> None:
    source = member.open()
    missing_bytes = member.size
    with open(target, "xb") as file:
        while missing_bytes:
            block = source.read(min(_BLOCK_BYTES, missing_bytes))
            if not block:
                raise EOFError(f"it ends within {member.name!r}")
            file.write(block)
            missing_bytes -= len(block)
            progress.update(len(block))


def _write_members(members: Iterator[_Member], folder: Path, gate: _Gate) -> None:
    with tqdm(unit="B", unit_scale=True, desc=gate.archive.name) as progress:
        for number, member in enumerate(members, 1):
            if gate.admit(member, number):
                _copy(member, folder / member.path_parts[-1], progress)
    if not gate.admitted:
        raise DataError(
            f"{gate.archive} without a file like {gate.wanted}",
            "at least one",
            "check that it is the right archive.",
        )


def _is_zip(archive: Path) -> bool:
    with open(archive, "rb") as file:
        return file.read(2) == b"PK"


@contextmanager
def _refusing_damage(archive: Path, folder: Path) -> Iterator[None]:
    """Turn what the libraries and the disk raise into a DataError."""
    try:
        yield
    except DataError:
        raise
    except gzip.BadGzipFile as error:
        raise _not_whole(archive, error) from None
    except OSError as error:
        raise DataError(
            f"{folder} from {archive}: {error.strerror or error}",
            "a readable archive, and room to unpack it",
            "check the path, make room or name another folder; nothing of it was unpacked.",
        ) from None
    except Exception as error:  # mangled bytes make the libraries raise exceptions of many kinds
        raise _not_whole(archive, error) from None


def _not_whole(archive: Path, error: Exception) -> DataError:
    return DataError(
        f"{archive}: {type(error).__name__}, {error}",
        "a whole tar, tar.gz or zip of a likely size",
        "delete it and download it again; nothing of it was unpacked.",
    )


def unpack(
    archive: Path | str, folder: Path | str, *, wanted: str, limits: Limits = Limits()
) -> Path:
    """Write the wanted files of a tar, tar.gz or zip into a new folder.

    The archive's own folders are not made: each file lands under its own name. `folder` appears
    only when everything is in it; until then a hidden folder beside it is filled. That of a killed
    process is removed at the next call. A plain tar has no checksum for its content, so damage
    within a file of a plain tar cannot be seen.

    Args:
        archive: the file to unpack.
        folder: where the files go. It must not exist yet.
        wanted: a regular expression that the whole name of a wanted file matches.
        limits: what may come out at most.

    Returns:
        The new folder.

    Raises:
        DataError: if any member, wanted or not, has an absolute or climbing path or is a link or a
            device; for two wanted files of one name; beyond `limits`; for a damaged archive; and
            for a `folder` that exists. In each case no new folder is left.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        raise DataError(
            f"{folder}, which is there", "a folder yet to be made", "delete it or name another one."
        )
    with _refusing_damage(archive, folder):
        gate = _Gate(archive, wanted, limits, limits.budget(archive.stat().st_size))
        if _is_zip(archive):
            members = _zip_members(archive)
        else:
            members = _tar_members(archive, folder, gate.budget)
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=part_prefix()))
        try:
            _write_members(members, temporary, gate)
            temporary.chmod(0o755)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder
