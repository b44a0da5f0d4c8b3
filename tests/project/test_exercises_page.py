"""docs/exercises.md lists the exercises that the lessons have, no more and no fewer."""

import importlib.util
import re
from pathlib import Path

from mcsan_lite.teaching.lessons import course_exercises, lesson_sources

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("exercises_page", ROOT / "docs" / "exercises.py")
exercises_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(exercises_page)


def test_the_page_shows_what_the_lessons_have():
    text = exercises_page.PAGE.read_text(encoding="utf-8")
    assert exercises_page.render(text) == text, "Do: python docs/exercises.py"


def test_every_lesson_and_every_exercise_is_on_it():
    text = exercises_page.PAGE.read_text(encoding="utf-8")
    for source in lesson_sources():
        assert f"(../notebooks/{source.stem}.ipynb)" in text
    rows = re.findall(r"^\| (E\d+\.\d+) \|", text, re.MULTILINE)
    assert rows == [one.number for one in course_exercises()]


def test_a_page_that_was_edited_by_hand_is_put_right():
    text = exercises_page.PAGE.read_text(encoding="utf-8")
    assert exercises_page.render(text.replace("| E6.1 |", "| E6.9 |")) == text
