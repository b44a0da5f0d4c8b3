"""Marks as tables: safe for a spreadsheet, and a summary that a teacher can act on."""

import csv

from mcsan_lite.teaching.marking import Mark
from mcsan_lite.teaching.marks import per_exercise, per_student, save_marks, summary


def mark(student, exercise, outcome, message="", stars=2):
    return Mark(student, "06", exercise, "heads", stars, outcome, message, f"{student}.ipynb")


MARKS = [
    mark("ada", "E6.1", "right", "right."),
    mark("ada", "E6.2", "wrong", "the scale is missing", stars=3),
    mark("ben", "E6.1", "wrong", "the scale is missing"),
    mark("ben", "E6.2", "wrong", "the scale is missing", stars=3),
    mark("cy", "E6.1", "wrong", "turned"),
    mark("cy", "E6.2", "not reached", "cell 3: NameError", stars=3),
    Mark("dot", "", "", "", None, "not marked", "broken JSON", "dot.ipynb"),
]


def test_the_csv_computes_nothing(tmp_path):
    path = tmp_path / "marks.csv"
    evil = mark('=cmd|" /C calc"!A0', "E6.1", "wrong", "+1\r\n@SUM(1)\x07")
    save_marks(path, [evil, *MARKS])
    with open(path, encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 8
    assert rows[0]["student"].startswith("'=") and rows[0]["message"].startswith("'+1")
    assert "\x07" not in rows[0]["message"]
    assert rows[-1]["stars"] == "" and rows[1]["stars"] == "2"


def test_students_are_summed_up():
    table = per_student(MARKS).set_index("student")
    assert table.loc["ada", "stars"] == "2 of 5" and table.loc["ada", "right"] == 1
    assert table.loc["cy", "not reached"] == 1 and table.loc["dot", "not marked"] == 1


def test_the_most_common_mistake_is_named():
    table = per_exercise(MARKS).set_index("exercise")
    assert table.loc["E6.1", "right"] == "1 of 3"
    assert table.loc["E6.2", "most common"] == "2 × the scale is missing"


def test_the_summary_holds_both_and_a_class_of_nobody_is_no_crash():
    assert "2 × the scale is missing" in summary(MARKS) and "dot" in summary(MARKS)
    assert "dot" in summary(MARKS[-1:])
