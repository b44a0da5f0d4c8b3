"""The commands that rerun the paper: one of its tables in one go, or from disk; the ledgers.

In: parsed options. Out: the table on stdout and as files, and the exit status. Heavy imports wait
until a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.borders.forewarned import report_known_words, report_unseen_video
from mcsan_lite.cli.borders.ignored import refuse_for_ledger
from mcsan_lite.cli.borders.outputs import tables_folder
from mcsan_lite.cli.options import (
    CORPORA_HELP,
    CorpusRequest,
    RowRequest,
    add_command,
    add_row_options,
    add_training_options,
    requested_corpus,
    run_options,
    table3_rows,
    with_training,
)
from mcsan_lite.cli.pages.option import page_place, write_result_page

if TYPE_CHECKING:
    import pandas as pd

    from mcsan_lite.corpus import Corpus
    from mcsan_lite.training.grid import Grid
    from mcsan_lite.training.runner import RunOptions
    from mcsan_lite.training.spec import Spec


@dataclass(frozen=True)
class TableRequest:
    """Which table of the paper is wanted, on which corpus.

    Attributes:
        table: "table1", "table2", "table3", "fusion" or "ambiguities".
        corpus: which corpus.
        rows: which rows, and what they share.
        world: which generated one.
    """

    table: str
    corpus: CorpusRequest
    rows: RowRequest
    world: str = "matching"

    @classmethod
    def from_args(cls, args: argparse.Namespace, table: str) -> TableRequest:
        """From the options of `add_row_options`.

        Args:
            args: parsed options.
            table: the table's name.
        """
        from mcsan_lite.errors import DataError

        corpus, rows = CorpusRequest.from_args(args), RowRequest.from_args(args)
        request = cls(table, corpus, rows, getattr(args, "world", "matching"))
        if request.world != "matching" and not request.on_grid_corpus:
            raise DataError(
                f"--world {request.world} with another corpus",
                "the synthetic one, without --root",
                "leave --world or --corpus and --root out.",
            )
        return request

    @property
    def on_grid_corpus(self) -> bool:
        """Whether the smaller generated corpus is meant, which grids of trainings run on."""
        return self.corpus.name == "synthetic" and not self.corpus.root

    def file_name(self, grid: Grid) -> str:
        """What the table's files are called: two settings never overwrite each other."""
        from mcsan_lite.datasets import splits
        from mcsan_lite.training.spec import corpus_label

        spec, corpus = grid.specs[0], self.corpus
        if self.on_grid_corpus and not self.rows.protocol:
            name = corpus.name if self.world == "matching" else self.world
            names = [self.table, name, corpus.profile]
        else:
            names = [
                self.table,
                corpus_label(grid.corpus),
                Path(spec.protocol).stem,
                corpus.profile,
            ]
        folds = None
        if str(spec.protocol).endswith(".csv"):
            folds = splits.digest(grid.every_fold(spec))
        return "-".join([*names, *self.rows.in_file_name(corpus.video, folds)])


def run_table(args: argparse.Namespace) -> int:
    """Say what a table costs, train what is missing of it, and show it."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import grids
    from mcsan_lite.paper import profiles
    from mcsan_lite.training import cost

    request, folder = TableRequest.from_args(args, args.table), tables_folder(args.out, args.runs)
    first_folds, seeds = args.folds, args.seeds
    if first_folds is None:
        first_folds = profiles.GRID_FOLDS.get(args.profile)
    if seeds is None:
        seeds = profiles.GRID_SEEDS.get(args.profile, 1)
    grid = _requested_grid(request, range(seeds), first_folds)
    done = grids.asked_for(_done_elsewhere(args, grid), grid)
    rest = grid.without(grids.training_names(done))
    report_unseen_video(request.corpus.video, grid.specs)
    cache, allowed = request.corpus.cache, args.allow_unknown
    report_known_words(cache, grid.corpus, grid.specs, allow_unknown=allowed)
    expected = cost.estimate(rest, run_options(args))
    minutes = expected.attrs["wall_s"] / 60
    print(expected.round(1).to_string())
    print(
        f"{expected.trainings.sum()} trainings, about {minutes:.0f} minutes "
        f"with --jobs {args.jobs}",
        flush=True,
    )
    if args.estimate:
        return 0
    if "MCSAN" not in {spec.name for spec in grid.specs}:
        raise DataError(
            f"--rows {args.rows}",
            "MCSAN among them: the others are compared with it",
            "--rows 'MCSAN,…'",
        )
    options = run_options(args)
    results = grids.run_the_rest(rest, done, replace(options, expected=expected.seconds))
    _show_table(request, grid, results, folder, options)
    return 0


def show_finished_table(args: argparse.Namespace) -> int:
    """Show what is finished of a table, from disk."""
    from mcsan_lite.experiments import grids

    request, place = TableRequest.from_args(args, args.table), page_place(args)
    folder = tables_folder(args.out, args.runs)
    grid = _requested_grid(request, first_folds=args.folds)
    results = grids.finished_results(grid, args.runs, _done_elsewhere(args, grid))
    if args.folds is not None:
        names = [fold.name for fold in grid.folds(grid.specs[0])]
        results = results[results.fold.isin(names)]
    _show_table(request, grid, results, folder, run_options(args), place)
    return 0


def _done_elsewhere(args: argparse.Namespace, grid: Grid) -> pd.DataFrame:
    """What --finished brings to this grid; nothing without it."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import grids

    if not args.finished:
        return grids.NOTHING_DONE
    if args.table == "fusion":
        raise DataError(
            f"--finished {args.finished} with fusion",
            "a table that needs scores alone: fusion also asks its models about respelled words",
            "copy the other machine's runs/ into --runs instead.",
        )
    done = grids.finished_elsewhere(grid, args.finished)
    print(f"{args.finished}: {len(done)} trainings of these rows by this very code")
    return done


def _requested_grid(
    request: TableRequest, seeds: Sequence[int] = (0,), first_folds: int | None = None
) -> Grid:
    """The corpus and the rows that are asked for, as one grid."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.training.grid import Grid

    corpus = _corpus_of_table(request)
    specs = _specs_of_table(request, corpus)
    if not specs:
        raise DataError(
            f"--rows {request.rows.rows} on {corpus.name}",
            "rows whose input it has: video, word times",
            "name others.",
        )
    return Grid(specs, corpus, seeds, first_folds)


def _corpus_of_table(request: TableRequest) -> Corpus:
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import corpora

    wanted = request.corpus
    if not request.on_grid_corpus:
        return requested_corpus(wanted)
    if wanted.video:
        raise DataError(
            "--video with the generated corpus",
            "a corpus of recordings: of the generated ones, that of table1 has faces of its own",
            "name one with --corpus and --root, or leave --video out.",
        )
    places = {"data": wanted.data, "jobs": wanted.jobs}
    return corpora.grid_corpus(wanted.profile, request.table, world=request.world, **places)


def _specs_of_table(request: TableRequest, corpus: Corpus) -> list[Spec]:
    """The table's rows on this corpus. Those that cannot be run are reported on stderr."""
    from mcsan_lite.experiments import grids
    from mcsan_lite.paper import profiles, table_rows

    profile = request.corpus.profile
    protocol = request.rows.protocol or profiles.GRID_PROTOCOL.get(request.corpus.name)
    full_row = replace(request.rows, rows="MCSAN", protocol=protocol)
    (full,) = table3_rows(full_row, corpus, profile)
    known = table_rows.RIVAL_ROWS.get(request.table, ())
    settings = {"protocol": full.protocol, "features": full.features}
    if request.rows.rows is not None:
        known = settings["rows"] = _row_names(request.rows.rows, known)
    specs = grids.specs_of_table(request.table, corpus, profile, **settings)
    there = {spec.name for spec in specs}
    for row in known:
        if row not in there:
            print(
                f"not run: {row}, which needs {table_rows.required_input(row)}; "
                f"{corpus.name} has none, or not in most utterances",
                file=sys.stderr,
            )
    return with_training(specs, request.rows)


def _row_names(text: str, known: Collection[str]) -> list[str]:
    """The rows that are named by comma; a comma may belong to a name, as in "MHA, 1 hop"."""
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if names and f"{names[-1]}, {name}" in known:
            names[-1] = f"{names[-1]}, {name}"
        else:
            names.append(name)
    return names


def _show_table(
    request: TableRequest,
    grid: Grid,
    results: pd.DataFrame,
    folder: Path,
    options: RunOptions,
    place: Path | None = None,
) -> None:
    """Print a table with its floors and verdicts, and write its files; and a page at `place`."""
    from mcsan_lite.paper import ambiguities, ledgers, report, verdicts
    from mcsan_lite.paper.pages.tables import choices_page, table_page
    from mcsan_lite.tables.own import save_table

    name = request.file_name(grid)
    every_fold = folder / f"{name}-folds.csv"
    per_fold = results.drop(columns="folder", errors="ignore")
    dialogues = {one.id: one.dialogue for one in grid.corpus.utterances if one.dialogue}
    if request.table == "ambiguities":
        ledger = ledgers.ambiguities_ledger(results, dialogues=dialogues)
        save_table(every_fold, per_fold)
        print(ledgers.ledger_markdown(ledger), every_fold, sep="\n")
        changes = ambiguities.sensitivity(results, dialogues=dialogues)
        return write_result_page(place, lambda: choices_page(ledger, changes))
    kind = _kind_of_claims(grid.corpus)
    table = verdicts.compared_table(results, kind, request.table, dialogues=dialogues)
    floors = _floors_on_folds(grid, results, options)
    table = verdicts.floors_beside(table, results, floors, dialogues=dialogues)
    save_table(every_fold, per_fold)  # after all that may refuse: files of one run stay together
    files = report.write_table(table, folder, name)
    if request.table == "fusion" and request.on_grid_corpus and request.world != "leaking":
        files = [*files, _save_conflicts(request, grid, results, folder / name, options)]
    print(report.table_markdown(table), *files, every_fold, sep="\n")
    write_result_page(place, lambda: table_page(table, request.table))


def _save_conflicts(
    request: TableRequest, grid: Grid, results: pd.DataFrame, table: Path, options: RunOptions
) -> Path:
    """Score what each row follows where words and voice disagree, and print and write it."""
    from mcsan_lite.datasets.synthetic.reader import read_truth
    from mcsan_lite.experiments import conflict, corpora
    from mcsan_lite.tables.own import save_table

    where = {"world": request.world, "data": options.data, "jobs": options.jobs}
    truth = read_truth(corpora.grid_folder(request.corpus.profile, "fusion", **where))
    counts = conflict.conflict_counts(results, grid.corpus, truth, options)
    file = table.with_name(f"{table.name}-conflict.csv")
    save_table(file, counts)
    summed = counts.groupby("name", sort=False)[["n", *conflict.OUTCOMES]].sum()
    print(f"words against voice: what is followed\n{summed.to_string()}\n")
    return file


def _kind_of_claims(corpus: Corpus) -> str:
    """Whose printed numbers may stand beside a corpus's own.

    None do beside generated speech, or where there is nothing to hear.
    """
    from mcsan_lite.paper.profiles import TEXT_ALONE

    if corpus.generated:
        return "synthetic"
    if not any(utterance.audio for utterance in corpus.utterances):
        return TEXT_ALONE
    return corpus.kind


def _floors_on_folds(grid: Grid, results: pd.DataFrame, options: RunOptions) -> pd.DataFrame:
    """The floors on the folds that the results are of."""
    from mcsan_lite.experiments import floors
    from mcsan_lite.features.extraction import extract

    spec, scored = grid.specs[0], set(results.fold)
    folds = [fold for fold in grid.every_fold(spec) if fold.name in scored]
    features, _ = extract(grid.corpus, spec.features, cache=options.cache, jobs=options.jobs)
    return floors.floors_table(grid.corpus, folds, features, spec.train.select, options=options)


def add_ledger_command(commands) -> None:
    """mcsan ledger: its options."""
    parser = add_command(
        commands,
        "ledger",
        ledger_command,
        "generated from code and results: what the paper claims, "
        "what it leaves open, which function is which equation",
        example="mcsan ledger claims --corpus synthetic",
    )
    add_row_options(parser)
    add_training_options(parser)
    parser.add_argument("ledger", choices=("claims", "ambiguities", "equations"))
    parser.add_argument(
        "--corpus",
        help=f"with what is finished of its tables, or of ambiguities, on: {CORPORA_HELP}",
    )


def ledger_command(args: argparse.Namespace) -> int:
    """Print a ledger; with --corpus, what our finished runs say about it."""
    from mcsan_lite.paper import ledgers

    refuse_for_ledger(args)
    if args.ledger == "equations":
        ledger = ledgers.equations_ledger()
    elif args.ledger == "ambiguities":
        ledger = _ambiguities_with_runs(args) if args.corpus else ledgers.ambiguities_ledger()
    else:
        ledger = _claims_with_runs(args) if args.corpus else ledgers.claims_ledger()
    print(ledgers.ledger_markdown(ledger))
    return 0


def _ambiguities_with_runs(args: argparse.Namespace) -> pd.DataFrame:
    from mcsan_lite.experiments import grids
    from mcsan_lite.paper import ledgers

    grid = _requested_grid(TableRequest.from_args(args, "ambiguities"))
    dialogues = {one.id: one.dialogue for one in grid.corpus.utterances}
    results = grids.finished_results(grid, args.runs)
    return ledgers.ambiguities_ledger(results, dialogues=dialogues)


def _claims_with_runs(args: argparse.Namespace) -> pd.DataFrame:
    """The ledger of claims with what is finished of the three tables.

    Raises what the last of the tables raises where nothing is finished of any.
    """
    import pandas as pd

    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import grids
    from mcsan_lite.paper import ledgers

    tables, refusal = [], None
    for name in ("table1", "table2", "table3"):
        try:
            grid = _requested_grid(TableRequest.from_args(args, name))
            tables.append(grids.finished_results(grid, args.runs))
            corpus = grid.corpus
        except (DataError, ValueError) as error:  # nothing finished, or --rows of another table
            refusal = error
    if not tables:
        raise refusal
    results = pd.concat(tables).drop_duplicates("folder")
    kind = _kind_of_claims(corpus)
    return ledgers.claims_ledger({kind: results}, {kind: corpus})
