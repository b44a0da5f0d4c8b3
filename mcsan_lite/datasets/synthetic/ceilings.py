"""The best accuracy that anyone can reach on the synthetic corpus, by what they are allowed to use.

Bayes' rule over the generator's own factors, for ears and eyes that never err: a trained model above its ceiling by
more than chance would mean that the generator leaks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binom

from mcsan_lite.datasets.synthetic.generator import LABELS, NEGATIVE, RULES, SyntheticConfig

_NEGATIVE_SOUNDS = {evaluative for evaluative, _ in NEGATIVE}
VIEWS = ("nothing", "text", "prosody", "audio", "both, unmatched", "both")
VIDEO_VIEWS = ("video", "both + video")  # known as well where the corpus has video


def _stresses(row, place: int | None, stress: bool | None, share: float) -> float:
    """P(which words are stressed | the decisive word is at `place` and `stress`ed, or there is none)."""
    if place is not None and row.stressed[place] != stress:
        return 0.0
    return float(
        np.prod([share if bit else 1 - share for i, bit in enumerate(row.stressed) if i != place])
    )


def _heard(row, sense: str, stress: bool | None, config: SyntheticConfig, *, sees: bool) -> float:
    """P(sounds and stresses | class), for one who hears every word but sees no spelling; up to a constant. `sees`: and
    who sees at which of them the mouth opens."""
    if (
        config.world == "leaking"
    ):  # the sound tells whether a word is evaluative, so its place and sense are known
        place = None if row.decisive is None else row.targets.index(row.decisive)
        return _stresses(row, place, stress, config.stress_share) if row.sense == sense else 0.0
    if sense == "none":
        return _stresses(row, None, None, config.stress_share) / (len(row.pairs) if sees else 1)
    # Any word of the right sense may be the evaluative one; each of those is twice as likely as among all pairs.
    places = [
        i
        for i, sound in enumerate(row.pairs)
        if (sound in _NEGATIVE_SOUNDS) == (sense == "negative")
    ]
    if sees:  # the mouth opens at the decisive word, or anywhere
        places = [i for i in places if i == row.shown["place"]]
    return sum(
        2 / len(row.pairs) * _stresses(row, place, stress, config.stress_share) for place in places
    )


def _counted(row, stress: bool | None, share: float) -> float:
    """P(how many words are stressed | class), for one who recognises no word."""
    count, number = len(row.stressed), sum(row.stressed)
    return float(
        binom.pmf(number, count, share)
        if stress is None
        else binom.pmf(number - stress, count - 1, share)
    )


def _shown(row, sense: str, stress: bool | None, p_high: float, config: SyntheticConfig) -> float:
    """P(what the face shows of sense, stress and arousal | class and P(high arousal))."""
    wrong, seen = config.video_noise, row.shown
    p = 1 - wrong if seen["sense"] == sense else wrong / 2  # one of the two others
    stressed = config.stress_share if stress is None else float(stress)
    for found, share in ((seen["stress"], stressed), (seen["arousal"] == "high", p_high)):
        high = share * (1 - wrong) + (1 - share) * wrong
        p *= high if found else 1 - high
    return p


def _likelihood(row, view: str, label: str, config: SyntheticConfig) -> float:
    """P(what `view` sees of this utterance | class), up to a constant."""
    sense, stress, p_high = RULES[label]
    hears = view not in ("nothing", "text", "video") and row.has_audio
    reads = view not in ("nothing", "prosody", "audio", "video") and bool(row.text)
    sees = view in VIDEO_VIEWS
    p = float(not reads or row.sense == sense)
    if sees and p:  # who hears the arousal knows it
        p *= _shown(row, sense, stress, (row.arousal == "high") if hears else p_high, config)
    if hears and p:
        p *= p_high if row.arousal == "high" else 1 - p_high
        own = LABELS.index(label) % config.speakers == row.speaker
        p *= config.speaker_leak * own + (1 - config.speaker_leak) / config.speakers
        if view == "audio" or not (reads or view == "prosody"):
            p *= _heard(row, sense, stress, config, sees=sees)
        elif (
            view != "prosody"
            and sense != "none"
            and (view in ("both", "both + video") or config.world == "leaking")
        ):
            p *= row.stressed[row.targets.index(row.decisive)] == stress
        else:  # how many words are stressed is heard, which of them is spelled how is not known
            p *= _counted(row, stress, config.stress_share)
    return float(p)


def ceilings(truth: pd.DataFrame, config: SyntheticConfig) -> pd.Series:
    """Best expected accuracy (WA) on these utterances, a number for each of VIEWS and, with video, of VIDEO_VIEWS.

    "prosody" hears arousal and how many words are stressed, but recognises no word. "audio" recognises every sound, and
    so knows which belong to negative pairs. "both, unmatched" reads the words and counts the stressed sounds, but does not
    know which word is which sound. Word *order* can tell some of that, so a model without matching may end above this
    number, never above "both". "video" sees what the face shows, and not how long it speaks. "both + video" is above "both"
    only where a transcript or a clip is missing: with both at hand nothing is left to see.
    """
    best = {}
    for view in VIEWS + (VIDEO_VIEWS if "shown" in truth else ()):
        expected = []
        for row in truth.itertuples():
            row = row._replace(decisive=None if row.sense == "none" else int(row.decisive))
            p = config.prior * [_likelihood(row, view, label, config) for label in LABELS]
            p = p / p.sum()
            noise = config.label_noise
            expected.append(np.max((1 - noise) * p + noise * (1 - p) / (len(LABELS) - 1)))
        best[view] = float(np.mean(expected))
    return pd.Series(best, name="ceiling")
