"""Refusals in three parts: what was given, what was expected, and what to do about it.

Everything in the package that refuses an input raises a `DataError`; the command line prints it as
it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DataError(ValueError):
    """A refusal in three parts.

    Args:
        given: what was given.
        expected: what was expected instead.
        do: what to do about it.
    """

    def __init__(self, given: str, expected: str, do: str) -> None:
        self.given = given
        self.expected = expected
        self.do = do
        super().__init__(f"Given: {given}\nExpected: {expected}\nDo: {do}")

    def __reduce__(self):
        # An exception with a signature of its own must say how it crosses a process.
        return type(self), (self.given, self.expected, self.do)


def require_name(name: str, allowed: Iterable[str], what: str) -> str:
    """Return `name` if it is allowed.

    Args:
        name: what was given.
        allowed: the names to choose from.
        what: what sort of name it is, such as "protocol"; the error begins with it.

    Returns:
        The name.

    Raises:
        DataError: if it is not one of them, with the nearest one as advice.
    """
    names = list(allowed)
    if name in names:
        return name
    advice = "take one of these names."
    as_written = {}
    for known in names:
        as_written.setdefault(known.lower(), known)
    near = difflib.get_close_matches(
        name.lower(), [known.lower() for known in names], n=1, cutoff=0.5
    )
    if near:
        advice = f"did you mean {as_written[near[0]]!r}?"
    raise DataError(f"{what} {name!r}", f"one of {', '.join(map(repr, names))}", advice)
