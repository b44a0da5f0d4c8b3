"""Every command ends with its status: disks that refuse, faults, readers that leave."""

import argparse
import errno
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.cli.borders import advice, ends
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.errors import DataError, disk_refusal

ROOT = Path(__file__).parents[3]
CHECKPOINT = ROOT / "checkpoints" / "matching-seed0.safetensors"
COMMANDS = {
    "data synthetic": ("data", "synthetic", "--data", "data", "--profile", "smoke"),
    "predict": ("predict", "--run", CHECKPOINT, "--text", "so sad", "--data", "data"),
    "attend": (
        *("attend", "--run", CHECKPOINT, "--audio", "a.wav", "--text", "so"),
        *("--data", "data", "--out", "out/a"),
    ),
    "split": ("split", "manifest", "--root", "own.csv", "--runs", "runs"),
    "floors": ("floors", "manifest", "--root", "own.csv", "--runs", "runs", "--data", "data"),
    "run": (
        *("run", "--corpus", "manifest", "--root", "own.csv", "--rows", "w/o audio"),
        *("--profile", "smoke", "--runs", "runs", "--data", "data"),
    ),
    "checkpoints": (
        *("checkpoints", "--profile", "smoke", "--data", "data"),
        *("--runs", "runs", "--out", "out"),
    ),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with a recording and a corpus of words."""
    lines = ["id,text,label,split"]
    for i in range(30):
        lines.append(f"u{i},so {i},{('glad', 'sad')[i % 2]},{('train', 'valid', 'test')[i % 3]}")
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    soundfile.write(tmp_path / "a.wav", noise, 16_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys, words):
    """(status, stdout, stderr) of a command."""
    status = main.main([str(word) for word in words])
    found = capsys.readouterr()
    return status, found.out, found.err


def three_parts(result, *crucial):
    """As `refused`, for a command that may have printed something before."""
    status, _, err = result
    refused((status, "", err), *crucial)


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_disk_that_refuses(here, capsys, monkeypatch, name, number):
    def refuse(*_, dir, prefix, **__):
        raise OSError(number, os.strerror(number), f"{dir}/{prefix}xyz")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    result = said(capsys, COMMANDS[name])
    three_parts(result, os.strerror(number))
    assert ".part-" not in result[2]
    assert re.search(r"Do: .*--(data|runs|out)", result[2])


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_file_in_the_place_of_a_folder(here, capsys, name):
    for folder in ("data", "runs", "out"):
        (here / folder).write_text("a note", encoding="utf-8")
    three_parts(said(capsys, COMMANDS[name]))
    for folder in ("data", "runs", "out"):
        assert (here / folder).read_text(encoding="utf-8") == "a note"


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "--run", "r" * 5000, "--text", "so"),
        ("predict", "--run", CHECKPOINT, "--audio", "a" * 300 + ".wav"),
        ("attend", "--run", CHECKPOINT, "--audio", "a.wav", "--text", "so", "--out", "o" * 300),
        ("data", "synthetic", "--data", "d" * 300),
        ("split", "manifest", "--root", "own.csv", "--runs", "r" * 300),
    ],
    ids=lambda words: words[0],
)
def test_a_name_too_long(here, capsys, words):
    three_parts(said(capsys, words), os.strerror(errno.ENAMETOOLONG))


def test_a_full_disk_is_not_taken_for_a_broken_codec(here, monkeypatch):
    """The voice of the corpus speaks in a process of its own."""
    plan = {"id": "u", "words": [], "voice": "en", "rate": 1, "volume": 1, "pitch": 1, "range": 1}

    def speak(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    class Child:
        returncode = speech._DISK_REFUSES

        def __init__(self, command, **_):
            monkeypatch.setattr(speech, "_render_plan", speak)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def communicate(self):
            with pytest.raises(SystemExit) as stop:
                speech.render()
            assert stop.value.code == self.returncode
            return "", '[28, "No space left on device", null]'

    monkeypatch.setattr(speech.subprocess, "Popen", Child)
    with pytest.raises(OSError, match="No space left") as caught:
        speech._speak_apart([plan], here, "flac", set())
    assert caught.value.errno == errno.ENOSPC
    assert str(here) in str(disk_refusal(caught.value))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_where_the_output_goes():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mcsan_lite", "ledger", "equations"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    refused((done.returncode, "", done.stderr), "No space left")


def ended_with(error):
    def command(_):
        raise error

    return ends.ended(command, argparse.Namespace(parser=argparse.ArgumentParser("mcsan x")))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("a", "b", "c"), 2),
        (OSError(errno.EIO, "Input/output error", "/disk"), 2),
        (KeyboardInterrupt(), 130),
        (ends.Stopped(15), 143),
        (KeyError("a bug"), 3),
        (ConnectionResetError(104, "reset"), 3),
        (OSError("libc10.so: cannot open shared object file"), 3),
    ],
    ids=repr,
)
def test_each_end_has_its_status(error, status, capsys):
    assert ended_with(error) == status
    assert ("Traceback" in capsys.readouterr().err) == (status == 3)


def test_the_statuses_are_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main.main(["--help"])
    assert ends.EXIT_STATUSES in capsys.readouterr().out


def test_an_advice_of_another_command_is_marked(capsys):
    assert ended_with(DataError("a", "b", "take --skip-bad, or mcsan run --rows MCSAN")) == 2
    said = capsys.readouterr().err
    assert "--skip-bad is an option of other commands, not of mcsan x" in said
    assert "--rows is" not in said


def test_a_command_has_its_own_options():
    commands = {parser.prog: parser for parser in advice.commands_of(main.parser())}
    assert "--skip-bad" in advice.option_names(commands["mcsan run"])
    assert "--skip-bad" not in advice.option_names(commands["mcsan predict"])
    assert "--layout" in advice.option_names(commands["mcsan data synthetic"])
