"""Options that several commands share, and what they ask for as typed requests.

In: an `argparse.Namespace`, which is never changed. Out: a corpus, specs, `RunOptions`. Heavy
imports wait until a command runs, so that `mcsan --help` answers at once.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.borders.ignored import refuse_ignored
from mcsan_lite.cli.borders.numbers import count, positive

if TYPE_CHECKING:
    from mcsan_lite.corpus import Corpus
    from mcsan_lite.features.extraction import FeatureConfig
    from mcsan_lite.training.runner import RunOptions
    from mcsan_lite.training.spec import Spec

CORPORA_HELP = "synthetic, iemocap, meld, ravdess, or manifest: a csv of your own"


class CalmHelp(argparse.HelpFormatter):
    """Help whose paragraphs are wrapped, and whose indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = []
        for line in text.splitlines():
            as_it_is = not line.strip() or line.startswith(" ")
            lines.append(line if as_it_is else super()._fill_text(line, width, indent))
        return "\n".join(lines)


def add_command(
    commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    text: str,
    *,
    example: str = "",
    no: str = "",
) -> argparse.ArgumentParser:
    """Add a command to a parser's subcommands.

    Args:
        commands: what `add_subparsers` returned.
        name: as it is typed.
        function: from parsed options to the exit status. Its docstring says what the command does
            in a sentence, which docs/commands.md prints.
        text: what it does, in one line.
        example: a command line that works, from "mcsan" on.
        no: for a command that answers yes or no, what its exit status 1 means.

    Returns:
        The command's parser, for its options. The example and the exit status stand in its epilog,
        from which docs/commands.py reads them.
    """
    parts = []
    if example:
        parts.append(f"example:\n  {example}")
    if no:
        parts.append(f"exit status 1:\n  {no}")
    parser = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog="\n\n".join(parts) or None,
        formatter_class=CalmHelp,
    )
    parser.set_defaults(command=function, parser=parser)
    return parser


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """--profile, --data, --runs, --jobs: what nearly every command takes."""
    parser.add_argument(
        "--profile",
        default="quick",
        help="smoke (seconds), quick (a minute or two per row and fold), full (as quick, but "
        "tables have all folds and three seeds), paper (days without a GPU)",
    )
    parser.add_argument(
        "--data", default="data", help="folder of corpora and caches (default: data)"
    )
    parser.add_argument("--runs", default="runs", help="folder of results (default: runs)")
    parser.add_argument("--jobs", type=count, default=1, help="processes side by side (default: 1)")


def add_root_option(parser: argparse.ArgumentParser) -> None:
    """--root: where a corpus lies."""
    parser.add_argument(
        "--root", help="the corpus's folder, or the manifest's file (default: data/<corpus>)"
    )


def add_corpus_options(parser: argparse.ArgumentParser) -> None:
    """All that opens a corpus but its name: `CorpusRequest`."""
    add_place_options(parser)
    add_root_option(parser)
    parser.add_argument(
        "--classes",
        type=count,
        help="iemocap: 7, the paper's, or 4, happy and excited as one (default: 7)",
    )
    parser.add_argument(
        "--defects",
        help="meld: what to do about wrong clips, by comma: keep, trim, drop, recut "
        "(default: keep)",
    )
    parser.add_argument(
        "--allow-incomplete",
        action="store_true",
        help="go on where published counts are not met",
    )
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="go on without clips that cannot be read or heard, and "
        "without videos that cannot be read",
    )
    parser.add_argument(
        "--video",
        help="folder or .npz of what is seen, by utterance: ID.csv of OpenFace or an array ID.npy",
    )


def add_row_options(parser: argparse.ArgumentParser) -> None:
    """All that chooses rows and folds on a corpus: `CorpusRequest`, and most of `RowRequest`."""
    add_corpus_options(parser)
    parser.set_defaults(precision=None, learning_rate=None)  # of commands that train nothing
    parser.add_argument(
        "--rows",
        help='rows of the table, by comma: "MCSAN,w/o cross" (default: all; of speakers: w/o text)',
    )
    parser.add_argument(
        "--protocol",
        help="official, kfold10, yoon5, speaker, speaker10, session5, scenario, dialogue, "
        "or a csv of folds (default: the corpus's own)",
    )
    parser.add_argument(
        "--vectors",
        help="word vectors: a file, a gensim-data name, or a folder or .npz of arrays ID.npy with "
        "one row per token (default: GloVe 6B 50-d)",
    )
    parser.add_argument(
        "--frames",
        help="instead of MFCC, sound frames made elsewhere: a folder or .npz of arrays ID.npy",
    )
    parser.add_argument(
        "--hop", type=float, help="with --frames: seconds from one frame to the next, such as 0.02"
    )
    parser.add_argument(
        "--allow-unknown",
        action="store_true",
        help="go on though the word vectors know less than half of the words",
    )


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """How the rows are trained, in commands that train or look for trainings: `RowRequest`."""
    parser.add_argument(
        "--precision", help="float32, or bfloat16: faster where the processor has it"
    )
    parser.add_argument(
        "--learning-rate",
        type=positive,
        help="learning rate of all rows, such as 0.001 (default: each row's own)",
    )


def run_options(args: argparse.Namespace, **more) -> RunOptions:
    """Where and with what to compute.

    Args:
        args: parsed options; those that `RunOptions` has a field for are taken.
        **more: further fields.
    """
    from mcsan_lite.training.runner import RunOptions

    names = {field.name for field in fields(RunOptions)}
    given = {name: value for name, value in vars(args).items() if name in names}
    return RunOptions(**given | more)


@dataclass(frozen=True)
class CorpusRequest:
    """Which corpus is wanted, and what to do about its faults.

    Attributes:
        name: "synthetic", "iemocap", "meld", "ravdess" or "manifest".
        root: its folder, or the manifest's file; None: below `data`.
        profile: which synthetic corpus is meant.
        data: folder of corpora and caches.
        jobs: processes side by side.
        reader_options: those of its reader.
        skip_bad: leave out clips and videos that cannot be used.
        video: folder or .npz of its films.
        features: what an utterance must have to be usable; None: clips, as MFCC need them.
    """

    name: str
    root: str | None
    profile: str
    data: str
    jobs: int
    reader_options: Mapping[str, object]
    skip_bad: bool
    video: str | None
    features: FeatureConfig | None = None

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> CorpusRequest:
        """From the options of `add_corpus_options`, and --corpus or the argument `corpus`."""
        return cls(
            name=args.corpus,
            root=args.root,
            profile=args.profile,
            data=args.data,
            jobs=args.jobs,
            reader_options=_reader_options(args),
            skip_bad=args.skip_bad,
            video=args.video,
            features=requested_features(args),
        )

    @property
    def cache(self) -> Path:
        """The folder of features."""
        return Path(self.data) / "cache"


def _reader_options(args: argparse.Namespace) -> dict[str, object]:
    """The options of a single corpus's reader. Raises DataError for those of another corpus."""
    options: dict[str, object] = {}
    for option, corpus in (("classes", "iemocap"), ("defects", "meld")):
        if args.corpus != corpus:
            given, do = f"with the corpus {args.corpus!r}", "leave {option} out."
            refuse_ignored(args, given, repr(corpus), do, only=(option,))
    if args.classes is not None:
        options["classes"] = args.classes
    if args.defects is not None:
        options["defects"] = tuple(args.defects.split(","))
    if args.corpus != "synthetic":
        options["strict"] = not args.allow_incomplete
    return options


def requested_corpus(request: CorpusRequest) -> Corpus:
    """Open the corpus, and report on stderr what was left out of it."""
    from mcsan_lite.datasets.video_files import watchable, with_video
    from mcsan_lite.experiments import corpora
    from mcsan_lite.features.extraction import FeatureConfig, usable

    corpus = corpora.open_corpus(
        request.name,
        root=request.root,
        profile=request.profile,
        data=request.data,
        jobs=request.jobs,
        **request.reader_options,
    )
    if request.video:
        corpus = with_video(corpus, request.video)
    if request.skip_bad:
        settings = request.features or FeatureConfig()
        corpus = usable(corpus, settings, cache=request.cache, jobs=request.jobs)
        corpus = watchable(corpus, cache=request.cache, jobs=request.jobs)
    for kind, clips in corpus.skipped_kinds().items():
        first = next(one for one in corpus.skipped if one.kind == kind)
        detail = first.reason.removeprefix(kind)
        print(f"skipped {clips:6,d}  {kind}, such as {first.id}{detail}", file=sys.stderr)
    return corpus


@dataclass(frozen=True)
class RowRequest:
    """Which rows are wanted, and what they share.

    Attributes:
        rows: names, by comma; None: all of the table.
        protocol: how the corpus is split; None: its own way.
        precision: of the training; None: float32.
        learning_rate: of the training; None: the profile's.
        vectors: word vectors; None: GloVe 6B, 50 dimensions.
        frames: sound frames made elsewhere; None: MFCC.
        hop: seconds from one of these frames to the next.
    """

    rows: str | None = None
    protocol: str | None = None
    precision: str | None = None
    learning_rate: float | None = None
    vectors: str | None = None
    frames: str | None = None
    hop: float | None = None

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> RowRequest:
        """From the options of `add_row_options`, and those of `add_training_options`."""
        return cls(**{one.name: getattr(args, one.name) for one in fields(cls)})

    @property
    def training(self) -> dict[str, object]:
        """The fields of TrainConfig that were asked for."""
        asked = {"precision": self.precision, "learning_rate": self.learning_rate}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def features(self) -> FeatureConfig:
        """The settings that follow from vectors, frames and hop."""
        from mcsan_lite.features.arrays.settings import feature_settings

        return feature_settings(self.vectors, self.frames, self.hop)

    def in_file_name(self, video: str | None = None, folds: str | None = None) -> list[str]:
        """What of the settings stands in the names of a table's files.

        Places and folds of one name may hold other things, and the same frames may be read with
        another hop. So six digits of all of them are the last part.

        Args:
            video: the place of the films.
            folds: a digest of the folds, where they come from a csv.
        """
        from mcsan_lite.experiments.grids import rate_in_name

        parts = [] if self.precision in (None, "float32") else [self.precision]
        if self.learning_rate is not None:
            parts.append(rate_in_name(self.learning_rate))
        parts += [Path(place).stem for place in (self.vectors, self.frames) if place]
        sources: list[object] = []
        if self.vectors and not _is_published(self.vectors):
            sources.append(("vectors", self.vectors))
        if self.frames:
            sources.append(("frames", self.frames, self.hop))
        if video:
            parts.append("video")
            sources.append(("video", video))
        sources += [folds] if folds else []
        if sources:
            parts.append(hashlib.sha256(repr(sources).encode()).hexdigest()[:6])
        return parts


def _is_published(vectors: str) -> bool:
    """Whether these word vectors are a published set by its name, and not a file or a folder."""
    return re.fullmatch(r"[\w-]+", vectors) is not None and not Path(vectors).exists()


def requested_features(args: argparse.Namespace) -> FeatureConfig:
    """What --vectors, --frames and --hop ask for, as far as a command has them.

    Where it has no --hop, its frames are those of a trained run, which knows their hop itself.
    """
    from mcsan_lite.features.arrays.settings import feature_settings

    vectors = getattr(args, "vectors", None)
    if not hasattr(args, "hop"):
        return feature_settings(vectors)
    return feature_settings(vectors, args.frames, args.hop)


def table3_rows(request: RowRequest, corpus: Corpus, profile: str) -> list[Spec]:
    """The rows of Table 3 that are asked for.

    Args:
        request: names of the rows, and settings.
        corpus: what they are trained on.
        profile: "smoke", "quick", "full" or "paper".
    """
    from mcsan_lite.paper import table_rows

    names = None
    if request.rows is not None:
        names = [name.strip() for name in request.rows.split(",")]
    protocol = request.protocol
    if protocol is None and corpus.kind == "manifest" and all(u.split for u in corpus.utterances):
        protocol = "official"
    specs = table_rows.table3_specs(
        profile, corpus.kind, rows=names, protocol=protocol, features=request.features
    )
    return with_training(specs, request)


def with_training(specs: Sequence[Spec], request: RowRequest) -> list[Spec]:
    """The rows, trained as it is asked for.

    Args:
        specs: any rows.
        request: precision and learning rate.
    """
    return [replace(spec, train=replace(spec.train, **request.training)) for spec in specs]
