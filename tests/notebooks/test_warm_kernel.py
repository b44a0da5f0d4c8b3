"""Kernels that begin with everything imported: they are like others, and none is left over."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("build", ROOT / "notebooks" / "build.py")
build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build)

pytestmark = pytest.mark.skipif(not build.CAN_FORK, reason="this system cannot fork safely")
CELLS = """
import sys
already = "torch" in sys.modules and "seaborn" in sys.modules
import os
print(already, os.path.basename(os.getcwd()), os.environ["OMP_NUM_THREADS"], os.getpid())
"""


def executed(*sources, folder, start, timeout=120):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    build.execute(notebook, folder, timeout, start)
    return "".join(notebook.cells[-1].outputs[0].text).split()


def is_there(process):
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(process, seconds=20):
    until = time.monotonic() + seconds
    while is_there(process) and time.monotonic() < until:
        time.sleep(0.1)
    return not is_there(process)


def test_a_warm_kernel_is_a_fresh_kernel_with_everything_imported(tmp_path):
    with build.WarmKernels() as kernels:
        first = executed("x = 1", CELLS, folder=tmp_path, start=kernels.command)
        with pytest.raises(build.BuildError, match="name 'x' is not defined"):
            executed("x + 1", folder=tmp_path, start=kernels.command)
    assert first[:3] == ["True", tmp_path.name, "1"]
    assert gone_within(first[3])


def test_a_cell_that_takes_too_long_is_stopped(tmp_path):
    with build.WarmKernels() as kernels:
        executed(CELLS, folder=tmp_path, start=kernels.command)  # the imports take no cell's time
        began = time.monotonic()
        with pytest.raises(build.BuildError):
            executed("while True: pass", folder=tmp_path, start=kernels.command, timeout=2)
    assert time.monotonic() - began < 60


def test_a_killed_builder_leaves_no_server(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from warm_kernel import WarmKernels\n"
        "with WarmKernels() as kernels: print(kernels._server.pid, flush=True); time.sleep(100)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "notebooks")]
    builder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    server = builder.stdout.readline()
    assert is_there(server)
    builder.kill()
    builder.communicate()
    assert gone_within(server)
