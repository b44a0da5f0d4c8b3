"""What lesson 09 says of its numbers: floors, curves, epochs, peeking, confusion, calibration.

In: scores as shares with their intervals, epochs, points. Out: a sentence or two, which follow from
the numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcsan_lite.evaluation.intervals import difference_interval
from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    NOT_COMPARED,
    Interval,
    gap_side,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)
from mcsan_lite.experiments.floors import ORDER_ALONE


def say_above_floors(network: Interval, floors: Mapping[str, float]) -> str:
    """Whether a network is better than the simple methods.

    Args:
        network: its score with the interval.
        floors: the score of each simple method; “order alone”, which is told what the others would
            have to hear, gets a sentence of its own.
    """
    _, low, high = network
    told = dict(floors)
    order = told.pop(ORDER_ALONE, None)
    best = max(told, key=told.get)
    said = (
        f"The network gets {percent_interval(*network)} of the test part right. That is "
        f"{side_of(low, high, told[best])} the highest floor, {best} with {told[best]:.0%}"
    )
    uncounted = "The floor's own error is not counted."
    if order is None:
        return f"{said}. {uncounted}"
    return (
        f"{said}, and {side_of(low, high, order)} the {order:.0%} of {ORDER_ALONE}, which are told "
        f"where the words and stresses lie. {uncounted}"
    )


def say_which_climb(rows: Mapping[str, Interval], single: Sequence[str]) -> str:
    """Which versions are shown above the best version that reads a single modality.

    Intervals that lie apart show a difference; intervals that overlap decide nothing.

    Args:
        rows: the test score of every version, with its interval.
        single: the versions that read one modality only.
    """
    means = {name: mean for name, (mean, _, _) in rows.items()}
    best = max(single, key=means.get)
    _, _, best_high = rows[best]
    lows = {name: low for name, (_, low, _) in rows.items()}
    both = [name for name in rows if name not in single]
    above = [name for name in both if lows[name] > best_high]
    if not above:
        return (
            f"No version that reads two modalities is shown to get above “{best}” with "
            f"{percent_interval(*rows[best])}; one seed each. This run does not show that two "
            "modalities beat one, and it does not show that they do not."
        )
    names = " and ".join(f"“{name}”" for name in above)
    text = (
        f"The best single modality is “{best}” with {percent_interval(*rows[best])}. {names} "
        f"{'is' if len(above) == 1 else 'are'} above it"
    )
    if len(above) == len(both) and len(both) > 1:
        every = "both versions" if len(both) == 2 else f"all {len(both)} versions"
        return f"{text}. These are {every} that read the two modalities; one seed each."
    rest = " and ".join(f"“{name}”" for name in both if name not in above)
    tail = f" That is not shown for {rest}." if rest else ""
    return f"{text}; one seed each.{tail}"


def say_early_gap(early: float, late: float, epoch: int, last: int) -> str:
    """What anyone who stopped early would have said of two versions.

    Args:
        early: the gap of their validation scores at the early epoch, as a share.
        late: the gap at the last epoch.
        epoch: the early epoch.
        last: the last one.
    """
    change = abs(late) - abs(early)
    reading = ", which is about the same"
    if early * late < 0 and abs(late - early) >= 0.01:
        reading = ": the order of the two versions has turned round"
    elif abs(change) >= 0.01:
        reading = ", which is larger" if change > 0 else ", which is smaller"
    return (
        f"In epoch {epoch} the gap is {100 * early:+z.1f} points; in epoch {last} it is "
        f"{100 * late:+z.1f} points{reading}. Each version has one seed here, so a gap of this "
        "size may still be chance."
    )


def say_seed_band(seeds: Sequence[float], other: float) -> str:
    """Whether one version lies outside the seeds of another.

    Args:
        seeds: the best score of each seed.
        other: the best score of the one seed of the other version.
    """
    low, high = min(seeds), max(seeds)
    width = round(100 * (high - low), 1)
    said = (
        f"The {len(seeds)} seeds reach {low:.1%} to {high:.1%}: they differ by {width:.1f} points "
        f"among themselves. The other version, with one seed, reaches {other:.1%}, which is"
    )
    if low <= other <= high:
        moral = "inside their band: it cannot be distinguished from another seed"
    else:
        below = other < low
        away = round(100 * (low - other if below else other - high), 1)
        side = "below the lowest" if below else "above the highest"
        moral = f"{away:.1f} points {side} of them. The two may differ, {_beside(away, width)}"
    return f"{said} {moral}. A band of so few seeds is itself very uncertain."


def _beside(away: float, width: float) -> str:
    """A distance from a band, as compared with the width of that band."""
    if away == width:
        return "and the seeds lie as far apart as that"
    if away < width:
        return "but the seeds lie further apart than that"
    return "and the seeds lie closer together than that"


def say_when_seeds_rise(epochs: Sequence[int | None], level: float) -> str:
    """Whether the curves of several seeds rise in the same epochs.

    Args:
        epochs: for each seed, the epoch in which it first passes the level; None where it never
            does.
        level: a validation score, as a share.
    """
    passed = [epoch for epoch in epochs if epoch is not None]
    if not passed:
        return f"None of the {len(epochs)} seeds passes {level:.1%} in this training."
    if len(passed) < len(epochs):
        return (
            f"{len(passed)} of {len(epochs)} seeds {'passes' if len(passed) == 1 else 'pass'} "
            f"{level:.1%}, in {_epochs_of(passed)}; the others never do."
        )
    together = "at the same time" if max(passed) == min(passed) else "not at the same time"
    return f"All {len(epochs)} seeds pass {level:.1%}, in {_epochs_of(passed)}: {together}."


def _epochs_of(epochs: Sequence[int]) -> str:
    return f"{'epoch' if len(epochs) == 1 else 'epochs'} {listed_names(epochs)}"


def say_patience(patience: int, kept: int, spent: int, best: int, lost: float) -> str:
    """What stopping early would have cost and saved.

    Args:
        patience: epochs without a better score that end the training.
        kept: the epoch that is then kept.
        spent: the epochs that are then computed.
        best: the epoch that is kept without patience.
        lost: the validation score that is given away, as a share.
    """
    start = f"patience={patience} computes {spent} epochs and keeps epoch {kept}"
    if kept == best:
        return f"{start}, the same epoch as without it."
    return (
        f"{start} instead of {best}: it stopped on the way up, and gave away "
        f"{100 * lost:.1f} points of validation score."
    )


def say_past_peak(lowest: int, last: int, rise: float) -> str:
    """Whether a training went past the epoch with the lowest validation loss.

    Args:
        lowest: the epoch with the lowest validation loss.
        last: the last epoch.
        rise: the validation loss at the end, divided by the lowest one.
    """
    if rise < 1.02:
        return (
            f"The validation loss is lowest in epoch {lowest} of {last} and has not risen since: "
            "judged by its loss, this training has not gone past its peak."
        )
    return (
        f"The validation loss is lowest in epoch {lowest} of {last}. By the end it has risen by "
        f"{rise - 1:.0%}: judged by its loss, this training has gone past its peak."
    )


def say_peeking_buys(gain: Interval, parts: int, epochs: int) -> str:
    """What choosing the epoch on test bought.

    Args:
        gain: the mean gain over test parts with its interval, as a share.
        parts: how many test parts were drawn.
        epochs: how many different epochs they chose.
    """
    _, low, high = gain
    side = gap_side(low, high)
    unclear = ""
    if side == NO_INTERVAL:
        unclear = "There is no interval, so this run shows no gain. "
    elif side != "more":
        unclear = "The interval holds zero, so this run shows no gain. "
    return (
        f"Over {parts} test parts, choosing the epoch on test bought {points_interval(*gain)}. "
        f"{unclear}The {parts} parts chose {epochs} different epochs, for one and the same "
        "training."
    )


def say_bought_is_gone(elsewhere: Interval) -> str:
    """Whether the epochs that were chosen on test are better on other utterances, too.

    Args:
        elsewhere: what they gain on the utterances that did not choose them, with its interval
            over these.
    """
    _, low, high = elsewhere
    meaning = {
        "more": "they are better there as well, so a part of the gain is a better epoch",
        "less": "they are worse there. Peeking did harm",
        "no difference shown": "no difference shown. Nothing here says that the gain exists "
        "outside the table in which it was reported",
        NO_INTERVAL: "without an interval, nothing is shown",
    }[gap_side(low, high)]
    return (
        f"On the utterances that did not choose, the same epochs are worth "
        f"{points_interval(*elsewhere)}, over utterances of this one training: {meaning}."
    )


def say_size_and_gain(gains: Mapping[int, Interval]) -> str:
    """Whether a smaller test part makes peeking pay more.

    Only the ends are compared: that means fall in order may be luck. Both ends are parts of the
    same utterances, so the interval of their difference is rather too wide.

    Args:
        gains: the mean gain with its interval, as a share, by the size of the test part.
    """
    small, large = min(gains), max(gains)
    (of_small, _, _), (of_large, _, _) = gains[small], gains[large]
    difference = difference_interval(gains[small], gains[large])
    _, low, high = difference
    meaning = {
        "more": "the smaller test part makes peeking pay more",
        "less": "here the larger test part makes peeking pay more",
        "no difference shown": "these draws do not show that the size matters",
        NO_INTERVAL: "without an interval, nothing is shown",
    }[gap_side(low, high)]
    return (
        f"Peeking buys {100 * of_small:.1f} points with {small} utterances and "
        f"{100 * of_large:.1f} points with {large}. The difference is "
        f"{points_interval(*difference)}: {meaning}."
    )


def say_peeking_in_runs(gains: Sequence[float]) -> str:
    """What peeking would have bought in trainings that are at hand.

    Args:
        gains: the gain of each run, as a share.
    """
    none = sum(gain < 5e-4 for gain in gains)
    mean = sum(gains) / len(gains)
    return (
        f"In {none} of these {len(gains)} runs, choosing on test would have bought nothing. The "
        f"largest gain is {100 * max(gains):.1f} points, and the mean gain is {100 * mean:.1f}."
    )


def say_worst_confusion(label: str, recall: float, taken_for: str, n: int) -> str:
    """Which class is found least, and what it is taken for.

    Args:
        label: the class with the lowest recall.
        recall: its recall.
        taken_for: the class that it is mistaken for most often; "" where it never is.
        n: how many utterances of the class there are.
    """
    if not taken_for:
        return "Every utterance of every class was found."
    return (
        f"The class that is found least is {label}: {recall:.0%} of its {n} utterances. It is "
        f"taken for {taken_for} most often."
    )


def say_lazy_guess(wa: float, ua: float, precision: float) -> str:
    """What the three scores say of a guesser who always names one class.

    Args:
        wa: its weighted accuracy.
        ua: its unweighted accuracy.
        precision: of the only class that it names.
    """
    text = (
        f"One and the same guesser has WA {wa:.1%}, UA {ua:.1%} and, for the class that it names, "
        f"a precision of {precision:.1%}"
    )
    if wa - ua > 0.01:
        return f"{text}. WA flatters it, because the classes are not equally large."
    return f"{text}. WA and UA agree here, because the classes are about equally large."


def say_sure_or_right(confidence: float, right: Interval, error: float) -> str:
    """Whether a network is surer than it is right.

    Args:
        confidence: the mean probability of the named class.
        right: the share that is right, with its interval.
        error: the calibration error.
    """
    _, low, high = right
    side = side_of(low, high, confidence)
    reading = {
        "above": "it is more often right than it believes",
        "below": "it is surer than it is right",
        "not distinguishable from": (
            "the average confidence is not distinguishable from the share that is right"
        ),
        NOT_COMPARED: "there is no interval, so the two are not compared",
    }[side]
    return (
        f"The network is {confidence:.0%} sure on average and right in {percent_interval(*right)} "
        f"of the cases: {reading}. The mean distance to the diagonal (ECE) is {error:.3f}."
    )


def say_steps_off_diagonal(off: int, steps: int) -> str:
    """How many steps of confidence are shown to be wrong.

    Args:
        off: steps of which the interval leaves out the diagonal.
        steps: steps that hold utterances.
    """
    if not off:
        return f"In none of the {steps} steps is the confidence shown to be wrong."
    return f"In {off} of {steps} steps the interval leaves out the diagonal."
