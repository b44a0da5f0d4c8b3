"""Read MELD: 13,708 turns of a television series in seven emotions (Poria et al. 2019).

In: the folder with the official annotation, with or without the clips. Out: a `Corpus` with the
official split, in which MELD's "dev" is "valid".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.datasets.folders import files_below
from mcsan_lite.datasets.meld.annotation import (
    Annotation,
    AnnotationRow,
    no_training_file,
    read_annotation,
)
from mcsan_lite.datasets.meld.clips import DEPTH, MeldClips, find_clips, require_clips
from mcsan_lite.datasets.meld.defects import (
    CORRUPT_REASON,
    LONG_CLIP,
    LONG_S,
    Defect,
    find_defects,
    left_out,
    require_policies,
)
from mcsan_lite.datasets.meld.release import CORRUPT_CLIP, MELD_LABELS


def _read_files(root: Path, *, strict: bool) -> tuple[Annotation, MeldClips]:
    if not root.is_dir():
        raise no_training_file(f"{root}: no such folder")
    files = [name for name in files_below(root, DEPTH) if (root / name).is_file()]
    annotation = read_annotation(root, files, strict=strict)
    return annotation, find_clips(root, files, annotation.ids)


def found_defects(root: Path | str) -> list[Defect]:
    """What is wrong with the MELD in `root`, for `defect_table`.

    Raises DataError as `read_meld` with strict=False does.
    """
    annotation, clips = _read_files(Path(root), strict=False)
    missing = clips.missing(annotation.rows, clips.plain)
    return find_defects(annotation.rows, clips, missing)


def _unused_cuts(root: Path, clips: MeldClips, audio: Mapping[str, Path]) -> list[Skipped]:
    """Of each clip that is there in two cuts, the one that is not taken."""
    unused = []
    for clip_id, recut in clips.recut.items():
        other = clips.plain.get(clip_id) if audio.get(clip_id) == recut else recut
        if other:
            name = other.relative_to(root).as_posix()
            unused.append(Skipped(name, "other cut", f"of {clip_id}, not taken"))
    return unused


@dataclass(frozen=True)
class _Choices:
    """What is known of each row when it becomes an utterance, by its id."""

    audio: Mapping[str, Path]
    missing: set[str]
    dropped: Mapping[str, Defect]
    trimmed: set[str]

    def reason_to_drop(self, row: AnnotationRow) -> Skipped | None:
        if not row.utterance.text.strip():
            return Skipped(row.id, "empty text", row.place)
        defect = self.dropped.get(row.id)
        if defect:
            return Skipped(row.id, f"dropped, {defect.kind}", f"{row.place}, {defect.why}")
        return None

    def reason_for_silence(self, row: AnnotationRow) -> Skipped | None:
        without_sound = "the text is used without sound"
        if row.id in self.missing:
            return Skipped(row.id, "clip missing", f"{row.place}, {without_sound}")
        if row.id == CORRUPT_CLIP and row.id in self.audio:
            return Skipped(row.id, "clip corrupt", f"{CORRUPT_REASON}, {without_sound}")
        return None

    def utterance(self, row: AnnotationRow) -> Utterance:
        audio = None if row.id == CORRUPT_CLIP else self.audio.get(row.id)
        max_s = LONG_S if row.id in self.trimmed else None
        return replace(row.utterance, audio=audio, max_s=max_s)


def read_meld(
    root: Path | str, *, strict: bool = True, defects: Iterable[str] | str = ("keep",)
) -> Corpus:
    """Read MELD with the official split.

    The training file must be there. A missing dev or test file is listed in `skipped`, like an
    empty text or an unlabelled clip. Clips (wav before flac before mp4) lie in folders that have
    train, dev or test in their names. Where there is no clip at all, every utterance has
    audio=None; otherwise those whose clip is missing, and they are listed. The one clip that was
    published corrupt is not used: its row has audio=None.

    Args:
        root: the folder. Annotation and clips may lie up to three folders below.
        strict: refuse counts that are not the published ones, and missing clips that were
            published.
        defects: what becomes of the known defects (POLICIES): "keep", or some of "trim", "drop"
            and "recut". The corpus is named after it. "drop" spares what the others repair, and
            `skipped` lists what it leaves out.

    Raises:
        DataError: for a wrong column, label, number or line, with its number; for a row or a clip
            that is there twice; and with `strict` as said above.
    """
    root = Path(root)
    chosen = require_policies(defects)
    annotation, clips = _read_files(root, strict=strict)
    rows = annotation.rows
    audio = clips.chosen(recut="recut" in chosen)
    missing = clips.missing(rows, audio)
    if strict:
        require_clips(root, rows, missing, clips.unplaced)
    found = find_defects(rows, clips, missing)
    trimmed: set[str] = set()
    if "trim" in chosen:
        trimmed.update(*(defect.ids for defect in found if defect.kind == LONG_CLIP))
    choices = _Choices(audio, missing, left_out(found, chosen), trimmed)
    skipped = [*annotation.skipped, *clips.skipped, *_unused_cuts(root, clips, audio)]
    utterances = []
    for row in rows:
        dropped = choices.reason_to_drop(row)
        remark = dropped or choices.reason_for_silence(row)
        if remark:
            skipped.append(remark)
        if not dropped:
            utterances.append(choices.utterance(row))
    name = "+".join(["meld", *sorted(chosen - {"keep"})])
    return Corpus(name, MELD_LABELS, tuple(utterances), tuple(skipped), kind="meld")
