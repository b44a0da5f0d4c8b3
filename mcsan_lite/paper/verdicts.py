"""The paper's tables from results on disk: gaps to the full model, what may be said of them, floors below."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.comparison import gap
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.evaluation.pairing import paired, predictions
from mcsan_lite.evaluation.significance import (
    NAN,
    Test,
    alike,
    corrected_t,
    holm,
    mcnemar,
    spread,
    welch_from_summary,
    wilcoxon,
)
from mcsan_lite.paper.profiles import PAPER_PROTOCOL
from mcsan_lite.paper.published import (
    PUBLISHED_FROM,
    PUBLISHED_TABLES,
    ROW_NOTES,
    TABLE1_PUBLISHED,
    TABLE2_PUBLISHED,
    TABLE3_PUBLISHED,
)
from mcsan_lite.paper.report import ALIKE_MARGIN, FULL, SCORE_NAMES
from mcsan_lite.paper.table_rows import rows_of


def compared_table(
    results: pd.DataFrame,
    kind: str,
    name: str = "table3",
    *,
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A line a row of "table1", "table2" or "table3", paired with "MCSAN" on the same folds and seeds; a row without a run
    says so.

    `results`: of one corpus and protocol, from `run_experiment` or `load_results`; floors and names that are not in the
    table are left out. `kind`: the corpus's kind; the printed numbers stand beside only on the corpus that they are of.
    `dialogues`: the dialogue of every utterance by id, for a corpus with a single test part. Scores are shares; "gap" is
    MCSAN - row, positive where MCSAN is better. A system that the paper does not compare with has no claim to reproduce:
    its verdict says who is ahead.
    "basis" says what the intervals are over: folds, by the corrected t; or, with one test part, its dialogues and the seeds
    (without predictions on disk: the seeds alone). Verdicts are of the 95 % interval of the gap; Holm's p is over the rows
    that were run. Raises DataError where results are not paired, naming what is missing.
    """
    published = PUBLISHED_TABLES[require_name(name, PUBLISHED_TABLES, "table")]
    table_of, printed, scores = published.corpus, published.numbers, published.scores
    rows = rows_of(name)
    grids = paired(results, rows, FULL)
    if kind == "meld" and "weighted_f1" not in scores:
        scores = (*scores, "weighted_f1")
    full, lines = grids[FULL], {}
    judged = (
        printed.iloc[:0] if kind == "text alone" else printed
    )  # the paper claims nothing about silence
    parts = (
        {name: predictions(grid) for name, grid in grids.items()}
        if full.fold.nunique() == 1
        else {}
    )
    own = (
        PAPER_PROTOCOL.get(kind) == full.protocol.iloc[0]
        and "official-dev" not in set(full.fold)
        and full.corpus.iloc[0] != "iemocap4"
    )  # the paper's classes and folds
    for row in rows:
        line = lines[row] = {"verdict": "not run", "trainings": 0} | (
            {"note": ROW_NOTES[row]} if row in ROW_NOTES else {}
        )
        if row in grids:
            grid = grids[row]
            line |= {
                "verdict": "",
                "trainings": len(grid),
                "parameters": int(grid.parameters.iloc[0]),
            }
            if "seconds_per_epoch" in grid:
                line["seconds per epoch"] = grid.seconds_per_epoch.mean()
            for score in scores:
                line |= _compared(results, grids, parts, row, score, dialogues, judged)
                if (
                    f"peeked_{score}" in grid and grid[f"peeked_{score}"].notna().all()
                ):  # cMKL has no epochs to peek at
                    line |= _peeked(grid, score)
        at_home = own and kind == table_of and row in printed.index
        if at_home and row in PUBLISHED_FROM:
            line["paper's source"] = PUBLISHED_FROM[row]
        for score in printed if at_home else ():
            line[
                f"{score} paper" if score in SCORE_NAMES else score.replace("_sd", " paper sd")
            ] = printed[score][row]
            if row != FULL and score in SCORE_NAMES:
                line[f"{score} paper gap"] = (printed[score][FULL] - printed[score][row]).round(3)
        if own and kind == "meld" and row == FULL:
            line["weighted_f1 paper"] = TABLE2_PUBLISHED[FULL]
    table = pd.DataFrame(lines.values(), index=pd.Index(lines, name="row"))
    for score in scores:
        if f"{score} p" in table:
            table[f"{score} Holm p"] = holm(table[f"{score} p"])
    said = table[f"{'weighted_f1' if kind == 'meld' else scores[0]} verdict"]
    table["verdict"] = said.where(said.notna(), table["verdict"])
    table.attrs = {
        "corpus": full.corpus.iloc[0],
        "protocol": full.protocol.iloc[0],
        "scores": list(scores),
        "splits": dict(sorted(zip(full.fold, full.split, strict=True))),
        "from": "this run",
    }
    silence = (
        " Nothing is heard here: no claim of the paper is judged." if kind == "text alone" else ""
    )
    table.attrs["caption"] = _caption(table, own and kind == table_of, name, full) + silence
    return table


def _compared(
    results: pd.DataFrame, grids: dict, parts: dict, row: str, score: str, dialogues, printed
) -> dict:
    """One score of one row: its own interval, its gap to the full model, and the tests of the gap."""
    values, of_full = (
        grids[name].pivot(index="fold", columns="seed", values=score).to_numpy()
        for name in (row, FULL)
    )
    folds, seeds = values.shape
    own, difference = (
        gap(results, row, None, score, dialogues),
        gap(results, FULL, row, score, dialogues),
    )
    counted = f"{seeds} seeds" if seeds > 1 else "1 seed (another may say otherwise)"
    if folds > 1:
        tests = {"Wilcoxon p": wilcoxon(of_full - values).p}
        basis = f"{folds} folds, corrected t; {f'{counted} averaged within each' if seeds > 1 else counted}"
    elif parts[row] and parts[FULL]:
        ids, true, predicted = parts[row]
        tests = {"McNemar p": mcnemar(parts[FULL][2][0] == true, predicted[0] == true).p}
        basis = f"{own.n} {'dialogues' if own.n < len(ids) else 'utterances, their dialogues unknown'}; {counted}"
    else:
        tests, basis = {}, f"{counted} on one test part, which is taken as it is"
    low, high = np.clip((own.low, own.high), 0, 1)
    line = {
        score: own.mean,
        f"{score} low": low,
        f"{score} high": high,
        f"{score} sd seeds": spread(values).seed_sd,
        f"{score} sd folds": values.mean(1).std(ddof=1) if folds > 1 else NAN,
        "basis": basis,
    }
    if row == FULL:
        return line | {f"{score} verdict": "reference"}
    found = {
        "gap": difference.mean,
        "gap low": difference.low,
        "gap high": difference.high,
        "p": difference.p,
        **tests,
        f"equivalent within {100 * ALIKE_MARGIN:g} point": alike(difference, ALIKE_MARGIN).p,
        "verdict": _verdict(difference, row, score, printed),
    }
    return line | {f"{score} {name}": value for name, value in found.items()}


def _peeked(grid: pd.DataFrame, score: str) -> dict:
    """What choosing the epoch on the test part would have bought: mean and interval over folds, else over seeds."""
    gains = grid.assign(gain=grid[f"peeked_{score}"] - grid[score]).pivot(
        index="fold", columns="seed", values="gain"
    )
    share = float((grid.n_test / grid.n_train).mean())
    found = (
        corrected_t(gains.to_numpy(), share)
        if len(gains) > 1
        else corrected_t(gains.to_numpy()[0], 0)
    )
    return {
        f"{score} peeked gain{end}": value
        for end, value in (("", found.mean), (" low", found.low), (" high", found.high))
    }


def _verdict(difference: Test, row: str, score: str, printed: pd.DataFrame) -> str:
    if row not in printed.index:  # the paper says nothing about it
        return (
            "MCSAN ahead"
            if difference.low > 0
            else "MCSAN behind"
            if difference.high < 0
            else "not distinguishable"
        )
    side = np.sign(printed.loc[FULL] - printed.loc[row]).get(
        score, 1.0
    )  # a score that the paper does not print
    low, high = sorted((side * difference.low, side * difference.high))
    return "reproduced" if low > 0 else "differs" if high < 0 else "not distinguishable"


def _caption(table: pd.DataFrame, at_home: bool, name: str, full: pd.DataFrame) -> str:
    number = name.removeprefix("table")
    beside = (
        f"Paper: Sun et al. 2021, Table {number}."
        + (
            " Its rows come from several sources, not one experiment; AMH's first table printed precision as accuracy and is "
            "withdrawn."
            if number == "1"
            else ""
        )
        if at_home
        else "Paper: Sun et al. 2021, Table 2, weighted F1. Other tables are on IEMOCAP: their direction counts."
        if "weighted_f1 paper" in table
        else "Scores on this corpus are not comparable with the paper's: the direction of its gaps counts."
    )
    return (
        f"Corpus {full.corpus.iloc[0]}, protocol {full.protocol.iloc[0]}, {full.fold.nunique()} fold(s) × "
        f"{full.seed.nunique()} seed(s). Gap: MCSAN − row on the same folds and seeds, above 0 where MCSAN is better. "
        f"Intervals: 95 %, over {table.basis[FULL]}, those of scores cut at 0 and 1. Verdict: does the gap's interval "
        "exclude 0, on the paper's side? Not adjusted for the number of rows, which Holm's p is. Alike: p that the gap "
        f"is within ± {100 * ALIKE_MARGIN:g} point (TOST). Peeked gain: had the epoch been chosen on the test part. {beside}"
    )


def published_gaps() -> pd.DataFrame:
    """The paper's own Tables 3 and 1 read again: each gap to MCSAN with Welch's t from the printed means and deviations.

    "within noise" where p ≥ 0.05. Indicative: the folds are paired and share training data, and the table shows neither;
    Table 1 mixes sources and perhaps folds.
    """
    lines = []
    for source, table in (("Table 3", TABLE3_PUBLISHED), ("Table 1", TABLE1_PUBLISHED)):
        for name, row in table.drop(index=FULL).iterrows():
            line = {
                "row": name,
                "source": source,
                "basis": "unpaired: printed mean ± sd, 10 folds each",
            }
            for score in ("wa", "ua"):
                full = TABLE3_PUBLISHED.loc[FULL]
                test = welch_from_summary(
                    full[score], full[f"{score}_sd"], row[score], row[f"{score}_sd"], 10
                )
                line |= {
                    score: row[score],
                    f"{score} sd folds": row[f"{score}_sd"],
                    f"{score} gap": round(test.mean, 3),
                    f"{score} gap low": test.low,
                    f"{score} gap high": test.high,
                    f"{score} t": test.statistic,
                    f"{score} p": test.p,
                    f"{score} within noise": test.p >= 0.05,
                }
            lines.append(line)
    found = pd.DataFrame(lines).set_index("row")
    for score in ("wa", "ua"):
        found[f"{score} Holm p"] = found.groupby("source")[f"{score} p"].transform(holm)
    found.attrs = {
        "scores": ["wa", "ua"],
        "from": "printed in the paper",
        "caption": (
            "Sun et al. 2021, Tables 1 and 3, IEMOCAP: gap = MCSAN − row, with Welch's t and its 95 % interval from the printed "
            "means and standard deviations of 10 folds. Unpaired and without correction for shared training data, so indicative "
            "only. Holm's p is over the rows of one table."
        ),
    }
    return found


def floors_beside(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The table with the floors among `results` (model "floor") below, on the same folds, with their own scores.

    A floor that lacks a fold of the table is a line "not run on all folds". Raises DataError where there is none at all.
    """
    splits = table.attrs["splits"]
    floors = results[
        (results.model == "floor")
        & (results.corpus == table.attrs["corpus"])
        & (results.split == results.fold.map(splits))
    ]
    if floors.empty:
        raise DataError(
            f"no floor on the folds of {table.attrs['corpus']}, {table.attrs['protocol']}",
            "floors of the same corpus and protocol",
            "mcsan floors CORPUS   (and the same --protocol)",
        )
    lines = {}
    for (name, run), group in floors.groupby(["name", "run"], sort=False):
        line = lines[
            f"floor: {name}" if f"floor: {name}" not in lines else f"floor: {name} ({run})"
        ] = {"verdict": "floor", "trainings": len(group), "parameters": 0}
        if set(group.fold) != set(splits):
            line["verdict"] = "not run on all folds"
            continue
        for score in table.attrs["scores"]:
            own = corrected_t(group[score], float((group.n_test / group.n_train).mean()))
            low, high = own.low, own.high
            if len(group) == 1 and score == "wa":
                low, high = share_interval(own.mean, int(group.n_test.iloc[0]))
            low, high = np.clip((low, high), 0, 1)
            line |= {
                score: own.mean,
                f"{score} low": low,
                f"{score} high": high,
                f"{score} sd folds": group[score].std(),
            }
    below = pd.concat([table, pd.DataFrame(lines.values(), index=pd.Index(lines, name="row"))])
    below.attrs = table.attrs
    return below
