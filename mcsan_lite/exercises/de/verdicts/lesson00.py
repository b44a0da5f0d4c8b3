"""What lesson 00 says of its results, in German.

In: answers, shares and intervals of this run. Out: a sentence or two for each table and figure. It
is the twin of `exercises.verdicts.lesson00`: the same functions, numbers and borders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mcsan_lite.corpus import Word
from mcsan_lite.evaluation.intervals import difference_interval
from mcsan_lite.exercises.de.verdicts.sentences import (
    Measured,
    points_interval,
    side_in_words,
)
from mcsan_lite.exercises.verdicts import lesson00 as english
from mcsan_lite.exercises.verdicts.lesson00 import RowsAgainstChance
from mcsan_lite.exercises.verdicts.sentences import NO_INTERVAL, gap_side, side_of


def rows_against_chance(own: np.ndarray, others: np.ndarray, chance: float) -> RowsAgainstChance:
    """Means over trainings and utterances, with intervals that speak German.

    Args:
        own: (trainings, utterances) whether the decisive word's row points there.
        others: (trainings, utterances) the share of the other words' rows that do.
        chance: of both.
    """
    found = english.rows_against_chance(own, others, chance)
    return RowsAgainstChance(
        Measured(*found.own), Measured(*found.others), Measured(*found.gap), found.chance
    )


def say_how_many_are_right(
    rule: Sequence[str], answers: Mapping[str, Sequence[str | None]], classes: int
) -> str:
    """How many answers of each guesser agree with the rule, beside blind guessing.

    Args:
        rule: the class of each clip by the rule.
        answers: {guesser: the class of each clip; None where nothing was guessed}.
        classes: how many classes there are.
    """
    count = len(rule)
    parts = []
    for who, given in answers.items():
        if not any(given):
            parts.append(f"{who}: noch kein Tipp")
            continue
        right = sum(a == b for a, b in zip(rule, given, strict=True))
        parts.append(f"{who}: {right} von {count}")
    return (
        f"So viele Antworten entsprechen der Regel. {'; '.join(parts)}. Blindes Raten unter "
        f"{classes} Klassen trifft im Mittel {count / classes:.1f} von {count}, und {count} Clips "
        "sind zu wenige für eine Rangfolge."
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
        reads = (
            "Keine einzige Antwort hat sich geändert, also zeigt hier nichts, dass das Transkript "
            "gelesen wird"
        )
    elif changed == count:
        reads = (
            f"Alle {count} Antworten haben sich geändert, obwohl der Klang derselbe ist: Das "
            "Transkript wird gelesen"
        )
    else:
        reads = (
            f"{changed} von {count} Antworten haben sich geändert, obwohl der Klang derselbe ist: "
            "Dort wird das Transkript gelesen"
        )
    follows = f"Die Klasse, die die Regel jetzt verlangt, kommt in {right} von {count} Fällen"
    if changed and right == count:
        return f"{reads}. {follows}: Die Antwort folgt jedes Mal der Schreibweise."
    if changed and right:
        return (
            f"{reads}. {follows}: Das Wort zu lesen ist das eine, seinen Klang zu nutzen das "
            "andere."
        )
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
    if mass > even * (1 + english._EVEN_WITHIN):
        leans = "sie neigt also zu ihrem eigenen Klang hin"
    elif mass < even * (1 - english._EVEN_WITHIN):
        leans = "sie neigt also von ihrem eigenen Klang weg"
    else:
        leans = "ihr eigener Klang bekommt also, was er auch so bekäme"
    heard = next((one.text for one in words if one.start_s <= peak_s < one.end_s), None)
    if inside[weights.argmax()]:
        place = f"innerhalb von „{word}“ selbst"
    elif heard is None:
        place = "dort, wo kein Wort gesagt wird"
    else:
        place = f"außerhalb, während „{heard}“ gesagt wird"
    return (
        f"Die Zeile von „{word}“ legt {100 * mass:.0f} % ihres Gewichts auf den Klang von "
        f"„{word}“; gleichmäßig verteilt wären es {100 * even:.0f} %, {leans}. Ihr größtes "
        f"Gewicht, bei {peak_s:.2f} s, liegt {place}."
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
    anecdote = "Das ist ein Clip und ein Training: eine Anekdote, kein Befund."
    if agreeing == 0:
        return f"Keine der {others} anderen Zeilen hat dort ihr größtes Gewicht. {anecdote}"
    return (
        f"Von den {others} anderen Zeilen haben {agreeing} ihr größtes Gewicht an derselben "
        f"Stelle; sie gehört also nicht diesem Wort allein. {anecdote}"
    )


_COMPARED = {
    "more": "Die eigene Zeile zeigt öfter dorthin",
    "less": "Die eigene Zeile zeigt seltener dorthin",
    "no difference shown": "Ein Unterschied ist nicht gezeigt",
    NO_INTERVAL: "Es gibt kein Intervall, das etwas entscheiden könnte",
}


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
        f"Die Zeile des entscheidenden Wortes hat in {rows.own} der Äußerungen ihr größtes "
        f"Gewicht in diesem Wort; Zufall wären {100 * rows.chance:.0f} %. Das "
        f"{side_in_words(side, 'dem Zufallsniveau')}. Die Zeilen der anderen Wörter haben ihres "
        f"in {rows.others} dort. Eigene Zeile minus andere Zeilen ergibt "
        f"{points_interval(*rows.gap)}: {_COMPARED[compared]}. "
    )
    if side == "above" and compared == "more":
        meaning = (
            "Die Karte zeigt also auf die entscheidende Stelle, und die eigene Zeile des Wortes "
            "tut es öfter als die anderen Zeilen."
        )
    elif side == "above" and side_of(rows.others.low, rows.others.high, rows.chance) == "above":
        meaning = (
            "Die Karte zeigt also eine Stelle, auf die viele Wörter schauen; dass etwas dem "
            "entscheidenden Wort allein gehört, ist nicht gezeigt."
        )
    elif side == "above":
        meaning = (
            "Die Karte zeigt also auf die entscheidende Stelle; dass die eigene Zeile des Wortes "
            "es öfter tut als andere, ist nicht gezeigt."
        )
    else:
        meaning = _not_pointing(side, right)
    return (
        f"{found}{meaning} ({trainings} Trainings; die Intervalle umfassen Seeds und Äußerungen.)"
    )


def _not_pointing(side: str, right: float) -> str:
    """What it means that a row is not above chance."""
    away = " Sie schaut sogar davon weg." if side == "below" else ""
    nothing = f"Nichts zeigt hier also, dass die Karte auf die entscheidende Stelle zeigt.{away} "
    share = f"{100 * right:.0f} % aller Äußerungen"
    if right > 0.5:
        return (
            f"{nothing}Und doch haben dieselben Netze in {share} recht: Recht haben und darauf "
            "zeigen sind zweierlei."
        )
    return f"{nothing}Dieselben Netze haben nur in {share} recht."


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
        "more": "Das Netz mit Cross-Attention schneidet besser ab",
        "less": "Das Netz mit Cross-Attention schneidet schlechter ab",
        "no difference shown": "Ein Unterschied ist nicht gezeigt",
        NO_INTERVAL: "Es gibt kein Intervall, das etwas entscheiden könnte",
    }[gap_side(low, high)]
    text = (
        f"Mit Cross-Attention hat das Netz in {full} der Äußerungen recht, ohne in {without}. Der "
        f"Unterschied ist {points_interval(gap, low, high)}: {meaning}. (Das Netz ohne wurde nur "
        "einmal trainiert; ein anderer Seed könnte diesen Unterschied weiter verschieben.)"
    )
    if ceiling is None:
        return text
    side = side_of(without.low, without.high, ceiling)
    reachable = side_in_words(side, f"den {100 * ceiling:.0f} %")
    text += f" Das Ergebnis ohne sie {reachable}, die man erreichen kann, ohne zu wissen, "
    text += "welches Wort zu welchem Klang gehört"
    if side == "above":
        return f"{text}: Etwas wird also anderswo zugeordnet, etwa über die Reihenfolge der Wörter."
    return f"{text}."


def say_whether_one_source_is_enough(full: Measured, best_alone: Mapping[str, float]) -> str:
    """How the network with both sources compares with the best possible from one of them.

    Args:
        full: the score of the network with both.
        best_alone: {"den Wörtern": the best score that anyone can reach with them alone, …}.
    """
    bests = " und ".join(
        f"mit {source} allein {100 * best:.0f} %" for source, best in best_alone.items()
    )
    sides = {side_of(full.low, full.high, best) for best in best_alone.values()}
    text = f"Mehr als das schafft niemand: {bests}. Das Netz mit beidem kommt auf {full}"
    if sides == {"above"}:
        return f"{text}, mehr als mit jedem allein: Es nutzt beide Quellen."
    if "above" in sides:
        return (
            f"{text}, über dem einen, aber nicht über dem anderen: Vielleicht genügt eine Quelle."
        )
    return f"{text}, über keinem von beiden: Nichts zeigt, dass es beide Quellen nutzt."
