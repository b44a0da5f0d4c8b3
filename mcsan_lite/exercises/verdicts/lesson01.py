"""What lesson 01 says of its results: who is on both sides of a split, and what that is worth.

In: counts and shares as numbers, scores as means with their intervals. Folds of one corpus share
most of what they are trained on, so an interval over folds must allow for that: it is the corrected
one (`evaluation.significance.corrected_t`). Out: sentences, which follow from the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcsan_lite.evaluation.intervals import difference_interval
from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    UNTESTED,
    Interval,
    gap_side,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)

_NEARLY_BALANCED = 1.5  # times as many utterances in the largest class as in the smallest


def say_how_uneven(corpus: str, counts: Mapping[str, int]) -> str:
    """How unequal the classes are, and how often the largest one would be right.

    Args:
        corpus: its name.
        counts: utterances by class.
    """
    largest = max(counts, key=counts.get)
    smallest = min(counts, key=counts.get)
    share = counts[largest] / sum(counts.values())
    text = f"{corpus}: always answering {largest!r} is right {100 * share:.1f} % of the time."
    if not counts[smallest]:
        return f"{text} The class {smallest!r} has no utterance at all."
    ratio = counts[largest] / counts[smallest]
    if ratio < _NEARLY_BALANCED:
        return f"{text} The classes are nearly balanced."
    return f"{text} {largest!r} has {ratio:.0f} times as many utterances as {smallest!r}."


def say_toy_ceiling(no_majority: float, perfect: float, rater: float) -> str:
    """What a perfect listener would score against the votes of the toy's raters.

    Args:
        no_majority: share of turns without a majority.
        perfect: score of a listener who always names the feeling itself.
        rater: score of one more rater.
    """
    text = (
        f"Where {100 * no_majority:.0f} % of the toy's turns have no majority, a perfect listener "
        f"scores {100 * perfect:.0f} % and one more rater {100 * rater:.0f} %."
    )
    if perfect > 0.995:
        return f"{text} Here the votes cost a perfect listener nothing."
    lost = 100 * (1 - perfect)
    return f"{text} The votes themselves cost a perfect listener {lost:.0f} points."


def say_tied_voices(corpus: str, shares: Mapping[str, float], classes: int) -> str:
    """How many voices are tied to a class: it has over three times its equal share.

    Args:
        corpus: its name.
        shares: for each speaker the share of the class that this speaker says most often.
        classes: how many classes there are.
    """
    tied = [share for share in shares.values() if share > 3 / classes]
    if not tied:
        return f"{corpus}: none of the {len(shares)} voices is tied to a class."
    span = f"{100 * min(tied):.0f} to {100 * max(tied):.0f} %"
    return (
        f"{corpus}: {len(tied)} of {len(shares)} voices are tied to one class, which makes up "
        f"{span} of their utterances (equal shares would be {100 / classes:.0f} %)."
    )


def say_who_is_shared(protocol: str, shares: Mapping[str, float]) -> str:
    """What the test utterances of a protocol have in common with its training part.

    Args:
        protocol: its name.
        shares: for "speaker", "dialogue" and so on, the share of test utterances that have theirs
            in train too; nan where the corpus does not say.
    """
    known = {name: share for name, share in shares.items() if not np.isnan(share)}
    shared = [f"the {name} of {100 * share:.0f} %" for name, share in known.items() if share > 0]
    new = [f"the {name}" for name, share in known.items() if share == 0]
    known_things = listed_names(shared) if shared else "nothing"
    text = f"{protocol}: of the test utterances, train knows {known_things}."
    return f"{text} Always new: {listed_names(new)}." if new else text


def say_what_a_name_tells(where: str, score: Interval, chance: float) -> str:
    """Whether a floor that sees only the speaker's name is above chance.

    Args:
        where: corpus and split.
        score: its WA over folds.
        chance: as a share.
    """
    _, low, high = score
    side = side_of(low, high, chance)
    text = (
        f"{where}: the name alone scores {percent_interval(*score)}, {side} chance "
        f"({100 * chance:.0f} %)."
    )
    if side == "above":
        return f"{text} Part of any score on this split may be recognition of the voice."
    if side == "below":
        return (
            f"{text} That is no knowledge of the speaker: where each class comes equally often, "
            "the one that train has most of is the one that test has least of."
        )
    return f"{text} This floor is not shown to find anything in the name."


def say_sound_against_name(gap: Interval) -> str:
    """Whether the sound is shown to add anything to the name, on the same folds.

    Args:
        gap: WA of the floor that hears minus that of the floor that sees only the name, paired by
            fold.
    """
    _, low, high = gap
    text = f"Sound minus name, on the same folds: {points_interval(*gap)}."
    return {
        "more": f"{text} The listener gets more than the name gives.",
        "less": f"{text} The listener gets less than the name alone would give.",
        "no difference shown": f"{text} The listener's score is no proof of hearing an emotion: "
        "these folds do not show that it gets more than the name gives.",
        NO_INTERVAL: f"{text} {UNTESTED.capitalize()}.",
    }[gap_side(low, high)]


def say_what_a_split_promises(
    corpus: str, kinds: tuple[str, str], easier: Interval, harder: Interval
) -> str:
    """Whether one split promises more than another to the same method.

    Args:
        corpus: its name.
        kinds: what is tested in each split, such as ("random utterances", "new speakers").
        easier: WA of the first split, over its folds.
        harder: WA of the second split, over its folds.
    """
    gap = difference_interval(easier, harder)
    _, low, high = gap
    first, second = kinds
    text = f"{corpus}: {first} minus {second} is {points_interval(*gap)}."
    return {
        "more": f"{text} The method is the same. The first split promises more.",
        "less": f"{text} The method is the same. The first split promises less.",
        "no difference shown": f"{text} These folds show no difference between the two splits.",
        NO_INTERVAL: f"{text} {UNTESTED.capitalize()}.",
    }[gap_side(low, high)]


def say_which_promise_holds(corpus: str, promises: Mapping[str, Interval], met: Interval) -> str:
    """Which split had promised what strangers then gave.

    A promise is a mean over folds, so it has an interval too; the difference has that of both.

    Args:
        corpus: its name.
        promises: the score of each split over its folds, by its name.
        met: the score on voices that were locked away.
    """
    words = {
        "more": "too high",
        "less": "too low",
        "no difference shown": "not contradicted",
        NO_INTERVAL: "not tested, for want of an interval",
    }
    said = []
    for split, promise in promises.items():
        _, low, high = difference_interval(promise, met)
        side = gap_side(low, high)
        said.append(f"the {percent_interval(*promise)} promised by {split} is {words[side]}")
    return (
        f"{corpus}: the locked-away voices give {percent_interval(*met)}. Measured against that, "
        f"{'; '.join(said)}."
    )


def say_where_a_floor_speaks(
    floor: str, intervals: Mapping[str, tuple[float, float]], reference: float
) -> str:
    """Under which protocols a floor is above always answering the largest class.

    Args:
        floor: its name.
        intervals: low and high of its score, by protocol.
        reference: share of the largest class.
    """
    above = []
    silent = []
    for protocol, (low, high) in intervals.items():
        heard = side_of(low, high, reference) == "above"
        (above if heard else silent).append(protocol)
    bar = f"{100 * reference:.0f} % (the largest class)"
    if not above:
        return f"{floor}: it is not shown to be above {bar} anywhere."
    text = f"{floor}: it is above {bar} under {listed_names(above)}"
    return f"{text}, but not shown to be under {listed_names(silent)}." if silent else f"{text}."


def say_beside_the_paper(floor: str, worst: float, published: float) -> str:
    """Whether a floor stays above a published score after the count that is worst for it.

    Args:
        floor: its name.
        worst: its score where every utterance of the missing class counts as wrong.
        published: the published score.
    """
    side = "still above" if worst > published else "no longer above"
    text = f"{floor}: at the worst it has {100 * worst:.1f} %, which is {side} the published "
    text += f"{100 * published:.1f} %."
    if worst > published:
        return (
            f"{text} On random folds, a score of that size alone cannot show that anything was "
            "heard or read."
        )
    return f"{text} This count leaves the question open."


def say_what_new_scenes_cost(random: float, new: float, largest: float) -> str:
    """How much of what a floor has above the largest class goes when the scenes are new.

    Args:
        random: its score on random utterances.
        new: its score on new scenes.
        largest: share of the largest class.
    """
    text = f"it goes from {100 * random:.1f} to {100 * new:.1f} %. The largest class alone gives "
    text += f"{100 * largest:.1f} %, so"
    if random <= largest:
        return f"{text} there is no lead to lose."
    if new >= random:
        return f"{text} new scenes cost nothing."
    lost = min(1.0, (random - new) / (random - largest))
    return f"{text} new scenes cost {100 * lost:.0f} % of the lead over it."


def say_never_tested(protocol: str, tested: int, total: int) -> str:
    """How many utterances no fold ever tests.

    Args:
        protocol: its name.
        tested: utterances that are in the test part of some fold.
        total: all utterances.
    """
    if tested == total:
        return f"{protocol}: each of the {total:,} utterances is tested."
    never = total - tested
    share = 100 * never / total
    return f"{protocol}: {never:,} of {total:,} utterances ({share:.0f} %) are never tested."
