"""The best possible scores on the synthetic corpus, beside what a trained model got.

In: a profile and seeds. Out: a data frame with one row per world and view. `mcsan ceilings` prints
it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.experiments.corpora import synthetic_config
from mcsan_lite.experiments.grids import trained
from mcsan_lite.training.runner import RunOptions

# By world: a row of Table 3, and the view whose ceiling it can be held against.
VIEWS_OF_ROWS = {
    "matching": (
        ("w/o audio", "text"),
        ("w/o text", "prosody"),
        ("w/o text", "audio"),
        ("w/o cross", "both, unmatched"),
        ("MCSAN", "both, in order"),
        ("MCSAN", "both"),
    ),
    "leaking": (("w/o cross", "both, unmatched"), ("MCSAN", "both")),
}
WORLDS = tuple(VIEWS_OF_ROWS)


def ceilings_table(
    profile: str = "quick",
    *,
    worlds: Sequence[str] = WORLDS,
    seeds: Sequence[int] = (0,),
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """The best accuracy possible for each world and view, and what the trained model got.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        worlds: some of `WORLDS`.
        seeds: one training per row for each.
        options: where and with what to compute.

    Returns:
        One row per world and view: the ceiling, the WA of the model with its 95 % interval, n.
    """
    tables = [_table_of_world(world, profile, seeds, options) for world in worlds]
    return pd.concat(tables, ignore_index=True)


def _table_of_world(
    world: str, profile: str, seeds: Sequence[int], options: RunOptions
) -> pd.DataFrame:
    config = synthetic_config(profile, world)
    folder = make_synthetic(options.data, config, jobs=options.jobs)
    truth = read_truth(folder)
    ceiling_of = bayes_ceilings(truth[truth.split == "test"], config)
    # The longest training first, so that no core is idle at the end.
    names = dict.fromkeys(row for row, _ in reversed(VIEWS_OF_ROWS[world]))
    results = trained(
        tuple(names),
        corpus=read_synthetic(folder),
        profile=profile,
        seeds=seeds,
        options=options,
    )
    rows = []
    for name, view in VIEWS_OF_ROWS[world]:
        group = results[results.name == name]
        n = int(group.n_test.iloc[0])
        mean, low, high = score_interval(group.wa, n)
        rows.append(
            {
                "world": world,
                "may use": view,
                "ceiling": ceiling_of[view],
                "model": name,
                "WA": mean,
                "low": low,
                "high": high,
                "seeds": len(group),
                "n": n,
                "seconds": group.seconds.mean(),
            }
        )
    return pd.DataFrame(rows)
