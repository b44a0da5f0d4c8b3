"""What lesson 13 and docs/attention.md say of the table of `mcsan identity`, and of two worlds.

In: the table, which is shipped or was measured now. Out: sentences that follow from it alone.
"""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from mcsan_lite.evaluation.comparison import ALIKE_MARGIN
from mcsan_lite.evaluation.intervals import difference_interval
from mcsan_lite.exercises.verdicts.lesson13 import named, quoted
from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    gap_side,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)
from mcsan_lite.experiments.identity import ONE_SUMMARY

_SUSPECTS = ("no positions", "no recurrence")  # one of the two is taken away
_AS_IT_IS = "In MCSAN as it is, with recurrence and positions, cross-attention"


def map_shows(row: pd.Series) -> str:
    """What a row of the identity table shows: "own", "place", "one row", "nothing" or "no map".

    A word of its own needs both: its row points more often than chance, and more often than the
    rows of other words of the same utterances. Where one summary asks for all words, its one row
    has to point at the sound of the word that decides more often than at other words' sounds.
    """
    if pd.isna(row.get("points")):
        return "no map"
    if row["points low"] <= row.chance:
        return "nothing"
    if row["gap low"] <= 0:
        return "place"
    return "one row" if row.get("asks") == ONE_SUMMARY else "own"


def intervals_over(table: pd.DataFrame) -> str:
    """What the intervals of the identity table count, for a caption.

    Args:
        table: of `identity_table`.
    """
    seeds = int(table.seeds.max())
    return f"95 % over utterances{'; one seed' if seeds == 1 else f' and {seeds} seeds'}"


def say_seeds_counted(table: pd.DataFrame) -> str:
    """Whether the intervals of the identity table know of other seeds.

    Args:
        table: of `identity_table`.
    """
    fewest, most = int(table.seeds.min()), int(table.seeds.max())
    if most == 1:
        return "Each row is one training: another seed may lie outside of these intervals."
    trainings = f"{most}" if fewest == most else f"{fewest} to {most}"
    told = f"Each row is a mean over {trainings} trainings, and the intervals count seeds as well"
    return f"{told}{'.' if fewest > 1 else ', except in rows of one training.'}"


def say_own_word(table: pd.DataFrame) -> str:
    """Which changes give the map a word of its own.

    Args:
        table: of `identity_table`.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for _, row in table.iterrows():
        found[map_shows(row)].append(row.change)
    told = "No map is shown in which a word's row points at its own sound more than other rows do."
    if found["own"]:
        told = (
            "A word's row points at its own sound more often than the rows of other words do in: "
            f"{named(found['own'])}."
        )
    if found["place"]:
        told += (
            " It points there more often than chance, but a lead over the others is not shown, in: "
            f"{named(found['place'])}."
        )
    if found["nothing"]:
        told += f" No pointing is shown in: {named(found['nothing'])}."
    if found["one row"]:
        told += (
            " One question for all words, whose row points at the sound of the deciding word more "
            f"often than chance and than at other words' sounds, is asked in: "
            f"{named(found['one row'])}."
        )
    return told


def say_who_recognises(table: pd.DataFrame, unmatched: float) -> str:
    """Which networks score above everything that needs no recognised sound.

    Args:
        table: of `identity_table`.
        unmatched: the ceiling of "both, unmatched".
    """
    sides: dict[str, list[str]] = {"above": [], "not distinguishable from": [], "below": []}
    for _, row in table.iterrows():
        sides.setdefault(side_of(row.low, row.high, unmatched), []).append(row.change)
    parts = [f"{side} it: {named(names)}" for side, names in sides.items() if names]
    told = "; ".join(parts)
    told = told[0].upper() + told[1:]  # names of networks keep their capitals
    return f"Without recognising a sound, {100 * unmatched:.1f} % can be reached. {told}."


def say_cost(gaps: pd.DataFrame, reference: str) -> str:
    """Which changes cost or gain score.

    Args:
        gaps: mean, low and high of each difference to the reference, as shares.
        reference: its name.
    """
    words = {"more": "gains", "less": "costs", "no difference shown": "no difference shown"}
    lines = []
    for name, row in gaps.iterrows():
        side = words.get(gap_side(row.low, row.high), NO_INTERVAL)
        gap = points_interval(row["mean"], row.low, row.high)
        lines.append(f"{quoted(name)}: {gap}, {side}")
    return f"WA minus that of {reference}: {'; '.join(lines)}."


def say_cross_by_world(found: pd.DataFrame) -> str:
    """What cross-attention earns where order helps, and where it tells nothing.

    Args:
        found: of `cross_by_world`, with the matching and the listed world.
    """
    gaps = found.xs("w/o cross", level=1)[["gap", "gap low", "gap high"]]
    gaps.columns = ["mean", "low", "high"]
    sides = {world: gap_side(gap.low, gap.high) for world, gap in gaps.iterrows()}
    lines = [
        f"{world} world: MCSAN minus w/o cross {points_interval(*gap)}, {sides[world]}."
        for world, gap in gaps.iterrows()
    ]
    here = gaps.loc["listed"]
    at_most = ""
    if here.low > -ALIKE_MARGIN and here.high < ALIKE_MARGIN:
        at_most = f"; if there is one, it is smaller than {100 * ALIKE_MARGIN:g} point"
    if sides["listed"] == "more":
        verdict = (
            "Cross-attention raises the score where order tells nothing. Only a score above what "
            "needs no recognised sound would show that it does so by recognising."
        )
    elif sides["matching"] == "more":
        verdict = (
            f"{_AS_IT_IS} raises the score where order helps. Where order tells nothing, "
            f"no gain is shown{at_most}. So the gain in the matching world is no "
            "evidence that a word was matched with its sound."
        )
    else:
        verdict = f"{_AS_IT_IS} is not shown to raise the score in either world."
    return "\n".join([*lines, verdict])


def say_both_have_to_go(table: pd.DataFrame) -> str:
    """Whether recurrence and positions must both be taken away before the map means something.

    Args:
        table: of `identity_table`, with "MCSAN", "no positions", "no recurrence" and "neither".
    """
    rows = table.set_index("change")
    shows = {name: map_shows(rows.loc[name]) for name in ("MCSAN", *_SUSPECTS, "neither")}
    alone = [f"“{name}”" for name in _SUSPECTS if shows[name] == "own"]
    if shows["MCSAN"] == "own":
        told = "The map has a word of its own as it is: nothing has to go for that."
        return f"{told} {_say_more_often(rows.loc['MCSAN'], rows.loc['neither'])}"
    if shows["neither"] != "own":
        told = "Without both, the map is not shown to have a word of its own"
        if alone:
            return f"{told}, though it has one in {listed_names(alone)}."
        return f"{told}: the suspicion is not confirmed."
    if alone:
        return f"A word has a row of its own already in {listed_names(alone)}."
    return (
        "Without only one of the two, a word of its own is not shown. Without both, a word's own "
        "row finds its sound."
    )


def _say_more_often(before: pd.Series, after: pd.Series) -> str:
    """Whether the decisive word's row points more often once both are taken away.

    The interval is that of two rows which were asked on other utterances each: wide, if anything.
    """
    now, then = [(row.points, row["points low"], row["points high"]) for row in (after, before)]
    gap = difference_interval(now, then)
    _, low, high = gap
    change = {"more": "more often", "less": "less often"}.get(gap_side(low, high), "not shown")
    return (
        f"Without both, its row points in {percent_interval(*now)} instead of "
        f"{percent_interval(*then)}. The difference is {points_interval(*gap)}: {change}."
    )


def say_matching(table: pd.DataFrame) -> str:
    """What cross-attention is worth once nothing knows a place.

    The interval of the difference takes both rows as if each had been tested on other utterances.

    Args:
        table: of `identity_table`, with "neither" and "neither, w/o cross".
    """
    rows = table.set_index("change")
    stripped, without = [
        tuple(rows.loc[name, ["WA", "low", "high"]]) for name in ("neither", "neither, w/o cross")
    ]
    gap = difference_interval(stripped, without)
    _, low, high = gap
    found = {
        "more": "cross-attention earns points here",
        "less": "cross-attention costs more than it brings",
    }.get(gap_side(low, high), "no gap is shown")
    return (
        f"Without recurrence and positions, WA is {percent_interval(*stripped)}; without "
        f"cross-attention as well, {percent_interval(*without)}. The difference is "
        f"{points_interval(*gap)}: {found}."
    )


def say_score_and_map(table: pd.DataFrame, unmatched: float) -> str:
    """Which networks recognise sounds without showing it on their map, and the reverse.

    Args:
        table: of `identity_table`.
        unmatched: the ceiling of "both, unmatched".
    """
    hidden, only_shown = [], []
    for _, row in table.iterrows():
        recognises, shows = row.low > unmatched, map_shows(row)
        if recognises and shows in ("place", "nothing"):
            hidden.append(row.change)
        if shows in ("own", "one row") and not recognises:
            only_shown.append(row.change)
    return (
        f"These recognise sounds, and their maps do not show it: {named(hidden)}. These "
        "have a map that shows a word its own sound, and are not shown to recognise sounds: "
        f"{named(only_shown)}."
    )


def say_rival_with_recurrence(table: pd.DataFrame, unmatched: float, rival: str = "MHA") -> str:
    """Whether recurrence alone keeps a network from recognising sounds and showing it.

    Args:
        table: of `identity_table`.
        unmatched: the ceiling of "both, unmatched".
        rival: a row of it that reads with BiLSTMs.
    """
    row = table.set_index("change").loc[rival]
    if row.low > unmatched and map_shows(row) in ("own", "one row"):
        return (
            f"{rival} keeps its BiLSTMs, recognises sounds, and its map shows it. So a BiLSTM "
            "alone does not keep a map from lying on the right sound."
        )
    return f"{rival} keeps its BiLSTMs; that it recognises sounds and shows it is not found here."
