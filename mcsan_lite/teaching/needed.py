"""Which cells of a notebook an answer needs: all of them take minutes, those take seconds.

In: the sources of the cells, and the places of the answers. Out: the places of the cells that bind
a name which an answer uses, directly or by way of other cells. A cell that Python cannot parse is
kept, since it may hold anything.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# A statement of these kinds, at the top of a cell, binds its names whatever was there before.
_SURE = ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class StatementNames:
    """The names of one statement of a cell.

    Attributes:
        bound: those that it makes or changes.
        used: those that it reads, in its functions too.
        sure: those of `bound` that no longer depend on what was there before.
        imported: those of `bound` that are modules or come from them.
    """

    bound: frozenset[str]
    used: frozenset[str]
    sure: frozenset[str]
    imported: frozenset[str]


def cell_names(source: str) -> list[StatementNames] | None:
    """The names of each statement of a cell; None where Python cannot parse it."""
    try:
        return [_statement_names(statement) for statement in ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statement_names(statement: ast.stmt) -> StatementNames:
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    changed = _changed_parts(statement)
    bound = {symbol.get_name() for symbol in table.get_symbols() if _is_bound(symbol)}
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in table.get_children():
        used |= _from_outside(inner)
    sure = bound - used if isinstance(statement, _SURE) else set()
    is_import = isinstance(statement, ast.Import | ast.ImportFrom)
    return StatementNames(
        bound=frozenset(bound | changed),
        used=frozenset(used),
        sure=frozenset(sure - changed),
        imported=frozenset(bound if is_import else ()),
    )


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _from_outside(table: symtable.SymbolTable) -> set[str]:
    """The names that a function or class, or one inside it, takes from the notebook."""
    found = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    for inner in table.get_children():
        found |= _from_outside(inner)
    return found


def _changed_parts(statement: ast.stmt) -> set[str]:
    """Names whose things are changed: a[0] = 1, a.b = 1, and a call of its own, a.append(1)."""
    parts = [
        node
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
    ]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        parts.append(statement.value.func)
    return {name for part in parts for name in _base(part)}


def _base(node: ast.expr) -> set[str]:
    """The name that an expression such as a.b[c].d begins with; none for a plain name."""
    inner = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return {inner.id} if isinstance(inner, ast.Name) and inner is not node else set()


def needed_places(sources: Sequence[str | None], answers: Collection[int]) -> set[int]:
    """The places of the cells to run.

    Args:
        sources: of the cells; None for one that holds no code.
        answers: places of the cells that are looked at.

    Returns:
        Those, and every earlier cell that they depend on.
    """
    cells = [[] if source is None else cell_names(source) for source in sources]
    modules = {name for cell in cells for one in cell or () for name in one.imported}
    wanted: set[str] = set()
    places: set[int] = set()
    for place in range(max(answers, default=-1), -1, -1):
        cell = cells[place]
        if cell is None:
            places.add(place)
        elif place in answers or any(_gives(one, wanted, modules) for one in cell):
            places.add(place)
            for statement in reversed(cell):
                wanted -= statement.sure
                wanted |= statement.used
    return places


def _gives(statement: StatementNames, wanted: set[str], modules: set[str]) -> bool:
    """Whether a statement makes or changes what is wanted: torch.manual_seed(1) makes no torch."""
    given = statement.bound & wanted
    return bool(given - modules or given & (statement.imported | statement.sure))
