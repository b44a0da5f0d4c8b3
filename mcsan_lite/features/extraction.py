"""From a corpus to arrays: MFCC frames for the sound, word vectors for the transcript (paper 3.2).

In: a `Corpus` and a `FeatureConfig`. Out: one `Features` per utterance, read from the cache where
they were made before, and a list of clips that cannot be used.

Next in the spine: `features.batch`. How to change the sound features:
docs/changing_the_sound_features.md
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.alignment import LACKING, gold, mostly_timed, proportional, untimed
from mcsan_lite.features.arrays.given import Given, is_place, read_frames
from mcsan_lite.features.audio import content_digest, load_audio
from mcsan_lite.features.language.transcripts import Transcript, corpus_transcripts
from mcsan_lite.features.sound.compiled import compile_librosa, numeric_libraries
from mcsan_lite.features.video import read_faces
from mcsan_lite.features.words import GLOVE_50
from mcsan_lite.parallel.jobs import fan_out_chunks

_Unknown = Literal["zero", "mean", "random"]
_Align = Literal["none", "gold", "proportional"]


@dataclass(frozen=True)
class FeatureConfig:
    """What the features are made with. The comment on each field says where its default comes from.

    Every field that concerns the sound is part of the key of the cached frames.

    Raises:
        DataError: for a setting that cannot be.
    """

    n_mfcc: int = 40  # paper 3.2
    window_s: float = 0.025  # paper 3.2
    hop_s: float = 0.010  # paper 3.2
    max_frames: int = 1000  # paper 3.2: 10 s; later frames are cut off
    sample_rate: int = 16_000  # paper silent; IEMOCAP's own. Other rates are resampled
    n_mels: int = 64  # paper silent; librosa's 128 would leave bands of a 25 ms window empty
    vectors: str = GLOVE_50  # paper: 300-d GloVe; the 50-d one installs by pip
    frames: str = ""  # not in the paper: where sound frames made elsewhere are; "": MFCC of clips
    unknown: _Unknown = "zero"  # paper silent: the vector of a word that the word vectors lack
    video: bool = False  # not in the paper: read the video stream too
    align: _Align = "none"  # not in the paper: where word spans come from, see alignment.py

    def __post_init__(self) -> None:
        require_name(self.unknown, get_args(_Unknown), "unknown")
        require_name(self.align, get_args(_Align), "align")
        if not 0 < self.n_mfcc <= self.n_mels:
            raise DataError(
                f"n_mfcc={self.n_mfcc} of n_mels={self.n_mels}",
                "at least 1 and no more than there are mel bands",
                "raise n_mels.",
            )

    @property
    def places(self) -> tuple[str, ...]:
        """Where arrays made elsewhere are: of the sound, of the words."""
        named = (self.frames, self.vectors)
        return tuple(place for place in named if is_place(place))

    def without_places(self) -> FeatureConfig:
        """The same settings, wherever the arrays lie."""
        return replace(
            self,
            frames="given" if self.frames else "",
            vectors="given" if is_place(self.vectors) else self.vectors,
        )

    @property
    def numbers_per_frame(self) -> int:
        """The width of what `mfcc` returns."""
        return self.n_mfcc


# Fields of `FeatureConfig` that change nothing about the frames of a clip. Any other field, also
# one that is added later or in a subclass, is part of their key in the cache.
_NOT_SOUND = frozenset({"vectors", "frames", "unknown", "video", "align"})


def _no_video() -> np.ndarray:
    return np.zeros((0, 0), np.float32)


def _no_spans() -> np.ndarray:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Features:
    """One utterance as arrays.

    Attributes:
        id: of the utterance.
        audio: (T, n_mfcc) MFCC frames, or those that were made elsewhere; T is 0 without a clip.
        text: (L, E), one vector per token.
        tokens: L tokens of the transcript.
        label: the emotion.
        video: (V, n), n numbers per video frame; V is 0 without video.
        spans: (L, 2) seconds, from where to where each token is spoken, if aligned; else (0, 2).
        hop_s: seconds from one frame to the next.
    """

    id: str
    audio: np.ndarray
    text: np.ndarray
    tokens: tuple[str, ...]
    label: str
    video: np.ndarray = field(default_factory=_no_video)
    spans: np.ndarray = field(default_factory=_no_spans)
    hop_s: float = 0.010


def heard_seconds(config: FeatureConfig, max_s: float | None = None) -> float:
    """How much of a clip becomes frames; what follows is cut off.

    Args:
        config: the settings.
        max_s: only this much of the clip is used, where it is less.
    """
    heard_s = config.max_frames * round(config.hop_s * config.sample_rate) / config.sample_rate
    if max_s is not None:
        heard_s = min(heard_s, max_s)
    return heard_s


def mfcc(signal: np.ndarray, config: FeatureConfig = FeatureConfig()) -> np.ndarray:
    """MFCC of a clip. Frame t is centred on t × hop seconds.

    Args:
        signal: mono samples at `config.sample_rate`. A signal shorter than one window is padded
            with zeros, so that T is at least 1.
        config: the settings.

    Returns:
        (T, n_mfcc).
    """
    import librosa

    window = round(config.window_s * config.sample_rate)
    hop = round(config.hop_s * config.sample_rate)
    missing = max(0, window - len(signal))
    signal = np.pad(signal, (0, missing))[: config.max_frames * hop]
    with numeric_libraries().limit(limits=1), warnings.catch_warnings():
        # They are about a clip shorter than a window and, on librosa's first use, about a progress
        # bar without widgets. Neither changes a result.
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


# Part of the key of cached frames.
_FRAMES_MADE_BY = (inspect.getsource(mfcc), version("librosa"))


def sound_key(config: FeatureConfig, *more: object) -> str:
    """Key of cached frames: every setting of the sound, the source of `mfcc`, and librosa's
    version.

    So neither a changed setting nor an edited `mfcc` is ever served the frames of before.

    Args:
        config: the settings.
        more: whose frames they are, such as the content of the clip.
    """
    settings = [
        (one.name, getattr(config, one.name))
        for one in fields(config)
        if one.name not in _NOT_SOUND
    ]
    return array_cache.key("mfcc", settings, *_FRAMES_MADE_BY, *more)


def extract(
    corpus: Corpus,
    config: FeatureConfig = FeatureConfig(),
    *,
    cache: Path | str = "data/cache",
    jobs: int = 1,
    on_error: Literal["raise", "skip"] = "raise",
) -> tuple[list[Features], list[Skipped]]:
    """Features of every utterance, through the cache: the second call computes nothing.

    The first `MAX_WORDS` tokens of a transcript are used.

    Args:
        corpus: the utterances. The second call does not open their clips.
        config: the settings.
        cache: folder that keeps what was made.
        jobs: processes that read clips.
        on_error: "skip" leaves out utterances whose clip cannot be used, and goes on.

    Returns:
        The features, in the order of the corpus, and the utterances that were left out.

    Raises:
        DataError: for clips that cannot be used, unless they are skipped. All others are made
            first, and the error lists the bad ones. Also for align="gold" on a corpus that hardly
            has word times.
    """
    cache = Path(cache)
    sound = _sound(corpus, config, cache, jobs)
    words = corpus_transcripts(corpus.utterances, config.vectors, config.unknown, cache)
    problems = words.problems | sound.problems
    bad = [Skipped(name, "unusable clip", why) for name, why in sound.problems.items()]
    bad += [
        Skipped(name, "no word vectors", why)
        for name, why in words.problems.items()
        if name not in sound.problems
    ]
    if bad and on_error != "skip":
        raise _unusable(corpus, problems, config)
    if config.align == "gold":
        _require_word_times(corpus)
    faces = read_faces(corpus.utterances, cache) if config.video else {}
    features = [
        _assemble(utterance, words.of[utterance.id], sound, faces, config)
        for utterance in corpus.utterances
        if utterance.id not in problems
    ]
    return features, bad


def usable(
    corpus: Corpus,
    config: FeatureConfig = FeatureConfig(),
    *,
    cache: Path | str = "data/cache",
    jobs: int = 1,
) -> Corpus:
    """The corpus without the utterances whose clips cannot be used.

    Args:
        corpus: the utterances.
        config: as for `extract`.
        cache: as for `extract`.
        jobs: as for `extract`.

    Returns:
        The corpus; what was left out is listed in its `skipped`, with the reason.
    """
    _, bad = extract(corpus, config, cache=cache, jobs=jobs, on_error="skip")
    left_out = {one.id for one in bad}
    kept = tuple(u for u in corpus.utterances if u.id not in left_out)
    return replace(corpus, utterances=kept, skipped=(*corpus.skipped, *bad))


def _unusable(corpus: Corpus, problems: Mapping[str, str], config: FeatureConfig) -> DataError:
    listed = [f"\n  {name}: {why}" for name, why in list(problems.items())[:10]]
    listed += ["\n  …"] if len(problems) > len(listed) else []
    advice = "repair them, or go on without them: --skip-bad (on_error='skip')."
    if config.places:
        return DataError(
            f"{len(problems)} of {len(corpus)} arrays for {corpus.name} unusable:{''.join(listed)}",
            f"a usable array for each utterance in {' and '.join(config.places)}",
            advice,
        )
    clips = sum(u.audio is not None for u in corpus.utterances)
    return DataError(
        f"{len(problems)} of {clips} clips of {corpus.name} unusable:{''.join(listed)}",
        "clips that can be read and heard",
        advice,
    )


def _require_word_times(corpus: Corpus) -> None:
    if mostly_timed(corpus.utterances):
        return
    raise DataError(
        f"align='gold' and {len(untimed(corpus.utterances))} utterances without word times",
        f"times for all but {LACKING:.0%} of {corpus.name}, whose words are then placed by their "
        "letters",
        "take align='proportional', and name it in the row.",
    )


def _sound(corpus: Corpus, config: FeatureConfig, folder: Path, jobs: int) -> Given:
    """The frames (T, n_mfcc) of every clip of a corpus, or those that were made elsewhere.

    A finished corpus is found again by its clips' names, sizes and dates. Else each clip is found
    by its content, so that an interrupted extraction goes on where it stopped.
    """
    if config.frames:
        return read_frames(
            corpus.utterances,
            config.frames,
            folder,
            hop_s=config.hop_s,
            most_s=heard_seconds(config),
        )
    clips = [u for u in corpus.utterances if u.audio is not None]
    if not clips:
        return Given({}, {}, config.numbers_per_frame)

    def make() -> array_cache.Rows:
        calls = [(utterance, config, folder) for utterance in clips]
        compile_librosa()
        results = fan_out_chunks(_cache_clip, calls, jobs=jobs, desc="MFCC")
        problems, good = {}, []
        for utterance, result in zip(clips, results, strict=True):
            if isinstance(result, DataError):
                problems[utterance.id] = str(result).replace("\n", " ")
            else:
                good.append(result)
        return array_cache.Rows(
            lengths=[clip.frames for clip in good],
            arrays=(array_cache.load_array(folder, clip.key) for clip in good),
            width=config.numbers_per_frame,
            about=problems,
        )

    files = [(u.id, u.max_s, *array_cache.file_state(u.audio)) for u in clips]
    stored = array_cache.get_or_make_rows(folder, sound_key(config, files), make)
    good_ids = [u.id for u in clips if u.id not in stored.about]
    frames = dict(zip(good_ids, stored.arrays, strict=True))
    return Given(frames, stored.about, config.numbers_per_frame)


@dataclass(frozen=True)
class _CachedClip:
    """Where the frames of one clip are, and how many there are."""

    key: str
    frames: int


def _cache_clip(
    utterance: Utterance, config: FeatureConfig, folder: Path
) -> _CachedClip | DataError:
    """Make one clip's frames in the cache, known by what is in the file."""
    try:
        content = content_digest(utterance.audio)
        key = sound_key(config, utterance.max_s, content)

        def make() -> np.ndarray:
            seconds = heard_seconds(config, utterance.max_s)
            return mfcc(load_audio(utterance.audio, config.sample_rate, max_s=seconds), config)

        return _CachedClip(key, len(array_cache.get_or_make(folder, key, make)))
    except DataError as error:
        return error


def _assemble(
    utterance: Utterance,
    words: Transcript,
    sound: Given,
    faces: Mapping[str, np.ndarray],
    config: FeatureConfig,
) -> Features:
    """The features of one utterance; a modality that it lacks has no step, and as many columns."""
    silent = np.zeros((0, sound.width), np.float32)
    face_size = next(iter(faces.values())).shape[1] if faces else 0
    unseen = np.zeros((0, face_size), np.float32)
    frames = sound.rows.get(utterance.id, silent)
    return Features(
        id=utterance.id,
        audio=frames,
        text=words.vectors,
        tokens=words.tokens,
        label=utterance.label,
        video=faces.get(utterance.id, unseen),
        spans=_spans(utterance, frames, words.tokens, config),
        hop_s=config.hop_s,
    )


def _spans(
    utterance: Utterance, frames: np.ndarray, tokens: Sequence[str], config: FeatureConfig
) -> np.ndarray:
    """(L, 2) seconds, or (0, 2) where words are not aligned."""
    if config.align == "none":
        return _no_spans()
    if config.align == "gold" and (utterance.words or utterance.audio is None):
        return gold(utterance, tokens)
    if config.frames:  # nobody knows where frames made elsewhere are silent
        frames = np.zeros((len(frames), 1), np.float32)
    return proportional(frames, tokens, hop_s=config.hop_s, n_mels=config.n_mels)
