"""Numbers on the command line: what is none, or too small, is refused in three parts.

In: an option as it was typed. Out: its number.
"""

from __future__ import annotations

import argparse
import math

from mcsan_lite.errors import DataError


def count(text: str) -> int:
    """How many of something: the `type` of an option, for argparse.

    Args:
        text: as it was typed.

    Raises:
        argparse.ArgumentTypeError: for anything but a whole number from 1 on.
    """
    return _whole_number(text, 1)


def seed(text: str) -> int:
    """What random numbers begin with: the `type` of an option, for argparse.

    Args:
        text: as it was typed.

    Raises:
        argparse.ArgumentTypeError: for anything but a whole number from 0 on.
    """
    return _whole_number(text, 0)


def positive(text: str) -> float:
    """A number above 0: the `type` of an option, for argparse.

    Args:
        text: as it was typed.

    Raises:
        argparse.ArgumentTypeError: for anything but a finite number above 0.
    """
    expected = "a finite number above 0, such as 0.001"
    try:
        number = float(text)
    except ValueError:
        raise _refused(text, expected) from None
    if number > 0 and math.isfinite(number):
        return number
    raise _refused(text, expected)


def _whole_number(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise _refused(text, f"a whole number, {least} or more")
    return number


def _refused(text: str, expected: str) -> argparse.ArgumentTypeError:
    refusal = DataError(repr(text), expected, "name one, or leave the option out.")
    return argparse.ArgumentTypeError(str(refusal))
