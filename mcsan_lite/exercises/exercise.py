"""What every check of the notebooks' exercises is made of.

In: a student's answer, a function or a value. Out: a printed verdict, and whether the answer is
right. A check does not grade: it says which mistake it saw. There is one file of checks per lesson.

Every check is itself tested: it must pass its solution and fail each of several wrong ones with the
matching hint.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping

NOT_SOLVED = "not solved yet."
RETURNS_NOTHING = (
    "your function returns nothing: end it with `return …` (print shows a value and returns none)."
)
SOMETIMES_NOTHING = (
    "for some inputs your function returns nothing: every way through it needs its `return …`."
)


class Solved(int):
    """1 or 0: whether an answer is right. A notebook shows nothing of it, since the line that was
    printed has said all.
    """

    def _ipython_display_(self) -> None:
        """Show nothing."""


def exercise(find_mistake: Callable[..., str | None]) -> Callable[..., Solved]:
    """Turn a function that finds mistakes into a check that prints a verdict.

    An exercise that is still open, or code that stops, is a verdict and not a crash. A function
    that gives None and is not right gets that said, since its `return` was forgotten.

    Args:
        find_mistake: takes the student's answer and returns a hint, or None where it is right.

    Returns:
        The check. It returns whether the answer is right.
    """

    @functools.wraps(find_mistake)
    def check(student, *args) -> Solved:
        mistake = find_mistake_of(check, student, *args)
        print_verdict(find_mistake.__name__, mistake or "right.", right=mistake is None)
        return Solved(mistake is None)

    return check


def find_mistake_of(check: Callable[..., Solved], student, *args) -> str | None:
    """The hint that a check gives to an answer; None where it is right.

    Args:
        check: made by `exercise`.
        student: the answer.
        *args: what else the check takes.
    """
    if student is None or student is ...:
        return NOT_SOLVED
    find_mistake = check.__wrapped__
    watched = [_Watched(answer) for answer in (student, *args)]
    try:
        mistake = find_mistake(*(one.answer for one in watched))
    except NotImplementedError:
        return NOT_SOLVED
    except Exception as error:
        mistake = f"your code stops with {type(error).__name__}: {error}"
    if mistake is None or "returns nothing" in mistake:  # some checks say so themselves
        return mistake
    return _forgotten_return(list(inspect.signature(find_mistake).parameters), watched) or mistake


class _Watched:
    """A student's answer. A function notes of each of its calls whether it gave anything.

    A class is left as it is, and so is what else a check takes: methods may well return None.
    """

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.gave: list[bool] = []
        self.is_function = inspect.isroutine(answer)
        if not self.is_function:
            return

        @functools.wraps(answer)
        def noting(*args, **kwargs):
            found = answer(*args, **kwargs)
            self.gave.append(found is not None)
            return found

        self.answer = noting


def _forgotten_return(names: list[str], watched: list[_Watched]) -> str | None:
    """The hint for a function that gave None, always or sometimes.

    Where a check takes several functions, it begins with the name of this one.
    """
    functions = {
        name: one.gave for name, one in zip(names, watched, strict=False) if one.is_function
    }
    for name, gave in functions.items():
        if not all(gave):
            hint = SOMETIMES_NOTHING if any(gave) else RETURNS_NOTHING
            return hint if len(functions) == 1 else f"{name}: {hint}"
    return None


def print_verdict(name: str, words: str, *, right: bool) -> None:
    """Print ✓ or ✗, or words where the terminal or notebook has no such characters.

    Args:
        name: of the check.
        words: a hint, or that the answer is right.
        right: whether it is.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    mark = "✓" if right else "✗"
    try:
        mark.encode(encoding)
    except UnicodeEncodeError:
        mark = "ok" if right else "not yet"
    verdict = f"{mark} {name}: {words}"
    print(verdict.encode(encoding, "replace").decode(encoding))


def hint_for(
    found: object,
    mistakes: Iterable[tuple[object, str]],
    same: Callable[[object, object], bool],
) -> str | None:
    """The hint of the mistake that gives what the student's code gave.

    Args:
        found: what the student's code gave.
        mistakes: pairs of what a mistake gives and its hint; the first one that fits counts.
        same: whether two results are equal.

    Returns:
        A hint, or None where no mistake fits.
    """
    return next((hint for wrong, hint in mistakes if same(found, wrong)), None)


def letter_hint(
    answers: Mapping[str, object], name: str, right: str, wrong: Mapping[str, str]
) -> str | None:
    """The mistake in one of several answers that are letters.

    Args:
        answers: all answers, by their names.
        name: the one that is looked at.
        right: its letter.
        wrong: for each other letter, why it is wrong.

    Returns:
        A hint that begins with the name, or None where the answer is right.
    """
    given = str(answers[name]).strip().lower()
    if given == right:
        return None
    letters = ", ".join(sorted({right, *wrong}))
    return f"{name}: {wrong.get(given, f'take one of the letters {letters}.')}"


def three_letters(
    student: object,
    right: str,
    wrong: Mapping[str, str],
    look_for: str,
    *,
    more: str = "can be defended",
) -> str | None:
    """The mistake in a set of letters, of which three are wanted.

    Args:
        student: the answer.
        right: the three letters.
        wrong: for each other letter, why it is not wanted.
        look_for: how the wanted ones can be recognised.
        more: said of those that are missing from the answer.

    Returns:
        A hint, or None where the answer is right.
    """
    chosen = _letters_of(student)
    if chosen is None:
        return 'the answer is a set of three letters, such as {"a", "b", "c"}.'
    if hint := _wrong_letter(chosen, right, wrong):
        return hint
    if chosen == set(right):
        return None
    return f"right so far, but {3 - len(chosen)} more {more}: {look_for}."


def letter_set(student: object, right: Mapping[str, str], wrong: Mapping[str, str]) -> str | None:
    """The mistake in a set of letters of which any number is wanted.

    Args:
        student: the answer.
        right: for each letter that is wanted, what is said where it is missing.
        wrong: for each other letter, why it is not wanted.

    Returns:
        A hint, or None where the answer is right.
    """
    chosen = _letters_of(student)
    if chosen is None:
        return 'the answer is a set of letters, such as {"a", "b"}.'
    if hint := _wrong_letter(chosen, right, wrong):
        return hint
    for letter in sorted(set(right) - chosen):
        return f"look at {letter} again: {right[letter]}"
    return None


def _letters_of(student: object) -> set[str] | None:
    """The letters of an answer in lower case; None where it is no collection of texts."""
    is_collection = isinstance(student, set | list | tuple | frozenset)
    if not is_collection or not all(isinstance(letter, str) for letter in student):
        return None
    return {letter.strip().lower() for letter in student}


def _wrong_letter(chosen: set[str], right: Iterable[str], wrong: Mapping[str, str]) -> str | None:
    """Why a letter of the answer is not wanted, or that there is no such letter."""
    for letter in sorted(chosen & set(wrong)):
        return f"{letter}: {wrong[letter]}"
    if chosen - set(right):
        return f"take letters from a to {max({*right, *wrong})}."
    return None
