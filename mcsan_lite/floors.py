"""What a classical model gets on the same fold. A network that is below its floor has a bug or nothing to learn from."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mcsan_lite import metrics
from mcsan_lite.cache import key, write_atomic
from mcsan_lite.corpus import Corpus, require_name
from mcsan_lite.experiment import load_results
from mcsan_lite.fanout import fan_out
from mcsan_lite.features import Features
from mcsan_lite.splits import Fold

FLOORS = ("majority", "pooled word vectors + LR", "TF-IDF + LR", "MFCC statistics + SVM")


def audio_statistics(audio: np.ndarray) -> np.ndarray:
    """Mean, deviation, five percentiles and mean absolute change of every coefficient: (T, F) -> (8 F,)."""
    change = np.abs(np.diff(audio, axis=0)).mean(0) if len(audio) > 1 else np.zeros(audio.shape[1])
    return np.concatenate([audio.mean(0), audio.std(0), *np.percentile(audio, (5, 25, 50, 75, 95), axis=0), change])


def _candidates(name: str) -> list:
    if name == "majority":
        return [DummyClassifier()]
    if name == "TF-IDF + LR":
        grams = make_union(TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True),
                           TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True))
        return [make_pipeline(grams, LogisticRegression(C=c, max_iter=500, class_weight=weight))
                for c in (1.0, 4.0) for weight in (None, "balanced")]
    if name == "pooled word vectors + LR":
        return [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000, class_weight=weight))
                for c in (0.01, 0.1) for weight in (None, "balanced")]
    return [make_pipeline(StandardScaler(), SVC(C=c, gamma="scale")) for c in (3.0, 10.0)]


def floor(name: str, corpus: Corpus, fold: Fold, data: Sequence[Features], select: str = "wa") -> dict[str, float]:
    """Scores of one floor on one fold's test part; its regularisation is chosen on the validation part by `select`."""
    require_name(name, FLOORS, "floor")
    by_id, text_of = {f.id: f for f in data}, {u.id: u.text for u in corpus.utterances}

    def inputs(ids: Sequence[str]):
        if name == "TF-IDF + LR":
            return [text_of[i] for i in ids]
        if name == "MFCC statistics + SVM":
            return np.stack([audio_statistics(by_id[i].audio) for i in ids])
        return np.stack([np.concatenate((by_id[i].text.mean(0), by_id[i].text.max(0))) for i in ids])

    parts = [[i for i in ids if i in by_id] for ids in (fold.train, fold.valid, fold.test)]
    x = [inputs(ids) for ids in parts]
    y = [np.array([corpus.labels.index(by_id[i].label) for i in ids]) for ids in parts]
    fitted = [model.fit(x[0], y[0]) for model in _candidates(name)]
    best = max(fitted, key=lambda model: getattr(metrics, select)(y[1], model.predict(x[1])))
    return {"name": name, "model": "floor", "corpus": corpus.name, "protocol": fold.name.rsplit("-", 1)[0],
            "fold": fold.name, "seed": 0, "n_train": len(y[0]), "n_test": len(y[2]), "parameters": 0,
            **metrics.scores(y[2], best.predict(x[2]), classes=len(corpus.labels))}


def _write(folder: Path, name: str, corpus: Corpus, fold: Fold, data: Sequence[Features], select: str) -> None:
    start = time.perf_counter()
    found = floor(name, corpus, fold, data, select) | {"seconds": round(time.perf_counter() - start, 1)}
    write_atomic(folder / "metrics.json", lambda p: p.write_text(json.dumps(found, indent=1)))


def floors(corpus: Corpus, folds: Sequence[Fold], data: Sequence[Features], select: str = "wa", *, runs: Path | str = "runs",
           jobs: int = 1) -> pd.DataFrame:
    """All floors that the corpus has the input for, a row a floor × fold. What is on disk below `runs` is not done again."""
    has_audio = any(len(f.audio) for f in data)
    has_text = len({f.tokens for f in data}) > 1
    names = [n for n in FLOORS if (has_audio or "MFCC" not in n) and (has_text or n in ("majority", FLOORS[-1]))]
    arrays = hashlib.sha256()
    for f in data:
        arrays.update(f.audio.tobytes() + f.text.tobytes())
    made_by = key(inspect.getsource(sys.modules[__name__]), corpus.fingerprint(), arrays.hexdigest(), select)[:8]
    home = {name: Path(runs) / f"floor-{re.sub('[^a-z]+', '-', name.lower())}-{made_by}" for name in names}
    todo = [(home[name] / f"{fold.name}-seed0", name, corpus, fold, data, select) for name in names for fold in folds]
    fan_out(_write, [item for item in todo if not (item[0] / "metrics.json").exists()], jobs=jobs, desc="floors")
    return load_results(runs, [item[0] for item in todo])
