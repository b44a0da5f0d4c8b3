"""Features that lie on a GPU: copied there once, in one piece, so that making a batch moves nothing but row numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mcsan_lite.features.batch import Batch, Standardizer, word_frames
from mcsan_lite.features.extraction import Features


class _Rows:
    """Sequences of different lengths, end to end: flat (sum of lengths, F)."""

    def __init__(self, arrays: Sequence[np.ndarray], device: str | torch.device) -> None:
        self.length = np.array([len(a) for a in arrays])
        self.start = np.cumsum(self.length) - self.length
        widths = {a.shape[1] for a in arrays if len(a)} or {arrays[0].shape[1]}
        blank = np.zeros(
            (1, widths.pop()), np.float32
        )  # where rows behind the end of the last sequence point to
        self.flat = torch.from_numpy(np.concatenate([*(a for a in arrays if len(a)), blank])).to(
            device
        )

    def padded(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """(B, longest, F), zero on padding, and its mask (B, longest)."""
        device, longest = self.flat.device, max(1, int(self.length[rows].max()))
        start, length = (
            torch.from_numpy(x[rows]).to(device)[:, None] for x in (self.start, self.length)
        )
        steps = torch.arange(longest, device=device)[None]
        mask = steps < length  # (B, longest)
        index = torch.where(mask, start + steps, len(self.flat) - 1)
        return self.flat[index], mask


class Resident(Sequence):
    """These features, and a copy of them on `device`, normalised there once by `standardizer`. `batch.batches` asks it for
    batches and gets the same as `batch.collate` would make, already on the device.

    A corpus of IEMOCAP's size takes half a gigabyte. Nothing is moved back."""

    def __init__(
        self,
        features: Sequence[Features],
        labels: Sequence[str],
        standardizer: Standardizer | None,
        device: str | torch.device,
    ) -> None:
        self.features = list(features)
        place = {name: i for i, name in enumerate(labels)}
        ready = standardizer.apply(self.features) if standardizer is not None else self.features
        self.audio, self.text = (
            _Rows([getattr(f, name) for f in ready], device) for name in ("audio", "text")
        )
        self.video = _Rows([f.video for f in ready], device) if ready[0].video.shape[1] else None
        self.words = (
            _Rows([word_frames(f) for f in ready], device)
            if any(len(f.spans) for f in ready)
            else None
        )
        self.label = torch.tensor([place.get(f.label, -1) for f in self.features], device=device)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, i):
        return self.features[i]

    def collate(self, rows: np.ndarray) -> Batch:
        """One batch of these rows."""
        video = self.video.padded(rows) if self.video else (None, None)
        spoken = self.words.padded(rows)[0].long() if self.words else None
        return Batch(
            [self.features[i].id for i in rows],
            *self.audio.padded(rows),
            *self.text.padded(rows),
            self.label[torch.from_numpy(rows).to(self.label.device)],
            *video,
            spoken,
        )
