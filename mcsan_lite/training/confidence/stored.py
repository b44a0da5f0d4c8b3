"""The calibration error of finished folds, from the predictions that lie in their folders.

In: results as `load_results` reads them. Out: the same with a column more. Nothing is predicted
again: these are the probabilities as trained, before any temperature.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.calibration import expected_calibration_error
from mcsan_lite.tables.predictions import load_predictions


def with_calibration_error(results: pd.DataFrame) -> pd.DataFrame:
    """Results with the column ece: expected calibration error on the test part, as trained.

    Args:
        results: one row per training, with its folder.

    Returns:
        A copy. A fold whose predictions are not there or damaged has nan.
    """
    return results.assign(ece=[_error_of(Path(folder)) for folder in results.folder])


def _error_of(folder: Path) -> float:
    try:
        found = load_predictions(folder / "predictions.csv")
        return expected_calibration_error(found.prob, found.true)
    except (DataError, ValueError):
        return float("nan")
