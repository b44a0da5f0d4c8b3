"""What benchmarks/kills.py found is a table: one row per task."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import kills  # noqa: E402

from mcsan_lite.tables.own import load_table  # noqa: E402


def test_outcomes_become_rows():
    whole = kills.Outcome("training", 40, 100, True, [])
    torn = kills.Outcome("features", 40, 41, False, ["a.part", "b.part"])
    rows = kills.outcomes_table([whole, torn]).to_dict("records")
    assert rows[0] == {"task": "training", "kills": 40, "starts": 100, "same": "yes", "left": 0}
    assert rows[1]["same"] == "no" and rows[1]["left"] == 2


def test_the_table_in_results_is_of_the_tasks():
    table = load_table(ROOT / "results" / "kills.csv", numbers=("kills", "starts", "left"))
    assert set(table.task) == set(kills.TASKS)
    assert list(table.columns) == list(kills.outcomes_table([kills.Outcome("", 0, 0, True, [])]))
