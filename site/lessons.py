"""A lesson's page, from its two executed notebooks.

In: notebooks/NN_name.ipynb, and notebooks/solutions/NN_name.ipynb where it is built. Out: one
notebook for MyST-NB, in which each solution is folded away below its exercise, figures are files
with their alt texts, and a line at the top offers downloads and the cloud.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from launch import Address
from links import rewritten
from nbformat import NotebookNode

from mcsan_lite.figures.texts.reading import page_texts, text_languages

CLOUD_PAGE = "docs/cloud.html"


@dataclass
class LessonPage:
    """What a lesson brings to the site.

    Attributes:
        source: the notebook that Sphinx reads.
        figures: {place below the site's top: content}.
        downloads: the same, for the notebooks as they were built.
    """

    source: str = ""
    figures: dict[str, bytes] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)


def lesson_title(path: Path) -> str:
    """The first heading of a lesson."""
    for cell in nbformat.read(path, as_version=4).cells:
        heading = re.match(r"# +(.+)", cell.source)
        if heading:
            return heading[1].strip()
    return path.stem.replace("_", " ")


def lesson_page(path: Path, address: Address, linked: Callable[[str], str | None]) -> LessonPage:
    """The page of one lesson.

    Args:
        path: its notebook with open exercises.
        address: where the project is published, if it is.
        linked: how a link's target is written on the site; None where the link has to go.
    """
    home, inside = lesson_place(path)
    page = LessonPage(downloads={f"extra/downloads/{inside}": path.read_bytes()})
    solved = home / "solutions" / inside
    notebook = nbformat.read(path, as_version=4)
    words = words_of(inside)
    if solved.is_file():
        page.downloads[f"extra/downloads/solutions/{inside}"] = solved.read_bytes()
        notebook.cells = with_solutions(notebook, nbformat.read(solved, as_version=4), words)
    notebook.cells = [cell for cell in notebook.cells if "colab" not in tags(cell)]
    prompts = {"code_prompt_show": words["show_code"], "code_prompt_hide": words["hide_code"]}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = rewritten(cell.source, linked)
        else:
            cell.metadata.setdefault("mystnb", prompts)
            cell.outputs = [shown(output, inside, page) for output in cell.outputs]
    notebook.cells.insert(1, lesson_bar(path, solved.is_file(), address))
    page.source = nbformat.writes(notebook)
    return page


def lesson_place(path: Path) -> tuple[Path, str]:
    """The folder notebooks/ of a lesson, and where the lesson lies in it.

    A lesson in another language lies in a folder of two letters.
    """
    home = path.parents[1] if re.fullmatch("[a-z][a-z]", path.parent.name) else path.parent
    return home, path.relative_to(home).as_posix()


def words_of(inside: str) -> dict[str, str]:
    """What the site says within a lesson: in its language, or in English where that has no texts.

    Args:
        inside: the lesson's place below notebooks/.
    """
    language, _, _ = inside.rpartition("/")
    return page_texts(language if language in text_languages() else "en")["lesson"]


def to_top(inside: str) -> str:
    """The way from a lesson's page to the site's top."""
    return "../" * (1 + inside.count("/"))


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def with_solutions(
    notebook: NotebookNode, solved: NotebookNode, words: dict[str, str]
) -> list[NotebookNode]:
    """The cells of a lesson, with each solution folded away below its exercise.

    Args:
        notebook: the lesson with open exercises.
        solved: the same lesson, in which each exercise is replaced by its solution.
        words: of `words_of`.
    """
    solutions: dict[str, list[NotebookNode]] = {}  # by the cell that stands before them
    before = ""
    for cell in solved.cells:
        if "solution" not in tags(cell):
            before = cell.id
            continue
        cell.metadata.tags = [*tags(cell), "hide-cell"]
        cell.metadata.mystnb = {
            "code_prompt_show": words["show_solution"],
            "code_prompt_hide": words["hide_solution"],
        }
        solutions.setdefault(before, []).append(cell)
    cells: list[NotebookNode] = []
    waiting: list[NotebookNode] = []
    for cell in notebook.cells:
        if "exercise" not in tags(cell):
            cells += waiting
            waiting = solutions.pop(cell.id, [])
        cells.append(cell)
    return cells + waiting


def shown(output: NotebookNode, lesson: str, page: LessonPage) -> NotebookNode:
    """An output as the site shows it: a picture becomes a file, with its alt text and size.

    Args:
        output: of a code cell.
        lesson: its place below notebooks/.
        page: where the picture's file goes.
    """
    data = output.get("data", {})
    if "image/png" not in data:
        return output
    content = base64.b64decode(data["image/png"])
    described = output.metadata.get("image/png", {})
    name = f"{Path(lesson).stem}-{hashlib.sha256(content).hexdigest()[:8]}.png"
    page.figures[f"_static/figures/{name}"] = content
    sizes = [f'{side}="{described[side]}"' for side in ("width", "height") if side in described]
    alt = html.escape(described.get("alt", ""), quote=True)
    address = f"{to_top(lesson)}_static/figures/{name}"
    picture = f'<img src="{address}" alt="{alt}" loading="lazy" {" ".join(sizes)}>'
    return nbformat.v4.new_output("display_data", data={"text/html": picture})


def lesson_bar(path: Path, solved: bool, address: Address) -> NotebookNode:
    """The line below a lesson's title: downloads, and where it can be run without an installation.

    Args:
        path: the lesson.
        solved: whether its solutions are built.
        address: where the project is published, if it is.
    """
    inside = lesson_place(path)[1]
    place, up = f"notebooks/{inside}", to_top(inside)
    words = words_of(inside)
    links = [(words["download"], f"{up}downloads/{inside}", " download")]
    if solved:
        links.append((words["with_solutions"], f"{up}downloads/solutions/{inside}", " download"))
    cloud = [(words["colab"], address.colab(place)), (words["binder"], address.binder(place))]
    links += [(said, target, "") for said, target in cloud if target]
    if not address.repository:
        links.append((words["cloud"], f"{up}{CLOUD_PAGE}", ""))
    anchors = [f'<a href="{target}"{mark}>{said}</a>' for said, target, mark in links]
    bar = f'<nav class="lesson-bar" aria-label="{words["elsewhere"]}">{"".join(anchors)}</nav>'
    return nbformat.v4.new_markdown_cell(bar, id="lesson-bar")
