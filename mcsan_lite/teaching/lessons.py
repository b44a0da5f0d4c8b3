"""The course's exercises, read from its lessons: number, kind, stars, minutes, task and check.

In: the cells of a lesson, from its notebook or from its source. Out: one `CourseExercise` per
heading such as **E12.1 · Implement** (★★, 6 min). Nothing is listed by hand.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from mcsan_lite.errors import DataError

CLONE = Path(__file__).parents[2]
LESSONS = CLONE / "notebooks"
CHECKS_IMPORT = re.compile(r"mcsan_lite\.exercises(?:\.\w+)? import lesson(\d\d) as (\w+)")
EXERCISE_KINDS = ("Predict", "Implement", "Break it", "Repair", "Explain", "Change the model")

EXERCISE_HEADING = re.compile(
    r"^\*\*E(?P<number>\d+\.\d+) · (?P<kind>[\w ]+)\*\* "
    r"\((?P<stars>★+), (?P<minutes>\d+) min\w*\)\.?\s*(?P<task>.*?)(?:\n\s*\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
# The end of a sentence: not after "Eq." or a number, and before a capital or a code span.
_SENTENCE = re.compile(r"(?<!Eq)(?<!e\.g)(?<!i\.e)[.?!]\*{0,2}(?=\s+[A-Z`*$\d(-]|\s*$)")
_IMPERATIVES = (
    *("Add", "Answer", "Build", "Change", "Choose", "Complete", "Compute", "Draw", "Fill", "Find"),
    *("Give", "Make", "Mend", "Name", "Order", "Plan", "Predict", "Put", "Repair", "Return", "Say"),
    *("Sort", "Take", "Test", "Try", "Write"),
)
_ASKS = re.compile(rf"\?$|^({'|'.join(_IMPERATIVES)})\b")
_SHORTEST_TASK = 45  # characters: "Receipts." alone says nothing


@dataclass(frozen=True)
class CourseExercise:
    """One exercise of a lesson.

    Attributes:
        lesson: its number, such as "12".
        number: such as "E12.1"; lessons below ten are written "E6.1", whatever the notebook says.
        kind: one of `EXERCISE_KINDS`.
        stars: 1 to 3.
        minutes: as the lesson says.
        task: its first sentence, or the first few.
        call: the check as the lesson calls it, such as "check.heads(split, merge)".
        cell: place of the cell that holds the answer and calls its check, counted from 0.
    """

    lesson: str
    number: str
    kind: str
    stars: int
    minutes: int
    task: str
    call: str
    cell: int

    @property
    def check(self) -> str:
        """The name of the check, such as "heads"."""
        return check_name(self.call)


def check_name(call: str) -> str:
    """The name of a check in its call: "heads" for "check.heads(split, merge)"."""
    return call.partition("(")[0].rpartition(".")[2]


def lesson_number(cells: Sequence[NotebookNode]) -> str | None:
    """The lesson whose checks a notebook imports, such as "12"; None where it imports none."""
    for cell in cells:
        found = CHECKS_IMPORT.search(cell.source) if cell.cell_type == "code" else None
        if found:
            return found[1]
    return None


def check_calls(source: str) -> list[str]:
    """The calls of checks in a cell, as they stand there; none where the cell does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "check"
    ]


def exercises_of(cells: Sequence[NotebookNode], lesson: str) -> list[CourseExercise]:
    """The exercises of a lesson, in their order.

    Args:
        cells: of the notebook as it is handed out, or of its source.
        lesson: its number.

    Raises:
        DataError: for an exercise without a check.
    """
    headings = [
        (place, found)
        for place, cell in enumerate(cells)
        if cell.cell_type == "markdown"
        for found in EXERCISE_HEADING.finditer(cell.source)
    ]
    ends = [place for place, _ in headings[1:]] + [len(cells)]
    return [
        _exercise(cells, lesson, found, range(place, end))
        for (place, found), end in zip(headings, ends, strict=True)
    ]


def _exercise(
    cells: Sequence[NotebookNode], lesson: str, heading: re.Match[str], places: range
) -> CourseExercise:
    """The exercise of a heading whose cells are at these places."""
    number = "E" + ".".join(str(int(part)) for part in heading["number"].split("."))
    code = [place for place in places if cells[place].cell_type == "code"]
    for place in code:
        calls = check_calls(cells[place].source)
        if calls:
            return CourseExercise(
                lesson=lesson,
                number=number,
                kind=heading["kind"],
                stars=len(heading["stars"]),
                minutes=int(heading["minutes"]),
                task=opening(heading["task"]),
                call=calls[0],
                cell=place,
            )
    raise DataError(
        f"exercise {number} of lesson {lesson} without a check",
        "a cell after it that calls check.NAME(answer)",
        "add the call to the cell tagged exercise.",
    )


def opening(text: str) -> str:
    """A paragraph in one line, up to its first sentence that asks for something.

    Where none does, it is the first sentence, or the first few where that one is short.
    """
    line = " ".join(text.split())
    start, first, asked = 0, None, False
    for end in _SENTENCE.finditer(line):
        sentence = line[start : end.end()].strip(" *_")
        start = end.end()
        asked = asked or _ASKS.search(sentence) is not None
        if start >= _SHORTEST_TASK:
            first = first or start
            if asked:
                return line[:start]
    return line[:first]


def lesson_sources(root: Path = CLONE) -> list[Path]:
    """The sources of all lessons, in the course's order."""
    return sorted((root / "notebooks" / "src").glob("[0-9][0-9]_*.py"))


def lesson_names(root: Path = CLONE) -> list[str]:
    """The names of all lessons in every language: "00_start_here", "00_hier_beginnen", …"""
    translated = sorted((root / "notebooks" / "src").glob("*/[0-9][0-9]_*.py"))
    return [source.stem for source in (*lesson_sources(root), *translated)]


def source_cells(source: Path) -> list[NotebookNode]:
    """The cells of a lesson's source, exercises and solutions."""
    import jupytext

    return jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells


def course_exercises(root: Path = CLONE) -> Iterator[CourseExercise]:
    """Every exercise of the course, from the sources of the lessons."""
    for source in lesson_sources(root):
        yield from exercises_of(source_cells(source), source.name[:2])


def lesson_title(source: Path) -> str:
    """The title of a lesson, such as "06 · Attention by hand"."""
    return next(
        line.removeprefix("# ")
        for cell in source_cells(source)
        for line in cell.source.splitlines()
        if cell.cell_type == "markdown" and line.startswith("# ")
    )
