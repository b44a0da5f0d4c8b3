"""Checks of lesson 00, Start here."""

from __future__ import annotations

import itertools

from mcsan_lite.exercises.exercise import exercise

_CLASSES = ("frustration", "neutral", "anger", "sadness", "excitement", "happiness", "surprise")


def _truth(sense: str, stressed: bool, aroused: bool) -> str:
    table = {
        "negative": ("anger", "anger") if stressed else ("sadness", "frustration"),
        "positive": ("excitement", "excitement") if stressed else ("happiness", "happiness"),
        "none": ("neutral", "surprise"),
    }
    return table[sense][aroused]


@exercise
def rule(answer: str) -> str | None:
    if answer not in _CLASSES:
        return f"{answer!r} is not one of the classes: {', '.join(_CLASSES)}."
    if answer == "excitement":
        return "you took the stress of another word. Only the stress of the evaluative word counts, and that is 'sweet'."
    if answer in ("neutral", "surprise"):
        return "that is for utterances without an evaluative word. Here is one: 'sweet' is spelled as the sweet one."
    if answer in ("anger", "sadness", "frustration"):
        return "you read 'week' as 'weak'. The transcript says week, which is no evaluative word."
    return None


@exercise
def label(student) -> str | None:
    wrong = [
        case
        for case in itertools.product(
            ("negative", "positive", "none"), (True, False), (True, False)
        )
        if student(*case) != _truth(*case)
    ]
    if not wrong:
        return None
    if student("none", True, False) != student("none", False, False):
        return (
            "without an evaluative word the stress must not matter: it belongs to some other word."
        )
    if all(
        student(s, True, a) == _truth(s, False, a)
        for s in ("negative", "positive")
        for a in (True, False)
    ):
        return "stressed and unstressed are swapped: anger and excitement are the stressed ones."
    if student("negative", False, True) == student("negative", False, False):
        return "an unstressed negative word is frustration when aroused and sadness when calm: use `aroused`."
    sense, stressed, aroused = wrong[0]
    return f"{len(wrong)} of 12 cases differ, first: sense={sense!r}, stressed={stressed}, aroused={aroused}."


@exercise
def text_ceiling(share: float) -> str | None:
    if abs(share - 3 / 7) < 0.01:
        return None
    if abs(share - 1 / 7) < 0.01:
        return "1/7 is blind guessing. A reader knows the sense, which leaves two or three classes."
    if abs(share - 1 / 3) < 0.01:
        return "1/3 counts the senses. Within the negative sense a guess is right one time in three, in the others in two."
    if abs(share - 4 / 9) < 0.01:
        return "you averaged 1/3, 1/2 and 1/2 evenly. The senses are not equally likely: 3, 2 and 2 classes of seven."
    return "count: from each of the three senses, one class can be had. All seven classes are equally likely."
