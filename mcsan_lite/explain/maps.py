"""Attention maps with labels on both axes: words, and seconds instead of frame numbers.

A map says where one layer routed information. It does not say why the model decided: behind the BiLSTM every frame has
already heard the whole utterance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import FeatureConfig, Features

# Maps in which a summary of the utterance asks, in one row: "hop.2.text_from_audio"; "global.0.audio" weighs *words*, by
# their sound.
SUMMARIES = ("hop", "global")
CELLS = 4_000_000  # words or steps, squared, in one batch: a choice, 318 utterances of 112 steps (10 s in an MCSAN)


def pooled_count(
    frames: int, *, kernel: int = 3, stride: int = 3, same: bool = True, blocks: int = 2
) -> int:
    """How many pooled frames `frames` MFCC frames become: 1,000 become 112 at the paper's sizes. Video has one block."""
    for _ in range(blocks):
        frames = -(-max(0, frames if same else frames - kernel + 1) // stride)
    return frames


def seen_frames(count: int, *, kernel: int = 3, stride: int = 3, same: bool = True) -> np.ndarray:
    """(count, 2): the first and last MFCC frame that each of `count` pooled frames sees before the BiLSTM. Padding
    counts too, so the first may be negative and the last beyond the end."""
    first = last = np.arange(count)
    for _ in range(2):  # backwards through pooling, then convolution
        first, last = first * stride, last * stride + kernel - 1
        before = (kernel - 1) // 2 if same else 0
        first, last = first - before, last - before + kernel - 1
    return np.stack((first, last), 1)


def frame_spans(
    count: int, *, hop_s: float = 0.010, window_s: float = 0.025, **sizes
) -> np.ndarray:
    """(count, 2) seconds: what each of `count` pooled frames sees, before the BiLSTM. `sizes` as in `seen_frames`.

    Two blocks of convolution and pooling: at the paper's sizes a frame every 90 ms that sees 17 MFCC frames, 185 ms.
    """
    return (seen_frames(count, **sizes) * hop_s + (-window_s / 2, window_s / 2)).clip(min=0)


def frame_times(count: int, **sizes) -> np.ndarray:
    """(count,) seconds: the middle of what each pooled frame sees."""
    return frame_spans(count, **sizes).mean(1)


def _pooling(model: torch.nn.Module) -> dict | None:
    """The sizes of an MCSAN's blocks as the functions above take them; None for another model."""
    sizes = getattr(model, "conv_sizes", None)
    if sizes is None:
        return None
    return {"kernel": sizes.kernel, "stride": sizes.stride, "same": sizes.same}


def _frames_per_step(model: torch.nn.Module) -> int:
    return getattr(model, "frames_per_step", 1)


def step_count(model: torch.nn.Module, frames: int) -> int:
    """How many steps of sound the model makes of `frames` MFCC frames."""
    sizes = _pooling(model)
    return -(-frames // _frames_per_step(model)) if sizes is None else pooled_count(frames, **sizes)


def at_once(words: int, steps: int) -> int:
    """How many utterances of so many words and steps of sound may share a batch: a map grows with the square of them."""
    return max(1, CELLS // max(1, words, steps) ** 2)


def step_frames(model: torch.nn.Module, count: int) -> np.ndarray:
    """(count, 2): the first and last MFCC frame of each of the model's steps of sound.

    An MCSAN says by its `conv_sizes` what a pooled frame sees; another model by `frames_per_step` how
    many frames make a step, one where it says nothing.
    """
    sizes, each = _pooling(model), _frames_per_step(model)
    return (
        np.arange(count)[:, None] * each + (0, each - 1)
        if sizes is None
        else seen_frames(count, **sizes)
    )


def step_spans(
    model: torch.nn.Module, count: int, *, hop_s: float = 0.010, window_s: float = 0.025
) -> np.ndarray:
    """(count, 2) seconds: `step_frames`, each frame with its window."""
    return (step_frames(model, count) * hop_s + (-window_s / 2, window_s / 2)).clip(min=0)


@dataclass(frozen=True)
class AttentionMap:
    """One direction in one layer for one utterance. A row is a query, and sums to one."""

    name: str  # "cross.0.text_from_audio": the words look at the sound
    weights: np.ndarray  # (H, queries, keys)
    queries: list  # words (str), seconds of sound (float), steps of video, counted from 0 (str, "video 0"), or one summary
    keys: list
    spans: np.ndarray | None = (
        None  # (A, 2) seconds that each of the utterance's steps of sound sees
    )

    @property
    def summary(self) -> bool:
        """Whether one row asks for a summary of the utterance, instead of a row a word or a step."""
        return self.name.split(".")[0] in SUMMARIES

    @property
    def layer(self) -> int:
        """Counted from 0 within its module; hops from 1."""
        return int(self.name.split(".")[1])

    @property
    def direction(self) -> str:
        """ "text_from_audio" or "audio_from_text"; "text" or "audio" where a stream looks at itself."""
        return self.name.split(".")[2]

    @property
    def mean(self) -> np.ndarray:
        """(queries, keys), averaged over heads. The model itself never averages: say so when you show it."""
        return self.weights.mean(0)

    def frame(self, head: int | None = None) -> pd.DataFrame:
        """The map as a table, words and seconds as labels."""
        return pd.DataFrame(
            self.mean if head is None else self.weights[head], index=self.queries, columns=self.keys
        )

    def describe(self) -> str:
        """In words, for who cannot see the picture: where each query looks most."""
        if not self.keys:
            return f"{self.name}: nothing to look at"
        lines = []
        for query, row in zip(self.queries, self.mean, strict=True):
            top = int(row.argmax())
            key = self.keys[top] if isinstance(self.keys[top], str) else f"{self.keys[top]:.2f} s"
            query = query if isinstance(query, str) else f"{query:.2f} s"
            lines.append(
                f"{query} looks most at {key} ({row[top]:.0%}; even spread would be {1 / len(row):.0%})"
            )
        return "\n".join(lines)


def attention_maps(
    model: torch.nn.Module, features: Features, config: FeatureConfig = FeatureConfig()
) -> dict[str, AttentionMap]:
    """All maps of one utterance, normalised as in training, a map for each module, layer and direction.

    `config` is what the features were made with (`Trained.features`): its hop and window give the seconds. Run in eval
    mode; logits do not change. A modality that the utterance lacks has no row and no column.
    Raises DataError for a model that has no attention, and for one whose steps of sound are not as many as it says.
    """
    model.eval()
    with torch.no_grad():
        found = model(collate([features]), need_attention=True).attention
    if not found:
        raise DataError(
            f"{type(model).__name__}, which returns no attention map",
            "a model with attention",
            "load another run.",
        )
    count, sizes = step_count(model, len(features.audio)), _pooling(model)
    spans = step_spans(model, count, hop_s=config.hop_s, window_s=config.window_s)
    seen = (
        len(features.video)
        if sizes is None
        else pooled_count(len(features.video), blocks=1, **sizes)
    )
    labels = {
        "text": list(features.tokens),
        "audio": spans.mean(1).round(3).tolist(),
        "video": [f"video {n}" for n in range(seen)],
    }
    maps = {}
    for name, weights in found.items():
        kind, _, direction = name.split(".")
        query, _, key = direction.partition("_from_")
        queries = [query] if kind in SUMMARIES else labels[query]
        keys = labels["text" if kind == "global" else key or query]
        rows = weights[0, :, : len(queries)]  # (H, queries, keys and padding)
        real = rows[..., : len(keys)]
        lost = (
            (rows.sum(-1) - real.sum(-1)).max() if keys and queries else 0
        )  # weight beyond the labels is of no padding
        if real.shape[1:] != (len(queries), len(keys)) or lost > 1e-3:
            raise DataError(
                f"map {name!r} of {type(model).__name__}, {weights.shape[2]} × {weights.shape[3]}",
                f"{len(queries)} × {len(keys)}, where {len(features.audio)} MFCC frames make {count} steps",
                "set frames_per_step on the model, the MFCC frames that one of its steps is made of.",
            )
        maps[name] = AttentionMap(name, real.numpy(), queries, keys, spans)
    return maps


def points_at(
    weights: np.ndarray, times: np.ndarray, span: tuple[float, float]
) -> tuple[bool, float, float]:
    """Pointing game for one row of weights (keys,): is the heaviest frame inside `span` (seconds)? Also the share of
    the weight that lies inside, and chance, the share of frames that do."""
    inside = (times >= span[0]) & (times < span[1])
    return bool(inside[int(weights.argmax())]), float(weights[inside].sum()), float(inside.mean())
