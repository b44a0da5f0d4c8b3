"""A fold as a value, and folds that are read from a csv.

In: which utterance is in which part. Out: a `Fold`, whose three parts are filled and never overlap.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError
from mcsan_lite.tables.foreign import ForeignTable, plain_name, read_foreign

PARTS = ("train", "valid", "test")
_WORDS = {
    "train": ("train", "training", "trn"),
    "valid": ("valid", "validation", "val", "dev", "devel", "development"),
    "test": ("test", "testing", "tst"),
}
_EITHER = ("eval", "evaluation")  # validation for some, the test part for others
_EXAMPLE = "a csv with the column id and a column for each fold"


@dataclass(frozen=True)
class Fold:
    """Ids of one fold's three parts, each in alphabetical order, and the protocol that drew it."""

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]
    protocol: str = field(repr=False)  # outside the repr, over which `digest` is taken


def make_fold(corpus: Corpus, protocol: str, name: str, part_of: Mapping[str, str]) -> Fold:
    """The fold in which each utterance is in the part that `part_of` says.

    Args:
        corpus: the corpus that is split.
        protocol: the rule that drew it.
        name: of the fold.
        part_of: "train", "valid" or "test" by the utterance's id.

    Raises:
        DataError: for a part that is empty.
    """
    ids = {}
    for part in PARTS:
        ids[part] = tuple(i for i in sorted(part_of) if part_of[i] == part)
        if not ids[part]:
            raise DataError(
                f"fold {name} of {corpus.name} with no {part} utterance",
                "all three parts filled",
                "take another protocol, or more data.",
            )
    return Fold(name, **ids, protocol=protocol)


def parts_of_words(words: Collection[str]) -> dict[str, str]:
    """The part that each of the words stands for which a table uses; unknown ones are left out.

    Case and blanks do not matter. "eval" is the validation part where another word says test and
    none says validation, and else the test part.

    Args:
        words: all that are used in one table.
    """
    parts = {}
    for word in words:
        for part in PARTS:
            if plain_name(word).lower() in _WORDS[part]:
                parts[word] = part
    has = set(parts.values())
    meant = "valid" if "test" in has and "valid" not in has else "test"
    parts.update({word: meant for word in words if plain_name(word).lower() in _EITHER})
    return parts


def _protocol_of(name: str) -> str:
    """The protocol of a fold in a csv, which holds only the fold's name, such as "speaker-3"."""
    return name.rsplit("-", 1)[0]


def read(corpus: Corpus, path: Path | str) -> list[Fold]:
    """Folds from a csv with the column id and one column per fold (train, valid, test).

    It may be saved by Excel or an editor: case and blanks do not matter, and dev, validation and
    eval are understood.

    Args:
        corpus: the corpus that was split; each of its utterances must be in the file once.
        path: the csv.

    Raises:
        DataError: for a file that cannot be read or is not of this corpus.
    """
    table = read_foreign(path, ("id",), _EXAMPLE)
    names = _fold_names(table)
    cells_of = _cells_by_id(table, corpus)
    _require_each_utterance(table, corpus, cells_of)
    known = parts_of_words({cell for cells in cells_of.values() for cell in cells})
    folds = []
    for place, name in enumerate(names):
        part_of = {i: known.get(cells[place], cells[place]) for i, cells in cells_of.items()}
        strange = sorted(set(part_of.values()) - set(PARTS))
        if strange:
            only = f"only {', '.join(PARTS)}"
            raise DataError(f"{path} with {strange[:3]}", only, "correct these fields.")
        folds.append(make_fold(corpus, _protocol_of(name), name, part_of))
    return folds


def _id_place(table: ForeignTable) -> int:
    names = [name.lower() for name in table.header]
    if names.count("id") != 1:
        raise DataError(
            f"{table.path} with the columns {', '.join(map(repr, table.header))}",
            f"{_EXAMPLE}; id once",
            "mcsan split CORPUS --protocol …   (writes such a file)",
        )
    return names.index("id")


def _fold_names(table: ForeignTable) -> list[str]:
    """The names of the folds. They become folders, so that some are refused."""
    names = list(table.header)
    del names[_id_place(table)]
    if not names:
        raise DataError(f"{table.path} with 0 folds", _EXAMPLE, "add a column.")
    for name, count in Counter(names).items():
        if count > 1:
            raise DataError(
                f"{table.path} with {count} columns {name!r}", "each once", "rename one."
            )
        if not re.fullmatch(r"[\w.-]+", name):
            raise DataError(
                f"{table.path} with a column {name!r}",
                "letters, digits, '.', '_' and '-'",
                "rename that fold.",
            )
    return names


def _cells_by_id(table: ForeignTable, corpus: Corpus) -> dict[str, list[str]]:
    """The fields of each row by the id of its utterance; an id that is not known as it stands."""
    place = _id_place(table)
    ids = {one.id for one in corpus.utterances}
    id_of = {plain_name(i): i for i in ids}
    line_of: dict[str, int] = {}
    cells_of: dict[str, list[str]] = {}
    for line, fields in table.rows:
        if len(fields) != len(table.header):
            raise DataError(
                f"line {line} of {table.path}: {len(fields)} fields",
                f"{len(table.header)}, as in the first line",
                "correct that line.",
            )
        given = fields[place]
        found = given if given in ids else id_of.get(plain_name(given), given)
        if found in cells_of:
            raise DataError(
                f"lines {line_of[found]} and {line} of {table.path}: both {found!r}",
                "each id once",
                "delete one of the two lines.",
            )
        line_of[found] = line
        cells_of[found] = [*fields[:place], *fields[place + 1 :]]
    return cells_of


def _require_each_utterance(
    table: ForeignTable, corpus: Corpus, cells_of: Mapping[str, object]
) -> None:
    """Refuse other ids than the corpus has."""
    ids = {one.id for one in corpus.utterances}
    wrong = sorted(ids ^ set(cells_of))
    if wrong:
        raise DataError(
            f"{table.path}: {len(wrong)} ids missing or unknown: {wrong[:3]}",
            f"each of the {len(ids)} utterances of {corpus.name} once",
            "write the file for this very corpus.",
        )
