"""One condition: the chosen utterances under one stress, given to every run.

In: a `Trial`, which says who is tested and on what, and a condition. Out: probabilities of every
run. All that is random is seeded by the stress and the utterance alone: neither the number of jobs
nor the other utterances change anything, and a stress at a higher level adds to what it did at a
lower one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.experiments.stress.conditions import Condition, Stress
from mcsan_lite.features.alignment import proportional
from mcsan_lite.features.audio import load_audio
from mcsan_lite.features.extraction import FeatureConfig, Features, extract, heard_seconds, mfcc
from mcsan_lite.features.language import stressed as language
from mcsan_lite.training.inference import Trained, load_run
from mcsan_lite.training.loop import predict


class StressedRun(NamedTuple):
    """One training that is put under stress.

    Attributes:
        name: of the model; trainings of one name are seeds of it.
        seed: of its training.
        path: a fold's folder or a safetensors file.
    """

    name: str
    seed: int
    path: Path


@dataclass(frozen=True)
class Trial:
    """Who is tested, and on what.

    Attributes:
        runs: the trainings.
        corpus: the chosen utterances, no others.
        nearest: the word that each word is misheard as.
        seed: of all that is random.
        cache: folder of features.
        vectors: the word vectors of the trainings, where they do not find them.
    """

    runs: tuple[StressedRun, ...]
    corpus: Corpus
    nearest: Mapping[str, str]
    seed: int = 0
    cache: Path | str = "data/cache"
    vectors: str | None = None


class StressOutcome(NamedTuple):
    """What came of one condition.

    Attributes:
        prob: (runs, n, C), the classes in the order of the corpus.
        changed: the share of utterances whose sound or words are others than before.
    """

    prob: np.ndarray
    changed: float


def run_condition(trial: Trial, condition: Condition) -> StressOutcome:
    """The probabilities of every run under one condition.

    Args:
        trial: the runs and the utterances.
        condition: the stress and its level.

    Raises:
        DataError: for a run or a clip that cannot be used.
    """
    corpus = stressed_corpus(trial, condition)
    before = {one.id: one for one in trial.corpus.utterances}
    hits_sound = condition.stress is not None and condition.stress.hits == "sound"
    other = [one != before[one.id] for one in corpus.utterances]
    changed = 1.0 if hits_sound else float(np.mean(other))
    made: dict[str, list[Features]] = {}
    found = []
    for one in trial.runs:
        run = load_run(one.path, vectors=trial.vectors).without_word_times()
        settings = repr(run.features)
        if settings not in made:
            made[settings] = _features(trial, corpus, condition, run.features)
        found.append(probabilities_of(run, made[settings], corpus.labels))
    return StressOutcome(np.stack(found), changed)


def probabilities_of(
    run: Trained, features: Sequence[Features], labels: Sequence[str]
) -> np.ndarray:
    """(n, C): what a run says of features that are not normalised yet.

    Args:
        run: the training.
        features: n utterances.
        labels: the order of the columns; the same classes as the run's own.
    """
    columns = [run.labels.index(label) for label in labels]
    return predict(run.model, run.prepare(features), run.labels).prob[:, columns]


def stressed_corpus(trial: Trial, condition: Condition) -> Corpus:
    """The utterances with what the stress does to their words, or to which streams there are.

    Args:
        trial: the utterances.
        condition: the stress and its level; one of sound leaves all as it is.
    """
    if condition.stress is None or condition.stress.hits == "sound":
        return trial.corpus
    utterances = tuple(_respelled(one, condition, trial) for one in trial.corpus.utterances)
    return replace(trial.corpus, utterances=utterances)


def _respelled(one: Utterance, condition: Condition, trial: Trial) -> Utterance:
    name, level = condition.stress.name, condition.level
    rng = generator_of(condition.stress, one.id, trial.seed)
    if name == "no sound":
        return replace(one, audio=None)
    texts = {
        "no words": lambda: "",
        "no punctuation": lambda: language.without_punctuation(one.text),
        "words dropped": lambda: language.with_words_dropped(one.text, level, rng),
        "words misheard": lambda: language.with_words_misheard(one.text, level, rng, trial.nearest),
    }
    return replace(one, text=texts[name]())


def generator_of(stress: Stress, utterance: str, seed: int) -> np.random.Generator:
    """What draws for one stress and one utterance; the same at every level.

    Args:
        stress: its name counts.
        utterance: the id.
        seed: of the trial.
    """
    return np.random.default_rng(zlib.crc32(f"{seed} {stress.name} {utterance}".encode()))


def _features(
    trial: Trial, corpus: Corpus, condition: Condition, config: FeatureConfig
) -> list[Features]:
    """The features of every utterance, not yet normalised."""
    features, _ = extract(corpus, config, cache=trial.cache)
    if condition.stress is None or condition.stress.hits != "sound":
        return features
    return [
        _with_stressed_sound(one, clip, condition, config, trial.seed)
        for one, clip in zip(features, corpus.utterances, strict=True)
    ]


def _with_stressed_sound(
    one: Features, clip: Utterance, condition: Condition, config: FeatureConfig, seed: int
) -> Features:
    """The same words with another sound. Aligned words are placed in it anew, by their letters."""
    if clip.audio is None:
        return one
    seconds = heard_seconds(config, clip.max_s)
    signal = load_audio(clip.audio, config.sample_rate, max_s=seconds)
    rng = generator_of(condition.stress, clip.id, seed)
    sound = condition.stress.change(signal, config.sample_rate, condition.level, rng)
    frames, spans = mfcc(sound, config), one.spans
    if config.align != "none":
        spans = proportional(frames, one.tokens, hop_s=config.hop_s, n_mels=config.n_mels)
    return replace(one, audio=frames, spans=spans)
