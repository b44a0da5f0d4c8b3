"""Ctrl-C, a scheduler's SIGTERM and a killed parent: one line, a status, and no worker left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import argparse, os, signal, sys, time
from pathlib import Path
from mcsan_lite.cli.borders.ends import ended
from mcsan_lite.parallel.jobs import fan_out

def sleep(folder, number):
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)

def command(args):
    fan_out(sleep, [(sys.argv[1], number) for number in range(4)], jobs=2)
    return 0

if __name__ == "__main__":
    # As in a terminal. What a script starts with & ignores Ctrl-C, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(ended(command, argparse.Namespace(parser=argparse.ArgumentParser())))
"""


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def lives(process):
    """Whether it runs; a zombie that nobody has reaped yet does not."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            != "Z"
        )
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("number", "to_all", "status"),
    [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143), (signal.SIGKILL, False, -9)],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL"],
)
def test_workers_end_with_their_parent(tmp_path, number, to_all, status):
    (tmp_path / "workers").mkdir()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(program), str(tmp_path / "workers")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert until(lambda: len(list((tmp_path / "workers").iterdir())) == 2)
    workers = [int(file.name) for file in (tmp_path / "workers").iterdir()]
    if to_all:  # a terminal sends it to parent and workers
        os.killpg(parent.pid, number)
    else:
        parent.send_signal(number)
    assert parent.wait(30) == status
    assert until(lambda: not any(map(lives, workers)), 10)
    said = parent.stderr.read()
    if status > 0:
        assert said == "stopped: finished folds stay; the same command goes on.\n"
