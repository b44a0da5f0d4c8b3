"""One self-contained html page: headings, sentences, tables and pictures, and nothing fetched.

In: sections made of text, `Sheet` and `Picture`. Out: the page as text, or as a file that is whole
or not there. All words are escaped by Jinja, so a label may hold whatever its author typed. How the
page looks stands in page.html beside this file, in one place for all pages.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcsan_lite.cache import write_atomic
from mcsan_lite.errors import DataError
from mcsan_lite.tables.shared import without_controls

if TYPE_CHECKING:
    from jinja2 import Environment

    from mcsan_lite.figures.pages.inline import Picture

_NUMBER = re.compile(r"[<≈+\-−±]?\s?\.?\d")
_FOOT = "One file, without scripts, which fetches nothing."


@dataclass(frozen=True)
class Sheet:
    """A table on a page.

    Attributes:
        caption: what it shows, in a sentence.
        columns: heading -> its cells, one per row. The cells of the first name their rows.
    """

    caption: str
    columns: Mapping[str, Sequence[object]]

    @property
    def headings(self) -> list[str]:
        """Those of the columns."""
        return [str(heading) for heading in self.columns]

    @property
    def rows(self) -> list[list[str]]:
        """The cells as text, row by row."""
        cells = zip(*self.columns.values(), strict=True)
        return [[str(cell) for cell in row] for row in cells]

    @property
    def numeric(self) -> list[bool]:
        """Which columns stand to the right: those whose cells all begin with a number."""
        columns = [[str(cell) for cell in cells if str(cell)] for cells in self.columns.values()]
        return [bool(cells) and all(map(_NUMBER.match, cells)) for cells in columns]


@dataclass(frozen=True)
class Verbatim:
    """Text that is kept as it is, folded away below a line that opens it."""

    summary: str
    verbatim: str


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        heading: its title.
        parts: sentences, lists of sentences, and what else a page can hold.
    """

    heading: str
    parts: Sequence[str | Sequence[str] | Sheet | Picture | Verbatim]


@dataclass(frozen=True)
class Answer:
    """What a page says first, where it answers a question.

    Attributes:
        text: the answer, in a sentence.
        good: whether it is the one that was hoped for.
    """

    text: str
    good: bool = True


def page_text(
    title: str, sections: Sequence[Section], *, lead: str = "", answer: Answer | None = None
) -> str:
    """A page of sections.

    Args:
        title: its heading, and the name of its tab.
        sections: what it shows, from top to bottom.
        lead: a sentence below the title.
        answer: what is said before all else.
    """
    told = {"lead": lead, "answer": answer and answer.text, "good": answer and answer.good}
    return filled_page("{% extends 'page.html' %}", title=title, sections=sections, **told)


def filled_page(template: str, **values: object) -> str:
    """A page from a Jinja template that extends page.html.

    Args:
        template: its text.
        **values: what it is filled with, `title` among them. A name that is missing is an error.
    """
    return _environment().from_string(template).render({"foot": _FOOT, **values})


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("mcsan_lite.figures.pages", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """A value without what no page can show; markup of ours stays markup."""
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return without_controls(value)
    return value


def require_page_place(path: Path | str) -> Path:
    """The path of a page, or a refusal before anything is computed for it.

    Args:
        path: where the page will be written. Folders that are missing are made.

    Raises:
        DataError: for a folder.
        OSError: where nothing can be written there.
    """
    path = Path(path)
    if path.is_dir() or not path.name:
        raise DataError(f"{path}, which is a folder", "the name of a file", f"{path / 'page.html'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))
    return path


def save_page(path: Path | str, text: str) -> None:
    """Write a page, whole or not at all.

    Args:
        path: the file.
        text: the page.
    """
    write_atomic(Path(path), lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
