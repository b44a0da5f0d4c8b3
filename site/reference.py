"""The pages of the API reference, one per folder of the package, from the docstrings.

In: the package's folder. Out: page sources that ask Sphinx's autodoc for each module. The checks of
the exercises are left out: they would give solutions away.
"""

from __future__ import annotations

import ast
from pathlib import Path

LEFT_OUT = ("exercises",)


def rooms_of(package: Path) -> dict[str, dict[str, str]]:
    """The folders of a package, each with its modules.

    Args:
        package: its folder.

    Returns:
        {dotted name of a folder: {dotted name of a module: first line of its docstring}}, in
        alphabetical order; a folder's own docstring is the first of its modules.
    """
    rooms: dict[str, dict[str, str]] = {}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] in LEFT_OUT:
            continue
        room = ".".join([package.name, *inside.parent.parts])
        name = room if path.stem == "__init__" else f"{room}.{path.stem}"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        rooms.setdefault(room, {})[name] = (ast.get_docstring(tree) or "").split("\n")[0]
    return {room: dict(sorted(rooms[room].items())) for room in sorted(rooms)}


def module_name(inside: Path) -> str | None:
    """The dotted name of a module that the reference describes; None for another file.

    Args:
        inside: its path below the project, such as mcsan_lite/models/layers.py.
    """
    if inside.suffix != ".py" or set(LEFT_OUT) & set(inside.parts):
        return None
    return ".".join(inside.with_suffix("").parts).removesuffix(".__init__")


def reference_pages(package: Path) -> dict[str, str]:
    """The page of each folder, and their index.

    Returns:
        {place below the site's top: source}.
    """
    rooms = rooms_of(package)
    pages = {f"api/{_stem(room)}.rst": _page(room, modules) for room, modules in rooms.items()}
    pages["api/index.md"] = _index(rooms)
    return pages


def _stem(room: str) -> str:
    """A page's name, which cannot be taken for that of a module."""
    inner = room.partition(".")[2]
    return inner.replace(".", "-") or "top"


def _page(room: str, modules: dict[str, str]) -> str:
    parts = [_heading(room, "=")]
    for name in modules:
        if name == room:  # what a folder offers is described where it is defined
            parts.append(f".. automodule:: {name}\n")
        else:
            parts.append(f"{_heading(name, '-')}\n\n.. automodule:: {name}\n   :members:\n")
    return "\n\n".join(parts)


def _heading(name: str, line: str) -> str:
    words = name.replace("_", r"\_")
    return f"{words}\n{line * len(words)}"


def _index(rooms: dict[str, dict[str, str]]) -> str:
    rows = [
        f"| [`{name}`]({name}) | {says} |"
        for modules in rooms.values()
        for name, says in modules.items()
    ]
    parts = [
        "# Reference",
        "Every module of the package, with its public functions and classes. `[source]` beside a "
        "name leads to its code.",
        "\n".join(["| module | what it is |", "|---|---|", *rows]),
        "\n".join(["```{toctree}", ":hidden:", ":maxdepth: 1", "", *map(_stem, rooms), "```"]),
    ]
    return "\n\n".join(parts) + "\n"
