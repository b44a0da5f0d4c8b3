"""Checks of an exercise in another language: the same check, its hints in other words.

In: an English check, and its hints in the other language. Out: a check that finds the same mistakes
and prints them in that language. What is right and wrong is therefore decided in one place.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

from mcsan_lite.exercises.exercise import Solved, find_mistake_of, print_verdict

RIGHT = "right."  # the key of what is printed for a right answer


def translated_hint(hint: str, words: Mapping[str, str]) -> str:
    """A hint in another language; the hint itself where no words are known for it.

    Args:
        hint: in English.
        words: {English hint: the same in the other language}. A {name} in both stands for what the
            hint quotes of the answer.
    """
    for english, other in words.items():
        pieces = re.split(r"\{(\w+)\}", english)
        names = set(pieces[1::2])
        pattern = "".join(
            f"(?P<{piece}>.*)" if number % 2 else re.escape(piece)
            for number, piece in enumerate(pieces)
        )
        found = re.fullmatch(pattern, hint, re.DOTALL)
        if found:
            return other.format(**{name: found[name] for name in names})
    return hint


def in_other_words(check: Callable[..., Solved], words: Mapping[str, str]) -> Callable[..., Solved]:
    """A check that finds what `check` finds, and says it in another language.

    Args:
        check: made by `exercise`.
        words: as of `translated_hint`, with one for `RIGHT`.
    """

    @functools.wraps(check)
    def other(student, *args) -> Solved:
        mistake = find_mistake_of(check, student, *args)
        said = translated_hint(RIGHT if mistake is None else mistake, words)
        print_verdict(check.__name__, said, right=mistake is None)
        return Solved(mistake is None)

    return other
