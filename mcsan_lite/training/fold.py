"""One fold: from the features of its three parts to a trained model and its scores.

In: features of the training, validation and test part, a model class, settings, a seed. Out:
`TrainedFold`. Nothing here reads or writes a file; `runner` does. Everything that can change a
number is reached from `train_fold` and `extract`, so `training_code` is the code that names a run.

Next in the spine: `training.runner`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from torch import nn

from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.parallel.threads import one_thread
from mcsan_lite.training.code.key import code_key
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    Predictions,
    TrainingData,
    fit,
    predict,
    seed_everything,
)

SCORES = ("wa", "ua", "weighted_f1", "macro_f1")


@dataclass(frozen=True)
class FoldFeatures:
    """The features of a fold's three parts, and the order of the classes."""

    train: Sequence[Features]
    valid: Sequence[Features]
    test: Sequence[Features]
    labels: tuple[str, ...]

    @property
    def dims(self) -> Dims:
        """How many numbers a step of sound, text and video has, and how many classes there are."""
        first = self.train[0]
        return Dims(
            first.audio.shape[1], first.text.shape[1], len(self.labels), first.video.shape[1]
        )


@dataclass(frozen=True)
class TrainedFold:
    """A trained model with all that was measured.

    `config` is the model's; `history` and `peeking` have one row per epoch; `scores` are those of
    the test part, as shares.
    """

    model: nn.Module
    config: object
    dims: Dims
    standardizer: Standardizer
    history: pd.DataFrame
    peeking: pd.DataFrame
    predictions: Predictions
    scores: dict[str, float]


@dataclass
class Peeking:
    """The test scores after every epoch: what choosing the epoch by them would have gained.

    `fit` calls it with its own line of the epoch and gets nothing back, and the random state stays
    as it was. So nothing that is trained or chosen can depend on it.
    """

    score: Callable[[], dict[str, float]]
    device: str = "cpu"
    rows: list[dict[str, float]] = field(default_factory=list)

    def __call__(self, row: dict) -> None:
        devices = [self.device] if self.device.startswith("cuda") else []
        with torch.random.fork_rng(devices=devices):
            self.rows.append({"epoch": row["epoch"], **self.score()})


def best_peek(peeking: pd.DataFrame, select: str) -> dict[str, float]:
    """The epoch that is best on the test part by the score that also chooses on validation.

    Args:
        peeking: one row per epoch, with the scores of the test part.
        select: the score that chooses.

    Returns:
        {"peeked_epoch": …, "peeked_wa": …, …}
    """
    best = peeking.iloc[int(np.argmax(peeking[select]))]
    values = {name: float(best[name]) for name in SCORES}
    return {"peeked_epoch": int(best["epoch"]), **{f"peeked_{k}": v for k, v in values.items()}}


@one_thread()
def train_fold(
    model_class: type,
    options: Mapping[str, object],
    config: TrainConfig,
    parts: FoldFeatures,
    *,
    device: str = "cpu",
    on_epoch: Callable[[dict], None] | None = None,
) -> TrainedFold:
    """Train a new model on one fold and score it on the test part.

    The z-normalisation is fitted on the training part, the epoch is chosen on the validation part,
    and the test part is looked at only to report.

    Args:
        model_class: a class with a `Config`, such as `MCSAN`.
        options: fields of the model's `Config`.
        config: settings of the training, its seed included.
        parts: the features of the fold.
        device: "cpu", "cuda", …
        on_epoch: called with a row of the history after every epoch.
    """
    standardizer = Standardizer().fit(parts.train)
    seed_everything(config.seed)
    model_config = model_class.Config(**options)
    model = model_class(parts.dims, model_config)

    def test_predictions() -> Predictions:
        return predict(model, parts.test, parts.labels, standardizer=standardizer, device=device)

    def test_scores() -> dict[str, float]:
        return scores_of(test_predictions(), len(parts.labels))

    peeking = Peeking(test_scores, device)

    def after_epoch(row: dict) -> None:
        peeking(row)
        if on_epoch:
            on_epoch(row)

    data = TrainingData(parts.train, parts.valid, parts.labels, standardizer)
    history = fit(model, data, config, device=device, on_epoch=after_epoch)
    predictions = test_predictions()
    return TrainedFold(
        model=model,
        config=model_config,
        dims=parts.dims,
        standardizer=standardizer,
        history=history,
        peeking=pd.DataFrame(peeking.rows),
        predictions=predictions,
        scores=scores_of(predictions, len(parts.labels)),
    )


def scores_of(predictions: Predictions, classes: int) -> dict[str, float]:
    """WA, UA, weighted and macro F1 of predictions whose labels are known.

    Args:
        predictions: of N utterances.
        classes: how many classes there are.
    """
    return metrics.scores(predictions.true, predictions.pred, classes=classes)


def training_code(model_class: type) -> str:
    """The digits of all code that turns a corpus and settings into a model and its scores."""
    if model_class.__module__ == "__main__":  # its cells may have been run again meanwhile
        return code_key(model_class, train_fold, extract)
    return _code_of_a_file(model_class)


@lru_cache(maxsize=64)
def _code_of_a_file(model_class: type) -> str:
    return code_key(model_class, train_fold, extract)
