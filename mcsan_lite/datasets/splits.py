"""Folds: which utterances train, which choose the epoch, and which are scored.

In: a corpus and the name of a protocol, or a csv as `mcsan split` writes it. Out: a list of `Fold`.
A fold never depends on the order of files on a disk, and its three parts never overlap.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.fold import PARTS, Fold, make_fold, read
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.tables.own import save_table

# Folds whose training part is not the official one, as a part is not at hand.
PARTIAL_FOLDS = frozenset({"official-dev", "official-heldout"})


def _sorted_by_id(corpus: Corpus) -> list[Utterance]:
    """The order in which all draws are made: whatever order the corpus was read in."""
    return sorted(corpus.utterances, key=lambda u: u.id)


def official(corpus: Corpus) -> list[Fold]:
    """The corpus's own split, as one fold.

    Without a test part (MELD's test file is not at hand) the official validation part is scored
    instead, and the fold is called "official-dev". Without a validation part it is called
    "official-heldout". In both a tenth of the training part, drawn with seed 0 as
    `held_out_groups` says, chooses the epoch.
    """
    part_of = {u.id: u.split for u in corpus.utterances}
    for value in sorted({*part_of.values()} - {None}):
        require_name(value, PARTS, "split")
    if None in part_of.values():
        others = [name for name in PROTOCOLS if name != "official"]
        raise DataError(
            f"{corpus.name}, which has no official split",
            f"one of {', '.join(others)}",
            "--protocol speaker",
        )
    parts = set(part_of.values())
    if parts == set(PARTS):
        return [make_fold(corpus, "official", "official", part_of)]
    name = "official-heldout"
    if "test" not in parts:
        name = "official-dev"
        for utterance_id, part in part_of.items():
            if part == "valid":
                part_of[utterance_id] = "test"
    for utterance_id in _tenth_of_train(corpus):
        part_of[utterance_id] = "valid"
    return [make_fold(corpus, "official", name, part_of)]


def held_out_groups(corpus: Corpus) -> str:
    """What stays together when a tenth of the training part is held out: "dialogue", else
    "speaker", else "id".

    The first one is taken that every training utterance has, in two dialogues or five speakers at
    least: of fewer speakers, one is no small part.
    """
    training = [u for u in corpus.utterances if u.split == "train"]
    for attribute, at_least in (("dialogue", 2), ("speaker", 5)):
        values = {getattr(u, attribute) for u in training}
        if "" not in values and len(values) >= at_least:
            return attribute
    return "id"


def _tenth_of_train(corpus: Corpus) -> list[str]:
    """The ids of the training utterances in a tenth of the training dialogues or speakers."""
    training = [u for u in _sorted_by_id(corpus) if u.split == "train"]
    if len(training) < 2:
        raise DataError(
            f"{len(training)} training utterances in {corpus.name}",
            "at least 2, to hold some back for validation",
            "mark more rows as train, or take another protocol.",
        )
    from sklearn.model_selection import GroupShuffleSplit

    attribute = held_out_groups(corpus)
    groups = [getattr(u, attribute) for u in training]
    chooser = GroupShuffleSplit(1, test_size=0.1, random_state=0)
    _, held_out = next(chooser.split(training, groups=groups))
    return [training[i].id for i in held_out]


def _rotate(corpus: Corpus, protocol: str, group_of: Sequence[int], k: int) -> list[Fold]:
    """In fold i, group i is tested, group i + 1 chooses the epoch, and the other groups train.

    `group_of` holds the group of each utterance, 0 to k - 1, in the order of `_sorted_by_id`.
    """
    ids = [u.id for u in _sorted_by_id(corpus)]
    folds_ = []
    for i in range(k):
        part_of_group = {(i + 1) % k: "valid", i: "test"}
        part_of = {
            utterance_id: part_of_group.get(group, "train")
            for utterance_id, group in zip(ids, group_of, strict=True)
        }
        folds_.append(make_fold(corpus, protocol, f"{protocol}-{i}", part_of))
    return folds_


def _require_largest_class(corpus: Corpus, k: int) -> None:
    """Refuse what cannot be stratified into k folds."""
    largest = corpus.counts().max()
    if largest < k:
        raise DataError(
            f"at most {largest} utterances per class in {corpus.name}",
            f"at least {k} in the largest class",
            "take another protocol, or more data.",
        )


def _tested_in(splits: list[tuple[np.ndarray, np.ndarray]], count: int) -> list[int]:
    """For each of `count` utterances, the index of the split in which it is tested."""
    group_of = np.zeros(count, int)
    for i, (_, test) in enumerate(splits):
        group_of[test] = i
    return group_of.tolist()


def kfold10(corpus: Corpus) -> list[Fold]:
    """Random utterances, stratified by class, 8:1:1: the literal reading of the paper.

    Speakers are on both sides.
    """
    from sklearn.model_selection import StratifiedKFold

    _require_largest_class(corpus, 10)
    labels = [u.label for u in _sorted_by_id(corpus)]
    drawn = StratifiedKFold(10, shuffle=True, random_state=0).split(labels, labels)
    return _rotate(corpus, "kfold10", _tested_in(list(drawn), len(labels)), 10)


def yoon5(corpus: Corpus) -> list[Fold]:
    """The rule of the public MDRE/AMH package: five random folds, about 80 / 6 / 14 %.

    One draw per utterance, in the order of IEMOCAP's files, puts it into the fifth in which it is
    held out. A second draw, the same in every fold, sends it to validation there (above 0.7) or to
    test. So 30 % are never tested. On 7,487 utterances fold 1 has 6,058 / 404 / 1,025, as the
    package has.

    Source: Yoon et al. 2018 and 2020.
    """
    # In IEMOCAP a file is a dialogue.
    utterances = sorted(corpus.utterances, key=lambda u: (u.dialogue, u.id))

    def draws(seed: int) -> list[float]:
        generator = random.Random(seed)
        return [generator.random() for _ in utterances]

    # The highest fifth of the interval is fold 0.
    fifths = [min(4, int((1 - x) * 5)) for x in draws(337)]
    held_out_parts = ["valid" if x > 0.7 else "test" for x in draws(3372)]
    folds_ = []
    for i in range(5):
        part_of = {
            u.id: part if fifth == i else "train"
            for u, fifth, part in zip(utterances, fifths, held_out_parts, strict=True)
        }
        folds_.append(make_fold(corpus, "yoon5", f"yoon5-{i}", part_of))
    return folds_


def _grouped(corpus: Corpus, protocol: str, attribute: str, k: int) -> list[Fold]:
    """At most k folds with no value of the utterances' `attribute` in two parts.

    Classes are balanced as far as that allows.
    """
    groups = [getattr(u, attribute) for u in _sorted_by_id(corpus)]
    count = len(set(groups))
    if "" in groups or count < 3:
        given = f"utterances without {attribute}" if "" in groups else f"{count} {attribute}s"
        raise DataError(
            f"{given} in {corpus.name}",
            f"at least 3 {attribute}s, and one for every utterance",
            f"take a protocol that needs no {attribute}: --protocol kfold10",
        )
    from sklearn.model_selection import StratifiedGroupKFold

    k = min(k, count)
    _require_largest_class(corpus, k)
    labels = [u.label for u in _sorted_by_id(corpus)]
    drawn = StratifiedGroupKFold(k).split(labels, labels, groups)
    return _rotate(corpus, protocol, _tested_in(list(drawn), len(labels)), k)


def speaker(corpus: Corpus) -> list[Fold]:
    """Five folds in which no speaker is in two parts."""
    return _grouped(corpus, "speaker", "speaker", 5)


def speaker10(corpus: Corpus) -> list[Fold]:
    """One speaker is tested, their partner in the session chooses the epoch, other sessions train.

    That makes ten folds on IEMOCAP. It needs sessions of exactly two speakers who are in no other.
    """
    speakers_in = _pairs_by_session(corpus)
    folds_: list[Fold] = []
    for session in sorted(speakers_in):
        pair = speakers_in[session]
        for tested in sorted(pair):
            part_of_speaker = dict.fromkeys(pair, "valid") | {tested: "test"}
            part_of = {u.id: part_of_speaker.get(u.speaker, "train") for u in corpus.utterances}
            folds_.append(make_fold(corpus, "speaker10", f"speaker10-{len(folds_)}", part_of))
    return folds_


def _pairs_by_session(corpus: Corpus) -> dict[str, set[str]]:
    """{session: its two speakers}; refuses anything but pairs who are in no other session."""
    speakers_in: dict[str, set[str]] = {}
    for u in corpus.utterances:
        speakers_in.setdefault(u.session, set()).add(u.speaker)
    speakers = set().union(*speakers_in.values()) - {""}
    all_pairs = all(len(pair) == 2 for pair in speakers_in.values())
    none_twice = len(speakers) == 2 * len(speakers_in)
    if "" in speakers_in or len(speakers_in) < 2 or not all_pairs or not none_twice:
        raise DataError(
            f"{corpus.name} with {len(speakers_in)} sessions and {len(speakers)} speakers",
            "two sessions or more, each of two speakers who are in no other",
            "--protocol speaker",
        )
    return speakers_in


def session5(corpus: Corpus) -> list[Fold]:
    """One session is tested, the next chooses the epoch, the others train.

    That makes five folds on IEMOCAP, with new speakers in each part.
    """
    sessions = sorted({u.session for u in corpus.utterances})
    if "" in sessions or len(sessions) < 3:
        given = "utterances without session" if "" in sessions else f"{len(sessions)} sessions"
        raise DataError(
            f"{given} in {corpus.name}",
            "at least 3 sessions, and one for every utterance",
            "take a protocol that needs no session: --protocol speaker",
        )
    group_of = [sessions.index(u.session) for u in _sorted_by_id(corpus)]
    return _rotate(corpus, "session5", group_of, len(sessions))


def scenario(corpus: Corpus) -> list[Fold]:
    """Five folds in which no scene is in two parts: knowing which scene is played helps nobody."""
    return _grouped(corpus, "scenario", "scenario", 5)


def dialogue(corpus: Corpus) -> list[Fold]:
    """Ten folds in which no dialogue is in two parts; speakers and scenes are."""
    return _grouped(corpus, "dialogue", "dialogue", 10)


PROTOCOLS: dict[str, Callable[[Corpus], list[Fold]]] = {
    "official": official,
    "kfold10": kfold10,
    "yoon5": yoon5,
    "speaker": speaker,
    "speaker10": speaker10,
    "session5": session5,
    "scenario": scenario,
    "dialogue": dialogue,
}


def folds(corpus: Corpus, protocol: str) -> list[Fold]:
    """The folds of a protocol.

    Args:
        corpus: what to split.
        protocol: a name in PROTOCOLS, or the path of a csv as `mcsan split` writes it.

    Returns:
        The folds, in the protocol's own order.

    Raises:
        DataError: for an unknown name, with the nearest one; for a corpus that the protocol
            cannot split; for a csv of another corpus.
    """
    if str(protocol).endswith(".csv"):
        return read(corpus, protocol)
    return PROTOCOLS[require_name(protocol, PROTOCOLS, "protocol")](corpus)


def digest(folds: Sequence[Fold]) -> str:
    """10 hex digits over names and ids: the same wherever and in whatever order it was read."""
    return hashlib.sha256(repr(tuple(folds)).encode()).hexdigest()[:10]


def fold_table(folds: Sequence[Fold]) -> pd.DataFrame:
    """One row per utterance and one column per fold: train, valid or test."""
    columns = {}
    for fold in folds:
        columns[fold.name] = {i: part for part in PARTS for i in getattr(fold, part)}
    return pd.DataFrame(columns).sort_index().rename_axis("id")


def overlap(corpus: Corpus, folds: Sequence[Fold]) -> pd.DataFrame:
    """How much of each fold's test part can be recognised instead of understood.

    Args:
        corpus: the corpus that was split.
        folds: its folds.

    Returns:
        One row per fold: the number of utterances in each part, and the share of test utterances
        whose speaker, dialogue, session, scenario or exact text occurs in train too ("" where the
        corpus does not say).
    """
    utterance_of = {u.id: u for u in corpus.utterances}
    rows = []
    for fold in folds:
        row: dict[str, object] = {"fold": fold.name}
        for part in PARTS:
            row[part] = len(getattr(fold, part))
        for attribute in ("speaker", "dialogue", "session", "scenario", "text"):
            trained = {getattr(utterance_of[i], attribute) for i in fold.train}
            shared = [getattr(utterance_of[i], attribute) in trained for i in fold.test]
            row[f"{attribute} in train"] = f"{np.mean(shared):.0%}" if any(trained) else ""
        rows.append(row)
    return pd.DataFrame(rows).set_index("fold")


def keep(corpus: Corpus, folds: Sequence[Fold], folder: Path) -> Path:
    """Write the folds below `folder`/splits, unless they are there.

    Args:
        corpus: the corpus that was split; its name becomes part of the file's name.
        folds: folds of one protocol.
        folder: where the folder "splits" is or will be.

    Returns:
        The csv, whose name holds the folds' digest.
    """
    name = f"{corpus.name}-{folds[0].protocol}-{digest(folds)}.csv"
    path = Path(folder) / "splits" / name
    if not path.exists():
        save_table(path, fold_table(folds))
    return path
