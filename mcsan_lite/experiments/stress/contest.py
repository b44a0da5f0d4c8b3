"""Words and voice in conflict: what does each model follow?

In: a trial. Out: one row per model, with the share of recordings on which it follows the voice, the
words, or neither of them.

Where the truth of a generated corpus says which spelling a sound may have, each recording gets
words of another sense by `experiments.conflict`, and the corpus's rule still has one right answer.
Elsewhere each recording gets the words of another utterance, which has another label.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.synthetic.reader import TRUTH_FILE, read_truth
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.experiments.conflict import OUTCOMES, conflict_set, followed
from mcsan_lite.experiments.stress.curves import accuracy_of, clusters_of
from mcsan_lite.experiments.stress.trial import Trial, probabilities_of
from mcsan_lite.features.extraction import extract
from mcsan_lite.training.inference import load_run

# The columns of a table that hold numbers. Older files lack the last three.
CONTEST_NUMBERS = ("trainings", "n", "share", "low", "high", "lead", "lead low", "lead high")
LENT_OUTCOMES = ("voice", "words alone", "neither")


def contest_table(trial: Trial) -> pd.DataFrame:
    """What each model follows where words and voice disagree.

    Args:
        trial: the runs and the utterances; recordings without words or sound are left out.

    Returns:
        One row per model and outcome: model, trainings, n, outcome, share, low and high (95 %, over
        utterances and trainings); lead, lead low and lead high, which is the share less the largest
        of the others, on the same recordings. The outcomes are `conflict.OUTCOMES`, or
        `LENT_OUTCOMES`.

    Raises:
        DataError: where no two utterances can be set against each other.
    """
    conflicts = _by_rule(trial)
    outcomes = OUTCOMES
    if conflicts is None:
        conflicts, outcomes = _by_lending(trial), LENT_OUTCOMES
    corpus = _with_other_words(trial.corpus, conflicts)
    clusters = clusters_of(replace(trial, corpus=corpus))
    found: dict[str, list[pd.Series]] = {}
    for one in trial.runs:
        run = load_run(one.path, vectors=trial.vectors).without_word_times()
        features, _ = extract(corpus, run.features, cache=trial.cache)
        numbers = probabilities_of(run, features, corpus.labels).argmax(1)
        predicted = {
            utterance.id: corpus.labels[number]
            for utterance, number in zip(corpus.utterances, numbers, strict=True)
        }
        follow = followed if outcomes == OUTCOMES else _followed_lent
        outcome = follow(conflicts, predicted)
        found.setdefault(one.name, []).append(outcome.loc[[u.id for u in corpus.utterances]])
    rows = []
    for name, series in found.items():
        there = {one: np.stack([(had == one).to_numpy(int) for had in series]) for one in outcomes}
        about = {"model": name, "trainings": len(series), "n": len(clusters)}
        rows += [about | _row(outcome, there, clusters) for outcome in outcomes]
    return pd.DataFrame(rows)


def _row(outcome: str, there: dict[str, np.ndarray], clusters: np.ndarray) -> dict:
    """The share of one outcome, and its lead over the most frequent other one.

    A share is the accuracy of saying 1 wherever the outcome is there.

    Args:
        outcome: one of them.
        there: outcome -> (trainings, n), 1 where it is there.
        clusters: (n,) what is drawn as a whole.
    """
    ones = np.ones(len(clusters), int)
    share, low, high = accuracy_of(ones, there[outcome], clusters)
    rival = max((one for one in there if one != outcome), key=lambda one: there[one].mean())
    lead = over_seeds_and_clusters(ones, there[outcome], there[rival], clusters)
    lead_low, lead_high = np.clip((lead.low, lead.high), -1, 1).tolist()
    found = {"outcome": outcome, "share": share, "low": low, "high": high}
    return found | {"lead": lead.mean, "lead low": lead_low, "lead high": lead_high}


def _by_rule(trial: Trial) -> pd.DataFrame | None:
    """The conflict set of a generated corpus whose sounds have two spellings; else None."""
    clip = next((one.audio for one in trial.corpus.utterances if one.audio), None)
    if trial.corpus.kind != "synthetic" or clip is None:
        return None
    folder = clip.parents[1]
    if not (folder / TRUTH_FILE).is_file():
        return None
    truth = read_truth(folder)
    spelled: dict[str, set[str]] = {}
    for row in truth.itertuples():
        words = row.text.split()
        if not words:
            continue
        for token, sound in zip(row.targets, row.pairs, strict=True):
            spelled.setdefault(sound, set()).add(words[token])
    if max(map(len, spelled.values()), default=0) < 2:
        return None
    return conflict_set(truth.loc[[one.id for one in trial.corpus.utterances]], trial.seed)


def _by_lending(trial: Trial) -> pd.DataFrame:
    """Each recording with the words of another one, drawn among those of another label."""
    rng = np.random.default_rng(trial.seed)
    both = [one for one in trial.corpus.utterances if one.audio and one.text]
    rows = []
    for one in both:
        others = [other for other in both if other.label != one.label and other.text != one.text]
        if others:
            lender = others[rng.integers(len(others))]
            rows.append({"id": one.id, "text": lender.text, "voice": one.label})
            rows[-1]["words"] = lender.label
    if not rows:
        raise DataError(
            f"{len(both)} utterances with sound and words, of one class",
            "utterances of two classes at least, to set words against voice",
            "leave the conflict out (--stresses), or take more utterances.",
        )
    return pd.DataFrame(rows).set_index("id")


def _followed_lent(conflicts: pd.DataFrame, predicted: dict[str, str]) -> pd.Series:
    chosen = pd.Series({one: predicted[one] for one in conflicts.index}, dtype=object)
    found = pd.Series("neither", conflicts.index)
    found[chosen == conflicts.words] = "words alone"
    found[chosen == conflicts.voice] = "voice"
    return found


def _with_other_words(corpus: Corpus, conflicts: pd.DataFrame) -> Corpus:
    """The recordings of the set with their other words."""
    chosen = tuple(
        replace(one, text=conflicts.text[one.id], words=())
        for one in corpus.utterances
        if one.id in conflicts.index
    )
    return replace(corpus, utterances=chosen)


def contest_sentences(table: pd.DataFrame) -> list[str]:
    """What each model follows most, and by how much.

    A table without leads, from an older file, says which outcome is the most frequent one only
    where this one is shown to be more than half of all.

    Args:
        table: from `contest_table`, or from the csv.
    """
    said = []
    for name, rows in table.groupby("model", sort=False):
        ranked = rows.sort_values("share", ascending=False, kind="stable")
        shares = ", ".join(
            f"{row.outcome} {row.share:.0%} [{row.low:.0%}, {row.high:.0%}]"
            for row in rows.itertuples()
        )
        first, second = ranked.iloc[0], ranked.iloc[1]
        said.append(f"{name} in conflict {_followed_most(first, second)}: {shares}, n {first.n}.")
    return said


def _followed_most(first: pd.Series, second: pd.Series) -> str:
    """What the most frequent outcome and the next one allow to say."""
    most, next_most = _named(first.outcome), _named(second.outcome)
    if first.low > 0.5:
        return f"mostly follows {most}"
    if first.get("lead low", np.nan) > 0:
        lead, low, high = (100 * first[f"lead{end}"] for end in ("", " low", " high"))
        return f"most often follows {most} (lead {lead:.0f} points [{low:.0f}, {high:.0f}])"
    return f"follows {most} and {next_most}; which of them more often is not shown"


def _named(outcome: str) -> str:
    """An outcome as a sentence has it: "the rule", but "neither"."""
    return outcome if outcome == "neither" else f"the {outcome}"
