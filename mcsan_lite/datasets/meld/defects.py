"""What is wrong with MELD's rows and clips, and the choices about that.

In: the rows and the clips that were found. Out: the defects, each with the rows that have it, and
what the chosen policies do to them.

The defects are named in the issues of https://github.com/declare-lab/MELD, or computed from the
rows and the folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mcsan_lite.corpus import Utterance
from mcsan_lite.datasets.meld.annotation import AnnotationRow
from mcsan_lite.datasets.meld.clips import MeldClips
from mcsan_lite.datasets.meld.release import (
    ANNOTATION_FILES,
    CORRUPT_CLIP,
    RECUT_PREFIX,
    UNPUBLISHED_CLIP,
    WRONG_CUTS,
)
from mcsan_lite.errors import DataError, require_name

LONG_S = 20.0  # hardly one turn is longer
_ZERO_S = 0.05  # no turn is shorter

POLICIES = {
    "keep": "everything as published",
    "trim": f"clips of rows over {LONG_S:.0f} s: only their first {LONG_S:.0f} s",
    "drop": "rows with a defect that no other chosen policy repairs are left out",
    "recut": f"{RECUT_PREFIX}… in place of the plain test clip, where it is there",
}
LONG_CLIP = "minutes-long clip"
_LEFT_OUT = "left out"
_DROPPED = {"drop": _LEFT_OUT}
# What the policies do to the rows of each kind. A policy that is not named leaves them as they are.
REMEDIES = {
    "corrupt clip": _DROPPED,
    "missing clip": _DROPPED,
    LONG_CLIP: {"trim": f"first {LONG_S:.0f} s", **_DROPPED},
    "wrong cut": _DROPPED,
    "wrong test cut": {"recut": "re-cut clip", **_DROPPED},
    "zero span": _DROPPED,
    "duplicate row": _DROPPED,
    "two labels": {},
    "clip in two parts": {},
    "control characters": dict.fromkeys(POLICIES, "repaired"),
}
CORRUPT_REASON = "published broken: issue 39"


@dataclass(frozen=True)
class Defect:
    """Something that is wrong with these rows, in the order of the files.

    `kind` is a key of REMEDIES.
    """

    kind: str
    ids: tuple[str, ...]
    why: str


@dataclass
class _Repeats:
    """Rows that share their place in an episode with another one."""

    duplicates: list[str] = field(default_factory=list)
    two_labels: list[str] = field(default_factory=list)
    in_two_parts: set[str] = field(default_factory=set)


def require_policies(names: Iterable[str] | str) -> frozenset[str]:
    """The chosen POLICIES. "keep" excludes the others."""
    if isinstance(names, str):
        names = [names]
    chosen = frozenset(require_name(name, POLICIES, "policy for defects") for name in names)
    given = None
    if not chosen:
        given = "no policy for defects"
    elif len(chosen) > 1 and "keep" in chosen:
        given = f"the policies {', '.join(sorted(chosen))}"
    if given:
        raise DataError(
            given,
            "'keep' alone, or some of 'trim', 'drop', 'recut'",
            "choose: everything as published, or repairs.",
        )
    return chosen


def _find_repeats(rows: Sequence[AnnotationRow]) -> _Repeats:
    repeats = _Repeats()
    labels_of: dict[tuple, set[str]] = defaultdict(set)
    same_clip: dict[tuple, list[Utterance]] = defaultdict(list)
    for row in rows:
        if row.span_s is None:
            continue
        utterance = row.utterance
        clip = (utterance.scenario, row.start_s, row.end_s)
        same_clip[clip].append(utterance)
        labels = labels_of[utterance.split, *clip, utterance.text]
        if utterance.label in labels:
            repeats.duplicates.append(utterance.id)
        elif labels:
            repeats.two_labels.append(utterance.id)
        labels.add(utterance.label)
    for utterances in same_clip.values():
        if len({utterance.split for utterance in utterances}) > 1:
            repeats.in_two_parts.update(utterance.id for utterance in utterances)
    return repeats


def find_defects(
    rows: Sequence[AnnotationRow], clips: MeldClips, missing: Collection[str]
) -> list[Defect]:
    """Every kind of defect with the rows that have it, in the order of REMEDIES.

    A kind that no row has is listed too, without ids.

    Args:
        rows: all rows.
        clips: the clips that were found.
        missing: the ids of the rows without a clip.
    """
    if not clips.exist:
        missing = {UNPUBLISHED_CLIP}
    repeats = _find_repeats(rows)

    def those(kind: str, why: str, has: Callable[[AnnotationRow], bool]) -> Defect:
        return Defect(kind, tuple(row.id for row in rows if has(row)), why)

    return [
        those("corrupt clip", CORRUPT_REASON, lambda row: row.id == CORRUPT_CLIP),
        those("missing clip", "never published: issues 22, 27", lambda row: row.id in missing),
        those(LONG_CLIP, f"over {LONG_S:.0f} s by the row's times", _is_long),
        Defect(
            "wrong cut",
            _in_rows(rows, [i for i in WRONG_CUTS if i not in clips.recut]),
            "not the turn of the row, up to minutes: issues 9, 20",
        ),
        those(
            "wrong test cut",
            f"a {RECUT_PREFIX}… file is there, cut again: issue 22",
            lambda row: row.id in clips.recut,
        ),
        those("zero span", f"under {_ZERO_S} s by the row's times", _has_zero_span),
        Defect(
            "duplicate row",
            tuple(repeats.duplicates),
            "an earlier row has the same times, text and label",
        ),
        Defect(
            "two labels",
            tuple(repeats.two_labels),
            "an earlier row has the same times and text, and another label",
        ),
        those(
            "clip in two parts",
            "the same times in another part: seen in training, then scored",
            lambda row: row.id in repeats.in_two_parts,
        ),
        those(
            "control characters",
            "cp1252 punctuation saved as control characters",
            lambda row: row.had_controls,
        ),
    ]


def _is_long(row: AnnotationRow) -> bool:
    return row.span_s is not None and row.span_s > LONG_S


def _has_zero_span(row: AnnotationRow) -> bool:
    return row.span_s is not None and row.span_s < _ZERO_S


def _in_rows(rows: Sequence[AnnotationRow], ids: Iterable[str]) -> tuple[str, ...]:
    known = {row.id for row in rows}
    return tuple(i for i in ids if i in known)


def left_out(defects: Iterable[Defect], chosen: Collection[str]) -> dict[str, Defect]:
    """The rows that the policies drop, each with the first of its defects.

    Args:
        defects: as `find_defects` gives them.
        chosen: the policies. What another one than "drop" repairs is spared.
    """
    dropped: dict[str, Defect] = {}
    for defect in defects:
        remedies = REMEDIES[defect.kind]
        applied = {remedies[policy] for policy in chosen if policy in remedies}
        if applied == {_LEFT_OUT}:
            for row_id in defect.ids:
                dropped.setdefault(row_id, defect)
    return dropped


def defect_table(
    defects: Iterable[Defect], policies: Iterable[str] | str = ("keep",)
) -> pd.DataFrame:
    """One row per kind of defect, with its counts and what each policy does about it.

    Args:
        defects: as `find_defects` gives them.
        policies: the chosen ones.

    Returns:
        Indexed by kind: what it is, how many rows have it, in all and in each part, what each
        policy does to them, and how many are `touched` by the chosen ones. A row with several
        defects counts in each.
    """
    chosen = require_policies(policies)
    table = []
    for defect in defects:
        remedies = REMEDIES[defect.kind]
        line: dict[str, object] = {
            "kind": defect.kind,
            "what": defect.why,
            "rows": len(defect.ids),
        }
        for split in ANNOTATION_FILES:
            line[split] = sum(row_id.startswith(f"{split}_") for row_id in defect.ids)
        for policy in POLICIES:
            line[policy] = remedies.get(policy, "as published")
        is_touched = not chosen.isdisjoint(remedies)
        line["touched"] = len(defect.ids) if is_touched else 0
        table.append(line)
    return pd.DataFrame(table).set_index("kind")
