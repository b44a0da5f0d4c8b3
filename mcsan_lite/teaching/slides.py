"""The slides of a lesson, made from the cells of its executed notebook: no text is written twice.

In: the cells. Out: slides, chosen by what a cell is. A lesson gives its title and goals; of each
section the question and its equations; every prompt to predict; every figure with its caption, and
with the sentences that code made of its numbers; every exercise without its hints; the recap and
what may not be concluded.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from mcsan_lite.teaching.lessons import EXERCISE_HEADING

KINDS_OF_SLIDES = (
    "title",
    "section",
    "equations",
    "predict",
    "figure",
    "verdict",
    "exercise",
    "closing",
)
_LONGEST_QUESTION = 420  # characters of a section's first paragraph
_MOST_LINES = 8  # of a verdict on one slide
_BESIDE_A_FIGURE = 420  # characters of a verdict; a longer one gets a slide of its own
_HEADING = re.compile(r"^(#{1,3}) (.+)$")
_EQUATION = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_CLOSING = ("Recap", "What you may not conclude")
_NO_QUESTION = ("Exercises", "Exercise", *_CLOSING)


@dataclass
class Slide:
    """One slide.

    Attributes:
        kind: one of `KINDS_OF_SLIDES`.
        heading: in Markdown.
        text: in Markdown.
        figure: a picture as base64 of a PNG; "" where there is none.
        alt: what the picture shows, in words.
        verdict: what code said of the numbers, line by line.
    """

    kind: str
    heading: str
    text: str = ""
    figure: str = ""
    alt: str = ""
    verdict: list[str] = field(default_factory=list)


def lesson_slides(cells: Sequence[NotebookNode]) -> list[Slide]:
    """The slides of a lesson.

    Args:
        cells: of its executed notebook, as it is handed out.
    """
    chooser = _Chooser()
    for cell in cells:
        if cell.cell_type == "markdown":
            for block in _blocks(cell.source):
                chooser.read(block)
        elif cell.cell_type == "code":
            chooser.see(cell)
    return chooser.slides


def _blocks(source: str) -> Iterator[str]:
    """The paragraphs of a cell; a heading is one of its own, and what can be unfolded is left out.

    An item of a list that stands after an empty line belongs to the list.
    """
    text = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
    text = re.sub(r"^(#{1,3} .+)$", r"\n\1\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n", text):
        if block.strip():
            yield block.strip("\n")


class _Chooser:
    """Reads a lesson from above and keeps what belongs on a slide."""

    def __init__(self) -> None:
        self.slides: list[Slide] = []
        self._heading = ""
        self._waits_for_question = False
        self._open: Slide | None = None  # an exercise or a closing slide: it takes what follows
        self._figure: Slide | None = None  # the last one of this section, for its verdict

    def read(self, block: str) -> None:
        """A paragraph, a list, a table or a heading."""
        heading = _HEADING.match(block)
        exercise = EXERCISE_HEADING.match(block)
        if heading:
            self._begin(len(heading[1]), heading[2])
        elif exercise:
            self._begin_exercise(exercise, block)
        elif self._open is not None:
            self._add_to_open(block)
        else:
            self._read_in_section(block)

    def see(self, cell: NotebookNode) -> None:
        """The pictures of a cell, and the sentences that it made of numbers."""
        self._open = None
        if "check." in cell.source and "not solved yet." in _printed(cell):
            return
        outputs = cell.get("outputs", [])
        for number, output in enumerate(outputs):
            picture = output.get("data", {}).get("image/png")
            if picture:
                following = outputs[number + 1 : number + 2]
                self._add_figure(picture, output, following[0] if following else None)
        if "read.say" in cell.source:
            self._add_verdict(_printed(cell))

    def _begin(self, level: int, heading: str) -> None:
        if level == 3 and heading not in _NO_QUESTION:
            self._figure = None
            return  # a subsection goes on with the slides of its section
        self._heading, self._figure, self._open = heading, None, None
        kind = "title" if level == 1 else "section"
        if heading.startswith(_CLOSING):
            kind = "closing"
        self._waits_for_question = kind == "section" and heading not in _NO_QUESTION
        if kind != "section":
            self._open = Slide(kind, heading)
            self.slides.append(self._open)

    def _begin_exercise(self, heading: re.Match[str], block: str) -> None:
        stars, minutes = heading["stars"], heading["minutes"]
        title = f"E{heading['number']} · {heading['kind']} ({stars}, {minutes} min)"
        task = block[heading.start("task") :]
        self._open = Slide("exercise", title, task)
        self._figure = None
        self.slides.append(self._open)

    def _add_to_open(self, block: str) -> None:
        slide = self._open
        goals = "**You will be able to**"
        if slide.kind == "title" and not block.startswith(goals):
            return  # the opening is told, not read out
        if slide.kind == "closing" and not block.startswith("-"):
            self._open = None  # further reading and the way to other lessons
            return
        slide.text = f"{slide.text}\n\n{block}".strip()

    def _read_in_section(self, block: str) -> None:
        for_eyes = _EQUATION.sub("", block).strip()
        if self._waits_for_question:
            self._waits_for_question = False
            question = _shortened(for_eyes)
            self.slides.append(Slide("section", self._heading, question))
        elif block.startswith("**Predict") or "**Predict:**" in block:
            self.slides.append(Slide("predict", self._heading, block))
            return
        for equation in _EQUATION.findall(block):
            self._add_equation(f"$$\n{equation.strip()}\n$$")

    def _add_equation(self, equation: str) -> None:
        """To the section's own slide where there is room, else to the slide of equations."""
        room = {"section": 1, "equations": 3}
        last = self.slides[-1] if self.slides else Slide("title", "")
        if last.text.count("$$") // 2 < room.get(last.kind, 0):
            last.text = f"{last.text}\n\n{equation}"
        else:
            self.slides.append(Slide("equations", self._heading, equation))

    def _add_figure(
        self, picture: str, output: NotebookNode, following: NotebookNode | None
    ) -> None:
        caption = ""
        if following is not None:
            caption = _joined(following.get("data", {}).get("text/markdown", ""))
        alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
        self._figure = Slide("figure", self._heading, caption, _joined(picture), alt)
        self.slides.append(self._figure)

    def _add_verdict(self, printed: str) -> None:
        lines = [line for line in printed.splitlines() if line.strip()]
        figure, length = self._figure, sum(map(len, lines))
        if figure is not None and not figure.verdict and length <= _BESIDE_A_FIGURE:
            figure.verdict = lines
            return
        for first in range(0, len(lines), _MOST_LINES):
            part = lines[first : first + _MOST_LINES]
            self.slides.append(Slide("verdict", self._heading, verdict=part))


def _printed(cell: NotebookNode) -> str:
    return "".join(
        _joined(output.get("text", ""))
        for output in cell.get("outputs", [])
        if output.get("output_type") == "stream" and output.get("name") == "stdout"
    )


def _joined(text: str | list[str]) -> str:
    return "".join(text).strip()


def _shortened(paragraph: str) -> str:
    """A paragraph up to the last sentence that fits."""
    if len(paragraph) <= _LONGEST_QUESTION or paragraph.startswith(("-", "|", "1.")):
        return paragraph
    ends = [end.end() for end in re.finditer(r"[.?!]\*{0,2}(?=\s)", paragraph)]
    fitting = [end for end in ends if end <= _LONGEST_QUESTION]
    return paragraph[: fitting[-1]] if fitting else paragraph


def as_text(slide: Slide) -> str:
    """What a slide says, without pictures: for tests, and for anyone who searches in it."""
    return html.unescape("\n".join([slide.heading, slide.text, slide.alt, *slide.verdict]))
