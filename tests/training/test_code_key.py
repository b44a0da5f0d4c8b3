"""Has the code changed? The key follows what can change a number, and nothing else."""

import shutil
from functools import partial
from pathlib import Path

import pytest

import mcsan_lite
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.models import MODELS
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.code.key import Code, Definition, code_key, constant_text, source_key
from mcsan_lite.training.fold import training_code

PACKAGE = Path(mcsan_lite.__file__).parent
ROOTS = (
    "mcsan_lite.models.mcsan:MCSAN",
    "mcsan_lite.training.fold:train_fold",
    "mcsan_lite.features.extraction:extract",
)


@pytest.fixture
def copy(tmp_path):
    """A function: the key of a copy of the package after `edit(folder)`."""

    def key(edit=lambda folder: None):
        folder = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        edit(folder)
        return code_key(*ROOTS, package=folder)

    return key


def change(file, old, new):
    """An edit of one file, which must hold `old`."""

    def edit(folder):
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def test_a_copy_has_the_key_of_the_package(copy):
    assert copy() == code_key(*ROOTS) == training_code(MCSAN)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("evaluation/metrics.py", "def macro_f1(", "def macro_f1(x=1, *"),
        ("models/layers.py", "softmax(-1)", "softmax(-2)"),
        ("features/words.py", 'GLOVE_50 = "', 'GLOVE_50 = "x'),
        ("training/loop.py", "-np.inf", "np.inf"),
        ("training/fold.py", "seed_everything(config.seed)", "seed_everything(1)"),
        ("features/batch.py", "one.sum(0, dtype", "one.sum(1, dtype"),
    ],
)
def test_what_changes_a_number_changes_the_key(copy, file, old, new):
    assert copy(change(file, old, new)) != copy()


def test_every_file_that_a_training_runs_is_covered():
    code = Code()
    for model_class in MODELS.values():
        training_code(model_class)
        code.follow(Definition(model_class.__module__, model_class.__qualname__))
    code.follow(Definition("mcsan_lite.training.fold", "train_fold"))
    code.follow(Definition("mcsan_lite.features.extraction", "extract"))
    code.texts()
    seen = {definition.module.removeprefix("mcsan_lite.") for definition in code.order}
    assert {
        "evaluation.metrics",
        "features.audio",
        "features.words",
        "features.batch",
        "features.alignment",
        "features.video",
        "models.layers",
        "training.loop",
        "cache",
    } <= seen
    assert (
        not {
            "parallel.jobs",
            "parallel.threads",
            "parallel.progress",
            "errors",
            "training.run_folder",
            "cli.main",
        }
        & seen
    )


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("evaluation/metrics.py", "def wa(", "# a comment\n\n\ndef wa("),
        ("evaluation/metrics.py", '"""WA', '"""Another docstring. WA'),
        ("training/loop.py", "import copy\n", "import sys\nimport copy\n"),
        ("parallel/jobs.py", "BACKENDS = (", "BACKENDS = ('none', "),
        ("cli/main.py", "import argparse", "import argparse  # help"),
        ("training/config.py", "Do: change {name}.", "Do: choose another {name}."),
    ],
)
def test_what_changes_no_number_leaves_the_key(copy, file, old, new):
    assert copy(change(file, old, new)) == copy()


def test_a_file_may_be_moved(copy):
    """metrics.py goes up one folder, and whoever imports it says so."""

    def move(folder):
        shutil.move(folder / "evaluation" / "metrics.py", folder / "counting.py")
        for path in folder.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            text = text.replace(
                "from mcsan_lite.evaluation import metrics",
                "from mcsan_lite import counting as metrics",
            )
            path.write_text(text.replace("mcsan_lite.evaluation.metrics", "mcsan_lite.counting"))

    assert copy(move) == copy()


def test_names_may_be_imported_another_way(tmp_path):
    folder = tmp_path / "mcsan_lite"
    folder.mkdir()
    (folder / "tool.py").write_text("def half(x):\n    return x / 2\n")

    def key(text):
        (folder / "user.py").write_text(text)
        return code_key("mcsan_lite.user:run", package=folder)

    first = key("from mcsan_lite.tool import half\n\n\ndef run(x):\n    return half(x)\n")
    assert first == key("from mcsan_lite import tool\n\n\ndef run(x):\n    return tool.half(x)\n")
    assert first == key("def run(x):\n    from .tool import half as h\n\n    return h(x)\n")
    assert first == key(
        "import mcsan_lite.tool\n\n\ndef run(x: int) -> float:\n    return "
        "mcsan_lite.tool.half(x)\n"
    )
    assert first != key("def half(x):\n    return x / 3\n\n\ndef run(x):\n    return half(x)\n")
    assert first != key(
        "from mcsan_lite.tool import half\n\n\ndef run(x):\n    return half(half(x))\n"
    )


def test_a_local_name_is_not_the_module_s(tmp_path):
    folder = tmp_path / "mcsan_lite"
    folder.mkdir()

    def key(text):
        (folder / "user.py").write_text(text)
        return code_key("mcsan_lite.user:run", package=folder)

    local = "SCALE = {}\n\n\ndef run(SCALE):\n    return SCALE\n"
    assert key(local.format(1)) == key(local.format(2))
    nested = (
        "SCALE = {}\n\n\ndef run(x):\n    def f():\n        SCALE = 1\n        return SCALE\n\n"
        "    return SCALE + f()\n"
    )
    assert key(nested.format(1)) != key(nested.format(2))
    loop = "SCALE = {}\n\n\ndef run(x):\n    return [SCALE for SCALE in x] + [SCALE]\n"
    assert key(loop.format(1)) != key(loop.format(2))
    table = "SCALE = [1]\nSCALE[0] = {}\nSCALE.append({})\n\n\ndef run(x):\n    return SCALE\n"
    assert len({key(table.format(a, b)) for a in (1, 2) for b in (3, 4)}) == 4


def test_a_changed_reading_is_another_key(tmp_path):
    by_itself = {name: code_key(method.read) for name, method in READINGS.items()}
    assert len(set(by_itself.values())) == len(
        READINGS
    )  # two of them are one function with another option
    assert code_key(partial(code_key, package=1)) != code_key(partial(code_key, package=2))
    one = code_key(lambda x: x + 1)
    assert one != code_key(lambda x: x + 2)


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(LookupError, match=r"Given: mcsan_lite\.corpus\.Korpus.*Do: "):
        code_key("mcsan_lite.corpus:Korpus")


def test_a_notebook_follows_what_it_uses(tmp_path):
    folder = tmp_path / "mcsan_lite"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    notebook = "from mcsan_lite import tool\n\nprint(tool.half(3))\n"

    def key(half, other):
        (folder / "tool.py").write_text(
            f"def half(x):\n    return x / {half}\n\n\ndef other(x):\n    return x * {other}\n"
        )
        return source_key(notebook, folder)

    assert key(2, 3) == key(2, 4) != key(5, 3)
    assert source_key(notebook + "# a remark\n", folder) == source_key(notebook, folder)
    assert source_key(notebook + "x = 1\n", folder) != source_key(notebook, folder)


def test_a_bare_call_of_a_module_reaches_what_it_calls(tmp_path):
    folder = tmp_path / "mcsan_lite"
    folder.mkdir()
    (folder / "__init__.py").write_text("from mcsan_lite import figures\n")
    notebook = "import mcsan_lite as mc\n\nmc.figures.show(3)\n"

    def key(width):
        (folder / "figures.py").write_text(f"def show(x):\n    print({width} * x)\n")
        return source_key(notebook, folder)

    assert key(80) != key(100)


def test_a_set_is_the_same_in_every_order():
    assert constant_text({"b", "a"}) == constant_text({"a", "b"})
    assert constant_text([object()]) is None  # its address is another one in each session
