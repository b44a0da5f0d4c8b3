"""Slides as one html file that asks nobody for anything: pictures, formulas and keys are in it.

In: slides in Markdown with formulas in LaTeX. Out: a page. Formulas become MathML, which browsers
draw themselves; links to other lessons become plain text, since those files lie elsewhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from latex2mathml.converter import convert
from markdown_it import MarkdownIt

from mcsan_lite.teaching.slides import Slide

_TEMPLATE = Path(__file__).with_name("slides.html")
# A span of code is matched first, so that a dollar in it stays one.
_FORMULA = re.compile(r"`[^`]*`|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$]+?)\$", re.DOTALL)
_LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]*\)")
_SIZES_OF_BARS = re.compile(r"\\[bB]igg?[lr]?(?=\\[lr]Vert)")  # which MathML stretches by itself
_BOLD = re.compile(r"\\mathbf\s*(?:\{([^{}\\]+)\}|([A-Za-z0-9]))")
_HOLDER = "\ue000{}\ue001"  # letters that no lesson uses, and that Markdown leaves alone
_HELD = re.compile("(?:<p>)?\ue000(\\d+)\ue001(?:</p>)?")


def html_of(markdown: str) -> str:
    """Markdown with formulas as html."""
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if found["block"] is None and found["inline"] is None:
            return found[0]
        display = "block" if found["block"] else "inline"
        formulas.append(_mathml(found["block"] or found["inline"], display))
        return _HOLDER.format(len(formulas) - 1)

    text = _LOCAL_LINK.sub(r"\1", _FORMULA.sub(keep, markdown))
    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return _HELD.sub(lambda found: formulas[int(found[1])], made)


def _mathml(formula: str, display: str) -> str:
    latex = _SIZES_OF_BARS.sub("", " ".join(formula.split()))
    # Browsers draw bold letters only where they are letters of their own.
    latex = _BOLD.sub(lambda found: f"{{{_bold(found[1] or found[2])}}}", latex)
    return convert(latex, display=display)


def _bold(letters: str) -> str:
    """The letters as bold letters of mathematics, which are in Unicode."""
    first = {"A": 0x1D400, "a": 0x1D41A, "0": 0x1D7CE}
    bold = ""
    for letter in letters:
        if not letter.isascii() or not letter.isalnum():
            bold += letter
            continue
        if letter.isdigit():
            start = "0"
        elif letter.isupper():
            start = "A"
        else:
            start = "a"
        bold += chr(first[start] + ord(letter) - ord(start))
    return bold


def slide_page(title: str, slides: Sequence[Slide]) -> str:
    """The whole page.

    Args:
        title: of the lesson.
        slides: in their order.
    """
    sections = [_section(number, slide, len(slides)) for number, slide in enumerate(slides, 1)]
    page = _TEMPLATE.read_text(encoding="utf-8")
    page = page.replace("<!-- title -->", html.escape(title))
    return page.replace("<!-- slides -->", "\n".join(sections))


def _section(number: int, slide: Slide, count: int) -> str:
    """One slide, with a label for screen readers."""
    level = "h1" if slide.kind == "title" else "h2"
    heading = re.sub(r"</?p>", "", html_of(slide.heading)).strip()
    parts = [f"<{level}>{heading}</{level}>"]
    if slide.figure:
        alt = html.escape(slide.alt, quote=True)
        parts.append(f'<img alt="{alt}" src="data:image/png;base64,{slide.figure}">')
    if slide.text:
        parts.append(f'<div class="text">{html_of(slide.text)}</div>')
    if slide.verdict:
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in slide.verdict)
        parts.append(f'<div class="verdict">{lines}</div>')
    body = f'<div class="fit">{"".join(parts)}</div><footer>{number} / {count}</footer>'
    label = f'aria-label="Slide {number} of {count}"'
    return f'<section class="{slide.kind}" id="s{number}" {label}>{body}</section>'
