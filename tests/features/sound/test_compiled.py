"""Of several processes, one compiles librosa at a time."""

import os
import subprocess
import sys
import time

import pytest

from mcsan_lite.features.sound.compiled import compile_librosa, compiling_alone

HOLD = """
import sys, time
from mcsan_lite.features.sound.compiled import compiling_alone
with compiling_alone():
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_waits_until_the_first_has_compiled():
    command = [sys.executable, "-c", HOLD]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "mine\n"
    code = "from mcsan_lite.features.sound.compiled import *; compile_librosa(); print('done')"
    waiting = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    assert waiting.poll() is None
    holder.communicate("")
    out, _ = waiting.communicate(timeout=120)
    assert out == "done\n"


def test_a_dead_process_holds_nobody_up():
    command = [sys.executable, "-c", HOLD]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "mine\n"
    holder.kill()
    holder.wait()
    start = time.monotonic()
    compile_librosa()
    with compiling_alone():
        pass
    assert time.monotonic() - start < 60


# What commands and lessons of one person do with sound, each in a process of its own.
TONE = "import numpy as np; tone = np.sin(0.08 * np.arange(8000, dtype=np.float32))\n"
USES = {
    "frames": "from mcsan_lite.features.extraction import mfcc; mfcc(tone)",
    "a picture": "from mcsan_lite.figures.basics import draw_pitch; draw_pitch(tone, 16000)",
    "another pitch": "from mcsan_lite.explorer.sounds import with_pitch; "
    "with_pitch(tone, 16000, (0, 0.5), 2)",
    "the doctor": "from mcsan_lite.cli.doctor import _pitch; _pitch()",
}


@pytest.fixture
def run_with_an_empty_cache(tmp_path):
    """A function that starts Python code whose Numba has compiled nothing yet."""
    folders = {"NUMBA_CACHE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}  # the lock lies in TMPDIR
    environment = os.environ | folders | {"MPLBACKEND": "agg"}

    def start(code):
        return subprocess.Popen([sys.executable, "-c", TONE + code], env=environment)

    return start


def test_processes_that_start_at_once_leave_code_that_runs(run_with_an_empty_cache):
    at_once = {name: run_with_an_empty_cache(code) for name, code in USES.items()}
    assert {name: one.wait() for name, one in at_once.items()} == dict.fromkeys(USES, 0)
    later = {name: run_with_an_empty_cache(code) for name, code in USES.items()}
    assert {name: one.wait() for name, one in later.items()} == dict.fromkeys(USES, 0)
