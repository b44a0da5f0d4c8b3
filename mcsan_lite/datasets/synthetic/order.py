"""What the order of words and stresses alone tells about a generated utterance.

In: the truth of a synthetic corpus. Out: a few numbers per utterance, in which no sound is
recognised: which sense was written and where in the transcript, how the voice is, and where in the
clip it stresses something. A classifier of these numbers is a floor: the score of a network
below it is no evidence that the network needs more than order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.synthetic.reader import in_transcript_order, read_truth

_SENSES = {"negative": -1.0, "none": 0.0, "positive": 1.0}
_NOWHERE = -1.0  # the place of what does not exist


def generated_folder(corpus: Corpus) -> Path | None:
    """Where a corpus that `read_synthetic` gave lies; None for any other corpus.

    Args:
        corpus: the utterances, of which one at least must have a clip to tell the folder.
    """
    clips = [one.audio for one in corpus.utterances if one.audio is not None]
    if corpus.kind != "synthetic" or not clips:
        return None
    return Path(clips[0]).parents[1]


def truth_of(corpus: Corpus) -> pd.DataFrame | None:
    """The oracle of a corpus that `read_synthetic` gave; None for any other corpus."""
    folder = generated_folder(corpus)
    return None if folder is None else read_truth(folder)


def order_numbers(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    """Sense, places and stresses of every utterance.

    Args:
        truth: rows of `read_truth`.

    Returns:
        {id: (8,)}: the sense of the evaluative word, its relative place in the transcript, the
        number of words; whether the arousal is high; the number of stresses, and the mean, first
        and last relative time of a stress. Without a transcript or a clip, its numbers are -1.
    """
    return {
        row.Index: np.array(_text_numbers(row) + _sound_numbers(row)) for row in truth.itertuples()
    }


def _text_numbers(row) -> list[float]:
    words = len(row.text.split())
    if not words:
        return [_NOWHERE] * 3
    if row.sense == "none":
        return [_SENSES[row.sense], _NOWHERE, words]
    return [_SENSES[row.sense], (row.decisive + 0.5) / words, words]


def _sound_numbers(row) -> list[float]:
    if not row.has_audio:
        return [_NOWHERE] * 5
    spoken = in_transcript_order(row._asdict(), row.times)
    end_s = max(end for _, _, end in row.times)
    stressed = [spoken[i] for i, bit in zip(row.targets, row.stressed, strict=True) if bit]
    places = [(start + end) / 2 / end_s for _, start, end in stressed]
    is_high = float(row.arousal == "high")
    if not places:
        return [is_high, 0.0, _NOWHERE, _NOWHERE, _NOWHERE]
    return [is_high, len(places), float(np.mean(places)), min(places), max(places)]
