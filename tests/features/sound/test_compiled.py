"""Of several processes, one compiles librosa at a time."""

import subprocess
import sys
import time

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
