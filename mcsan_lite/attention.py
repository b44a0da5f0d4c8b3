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
from mcsan_lite.features import Features


def frame_spans(count: int, *, kernel: int = 3, stride: int = 3, same: bool = True, hop_s: float = 0.010,
                window_s: float = 0.025) -> np.ndarray:
    """(count, 2) seconds: what each of `count` pooled frames sees, before the BiLSTM.

    Two blocks of convolution and pooling: at the paper's sizes a frame every 90 ms that sees 17 MFCC frames, 185 ms.
    """
    first = last = np.arange(count)
    for _ in range(2):  # backwards through pooling, then convolution
        first, last = first * stride, last * stride + kernel - 1
        before = (kernel - 1) // 2 if same else 0
        first, last = first - before, last - before + kernel - 1
    return np.stack((first * hop_s - window_s / 2, last * hop_s + window_s / 2), 1).clip(min=0)


def frame_times(count: int, **sizes) -> np.ndarray:
    """(count,) seconds: the middle of what each pooled frame sees."""
    return frame_spans(count, **sizes).mean(1)


@dataclass(frozen=True)
class AttentionMap:
    """One direction in one layer for one utterance. A row is a query, and sums to one."""

    name: str  # "cross.0.text_from_audio": the words look at the sound
    weights: np.ndarray  # (H, queries, keys)
    queries: list  # words (str) or seconds (float)
    keys: list

    @property
    def mean(self) -> np.ndarray:
        """(queries, keys), averaged over heads. The model itself never averages: say so when you show it."""
        return self.weights.mean(0)

    def frame(self, head: int | None = None) -> pd.DataFrame:
        """The map as a table, words and seconds as labels."""
        return pd.DataFrame(self.mean if head is None else self.weights[head], index=self.queries, columns=self.keys)

    def describe(self) -> str:
        """In words, for who cannot see the picture: where each query looks most."""
        lines = []
        for query, row in zip(self.queries, self.mean, strict=True):
            top = int(row.argmax())
            key = self.keys[top] if isinstance(self.keys[top], str) else f"{self.keys[top]:.2f} s"
            query = query if isinstance(query, str) else f"{query:.2f} s"
            lines.append(f"{query} looks most at {key} ({row[top]:.0%}; even spread would be {1 / len(row):.0%})")
        return "\n".join(lines)


def attention_maps(model: torch.nn.Module, features: Features) -> dict[str, AttentionMap]:
    """All maps of one utterance, normalised as in training. Run in eval mode; logits do not change.

    Raises DataError for a model that has no attention.
    """
    model.eval()
    with torch.no_grad():
        found = model(collate([features]), need_attention=True).attention
    if not found:
        raise DataError(f"{type(model).__name__}, which returns no attention map", "a model with attention",
                        "load another run.")
    config = model.config
    sizes = {"kernel": config.kernel, "stride": config.pool_stride, "same": config.conv_same}
    maps = {}
    for name, weights in found.items():
        direction = name.rsplit(".", 1)[1]
        query, _, key = direction.partition("_from_")
        length = {query: weights.shape[2], key or query: weights.shape[3]}
        labels = {m: list(features.tokens) if m == "text" else frame_times(n, **sizes).round(3).tolist()
                  for m, n in length.items()}
        maps[name] = AttentionMap(name, weights[0].numpy(), labels[query], labels[key or query])
    return maps


def points_at(weights: np.ndarray, times: np.ndarray, span: tuple[float, float]) -> tuple[bool, float, float]:
    """Pointing game for one row of weights (keys,): is the heaviest frame inside `span` (seconds)? Also the share of
    the weight that lies inside, and chance, the share of frames that do."""
    inside = (times >= span[0]) & (times < span[1])
    return bool(inside[int(weights.argmax())]), float(weights[inside].sum()), float(inside.mean())
