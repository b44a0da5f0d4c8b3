"""What is in a corpus's audio files: each is opened once, and becomes a few numbers or the reason why it cannot be used."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.audio import decode, read_bytes
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.parallel import fan_out_chunks

CUT_S = (
    FeatureConfig().max_frames * FeatureConfig().hop_s
)  # paper 3.2: what comes later is not heard
SHORT_S = 0.3  # hardly a word; after 9× pooling three positions are left


class Clip(NamedTuple):
    """What one file holds: numbers, no samples. `problem` is why it cannot be used, "" where it can."""

    problem: str = ""
    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    digest: str = ""  # of the file's bytes


def open_clip(path: Path) -> Clip:
    """Decode one file at its own rate: resampling would take most of the time and change no answer."""
    try:
        data = read_bytes(path)
        recording = decode(path, data)
        seconds = len(recording.signal) / recording.rate
        digest = hashlib.sha256(data).hexdigest()[:32]
        return Clip("", seconds, recording.rate, recording.channels, digest)
    except DataError as error:
        return Clip(error.given)


def look(utterances: Sequence[Utterance], *, fast: bool = False, jobs: int = 1) -> dict[str, Clip]:
    """{id: its clip} of utterances that all have one; `fast` only asks whether the file is there."""
    paths = [u.audio for u in utterances]
    if fast:
        found = [Clip("" if os.path.isfile(path) else f"no audio file at {path}") for path in paths]
    else:
        calls = [(path,) for path in paths]
        found = fan_out_chunks(open_clip, calls, jobs=jobs, desc="clips")
    return dict(zip((u.id for u in utterances), found, strict=True))


def durations(clips: Iterable[Clip]) -> dict | None:
    """How long these are, how many are longer than the paper listens and what share of all sound that leaves out, how many
    hold hardly a word. None where no clip was opened."""
    seconds = np.array([c.seconds for c in clips if c.seconds])
    if not len(seconds):
        return None
    least, median, p95, most = np.percentile(seconds, [0, 50, 95, 100]).round(4).tolist()
    lost = np.maximum(0, seconds - CUT_S)
    return {
        "hours": round(float(seconds.sum()) / 3600, 4),
        "min_s": least,
        "median_s": median,
        "p95_s": p95,
        "max_s": most,
        "over_cut": int((lost > 0).sum()),
        "cut_s": CUT_S,
        "lost_share": round(float(lost.sum() / seconds.sum()), 4),
        "short": int((seconds < SHORT_S).sum()),
        "short_s": SHORT_S,
    }
