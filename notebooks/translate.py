"""Which cells of a translated lesson are behind the English ones?

    python notebooks/translate.py              names each cell that must be translated again
    python notebooks/translate.py --accept     notes that every cell says what the English one says

A translated lesson lies in notebooks/src/<language>/ and begins with the number of the English one.
It has the same cells in the same order. Each cell notes in its header which English text it
translates, as translates="1a2b3c4d": the first digits of a hash. Its code is the English code, but
for comments and for what a reader sees: strings, the module mcsan_lite.exercises.<language> in
place of mcsan_lite.exercises, and arguments called `language`.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from mcsan_lite.cache import write_atomic
from mcsan_lite.features.language.terminal import print_on_any_terminal

ROOT = Path(__file__).resolve().parents[1]
NOTED = "translates"  # in the header of a cell
_HEADER = re.compile(rf'^# %%(?P<rest>.*?)(?: {NOTED}="\w*")?$', re.MULTILINE)
_LANGUAGE = re.compile(r"\bmcsan_lite\.exercises\.[a-z][a-z]\b")


def translations(root: Path = ROOT) -> list[Path]:
    """The sources of all translated lessons."""
    return sorted((root / "notebooks" / "src").glob("[a-z][a-z]/[0-9][0-9]_*.py"))


def original(source: Path) -> Path:
    """The English source of a translated one: it has the same number.

    Raises:
        ValueError: where there is none.
    """
    found = sorted(source.parents[1].glob(f"{source.name[:2]}_*.py"))
    if len(found) != 1:
        raise ValueError(
            f"Given: {source.name}, and {len(found)} English lessons of its number. Expected: one. "
            "Do: begin the name with the number of the lesson that it translates."
        )
    return found[0]


def cells_of(source: Path) -> list[NotebookNode]:
    """The cells of a source, with the notes of their headers in their metadata."""
    return jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells


def text_hash(cell: NotebookNode) -> str:
    """What a translation notes of an English cell."""
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]


def code_of(source: str) -> tuple[str, tuple[str, ...]]:
    """A cell's code without what a reader sees of it.

    Args:
        source: of a cell of code, in any language.

    Returns:
        The code with every string blank, and the values in its f-strings: these are sorted, since
        another language may want them in another order.
    """
    tree, values = ast.parse(_LANGUAGE.sub("mcsan_lite.exercises", source)), []
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            values.append(ast.unparse(node.value))  # how digits are written may differ
        if isinstance(node, ast.Call):
            node.keywords = [one for one in node.keywords if one.arg != "language"]
    return ast.dump(_Blank().visit(tree)), tuple(sorted(values))


class _Blank(ast.NodeTransformer):
    """Strings of any text become one and the same."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
        return ast.Constant("")


def faults(source: Path) -> Iterator[str]:
    """What is wrong with a translated lesson: one line for each cell."""
    english, translated = cells_of(original(source)), cells_of(source)
    yield from _behind(source, english, translated)
    if len(english) == len(translated):
        yield from _other_code(source, english, translated)


def _behind(
    source: Path, english: list[NotebookNode], translated: list[NotebookNode]
) -> Iterator[str]:
    """Cells whose English text is another than the one that was translated."""
    wanted = [text_hash(cell) for cell in english]
    noted = [str(cell.metadata.get(NOTED, "")) for cell in translated]
    matcher = difflib.SequenceMatcher(None, wanted, noted, autojunk=False)
    for _, first, last, own_first, own_last in matcher.get_opcodes():
        if wanted[first:last] == noted[own_first:own_last]:
            continue
        for number in range(max(last - first, own_last - own_first)):
            theirs, ours = first + number, own_first + number
            if theirs >= last:
                yield f"{source.name}, cell {ours}: no English cell is left that it translates"
                continue
            opening = english[theirs].source.strip().splitlines()[0][:60]
            there = f"cell {ours} is behind" if ours < own_last else "a cell is missing"
            yield f"{source.name}, {there}: translate English cell {theirs}, {opening!r}"


def _other_code(
    source: Path, english: list[NotebookNode], translated: list[NotebookNode]
) -> Iterator[str]:
    for number, (theirs, ours) in enumerate(zip(english, translated, strict=True)):
        kinds = [(cell.cell_type, cell.metadata.get("tags", [])) for cell in (theirs, ours)]
        if kinds[0] != kinds[1]:
            yield f"{source.name}, cell {number}: its kind or its tags are not those in English"
        elif theirs.cell_type == "code" and code_of(theirs.source) != code_of(ours.source):
            yield f"{source.name}, cell {number}: its code is not the English code"


def accept(source: Path) -> int:
    """Note in each cell the English text of today.

    Args:
        source: of a translated lesson.

    Returns:
        How many cells noted another one before.

    Raises:
        ValueError: for a lesson with other cells, or with other code, than the English one.
    """
    english, translated = cells_of(original(source)), cells_of(source)
    if len(english) != len(translated):
        raise ValueError(
            f"Given: {source.name} with {len(translated)} cells. Expected: {len(english)}, as in "
            "English. Do: translate what is missing, remove what is gone; then accept again."
        )
    wrong = list(_other_code(source, english, translated))
    if wrong:
        raise ValueError(
            f"Given: {'; '.join(wrong)}. Expected: the same kinds, tags and code. Do: take them "
            "from the English cell, and translate its strings and comments alone."
        )
    wanted = [text_hash(cell) for cell in english]
    hashes = iter(wanted)
    text = _HEADER.sub(
        lambda header: f'# %%{header["rest"]} {NOTED}="{next(hashes)}"',
        source.read_text(encoding="utf-8"),
    )
    write_atomic(source, lambda part: part.write_text(text, encoding="utf-8"))
    noted = [cell.metadata.get(NOTED) for cell in translated]
    return sum(old != new for old, new in zip(noted, wanted, strict=True))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The exit status: 0 where every translation says what the English lesson says."""
    print_on_any_terminal()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="you have read the cells that were named, and they are right",
    )
    options = parser.parse_args(arguments)
    status = 0
    for source in translations(root):
        try:
            if options.accept:
                print(f"{source.name}: {accept(source)} cells accepted")
            found = list(faults(source))
        except ValueError as error:
            found = [str(error)]
        print("\n".join(found) or f"{source.name}: in step with {original(source).name}")
        status |= bool(found)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
