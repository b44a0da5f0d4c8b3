"""What a run may say of itself, fitted once: the cloud on training, everything else on validation.

In: a trained run, and the features of the three parts of its fold. Out: a `Confidence`. The test
part is not looked at. Validation has chosen the epoch before, so a calibration error that is
measured on it is a little too good; `experiments.confidence.calibrating` measures on test.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcsan_lite.evaluation.calibration import (
    ABSTAIN_BELOW,
    expected_calibration_error,
    fit_temperature,
    with_temperature,
)
from mcsan_lite.evaluation.likeness import (
    clip_statistics,
    fit_cloud,
    new_word_rate,
    new_words,
    surprise,
    unlike_threshold,
)
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.language.transcripts import words_of
from mcsan_lite.training.confidence.sidecar import (
    Calibration,
    Confidence,
    KnownSound,
    KnownWords,
    TrainedOn,
)
from mcsan_lite.training.fold import FoldFeatures
from mcsan_lite.training.inference import Trained
from mcsan_lite.training.loop import predict


def fit_confidence(
    run: Trained, parts: FoldFeatures, source: TrainedOn, weights: str
) -> Confidence:
    """What a run knows of its own limits.

    Args:
        run: the trained model.
        parts: the features of its fold, not normalised. The test part is not used.
        source: what the run says that it was trained on.
        weights: SHA-256 of its checkpoint.
    """
    used = getattr(run.model, "modalities", ("audio", "text"))
    sound = words = None
    if "audio" in used:
        sound = known_sound(parts.train, parts.valid)
    if "text" in used:
        words = known_words(parts.train, parts.valid)
    return Confidence(weights, source, _calibration(run, parts.valid), sound, words)


def _calibration(run: Trained, valid: Sequence[Features]) -> Calibration:
    found = predict(run.model, valid, run.labels, standardizer=run.standardizer)
    temperature = fit_temperature(found.prob, found.true)
    calibrated = with_temperature(found.prob, temperature)
    return Calibration(
        temperature,
        ABSTAIN_BELOW,
        expected_calibration_error(found.prob, found.true),
        expected_calibration_error(calibrated, found.true),
    )


def known_sound(train: Sequence[Features], valid: Sequence[Features]) -> KnownSound | None:
    """The cloud of the training clips, with the validation's threshold.

    Args:
        train: the training part, not normalised.
        valid: the validation part, not normalised.

    Returns:
        None where either part has fewer than two clips.
    """
    heard = [one.audio for one in train if len(one.audio)]
    checked = [one.audio for one in valid if len(one.audio)]
    if min(len(heard), len(checked)) < 2:
        return None
    cloud = fit_cloud(np.stack([clip_statistics(frames) for frames in heard]))
    distances = cloud.distances(np.stack([clip_statistics(frames) for frames in checked]))
    return KnownSound(cloud, unlike_threshold(distances))


def known_words(train: Sequence[Features], valid: Sequence[Features]) -> KnownWords | None:
    """The vocabulary of the training part, with the validation's threshold.

    Args:
        train: the training part.
        valid: the validation part.

    Returns:
        None where either part has no word.
    """
    vocabulary = frozenset(word for one in train for word in words_of(one.tokens))
    checked = [words_of(one.tokens) for one in valid]
    checked = [words for words in checked if words]
    if not vocabulary or not checked:
        return None
    rate = new_word_rate(checked, vocabulary)
    scores = [surprise(len(new_words(words, vocabulary)), len(words), rate) for words in checked]
    return KnownWords(vocabulary, rate, unlike_threshold(scores))
