"""The verdict of a check: on every stream a line, never an exception."""

import io
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from mcsan_lite.exercises.exercise import exercise, hint_for


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
