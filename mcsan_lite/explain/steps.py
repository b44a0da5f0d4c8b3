"""Steps of sound on an axis of seconds: how many a model makes, and which MFCC frames each one
sees.

In: a model, or the sizes of its convolution blocks, and a number of MFCC frames or steps. Out:
counts, frame numbers and seconds.

A model says by two attributes what its steps are. `conv_sizes`, as of an MCSAN: its steps come out
of two blocks of convolution and pooling, and overlap in what they see. `frames_per_step`, of any
other: a step is made of so many frames.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from mcsan_lite.models.layers import ConvSizes

# Words or steps, squared, in one batch. A choice: 318 utterances of 112 steps (10 s in an MCSAN).
CELLS = 4_000_000


def pooled_count(frames: int, sizes: ConvSizes = ConvSizes(), *, blocks: int = 2) -> int:
    """How many pooled frames `frames` MFCC frames become: 1,000 become 112 at the paper's sizes.

    Args:
        frames: MFCC frames, or video frames.
        sizes: of the convolution blocks.
        blocks: how many follow each other; video has one.
    """
    for _ in range(blocks):
        if not sizes.same:
            frames = max(0, frames - sizes.kernel + 1)
        frames = -(-frames // sizes.stride)  # rounded up
    return frames


def seen_frames(count: int, sizes: ConvSizes = ConvSizes()) -> np.ndarray:
    """The first and last MFCC frame that each of `count` pooled frames sees before the BiLSTM.

    Args:
        count: how many pooled frames there are, A.
        sizes: of the two convolution blocks.

    Returns:
        (A, 2). Padding counts too, so the first may be negative and the last beyond the end.
    """
    first = last = np.arange(count)
    before = 0
    if sizes.same:
        before = (sizes.kernel - 1) // 2
    for _ in range(2):  # backwards through pooling, then convolution
        first, last = first * sizes.stride, last * sizes.stride + sizes.pool - 1
        first, last = first - before, last - before + sizes.kernel - 1
    return np.stack((first, last), 1)


def _seconds(frames: np.ndarray, hop_s: float, window_s: float) -> np.ndarray:
    """(count, 2) first and last frame -> (count, 2) seconds, each frame with its window."""
    return (frames * hop_s + (-window_s / 2, window_s / 2)).clip(min=0)


def frame_spans(
    count: int,
    sizes: ConvSizes = ConvSizes(),
    *,
    hop_s: float = 0.010,
    window_s: float = 0.025,
) -> np.ndarray:
    """The seconds that each of `count` pooled frames sees, before the BiLSTM.

    At the paper's sizes there is a frame every 90 ms that sees 17 MFCC frames, 185 ms.

    Args:
        count: how many pooled frames there are, A.
        sizes: of the two convolution blocks.
        hop_s: seconds from one MFCC frame to the next.
        window_s: seconds that one MFCC frame sees.

    Returns:
        (A, 2) seconds.
    """
    return _seconds(seen_frames(count, sizes), hop_s, window_s)


def frame_times(
    count: int,
    sizes: ConvSizes = ConvSizes(),
    *,
    hop_s: float = 0.010,
    window_s: float = 0.025,
) -> np.ndarray:
    """(A,) seconds: the middle of what each of `count` pooled frames sees.

    Args:
        count: how many pooled frames there are, A.
        sizes: of the two convolution blocks.
        hop_s: seconds from one MFCC frame to the next.
        window_s: seconds that one MFCC frame sees.
    """
    return frame_spans(count, sizes, hop_s=hop_s, window_s=window_s).mean(1)


def _conv_sizes(model: nn.Module) -> ConvSizes | None:
    return getattr(model, "conv_sizes", None)


def step_count(model: nn.Module, frames: int) -> int:
    """How many steps of sound the model makes.

    Args:
        model: any model.
        frames: MFCC frames.
    """
    sizes = _conv_sizes(model)
    if sizes is not None:
        return pooled_count(frames, sizes)
    return -(-frames // getattr(model, "frames_per_step", 1))  # rounded up


def video_step_count(model: nn.Module, frames: int) -> int:
    """How many steps of video the model makes.

    Args:
        model: any model.
        frames: video frames.
    """
    sizes = _conv_sizes(model)
    if sizes is not None:
        return pooled_count(frames, sizes, blocks=1)
    return frames


def step_frames(model: nn.Module, count: int) -> np.ndarray:
    """The first and last MFCC frame of each of the model's steps of sound.

    Args:
        model: any model. Where it says nothing of its steps, each frame is one.
        count: how many steps there are, A.

    Returns:
        (A, 2).
    """
    sizes = _conv_sizes(model)
    if sizes is not None:
        return seen_frames(count, sizes)
    width = getattr(model, "frames_per_step", 1)
    return np.arange(count)[:, None] * width + (0, width - 1)


def step_spans(
    model: nn.Module, count: int, *, hop_s: float = 0.010, window_s: float = 0.025
) -> np.ndarray:
    """The seconds of each of the model's steps of sound: `step_frames`, each frame with its window.

    Args:
        model: any model.
        count: how many steps there are, A.
        hop_s: seconds from one MFCC frame to the next.
        window_s: seconds that one MFCC frame sees.

    Returns:
        (A, 2) seconds.
    """
    return _seconds(step_frames(model, count), hop_s, window_s)


def batch_limit(words: int, steps: int) -> int:
    """How many utterances may share a batch: a map grows with the square of words and steps.

    Args:
        words: of each utterance.
        steps: of its sound.
    """
    return max(1, CELLS // max(1, words, steps) ** 2)
