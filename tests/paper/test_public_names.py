"""`mc.paper` has every public name of the folder, and nothing else."""

import ast
from pathlib import Path

import mcsan_lite as mc

FOLDER = Path(mc.paper.__file__).parent


def public_names(path):
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def test_the_list_is_complete_and_every_name_is_there():
    names = [name for path in FOLDER.glob("[a-z]*.py") for name in public_names(path)]
    assert sorted(names) == sorted(dir(mc.paper))  # each once: one name, one thing
    assert all(getattr(mc.paper, name) is not None for name in names)
