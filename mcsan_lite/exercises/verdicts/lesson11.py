"""What lesson 11 says of attention as an explanation: scored, deleted, replaced and edited.

In: means and intervals of this run. Out: sentences that follow from them alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    UNTESTED,
    Measured,
    gap_side,
    in_percent,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)


def say_right_and_pointing(world: str, accuracy: float, own: Measured, chance: float) -> str:
    """Being right beside pointing: the question of lesson 00, answered for one world.

    Args:
        world: its name.
        accuracy: mean WA of the trained networks.
        own: how often the decisive word's row points at its sound.
        chance: of pointing.
    """
    side = side_of(own.low, own.high, chance)
    moral = {
        "above": "the map is readable here; the next line says whether it is the word's own place",
        "below": "the map points elsewhere more often than luck would",
    }.get(side, "pointing is not shown")
    return (
        f"{world} world: the networks are right in {in_percent(accuracy, 1)}. The decisive word's "
        f"row points in {percent_interval(*own)}, which is {side} chance ({chance:.0%}), so "
        f"{moral}."
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
    }.get(gap_side(gain.low, gain.high), f"is not compared with {rival}: {UNTESTED}")
    area = points_interval(*gain)
    return f"Deleting by {name} {found} (area {area})."


def say_insertion(filler: str, gains: Mapping[str, Measured], rival: str) -> str:
    """Which orders, put back frame by frame, bring the class back sooner than a rival order.

    Args:
        filler: what stands for sound that is not there yet.
        gains: {order: area under its curve minus that of the rival, paired over utterances}.
        rival: the order that they are compared with.
    """
    named = {"more": [], "less": [], "no difference shown": []}
    for name, gain in gains.items():
        named.setdefault(gap_side(gain.low, gain.high), []).append(name)
    verbs = {
        "more": f"sooner than {rival}",
        "less": f"later than {rival}",
        "no difference shown": f"at a time that is not distinguishable from {rival}",
        NO_INTERVAL: f"at a time that cannot be compared with {rival}, for want of an interval",
    }
    told = [f"{verbs[side]}: {listed_names(names)}" for side, names in named.items() if names]
    return f"Insertion with the filler “{filler}” brings the class back {'; '.join(told)}."


def say_eraser(name: str, more_lost: Measured, less_lost: Measured, rival: str) -> str:
    """Whether the frames that a reading names are needed, and whether they are enough.

    Args:
        name: of the reading.
        more_lost: its comprehensiveness minus the rival's, paired over utterances.
        less_lost: the rival's sufficiency minus its own, paired over utterances.
        rival: the order that it is compared with.
    """
    needed = {
        "more": "without its top frames more is lost",
        "less": "without its top frames less is lost",
        "no difference shown": "without its top frames no other loss is shown",
    }.get(gap_side(more_lost.low, more_lost.high), UNTESTED)
    enough = {
        "more": "its top frames alone keep more",
        "less": "its top frames alone keep less",
        "no difference shown": "its top frames alone are not shown to keep more or less",
    }.get(gap_side(less_lost.low, less_lost.high), UNTESTED)
    return (
        f"{name}, compared with {rival}: {needed} ({points_interval(*more_lost)}), and {enough} "
        f"({points_interval(*less_lost)})."
    )


def say_swapped_weights(how: str, same: Measured, right_then: Measured, lost: Measured) -> str:
    """What other weights at inference do to the predictions.

    Args:
        how: "uniform" or "permuted".
        same: the share of predictions that stay.
        right_then: the share that is right with the other weights.
        lost: the share that was right less `right_then`, paired.
    """
    meaning = {
        "more": "these trained networks do need their own weights",
        "less": "with the other weights more is right",
    }.get(gap_side(lost.low, lost.high), "no need of their own weights is shown for this score")
    return (
        f"{how} weights: {percent_interval(*same)} of the predictions stay, and "
        f"{percent_interval(*right_then)} are right. Own weights less these: "
        f"{points_interval(*lost)}: {meaning}."
    )


def say_trained_without(name: str, difference: Measured | None, seeds: int) -> str:
    """MCSAN minus a variant that was trained without learned weights, or without the layer.

    Args:
        name: of the variant.
        difference: paired WA of MCSAN minus the variant's; None with fewer than two seeds.
        seeds: how many pairs.
    """
    if difference is None:
        return f"MCSAN minus {name}: with only {seeds} pair there is no interval and no verdict."
    found = {
        "more": "over these seeds it scores higher; the error from the utterances is not counted",
        "less": "over these seeds it scores lower; the error from the utterances is not counted",
        "no difference shown": "these seeds do not show that the score needs them; a difference "
        "inside the interval may still hide",
    }.get(gap_side(difference.low, difference.high), UNTESTED)
    return f"MCSAN minus {name}: {points_interval(*difference)} over {seeds} pairs: {found}."


def say_stability(name: str, untrained: Measured, more: Measured) -> str:
    """Do seeds agree on a reading, and does an untrained network agree as well?

    Args:
        name: of the reading.
        untrained: rank correlation of a trained network with one untrained network.
        more: that between trained seeds less `untrained`, paired over utterances.
    """
    before = "this one untrained network is not shown to share any of it"
    if untrained.low > 0:
        before = "a part of it is there in this one untrained network, too"
    found = {
        "more": "these trained networks agree more with each other than one of them agrees with an "
        "untrained network",
        "less": "these trained networks agree less with each other than one of them agrees with an "
        "untrained network",
    }.get(
        gap_side(more.low, more.high),
        "these trained networks are not shown to agree more with each other than one of them "
        "agrees with an untrained network",
    )
    return f"{name}: {found}; {before}."


def say_who_follows(edit: str, variants: Mapping[str, Measured], chance: float, luck: str) -> str:
    """Which variants follow an edit of the cause.

    Args:
        edit: its name.
        variants: {variant: share of edited utterances with the class that the rule demands}.
        chance: the share that a guesser without the link between word and sound gets right.
        luck: what that guesser guesses.
    """
    told = [
        f"{name} follows in {percent_interval(*share)}, {side_of(share.low, share.high, chance)} "
        "chance"
        for name, share in variants.items()
    ]
    return f"{edit} (chance {chance:.0%}, {luck}): {'; '.join(told)}."
