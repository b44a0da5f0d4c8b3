"""Checks of lesson 00, Start here: the rule of the synthetic corpus, and how far a reader gets.

In: a student's answer or function. Out: a hint, or None where it is right.
"""

from __future__ import annotations

import itertools

from mcsan_lite.exercises.exercise import exercise

_CLASSES = ("frustration", "neutral", "anger", "sadness", "excitement", "happiness", "surprise")
_SENSES = ("negative", "positive", "none")


def _truth(sense: str, stressed: bool, aroused: bool) -> str:
    """The rule of the corpus: sense and stress of the evaluative word, and arousal."""
    if sense == "positive":
        return "excitement" if stressed else "happiness"
    if sense == "negative" and stressed:
        return "anger"
    calm, excited = ("sadness", "frustration") if sense == "negative" else ("neutral", "surprise")
    if aroused:
        return excited
    return calm


@exercise
def rule(answer: str) -> str | None:
    """E0.1: the class of a calm *the sweet and the week* with the stress on week."""
    if answer not in _CLASSES:
        return f"{answer!r} is not one of the classes: {', '.join(_CLASSES)}."
    if answer == "excitement":
        return (
            "you took the stress of another word. Only the stress of the evaluative word counts, "
            "and that is 'sweet'."
        )
    if answer in ("neutral", "surprise"):
        return (
            "that is for utterances without an evaluative word. Here is one: 'sweet' is spelled "
            "as the sweet one."
        )
    if answer in ("anger", "sadness", "frustration"):
        return "you read 'week' as 'weak'. The transcript says week, which is no evaluative word."
    return None


@exercise
def label(student) -> str | None:
    """E0.2: student(sense, stressed, aroused) -> the class."""
    cases = list(itertools.product(_SENSES, (True, False), (True, False)))
    wrong = [case for case in cases if student(*case) != _truth(*case)]
    if not wrong:
        return None
    if student("none", True, False) != student("none", False, False):
        return (
            "without an evaluative word the stress must not matter: it belongs to some other word."
        )
    if _is_swapped(student):
        return "stressed and unstressed are swapped: anger and excitement are the stressed ones."
    if student("negative", False, True) == student("negative", False, False):
        return (
            "an unstressed negative word is frustration when aroused and sadness when calm: use "
            "`aroused`."
        )
    sense, stressed, aroused = wrong[0]
    return (
        f"{len(wrong)} of 12 cases differ, first: sense={sense!r}, stressed={stressed}, "
        f"aroused={aroused}."
    )


def _is_swapped(student) -> bool:
    """Whether every stressed evaluative word gets the class of an unstressed one."""
    cases = itertools.product(("negative", "positive"), (True, False))
    return all(
        student(sense, True, aroused) == _truth(sense, False, aroused) for sense, aroused in cases
    )


@exercise
def text_ceiling(share: float) -> str | None:
    """E0.3: the best share that a reader of the text alone can get right."""
    if abs(share - 3 / 7) < 0.01:
        return None
    if abs(share - 1 / 7) < 0.01:
        return "1/7 is blind guessing. A reader knows the sense, which leaves two or three classes."
    if abs(share - 1 / 3) < 0.01:
        return (
            "1/3 counts the senses. Within the negative sense a guess is right one time in three, "
            "in the others in two."
        )
    if abs(share - 4 / 9) < 0.01:
        return (
            "you averaged 1/3, 1/2 and 1/2 evenly. The senses are not equally likely: 3, 2 and 2 "
            "classes of seven."
        )
    return (
        "count: from each of the three senses, one class can be had. All seven classes are equally "
        "likely."
    )
