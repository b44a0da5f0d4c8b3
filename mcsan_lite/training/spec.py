"""An experiment as a value: all that changes a result, hashed with the code that makes it into the name of a folder."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
import textwrap
import types
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import torch

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.features import alignment, audio, batch, extraction, resident, video, words
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models import layers
from mcsan_lite.training import loop
from mcsan_lite.training.loop import TrainConfig


@dataclass(frozen=True)
class Spec:
    """All that changes a result and nothing else: `jobs`, `device` and folders are arguments, never part of it."""

    name: str  # the row's label in a table
    model: str = "mcsan"
    options: dict = field(default_factory=dict)  # fields of the model's Config
    features: FeatureConfig = FeatureConfig()
    train: TrainConfig = TrainConfig()
    protocol: str = "official"

    def key(
        self, corpus: Corpus, model_class: type, folds: Sequence[splits.Fold] | None = None
    ) -> str:
        """8 hex digits over the settings, the corpus, the folds and the code that turns them into a result. Comments do
        not count; a model edited in a notebook cell does, so that an old result is never taken for its own.

        `folds`: those of the spec's protocol on this corpus, where they are at hand.
        """
        settings = asdict(replace(self, options={}, train=replace(self.train, seed=0), protocol=""))
        ids = splits.digest(splits.folds(corpus, self.protocol) if folds is None else folds)
        config = asdict(
            model_class.Config(**self.options)
        )  # defaults included: changing one changes the key
        told = (settings, config, corpus.fingerprint(), ids, code_hash(model_class))
        if (
            self.features.video
        ):  # other numbers of the same faces are other features, which no setting tells apart
            told += (_films(corpus),)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]

    def folder(
        self,
        corpus: Corpus,
        runs: Path,
        model_class: type,
        folds: Sequence[splits.Fold] | None = None,
    ) -> Path:
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return Path(runs) / f"{slug}-{self.key(corpus, model_class, folds)}"


def _films(corpus: Corpus) -> list[tuple[str, int | None]]:
    """Name and size of every file that the third stream is read from."""
    files = {video.source(u.video) for u in corpus.utterances if u.video is not None}
    return sorted((file.name, file.stat().st_size if file.is_file() else -1) for file in files)


def code_hash(model_class: type) -> str:
    """10 hex digits over the code, without comments and docstrings, that turns settings into a result: ours, the model's
    file, and for a model from a notebook its class and whatever of that notebook it uses."""
    modules, code = (
        {audio, batch, extraction, layers, resident, alignment, loop, video, words},
        [model_class.__qualname__],
    )
    for part in model_class.__mro__[: model_class.__mro__.index(torch.nn.Module)]:
        if (
            part.__module__ == "__main__"
        ):  # a notebook: what the class uses counts, not every other cell
            code += _cells(part, set())
        else:
            _bricks(inspect.getmodule(part), modules)
    code += [_code(module) for module in sorted(modules, key=lambda m: m.__name__)]
    return hashlib.sha256(repr(code).encode()).hexdigest()[:10]


def _bricks(module: types.ModuleType, seen: set[types.ModuleType]) -> set[types.ModuleType]:
    """What a model's file is built from, itself first: the modules of ours from which it takes something, and, for a file of
    the user's own, its neighbours in the same folder and what they are built from."""
    seen.add(module)
    for value in vars(module).copy().values():
        name = (
            value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None) or ""
        )
        found = sys.modules.get(name)
        if found is None or found in seen:
            continue
        if name.startswith("mcsan_lite."):
            seen.add(found)
        elif (file := getattr(found, "__file__", None)) and Path(file).parent == Path(
            module.__file__
        ).parent:
            _bricks(found, seen)
    return seen


def _constant(value: object) -> str | None:
    """A plain value, or a container of such, as text; None for what is no constant."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, dict):
        value, kind = [*value.items()], "dict"
    elif isinstance(value, tuple | list | set | frozenset):
        kind = type(value).__name__
    else:
        return None
    parts = [_constant(item) for item in value]
    if None in parts:
        return None
    return f"{kind}({', '.join(sorted(parts) if kind.endswith('set') else parts)})"


def _cells(item: object, seen: set[int]) -> Iterator[str]:
    """The code of a notebook's class or function, its plain constants, and what they use of the same notebook."""
    if id(item) in seen:
        return
    seen.add(id(item))
    if isinstance(item, type):
        for name, value in vars(item).items():
            if not name.startswith("__") and (text := _constant(value)) is not None:
                yield f"{name} = {text}"
            for part in (
                (value.fget, value.fset)
                if isinstance(value, property)
                else (inspect.unwrap(value),)
            ):
                if inspect.isfunction(
                    part := getattr(part, "__func__", part)
                ):  # also of a static or class method
                    yield from _cells(part, seen)
    elif inspect.isfunction(item):
        yield _code(item)
        for name in sorted(_names(item.__code__)):
            value = item.__globals__.get(name)
            if getattr(value, "__module__", None) == "__main__":
                yield from _cells(value, seen)
            elif (
                name in item.__globals__
                and not name.startswith("__")
                and (text := _constant(value)) is not None
            ):
                yield f"{name} = {text}"


def _names(code: types.CodeType) -> set[str]:
    """Every global name that a function reads, its inner functions included."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _code(item: object) -> str:
    """The parsed source of a module or function, without comments and docstrings."""
    return _parsed(textwrap.dedent(inspect.getsource(item)))


@lru_cache(maxsize=64)
def _parsed(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            node.body = body[1:] or [ast.Pass()]
    full = (
        {"show_empty": True} if sys.version_info >= (3, 13) else {}
    )  # as Python 3.11 writes it: one hash for all
    return ast.dump(tree, **full).replace(", type_params=[]", "")
