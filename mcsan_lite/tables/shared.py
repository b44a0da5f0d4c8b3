"""Text that goes to other programs: a spreadsheet, a Markdown page, an svg.

In: words of a user (a label, a corpus's name, a transcript), or a figure that holds such words.
Out: the same for the other program, which neither runs nor misreads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mcsan_lite.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What XML cannot hold, and what a terminal obeys. Tabs and ends of lines are left.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def without_controls(text: str) -> str:
    """The text without control characters, which no picture or page can show."""
    return _CONTROLS.sub("", text)


def spreadsheet_text(text: str) -> str:
    """A text that a spreadsheet shows, instead of computing it: '=1+1 for =1+1.

    Only for tables that nobody reads back: those of `tables.own` hold every text as it is.
    """
    in_one_cell = text.replace("\r", " ")  # before Python 3.13, csv puts no quotes around it
    return f"'{in_one_cell}" if text.startswith(_FORMULA) else in_one_cell


def spreadsheet_table(table: pd.DataFrame) -> pd.DataFrame:
    """A copy in which every text, in cells and in names, is a `spreadsheet_text`."""

    def shown(value: object) -> object:
        return spreadsheet_text(value) if isinstance(value, str) else value

    return table.map(shown).rename(index=shown, columns=shown)


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    one_line = " ".join(without_controls(text).split())
    return _MARKDOWN.sub(r"\\\1", one_line)


def markdown_cell(text: str) -> str:
    """A cell of a Markdown table. Its own marks stay, but it cannot leave its cell or hold HTML."""
    one_line = " ".join(without_controls(text).splitlines())
    return _TAG.sub("&lt;", one_line.replace("|", "\\|"))


def markdown_rows(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table without an end of line after it; no cell can leave its place.

    Args:
        headings: one per column.
        rows: the cells of each row.
    """
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(markdown_cell(str(c)) for c in cells)} |" for cells in lines)


def save_svg(figure: Figure, path: Path) -> None:
    """Write a figure as svg: the same bytes each time, and without control characters.

    Args:
        figure: a matplotlib figure.
        path: the file.
    """
    from matplotlib import rc_context
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        written = text.get_text()
        if written != without_controls(written):
            text.set_text(without_controls(written))
    with rc_context({"svg.hashsalt": "mcsan"}):  # ids of its parts are else drawn at random
        figure.savefig(path, format="svg", metadata={"Date": None})


def between_marks(page: str, start: str, end: str, part: str) -> str:
    """A page with a part that a program made in place of what stood between its two marks.

    Args:
        page: the whole text.
        start: the mark above the part.
        end: the mark below it.
        part: what shall stand between them.

    Raises:
        DataError: where a mark is missing, or is there twice. Without this, a page would lose
            everything below the first mark, or grow at each call.
    """
    for mark in (start, end):
        if page.count(mark) != 1:
            raise DataError(
                f"a page with {page.count(mark)} × {mark}",
                "each mark once",
                "put the marks back, as the last commit has them.",
            )
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{part}\n\n{end}{after}"


def full_stop(sentence: str) -> str:
    """A sentence with its full stop. A name such as "Xu et al." at its end brings it already.

    Args:
        sentence: without a full stop of its own.
    """
    return sentence if sentence.endswith(".") else f"{sentence}."
