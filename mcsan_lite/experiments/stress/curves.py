"""From probabilities to curves: accuracy, what a stress costs, and calibration, with intervals.

In: the outcome of every condition of a trial. Out: one row per model and condition, and sentences
that follow from the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.experiments.stress.conditions import Condition
from mcsan_lite.experiments.stress.sureness import sureness
from mcsan_lite.experiments.stress.trial import StressOutcome, Trial
from mcsan_lite.figures.stress import UNSTRESSED, stressed_rows

_ENDS = ("", " low", " high")
# The columns of a table of curves that hold numbers.
CURVE_NUMBERS = (
    "level",
    "trainings",
    "n",
    "changed",
    *(f"{score}{end}" for score in ("wa", "ua", "cost", "ece") for end in _ENDS),
    "ece by luck",
    "confidence",
)


class _Tested(NamedTuple):
    """What one model said under one condition."""

    prob: np.ndarray  # (trainings, n, C)
    true: np.ndarray  # (n,)
    clusters: np.ndarray  # (n,)

    @property
    def predicted(self) -> np.ndarray:
        """(trainings, n)."""
        return self.prob.argmax(2)


def clusters_of(trial: Trial) -> np.ndarray:
    """What is drawn as a whole: dialogues, or utterances where there are none.

    Generated utterances are made one by one; that ten of them bear the name of a dialogue ties
    nothing together.
    """
    if trial.corpus.generated:
        return np.array([one.id for one in trial.corpus.utterances])
    return np.array([one.dialogue or one.id for one in trial.corpus.utterances])


def accuracy_of(
    true: np.ndarray, predicted: np.ndarray, clusters: np.ndarray
) -> tuple[float, float, float]:
    """The mean share of right ones, and its 95 % interval over clusters and trainings.

    Where all are right, or none, nothing varies and Wilson's interval over utterances stands.

    Args:
        true: (n,) class numbers.
        predicted: (trainings, n).
        clusters: (n,) what is drawn as a whole.
    """
    found = over_seeds_and_clusters(true, predicted, None, clusters, "wa")
    low, high = found.low, found.high
    if np.isnan(low):
        low, high = share_interval(found.mean, len(true))
    return found.mean, max(0.0, low), min(1.0, high)


def curves_table(
    trial: Trial, conditions: Sequence[Condition], outcomes: Sequence[StressOutcome]
) -> pd.DataFrame:
    """One row per model and condition, the input as it is first.

    Args:
        trial: who was tested, on what.
        conditions: the first one is the input as it is.
        outcomes: one per condition.

    Returns:
        model, stress, unit, level, trainings, n, changed (share of utterances); wa, ua and ece with
        their 95 % intervals over utterances (dialogues, where there are) and trainings; cost, the
        WA that is lost, paired, with its interval; ece by luck, and confidence, from `Sureness`.
    """
    number = {label: i for i, label in enumerate(trial.corpus.labels)}
    true = np.array([number[one.label] for one in trial.corpus.utterances])
    clusters, rows = clusters_of(trial), []
    for name in dict.fromkeys(run.name for run in trial.runs):
        mine = [i for i, run in enumerate(trial.runs) if run.name == name]
        clean = _Tested(outcomes[0].prob[mine], true, clusters)
        for condition, outcome in zip(conditions, outcomes, strict=True):
            stressed = _Tested(outcome.prob[mine], true, clusters)
            about = {"model": name, **_named(condition), "trainings": len(mine), "n": len(true)}
            rows.append(about | {"changed": outcome.changed} | _numbers(stressed, clean))
    return pd.DataFrame(rows)


def _named(condition: Condition) -> dict[str, object]:
    if condition.stress is None:
        return {"stress": UNSTRESSED, "unit": "", "level": 0.0}
    stress = condition.stress
    return {"stress": stress.name, "unit": stress.unit, "level": condition.level}


def _numbers(stressed: _Tested, clean: _Tested) -> dict[str, float]:
    true, clusters = stressed.true, stressed.clusters
    wa, wa_low, wa_high = accuracy_of(true, stressed.predicted, clusters)
    ua = over_seeds_and_clusters(true, stressed.predicted, None, clusters, "ua")
    cost = over_seeds_and_clusters(true, clean.predicted, stressed.predicted, clusters, "wa")
    sure = sureness(stressed.prob, true, clusters)
    ua_low, ua_high = np.clip((ua.low, ua.high), 0, 1).tolist()
    cost_low, cost_high = np.clip((cost.low, cost.high), -1, 1).tolist()
    return {
        "wa": wa,
        "wa low": wa_low,
        "wa high": wa_high,
        "ua": ua.mean,
        "ua low": ua_low,
        "ua high": ua_high,
        "cost": cost.mean,
        "cost low": cost_low,
        "cost high": cost_high,
        "ece": sure.ece,
        "ece low": sure.low,
        "ece high": sure.high,
        "ece by luck": sure.by_luck,
        "confidence": sure.confidence,
    }


def curve_sentences(table: pd.DataFrame) -> list[str]:
    """What the curves say, model by model: what costs, from which level on, and how sure it stays.

    Args:
        table: from `curves_table`.
    """
    said = []
    for name, rows in table.groupby("model", sort=False):
        clean = rows[rows.stress == UNSTRESSED].iloc[0]
        said.append(
            f"{name}, nothing changed: WA {_span(clean, 'wa')}, ECE {_span(clean, 'ece')} "
            f"(by luck {clean['ece by luck']:.3f}), n {clean.n:.0f}, "
            f"trainings {clean.trainings:.0f}."
        )
        costs, spared = [], []
        stressed = stressed_rows(rows)
        for stress, levels in stressed.groupby("stress", sort=False):
            told = _cost_of(levels)
            (costs if told else spared).append(told or stress)
        if costs:
            said.append(f"{name} loses points under {', '.join(costs)}.")
        if spared:
            said.append(f"{name}: no loss is shown under {', '.join(spared)}.")
        said.append(f"{name}: {_worst_sureness(stressed)}")
    idle = table[(table.stress != UNSTRESSED) & (table.changed == 0)].stress.unique()
    if len(idle):
        said.append(f"Nothing to change here: {', '.join(idle)}.")
    return said


def _cost_of(levels: pd.DataFrame) -> str:
    """What one stress costs, from the mildest level on which its interval shows; "" for none."""
    shown = levels[levels["cost low"] > 0]
    if shown.empty:
        return ""
    first, last = shown.iloc[0], levels.iloc[-1]
    if not first.unit:
        return f"{first.stress} ({_points(first)})"
    told = f"{first.stress} ({_points(first)} at {first.level:g} {first.unit}"
    if last.level != first.level:
        told += f", {_points(last)} at {last.level:g}"
    return f"{told})"


def _points(row: pd.Series) -> str:
    cost, low, high = (100 * row[f"cost{end}"] for end in _ENDS)
    return f"{cost:.1f} [{low:.1f}, {high:.1f}]"


def _span(row: pd.Series, score: str) -> str:
    return f"{row[score]:.3f} [{row[f'{score} low']:.3f}, {row[f'{score} high']:.3f}]"


def _worst_sureness(stressed: pd.DataFrame) -> str:
    """Where the model is the farthest from being right as often as it is sure.

    Of a stress that changed no utterance there is nothing to say: its rows are left out before.
    """
    if stressed.empty:
        return "nothing was changed."
    worst = stressed.loc[stressed.ece.idxmax()]
    where = worst.stress + (f" at {worst.level:g} {worst.unit}" if worst.unit else "")
    side = "too sure" if worst.confidence > worst.wa else "not sure enough"
    if worst["ece low"] <= worst["ece by luck"]:
        side = "no miscalibration is shown"
    elif f"{worst.confidence:.0%}" == f"{worst.wa:.0%}":
        side = "on average neither too sure nor not sure enough"
    return (
        f"calibration is worst under {where}: {worst.confidence:.0%} sure and {worst.wa:.0%} "
        f"right, {side}; ECE {_span(worst, 'ece')} (by luck {worst['ece by luck']:.3f})."
    )
