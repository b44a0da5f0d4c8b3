"""What a recogniser of speech does to a transcript: words missing, misheard, without punctuation.

In: a text, how many words are hit, and a generator of random numbers. Out: another text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from functools import lru_cache

import numpy as np

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Spellings of one English sound, applied in this order; a rough rule, and the whole of it.
_SPOKEN_ALIKE = (
    (r"^(kn|gn)", "n"),
    (r"^wr", "r"),
    (r"^wh", "w"),
    (r"^ps", "s"),
    (r"ph", "f"),
    (r"[io]?gh", ""),
    (r"tch", "ch"),
    (r"mb$", "m"),
    (r"ck|q", "k"),
    (r"c(?=[eiy])", "s"),
    (r"c(?!h)", "k"),
    (r"x", "ks"),
    (r"z", "s"),
    (r"(?<=[^aeiouy])e$", ""),
    (r"(?<=[aeiouy])[wh]", ""),
    (r"[aeiouy]+", "a"),
    (r"(.)\1+", r"\1"),
)


@lru_cache(maxsize=100_000)
def spoken_key(word: str) -> str:
    """How a word roughly sounds: one letter per consonant, "a" for any vowels."""
    key = re.sub(r"[^a-z]", "", word.lower())
    for spelling, sound in _SPOKEN_ALIKE:
        key = re.sub(spelling, sound, key)
    return key


def nearest_sounding(
    words: Collection[str],
    vocabulary: Collection[str],
    homophones: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """For each word the other one that it is taken for when it is misheard.

    The rule: a listed homophone, where there is one; else the word of the vocabulary that begins
    with the same sound and whose `spoken_key` is the most alike, then whose spelling is, then the
    first by alphabet. Likeness is difflib's ratio. Where there is no such word, none is given.

    Args:
        words: those that are misheard.
        vocabulary: the words to choose from.
        homophones: {word: its homophone}; they need not be in the vocabulary.
    """
    by_first: dict[str, list[str]] = {}
    for word in sorted({word.lower() for word in vocabulary}):
        by_first.setdefault(spoken_key(word)[:1], []).append(word)
    found = dict(homophones or {})
    for word in {word.lower() for word in words} - set(found):
        others = [one for one in by_first.get(spoken_key(word)[:1], ()) if one != word]
        if others:
            found[word] = max(others, key=lambda one: _likeness(word, one))
    return found


def _likeness(word: str, other: str) -> tuple[float, float]:
    """How alike two words sound, then how alike they are spelled, 0 to 1."""
    spoken = difflib.SequenceMatcher(None, spoken_key(word), spoken_key(other))
    return spoken.ratio(), difflib.SequenceMatcher(None, word, other).ratio()


def words_of_texts(texts: Collection[str]) -> set[str]:
    """All words of some texts, in lower case."""
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def with_words_dropped(text: str, rate: float, rng: np.random.Generator) -> str:
    """Each word is lost with this probability, and the marks that are written onto it as well.

    With one generator, a higher rate loses what a lower one does, and more.

    Args:
        text: the transcript.
        rate: 0 to 1.
        rng: one number is drawn for every word.
    """
    pieces = text.split()
    draws = rng.random(len(pieces))
    kept = zip(pieces, draws, strict=True)
    return " ".join(piece for piece, draw in kept if draw >= rate or not _WORD.search(piece))


def with_words_misheard(
    text: str, rate: float, rng: np.random.Generator, nearest: Mapping[str, str]
) -> str:
    """Each word becomes, with this probability, the one that it is taken for.

    Args:
        text: the transcript.
        rate: 0 to 1.
        rng: one number is drawn for every word.
        nearest: from `nearest_sounding`; a word that it lacks stays.
    """

    def heard(match: re.Match) -> str:
        word = match[0]
        if rng.random() >= rate:
            return word
        return nearest.get(word.lower(), word)

    return _WORD.sub(heard, text)


def without_punctuation(text: str) -> str:
    """The words alone: marks become blanks, but for apostrophes and hyphens inside of a word."""
    return " ".join(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text))
