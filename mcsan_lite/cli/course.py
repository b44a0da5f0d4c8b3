"""`mcsan course` for students; `mcsan grade` and `mcsan slides` for their teachers.

In: the lessons of a clone, and what a class hands in. Out: copies in work/, which git ignores, and
JupyterLab with one of them; marks as a csv; the slides of a lesson as one html.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.borders.numbers import count
from mcsan_lite.cli.borders.outputs import csv_file, single_file
from mcsan_lite.cli.options import add_command

if TYPE_CHECKING:
    from mcsan_lite.experiments.course import Copies
    from mcsan_lite.teaching.handed_in import HandedIn
    from mcsan_lite.teaching.marking import Mark, MarkedLesson
    from mcsan_lite.teaching.sandbox import MarkingLimits

_FIRST = "00"


def add_course_command(commands) -> None:
    """mcsan course: its options."""
    parser = add_command(
        commands,
        "course",
        course_command,
        "copy the lessons into work/ and open them in Jupyter",
        example="mcsan course 03",
    )
    parser.add_argument(
        "lesson", nargs="?", default=_FIRST, help=f"number or part of the name (default: {_FIRST})"
    )
    parser.add_argument(
        "--work", default="work", help="folder of your copies (default: work, ignored by git)"
    )
    parser.add_argument(
        "--language", default="en", help="open a lesson in this language: en, or de for lesson 00"
    )
    parser.add_argument("--solutions", action="store_true", help="open the lesson as solved")
    parser.add_argument("--copy-only", action="store_true", help="copy, and open nothing")


def course_command(args: argparse.Namespace) -> int:
    """Copy the lessons, and open one."""
    _require_jupyter()
    from mcsan_lite.experiments.course import copy_lessons, lesson_home, lesson_name

    home = lesson_home(args.language)
    name = lesson_name(args.lesson, home)  # a wrong one is refused before anything is copied
    work = Path(args.work)
    copies = copy_lessons(work)
    print(_report(copies, work))
    folder = work / "solutions" if args.solutions else work
    folder = folder if args.language == "en" else folder / args.language
    command = [sys.executable, "-m", "jupyterlab", str(folder / f"{name}.ipynb")]
    if args.copy_only:
        return 0
    return subprocess.call(command)


def add_grade_command(commands) -> None:
    """mcsan grade: its options."""
    parser = add_command(
        commands,
        "grade",
        grade_command,
        "run a class's notebooks and say which exercises are right",
        example="mcsan grade handed_in/ --lesson 06 -o marks.csv",
    )
    parser.add_argument(
        "notebooks", nargs="+", help="notebooks, or folders with them or with a folder per student"
    )
    parser.add_argument("-o", "--out", required=True, help="the marks: a csv for a spreadsheet")
    parser.add_argument("--lesson", help="mark this lesson alone, by its number (default: each)")
    parser.add_argument(
        "--profile",
        default="smoke",
        help="in which the lessons run: smoke, the fastest, or quick, which reads this clone's "
        "data and runs (default: smoke; the checks are the same)",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run every cell, for minutes; else those that the answers need, for seconds",
    )
    parser.add_argument(
        "--cell-limit", type=float, default=120, help="seconds a cell may take (default: 120)"
    )
    parser.add_argument(
        "--limit", type=float, default=900, help="seconds a notebook may take (default: 900)"
    )
    parser.add_argument(
        "--memory", type=float, default=4, help="gigabytes a notebook may take (default: 4)"
    )
    parser.add_argument("--jobs", type=count, default=1, help="notebooks side by side (default: 1)")


def grade_command(args: argparse.Namespace) -> int:
    """Mark a class, and print what a teacher wants to know first."""
    _require_jupyter()
    from mcsan_lite.teaching.handed_in import collect, of_lesson
    from mcsan_lite.teaching.marking import lesson_file

    out = _marks_file(args.out)
    limits = _limits(args)
    if args.lesson is not None:
        lesson_file(args.lesson)  # a wrong one is refused before anything runs
    handed_in = collect(args.notebooks)
    if args.lesson is not None:
        handed_in = of_lesson(handed_in, args.lesson)
    marks = _marks(handed_in, args, limits, out)
    from mcsan_lite.teaching.marks import summary

    print(f"\n{summary(marks)}\n\n{len(marks)} rows in {out}")
    return 0


def add_slides_command(commands) -> None:
    """mcsan slides: its options."""
    parser = add_command(
        commands,
        "slides",
        slides_command,
        "make slides from a lesson's own cells, as one html",
        example="mcsan slides 06 -o slides.html",
    )
    parser.add_argument("lesson", help="number or part of the name")
    parser.add_argument("-o", "--out", help="the html (default: slides_NN.html)")


def slides_command(args: argparse.Namespace) -> int:
    """Write the slides of one lesson."""
    _require_jupyter()
    from mcsan_lite.cache import write_atomic
    from mcsan_lite.errors import DataError
    from mcsan_lite.experiments.course import lesson_name
    from mcsan_lite.teaching.handed_in import read_cells
    from mcsan_lite.teaching.lessons import LESSONS
    from mcsan_lite.teaching.slide_page import slide_page
    from mcsan_lite.teaching.slides import lesson_slides

    name = lesson_name(args.lesson)
    out = Path(args.out or f"slides_{name[:2]}.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"--out {out}", "a file that ends in .html", "name it so.")
    single_file(str(out), "--out slides.html")
    slides = lesson_slides(read_cells(LESSONS / f"{name}.ipynb"))
    page = slide_page(slides[0].heading, slides)
    write_atomic(out, lambda part: part.write_text(page, encoding="utf-8"))
    print(f"{len(slides)} slides in {out}: open it in a browser; arrows turn, f fills the screen")
    return 0


def _marks_file(name: str) -> Path:
    """Where the marks go. Raises DataError for a place that takes no csv."""
    from mcsan_lite.errors import DataError

    path = csv_file(name)
    if not path.parent.is_dir():
        raise DataError(f"no folder {path.parent}", "a folder for the marks", "make it first.")
    return path


def _limits(args: argparse.Namespace) -> MarkingLimits:
    """The limits of a notebook. Raises DataError for those that leave no time or no room."""
    from mcsan_lite.errors import DataError
    from mcsan_lite.teaching.sandbox import MarkingLimits

    wanted = {"--cell-limit": args.cell_limit, "--limit": args.limit, "--memory": args.memory}
    for option, value in wanted.items():
        if not value > 0:
            raise DataError(f"{option} {value:g}", "a number above 0", "leave it out, or raise it.")
    if args.profile not in ("smoke", "quick"):
        raise DataError(f"--profile {args.profile}", "smoke or quick", "take one of the two.")
    return MarkingLimits(args.cell_limit, args.limit, args.memory)


def _marks(
    handed_in: Sequence[HandedIn], args: argparse.Namespace, limits: MarkingLimits, out: Path
) -> list[Mark]:
    """Mark all notebooks. The csv is written after each, so that a stop loses none of them."""
    from mcsan_lite.teaching.marking import mark_class, marking_folder
    from mcsan_lite.teaching.marks import save_marks

    marks: list[Mark] = []
    hidden = [path.resolve() for path in map(Path, args.notebooks) if path.is_dir()]
    with marking_folder() as folder:
        lessons = _prepared(handed_in, args, folder)
        found = mark_class(handed_in, lessons, limits=limits, hidden=hidden, jobs=args.jobs)
        for one, rows in zip(handed_in, found, strict=True):
            marks += rows
            save_marks(out, marks)
            right = sum(row.outcome == "right" for row in rows)
            reason = f"  {rows[0].message}" if rows[0].outcome == "not marked" else ""
            print(f"{one.student}: {right} of {len(rows)} right{reason}", flush=True)
    return marks


def _prepared(
    handed_in: Sequence[HandedIn], args: argparse.Namespace, folder: Path
) -> dict[str, MarkedLesson]:
    """Every lesson of which there is a notebook, after its own solution has run."""
    from mcsan_lite.teaching.lessons import LESSONS
    from mcsan_lite.teaching.marking import prepare_lesson

    lessons = {}
    for number in sorted({one.lesson for one in handed_in if one.lesson}):
        if not any(LESSONS.glob(f"{number}_*.ipynb")):
            continue  # a name that looks like a lesson's: its row says so
        print(f"lesson {number}: its own solution runs first …", file=sys.stderr, flush=True)
        lessons[number] = prepare_lesson(
            number, folder / number / "prepared", args.profile, whole=args.whole
        )
    return lessons


def _report(copies: Copies, work: Path) -> str:
    """What was copied and what was kept, one line each."""
    lines = []
    if copies.new:
        lines.append(f"{len(copies.new)} lessons copied to {work}")
    if copies.same:
        lines.append(f"{len(copies.same)} already there")
    if copies.kept:
        lines.append(f"{len(copies.kept)} kept with your changes")
    for name in copies.outdated:
        lines.append(f"  {name} has a newer version: rename yours, and this command brings it")
    return "\n".join(lines)


def _require_jupyter() -> None:
    if importlib.util.find_spec("jupyterlab") is not None:
        return
    from mcsan_lite.errors import DataError

    raise DataError(
        "a Python without JupyterLab",
        "the packages of the notebooks",
        "pip install 'mcsan-lite[notebooks]'   (in a clone: pip install -e '.[notebooks]')",
    )
