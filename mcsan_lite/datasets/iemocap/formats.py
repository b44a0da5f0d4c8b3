"""Read IEMOCAP's text formats: labels (EmoEvaluation), transcripts and word alignments (.wdseg).

In: the lines of one file. Out: what they say, and what is odd about them. Nothing here looks at
folders. A line that cannot be read is named with its file and number, or refused with them.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Skipped, Word
from mcsan_lite.datasets.iemocap.release import EMOTION_CODES, FRESH_COPY
from mcsan_lite.errors import DataError, require_name

UNKNOWN_LINE = "unknown line among labels"  # a kind of what is odd

# The letter after Ses01 tells who wears the markers; only the last letter tells who speaks. A
# letter after the scenario's number marks a further take of the same scene.
_NAME = re.compile(r"((Ses0[1-5])[FM]_(impro[0-9]{2}|script[0-9]{2}_[0-9])[a-z]?)_([FM])[0-9]{3,}")
_LABEL = re.compile(
    r"\[[0-9]+\.[0-9]+ - [0-9]+\.[0-9]+\]\t([^\t]+)\t([^\t]+)\t"
    r"\[[0-9]+\.[0-9]+, [0-9]+\.[0-9]+, [0-9]+\.[0-9]+\]\s*"
)
_ATTRIBUTES = re.compile(r"A-(\w+):\s*val([^;]*);\s*act([^;]*);\s*dom([^;]*);.*")
# The first "]:" ends the times of a transcript line. A text may hold another one.
_TRANSCRIPT = re.compile(r"(\S+)\s+\[[^\]]*\]:(.*)")
_SEGMENT = re.compile(r"\s*([0-9]{1,6})\s+([0-9]{1,6})\s+-?[0-9]+(?:\s+(\S+))?\s*")
_NO_WORD = re.compile(r"<.*>|\+.*\+|")  # <s>, </s>, <sil>, ++LAUGHTER++, a segment without a name
_FRAMES_PER_S = 100
_SHOWN_CHARACTERS = 60


class TurnName(NamedTuple):
    """What the id of a turn tells.

    Ses03M_impro05a_F012 is in the dialogue Ses03M_impro05a of session Ses03, scenario impro05,
    and is said by Ses03F.
    """

    dialogue: str
    session: str
    scenario: str
    speaker: str


class TurnLine(NamedTuple):
    """One line of a file about one turn: the line's number, the turn's id, its emotion or text."""

    number: int
    turn: str
    value: str


class ParsedFile(NamedTuple):
    """The lines of a file that are about turns, and what is odd in the others."""

    turns: list[TurnLine]
    odd: list[Skipped]


def turn_name(name: str) -> TurnName | None:
    """The parts of a turn's id. None if it is not the id of a turn."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    dialogue, session, scenario, letter = match.groups()
    return TurnName(dialogue, session, scenario, session + letter)


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")  # this never fails


def read_lines(path: Path) -> list[str]:
    """The lines of a file with any line ends. Each line is utf-8, or else latin-1."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}, which cannot be read: {error}",
            "a file that can be opened",
            "check its rights and the disk.",
        ) from None
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    return [_decode(line) for line in lines]


def _parse_label(line: str, number: int, place: str) -> TurnLine:
    match = _LABEL.fullmatch(line)
    if match is None:
        raise DataError(
            f"{place}: {line[:120]!r}",
            "'[start - end]', id, emotion, '[valence, activation, dominance]', with tabs between",
            f"repair that line, or {FRESH_COPY}.",
        )
    turn, code = match.groups()
    if turn_name(turn) is None:
        raise DataError(
            f"{place}: turn {turn[:_SHOWN_CHARACTERS]!r}",
            "a name like Ses01F_impro01_M012",
            f"correct it, or {FRESH_COPY}.",
        )
    require_name(code, EMOTION_CODES, f"{place}: emotion")
    return TurnLine(number, turn, EMOTION_CODES[code])


def _missing_scales(rating: re.Match) -> list[str]:
    _, *values = rating.groups()
    scales = zip(("valence", "activation", "dominance"), values, strict=True)
    return [scale for scale, value in scales if not value.strip()]


def parse_labels(lines: list[str], path: Path | str) -> ParsedFile:
    """Read a file of EmoEvaluation.

    Args:
        lines: the file's lines.
        path: its name, for messages.

    Returns:
        The name of each turn's emotion. Odd are ratings without a value, and unknown lines; they
        are listed under the turn above them.

    Raises:
        DataError: for a line that begins with "[" and is not a label, for a wrong turn id and for
            an unknown emotion code.
    """
    turns: list[TurnLine] = []
    odd: list[Skipped] = []
    current = str(path)
    for number, line in enumerate(lines, 1):
        place = f"line {number} of {path}"
        rating = _ATTRIBUTES.fullmatch(line)
        if line.startswith("["):
            turns.append(_parse_label(line, number, place))
            current = turns[-1].turn
        elif rating:
            missing = ", ".join(_missing_scales(rating))
            if missing:
                detail = f"{missing} by {rating[1]} in {place}"
                odd.append(Skipped(current, "rater value missing", detail))
        elif line.strip() and not line.startswith(("%", "C-")):
            odd.append(Skipped(current, UNKNOWN_LINE, f"{place}: {line[:_SHOWN_CHARACTERS]!r}"))
    return ParsedFile(turns, odd)


def _odd_transcript_kind(line: str) -> str:
    match = _TRANSCRIPT.fullmatch(line)
    if match and re.fullmatch(r"Ses\w+_[FM]XX[0-9]+", match[1]):
        return "transcript id with XX"
    if re.match(r"[FM]\s*:", line):
        return "transcript line without id"
    return "transcript line unreadable"


def parse_transcript(lines: list[str], path: Path | str) -> ParsedFile:
    """Read a file of transcriptions.

    Args:
        lines: the file's lines.
        path: its name, for messages.

    Returns:
        The text of each turn. Odd are the lines that belong to no turn.
    """
    turns: list[TurnLine] = []
    odd: list[Skipped] = []
    for number, line in enumerate(lines, 1):
        match = _TRANSCRIPT.fullmatch(line)
        if match and turn_name(match[1]):
            turns.append(TurnLine(number, match[1], match[2].strip()))
        elif line.strip():
            kind = _odd_transcript_kind(line)
            odd.append(Skipped(f"{path}:{number}", kind, f"{line[:_SHOWN_CHARACTERS]!r}"))
    return ParsedFile(turns, odd)


def _broken_alignment(place: str, line: str) -> DataError:
    return DataError(
        f"{place}: {line[:_SHOWN_CHARACTERS]!r}",
        "Sphinx-3's columns SFrm, EFrm, SegAScr, Word in order of time, then 'Total score:'",
        f"{FRESH_COPY}.",
    )


def parse_alignment(lines: list[str], path: Path | str) -> tuple[Word, ...]:
    """Read a .wdseg, the word alignment of one turn.

    A frame is 10 ms, and the last frame belongs to the word. Silences, fillers (++LAUGHTER++) and
    the number of the pronunciation, as in THE(2), are left out.

    Args:
        lines: the file's lines.
        path: its name, for messages.

    Returns:
        The spoken words in lower case, with times in seconds from the start of the clip.

    Raises:
        DataError: for a file that is cut off or out of order.
    """
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    first_line = lines[0] if lines else ""
    if first_line.split() != ["SFrm", "EFrm", "SegAScr", "Word"]:
        raise _broken_alignment(f"line 1 of {path}", first_line)
    if not lines[-1].strip().startswith("Total score:"):
        raise _broken_alignment(f"line {len(lines)} of {path}, the last one", lines[-1])
    words = []
    last_frame = -1
    for number, line in enumerate(lines[1:-1], 2):
        match = _SEGMENT.fullmatch(line)
        if match is None or not last_frame < int(match[1]) <= int(match[2]):
            raise _broken_alignment(f"line {number} of {path}", line)
        first_frame, last_frame = int(match[1]), int(match[2])
        name = match[3] or ""
        if not _NO_WORD.fullmatch(name):
            text = re.sub(r"\([0-9]+\)$", "", name).lower()
            start_s = first_frame / _FRAMES_PER_S
            words.append(Word(text, start_s, (last_frame + 1) / _FRAMES_PER_S))
    return tuple(words)
