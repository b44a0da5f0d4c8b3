"""Checks of lesson 12: the ladder of readings.

Each exercise is one rung by hand, on numbers where no two mistakes give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for


def _sent_mistakes(
    weights: np.ndarray, values: np.ndarray, merge: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E12.1 give, and their hints."""
    merged = values @ merge.T
    yield weights * 1.0, "these are the raw weights. How long is the vector that each one sends?"
    yield (
        weights * np.linalg.norm(values, axis=1),
        "the output projection is missing: values go through `merge` before they travel on.",
    )
    yield (
        weights * np.linalg.norm(values @ merge, axis=1),
        "`merge` was applied from the wrong side: torch's Linear computes values @ merge.T.",
    )
    yield (
        np.broadcast_to(np.linalg.norm(merged, axis=1), weights.shape),
        "the weight is missing: a long vector with no weight sends nothing.",
    )
    yield (
        weights * (merged**2).sum(1),
        "this is the squared length. Take the root: np.linalg.norm(…, axis=1).",
    )
    yield (
        weights * np.abs(merged).sum(1),
        "this adds up absolute values. The length is the root of the sum of squares.",
    )


@exercise
def sent_length(student) -> str | None:
    """E12.1: student(weights (Q, K), values (K, D), merge (D, D)) -> (Q, K) lengths sent."""
    rng = np.random.default_rng(12)
    weights, values, merge = (
        rng.uniform(size=(3, 4)),
        rng.normal(size=(4, 5)),
        rng.normal(size=(5, 5)),
    )
    right = weights * np.linalg.norm(values @ merge.T, axis=1)
    found = np.asarray(student(weights.copy(), values.copy(), merge.copy()), float)
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected (queries, keys) = {right.shape}."
    if hint := hint_for(found, _sent_mistakes(weights, values, merge), np.allclose):
        return hint
    if not np.allclose(found, right):
        return "the numbers differ: weight times the length of values @ merge.T, key by key."
    return None


def _chain(maps: list[np.ndarray], *, keep: float = 0.5, swap: bool = False) -> np.ndarray:
    """The product over layers of keep × identity + (1 - keep) × map, later layers on the left."""
    product = np.eye(len(maps[0]))
    for one in maps:
        layer = keep * np.eye(len(one)) + (1 - keep) * one
        product = product @ layer if swap else layer @ product
    return product


def _roll_mistakes(maps: list[np.ndarray]) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E12.2 give, and their hints."""
    yield _chain(maps, keep=0.0), "the residual path is missing: each layer is (W + I) / 2."
    yield (
        _chain(maps, swap=True),
        "the layers are in the wrong order: the later one stands on the left, layer @ so_far.",
    )
    yield (
        _chain(maps) * 2 ** len(maps),
        "the half is missing: W + I has rows that add up to two.",
    )
    yield (
        np.mean([_chain([one]) for one in maps], 0),
        "layers are multiplied, not averaged: each one mixes what the one before has mixed.",
    )
    yield _chain(maps[-1:]), "this is the last layer alone. Multiply through all of them."
    yield _chain(maps[:1]), "this is the first layer alone. Multiply through all of them."


@exercise
def roll(student) -> str | None:
    """E12.2: student(maps, a list of (S, S)) -> (S, S), the rollout through all layers."""
    rng = np.random.default_rng(3)
    maps = [one / one.sum(1, keepdims=True) for one in rng.uniform(size=(3, 4, 4)) ** 3]
    right = _chain(maps)
    found = np.asarray(student([one.copy() for one in maps]), float)
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected (S, S) = {right.shape}."
    if hint := hint_for(found, _roll_mistakes(maps), np.allclose):
        return hint
    if not np.allclose(found.sum(1), 1):
        return f"rows add up to {found.sum(1).round(2)}: each row of a rollout is shared out, to 1."
    if not np.allclose(found, right):
        return (
            "the rows add up to 1, and the numbers differ: start from I, then (W + I) / 2 @ so_far."
        )
    return None


def _slope(x: np.ndarray) -> np.ndarray:
    """The gradient of the function of E12.3: x0 squared times x1, plus 3 times x2."""
    return np.array([2 * x[0] * x[1], x[0] ** 2, 3.0])


def _along(x: np.ndarray, base: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The mean slope at these shares of the way from base to x."""
    return np.mean([_slope(base + share * (x - base)) for share in shares], 0)


def _path_mistakes(x: np.ndarray, base: np.ndarray, steps: int) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E12.3 give, and their hints."""
    middles = (np.arange(steps) + 0.5) / steps
    yield (
        (x - base) * _slope(x),
        "this is gradient × input: one slope, at the end. Average the slopes along the whole way.",
    )
    yield (
        _along(x, base, middles),
        "these are mean slopes. Multiply by how far each number has moved, x - base.",
    )
    yield (
        x * _along(x, base, middles),
        "multiply by x - base, the way that was gone; x alone forgets the baseline.",
    )
    yield (
        (x - base) * _along(x, 0 * base, middles),
        "the way starts at zero here. It must start at the baseline: base + share * (x - base).",
    )
    yield (
        (x - base) * _along(x, base, middles) * steps,
        "the slopes were added up. Take their mean.",
    )
    yield (
        -(x - base) * _along(x, base, middles),
        "the sign is turned: x - base, not base - x.",
    )


@exercise
def path_gradients(student) -> str | None:
    """E12.3: student(slope, x (D,), base (D,), steps) -> (D,) integrated gradients."""
    x, base = np.array([2.0, -1.0, 0.5]), np.array([0.5, 1.0, -1.0])
    found = np.asarray(student(_slope, x.copy(), base.copy(), 200), float)
    if found.shape != x.shape:
        return f"the shape is {found.shape}; expected one number per input, {x.shape}."
    if hint := hint_for(
        found, _path_mistakes(x, base, 200), lambda a, b: np.allclose(a, b, atol=0.02)
    ):
        return hint
    right = (x - base) * _along(x, base, (np.arange(200) + 0.5) / 200)
    total = x[0] ** 2 * x[1] + 3 * x[2] - (base[0] ** 2 * base[1] + 3 * base[2])
    if not np.isclose(found.sum(), total, atol=0.1):
        return f"not complete: the parts add up to {found.sum():.2f}, not to {total:.2f}."
    if not np.allclose(found, right, atol=0.1):
        return "the sum is right, the parts are not: multiply input by input, then do not mix them."
    return None


def _bill_mistakes(x: np.ndarray, weight: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """What mistakes in E12.4 give, and their hints."""
    positions = len(x)
    top, winner = x.max(0), x.argmax(0)  # (D,), (D,)
    logit = float(weight @ top)

    def billed_to_winners(amounts: np.ndarray | None) -> np.ndarray:
        return np.bincount(winner, amounts, minlength=positions)

    right = billed_to_winners(weight * top)
    yield (
        x @ weight,
        "every position was billed in every channel. A channel passes on only the position that "
        "won its max.",
    )
    yield (
        x @ weight / positions,
        "this is the bill of a *mean* over positions. The read-out takes the maximum.",
    )
    yield (
        billed_to_winners(np.abs(weight) * top),
        "the weight lost its sign: a channel may speak against the class.",
    )
    yield np.abs(right), "the bills lost their sign: a position may speak against the class."
    yield (
        billed_to_winners(weight),
        "weights alone: the value that won is missing as a factor.",
    )
    yield (
        billed_to_winners(top),
        "values alone: the weight of the channel is missing as a factor.",
    )
    yield billed_to_winners(None), "you counted wins. A win is worth weight times value."
    yield right / right.sum(), "shares sum to one, not to the logit: leave out the division."
    yield (
        logit * np.eye(positions)[right.argmax()],
        "one position got everything; each channel has a winner of its own.",
    )
    yield (
        logit / positions * np.ones(positions),
        "it sums to the logit, but all pay alike. Completeness alone proves nothing.",
    )


@exercise
def bill(student) -> str | None:
    """E12.4: student(x (A, D), weight (D,)) -> (A,) the bill of each position.

    The logit is weight · max over positions of x, and a bill says what a position adds to it.
    Positions that tie for a channel share its bill.
    """
    rng = np.random.default_rng(4)
    x, weight = rng.normal(size=(6, 8)), rng.normal(size=8)
    right = np.bincount(x.argmax(0), weight * x.max(0), minlength=len(x))
    logit = float(weight @ x.max(0))
    found = np.asarray(student(x.copy(), weight.copy()), float)
    if found.shape != (len(x),):
        return f"the shape is {found.shape}; expected one number per position, ({len(x)},)."
    if hint := hint_for(found, _bill_mistakes(x, weight), np.allclose):
        return hint
    if not np.isclose(found.sum(), logit):
        return f"the bills sum to {found.sum():.3f}, the logit is {logit:.3f}."
    if not np.allclose(found, right):
        return "the sum is right, the bills are not: find for each channel which position won."
    return _wrong_ties(student)


def _wrong_ties(student) -> str | None:
    """The mistake where two positions win the first channel, and all three win the last one."""
    x, weight = np.array([[1.0, 0, 2], [1, 2, 2], [0, 1, 2]]), np.array([3.0, 1, 6])
    right = [5.5, 7.5, 4.0]
    found = np.asarray(student(x.copy(), weight.copy()), float)
    if not np.isclose(found.sum(), 17):
        return (
            f"where positions tie, the bills sum to {found.sum():g} and the logit is 17: the "
            "winners of a channel share its bill."
        )
    if np.allclose(found, [15, 2, 0]):
        return (
            "where positions tie, the first one pays for all: argmax names only the first winner. "
            "Ask which positions are equal to the maximum."
        )
    if not np.allclose(found, right):
        return (
            f"where positions tie, the bills are {found.tolist()} and should be {right}: each "
            "winner of a channel pays the same part of it."
        )
    return None


_EDITS = {
    "a": "the transcript stays as it is in both cases: only the sound is edited.",
    "b": "covering takes the whole sound of the word away, so it is the stranger input of the two.",
    "d": "nothing is chosen here by looking at the answer: each word is edited in its turn.",
}


@exercise
def why_edit_a_voice(student) -> str | None:
    """E12.5: the letter of the advantage that a voice edit has over covering the word."""
    if not isinstance(student, str):
        return 'the answer is one letter, such as "a".'
    letter = student.strip().lower()
    if letter == "c":
        return None
    return _EDITS.get(letter, "take one of the letters a, b, c, d.")
