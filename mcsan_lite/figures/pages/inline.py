"""A matplotlib figure as svg inside a page: it takes on the page's colours, light or dark.

In: a figure, with its words for anyone who cannot see it. Out: a `Picture`. Greys become the page's
ink and lines, and our colours its own ones. Names of parts are made unlike those of other pictures.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcsan_lite.figures.basics import use_theme
from mcsan_lite.tables.shared import without_controls

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure

# Our colours -> those of the page, which are lighter on dark paper.
_COLOURS = {
    "#0072b2": "var(--blue)",
    "#e69f00": "var(--orange)",
    "#56b4e9": "var(--sky)",
    "#d55e00": "var(--red)",
    "#009e73": "var(--green)",
    "#cc79a7": "var(--pink)",
    "#ffffff": "var(--paper)",
}
_HEX = re.compile(r"#[0-9a-f]{6}\b")
_DARK, _BRIGHT = 0x68, 0xB0  # greys below are ink, greys above are lines
_NOT_SHOWN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.S)
_STYLE = re.compile(r"<style.*?</style>", re.S)
_ID = re.compile(r' id="([^"]+)"')
_USED = re.compile(r'(url\(#|href="#)([^")]+)')
_SIZE = re.compile(r'(<svg [^>]*?)width="[^"]+" height="[^"]+" ')


@dataclass(frozen=True)
class Picture:
    """A figure on a page.

    Attributes:
        svg: markup, with the figure's words as its label.
        caption: what the figure shows.
    """

    svg: Markup
    caption: str


def picture_of(figure: Figure, *, alt: str, caption: str) -> Picture:
    """A figure for a page; the figure is closed.

    Args:
        figure: a matplotlib figure.
        alt: the picture in words, for a reader who cannot see it.
        caption: what the picture shows. Pictures of one page must differ in it.
    """
    import matplotlib.pyplot as plt
    from markupsafe import Markup, escape

    drawn = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "mcsan", "svg.fonttype": "path"}):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    svg = _with_own_ids(_bare(drawn.getvalue()), caption)
    label = f' role="img" aria-label="{escape(without_controls(alt))}" focusable="false"'
    return Picture(Markup(svg.replace("<svg", f"<svg{label}", 1)), caption)


@contextmanager
def in_our_theme() -> Iterator[None]:
    """Figures drawn inside have the project's look; those of the caller keep theirs."""
    import matplotlib.pyplot as plt

    with plt.rc_context():
        use_theme()
        yield


def _bare(svg: str) -> str:
    """The svg alone, in the page's colours, as wide as its place."""
    svg = _STYLE.sub("", _NOT_SHOWN.sub("", svg))
    svg = _SIZE.sub(r"\1", svg, count=1)
    return _HEX.sub(_colour, svg).strip()


def _colour(found: re.Match[str]) -> str:
    """A colour of the page for one of matplotlib's."""
    text = found[0]
    if text in _COLOURS:
        return _COLOURS[text]
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    if not red == green == blue:
        return text
    if red < _DARK:
        return "var(--ink)"
    return "var(--line)" if red > _BRIGHT else "var(--soft)"


def _with_own_ids(svg: str, caption: str) -> str:
    """Names that are used get a prefix of this picture; all others are left out."""
    import hashlib

    # Two pictures may have one caption, or one drawing.
    prefix = f"p{hashlib.sha256((caption + svg).encode()).hexdigest()[:6]}-"
    used = {name for _, name in _USED.findall(svg)}

    def own(found: re.Match[str]) -> str:
        return f' id="{prefix}{found[1]}"' if found[1] in used else ""

    return _USED.sub(rf"\1{prefix}\2", _ID.sub(own, svg))
