"""Readings that edit the sound of one whole word: cover it, or flatten its voice.

In: a model, one utterance that knows when each word is said (`Features.spans`), and a class. Out: a
`Reading`: how far the class's logit falls when each word's sound is edited. Windows that slide over
the sound are in `from_logit`; they cut words in two, and these edits do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.faithfulness import logits_of, without
from mcsan_lite.explain.pointing import inside_of, inside_span
from mcsan_lite.explain.readings.from_logit import AUDIO_FILLERS
from mcsan_lite.explain.readings.reading import (
    Reading,
    choose_target,
    real_lengths,
    sides,
    target_of,
)
from mcsan_lite.features.extraction import Features

# From this MFCC coefficient on, the spectrum's fine structure, where pitch leaves its trace, is
# described; those below describe its envelope. A choice: speech recognisers keep the first 13.
_FINE = 13


def spoken_frames(features: Features) -> np.ndarray:
    """Which MFCC frames belong to the sound of each word: start <= time < end.

    Args:
        features: one utterance with word times.

    Returns:
        (L, T) bool.

    Raises:
        DataError: for an utterance without words, sound or word times.
    """
    words, frames = len(features.text), len(features.audio)
    if not (words and frames and len(features.spans) == words):
        raise DataError(
            f"utterance {features.id!r} with {words} words, {frames} MFCC frames and "
            f"{len(features.spans)} word times",
            "words and sound, and for each word when it is said",
            "extract(corpus, replace(run.features, align='gold')) brings the corpus's word times.",
        )
    times = features.hop_s * np.arange(frames)  # (T,)
    return np.stack([inside_span(times, span) for span in _word_spans(features)])


def _word_spans(features: Features) -> list[tuple[float, float]]:
    """When each word is said, a trace early: in single precision, 0.1 s is more than 10 hops."""
    spans = features.spans.astype(float).round(6) - 1e-6
    return [(start, end) for start, end in spans.tolist()]


def _even_loudness(features: Features, word: np.ndarray, others: np.ndarray, _: int) -> Features:
    """The word as loud on average as the other words: coefficient 0 is moved, as a gain does."""
    audio = features.audio.copy()
    audio[word, 0] += audio[others, 0].mean() - audio[word, 0].mean()
    return replace(features, audio=audio)


def _even_fine_structure(
    features: Features, word: np.ndarray, others: np.ndarray, _: int
) -> Features:
    """The word without a pitch of its own: its fine structure is the mean of the other words'."""
    audio = features.audio.copy()
    audio[word, _FINE:] = audio[others, _FINE:].mean(0)
    return replace(features, audio=audio)


def _even_rate(features: Features, word: np.ndarray, others: np.ndarray, index: int) -> Features:
    """The word as fast as the other words: as many frames per letter as they have."""
    letters = np.array([max(1, len(token)) for token in features.tokens])
    per_letter = others.sum() / (letters.sum() - letters[index])
    wanted = max(1, round(float(per_letter * letters[index])))
    first, last = np.flatnonzero(word)[[0, -1]]
    old = np.arange(first, last + 1)
    new = np.linspace(first, last, wanted)
    columns = [np.interp(new, old, column) for column in features.audio[old].T]
    parts = (features.audio[:first], np.stack(columns, 1), features.audio[last + 1 :])
    audio = np.concatenate(parts).astype(np.float32)
    start, end, total = first, last + 1, len(features.audio)
    known, moved = (0, start, end, total), (0, start, start + wanted, len(audio))
    spans = np.interp(features.spans / features.hop_s, known, moved) * features.hop_s
    return replace(features, audio=audio, spans=spans.astype(np.float32))


_Flatten = Callable[[Features, np.ndarray, np.ndarray, int], Features]
# What of a word's voice can be flattened. Rate comes last, since it moves the frames.
VOICE_EDITS: dict[str, _Flatten] = {
    "loudness": _even_loudness,
    "pitch": _even_fine_structure,
    "rate": _even_rate,
}


def flatten_voice(
    features: Features, word: int, edits: Sequence[str] = tuple(VOICE_EDITS)
) -> Features:
    """A copy in which one word is said as evenly as the words around it; it still is the same word.

    Loudness is exact up to the edges of the word: a gain moves coefficient 0 alone. Rate is
    interpolated between MFCC frames. Pitch has no column of its own: the fine structure, from
    coefficient 13 on, is replaced by the mean of the other words, and a little timbre goes with it.

    Args:
        features: one utterance, normalised, with word times.
        word: its number among the tokens.
        edits: some of VOICE_EDITS.

    Returns:
        The edited copy. Nothing changes where no frame belongs to the word, or none to the others:
        then there is nothing to compare with.
    """
    for name in edits:
        require_name(name, VOICE_EDITS, "voice edit")
    spoken = spoken_frames(features)  # (L, T)
    for name in VOICE_EDITS:
        own = spoken[word]
        others = np.delete(spoken, word, 0).any(0) & ~own
        if name in edits and own.any() and others.any():
            features = VOICE_EDITS[name](features, own, others, word)
    return features


def _read_words(
    name: str,
    model: nn.Module,
    features: Features,
    target: int | None,
    edited: Sequence[Features],
) -> Reading:
    """How far the logit falls under each word's edit; every step of sound has its word's score."""
    if "audio" not in getattr(model, "modalities", ("audio", "text")):
        raise DataError(
            "a model that does not hear the sound",
            "one that does, since the sound of words is edited",
            "take occlusion: it covers words of the transcript too.",
        )
    logits = logits_of(model, [features, *edited])
    target = choose_target(logits[0], target)
    falls = logits[0, target] - logits[1:, target]  # (L,)
    count = real_lengths(model, features).frames
    by_frame = np.zeros(count, np.float32)
    for fall, span in zip(falls, _word_spans(features), strict=True):
        by_frame[inside_of(model, count, span, hop_s=features.hop_s)] = fall
    by_word, by_frame = sides(model, falls, by_frame)
    return Reading(name, target, by_word, by_frame)


def word_occlusion(
    model: nn.Module,
    features: Features,
    target: int | None = None,
    *,
    filler: str = "mean frame",
) -> Reading:
    """Word-aligned occlusion: how far the logit falls when the sound of one word is covered.

    The transcript stays as it is. A pause scores zero. Source: Pastor et al. 2024 (SpeechXAI).

    Args:
        model: any model that hears the sound.
        features: one utterance, normalised, with word times.
        target: a class; None is the predicted one.
        filler: one of AUDIO_FILLERS.
    """
    require_name(filler, AUDIO_FILLERS, "filler")
    target = target_of(model, features, target)
    spoken = spoken_frames(features)  # (L, T)
    fill = AUDIO_FILLERS[filler](features.audio)
    covered = [without(features, "audio", word, fill) for word in spoken]
    return _read_words(f"word occlusion ({filler})", model, features, target, covered)


def voice_edit(model: nn.Module, features: Features, target: int | None = None) -> Reading:
    """Voice edit: how far the logit falls when one word is said as evenly as the words around it.

    Loudness, pitch and rate are flattened together: see `flatten_voice`. Nothing is covered, so
    the model still hears speech. Source: Pastor et al. 2024 (SpeechXAI), who edit the waveform.

    Args:
        model: any model that hears the sound.
        features: one utterance, normalised, with word times.
        target: a class; None is the predicted one.
    """
    target = target_of(model, features, target)
    spoken_frames(features)  # refuses an utterance without word times
    edited = [flatten_voice(features, word) for word in range(len(features.text))]
    return _read_words("voice edit", model, features, target, edited)
