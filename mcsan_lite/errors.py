"""Refusals in three parts: what was given, what was expected, and what to do about it.

Everything in the package that refuses an input raises a `DataError`; the command line prints it as
it is.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Sequence
from pathlib import Path

# What was expected of a disk, and what to do, by the number of an OSError.
_ON_DISK = {
    errno.ENOSPC: ("room on the disk", "make room, or choose another folder"),
    errno.EROFS: ("a folder that may be written", "choose another folder"),
    errno.EACCES: ("rights to read and write there", "change its rights, or choose another one"),
    errno.EPERM: ("rights to read and write there", "change its rights, or choose another one"),
    errno.ENAMETOOLONG: ("a name that the system takes", "choose a shorter path"),
    errno.ENOTDIR: ("a folder, and not a file in its place", "move the file, or choose a folder"),
    errno.EEXIST: ("a folder, and not a file in its place", "move the file, or choose a folder"),
    errno.EISDIR: ("a file, and not a folder in its place", "name the file"),
    errno.ENOENT: ("a file or folder that is there", "check its name"),
}
if hasattr(errno, "EDQUOT"):  # Windows knows no quota by this name
    _ON_DISK[errno.EDQUOT] = _ON_DISK[errno.ENOSPC]
_ON_ANY_DISK = ("a disk that can be read and written", "look at the disk, or choose another folder")


class DataError(ValueError):
    """A refusal in three parts.

    Args:
        given: what was given.
        expected: what was expected instead.
        do: what to do about it.
    """

    def __init__(self, given: str, expected: str, do: str) -> None:
        self.given = given
        self.expected = expected
        self.do = do
        super().__init__(f"Given: {given}\nExpected: {expected}\nDo: {do}")

    def __reduce__(self):
        # An exception with a signature of its own must say how it crosses a process.
        return type(self), (self.given, self.expected, self.do)


def disk_refusal(error: OSError, options: Sequence[str] = ()) -> DataError:
    """What a disk refuses, as a refusal in three parts.

    Args:
        error: with an `errno`, and mostly the file or folder.
        options: those by which another folder is chosen.
    """
    place = "the disk"
    if error.filename is not None:
        place = _without_temporary_names(Path(str(error.filename)))
    expected, do = _ON_DISK.get(error.errno, _ON_ANY_DISK)
    by = f" ({', '.join(options)})" if options else ""
    return DataError(
        f"{place}: {error.strerror or error}",
        expected,
        f"{do}{by}. What is finished stays: the same command or call goes on.",
    )


def _without_temporary_names(path: Path) -> Path:
    """Up to the folder in which a temporary file or folder was to be written."""
    for number, part in enumerate(path.parts):
        if part.startswith(".part-"):
            return Path(*path.parts[:number])
    return path


def require_name(name: str, allowed: Iterable[str], what: str) -> str:
    """Return `name` if it is allowed.

    Args:
        name: what was given.
        allowed: the names to choose from.
        what: what sort of name it is, such as "protocol"; the error begins with it.

    Returns:
        The name.

    Raises:
        DataError: if it is not one of them, with the nearest one as advice.
    """
    names = list(allowed)
    if name in names:
        return name
    advice = "take one of these names."
    as_written = {}
    for known in names:
        as_written.setdefault(known.lower(), known)
    near = difflib.get_close_matches(
        name.lower(), [known.lower() for known in names], n=1, cutoff=0.5
    )
    if near:
        advice = f"did you mean {as_written[near[0]]!r}?"
    raise DataError(f"{what} {name!r}", f"one of {', '.join(map(repr, names))}", advice)
