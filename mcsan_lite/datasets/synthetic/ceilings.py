"""The best accuracy that anyone can reach on the synthetic corpus, by what they may use of it.

In: the truth of a synthetic corpus, and its knobs. Out: one number for each view. It is Bayes' rule
over the generator's own factors, for ears and eyes that never err: a trained model above its
ceiling by more than chance would mean that the generator leaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import binom

from mcsan_lite.datasets.synthetic.rules import (
    NEGATIVE,
    RULES,
    SYNTHETIC_LABELS,
    Rule,
    SyntheticConfig,
)

_NEGATIVE_SOUNDS = {evaluative for evaluative, _ in NEGATIVE}
VIEWS = ("nothing", "text", "prosody", "audio", "both, unmatched", "both, in order", "both")
VIDEO_VIEWS = ("video", "both + video")  # known as well where the corpus has video


def bayes_ceilings(truth: pd.DataFrame, config: SyntheticConfig) -> pd.Series:
    """Best expected accuracy (WA) on these utterances for each view.

    "prosody" hears arousal and how many words are stressed, but recognises no word. "audio"
    recognises every sound, and so knows which belong to negative pairs. "both, unmatched" reads the
    words and counts the stressed sounds, but does not know which word is which sound. "both, in
    order" recognises no sound either, but hears which of the spoken words are stressed: the first,
    the fourth. Where the transcript follows the speech, that is as good as recognising them, and
    equal to "both"; untranscribed hesitations hardly blur it; in the listed world it tells nothing.
    So only there does a score above "both, unmatched" prove that sounds were recognised. "video"
    sees what the face shows, and not how long it speaks. "both + video" is above "both" only where
    a transcript or a clip is missing: with both at hand nothing is left to see.

    Args:
        truth: rows of `read_truth`.
        config: the knobs of that corpus.

    Returns:
        A number for each of VIEWS and, where there is video, of VIDEO_VIEWS.
    """
    views = VIEWS + VIDEO_VIEWS if "shown" in truth else VIEWS
    best = {}
    for view in views:
        expected = [_expected_accuracy(row, view, config) for row in truth.itertuples()]
        best[view] = float(np.mean(expected))
    return pd.Series(best, name="ceiling")


def _expected_accuracy(row, view: str, config: SyntheticConfig) -> float:
    """P(the likeliest label is the one in the corpus), for one utterance."""
    if row.sense == "none":
        row = row._replace(decisive=None)
    else:
        row = row._replace(decisive=int(row.decisive))
    likelihoods = [_likelihood(row, view, label, config) for label in SYNTHETIC_LABELS]
    p = config.prior * likelihoods
    p = p / p.sum()
    noise = config.label_noise
    return np.max((1 - noise) * p + noise * (1 - p) / (len(SYNTHETIC_LABELS) - 1))


def _likelihood(row, view: str, label: str, config: SyntheticConfig) -> float:
    """P(what `view` sees of this utterance | class), up to a constant."""
    rule = RULES[label]
    hears = view not in ("nothing", "text", "video") and row.has_audio
    reads = view not in ("nothing", "prosody", "audio", "video") and bool(row.text)
    sees = view in VIDEO_VIEWS
    p = float(not reads or row.sense == rule.sense)
    is_high = row.arousal == "high"
    if sees and p:
        # For an ear the arousal is known, and no longer a chance.
        p_high = is_high if hears else rule.p_high
        p *= _face(row, rule._replace(p_high=p_high), config)
    if hears and p:
        p *= rule.p_high if is_high else 1 - rule.p_high
        p *= _speaker(row, label, config)
        p *= _stress(row, view, rule, config)
    return float(p)


def _speaker(row, label: str, config: SyntheticConfig) -> float:
    """P(the speaker | class)."""
    is_own = SYNTHETIC_LABELS.index(label) % config.speakers == row.speaker
    return config.speaker_leak * is_own + (1 - config.speaker_leak) / config.speakers


def _stress(row, view: str, rule: Rule, config: SyntheticConfig) -> float:
    """P(what an ear learns from sounds and stresses | class), beside what is read."""
    reads = view not in ("prosody", "audio") and bool(row.text)
    if view == "audio" or (view != "prosody" and not reads):
        return _sounds(row, rule, config, sees=view in VIDEO_VIEWS)
    matched = view in ("both", "both + video") or config.world == "leaking"
    if view != "prosody" and rule.sense != "none" and matched:
        return row.stressed[row.targets.index(row.decisive)] == rule.stressed
    if view == "both, in order" and config.world != "listed":
        return _stresses_in_order(row, rule, config)
    # How many words are stressed is heard; which of them is spelled how is not known.
    return _number_of_stresses(row, rule, config)


def _sounds(row, rule: Rule, config: SyntheticConfig, *, sees: bool) -> float:
    """P(sounds and stresses | class) for an ear without a transcript, up to a constant.

    `sees`: an eye also tells at which of the words the mouth opens.
    """
    if config.world == "leaking":
        # The sound tells whether a word is evaluative, so its place and sense are known.
        if row.sense != rule.sense:
            return 0.0
        return _stresses(row.stressed, _decisive_place(row), rule, config)
    if rule.sense == "none":
        p = _stresses(row.stressed, None, rule, config)
        return p / len(row.pairs) if sees else p
    # Any word of the right sense may be the evaluative one; each of those is twice as likely as
    # among all pairs.
    is_negative = rule.sense == "negative"
    places = [i for i, word in enumerate(row.pairs) if (word in _NEGATIVE_SOUNDS) == is_negative]
    if sees:  # the mouth opens at the decisive word, or anywhere
        places = [i for i in places if i == row.shown["place"]]
    known = [_stresses(row.stressed, place, rule, config) for place in places]
    return sum(2 / len(row.pairs) * p for p in known)


def _decisive_place(row) -> int | None:
    """Which of the key words is evaluative, in the order of speech; None where none is."""
    return None if row.decisive is None else row.targets.index(row.decisive)


def _stresses(
    stressed: Sequence[bool], place: int | None, rule: Rule, config: SyntheticConfig
) -> float:
    """P(which key words are stressed | class, and the decisive word at `place`, or nowhere)."""
    if place is not None and stressed[place] != rule.stressed:
        return 0.0
    share = config.stress_share
    others = [bit for i, bit in enumerate(stressed) if i != place]
    return float(np.prod([share if bit else 1 - share for bit in others]))


def _stresses_in_order(row, rule: Rule, config: SyntheticConfig) -> float:
    """P(which of the spoken words are stressed | class), up to a constant, beside a transcript that
    follows the speech.

    An untranscribed hesitation may come before any key word: the sum goes over all ways to place as
    many as are heard.
    """
    spoken = [i for i, (written, _, _) in enumerate(row.times) if written]
    hesitations = len(row.times) - len(spoken)
    heard = {spoken[row.targets[i]] for i, bit in enumerate(row.stressed) if bit}
    p = 0.0
    for after in combinations(range(len(row.targets)), hesitations):
        places = [token + sum(j <= i for j in after) for i, token in enumerate(row.targets)]
        if heard <= set(places):  # nothing but a key word is ever stressed
            stressed = [place in heard for place in places]
            p += _stresses(stressed, _decisive_place(row), rule, config)
    return p


def _number_of_stresses(row, rule: Rule, config: SyntheticConfig) -> float:
    """P(how many words are stressed | class), for an ear that recognises no word."""
    count, number = len(row.stressed), sum(row.stressed)
    if rule.stressed is None:
        return float(binom.pmf(number, count, config.stress_share))
    return float(binom.pmf(number - rule.stressed, count - 1, config.stress_share))


def _face(row, rule: Rule, config: SyntheticConfig) -> float:
    """P(what the face shows of sense, stress and arousal | class)."""
    wrong, shown = config.video_noise, row.shown
    p = wrong / 2  # one of the two other senses
    if shown["sense"] == rule.sense:
        p = 1 - wrong
    p_stress = config.stress_share if rule.stressed is None else float(rule.stressed)
    for is_shown, share in ((shown["stress"], p_stress), (shown["arousal"] == "high", rule.p_high)):
        p_shown = share * (1 - wrong) + (1 - share) * wrong
        p *= p_shown if is_shown else 1 - p_shown
    return p
