"""The folder of the course, and a student's own copies of its lessons.

In: a clone of the repository, whose notebooks/ hold the executed lessons. Out: copies in a folder
that git ignores, so that what a student executes and writes never changes a file of the course.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from mcsan_lite.cache import write_atomic
from mcsan_lite.errors import DataError, require_name

_CLONE = Path(__file__).parents[2]
# English lessons, those of a language below a folder of its name, and the solutions of both.
_LANGUAGE = "[a-z][a-z]"
_PLACES = [f"{way}[0-9]*.ipynb" for way in ("", f"{_LANGUAGE}/")]
_PLACES += [f"solutions/{place}" for place in _PLACES]
_RECORD = ".lessons.json"  # in the folder of copies: {lesson: hash of the file when it was copied}


@dataclass
class Copies:
    """What `copy_lessons` did with each lesson, by its path below the folder of copies.

    Attributes:
        new: copied for the first time, or again because nobody had changed the copy.
        same: already there, as the course has it.
        kept: changed by the student, so left alone.
        outdated: among `kept`, those of which the course has a newer version.
    """

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)


def enter_course_folder() -> None:
    """Make the course's folder the current one, where a lesson lies anywhere below it.

    Jupyter starts a notebook in the notebook's own folder. The commands put data/ and runs/ into
    the course's folder: from there, a lesson finds what they have made. Outside a clone of the
    course, the current folder stays. From now on, a library that misses its widgets keeps silent:
    no lesson needs them.
    """
    warnings.filterwarnings("ignore", message="IProgress not found")
    here = Path.cwd().resolve()
    if (_CLONE / "notebooks" / "src").is_dir() and _CLONE in here.parents:
        os.chdir(_CLONE)


def lesson_name(wanted: str, source: Path | str = _CLONE / "notebooks") -> str:
    """The first lesson whose name holds `wanted`, such as "00_start_here" for "start".

    Args:
        wanted: number or part of the name.
        source: the folder notebooks/ of a clone.

    Raises:
        DataError: where there is none, with the nearest name; and without lessons in `source`.
    """
    lessons = sorted(Path(source).glob("[0-9]*.ipynb"))
    _require_lessons(lessons, source)
    names = [lesson.stem for lesson in lessons]
    matching = [name for name in names if wanted in name]
    return matching[0] if matching else require_name(wanted, names, "lesson")


def lesson_home(language: str, source: Path | str = _CLONE / "notebooks") -> Path:
    """The folder of the lessons in one language: below `source`, or itself for "en".

    Args:
        language: such as "de".
        source: the folder notebooks/ of a clone.

    Raises:
        DataError: for a language without lessons.
    """
    homes = {"en": Path(source)}
    for lesson in sorted(Path(source).glob(f"{_LANGUAGE}/[0-9]*.ipynb")):
        homes[lesson.parent.name] = lesson.parent
    return homes[require_name(language, homes, "language")]


def copy_lessons(folder: Path | str, source: Path | str = _CLONE / "notebooks") -> Copies:
    """Copy the executed lessons and their solutions, and never over a student's own work.

    A copy that nobody has changed follows the course when the course changes. A copy that was
    changed stays as it is.

    Args:
        folder: of the copies.
        source: the folder notebooks/ of a clone.

    Raises:
        DataError: without lessons in `source`.
    """
    folder, source = Path(folder), Path(source)
    lessons = sorted(lesson for place in _PLACES for lesson in source.glob(place))
    _require_lessons(lessons, source)
    record = _read_record(folder)
    copies = Copies()
    for lesson in lessons:
        name = lesson.relative_to(source).as_posix()
        _copy_lesson(lesson, folder, name, record, copies)
    text = json.dumps(record, indent=1)
    write_atomic(folder / _RECORD, lambda part: part.write_text(text, encoding="utf-8"))
    return copies


def _require_lessons(lessons: Sequence[Path], source: Path | str) -> None:
    if not lessons:
        raise DataError(
            f"{source}, without lessons (an installed package holds none)",
            "a clone of the repository, whose notebooks/ hold them",
            "clone it, install with: pip install -e .   and try again there.",
        )


def _copy_lesson(
    lesson: Path, folder: Path, name: str, record: dict[str, str], copies: Copies
) -> None:
    """Copy one lesson where that loses nothing; note in `record` and `copies` what was done."""
    copy, wanted = folder / name, _digest(lesson)
    if copy.exists():
        present = _digest(copy)
        if present == wanted:
            record[name] = wanted
            copies.same.append(name)
            return
        if present != record.get(name):
            copies.kept.append(name)
            if record.get(name) != wanted:
                copies.outdated.append(name)
            return
    write_atomic(copy, lambda part: shutil.copyfile(lesson, part))
    _trust(copy)
    record[name] = wanted
    copies.new.append(name)


def _trust(notebook: Path) -> None:
    """Sign a lesson, so that Jupyter shows its pictures with sound and its word lens at once."""
    try:
        NotebookNotary().sign(nbformat.read(notebook, as_version=4))
    except Exception:  # a home that cannot be written: the reader runs the cells, or trusts by hand
        return


def _read_record(folder: Path) -> dict[str, str]:
    """What was copied when; nothing where the record is missing or damaged: all copies are kept."""
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
