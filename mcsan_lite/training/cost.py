"""What a grid will cost, measured before it starts: from finished folds where there are some, else from a few timed steps
on the corpus's own lengths."""

from __future__ import annotations

import heapq
import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.errors import require_name
from mcsan_lite.features import batch, extraction
from mcsan_lite.features.extraction import Features
from mcsan_lite.models import MODELS
from mcsan_lite.training import loop
from mcsan_lite.training.runner import RunOptions
from mcsan_lite.training.spec import Spec

BUDGET_S = 0.2  # of timed steps a row; beyond it batches are not made larger


def estimate(
    specs: Sequence[Spec],
    corpus: Corpus,
    *,
    seeds: Sequence[int] = (0,),
    folds: int | None = None,
    models: dict[str, type] = MODELS,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """A line a spec: trainings still to do, seconds each of them takes, what that is measured on, and the row in all.

    The arguments are those of `run_experiment`. `attrs["wall_s"]`: seconds until everything is done with `jobs` workers that
    do not slow each other down. Features are extracted first where they are missing: that is not in the estimate.
    """
    lines, waiting = [], []
    parts = {
        protocol: splits.folds(corpus, protocol)
        for protocol in {spec.protocol: None for spec in specs}
    }
    data: dict[extraction.FeatureConfig, dict[str, Features]] = {}
    for spec in specs:
        model_class = models[require_name(spec.model, models, "model")]
        home = spec.folder(corpus, Path(options.runs), model_class, parts[spec.protocol])
        wanted = parts[spec.protocol][:folds]
        todo = sum(
            not (home / f"{fold.name}-seed{seed}" / "metrics.json").exists()
            for fold in wanted
            for seed in seeds
        )
        before = _finished(home, options.device)
        if todo and before is None and spec.features not in data:
            data[spec.features] = {
                f.id: f
                for f in extraction.extract(
                    corpus, spec.features, cache=options.cache, jobs=options.jobs
                )[0]
            }
        seconds = (
            before
            if before is not None
            else _timed(spec, model_class, corpus, wanted[0], data[spec.features], options.device)
            if todo
            else 0.0
        )
        lines.append(
            {
                "row": spec.name,
                "trainings": todo,
                "seconds": seconds,
                "measured on": "finished folds"
                if before is not None
                else "a few steps"
                if todo
                else "",
                "total": todo * seconds,
            }
        )
        waiting += [seconds] * todo
    table = pd.DataFrame(lines).set_index("row")
    table.attrs["wall_s"] = wall(waiting, options.jobs)
    return table


def wall(seconds: Sequence[float], jobs: int) -> float:
    """Seconds until `jobs` workers have done all of these, each taking the next one when it is free."""
    free = [0.0] * max(1, jobs)
    for s in seconds:
        heapq.heapreplace(free, free[0] + s)
    return max(free)


def _finished(home: Path, device: str) -> float | None:
    """The median of the seconds that finished folds of this very run took on this kind of device."""
    found = [json.loads(file.read_text()) for file in home.glob("*/metrics.json")]
    seconds = [f["seconds"] for f in found if f["device"] == device]
    return float(np.median(seconds)) if seconds else None


def _timed(
    spec: Spec,
    model_class: type,
    corpus: Corpus,
    fold: splits.Fold,
    data: dict[str, Features],
    device: str,
) -> float:
    """Seconds of one training: the loop itself, three epochs over utterances of three lengths, of which the first warms up.

    Batches are of similar length, so those in the middle of each third of the sorted training part stand for all.
    """
    train, valid, test = (
        [data[i] for i in ids if i in data] for ids in (fold.train, fold.valid, fold.test)
    )
    train.sort(key=lambda f: len(f.audio) or len(f.text))
    threads, random = torch.get_num_threads(), torch.random.get_rng_state()
    torch.set_num_threads(1)  # as in a fold
    try:
        loop.seed_everything(0)
        dims = batch.Dims(
            spec.features.n_mfcc,
            train[0].text.shape[1],
            len(corpus.labels),
            train[0].video.shape[1],
        )
        model = model_class(dims, model_class.Config(**spec.options))
        standardizer = batch.Standardizer().fit(train[:: max(1, len(train) // 50)])

        def seconds(size: int) -> tuple[float, float]:
            """Of training on one utterance and of predicting one, in batches of `size`."""
            size = min(size, max(1, len(train) // 3))
            starts = [
                min(len(train) - size, int(len(train) * share - size / 2))
                for share in (1 / 6, 1 / 2, 5 / 6)
            ]
            some = [f for start in starts for f in train[max(0, start) : max(0, start) + size]]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that one utterance is not of every class
                history = loop.fit(
                    model,
                    loop.TrainingData(some, some[-1:], corpus.labels, standardizer),
                    replace(spec.train, epochs=3, batch_size=size),
                    device=device,
                )
            start = time.perf_counter()
            for third in range(0, len(some), size):
                loop.predict(
                    model,
                    some[third : third + size],
                    corpus.labels,
                    standardizer=standardizer,
                    device=device,
                )
            return history.seconds.iloc[1:].min() / len(some), (time.perf_counter() - start) / len(
                some
            )

        seconds(1)  # what is slow once in a process only
        size, spent = min(16, spec.train.batch_size), 0.0
        while True:  # a small batch costs more an utterance, the less the model computes
            start = time.perf_counter()
            step, look = seconds(size)
            spent += time.perf_counter() - start
            if size >= spec.train.batch_size or spent > BUDGET_S:
                break
            size = min(4 * size, spec.train.batch_size)
    finally:
        torch.set_num_threads(threads)
        torch.random.set_rng_state(random)
    an_epoch = step * len(train) + look * (
        len(valid) + len(test)
    )  # the test part for `peeking.csv`
    return float(spec.train.epochs * an_epoch + look * len(test))
