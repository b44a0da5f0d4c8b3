"""Marks as tables: one row per student and exercise, and what a teacher wants to know first.

In: each `Mark`. Out: a csv for a spreadsheet, a table of students, and a table of exercises with
the mistake that most of them made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.tables.shared import spreadsheet_table, without_controls
from mcsan_lite.teaching.marking import MARK_OUTCOMES, Mark

_WIDEST = 72  # characters of a mistake in the summary


def marks_table(marks: Sequence[Mark]) -> pd.DataFrame:
    """One row per student and exercise, in the order of the marks."""
    columns = [field.name for field in fields(Mark)]
    table = pd.DataFrame([asdict(mark) for mark in marks], columns=columns)
    table["stars"] = table.stars.astype("Int64")
    return table.map(lambda value: without_controls(value) if isinstance(value, str) else value)


def save_marks(path: Path, marks: Sequence[Mark]) -> None:
    """Write the marks for a spreadsheet, which shows every text and computes none.

    Args:
        path: the csv; it is whole or not there.
        marks: of all students.
    """
    table = spreadsheet_table(marks_table(marks))

    def write(part: Path) -> None:
        table.to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")

    write_atomic(path, write)


def per_student(marks: Sequence[Mark]) -> pd.DataFrame:
    """How many exercises of each student ended how, and the stars of the right ones."""
    table = marks_table(marks)
    counts = pd.crosstab([table.student, table.lesson], table.outcome)
    counts = counts.reindex(columns=[name for name in MARK_OUTCOMES if name in counts])
    right = table[table.outcome == "right"].groupby(["student", "lesson"]).stars.sum()
    everything = table.groupby(["student", "lesson"]).stars.sum()
    gained = right.reindex(everything.index, fill_value=0)
    counts["stars"] = [f"{one} of {all_}" for one, all_ in zip(gained, everything, strict=True)]
    return counts.reset_index().rename_axis(columns=None)


def per_exercise(marks: Sequence[Mark]) -> pd.DataFrame:
    """How many students solved each exercise, and the mistake that most of the others made."""
    table = marks_table(marks)
    rows = []
    for (lesson, exercise), part in table[table.exercise != ""].groupby(
        ["lesson", "exercise"], sort=False
    ):
        wrong = part[part.outcome == "wrong"].message.value_counts(sort=True)
        common = ""
        if len(wrong):
            common = f"{wrong.iloc[0]} × {_cut(wrong.index[0])}"
        right = f"{(part.outcome == 'right').sum()} of {len(part)}"
        rows.append({"lesson": lesson, "exercise": exercise, "right": right, "most common": common})
    return pd.DataFrame(rows, columns=["lesson", "exercise", "right", "most common"])


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def summary(marks: Sequence[Mark]) -> str:
    """Both tables as text."""
    parts = [per_student(marks).to_string(index=False)]
    exercises = per_exercise(marks)
    if len(exercises):
        parts.append(_left_aligned(exercises))
    return "\n\n".join(parts)


def _left_aligned(table: pd.DataFrame) -> str:
    """A table of texts, which read better from the left."""
    width = table.map(len).max()
    width = {name: max(len(name), int(width[name])) for name in table}
    lines = ["  ".join(f"{name:<{width[name]}}" for name in table)]
    for _, row in table.iterrows():
        lines.append("  ".join(f"{row[name]:<{width[name]}}" for name in table))
    return "\n".join(line.rstrip() for line in lines)
