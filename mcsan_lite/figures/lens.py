"""The word lens: one HTML page on which a word is picked, and the sound it looks at lights up.

In: a sound, an `AlignedUtterance`, and views of its words × frames. Out: the page as text. Nothing
is fetched: waveform, sound and weights lie in the page, so that it works from disk, offline,
without a kernel.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.maps import AttentionMap
from mcsan_lite.explain.readings import READINGS, rollout
from mcsan_lite.features.extraction import Features
from mcsan_lite.figures.attention import AlignedUtterance
from mcsan_lite.figures.basics import sound_url
from mcsan_lite.figures.explorer.assembly import assembled_page, joined_modules
from mcsan_lite.figures.texts.reading import page_texts

_PATIENCE_S = 3  # until a bar is drawn
_STRETCHES = 600  # the drawn waveform: lowest and highest sample of so many stretches

# Readings that run the model hundreds of times, and the most words for which the lens waits for
# them: a minute at 300 words on one core, a quarter of an hour at 1,000.
PATIENT_READINGS = ("integrated gradients", "occlusion (silence)", "occlusion (mean frame)")
PATIENT_WORDS = 300

_AXES = {  # direction -> its axes: L words, A pooled audio frames
    "text_from_audio": "words × frames",
    "audio_from_text": "frames × words",
    "utterance": "one row of frames",
}


@dataclass(frozen=True)
class View:
    """One picture in the lens.

    Weights of attention are shares: a row (query) sums to one. Other readings give scores.

    Attributes:
        name: such as "raw attention".
        direction: "text_from_audio", "audio_from_text" or "utterance".
        head: its number; None: all heads together.
        weights: (L, A), (A, L) or (1, A), in the order of the three directions.
        word_scores: (L,) one score per word, where the reading gives any.
    """

    name: str
    direction: str
    head: int | None
    weights: np.ndarray
    word_scores: np.ndarray | None = None

    @property
    def shares(self) -> bool:
        """Whether a row is a distribution over what it looks at."""
        sums_to_one = np.allclose(self.weights.sum(-1), 1, atol=1e-3)
        return bool((self.weights >= 0).all() and sums_to_one)


def _check_view(view: View, words: int, frames: int) -> None:
    """Raise DataError for a view that does not fit so many words and frames, or is not finite."""
    require_name(view.direction, _AXES, "direction")
    shapes = {
        "text_from_audio": (words, frames),
        "audio_from_text": (frames, words),
        "utterance": (1, frames),
    }
    shape = shapes[view.direction]
    word_scores = np.zeros(words) if view.word_scores is None else view.word_scores
    if np.shape(view.weights) != shape or np.shape(word_scores) != (words,):
        raise DataError(
            f"view {view.name!r} with weights {np.shape(view.weights)}",
            f"{_AXES[view.direction]}, {shape}; words, where scored, ({words},)",
            "pass the weights of this utterance, in the direction that the view names.",
        )
    if not np.isfinite(view.weights).all() or not np.isfinite(word_scores).all():
        raise DataError(
            f"view {view.name!r} with scores that are not finite", "numbers", "look at the reading."
        )


def _packed(view: View) -> dict:
    """A view as the page reads it: 8 bits per weight between the lowest (or 0) and the highest.

    So a weight is off by a 510th of that range at most.
    """
    rows = np.asarray(view.weights, float)
    if view.direction == "audio_from_text":
        rows = rows.T  # (A, L) -> (L, A): a row is a word in either direction
    low, high = min(0.0, float(rows.min())), max(0.0, float(rows.max()))
    span = (high - low) or 1.0
    steps = np.round((rows - low) / span * 255).astype(np.uint8)
    word_scores = None
    if view.word_scores is not None:
        word_scores = [float(f"{score:.4g}") for score in view.word_scores]
    return {
        "name": view.name,
        "direction": view.direction,
        "head": view.head,
        "shares": view.shares,
        "words": word_scores,
        "low": low,
        "high": high,
        "rows": _base64(steps),
    }


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def _envelope(signal: np.ndarray) -> np.ndarray:
    """(stretches, 2) int8: lowest and highest sample of each stretch, scaled to the loudest."""
    stretches = min(_STRETCHES, len(signal))
    starts = np.linspace(0, len(signal), stretches, endpoint=False).astype(int)
    lowest = np.minimum.reduceat(signal, starts)
    highest = np.maximum.reduceat(signal, starts)
    loudest = np.abs(signal).max() or 1.0
    ends = np.stack((lowest, highest), 1)  # (stretches, 2)
    return np.round(ends / loudest * 127).astype(np.int8)


def lens_page(
    signal: np.ndarray,
    sample_rate: int,
    utterance: AlignedUtterance,
    views: Sequence[View],
    *,
    title: str,
) -> str:
    """The page of one utterance. Any text may come in: it is shown as text, never read as HTML.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        utterance: the words, the frames and, where it is known, the decisive word.
        views: what can be picked, the first one shown first (`views_of`).
        title: heading of the page.

    Returns:
        The page as HTML.

    Raises:
        DataError: for arrays that do not fit each other.
    """
    data = {
        "title": title,
        **lens_sound(signal, sample_rate),
        **lens_views(utterance, views),
        "texts": page_texts(),
    }
    return assembled_page(data, joined_modules("lens", "page") + "startLens();")


def lens_sound(signal: np.ndarray, sample_rate: int) -> dict[str, object]:
    """What the lens must know of a sound: its length, its drawn waveform, and itself.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.

    Returns:
        What fits into JSON.

    Raises:
        DataError: for a signal that is empty, not mono, or not finite.
    """
    signal = np.asarray(signal, np.float32)
    if signal.ndim != 1 or not signal.size or not np.isfinite(signal).all():
        raise DataError(
            f"a signal of shape {signal.shape}",
            "finite mono samples, (samples,)",
            "load it with mcsan_lite.features.audio.load_audio.",
        )
    return {
        "seconds": len(signal) / sample_rate,
        "wave": _base64(_envelope(signal)),
        "audio": sound_url(signal, sample_rate),
    }


def lens_views(utterance: AlignedUtterance, views: Sequence[View]) -> dict[str, object]:
    """What the lens must know of an utterance: words, seconds, truth, and the views.

    Args:
        utterance: the words, the frames and, where it is known, the decisive word.
        views: what can be picked.

    Returns:
        What fits into JSON.

    Raises:
        DataError: for views that do not fit the utterance, and for none.
    """
    if not views:
        raise DataError("0 views", "at least one", "take views_of(model, features, maps).")
    for view in views:
        _check_view(view, len(utterance.tokens), len(utterance.spans))
    return {
        "tokens": list(utterance.tokens),
        "times": utterance.times.round(4).tolist(),
        "truth": _truth(utterance),
        "views": [_packed(view) for view in views],
    }


def _truth(utterance: AlignedUtterance) -> list | None:
    """The decisive word as the page reads it: token, start_s, end_s."""
    if utterance.truth is None:
        return None
    token, start_s, end_s = utterance.truth
    return [int(token), float(start_s), float(end_s)]


def show_lens(page: str, title: str = "word lens"):
    """Show a page in a notebook, in a frame of its own: several of them cannot touch each other.

    Args:
        page: of `lens_page`, or of the explorer.
        title: what a screen reader calls the frame.
    """
    from IPython.display import HTML

    source = html.escape(page, quote=True)
    style = "width:100%;height:44rem;border:0"
    name = html.escape(title, quote=True)
    frame = f'<iframe srcdoc="{source}" title="{name}" style="{style}"></iframe>'
    return HTML(f"<div>{frame}</div>")  # IPython warns of a bare <iframe>


def views_of(
    model: torch.nn.Module,
    features: Features,
    maps: Mapping[str, AttentionMap],
    *,
    readings: Iterable[str] | None = None,
    progress: bool = False,
) -> list[View]:
    """Every view of one utterance.

    First come the maps between words and sound, heads averaged and one by one; then each other
    reading that the model allows, for the predicted class. `PATIENT_READINGS` are left out above
    `PATIENT_WORDS`.

    Args:
        model: a trained model.
        features: its utterance, standardized as in training.
        maps: what `attention_maps(model, features, …)` found.
        readings: names of READINGS; None: all of them.
        progress: draw a bar on stderr where it takes longer than some seconds.

    Returns:
        The views, for `lens_page`.
    """
    left_out = PATIENT_READINGS if len(features.tokens) > PATIENT_WORDS else ()
    wanted = READINGS if readings is None else readings
    names = [name for name in wanted if name not in left_out]
    shown = tqdm(names, "readings", leave=False, delay=_PATIENCE_S, disable=not progress)
    return [*_views_of_maps(maps), *_views_of_readings(model, features, maps, shown)]


def _views_of_maps(maps: Mapping[str, AttentionMap]) -> list[View]:
    crossing = []
    for direction in ("text_from_audio", "audio_from_text"):
        crossing += [m for m in maps.values() if m.direction == direction and not m.summary]
    views = []
    for found in crossing:
        name = "raw attention"
        if len(crossing) > 2:
            name += f", layer {found.layer + 1}"
        views += _heads(name, found.direction, found)
    for found in maps.values():
        if found.summary and found.place.weighs == "audio":
            name = f"raw attention, {found.place.module} {found.layer}"
            views += _heads(name, "utterance", found)
    return views


def _heads(name: str, direction: str, found: AttentionMap) -> list[View]:
    """The mean of all heads, then one by one, where there are several."""
    views = [View(name, direction, None, found.mean)]
    if len(found.weights) > 1:
        for head, weights in enumerate(found.weights):
            views.append(View(name, direction, head, weights))
    return views


def _views_of_readings(
    model: torch.nn.Module,
    features: Features,
    maps: Mapping[str, AttentionMap],
    names: Iterable[str],
) -> list[View]:
    views = []
    for name in names:
        method = READINGS[name]
        if method.kind == "map":
            continue  # among the maps, with its heads
        try:
            if method.read is rollout:  # it starts from the maps, which are at hand
                reading = rollout(model, features, maps=maps)
            else:
                reading = method.read(model, features, None)
        except DataError:
            continue  # needs what this model does not have, such as cross-attention
        if reading.pairs is not None:
            views.append(View(name, "text_from_audio", None, reading.pairs, reading.words))
        if reading.frames is not None:
            row = reading.frames[None]  # (A,) -> (1, A)
            views.append(View(name, "utterance", None, row, reading.words))
    return views
