"""The paper's tables from our results: gaps to the full model, and what may be said of them.

In: results of runs on one corpus and protocol. Out: tables, one row per system, which `report`
turns into markdown, csv and figures. Every cell about a score is a `Comparison` or a
`PrintedScore`; the caption and the scores of a table are in its `attrs`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mcsan_lite.datasets.splits import PARTIAL_FOLDS
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.comparison import (
    ALIKE_MARGIN,
    Comparison,
    above_floor,
    column_name,
    compared,
)
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.evaluation.pairing import paired
from mcsan_lite.evaluation.significance import corrected_t, holm
from mcsan_lite.figures.basics import counted
from mcsan_lite.paper.profiles import PAPER_PROTOCOL, TEXT_ALONE
from mcsan_lite.paper.published import (
    FLOOR,
    FULL,
    PUBLISHED_FROM,
    PUBLISHED_TABLES,
    ROW_NOTES,
    TABLE2_PUBLISHED,
    PrintedScore,
    PublishedTable,
    printed_score,
)
from mcsan_lite.paper.table_rows import rows_of

_UNDECIDED = "not distinguishable"


@dataclass(frozen=True)
class _Setting:
    """Which table this is, and on which corpus and folds: that decides what may stand beside it."""

    table: str
    kind: str
    corpus: str
    protocol: str
    folds: frozenset[str]

    @property
    def published(self) -> PublishedTable:
        return PUBLISHED_TABLES[self.table]

    @property
    def scores(self) -> list[str]:
        scores = list(self.published.scores)
        if self.kind == "meld" and "weighted_f1" not in scores:
            scores.append("weighted_f1")
        return scores

    @property
    def silent(self) -> bool:
        """Nothing is heard: no claim of the paper is about that."""
        return self.kind == TEXT_ALONE

    @property
    def own_folds(self) -> bool:
        """The paper's classes and folds of one of its corpora."""
        return (
            PAPER_PROTOCOL.get(self.kind) == self.protocol
            and not PARTIAL_FOLDS.intersection(self.folds)
            and self.corpus != "iemocap4"
        )

    @property
    def at_home(self) -> bool:
        """The very corpus and folds that the paper's table is about."""
        return self.own_folds and self.kind == self.published.corpus

    def printed(self, row: str, score: str) -> PrintedScore:
        """What the paper printed, where it may stand beside a score of ours."""
        if self.at_home and score in self.published.numbers:
            return printed_score(self.table, row, score)
        if self.own_folds and self.kind == "meld" and row == FULL and score == "weighted_f1":
            return PrintedScore(score, TABLE2_PUBLISHED[FULL])
        return PrintedScore(score)


def compared_table(
    results: pd.DataFrame,
    kind: str,
    table: str = "table3",
    *,
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A table of the paper from our runs: each row paired with "MCSAN" on the same folds and seeds.

    Args:
        results: of one corpus and protocol, from `run_experiment` or `load_results`. Floors and
            names that are not in the table are left out.
        kind: the kind of corpus. Printed numbers stand only beside the corpus that they are of.
        table: "table1", "table2", "table3" or "fusion".
        dialogues: utterance id -> dialogue, for a corpus with a single test part.

    Returns:
        One row per system; a row without a run says so. Scores are shares; "gap" is MCSAN - row,
        positive where MCSAN is better. "basis" says what the intervals are over: folds, by the
        corrected t; or, with one test part, its dialogues and the seeds (without predictions on
        disk the seeds alone). Verdicts are of the 95 % interval of the gap. Where the paper does
        not compare with a system there is no claim to reproduce, and the verdict says which one is
        ahead. Holm's p is over the rows that were run, and has a verdict of its own.

    Raises:
        DataError: where results are not paired, naming what is missing.
    """
    require_name(table, PUBLISHED_TABLES, "table")
    rows = rows_of(table)
    grids = paired(results, rows, FULL)
    full = grids[FULL]
    setting = _Setting(
        table=table,
        kind=kind,
        corpus=full.corpus.iloc[0],
        protocol=full.protocol.iloc[0],
        folds=frozenset(full.fold),
    )
    cells = [_row_cells(row, grids, setting, dialogues) for row in rows]
    frame = pd.DataFrame(cells, index=pd.Index(rows, name="row"))
    for score in setting.scores:
        if column_name("p", score) in frame:
            adjusted = holm(frame[column_name("p", score)])
            frame[column_name("holm_p", score)] = adjusted
            alone = frame[column_name("verdict", score)]
            frame[column_name("holm_verdict", score)] = alone.mask(adjusted >= 0.05, _UNDECIDED)
    first_score = "weighted_f1" if kind == "meld" else setting.scores[0]
    verdict = frame[column_name("verdict", first_score)]
    frame["verdict"] = verdict.where(verdict.notna(), frame["verdict"])
    if setting.silent:
        frame["heard"] = "nothing"  # a file of the table has no caption that could say so
    frame.attrs = {
        "corpus": setting.corpus,
        "protocol": setting.protocol,
        "scores": setting.scores,
        "splits": dict(sorted(zip(full.fold, full.split, strict=True))),
        "from": "this run",
        "caption": _caption(setting, full, basis=frame.basis[FULL]),
    }
    return frame


def _row_cells(
    row: str,
    grids: Mapping[str, pd.DataFrame],
    setting: _Setting,
    dialogues: Mapping[str, str] | None,
) -> dict[str, object]:
    """One row of a table: column -> cell."""
    cells: dict[str, object] = {"verdict": "not run", "trainings": 0}
    if row in ROW_NOTES:
        cells["note"] = ROW_NOTES[row]
    if row in grids:
        grid = grids[row]
        cells |= {"verdict": "", "trainings": len(grid)}
        if pd.notna(grid.parameters.iloc[0]):
            cells["parameters"] = int(grid.parameters.iloc[0])
        if "seconds_per_epoch" in grid:
            cells["seconds per epoch"] = grid.seconds_per_epoch.mean()
        for score in setting.scores:
            comparison = compared(grid, grids[FULL], score, dialogues)
            verdict = _verdict(comparison, setting)
            cells |= replace(comparison, verdict=verdict).columns()
    if setting.at_home and row in setting.published.numbers.index and row in PUBLISHED_FROM:
        cells["paper's source"] = PUBLISHED_FROM[row]
    for score in setting.scores:
        cells |= setting.printed(row, score).columns()
    return cells


def _verdict(comparison: Comparison, setting: _Setting) -> str:
    """What the interval of a gap allows to say of it."""
    if comparison.row == FULL:
        return "reference"
    printed = setting.published.numbers
    low, high = comparison.low, comparison.high
    if setting.silent or comparison.row not in printed.index:  # the paper claims nothing
        if low > 0:
            return "MCSAN ahead"
        return "MCSAN behind" if high < 0 else _UNDECIDED
    if _paper_has_mcsan_below(comparison.row, comparison.score, printed):
        low, high = -high, -low
    if low > 0:
        return "reproduced"
    return "differs" if high < 0 else _UNDECIDED


def _paper_has_mcsan_below(row: str, score: str, printed: pd.DataFrame) -> bool:
    """As with AMH in WA. In a score that the paper does not print it has MCSAN ahead."""
    return score in printed and printed[score][FULL] < printed[score][row]


def _caption(setting: _Setting, full: pd.DataFrame, basis: str) -> str:
    sentences = [
        f"Corpus {setting.corpus}, protocol {setting.protocol}, "
        f"{counted(full.fold.nunique(), 'fold')} × {counted(full.seed.nunique(), 'seed')}.",
        "Gap: MCSAN − row on the same folds and seeds, above 0 where MCSAN is better.",
        f"Intervals: 95 %, over {basis}, those of scores cut at 0 and 1.",
        "Verdict: does the gap's interval exclude 0, on the paper's side? It is of each row alone; "
        "after Holm, of each row as one of so many.",
        f"Alike: p that the gap is within ± {100 * ALIKE_MARGIN:g} point (TOST).",
        "Peeked gain: had the epoch been chosen on the test part.",
        *_caption_on_the_paper(setting),
    ]
    if setting.silent:
        sentences.append("Nothing is heard here: no claim of the paper is judged.")
    return " ".join(sentences)


def _caption_on_the_paper(setting: _Setting) -> list[str]:
    if setting.published.numbers.empty:
        return ["The paper has no such table: no claim of it is judged."]
    number = setting.table.removeprefix("table")
    if setting.at_home and number == "1":
        return [
            "Paper: Sun et al. 2021, Table 1.",
            "Its rows come from several sources, not one experiment; AMH's first table printed "
            "precision as accuracy and is withdrawn.",
        ]
    if setting.at_home:
        return [f"Paper: Sun et al. 2021, Table {number}."]
    if setting.printed(FULL, "weighted_f1").value is not None:
        return [
            "Paper: Sun et al. 2021, Table 2, weighted F1.",
            "Other tables are on IEMOCAP: their direction counts.",
        ]
    return [
        "Scores on this corpus are not comparable with the paper's: the direction of its gaps "
        "counts."
    ]


def floors_beside(
    table: pd.DataFrame,
    results: pd.DataFrame,
    floors: pd.DataFrame,
    *,
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A table with the floors below it, and how far each row lies above the best of them.

    Args:
        table: from `compared_table`.
        results: those that the table was made of.
        floors: results of floors, as `floors_table` gives them. One that lacks a fold of the table
            is a row "not run on all folds".
        dialogues: as for `compared_table`.

    Raises:
        DataError: where there is no floor on the table's folds at all.
    """
    splits = table.attrs["splits"]
    of_corpus = (floors.model == "floor") & (floors.corpus == table.attrs["corpus"])
    floors = floors[of_corpus & (floors.split == floors.fold.map(splits))]
    if floors.empty:
        raise DataError(
            f"no floor on the folds of {table.attrs['corpus']}, {table.attrs['protocol']}",
            "floors of the same corpus and protocol",
            "mcsan floors CORPUS   (and the same --protocol)",
        )
    by_row = _floors_by_row(floors)
    cells = {row: _floor_cells(row, group, table) for row, group in by_row.items()}
    floor_rows = pd.DataFrame(cells.values(), index=pd.Index(cells, name="row"))
    below = pd.concat([table, floor_rows])
    best = {score: best_floor(below, score) for score in table.attrs["scores"]}
    tested = {score: row for score, row in best.items() if row is not None}
    for score, row in tested.items():
        gaps = gaps_to_floor(results, by_row[row], score, rows=table.index, dialogues=dialogues)
        for end, column in {"": "mean", "_low": "low", "_high": "high"}.items():
            below[column_name(f"above_floor{end}", score)] = gaps[column]
    below.attrs = dict(table.attrs)
    if tested:
        below.attrs["caption"] += f" {_caption_on_floors(tested.values(), len(splits))}"
    return below


def _caption_on_floors(rows: Collection[str], folds: int) -> str:
    names = dict.fromkeys(row.removeprefix(FLOOR) for row in rows)  # each once, in order
    how = "on the same folds" if folds > 1 else "whose score is taken as it is"
    return f"Above best floor: row − {' or '.join(names)}, {how}; above 0 where the row is better."


def best_floor(table: pd.DataFrame, score: str) -> str | None:
    """The row of the floor with the highest score; None where no floor was run on every fold.

    Args:
        table: with floors, its rows named by the index.
        score: such as "wa".
    """
    is_floor = table.index.str.startswith(FLOOR)
    scores = table.loc[is_floor, score].dropna() if score in table else pd.Series(dtype=float)
    return None if scores.empty else str(scores.astype(float).idxmax())


def gaps_to_floor(
    results: pd.DataFrame,
    floor: pd.DataFrame,
    score: str,
    *,
    rows: Collection[str],
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """How far each row lies above one floor, on the same folds (`above_floor`).

    Args:
        results: of runs, MCSAN's among them.
        floor: the trainings of one floor.
        score: "wa", "ua" or "weighted_f1".
        rows: the rows that are wanted; those without a training are left out.
        dialogues: as for `compared_table`.

    Returns:
        mean, low and high of row - floor, as shares; the index names the rows.
    """
    tests = {
        row: above_floor(grid, floor, score, dialogues)
        for row, grid in paired(results, rows, FULL).items()
    }
    gaps = {row: (test.mean, test.low, test.high) for row, test in tests.items()}
    return pd.DataFrame.from_dict(gaps, orient="index", columns=["mean", "low", "high"])


def _floors_by_row(floors: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name of the row -> trainings of the floor. A second run of a floor is a row of its own."""
    by_row: dict[str, pd.DataFrame] = {}
    for (name, run), group in floors.groupby(["name", "run"], sort=False):
        row = f"{FLOOR}{name}"
        by_row[f"{row} ({run})" if row in by_row else row] = group
    return by_row


def _floor_cells(row: str, group: pd.DataFrame, table: pd.DataFrame) -> dict[str, object]:
    """One floor's row of the table: column -> cell."""
    cells: dict[str, object] = {"verdict": "floor", "trainings": len(group), "parameters": 0}
    if set(group.fold) != set(table.attrs["splits"]):
        return {**cells, "verdict": "not run on all folds"}
    for score in table.attrs["scores"]:
        cells |= _floor_comparison(row, score, group).columns()
    return cells


def _floor_comparison(row: str, score: str, group: pd.DataFrame) -> Comparison:
    """A floor's own score; on one test part its interval is Wilson's, for WA only."""
    test_share = float((group.n_test / group.n_train).mean())
    own = corrected_t(group[score], test_share)
    low, high = own.low, own.high
    if len(group) == 1 and score == "wa":
        low, high = share_interval(own.mean, int(group.n_test.iloc[0]))
    low, high = np.clip((low, high), 0, 1)
    sd_folds = group[score].std()
    return Comparison(row, score, value=own.mean, value_low=low, value_high=high, sd_folds=sd_folds)
