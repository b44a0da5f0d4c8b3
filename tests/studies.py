"""Results with known gaps, and the studies that come of them."""

import numpy as np
import pandas as pd

from mcsan_lite.exercises.capstone import study as capstone

PLAN = {
    "claim": "w/o cross wa",
    "question": "Is MCSAN above w/o cross in WA?",
    "corpus": "toy",
    "protocol": "kfold10",
    "folds": 4,
    "seeds": 1,
    "chosen_on": "validation",
    "margin": 0.01,
    "margin_from": "a point is the convention",
    "test": "corrected t",
    "level": 0.05,
    "seen": "the table",
    "reproduced_if": "p for it is small",
    "differs_if": "p against it is small",
    "otherwise": "not distinguishable, or alike",
    "stop": "after all planned folds",
}


def grid_of(gaps, sd=0.01, folds=4):
    """Results of MCSAN and of rows that lie `gaps[row]` below it, sd apart over folds."""
    wave = np.resize([1.0, -1.0], folds)
    spread = sd * wave / wave.std(ddof=1)
    rows = []
    for name, gap in {"MCSAN": 0.0, **gaps}.items():
        for fold in range(folds):
            score = 0.8 - gap - (spread[fold] if gap else 0.0)
            rows.append({"name": name, "fold": f"kfold10-{fold}", "wa": score, "ua": score})
    constant = {"model": "mcsan", "corpus": "toy", "protocol": "kfold10", "split": "s"}
    return pd.DataFrame(rows).assign(**constant, run="r", seed=0, n_train=3200, n_test=400)


def made_study(gap, sd, others=("w/o self", "N = 2"), **changes):
    """The study of a gap between MCSAN and "w/o cross" whose folds deviate by sd."""
    results = grid_of({"w/o cross": gap, **dict.fromkeys(others, 0.02)}, sd)
    results["run"] = results.name
    plan = PLAN | changes
    return capstone.study_of(plan, capstone.seal(plan), results, generated=True)
