"""Source code as definitions that lead to one another, for `code_key`.

In: the files of this package. Out: for every definition a text in which each name is replaced by
what it leads to, so that nothing but the meaning is left.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path

PACKAGE = "mcsan_lite"
LOCAL = object()  # a name that a function binds itself
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Modules that never decide a number, but where it is made and what is said of it, count by name.
WITHOUT_NUMBERS = (
    *("errors", "run_folder", "key", "syntax", "precision"),
    *("jobs", "threads", "progress"),  # of parallel/
)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Import:
    """What an import binds a name to: a module, or the attribute of a module."""

    module: str
    attribute: str = ""

    def __str__(self) -> str:
        return f"{self.module}.{self.attribute}".strip(".")


@dataclass(frozen=True)
class Definition:
    """A name at the top of a module; the name "" stands for statements that bind nothing."""

    module: str
    name: str


class Module:
    """The top level of one source file: what each name is defined by, and what it imports."""

    def __init__(self, name: str, source: str, is_package: bool = False) -> None:
        self.name, self.is_package = name, is_package
        self.imports: dict[str, Import] = {}
        self.definitions: dict[str, list[ast.stmt]] = {}
        for statement in ast.parse(source).body:
            self._add(statement)

    def _add(self, statement: ast.stmt) -> None:
        found = imports_of(statement, self)
        self.imports |= found
        bound = _bound_at_the_top(statement)
        if isinstance(statement, ast.Expr):  # figures.show(…) changes nothing of `figures`
            modules = {name for name, one in self.imports.items() if not one.attribute}
            bound = [name for name in bound if name not in modules]
        # An import alone defines nothing here; a try that imports one way or defines another does.
        if (bound or not found) and not _is_docstring(statement):
            for name in bound or [""]:
                self.definitions.setdefault(name, []).append(statement)


def imports_of(node: ast.AST, module: Module) -> dict[str, Import]:
    """The names that import statements anywhere in `node` bind, functions within it excluded."""
    found: dict[str, Import] = {}
    for part in _scope(node):
        if isinstance(part, ast.Import):
            for alias in part.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = Import(alias.name if alias.asname else top)
        elif isinstance(part, ast.ImportFrom):
            source = _absolute(part, module)
            found |= {
                alias.asname or alias.name: Import(source, alias.name) for alias in part.names
            }
    return found


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    """The module that `from … import` takes from, a relative one made absolute."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    up = node.level - module.is_package
    return ".".join([*parts[: len(parts) - up], *filter(None, [node.module])])


def _scope(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and what lies in the same scope: not the inside of functions, classes and
    comprehensions.
    """
    yield node
    if isinstance(node, COMPREHENSIONS):  # binds nothing outside but with :=
        yield from (part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
    elif not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            yield from _scope(child)


def _bound_at_the_top(statement: ast.stmt) -> list[str]:
    """The names that a statement at the top of a module defines or changes."""
    names = []
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    for part in _scope(statement):
        if isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            names.append(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.append(part.id)
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            names += [_first_name(part)]  # TABLE["row"] = … changes TABLE
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        names.append(_first_name(statement.value.func))  # TABLE.update(…) changes TABLE
    return [name for name in dict.fromkeys(names) if name]


def _first_name(node: ast.AST) -> str:
    """TABLE of TABLE["row"].field; "" of anything that does not begin with a name."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _own_names(function: ast.AST) -> dict[str, object]:
    """The names that a function, lambda or comprehension binds itself."""
    if isinstance(function, COMPREHENSIONS):
        targets = (generator.target for generator in function.generators)
        return {
            part.id: LOCAL
            for target in targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name)
        }
    arguments = function.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    names: dict[str, object] = {argument.arg: LOCAL for argument in every if argument}
    body = function.body if isinstance(function.body, list) else [function.body]
    outer: set[str] = set()
    for part in (part for statement in body for part in _scope(statement)):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names[part.id] = LOCAL
        elif isinstance(part, (*FUNCTIONS, ast.ClassDef, ast.ExceptHandler)):
            names[part.name] = LOCAL  # of an `except` without a name: None, which no code asks for
        elif isinstance(part, ast.Global):
            outer |= set(part.names)
    return {name: value for name, value in names.items() if name not in outer}


class Code:
    """Reads modules and follows names from one definition to the next.

    `package` is the folder of mcsan_lite whose code is meant; another one than the imported one may
    be named.
    """

    def __init__(self, package: Path | None = None) -> None:
        self.package = package or Path(__file__).parents[2]
        self.folders: set[Path] = set()  # of users' own model files, whose neighbours count too
        self.notebook: Module | None = None
        self.order: dict[Definition, int] = {}

    def module(self, name: str) -> Module | None:
        """The parsed module, or None for one that is not ours to read."""
        if self.notebook and name == self.notebook.name:
            return self.notebook
        path = self._file(name)
        if path is None:
            return None
        return _parsed(name, path.read_text(encoding="utf-8"), path.stem == "__init__")

    def _file(self, name: str) -> Path | None:
        top, *rest = name.split(".")
        if top == PACKAGE:
            bare = self.package.joinpath(*rest)
            # The stub has the public names, which __init__.py loads when they are asked for.
            candidates = [bare / "__init__.pyi", bare / "__init__.py"]
            if rest:
                candidates.insert(0, bare.with_suffix(".py"))
        else:
            candidates = [folder / f"{name}.py" for folder in sorted(self.folders)]
        return next((path for path in candidates if path.is_file()), None)

    def resolve(self, target: Import) -> Definition | Import | None:
        """The definition that an import leads to, through any number of modules that pass it on; an
        Import for what is not ours, or for a module of ours as a whole.
        """
        seen = set()
        while target not in seen:
            seen.add(target)
            module = self.module(target.module)
            if module is None or not target.attribute:
                return target
            if target.attribute in module.definitions:
                return Definition(module.name, target.attribute)
            if target.attribute in module.imports:
                target = module.imports[target.attribute]
            elif self.module(str(target)) is not None:
                target = Import(str(target))
            else:
                return target
        return target

    def follow(self, definition: Definition) -> str:
        """The placeholder of a definition, which is read in its turn."""
        if definition.module.rpartition(".")[2] in WITHOUT_NUMBERS:
            return f"import {definition.name}"
        return f"→{self.order.setdefault(definition, len(self.order))}"

    def texts(self) -> list[str]:
        """The code of every definition that has been asked for and of all that it leads to, in a
        fixed order.
        """
        texts: list[str] = []
        while len(texts) < len(self.order):
            definition = list(self.order)[len(texts)]
            module = self.module(definition.module)
            self._effects(module)
            statements = module.definitions.get(definition.name, [])
            texts.append(
                "\n".join(
                    tree_text(Reader(self, module).visit(copy.deepcopy(s))) for s in statements
                )
            )
        return texts

    def _effects(self, module: Module) -> None:
        """Statements at the top that bind nothing run whenever the module is imported."""
        if "" in module.definitions:
            self.follow(Definition(module.name, ""))


@lru_cache(maxsize=256)
def _parsed(name: str, source: str, is_package: bool) -> Module:
    return Module(name, source, is_package)


class Reader(ast.NodeTransformer):
    """Rewrites one definition so that nothing but its meaning is left."""

    def __init__(
        self, code: Code, module: Module, scopes: list[dict[str, object]] | None = None
    ) -> None:
        self.code, self.module = code, module
        self.scopes: list[dict[str, object]] = scopes or []

    def _meaning(self, name: str) -> Definition | Import | object | None:
        """What a name stands for here: LOCAL, an Import, a Definition, or None for a builtin."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if name in self.module.definitions:
            return Definition(self.module.name, name)
        return self.module.imports.get(name)

    def _placeholder(self, path: list[str]) -> tuple[str, list[str]]:
        """(the placeholder for the first names of a dotted path, the names that are left)."""
        meaning, rest = self._meaning(path[0]), path[1:]
        if isinstance(meaning, Import):
            meaning = self.code.resolve(meaning)
            while isinstance(meaning, Import) and rest:
                further = self.code.resolve(Import(str(meaning), rest[0]))
                meaning, rest = further, rest[1:]
        if isinstance(meaning, Definition):
            return self.code.follow(meaning), rest
        return (path[0] if meaning in (None, LOCAL) else f"import {meaning}"), rest

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name, _ = self._placeholder([node.id])
        return ast.Name(name, node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            path.insert(0, inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return self.generic_visit(node)
        name, rest = self._placeholder([inner.id, *path])
        return reduce(
            lambda value, attribute: ast.Attribute(value, attribute, ast.Load()),
            rest,
            ast.Name(name, ast.Load()),
        )

    def _in_scope(self, names: dict[str, object], node: ast.AST) -> ast.AST:
        self.scopes.append(names)
        try:
            return self.generic_visit(node)
        finally:
            self.scopes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [s for s in node.body if not _is_docstring(s)] or [ast.Pass()]
        names = _own_names(node)
        for statement in node.body:
            names |= imports_of(statement, self.module)
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.args.kw_defaults = [
            default and self.visit(default) for default in node.args.kw_defaults
        ]
        node.returns, node.type_comment = None, None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = argument.type_comment = None
        self.scopes.append(names)
        node.body = self._statements(node.body)
        self.scopes.pop()
        if not self.scopes:
            node.name = "→"
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def _statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        visited = (self.visit(statement) for statement in body)
        return [statement for statement in visited if statement is not None] or [ast.Pass()]

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._in_scope(_own_names(node), node)

    def _comprehension(self, node: ast.AST) -> ast.AST:
        return self._in_scope(_own_names(node), node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.bases = [self.visit(base) for base in node.bases]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        at_top = not self.scopes
        self.scopes.append({})
        fields = [s for s in node.body if not _is_docstring(s)]
        node.body = [
            self._field(s) if isinstance(s, ast.AnnAssign) else self.visit(s) for s in fields
        ] or [ast.Pass()]
        self.scopes.pop()
        if at_top:
            node.name = "→"
        return node

    def _field(self, node: ast.AnnAssign) -> ast.AST:
        """A field of a dataclass: its name, its default, and the text of its annotation."""
        node.annotation = ast.Constant(ast.unparse(node.annotation))
        node.value = node.value and self.visit(node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value))

    def visit_Import(self, node: ast.AST) -> None:
        return None

    visit_ImportFrom = visit_Import

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """That an error is raised counts, and of which type; its words do not."""
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        name = ast.unparse(error).rpartition(".")[2] if error else ""
        return ast.Raise(ast.Constant(name), None)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Assert(self.visit(node.test), None)


def tree_text(node: ast.AST | None) -> str:
    """A tree as text, alike on every Python that we support."""
    if node is None:
        return ""
    full = {"show_empty": True} if sys.version_info >= (3, 13) else {}  # as Python 3.11 writes it
    return ast.dump(node, **full).replace(", type_params=[]", "")
