"""The judge: the package's own checks, before and after a notebook has tried to change them."""

import builtins
import sys

import numpy as np
import pytest
import torch

from mcsan_lite.exercises import lesson12
from mcsan_lite.teaching.kernel import LONGEST, Judge, _shortened

CALL = "check.sent_length(sent_length)"


@pytest.fixture
def judge():
    return Judge("12")


def right(weights, values, merge):
    return weights * np.linalg.norm(values @ merge.T, axis=1)


def refusing(weights, values, merge):
    raise NotImplementedError


def leaving(weights, values, merge):
    sys.exit(0)


def noisy(weights, values, merge):
    print("✓ sent_length: right.\n" * 100_000)
    return weights * 1.0


def long_winded(weights, values, merge):
    raise ValueError("x" * 1_000_000)


@pytest.mark.parametrize(
    ("answer", "outcome", "says"),
    [
        (right, "right", "right."),
        (refusing, "open", "not solved yet."),
        (None, "open", "not solved yet."),
        (lambda w, v, m: w * 1.0, "wrong", "these are the raw weights"),
        (leaving, "wrong", "your code stops with SystemExit"),
        (noisy, "wrong", "these are the raw weights"),
        (3, "wrong", "your code stops with TypeError"),
        (long_winded, "wrong", "ValueError"),
    ],
)
def test_the_checks_own_words(judge, answer, outcome, says):
    found = judge.verdict(CALL, {"sent_length": answer})
    assert found["outcome"] == outcome and says in found["message"]
    assert len(found["message"]) <= LONGEST


def test_an_answer_that_is_not_there(judge):
    found = judge.verdict(CALL, {})
    assert found["outcome"] == "not reached" and "'sent_length' is not defined" in found["message"]


def test_a_redefined_check_convinces_nobody(judge, monkeypatch):
    names = {"check": lambda: None, "sent_length": lambda w, v, m: w * 1.0}
    assert judge.verdict(CALL, names)["outcome"] == "wrong"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (lesson12, "sent_length"),
        (lesson12, "hint_for"),
        (np, "allclose"),
        (torch, "allclose"),
        (builtins, "print"),
    ],
)
def test_what_a_check_relies_on_is_watched(judge, monkeypatch, module, name):
    monkeypatch.setattr(module, name, lambda *args, **kwargs: True)
    found = judge.verdict(CALL, {"sent_length": lambda w, v, m: w * 1.0})
    monkeypatch.undo()
    assert found["outcome"] == "tampered" and f"{module.__name__}.{name}" in found["message"]


def test_an_answer_that_changes_them_while_it_is_called(judge, monkeypatch):
    def answer(weights, values, merge):
        monkeypatch.setattr(np, "allclose", lambda *args: True)
        return right(weights, values, merge)

    found = judge.verdict(CALL, {"sent_length": answer})
    monkeypatch.undo()
    assert found["outcome"] == "tampered" and "numpy.allclose" in found["message"]


def test_a_package_may_change_itself(judge):
    import torch._dynamo  # wraps torch.manual_seed

    assert judge.verdict(CALL, {"sent_length": right})["outcome"] == "right", torch._dynamo


def test_a_long_error_is_cut():
    reply = {"status": "error", "ename": "E", "evalue": "x" * 10**6, "traceback": ["y"] * 10**5}
    assert len(str(_shortened(reply))) < 2 * LONGEST
