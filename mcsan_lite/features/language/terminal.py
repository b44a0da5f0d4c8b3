"""Any terminal can show what is printed, whatever its encoding is.

In: text with characters that a terminal may lack, as cp1252, cp932, cp437 or ascii lack some. Out:
the same with plain ones in their place, instead of an exception.
"""

from __future__ import annotations

import codecs
import io
import sys

PLAIN_CHARACTERS = {
    "✓": "ok",
    "✗": "no",
    "·": "-",
    "±": "+/-",
    "×": "x",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "█": "#",
}
_PLAIN = "mcsan-plain"  # the name of the error handler


def print_on_any_terminal() -> None:
    """From now on, a character that stdout or stderr cannot show becomes a plain one."""
    codecs.register_error(_PLAIN, _plain_character)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a notebook's stream takes every character
            stream.reconfigure(errors=_PLAIN)


def _plain_character(error: UnicodeError) -> tuple[str, int]:
    """An error handler as `codecs.register_error` takes it; unknown characters become \\uXXXX."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    escaped = character.encode("ascii", "backslashreplace").decode("ascii")
    return PLAIN_CHARACTERS.get(character, escaped), error.start + 1
