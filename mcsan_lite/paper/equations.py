"""Equation, function, test, lesson: read from docstrings, the names of tests and the headers of lessons, never typed."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from mcsan_lite.errors import DataError

_PACKAGE = Path(__file__).parents[1]
_SOURCES = ("models/layers.py", "models/mcsan.py", "training/loop.py")
_LAST_EQUATION = 20


@dataclass(frozen=True)
class Misprint:
    """A slip of the paper's and what we took as meant."""

    equations: tuple[int, ...]
    place: str
    printed: str
    meant: str
    here: str  # where the code does what is meant


MISPRINTS = (
    Misprint(
        (1,),
        "Eq. 1",
        "one name for the input and the result",
        "two: the result is a new sequence",
        "models.layers.ConvBlock.forward",
    ),
    Misprint(
        (4,),
        "Eq. 4",
        "the audio subscripts and length of Eq. 2, in the text encoder",
        "those of the text",
        "models.mcsan.MCSAN.encode",
    ),
    Misprint(
        (6, 7, 8),
        "Eq. 6 to 8",
        "W H, which fits column vectors",
        "H W: positions are rows, as the given shapes say",
        "nn.Linear in models.layers.MultiHead, with a bias",
    ),
    Misprint(
        (9,),
        "below Eq. 10",
        "the first of the two shapes in a set called H",
        "in the set of real numbers",
        "(B, L, D) in models.layers.MultiHead.forward",
    ),
    Misprint(
        (9, 10, 15),
        "Eq. 9, 10 and 15",
        "√d, though several heads are used",
        "√(d / heads), as in the attention that is cited",
        "full_scale=False; True takes it literally",
    ),
)


def mentioned_equations(text: str) -> set[int]:
    """Numbers of the equations that a text names, as "Eq. 9, 10 and 15", "Eq. 2 and 3 (audio), 4 and 5 (text)" or
    "Equations 1 to 19"."""
    found: set[int] = set()
    chain = r"(?:Eq\.|[Ee]quations?)\s+(\d+(?:(?:\s*\([a-z]+\))?(?:,\s*|\s+and\s+|\s+to\s+|–)\d+)*)"
    for numbers in re.findall(chain, text):
        for first, last in re.findall(r"(\d+)(?:(?:\s+to\s+|–)(\d+))?", numbers):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def equation_functions() -> dict[str, set[int]]:
    """What computes which equations, by the docstrings: "models.layers.attend" -> {9, 10, 15}."""
    found = {}
    for name in _SOURCES:
        module = name.removesuffix(".py").replace("/", ".")

        def walk(node: ast.AST, path: str) -> None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.ClassDef | ast.FunctionDef):
                    if numbers := mentioned_equations(ast.get_docstring(child) or ""):
                        found[f"{path}.{child.name}"] = numbers
                    walk(child, f"{path}.{child.name}")

        walk(ast.parse((_PACKAGE / name).read_text(encoding="utf-8")), module)
    return found


def equation_tests(file: Path) -> dict[str, set[int]]:
    """Tests of equations by their names: test_eq_02_05_bilstm_mean -> {2, 3, 4, 5}."""
    names = re.findall(
        r"^def (test_eq_(\d\d)(?:_(\d\d))?_\w+)\(", file.read_text(encoding="utf-8"), re.M
    )
    return {name: set(range(int(first), int(last or first) + 1)) for name, first, last in names}


def equation_lessons(folder: Path) -> dict[str, set[int]]:
    """What the headers of the lessons say under "Paper": "04" -> {1, ..., 5}."""
    found = {}
    for file in sorted(folder.glob("[0-9][0-9]_*.py")):
        header = re.split(
            r"^# %%(?! \[markdown\])", file.read_text(encoding="utf-8"), maxsplit=1, flags=re.M
        )[0]
        header = re.sub(r"\n# ?", " ", header)
        if part := re.search(r"\*\*Paper:?\*\*:?(.+?)(?:\*\*|$)", header, re.S):
            found[file.stem[:2]] = mentioned_equations(part[1])
    return found


def _nearest(where: dict[str, set[int]], number: int) -> list[str]:
    """Those of the fewest equations among what covers this one: a function for it rather than the whole network."""
    sizes = {name: len(numbers) for name, numbers in where.items() if number in numbers}
    return [name for name, size in sizes.items() if size == min(sizes.values())]


def equation_rows(root: Path = _PACKAGE.parent) -> list[dict]:
    """A line an equation of the paper: eq, function, test, notebook, misprint ("" where there is none).

    root: the checkout. Raises DataError where its tests or lessons are not at hand, as in an installed package, and for
    an equation that has no function, no test or no lesson.
    """
    needed = (root / "tests/paper/test_equations.py", root / "notebooks/src")
    for path in needed:
        if not path.exists():
            raise DataError(
                f"{root} without {path.relative_to(root)}",
                "a checkout: this ledger is read from its tests and "
                "lessons, which a package alone lacks",
                "clone the repository, and there: pip install -e .",
            )
    lines = []
    for number in range(1, _LAST_EQUATION + 1):
        line = {
            "eq": number,
            "function": _nearest(equation_functions(), number),
            "test": _nearest(equation_tests(needed[0]), number),
            "notebook": [
                name for name, numbers in equation_lessons(needed[1]).items() if number in numbers
            ],
        }
        for what, found in line.items():
            if not found:
                raise DataError(
                    f"equation {number} without a {what}",
                    "a function, a test and a lesson for each of the 20",
                    "name it in a docstring as Eq. n, a test as test_eq_nn_, a lesson's header under Paper.",
                )
        slips = [
            f"{m.place}: {m.printed}; meant: {m.meant} ({m.here})"
            for m in MISPRINTS
            if number in m.equations
        ]
        lines.append(
            {
                what: ", ".join(found) if isinstance(found, list) else found
                for what, found in line.items()
            }
            | {"misprint": "; ".join(slips)}
        )
    return lines
