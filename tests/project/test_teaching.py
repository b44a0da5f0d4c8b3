"""docs/teaching.md: its plans add up, what it names exists, and its snippets work."""

import ast
import contextlib
import doctest
import io
import re
from pathlib import Path

import nbformat
import pytest

from mcsan_lite.cli.main import parser
from mcsan_lite.exercises import lesson06
from mcsan_lite.teaching.lessons import course_exercises, exercises_of, lesson_sources
from mcsan_lite.teaching.marking import MARK_OUTCOMES, lesson_file

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
EXERCISES = {one.number: one for one in course_exercises()}
LESSONS = {source.name[:2] for source in lesson_sources()}


def section(title):
    return TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows_of(title):
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def snippet(title):
    (code,) = re.findall(r"```python\n(.*?)```", section(title), re.DOTALL)
    names = {}
    exec(compile(code, title, "exec"), names)
    return names


def test_ninety_minutes_are_ninety():
    assert sum(int(row[0]) for row in rows_of("90 minutes")) == 90


def test_the_sections_that_are_named_are_there():
    named = re.findall(r"lesson (\d\d), sections? (\d+)(?: and (\d+))?", TEXT)
    assert len(named) >= 6
    for lesson, *numbers in named:
        (source,) = [one for one in lesson_sources() if one.name.startswith(lesson)]
        headings = re.findall(r"^# ## (\d+) ·", source.read_text(encoding="utf-8"), re.MULTILINE)
        assert {number for number in numbers if number} <= set(headings), lesson


def test_every_exercise_that_is_named_is_there():
    named = set(re.findall(r"\bE\d+\.\d+\b", TEXT))
    assert len(named) > 30 and named <= set(EXERCISES)


def test_every_lesson_is_in_the_semester_and_has_its_belief():
    semester = {one for row in rows_of("One semester") for one in re.findall(r"\d\d", row[1])}
    assert semester == LESSONS
    beliefs = rows_of("What students believe, and the exercise that shows it")
    assert {row[0] for row in beliefs} == LESSONS
    for lesson, _, exercise, _ in beliefs:
        assert EXERCISES[exercise].lesson == lesson


def test_a_block_of_two_days_does_its_own_lessons_exercises():
    blocks = rows_of("Two days")
    assert len(blocks) == 8
    for _, _, lessons, exercises, _ in blocks:
        for number in exercises.split(", "):
            assert EXERCISES[number].lesson in lessons.split(", ")


def test_the_outcomes_and_options_are_those_of_the_command():
    assert [row[0] for row in rows_of("Marking with mcsan grade")] == list(MARK_OUTCOMES)
    (grade,) = [
        action.choices["grade"]
        for action in parser()._actions
        if isinstance(action.choices, dict) and "grade" in action.choices
    ]
    known = {name for action in grade._actions for name in action.option_strings}
    options = section("Marking with mcsan grade").replace("--network", "")
    assert set(re.findall(r"(?<!\w)--[a-z][a-z-]*", options)) <= known
    defaults = {"--cell-limit": 120, "--limit": 900, "--memory": 4}
    for name, value in defaults.items():
        assert f"{name} {value}" in options
        (action,) = [one for one in grade._actions if name in one.option_strings]
        assert action.default == value


@pytest.fixture
def answers():
    """A right and a wrong answer to the first exercise of lesson 06."""
    solution = nbformat.read(lesson_file("06", ROOT / "notebooks" / "solutions"), as_version=4)
    (code,) = [cell.source for cell in solution.cells if cell.source.startswith("def attention(")]
    names = {"check": lesson06}
    exec("import math\nimport torch\n" + code.partition("\ncheck.")[0], names)
    wrong = {"check": lesson06, "attention": lambda *args: None}
    return names, wrong


def test_the_cells_for_nbgrader(answers):
    path = lesson_file("06")
    made = snippet("nbgrader")["for_nbgrader"](path, "06")
    nbformat.validate(made)
    tests = [cell for cell in made.cells if "nbgrader" in cell.metadata]
    exercises = exercises_of(nbformat.read(path, as_version=4).cells, "06")
    assert [cell.metadata.nbgrader.points for cell in tests] == [one.stars for one in exercises]
    ids = [cell.metadata.nbgrader.grade_id for cell in tests]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", one) for one in ids) and len(set(ids)) == len(ids)
    for place, cell in enumerate(made.cells):
        if cell in tests:
            assert cell.source.removeprefix("assert ") in made.cells[place - 1].source
    right, wrong = answers
    with contextlib.redirect_stdout(io.StringIO()):
        exec(tests[0].source, right)
        with pytest.raises(AssertionError):
            exec(tests[0].source, wrong)


def test_the_file_for_otter(answers):
    exercise = exercises_of(nbformat.read(lesson_file("06"), as_version=4).cells, "06")[0]
    name, text = snippet("Otter")["otter_test"](exercise)
    assert name == "E6_1.py"
    test = ast.literal_eval(text.partition("test = ")[2])
    code = test["suites"][0]["cases"][0]["code"]
    for names, failures in zip(answers, (0, 1), strict=True):
        case = doctest.DocTestParser().get_doctest(code, names, name, None, 0)
        with contextlib.redirect_stdout(io.StringIO()):
            assert doctest.DocTestRunner().run(case).failed == failures
