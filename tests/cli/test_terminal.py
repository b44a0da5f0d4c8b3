"""The entry: `python -m mcsan_lite` is `mcsan`, and any terminal can show what is printed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.datasets.iemocap.simulate import write_iemocap

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437", "ascii"])
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
    assert all(plain.isascii() for plain in main.PLAIN_CHARACTERS.values())
    main._print_on_any_terminal()
    assert "é ✓ · ±".encode("ascii", "mcsan-plain") == rb"\xe9 ok - +/-"
    assert "é ✓ · ±".encode("cp1252", "mcsan-plain") == "é ok · ±".encode("cp1252")
