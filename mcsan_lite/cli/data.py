"""The commands about corpora: generate, download, check, split.

In: parsed options. Out: text on stdout, and the exit status. Heavy imports wait until a command
runs.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from mcsan_lite.cli.borders.ignored import refuse_for_layout
from mcsan_lite.cli.borders.numbers import seed
from mcsan_lite.cli.options import (
    CORPORA_HELP,
    CorpusRequest,
    RowRequest,
    add_command,
    add_place_options,
    add_root_option,
    add_row_options,
    requested_corpus,
    table3_rows,
)
from mcsan_lite.cli.pages.option import add_html_option, page_place, write_result_page

# Knobs of the synthetic corpus: the fields of `SyntheticConfig`, their types and what they are.
_KNOBS = (
    ("train", int, "utterances"),
    ("valid", int, "utterances"),
    ("test", int, "utterances"),
    ("seed", seed, "another corpus"),
    ("world", str, "matching, leaking or listed"),
    ("pairs", int, "homophone pairs"),
    ("held-out-pairs", int, "pairs only in the test part"),
    ("max-words", int, "most homophones per utterance"),
    ("speakers", int, "voices"),
    ("speaker-leak", float, "share of speakers that tell the class"),
    ("imbalance", str, "none or iemocap"),
    ("label-noise", float, "share of wrong labels"),
    ("stress-share", float, "stressed by chance"),
    ("fillers", float, "chance of an untranscribed um"),
    ("missing-text", float, "share without transcript"),
    ("missing-audio", float, "share without clip"),
    ("video-noise", float, "a face too, each of whose signs errs so often"),
)


def add_data_command(commands) -> None:
    """mcsan data synthetic, meld, vectors: their options."""
    parser = commands.add_parser("data", help="make or fetch data")
    kinds = parser.add_subparsers(required=True, metavar="what")
    _add_synthetic_command(kinds)
    _add_meld_command(kinds)
    _add_vectors_command(kinds)


def _add_synthetic_command(kinds) -> None:
    parser = add_command(
        kinds,
        "synthetic",
        data_synthetic_command,
        "generate the synthetic corpus, with its knobs",
        example="mcsan data synthetic --world leaking --train 2000 --seed 7",
    )
    add_place_options(parser)
    for name, kind, text in _KNOBS:
        parser.add_argument(f"--{name}", type=kind, help=text)
    parser.add_argument(
        "--layout",
        help="write the folder tree of another corpus at its full size instead: iemocap or "
        "meld. To try its reader without a licence",
    )
    parser.add_argument(
        "--scene-leak",
        type=float,
        default=0.0,
        help="with --layout iemocap: share of turns whose scene is chosen by the class",
    )


def data_synthetic_command(args: argparse.Namespace) -> int:
    """Generate the synthetic corpus, or another corpus's folders, and say what is in them."""
    from mcsan_lite.datasets.synthetic.reader import read_synthetic
    from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
    from mcsan_lite.experiments import corpora

    refuse_for_layout(args, [name for name, *_ in _KNOBS])
    if args.layout:
        return _write_layout(args)
    given = vars(args)
    names = [field.name for field in fields(SyntheticConfig)]
    knobs = {name: given[name] for name in names if given.get(name) is not None}
    folder = corpora.synthetic_folder(args.profile, data=args.data, jobs=args.jobs, **knobs)
    corpus = read_synthetic(folder)
    print(f"{folder}: {len(corpus)} utterances, {len(corpus.skipped)} skipped")
    print(corpus.counts().to_string())
    return 0


def _write_layout(args: argparse.Namespace) -> int:
    from mcsan_lite.datasets.iemocap.simulate import write_iemocap
    from mcsan_lite.datasets.meld.simulate import write_meld
    from mcsan_lite.errors import require_name

    name = require_name(args.layout, ("iemocap", "meld"), "layout")
    root = Path(args.data) / f"synthetic-{name}"
    if name == "iemocap":
        folder = write_iemocap(root, jobs=args.jobs, scene_leak=args.scene_leak)
    else:
        folder = write_meld(root, jobs=args.jobs)
    print(f"{folder}: look at it with  mcsan check {name} --root {folder}")
    return 0


def _add_meld_command(kinds) -> None:
    parser = add_command(
        kinds,
        "meld",
        data_meld_command,
        "download MELD: annotation, on request the clips",
        example="mcsan data meld --download",
    )
    add_place_options(parser)
    parser.add_argument(
        "--download",
        action="store_true",
        help="fetch the three annotation files (1.5 MB) into --data/meld",
    )
    parser.add_argument("--clips", action="store_true", help="and the clips: 10 GB, resumable")


def data_meld_command(args: argparse.Namespace) -> int:
    """Download MELD's annotation, and its clips on request."""
    from mcsan_lite.datasets.meld import download
    from mcsan_lite.errors import DataError

    if not (args.download or args.clips):
        raise DataError(
            "mcsan data meld alone",
            "what to fetch",
            "--download (annotation, 1.5 MB), or --clips (10 GB more)",
        )
    folder = Path(args.data) / "meld"
    download.download_meld(folder, clips=args.clips)
    print(f"{folder}: look at it with  mcsan check meld")
    return 0


def _add_vectors_command(kinds) -> None:
    parser = add_command(
        kinds,
        "vectors",
        data_vectors_command,
        "download word vectors through gensim, with progress",
        example="mcsan data vectors glove-wiki-gigaword-300",
    )
    parser.add_argument(
        "name", help="for example glove-wiki-gigaword-300, the paper's 300 dimensions"
    )


def data_vectors_command(args: argparse.Namespace) -> int:
    """Download word vectors by their gensim-data name, and print where they lie."""
    from gensim import downloader

    from mcsan_lite.errors import require_name

    try:
        names = downloader.info(name_only=True)["models"]
    except Exception as error:  # gensim says ValueError where there is no network
        raise _not_downloaded("the list of word vectors", error) from error
    require_name(args.name, names, "word vectors")
    try:
        # gensim draws the progress and checks the checksum
        print(downloader.load(args.name, return_path=True))
    except Exception as error:
        raise _not_downloaded(f"word vectors {args.name!r}", error) from error
    return 0


def _not_downloaded(what: str, error: Exception) -> Exception:
    from mcsan_lite.errors import DataError

    why = str(error).strip() or type(error).__name__
    return DataError(
        f"{what}, not downloaded: {why.splitlines()[0]}",
        "a network connection, and room on the disk",
        "try again, or pass a file of word vectors with --vectors.",
    )


def add_check_command(commands) -> None:
    """mcsan check: its options."""
    parser = add_command(
        commands,
        "check",
        check_command,
        "is this the paper's set? counts, clips, duplicates, defects",
        example="mcsan check meld --root ~/corpora/MELD.Raw --html meld.html",
        no="it is not the published set; for a corpus of your own, something is wrong with it",
    )
    add_place_options(parser)
    add_root_option(parser)
    parser.add_argument("corpus", help=CORPORA_HELP)
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")
    add_html_option(parser)
    parser.add_argument(
        "--fast", action="store_true", help="look whether the clips are there, and open none"
    )
    parser.add_argument(
        "--vectors",
        help="word vectors that should know its words: a file or a gensim-data name (default: "
        "GloVe 6B 50-d)",
    )


def check_command(args: argparse.Namespace) -> int:
    """Print what is in a corpus's folder. The exit status says whether it is the published set."""
    import json

    from mcsan_lite.datasets.inspection.report import inspect_corpus
    from mcsan_lite.datasets.inspection.text import report_text
    from mcsan_lite.experiments import corpora
    from mcsan_lite.features.words import GLOVE_50
    from mcsan_lite.figures.pages.check import check_page

    place, root = page_place(args), args.root
    if not root and args.corpus == "synthetic":
        root = corpora.synthetic_folder(args.profile, data=args.data, jobs=args.jobs)
    elif not root:
        root = Path(args.data) / args.corpus
    vectors = args.vectors or GLOVE_50
    report = inspect_corpus(args.corpus, root, fast=args.fast, jobs=args.jobs, vectors=vectors)
    print(json.dumps(report, indent=1) if args.json else report_text(report))
    write_result_page(place, lambda: check_page(report))
    return report["status"]


def add_split_command(commands) -> None:
    """mcsan split: its options."""
    parser = add_command(
        commands,
        "split",
        split_command,
        "a protocol's folds: sizes, what is on both sides, ids as csv",
        example="mcsan split iemocap --root ~/corpora/IEMOCAP_full_release --protocol session5",
    )
    add_row_options(parser)
    parser.add_argument("corpus", help=CORPORA_HELP)


def split_command(args: argparse.Namespace) -> int:
    """Print the folds of a protocol, and what they leak; keep their ids as csv."""
    from mcsan_lite.datasets import splits

    corpus = requested_corpus(CorpusRequest.from_args(args))
    spec, *_ = table3_rows(RowRequest.from_args(args), corpus, args.profile)
    folds = splits.folds(corpus, spec.protocol)
    print(splits.overlap(corpus, folds).to_string())
    path = splits.keep(corpus, folds, Path(args.runs))
    print(f"{path}   hash {splits.digest(folds)}")
    return 0
