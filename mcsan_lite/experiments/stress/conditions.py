"""Which stresses there are, and how strong they come: the whole list of `mcsan stress`.

In: names that somebody asks for. Out: conditions, each a stress at one level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mcsan_lite.errors import require_name
from mcsan_lite.features.sound import stressed as sound


@dataclass(frozen=True)
class Stress:
    """Something that the world does to an input.

    Attributes:
        name: as it is asked for.
        hits: what is changed: the sound, the words, or which of them there are.
        unit: of the levels, as it is written after a number; "" where there is one level alone.
        levels: from mild to severe; `mcsan stress` runs all of them.
        change: of a recording: (signal, rate, level, rng) -> signal. None for words, which
            `trial` changes by name.
    """

    name: str
    hits: Literal["sound", "words", "both"]
    unit: str
    levels: tuple[float, ...]
    change: Callable | None = None


CONFLICT = Stress("conflict", "both", "", (1.0,))
STRESSES = (
    Stress("white noise", "sound", "dB SNR", (30, 20, 10, 0), sound.with_white_noise),
    Stress("speech noise", "sound", "dB SNR", (20, 10, 0), sound.with_speech_noise),
    Stress("gain", "sound", "dB", (-6, -12, -24), sound.with_gain),
    Stress("clipping", "sound", "of samples", (0.01, 0.05, 0.2), sound.clipped),
    Stress("band limit", "sound", "Hz, upper edge", (6000, 3400, 2000, 1000), sound.band_limited),
    Stress("reverberation", "sound", "s RT60", (0.2, 0.5, 1, 2), sound.reverberated),
    Stress("silence", "sound", "s on each side", (0.25, 1, 2), sound.between_silences),
    Stress("words dropped", "words", "of words", (0.1, 0.25, 0.5)),
    Stress("words misheard", "words", "of words", (0.1, 0.25, 0.5)),
    Stress("no punctuation", "words", "", (1.0,)),
    Stress("no sound", "both", "", (1.0,)),
    Stress("no words", "both", "", (1.0,)),
    CONFLICT,
)


class Condition(NamedTuple):
    """One stress at one level; None and 0.0 for the input as it is."""

    stress: Stress | None = None
    level: float = 0.0


CLEAN = Condition()


def stresses_named(names: Sequence[str] | None) -> tuple[Stress, ...]:
    """The stresses that are asked for, in the order of the list.

    Args:
        names: of `STRESSES`; None for all of them.

    Raises:
        DataError: for a name that is not in the list.
    """
    if names is None:
        return STRESSES
    known = [stress.name for stress in STRESSES]
    wanted = {require_name(name, known, "stress") for name in names}
    return tuple(stress for stress in STRESSES if stress.name in wanted)


def conditions_of(stresses: Sequence[Stress]) -> list[Condition]:
    """The input as it is, then each stress at each of its levels; the conflict is not among them.

    Conflict has no single right answer, so it has no curve: `contest` counts what is followed.
    """
    return [
        CLEAN,
        *(
            Condition(stress, float(level))
            for stress in stresses
            if stress is not CONFLICT
            for level in stress.levels
        ),
    ]
