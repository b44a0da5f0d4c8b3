"""Sentences of lesson 14 on how comparisons are planned, and on the paper's own Table 3.

In: false alarms of toys, deviations, power and printed gaps, as shares of one. Out: text that
follows from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from mcsan_lite.evaluation.significance import Spread
from mcsan_lite.exercises.verdicts.sentences import (
    UNTESTED,
    Interval,
    gap_side,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)


def deviation_limits(deviation: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a standard deviation of n numbers (chi-square, bell-shaped numbers).

    Args:
        deviation: as computed, with n - 1.
        n: of how many numbers, at least 2.
    """
    from scipy.stats import chi2

    low = deviation * math.sqrt((n - 1) / chi2.ppf(0.975, n - 1))
    high = deviation * math.sqrt((n - 1) / chi2.ppf(0.025, n - 1))
    return low, high


def say_deviation(name: str, deviation: float, n: int) -> str:
    """A deviation in points, and how little n numbers know of it.

    Args:
        name: what varies.
        deviation: its standard deviation, as a share.
        n: of how many numbers.
    """
    if n < 2 or pd.isna(deviation):
        return f"{name}: one number has no deviation."
    if not deviation:
        return f"{name}: the same in all {n}."
    low, high = deviation_limits(deviation, n)
    says = (
        f"{name}: {100 * deviation:.1f} points over {n} numbers; "
        f"the true one may be {100 * low:.1f} to {100 * high:.1f}"
    )
    return says + (" (very uncertain)." if n < 6 else ".")


def say_sampling_share(deviation: float, n_folds: int, luck: float) -> str:
    """Whether the spread of folds is more than the luck of which utterances are tested.

    Args:
        deviation: standard deviation over folds, as a share.
        n_folds: of how many.
        luck: the deviation that the draw of test utterances alone would give.
    """
    if n_folds < 2 or pd.isna(deviation):
        return "One fold has no spread to compare with the luck of the draw."
    side = side_of(*deviation_limits(deviation, n_folds), luck)
    return (
        f"The spread over {n_folds} folds, {100 * deviation:.1f} points, is {side} the "
        f"{100 * luck:.1f} points that the draw of test utterances alone would give."
    )


def say_equal_worth(mean: float, error: float) -> str:
    """Whether the toy's two learners are of equal worth, as they were made.

    Args:
        mean: the mean difference over all corpora, as a share.
        error: its standard error.
    """
    so = "as made, neither is shown to be better"
    if abs(mean) > 2 * error:
        so = "by more than two errors, so this toy does not do what it was made for"
    where = "behind" if mean < 0 else "ahead of"
    return (
        f"Over all corpora, A is {100 * abs(mean):.2f} points {where} B (standard error "
        f"{100 * error:.2f}): {so}."
    )


def say_promise_kept(alarms: pd.DataFrame, promised: float = 0.05) -> str:
    """Which tests raise more false alarms than they promise.

    Args:
        alarms: mean, low and high of each test's share of false alarms; the index names the tests.
        promised: the share that each test promises.
    """
    endings = {
        "above": "too many",
        "below": "fewer than that",
        "not distinguishable from": "as promised, as far as these toys can tell",
    }
    lines = []
    for name, share in alarms.iterrows():
        side = side_of(share["low"], share["high"], promised)
        interval = percent_interval(share["mean"], share["low"], share["high"])
        lines.append(f"{name}: {interval} false alarms, {endings.get(side, UNTESTED)}.")
    return "\n".join(lines)


def say_repeats(change: Interval) -> str:
    """Whether repeating the cross-validation raised the false alarms of one test.

    Args:
        change: the share of false alarms with many folds less that with few, paired over the same
            toys: mean, low and high.
    """
    _, low, high = change
    what = {
        "more": "raises",
        "less": "lowers",
    }.get(gap_side(low, high), "is not shown to change")
    return (
        f"Repeating the cross-validation of one corpus {what} its share of false alarms: "
        f"{points_interval(*change)}."
    )


def say_best_power(reached: Mapping[str, float], wanted: float = 0.8) -> str:
    """In which cases endless folds and seeds of one corpus have the power that is wanted.

    Args:
        reached: case -> its power then.
        wanted: the power that is asked for.
    """
    lines = []
    for name, value in reached.items():
        so = "so some number is enough" if value >= wanted else "so only more data would help"
        lines.append(f"Noise {name}: endless folds and seeds reach {100 * value:.0f} %, {so}.")
    return "\n".join(lines)


def say_within_noise(published: pd.DataFrame, score: str) -> str:
    """Which printed gaps are within noise by their own deviations, before and after Holm.

    Args:
        published: from `published_gaps`, one table of the paper.
        score: "wa" or "ua".
    """
    alone = published[f"{score} p"] >= 0.05
    together = published[f"{score} Holm p"] >= 0.05
    only_after = list(published.index[together & ~alone])
    says = f"In {score.upper()}, within noise as printed: {listed_names(published.index[alone])}"
    if only_after:
        return f"{says}; after Holm also {listed_names(only_after)}."
    return f"{says}; Holm adds none."


def say_needed_correlations(correlations: pd.Series) -> str:
    """How closely two rows must move together over folds, for their printed gap to exclude zero.

    Args:
        correlations: the needed correlation of each row, -1 or below where none is needed.
    """
    free = list(correlations.index[correlations <= -1])
    asking = correlations[correlations > -1]
    says = f"These exclude zero however the folds move: {listed_names(free)}."
    if asking.empty:
        return says
    most = asking.idxmax()
    return f"{says} The most is asked of {most}: a correlation of at least {asking[most]:.2f}."


def say_small_deviations(chances: pd.Series, level: float = 0.05) -> str:
    """Whether printed deviations are smaller than the draw of test utterances explains.

    Args:
        chances: row -> how often the draw alone would give so small a deviation.
        level: what is called rare.
    """
    rare = list(chances.index[chances < level])
    lowest = chances.idxmin()
    says = (
        f"The rarest is that of {lowest}: the draw alone gives one so small in "
        f"{100 * chances[lowest]:.0f} % of cases."
    )
    if rare:
        return f"{says} Rarer than one in {1 / level:.0f}: {listed_names(rare)}."
    return f"{says} No single row is remarkable."


def say_two_directions(first: float, second: float) -> str:
    """Which kind of attention two sources have ahead, by their means alone.

    Args:
        first: self less cross in one study, as a share.
        second: the same in another.
    """

    def ahead(gap: float) -> str:
        if gap == 0:
            return "neither"
        return "self-attention" if gap > 0 else "cross-attention"

    so = "one of the point estimates names no direction"
    if first * second > 0:
        so = "the two point estimates have the same sign, which settles no direction by itself"
    elif first * second < 0:
        so = "the two point estimates have opposite signs, and neither direction is settled"
    return (
        f"Rajan et al. have {ahead(first)} ahead ({100 * first:+z.1f} points), Table 3 has "
        f"{ahead(second)} ahead ({100 * second:+z.1f} points): {so}."
    )


def say_where_noise_is(row: str, found: Spread) -> str:
    """Whether the gap to a row varies more between folds or between seeds.

    Args:
        row: its name.
        found: the deviations between folds and between the seeds of one fold; nan where there is
            only one, and 0 between folds that differ less than their seeds explain.
    """
    if math.isnan(found.seed_sd):
        return f"Gap to {row}: with one seed per fold, nothing tells seeds from folds."
    if math.isnan(found.fold_sd):
        return f"Gap to {row}: with one fold, nothing tells folds from seeds."
    if not found.fold_sd:
        return (
            f"Gap to {row}: it varies by {100 * found.seed_sd:.1f} points between the seeds of one "
            "fold, and no spread between folds is shown beyond that of the seeds."
        )
    larger = "between folds" if found.fold_sd > found.seed_sd else "between seeds"
    return (
        f"Gap to {row}: it varies by {100 * found.fold_sd:.1f} points between folds and by "
        f"{100 * found.seed_sd:.1f} between the seeds of one fold. The larger part is {larger}."
    )
