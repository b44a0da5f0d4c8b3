"""One training loop. It knows no model by name, and no test set is ever passed to it."""

from __future__ import annotations

import copy
import random
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import Batch, ModelOutput, Standardizer, batches
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.resident import Resident


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one training. The defaults are the paper's for IEMOCAP."""

    epochs: int = 30  # paper 3.2 (MELD: 20)
    batch_size: int = 256  # paper 3.2
    learning_rate: float = 1e-3  # paper 3.2, Adam (MELD: 0.0005)
    schedule: str = "constant"  # paper silent; "warmdown": constant, then linearly to zero over the last third of the epochs
    weight_decay: float = 0.0  # paper silent
    clip: float = 0.0  # paper silent: largest gradient norm, 0 = none
    mask_frames: float = 0.0  # paper silent: largest share of MFCC frames blanked in training (SpecAugment), 0 = none
    select: str = "wa"  # paper silent: validation score that picks the epoch
    precision: str = "float32"  # paper silent; "bfloat16": matrix products in half the bits, faster where the CPU has them
    unlabelled: float = 0.0  # not in the paper: share of training utterances, chosen by their id, whose label is held back
    seed: int = 0

    def __post_init__(self) -> None:
        for name, good, need in (
            ("epochs", self.epochs > 0, "above 0"),
            ("batch_size", self.batch_size > 0, "above 0"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("clip", self.clip >= 0, "0 or more"),
            ("mask_frames", 0 <= self.mask_frames <= 1, "between 0 and 1"),
            ("unlabelled", 0 <= self.unlabelled < 1, "0 or more, below 1"),
            ("schedule", self.schedule in ("constant", "warmdown"), "'constant' or 'warmdown'"),
            ("precision", self.precision in ("float32", "bfloat16"), "'float32' or 'bfloat16'"),
            (
                "select",
                self.select in ("wa", "ua", "weighted_f1", "macro_f1"),
                "'wa', 'ua', 'weighted_f1' or 'macro_f1'",
            ),
        ):
            if not good:
                raise ValueError(
                    f"Given: {name}={getattr(self, name)!r}. Expected: {need}. Do: change {name}."
                )


@lru_cache(maxsize=8)
def bfloat16_trains(device: str = "cpu") -> bool:
    """Whether an LSTM can be trained in bfloat16 on `device`: processors with AVX2 only have no kernel for it."""
    kind = torch.device(device).type
    lstm = nn.LSTM(4, 4, batch_first=True, bidirectional=True).to(device)
    try:
        with torch.autocast(kind, torch.bfloat16):
            states, _ = lstm(torch.zeros(1, 2, 4, device=device))  # (B, T, 4) -> (B, T, 8)
        states.float().sum().backward()
    except RuntimeError:
        return False
    return True


def require_precision(precision: str, device: str = "cpu") -> None:
    """Raise DataError where `device` cannot train with `precision`. The random state stays as it was."""
    if precision != "bfloat16":
        return
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        works = bfloat16_trains(device)
    if not works:
        raise DataError(
            f"precision 'bfloat16' on {device}, for which this machine has no LSTM kernel",
            "a processor with AVX-512 or AMX, or a GPU",
            "take precision 'float32' (on the command line, leave --precision out).",
        )


@dataclass(frozen=True)
class Predictions:
    """`prob` (N, C) in the corpus's class order; `true` and `pred` are class indices, -1 where unknown."""

    ids: list[str]
    true: np.ndarray
    prob: np.ndarray

    @property
    def pred(self) -> np.ndarray:
        return self.prob.argmax(1)


def seed_everything(seed: int) -> None:
    """Same seed, same bits (on one CPU thread)."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _blank_frames(batch, share: float, generator: np.random.Generator) -> None:
    """Set one random stretch of each utterance's frames to the training mean, which is zero after z-normalisation."""
    for row, mask in zip(batch.audio, batch.audio_mask, strict=True):
        frames = int(mask.sum())
        width = int(generator.uniform(0, share) * frames)
        start = int(generator.integers(0, frames - width + 1))
        row[start : start + width] = 0


def predict(
    model: nn.Module,
    features: Sequence[Features],
    labels: Sequence[str],
    *,
    batch_size: int = 256,
    normal: Standardizer | None = None,
    device: str = "cpu",
) -> Predictions:
    """Class probabilities (Eq. 19) in the order of `features`. `normal` normalises them, a batch at a time."""
    model.to(device).eval()
    ids, true, prob = [], [], []
    with torch.no_grad():
        for batch in batches(features, labels, batch_size, normal=normal):
            ids += batch.ids
            true.append(batch.label.cpu().numpy())
            prob.append(model(batch.to(device)).logits.softmax(-1).cpu().numpy())
    row = {name: i for i, name in enumerate(ids)}
    order = [row[f.id] for f in features]
    return Predictions(
        [f.id for f in features], np.concatenate(true)[order], np.concatenate(prob)[order]
    )


def supervised(output: ModelOutput, batch: Batch) -> Tensor:
    """Eq. 20: cross-entropy, the mean over the labelled utterances of the batch; zero where none is labelled."""
    total = nn.functional.cross_entropy(
        output.logits, batch.label, ignore_index=-1, reduction="sum"
    )
    return total / (batch.label >= 0).sum().clamp(min=1)


def without_labels(train: Sequence[Features], share: float) -> list[Features]:
    """`train` with the label of about `share` of it taken away. The id alone decides which: they are the same in every
    model, and a larger share contains a smaller one."""
    return [
        replace(f, label="") if zlib.crc32(f"unlabelled {f.id}".encode()) < share * 2**32 else f
        for f in train
    ]


def fit(
    model: nn.Module,
    train: Sequence[Features],
    valid: Sequence[Features],
    labels: Sequence[str],
    config: TrainConfig,
    *,
    normal: Standardizer | None = None,
    device: str = "cpu",
    on_epoch: Callable[[dict], None] | None = None,
) -> pd.DataFrame:
    """Train with Adam on cross-entropy (Eq. 20) and leave the model at its best validation epoch.

    Returns the history, a row an epoch: epoch, loss, valid_loss, valid WA, UA, weighted and macro F1, seconds.
    The caller seeds before it builds the model; `config.seed` here orders the batches and drives dropout. `normal`,
    fitted on `train`, normalises both parts a batch at a time; without it they come normalised.

    A model may have, and `fit` then calls: `loss(output, batch)`, a scalar in place of Eq. 20, which gets label -1 where
    the label is held back; `begin_epoch(epoch)`, from 1; `finish(train_batches, valid_batches, labels)` with the best
    epoch restored and in eval mode: two functions without arguments that give the normalised batches in a fixed order.
    """
    for f in (*train, *valid):
        if f.label not in labels:  # -1 would silently count as the last class
            raise ValueError(
                f"Given: label {f.label!r} of {f.id}. Expected: one of {', '.join(labels)}. "
                "Do: pass the corpus's own labels."
            )
    require_precision(config.precision, device)
    train = without_labels(train, config.unlabelled)
    loss_of = getattr(model, "loss", supervised)
    seed_everything(config.seed)
    generator = np.random.default_rng(config.seed)
    model.to(device)
    kind = torch.device(device).type
    optimizer = torch.optim.Adam(
        model.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=kind in ("cpu", "cuda"),
    )  # one kernel for all tensors
    down = config.epochs / 3 if config.schedule == "warmdown" else 1
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda done: min(1.0, (config.epochs - done) / down)
    )
    if kind != "cpu":
        train, valid = (Resident(part, labels, normal, device) for part in (train, valid))
    best, best_score, history = copy.deepcopy(model.state_dict()), -np.inf, []
    for epoch in range(1, config.epochs + 1):
        model.train()
        if hasattr(model, "begin_epoch"):
            model.begin_epoch(epoch)
        start, losses = time.perf_counter(), []
        for batch in batches(train, labels, config.batch_size, generator=generator, normal=normal):
            if config.mask_frames:
                _blank_frames(batch, config.mask_frames, generator)
            batch = batch.to(device)
            with torch.autocast(kind, torch.bfloat16, enabled=config.precision == "bfloat16"):
                output = model(batch)
            loss = loss_of(replace(output, logits=output.logits.float()), batch)
            optimizer.zero_grad()
            loss.backward()
            if config.clip:
                nn.utils.clip_grad_norm_(model.parameters(), config.clip)
            optimizer.step()
            losses.append(
                (loss.detach(), len(batch.ids))
            )  # read at the end of the epoch: reading makes a GPU wait
        schedule.step()
        found = predict(model, valid, labels, normal=normal, device=device)
        chosen = np.clip(found.prob[np.arange(len(found.true)), found.true], 1e-12, None)
        row = {
            "epoch": epoch,
            "loss": sum(loss.item() * n for loss, n in losses) / len(train),
            "valid_loss": float(-np.log(chosen).mean()),
            **{
                f"valid_{k}": v
                for k, v in metrics.scores(found.true, found.pred, classes=len(labels)).items()
            },
            "seconds": time.perf_counter() - start,
        }
        for name in ("loss", "valid_loss"):  # the second sees a last step that broke the weights
            if not np.isfinite(row[name]):
                raise FloatingPointError(
                    f"Given: a {name} of {row[name]} in epoch {epoch}. Expected: a finite number. "
                    "Do: lower learning_rate, or set clip=1.0."
                )
        history.append(row)
        if row[f"valid_{config.select}"] > best_score:
            best, best_score = copy.deepcopy(model.state_dict()), row[f"valid_{config.select}"]
        if on_epoch:
            on_epoch(row)
    model.load_state_dict(best)
    if hasattr(model, "finish"):
        model.eval()
        parts = (
            (
                lambda part=part: (
                    b.to(device) for b in batches(part, labels, config.batch_size, normal=normal)
                )
            )
            for part in (train, valid)
        )
        model.finish(*parts, labels)
    return pd.DataFrame(history)


def text_progress(epochs: int, name: str = "") -> Callable[[dict], None]:
    """An `on_epoch` that prints one line an epoch, with the time that is left. Works in a terminal, a notebook, a log."""
    spent = []

    def show(row: dict) -> None:
        spent.append(row["seconds"])
        left = sum(spent) / len(spent) * (epochs - row["epoch"])
        print(
            f"{name + ' · ' if name else ''}epoch {row['epoch']:2d}/{epochs} · loss {row['loss']:.3f} · "
            f"valid WA {row['valid_wa']:.3f} UA {row['valid_ua']:.3f} · {row['seconds']:.1f} s · "
            f"{left:.0f} s left",
            flush=True,
        )

    return show
