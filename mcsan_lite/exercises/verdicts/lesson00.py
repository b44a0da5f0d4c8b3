"""What lesson 00 says of its results.

In: answers, shares and intervals of this run. Out: a sentence or two for each table and figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Word
from mcsan_lite.evaluation.intervals import difference_interval, paired_interval, score_interval
from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    UNTESTED,
    Measured,
    gap_side,
    listed_names,
    points_interval,
    side_of,
)

_SAID_OF_GAP = {
    "more": "the own row points there more often",
    "less": "the own row points there less often",
    "no difference shown": "no difference is shown",
    NO_INTERVAL: UNTESTED,
}
# A row of weights within a tenth of the even spread leans nowhere.
_EVEN_WITHIN = 0.1


class RowsAgainstChance(NamedTuple):
    """How often rows of a map have their heaviest moment inside the decisive word.

    Attributes:
        own: the rows of the decisive word itself.
        others: the rows of all other words of the same utterances.
        gap: own minus others, paired by training and by utterance.
        chance: the share of moments that lie inside.
    """

    own: Measured
    others: Measured
    gap: Measured
    chance: float


def rows_against_chance(own: np.ndarray, others: np.ndarray, chance: float) -> RowsAgainstChance:
    """Means over trainings and utterances, with intervals that cover both.

    Args:
        own: (trainings, utterances) whether the decisive word's row points there.
        others: (trainings, utterances) the share of the other words' rows that do.
        chance: of both.
    """
    own, others = np.asarray(own, float), np.asarray(others, float)
    utterances = own.shape[1]
    return RowsAgainstChance(
        Measured(*score_interval(own.mean(axis=1), utterances)),
        Measured(*score_interval(others.mean(axis=1), utterances)),
        Measured(*paired_interval(own - others)),
        chance,
    )


def say_how_many_are_right(
    rule: Sequence[str], answers: Mapping[str, Sequence[str | None]], classes: int
) -> str:
    """How many answers of each guesser agree with the rule, compared with blind guessing.

    Args:
        rule: the class of each clip by the rule.
        answers: {guesser: the class of each clip; None where nothing was guessed}.
        classes: how many classes there are.
    """
    count = len(rule)
    parts = []
    for who, given in answers.items():
        if not any(given):
            parts.append(f"{who} (no guess yet)")
            continue
        right = sum(a == b for a, b in zip(rule, given, strict=True))
        parts.append(f"{who} ({right} of {count})")
    return (
        f"Agreement with the rule: {listed_names(parts)}. "
        f"Blind guessing among {classes} classes gets {count / classes:.1f} of {count} on average, "
        f"and {count} clips are too few to rank anybody."
    )


def say_what_respelling_did(
    before: Sequence[str], after: Sequence[str], wanted: Sequence[str]
) -> str:
    """Whether answers changed with one word's spelling, and whether to the right class.

    Args:
        before: the network's answer to each clip.
        after: its answer to the same sound with one word respelled.
        wanted: what the rule gives after the change.
    """
    count = len(before)
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    right = sum(a == b for a, b in zip(after, wanted, strict=True))
    if changed == 0:
        reads = "Not one answer changed, so nothing here shows that the transcript is read"
    elif changed == count:
        reads = f"All {count} answers changed although the sound did not: the transcript is read"
    else:
        reads = (
            f"{changed} of {count} answers changed although the sound did not: there, the "
            "transcript is read"
        )
    follows = f"The answer is now the class that the rule demands in {right} of {count} cases"
    if changed and right == count:
        return f"{reads}. {follows}: it follows the spelling every time."
    if changed and right:
        return f"{reads}. {follows}: reading the word is one thing, using its sound another."
    return f"{reads}. {follows}."


def say_where_a_row_looks(
    word: str, weights: Sequence[float], times: Sequence[float], words: Sequence[Word]
) -> str:
    """Where one word's row of the map lies, compared with an even spread.

    Args:
        word: whose row it is; it must be among `words`.
        weights: (A,) its weights, which sum to one.
        times: (A,) the seconds of the moments.
        words: the spoken words with their times.
    """
    weights, times = np.asarray(weights, float), np.asarray(times, float)
    own = next(one for one in words if one.text == word)
    inside = (times >= own.start_s) & (times < own.end_s)
    mass, even = float(weights[inside].sum()), float(inside.mean())
    peak_s = float(times[weights.argmax()])
    if mass > even * (1 + _EVEN_WITHIN):
        leans = "so it leans towards its own sound"
    elif mass < even * (1 - _EVEN_WITHIN):
        leans = "so it leans away from its own sound"
    else:
        leans = "so its own sound gets what an even spread would give it"
    heard = next((one.text for one in words if one.start_s <= peak_s < one.end_s), None)
    if inside[weights.argmax()]:
        place = f"inside “{word}” itself"
    elif heard is None:
        place = "while no word is said"
    else:
        place = f"outside it, while “{heard}” is said"
    return (
        f"The row of “{word}” puts {100 * mass:.0f} % of its weight on the sound of “{word}”, "
        f"where an even spread would put {100 * even:.0f} %, {leans}. Its heaviest moment, at "
        f"{peak_s:.2f} s, is {place}."
    )


def say_how_many_rows_agree(weights: np.ndarray, number: int) -> str:
    """How many rows of a map have their heaviest moment where one of them has it.

    Args:
        weights: (L, A) one row per word.
        number: of the row that the others are compared with.
    """
    peaks = np.asarray(weights).argmax(axis=1)
    agreeing = int((peaks == peaks[number]).sum()) - 1
    others = len(peaks) - 1
    anecdote = "This is one clip and one training: an anecdote, not a finding."
    if agreeing == 0:
        return f"None of the {others} other rows has its heaviest moment there. {anecdote}"
    return (
        f"Of the {others} other rows, {agreeing} have their heaviest moment at the same place, so "
        f"that place does not belong to this word alone. {anecdote}"
    )


def say_whether_rows_point(rows: RowsAgainstChance, right: float, trainings: int) -> str:
    """Whether the map points at the evidence, and whether it is this word's own row that does.

    Args:
        rows: of `rows_against_chance`.
        right: the share of test utterances that the same networks get right.
        trainings: how many networks there are.
    """
    side = side_of(rows.own.low, rows.own.high, rows.chance)
    compared = gap_side(rows.gap.low, rows.gap.high)
    found = (
        f"The decisive word's row has its heaviest moment inside that word in {rows.own} of "
        f"utterances; chance is {100 * rows.chance:.0f} %. That is {side} chance. "
        f"Rows of the other words have theirs there in {rows.others}. Own row minus other rows is "
        f"{points_interval(*rows.gap)}: {_SAID_OF_GAP[compared]}. "
    )
    if side == "above" and compared == "more":
        meaning = (
            "So the map points at the evidence, and the word's own row does so more often than the "
            "other rows do."
        )
    elif side == "above" and side_of(rows.others.low, rows.others.high, rows.chance) == "above":
        meaning = (
            "So the map shows a place that many words look at, and nothing is shown that belongs "
            "to the decisive word alone."
        )
    elif side == "above":
        meaning = (
            "So the map points at the evidence, but it is not shown that the word's own row does "
            "so more than others."
        )
    else:
        away = " It even looks away from it." if side == "below" else ""
        meaning = f"So nothing here shows that the map points at the evidence.{away} "
        if right > 0.5:
            meaning += f"Yet the same networks are right in {100 * right:.0f} % of all utterances: "
            meaning += "being right and pointing are two things."
        else:
            meaning += f"The same networks are right in only {100 * right:.0f} % of all utterances."
    return f"{found}{meaning} ({trainings} trainings; the intervals cover seeds and utterances.)"


def say_what_matching_adds(full: Measured, without: Measured, ceiling: float | None = None) -> str:
    """What cross-attention is worth, from two rows of the ablation.

    The interval of the difference combines those of both rows (Zou & Donner 2008), as if each had
    been tested on other utterances.

    Args:
        full: the whole network.
        without: the network without cross-attention.
        ceiling: the best score without knowing which word is which sound; None where not known.
    """
    gap, low, high = difference_interval(full, without)
    meaning = {
        "more": "the network with cross-attention scores higher",
        "less": "the network with cross-attention scores lower",
        "no difference shown": "no difference is shown",
        NO_INTERVAL: UNTESTED,
    }[gap_side(low, high)]
    text = (
        f"The network is right in {full} of the utterances with cross-attention, and in {without} "
        f"without it. The difference is {points_interval(gap, low, high)}: {meaning}. (The network "
        "without it was trained once; another seed could move this difference further.)"
    )
    if ceiling is None:
        return text
    side = side_of(without.low, without.high, ceiling)
    text += f" Without it, the score is {side} the {100 * ceiling:.0f} % that is possible "
    text += "without knowing which word is which sound"
    if side == "above":
        return f"{text}: some matching goes on elsewhere, for instance by the order of the words."
    return f"{text}."


def say_whether_one_source_is_enough(full: Measured, best_alone: Mapping[str, float]) -> str:
    """How the network with both sources compares with the best possible from one of them.

    Args:
        full: the score of the network with both.
        best_alone: {"the words": the best score that anyone can reach with them alone, …}.
    """
    bests = " or ".join(
        f"{100 * best:.0f} % with {source} alone" for source, best in best_alone.items()
    )
    sides = {side_of(full.low, full.high, best) for best in best_alone.values()}
    text = f"Nobody can get more than {bests}. With both, the network gets {full}"
    if sides == {"above"}:
        return f"{text}, more than either: it uses both sources."
    if "above" in sides:
        return f"{text}, above one of these but not above the other: one source might be enough."
    return f"{text}, not above either: nothing shows that it uses both sources."
