"""What a result was made with: versions, machine and moment. Never who or where: neither host nor user."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import mcsan_lite

LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "librosa", "pandas")


def now() -> str:
    """2021-06-06T12:00:00+00:00"""
    return datetime.now(UTC).isoformat(timespec="seconds")


def surroundings(device: str = "cpu") -> dict[str, object]:
    """Version, git commit (None out of a clone; "-dirty" where files were changed), Python, libraries, platform, processor,
    device, threads: what the manifest of a fold says beside its corpus and its times."""
    import torch

    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    return {
        "mcsan_lite": mcsan_lite.__version__,
        "git": _commit(),
        "python": platform.python_version(),
        "libraries": {library: _version(library) for library in LIBRARIES},
        "platform": platform.platform(),
        "processor": _processor(),
        "device": name,
        "threads": torch.get_num_threads(),
    }


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def _commit() -> str | None:
    root = Path(mcsan_lite.__file__).parents[1]
    if not (root / ".git").exists():  # an installed package may lie in somebody else's repository
        return None
    try:
        said = subprocess.run(
            [
                "git",
                "-C",
                str(root),
                "describe",
                "--always",
                "--dirty",
                "--abbrev=40",
                "--exclude=*",
            ],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()


@lru_cache(maxsize=1)
def _processor() -> str:
    """The processor's name; Linux alone keeps it out of `platform`."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
