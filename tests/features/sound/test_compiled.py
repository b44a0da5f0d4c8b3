"""Of several processes, one compiles librosa at a time."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from mcsan_lite.features.sound import loaded
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
    "a build": "from mcsan_lite.features.sound.loaded import compile_calls; compile_calls()",
}


@pytest.fixture
def run_with_an_empty_cache(tmp_path):
    """A function that starts Python code whose Numba has compiled nothing yet."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "MPLBACKEND": "agg"}
    started = []

    def start(code):
        started.append(subprocess.Popen([sys.executable, "-c", TONE + code], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_processes_that_start_at_once_leave_code_that_runs(run_with_an_empty_cache):
    for _ in ("nothing is compiled yet", "all of it is"):
        at_once = {name: run_with_an_empty_cache(code) for name, code in USES.items()}
        ended = {name: process.wait(timeout=140) for name, process in at_once.items()}
        assert ended == dict.fromkeys(USES, 0)


def test_the_lock_may_be_taken_again_within_itself():
    code = (
        "from mcsan_lite.features.sound import loaded\n"
        "with loaded.compiling(), loaded.first_call('x'), loaded.compiling(): print('in')\n"
        "with loaded.first_call('x'): print('again')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "in\nagain\n" and done.returncode == 0


def test_another_process_waits_while_one_compiles(tmp_path):
    """Also one whose temporary folder is another: the lock lies where the code is written."""
    hold = HOLD.replace("compiled import compiling_alone", "loaded import compiling")
    command = [sys.executable, "-c", hold.replace("compiling_alone()", "compiling()")]
    pipe = subprocess.PIPE
    holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert holder.stdout.readline() == "mine\n"
    code = "from mcsan_lite.features.sound.loaded import librosa; print('done')"
    elsewhere = os.environ | {"TMPDIR": str(tmp_path)}
    waiting = subprocess.Popen([sys.executable, "-c", code], stdout=pipe, text=True, env=elsewhere)
    time.sleep(4)
    assert waiting.poll() is None
    holder.communicate("")
    assert waiting.communicate(timeout=120)[0] == "done\n"


@pytest.mark.parametrize("error", [PermissionError(13, "no"), NotImplementedError, TimeoutError])
def test_without_a_lock_it_goes_on(monkeypatch, error):
    def refuse(*_, **__):
        raise error

    refusing = SimpleNamespace(acquire=refuse, release=lambda: None)
    monkeypatch.setattr(loaded, "_lock_of", lambda process: refusing)
    with loaded.compiling():
        went_on = True
    assert went_on


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_a_lock_of_its_own():
    """As the kernels of a build of all lessons, which begin with librosa loaded."""
    code = (
        "import os\n"
        "from mcsan_lite.features.sound.loaded import compiling\n"
        "with compiling(): pass\n"
        "child = os.fork()\n"
        "with compiling(): pass\n"
        "if not child: os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "0\n" and done.returncode == 0
