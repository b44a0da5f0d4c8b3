"""The transcripts of a corpus as tokens and vectors, and how much of them the vectors know.

In: texts, and the name of a source of word vectors. Out: tokens and vectors of each text, read from
the cache where they were made before; and the share of words that have a vector.

A word without a vector is a zero for the network. A corpus of which the vectors know hardly a word,
such as one in a script without blanks, would train on nothing: it is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.arrays.given import WORD_ROWS, is_place, read_given, written_tokens
from mcsan_lite.features.words import EMPTY, TOKENIZER, embed, identity, tokenize

# Tokens of a transcript that are used, as many as the paper uses frames: a choice. Attention is
# quadratic in them, and 10 s of speech hold about 50.
MAX_WORDS = 1000
# The smallest share of words with a vector: a choice. Below it, most of what a network reads is
# zeros. MELD has .997 in the default vectors.
LEAST_KNOWN = 0.5


@dataclass(frozen=True)
class Transcript:
    """A text.

    Attributes:
        written: all of its tokens.
        vectors: (L, E), one for each token that is used.
    """

    written: tuple[str, ...]
    vectors: np.ndarray

    @property
    def tokens(self) -> tuple[str, ...]:
        """The L tokens that are used."""
        return self.written[:MAX_WORDS]


@dataclass(frozen=True)
class Transcripts:
    """Those of a corpus, in its order.

    Attributes:
        each: one per text.
        unknown: the tokens that have no vector of their own.
    """

    each: list[Transcript]
    unknown: frozenset[str]


class Coverage(NamedTuple):
    """How much of some texts has a vector.

    Attributes:
        words: how many are used. Marks do not count.
        known: how many of them have a vector.
        cut: how many texts are longer than `MAX_WORDS`.
    """

    words: int
    known: int
    cut: int

    @property
    def share(self) -> float | None:
        """The share of known words; None without any word."""
        return self.known / self.words if self.words else None


def read_transcripts(
    texts: Sequence[str], vectors: str, unknown: str, cache: Path | str
) -> Transcripts:
    """Tokens and vectors of every text, through the cache.

    Args:
        texts: the transcripts.
        vectors: their source, as for `load_vectors`.
        unknown: what an unknown word gets, as for `embed`.
        cache: folder that keeps what was made.

    Raises:
        DataError: as `load_vectors`.
    """
    cache = Path(cache)

    def make() -> array_cache.Rows:
        whole = [tokenize(text) for text in texts]
        tokens = [one[:MAX_WORDS] for one in whole]
        types = {token for one in tokens for token in one}
        table, missing = embed(types, vectors, unknown, cache)
        return array_cache.Rows(
            lengths=[len(one) for one in tokens],
            arrays=(np.stack([table[token] for token in one]) for one in tokens),
            width=len(next(iter(table.values()))),
            about={"written": whole, "unknown": sorted(missing)},
        )

    key = array_cache.key("word vectors", identity(vectors), unknown, TOKENIZER, MAX_WORDS, texts)
    stored = array_cache.get_or_make_rows(cache, key, make)
    about = stored.about
    pairs = zip(about["written"], stored.arrays, strict=True)
    each = [Transcript(tuple(written), found) for written, found in pairs]
    return Transcripts(each, frozenset(about["unknown"]))


class UtteranceTranscripts(NamedTuple):
    """The transcripts of a corpus.

    Attributes:
        of: the transcript by the utterance's id.
        problems: why an utterance has none that can be used, by its id.
    """

    of: dict[str, Transcript]
    problems: dict[str, str]


def corpus_transcripts(
    utterances: Sequence[Utterance], vectors: str, unknown: str, cache: Path | str
) -> UtteranceTranscripts:
    """The transcript of every utterance, from word vectors or from arrays made elsewhere.

    Args:
        utterances: of a corpus.
        vectors: their source, as for `load_vectors`; or a place of arrays, as for `read_given`.
        unknown: what an unknown word gets, as for `embed`.
        cache: folder that keeps what was made.

    Raises:
        DataError: as `load_vectors` or `read_given`.
    """
    if is_place(vectors):
        return _given_transcripts(utterances, vectors, Path(cache))
    found = read_transcripts([one.text for one in utterances], vectors, unknown, cache)
    each = zip(utterances, found.each, strict=True)
    return UtteranceTranscripts({one.id: transcript for one, transcript in each}, {})


def _given_transcripts(
    utterances: Sequence[Utterance], place: str, cache: Path
) -> UtteranceTranscripts:
    written = {one.id: tokenize(one.text) for one in utterances}
    spoken = [one for one in utterances if written[one.id] != [EMPTY]]
    given = read_given(spoken or utterances, place, WORD_ROWS, cache)
    nothing = np.zeros((1, given.width), np.float32)
    found = {name: Transcript((EMPTY,), nothing) for name in written}
    problems = dict(given.problems)
    for one in spoken:
        if one.id in given.problems:
            continue
        rows = given.rows[one.id]
        tokens = written_tokens(Path(place), one) or written[one.id]
        if len(tokens) == len(rows):
            found[one.id] = Transcript(tuple(tokens), rows[:MAX_WORDS])
        else:
            problems[one.id] = (
                f"{len(rows)} rows for {len(tokens)} tokens, {' '.join(tokens[:6])} …; give one "
                "row per token, or write the tokens into a .txt beside the array, one per line"
            )
    return UtteranceTranscripts(found, problems)


def words_of(tokens: Iterable[str]) -> list[str]:
    """The tokens that hold a letter or a digit, as those of an empty text do not."""
    return [token for token in tokens if token != EMPTY and any(map(str.isalnum, token))]


def coverage(texts: Sequence[Sequence[str]], unknown: Collection[str]) -> Coverage:
    """How many words of some texts have a vector, of those words that are used.

    Args:
        texts: all tokens of each.
        unknown: the tokens that have no vector.
    """
    said = [word for tokens in texts for word in words_of(tokens[:MAX_WORDS])]
    known = sum(word not in unknown for word in said)
    return Coverage(len(said), known, sum(len(tokens) > MAX_WORDS for tokens in texts))


def corpus_coverage(corpus: Corpus, vectors: str, cache: Path | str) -> dict[str, Coverage]:
    """How many words of a corpus have a vector.

    Args:
        corpus: the utterances.
        vectors: their source, as for `load_vectors`; arrays made elsewhere know every word.
        cache: folder that keeps what was made.

    Returns:
        {"all": of everything, and of each official part that there is}

    Raises:
        DataError: as `load_vectors`.
    """
    texts = [u.text for u in corpus.utterances]
    if is_place(vectors):
        written, unknown = [tokenize(text) for text in texts], frozenset()
    else:
        found = read_transcripts(texts, vectors, "zero", cache)
        written, unknown = [one.written for one in found.each], found.unknown
    parts = {"all": written}
    for utterance, tokens in zip(corpus.utterances, written, strict=True):
        if utterance.split:
            parts.setdefault(utterance.split, []).append(tokens)
    return {part: coverage(texts, unknown) for part, texts in parts.items()}


def require_known_words(
    found: Mapping[str, Coverage], vectors: str, least: float = LEAST_KNOWN
) -> None:
    """Raise DataError where the vectors know too few words of a corpus or of a part of it.

    Args:
        found: by part, as from `corpus_coverage`.
        vectors: their source, for the message.
        least: the smallest share that will do.
    """
    for part, covered in found.items():
        if covered.share is not None and covered.share < least:
            whose = "the corpus" if part == "all" else f"its {part} part"
            raise DataError(
                f"{covered.known:,} of the {covered.words:,} words of {whose} known to the word "
                f"vectors {vectors} ({covered.share:.1%}): the others are zeros to a network",
                f"at least {least:.0%}",
                "give word vectors of its language (--vectors FILE), write words with blanks "
                "between them, or go on all the same: --allow-unknown (allow_unknown=True).",
            )


def coverage_text(found: Mapping[str, Coverage], vectors: str) -> str:
    """One line for people; nothing where there is no word.

    Args:
        found: by part, as from `corpus_coverage`.
        vectors: their source.
    """
    whole = found["all"]
    if whole.share is None:
        return ""
    line = f"words known to {vectors}: {whole.share:.1%} of {whole.words:,}"
    shares = [f"{part} {one.share:.1%}" for part, one in found.items() if one.share is not None]
    if len(shares) > 1:
        line += f" ({', '.join(shares[1:])})"
    if whole.cut:
        line += f"; {whole.cut:,} texts are cut after {MAX_WORDS:,} words"
    return line
