"""Which recordings are meant: files, folders, and tables with the columns path and text.

In: what was typed. Out: one `Recording` each, in order, with its transcript where there is one. No
sound is opened here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcsan_lite.errors import DataError
from mcsan_lite.tables.foreign import plain_name, read_foreign

# What a folder is searched for. A file that is named is opened whatever it is called.
SOUND_ENDINGS = re.compile(
    r"\.(wav|flac|ogg|oga|opus|mp3|m4a|aac|aiff?|au|mp4|m4v|mov|mkv|webm|avi|flv|wma|asf|amr|3gp|ts"
    r"|mpe?g)",
    re.IGNORECASE,
)
_SOME_ENDINGS = ".wav, .flac, .ogg, .mp3, .m4a, .mp4, …"
_TABLES = frozenset((".csv", ".tsv"))
_PATHS = ("path", "audio", "file", "filename", "clip", "wav")
_TEXTS = ("text", "transcript", "sentence", "utterance", "words")
_EXAMPLE = "a table whose first line is path,text"


@dataclass(frozen=True)
class NamedRecording:
    """A recording as somebody names it.

    Attributes:
        name: as it is shown.
        audio: the file; None for a row of words alone.
        text: its transcript; "" where there is none.
    """

    name: str
    audio: Path | None
    text: str


def named_recordings(places: Sequence[str], text: str = "") -> list[NamedRecording]:
    """Every recording that is meant by files, folders and tables.

    A folder is searched with all folders in it but hidden ones. The transcript of a file NAME.wav
    is NAME.txt beside it, where that is there.

    Args:
        places: as they were typed.
        text: the transcript, for a single file; one that lies beside it is then not opened.

    Raises:
        DataError: for a folder without a recording, a table without the column, a transcript that
            is no text in UTF-8, and a transcript for several recordings.
    """
    transcript = _no_transcript if text else _transcript_beside
    found = [one for place in places for one in _recordings_at(Path(place), transcript)]
    if not text:
        return found
    if len(found) != 1:
        raise DataError(
            f"--text for {len(found):,} recordings",
            "one transcript each",
            "put NAME.txt beside NAME.wav, or give a csv with the columns path and text.",
        )
    return [NamedRecording(found[0].name, found[0].audio, text)]


def _recordings_at(place: Path, transcript: Callable[[Path], str]) -> Iterator[NamedRecording]:
    if place.is_dir():
        yield from _of_folder(place, transcript)
    elif place.suffix.lower() in _TABLES:
        yield from _of_table(place)
    else:
        yield NamedRecording(str(place), place, transcript(place))


def _of_folder(folder: Path, transcript: Callable[[Path], str]) -> Iterator[NamedRecording]:
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if SOUND_ENDINGS.fullmatch(path.suffix)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.is_dir()
    ]
    if not files:
        raise DataError(
            f"the folder {folder}, without a recording",
            f"files that end in {_SOME_ENDINGS}",
            "check the folder, or name the files themselves.",
        )
    for path in files:
        yield NamedRecording(str(path), path, transcript(path))


def _no_transcript(_path: Path) -> str:
    return ""


def _transcript_beside(path: Path) -> str:
    """The text beside a recording; "" where there is none."""
    beside = path.with_suffix(".txt")
    try:
        text = beside.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 without its mark has them
        raise DataError(
            f"{beside}, which is no text in UTF-8",
            f"the transcript of {path.name} in UTF-8",
            "save it again as UTF-8, or delete it: the recording is then heard without words.",
        )
    return text.strip()


def _of_table(path: Path) -> Iterator[NamedRecording]:
    table = read_foreign(path, {*_PATHS, *_TEXTS}, _EXAMPLE)
    names = [plain_name(name).lower() for name in table.header]
    path_at = _place_of(names, _PATHS)
    text_at = _place_of(names, _TEXTS)
    if path_at is None and text_at is None:
        raise DataError(
            f"{path} with the columns {', '.join(table.header)}",
            "the columns path and text, or one of them",
            "rename the column that holds the files to path.",
        )
    for line, fields in table.rows:
        named = _field(fields, path_at).strip()
        audio = path.parent / named.replace("\\", "/") if named else None
        name = named or f"line {line} of {path.name}"
        yield NamedRecording(name, audio, _field(fields, text_at).strip())


def _place_of(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where the first wanted column stands; None where there is none."""
    return next((names.index(name) for name in wanted if name in names), None)


def _field(fields: Sequence[str], place: int | None) -> str:
    return fields[place] if place is not None and place < len(fields) else ""
