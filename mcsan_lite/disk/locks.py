"""A folder that one process has at a time, among all that share a disk.

In: a folder. Out: whether this process has it. The lock is the system's own, on the file .lock in
the folder, so that it ends with its holder, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_NO_LOCKS_HERE = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
_FOR_EVER = -1
_ASK_EVERY_S = 0.5


@contextmanager
def only_one(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Have a folder, which is made where it is missing.

    Args:
        folder: what is shared.
        wait: wait until nobody else has it.

    Yields:
        Whether this process has it now. A disk without locks gives it to everybody.

    Raises:
        OSError: where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ".lock"
    lock = FileLock(file)
    try:
        lock.acquire(timeout=_FOR_EVER if wait else 0, poll_interval=_ASK_EVERY_S)
    except Timeout:
        yield False
        return
    except NotImplementedError:
        yield True
        return
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise
        yield True
        return
    try:
        yield True
    finally:
        _release(lock, file)


def _release(lock: FileLock, file: Path) -> None:
    """Leave no file. Windows removes none that is open, so that another may be faster there."""
    with contextlib.suppress(OSError):
        if os.name != "nt":
            file.unlink(missing_ok=True)
    lock.release()
    with contextlib.suppress(OSError):
        if os.name == "nt":
            file.unlink(missing_ok=True)
