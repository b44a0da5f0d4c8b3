"""The commands that train, score and print: run, table, floors, ceilings, checkpoints.

In: parsed options. Out: tables on stdout, and the exit status. With the name of one of the paper's
tables, `mcsan run` and `mcsan table` go on in `cli.paper`. Heavy imports wait until a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli import paper
from mcsan_lite.cli.borders.forewarned import report_known_words, report_unseen_video
from mcsan_lite.cli.borders.ignored import refuse_for_run, refuse_for_table
from mcsan_lite.cli.borders.numbers import count
from mcsan_lite.cli.borders.outputs import results_folder
from mcsan_lite.cli.options import (
    CORPORA_HELP,
    CorpusRequest,
    RowRequest,
    add_command,
    add_place_options,
    add_row_options,
    add_training_options,
    requested_corpus,
    run_options,
    table3_rows,
)
from mcsan_lite.cli.pages.option import add_html_option, page_place, write_result_page

if TYPE_CHECKING:
    import pandas as pd

    from mcsan_lite.corpus import Corpus
    from mcsan_lite.training.runner import RunOptions

_PAPER_TABLES = ("table1", "table2", "table3", "fusion", "ambiguities")
_SCORES = ("wa", "ua", "weighted_f1", "macro_f1")


def _add_table_options(parser: argparse.ArgumentParser) -> None:
    """What `mcsan run` and `mcsan table` share."""
    parser.add_argument(
        "table",
        nargs="?",
        choices=_PAPER_TABLES,
        help="a table of the paper: its rows on paired folds, with floors and verdicts. "
        "fusion: six ways to fuse on the same encoders, lesson 07. "
        "ambiguities: one change at a time of what the paper leaves open",
    )
    parser.add_argument("--out", help="folder of a table's files (default: tables, below --runs)")
    add_row_options(parser)
    add_training_options(parser)
    parser.add_argument("--corpus", default="synthetic", help=CORPORA_HELP)
    parser.add_argument(
        "--folds",
        type=count,
        help="only the first so many folds; a later call adds the others (default: "
        "all; of a table: smoke 2, quick 3, full and paper all)",
    )
    parser.add_argument(
        "--finished",
        metavar="CSV",
        help="with a table over several folds: a -folds.csv that another machine wrote. Its "
        "trainings count where this very code made them, and are not done again",
    )
    parser.add_argument(
        "--world",
        default="matching",
        choices=("matching", "leaking", "listed"),
        help="with a table on the synthetic corpus: matching; leaking, where the sound alone tells "
        "the sense; or listed, where order tells nothing (default: matching)",
    )


def add_run_command(commands) -> None:
    """mcsan run: its options."""
    parser = add_command(
        commands,
        "run",
        run_command,
        "train and score rows of Table 3, or a table of the paper; finished "
        "folds are not done again",
        example='mcsan run table3 --rows "MCSAN,w/o cross" --folds 3 --jobs 2',
    )
    _add_table_options(parser)
    parser.add_argument(
        "--per-class", action="store_true", help="also a table per class and the confusion matrix"
    )
    parser.add_argument(
        "--seeds", type=count, help="trainings per fold (default: 1; of a table in full: 3)"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument(
        "--backend",
        default="loky",
        help="who runs the jobs: loky (processes here), dask or ray (a running "
        "cluster, else a local one), sequential",
    )
    parser.add_argument(
        "--estimate", action="store_true", help="with a table: print what it will cost, and stop"
    )


def run_command(args: argparse.Namespace) -> int:
    """Train rows of Table 3 and print their scores; or run a whole table of the paper."""
    from mcsan_lite.training.runner import run_experiment

    refuse_for_run(args)
    if args.table:
        return paper.run_table(args)
    request = CorpusRequest.from_args(args)
    corpus = requested_corpus(request)
    specs = table3_rows(RowRequest.from_args(args), corpus, args.profile)
    report_unseen_video(request.video, specs)
    report_known_words(request.cache, corpus, specs, allow_unknown=args.allow_unknown)
    results = run_experiment(
        specs,
        corpus,
        seeds=range(1 if args.seeds is None else args.seeds),
        folds=args.folds,
        options=run_options(args, progress=args.jobs == 1),
    )
    _calibrate(results.folder, corpus, run_options(args))
    print(_summary(results).round(3).to_string())
    if args.per_class:
        for name, group in results.groupby("name", sort=False):
            print(f"\n{name}, all folds and seeds together\n{_class_tables(group.folder)}\n")
    homes = {str(Path(folder).parent) for folder in results.folder}
    print("folders:", *sorted(homes), sep="\n  ")
    return 0


def _summary(results: pd.DataFrame) -> pd.DataFrame:
    """Every score with its interval; and ECE, where predictions are on disk."""
    from mcsan_lite.paper import report
    from mcsan_lite.training.confidence.stored import with_calibration_error

    summary = report.results_summary(results, _SCORES)
    stored = with_calibration_error(results)
    whole = stored.groupby(["name", "run"]).ece.transform(lambda errors: errors.notna().all())
    if not whole.any():
        return summary
    errors = report.results_summary(stored[whole], ("ece",)).set_index("run")
    shown = [name for name in errors if name.startswith("ece")]
    return summary.join(errors[shown], on="run")


def _calibrate(folders: Iterable[str], corpus: Corpus, options: RunOptions) -> None:
    """Let each new run know its limits. A run that cannot is said to be so, and stays as it is."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments.confidence.calibrating import calibrate_runs
    from mcsan_lite.training.confidence.sidecar import confidence_path

    new = [folder for folder in folders if not confidence_path(folder).exists()]
    try:
        calibrate_runs(new, corpus, options)
    except DataError as error:
        print(f"not calibrated: {error.given}", file=sys.stderr)


def _class_tables(folders: Iterable[str]) -> str:
    """Scores and n per class, and the confusion matrix, over the predictions in these folders."""
    import numpy as np
    import pandas as pd

    from mcsan_lite.evaluation import metrics
    from mcsan_lite.tables.predictions import load_predictions

    tables = [load_predictions(Path(folder) / "predictions.csv") for folder in folders]
    labels = tables[0].labels  # all folds are of one corpus
    true = np.concatenate([table.true for table in tables])
    predicted = np.concatenate([table.predicted for table in tables])
    counts = metrics.confusion(true, predicted, len(labels))
    confusion = pd.DataFrame(counts, [f"true {name}" for name in labels], labels)
    per_class = metrics.per_class(true, predicted, labels).round(3)
    return f"{per_class.to_string()}\n\n{confusion.to_string()}"


def add_table_command(commands) -> None:
    """mcsan table: its options."""
    parser = add_command(
        commands,
        "table",
        table_command,
        "what is finished, from disk: every run, or a table of the paper with "
        "verdicts, as markdown, csv and figure",
        example="mcsan table table3 --html table3.html",
    )
    _add_table_options(parser)
    add_html_option(parser)


def table_command(args: argparse.Namespace) -> int:
    """Print every finished run below --runs; or one table of the paper, from disk."""
    from mcsan_lite.paper.pages.scores import runs_page
    from mcsan_lite.training.run_folder import load_results

    refuse_for_table(args)
    if args.table:
        return paper.show_finished_table(args)
    place, results = page_place(args), load_results(args.runs)
    for (corpus, protocol), group in results.groupby(["corpus", "protocol"]):
        print(f"\n{corpus} · {protocol}\n{_summary(group).round(3).to_string()}")
    write_result_page(place, lambda: runs_page(results))
    return 0


def add_floors_command(commands) -> None:
    """mcsan floors: its options."""
    parser = add_command(
        commands,
        "floors",
        floors_command,
        "what classical models get on the same folds; the leak meter: "
        "what is scored without hearing or reading anything",
        example="mcsan floors synthetic --jobs 2 --html floors.html",
    )
    add_row_options(parser)
    add_html_option(parser)
    parser.add_argument("corpus", help=CORPORA_HELP)


def floors_command(args: argparse.Namespace) -> int:
    """Print the scores of all floors on the folds of a corpus."""
    from mcsan_lite.datasets import splits
    from mcsan_lite.experiments import floors
    from mcsan_lite.features import extraction
    from mcsan_lite.paper import report
    from mcsan_lite.paper.pages.scores import floors_page

    place = page_place(args)
    request, options = CorpusRequest.from_args(args), run_options(args)
    corpus = requested_corpus(request)
    spec, *_ = table3_rows(RowRequest.from_args(args), corpus, args.profile)
    report_known_words(request.cache, corpus, [spec], allow_unknown=args.allow_unknown)
    features, _ = extraction.extract(corpus, spec.features, cache=request.cache, jobs=args.jobs)
    folds = splits.folds(corpus, spec.protocol)
    results = floors.floors_table(corpus, folds, features, spec.train.select, options=options)
    summary = report.results_summary(results).drop(columns=["run", "parameters"])
    print(summary.round(3).to_string())
    write_result_page(place, lambda: floors_page(results))
    return 0


def add_ceilings_command(commands) -> None:
    """mcsan ceilings: its options."""
    parser = add_command(
        commands,
        "ceilings",
        ceilings_command,
        "synthetic corpus: the best possible score and each trained model's",
        example="mcsan ceilings --world matching --jobs 2",
    )
    add_place_options(parser)
    parser.add_argument("--seeds", type=count, default=1, help="trainings per row (default: 1)")
    parser.add_argument(
        "--world",
        choices=("matching", "leaking"),
        help="one world alone (default: both)",
    )


def ceilings_command(args: argparse.Namespace) -> int:
    """Print the best possible scores, and what trained models got."""
    from mcsan_lite.experiments import ceilings

    worlds = [args.world] if args.world else ceilings.WORLDS
    seeds, options = range(args.seeds), run_options(args)
    table = ceilings.ceilings_table(args.profile, worlds=worlds, seeds=seeds, options=options)
    print(table.round(3).to_string(index=False))
    return 0


def add_checkpoints_command(commands) -> None:
    """mcsan checkpoints: its options."""
    parser = add_command(
        commands,
        "checkpoints",
        checkpoints_command,
        "the models that the lessons open, from their runs, in half precision; "
        "trains what is missing",
        example="mcsan checkpoints --out checkpoints --jobs 2",
    )
    add_place_options(parser)
    parser.add_argument(
        "--out",
        help="folder (default: checkpoints/ of the repository; without one, of this folder)",
    )


def checkpoints_command(args: argparse.Namespace) -> int:
    """Make the shipped checkpoints again, and print what rounding did to them."""
    from mcsan_lite.experiments import checkpoints
    from mcsan_lite.experiments.confidence.calibrating import calibrate_shipped

    folder = results_folder(args.out or checkpoints.CHECKPOINTS_FOLDER)
    options = run_options(args)
    table = checkpoints.ship_checkpoints(folder, args.profile, options=options)
    calibrate_shipped([Path(folder) / name for name in table.checkpoint], options)
    print(table.round(4).to_string(index=False))
    print(f"{table.kB.sum():.0f} kB in {folder}")
    return 0
