"""A corpus's films: which file holds what is seen of which utterance, and which of them cannot be read.

A film is an OpenFace csv or an array .npy, in any folder below the one that is given, or a member of an .npz; its name is
the utterance's id, in which "_" stands for what a file name cannot hold (< > : " / \\ | ? *). Two corpora have films of
other names in public; these are taken too:

- RAVDESS calls the picture of a take 01 (with sound) or 02 (without) where its sound is 03: 01-01-05-01-02-01-12 and
  02-01-05-01-02-01-12 are the film of 03-01-05-01-02-01-12. So are the OpenFace csv files of R. Swanson, S. Livingstone and
  F. Russo, "RAVDESS Facial Landmark Tracking" (2019), https://zenodo.org/records/3255102
- MELD counts its clips in each part anew: train/dia0_utt0 is the film of train_dia0_utt0, dev/ or valid/ of the valid part.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.video import VIDEO_FORMATS, read_video, video_key, video_rows
from mcsan_lite.parallel import fan_out_chunks

ENDINGS = (".csv", ".npy")


def names(corpus: Corpus, utterance: Utterance) -> list[str]:
    """What the film of an utterance may be called, without ending; the first that is there is taken."""
    plain = re.sub(r'[<>:"/\\|?*\0-\x1f]', "_", utterance.id)
    if corpus.kind == "ravdess" and plain.startswith("03-"):
        return [plain, f"01{plain[2:]}", f"02{plain[2:]}"]
    if (
        found := re.fullmatch(r"(train|valid|test)_(dia\d+_utt\d+)", plain)
    ) and corpus.kind == "meld":
        part, clip = found.groups()
        return [plain, f"{part}/{clip}", *([f"dev/{clip}"] if part == "valid" else [])]
    return [plain]


def _films(place: Path) -> list[Path]:
    """Every file below the folder, or every member of the archive, that may be a film."""
    if place.is_dir():
        return sorted(
            p
            for p in place.rglob("*")
            if p.suffix in ENDINGS and not p.name.startswith(".") and p.is_file()
        )
    try:
        if place.suffix != ".npz":
            raise FileNotFoundError
        with zipfile.ZipFile(place) as archive:
            return [
                place / name
                for name in sorted(archive.namelist())
                if "/" not in name and name.endswith(".npy")
            ]
    except (OSError, zipfile.BadZipFile) as error:
        why = (
            "no such folder or .npz"
            if isinstance(error, FileNotFoundError)
            else f"not readable ({error})"
        )
        raise DataError(
            f"--video {place}: {why}",
            "a folder of OpenFace csv files or .npy arrays, or one .npz",
            "check the path.",
        ) from None


def with_video(corpus: Corpus, place: Path | str) -> Corpus:
    """The corpus with the films in `place`, a folder or an .npz; none is opened. Utterances without a film stay as they are;
    they and the files of no utterance are listed in `skipped`.

    Raises DataError for a corpus that has video of its own, where no utterance has a film, and where it is not clear which
    film is whose.
    """
    place = Path(place)
    if own := [u.id for u in corpus.utterances if u.video is not None]:
        raise DataError(
            f"--video {place} with {corpus.name}, which has video of its own for {len(own)} of {len(corpus)} "
            f"utterances, such as {own[0]}",
            "one of the two",
            "leave --video out, or the corpus's own video.",
        )
    films = _films(place)
    named: dict[str, list[Path]] = defaultdict(list)
    for film in films:
        named[film.stem].append(film)
        named[f"{film.parent.name}/{film.stem}"].append(film)
    whose: dict[Path, str] = {}
    for u in corpus.utterances:
        found = next((named[name] for name in names(corpus, u) if name in named), [])
        if len(found) > 1 or (found and found[0] in whose):
            raise DataError(
                f"utterance {u.id!r} with {len(found)} films: {' and '.join(map(str, found[:3]))}"
                if len(found) > 1
                else f"{found[0]}, a film of both {whose[found[0]]!r} and {u.id!r}",
                "one film an utterance",
                "delete or rename one of them.",
            )
        if found:
            whose[found[0]] = u.id
    if not whose:
        likely = [
            f"{name}.npy" if place.is_file() else f"{name}.csv"
            for name in names(corpus, corpus.utterances[0])
        ]
        there = ", ".join(str(film.relative_to(place)) for film in films[:3]) + (
            ", …" if len(films) > 3 else ""
        )
        raise DataError(
            f"--video {place} with {len(films)} possible films{f' ({there})' if films else ''}, none of them of "
            f"the {len(corpus)} utterances of {corpus.name}",
            f"names such as {' or '.join(likely)}; each is " + VIDEO_FORMATS,
            "check the folder, or name the files after the utterances.",
        )
    film_of = {name: film for film, name in whose.items()}
    skipped = [
        Skipped(u.id, "no video file", f"none in {place}")
        for u in corpus.utterances
        if u.id not in film_of
    ]
    skipped += [
        Skipped(str(film), "a video file of no utterance", str(film))
        for film in films
        if film not in whose
    ]
    return replace(
        corpus,
        utterances=tuple(replace(u, video=film_of.get(u.id)) for u in corpus.utterances),
        skipped=(*corpus.skipped, *skipped),
    )


def _read(path: Path) -> np.ndarray | DataError:
    try:
        return read_video(path)
    except DataError as error:
        return error


def watchable(corpus: Corpus, *, cache: Path | str = "data/cache", jobs: int = 1) -> Corpus:
    """The corpus without the films that cannot be read: their utterances stay, and are listed in `skipped` with the reason.

    Each film is read once: what was read is kept where `features.extract` looks for it, and so is the list.
    """
    seen = [u for u in corpus.utterances if u.video is not None]
    if not seen:
        return corpus
    cache = Path(cache)

    def make() -> array_cache.Rows:
        results = fan_out_chunks(_read, [(u.video,) for u in seen], jobs=jobs, desc="video")
        arrays, problems = {}, {}
        for utterance, result in zip(seen, results, strict=True):
            if isinstance(result, DataError):
                problems[utterance.id] = result.given
            else:
                arrays[utterance.id] = result
        if len({rows.shape[1] for rows in arrays.values()}) == 1:  # else `extract` refuses
            readable = [u for u in seen if u.id in arrays]
            array_cache.store_rows(cache, video_key(readable), video_rows(arrays))
        return array_cache.Rows(lengths=[], arrays=[], width=1, about=problems)

    name = video_key(seen, "unusable video")
    bad = array_cache.get_or_make_rows(cache, name, make).about
    return replace(
        corpus,
        utterances=tuple(replace(u, video=None) if u.id in bad else u for u in corpus.utterances),
        skipped=(
            *corpus.skipped,
            *(Skipped(i, "unusable video", why) for i, why in bad.items()),
        ),
    )
