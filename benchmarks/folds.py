"""(b) Folds side by side on two cores, one thread each, against one after another with two threads
each. Wall time.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch

from mcsan_lite.experiments import corpora
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import extract
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.paper import profiles
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    seed_everything,
)

UTTERANCES, TRAININGS = 1500, 4


def train(seed: int, data: str) -> float:
    """One training in the profile `quick`, cut short; returns its last loss."""
    corpus = corpora.open_corpus(data=data)
    ids = [u.id for u in corpus.utterances if u.split == "train"][:UTTERANCES]
    found, _ = extract(corpus.subset(ids), cache=Path(data) / "cache")
    seed_everything(seed)
    model = MCSAN(
        Dims(40, found[0].text.shape[1], len(corpus.labels)),
        MCSANConfig(**profiles.PROFILES["quick"].options),
    )
    history = fit(
        model,
        TrainingData(found, found[:32], corpus.labels, Standardizer().fit(found)),
        TrainConfig(epochs=3, batch_size=32, seed=seed),
    )
    return float(history.loss.iloc[-1])


def measure(data: str = "data") -> dict[str, float]:
    items = [(seed, data) for seed in range(TRAININGS)]
    train(0, data)  # the corpus, its features and every import are there before the clock starts
    fan_out(train, items[:2], jobs=2)  # and so are the workers
    start = time.perf_counter()
    side_by_side = fan_out(train, items, jobs=2)
    together = time.perf_counter() - start
    torch.set_num_threads(2)
    start = time.perf_counter()
    one_by_one = [train(*item) for item in items]
    alone = time.perf_counter() - start
    torch.set_num_threads(1)
    apart = max(abs(a - b) for a, b in zip(side_by_side, one_by_one, strict=True))
    return {
        "trainings": TRAININGS,
        "sequential_two_threads_s": alone,
        "two_jobs_one_thread_s": together,
        "ratio": alone / together,
        "largest_difference_of_losses": apart,
    }


if __name__ == "__main__":
    print(measure())
