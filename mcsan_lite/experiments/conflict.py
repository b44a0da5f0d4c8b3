"""Words against voice: recordings of the test part whose transcript says something else.

In: the truth of a generated corpus, and the trained rows of a grid on it. Out: a table with one row
per recording, and counts of what each row followed. Lesson 07 reads them; `mcsan run fusion` writes
them.

A recording stays as it is, and its homophones are spelled anew: "pain" and "pane" are one sound.
The transcript then has another sense than the one that the recording was made for. The rule of the
corpus still says which class this sound has with these words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE, RULES
from mcsan_lite.errors import DataError
from mcsan_lite.features.extraction import extract
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.predictions import load_predictions
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.loop import predict
from mcsan_lite.training.runner import RunOptions

OUTCOMES = ("rule", "words alone", "voice", "neither")
_COUNTED = ("own stress", "neighbours", "elsewhere")  # of the recordings whose neighbours disagree
_COUNTS = ("seed", "n", *OUTCOMES, "n against", *_COUNTED, "chance of words alone")
_PLAIN = dict((*NEGATIVE, *POSITIVE))
_CLASSES = Counter(rule.sense for rule in RULES.values())  # sense -> how many classes have it
_SENSES = dict.fromkeys((evaluative for evaluative, _ in NEGATIVE), "negative") | dict.fromkeys(
    (evaluative for evaluative, _ in POSITIVE), "positive"
)


def class_by_rule(sense: str, stressed: bool | None, arousal: str) -> str:
    """The class that the corpus gives to these factors.

    Args:
        sense: of the transcript, "negative", "positive" or "none".
        stressed: whether the evaluative word is; it counts for nothing where there is none.
        arousal: "high" or "low".
    """
    for label, rule in RULES.items():
        as_stressed = rule.stressed is None or rule.stressed == stressed
        as_loud = rule.p_high == 0.5 or (rule.p_high == 1) == (arousal == "high")
        if rule.sense == sense and as_stressed and as_loud:
            return label
    raise DataError(
        f"sense {sense!r}, stressed {stressed!r}, arousal {arousal!r}",
        "factors of the generated corpus",
        "take them from read_truth.",
    )


def spelled_anew(row, place: int | None) -> str:
    """The transcript with one of its homophones spelled as the evaluative word, or none.

    Args:
        row: of `read_truth`, as `itertuples` gives it.
        place: which of the homophones, in their order; None for none.
    """
    words = row.text.split()
    for number, (token, sound) in enumerate(zip(row.targets, row.pairs, strict=True)):
        words[token] = sound if number == place else _PLAIN[sound]
    return " ".join(words)


def conflict_set(truth: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One respelled transcript for every recording, of another sense than its own.

    Args:
        truth: rows of `read_truth`, of a world in which every sound has two spellings: not the
            leaking one.
        seed: decides which other sense is taken, and which word carries it.

    Returns:
        Indexed by id: `was` and `text`, the old and the new transcript; `sense`, of the new one;
        `rule`, the class of this sound with the new words; `voice`, the class that it was recorded
        for; `neighbours`, the class if the evaluative word had the stress that all the others
        have, "" where they are no conflict.

    Raises:
        DataError: where there is no recording with a transcript.
    """
    rng = np.random.default_rng(seed)
    heard = truth[truth.has_audio.astype(bool) & (truth.text != "")]
    if heard.empty:
        raise DataError("no recording with a transcript", "at least one", "pass the test part.")
    rows = [_conflict(row, rng) for row in heard.itertuples()]
    return pd.DataFrame(rows).set_index("id")


def _conflict(row, rng: np.random.Generator) -> dict[str, object]:
    """One recording with words of another sense."""
    senses = ["none", *dict.fromkeys(_SENSES[sound] for sound in row.pairs)]
    others = [sense for sense in senses if sense != row.sense]
    sense = others[rng.integers(len(others))]
    place, stressed, crowd = None, None, ""
    if sense != "none":
        places = [i for i, sound in enumerate(row.pairs) if _SENSES[sound] == sense]
        place = places[rng.integers(len(places))]
        stressed = bool(row.stressed[place])
        neighbours = {bool(bit) for i, bit in enumerate(row.stressed) if i != place}
        if neighbours == {not stressed}:
            crowd = class_by_rule(sense, not stressed, row.arousal)
    return {
        "id": row.Index,
        "was": row.text,
        "text": spelled_anew(row, place),
        "sense": sense,
        "rule": class_by_rule(sense, stressed, row.arousal),
        "voice": row.true_label,
        "neighbours": crowd,
    }


def followed(conflicts: pd.DataFrame, predicted: Mapping[str, str]) -> pd.Series:
    """Which of OUTCOMES each prediction is, by id.

    "rule" is the class of this sound with these words; "words alone" is another class of the
    words' sense; "voice" is the class that the recording was made for.

    Args:
        conflicts: from `conflict_set`.
        predicted: the class that was predicted, by id.
    """
    found = pd.Series("neither", conflicts.index)
    chosen = pd.Series({one: predicted[one] for one in conflicts.index}, dtype=object)
    found[chosen.map(lambda label: RULES[label].sense) == conflicts.sense] = "words alone"
    found[chosen == conflicts.voice] = "voice"
    found[chosen == conflicts.rule] = "rule"
    return found


def conflict_counts(
    results: pd.DataFrame, corpus: Corpus, truth: pd.DataFrame, options: RunOptions = RunOptions()
) -> pd.DataFrame:
    """What trained networks follow on the conflict set of their own test part.

    Args:
        results: one row per training, with its `folder`.
        corpus: the generated corpus that they were trained on.
        truth: its truth, from `read_truth`.
        options: where the cache is, and how many jobs.

    Returns:
        One row per training: name, fold, seed, run; how many of its n recordings each outcome has;
        of the "n against" recordings whose other words all have the opposite stress, how many
        predictions go by the word's own stress, by the neighbours', or "elsewhere"; and how often
        a guess among all classes has the words' sense and breaks the rule.
    """
    counts, ready = [], {}
    for row in results.itertuples():
        ids = load_predictions(Path(row.folder) / "predictions.csv").ids
        run = load_run(row.folder)
        key = (row.fold, repr(run.features))
        if key not in ready:
            conflicts = conflict_set(truth.loc[ids])
            features, _ = extract(
                _with_texts(corpus, conflicts), run.features, cache=options.cache, jobs=options.jobs
            )
            ready[key] = conflicts, features
        conflicts, features = ready[key]
        found = predict(run.model, features, run.labels, standardizer=run.standardizer)
        predicted = {
            one: run.labels[number] for one, number in zip(found.ids, found.pred, strict=True)
        }
        training = {"name": row.name, "fold": row.fold, "seed": row.seed, "run": row.run}
        counts.append(training | _counted(conflicts, predicted))
    return pd.DataFrame(counts)


def _with_texts(corpus: Corpus, conflicts: pd.DataFrame) -> Corpus:
    """The recordings of the conflict set, with their new words and the class by rule."""
    return replace(
        corpus,
        name=f"{corpus.name}-conflict",
        utterances=tuple(
            replace(one, text=conflicts.text[one.id], label=conflicts.rule[one.id], words=())
            for one in corpus.utterances
            if one.id in conflicts.index
        ),
    )


def _counted(conflicts: pd.DataFrame, predicted: Mapping[str, str]) -> dict[str, object]:
    outcome = followed(conflicts, predicted)
    against = conflicts[conflicts.neighbours != ""]
    chosen = pd.Series({one: predicted[one] for one in against.index}, dtype=object)
    own, crowd = int((chosen == against.rule).sum()), int((chosen == against.neighbours).sum())
    others = conflicts.sense.map(_CLASSES) - 1
    return {
        "n": len(conflicts),
        **{name: int((outcome == name).sum()) for name in OUTCOMES},
        "n against": len(against),
        "own stress": own,
        "neighbours": crowd,
        "elsewhere": len(against) - own - crowd,
        "chance of words alone": float(others.mean() / len(RULES)),
    }


def outcomes_by_luck(counts: pd.DataFrame) -> dict[str, float]:
    """How often a guess would have each of OUTCOMES.

    Where every answer has the words' sense, it is a guess among the classes of that sense;
    elsewhere it is one among all classes.

    Args:
        counts: from `conflict_counts` or `shipped_counts`.
    """
    others = float(np.average(counts["chance of words alone"], weights=counts["n"]))
    if counts[["voice", "neither"]].to_numpy().any():
        one = 1 / len(RULES)
        return {"rule": one, "words alone": others, "voice": one, "neither": 1 - 2 * one - others}
    # A sense has few classes or many, and their mean number tells how many recordings have which.
    few, many = min(_CLASSES.values()), max(_CLASSES.values())
    share = (1 + len(RULES) * others - few) / (many - few)
    rule = share / many + (1 - share) / few
    return {"rule": rule, "words alone": 1 - rule, "voice": 0.0, "neither": 0.0}


def shipped_counts(results: pd.DataFrame, file: Path) -> pd.DataFrame | None:
    """The counts of these results from a file, or None where it is of other trainings.

    Args:
        results: one row per training, with its `run`.
        file: a csv that `mcsan run fusion` wrote.
    """
    if not file.is_file():
        return None
    counts = load_table(file, numbers=_COUNTS)
    wanted = set(zip(results.run, results.fold, strict=True))
    there = pd.Series(zip(counts.run, counts.fold, strict=True), counts.index).isin(wanted)
    return counts[there].reset_index(drop=True) if there.sum() == len(wanted) else None
