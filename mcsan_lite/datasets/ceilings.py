"""The best accuracy that anyone can reach on the synthetic corpus, by what they are allowed to use.

Bayes' rule over the generator's own factors, for ears and eyes that never err: a trained model above its ceiling by
more than chance would mean that the generator leaks.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd

from mcsan_lite.datasets.synthetic import LABELS, RULES, SyntheticConfig

VIEWS = ("nothing", "text", "audio", "both, unmatched", "both")


def _stresses(row, stress: bool | None) -> float:
    """P(which twins are stressed | the decisive word is one of them and `stress`ed, or there is none), for one who
    cannot tell which twin it is."""
    twins, number = len(row.stressed) // 2, sum(row.stressed) // 2
    if twins == 1:
        return 0.5 if stress is None else float(number == stress)
    right = twins if stress is None else number if stress else twins - number  # twins that it may be one of
    free, chosen = (twins, number) if stress is None else (twins - 1, number - stress)
    return right / twins / comb(free, chosen) if 0 <= chosen <= free else 0.0


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
        if config.world == "leaking":  # there the sound tells whether a word is evaluative, and its sense
            p *= row.sense == sense
        known = config.world == "leaking" or (reads and view == "both")  # which sound is the evaluative word
        if known and row.sense == sense != "none":
            p *= row.stressed[row.targets.index(row.decisive)] == stress
        elif not known:
            p *= _stresses(row, stress)
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
