"""The settings of features that were made elsewhere."""

from __future__ import annotations

import math
from dataclasses import replace

from mcsan_lite.errors import DataError
from mcsan_lite.features.extraction import FeatureConfig

_HEARD_S = FeatureConfig().max_frames * FeatureConfig().hop_s  # 10 s, as the paper hears


def feature_settings(
    vectors: str | None = None, frames: str | None = None, hop_s: float | None = None
) -> FeatureConfig:
    """The settings for word vectors and sound frames of your own.

    As many seconds are heard as of MFCC, whatever the hop is. A frame is taken to hear 25 ms, as
    those of wav2vec 2.0, HuBERT and WavLM do, or its hop where that is longer.

    Args:
        vectors: a source of word vectors, or a place of arrays with one row per token; None: GloVe.
        frames: a place of sound frames; None: MFCC.
        hop_s: seconds from one of these frames to the next.

    Raises:
        DataError: for frames without their hop, for a hop without frames, and for a hop that no
            frames have.
    """
    settings = FeatureConfig(vectors=vectors) if vectors else FeatureConfig()
    if not frames and hop_s is None:
        return settings
    if not frames or hop_s is None:
        given = f"--frames {frames} without --hop" if frames else f"--hop {hop_s:g} alone"
        raise DataError(
            given,
            "both: without their hop, nobody knows at which second a frame is",
            "--frames FOLDER --hop 0.02 (wav2vec 2.0, HuBERT and WavLM), or leave both out.",
        )
    if not 0.001 <= hop_s <= _HEARD_S:
        raise DataError(
            f"--hop {hop_s:g}",
            f"seconds from one frame to the next, from 0.001 to {_HEARD_S:g}",
            "--hop 0.02 is 20 milliseconds.",
        )
    return replace(
        settings,
        frames=frames,
        hop_s=hop_s,
        window_s=max(settings.window_s, min(hop_s, 0.5)),
        max_frames=math.ceil(_HEARD_S / hop_s),
    )
