"""A table of the paper, ours, to read: markdown, csv and a figure of its gaps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.evaluation.intervals import score_interval
from mcsan_lite.evaluation.significance import NAN
from mcsan_lite.figures.results import draw_forest

FULL = "MCSAN"
ALIKE_MARGIN = 0.01  # a point: smaller gaps are called alike where TOST shows it
SCORE_NAMES = {"wa": "WA", "ua": "UA", "weighted_f1": "weighted F1"}


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


def table_markdown(table: pd.DataFrame) -> str:
    """A table of `tables` to read: a sheet a score, one of costs, and the caption."""
    lines = [line for _, line in table.iterrows()]
    names = {"row": list(map(str, table.index))}
    sheets = []
    for score in table.attrs["scores"]:
        tests = {
            "p": "p",
            "Holm p": "Holm p",
            "Wilcoxon p": "Wilcoxon p",
            "McNemar p": "McNemar p",
            "alike p": f"equivalent within {100 * ALIKE_MARGIN:g} point",
        }
        columns = {SCORE_NAMES[score]: [_interval(line, score, ".3f") for line in lines]}
        for of in ("sd folds", "sd seeds"):
            columns[of] = [_number(line.get(f"{score} {of}"), ".3f") for line in lines]
        columns["gap, points"] = [_interval(line, f"{score} gap", "+.1f", 100) for line in lines]
        columns["t"] = [_number(line.get(f"{score} t"), ".2f") for line in lines]
        columns |= {
            name: [_number(line.get(f"{score} {key}", NAN), "p") for line in lines]
            for name, key in tests.items()
        }
        columns["verdict"] = [
            str(said)
            if pd.notna(said := line.get(f"{score} verdict"))
            else str(line.get("verdict", ""))
            for line in lines
        ]
        columns["within noise"] = [
            "" if (said := line.get(f"{score} within noise")) is None else "yes" if said else "no"
            for line in lines
        ]
        columns["peeked gain, points"] = [
            _interval(line, f"{score} peeked gain", "+.1f", 100) for line in lines
        ]
        columns["paper"] = [
            " ± ".join(
                filter(None, (_number(line.get(f"{score} paper{sd}"), ".3f") for sd in ("", " sd")))
            )
            for line in lines
        ]
        columns["paper's gap, points"] = [
            _number(line.get(f"{score} paper gap", NAN) * 100, "+.1f") for line in lines
        ]
        for shown, key in (("paper's number from", "paper's source"), ("note", "note")):
            columns[shown] = [
                str(said) if pd.notna(said := line.get(key)) else "" for line in lines
            ]
        sheets.append(f"### {SCORE_NAMES[score]}\n\n{_sheet(names | columns)}")
    costs = {"trainings": ",.0f", "parameters": ",.0f", "seconds per epoch": ".1f"}
    columns = {
        name: [_number(line.get(name), form) for line in lines] for name, form in costs.items()
    }
    if any(map(any, columns.values())):
        sheets.append(f"### What it took\n\n{_sheet(names | columns)}")
    return "\n\n".join([*sheets, f"*{table.attrs['caption']}*\n"])


def draw_gaps(table: pd.DataFrame):
    """The gaps to MCSAN of every score, with intervals and, where they may stand there, the printed ones."""
    from matplotlib.figure import Figure

    rows = table[(table.index != FULL) & ~table.index.str.startswith("floor: ")]
    scores = table.attrs["scores"]
    fig = Figure(figsize=(7, (1.1 + 0.3 * len(rows)) * len(scores)), layout="constrained")
    for ax, score in zip(fig.subplots(len(scores), squeeze=False)[:, 0], scores, strict=True):
        columns = [f"{score} gap", f"{score} gap low", f"{score} gap high", f"{score} paper gap"]
        gaps = (
            rows.reindex(columns=columns)
            .set_axis(["mean", "low", "high", "paper"], axis=1)
            .astype(float)
        )
        draw_forest(
            gaps,
            ax=ax,
            label=f"MCSAN − row, {SCORE_NAMES[score]}, points",
            margin=ALIKE_MARGIN,
            name=table.attrs["from"],
        )
    return fig


def write_table(table: pd.DataFrame, folder: Path | str, name: str) -> list[Path]:
    """`name`.md, .csv, .png and .svg below `folder`, each whole or not there; returns their paths."""
    fig = draw_gaps(table)
    makers = {
        "md": lambda p: p.write_text(table_markdown(table), encoding="utf-8"),
        "csv": lambda p: table.to_csv(p),
        "png": lambda p: fig.savefig(p, dpi=150),
        "svg": lambda p: fig.savefig(p, metadata={"Date": None}),
    }
    paths = {Path(folder) / f"{name}.{ending}": make for ending, make in makers.items()}
    for path, make in paths.items():
        write_atomic(path, make)
    return list(paths)


def results_summary(
    results: pd.DataFrame, scores: tuple[str, ...] = ("wa", "ua", "weighted_f1")
) -> pd.DataFrame:
    """One line a run (settings on a corpus), in order of appearance: mean and 95 % interval over folds and seeds
    (Student t), or over the test utterances (Wilson, WA only) where there is a single training. Never without n."""
    lines = []
    for (name, run), group in results.groupby(["name", "run"], sort=False):
        line = {"row": name, "run": run, "trainings": len(group), "n_test": int(group.n_test.sum())}
        for score in scores:
            line[score], low, high = score_interval(group[score], int(group.n_test.iloc[0]))
            if len(group) > 1 or score == "wa":
                line[f"{score} 95 %"] = f"{low:.3f} to {high:.3f}"
        lines.append(
            line
            | {
                "parameters": int(group.parameters.iloc[0]),
                "seconds": round(group.seconds.mean(), 1),
            }
        )
    return pd.DataFrame(lines).set_index("row")
