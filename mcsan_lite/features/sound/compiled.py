"""What librosa computes with: libraries of several threads, and code that is compiled at first use.

In: nothing. Out: a limit on the threads, and code that is compiled before several processes need
it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from threadpoolctl import ThreadpoolController

_RATE = 16_000


@lru_cache(maxsize=1)
def numeric_libraries() -> ThreadpoolController:
    """The libraries that librosa computes with: on one thread they give the same bits everywhere.

    They are looked up once, since that takes as long as the frames of a clip.
    """
    import librosa  # noqa: F401  (loads them)

    return ThreadpoolController()


def compile_librosa(*, pitch: bool = False) -> None:
    """Have librosa compile what its first use compiles, before several processes start.

    Numba keeps compiled code in files beside librosa. Processes that write them at the same time
    leave a mixture, and `librosa.pyin` then ends its process on that machine for good.

    Args:
        pitch: also what `librosa.pyin` needs, which takes a quarter of a minute.
    """
    import librosa

    tone = np.sin(np.arange(_RATE // 2, dtype=np.float32))
    resampled = librosa.resample(tone, orig_sr=2 * _RATE, target_sr=_RATE)
    librosa.feature.mfcc(y=resampled, sr=_RATE, n_fft=512)
    if pitch:
        librosa.pyin(tone, fmin=65, fmax=500, sr=_RATE)
