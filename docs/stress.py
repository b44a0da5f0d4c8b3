"""Writes what results/ holds of `mcsan stress` into docs/stress.md: what it says, and the curves.

    python docs/stress.py

In: results/stress-synthetic-quick.csv and …-conflict.csv, as `mcsan stress --out` writes them. Out:
the part of the page between its marks. A test compares the page with what this makes of the files,
so that no number on it is typed.
"""

from __future__ import annotations

from pathlib import Path

from mcsan_lite.experiments.stress.contest import CONTEST_NUMBERS
from mcsan_lite.experiments.stress.curves import CURVE_NUMBERS
from mcsan_lite.experiments.stress.report import (
    INTERVALS,
    contest_markdown,
    curves_markdown,
    stress_sentences,
)
from mcsan_lite.experiments.stress.study import StressTables
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.shared import between_marks

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "stress.md"
START, END = "<!-- stress: made by docs/stress.py -->", "<!-- /stress -->"
NAME = "stress-synthetic-quick"


def stored_tables(results: Path = ROOT / "results") -> StressTables:
    """The tables of the command, from the folder of results."""
    curves = load_table(results / f"{NAME}.csv", numbers=CURVE_NUMBERS)
    contest = load_table(results / f"{NAME}-conflict.csv", numbers=CONTEST_NUMBERS)
    return StressTables(curves, contest)


def render(text: str, tables: StressTables) -> str:
    """The page's text with the part between the marks made anew.

    Args:
        text: of the page.
        tables: of the command.
    """
    said = "\n".join(f"- {sentence}" for sentence in stress_sentences(tables))
    parts = [said, curves_markdown(tables.curves), "### Words against voice"]
    parts += [contest_markdown(tables.contest), INTERVALS]
    return between_marks(text, START, END, "\n\n".join(parts))


def main() -> None:
    """Write the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(render(text, stored_tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
