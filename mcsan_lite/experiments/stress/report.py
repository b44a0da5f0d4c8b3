"""The tables of `mcsan stress` as text, and as files.

In: what a study found. Out: sentences and a table for people; a csv, a page in markdown, and
figures.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.experiments.stress.contest import contest_sentences
from mcsan_lite.experiments.stress.curves import curve_sentences
from mcsan_lite.experiments.stress.study import StressTables
from mcsan_lite.figures.stress import draw_stress, stressed_rows
from mcsan_lite.paper.report import markdown_sheet
from mcsan_lite.tables.own import table_text
from mcsan_lite.tables.shared import save_svg

INTERVALS = (
    "Brackets are 95 % intervals over the drawn utterances (dialogues, where the corpus has them) "
    "and over trainings, where there are several; a single training says nothing of other seeds. "
    "Costs are paired: the same utterances with and without the stress. No cost is corrected for "
    "the number of them. ECE is never below zero: “by luck” is what it would be on average if the "
    "same confidences were exactly right."
)


def stress_text(tables: StressTables) -> str:
    """What a terminal shows: the curves, and what they say.

    Args:
        tables: of a study.
    """
    shown = ["model", "stress", "level", "wa", "wa low", "wa high", "ua", "cost", "ece"]
    parts = [
        tables.curves[[*shown, "confidence", "changed"]].round(3).to_string(index=False),
        "\n".join(stress_sentences(tables)),
        INTERVALS,
    ]
    return "\n\n".join(parts)


def stress_sentences(tables: StressTables) -> list[str]:
    """All that follows from the tables.

    Args:
        tables: of a study.
    """
    said = curve_sentences(tables.curves)
    if tables.contest is not None:
        said += contest_sentences(tables.contest)
    return said


def curves_markdown(curves: pd.DataFrame) -> str:
    """One row per condition, one column of WA, cost and ECE per model.

    Args:
        curves: from `curves_table`, or from the csv.
    """
    models = list(dict.fromkeys(curves.model))
    first = curves[curves.model == models[0]]
    columns = {
        "stress": first.stress.tolist(),
        "level": [
            f"{row.level:g} {row.unit}".strip() if row.unit else "" for row in first.itertuples()
        ],
        "changed": [f"{share:.0%}" for share in first.changed],
    }
    for model in models:
        rows = [row for _, row in curves[curves.model == model].iterrows()]
        columns[f"{model}: WA"] = [_bracket(row, "wa", 1, ".3f") for row in rows]
        columns[f"{model}: cost, points"] = [_bracket(row, "cost", 100, ".1f") for row in rows]
        columns[f"{model}: UA"] = [f"{row.ua:.3f}" for row in rows]
        columns[f"{model}: ECE (by luck)"] = [
            f"{row.ece:.3f} ({row['ece by luck']:.3f})" for row in rows
        ]
    return markdown_sheet(columns)


def contest_markdown(contest: pd.DataFrame) -> str:
    """One row per model: which share of recordings follows what.

    Args:
        contest: from `contest_table`, or from the csv.
    """
    models = list(dict.fromkeys(contest.model))
    columns = {"model": models, "n": [], "trainings": []}
    for model in models:
        rows = contest[contest.model == model]
        columns["n"].append(f"{rows.n.iloc[0]:.0f}")
        columns["trainings"].append(f"{rows.trainings.iloc[0]:.0f}")
        for row in rows.itertuples():
            cell = f"{row.share:.3f}"
            if not pd.isna(row.low):
                cell += f" [{row.low:.3f}, {row.high:.3f}]"
            columns.setdefault(row.outcome, []).append(cell)
    return markdown_sheet(columns)


def _bracket(row: pd.Series, score: str, factor: int, form: str) -> str:
    mean, low, high = (factor * row[f"{score}{end}"] for end in ("", " low", " high"))
    if pd.isna(low):
        return format(mean, form)
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"


def stress_page(tables: StressTables) -> str:
    """The page in markdown: what the curves say, then all of them.

    Args:
        tables: of a study.
    """
    parts = ["# Under stress", "\n".join(f"- {one}" for one in stress_sentences(tables))]
    parts.append(curves_markdown(tables.curves))
    if tables.contest is not None:
        parts += ["## Words against voice", contest_markdown(tables.contest)]
    return "\n\n".join([*parts, INTERVALS]) + "\n"


def write_stress(tables: StressTables, out: Path) -> list[Path]:
    """Write the curves, the conflict, the page and the figures, each whole or not at all.

    Args:
        tables: of a study.
        out: the path without ending; its folder is made where it is missing.

    Returns:
        The paths: `out`.csv, `out`-conflict.csv where it was asked for, `out`.md, and of WA and of
        calibration an svg, where there is any curve.
    """
    import matplotlib.pyplot as plt

    figures = []
    written: dict[str, Callable[[Path], object]] = {
        ".csv": lambda path: _write_text(path, table_text(tables.curves)),
        ".md": lambda path: _write_text(path, stress_page(tables)),
    }
    if tables.contest is not None:
        contest = table_text(tables.contest)
        written["-conflict.csv"] = lambda path: _write_text(path, contest)
    if len(stressed_rows(tables.curves)):
        for score, ending in (("wa", ".svg"), ("ece", "-calibration.svg")):
            figure = draw_stress(tables.curves, score=score).fig
            figures.append(figure)
            written[ending] = lambda path, figure=figure: save_svg(figure, path)
    paths = []
    try:
        for ending, write in written.items():
            path = out.with_name(out.name + ending)
            write_atomic(path, write)
            paths.append(path)
    finally:
        for figure in figures:
            plt.close(figure)
    return paths


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")
