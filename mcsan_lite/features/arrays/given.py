"""Features made elsewhere: frames of wav2vec, WavLM or openSMILE; word vectors of a language model.

In: utterances, and a place. Out: one array per utterance, and a reason for each that has none.

A *place* is a folder of ID.npy, an .npz with the members ID, or one .npy that is meant for
whichever utterance is asked about. "_" stands for what a file name cannot hold. In a folder, an
array may also be called as the utterance's recording: clip.npy for clip.wav.

The rows of a word array are the tokens of the transcript, as `features.words.tokenize` gives them.
Where a language model cuts words otherwise, its tokens stand beside ID.npy in ID.txt, one per line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.arrays.files import ArrayKind, is_there, name_on_disk, read_rows, source

_ENDINGS = (".npy", ".npz")
FRAMES = ArrayKind(
    "a file of sound frames", "an array (frames, numbers) as ID.npy or in an .npz, one per clip"
)
WORD_ROWS = ArrayKind(
    "a file of word vectors", "an array (tokens, numbers) as ID.npy or in an .npz, one per text"
)


@dataclass(frozen=True)
class Given:
    """What a place holds of some utterances.

    Attributes:
        rows: (rows, width) by the utterance's id.
        problems: why an utterance has none, by its id.
        width: numbers per row.
    """

    rows: dict[str, np.ndarray]
    problems: dict[str, str]
    width: int


def is_place(name: str) -> bool:
    """Whether a name means arrays made elsewhere: a folder, an .npz or an .npy."""
    return bool(name) and (Path(name).suffix in _ENDINGS or Path(name).is_dir())


def array_of(place: Path, utterance: Utterance) -> Path:
    """The file, or the member of an archive, that holds the array of an utterance.

    Args:
        place: a folder, an .npz, or one .npy.
        utterance: whose array is meant.
    """
    if place.suffix == ".npy":
        return place
    by_id = place / f"{name_on_disk(utterance.id)}.npy"
    if utterance.audio is None or place.suffix == ".npz" or by_id.is_file():
        return by_id
    by_recording = place / f"{utterance.audio.stem}.npy"
    return by_recording if by_recording.is_file() else by_id


def read_given(utterances: Sequence[Utterance], place: str, kind: ArrayKind, cache: Path) -> Given:
    """The arrays of some utterances, through the cache.

    Args:
        utterances: all that should have one.
        place: where the arrays are.
        kind: `FRAMES` or `WORD_ROWS`.
        cache: folder that keeps what was read, as one file.

    Raises:
        DataError: where there is no such place, or no utterance has an array in it; and for arrays
            of different widths.
    """
    found = Path(place)
    if not found.exists():
        raise DataError(f"no such place: {place}", kind.formats, "check the path.")
    arrays = {one.id: array_of(found, one) for one in utterances}
    files = [
        (name, path.name, *array_cache.file_state(source(path))) for name, path in arrays.items()
    ]
    key = array_cache.key("given arrays", kind.file, files)
    stored = array_cache.get_or_make_rows(cache, key, lambda: _read_all(arrays, place, kind))
    good = [name for name in arrays if name not in stored.about]
    rows = dict(zip(good, stored.arrays, strict=True))
    width = next(iter(rows.values())).shape[1]
    return Given(rows, stored.about, width)


def read_frames(
    utterances: Sequence[Utterance], place: str, cache: Path, *, hop_s: float, most_s: float
) -> Given:
    """Sound frames that were made elsewhere, as far as a clip is heard. No clip is opened.

    An utterance without a clip and without an array is one without sound, and no mistake.

    Args:
        utterances: of a corpus.
        place: where the arrays are.
        cache: folder that keeps what was read.
        hop_s: seconds from one frame to the next.
        most_s: how many seconds are heard, where an utterance does not end before.

    Raises:
        DataError: as `read_given`.
    """
    folder = Path(place)
    sounding = [one for one in utterances if one.audio or is_there(array_of(folder, one))]
    given = read_given(sounding or utterances, place, FRAMES, cache)
    frames = {}
    for utterance in sounding:
        if utterance.id in given.rows:
            seconds = most_s if utterance.max_s is None else min(most_s, utterance.max_s)
            steps = max(1, round(seconds / hop_s))
            frames[utterance.id] = given.rows[utterance.id][:steps]
    return replace(given, rows=frames)


def _read_all(arrays: dict[str, Path], place: str, kind: ArrayKind) -> array_cache.Rows:
    """Every array of a place; what cannot be used, as a reason."""
    rows, problems = {}, {}
    for name, path in arrays.items():
        try:
            rows[name] = _with_content(read_rows(path, kind), path, kind)
        except DataError as error:
            problems[name] = str(error).replace("\n", " ")
    if not rows:
        first, *_ = arrays.values()
        raise DataError(
            f"{place}, which holds no usable array of {len(arrays)} utterances; the first is "
            f"{next(iter(problems.values()))}",
            f"{kind.formats}, such as {first.name}",
            "name the arrays after the utterances: mcsan check lists their ids.",
        )
    return array_cache.Rows(
        lengths=[len(one) for one in rows.values()],
        arrays=rows.values(),
        width=_width(rows, kind),
        about=problems,
    )


def _with_content(rows: np.ndarray, path: Path, kind: ArrayKind) -> np.ndarray:
    """The rows, unless there is none or all are zeros: a network would train on silence."""
    if not rows.any():
        raise DataError(
            f"{path}: {len(rows)} rows, all of them zeros" if len(rows) else f"{path}: no row",
            kind.formats,
            kind.repair,
        )
    return rows


def _width(rows: dict[str, np.ndarray], kind: ArrayKind) -> int:
    widths = {one.shape[1]: name for name, one in rows.items()}
    if len(widths) > 1:
        listed = " and ".join(f"{size} numbers per row ({name})" for size, name in widths.items())
        raise DataError(
            f"{kind.file} of each utterance, with {listed}",
            "as many in every array",
            "make all of them with the same tool and settings.",
        )
    (width,) = widths
    return width


def written_tokens(place: Path, utterance: Utterance) -> list[str] | None:
    """The tokens that stand beside an array, in ID.txt; None where there is no such file.

    Args:
        place: a folder, an .npz, or one .npy.
        utterance: whose tokens are meant.
    """
    if place.suffix == ".npz":
        return None
    beside = array_of(place, utterance).with_suffix(".txt")
    if not beside.is_file():
        return None
    try:
        return beside.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError(
            f"{beside}, which is no text in UTF-8", "one token per line", "write it again in UTF-8."
        ) from None
