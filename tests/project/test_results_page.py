"""docs/results.md says what results/ holds, in words that follow the numbers."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

PLACE = Path(__file__).resolve().parents[2] / "docs" / "results.py"
SPEC = importlib.util.spec_from_file_location("results_page", PLACE)
results_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(results_page)
LEFT = "After Holm's correction for 1 comparisons, a gap is left for: {}."


def test_the_page_shows_what_is_in_results():
    text = results_page.PAGE.read_text(encoding="utf-8")
    assert results_page.render(text) == text


def table_with(low, high, holm):
    rows = [
        {"row": "MCSAN", "wa gap": None},
        {"row": "other", "wa gap": (low + high) / 2, "wa gap low": low, "wa gap high": high},
    ]
    rows[1]["wa Holm p"] = holm
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.01, 0.05, "MCSAN is ahead of: other."),
        (-0.05, -0.01, "MCSAN is below: other."),
        (-0.01, 0.05, "Not distinguishable from MCSAN: other."),
    ],
)
def test_words_follow_the_interval(low, high, says):
    said = results_page.sentences(table_with(low, high, 0.2), "wa")
    assert says in said and said[-1] == LEFT.format("none")
    assert sum(": other." in sentence for sentence in said) == 1


def test_what_survives_the_correction_is_named():
    said = results_page.sentences(table_with(0.01, 0.05, 0.01), "wa")
    assert said[-1] == LEFT.format("other")


def test_without_a_gap_nothing_is_claimed():
    table = pd.DataFrame([{"row": "MCSAN", "wa gap": None}])
    assert results_page.sentences(table, "wa") == ["No row was run beside MCSAN."]
