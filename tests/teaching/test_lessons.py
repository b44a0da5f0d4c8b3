"""The course's exercises are read from its lessons, all of them."""

import re

import nbformat
import pytest

from mcsan_lite.errors import DataError
from mcsan_lite.exercises import exercise
from mcsan_lite.teaching import lessons

TEXT = """\
**E06.2 · Break it** (★★★, 8 minutes). A short one. Write the softmax so that Eq. 9 holds.

More words.
"""


SOURCES = lessons.CLONE / "notebooks" / "src"


def cells(*sources):
    made = []
    for kind, source in sources:
        new = nbformat.v4.new_markdown_cell if kind == "text" else nbformat.v4.new_code_cell
        made.append(new(source))
    return made


def test_an_exercise_is_read_from_its_heading_and_its_cells():
    asked = cells(
        ("code", "import numpy"),
        ("text", TEXT),
        ("code", "def split(x): ...\n\n\nsolved = check.heads(split, merge)"),
    )
    (one,) = lessons.exercises_of(asked, "06")
    assert one == lessons.CourseExercise(
        lesson="06",
        number="E6.2",
        kind="Break it",
        stars=3,
        minutes=8,
        task="A short one. Write the softmax so that Eq. 9 holds.",
        call="check.heads(split, merge)",
        cell=2,
    )
    assert one.check == "heads"


def test_an_exercise_without_a_check_is_refused():
    with pytest.raises(DataError, match=r"E6\.2 of lesson 06 without a check"):
        lessons.exercises_of(cells(("text", TEXT), ("code", "answer = ...")), "06")


def test_every_exercise_of_the_course_is_found_and_has_its_check():
    found = list(lessons.course_exercises())
    headings = [
        number
        for source in lessons.lesson_sources()
        for number in re.findall(r"\*\*E\d+\.\d+ ·", source.read_text(encoding="utf-8"))
    ]
    assert len(found) == len(headings) > 50
    for one in found:
        checks = __import__(f"mcsan_lite.exercises.lesson{one.lesson}", fromlist=["x"])
        assert callable(getattr(checks, one.check)), one
        assert one.kind in lessons.EXERCISE_KINDS and 1 <= one.stars <= 3 and one.task
        assert one.number.startswith(f"E{int(one.lesson)}.")
    assert len({one.number for one in found}) == len(found)


def test_a_lesson_is_known_by_the_checks_that_it_imports():
    imports = "import numpy as np\nfrom mcsan_lite.exercises import lesson06 as check"
    assert lessons.lesson_number(cells(("text", "x"), ("code", imports))) == "06"
    assert lessons.lesson_number(cells(("text", imports), ("code", "1"))) is None


def test_a_translated_lesson_has_the_exercises_of_the_english_one():
    (english, *_), (german, *_) = (
        sorted(folder.glob("00_*.py")) for folder in (SOURCES, SOURCES / "de")
    )
    of_english, of_german = (
        lessons.exercises_of(lessons.source_cells(source), "00") for source in (english, german)
    )
    marked = [[(one.number, one.call, one.stars) for one in of] for of in (of_english, of_german)]
    assert marked[0] == marked[1] and len(of_german) == 3


def test_a_cell_that_does_not_parse_calls_no_check():
    assert lessons.check_calls("check.heads(split") == []
    assert lessons.check_calls("other.heads(split)") == []
    assert exercise.NOT_SOLVED == "not solved yet."


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        (
            "Write a rule as a function of two words and one sound. It is tested.",
            "Write a rule as a function of two words and one sound.",
        ),
        (
            "A calm speaker says two words in a row, slowly. Which class is it? Think.",
            "A calm speaker says two words in a row, slowly. Which class is it?",
        ),
        (
            "Receipts. `x` holds the positions of the last layer. Return the bill. Ready?",
            "Receipts. `x` holds the positions of the last layer. Return the bill.",
        ),
        (
            "Which? Three of these sentences can be defended before a reviewer.",
            "Which? Three of these sentences can be defended before a reviewer.",
        ),
        (
            "Nothing is asked for in this sentence, which is long. Nor here.",
            "Nothing is asked for in this sentence, which is long.",
        ),
        ("Short", "Short"),
    ],
)
def test_a_task_is_shown_up_to_what_it_asks_for(task, shown):
    assert lessons.opening(task) == shown
