"""The clouds of several checkpoints in one folder: models of one training part share one file.

In: a cloud of training clips, and a folder. Out: a file that is named by its content, such as
sound-19a428d1c0.cloud; or the cloud again. It holds the center and the scale (float32) and the
lower triangle of the whitener (float16: a thousandth of a distance), and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from mcsan_lite.cache import write_atomic
from mcsan_lite.evaluation.likeness import TrainingCloud

_NAME = re.compile(r"sound-[0-9a-f]{10}\.cloud")


def keep_cloud(cloud: TrainingCloud, folder: Path) -> str:
    """Write a cloud, unless a model beside it has written the same.

    Args:
        cloud: what is kept.
        folder: of the checkpoints.

    Returns:
        The name of the file.
    """
    triangle = cloud.whitener[np.tril_indices(len(cloud.center))]
    parts = ((cloud.center, "<f4"), (cloud.scale, "<f4"), (triangle, "<f2"))
    content = b"".join(np.asarray(numbers).astype(kind).tobytes() for numbers, kind in parts)
    name = f"sound-{hashlib.sha256(content).hexdigest()[:10]}.cloud"
    path = folder / name
    if not path.is_file() or path.read_bytes() != content:
        write_atomic(path, lambda part: part.write_bytes(content))
    return name


def kept_cloud(name: str, count: int, folder: Path) -> TrainingCloud:
    """A cloud that was kept.

    Args:
        name: of its file.
        count: how many numbers describe a clip.
        folder: of the checkpoints.

    Raises:
        OSError: where the file is not there.
        ValueError: for a name that no cloud has, and for a file of another size or content.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a cloud named {name!r:.60}")
    inside = count * (count + 1) // 2
    with open(folder / name, "rb") as file:
        content = file.read(8 * count + 2 * inside + 1)
    digest = hashlib.sha256(content).hexdigest()[:10]
    if len(content) != 8 * count + 2 * inside or name != f"sound-{digest}.cloud":
        raise ValueError(f"{name}, which is damaged")
    center, scale = np.frombuffer(content, "<f4", 2 * count).astype(float).reshape(2, count)
    whitener = np.zeros((count, count))
    whitener[np.tril_indices(count)] = np.frombuffer(content, "<f2", inside, 8 * count)
    return TrainingCloud(center, scale, whitener)


def sweep_clouds(folder: Path) -> None:
    """Remove clouds that no confidence beside them names. Where one cannot be read, all stay.

    Args:
        folder: of the checkpoints.
    """
    named = set()
    for file in folder.glob("*.confidence.json"):
        try:
            sound = json.loads(file.read_text(encoding="utf-8"))["sound"] or {}
            named.add(sound.get("cloud"))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return
    for path in folder.glob("sound-*.cloud"):
        if _NAME.fullmatch(path.name) and path.name not in named:
            path.unlink(missing_ok=True)
