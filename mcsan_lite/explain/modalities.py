"""What the sound gives, what the words give, and whether the model ever combines them.

In: a model and normalised utterances. Out: tables with one row per utterance, or the logits of
every pairing.

Two exact answers: Shapley values with the two modalities as players, and EMAP, the function of the
form "something from the sound + something from the words" that is closest to this model in squared
error over all pairings. It is a projection of this model, not the best additive model there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.intervals import fold_interval, share_interval
from mcsan_lite.explain.faithfulness import logits_of, without
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import Features

_FILLERS = {"mean": 0.0, "empty": None}  # what `without` puts in the place of an absent modality
_ABSENT_FROM = {  # coalition -> the modalities that are absent
    "v(none)": ("audio", "text"),
    "v(audio)": ("text",),
    "v(text)": ("audio",),
    "v(both)": (),
}


def _drop(one: Features, modalities: Sequence[str], filler: float | None) -> Features:
    for modality in modalities:
        every_row = np.ones(len(getattr(one, modality)), bool)
        one = without(one, modality, every_row, filler)
    return one


def _chosen_classes(logits: np.ndarray, targets: Sequence[int] | None) -> np.ndarray:
    """(N,) the targets, or the predicted classes of (N, C)."""
    if targets is None:
        return logits.argmax(1)
    chosen, (n, classes) = np.asarray(targets), logits.shape
    if chosen.shape != (n,) or not ((chosen >= 0) & (chosen < classes)).all():
        raise DataError(
            f"targets {chosen}", f"{n} class indices from 0 to {classes - 1}", "pass one each."
        )
    return chosen


def _value(logits: np.ndarray, chosen: np.ndarray, measure: str) -> np.ndarray:
    """(N, C), (N,) -> (N,) the value of the chosen class."""
    if measure == "logit":
        scale = logits - logits.mean(1, keepdims=True)
    else:
        scale = torch.from_numpy(logits).softmax(-1).numpy()
    return scale[np.arange(len(logits)), chosen].astype(float)


def shapley(
    model: nn.Module,
    features: Sequence[Features],
    targets: Sequence[int] | None = None,
    *,
    absent: str = "mean",
    measure: str = "logit",
) -> pd.DataFrame:
    """Shapley 1953 with two players: what sound and words each add to the value of a class.

    A model has no value "without sound", so one must be chosen. absent="mean": every frame is the
    training mean, every word unknown, the lengths still tell. absent="empty": no frame, no word at
    all. Unless a corpus misses modalities, neither occurred in training: report both, and trust
    what they agree on.

    Args:
        model: any model.
        features: normalised utterances.
        targets: a class index each; None is the predicted one.
        absent: "mean" or "empty".
        measure: "logit" (less the mean over classes: a constant added to all of them changes
            nothing) or "probability".

    Returns:
        One row per utterance: label, the true one; v(none), v(audio), v(text), v(both); audio and
        text, the Shapley values, which sum to v(both) - v(none); and interaction, v(both) -
        v(audio) - v(text) + v(none), which the two share equally.

    Raises:
        DataError: with "empty", for a model that hears sound only within words.
    """
    filler = _FILLERS[require_name(absent, _FILLERS, "absent")]
    if absent == "empty" and getattr(model, "needs_word_frames", False):
        raise DataError(
            f"{type(model).__name__} without any word",
            "a model that can do without: this one hears sound only within words",
            "take absent='mean'.",
        )
    require_name(measure, ("logit", "probability"), "measure")
    logits = {
        coalition: logits_of(model, [_drop(one, gone, filler) for one in features])
        for coalition, gone in _ABSENT_FROM.items()
    }
    chosen = _chosen_classes(logits["v(both)"], targets)
    columns = {"label": [one.label for one in features]}
    for coalition, of_coalition in logits.items():
        columns[coalition] = _value(of_coalition, chosen, measure)
    table = pd.DataFrame(columns, pd.Index([one.id for one in features], name="id"))
    none, audio, text, both = (table[coalition] for coalition in _ABSENT_FROM)
    return table.assign(
        audio=((audio - none) + (both - text)) / 2,
        text=((text - none) + (both - audio)) / 2,
        interaction=both - audio - text + none,
    )


class _Encoding(NamedTuple):
    """What `MCSAN.encode` gives."""

    streams: dict[str, Tensor]
    masks: dict[str, Tensor]


@contextmanager
def _encoded(
    model: nn.Module, streams: dict[str, Tensor], masks: dict[str, Tensor]
) -> Iterator[None]:
    """The model goes on from these encodings, whatever batch it is given."""
    try:
        model.encode = lambda _batch: (streams, masks)
        yield
    finally:
        del model.encode


def _blocks(features: Sequence[Features], modality: str, size: int) -> list[np.ndarray]:
    """Numbers of utterances, `size` in a block, in the order of their length: little is padding."""
    lengths = [len(getattr(one, modality)) for one in features]
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + size] for start in range(0, len(features), size)]


class _PlainPairs:
    """Logits of pairs, by passes of the whole model."""

    def __init__(self, model: nn.Module, features: Sequence[Features]) -> None:
        self.model, self.features = model, features

    def logits(self, words: np.ndarray, sounds: np.ndarray) -> np.ndarray:
        """(n,), (n,) numbers of utterances -> (n, C)."""
        pairs = []
        for word, sound in zip(words, sounds, strict=True):
            spoken = self.features[word]
            pair = replace(
                self.features[sound],
                text=spoken.text,
                tokens=spoken.tokens,
                spans=np.zeros((0, 2), np.float32),
            )
            pairs.append(pair)
        return logits_of(self.model, pairs)


class _EncodedPairs:
    """The same of a model with open streams: each utterance is encoded once, in its block."""

    def __init__(
        self,
        model: nn.Module,
        features: Sequence[Features],
        blocks: dict[str, list[np.ndarray]],
    ) -> None:
        self.model = model
        self.encodings: dict[tuple[str, int], tuple[_Encoding, int]] = {}
        for modality, several in blocks.items():
            for block in several:
                encoding = _Encoding(*model.encode(collate([features[i] for i in block])))
                for row, utterance in enumerate(block):
                    self.encodings[modality, int(utterance)] = (encoding, row)

    def logits(self, words: np.ndarray, sounds: np.ndarray) -> np.ndarray:
        """(n,), (n,) numbers of utterances, each of one block -> (n, C)."""
        streams, masks = {}, {}
        for modality, utterances in (("audio", sounds), ("text", words)):
            known = [self.encodings[modality, int(utterance)] for utterance in utterances]
            encoding, _ = known[0]
            rows = [row for _, row in known]
            if modality in encoding.streams:  # a model of one modality encodes only that
                streams[modality] = encoding.streams[modality][rows]
                masks[modality] = encoding.masks[modality][rows]
        with _encoded(self.model, streams, masks):
            return self.model(None).logits.numpy()


def pairings(model: nn.Module, features: Sequence[Features], *, block: int = 24) -> np.ndarray:
    """The logits of every transcript with every sound, by N² forward passes.

    A model with open streams, an MCSAN of words and sound, encodes each utterance once. What else
    an utterance holds, such as video, stays with its sound. Word times are left out: when a word
    is said, only its own sound knows.

    Args:
        model: any model that needs no word times.
        features: N normalised utterances.
        block: at most block² pairs share a pass.

    Returns:
        (N, N, C): a row is a transcript, a column a sound.

    Raises:
        DataError: for a model that cannot do without word times.
    """
    if getattr(model, "needs_word_frames", False):
        raise DataError(
            f"{type(model).__name__}, which hears sound only at its words' times",
            "a model without word times: in the sound of another utterance they mean nothing",
            "take shapley(…, absent='mean'), or another run.",
        )
    blocks = {modality: _blocks(features, modality, block) for modality in ("text", "audio")}
    model.eval()
    found = []
    with torch.no_grad():
        pairs: _PlainPairs | _EncodedPairs = _PlainPairs(model, features)
        if getattr(model, "open_streams", False):
            pairs = _EncodedPairs(model, features, blocks)
        for texts in blocks["text"]:
            for sounds in blocks["audio"]:
                words_of, sound_of = np.repeat(texts, len(sounds)), np.tile(sounds, len(texts))
                found.append((words_of, sound_of, pairs.logits(words_of, sound_of)))
    _, _, first = found[0]
    logits = np.empty((len(features), len(features), first.shape[1]), np.float32)
    for words_of, sound_of, of_pairs in found:
        logits[words_of, sound_of] = of_pairs
    return logits


def emap(model: nn.Module, features: Sequence[Features], *, block: int = 24) -> np.ndarray:
    """Empirical multimodally-additive projection: the additive model that is nearest to this one
    over all pairings.

    It is text effect + audio effect - mean. A pairing puts one utterance's words to another's
    sound: inputs that were never said. Source: Hessel & Lee 2020.

    Args:
        model: any model that needs no word times.
        features: N normalised utterances, at least two; what an utterance gets depends on the
            others.
        block: at most block² pairs share a pass.

    Returns:
        (N, C) logits.

    Raises:
        DataError: for fewer than two utterances.
    """
    if len(features) < 2:
        raise DataError(
            f"{len(features)} utterance",
            "at least two, to pair each with the other",
            "pass more of them.",
        )
    logits = pairings(model, features, block=block).astype(float)
    return logits.mean(1) + logits.mean(0) - logits.mean((0, 1))  # (N, C)


def interaction(
    model: nn.Module, features: Sequence[Features], labels: Sequence[str], *, block: int = 24
) -> pd.DataFrame:
    """Does the model use an interaction of sound and words? Its WA beside its EMAP's on the same
    utterances.

    A difference of zero says that the *decisions* need no interaction, not that the model computes
    none.

    Args:
        model: any model that needs no word times.
        features: normalised utterances, at least two.
        labels: the order of the classes.
        block: at most block² pairs share a pass.

    Returns:
        Rows "model", "EMAP" (Wilson intervals) and "difference" (paired, Student t over
        utterances); columns wa, low, high, n.
    """
    labels = list(labels)
    true = np.array(
        [labels.index(require_name(one.label, labels, f"label of {one.id}:")) for one in features]
    )
    emap_right = emap(model, features, block=block).argmax(1) == true
    model_right = logits_of(model, features).argmax(1) == true
    rows = {}
    for name, right in (("model", model_right), ("EMAP", emap_right)):
        wa = right.mean()
        rows[name] = (wa, *share_interval(wa, len(true)))
    mean, half_width = fold_interval(model_right.astype(float) - emap_right)
    rows["difference"] = (mean, mean - half_width, mean + half_width)
    return pd.DataFrame(rows, ["wa", "low", "high"]).T.assign(n=len(true))
