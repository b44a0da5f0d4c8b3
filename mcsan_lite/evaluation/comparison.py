"""How far two rows lie apart on the same folds and seeds, and what may be said of it.

In: results of rows that were run on the same folds and seeds. Out: a `Test` of their gap, or a
`Comparison`, which is one row of a table in one score. Several folds give an interval over folds;
one test part gives one over its dialogues and the seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.evaluation.pairing import RowPredictions, paired, predictions
from mcsan_lite.evaluation.significance import (
    NAN,
    Test,
    alike,
    corrected_t,
    mcnemar,
    spread,
    wilcoxon,
)

ALIKE_MARGIN = 0.01  # a point: smaller gaps are called alike where TOST shows it

# The column of a table that holds a field of a Comparison. Nobody else writes these names.
_COLUMNS = {
    "value": "{score}",
    "value_low": "{score} low",
    "value_high": "{score} high",
    "sd_seeds": "{score} sd seeds",
    "sd_folds": "{score} sd folds",
    "basis": "basis",
    "gap": "{score} gap",
    "low": "{score} gap low",
    "high": "{score} gap high",
    "t": "{score} t",
    "p": "{score} p",
    "holm_p": "{score} Holm p",
    "wilcoxon_p": "{score} Wilcoxon p",
    "mcnemar_p": "{score} McNemar p",
    "alike_p": f"{{score}} equivalent within {100 * ALIKE_MARGIN:g} point",
    "within_noise": "{score} within noise",
    "verdict": "{score} verdict",
    "holm_verdict": "{score} verdict after Holm",
    "peeked_gain": "{score} peeked gain",
    "peeked_low": "{score} peeked gain low",
    "peeked_high": "{score} peeked gain high",
    "above_floor": "{score} above best floor",
    "above_floor_low": "{score} above best floor low",
    "above_floor_high": "{score} above best floor high",
}


@dataclass(frozen=True)
class Comparison:
    """One row of a table in one score: its own score, and its gap to the reference row.

    Scores and gaps are shares, their intervals 95 %. nan is what could not be computed, None what
    was not asked for, as the gap of the reference row.
    """

    row: str
    score: str  # "wa", "ua" or "weighted_f1"
    value: float | None = None  # the row's own score
    value_low: float | None = None
    value_high: float | None = None
    sd_seeds: float | None = None  # what another seed on the same fold changes
    sd_folds: float | None = None  # over folds, seeds averaged
    basis: str | None = None  # what the intervals are over
    gap: float | None = None  # reference - row: positive where the reference is better
    low: float | None = None
    high: float | None = None
    t: float | None = None
    p: float | None = None  # that there is no gap
    holm_p: float | None = None  # p, adjusted for the number of rows
    wilcoxon_p: float | None = None  # over folds
    mcnemar_p: float | None = None  # over the utterances of one test part
    alike_p: float | None = None  # that the gap is not within ± ALIKE_MARGIN
    within_noise: bool | None = None
    verdict: str | None = None  # of this gap alone
    holm_verdict: str | None = None  # of this gap among all rows of the table
    peeked_gain: float | None = None  # had the epoch been chosen on the test part
    peeked_low: float | None = None
    peeked_high: float | None = None
    above_floor: float | None = None  # row - best floor: positive where the row is better
    above_floor_low: float | None = None
    above_floor_high: float | None = None

    def columns(self) -> dict[str, object]:
        """The cells of a table's row, without those that are None."""
        values = {field: getattr(self, field) for field in _COLUMNS}
        given = {field: value for field, value in values.items() if value is not None}
        return {column_name(field, self.score): value for field, value in given.items()}


def column_name(field: str, score: str) -> str:
    """The column of a table that holds a field of a `Comparison`.

    Args:
        field: the name of the field, such as "low".
        score: such as "wa"; together they give "wa gap low".
    """
    return _COLUMNS[field].format(score=score)


def read_comparison(cells: pd.Series, row: str, score: str) -> Comparison:
    """The `Comparison` that a row of a table was made of; empty cells become None.

    Args:
        cells: one row of a table, by column.
        row: its name.
        score: which of its scores is wanted.
    """
    values = {field: cells.get(column_name(field, score)) for field in _COLUMNS}
    given = {field: value for field, value in values.items() if not pd.isna(value)}
    return Comparison(row, score, **given)


def gap_test(
    results: pd.DataFrame,
    a: str,
    b: str | None,
    metric: str,
    dialogues: Mapping[str, str] | None = None,
) -> Test | None:
    """a's score minus b's, tested; None where one of the two was not run.

    Args:
        results: trainings of one corpus and protocol.
        a: a row's name.
        b: another one; None for a's score itself.
        metric: "wa", "ua" or "weighted_f1".
        dialogues: utterance id -> dialogue, for a corpus with one test part.

    Returns:
        With several folds `corrected_t`, seeds averaged within each. With one test part its
        predictions, drawn again by dialogue (by utterance where the dialogue is not known), with
        the error of the seeds; without predictions on disk the seeds alone.

    Raises:
        DataError: where the two are not paired.
    """
    names = [a] if b is None else [a, b]
    if not set(names) <= set(results.name[results.model != "floor"]):
        return None
    grids = paired(results, names, a)
    return _tested(grids[a], grids.get(b), metric, dialogues)


def compared(
    grid: pd.DataFrame,
    reference: pd.DataFrame,
    score: str,
    dialogues: Mapping[str, str] | None = None,
) -> Comparison:
    """One row against the reference row in one score.

    Args:
        grid: the row's trainings, from `paired`.
        reference: those of the reference row. Where they are the same row there is no gap.
        score: "wa", "ua" or "weighted_f1".
        dialogues: as for `gap_test`.

    Raises:
        DataError: where the two predicted other utterances.
    """
    values = _by_fold_and_seed(grid, score)
    own = _tested(grid, None, score, dialogues)
    low, high = np.clip((own.low, own.high), 0, 1)
    peeked = _peeked_gain(grid, score)
    measured = {
        "value": own.mean,
        "value_low": low,
        "value_high": high,
        "sd_seeds": spread(values).seed_sd,
        "sd_folds": NAN,
        "basis": _basis(grid, reference, values.shape, own.n),
    }
    if len(values) > 1:
        measured["sd_folds"] = values.mean(1).std(ddof=1)
    if peeked is not None:
        measured |= {"peeked_gain": peeked.mean}
        measured |= {"peeked_low": peeked.low, "peeked_high": peeked.high}
    if _name(grid) != _name(reference):
        gap = _tested(reference, grid, score, dialogues)
        measured |= {"gap": gap.mean, "low": gap.low, "high": gap.high, "p": gap.p}
        measured |= {"alike_p": alike(gap, ALIKE_MARGIN).p}
        measured |= _second_test(grid, reference, score)
    return Comparison(_name(grid), score, **measured)


def above_floor(
    grid: pd.DataFrame,
    floor: pd.DataFrame,
    score: str,
    dialogues: Mapping[str, str] | None = None,
) -> Test:
    """How far a row lies above a floor: its score less the floor's, tested.

    Args:
        grid: the row's trainings, from `paired`.
        floor: those of the floor, on each fold of the row.
        score: "wa", "ua" or "weighted_f1".
        dialogues: as for `gap_test`.

    Returns:
        With several folds `corrected_t` of their differences, seeds averaged within each. A floor
        keeps no predictions. So with one test part its score is taken as it is, and the interval is
        that of the row alone.
    """
    scores = _by_fold_and_seed(grid, score)  # (folds, seeds)
    of_floor = floor.groupby("fold")[score].mean().loc[sorted(grid.fold.unique())]  # (folds,)
    if len(scores) > 1:
        return corrected_t(scores - of_floor.to_numpy()[:, None], _test_share(grid))
    return _tested(grid, None, score, dialogues).less(float(of_floor.iloc[0]))


def run_interval(grid: pd.DataFrame, score: str) -> Test:
    """A run's own score, with its interval.

    Over several folds it is that of `corrected_t`, seeds averaged within their fold: counting folds
    × seeds as so many independent trainings would promise far too much. On one test part it is
    that of its utterances and seeds (`score_interval`), for WA; other scores have the seeds alone.

    Args:
        grid: the run's trainings, complete or not.
        score: "wa", "ua", "weighted_f1" or "macro_f1".
    """
    by_fold = grid.groupby("fold")[score].mean()
    if len(by_fold) == 1 and score == "wa":
        return Test(*score_interval(grid[score], int(grid.n_test.iloc[0])))
    if len(by_fold) > 1:
        test = corrected_t(by_fold, _test_share(grid))
    else:
        test = corrected_t(grid[score], 0)
    low, high = np.clip((test.low, test.high), 0, 1)  # no score lies outside
    return replace(test, low=float(low), high=float(high))


def _name(grid: pd.DataFrame) -> str:
    return grid.name.iloc[0]


def _by_fold_and_seed(grid: pd.DataFrame, column: str) -> np.ndarray:
    """(folds, seeds)"""
    return grid.pivot(index="fold", columns="seed", values=column).to_numpy()


def _test_share(grid: pd.DataFrame) -> float:
    return float((grid.n_test / grid.n_train).mean())


def _tested(
    grid: pd.DataFrame,
    other: pd.DataFrame | None,
    score: str,
    dialogues: Mapping[str, str] | None,
) -> Test:
    """The score of a row, or its gap to another one."""
    scores = _by_fold_and_seed(grid, score)
    if other is not None:
        scores = scores - _by_fold_and_seed(other, score)
    if len(scores) > 1:
        return corrected_t(scores, _test_share(grid))
    ours = predictions(grid)
    theirs = None if other is None else predictions(other)
    if ours is None or (other is not None and theirs is None):
        return corrected_t(scores[0], 0)
    if theirs is not None and not _same_utterances(ours, theirs):
        raise DataError(
            f"predictions of {_name(grid)!r} and {_name(other)!r} on other utterances",
            "the same test part",
            "run both again.",
        )
    known = dialogues or {}
    groups = np.array([known.get(id) or id for id in ours.ids])
    predicted = None if theirs is None else theirs.predicted
    return over_seeds_and_clusters(ours.true, ours.predicted, predicted, groups, score)


def _same_utterances(ours: RowPredictions, theirs: RowPredictions) -> bool:
    return ours.ids.equals(theirs.ids) and bool((ours.true == theirs.true).all())


def _basis(grid: pd.DataFrame, reference: pd.DataFrame, shape: tuple[int, int], n: int) -> str:
    """What the intervals of a row are over, in words; `n` counts what its own test was made of."""
    folds, seeds = shape
    counted, within = "1 seed (another may say otherwise)", ""
    if seeds > 1:
        counted, within = f"{seeds} seeds", " averaged within each"
    if folds > 1:
        return f"{folds} folds, corrected t; {counted}{within}"
    ours = predictions(grid)
    if ours is None or predictions(reference) is None:
        return f"{counted} on one test part, which is taken as it is"
    if n < len(ours.ids):
        return f"{n} dialogues; {counted}"
    return f"{n} utterances, their dialogues unknown; {counted}"


def _second_test(grid: pd.DataFrame, reference: pd.DataFrame, score: str) -> dict[str, float]:
    """Wilcoxon's test over folds; with one test part McNemar's of the first seed."""
    gaps = _by_fold_and_seed(reference, score) - _by_fold_and_seed(grid, score)
    if len(gaps) > 1:
        return {"wilcoxon_p": wilcoxon(gaps).p}
    ours, theirs = predictions(grid), predictions(reference)
    if ours is None or theirs is None:
        return {}
    right_of_reference = theirs.predicted[0] == ours.true
    return {"mcnemar_p": mcnemar(right_of_reference, ours.predicted[0] == ours.true).p}


def _peeked_gain(grid: pd.DataFrame, score: str) -> Test | None:
    """What choosing the epoch on the test part would have gained, over folds or else over seeds.

    None for a row without epochs, such as cMKL.
    """
    peeked = f"peeked_{score}"
    if peeked not in grid or grid[peeked].isna().any():
        return None
    gains = _by_fold_and_seed(grid.assign(gain=grid[peeked] - grid[score]), "gain")
    if len(gains) > 1:
        return corrected_t(gains, _test_share(grid))
    return corrected_t(gains[0], 0)
