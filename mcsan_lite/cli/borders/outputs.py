"""Where results go: a place that cannot be written is refused before anything is computed for it.

In: what was typed after --out. Out: the path; or a refusal.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from mcsan_lite.errors import DataError


def csv_file(name: str) -> Path:
    """Where --out puts a table. Raises DataError for a name with another ending, or a folder."""
    if Path(name).suffix.lower() != ".csv":
        raise DataError(f"--out {name}", "a file that ends in .csv", "name it so: --out NAME.csv")
    return single_file(name, "--out NAME.csv")


def single_file(name: str, example: str) -> Path:
    """Where --out puts a single file.

    Args:
        name: as it was typed.
        example: how the option is written, for a refusal.

    Raises:
        DataError: for a folder, and below a file.
        OSError: where nothing can be written.
    """
    path = Path(name)
    if path.is_dir():
        raise DataError(f"--out {name}, which is a folder", "the name of a file", example)
    _require_writable(path.absolute().parent, name)
    return path


def several_files(name: str, example: str) -> Path:
    """Where --out puts files that share a name and differ in their endings.

    Args:
        name: as it was typed, without an ending.
        example: how the option is written, for a refusal.

    Raises:
        DataError: for what is no name, and below a file.
        OSError: where nothing can be written.
    """
    path = Path(name)
    if path.name in ("", ".."):
        raise DataError(f"--out {name!r}", "a name for the files, without ending", example)
    _require_writable(path.absolute().parent, name)
    return path


def tables_folder(name: str | None, runs: Path | str) -> Path:
    """Where --out puts the files of a table.

    Args:
        name: as it was typed; without one, it is tables, below the results.
        runs: the folder of results.

    Raises:
        DataError: for a file, and below a file.
        OSError: where nothing can be written.
    """
    return results_folder(name) if name else Path(runs) / "tables"


def results_folder(name: Path | str) -> Path:
    """Where --out puts many files. It is made when they are written.

    Args:
        name: as it was typed.

    Raises:
        DataError: for a file, and below a file.
        OSError: where nothing can be written.
    """
    _require_writable(Path(name).absolute(), str(name))
    return Path(name)


def _require_writable(folder: Path, name: str) -> None:
    """Refuse what is below a file, or in a folder that may not be written."""
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if not there.is_dir():
        raise DataError(
            f"--out {name}, where {there} is a file",
            "a folder, or a name that is not taken",
            "choose another one for --out.",
        )
    if not os.access(there, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
