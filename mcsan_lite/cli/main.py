"""The entry of the command line: `mcsan`, or `python -m mcsan_lite`.

In: words as they are typed. Out: what the command prints, and its exit status: 2 for a refusal.
Each command's options stand beside the command, in the other modules of this folder. Heavy imports
wait until a command runs, so that `mcsan --help` answers at once.
"""

from __future__ import annotations

import argparse
import codecs
import io
import sys

from mcsan_lite.cli import course, data, doctor, paper, run, utterance

# What a terminal shows that has no such character, as cp1252, cp437 or ascii have none for some.
PLAIN_CHARACTERS = {
    "✓": "ok",
    "✗": "no",
    "·": "-",
    "±": "+/-",
    "×": "x",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "█": "#",
}
_PLAIN = "mcsan-plain"  # the name of the error handler


def parser() -> argparse.ArgumentParser:
    """All commands with their options, in the order in which `mcsan --help` lists them."""
    top = argparse.ArgumentParser(
        prog="mcsan", description="MCSAN: emotion from sound and words. Each command has --help."
    )
    commands = top.add_subparsers(required=True, metavar="command")
    doctor.add_doctor_command(commands)
    course.add_course_command(commands)
    data.add_data_command(commands)
    data.add_check_command(commands)
    data.add_split_command(commands)
    run.add_floors_command(commands)
    run.add_run_command(commands)
    run.add_table_command(commands)
    paper.add_ledger_command(commands)
    run.add_ceilings_command(commands)
    run.add_checkpoints_command(commands)
    run.add_readings_command(commands)
    run.add_align_command(commands)
    utterance.add_predict_command(commands)
    utterance.add_attend_command(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: its words; None: those that the program was started with.

    Returns:
        The exit status. 2: the command refused, and said why in three parts.
    """
    _print_on_any_terminal()
    args = parser().parse_args(argv)
    try:
        return args.command(args)
    except (ValueError, RuntimeError, FloatingPointError) as error:
        if "Given:" not in str(error):  # our refusals carry three parts, and need no traceback
            raise
        print(error, file=sys.stderr)
        return 2


def _print_on_any_terminal() -> None:
    """A character that the terminal cannot show becomes a plain one, instead of an exception."""
    codecs.register_error(_PLAIN, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a notebook's stream takes every character
            stream.reconfigure(errors=_PLAIN)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler as `codecs.register_error` takes it; unknown characters become \\uXXXX."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    escaped = character.encode("ascii", "backslashreplace").decode("ascii")
    return PLAIN_CHARACTERS.get(character, escaped), error.start + 1
