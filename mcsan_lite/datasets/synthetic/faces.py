"""The face of the synthetic corpus: 17 action-unit intensities, 25 frames per second.

In: the plan of an utterance. Out: what the face shows of it, and the frames. Three things show: the
*sense* of the decisive word, whether it is *stressed*, and the *arousal* of the utterance. Each of
them shows something else than the truth with a known chance, so that what video alone can reach is
known; the noise of a single frame is small beside what shows. One thing never lies: the mouth opens
at the decisive word, so the face also tells which stretch of sound decides. Nothing of the words
themselves is on the lips. Which units move is this generator's choice.
"""

from __future__ import annotations

import numpy as np

from mcsan_lite.features.video import ACTION_UNITS

_RATE = 25  # frames per second
SENSES = ("negative", "positive", "none")
_WIDTH_S = 0.12  # standard deviation of a movement in time
# What moves at the decisive word, by what it shows; and what is held all along.
MOVES = {
    "negative": ("AU04_r", "AU15_r", "AU17_r"),
    "positive": ("AU06_r", "AU12_r"),
    "none": (),
    "stress": ("AU01_r", "AU02_r", "AU05_r"),
    "mouth": ("AU25_r", "AU26_r"),
    "arousal": ("AU07_r", "AU20_r", "AU23_r"),
}
# On OpenFace's scale, 0 to 5.
_STRENGTH = 2.0
_HELD = {"high": 1.3, "low": 0.4}


def shown(plan: dict, noise: float, stress_share: float, rng: np.random.Generator) -> dict:
    """What the face shows of an utterance.

    Args:
        plan: of the utterance.
        noise: chance that sense, stress or arousal shows something else than the truth.
        stress_share: chance that a word which decides nothing is stressed.
        rng: where all draws come from.

    Returns:
        Its sense, stress, arousal, and place, an index into the plan's targets. Without a decisive
        word the place is any of them, and stress shows as often as on a word that decides nothing.
    """
    if plan["decisive"] is None:
        place = int(rng.integers(len(plan["targets"])))
        stress = bool(rng.random() < stress_share)
    else:
        place = plan["targets"].index(plan["decisive"])
        stress = plan["stressed"][place]
    sense_lies, stress_lies, arousal_lies = rng.random(3) < noise
    sense, arousal = plan["sense"], plan["arousal"]
    if sense_lies:
        others = [other for other in SENSES if other != sense]
        sense = others[rng.integers(2)]
    if arousal_lies:
        arousal = "low" if arousal == "high" else "high"
    stress = bool(stress != stress_lies)
    return {"sense": sense, "stress": stress, "arousal": arousal, "place": place}


def film(shows: dict, middle_s: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """The frames of an utterance.

    Args:
        shows: what `shown` gave.
        middle_s: middle of the word at its place, in seconds.
        seconds: length of the utterance.
        rng: where all draws come from.

    Returns:
        (V, 17) intensities of ACTION_UNITS, V = 25 per second.
    """
    frames = max(1, round(seconds * _RATE))
    distance_s = np.arange(frames) / _RATE - middle_s
    bump = _STRENGTH * np.exp(-0.5 * np.square(distance_s / _WIDTH_S))
    rows = np.abs(rng.normal(0, 0.2, (frames, len(ACTION_UNITS))))

    def add(units: tuple[str, ...], amount: np.ndarray | float) -> None:
        columns = [ACTION_UNITS.index(name) for name in units]
        rows[:, columns] += np.reshape(amount, (-1, 1))  # (V, 1), or (1, 1) for all frames

    moving = MOVES["mouth"] + MOVES[shows["sense"]]
    if shows["stress"]:
        moving += MOVES["stress"]
    add(moving, bump)
    add(MOVES["arousal"], _HELD[shows["arousal"]])
    add(("AU45_r",), _STRENGTH * (rng.random(frames) < 0.01))  # a blink says nothing
    return rows.clip(0, 5).round(2).astype(np.float32)
