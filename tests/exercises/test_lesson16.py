"""Each check passes its solution and fails each wrong answer with the matching hint."""

import numpy as np
import pytest
import torch
from notebook_solutions import names, solution
from sklearn.preprocessing import StandardScaler

from mcsan_lite.evaluation import metrics
from mcsan_lite.exercises import lesson16 as check
from mcsan_lite.experiments.small.company import alone_and_together

LESSON = "16_broken_on_purpose"


def pools():
    """The five functions of the second hunt, frames and a mask, as the lesson has them."""
    space = names(LESSON, "pools")
    mask = torch.arange(9) < torch.tensor([[9], [5], [2], [1]])
    frames = torch.randn(4, 9, 3, generator=torch.Generator().manual_seed(0)) - 1
    return space | {"frames": frames * mask[..., None], "mask": mask}


@pytest.mark.parametrize("number", range(1, 10))
def test_the_notebooks_own_solution_passes(number, capsys):
    solution(LESSON, number)
    assert capsys.readouterr().out.startswith("✓")


def test_the_solution_of_the_second_hunt_is_found_by_running_it(capsys):
    known = pools() | {"alone_and_together": alone_and_together}
    assert solution(LESSON, 10, **known)["broken_pools"] == {"a", "c", "e"}
    assert capsys.readouterr().out.startswith("✓")


def swapped(score):
    return {"WA": "UA", "UA": "WA", "precision": "precision"}[right_name(score)]


def right_name(score):
    true, pred = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 0, 1])
    return {5 / 6: "WA", 3 / 4: "UA"}.get(float(score(true, pred)), "precision")


def blind(score):
    """On a balanced example, WA and UA are the same number."""
    true, pred = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    return "WA" if float(score(true, pred)) == metrics.wa(true, pred) else "precision"


def scaled_by_all(train, test):
    scaler = StandardScaler().fit(np.concatenate([train, test]))
    return scaler.transform(train), scaler.transform(test)


def scaled_each(train, test):
    return StandardScaler().fit_transform(train), StandardScaler().fit_transform(test)


def thrown_away(train, test):
    scaler = StandardScaler().fit(train)
    scaler.transform(test)
    return scaler.transform(train), test


def centred(train, test):
    return train - train.mean(0), test - train.mean(0)


def train_forgotten(train, test):
    return train, (test - train.mean(0)) / train.std(0)


def copies(y, rows, seed, most=None):
    rng = np.random.default_rng(seed)
    most = most or np.bincount(y[rows]).max()
    parts = [rows]
    for c in np.unique(y[rows]):
        own = rows[y[rows] == c]
        parts.append(rng.choice(own, most - len(own)))
    return np.concatenate(parts)


def of_everything(y, train, seed):
    return copies(y, np.arange(len(y)), seed)


def places(y, train, seed):
    return copies(y[train], np.arange(len(train)), seed)


def thrown(y, train, seed):
    least = np.bincount(y[train]).min()
    return np.concatenate([train[y[train] == c][:least] for c in np.unique(y)])


def largest_of_all(y, train, seed):
    return copies(y, train, seed, most=np.bincount(y).max())


def recordings(recording):
    return np.unique(recording, return_inverse=True)[1]


def best_of_all_draws(share, size, epochs, rng):
    return (rng.binomial(size, share, (2000, epochs)) / size).max() - share


def drawn(share, size, epochs, rng):
    return rng.binomial(size, share, (2000, epochs)) / size


def described(x, mask, *, mean_of=None, square_of=None, n=None, power=0.5):
    """Mean and deviation, with one thing wrong."""
    real = mask[..., None]
    count = mask.sum(1, keepdim=True)
    mean = (x * real).sum(1) / count if mean_of is None else mean_of(x)
    squares = (x - mean[:, None]) ** 2
    if square_of is None:
        squares = squares * real
    return torch.cat([mean, (squares.sum(1) / (count if n is None else n(count))) ** power], 1)


def reversed_order(x, mask):
    return described(x, mask).roll(2, 1)


WRONG = [
    (check.name_of, swapped, "have changed places"),
    (check.name_of, blind, "do the two give different"),
    (check.name_of, lambda score: "WA", "does it ask the score at all"),
    (check.name_of, lambda score: "recall", "the answers are"),
    (check.standardized, scaled_by_all, "Fit on train alone"),
    (check.standardized, scaled_each, "One fit is enough"),
    (check.standardized, thrown_away, "Is the result of the transform kept"),
    (check.standardized, centred, "Divide by the deviation"),
    (check.standardized, train_forgotten, "scale the training part by the same"),
    (check.standardized, lambda train, test: test, "return two arrays"),
    (check.standardized, lambda train, test: (train, 7 * test), "on another scale"),
    (check.balanced, of_everything, "a copy of a test utterance is still a leak"),
    (check.balanced, places, "places in `train`"),
    (check.balanced, thrown, "Nothing is thrown away"),
    (check.balanced, largest_of_all, "the largest class of train has 16"),
    (check.balanced, lambda y, train, seed: train, "make them equally frequent"),
    (check.balanced, lambda y, train, seed: train + 40, "some rows do not exist"),
    (check.folds_of, lambda recording, k: np.arange(len(recording)) % k, "are in two folds"),
    (check.folds_of, lambda recording, k: np.zeros(len(recording), int), "a fold is empty"),
    (check.folds_of, lambda recording, k: recordings(recording) % (k - 1), "Every fold gets some"),
    (check.folds_of, lambda recording, k: recordings(recording), "numbered from 0 to k - 1"),
    (check.folds_of, lambda recording, k: recordings(recording)[:30] % k, "one for each"),
    (
        check.folds_of,
        lambda recording, k: np.maximum(recordings(recording) - 25, 0),
        "more than twice its share",
    ),
    (check.luck, lambda *given: drawn(*given).max(1).mean(), "Subtract the share"),
    (check.luck, lambda *given: drawn(*given).mean() - given[0], "Take the best one"),
    (check.luck, lambda *given: drawn(*given).std(), "deviation of one score"),
    (check.luck, best_of_all_draws, "best of all draws"),
    (
        check.luck,
        lambda *given: given[1] * (drawn(*given).max(1).mean() - given[0]),
        "Divide by their number",
    ),
    (check.luck, lambda *given: 100 * (drawn(*given).max(1).mean() - given[0]), "in points"),
    (check.luck, lambda *given: 0.04, "about 0.1"),
    (check.broken_scripts, {"a", "b", "c"}, "inside the pipeline"),
    (check.broken_scripts, {"b", "d"}, "its own length"),
    (check.broken_scripts, {"b", "c"}, "1 more can be found"),
    (check.broken_scripts, {"e"}, "2 more can be found"),
    (check.broken_scripts, {"b", "x"}, "from a to e"),
    (check.broken_scripts, "bce", "the answer is a set"),
    (check.lowest_loss, lambda classes: 0.0, "the bound with one softmax"),
    (check.lowest_loss, lambda classes: np.log(classes), "a guesser"),
    (check.lowest_loss, lambda classes: -np.log(1 + (classes - 1) / np.e), "sign is turned"),
    (check.lowest_loss, lambda classes: np.log(1 + classes / np.e), "C - 1 other classes"),
    (check.lowest_loss, lambda classes: np.e / (np.e + classes - 1), "that is the probability"),
    (check.lowest_loss, lambda classes: np.log(1 + 4 / np.e), "use the argument"),
    (check.lowest_loss, lambda classes: 3.0, "for five classes it gives 3.000"),
    (
        check.mean_and_deviation,
        lambda x, mask: described(x, mask, mean_of=lambda x: x.mean(1)),
        "The mean divides by all steps".lower(),
    ),
    (check.mean_and_deviation, reversed_order, "the mean comes first"),
    (
        check.mean_and_deviation,
        lambda x, mask: described(x, mask, square_of="all"),
        "the distance from it is not zero",
    ),
    (
        check.mean_and_deviation,
        lambda x, mask: described(x, mask, n=lambda n: torch.full_like(n, 7)),
        "the deviation divides by all steps",
    ),
    (
        check.mean_and_deviation,
        lambda x, mask: described(x, mask, square_of="all", n=lambda n: torch.full_like(n, 7)),
        "padding included",
    ),
    (check.mean_and_deviation, lambda x, mask: described(x, mask, power=1), "take its root"),
    (
        check.mean_and_deviation,
        lambda x, mask: described(x, mask, n=lambda n: (n - 1).clamp(min=1)),
        "not by one less",
    ),
    (check.mean_and_deviation, lambda x, mask: x.mean(1), "its shape is"),
    (check.over_time, lambda conv, x: conv(x.transpose(1, 2)), "transpose back"),
    (
        check.over_time,
        lambda conv, x: conv(x.reshape(len(x), x.shape[2], -1)).transpose(1, 2),
        "`reshape` mixes frames",
    ),
    (
        check.over_time,
        lambda conv, x: conv(x.transpose(1, 2)).reshape(len(x), x.shape[1], -1),
        "after it you reshape",
    ),
    (check.over_time, lambda conv, x: conv(x), "your code stops with RuntimeError"),
    (
        check.over_time,
        lambda conv, x: (
            conv(x) if x.shape[1] == x.shape[2] else conv(x.transpose(1, 2)).transpose(1, 2)
        ),
        "takes time for channels",
    ),
    (check.broken_pools, {"a", "b", "c"}, "wins no maximum"),
    (check.broken_pools, {"a", "d"}, "masks before the softmax"),
    (check.broken_pools, {"a", "e"}, "1 more can be found"),
]


@pytest.mark.parametrize(("function", "wrong", "hint"), WRONG)
def test_a_wrong_answer_gets_its_hint(function, wrong, hint, capsys):
    assert not function(wrong)
    assert hint in capsys.readouterr().out


def test_a_probe_may_call_the_score_on_lists():
    def with_lists(score):
        return right_name(lambda true, pred: score(true.tolist(), pred.tolist()))

    assert check.name_of(with_lists)


def test_an_open_exercise_is_a_verdict(capsys):
    assert not check.broken_pools(...)
    assert "not solved yet" in capsys.readouterr().out


def test_every_exercise_has_three_wrong_answers_at_least():
    checks = [function for function, *_ in WRONG]
    assert min(checks.count(function) for function in checks) >= 3
    assert len(set(checks)) == 10
