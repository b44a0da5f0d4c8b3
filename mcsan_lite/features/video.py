"""The third modality: what a face does, a row of numbers a frame. Read from what other tools have written.

- OpenFace 2.x (T. Baltrušaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018) writes a csv a clip; its
  17 action-unit intensities, 0 to 5, are taken: `AU01_r` to `AU45_r`.
- Any array (V, n) as .npy, or as a member of an .npz: `faces.npz/ID.npy` is the member ID of faces.npz.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError

ACTION_UNITS = tuple(
    f"AU{n:02d}_r" for n in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
)
CONFIDENCE = 0.5  # below this OpenFace has not found the face; its own `success` says so too, where it is written
EXPECTED = (
    "an OpenFace csv with AU01_r to AU45_r, or an array (frames, numbers) as .npy or in an .npz"
)


def read_video(path: Path) -> np.ndarray:
    """(V, n) float32 of one clip: 17 action units of an OpenFace .csv, or what the array holds.

    A frame in which OpenFace lost the face holds the last good value, or zero where there is none before it.
    Raises DataError for a file that is missing, damaged, of another shape, or that holds what is no finite number.
    """
    path = Path(path)
    try:
        rows = _openface(path) if path.suffix == ".csv" else _array(path)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        why = (
            "missing"
            if isinstance(error, (FileNotFoundError, KeyError))
            else f"not readable ({error})"
        )
        raise DataError(
            f"a video file that is {why}: {path}", EXPECTED, "check the path, or write it again."
        ) from None
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or not rows.shape[1]:
        raise DataError(
            f"{path}: an array of shape {rows.shape} and type {rows.dtype}",
            EXPECTED,
            "write it again.",
        )
    rows = rows.astype(np.float32)
    if not np.isfinite(rows).all():
        raise DataError(
            f"{path}: numbers that are not finite",
            "finite numbers",
            "hold or zero the frames without a face.",
        )
    return rows


def source(path: Path) -> Path:
    """The file that `path` is in: itself, or the archive whose member it is."""
    return path.parent if path.parent.suffix == ".npz" else path


def _openface(path: Path) -> np.ndarray:
    table = pd.read_csv(
        path, skipinitialspace=True
    )  # OpenFace writes a blank before every name and number
    lacking = [name for name in ACTION_UNITS if name not in table]
    if lacking:
        raise DataError(
            f"{path} without {', '.join(lacking)}",
            EXPECTED,
            "run OpenFace's FeatureExtraction with -aus.",
        )
    if "face_id" in table and table.face_id.nunique() > 1:
        raise DataError(
            f"{path} with {table.face_id.nunique()} faces",
            "one face a file, the speaker's",
            "keep the rows of one face_id.",
        )
    units = table[list(ACTION_UNITS)].apply(pd.to_numeric, errors="coerce")
    good = np.isfinite(units).all(axis=1)
    if "success" in table:
        good &= table.success == 1
    if "confidence" in table:
        good &= table.confidence >= CONFIDENCE
    return units.where(good).ffill().fillna(0.0).to_numpy()


def _array(path: Path) -> np.ndarray:
    if (archive := source(path)) != path:
        return _members(archive, archive.stat().st_mtime_ns)[path.stem]
    return np.load(path, allow_pickle=False)


@lru_cache(maxsize=4)
def _members(archive: Path, stamp: int) -> np.lib.npyio.NpzFile:
    """An open archive, whose list of members is read once for a whole corpus."""
    return np.load(archive, allow_pickle=False)


def write_arrays(archive: Path, arrays: dict[str, np.ndarray]) -> None:
    """One archive for a whole corpus: thousands of small files would take more room in a folder than their content, and
    longer to copy. Half precision: OpenFace itself prints two decimals."""
    np.savez(archive, **{name: rows.astype(np.float16) for name, rows in arrays.items()})
