"""Runs a grid of experiments, one folder per fold and seed, and goes on where it was interrupted.

In: specs and a corpus. Out: a data frame with one row per spec, fold and seed, read from disk. A
finished fold is a `metrics.json`, written last. Resume means looking at the disk, so an interrupted
grid costs its running folds and nothing else, and folders from several machines merge by copying.

Next in the spine: `evaluation.metrics`.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.disk.locks import only_one
from mcsan_lite.errors import DataError
from mcsan_lite.features.extraction import FeatureConfig, Features, extract
from mcsan_lite.features.language.transcripts import corpus_coverage, require_known_words
from mcsan_lite.models import MODELS
from mcsan_lite.models.precision import require_precision
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.parallel.progress import Progress
from mcsan_lite.parallel.threads import one_thread
from mcsan_lite.training.fold import FoldFeatures, train_fold, training_code
from mcsan_lite.training.grid import FoldTask, Grid
from mcsan_lite.training.loop import text_progress
from mcsan_lite.training.run_folder import (
    fold_result,
    load_results,
    now,
    prepare_folder,
    surroundings,
    write_checkpoint,
    write_json,
    write_tables,
)
from mcsan_lite.training.spec import Spec, vectors_read

LOCK = ".lock"  # the file by which `only_one` has a folder
ELSEWHERE = "another process trains this fold"  # what `run_fold` says then
_REFUSAL = re.compile(r"^[\w.]+: (Given: .*)", re.M | re.S)  # how a DataError ends its traceback


@dataclass(frozen=True)
class RunOptions:
    """Where and with what a grid is computed. Nothing in it changes a number.

    Attributes:
        data: folder of corpora; features are kept in its subfolder `cache`.
        runs: folder of results.
        jobs: processes side by side, of one thread each.
        backend: "loky" (processes of this machine), "dask", "ray", "threading" or "sequential".
        device: "cpu", "cuda", …
        retrain: train again what is finished.
        allow_unknown: train though the word vectors know hardly a word of the corpus.
        progress: print one line per epoch instead of one bar for the whole grid.
        expected: seconds per training by the spec's name, which the bar then counts.
    """

    data: Path | str = "data"
    runs: Path | str = "runs"
    jobs: int = 1
    backend: str = "loky"
    device: str = "cpu"
    retrain: bool = False
    allow_unknown: bool = False
    progress: bool = False
    expected: Mapping[str, float] | None = None

    @property
    def cache(self) -> Path:
        """The folder of features."""
        return Path(self.data) / "cache"

    @property
    def in_this_process(self) -> bool:
        return self.jobs == 1 and self.backend in ("loky", "sequential")


def run_experiment(
    specs: Sequence[Spec],
    corpus: Corpus,
    *,
    seeds: Sequence[int] = (0,),
    folds: int | None = None,
    models: Mapping[str, type] = MODELS,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Train every spec × fold × seed that is not on disk yet, then read all of them from disk.

    Args:
        specs: the rows to train.
        corpus: what to train on.
        seeds: one training per fold for each.
        folds: only so many, the first ones; a later call adds the others to the same run. None: all
            of them.
        models: model classes by the name that a spec gives.
        options: where and with what to compute.

    Returns:
        One row per spec, fold and seed: scores, counts, times, and the folder.

    Raises:
        DataError: for a model that is not in `models`, a precision that the device lacks, a corpus
            of one class, a disk that refuses, word vectors that know less than half of the words.
        RuntimeError: where folds failed, naming them. Each leaves an error.txt, and the others go
            on.
    """
    return run_grid(Grid(specs, corpus, seeds, folds, models), options)


def run_grid(grid: Grid, options: RunOptions = RunOptions()) -> pd.DataFrame:
    """`run_experiment` of a grid that is already at hand, whose folds are not computed again.

    Args:
        grid: what to train.
        options: where and with what to compute.
    """
    _require_two_classes(grid.corpus)
    for precision in {spec.train.precision for spec in grid.specs}:
        require_precision(precision, options.device)  # before anything is extracted or trained
    with _disk_refusals(Path(options.runs)):
        tasks = _tasks(grid, options)
    unfinished = [task for task in tasks if not task.finished]
    _remove_forgotten_locks(task for task in tasks if task.finished)
    with _disk_refusals(options.cache):
        if not options.allow_unknown:
            _require_known_words(unfinished, grid.corpus, options.cache)
        features = _features_of(unfinished, grid.corpus, options)
    errors = _run_folds(unfinished, options, features)
    elsewhere = [task for task in unfinished if errors[task.folder] == ELSEWHERE]
    if elsewhere:
        folds = "1 fold is" if len(elsewhere) == 1 else f"{len(elsewhere)} folds are"
        print(
            f"{folds} being trained by another process: waiting until that is done", file=sys.stderr
        )
        errors |= _run_folds(elsewhere, options, features, wait=True)
    _raise_failures(errors)
    return load_results(options.runs, [task.folder for task in tasks])


def _remove_forgotten_locks(finished: Iterable[FoldTask]) -> None:
    """A process killed between its result and its lock leaves the lock's file; nobody trains there
    again, so nobody else would remove it.
    """
    for task in finished:
        if (task.folder / LOCK).exists():
            with suppress(OSError), only_one(task.folder):
                pass  # to leave is to remove it; where another process still has it, it stays


def _run_folds(
    tasks: Sequence[FoldTask],
    options: RunOptions,
    features: Mapping[FeatureConfig, Mapping[str, Features]],
    *,
    wait: bool = False,
) -> dict[Path, str | None]:
    """What `run_fold` says of each task, by its folder."""
    said = fan_out(
        run_fold,
        [(task, options, features.get(task.spec.features), wait) for task in tasks],
        jobs=options.jobs,
        backend=options.backend,
        progress=_bar(tasks, options),
        lost=_worker_died,
    )
    return dict(zip((task.folder for task in tasks), said, strict=True))


def _bar(tasks: Sequence[FoldTask], options: RunOptions) -> Progress:
    """One bar for the whole grid, which counts the expected seconds where they are known."""
    if options.progress:  # a line per epoch instead
        return Progress()
    if options.expected is None:
        return Progress("training")
    return Progress("training", [options.expected[task.spec.name] for task in tasks])


def _tasks(grid: Grid, options: RunOptions) -> list[FoldTask]:
    """Every training that is asked for; the folders of the runs are made, with their settings in
    spec.json.
    """
    corpus, runs = grid.corpus, Path(options.runs)
    classes = {spec.model: grid.model_class(spec) for spec in grid.specs}
    code = {name: training_code(model_class) for name, model_class in classes.items()}
    tasks = []
    for spec in grid.specs:
        home = grid.home(spec, runs)
        splits.keep(corpus, grid.every_fold(spec), runs)
        for one in grid.trainings(spec, home):
            model_class = classes[spec.model]
            tasks.append(
                FoldTask(
                    spec, model_class, corpus, one.fold, one.seed, one.folder, code[spec.model]
                )
            )
            if options.retrain and one.folder.exists():
                shutil.rmtree(one.folder)
        settings = home / "spec.json"
        if not settings.is_file() or not settings.stat().st_size:  # empty after a power cut
            about = asdict(spec) | {"corpus": corpus.name, "fingerprint": corpus.fingerprint()}
            write_json(settings, about)
    return tasks


def _require_two_classes(corpus: Corpus) -> None:
    if len(corpus.labels) < 2:
        raise DataError(
            f"corpus {corpus.name} with one class only, {corpus.labels[0]!r}",
            "two classes or more: with one there is nothing to tell apart",
            "look into its labels: mcsan check lists how many utterances each has.",
        )


def _require_known_words(tasks: Sequence[FoldTask], corpus: Corpus, cache: Path) -> None:
    """Refuse to train on words that are all zeros, where a row reads words at all."""
    for vectors in vectors_read(task.spec for task in tasks):
        require_known_words(corpus_coverage(corpus, vectors, cache), vectors)


def _features_of(
    tasks: Sequence[FoldTask], corpus: Corpus, options: RunOptions
) -> dict[FeatureConfig, dict[str, Features]]:
    """Features by id for every setting that the tasks need, made once, here, in parallel.

    Empty where other processes train: they read the cache that this fills.
    """
    found = {}
    for config in {task.spec.features for task in tasks}:
        features, _ = extract(corpus, config, cache=options.cache, jobs=options.jobs)
        if options.in_this_process:
            found[config] = {one.id: one for one in features}
    return found


def run_fold(
    task: FoldTask,
    options: RunOptions,
    features: Mapping[str, Features] | None = None,
    wait: bool = False,
) -> str | None:
    """Train and score one fold with one seed into its folder, unless it is finished.

    Args:
        task: what to train.
        options: where and with what.
        features: those of the corpus by id; None: read them from the cache.
        wait: for another process that trains this fold, and train it only if that one fails.

    Returns:
        None; or the traceback of a failure; or `ELSEWHERE`, where another process trains it.
    """
    try:
        if task.finished:
            return None
        with only_one(task.folder, wait=wait) as is_ours, one_thread():  # same bits for any `jobs`
            if not is_ours:
                return ELSEWHERE
            if not task.finished:
                _train_and_write(task, options, features)
    except Exception:
        if task.finished:  # another machine was faster
            return None
        return _failed(task.folder, traceback.format_exc())
    return None


def _train_and_write(
    task: FoldTask, options: RunOptions, features: Mapping[str, Features] | None
) -> None:
    started, clock = now(), time.perf_counter()
    spec = task.spec
    prepare_folder(task.folder)
    if features is None:
        extracted, _ = extract(task.corpus, spec.features, cache=options.cache)
        features = {one.id: one for one in extracted}
    parts = fold_features(task.corpus, task.fold, features)
    trained = train_fold(
        task.model_class,
        spec.options,
        replace(spec.train, seed=task.seed),
        parts,
        device=options.device,
        on_epoch=text_progress(spec.train.epochs, spec.name) if options.progress else None,
    )
    write_tables(task, trained)
    write_checkpoint(task, trained)
    made_with = surroundings(options.device) | {
        "code": task.code,
        "corpus": task.corpus.fingerprint(),
        "split": splits.digest([task.fold]),
        "started": started,
        "finished": now(),
    }
    write_json(task.folder / "manifest.json", made_with)
    seconds = round(time.perf_counter() - clock, 1)
    write_json(
        task.folder / "metrics.json", fold_result(task, parts, trained, seconds, options.device)
    )


def fold_features(
    corpus: Corpus, fold: splits.Fold, features: Mapping[str, Features]
) -> FoldFeatures:
    """The features of a fold's three parts; an utterance without features takes no part.

    Args:
        corpus: gives the order of the classes.
        fold: the ids of the parts.
        features: those of the corpus by id.
    """
    train, valid, test = (
        [features[name] for name in ids if name in features]
        for ids in (fold.train, fold.valid, fold.test)
    )
    return FoldFeatures(train, valid, test, corpus.labels)


def _failed(folder: Path, text: str) -> str:
    """`text`, kept in the fold's error.txt where the disk still takes it."""
    try:
        write_atomic(folder / "error.txt", lambda part: part.write_text(text, encoding="utf-8"))
    except OSError as error:
        return f"{text.strip()}; and no error.txt: {error.strerror}"
    return text


def _worker_died(task: FoldTask, *_) -> str:
    return _failed(
        task.folder,
        "worker died: its process ended in this fold, again and again; mostly too little memory",
    )


def _raise_failures(errors: Mapping[Path, str | None]) -> None:
    failed = [(folder, error) for folder, error in errors.items() if error]
    if not failed:
        return
    names = "\n  ".join(f"{folder}: {_in_one_line(error)}" for folder, error in failed)
    raise RuntimeError(
        f"Given: {len(failed)} of {len(errors)} folds that failed:\n  {names}\n"
        "Expected: a metrics.json in each folder. "
        "Do: read error.txt there, then run the same command or call again: it trains what is "
        "missing, and finished folds stay."
    )


def _in_one_line(error: str) -> str:
    """The three parts of a refusal; of any other error the last line of its traceback."""
    _, _, last = error.rpartition("Traceback (most recent call last):")
    refusal = _REFUSAL.search(last)
    if refusal:
        return " ".join(refusal[1].split())
    return error.strip().splitlines()[-1]


@contextmanager
def _disk_refusals(folder: Path) -> Iterator[None]:
    """Turns what the disk refuses into a DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder}, where nothing can be written: {error.strerror or error}",
            "a folder that may be written, on a disk with room",
            "make room, or choose another folder (--runs, --data); then run the same command or "
            "call again: finished folds stay.",
        ) from error
