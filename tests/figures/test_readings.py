"""Figures that compare readings hold what they were given, and caption the right numbers."""

import numpy as np
import pandas as pd
import pytest
from drawn import drawn_well, texts
from refusals import refusal

from mcsan_lite.figures import readings


def test_agreement():
    names = ["raw", "receipts", "constant"]
    table = pd.DataFrame([[1, -0.25, np.nan], [-0.25, 1, np.nan], [np.nan] * 3], names, names)
    drawn = drawn_well(readings.draw_agreement(table, n=40))
    ax = drawn.fig.axes[0]
    assert texts(ax) == ["+1.00", "-0.25", "–", "-0.25", "+1.00", "–", "–", "–", "–"]
    assert ax.images[0].get_clim() == (-1, 1)
    assert [t.get_text() for t in ax.get_yticklabels()] == names
    assert "Mean over 1 pair of readings -0.25." in drawn.caption
    assert "40 utterances" in drawn.caption
    wide = pd.DataFrame([[1, 0.9, 0.2], [0.9, 1, -0.5], [0.2, -0.5, 1]], names, names)
    assert (
        "+0.20. Most alike: raw and receipts, +0.90; least: receipts and constant, -0.50."
        in readings.draw_agreement(wide, n=1).caption
    )
    drawn_well(readings.draw_agreement(table.loc[["raw"], ["raw"]], n=1))


def curves(tests=("deletion", "insertion")):
    rows = [
        (test, order, share, 1 - share**power, low, high)
        for test in tests
        for order, power in (("receipts", 1), ("random", 2))
        for share in (0.0, 0.5, 1.0)
        for low, high in [(0.3, 0.6) if order == "random" else (np.nan, np.nan)]
    ]
    return pd.DataFrame(rows, columns=["test", "order", "share", "value", "low", "high"])


def test_deletion_curves_with_areas_and_band():
    drawn = drawn_well(
        readings.draw_deletion(curves().sample(frac=1, random_state=0), value="margin")
    )
    left, right = sorted(drawn.fig.axes, key=lambda ax: ax.get_title(loc="left"))
    assert left.get_title(loc="left").startswith("deletion: a small")
    assert "insertion: a large" in right.get_title(loc="left")
    assert (left.get_xlabel(), right.get_xlabel()) == (
        "share removed, the highest score first",
        "share put back, the highest score first",
    )
    lines = {line.get_label().split()[0]: line for line in left.lines}
    assert lines["receipts"].get_xydata().tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    assert lines["receipts"].get_linestyle() != lines["random"].get_linestyle()
    (band,) = left.collections
    assert band.get_paths()[0].get_extents().intervaly == pytest.approx((0.3, 0.6))
    assert [t.get_text() for t in left.get_legend().get_texts()] == [
        "receipts  0.50",
        "random  0.62",
    ]  # the best on top
    assert [t.get_text() for t in right.get_legend().get_texts()] == [
        "random  0.62",
        "receipts  0.50",
    ]
    assert "receipts 0.50" in drawn.caption
    assert "random 0.62" in drawn.caption
    assert "standard deviation" in drawn.caption
    alone = curves(["deletion"]).query("order == 'receipts'")
    assert "band" not in drawn_well(readings.draw_deletion(alone)).caption


def test_shapley():
    values = pd.DataFrame(
        {
            "audio": [1.0, 3.0, -1.0, 1.0],
            "text": [0.0, 4.0, -2.0, 2.0],
            "label": ["joy", "joy", "calm", "calm"],
        }
    )
    drawn = drawn_well(readings.draw_shapley(values))
    ax = drawn.fig.axes[0]
    joy, calm = ax.lines[:2]
    assert joy.get_xydata().tolist() == [[1, 0], [3, 4]]
    assert calm.get_xydata().tolist() == [
        [-1, -2],
        [1, 2],
    ]
    assert joy.get_marker() != calm.get_marker()
    assert joy.get_color() != calm.get_color()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["joy (2)", "calm (2)"]
    assert "sound" in ax.get_xlabel()
    assert "words" in ax.get_ylabel()
    assert "audio +1.00 (95 % interval -1.60 to +3.60)" in drawn.caption  # t(3) × 1.633 / 2
    assert "text +1.00" in drawn.caption
    assert "The sound adds more in 50% of 4 utterances." in drawn.caption
    assert (
        "interval"
        not in drawn_well(readings.draw_shapley(values[["audio", "text"]].head(1))).caption
    )


def test_tables_without_rows_or_columns_are_refused():
    lopsided = pd.DataFrame([[1, 0]], ["a"], ["a", "b"])
    assert "the same readings" in refusal(lambda: readings.draw_agreement(lopsided, n=1))
    no_band = curves().drop(columns=["low", "high"])
    assert "add low, high." in refusal(lambda: readings.draw_deletion(no_band))
    nobody = pd.DataFrame({"audio": [], "text": []})
    assert "at least one row" in refusal(lambda: readings.draw_shapley(nobody))


def test_a_view_shows_itself_with_its_words(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **how: shown.append((thing, how)))
    readings.draw_agreement(pd.DataFrame([[1.0]], ["a"], ["a"]), n=2).show()
    (_, how), (caption, _) = shown
    assert how["metadata"]["image/png"]["alt"].startswith("Square of rank correlations")
    assert "2 utterances" in caption.data
