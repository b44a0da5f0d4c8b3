"""Checks of lesson 16, Broken on purpose.

In: a student's answer or function. Out: a hint that says which mistake it looks like, or None where
it is right.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from mcsan_lite.evaluation import metrics
from mcsan_lite.exercises.exercise import exercise, hint_for, three_letters


def _mean_precision(true: np.ndarray, pred: np.ndarray) -> float:
    named = [c for c in np.unique(true) if (pred == c).any()]
    return float(np.mean([(true[pred == c] == c).mean() for c in named]))


@exercise
def name_of(student) -> str | None:
    """E16.1: student(score) -> "WA", "UA" or "precision", from what the score gives."""
    wanted = {"WA": metrics.wa, "UA": metrics.ua, "precision": _mean_precision}
    found = {name: str(student(_of_arrays(score))) for name, score in wanted.items()}
    if all(name == answer for name, answer in found.items()):
        return None
    if found["WA"] == "UA" and found["UA"] == "WA":
        return "WA and UA have changed places: WA is the share that is right, UA the mean recall."
    strange = set(found.values()) - set(wanted)
    if strange:
        return f'it returns {strange.pop()!r}; the answers are "WA", "UA" and "precision".'
    if len(set(found.values())) == 1:
        return f'it says "{found["WA"]}" of all three: does it ask the score at all?'
    name = next(name for name in wanted if found[name] != name)
    return (
        f'it calls {name} "{found[name]}". On your small example, do the two give different '
        "numbers?"
    )


def _of_arrays(score):
    """The score, which takes lists of labels as well."""
    return lambda true, pred: score(np.asarray(true), np.asarray(pred))


@exercise
def standardized(student) -> str | None:
    """E16.2: student(train, test) -> both, scaled by the training part alone."""
    random = np.random.default_rng(0)
    train, test = random.normal(3, 2, (40, 3)), random.normal(6, 5, (10, 3))
    both = np.concatenate([train, test])
    answer = student(train.copy(), test.copy())
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "return two arrays: the training part and the test part."
    scaled_train, scaled_test = (np.asarray(part, float) for part in answer)

    def by(part: np.ndarray) -> np.ndarray:
        return (test - part.mean(0)) / part.std(0)

    mistakes = [
        (by(both), "mean and deviation are those of everything. Fit on train alone."),
        (by(test), "the test part has a scale of its own: it was fitted again. One fit is enough."),
        (test, "the test part comes back as it went in. Is the result of the transform kept?"),
        (test - train.mean(0), "only the mean is taken away. Divide by the deviation as well."),
    ]
    if not _same(scaled_test, by(train)):
        return hint_for(scaled_test, mistakes, _same) or "the test part is on another scale."
    if not _same(scaled_train, (train - train.mean(0)) / train.std(0)):
        return "the test part is right; scale the training part by the same two numbers."
    return None


def _same(found, wanted) -> bool:
    """Whether two arrays are equal, shapes included."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    return found.shape == wanted.shape and bool(np.allclose(found, wanted, atol=1e-5))


@exercise
def balanced(student) -> str | None:
    """E16.3: student(y, train, seed) -> rows to train on, all classes equally frequent."""
    y = np.array([0] * 20 + [1] * 6 + [2] * 14)
    train = np.array([*range(4, 20), *range(20, 24), *range(28, 38)])  # 16, 4 and 10 of a class
    rows = np.asarray(student(y, train.copy(), 0)).astype(int).ravel()
    if len(rows) and (rows.min() < 0 or rows.max() >= len(y)):
        return "some rows do not exist: return rows of the corpus."
    outside = set(rows.tolist()) - set(train.tolist())
    if outside and rows.max() < len(train):
        return "these are places in `train`. Return the rows themselves: train[places]."
    if outside:
        return f"row {min(outside)} is not in train: a copy of a test utterance is still a leak."
    counts = np.bincount(y[rows], minlength=3)
    if set(train.tolist()) - set(rows.tolist()):
        return "some rows of train are missing. Nothing is thrown away: rare ones are repeated."
    if len(set(counts.tolist())) > 1:
        return f"the classes occur {counts.tolist()} times; make them equally frequent."
    if counts[0] != 16:
        return f"each class occurs {counts[0]} times; the largest class of train has 16 rows."
    return None


@exercise
def folds_of(student) -> str | None:
    """E16.4: student(recording (N,), k) -> the fold of each clip, (N,)."""
    recording = np.array([f"take{number % 30:02d}" for number in range(60)])
    np.random.default_rng(1).shuffle(recording)
    given, k = recording.copy(), 5
    fold = np.asarray(student(given, k))
    if fold.shape != recording.shape:
        return f"{fold.shape} numbers for {len(recording)} clips: one for each is needed."
    if not np.isin(fold, np.arange(k)).all():
        return f"folds are numbered from 0 to k - 1; here k is {k}."
    torn = [name for name in np.unique(recording) if len(set(fold[recording == name])) > 1]
    if torn:
        return f"{len(torn)} of 30 recordings are in two folds, such as {torn[0]}."
    sizes = np.bincount(fold.astype(int), minlength=k)
    if sizes.min() == 0:
        return f"a fold is empty: the folds hold {sizes.tolist()} clips. Every fold gets some."
    if sizes.max() > 2 * len(recording) / k:
        return f"the folds hold {sizes.tolist()} clips: one has more than twice its share."
    return None


@exercise
def luck(student) -> str | None:
    """E16.5: student(share, size, epochs, rng) -> what the best of `epochs` scores adds."""
    share, size, epochs = 0.4, 50, 20
    drawn = np.random.default_rng(5).binomial(size, share, (20_000, epochs)) / size
    best = drawn.max(1).mean()
    right = best - share
    found = float(student(share, size, epochs, np.random.default_rng(0)))
    if abs(found - right) < 0.006:
        return None
    mistakes = [
        (best, "that is the best score itself. Subtract the share that is earned."),
        (best * size, "that is a number of utterances. Divide by their number."),
        (right * size, "that is a number of utterances. Divide by their number."),
        (drawn.std(), "that is the deviation of one score. Take the best of each training."),
        (0.0, "that is the mean epoch, which has no luck on average. Take the best one."),
        (100 * right, "that is in points; return a share."),
        (drawn.max() - share, "that is the best of all draws. Take the best of each, then a mean."),
    ]
    return hint_for(found, mistakes, lambda a, b: abs(a - b) < 0.006 + 0.03 * abs(b)) or (
        f"with share 0.4, 50 utterances and 20 epochs it gives {found:.3f}; about {right:.3f} is "
        "right."
    )


_INNOCENT_SCRIPTS = {
    "a": "innocent: its selection is inside the pipeline, so it is fitted on train in each fold.",
    "d": "innocent: it divides each utterance by its own length, and sees no other utterance and "
    "no label.",
}


@exercise
def broken_scripts(answer) -> str | None:
    """E16.6: the letters of the scripts in which labels of the test part reach the answers."""
    look_for = "look for a line that uses labels before the folds, or copies, or the test part"
    return three_letters(answer, "bce", _INNOCENT_SCRIPTS, look_for, more="can be found")


@exercise
def lowest_loss(student) -> str | None:
    """E16.7: student(classes) -> the lowest cross-entropy where probabilities pass as logits."""
    classes = 5
    right = np.log(1 + (classes - 1) / np.e)
    found = float(student(classes))
    mistakes = [
        (0.0, "zero is the bound with one softmax. Here two logits differ by one at most."),
        (np.log(classes), "that is the loss of a guesser for whom all classes are alike."),
        (-right, "the sign is turned: a loss is *minus* a logarithm."),
        (np.log(1 + classes / np.e), "there are C - 1 other classes, not C."),
        (np.e / (np.e + classes - 1), "that is the probability. The loss is minus its logarithm."),
        (1.0, "the largest logit is 1, but the softmax also looks at the others."),
    ]
    if not np.isclose(found, right):
        return hint_for(found, mistakes, np.isclose) or (
            f"for five classes it gives {found:.3f}; {right:.3f} is right."
        )
    if not np.isclose(float(student(7)), np.log(1 + 6 / np.e)):
        return "it is right for five classes alone: use the argument."
    return None


@exercise
def mean_and_deviation(student) -> str | None:
    """E16.8: student(x (B, T, D), mask (B, T)) -> mean and deviation of real steps, (B, 2 D)."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.arange(7) < torch.tensor([[7], [4], [1]])
    x = (torch.randn(3, 7, 2, generator=generator) + 2) * mask[..., None]
    real, n = mask[..., None], mask.sum(1, keepdim=True)
    mean = x.sum(1) / n
    square = (x - mean[:, None]) ** 2
    deviation = ((square * real).sum(1) / n).sqrt()
    found = torch.as_tensor(student(x.clone(), mask.clone()))
    if tuple(found.shape) != (3, 4):
        return f"its shape is {tuple(found.shape)}; (B, 2 D) is (3, 4) here."
    if not torch.allclose(found[:, :2], mean, atol=1e-5):
        if torch.allclose(found[:, :2], x.mean(1), atol=1e-5):
            return "the mean divides by all steps. Divide by the number of real ones."
        if torch.allclose(found[:, 2:], mean, atol=1e-5):
            return "the mean comes first, the deviation second."
        return "the mean is not that of the real steps."
    mistakes = [
        (
            (square.sum(1) / n).sqrt(),
            "the mean is right; on padding, the distance from it is not zero. It needs the mask.",
        ),
        (square.mean(1).sqrt(), "the deviation is taken over all steps, padding included."),
        (((square * real).sum(1) / 7).sqrt(), "the deviation divides by all steps."),
        (deviation**2, "that is the variance: take its root."),
        (
            ((square * real).sum(1) / (n - 1).clamp(min=1)).sqrt(),
            "divide by the number of real steps, not by one less: one step has a deviation of 0.",
        ),
    ]
    if not _same(found[:, 2:], deviation):
        return (
            hint_for(found[:, 2:], mistakes, _same)
            or "the deviation is not that of the real steps."
        )
    return None


@exercise
def over_time(student) -> str | None:
    """E16.9: student(conv, x (B, T, F)) -> the convolution over time, (B, T, D)."""
    torch.manual_seed(0)
    conv, square = nn.Conv1d(5, 3, 3, padding=1), nn.Conv1d(6, 6, 3, padding=1)
    x, same = torch.randn(2, 7, 5), torch.randn(2, 6, 6)
    with torch.no_grad():
        wanted = conv(x.transpose(1, 2))  # (B, D, T)
        found = torch.as_tensor(student(conv, x.clone()))
        as_channels = torch.as_tensor(student(square, same.clone()))
        mistakes = [
            (wanted, "the convolution is right; transpose back, so that (B, T, D) comes out."),
            (
                conv(x.reshape(2, 5, 7)).transpose(1, 2),
                "`reshape` mixes frames with coefficients. `transpose(1, 2)` moves the axes.",
            ),
            (
                conv(x.reshape(2, 5, 7)).reshape(2, 7, 3),
                "`reshape` mixes frames with coefficients. `transpose(1, 2)` moves the axes.",
            ),
            (
                wanted.reshape(2, 7, 3),
                "before it you transpose, after it you reshape: that mixes steps with channels.",
            ),
        ]
        if not _same(found, wanted.transpose(1, 2)):
            return hint_for(found, mistakes, _same) or (
                f"{tuple(found.shape)} comes out; (2, 7, 3) with the steps in order is wanted."
            )
        if not _same(as_channels, square(same.transpose(1, 2)).transpose(1, 2)):
            return "where T equals F, it takes time for channels. Transpose in every case."
    return None


_INNOCENT_POOLS = {
    "b": "innocent: padding is minus infinity there, so it wins no maximum.",
    "d": "innocent: it masks before the softmax, so padding gets a weight of exactly zero.",
}


@exercise
def broken_pools(answer) -> str | None:
    """E16.10: the letters of the functions that read padding."""
    look_for = "ask of each line what a zero does in it"
    return three_letters(answer, "ace", _INNOCENT_POOLS, look_for, more="can be found")
