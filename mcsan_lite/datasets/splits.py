"""Folds: which utterances train, choose the epoch, and are scored. Never by file-system order, never overlapping."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold, StratifiedKFold

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.errors import DataError, require_name

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Fold:
    """Ids of one fold's three parts, each in alphabetical order, and the protocol that drew it."""

    name: str
    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]
    protocol: str = field(repr=False)  # outside the repr, over which `digest` is taken


def _by_id(corpus: Corpus) -> list[Utterance]:
    """Always in this order, so that the same corpus read in another order gives the same folds."""
    return sorted(corpus.utterances, key=lambda u: u.id)


def _fold(corpus: Corpus, protocol: str, name: str, part: dict[str, str]) -> Fold:
    ids = sorted(part)
    parts = {wanted: tuple(i for i in ids if part[i] == wanted) for wanted in PARTS}
    for wanted, found in parts.items():
        if not found:
            raise DataError(
                f"fold {name} of {corpus.name} with no {wanted} utterance",
                "all three parts filled",
                "take another protocol, or more data.",
            )
    return Fold(name, **parts, protocol=protocol)


def official(corpus: Corpus) -> list[Fold]:
    """The corpus's own split, as one fold.

    Without a test part (MELD's test file not at hand) the official validation part is scored instead, and a tenth of
    the training *dialogues*, drawn with seed 0, chooses the epoch; the fold is then called "official-dev".
    """
    part = {u.id: u.split for u in corpus.utterances}
    for value in sorted({*part.values()} - {None}):
        require_name(value, PARTS, "split")
    if None in part.values():
        others = [name for name in PROTOCOLS if name != "official"]
        raise DataError(
            f"{corpus.name}, which has no official split",
            f"one of {', '.join(others)}",
            "--protocol speaker",
        )
    if "test" in part.values():
        return [_fold(corpus, "official", "official", part)]
    training = [u for u in _by_id(corpus) if u.split == "train"]
    if (n := len({u.dialogue for u in training})) < 2:
        raise DataError(
            f"{n} training dialogues in {corpus.name}",
            "at least 2, to hold some back for validation",
            "fill in `dialogue`, or take another protocol.",
        )
    chooser = GroupShuffleSplit(1, test_size=0.1, random_state=0)
    _, held = next(chooser.split(training, groups=[u.dialogue for u in training]))
    part = {u: {"valid": "test"}.get(p, p) for u, p in part.items()} | {
        training[i].id: "valid" for i in held
    }
    return [_fold(corpus, "official", "official-dev", part)]


def _rotate(corpus: Corpus, protocol: str, group_of: Sequence[int], k: int) -> list[Fold]:
    """Fold i: group i is tested, group i + 1 chooses the epoch, the others train. Groups in the order of `_by_id`."""
    ids = [u.id for u in _by_id(corpus)]
    return [
        _fold(
            corpus,
            protocol,
            f"{protocol}-{i}",
            {
                u: "test" if g == i else "valid" if g == (i + 1) % k else "train"
                for u, g in zip(ids, group_of, strict=True)
            },
        )
        for i in range(k)
    ]


def _enough(corpus: Corpus, k: int) -> None:
    """Refuse what cannot be stratified into k folds."""
    if corpus.counts().max() < k:
        raise DataError(
            f"at most {corpus.counts().max()} utterances a class in {corpus.name}",
            f"at least {k} in the largest class",
            "take another protocol, or more data.",
        )


def kfold10(corpus: Corpus) -> list[Fold]:
    """Random utterances, stratified by class, 8:1:1: the literal reading of the paper. Speakers are on both sides."""
    _enough(corpus, 10)
    labels = [u.label for u in _by_id(corpus)]
    group_of = np.zeros(len(labels), int)
    for i, (_, test) in enumerate(
        StratifiedKFold(10, shuffle=True, random_state=0).split(labels, labels)
    ):
        group_of[test] = i
    return _rotate(corpus, "kfold10", group_of.tolist(), 10)


def yoon5(corpus: Corpus) -> list[Fold]:
    """The rule of the public MDRE/AMH package (Yoon et al. 2018, 2020): five random folds, about 80 / 6 / 14 %.

    One draw an utterance in the order of IEMOCAP's files puts it into the fifth in which it is held out; a second draw,
    the same in every fold, sends it to validation there (above 0.7) or to test. So 30 % are never tested. On 7,487
    utterances fold 1 has 6,058 / 404 / 1,025, as the package has.
    """
    utterances = sorted(
        corpus.utterances, key=lambda u: (u.dialogue, u.id)
    )  # IEMOCAP: a file is a dialogue

    def draws(seed: int) -> list[float]:
        generator = random.Random(seed)
        return [generator.random() for _ in utterances]

    # The highest fifth of the interval is fold 0.
    fifth = [min(4, int((1 - x) * 5)) for x in draws(337)]
    role = ["valid" if x > 0.7 else "test" for x in draws(3372)]
    return [
        _fold(
            corpus,
            "yoon5",
            f"yoon5-{i}",
            {
                u.id: r if g == i else "train"
                for u, g, r in zip(utterances, fifth, role, strict=True)
            },
        )
        for i in range(5)
    ]


def _grouped(corpus: Corpus, name: str, field: str, k: int) -> list[Fold]:
    """At most k folds with no value of the utterances' `field` in two parts, classes balanced as far as that allows."""
    groups = [getattr(u, field) for u in _by_id(corpus)]
    if "" in groups or len(set(groups)) < 3:
        given = f"utterances without {field}" if "" in groups else f"{len(set(groups))} {field}s"
        raise DataError(
            f"{given} in {corpus.name}",
            f"at least 3 {field}s, and one for every utterance",
            f"take a protocol that needs no {field}: --protocol kfold10",
        )
    k = min(k, len(set(groups)))
    _enough(corpus, k)
    labels = [u.label for u in _by_id(corpus)]
    group_of = np.zeros(len(labels), int)
    for i, (_, test) in enumerate(StratifiedGroupKFold(k).split(labels, labels, groups)):
        group_of[test] = i
    return _rotate(corpus, name, group_of.tolist(), k)


def speaker(corpus: Corpus) -> list[Fold]:
    """Five folds in which no speaker is in two parts."""
    return _grouped(corpus, "speaker", "speaker", 5)


def speaker10(corpus: Corpus) -> list[Fold]:
    """One speaker is tested, the one who talks with them in the same session chooses the epoch, other sessions train:
    ten folds on IEMOCAP. Needs sessions of exactly two speakers, who are in no other."""
    by_session: dict[str, set[str]] = {}
    for u in corpus.utterances:
        by_session.setdefault(u.session, set()).add(u.speaker)
    speakers = set().union(*by_session.values()) - {""}
    apart = len(speakers) == 2 * len(by_session) and {
        len(pair) for pair in by_session.values()
    } == {2}
    if "" in by_session or len(by_session) < 2 or not apart:
        raise DataError(
            f"{corpus.name} with {len(by_session)} sessions and {len(speakers)} speakers",
            "two sessions or more, each of two speakers who are in no other",
            "--protocol speaker",
        )
    tested = [(s, pair) for _, pair in sorted(by_session.items()) for s in sorted(pair)]
    return [
        _fold(
            corpus,
            "speaker10",
            f"speaker10-{i}",
            {
                u.id: "test" if u.speaker == s else "valid" if u.speaker in pair else "train"
                for u in corpus.utterances
            },
        )
        for i, (s, pair) in enumerate(tested)
    ]


def session5(corpus: Corpus) -> list[Fold]:
    """A session a part: one is tested, the next chooses the epoch. Five folds on IEMOCAP, new speakers in each."""
    names = sorted({u.session for u in corpus.utterances})
    if "" in names or len(names) < 3:
        given = "utterances without session" if "" in names else f"{len(names)} sessions"
        raise DataError(
            f"{given} in {corpus.name}",
            "at least 3 sessions, and one for every utterance",
            "take a protocol that needs no session: --protocol speaker",
        )
    return _rotate(corpus, "session5", [names.index(u.session) for u in _by_id(corpus)], len(names))


def scenario(corpus: Corpus) -> list[Fold]:
    """Five folds in which no scene is in two parts: whoever learned which scene is played has learned nothing."""
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
    """The folds of a protocol by name, or of a csv file as `mcsan split` writes it; a wrong name gets a suggestion."""
    if str(protocol).endswith(".csv"):
        return read(corpus, protocol)
    return PROTOCOLS[require_name(protocol, PROTOCOLS, "protocol")](corpus)


def digest(folds: Sequence[Fold]) -> str:
    """10 hex digits over the folds' ids: the same wherever and in whatever order the corpus was read."""
    return hashlib.sha256(repr(tuple(folds)).encode()).hexdigest()[:10]


def table(folds: Sequence[Fold]) -> pd.DataFrame:
    """A line an utterance, a column a fold: train, valid or test."""
    columns = {
        fold.name: {i: part for part in PARTS for i in getattr(fold, part)} for fold in folds
    }
    return pd.DataFrame(columns).sort_index().rename_axis("id")


def overlap(corpus: Corpus, folds: Sequence[Fold]) -> pd.DataFrame:
    """A line a fold: utterances a part, and the share of test utterances whose speaker, dialogue, session, scenario or
    exact text occurs in train too ("" where the corpus does not say): it can be recognised instead of understood."""
    utterance = {u.id: u for u in corpus.utterances}
    lines = []
    for fold in folds:
        line: dict[str, object] = {
            "fold": fold.name,
            **{part: len(getattr(fold, part)) for part in PARTS},
        }
        for field in ("speaker", "dialogue", "session", "scenario", "text"):
            seen = {getattr(utterance[i], field) for i in fold.train}
            shared = [getattr(utterance[i], field) in seen for i in fold.test]
            line[f"{field} in train"] = f"{np.mean(shared):.0%}" if any(seen) else ""
        lines.append(line)
    return pd.DataFrame(lines).set_index("fold")


def keep(corpus: Corpus, folds: Sequence[Fold], folder: Path) -> Path:
    """Write the folds below `folder`/splits, under a name with their hash, unless they are there."""
    path = Path(folder) / "splits" / f"{corpus.name}-{folds[0].protocol}-{digest(folds)}.csv"
    if not path.exists():
        write_atomic(path, lambda part: table(folds).to_csv(part))
    return path


def _protocol_of(name: str) -> str:
    """The protocol of a fold in a csv, which holds nothing but its name: what stands before "-0", "-1", …"""
    return name.rsplit("-", 1)[0]


def read(corpus: Corpus, path: Path | str) -> list[Fold]:
    """Folds from a csv with the column id and a column a fold (train, valid, test). Every utterance must be there once."""
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("id")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path}: {error}",
            "a csv with the column id and a column a fold",
            "mcsan split CORPUS --protocol …   (writes such a file)",
        ) from None
    ids = {u.id for u in corpus.utterances}
    wrong = sorted(ids ^ set(found.index)) + sorted(found.index[found.index.duplicated()])
    if wrong or not len(found.columns):
        raise DataError(
            f"{path}: {len(found.columns)} folds; {len(wrong)} ids missing, unknown or twice: {wrong[:3]}",
            f"each of the {len(ids)} utterances of {corpus.name} once",
            "write the file for this very corpus.",
        )
    odd = [
        name for name in found.columns if not re.fullmatch(r"[\w.-]+", name)
    ]  # a fold's name becomes a folder's
    if odd:
        raise DataError(
            f"{path} with a column {odd[0]!r}",
            "letters, digits, '.', '_' and '-'",
            "rename that fold.",
        )
    values = sorted(set(found.to_numpy().ravel()) - set(PARTS))
    if values:
        raise DataError(
            f"{path} with {values[:3]}", f"only {', '.join(PARTS)}", "correct these fields."
        )
    return [
        _fold(corpus, _protocol_of(name), name, found[name].to_dict()) for name in found.columns
    ]
