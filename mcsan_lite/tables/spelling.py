"""One spelling for what looks the same: words, labels and names as they come from anywhere.

In: any text. Out: the same text as word vectors and other people spell it, and how many texts each
rule changed. `SPELLING` is the whole table. Its first rules change nothing that a reader can see:
`composed` applies those alone, and is what labels and ids need. `plain` applies all of them, and is
what words need before they are looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

# Marks in another shape, and what they become. The C1 controls are those that old MELD copies hold
# in their place (cp1252 that was read as latin-1).
_MARKS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\ua78c\u055a\u0091\u0092\u00b4`",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u0093\u0094",
    "-": "\u2010\u2011\u2212",
    " - ": "\u2012\u2013\u2014\u2015\u0096\u0097",
    "...": "\u2026\u0085",
    " ": "\u00a0\u2007\u202f\u3000",
}
_PLAIN_MARK = {ord(mark): shown for shown, marks in _MARKS.items() for mark in marks}

# Halves of a character: what Python makes of bytes that are not UTF-8. No file can hold them.
_HALVES = re.compile("[\ud800-\udfff]")
# Zero-width spaces, soft hyphens, directions, variation selectors, control characters. A joiner
# (U+200C, U+200D) stays between letters of the scripts that spell with it, Arabic to Sinhala.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
    "|(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])"
)
# Fullwidth and halfwidth forms, ligatures and presentation forms, letters of mathematics.
_FORMS = re.compile("[\uff01-\uffee\ufb00-\ufdfb\ufe70-\ufefc\U0001d400-\U0001d7ff]+")


def _common_form(found: re.Match) -> str:
    return unicodedata.normalize("NFKC", found.group())


class SpellingRule(NamedTuple):
    """What a rule changes, as reports name it; how; and whether a reader can see the difference."""

    what: str
    change: Callable[[str], str]
    visible: bool


SPELLING = (
    SpellingRule("bytes that are no text, as U+FFFD", lambda t: _HALVES.sub("\ufffd", t), False),
    SpellingRule("invisible characters left out", lambda t: _INVISIBLE.sub("", t), False),
    SpellingRule("letters and accents as one", lambda t: unicodedata.normalize("NFC", t), False),
    SpellingRule("letters in their common form", lambda t: _FORMS.sub(_common_form, t), True),
    SpellingRule("quotes, dashes and blanks as in ASCII", lambda t: t.translate(_PLAIN_MARK), True),
)


def composed(text: str) -> str:
    """The text without what nobody sees: NFC, no invisible character, no half of a character.

    Labels, ids and names that look the same are the same afterwards.
    """
    for rule in SPELLING:
        if not rule.visible:
            text = rule.change(text)
    return text


def plain(text: str) -> str:
    """The text as word vectors spell it: every rule of `SPELLING`, in its order."""
    for rule in SPELLING:
        text = rule.change(text)
    return text


def is_text(text: str) -> bool:
    """Whether it holds characters alone, and not bytes that Python could not read as such."""
    return not _HALVES.search(text)


def respelled(texts: Iterable[str]) -> dict[str, int]:
    """How many texts each rule of `SPELLING` changes; a rule that changes none is left out."""
    numbers = {rule.what: 0 for rule in SPELLING}
    for text in texts:
        for rule in SPELLING:
            changed = rule.change(text)
            numbers[rule.what] += changed != text
            text = changed
    return {what: number for what, number in numbers.items() if number}
