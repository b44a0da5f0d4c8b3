"""Checks of the notebooks' exercises, a file a lesson. A check does not grade: it says which mistake it saw.

Every check is itself tested: it must pass its solution and fail each of several wrong ones with the matching hint.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping


def exercise(find_mistake: Callable[..., str | None]) -> Callable[..., bool]:
    """Turn `find_mistake(student)`, which returns a hint or None, into a check that prints a verdict and returns
    whether the answer is right. An exercise that is still open, or code that stops, is a verdict and not a crash."""

    @functools.wraps(find_mistake)
    def check(student, *args) -> bool:
        name = find_mistake.__name__
        try:
            mistake = (
                "not solved yet."
                if student is None or student is ...
                else find_mistake(student, *args)
            )
        except NotImplementedError:
            mistake = "not solved yet."
        except Exception as error:
            mistake = f"your code stops with {type(error).__name__}: {error}"
        print(f"✓ {name}: right." if mistake is None else f"✗ {name}: {mistake}")
        return mistake is None

    return check


def three_letters(student, right: str, wrong: Mapping[str, str], look_for: str) -> str | None:
    """The mistake in a set of letters from a to g, of which the three `right` ones are wanted. `wrong`: why each other one
    cannot be defended."""
    if not isinstance(student, set | list | tuple | frozenset) or not all(
        isinstance(letter, str) for letter in student
    ):
        return 'the answer is a set of three letters, such as {"a", "b", "c"}.'
    chosen = {letter.strip().lower() for letter in student}
    for letter in sorted(chosen & set(wrong)):
        return f"{letter}: {wrong[letter]}"
    if chosen - set(right):
        return "take letters from a to g."
    return (
        None
        if chosen == set(right)
        else f"so far all hold, but {3 - len(chosen)} more can be defended: {look_for}."
    )
