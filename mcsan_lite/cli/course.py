"""`mcsan course`: a student's own copies of the lessons, opened in JupyterLab.

In: the executed lessons of a clone. Out: copies in work/, which git ignores, and JupyterLab with
one of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cli.options import add_command

if TYPE_CHECKING:
    from mcsan_lite.experiments.course import Copies

_FIRST = "00_start_here"


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
    parser.add_argument("--solutions", action="store_true", help="open the lesson as solved")
    parser.add_argument("--copy-only", action="store_true", help="copy, and open nothing")


def course_command(args: argparse.Namespace) -> int:
    """Copy the lessons, and open one."""
    _require_jupyter()
    from mcsan_lite.experiments.course import copy_lessons, lesson_name

    name = lesson_name(args.lesson)  # a wrong one is refused before anything is copied
    work = Path(args.work)
    copies = copy_lessons(work)
    print(_report(copies, work))
    folder = work / "solutions" if args.solutions else work
    command = [sys.executable, "-m", "jupyterlab", str(folder / f"{name}.ipynb")]
    if args.copy_only:
        return 0
    return subprocess.call(command)


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
