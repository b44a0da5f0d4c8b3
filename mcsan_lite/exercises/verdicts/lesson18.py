"""Sentences of lesson 18 about the menu and one sentence of the paper as printed.

In: numbers of this run or of the paper's tables. Out: text that follows from them alone. What a
study found is said by `capstone.report`.
"""

from __future__ import annotations

import math

import pandas as pd

from mcsan_lite.exercises.verdicts.sentences import gap_side, p_in_words, points_interval


def say_menu(trainings: pd.Series) -> str:
    """How many sentences can be tested with what is at hand.

    Args:
        trainings: how many are at hand for each sentence; 0: one of its rows was not run.
    """
    ready = int((trainings > 0).sum())
    if ready == len(trainings):
        return f"All {ready} sentences can be tested with these trainings."
    if not ready:
        return f"None of {len(trainings)} sentences can be tested yet: run a command of the menu."
    return (
        f"{ready} of {len(trainings)} sentences can be tested with these trainings; for the "
        "others, the menu has the command."
    )


def say_as_printed(says: str, low: float, high: float, p: float) -> str:
    """Whether the paper's own numbers carry its sentence, as far as a table can say.

    Args:
        says: the sentence.
        low: of Welch's interval of the printed gap, as a share.
        high: of the same.
        p: of the same test.
    """
    if math.isnan(p):
        return f"“{says}”: the paper prints no deviations, so its own numbers cannot be tested."
    if gap_side(low, high) == "no difference shown":
        found = "within noise as printed, so there is something to find out"
    else:
        found = "beyond noise as printed; whether a repetition finds it is another question"
    return f"“{says}”: {found} (unpaired, p {p_in_words(p)})."


def say_fold_by_fold(differences: pd.Series, low: float, high: float) -> str:
    """What the folds say one by one, and whether their mean is shown to lie on one side.

    Args:
        differences: a - b of each fold, as shares.
        low: of the corrected interval of their mean.
        high: of the same.
    """
    above = int((differences > 0).sum())
    told = f"The gap is above zero in {above} of {len(differences)} folds"
    if math.isnan(low):
        return f"{told}, and it does not vary, so there is no interval."
    interval = points_interval(differences.mean(), low, high)
    side = {
        "more": "the mean is shown to lie above zero",
        "less": "the mean is shown to lie below zero",
        "no difference shown": "the interval of the mean contains zero",
    }[gap_side(low, high)]
    return f"{told}; {side}: {interval}."


def say_lengths(words: int) -> str:
    """How long a write-up is beside two pages.

    Args:
        words: that it has.
    """
    fits = "about two pages" if 500 <= words <= 1100 else "not two pages"
    return f"{words} words: {fits} (500 to 1,100)."
