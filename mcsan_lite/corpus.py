"""What a reader hands over: utterances with labels, and a list of what it left out and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
    """One labelled turn. `audio` is None where only the transcript is at hand."""

    id: str
    audio: Path | None
    text: str
    label: str
    speaker: str = ""
    dialogue: str = ""
    session: str = ""
    scenario: str = ""
    split: str | None = None  # "train", "valid" or "test" where the corpus has an official one
    words: tuple[Word, ...] = ()  # spoken words with times, where known
    video: Path | None = None
    max_s: float | None = (
        None  # only the first `max_s` seconds of the clip are used; None: all of it
    )


@dataclass(frozen=True)
class Skipped:
    """Something that a reader saw and did not take: nothing is dropped silently.

    The kind is the same for all of its sort, so that thousands can be counted in one line.
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

    `labels` fixes the class order everywhere downstream. `kind` says whose reader made it: "synthetic", "iemocap",
    "meld", "ravdess" or "manifest"; "" where none did. `generated` is True where nobody has spoken: the synthetic
    corpus, in its own folder or in another corpus's layout.

    Raises DataError for a label out of the set, for an id that occurs twice, and for no utterance at all.
    """

    name: str
    labels: tuple[str, ...]
    utterances: tuple[Utterance, ...]
    skipped: tuple[Skipped, ...] = ()
    kind: str = ""
    generated: bool = False

    def __post_init__(self) -> None:
        if not self.utterances:
            raise DataError(
                f"corpus {self.name!r} without a single utterance",
                "at least one",
                "check the folder: the reader found nothing that it understands there.",
            )
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
        """Utterances a class, in the order of `labels`."""
        found = pd.Series([u.label for u in self.utterances]).value_counts()
        return found.reindex(list(self.labels), fill_value=0).rename("utterances")

    def skipped_kinds(self) -> pd.Series:
        """How many were skipped for each kind of reason, the most frequent first."""
        kinds = [s.kind for s in self.skipped]
        return pd.Series(kinds, dtype=object).value_counts().rename("skipped")

    def fingerprint(self) -> str:
        """16 hex digits over what can change a result: ids, labels, texts, groups, splits, word times, and whether there
        is a clip and how much of it is used. Not over where the files lie, nor what they hold."""
        digest = hashlib.sha256(repr((self.name, self.labels)).encode())
        for u in self.utterances:
            digest.update(
                repr(
                    (
                        u.id,
                        u.label,
                        u.text,
                        u.speaker,
                        u.dialogue,
                        u.session,
                        u.scenario,
                        u.split,
                        u.words,
                        u.audio is not None,
                        u.video is not None,
                        u.max_s,
                    )
                ).encode()
            )
        return digest.hexdigest()[:16]

    def subset(self, ids: Iterable[str]) -> Corpus:
        """The utterances with these ids, in the corpus's own order."""
        wanted = set(ids)
        return replace(self, utterances=tuple(u for u in self.utterances if u.id in wanted))
