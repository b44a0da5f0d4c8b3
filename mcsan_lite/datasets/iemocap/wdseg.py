"""Write a word alignment in IEMOCAP's format, Sphinx-3's .wdseg, for the simulated release.

In: the words that a voice said and when each one starts, in seconds. Out: the text of a .wdseg.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_HEADER = f"\t{'SFrm':>5} {'EFrm':>5} {'SegAScr':>10} Word\n"
_FRAMES_PER_S = 100
_LEADING_FRAMES = 3  # the fewest frames of <s>
_TRAILING_FRAMES = 5  # what the voice leaves after the last word


class HeardWord(NamedTuple):
    """A spoken word, the silence before it, and how it is written. A filler is not written."""

    heard: str
    pause_ms: int
    written: str | None


class _Segment(NamedTuple):
    start: int  # first frame
    stop: int  # the frame after the last one
    name: str

    def line(self) -> str:
        return f"\t{self.start:5d} {self.stop - 1:5d} {self.score:10d} {self.name}\n"

    @property
    def score(self) -> int:
        """An invented acoustic score: the longer, the lower."""
        return -36_000 - 700 * (self.stop - self.start)


def _last_frame(end_s: float) -> int:
    return int(end_s * _FRAMES_PER_S + 1e-6)  # 0.29 * 100 is a hair under 29


def _word_edges(starts_s: list[float], end_s: float) -> list[int]:
    """The first frame of each word, and the frame after the last word.

    Every word gets at least one frame, so words that share an event of the voice start up to a few
    frames late.
    """
    last_frame = _last_frame(end_s)
    index = np.arange(len(starts_s) + 1)
    edges = np.rint(_FRAMES_PER_S * np.array([*starts_s, end_s])).astype(int)
    edges = np.maximum.accumulate(np.maximum(edges - index, _LEADING_FRAMES)) + index
    return np.minimum(edges, last_frame - _TRAILING_FRAMES - index[::-1]).tolist()


def _segment_name(word: HeardWord, start: int) -> str:
    if not word.written:
        return f"++{word.heard.upper()}++"
    variant = "(2)" if word.written in ("the", "and") and start % 2 else ""
    return f"{word.written.upper()}{variant}"


def wdseg_text(words: list[HeardWord], starts_s: list[float], end_s: float) -> str:
    """The text of a .wdseg: frames of 10 ms with inclusive ends, without a hole.

    Args:
        words: what was said, in order.
        starts_s: the start of each word, in seconds.
        end_s: the length of the clip, in seconds.
    """
    edges = _word_edges(starts_s, end_s)
    segments = [_Segment(0, edges[0], "<s>")]
    for i, word in enumerate(words):
        start, stop = edges[i], edges[i + 1]
        before = segments[-1]
        silent = min(word.pause_ms // 10, before.stop - before.start - 1)
        if i > 0 and silent > 0:
            segments[-1] = before._replace(stop=start - silent)
            segments.append(_Segment(start - silent, start, "<sil>"))
        segments.append(_Segment(start, stop, _segment_name(word, start)))
    segments.append(_Segment(edges[-1], _last_frame(end_s), "</s>"))
    total = sum(segment.score for segment in segments)
    body = "".join(segment.line() for segment in segments)
    return f"{_HEADER}{body} Total score: {total:11d}\n"
