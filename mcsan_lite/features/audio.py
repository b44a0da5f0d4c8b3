"""Any recording as mono samples, or a refusal that says what is wrong with the file.

In: a wav, flac or ogg file, or a film with a sound track. Out: mono float32 samples.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsan_lite.errors import DataError

SILENCE = 1e-4  # peak amplitude (full scale = 1) below which a clip holds nothing to hear
_FORMATS = "a whole wav, flac, ogg or mp4 file"


@dataclass(frozen=True)
class Recording:
    """What is in a file.

    Attributes:
        signal: mono float32 samples.
        rate: samples per second.
        channels: how many were averaged.
    """

    signal: np.ndarray
    rate: int
    channels: int


def read_bytes(path: Path) -> bytes:
    """The bytes of an audio file. Raises DataError where there is none."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            f"no audio file at {path}: {error.strerror}",
            _FORMATS,
            "check the corpus folder and the path.",
        ) from None


def decode(path: Path, data: bytes) -> Recording:
    """Decode the bytes of a file at its own rate.

    Args:
        path: of the file, for messages.
        data: its bytes.

    Raises:
        DataError: for a file that is empty, cut off, without sound track, or silent.
    """
    recording, promised = _from_video(path, data) if _is_video(data) else _from_sound(path, data)
    signal = recording.signal
    if not len(signal) or len(signal) < promised or _cut_off(data):
        raise DataError(
            f"{path}: {len(signal)} samples, fewer than its header promises",
            _FORMATS,
            "copy or convert this file again: it is cut off.",
        )
    if not np.isfinite(signal).all():
        raise DataError(
            f"{path}: samples that are not a number or infinite",
            "finite samples",
            "convert this file again.",
        )
    if np.abs(signal).max() < SILENCE:
        raise DataError(
            f"{path}: {len(signal) / recording.rate:.2f} s of silence",
            f"a peak amplitude above {SILENCE}",
            "look at the recording; leave the utterance out if there is nothing to hear.",
        )
    return recording


def load_audio(path: Path, sample_rate: int = 16_000, *, data: bytes | None = None) -> np.ndarray:
    """Load a recording: channels averaged, rate converted.

    Args:
        path: a wav, flac or ogg file, or an mp4, whose sound track is taken.
        sample_rate: samples per second of the result.
        data: the file's bytes, where they are read already.

    Returns:
        (samples,) mono float32.

    Raises:
        DataError: for a file that is missing or that `decode` refuses.
    """
    if data is None:
        data = read_bytes(path)
    recording = decode(path, data)
    if recording.rate == sample_rate:
        return recording.signal
    import librosa

    return librosa.resample(recording.signal, orig_sr=recording.rate, target_sr=sample_rate)


def _unreadable(path: Path, data: bytes, why: str) -> DataError:
    given = f"{path}: a file that cannot be read: {why}"
    if not data:
        given = f"{path}: an empty file"
    return DataError(given, _FORMATS, "copy or convert this file again.")


def _from_sound(path: Path, data: bytes) -> tuple[Recording, int]:
    """The recording, and how many samples its header promises."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            samples = file.read(dtype="float32", always_2d=True)
            signal = samples.mean(1)  # (samples, channels) -> (samples,)
            return Recording(signal, file.samplerate, file.channels), file.frames
    except Exception as error:  # a damaged header can promise any length, which breaks many ways
        raise _unreadable(path, data, str(getattr(error, "error_string", error))) from None


def _is_video(data: bytes) -> bool:
    """Whether these are the bytes of an mp4 and its kin, or of Matroska or WebM."""
    return data[4:8] == b"ftyp" or data[:4] == b"\x1a\x45\xdf\xa3"


def _from_video(path: Path, data: bytes) -> tuple[Recording, int]:
    """The same for the first sound track of a film.

    It may be a tenth shorter than promised, since encoders round up.
    """
    import av

    try:
        with av.open(io.BytesIO(data)) as film:
            if not film.streams.audio:
                raise DataError(
                    f"{path}: a film without sound track",
                    "one with sound",
                    "take the original clip.",
                )
            track = film.streams.audio[0]
            as_float = av.AudioResampler(format="fltp")  # converts the format, not the rate
            pieces = [np.zeros(0, np.float32)]
            for frame in film.decode(track):
                for piece in as_float.resample(frame):
                    pieces.append(piece.to_ndarray().mean(0))  # (channels, samples) -> (samples,)
            seconds = float(track.duration * track.time_base) if track.duration else 0.0
            recording = Recording(np.concatenate(pieces), track.rate, track.channels)
            return recording, int(0.9 * seconds * track.rate)
    except DataError:
        raise
    except (av.FFmpegError, MemoryError, ValueError) as error:
        raise _unreadable(path, data, str(error).removesuffix(": '<none>'")) from None


def _cut_off(data: bytes) -> bool:
    """Whether a RIFF file ends before its data chunk does, which libsndfile repairs silently."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return False
    at = 12
    while at + 8 <= len(data):
        name = data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data":
            unknown_size = size in (0, 0xFFFFFFFF)
            return not unknown_size and at + 8 + size > len(data)
        at += 8 + size + size % 2
    return True  # no data chunk at all
