"""The runs that lessons and commands share.

In: the name of a table, or rows of Table 3, and a corpus. Out: results with one row per spec, fold
and seed. What is finished on disk is read; what is missing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError
from mcsan_lite.experiments.corpora import grid_corpus, grid_is_generated
from mcsan_lite.features.alignment import LACKING, mostly_timed
from mcsan_lite.paper import ambiguities, profiles, table_rows
from mcsan_lite.tables.own import load_table
from mcsan_lite.training.grid import Grid, Training, TrainingName
from mcsan_lite.training.run_folder import load_results
from mcsan_lite.training.runner import RunOptions, run_experiment, run_grid
from mcsan_lite.training.saved.result import finished_folds, result_is_there
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
NOTHING_DONE = pd.DataFrame(columns=["run", "fold", "seed"])
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


def table_grid(table: str, corpus: Corpus, profile: str = "quick", **settings) -> Grid:
    """A table's trainings on this corpus, with the folds and seeds of a profile.

    Args:
        table: as for `specs_of_table`, like the others.
        corpus: what they will be trained on.
        profile: "smoke", "quick", "full" or "paper".
        **settings: rows, protocol and features.
    """
    specs = specs_of_table(table, corpus, profile, **settings)
    seeds = range(profiles.GRID_SEEDS[profile])
    return Grid(specs, corpus, seeds, profiles.GRID_FOLDS[profile])


def finished_results(
    grid: Grid, runs: Path | str = "runs", done: pd.DataFrame = NOTHING_DONE
) -> pd.DataFrame:
    """What is finished of a grid, from disk. Nothing is trained.

    Args:
        grid: the specs and the corpus; all folds and seeds on disk count, whatever the grid asks.
        runs: folder of results.
        done: what was finished elsewhere, of `finished_elsewhere`.

    Raises:
        DataError: where nothing is finished.
    """
    homes = [grid.home(spec, runs) for spec in grid.specs]
    folders = [folder for home in homes for folder in finished_folds(home)]
    if not folders and len(done):
        return in_order(grid, [done])
    if not folders:
        names = ", ".join(spec.name for spec in grid.specs)
        raise DataError(
            f"no finished run of {names} on {grid.corpus.name} below {runs}",
            "trained folds",
            "mcsan run, with the same table, corpus, protocol and profile",
        )
    here = load_results(runs, folders)
    return in_order(grid, [here, done]) if len(done) else here


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
    "full" trains what "quick" trains, on more folds and with more seeds. So where all of "full" is
    at hand, it is what "quick" gets.

    Args:
        table: "table1", "table2", "table3", "fusion" or "ambiguities".
        profile: "smoke", "quick", "full" or "paper".
        rows: only the first so many rows of the table.
        world: which generated corpus.
        options: where and with what to compute.

    Returns:
        One row per spec, fold and seed; and a sentence about their source.
    """
    wanted = _synthetic_grids(table, profile, world, options, rows)
    if not options.retrain:
        for size, grid in wanted.items():
            found = _results_at_hand(grid, shipped_file(table, size, world), options)
            if found is not None:
                results, place = found
                return results, f"{place}, by `{grid_command(table, size, world)}` with this code"
    command = grid_command(table, profile, world)
    return run_grid(wanted[profile], options), f"runs/, by `{command}` or this cell"


def _sizes(profile: str) -> tuple[str, ...]:
    """The profiles whose results are as good as those of `profile` or better, the best first."""
    return ("full", "quick") if profile == "quick" else (profile,)


def _synthetic_grids(
    table: str, profile: str, world: str, options: RunOptions, rows: int | None = None
) -> dict[str, Grid]:
    """The grid of each profile that can answer for `profile`."""
    corpus = grid_corpus(profile, table, world=world, data=options.data, jobs=options.jobs)
    protocol = profiles.GRID_PROTOCOL["synthetic"]
    sizes = _sizes(profile)
    grids = {size: table_grid(table, corpus, size, protocol=protocol) for size in sizes}
    return {size: replace(grid, specs=grid.specs[:rows]) for size, grid in grids.items()}


def grid_command(table: str, profile: str = "quick", world: str = "matching") -> str:
    """The command that makes what `grid_results` gives.

    Args:
        table: as for `grid_results`, like the others.
        profile: how much is trained.
        world: which generated corpus.
    """
    elsewhere = "" if world == "matching" else f" --world {world}"
    return f"mcsan run {table} --profile {profile}{elsewhere} --jobs 2"


def shipped_file(
    table: str,
    profile: str = "quick",
    world: str = "matching",
    *,
    learning_rate: float | None = None,
) -> Path:
    """Where the repository keeps the folds of a table, if it ships them.

    Args:
        table: as for `grid_results`, like the others.
        profile: how much is trained.
        world: which generated corpus.
        learning_rate: of all rows; None: the profile's.
    """
    place = "synthetic" if world == "matching" else world
    rate = "" if learning_rate is None else f"-{rate_in_name(learning_rate)}"
    return RESULTS_FOLDER / f"{table}-{place}-{profile}{rate}-folds.csv"


def rate_in_name(learning_rate: float) -> str:
    """What stands in the names of a table's files if its rows have another learning rate.

    Args:
        learning_rate: of all rows; no two of them share a name.
    """
    return f"learning-rate-{float(learning_rate)!r}"


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
    shipped = any(shipped_file(table, size, world).is_file() for size in _sizes(profile))
    if not shipped and not grid_is_generated(profile, table, world=world, data=options.data):
        return False
    return any(
        _results_at_hand(grid, shipped_file(table, size, world), options) is not None
        for size, grid in _synthetic_grids(table, profile, world, options).items()
    )


def _results_at_hand(
    grid: Grid, shipped: Path, options: RunOptions
) -> tuple[pd.DataFrame, str] | None:
    """All of a grid without any training, and the place; None where a part of it is missing."""
    runs = Path(options.runs)
    wanted = _trainings(grid, runs)
    folders = [one.folder for one in wanted]
    if all(result_is_there(folder) for folder in folders):
        return load_results(runs, folders), "runs/"
    if not shipped.is_file():
        return None
    results = asked_for(finished_elsewhere(grid, shipped), grid)
    if len(results) < len(wanted):
        return None
    return results, f"results/{shipped.name}"


def finished_elsewhere(grid: Grid, file: Path | str) -> pd.DataFrame:
    """The trainings of a grid's rows that a table holds, where this very code made them.

    A table holds scores and no predictions. So they count where scores are all that is compared.

    Args:
        grid: the rows and the corpus; all their folds and seeds count, whatever the grid asks.
        file: a -folds.csv, as `mcsan run` and `mcsan table` write it.

    Returns:
        One row per training, in the order of the file, without the column "folder".

    Raises:
        DataError: for a file that is damaged or holds no trainings, and for a protocol of one fold.
    """
    if any(len(grid.every_fold(spec)) == 1 for spec in grid.specs):
        raise DataError(
            f"{file} for a single test part",
            "a table over several folds: the rows of a single one are compared by their "
            "predictions, which no table holds",
            "copy the other machine's runs/ into --runs instead.",
        )
    results = load_table(file, numbers=_RESULT_NUMBERS)
    missing = [name for name in ("run", "fold", "seed", *_SCORES) if name not in results]
    if missing:
        raise DataError(
            f"{file} without the columns {', '.join(missing)}",
            "one row per training, as in the -folds.csv of a table",
            "name the -folds.csv that mcsan run or mcsan table wrote.",
        )
    runs = {grid.home(spec, "runs").name for spec in grid.specs}
    twice = pd.Series(training_names(results), dtype=object).duplicated()
    return results[results.run.isin(runs) & ~twice].reset_index(drop=True)


def asked_for(results: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """The trainings among these that are of the folds and seeds of a grid.

    Args:
        results: one row per training.
        grid: what is asked for.
    """
    wanted = {
        TrainingName(one.folder.parent.name, one.fold.name, one.seed) for one in _trainings(grid)
    }
    is_wanted = pd.Series(training_names(results), dtype=object).isin(wanted)
    return results[is_wanted].reset_index(drop=True)


def run_the_rest(rest: Grid, done: pd.DataFrame, options: RunOptions) -> pd.DataFrame:
    """Train what is missing of a grid, and put it together with what was done elsewhere.

    Args:
        rest: `Grid.without` the trainings of `done`.
        done: of `finished_elsewhere`.
        options: where and with what to compute.
    """
    if not _trainings(rest):
        return in_order(rest, [done])
    here = run_grid(rest, options)
    return in_order(rest, [here, done]) if len(done) else here


def in_order(grid: Grid, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Results of several machines as one table: by row, fold and seed, each training once.

    Args:
        grid: gives the order of the rows and of the folds.
        parts: of two results for one training, that of the earlier part counts.
    """
    together = pd.concat([part for part in parts if len(part)], ignore_index=True)
    rows = {spec.name: place for place, spec in enumerate(grid.specs)}
    folds = {
        fold.name: place for spec in grid.specs for place, fold in enumerate(grid.every_fold(spec))
    }
    together["seed"] = together.seed.astype(int)
    once = together.drop_duplicates(["run", "fold", "seed"])
    places = pd.DataFrame(
        {"row": once.name.map(rows), "fold": once.fold.map(folds), "seed": once.seed}
    )
    return once.loc[places.sort_values(["row", "fold", "seed"]).index].reset_index(drop=True)


def _trainings(grid: Grid, runs: Path | str = "runs") -> list[Training]:
    """Every training of every row."""
    return [one for spec in grid.specs for one in grid.trainings(spec, grid.home(spec, runs))]


def training_names(results: pd.DataFrame) -> list[TrainingName]:
    """Which trainings these are, row by row.

    Args:
        results: one row per training.
    """
    columns = zip(results.run, results.fold, results.seed.astype(int), strict=True)
    return [TrainingName(*values) for values in columns]


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
