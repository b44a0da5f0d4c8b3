"""What goes into a model and what comes out, and the road from features to padded batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from mcsan_lite.features.extraction import Features


@dataclass(frozen=True)
class Dims:
    """Facts of the data, not choices: MFCC a frame, numbers a word vector, classes, numbers a video frame (0: no video)."""

    audio: int
    text: int
    classes: int
    video: int = 0


@dataclass
class Batch:
    """B utterances, padded to the longest. Masks are True where real; `label` is -1 where unknown."""

    ids: list[str]
    audio: Tensor  # (B, T, Dims.audio)
    audio_mask: Tensor  # (B, T)
    text: Tensor  # (B, L, Dims.text)
    text_mask: Tensor  # (B, L)
    label: Tensor  # (B,)
    video: Tensor | None = None  # (B, V, Dims.video), where the features hold video
    video_mask: Tensor | None = None  # (B, V)
    word_frames: Tensor | None = (
        None  # (B, L, 2): first MFCC frame of each word and the one behind its last, where aligned
    )

    def to(self, device: str | torch.device) -> Batch:
        return replace(
            self, **{name: x.to(device) for name, x in vars(self).items() if isinstance(x, Tensor)}
        )

    def video_stream(self, size: int) -> tuple[Tensor, Tensor]:
        """(B, V, size) and (B, V); where the batch holds no video, one masked frame: a modality that is missing."""
        if self.video is not None:
            return self.video, self.video_mask
        return self.audio.new_zeros(len(self.ids), 1, size), self.audio_mask.new_zeros(
            len(self.ids), 1
        )


@dataclass
class ModelOutput:
    """Always this type. `attention` maps, taken before dropout and detached, are filled on request only."""

    logits: Tensor  # (B, C)
    attention: dict[str, Tensor] = field(
        default_factory=dict
    )  # "cross.0.text_from_audio": (B, H, L, A)
    extras: dict[str, Tensor] = field(
        default_factory=dict
    )  # what the model's own `loss` needs, in training mode only


class Standardizer:
    """Z-normalisation of MFCC, one mean and deviation a coefficient (paper 3.2; its scope is not stated).

    Fitted once, on the training part, and it remembers on which utterances: a second fit is refused.
    """

    def __init__(self) -> None:
        self.mean: np.ndarray | None = None
        self.deviation: np.ndarray | None = None
        self.fitted_on: frozenset[str] = frozenset()

    def fit(self, train: Sequence[Features]) -> Standardizer:
        if self.mean is not None:
            raise RuntimeError(
                f"Given: a Standardizer already fitted on {len(self.fitted_on)} utterances. Expected: one fit a fold, on "
                "its training part. Do: make a new Standardizer() for a new fold; use .apply() on validation and test."
            )
        frames = [f.audio for f in train if len(f.audio)]
        if not frames:  # a text-only corpus has nothing to normalise
            self.mean, self.deviation = np.zeros(1, np.float32), np.ones(1, np.float32)
        else:
            n = sum(map(len, frames))
            self.mean = (sum(f.sum(0, dtype=np.float64) for f in frames) / n).astype(np.float32)
            variance = sum(np.square(f - self.mean).sum(0, dtype=np.float64) for f in frames) / n
            self.deviation = np.sqrt(np.where(variance > 1e-12, variance, 1)).astype(
                np.float32
            )  # constant: centred
        self.fitted_on = frozenset(f.id for f in train)
        return self

    def apply(self, features: Sequence[Features]) -> list[Features]:
        """Normalised copies; the given features stay as they are."""
        if self.mean is None:
            raise RuntimeError(
                "Given: a Standardizer that was never fitted. Expected: mean and deviation of a training "
                "part. Do: call .fit(train) first."
            )
        return [
            replace(f, audio=((f.audio - self.mean) / self.deviation).astype(np.float32))
            if len(f.audio)
            else f
            for f in features
        ]


def _pad(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    longest = max(1, *(len(r) for r in rows)) if len(rows) > 1 else max(1, len(rows[0]))
    padded = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    mask = np.zeros((len(rows), longest), bool)
    for i, row in enumerate(rows):
        padded[i, : len(row)], mask[i, : len(row)] = row, True
    return torch.from_numpy(padded), torch.from_numpy(mask)


def word_frames(one: Features) -> np.ndarray:
    """(L, 2): the MFCC frames whose middle lies in each word's span, at least one; none for a span without duration."""
    frames = np.ceil(np.asarray(one.spans) / one.hop_s - 1e-6)
    frames[:, 1] = np.where(
        one.spans[:, 1] > one.spans[:, 0], np.maximum(frames[:, 1], frames[:, 0] + 1), frames[:, 0]
    )
    return frames.clip(0, len(one.audio))


def collate(
    features: Sequence[Features],
    labels: Sequence[str] = (),
    standardizer: Standardizer | None = None,
) -> Batch:
    """Pad features to one Batch. `labels` is the corpus's class order; a label that is not in it becomes -1.

    `standardizer` normalises here, a batch at a time: the frames of a large corpus then stay on disk."""
    index = {name: i for i, name in enumerate(labels)}
    if standardizer is not None:
        features = standardizer.apply(features)
    audio, audio_mask = _pad([f.audio for f in features])
    text, text_mask = _pad([f.text for f in features])
    video, video_mask = (
        _pad([f.video for f in features]) if features[0].video.shape[1] else (None, None)
    )
    spoken = (
        _pad([word_frames(f) for f in features])[0].long()
        if any(len(f.spans) for f in features)
        else None
    )
    return Batch(
        [f.id for f in features],
        audio,
        audio_mask,
        text,
        text_mask,
        torch.tensor([index.get(f.label, -1) for f in features]),
        video,
        video_mask,
        spoken,
    )


def batches(
    features: Sequence[Features],
    labels: Sequence[str],
    size: int,
    *,
    generator: np.random.Generator | None = None,
    standardizer: Standardizer | None = None,
) -> Iterator[Batch]:
    """Batches of similar length, so that little is padding. With a generator (training) lengths are jittered by a
    fifth and the batches come in random order; without, everything is sorted and the same each time. Features that lie on
    a device (`resident.Resident`) make their batches there."""
    length = np.array([len(f.audio) or len(f.text) for f in features], dtype=float)
    if generator is not None:
        length *= generator.uniform(0.9, 1.1, len(length))
    order = np.argsort(length, kind="stable")
    starts = np.arange(0, len(order), size)
    if generator is not None:
        generator.shuffle(starts)
    on_device = getattr(features, "collate", None)
    for start in starts:
        rows = order[start : start + size]
        yield (
            on_device(rows)
            if on_device
            else collate([features[i] for i in rows], labels, standardizer)
        )
