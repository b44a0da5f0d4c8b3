"""What lesson 13 says of its changes: what smears, what keeps a place, which map means something.

In: numbers of this run. Out: sentences that follow from them alone. Those about the table of
`mcsan identity` are in `lesson13_table`.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    NOT_COMPARED,
    UNTESTED,
    Measured,
    in_percent,
    listed_names,
    percent_interval,
    points_interval,
    quoted_if_comma,
    side_of,
)

_OWN = "the word's own row finds its sound"
_PLACE = "a readable place; a lead of the word's own row over the others is not shown"
_NEITHER_SHOWN = "not shown to point in these utterances"


def say_what_order_tells(unmatched: float, in_order: float, both: float) -> str:
    """Whether order helps in a world, and how much only recognising sounds can earn.

    Args:
        unmatched: best accuracy without knowing which word is which sound.
        in_order: best accuracy with the order of words and sounds, recognising none.
        both: best accuracy of all.
    """
    gained = in_order - unmatched
    told = f"Order adds {100 * gained:.1f} points to {100 * unmatched:.1f} %"
    if gained > 0.005:
        return f"{told}: a network that counts places need not recognise any sound."
    rest = 100 * (both - in_order)
    return f"{told}: it tells nothing. The last {rest:.1f} points need recognised sounds."


def say_smear(shares: Mapping[str, Measured], even: float) -> str:
    """Which encoders spread one word's sound over other moments.

    Args:
        shares: of the movement outside the word, by encoder.
        even: what it would be if all steps moved alike.
    """
    lines = []
    for name, share in shares.items():
        if share.high == 0:
            lines.append(f"{name}: nothing moves outside the word. There is no smear.")
            continue
        side = side_of(share.low, share.high, even)
        alike = f"if all steps moved alike ({100 * even:.0f} %)"
        found = {
            "below": f"less than {alike}",
            "above": f"more than {alike}",
            NOT_COMPARED: NO_INTERVAL,
        }.get(side, f"not distinguishable from what it would be {alike}")
        interval = percent_interval(*share)
        lines.append(f"{name}: {interval} of the movement lies outside the word, {found}.")
    return "\n".join(lines)


def say_first_smeared(shares: Mapping[int, float]) -> str:
    """The first layer whose steps of sound hold other moments.

    Args:
        shares: movement outside the word of the steps that enter a layer, by its number from 1.
    """
    smeared = [layer for layer, share in shares.items() if share > 1e-6]
    if not smeared:
        return f"In none of {len(shares)} layers do the steps of sound hold other moments."
    first = min(smeared)
    clean = "" if first == 1 else f" Up to layer {first - 1} each step is its own moment."
    return f"The steps that enter layer {first} are the first to hold other moments.{clean}"


def say_rows_after_shuffling(moved: Mapping[str, float]) -> str:
    """Which networks give a word the same row wherever it stands.

    Args:
        moved: the largest change of any weight when the words change places, by network.
    """
    keep = [name for name, change in moved.items() if change < 1e-5]
    others = [name for name in moved if name not in keep]
    told = f"All words keep their rows in {named(keep)}."
    if not keep:
        told = "In no network do all words keep their rows."
    if others:
        changes = ", ".join(f"{name} by up to {moved[name]:.1g}" for name in others)
        told += f" Elsewhere a row changes with the place of its word: {changes}."
    return told


def say_rows_alike(correlations: Mapping[str, float]) -> str:
    """Whether the rows of different words are the same row.

    Args:
        correlations: mean correlation between the rows of one map, by network.
    """
    parts = []
    for name, correlation in correlations.items():
        found = "nearly one row for all words" if correlation > 0.9 else "rows of their own"
        if 0.5 < correlation <= 0.9:
            found = "rows that have much in common"
        parts.append(f"{quoted(name)}: {correlation:+.2f}, {found}")
    return f"Correlation between the rows of different words: {'; '.join(parts)}."


def say_sharpness(before: float, after: float, what: str) -> str:
    """Whether a change flattens or sharpens the rows of a map.

    Args:
        before: mean entropy of the rows, 1 for an even spread.
        after: the same with the change.
        what: the change.
    """
    change = "as flat as before"
    if after > before + 0.005:
        change = "flatter"
    elif after < before - 0.005:
        change = "sharper"
    return f"{what}: entropy {before:.3f} → {after:.3f}, {change}."


def say_pointing(what: str, own: Measured, difference: Measured, chance: float) -> str:
    """What the map of one network shows, from the decisive word's row and those of other words.

    Args:
        what: the network.
        own: how often the decisive word's row points at its sound.
        difference: own less the rows of other words.
        chance: of pointing.
    """
    told = f"{what}: the decisive word's row points in {percent_interval(*own)} of utterances, "
    told += f"chance {100 * chance:.0f} %; its lead over other words' rows is "
    told += points_interval(*difference)
    if own.low > chance and difference.low > 0:
        return f"{told}: {_OWN}."
    if own.low > chance:
        return f"{told}: {_PLACE}."
    return f"{told}: {_NEITHER_SHOWN}."


def named(names: list[str]) -> str:
    """Names as a sentence has them; one that could be read as a part of it is quoted."""
    return listed_names([quoted(name) for name in names])


def quoted(name: str) -> str:
    """A name of a network, in quotes where a sentence would lose it."""
    return f"“{name}”" if name.startswith("neither") else quoted_if_comma(name)


def say_short_training(what: str, score: Measured, unmatched: float) -> str:
    """What the score of a training of half a minute may be taken for.

    Args:
        what: the network.
        score: its WA with an interval.
        unmatched: what needs no recognised sound.
    """
    side = side_of(score.low, score.high, unmatched)
    meaning = {
        "above": "it recognises sounds",
        "below": "so short a training does not show that it recognises any sound",
        "not distinguishable from": "whether it recognises sounds is not shown",
    }.get(side, UNTESTED)
    return (
        f"{what}: WA is {percent_interval(*score)}, {side} the {100 * unmatched:.0f} % that need "
        f"no matching: {meaning}. This was one short training with one seed."
    )


def say_two_hops(
    word: Measured, word_chance: float, sound: Measured, lead: Measured, sound_chance: float
) -> str:
    """Whether a network with one question for all words finds the word that decides, and its sound.

    Args:
        word: how often the first hop's heaviest word is the one that decides.
        word_chance: of that.
        sound: how often the second hop's heaviest step lies in the sound of that word.
        lead: that, less how often it lies in the sound of another word, paired.
        sound_chance: of a step that is drawn at random.
    """
    finds_word = word.low > word_chance
    finds_sound = sound.low > sound_chance and lead.low > 0
    verdict = {
        (True, True): "Hop 1 finds the word, and hop 2 finds its sound.",
        (True, False): "Hop 1 finds the word; that hop 2 finds its sound is not shown.",
        (False, True): "Hop 2 finds the sound of the word; that hop 1 finds the word is not shown.",
        (False, False): "Neither hop is shown to find the word.",
    }[finds_word, finds_sound]
    return (
        f"Hop 1: the heaviest word is the one that decides in {percent_interval(*word)} of "
        f"utterances, chance {in_percent(word_chance)}. Hop 2: the heaviest step lies in that "
        f"word's sound in {percent_interval(*sound)}, chance {in_percent(sound_chance)}; its lead "
        f"over the sound of another word is {points_interval(*lead)}. {verdict}"
    )
