"""RAVDESS, the spoken part: 24 actors say two fixed sentences in eight emotions.

In: the unpacked clips. Out: a `Corpus`. Both sentences occur in every class, so the words alone
must score at chance: a control for what fusion adds. A file's name says everything:
MM-CC-EE-II-SS-RR-AA (modality, channel, emotion, intensity, statement, repetition, actor).

Source: Livingstone & Russo 2018, "The Ryerson Audio-Visual Database of Emotional Speech and Song".
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.datasets.folders import files_below
from mcsan_lite.errors import DataError

# Emotion codes 01 to 08.
RAVDESS_LABELS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fearful",
    "disgust",
    "surprised",
)
_SENTENCES = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
RAVDESS_ACTORS = tuple(f"{number:02d}" for number in range(1, 25))
_CLIPS_PER_ACTOR = 60  # neutral 4, the other seven classes 8 each


class _Codes(NamedTuple):
    """The seven parts of a name, two digits each."""

    modality: str
    channel: str
    emotion: str
    intensity: str
    statement: str
    repetition: str
    actor: str


_HIGHEST = _Codes("03", "02", "08", "02", "02", "02", "24")


class _Problem(NamedTuple):
    """Why a file is not taken."""

    kind: str
    detail: str = ""


def clip_names(actor: str) -> set[str]:
    """The 60 spoken clips of an actor ("01" to "24"), without ending."""
    emotions = [f"{number:02d}" for number in range(1, len(RAVDESS_LABELS) + 1)]
    two = ("01", "02")  # intensities, statements, repetitions
    names = set()
    for codes in itertools.product(emotions, two, two, two):
        name = "-".join(("03", "01", *codes, actor))
        if _problem(name) is None:
            names.add(name)
    return names


def label_of(name: str) -> str:
    """The emotion of the clip of this name."""
    return RAVDESS_LABELS[int(_Codes(*name.split("-")).emotion) - 1]


def read_ravdess(root: Path | str, *, strict: bool = True) -> Corpus:
    """The spoken clips of any number of the 24 actors, sorted by id.

    Args:
        root: the clips lie anywhere below it, as wav or flac.
        strict: refuse an actor without all 60 clips.

    Returns:
        The corpus. Songs, the sound tracks of videos, and names outside the grammar are listed in
        `skipped` with the reason.

    Raises:
        DataError: for a missing folder, for no clip at all, for a clip that is there twice and,
            with `strict`, for a missing clip.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(
            f"no folder {root}",
            "the unpacked RAVDESS, with Actor_01, Actor_02, …",
            "check the path, or take Audio_Speech_Actors_01-24.zip from "
            "https://zenodo.org/records/1188976",
        )
    paths_of: dict[str, list[Path]] = defaultdict(list)
    skipped = []
    for path in sorted(_audio_files(root), key=lambda path: (path.stem, path)):
        problem = _problem(path.stem)
        if problem is None:
            paths_of[path.stem].append(path)
        else:
            skipped.append(Skipped(path.as_posix(), problem.kind, problem.detail))
    _require_each_once(paths_of, skipped, root)
    if strict:
        _require_complete(set(paths_of), root)
    utterances = [_utterance(name, root / path) for name, (path,) in paths_of.items()]
    return Corpus("ravdess", RAVDESS_LABELS, tuple(utterances), tuple(skipped), kind="ravdess")


def _audio_files(root: Path) -> list[Path]:
    """All wav and flac files below the folder, from there on."""
    return [
        path
        for path in map(Path, files_below(root))
        if path.suffix.lower() in (".wav", ".flac") and not path.name.startswith(".")
    ]


def _problem(name: str) -> _Problem | None:
    """Why the file of this name is not taken; None for a spoken clip without picture."""
    codes = name.split("-")
    if len(codes) != len(_HIGHEST):
        expected = f"the {len(_HIGHEST)} of MM-CC-EE-II-SS-RR-AA"
        return _Problem(f"a name of {len(codes)} parts, not {expected}")
    for part, code, highest in zip(_Codes._fields, codes, _HIGHEST, strict=True):
        allowed = {f"{number:02d}" for number in range(1, int(highest) + 1)}
        if code not in allowed:
            return _Problem(f"{part} {code!r} in the name", f"not one of 01 to {highest}")
    codes = _Codes(*codes)
    if codes.emotion == "01" and codes.intensity == "02":
        return _Problem("intensity '02' (strong) in the name", "neutral has only '01'")
    if codes.modality != "03":
        return _Problem(f"modality {codes.modality!r}", "with picture; only sound ('03') is read")
    if codes.channel != "01":
        return _Problem("channel '02'", "sung; only speech ('01') is read")
    return None


def _require_each_once(paths_of: dict[str, list[Path]], skipped: list[Skipped], root: Path) -> None:
    if not paths_of:
        reasons = "".join(f"\n  {s.id}: {s.reason}" for s in skipped[:3])
        raise DataError(
            f"no spoken RAVDESS clip below {root}; {len(skipped)} other audio files{reasons}",
            "names like 03-01-05-01-02-01-12.wav, in any folder",
            "check the folder: is it RAVDESS?",
        )
    for paths in paths_of.values():
        if len(paths) > 1:
            raise DataError(
                f"one clip in {len(paths)} files below {root}: {' and '.join(map(str, paths))}",
                "every clip once",
                "delete one of them, or name the folder that holds only one copy.",
            )


def _require_complete(names: set[str], root: Path) -> None:
    gaps = ""
    for actor in sorted({name[-2:] for name in names}):
        missing = sorted(clip_names(actor) - names)
        if missing:
            shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            gaps += f"\n  actor{actor}: {len(missing)} of {_CLIPS_PER_ACTOR} missing: {shown}"
    if gaps:
        raise DataError(
            f"{len(names)} RAVDESS clips below {root}{gaps}",
            f"{_CLIPS_PER_ACTOR} spoken clips of every actor who is there",
            "unpack Audio_Speech_Actors_01-24.zip again, or go on without them: --allow-incomplete "
            "(strict=False).",
        )


def _utterance(name: str, path: Path) -> Utterance:
    codes = _Codes(*name.split("-"))
    return Utterance(
        name,
        path,
        _SENTENCES[codes.statement],
        label_of(name),
        speaker=f"actor{codes.actor}",
        dialogue=f"actor{codes.actor}",
        scenario=f"statement{codes.statement}",
    )
