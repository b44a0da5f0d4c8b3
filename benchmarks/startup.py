"""(d) Start-up: importing the package, and `mcsan --help`.

Wall seconds of a fresh process, the best of five.
"""

from __future__ import annotations

import subprocess
import sys
import time


def best(command: list[str], times: int = 5) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        found.append(time.perf_counter() - start)
    return min(found)


def measure() -> dict[str, float]:
    return {
        "python_s": best([sys.executable, "-c", "pass"]),
        "import_mcsan_lite_s": best([sys.executable, "-c", "import mcsan_lite"]),
        "import_mcsan_and_torch_s": best([sys.executable, "-c", "import mcsan_lite.models.mcsan"]),
        "mcsan_help_s": best([sys.executable, "-m", "mcsan_lite", "--help"]),
    }


if __name__ == "__main__":
    print(measure())
