"""The paper's Table 3 from results on disk: gaps to the full model, what may be said of them, floors below."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.charts import draw_forest
from mcsan_lite.corpus import DataError
from mcsan_lite.gaps import gap
from mcsan_lite.pairing import paired, predictions
from mcsan_lite.paper import TABLE1_PUBLISHED, TABLE2_PUBLISHED, TABLE3_PUBLISHED
from mcsan_lite.significance import NAN, Test, alike, corrected_t, holm, mcnemar, spread, welch_from_summary, wilcoxon
from mcsan_lite.stats import share_interval

FULL = "MCSAN"
MARGIN = 0.01  # a point: smaller gaps are called alike where TOST shows it
SHORT = {"wa": "WA", "ua": "UA", "weighted_f1": "weighted F1"}


def table3(results: pd.DataFrame, kind: str, *, dialogues: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A line a row of the paper's Table 3, paired with "MCSAN" on the same folds and seeds; a row without a run says so.

    `results`: of one corpus and protocol, from `run_experiment` or `load_results`; floors and names that are not in Table 3
    are left out. `kind`: the corpus's kind; with "iemocap" the printed numbers of Tables 1 and 3 stand beside, with "meld"
    weighted F1 and that of Table 2. `dialogues`: the dialogue of every utterance by id, for a corpus with a single test
    part. Scores are shares; "gap" is MCSAN - row, positive where MCSAN is better, which the paper says of every row.
    "basis" says what the intervals are over: folds, by the corrected t; or, with one test part, its dialogues and the seeds
    (without predictions on disk: the seeds alone). Verdicts are of the 95 % interval of the gap; Holm's p is over the rows
    that were run. Raises DataError where results are not paired, naming what is missing.
    """
    grids = paired(results, TABLE3_PUBLISHED.index, FULL)
    scores = ("wa", "ua", "weighted_f1") if kind == "meld" else ("wa", "ua")
    full, lines = grids[FULL], {}
    parts = {name: predictions(grid) for name, grid in grids.items()} if full.fold.nunique() == 1 else {}
    for name in TABLE3_PUBLISHED.index:
        line = lines[name] = {"verdict": "not run", "trainings": 0}
        if name in grids:
            grid = grids[name]
            line |= {"verdict": "", "trainings": len(grid), "parameters": int(grid.parameters.iloc[0])}
            if "seconds_per_epoch" in grid:
                line["seconds per epoch"] = grid.seconds_per_epoch.mean()
            for score in scores:
                line |= _compared(results, grids, parts, name, score, dialogues)
                if f"peeked_{score}" in grid:
                    line[f"{score} peeked gain"] = (grid[f"peeked_{score}"] - grid[score]).mean()
        if kind == "iemocap":
            line |= {f"{score} paper": TABLE3_PUBLISHED[score][name] for score in scores}
            line |= {f"{score} paper sd": TABLE3_PUBLISHED[f"{score}_sd"][name] for score in scores}
            if name != FULL:
                line |= {f"{score} paper gap": (TABLE3_PUBLISHED[score][FULL] - TABLE3_PUBLISHED[score][name]).round(3)
                         for score in scores}
        elif kind == "meld" and name == FULL:
            line["weighted_f1 paper"] = TABLE2_PUBLISHED[FULL]
    table = pd.DataFrame(lines.values(), index=pd.Index(lines, name="row"))
    for score in scores:
        if f"{score} p" in table:
            table[f"{score} Holm p"] = holm(table[f"{score} p"])
    said = table[f"{'weighted_f1' if kind == 'meld' else 'wa'} verdict"]
    table["verdict"] = said.where(said.notna(), table["verdict"])
    table.attrs = {"corpus": full.corpus.iloc[0], "protocol": full.protocol.iloc[0], "scores": list(scores),
                   "splits": dict(sorted(zip(full.fold, full.split, strict=True))), "from": "this run"}
    table.attrs["caption"] = _caption(table, kind, full)
    return table


def _compared(results: pd.DataFrame, grids: dict, parts: dict, row: str, score: str, dialogues) -> dict:
    """One score of one row: its own interval, its gap to the full model, and the tests of the gap."""
    values, of_full = (grids[name].pivot(index="fold", columns="seed", values=score).to_numpy() for name in (row, FULL))
    folds, seeds = values.shape
    own, difference = gap(results, row, None, score, dialogues), gap(results, FULL, row, score, dialogues)
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
    line = {score: own.mean, f"{score} low": own.low, f"{score} high": own.high, f"{score} sd seeds": spread(values)[1],
            f"{score} sd folds": values.mean(1).std(ddof=1) if folds > 1 else NAN, "basis": basis}
    if row == FULL:
        return line | {f"{score} verdict": "reference"}
    found = {"gap": difference.mean, "gap low": difference.low, "gap high": difference.high, "p": difference.p, **tests,
             f"equivalent within {100 * MARGIN:g} point": alike(difference, MARGIN).p,
             "verdict": _verdict(difference, row, score)}
    return line | {f"{score} {name}": value for name, value in found.items()}


def _verdict(difference: Test, row: str, score: str) -> str:
    side = np.sign(TABLE3_PUBLISHED.loc[FULL] - TABLE3_PUBLISHED.loc[row]).get(score, 1.0)  # no weighted F1 in Table 3
    low, high = sorted((side * difference.low, side * difference.high))
    return "reproduced" if low > 0 else "differs" if high < 0 else "not distinguishable"


def _caption(table: pd.DataFrame, kind: str, full: pd.DataFrame) -> str:
    beside = {"iemocap": "Paper: Sun et al. 2021, Table 3, mean ± standard deviation over 10 random folds.",
              "meld": "Paper: Sun et al. 2021, Table 2, weighted F1. Its ablations are on IEMOCAP: their direction counts."
              }.get(kind, "Scores on this corpus are not comparable with the paper's: the direction of its gaps counts.")
    return (f"Corpus {full.corpus.iloc[0]}, protocol {full.protocol.iloc[0]}, {full.fold.nunique()} fold(s) × "
            f"{full.seed.nunique()} seed(s). Gap: MCSAN − row on the same folds and seeds, above 0 where MCSAN is better. "
            f"Intervals: 95 %, over {table.basis[FULL]}. Verdict: does the interval exclude 0, and on the paper's side? Not "
            f"adjusted for the number of rows, which Holm's p is. Alike: p that the gap is within ± {100 * MARGIN:g} point "
            f"(TOST). Peeked gain: had the epoch been chosen on the test part. {beside}")


def published_gaps() -> pd.DataFrame:
    """The paper's own Tables 3 and 1 read again: each gap to MCSAN with Welch's t from the printed means and deviations.

    "within noise" where p ≥ 0.05. Indicative: the folds are paired and share training data, and the table shows neither;
    Table 1 mixes sources and perhaps folds.
    """
    lines = []
    for source, table in (("Table 3", TABLE3_PUBLISHED), ("Table 1", TABLE1_PUBLISHED)):
        for name, row in table.drop(index=FULL).iterrows():
            line = {"row": name, "source": source, "basis": "unpaired: printed mean ± sd, 10 folds each"}
            for score in ("wa", "ua"):
                full = TABLE3_PUBLISHED.loc[FULL]
                test = welch_from_summary(full[score], full[f"{score}_sd"], row[score], row[f"{score}_sd"], 10)
                line |= {score: row[score], f"{score} sd folds": row[f"{score}_sd"], f"{score} gap": round(test.mean, 3),
                         f"{score} gap low": test.low, f"{score} gap high": test.high, f"{score} t": test.statistic,
                         f"{score} p": test.p, f"{score} within noise": test.p >= 0.05}
            lines.append(line)
    found = pd.DataFrame(lines).set_index("row")
    for score in ("wa", "ua"):
        found[f"{score} Holm p"] = found.groupby("source")[f"{score} p"].transform(holm)
    found.attrs = {"scores": ["wa", "ua"], "from": "printed in the paper", "caption": (
        "Sun et al. 2021, Tables 1 and 3, IEMOCAP: gap = MCSAN − row, with Welch's t and its 95 % interval from the printed "
        "means and standard deviations of 10 folds. Unpaired and without correction for shared training data, so indicative "
        "only. Holm's p is over the rows of one table.")}
    return found


def floors_beside(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The table with the floors among `results` (model "floor") below, on the same folds, with their own scores.

    A floor that lacks a fold of the table is a line "not run on all folds". Raises DataError where there is none at all.
    """
    splits = table.attrs["splits"]
    floors = results[(results.model == "floor") & (results.corpus == table.attrs["corpus"]) &
                     (results.split == results.fold.map(splits))]
    if floors.empty:
        raise DataError(f"no floor on the folds of {table.attrs['corpus']}, {table.attrs['protocol']}", "floors of the same "
                        "corpus and protocol", "mcsan floors   (with the same --corpus and --protocol)")
    lines = {}
    for (name, run), group in floors.groupby(["name", "run"], sort=False):
        line = lines[f"floor: {name}" if f"floor: {name}" not in lines else f"floor: {name} ({run})"] = {
            "verdict": "floor", "trainings": len(group), "parameters": 0}
        if set(group.fold) != set(splits):
            line["verdict"] = "not run on all folds"
            continue
        for score in table.attrs["scores"]:
            own = corrected_t(group[score], float((group.n_test / group.n_train).mean()))
            low, high = own.low, own.high
            if len(group) == 1 and score == "wa":
                low, high = share_interval(own.mean, int(group.n_test.iloc[0]))
            line |= {score: own.mean, f"{score} low": low, f"{score} high": high, f"{score} sd folds": group[score].std()}
    below = pd.concat([table, pd.DataFrame(lines.values(), index=pd.Index(lines, name="row"))])
    below.attrs = table.attrs
    return below


def _number(value, form: str) -> str:
    """`form` as for format(); "p" is a p value."""
    if form == "p":
        return "< 0.001" if value < 0.0005 else _number(value, ".3f")
    return "" if value is None or np.isnan(value) else format(value, form)


def _interval(line: pd.Series, name: str, form: str, unit: float = 1) -> str:
    low, high = (_number(line.get(f"{name} {end}", NAN) * unit, form) for end in ("low", "high"))
    mean = _number(line.get(name, NAN) * unit, form)
    return f"{mean} [{low}, {high}]" if low else mean


def _sheet(columns: Mapping[str, list[str]]) -> str:
    """A markdown table, without the columns that hold nothing."""
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    rows = [list(shown), ["---"] * len(shown), *zip(*shown.values(), strict=True)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def markdown(table: pd.DataFrame) -> str:
    """A table of this module to read: a sheet a score, one of costs, and the caption."""
    lines = [line for _, line in table.iterrows()]
    names = {"row": list(map(str, table.index))}
    sheets = []
    for score in table.attrs["scores"]:
        tests = {"p": "p", "Holm p": "Holm p", "Wilcoxon p": "Wilcoxon p", "McNemar p": "McNemar p",
                 "alike p": f"equivalent within {100 * MARGIN:g} point"}
        columns = {SHORT[score]: [_interval(line, score, ".3f") for line in lines]}
        for of in ("sd folds", "sd seeds"):
            columns[of] = [_number(line.get(f"{score} {of}"), ".3f") for line in lines]
        columns["gap, points"] = [_interval(line, f"{score} gap", "+.1f", 100) for line in lines]
        columns["t"] = [_number(line.get(f"{score} t"), ".2f") for line in lines]
        columns |= {name: [_number(line.get(f"{score} {key}", NAN), "p") for line in lines] for name, key in tests.items()}
        columns["verdict"] = [str(said) if pd.notna(said := line.get(f"{score} verdict")) else str(line.get("verdict", ""))
                              for line in lines]
        columns["within noise"] = ["" if (said := line.get(f"{score} within noise")) is None else "yes" if said else "no"
                                   for line in lines]
        columns["peeked gain, points"] = [_number(line.get(f"{score} peeked gain", NAN) * 100, "+.1f") for line in lines]
        columns["paper"] = [" ± ".join(filter(None, (_number(line.get(f"{score} paper{sd}"), ".3f") for sd in ("", " sd"))))
                            for line in lines]
        columns["paper's gap, points"] = [_number(line.get(f"{score} paper gap", NAN) * 100, "+.1f") for line in lines]
        sheets.append(f"### {SHORT[score]}\n\n{_sheet(names | columns)}")
    costs = {"trainings": ",.0f", "parameters": ",.0f", "seconds per epoch": ".1f"}
    columns = {name: [_number(line.get(name), form) for line in lines] for name, form in costs.items()}
    if any(map(any, columns.values())):
        sheets.append(f"### What it took\n\n{_sheet(names | columns)}")
    return "\n\n".join([*sheets, f"*{table.attrs['caption']}*\n"])


def figure(table: pd.DataFrame):
    """The gaps to MCSAN of every score, with intervals and, where they may stand there, the printed ones."""
    from matplotlib.figure import Figure

    rows = table[(table.index != FULL) & ~table.index.str.startswith("floor: ")]
    scores = table.attrs["scores"]
    fig = Figure(figsize=(7, (1.1 + 0.3 * len(rows)) * len(scores)), layout="constrained")
    for ax, score in zip(fig.subplots(len(scores), squeeze=False)[:, 0], scores, strict=True):
        columns = [f"{score} gap", f"{score} gap low", f"{score} gap high", f"{score} paper gap"]
        gaps = rows.reindex(columns=columns).set_axis(["mean", "low", "high", "paper"], axis=1).astype(float)
        draw_forest(gaps, ax=ax, label=f"MCSAN − row, {SHORT[score]}, points", margin=MARGIN, name=table.attrs["from"])
    return fig


def write(table: pd.DataFrame, folder: Path | str, name: str) -> list[Path]:
    """`name`.md, .csv, .png and .svg below `folder`, each whole or not there; returns their paths."""
    fig = figure(table)
    makers = {"md": lambda p: p.write_text(markdown(table), encoding="utf-8"), "csv": lambda p: table.to_csv(p),
              "png": lambda p: fig.savefig(p, dpi=150), "svg": lambda p: fig.savefig(p, metadata={"Date": None})}
    paths = {Path(folder) / f"{name}.{ending}": make for ending, make in makers.items()}
    for path, make in paths.items():
        write_atomic(path, make)
    return list(paths)
