"""Each check passes its solution and fails each wrong answer with the matching hint."""

import pytest
from notebook_solutions import solution

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.exercises import lesson01 as check

SOURCE = "01_corpora_and_splits"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
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
        for k, fold in enumerate(solution(SOURCE, 2)["leave_one_speaker_out"](speaker_of))
    ]
    assert set(splits.overlap(corpus, made)["speaker in train"]) == {"0%"}
    assert sorted(i for fold in made for i in fold.test) == sorted(speaker_of)


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


GOOD = {
    "A": "speaker only",
    "B": "dialogue + speaker only",
    "C": "length + punctuation only",
    "D": "none of them",
}
SHARED = {
    "dialogue": {"speaker", "scenario", "text"},
    "session5": {"scenario", "text"},
    "scenario": {"speaker"},
}


@pytest.mark.parametrize(
    "function, wrong, hint",
    [
        (check.recognised, {"a", "b", "c", "d"}, "c: innocent"),
        (check.recognised, {"A", "B", "D", "E"}, "e: innocent"),
        (check.recognised, {"b", "d"}, "look at a again"),
        (check.recognised, {"a", "d"}, "look at b again"),
        (check.recognised, {"a", "b"}, "look at d again"),
        (check.recognised, {"a", "b", "d", "x"}, "take letters from a to e"),
        (check.recognised, "a, b and d", "the answer is a set of letters"),
        (check.exposed_by, {"A": "speaker only"}, "fill in all four"),
        (check.exposed_by, GOOD | {"C": ...}, "fill in all four"),
        (check.exposed_by, GOOD | {"B": "scene"}, "none of the four choices"),
        (check.exposed_by, GOOD | {"A": "dialogue + speaker only"}, "the smallest floor"),
        (check.exposed_by, GOOD | {"A": "none of them"}, "A: what does it take"),
        (check.exposed_by, GOOD | {"B": "speaker only"}, "What keeps its mood is the call"),
        (check.exposed_by, GOOD | {"B": "none of them"}, "Which floor knows the call"),
        (check.exposed_by, GOOD | {"C": "none of them"}, "C: the leak is a mark"),
        (check.exposed_by, GOOD | {"D": "speaker only"}, "D: every actor plays everything"),
        (check.shared_under, {"dialogue": set()}, "fill in all three"),
        (check.shared_under, SHARED | {"scenario": ...}, "fill in all three"),
        (check.shared_under, SHARED | {"scenario": "speaker"}, "with a set of names"),
        (check.shared_under, SHARED | {"scenario": {"mood"}}, "with a set of names"),
        (check.shared_under, SHARED | {"dialogue": {"dialogue"}}, "keeps every dialogue"),
        (check.shared_under, SHARED | {"session5": {"speaker"}}, "they are new as well"),
        (check.shared_under, SHARED | {"session5": {"dialogue"}}, "belongs to one session"),
        (check.shared_under, SHARED | {"scenario": {"dialogue"}}, "moves with its scene"),
        (check.shared_under, SHARED | {"scenario": {"text"}}, "the lines belong to their scene"),
        (check.shared_under, SHARED | {"scenario": set()}, "speaker is missing"),
        (check.shared_under, SHARED | {"session5": {"text"}}, "scenario is missing"),
        (check.shared_under, SHARED | {"session5": {"scenario"}}, "text is missing"),
    ],
)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


@pytest.mark.parametrize("answer", [{"A", "B", "D"}, ["a ", "b", "D"]])
def test_letters_may_be_capitals(answer):
    assert check.recognised(answer)


@pytest.mark.parametrize("function", [check.recognised, check.exposed_by])
def test_an_open_exercise_is_a_verdict(function, capsys):
    assert not function(...)
    assert "not solved yet" in capsys.readouterr().out
