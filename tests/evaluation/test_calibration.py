"""Temperature and abstention: against probabilities whose truth is drawn from them."""

import numpy as np
import pytest

from mcsan_lite.evaluation.calibration import (
    answered,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    with_temperature,
)


def drawn(n=4000, classes=4, seed=0):
    """Calibrated probabilities, and classes drawn from them."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, classes))
    prob = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true = np.array([rng.choice(classes, p=row) for row in prob])
    return logits, prob, true


def test_a_temperature_is_logits_divided():
    logits, prob, _ = drawn(50)
    cooler = np.exp(logits / 2.5)
    assert with_temperature(prob, 2.5) == pytest.approx(cooler / cooler.sum(1, keepdims=True))
    assert with_temperature(prob, 1.0) == pytest.approx(prob)
    assert with_temperature(prob[0], 2.5) == pytest.approx(with_temperature(prob, 2.5)[0])


def test_the_order_of_the_classes_stays_even_where_float32_rounded_to_zero():
    prob = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]], np.float32)
    for temperature in (0.1, 1.0, 7.0):
        changed = with_temperature(prob, temperature)
        assert np.isfinite(changed).all() and changed.sum(1) == pytest.approx(1)
        assert list(changed.argmax(1)) == [0, 1]


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="Expected: a number above 0"):
        with_temperature(np.array([0.5, 0.5]), temperature)


@pytest.mark.parametrize("wrong_by", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_what_was_done_to_the_logits(wrong_by):
    _, prob, true = drawn()
    spoiled = with_temperature(prob, 1 / wrong_by)  # sharpened by 3, say
    found = fit_temperature(spoiled, true)
    assert found == pytest.approx(wrong_by, rel=0.08)
    mended = with_temperature(spoiled, found)
    assert negative_log_likelihood(mended, true) <= negative_log_likelihood(spoiled, true) + 1e-4
    if wrong_by != 1:
        before = expected_calibration_error(spoiled, true)
        assert expected_calibration_error(mended, true) < before / 3


def test_all_right_proves_no_certainty():
    """Likelihood alone would go to the least temperature that it is allowed."""
    prob = np.full((100, 3), 0.01)
    true = np.arange(100) % 3
    prob[np.arange(100), true] = 0.98
    sure = with_temperature(prob, fit_temperature(prob, true)).max(1)
    assert sure == pytest.approx(101 / 102, abs=2e-3)


def test_unpaired_arrays_are_refused():
    with pytest.raises(ValueError, match="pair by id"):
        fit_temperature(np.full((3, 2), 0.5), [0, 1])


def test_likelihood_by_hand():
    prob = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert negative_log_likelihood(prob, [0, 1]) == pytest.approx(-np.log(0.5 * 0.75) / 2)


def test_what_is_answered_by_hand():
    prob = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.55, 0.45]])
    found = answered(prob, [0, 1, 1, 0], 0.6)
    assert (found.n, found.share, found.accuracy) == (3, 0.75, pytest.approx(2 / 3))
    assert 0 < found.low < 2 / 3 < found.high < 1
    nothing = answered(prob, [0, 1, 1, 0], 0.95)
    assert nothing.n == 0 and np.isnan(nothing.accuracy)


def test_fewer_and_better_answers_where_more_is_asked():
    _, prob, true = drawn()
    rows = [answered(prob, true, least) for least in (0.0, 0.5, 0.9)]
    assert [row.share for row in rows] == sorted((row.share for row in rows), reverse=True)
    assert [row.accuracy for row in rows] == sorted(row.accuracy for row in rows)
