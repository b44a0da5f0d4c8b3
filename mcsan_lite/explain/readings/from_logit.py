"""Readings that follow the logit itself: receipts, gradients, occlusion.

In: a model, one utterance and a class. Out: a `Reading`, which says how much of the class's logit
each word and each step of sound answers for. Those that start from attention are in
`from_attention`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from mcsan_lite.errors import require_name
from mcsan_lite.explain.readings.reading import (
    Reading,
    choose_target,
    copies,
    differentiable,
    listen,
    real_lengths,
    require_open_streams,
    sides,
    target_of,
)
from mcsan_lite.explain.steps import batch_limit, step_frames
from mcsan_lite.features.batch import Batch, collate
from mcsan_lite.features.extraction import Features

_STEPS = (64, 128, 256, 512, 1024)  # of integrated gradients
# MFCC frames that an occlusion covers at least, 90 ms. A choice: a shorter gap is hardly heard.
_HOLE = 9


def quietest_frame(audio: np.ndarray) -> np.ndarray:
    """(T, F) -> (F,): the frame with the lowest coefficient 0, which is the loudness."""
    return audio[audio[:, 0].argmin()]


def mean_frame(audio: np.ndarray) -> np.ndarray:
    """(T, F) normalised -> (F,): zeros, the mean of the training part."""
    return np.zeros_like(audio[0])


# What a hole in the sound is filled with: (T, F) normalised MFCC -> (F,).
AUDIO_FILLERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "silence": quietest_frame,
    "mean frame": mean_frame,
}


def _receipt_streams(model: nn.Module, heard: dict) -> list[tuple[str, Tensor]]:
    """(modality, (1, length, D)) of every stream that reaches the read-out."""
    ends = [call.output[0] for call in heard.values()]
    if model.config.order != "parallel":
        ends = ends[-1:]  # the first module feeds the second, not the read-out
    return [(modality, stream) for end in ends for modality, stream in end.items()]


def receipts(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Max-pool receipts, ours: each channel's weight in the logit is billed to the position that
    won the max.

    In each channel the read-out sees one position, the one that won the max (before Eq. 18). That
    position is billed with the channel's weight in the logit times its value. Bills are summed
    over channels and over the branches of a stream.

    With a linear read-out (classifier_layers=1) the bills sum to logit - bias exactly. A deeper
    one has no fixed weights: its gradient at the pooled vector stands in for them, and the sum is
    true to the first order only. `gap` is what is left: logit - (logit of a zero vector) - sum. It
    bills positions of the last layer; what a position knows, it has from everywhere.

    Args:
        model: an MCSAN of words and sound.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """
    require_open_streams(model)
    model.eval()
    modules = {"read-out": model.classifier}
    for name, attribute in (("cross", "cross"), ("self", "self_")):
        if hasattr(model, attribute):
            modules[name] = getattr(model, attribute)
    with torch.enable_grad(), listen(modules) as heard:
        logits = model(differentiable(features)).logits[0]
        target = choose_target(logits, target)
        (pooled,) = heard.pop("read-out").arguments
        streams = _receipt_streams(model, heard)
        # Zero where a position did not win.
        slopes = torch.autograd.grad(logits[target], [stream for _, stream in streams])
    with torch.no_grad():
        base = model.classifier(torch.zeros_like(pooled))[0, target]
    lengths = real_lengths(model, features)
    words = np.zeros(lengths.words, np.float32)
    frames = np.zeros(lengths.frames, np.float32)
    bills = {"text": words, "audio": frames}
    for (modality, stream), slope in zip(streams, slopes, strict=True):
        bill = bills[modality]
        shares = (stream.detach() * slope).sum(-1)[0]  # (1, length, D) -> (length,)
        bill += shares[: len(bill)].numpy()
    gap = float(logits[target].detach() - base) - float(words.sum() + frames.sum())
    by_word, by_frame = sides(model, words, frames)
    return Reading("receipts", target, by_word, by_frame, gap=gap)


def _mean_gradient(
    model: nn.Module, batch: Batch, target: int, shares: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """d logit / d audio (T, F) and / d text (L, E), averaged over shares (S,) of a batch of one.

    `size` of the inputs share one pass through the model.
    """
    audio, text = torch.zeros_like(batch.audio[0]), torch.zeros_like(batch.text[0])
    for part in shares.split(size):
        factor = part[:, None, None]
        scaled_audio = (factor * batch.audio).requires_grad_()
        scaled_text = (factor * batch.text).requires_grad_()
        with torch.enable_grad():
            logits = model(copies(batch, scaled_audio, scaled_text)).logits[:, target].sum()
            of_audio, of_text = torch.autograd.grad(
                logits, (scaled_audio, scaled_text), materialize_grads=True
            )
        audio, text = audio + of_audio.sum(0), text + of_text.sum(0)
    return audio / len(shares), text / len(shares)


def to_steps(scores: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Scores of MFCC frames -> scores of steps of sound: the sum over the frames that lie nearest
    to a step's middle.

    Steps overlap in what they see, so each score is counted once, not twice.

    Args:
        scores: (T,).
        seen: (A, 2) the first and last frame that each step sees.

    Returns:
        (A,).
    """
    if not len(seen):
        return np.zeros(0)
    nearest = np.abs(seen.mean(1)[:, None] - np.arange(len(scores))).argmin(0)  # (A, T) -> (T,)
    return np.bincount(nearest, scores, minlength=len(seen))


def _path(
    model: nn.Module, features: Features, target: int, shares: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """(L,) and (A,): input times mean gradient, summed over the numbers of a word or frame."""
    batch = collate([features])
    words, frames = real_lengths(model, features)
    size = min(64, batch_limit(words, frames))
    audio, text = _mean_gradient(model, batch, target, shares, size)
    by_word = (batch.text[0] * text).sum(-1)[:words].numpy()  # (L, E) -> (L,)
    by_frame = (batch.audio[0] * audio).sum(-1)[: len(features.audio)].numpy()  # (T, F) -> (T,)
    return by_word, to_steps(by_frame, step_frames(model, frames))


def gradient_x_input(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Gradient times input: what the logit would lose, to the first order, if a word or a frame
    shrank to zero.

    It goes through attention, BiLSTM and convolution down to word vectors and MFCC. Source:
    Shrikumar et al. 2016 (arXiv:1605.01713).

    Args:
        model: any model.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
    """
    target = target_of(model, features, target)
    words, frames = _path(model, features, target, torch.ones(1))
    by_word, by_frame = sides(model, words, frames)
    return Reading("gradient x input", target, by_word, by_frame)


def integrated_gradients(
    model: nn.Module,
    features: Features,
    target: int | None = None,
    *,
    steps: Sequence[int] = _STEPS,
) -> Reading:
    """Integrated gradients: gradient times input, averaged along the straight line from a baseline
    to the utterance.

    The baseline is zero: the mean frame, and the vector of an unknown word, as many of each. Words
    and frames sum to logit - logit of the baseline. `gap` is what the sum misses. The line is cut
    into more and more steps until that is at most 1 % of the difference. Where the largest number
    of steps is not enough for it, the gap stays larger. Source: Sundararajan et al. 2017.

    Args:
        model: any model.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
        steps: into how many steps the line is cut, tried in this order until the sum is complete.
    """
    model.eval()
    batch = collate([features])
    with torch.no_grad():
        logits = model(batch).logits[0]
        target = choose_target(logits, target)
        zeros = {"audio": torch.zeros_like(batch.audio), "text": torch.zeros_like(batch.text)}
        difference = float(logits[target] - model(replace(batch, **zeros)).logits[0, target])
    for count in steps:
        middles = (torch.arange(count) + 0.5) / count
        words, frames = _path(model, features, target, middles)
        gap = difference - float(words.sum() + frames.sum())
        if abs(gap) <= 0.01 * abs(difference):
            break
    by_word, by_frame = sides(model, words, frames)
    return Reading("integrated gradients", target, by_word, by_frame, gap=gap)


def _holes(model: nn.Module, words: int, frames: int) -> list[tuple[str, slice]]:
    """(modality, rows) of each word and each window of sound, in this order."""
    holes = [("text", slice(word, word + 1)) for word in range(words)]
    for first, last in step_frames(model, frames):
        beyond = max(0, -(-(_HOLE - (last + 1 - first)) // 2))  # to each side, rounded up
        holes.append(("audio", slice(max(0, first - beyond), last + 1 + beyond)))
    return holes


def occlusion(
    model: nn.Module, features: Features, target: int | None = None, *, filler: str = "silence"
) -> Reading:
    """Occlusion (Zeiler & Fergus 2014): how far the logit falls when a piece of the input is
    covered.

    Of the sound, a window slides over the MFCC frames. It covers just those that one step of the
    model sees (an MCSAN's pooled frame: 185 ms, every 90 ms at the paper's sizes). Where that is
    less than 9 frames, as in a model that reads frame by frame, the window reaches beyond the
    step, as far to both sides. "silence" fills it with the utterance's quietest frame, by
    coefficient 0 (a clip without any pause has only quiet speech to offer); "mean frame" with
    zeros, which is the training part's mean. A word is covered by the zero vector, that of an
    unknown word, under both. A covered input is one that training never showed: where the two
    fillers disagree, the filler was read, not the evidence.

    There is one forward pass per word and step, `batch_limit` of them together.

    Args:
        model: any model.
        features: one utterance, normalised.
        target: a class; None is the predicted one.
        filler: one of AUDIO_FILLERS.

    Raises:
        DataError: for another filler.
    """
    require_name(filler, AUDIO_FILLERS, "filler")
    model.eval()
    whole = collate([features])
    words, frames = real_lengths(model, features)
    fill: Tensor | int = 0
    if frames:
        fill = torch.from_numpy(AUDIO_FILLERS[filler](features.audio).copy())
    nothing = ("text", slice(0))  # the utterance as it is comes first
    holes = [nothing, *_holes(model, words, frames)]
    parts, size = [], batch_limit(words, frames)
    for start in range(0, len(holes), size):
        some = holes[start : start + size]
        audio, text = whole.audio.repeat(len(some), 1, 1), whole.text.repeat(len(some), 1, 1)
        for i, (modality, rows) in enumerate(some):
            if modality == "audio":
                audio[i, rows] = fill
            else:
                text[i, rows] = 0
        with torch.no_grad():
            parts.append(model(copies(whole, audio, text)).logits)
    logits = torch.cat(parts)
    target = choose_target(logits[0], target)
    fall = (logits[0, target] - logits[1:, target]).numpy()
    by_word, by_frame = sides(model, fall[:words], fall[words:])
    return Reading(f"occlusion ({filler})", target, by_word, by_frame)
