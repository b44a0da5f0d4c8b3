"""Attention maps with labels on both axes: words, and seconds instead of frame numbers.

A map says where one layer routed information. It does not say why the model decided: behind the BiLSTM every frame has
already heard the whole utterance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from mcsan_lite.batch import collate
from mcsan_lite.corpus import DataError
from mcsan_lite.features import FeatureConfig, Features


def pooling(model: torch.nn.Module) -> dict:
    """The sizes of the model's two convolution and pooling blocks, as the functions below take them."""
    return {"kernel": model.config.kernel, "stride": model.config.pool_stride, "same": model.config.conv_same}


def pooled_count(frames: int, *, kernel: int = 3, stride: int = 3, same: bool = True, blocks: int = 2) -> int:
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


def frame_spans(count: int, *, hop_s: float = 0.010, window_s: float = 0.025, **sizes) -> np.ndarray:
    """(count, 2) seconds: what each of `count` pooled frames sees, before the BiLSTM. `sizes` as in `seen_frames`.

    Two blocks of convolution and pooling: at the paper's sizes a frame every 90 ms that sees 17 MFCC frames, 185 ms.
    """
    return (seen_frames(count, **sizes) * hop_s + (-window_s / 2, window_s / 2)).clip(min=0)


def frame_times(count: int, **sizes) -> np.ndarray:
    """(count,) seconds: the middle of what each pooled frame sees."""
    return frame_spans(count, **sizes).mean(1)


@dataclass(frozen=True)
class AttentionMap:
    """One direction in one layer for one utterance. A row is a query, and sums to one."""

    name: str  # "cross.0.text_from_audio": the words look at the sound
    weights: np.ndarray  # (H, queries, keys)
    queries: list  # words (str), seconds of sound (float), or steps of video, counted from 0 (str, "video 0")
    keys: list
    spans: np.ndarray | None = None  # (A, 2) seconds that each pooled frame of the utterance sees

    @property
    def layer(self) -> int:
        """Counted from 0 within its module."""
        return int(self.name.split(".")[1])

    @property
    def direction(self) -> str:
        """"text_from_audio" or "audio_from_text"; "text" or "audio" where a stream looks at itself."""
        return self.name.split(".")[2]

    @property
    def mean(self) -> np.ndarray:
        """(queries, keys), averaged over heads. The model itself never averages: say so when you show it."""
        return self.weights.mean(0)

    def frame(self, head: int | None = None) -> pd.DataFrame:
        """The map as a table, words and seconds as labels."""
        return pd.DataFrame(self.mean if head is None else self.weights[head], index=self.queries, columns=self.keys)

    def describe(self) -> str:
        """In words, for who cannot see the picture: where each query looks most."""
        if not self.keys:
            return f"{self.name}: nothing to look at"
        lines = []
        for query, row in zip(self.queries, self.mean, strict=True):
            top = int(row.argmax())
            key = self.keys[top] if isinstance(self.keys[top], str) else f"{self.keys[top]:.2f} s"
            query = query if isinstance(query, str) else f"{query:.2f} s"
            lines.append(f"{query} looks most at {key} ({row[top]:.0%}; even spread would be {1 / len(row):.0%})")
        return "\n".join(lines)


def attention_maps(model: torch.nn.Module, features: Features,
                   config: FeatureConfig = FeatureConfig()) -> dict[str, AttentionMap]:
    """All maps of one utterance, normalised as in training, a map for each module, layer and direction.

    `config` is what the features were made with (`Trained.features`): its hop and window give the seconds. Run in eval
    mode; logits do not change. A modality that the utterance lacks has no row and no column.
    Raises DataError for a model that has no attention.
    """
    model.eval()
    with torch.no_grad():
        found = model(collate([features]), need_attention=True).attention
    if not found:
        raise DataError(f"{type(model).__name__}, which returns no attention map", "a model with attention",
                        "load another run.")
    sizes = pooling(model)
    spans = frame_spans(pooled_count(len(features.audio), **sizes), hop_s=config.hop_s, window_s=config.window_s, **sizes)
    labels = {"text": list(features.tokens), "audio": spans.mean(1).round(3).tolist(),
              "video": [f"video {n}" for n in range(pooled_count(len(features.video), blocks=1, **sizes))]}
    maps = {}
    for name, weights in found.items():
        query, _, key = name.rsplit(".", 1)[1].partition("_from_")
        queries, keys = labels[query], labels[key or query]
        maps[name] = AttentionMap(name, weights[0, :, :len(queries), :len(keys)].numpy(), queries, keys, spans)
    return maps


def points_at(weights: np.ndarray, times: np.ndarray, span: tuple[float, float]) -> tuple[bool, float, float]:
    """Pointing game for one row of weights (keys,): is the heaviest frame inside `span` (seconds)? Also the share of
    the weight that lies inside, and chance, the share of frames that do."""
    inside = (times >= span[0]) & (times < span[1])
    return bool(inside[int(weights.argmax())]), float(weights[inside].sum()), float(inside.mean())
