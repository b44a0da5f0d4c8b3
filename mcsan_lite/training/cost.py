"""What a grid will cost, measured before it starts.

In: specs and a corpus. Out: a data frame with one row per spec: trainings to do and seconds for
each. The seconds are those of finished folds where there are some, else they come from a few timed
steps on the corpus's own lengths.
"""

from __future__ import annotations

import heapq
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mcsan_lite.features.batch import Standardizer
from mcsan_lite.features.extraction import FeatureConfig, Features, extract
from mcsan_lite.parallel.threads import one_thread
from mcsan_lite.training.fold import FoldFeatures
from mcsan_lite.training.grid import Grid
from mcsan_lite.training.loop import TrainingData, fit, predict, seed_everything
from mcsan_lite.training.runner import RunOptions, fold_features
from mcsan_lite.training.saved.result import result_is_there, whole_result
from mcsan_lite.training.spec import Spec

BUDGET_S = 0.2  # of timed steps per row; beyond it batches are not made larger
FIRST_BATCH = 16


def estimate(grid: Grid, options: RunOptions = RunOptions()) -> pd.DataFrame:
    """How many trainings are still to do, and how long they will take.

    Features are extracted first where they are missing: that is not in the estimate.

    Args:
        grid: what is to be trained.
        options: where and with what.

    Returns:
        One row per spec: trainings, seconds for each, what that is measured on, the total in
        seconds. `attrs["wall_s"]` is the time until everything is done, if `options.jobs` workers
        do not slow each other down.
    """
    rows, waiting = [], []
    corpus = grid.corpus
    features_of: dict[FeatureConfig, dict[str, Features]] = {}
    for spec in grid.specs:
        home = grid.home(spec, options.runs)
        unfinished = [
            training
            for training in grid.trainings(spec, home)
            if not result_is_there(training.folder)
        ]
        seconds, measured_on = _seconds_of_finished(home, options.device), "finished folds"
        if seconds is None and unfinished:
            if spec.features not in features_of:
                features, _ = extract(corpus, spec.features, cache=options.cache, jobs=options.jobs)
                features_of[spec.features] = {one.id: one for one in features}
            parts = fold_features(corpus, unfinished[0].fold, features_of[spec.features])
            seconds = _seconds_of_a_training(spec, grid.model_class(spec), parts, options.device)
            measured_on = "a few steps"
        elif seconds is None:
            seconds, measured_on = 0.0, ""
        rows.append(
            {
                "row": spec.name,
                "trainings": len(unfinished),
                "seconds": seconds,
                "measured on": measured_on,
                "total": len(unfinished) * seconds,
            }
        )
        waiting += [seconds] * len(unfinished)
    table = pd.DataFrame(rows).set_index("row")
    table.attrs["wall_s"] = wall(waiting, options.jobs)
    return table


def wall(seconds: Sequence[float], jobs: int) -> float:
    """Seconds until `jobs` workers are done, each taking the next task when it is free.

    Args:
        seconds: of every task, in order.
        jobs: how many workers there are.
    """
    free_at = [0.0] * max(1, jobs)
    for task in seconds:
        heapq.heapreplace(free_at, free_at[0] + task)
    return max(free_at)


def _seconds_of_finished(home: Path, device: str) -> float | None:
    """The median time of this run's finished folds on this kind of device; None without any."""
    results = [whole_result(file.parent) for file in home.glob("*/metrics.json")]
    seconds = [
        result["seconds"]
        for result in results
        if result is not None and result.get("device") == device and "seconds" in result
    ]
    return float(np.median(seconds)) if seconds else None


def _seconds_of_a_training(
    spec: Spec, model_class: type, parts: FoldFeatures, device: str
) -> float:
    """Seconds of one training, from the loop itself.

    A small batch costs more per utterance, the less the model computes. So batches grow until they
    have the spec's size, or until the budget is spent.
    """
    by_length = sorted(parts.train, key=lambda one: len(one.audio) or len(one.text))
    with _one_thread_and_the_same_random_state():
        seed_everything(0)
        model = model_class(parts.dims, model_class.Config(**spec.options))
        standardizer = Standardizer().fit(by_length[:: max(1, len(by_length) // 50)])
        stopwatch = Stopwatch(model, spec, by_length, parts.labels, standardizer, device)
        stopwatch.time(1)  # what is slow only once per process
        size, spent = min(FIRST_BATCH, spec.train.batch_size), 0.0
        while True:
            start = time.perf_counter()
            step, look = stopwatch.time(size)
            spent += time.perf_counter() - start
            if size >= spec.train.batch_size or spent > BUDGET_S:
                break
            size = min(4 * size, spec.train.batch_size)
    looked_at = len(parts.valid) + len(parts.test)  # the test part for `peeking.csv`
    epoch = step * len(by_length) + look * looked_at
    return float(spec.train.epochs * epoch + look * len(parts.test))


@contextmanager
def _one_thread_and_the_same_random_state() -> Iterator[None]:
    """One thread, as in a fold; afterwards threads and random state are as before."""
    random_state = torch.random.get_rng_state()
    try:
        with one_thread():
            yield
    finally:
        torch.random.set_rng_state(random_state)


@dataclass(frozen=True)
class Stopwatch:
    """Times the training loop on utterances of three lengths.

    Batches are of similar length, so those in the middle of each third of the sorted training part
    stand for all.
    """

    model: torch.nn.Module
    spec: Spec
    by_length: Sequence[Features]
    labels: tuple[str, ...]
    standardizer: Standardizer
    device: str

    def time(self, size: int) -> tuple[float, float]:
        """Seconds to train on one utterance, and seconds to predict one, in batches of `size`.

        Three epochs are trained, of which the first warms up.
        """
        size = min(size, max(1, len(self.by_length) // 3))
        sample = self._sample(size)
        data = TrainingData(sample, sample[-1:], self.labels, self.standardizer)
        config = replace(self.spec.train, epochs=3, batch_size=size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one utterance is not of every class
            history = fit(self.model, data, config, device=self.device)
        start = time.perf_counter()
        for third in range(0, len(sample), size):
            predict(
                self.model,
                sample[third : third + size],
                self.labels,
                standardizer=self.standardizer,
                device=self.device,
            )
        look = (time.perf_counter() - start) / len(sample)
        return history.seconds.iloc[1:].min() / len(sample), look

    def _sample(self, size: int) -> list[Features]:
        """`size` utterances around the middle of each third of the lengths."""
        count, sample = len(self.by_length), []
        for share in (1 / 6, 1 / 2, 5 / 6):
            start = max(0, min(count - size, int(count * share - size / 2)))
            sample += self.by_length[start : start + size]
        return sample
