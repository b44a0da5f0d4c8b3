"""Folds: which utterances train, choose the epoch, and are scored. Never by file-system order, never overlapping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold, StratifiedKFold

from mcsan_lite.corpus import Corpus, DataError, Utterance, require_name

PROTOCOLS = ("official", "kfold10", "speaker")


@dataclass(frozen=True)
class Fold:
    """Ids of one fold's three parts, each in alphabetical order."""

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


def _by_id(corpus: Corpus) -> list[Utterance]:
    """Always in this order, so that the same corpus read in another order gives the same folds."""
    return sorted(corpus.utterances, key=lambda u: u.id)


def _fold(corpus: Corpus, name: str, part: dict[str, str]) -> Fold:
    parts = {wanted: tuple(u.id for u in _by_id(corpus) if part[u.id] == wanted) for wanted in ("train", "valid", "test")}
    for wanted, ids in parts.items():
        if not ids:
            raise DataError(f"fold {name} of {corpus.name} with no {wanted} utterance", "all three parts filled",
                            "take another protocol, or more data.")
    return Fold(name, **parts)


def official(corpus: Corpus) -> list[Fold]:
    """The corpus's own split, as one fold.

    Without a test part (MELD's test file not at hand) the official validation part is scored instead, and a tenth of
    the training *dialogues*, drawn with seed 0, chooses the epoch; the fold is then called "official-dev".
    """
    part = {u.id: u.split for u in corpus.utterances}
    if None in part.values():
        raise DataError(f"{corpus.name}, which has no official split", f"one of {', '.join(PROTOCOLS[1:])}",
                        f"--protocol {PROTOCOLS[2]}")
    if "test" in part.values():
        return [_fold(corpus, "official", part)]
    training = [u for u in _by_id(corpus) if u.split == "train"]
    if len({u.dialogue for u in training}) < 2:
        raise DataError(f"1 training dialogue in {corpus.name}", "at least 2, to hold some back for validation",
                        "fill in `dialogue`, or take another protocol.")
    chooser = GroupShuffleSplit(1, test_size=0.1, random_state=0)
    _, held = next(chooser.split(training, groups=[u.dialogue for u in training]))
    part = {u: {"valid": "test"}.get(p, p) for u, p in part.items()} | {training[i].id: "valid" for i in held}
    return [_fold(corpus, "official-dev", part)]


def _rotate(corpus: Corpus, name: str, group_of: list[int], k: int) -> list[Fold]:
    """Fold i: group i is tested, group i + 1 chooses the epoch, the others train."""
    ids = [u.id for u in _by_id(corpus)]
    return [_fold(corpus, f"{name}-{i}", {u: "test" if g == i else "valid" if g == (i + 1) % k else "train"
                                          for u, g in zip(ids, group_of, strict=True)}) for i in range(k)]


def kfold10(corpus: Corpus, k: int = 10, seed: int = 0) -> list[Fold]:
    """Random utterances, stratified by class, 8:1:1: the literal reading of the paper. Speakers are on both sides."""
    if corpus.counts().max() < k:
        raise DataError(f"at most {corpus.counts().max()} utterances a class in {corpus.name}",
                        f"at least {k} in the largest class", "take another protocol, or more data.")
    labels = [u.label for u in _by_id(corpus)]
    group_of = np.zeros(len(labels), int)
    for i, (_, test) in enumerate(StratifiedKFold(k, shuffle=True, random_state=seed).split(labels, labels)):
        group_of[test] = i
    return _rotate(corpus, "kfold10", group_of.tolist(), k)


def speaker(corpus: Corpus, k: int = 5, seed: int = 0) -> list[Fold]:
    """k folds in which no speaker is in two parts, classes balanced as far as speakers allow."""
    speakers = [u.speaker for u in _by_id(corpus)]
    if len(set(speakers)) < 3:
        raise DataError(f"{len(set(speakers))} speakers in {corpus.name}", "at least 3 for speaker-disjoint parts",
                        "--protocol kfold10")
    k = min(k, len(set(speakers)))
    labels = [u.label for u in _by_id(corpus)]
    group_of = np.zeros(len(labels), int)
    for i, (_, test) in enumerate(StratifiedGroupKFold(k, shuffle=True, random_state=seed).split(labels, labels, speakers)):
        group_of[test] = i
    return _rotate(corpus, "speaker", group_of.tolist(), k)


def folds(corpus: Corpus, protocol: str) -> list[Fold]:
    """The folds of a protocol by name; a wrong name gets a suggestion."""
    require_name(protocol, PROTOCOLS, "protocol")
    return {"official": official, "kfold10": kfold10, "speaker": speaker}[protocol](corpus)
