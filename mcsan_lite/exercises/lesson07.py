"""Checks of lesson 07: ways to fuse."""

from __future__ import annotations

import numpy as np

from mcsan_lite.exercises.exercise import exercise, hint_for, letter_hint, three_letters


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _same(found: object, wrong: object) -> bool:
    found, wrong = np.asarray(found), np.asarray(wrong)
    return found.shape == wrong.shape and bool(np.allclose(found, wrong, atol=1e-6))


_LETTERS = {
    "zero": (
        "b",
        {
            "a": "its classifier sees both vectors, and its ReLU can make their effects depend on "
            "each other.",
            "c": "its gate is set by both vectors, so the effect of one depends on the other.",
        },
    ),
    "and": (
        "a",
        {
            "b": "add 1 for negative words and 1 for stress: only both together pass 1.5. No "
            "product is needed.",
            "c": "it does not matter how large the network is: a sum and a threshold are enough.",
        },
    ),
    "bottleneck": (
        "c",
        {
            "a": "the tensor is made of two vectors, and neither says where in time it was.",
            "b": "more products of two summaries do not bring the steps back.",
        },
    ),
}


@exercise
def fusion_predictions(student) -> str | None:
    """E7.1: {"zero": letter, "and": letter, "products": number, "bottleneck": letter}."""
    missing = {*_LETTERS, "products"} - set(student)
    if missing or any(value is ... for value in student.values()):
        return "not solved yet: four answers are wanted."
    for name, (right, wrong) in _LETTERS.items():
        mistake = letter_hint(student, name, right, wrong)
        if mistake:
            return mistake
    number = student["products"]
    if number == 1089:
        return None
    hints = {
        1024: "the 1 that is appended to both vectors is missing: 33 times 33.",
        65: "that is the length of both side by side; every pair of numbers is multiplied.",
        66: "that is the length of both side by side; every pair of numbers is multiplied.",
        64: "that is the length of both side by side; every pair of numbers is multiplied.",
    }
    return f"products: {hints.get(number, 'each has 32 numbers and a 1, so count the pairs.')}"


def _gate_case() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    shapes = {"audio": 3, "text": 3, "gate": (3, 6), "to_audio": (3, 3), "to_text": (3, 3)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _gated(case: dict[str, np.ndarray], slip: str = "") -> np.ndarray:
    """The gated fusion, or what comes out with one slip."""
    both = [case["audio"], case["text"]]
    if slip == "turned":
        both.reverse()
    share = case["gate"] @ np.concatenate(both)
    if slip != "no sigmoid":
        share = _sigmoid(share)
    sound, words = case["to_audio"] @ case["audio"], case["to_text"] @ case["text"]
    if slip != "no tanh":
        sound, words = np.tanh(sound), np.tanh(words)
    if slip == "swapped":
        sound, words = words, sound
    rest = share if slip == "same share" else 1 - share
    return share * sound + rest * words


_GATE_SLIPS = {
    "turned": "the gate reads [audio; text], in this order.",
    "no sigmoid": "the gate must lie between 0 and 1: a sigmoid is missing.",
    "no tanh": "each vector goes through tanh before it is weighted.",
    "swapped": "the shares are swapped: z belongs to the sound and 1 - z to the words.",
    "same share": "what the words get is 1 - z, not z again.",
}


@exercise
def gate(student) -> str | None:
    """E7.2: student(audio, text, W, Wa, Wt) -> h, the gated sum of both."""
    case = _gate_case()
    found = np.asarray(student(*(value.copy() for value in case.values())), float)
    right = _gated(case)
    if _same(found, right):
        return None
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected {right.shape}, one number per gate."
    mistakes = ((_gated(case, slip), hint) for slip, hint in _GATE_SLIPS.items())
    return hint_for(found, mistakes, _same) or (
        f"it gives {found.round(3)}; z ∘ tanh(Wa a) + (1 - z) ∘ tanh(Wt t) is {right.round(3)}."
    )


def _rank_case() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(8)
    return tuple(rng.normal(size=shape) for shape in (3, 2, (2, 4, 4), (2, 4, 3)))


def _low_rank(case: tuple[np.ndarray, ...], slip: str = "") -> np.ndarray:
    """The low-rank fusion, or what comes out with one slip."""
    audio, text, to_audio, to_text = case
    ends = (0.0, 0.0) if slip == "no one" else (1.0, 1.0)
    if slip == "one in front":
        sound, words = np.r_[ends[0], audio], np.r_[ends[1], text]
    else:
        sound, words = np.r_[audio, ends[0]], np.r_[text, ends[1]]
    left, right = to_audio @ sound, to_text @ words  # (R, D), (R, D)
    if slip == "sum first":
        return left.sum(0) * right.sum(0)
    if slip == "added":
        return (left + right).sum(0)
    if slip == "product of all":
        return (left * right).prod(0)
    if slip == "mean":
        return (left * right).mean(0)
    return (left * right).sum(0)


_RANK_SLIPS = {
    "no one": "the 1 at the end of each vector is missing: without it neither modality can speak "
    "alone.",
    "one in front": "the 1 stands at the end of each vector.",
    "sum first": "you summed over the rank before multiplying. That is one product only: multiply "
    "first, then sum.",
    "added": "the two sides are multiplied, number by number, not added: this is a linear map.",
    "product of all": "over the rank, the products are summed.",
    "mean": "over the rank the products are summed, not averaged.",
}


@exercise
def low_rank_sum(student) -> str | None:
    """E7.3: student(audio, text, A, T) -> Σᵣ (Aᵣ [audio; 1]) ∘ (Tᵣ [text; 1])."""
    case = _rank_case()
    right = _low_rank(case)
    found = np.asarray(student(*(value.copy() for value in case)), float)
    if _same(found, right):
        return None
    if found.shape != right.shape:
        return f"the shape is {found.shape}; expected {right.shape}: the sum over r is last."
    mistakes = ((_low_rank(case, slip), hint) for slip, hint in _RANK_SLIPS.items())
    return hint_for(found, mistakes, _same) or (
        f"it gives {found.round(3)}; expected {right.round(3)}."
    )


@exercise
def break_late(student) -> str | None:
    """E7.4: a 2 × 2 table of True and False that no sum with a threshold can give.

    Rows are two transcripts, columns two sounds.
    """
    wanted = np.asarray(student)
    is_number = wanted.dtype.kind in "biuf"  # 0 and 1 mean False and True
    if wanted.shape != (2, 2) or not is_number or not np.isin(wanted, (0, 1)).all():
        return "the answer is a table such as [[True, False], [False, False]]."
    wanted = wanted.astype(bool)
    if wanted.all() or not wanted.any():
        return "a constant answers this table: it needs neither modality."
    if (wanted[0] == wanted[1]).all():
        return "the sound alone answers this table: both rows are equal."
    if (wanted[:, 0] == wanted[:, 1]).all():
        return "the words alone answer this table: both columns are equal."
    if wanted.sum() in (1, 3):
        return (
            "this is AND or OR, which a sum can do: give each modality 1 or 0 and put the "
            "threshold between."
        )
    return None


_NOT_DEFENSIBLE = {
    "b": "equal scores on these folds do not show equal abilities: the interval is wide, and "
    "scores hide which cases are lost.",
    "d": "a network that can represent a rule still has to find it in the training it is given.",
    "f": "one generated corpus says nothing about the ranking on real speech.",
    "g": "a gate is computed from both vectors; a value near 1 does not say that the sound "
    "decided the class.",
}


@exercise
def fusion_conclusions(student) -> str | None:
    """E7.5: the three sentences that can be defended."""
    return three_letters(
        student,
        "ace",
        _NOT_DEFENSIBLE,
        "they follow from the equations, or speak of what was measured.",
    )
