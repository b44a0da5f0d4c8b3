"""The verdict of a check: on every stream a line, never an exception."""

import ast
import importlib
import io
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mcsan_lite.exercises.exercise import exercise, hint_for, letter_set, three_letters
from mcsan_lite.teaching.lessons import exercises_of, lesson_sources, source_cells


@exercise
def half(student):
    """A check whose hint has a letter that Windows' cp1252 lacks."""
    return None if student == 0.5 else "that is ΔH, not ½."


def printed(monkeypatch, encoding, answer):
    """What `half` prints to a stream of this encoding, and what it returns."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    right = half(answer)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding), right


@pytest.mark.parametrize(
    ("encoding", "answer", "line"),
    [
        ("utf-8", 0.5, "✓ half: right.\n"),
        ("utf-8", 2, "✗ half: that is ΔH, not ½.\n"),
        ("cp1252", 0.5, "ok half: right.\n"),
        ("cp1252", 2, "not yet half: that is ?H, not ½.\n"),
        ("cp1252", ..., "not yet half: not solved yet.\n"),
        ("ascii", 2, "not yet half: that is ?H, not ?.\n"),
    ],
)
def test_a_stream_without_check_marks_gets_words(monkeypatch, encoding, answer, line):
    assert printed(monkeypatch, encoding, answer) == (line, answer == 0.5)


def test_a_stream_that_names_no_encoding_gets_check_marks(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert half(0.5)
    assert stream.getvalue() == "✓ half: right.\n"


def test_a_notebook_shows_the_line_and_no_value(capsys):
    shown, _ = InteractiveShell().display_formatter.format(half(0.5))
    assert shown == {}  # what a kernel sends nothing for
    assert capsys.readouterr().out == "✓ half: right.\n"
    assert half(0.5) == 1 and half(2) == 0


def test_the_first_mistake_that_fits_gives_the_hint():
    mistakes = [(1, "one"), (2, "two"), (2, "two again")]
    assert hint_for(2, mistakes, lambda a, b: a == b) == "two"
    assert hint_for(3, mistakes, lambda a, b: a == b) is None


def function_checks():
    """(lesson, check, how many functions) of each exercise whose cell defines all its answers."""
    found = []
    for source in lesson_sources():
        cells, lesson = source_cells(source), source.name[:2]
        for one in exercises_of(cells, lesson):
            defined = {
                node.name
                for node in ast.parse(cells[one.cell].source).body
                if isinstance(node, ast.FunctionDef)
            }
            answers = ast.parse(one.call, mode="eval").body.args
            if all(isinstance(answer, ast.Name) and answer.id in defined for answer in answers):
                found.append((lesson, one.check, len(answers)))
    return found


FUNCTION_CHECKS = function_checks()


def test_most_lessons_ask_for_functions():
    assert len(FUNCTION_CHECKS) > 30 and len({lesson for lesson, *_ in FUNCTION_CHECKS}) > 15


@pytest.mark.parametrize(("lesson", "check", "functions"), FUNCTION_CHECKS)
def test_a_forgotten_return_is_told_in_every_lesson(lesson, check, functions, capsys):
    checks = importlib.import_module(f"mcsan_lite.exercises.lesson{lesson}")
    assert not getattr(checks, check)(*[lambda *given: None] * functions)
    assert "returns nothing" in capsys.readouterr().out


@exercise
def doubled(student):
    """A check that calls a function twice, and the method of a class."""
    found = [student(number) for number in (1, 2)]
    return None if found == [2, 4] else f"{found} came out."


@exercise
def both_doubled(first, second):
    return None if first(1) == second(1) == 2 else "not 2."


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda x: None, "doubled: your function returns nothing: end it with `return …` (print"),
        (print, "doubled: your function returns nothing"),
        (lambda x: 2 if x == 1 else None, "doubled: for some inputs your function returns nothing"),
        (lambda x: x, "doubled: [1, 2] came out."),
        (lambda x: 1 / 0, "doubled: your code stops with ZeroDivisionError"),
        (type("Doubled", (), {"__new__": lambda cls, x: None}), "doubled: [None, None] came out."),
    ],
)
def test_a_forgotten_return_is_told_and_nothing_else(wrong, says, capsys):
    assert not doubled(wrong)
    assert says in capsys.readouterr().out


def test_of_several_functions_the_one_without_return_is_named(capsys):
    assert not both_doubled(lambda x: 2 * x, lambda x: None)
    assert "second: your function returns nothing" in capsys.readouterr().out


def test_a_function_that_may_give_none_is_right_and_an_open_one_is_open(capsys):
    @exercise
    def changed(student):
        numbers = [1]
        student(numbers)
        return None if numbers == [1, 2] else "2 is missing."

    def still_open(numbers):
        raise NotImplementedError

    assert changed(lambda numbers: numbers.append(2))
    assert not changed(still_open)
    assert "not solved yet" in capsys.readouterr().out


def test_a_set_of_letters():
    right, wrong = {"a": "first.", "c": "third."}, {"b": "no."}
    assert letter_set({" A", "C"}, right, wrong) is None
    assert letter_set({"a"}, right, wrong) == "look at c again: third."
    assert letter_set({"A", "b"}, right, wrong) == "b: no."
    assert letter_set({"a", "c", "x"}, right, wrong) == "take letters from a to c."
    for shape in ("ac", "a", {1}, {"a", ...}, 3):
        assert letter_set(shape, right, wrong).startswith("the answer is a set of letters")


def test_three_letters_are_told_how_many_are_missing():
    wrong = {"d": "no."}
    assert three_letters(["A", "b", "c "], "abc", wrong, "look") is None
    assert three_letters({"a"}, "abc", wrong, "look") == (
        "right so far, but 2 more can be defended: look."
    )
    assert three_letters({"a", "d"}, "abc", wrong, "look") == "d: no."
    assert three_letters({"x"}, "abc", wrong, "look") == "take letters from a to d."
    assert "a set of three letters" in three_letters("abc", "abc", wrong, "look")
