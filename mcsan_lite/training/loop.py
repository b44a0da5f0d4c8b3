"""The training loop. It knows no model by name, and no test set is ever passed to it.

In: a model and the features of its training and validation part. Out: the model at its best
validation epoch, and a history with one row per epoch.

Next in the spine: `training.fold`.
"""

from __future__ import annotations

import copy
import random
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import Batch, ModelOutput, Standardizer, batches
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.language.terminal import print_on_any_terminal
from mcsan_lite.features.resident import Resident
from mcsan_lite.models.precision import require_precision
from mcsan_lite.parallel.threads import one_thread
from mcsan_lite.training.config import TrainConfig


@dataclass(frozen=True)
class TrainingData:
    """What `fit` learns from.

    The training part, the validation part that picks the epoch, and the order of the classes.
    `standardizer`, fitted on `train`, normalises both parts one batch at a time. None: they come
    normalised.
    """

    train: Sequence[Features]
    valid: Sequence[Features]
    labels: Sequence[str]
    standardizer: Standardizer | None = None

    def __post_init__(self) -> None:
        for one in (*self.train, *self.valid):
            if one.label not in self.labels:  # -1 would silently count as the last class
                raise ValueError(
                    f"Given: label {one.label!r} of {one.id}. Expected: one of "
                    f"{', '.join(self.labels)}. "
                    "Do: pass the corpus's own labels."
                )


@dataclass(frozen=True)
class Predictions:
    """Class probabilities of utterances.

    Attributes:
        ids: of the utterances, N of them.
        true: (N,) class indices, -1 where the label is unknown.
        prob: (N, C) in the class order of the corpus.
    """

    ids: list[str]
    true: np.ndarray
    prob: np.ndarray

    @property
    def pred(self) -> np.ndarray:
        """(N,) the most probable class."""
        return self.prob.argmax(1)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch: the same seed gives the same bits on one CPU thread."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@one_thread()
def predict(
    model: nn.Module,
    features: Sequence[Features],
    labels: Sequence[str],
    *,
    batch_size: int = 256,
    standardizer: Standardizer | None = None,
    device: str = "cpu",
) -> Predictions:
    """Class probabilities (Eq. 19) of `features`, in their order.

    Args:
        model: gives a `ModelOutput` for a `Batch`; it is moved to `device` and left in eval mode.
        features: N utterances.
        labels: the class order of the corpus.
        batch_size: utterances per batch; it does not change a result.
        standardizer: normalises the features one batch at a time. None: they come normalised.
        device: "cpu", "cuda", …
    """
    model.to(device).eval()
    ids, true, prob = [], [], []
    with torch.no_grad():
        for batch in batches(features, labels, batch_size, standardizer=standardizer):
            ids += batch.ids
            true.append(batch.label.cpu().numpy())
            prob.append(model(batch.to(device)).logits.softmax(-1).cpu().numpy())
    row = {name: i for i, name in enumerate(ids)}
    wanted = [one.id for one in features]
    order = [row[name] for name in wanted]
    return Predictions(wanted, np.concatenate(true)[order], np.concatenate(prob)[order])


def supervised(output: ModelOutput, batch: Batch, smoothing: float = 0.0) -> Tensor:
    """Eq. 20: cross-entropy, the mean over the labelled utterances of a batch.

    It is zero where none is labelled.

    Args:
        output: its logits are (B, C).
        batch: its labels are (B,), -1 where there is none.
        smoothing: this share of the target is spread over all classes.
    """
    total = nn.functional.cross_entropy(
        output.logits,
        batch.label,
        ignore_index=-1,
        reduction="sum",
        label_smoothing=smoothing,
    )
    return total / (batch.label >= 0).sum().clamp(min=1)


def without_labels(train: Sequence[Features], share: float) -> list[Features]:
    """`train` with the labels of about `share` of it taken away.

    The id alone decides which. They are the same for every model, and a larger share contains a
    smaller one.

    Args:
        train: the training part.
        share: between 0 and 1.
    """

    def held_back(one: Features) -> bool:
        return zlib.crc32(f"unlabelled {one.id}".encode()) < share * 2**32

    return [replace(one, label="") if held_back(one) else one for one in train]


@one_thread()
def fit(
    model: nn.Module,
    data: TrainingData,
    config: TrainConfig = TrainConfig(),
    *,
    device: str = "cpu",
    on_epoch: Callable[[dict], None] | None = None,
) -> pd.DataFrame:
    """Train `model` with Adam on cross-entropy (Eq. 20) and leave it at its best validation epoch.

    Seed before you build the model: `config.seed` orders the batches and drives dropout, but the
    weights are there already.

    A model may have methods that `fit` then calls: `loss(output, batch)`, a scalar in place of Eq.
    20, which gets label -1 where a label is held back, and smooths none; `begin_epoch(epoch)`, from
    1; and `finish(train_batches, valid_batches, labels)`, with the best epoch restored and in eval
    mode. Its first two arguments are functions that give the normalised batches in a fixed order.

    Args:
        model: gives a `ModelOutput` for a `Batch`.
        data: the training and validation parts, and the class order.
        config: settings of the training.
        device: "cpu", "cuda", …
        on_epoch: called with a row of the history after every epoch; `text_progress` makes one that
            prints.

    Returns:
        The history, one row per epoch: epoch, loss, valid_loss, valid_wa, valid_ua,
        valid_weighted_f1, valid_macro_f1, seconds.

    Raises:
        DataError: where the device cannot train with this precision.
        FloatingPointError: where a loss is not finite.
    """
    require_precision(config.precision, device)
    seed_everything(config.seed)
    generator = np.random.default_rng(config.seed)
    model.to(device)
    optimizer, schedule = _optimizer(model, config, device)
    train, valid = _parts_on_device(data, config, device)
    best_state, best_score, best_epoch = copy.deepcopy(model.state_dict()), -np.inf, 0
    history = []
    for epoch in range(1, config.epochs + 1):
        start = time.perf_counter()
        epoch_batches = batches(
            train,
            data.labels,
            config.batch_size,
            generator=generator,
            standardizer=data.standardizer,
        )
        model.train()
        if hasattr(model, "begin_epoch"):
            model.begin_epoch(epoch)
        loss = _train_epoch(model, epoch_batches, optimizer, config, generator)
        schedule.step()
        row = {"epoch": epoch, "loss": loss, **_validation(model, valid, data, device)}
        row["seconds"] = time.perf_counter() - start
        _require_finite(row)
        history.append(row)
        if row[f"valid_{config.select}"] > best_score:
            best_state = copy.deepcopy(model.state_dict())
            best_score = row[f"valid_{config.select}"]
            best_epoch = epoch
        if on_epoch:
            on_epoch(row)
        if config.patience and epoch - best_epoch >= config.patience:
            break
    model.load_state_dict(best_state)
    if hasattr(model, "finish"):
        _finish(model, (train, valid), data, config, device)
    return pd.DataFrame(history)


def _optimizer(
    model: nn.Module, config: TrainConfig, device: str
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Adam, and the schedule of its learning rate."""
    optimizer = torch.optim.Adam(
        model.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=torch.device(device).type in ("cpu", "cuda"),  # one kernel for all tensors
    )
    falling_epochs = config.epochs / 3 if config.schedule == "warmdown" else 1

    def rate(epochs_done: int) -> float:
        return min(1.0, (config.epochs - epochs_done) / falling_epochs)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def _parts_on_device(
    data: TrainingData, config: TrainConfig, device: str
) -> tuple[Sequence[Features], Sequence[Features]]:
    """The training part, without the labels that are held back, and the validation part.

    On a GPU both are copied there once.
    """
    train, valid = without_labels(data.train, config.unlabelled), data.valid
    if torch.device(device).type == "cpu":
        return train, valid
    return (
        Resident(train, data.labels, data.standardizer, device),
        Resident(valid, data.labels, data.standardizer, device),
    )


def _train_epoch(
    model: nn.Module,
    epoch_batches: Iterator[Batch],
    optimizer: torch.optim.Optimizer,
    config: TrainConfig,
    generator: np.random.Generator,
) -> float:
    """One step per batch. Returns the mean loss per utterance."""
    device = next(model.parameters()).device
    loss_of = getattr(model, "loss", partial(supervised, smoothing=config.label_smoothing))
    losses, sizes = [], []
    for batch in epoch_batches:
        if config.mask_frames:
            _blank_frames(batch, config.mask_frames, generator)
        batch = batch.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
            output = model(batch)
        loss = loss_of(replace(output, logits=output.logits.float()), batch)
        optimizer.zero_grad()
        loss.backward()
        if config.clip:
            nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        losses.append(loss.detach())  # read at the end of the epoch: reading makes a GPU wait
        sizes.append(len(batch.ids))
    total = sum(loss.item() * size for loss, size in zip(losses, sizes, strict=True))
    return total / sum(sizes)


def _blank_frames(batch: Batch, share: float, generator: np.random.Generator) -> None:
    """Set one random stretch of each utterance's frames to the training mean.

    That is 0 after z-normalisation.
    """
    for row, mask in zip(batch.audio, batch.audio_mask, strict=True):
        frames = int(mask.sum())
        width = int(generator.uniform(0, share) * frames)
        start = int(generator.integers(0, frames - width + 1))
        row[start : start + width] = 0


def _validation(
    model: nn.Module, valid: Sequence[Features], data: TrainingData, device: str
) -> dict[str, float]:
    """Loss and scores of the validation part, their names beginning with valid_."""
    found = predict(model, valid, data.labels, standardizer=data.standardizer, device=device)
    of_true_class = found.prob[np.arange(len(found.true)), found.true]
    loss = float(-np.log(np.clip(of_true_class, 1e-12, None)).mean())
    scores = metrics.scores(found.true, found.pred, classes=len(data.labels))
    return {"valid_loss": loss, **{f"valid_{name}": value for name, value in scores.items()}}


def _require_finite(row: dict[str, float]) -> None:
    """Raise FloatingPointError for a loss that is no number.

    The validation loss sees a last step that broke the weights.
    """
    for name in ("loss", "valid_loss"):
        if not np.isfinite(row[name]):
            raise FloatingPointError(
                f"Given: a {name} of {row[name]} in epoch {row['epoch']}. Expected: a finite "
                "number. "
                "Do: lower learning_rate, or set clip=1.0."
            )


def _finish(
    model: nn.Module,
    parts: Sequence[Sequence[Features]],
    data: TrainingData,
    config: TrainConfig,
    device: str,
) -> None:
    """The model's own last step, in eval mode and with the best epoch restored."""

    def batches_of(part: Sequence[Features]) -> Callable[[], Iterator[Batch]]:
        def in_order() -> Iterator[Batch]:
            made = batches(part, data.labels, config.batch_size, standardizer=data.standardizer)
            return (batch.to(device) for batch in made)

        return in_order

    model.eval()
    model.finish(*map(batches_of, parts), data.labels)


def text_progress(epochs: int, name: str = "") -> Callable[[dict], None]:
    """An `on_epoch` that prints one line per epoch, with the time that is left.

    Works in a terminal, a notebook, a log.

    Args:
        epochs: how many there will be.
        name: of the row, which then begins every line.
    """
    print_on_any_terminal()  # a log of a worker, or of a script of your own, may be in cp1252
    spent = []

    def show(row: dict) -> None:
        spent.append(row["seconds"])
        left = sum(spent) / len(spent) * (epochs - row["epoch"])
        epoch = f"{name + ' · ' if name else ''}epoch {row['epoch']:2d}/{epochs}"
        scores = f"valid WA {row['valid_wa']:.3f} UA {row['valid_ua']:.3f}"
        time_left = f"{row['seconds']:.1f} s · {left:.0f} s left"
        print(f"{epoch} · loss {row['loss']:.3f} · {scores} · {time_left}", flush=True)

    return show
