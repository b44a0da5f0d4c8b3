"""docs/translating.md names files, commands and parts that are there."""

import re
import shlex
from pathlib import Path

import pytest

from mcsan_lite.cli.main import parser
from mcsan_lite.exercises import translated
from mcsan_lite.figures.texts.reading import page_texts

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "translating.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in re.findall(r"```\n(.*?)```", TEXT, re.S)]
LINES = [line.strip() for block in COMMANDS for line in block.splitlines() if line.strip()]


def test_each_file_that_it_names_is_there():
    names = re.findall(r"`((?:mcsan_lite|notebooks|tests)/[\w/.]+)`", TEXT)
    built = {"notebooks/fr/", "notebooks/solutions/fr/"}
    assert len(names) > 8 and built < set(names)
    assert [name for name in names if name not in built and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("line", LINES)
def test_each_command_is_one(line):
    program, *words = shlex.split(line)
    if program == "mcsan":
        assert parser().parse_args(words).language == "fr"
    else:
        assert program == "python" and (ROOT / words[0]).is_file()
        options = [word for word in words if word.startswith("--")]
        source = (ROOT / words[0]).read_text(encoding="utf-8")
        assert all(f'"{option}"' in source for option in options)


def test_the_table_has_every_part_of_a_file():
    rows = re.findall(r"^\| (`[a-z`, ]+`) \|", TEXT, re.M)
    parts = re.findall(r"`(\w+)`", " ".join(rows))
    assert parts == ["page", "lens", "explorer", "names", "refusals", "figures", "lesson"]
    assert sorted(parts) == sorted(page_texts()) and hasattr(translated, "in_other_words")
