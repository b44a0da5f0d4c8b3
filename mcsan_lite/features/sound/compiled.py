"""What librosa computes with: libraries of several threads, and code that is compiled at first use.

In: nothing. Out: a limit on the threads, and code that is compiled before several processes need
it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

from mcsan_lite.cache import key
from mcsan_lite.disk.locks import only_one

_RATE = 16_000


@lru_cache(maxsize=1)
def numeric_libraries() -> ThreadpoolController:
    """The libraries that librosa computes with: on one thread they give the same bits everywhere.

    They are looked up once, since that takes as long as the frames of a clip.
    """
    from mcsan_lite.features.sound.loaded import librosa  # noqa: F401  (it brings them)

    return ThreadpoolController()


@contextmanager
def compiling_alone() -> Iterator[None]:
    """Within it, no other process of this user has librosa compile anything.

    Numba keeps compiled code in files beside librosa. Processes that write them at the same time
    leave a mixture, and `librosa.pyin` then ends its process on that machine for good. So of
    several commands that start at once, one compiles and the others wait for it.
    """
    import librosa

    digits = key(str(Path.home()), librosa.__file__)[:8]
    folder = Path(tempfile.gettempdir()) / f"mcsan-compiles-{digits}"
    with only_one(folder, wait=True):
        yield


def compile_librosa() -> None:
    """Have librosa compile what MFCC need at first use, before several processes start."""
    from mcsan_lite.features.sound.loaded import librosa

    tone = np.sin(np.arange(_RATE // 2, dtype=np.float32))
    with compiling_alone():
        resampled = librosa.resample(tone, orig_sr=2 * _RATE, target_sr=_RATE)
        librosa.feature.mfcc(y=resampled, sr=_RATE, n_fft=512)
