"""The German lesson 00 says what the English one says: the same numbers, the same truth."""

import ast
import inspect
import itertools
import re

import numpy as np
import pytest

from mcsan_lite.corpus import Word
from mcsan_lite.exercises import lesson00 as english_check
from mcsan_lite.exercises.de import lesson00 as german_check
from mcsan_lite.exercises.de.verdicts import lesson00 as german
from mcsan_lite.exercises.de.verdicts import sentences as german_words
from mcsan_lite.exercises.exercise import NOT_SOLVED, RETURNS_NOTHING, SOMETIMES_NOTHING
from mcsan_lite.exercises.translated import RIGHT, translated_hint
from mcsan_lite.exercises.verdicts import lesson00 as english
from mcsan_lite.exercises.verdicts import sentences as english_words

NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
RULE = ["sadness", "anger", "happiness", "surprise"]
WORDS = (Word("and", 0.0, 0.4), Word("pain", 0.4, 0.8), Word("or", 0.8, 1.2))
TIMES = np.append(np.arange(0.05, 1.2, 0.1), 1.3)  # 4 moments in each word, one after the last


def row(place, mass):
    """(13,) weights: so much of them on pain, and the heaviest at one place."""
    weights = np.full(13, (1 - mass) / 9)
    weights[4:8] = mass / 4
    weights[place] += 0.2
    return weights / weights.sum()


def map_with(agreeing):
    """(4, 12) weights, in which so many other rows have their peak where row 1 has it."""
    weights = np.full((4, 12), 0.05)
    for number, other in enumerate((0, 2, 3)):
        weights[other, 3 if number < agreeing else 7] = 0.2
    weights[1, 3] = 0.2
    return weights


NAN = float("nan")
SHARES = [(0.9, 0.85, 0.95), (0.5, 0.45, 0.55), (0.1, 0.05, 0.15), (0.4, NAN, NAN)]
GAPS = [(0.3, 0.2, 0.4), (0.01, -0.05, 0.07), (-0.3, -0.4, -0.2), (0.1, NAN, NAN)]

# For each verdict: arguments with all outcomes, the opposite ones too. A tuple of three numbers is
# a mean with its interval.
CASES = {
    "say_how_many_are_right": [
        (RULE, {"x": given, "y": other}, classes)
        for given, other in itertools.permutations([RULE, ["anger"] * 4, [None] * 4], 2)
        for classes in (2, 7)
    ],
    "say_what_respelling_did": [
        (["a", "b"], after, wanted)
        for after in (["a", "b"], ["c", "d"], ["a", "d"])
        for wanted in (["c", "d"], ["a", "x"], ["x", "y"], after)
    ],
    "say_where_a_row_looks": [
        ("pain", row(place, mass), TIMES, WORDS) for place in (1, 5, 9, 12) for mass in (0, 0.9)
    ]
    + [("pain", np.full(13, 1 / 13), TIMES, WORDS)],
    "say_how_many_rows_agree": [(map_with(agreeing), 1) for agreeing in range(4)],
    "say_whether_rows_point": [
        (own, others, gap, right)
        for own, others, gap, right in itertools.product(SHARES, SHARES, GAPS, (0.2, 0.95))
    ],
    "say_what_matching_adds": [
        (full, without, ceiling)
        for full, without in itertools.product(SHARES, SHARES)
        for ceiling in (None, 0.3, 0.5, 0.7)
    ],
    "say_whether_one_source_is_enough": [
        (full, {"x": one, "y": other})
        for full in SHARES
        for one, other in itertools.product((0.02, 0.5, 0.98), repeat=2)
    ],
}


def said(module, words, name, arguments):
    """The sentence of one language; tuples become numbers with intervals that speak it."""
    given = [words.Measured(*a) if isinstance(a, tuple) and len(a) == 3 else a for a in arguments]
    given = [a if a is not WORDS else WORDS for a in given]
    if name == "say_where_a_row_looks":
        given = list(arguments)
    if name == "say_whether_rows_point":
        own, others, gap, right = given
        given = [english.RowsAgainstChance(own, others, gap, 0.5), right, 3]
    return getattr(module, name)(*given)


def skeleton(text):
    """A sentence without its numbers, and without the words that it quotes."""
    return re.sub("[“„]\\w+[“”]", "“”", NUMBER.sub("0", text))


@pytest.mark.parametrize("name", CASES)
def test_both_languages_give_the_same_numbers(name):
    for arguments in CASES[name]:
        ours, theirs = (
            said(german, german_words, name, arguments),
            said(english, english_words, name, arguments),
        )
        assert sorted(NUMBER.findall(ours)) == sorted(NUMBER.findall(theirs)), (ours, theirs)


@pytest.mark.parametrize("name", CASES)
def test_both_languages_tell_the_same_outcomes_apart(name):
    """Two cases have one German wording where, and only where, they have one English wording."""
    pairs = {
        (
            skeleton(said(english, english_words, name, arguments)),
            skeleton(said(german, german_words, name, arguments)),
        )
        for arguments in CASES[name]
    }
    assert len({ours for ours, _ in pairs}) == len(pairs) == len({other for _, other in pairs})
    assert len(pairs) > 1


@pytest.mark.parametrize(
    ("name", "arguments", "says", "says_not"),
    [
        ("say_what_respelling_did", (["a"], ["a"], ["b"]), "Keine einzige", "Transkript wird"),
        ("say_what_respelling_did", (["a"], ["b"], ["b"]), "jedes Mal", "Keine einzige"),
        ("say_where_a_row_looks", ("pain", row(5, 0.9), TIMES, WORDS), "Klang hin", "weg"),
        ("say_where_a_row_looks", ("pain", row(9, 0.0), TIMES, WORDS), "Klang weg", "hin."),
        ("say_how_many_rows_agree", (map_with(0), 1), "Keine der 3", "Von den"),
        ("say_how_many_rows_agree", (map_with(2), 1), "haben 2", "Keine"),
        (
            "say_whether_rows_point",
            ((0.9, 0.85, 0.95), (0.3, 0.2, 0.4), (0.3, 0.2, 0.4), 0.95),
            "liegt über dem Zufallsniveau",
            "Nichts zeigt",
        ),
        (
            "say_whether_rows_point",
            ((0.1, 0.05, 0.15), (0.3, 0.2, 0.4), (-0.3, -0.4, -0.2), 0.95),
            "schaut sogar davon weg",
            "über dem",
        ),
        (
            "say_whether_rows_point",
            (SHARES[0], (0.3, 0.2, 0.4), GAPS[0], 0.95),
            "tut es öfter als die anderen Zeilen",
            "am meisten",
        ),
        (
            "say_whether_rows_point",
            (SHARES[3], SHARES[3], GAPS[3], 0.95),
            "in 40 % der Äußerungen",
            "nan",
        ),
        (
            "say_whether_rows_point",
            (SHARES[3], SHARES[3], GAPS[3], 0.95),
            "hat kein Intervall, das man mit dem Zufallsniveau vergleichen könnte",
            "liegt",
        ),
        ("say_what_matching_adds", (SHARES[0], SHARES[3], None), "Es gibt kein Intervall", "nan"),
        ("say_what_matching_adds", (SHARES[0], SHARES[2], None), "besser", "schlechter"),
        ("say_what_matching_adds", (SHARES[2], SHARES[0], None), "schlechter", "besser"),
        ("say_what_matching_adds", (SHARES[0], SHARES[0], None), "nicht gezeigt", "besser"),
        ("say_whether_one_source_is_enough", (SHARES[0], {"x": 0.1}), "beide Quellen.", "Nichts"),
        ("say_whether_one_source_is_enough", (SHARES[2], {"x": 0.9}), "Nichts zeigt", "Es nutzt"),
    ],
)
def test_opposite_numbers_give_opposite_german(name, arguments, says, says_not):
    text = said(german, german_words, name, arguments)
    assert says in text and says_not not in text


def test_rows_against_chance_speaks_german():
    given = (np.full((3, 9), 0.5), np.full((3, 9), 0.4), 0.25)
    ours, theirs = german.rows_against_chance(*given), english.rows_against_chance(*given)
    assert ours == theirs and " bis " in str(ours.own) and " to " in str(theirs.own)


def test_both_have_the_same_functions():
    for ours, theirs in ((german, english), (german_check, english_check)):
        shared = {"is_begun", "missed_lessons"}  # they decide, and print nothing
        for name, value in vars(theirs).items():
            own = getattr(value, "__module__", "") == theirs.__name__
            if (
                inspect.isfunction(value)
                and own
                and not name.startswith("_")
                and name not in shared
            ):
                assert inspect.signature(getattr(ours, name)) == inspect.signature(value), name


# --- the checks ----------------------------------------------------------------------------------


def _never_surprised(sense, stressed, aroused):
    label = english_check._truth(sense, stressed, aroused)
    return "neutral" if label == "surprise" else label


def hints_of(module):
    """Every hint that a module of checks can return; {0} is in the place of what it quotes."""
    hints = []
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            for found in ast.walk(node):
                if isinstance(found, ast.Return) and found.value is not None:
                    hints.append(found.value)
    texts = []
    for hint in hints:
        if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
            texts.append(hint.value)
        if isinstance(hint, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "5" for p in hint.values]
            texts.append("".join(parts))
    return texts


def test_each_hint_has_german_words():
    hints = hints_of(english_check)
    assert len(hints) == 16
    said_by_all = (RIGHT, NOT_SOLVED, RETURNS_NOTHING, SOMETIMES_NOTHING)
    for hint in (*hints, *said_by_all, "your code stops with KeyError: 'x'"):
        other = translated_hint(hint, german_check._WORDS)
        assert other != hint and "{" not in other, hint
    assert len({translated_hint(hint, german_check._WORDS) for hint in hints}) == len(hints)


def test_a_hint_without_words_stays_english():
    assert translated_hint("no such hint", german_check._WORDS) == "no such hint"
    words = {"{a} of {b} {{}}": "{b}, {a}"}
    assert translated_hint("1 of 2 {{}}", words) == "2, 1"


@pytest.mark.parametrize(
    ("check", "wrong", "hint"),
    [
        ("rule", "excitement", "die Betonung eines anderen Wortes"),
        ("rule", "joy", "'joy' ist keine der Klassen: frustration, neutral"),
        ("rule", ..., "noch nicht gelöst."),
        ("label", lambda a, b, c: 1 / 0, "bricht ab mit ZeroDivisionError: division by zero"),
        ("label", _never_surprised, "2 von 12 Fällen"),
        ("label", lambda a, b, c: None, "deine Funktion gibt nichts zurück"),
        ("label", lambda a, b, c: "anger" if b else None, "bei manchen Eingaben"),
        ("text_ceiling", 1 / 5, "blindes Raten"),
        ("text_ceiling", 60, "als Prozentzahl stimmt das"),
        ("text_ceiling", 43, "zwischen 0 und 1"),
    ],
)
def test_a_wrong_answer_gets_its_hint_in_german(check, wrong, hint, capsys):
    assert not getattr(german_check, check)(wrong)
    assert hint in (out := capsys.readouterr().out) and out.startswith(f"✗ {check}: ")


@pytest.mark.parametrize(
    ("check", "right"),
    [
        ("rule", "happiness"),
        ("rule", "Happiness"),
        ("label", english_check._truth),
        ("text_ceiling", 3 / 5),
    ],
)
def test_a_right_answer_is_right(check, right, capsys):
    assert getattr(german_check, check)(right)
    assert capsys.readouterr().out == f"✓ {check}: richtig.\n"


@pytest.mark.parametrize("missed", range(8))
def test_the_quiz_sends_to_the_same_lessons(missed, capsys):
    answers = {n: letter for n, (letter, _) in english_check._QUIZ.items() if n > missed}
    for check in (english_check, german_check):
        assert check.where_to_start(answers) is None
    theirs, ours = np.array_split(capsys.readouterr().out.splitlines(), 2)
    lessons = re.compile(r"\d\d · [A-Z][a-z]+")
    assert lessons.findall("\n".join(ours)) == lessons.findall("\n".join(theirs))
    assert NUMBER.findall(ours[0]) == NUMBER.findall(theirs[0])
    assert ("Noch keine Antwort" in ours[0]) == (missed == 7)
