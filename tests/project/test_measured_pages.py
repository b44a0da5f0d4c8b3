"""The front page and two docs pages say what results/ holds, in words that follow the numbers."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from mcsan_lite.tables.own import save_table

PLACE = Path(__file__).resolve().parents[2] / "docs" / "measured.py"
SPEC = importlib.util.spec_from_file_location("measured", PLACE)
measured = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(measured)


@pytest.mark.parametrize("page", measured.PARTS)
def test_a_page_shows_what_is_in_results(page):
    text = (measured.ROOT / page).read_text(encoding="utf-8")
    assert measured.render(text, page) == text
    assert all(f"<!-- /{mark} -->" in text for mark in measured.PARTS[page])


@pytest.mark.parametrize(
    ("points", "others", "says"),
    [
        ((0.60, 0.61, 0.62), (0.20, 0.21, 0.20), "The word looks at its own sound."),
        ((0.60, 0.61, 0.62), (0.61, 0.60, 0.62), "a place, and no word of its own."),
        ((0.21, 0.19, 0.20), (0.20, 0.21, 0.20), "cannot be told from chance."),
    ],
)
def test_words_follow_the_rows(tmp_path, points, others, says):
    table = pd.DataFrame({"points": points, "others": others})
    table = table.assign(world="matching", seed=[0, 1, 2], n=300, chance=0.2)
    save_table(tmp_path / measured.ROWS, table)
    assert measured.say_rows(measured.rows_of_map(tmp_path).loc["matching"]).endswith(says)
    assert says in measured.picture_caption(tmp_path)


@pytest.mark.parametrize(("low", "says"), [(0.91, "is not above it"), (0.97, "is above it")])
def test_words_follow_the_floor(tmp_path, low, says):
    rows = [
        {"model": "MCSAN", "WA": 0.98, "low": low, "high": 0.99},
        {"model": "order alone + boosted trees", "WA": 0.945, "low": 0.93, "high": 0.96},
    ]
    table = pd.DataFrame(rows).assign(world="matching", ceiling=1.0, seeds=1, n=1000)
    save_table(tmp_path / measured.CEILINGS, table)
    assert says in measured.say_order(tmp_path)


@pytest.mark.parametrize(
    ("low", "holm", "says"),
    [(0.05, 0.01, "is ahead of simpler"), (-0.05, 0.9, "is not ahead of all")],
)
def test_words_follow_the_fusions(tmp_path, low, holm, says):
    rows = [
        {"row": "MCSAN", "wa": 0.95, "wa low": 0.9, "wa high": 1.0},
        {"row": "early", "wa": 0.85, "wa gap low": low, "wa Holm p": holm},
        {"row": "late", "wa": 0.84, "wa gap low": 0.05, "wa Holm p": 0.01},
    ]
    save_table(tmp_path / measured.FUSION, pd.DataFrame(rows))
    assert says in measured.say_fusion(tmp_path)


@pytest.mark.parametrize(
    ("holm", "says"), [(0.01, "Of 1 ablations, 1 are"), (0.2, "Of 1 ablations, 0 are")]
)
def test_words_follow_the_ablations(tmp_path, holm, says):
    gap = {"wa gap": 0.06, "wa gap low": 0.01, "wa gap high": 0.11, "wa Holm p": holm}
    rows = [{"row": "MCSAN", "wa": 0.95}, {"row": "w/o cross", "wa": 0.89, **gap}]
    save_table(tmp_path / measured.ABLATIONS, pd.DataFrame(rows))
    assert says in measured.say_wiring(tmp_path)
