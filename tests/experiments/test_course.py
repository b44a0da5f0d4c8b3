"""A student's copies of the lessons: made, followed, and never overwritten."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from refusals import refusal

from mcsan_lite.cli import main
from mcsan_lite.experiments import course

ROOT = Path(__file__).parents[2]
LESSONS = ["00_start.ipynb", "01_add.ipynb", "solutions/00_start.ipynb", "solutions/01_add.ipynb"]
GERMAN = ["de/00_anfang.ipynb", "solutions/de/00_anfang.ipynb"]


def write_lesson(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_markdown_cell(text, id="one")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def source(tmp_path):
    """A folder notebooks/ with two lessons and their solutions."""
    for name in LESSONS:
        write_lesson(tmp_path / "notebooks" / name, f"first version of {name}")
    return tmp_path / "notebooks"


@pytest.fixture(autouse=True)
def own_signatures(tmp_path, monkeypatch):
    """Jupyter's database of trusted notebooks, not the reader's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def test_every_lesson_and_solution_is_copied_once(source, tmp_path):
    work = tmp_path / "work"
    first = course.copy_lessons(work, source)
    assert sorted(first.new) == LESSONS
    for name in LESSONS:
        assert (work / name).read_bytes() == (source / name).read_bytes()
    again = course.copy_lessons(work, source)
    assert sorted(again.same) == LESSONS and not again.new and not again.kept


def test_lessons_of_another_language_are_copied_into_a_folder_of_its_name(source, tmp_path):
    for name in (*GERMAN, "src/de/00_anfang.ipynb", "more/00_else.ipynb"):
        write_lesson(source / name, f"first version of {name}")
    work = tmp_path / "work"
    assert sorted(course.copy_lessons(work, source).new) == sorted(LESSONS + GERMAN)
    assert (work / GERMAN[0]).read_bytes() == (source / GERMAN[0]).read_bytes()
    assert course.lesson_home("de", source) == source / "de"
    assert course.lesson_home("en", source) == source
    assert course.lesson_name("00", source / "de") == "00_anfang"
    said = refusal(lambda: course.lesson_home("fr", source))
    assert "language 'fr'" in said and "'en', 'de'" in said


def test_an_unchanged_copy_follows_the_course(source, tmp_path):
    work = tmp_path / "work"
    course.copy_lessons(work, source)
    write_lesson(source / LESSONS[0], "second version")
    assert course.copy_lessons(work, source).new == [LESSONS[0]]
    assert "second version" in (work / LESSONS[0]).read_text(encoding="utf-8")


def test_a_students_work_is_never_overwritten(source, tmp_path):
    work = tmp_path / "work"
    course.copy_lessons(work, source)
    write_lesson(work / LESSONS[1], "my own answer")
    kept = course.copy_lessons(work, source)
    assert kept.kept == [LESSONS[1]] and kept.outdated == []
    write_lesson(source / LESSONS[1], "second version")
    kept = course.copy_lessons(work, source)
    assert kept.kept == kept.outdated == [LESSONS[1]]
    assert "my own answer" in (work / LESSONS[1]).read_text(encoding="utf-8")


@pytest.mark.parametrize("record", ["", "[1]", "{", None])
def test_without_its_record_every_changed_copy_counts_as_the_students(source, tmp_path, record):
    work = tmp_path / "work"
    course.copy_lessons(work, source)
    write_lesson(work / LESSONS[1], "my own answer")
    if record is None:
        (work / ".lessons.json").unlink()
    else:
        (work / ".lessons.json").write_text(record, encoding="utf-8")
    kept = course.copy_lessons(work, source)
    assert kept.kept == [LESSONS[1]]
    assert "my own answer" in (work / LESSONS[1]).read_text(encoding="utf-8")


def test_a_copy_is_trusted_so_that_its_sound_is_shown(source, tmp_path):
    from nbformat.sign import NotebookNotary

    work = tmp_path / "work"
    course.copy_lessons(work, source)
    copy = nbformat.read(work / LESSONS[0], as_version=4)
    assert NotebookNotary().check_signature(copy)


def test_a_package_without_lessons_is_refused(tmp_path):
    says = refusal(lambda: course.copy_lessons(tmp_path / "work", tmp_path / "notebooks"))
    assert "without lessons" in says and "clone of the repository" in says
    assert not (tmp_path / "work").exists()


def test_a_lesson_finds_the_folder_of_the_course_from_its_own(tmp_path):
    code = "import mcsan_lite as mc, os; mc.enter_course_folder(); print(os.getcwd())"
    for here, wanted in ((ROOT / "notebooks" / "src", ROOT), (ROOT, ROOT), (tmp_path, tmp_path)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=here,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert Path(done.stdout.strip()).resolve() == wanted.resolve()


def test_the_command_copies_and_says_what_it_kept(tmp_path, capsys):
    work = tmp_path / "work"
    arguments = ["course", "--copy-only", "--work", str(work)]
    assert main.main(arguments) == 0
    lessons = len(list((ROOT / "notebooks").rglob("[0-9]*.ipynb")))
    assert f"{lessons} lessons copied" in capsys.readouterr().out and lessons > 30
    write_lesson(work / "00_start_here.ipynb", "my own answer")
    assert main.main(arguments) == 0
    assert capsys.readouterr().out == (f"{lessons - 1} already there\n1 kept with your changes\n")
    other = tmp_path / "other"
    assert main.main(["course", "no-such-lesson", "--work", str(other)]) == 2
    assert "00_start_here" in capsys.readouterr().err and not other.exists()


def test_the_command_opens_the_lesson_that_is_asked_for(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(subprocess, "call", lambda command: calls.append(command) or 0)
    work = tmp_path / "work"
    assert main.main(["course", "06", "--solutions", "--work", str(work)]) == 0
    wanted = str(work / "solutions" / "06_attention_by_hand.ipynb")
    assert calls == [[sys.executable, "-m", "jupyterlab", wanted]]


def test_the_command_opens_a_lesson_in_german(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(subprocess, "call", lambda command: calls.append(command) or 0)
    monkeypatch.setattr(course, "lesson_home", lambda language: tmp_path / language)
    write_lesson(tmp_path / "de" / "00_hier_beginnen.ipynb", "Hallo")
    work = tmp_path / "work"
    assert main.main(["course", "--language", "de", "--solutions", "--work", str(work)]) == 0
    wanted = str(work / "solutions" / "de" / "00_hier_beginnen.ipynb")
    assert calls == [[sys.executable, "-m", "jupyterlab", wanted]]


def test_a_language_without_lessons_is_refused(tmp_path, capsys):
    work = tmp_path / "work"
    assert main.main(["course", "--language", "fr", "--work", str(work)]) == 2
    assert "language 'fr'" in capsys.readouterr().err and not work.exists()
