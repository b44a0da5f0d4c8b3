"""Sentences of lesson 14 on the rows of Table 3, their gaps and the tests of them.

In: numbers of this run, scores and gaps as shares of one. Out: text. No sentence is fixed: each one
follows from its numbers, for any corpus, profile and seed. What reads the toys and the paper's own
table is in `lesson14_design`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.exercises.verdicts.sentences import (
    Interval,
    gap_side,
    in_percent,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)


def say_rows_and_chance(scores: pd.DataFrame, chance: float) -> str:
    """Which rows of a table lie above chance.

    Args:
        scores: mean, low and high of each row, as shares; the index names the rows.
        chance: what guessing gives, as a share.
    """
    groups: dict[str, list[str]] = {"above": [], "not distinguishable from": [], "below": []}
    for row, score in scores.iterrows():
        if pd.isna(score["low"]):
            continue
        groups[side_of(score["low"], score["high"], chance)].append(row)
    lines = []
    for side, rows in groups.items():
        if rows:
            lines.append(
                f"{side.capitalize()} chance ({100 * chance:.0f} %): {listed_names(rows)}."
            )
    if not lines:
        return "No row has an interval here, so none can be compared with chance."
    lowest = scores["mean"].idxmin()
    interval = percent_interval(*scores.loc[lowest, ["mean", "low", "high"]])
    lines.append(f"The lowest row is {lowest}: {interval}.")
    return "\n".join(lines)


def say_folds_ahead(ahead: Mapping[str, int], folds: int) -> str:
    """In how many folds the full network wins, and how often luck alone would do that.

    Args:
        ahead: row -> number of folds in which the full network is ahead.
        folds: how many folds there are.
    """
    wins = [f"{number} of {folds} against {row}" for row, number in ahead.items()]
    luck = min(1.0, 2 * 0.5**folds)
    so = "Counting folds cannot settle a comparison here."
    if luck < 0.05:
        so = "So a full count would be rare by luck. Section 3 asks whether folds are independent."
    return (
        f"The full network is ahead in {listed_names(wins)}. If neither version were better and "
        f"folds were independent, all {folds} would still agree in {100 * luck:.1f} % of cases. "
        f"{so}"
    )


def say_pairing(paired_t: pd.Series, unpaired_t: pd.Series) -> str:
    """In which rows pairing the folds made the test sharper.

    Args:
        paired_t: the t of the differences within folds, by row; nan where nothing varies.
        unpaired_t: the t that treats both rows as strangers.
    """
    known = paired_t.notna() & unpaired_t.notna()
    sharper = paired_t.abs()[known] > unpaired_t.abs()[known]
    helped = list(sharper.index[sharper])
    hurt = list(sharper.index[~sharper])
    says = f"Pairing gave the larger |t| in {len(helped)} of {len(sharper)} rows"
    if helped:
        says += f" ({listed_names(helped)}): there the folds' scores rose and fell together in "
        says += "this sample"
    if hurt:
        says += f". It gave no larger one for {listed_names(hurt)}"
    return says + "."


def say_row_gaps(gaps: pd.DataFrame, verdicts: pd.Series) -> str:
    """One line per verdict: the rows that have it, each gap with its interval.

    Args:
        gaps: mean, low and high of each gap, as shares; the index names the rows.
        verdicts: the verdict of each row.
    """
    lines = []
    for verdict in verdicts.unique():
        parts = []
        for row in verdicts.index[verdicts == verdict]:
            parts.append(f"{row} {_gap_in_words(gaps.loc[row])}")
        lines.append(f"{str(verdict).capitalize()}: {'; '.join(parts)}.")
    return "\n".join(lines)


def _gap_in_words(gap: pd.Series) -> str:
    if pd.isna(gap["mean"]):
        return "without a run"
    if pd.isna(gap["low"]):
        return f"{100 * gap['mean']:+z.1f} points, the same in every fold, so without an interval"
    return points_interval(*gap[["mean", "low", "high"]])


def say_luck_removed(p: pd.Series, adjusted: pd.Series, level: float = 0.05) -> str:
    """What Holm's correction leaves of the rows that stand out alone.

    Args:
        p: p of each row alone.
        adjusted: p after Holm.
        level: below it a row stands out.
    """
    alone = list(p.index[p < level])
    together = [row for row in alone if adjusted[row] < level]
    lost = [row for row in alone if row not in together]
    if not alone:
        return f"Alone, none of {len(p)} rows stands out, so Holm has nothing to take away."
    says = (
        f"Alone, {len(alone)} of {len(p)} rows stand out ({listed_names(alone)}). "
        f"Left after Holm: {len(together)} ({listed_names(together)})."
    )
    if lost:
        return f"{says} Luck in {len(p)} tests could have brought the others: {listed_names(lost)}."
    return f"{says} The correction takes none away."


def say_gap_or_alike(gaps: pd.DataFrame, margin: float) -> str:
    """Which rows differ, which are shown to be alike, and about which nothing is known.

    Args:
        gaps: low and high of each 95 % interval, low 90 and high 90 of each 90 % interval, as
            shares; the index names the rows.
        margin: the gap that would not matter.
    """
    groups: dict[str, list[str]] = {}
    for row, gap in gaps.iterrows():
        groups.setdefault(gap_or_alike(gap, margin), []).append(row)
    lines = [f"{what.capitalize()}: {listed_names(rows)}." for what, rows in groups.items()]
    unknown = len(groups.get("we do not know", []))
    lines.append(
        f"For {unknown} of {len(gaps)} rows these folds can neither show a gap nor rule one out."
    )
    return "\n".join(lines)


def gap_or_alike(gap: pd.Series, margin: float) -> str:
    """ "a gap", "a gap too small to matter", "alike" or "we do not know".

    Args:
        gap: low and high of the 95 % interval, low 90 and high 90 of the 90 % one.
        margin: the gap that would not matter.
    """
    differs = gap_side(gap["low"], gap["high"]) in ("more", "less")
    within = -margin < gap["low 90"] and gap["high 90"] < margin
    if differs and within:
        return "a gap too small to matter"
    if differs:
        return "a gap"
    return "alike" if within else "we do not know"


def say_epoch_of_peeking(trainings: pd.DataFrame, row: str, gain: Interval) -> str:
    """What choosing the epoch on the test part bought one row, and why so much or so little.

    Args:
        trainings: best_epoch, peeked_epoch and epochs of each training of the row.
        row: its name.
        gain: mean, low and high of what peeking bought, as shares; low and high are nan where all
            folds agree.
    """
    mean, low, high = gain
    same = int((trainings.best_epoch == trainings.peeked_epoch).sum())
    last = int((trainings.peeked_epoch == trainings.epochs).sum())
    count = len(trainings)
    chosen = f"in {same} of {count} trainings both parts choose the same epoch"
    if last:
        chosen += f", and in {last} of {count} the test part is best in the last epoch of all"
    if pd.isna(low):
        bought = f"Peeking bought {row} {100 * mean:+z.1f} points in every fold"
    else:
        shown = gap_side(low, high) == "more"
        bought = f"Peeking bought {row} {points_interval(mean, low, high)}"
        bought += ", which is shown" if shown else ", and these folds do not show how much"
    return f"{bought}: {chosen}."


def say_peeking_rows(gains: pd.DataFrame, gaps: pd.Series) -> str:
    """The row in which peeking bought most, beside the smallest gap of the table.

    Args:
        gains: mean, low and high of what peeking bought each row, as shares; low and high are nan
            where all folds agree.
        gaps: each row's gap to the full network, as a share.
    """
    if not (gains["mean"] > 0).any():
        return (
            "On this corpus peeking bought nothing in any row: in no training was another epoch "
            "better on the test part."
        )
    most = gains["mean"].idxmax()
    gain = gains.loc[most]
    smallest = gaps.abs().idxmin()
    larger = "more" if gain["mean"] > abs(gaps[smallest]) else "less"
    return (
        f"It bought most in {most}: {_gap_in_words(gain)}. The mean is {larger} "
        f"than the smallest gap of the table ({smallest}, {100 * gaps[smallest]:+z.1f} points)."
    )


def say_trainings_at_chance(results: pd.DataFrame, chance: float) -> str:
    """How many trainings of each row never began to learn, and what the others of the row reach.

    Args:
        results: name, wa (a share) and n_test of each training.
        chance: what guessing gives, as a share.
    """
    stuck = at_chance(results, chance)
    guessing = f"the score of naming the largest class ({100 * chance:.0f} %)"
    if not stuck.any():
        return f"None of {len(results)} trainings ends at {guessing}."
    end = "ends" if stuck.sum() == 1 else "end"
    lines = [f"{stuck.sum()} of {len(results)} trainings {end} at {guessing}."]
    for row, failed in stuck.groupby(results.name, sort=False):
        if failed.any():
            lines.append(_failed_and_others(row, failed, results.wa[failed.index]))
    return "\n".join(lines)


def _failed_and_others(row: str, failed: pd.Series, wa: pd.Series) -> str:
    count = int(failed.sum())
    end = "ends" if count == 1 else "end"
    text = f"Of {len(failed)} trainings of {row}, {count} {end} there"
    if failed.all():
        return f"{text}."
    mean, others = in_percent(wa.mean(), 1), in_percent(wa[~failed].mean(), 1)
    without = "it" if count == 1 else "them"
    return f"{text}: the mean of the row is {mean}, and {others} without {without}."


def say_depth_by_rate(found: pd.DataFrame) -> str:
    """What smaller learning rates do to deeper networks: their starts, then their gaps.

    Args:
        found: of `depth_by_rate`: counts of trainings, gaps and changes of them (as shares) of each
            learning rate and system. The first system is the one that the others are subtracted
            from, and the first rate the one that changes are counted from.
    """
    if found.empty:
        return "The depths were trained at a single learning rate."
    lines = [_starts_at(rate, table) for rate, table in found.groupby(level=0, sort=False)]
    reference = found.index.unique(1)[0]
    for system, table in found.drop(reference, level=1).groupby(level=1, sort=False):
        by_rate = table.droplevel(1)
        gaps = [f"{points_interval(*gap)} at {rate:g}" for rate, gap in by_rate[_GAP].iterrows()]
        gap_by_rate = f"{reference} minus {system}: {listed_names(gaps)}."
        lines.append(f"{gap_by_rate} {_changes_of_gap(by_rate)}")
    return "\n".join([*lines, *_means_that_mix(found)])


_GAP = ["gap", "gap low", "gap high"]
_CHANGES = {"more": "larger", "less": "smaller", "no difference shown": "no change shown"}


def _starts_at(rate: float, table: pd.DataFrame) -> str:
    """How many trainings at one learning rate began to learn, and which did not."""
    trainings, stuck = int(table.trainings.sum()), int(table.stuck.sum())
    if not stuck:
        return f"At a learning rate of {rate:g}, all {trainings} trainings began to learn."
    others = []
    for (_, system), row in table[table.stuck > 0].iterrows():
        of_one_seed = int(row["stuck of one seed"])
        same = f", {of_one_seed} of them with the same seed" if of_one_seed > 1 else ""
        others.append(f"{int(row.stuck)} of {system}{same}")
    return (
        f"At a learning rate of {rate:g}, {trainings - stuck} of {trainings} trainings began to "
        f"learn. These did not: {'; '.join(others)}."
    )


def _changes_of_gap(by_rate: pd.DataFrame) -> str:
    """By how much one gap changes from the first learning rate to the others."""
    first, *others = by_rate.index
    said = []
    for rate in others:
        mean, low, high = by_rate.loc[rate, ["change", "change low", "change high"]]
        side = gap_side(low, high)
        said.append(f"{points_interval(mean, low, high)} at {rate:g} ({_CHANGES.get(side, side)})")
    return f"Change of this gap from {first:g}, fold by fold: {listed_names(said)}."


def _means_that_mix(found: pd.DataFrame) -> list[str]:
    """Which means hold trainings that never began; nothing where all began."""
    stuck = found.stuck[found.stuck > 0]
    if stuck.empty:
        return []
    where = [
        f"{listed_names(list(systems.index.get_level_values(1)))} at {rate:g}"
        for rate, systems in stuck.groupby(level=0, sort=False)
    ]
    return [
        "These means mix how good a network is with how often it begins to learn: "
        f"{'; '.join(where)}."
    ]


def say_interaction(row: str, difference: Interval) -> str:
    """Whether a network is right more often than its EMAP, which adds sound and words up.

    Args:
        row: the name of the network.
        difference: mean, low and high, as shares.
    """
    _, low, high = difference
    text = f"{row}: WA minus that of its EMAP is {points_interval(*difference)}"
    side = gap_side(low, high)
    if side == "more":
        return f"{text}. Its EMAP is right less often."
    if side == "less":
        return f"{text}. Its EMAP is right more often."
    return (
        f"{text}. No use of interaction is shown in these utterances, which does not mean that "
        "there is none."
    )
