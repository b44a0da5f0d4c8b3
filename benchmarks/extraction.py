"""(c) Features of the same clips: a plain librosa loop, ours with an empty cache, ours again.

CPU seconds, one core.
"""

from __future__ import annotations

import tempfile
import time

import numpy as np

from mcsan_lite.experiments import corpora
from mcsan_lite.features.extraction import extract
from mcsan_lite.features.sound.loaded import librosa

CLIPS = 500


def plain(paths: list) -> list[np.ndarray]:
    """As one would first write it, with the same settings."""
    made = []
    for path in paths:
        signal, rate = librosa.load(path, sr=16_000)
        made.append(
            librosa.feature.mfcc(
                y=signal, sr=rate, n_mfcc=40, n_fft=400, hop_length=160, n_mels=64
            ).T
        )
    return made


def measure(data: str = "data") -> dict[str, float]:
    corpus = corpora.open_corpus(data=data)
    corpus = corpus.subset([u.id for u in corpus.utterances[:CLIPS]])
    paths = [u.audio for u in corpus.utterances]
    seconds = {}

    def clock(name: str, run):
        start = time.process_time()
        result = run()
        seconds[name] = time.process_time() - start
        return result

    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as other:
        plain(paths[:2])  # numba compiles on first use
        extract(corpus.subset([u.id for u in corpus.utterances[:2]]), cache=other)
        expected = clock("plain_librosa_s", lambda: plain(paths))
        clock("cold_s", lambda: extract(corpus, cache=cache))
        found = clock("warm_s", lambda: extract(corpus, cache=cache)[0])
        apart = max(float(np.abs(a - f.audio).max()) for a, f in zip(expected, found, strict=True))
    return {
        "clips": CLIPS,
        **seconds,
        "cold_ratio": seconds["plain_librosa_s"] / seconds["cold_s"],
        "warm_ratio": seconds["plain_librosa_s"] / seconds["warm_s"],
        "largest_difference_of_mfcc": apart,
    }


if __name__ == "__main__":
    print(measure())
