"""The aligned stack: what is said, how it sounds, and where each word looks, over seconds.

In: a sound, a map as an array, and the `AlignedUtterance` that names its axes. Out: a figure with
its words.

The picture does not say why a model decided. A map shows where one layer routed information;
whether a reading of it points at the evidence is a measurement, which the caption carries.
"""

from __future__ import annotations

import textwrap

import numpy as np

from mcsan_lite.errors import DataError
from mcsan_lite.explain.pointing import inside_span, pointing_score
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord, draw_attention
from mcsan_lite.figures.basics import (
    ORANGE,
    SKY,
    Drawn,
    counted,
    draw_pitch,
    draw_spectrogram,
    draw_waveform,
    shorten,
)

_AXIS_INCHES = 6.5  # width of the axis of seconds
_LETTER_INCHES = 0.075


def draw_stack(
    signal: np.ndarray,
    sample_rate: int,
    weights: np.ndarray,
    utterance: AlignedUtterance,
    *,
    what: str = "weight",
    title: str = "",
) -> Drawn:
    """Transcript, waveform, log-mel, F0, words × seconds and a ruler of frames over one time axis.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        weights: one row per token, (L, A). Signed scores may come too.
        utterance: the tokens and frames of the map, the times of the words, the decisive word.
        what: name of the score.
        title: printed above.

    Returns:
        The figure with its words.

    Raises:
        DataError: for scores that do not fit the utterance, and for an empty signal.
    """
    import matplotlib.pyplot as plt

    weights = utterance.as_scores(weights)
    _require_sound(signal)
    row = int(weights.max(1).argmax()) if utterance.truth is None else utterance.truth.token
    duration_s = len(signal) / sample_rate
    fig, axes = plt.subplots(6, 1, sharex=True, layout="constrained")
    ribbon, wave, mel, pitch, grid, ruler = axes
    lanes = _draw_ribbon(ribbon, utterance, duration_s)
    _set_heights(fig, ribbon, lanes, len(utterance.tokens))
    ribbon.set_title(title, loc="left", fontsize=10)
    draw_waveform(signal, sample_rate, ax=wave)
    draw_spectrogram(signal, sample_rate, ax=mel)
    draw_pitch(signal, sample_rate, ax=pitch)
    draw_attention(weights, utterance, ax=grid, bar=what)
    grid.set(xlabel="", facecolor="0.9")  # grey: sound after the last frame that the model takes
    heaviest = utterance.spans[weights[row].argmax()]  # seconds that the heaviest frame sees
    _draw_ruler(ruler, utterance, heaviest)
    _mark_times((wave, mel, pitch, grid), utterance, heaviest)
    _shade_truth((wave, pitch), utterance.truth)
    _tidy(fig, axes)
    return Drawn(
        fig,
        _alt(duration_s, utterance),
        _caption(weights[row], utterance.tokens[row], utterance, what),
    )


def _require_sound(signal: np.ndarray) -> None:
    if len(signal) == 0:
        raise DataError(
            "a signal without a sample",
            "the sound that the map was made of",
            "load the clip again.",
        )


def _tidy(fig, axes) -> None:
    """Small, aligned labels; lines on the left and below only."""
    for ax in axes:
        ax.yaxis.label.set_size(9)
        ax.spines[["top", "right"]].set_visible(False)
    fig.align_ylabels(axes)


def _set_heights(fig, ribbon, lanes: int, words: int) -> None:
    """Give each panel the inches that its content needs."""
    grid = max(1.0, 0.3 + 0.22 * words)
    inches = (0.2 + 0.16 * lanes, 0.8, 1.1, 0.8, grid, 0.5)
    ribbon.get_gridspec().set_height_ratios(inches)
    fig.set_size_inches(9.5, sum(inches) + 0.9)


def _draw_ribbon(ax, utterance: AlignedUtterance, duration_s: float) -> int:
    """Draw the words over their spans. Returns how many lanes of text they take."""
    ax.set(ylabel="words", yticks=[])
    words, truth = utterance.words, utterance.truth
    if not words:
        text = [*textwrap.wrap(" ".join(utterance.tokens), 90), "(times of the words unknown)"]
        centre = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, "\n".join(text), fontsize=9, **centre)
        return len(text)
    lane_ends: list[float] = []  # seconds at which the last label of each lane ends
    for i, word in enumerate(words):
        label = shorten(word.text)
        letters = len(label) + 2
        half_s = letters * _LETTER_INCHES / _AXIS_INCHES * duration_s / 2  # half a label's width
        center_s = (word.start_s + word.end_s) / 2
        label_s = max(min(center_s, duration_s - half_s), half_s)  # within the picture
        lane = _first_free(lane_ends, label_s - half_s)
        lane_ends[lane : lane + 1] = [label_s + half_s]
        color, weight = ("0.85", "0.7")[i % 2], "normal"
        if truth is not None and abs(word.start_s - truth.start_s) < 1e-6:
            color, weight = ORANGE, "bold"
        ax.broken_barh([(word.start_s, word.end_s - word.start_s)], (-0.25, 0.5), color=color)
        ax.plot([center_s, label_s], [0.3, lane + 0.7], color="0.6", lw=0.5, zorder=1)
        ax.text(
            label_s,
            lane + 0.75,
            label,
            ha="center",
            va="bottom",
            fontsize=9,
            weight=weight,
            bbox={"fc": "white", "ec": "none", "pad": 0.5},
        )
    ax.set_ylim(-0.3, len(lane_ends) + 1)
    return len(lane_ends) + 1


def _first_free(lane_ends: list[float], start_s: float) -> int:
    """The first lane whose last label ends before `start_s`, or a new one."""
    for lane, end_s in enumerate(lane_ends):
        if end_s <= start_s:
            return lane
    return len(lane_ends)


def _draw_ruler(ax, utterance: AlignedUtterance, heaviest: np.ndarray) -> None:
    """Draw a tick at each edge between frames, and a bar for what the heaviest one sees."""
    ax.vlines(utterance.edges, 0, 0.8, color="0.3", lw=0.7)
    ax.plot(heaviest, [1.6, 1.6], lw=6, color=SKY, solid_capstyle="butt")
    ax.set(ylim=(-0.2, 2.3), xlabel="seconds", yticks=[0.4, 1.6])
    spacing = "one frame"
    if len(utterance.spans) > 1:
        spacing = f"a frame every {1000 * utterance.hop_s:.0f} ms"
    start_s, end_s = heaviest
    seen = f"heaviest sees {1000 * (end_s - start_s):.0f} ms"
    ax.set_yticklabels([spacing, seen], fontsize=9)


def _mark_times(axes, utterance: AlignedUtterance, heaviest: np.ndarray) -> None:
    """Draw thin lines at the edges of words, dashed ones around what the heaviest frame sees."""
    starts = {word.start_s for word in utterance.words}
    ends = {word.end_s for word in utterance.words}
    for ax in axes:
        for second in sorted(starts | ends):
            ax.axvline(second, color="0.6", lw=0.5)
        for second in heaviest:
            ax.axvline(second, color=SKY, lw=1, ls="--")


def _shade_truth(axes, truth: DecisiveWord | None) -> None:
    """Shade when the decisive word is spoken, where that is known."""
    if truth is None:
        return
    for ax in axes:
        ax.axvspan(truth.start_s, truth.end_s, color=ORANGE, alpha=0.3, lw=0)


def _alt(duration_s: float, utterance: AlignedUtterance) -> str:
    """The picture in words."""
    words, frames = len(utterance.tokens), len(utterance.spans)
    return (
        f"Six panels over {duration_s:.2f} seconds: words, waveform, log-mel spectrogram, F0, a "
        f"map of {counted(words, 'word')} by {counted(frames, 'frame')}, and a ruler of the frames."
    )


def _caption(scores: np.ndarray, token: str, utterance: AlignedUtterance, what: str) -> str:
    """What one row (A,) shows, in numbers. Of signed scores, the positive part is shared out."""
    frames, heaviest = len(scores), int(scores.argmax())
    basis = counted(frames, "frame")
    if not scores.max() > scores.min():
        return f"The row of “{token}” points nowhere: {basis}, the same {what} on each."
    positive = scores.clip(0)
    share = positive / (positive.sum() or 1)
    start_s, end_s = utterance.spans[heaviest]
    at_s = utterance.times[heaviest]
    sees = f"before the BiLSTM that frame sees {start_s:.2f} to {end_s:.2f} s"
    if utterance.truth is None:
        return (
            f"“{token}” puts {share[heaviest]:.0%} of its {what} on the frame at {at_s:.2f} s; an "
            f"even spread would put {1 / frames:.0%} there (one utterance, {basis}); {sees}."
        )
    box = utterance.truth
    place = f"the box, {box.start_s:.2f} to {box.end_s:.2f} s, where the decisive word is said"
    found = pointing_score(scores, inside_span(utterance.times, box.span))
    if found is None:
        return f"There is nothing to point at: no frame, or every one, is in {place} ({basis})."
    side = {0.0: "outside", 1.0: "inside"}.get(found.points, "partly inside (a tie)")
    return (
        f"“{token}” puts {found.mass:.0%} of its {what} on {place}; an even spread would put "
        f"{found.chance:.0%} there (one utterance, {basis}). Its heaviest frame, at {at_s:.2f} s, "
        f"is {side} the box; {sees}."
    )
