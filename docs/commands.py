"""Writes docs/commands.md: every command of `mcsan`, read from its parser.

    python docs/commands.py

In: `mcsan_lite.cli.main.parser`, with each command's options, defaults and example, and the first
paragraph of its function's docstring. Out: the part of the page between its marks. A new command
is taken in by running this again; a test compares the page with the parser.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from mcsan_lite.cli.borders.advice import commands_of
from mcsan_lite.cli.borders.ends import EXIT_STATUSES
from mcsan_lite.cli.main import parser
from mcsan_lite.paper.report import markdown_sheet
from mcsan_lite.tables.shared import between_marks

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"
START, END = "<!-- commands: made by docs/commands.py -->", "<!-- /commands -->"

_DEFAULT = re.compile(r"\s*\(default: (.+)\)$", re.S)
_OTHERS = "the [others](#exit-statuses) are alike for all commands"


def runnable(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands that do something, in the order of `mcsan --help`; "data" alone does nothing.

    Args:
        top: the parser of all commands.
    """
    for command in commands_of(top):
        if command.get_default("command") is not None:
            yield command


def sentence(command: argparse.ArgumentParser) -> str:
    """What the command does: the first paragraph of its function's docstring."""
    text = inspect.getdoc(command.get_default("command")) or ""
    paragraph, _, _ = text.partition("\n\n")
    return " ".join(paragraph.split())


def one_line(command: argparse.ArgumentParser) -> str:
    """What `mcsan --help` says of the command."""
    return " ".join((command.description or "").split())


def epilog_part(command: argparse.ArgumentParser, heading: str) -> list[str]:
    """The indented lines below a heading of the command's epilog.

    Args:
        command: its parser.
        heading: such as "example".
    """
    found: list[str] = []
    inside = False
    for line in (command.epilog or "").splitlines():
        if not line.startswith(" ") and line.strip():
            inside = line.startswith(heading)
        elif inside and line.strip():
            found.append(line.strip())
    return found


def examples(command: argparse.ArgumentParser) -> list[str]:
    """Command lines that work."""
    return epilog_part(command, "example")


def arguments(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """What may be typed after the command, without --help."""
    return [one for one in command._actions if not isinstance(one, argparse._HelpAction)]


def _name(action: argparse.Action) -> str:
    """How an argument is written: `--jobs JOBS`, or `corpus`."""
    if not action.option_strings:
        return action.metavar or action.dest
    name = ", ".join(action.option_strings)
    if action.nargs == 0:
        return name
    value = action.metavar or action.dest.upper()
    return f"{name} [{value}]" if action.nargs == "?" else f"{name} {value}"


def usage(command: argparse.ArgumentParser) -> str:
    """The command with what it needs; what may be left out stands in brackets."""
    words, optional = [command.prog], False
    for action in arguments(command):
        if action.option_strings:
            if action.required:
                words.append(_name(action))
            optional |= not action.required
        elif action.nargs in ("?", "*"):
            words.append(f"[{_name(action)}]")
        else:
            words.append(_name(action))
            if action.nargs == "+":
                words.append("…")
    return " ".join([*words, "[options]"] if optional else words)


def default_of_option(action: argparse.Action) -> str:
    """The default in words: what the help says it is, else the parser's own."""
    if action.required and action.nargs not in ("?", "*"):  # argparse requires these, too
        return "needed"
    said = _DEFAULT.search(action.help or "")
    if said:
        return said[1]
    nothing = action.default is None or action.default is False
    return "" if nothing else str(action.default)


def meaning(action: argparse.Action) -> str:
    """The help of an argument without its default, and its choices where it has any."""
    text = " ".join(_DEFAULT.sub("", (action.help or "").replace("%%", "%")).split())
    if action.choices:
        text = f"{text} (one of {', '.join(map(str, action.choices))})".strip()
    return text


def section(command: argparse.ArgumentParser) -> str:
    """One command: heading, what it does, usage, arguments, example, exit status."""
    parts = [f"## {command.prog}", sentence(command), f"```sh\n{usage(command)}\n```"]
    options = arguments(command)
    if options:
        columns = {
            "argument": [f"`{_name(action)}`" for action in options],
            "default": [default_of_option(action) for action in options],
            "meaning": [meaning(action) for action in options],
        }
        parts.append(markdown_sheet(columns))
    shown = "\n".join(examples(command))
    parts.append(f"Example:\n\n```sh\n{shown}\n```")
    no = " ".join(epilog_part(command, "exit status"))
    answers = f"0 when the answer is yes, 1 when {no}" if no else "0 when it is done"
    parts.append(f"Exit status: {answers}; {_OTHERS}.")
    return "\n\n".join(parts)


def _anchor(prog: str) -> str:
    return prog.lower().replace(" ", "-")


def reference(top: argparse.ArgumentParser) -> str:
    """All commands: a table of them, a section each, and the exit statuses.

    Args:
        top: the parser of all commands.
    """
    commands = list(runnable(top))
    index = {
        "command": [f"[`{one.prog}`](#{_anchor(one.prog)})" for one in commands],
        "what it is for": [one_line(one) for one in commands],
    }
    statuses = inspect.cleandoc(EXIT_STATUSES.partition("\n")[2])
    ends = f"## Exit statuses\n\n```text\n{statuses}\n```"
    return "\n\n".join([markdown_sheet(index), *map(section, commands), ends])


def render(text: str, top: argparse.ArgumentParser) -> str:
    """The page's text with the part between the marks made anew.

    Args:
        text: of the page.
        top: the parser of all commands.
    """
    return between_marks(text, START, END, reference(top))


def main() -> None:
    """Write the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(render(text, parser()), encoding="utf-8")


if __name__ == "__main__":
    main()
