"""docs/troubleshooting.md knows every check of the doctor, and quotes what is really printed."""

import ast
import re
from pathlib import Path

import pytest

from mcsan_lite.cli.doctor import CHECKS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
DOTS = "\x00"


def printed_texts():
    """Every text in the package's code, with DOTS where a value comes in."""
    for path in (ROOT / "mcsan_lite").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    part.value if isinstance(part, ast.Constant) else DOTS for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


PRINTED = list(printed_texts())


def section(title):
    return TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows_of(title):
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def is_printed(symptom):
    """Whether a text of the code fits the symptom, whose own … stand for values."""
    parts = (re.escape(part.strip()) for part in symptom.split("…"))
    pattern = rf"\s*[{DOTS}…]?\s*".join(parts)
    return any(re.search(pattern, re.sub(r"\s+", " ", text)) for text in PRINTED)


def test_every_check_of_the_doctor_is_on_the_page_and_no_other():
    named = [row[0].strip("`") for row in rows_of("What the doctor looks at")]
    assert named == [check.name for check in CHECKS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_page_repairs_as_the_doctor_does(check):
    (row,) = [row for row in rows_of("What the doctor looks at") if row[0] == f"`{check.name}`"]
    repair = check.repair.replace("\n", " ")
    known = r"pip install .*|make .*?env|make clean|chmod .*?runs|ipykernel .*"
    command = re.search(known, repair)
    if check.name == "pitch":
        assert "*.nbi" in row[3]
    elif command:
        assert command[0].split("   ")[0].strip() in row[3]
    else:
        assert row[3].startswith("nothing")


@pytest.mark.parametrize("row", rows_of("What the course prints"), ids=lambda row: row[0])
def test_the_course_prints_what_the_page_quotes(row):
    symptom = re.match(r"`(.+?)`", row[0])[1]
    assert is_printed(symptom), symptom
    assert len(row) == 3 and all(row)


def test_a_symptom_that_nothing_prints_is_seen():
    assert not is_printed("the moon is full") and not is_printed("no checkpoint … at the moon")
    assert is_printed("no checkpoint … in …")


def test_other_programs_have_a_cause_and_a_repair_too():
    rows = rows_of("What other programs print")
    assert len(rows) >= 8 and all(len(row) == 3 and all(row) for row in rows)
