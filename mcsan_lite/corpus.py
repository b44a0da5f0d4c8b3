"""What every reader hands over: labelled utterances, and a list of what was left out and why.

In: what a reader found. Out: a `Corpus`, checked once, whose class order and ids everything else
relies on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mcsan_lite.errors import DataError


@dataclass(frozen=True)
class Word:
    """A word of the transcript and when it is spoken, in seconds from the start of the clip."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Utterance:
    """One labelled turn.

    Attributes:
        id: occurs once in a corpus.
        audio: the clip; None where only the transcript is at hand.
        text: the transcript.
        label: one of the corpus's classes.
        speaker: who says it; "" where that is not known, as for `dialogue`, `session` and
            `scenario`.
        dialogue: the conversation that it is part of.
        session: the recording session.
        scenario: the scene that is played.
        split: "train", "valid" or "test" where the corpus has an official split.
        words: spoken words with their times, where these are known.
        video: what is seen, where there is something.
        max_s: only this many seconds of the clip are used; None: all of it.
    """

    id: str
    audio: Path | None
    text: str
    label: str
    speaker: str = ""
    dialogue: str = ""
    session: str = ""
    scenario: str = ""
    split: str | None = None
    words: tuple[Word, ...] = ()
    video: Path | None = None
    max_s: float | None = None


@dataclass(frozen=True)
class Skipped:
    """Something that a reader saw and did not take: nothing is dropped silently.

    Attributes:
        id: of the utterance or the file.
        kind: what is wrong; the same words for all of its sort, so that thousands can be counted in
            one line.
        detail: what is wrong with this one.
    """

    id: str
    kind: str
    detail: str = ""

    @property
    def reason(self) -> str:
        """Kind and detail, for reading."""
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


@dataclass(frozen=True)
class Corpus:
    """Labelled utterances.

    Attributes:
        name: of this very selection, such as "iemocap4"; it is part of the fingerprint.
        labels: the classes, in the order that everything downstream uses.
        utterances: at least one.
        skipped: what was left out.
        kind: whose reader made it: "synthetic", "iemocap", "meld", "ravdess" or "manifest"; "" for
            a corpus that was made by hand.
        generated: True where nobody has spoken: the synthetic corpus, in its own folder or in the
            layout of another corpus.

    Raises:
        DataError: for a label that is none of `labels`, for an id that occurs twice, and for no
            utterance at all.
    """

    name: str
    labels: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    skipped: tuple[Skipped, ...] = ()
    kind: str = ""
    generated: bool = False

    def __post_init__(self) -> None:
        if not self.utterances:
            raise _nothing_left(self)
        seen: set[str] = set()
        for u in self.utterances:
            if u.label not in self.labels:
                raise DataError(
                    f"label {u.label!r} of utterance {u.id!r}",
                    f"one of {', '.join(map(repr, self.labels))}",
                    "correct the label, or leave the utterance out and list it in `skipped`.",
                )
            if u.id in seen:
                raise DataError(
                    f"utterance id {u.id!r} twice in corpus {self.name!r}",
                    "ids that occur once",
                    "put the split or the dialogue into the id.",
                )
            seen.add(u.id)

    def __len__(self) -> int:
        return len(self.utterances)

    def counts(self) -> pd.Series:
        """Utterances per class, in the order of `labels`."""
        counted = pd.Series([u.label for u in self.utterances]).value_counts()
        return counted.reindex(list(self.labels), fill_value=0).rename("utterances")

    def skipped_kinds(self) -> pd.Series:
        """How many were skipped of each kind, the most frequent first."""
        kinds = [s.kind for s in self.skipped]
        return pd.Series(kinds, dtype=object).value_counts().rename("skipped")

    def fingerprint(self) -> str:
        """16 hex digits over what can change a result.

        That is: name, class order, ids, labels, texts, groups, splits, word times, whether there is
        a clip and a video, and how much of the clip is used. Neither where the files lie counts,
        nor what they hold.
        """
        digest = hashlib.sha256(repr((self.name, self.labels)).encode())
        for u in self.utterances:
            groups = (u.speaker, u.dialogue, u.session, u.scenario)
            has_audio, has_video = u.audio is not None, u.video is not None
            counted = (u.id, u.label, u.text, *groups, u.split, u.words)
            digest.update(repr((*counted, has_audio, has_video, u.max_s)).encode())
        return digest.hexdigest()[:16]

    def subset(self, ids: Iterable[str]) -> Corpus:
        """The utterances with these ids, in the corpus's own order."""
        wanted = set(ids)
        return replace(self, utterances=tuple(u for u in self.utterances if u.id in wanted))


def listed_reasons(skipped: Sequence[Skipped], shown: int = 10) -> str:
    """The first reasons for what was left out, one per line, and how many more there are.

    Args:
        skipped: what was left out.
        shown: how many are listed.
    """
    lines = "".join(f"\n  {one.reason}" for one in skipped[:shown])
    if len(skipped) > shown:
        lines += f"\n  … and {len(skipped) - shown} more"
    return lines


def _nothing_left(corpus: Corpus) -> DataError:
    """The refusal of a corpus in which nothing can be used, with the reasons."""
    given = f"corpus {corpus.name!r} without a single utterance"
    do = "check the folder: the reader found nothing that it understands there."
    if corpus.skipped:
        reasons = [f"{one.id}: {one.reason}" for one in corpus.skipped]
        given += listed_reasons([Skipped("", reason) for reason in reasons])
        do = "correct what is listed, or check the folder."
    return DataError(given, "at least one", do)
