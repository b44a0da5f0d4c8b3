"""Advice must be possible: a refusal names only options that its command has.

In: the text of a refusal, and the parser of the command that prints it. Out: a note on the options
that belong to other commands.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_OTHER_COMMAND = re.compile(r"\b(?:mcsan|pip|git) [^;\n]*")  # with the options that follow it


def option_names(parser: argparse.ArgumentParser) -> set[str]:
    """The options of a command, such as "--runs"."""
    return {name for action in parser._actions for name in action.option_strings}


def commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser of every command below this one, those of commands in two words too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from commands_of(command)
                yield command


def options_named(advice: str) -> set[str]:
    """The options that an advice names, but those of a command that it spells out.

    In "--jobs 1, or mcsan run --rows MCSAN" it is --jobs alone.
    """
    return set(_OPTION.findall(_OTHER_COMMAND.sub("", advice)))


def note_on_options(advice: str, parser: argparse.ArgumentParser) -> str:
    """A line for each option of an advice that the command lacks; "" where it has them all.

    Args:
        advice: what a refusal says should be done.
        parser: of the command that prints it.
    """
    foreign = sorted(options_named(advice) - option_names(parser))
    lines = [
        f"\n({option} is an option of other commands, not of {parser.prog}.)" for option in foreign
    ]
    return "".join(lines)
