"""`import mcsan_lite as mc`: instant, complete, documented."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mcsan_lite as mc

STUB = Path(mc.__file__).with_suffix(".pyi")
NAMES = [
    alias.asname or alias.name
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
]


def test_dir_shows_every_name_and_nothing_else():
    assert sorted(dir(mc)) == sorted(NAMES) and len(set(NAMES)) == len(NAMES) > 30


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there_and_says_what_it_is(name):
    value = getattr(mc, name)
    if callable(value) or inspect.ismodule(value):
        assert inspect.getdoc(value), name


def test_fit_reads_like_a_page_of_reference():
    text = inspect.getdoc(mc.fit)
    assert all(f"\n{part}:\n" in text for part in ("Args", "Returns", "Raises"))
    for name in inspect.signature(mc.fit).parameters:
        assert f"    {name}: " in text


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = mc.fitt


def test_the_import_is_instant():
    """The best of five, since others work on this machine too."""
    code = (
        "import sys, time; start = time.process_time(); import mcsan_lite as mc; dir(mc); "
        "print(time.process_time() - start, 'torch' in sys.modules)"
    )
    seconds = []
    for _ in range(5):
        said = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        assert said[1] == "False"
        seconds.append(float(said[0]))
    assert min(seconds) < 0.05, seconds
