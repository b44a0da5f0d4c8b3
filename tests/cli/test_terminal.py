"""The entry: `python -m mcsan_lite` is `mcsan`, and any terminal can show what is printed."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.features.language import terminal
from mcsan_lite.training import loop

ROOT = Path(__file__).parents[2]
CODE_PAGES = ("cp1252", "cp932", "cp949", "cp437", "ascii")


def start(*words, encoding="utf-8"):
    """Run `python -m mcsan_lite` in a process whose streams have this encoding."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(ROOT)
    environment["PYTHONIOENCODING"] = encoding
    command = [sys.executable, "-m", "mcsan_lite", *map(str, words)]
    done = subprocess.run(command, capture_output=True, env=environment)
    out = done.stdout.decode(encoding)
    err = done.stderr.decode(encoding)
    return done.returncode, out, err


@pytest.fixture(scope="module")
def shaped(tmp_path_factory):
    """An IEMOCAP-shaped tree of 60 quiet turns."""
    return write_iemocap(tmp_path_factory.mktemp("shaped"), turns=60, voice=False)


def test_the_package_runs_as_the_command_does(capsys):
    with pytest.raises(SystemExit) as stop:
        main.main(["--help"])
    status, out, err = start("--help")
    assert status == stop.value.code == 0
    assert err == ""
    assert out.split() == capsys.readouterr().out.split()
    status, out, err = start("check", "iemocapp")
    refused((status, out, err), "did you mean 'iemocap'?")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp932"])
def test_any_terminal_shows_the_verdict(shaped, encoding):
    words = ("check", "iemocap", "--root", shaped, "--fast")
    status, out, err = start(*words, encoding=encoding)
    assert status == 1
    assert err == ""
    mark = "✗" if encoding == "utf-8" else "no"
    assert f"{mark} labelled turns" in out
    assert out.splitlines()[-1].startswith("verdict: not")


def test_a_refusal_in_another_script_is_readable(tmp_path):
    words = ("check", "manifest", "--root", tmp_path / "Тон±.csv")
    refused(start(*words, encoding="ascii"), r"\u0422\u043e\u043d+/-.csv")


def test_every_replacement_is_plain():
    assert all(plain.isascii() for plain in terminal.PLAIN_CHARACTERS.values())
    terminal.print_on_any_terminal()
    assert "é ✓ · ±".encode("ascii", "mcsan-plain") == rb"\xe9 ok - +/-"
    assert "é ✓ · ±".encode("cp1252", "mcsan-plain") == "é ok · ±".encode("cp1252")
    assert "caf\udce9".encode("utf-8", "mcsan-plain") == rb"caf\udce9"


@pytest.fixture
def piped(monkeypatch):
    """A function: a call whose stdout is a file in an encoding -> what is in the file."""

    def call(encoding, function, *given):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            result = function(*given)
            stream.flush()
        return result, stream.buffer.getvalue().decode(encoding)

    return call


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_progress_goes_into_any_log(piped, encoding):
    """Without the command line, too: in a worker, or in a script of your own."""
    row = {"epoch": 1, "loss": 0.5, "valid_wa": 0.5, "valid_ua": 0.5, "seconds": 1.0}
    _, said = piped(encoding, lambda: loop.text_progress(3, "行 · é")(row))
    assert "epoch  1/3" in said and said.endswith("2 s left\n")


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_the_verdict_goes_into_any_pipe(piped, shaped, encoding):
    words = ["check", "iemocap", "--root", str(shaped), "--fast"]
    status, said = piped(encoding, main.main, words)
    assert status == 1
    assert "no labelled turns" in said


@pytest.fixture(scope="module")
def chinese(tmp_path_factory):
    """A manifest with labels and ids in Chinese, and the places for what is made of it."""
    folder = tmp_path_factory.mktemp("chinese")
    lines = ["id,text,label,split"]
    for i in range(24):
        part = ("train", "valid", "test")[i // 8]
        lines.append(f"句{i},hello number {i},{('生气', 'ñ', 'нет')[i % 3]},{part}")
    (folder / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("encoding", ["cp932", "ascii"])
@pytest.mark.parametrize(
    "command",
    [
        ("run", "--corpus", "manifest", "--rows", "w/o audio", "--per-class", "--profile", "smoke"),
        ("table",),
        ("check", "manifest", "--fast"),
        ("split", "manifest"),
    ],
    ids=" ".join,
)
def test_every_command_writes_into_any_pipe(piped, chinese, encoding, command):
    places = ["--data", f"{chinese}/data", "--runs", f"{chinese}/runs"]
    root = ["--root", f"{chinese}/own.csv"] if "manifest" in command else []
    status, said = piped(encoding, main.main, [*command, *places, *root])
    assert status == 0
    assert said
