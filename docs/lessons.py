"""Writes what each lesson holds and how long it takes into docs/lessons.md.

    python docs/lessons.py               the page, from notebooks/ and results/lesson-seconds.csv
    python docs/lessons.py build.log     take the seconds from what notebooks/build.py printed first

In: the executed notebooks. Out: the part of the page between its marks. A test compares the page
with what this makes of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pandas as pd
from nbformat import NotebookNode

from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import load_table, save_table
from mcsan_lite.tables.shared import between_marks, markdown_rows
from mcsan_lite.teaching.lessons import (
    CourseExercise,
    course_exercises,
    lesson_sources,
    lesson_title,
)

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lessons.md"
SECONDS = ROOT / "results" / "lesson-seconds.csv"
START, END = "<!-- lessons: made by docs/lessons.py -->", "<!-- /lessons -->"
WORDS_PER_MINUTE = 200  # slow, careful reading
FIGURE_MINUTES = 0.5  # to look at one
COLUMNS = (
    *("lesson", "words", "read, min", "run, s", "exercises, min"),
    *("figures (seen)", "players (heard)", "asserts (built)", "checks (checked)"),
)
_BUILT = re.compile(r"^ok +notebooks/(?:solutions/)?(\d\d)_\w+\.ipynb: (\d+) s$", re.MULTILINE)


def seconds_of(log: str) -> pd.DataFrame:
    """What a build of the lessons took: lesson and seconds, the longer one of its two variants.

    Args:
        log: what `python notebooks/build.py --again` printed.
    """
    found = [(lesson, int(seconds)) for lesson, seconds in _BUILT.findall(log)]
    table = pd.DataFrame(found, columns=["lesson", "seconds"])
    return table.groupby("lesson", as_index=False).seconds.max()


def merged(known: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The seconds of all lessons: those of a new build, and the known ones of the other lessons.

    Args:
        known: lesson and seconds.
        new: the same, of a build of some lessons.

    Raises:
        DataError: where the build has no lesson.
    """
    if new.empty:
        raise DataError(
            "a log without a lesson that was built",
            "lines such as: ok   notebooks/00_start_here.ipynb: 20 s",
            "python notebooks/build.py --again > build.log",
        )
    others = known[~known.lesson.isin(new.lesson)]
    every = pd.concat([others, new]).astype({"seconds": int})
    return every.sort_values("lesson", ignore_index=True)


def held_by(notebook: NotebookNode) -> dict[str, int]:
    """What a lesson holds: words of prose, figures, players, and asserts in its own code.

    Args:
        notebook: executed, with its solutions.
    """
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    shown = [
        output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    return {
        "words": len(prose.split()),
        "figures": sum("image/png" in data or "image/svg+xml" in data for data in shown),
        "players": sum("<audio" in "".join(data.get("text/html", "")) for data in shown),
        "asserts": len(re.findall(r"\bassert|assert_(?:all)?close", code)),
    }


def reading_minutes(held: dict[str, int]) -> int:
    """How long the prose and the figures of a lesson take.

    Args:
        held: of `held_by`.
    """
    return round(held["words"] / WORDS_PER_MINUTE + held["figures"] * FIGURE_MINUTES)


def row_of(
    source: Path, seconds: dict[str, int], exercises: Sequence[CourseExercise]
) -> tuple[object, ...]:
    """The cells of one lesson.

    Args:
        source: its percent-format file.
        seconds: by lesson, how long it runs.
        exercises: of the whole course.
    """
    lesson = source.name[:2]
    own = [one for one in exercises if one.lesson == lesson]
    solved = nbformat.read(ROOT / "notebooks/solutions" / f"{source.stem}.ipynb", as_version=4)
    held = held_by(solved)
    read = reading_minutes(held)
    minutes = sum(one.minutes for one in own)
    link = f"[{lesson_title(source)}](../notebooks/{source.stem}.ipynb)"
    run = seconds.get(lesson, "not measured")
    numbers = (f"{held['words']:,}", read, run, minutes)
    counts = (held["figures"], held["players"], held["asserts"], len(own))
    return (link, *numbers, *counts)


def render(text: str) -> str:
    """The page's text with the part between the marks made anew.

    Args:
        text: of the page.
    """
    table = load_table(SECONDS, numbers=("seconds",))
    seconds = dict(zip(table.lesson, table.seconds, strict=True))
    exercises = list(course_exercises())
    rows = [row_of(source, seconds, exercises) for source in lesson_sources()]
    return between_marks(text, START, END, markdown_rows(COLUMNS, rows))


def main(logs: list[str]) -> None:
    """Take the seconds of a build where one is given, then write the page."""
    for log in logs:
        known = load_table(SECONDS, numbers=("seconds",))
        save_table(SECONDS, merged(known, seconds_of(Path(log).read_text(encoding="utf-8"))))
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE.name, "written")


if __name__ == "__main__":
    main(sys.argv[1:])
