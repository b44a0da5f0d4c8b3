"""What lesson 02 says of its results: scores of one matrix, floors, and the noise of a fold.

In: scores and counts, as numbers. Out: sentences, which follow from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcsan_lite.exercises.verdicts.lesson14_design import deviation_limits
from mcsan_lite.exercises.verdicts.sentences import Interval, percent_interval, side_of
from mcsan_lite.experiments.floors import ORDER_ALONE


def say_what_silence_scores(corpus: str, share: float, classes: int) -> str:
    """WA and UA of always answering the largest class.

    Args:
        corpus: its name.
        share: of the largest class.
        classes: how many classes there are.
    """
    equal = 1 / classes
    text = (
        f"{corpus}: always answering the largest class has WA {share:.3f} and UA 1/{classes} = "
        f"{equal:.3f}."
    )
    if share > 1.25 * equal:
        return f"{text} WA rewards the imbalance; UA does not."
    return f"{text} The classes are so even that the two scores nearly agree."


def say_which_class_is_missed(recalls: Mapping[str, float], wa: float, ua: float) -> str:
    """What separates WA and UA in one matrix.

    WA minus UA has the sign of the covariance of a class's size and its recall.

    Args:
        recalls: recall by class.
        wa: weighted accuracy.
        ua: unweighted accuracy.
    """
    worst = min(recalls, key=recalls.get)
    text = (
        f"WA is {wa:.3f} and UA is {ua:.3f}. The class found least often is {worst!r}, with "
        f"{100 * recalls[worst]:.0f} %."
    )
    if abs(wa - ua) < 0.005:
        return f"{text} The two scores agree."
    if wa > ua:
        return (
            f"{text} UA is lower: on the whole, small classes are found less often than large "
            "ones, and in UA they weigh more than in WA."
        )
    return (
        f"{text} UA is higher: on the whole, small classes are found more often than large ones, "
        "and in UA they weigh more than in WA."
    )


def say_what_precision_adds(recall: float, precision: float) -> str:
    """How far mean precision lies from mean recall in one matrix.

    Args:
        recall: macro recall, which is UA.
        precision: macro precision.
    """
    gap = 100 * (precision - recall)
    text = f"Macro precision is {precision:.3f}, and macro recall is {recall:.3f}."
    if gap > 0.5:
        return (
            f"{text} Calling precision accuracy would add {gap:.0f} points without a better model."
        )
    if gap < -0.5:
        return f"{text} Calling precision accuracy would take {-gap:.0f} points away."
    return f"{text} Here the two agree."


def say_what_the_revision_cost(
    model: str, published: tuple[float, float], revised: tuple[float, float]
) -> str:
    """What became of a model's two numbers once they were accuracies.

    Args:
        model: its name.
        published: what was called WA and UA.
        revised: WA and UA.
    """
    moves = []
    for name, before, after in zip(("WA", "UA"), published, revised, strict=True):
        moves.append(f"{name} by {100 * (after - before):+z.1f} points")
    return f"{model}: the revision changed {' and '.join(moves)}."


def say_order_of_models(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Whether the revision changed the order of the models.

    Args:
        before: score by model, as published.
        after: score by model, revised.
    """
    first = sorted(before, key=before.get, reverse=True)
    second = sorted(after, key=after.get, reverse=True)
    if first != second:
        return f"the order changes from {' > '.join(first)} to {' > '.join(second)}."
    spread_before = 100 * (before[first[0]] - before[first[-1]])
    spread_after = 100 * (after[first[0]] - after[first[-1]])
    return (
        f"the order stays {' > '.join(second)}. The first and the last were {spread_before:.1f} "
        f"points apart and are now {spread_after:.1f} points apart."
    )


def say_where_the_floors_lie(intervals: Mapping[str, Interval], reference: float) -> str:
    """Which floors are above always answering the largest class.

    Args:
        intervals: mean, low and high of the score, by floor.
        reference: share of the largest class in test.
    """
    above = []
    silent = []
    for floor, (mean, low, high) in intervals.items():
        if side_of(low, high, reference) == "above":
            above.append(f"{floor}, {percent_interval(mean, low, high)}")
        else:
            silent.append(floor)
    if not above:
        return f"No floor is shown to be above the largest class ({100 * reference:.0f} %)."
    loud = f"These floors are above the largest class ({100 * reference:.0f} %): "
    loud += f"{'; '.join(above)}."
    if not silent:
        return loud
    return f"{loud} These are not shown to be above it: {', '.join(silent)}."


def say_the_floor_to_beat(intervals: Mapping[str, Interval]) -> str:
    """The highest floor, and what a network below it would show.

    Args:
        intervals: mean, low and high of the score, by floor.
    """
    means = {floor: mean for floor, (mean, _, _) in intervals.items()}
    best = max(means, key=means.get)
    text = f"The highest floor here is {best!r}, {percent_interval(*intervals[best])}."
    if best == ORDER_ALONE:
        return (
            f"{text} The generator tells it the truth. The score of a network below it just does "
            "not show that the network uses more than this floor was told."
        )
    return (
        f"{text} A network that reads the same input and stays below it has a bug, or too little "
        "to learn from."
    )


def say_how_wide_a_fold_is(share: float, low: float, high: float, gap: float) -> str:
    """Whether a gap between two rows is larger than what one fold leaves open.

    Args:
        share: a score on one fold.
        low: lower end of its interval.
        high: upper end of its interval.
        gap: a difference between two rows of a table, as a share.
    """
    half = (high - low) / 2
    text = (
        f"After one fold that scores {100 * share:.1f} %, a true WA anywhere from {100 * low:.1f} "
        f"to {100 * high:.1f} % fits that fold (95 %)."
    )
    if gap < half:
        return f"{text} A gap of {100 * gap:.1f} points fits into that."
    return f"{text} A gap of {100 * gap:.1f} points is wider than that."


def say_deviations_beside_chance(
    score: str, deviations: Sequence[float], expected: float, folds: int
) -> str:
    """How many published deviations are shown to differ from what sampling alone gives.

    Args:
        score: such as "WA".
        deviations: published ones, one per row, each over `folds` folds.
        expected: the deviation that sampling alone gives.
        folds: how many there were, at least 2.
    """
    below = sum(deviation < expected for deviation in deviations)
    sides = [side_of(*deviation_limits(one, folds), expected) for one in deviations]
    more, less = sides.count("above"), sides.count("below")
    rows = len(deviations)
    text = (
        f"{score}: {below} of {rows} published deviations are below {expected:.4f}. Each taken "
        f"alone, with its 95 % interval (chi-square, {folds} folds), {more or 'none'} of them "
        f"{'is' if more <= 1 else 'are'} shown to be larger than that and {less or 'none'} to be "
        f"smaller. The rows share their folds, so {rows} rows are not {rows} findings."
    )
    if less:
        return f"{text} Stratified folds or an average over seeds can make a deviation smaller."
    return text


def say_the_loudest_class(counts: Mapping[str, int]) -> str:
    """Which class makes up most of UA's noise, if all recalls are alike.

    Args:
        counts: utterances by class, each at least 1.
    """
    noise = {name: 1 / count for name, count in counts.items()}
    loudest = max(noise, key=noise.get)
    share = noise[loudest] / sum(noise.values())
    size = counts[loudest] / sum(counts.values())
    text = (
        f"{loudest!r} has {100 * size:.1f} % of the utterances and makes {100 * share:.0f} % of "
        "UA's sampling variance."
    )
    if share < 1.5 / len(counts):
        return f"{text} No class stands out."
    return f"{text} When UA moves, look there first."
