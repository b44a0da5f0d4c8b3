"""One process at a time has a folder; a dead one has it no more."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcsan_lite.disk import locks
from mcsan_lite.disk.locks import only_one

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from mcsan_lite.disk.locks import only_one
with only_one(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has tmp_path / "fold"."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "fold")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()


def test_a_held_folder_is_not_ours_until_its_holder_is_dead(tmp_path, holder):
    with only_one(tmp_path / "fold") as ours:
        assert not ours
    threading.Timer(0.3, holder.kill).start()
    with only_one(tmp_path / "fold", wait=True) as ours:
        assert ours
        assert holder.wait() < 0
    assert list((tmp_path / "fold").iterdir()) == []


def test_what_fails_inside_comes_out_and_leaves_no_lock(tmp_path):
    with pytest.raises(ZeroDivisionError), only_one(tmp_path):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_locks_gives_it_to_everybody(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(locks.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.FileLock, "acquire", refuse)
    with only_one(tmp_path) as ours:
        assert ours
