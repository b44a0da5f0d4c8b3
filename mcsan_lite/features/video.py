"""The third modality: what a face does, one row of numbers per video frame.

In: files that other tools have written. Out: an array (V, n) per clip.

- OpenFace 2.x (T. Baltrušaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018)
  writes one csv per clip. Its 17 action-unit intensities, 0 to 5, are taken: `AU01_r` to `AU45_r`.
- Any array (V, n) as .npy, or as a member of an .npz: `faces.npz/ID.npy` is the member ID of
  faces.npz. One clip holds at most 2**25 numbers, 128 MiB as float32: half an hour at 30 frames
  with 600 numbers each. A file that promises more is refused before it is unpacked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.pointers import FETCH_POINTERS, POINTER_BYTES, pointer_kind

_NUMBERS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
ACTION_UNITS = tuple(f"AU{number:02d}_r" for number in _NUMBERS)
# Below this confidence OpenFace has not found the face. Its own `success` says so too, where it is
# written.
_CONFIDENCE = 0.5
_MOST_NUMBERS = 1 << 25
_MOST_BYTES = 8 * _MOST_NUMBERS + (1 << 16)  # as float64, with a header
VIDEO_FORMATS = (
    "an OpenFace csv with AU01_r to AU45_r, or an array (frames, numbers) as .npy or in an .npz"
)


def read_video(path: Path) -> np.ndarray:
    """The video of one clip.

    A frame in which OpenFace lost the face holds the last good value, or zero where there is none
    before it.

    Args:
        path: an OpenFace csv, a .npy file, or a member of an .npz.

    Returns:
        (V, n) float32: 17 action units of a csv, or what the array holds.

    Raises:
        DataError: for a file that is missing, damaged, of another shape, or that holds something
            other than finite numbers.
    """
    path = Path(path)
    try:
        _refuse_pointer(source(path))
        rows = _openface(path) if path.suffix == ".csv" else _array(path)
    except DataError:
        raise
    except (FileNotFoundError, KeyError):  # KeyError: no such member
        raise _unreadable(path, "missing") from None
    except Exception as error:  # of libraries that were not made for mangled bytes
        why = str(error).splitlines() or [type(error).__name__]
        raise _unreadable(path, f"not readable ({why[0]})") from None
    if max(rows.shape, default=0) > _MOST_NUMBERS or rows.size > _MOST_NUMBERS:
        raise _unreadable(path, f"too large, {rows.shape}")
    if rows.ndim != 2 or rows.dtype.kind not in "fiu" or not rows.shape[1]:
        raise DataError(
            f"{path}: an array of shape {rows.shape} and type {rows.dtype}",
            VIDEO_FORMATS,
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


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        f"a video file that is {why}: {path}", VIDEO_FORMATS, "check the path, or write it again."
    )


def _refuse_pointer(path: Path) -> None:
    with open(path, "rb") as file:
        pointer = pointer_kind(file.read(POINTER_BYTES))
    if pointer:
        raise DataError(f"{path}: {pointer}", VIDEO_FORMATS, FETCH_POINTERS)


def source(path: Path) -> Path:
    """The file that `path` is in: itself, or the archive whose member it is."""
    if path.parent.suffix == ".npz":
        return path.parent
    return path


def video_key(utterances: Sequence[Utterance], kind: str = "video") -> str:
    """Key of what is cached for the video of these utterances.

    Args:
        utterances: all of them with video.
        kind: "video" for the frames themselves.
    """
    files = [(u.id, u.video.name, *array_cache.file_state(source(u.video))) for u in utterances]
    return array_cache.key(kind, files)


def video_rows(arrays: Mapping[str, np.ndarray]) -> array_cache.Rows:
    """The video of a corpus as it is cached.

    Args:
        arrays: (V, n) by the utterance's id.

    Raises:
        DataError: where two of them differ in n.
    """
    widths = {rows.shape[1]: name for name, rows in arrays.items()}
    if len(widths) > 1:
        listed = " and ".join(f"{n} numbers a frame ({name})" for n, name in widths.items())
        raise DataError(
            f"video of {listed}", "as many in every file", "write all of them with the same tool."
        )
    (width,) = widths
    lengths = [len(rows) for rows in arrays.values()]
    return array_cache.Rows(lengths, arrays.values(), width)


def write_arrays(archive: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the video of a whole corpus into one .npz.

    Thousands of small files would take more room in a folder than their content, and longer to
    copy. The numbers are stored in half precision: OpenFace itself prints two decimals.

    Args:
        archive: the file.
        arrays: (V, n) by the name of the member.
    """
    np.savez(archive, **{name: rows.astype(np.float16) for name, rows in arrays.items()})


def _openface(path: Path) -> np.ndarray:
    # OpenFace writes a blank before every name and number.
    # A comma at the end of every row must not make the first column an index.
    table = pd.read_csv(path, skipinitialspace=True, index_col=False, encoding="utf-8")
    missing = [name for name in ACTION_UNITS if name not in table]
    if missing:
        raise DataError(
            f"{path} without {', '.join(missing)}",
            VIDEO_FORMATS,
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
        good &= table.confidence >= _CONFIDENCE
    return units.where(good).ffill().fillna(0.0).to_numpy()


def _array(path: Path) -> np.ndarray:
    archive = source(path)
    if archive == path:
        _refuse_large(path.stat().st_size)
        return array_cache.parse_npy(path.read_bytes())
    members = _members(archive, archive.stat().st_mtime_ns)
    one = members.getinfo(f"{path.stem}.npy")
    _refuse_large(one.file_size)
    if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # as numpy writes them
        raise ValueError(f"compressed by method {one.compress_type}")
    with members.open(one) as file:  # it gives no more bytes than `file_size` says
        return array_cache.parse_npy(file.read())


def _refuse_large(size: int) -> None:
    if size > _MOST_BYTES:
        raise ValueError(f"{size:,} bytes, where {_MOST_BYTES:,} are allowed")


@lru_cache(maxsize=4)
def _members(archive: Path, changed: int) -> zipfile.ZipFile:
    """An open archive, whose list of members is read once for a whole corpus."""
    return zipfile.ZipFile(archive)
