"""Words that are spelled in two ways and sound the same, such as pain and pane.

In: the tokens of a transcript, and one of the four start clips. Out: what may be swapped, and what
the rule of the corpus says of a respelled transcript.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE
from mcsan_lite.datasets.synthetic.start.clips import StartClip, respell

_FELT = dict(NEGATIVE + POSITIVE)
_OTHER_SPELLING = _FELT | {plain: felt for felt, plain in _FELT.items()}


class Swap(NamedTuple):
    """One word that sounds like another.

    Attributes:
        old: as it is spelled now.
        new: as it could be spelled.
        text: the transcript with the new spelling.
    """

    old: str
    new: str
    text: str


def swaps_of(tokens: Sequence[str], text: str) -> list[Swap]:
    """The words of a transcript that have another spelling of the same sound, in their order.

    Args:
        tokens: the transcript as the models read it.
        text: the transcript itself.
    """
    swaps, seen = [], Counter()
    for token in tokens:
        if token not in _OTHER_SPELLING:
            continue
        written = list(re.finditer(rf"\b{token}\b", text, re.IGNORECASE))
        number = seen[token]
        seen[token] += 1
        if number < len(written):
            start, end = written[number].span()
            new = _OTHER_SPELLING[token]
            swaps.append(Swap(token, new, text[:start] + new + text[end:]))
    return swaps


def evaluative_places(tokens: Sequence[str]) -> list[int]:
    """Where a transcript has evaluative words, those that may decide the class."""
    return [place for place, token in enumerate(tokens) if token in _FELT]


def respelled_clip(clip: StartClip, tokens: Sequence[str]) -> StartClip | None:
    """The clip with these words, where they sound as the clip's own; else None.

    Args:
        clip: one of the four.
        tokens: of the edited transcript.
    """
    spoken = clip.text.split()
    if len(spoken) != len(tokens):
        return None
    for old, new in zip(spoken, tokens, strict=True):
        if old == new:
            continue
        if _OTHER_SPELLING.get(old) != new:
            return None
        clip = respell(clip, old)
    return clip if clip.text.split() == list(tokens) else None
