"""What lesson 10 says of its maps: where rows point, and whether any word has a place of its own.

In: shares and intervals of this run. Out: sentences. A row of weights can be readable in two ways:
all words point at one place, or each word points at its own. Only the second is matching.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mcsan_lite.exercises.verdicts.sentences import (
    Measured,
    listed_names,
    percent_interval,
    quoted_names,
    side_of,
)

OWN_WORD = "a word of its own"
PLACE = "a readable place; a lead of the word's own row over the others is not shown"
DEPENDS = "rows depend on the word, but do not find its sound"
NOTHING = "nothing readable"
VOID = "void: an untrained network says so too"
_BEATING = (OWN_WORD, DEPENDS)  # the decisive row beats the rows of other words


class RowsOfMap(NamedTuple):
    """How often rows of a map point at the decisive word's sound."""

    own: Measured  # the decisive word's row
    others: Measured  # the rows of all other words
    difference: Measured  # own less others, paired
    chance: float


def what_rows_show(rows: RowsOfMap) -> str:
    """One of OWN_WORD, PLACE, DEPENDS and NOTHING, from the intervals alone."""
    beats_others = rows.difference.low > 0
    if rows.own.low > rows.chance:
        return OWN_WORD if beats_others else PLACE
    return DEPENDS if beats_others else NOTHING


def voided_by_untrained(shown: Mapping[str, str], untrained: Mapping[str, str]) -> dict[str, str]:
    """The verdicts of trained networks, where the untrained control leaves them standing.

    Each name begins with its world, such as "matching, seed 0". A control speaks of the world that
    it was measured in, and of no other.

    Args:
        shown: {trained network: what its rows show}.
        untrained: the same of untrained networks.

    Returns:
        {trained network: its verdict}. VOID stands for rows that beat the other words' rows where
        an untrained network's rows do so too, in the same world.
    """
    void = {_world(name) for name, verdict in untrained.items() if verdict in _BEATING}
    return {
        name: VOID if _world(name) in void and verdict in _BEATING else verdict
        for name, verdict in shown.items()
    }


def _world(name: str) -> str:
    return name.split(",")[0]


def say_what_rows_show(name: str, rows: RowsOfMap, verdict: str) -> str:
    """One network's rows in a sentence.

    Args:
        name: of the network.
        rows: its numbers.
        verdict: what they show, after the control.
    """
    own, others = percent_interval(*rows.own), percent_interval(*rows.others)
    side = side_of(rows.own.low, rows.own.high, rows.chance)
    return (
        f"{name}: the decisive word's row points at its sound in {own}, chance "
        f"{100 * rows.chance:.0f} %, which is {side} chance. The rows of other words point there "
        f"in {others}. Verdict: {verdict}."
    )


def say_what_the_control_did(untrained: Mapping[str, str]) -> str:
    """How the untrained networks change the reading of the table."""
    pointing = [name for name, verdict in untrained.items() if verdict in _BEATING]
    if pointing:
        worlds = listed_names(list(dict.fromkeys(map(_world, pointing))))
        return (
            f"Control: {quoted_names(pointing)} never learned anything, and the decisive row still "
            f"beats the other rows. So no trained network's lead over other words counts there "
            f"({worlds}). That may be wiring and the order of words, or luck: of {len(untrained)} "
            "such intervals one may exclude zero. The rule is strict on purpose."
        )
    if PLACE in untrained.values():
        return (
            "Control: an untrained network has a readable place as well, so a readable place "
            "alone is no sign of learning. None of them is shown to have a word of its own."
        )
    return (
        "Control: no untrained network is shown to point, so no verdict is void. That does not "
        "show that training made the difference."
    )


def say_worlds_together(verdicts: Mapping[str, str]) -> str:
    """What all trained networks of all worlds show, in one sentence.

    Args:
        verdicts: {network: its verdict, after the control}.
    """
    matching = [name for name, verdict in verdicts.items() if verdict == OWN_WORD]
    places = [name for name, verdict in verdicts.items() if verdict == PLACE]
    if matching:
        return (
            f"A word of its own, by sound or by order, is seen in {len(matching)} of "
            f"{len(verdicts)} trained networks: {quoted_names(matching)}. Each verdict is of one "
            f"network at 95 %: of {len(verdicts)}, one may say so by luck."
        )
    if places:
        return (
            f"A readable place, and no lead of the word's own row is shown: that is the verdict on "
            f"{quoted_names(places)}. In no world does this map show that a word was matched to "
            "its sound."
        )
    return "No trained network has a map that this test can read, in any world."


def say_row_of_one(word: str, mass: float, chance: float) -> str:
    """How much of one word's row lies on its own sound.

    Args:
        word: the decisive one.
        mass: its row's share inside the word's span.
        chance: what an even spread would put there.
    """
    compared = "more than" if mass > chance else "less than"
    if f"{mass:.0%}" == f"{chance:.0%}":
        compared = "about as much as"
    return (
        f"“{word}” puts {mass:.0%} of its weight on its own sound, {compared} the {chance:.0%} "
        "of an even spread. This is one utterance, and so no evidence yet."
    )


def say_slice(word: str, said_there: list[str]) -> str:
    """Whether the slice that a word looks at most holds the word itself.

    Args:
        word: whose row it is.
        said_there: the words that are said in the slice; empty where times are unknown.
    """
    if not said_there:
        return f"Nobody knows what is said where “{word}” looks: this corpus has no word times."
    if word in said_there:
        return f"The slice that “{word}” looks at most holds the word itself."
    return f"“{word}” looks most at “{' '.join(said_there)}”, not at its own sound."


def say_chosen_head(chosen: int, best_here: int) -> str:
    """Whether the head that validation chose is the best on the shown utterance too."""
    if chosen == best_here:
        return f"Head {chosen}, chosen on validation, is also the best on this utterance."
    return (
        f"Validation chose head {chosen}; on this utterance head {best_here} looks best. Choosing "
        "from the picture would have told another story."
    )


def say_two_directions(correlation: float) -> str:
    """How alike the two directions are, by the correlation of their cells."""
    if abs(correlation) < 0.3:
        alike = "hardly alike"
    elif abs(correlation) < 0.7:
        alike = "somewhat alike"
    else:
        alike = "much alike"
    if correlation < -0.3:
        alike += ", with the sign turned"
    return (
        f"The cells of the two pictures correlate with {correlation:+.2f}: they are {alike}, and "
        "they come from different weights."
    )


def say_respelled(before: str, after: str, rule: str) -> str:
    """What happened to the class when one word was spelled otherwise, and the sound stayed.

    Args:
        before: the class for the sentence as it is.
        after: the class for the respelled sentence.
        rule: what the rule of the corpus gives for the respelled sentence.
    """
    wanted = "as the rule asks" if after == rule else f"where the rule asks for {rule}"
    if before == after:
        return f"The class stays {after}, {wanted}."
    return f"The class goes from {before} to {after}, {wanted}, and no sample of the sound changed."
