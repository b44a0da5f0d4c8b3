"""Each check passes its solution and fails each wrong answer with the matching hint."""

import numpy as np
import pytest
from notebook_solutions import solution

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.evaluation import metrics
from mcsan_lite.exercises import lesson01 as check

SOURCE = "01_corpora_labels_splits"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_notebooks_own_solution_passes(number, capsys):
    solution(SOURCE, number)
    assert capsys.readouterr().out.startswith("✓")


def test_the_splitter_of_the_solution_shares_no_speaker():
    speaker_of = {f"u{i}": f"s{i % 5}" for i in range(40)}
    corpus = Corpus(
        "made", ("x",), tuple(Utterance(i, None, "", "x", speaker=s) for i, s in speaker_of.items())
    )
    made = [
        splits.Fold(f"f-{k}", *(tuple(sorted(part)) for part in fold), protocol="f")
        for k, fold in enumerate(solution(SOURCE, 1)["leave_one_speaker_out"](speaker_of))
    ]
    assert set(splits.overlap(corpus, made)["speaker in train"]) == {"0%"}
    assert sorted(i for fold in made for i in fold.test) == sorted(speaker_of)


@pytest.mark.parametrize("seed", range(5))
def test_the_f1_of_the_solution_is_the_packages(seed):
    true, pred = np.random.default_rng(seed).integers(0, 4, (2, 30))
    counts = metrics.confusion(true, pred, 5)
    assert np.isclose(solution(SOURCE, 4)["weighted_f1"](counts), metrics.weighted_f1(true, pred))


def _right(speaker_of, order=sorted, step=1):
    names = order(dict.fromkeys(speaker_of.values()))
    folds = []
    for i, name in enumerate(names):
        chooser = names[(i + step) % len(names)]
        test = {u for u, speaker in speaker_of.items() if speaker == name}
        valid = {u for u, speaker in speaker_of.items() if speaker == chooser}
        folds.append((set(speaker_of) - test - valid, valid, test))
    return folds


def _utterances(speaker_of):
    ids = sorted(speaker_of)
    folds = []
    for tested, chooser in zip(ids, [*ids[1:], ids[0]], strict=True):
        folds.append((set(ids) - {tested, chooser}, {chooser}, {tested}))
    return folds


def _split_valid(speaker_of):
    """The validation part is drawn from the training speakers' utterances."""
    folds = []
    for train, valid, test in _right(speaker_of):
        pool = sorted(train | valid)
        folds.append((set(pool[1:]), {pool[0]}, test))
    return folds


def _two_at_a_time(speaker_of):
    (_, _, a), (_, _, b), (_, _, c), (_, _, d) = _right(speaker_of)
    return [(d, c, a | b), (a, b, c | d)]


def _nobody_validates(speaker_of):
    return [(train | valid, set(), test) for train, valid, test in _right(speaker_of)]


def _emptied(speaker_of):
    folds = _right(speaker_of)
    speaker_of.clear()
    return folds


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (_utterances, "you cut utterances, not people"),
        (_split_valid, "in validation and in another part"),
        (_nobody_validates, "no validation part"),
        (
            lambda s: [(train, test, test) for train, valid, test in _right(s)],
            "is in no part of a fold",
        ),
        (
            lambda s: [(train | valid, valid, test) for train, valid, test in _right(s)],
            "in two parts of one fold",
        ),
        (
            lambda s: [(train, valid, test | {"x"}) for train, valid, test in _right(s)],
            "'x' is in no part",
        ),
        (lambda s: _right(s)[:-1], "dee is never tested"),
        (lambda s: _right(s) + _right(s)[:1], "nobody twice"),
        (_two_at_a_time, "one speaker is tested"),
        (lambda s: _right(s, order=list), "another order gives other folds"),
        (lambda s: _right(s)[::-1], "not in alphabetical order"),
        (lambda s: _right(s, step=2), "where ann is tested, ben should choose the epoch"),
        (lambda s: _right(s, step=-1), "ben should choose the epoch"),
        (lambda s: [test for _, _, test in _right(s)], "three sets of ids"),
        (_emptied, "you changed the dictionary"),
    ],
)
def test_a_wrong_splitter_gets_its_hint(wrong, hint, capsys):
    assert not check.leave_one_speaker_out(wrong)
    assert hint in capsys.readouterr().out


def _f1(counts, weight):
    n, predicted = counts.sum(1), counts.sum(0)
    return 2 * counts.diagonal() / np.maximum(n + predicted, 1) @ weight(n, predicted)


def _with_nan(counts):
    with np.errstate(invalid="ignore"):
        precision, recall = counts.diagonal() / counts.sum(0), counts.diagonal() / counts.sum(1)
        return (2 * precision * recall / (precision + recall)).mean()


def _precision(counts):
    return counts.diagonal() / np.maximum(counts.sum(0), 1) @ counts.sum(1) / counts.sum()


def _averaged_first(counts):
    precision, recall = _precision(counts), counts.trace() / counts.sum()
    return 2 * precision * recall / (precision + recall)


def _normalised_in_place(counts):
    counts //= 2
    return 0.5


GOOD = {
    "A": "speaker only",
    "B": "dialogue + speaker only",
    "C": "length + punctuation only",
    "D": "none of them",
}
P = 0.612


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: np.full(4, 1 / 4)), "macro F1"),
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: (n > 0) / 3), "macro F1"),
        (check.weighted_f1, lambda c: _f1(c, lambda n, p: p / p.sum()), "the columns"),
        (check.weighted_f1, lambda c: c.trace() / c.sum(), "that is WA"),
        (check.weighted_f1, _precision, "weighted precision"),
        (check.weighted_f1, _averaged_first, "averaged precision and recall first"),
        (check.weighted_f1, _with_nan, "gave 0/0"),
        (check.weighted_f1, _normalised_in_place, "you changed the matrix"),
        (check.weighted_f1, lambda c: 0.9, "on a small matrix it gives 0.900"),
        (
            check.weighted_f1,
            lambda c: _f1(c, lambda n, p: n / n.sum()) if (c.sum(1) + c.sum(0)).all() else 0.5,
            "neither true nor predicted turns the score into 0.5",
        ),
        (check.recognised, {"a", "b", "c", "d"}, "c is innocent"),
        (check.recognised, {"a", "b", "d", "e"}, "e is innocent"),
        (check.recognised, {"b", "d"}, "look at a again"),
        (check.recognised, {"a", "d"}, "look at b again"),
        (check.recognised, {"a", "b"}, "look at d again"),
        (check.recognised, "abx", "'x' is not one of the five"),
        (check.exposed_by, {"A": "speaker only"}, "fill in all four"),
        (check.exposed_by, GOOD | {"C": ...}, "fill in all four"),
        (check.exposed_by, GOOD | {"B": "scene"}, "none of the four choices"),
        (check.exposed_by, GOOD | {"A": "dialogue + speaker only"}, "the smallest floor"),
        (check.exposed_by, GOOD | {"A": "none of them"}, "A: what does it take"),
        (check.exposed_by, GOOD | {"B": "speaker only"}, "What keeps its mood is the call"),
        (check.exposed_by, GOOD | {"B": "none of them"}, "Which floor knows the call"),
        (check.exposed_by, GOOD | {"C": "none of them"}, "C: the leak is a mark"),
        (check.exposed_by, GOOD | {"D": "speaker only"}, "D: every actor plays everything"),
        (check.needed, P * (1 - P) / 0.01**2, "one standard deviation"),
        (check.needed, 1.96**2 * P * (1 - P) / 0.02**2, "the *whole* interval"),
        (check.needed, 1.96**2 / 4 / 0.01**2, "the worst case"),
        (check.needed, 1.96**2 * P * (1 - P), "One percentage point is 0.01"),
        (check.needed, 1.96 * P * (1 - P) / 0.01**2, "1.96 must be squared"),
        (check.needed, 1.96 * (P * (1 - P)) ** 0.5 / 0.01, "that is the root of it"),
        (check.needed, 1.96**2 * P * (1 - P) / 0.01, "0.01 squared"),
        (check.needed, 749, "too few"),
        (check.needed, 20_000, "too many"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("function", [check.recognised, check.needed])
def test_an_open_exercise_is_a_verdict(function, capsys):
    assert not function(...)
    assert "not solved yet" in capsys.readouterr().out
