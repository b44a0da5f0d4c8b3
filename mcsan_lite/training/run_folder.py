"""The folder of a finished fold: what is written into it, and how results are read back.

In: a trained fold. Out: history.csv, peeking.csv, predictions.csv, model.safetensors, manifest.json
and, last of all, metrics.json, which stands for a finished fold. The manifest says what a result
was made with: versions, machine and moment. It never says who or where.
"""

from __future__ import annotations

import errno
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save

import mcsan_lite
from mcsan_lite.cache import write_atomic
from mcsan_lite.datasets import splits
from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import save_table
from mcsan_lite.tables.predictions import save_predictions
from mcsan_lite.training.fold import FoldFeatures, TrainedFold, best_peek
from mcsan_lite.training.grid import FoldTask
from mcsan_lite.training.saved.result import read_result, whole_result
from mcsan_lite.training.spec import corpus_label

_ROOM = 64_000_000
_LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "librosa", "pandas")


def prepare_folder(folder: Path) -> None:
    """An empty place for the fold, on a disk with room. Raises OSError where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "error.txt").unlink(missing_ok=True)
    if shutil.disk_usage(folder).free < _ROOM:
        raise OSError(
            errno.ENOSPC, f"less than {_ROOM // 1_000_000} MB left on the disk", str(folder)
        )


def write_tables(task: FoldTask, trained: TrainedFold) -> None:
    """Write history.csv and peeking.csv, one row per epoch, and predictions.csv.

    Args:
        task: what was trained, and its folder.
        trained: the result; its predictions are those of the test utterances, one per row.
    """
    save_table(task.folder / "history.csv", trained.history)
    save_table(task.folder / "peeking.csv", trained.peeking)
    found = trained.predictions
    path = task.folder / "predictions.csv"
    save_predictions(path, found.ids, task.corpus.labels, found.true, found.prob)


def write_checkpoint(task: FoldTask, trained: TrainedFold) -> None:
    """Write model.safetensors: weights, z-normalisation, and as metadata all that loading needs.

    Args:
        task: what was trained, and its folder.
        trained: the result.
    """
    about = {
        "model": task.spec.model,
        "labels": list(task.corpus.labels),
        "dims": asdict(trained.dims),
        "config": asdict(trained.config),
        "features": asdict(task.spec.features),
    }
    weights = trained.model.state_dict()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    tensors["normal.mean"] = torch.from_numpy(trained.standardizer.mean)
    tensors["normal.deviation"] = torch.from_numpy(trained.standardizer.deviation)
    write_atomic(
        task.folder / "model.safetensors",
        lambda part: part.write_bytes(save(tensors, {"mcsan_lite": json.dumps(about)})),
    )


def fold_result(
    task: FoldTask, parts: FoldFeatures, trained: TrainedFold, seconds: float, device: str
) -> dict[str, object]:
    """What metrics.json says of a fold.

    Args:
        task: what was trained.
        parts: the features of the fold.
        trained: the result.
        seconds: that the fold took.
        device: that it was trained on.
    """
    spec, history = task.spec, trained.history
    best_row = history[f"valid_{spec.train.select}"].idxmax()
    # A model with a last step was peeked at before that step, so its peeks say nothing.
    peeked = {}
    if not hasattr(trained.model, "finish"):
        peeked = best_peek(trained.peeking, spec.train.select)
    return {
        "name": spec.name,
        "model": spec.model,
        "corpus": corpus_label(task.corpus),
        "protocol": task.fold.protocol,
        "fold": task.fold.name,
        "split": splits.digest([task.fold]),
        "seed": task.seed,
        "n_train": len(parts.train),
        "n_test": len(parts.test),
        **trained.scores,
        "best_epoch": int(history.loc[best_row, "epoch"]),
        **peeked,
        "epochs": spec.train.epochs,
        "parameters": sum(p.numel() for p in trained.model.parameters()),
        "seconds": seconds,
        "seconds_per_epoch": round(float(history.seconds.median()), 3),
        "device": device,
        "processor": _processor(),
        "torch": torch.__version__,
    }


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write `value` as JSON, whole or not at all.

    Args:
        path: of the file.
        value: what it will hold.
    """
    text = json.dumps(value, indent=1)
    write_atomic(path, lambda part: part.write_text(text, encoding="utf-8"))


def load_results(
    runs: Path | str = "runs", folders: Sequence[Path | str] | None = None
) -> pd.DataFrame:
    """Read finished folds from disk.

    Args:
        runs: the folder of results; every finished fold below it is read.
        folders: read just these fold folders instead.

    Returns:
        One row per spec, fold and seed.

    A fold whose metrics.json is damaged counts as unfinished: it is left out, with a warning.

    Raises:
        DataError: where nothing is finished.
    """
    if folders is None:
        files = sorted(Path(runs).glob("*/*/metrics.json"))
    else:
        files = [Path(folder) / "metrics.json" for folder in folders]
    rows = []
    for file in files:
        result = whole_result(file.parent) if file.exists() else read_result(file)
        if result is not None:
            rows.append(result | {"run": file.parent.parent.name, "folder": str(file.parent)})
    if not rows:
        damaged = f" ({len(files)} with a damaged metrics.json)" if files else ""
        raise DataError(
            f"no finished run below {runs}{damaged}",
            "folders with metrics.json",
            "mcsan run   (trains one)",
        )
    return pd.DataFrame(rows)


def now() -> str:
    """2021-06-06T12:00:00+00:00"""
    return datetime.now(UTC).isoformat(timespec="seconds")


def surroundings(device: str = "cpu") -> dict[str, object]:
    """What the manifest of a fold says beside its corpus and its times.

    Args:
        device: the one that trained: "cpu", "cuda", …

    Returns:
        Version, git commit (None out of a clone; "-dirty" where files were changed), Python,
        libraries, platform, processor, device, threads.
    """
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    return {
        "mcsan_lite": mcsan_lite.__version__,
        "git": _commit(),
        "python": platform.python_version(),
        "libraries": {library: _version(library) for library in _LIBRARIES},
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
            encoding="utf-8",
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
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
