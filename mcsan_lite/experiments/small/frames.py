"""Features as two tensors that a small network can be trained on within seconds.

In: normalised features of some utterances. Out: their sound, averaged over stretches of a few
frames and padded, with its mask.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import Features


def coarse_frames(features: Sequence[Features], average: int = 4) -> tuple[Tensor, Tensor]:
    """The sound of N utterances with `average` frames in one, so that networks train faster.

    Args:
        features: N utterances, normalised.
        average: how many MFCC frames, of 10 ms each, become one; the last stretch of an utterance
            may hold fewer.

    Returns:
        x (N, T, F), zero on padding, and its mask (N, T).

    Raises:
        DataError: for no utterance, and for an average below 1.
    """
    if not len(features) or average < 1:
        raise DataError(
            f"{len(features)} utterances and average={average}",
            "at least one of each",
            "give at least one utterance, and an average of 1 or more.",
        )
    batch = collate(features)
    missing = -batch.audio.shape[1] % average
    sound = F.pad(batch.audio, (0, 0, 0, missing))
    real = F.pad(batch.audio_mask, (0, missing))
    total = sound.unflatten(1, (-1, average)).sum(2)  # (N, T, average, F) -> (N, T, F)
    count = real.unflatten(1, (-1, average)).sum(2)  # (N, T)
    return total / count.clamp(min=1)[..., None], count > 0
