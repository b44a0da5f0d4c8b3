"""When is each word spoken? For models that pair words with frames.

In: the tokens of a transcript, and the corpus's word times or the frames of the clip. Out: a span
in seconds for every token. There are two kinds:

- *gold*: the corpus's own word times, as the synthetic corpus has them, and IEMOCAP in its .wdseg
  files, which two of its turns lack. In a few utterances without times, words are placed as in
  *proportional*; more than a few are refused.
- *proportional*: the frames that are not silent, shared out by the number of letters. It needs no
  aligner, and it is wrong wherever somebody speaks unevenly: a result made with it must say so. On
  the synthetic corpus, where stressed words are slow, it finds 57 % of a word's true time, and the
  middle of a word is off by 0.08 s in the median.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from mcsan_lite.corpus import Utterance, Word
from mcsan_lite.errors import DataError
from mcsan_lite.features.words import tokenize

# A corpus is said to have word times if no larger share of its utterances lacks them: a choice.
LACKING = 0.05
# A frame is silent if it is so many decibels below the utterance's loudest one: a choice, no
# standard.
_QUIET = 35.0


def token_spans(tokens: Sequence[str], words: Sequence[Word]) -> dict[int, tuple[float, float]]:
    """Match the tokens of a transcript with the words that were spoken.

    A word of several tokens ("don't") gives its whole span to each of them. What is only spoken or
    only written is left out.

    Args:
        tokens: of the transcript.
        words: with their times.

    Returns:
        {index of a token: span in seconds}
    """
    spoken, times = [], []
    for word in words:
        for token in tokenize(word.text):
            spoken.append(token)
            times.append((word.start_s, word.end_s))
    matcher = difflib.SequenceMatcher(None, list(tokens), spoken, autojunk=False)
    spans = {}
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            spans[block.a + step] = times[block.b + step]
    return spans


def untimed(utterances: Sequence[Utterance]) -> list[str]:
    """Ids of the utterances that have a clip and words, but no word times."""
    return [u.id for u in utterances if u.audio and u.text and not u.words]


def mostly_timed(utterances: Sequence[Utterance]) -> bool:
    """Whether the corpus has word times: at most `LACKING` of its spoken utterances lack them."""
    spoken = sum(bool(u.audio and u.text) for u in utterances)
    return len(untimed(utterances)) <= LACKING * spoken


def gold(utterance: Utterance, tokens: Sequence[str]) -> np.ndarray:
    """Spans from the corpus's own word times.

    A token that nobody speaks (a full stop) has no duration, and stands where the word before it
    ends. So does every token of an utterance without a clip.

    Args:
        utterance: with its word times.
        tokens: L tokens of its transcript.

    Returns:
        (L, 2) seconds.

    Raises:
        DataError: for an utterance with a clip but without word times.
    """
    if utterance.audio is None:
        return np.zeros((len(tokens), 2), np.float32)
    if not utterance.words:
        raise DataError(
            f"utterance {utterance.id!r} without word times",
            "the corpus's own times",
            "take align='proportional', and name it in the row.",
        )
    known = token_spans(tokens, utterance.words)
    spans, end = [], 0.0
    for i in range(len(tokens)):
        span = known.get(i, (end, end))
        spans.append(span)
        _, end = span
    return np.array(spans, np.float32)


def proportional(
    audio: np.ndarray, tokens: Sequence[str], *, hop_s: float, n_mels: int
) -> np.ndarray:
    """Spans that share the sounding frames of a clip out by letters.

    What `max_frames` cut off is not seen: there all words share the part that is left.

    Args:
        audio: (T, n_mfcc), not normalised. The first coefficient is the sum of the mel bands'
            decibels over √n_mels, so the level of a frame is known.
        tokens: L tokens.
        hop_s: seconds from one frame to the next.
        n_mels: how many mel bands the frames were made of.

    Returns:
        (L, 2) seconds.
    """
    if not len(audio) or not len(tokens):
        return np.zeros((len(tokens), 2), np.float32)
    level = audio[:, 0] / np.sqrt(n_mels)
    sounding = np.flatnonzero(level > level.max() - _QUIET)
    edges = _edges(tokens, len(sounding))
    first = edges[:-1]
    last = edges[1:]
    # A word that ends where a pause begins must not own the pause, so starts and ends are looked up
    # each for itself.
    after_each = np.append(sounding, sounding[-1] + 1)
    first_frame = np.floor(first).astype(int)
    starts = after_each[first_frame] + first % 1
    last_frame = np.ceil(last).astype(int) - 1
    last_frame = np.maximum(last_frame, 0)
    ends = sounding[last_frame] + 1 - (-last % 1)
    has_letters = np.diff(edges) > 0
    ends = np.where(has_letters, ends, starts)
    spans = np.stack((starts, ends), 1)  # (L, 2)
    return (spans * hop_s).astype(np.float32)


def _edges(tokens: Sequence[str], sounding: int) -> np.ndarray:
    """(L + 1,): where each token begins and the last one ends, counted in sounding frames."""
    counts = [sum(map(str.isalnum, token)) for token in tokens]
    letters = np.array(counts, float)
    if not letters.any():
        letters = np.ones(len(tokens))
    edges = np.cumsum([0.0, *letters])
    return np.round(edges / edges[-1] * sounding, 6)
