"""What a class hands in is found and named, whatever shape it has."""

import json

import nbformat
import pytest

from mcsan_lite.teaching.handed_in import collect, of_lesson, read_cells

IMPORT = "from mcsan_lite.exercises import lesson06 as check"


def hand_in(path, source=IMPORT):
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ada/06_attention_by_hand.ipynb", "ada"),
        ("ada/ps1/06_attention_by_hand.ipynb", "ada"),  # as nbgrader keeps them
        ("Ada Lovelace_17_file/whatever.ipynb", "Ada Lovelace_17_file"),  # as Moodle exports them
        ("ada_06_attention_by_hand.ipynb", "ada"),
        ("06_attention_by_hand-ada (1).ipynb", "ada (1"),
        ("06_attention_by_hand.ipynb", "class"),
        ("06_attention_by_hand-Copy1.ipynb", "class"),
    ],
)
def test_the_student_is_in_the_folder_or_in_the_name(tmp_path, name, student):
    hand_in(tmp_path / "class" / name)
    (one,) = collect([tmp_path / "class"])
    assert (one.student, one.lesson, one.problem) == (student, "06", "")


def test_a_translated_lesson_is_known_by_its_name_and_by_its_checks(tmp_path):
    german = "from mcsan_lite.exercises.de import lesson00 as check"
    hand_in(tmp_path / "class" / "00_hier_beginnen_bert.ipynb", german)
    hand_in(tmp_path / "class" / "ada" / "meine.ipynb", german)
    found = {(one.student, one.lesson) for one in collect([tmp_path / "class"])}
    assert found == {("bert", "00"), ("ada", "00")}


def test_a_single_file_is_its_folders_student(tmp_path):
    path = hand_in(tmp_path / "ada" / "06_attention_by_hand.ipynb")
    assert [one.student for one in collect([path, path, tmp_path / "ada"])] == ["ada"]


def test_what_cannot_be_marked_says_why(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder / "ok" / "06_attention_by_hand.ipynb")
    (folder / "empty").mkdir()
    texts = {
        "broken": '{"cells": [',
        "list": "[1]",
        "latin": "caf\xe9".encode("latin-1"),
        "odd": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}),
        "deep": "[" * 100_000,
        "none": "",
    }
    for name, text in texts.items():
        path = folder / name / "06_attention_by_hand.ipynb"
        path.parent.mkdir()
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = {one.student: one for one in collect([folder, tmp_path / "nobody.ipynb"])}
    assert found.pop("ok").problem == ""
    assert found["empty"].problem == "no notebook in this folder"
    assert found["broken"].problem.startswith("broken JSON")
    assert found["list"].problem == "JSON, but not a notebook"
    assert found["nobody"].problem == "no such file"
    assert all(one.problem and not one.cells for one in found.values())
    assert {found[name].lesson for name in texts} == {"06"}  # by their names


def test_checkpoints_of_jupyter_are_not_handed_in(tmp_path):
    hand_in(tmp_path / "ada" / ".ipynb_checkpoints" / "06_attention_by_hand-checkpoint.ipynb")
    assert [one.problem for one in collect([tmp_path])] == ["no notebook in this folder"]


def test_an_old_notebook_is_read(tmp_path):
    path = tmp_path / "old.ipynb"
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}}
    old["worksheets"] = [{"cells": [{"cell_type": "code", "input": IMPORT, "outputs": []}]}]
    path.write_text(json.dumps(old))
    assert [cell.source for cell in read_cells(path)] == [IMPORT]


def test_one_lesson_is_wanted(tmp_path):
    hand_in(tmp_path / "ada" / "06_attention_by_hand.ipynb")
    hand_in(tmp_path / "ada" / "05_encoders.ipynb", IMPORT.replace("06", "05"))
    hand_in(tmp_path / "ben" / "05_encoders.ipynb", IMPORT.replace("06", "05"))
    hand_in(tmp_path / "cy" / "diary.ipynb", "1 + 1")
    kept = of_lesson(collect([tmp_path]), "06")
    assert [(one.student, one.problem) for one in kept] == [
        ("ada", ""),
        ("ben", "a notebook of lesson 05, not 06"),
        ("cy", "a notebook of no lesson: it imports no checks of this course"),
    ]
