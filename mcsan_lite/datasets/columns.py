"""The columns of a manifest, and which of them somebody means who calls them otherwise.

In: the first line of a table. Out: the name of every column, or a refusal that lists every column
to rename or to add at once. A guess is said and never taken: a wrong one would train on the wrong
column.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence

from mcsan_lite.corpus import Skipped
from mcsan_lite.datasets.fold import parts_of_words
from mcsan_lite.errors import DataError
from mcsan_lite.tables.foreign import ForeignTable, plain_name

MANIFEST_COLUMNS = (
    "label",
    "audio",
    "text",
    "id",
    "speaker",
    "dialogue",
    "session",
    "scenario",
    "split",
    "words",
    "video",
)
# Other names of the columns, in small letters without marks and blanks.
OTHER_NAMES = {
    "audio": "path file filename filepath wav wave wavpath wavfile wavname audiopath audiofile "
    "audiofilename sound soundfile clip recording datei dateiname audiodatei pfad fichier archivo",
    "text": "transcript transcription transcripts utterance sentence transkript satz texte texto",
    "label": "emotion emotions class category target y emoclass emotionclass emotionlabel emolabel "
    "emo annotation klasse",
    "id": "utteranceid uttid utt",
    "speaker": "speakerid spk spkid spkrid spkr subject subjectid actor actorid participant "
    "participantid sprecher locuteur hablante",
    "dialogue": "dialogueid dialog dialogid conversation conversationid",
    "session": "sessionid",
    "split": "subset partition splitset datasplit",
}
# Words of many meanings: they are taken for a split where they hold train, test and the like.
_PERHAPS_SPLIT = ("mode", "set", "part", "phase", "usage", "dataset")


def read_header(table: ForeignTable) -> list[str]:
    """The names of a manifest's columns, in small letters.

    Args:
        table: the manifest.

    Raises:
        DataError: where a column lacks, stands twice, or seems to have another name.
    """
    names = [plain_name(name).lower() for name in table.header]
    given = [name for name in table.header if plain_name(name).lower() not in MANIFEST_COLUMNS]
    absent = [column for column in MANIFEST_COLUMNS if column not in names]
    meant = {}
    for name in given:
        column = _meant_column(name, absent) or _split_by_content(name, table, absent)
        if column:
            meant[name] = column
    todo = _to_do(names, meant)
    if todo:
        optional = ", ".join(MANIFEST_COLUMNS[3:])
        raise DataError(
            f"{table.path} with the columns {', '.join(map(repr, table.header))}",
            f"label, and audio or text or both; if you like, also {optional}; each once",
            todo,
        )
    return names


def unread_columns(table: ForeignTable) -> list[Skipped]:
    """A remark that names every column that is not read, or no remark.

    Args:
        table: a manifest whose header can be used.
    """
    shown = []
    for name in table.header:
        if plain_name(name).lower() in MANIFEST_COLUMNS:
            continue
        column = _meant_column(name, MANIFEST_COLUMNS)
        like = f" (like {column!r})" if column else ""
        shown.append(f"{name!r}{like}")
    if not shown:
        return []
    return [Skipped(table.path.name, "columns that are not read", ", ".join(shown))]


def _to_do(names: Sequence[str], meant: dict[str, str]) -> str:
    """What to do about the columns, all at once; "" where they can be used."""
    steps = []
    if meant:
        questions = [f"{name!r}: did you mean {column!r}?" for name, column in meant.items()]
        them = "it" if len(meant) == 1 else "them"
        steps.append(f"{' '.join(questions)} Rename {them}, or delete {them}")
    there = {*names, *meant.values()}
    if "label" not in there:
        steps.append("add the column 'label'")
    if not {"audio", "text"} & there:
        steps.append("add the column 'audio' or 'text'")
    for column, count in Counter(names).items():
        if count > 1 and column in MANIFEST_COLUMNS:
            steps.append(f"delete or rename one {column!r}")
    return "; ".join(steps) + "." * bool(steps)


def _meant_column(name: str, columns: Sequence[str]) -> str | None:
    """The one of `columns` that `name` probably means."""
    small = re.sub(r"[\W_]+", "", plain_name(name).lower())
    for column in columns:
        if small in OTHER_NAMES.get(column, "").split():
            return column
    near = difflib.get_close_matches(plain_name(name).lower(), columns, n=1, cutoff=0.8)
    return next(iter(near), None)


def _split_by_content(name: str, table: ForeignTable, absent: Sequence[str]) -> str | None:
    """ "split" for a column of a doubtful name whose cells are names of parts."""
    if "split" not in absent or plain_name(name).lower() not in _PERHAPS_SPLIT:
        return None
    place = table.header.index(name)
    cells = {row.fields[place] for row in table.rows if len(row.fields) > place}
    cells.discard("")
    return "split" if cells and cells == set(parts_of_words(cells)) else None
