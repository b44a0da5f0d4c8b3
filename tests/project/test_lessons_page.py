"""docs/lessons.md says what the executed lessons hold."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from mcsan_lite.errors import DataError

PLACE = Path(__file__).resolve().parents[2] / "docs" / "lessons.py"
SPEC = importlib.util.spec_from_file_location("lessons_page", PLACE)
page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page)


def test_the_page_shows_what_is_in_the_notebooks():
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.render(text) == text


@pytest.mark.parametrize("source", page.lesson_sources(), ids=lambda source: source.stem)
def test_a_header_says_how_long_its_lesson_takes(source):
    notebook = nbformat.read(
        page.ROOT / "notebooks/solutions" / f"{source.stem}.ipynb", as_version=4
    )
    header = " ".join(notebook.cells[0].source.split())
    read, do = map(
        int, re.search(r"\*\* read (\d+) min · run .*? · exercises (\d+)", header).groups()
    )
    assert abs(read - page.reading_minutes(page.held_by(notebook))) <= 1
    exercises = page.course_exercises()
    assert do == sum(one.minutes for one in exercises if one.lesson == source.name[:2])


def test_the_seconds_come_from_the_slower_variant():
    log = (
        "ok   notebooks/00_start_here.ipynb: 20 s\n"
        "ok   notebooks/solutions/00_start_here.ipynb: 23 s\n"
        "FAIL notebooks/01_corpora.ipynb: …\n"
        "ok   notebooks/02_scores.ipynb: up to date\n"
    )
    assert page.seconds_of(log).to_dict("list") == {"lesson": ["00"], "seconds": [23]}


def test_a_build_of_one_lesson_keeps_the_seconds_of_the_others():
    known = pd.DataFrame({"lesson": ["00", "01", "02"], "seconds": [20, 30, 40]})
    new = pd.DataFrame({"lesson": ["01"], "seconds": [35]})
    assert page.merged(known, new).to_dict("list") == {
        "lesson": ["00", "01", "02"],
        "seconds": [20, 35, 40],
    }
    with pytest.raises(DataError, match="a log without a lesson"):
        page.merged(known, page.seconds_of("nothing was built"))


def test_a_lesson_is_counted():
    notebook = nbformat.v4.new_notebook()
    outputs = [
        nbformat.v4.new_output("display_data", {"image/png": "…"}),
        nbformat.v4.new_output("display_data", {"text/html": "<audio controls>"}),
    ]
    code = nbformat.v4.new_code_cell("assert a == b\ntorch.testing.assert_close(a, b)")
    code.outputs = outputs
    notebook.cells = [nbformat.v4.new_markdown_cell("three words here"), code]
    assert page.held_by(notebook) == {"words": 3, "figures": 1, "players": 1, "asserts": 2}
