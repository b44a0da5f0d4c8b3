"""What lesson 11 says of attention as an explanation: scored, deleted, replaced and edited.

In: means and intervals of this run. Out: sentences that follow from them alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises.verdicts.sentences import (
    Measured,
    gap_side,
    percent_interval,
    points_interval,
    side_of,
)


def say_right_and_pointing(world: str, accuracy: float, own: Measured, chance: float) -> str:
    """Being right beside pointing: the poll of lesson 00, answered for one world.

    Args:
        world: its name.
        accuracy: mean WA of the trained networks.
        own: how often the decisive word's row points at its sound, over seeds.
        chance: of pointing.
    """
    side = side_of(own.low, own.high, chance)
    moral = {
        "above": "the map is readable here; whether it is a word's own place, the next line says",
        "below": "the map points elsewhere more often than luck would",
        "not distinguishable from": "being right does not make the map point",
    }[side]
    return (
        f"{world} world: right in {accuracy:.0%}; the decisive word's row points in "
        f"{percent_interval(*own)}, chance {chance:.0%}: {side} chance, so {moral}."
    )


def say_deletion(name: str, gain: Measured, rival: str) -> str:
    """Does deleting by a reading hurt sooner than by a rival order?

    Args:
        name: of the reading.
        gain: area under the rival's curve less the reading's own, paired over utterances.
        rival: the order that it is compared with.
    """
    found = {
        "more": f"hurts sooner than {rival}",
        "less": f"hurts later than {rival}",
        "no difference shown": f"is not distinguishable from {rival}",
    }[gap_side(gain.low, gain.high)]
    area = points_interval(*gain)
    return f"Deleting by {name} {found} (area {area})."


def say_swapped_weights(how: str, same: Measured, right: Measured, right_then: Measured) -> str:
    """What other weights at inference do to the predictions.

    Args:
        how: "uniform" or "permuted".
        same: the share of predictions that stay.
        right: the share that was right.
        right_then: the share that is right with the other weights.
    """
    if right_then.high < right.low:
        meaning = "this trained network does need its own weights"
    else:
        meaning = "for this score these weights were not needed"
    return (
        f"{how} weights: {percent_interval(*same)} of the predictions stay; right in "
        f"{percent_interval(*right_then)} instead of {percent_interval(*right)}: {meaning}."
    )


def say_trained_without(name: str, difference: Measured | None, seeds: int) -> str:
    """MCSAN less a variant that was trained without learned weights, or without the layer.

    Args:
        name: of the variant.
        difference: paired WA of MCSAN less the variant's; None with fewer than two seeds.
        seeds: how many pairs.
    """
    if difference is None:
        return f"MCSAN less {name}: {seeds} pair, so there is no interval and no verdict."
    found = {
        "more": "learned weights carry something that the rest cannot replace",
        "less": "the network does better without them",
        "no difference shown": "the score does not need them as far as these seeds can tell; "
        "a difference inside the interval may still hide",
    }[gap_side(difference.low, difference.high)]
    return f"MCSAN less {name}, {seeds} pairs: {points_interval(*difference)}: {found}."


def say_stability(name: str, seeds: Measured, untrained: Measured) -> str:
    """Do seeds agree on a reading, and does an untrained network agree as well?

    Args:
        name: of the reading.
        seeds: rank correlation between trained seeds.
        untrained: rank correlation of a trained with an untrained network.
    """
    if untrained.low > 0:
        before = "part of the picture was there before any training"
    else:
        before = "nothing of it is seen before training"
    if seeds.low > untrained.high:
        return f"{name}: seeds agree more than training explains away; {before}."
    return f"{name}: seeds agree no better than trained and untrained do; {before}."


def say_who_follows(edit: str, variants: Mapping[str, Measured], chance: float) -> str:
    """Which variants follow an edit of the cause.

    Args:
        edit: its name.
        variants: {variant: share of edited utterances with the class that the rule demands}.
        chance: one over the number of classes.
    """
    told = [
        f"{name} {percent_interval(*share)}: {side_of(share.low, share.high, chance)} chance"
        for name, share in variants.items()
    ]
    return f"{edit} (chance {chance:.0%}): {'; '.join(told)}."
