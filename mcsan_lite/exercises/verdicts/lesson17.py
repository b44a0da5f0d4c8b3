"""What lesson 17 says of doubt: how sure, how right, and whether the network can tell.

In: numbers of this run. Out: sentences that follow from them alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from mcsan_lite.evaluation.calibration import Answered
from mcsan_lite.evaluation.intervals import difference_interval, share_interval
from mcsan_lite.exercises.verdicts.sentences import (
    UNTESTED,
    Interval,
    gap_side,
    percent_interval,
    points_interval,
)
from mcsan_lite.experiments.stress.sureness import Sureness

# What two published scores must have in common before one may be taken from the other.
SAME_PROTOCOL = ["classes", "split", "context", "modality", "metric", "selection"]

_CLEARLY_SURER = 0.05  # confidence above accuracy


class Doubted(NamedTuple):
    """One condition, and what was noticed of it."""

    name: str  # such as "white noise at 20 dB SNR"
    cost_low: float  # lower end of the accuracy that is lost, a share
    accuracy: float
    confidence: float
    unlike: float  # the share of clips that are called unlike the training part


def say_sureness(found: Sureness, accuracy: float) -> str:
    """Whether a model is as sure as it is right, beside what luck alone gives.

    Args:
        found: of the model on one part.
        accuracy: on the same part.
    """
    numbers = (
        f"On average it is {100 * found.confidence:.1f} % sure, and {100 * accuracy:.1f} % of its "
        f"answers are right. The ECE is {found.ece:.3f} ({found.low:.3f} to {found.high:.3f}), "
        f"where luck alone would give {found.by_luck:.3f}, and rarely more than "
        f"{found.luck_high:.3f}"
    )
    if found.ece <= found.luck_high:
        return f"{numbers}: no miscalibration is shown."
    side = "too sure" if found.confidence > accuracy else "not sure enough"
    return f"{numbers}: it is miscalibrated, and {side}."


def say_temperature(temperature: float, before: Sureness, after: Sureness) -> str:
    """What a temperature that was fitted on validation did on test.

    Args:
        temperature: of the logits.
        before: on test, as the network says it.
        after: on test, at this temperature.
    """
    effect = "softens" if temperature > 1 else "sharpens"
    told = (
        f"T = {temperature:.2f} {effect} every answer and turns none. On test, the ECE was "
        f"{before.ece:.3f} ({before.low:.3f} to {before.high:.3f}) before and is {after.ece:.3f} "
        f"({after.low:.3f} to {after.high:.3f}) after"
    )
    if after.high < before.low:
        return f"{told}: better calibrated."
    if after.low > before.high:
        return f"{told}: worse calibrated than before."
    return f"{told}: the intervals overlap, and no test of the difference was made."


def say_abstaining(everything: Answered, sure: Answered, least: float) -> str:
    """What is gained by keeping silent, and what it costs.

    Answers that are given are compared with those that are kept back, which are other utterances.

    Args:
        everything: where all is answered.
        sure: where only sure answers are given.
        least: the confidence from which an answer is given.
    """
    if not sure.n:
        return f"From a confidence of {100 * least:.0f} % upwards, nothing is answered."
    told = (
        "If everything is answered, "
        f"{percent_interval(everything.accuracy, everything.low, everything.high)} of the answers "
        f"are right. From a confidence of {100 * least:.0f} % upwards, {100 * sure.share:.0f} % "
        f"are answered, and {percent_interval(sure.accuracy, sure.low, sure.high)} of these are "
        "right"
    )
    kept_back = everything.n - sure.n
    if not kept_back:
        return f"{told}. Nothing is kept back, so silence buys nothing."
    right = round(everything.accuracy * everything.n) - round(sure.accuracy * sure.n)
    gap = _difference_of_shares((sure.accuracy, sure.n), (right / kept_back, kept_back))
    _, low, high = gap
    told += (
        f". Of those that are kept back, {100 * right / kept_back:.0f} % would be. The difference "
        f"is {points_interval(*gap)}"
    )
    reading = {
        "more": "silence buys accuracy",
        "less": "it keeps silent where it is right",
        "no difference shown": "this does not show that silence buys accuracy",
    }.get(gap_side(low, high), UNTESTED)
    return f"{told}: {reading}."


def _difference_of_shares(one: tuple[float, int], other: tuple[float, int]) -> Interval:
    """The difference of two shares of different utterances, from Wilson's two (Newcombe 1998).

    Args:
        one: a share, and of how many utterances.
        other: the same; it is taken away.
    """
    (share, _), (other_share, _) = one, other
    return difference_interval(
        (share, *share_interval(*one)), (other_share, *share_interval(*other))
    )


def say_one_clip(before: pd.Series, after: pd.Series, what: str) -> str:
    """What one change did to one answer.

    Args:
        before: probability of each class, the likeliest first.
        after: the same of the changed clip.
        what: the change.
    """
    first, second = before.index[0], after.index[0]
    told = (
        f"As it is, the clip is called {first} ({100 * before.iloc[0]:.1f} %); with {what} it is "
        f"called {second} ({100 * after.iloc[0]:.1f} %)"
    )
    if first != second:
        return f"{told}: another answer."
    moved = 100 * (after.iloc[0] - before.iloc[0])
    return f"{told}: the same answer; its confidence moves by {moved:+z.1f} points."


def say_which_costs_more(one: str, other: str, gap: Interval) -> str:
    """Which of two stresses costs more accuracy.

    Args:
        one: a stress at a level.
        other: another one.
        gap: the cost of the first less that of the other, paired, as shares.
    """
    mean, low, high = gap
    told = f"The cost of {one} minus that of {other} is {_paired_points(gap)}"
    if gap_side(low, high) not in ("more", "less"):
        return f"{told}: this run does not show which of them costs more."
    return f"{told}: {one if mean > 0 else other} costs more."


def _paired_points(gap: Interval) -> str:
    """A paired difference in points; it has no interval where it is the same in every clip."""
    mean, low, _ = gap
    if math.isnan(low):
        return f"{100 * mean:+z.1f} points (the same in every clip)"
    return points_interval(*gap)


def say_landing(stressed: pd.Series, without: pd.Series, gap: Interval) -> str:
    """Whether a ruined modality is worth as much as none.

    Args:
        stressed: a row of the curves, with wa, "wa low" and "wa high".
        without: the row of the same model without that modality.
        gap: WA of the first less that of the other, paired, as shares.
    """
    _, low, high = gap
    numbers = (
        f"{stressed.stress} at {stressed.level:g} {stressed.unit}: WA "
        f"{percent_interval(stressed.wa, stressed['wa low'], stressed['wa high'])}; "
        f"{without.stress}: {percent_interval(without.wa, without['wa low'], without['wa high'])}. "
        f"The paired difference is {_paired_points(gap)}"
    )
    reading = {
        "more": "what is left of the sound still helps",
        "less": "the ruined sound misleads; none at all would be better",
    }.get(gap_side(low, high), "the ruined sound is not shown to be worth more than none")
    return f"{numbers}: {reading}."


def say_noticed(conditions: Sequence[Doubted], clean: float) -> str:
    """Of the conditions that cost accuracy, which were noticed, and by what.

    Args:
        conditions: stressed ones.
        clean: the confidence in the same clips as they are.
    """
    harmful = [one for one in conditions if one.cost_low > 0]
    if not harmful:
        return "No condition is shown to cost accuracy, so there is nothing to notice."
    seen = [one for one in harmful if one.unlike >= 0.5]
    missed = [one for one in harmful if one.unlike < 0.5]
    boldest = max(harmful, key=lambda one: one.confidence - one.accuracy)
    told = (
        f"{len(harmful)} of {len(conditions)} conditions cost accuracy. In {len(seen)} of them "
        "most clips are called unlike the training part"
    )
    if missed:
        names = ", ".join(f"{one.name} ({100 * one.unlike:.0f} %)" for one in missed)
        told += f"; not so under {names}"
    surer = boldest.confidence - boldest.accuracy
    if surer <= _CLEARLY_SURER:
        return f"{told}. Nowhere is the network clearly surer than it is right."
    fall = clean - boldest.confidence
    warning = f"it falls by {100 * fall:.1f} points, which is too little"
    if fall <= 0:
        warning = "it does not fall, and so gives no warning"
    return (
        f"{told}. The probabilities are the farthest off under {boldest.name}: the network is "
        f"{100 * boldest.confidence:.0f} % sure and {100 * boldest.accuracy:.0f} % right. In the "
        f"clips as they are its confidence is {100 * clean:.0f} %: {warning}."
    )


def say_record(record: pd.DataFrame, ours: str = "MFCC") -> str:
    """Whether published scores compare one kind of sound feature with another.

    Args:
        record: system, features, score, and SAME_PROTOCOL.
        ours: the features that are asked about.
    """
    comparable = [
        group for _, group in record.groupby(SAME_PROTOCOL) if group.features.nunique() > 1
    ]
    if any(ours in set(group.features) for group in comparable):
        pairs = [group for group in comparable if ours in set(group.features)]
        told = "; ".join(_listed_scores(group) for group in pairs)
        return f"{ours} and other features under one protocol: {told}."
    told = (
        f"No score of {ours} here shares its protocol with one of other features, so the record "
        f"does not say how far apart they are"
    )
    if comparable:
        told += f". What it does compare: {'; '.join(map(_listed_scores, comparable))}"
    return f"{told}."


def _listed_scores(group: pd.DataFrame) -> str:
    ordered = group.sort_values("score")
    return " and ".join(f"{row.system} {row.score:.3f}" for row in ordered.itertuples())
