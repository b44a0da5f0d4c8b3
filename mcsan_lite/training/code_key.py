"""Has the code changed? One answer for runs, floors, readings and notebooks.

In: functions, classes or the source of a notebook, called *roots*. Out: ten hex digits over the syntax trees of everything
that the roots reach: their own code, the functions, classes and constants of this package that they name, and what those
name in turn.

The digits change when code changes that can change a number. They do not change with comments, docstrings, formatting,
annotations, the text of an error, the order of definitions, imports, or the file in which something lies: every name
is replaced by the definition that it leads to. Other packages count by name alone; their versions are in the manifest.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import inspect
import sys
import textwrap
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial, reduce
from pathlib import Path

PACKAGE = "mcsan_lite"
LOCAL = object()  # a name that a function binds itself
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Modules that decide where something is computed and what is said of it, but never a number: they count by name alone.
WITHOUT_NUMBERS = ("errors", "parallel", "provenance", "code_key")
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
        if not found and not _is_docstring(statement):
            for name in bound or [""]:
                self.definitions.setdefault(name, []).append(statement)
        elif found and bound:  # a try or an if that imports one way or defines another
            for name in bound:
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
    """`node` and what lies in the same scope: not the inside of functions, classes and comprehensions."""
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
        elif isinstance(part, (*FUNCTIONS, ast.ClassDef)):
            names[part.name] = LOCAL
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names[part.name] = LOCAL
        elif isinstance(part, ast.Global):
            outer |= set(part.names)
    return {name: value for name, value in names.items() if name not in outer}


class Code:
    """Reads modules and follows names from one definition to the next.

    `package` is the folder of mcsan_lite whose code is meant; another one than the imported one may be named.
    """

    def __init__(self, package: Path | None = None) -> None:
        self.package = package or Path(__file__).parents[1]
        self.folders: set[Path] = set()  # of users' own model files, whose neighbours count too
        self.notebook: Module | None = None
        self.order: dict[Definition, int] = {}

    def module(self, name: str) -> Module | None:
        """The parsed module, or None for one that is not ours to read."""
        if self.notebook and name == self.notebook.name:
            return self.notebook
        path = self._file(name)
        return (
            None
            if path is None
            else _parsed(name, path.read_text(encoding="utf-8"), path.stem == "__init__")
        )

    def _file(self, name: str) -> Path | None:
        top, *rest = name.split(".")
        if top == PACKAGE:
            bare = self.package.joinpath(*rest)
            stub = (
                bare / "__init__.pyi"
            )  # the public names, which __init__.py loads when they are asked for
            candidates = (
                (bare.with_suffix(".py"), stub, bare / "__init__.py")
                if rest
                else (stub, bare / "__init__.py")
            )
        else:
            candidates = tuple(folder / f"{name}.py" for folder in sorted(self.folders))
        return next((path for path in candidates if path.is_file()), None)

    def resolve(self, target: Import) -> Definition | Import | None:
        """The definition that an import leads to, through any number of modules that pass it on; an Import for what is
        not ours, or for a module of ours as a whole."""
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
        """The code of every definition that has been asked for and of all that it leads to, in a fixed order."""
        texts: list[str] = []
        while len(texts) < len(self.order):
            definition = list(self.order)[len(texts)]
            module = self.module(definition.module)
            self._effects(module)
            statements = module.definitions.get(definition.name, [])
            texts.append(
                "\n".join(_dump(Reader(self, module).visit(copy.deepcopy(s))) for s in statements)
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


def _dump(node: ast.AST | None) -> str:
    """A tree as text, alike on every Python that we support."""
    if node is None:
        return ""
    full = {"show_empty": True} if sys.version_info >= (3, 13) else {}  # as Python 3.11 writes it
    return ast.dump(node, **full).replace(", type_params=[]", "")


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
    """Ten hex digits over all code of this package that the source of a script or notebook reaches, and its own."""
    code = Code(package)
    code.notebook = Module("__notebook__", source)
    for name in code.notebook.definitions:
        code.follow(Definition("__notebook__", name))
    return _digest(code.texts())


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()[:10]


def _root(root: object, code: Code) -> list[str]:
    """Has `root` followed by `code`; returns the text of what stands in no file of ours: the cells of a notebook."""
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
    """Raises LookupError for a name of this package that is not there: without its code, a key would say nothing."""
    found = code.resolve(target)
    if isinstance(found, Definition):
        code.follow(found)
        return []
    if target.module.partition(".")[0] == PACKAGE:
        raise LookupError(
            f"Given: {target}, which no file of {PACKAGE} defines. Expected: a function, class or constant at the top of "
            "a module. Do: name one."
        )
    return [str(target)]


def _cells(item: object, code: Code, seen: set[int]) -> Iterator[str]:
    """The code of a notebook's class or function, its plain constants, and what they use of the same notebook."""
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
    """A function's own code, with what it names: of the notebook as further cells, of this package as definitions."""
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
    yield _dump(Reader(code, cell).visit(tree))
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
