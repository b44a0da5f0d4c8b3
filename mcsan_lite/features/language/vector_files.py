"""Word vectors from a file that somebody has downloaded or made.

In: a path. Out: gensim's `KeyedVectors`. GloVe and word2vec text and word2vec binary are read, also
where they are compressed with gzip, whatever the file is called. Formats that people confuse with
these are named, with what to do about them. Nothing is unpickled.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mcsan_lite.errors import DataError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

_HEAD = 4096  # bytes of a file that tell its format
_GZIP = b"\x1f\x8b"
# The first line of a word2vec binary, which is text: how many words, how many numbers each.
_BINARY_START = re.compile(rb"\d+ \d+\n")


class _Foreign(NamedTuple):
    """A format that is not read: how its files begin, its name, and what to do."""

    start: bytes
    name: str
    do: str


_UNPACK = "unpack it, and give the text file in it."
_AS_TEXT = "write it as text: one line per word, with the word and its numbers, blanks between."
_FOREIGN = (
    _Foreign(b"PK\x03\x04", "a zip archive", _UNPACK),
    _Foreign(b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    _Foreign(b"Rar!\x1a", "a rar archive", _UNPACK),
    _Foreign(b"\xfd7zXZ", "an xz archive", _UNPACK),
    _Foreign(b"BZh91AY&SY", "a bz2 archive", _UNPACK),
    _Foreign(b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    _Foreign(
        b"version https://git-lfs",
        "a git-lfs pointer, not the file itself",
        "fetch the file: git lfs pull",
    ),
    _Foreign(
        b"\x80",
        "a pickle, such as gensim's own format, which is not opened, because it can run code",
        "load it in gensim, and write it with save_word2vec_format('vectors.txt').",
    ),
    _Foreign(
        b"\xba\x16\x4f\x2f", "fastText's own format", "take the .vec file that belongs to it."
    ),
    _Foreign(b"\x93NUMPY", "a numpy array, which has no words", _AS_TEXT),
    _Foreign(b"\x89HDF", "an HDF5 file", _AS_TEXT),
    _Foreign(b"PAR1\x15", "a parquet file", _AS_TEXT),
    _Foreign(b"\xff\xfe", "a text in UTF-16", "save it in UTF-8."),
    _Foreign(b"\xfe\xff", "a text in UTF-16", "save it in UTF-8."),
)


def read_vector_file(path: Path, wanted: frozenset[str] | None = None) -> KeyedVectors:
    """Read word vectors.

    Args:
        path: GloVe or word2vec text, with blanks or tabs between the numbers, or a word2vec
            binary; each as it is, or compressed with gzip.
        wanted: only these words of a text; None: all.

    Raises:
        DataError: for another format, with its name; for a file that is cut off; and for a ragged
            line, with its number.
    """
    binary = path.name.endswith((".bin", ".bin.gz"))
    gzipped = path.suffix == ".gz"
    try:
        head = _head(path)
        gzipped = gzipped or head.gzipped
        _require_vectors(path, head.content)
        binary = binary or _looks_binary(head.content)
        if binary:
            return _read_binary(path, gzipped=gzipped)
        return _read_text(path, wanted, gzipped=gzipped)
    except DataError:
        raise
    except Exception as error:  # whatever gensim or zlib says of this one file
        kind = "word2vec binary" if binary else "GloVe or word2vec text"
        raise DataError(
            f"{path}, which stops making sense: {str(error) or type(error).__name__}",
            f"a whole {kind} file",
            "download it again: it may be cut off.",
        ) from None


class _Head(NamedTuple):
    """How a file begins, unpacked if it is compressed with gzip."""

    content: bytes
    gzipped: bool


def _head(path: Path) -> _Head:
    with open(path, "rb") as file:
        content = file.read(_HEAD)
    if not content.startswith(_GZIP):
        return _Head(content, gzipped=False)
    try:
        with gzip.open(path, "rb") as file:
            return _Head(file.read(_HEAD), gzipped=True)
    except (EOFError, OSError, zlib.error):
        return _Head(b"", gzipped=True)  # the reader says where it is cut off


def _require_vectors(path: Path, head: bytes) -> None:
    """Raise DataError for a format that is not read, with its name."""
    found = None
    for foreign in _FOREIGN:
        if head.startswith(foreign.start):
            found = foreign
    if head[257:262] == b"ustar":
        found = _Foreign(b"", "a tar archive", _UNPACK)
    if re.match(rb"\s*<(!doctype|html)", head, re.IGNORECASE):
        advice = "open the address in a browser, and download the file itself."
        found = _Foreign(b"", "a web page", advice)
    first_line = head.partition(b"\n")[0]
    if re.fullmatch(rb"[^\s,;]+([,;]-?[\d.eE+-]+){2,}\r?", first_line):
        found = _Foreign(b"", "numbers with commas or semicolons between them", _AS_TEXT)
    if found:
        raise DataError(
            f"{path}: {found.name}", "GloVe or word2vec text, or a word2vec binary", found.do
        )


def _looks_binary(head: bytes) -> bool:
    """Whether it is a word2vec binary, whatever it is called."""
    start = _BINARY_START.match(head)
    return bool(start) and b"\0" in head[start.end() :]


def _read_binary(path: Path, *, gzipped: bool) -> KeyedVectors:
    from gensim.models import KeyedVectors

    if gzipped and path.suffix != ".gz":  # gensim goes by the name
        raise DataError(
            f"{path}, a word2vec binary that is compressed with gzip",
            "a name that says so, as .bin.gz",
            "rename it.",
        )
    return KeyedVectors.load_word2vec_format(path, binary=True)


@dataclass(frozen=True)
class _Header:
    """The first line of a word2vec text file: how many words, and how many numbers each."""

    words: int
    size: int


def _read_text(path: Path, wanted: frozenset[str] | None, *, gzipped: bool) -> KeyedVectors:
    """GloVe or word2vec text. Only `wanted` words are converted."""
    from gensim.models import KeyedVectors

    words, rows, header, size, number = [], [], None, 0, 0
    for number, cells in enumerate(_split_lines(path, gzipped=gzipped), 1):
        if number == 1 and len(cells) == 2 and all(map(str.isdecimal, cells)):
            header = _Header(int(cells[0]), int(cells[1]))
            size = header.size
            continue
        size = size or len(cells) - 1
        try:
            word = _word_of(cells, size)
            if wanted is None or word in wanted:
                with np.errstate(over="ignore"):  # then it is not finite, which is refused later
                    rows.append(np.array(cells[-size:], dtype=np.float32))
                words.append(word)
            elif not cells[1]:
                raise ValueError("a blank in place of a number")
        except ValueError as error:
            raise DataError(
                f"line {number} of {path}: {error}",
                f"a word and {max(2, size)} numbers, with blanks or tabs between them",
                "repair or delete that line, or download the file again: it may be cut off.",
            ) from None
    _require_whole(path, header, number)
    vectors = KeyedVectors(size)
    if words:
        vectors.add_vectors(words, np.stack(rows))
    return vectors


def _split_lines(path: Path, *, gzipped: bool) -> Iterator[list[str]]:
    """Every line of a text file, cut at its blanks or tabs."""
    open_text = gzip.open if gzipped else open
    with open_text(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            yield line.rstrip("\n").rstrip(" \t").replace("\t", " ").split(" ")


def _word_of(cells: Sequence[str], size: int) -> str:
    """The word of a line: everything before its last `size` numbers.

    GloVe 840B holds words with blanks. But no real word ends in a decimal number after a blank:
    such a line holds too many numbers.

    Raises:
        ValueError: for a line of another length.
    """
    word = " ".join(cells[:-size])
    if len(cells) <= size or size < 2 or re.search(r" -?\d+\.\d+$", word):
        raise ValueError(f"{len(cells) - 1} numbers")
    return word


def _require_whole(path: Path, header: _Header | None, lines: int) -> None:
    """Raise DataError for an empty file, and for one with fewer words than its header promises."""
    if header is None:
        words, promised, expected = lines, 1, "a word and its numbers on every line"
    else:
        words, promised = lines - 1, max(1, header.words)
        expected = f"the {header.words} of its first line"
    if words < promised:
        raise DataError(
            f"{path} with {words} words",
            expected,
            "download the file again: it is empty or cut off.",
        )
