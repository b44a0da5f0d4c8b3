"""Every advice in the package names options that exist, and says of which command if not of its
own.
"""

import ast
from pathlib import Path

import pytest

from mcsan_lite.cli import main
from mcsan_lite.cli.borders.advice import commands_of, option_names, options_named

PACKAGE = Path(__file__).parents[3] / "mcsan_lite"
COMMANDS = {parser.prog: option_names(parser) for parser in commands_of(main.parser())}


def advices():
    """(place, text) of every third part of a DataError."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name == "DataError" and len(node.args) == 3:
                parts = [n.value for n in ast.walk(node.args[2]) if isinstance(n, ast.Constant)]
                text = " ".join(part for part in parts if isinstance(part, str))
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


def test_every_option_that_an_advice_names_exists():
    known = set().union(*COMMANDS.values())
    found = {place: options_named(text) for place, text in advices()}
    assert sum(map(bool, found.values())) > 15
    unknown = {place: names - known for place, names in found.items() if names - known}
    assert unknown == {}


@pytest.mark.parametrize(
    ("folder", "commands"),
    [
        ("cli/used.py", ["predict"]),
        ("features/audio.py", ["predict", "attend"]),
        ("training/inference.py", ["predict", "attend", "align"]),
        ("cli/utterance.py", ["attend"]),
        ("training/runner.py", ["run", "checkpoints", "ceilings"]),
        ("models/precision.py", ["run", "speakers"]),
    ],
)
def test_the_commands_that_give_an_advice_have_its_options(folder, commands):
    for place, text in advices():
        if place.startswith(folder):
            for command in commands:
                assert options_named(text) <= COMMANDS[f"mcsan {command}"], place
