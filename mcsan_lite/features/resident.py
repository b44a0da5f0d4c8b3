"""Features that lie on a GPU. They are copied there once, so that making a batch moves only
indices.

In: a list of `Features`. Out: batches that are already on the device, the same as
`features.batch.collate` makes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mcsan_lite.features.batch import Batch, Standardizer, word_frames
from mcsan_lite.features.extraction import Features


class _Rows:
    """Sequences of different lengths on a device, end to end: flat (sum of lengths + 1, F)."""

    def __init__(self, arrays: Sequence[np.ndarray], device: str | torch.device) -> None:
        self.length = np.array([len(array) for array in arrays])
        self.start = np.cumsum(self.length) - self.length
        filled = [array for array in arrays if len(array)]
        width = filled[0].shape[1] if filled else arrays[0].shape[1]
        blank = np.zeros((1, width), np.float32)  # what padding points to
        self.flat = torch.from_numpy(np.concatenate([*filled, blank])).to(device)

    def padded(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """(B, longest, F), zero on padding, and its mask (B, longest)."""
        device = self.flat.device
        longest = max(1, int(self.length[rows].max()))
        start = torch.from_numpy(self.start[rows]).to(device)
        length = torch.from_numpy(self.length[rows]).to(device)
        steps = torch.arange(longest, device=device)
        mask = steps[None] < length[:, None]  # (B, longest)
        places = start[:, None] + steps[None]
        blank = len(self.flat) - 1
        index = torch.where(mask, places, blank)
        return self.flat[index], mask


class Resident(Sequence):
    """A sequence of features, and a copy of them on a device, normalised there once.

    `features.batch.batches` asks it for batches. A corpus of IEMOCAP's size takes half a gigabyte.
    Nothing is moved back.
    """

    def __init__(
        self,
        features: Sequence[Features],
        labels: Sequence[str],
        standardizer: Standardizer | None,
        device: str | torch.device,
    ) -> None:
        """Copy the features.

        Args:
            features: the utterances.
            labels: the class order of the corpus.
            standardizer: normalises the sound.
            device: where the copy lies.
        """
        self.features = list(features)
        ready = self.features
        if standardizer is not None:
            ready = standardizer.apply(ready)
        self.audio = _Rows([one.audio for one in ready], device)
        self.text = _Rows([one.text for one in ready], device)
        self.video = None
        if ready[0].video.shape[1]:
            self.video = _Rows([one.video for one in ready], device)
        self.words = None
        if any(len(one.spans) for one in ready):
            self.words = _Rows([word_frames(one) for one in ready], device)
        index = {name: i for i, name in enumerate(labels)}
        label = [index.get(one.label, -1) for one in ready]
        self.label = torch.tensor(label, device=device)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, i):
        return self.features[i]

    def collate(self, rows: np.ndarray) -> Batch:
        """One batch of the utterances with these indices."""
        audio, audio_mask = self.audio.padded(rows)
        text, text_mask = self.text.padded(rows)
        batch = Batch(
            ids=[self.features[i].id for i in rows],
            audio=audio,
            audio_mask=audio_mask,
            text=text,
            text_mask=text_mask,
            label=self.label[torch.from_numpy(rows).to(self.label.device)],
        )
        if self.video is not None:
            batch.video, batch.video_mask = self.video.padded(rows)
        if self.words is not None:
            padded, _ = self.words.padded(rows)
            batch.word_frames = padded.long()
        return batch
