"""(d) Start-up: importing the package, and `mcsan --help`.

Wall seconds of a fresh process, the best of five. A test counts its processor seconds instead: they
do not depend on what else the machine does.
"""

from __future__ import annotations

import subprocess
import sys
import time

COMMANDS = {
    "python_s": [sys.executable, "-c", "pass"],
    "import_mcsan_lite_s": [sys.executable, "-c", "import mcsan_lite"],
    "import_mcsan_and_torch_s": [sys.executable, "-c", "import mcsan_lite.models.mcsan"],
    "mcsan_help_s": [sys.executable, "-m", "mcsan_lite", "--help"],
}


def best(command: list[str], times: int = 5) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        found.append(time.perf_counter() - start)
    return min(found)


def processor_seconds(command: list[str]) -> float:
    """User and system seconds of one fresh process. Not on Windows."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure() -> dict[str, float]:
    return {name: best(command) for name, command in COMMANDS.items()}


if __name__ == "__main__":
    print(measure())
