"""Functionals: an utterance of any length as one vector, the classical way to describe speech to a machine that reads no
sequences (openSMILE's idea: B. Schuller et al., the INTERSPEECH Emotion and Paralinguistic Challenges 2009, 2010)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

PERCENTILES = (5, 25, 50, 75, 95)
EACH = 2 * (
    2 + len(PERCENTILES)
)  # numbers a coefficient: mean, deviation, percentiles, of it and of its change


def functionals(x: Tensor, mask: Tensor) -> Tensor:
    """Mean, deviation and percentiles over real frames of every coefficient and of its change from frame to frame.

    x (B, T, F), mask (B, T) with its real frames first -> (B, 14 F). Zeros for an utterance without a frame.
    """
    if x.shape[1] < 2:  # one frame has no change
        x, mask = F.pad(x, (0, 0, 0, 1)), F.pad(mask, (0, 1))
    return torch.cat((_describe(x, mask), _describe(x.diff(dim=1), mask[:, 1:])), -1)


def _describe(x: Tensor, mask: Tensor) -> Tensor:
    real, n = mask[..., None], mask.sum(1).clamp(min=1)[:, None]  # (B, T, 1), (B, 1)
    mean = x.masked_fill(~real, 0).sum(1) / n
    variance = (x - mean[:, None]).masked_fill(~real, 0).square().sum(1) / n
    ordered = _sort(x.masked_fill(~real, torch.inf))  # (B, T, F): padding goes behind
    found = [mean, (variance + 1e-12).sqrt()]  # a constant coefficient has a gradient too
    for p in PERCENTILES:
        place = (n - 1) * (p / 100)  # (B, 1), as numpy.percentile interpolates
        low, high = (
            ordered.gather(1, i.long()[:, None].expand(-1, -1, x.shape[2]))[:, 0]
            for i in (place.floor(), place.ceil())
        )
        found.append(low + (high - low) * (place - place.floor()))
    return torch.where(mask.any(1, keepdim=True), torch.cat(found, -1), 0.0)


def _sort(x: Tensor) -> Tensor:
    if (
        x.device.type == "cpu" and not x.requires_grad
    ):  # the same numbers; torch takes ten times as long
        return torch.from_numpy(np.sort(x.transpose(1, 2).contiguous().numpy(), -1)).transpose(1, 2)
    return x.sort(1).values
