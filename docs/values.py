"""The measured numbers inside of sentences, and what a machine can no longer repeat.

A page has them as <!-- n NAME -->3 GB<!-- /n -->, within a line, so that the sentence stays in the
page and only its number is written by docs/measured.py.

In: results/, benchmarks/results.json, checkpoints/. Out: {NAME: text}, and pages with their
numbers filled in. What was measured once, by hand, on one machine, is a line of
results/measured-by-hand.csv, with its date and command.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.tables.own import load_table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
BY_HAND = "measured-by-hand.csv"
SIX_SEEDS = "table3-synthetic-full-six-seeds.csv"  # rows of Table 3 with twice the seeds
_MARK = re.compile(r"<!-- n ([^>]+?) -->(.*?)<!-- /n -->", re.DOTALL)


def measured_by_hand(results: Path) -> dict[str, str]:
    """The lines of measured-by-hand.csv: {name: "value unit"}.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / BY_HAND)
    return {row["name"]: f"{row.value} {row.unit}".strip() for _, row in table.iterrows()}


def computed_values(results: Path) -> dict[str, str]:
    """The numbers that are computed from other files of the repository: {name: text}.

    Args:
        results: the folder of tables.
    """
    measured = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    small, *_, large = measured["scale"]["result"]
    added_mb = large["memory_added_mb"] - small["memory_added_mb"]
    more = large["utterances"] - small["utterances"]
    on_disk_mb = large["features_on_disk_mb"] / large["utterances"]
    folds = load_table(results / "table3-synthetic-quick-folds.csv", numbers=("seconds", "n_train"))
    listed = load_table(results / "table3-listed-full-folds.csv", numbers=("n_train",))
    minutes = table3_minutes(results)
    arithmetic = measured["structure"]["result"]["arithmetic_share"]
    weights = sorted((ROOT / "checkpoints").glob("*.safetensors"))
    return {
        "epoch memory": f"{1000 * added_mb / more:.0f} kB",
        "epoch memory share": f"{100 * added_mb / more / on_disk_mb:.0f} %",
        "table 3 trainings": f"{len(folds)}",
        "table 3 minutes": f"{minutes:.0f} minutes",
        "table 3 arithmetic minutes": f"{arithmetic * minutes:.0f} minutes",
        "fold training utterances": f"{folds.n_train.min():,}",
        "listed fold training utterances": f"{listed.n_train.min():,}",
        "checkpoints": f"{len(weights)}",
        "checkpoints MB": f"{sum(path.stat().st_size for path in weights) / 1e6:.1f} MB",
    }


def trainings_and_chance(file: Path) -> tuple[pd.DataFrame, float | None]:
    """The trainings of a table, and the WA of naming the largest class; None where it was not run.

    Args:
        file: of the table; that of its trainings lies beside it.
    """
    table = load_table(file, numbers=("wa",))
    trainings = load_table(file.with_name(f"{file.stem}-folds.csv"), numbers=("wa", "n_test"))
    largest_class = table.wa[table.row == "floor: majority"]
    return trainings, None if largest_class.empty else float(largest_class.item())


def table3_minutes(results: Path) -> float:
    """What Table 3 takes in profile `quick` with two jobs: three median trainings of each row.

    The times are those of the full grid, which trains at the same size.

    Args:
        results: the folder of tables.
    """
    trainings = load_table(results / "table3-synthetic-full-folds.csv", numbers=("seconds",))
    medians = trainings.groupby("name").seconds.median()
    folds, jobs = 3, 2
    return folds * medians.sum() / jobs / 60


def fill(text: str, values: dict[str, str]) -> str:
    """A page's text with the numbers of its sentences put in anew.

    Args:
        text: of the page.
        values: by name.

    Raises:
        DataError: for a name that is not known, or a mark at the beginning of a line.
    """
    names = {found.group(1) for found in _MARK.finditer(text)}
    if unknown := sorted(names - set(values)):
        raise DataError(
            f"a page that asks for {', '.join(unknown)}",
            f"names of {BY_HAND} or of docs/values.py",
            "correct the name in the page, or add the measurement.",
        )
    if re.search(r"^\s*(?:[-*>] )?<!-- n ", text, re.MULTILINE):
        raise DataError(
            "a number's mark that begins a line",
            "a word before it: markdown takes such a line for html",
            "move the line break.",
        )
    return _MARK.sub(lambda found: f"<!-- n {found[1]} -->{values[found[1]]}<!-- /n -->", text)


def names_used(text: str) -> set[str]:
    """The names of the numbers that a page asks for."""
    return {found.group(1) for found in _MARK.finditer(text)}
