"""Measures the house: how its files lie, how its imports run, how calm its lines are.

    python benchmarks/house.py            prints the table, before and now
    python benchmarks/house.py --write    writes it into docs/architecture.md too

A *room* is a folder of the package, or a file at its root. An *arrow* is a pair of rooms of which
one imports the other. A *floor* is how many arrows lie below a room. "Before" was measured by this
file on the commit before the house was rebuilt; those numbers are kept in house_before.json.
"""

from __future__ import annotations

import ast
import io
import json
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components

from mcsan_lite.tables.shared import between_marks

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "mcsan_lite"
PAGE = HERE.parent / "docs" / "architecture.md"
BEFORE = HERE / "house_before.json"
START, END = "<!-- house: made by benchmarks/house.py -->", "<!-- /house -->"
SPINE = (
    "corpus",
    "features.extraction",
    "features.batch",
    "models.layers",
    "models.mcsan",
    "training.loop",
    "training.runner",
    "evaluation.metrics",
    "explain.maps",
)
ROWS = {
    "root_files": "files at the root of the package",
    "rooms": "rooms (folders, and files at the root)",
    "arrows": "arrows between rooms",
    "floors": "floors",
    "long_lines": "lines over 100 columns",
    "tokens": "tokens per code line",
    "long_functions": "functions over 50 lines, docstrings not counted",
    "wide_functions": "functions with more than 6 parameters",
    "documented": "public functions and classes with a docstring",
    "with_args": "public functions of two or more arguments that describe them (Args:)",
    "spine_lines": "lines of the nine-file spine",
}


def files_of(package: Path) -> list[Path]:
    """Every source file of the package."""
    return sorted(package.rglob("*.py"))


def module_of(path: Path, package: Path) -> str:
    """features/audio.py -> "features.audio", models/__init__.py -> "models", __init__.py -> ""."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(tree: ast.AST, module: str, modules: set[str], name: str) -> set[str]:
    """Modules of the package `name` that a file imports, at its top or within a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found |= {n.partition(".")[2] for n in names if n.split(".")[0] == name}
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                source = ".".join(
                    [name, *module.split(".")[: -node.level], *filter(None, [source])]
                )
            if source.split(".")[0] == name:
                base = source.partition(".")[2]
                inner = {f"{base}.{alias.name}".strip(".") for alias in node.names}
                found |= (inner & modules) or {base}
    return found - {module}


def room_of(module: str, folders: set[str]) -> str:
    """The room that a module lies in: its innermost folder, or itself at the root."""
    if module in folders:
        return module
    folder = module.rpartition(".")[0]
    return folder if folder in folders else module


def imports(package: Path) -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports."""
    trees = {
        module_of(path, package): ast.parse(path.read_text(encoding="utf-8"))
        for path in files_of(package)
    }
    modules = set(trees)
    return {
        module: imported_modules(tree, module, modules, package.name)
        for module, tree in trees.items()
    }


def arrows(package: Path) -> set[tuple[str, str]]:
    """Pairs (room, room that it imports)."""
    folders = {
        ".".join(path.parent.relative_to(package).parts)
        for path in files_of(package)
        if path.parent != package
    }
    pairs = set()
    for module, found in imports(package).items():
        for other in found:
            pair = room_of(module, folders), room_of(other, folders)
            if pair[0] != pair[1] and "" not in pair:
                pairs.add(pair)
    return pairs


def rooms(package: Path) -> set[str]:
    """Folders with source files, and files at the root except `__init__` and `__main__`."""
    names = set()
    for path in files_of(package):
        folder = path.parent.relative_to(package).parts
        if folder:
            names.add(".".join(folder))
        elif path.stem not in ("__init__", "__main__"):
            names.add(path.stem)
    return names


def floors(pairs: set[tuple[str, str]]) -> int:
    """The longest chain of arrows, counted in rooms. A circle of rooms counts as one."""
    names = sorted({room for pair in pairs for room in pair})
    place = {name: index for index, name in enumerate(names)}
    arrows = np.zeros((len(names), len(names)), dtype=int)
    for upper, lower in pairs:
        arrows[place[upper], place[lower]] = 1
    circle_of = connected_components(arrows, connection="strong")[1]
    below: dict[int, set[int]] = {}
    for upper, lower in pairs:
        high, low = circle_of[place[upper]], circle_of[place[lower]]
        if high != low:
            below.setdefault(high, set()).add(low)

    @cache
    def height(circle: int) -> int:
        return 1 + max(map(height, below.get(circle, ())), default=0)

    return max(map(height, set(circle_of)))


def code_tokens(text: str) -> tuple[int, int]:
    """(names, operators, numbers and strings of a source; lines that hold one).

    An f-string counts as one string, whatever is in it. Python 3.11 reads it so; later ones give
    its parts.
    """
    starts, ends = getattr(tokenize, "FSTRING_START", None), getattr(tokenize, "FSTRING_END", None)
    kinds = (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING, starts)
    count, lines, within = 0, set(), 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if not within and token.type in kinds:
            count += 1
            lines.add(token.start[0])
        within += (token.type == starts) - (token.type == ends)
    return count, len(lines)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Every function and method of a file."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def parameters(function: ast.FunctionDef) -> int:
    """How many arguments a function takes, `self` and `cls` left out."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star]
    bound = bool(arguments.args) and arguments.args[0].arg in ("self", "cls")
    return len(named) + len(stars) - bound


def code_lines(function: ast.FunctionDef) -> int:
    """Lines of a function without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function):
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def public_definitions(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Functions and classes at the top of a file whose name does not begin with an underscore."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node for node in tree.body if isinstance(node, kinds) and node.name[0] != "_"]


def share(good: int, total: int) -> str:
    """ "12 of 13"."""
    return f"{good} of {total}"


def measure(package: Path = PACKAGE) -> dict[str, object]:
    """The numbers of ROWS for a package."""
    texts = {path: path.read_text(encoding="utf-8") for path in files_of(package)}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    counted = [code_tokens(text) for text in texts.values()]
    every = [function for tree in trees.values() for function in functions(tree)]
    public = [node for tree in trees.values() for node in public_definitions(tree)]
    taking = [n for n in public if isinstance(n, ast.FunctionDef) and parameters(n) >= 2]
    described = [n for n in taking if "Args:" in (ast.get_docstring(n) or "")]
    pairs = arrows(package)
    spine = [package / f"{name.replace('.', '/')}.py" for name in SPINE]
    return {
        "root_files": sum(path.parent == package for path in texts),
        "rooms": len(rooms(package)),
        "arrows": len(pairs),
        "floors": floors(pairs),
        "long_lines": sum(len(line) > 100 for t in texts.values() for line in t.splitlines()),
        "tokens": round(sum(c[0] for c in counted) / sum(c[1] for c in counted), 1),
        "long_functions": sum(code_lines(function) > 50 for function in every),
        "wide_functions": sum(parameters(function) > 6 for function in every),
        "documented": share(sum(bool(ast.get_docstring(n)) for n in public), len(public)),
        "with_args": share(len(described), len(taking)),
        "spine_lines": sum(
            len(p.read_text(encoding="utf-8").splitlines()) for p in spine if p.is_file()
        ),
    }


def table(now: dict[str, object]) -> str:
    """A markdown table of the kept numbers and those of `now`."""
    before = json.loads(BEFORE.read_text(encoding="utf-8"))
    rows = [f"| {text} | {before[name]} | {now[name]} |" for name, text in ROWS.items()]
    return "\n".join(["| | before | now |", "|---|---|---|", *rows])


def render(text: str, now: dict[str, object]) -> str:
    """The page with the table between its marks."""
    return between_marks(text, START, END, table(now))


if __name__ == "__main__":
    found = measure()
    print(table(found))
    if "--write" in sys.argv:
        PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
