"""How loud a recording is, counted while it is read, and what is odd about it.

In: blocks of samples. Out: a few numbers, and words for what deserves them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

SILENCE = 1e-4  # amplitude (full scale = 1) below which a clip holds nothing to hear
_INTEGERS = 10.0  # floats beyond full scale can be loud; beyond this they are integers
_CANCELLED = 0.1  # the mean of the channels is this much quieter than they are

SAMPLES_ABOVE_1 = "samples far above 1, as integers that were stored as floats"
CHANNELS_CANCEL = "channels that nearly cancel each other in their mean"
CONSTANT_BELOW = "a constant level that is stronger than the sound on it"


class Block(NamedTuple):
    """Some samples in a row.

    Attributes:
        mono: (samples,) float32, the mean of the channels.
        energy: the sum over samples of the channels' mean square.
    """

    mono: np.ndarray
    energy: float


def block_of(samples: np.ndarray, axis: int) -> Block:
    """The mean of the channels.

    Args:
        samples: (samples, channels) or (channels, samples).
        axis: that of the channels.
    """
    flat = samples.reshape(-1)
    energy = float(np.dot(flat, flat)) / samples.shape[axis]
    return Block(samples.mean(axis), energy)


@dataclass
class Level:
    """What was heard so far.

    Attributes:
        samples: how many.
        lowest: of the mean of the channels, as `highest`, `total` and `energy`.
        highest: see there.
        total: their sum.
        energy: the sum of their squares.
        channel_energy: the same for the channels, their mean.
        first: the number of the first sample that can be heard.
    """

    samples: int = 0
    lowest: float = math.inf
    highest: float = -math.inf
    total: float = 0.0
    energy: float = 0.0
    channel_energy: float = 0.0
    first: int | None = None

    def add(self, block: Block) -> None:
        """Count a block."""
        mono = block.mono
        if not len(mono):
            return
        lowest, highest = float(mono.min()), float(mono.max())
        if self.first is None and max(highest, -lowest) >= SILENCE:
            self.first = self.samples + int(np.argmax(np.abs(mono) >= SILENCE))
        # NumPy's own minimum keeps what is not a number.
        self.lowest = float(np.minimum(self.lowest, lowest))
        self.highest = float(np.maximum(self.highest, highest))
        self.total += float(mono.sum())
        self.energy += float(np.dot(mono, mono))
        self.channel_energy += block.energy
        self.samples += len(mono)

    @property
    def is_finite(self) -> bool:
        """Whether every sample is a number."""
        return math.isfinite(self.lowest) and math.isfinite(self.highest)

    @property
    def is_audible(self) -> bool:
        """Whether the samples move enough to be heard."""
        return self.highest - self.lowest >= SILENCE and self.first is not None

    def silence(self) -> str:
        """What a clip that cannot be heard holds instead of sound."""
        if self.first is not None:
            return f"a constant level of {self.highest:.4g} and no sound"
        if math.sqrt(self.channel_energy / self.samples) >= SILENCE:
            return "channels that cancel each other: their mean is silence"
        return "silence"

    def remarks(self) -> tuple[str, ...]:
        """What is odd about a clip that can be heard."""
        if not self.samples or not self.is_finite:
            return ()
        mean = self.total / self.samples
        energy = self.energy / self.samples
        found = {
            SAMPLES_ABOVE_1: max(self.highest, -self.lowest) > _INTEGERS,
            CHANNELS_CANCEL: energy < _CANCELLED**2 * self.channel_energy / self.samples,
            CONSTANT_BELOW: mean**2 > max(energy - mean**2, SILENCE**2),
        }
        return tuple(remark for remark, is_so in found.items() if is_so)
