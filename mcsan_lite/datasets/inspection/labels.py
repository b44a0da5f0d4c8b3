"""What deserves a word about the classes of a corpus.

In: utterances and what their clips hold. Out: remarks, each with whether it is a fault: a fault
makes two things one or one thing two, or leaves nothing to learn. The others may well be meant.
"""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mcsan_lite.corpus import Corpus, Utterance

_MISSING = ("nan", "none", "null", "na", "n/a", "nil", "missing", "unknown", "undefined", "?", "-")
_MANY = 12  # numbers among the labels that look like a score
_COMPARED = 200  # labels, at most, of which all pairs are compared


class LabelRemark(NamedTuple):
    """Something about the classes: what it is, and whether it is a fault."""

    text: str
    is_fault: bool


def label_remarks(corpus: Corpus, digests: Mapping[str, str]) -> list[LabelRemark]:
    """All that deserves a word.

    Args:
        corpus: its classes are those of `labels`, whether they occur or not.
        digests: what the clips hold, by the utterance's id; a clip that was not opened is known by
            its path.
    """
    utterances = sorted(corpus.utterances, key=lambda one: one.id)
    counts = Counter(one.label for one in utterances)
    return [
        *_one_class(corpus.labels),
        *_missing_values(counts),
        *_numbers(counts),
        *_near_twins(counts),
        *_two_labels(utterances, digests),
        *_of_one_speaker(utterances, counts),
    ]


def _listed(names: Iterable[str], shown: int = 5) -> str:
    names = list(names)
    rest = [f"… and {len(names) - shown} more"] if len(names) > shown else []
    return ", ".join([*names[:shown], *rest])


def _one_class(labels: Sequence[str]) -> Iterator[LabelRemark]:
    if len(labels) == 1:
        yield LabelRemark(f"one class only, {labels[0]!r}: there is nothing to tell apart", True)


def _missing_values(counts: Counter[str]) -> Iterator[LabelRemark]:
    for label, count in counts.items():
        if label.lower() in _MISSING:
            text = f"the label {label!r}, {count:,} times, looks like a missing value"
            yield LabelRemark(text, True)


def _number(label: str) -> float | None:
    try:
        value = float(label.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _numbers(counts: Counter[str]) -> Iterator[LabelRemark]:
    """One number in two spellings, and scores in the place of classes."""
    spellings = defaultdict(list)
    for label in sorted(counts):
        value = _number(label)
        if value is not None:
            spellings[value].append(f"{label!r} ({counts[label]:,})")
    for same in spellings.values():
        if len(same) > 1:
            yield LabelRemark(f"one number as {' and '.join(same)}: two classes", True)
    if len(spellings) >= _MANY:
        low, high = min(spellings), max(spellings)
        text = (
            f"{len(spellings)} numbers as labels, {low:g} to {high:g}: this looks like a score, "
            "and every value would be a class of its own"
        )
        yield LabelRemark(text, True)


def _plain(label: str) -> str:
    """A label without case, accents, marks, and the width of its letters."""
    letters = unicodedata.normalize("NFKD", label).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def _near_twins(counts: Counter[str]) -> Iterator[LabelRemark]:
    """Labels that differ by case, accents or marks, or by a letter."""
    labels = [label for label in counts if _number(label) is None]
    if len(labels) > _COMPARED:
        return
    labels.sort(key=lambda label: (-counts[label], label))
    for place, label in enumerate(labels):
        small = _plain(label)
        for other in labels[place + 1 :]:
            other_small = _plain(other)
            both = f"{label!r} ({counts[label]:,}) and {other!r} ({counts[other]:,})"
            if small and small == other_small:
                yield LabelRemark(f"two classes that look alike: {both}", True)
            elif _differ_by_a_slip(small, other_small):
                yield LabelRemark(f"two classes that are spelled nearly alike: {both}", False)


def _differ_by_a_slip(first: str, second: str) -> bool:
    if any(map(str.isdigit, first + second)):  # class10 is not class1
        return False
    return bool(difflib.get_close_matches(first, [second], n=1, cutoff=0.85))


def _two_labels(
    utterances: Sequence[Utterance], digests: Mapping[str, str]
) -> Iterator[LabelRemark]:
    """Clips that are there with two labels."""
    labels_of = defaultdict(dict)
    for one in utterances:
        if one.audio is not None:
            clip = digests.get(one.id) or str(one.audio)
            labels_of[clip].setdefault(one.label, one.id)
    torn = [found for found in labels_of.values() if len(found) > 1]
    if torn:
        pairs = [" and ".join(f"{i} {label!r}" for label, i in found.items()) for found in torn]
        yield LabelRemark(f"{len(torn):,} clips with two labels: {_listed(pairs)}", True)


def _of_one_speaker(utterances: Sequence[Utterance], counts: Counter[str]) -> Iterator[LabelRemark]:
    """Classes that tell who speaks."""
    speakers_of = defaultdict(set)
    for one in utterances:
        speakers_of[one.label].add(one.speaker)
    everyone = set().union(*speakers_of.values())
    if "" in everyone or len(everyone) < 2:
        return
    for label in sorted(speakers_of):
        if len(speakers_of[label]) == 1 and counts[label] > 1:
            (speaker,) = speakers_of[label]
            text = f"the class {label!r} ({counts[label]:,}) is one speaker's alone, {speaker!r}"
            yield LabelRemark(text, False)
