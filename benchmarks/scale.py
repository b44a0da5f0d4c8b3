"""(e) One epoch as the corpus grows to 100,000 utterances: CPU seconds an utterance, and the memory
that the process owns.

Features are random numbers of the synthetic corpus's lengths, stored as
`mcsan_lite.features.extraction` stores them: one file, read as needed. Pages of that file are the
system's to drop and do not count; what does is anonymous memory, sampled while training.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from mcsan_lite.training.loop import TrainingData

SIZES = (1_000, 10_000, 100_000)


def stored(n: int, folder: Path):
    """n utterances of about 213 frames below `folder`, as views into one file."""
    from mcsan_lite import cache
    from mcsan_lite.features.extraction import Features

    random = np.random.default_rng(0)
    lengths = random.integers(106, 320, n)
    block = random.standard_normal((320, 40), np.float32)
    counts = lengths.tolist()
    cache.store_rows(folder, "frames", cache.Rows(counts, (block[:t] for t in counts), 40))
    frames = cache.load_rows(folder, "frames").arrays
    words = random.standard_normal((8, 50), np.float32)
    return [
        Features(f"u{i}", array, words, ("word",) * 8, "abcdefg"[i % 7])
        for i, array in enumerate(frames)
    ]


def own_memory() -> float:
    """Anonymous memory of this process in MB (Linux), without the pages of mapped files."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon"))


def one_epoch(n: int) -> dict[str, float]:
    import torch

    from mcsan_lite.features.batch import Dims, Standardizer
    from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
    from mcsan_lite.training.config import TrainConfig
    from mcsan_lite.training.loop import fit

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = stored(n, Path(folder))
        model = MCSAN(Dims(40, 50, 7), MCSANConfig(hidden=16, heads=2, feedforward=2))
        warm = TrainConfig(epochs=1, batch_size=64)
        fit(model, TrainingData(data[:256], data[:7], "abcdefg"), warm)
        peak, done = [own_memory()], threading.Event()
        before = peak[0]

        def watch() -> None:
            while not done.wait(0.05):
                peak.append(own_memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.process_time()
        try:
            fit(model, TrainingData(data, data[:7], "abcdefg", Standardizer().fit(data)), warm)
            seconds = time.process_time() - start
        finally:  # a watcher that nobody stops would keep the process alive
            done.set()
            watcher.join()
        size = sum(len(f.audio) for f in data) * 160 / 1e6
    return {
        "utterances": n,
        "seconds": seconds,
        "ms_an_utterance": seconds / n * 1e3,
        "features_on_disk_mb": size,
        "memory_before_mb": before,
        "memory_added_mb": max(peak) - before,
    }


def measure() -> list[dict[str, float]]:
    return [
        json.loads(
            subprocess.run(
                [sys.executable, __file__, str(n)],
                check=True,
                capture_output=True,
                encoding="utf-8",
            ).stdout
        )
        for n in SIZES
    ]


if __name__ == "__main__":
    print(json.dumps(one_epoch(int(sys.argv[1])) if len(sys.argv) > 1 else measure()))
