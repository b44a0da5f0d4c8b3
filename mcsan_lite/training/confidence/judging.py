"""One answer with its doubts: calibrated probabilities, and whether sound and words are familiar.

In: a run, what is kept of its limits, and the features of an utterance. Out: a `Judgement`, and
its sentences, which always name what the run was trained on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.calibration import with_temperature
from mcsan_lite.evaluation.likeness import UNLIKE_SHARE, clip_statistics, new_words, surprise
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.language.transcripts import words_of
from mcsan_lite.training.confidence.sidecar import Confidence, KnownSound, KnownWords, weights_file
from mcsan_lite.training.inference import Trained
from mcsan_lite.training.saved.checkpoint import read_metadata

_NAMED = 4  # new words that are named
_ROUNDING = 1e-6  # of two distances that are equal


@dataclass(frozen=True)
class Likeness:
    """How far an utterance's sound or words are from the training part.

    Attributes:
        distance: of this utterance.
        beyond: what is farther is unlike.
        new: the words that the training part never had; empty for sound.
        words: how many words there are; 0 for sound.
    """

    distance: float
    beyond: float
    new: tuple[str, ...] = ()
    words: int = 0

    @property
    def unlike(self) -> bool:
        """Whether it is farther than nearly every utterance of the validation part."""
        return self.distance > self.beyond + _ROUNDING

    @property
    def verdict(self) -> str:
        """like, or unlike"""
        return "unlike" if self.unlike else "like"


@dataclass(frozen=True)
class Judgement:
    """The answer of a run, with its doubts.

    Attributes:
        probabilities: of each class, the likeliest first; calibrated where `confidence` is there.
        confidence: None where nobody has calibrated the run.
        sound: None where there is no sound, or the run does not listen, or was not calibrated.
        words: the same of the words.
    """

    probabilities: pd.Series
    confidence: Confidence | None = None
    sound: Likeness | None = None
    words: Likeness | None = None

    @property
    def first(self) -> str:
        """The likeliest class."""
        return str(self.probabilities.index[0])

    @property
    def unfamiliar(self) -> tuple[str, ...]:
        """Which of "sound" and "words" are unlike the training part."""
        found = {"sound": self.sound, "words": self.words}
        return tuple(name for name, likeness in found.items() if likeness and likeness.unlike)

    @property
    def answer(self) -> str:
        """The class; "" where the run abstains."""
        if self.unfamiliar:
            return ""
        if self.confidence and self.probabilities.iloc[0] < self._least:
            return ""
        return self.first

    @property
    def _least(self) -> float:
        return self.confidence.calibration.abstain_below

    def sentence(self) -> str:
        """The answer; or that there is none, and why."""
        if self.unfamiliar:
            what = " and ".join(f"the {name}" for name in self.unfamiliar)
            verb = "are" if len(self.unfamiliar) > 1 or "words" in self.unfamiliar else "is"
            return (
                f"no answer: {what} {verb} unlike anything that this run was trained on. The "
                "percentages say which of its classes is nearest, not how likely it is right"
            )
        if not self.answer:
            likely = self.probabilities.iloc[0]
            return (
                f"no answer: {self.first} has {likely:.0%}, and this run abstains below "
                f"{self._least:.0%}, where it is more likely wrong than right"
            )
        return f"answer: {self.first}"


def judge(run: Trained, features: Features, confidence: Confidence | None) -> Judgement:
    """The answer of a run to one utterance.

    Args:
        run: the trained model.
        features: of the utterance, normalised as in training.
        confidence: what is kept of the run's limits, if anything.
    """
    raw = run.probabilities(features)
    if confidence is None:
        return Judgement(raw)
    calibrated = with_temperature(raw.to_numpy(), confidence.calibration.temperature)
    sound = words = None
    if confidence.sound and len(features.audio):
        heard = features.audio * run.standardizer.deviation + run.standardizer.mean
        sound = likeness_of_sound(confidence.sound, heard)
    said = words_of(features.tokens)
    if confidence.words and said:
        words = likeness_of_words(confidence.words, said)
    return Judgement(pd.Series(calibrated, raw.index), confidence, sound, words)


def likeness_of_sound(known: KnownSound, frames: np.ndarray) -> Likeness:
    """How far a clip is from the training part.

    Args:
        known: what the run was trained on.
        frames: (T, F) MFCC of the clip, not normalised.
    """
    (distance,) = known.cloud.distances(clip_statistics(frames)[None])
    return Likeness(float(distance), known.beyond)


def likeness_of_words(known: KnownWords, words: Sequence[str]) -> Likeness:
    """How far a transcript is from the training part.

    Args:
        known: what the run was trained on.
        words: of the transcript, at least one.
    """
    new = new_words(words, known.vocabulary)
    distance = surprise(len(new), len(words), known.rate)
    return Likeness(distance, known.beyond, tuple(new), len(words))


def training_corpus(run: Path | str) -> str:
    """The name of the corpus that a run was trained on; "" where its files do not say.

    Args:
        run: a fold's folder, or a safetensors file.
    """
    file = weights_file(run)
    try:
        settings = json.loads((file.absolute().parents[1] / "spec.json").read_text("utf-8"))
        return str(settings["corpus"])
    except (OSError, ValueError, LookupError, TypeError):
        pass  # no fold of a run
    try:
        return str(read_metadata(file)["provenance"]["corpus"])
    except (DataError, LookupError, TypeError):
        return ""


def corpus_phrase(name: str, generated: bool) -> str:
    """A corpus as an answer names it.

    Args:
        name: of the corpus; "" where it is not known.
        generated: whether nobody has spoken.
    """
    if not name:
        return "a corpus that its files do not name"
    return f"{name}, generated speech" if generated else name


def is_generated(name: str) -> bool:
    """Whether a corpus is generated speech, by its name: synthetic-244fa18f5f, synthetic-meld.

    For a run without a confidence, which alone says it. A manifest synthetic_voices.csv is none.

    Args:
        name: of the corpus.
    """
    return name == "synthetic" or name.startswith("synthetic-")


def judgement_sentences(judgement: Judgement, corpus: str) -> list[str]:
    """What to print after the probabilities.

    Args:
        judgement: of one utterance.
        corpus: what `training_corpus` says, for a run that was not calibrated.
    """
    confidence = judgement.confidence
    if confidence is None:
        trained_on = corpus_phrase(corpus, is_generated(corpus))
        return [
            f"trained on: {trained_on}",
            "not calibrated: nothing tells how far these percentages can be trusted, nor whether "
            "the recording is like that corpus. Make it known: mcsan calibrate --run FOLDER",
        ]
    source, calibration = confidence.source, confidence.calibration
    trained_on = corpus_phrase(source.corpus, source.generated)
    lines = [f"{judgement.sentence()}", f"trained on: {trained_on}, {source.train:,d} utterances"]
    if judgement.sound:
        lines.append(_sound_sentence(judgement.sound))
    if judgement.words:
        lines.append(_words_sentence(judgement.words))
    lines.append(
        f"calibrated: at temperature {calibration.temperature:.2f}, on {source.valid:,d} other "
        f"utterances of that corpus (calibration error {calibration.error_before:.3f} before, "
        f"{calibration.error_after:.3f} after)"
    )
    return lines


def _sound_sentence(likeness: Likeness) -> str:
    return (
        f"sound: {likeness.verdict} what it was trained on (distance {likeness.distance:.2f}; "
        f"{1 - UNLIKE_SHARE:.0%} of that corpus lie within {likeness.beyond:.2f})"
    )


def _words_sentence(likeness: Likeness) -> str:
    said = f"words: {likeness.verdict} what it was trained on ({len(likeness.new)} of "
    said += f"{likeness.words} never met there"
    if likeness.new:
        named = list(dict.fromkeys(likeness.new))
        said += f", such as {', '.join(named[:_NAMED])}"
    return f"{said})"


def with_abstention(confidence: Confidence, abstain_below: float) -> Confidence:
    """The same with another threshold for answers.

    Args:
        confidence: what is kept of a run.
        abstain_below: no answer where the first class is less probable; 0 to 1.
    """
    calibration = replace(confidence.calibration, abstain_below=abstain_below)
    return replace(confidence, calibration=calibration)
