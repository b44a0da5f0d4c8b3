"""The commands that rerun the paper: a table as one programme, its rendering from disk, the ledgers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path


def _programme(args: argparse.Namespace):
    """What was asked for: (corpus, specs, folds). The synthetic corpus is the smaller one that grids run on."""
    from mcsan_lite.cli import options
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments import corpora, grids
    from mcsan_lite.paper import profiles, table_rows

    if args.video and _grid(args):
        raise DataError(
            "--video with the generated corpus",
            "a corpus of recordings: of the generated ones, that of table1 has faces of its own",
            "name one with --corpus and --root, or leave --video out.",
        )
    corpus = (
        corpora.grid_corpus(args.profile, args.table, data=args.data, jobs=args.jobs)
        if _grid(args)
        else options.open_corpus(args)
    )
    if args.rows and args.table == "ambiguities":
        raise DataError("--rows with ambiguities", "all of its changes", "leave --rows out.")
    protocol = args.protocol or profiles.GRID_PROTOCOL.get(args.corpus)
    (plain,) = options.specs(
        argparse.Namespace(**{**vars(args), "protocol": protocol, "rows": "MCSAN"}), corpus
    )
    rows = (
        {"rows": _rows(args.rows, table_rows.RIVAL_ROWS.get(args.table, ()))} if args.rows else {}
    )
    specs = grids.programme(
        args.table,
        corpus,
        args.profile,
        args.corpus,
        protocol=plain.protocol,
        features=plain.features,
        **rows,
    )
    asked = rows.get("rows", table_rows.RIVAL_ROWS.get(args.table, ()))
    for row in [row for row in asked if row not in {spec.name for spec in specs}]:
        print(
            f"not run: {row}, which needs {table_rows.required_input(row)}; {corpus.name} has none, or not in most utterances",
            file=sys.stderr,
        )
    if not specs:
        raise DataError(
            f"--rows {args.rows} on {corpus.name}",
            "rows whose input it has: video, word times",
            "name others.",
        )
    specs = [
        replace(spec, train=replace(spec.train, precision=plain.train.precision)) for spec in specs
    ]
    return corpus, specs, args.folds or profiles.GRID_FOLDS[args.profile]


def _rows(text: str, known: Collection[str]) -> list[str]:
    """The rows that are named by comma; a comma may belong to a name, as in "MHA, 1 hop"."""
    rows: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        joined = f"{rows[-1]}, {part}" if rows else ""
        rows = [*rows[:-1], joined] if joined in known else [*rows, part]
    return rows


def _grid(args: argparse.Namespace) -> bool:
    return args.corpus == "synthetic" and not args.root


def run(args: argparse.Namespace) -> int:
    from mcsan_lite.cli import options
    from mcsan_lite.errors import DataError
    from mcsan_lite.training import cost
    from mcsan_lite.training.grid import Grid
    from mcsan_lite.training.runner import run_grid

    corpus, specs, folds = _programme(args)
    options.say_if_unseen(args, specs)
    grid = Grid(specs, corpus, range(args.seeds), folds)
    expected = cost.estimate(grid, options.run_options(args))
    print(
        f"{expected.round(1).to_string()}\n{expected.trainings.sum()} trainings, about "
        f"{expected.attrs['wall_s'] / 60:.0f} minutes with --jobs {args.jobs}",
        flush=True,
    )
    if args.estimate:
        return 0
    if "MCSAN" not in {spec.name for spec in specs}:
        raise DataError(
            f"--rows {args.rows}",
            "MCSAN among them: the others are compared with it",
            "--rows 'MCSAN,…'",
        )
    return _show(
        args,
        corpus,
        specs,
        run_grid(grid, options.run_options(args, expected=expected.seconds)),
    )


def table(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets import splits

    corpus, specs, found = _results(args)
    if args.folds:
        found = found[
            found.fold.isin(
                [fold.name for fold in splits.folds(corpus, specs[0].protocol)[: args.folds]]
            )
        ]
    return _show(args, corpus, specs, found)


def _kind(args: argparse.Namespace, corpus) -> str:
    """Whose printed numbers may stand beside: none beside generated speech, or where there is nothing to hear."""
    if corpus.generated:
        return "synthetic"
    silent = not any(u.audio for u in corpus.utterances)
    return "text alone" if silent else args.corpus


def _name(args: argparse.Namespace, corpus, spec) -> str:
    """What the files are called: two settings never overwrite each other."""
    own = (
        [args.corpus]
        if _grid(args) and not args.protocol
        else [corpus.name, Path(spec.protocol).stem]
    )
    precision = spec.train.precision if spec.train.precision != "float32" else ""
    vectors = Path(args.vectors).stem if args.vectors else ""
    video = "video" if args.video else ""
    return "-".join(filter(None, [args.table, *own, args.profile, precision, vectors, video]))


def _show(args: argparse.Namespace, corpus, specs: list, results) -> int:
    from mcsan_lite.cache import write_atomic
    from mcsan_lite.cli.options import run_options
    from mcsan_lite.datasets import splits
    from mcsan_lite.experiments import floors
    from mcsan_lite.features.extraction import extract
    from mcsan_lite.paper import ledgers, report, verdicts

    out, name = Path(args.out or Path(args.runs) / "tables"), _name(args, corpus, specs[0])
    each = out / f"{name}-folds.csv"
    write_atomic(each, lambda p: results.drop(columns="folder").to_csv(p, index=False))
    dialogues = {u.id: u.dialogue for u in corpus.utterances if u.dialogue}
    if args.table == "ambiguities":
        print(
            ledgers.ledger_markdown(ledgers.ambiguities_ledger(results, dialogues=dialogues)),
            each,
            sep="\n",
        )
        return 0
    made = verdicts.compared_table(results, _kind(args, corpus), args.table, dialogues=dialogues)
    used = [
        fold for fold in splits.folds(corpus, specs[0].protocol) if fold.name in set(results.fold)
    ]
    data, _ = extract(corpus, specs[0].features, cache=Path(args.data) / "cache", jobs=args.jobs)
    ground = floors.floors(corpus, used, data, specs[0].train.select, options=run_options(args))
    made = verdicts.floors_beside(made, ground)
    print(report.table_markdown(made), *report.write_table(made, out, name), each, sep="\n")
    return 0


def ledger(args: argparse.Namespace) -> int:
    from mcsan_lite.paper import ledgers

    if args.ledger == "equations" or not args.corpus:
        found = {
            "equations": ledgers.equations_ledger,
            "ambiguities": ledgers.ambiguities_ledger,
            "claims": ledgers.claims_ledger,
        }[args.ledger]()
        print(ledgers.ledger_markdown(found))
        return 0
    if args.ledger == "ambiguities":
        args.table = "ambiguities"
        corpus, _, results = _results(args)
        print(
            ledgers.ledger_markdown(
                ledgers.ambiguities_ledger(
                    results, dialogues={u.id: u.dialogue for u in corpus.utterances}
                )
            )
        )
        return 0
    corpus, results = _of_all_tables(args)
    kind = _kind(args, corpus)
    print(ledgers.ledger_markdown(ledgers.claims_ledger({kind: results}, {kind: corpus})))
    return 0


def _results(args: argparse.Namespace):
    from mcsan_lite.experiments import grids

    corpus, specs, _ = _programme(args)
    return corpus, specs, grids.finished(specs, corpus, args.runs)


def _of_all_tables(args: argparse.Namespace):
    """What is finished of the three tables; raises what the last of them raises where nothing is."""
    import pandas as pd

    from mcsan_lite.errors import DataError

    found, error = [], None
    for args.table in ("table1", "table2", "table3"):
        try:
            corpus, _, results = _results(args)
            found.append(results)
        except (DataError, ValueError) as refusal:  # nothing finished, or --rows of another table
            error = refusal
    if not found:
        raise error
    return corpus, pd.concat(found).drop_duplicates("folder")
