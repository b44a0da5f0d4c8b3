"""The settings of one training.

In: numbers and names. Out: a `TrainConfig`, which refuses what cannot be. The comment on each field
says where its default comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SCORES_TO_SELECT = ("wa", "ua", "weighted_f1", "macro_f1")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one training. The defaults are the paper's for IEMOCAP."""

    epochs: int = 30  # paper 3.2 (MELD: 20)
    batch_size: int = 256  # paper 3.2
    learning_rate: float = 1e-3  # paper 3.2, Adam (MELD: 0.0005)
    schedule: str = "constant"  # paper silent; "warmdown": linearly to 0 over the last third
    weight_decay: float = 0.0  # paper silent
    clip: float = 0.0  # paper silent: largest gradient norm, 0 = none
    mask_frames: float = 0.0  # paper silent: largest share of frames blanked (SpecAugment)
    label_smoothing: float = 0.0  # paper silent: share of Eq. 20's target spread over all classes
    select: str = "wa"  # paper silent: validation score that picks the epoch
    patience: int = 0  # paper silent: epochs without a better score that end it, 0 = none
    precision: str = "float32"  # paper silent; "bfloat16": matrix products in half the bits
    unlabelled: float = 0.0  # not in the paper: share of training labels that is held back
    seed: int = 0

    def __post_init__(self) -> None:
        self._require("epochs", self.epochs > 0, "above 0")
        self._require("batch_size", self.batch_size > 0, "above 0")
        self._require("learning_rate", self.learning_rate > 0, "above 0")
        self._require("clip", self.clip >= 0, "0 or more")
        self._require("mask_frames", 0 <= self.mask_frames <= 1, "between 0 and 1")
        self._require("label_smoothing", 0 <= self.label_smoothing < 1, "0 or more, below 1")
        self._require("patience", self.patience >= 0, "0 or more")
        self._require("unlabelled", 0 <= self.unlabelled < 1, "0 or more, below 1")
        self._require_one_of("schedule", ("constant", "warmdown"))
        self._require_one_of("precision", ("float32", "bfloat16"))
        self._require_one_of("select", SCORES_TO_SELECT)

    def _require(self, name: str, good: bool, expected: str) -> None:
        if not good:
            given = getattr(self, name)
            raise ValueError(f"Given: {name}={given!r}. Expected: {expected}. Do: change {name}.")

    def _require_one_of(self, name: str, allowed: Sequence[str]) -> None:
        *first, last = map(repr, allowed)
        self._require(name, getattr(self, name) in allowed, f"{', '.join(first)} or {last}")
