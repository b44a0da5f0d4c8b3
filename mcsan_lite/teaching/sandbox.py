"""A working folder for each student, and a kernel in it that can be stopped whatever it does.

In: a prepared folder with what the lesson reads, limits, and cells one by one. Out: how each cell
ended. No output of a cell is received, so that a hundred megabytes of it fill no memory here.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client import KernelManager

from mcsan_lite.teaching.kernel import MARKING_SETTINGS

_START_S = 120  # seconds for a kernel and the packages to load on a busy machine
_OBEY_S = 10  # seconds in which an interrupted cell must end
# What a process needs of its surroundings. The rest, such as passwords in variables, stays outside.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "PATHEXT")
_WINDOWS = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "COMSPEC",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)


@dataclass(frozen=True)
class MarkingLimits:
    """What a notebook may take.

    Attributes:
        cell: seconds of a cell, and of the check of an answer.
        notebook: seconds of all cells together.
        memory: gigabytes, where the system keeps such a limit.
    """

    cell: float = 120
    notebook: float = 900
    memory: float = 4


@dataclass(frozen=True)
class Ended:
    """How a cell ended.

    Attributes:
        problem: the error in words; "" where there was none.
        dead: whether the kernel ended with it.
        late: whether it took longer than it may.
        verdict: of a check: "outcome" and "message".
    """

    problem: str = ""
    dead: bool = False
    late: bool = False
    verdict: dict[str, str] | None = None


def link_tree(source: Path, folder: Path) -> None:
    """Make a folder that reads like another one and never writes into it.

    Folders are made, files are links; where the system makes no links, files are copied. Locks are
    left out.

    Args:
        source: what is read.
        folder: is made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir():
                link_tree(Path(entry.path), folder / entry.name)
            elif entry.name != ".lock":
                link_file(Path(entry.path), folder / entry.name)


def link_file(source: Path, place: Path) -> None:
    """Make `place` a link to the file `source`, or a copy of it where there are no links."""
    if place.exists():
        return
    try:
        place.symlink_to(os.path.realpath(source))
    except OSError:  # Windows without the right to make links
        shutil.copyfile(source, place)


class Workplace:
    """One kernel in one folder, for the cells of one notebook.

    Args:
        folder: the sandbox.
        lesson: its number.
        limits: of cells and memory.
        hidden: folders that no cell may read; None where the cells are the course's own, which may
            make a corpus and start the processes that speak it.
    """

    def __init__(
        self, folder: Path, lesson: str, limits: MarkingLimits, hidden: tuple[Path, ...] | None = ()
    ) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.notebook
        self._secret = secrets.token_hex(16)
        settings = {
            "secret": self._secret,
            "lesson": lesson,
            "memory": limits.memory,
            "hidden": None if hidden is None else [str(path) for path in hidden],
        }
        self._manager = KernelManager(kernel_name="python3")
        self._manager.kernel_spec.argv = [
            sys.executable,
            "-m",
            "mcsan_lite.teaching.kernel",
            "-f",
            "{connection_file}",
        ]
        env = _surroundings(folder) | {MARKING_SETTINGS: json.dumps(settings)}
        nowhere = subprocess.DEVNULL
        self._manager.start_kernel(env=env, cwd=str(folder), stdout=nowhere, stderr=nowhere)
        self._client = self._manager.blocking_client()
        self._client.start_channels(iopub=False, stdin=False, hb=False)
        self._wait_for_start()

    @property
    def out_of_time(self) -> bool:
        """Whether the notebook has had all of its seconds."""
        return time.monotonic() >= self._ends

    def run(self, source: str) -> Ended:
        """Run a cell."""
        return self._ended(self._client.execute(source, allow_stdin=False, stop_on_error=False))

    def judge(self, call: str) -> Ended:
        """Have the package's own check look at an answer, such as check.heads(split, merge)."""
        request = self._secret + call
        return self._ended(self._client.execute(request, silent=True, stop_on_error=False))

    def kill(self) -> None:
        """End the kernel from another thread; the one that runs its cells sees that it ended."""
        with contextlib.suppress(Exception):  # it may be dead
            self._manager.signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM))

    def close(self) -> None:
        """End the kernel, whatever it is doing."""
        with contextlib.suppress(Exception):  # it may be dead, or its sockets gone
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=True)

    def _wait_for_start(self) -> None:
        wanted = self._client.kernel_info()
        if self._reply(wanted, time.monotonic() + _START_S) is None:
            self.close()
            raise RuntimeError("the kernel of the sandbox did not start")
        self._ends = time.monotonic() + self._limits.notebook

    def _ended(self, wanted: str) -> Ended:
        deadline = min(time.monotonic() + self._limits.cell, self._ends)
        reply = self._reply(wanted, deadline)
        if reply is not None:
            return _as_ended(reply)
        if not self._manager.is_alive():
            return Ended("the kernel ended", dead=True)
        self._manager.interrupt_kernel()
        reply = self._reply(wanted, time.monotonic() + _OBEY_S)
        if reply is None:
            self._manager.shutdown_kernel(now=True)
            return Ended("took too long and would not stop", dead=True, late=True)
        return Ended("took too long", late=True, verdict=_as_ended(reply).verdict)

    def _reply(self, wanted: str, deadline: float) -> dict | None:
        """The reply to a request; None where the time is over or the kernel has ended."""
        while time.monotonic() < deadline:
            try:
                message = self._client.get_shell_msg(timeout=0.5)
            except queue.Empty:
                if not self._manager.is_alive():
                    return None
                continue
            if message["parent_header"].get("msg_id") == wanted:
                return message["content"]
        return None


def _as_ended(reply: dict) -> Ended:
    if reply.get("status") == "ok":
        return Ended(verdict=reply.get("user_expressions", {}).get("verdict"))
    name, value = reply.get("ename", "an error"), str(reply.get("evalue", ""))
    return Ended(f"{name}: {value}".strip(": "))


def _surroundings(folder: Path) -> dict[str, str]:
    """The variables of a kernel: its home, its caches and its temporary files are in its folder."""
    names = _PASSED_ON + (_WINDOWS if os.name == "nt" else ())
    passed_on = {name: os.environ[name] for name in names if name in os.environ}
    home = folder / "home"
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    own = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home))
    own |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    own |= {
        "IPYTHONDIR": str(home / "ipython"),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "NUMBA_CACHE_DIR": str(home / "numba"),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "ignore",
    }
    return passed_on | own


@contextmanager
def workplace(
    prepared: Path, folder: Path, lesson: str, limits: MarkingLimits, hidden: tuple[Path, ...] = ()
) -> Iterator[Workplace]:
    """A kernel in a folder of its own, both gone afterwards.

    Args:
        prepared: what the lesson reads.
        folder: of the sandbox; it is made, and removed at the end.
        lesson: its number.
        limits: of cells and memory.
        hidden: folders that no cell may read.

    Yields:
        The kernel.
    """
    link_tree(prepared, folder)
    place = None
    try:
        place = Workplace(folder, lesson, limits, hidden)
        yield place
    finally:
        if place is not None:
            place.close()
        shutil.rmtree(folder, ignore_errors=True)
