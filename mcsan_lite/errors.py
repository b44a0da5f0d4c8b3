"""Refusals in three parts: what was given, what was expected, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DataError(ValueError):
    """A refusal in three parts: what was given, what was expected, what to do about it."""

    def __init__(self, given: str, expected: str, do: str) -> None:
        self.given, self.expected, self.do = given, expected, do
        super().__init__(f"Given: {given}\nExpected: {expected}\nDo: {do}")

    def __reduce__(self):  # an exception with its own signature must say how to cross a process
        return type(self), (self.given, self.expected, self.do)


def require_name(name: str, allowed: Iterable[str], what: str) -> str:
    """Return `name` if it is one of `allowed`; otherwise raise with the nearest match as advice."""
    allowed = list(allowed)
    if name in allowed:
        return name
    near = difflib.get_close_matches(name.lower(), [a.lower() for a in allowed], n=1, cutoff=0.5)
    nearest = next((a for a in allowed if near and a.lower() == near[0]), None)
    advice = f"did you mean {nearest!r}?" if nearest else "take one of these names."
    raise DataError(f"{what} {name!r}", f"one of {', '.join(map(repr, allowed))}", advice)
