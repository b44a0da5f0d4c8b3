"""The README is one screen to start from, and its links and map of equations are true: every
function, test, notebook and file that it names is there.
"""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| ([\d–, ]+) \| [^|]+ \| `([\w.]+)` \| `(test_\w+)` \| \[\d\d\]\((\S+)\) \|$", MAP, re.M
)
LESSONS = re.findall(
    r"^\| (\d\d)( ★)? \| \[[^]]+\]\(notebooks/(\S+)\.ipynb\) \| [^|]+ \| (\d+) \| (\d+) \|$",
    TEXT,
    re.M,
)


def test_the_readme_is_one_screen():
    assert len(TEXT.splitlines()) <= 150


def test_every_page_of_docs_is_one_click_away():
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert pages <= set(re.findall(r"\]\((docs/[^)#]+)\)", TEXT))


def test_the_course_map_has_every_lesson():
    sources = sorted(path.stem for path in (ROOT / "notebooks" / "src").glob("*.py"))
    assert [stem for _, _, stem, _, _ in LESSONS] == sources


@pytest.mark.parametrize(("number", "star", "stem", "read", "do"), LESSONS)
def test_a_lesson_takes_as_long_as_its_header_says(number, star, stem, read, do):
    source = (ROOT / "notebooks" / "src" / f"{stem}.py").read_text(encoding="utf-8")
    header = re.sub(r"\s*\n# ?", " ", source.partition("**Time:**")[2][:300])
    minutes = re.match(r" read (\d+) min · run .*?exercises (\d+)", header)
    assert minutes and minutes.groups() == (read, do)


def test_the_map_covers_all_twenty_equations():
    covered = set()
    for equations, *_ in ROWS:
        for first, last in re.findall(r"(\d+)(?:–(\d+))?", equations):
            if equations != "1–19":  # the whole network would cover everything
                covered |= set(range(int(first), int(last or first) + 1))
    assert covered == set(range(1, 21))


@pytest.mark.parametrize(("equations", "function", "test", "notebook"), ROWS)
def test_a_row_of_the_map(equations, function, test, notebook):
    module, name = function.rsplit(".", 1)
    found = getattr(importlib.import_module(f"mcsan_lite.{module}"), name)
    assert "Eq." in found.__doc__
    assert f"def {test}(" in (ROOT / "tests/paper/test_equations.py").read_text()
    source = (ROOT / "notebooks/src" / Path(notebook).with_suffix(".py").name).read_text()
    assert re.search(r"Eq\.|equation", source, re.I)


PAGES = [ROOT / "README.md", ROOT / "MODEL_CARD.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    files = [link.split("#")[0] for link in links]
    assert [name for name in files if name and not (page.parent / name).exists()] == []
    assert len(links) > 10 or page.name != "README.md"


def test_commands_exist():
    from mcsan_lite.cli.main import parser

    names = set(re.findall(r"^mcsan (\w+)|`mcsan (\w+)|\bmcsan (\w+) --", TEXT, re.M))
    assert len(names) > 5
    known = parser()._subparsers._group_actions[0].choices
    assert {n for triple in names for n in triple if n} <= set(known)
