"""The word lens: one self-contained HTML page in which a word is picked, and the sound it looks at lights up and plays.

Nothing is fetched: waveform, sound and weights lie in the page, so that it works from disk, offline, without a kernel.
"""

from __future__ import annotations

import base64
import html
import io
import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import torch

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.explain.from_attention import READINGS
from mcsan_lite.explain.maps import AttentionMap, attention_maps
from mcsan_lite.features.extraction import Features
from mcsan_lite.training.inference import Trained

COLUMNS = 600  # lowest and highest sample of so many stretches make the drawn waveform

# direction -> its axes: L words, A pooled audio frames
DIRECTIONS = {
    "text_from_audio": "words × frames",
    "audio_from_text": "frames × words",
    "utterance": "one row of frames",
}


@dataclass(frozen=True)
class View:
    """One picture in the lens. Weights of attention are shares, a row (query) sums to one; other readings give scores."""

    name: str  # "raw attention"
    direction: str  # one of DIRECTIONS
    head: int | None  # None: all heads together
    weights: np.ndarray  # (L, A), (A, L) or (1, A), after its direction
    words: np.ndarray | None = None  # (L,) a score a word, where the reading gives one

    @property
    def shares(self) -> bool:
        """Whether a row is a distribution over what it looks at."""
        return bool((self.weights >= 0).all() and np.allclose(self.weights.sum(-1), 1, atol=1e-3))


def _checked(view: View, words: int, frames: int) -> View:
    require_name(view.direction, DIRECTIONS, "direction")
    expected = {
        "text_from_audio": (words, frames),
        "audio_from_text": (frames, words),
        "utterance": (1, frames),
    }
    shape = expected[view.direction]
    if np.shape(view.weights) != shape or (
        view.words is not None and np.shape(view.words) != (words,)
    ):
        raise DataError(
            f"view {view.name!r} with weights {np.shape(view.weights)}",
            f"{DIRECTIONS[view.direction]}, {shape}; words, where scored, ({words},)",
            "pass the weights of this utterance, in the direction that the view names.",
        )
    if not all(np.isfinite(x).all() for x in (view.weights, view.words) if x is not None):
        raise DataError(
            f"view {view.name!r} with scores that are not finite", "numbers", "look at the reading."
        )
    return view


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _quantised(weights: np.ndarray) -> dict:
    """8 bits a weight, between the lowest (or zero) and the highest: off by a 510th of that range at most."""
    low, high = min(0.0, float(weights.min())), max(0.0, float(weights.max()))
    steps = np.round((weights - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    return {"low": low, "high": high, "rows": _base64(steps.tobytes())}


def _packed(view: View) -> dict:
    rows = (
        view.weights.T if view.direction == "audio_from_text" else view.weights
    )  # a row is a word in either direction
    return {
        "name": view.name,
        "direction": view.direction,
        "head": view.head,
        "shares": view.shares,
        "words": None if view.words is None else [float(f"{score:.4g}") for score in view.words],
        **_quantised(np.asarray(rows, float)),
    }


def _envelope(signal: np.ndarray) -> str:
    """(COLUMNS, 2) int8: lowest and highest sample of each stretch, scaled to the loudest."""
    starts = np.linspace(0, len(signal), min(COLUMNS, len(signal)), endpoint=False).astype(int)
    ends = np.stack(
        (np.minimum.reduceat(signal, starts), np.maximum.reduceat(signal, starts)), 1
    )  # (columns, 2)
    return _base64(np.round(ends / (np.abs(signal).max() or 1.0) * 127).astype(np.int8).tobytes())


def _sound(signal: np.ndarray, rate: int) -> str:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, signal, rate, format="OGG", subtype="VORBIS")
    return "data:audio/ogg;base64," + _base64(file.getvalue())


def lens(
    signal: np.ndarray,
    rate: int,
    tokens: list[str],
    views: list[View],
    *,
    times: np.ndarray,
    title: str,
    truth: tuple[int, float, float] | None = None,
) -> str:
    """The page as HTML. Raises DataError for arrays that do not fit each other.

    signal (samples,) mono at `rate` a second; tokens (L); times (A,) seconds, the middle of each pooled audio frame
    (attention.frame_times). `truth` = (token, start_s, end_s): the decisive word and when it is spoken, where known.
    Any text may come in: it is shown as text and never read as HTML.
    """
    signal, times = np.asarray(signal, np.float32), np.asarray(times, float)
    if signal.ndim != 1 or not signal.size or not np.isfinite(signal).all():
        raise DataError(
            f"a signal of shape {signal.shape}",
            "finite mono samples, (samples,)",
            "load it with mcsan_lite.features.audio.load_audio.",
        )
    if times.ndim != 1 or len(times) < 1 or (np.diff(times) <= 0).any():
        raise DataError(
            f"times of shape {times.shape}",
            "seconds that grow, one a pooled frame (A,)",
            "take mcsan_lite.explain.maps.frame_times(A).",
        )
    if not tokens or not views:
        raise DataError(
            f"{len(tokens)} tokens and {len(views)} views",
            "at least one of each",
            "take views_of(model, features).",
        )
    if truth is not None and not 0 <= truth[0] < len(tokens):
        raise DataError(
            f"truth about token {truth[0]} of {len(tokens)}",
            f"0 to {len(tokens) - 1}",
            "count the tokens of the transcript, not what is spoken.",
        )
    data = {
        "title": title,
        "tokens": list(tokens),
        "times": times.round(4).tolist(),
        "seconds": len(signal) / rate,
        "wave": _envelope(signal),
        "audio": _sound(signal, rate),
        "truth": None if truth is None else [int(truth[0]), float(truth[1]), float(truth[2])],
        "views": [_packed(_checked(view, len(tokens), len(times))) for view in views],
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace(
        "<", "\\u003c"
    )  # "</script>" stays text
    return (
        files("mcsan_lite.figures")
        .joinpath("lens.html")
        .read_text(encoding="utf-8")
        .replace("%DATA%", text)
    )


def show_lens(page: str):
    """The page in a notebook, in a frame of its own: any number of them on one page cannot touch each other."""
    from IPython.display import HTML

    return HTML(
        f'<div><iframe srcdoc="{html.escape(page, quote=True)}" title="word lens" '
        'style="width:100%;height:44rem;border:0"></iframe></div>'
    )


def views_of(model: torch.nn.Module, features: Features) -> list[View]:
    """Every view of one utterance, normalised as in training: the maps between words and sound, heads averaged and one by
    one, then each other reading (readings.py) that the model allows, for the predicted class. Raises DataError for a model
    that has no attention."""
    return _attention_views(attention_maps(model, features)) + _reading_views(model, features)


def lens_of(
    run: Trained,
    features: Features,
    signal: np.ndarray,
    *,
    title: str,
    truth: tuple[int, float, float] | None = None,
) -> str:
    """The page of one utterance: its features from `run.prepare`, its sound (samples,) at `run.features.sample_rate`."""
    spans = next(iter(attention_maps(run.model, features, run.features).values())).spans
    return lens(
        signal,
        run.features.sample_rate,
        list(features.tokens),
        views_of(run.model, features),
        times=spans.mean(1),
        title=title,
        truth=truth,
    )


def _attention_views(maps: dict[str, AttentionMap]) -> list[View]:
    crossing = [
        m
        for direction in DIRECTIONS
        for m in maps.values()
        if m.direction == direction and not m.summary
    ]
    views = []
    for found in crossing:
        name = "raw attention" + (f", layer {found.layer + 1}" if len(crossing) > 2 else "")
        views += _heads(name, found.direction, found)
    for found in maps.values():
        if found.summary and found.direction.endswith("_from_audio"):
            views += _heads(
                f"raw attention, {found.name.split('.')[0]} {found.layer}", "utterance", found
            )
    return views


def _heads(name: str, direction: str, found: AttentionMap) -> list[View]:
    """The mean of all heads, then one by one, where there are several."""
    one_by_one = [
        View(name, direction, head, weights) for head, weights in enumerate(found.weights)
    ]
    return [View(name, direction, None, found.mean), *(one_by_one if len(one_by_one) > 1 else [])]


def _reading_views(model: torch.nn.Module, features: Features) -> list[View]:
    views = []
    for name, read in READINGS.items():
        if name == "raw attention":
            continue  # shown above, with its heads
        try:
            found = read(model, features, None)
        except DataError:
            continue  # a reading that this model has nothing for, such as one of cross-attention without any
        if found.pairs is not None:
            views.append(View(name, "text_from_audio", None, found.pairs, found.words))
        if found.frames is not None:
            views.append(
                View(name, "utterance", None, found.frames[None], found.words)
            )  # (A,) -> (1, A)
    return views
