"""Charts hold what they were given, in points where they say so; markers say what colours say."""

import numpy as np
import pandas as pd
import pytest
from drawn import legend, texts, ticks

from mcsan_lite.figures import basics, results


def test_rows():
    table = pd.DataFrame(
        {"mean": [0.9, 0.5], "low": [0.85, 0.4], "high": [0.95, 0.7]}, index=["MCSAN", "w/o cross"]
    )
    ax = results.draw_rows(table, marks={"text": 0.43}, score="UA")
    assert ticks(ax.yaxis) == ["MCSAN", "w/o cross"]
    assert ax.get_yticks().tolist() == [1, 0]
    assert ax.get_xlabel() == "UA"
    assert ax.lines[0].get_xydata().tolist() == [[0.9, 1], [0.5, 0]]
    assert texts(ax) == [
        "0.90",
        "0.50",
    ]
    assert all(text.get_path_effects() for text in ax.texts)  # no upright line cuts a number
    bars = [s for c in ax.collections for s in c.get_segments()]
    assert [s[:, 0].tolist() for s in bars] == [
        pytest.approx([0.85, 0.95]),
        pytest.approx([0.4, 0.7]),
    ]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["text 0.43"]
    assert (
        results.draw_rows(table.assign(low=np.nan, high=np.nan)).get_legend() is None
    )  # a single training has no interval


def test_forest():
    gaps = pd.DataFrame(
        {
            "mean": [0.016, np.nan, 0.007],
            "low": [0.006, np.nan, np.nan],
            "high": [0.026, np.nan, np.nan],
            "paper": [0.016, 0.01, 0.011],
        },
        index=["w/o cross", "N = 2", "N = 3"],
    )
    ax = results.draw_forest(gaps, margin=0.01)
    assert ticks(ax.yaxis) == ["w/o cross", "N = 2", "N = 3"]
    assert ax.get_yticks().tolist() == [
        2,
        1,
        0,
    ]
    assert texts(ax) == ["+1.6  [+0.6, +2.6]", "not run", "+0.7"]
    assert sorted(legend(ax)) == ["printed in the paper", "this run, 95 %", "± 1 point"]
    assert "± 2 points" in legend(results.draw_forest(gaps, margin=0.02))
    assert "± 0.7 points" in legend(results.draw_forest(gaps, margin=0.007))
    assert "points" in ax.get_xlabel()
    ours, theirs = (
        next(line for line in ax.lines if line.get_marker() == m)
        for m in basics.MARKERS[0] + basics.MARKERS[3]
    )
    np.testing.assert_allclose(ours.get_xydata(), [[1.6, 2], [np.nan, 1], [0.7, 0]])
    np.testing.assert_allclose(theirs.get_xdata(), [1.6, 1, 1.1])
    np.testing.assert_allclose(ax.collections[0].get_segments()[0][:, 0], [0.6, 2.6])
    plain = results.draw_forest(gaps.drop(columns="paper"), name="printed")
    assert legend(plain) == ["printed, 95 %"]


def test_slopes():
    left = pd.Series([0.5, 0.6, 0.7], ["f0", "f1", "f2"], name="w/o self")
    right = pd.Series([0.6, 0.5, 0.9], left.index, name="MCSAN")
    ax = results.draw_slopes(left, right)
    assert [tuple(line.get_ydata()) for line in ax.lines[:3]] == [
        (0.5, 0.6),
        (0.6, 0.5),
        (0.7, 0.9),
    ]
    assert [line.get_linestyle() for line in ax.lines[:3]] == [
        "-",
        "--",
        "-",
    ]  # falling: not by colour alone
    assert list(ax.lines[3].get_ydata()) == pytest.approx([0.6, 2 / 3])
    assert texts(ax)[-1] == "mean +6.7 points"
    assert ticks(ax.xaxis) == ["w/o self", "MCSAN"]
    assert "2 of 3 folds rise" in ax.get_title()
    assert ax.get_ylabel() == "WA"
    with pytest.raises(ValueError, match="Given: folds"):
        results.draw_slopes(left, right.iloc[::-1])


def test_many_slopes_have_no_names():
    left = pd.Series(np.linspace(0.5, 0.6, 10), [f"f{i}" for i in range(10)], name="w/o self")
    ax = results.draw_slopes(left, left.rename("MCSAN") + 0.05)
    assert len(ax.lines) == 11 and texts(ax) == ["mean +5.0 points"]


def test_power():
    table = pd.DataFrame({1: [0.1, 0.2, 0.3], 10: [0.4, 0.7, 0.9]}, index=[5, 10, 50])
    ax = results.draw_power(table, title="0.7 points")
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [
        [0.1, 0.2, 0.3],
        [0.4, 0.7, 0.9],
    ]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert list(ax.lines[2].get_ydata()) == [0.8, 0.8]
    assert texts(ax) == ["80%", "1 seed per fold", "10 seeds per fold"]
    assert ticks(ax.xaxis) == [
        "5",
        "10",
        "50",
    ]
    assert "folds" in ax.get_xlabel()
    assert ax.get_title() == "0.7 points"


def test_speakers():
    rows = [("network", 8, 0.4), ("network", 2, 0.3), ("SVM", 2, 0.35), ("SVM", 8, 0.5)]
    table = pd.DataFrame(rows, columns=["system", "speakers", "mean"])
    table = table.assign(low=table["mean"] - 0.05, high=table["mean"] + 0.1)
    ax = results.draw_speakers(table)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.3, 0.4], [0.35, 0.5]]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    bars = [s[:, 1].tolist() for c in ax.collections for s in c.get_segments()]
    assert bars[0] == pytest.approx([0.25, 0.4]) and bars[-1] == pytest.approx([0.45, 0.6])
    assert texts(ax) == ["network", "SVM"] and ticks(ax.xaxis) == ["2", "8"]
    assert ax.get_ylabel() == "WA"


def test_tornado():
    bars = pd.DataFrame(
        {
            "low": [0.59, 0.57],
            "high": [0.60, 0.61],
            "low_label": ["none", "0.5"],
            "high_label": ["sum", "0.1"],
        },
        index=["pooling", "dropout"],
    )
    ax = results.draw_tornado(bars, default=0.60, marks={"w/o self": -0.007})
    assert ticks(ax.yaxis) == ["pooling", "dropout"]  # from below: the widest is on top
    assert [round(p.get_width(), 9) for p in ax.patches] == [
        -1,
        -3,
        1,
    ]  # the default itself gets no bar
    assert texts(ax) == ["none -1.0", "0.5 -3.0", "0.1 +1.0"]
    assert legend(ax) == ["w/o self -0.7"]
    assert len({p.get_hatch() for p in ax.patches}) == 2
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(-0.7)
    assert texts(results.draw_tornado(bars[["low", "high"]], default=0.6))[0] == "-1.0"
