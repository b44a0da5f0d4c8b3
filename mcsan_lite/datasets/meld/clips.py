"""Find MELD's clips in every known unpacking of the release. No clip is opened.

In: the files below a folder, and the ids of the annotated rows. Out: the clip of each row, the
re-cut test clips, and a list of files that belong to no row.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Skipped
from mcsan_lite.datasets.meld.annotation import AnnotationRow
from mcsan_lite.datasets.meld.release import CLIP_ARCHIVES, NO_USABLE_CLIP, RECUT_PREFIX
from mcsan_lite.errors import DataError

# The first that is there is taken: a converted clip before the film that it came from.
_CLIP_ENDINGS = (".wav", ".flac", ".mp4")
_CLIP_NAME = re.compile(rf"({RECUT_PREFIX})?dia([0-9]{{1,6}})_utt([0-9]{{1,6}})")
_SPLIT_WORDS = {
    "train": "train",
    "dev": "valid",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
}
DEPTH = 3  # so many levels of folders below the root are searched
_SHOWN = 5
_UNCLEAR_SPLIT = "split unclear"  # a kind of what is skipped


@dataclass
class MeldClips:
    """The file of each id, the re-cut test clips apart. `unplaced`: how many fit no part."""

    plain: dict[str, Path] = field(default_factory=dict)
    recut: dict[str, Path] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    unplaced: int = 0

    @property
    def exist(self) -> bool:
        """Whether there is any clip. Without one, MELD is used as a corpus of texts."""
        return bool(self.plain or self.recut or self.unplaced)

    def chosen(self, *, recut: bool) -> dict[str, Path]:
        """The clip of each id: the re-cut one where it is wanted and there."""
        return {**self.plain, **self.recut} if recut else self.plain

    def missing(self, rows: Sequence[AnnotationRow], chosen: Collection[str]) -> set[str]:
        """The rows without a clip. None where there are no clips at all."""
        if not self.exist:
            return set()
        return {row.id for row in rows} - set(chosen)


class _Clip(NamedTuple):
    """A file that belongs to a row. The smaller the rank, the better its format."""

    id: str
    is_recut: bool
    rank: int
    path: str


def _split_of(folders: str, is_recut: bool) -> str | None:
    """The part that the names of the folders tell. None where they tell none or several."""
    words = re.split(r"[^a-z]+", folders.lower())
    if is_recut:
        words.append("test")  # the name of a re-cut clip says it
    splits = {_SPLIT_WORDS[word] for word in words if word in _SPLIT_WORDS}
    return splits.pop() if len(splits) == 1 else None


def _identify(path: str, ids: Collection[str]) -> _Clip | Skipped | None:
    """Which row a file belongs to, or why to none. None where it is no clip by its ending."""
    folders, _, name = path.rpartition("/")
    stem, ending = os.path.splitext(name)
    if ending.lower() not in _CLIP_ENDINGS:
        return None
    if name.startswith("."):
        return Skipped(path, "hidden file", "not a clip, whatever its name")
    match = _CLIP_NAME.fullmatch(stem)
    if match is None:
        expected = f"not dia<D>_utt<U> or {RECUT_PREFIX}dia<D>_utt<U>"
        return Skipped(path, "another name", expected)
    is_recut = match[1] is not None
    split = _split_of(folders, is_recut)
    if split is None:
        question = f"of which part is {folders or 'the folder itself'!r}?"
        return Skipped(path, _UNCLEAR_SPLIT, question)
    clip_id = f"{split}_dia{int(match[2])}_utt{int(match[3])}"
    if clip_id not in ids:
        return Skipped(path, "unlabelled clip", f"no row {clip_id}")
    return _Clip(clip_id, is_recut, _CLIP_ENDINGS.index(ending.lower()), path)


def find_clips(root: Path, files: Iterable[str], ids: Collection[str]) -> MeldClips:
    """Find the clips of the annotated rows.

    Args:
        root: the folder.
        files: the files in it, as `files_below` gives them.
        ids: the ids of the rows.

    Raises:
        DataError: where two files of one format claim to be the same clip.
    """
    clips = MeldClips()
    candidates: dict[tuple[bool, str], list[_Clip]] = defaultdict(list)
    for path in files:
        clip = _identify(path, ids)
        if isinstance(clip, Skipped):
            clips.skipped.append(clip)
            clips.unplaced += clip.kind == _UNCLEAR_SPLIT
        elif clip is not None:
            candidates[clip.is_recut, clip.id].append(clip)
    for same in candidates.values():
        best, *others = sorted(same, key=lambda clip: (clip.rank, clip.path))
        for other in others:
            if other.rank == best.rank:
                raise DataError(
                    f"clip {best.id} in two files below {root}: {best.path} and {other.path}",
                    "every clip once per format",
                    "delete one of them, or name the folder that holds only one copy.",
                )
            clips.skipped.append(Skipped(other.path, "other format", f"{best.path} is taken"))
        taken = clips.recut if best.is_recut else clips.plain
        taken[best.id] = root / best.path
    return clips


def require_clips(
    root: Path, rows: Sequence[AnnotationRow], missing: Collection[str], unplaced: int
) -> None:
    """Refuse missing clips, but for the two that nobody can have.

    Args:
        root: the folder, for the message.
        rows: all rows.
        missing: the ids of the rows without a clip.
        unplaced: how many clips lie where their part is unclear.
    """
    listed = ""
    causes = []
    for split, archive in CLIP_ARCHIVES.items():
        ids = [row.id for row in rows if row.utterance.split == split]
        gone = [i for i in ids if i in missing and i not in NO_USABLE_CLIP]
        if not gone:
            continue
        names = ", ".join(gone[:_SHOWN])
        if len(gone) > _SHOWN:
            names += ", …"
        listed += f"\n  {split}: {len(gone):,} of {len(ids):,}: {names}"
        if set(ids) <= set(missing):
            causes.append(f"{archive} is not unpacked, or more than {DEPTH} folders down")
        else:
            causes.append(f"{archive} was not unpacked, or its clips not converted, to the end")
    if not listed:
        return
    if unplaced:
        cause = f"{unplaced:,} clips lie in folders whose names do not tell train, dev or test"
        causes.insert(0, f"{cause}: rename them")
    raise DataError(
        f"clips below {root}, but not of these rows{listed}",
        f"a clip of every row but {' and '.join(sorted(NO_USABLE_CLIP))}",
        f"{'; '.join(causes)}. Or go on without them: --allow-incomplete (strict=False).",
    )
