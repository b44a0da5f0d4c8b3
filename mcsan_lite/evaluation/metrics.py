"""The field's scores. WA is overall accuracy, UA is mean recall; neither is ever a precision.

In: two lists of class numbers, the true and the predicted ones, one pair per utterance. Out:
scores as shares (0 to 1), and tables of counts.

Names differ between papers, and a whole table of this literature was once precision under the name
of accuracy (the AMH authors' own notice). So each score has its own function, there is no switch,
and a test is named after it. scikit-learn is imported where a score is computed: it takes a second,
and a prediction needs none.

Next in the spine: `explain.maps`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd


def _checked(true: Sequence[int], pred: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    true, pred = np.asarray(true), np.asarray(pred)
    if true.shape != pred.shape or true.ndim != 1 or not len(true):
        raise ValueError(
            f"Given: {true.shape} true and {pred.shape} predicted labels. "
            "Expected: two equally long, non-empty lists. "
            "Do: score exactly the utterances that were predicted."
        )
    return true, pred


def wa(true: Sequence[int], pred: Sequence[int]) -> float:
    """WA, weighted accuracy: the share of utterances that are right (overall accuracy).

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
    """
    true, pred = _checked(true, pred)
    return float(np.mean(true == pred))


def ua(true: Sequence[int], pred: Sequence[int]) -> float:
    """UA, unweighted accuracy: recall averaged over the classes that occur in `true`.

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
    """
    from sklearn.metrics import recall_score

    true, pred = _checked(true, pred)
    return float(recall_score(true, pred, labels=np.unique(true), average="macro", zero_division=0))


def weighted_f1(true: Sequence[int], pred: Sequence[int]) -> float:
    """F1 of each class, averaged with the class's share of `true` as weight (MELD's score).

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
    """
    from sklearn.metrics import f1_score

    true, pred = _checked(true, pred)
    return float(f1_score(true, pred, average="weighted", zero_division=0))


def macro_f1(true: Sequence[int], pred: Sequence[int]) -> float:
    """F1 averaged over the classes that occur in `true`, each with the same weight.

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
    """
    from sklearn.metrics import f1_score

    true, pred = _checked(true, pred)
    return float(f1_score(true, pred, labels=np.unique(true), average="macro", zero_division=0))


def confusion(true: Sequence[int], pred: Sequence[int], classes: int) -> np.ndarray:
    """Count how often each class was taken for each other one.

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
        classes: how many classes there are, C.

    Returns:
        (C, C) counts: a row is a true class, a column a predicted one.
    """
    from sklearn.metrics import confusion_matrix

    true, pred = _checked(true, pred)
    return confusion_matrix(true, pred, labels=np.arange(classes))


def scores(true: Sequence[int], pred: Sequence[int], *, classes: int) -> dict[str, float]:
    """WA, UA, weighted and macro F1 by name.

    It warns when a class has no true utterance, since UA and macro F1 then leave this class out.

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
        classes: how many classes there are.
    """
    absent = sorted(set(range(classes)) - set(np.asarray(true).tolist()))
    if absent:
        warnings.warn(
            f"class {absent} has no utterance here: UA and macro F1 average over the others",
            stacklevel=2,
        )
    return {
        "wa": wa(true, pred),
        "ua": ua(true, pred),
        "weighted_f1": weighted_f1(true, pred),
        "macro_f1": macro_f1(true, pred),
    }


def per_class(true: Sequence[int], pred: Sequence[int], labels: Sequence[str]) -> pd.DataFrame:
    """Precision, recall, F1 and n of every class, and how often it was predicted.

    Args:
        true: (N,) class numbers.
        pred: (N,) predicted class numbers, in the same order.
        labels: (C,) names of the classes, in the order of their numbers.

    Returns:
        One row per class; columns precision, recall, f1, n, predicted.
    """
    from sklearn.metrics import precision_recall_fscore_support

    true, pred = _checked(true, pred)
    columns = precision_recall_fscore_support(
        true, pred, labels=np.arange(len(labels)), zero_division=0
    )
    table = pd.DataFrame(
        np.stack(columns, 1), index=list(labels), columns=["precision", "recall", "f1", "n"]
    )
    table["predicted"] = np.bincount(pred, minlength=len(labels))
    return table.astype({"n": int, "predicted": int})
