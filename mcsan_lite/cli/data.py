"""The commands about corpora: generate, download, check, split."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from mcsan_lite.cli.options import open_corpus, specs


def data_synthetic(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets.synthetic.generator import SyntheticConfig, read_synthetic
    from mcsan_lite.experiments import (
        corpora,
    )

    if args.layout:
        return _layout(args)
    knobs = {
        f.name: getattr(args, f.name)
        for f in fields(SyntheticConfig)
        if getattr(args, f.name, None) is not None
    }
    folder = corpora.synthetic_folder(args.profile, data=args.data, jobs=args.jobs, **knobs)
    corpus = read_synthetic(folder)
    print(
        f"{folder}: {len(corpus)} utterances, {len(corpus.skipped)} skipped\n{corpus.counts().to_string()}"
    )
    return 0


def _layout(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets.iemocap.simulate import write_iemocap
    from mcsan_lite.datasets.meld.simulate import write_meld
    from mcsan_lite.errors import require_name

    write = {"iemocap": write_iemocap, "meld": write_meld}
    name = require_name(args.layout, write, "layout")
    knobs = {"scene_leak": args.scene_leak} if name == "iemocap" else {}
    folder = write[name](Path(args.data) / f"synthetic-{name}", jobs=args.jobs, **knobs)
    print(f"{folder}: look at it with  mcsan check {name} --root {folder}")
    return 0


def data_vectors(args: argparse.Namespace) -> int:
    from gensim import downloader

    from mcsan_lite.errors import require_name

    try:
        require_name(args.name, downloader.info(name_only=True)["models"], "word vectors")
        print(
            downloader.load(args.name, return_path=True)
        )  # gensim draws the progress and checks the checksum
    except OSError as error:
        print(
            f"Given: {error}. Expected: a network connection. Do: try again, or pass a vectors file with --vectors.",
            file=sys.stderr,
        )
        return 1
    return 0


def data_meld(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets.meld import download
    from mcsan_lite.errors import DataError

    if not (args.download or args.clips):
        raise DataError(
            "mcsan data meld alone",
            "what to fetch",
            "--download (annotation, 1.5 MB), or --clips (10 GB more)",
        )
    download.download_meld(Path(args.data) / "meld", clips=args.clips)
    print(f"{Path(args.data) / 'meld'}: look at it with  mcsan check meld")
    return 0


def check(args: argparse.Namespace) -> int:
    import json

    from mcsan_lite.datasets import inspection
    from mcsan_lite.experiments import (
        corpora,
    )

    root = args.root or (
        corpora.synthetic_folder(args.profile, data=args.data, jobs=args.jobs)
        if args.corpus == "synthetic"
        else Path(args.data) / args.corpus
    )
    found = inspection.report(args.corpus, root, fast=args.fast, jobs=args.jobs)
    print(json.dumps(found, indent=1) if args.json else inspection.text(found))
    return found["status"]


def split(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets import splits

    corpus = open_corpus(args)
    parts = splits.folds(corpus, specs(args, corpus)[0].protocol)
    print(splits.overlap(corpus, parts).to_string())
    print(f"{splits.keep(corpus, parts, Path(args.runs))}   hash {splits.digest(parts)}")
    return 0
