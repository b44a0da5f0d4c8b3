"""The measured numbers of the hand-written pages, written between their marks.

    python docs/measured.py            write the pages from the files in results/
    python docs/measured.py --measure  measure again first (docs/measuring.py)

In: results/, and what docs/values.py reads. Out: the parts of the pages between their marks, and
the numbers inside of sentences. A test compares the pages with what this makes of the files, and
another one looks for numbers that were typed.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import moved
import values
from measuring import CEILINGS, OWN_SOUND, READ, READINGS, ROWS, save_all
from values import SIX_SEEDS

from mcsan_lite.evaluation.intervals import at_chance, fold_interval, score_interval
from mcsan_lite.exercises.verdicts.lesson13_table import say_cross_by_world, say_own_word
from mcsan_lite.exercises.verdicts.lesson15 import (
    recognising,
    say_rivals_without_order,
    say_turned_round,
    score_with_interval,
)
from mcsan_lite.exercises.verdicts.sentences import listed_names, side_of
from mcsan_lite.experiments.finished.rates import RATE_ON_IEMOCAP, depth_by_rate
from mcsan_lite.experiments.finished.worlds import cross_by_world, rivals_by_world
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.figures.basics import counted
from mcsan_lite.paper.published import FLOOR, FULL
from mcsan_lite.paper.verdicts import best_floor
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.shared import between_marks, markdown_rows

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
FUSION = "fusion-synthetic-quick.csv"
IDENTITY = "identity-synthetic-quick.csv"
# The first one that is there: more folds and seeds tell smaller gaps.
ABLATIONS = ("table3-synthetic-full.csv", "table3-synthetic-quick.csv")
KILLS = "kills.csv"
CLIP = "human-clip.txt"
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
TASKS = {
    "generation": "generation of speech",
    "training": "training, two rows × three seeds",
    "notebooks": "build of notebooks",
    "tables": "a table of the paper, one fold",
}


def percent(mean: float, low: float, high: float) -> str:
    """A share with its interval, such as "32 % (29 to 36 %)"."""
    low, high = max(low, 0.0), min(high, 1.0)
    return f"{100 * mean:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


def rows_of_map(results: Path = RESULTS) -> pd.DataFrame:
    """By world: own, others (each as text with its interval), chance, and whether own is apart.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / ROWS, numbers=("seed", "n", "points", "others", "chance"))
    rows = {}
    for world, group in table.groupby("world", sort=False):
        n = int(group.n.min())
        own, others = score_interval(group.points, n), score_interval(group.others, n)
        gap, half = fold_interval(group.points - group.others)
        rows[world] = {
            "own": percent(*own),
            "others": percent(*others),
            "chance": f"{100 * group.chance.mean():.0f} %",
            "above chance": own[1] > group.chance.mean(),
            "a word of its own": gap > half,
            "networks": len(group),
            "n": n,
        }
    return pd.DataFrame(rows).T


def say_rows(found: pd.Series) -> str:
    """Where the rows of one world point, as a sentence with its verdict.

    Args:
        found: a row of `rows_of_map`.
    """
    measured = (
        "the map's row for the word that decides has its largest weight inside that word's sound "
        f"in {found.own} of clips. The rows of the other words have theirs in the same place in "
        f"{found.others}; chance is {found.chance}"
    )
    if not found["above chance"]:
        return f"{measured}. It is not shown to be above chance."
    if found["a word of its own"]:
        return f"{measured}. Over these trainings, the word looks at its own sound."
    return (
        f"{measured}. So the map shows a place, and it is not shown that different words look at "
        "different places."
    )


def picture_caption(results: Path = RESULTS) -> str:
    """What the picture at the top of the README is an example of.

    Args:
        results: the folder of tables.
    """
    found = rows_of_map(results).loc["matching"]
    return (
        "*The first test clip of the corpus that fits a rule which was fixed before "
        "looking (`docs/figure.py`). The box marks the word that decides the label. One example "
        f"proves nothing. Over {found.n} clips and {found.networks} trainings {say_rows(found)}*"
    )


def findings(results: Path = RESULTS) -> str:
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
    return f". With six seeds it is {gap_in_words(table.loc[FULL, above])}"


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
    gap = 100 * worlds.loc[("listed", "w/o cross"), ["gap", "gap low", "gap high"]]
    changes = "{:+.1f} points [{:+.1f}, {:+.1f}]".format(*gap)
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
    cross = 100 * compared.loc["w/o cross", ["wa gap", "wa gap low", "wa gap high"]].astype(float)
    gap = "{:+.1f} points [{:+.1f}, {:+.1f}]".format(*cross)
    words = ABLATIONS_IN_WORDS | {"w/o cross": f"{ABLATIONS_IN_WORDS['w/o cross']} ({gap})"}
    ahead = [words[row] for row in corrected.index[corrected["wa gap"] > 0]]
    below = [words[row] for row in corrected.index[corrected["wa gap"] < 0]]
    basis = f"On {folds_of(table)}, after Holm's correction, MCSAN is"
    lower = how_many_lower(len(ahead), lead_lost_at_paper_rate(corrected, results))
    said = [
        f"**Of the paper's {counted(len(compared), 'ablation')}, {lower}.** {basis} ahead of "
        f"{one_by_one(ahead) if ahead else 'none of them'}",
        *([f"It is below {one_by_one(below)}"] if below else []),
        *say_never_began(file),
    ]
    command = f"mcsan run table3 --profile {file.stem.rpartition('-')[2]}"
    return " ".join([f"{'. '.join(said)} (`{command}`, lesson 14).", *say_depth(results)])


def lead_lost_at_paper_rate(corrected: pd.DataFrame, results: Path = RESULTS) -> int:
    """Of how many changes MCSAN's lead is not shown where they learn at the paper's rate.

    Args:
        corrected: the rows that differ from MCSAN after Holm's correction.
        results: the folder of tables.
    """
    depths = depths_at_paper_rate(results)
    ahead = [row for row in depths.index if row in corrected[corrected["wa gap"] > 0].index]
    return sum(side_after_holm(depths.loc[row]) != "ahead of" for row in ahead)


def how_many_lower(ahead: int, lost: int) -> str:
    """How many changes are shown to lower the score, and how many of them not at the paper's rate.

    Args:
        ahead: of how many changes MCSAN is ahead.
        lost: of how many of these it is not shown to be ahead at the paper's rate.
    """
    are = "is" if ahead == 1 else "are"
    said = f"{ahead} {are} shown to lower the score"
    if lost:
        also = "is" if lost == 1 else "are"
        said += f" at our learning rate, and {lost} of them {also} not at the paper's"
    return said


def one_by_one(changes: Sequence[str]) -> str:
    """Changes of MCSAN in a sentence: "itself without sound, and without words".

    Args:
        changes: what differs, in words; with commas between them, as some hold an "and".
    """
    *first, last = changes
    return f"itself {', '.join(first)}, and {last}" if first else f"itself {last}"


def say_never_began(file: Path) -> list[str]:
    """How many trainings of a table never began to learn, and in which rows; empty where all did.

    Args:
        file: of the table; that of its trainings lies beside it.
    """
    trainings, chance = values.trainings_and_chance(file)
    stuck = at_chance(trainings, chance)
    if not stuck.any():
        return []
    rows = trainings.name[stuck].unique()
    where = " or ".join(ABLATIONS_IN_WORDS.get(row, f"in {row}") for row in rows)
    return [f"Of {len(trainings)} trainings, {stuck.sum()} never began to learn: {where}"]


def say_depth(results: Path = RESULTS) -> list[str]:
    """What two and three layers do at the paper's rate on IEMOCAP; empty where that was not run.

    Args:
        results: the folder of tables.
    """
    depths = depths_at_paper_rate(results)
    if depths.empty:
        return []
    trainings = int(depths.trainings.sum())
    begun = trainings - int(depths.stuck.sum())
    deeper = depths.drop(FULL)
    sides = deeper.apply(side_after_holm, axis=1)
    compared = [
        f"{side} itself " + " and ".join(in_words_with_gap(deeper[sides == side]))
        for side in sides.unique()
    ]
    return [
        f"At the paper's rate, tried for depth alone, {begun} of {trainings} trainings begin, and "
        f"MCSAN is {' and '.join(compared)}."
    ]


def depths_at_paper_rate(results: Path = RESULTS) -> pd.DataFrame:
    """The rows of `depth_by_rate` at the paper's rate on IEMOCAP; empty where it was not run.

    Args:
        results: the folder of tables.
    """
    found = depth_by_rate(results=results)
    at_rate = found.index.get_level_values(0) == RATE_ON_IEMOCAP
    return found[at_rate].droplevel(0)


def side_after_holm(row: pd.Series) -> str:
    """On which side of a row MCSAN is, such as "ahead of"; what Holm takes away is not told."""
    if not row["Holm p"] < 0.05:
        return "not distinguishable from"
    return "ahead of" if row.gap > 0 else "below"


def in_words_with_gap(rows: pd.DataFrame) -> list[str]:
    """Each change in words, with its gap in points and its interval where there is one."""
    said = []
    for system, row in rows.iterrows():
        mean, low, high = (100 * row[name] for name in ("gap", "gap low", "gap high"))
        interval = "" if pd.isna(low) else f" [{low:+.1f}, {high:+.1f}]"
        said.append(f"{ABLATIONS_IN_WORDS[system]} ({mean:+.1f} points{interval})")
    return said


def ceilings_lines(results: Path = RESULTS) -> str:
    """The table of ceilings as markdown.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / CEILINGS, numbers=("ceiling", "WA", "low", "high", "seeds", "n"))
    rows = []
    for row in table.itertuples():
        interval = f"{row.low:.3f} to {row.high:.3f}"
        rows.append((row.world, row._2, f"{row.ceiling:.3f}", row.model, f"{row.WA:.3f}", interval))
    heads = ("world", "may use", "ceiling", "model", "WA", "95 % interval")
    return markdown_rows(heads, rows)


def rows_lines(results: Path = RESULTS) -> str:
    """Where the rows of the maps point, one bullet per world.

    Args:
        results: the folder of tables.
    """
    return "\n".join(
        f"- **{world.capitalize()} world**, {found.n} clips, {found.networks} trainings: "
        f"{say_rows(found)}"
        for world, found in rows_of_map(results).iterrows()
    )


def identity_lines(results: Path = RESULTS) -> str:
    """The changes of MCSAN on the listed world: scores and maps, and what they say.

    Args:
        results: the folder of tables.
    """
    ends = ("", " low", " high")
    numbers = [*("WA", "low", "high", "chance", "seeds", "n")]
    numbers += [f"{name}{end}" for name in ("points", "others", "gap") for end in ends]
    table = load_table(results / IDENTITY, numbers=numbers)
    heads = (
        "change",
        "WA",
        "own row points",
        "the others do",
        "own less others",
        "chance",
    )
    rows = []
    for _, row in table.iterrows():
        score = f"{row.WA:.3f} [{row.low:.3f}, {row.high:.3f}]"
        own, others, gap = (_share_with_ends(row, name) for name in ("points", "others", "gap"))
        chance = "" if pd.isna(row.chance) else f"{row.chance:.2f}"
        rows.append((row.change, score, own, others, gap, chance))
    seeds = int(table.seeds.min())
    basis = "one training each: another seed may say otherwise" if seeds == 1 else f"{seeds} seeds"
    about = (
        f"*95 % intervals; {basis}. `mcsan identity --seeds {seeds}`. Each is judged by itself: of "
        "so many, one or another may lie above by luck.*"
    )
    return "\n".join([markdown_rows(heads, rows), "", about, "", say_own_word(table)])


def worlds_lines(results: Path = RESULTS) -> str:
    """MCSAN with and without cross-attention where order helps and where it tells nothing.

    Args:
        results: the folder of tables.
    """
    worlds = cross_by_world(results=results)
    if worlds.empty:
        return "*Not run: `mcsan run table3 --profile full --world listed`.*"
    rows = []
    for (world, system), row in worlds.iterrows():
        score = f"{row['mean']:.3f} [{row.low:.3f}, {row.high:.3f}]"
        above = 100 * row[["above", "above low", "above high"]].astype(float)
        less = "" if above.isna().all() else "{:+.1f} [{:+.1f}, {:+.1f}]".format(*above)
        rows.append((world, system, score, less))
    sheet = markdown_rows(("world", "system", "WA", "minus the best floor, points"), rows)
    *gaps, verdict = say_cross_by_world(worlds).splitlines()
    return "\n".join([sheet, "", *(f"- {gap}" for gap in gaps), "", verdict])


def _share_with_ends(row: pd.Series, name: str) -> str:
    if pd.isna(row[name]):
        return "no map of the sound"
    return f"{row[name]:.2f} [{row[f'{name} low']:.2f}, {row[f'{name} high']:.2f}]"


def rivals_lines(results: Path = RESULTS) -> str:
    """Which systems of Table 1 recognise sounds, and which turn round between the worlds.

    Args:
        results: the folder of tables.
    """
    found = rivals_by_world(results=results)
    if found.empty:
        return "*Not run: `mcsan run table1 --profile full --world listed`.*"
    said = say_rivals_without_order(found, ORDER_ALONE, bound_of_folds(results))
    return f"{said} {say_turned_round(found)}"


def readings_lines(results: Path = RESULTS) -> str:
    """Every reading's pointing score in both worlds, and how many are above chance.

    Args:
        results: the folder of tables.
    """
    numbers = ("points", "low", "high", "chance", "seeds", "n")
    table = load_table(results / READINGS, numbers=numbers)
    worlds = list(table.world.unique())
    chance = table.groupby("world").chance.mean()
    heads = ["reading", *(f"{world}: chance {chance[world]:.2f}" for world in worlds)]
    rows = []
    for reading, group in table.groupby("reading", sort=False):
        of_world = group.set_index("world")
        rows.append([reading, *(_pointing_cell(of_world.loc[world]) for world in worlds)])
    above = table[table.low > table.chance].groupby("world").size()
    counts = ", ".join(f"{above.get(world, 0)} in the {world} world" for world in worlds)
    said = (
        f"*Pointing: the share of utterances whose heaviest frame lies in the decisive word. Mean "
        f"and 95 % interval over {table.seeds.min()} trainings and those of the first {READ} test "
        f"utterances that have one (at least {table.n.min()}). Bold: the interval "
        f"lies above chance, {counts}. Of {len(table)} intervals, one or another may do so by "
        "luck. `mcsan readings --utterances 100 --jobs 2`.*"
    )
    return "\n".join([markdown_rows(heads, rows), "", said])


def _pointing_cell(row: pd.Series) -> str:
    cell = f"{row.points:.2f} [{row.low:.2f}, {row.high:.2f}]"
    return f"**{cell}**" if row.low > row.chance else cell


def say_own_sound(results: Path = RESULTS) -> str:
    """Whether the mean row of a word points at the word's own sound.

    Args:
        results: the folder of tables.
    """
    numbers = ("points", "low", "high", "chance", "utterances", "words", "seed")
    table = load_table(results / OWN_SOUND, numbers=numbers)
    rows = table[table.reading == "raw attention, mean of heads"]
    n, chance = int(rows.utterances.min()), rows.chance.mean()
    mean, low, high = score_interval(rows.points, n)
    if low > chance:
        claim = "a word looks at its own sound more often than chance would have it"
    elif high < chance:
        claim = "a word looks at its own sound less often than chance would have it"
    else:
        claim = "it is not shown that a word looks at its own sound"
    return (
        f"In the matching world {claim}. Over {rows.words.min():,} words of {n} test utterances "
        f"and {len(rows)} trainings, its row is heaviest there in {percent(mean, low, high)} of "
        f"the cases; chance is {100 * chance:.0f} % "
        "(`mcsan align --run checkpoints/matching-seed0.safetensors` and the other seeds)."
    )


def kills_lines(results: Path = RESULTS) -> str:
    """What was killed how often, and what was left of it, as markdown.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / KILLS, numbers=("kills", "starts", "left"))
    rows = []
    for row in table.itertuples():
        same = "the same" if row.same == "yes" else "**not the same**"
        left = f"**{row.left} files**" if row.left else "nothing"
        task = TASKS.get(row.task, row.task)
        rows.append((task, row.kills, row.starts, same, left))
    return markdown_rows(("task", "kills", "starts", "files at the end", "left over"), rows)


def clip_answer(results: Path = RESULTS) -> str:
    """What `mcsan predict` said to a human clip, long lines broken.

    Args:
        results: the folder of tables.
    """
    said = (results / CLIP).read_text(encoding="utf-8").splitlines()
    lines = []
    for line in said:
        lines += textwrap.wrap(line, 99, subsequent_indent="    ") or [""]
    return "\n".join(["```text", *lines, "```"])


# Page -> its marks, and what lies between them. Every page may have numbers inside of sentences.
PARTS = {
    "README.md": {"picture": picture_caption, "findings": findings},
    "docs/synthetic_corpus.md": {"ceilings": ceilings_lines},
    "docs/attention.md": {
        "rows": rows_lines,
        "identity": identity_lines,
        "two worlds": worlds_lines,
        "rivals": rivals_lines,
        "readings": readings_lines,
        "own sound": say_own_sound,
    },
    "docs/confidence.md": {"clip": clip_answer},
    "docs/robustness.md": {"kills": kills_lines},
    "docs/pages.md": {"moved": moved.moved_lines},
}


def pages() -> list[str]:
    """The pages that may hold measured numbers."""
    docs = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
    return ["README.md", "MODEL_CARD.md", *docs]


def render(text: str, page: str, results: Path = RESULTS) -> str:
    """A page's text with the parts between its marks, and the numbers of its sentences, made anew.

    Args:
        text: of the page.
        page: its path from the root of the repository.
        results: the folder of tables.
    """
    for mark, make in PARTS.get(page, {}).items():
        start, end = f"<!-- {mark}: made by docs/measured.py -->", f"<!-- /{mark} -->"
        text = between_marks(text, start, end, _wrapped(make(results)))
    known = values.measured_by_hand(results) | values.computed_values(results)
    return values.fill(text, known)


def _wrapped(part: str) -> str:
    """Lines of at most 110 columns; what continues a bullet is indented below it."""
    lines = []
    for line in part.splitlines():
        bullet = re.match(r"(- |\d+\. )?", line).group()
        indent = " " * len(bullet)
        is_table = line.startswith("|")
        lines.append(
            line
            if is_table
            else textwrap.fill(line, 110, subsequent_indent=indent, break_on_hyphens=False)
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Measure if asked to, then write the pages."""
    if "--measure" in arguments:
        save_all(RESULTS)
    for page in pages():
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        made = render(text, page)
        if made != text:
            path.write_text(made, encoding="utf-8")
            print(page, "written")


if __name__ == "__main__":
    main(sys.argv[1:])
