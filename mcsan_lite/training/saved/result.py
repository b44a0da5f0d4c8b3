"""What metrics.json says of a finished fold, read through one door.

In: the file. Out: its values, with the types and ranges that the tables count on; or a refusal that
names the file. A power loss or a copy may have damaged it: the fold then counts as unfinished.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

from mcsan_lite.errors import DataError

_FILE = "metrics.json"
_NAMES = ("name", "model", "corpus", "protocol", "fold", "split")
_COUNTS = ("seed", "n_train", "n_test")
_SHARES = ("wa", "ua", "weighted_f1", "macro_f1")
# Floors are without these.
_MORE_NAMES = ("device", "processor", "torch")
_MORE_COUNTS = ("best_epoch", "peeked_epoch", "epochs", "parameters")
_MORE_SHARES = ("peeked_wa", "peeked_ua", "peeked_weighted_f1", "peeked_macro_f1")
_TIMES = ("seconds", "seconds_per_epoch")


def read_result(file: Path) -> dict[str, object]:
    """The values of a fold's metrics.json.

    Args:
        file: the metrics.json.

    Raises:
        DataError: where it is not there or damaged.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _damaged(file, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(file, f"no JSON ({str(error) or type(error).__name__})") from None
    if not isinstance(values, dict):
        raise _damaged(file, "no result")
    missing = [name for name in (*_NAMES, *_COUNTS, *_SHARES) if name not in values]
    if missing:
        raise _damaged(file, f"nothing about {', '.join(missing)}")
    for name, value in values.items():
        if not _is_possible(name, value):
            raise _damaged(file, f"{name} = {value!r:.60}")
    return values


def _damaged(file: Path, what: str) -> DataError:
    return DataError(
        f"{file} with {what}",
        "the result of a finished fold, as training writes it",
        "run the same command again: the fold counts as unfinished and is trained again. Or copy "
        "the file from where it is whole.",
    )


def _is_possible(name: str, value: object) -> bool:
    """Whether a value is of the type and range that its name calls for."""
    if name in _NAMES or name in _MORE_NAMES:
        return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name in _COUNTS or name in _MORE_COUNTS:
        return is_number and isinstance(value, int) and 0 <= value < 2**63
    if name in _SHARES or name in _MORE_SHARES:
        return is_number and 0 <= value <= 1
    if name in _TIMES:
        return is_number and 0 <= value < 1e12
    return isinstance(value, str | int | float | None)


def result_is_there(folder: Path) -> bool:
    """Whether a fold is finished. One whose result is damaged is not, and a warning names the file.

    Args:
        folder: of the fold.
    """
    return whole_result(folder) is not None


def finished_folds(home: Path) -> list[Path]:
    """The folders of a run's finished folds, by name."""
    return [file.parent for file in sorted(home.glob(f"*/{_FILE}")) if result_is_there(file.parent)]


def whole_result(folder: Path) -> dict[str, object] | None:
    """The values of a fold's metrics.json; None where there are none.

    A damaged file gives a warning that names it, and counts as none.

    Args:
        folder: of the fold.
    """
    file = Path(folder) / _FILE
    if not file.exists():
        return None
    try:
        return read_result(file)
    except DataError as error:
        warnings.warn(str(error), stacklevel=2)
        return None
