"""What the world does to a recording on its way to a model: noise, rooms, wires, wrong levels.

In: mono samples, their rate, how strong the change is, and a generator of random numbers. Out: new
samples; those that came in stay as they are. The unit of the strength stands in each docstring.
`mcsan stress` measures what a trained model makes of them.
"""

from __future__ import annotations

import numpy as np

_LOW_EDGE_HZ = 300.0  # of a telephone line (ITU-T G.712)
_HIGHEST_EDGE = 0.475  # of the rate
_TO_MINUS_60_DB = np.log(1000.0)  # an amplitude falls by this exponent over one RT60


def with_white_noise(
    signal: np.ndarray, rate: int, snr_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Noise that is equally strong at all frequencies.

    Args:
        signal: (samples,) mono.
        rate: samples per second; it does not matter here.
        snr_db: power of the whole recording over that of the noise, pauses included.
        rng: draws the noise.
    """
    return _mixed(signal, rng.standard_normal(len(signal)), snr_db)


def with_speech_noise(
    signal: np.ndarray, rate: int, snr_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Noise with the spectrum of the recording itself: as many voices at once would sound.

    Args:
        signal: (samples,) mono.
        rate: samples per second; it does not matter here.
        snr_db: power of the whole recording over that of the noise.
        rng: draws the phase of every frequency.
    """
    strength = np.abs(np.fft.rfft(signal))
    phase = rng.uniform(0, 2 * np.pi, len(strength))
    return _mixed(signal, np.fft.irfft(strength * np.exp(1j * phase), n=len(signal)), snr_db)


def _mixed(signal: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """The signal, and noise that is scaled to this SNR exactly. Silence stays silent."""
    noise_power = np.mean(np.square(noise)) or 1.0
    wanted = np.mean(np.square(signal, dtype=np.float64)) / 10 ** (snr_db / 10)
    return (signal + noise * np.sqrt(wanted / noise_power)).astype(np.float32)


def with_gain(
    signal: np.ndarray, rate: int, gain_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Another volume, as of a speaker farther away from a microphone. Nothing is cut off.

    Args:
        signal: (samples,) mono.
        rate: samples per second; it does not matter here.
        gain_db: negative is softer.
        rng: not used: nothing is random.
    """
    return (signal * 10 ** (gain_db / 20)).astype(np.float32)


def clipped(signal: np.ndarray, rate: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Peaks cut off, as by a microphone that is set too high.

    Args:
        signal: (samples,) mono.
        rate: samples per second; it does not matter here.
        share: of the samples that are cut, the loudest ones, 0 to 1.
        rng: not used: nothing is random.
    """
    limit = np.quantile(np.abs(signal), 1 - share)
    return np.clip(signal, -limit, limit).astype(np.float32)


def band_limited(
    signal: np.ndarray, rate: int, high_hz: float, rng: np.random.Generator
) -> np.ndarray:
    """What a line lets through: 300 Hz to `high_hz`; a telephone ends at 3,400 Hz.

    Args:
        signal: (samples,) mono.
        rate: samples per second.
        high_hz: the upper edge, above 300; one that the rate cannot carry is taken as the highest
            that it can. The filter is Butterworth's, run forwards and backwards, so that nothing is
            delayed; at the edges 6 dB are lost.
        rng: not used: nothing is random.
    """
    from scipy.signal import butter, sosfiltfilt

    edges = (_LOW_EDGE_HZ, min(high_hz, _HIGHEST_EDGE * rate))
    line = butter(8, edges, "bandpass", fs=rate, output="sos")
    # The filter looks at some samples beyond either end, which it makes up by mirroring.
    pad = min(3 * (2 * len(line) + 1), len(signal) - 1)
    return sosfiltfilt(line, signal, padlen=max(0, pad)).astype(np.float32)


def room_response(rate: int, rt60_s: float, rng: np.random.Generator) -> np.ndarray:
    """How a room answers a single click: at once, then noise that fades by 60 dB in `rt60_s`.

    The tail has as much energy as the direct sound, as at some distance from a speaker.

    Args:
        rate: samples per second.
        rt60_s: the reverberation time.
        rng: draws the tail.

    Returns:
        (samples,) of 1.0 and the tail, which ends where it has faded by 60 dB.
    """
    seconds = np.arange(1, round(rt60_s * rate) + 1) / rate
    tail = rng.standard_normal(len(seconds)) * np.exp(-_TO_MINUS_60_DB * seconds / rt60_s)
    return np.concatenate([[1.0], tail / np.sqrt(np.sum(np.square(tail)) or 1.0)])


def reverberated(
    signal: np.ndarray, rate: int, rt60_s: float, rng: np.random.Generator
) -> np.ndarray:
    """The recording in a room, as loud and as long as it was.

    Args:
        signal: (samples,) mono.
        rate: samples per second.
        rt60_s: the reverberation time of `room_response`.
        rng: draws the room.
    """
    from scipy.signal import fftconvolve

    wet = fftconvolve(signal, room_response(rate, rt60_s, rng))[: len(signal)]
    power, wet_power = np.mean(np.square(signal)), np.mean(np.square(wet)) or 1.0
    return (wet * np.sqrt(power / wet_power)).astype(np.float32)


def between_silences(
    signal: np.ndarray, rate: int, seconds: float, rng: np.random.Generator
) -> np.ndarray:
    """Digital silence before and after, as where a button was pressed too early and too late.

    Args:
        signal: (samples,) mono.
        rate: samples per second.
        seconds: on either side.
        rng: not used: nothing is random.
    """
    return np.pad(signal, round(seconds * rate)).astype(np.float32)
