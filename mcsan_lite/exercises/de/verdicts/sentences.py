"""The words of a number in German: a mean with its interval, and where it lies.

In: what the English `verdicts.sentences` takes. Out: a piece of a German sentence. Digits have a
decimal point, as everything has that Python prints.
"""

from __future__ import annotations

from mcsan_lite.exercises.verdicts import sentences


class Measured(sentences.Measured):
    """A mean with its 95 % interval. Printed, it is a share in per cent, in German."""

    __slots__ = ()

    def __str__(self) -> str:
        return percent_interval(*self)


_SIDES = {
    "above": "liegt über {}",
    "below": "liegt unter {}",
    "not distinguishable from": "ist nicht von {} zu unterscheiden",
    sentences.NOT_COMPARED: "hat kein Intervall, das man mit {} vergleichen könnte",
}


def side_in_words(side: str, of: str) -> str:
    """Where something lies, in German: verb and place.

    Args:
        side: what `sentences.side_of` gave.
        of: the reference, in the dative.
    """
    return _SIDES[side].format(of)


def percent_interval(mean: float, low: float, high: float) -> str:
    """A share with its interval: 0.27, 0.05, 0.49 gives "27 % (5 bis 49 %)"."""
    return sentences.percent_interval(mean, low, high).replace(" to ", " bis ")


def points_interval(mean: float, low: float, high: float) -> str:
    """A difference of shares: "+2.3 Prozentpunkte (-6.3 bis +10.8)"."""
    english = sentences.points_interval(mean, low, high)
    return english.replace("points", "Prozentpunkte").replace(" to ", " bis ")
