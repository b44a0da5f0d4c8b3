"""What lesson 12 says of its readings: which of them point, add up, and follow the voice.

In: tables and intervals of this run. Out: sentences that follow from them alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mcsan_lite.exercises.verdicts.sentences import (
    UNTESTED,
    Measured,
    gap_side,
    points_interval,
    quoted_names,
)


def say_longest_vector(weights: Sequence[float], lengths: Sequence[float]) -> str:
    """Whether the heaviest weight also sends the longest vector."""
    heaviest, longest = int(np.argmax(weights)), int(np.argmax(lengths))
    if heaviest == longest:
        return f"Moment {heaviest} has the heaviest weight and sends the longest vector."
    told = f"Moment {heaviest} has the heaviest weight, but moment {longest} sends the longest"
    return f"{told} vector."


def say_rollout_and_raw(correlation: float, layers: int) -> str:
    """Whether rollout tells anything that the raw map does not.

    Args:
        correlation: of the cells of both.
        layers: of the model, N.
    """
    if correlation > 0.9999:
        return (
            f"With N = {layers}, rollout is the raw map times a constant (correlation "
            f"{correlation:.4f}). It adds nothing here."
        )
    return f"With N = {layers}, rollout and the raw map differ (correlation {correlation:.4f})."


def say_completeness(gaps: Sequence[float], differences: Sequence[float]) -> str:
    """Whether integrated gradients add up to the logit's difference.

    Args:
        gaps: what each sum misses.
        differences: logit less the baseline's logit, for the same utterances.
    """
    shares = np.abs(gaps) / np.maximum(np.abs(differences), 1e-9)
    complete = int((shares <= 0.01).sum())
    told = f"in {complete} of {len(shares)} utterances the scores add up to within 1 %; the worst "
    told += f"sum misses {100 * shares.max():.1f} %."
    if complete == len(shares):
        return f"Complete: {told}"
    return f"Not complete everywhere: {told}"


def say_bills(largest_gap: float, left_over: float, total: float) -> str:
    """How exact receipts are with a linear and with a deeper read-out.

    Args:
        largest_gap: with a linear read-out.
        left_over: mean gap with two layers.
        total: the mean of what was to be explained there.
    """
    exact = "exact" if largest_gap < 1e-3 else "not exact"
    return (
        f"With a linear read-out the bills are {exact}: the largest gap is {largest_gap:.0e}. With "
        f"two layers, {left_over:.2f} of {total:.2f} logits are left over on average, "
        f"{100 * left_over / total:.1f} %."
    )


def say_peaks_inside(inside: Mapping[str, bool], chance: float) -> str:
    """How many readings have their peak inside the decisive word of one utterance.

    Args:
        inside: whether it is, by the reading's name.
        chance: the share of moments inside, 0 to 1.
    """
    names = [name for name, is_inside in inside.items() if is_inside]
    told = f"{len(names)} of {len(inside)} readings have their peak inside the decisive word"
    told += f" ({', '.join(names)})" if names else ""
    told += f"; blind guessing would bring about {chance * len(inside):.1f}."
    if 0 < len(names) < len(inside):
        told += " They give different answers to one question, so choosing afterwards the one that"
        told += " looks right would be choosing the answer."
    return f"{told} One utterance proves nothing either way."


def say_agreement(table: pd.DataFrame) -> str:
    """Which two readings agree most and least, by rank over moments.

    Args:
        table: rank correlations, square, one row and column per reading; nan where one is constant.
    """
    names, pairs = list(table.index), {}
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if not pd.isna(table.loc[first, second]):
                pairs[f"{first} and {second}"] = float(table.loc[first, second])
    if not pairs:
        return "No two readings can be compared."
    most, least = max(pairs, key=pairs.get), min(pairs, key=pairs.get)
    told = f"The closest pair is {most} ({pairs[most]:+.2f}), and the farthest is {least} "
    told += f"({pairs[least]:+.2f})."
    middle = float(np.median(list(pairs.values())))
    if middle < 0.5:
        return f"{told} Half of all pairs lie below {middle:+.2f}: mostly they differ."
    return f"{told} Half of all pairs lie at {middle:+.2f} or above: mostly they agree."


def say_who_points(table: pd.DataFrame, world: str) -> str:
    """Which readings point in one world, and how many would do so by luck.

    Args:
        table: of `pointing_table`: world, reading, low, high, chance.
        world: one of them.
    """
    rows = table[table.world == world]
    above = rows[rows.low > rows.chance].reading.tolist()
    below = rows[rows.high < rows.chance].reading.tolist()
    told = f"In the {world} world, no reading is shown to point above chance."
    if above:
        told = f"In the {world} world, these point above chance: {quoted_names(above)}."
    if below:
        told += f" These point below chance: {quoted_names(below)}."
    lucky = 0.025 * len(rows)
    return f"{told} Of {len(rows)} such intervals, about {lucky:.1f} lie above by luck alone."


def say_word_edit(edit: str, own: Measured, other: Measured, more: Measured) -> str:
    """Does the logit fall when the decisive word's voice is edited, and more than for another word?

    Args:
        edit: its name.
        own: fall of the logit, decisive word edited.
        other: fall of the logit, another word edited in the same way.
        more: the first less the second, paired.
    """
    numbers = (
        f"the logit falls by {own.mean:+.2f} ({own.low:+.2f} to {own.high:+.2f}) for the decisive "
        f"word and by {other.mean:+.2f} ({other.low:+.2f} to {other.high:+.2f}) for another"
    )
    beside = {
        "more": "for the other it falls as well",
        "less": "for the other it rises",
    }.get(gap_side(other.low, other.high), "for the other no change is shown")
    found = "No fall is shown for the decisive word"
    if own.low > 0 and more.low > 0:
        found = f"It falls more for the decisive word than for another; {beside}"
    elif own.low > 0:
        found = f"It falls, but is not shown to fall more than for another word; {beside}"
    return f"{edit}: {numbers}. {found}."


def say_fillers(world: str, same_peak: Measured, correlation: Measured) -> str:
    """Do two fillers name the same place?

    Args:
        world: its name.
        same_peak: the share of utterances with the same peak.
        correlation: the mean rank correlation.
    """
    if same_peak.low > 0.5:
        told = "the fillers name mostly the same place"
    elif same_peak.high < 0.5:
        told = "the fillers name mostly another place: part of what was read may be the filler"
    else:
        told = "it is not shown whether the fillers name mostly the same place"
    return (
        f"{world} world: {told} (same peak {100 * same_peak.mean:.0f} %, "
        f"{100 * same_peak.low:.0f} to {100 * same_peak.high:.0f} %; rank correlation "
        f"{correlation.mean:+.2f})."
    )


def say_shapley(world: str, interaction: Mapping[str, Measured], apart: Measured) -> str:
    """Whether sound and words interact, for two ways of leaving a modality out.

    Args:
        world: its name.
        interaction: {way of leaving out: v(both) - v(audio) - v(text) + v(none)}.
        apart: the first way's interaction less the second's, paired.
    """
    signs = {gap_side(share.low, share.high) for share in interaction.values()}
    told = "; ".join(
        f"“{way}” {share.mean:+z.1f} ({share.low:+z.1f} to {share.high:+z.1f})"
        for way, share in interaction.items()
    )
    meaning = "They do not all show the same, and a difference between them is not shown"
    if gap_side(apart.low, apart.high) in ("more", "less"):
        difference = f"{apart.mean:+z.1f} ({apart.low:+z.1f} to {apart.high:+z.1f})"
        meaning = f"They differ by {difference}, so what is said depends on the stand-in"
    if signs == {"more"}:
        meaning = "All say that both together give more than the sum of the parts"
    elif signs == {"less"}:
        meaning = "All say that the parts overlap: together they give less than their sum"
    elif signs == {"no difference shown"}:
        meaning = "None of them shows an interaction"
    return f"{world} world, interaction in logits: {told}. {meaning}."


def say_additive(world: str, difference: Measured, n: int) -> str:
    """Is the network right less often without its interaction, by EMAP?

    Args:
        world: its name.
        difference: WA of the model less that of its EMAP, paired.
        n: utterances.
    """
    found = {
        "more": "without its interaction of sound and words this network is right less often",
        "less": "the additive function decides better than the model",
        "no difference shown": "no loss without the interaction is shown",
    }.get(gap_side(difference.low, difference.high), UNTESTED)
    return f"{world} world, model less EMAP: {points_interval(*difference)}, n {n}: {found}."


def counted_once(table: pd.DataFrame) -> pd.DataFrame:
    """The table without rollout, in every world where it says what raw attention says.

    With one layer, rollout is the raw map times a constant, and one reading would count twice.

    Args:
        table: of `pointing_table`.
    """
    scores, kept = ["points", "mass", "auc"], []
    for _, rows in table.groupby("world", sort=False):
        of = rows.set_index("reading")[scores]
        twice = {"rollout", "raw attention"} <= set(of.index) and np.allclose(
            of.loc["rollout"], of.loc["raw attention"], atol=1e-6
        )
        kept.append(rows[rows.reading != "rollout"] if twice else rows)
    return pd.concat(kept)


def say_which_world_points(table: pd.DataFrame) -> str:
    """In which world more readings are shown to point above chance.

    Args:
        table: of `counted_once`: world, reading, low, high, chance.
    """
    above = (table.low > table.chance).groupby(table.world, sort=False).sum()
    counts = " and ".join(f"{count} in the {world} world" for world, count in above.items())
    if above.nunique() == 1:
        return f"Above chance: {counts}. That is the same number."
    return (
        f"Above chance: {counts}. More readings are shown to point in the {above.idxmax()} world. "
        "This count does not show that the others point less."
    )
