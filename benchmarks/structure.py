"""What a change of structure could buy in a training of the profile `quick`.

Three things are often said to make training faster. Each of them is measured before anyone builds
it:

- *Larger calls*: several seeds or folds trained as one stacked model. Processor time per utterance
  with batches of 32, 64 and 128 says what fewer and larger calls are worth.
- *No overhead*: the share of a training step that its products, convolutions and LSTMs take. A
  table cannot become faster than this share of its time, as long as these are computed as they are.
- *Early stopping*: the finished trainings of a table in `runs/` have the validation score of every
  epoch, and what the test part would have scored there. So `patience` can be tried on all of them
  without training anything.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile

from mcsan_lite.evaluation.intervals import fold_interval
from mcsan_lite.experiments import corpora
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.paper.table_rows import table3_specs
from mcsan_lite.training import loop

UTTERANCES, ROUNDS = 1600, 5
BATCHES = (32, 64, 128)
PATIENCE = (2, 3, 4)
ARITHMETIC = {  # the kernels of products, convolutions and LSTMs on a CPU with oneDNN
    "aten::mm",
    "aten::addmm",
    "aten::bmm",
    "aten::mkldnn_convolution",
    "aten::convolution_backward",
    "aten::mkldnn_rnn_layer",
    "aten::mkldnn_rnn_layer_backward",
}
TABLE = Path(__file__).parents[1] / "results" / "table3-synthetic-full-folds.csv"


def quick_features(data: str, count: int) -> tuple[list[Features], tuple[str, ...]]:
    """Training utterances of the matching world, and the order of its classes."""
    corpus = corpora.open_corpus(data=data)
    ids = [u.id for u in corpus.utterances if u.split == "train"][:count]
    found, _ = extract(corpus.subset(ids), cache=Path(data) / "cache")
    return list(found), corpus.labels


def train(features: list[Features], labels: tuple[str, ...], batch: int) -> None:
    """One epoch of MCSAN as `quick` trains it, with another batch."""
    spec, *_ = table3_specs("quick", rows=["MCSAN"])
    loop.seed_everything(0)
    dims = Dims(features[0].audio.shape[1], features[0].text.shape[1], len(labels))
    model = MCSAN(dims, MCSANConfig(**spec.options))
    standardizer = Standardizer().fit(features)
    data = loop.TrainingData(features, features[:64], labels, standardizer)
    loop.fit(model, data, replace(spec.train, epochs=1, batch_size=batch))


def larger_calls(data: str, count: int, rounds: int) -> dict[str, float]:
    """Processor time per utterance for each size of batch, in milliseconds.

    The sizes take turns, and the fastest of their rounds counts: what disturbs only adds.
    """
    features, labels = quick_features(data, count)
    train(features, labels, BATCHES[0])  # what is slow only once per process
    fastest = dict.fromkeys(BATCHES, float("inf"))
    for _, batch in product(range(rounds), BATCHES):
        start = time.process_time()
        train(features, labels, batch)
        fastest[batch] = min(fastest[batch], time.process_time() - start)
    return {f"batch_{batch}_ms": 1e3 * s / len(features) for batch, s in fastest.items()}


def arithmetic_share(data: str, count: int) -> float:
    """The share of an epoch that products, convolutions and LSTMs take, forward and backward."""
    features, labels = quick_features(data, count)
    train(features, labels, BATCHES[0])
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        train(features, labels, BATCHES[0])
    seconds = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    arithmetic = sum(spent for name, spent in seconds.items() if name in ARITHMETIC)
    return arithmetic / sum(seconds.values())


def finished_trainings(runs: Path, table: Path = TABLE) -> Iterator[tuple[pd.Series, Path]]:
    """The trainings of a shipped table whose folders are here."""
    for _, training in pd.read_csv(table).iterrows():
        folder = runs / training.run / f"{training.fold}-seed{training.seed}"
        if (folder / "peeking.csv").exists():
            yield training, folder


def stopped(valid: np.ndarray, patience: int) -> tuple[int, int]:
    """Epochs that are computed with this patience, and the epoch that is kept (from 0)."""
    best = 0
    for epoch, score in enumerate(valid):
        if score > valid[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch + 1, best
    return len(valid), best


def early_stopping(runs: str) -> list[dict[str, float]]:
    """For each patience: the share of epochs that is computed, and what it costs in WA, in points.

    The change is the mean over rows and seeds of each fold, with Student's interval over folds.
    """
    changes = []
    for training, folder in finished_trainings(Path(runs)):
        history, peeking = (pd.read_csv(folder / name) for name in ("history.csv", "peeking.csv"))
        _, kept_without = stopped(history.valid_wa.to_numpy(), len(history))
        for patience in PATIENCE:
            computed, kept = stopped(history.valid_wa.to_numpy(), patience)
            change = 100 * (peeking.wa[kept] - peeking.wa[kept_without])
            changes.append((patience, training.fold, computed / len(history), change))
    table = pd.DataFrame(changes, columns=["patience", "fold", "computed", "points"])
    found = []
    for patience, trainings in table.groupby("patience"):
        mean, half_width = fold_interval(trainings.groupby("fold").points.mean())
        found.append(
            {
                "patience": int(patience),
                "trainings": len(trainings),
                "share_of_epochs": float(trainings.computed.mean()),
                "points": mean,
                "half_width": half_width,
            }
        )
    return found


def measure(
    data: str = "data", runs: str = "runs", *, count: int = UTTERANCES, rounds: int = ROUNDS
) -> dict:
    torch.set_num_threads(1)
    return {
        **larger_calls(data, count, rounds),
        "arithmetic_share": arithmetic_share(data, count),
        "early_stopping": early_stopping(runs),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:]), indent=1))
