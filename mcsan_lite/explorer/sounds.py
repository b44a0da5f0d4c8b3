"""What can be explored: a sound with its transcript. And the one edit of the sound itself: pitch.

In: the start clips, a corpus, or the bytes of a recording. Out: each as an `Explorable`,
whose samples lie in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsan_lite.corpus import Corpus, Word
from mcsan_lite.datasets.synthetic.start.clips import StartClip, start_clips
from mcsan_lite.errors import DataError
from mcsan_lite.explorer.refusals import ExplorerRefusal
from mcsan_lite.features.audio import load_audio

MOST_BYTES = 50_000_000  # of a recording: an hour of speech as a browser packs it. A choice
_WINDOW = 512  # samples of one analysis window when pitch is shifted: 32 ms at 16 kHz. A choice
_FADE_S = 0.005  # how long the edges of an edited word are blended. A choice


@dataclass(frozen=True, eq=False)
class Explorable:
    """A sound and what is said in it.

    Attributes:
        id: its name in the list.
        signal: mono samples, (samples,).
        text: its transcript.
        words: the words with their times, where these are known.
        label: its class in its corpus; "" where there is none.
        clip: the start clip that it is; None for any other.
        recorded: whether it came in through the page.
    """

    id: str
    signal: np.ndarray
    text: str
    words: tuple[Word, ...] = ()
    label: str = ""
    clip: StartClip | None = None
    recorded: bool = False


def explorable_clips(sample_rate: int) -> list[Explorable]:
    """The four clips that come with the package, at this many samples per second."""
    found = []
    for clip in start_clips():
        signal = load_audio(clip.audio, sample_rate)
        found.append(Explorable(clip.id, signal, clip.text, clip.words, clip.label, clip))
    return found


def explorable_corpus(corpus: Corpus, sample_rate: int, max_s: float) -> list[Explorable]:
    """Every utterance of a corpus that has a clip and a transcript.

    Args:
        corpus: a small one: its sounds are held in memory. Take `corpus.subset(ids)`.
        sample_rate: samples per second.
        max_s: at most so much of each clip is used.

    Raises:
        DataError: where no utterance has both, and for a clip that cannot be used.
    """
    found = []
    for one in corpus.utterances:
        if one.audio is None or not one.text:
            continue
        seconds = max_s if one.max_s is None else min(max_s, one.max_s)
        signal = load_audio(one.audio, sample_rate, max_s=seconds)
        found.append(Explorable(one.id, signal, one.text, tuple(one.words), one.label))
    if not found:
        raise DataError(
            f"{corpus.name}, in which no utterance has both a clip and a transcript",
            "at least one with both",
            "take another corpus, or record your own voice.",
        )
    return found


def explorable_recording(
    name: str, data: bytes, text: str, sample_rate: int, max_s: float
) -> Explorable:
    """A recording as a browser hands it over: wav, webm, ogg, mp4, or what else the readers know.

    Args:
        name: what it is called in the list and in refusals.
        data: the file's bytes.
        text: its transcript.
        sample_rate: samples per second.
        max_s: what follows is not used.

    Raises:
        DataError: for bytes that are no sound, for silence, and for more than `MOST_BYTES`.
    """
    if len(data) > MOST_BYTES:
        raise ExplorerRefusal(
            "megabytes",
            name=name,
            megabytes=f"{len(data) / 1e6:.0f}",
            most=f"{MOST_BYTES / 1e6:.0f}",
            seconds=f"{max_s:.0f}",
        )
    try:
        signal = load_audio(Path(name), sample_rate, max_s=max_s, data=bytes(data))
    except DataError as error:
        parts = {"given": error.given, "expected": error.expected, "do": error.do}
        raise ExplorerRefusal("recording", **parts) from None
    return Explorable(name, signal, text, recorded=True)


def with_pitch(
    signal: np.ndarray, sample_rate: int, span: Sequence[float], semitones: float
) -> np.ndarray:
    """A copy in which one stretch is higher or lower, and as long as before.

    A phase vocoder does it (librosa). The formants move along, so a large step sounds like another
    speaker.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        span: where the stretch begins and ends, in seconds.
        semitones: 12 are an octave; below zero is lower.

    Returns:
        (samples,). The signal itself where the stretch is shorter than a window, 32 ms.
    """
    from mcsan_lite.features.sound.loaded import first_call, librosa

    first, last = (min(len(signal), max(0, round(t * sample_rate))) for t in span)
    if not semitones or last - first < _WINDOW:
        return signal
    stretch = signal[first:last]
    with first_call("pitch_shift"):
        shifted = librosa.effects.pitch_shift(
            stretch, sr=sample_rate, n_steps=semitones, n_fft=_WINDOW, hop_length=_WINDOW // 4
        )
    fade = min(round(_FADE_S * sample_rate), len(stretch) // 2)
    blend = np.ones(len(stretch), np.float32)
    blend[:fade] = np.linspace(0, 1, fade)
    blend[len(stretch) - fade :] = np.linspace(1, 0, fade)
    edited = signal.copy()
    edited[first:last] = blend * shifted + (1 - blend) * stretch
    return edited
