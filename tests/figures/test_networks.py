"""Figures of one network hold what they were given; words and markers say what colours say."""

import numpy as np
import pandas as pd
import pytest
from drawn import texts, ticks

from mcsan_lite.evaluation.intervals import calibration_error, reliability, share_interval
from mcsan_lite.figures import networks


@pytest.mark.parametrize(
    ("paths", "boxes"),
    [
        ([["self"], ["cross"]], ["cross", "max", "max", "max", "max", "self", "self"]),
        ([["cross", "self"]], ["cross", "max", "max", "self", "self"]),
    ],
    ids=["parallel", "sequential"],
)
def test_wiring(paths, boxes):
    ax = networks.draw_wiring(paths, ["audio", "text"])
    names = ["audio\nencoder", "classifier", "concat", "text\nencoder"]
    assert sorted(t for t in texts(ax) if t) == sorted([*boxes, *names])
    crossing = next(
        p for p, t in zip(ax.patches, [t for t in texts(ax) if t], strict=True) if t == "cross"
    )
    assert (
        crossing.get_height() > 1 > min(p.get_height() for p in ax.patches)
    )  # it holds both modalities


def test_curves():
    history = pd.DataFrame({"epoch": [1, 2, 3], "valid_wa": [0.2, 0.6, 0.5], "loss": [3, 2, 1]})
    ax = networks.draw_curves(
        {"full": history, "w/o cross": history.assign(valid_wa=[0.1, 0.2, 0.3])},
        marks={"chance": 0.14},
    )
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn[:4] == [
        [[1, 0.2], [2, 0.6], [3, 0.5]],
        [[2, 0.6]],
        [[1, 0.1], [2, 0.2], [3, 0.3]],
        [[3, 0.3]],
    ]
    assert texts(ax) == ["full", "w/o cross", " chance 0.14"]
    assert (
        ax.lines[0].get_marker() != ax.lines[2].get_marker() and ax.get_ylabel() == "validation WA"
    )  # never colour alone
    assert networks.draw_curves({"full": history}, column="loss").lines[0].get_ydata().tolist() == [
        3,
        2,
        1,
    ]


def test_band():
    frame = pd.DataFrame({"epoch": [1, 2, 3], "valid_wa": [0.2, 0.4, 0.6]})
    ax = networks.draw_band(
        {"MCSAN": [frame, frame.assign(valid_wa=[0.4, 0.4, 0.4])], "w/o cross": [frame.iloc[:2]]}
    )
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert ax.lines[1].get_ydata().tolist() == [0.2, 0.4]
    band = ax.collections[0].get_paths()[0].vertices
    assert {(1, 0.2), (1, 0.4), (3, 0.4), (3, 0.6)} <= {(x, round(y, 9)) for x, y in band.tolist()}
    assert texts(ax) == ["MCSAN (2 seeds)", "w/o cross (1 seed)"]
    assert "lowest to highest seed" in ax.get_title()
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "validation WA")


def test_confusion():
    counts = np.array([[8, 2, 0], [1, 3, 1], [0, 0, 0]])
    ax = networks.draw_confusion(counts, ["a", "b", "c"])
    np.testing.assert_allclose(
        ax.images[0].get_array(), [[0.8, 0.2, 0], [0.2, 0.6, 0.2], [0, 0, 0]]
    )
    assert texts(ax) == [str(n) for n in counts.ravel()]
    assert ticks(ax.xaxis) == ["a", "b", "c"]
    assert ticks(ax.yaxis) == ["a (10)", "b (5)", "c (0)"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true (n)")


def test_reliability_by_hand():
    prob = np.array([[0.95, 0.05], [0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.45, 0.55]])
    table = reliability(prob, [0, 0, 0, 1, 1], bins=5)
    assert table.n.tolist() == [0, 0, 1, 1, 3]
    assert table.low.tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert table.accuracy.tolist()[2:] == pytest.approx([1, 0, 2 / 3])
    assert table.confidence.tolist()[2:] == pytest.approx([0.55, 0.6, 2.75 / 3])
    assert table.accuracy[:2].isna().all()
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
    assert ax.get_xlabel().startswith("confidence")
    assert ax.get_ylabel().startswith("accuracy")
