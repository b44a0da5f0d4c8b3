"""Checks of lesson 03, From words to vectors."""

from __future__ import annotations

import numpy as np
import torch

from mcsan_lite.exercises.exercise import exercise


@exercise
def coverage(student) -> str | None:
    sentences = [["no", "no", "no"], ["no", "bettinka", "no", "pain"], ["ozzle"]]
    known = {"no", "pain", "week", "sweet", "sun"}
    found = [float(share) for share in student([list(s) for s in sentences], set(known))]
    right = [6 / 8, 2 / 4]
    if len(found) != 2:
        return f"you returned {len(found)} numbers. Two are wanted: the share of tokens, then the share of types."
    if np.allclose(found, right):
        return None
    if np.allclose(found, right[::-1]):
        return "those are the right numbers in the wrong order: tokens first, then types."
    if np.allclose(found, [1 - r for r in right]):
        return "you counted what is unknown. Coverage is the share that is known."
    if np.isclose(found[1], 2 / len(known)):
        return (
            "you divided the types by the size of the table. Coverage asks how much of the text is in the table, not "
            "how much of the table is in the text."
        )
    if np.isclose(found[0], np.mean([1, 3 / 4, 0])):
        return "you averaged over sentences, so a short one counts as much as a long one. Put all tokens into one list."
    if np.isclose(found[1], 3 / 5) or np.isclose(found[0], 3 / 5):
        return "you made a set of every sentence by itself, so a type counts again in each one. One set over all sentences."
    if np.isclose(found[0], found[1]):
        return "both numbers are the same. A token counts each time it comes; a type counts once: use a set."
    return f"of 8 tokens 6 are known, of 4 types 2; you say {found[0]:.3f} and {found[1]:.3f}."


@exercise
def table_of(student) -> str | None:
    vectors = {"no": [1.0, 0.0], "pain": [5.0, 2.0], "sun": [0.0, 9.0], "week": [-7.0, 3.0]}
    vectors = {word: np.array(v) for word, v in vectors.items()}
    train, test = [["no", "no", "no", "ozzle"], ["pain"]], [["sun", "bettinka"], ["no"]]
    given = {word: v.copy() for word, v in vectors.items()}
    found = student([list(s) for s in train], [list(s) for s in test], given)
    if given.keys() != vectors.keys() or any(
        not np.array_equal(given[w], vectors[w]) for w in vectors
    ):
        return "you changed the vectors that were given. Make a dictionary of your own: others still need that one."
    missing = sorted({"no", "pain", "ozzle", "sun", "bettinka"} - set(found))
    if missing:
        return f"no vector for {', '.join(missing)}. Every type of both parts needs one; only the mean is of train."
    changed = [w for w in ("no", "pain", "sun") if not np.allclose(found[w], vectors[w])]
    if changed:
        return f"{changed[0]!r} is known and should keep its own vector."
    filler, other = np.asarray(found["ozzle"], float), np.asarray(found["bettinka"], float)
    if filler.shape != (2,):
        return f"an unknown word got the shape {filler.shape}, a known one has (2,). Average over the words only: axis=0."
    if np.allclose(filler, other) and np.allclose(filler, (vectors["no"] + vectors["pain"]) / 2):
        return None
    if any(
        np.allclose(f, np.mean([vectors[w] for w in ("no", "pain", "sun")], axis=0))
        for f in (filler, other)
    ):
        return "your mean took in 'sun', which only the test part holds. That is a look at the test part."
    if not np.allclose(filler, other):
        return (
            "two unknown words got different vectors. There is one mean, that of the training part, for the unknown "
            "words of both parts."
        )
    if np.allclose(filler, 0):
        return "those are zeros: another policy. Here the mean of the known training types is asked for."
    if np.allclose(filler, np.mean(list(vectors.values()), axis=0)):
        return "you averaged over the whole table, 'week' too, which nobody says here. Take the training part's types."
    if np.allclose(filler, (3 * vectors["no"] + vectors["pain"]) / 4):
        return "you averaged over tokens: 'no' counts three times. Each type counts once; make a set first."
    if np.allclose(filler, (vectors["no"] + vectors["pain"]) / 3):
        return "you divided by all training types, the unknown one too. Average over the known ones only."
    return f"the mean of 'no' and 'pain', the known types of train, is [3, 1]; an unknown word got {filler.tolist()}."


@exercise
def masked_mean(student) -> str | None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4, 5, 3, generator=generator)
    mask = torch.tensor(
        [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=torch.bool
    )
    x = torch.where(mask[..., None], x, torch.full_like(x, 50.0))
    silent, n = x * mask[..., None], mask.sum(1, keepdim=True)
    right = silent.sum(1) / n.clamp(min=1)
    given = x.clone()
    found = student(given, mask.clone())
    if not torch.equal(given, x):
        return "you changed x itself. Return something new: the caller still needs the old one."
    if not isinstance(found, torch.Tensor) or found.shape != right.shape:
        return (
            f"the shape should be (B, E) = {tuple(right.shape)}, and is {tuple(np.shape(found))}."
        )
    if torch.allclose(found, right, atol=1e-5):
        return None
    words = mask.any(1)
    if torch.allclose(found[words], right[words], atol=1e-5):
        return "right, but for the sentence without a word: 0 / 0 is not a number, and would spread. Let its mean be zero."
    if torch.allclose(found, x.mean(1), atol=1e-4):
        return "the mask is not used at all: the padding is averaged with the words."
    if torch.allclose(found, silent.mean(1), atol=1e-5):
        return "the padding is silent, but you divide by the length of the block. Divide by the number of words."
    if torch.allclose(found[words], (x.sum(1) / n.clamp(min=1))[words], atol=1e-4):
        return "you divide by the number of words, but the padding is still in the sum. It need not be zero."
    if torch.allclose(found, silent.sum(1), atol=1e-5):
        return "that is the sum over the words. Divide it by their number."
    if torch.allclose(
        found[words], x.masked_fill(~mask[..., None], -torch.inf).amax(1)[words], atol=1e-5
    ):
        return "that is the maximum over the words, the model's own pooling. Here the mean is asked for."
    if torch.allclose(found, (silent.sum((0, 1)) / n.sum()).expand_as(found), atol=1e-4):
        return "you averaged over all words of the batch. Each sentence has a mean of its own: keep the first axis."
    upside_down = (x * ~mask[..., None]).sum(1) / (~mask).sum(1, keepdim=True).clamp(min=1)
    if torch.allclose(found[words], upside_down[words], atol=1e-4):
        return "the mask is upside down: you average the padding. It is true where a word is."
    return "the first sentence has three words; its mean should be the sum of these three rows divided by 3, and is not."


@exercise
def text_ceiling(student) -> str | None:
    prior = {
        "anger": 0.30,
        "sadness": 0.15,
        "frustration": 0.10,
        "happiness": 0.20,
        "neutral": 0.05,
        "surprise": 0.20,
    }
    sense = {
        "anger": "negative",
        "sadness": "negative",
        "frustration": "negative",
        "happiness": "positive",
        "neutral": "none",
        "surprise": "none",
    }
    found, groups = float(student(dict(prior), dict(sense))), {}
    for label, s in sense.items():
        groups.setdefault(s, []).append(prior[label])
    best = {s: max(p) for s, p in groups.items()}
    if np.isclose(found, sum(best.values())):
        return None
    if np.isclose(found, max(prior.values())):
        return (
            "that is the guesser who does not read. A reader may name another class for each sense."
        )
    if np.isclose(found, len(groups) / len(prior)):
        return "that holds for equally frequent classes. Here they are not: take the largest prior of each sense."
    if np.isclose(found, np.mean([1 / len(p) for p in groups.values()])):
        return "you guessed evenly among the classes of a sense and gave each sense the same weight. Use the priors."
    if np.isclose(found, sum(sum(p) / len(p) for p in groups.values())):
        return "you guess at random among the classes of a sense. The best reader always names the most frequent one."
    if np.isclose(found, sum(sum(q * q for q in p) / sum(p) for p in groups.values())):
        return "you guess as often as each class occurs. The best reader always names the most frequent one."
    if np.isclose(found, np.mean([max(p) / sum(p) for p in groups.values()])):
        return "right within each sense, but the senses are not equally frequent: weight each by how often it occurs."
    if np.isclose(found, sum(max(p) / sum(p) for p in groups.values())):
        return "each share is within its sense, and the sum exceeds 1. Count over all texts: P(class), not P(class | sense)."
    return f"the reader names anger, happiness and surprise: right in {sum(best.values()):.2f} of cases, not {found:.3f}."
