"""Any recording as mono samples, or a refusal that says what is wrong with the file.

In: a file of sound, or a film with a sound track. Out: mono float32 samples; or, without keeping
them, what there is to be known of the whole recording. No more is read than is used.
"""

from __future__ import annotations

import hashlib
import io
import math
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mcsan_lite.errors import DataError
from mcsan_lite.features.pointers import FETCH_POINTERS, POINTER_BYTES, pointer_kind
from mcsan_lite.features.sound.level import SILENCE, Level
from mcsan_lite.features.sound.opening import NoSoundTrack, OpenSound, open_sound
from mcsan_lite.features.sound.wav import is_cut_off, is_wav

_FORMATS = (
    "a whole recording: wav, flac, ogg, mp3, or what FFmpeg reads, such as mp4, m4a, avi, flv, mkv"
)
_RATES = (4_000, 768_000)
# The resampled end of what is used depends on what follows, but not farther away than this.
_MARGIN_S = 1.0


@dataclass(frozen=True)
class Recording:
    """What is in a file.

    Attributes:
        signal: mono float32 samples, as many as were asked for.
        rate: samples per second.
        channels: how many were averaged.
        level: of what was read, which may be more than `signal`.
    """

    signal: np.ndarray
    rate: int
    channels: int
    level: Level

    @property
    def seconds(self) -> float:
        """The length of what was read, in seconds."""
        return self.level.samples / self.rate


def content_digest(path: Path) -> bytes:
    """SHA-256 of a file of sound. Raises DataError where there is none, or it cannot be read."""
    with _opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise _unreadable(path, error) from None


def survey(path: Path) -> Recording:
    """Read a whole recording without keeping a sample: how long it is, and how loud.

    Raises:
        DataError: for a file that is missing, empty, cut off, without sound track, or silent.
    """
    with _opened(path) as file:
        return _listen(path, file, keep_s=0.0, to_the_end=True)


def load_audio(
    path: Path,
    sample_rate: int = 16_000,
    *,
    max_s: float | None = None,
    data: bytes | None = None,
) -> np.ndarray:
    """Load a recording: channels averaged, rate converted.

    Args:
        path: a wav, flac, ogg or mp3 file, or a film, whose sound track is taken.
        sample_rate: samples per second of the result.
        max_s: only the first seconds are wanted, and the rest is not decoded; the samples are the
            same as those of the whole recording. None: all of it.
        data: the file's bytes, where they are read already.

    Returns:
        (samples,) mono float32.

    Raises:
        DataError: for a file that is missing, empty, cut off, without sound track, or silent.
    """
    keep_s = math.inf if max_s is None else max_s + _MARGIN_S
    if data is None:
        with _opened(path) as file:
            recording = _listen(path, file, keep_s)
    else:
        recording = _listen(path, io.BytesIO(data), keep_s)
    signal = recording.signal
    if recording.rate != sample_rate:
        signal = _resampled(path, recording, sample_rate)
    if max_s is None:
        return signal
    return signal[: round(max_s * sample_rate)]


def _opened(path: Path) -> BinaryIO:
    """The file. A pipe or a device is refused: reading it might wait for ever."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise OSError(None, "not a file")
        return open(path, "rb")
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"no audio file at {path}: {why}",
            _FORMATS,
            "check the corpus folder and the path.",
        ) from None


def _listen(path: Path, file: BinaryIO, keep_s: float, to_the_end: bool = False) -> Recording:
    """Read a recording up to `keep_s`, and on until something can be heard."""
    level, kept = Level(), []
    _require_content(path, file)
    try:
        wav_is_cut_off = is_wav(file) and is_cut_off(file)
        with open_sound(file, keep_s) as sound:
            _require_rate(path, sound)
            wanted = keep_s * sound.rate
            samples_there = None
            for block in sound.blocks:
                if level.samples < wanted:
                    kept.append(block.mono)
                level.add(block)
                if level.samples >= wanted and level.is_audible and not to_the_end:
                    samples_there = sound.samples_there(level.samples)
                    break
            if samples_there is None:
                samples_there = level.samples
            if not samples_there or samples_there < sound.promised or wav_is_cut_off:
                raise _cut_off(path, samples_there)
            _require_sound(path, level, sound)
            signal = np.concatenate([np.zeros(0, np.float32), *kept])
            if wanted < len(signal):
                signal = signal[: math.ceil(wanted)]
            return Recording(signal, sound.rate, sound.channels, level)
    except DataError:
        raise
    except NoSoundTrack:
        raise DataError(
            f"{path}: a film without sound track", "one with sound", "take the original clip."
        ) from None
    except Exception as error:  # libraries raise many kinds for one damaged or odd file
        raise _unreadable(path, error) from None


def _resampled(path: Path, recording: Recording, sample_rate: int) -> np.ndarray:
    from mcsan_lite.features.sound.loaded import librosa

    try:
        return librosa.resample(recording.signal, orig_sr=recording.rate, target_sr=sample_rate)
    except Exception as error:
        raise _unreadable(path, error) from None


def _require_content(path: Path, file: BinaryIO) -> None:
    """Refuse an empty file, and the pointer that a repository keeps in a large file's place."""
    file.seek(0)
    head = file.read(POINTER_BYTES)
    if not head:
        raise DataError(f"{path}: an empty file", _FORMATS, "copy or convert this file again.")
    pointer = pointer_kind(head)
    if pointer:
        raise DataError(f"{path}: {pointer}", _FORMATS, FETCH_POINTERS)


def _require_rate(path: Path, sound: OpenSound) -> None:
    least, most = _RATES
    if not least <= sound.rate <= most:
        raise DataError(
            f"{path}: a header that says {sound.rate:,} samples a second",
            f"{least:,} to {most:,}",
            "write the header again with the rate of the recording, or convert the original.",
        )


def _require_sound(path: Path, level: Level, sound: OpenSound) -> None:
    if not level.is_finite:
        raise DataError(
            f"{path}: samples that are not a number or infinite",
            "finite samples",
            "convert this file again.",
        )
    if not level.is_audible:
        raise DataError(
            f"{path}: {level.samples / sound.rate:.2f} s of {level.silence()}",
            f"a peak amplitude above {SILENCE}",
            "look at the recording; leave the utterance out if there is nothing to hear.",
        )


def _cut_off(path: Path, samples: int) -> DataError:
    return DataError(
        f"{path}: {samples} samples, fewer than its header promises",
        _FORMATS,
        "copy or convert this file again: it is cut off.",
    )


def _unreadable(path: Path, error: Exception) -> DataError:
    why = str(getattr(error, "error_string", "") or error).removesuffix(": '<none>'")
    return DataError(
        f"{path}: a file that cannot be read: {why or type(error).__name__}",
        _FORMATS,
        "copy or convert this file again.",
    )
