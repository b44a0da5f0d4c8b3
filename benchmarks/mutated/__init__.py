"""The files that `mutations.py` damages: a small whole one of every kind, and what reads it.

Everything is made here, by the package's own writers or by hand; nothing comes from anybody's
corpus.
"""

from __future__ import annotations

from pathlib import Path

from mutated import binaries, texts
from mutated.kinds import Kind


def every_kind(folder: Path) -> list[Kind]:
    """A whole file of every kind, below `folder`."""
    makers = (
        binaries.arrays,
        binaries.cached,
        binaries.checkpoints,
        texts.results,
        binaries.sounds,
        binaries.films,
        texts.tables,
        texts.corpora,
        texts.vectors,
        binaries.packed,
    )
    kinds: list[Kind] = []
    for make in makers:
        place = folder / make.__name__
        place.mkdir()
        kinds += make(place)
    return kinds
