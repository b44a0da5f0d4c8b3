"""Checks of lesson 00, Start here: the rule of the synthetic corpus, and how far a reader gets.

In: a student's answer or function. Out: a hint, or None where it is right. The quiz at the end has
no hints: it prints which lesson to read next.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from mcsan_lite.exercises.exercise import exercise

_CLASSES = ("frustration", "neutral", "anger", "sadness", "excitement", "happiness", "surprise")
_SENSES = ("negative", "positive", "none")

# Of each question of the quiz: its right letter, and the lesson that teaches the answer.
_QUIZ = {
    1: ("b", "01 · Corpora and splits that do not lie"),
    2: ("a", "02 · Scores and floors"),
    3: ("c", "03 · From sound to frames"),
    4: ("c", "04 · From words to vectors"),
    5: ("a", "05 · Encoders"),
    6: ("b", "06 · Attention by hand"),
    7: ("c", "09 · Training you can trust"),
}
_MANY_MISSED = 4


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
    given, answer = answer, str(answer).strip().lower()
    if answer not in _CLASSES:
        return f"{given!r} is not one of the classes: {', '.join(_CLASSES)}."
    if answer == "excitement":
        return (
            "you used the stress of another word. Only the stress of the evaluative word counts, "
            "and here that word is 'sweet'."
        )
    if answer in ("neutral", "surprise"):
        return (
            "that class is for utterances without an evaluative word. This one has an evaluative "
            "word: the transcript says 'sweet', and not 'suite'."
        )
    if answer in ("anger", "sadness", "frustration"):
        return (
            "you read 'week' as 'weak'. The transcript says week, which is not an evaluative word."
        )
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
    """E0.3: the best share that a reader can get right where the senses hold 2, 2 and 1 classes."""
    if abs(share - 3 / 5) < 0.01:
        return None
    if abs(share - 60) < 1:
        return "as a percentage that is right; give a share."
    if share > 1:
        return "give a share between 0 and 1."
    if abs(share - 3 / 7) < 0.01:
        return "3/7 is for the seven classes of this lesson. The world of the question has five."
    if abs(share - 1 / 5) < 0.01:
        return "1/5 is blind guessing. A reader knows the sense, which leaves one or two classes."
    if abs(share - 1 / 3) < 0.01:
        return (
            "1/3 counts the senses. A reader knows the sense: then a guess is right one time in "
            "two, or always."
        )
    if abs(share - 1 / 2) < 0.01:
        return (
            "1/2 is right within the negative and the positive sense. Where no word is "
            "evaluative, one class is left, and the guess is certain."
        )
    if abs(share - 2 / 3) < 0.01:
        return (
            "you averaged 1/2, 1/2 and 1 evenly. The senses are not equally likely: they hold 2, "
            "2 and 1 of the five classes."
        )
    return (
        "count the classes that can be right: the best guess wins one class of each of the three "
        "senses, and all five classes are equally likely."
    )


def is_begun(answers: Mapping[int, str]) -> bool:
    """Whether the quiz has an answer to any question."""
    return any(str(letter).strip() for letter in answers.values())


def missed_lessons(answers: Mapping[int, str]) -> list[str]:
    """The lessons that teach what the answers to the quiz miss."""
    return [
        lesson
        for number, (letter, lesson) in _QUIZ.items()
        if str(answers.get(number, "")).strip().lower() != letter
    ]


def where_to_start(answers: Mapping[int, str]) -> None:
    """Print which lesson to read next, from the answers to the quiz.

    A question that is left open counts as missed.

    Args:
        answers: {number of the question: its letter}.
    """
    missed = missed_lessons(answers)
    if not is_begun(answers):
        print(f"No answer yet: write one letter for each of the {len(_QUIZ)} questions.")
        return
    print(f"{len(_QUIZ) - len(missed)} of {len(_QUIZ)} right.")
    if not missed:
        print("Nothing here is new to you: go to 07 · Ways to fuse, then 08, 10 and 11.")
    elif len(missed) >= _MANY_MISSED:
        print(f"Read the lessons in order, and begin with {missed[0]}.")
    else:
        print("Before you go on to 07 · Ways to fuse, read:")
        for lesson in missed:
            print(f"  {lesson}")
