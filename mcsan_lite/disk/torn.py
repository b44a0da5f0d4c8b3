"""Temporary files and folders whose writer was killed: known by their names, and swept.

In: a folder. Out: the same folder without what nobody will finish. A name says which process of
which machine writes it. What another machine writes counts as torn after a day without a change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import time
from functools import lru_cache
from pathlib import Path

_NAME = re.compile(r"\.part-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-")
_FORGOTTEN_S = 24 * 3600


def part_prefix() -> str:
    """How the name of a temporary file or folder of this process begins."""
    return f".part-{_machine()}-{os.getpid()}-"


@lru_cache(maxsize=1)
def _machine() -> str:
    """8 hex digits for the machine; containers number their processes for themselves."""
    try:
        numbering = os.readlink("/proc/self/ns/pid")
    except OSError:  # not a Linux
        numbering = ""
    return hashlib.sha256(f"{platform.node()} {numbering}".encode()).hexdigest()[:8]


@lru_cache(maxsize=4096)
def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder; once per process and folder.

    Args:
        folder: where this process is about to write.
    """
    with contextlib.suppress(OSError):
        for part in folder.glob(".part-*"):
            if _is_torn(part):
                _remove(part)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)


def _is_torn(part: Path) -> bool:
    found = _NAME.match(part.name)
    if found and found["machine"] == _machine():
        return not is_running(int(found["process"]))
    inside = part.rglob("*") if part.is_dir() else ()
    changed = max(path.stat().st_mtime for path in (part, *inside))
    return time.time() - changed > _FORGOTTEN_S


def is_running(process: int) -> bool:
    """Whether a process of this machine lives; or another one has its number by now."""
    if os.name == "nt":
        return _is_running_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def _is_running_on_windows(process: int) -> bool:
    import ctypes

    may_wait, denied, still_runs = 0x00100000, 5, 0x102  # SYNCHRONIZE, and two answers
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(may_wait, False, process)
    if not handle:
        return ctypes.get_last_error() == denied
    try:
        return kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == still_runs
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
