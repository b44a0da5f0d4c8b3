"""The words that all lessons share when they read a number.

In: a mean with its interval, and what it is compared with. Out: a piece of a sentence. The words
follow from the numbers alone, so that they are right for any corpus, profile and seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

# What `gap_side` and `side_of` say of an interval whose ends are nan: one value has no spread.
NO_INTERVAL = "without an interval"
NOT_COMPARED = f"{NO_INTERVAL} to compare with"
UNTESTED = "there is no interval, so nothing is shown"  # the verdict in such a case

Interval = tuple[float, float, float]  # mean, low, high


class Measured(NamedTuple):
    """A mean with its 95 % interval. Printed, it is a share in per cent.

    Attributes:
        mean: the mean.
        low: where the interval begins.
        high: where it ends.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return percent_interval(*self)


def side_of(low: float, high: float, reference: float) -> str:
    """Where an interval lies: "above", "below" or "not distinguishable from" the reference.

    Where an end is nan, it lies nowhere: "without an interval to compare with" the reference.
    """
    if math.isnan(low) or math.isnan(high):
        return NOT_COMPARED
    if low > reference:
        return "above"
    if high < reference:
        return "below"
    return "not distinguishable from"


def in_percent(share: float, decimals: int = 0) -> str:
    """A share as a text: 0.428 gives "43 %", and "42.8 %" with one decimal.

    Args:
        share: from 0 to 1.
        decimals: digits after the point.
    """
    return f"{100 * share:.{decimals}f} %"


def percent_interval(mean: float, low: float, high: float, decimals: int = 0) -> str:
    """A share with its interval: 0.27, 0.05, 0.49 gives "27 % (5 to 49 %)".

    Where an end is nan there is no interval to print, and the share stands alone.
    """
    if math.isnan(low) or math.isnan(high):
        return in_percent(mean, decimals)
    low, high = max(0.0, low), min(1.0, high)
    ends = f"{100 * low:.{decimals}f} to {100 * high:.{decimals}f} %"
    return f"{100 * mean:.{decimals}f} % ({ends})"


def points_interval(mean: float, low: float, high: float) -> str:
    """A difference of shares in points: "+2.3 points (-6.3 to +10.8)".

    Where an end is nan, the difference stands alone.
    """
    if math.isnan(low) or math.isnan(high):
        return f"{100 * mean:+z.1f} points"
    return f"{100 * mean:+z.1f} points ({100 * low:+z.1f} to {100 * high:+z.1f})"


def p_in_words(p: float) -> str:
    """A p value as a text: 0.227 gives "0.227", 0.00001 "below 0.001", and nan "none"."""
    if math.isnan(p):
        return "none"
    return "below 0.001" if p < 0.0005 else f"{p:.3f}"


def gap_side(low: float, high: float) -> str:
    """What a difference with this interval shows: "more", "less" or "no difference shown".

    Where an end is nan, it shows nothing: "without an interval".
    """
    if math.isnan(low) or math.isnan(high):
        return NO_INTERVAL
    if low > 0:
        return "more"
    if high < 0:
        return "less"
    return "no difference shown"


def quoted_names(names: Sequence[str]) -> str:
    """As `listed_names`, for names that may hold a comma themselves: these are quoted."""
    return listed_names([quoted_if_comma(str(name)) for name in names])


def quoted_if_comma(name: str) -> str:
    """A name, in quotes where it holds a comma and would be two names of a list."""
    return f"“{name}”" if "," in name else name


def listed_names(names: Sequence[str]) -> str:
    """Names as a sentence has them: "a, b and c"; "none" where there are none."""
    names = [str(name) for name in names]
    if not names:
        return "none"
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
