"""Which function, test and lesson belong to each equation of the paper.

In: docstrings, the names of tests and the headers of lessons, which are read, never typed. Out: one
row per equation. Reading tests and lessons needs a checkout.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcsan_lite.errors import DataError

_PACKAGE = Path(__file__).parents[1]
_SOURCES = ("models/layers.py", "models/mcsan.py", "training/loop.py")
_TESTS = "tests/paper/test_equations.py"
_LESSONS = "notebooks/src"
_LAST_EQUATION = 20

# "Eq. 9, 10 and 15", "Eq. 2 and 3 (audio), 4 and 5 (text)", "Equations 1 to 19", "Eq. 6–8"
_MENTION = re.compile(
    r"(?:Eq\.|[Ee]quations?)\s+(\d+(?:(?:\s*\([a-z]+\))?(?:,\s*|\s+and\s+|\s+to\s+|–)\d+)*)"
)
_RANGE = re.compile(r"(\d+)(?:(?:\s+to\s+|–)(\d+))?")
_TEST_NAME = re.compile(r"^def (test_eq_(\d\d)(?:_(\d\d))?_\w+)\(", re.M)
_CODE_CELL = re.compile(r"^# %%(?! \[markdown\])", re.M)
_PAPER_PART = re.compile(r"\*\*Paper:?\*\*:?(.+?)(?:\*\*|$)", re.S)


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
        "√d, of a single head; several are used",
        "√(d / heads), as in the attention that is cited",
        "full_scale=False; True takes it literally",
    ),
)


@dataclass(frozen=True)
class EquationRow:
    """One equation of the paper, and where it is found here; names are joined by commas."""

    eq: int
    function: str
    test: str
    notebook: str
    misprint: str  # "" where there is none


def mentioned_equations(text: str) -> set[int]:
    """The numbers of the equations that a text names, such as "Eq. 9, 10 and 15"."""
    mentioned: set[int] = set()
    for numbers in _MENTION.findall(text):
        for first, last in _RANGE.findall(numbers):
            mentioned |= set(range(int(first), int(last or first) + 1))
    return mentioned


def equation_functions() -> dict[str, set[int]]:
    """What computes which equations, by the docstrings: "models.layers.attend" -> {9, 10, 15}."""
    covered = {}
    for source in _SOURCES:
        module = source.removesuffix(".py").replace("/", ".")
        tree = ast.parse((_PACKAGE / source).read_text(encoding="utf-8"))
        for name, docstring in _docstrings(tree, module):
            numbers = mentioned_equations(docstring)
            if numbers:
                covered[name] = numbers
    return covered


def _docstrings(node: ast.AST, path: str) -> Iterator[tuple[str, str]]:
    """The dotted name and the docstring of every class and function within a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            name = f"{path}.{child.name}"
            yield name, ast.get_docstring(child) or ""
            yield from _docstrings(child, name)


def equation_tests(file: Path) -> dict[str, set[int]]:
    """The tests of equations by their names: test_eq_02_05_bilstm_mean -> {2, 3, 4, 5}."""
    names = _TEST_NAME.findall(file.read_text(encoding="utf-8"))
    return {name: set(range(int(first), int(last or first) + 1)) for name, first, last in names}


def equation_lessons(folder: Path) -> dict[str, set[int]]:
    """What the headers of the lessons say under "Paper": "04" -> {1, ..., 5}."""
    covered = {}
    for file in sorted(folder.glob("[0-9][0-9]_*.py")):
        header = _CODE_CELL.split(file.read_text(encoding="utf-8"), maxsplit=1)[0]
        header_text = re.sub(r"\n# ?", " ", header)
        part = _PAPER_PART.search(header_text)
        if part is not None:
            covered[file.stem[:2]] = mentioned_equations(part[1])
    return covered


def _nearest(covered: dict[str, set[int]], number: int) -> list[str]:
    """What covers an equation and the fewest others: its function rather than the whole network."""
    sizes = {name: len(numbers) for name, numbers in covered.items() if number in numbers}
    return [name for name, size in sizes.items() if size == min(sizes.values())]


def equation_rows(root: Path = _PACKAGE.parent) -> list[EquationRow]:
    """One row per equation of the paper.

    Args:
        root: the checkout.

    Raises:
        DataError: where its tests or lessons are not at hand, as in an installed package, and for
            an equation that has no function, no test or no lesson.
    """
    for path in (_TESTS, _LESSONS):
        if not (root / path).exists():
            raise DataError(
                f"{root} without {path}",
                "a checkout: this ledger is read from its tests and lessons, which a package "
                "alone lacks",
                "clone the repository, and there: pip install -e .",
            )
    functions = equation_functions()
    tests = equation_tests(root / _TESTS)
    lessons = equation_lessons(root / _LESSONS)
    rows = []
    for number in range(1, _LAST_EQUATION + 1):
        covering_lessons = [name for name, numbers in lessons.items() if number in numbers]
        row = EquationRow(
            number,
            function=", ".join(_nearest(functions, number)),
            test=", ".join(_nearest(tests, number)),
            notebook=", ".join(covering_lessons),
            misprint="; ".join(_misprints_of(number)),
        )
        _require_complete(row)
        rows.append(row)
    return rows


def _misprints_of(number: int) -> list[str]:
    return [
        f"{slip.place}: {slip.printed}; meant: {slip.meant} ({slip.here})"
        for slip in MISPRINTS
        if number in slip.equations
    ]


def _require_complete(row: EquationRow) -> None:
    for place in ("function", "test", "notebook"):
        if not getattr(row, place):
            raise DataError(
                f"equation {row.eq} without a {place}",
                "a function, a test and a lesson for each of the 20",
                "name it in a docstring as Eq. n, in a test as test_eq_nn_, in a lesson's header "
                "under Paper.",
            )
