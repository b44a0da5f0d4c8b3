"""Writes what results/ holds into docs/results.md: which gaps exclude zero, and the tables.

    python docs/results.py

In: results/TABLE-WORLD-PROFILE.csv, as `mcsan table TABLE` writes them, and what docs/real_data.py
reads. Out: the parts of the page between its marks. A test compares the page with what this makes
of the files, so that no number on it is typed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

import real_data
import values
from values import SIX_SEEDS

from mcsan_lite.evaluation.intervals import at_chance, fold_interval
from mcsan_lite.exercises.verdicts.lesson14 import say_depth_by_rate, say_trainings_at_chance
from mcsan_lite.experiments.finished.rates import depth_by_rate, depth_files, gaps_to_mcsan
from mcsan_lite.paper.pages.said import floor_sentence, named_or_none
from mcsan_lite.paper.pages.said import gap_sentences as sentences
from mcsan_lite.paper.published import FLOOR, FULL
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.shared import between_marks, markdown_rows

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results.md"
START, END = "<!-- results: made by docs/results.py -->", "<!-- /results -->"
# Each table with the score that the paper reports first.
TABLES = {"table3": "wa", "table1": "wa", "table2": "weighted_f1", "fusion": "wa"}
WORLDS = ("synthetic", "leaking", "listed")  # "synthetic" is the matching world
MELD = "table2-meld-official-quick.csv"
THREE_SEEDS = "table3-synthetic-full.csv"  # beside SIX_SEEDS
CHOICES = "ambiguities-synthetic-quick-folds.csv"
DEPTHS_LINK = "[below](#the-depths-of-table-3-at-the-papers-learning-rates)"
WORDS = {"wa": "WA", "weighted_f1": "weighted F1"}
HEADINGS = {
    "table3": "Table 3, the ablations",
    "table1": "Table 1, the rivals with sound and words",
    "table2": "Table 2, the rivals on MELD's list",
    "fusion": "Ways to fuse, beside MCSAN's cross-attention",
}


def numbers_of(score: str) -> tuple[str, ...]:
    """The columns of a table that hold numbers in one score, and the two costs."""
    own = (score, f"{score} low", f"{score} high")
    gaps = (f"{score} gap", f"{score} gap low", f"{score} gap high", f"{score} Holm p")
    above = tuple(f"{score} above best floor{end}" for end in ("", " low", " high"))
    return (*own, *gaps, *above, "trainings", "parameters", "seconds per epoch")


def compact(table: pd.DataFrame, score: str, by_seed: pd.DataFrame) -> str:
    """The table as markdown: score, gap, both verdicts, how far above the best floor.

    Rows that were not run are left out: a sentence above the table names them.

    Args:
        table: of one file.
        score: of which the page speaks.
        by_seed: of `gaps_by_seed`.
    """
    headings = (
        "row",
        WORDS[score],
        "gap, points",
        "by seed",
        "verdict",
        "after Holm",
        "minus the best floor, points",
        "parameters",
    )
    rows = []
    for _, row in table[table[score].notna()].iterrows():
        cells = (
            row["row"],
            _interval(row, score, "", 1, "{:.3f}"),
            _interval(row, f"{score} gap", "", 100, "{:+z.1f}"),
            " ".join(f"{gap:+z.1f}" for gap in by_seed.get(row["row"], ())),
            _text(row[f"{score} verdict"]),
            _text(row.get(f"{score} verdict after Holm")),
            _interval(row, f"{score} above best floor", "", 100, "{:+z.1f}"),
            "" if pd.isna(row.parameters) or not row.parameters else f"{int(row.parameters):,}",
        )
        rows.append(cells)
    return markdown_rows(headings, rows)


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def _interval(row: pd.Series, name: str, empty: str, factor: int, form: str) -> str:
    """A number with its interval, where there is one."""
    mean, low, high = (row.get(f"{name}{end}") for end in ("", " low", " high"))
    if pd.isna(mean):
        return empty
    if pd.isna(low):
        return form.format(factor * mean)
    ends = f"{form}, {form}".format(factor * low, factor * high)
    return f"{form.format(factor * mean)} [{ends}]"


def basis_of(table: pd.DataFrame) -> str:
    """What the intervals of a table are over, from the row of MCSAN."""
    known = table.basis[table.row == "MCSAN"]
    return _text(known.iloc[0]) if len(known) else ""


def tables_in(results: Path) -> Iterator[tuple[str, str, Path, Path | None]]:
    """The tables on generated speech that the page shows, in its order.

    Yields:
        Name of the table, its world, its file, and the file of a smaller run of it that is only
        named, because the larger one has each of its rows.
    """
    for name, world in product(TABLES, WORLDS):
        full, quick = (results / f"{name}-{world}-{profile}.csv" for profile in ("full", "quick"))
        replaced = (
            full.is_file() and quick.is_file() and rows_run(quick, name) <= rows_run(full, name)
        )
        if full.is_file():
            yield name, world, full, quick if replaced else None
        if quick.is_file() and not replaced:
            yield name, world, quick, None


def rows_run(path: Path, name: str) -> set[str]:
    """The rows of a table that have a score."""
    score = TABLES[name]
    table = load_table(path, numbers=numbers_of(score))
    return set(table.row[table[score].notna()])


def section(name: str, world: str, path: Path, smaller: Path | None) -> str:
    """One table on generated speech: heading, what it says, the rows of its networks."""
    profile = path.stem.split("-")[-1]
    heading = f"### {HEADINGS[name]} (`mcsan run {name}`, profile `{profile}`)"
    if world != "synthetic":
        title = f"{HEADINGS[name]}, in the {world} world"
        heading = f"### {title} (`mcsan run {name} --world {world}`, profile `{profile}`)"
    parts = [heading, said_and_shown(path, TABLES[name], floors=False)]
    if path.name == THREE_SEEDS and not depth_by_rate(results=path.parent).empty:
        parts.append(
            f"How the gaps of deeper networks change with the learning rate: {DEPTHS_LINK}."
        )
    if smaller is not None:
        parts.append(f"The same rows on fewer folds, from one seed: {link_to(smaller)}.")
    return "\n\n".join(parts)


def said_and_shown(path: Path, score: str, *, floors: bool = True) -> str:
    """What a table says, its rows, and what its intervals are over.

    Args:
        path: of the table.
        score: of which the page speaks.
        floors: whether the rows of the floors are shown as well.
    """
    table, by_seed = load_table(path, numbers=numbers_of(score)), gaps_by_seed(path, score)
    said = [
        *sentences(table, score),
        floor_sentence(table, score),
        *trainings_at_chance(path),
        *say_sides_of_seeds(by_seed),
    ]
    shown = table if floors else table[~table.row.str.startswith(FLOOR)]
    return f"{bullets(said)}\n\n{rows_and_basis(shown, path, score, by_seed)}"


def rows_and_basis(rows: pd.DataFrame, path: Path, score: str, by_seed: pd.DataFrame) -> str:
    """Rows of a table, what their intervals are over, and where all of its tests are.

    Args:
        rows: those that are shown, MCSAN among them.
        path: of the table.
        score: of which the page speaks.
        by_seed: of `gaps_by_seed`.
    """
    about = f"Intervals: {basis_of(rows)}. All tests: {link_to(path)}."
    return f"{compact(rows, score, by_seed)}\n\n{about}"


def link_to(path: Path) -> str:
    return f"[results/](../results/{path.stem}.md)"


def floors_part(results: Path) -> str:
    """The floors of every corpus and profile in one table: one column each.

    Tables on the same folds have the same floors, so that the first of them speaks for all.
    """
    columns: dict[str, pd.Series] = {}
    for _, world, path, _ in tables_in(results):
        profile = path.stem.split("-")[-1]
        table = load_table(path, numbers=numbers_of("wa"))
        floors = table[table.row.str.startswith(FLOOR)].set_index("row")
        heading = f"{'matching' if world == 'synthetic' else world}, `{profile}`"
        if len(floors):
            columns.setdefault(
                heading, floors.apply(_interval, axis=1, args=("wa", "", 1, "{:.3f}"))
            )
    floors = pd.DataFrame(columns).fillna("")
    rows = [(row.removeprefix(FLOOR), *scores) for row, scores in floors.T.items()]
    return markdown_rows(["floor", *floors.columns], rows)


def trainings_at_chance(path: Path) -> list[str]:
    """A sentence about trainings that end where naming the largest class ends, if there are any."""
    trainings, chance = values.trainings_and_chance(path)
    if chance is None or not at_chance(trainings, chance).any():
        return []
    head, *rows = say_trainings_at_chance(trainings, chance).splitlines()
    return [f"{head} {' '.join(rows)}"]


def gaps_by_seed(path: Path, score: str) -> pd.DataFrame:
    """(seeds, rows): the gap to MCSAN of each seed in points, averaged over folds.

    An interval over folds cannot tell what other seeds would give, and these numbers hint at it.
    With a single seed there are none.

    Args:
        path: of the table; that of its trainings lies beside it.
        score: of which the page speaks.
    """
    file = path.with_name(f"{path.stem}-folds.csv")
    if not file.is_file():
        return pd.DataFrame()
    trainings = load_table(file, numbers=(score,))
    if FULL not in set(trainings.name) or trainings.seed.nunique() < 2:
        return pd.DataFrame()
    return 100 * gaps_to_mcsan(trainings, "seed", score)


def say_sides_of_seeds(gaps: pd.DataFrame) -> list[str]:
    """In which rows the seeds lie on both sides of zero; nothing with a single seed.

    Args:
        gaps: of `gaps_by_seed`.
    """
    if gaps.empty:
        return []
    split = [row for row, of_row in gaps.items() if of_row.min() < 0 < of_row.max()]
    return [f"Seed by seed, the gap is on both sides of zero in: {named_or_none(split)}."]


def render(text: str, results: Path = ROOT / "results") -> str:
    """The page's text with the parts between the marks made anew.

    Args:
        text: of the page.
        results: the folder of tables.
    """
    sections = "\n\n".join(section(*shown) for shown in tables_in(results))
    text = between_marks(text, START, END, sections)
    for mark, make in {**real_data.PARTS, **OWN_PARTS}.items():
        start, end = f"<!-- {mark}: made by docs/results.py -->", f"<!-- /{mark} -->"
        text = between_marks(text, start, end, make(results))
    return text


def meld_part(results: Path) -> str:
    """Table 2 on MELD's text with five seeds, and what had been said from one of them."""
    score = "weighted_f1"
    shown = said_and_shown(results / MELD, score)
    table = load_table(results / MELD, numbers=numbers_of(score)).set_index("row")
    before = real_data.load_rows(results, "table2", "meld").set_index("row")
    return f"{shown}\n\n{one_seed_or_several(before, table, score)}"


def one_seed_or_several(before: pd.DataFrame, now: pd.DataFrame, score: str) -> str:
    """Which verdicts of a single seed several seeds confirm.

    Args:
        before: verdict of each row, by its name, from one seed.
        now: the table of several seeds, by the names of the rows.
        score: of which the gaps are.
    """
    ahead = before.index[before.verdict == "MCSAN ahead"]
    confirmed = [row for row in ahead if now[f"{score} gap low"][row] > 0]
    lost = [row for row in ahead if row not in confirmed]
    after_holm = [row for row in confirmed if now[f"{score} Holm p"][row] < 0.05]
    return (
        f"A single seed, with earlier code, had found MCSAN ahead of {named_or_none(ahead)}. Of "
        f"these {len(ahead)} verdicts, several seeds confirm {len(confirmed)}, and "
        f"{len(after_holm)} after Holm's correction; they do not confirm: {named_or_none(lost)}."
    )


def six_seeds_part(results: Path) -> str:
    """Rows of Table 3 with six seeds, and how much narrower their intervals became."""
    tables = {
        seeds: load_table(results / name, numbers=numbers_of("wa")).set_index("row")
        for seeds, name in (("three", THREE_SEEDS), ("six", SIX_SEEDS))
    }
    gaps = tables["six"]["wa gap"].dropna()
    widths = {seeds: widest_half(table.loc[gaps.index]) for seeds, table in tables.items()}
    said = (
        f"With three seeds the widest interval of these gaps was ±{widths['three']:.1f} points, "
        f"and with six it is ±{widths['six']:.1f}. The seeds were added because of that width, "
        f"and to try others than three, not because of a verdict. "
        f"{floor_sentence(tables['six'].reset_index(), 'wa')}"
    )
    by_seed = gaps_by_seed(results / SIX_SEEDS, "wa")
    shown = networks_shown(results / SIX_SEEDS, by_seed)
    return "\n\n".join([said, *say_over_seeds(by_seed), shown])


def say_over_seeds(gaps: pd.DataFrame) -> list[str]:
    """Intervals over the seeds in place of the folds: what other seeds may give on these folds.

    Args:
        gaps: of `gaps_by_seed`.
    """
    told = []
    for row, of_row in gaps.items():
        mean, half = fold_interval(of_row)
        told.append(f"{row} {mean:+z.1f} [{mean - half:+z.1f}, {mean + half:+z.1f}]")
    if not told:
        return []
    return [f"Over the {len(gaps)} seeds in place of the folds, in points: {'; '.join(told)}."]


def networks_shown(path: Path, by_seed: pd.DataFrame) -> str:
    """The networks of a table in WA, and what their intervals are over."""
    table = load_table(path, numbers=numbers_of("wa"))
    return rows_and_basis(table[~table.row.str.startswith(FLOOR)], path, "wa", by_seed)


def depth_part(results: Path) -> str:
    """The depths of Table 3 at smaller learning rates; nothing where they were not trained."""
    found = depth_by_rate(results=results)
    if found.empty:
        return ""
    parts = [bullets(say_depth_by_rate(found).splitlines())]
    _, *smaller_rates = found.index.unique(0)
    for rate in smaller_rates:
        path = results / depth_files()[rate].replace("-folds.csv", ".csv")
        parts += [
            f"**At a learning rate of {rate:g}:**",
            networks_shown(path, gaps_by_seed(path, "wa")),
        ]
    return "\n\n".join(parts)


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def widest_half(table: pd.DataFrame) -> float:
    """Half of the widest interval of the gaps to MCSAN, in points."""
    return 100 * float((table["wa gap high"] - table["wa gap low"]).max()) / 2


def choices_part(results: Path) -> str:
    """What the choices that the paper leaves open do to MCSAN's score, and what luck may do."""
    return real_data.changes_lines(results / CHOICES)


OWN_PARTS = {
    "depth": depth_part,
    "floors": floors_part,
    "open choices": choices_part,
    "six seeds": six_seeds_part,
    "real table 2, MELD": meld_part,
}


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(render(text), encoding="utf-8")


if __name__ == "__main__":
    main()
