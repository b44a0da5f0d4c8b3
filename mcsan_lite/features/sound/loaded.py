"""librosa, compiled by one process at a time.

In: nothing. Out: the module `librosa`, and a lock for the calls that compile more. Numba keeps
compiled code in files beside librosa. Processes that write them at the same time leave a mixture,
and librosa then ends its process on that machine for good. Most of it is compiled while librosa's
modules load, which happens here; what is left compiles in its first call (`first_call`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

_LONGEST_WAIT_S = 180  # a stopped process may hold the lock, and code that is compiled twice runs
_ASK_EVERY_S = 0.05


def _lock_file() -> Path:
    """Where Numba writes; in the temporary folder where librosa's own cannot be written."""
    (beside_librosa,) = find_spec("librosa").submodule_search_locations
    written = Path(os.environ.get("NUMBA_CACHE_DIR") or beside_librosa)
    folder = written if os.access(written, os.W_OK) else Path(tempfile.gettempdir())
    return folder / ".mcsan-compiles.lock"


@lru_cache(maxsize=1)
def _lock_of(process: int) -> FileLock:
    """One for each process: a copy that came with a fork locks nothing. Threads may nest it."""
    return FileLock(_lock_file())


_called: set[str] = set()


@contextmanager
def compiling() -> Iterator[None]:
    """Within it, no other process has librosa compile anything.

    It is a courtesy: where the disk has no locks, or after a long wait, it goes on without.
    """
    lock = _lock_of(os.getpid())
    with suppress(OSError, NotImplementedError, TimeoutError):
        lock.acquire(timeout=_LONGEST_WAIT_S, poll_interval=_ASK_EVERY_S)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.release()


@contextmanager
def first_call(name: str) -> Iterator[None]:
    """As `compiling` around the first call in this process of what compiles when it is called.

    Args:
        name: of the function, such as "pyin".
    """
    if name in _called:
        yield
        return
    with compiling():
        yield
    _called.add(name)


with compiling():
    import librosa
    import librosa.core.audio
    import librosa.core.pitch
    import librosa.util.utils


def compile_calls() -> None:
    """Have librosa compile what it leaves to the first call, before several processes do."""
    import numpy as np

    tone = np.sin(0.08 * np.arange(8_000, dtype=np.float32))
    with compiling():
        librosa.pyin(tone, fmin=65, fmax=500, sr=16_000)
        librosa.griffinlim(np.abs(librosa.stft(tone)), n_iter=1)
        librosa.effects.pitch_shift(tone, sr=16_000, n_steps=2)
