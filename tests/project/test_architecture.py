"""Imports point down. The picture below is drawn from RANKS, and every file's `ast` is held against it."""

import ast
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

PACKAGE = "mcsan_lite"
ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))

RANKS = {  # a module imports only from lower ranks; "" is mcsan_lite/__init__.py, which holds the version
    9: ["cli", "commands", "commands_own", "commands_paper"],
    8: ["attend"],
    7: ["course", "ledgers"],
    6: ["claims", "ambiguities", "tables", "doctor"],
    5: ["paper", "sheets", "floors", "inspection", "oracle", "checkpoints", "lens", "costs"],
    4: [
        "spec",
        "experiment",
        "inference",
        "attribution",
        "readings",
        "faithfulness",
        "modalities",
        "stack",
        "views",
    ],
    3: ["training", "attention", "models", "models.*"],
    2: ["gaps", "batch", "resident", "clips", "films"],
    1: [
        "provenance",
        "audio",
        "video",
        "words",
        "spans",
        "features",
        "splits",
        "download",
        "unpack",
        "datasets",
        "datasets.*",
        "resampling",
        "charts",
        "pairing",
        "equations",
    ],
    0: [
        "",
        "corpus",
        "cache",
        "metrics",
        "stats",
        "layers",
        "recurrent",
        "fanout",
        "plots",
        "significance",
        "check",
        "check.*",
        "functionals",
        "kernels",
        "discrepancy",
        "systems",
    ],
}
SIDEWAYS = {  # (importer, imported) within one rank
    ("course", "ambiguities"),  # the grid of what the paper leaves open
    ("cli", "commands"),  # names and options; what they do
    ("cli", "commands_own"),
    ("cli", "commands_paper"),
    ("commands_paper", "commands"),  # corpora and specs from options
    ("readings", "attribution"),  # the rungs that start from gradients and edits
    ("modalities", "faithfulness"),  # what a model says without a part of its input
    ("recurrent", "layers"),  # attention
    ("views", "stack"),  # the largest of the figures
    ("experiment", "spec"),  # what is run
    ("fanout", "corpus"),  # its refusals
    ("resident", "batch"),  # batches, made on a GPU
    ("features", "words"),  # the text half of the features
    ("features", "audio"),  # what the sound half starts from
    ("features", "video"),  # the third modality
    ("features", "spans"),  # when each word is spoken
    ("spans", "words"),  # the tokens that words are cut into
    ("download", "unpack"),  # what was fetched
    ("datasets.*", "datasets.speech"),  # the voice
    ("datasets.*", "datasets.faces"),  # the face
    ("datasets.*", "video"),  # how its frames are named and kept
    ("datasets.ceilings", "datasets.synthetic"),  # the rules whose best possible scores it computes
    ("datasets.iemocap", "datasets.iemocap_formats"),  # its lines
    ("datasets.meld", "datasets.meld_clips"),  # its sound, and what is wrong with it
    (
        "datasets.layouts_*",
        "datasets.*",
    ),  # other corpora's folders, filled with synthetic speech and their own counts
    ("datasets", "datasets.*"),  # the table of readers
    ("models", "models.*"),  # the table of models
    ("check.*", "check"),  # what every exercise check is made with
}
PICTURE = "\n".join(
    f"    {rank}  {' · '.join(name or '__init__' for name in names)}"
    for rank, names in RANKS.items()
)


def module_of(path: Path) -> str:
    """datasets/speech.py -> "datasets.speech", models/__init__.py -> "models"."""
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def rank_of(module: str) -> int | None:
    return next(
        (rank for rank, names in RANKS.items() if any(fnmatchcase(module, name) for name in names)),
        None,
    )


def imports_of(tree: ast.AST, module: str, is_package: bool) -> set[str]:
    """Modules of ours that `tree` imports, at any depth: at the top, within a function, relative ones too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                a.name.partition(".")[2] for a in node.names if a.name.split(".")[0] == PACKAGE
            }
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:  # from . import x: the folder that holds this module, or one above it
                here = [PACKAGE, *module.split(".")] if module else [PACKAGE]
                up = node.level - is_package
                source = ".".join([*here[: len(here) - up], *filter(None, [source])])
            if source.split(".")[0] == PACKAGE:
                base = source.partition(".")[2]
                inner = {f"{base}.{a.name}".strip(".") for a in node.names}
                found |= inner & set(MODULES) or {base}
    return found - {module}


def allowed(importer: str, imported: str) -> bool:
    higher, lower = rank_of(importer), rank_of(imported)
    sideways = any(fnmatchcase(importer, a) and fnmatchcase(imported, b) for a, b in SIDEWAYS)
    return (
        higher is not None
        and lower is not None
        and (lower < higher or (lower == higher and sideways))
    )


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    path = MODULES[module]
    assert rank_of(module) is not None, (
        f"{module} stands nowhere in this picture: give it a rank.\n{PICTURE}"
    )
    upward = [
        m
        for m in sorted(
            imports_of(
                ast.parse(path.read_text(encoding="utf-8")), module, path.name == "__init__.py"
            )
        )
        if not allowed(module, m)
    ]
    assert not upward, f"{module} (rank {rank_of(module)}) imports {', '.join(upward)}\n{PICTURE}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import mcsan_lite.corpus as c", {"corpus"}),
        ("from mcsan_lite.datasets import speech", {"datasets.speech"}),
        ("from mcsan_lite.datasets import READERS", {"datasets"}),
        ("from mcsan_lite import cache, __version__", {"cache"}),
        ("def f():\n    from mcsan_lite.paper.table_rows import TABLE1", {"paper"}),
        ("from .synthetic import LABELS", {"datasets.synthetic"}),
        ("from ..corpus import Corpus", {"corpus"}),
        ("import numpy", set()),
    ],
)
def test_every_way_to_import_is_seen(code, found):
    assert imports_of(ast.parse(code), "datasets.meld", is_package=False) == found


@pytest.mark.parametrize(
    ("importer", "imported", "verdict"),
    [
        ("batch", "features", True),
        ("features", "batch", False),
        ("features", "words", True),
        ("words", "features", False),
        ("models.mcsan", "models.other", False),
        ("models", "models.mcsan", True),
        ("datasets.meld", "datasets.ravdess", False),
        ("metrics", "corpus", False),
        ("nobody", "corpus", False),
        ("cli", "nobody", False),
    ],
)
def test_the_picture_itself(importer, imported, verdict):
    assert allowed(importer, imported) is verdict


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_house_rules(path):
    text = path.read_text(encoding="utf-8")
    assert path.stem not in ("utils", "util", "helpers", "common"), "name the module after its idea"
    lines = 150 if path.parent.name == "models" else 250
    assert len(text.splitlines()) <= lines, "two ideas in one module: split it by idea"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.names[0].name != "*", f"star import in line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
