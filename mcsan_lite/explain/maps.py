"""Attention maps with labels on both axes: words, and seconds instead of frame numbers.

In: a trained model and the normalised features of one utterance. Out: an `AttentionMap` for each
module, layer and direction.

A map says where one layer routed information. It does not say why the model decided: after the
BiLSTM every frame has already heard the whole utterance. Here the spine ends; what else can be
asked of a model begins with `explain.readings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError
from mcsan_lite.explain.steps import step_count, step_spans, video_step_count
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import FeatureConfig, Features

_NAME = re.compile(r"(\w+)\.(\d+)\.([\w+]+?)(?:_from_(\w+))?")


@dataclass(frozen=True)
class MapName:
    """The name that a model gives to a map, such as "cross.0.text_from_audio", in its parts.

    Attributes:
        module: the part of the model, such as "cross" or "self". In "hop" one summary of the
            utterance asks for all; in "global" too, and it weighs *words*, by the modality that is
            named.
        layer: counted from 0 within its module; hops from 1.
        query: the modality that asks; several, joined by "+", where summaries of them ask together.
        key: the modality that answers; `query` itself where a stream looks at itself.
    """

    module: str
    layer: int
    query: str
    key: str

    @classmethod
    def parse(cls, text: str) -> MapName:
        """Read a name.

        Raises:
            DataError: where the text is no such name.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise DataError(
                f"an attention map named {text!r}",
                "module.layer.direction, as in 'cross.0.text_from_audio' or 'self.0.text'",
                "rename it in the model's forward.",
            )
        module, layer, query, key = found.groups()
        return cls(module, int(layer), query, key or query)

    def __str__(self) -> str:
        return f"{self.module}.{self.layer}.{self.direction}"

    @property
    def direction(self) -> str:
        """Who asks whom: "text_from_audio"; "text" or "audio" where a stream looks at itself."""
        if self.query == self.key:
            return self.query
        return f"{self.query}_from_{self.key}"

    @property
    def summary(self) -> bool:
        """Whether a summary of the utterance asks, in one row, instead of each word or step."""
        return self.module in ("hop", "global")

    @property
    def weighs(self) -> str:
        """The modality whose words or steps are on the axis of keys."""
        if self.module == "global":
            return "text"
        return self.key


@dataclass(frozen=True)
class AttentionMap:
    """One direction in one layer for one utterance. A row is a query, and sums to one.

    Attributes:
        name: as the model gives it, "cross.0.text_from_audio": the words look at the sound.
        weights: (H, queries, keys).
        queries: words (str), seconds of sound (float), steps of video, counted from 0 (str, "video
            0"), or one summary.
        keys: the same.
        spans: (A, 2) seconds that each of the utterance's steps of sound sees.
    """

    name: str
    weights: np.ndarray
    queries: list
    keys: list
    spans: np.ndarray | None = None

    @property
    def place(self) -> MapName:
        """The name in its parts."""
        return MapName.parse(self.name)

    @property
    def summary(self) -> bool:
        """Whether one row asks for the utterance, instead of one row per word or step."""
        return self.place.summary

    @property
    def layer(self) -> int:
        """Counted from 0 within its module; hops from 1."""
        return self.place.layer

    @property
    def direction(self) -> str:
        """ "text_from_audio" or "audio_from_text"; "text" or "audio" where a stream looks at
        itself.
        """
        return self.place.direction

    @property
    def mean(self) -> np.ndarray:
        """(queries, keys), averaged over heads. The model itself never averages: say so when you
        show it.
        """
        return self.weights.mean(0)

    def frame(self, head: int | None = None) -> pd.DataFrame:
        """The map as a table with words and seconds as labels: of one head, or the mean of all
        (None).
        """
        weights = self.mean
        if head is not None:
            weights = self.weights[head]
        return pd.DataFrame(weights, index=self.queries, columns=self.keys)

    def describe(self) -> str:
        """Say in words where each query looks most, for readers who cannot see the picture."""
        if not self.keys:
            return f"{self.name}: nothing to look at"
        even = f"even spread would be {1 / len(self.keys):.0%}"
        sentences = []
        for query, row in zip(self.queries, self.mean, strict=True):
            top = int(row.argmax())
            query, key = _in_words(query), _in_words(self.keys[top])
            sentences.append(f"{query} looks most at {key} ({row[top]:.0%}; {even})")
        return "\n".join(sentences)


def _in_words(label: str | float) -> str:
    """A word as it is, seconds with their unit."""
    if isinstance(label, str):
        return label
    return f"{label:.2f} s"


def attention_maps(
    model: nn.Module, features: Features, config: FeatureConfig = FeatureConfig()
) -> dict[str, AttentionMap]:
    """All maps of one utterance, one for each module, layer and direction.

    The model runs in eval mode, and its logits do not change. A modality that the utterance lacks
    has no row and no column.

    Args:
        model: any model that returns attention maps.
        features: one utterance, normalised as in training.
        config: what the features were made with (`Trained.features`): its hop and window give the
            seconds.

    Returns:
        {name of the map: the map}, in the model's order.

    Raises:
        DataError: for a model that has no attention, and for one whose steps of sound are not as
            many as it says.
    """
    model.eval()
    with torch.no_grad():
        weights_of = model(collate([features]), need_attention=True).attention
    if not weights_of:
        raise DataError(
            f"{type(model).__name__}, which returns no attention map",
            "a model with attention",
            "load another run.",
        )
    count = step_count(model, len(features.audio))
    spans = step_spans(model, count, hop_s=config.hop_s, window_s=config.window_s)
    labels = _axis_labels(model, features, spans)
    maps = {}
    for text, weights in weights_of.items():
        name = MapName.parse(text)
        keys = labels[name.weighs]
        queries = [name.query]
        if not name.summary:
            queries = labels[name.query]
        real = _without_padding(weights[0], len(queries), len(keys))
        if real is None:
            raise DataError(
                f"map {text!r} of {type(model).__name__}, {weights.shape[2]} × {weights.shape[3]}",
                f"{len(queries)} × {len(keys)}, where {len(features.audio)} MFCC frames make "
                f"{count} steps",
                "set frames_per_step on the model, the MFCC frames that make one of its steps.",
            )
        maps[text] = AttentionMap(text, real.numpy(), queries, keys, spans)
    return maps


def _axis_labels(model: nn.Module, features: Features, spans: np.ndarray) -> dict[str, list]:
    """{modality: the label of each of its words or steps}."""
    video_steps = video_step_count(model, len(features.video))
    return {
        "text": list(features.tokens),
        "audio": spans.mean(1).round(3).tolist(),
        "video": [f"video {number}" for number in range(video_steps)],
    }


def _without_padding(weights: Tensor, queries: int, keys: int) -> Tensor | None:
    """(H, Q, K) with padding -> (H, queries, keys); None where it does not fit these labels."""
    rows = weights[:, :queries]
    real = rows[..., :keys]
    if real.shape[1:] != (queries, keys):
        return None
    if queries and keys:
        lost = (rows.sum(-1) - real.sum(-1)).max()
        if lost > 1e-3:  # padding has no weight, so this is of steps without a label
            return None
    return real
