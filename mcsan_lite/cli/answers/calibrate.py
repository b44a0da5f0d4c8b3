"""`mcsan calibrate`: how sure a run may be, and what it was trained on, kept beside its weights.

In: runs whose training corpus is at hand. Out: a confidence.json beside each, a table of what that
is worth on the test part and, on request, a figure.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcsan_lite.cli.borders.ignored import refuse_without_corpus
from mcsan_lite.cli.options import (
    CORPORA_HELP,
    CorpusRequest,
    add_command,
    add_corpus_options,
    requested_corpus,
    run_options,
)


def add_calibrate_command(commands) -> None:
    """mcsan calibrate: its options."""
    parser = add_command(
        commands,
        "calibrate",
        calibrate_command,
        "make a run's percentages mean something, and let it tell what is unlike its training",
        example="mcsan calibrate --run runs/mcsan-4613a962/kfold10-0-seed0",
    )
    parser.add_argument(
        "--run",
        required=True,
        nargs="+",
        metavar="RUN",
        help="folds' folders below runs/, runs with all their folds, .safetensors files, or a "
        "folder of these",
    )
    add_corpus_options(parser)
    parser.add_argument(
        "--corpus",
        help=f"what they were trained on: {CORPORA_HELP} (default: the generated corpus that they "
        "name)",
    )
    parser.add_argument(
        "--figure", help="a png or svg: how sure and how right, before and after, on the test part"
    )


def calibrate_command(args: argparse.Namespace) -> int:
    """Write a confidence.json for each run, and print what it is worth on the test part."""
    import pandas as pd

    from mcsan_lite.experiments.confidence.calibrating import (
        calibrated_runs,
        corpus_of_run,
        grouped_by_corpus,
        measured_on_test,
        origin_of,
    )
    from mcsan_lite.training.confidence.sidecar import write_confidence

    refuse_without_corpus(args)
    _require_picture(args.figure)
    options = run_options(args)
    found = []
    for places in grouped_by_corpus(list(_every_run(args.run))).values():
        if args.corpus:
            corpus = requested_corpus(CorpusRequest.from_args(args))
        else:
            corpus = corpus_of_run(origin_of(places[0]), args.data, args.jobs)
        found += calibrated_runs(places, corpus, options)
    for one in found:
        write_confidence(one.place, one.confidence)
    table = pd.DataFrame([measured_on_test(one) for one in found])
    print(table.round(3).to_string(index=False))
    print(
        "T: temperature, fitted on validation. ECE: expected calibration error, on test, as are "
        "all shares."
    )
    if args.figure:
        _draw(found, Path(args.figure))
        print(f"{args.figure} written")
    return 0


def _require_picture(figure: str | None) -> None:
    from mcsan_lite.errors import DataError

    if figure and Path(figure).suffix not in (".png", ".svg"):
        raise DataError(
            f"--figure {figure!r}", "a name that ends in .png or .svg", "--figure sure.png"
        )


def _every_run(places: Sequence[str]) -> Iterator[Path]:
    """Every fold or file that is meant, in order."""
    from mcsan_lite.errors import DataError

    for place in map(Path, places):
        if place.is_file() or (place / "model.safetensors").is_file():
            yield place
            continue
        folds = sorted(file.parent for file in place.glob("*/model.safetensors"))
        inside = folds or sorted(place.glob("*.safetensors"))
        if not inside:
            raise DataError(
                f"no run at {place}",
                "a fold's folder with model.safetensors, a run with such folds, or .safetensors",
                "look below runs/ for a finished one, or train one: mcsan run",
            )
        yield from inside


def _draw(found: Sequence, path: Path) -> None:
    """Reliability before and after, a row of two for each run."""
    import matplotlib.pyplot as plt

    from mcsan_lite.cache import write_atomic
    from mcsan_lite.experiments.confidence.figure import reliability_figure
    from mcsan_lite.tables.shared import save_svg

    figure = reliability_figure(found)
    try:
        if path.suffix == ".svg":
            write_atomic(path, lambda part: save_svg(figure, part))
        else:
            write_atomic(path, lambda part: figure.savefig(part, dpi=120, format="png"))
    finally:
        plt.close(figure)
