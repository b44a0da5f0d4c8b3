"""Is an IEMOCAP folder the whole release? Refuse it where its counts differ or files are missing.

In: the labels that were read, and what the reader listed as odd. Out: nothing, or a refusal that
shows what was found, what was published, and what is likely wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Skipped
from mcsan_lite.datasets.iemocap.formats import turn_name
from mcsan_lite.datasets.iemocap.release import (
    FRESH_COPY,
    IEMOCAP_FOUR_LABELS,
    IEMOCAP_TURNS,
    MERGED_INTO_FOUR,
    NEVER_ALIGNED,
    SESSIONS,
)
from mcsan_lite.errors import DataError

NO_TRANSCRIPT = "label without transcript"
EMPTY_TRANSCRIPT = "transcript empty"
NO_CLIP_FILE = "wav missing"
NO_ALIGNMENT = "alignment missing"
UNREADABLE_ALIGNMENT = "alignment unreadable"
# A complete release has nothing of these kinds, but for the alignments of NEVER_ALIGNED.
_GAPS = (
    NO_TRANSCRIPT,
    EMPTY_TRANSCRIPT,
    NO_CLIP_FILE,
    "wav misplaced",
    NO_ALIGNMENT,
    UNREADABLE_ALIGNMENT,
)
_SHOWN = 5


class _CountRow(NamedTuple):
    what: str
    found: int
    published: int

    def line(self) -> str:
        mark = "" if self.found == self.published else "  <--"
        return f"\n  {self.what:<20}{self.found:>8,}{self.published:>11,}{mark}"


@dataclass(frozen=True)
class _Counts:
    """How many turns and dialogues the labels speak of."""

    turns: int
    per_emotion: Counter
    dialogues: Counter  # per session
    four_class_turns: Counter  # per session

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> _Counts:
        in_four = (*IEMOCAP_FOUR_LABELS, *MERGED_INTO_FOUR)
        dialogues = set()
        four_class_turns: Counter = Counter()
        for turn, label in labels.items():
            name = turn_name(turn)
            dialogues.add((name.session, name.dialogue))
            if label in in_four:
                four_class_turns[name.session] += 1
        per_session = Counter(session for session, _ in dialogues)
        return cls(len(labels), Counter(labels.values()), per_session, four_class_turns)

    def rows(self) -> list[_CountRow]:
        rows = [_CountRow("labelled turns", self.turns, sum(IEMOCAP_TURNS.values()))]
        for label, published in IEMOCAP_TURNS.items():
            rows.append(_CountRow(f"  {label}", self.per_emotion[label], published))
        for session, published in SESSIONS.items():
            dialogues = self.dialogues[session]
            turns = self.four_class_turns[session]
            rows.append(_CountRow(f"{session}: dialogues", dialogues, published.dialogues))
            rows.append(_CountRow(f"{session}: 4 classes", turns, published.four_class_turns))
        return rows

    def likely_causes(self, unknown_lines: int) -> list[str]:
        causes = []
        for session, published in SESSIONS.items():
            missing = published.dialogues - self.dialogues[session]
            if self.dialogues[session] == 0:
                causes.append(f"session {session[-1]} is missing")
            elif missing > 0:
                causes.append(f"{session} lacks {missing} of {published.dialogues} label files")
            elif self.four_class_turns[session] < published.four_class_turns:
                causes.append(f"a label file of {session} is cut off, or its labels were changed")
        if unknown_lines:
            causes.append(
                f"{unknown_lines:,} lines are no labels: "
                "files of Categorical, Attribute or Self-evaluation put here?"
            )
        published_turns = sum(IEMOCAP_TURNS.values())
        if self.turns > published_turns:
            causes.append("turns were added: an edited copy")
        elif self.turns == published_turns:
            causes.append("labels were changed: an edited copy, or one rater's labels")
        elif not causes:
            causes.append("a label file is cut off")
        return causes


def require_published_counts(labels: Mapping[str, str], unknown_lines: int, root: Path) -> None:
    """Refuse labels that are not counted as published, and say what is likely wrong.

    Args:
        labels: the emotion of each turn id.
        unknown_lines: how many lines among the labels could not be read.
        root: the folder of the release, for the message.
    """
    counts = _Counts.of(labels)
    rows = counts.rows()
    if all(row.found == row.published for row in rows):
        return
    table = "".join(row.line() for row in rows)
    raise DataError(
        f"labels in dialog/EmoEvaluation below {root}"
        f"\n  {'':<20}{'found':>8}{'published':>11}{table}",
        "the published counts",
        f"likely {'; '.join(counts.likely_causes(unknown_lines))}. Correct that, {FRESH_COPY}, "
        "or go on with it as it is: --allow-incomplete (strict=False).",
    )


def require_no_gaps(skipped: Sequence[Skipped], root: Path) -> None:
    """Refuse missing texts, clips and alignments, but for the two that the release never had.

    Args:
        skipped: what the reader listed.
        root: the folder of the release, for the message.
    """
    gaps = defaultdict(list)
    for entry in skipped:
        never_there = entry.kind == NO_ALIGNMENT and entry.id in NEVER_ALIGNED
        if entry.kind in _GAPS and not never_there:
            gaps[entry.kind].append(f"{entry.id} ({entry.detail})")
    if not gaps:
        return
    listed = ""
    for kind, turns in gaps.items():
        listed += f"\n  {kind}: {len(turns):,} turns"
        listed += "".join(f"\n    {turn}" for turn in turns[:_SHOWN])
        if len(turns) > _SHOWN:
            listed += "\n    …"
    raise DataError(
        f"gaps in {root}{listed}",
        "a transcript, a clip and an alignment for every labelled turn",
        "unpack those sessions again, or go on without: --allow-incomplete (strict=False) leaves "
        "out turns without a text, and keeps the others without clip or word times.",
    )
