"""Marks the notebooks of a class: each one runs in a sandbox, and each answer meets its check.

In: what students handed in. Out: one `Mark` per student and exercise. The checks are the package's
own; what a notebook prints of itself is not read. First the lesson's own solution runs in the
same way: it makes what the lesson reads, and proves that a right answer is marked right here.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from mcsan_lite.errors import DataError
from mcsan_lite.teaching.handed_in import HandedIn, read_cells
from mcsan_lite.teaching.lessons import (
    CLONE,
    LESSONS,
    CourseExercise,
    check_calls,
    check_name,
    exercises_of,
)
from mcsan_lite.teaching.needed import needed_places
from mcsan_lite.teaching.sandbox import (
    Ended,
    MarkingLimits,
    Workplace,
    link_file,
    link_tree,
    workplace,
)

MARK_OUTCOMES = ("right", "wrong", "open", "not reached", "missing", "tampered", "not marked")
_PROFILE = re.compile(r"^PROFILE\s*=\s*([\"'])\w*\1", re.MULTILINE)
_READ_BY_LESSONS = ("README.md", "MODEL_CARD.md")
_FOLDERS = ("data", "runs")
_SOLUTION_LIMITS = MarkingLimits(cell=1200, notebook=3600, memory=1000)


@dataclass(frozen=True)
class Mark:
    """One exercise of one student.

    Attributes:
        student: see `HandedIn`.
        lesson: its number.
        exercise: such as "E12.1"; "" where the lesson is unknown.
        check: its check.
        stars: how difficult it is.
        outcome: one of `MARK_OUTCOMES`.
        message: the check's own words, or the reason why it was not reached.
        file: the notebook.
    """

    student: str
    lesson: str
    exercise: str
    check: str
    stars: int | None
    outcome: str
    message: str
    file: str


@dataclass(frozen=True)
class MarkedLesson:
    """A lesson that is ready to be marked.

    Attributes:
        number: such as "12".
        exercises: in their order.
        ids: those of the cells of the notebook that was handed out.
        prepared: a folder with what its cells read.
        profile: in which it runs.
        whole: whether every cell runs, or those alone that the answers need.
    """

    number: str
    exercises: tuple[CourseExercise, ...]
    ids: tuple[str, ...]
    prepared: Path
    profile: str
    whole: bool = False


def lesson_file(lesson: str, folder: Path = LESSONS) -> Path:
    """The notebook of a lesson.

    Args:
        lesson: its number.
        folder: of notebooks.

    Raises:
        DataError: where there is none.
    """
    found = sorted(folder.glob(f"{lesson}_*.ipynb"))
    if not found:
        numbers = ", ".join(sorted(path.name[:2] for path in folder.glob("[0-9][0-9]_*.ipynb")))
        raise DataError(
            f"lesson {lesson}",
            f"a lesson of this clone, which holds: {numbers or 'none'}",
            "name one of them; an installed package alone holds no lessons, so run this in a "
            "clone.",
        )
    return found[0]


def prepare_lesson(
    lesson: str, folder: Path, profile: str = "smoke", *, whole: bool = False
) -> MarkedLesson:
    """Run a lesson's own solution, so that what it reads is there, and see that it is marked right.

    Args:
        lesson: its number.
        folder: is filled with what the lesson reads.
        profile: "smoke" makes all it needs; others read this clone's data and runs as well.
        whole: run every cell, and not those alone that the answers need.

    Raises:
        DataError: where the solution is not right in every exercise: then no student is marked.
    """
    handed_out = read_cells(lesson_file(lesson))
    exercises = tuple(exercises_of(handed_out, lesson))
    folder.mkdir(parents=True, exist_ok=True)
    for name in _READ_BY_LESSONS:
        link_file(CLONE / name, folder / name)
    for name in _FOLDERS:
        if profile != "smoke" and (CLONE / name).is_dir():
            link_tree(CLONE / name, folder / name)
    ids = tuple(cell.get("id", "") for cell in handed_out)
    marked = MarkedLesson(lesson, exercises, ids, folder, profile, whole)
    path = lesson_file(lesson, LESSONS / "solutions")
    solved = HandedIn("the solution", path, lesson, read_cells(path))
    place = Workplace(folder, lesson, _SOLUTION_LIMITS, hidden=None)
    try:
        marks = _marks_of(solved, marked, place)
    finally:
        place.close()
    failed = [mark for mark in marks if mark.outcome != "right"]
    if failed:
        raise DataError(
            f"the solution of lesson {lesson}, of which {failed[0].exercise} is "
            f"{failed[0].outcome}: {failed[0].message}",
            "a course whose own solutions are right on this machine",
            "mcsan doctor, then run this command again.",
        )
    return marked


@contextmanager
def marking_folder() -> Iterator[Path]:
    """A temporary folder for all sandboxes, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mcsan-grade-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def mark_class(
    handed_in: Sequence[HandedIn],
    lessons: dict[str, MarkedLesson],
    *,
    limits: MarkingLimits | None = None,
    hidden: Sequence[Path] = (),
    jobs: int = 1,
) -> Iterator[list[Mark]]:
    """Mark every notebook, in the order in which they were handed in.

    Args:
        handed_in: what `collect` found.
        lessons: the prepared lesson of each number.
        limits: of each notebook.
        hidden: folders that no notebook may read, such as the one with all of them.
        jobs: notebooks side by side.

    Yields:
        The marks of one notebook after the other, as soon as they are there.
    """
    limits, places = limits or MarkingLimits(), _OpenPlaces()

    def mark(number: int, one: HandedIn) -> list[Mark]:
        lesson = lessons.get(one.lesson or "")
        return _mark_one(number, one, lesson, places, limits=limits, hidden=tuple(hidden))

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            yield from pool.map(mark, range(len(handed_in)), handed_in)
        except BaseException:  # also Ctrl-C: else all notebooks that are left would still run
            pool.shutdown(wait=False, cancel_futures=True)
            places.end()
            raise


class _OpenPlaces:
    """The sandboxes in which notebooks run now, so that all of them can be ended at once."""

    def __init__(self) -> None:
        self._places: set[Workplace] = set()
        self._ended = False

    @contextmanager
    def holding(self, place: Workplace) -> Iterator[None]:
        """One sandbox more; it is ended at once where all the others were."""
        self._places.add(place)
        if self._ended:
            place.kill()
        try:
            yield
        finally:
            self._places.discard(place)

    def end(self) -> None:
        """End them all, and every one that starts from now on."""
        self._ended = True
        for place in list(self._places):
            place.kill()


def _mark_one(
    number: int,
    one: HandedIn,
    lesson: MarkedLesson | None,
    places: _OpenPlaces,
    *,
    limits: MarkingLimits,
    hidden: tuple[Path, ...],
) -> list[Mark]:
    """All marks of a notebook; whatever happens in it, they are rows and no exception."""
    if one.problem or lesson is None:
        return unmarked(one, one.problem or f"there is no lesson {one.lesson}", lesson)
    folder = lesson.prepared.parent / f"notebook-{number}"
    try:
        with (
            workplace(lesson.prepared, folder, lesson.number, limits, hidden) as place,
            places.holding(place),
        ):
            return _marks_of(one, lesson, place)
    except (RuntimeError, OSError) as error:
        return unmarked(one, f"the sandbox failed: {error}", lesson)


def unmarked(one: HandedIn, reason: str, lesson: MarkedLesson | None) -> list[Mark]:
    """A row per exercise with the same reason; a single row where the lesson is not known.

    Args:
        one: what was handed in.
        reason: why it was not marked.
        lesson: the lesson that was wanted, if that is known.
    """
    if lesson is None:
        row = Mark(one.student, one.lesson or "", "", "", None, "not marked", reason, str(one.path))
        return [row]
    return [_mark(one, exercise, "not marked", reason) for exercise in lesson.exercises]


def _mark(one: HandedIn, exercise: CourseExercise, outcome: str, message: str) -> Mark:
    return Mark(
        student=one.student,
        lesson=exercise.lesson,
        exercise=exercise.number,
        check=exercise.check,
        stars=exercise.stars,
        outcome=outcome,
        message=message,
        file=str(one.path),
    )


def _marks_of(one: HandedIn, lesson: MarkedLesson, place: Workplace) -> list[Mark]:
    """Run the cells, and look at each answer as soon as its cells have run."""
    places = {each.number: answer_places(one.cells, each, lesson) for each in lesson.exercises}
    run = _Run(place, lesson.profile)
    marks: dict[str, Mark] = {}
    for number in sorted(_places_to_run(one.cells, places, lesson)):
        if run.stopped:
            break
        cell = one.cells[number]
        run.run_cell(number, cell)
        for exercise in lesson.exercises:
            if number not in places[exercise.number]:
                continue
            outcome, message = run.look_at(exercise, number)
            before = marks.get(exercise.number)
            if before is None or before.outcome != "right":
                marks[exercise.number] = _mark(one, exercise, outcome, message)
    for exercise in lesson.exercises:
        if exercise.number not in marks:
            gone = not places[exercise.number]
            outcome = "missing" if gone else "not reached"
            message = "the cell of this exercise is not in the notebook" if gone else run.stopped
            marks[exercise.number] = _mark(one, exercise, outcome, message)
    return [marks[exercise.number] for exercise in lesson.exercises]


def _places_to_run(
    cells: Sequence[NotebookNode], looked_at: dict[str, list[int]], lesson: MarkedLesson
) -> set[int]:
    """The cells of code that are run: all, or those that the answers need."""
    sources = [cell.source if cell.cell_type == "code" else None for cell in cells]
    if lesson.whole:
        return {place for place, source in enumerate(sources) if source is not None}
    return needed_places(sources, {place for places in looked_at.values() for place in places})


def answer_places(
    cells: Sequence[NotebookNode], exercise: CourseExercise, lesson: MarkedLesson
) -> list[int]:
    """The cells after which an answer is looked at: those that call the check, or that did.

    Args:
        cells: the student's.
        exercise: which one.
        lesson: whose notebook was handed out.
    """
    mention = re.compile(rf"\bcheck\s*\.\s*{exercise.check}\s*\(")
    calling = []
    for place, cell in enumerate(cells):
        if cell.cell_type == "code" and mention.search(cell.source):
            names = {check_name(call) for call in check_calls(cell.source)}
            if not names or exercise.check in names:  # no names: the cell does not parse
                calling.append(place)
    if calling:
        return calling
    wanted = lesson.ids[exercise.cell]
    return [place for place, cell in enumerate(cells) if wanted and cell.get("id") == wanted][:1]


def without_checks(source: str) -> str:
    """A cell without its own calls of checks, such as check.heads(split, merge).

    The package's check looks at the answer anyway, so whatever `check` is in this notebook, it
    neither counts nor takes time.
    """
    if not check_calls(source):
        return source
    tree = ast.parse(source)
    kept = [one for one in tree.body if not _calls_a_check(one)]
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))


def _calls_a_check(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr | ast.Assign):
        return False
    return ast.unparse(statement.value) in check_calls(ast.unparse(statement.value))


class _Run:
    """A notebook that is running: what went wrong so far, and why it stopped."""

    def __init__(self, place: Workplace, profile: str) -> None:
        self._place = place
        self._profile = profile
        self._problems: dict[int, str] = {}
        self.stopped = ""

    def run_cell(self, number: int, cell: NotebookNode) -> None:
        """Run one cell in the profile of the marking."""
        source = _PROFILE.sub(f'PROFILE = "{self._profile}"', cell.source)
        ended = self._place.run(without_checks(source))
        if ended.problem:
            self._problems[number] = f"cell {number + 1}: {ended.problem}"
        self._note_end(number, ended)

    def look_at(self, exercise: CourseExercise, number: int) -> tuple[str, str]:
        """The outcome of an exercise after cell `number`, and the words for it."""
        problem = self._problems.get(number, "")
        if problem or self.stopped:
            return "not reached", self._with_first(problem or self.stopped)
        ended = self._place.judge(exercise.call)
        if ended.dead:
            self._note_end(number, ended)
            return "not reached", f"while the check called the answer, {ended.problem}"
        if ended.verdict is None:
            return "not reached", f"the check {ended.problem or 'gave no answer'}"
        found = ended.verdict
        return found["outcome"], found["message"]

    def _note_end(self, number: int, ended: Ended) -> None:
        if ended.dead:
            self.stopped = f"the run ended in cell {number + 1}: {ended.problem}"
        elif self._place.out_of_time:
            self.stopped = f"the notebook's time was over in cell {number + 1}"

    def _with_first(self, problem: str) -> str:
        """The problem, and the first one of the notebook where that was another."""
        first = next(iter(self._problems.values()), problem)
        return problem if first == problem else f"{problem} (the first error was in {first})"
