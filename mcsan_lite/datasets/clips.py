"""What is in a corpus's audio files.

In: utterances with a clip. Out: for each, a few numbers, or the reason why its file cannot be used.
Each file is opened once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.audio import content_digest, survey
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.parallel.jobs import fan_out_chunks

# What comes later is not heard (paper, section 3.2).
_CUT_S = FeatureConfig().max_frames * FeatureConfig().hop_s
_SHORT_S = 0.3  # hardly a word; after 9× pooling three positions are left


class Clip(NamedTuple):
    """What one file holds: numbers, no samples.

    Attributes:
        problem: why it cannot be used; "" where it can.
        seconds: its length.
        rate: samples per second.
        channels: how many it has.
        digest: of the file's bytes.
        remarks: what is odd about its sound.
    """

    problem: str = ""
    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    digest: str = ""
    remarks: tuple[str, ...] = ()


def open_clip(path: Path) -> Clip:
    """Read one file at its own rate, to its end, without keeping a sample.

    Resampling would take most of the time and change no answer.
    """
    try:
        recording = survey(path)
        digest = content_digest(path).hex()[:32]
    except DataError as error:
        return Clip(error.given)
    return Clip(
        seconds=recording.seconds,
        rate=recording.rate,
        channels=recording.channels,
        digest=digest,
        remarks=recording.level.remarks(),
    )


def open_clips(
    utterances: Sequence[Utterance], *, fast: bool = False, jobs: int = 1
) -> dict[str, Clip]:
    """The clip of each utterance, by its id.

    Args:
        utterances: all of them with `audio`.
        fast: only ask whether the file is there.
        jobs: how many processes decode at the same time.
    """
    paths = [u.audio for u in utterances]
    if fast:
        clips = [_there(path) for path in paths]
    else:
        clips = fan_out_chunks(open_clip, [(path,) for path in paths], jobs=jobs, desc="clips")
    return dict(zip((u.id for u in utterances), clips, strict=True))


def _there(path: Path) -> Clip:
    return Clip("" if os.path.isfile(path) else f"no audio file at {path}")


def durations(clips: Iterable[Clip]) -> dict | None:
    """How long clips are, for a report.

    Returns:
        Length of all together and of the shortest, median and longest; how many are longer than the
        paper listens and what share of all sound that leaves out; how many hold hardly a word. None
        where no clip was opened.
    """
    seconds = np.array([clip.seconds for clip in clips if clip.seconds])
    if not len(seconds):
        return None
    least, median, p95, most = np.percentile(seconds, [0, 50, 95, 100]).round(4).tolist()
    unheard = np.maximum(0, seconds - _CUT_S)
    return {
        "hours": round(float(seconds.sum()) / 3600, 4),
        "min_s": least,
        "median_s": median,
        "p95_s": p95,
        "max_s": most,
        "over_cut": int((unheard > 0).sum()),
        "cut_s": _CUT_S,
        "lost_share": round(float(unheard.sum() / seconds.sum()), 4),
        "short": int((seconds < _SHORT_S).sum()),
        "short_s": _SHORT_S,
    }
