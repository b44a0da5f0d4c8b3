"""The notebooks of a class: found, read, and each with the student and the lesson it belongs to.

In: files, or folders as a learning platform exports them. Out: one `HandedIn` per notebook, with
its cells, or with the reason why there are none. Nothing that students hand in stops the rest.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mcsan_lite.teaching.lessons import lesson_names, lesson_number

_LARGEST_MB = 200
_LESSON_NAME = re.compile(r"(?<!\d)(\d\d)_[a-z_]+")
_SEPARATORS = " _-.()"


@dataclass(frozen=True)
class HandedIn:
    """What one student handed in as one notebook.

    Attributes:
        student: the folder or the part of the file's name that is not the lesson's.
        path: the file, or the folder where there was none.
        lesson: its number; None where that cannot be known.
        cells: of the notebook; empty where there is a `problem`.
        problem: why it cannot be marked; "" where it can.
    """

    student: str
    path: Path
    lesson: str | None
    cells: Sequence[NotebookNode] = ()
    problem: str = ""


def collect(paths: Iterable[Path | str]) -> list[HandedIn]:
    """What lies in files and folders, each notebook once.

    Args:
        paths: notebooks; folders with notebooks, or with a folder per student.

    Returns:
        One entry per notebook, per path that is not there, and per student's folder without any.
    """
    found: dict[Path, HandedIn] = {}
    for path in map(Path, paths):
        entries = _in_folder(path) if path.is_dir() else [_read(path, _student_of(path))]
        for one in entries:
            found.setdefault(one.path.resolve(), one)
    return list(found.values())


def _in_folder(folder: Path) -> Iterator[HandedIn]:
    notebooks = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    for path in notebooks:
        parts = path.relative_to(folder).parts
        yield _read(path, parts[0] if len(parts) > 1 else _student_of(path))
    with_some = {path.relative_to(folder).parts[0] for path in notebooks}
    for below in sorted(folder.iterdir()):
        if below.is_dir() and below.name not in with_some and not below.name.startswith("."):
            yield HandedIn(below.name, below, None, problem="no notebook in this folder")
    if not notebooks and not any(one.is_dir() for one in folder.iterdir()):
        yield HandedIn(folder.name, folder, None, problem="no notebook in this folder")


def _student_of(path: Path) -> str:
    """What a file's name says beside the lesson's: "ada" for 06_attention_by_hand_ada.ipynb.

    Where it says nothing else, the folder is the student's.
    """
    rest = path.stem
    for lesson in lesson_names():
        rest = rest.replace(lesson, "")
    name = rest.strip(_SEPARATORS)
    copies = re.fullmatch(r"(copy)?[\s\d-]*(copy)?[\s\d-]*", name, re.IGNORECASE)
    return path.resolve().parent.name if copies else name


def _read(path: Path, student: str) -> HandedIn:
    named = _LESSON_NAME.search(path.name)
    by_name = named[1] if named else None
    try:
        cells = read_cells(path)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return HandedIn(student, path, by_name, problem=_in_words(error))
    except Exception as error:  # a notebook can be broken in more ways than nbformat names
        return HandedIn(student, path, by_name, problem=f"no notebook: {_in_words(error)}")
    lesson = lesson_number(cells) or by_name
    problem = "" if lesson else "a notebook of no lesson: it imports no checks of this course"
    return HandedIn(student, path, lesson, cells, problem)


def _in_words(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return " ".join(str(error).split())[:200] or type(error).__name__


def read_cells(path: Path) -> list[NotebookNode]:
    """The cells of a notebook.

    Args:
        path: the file.

    Raises:
        ValueError: for one that is no notebook.
        OSError: for one that cannot be read.
    """
    if path.stat().st_size > _LARGEST_MB * 1_000_000:
        raise ValueError(f"the file holds more than {_LARGEST_MB} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = json.loads(text)
    except ValueError as error:
        raise ValueError(f"broken JSON: {error}") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise ValueError("JSON, but not a notebook")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing ids and the like
        notebook = nbformat.reads(text, as_version=4)
    if not all(isinstance(cell.source, str) and cell.cell_type for cell in notebook.cells):
        raise ValueError("a notebook with a cell that holds no text")
    return notebook.cells


def of_lesson(handed_in: Sequence[HandedIn], lesson: str) -> list[HandedIn]:
    """What was handed in for one lesson; a student without it keeps one entry that says so.

    Args:
        handed_in: what `collect` found.
        lesson: the one that is marked.
    """
    have_it = {one.student for one in handed_in if one.lesson == lesson}
    kept: list[HandedIn] = []
    for one in handed_in:
        if one.lesson == lesson:
            kept.append(one)
        elif one.student not in have_it:
            have_it.add(one.student)
            reason = one.problem or f"a notebook of lesson {one.lesson}, not {lesson}"
            kept.append(replace(one, lesson=lesson, cells=(), problem=reason))
    return kept
