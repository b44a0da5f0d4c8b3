"""Any recording as mono samples, or a refusal that says what is wrong with the file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from mcsan_lite.errors import DataError

SILENCE = 1e-4  # peak amplitude (full scale = 1) below which a clip holds nothing to hear
EXPECTED = "a whole wav, flac, ogg or mp4 file"


def read_bytes(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            f"no audio file at {path}: {error.strerror}",
            EXPECTED,
            "check the corpus folder and the path.",
        ) from None


def decode(path: Path, data: bytes) -> tuple[np.ndarray, int, int]:
    """(mono float32 samples, samples a second, channels they were averaged from) of a file's bytes.

    Raises DataError for a file that is empty, cut off, without sound track, or silent.
    """
    signal, rate, channels, promised = (_from_video if _is_video(data) else _from_sound)(path, data)
    if not len(signal) or len(signal) < promised or _cut_off(data):
        raise DataError(
            f"{path}: {len(signal)} samples, fewer than its header promises",
            EXPECTED,
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
            f"{path}: {len(signal) / rate:.2f} s of silence",
            f"a peak amplitude above {SILENCE}",
            "look at the recording; leave the utterance out if there is nothing to hear.",
        )
    return signal, rate, channels


def load_audio(path: Path, sample_rate: int = 16_000, *, data: bytes | None = None) -> np.ndarray:
    """A wav, flac, ogg, or the sound track of an mp4, as mono float32 (samples,) at `sample_rate`: channels averaged,
    rate converted. `data`: the file's bytes, where they are read already.

    Raises DataError for a file that is missing or that `decode` refuses.
    """
    signal, rate, _ = decode(path, read_bytes(path) if data is None else data)
    if rate != sample_rate:
        import librosa

        signal = librosa.resample(signal, orig_sr=rate, target_sr=sample_rate)
    return signal


def _unreadable(path: Path, data: bytes, why: str) -> DataError:
    what = "an empty file" if not data else f"a file that cannot be read: {why}"
    return DataError(f"{path}: {what}", EXPECTED, "copy or convert this file again.")


def _from_sound(path: Path, data: bytes) -> tuple[np.ndarray, int, int, int]:
    """(mono samples, their rate, channels, how many samples the header promises)"""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            signal = file.read(dtype="float32", always_2d=True).mean(
                1
            )  # (samples, channels) -> (samples,)
            return signal, file.samplerate, file.channels, file.frames
    except (RuntimeError, MemoryError) as error:  # memory: a damaged header can promise any length
        raise _unreadable(path, data, str(getattr(error, "error_string", error))) from None


def _is_video(data: bytes) -> bool:
    return (
        data[4:8] == b"ftyp" or data[:4] == b"\x1a\x45\xdf\xa3"
    )  # mp4 and its kin; Matroska, WebM


def _from_video(path: Path, data: bytes) -> tuple[np.ndarray, int, int, int]:
    """The same for the first sound track of a film. It may be a tenth shorter than promised: encoders round up."""
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
            as_float = av.AudioResampler(
                format="fltp"
            )  # converts the samples' format alone, not their rate
            parts = [
                part.to_ndarray().mean(0)  # (channels, samples) -> (samples,)
                for frame in film.decode(track)
                for part in as_float.resample(frame)
            ]
            seconds = float(track.duration * track.time_base) if track.duration else 0.0
            signal = np.concatenate([np.zeros(0, np.float32), *parts])
            return signal, track.rate, track.channels, int(0.9 * seconds * track.rate)
    except (av.FFmpegError, MemoryError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(path, data, str(error).removesuffix(": '<none>'")) from None


def _cut_off(data: bytes) -> bool:
    """Whether a RIFF file ends before its data chunk does (libsndfile repairs that silently)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return False
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data":
            return size not in (0, 0xFFFFFFFF) and at + 8 + size > len(data)
        at += 8 + size + size % 2
    return True  # no data chunk at all
