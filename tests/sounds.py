"""A sound that every test of audio can use."""

import numpy as np

RATE = 16_000


def tone(seconds=0.7, rate=RATE, hertz=220.0, seed=5):
    t = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(t))
    return (0.3 * np.sin(2 * np.pi * hertz * t) + 0.02 * noise).astype(np.float32)
