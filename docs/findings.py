"""What came out, as the README says it: four findings, each followed from its tables.

In: results/. Out: sentences with their verdicts. A row that was not run leaves its sentence out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import values
from values import RESULTS, SIX_SEEDS

from mcsan_lite.evaluation.intervals import at_chance
from mcsan_lite.exercises.verdicts.lesson15 import recognising, score_with_interval
from mcsan_lite.exercises.verdicts.sentences import gap_side, listed_names, side_of
from mcsan_lite.experiments.finished.rates import RATE_ON_IEMOCAP, depth_by_rate
from mcsan_lite.experiments.finished.worlds import cross_by_world, rivals_by_world
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.figures.basics import counted
from mcsan_lite.paper.published import FLOOR, FULL
from mcsan_lite.paper.verdicts import best_floor
from mcsan_lite.tables.own import load_table

FUSION = "fusion-synthetic-quick.csv"
IDENTITY = "identity-synthetic-quick.csv"
# The first one that is there: more folds and seeds tell smaller gaps.
ABLATIONS = ("table3-synthetic-full.csv", "table3-synthetic-quick.csv")
# The rows of Table 3, for a reader who has not seen the table.
ABLATIONS_IN_WORDS = {
    "w/o audio": "without sound",
    "w/o text": "without words",
    "w/o self": "without self-attention",
    "w/o cross": "without cross-attention",
    "cross + self (seq)": "with cross- before self-attention",
    "self + cross (seq)": "with self- before cross-attention",
    "N = 2": "with two layers",
    "N = 3": "with three layers",
}
HOW_MANY_LAYERS = {"N = 2": "two layers", "N = 3": "three layers"}


def every_finding(results: Path = RESULTS) -> str:
    """The headline findings of the README, each with its intervals.

    Args:
        results: the folder of tables.
    """
    said = [say_fusion(results), say_order(results), say_identity(results), say_wiring(results)]
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(said, start=1))


def say_fusion(results: Path = RESULTS) -> str:
    """Cross-attention beside the five other fusions.

    Args:
        results: the folder of tables.
    """
    numbers = ("wa", "wa low", "wa high", "wa gap low", "wa Holm p")
    table = load_table(results / FUSION, numbers=numbers).set_index("row")
    _, _, seeds = table.basis[FULL].rpartition("; ")
    counted_over = f"{folds_of(table)} and {seeds.partition(' (')[0]}"
    mcsan, others = table.loc["MCSAN"], table[table["wa gap low"].notna()]
    ahead = others[(others["wa gap low"] > 0) & (others["wa Holm p"] < 0.05)]
    score = f"{mcsan.wa:.3f} [{mcsan['wa low']:.3f}, {mcsan['wa high']:.3f}]"
    every = len(ahead) == len(others)
    claim = (
        "is ahead of simpler fusion here"
        if every
        else "is not shown to be ahead of all simpler fusion"
    )
    return (
        f"**Cross-attention {claim}.** In the *matching* world, on the same encoders, "
        f"{counted_over}, it reaches {score}; early, late, gated, tensor and low-rank fusion reach "
        f"{others.wa.min():.3f} to {others.wa.max():.3f}. After Holm's correction it is ahead of "
        f"{len(ahead)} of these {len(others)} (`mcsan run fusion`, lesson 07)."
    )


def say_order(results: Path = RESULTS) -> str:
    """MCSAN beside the floor that recognises no sound, on the same folds.

    Args:
        results: the folder of tables.

    Raises:
        ValueError: where another floor is better: then the table says nothing about this one.
    """
    scores = ("wa", "wa low", "wa high")
    above = tuple(f"wa above best floor{end}" for end in ("", " low", " high"))
    table = load_table(ablations_file(results), numbers=(*scores, *above)).set_index("row")
    if best_floor(table, "wa") != f"{FLOOR}{ORDER_ALONE}":
        raise ValueError(
            f"Given: {best_floor(table, 'wa')!r} as the best floor. Expected: {ORDER_ALONE}. "
            "Do: write the finding for the floor that is best."
        )
    order, mcsan = (
        "{:.3f} [{:.3f}, {:.3f}]".format(*table.loc[row, list(scores)])
        for row in (f"{FLOOR}{ORDER_ALONE}", FULL)
    )
    gap = gap_in_words(table.loc[FULL, list(above)], "; lesson 15")
    return (
        "**The score of MCSAN does not prove that it matched words with their sounds.** Boosted "
        "trees that are told the sense and place of the written word, the arousal, and when a "
        f"stress falls, but no sound, reach {order} on {folds_of(table)}. MCSAN, with {mcsan}, is "
        f"{gap}{with_more_seeds(results)}."
    )


def gap_in_words(gap: pd.Series, more: str = "") -> str:
    """On which side of the floor a system is: "below them (-1.6 points [-3.1, -0.2])".

    Args:
        gap: mean, low and high of system - floor, as shares.
        more: what else stands in the brackets.
    """
    mean, low, high = 100 * gap.astype(float)
    return f"{side_of(low, high, 0)} them ({mean:+.1f} points [{low:+.1f}, {high:+.1f}]{more})"


def with_more_seeds(results: Path = RESULTS) -> str:
    """What twice the seeds say of MCSAN and the floor; empty where they were not trained.

    Args:
        results: the folder of tables.
    """
    above = [f"wa above best floor{end}" for end in ("", " low", " high")]
    if not (results / SIX_SEEDS).is_file():
        return ""
    table = load_table(results / SIX_SEEDS, numbers=tuple(above)).set_index("row")
    return f". With three more seeds it is {gap_in_words(table.loc[FULL, above])}"


def ablations_file(results: Path) -> Path:
    """Table 3 on the most folds that are at hand."""
    return next(results / name for name in ABLATIONS if (results / name).is_file())


def folds_of(table: pd.DataFrame) -> str:
    """How many folds a table is over, such as "10 folds"; its rows are the index."""
    folds, _, _ = table.basis[FULL].partition(",")
    return folds


def say_identity(results: Path = RESULTS) -> str:
    """MCSAN, and MCSAN without recurrence and positions, where order tells nothing.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / IDENTITY, numbers=("WA", "low", "high")).set_index("change")
    bound = float(values.measured_by_hand(results)["listed bound"])
    scores = {
        name: f"{row.WA:.3f} [{row.low:.3f}, {row.high:.3f}]"
        for name, row in table.loc[["MCSAN", "neither"]].iterrows()
    }
    ours, stripped = (table.low[name] > bound for name in scores)
    claim = "MCSAN recognises sounds" if ours else "MCSAN is not shown to recognise sounds"
    does = "does recognise them" if stripped else "is not shown to recognise them, either"
    said = (
        f"**Where order tells nothing, {claim}.** In the *listed* world {bound:.3f} can be reached "
        f"without recognising any. MCSAN reaches {scores['MCSAN']}. Without recurrence and "
        f"positions it reaches {scores['neither']}, so that network {does} (lesson 13)."
    )
    return " ".join([said, *say_cross(results), *say_rivals(results)])


def say_cross(results: Path = RESULTS) -> list[str]:
    """What cross-attention earns where order tells nothing; empty where that was not run.

    Args:
        results: the folder of tables.
    """
    worlds = cross_by_world(results=results)
    if worlds.empty:
        return []
    score = worlds["mean"]["listed", "MCSAN"]
    changes = points_with_interval(worlds.loc[("listed", "w/o cross")], "gap", " points")
    return [
        f"On ten folds of that world MCSAN has {score:.3f}, and cross-attention changes that by "
        f"{changes}."
    ]


def say_rivals(results: Path = RESULTS) -> list[str]:
    """Which rivals of Table 1 recognise sounds where order tells nothing; empty where not run.

    Args:
        results: the folder of tables.
    """
    found = rivals_by_world(results=results)
    if found.empty:
        return []
    listed = found.loc["listed"]
    rivals = listed[listed.told == ""].drop([ORDER_ALONE, FULL])
    above = recognising(listed, ORDER_ALONE, bound_of_folds(results)).drop(FULL, errors="ignore")
    trained = f"Of {counted(len(rivals), 'rival')} trained there on sound and words alone"
    if above.empty:
        return [f"{trained}, none is shown to recognise sounds (lesson 15)."]
    scores = [f"{name} ({score_with_interval(row)})" for name, row in above.iterrows()]
    said = [f"{trained}, these recognise sounds: {listed_names(scores)}"]
    worse = found.loc["matching"]["gap low"] > 0
    behind = [name for name in above.index if worse.get(name, False)]
    if behind:
        who = "each of them" if len(behind) == len(above) else listed_names(behind)
        is_ = "is" if who == "each of them" or len(behind) == 1 else "are"
        said.append(f"in the matching world {who} {is_} behind MCSAN")
    return [f"{'; '.join(said)} (lesson 15)."]


def bound_of_folds(results: Path = RESULTS) -> float:
    """The best accuracy on all folds of the listed world without recognising a sound."""
    return float(values.measured_by_hand(results)["listed bound of all folds"])


def say_wiring(results: Path = RESULTS) -> str:
    """Which of the paper's ablations can be told from MCSAN, and on how many folds.

    Args:
        results: the folder of tables.
    """
    numbers = ("wa", "wa gap", "wa gap low", "wa gap high", "wa Holm p")
    file = ablations_file(results)
    table = load_table(file, numbers=numbers).set_index("row")
    compared = table[table["wa gap"].notna()]
    corrected = compared[compared["wa Holm p"] < 0.05]
    gap = points_with_interval(compared.loc["w/o cross"], "wa gap", " points")
    words = ABLATIONS_IN_WORDS | {"w/o cross": f"{ABLATIONS_IN_WORDS['w/o cross']} ({gap})"}
    ahead = [words[row] for row in corrected.index[corrected["wa gap"] > 0]]
    below = [words[row] for row in corrected.index[corrected["wa gap"] < 0]]
    depths = depths_at_paper_rate(results)
    lower = f"{len(ahead)} {'is' if len(ahead) == 1 else 'are'} shown to lower the score"
    said = [
        f"**Of the paper's {counted(len(compared), 'ablation')}, {lower}{depends(depths)}.** On "
        f"{folds_of(table)}, after Holm's correction, MCSAN is ahead of "
        f"{f'its versions {listed_names(ahead)}' if ahead else 'none of them'}",
        *([f"It is below those {listed_names(below)}"] if below else []),
    ]
    command = f"mcsan run table3 --profile {file.stem.rpartition('-')[2]}"
    return " ".join(
        [f"{'. '.join(said)} (`{command}`, lesson 14).", *say_never_began(file), *say_depth(depths)]
    )


def depths_at_paper_rate(results: Path = RESULTS) -> pd.DataFrame:
    """The rows of `depth_by_rate` at the paper's rate on IEMOCAP; empty where it was not run.

    Args:
        results: the folder of tables.
    """
    found = depth_by_rate(results=results)
    at_rate = found.index.get_level_values(0) == RATE_ON_IEMOCAP
    return found[at_rate].droplevel(0).drop(index=FULL, errors="ignore")


def depends(depths: pd.DataFrame) -> str:
    """The end of a headline: which gaps are shown to change with the learning rate.

    Args:
        depths: of `depths_at_paper_rate`.
    """
    changed = [
        HOW_MANY_LAYERS[row]
        for row, found in depths.iterrows()
        if gap_side(found["change low"], found["change high"]) in ("more", "less")
    ]
    if not changed:
        return ""
    return f"; the cost of {listed_names(changed)} depends on the learning rate"


def say_depth(depths: pd.DataFrame) -> list[str]:
    """What is left of the leads over deeper networks at the paper's rate; nothing without a run.

    Args:
        depths: of `depths_at_paper_rate`.
    """
    if depths.empty:
        return []
    leads = []
    for system, row in depths.iterrows():
        change = f" (a change of {points_with_interval(row, 'change')})"
        known = "" if pd.isna(row.change) else change
        leads.append(f"{points_with_interval(row, 'gap')} over {HOW_MANY_LAYERS[system]}{known}")
    return [
        f"At the paper's learning rate it is {depths.stuck.sum():.0f} of "
        f"{depths.trainings.sum():.0f}, and the lead in points is {' and '.join(leads)}."
    ]


def points_with_interval(row: pd.Series, name: str, unit: str = "") -> str:
    """A difference in points, with its interval where there is one: "+1.3 [-1.3, +3.9]".

    Args:
        row: shares.
        name: of the mean; `NAME low` and `NAME high` are its interval.
        unit: what follows the mean, such as " points".
    """
    mean, low, high = (100 * row[f"{name}{end}"] for end in ("", " low", " high"))
    interval = "" if pd.isna(low) else f" [{low:+.1f}, {high:+.1f}]"
    return f"{mean:+.1f}{unit}{interval}"


def say_never_began(file: Path) -> list[str]:
    """How many trainings of a table never began to learn, of which rows; empty without depths.

    Args:
        file: of the table; that of its trainings lies beside it.
    """
    trainings, chance = values.trainings_and_chance(file)
    deeper = trainings.name.isin(HOW_MANY_LAYERS)
    stuck = at_chance(trainings, chance)
    said = []
    if stuck[~deeper].any():
        rows = [
            ABLATIONS_IN_WORDS.get(row, row) for row in trainings.name[stuck & ~deeper].unique()
        ]
        said.append(
            f"Trainings that never began to learn: {stuck[~deeper].sum()}, of the versions "
            f"{listed_names(rows)}."
        )
    if deeper.any():
        said.append(
            f"Of {deeper.sum()} trainings with two or three layers, {stuck[deeper].sum()} never "
            "began to learn."
        )
    return said
