"""All files below a folder, for the readers of corpora that are unpacked anywhere.

In: a folder. Out: the names of the files in it and below it. Linked folders are followed, and no
folder is entered twice, so that a link to a folder above is no trap.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from mcsan_lite.errors import DataError


def files_below(root: Path, depth: int | None = None) -> list[str]:
    """Everything in `root` and below that is no folder, named from `root` on, sorted.

    Hidden folders are not entered. Where a folder is also linked, it has the name without a link.

    Args:
        root: the folder.
        depth: so many levels of folders below it are entered; None: all.

    Raises:
        DataError: for a folder that cannot be read.
    """
    files: list[str] = []
    entered: set[tuple[int, int]] = set()
    waiting, linked = deque([("", 0)]), deque()
    try:
        while waiting or linked:
            prefix, level = waiting.popleft() if waiting else linked.popleft()
            folder = root / prefix
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.is_dir():  # it follows links
                        files.append(prefix + entry.name)
                    elif level != depth and not entry.name.startswith("."):
                        later = linked if entry.is_symlink() else waiting
                        later.append((f"{prefix}{entry.name}/", level + 1))
    except OSError as error:
        raise DataError(
            f"{error.filename}: {error.strerror}",
            f"folders in {root} that can be read",
            "check the path and its permissions.",
        ) from None
    return sorted(files)
