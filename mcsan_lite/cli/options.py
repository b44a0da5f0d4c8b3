"""From options to a corpus and the rows to train."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path


def run_options(args: argparse.Namespace, **more):
    """Where and with what to compute, as `RunOptions`; `more` are further fields of it."""
    from mcsan_lite.training.runner import RunOptions

    names = ("data", "runs", "jobs", "backend", "device", "retrain")
    given = {name: getattr(args, name) for name in names if getattr(args, name, None) is not None}
    return RunOptions(**given | more)


def _options(args: argparse.Namespace) -> dict:
    """The reader's own options, as given."""
    given = {
        "classes": ("iemocap", args.classes),
        "defects": ("meld", args.defects and tuple(args.defects.split(","))),
    }
    for name, (corpus, value) in given.items():
        if value and args.corpus != corpus:
            from mcsan_lite.errors import DataError

            raise DataError(
                f"--{name} with the corpus {args.corpus!r}", f"{corpus!r}", f"leave --{name} out."
            )
    return {name: value for name, (_, value) in given.items() if value}


def open_corpus(args: argparse.Namespace):
    from mcsan_lite.experiments import (
        corpora,
    )

    corpus = corpora.open_corpus(
        args.corpus,
        root=args.root,
        profile=args.profile,
        data=args.data,
        jobs=args.jobs,
        strict=not args.allow_incomplete,
        video=args.video,
        **_options(args),
    )
    if args.skip_bad:
        from mcsan_lite.datasets.video_files import watchable
        from mcsan_lite.features.extraction import usable

        cache = Path(args.data) / "cache"
        corpus = watchable(usable(corpus, cache=cache, jobs=args.jobs), cache=cache, jobs=args.jobs)
    for kind, count in corpus.skipped_kinds().items():
        first = next(s for s in corpus.skipped if s.kind == kind)
        print(f"skipped {count:6,d}  {kind}, such as {first.id}", file=sys.stderr)
    return corpus


def specs(args: argparse.Namespace, corpus):
    from mcsan_lite.features.extraction import FeatureConfig
    from mcsan_lite.paper import table_rows

    features = FeatureConfig(vectors=args.vectors) if args.vectors else FeatureConfig()
    rows = [row.strip() for row in args.rows.split(",")] if args.rows else None
    own = (
        "official"
        if args.corpus == "manifest" and all(u.split for u in corpus.utterances)
        else None
    )
    made = table_rows.table3_specs(
        args.profile, args.corpus, rows=rows, protocol=args.protocol or own, features=features
    )
    precision = {"precision": args.precision} if getattr(args, "precision", None) else {}
    return [replace(spec, train=replace(spec.train, **precision)) for spec in made]


def say_if_unseen(args: argparse.Namespace, specs: list) -> None:
    from mcsan_lite.features.alignment import LACKING

    if args.video and not any(spec.features.video for spec in specs):
        print(
            "--video: none of these rows looks at it. AMH and MCSAN + video of table1 do, where at most "
            f"{LACKING:.0%} of the utterances are without",
            file=sys.stderr,
        )
