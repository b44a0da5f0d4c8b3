"""Options that would do nothing are refused: anyone who gives one means something by it.

In: parsed options. Out: nothing; or a refusal of the first option that was given and would not be
read. What nearly every command takes, such as --profile and --jobs, is never refused: scripts give
it to all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection

from mcsan_lite.errors import DataError

_PLACES = ("profile", "data", "runs", "jobs")  # what nearly every command takes
_TABLES = "table1, table2, table3, fusion or ambiguities"
FOR_CORPORA = ("root", "classes", "defects", "allow-incomplete", "skip-bad", "video")


def refuse_ignored(
    args: argparse.Namespace,
    when: str,
    expected: str,
    do: str,
    *,
    only: Collection[str] | None = None,
    read: Collection[str] = (),
) -> None:
    """Refuse the first option that has another value than its default, and would not be read.

    Args:
        args: parsed options; `args.parser` is the command's own parser.
        when: why it would not be read, such as "without a table".
        expected: what would read it.
        do: what to do; {option} in it stands for the option.
        only: the options that are not read, without their dashes; None: all that are not in `read`.
        read: the options that are read, besides those that nearly every command takes.

    Raises:
        DataError: for such an option.
    """
    for action in args.parser._actions:
        option = action.option_strings[-1] if action.option_strings else ""
        if not option or getattr(args, action.dest, action.default) == action.default:
            continue
        name = option.removeprefix("--")
        ignored = name not in (*_PLACES, *read) if only is None else name in only
        if ignored:
            raise DataError(f"{option} {when}", expected, do.format(option=option))


def refuse_for_run(args: argparse.Namespace) -> None:
    """`mcsan run`: what is read with a table alone, and what without one alone."""
    if args.table:
        do = "leave {option} out, or the name of the table: mcsan run --rows … {option}"
        refuse_ignored(args, f"with {args.table}", "no table", do, only=("per-class",))
        return
    do = "name one: mcsan run table3 {option} …"
    only = ("estimate", "world", "finished", "out")
    refuse_ignored(args, "without a table", _TABLES, do, only=only)


def refuse_for_table(args: argparse.Namespace) -> None:
    """`mcsan table`: without a table, every run is shown, whatever its corpus and its rows are."""
    if not args.table:
        do = "name one: mcsan table table3 {option} …"
        refuse_ignored(args, "without a table", _TABLES, do, read=("html",))


def refuse_for_ledger(args: argparse.Namespace) -> None:
    """`mcsan ledger`: what chooses runs, where no run is looked at."""
    if args.ledger == "equations":
        expected = "claims or ambiguities, which look at finished runs"
        refuse_ignored(args, "with equations", expected, "leave {option} out.")
    elif not args.corpus:
        do = "name it: --corpus NAME {option} …"
        refuse_ignored(args, "without --corpus", "the corpus whose runs are meant", do)


def refuse_without_corpus(args: argparse.Namespace, only: Collection[str] = FOR_CORPORA) -> None:
    """`mcsan calibrate`, `attend` and `explore`: what opens a corpus, where none is named.

    Args:
        args: parsed options.
        only: the options that are read with --corpus alone, without their dashes.
    """
    if not args.corpus:
        do = "name it: --corpus NAME {option} …; or leave {option} out."
        refuse_ignored(args, "without --corpus", "the corpus that is meant", do, only=only)


def refuse_for_stress(args: argparse.Namespace) -> None:
    """`mcsan stress`: a world is that of the shipped models, a corpus that of your own runs."""
    if args.run:
        expected = "the models that come with the course, without --run"
        refuse_ignored(args, "with --run", expected, "leave {option} out.", only=("world",))
        return
    do = "name a run that was trained on this corpus: --run FOLDER; or leave {option} out."
    only = [name for name in FOR_CORPORA if name != "root"]  # `stress_command` refuses that itself
    refuse_ignored(args, "without --run", "a run whose corpus is opened", do, only=only)


def refuse_for_layout(args: argparse.Namespace, knobs: Collection[str]) -> None:
    """`mcsan data synthetic`: the folders of another corpus have its own size and speech.

    Args:
        args: parsed options.
        knobs: the options of the synthetic corpus, without their dashes.
    """
    if args.layout:
        expected = "the corpus as large as it is, which has none of these knobs"
        do = "leave {option} out, or --layout."
        refuse_ignored(args, f"with --layout {args.layout}", expected, do, only=knobs)
    if args.layout != "iemocap":
        do = "mcsan data synthetic --layout iemocap {option} 0.5"
        expected = "the folders of IEMOCAP, whose turns belong to scenes"
        refuse_ignored(args, "without --layout iemocap", expected, do, only=("scene-leak",))
