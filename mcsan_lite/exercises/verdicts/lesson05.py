"""What lesson 05 says of its results: shapes, padding, and how far one word travels.

In: numbers of this run. Out: sentences. A mean comes as `Measured`, so that no sentence calls a
difference a difference where the interval holds none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    NOT_COMPARED,
    UNTESTED,
    Measured,
    gap_side,
    percent_interval,
    points_interval,
    side_of,
)

_TINY = 1e-4  # differences of rounding lie below it
_TRAINING = {"more": "smears more", "less": "smears less"}


def say_score_of_the_network(score: Measured, chance: float) -> str:
    """The accuracy of the network that the lesson opens.

    Args:
        score: its accuracy on the test part.
        chance: the accuracy of always naming the largest class.
    """
    side = side_of(score.low, score.high, chance)
    return (
        f"The network names {percent_interval(*score)} of the test part correctly. That is {side} "
        f"{100 * chance:.0f} %, the accuracy of always naming the largest class."
    )


def say_what_one_block_did(frames: int, pooled: int, negative: int, numbers: int) -> str:
    """What convolution, ReLU and pooling did to the tiny example.

    Args:
        frames: how many frames went in.
        pooled: how many came out.
        negative: how many numbers the convolution made negative.
        numbers: how many numbers it made.
    """
    cut = "ReLU changed nothing, because no number was negative"
    if negative:
        cut = f"ReLU set {negative} of {numbers} numbers to zero"
    last = frames - 3 * (pooled - 1)
    return (
        f"{cut}. Pooling turned {frames} frames into {pooled}; the last window holds {last} of the "
        "3 frames it has room for."
    )


def say_how_much_shorter(frames: int, pooled: int) -> str:
    """What two blocks do to the length of the longest clip.

    Args:
        frames: MFCC frames of the clip.
        pooled: encoder frames of the clip.
    """
    return (
        f"{frames:,} MFCC frames become {pooled:,} encoder frames, {frames / pooled:.1f} times "
        "fewer. The BiLSTM leaves their number as it is."
    )


def say_what_rounding_down_costs(frames: Sequence[int], left_over: Sequence[int]) -> str:
    """What would be lost if an incomplete last window did not count.

    Args:
        frames: lengths of utterances, in MFCC frames of 10 ms.
        left_over: frames of each that lie in no window.
    """
    most = max(left_over)
    if most == 0:
        return "Rounding down would lose nothing for these lengths."
    said = f"Rounding down would lose up to {most} frames, {10 * most} ms, at the end of a clip."
    gone = [str(n) for n, rest in zip(frames, left_over, strict=True) if n == rest]
    if not gone:
        return said
    return f"{said} Clips of {' and '.join(gone)} frames would vanish altogether."


def say_what_the_mean_saves(averaged: int, side_by_side: int) -> str:
    """How many weights one attention needs for states of either width.

    Args:
        averaged: with the two directions averaged.
        side_by_side: with the two directions concatenated.
    """
    return (
        f"With averaged states, one attention needs {averaged:,} weights; with concatenated "
        f"states it needs {side_by_side:,}, {side_by_side / averaged:.1f} times as many."
    )


def say_what_naive_padding_does(naive: float, by_length: float, largest: float) -> str:
    """What becomes of the states if padding is read as if it were sound.

    Args:
        naive: the largest difference between the naive states and the packed ones.
        by_length: the same for states that were reversed by length.
        largest: the largest packed state.
    """
    ours = "Reversing by length agrees with packing"
    if by_length > _TINY:
        ours = f"Reversing by length does not agree with packing (it differs by {by_length:.2g})"
    theirs = "and reading the padding happens to change nothing here."
    if naive > _TINY:
        theirs = (
            f"but reading the padding moves states by up to {naive:.2f}, where the largest state "
            f"is {largest:.2f}."
        )
    return f"{ours}, {theirs}"


def say_whether_padding_matters(differences: Mapping[str, float]) -> str:
    """Whether an utterance is encoded the same whatever surrounds it.

    Args:
        differences: {what was changed around it: largest difference of a state}.
    """
    leaking = {name: value for name, value in differences.items() if value > _TINY}
    if not leaking:
        return (
            f"The encoder passes: the largest difference is {max(differences.values()):.0e}, "
            "which is rounding."
        )
    found = ", ".join(f"{name} ({value:.2g})" for name, value in leaking.items())
    return f"The encoder fails, because states change with {found}."


def say_how_many_frames_move(before: int, after: int, frames: int) -> str:
    """How many encoder frames of one clip the edit of one word moves.

    Args:
        before: how many move before the BiLSTM.
        after: how many move after it.
        frames: how many there are.
    """
    said = f"Before the BiLSTM, {before} of {frames} frames move by more than 0.05"
    if after == before:
        return f"{said}. After the BiLSTM, as many do."
    change = f"{after - before} more" if after > before else f"{before - after} fewer"
    return f"{said}. After the BiLSTM, {after} do: {change}."


def say_how_far_it_reaches(
    trained: Measured, untrained: Measured, gap: Measured, seconds: float
) -> str:
    """How much frames still move, some way from the edit.

    Args:
        trained: the movement in the trained network.
        untrained: the movement in the untrained one.
        gap: trained minus untrained, paired over the clips.
        seconds: how far away they are.
    """
    compared = {
        "more": "The trained network carries the edit further.",
        "less": "The trained network carries the edit less far.",
        "no difference shown": "Over the same clips, no difference is shown.",
        NO_INTERVAL: f"{UNTESTED.capitalize()}.",
    }[gap_side(gap.low, gap.high)]
    return (
        f"{seconds:.2f} s away from the nearest frame that sees the edit, frames still move by "
        f"{_movement(trained)} in the trained network and by {_movement(untrained)} in the "
        f"untrained one. {compared}"
    )


def _movement(value: Measured) -> str:
    if math.isnan(value.low):
        return f"{value.mean:.3f}"
    return f"{value.mean:.3f} ({value.low:.3f} to {value.high:.3f})"


def say_smear_test(network: str, share: Measured, even: float) -> str:
    """The verdict of the smear test for one network.

    Args:
        network: "trained" or "untrained".
        share: the share of all movement that lies at frames which cannot see the edit.
        even: what that share would be if all frames moved alike.
    """
    said = (
        f"Smear test of the {network} network: {percent_interval(*share)} of the movement after "
        "the BiLSTM lies at frames that cannot see the edited word."
    )
    if share.low <= 0:
        return f"{said} Verdict: no smear is shown."
    side = side_of(share.low, share.high, even)
    if side == NOT_COMPARED:
        return f"{said} There is no interval, so there is no verdict."
    how = {
        "below": "smeared, but not evenly",
        "above": "smeared, and frames that see the word move less than the others",
        "not distinguishable from": "smeared; how evenly is not shown",
    }[side]
    return f"{said} Verdict: {how}; if all frames moved alike, it would be {100 * even:.0f} %."


def say_whether_training_smears(gap: Measured) -> str:
    """The answer to the Predict: does training make the encoder smear more, or less?

    Args:
        gap: the trained network's share outside the word minus the untrained one's, both measured
            on the same utterances.
    """
    side = gap_side(gap.low, gap.high)
    points = points_interval(*gap)
    if side == NO_INTERVAL:
        return (
            f"Your prediction: trained minus untrained network is {points} of all movement. There "
            "is no interval, so nothing is shown."
        )
    if side not in _TRAINING:
        return (
            f"Your prediction: trained minus untrained network is {points} of all movement, so no "
            "difference is shown."
        )
    return (
        f"Your prediction: the trained network {_TRAINING[side]} than the untrained one, by "
        f"{points} of all movement. The interval covers utterances, not other trainings."
    )


def say_whether_edits_agree(gaps: Mapping[str, Measured], difference: Measured) -> str:
    """Whether the answer depends on the sound that was written into the word.

    One interval may hold zero while another does not, and the two edits still be alike. So what is
    tested is their difference.

    Args:
        gaps: {edit: trained minus untrained share outside the word}.
        difference: the first of these gaps minus the second, over the same utterances.
    """
    found = "; ".join(f"{edit}, {points_interval(*gap)}" for edit, gap in gaps.items())
    shown = {
        "no difference shown": "that the choice of the edit matters is not shown",
        NO_INTERVAL: UNTESTED,
    }.get(gap_side(difference.low, difference.high), "the choice of the edit matters here")
    text = f"Trained minus untrained, by edit: {found}."
    if not any(gap_side(gap.low, gap.high) in _TRAINING for gap in gaps.values()):
        text += " Neither edit shows a difference between the networks."
    return f"{text} The two edits differ by {points_interval(*difference)}: {shown}."


def say_smear_without_recurrence(share: Measured) -> str:
    """What the smear test finds where each frame is encoded by itself.

    Args:
        share: the share of all movement that lies at frames which cannot see the edit.
    """
    if share.mean <= 0:  # no share is below zero, so not one frame moved
        return (
            "With a linear map in place of the BiLSTM, 0 % of the movement lies outside the word: "
            "an encoder frame is a place again, and the smear test finds nothing."
        )
    return (
        f"With a linear map in place of the BiLSTM, {percent_interval(*share)} of the movement "
        "still lies outside the word. Something other than the BiLSTM carries it there."
    )
