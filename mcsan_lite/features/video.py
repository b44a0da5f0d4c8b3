"""The third modality: what a face does, one row of numbers per video frame.

In: files that other tools have written. Out: an array (V, n) per clip.

- OpenFace 2.x (T. Baltrušaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018)
  writes one csv per clip. Its 17 action-unit intensities, 0 to 5, are taken: `AU01_r` to `AU45_r`.
- Any array (V, n) as .npy, or as a member of an .npz, as `arrays.files` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.arrays.files import ArrayKind, array_in, read_rows, source

_NUMBERS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
ACTION_UNITS = tuple(f"AU{number:02d}_r" for number in _NUMBERS)
# Below this confidence OpenFace has not found the face. Its own `success` says so too, where it is
# written.
_CONFIDENCE = 0.5
VIDEO_FORMATS = (
    "an OpenFace csv with AU01_r to AU45_r, or an array (frames, numbers) as .npy or in an .npz"
)
_VIDEO = ArrayKind("a video file", VIDEO_FORMATS, "hold or zero the frames without a face.")


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
    return read_rows(path, _VIDEO, _openface if path.suffix == ".csv" else array_in)


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


def read_faces(utterances: Sequence[Utterance], cache: Path) -> dict[str, np.ndarray]:
    """(V, n) by id, of every utterance with video, through the cache.

    Args:
        utterances: of a corpus.
        cache: folder that keeps what was read.

    Raises:
        DataError: as `read_video` and `video_rows`.
    """
    seen = [one for one in utterances if one.video is not None]
    if not seen:
        return {}

    def make() -> array_cache.Rows:
        return video_rows({one.id: read_video(one.video) for one in seen})

    stored = array_cache.get_or_make_rows(cache, video_key(seen), make)
    return dict(zip((one.id for one in seen), stored.arrays, strict=True))


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
