"""Does a row of scores point at the evidence? One measure, for captions and tables alike.

In: a row of numbers, one per step of sound, and the span of seconds in which the evidence lies.
Out: a `PointingScore`:

- *points*, the pointing game (Zhang et al. 2016): is the highest step inside? Tied steps share the
  point. Chance: the share of steps inside.
- *mass*: the share of the positive scores that lies inside (Attention correctness, Liu et al.
  2017). Same chance.
- *AUC*: does a step inside outrank one outside? Chance .5. It is a rank correlation: rank-biserial
  r = 2 AUC - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from torch import nn

from mcsan_lite.datasets.synthetic.reader import in_transcript_order
from mcsan_lite.errors import DataError
from mcsan_lite.explain.steps import step_spans


@dataclass(frozen=True)
class PointingScore:
    """Three scores of one row, each a share, and the chance that the first two have."""

    points: float
    mass: float
    auc: float
    chance: float


def inside_span(times: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Which times lie in a span, its end not included.

    Args:
        times: (A,) seconds.
        span: start and end, seconds.

    Returns:
        (A,) bool.
    """
    start, end = span
    return (times >= start) & (times < end)


def inside_of(
    model: nn.Module, count: int, span: tuple[float, float], *, hop_s: float = 0.010
) -> np.ndarray:
    """Which of the model's steps of sound have their middle in a span.

    Args:
        model: any model.
        count: how many steps there are, A.
        span: start and end, seconds.
        hop_s: seconds from one MFCC frame to the next, as in `Features.hop_s`.

    Returns:
        (A,) bool.
    """
    return inside_span(step_spans(model, count, hop_s=hop_s).mean(1), span)


def mass_inside(row: np.ndarray, inside: np.ndarray) -> float:
    """The share of the positive scores that lies inside; chance where no score is positive.

    Args:
        row: (A,) scores.
        inside: (A,) True where a step lies in the span.
    """
    positive = row.clip(min=0)
    if not positive.any():
        return int(inside.sum()) / inside.size
    return float(positive[inside].sum() / positive.sum())


def pointing_score(row: np.ndarray, inside: np.ndarray) -> PointingScore | None:
    """Score one row.

    Args:
        row: (A,) scores, finite.
        inside: (A,) True where a step lies in the span.

    Returns:
        The score; None where no step or every step is inside: then there is nothing to find.

    Raises:
        DataError: for scores that are no finite number.
    """
    from scipy.stats import rankdata

    row, inside = np.asarray(row, float), np.asarray(inside, bool)
    if not np.isfinite(row).all():
        raise DataError(
            f"scores that are no number ({np.sum(~np.isfinite(row))} of {row.size} frames)",
            "a finite score per frame",
            "give frames that do not count a score of 0.",
        )
    if not inside.any() or inside.all():
        return None
    k, n = int(inside.sum()), inside.size
    highest = row == row.max()
    ranks_inside = rankdata(row)[inside].sum() - k * (k + 1) / 2
    return PointingScore(
        points=float(inside[highest].mean()),
        mass=mass_inside(row, inside),
        auc=float(ranks_inside / (k * (n - k))),
        chance=k / n,
    )


class DecisiveSpan(NamedTuple):
    """Where the word is said on which the emotion of a synthetic utterance hangs."""

    token: int  # its number among the tokens
    seconds: tuple[float, float]  # start and end


def decisive_span(truth: pd.Series) -> DecisiveSpan | None:
    """The decisive word's span, from one row of `read_truth`, or None where no word decides."""
    if pd.isna(truth.decisive) or not isinstance(truth.times, list):
        return None
    token = int(truth.decisive)
    _, start, end = in_transcript_order(truth, truth.times)[token]
    return DecisiveSpan(token, (start, end))


def other_spans(truth: pd.Series) -> list[tuple[float, float]]:
    """Where all other words of the transcript are said, in seconds.

    Args:
        truth: a row of `read_truth` with a decisive word, as for `decisive_span`.
    """
    spoken = in_transcript_order(truth, truth.times)
    decisive = int(truth.decisive)
    return [(start, end) for token, (_, start, end) in enumerate(spoken) if token != decisive]
