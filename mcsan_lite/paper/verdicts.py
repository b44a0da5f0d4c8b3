"""The paper's tables from our results: gaps to the full model, and what may be said of them.

In: results of runs on one corpus and protocol. Out: tables, one row per system, which `report`
turns into markdown, csv and figures. Every cell about a score is a `Comparison` or a
`PrintedScore`; the caption and the scores of a table are in its `attrs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mcsan_lite.datasets.splits import PARTIAL_FOLDS
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.comparison import ALIKE_MARGIN, Comparison, column_name, compared
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.evaluation.pairing import paired
from mcsan_lite.evaluation.significance import corrected_t, holm, welch_from_summary
from mcsan_lite.figures.basics import counted
from mcsan_lite.paper.profiles import PAPER_PROTOCOL, TEXT_ALONE
from mcsan_lite.paper.published import (
    FULL,
    PUBLISHED_FROM,
    PUBLISHED_TABLES,
    ROW_NOTES,
    TABLE1_PUBLISHED,
    TABLE2_PUBLISHED,
    TABLE3_PUBLISHED,
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


def published_gaps() -> pd.DataFrame:
    """The paper's own Tables 3 and 1 read again: each gap to MCSAN with Welch's t.

    It is computed from the printed means and deviations; "within noise" where p ≥ 0.05. Indicative
    only: the folds are paired and share training data, and the table shows neither; Table 1 mixes
    sources and perhaps folds.
    """
    rows = []
    for source, numbers in (("Table 3", TABLE3_PUBLISHED), ("Table 1", TABLE1_PUBLISHED)):
        for name in numbers.index.drop(FULL):
            basis = "unpaired: printed mean ± sd, 10 folds each"
            cells = {"row": name, "source": source, "basis": basis}
            for score in ("wa", "ua"):
                cells |= _printed_comparison(name, score, numbers).columns()
            rows.append(cells)
    table = pd.DataFrame(rows).set_index("row")
    for score in ("wa", "ua"):
        p_by_table = table.groupby("source")[column_name("p", score)]
        table[column_name("holm_p", score)] = p_by_table.transform(holm)
    table.attrs = {
        "scores": ["wa", "ua"],
        "from": "printed in the paper",
        "caption": (
            "Sun et al. 2021, Tables 1 and 3, IEMOCAP: gap = MCSAN − row, with Welch's t and its "
            "95 % interval from the printed means and standard deviations of 10 folds. Unpaired "
            "and without correction for shared training data, so indicative only. Holm's p is "
            "over the rows of one table."
        ),
    }
    return table


def _printed_comparison(row: str, score: str, numbers: pd.DataFrame) -> Comparison:
    """A printed row against the printed MCSAN."""
    full = TABLE3_PUBLISHED.loc[FULL]
    value, sd = numbers[score][row], numbers[f"{score}_sd"][row]
    test = welch_from_summary(full[score], full[f"{score}_sd"], value, sd, 10)
    return Comparison(
        row,
        score,
        value=value,
        sd_folds=sd,
        gap=round(test.mean, 3),
        low=test.low,
        high=test.high,
        t=test.statistic,
        p=test.p,
        within_noise=test.p >= 0.05,
    )


def floors_beside(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """A table with the floors below it, on the same folds, with their own scores.

    Args:
        table: from `compared_table`.
        results: with floors (model "floor") among them. A floor that lacks a fold of the table is
            a row "not run on all folds".

    Raises:
        DataError: where there is no floor on the table's folds at all.
    """
    splits = table.attrs["splits"]
    is_floor = (results.model == "floor") & (results.corpus == table.attrs["corpus"])
    floors = results[is_floor & (results.split == results.fold.map(splits))]
    if floors.empty:
        raise DataError(
            f"no floor on the folds of {table.attrs['corpus']}, {table.attrs['protocol']}",
            "floors of the same corpus and protocol",
            "mcsan floors CORPUS   (and the same --protocol)",
        )
    rows: dict[str, dict] = {}
    for (name, run), group in floors.groupby(["name", "run"], sort=False):
        row = f"floor: {name}"
        if row in rows:
            row = f"floor: {name} ({run})"
        rows[row] = {"verdict": "floor", "trainings": len(group), "parameters": 0}
        if set(group.fold) != set(splits):
            rows[row]["verdict"] = "not run on all folds"
            continue
        for score in table.attrs["scores"]:
            rows[row] |= _floor_comparison(row, score, group).columns()
    floor_rows = pd.DataFrame(rows.values(), index=pd.Index(rows, name="row"))
    below = pd.concat([table, floor_rows])
    below.attrs = table.attrs
    return below


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
