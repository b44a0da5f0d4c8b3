"""Readings of attention scored against the truth, over worlds, seeds and utterances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.evaluation.intervals import fold_interval
from mcsan_lite.experiments import checkpoints
from mcsan_lite.experiments.ceilings import ROWS
from mcsan_lite.experiments.checkpoints import variant_runs
from mcsan_lite.experiments.corpora import synthetic_folder
from mcsan_lite.explain import pointing
from mcsan_lite.explain.from_attention import READINGS
from mcsan_lite.features.extraction import extract
from mcsan_lite.parallel import Progress, fan_out
from mcsan_lite.training import inference
from mcsan_lite.training.runner import RunOptions


def reading_scores(
    readings: Mapping[str, Callable],
    profile: str = "quick",
    *,
    worlds: Sequence[str] = tuple(ROWS),
    seeds: Sequence[int] = (0, 1, 2),
    utterances: int = 300,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """How every reading scores on each utterance with a decisive word, for each world and seed, kept below `runs`: the
    lines that `oracle.summary` makes a table of. Models are the shipped checkpoints; `retrain`: the profile's own runs,
    trained now where they are missing. The head of the best-head line is chosen on validation, a seed at a time."""
    items, names = [], []
    for world in worlds:
        if options.retrain:
            models = list(variant_runs(world, "MCSAN", seeds, profile, options)[1].folder)
        else:
            models = [checkpoints.find(world, seed) for seed in seeds]
        folder = synthetic_folder(profile, data=options.data, world=world, jobs=options.jobs)
        items += [
            (model, folder, readings, utterances, options.cache, options.runs) for model in models
        ]
        names += [(world, seed) for seed in seeds]
    found = fan_out(pointing.scores_of, items, jobs=options.jobs, progress=Progress("readings"))
    return pointing.with_best_head(
        pd.concat(
            lines.assign(world=world, seed=seed)
            for (world, seed), lines in zip(names, found, strict=True)
        )
    )


def alignment_table(
    run: Path | str,
    corpus: Corpus,
    *,
    utterances: int = 300,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Does each word's row point at its own sound? A line a reading that scores words × frames: the mean over the first
    `utterances` with word times of the part that `run` was tested on (of the corpus's test part, for a checkpoint), and a
    95 % interval over them. Raises DataError for a corpus without word times."""
    model, tested = inference.load_run(run), Path(run) / "predictions.csv"
    ids = (
        set(pd.read_csv(tested).id)
        if tested.is_file()
        else {u.id for u in corpus.utterances if u.split in (None, "test")}
    )
    chosen = [u.id for u in corpus.utterances if u.id in ids and u.words and u.audio][:utterances]
    found = (
        extract(corpus.subset(chosen), model.features, cache=options.cache, jobs=options.jobs)[0]
        if chosen
        else []
    )
    pairs = {name: READINGS[name] for name in ("value-weighted", "rollout", "gradient x attention")}
    lines = []
    scores = pointing.alignment(model.model, model.prepare(found), corpus, pairs)
    for name, group in scores.groupby("reading", sort=False):
        mean, half = fold_interval(group.points)
        lines.append(
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
    return pd.DataFrame(lines)
