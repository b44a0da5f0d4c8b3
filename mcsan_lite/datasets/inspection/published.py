"""What a published corpus consists of, beside what a reader found of it.

In: a corpus as far as it could be read. Out: rows of counts, found and published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import ravdess
from mcsan_lite.datasets.iemocap import release as iemocap
from mcsan_lite.datasets.meld import release as meld


class Count(NamedTuple):
    """A row of counts.

    Attributes:
        what: is counted.
        found: how many the reader found.
        published: how many there should be; None where nothing is published.
    """

    what: str
    found: int
    published: int | None = None


class PublishedSet(NamedTuple):
    """A corpus whose counts are published.

    Attributes:
        counts: the rows of a corpus.
        needs_clip: whether the clip of an utterance belongs to the set and can be had.
    """

    counts: Callable[[Corpus], list[Count]]
    needs_clip: Callable[[Utterance], bool]


def _iemocap_counts(corpus: Corpus) -> list[Count]:
    labels = Counter(u.label for u in corpus.utterances)
    rows = [Count("labelled turns", len(corpus), sum(iemocap.IEMOCAP_TURNS.values()))]
    for label, published in iemocap.IEMOCAP_TURNS.items():
        rows.append(Count(label, labels[label], published))
    four = (*iemocap.IEMOCAP_FOUR_LABELS, "excitement")
    for what, classes in (("the 7 classes", iemocap.IEMOCAP_LABELS), ("the 4 classes", four)):
        published = sum(iemocap.IEMOCAP_TURNS[label] for label in classes)
        rows.append(Count(what, sum(labels[label] for label in classes), published))
    sessions = Counter(u.session for u in corpus.utterances if u.label in four)
    for session, counts in iemocap.SESSIONS.items():
        what = f"the 4 classes, {session}"
        rows.append(Count(what, sessions[session], counts.four_class_turns))
    return rows


def _meld_counts(corpus: Corpus) -> list[Count]:
    found = Counter((u.split, u.label) for u in corpus.utterances)
    rows = [Count("rows", len(corpus), sum(map(sum, meld.MELD_COUNTS.values())))]
    for split, published in meld.MELD_COUNTS.items():
        in_split = sum(found[split, label] for label in meld.MELD_LABELS)
        rows.append(Count(split, in_split, sum(published)))
        for label, count in zip(meld.MELD_LABELS, published, strict=True):
            rows.append(Count(f"{split}, {label}", found[split, label], count))
    return rows


def _ravdess_counts(corpus: Corpus) -> list[Count]:
    published: Counter[str] = Counter()
    for actor in ravdess.RAVDESS_ACTORS:
        published.update(ravdess.label_of(name) for name in ravdess.clip_names(actor))
    actors = {u.speaker for u in corpus.utterances}
    rows = [
        Count("clips", len(corpus), published.total()),
        Count("actors", len(actors), len(ravdess.RAVDESS_ACTORS)),
    ]
    for label, found in corpus.counts().items():
        rows.append(Count(label, int(found), published[label]))
    return rows


PUBLISHED_SETS = {
    "iemocap": PublishedSet(_iemocap_counts, lambda u: u.label in iemocap.IEMOCAP_LABELS),
    "meld": PublishedSet(_meld_counts, lambda u: u.id not in meld.NO_USABLE_CLIP),
    "ravdess": PublishedSet(_ravdess_counts, lambda u: True),
}
