"""docs/adding_a_row.md, run as it stands: an ablation and a system of one's own in our tables."""

import re
import runpy
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest

from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper.table_rows import (
    ABLATIONS,
    RIVAL_ROWS,
    SYSTEMS,
    rows_of,
    table3_specs,
)

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_row.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The names of the page's code, run as a script; its rows are gone afterwards."""
    home = tmp_path_factory.mktemp("reader")
    script = home / "script.py"
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as change,
        patch.dict(ABLATIONS),
        patch.dict(SYSTEMS),
        patch.dict(RIVAL_ROWS),
    ):
        change.chdir(home)
        yield runpy.run_path(str(script), run_name="__main__")


def test_the_ablation_is_trained_and_stands_in_our_table_3(page):
    results, table = page["results"], page["table"]
    assert results.name.value_counts().to_dict() == {
        "MCSAN": 2,
        "w/o cross": 2,
        "w/o positions": 2,
    }
    assert table.index.tolist() == list(ABLATIONS) == rows_of("table3")
    row = table.loc["w/o positions"]
    assert row.trainings == 2 and 0 <= row.wa <= 1 and "paper" not in " ".join(table.columns)
    assert row.verdict in ("MCSAN ahead", "MCSAN behind", "not distinguishable")
    assert table.verdict["N = 2"] == "not run"


def test_the_ablation_differs_from_the_full_model_by_its_change_alone(page):
    full, _, mine = page["specs"]
    assert mine.options == full.options | {"positions": "none"} and mine.train == full.train
    assert MCSANConfig(**mine.options).positions == "none"


def test_the_system_is_trained_and_stands_in_our_table_1(page):
    table = page["rival_table"]
    assert table.index.tolist() == rows_of("table1") and table.index[-1] == "MDRE, no dropout"
    row = table.loc["MDRE, no dropout"]
    assert row.trainings == 2 and pd.notna(row["wa gap"])
    assert set(page["rival_results"].model) == {"mcsan", "mdre"}


def test_the_exercise_is_a_row_like_any_other(page):
    with patch.dict(ABLATIONS, {"N = 2 (seq)": {"layers": 2, "order": "cross+self"}}):
        spec = table3_specs("smoke")[-1]
        assert spec.name == "N = 2 (seq)" == rows_of("table3")[-1]
        assert MCSANConfig(**spec.options).layers == 2
