"""Checks of lesson 00 in German. What is right and wrong is decided by the English ones.

In: a student's answer or function. Out: a hint, or None where it is right. The quiz at the end has
no hints: it prints which lesson to read next.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises import lesson00 as english
from mcsan_lite.exercises.exercise import NOT_SOLVED, RETURNS_NOTHING, SOMETIMES_NOTHING
from mcsan_lite.exercises.translated import RIGHT, in_other_words

_WORDS = {
    RIGHT: "richtig.",
    NOT_SOLVED: "noch nicht gelöst.",
    RETURNS_NOTHING: (
        "deine Funktion gibt nichts zurück: Beende sie mit `return …` (print zeigt einen Wert und "
        "gibt keinen zurück)."
    ),
    SOMETIMES_NOTHING: (
        "bei manchen Eingaben gibt deine Funktion nichts zurück: Jeder Weg durch sie braucht sein "
        "`return …`."
    ),
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
    "as a percentage that is right; give a share.": (
        "als Prozentzahl stimmt das; gib einen Anteil an."
    ),
    "give a share between 0 and 1.": "gib einen Anteil zwischen 0 und 1 an.",
    "3/7 is for the seven classes of this lesson. The world of the question has five.": (
        "3/7 gilt für die sieben Klassen dieser Lektion. Die Welt der Frage hat fünf."
    ),
    "1/5 is blind guessing. A reader knows the sense, which leaves one or two classes.": (
        "1/5 ist blindes Raten. Wer liest, kennt den Sinn; dann bleiben eine oder zwei Klassen."
    ),
    "1/3 counts the senses. A reader knows the sense: then a guess is right one time in two, or "
    "always.": (
        "1/3 zählt die Arten von Sinn. Wer liest, kennt den Sinn: Dann trifft ein Tipp einmal von "
        "zwei Malen, oder immer."
    ),
    "1/2 is right within the negative and the positive sense. Where no word is evaluative, one "
    "class is left, and the guess is certain.": (
        "1/2 stimmt beim negativen und beim positiven Sinn. Wo kein Wort wertet, bleibt eine "
        "Klasse, und der Tipp ist sicher."
    ),
    "you averaged 1/2, 1/2 and 1 evenly. The senses are not equally likely: they hold 2, 2 and 1 "
    "of the five classes.": (
        "du hast 1/2, 1/2 und 1 gleich gewichtet. Sie sind aber nicht gleich häufig: Auf sie "
        "entfallen 2, 2 und 1 der fünf Klassen."
    ),
    "count the classes that can be right: the best guess wins one class of each of the three "
    "senses, and all five classes are equally likely.": (
        "zähl die Klassen, die richtig sein können: Der beste Tipp gewinnt bei jedem der drei "
        "Sinne eine Klasse, und alle fünf Klassen sind gleich häufig."
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
