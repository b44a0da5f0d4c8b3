"""From a Corpus to arrays: MFCC frames for the sound, word vectors for the transcript (paper 3.2)."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.alignment import LACKING, gold, mostly_timed, proportional, untimed
from mcsan_lite.features.audio import load_audio, read_bytes
from mcsan_lite.features.video import read_video, source
from mcsan_lite.features.words import GLOVE_50, TOKENIZER, embed, identity, tokenize
from mcsan_lite.parallel import fan_out

_Unknown = Literal["zero", "mean", "random"]
_Align = Literal["none", "gold", "proportional"]
CHUNK = 64  # clips a task, when the work is shared out


@dataclass(frozen=True)
class FeatureConfig:
    """What the features are made with. It is part of every cache key."""

    n_mfcc: int = 40  # paper 3.2
    window_s: float = 0.025  # paper 3.2
    hop_s: float = 0.010  # paper 3.2
    max_frames: int = 1000  # paper 3.2: 10 s; later frames are cut off
    sample_rate: int = 16_000  # paper silent; IEMOCAP's own. Other rates are resampled
    n_mels: int = 64  # paper silent; librosa's 128 would leave bands of a 25 ms window empty
    vectors: str = GLOVE_50  # paper: 300-d GloVe; the 50-d one installs by pip
    unknown: _Unknown = "zero"  # paper silent: the vector of a word that the word vectors lack
    video: bool = False  # not in the paper: read the video stream too
    align: _Align = "none"  # not in the paper: where word spans come from, see alignment.py

    def __post_init__(self) -> None:
        if self.unknown not in ("zero", "mean", "random"):
            raise ValueError(
                f"Given: unknown={self.unknown!r}. Expected: 'zero', 'mean' or 'random'. Do: take one."
            )
        if self.align not in ("none", "gold", "proportional"):
            raise ValueError(
                f"Given: align={self.align!r}. Expected: 'none', 'gold' or 'proportional'. Do: take one."
            )
        if not 0 < self.n_mfcc <= self.n_mels:
            raise ValueError(
                f"Given: n_mfcc={self.n_mfcc} of n_mels={self.n_mels}. Expected: at least 1 and no more "
                "than there are mel bands. Do: raise n_mels."
            )


@dataclass(frozen=True)
class Features:
    """One utterance as arrays: audio (T, n_mfcc), text (L, E), video (V, n). T is 0 without a clip, V without video."""

    id: str
    audio: np.ndarray
    text: np.ndarray
    tokens: tuple[str, ...]
    label: str
    video: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    spans: np.ndarray = field(
        default_factory=lambda: np.zeros((0, 2), np.float32)
    )  # (L, 2) seconds a token, if aligned
    hop_s: float = 0.010  # seconds from one MFCC frame to the next


def mfcc(signal: np.ndarray, config: FeatureConfig = FeatureConfig()) -> np.ndarray:
    """(T, n_mfcc) MFCC of mono samples at `config.sample_rate`. Frame t is centred on t × hop seconds.

    A signal shorter than one window is padded with zeros, so that T is at least 1.
    """
    import librosa

    window, hop = (
        round(config.window_s * config.sample_rate),
        round(config.hop_s * config.sample_rate),
    )
    signal = np.pad(signal, (0, max(0, window - len(signal))))[: config.max_frames * hop]
    with warnings.catch_warnings():
        # Remarks, not results: a clip shorter than a window, and on librosa's first use a progress bar without widgets.
        warnings.simplefilter("ignore")
        coefficients = librosa.feature.mfcc(
            y=signal,
            sr=config.sample_rate,
            n_mfcc=config.n_mfcc,
            n_fft=window,
            hop_length=hop,
            n_mels=config.n_mels,
            center=True,
        )
    return coefficients.T[: config.max_frames].astype(np.float32)  # (n_mfcc, T) -> (T, n_mfcc)


def _sound(config: FeatureConfig) -> tuple:
    return (
        config.n_mfcc,
        config.window_s,
        config.hop_s,
        config.max_frames,
        config.sample_rate,
        config.n_mels,
    )


def _mfcc_cached(
    utterance: Utterance, config: FeatureConfig, folder: Path
) -> tuple[str, int] | DataError:
    """Make one clip's array in the cache, known by what is in the file. Returns its key and number of frames."""
    try:
        data = read_bytes(utterance.audio)
        used = () if utterance.max_s is None else (utterance.max_s,)
        key = array_cache.key("mfcc", _sound(config), *used, hashlib.sha256(data).digest())

        def make() -> np.ndarray:
            signal = load_audio(utterance.audio, config.sample_rate, data=data)
            return mfcc(
                signal
                if utterance.max_s is None
                else signal[: round(utterance.max_s * config.sample_rate)],
                config,
            )

        return key, len(array_cache.get_or_make(folder, key, make))
    except DataError as error:
        return error


def _mfcc_many(
    utterances: Sequence[Utterance], config: FeatureConfig, folder: Path
) -> list[tuple[str, int] | DataError]:
    return [_mfcc_cached(u, config, folder) for u in utterances]


def _state(path: Path) -> tuple:
    """What tells a changed clip from an unchanged one without reading it."""
    try:
        found = path.stat()
        return str(path.absolute()), found.st_size, found.st_mtime_ns
    except OSError:
        return str(path.absolute()), None, None


def _frames(
    clips: Sequence[Utterance], config: FeatureConfig, folder: Path, jobs: int
) -> tuple[dict, dict[str, str]]:
    """({id: (T, n_mfcc)}, {id: what is wrong with its clip}).

    The arrays are views into one file, which stays on disk until a frame is asked for: memory does not grow with the
    corpus. A finished file is found again by the clips' names, sizes and dates; else each clip is found by its content,
    so that an interrupted extraction goes on where it stopped.
    """
    name = array_cache.key(
        "frames", _sound(config), [(u.id, u.max_s, *_state(u.audio)) for u in clips]
    )
    if array_cache.load_rows(folder, name) is None:
        chunks = [clips[i : i + CHUNK] for i in range(0, len(clips), CHUNK)]
        made = fan_out(
            _mfcc_many, [(chunk, config, folder) for chunk in chunks], jobs=jobs, desc="MFCC"
        )
        found = dict(
            zip((u.id for u in clips), (result for part in made for result in part), strict=True)
        )
        bad = {
            i: str(result).replace("\n", " ")
            for i, result in found.items()
            if isinstance(result, DataError)
        }
        good = {i: result for i, result in found.items() if i not in bad}
        lengths = {i: length for i, (_, length) in good.items()}
        array_cache.store_rows(
            folder,
            name,
            {"lengths": lengths, "bad": bad},
            (array_cache.load(folder, key) for key, _ in good.values()),
            (sum(lengths.values()), config.n_mfcc),
        )
    rows, about = array_cache.load_rows(folder, name)
    ends = np.cumsum(list(about["lengths"].values()), dtype=np.int64)
    return {
        i: rows[end - length : end]
        for (i, length), end in zip(about["lengths"].items(), ends.tolist(), strict=True)
    }, about["bad"]


def _vectors(
    corpus: Corpus, config: FeatureConfig, folder: Path
) -> tuple[list[tuple[str, ...]], list[np.ndarray]]:
    """The tokens of every utterance, and their vectors (L, E), views into one file; tokenised once, like everything else."""
    name = array_cache.key(
        "word vectors",
        identity(config.vectors),
        config.unknown,
        TOKENIZER,
        [u.text for u in corpus.utterances],
    )
    if array_cache.load_rows(folder, name) is None:
        tokens = [tokenize(u.text) for u in corpus.utterances]
        table, _ = embed(
            (t for words in tokens for t in words), config.vectors, config.unknown, folder
        )
        shape = (sum(map(len, tokens)), len(next(iter(table.values()))))
        array_cache.store_rows(
            folder,
            name,
            {"tokens": tokens},
            (np.stack([table[t] for t in words]) for words in tokens),
            shape,
        )
    rows, about = array_cache.load_rows(folder, name)
    tokens = [tuple(words) for words in about["tokens"]]
    ends = np.cumsum([len(words) for words in tokens]).tolist()
    return tokens, [rows[end - len(words) : end] for words, end in zip(tokens, ends, strict=True)]


def _faces(corpus: Corpus, folder: Path) -> dict[str, np.ndarray]:
    """{id: (V, n)} of every utterance with video, views into one file. Raises DataError where two of them differ in n."""
    seen = [u for u in corpus.utterances if u.video is not None]
    if not seen:
        return {}
    name = array_cache.key("video", [(u.id, u.video.name, *_state(source(u.video))) for u in seen])
    if array_cache.load_rows(folder, name) is None:
        arrays = {u.id: read_video(u.video) for u in seen}
        widths = {rows.shape[1]: i for i, rows in arrays.items()}
        if len(widths) > 1:
            raise DataError(
                "video of " + " and ".join(f"{n} numbers a frame ({i})" for n, i in widths.items()),
                "as many in every file",
                "write all of them with the same tool.",
            )
        lengths = {i: len(rows) for i, rows in arrays.items()}
        array_cache.store_rows(
            folder, name, lengths, arrays.values(), (sum(lengths.values()), *widths)
        )
    rows, lengths = array_cache.load_rows(folder, name)
    ends = np.cumsum(list(lengths.values()), dtype=np.int64).tolist()
    return {
        i: rows[end - length : end] for (i, length), end in zip(lengths.items(), ends, strict=True)
    }


def _spans(
    utterance: Utterance, frames: np.ndarray, words: Sequence[str], config: FeatureConfig
) -> np.ndarray:
    if config.align == "none":
        return np.zeros((0, 2), np.float32)
    if config.align == "gold" and (utterance.words or utterance.audio is None):
        return gold(utterance, words)
    return proportional(frames, words, hop_s=config.hop_s, n_mels=config.n_mels)


def extract(
    corpus: Corpus,
    config: FeatureConfig = FeatureConfig(),
    *,
    cache: Path | str = "data/cache",
    jobs: int = 1,
    on_error: str = "raise",
) -> tuple[list[Features], list[Skipped]]:
    """Features of every utterance, through the cache: the second call computes nothing and opens no clip.

    A clip that cannot be used is reported by name. `on_error="raise"`: all others are made first, then one DataError
    lists the bad ones. `on_error="skip"`: they come back as Skipped, beside the features of the others. Also raises
    DataError for align="gold" on a corpus that hardly has word times.
    """
    cache = Path(cache)
    clips = [u for u in corpus.utterances if u.audio is not None]
    audio, wrong = _frames(clips, config, cache, jobs) if clips else ({}, {})
    bad = [Skipped(u.id, "unusable clip", wrong[u.id]) for u in clips if u.id in wrong]
    if bad and on_error != "skip":
        listed = "\n  ".join(f"{b.id}: {wrong[b.id]}" for b in bad[:10])
        raise DataError(
            f"{len(bad)} of {len(clips)} clips of {corpus.name} unusable:\n  {listed}"
            + ("\n  …" if len(bad) > 10 else ""),
            "clips that can be read and heard",
            "repair them, or go on without them: --skip-bad (on_error='skip').",
        )
    if config.align == "gold" and not mostly_timed(corpus.utterances):
        raise DataError(
            f"align='gold' and {len(untimed(corpus.utterances))} utterances without word times",
            f"times for all but {LACKING:.0%} of {corpus.name}, whose words are then placed by their letters",
            "take align='proportional', and name it in the row.",
        )
    tokens, vectors = _vectors(corpus, config, cache)
    faces = _faces(corpus, cache) if config.video else {}
    silent = np.zeros((0, config.n_mfcc), np.float32)
    unseen = np.zeros((0, next(iter(faces.values())).shape[1] if faces else 0), np.float32)
    made = []
    for u, words, text in zip(corpus.utterances, tokens, vectors, strict=True):
        if u.id not in wrong:
            frames = audio.get(u.id, silent)
            made.append(
                Features(
                    u.id,
                    frames,
                    text,
                    words,
                    u.label,
                    faces.get(u.id, unseen),
                    _spans(u, frames, words, config),
                    config.hop_s,
                )
            )
    return made, bad


def usable(
    corpus: Corpus,
    config: FeatureConfig = FeatureConfig(),
    *,
    cache: Path | str = "data/cache",
    jobs: int = 1,
) -> Corpus:
    """The corpus without the utterances whose clips cannot be used; each is listed in `skipped`, with the reason."""
    _, bad = extract(corpus, config, cache=cache, jobs=jobs, on_error="skip")
    left_out = {b.id for b in bad}
    return replace(
        corpus,
        utterances=tuple(u for u in corpus.utterances if u.id not in left_out),
        skipped=(*corpus.skipped, *bad),
    )
