"""The house: imports point down, and the rules of calm code hold.

Measured by benchmarks/house.py.
"""

import ast
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import house  # noqa: E402

PACKAGE = ROOT / "mcsan_lite"
FILES = house.files_of(PACKAGE)
IDS = [path.relative_to(ROOT).as_posix() for path in FILES]

# From the top. A folder imports itself and what stands below it.
FLOORS = (
    ("cli",),
    ("teaching",),
    ("exercises",),
    ("explorer",),
    ("experiments",),
    ("paper",),
    ("figures",),
    ("explain",),
    ("training",),
    ("models", "datasets"),
    ("features",),
    ("evaluation",),
    ("tables",),
    ("cache", "parallel"),
    ("disk",),
    ("corpus",),
    ("errors",),
)
RANK = {name: -rank for rank, names in enumerate(FLOORS) for name in names}


def upward(importer, imported):
    """Whether the first folder of `importer` may not know that of `imported`."""
    above, below = importer.split(".")[0], imported.split(".")[0]
    return above != below and RANK[below] >= RANK[above]


def test_every_folder_has_its_place():
    tops = {room.split(".")[0] for room in house.rooms(PACKAGE)}
    assert tops == set(RANK)


def test_imports_point_down():
    arrows = [
        (module, other)
        for module, found in house.imports(PACKAGE).items()
        for other in found
        if module not in ("", "__main__") and other
    ]
    assert arrows and [pair for pair in arrows if upward(*pair)] == []


def test_an_arrow_that_points_up_is_seen():
    assert upward("features.audio", "training.loop") and upward("models.mcsan", "datasets.splits")
    assert upward("exercises.lesson00", "cli.main") and upward("errors", "corpus")
    assert not upward("training.loop", "features.batch") and not upward(
        "paper.report", "paper.claims"
    )


def test_files_do_not_import_in_a_circle():
    below = defaultdict(set, house.imports(PACKAGE))

    def reach(room, seen):
        for lower in below[room] - seen:
            seen.add(lower)
            reach(lower, seen)
        return seen

    assert [module for module in list(below) if module in reach(module, set())] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import mcsan_lite.corpus as c", {"corpus"}),
        ("from mcsan_lite.datasets import splits", {"datasets.splits"}),
        ("from mcsan_lite.datasets import READERS", {"datasets"}),
        ("from mcsan_lite import cache, __version__", {"cache"}),
        ("def f():\n    from mcsan_lite.paper import published", {"paper.published"}),
        ("from .splits import Fold", {"datasets.splits"}),
        ("from ..corpus import Corpus", {"corpus"}),
        ("import numpy", set()),
    ],
)
def test_every_way_to_import_is_seen(code, found):
    modules = set(house.imports(PACKAGE))
    seen = house.imported_modules(ast.parse(code), "datasets.manifest", modules, "mcsan_lite")
    assert seen == found


def test_the_root_is_small_and_folders_hold_at_most_ten_files():
    assert house.measure()["root_files"] <= 6
    for folder in {path.parent for path in FILES if path.parent != PACKAGE}:
        files = [path for path in folder.glob("*.py") if path.stem != "__init__"]
        per_lesson = folder.name in ("exercises", "verdicts")
        limit = 22 if per_lesson else 10  # one each, a second for two, and what they share
        assert len(files) <= limit, folder


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_calm_code(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert path.stem not in ("utils", "util", "helpers", "common"), "name it after its idea"
    assert len(text.splitlines()) <= 400
    assert [line for line in text.splitlines() if len(line) > 100] == []
    for function in house.functions(tree):
        assert house.code_lines(function) <= 50, function.name
        assert house.parameters(function) <= 6, function.name
    for node in house.public_definitions(tree):
        assert ast.get_docstring(node), f"{node.name} says nothing of itself"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.names[0].name != "*", f"star import in line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"


def test_one_name_is_one_thing():
    """No two public functions, classes or constants share a name; the lessons' checks aside."""
    places = defaultdict(set)
    for path in FILES:
        if "exercises" in path.parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names = [node.name]
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [t.id for t in targets if isinstance(t, ast.Name)]
            else:
                continue
            for name in names:
                if not name.startswith("_"):
                    places[name].add(path.relative_to(PACKAGE).as_posix())
    assert {name: sorted(files) for name, files in places.items() if len(files) > 1} == {}


def test_lines_are_as_calm_as_those_of_the_anchors():
    """whisper, tracr, dora, demucs, audiomentations and captum have 6 to 9 tokens per code line."""
    assert house.measure()["tokens"] <= 9


def test_an_f_string_is_one_string_in_every_python():
    text = 'x = f"a{b + 1}c{f\'{d}\'}" + f""\n'
    assert house.code_tokens(text) == (5, 1)


def test_the_page_shows_what_is_measured():
    text = house.PAGE.read_text(encoding="utf-8")
    assert house.render(text, house.measure()) == text
    for name in house.SPINE:
        assert f"`{name.replace('.', '/')}.py`" in text
        assert (PACKAGE / f"{name.replace('.', '/')}.py").is_file()
