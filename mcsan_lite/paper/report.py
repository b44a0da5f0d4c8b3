"""A table of the paper, ours, to read: markdown, csv and a figure of its gaps.

In: a table of `verdicts`, or the results of runs. Out: text, figures and files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.evaluation.comparison import ALIKE_MARGIN, Comparison, read_comparison, run_interval
from mcsan_lite.figures.results import draw_forest
from mcsan_lite.paper.published import FLOOR, FULL, PrintedScore, read_printed
from mcsan_lite.tables.own import table_text
from mcsan_lite.tables.shared import markdown_rows, markdown_text, save_svg

SCORE_NAMES = {"wa": "WA", "ua": "UA", "weighted_f1": "weighted F1"}


def _number(value: float | None, form: str) -> str:
    """A number in the form of format(), or "" where there is none."""
    return "" if pd.isna(value) else format(value, form)


def _p_value(p: float | None) -> str:
    if not pd.isna(p) and p < 0.0005:
        return "< 0.001"
    return _number(p, ".3f")


def _share(value: float | None) -> str:
    return _number(value, ".3f")


def _points(value: float | None) -> str:
    """A share in points: 0.007 is 0.7."""
    if pd.isna(value):
        return ""
    return f"{100 * value:+.1f}"


def _interval(mean: str, low: str, high: str) -> str:
    if not low:
        return mean
    return f"{mean} [{low}, {high}]"


def _share_interval(mean: float | None, low: float | None, high: float | None) -> str:
    return _interval(_share(mean), _share(low), _share(high))


def _points_interval(mean: float | None, low: float | None, high: float | None) -> str:
    return _interval(_points(mean), _points(low), _points(high))


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def markdown_sheet(columns: Mapping[str, Sequence[object]]) -> str:
    """`markdown_rows` of a table that is given by columns.

    Args:
        columns: heading -> its cells, one per row.
    """
    return markdown_rows(list(columns), zip(*columns.values(), strict=True))


def table_markdown(table: pd.DataFrame) -> str:
    """A table of `verdicts` to read: one sheet per score, one of costs, and the caption.

    Columns that hold nothing are left out.
    """
    sheets = []
    for score in table.attrs["scores"]:
        columns = score_columns(table, score)
        sheets.append(f"### {SCORE_NAMES[score]}\n\n{markdown_sheet(columns)}")
    costs = cost_columns(table)
    if costs:
        sheets.append(f"### What it took\n\n{markdown_sheet(costs)}")
    return "\n\n".join([*sheets, f"*{markdown_text(table.attrs['caption'])}*\n"])


def _without_empty(columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: cells for name, cells in columns.items() if any(cells)}


def _row_names(table: pd.DataFrame) -> dict[str, list[str]]:
    return {"row": [str(name) for name in table.index]}


def score_columns(table: pd.DataFrame, score: str) -> dict[str, list[str]]:
    """One score of a table of `verdicts` to read: heading -> cells, without empty columns.

    Args:
        table: one row per system.
        score: one of its scores.
    """
    cells_by_row = [
        _score_cells(cells, read_comparison(cells, str(row), score), read_printed(cells, score))
        for row, cells in table.iterrows()
    ]
    columns = {heading: [row[heading] for row in cells_by_row] for heading in cells_by_row[0]}
    return _without_empty(_row_names(table) | columns)


def _score_cells(cells: pd.Series, ours: Comparison, printed: PrintedScore) -> dict[str, str]:
    """One row of a score's sheet: heading -> cell."""
    noise = {None: "", True: "yes", False: "no"}
    in_print = _share(printed.value)
    if printed.sd is not None:
        in_print += f" ± {_share(printed.sd)}"
    return {
        SCORE_NAMES[ours.score]: _share_interval(ours.value, ours.value_low, ours.value_high),
        "sd folds": _share(ours.sd_folds),
        "sd seeds": _share(ours.sd_seeds),
        "gap, points": _points_interval(ours.gap, ours.low, ours.high),
        "t": _number(ours.t, ".2f"),
        "p": _p_value(ours.p),
        "Holm p": _p_value(ours.holm_p),
        "Wilcoxon p": _p_value(ours.wilcoxon_p),
        "McNemar p": _p_value(ours.mcnemar_p),
        "alike p": _p_value(ours.alike_p),
        "verdict": ours.verdict or str(cells.get("verdict", "")),
        "after Holm": _text(ours.holm_verdict),
        "within noise": noise[ours.within_noise],
        "peeked gain, points": _points_interval(
            ours.peeked_gain, ours.peeked_low, ours.peeked_high
        ),
        "minus the best floor, points": _points_interval(
            ours.above_floor, ours.above_floor_low, ours.above_floor_high
        ),
        "paper": in_print,
        "paper's gap, points": _points(printed.gap),
        "paper's number from": _text(cells.get("paper's source")),
        "note": _text(cells.get("note")),
    }


def cost_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    """What the rows of a table of `verdicts` took, as `score_columns`; {} where none is known."""
    forms = {"trainings": ",.0f", "parameters": ",.0f", "seconds per epoch": ".1f"}
    columns = {
        heading: [_number(cells.get(heading), form) for _, cells in table.iterrows()]
        for heading, form in forms.items()
    }
    known = _without_empty(columns)
    return _row_names(table) | known if known else {}


def draw_gaps(table: pd.DataFrame):
    """A figure of the gaps to MCSAN in every score, with the printed ones where they may stand.

    Args:
        table: from `verdicts`.

    Returns:
        A matplotlib figure, one panel per score.
    """
    from matplotlib.figure import Figure

    rows = _compared_rows(table)
    scores = table.attrs["scores"]
    height = (1.1 + 0.3 * len(rows)) * len(scores)
    fig = Figure(figsize=(7, height), layout="constrained")
    panels = fig.subplots(len(scores), squeeze=False)[:, 0]
    for ax, score in zip(panels, scores, strict=True):
        draw_score_gaps(table, score, ax=ax)
    return fig


def draw_score_gaps(table: pd.DataFrame, score: str, *, ax=None):
    """The gaps to MCSAN in one score.

    Args:
        table: from `verdicts`.
        score: one of its scores.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes.
    """
    return draw_forest(
        _forest_rows(_compared_rows(table), score),
        ax=ax,
        label=f"MCSAN − row, {SCORE_NAMES[score]}, points",
        margin=ALIKE_MARGIN,
        name=table.attrs["from"],
    )


def _compared_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Without MCSAN itself and the floors."""
    return table[(table.index != FULL) & ~table.index.str.startswith(FLOOR)]


def _forest_rows(table: pd.DataFrame, score: str) -> pd.DataFrame:
    """mean, low, high and paper, as `draw_forest` takes them."""
    gaps = []
    for row, cells in table.iterrows():
        ours = read_comparison(cells, str(row), score)
        gaps.append((ours.gap, ours.low, ours.high, read_printed(cells, score).gap))
    columns = ["mean", "low", "high", "paper"]
    return pd.DataFrame(gaps, index=table.index, columns=columns, dtype=float)


def write_table(table: pd.DataFrame, folder: Path | str, name: str) -> list[Path]:
    """`name`.md, .csv, .png and .svg below `folder`, each whole or not there.

    Args:
        table: from `verdicts`.
        folder: made where it is missing.
        name: what the files are called.

    Returns:
        Their paths.
    """
    fig = draw_gaps(table)
    writers = {
        "md": lambda path: path.write_text(table_markdown(table), encoding="utf-8"),
        "csv": lambda path: path.write_text(table_text(table), encoding="utf-8", newline=""),
        "png": lambda path: fig.savefig(path, dpi=150),
        "svg": lambda path: save_svg(fig, path),
    }
    paths = []
    for ending, write in writers.items():
        path = Path(folder) / f"{name}.{ending}"
        write_atomic(path, write)
        paths.append(path)
    return paths


def results_summary(
    results: pd.DataFrame,
    scores: Sequence[str] = ("wa", "ua", "weighted_f1"),
) -> pd.DataFrame:
    """The mean of every run with its 95 % interval, in order of appearance; never without n.

    Over several folds the interval is the corrected t, seeds averaged within each; on one test part
    it is that of `evaluation.comparison.run_interval`. A single training has one for WA only.

    Args:
        results: trainings, from `run_experiment` or `load_results`.
        scores: which scores are shown.

    Returns:
        One row per run, that is, per name and settings.
    """
    rows = []
    for (name, run), group in results.groupby(["name", "run"], sort=False):
        row = {"row": name, "run": run, "trainings": len(group), "n_test": int(group.n_test.sum())}
        for score in scores:
            own = run_interval(group, score)
            row[score] = own.mean
            if not np.isnan(own.low):
                row[f"{score} 95 %"] = f"{own.low:.3f} to {own.high:.3f}"
        row["parameters"] = ""  # a fold that was written without them
        if pd.notna(group.parameters.iloc[0]):
            row["parameters"] = int(group.parameters.iloc[0])
        row["seconds"] = round(group.seconds.mean(), 1)
        rows.append(row)
    return pd.DataFrame(rows).set_index("row")
