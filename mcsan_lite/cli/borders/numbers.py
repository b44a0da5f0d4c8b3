"""Whole numbers on the command line: what is none, or too small, is refused in three parts.

In: an option as it was typed. Out: its number.
"""

from __future__ import annotations

import argparse

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


def _whole_number(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        refusal = DataError(
            repr(text), f"a whole number, {least} or more", "name one, or leave the option out."
        )
        raise argparse.ArgumentTypeError(str(refusal))
    return number
