"""When is each word spoken? Spans in seconds a token, for models that pair words with frames.

- *gold*: the corpus's own word times (the synthetic corpus; IEMOCAP's .wdseg files, which two of its turns lack: in a few
  utterances without times, words are placed as in *proportional*; in more than a few, that is refused).
- *proportional*: the frames that are not silent, shared out by the number of letters. It needs no aligner, and it is wrong
  wherever somebody speaks unevenly: a result made with it must say so. On the synthetic corpus, where stressed words are
  slow, it finds 57 % of a word's true time, and the middle of a word is off by 0.08 s in the median.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from mcsan_lite.corpus import Utterance, Word
from mcsan_lite.errors import DataError
from mcsan_lite.features.words import tokenize

LACKING = 0.05  # largest share of utterances without word times in a corpus that is said to have them: a choice
QUIET = 35.0  # decibels below an utterance's loudest frame at which a frame counts as silent: a choice, not a standard


def token_spans(tokens: Sequence[str], words: Sequence[Word]) -> dict[int, tuple[float, float]]:
    """{index of a token: span in seconds} from spoken words with times. A word of several tokens ("don't") gives each its
    whole span; what is only spoken or only written is left out."""
    spoken = [(token, (w.start_s, w.end_s)) for w in words for token in tokenize(w.text)]
    match = difflib.SequenceMatcher(
        None, list(tokens), [token for token, _ in spoken], autojunk=False
    )
    return {
        block.a + i: spoken[block.b + i][1]
        for block in match.get_matching_blocks()
        for i in range(block.size)
    }


def untimed(utterances: Sequence[Utterance]) -> list[str]:
    """Ids of those with words to be heard of which nobody says when."""
    return [u.id for u in utterances if u.audio and u.text and not u.words]


def mostly_timed(utterances: Sequence[Utterance]) -> bool:
    """Whether "gold" is a true name for this corpus: at most LACKING of its spoken utterances have no word times."""
    return len(untimed(utterances)) <= LACKING * sum(bool(u.audio and u.text) for u in utterances)


def gold(utterance: Utterance, tokens: Sequence[str]) -> np.ndarray:
    """(L, 2) seconds from the corpus's own word times. A token that nobody speaks (a full stop) has no duration, and
    stands where the word before it ends; so has every token of an utterance without a clip.

    Raises DataError for an utterance with a clip but without word times.
    """
    if utterance.audio is None:
        return np.zeros((len(tokens), 2), np.float32)
    if not utterance.words:
        raise DataError(
            f"utterance {utterance.id!r} without word times",
            "the corpus's own times",
            "take align='proportional', and name it in the row.",
        )
    known, spans, end = token_spans(tokens, utterance.words), [], 0.0
    for i in range(len(tokens)):
        spans.append(known.get(i, (end, end)))
        end = spans[-1][1]
    return np.array(spans, np.float32)


def proportional(
    audio: np.ndarray, tokens: Sequence[str], *, hop_s: float, n_mels: int
) -> np.ndarray:
    """(L, 2) seconds: the sounding frames of `audio` (T, n_mfcc), not normalised, shared out by letters.

    The first coefficient is the sum of the mel bands' decibels over √n_mels, so the level of a frame is known. What
    `max_frames` cut off is not seen: there all words share the part that is left.
    """
    if not (len(audio) and len(tokens)):
        return np.zeros((len(tokens), 2), np.float32)
    level = audio[:, 0] / np.sqrt(n_mels)
    voiced = np.flatnonzero(level > level.max() - QUIET)
    letters = np.array([sum(c.isalnum() for c in token) for token in tokens], float)
    edges = np.cumsum([0.0, *(letters if letters.any() else np.ones(len(tokens)))])
    edges = np.round(edges / edges[-1] * len(voiced), 6)  # counted in sounding frames
    # A word that ends where a pause begins must not own the pause, so starts and ends are looked up each for itself.
    starts = np.append(voiced, voiced[-1] + 1)[np.floor(edges[:-1]).astype(int)] + edges[:-1] % 1
    ends = voiced[np.maximum(np.ceil(edges[1:]).astype(int) - 1, 0)] + 1 - (-edges[1:] % 1)
    ends = np.where(np.diff(edges) > 0, ends, starts)
    return (np.stack((starts, ends), 1) * hop_s).astype(np.float32)  # (L, 2)
