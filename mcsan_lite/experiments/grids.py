"""What the course runs on: one way to open a corpus, and the runs that the lessons and the ceilings table share.

A lesson asks for a run; what is on disk is loaded, what is not is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.errors import DataError
from mcsan_lite.experiments.corpora import grid_corpus
from mcsan_lite.features.alignment import LACKING, mostly_timed
from mcsan_lite.models import MODELS
from mcsan_lite.paper import ambiguities, profiles, table_rows
from mcsan_lite.training.runner import RunOptions, load_results, run_experiment
from mcsan_lite.training.spec import Spec

RESULTS = Path(__file__).parents[2] / "results"


def programme(
    table: str, corpus: Corpus, profile: str = "quick", kind: str = "synthetic", **how
) -> list[Spec]:
    """The specs of "table1", "table2", "table3" or "ambiguities" on this corpus; `how` is that of `paper.table3`."""
    if table in table_rows.RIVAL_ROWS:
        found = corpus.utterances
        return table_rows.runnable_specs(
            table_rows.rival_specs(table, profile, kind, **how),
            video=sum(u.video is None for u in found) <= LACKING * len(found),
            word_times=any(u.words for u in found) and mostly_timed(found),
        )
    return {"table3": table_rows.table3_specs, "ambiguities": ambiguities.ambiguity_specs}[table](
        profile, kind, **how
    )


def finished(specs: Sequence[Spec], corpus: Corpus, runs: Path | str = "runs") -> pd.DataFrame:
    """What is finished of these specs, from disk; nothing is trained. Raises DataError where nothing is."""
    homes = _homes(specs, corpus, runs)
    found = [file.parent for home in homes for file in sorted(home.glob("*/metrics.json"))]
    if not found:
        raise DataError(
            f"no finished run of {', '.join(spec.name for spec in specs)} on {corpus.name} below {runs}",
            "trained folds",
            "mcsan run, with the same table, corpus, protocol and profile",
        )
    return load_results(runs, found)


def _homes(specs: Sequence[Spec], corpus: Corpus, runs: Path | str) -> list[Path]:
    """The folder of each spec's run."""
    parts = {
        protocol: splits.folds(corpus, protocol) for protocol in {spec.protocol for spec in specs}
    }
    return [
        spec.folder(corpus, Path(runs), MODELS[spec.model], parts[spec.protocol]) for spec in specs
    ]


def grid_results(
    table: str = "table3",
    profile: str = "quick",
    *,
    rows: int | None = None,
    options: RunOptions = RunOptions(),
) -> tuple[pd.DataFrame, str]:
    """Results of a table's grid on the synthetic corpus, a line a row × fold × seed, and where they are from; `rows`: of
    the first so many rows alone.

    From `runs` where they are finished there; else those that the repository ships below results/, made by the same
    command, if they were made by this very code; else, or with `retrain`, trained now.
    """
    corpus = grid_corpus(profile, table, data=options.data, jobs=options.jobs)
    specs = programme(table, corpus, profile, protocol=profiles.GRID_PROTOCOL["synthetic"])[:rows]
    command = f"mcsan run {table} --profile {profile} --jobs 2"
    homes = _homes(specs, corpus, options.runs)
    finished_here = all(
        len(list(home.glob("*/metrics.json"))) >= (profiles.GRID_FOLDS[profile] or 1)
        for home in homes
    )
    shipped = RESULTS / f"{table}-synthetic-{profile}-folds.csv"
    if shipped.is_file() and not (options.retrain or finished_here):
        found = pd.read_csv(shipped)
        if {home.name for home in homes} <= set(found.run):
            wanted = found[found.run.isin([home.name for home in homes])].reset_index(drop=True)
            return wanted, f"results/{shipped.name}, which `{command}` made with this code"
    results = run_experiment(specs, corpus, folds=profiles.GRID_FOLDS[profile], options=options)
    return results, f"runs/, by `{command}` or this cell"


def trained(
    rows: Sequence[str] = ("MCSAN",),
    *,
    corpus: Corpus,
    kind: str = "synthetic",
    profile: str = "quick",
    options: RunOptions = RunOptions(),
    **how,
) -> pd.DataFrame:
    """Results of these Table 3 rows, a line a fold and seed with its folder; trained now where they are missing."""
    return run_experiment(
        table_rows.table3_specs(profile, kind, rows=list(rows)),
        corpus,
        **how,
        options=options,
    )
