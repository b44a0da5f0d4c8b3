"""The commands on a single utterance, your own recording or one of a corpus."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def _load(args: argparse.Namespace):
    from mcsan_lite.training import inference

    run = inference.load_run(args.run)
    if args.video:
        run.require_video()
    return run


def _say_what_is_missing(run, *, video: bool, word_times: bool) -> None:
    """What the run was trained with and does not get now."""
    if run.features.video and not video:
        print(
            "no video (--video): this run was trained with a video stream, and gets none",
            file=sys.stderr,
        )
    if run.features.align == "gold" and not word_times:
        print(
            "no word times: this run was trained with them; the words are now placed in proportion to their letters",
            file=sys.stderr,
        )


def predict(args: argparse.Namespace) -> int:
    run = _load(args)
    _say_what_is_missing(
        run, video=bool(args.video), word_times=not args.audio
    )  # without sound, nothing to place
    features = run.features_of(args.audio, args.text, Path(args.data) / "cache", args.video)
    print(run.probabilities(features).map("{:.1%}".format).to_string())
    return 0


def attend(args: argparse.Namespace) -> int:
    from mcsan_lite.cli import utterance
    from mcsan_lite.errors import DataError

    if args.corpus and (args.audio or args.text):
        raise DataError(
            "--corpus beside --audio or --text", "one utterance", "leave one of them out"
        )
    one, truth = (
        utterance.of_corpus(
            args.corpus,
            args.id,
            root=args.root,
            profile=args.profile,
            data=args.data,
            video=args.video,
        )
        if args.corpus
        else utterance.own(args.audio, args.text, args.video)
    )
    run = _load(args)
    _say_what_is_missing(
        run, video=one.utterances[0].video is not None, word_times=bool(args.corpus)
    )
    found, files = utterance.attend(
        run if args.corpus else run.without_word_times(),
        one,
        truth,
        name=args.map,
        out=Path(args.out),
        cache=Path(args.data) / "cache",
    )
    if not files:
        print(found.frame().round(3).to_string())
        return 0
    *first, last = map(str, files)
    print(f"{found.describe()}\n{', '.join(first)} and {last} written")
    return 0
