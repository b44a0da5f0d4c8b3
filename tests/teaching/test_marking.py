"""Every way in which a notebook can go wrong is a row with its reason, and the run goes on."""

import csv
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import nbformat
import pytest

from mcsan_lite.cli import main
from mcsan_lite.errors import DataError
from mcsan_lite.teaching import marking
from mcsan_lite.teaching.handed_in import HandedIn, read_cells
from mcsan_lite.teaching.lessons import CLONE, LESSONS, exercises_of
from mcsan_lite.teaching.sandbox import Ended, MarkingLimits, Workplace, link_tree

LESSON = "06"
pytestmark = pytest.mark.timeout(900)  # one class is marked for all tests of this file
WRONG_ATTENTION = """\
def attention(query, key, value, mask):
    weights = torch.softmax(query @ key.T, dim=-1)
    return weights @ value, weights


check.attention(attention)"""


@pytest.fixture(scope="module")
def handed_out():
    return read_cells(marking.lesson_file(LESSON))


@pytest.fixture(scope="module")
def solution():
    return read_cells(marking.lesson_file(LESSON, LESSONS / "solutions"))


@pytest.fixture(scope="module")
def exercises(handed_out):
    return exercises_of(handed_out, LESSON)


def cell_of(cells, call):
    """The one cell that calls this check."""
    (found,) = [cell for cell in cells if cell.cell_type == "code" and call in cell.source]
    return found


def handed_in(path, cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_an_answer_is_looked_for_by_its_check_and_by_its_id(handed_out, exercises):
    ids = tuple(cell.id for cell in handed_out)
    lesson = marking.MarkedLesson(LESSON, tuple(exercises), ids, Path(), "smoke")
    first = exercises[0]
    assert marking.answer_places(handed_out, first, lesson) == [first.cell]
    without_call = [nbformat.from_dict(cell) for cell in handed_out]
    without_call[first.cell].source = "# I removed it"
    assert marking.answer_places(without_call, first, lesson) == [first.cell]
    del without_call[first.cell]
    assert marking.answer_places(without_call, first, lesson) == []
    twice = [*handed_out, nbformat.v4.new_code_cell("check.attention(\n    attention)")]
    assert marking.answer_places(twice, first, lesson) == [first.cell, len(handed_out)]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a = 1\ncheck.heads(a, 2)", "a = 1"),
        ("a = 1\nsolved = check.heads(\n    a)", "a = 1"),
        ("a = max(check.heads(1), 2)", "a = max(check.heads(1), 2)"),
        ("a  = 1  # as it was", "a  = 1  # as it was"),
        ("check.heads(", "check.heads("),
    ],
)
def test_a_notebooks_own_checks_are_not_run(source, left):
    assert marking.without_checks(source) == left


class FakePlace:
    """Answers as a kernel would: every cell well, until its time is over."""

    def __init__(self, cells_until_late=99, judged=None):
        self.left = cells_until_late
        self.judged = judged or Ended(verdict={"outcome": "right", "message": "right."})

    @property
    def out_of_time(self):
        return self.left < 0

    def run(self, source):
        self.left -= 1
        return Ended()

    def judge(self, call):
        return self.judged


def outcomes_with(place, cells, handed_out, exercises):
    ids = tuple(cell.id for cell in handed_out)
    lesson = marking.MarkedLesson(LESSON, tuple(exercises), ids, Path(), "smoke", whole=True)
    one = HandedIn("ada", Path("ada.ipynb"), LESSON, cells)
    return [(mark.outcome, mark.message) for mark in marking._marks_of(one, lesson, place)]


def test_the_time_of_a_whole_notebook(handed_out, exercises):
    found = outcomes_with(FakePlace(20), handed_out, handed_out, exercises)
    assert found[0][0] == "right"  # reached in time
    assert found[-1][0] == "not reached" and "time was over in cell" in found[-1][1]


def test_an_answer_that_ends_the_kernel_while_it_is_checked(handed_out, exercises):
    place = FakePlace(judged=Ended("the kernel ended", dead=True))
    found = outcomes_with(place, handed_out, handed_out, exercises)
    assert found[0] == ("not reached", "while the check called the answer, the kernel ended")
    assert all(outcome == "not reached" for outcome, _ in found)


@pytest.mark.parametrize("how", [KeyboardInterrupt, GeneratorExit])
def test_an_interruption_ends_the_notebooks_that_run_and_starts_no_other(monkeypatch, how):
    started, killed = [], threading.Event()

    class Place:
        def kill(self):
            killed.set()

    @contextmanager
    def workplace(*_):
        started.append(Place())
        yield started[-1]

    def marks_of(one, lesson, place):
        if one.student != "ada":
            assert killed.wait(60)
        return [one.student]

    monkeypatch.setattr(marking, "workplace", workplace)
    monkeypatch.setattr(marking, "_marks_of", marks_of)
    lesson = marking.MarkedLesson(LESSON, (), (), Path("prepared"), "smoke")
    students = ["ada", "bob", "cy", "di", "eve"]
    notebooks = [HandedIn(name, Path(name), LESSON) for name in students]
    found = marking.mark_class(notebooks, {LESSON: lesson}, jobs=2)
    assert next(found) == ["ada"]
    while len(started) < 3:  # bob's and cy's run
        time.sleep(0.01)
    begun = time.monotonic()
    with pytest.raises(how):
        found.throw(how)
    assert time.monotonic() - begun < 10 and killed.is_set() and len(started) == 3


def test_a_kernel_that_starts_after_the_end_is_ended_too():
    places, place = marking._OpenPlaces(), Mock()
    places.end()
    with places.holding(place):
        place.kill.assert_called_once()


def test_a_cell_sees_that_its_kernel_was_ended_by_another_thread(tmp_path):
    place = Workplace(tmp_path, LESSON, MarkingLimits(cell=60))
    try:
        threading.Timer(1, place.kill).start()
        ended = place.run("while True: pass")
    finally:
        place.close()
    assert ended == Ended("the kernel ended", dead=True)
    place.kill()  # twice is no trouble


def test_links_lead_to_what_is_read_and_locks_stay_behind(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.txt").write_text("1")
    (tmp_path / "a" / ".lock").write_text("")
    link_tree(tmp_path / "a", tmp_path / "copy")
    assert (tmp_path / "copy" / "b" / "x.txt").read_text() == "1"
    assert not (tmp_path / "copy" / "b").is_symlink()
    assert not (tmp_path / "copy" / ".lock").exists()


@pytest.fixture(scope="module")
def a_class(tmp_path_factory, handed_out, solution, exercises):
    """A folder per student, and marks.csv of all of them: one run for all tests below."""
    folder = tmp_path_factory.mktemp("class")
    file = "06_attention_by_hand.ipynb"
    solved = {one.number: cell_of(solution, one.call).source for one in exercises}

    def student(name, changed, dropped=()):
        cells = [nbformat.from_dict(cell) for cell in handed_out]
        for one in exercises:
            cells[one.cell].source = (solved | changed)[one.number]
        gone = {one.cell for one in exercises if one.number in dropped}
        kept = [cell for place, cell in enumerate(cells) if place not in gone]
        handed_in(folder / name / file, kept)

    shout = f"{solved['E6.5']}\nprint('x' * 100_000_000)"
    student(
        "ada",
        {
            "E6.1": WRONG_ATTENTION,
            "E6.2": "def text_from_audio(*args):\n    raise NotImplementedError",
            "E6.3": "def split(x, heads):\n    while True:\n        pass\n\n\nmerge = split",
            "E6.5": shout,
        },
    )
    own = folder / "ben" / file
    student(
        "ben",
        {
            "E6.1": "class check:\n    attention = print\n\n\nattention = None",
            "E6.2": f"open({str(own)!r}, 'w').write('gone')",
            "E6.3": "def split(x heads):",
            "E6.4": "import urllib.request\nurllib.request.urlopen('http://example.org')",
        },
        dropped=["E6.5"],
    )
    student("=cy", {"E6.2": "import os\nos._exit(1)"})
    torch_agrees = "torch.allclose = lambda *a, **k: True\ntext_from_audio = print"
    student("dot", {"E6.2": torch_agrees})
    (folder / "eve").mkdir()
    (folder / "eve" / file).write_text('{"cells": [')
    (folder / "fay").mkdir()
    handed_in(
        folder / "gus" / "05_encoders.ipynb",
        [nbformat.v4.new_code_cell("from mcsan_lite.exercises import lesson05 as check")],
    )
    before = own.read_bytes()
    out = folder.parent / "marks.csv"
    arguments = ["grade", str(folder), str(folder / "nobody.ipynb"), "--lesson", LESSON]
    status = main.main([*arguments, "-o", str(out), "--cell-limit", "20"])
    assert own.read_bytes() == before
    with open(out, encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return status, rows


def row(a_class, student, exercise):
    (found,) = [
        one for one in a_class[1] if one["student"] == student and one["exercise"] == exercise
    ]
    return found["outcome"], found["message"]


def test_one_row_per_student_and_exercise(a_class, exercises):
    status, rows = a_class
    assert status == 0
    students = ["'=cy", "ada", "ben", "dot", "eve", "gus", "fay", "nobody"]
    assert [one["student"] for one in rows[:: len(exercises)]] == students
    assert len(rows) == len(students) * len(exercises)
    assert {one["lesson"] for one in rows} == {LESSON}


@pytest.mark.parametrize(
    ("student", "exercise", "outcome", "says"),
    [
        ("ada", "E6.1", "wrong", ""),
        ("ada", "E6.2", "open", "not solved yet."),
        ("ada", "E6.3", "not reached", "longer than a cell may"),
        ("ada", "E6.4", "right", "right."),
        ("ada", "E6.5", "right", "right."),  # in spite of 100 MB of output
        ("ben", "E6.1", "open", "not solved yet."),  # though its own `check` would say anything
        ("ben", "E6.2", "not reached", "PermissionError"),
        ("ben", "E6.3", "not reached", "SyntaxError"),
        ("ben", "E6.4", "not reached", "no network here"),
        ("ben", "E6.5", "missing", "not in the notebook"),
        ("'=cy", "E6.1", "right", "right."),
        ("'=cy", "E6.2", "not reached", "the kernel ended"),
        ("'=cy", "E6.5", "not reached", "the kernel ended"),
        ("dot", "E6.1", "right", "right."),
        ("dot", "E6.2", "tampered", "torch.allclose"),
        ("dot", "E6.3", "tampered", "torch.allclose"),
        ("eve", "E6.1", "not marked", "broken JSON"),
        ("fay", "E6.1", "not marked", "no notebook in this folder"),
        ("gus", "E6.1", "not marked", "a notebook of lesson 05, not 06"),
        ("nobody", "E6.1", "not marked", "no such file"),
    ],
)
def test_each_way_to_go_wrong_has_its_reason(a_class, student, exercise, outcome, says):
    found = row(a_class, student, exercise)
    assert found[0] == outcome and says in found[1], found


def test_the_check_says_which_mistake_it_looks_like(a_class):
    assert len(row(a_class, "ada", "E6.1")[1]) > 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "marks.txt"], "ends in .csv"),
        (["-o", "no/such/marks.csv"], "no folder"),
        (["-o", "marks.csv", "--lesson", "77"], "lesson 77"),
        (["-o", "marks.csv", "--cell-limit", "0"], "--cell-limit 0"),
        (["-o", "marks.csv", "--profile", "paper"], "--profile paper"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_runs(
    tmp_path, monkeypatch, capsys, arguments, says
):
    monkeypatch.chdir(tmp_path)
    assert main.main(["grade", str(tmp_path), *arguments]) == 2
    assert says in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_solution_that_fails_stops_the_marking(monkeypatch, tmp_path, handed_out):
    """Then the machine is at fault, and no student is marked."""
    monkeypatch.setattr(marking, "Workplace", lambda *args, **kwargs: BrokenPlace())
    with pytest.raises(DataError, match=r"solution of lesson 06, of which E6\.1 is wrong: no"):
        marking.prepare_lesson(LESSON, tmp_path / "prepared")


class BrokenPlace(FakePlace):
    def __init__(self):
        super().__init__(judged=Ended(verdict={"outcome": "wrong", "message": "no"}))

    def close(self):
        pass


def test_the_clone_is_where_lessons_are():
    assert (CLONE / "notebooks" / "src").is_dir()
    assert json.loads((LESSONS / "06_attention_by_hand.ipynb").read_text(encoding="utf-8"))
    assert MarkingLimits().cell < MarkingLimits().notebook
