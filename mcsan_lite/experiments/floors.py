"""What classical models get on the same folds, and what is scored without hearing or reading.

In: a corpus, its folds and features. Out: results with one row per floor and fold, kept on disk
like those of networks; `mcsan floors` prints them.

A network below its floor has a bug or nothing to learn from. A floor that knows only where an
utterance comes from, and is far above the majority class, says how much of any score on this split
may be recognition of the scene or the speaker: it is a leak meter.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mcsan_lite.cache import key, write_atomic
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.datasets.splits import Fold
from mcsan_lite.datasets.synthetic.order import generated_folder, order_numbers, truth_of
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation import metrics
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.functionals import audio_statistics
from mcsan_lite.parallel.jobs import fan_out
from mcsan_lite.parallel.progress import Progress
from mcsan_lite.tables.spelling import composed, plain
from mcsan_lite.training.code.key import code_key
from mcsan_lite.training.run_folder import load_results
from mcsan_lite.training.runner import RunOptions
from mcsan_lite.training.saved.result import result_is_there
from mcsan_lite.training.spec import corpus_label


def punctuation(text: str) -> dict[str, float]:
    """Length and marks of a text, without a word of it.

    Returns:
        The log of letters and of words, the share of capitals, and how often each mark occurs.
    """
    text = plain(text)
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text))
    return {
        "letters": np.log1p(letters),
        "words": np.log1p(len(text.split())),
        "capitals": capitals / max(1, letters),
        "digits": sum(map(str.isdigit, text)),
        "...": text.count("..."),
        **{mark: text.count(mark) for mark in string.punctuation},
    }


def _no_input(utterance: Utterance, features: Features) -> tuple[float]:
    return (0.0,)


def _scenario(utterance: Utterance, features: Features) -> dict[str, str]:
    return {"scenario": utterance.scenario}


def _speaker(utterance: Utterance, features: Features) -> dict[str, str]:
    return {"speaker": utterance.speaker}


def _dialogue_and_speaker(utterance: Utterance, features: Features) -> dict[str, str]:
    pair = f"{utterance.dialogue}\t{utterance.speaker}"
    return {"dialogue": utterance.dialogue, "speaker": utterance.speaker, "pair": pair}


def _punctuation(utterance: Utterance, features: Features) -> dict[str, float]:
    return punctuation(utterance.text)


def _pooled_vectors(utterance: Utterance, features: Features) -> np.ndarray:
    mean, largest = features.text.mean(0), features.text.max(0)
    return np.concatenate((mean, largest))  # (L, V) -> (2 V,)


def _text(utterance: Utterance, features: Features) -> str:
    return composed(utterance.text).strip() or "<empty>"  # as in words.tokenize


def _mfcc_statistics(utterance: Utterance, features: Features) -> np.ndarray:
    return audio_statistics(features.audio)


# What each floor may see of an utterance; "majority" sees nothing.
FLOOR_INPUTS: dict[str, Callable[[Utterance, Features], object]] = {
    "majority": _no_input,
    "scenario only": _scenario,
    "speaker only": _speaker,
    "dialogue + speaker only": _dialogue_and_speaker,
    "length + punctuation only": _punctuation,
    "pooled word vectors + LR": _pooled_vectors,
    "TF-IDF + LR": _text,
    "MFCC statistics + LR": _mfcc_statistics,
    "MFCC statistics + SVM": _mfcc_statistics,
}
# A generated corpus knows where something is stressed. This floor reads it there, without
# recognising a sound.
ORDER_ALONE = "order alone + boosted trees"
FLOORS = (*FLOOR_INPUTS, ORDER_ALONE)
# Utterances that the SVM is trained on, drawn once. Its time grows with their square, to minutes
# per fold at 6,000.
_SVM_AT_MOST = 3000


def _candidates(name: str) -> list:
    """The models among which the validation part chooses."""
    if name == "majority":
        return [DummyClassifier()]
    if name.endswith("only"):
        return [_name_model(c, scaled="punctuation" in name) for c in (1.0, 10.0)]
    if name == ORDER_ALONE:
        return [_boosted_trees(calm=True), _boosted_trees(calm=False)]
    if name == "TF-IDF + LR":
        strengths, model = (1.0, 4.0), _tfidf_model
    elif name.endswith("LR"):
        strengths, model = (0.01, 0.1), _number_model
    else:
        return [_svm(c) for c in (3.0, 10.0)]
    return [model(c, weight) for c in strengths for weight in (None, "balanced")]


def _boosted_trees(*, calm: bool):
    """Where order tells little, a careful model is best, where it tells all a close-fitting one."""
    if calm:
        return HistGradientBoostingClassifier(
            max_leaf_nodes=8, max_iter=60, learning_rate=0.05, min_samples_leaf=60, random_state=0
        )
    return HistGradientBoostingClassifier(max_leaf_nodes=31, max_iter=150, random_state=0)


def _svm(c: float):
    return make_pipeline(StandardScaler(), SVC(C=c, gamma="scale"))


def _name_model(c: float, *, scaled: bool):
    steps = [DictVectorizer()]
    if scaled:
        steps.append(StandardScaler(with_mean=False))
    return make_pipeline(*steps, LogisticRegression(C=c, max_iter=2000))


def _tfidf_model(c: float, weight: str | None):
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    classifier = LogisticRegression(C=c, max_iter=500, class_weight=weight)
    return make_pipeline(make_union(words, letters), classifier)


def _number_model(c: float, weight: str | None):
    classifier = LogisticRegression(C=c, max_iter=2000, class_weight=weight)
    return make_pipeline(StandardScaler(), classifier)


def applicable_floors(corpus: Corpus, features: Sequence[Features]) -> list[str]:
    """The floors that a corpus has the input for, in the order of `FLOORS`.

    Args:
        corpus: with scenarios, speakers and dialogues, where they are known.
        features: of its utterances; without any, only floors of names are applicable.
    """
    utterances = corpus.utterances
    speakers = {one.speaker for one in utterances}
    turns = {(one.dialogue, one.speaker) for one in utterances}
    # A dialogue of one utterance, or of one speaker, says nothing beyond itself.
    dialogues_tell = len(speakers) < len(turns) < len(utterances)
    has_audio = any(len(one.audio) for one in features)
    has_text = len({one.tokens for one in features}) > 1
    has_input = {
        "majority": True,
        "scenario only": len({one.scenario for one in utterances}) > 1,
        "speaker only": len(speakers) > 1,
        "dialogue + speaker only": dialogues_tell and all(one.dialogue for one in utterances),
        "MFCC statistics + LR": has_audio,
        "MFCC statistics + SVM": has_audio,
        ORDER_ALONE: generated_folder(corpus) is not None,
    }
    return [name for name in FLOORS if has_input.get(name, has_text)]


def floor_inputs(name: str, corpus: Corpus, features: Sequence[Features]) -> dict[str, object]:
    """What a floor may see of every utterance, by id.

    Args:
        name: one of `FLOORS`.
        corpus: the utterances.
        features: of some of them; those of other utterances are left out.
    """
    utterance_of = {one.id: one for one in corpus.utterances}
    if name == ORDER_ALONE:
        numbers = order_numbers(truth_of(corpus))
        return {one.id: numbers[one.id] for one in features if one.id in utterance_of}
    see = FLOOR_INPUTS[name]
    inputs = {}
    for one in features:
        if one.id in utterance_of:
            inputs[one.id] = see(utterance_of[one.id], one)
    return inputs


@dataclass(frozen=True)
class _Part:
    """One part of a fold as scikit-learn takes it."""

    inputs: list
    classes: np.ndarray  # (N,) class numbers

    def __len__(self) -> int:
        return len(self.inputs)


def score_floor(
    name: str,
    corpus: Corpus,
    fold: Fold,
    inputs: Mapping[str, object],
    select: str = "wa",
) -> dict[str, object]:
    """Score one floor on one fold's test part.

    Args:
        name: one of `FLOORS`.
        corpus: the utterances and their labels.
        fold: the ids of its three parts.
        inputs: what the floor may see of every utterance, by id; an utterance that is not there
            takes no part.
        select: the score that chooses the regularisation on the validation part.

    Returns:
        Scores and counts, as a network's metrics.json has them.

    Raises:
        DataError: where a part is empty, or where there is a single class to train on.
    """
    require_name(name, FLOORS, "floor")
    number_of = {one.id: corpus.labels.index(one.label) for one in corpus.utterances}

    def part(ids: Sequence[str]) -> _Part:
        known = [i for i in ids if i in inputs]
        classes = [number_of[i] for i in known]
        return _Part([inputs[i] for i in known], np.array(classes))

    train = part(fold.train)
    valid = part(fold.valid)
    test = part(fold.test)
    _require_parts(corpus, fold, (train, valid, test))
    if name.endswith("SVM") and len(train) > _SVM_AT_MOST:
        train = _drawn(train)
    fitted = [model.fit(train.inputs, train.classes) for model in _candidates(name)]
    score = getattr(metrics, select)

    def valid_score(model) -> float:
        return score(valid.classes, model.predict(valid.inputs))

    predicted = max(fitted, key=valid_score).predict(test.inputs)
    return {
        "name": name,
        "model": "floor",
        "corpus": corpus_label(corpus),
        "protocol": fold.protocol,
        "fold": fold.name,
        "split": splits.digest([fold]),
        "seed": 0,
        "n_train": len(train),
        "n_test": len(test),
        "parameters": 0,
        **metrics.scores(test.classes, predicted, classes=len(corpus.labels)),
    }


def _drawn(train: _Part) -> _Part:
    """As many utterances as the SVM is trained on, drawn at random with a fixed seed."""
    random = np.random.default_rng(0)
    drawn = random.permutation(len(train))[:_SVM_AT_MOST]
    inputs = [train.inputs[i] for i in drawn]
    return _Part(inputs, train.classes[drawn])


def _require_parts(corpus: Corpus, fold: Fold, parts: Sequence[_Part]) -> None:
    classes = len(np.unique(parts[0].classes))
    if all(len(part) for part in parts) and classes > 1:
        return
    sizes = " / ".join(str(len(part)) for part in parts)
    raise DataError(
        f"fold {fold.name} of {corpus.name} with {sizes} utterances that have features to train, "
        f"choose and test on, {classes} classes to train on",
        "all three parts filled, and two classes",
        "take another protocol, or more data.",
    )


def floors_table(
    corpus: Corpus,
    folds: Sequence[Fold],
    features: Sequence[Features],
    select: str = "wa",
    *,
    names: Sequence[str] = FLOORS,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Score the floors that the corpus has the input for. What is on disk is not done again.

    Args:
        corpus: the utterances and their labels.
        folds: to score them on.
        features: of the corpus.
        select: the score that chooses the regularisation on the validation part.
        names: those that are wanted.
        options: where results are kept, and processes side by side.

    Returns:
        One row per floor and fold.

    Raises:
        DataError: where the corpus has the input for none of `names`.
    """
    runs = Path(options.runs)
    splits.keep(corpus, folds, runs)
    made_of = _key_of(corpus, features, select)
    folders, tasks = [], []
    for name in applicable_floors(corpus, features):
        if name not in names:
            continue
        slug = re.sub("[^a-z]+", "-", name.lower())
        home = runs / f"floor-{slug}-{made_of}"
        inputs = None
        for fold in folds:
            folder = home / f"{fold.name}-{splits.digest([fold])[:4]}-seed0"
            folders.append(folder)
            if result_is_there(folder):
                continue
            if inputs is None:
                inputs = floor_inputs(name, corpus, features)  # once for all folds
            tasks.append((folder, name, corpus, fold, inputs, select))
    fan_out(_score_and_write, tasks, jobs=options.jobs, progress=Progress("floors"))
    return load_results(runs, folders)


def _key_of(corpus: Corpus, features: Sequence[Features], select: str) -> str:
    """The digits of all that changes a floor's score, the folds apart."""
    arrays = hashlib.sha256()
    for one in features:
        arrays.update(one.audio.tobytes() + one.text.tobytes())
    code = code_key(score_floor, floor_inputs)
    digits = key(code, corpus.fingerprint(), arrays.hexdigest(), select)
    return digits[:8]


def _score_and_write(
    folder: Path,
    name: str,
    corpus: Corpus,
    fold: Fold,
    inputs: Mapping[str, object],
    select: str,
) -> None:
    start = time.perf_counter()
    result = score_floor(name, corpus, fold, inputs, select)
    result["seconds"] = round(time.perf_counter() - start, 1)
    text = json.dumps(result, indent=1)
    write_atomic(folder / "metrics.json", lambda part: part.write_text(text, encoding="utf-8"))
