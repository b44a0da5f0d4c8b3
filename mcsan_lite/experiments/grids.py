"""The runs that lessons and commands share.

In: the name of a table, or rows of Table 3, and a corpus. Out: results with one row per spec, fold
and seed. What is finished on disk is read; what is missing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError
from mcsan_lite.experiments.corpora import grid_corpus, grid_is_generated
from mcsan_lite.features.alignment import LACKING, mostly_timed
from mcsan_lite.paper import ambiguities, profiles, table_rows
from mcsan_lite.tables.own import load_table
from mcsan_lite.training.grid import Grid
from mcsan_lite.training.run_folder import load_results
from mcsan_lite.training.runner import RunOptions, run_experiment, run_grid
from mcsan_lite.training.saved.result import finished_folds
from mcsan_lite.training.spec import Spec

# Results that the repository ships. In a clone alone: without them, what is asked for is trained.
RESULTS_FOLDER = Path(__file__).parents[2] / "results"
_SCORES = ("wa", "ua", "weighted_f1", "macro_f1")
# Its columns that hold numbers; all others are text, whatever they look like.
_RESULT_NUMBERS = (
    *("seed", "n_train", "n_test", "best_epoch", "epochs", "parameters"),
    *("seconds", "seconds_per_epoch", "peeked_epoch"),
    *_SCORES,
    *(f"peeked_{score}" for score in _SCORES),
)
_KIND = "synthetic"  # whose settings a corpus gets that no reader has made


def specs_of_table(table: str, corpus: Corpus, profile: str = "quick", **settings) -> list[Spec]:
    """The rows of a table that can be run on this corpus.

    Args:
        table: "table1", "table2", "table3", "fusion" or "ambiguities".
        corpus: what they will be trained on: its kind chooses the settings, and rows that need what
            it lacks are left out.
        profile: "smoke", "quick", "full" or "paper".
        **settings: rows, protocol and features, as `table_rows.table3_specs` takes them.
    """
    kind = corpus.kind or _KIND
    if table == "table3":
        return table_rows.table3_specs(profile, kind, **settings)
    if table == "ambiguities":
        return ambiguities.ambiguity_specs(profile, kind, **settings)
    utterances = corpus.utterances
    unseen = sum(utterance.video is None for utterance in utterances)
    timed = any(utterance.words for utterance in utterances)
    return table_rows.runnable_specs(
        table_rows.rival_specs(table, profile, kind, **settings),
        video=unseen <= LACKING * len(utterances),
        word_times=timed and mostly_timed(utterances),
    )


def finished_results(grid: Grid, runs: Path | str = "runs") -> pd.DataFrame:
    """What is finished of a grid, from disk. Nothing is trained.

    Args:
        grid: the specs and the corpus; all folds and seeds on disk count, whatever the grid asks.
        runs: folder of results.

    Raises:
        DataError: where nothing is finished.
    """
    homes = [grid.home(spec, runs) for spec in grid.specs]
    folders = [folder for home in homes for folder in finished_folds(home)]
    if not folders:
        names = ", ".join(spec.name for spec in grid.specs)
        raise DataError(
            f"no finished run of {names} on {grid.corpus.name} below {runs}",
            "trained folds",
            "mcsan run, with the same table, corpus, protocol and profile",
        )
    return load_results(runs, folders)


def grid_results(
    table: str = "table3",
    profile: str = "quick",
    *,
    rows: int | None = None,
    world: str = "matching",
    options: RunOptions = RunOptions(),
) -> tuple[pd.DataFrame, str]:
    """Results of a table's grid on the synthetic corpus, and where they are from.

    They are read from `options.runs` where they are finished there; else from the repository's
    results/, if this very code made those; else, or with `options.retrain`, they are trained now.

    Args:
        table: "table1", "table2", "table3", "fusion" or "ambiguities".
        profile: "smoke", "quick", "full" or "paper".
        rows: only the first so many rows of the table.
        world: which generated corpus.
        options: where and with what to compute.

    Returns:
        One row per spec, fold and seed; and a sentence about their source.
    """
    corpus = grid_corpus(profile, table, world=world, data=options.data, jobs=options.jobs)
    protocol = profiles.GRID_PROTOCOL["synthetic"]
    specs = specs_of_table(table, corpus, profile, protocol=protocol)[:rows]
    grid = Grid(specs, corpus, first_folds=profiles.GRID_FOLDS[profile])
    command = grid_command(table, profile, world)
    if not options.retrain and not _is_finished(grid, options.runs):
        shipped = shipped_file(table, profile, world)
        results = _shipped_results(grid, shipped, options.runs)
        if results is not None:
            return results, f"results/{shipped.name}, which `{command}` made with this code"
    return run_grid(grid, options), f"runs/, by `{command}` or this cell"


def grid_command(table: str, profile: str = "quick", world: str = "matching") -> str:
    """The command that makes what `grid_results` gives.

    Args:
        table: as for `grid_results`, like the others.
        profile: how much is trained.
        world: which generated corpus.
    """
    elsewhere = "" if world == "matching" else f" --world {world}"
    return f"mcsan run {table} --profile {profile}{elsewhere} --jobs 2"


def shipped_file(table: str, profile: str = "quick", world: str = "matching") -> Path:
    """Where the repository keeps the folds of a table, if it ships them.

    Args:
        table: as for `grid_results`, like the others.
        profile: how much is trained.
        world: which generated corpus.
    """
    place = "synthetic" if world == "matching" else world
    return RESULTS_FOLDER / f"{table}-{place}-{profile}-folds.csv"


def grid_is_at_hand(
    table: str,
    profile: str = "quick",
    *,
    world: str = "matching",
    options: RunOptions = RunOptions(),
) -> bool:
    """Whether `grid_results` would train nothing.

    Args:
        table: as for `grid_results`, like the others.
        profile: how much is trained.
        world: which generated corpus; for this question alone it is not generated.
        options: where results are.
    """
    shipped = shipped_file(table, profile, world)
    if not shipped.is_file() and not grid_is_generated(
        profile, table, world=world, data=options.data
    ):
        return False
    corpus = grid_corpus(profile, table, world=world, data=options.data, jobs=options.jobs)
    protocol = profiles.GRID_PROTOCOL["synthetic"]
    specs = specs_of_table(table, corpus, profile, protocol=protocol)
    grid = Grid(specs, corpus, first_folds=profiles.GRID_FOLDS[profile])
    if _is_finished(grid, options.runs):
        return True
    return _shipped_results(grid, shipped, options.runs) is not None


def _is_finished(grid: Grid, runs: Path | str) -> bool:
    """Whether every run has as many folds on disk as the grid asks for; one, if it asks for all."""
    needed = grid.first_folds or 1
    homes = [grid.home(spec, runs) for spec in grid.specs]
    return all(len(finished_folds(home)) >= needed for home in homes)


def _shipped_results(grid: Grid, shipped: Path, runs: Path | str) -> pd.DataFrame | None:
    """The grid's runs from a file of the repository; None where this code did not make them."""
    if not shipped.is_file():
        return None
    results = load_table(shipped, numbers=_RESULT_NUMBERS)
    wanted = {grid.home(spec, runs).name for spec in grid.specs}
    if not wanted <= set(results.run):
        return None
    return results[results.run.isin(wanted)].reset_index(drop=True)


def trained(
    rows: Sequence[str] = ("MCSAN",),
    *,
    corpus: Corpus,
    profile: str = "quick",
    seeds: Sequence[int] = (0,),
    folds: int | None = None,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Results of these rows of Table 3; what is missing is trained now.

    Args:
        rows: names of rows.
        corpus: what they are trained on; its kind chooses the settings.
        profile: "smoke", "quick", "full" or "paper".
        seeds: one training per fold for each.
        folds: only so many folds, the first ones; None: all.
        options: where and with what to compute.

    Returns:
        One row per spec, fold and seed, with the folder of each.
    """
    specs = table_rows.table3_specs(profile, corpus.kind or _KIND, rows=list(rows))
    return run_experiment(specs, corpus, seeds=seeds, folds=folds, options=options)
