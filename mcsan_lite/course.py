"""What the course runs on: one way to open a corpus, and the runs that the lessons and the ceilings table share.

A lesson asks for a run; what is on disk is loaded, what is not is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mcsan_lite import paper
from mcsan_lite.corpus import Corpus, require_name
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.ceilings import ceilings
from mcsan_lite.datasets.synthetic import SyntheticConfig, make_synthetic, read_truth
from mcsan_lite.experiment import run_experiment
from mcsan_lite.stats import score_interval

# What the ceilings table shows, by world: a row of Table 3 beside the ceiling that it can be held against.
ROWS = {"matching": (("w/o audio", "text"), ("w/o text", "prosody"), ("w/o text", "audio"),
                     ("w/o cross", "both, unmatched"), ("MCSAN", "both")),
        "leaking": (("w/o cross", "both, unmatched"), ("MCSAN", "both"))}


def _synthetic(profile: str) -> SyntheticConfig:
    return paper.PROFILES[require_name(profile, paper.PROFILES, "profile")]["synthetic"]


def synthetic_folder(profile: str = "quick", *, data: Path | str = "data", world: str = "matching", jobs: int = 1,
                     **knobs) -> Path:
    """The folder of the profile's synthetic corpus, generated if it is not there."""
    return make_synthetic(data, replace(_synthetic(profile), world=world, **knobs), jobs=jobs)


def open_corpus(name: str = "synthetic", *, root: Path | str | None = None, profile: str = "quick",
                data: Path | str = "data", jobs: int = 1, strict: bool = True, **options) -> Corpus:
    """A corpus by name. `root` is its folder, by default data/<name>; the synthetic one is generated where missing.
    `options` are its reader's own: classes=4 for iemocap, defects=("recut",) for meld."""
    require_name(name, READERS, "corpus")
    if name == "synthetic":
        return READERS[name](root or synthetic_folder(profile, data=data, jobs=jobs))
    return READERS[name](root or Path(data) / name, strict=strict, **options)


def trained(rows: Sequence[str] = ("MCSAN",), *, corpus: Corpus, kind: str = "synthetic", profile: str = "quick",
            data: Path | str = "data", runs: Path | str = "runs", **how) -> pd.DataFrame:
    """Results of these Table 3 rows, a line a fold and seed with its folder; trained now where they are missing."""
    return run_experiment(paper.table3(profile, kind, rows=list(rows)), corpus, cache=Path(data) / "cache", runs=runs, **how)


def ceilings_table(profile: str = "quick", *, worlds: Sequence[str] = tuple(ROWS), seeds: Sequence[int] = (0,),
                   data: Path | str = "data", runs: Path | str = "runs", jobs: int = 1) -> pd.DataFrame:
    """For each world and view: the best accuracy possible, and what the trained model got, with a 95 % interval."""
    lines = []
    for world in worlds:
        config = replace(_synthetic(profile), world=world)
        if world == "leaking":  # more easily learned: two thirds of the utterances are enough
            config = replace(config, train=config.train * 2 // 3)
        folder = make_synthetic(data, config, jobs=jobs)
        corpus, truth = READERS["synthetic"](folder), read_truth(folder)
        best = ceilings(truth[truth.split == "test"], config)
        found = trained(tuple(dict(ROWS[world])), corpus=corpus, profile=profile, data=data, runs=runs, seeds=seeds,
                        jobs=jobs)
        for row, view in ROWS[world]:
            group = found[found.name == row]
            n = int(group.n_test.iloc[0])
            mean, low, high = score_interval(group.wa, n)
            lines.append({"world": world, "may use": view, "ceiling": best[view], "model": row, "WA": mean, "low": low,
                          "high": high, "seeds": len(group), "n": n, "seconds": group.seconds.mean()})
    return pd.DataFrame(lines)
