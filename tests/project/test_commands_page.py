"""docs/commands.md is what the parser says, and every command has an example that works."""

import argparse
import importlib.util
import shlex
from pathlib import Path

import pytest

from mcsan_lite.cli.main import parser
from mcsan_lite.cli.options import add_command

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("commands_page", ROOT / "docs" / "commands.py")
page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page)

COMMANDS = list(page.runnable(parser()))
NAMES = [command.prog for command in COMMANDS]


def test_the_page_is_current():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.render(text, parser()) == text, "run: python docs/commands.py"
    assert len(set(NAMES)) == len(NAMES) > 15


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_command_has_an_example_that_parses(command):
    """Its own parser takes it, and what it names in this repository is there."""
    lines = page.examples(command)
    assert lines, f"{command.prog}: add_command(…, example=…)"
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "mcsan"
        args = parser().parse_args(words)
        assert args.parser.prog == command.prog
        named = [word for word in words if word.endswith(".safetensors")]
        assert [word for word in named if not (ROOT / word).is_file()] == []


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_command_says_what_it_does(command):
    said = page.sentence(command)
    assert said.endswith(".") and said[0].isupper() and len(said.split()) > 3
    for action in page.arguments(command):
        assert page.meaning(action), f"{command.prog}: {action.dest} without help"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_default_that_is_told_is_the_parser_s(command):
    for action in page.arguments(command):
        if action.default not in (None, False) and not action.required:
            told = page.default_of_option(action)
            assert told.startswith(str(action.default)), f"{command.prog} {action.dest}: {told}"


def made_parser(**more):
    def look(args):
        """Look at something that is new.

        Further words are not printed.
        """
        return 0

    top = argparse.ArgumentParser(prog="mcsan")
    commands = top.add_subparsers()
    command = add_command(commands, "look", look, "look at it", **more)
    command.add_argument("what", help="the thing")
    command.add_argument("--times", type=int, default=3, help="how often (default: 3)")
    command.add_argument("--share", type=float, default=0.0, help="half | whole")
    command.add_argument("--run", required=True, help="a folder")
    return top


def test_a_new_command_is_taken_in():
    made = made_parser(example="mcsan look sky --run r", no="there is nothing")
    before = page.PAGE.read_text(encoding="utf-8")
    text = page.render(before, made)
    assert "## mcsan look\n\nLook at something that is new.\n\n" in text
    assert "Further words" not in text
    assert "mcsan look what --run RUN [options]" in text
    assert "| `--times TIMES` | 3 | how often |" in text
    assert "| `--share SHARE` | 0.0 | half \\| whole |" in text
    assert "| `--run RUN` | needed | a folder |" in text
    assert "mcsan look sky --run r\n```" in text and "1 when there is nothing;" in text
    assert text.startswith(before.partition(page.START)[0])
    assert page.render(text, made) == text


def test_a_command_without_an_example_is_seen():
    (command,) = page.runnable(made_parser())
    assert page.examples(command) == []


def test_help_keeps_the_example_in_a_line_of_its_own(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    long = "mcsan look " + "at-something-far-away " * 3 + "--run r"
    (command,) = page.runnable(made_parser(example=long))
    assert f"example:\n  {long}" in command.format_help()
