"""From a Corpus to arrays: MFCC frames for the sound, word vectors for the transcript (paper 3.2)."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, DataError, Skipped, Utterance
from mcsan_lite.fanout import fan_out
from mcsan_lite.words import GLOVE_50, embed, tokenize

SILENCE = 1e-4  # peak amplitude (full scale = 1) below which a clip holds nothing to hear


@dataclass(frozen=True)
class FeatureConfig:
    """What the features are made with. It is part of every cache key."""

    n_mfcc: int = 40  # paper 3.2
    window_s: float = 0.025  # paper 3.2
    hop_s: float = 0.010  # paper 3.2
    max_frames: int = 1000  # paper 3.2: 10 s; later frames are cut off
    sample_rate: int = 16_000  # paper silent; IEMOCAP's own rate. Other rates are resampled, channels averaged
    n_mels: int = 64  # paper silent; librosa's 128 would leave bands of a 25 ms window empty
    vectors: str = GLOVE_50  # paper: 300-d GloVe; the 50-d one installs by pip
    unknown: str = "zero"  # paper silent: vector of a word that the vectors lack: zero, mean or random

    def __post_init__(self) -> None:
        if self.unknown not in ("zero", "mean", "random"):
            raise ValueError(f"Given: unknown={self.unknown!r}. Expected: 'zero', 'mean' or 'random'. Do: take one.")
        if not 0 < self.n_mfcc <= self.n_mels:
            raise ValueError(f"Given: n_mfcc={self.n_mfcc} of n_mels={self.n_mels}. Expected: at least 1 and no more "
                             "than there are mel bands. Do: raise n_mels.")


@dataclass(frozen=True)
class Features:
    """One utterance as arrays: audio (T, n_mfcc), text (L, E). T is 0 for an utterance without a clip."""

    id: str
    audio: np.ndarray
    text: np.ndarray
    tokens: tuple[str, ...]
    label: str


def _read_bytes(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"no audio file at {path}: {error.strerror}", "a wav or flac file",
                        "check the corpus folder and the path.") from None


def load_audio(path: Path, sample_rate: int = 16_000, *, data: bytes | None = None) -> np.ndarray:
    """Any wav or flac as mono float32 (samples,) at `sample_rate`: channels averaged, rate converted.

    Raises DataError for a file that is missing, empty, cut off, or silent.
    """
    import soundfile

    data = _read_bytes(path) if data is None else data
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, promised = file.samplerate, file.frames
            signal = file.read(dtype="float32", always_2d=True).mean(1)  # (samples, channels) -> (samples,)
    except (RuntimeError, MemoryError) as error:  # memory: a damaged header can promise any length
        what = "an empty file" if not data else f"a file that cannot be read: {getattr(error, 'error_string', error)}"
        raise DataError(f"{path}: {what}", "a whole wav or flac file", "copy or convert this file again.") from None
    if not len(signal) or len(signal) < promised or _cut_off(data):
        raise DataError(f"{path}: {len(signal)} samples, fewer than its header promises", "a whole wav or flac file",
                        "copy or convert this file again: it is cut off.")
    if not np.isfinite(signal).all():
        raise DataError(f"{path}: samples that are not a number or infinite", "finite samples", "convert this file again.")
    if np.abs(signal).max() < SILENCE:
        raise DataError(f"{path}: {len(signal) / rate:.2f} s of silence", f"a peak amplitude above {SILENCE}",
                        "look at the recording; leave the utterance out if there is nothing to hear.")
    if rate != sample_rate:
        import librosa

        signal = librosa.resample(signal, orig_sr=rate, target_sr=sample_rate)
    return signal


def _cut_off(data: bytes) -> bool:
    """Whether a RIFF file ends before its data chunk does (libsndfile repairs that silently)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return False
    at = 12
    while at + 8 <= len(data):
        name, size = data[at:at + 4], int.from_bytes(data[at + 4:at + 8], "little")
        if name == b"data":
            return size not in (0, 0xFFFFFFFF) and at + 8 + size > len(data)
        at += 8 + size + size % 2
    return True  # no data chunk at all


def mfcc(signal: np.ndarray, config: FeatureConfig = FeatureConfig()) -> np.ndarray:
    """(T, n_mfcc) MFCC of mono samples at `config.sample_rate`. Frame t is centred on t × hop seconds.

    A signal shorter than one window is padded with zeros, so that T is at least 1.
    """
    import librosa

    window, hop = round(config.window_s * config.sample_rate), round(config.hop_s * config.sample_rate)
    signal = np.pad(signal, (0, max(0, window - len(signal))))[:config.max_frames * hop]
    with warnings.catch_warnings():
        # Remarks, not results: a clip shorter than a window, and on librosa's first use a progress bar without widgets.
        warnings.simplefilter("ignore")
        coefficients = librosa.feature.mfcc(y=signal, sr=config.sample_rate, n_mfcc=config.n_mfcc, n_fft=window,
                                            hop_length=hop, n_mels=config.n_mels, center=True)
    return coefficients.T[:config.max_frames].astype(np.float32)  # (n_mfcc, T) -> (T, n_mfcc)


def _mfcc_cached(utterance: Utterance, config: FeatureConfig, folder: Path) -> np.ndarray | DataError:
    try:
        data = _read_bytes(utterance.audio)
        settings = (config.n_mfcc, config.window_s, config.hop_s, config.max_frames, config.sample_rate, config.n_mels)
        key = array_cache.key("mfcc", settings, hashlib.sha256(data).digest())
        return array_cache.get_or_make(
            folder, key, lambda: mfcc(load_audio(utterance.audio, config.sample_rate, data=data), config))
    except DataError as error:
        return error


def _mfcc_many(utterances: Sequence[Utterance], config: FeatureConfig, folder: Path) -> list:
    return [_mfcc_cached(u, config, folder) for u in utterances]


def extract(corpus: Corpus, config: FeatureConfig = FeatureConfig(), *, cache: Path | str = "data/cache",
            jobs: int = 1, on_error: str = "raise") -> tuple[list[Features], list[Skipped]]:
    """Features of every utterance, through the cache: the second call computes nothing (it reads the clips to know them).

    A clip that cannot be used is reported by name. `on_error="raise"`: all others are made first, then one DataError
    lists the bad ones. `on_error="skip"`: they come back as Skipped, beside the features of the others.
    """
    cache = Path(cache)
    with_audio = [u for u in corpus.utterances if u.audio is not None]
    chunks = [with_audio[i:i + 64] for i in range(0, len(with_audio), 64)]
    made = fan_out(_mfcc_many, [(chunk, config, cache) for chunk in chunks], jobs=jobs, desc="MFCC")
    audio = {u.id: found for u, found in zip(with_audio, (f for part in made for f in part), strict=True)}
    bad = [Skipped(name, str(found).replace("\n", " ")) for name, found in audio.items() if isinstance(found, DataError)]
    if bad and on_error != "skip":
        listed = "\n  ".join(f"{b.id}: {b.reason}" for b in bad[:10])
        raise DataError(f"{len(bad)} of {len(with_audio)} clips of {corpus.name} unusable:\n  {listed}"
                        + ("\n  …" if len(bad) > 10 else ""), "clips that can be read and heard",
                        "repair them, or go on without them: --skip-bad (on_error='skip').")
    tokens = {u.id: tokenize(u.text) for u in corpus.utterances}
    vectors, _ = embed((t for words in tokens.values() for t in words), config.vectors, config.unknown, cache)
    left_out = {b.id for b in bad}
    none = np.zeros((0, config.n_mfcc), np.float32)
    return [Features(u.id, audio.get(u.id, none), np.stack([vectors[t] for t in tokens[u.id]]), tuple(tokens[u.id]), u.label)
            for u in corpus.utterances if u.id not in left_out], bad
