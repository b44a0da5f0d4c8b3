"""Charts hold what they were given, in points where they say so; words and markers say what colours say."""

import numpy as np
import pandas as pd
import pytest
from drawn import texts, ticks
from matplotlib import pyplot as plt

from mcsan_lite.evaluation.intervals import calibration_error, reliability, share_interval
from mcsan_lite.figures import basics, networks, results

plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def legend(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


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
    assert ticks(ax.yaxis) == ["w/o cross", "N = 2", "N = 3"] and ax.get_yticks().tolist() == [
        2,
        1,
        0,
    ]
    assert texts(ax) == ["+1.6  [+0.6, +2.6]", "not run", "+0.7"]
    assert (
        sorted(legend(ax)) == ["printed in the paper", "this run, 95 %", "± 1 point"]
        and "points" in ax.get_xlabel()
    )
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
    assert (
        list(ax.lines[3].get_ydata()) == pytest.approx([0.6, 2 / 3])
        and texts(ax)[-1] == "mean +6.7 points"
    )
    assert (
        ticks(ax.xaxis) == ["w/o self", "MCSAN"]
        and "2 of 3 folds rise" in ax.get_title()
        and ax.get_ylabel() == "WA"
    )
    with pytest.raises(ValueError, match="Given: folds"):
        results.draw_slopes(left, right.iloc[::-1])


def test_power():
    table = pd.DataFrame({1: [0.1, 0.2, 0.3], 10: [0.4, 0.7, 0.9]}, index=[5, 10, 50])
    ax = results.draw_power(table, title="0.7 points")
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [
        [0.1, 0.2, 0.3],
        [0.4, 0.7, 0.9],
    ]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker() and list(
        ax.lines[2].get_ydata()
    ) == [0.8, 0.8]
    assert texts(ax) == ["80%", "1 seed a fold", "10 seeds a fold"] and ticks(ax.xaxis) == [
        "5",
        "10",
        "50",
    ]
    assert "folds" in ax.get_xlabel() and ax.get_title() == "0.7 points"


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
    assert texts(ax) == ["none -1.0", "0.5 -3.0", "0.1 +1.0"] and legend(ax) == ["w/o self -0.7"]
    assert len({p.get_hatch() for p in ax.patches}) == 2 and ax.lines[-1].get_xdata()[
        0
    ] == pytest.approx(-0.7)
    assert texts(results.draw_tornado(bars[["low", "high"]], default=0.6))[0] == "-1.0"


def test_reliability_by_hand():
    prob = np.array([[0.95, 0.05], [0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.45, 0.55]])
    table = reliability(prob, [0, 0, 0, 1, 1], bins=5)
    assert table.n.tolist() == [0, 0, 1, 1, 3] and table.low.tolist() == pytest.approx(
        [0, 0.2, 0.4, 0.6, 0.8]
    )
    assert table.accuracy.tolist()[2:] == pytest.approx([1, 0, 2 / 3])
    assert (
        table.confidence.tolist()[2:] == pytest.approx([0.55, 0.6, 2.75 / 3])
        and table.accuracy[:2].isna().all()
    )
    assert calibration_error(table) == pytest.approx((0.45 + 0.6 + 3 * (2.75 - 2) / 3) / 5)
    assert (table.accuracy_low[4], table.accuracy_high[4]) == pytest.approx(
        share_interval(2 / 3, 3)
    )
    assert reliability(np.array([[1.0, 0.0]]), [0]).n.tolist() == [0] * 9 + [
        1
    ]  # quite sure: in the last bin
    for wrong in ((prob, [0, 1]), (prob * 2, [0] * 5), (prob[0], [0]), (np.empty((0, 2)), [])):
        with pytest.raises(ValueError, match=r"Given: .*Expected: .*Do: "):
            reliability(*wrong)


def test_reliability_of_who_knows_how_sure_to_be():
    random = np.random.default_rng(0)
    prob = random.dirichlet(np.ones(4), 20_000)
    true = (prob.cumsum(1) > random.random((20_000, 1))).argmax(1)
    too_sure = prob**3 / (prob**3).sum(1, keepdims=True)
    assert (
        calibration_error(reliability(prob, true))
        < 0.02
        < calibration_error(reliability(too_sure, true))
    )


def test_reliability_chart():
    table = reliability(
        np.array([[0.95, 0.05], [0.9, 0.1], [0.1, 0.9], [0.6, 0.4]]), [0, 0, 0, 1], bins=5
    )
    ax = networks.draw_reliability(table, name="MCSAN")
    assert (
        ax.get_title()
        == f"MCSAN: ECE {calibration_error(table):.3f}, 4 utterances (n below each point)"
    )
    assert texts(ax)[1:] == ["1", "3"]
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[0.6, 0], [2.75 / 3, 2 / 3]])
    assert ax.get_xlabel().startswith("confidence") and ax.get_ylabel().startswith("accuracy")


def test_band():
    frame = pd.DataFrame({"epoch": [1, 2, 3], "valid_wa": [0.2, 0.4, 0.6]})
    ax = networks.draw_band(
        {"MCSAN": [frame, frame.assign(valid_wa=[0.4, 0.4, 0.4])], "w/o cross": [frame.iloc[:2]]}
    )
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.3, 0.4, 0.5]) and ax.lines[
        1
    ].get_ydata().tolist() == [0.2, 0.4]
    band = ax.collections[0].get_paths()[0].vertices
    assert {(1, 0.2), (1, 0.4), (3, 0.4), (3, 0.6)} <= {(x, round(y, 9)) for x, y in band.tolist()}
    assert (
        texts(ax) == ["MCSAN (2 seeds)", "w/o cross (1 seed)"]
        and "lowest to highest seed" in ax.get_title()
    )
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "valid wa")


def test_labels_of_close_lines_are_moved_apart():
    places = basics._spread([0.5, 0.51, 0.5, 0.9], 0.1)
    assert np.diff(np.sort(places)).min() >= 0.1 - 1e-6 and places[3] == 0.9
    assert places[0] < places[2] < places[1]  # in their order


def test_charts_can_be_drawn_into_given_axes():
    series = pd.Series([0.5, 0.6], ["a", "b"], name="x")
    for draw, first in (
        (
            results.draw_forest,
            [pd.DataFrame({"mean": [0.1], "low": [0], "high": [0.2]}, index=["a"])],
        ),
        (results.draw_slopes, [series, series]),
        (results.draw_power, [pd.DataFrame({1: [0.1, 0.2]}, index=[5, 10])]),
        (results.draw_tornado, [pd.DataFrame({"low": [0.1], "high": [0.2]}, index=["a"])]),
        (networks.draw_reliability, [reliability(np.array([[0.9, 0.1]]), [0])]),
        (networks.draw_band, [{"a": [pd.DataFrame({"epoch": [1], "valid_wa": [0.2]})]}]),
    ):
        _, ax = plt.subplots()
        assert draw(*first, ax=ax) is ax
        assert isinstance(draw(*first), plt.Axes)
