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
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import findings
import moved
import values
from measuring import CEILINGS, OWN_SOUND, READ, READINGS, ROWS, save_all
from values import RESULTS

from mcsan_lite.evaluation.intervals import fold_interval, score_interval
from mcsan_lite.exercises.verdicts.lesson13_table import say_cross_by_world, say_own_word
from mcsan_lite.exercises.verdicts.lesson15 import (
    say_rivals_without_order,
    say_turned_round,
)
from mcsan_lite.experiments.finished.worlds import cross_by_world, rivals_by_world
from mcsan_lite.experiments.floors import ORDER_ALONE
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.shared import between_marks, markdown_rows

ROOT = Path(__file__).resolve().parents[1]
KILLS = "kills.csv"
CLIP = "human-clip.txt"
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
    table = load_table(results / findings.IDENTITY, numbers=numbers)
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
    said = say_rivals_without_order(found, ORDER_ALONE, findings.bound_of_folds(results))
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
    "README.md": {"picture": picture_caption, "findings": findings.every_finding},
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
