"""Files are UTF-8 whatever the machine's own encoding is: every call that opens a text says so."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("mcsan_lite", "notebooks", "benchmarks", "docs")
    for path in (ROOT / folder).rglob("*.py")
)
# pandas' own readers and writers take UTF-8 wherever they are, and are not listed.
TEXT = {"read_text", "write_text", "TextIOWrapper"}
PROCESSES = {"run", "Popen", "check_output"}


def name_of(call):
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return getattr(call.func, "id", "")


def opens_text(call):
    """Whether it is open(…), io.open(…), gzip.open(…, "rt") or path.open(…) without a "b"."""
    if name_of(call) not in ("open", "fdopen"):
        return False
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    parts = [node for argument in (*call.args[:2], *given) for node in ast.walk(argument)]
    modes = [
        node.value
        for node in parts
        if isinstance(node, ast.Constant) and re.fullmatch("[rwaxbt+]+", str(node.value))
    ]
    mode = "".join(modes)
    if isinstance(call.func, ast.Name):
        return "b" not in mode
    owner = getattr(call.func.value, "id", "")
    return (
        bool(mode) and "b" not in mode and owner != "av"
    )  # a method without a mode may be that of an archive


def names_encoding(call):
    given = {keyword.arg for keyword in call.keywords}
    by_place = len(call.args) > (name_of(call) == "write_text")
    in_place = name_of(call) in ("read_text", "write_text") and by_place
    return in_place or "encoding" in given or None in given


def unnamed(tree):
    """Lines that open a text without naming its encoding."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        given = {keyword.arg for keyword in call.keywords}
        is_process = name_of(call) in PROCESSES and given & {"text", "universal_newlines"}
        is_text = name_of(call) in TEXT or opens_text(call) or is_process
        if is_text and not names_encoding(call):
            yield call.lineno


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_every_text_names_its_encoding(path):
    assert list(unnamed(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("open('f.txt')", [1]),
        ("open('f.txt', 'w')", [1]),
        ("open('f.txt', mode='wb')", []),
        ("open('f.txt', encoding='utf-8')", []),
        ("p.open('w')", [1]),
        ("p.open('rb')", []),
        ("gzip.open('f.txt')", []),
        ("gzip.open('f.txt', 'rt')", [1]),
        ("p.read_text()", [1]),
        ("p.write_text(x)", [1]),
        ("p.write_text(x, 'utf-8')", []),
        ("archive.open()", []),
        ("subprocess.run(c, text=True)", [1]),
        ("subprocess.run(c)", []),
    ],
)
def test_what_is_seen(code, lines):
    assert list(unnamed(ast.parse(code))) == lines
