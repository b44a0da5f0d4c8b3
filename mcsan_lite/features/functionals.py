"""Functionals: an utterance of any length as one vector of statistics over its frames.

In: MFCC frames. Out: one vector per utterance. This is the classical way to describe speech to a
machine that reads no sequences, as openSMILE does (B. Schuller et al., the INTERSPEECH Emotion and
Paralinguistic Challenges 2009 and 2010).

There are two versions. `functionals` works on padded batches, in torch and with a gradient, for the
baselines. `audio_statistics` works on one utterance, in NumPy, for the floors.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

_PERCENTILES = (5, 25, 50, 75, 95)
# Numbers per coefficient: mean, deviation and percentiles, of it and of its change.
FUNCTIONALS = 2 * (2 + len(_PERCENTILES))


def functionals(x: Tensor, mask: Tensor) -> Tensor:
    """Mean, deviation and percentiles of every coefficient and of its change between frames.

    Args:
        x: (B, T, F).
        mask: (B, T), real frames first.

    Returns:
        (B, 14 F), zero for an utterance without a frame.
    """
    if x.shape[1] < 2:  # one frame has no change
        x = F.pad(x, (0, 0, 0, 1))
        mask = F.pad(mask, (0, 1))
    change = x.diff(dim=1)
    of_frames = _describe(x, mask)
    of_changes = _describe(change, mask[:, 1:])
    return torch.cat((of_frames, of_changes), -1)


def audio_statistics(audio: np.ndarray) -> np.ndarray:
    """Mean, deviation, five percentiles and mean absolute change of every coefficient.

    Args:
        audio: (T, F).

    Returns:
        (8 F,), zero for an utterance without a frame.
    """
    if not len(audio):
        return np.zeros(8 * audio.shape[1])
    change = np.zeros(audio.shape[1])
    if len(audio) > 1:
        step = np.diff(audio, axis=0)
        change = np.abs(step).mean(0)
    mean = audio.mean(0)
    deviation = audio.std(0)
    percentiles = np.percentile(audio, _PERCENTILES, axis=0)
    return np.concatenate([mean, deviation, *percentiles, change])


def _describe(x: Tensor, mask: Tensor) -> Tensor:
    """(B, T, F), (B, T) -> (B, 7 F)"""
    padding = ~mask[..., None]  # (B, T, 1)
    count = mask.sum(1).clamp(min=1)[:, None]  # (B, 1)
    total = x.masked_fill(padding, 0).sum(1)
    mean = total / count  # (B, F)
    distance = x - mean[:, None]
    squares = distance.masked_fill(padding, 0).square()
    variance = squares.sum(1) / count
    deviation = (variance + 1e-12).sqrt()  # so that a constant coefficient has a gradient too
    padded_last = x.masked_fill(padding, torch.inf)
    ordered = _sort(padded_last)  # (B, T, F)
    percentiles = [_percentile(ordered, count, percent) for percent in _PERCENTILES]
    numbers = torch.cat((mean, deviation, *percentiles), -1)
    has_frames = mask.any(1, keepdim=True)
    return torch.where(has_frames, numbers, 0.0)


def _percentile(ordered: Tensor, count: Tensor, percent: int) -> Tensor:
    """(B, F), interpolated as `numpy.percentile` does; `ordered` (B, T, F), `count` (B, 1)."""
    place = (count - 1) * (percent / 100)  # (B, 1)
    below = place.floor()
    low = _row(ordered, below)
    high = _row(ordered, place.ceil())
    return low + (high - low) * (place - below)


def _row(ordered: Tensor, place: Tensor) -> Tensor:
    """(B, F): of (B, T, F) the row at each utterance's `place` (B, 1)."""
    width = ordered.shape[2]
    index = place.long()[:, None].expand(-1, -1, width)  # (B, 1, F)
    return ordered.gather(1, index)[:, 0]


def _sort(x: Tensor) -> Tensor:
    """(B, T, F), sorted over T."""
    if x.device.type != "cpu" or x.requires_grad:
        return x.sort(1).values
    # The same numbers from NumPy; on a CPU torch takes ten times as long.
    series = x.transpose(1, 2).contiguous()  # (B, T, F) -> (B, F, T)
    ordered = np.sort(series.numpy(), -1)
    return torch.from_numpy(ordered).transpose(1, 2)
