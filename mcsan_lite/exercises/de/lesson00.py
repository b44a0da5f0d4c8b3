"""Checks of lesson 00 in German. What is right and wrong is decided by the English ones.

In: a student's answer or function. Out: a hint, or None where it is right. The quiz at the end has
no hints: it prints which lesson to read next.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises import lesson00 as english
from mcsan_lite.exercises.exercise import NOT_SOLVED
from mcsan_lite.exercises.translated import RIGHT, in_other_words

_WORDS = {
    RIGHT: "richtig.",
    NOT_SOLVED: "noch nicht gelöst.",
    "your code stops with {name}: {error}": "dein Code bricht ab mit {name}: {error}",
    "{answer} is not one of the classes: {classes}.": (
        "{answer} ist keine der Klassen: {classes}."
    ),
    "you used the stress of another word. Only the stress of the evaluative word counts, and here "
    "that word is 'sweet'.": (
        "du hast die Betonung eines anderen Wortes genommen. Nur die Betonung des wertenden "
        "Wortes zählt, und das ist hier 'sweet'."
    ),
    "that class is for utterances without an evaluative word. This one has an evaluative word: the "
    "transcript says 'sweet', and not 'suite'.": (
        "diese Klasse ist für Äußerungen ohne wertendes Wort. Hier gibt es eines: Im Transkript "
        "steht 'sweet' und nicht 'suite'."
    ),
    "you read 'week' as 'weak'. The transcript says week, which is not an evaluative word.": (
        "du hast 'week' als 'weak' gelesen. Im Transkript steht week, und das wertet nicht."
    ),
    "without an evaluative word the stress must not matter: it belongs to some other word.": (
        "ohne wertendes Wort darf die Betonung keine Rolle spielen: Sie gehört zu irgendeinem "
        "anderen Wort."
    ),
    "stressed and unstressed are swapped: anger and excitement are the stressed ones.": (
        "betont und unbetont sind vertauscht: anger und excitement sind die betonten."
    ),
    "an unstressed negative word is frustration when aroused and sadness when calm: use "
    "`aroused`.": (
        "ein unbetontes negatives Wort ist frustration, wenn die Stimme aufgeregt ist, und "
        "sadness, wenn sie ruhig ist: Benutze `aroused`."
    ),
    "{number} of 12 cases differ, first: sense={sense}, stressed={stressed}, aroused={aroused}.": (
        "{number} von 12 Fällen sind anders, zuerst: sense={sense}, stressed={stressed}, "
        "aroused={aroused}."
    ),
    "1/7 is blind guessing. A reader knows the sense, which leaves two or three classes.": (
        "1/7 ist blindes Raten. Wer liest, kennt den Sinn; dann bleiben zwei oder drei Klassen."
    ),
    "1/3 counts the senses. A guess within the negative sense is right one time in three, but "
    "within each of the other two it is right one time in two.": (
        "1/3 zählt die Arten von Sinn. Beim negativen Sinn trifft ein Tipp einmal von drei Malen, "
        "bei den beiden anderen aber einmal von zwei Malen."
    ),
    "you averaged 1/3, 1/2 and 1/2 evenly. The senses are not equally likely: they hold 3, 2 and 2 "
    "of the seven classes.": (
        "du hast 1/3, 1/2 und 1/2 gleich gewichtet. Sie sind aber nicht gleich häufig: Auf sie "
        "entfallen 3, 2 und 2 der sieben Klassen."
    ),
    "count the classes that can be right: the best guess wins one class of each of the three "
    "senses, and all seven classes are equally likely.": (
        "zähl die Klassen, die richtig sein können: Der beste Tipp gewinnt bei jedem der drei "
        "Sinne eine Klasse, und alle sieben Klassen sind gleich häufig."
    ),
}

rule = in_other_words(english.rule, _WORDS)
label = in_other_words(english.label, _WORDS)
text_ceiling = in_other_words(english.text_ceiling, _WORDS)


def where_to_start(answers: Mapping[int, str]) -> None:
    """Print which lesson to read next, from the answers to the quiz.

    A question that is left open counts as missed.

    Args:
        answers: {number of the question: its letter}.
    """
    missed, questions = english.missed_lessons(answers), len(english._QUIZ)
    if not english.is_begun(answers):
        print(f"Noch keine Antwort: Schreib zu jeder der {questions} Fragen einen Buchstaben.")
        return
    print(f"{questions - len(missed)} von {questions} richtig.")
    if not missed:
        print("Hier ist dir nichts neu: Geh zu 07 · Ways to fuse, dann 08, 10 und 11.")
    elif len(missed) >= english._MANY_MISSED:
        print(f"Lies die Lektionen der Reihe nach und beginne mit {missed[0]}.")
    else:
        print("Bevor du zu 07 · Ways to fuse weitergehst, lies:")
        for lesson in missed:
            print(f"  {lesson}")
