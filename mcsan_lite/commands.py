"""What each command does. Heavy imports wait until a command needs them, so that `mcsan --help` answers at once."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path


def doctor(args: argparse.Namespace) -> int:
    from mcsan_lite import doctor

    return doctor.run()


def data_synthetic(args: argparse.Namespace) -> int:
    from mcsan_lite import course
    from mcsan_lite.datasets.synthetic import SyntheticConfig, read_synthetic

    if args.layout:
        return _layout(args)
    knobs = {f.name: getattr(args, f.name) for f in fields(SyntheticConfig) if getattr(args, f.name, None) is not None}
    folder = course.synthetic_folder(args.profile, data=args.data, jobs=args.jobs, **knobs)
    corpus = read_synthetic(folder)
    print(f"{folder}: {len(corpus)} utterances, {len(corpus.skipped)} skipped\n{corpus.counts().to_string()}")
    return 0


def _layout(args: argparse.Namespace) -> int:
    from mcsan_lite.corpus import require_name
    from mcsan_lite.datasets.layouts_iemocap import write_iemocap
    from mcsan_lite.datasets.layouts_meld import write_meld

    write = {"iemocap": write_iemocap, "meld": write_meld}
    name = require_name(args.layout, write, "layout")
    knobs = {"scene_leak": args.scene_leak} if name == "iemocap" else {}
    folder = write[name](Path(args.data) / f"synthetic-{name}", jobs=args.jobs, **knobs)
    print(f"{folder}: look at it with  mcsan check {name} --root {folder}")
    return 0


def data_vectors(args: argparse.Namespace) -> int:
    from gensim import downloader

    from mcsan_lite.corpus import require_name

    try:
        require_name(args.name, downloader.info(name_only=True)["models"], "word vectors")
        print(downloader.load(args.name, return_path=True))  # gensim draws the progress and checks the checksum
    except OSError as error:
        print(f"Given: {error}. Expected: a network connection. Do: try again, or pass a vectors file with --vectors.",
              file=sys.stderr)
        return 1
    return 0


def data_meld(args: argparse.Namespace) -> int:
    from mcsan_lite import download
    from mcsan_lite.corpus import DataError

    if not (args.download or args.clips):
        raise DataError("mcsan data meld alone", "what to fetch", "--download (annotation, 1.5 MB), or --clips (10 GB more)")
    download.download_meld(Path(args.data) / "meld", clips=args.clips)
    print(f"{Path(args.data) / 'meld'}: look at it with  mcsan check meld")
    return 0


def _options(args: argparse.Namespace) -> dict:
    """The reader's own options, as given."""
    given = {"classes": ("iemocap", args.classes), "defects": ("meld", args.defects and tuple(args.defects.split(",")))}
    for name, (corpus, value) in given.items():
        if value and args.corpus != corpus:
            from mcsan_lite.corpus import DataError

            raise DataError(f"--{name} with the corpus {args.corpus!r}", f"{corpus!r}", f"leave --{name} out.")
    return {name: value for name, (_, value) in given.items() if value}


def open_corpus(args: argparse.Namespace):
    from mcsan_lite import course

    corpus = course.open_corpus(args.corpus, root=args.root, profile=args.profile, data=args.data, jobs=args.jobs,
                                strict=not args.allow_incomplete, video=args.video, **_options(args))
    if args.skip_bad:
        from mcsan_lite.features import usable
        from mcsan_lite.films import watchable

        cache = Path(args.data) / "cache"
        corpus = watchable(usable(corpus, cache=cache, jobs=args.jobs), cache=cache, jobs=args.jobs)
    for kind, count in corpus.skipped_kinds().items():
        first = next(s for s in corpus.skipped if s.reason.startswith(kind))
        print(f"skipped {count:6,d}  {kind}, such as {first.id}", file=sys.stderr)
    return corpus


def specs(args: argparse.Namespace, corpus):
    from mcsan_lite import paper
    from mcsan_lite.features import FeatureConfig

    features = FeatureConfig(vectors=args.vectors) if args.vectors else FeatureConfig()
    rows = [row.strip() for row in args.rows.split(",")] if args.rows else None
    own = "official" if args.corpus == "manifest" and all(u.split for u in corpus.utterances) else None
    made = paper.table3(args.profile, args.corpus, rows=rows, protocol=args.protocol or own, features=features)
    precision = {"precision": args.precision} if getattr(args, "precision", None) else {}
    return [replace(spec, train=replace(spec.train, **precision)) for spec in made]


def say_if_unseen(args: argparse.Namespace, specs: list) -> None:
    from mcsan_lite.spans import LACKING

    if args.video and not any(spec.features.video for spec in specs):
        print("--video: none of these rows looks at it. AMH and MCSAN + video of table1 do, where at most "
              f"{LACKING:.0%} of the utterances are without", file=sys.stderr)


def check(args: argparse.Namespace) -> int:
    import json

    from mcsan_lite import course, inspection

    root = args.root or (course.synthetic_folder(args.profile, data=args.data, jobs=args.jobs)
                         if args.corpus == "synthetic" else Path(args.data) / args.corpus)
    found = inspection.report(args.corpus, root, fast=args.fast, jobs=args.jobs)
    print(json.dumps(found, indent=1) if args.json else inspection.text(found))
    return found["status"]


def split(args: argparse.Namespace) -> int:
    from mcsan_lite import splits

    corpus = open_corpus(args)
    parts = splits.folds(corpus, specs(args, corpus)[0].protocol)
    print(splits.overlap(corpus, parts).to_string())
    print(f"{splits.keep(corpus, parts, Path(args.runs))}   hash {splits.digest(parts)}")
    return 0


def run(args: argparse.Namespace) -> int:
    from mcsan_lite import paper
    from mcsan_lite.corpus import DataError
    from mcsan_lite.experiment import run_experiment

    if args.estimate:
        raise DataError("--estimate without a table", "table1, table2, table3 or ambiguities", "mcsan run table3 --estimate")
    corpus = open_corpus(args)
    rows = specs(args, corpus)
    say_if_unseen(args, rows)
    results = run_experiment(rows, corpus, seeds=range(args.seeds), cache=Path(args.data) / "cache",
                             runs=args.runs, jobs=args.jobs, backend=args.backend, device=args.device,
                             progress=args.jobs == 1, folds=args.folds)
    print(paper.summary(results, ("wa", "ua", "weighted_f1", "macro_f1")).round(3).to_string())
    if args.per_class:
        for name, group in results.groupby("name", sort=False):
            print(f"\n{name}, all folds and seeds together\n{_classes(group.folder)}\n")
    print("folders:", *sorted({str(Path(f).parent) for f in results.folder}), sep="\n  ")
    return 0


def _classes(folders) -> str:
    """Precision, recall, F1 and n a class, and the confusion matrix, over the predictions in these folders."""
    import pandas as pd

    from mcsan_lite import metrics

    found = pd.concat(pd.read_csv(Path(folder) / "predictions.csv") for folder in folders)
    labels = list(found.columns[2:])  # behind id and true
    true, pred = found.true.map(labels.index).to_numpy(), found[labels].to_numpy().argmax(1)
    counts = pd.DataFrame(metrics.confusion(true, pred, len(labels)), [f"true {name}" for name in labels], labels)
    return f"{metrics.per_class(true, pred, labels).round(3).to_string()}\n\n{counts.to_string()}"


def table(args: argparse.Namespace) -> int:
    from mcsan_lite import paper
    from mcsan_lite.experiment import load_results

    for (corpus, protocol), group in load_results(args.runs).groupby(["corpus", "protocol"]):
        scores = paper.summary(group, ("wa", "ua", "weighted_f1", "macro_f1"))
        print(f"\n{corpus} · {protocol}\n{scores.round(3).to_string()}")
    return 0


def ceilings(args: argparse.Namespace) -> int:
    from mcsan_lite import course

    table = course.ceilings_table(args.profile, seeds=range(args.seeds), data=args.data, runs=args.runs, jobs=args.jobs)
    print(table.round(3).to_string(index=False))
    return 0


def checkpoints(args: argparse.Namespace) -> int:
    from mcsan_lite import checkpoints, course

    table = course.ship_checkpoints(args.out or checkpoints.FOLDER, args.profile, data=args.data, runs=args.runs,
                                    jobs=args.jobs)
    print(f"{table.round(4).to_string(index=False)}\n{table.kB.sum():.0f} kB in {args.out or checkpoints.FOLDER}")
    return 0


def readings(args: argparse.Namespace) -> int:
    from mcsan_lite import course, oracle
    from mcsan_lite.readings import READINGS

    lines = course.reading_scores(READINGS, args.profile, seeds=range(args.seeds), utterances=args.utterances,
                                  retrain=args.retrain, data=args.data, runs=args.runs, jobs=args.jobs)
    print(oracle.summary(lines).round(3).to_string(index=False))
    print("points: is the highest frame in the decisive word? low to high: 95 % over seeds (Student), or over utterances "
          "where there is one seed (Wilson).\nauc: chance is .5. The best head is chosen on validation, a seed at a time.")
    return 0


def align(args: argparse.Namespace) -> int:
    from mcsan_lite import course

    table = course.alignment_table(args.run, open_corpus(args), utterances=args.utterances, data=args.data, jobs=args.jobs)
    print(table.round(3).to_string(index=False))
    print("points: is the heaviest frame of a word's row in that word? Mean and 95 % interval over utterances (Student).")
    return 0


def floors(args: argparse.Namespace) -> int:
    from mcsan_lite import floors, paper, splits
    from mcsan_lite.features import extract

    corpus = open_corpus(args)
    spec = specs(args, corpus)[0]
    data, _ = extract(corpus, spec.features, cache=Path(args.data) / "cache", jobs=args.jobs)
    parts = splits.folds(corpus, spec.protocol)
    found = floors.floors(corpus, parts, data, spec.train.select, runs=args.runs, jobs=args.jobs)
    print(paper.summary(found).drop(columns=["run", "parameters"]).round(3).to_string())
    return 0
