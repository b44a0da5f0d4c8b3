"""Has the code changed? One answer for runs, floors, readings and notebooks.

In: functions, classes or the source of a notebook, called *roots*. Out: ten hex digits over the
syntax trees of everything that the roots reach: their own code, the functions, classes and
constants of this package that they name, and what those name in turn.

The digits change when code changes that can change a number. They do not change with comments,
docstrings, formatting, annotations, the text of an error, the order of definitions, imports, or the
file in which something lies: every name is replaced by the definition that it leads to. Other
packages count by name alone; their versions are in the manifest.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
import types
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from mcsan_lite.training.code.syntax import (
    PACKAGE,
    Code,
    Definition,
    Import,
    Module,
    Reader,
    tree_text,
)


def code_key(*roots: object, package: Path | None = None) -> str:
    """Ten hex digits over all code that `roots` reach.

    Args:
        roots: functions or classes, also of a notebook; or "module:name" for one of this package.
        package: the folder of mcsan_lite that is meant; by default the one that is imported.
    """
    code, loose = Code(package), []
    for root in roots:
        loose += _root(root, code)
    return _digest([*loose, *code.texts()])


def source_key(source: str, package: Path | None = None) -> str:
    """Ten hex digits over all code of this package that the source of a script or notebook reaches,
    and its own.
    """
    code = Code(package)
    code.notebook = Module("__notebook__", source)
    for name in code.notebook.definitions:
        code.follow(Definition("__notebook__", name))
    return _digest(code.texts())


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()[:10]


def _root(root: object, code: Code) -> list[str]:
    """Has `root` followed by `code`; returns the text of what stands in no file of ours: the cells
    of a notebook.
    """
    if isinstance(root, str):
        module, _, name = root.partition(":")
        return _followed(Import(module, name), code)
    if isinstance(root, partial):
        fixed = constant_text([root.args, root.keywords])
        return [fixed or "", *_root(root.func, code)]
    nameless = "<" in root.__qualname__  # a lambda, or what was made within a function
    if root.__module__ == "__main__" or nameless:
        return list(_cells(root, code, set()))
    if root.__module__.partition(".")[0] != PACKAGE:
        code.folders.add(Path(inspect.getfile(root)).parent)
    return _followed(Import(root.__module__, root.__qualname__.partition(".")[0]), code)


def _followed(target: Import, code: Code) -> list[str]:
    """Raises LookupError for a name of this package that is not there: without its code, a key
    would say nothing.
    """
    found = code.resolve(target)
    if isinstance(found, Definition):
        code.follow(found)
        return []
    if target.module.partition(".")[0] == PACKAGE:
        raise LookupError(
            f"Given: {target}, which no file of {PACKAGE} defines. Expected: a function, class or "
            "constant at the top of a module. Do: name one."
        )
    return [str(target)]


def _cells(item: object, code: Code, seen: set[int]) -> Iterator[str]:
    """The code of a notebook's class or function, its plain constants, and what they use of the
    same notebook.
    """
    if id(item) in seen:
        return
    seen.add(id(item))
    if isinstance(item, type):
        yield from _class_cells(item, code, seen)
    elif inspect.isfunction(item):
        yield from _function_cells(item, code, seen)


def _class_cells(item: type, code: Code, seen: set[int]) -> Iterator[str]:
    for base in item.__bases__:
        if base.__module__ == item.__module__:
            yield from _cells(base, code, seen)
        elif base is not object:
            yield from _root(base, code)
    for name, value in vars(item).items():
        if not name.startswith("__") and (text := constant_text(value)) is not None:
            yield f"{name} = {text}"
        if isinstance(value, type) and value.__module__.partition(".")[0] == PACKAGE:
            yield from _root(value, code)
        members = (
            (value.fget, value.fset) if isinstance(value, property) else (inspect.unwrap(value),)
        )
        for member in members:
            function = getattr(member, "__func__", member)  # also of a static or class method
            if inspect.isfunction(function):
                yield from _cells(function, code, seen)


def _function_cells(item: types.FunctionType, code: Code, seen: set[int]) -> Iterator[str]:
    """A function's own code, with what it names: of the notebook as further cells, of this package
    as definitions.
    """
    imports, later = {}, []
    for name in sorted(_global_names(item.__code__)):
        value = item.__globals__.get(name)
        home = getattr(value, "__module__", None)
        if inspect.ismodule(value):
            imports[name] = Import(value.__name__)
        elif home in (item.__module__, "__main__") and (
            inspect.isfunction(value) or isinstance(value, type)
        ):
            later.append(value)
        elif home and hasattr(value, "__qualname__"):
            imports[name] = Import(home, value.__qualname__)
        elif (
            name in item.__globals__
            and not name.startswith("__")
            and (text := constant_text(value)) is not None
        ):
            yield f"{name} = {text}"
    cell = Module("__cell__", "")
    cell.imports = imports
    tree = ast.parse(textwrap.dedent(inspect.getsource(item))).body[0]
    yield tree_text(Reader(code, cell).visit(tree))
    for value in later:
        yield from _cells(value, code, seen)


def _global_names(code: types.CodeType) -> set[str]:
    """Every global name that a function reads, its inner functions included."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_global_names, inner))


def constant_text(value: object) -> str | None:
    """A plain value, or a container of such, as text; None for what is no constant."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, dict):
        items, kind = [*value.items()], "dict"
    elif isinstance(value, tuple | list | set | frozenset):
        items, kind = list(value), type(value).__name__
    else:
        return None
    texts = [constant_text(item) for item in items]
    if None in texts:
        return None
    return f"{kind}({', '.join(sorted(texts) if kind.endswith('set') else texts)})"
