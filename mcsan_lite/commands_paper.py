"""The commands that rerun the paper: a table as one programme, its rendering from disk, the ledgers."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path


def _programme(args: argparse.Namespace):
    """What was asked for: (corpus, specs, folds). The synthetic corpus is the smaller one that grids run on."""
    from mcsan_lite import commands, course, paper

    own = args.corpus == "synthetic" and not args.root
    corpus = (course.grid_corpus(args.profile, args.table, data=args.data, jobs=args.jobs) if own
              else commands.open_corpus(args))
    protocol = args.protocol or paper.GRID_PROTOCOL.get(args.corpus)
    (plain,) = commands.specs(argparse.Namespace(**{**vars(args), "protocol": protocol, "rows": "MCSAN"}), corpus)
    rows = {"rows": [row.strip() for row in args.rows.split(",")]} if args.rows else {}
    specs = course.programme(args.table, corpus, args.profile, args.corpus, protocol=plain.protocol,
                             features=plain.features, **rows)
    specs = [replace(spec, train=replace(spec.train, precision=plain.train.precision)) for spec in specs]
    return corpus, specs, args.folds or paper.FOLDS[args.profile]


def run(args: argparse.Namespace) -> int:
    from mcsan_lite import costs
    from mcsan_lite.experiment import run_experiment

    corpus, specs, folds = _programme(args)
    grid = {"seeds": range(args.seeds), "folds": folds, "cache": Path(args.data) / "cache", "runs": args.runs,
            "jobs": args.jobs, "device": args.device}
    expected = costs.estimate(specs, corpus, **grid)
    print(f"{expected.round(1).to_string()}\n{expected.trainings.sum()} trainings, about "
          f"{expected.attrs['wall_s'] / 60:.0f} minutes with --jobs {args.jobs}", flush=True)
    if args.estimate:
        return 0
    run_experiment(specs, corpus, backend=args.backend, expected=expected.seconds, **grid)
    return _show(args, corpus, specs, folds)


def table(args: argparse.Namespace) -> int:
    return _show(args, *_programme(args))


def _kind(args: argparse.Namespace, corpus) -> str:
    """Whose printed numbers may stand beside: those of generated speech never do."""
    return "synthetic" if corpus.name.startswith("synthetic") else args.corpus


def _show(args: argparse.Namespace, corpus, specs: list, folds: int | None) -> int:
    from mcsan_lite import course, floors, ledgers, splits, tables
    from mcsan_lite.cache import write_atomic
    from mcsan_lite.features import extract

    results = course.finished(specs, corpus, args.runs)
    out, name = Path(args.out or Path(args.runs) / "tables"), f"{args.table}-{args.corpus}-{args.profile}"
    each = out / f"{name}-folds.csv"
    write_atomic(each, lambda p: results.drop(columns="folder").to_csv(p, index=False))
    dialogues = {u.id: u.dialogue for u in corpus.utterances if u.dialogue}
    if args.table == "ambiguities":
        print(ledgers.markdown(ledgers.ambiguities(results, dialogues=dialogues)), each, sep="\n")
        return 0
    made = tables.compare(results, _kind(args, corpus), args.table, dialogues=dialogues)
    used = [fold for fold in splits.folds(corpus, specs[0].protocol) if fold.name in set(results.fold)]
    data, _ = extract(corpus, specs[0].features, cache=Path(args.data) / "cache", jobs=args.jobs)
    ground = floors.floors(corpus, used, data, specs[0].train.select, runs=args.runs, jobs=args.jobs)
    made = tables.floors_beside(made, ground)
    print(tables.markdown(made), *tables.write(made, out, name), each, sep="\n")
    return 0


def ledger(args: argparse.Namespace) -> int:
    from mcsan_lite import course, ledgers

    args.table = "ambiguities" if args.ledger == "ambiguities" else "table3"
    found = None
    if args.corpus and args.ledger != "equations":
        corpus, specs, _ = _programme(args)
        found = course.finished(specs, corpus, args.runs)
    if args.ledger == "claims":
        kind = args.corpus and _kind(args, corpus)
        print(ledgers.markdown(ledgers.claims(kind and {kind: found}, kind and {kind: corpus})))
    else:
        print(ledgers.markdown(ledgers.equations() if args.ledger == "equations" else ledgers.ambiguities(found)))
    return 0
