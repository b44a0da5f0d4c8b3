"""The best accuracy that anyone can reach on the synthetic corpus, by what they are allowed to use.

Bayes' rule over the generator's own factors, for ears and eyes that never err: a trained model above its ceiling by
more than chance would mean that the generator leaks.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd

from mcsan_lite.datasets.synthetic import LABELS, NEGATIVE, RULES, SyntheticConfig

_NEGATIVE_SOUNDS = {evaluative for evaluative, _ in NEGATIVE}
VIEWS = ("nothing", "text", "audio", "both, unmatched", "both")


def _stresses(row, place: int | None, stress: bool | None) -> float:
    """P(which words are stressed | the decisive word is at `place` and `stress`ed, or there is none)."""
    if place is not None and row.stressed[place] != stress:
        return 0.0
    others = [bit for i, bit in enumerate(row.stressed) if i != place]
    return 1 / (len(others) + 1) / comb(len(others), sum(others))  # how many is uniform, then which


def _heard(row, sense: str, stress: bool | None, config: SyntheticConfig) -> float:
    """P(sounds and stresses | class), for one who hears every word but sees no spelling; up to a constant."""
    if config.world == "leaking":  # the sound tells whether a word is evaluative, so its place and sense are known
        place = None if row.decisive is None else row.targets.index(row.decisive)
        return _stresses(row, place, stress) if row.sense == sense else 0.0
    if sense == "none":
        return _stresses(row, None, None) * (0.5 if len(row.pairs) == 1 else 1)  # a lone word is of either sense
    places = [i for i, sound in enumerate(row.pairs) if (sound in _NEGATIVE_SOUNDS) == (sense == "negative")]
    return float(np.mean([_stresses(row, place, stress) for place in places])) if places else 0.0


def _likelihood(row, view: str, label: str, config: SyntheticConfig) -> float:
    """P(what `view` sees of this utterance | class), up to a constant."""
    sense, stress, p_high = RULES[label]
    hears = view != "text" and row.has_audio
    reads = view != "audio" and bool(row.text)
    p = 1.0
    if view == "nothing":
        return p
    if reads:
        p *= row.sense == sense
    if hears:
        p *= p_high if row.arousal == "high" else 1 - p_high
        own = LABELS.index(label) % config.speakers == row.speaker
        p *= config.speaker_leak * own + (1 - config.speaker_leak) / config.speakers
        if not reads:
            p *= _heard(row, sense, stress, config)
        elif sense != "none" and row.sense == sense:
            if view == "both" or config.world == "leaking":
                p *= row.stressed[row.targets.index(row.decisive)] == stress
            else:  # unmatched: how many words are stressed is heard, which of them is spelled how is not known
                p *= 0 <= sum(row.stressed) - stress < len(row.stressed)
    return float(p)


def ceilings(truth: pd.DataFrame, config: SyntheticConfig) -> pd.Series:
    """Best expected accuracy (WA) on these utterances, a number for each of VIEWS.

    "both, unmatched" reads the words and counts the stressed sounds but does not know which word is which sound. Word
    *order* can tell it some of that, so a model without matching may end above this number, never above "both".
    """
    best = {}
    for view in VIEWS:
        expected = []
        for row in truth.itertuples():
            row = row._replace(decisive=None if row.sense == "none" else int(row.decisive))
            p = config.prior * [_likelihood(row, view, label, config) for label in LABELS]
            p = p / p.sum()
            noise = config.label_noise
            expected.append(np.max((1 - noise) * p + noise * (1 - p) / (len(LABELS) - 1)))
        best[view] = float(np.mean(expected))
    return pd.Series(best, name="ceiling")
