"""Checks of lesson 04, From words to vectors: coverage, unknown words, masks, what a text can tell.

In: a student's function. Out: a hint, or None where it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from mcsan_lite.exercises.exercise import exercise, hint_for


@exercise
def coverage(student) -> str | None:
    """E4.1: student(sentences, known) -> the known share of tokens, and of types."""
    sentences = [["no", "no", "no"], ["no", "bettinka", "no", "pain"], ["ozzle"]]
    known = {"no", "pain", "week", "sweet", "sun"}
    answer = student([list(sentence) for sentence in sentences], set(known))
    found = [float(share) for share in answer]
    right = [6 / 8, 2 / 4]
    if len(found) != 2:
        return (
            f"you returned {len(found)} numbers. Two are wanted: the share of tokens, then the "
            "share of types."
        )
    tokens, types = found
    if np.allclose(found, right):
        return None
    if np.allclose(found, right[::-1]):
        return "those are the right numbers in the wrong order: tokens first, then types."
    if np.allclose(found, [1 - 6 / 8, 1 - 2 / 4]):
        return "you counted what is unknown. Coverage is the share that is known."
    if np.isclose(types, 2 / len(known)):
        return (
            "you divided the types by the size of the table. Coverage asks how much of the text is "
            "in the table, not how much of the table is in the text."
        )
    if np.isclose(tokens, np.mean([1, 3 / 4, 0])):
        return (
            "you averaged over sentences, so a short one counts as much as a long one. Put all "
            "tokens into one list."
        )
    if np.isclose(types, 3 / 5) or np.isclose(tokens, 3 / 5):
        return (
            "you made a set of every sentence by itself, so a type counts again in each one. One "
            "set over all sentences."
        )
    if np.isclose(tokens, types):
        return (
            "both numbers are the same. A token counts each time it comes; a type counts once: use "
            "a set."
        )
    return f"of 8 tokens 6 are known, of 4 types 2; you say {tokens:.3f} and {types:.3f}."


_VECTORS = {
    "no": np.array([1.0, 0.0]),
    "pain": np.array([5.0, 2.0]),
    "sun": np.array([0.0, 9.0]),
    "week": np.array([-7.0, 3.0]),
}


@exercise
def table_of(student) -> str | None:
    """E4.2: student(train, test, vectors) -> a vector for every type of both parts."""
    given = {word: vector.copy() for word, vector in _VECTORS.items()}
    train, test = [["no", "no", "no", "ozzle"], ["pain"]], [["sun", "bettinka"], ["no"]]
    found = student(train, test, given)
    hint = _changed_vectors(given) or _missing_types(found)
    if hint:
        return hint
    filler, other = np.asarray(found["ozzle"], float), np.asarray(found["bettinka"], float)
    if filler.shape != (2,):
        return (
            f"an unknown word got the shape {filler.shape}, a known one has (2,). Average over the "
            "words only: axis=0."
        )
    no, pain, sun = (_VECTORS[word] for word in ("no", "pain", "sun"))
    if np.allclose(filler, other) and np.allclose(filler, (no + pain) / 2):
        return None
    with_sun = np.mean([no, pain, sun], axis=0)
    if np.allclose(filler, with_sun) or np.allclose(other, with_sun):
        return (
            "your mean took in 'sun', which only the test part holds. That is a look at the test "
            "part."
        )
    if not np.allclose(filler, other):
        return (
            "two unknown words got different vectors. There is one mean, that of the training "
            "part, for the unknown words of both parts."
        )
    unknown = (
        "the mean of 'no' and 'pain', the known types of train, is [3, 1]; an unknown word got "
        f"{filler.tolist()}."
    )
    return hint_for(filler, _mistaken_fillers(), np.allclose) or unknown


def _changed_vectors(given: Mapping[str, np.ndarray]) -> str | None:
    same_words = given.keys() == _VECTORS.keys()
    if same_words and all(np.array_equal(given[word], _VECTORS[word]) for word in _VECTORS):
        return None
    return (
        "you changed the vectors that were given. Make a dictionary of your own: others still need "
        "that one."
    )


def _missing_types(found: Mapping[str, np.ndarray]) -> str | None:
    """Types without a vector, and known ones without their own."""
    missing = sorted({"no", "pain", "ozzle", "sun", "bettinka"} - set(found))
    if missing:
        return (
            f"no vector for {', '.join(missing)}. Every type of both parts needs one; only the "
            "mean is of train."
        )
    for word in ("no", "pain", "sun"):
        if not np.allclose(found[word], _VECTORS[word]):
            return f"{word!r} is known and should keep its own vector."
    return None


def _mistaken_fillers() -> Iterator[tuple[np.ndarray, str]]:
    """Vectors that mistakes give to an unknown word, and their hints."""
    no, pain = _VECTORS["no"], _VECTORS["pain"]
    yield (
        np.zeros(2),
        "those are zeros: another policy. Here the mean of the known training types is asked for.",
    )
    yield (
        np.mean(list(_VECTORS.values()), axis=0),
        "you averaged over the whole table, 'week' too, which nobody says here. Take the training "
        "part's types.",
    )
    yield (
        (3 * no + pain) / 4,
        "you averaged over tokens: 'no' counts three times. Each type counts once; make a set "
        "first.",
    )
    yield (
        (no + pain) / 3,
        "you divided by all training types, the unknown one too. Average over the known ones only.",
    )


@exercise
def masked_mean(student) -> str | None:
    """E4.3: student(x (B, L, E), mask (B, L)) -> the mean over the real words, (B, E)."""
    mask = torch.tensor(
        [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=torch.bool
    )
    is_word = mask[..., None]  # (B, L, 1)
    x = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    x = torch.where(is_word, x, torch.full_like(x, 50.0))  # padding need not be zero
    right = (x * is_word).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    given = x.clone()
    found = student(given, mask.clone())
    if not torch.equal(given, x):
        return "you changed x itself. Return something new: the caller still needs the old one."
    if not isinstance(found, Tensor):
        return f"return a torch tensor; this is of type {type(found).__name__}."
    if found.shape != right.shape:
        return f"the shape should be (B, E) = {tuple(right.shape)}, and is {tuple(found.shape)}."
    if torch.allclose(found, right, atol=1e-5):
        return _with_nan_padding(student, x.masked_fill(~is_word, torch.nan), mask, right)
    unknown = (
        "the first sentence has three words; its mean should be the sum of these three rows "
        "divided by 3, and is not."
    )
    return hint_for(found, _mistaken_means(x, mask), _equal_where_known) or unknown


def _with_nan_padding(student, x: Tensor, mask: Tensor, right: Tensor) -> str | None:
    """Whether the mean stays right where the padding of x is not even a number."""
    found = student(x, mask.clone())
    if torch.allclose(found, right, atol=1e-5):  # NaN equals nothing
        return None
    return (
        "right, as long as the padding holds numbers. Here it holds NaN, and NaN times zero is "
        "NaN. Put zeros in its place: x.masked_fill(~mask[..., None], 0)."
    )


def _equal_where_known(found: Tensor, mistake: Tensor) -> bool:
    """Whether two results agree; NaN in the mistake stands for what does not matter."""
    matters = ~mistake.isnan()
    return torch.allclose(found[matters], mistake[matters], atol=1e-4)


def _mistaken_means(x: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, str]]:
    """What mistakes make of x (B, L, E), and their hints. NaN: where it does not matter."""
    is_word, n = mask[..., None], mask.sum(1, keepdim=True)
    silent = x * is_word
    has_words = mask.any(1, keepdim=True)

    def of_sentences(values: Tensor) -> Tensor:
        return torch.where(has_words, values, torch.nan)

    yield (
        of_sentences(silent.sum(1) / n),
        "right, but for the sentence without a word: 0 / 0 is not a number, and would spread. Let "
        "its mean be zero.",
    )
    yield x.mean(1), "the mask is not used at all: the padding is averaged with the words."
    yield (
        silent.mean(1),
        "the padding is silent, but you divide by the length of the block. Divide by the number of "
        "words.",
    )
    yield (
        of_sentences(x.sum(1) / n),
        "you divide by the number of words, but the padding is still in the sum. It need not be "
        "zero.",
    )
    yield silent.sum(1), "that is the sum over the words. Divide it by their number."
    yield (
        of_sentences(x.masked_fill(~is_word, -torch.inf).amax(1)),
        "that is the maximum over the words, the model's own pooling. Here the mean is asked for.",
    )
    yield (
        (silent.sum((0, 1)) / n.sum()).expand(len(x), -1),
        "you averaged over all words of the batch. Each sentence has a mean of its own: keep the "
        "first axis.",
    )
    padding = (~mask).sum(1, keepdim=True).clamp(min=1)
    yield (
        of_sentences((x * ~is_word).sum(1) / padding),
        "the mask is upside down: you average the padding. It is true where a word is.",
    )


_PRIOR = {
    "anger": 0.30,
    "sadness": 0.15,
    "frustration": 0.10,
    "happiness": 0.20,
    "neutral": 0.05,
    "surprise": 0.20,
}
_SENSE = {
    "anger": "negative",
    "sadness": "negative",
    "frustration": "negative",
    "happiness": "positive",
    "neutral": "none",
    "surprise": "none",
}


@exercise
def text_ceiling(student) -> str | None:
    """E4.4: student(prior, sense) -> the best accuracy of a reader who hears nothing."""
    found = float(student(dict(_PRIOR), dict(_SENSE)))
    groups: dict[str, list[float]] = {}
    for label, sense in _SENSE.items():
        groups.setdefault(sense, []).append(_PRIOR[label])
    right = sum(max(priors) for priors in groups.values())
    if np.isclose(found, right):
        return None
    unknown = (
        f"the reader names anger, happiness and surprise: right in {right:.2f} of cases, not "
        f"{found:.3f}."
    )
    return hint_for(found, _mistaken_ceilings(list(groups.values())), np.isclose) or unknown


def _mistaken_ceilings(groups: Sequence[list[float]]) -> Iterator[tuple[float, str]]:
    """What mistakes give for the priors of each sense, and their hints."""
    classes = sum(len(group) for group in groups)
    largest = [max(group) for group in groups]
    totals = [sum(group) for group in groups]
    yield (
        max(largest),
        "that is the guesser who does not read. A reader may name another class for each sense.",
    )
    yield (
        len(groups) / classes,
        "that holds for equally frequent classes. Here they are not: take the largest prior of "
        "each sense.",
    )
    yield (
        np.mean([1 / len(group) for group in groups]),
        "you guessed evenly among the classes of a sense and gave each sense the same weight. Use "
        "the priors.",
    )
    yield (
        sum(np.mean(group) for group in groups),
        "you guess at random among the classes of a sense. The best reader always names the most "
        "frequent one.",
    )
    yield (
        sum(np.square(group).sum() / sum(group) for group in groups),
        "you guess as often as each class occurs. The best reader always names the most frequent "
        "one.",
    )
    within = np.divide(largest, totals)  # P(class | sense) of the most frequent class
    yield (
        within.mean(),
        "right within each sense, but the senses are not equally frequent: weight each by how "
        "often it occurs.",
    )
    yield (
        within.sum(),
        "each share is within its sense, and the sum exceeds 1. Count over all texts: P(class), "
        "not P(class | sense).",
    )
