"""What each command does. Heavy imports wait until a command needs them, so that `mcsan --help` answers at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from mcsan_lite.cli.options import open_corpus, run_options, say_if_unseen, specs


def doctor(args: argparse.Namespace) -> int:
    from mcsan_lite.cli import doctor

    return doctor.run()


def run(args: argparse.Namespace) -> int:
    from mcsan_lite.errors import DataError
    from mcsan_lite.paper import report
    from mcsan_lite.training.runner import run_experiment

    if args.estimate:
        raise DataError(
            "--estimate without a table",
            "table1, table2, table3 or ambiguities",
            "mcsan run table3 --estimate",
        )
    corpus = open_corpus(args)
    rows = specs(args, corpus)
    say_if_unseen(args, rows)
    results = run_experiment(
        rows,
        corpus,
        seeds=range(args.seeds),
        folds=args.folds,
        options=run_options(args, progress=args.jobs == 1),
    )
    print(report.results_summary(results, ("wa", "ua", "weighted_f1", "macro_f1")).round(3).to_string())
    if args.per_class:
        for name, group in results.groupby("name", sort=False):
            print(f"\n{name}, all folds and seeds together\n{_classes(group.folder)}\n")
    print("folders:", *sorted({str(Path(f).parent) for f in results.folder}), sep="\n  ")
    return 0


def _classes(folders) -> str:
    """Precision, recall, F1 and n a class, and the confusion matrix, over the predictions in these folders."""
    import pandas as pd

    from mcsan_lite.evaluation import metrics

    found = pd.concat(pd.read_csv(Path(folder) / "predictions.csv") for folder in folders)
    labels = list(found.columns[2:])  # behind id and true
    true, pred = found.true.map(labels.index).to_numpy(), found[labels].to_numpy().argmax(1)
    counts = pd.DataFrame(
        metrics.confusion(true, pred, len(labels)), [f"true {name}" for name in labels], labels
    )
    return f"{metrics.per_class(true, pred, labels).round(3).to_string()}\n\n{counts.to_string()}"


def table(args: argparse.Namespace) -> int:
    from mcsan_lite.paper import report
    from mcsan_lite.training.runner import load_results

    for (corpus, protocol), group in load_results(args.runs).groupby(["corpus", "protocol"]):
        scores = report.results_summary(group, ("wa", "ua", "weighted_f1", "macro_f1"))
        print(f"\n{corpus} · {protocol}\n{scores.round(3).to_string()}")
    return 0


def ceilings(args: argparse.Namespace) -> int:
    from mcsan_lite.experiments import (
        ceilings as ceilings_module,
    )

    table = ceilings_module.ceilings_table(
        args.profile, seeds=range(args.seeds), options=run_options(args)
    )
    print(table.round(3).to_string(index=False))
    return 0


def checkpoints(args: argparse.Namespace) -> int:
    from mcsan_lite.experiments import (
        checkpoints,
    )
    from mcsan_lite.experiments import (
        checkpoints as checkpoints_module,
    )

    table = checkpoints_module.ship_checkpoints(
        args.out or checkpoints.FOLDER, args.profile, options=run_options(args)
    )
    print(
        f"{table.round(4).to_string(index=False)}\n{table.kB.sum():.0f} kB in {args.out or checkpoints.FOLDER}"
    )
    return 0


def readings(args: argparse.Namespace) -> int:
    from mcsan_lite.experiments import (
        readings as readings_module,
    )
    from mcsan_lite.explain import pointing
    from mcsan_lite.explain.from_attention import READINGS

    lines = readings_module.reading_scores(
        READINGS,
        args.profile,
        seeds=range(args.seeds),
        utterances=args.utterances,
        options=run_options(args),
    )
    print(pointing.summary(lines).round(3).to_string(index=False))
    print(
        "points: is the highest frame in the decisive word? low to high: 95 % over seeds (Student), or over utterances "
        "where there is one seed (Wilson).\nauc: chance is .5. The best head is chosen on validation, a seed at a time."
    )
    return 0


def align(args: argparse.Namespace) -> int:
    from mcsan_lite.experiments import (
        readings as readings_module,
    )

    table = readings_module.alignment_table(
        args.run, open_corpus(args), utterances=args.utterances, options=run_options(args)
    )
    print(table.round(3).to_string(index=False))
    print(
        "points: is the heaviest frame of a word's row in that word? Mean and 95 % interval over utterances (Student)."
    )
    return 0


def floors(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets import splits
    from mcsan_lite.experiments import floors
    from mcsan_lite.features.extraction import extract
    from mcsan_lite.paper import report

    corpus = open_corpus(args)
    spec = specs(args, corpus)[0]
    data, _ = extract(corpus, spec.features, cache=Path(args.data) / "cache", jobs=args.jobs)
    parts = splits.folds(corpus, spec.protocol)
    found = floors.floors(corpus, parts, data, spec.train.select, options=run_options(args))
    print(report.results_summary(found).drop(columns=["run", "parameters"]).round(3).to_string())
    return 0
