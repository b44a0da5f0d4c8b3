"""Which networks match a word with its sound by what it is, and not by where it stands?

In: changes of MCSAN, rivals, seeds. Out: one row for each: its score on the listed world, where
order tells nothing, and where its attention points. `mcsan identity` prints it.

A score above the ceiling "both, unmatched" proves that sounds were recognised. A row of the raw map
that lies on the decisive word's sound more often than the rows of other words do says that the map
shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.splits import official
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.generator import corpus_folder, make_synthetic
from mcsan_lite.datasets.synthetic.order import order_numbers
from mcsan_lite.datasets.synthetic.reader import TRUTH_FILE, read_synthetic, read_truth
from mcsan_lite.evaluation.intervals import difference_interval, paired_interval, score_interval
from mcsan_lite.experiments.corpora import synthetic_config
from mcsan_lite.experiments.floors import ORDER_ALONE, score_floor
from mcsan_lite.experiments.grids import RESULTS_FOLDER
from mcsan_lite.explain.pointing_tables import asks_once, decisive_row_scores
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.paper.table_rows import rival_specs, table3_specs
from mcsan_lite.tables.own import load_table
from mcsan_lite.training.grid import Grid
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.spec import Spec

WORLD = "listed"
# The columns of a table that hold numbers.
_NUMBERS = (
    *("WA", "low", "high", "points", "points low", "points high"),
    *("others", "others low", "others high", "gap", "gap low", "gap high"),
    *("chance", "seeds", "n"),
)
_NEITHER = {"encoder": "linear", "positions": "none"}
# Fields of MCSANConfig that differ from the profile's MCSAN. "neither": no recurrence and no
# positions.
CHANGES: dict[str, dict[str, object]] = {
    "MCSAN": {},
    "w/o cross": {"use_cross": False},
    "no positions": {"positions": "none"},
    "no recurrence": {"encoder": "linear"},
    "neither": _NEITHER,
    "neither, w/o cross": {**_NEITHER, "use_cross": False},
    "neither, one head": {**_NEITHER, "heads": 1},
    "neither, N = 2": {**_NEITHER, "layers": 2},
}
# Rows of Table 1 beside them. A summary of the sound asks the words; and with a second hop, what is
# found in the words asks the sound, with one question for all of them.
RIVALS = ("MHA", "MHA, 1 hop")
EVERY_WORD, ONE_SUMMARY = "every word", "one summary"  # who asks the sound


def identity_specs(
    profile: str = "quick",
    changes: Mapping[str, Mapping[str, object]] = CHANGES,
    rivals: Sequence[str] = RIVALS,
) -> list[Spec]:
    """One spec per change of MCSAN, then one per rival.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        changes: {name: fields of MCSANConfig}.
        rivals: rows of Table 1.
    """
    (full,) = table3_specs(profile, rows=["MCSAN"])
    changed = [
        replace(full, name=name, options={**full.options, **fields})
        for name, fields in changes.items()
    ]
    return changed + rival_specs("table1", profile, rows=rivals)


def identity_bounds(profile: str = "quick", *, options: RunOptions = RunOptions()) -> pd.Series:
    """What can be had on the test part of the listed world: every ceiling, and order alone.

    Args:
        profile: whose corpus.
        options: where the corpus lies.
    """
    corpus, truth = _listed(profile, options)
    best = bayes_ceilings(truth[truth.split == "test"], synthetic_config(profile, WORLD))
    (fold,) = official(corpus)
    floor = score_floor(ORDER_ALONE, corpus, fold, order_numbers(truth))
    return pd.concat([best, pd.Series({ORDER_ALONE: floor["wa"]})])


def unmatched_bound(profile: str = "full", *, options: RunOptions = RunOptions()) -> float:
    """The best accuracy on all folds of the listed world without recognising a sound, exactly.

    Args:
        profile: whose corpus.
        options: where the corpus lies.
    """
    _, truth = _listed(profile, options)
    return float(bayes_ceilings(truth, synthetic_config(profile, WORLD))["both, unmatched"])


def identity_table(
    profile: str = "quick",
    *,
    changes: Mapping[str, Mapping[str, object]] = CHANGES,
    rivals: Sequence[str] = RIVALS,
    seeds: Sequence[int] = (0,),
    utterances: int = 300,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Train every change and rival on the listed world, and score it and its attention.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        changes: {name: fields of MCSANConfig}.
        rivals: rows of Table 1.
        seeds: one training of each row for each.
        utterances: so many test utterances with a decisive word are asked where the map points.
        options: where and with what to compute; what is finished is not done again.

    Returns:
        One row per change and rival: WA with its 95 % interval over utterances and seeds; where the
        decisive word's row points (`points`), how often the rows of other words point there too
        (`others`), and the first less the second, paired (`gap`), each with its interval, on the
        utterances that have other words; chance; seeds, n;
        `asks`, who asks the sound, EVERY_WORD or ONE_SUMMARY; where it is the summary, `others` is
        how often its row points at another word's sound;
        `run`, the name of its folder, which holds a hash of the settings, the corpus and the code.
        Without a map in which words ask the sound: nan.
    """
    corpus, truth = _listed(profile, options)
    specs = identity_specs(profile, changes, rivals)
    results = run_experiment(specs, corpus, seeds=seeds, options=options)
    decided = truth[(truth.split == "test") & (truth.sense != "none")].index[:utterances]
    features, _ = extract(
        corpus.subset(list(decided)), specs[0].features, cache=options.cache, jobs=options.jobs
    )
    rows = []
    for spec in specs:
        group = results[results.name == spec.name]
        n = int(group.n_test.iloc[0])
        mean, low, high = score_interval(group.wa, n)
        row = {"change": spec.name, "WA": mean, "low": low, "high": high, "asks": ""}
        made = {"seeds": len(group), "n": n, "run": group.run.iloc[0]}
        rows.append({**row, **_pointing(group, features, truth), **made})
    return pd.DataFrame(rows)


def shipped_identity(
    profile: str = "quick", *, options: RunOptions = RunOptions()
) -> tuple[pd.DataFrame | None, str]:
    """The table that the repository ships, and where it is from. Nothing is trained.

    Args:
        profile: of its trainings.
        options: where the corpus and the runs are.

    Returns:
        The table, None where none is shipped; and a sentence that says by which command it was
        made, and whether with this very code.
    """
    file = RESULTS_FOLDER / f"identity-synthetic-{profile}.csv"
    name = f"results/{file.name}"
    command = f"mcsan identity --profile {profile} --jobs 2 --out {name}"
    if not file.is_file():
        return None, f"not run: there is no {name}. The command that makes it: {command}"
    table = load_table(file, numbers=_NUMBERS)
    said = f"{name}, which `{command} --seeds {int(table.seeds.max())}` made"
    if "run" not in table:
        return table, f"{said}; it does not say with which code"
    folder = corpus_folder(options.data, synthetic_config(profile, WORLD))
    if not (folder / TRUTH_FILE).is_file():
        return table, f"{said}; its corpus is not here, so its code was not compared with this one"
    specs = [spec for spec in identity_specs(profile) if spec.name in set(table.change)]
    grid = Grid(specs, read_synthetic(folder))
    wanted = {spec.name: grid.home(spec, options.runs).name for spec in specs}
    if wanted == dict(zip(table.change, table.run, strict=True)):
        return table, f"{said} with this code"
    return table, f"{said} with code that has changed since"


def identity_gaps(table: pd.DataFrame, reference: str = "MCSAN") -> pd.DataFrame:
    """What every change costs or gains in score, beside one row of the table.

    Args:
        table: of `identity_table`.
        reference: the row that is subtracted.

    Returns:
        mean, low and high of each difference in WA; the index names the changes, without rivals.
        The rows share their test utterances, which these intervals do not use: they are too wide
        rather than too narrow.
    """
    rows = table.set_index("change")[["WA", "low", "high"]].astype(float)
    base = tuple(rows.loc[reference])
    others = rows.drop(index=[reference, *RIVALS], errors="ignore")
    gaps = {name: difference_interval(tuple(row), base) for name, row in others.iterrows()}
    return pd.DataFrame(gaps, ["mean", "low", "high"]).T.rename_axis("change")


def _listed(profile: str, options: RunOptions) -> tuple[Corpus, pd.DataFrame]:
    config = synthetic_config(profile, WORLD)
    folder = make_synthetic(options.data, config, jobs=options.jobs)
    return read_synthetic(folder), read_truth(folder)


def _pointing(
    runs: pd.DataFrame, features: Sequence[Features], truth: pd.DataFrame
) -> dict[str, float | str]:
    """Where the maps of one change point, over its seeds; nothing where there is no map."""
    trained = [load_run(folder) for folder in runs.folder]
    of_seeds = [
        decisive_row_scores(run.model, run.prepare(features), truth).set_index("id")
        for run in trained
    ]
    asked = len(of_seeds[0])
    if not asked:
        return {}
    means = pd.DataFrame([scores.mean() for scores in of_seeds])
    gaps = pd.DataFrame([scores.points - scores.others for scores in of_seeds])
    intervals = {
        "points": score_interval(means.points, asked),
        "others": score_interval(means.others, asked),
        "gap": paired_interval(gaps),
    }
    once = asks_once(trained[0].model, trained[0].prepare(features[:1])[0])
    found = {"chance": means.chance.mean(), "asks": ONE_SUMMARY if once else EVERY_WORD}
    for name, (mean, low, high) in intervals.items():
        found |= {name: mean, f"{name} low": low, f"{name} high": high}
    return found


def identity_verdicts(table: pd.DataFrame, unmatched: float) -> list[str]:
    """What the rows say: one sentence about each score, and one about each map.

    Args:
        table: of `identity_table`.
        unmatched: the ceiling of "both, unmatched".
    """
    said = []
    for _, row in table.iterrows():
        said.append(_what_the_score_says(row, unmatched))
        if not pd.isna(row.get("points")):
            said.append(_what_the_map_says(row))
    return said


def _what_the_score_says(row: pd.Series, unmatched: float) -> str:
    score = f"{row.change}: WA {row.WA:.3f} [{row.low:.3f}, {row.high:.3f}]"
    if row.low > unmatched:
        return f"{score} is above {unmatched:.3f}: it recognises sounds."
    if row.high < unmatched:
        return f"{score} is below {unmatched:.3f}, what needs no matching."
    return f"{score} cannot be told from {unmatched:.3f}, what needs no matching."


def _what_the_map_says(row: pd.Series) -> str:
    own = f"its map points {row.points:.2f} [{row['points low']:.2f}, {row['points high']:.2f}]"
    once = row.get("asks") == ONE_SUMMARY
    control = "the sounds of other words" if once else "rows of other words"
    others = f"{row.others:.2f} [{row['others low']:.2f}, {row['others high']:.2f}]"
    gap = f"{row.gap:+.2f} [{row['gap low']:+.2f}, {row['gap high']:+.2f}]"
    compared = f"  {own}, {control} {others}, gap {gap}, chance {row.chance:.2f}"
    if row["points low"] > row.chance and row["gap low"] > 0:
        shows = "the one row" if once else "the word's own row"
        return f"{compared}: {shows} shows its sound."
    if row["points low"] > row.chance:
        return f"{compared}: above chance, but a lead over them is not shown."
    return f"{compared}: not shown to be above chance."
