"""RAVDESS, the spoken part: 24 actors say two fixed sentences in eight emotions (Livingstone & Russo 2018).

Both sentences occur in every class, so the words alone must score at chance: a control for what fusion adds.
A file's name says everything: MM-CC-EE-II-SS-RR-AA.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.errors import DataError

LABELS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fearful",
    "disgust",
    "surprised",
)  # code 01 to 08
SENTENCES = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
# The seven parts of a name, each with its highest code.
PARTS = {
    "modality": 3,
    "channel": 2,
    "emotion": 8,
    "intensity": 2,
    "statement": 2,
    "repetition": 2,
    "actor": 24,
}


def _problem(stem: str) -> tuple[str, str] | None:
    """(kind, detail) of why the file of this name is not taken; None for a spoken clip without picture."""
    codes = stem.split("-")
    if len(codes) != len(PARTS):
        return f"a name of {len(codes)} parts, not the {len(PARTS)} of MM-CC-EE-II-SS-RR-AA", ""
    for code, (part, highest) in zip(codes, PARTS.items(), strict=True):
        if code not in {f"{i:02d}" for i in range(1, highest + 1)}:
            return f"{part} {code!r} in the name", f"not one of 01 to {highest:02d}"
    modality, channel, emotion, intensity = codes[:4]
    if emotion == "01" and intensity == "02":
        return "intensity '02' (strong) in the name", "neutral has only '01'"
    if modality != "03":
        return f"modality {modality!r}", "with picture; only sound ('03') is read"
    return ("channel '02'", "sung; only speech ('01') is read") if channel != "01" else None


def clip_names(actor: str) -> set[str]:
    """The 60 spoken clips of an actor ("01" to "24"): neutral 4, the other seven classes 8 each."""
    choices = itertools.product(
        (f"{i:02d}" for i in range(1, 9)), ("01", "02"), ("01", "02"), ("01", "02")
    )
    names = ("-".join(("03", "01", *codes, actor)) for codes in choices)
    return {name for name in names if not _problem(name)}


def _check_complete(stems: set[str], root: Path) -> None:
    missing = {
        actor: sorted(clip_names(actor) - stems) for actor in sorted({s[-2:] for s in stems})
    }
    lines = [
        f"actor{actor}: {len(names)} of 60 missing: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}"
        for actor, names in missing.items()
        if names
    ]
    if lines:
        raise DataError(
            f"{len(stems)} RAVDESS clips below {root}\n  " + "\n  ".join(lines),
            "60 spoken clips of every actor who is there",
            "unpack Audio_Speech_Actors_01-24.zip again, or go on without them: --allow-incomplete "
            "(strict=False).",
        )


def read_ravdess(root: Path | str, *, strict: bool = True) -> Corpus:
    """The spoken clips anywhere below `root`, wav or flac, sorted by id; any number of the 24 actors.

    Songs, videos' sound tracks and names outside the grammar go to `skipped`, with the reason. Raises DataError for a
    missing folder, for no clip at all, for a clip that is there twice and, with `strict`, for an actor without all 60.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(
            f"no folder {root}",
            "the unpacked RAVDESS, with Actor_01, Actor_02, …",
            "check the path, or take Audio_Speech_Actors_01-24.zip from https://zenodo.org/records/1188976",
        )
    files = sorted(
        (p.stem, p.relative_to(root))
        for p in root.rglob("*")
        if p.suffix.lower() in (".wav", ".flac") and not p.name.startswith(".") and not p.is_dir()
    )
    found, skipped = defaultdict(list), []
    for stem, path in files:
        if problem := _problem(stem):
            skipped.append(Skipped(path.as_posix(), *problem))
        else:
            found[stem].append(path)
    if not found:
        reasons = "".join(f"\n  {s.id}: {s.reason}" for s in skipped[:3])
        raise DataError(
            f"no spoken RAVDESS clip below {root}; {len(skipped)} other audio files{reasons}",
            "names like 03-01-05-01-02-01-12.wav, in any folder",
            "check the folder: is it RAVDESS?",
        )
    for paths in found.values():
        if len(paths) > 1:
            raise DataError(
                f"one clip in {len(paths)} files below {root}: {' and '.join(map(str, paths))}",
                "every clip once",
                "delete one of them, or name the folder that holds only one copy.",
            )
    if strict:
        _check_complete(set(found), root)
    utterances = []
    for stem, (path,) in found.items():
        _, _, emotion, _, statement, _, actor = stem.split("-")
        utterances.append(
            Utterance(
                stem,
                root / path,
                SENTENCES[statement],
                LABELS[int(emotion) - 1],
                speaker=f"actor{actor}",
                dialogue=f"actor{actor}",
                scenario=f"statement{statement}",
            )
        )
    return Corpus("ravdess", LABELS, tuple(utterances), tuple(skipped), kind="ravdess")
