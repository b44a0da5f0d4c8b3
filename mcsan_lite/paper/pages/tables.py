"""`mcsan table NAME` as a page: the gaps of each score, what they allow to say, and the cost.

In: a table of `verdicts`, or the runs of the open choices. Out: the page as text.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mcsan_lite.evaluation.comparison import read_comparison
from mcsan_lite.figures.pages.inline import Picture, in_our_theme, picture_of
from mcsan_lite.figures.pages.page import Section, Sheet, page_text
from mcsan_lite.figures.results import draw_tornado
from mcsan_lite.paper.ambiguities import tornado_bars
from mcsan_lite.paper.pages.said import floor_sentence, gap_sentences
from mcsan_lite.paper.report import SCORE_NAMES, cost_columns, draw_score_gaps, score_columns
from mcsan_lite.paper.verdicts import best_floor

_TITLES = {
    "table1": "Table 1: rivals that hear and read",
    "table2": "Table 2: rivals on MELD's list",
    "table3": "Table 3: what each part of MCSAN is good for",
    "fusion": "Ways to fuse sound and words",
}
# Columns of a score that stand in a table of their own: all of them together are too wide to read.
_TESTS = (
    *("sd folds", "sd seeds", "t", "p", "Holm p", "Wilcoxon p", "McNemar p", "alike p"),
    "within noise",
)
_NOT_COMPARED = "Rows of one corpus, on the same folds. What was not run is “not run”."


def table_page(table: pd.DataFrame, name: str, more: Iterable[Sheet] = ()) -> str:
    """A table of the paper, from our runs.

    Args:
        table: from `compared_table`, with floors or without.
        name: "table1", "table2", "table3" or "fusion".
        more: further tables that belong to it.
    """
    with in_our_theme():
        sections = [_score_section(table, score) for score in table.attrs["scores"]]
    costs = cost_columns(table)
    if costs:
        sections.append(Section("What it took", [Sheet("Trainings, size and time.", costs)]))
    sections += [Section(sheet.caption, [sheet]) for sheet in more]
    sections.append(Section("How to read it", [_sentences(table.attrs["caption"])]))
    return page_text(_TITLES[name], sections, lead=_NOT_COMPARED)


def _sentences(text: str) -> list[str]:
    """One item per sentence of a caption."""
    return [sentence.rstrip(".") + "." for sentence in text.split(". ")]


def _score_section(table: pd.DataFrame, score: str) -> Section:
    name = SCORE_NAMES[score]
    rows = table.reset_index(names="row")
    said = ["No row was run beside MCSAN."]
    if f"{score} gap" in table:
        said = gap_sentences(rows, score)
    if best_floor(table, score) is not None:
        said.append(floor_sentence(rows, score))
    columns = score_columns(table, score)
    tests = {name: cells for name, cells in columns.items() if name in ("row", *_TESTS)}
    shown = {name: cells for name, cells in columns.items() if name not in _TESTS}
    caption = f"{name} of every row, its gap to MCSAN, and what may be said of it."
    parts = [said, gaps_picture(table, score), Sheet(caption, shown)]
    if len(tests) > 1:
        parts.append(Sheet(f"{name}: spread and tests of the same rows.", tests))
    return Section(name, parts)


def gaps_picture(table: pd.DataFrame, score: str, about: str = "") -> Picture:
    """The gaps to MCSAN in one score, for a page.

    Args:
        table: from `compared_table`; its index names the rows.
        score: one of its scores.
        about: what the caption begins with, where a page shows several tables.
    """
    told = []
    for row, cells in table.iterrows():
        gap = read_comparison(cells, str(row), score)
        if gap.gap is not None:
            told.append(_gap_in_words(str(row), gap.gap, gap.low, gap.high))
    name = SCORE_NAMES[score]
    alt = f"Gaps of MCSAN to each row in {name}, points: {'; '.join(told) or 'none was run'}."
    caption = f"{name}: gaps to MCSAN with 95 % intervals; right of the line MCSAN is better."
    caption = f"{about} {caption}".strip()
    return picture_of(draw_score_gaps(table, score).figure, alt=alt, caption=caption)


def _gap_in_words(row: str, gap: float, low: float | None, high: float | None) -> str:
    words = f"{row} {100 * gap:+.1f}"
    if low is None or high is None:
        return words
    return f"{words} ({100 * low:+.1f} to {100 * high:+.1f})"


def choices_page(ledger: pd.DataFrame, changes: pd.DataFrame) -> str:
    """What the paper leaves open, and how far each alternative moved WA.

    Args:
        ledger: from `ambiguities_ledger`, with results.
        changes: from `sensitivity`, of the same results.
    """
    ours = changes[changes.panel.str.startswith("ours")]
    parts: list[Picture | Sheet | str] = []
    if len(ours):
        with in_our_theme():
            parts.append(choices_picture(ours))
    else:
        parts.append("No alternative was run.")
    columns = {str(name): [_cell(cell) for cell in ledger[name]] for name in ledger}
    caption = "Every open choice, what was taken here, and what else was tried, in points of WA."
    parts.append(Sheet(caption, columns))
    lead = "A difference that other seeds make as well says nothing about the choice."
    return page_text("What the paper leaves open", [Section("Choices", parts)], lead=lead)


def choices_picture(ours: pd.DataFrame) -> Picture:
    """How far each alternative moved WA.

    Args:
        ours: the rows of `sensitivity` about our runs.
    """
    told = [
        _gap_in_words(str(row.choice), row.difference, _known(row.low), _known(row.high))
        for row in ours.itertuples()
    ]
    figure = draw_tornado(tornado_bars(ours)).figure
    caption = "WA of each alternative against the default, on the same folds and seeds."
    return picture_of(figure, alt=f"Differences in points: {'; '.join(told)}.", caption=caption)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else value


def _cell(value: object) -> str:
    return "" if value is None else str(value)
