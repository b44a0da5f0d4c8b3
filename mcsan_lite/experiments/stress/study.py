"""The whole of `mcsan stress`: choose runs and utterances, put them under stress, make the tables.

In: paths of trained runs, or the name of a synthetic world whose models come with the course; and a
corpus. Out: a table of curves, and one of conflicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE
from mcsan_lite.errors import DataError
from mcsan_lite.experiments.checkpoints import SHIPPED, find_checkpoint, read_provenance
from mcsan_lite.experiments.stress.conditions import (
    CONFLICT,
    STRESSES,
    Stress,
    conditions_of,
)
from mcsan_lite.experiments.stress.contest import contest_table
from mcsan_lite.experiments.stress.curves import curves_table
from mcsan_lite.experiments.stress.trial import StressedRun, Trial, run_condition
from mcsan_lite.features.extraction import extract
from mcsan_lite.features.language.stressed import nearest_sounding, words_of_texts
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.parallel.progress import Progress
from mcsan_lite.tables.predictions import load_predictions
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.runner import RunOptions
from mcsan_lite.training.saved.result import read_result


@dataclass(frozen=True)
class StressStudy:
    """What is asked.

    Attributes:
        runs: the trainings.
        corpus: from which the tested utterances are taken.
        stresses: some of `STRESSES`.
        utterances: so many are drawn from the tested part.
        seed: of the drawing, and of all that is random in the stresses.
        vectors: the word vectors of the trainings, where they do not find them.
    """

    runs: tuple[StressedRun, ...]
    corpus: Corpus
    stresses: tuple[Stress, ...] = STRESSES
    utterances: int = 200
    seed: int = 0
    vectors: str | None = None


@dataclass(frozen=True)
class StressTables:
    """What was found.

    Attributes:
        curves: from `curves_table`.
        contest: from `contest_table`; None where it was not asked for.
    """

    curves: pd.DataFrame
    contest: pd.DataFrame | None


def shipped_runs(world: str = "matching") -> tuple[StressedRun, ...]:
    """The models of a world that come with the course.

    Args:
        world: "matching" or "leaking".
    """
    return tuple(
        StressedRun(shipment.variant, seed, find_checkpoint(world, seed, shipment.variant))
        for shipment in SHIPPED
        if shipment.world == world
        for seed in shipment.seeds
    )


def named_runs(paths: Sequence[Path | str]) -> tuple[StressedRun, ...]:
    """Trainings by their paths. Those of one name are seeds of one model.

    Args:
        paths: folds' folders below runs/, or safetensors files.

    Raises:
        DataError: for a path without a model.
    """
    return tuple(_named(Path(path)) for path in paths)


def _named(path: Path) -> StressedRun:
    model = path / "model.safetensors" if path.is_dir() else path
    if not model.is_file():
        raise DataError(
            f"no model at {path}",
            "a fold's folder with model.safetensors, or such a file",
            "mcsan run   (trains one), or look below runs/ for a finished one.",
        )
    if path.is_dir() and (path / "metrics.json").is_file():
        result = read_result(path / "metrics.json")
        return StressedRun(str(result["name"]), int(result["seed"]), path)
    try:
        about = read_provenance(model)
        return StressedRun(str(about["name"]), int(about["seed"]), path)
    except (DataError, KeyError):
        return StressedRun(path.stem, 0, path)


def stress_tables(study: StressStudy, options: RunOptions = RunOptions()) -> StressTables:
    """Put every run under every stress.

    Args:
        study: what is asked.
        options: where the cache is, and how many jobs.

    Raises:
        DataError: for runs and a corpus that do not fit each other, and for a corpus without what a
            stress changes.
    """
    chosen = tested_part(study)
    _require_streams(study, chosen)
    trial = Trial(
        study.runs, chosen, _nearest(study, chosen), study.seed, options.cache, study.vectors
    )
    _extract_once(trial, options)
    conditions = conditions_of(study.stresses)
    outcomes = fan_out(
        run_condition,
        [(trial, condition) for condition in conditions],
        jobs=options.jobs,
        progress=Progress("stress"),
    )
    curves = curves_table(trial, conditions, outcomes)
    contest = contest_table(trial) if CONFLICT in study.stresses else None
    return StressTables(curves, contest)


def _extract_once(trial: Trial, options: RunOptions) -> None:
    """Fill the cache with the sound as it is, so that no two conditions make it."""
    every = [load_run(run.path, vectors=trial.vectors) for run in trial.runs]
    for config in {run.without_word_times().features for run in every}:
        extract(trial.corpus, config, cache=trial.cache, jobs=options.jobs)


def tested_part(study: StressStudy) -> Corpus:
    """Utterances that no run was trained on, drawn with the study's seed, in the corpus's order.

    A fold's folder knows what it was tested on. For a bare checkpoint it is the corpus's test part,
    or all of a corpus that has no parts.

    Args:
        study: what is asked.

    Raises:
        DataError: for runs of several folds, for classes that differ, for no utterance at all.
    """
    if study.utterances < 2:
        raise DataError(
            f"{study.utterances} utterances", "at least 2", "take more, such as --utterances 200."
        )
    parts = {_tested_ids(run.path, study.corpus) for run in study.runs}
    if len(parts) > 1:
        raise DataError(
            f"{len(study.runs)} runs that were tested on {len(parts)} different parts",
            "runs of one fold, so that all can be tested on the same utterances",
            "call mcsan stress once for each fold.",
        )
    (ids,) = parts
    for run in study.runs:
        _require_classes(run, study)
    wanted = tuple(one for one in study.corpus.utterances if one.id in ids)
    wanted = _with_streams(wanted, study.stresses)
    if not wanted:
        raise DataError(
            f"no utterance of the tested part in {study.corpus.name} that can be stressed",
            "the corpus of the run, with what the stresses change: sound, words, or both",
            "name the corpus of the run (--corpus, --root), or other --stresses.",
        )
    rng = np.random.default_rng(study.seed)
    count = min(study.utterances, len(wanted))
    drawn = {wanted[i].id for i in rng.choice(len(wanted), count, replace=False)}
    return study.corpus.subset(drawn)


def _with_streams(
    utterances: Sequence[Utterance], stresses: Sequence[Stress]
) -> tuple[Utterance, ...]:
    """Those that have what the stresses change."""
    hit = {stress.hits for stress in stresses}
    needs_sound, needs_words = hit & {"sound", "both"}, hit & {"words", "both"}
    has_sound = any(one.audio for one in utterances)
    return tuple(
        one
        for one in utterances
        if (one.audio or not (needs_sound and has_sound)) and (one.text or not needs_words)
    )


def _tested_ids(path: Path, corpus: Corpus) -> frozenset[str]:
    predictions = path / "predictions.csv"
    if predictions.is_file():
        return frozenset(load_predictions(predictions).ids)
    return frozenset(one.id for one in corpus.utterances if one.split in (None, "test"))


def _require_classes(run: StressedRun, study: StressStudy) -> None:
    labels = load_run(run.path, vectors=study.vectors).labels
    if set(labels) != set(study.corpus.labels):
        raise DataError(
            f"{run.path}, which knows the classes {', '.join(labels)}",
            f"those of {study.corpus.name}: {', '.join(study.corpus.labels)}",
            "name the corpus that the run was trained on (--corpus, --root).",
        )


def _require_streams(study: StressStudy, chosen: Corpus) -> None:
    """Refuse a stress of what the corpus has not."""
    without_sound = all(one.audio is None for one in chosen.utterances)
    impossible = [stress.name for stress in study.stresses if stress.hits in ("sound", "both")]
    if without_sound and impossible:
        words = [stress.name for stress in STRESSES if stress.hits == "words"]
        raise DataError(
            f"{', '.join(impossible)} on {chosen.name}, which has no sound",
            "stresses of words alone",
            f'--stresses "{",".join(words)}"',
        )


def _nearest(study: StressStudy, chosen: Corpus) -> dict[str, str]:
    """What each chosen word is misheard as; the generated corpora's homophones are listed."""
    if not any(stress.name == "words misheard" for stress in study.stresses):
        return {}
    pairs = (*NEGATIVE, *POSITIVE)
    homophones = dict(pairs) | {plain: evaluative for evaluative, plain in pairs}
    words = words_of_texts([one.text for one in chosen.utterances])
    vocabulary = words_of_texts([one.text for one in study.corpus.utterances])
    return nearest_sounding(words, vocabulary, homophones)
