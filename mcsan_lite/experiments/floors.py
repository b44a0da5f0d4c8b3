"""What classical models get on the same fold, and what is scored without hearing or reading anything: the leak meter.

A network below its floor has a bug or nothing to learn from. A floor that knows only where an utterance comes from, and is
far above the majority class, says how much of any score on this split may be recognition of the scene or the speaker.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
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
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation import metrics
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.functionals import audio_statistics
from mcsan_lite.features.words import PLAIN
from mcsan_lite.parallel import Progress, fan_out
from mcsan_lite.training.code_key import code_key
from mcsan_lite.training.runner import RunOptions, load_results


def punctuation(text: str) -> dict[str, float]:
    """Length and marks, without a word: log of letters and of words, share of capitals, and how often each mark occurs."""
    text = text.translate(PLAIN)
    letters = sum(map(str.isalpha, text))
    return {
        "letters": np.log1p(letters),
        "words": np.log1p(len(text.split())),
        "capitals": sum(map(str.isupper, text)) / max(1, letters),
        "digits": sum(map(str.isdigit, text)),
        "...": text.count("..."),
        **{mark: text.count(mark) for mark in string.punctuation},
    }


# What each floor may see of an utterance; "majority" sees nothing.
INPUTS: dict[str, Callable[[Utterance, Features], object]] = {
    "majority": lambda u, f: (0.0,),
    "scenario only": lambda u, f: {"scenario": u.scenario},
    "speaker only": lambda u, f: {"speaker": u.speaker},
    "dialogue + speaker only": lambda u, f: {
        "dialogue": u.dialogue,
        "speaker": u.speaker,
        "pair": f"{u.dialogue}\t{u.speaker}",
    },
    "length + punctuation only": lambda u, f: punctuation(u.text),
    "pooled word vectors + LR": lambda u, f: np.concatenate((f.text.mean(0), f.text.max(0))),
    "TF-IDF + LR": lambda u, f: u.text.strip() or "<empty>",  # as in words.tokenize
    "MFCC statistics + LR": lambda u, f: audio_statistics(f.audio),
    "MFCC statistics + SVM": lambda u, f: audio_statistics(f.audio),
}
FLOORS = tuple(INPUTS)
SVM_AT_MOST = 3000  # utterances to train it on, drawn once: its time grows with their square, to minutes a fold at 6,000


def _candidates(name: str) -> list:
    """The models among which the validation part chooses."""
    if name == "majority":
        return [DummyClassifier()]
    if name.endswith("only"):
        scale = [StandardScaler(with_mean=False)] if "punctuation" in name else []
        return [
            make_pipeline(DictVectorizer(), *scale, LogisticRegression(C=c, max_iter=2000))
            for c in (1.0, 10.0)
        ]
    if name == "TF-IDF + LR":
        grams = make_union(
            TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
        )
        return [
            make_pipeline(grams, LogisticRegression(C=c, max_iter=500, class_weight=weight))
            for c in (1.0, 4.0)
            for weight in (None, "balanced")
        ]
    if name.endswith("LR"):
        return [
            make_pipeline(
                StandardScaler(), LogisticRegression(C=c, max_iter=2000, class_weight=weight)
            )
            for c in (0.01, 0.1)
            for weight in (None, "balanced")
        ]
    return [make_pipeline(StandardScaler(), SVC(C=c, gamma="scale")) for c in (3.0, 10.0)]


def applicable(corpus: Corpus, data: Sequence[Features]) -> list[str]:
    """The floors that this corpus has the input for, in the order of FLOORS."""
    us = corpus.utterances
    has = {
        "majority": True,
        "scenario only": len({u.scenario for u in us}) > 1,
        "speaker only": len({u.speaker for u in us}) > 1,
        # a dialogue of one utterance, or of one speaker, says nothing beyond itself
        "dialogue + speaker only": all(u.dialogue for u in us)
        and len({u.speaker for u in us}) < len({(u.dialogue, u.speaker) for u in us}) < len(us),
    }
    has_text, has_audio = len({f.tokens for f in data}) > 1, any(len(f.audio) for f in data)
    return [name for name in FLOORS if has.get(name, has_audio if "MFCC" in name else has_text)]


def floor(
    name: str, corpus: Corpus, fold: Fold, inputs: Mapping[str, object], select: str = "wa"
) -> dict[str, float]:
    """Scores of one floor on one fold's test part; its regularisation is chosen on the validation part by `select`.

    `inputs`: what it may see of every utterance, by id; an utterance that is not there takes no part. Raises DataError
    where that leaves a part empty, or a single class to train on.
    """
    require_name(name, FLOORS, "floor")
    label_of = {u.id: corpus.labels.index(u.label) for u in corpus.utterances}
    parts = [[i for i in ids if i in inputs] for ids in (fold.train, fold.valid, fold.test)]
    x = [[inputs[i] for i in ids] for ids in parts]
    y = [np.array([label_of[i] for i in ids]) for ids in parts]
    if not all(map(len, y)) or len(np.unique(y[0])) < 2:
        n = " / ".join(str(len(part)) for part in y)
        raise DataError(
            f"fold {fold.name} of {corpus.name} with {n} utterances that have features to train, choose and "
            f"test on, {len(np.unique(y[0]))} classes to train on",
            "all three parts filled, and two classes",
            "take another protocol, or more data.",
        )
    if name.endswith("SVM") and len(y[0]) > SVM_AT_MOST:
        some = np.random.default_rng(0).permutation(len(y[0]))[:SVM_AT_MOST]
        x[0], y[0] = [x[0][i] for i in some], y[0][some]
    fitted = [model.fit(x[0], y[0]) for model in _candidates(name)]
    best = max(fitted, key=lambda model: getattr(metrics, select)(y[1], model.predict(x[1])))
    return {
        "name": name,
        "model": "floor",
        "corpus": corpus.name,
        "protocol": fold.protocol,
        "fold": fold.name,
        "split": splits.digest([fold]),
        "seed": 0,
        "n_train": len(y[0]),
        "n_test": len(y[2]),
        "parameters": 0,
        **metrics.scores(y[2], best.predict(x[2]), classes=len(corpus.labels)),
    }


def _write(
    folder: Path, name: str, corpus: Corpus, fold: Fold, inputs: Mapping[str, object], select: str
) -> None:
    start = time.perf_counter()
    found = floor(name, corpus, fold, inputs, select) | {
        "seconds": round(time.perf_counter() - start, 1)
    }
    write_atomic(folder / "metrics.json", lambda p: p.write_text(json.dumps(found, indent=1)))


def inputs_of(name: str, corpus: Corpus, data: Sequence[Features]) -> dict[str, object]:
    """What the floor `name` may see of every utterance, by id."""
    utterance = {u.id: u for u in corpus.utterances}
    return {f.id: INPUTS[name](utterance[f.id], f) for f in data if f.id in utterance}


def floors(
    corpus: Corpus,
    folds: Sequence[Fold],
    data: Sequence[Features],
    select: str = "wa",
    *,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """All floors that the corpus has the input for, a row a floor × fold. What is on disk below `runs` is not done again."""
    arrays = hashlib.sha256()
    for f in data:
        arrays.update(f.audio.tobytes() + f.text.tobytes())
    code = code_key(floor, inputs_of)
    made_by = key(code, corpus.fingerprint(), arrays.hexdigest(), select)[:8]
    runs = Path(options.runs)
    splits.keep(corpus, folds, runs)
    todo, folders, inputs = [], [], {}
    for name in applicable(corpus, data):
        home = runs / f"floor-{re.sub('[^a-z]+', '-', name.lower())}-{made_by}"
        for fold in folds:
            folders.append(home / f"{fold.name}-{splits.digest([fold])[:4]}-seed0")
            if not (folders[-1] / "metrics.json").exists():
                if name not in inputs:  # once for all folds
                    inputs[name] = inputs_of(name, corpus, data)
                todo.append((folders[-1], name, corpus, fold, inputs[name], select))
    fan_out(_write, todo, jobs=options.jobs, progress=Progress("floors"))
    return load_results(runs, folders)
