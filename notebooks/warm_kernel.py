"""Kernels that begin with everything imported: a server imports once, and forks for each notebook.

    python notebooks/warm_kernel.py ADDRESS -f FILE   the process that jupyter_client starts: it asks
                                                      the server for a kernel, and lives as long as it

In: the address of a server that `WarmKernels` started, and what a kernel is told. Out: a kernel. Importing
takes about five seconds of processor time for each lesson, and building all of them means some forty
lessons. Windows cannot fork: there every kernel imports for itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"  # macOS: system libraries forbid it
# What lessons import, as far as it takes time.
IMPORTS = (
    *("torch", "pandas", "seaborn", "matplotlib.pyplot", "scipy.stats"),
    "mcsan_lite.features.sound.loaded",  # librosa, and what it compiles
    *("sklearn.linear_model", "statsmodels.stats.multitest", "ipykernel.kernelapp"),
)
NAMES = ("READINGS", "MCSAN", "load_checkpoint", "extract", "open_corpus", "figures")  # of ours


class WarmKernels:
    """A server of warm kernels, for the time of a `with` block.

    Attributes:
        command: what starts such a kernel; the arguments of a kernel follow it.
    """

    def __enter__(self) -> WarmKernels:
        self._folder = tempfile.TemporaryDirectory(prefix="mcsan-warm-")
        address = str(Path(self._folder.name) / "socket")
        serve = [sys.executable, __file__, "--serve", address]
        pipe = subprocess.PIPE
        self._server = subprocess.Popen(serve, stdin=pipe, stdout=pipe, env=_environment())
        self._server.stdout.readline()  # it listens now, and goes on to import
        self.command = [sys.executable, __file__, address]
        return self

    def __exit__(self, *_) -> None:
        self._server.kill()
        self._server.communicate()
        self._folder.cleanup()


def _environment() -> dict[str, str]:
    """What libraries look at when they are imported."""
    backend = "module://matplotlib_inline.backend_inline"
    return os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": backend}


def serve(address: str) -> None:
    """Import, then fork a kernel whenever one is asked for, until standard input ends.

    Args:
        address: the file that becomes the socket.
    """
    import importlib

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the builder's affair
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    with Listener(address, "AF_UNIX", backlog=64) as listener:
        print("ready", flush=True)
        threading.Thread(target=_end_with_builder, daemon=True).start()
        for name in IMPORTS:
            importlib.import_module(name)
        import mcsan_lite

        for name in NAMES:
            getattr(mcsan_lite, name)
        while True:
            with listener.accept() as asked:
                if os.fork() == 0:
                    _become_kernel(asked)


def _end_with_builder() -> None:
    sys.stdin.buffer.read()  # until the builder ends, in whatever way
    os._exit(0)


def _become_kernel(asked: Connection) -> None:
    arguments, folder, environment = asked.recv()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    threading.Thread(target=_follow, args=(asked,), daemon=True).start()
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=arguments)
    os._exit(0)


def _follow(asked: Connection) -> None:
    """Within a kernel: interrupt where the process that asked is interrupted, and end with it."""
    with suppress(EOFError, OSError):
        while asked.recv() == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
    os._exit(1)


def ask(address: str, told: list[str]) -> None:
    """Ask for a kernel, hand interrupts on, and wait for its end.

    Args:
        address: of the server.
        told: the arguments of the kernel.
    """
    with Client(address, "AF_UNIX") as kernel:
        signal.signal(signal.SIGINT, lambda *_: kernel.send("interrupt"))
        kernel.send((told, os.getcwd(), dict(os.environ)))
        with suppress(EOFError, OSError):
            kernel.recv()


if __name__ == "__main__":
    first, *others = sys.argv[1:]
    if first == "--serve":
        serve(*others)
    else:
        ask(first, others)
