"""IEMOCAP's text formats, line by line: labels (EmoEvaluation), transcripts, and Sphinx-3's word alignments (.wdseg).

Nothing here looks at folders. What cannot be read is named with its file and line, or refused with them.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Skipped, Word
from mcsan_lite.errors import DataError, require_name

CODES = {
    "ang": "anger",
    "exc": "excitement",
    "hap": "happiness",
    "sad": "sadness",
    "fru": "frustration",
    "sur": "surprise",
    "neu": "neutral",
    "xxx": "no agreement",
    "fea": "fear",
    "oth": "other",
    "dis": "disgust",
}
FRESH = "take the file from the release again (https://sail.usc.edu/iemocap)"
UNKNOWN_LINE = "unknown line among labels"  # a kind of what is odd

# The letter behind Ses01 tells who wears the markers, only the last one who speaks. A letter behind the scenario's number
# marks a further take of the same scene.
_NAME = re.compile(r"((Ses0[1-5])[FM]_(impro[0-9]{2}|script[0-9]{2}_[0-9])[a-z]?)_([FM])[0-9]{3,}")
_LABEL = re.compile(
    r"\[[0-9]+\.[0-9]+ - [0-9]+\.[0-9]+\]\t([^\t]+)\t([^\t]+)\t"
    r"\[[0-9]+\.[0-9]+, [0-9]+\.[0-9]+, [0-9]+\.[0-9]+\]\s*"
)
_ATTRIBUTES = re.compile(r"A-(\w+):\s*val([^;]*);\s*act([^;]*);\s*dom([^;]*);.*")
_TRANSCRIPT = re.compile(
    r"(\S+)\s+\[[^\]]*\]:(.*)"
)  # the first "]:" ends the times; a text may hold another
_SEGMENT = re.compile(r"\s*([0-9]{1,6})\s+([0-9]{1,6})\s+-?[0-9]+(?:\s+(\S+))?\s*")
_NO_WORD = re.compile(r"<.*>|\+.*\+|")  # <s>, </s>, <sil>, ++LAUGHTER++, a segment without a name


class TurnName(NamedTuple):
    """What the id of a turn tells: Ses03M_impro05a_F012 is Ses03M_impro05a, Ses03, impro05, said by Ses03F."""

    dialogue: str
    session: str
    scenario: str
    speaker: str


def turn_name(name: str) -> TurnName | None:
    """The parts of a turn's id; None if it is none."""
    if not (match := _NAME.fullmatch(name)):
        return None
    dialogue, session, scenario, letter = match.groups()
    return TurnName(dialogue, session, scenario, session + letter)


def read_lines(path: Path) -> list[str]:
    """The lines of a file with any line ends, each utf-8 or else latin-1, which never fails."""

    def decode(line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            return line.decode("latin-1")

    try:
        return [
            decode(line) for line in path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
        ]
    except OSError as error:
        raise DataError(
            f"{path}, which cannot be read: {error}",
            "a file that can be opened",
            "check its rights and the disk.",
        ) from None


def parse_labels(
    lines: list[str], path: Path | str
) -> tuple[dict[int, tuple[str, str]], list[Skipped]]:
    """A file of EmoEvaluation: {number of the line: (turn id, name of its emotion)}, and what is odd in the lines below.

    Raises DataError for a line with "[" in front that is no label, for a wrong id and for an unknown emotion code.
    """
    turns: dict[int, tuple[str, str]] = {}
    odd: list[Skipped] = []
    name = str(path)
    for number, line in enumerate(lines, 1):
        where = f"line {number} of {path}"
        if line.startswith("["):
            if not (match := _LABEL.fullmatch(line)):
                raise DataError(
                    f"{where}: {line[:120]!r}",
                    "'[start - end]', id, emotion, '[valence, activation, dominance]', with tabs between",
                    f"repair that line, or {FRESH}.",
                )
            name, code = match.groups()
            if not turn_name(name):
                raise DataError(
                    f"{where}: turn {name[:60]!r}",
                    "a name like Ses01F_impro01_M012",
                    f"correct it, or {FRESH}.",
                )
            turns[number] = name, CODES[require_name(code, CODES, f"{where}: emotion")]
        elif line.startswith("A-") and (match := _ATTRIBUTES.fullmatch(line)):
            rater, *values = match.groups()
            if missing := [
                a
                for a, v in zip(("valence", "activation", "dominance"), values, strict=True)
                if not v.strip()
            ]:
                odd.append(
                    Skipped(
                        name, "rater value missing", f"{', '.join(missing)} by {rater} in {where}"
                    )
                )
        elif line.strip() and not line.startswith(("%", "C-")):
            odd.append(Skipped(name, UNKNOWN_LINE, f"{where}: {line[:60]!r}"))
    return turns, odd


def parse_transcript(
    lines: list[str], path: Path | str
) -> tuple[dict[int, tuple[str, str]], list[Skipped]]:
    """A file of transcriptions: {number of the line: (turn id, text)}, and the lines that belong to no turn."""
    texts: dict[int, tuple[str, str]] = {}
    odd: list[Skipped] = []
    for number, line in enumerate(lines, 1):
        match = _TRANSCRIPT.fullmatch(line)
        if match and turn_name(match[1]):
            texts[number] = match[1], match[2].strip()
        elif line.strip():
            kind = (
                "transcript id with XX"
                if match and re.fullmatch(r"Ses\w+_[FM]XX[0-9]+", match[1])
                else "transcript line without id"
                if re.match(r"[FM]\s*:", line)
                else "transcript line unreadable"
            )
            odd.append(Skipped(f"{path}:{number}", kind, f"{line[:60]!r}"))
    return texts, odd


def parse_alignment(lines: list[str], path: Path | str) -> tuple[Word, ...]:
    """The spoken words of a .wdseg, in lower case, with their times in seconds from the start of the clip.

    A frame is 10 ms and the last one belongs to the word. Silences, fillers (++LAUGHTER++) and the number of the
    pronunciation (THE(2)) are left out. Raises DataError for a file that is cut off or out of order.
    """

    def wrong(given: str) -> DataError:
        return DataError(
            given,
            "Sphinx-3's columns SFrm, EFrm, SegAScr, Word in order of time, then 'Total score:'",
            f"{FRESH}.",
        )

    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines or lines[0].split() != ["SFrm", "EFrm", "SegAScr", "Word"]:
        raise wrong(f"line 1 of {path}: {''.join(lines[:1])[:60]!r}")
    if not lines[-1].strip().startswith("Total score:"):
        raise wrong(f"line {len(lines)} of {path}, the last one: {lines[-1][:60]!r}")
    words, last = [], -1
    for number, line in enumerate(lines[1:-1], 2):
        match = _SEGMENT.fullmatch(line)
        if not match or not last < int(match[1]) <= int(match[2]):
            raise wrong(f"line {number} of {path}: {line[:60]!r}")
        start, last, text = int(match[1]), int(match[2]), match[3] or ""
        if not _NO_WORD.fullmatch(text):
            words.append(
                Word(re.sub(r"\([0-9]+\)$", "", text).lower(), start / 100, (last + 1) / 100)
            )
    return tuple(words)
