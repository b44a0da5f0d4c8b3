"""The best possible scores of the synthetic corpus, and what a trained model got beside each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.synthetic.ceilings import ceilings
from mcsan_lite.datasets.synthetic.generator import make_synthetic, read_truth
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.experiments.corpora import synthetic_config
from mcsan_lite.experiments.grids import trained
from mcsan_lite.training.runner import RunOptions

# What the ceilings table shows, by world: a row of Table 3 beside the ceiling that it can be held against.
ROWS = {
    "matching": (
        ("w/o audio", "text"),
        ("w/o text", "prosody"),
        ("w/o text", "audio"),
        ("w/o cross", "both, unmatched"),
        ("MCSAN", "both"),
    ),
    "leaking": (("w/o cross", "both, unmatched"), ("MCSAN", "both")),
}


def ceilings_table(
    profile: str = "quick",
    *,
    worlds: Sequence[str] = tuple(ROWS),
    seeds: Sequence[int] = (0,),
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """For each world and view: the best accuracy possible, and what the trained model got, with a 95 % interval."""
    lines = []
    for world in worlds:
        config = synthetic_config(profile, world)
        folder = make_synthetic(options.data, config, jobs=options.jobs)
        corpus, truth = READERS["synthetic"](folder), read_truth(folder)
        best = ceilings(truth[truth.split == "test"], config)
        found = trained(
            tuple(dict(ROWS[world])),
            corpus=corpus,
            profile=profile,
            seeds=seeds,
            options=options,
        )
        for row, view in ROWS[world]:
            group = found[found.name == row]
            n = int(group.n_test.iloc[0])
            mean, low, high = score_interval(group.wa, n)
            lines.append(
                {
                    "world": world,
                    "may use": view,
                    "ceiling": best[view],
                    "model": row,
                    "WA": mean,
                    "low": low,
                    "high": high,
                    "seeds": len(group),
                    "n": n,
                    "seconds": group.seconds.mean(),
                }
            )
    return pd.DataFrame(lines)
