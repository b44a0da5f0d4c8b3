"""Writes the index of all exercises into docs/exercises.md, from the sources of the lessons.

    python docs/exercises.py

In: notebooks/src. Out: the part of the page between its marks. A test compares the page with what
this makes of the lessons, so that a new lesson is on it as soon as this has run.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mcsan_lite.tables.shared import between_marks, markdown_rows
from mcsan_lite.teaching.lessons import (
    CLONE,
    EXERCISE_KINDS,
    CourseExercise,
    course_exercises,
    lesson_sources,
    lesson_title,
)

PAGE = Path(__file__).resolve().parent / "exercises.md"
START, END = "<!-- exercises: made by docs/exercises.py -->", "<!-- /exercises -->"
COLUMNS = ("exercise", "kind", "stars", "minutes", "task", "check")


def counted(exercises: list[CourseExercise]) -> str:
    """How many there are of each kind, and how long they take."""
    kinds = Counter(one.kind for one in exercises)
    named = ", ".join(f"{kinds[kind]} × {kind.lower()}" for kind in EXERCISE_KINDS if kinds[kind])
    hours = sum(one.minutes for one in exercises) / 60
    return f"{len(exercises)} exercises, about {hours:.1f} hours: {named}."


def table(exercises: list[CourseExercise]) -> str:
    """The exercises of one lesson as a Markdown table."""
    rows = []
    for one in exercises:
        check = f"`lesson{one.lesson}.{one.check}`"
        rows.append((one.number, one.kind, "★" * one.stars, one.minutes, one.task, check))
    return markdown_rows(COLUMNS, rows)


def made() -> str:
    """What stands between the marks: one section per lesson."""
    exercises = list(course_exercises())
    lines = [counted(exercises)]
    for source in lesson_sources():
        own = [one for one in exercises if one.lesson == source.name[:2]]
        heading = f"## [{lesson_title(source)}](../notebooks/{source.stem}.ipynb)"
        lines += ["", heading, "", table(own) if own else "This lesson has no exercise."]
    return "\n".join(lines)


def render(text: str) -> str:
    """The page with the part between its marks made anew."""
    return between_marks(text, START, END, made())


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE.relative_to(CLONE)} written")


if __name__ == "__main__":
    main()
