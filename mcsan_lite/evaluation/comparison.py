"""What lies between two rows on the same folds and seeds, with the interval that their kind of test part allows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.evaluation.pairing import paired, predictions
from mcsan_lite.evaluation.significance import Test, corrected_t


def gap(
    results: pd.DataFrame,
    a: str,
    b: str | None,
    metric: str,
    dialogues: Mapping[str, str] | None = None,
) -> Test | None:
    """a's score minus b's (b None: a's score itself); None where one of the two was not run.

    results: of one corpus and protocol. Several folds: `corrected_t`, seeds averaged within each. One test part: its
    predictions, drawn again by dialogue (by utterance where `dialogues`, id -> dialogue, does not say which), with the
    error of the seeds; without predictions the seeds alone. Raises DataError where the two are not paired.
    """
    names = (a,) if b is None else (a, b)
    if not set(names) <= set(results.name[results.model != "floor"]):
        return None
    grids = paired(results, names, a)
    scores = [
        grids[name].pivot(index="fold", columns="seed", values=metric).to_numpy() for name in names
    ]  # (folds, seeds)
    differences = scores[0] - scores[1] if b else scores[0]
    if len(differences) > 1:
        return corrected_t(differences, float((grids[a].n_test / grids[a].n_train).mean()))
    parts = [predictions(grids[name]) for name in names]
    if any(part is None for part in parts):
        return corrected_t(differences[0], 0)
    ids, true, predicted = parts[0]
    if b and not (ids.equals(parts[1][0]) and (true == parts[1][1]).all()):
        raise DataError(
            f"predictions of {a!r} and {b!r} on other utterances",
            "the same test part",
            "run both again.",
        )
    groups = np.array([(dialogues or {}).get(i) or i for i in ids])
    return over_seeds_and_clusters(true, predicted, parts[1][2] if b else None, groups, metric)
