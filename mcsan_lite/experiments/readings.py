"""Readings of attention, scored against the truth: the decisive word, or when each word is said.

In: readings and trained models, or one run and a corpus with word times. Out: data frames, which
`mcsan readings` and `mcsan align` print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.evaluation.intervals import fold_interval
from mcsan_lite.experiments import checkpoints
from mcsan_lite.experiments.ceilings import WORLDS
from mcsan_lite.experiments.checkpoints import variant_runs
from mcsan_lite.experiments.corpora import synthetic_folder
from mcsan_lite.explain import pointing_tables
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.features.extraction import extract
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.parallel.progress import Progress
from mcsan_lite.tables.predictions import load_predictions
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.runner import RunOptions


def reading_scores(
    readings: Mapping[str, Callable],
    profile: str = "quick",
    *,
    worlds: Sequence[str] = WORLDS,
    seeds: Sequence[int] = (0, 1, 2),
    utterances: int = 300,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """How every reading scores on each utterance with a decisive word, kept below `options.runs`.

    The models are the shipped checkpoints; with `options.retrain` they are the profile's own runs,
    trained now where they are missing. The best head is chosen on validation, once per seed.

    Args:
        readings: {name: function}, such as the `read` of each entry in READINGS.
        profile: "smoke", "quick", "full" or "paper".
        worlds: some of `ceilings.WORLDS`.
        seeds: one model per world for each.
        utterances: only so many of each part.
        options: where and with what to compute.

    Returns:
        One row per world, seed, utterance and reading, for `pointing_table`.
    """
    tasks, trainings = [], []
    for world in worlds:
        folder = synthetic_folder(profile, data=options.data, world=world, jobs=options.jobs)
        for seed, model in zip(seeds, _models(world, seeds, profile, options), strict=True):
            tasks.append((model, folder, readings, utterances, options.cache, options.runs))
            trainings.append({"world": world, "seed": seed})
    tables = fan_out(
        pointing_tables.checkpoint_scores, tasks, jobs=options.jobs, progress=Progress("readings")
    )
    scores = [table.assign(**training) for table, training in zip(tables, trainings, strict=True)]
    return pointing_tables.with_best_head(pd.concat(scores))


def _models(
    world: str, seeds: Sequence[int], profile: str, options: RunOptions
) -> list[Path | str]:
    """The checkpoint or the fold's folder of every seed."""
    if options.retrain:
        _, results = variant_runs(world, "MCSAN", seeds, profile, options)
        return list(results.folder)
    return [checkpoints.find_checkpoint(world, seed) for seed in seeds]


def alignment_table(
    run: Path | str,
    corpus: Corpus,
    *,
    utterances: int = 300,
    vectors: Path | str | None = None,
    frames: Path | str | None = None,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Does each word's row point at its own sound?

    Utterances are the first ones with word times, of the part that the run was tested on; of the
    corpus's test part, for a checkpoint.

    Args:
        run: a fold's folder, or a .safetensors file.
        corpus: with word times.
        utterances: only so many.
        vectors: the word vectors of its training, as `load_run` takes them.
        frames: the corpus's sound frames, for a run that was trained on such, as `load_run` takes
            them.
        options: where and with what to compute.

    Returns:
        One row per reading that scores words × frames: the mean over utterances, with its 95 %
        interval.

    Raises:
        DataError: for a corpus without word times.
    """
    trained_run = load_run(run, vectors=vectors, frames=frames)
    tested = _tested_ids(Path(run), corpus)
    timed = [one.id for one in corpus.utterances if one.id in tested and one.words and one.audio]
    features = []
    if timed:
        chosen = corpus.subset(timed[:utterances])
        features, _ = extract(chosen, trained_run.features, cache=options.cache, jobs=options.jobs)
    readings = {
        name: method.read
        for name, method in READINGS.items()
        if method.pairs and method.kind != "map"  # maps are scored head by head
    }
    scores = pointing_tables.own_sound_scores(
        trained_run.model, trained_run.prepare(features), corpus, readings
    )
    rows = []
    for name, group in scores.groupby("reading", sort=False):
        mean, half = fold_interval(group.points)
        rows.append(
            {
                "reading": name,
                "points": mean,
                "low": mean - half,
                "high": mean + half,
                "chance": group.chance.mean(),
                "utterances": len(group),
                "words": int(group.words.sum()),
            }
        )
    return pd.DataFrame(rows)


def _tested_ids(run: Path, corpus: Corpus) -> set[str]:
    predictions = run / "predictions.csv"
    if predictions.is_file():
        return set(load_predictions(predictions).ids)
    return {one.id for one in corpus.utterances if one.split in (None, "test")}
