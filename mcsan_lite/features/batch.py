"""From features to padded batches, and what every model takes and gives.

In: a list of `Features`. Out: `Batch`es, each padded to its longest utterance, the sound
normalised. A model turns a `Batch` into a `ModelOutput`.

Next in the spine: `models.layers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from mcsan_lite.features.extraction import Features


@dataclass(frozen=True)
class Dims:
    """Sizes of the data. They are facts, not choices.

    Attributes:
        audio: MFCC per frame.
        text: numbers per word vector.
        classes: how many emotions.
        video: numbers per video frame; 0: no video.
    """

    audio: int
    text: int
    classes: int
    video: int = 0


@dataclass
class Batch:
    """B utterances, padded to the longest. Masks are True where a step is real.

    Attributes:
        ids: of the utterances.
        audio: (B, T, Dims.audio) MFCC frames.
        audio_mask: (B, T).
        text: (B, L, Dims.text) word vectors.
        text_mask: (B, L).
        label: (B,) index of the class, -1 where it is not known.
        video: (B, V, Dims.video), where the features hold video.
        video_mask: (B, V), where the features hold video.
        word_frames: (B, L, 2), where words are aligned: the first MFCC frame of each word, and the
            one after its last.
    """

    ids: list[str]
    audio: Tensor
    audio_mask: Tensor
    text: Tensor
    text_mask: Tensor
    label: Tensor
    video: Tensor | None = None
    video_mask: Tensor | None = None
    word_frames: Tensor | None = None

    def to(self, device: str | torch.device) -> Batch:
        """The same batch on another device."""
        tensors = {name: x for name, x in vars(self).items() if isinstance(x, Tensor)}
        return replace(self, **{name: x.to(device) for name, x in tensors.items()})

    def video_stream(self, size: int) -> tuple[Tensor, Tensor]:
        """The video and its mask; where the batch has none, one masked frame per utterance.

        So a batch without video looks like a modality that is missing.

        Args:
            size: numbers per video frame.

        Returns:
            (B, V, size) and (B, V).
        """
        if self.video is not None:
            return self.video, self.video_mask
        count = len(self.ids)
        return self.audio.new_zeros(count, 1, size), self.audio_mask.new_zeros(count, 1)


@dataclass
class ModelOutput:
    """What every model gives.

    Attributes:
        logits: (B, C).
        attention: on request, maps (B, H, queries, keys) such as "cross.0.text_from_audio", taken
            before dropout and detached.
        extras: what the model's own `loss` needs, in training mode only.
    """

    logits: Tensor
    attention: dict[str, Tensor] = field(default_factory=dict)
    extras: dict[str, Tensor] = field(default_factory=dict)


class Standardizer:
    """Z-normalisation of MFCC, with one mean and deviation per coefficient (paper 3.2).

    The paper does not say over what. Here it is fitted once, on the training part, and remembers on
    which utterances.

    Attributes:
        mean: (F,), None before the fit.
        deviation: (F,), None before the fit.
        fitted_on: ids of the utterances.
    """

    def __init__(self) -> None:
        self.mean: np.ndarray | None = None
        self.deviation: np.ndarray | None = None
        self.fitted_on: frozenset[str] = frozenset()

    def fit(self, train: Sequence[Features]) -> Standardizer:
        """Learn mean and deviation over all frames of the training part.

        Raises:
            RuntimeError: for a second fit.
        """
        if self.mean is not None:
            raise RuntimeError(
                f"Given: a Standardizer already fitted on {len(self.fitted_on)} utterances. "
                "Expected: one fit per fold, on its training part. Do: make a new Standardizer() "
                "for a new fold; use .apply() on validation and test."
            )
        frames = [one.audio for one in train if len(one.audio)]
        if not frames:  # a text-only corpus has nothing to normalise
            self.mean, self.deviation = np.zeros(1, np.float32), np.ones(1, np.float32)
        else:
            count = sum(len(one) for one in frames)
            mean = sum(one.sum(0, dtype=np.float64) for one in frames) / count
            self.mean = mean.astype(np.float32)
            squares = (np.square(one - self.mean) for one in frames)
            variance = sum(one.sum(0, dtype=np.float64) for one in squares) / count
            variance = np.where(variance > 1e-12, variance, 1)  # a constant one is only centred
            self.deviation = np.sqrt(variance).astype(np.float32)
        self.fitted_on = frozenset(one.id for one in train)
        return self

    def apply(self, features: Sequence[Features]) -> list[Features]:
        """Normalised copies; the given features stay as they are.

        Raises:
            RuntimeError: before the fit.
        """
        if self.mean is None:
            raise RuntimeError(
                "Given: a Standardizer that was never fitted. Expected: mean and deviation of a "
                "training part. Do: call .fit(train) first."
            )
        return [self._normalised(one) for one in features]

    def _normalised(self, one: Features) -> Features:
        if not len(one.audio):
            return one
        audio = (one.audio - self.mean) / self.deviation
        return replace(one, audio=audio.astype(np.float32))


def word_frames(one: Features) -> np.ndarray:
    """The MFCC frames of each word, those whose middle lies in its span.

    A word has at least one frame, but none where its span has no duration.

    Args:
        one: an utterance whose words are aligned.

    Returns:
        (L, 2): the first frame of each word, and the one after its last.
    """
    frames = np.ceil(np.asarray(one.spans) / one.hop_s - 1e-6)
    first, end = frames[:, 0], frames[:, 1]
    spoken = one.spans[:, 1] > one.spans[:, 0]
    frames[:, 1] = np.where(spoken, np.maximum(end, first + 1), first)
    return frames.clip(0, len(one.audio))


def collate(
    features: Sequence[Features],
    labels: Sequence[str] = (),
    standardizer: Standardizer | None = None,
) -> Batch:
    """Pad features to one batch.

    Args:
        features: B utterances.
        labels: the class order of the corpus. A label that is not in it becomes -1.
        standardizer: normalises here, one batch at a time, so that the frames of a large corpus
            stay on disk.
    """
    index = {name: i for i, name in enumerate(labels)}
    if standardizer is not None:
        features = standardizer.apply(features)
    audio, audio_mask = _pad([one.audio for one in features])
    text, text_mask = _pad([one.text for one in features])
    batch = Batch(
        ids=[one.id for one in features],
        audio=audio,
        audio_mask=audio_mask,
        text=text,
        text_mask=text_mask,
        label=torch.tensor([index.get(one.label, -1) for one in features]),
    )
    if features[0].video.shape[1]:
        batch.video, batch.video_mask = _pad([one.video for one in features])
    if any(len(one.spans) for one in features):
        padded, _ = _pad([word_frames(one) for one in features])
        batch.word_frames = padded.long()
    return batch


def _pad(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """B arrays (length, F) -> (B, longest, F) and its mask (B, longest)."""
    longest = max([1, *map(len, rows)])
    padded = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    mask = np.zeros((len(rows), longest), bool)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
        mask[i, : len(row)] = True
    return torch.from_numpy(padded), torch.from_numpy(mask)


def batches(
    features: Sequence[Features],
    labels: Sequence[str],
    size: int,
    *,
    generator: np.random.Generator | None = None,
    standardizer: Standardizer | None = None,
) -> Iterator[Batch]:
    """Batches of utterances of similar length, so that little is padding.

    All batches hold equally many utterances, up to one. A small last batch would hold the longest,
    and each of them would count several times as much as any other in a mean over the batch.

    Args:
        features: the utterances. Those that lie on a device (`features.resident`) make their
            batches there.
        labels: the class order of the corpus.
        size: most utterances per batch.
        generator: for training: lengths are jittered by a tenth to each side, and the batches come
            in random order. Without it they are sorted by length, the same each time.
        standardizer: as for `collate`.
    """
    length = np.array([len(one.audio) or len(one.text) for one in features], dtype=float)
    if generator is not None:
        length *= generator.uniform(0.9, 1.1, len(length))
    order = np.argsort(length, kind="stable")
    count = -(-len(order) // size)  # rounded up
    groups = np.array_split(order, count) if count else []
    if generator is not None:
        generator.shuffle(groups)
    collate_on_device = getattr(features, "collate", None)
    for rows in groups:
        if collate_on_device is not None:
            yield collate_on_device(rows)
        else:
            yield collate([features[i] for i in rows], labels, standardizer)
