"""A corpus's films: which file holds what is seen of which utterance, and which cannot be read.

In: a corpus, and a folder or an .npz. Out: the corpus with its films.

A film is an OpenFace csv or an array .npy, in any folder below the one that is given, or a member
of an .npz. Its name is the utterance's id, in which "_" stands for what a file name cannot hold
(< > : " / \\ | ? *). Two corpora have films of other names in public; these are taken too:

- RAVDESS calls the picture of a take 01 (with sound) or 02 (without) where its sound is 03:
  01-01-05-01-02-01-12 and 02-01-05-01-02-01-12 are films of 03-01-05-01-02-01-12. So are the
  OpenFace csv files of R. Swanson, S. Livingstone and F. Russo, "RAVDESS Facial Landmark Tracking"
  (2019), https://zenodo.org/records/3255102
- MELD counts its clips in each part anew: train/dia0_utt0 is the film of train_dia0_utt0, dev/ or
  valid/ that of the valid part.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.datasets.folders import files_below
from mcsan_lite.errors import DataError
from mcsan_lite.features.arrays.files import name_on_disk
from mcsan_lite.features.video import VIDEO_FORMATS, read_video, video_key, video_rows
from mcsan_lite.parallel.jobs import fan_out_chunks

_SUFFIXES = (".csv", ".npy")
_MELD_ID = re.compile(r"(train|valid|test)_(dia\d+_utt\d+)")


def with_video(corpus: Corpus, place: Path | str) -> Corpus:
    """The corpus with its films; none is opened.

    Args:
        corpus: without video of its own.
        place: a folder or an .npz.

    Returns:
        The corpus. Utterances without a film stay as they are; they and the files of no utterance
        are listed in `skipped`.

    Raises:
        DataError: for a corpus that has video of its own, where no utterance has a film, and where
            it is not clear which film is whose.
    """
    place = Path(place)
    _require_no_video(corpus, place)
    films = _films(place)
    film_of = _assign(corpus, films)
    if not film_of:
        raise _no_film(corpus, films, place)
    skipped = [
        Skipped(u.id, "no video file", f"none in {place}")
        for u in corpus.utterances
        if u.id not in film_of
    ]
    taken = set(film_of.values())
    skipped += [
        Skipped(str(film), "a video file of no utterance", str(film))
        for film in films
        if film not in taken
    ]
    return replace(
        corpus,
        utterances=tuple(replace(u, video=film_of.get(u.id)) for u in corpus.utterances),
        skipped=(*corpus.skipped, *skipped),
    )


def _require_no_video(corpus: Corpus, place: Path) -> None:
    own = [u.id for u in corpus.utterances if u.video is not None]
    if own:
        raise DataError(
            f"--video {place} with {corpus.name}, which has video of its own for {len(own)} of "
            f"{len(corpus)} utterances, such as {own[0]}",
            "one of the two",
            "leave --video out, or the corpus's own video.",
        )


def _films(place: Path) -> list[Path]:
    """Every file below the folder, or every member of the archive, that may be a film."""
    if place.is_dir():
        paths = (place / name for name in files_below(place))
        return sorted(path for path in paths if _may_be_film(path))
    if place.suffix != ".npz":
        raise _no_films(place, "no such folder or .npz")
    try:
        with zipfile.ZipFile(place) as archive:
            members = sorted(archive.namelist())
    except FileNotFoundError:
        raise _no_films(place, "no such folder or .npz") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise _no_films(place, f"not readable ({error})") from None
    return [place / name for name in members if "/" not in name and name.endswith(".npy")]


def _may_be_film(path: Path) -> bool:
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file()


def _no_films(place: Path, why: str) -> DataError:
    return DataError(
        f"--video {place}: {why}",
        "a folder of OpenFace csv files or .npy arrays, or one .npz",
        "check the path.",
    )


def _names(corpus: Corpus, utterance: Utterance) -> list[str]:
    """What the film of an utterance may be called, without suffix; the first found counts."""
    plain = name_on_disk(utterance.id)
    if corpus.kind == "ravdess" and plain.startswith("03-"):
        return [plain, f"01{plain[2:]}", f"02{plain[2:]}"]
    meld_id = _MELD_ID.fullmatch(plain)
    if corpus.kind == "meld" and meld_id:
        part, clip = meld_id.groups()
        if part == "valid":
            return [plain, f"valid/{clip}", f"dev/{clip}"]
        return [plain, f"{part}/{clip}"]
    return [plain]


def _assign(corpus: Corpus, films: Sequence[Path]) -> dict[str, Path]:
    """{id: its film}; refuses several films of an utterance, and several owners of a film."""
    films_called: dict[str, list[Path]] = defaultdict(list)
    for film in films:
        films_called[film.stem].append(film)
        films_called[f"{film.parent.name}/{film.stem}"].append(film)
    owner_of: dict[Path, str] = {}
    for u in corpus.utterances:
        names = [name for name in _names(corpus, u) if name in films_called]
        if not names:
            continue
        own = films_called[names[0]]
        if len(own) > 1:
            given = f"utterance {u.id!r} with {len(own)} films: {' and '.join(map(str, own[:3]))}"
            raise _unclear(given)
        (film,) = own
        if film in owner_of:
            raise _unclear(f"{film}, a film of both {owner_of[film]!r} and {u.id!r}")
        owner_of[film] = u.id
    return {owner: film for film, owner in owner_of.items()}


def _unclear(given: str) -> DataError:
    return DataError(given, "one film per utterance", "delete or rename one of them.")


def _no_film(corpus: Corpus, films: Sequence[Path], place: Path) -> DataError:
    """The refusal where no film fits: what was there, and what names to give."""
    there = ""
    if films:
        shown = ", ".join(str(film.relative_to(place)) for film in films[:3])
        more = ", …" if len(films) > 3 else ""
        there = f" ({shown}{more})"
    suffix = ".npy" if place.is_file() else ".csv"
    likely = [f"{name}{suffix}" for name in _names(corpus, corpus.utterances[0])]
    return DataError(
        f"--video {place} with {len(films)} possible films{there}, none of them of the "
        f"{len(corpus)} utterances of {corpus.name}",
        f"names such as {' or '.join(likely)}; each is {VIDEO_FORMATS}",
        "check the folder, or name the files after the utterances.",
    )


def watchable(corpus: Corpus, *, cache: Path | str = "data/cache", jobs: int = 1) -> Corpus:
    """The corpus without the films that cannot be read.

    Each film is read once: what was read is kept where `features.extract` looks for it, and so is
    the list of those that cannot be read.

    Args:
        corpus: with its films.
        cache: folder of what is kept.
        jobs: how many processes read at the same time.

    Returns:
        The corpus. Utterances whose film cannot be read stay, and are listed in `skipped` with the
        reason.
    """
    seen = [u for u in corpus.utterances if u.video is not None]
    if not seen:
        return corpus
    name = video_key(seen, "unusable video")
    stored = array_cache.get_or_make_rows(Path(cache), name, lambda: _read_all(seen, cache, jobs))
    problem_of: Mapping[str, str] = stored.about
    utterances = [replace(u, video=None) if u.id in problem_of else u for u in corpus.utterances]
    skipped = [Skipped(owner, "unusable video", why) for owner, why in problem_of.items()]
    return replace(corpus, utterances=tuple(utterances), skipped=(*corpus.skipped, *skipped))


def _read_all(seen: Sequence[Utterance], cache: Path | str, jobs: int) -> array_cache.Rows:
    """Keep the films for `features.extract`; what cannot be read, as rows without a row."""
    results = fan_out_chunks(_read, [(u.video,) for u in seen], jobs=jobs, desc="video")
    arrays, problems = {}, {}
    for utterance, result in zip(seen, results, strict=True):
        if isinstance(result, DataError):
            problems[utterance.id] = result.given
        else:
            arrays[utterance.id] = result
    widths = {rows.shape[1] for rows in arrays.values()}
    if len(widths) == 1:  # else `extract` refuses, and says which
        readable = [u for u in seen if u.id in arrays]
        array_cache.store_rows(Path(cache), video_key(readable), video_rows(arrays))
    return array_cache.Rows(lengths=[], arrays=[], width=1, about=problems)


def _read(path: Path) -> np.ndarray | DataError:
    try:
        return read_video(path)
    except DataError as error:
        return error
