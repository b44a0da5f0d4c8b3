"""What lesson 07 says of its numbers: ways to fuse.

In: gaps, shares and sizes of this run. Out: sentences. They follow from the numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.evaluation.intervals import difference_interval
from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    NOT_COMPARED,
    Interval,
    Measured,
    gap_side,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)


def say_who_interacts(sizes: Mapping[str, float], least: float = 1e-5) -> str:
    """Which fusions let the effect of the sound depend on the words.

    Args:
        sizes: the largest |interaction| of each fusion.
        least: below this it is rounding.
    """
    none = [name for name, size in sizes.items() if size < least]
    some = [name for name, size in sizes.items() if size >= least]
    if not none:
        return "All of them let the effect of the sound depend on the words."
    if not some:
        return "None of them lets the effect of the sound depend on the words."
    does = "adds" if len(none) == 1 else "add"
    lets = "lets" if len(some) == 1 else "let"
    return (
        f"{listed_names(none)} {does} up what each modality says; {listed_names(some)} {lets} the "
        "effect of the sound depend on the words."
    )


def say_gaps_to_mcsan(gaps: Mapping[str, Measured]) -> list[str]:
    """One sentence per fusion: is MCSAN ahead of it?

    Args:
        gaps: the score of MCSAN minus that of the row, with the interval, as shares.
    """
    said = []
    for name, (mean, low, high) in gaps.items():
        verdict = {
            "more": f"MCSAN is ahead of {name}",
            "less": f"MCSAN is behind {name}",
            "no difference shown": f"MCSAN is not distinguishable from {name}",
            NO_INTERVAL: f"Without an interval, MCSAN is not compared with {name}",
        }[gap_side(low, high)]
        said.append(f"{verdict}: {points_interval(mean, low, high)}.")
    return said


def say_after_holm(verdicts: Mapping[str, str]) -> str:
    """How many rows MCSAN is ahead of when each is judged as one of several.

    Args:
        verdicts: of each row, after Holm's correction, as a table of the paper has them.
    """
    found = list(verdicts.values())
    ahead, behind = found.count("MCSAN ahead"), found.count("MCSAN behind")
    but = f", and behind {behind}" if behind else ""
    return f"After Holm, MCSAN is ahead of {ahead or 'none'} of {len(found)}{but}."


def say_side_of_ceiling(name: str, score: Measured, view: str, ceiling: float) -> str:
    """Whether a score lies above what a perfect listener of a poorer view can reach.

    Args:
        name: of the fusion.
        score: mean, low and high.
        view: what the listener may use.
        ceiling: the best accuracy in that view.
    """
    mean, low, high = score
    where = side_of(low, high, ceiling)
    meaning = {
        "above": "it must use more than that view",
        "below": "a perfect listener of that view would score more",
    }.get(where, "this score does not show that it uses more than that view")
    return (
        f"{name}: {percent_interval(mean, low, high)} is {where} the ceiling of “{view}”, "
        f"{100 * ceiling:.0f} %: {meaning}."
    )


def say_whose_sense(other: int, n: int, by_luck: float) -> str:
    """Whether every answer has the sense of the words, and what a guess would then do.

    Args:
        other: answers that are the voice's or neither, over all networks.
        n: all answers.
        by_luck: how often a guess follows the rule; among the classes of the words' sense where
            every answer has it, and among all classes elsewhere.
    """
    if other:
        return (
            f"{other} of {n} answers were the voice's or neither. A guess among all classes "
            f"follows the rule in {100 * by_luck:.0f} %."
        )
    return (
        "No answer was the voice's or neither: every network took the sense from the words. A "
        f"guess among the classes of that sense follows the rule in {100 * by_luck:.0f} %."
    )


def say_what_is_followed(name: str, shares: Mapping[str, tuple[float, float, float, float]]) -> str:
    """Which outcome is most frequent on the conflict set, and which are above chance.

    Args:
        name: of the fusion.
        shares: (share, low, high, chance) of each outcome.
    """
    share_of = {outcome: share for outcome, (share, _, _, _) in shares.items()}
    first = max(share_of, key=share_of.get)
    share, low, high, chance = shares[first]
    most = "none of the three" if first == "neither" else f"“{first}”"
    text = (
        f"{name} most often follows {most}: {percent_interval(share, low, high)}, "
        f"chance {100 * chance:.0f} %."
    )
    others = [
        outcome
        for outcome, (_, low, high, chance) in shares.items()
        if outcome != first and side_of(low, high, chance) == "above"
    ]
    if others:
        listed = listed_names([f"“{outcome}”" for outcome in others])
        text += f" Above chance as well: {listed}."
    return text


def say_whose_stress(name: str, own: int, neighbours: int, n: int, side: Interval) -> str:
    """Where a word and all its neighbours disagree: whose stress does the class go by?

    Args:
        name: of the fusion.
        own: predictions by the word's own stress.
        neighbours: predictions by the stress of the others.
        n: recordings with such a disagreement.
        side: the share of `own` among both, with its interval.
    """
    if own + neighbours == 0:
        return f"{name}: in none of {n} recordings does the class follow either stress."
    _, low, high = side
    where = side_of(low, high, 0.5)
    verdict = {
        "above": "it goes by the word's own stress",
        "below": "it goes by the neighbours, and so does not match the word with its sound",
    }.get(where, "this does not show which of the two it goes by")
    return (
        f"{name}: in {own} of {n} recordings the class follows the word's own stress, in "
        f"{neighbours} its neighbours'. Its own has {percent_interval(*side)} of these: {verdict}."
    )


def say_what_leaking_changes(name: str, matching: Measured, leaking: Measured) -> str:
    """Whether MCSAN is ahead in each of two worlds.

    Args:
        name: of the other fusion.
        matching: MCSAN minus the fusion, with the interval, where words and sound must be matched.
        leaking: the same where the sound alone tells the sense.
    """
    said = {
        "above": "MCSAN is ahead",
        "below": "MCSAN is behind",
        "not distinguishable from": "no difference is shown",
        NOT_COMPARED: "without an interval",
    }
    parts = []
    for world, (mean, low, high) in (("matching", matching), ("leaking", leaking)):
        verdict = said[side_of(low, high, 0.0)]
        parts.append(f"in the {world} world {points_interval(mean, low, high)}, {verdict}")
    return f"MCSAN minus {name}: {'; '.join(parts)}."


def say_whether_leaking_levels(
    matching: Mapping[str, Measured], leaking: Mapping[str, Measured]
) -> str:
    """Over which fusions the lead of MCSAN is smaller where the sound alone tells the sense.

    The two worlds are two corpora with trainings of their own, so their intervals are taken as
    independent.

    Args:
        matching: {fusion: MCSAN minus it, with the interval} where words and sound must be matched.
        leaking: the same where the sound alone tells the sense.
    """
    changes = {
        "more": "smaller in the leaking world over",
        "less": "larger in the leaking world over",
        "no difference shown": "not shown to change over",
        NO_INTERVAL: "without an interval over",
    }
    named: dict[str, list[str]] = {side: [] for side in changes}
    for name, gap in leaking.items():
        _, low, high = difference_interval(matching[name], gap)
        named[gap_side(low, high)].append(name)
    told = [f"{changes[side]} {listed_names(names)}" for side, names in named.items() if names]
    return f"Each fusion taken alone, the lead of MCSAN is {'; it is '.join(told)}."
