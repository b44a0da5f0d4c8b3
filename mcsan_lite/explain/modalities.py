"""What the sound gives, what the words give, and whether the model ever combines them.

Two exact answers: Shapley values with the two modalities as players, and EMAP, the best model of the form
"something from the sound + something from the words" that this model contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.intervals import fold_interval, share_interval
from mcsan_lite.explain.faithfulness import logits_of, without
from mcsan_lite.features.batch import collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.baselines.can import CAN
from mcsan_lite.models.mcsan import MCSAN

ABSENT = {"mean": 0.0, "empty": None}  # what `without` puts in the place of an absent modality


def shapley(
    model: nn.Module,
    features: Sequence[Features],
    targets: Sequence[int] | None = None,
    *,
    absent: str = "mean",
    measure: str = "logit",
) -> pd.DataFrame:
    """Shapley 1953 with two players: what sound and words each add to the value of a class, a row an utterance.

    features: normalised; targets: a class index each, None = the predicted one. measure: "logit" (less the mean over
    classes: a constant added to all of them changes nothing) or "probability". Columns: label, the true one; v(none),
    v(audio), v(text), v(both); audio and text, the Shapley values, which sum to v(both) - v(none); and interaction,
    v(both) - v(audio) - v(text) + v(none), which the two share equally.

    A model has no value "without sound", so one must be chosen. absent="mean": every frame is the training mean, every
    word unknown, the lengths still tell. absent="empty": no frame, no word at all. Unless a corpus misses modalities,
    neither occurred in training: report both, and trust what they agree on. Raises DataError for CAN with "empty".
    """
    filler = ABSENT[require_name(absent, ABSENT, "absent")]
    if absent == "empty" and isinstance(model, CAN):
        raise DataError(
            "CAN without any word",
            "a model that can do without: CAN hears sound only within words",
            "take absent='mean'.",
        )
    require_name(measure, ("logit", "probability"), "measure")

    def drop(one: Features, *modalities: str) -> Features:
        for modality in modalities:
            one = without(one, modality, np.ones(len(getattr(one, modality)), bool), filler)
        return one

    coalitions = {
        "v(none)": ("audio", "text"),
        "v(audio)": ("text",),
        "v(text)": ("audio",),
        "v(both)": (),
    }
    logits = {
        name: logits_of(model, [drop(one, *gone) for one in features])
        for name, gone in coalitions.items()
    }
    chosen = logits["v(both)"].argmax(1) if targets is None else np.asarray(targets)
    classes = logits["v(both)"].shape[1]
    if chosen.shape != (len(features),) or not ((chosen >= 0) & (chosen < classes)).all():
        raise DataError(
            f"targets {chosen}",
            f"{len(features)} class indices from 0 to {classes - 1}",
            "pass one each.",
        )

    def value(z: np.ndarray) -> np.ndarray:
        scale = (
            z - z.mean(1, keepdims=True)
            if measure == "logit"
            else torch.from_numpy(z).softmax(-1).numpy()
        )
        return scale[np.arange(len(z)), chosen].astype(float)  # (N, C) -> (N,)

    table = pd.DataFrame(
        {"label": [f.label for f in features], **{name: value(z) for name, z in logits.items()}},
        pd.Index([f.id for f in features], name="id"),
    )
    none, audio, text, both = (table[name] for name in coalitions)
    return table.assign(
        audio=((audio - none) + (both - text)) / 2,
        text=((text - none) + (both - audio)) / 2,
        interaction=both - audio - text + none,
    )


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


def pairings(model: nn.Module, features: Sequence[Features], *, block: int = 24) -> np.ndarray:
    """(N, N, C) logits of every transcript (row) with every sound (column). N² forward passes, `block`² at a time at most;
    an MCSAN of words and sound encodes each utterance once.

    What else an utterance holds, such as video, stays with its sound. Word times are left out: when a word is said, only
    its own sound knows. Raises DataError for CAN, which cannot do without them.
    """
    if isinstance(model, CAN):
        raise DataError(
            "CAN, which hears sound only at its words' times",
            "a model without word times: in the sound of another utterance they mean nothing",
            "take shapley(…, absent='mean'), or another run.",
        )
    blocks = {
        m: [order[i : i + block] for i in range(0, len(features), block)]
        for m in ("text", "audio")
        for order in [np.argsort([len(getattr(f, m)) for f in features], kind="stable")]
    }  # little padding
    model.eval()

    def encode(rows: np.ndarray) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        return model.encode(collate([features[i] for i in rows]))

    logits: np.ndarray | None = None
    with torch.no_grad():
        if caches := isinstance(model, MCSAN) and not model.config.use_video:
            known = {m: [encode(rows) for rows in found] for m, found in blocks.items()}
        for t, words in enumerate(blocks["text"]):
            for a, sounds in enumerate(blocks["audio"]):
                i, j = (
                    x.ravel()
                    for x in np.meshgrid(range(len(words)), range(len(sounds)), indexing="ij")
                )
                if caches:
                    source = {"text": (known["text"][t], i), "audio": (known["audio"][a], j)}
                    used = known["text"][t][0]  # a model of one modality encodes only that
                    streams, masks = (
                        {m: source[m][0][k][m][source[m][1]] for m in used} for k in (0, 1)
                    )
                    with _encoded(model, streams, masks):
                        out = model(None).logits.numpy()
                else:
                    out = logits_of(
                        model,
                        [
                            replace(
                                features[sounds[y]],
                                text=features[words[x]].text,
                                tokens=features[words[x]].tokens,
                                spans=np.zeros((0, 2), np.float32),
                            )
                            for x, y in zip(i, j, strict=True)
                        ],
                    )
                if logits is None:
                    logits = np.empty((len(features), len(features), out.shape[1]), np.float32)
                logits[words[i], sounds[j]] = out
    return logits


def emap(model: nn.Module, features: Sequence[Features], *, block: int = 24) -> np.ndarray:
    """Hessel & Lee 2020, empirical multimodally-additive projection: the (N, C) logits of the additive model that is
    nearest to this one over all N² pairings, text effect + audio effect - mean.

    features: N normalised utterances, at least two; what an utterance gets depends on the others. A pairing puts one
    utterance's words to another's sound: inputs that were never said. Raises DataError for fewer than two.
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
    """Does the model use an interaction of sound and words? Its WA beside its EMAP's on the same utterances.

    Rows "model", "EMAP" (Wilson intervals) and "difference" (paired, Student t over utterances); columns wa, low, high,
    n. A difference of zero: the *decisions* need no interaction, not that the model computes none.
    """
    labels = list(labels)
    true = np.array(
        [labels.index(require_name(f.label, labels, f"label of {f.id}:")) for f in features]
    )
    right = {
        name: logits.argmax(1) == true
        for name, logits in (
            ("EMAP", emap(model, features, block=block)),
            ("model", logits_of(model, features)),
        )
    }
    mean, half = fold_interval(right["model"].astype(float) - right["EMAP"])
    rows = {
        name: (right[name].mean(), *share_interval(right[name].mean(), len(true)))
        for name in ("model", "EMAP")
    }
    rows["difference"] = (mean, mean - half, mean + half)
    return pd.DataFrame(rows, ["wa", "low", "high"]).T.assign(n=len(true))
