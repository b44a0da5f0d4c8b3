"""The face of the synthetic corpus: 17 action-unit intensities, 25 frames a second, driven by the factors of the label.

Three things show: the *sense* of the decisive word, whether it is *stressed*, and the *arousal* of the utterance. Each of
them shows something else than the truth with a known chance, so that what video alone can reach is known; the noise of a
single frame is small beside what shows. One thing never lies: the mouth opens at the decisive word, so the face also tells
which stretch of sound decides. Nothing of the words themselves is on the lips. Which units move is this generator's choice.
"""

from __future__ import annotations

import numpy as np

from mcsan_lite.features.video import ACTION_UNITS

RATE = 25  # frames a second
SENSES = ("negative", "positive", "none")
WIDTH_S = 0.12  # standard deviation of a movement in time
# what moves at the decisive word, by what it shows; and what is held all along
MOVES = {
    "negative": ("AU04_r", "AU15_r", "AU17_r"),
    "positive": ("AU06_r", "AU12_r"),
    "none": (),
    "stress": ("AU01_r", "AU02_r", "AU05_r"),
    "mouth": ("AU25_r", "AU26_r"),
    "arousal": ("AU07_r", "AU20_r", "AU23_r"),
}
STRENGTH, HELD = 2.0, {"high": 1.3, "low": 0.4}  # OpenFace's scale: 0 to 5


def shown(plan: dict, noise: float, stress_share: float, rng: np.random.Generator) -> dict:
    """What the face shows of an utterance's plan: sense, stress, arousal, and place, an index into its targets. Without a
    decisive word the place is any of them, and stress shows as often as on a word that decides nothing."""
    sense, arousal = plan["sense"], plan["arousal"]
    if plan["decisive"] is None:
        place, stress = int(rng.integers(len(plan["targets"]))), bool(rng.random() < stress_share)
    else:
        place = plan["targets"].index(plan["decisive"])
        stress = plan["stressed"][place]
    lies = rng.random(3) < noise
    if lies[0]:
        sense = [s for s in SENSES if s != sense][rng.integers(2)]
    if lies[2]:
        arousal = "low" if arousal == "high" else "high"
    return {"sense": sense, "stress": bool(stress != lies[1]), "arousal": arousal, "place": place}


def film(seen: dict, middle_s: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """(V, 17) intensities of what `shown` gave, V = 25 a second; `middle_s` is the middle of the word at its place."""
    frames = max(1, round(seconds * RATE))
    bump = STRENGTH * np.exp(-0.5 * np.square((np.arange(frames) / RATE - middle_s) / WIDTH_S))
    rows = np.abs(rng.normal(0, 0.2, (frames, len(ACTION_UNITS))))

    def add(units: tuple[str, ...], amount: np.ndarray | float) -> None:
        rows[:, [ACTION_UNITS.index(name) for name in units]] += np.reshape(amount, (-1, 1))

    add(MOVES["mouth"] + MOVES[seen["sense"]] + (MOVES["stress"] if seen["stress"] else ()), bump)
    add(MOVES["arousal"], HELD[seen["arousal"]])
    add(("AU45_r",), STRENGTH * (rng.random(frames) < 0.01))  # a blink says nothing
    return rows.clip(0, 5).round(2).astype(np.float32)
