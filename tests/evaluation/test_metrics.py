"""The scores against tables filled in by hand."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, precision_score

from mcsan_lite.evaluation import metrics

# true 0 0 0 1 1 2    right: 2 of 3 zeros, 1 of 2 ones, 1 of 1 twos
# pred 0 0 1 1 2 2    predicted: 0 twice, 1 twice, 2 twice
TRUE, PRED = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
RECALL, PRECISION = [2 / 3, 1 / 2, 1], [1, 1 / 2, 1 / 2]
F1 = [4 / 5, 1 / 2, 2 / 3]  # 2pr / (p + r)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wa", 4 / 6),
        ("ua", (2 / 3 + 1 / 2 + 1) / 3),
        ("weighted_f1", (3 * 4 / 5 + 2 * 1 / 2 + 1 * 2 / 3) / 6),
        ("macro_f1", (4 / 5 + 1 / 2 + 2 / 3) / 3),
    ],
)
def test_by_hand(name, expected):
    assert getattr(metrics, name)(TRUE, PRED) == pytest.approx(expected)
    assert getattr(metrics, name)(np.array(TRUE), np.array(PRED)) == pytest.approx(expected)
    assert getattr(metrics, name)(TRUE, TRUE) == 1
    assert getattr(metrics, name)([0, 1, 2], [1, 2, 0]) == 0
    assert type(getattr(metrics, name)(TRUE, PRED)) is float


def test_scores_collects_the_four_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = metrics.scores(TRUE, PRED, classes=3)
    assert found == {
        name: getattr(metrics, name)(TRUE, PRED) for name in ("wa", "ua", "weighted_f1", "macro_f1")
    }
    assert len(set(found.values())) == 4


def test_confusion_rows_are_true():
    assert metrics.confusion(TRUE, PRED, 4).tolist() == [
        [2, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_per_class_by_hand():
    table = metrics.per_class([*TRUE, 0], [*PRED, 0], ["angry", "neutral", "sad", "fear"])
    assert list(table.index) == ["angry", "neutral", "sad", "fear"]
    assert list(table.columns) == ["precision", "recall", "f1", "n", "predicted"]
    np.testing.assert_allclose(table.precision, [1, 1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(table.recall, [3 / 4, 1 / 2, 1, 0])
    np.testing.assert_allclose(table.f1, [6 / 7, 1 / 2, 2 / 3, 0])
    assert table.n.tolist() == [4, 2, 1, 0] and table.predicted.tolist() == [3, 2, 2, 0]


def test_absent_class_is_left_out_and_said():
    """Class 3 never occurs in `true` but is predicted once: UA is over the three that occur, as in
    scikit-learn's balanced accuracy, and not a fourth of a sum with a zero in it."""
    true, pred = TRUE, [0, 0, 3, 1, 2, 2]
    assert metrics.ua(true, pred) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn remarks on it, too
        assert metrics.ua(true, pred) == pytest.approx(balanced_accuracy_score(true, pred))
    f1 = [4 / 5, 2 / 3, 2 / 3]
    assert metrics.macro_f1(true, pred) == pytest.approx(sum(f1) / 3)
    assert metrics.weighted_f1(true, pred) == pytest.approx((3 * f1[0] + 2 * f1[1] + f1[2]) / 6)
    with pytest.warns(
        UserWarning,
        match=r"class \[3\] has no utterance here: UA and macro F1 average over the others",
    ):
        assert metrics.scores(true, pred, classes=4)["ua"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_class_never_predicted_counts_as_zero():
    assert metrics.ua([0, 1, 2], [0, 0, 0]) == pytest.approx(1 / 3)
    assert metrics.macro_f1([0, 1, 2], [0, 0, 0]) == pytest.approx(
        1 / 6
    )  # f1 of class 0: p 1/3, r 1


def test_precision_is_not_accuracy_the_amh_mix_up():
    """AMH's repository withdrew its table: macro precision had been printed as accuracy. A guesser
    of the majority shows why it matters: it looks excellent by precision and is poor by recall."""
    true = [0] * 80 + [1] * 10 + [2] * 10
    pred = (
        [0] * 80 + [1] + [0] * 9 + [2] + [0] * 9
    )  # dares to leave the majority twice, and is right
    wa, ua, macro_precision = (
        metrics.wa(true, pred),
        metrics.ua(true, pred),
        precision_score(true, pred, average="macro"),
    )
    assert wa == pytest.approx(0.82) and ua == pytest.approx((1 + 0.1 + 0.1) / 3)
    assert macro_precision == pytest.approx((80 / 98 + 1 + 1) / 3)
    assert macro_precision > wa + 0.1 and macro_precision > ua + 0.5
    for precision in (macro_precision, precision_score(true, pred, average="weighted")):
        for name, score in metrics.scores(true, pred, classes=3).items():
            assert abs(score - precision) > 0.01, name
    table = metrics.per_class(true, pred, ["neutral", "angry", "sad"])
    assert table.precision.mean() == pytest.approx(
        macro_precision
    ) and table.recall.mean() == pytest.approx(ua)


@pytest.mark.parametrize(
    ("true", "pred"),
    [([0, 1], [0]), ([], []), ([[0, 1]], [[0, 1]])],
    ids=["lengths", "empty", "2-d"],
)
@pytest.mark.parametrize(
    "call",
    [
        metrics.wa,
        metrics.ua,
        metrics.weighted_f1,
        metrics.macro_f1,
        lambda t, p: metrics.confusion(t, p, 2),
        lambda t, p: metrics.per_class(t, p, ["a", "b"]),
    ],
    ids=["wa", "ua", "weighted_f1", "macro_f1", "confusion", "per_class"],
)
def test_wrong_shapes_are_refused(call, true, pred):
    with pytest.raises(
        ValueError,
        match=r"Given: \(.*\) true and \(.*\) predicted labels\. Expected: two equally.* Do: ",
    ):
        call(true, pred)
