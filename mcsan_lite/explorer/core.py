"""The explorer without a notebook: a state in, an answer out.

In: trained models, sounds with transcripts, and an `ExplorerState`. Out: an answer that fits into
JSON: probabilities now and before the edits, what the corpus's rule says, and the views of the word
lens. What an edit does not touch is not computed again: new words leave the frames as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Utterance, Word
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.faithfulness import without
from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explorer.limits import model_path, own_voice_note
from mcsan_lite.explorer.sounds import Explorable, with_pitch
from mcsan_lite.explorer.spelling import evaluative_places, respelled_clip, swaps_of
from mcsan_lite.explorer.state import MOST_SEMITONES, ExplorerState
from mcsan_lite.features.alignment import gold, proportional
from mcsan_lite.features.extraction import Features, heard_seconds, mfcc, sound_key
from mcsan_lite.features.language.transcripts import MAX_WORDS, words_of
from mcsan_lite.features.words import embed, tokenize
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.lens import (
    PATIENT_READINGS,
    PATIENT_WORDS,
    View,
    lens_sound,
    lens_views,
    views_of,
)
from mcsan_lite.training.confidence.sidecar import Confidence
from mcsan_lite.training.inference import Trained, load_run

SHIPPED_MODELS = ("matching-seed0", "matching-w-o-cross-seed0", "leaking-seed0")
_KEPT = 256  # sounds and transcripts that are remembered. A choice


def explorer_models(
    names: Iterable[str | Path] = SHIPPED_MODELS, folder: Path | str | None = None
) -> dict[str, Trained]:
    """Models by name.

    Args:
        names: of checkpoints in the folder, or paths of runs: a fold's folder or a safetensors
            file.
        folder: of checkpoints; None: the repository's own.

    Raises:
        DataError: for a name that is neither.
    """
    return {str(name): load_run(model_path(name, folder)) for name in names}


class _Words(NamedTuple):
    """A transcript as the models read it."""

    tokens: tuple[str, ...]
    vectors: np.ndarray  # (L, E)
    unknown: list[str]


@dataclass(frozen=True)
class _Read:
    """One utterance, edited, as one model reads it."""

    features: Features  # normalised, muted and blanked as the state says
    signal: np.ndarray
    notes: list[list]


class _Seen(NamedTuple):
    """What is drawn."""

    spans: np.ndarray  # (A, 2) seconds
    views: list[View]
    names: list[str]  # of what this model can be asked


class ExplorerCore:
    """Answers what a model says of an edited utterance.

    Args:
        models: by name; all of one sample rate.
        sounds: what can be explored; recordings are added by `add`.
        cache: folder of word vectors that were looked up.
        limits: by model, what is kept of its limits; a model that is not there has none.

    Raises:
        DataError: for no model, for no sound, and for models of several sample rates.
    """

    def __init__(
        self,
        models: Mapping[str, Trained],
        sounds: Iterable[Explorable],
        cache: Path | str = "data/cache",
        *,
        limits: Mapping[str, Confidence | None] = {},
    ) -> None:
        self.models, self.limits = dict(models), dict(limits)
        self.sounds = {one.id: one for one in sounds}
        self.cache = Path(cache)
        rates = {run.features.sample_rate for run in self.models.values()}
        if len(rates) != 1 or not self.sounds:
            raise DataError(
                f"{len(self.models)} models, sample rates {sorted(rates)}, "
                f"{len(self.sounds)} utterances",
                "at least one of each, and one sample rate",
                "take models that were trained on the same kind of sound.",
            )
        (self.sample_rate,) = rates
        self._remembered: dict[tuple, object] = {}

    def first_state(self) -> ExplorerState:
        """What is shown at first: the first utterance and the first model, as they are."""
        return ExplorerState(next(iter(self.sounds)), next(iter(self.models)))

    def choices(self) -> dict[str, object]:
        """What the page offers: the utterances with their transcripts, and the models."""
        return {
            "utterances": list(self.sounds),
            "texts": {name: sound.text for name, sound in self.sounds.items()},
            "models": list(self.models),
            "semitones": [-MOST_SEMITONES, MOST_SEMITONES, 1],
            "seconds": max(heard_seconds(run.features) for run in self.models.values()),
        }

    def add(self, sound: Explorable) -> None:
        """Take in another sound; one of the same id is replaced, and what was known of it is
        forgotten.
        """
        self.sounds[sound.id] = sound
        stale = [key for key in self._remembered if sound.id in key]
        for key in stale:
            del self._remembered[key]

    def answer(self, state: ExplorerState, *, readings: Iterable[str] = ()) -> dict[str, object]:
        """What the model says, and where its words look.

        Args:
            state: what is set.
            readings: names of further readings; those that the model has are computed too.

        Returns:
            What fits into JSON: `state` with its transcript; `probabilities` and `before`, (class,
            share) in the model's order, with and without the edits; `rule`, the class that the
            corpus gives, where that is known; `swaps`, of `spelling.swaps_of`; `notes`, (key of a
            text, its values); and `lens`, as `figures.lens` shows it.

        Raises:
            DataError: for an utterance, a model or a word that is not there.
        """
        sound, run = self._chosen(state)
        if state.text is None:
            state = replace(state, text=sound.text)
        read = self._read(state, sound, run)
        seen = self._seen(state, read, readings)
        return {
            "state": state.as_json(),
            "probabilities": _shares(run, read.features),
            "before": self._before(state, sound, run),
            "rule": _rule(state, sound, read.features.tokens),
            "swaps": [list(swap) for swap in swaps_of(read.features.tokens, state.text)],
            "notes": [*read.notes, *self._of_own_voice(state, sound, read), *_notes(state, seen)],
            "lens": self._lens(state, sound, read, seen),
        }

    def _of_own_voice(self, state: ExplorerState, sound: Explorable, read: _Read) -> list[list]:
        if not sound.recorded:
            return []
        run, limits = self.models[state.model], self.limits.get(state.model)
        return [own_voice_note(run, read.features, limits)]

    def _chosen(self, state: ExplorerState) -> tuple[Explorable, Trained]:
        require_name(state.utterance, self.sounds, "utterance")
        require_name(state.model, self.models, "model")
        return self.sounds[state.utterance], self.models[state.model]

    def _once(self, make, *key):
        """What `make` gives, remembered by a key."""
        if key not in self._remembered:
            if len(self._remembered) >= _KEPT:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key] = make()
        return self._remembered[key]

    def _words(self, text: str, run: Trained) -> _Words:
        source, unknown = run.features.vectors, run.features.unknown

        def make() -> _Words:
            tokens = tuple(tokenize(text)[:MAX_WORDS])
            vector_of, missing = embed(tokens, source, unknown, self.cache)
            without_vector = [word for word in words_of(tokens) if word in missing]
            vectors = np.stack([vector_of[token] for token in tokens]).astype(np.float32)
            return _Words(tokens, vectors, list(dict.fromkeys(without_vector)))

        return self._once(make, "words", text, source, unknown)

    def _frames(self, sound: Explorable, run: Trained, pitch: tuple | None) -> np.ndarray:
        """(T, n_mfcc) of the sound, edited where `pitch` is a span and semitones."""
        key = ("frames", sound.id, sound_key(run.features), pitch)
        return self._once(lambda: mfcc(self._signal(sound, pitch), run.features), *key)

    def _signal(self, sound: Explorable, pitch: tuple | None) -> np.ndarray:
        if pitch is None:
            return sound.signal
        span, semitones = pitch

        def make() -> np.ndarray:
            return with_pitch(sound.signal, self.sample_rate, span, semitones)

        return self._once(make, "signal", sound.id, pitch)

    def _spans(self, sound: Explorable, tokens: tuple[str, ...], run: Trained) -> np.ndarray:
        """(L, 2) seconds: known, or guessed by the letters of the words."""
        if sound.words:
            words = sound.words
            if len(words) == len(tokens):  # respelled words keep their times
                timed = zip(tokens, words, strict=True)
                words = tuple(Word(token, word.start_s, word.end_s) for token, word in timed)
            one = Utterance(sound.id, Path(sound.id), " ".join(tokens), "", words=words)
            return gold(one, tokens)
        frames = self._frames(sound, run, None)
        about = run.features
        return proportional(frames, tokens, hop_s=about.hop_s, n_mels=about.n_mels)

    def _read(self, state: ExplorerState, sound: Explorable, run: Trained) -> _Read:
        words = self._words(state.text, run)
        spans = self._spans(sound, words.tokens, run)
        notes, pitch = [], None
        if words.unknown:
            notes.append(["unknown_words", {"words": ", ".join(words.unknown)}])
        if state.pitch_word is not None and state.semitones:
            pitch = self._pitch(state, spans, words.tokens)
            signal = self._signal(sound, pitch)
            if signal is sound.signal:
                notes.append(["too_short", {"word": words.tokens[state.pitch_word]}])
            elif not sound.words:
                notes.append(["guessed_times", {}])
        label = sound.label or run.labels[0]
        known = spans if sound.words else spans[:0]
        features = Features(
            id=sound.id,
            audio=self._frames(sound, run, pitch),
            text=words.vectors,
            tokens=words.tokens,
            label=label,
            spans=known,
            hop_s=run.features.hop_s,
        )
        (ready,) = run.prepare([features])
        for is_gone, modality in ((state.muted, "audio"), (state.blanked, "text")):
            if is_gone:
                every_row = np.ones(len(getattr(ready, modality)), bool)
                ready = without(ready, modality, every_row)
        signal = self._signal(sound, pitch)
        if state.muted:
            signal = np.zeros_like(signal)
        return _Read(ready, signal, notes)

    def _pitch(
        self, state: ExplorerState, spans: np.ndarray, tokens: tuple[str, ...]
    ) -> tuple[tuple[float, float], float]:
        word = state.pitch_word
        if not 0 <= word < len(tokens):
            raise DataError(
                f"pitch_word={word} of {len(tokens)} words",
                f"0 to {len(tokens) - 1}",
                "pick one of the words.",
            )
        start_s, end_s = spans[word].astype(float).round(6).tolist()
        return (start_s, end_s), float(state.semitones)

    def _seen(self, state: ExplorerState, read: _Read, readings: Iterable[str]) -> _Seen:
        """The maps, and the reading of the state, or the first one where the model has it not."""
        run, features = self.models[state.model], read.features
        maps = attention_maps(run.model, features, run.features)

        def find_quick() -> list[str]:
            quick = [name for name in READINGS if name not in PATIENT_READINGS]
            views = views_of(run.model, features, maps, readings=quick)
            return list(dict.fromkeys(view.name for view in views))

        has_times = bool(len(features.spans))
        quick = self._once(find_quick, "readings", state.model, has_times)
        names = _with_patient_readings(quick, len(features.tokens))
        chosen = state.reading if state.reading in names else names[0]
        wanted = {chosen, *readings}
        read_now = [name for name in names if name in wanted and name in READINGS]
        views = views_of(run.model, features, maps, readings=read_now)
        return _Seen(next(iter(maps.values())).spans, views, names)

    def _before(self, state: ExplorerState, sound: Explorable, run: Trained) -> list[list]:
        """The probabilities of the utterance as it is."""

        def make() -> list[list]:
            plain = ExplorerState(state.utterance, state.model, sound.text)
            return _shares(run, self._read(plain, sound, run).features)

        return self._once(make, "before", sound.id, state.model)

    def _lens(
        self, state: ExplorerState, sound: Explorable, read: _Read, seen: _Seen
    ) -> dict[str, object]:
        tokens, truth = read.features.tokens, None
        if not state.blanked:
            truth = _decisive(sound, tokens)
        aligned = AlignedUtterance(tokens, seen.spans, truth=truth)
        drawn = self._drawn(state, sound, read.signal)
        return {"title": "", **drawn, **lens_views(aligned, seen.views), "readings": seen.names}

    def _drawn(
        self, state: ExplorerState, sound: Explorable, signal: np.ndarray
    ) -> dict[str, object]:
        """Waveform and sound, packed once for each sound: packed anew, the same has other bytes."""
        pitch = (
            (state.pitch_word, state.semitones, state.text) if signal is not sound.signal else None
        )
        key = ("drawn", sound.id, "silence" if state.muted else pitch)
        return self._once(lambda: lens_sound(signal, self.sample_rate), *key)


def _with_patient_readings(quick: list[str], words: int) -> list[str]:
    """All readings that a model has, in the order of READINGS, without running the slow ones.

    They look at input and output alone, as gradient x input does: a model has all of them or none.
    """
    if "gradient x input" not in quick or words > PATIENT_WORDS:
        return quick
    maps = [name for name in quick if name not in READINGS]
    others = [name for name in READINGS if name in quick or name in PATIENT_READINGS]
    return maps + others


def _notes(state: ExplorerState, seen: _Seen) -> list[list]:
    """What must be said of this answer: (key of a text, its values)."""
    notes = []
    if state.muted:
        notes.append(["muted", {}])
    if state.blanked:
        notes.append(["blanked", {}])
    if state.reading not in seen.names:
        notes.append(["no_reading", {"reading": state.reading, "shown": seen.names[0]}])
    return notes


def _shares(run: Trained, features: Features) -> list[list]:
    """[class, probability], in the order of the model's classes."""
    likely = run.probabilities(features)
    return [[label, round(float(likely[label]), 4)] for label in run.labels]


def _rule(state: ExplorerState, sound: Explorable, tokens: tuple[str, ...]) -> str | None:
    """The class that is known for the sound as it is with these words, where one is."""
    if state.edited_sound or state.blanked:
        return None
    if sound.clip is None:
        is_own = state.text == sound.text
        return (sound.label or None) if is_own else None
    clip = respelled_clip(sound.clip, tokens)
    if clip is None or len(evaluative_places(tokens)) > 1:
        return None
    return clip.label


def _decisive(sound: Explorable, tokens: tuple[str, ...]) -> DecisiveWord | None:
    """The word that decides, where the rule of the corpus knows one."""
    if sound.clip is None or respelled_clip(sound.clip, tokens) is None:
        return None
    places = evaluative_places(tokens)
    if len(places) != 1:
        return None
    (place,) = places
    word = sound.words[place]
    return DecisiveWord(place, word.start_s, word.end_s)
