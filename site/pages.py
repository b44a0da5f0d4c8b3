"""The sources of the site's pages, from the project's own files.

In: README.md, MODEL_CARD.md, docs/, notebooks/ and the package. Out: a folder that Sphinx reads,
in which every page has the place that it has in the project, so that links between pages stay as
they are. README.md becomes the landing page. Nothing is listed by hand: a new lesson or page is
found in its folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from launch import Address
from lessons import lesson_page, lesson_title
from links import one_title, rewritten, targets_of
from reference import module_name, reference_pages


@dataclass
class Stage:
    """A folder of page sources that is being filled.

    Attributes:
        root: the project.
        folder: where the sources are written.
        address: where the project is published, if it is.
        written: every file that was written, below `folder`.
    """

    root: Path
    folder: Path
    address: Address
    written: set[Path] = field(default_factory=set)

    def write(self, name: str, content: str | bytes) -> None:
        """Write one file, unless it is there with this content: Sphinx reads it once."""
        path = self.folder / name
        data = content.encode() if isinstance(content, str) else content
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.written.add(path)

    def sweep(self) -> None:
        """Remove what an earlier call wrote and this one did not."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_file() and path not in self.written:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def stage_site(root: Path, folder: Path, address: Address) -> Stage:
    """Write the sources of all pages.

    Args:
        root: the project.
        folder: where they go. What else lies there is removed.
        address: where the project is published, if it is.
    """
    stage = Stage(root, folder, address)
    lessons = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    translated = sorted((root / "notebooks").glob("[a-z][a-z]/[0-9]*.ipynb"))
    for lesson in [*lessons, *translated]:
        page = lesson_page(lesson, address, linked=linker(lesson, stage))
        stage.write(lesson.relative_to(root).as_posix(), page.source)
        for name, content in (page.figures | page.downloads).items():
            stage.write(name, content)
    guides = in_order(root / "docs")
    ledgers = sorted((root / "docs").glob("*/*.md"))
    for page in [*guides, *ledgers, root / "MODEL_CARD.md"]:
        text = one_title(page.read_text(encoding="utf-8"))
        stage.write(page.relative_to(root).as_posix(), rewritten(text, linker(page, stage)))
    for name, text in reference_pages(root / "mcsan_lite").items():
        stage.write(name, text)
    stage.write("notebooks/index.md", course_index(lessons, translated))
    stage.write("docs/index.md", docs_index(root / "docs", guides, ledgers))
    course = [*lessons, *translated]
    stage.write("index.md", landing(stage, {"Course": course, "Docs": [*guides, *ledgers]}))
    for path in sorted((root / "site" / "static").glob("*")):
        stage.write(f"_static/{path.name}", path.read_bytes())
    stage.sweep()
    return stage


def landing(stage: Stage, chapters: dict[str, list[Path]]) -> str:
    """README.md as the first page, with the contents of the site that the side bar shows.

    Args:
        stage: where the files go that README.md links.
        chapters: the pages of the course and of the docs, in their order.
    """
    readme = stage.root / "README.md"
    text = rewritten(readme.read_text(encoding="utf-8"), linker(readme, stage))
    names = {
        caption: [path.relative_to(stage.root).with_suffix("").as_posix() for path in paths]
        for caption, paths in chapters.items()
    }
    contents = {
        "Course": ["notebooks/index", *names["Course"]],
        "Docs": ["docs/index", *names["Docs"], "MODEL_CARD"],
        "Reference": ["api/index"],
    }
    trees = [toctree(pages, caption) for caption, pages in contents.items()]
    return "\n\n".join([text, *trees]) + "\n"


def course_index(lessons: list[Path], translated: list[Path]) -> str:
    """The page that lists the lessons, in the order of their numbers.

    Args:
        lessons: those in English.
        translated: those in other languages.
    """
    rows = [f"- [{lesson_title(path)}]({path.name})" for path in lessons]
    others = [f"- [{lesson_title(path)}]({path.parent.name}/{path.name})" for path in translated]
    return "\n\n".join(
        [
            "# The course",
            "Each lesson is shown as it was executed: with its sounds, figures and results. A "
            "solution is folded away below its exercise. To run and change a lesson, download it, "
            "or use the links at its top.",
            "\n".join(rows),
            *(["In other languages:", "\n".join(others)] if others else []),
            "",
        ]
    )


def docs_index(folder: Path, guides: list[Path], ledgers: list[Path]) -> str:
    """The page that lists docs/ and the folders below it."""
    parts = ["# Docs", _list_of(guides, folder)]
    if ledgers:
        parts += ["## Ledgers", _list_of(ledgers, folder)]
    return "\n\n".join([*parts, ""])


def _list_of(pages: list[Path], folder: Path) -> str:
    rows = [f"- [{title_of(path)}]({path.relative_to(folder).as_posix()})" for path in pages]
    return "\n".join(rows)


def title_of(page: Path) -> str:
    """The first heading of a markdown page; its file name where it has none."""
    heading = re.search(r"^# +(.+?)\s*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1].rstrip(".") if heading else page.stem.replace("_", " ")


def in_order(docs: Path) -> list[Path]:
    """The pages of docs/: first those that README.md links, in its order, then by name."""
    readme = (docs.parent / "README.md").read_text(encoding="utf-8")
    linked = [docs.parent / target.split("#")[0] for target in targets_of(readme)]
    rank = {path: place for place, path in reversed(list(enumerate(linked)))}
    return sorted(docs.glob("*.md"), key=lambda path: (rank.get(path, len(linked)), path.name))


def toctree(pages: list[str], caption: str) -> str:
    """A chapter of the side bar, which also decides which page is next and which is previous."""
    return "\n".join(["```{toctree}", f":caption: {caption}", ":hidden:", "", *pages, "```"])


def linker(page: Path, stage: Stage) -> Callable[[str], str | None]:
    """How the links of one page are written on the site.

    A page or a module of the package leads to its page here. Another file is copied, and a link
    downloads it. A folder leads to the published project; where there is none, the link goes.

    Args:
        page: the file that holds the links.
        stage: where a linked file is copied to.
    """
    up = "../" * len(page.relative_to(stage.root).parent.parts)

    def linked(target: str) -> str | None:
        name, mark, anchor = target.partition("#")
        if not name or "://" in target or target.startswith("mailto:"):
            return target
        path = (page.parent / name).resolve()
        if not path.is_relative_to(stage.root.resolve()) or not path.exists():
            return target  # a dead link: Sphinx warns, and a test fails
        inside = path.relative_to(stage.root.resolve())
        module = module_name(inside) if inside.parts[:1] == ("mcsan_lite",) else None
        if module:
            return module  # Sphinx knows where the module is described
        place = place_of(inside)
        if place is None and path.is_dir():
            return stage.address.tree(inside.as_posix())
        if place is None:
            place = f"files/{inside.as_posix()}"
            stage.write(place, path.read_bytes())
            if path.suffix in (".md", ".ipynb"):  # MyST would look for a page of it
                return f"path:{up}{place}"
        return f"{up}{place}{mark}{anchor}"

    return linked


def place_of(inside: Path) -> str | None:
    """Where a file of the project has its page on the site, below the site's top; None: nowhere."""
    name = inside.as_posix()
    if name in ("README.md", "."):
        return "index.md"
    if name in ("notebooks", "docs"):
        return f"{name}/index.md"
    if name == "MODEL_CARD.md" or (inside.suffix == ".md" and inside.parts[0] == "docs"):
        return name
    if re.fullmatch(r"notebooks/(?:[a-z][a-z]/)?\d\w*\.ipynb", name):
        return name
    return None
