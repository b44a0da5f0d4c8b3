"""The aligned stack: what is said, what it sounds like, and where each word looks, over one axis of seconds.

The picture does not say why a model decided. A map shows where one layer routed information; whether a reading of it
points at the evidence is a measurement, which the caption carries.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from mcsan_lite.corpus import Word
from mcsan_lite.errors import DataError
from mcsan_lite.explain.maps import points_at
from mcsan_lite.figures import basics
from mcsan_lite.figures.basics import OKABE_ITO, Drawn, shorten


def fits(
    weights: np.ndarray,
    tokens: Sequence[str],
    spans: np.ndarray,
    truth: tuple | None = None,
    *,
    axes: int = 2,
) -> np.ndarray:
    """`weights` as floats (…, L, A), or a DataError if they, `spans` and `truth` do not belong together."""
    weights, shape = np.asarray(weights, dtype=float), (len(tokens), len(spans))
    if (
        weights.ndim != axes
        or weights.shape[-2:] != shape
        or 0 in weights.shape
        or np.shape(spans)[1:] != (2,)
    ):
        raise DataError(
            f"scores {weights.shape}, {shape[0]} words, spans {np.shape(spans)}",
            f"{axes} axes of scores, the last two (words, frames), and spans (frames, 2); none of them empty",
            "pass the words and the frames that the map was made of.",
        )
    if not np.isfinite(weights).all():
        raise DataError(
            f"scores of which {np.count_nonzero(~np.isfinite(weights))} are not finite",
            "finite scores",
            "look at how they were made: NaN points nowhere.",
        )
    if truth is not None and not (0 <= truth[0] < shape[0] and truth[1] < truth[2]):
        raise DataError(
            f"truth {tuple(truth)} for {shape[0]} words",
            "(row, start_s, end_s) with a row that is there",
            "take the row from the tokens of this utterance.",
        )
    return weights


def hop_of(spans: np.ndarray) -> float:
    """Seconds between neighbouring frames, by their ends: starts are cut off at zero."""
    return float(np.diff(spans[:, 1])[-1] if len(spans) > 1 else spans[0, 1] - spans[0, 0])


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _ribbon(
    ax, words: Sequence[Word], tokens: Sequence[str], duration: float, bold: int | None
) -> int:
    """Words over their spans, in as many lanes as their lengths need. Returns how many lines high it is."""
    if not words:
        lines = [*textwrap.wrap(" ".join(tokens), 90), "(times of the words unknown)"]
        ax.text(
            0.5, 0.5, "\n".join(lines), transform=ax.transAxes, ha="center", va="center", fontsize=8
        )
        return len(lines)
    ends: list[float] = []  # of the last label in each lane
    for i, word in enumerate(words):
        text, center = shorten(word.text), (word.start_s + word.end_s) / 2
        half = (
            (len(text) + 2) * 0.075 / 6.5 * duration / 2
        )  # of the label: inches a letter, on an axis of 6.5 inches
        middle = max(min(center, duration - half), half)
        lane = next((n for n, end in enumerate(ends) if end <= middle - half), len(ends))
        ends[lane : lane + 1] = [middle + half]
        ax.broken_barh(
            [(word.start_s, word.end_s - word.start_s)],
            (-0.25, 0.5),
            color=OKABE_ITO[1] if i == bold else ("0.85", "0.7")[i % 2],
        )
        ax.plot([center, middle], [0.3, lane + 0.7], color="0.6", lw=0.5, zorder=1)
        ax.text(
            middle,
            lane + 0.75,
            text,
            ha="center",
            va="bottom",
            fontsize=8,
            weight="bold" if i == bold else "normal",
            bbox={"fc": "white", "ec": "none", "pad": 0.5},
        )
    ax.set_ylim(-0.3, len(ends) + 1)
    return len(ends) + 1


def _ruler(ax, edges: np.ndarray, seen: np.ndarray, hop: float | None) -> None:
    """A tick at each edge between frames, and a bar for what the heaviest one sees."""
    ax.vlines(edges, 0, 0.8, color="0.3", lw=0.7)
    ax.plot(seen, [1.6, 1.6], lw=6, color=OKABE_ITO[4], solid_capstyle="butt")
    ax.set(ylim=(-0.2, 2.3), xlabel="seconds", yticks=[0.4, 1.6])
    ax.set_yticklabels(
        [
            f"a frame every {1000 * hop:.0f} ms" if hop else "one frame",
            f"heaviest sees {1000 * (seen[1] - seen[0]):.0f} ms",
        ],
        fontsize=7,
    )


def draw_stack(
    signal: np.ndarray,
    sample_rate: int,
    weights: np.ndarray,
    tokens: Sequence[str],
    spans: np.ndarray,
    *,
    words: Sequence[Word] = (),
    truth: tuple[int, float, float] | None = None,
    what: str = "weight",
    title: str = "",
) -> Drawn:
    """Transcript, waveform, log-mel, F0, words × seconds and a ruler of frames over one time axis.

    weights (L, A): a row a token, signed scores too; spans (A, 2) in seconds, what each pooled frame sees
    (attention.frame_spans); `words` with their times, where known; `truth` = (row, start_s, end_s), the decisive word and
    when it is said, where known; `what` names the score. A reading of frames only is one row: scores[None], ["all words"].
    Raises DataError for scores that do not fit tokens and spans, and for no sound.
    """
    import matplotlib.pyplot as plt

    weights = fits(weights, tokens, spans, truth)
    if len(signal) == 0:
        raise DataError(
            "a signal without a sample",
            "the sound that the map was made of",
            "load the clip again.",
        )
    times, duration, hop = spans.mean(1), len(signal) / sample_rate, hop_of(spans)
    row = truth[0] if truth else int(weights.max(1).argmax())
    seen = spans[weights[row].argmax()]
    bold = next(
        (i for i, w in enumerate(words) if truth and abs(w.start_s - truth[1]) < 1e-6), None
    )
    fig, axes = plt.subplots(6, 1, sharex=True, layout="constrained")
    said, wave, mel, pitch, grid, ruler = axes
    lines = _ribbon(said, words, tokens, duration, bold)
    heights = (0.2 + 0.16 * lines, 0.8, 1.1, 0.8, max(1.0, 0.3 + 0.22 * len(tokens)), 0.5)  # inches
    said.get_gridspec().set_height_ratios(heights)
    fig.set_size_inches(9.5, sum(heights) + 0.9)
    basics.draw_waveform(signal, sample_rate, ax=wave)
    basics.draw_spectrogram(signal, sample_rate, ax=mel)
    basics.draw_pitch(signal, sample_rate, ax=pitch)
    basics.draw_attention(weights, tokens, times, ax=grid, highlight=truth, hop_s=hop, bar=what)
    grid.set(xlabel="", facecolor="0.9")  # grey: sound behind the last frame that the model takes
    _ruler(
        ruler,
        np.append(times - hop / 2, times[-1] + hop / 2),
        seen,
        hop if len(spans) > 1 else None,
    )
    said.set(ylabel="words", yticks=[])
    said.set_title(title, loc="left", fontsize=10)
    for ax in axes:
        ax.yaxis.label.set_size(9)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in (wave, mel, pitch, grid):
        for at in sorted({t for w in words for t in (w.start_s, w.end_s)}):
            ax.axvline(at, color="0.6", lw=0.5)
        for at in seen:
            ax.axvline(at, color=OKABE_ITO[4], lw=1, ls="--")
    if truth:
        for ax in (wave, pitch):
            ax.axvspan(*truth[1:], color=OKABE_ITO[1], alpha=0.3, lw=0)
    fig.align_ylabels(axes)
    return Drawn(
        fig,
        f"Six panels over {duration:.2f} seconds: words, waveform, log-mel spectrogram, F0, a map of "
        f"{counted(len(tokens), 'word')} by {counted(len(spans), 'frame')}, and a ruler of the frames.",
        _tell(weights[row], tokens[row], spans, truth, what),
    )


def _tell(scores: np.ndarray, word: str, spans: np.ndarray, truth: tuple | None, what: str) -> str:
    """What one row shows, in numbers. Of signed scores, the positive part is shared out."""
    times, heaviest, n = spans.mean(1), int(scores.argmax()), len(scores)
    share = scores.clip(0) / (scores.clip(0).sum() or 1)
    if not scores.max() > scores.min():
        return (
            f"The row of “{word}” points nowhere: {counted(n, 'frame')}, the same {what} on each."
        )
    sees = (
        f"before the BiLSTM that frame sees {spans[heaviest, 0]:.2f} to {spans[heaviest, 1]:.2f} s"
    )
    if truth is None:
        return (
            f"“{word}” puts {share[heaviest]:.0%} of its {what} on the frame at {times[heaviest]:.2f} s; an even spread "
            f"would put {1 / n:.0%} there (one utterance, {counted(n, 'frame')}); {sees}."
        )
    hit, mass, chance = points_at(share, times, truth[1:])
    return (
        f"“{word}” puts {mass:.0%} of its {what} on the box, {truth[1]:.2f} to {truth[2]:.2f} s, where the decisive "
        f"word is said; an even spread would put {chance:.0%} there (one utterance, {counted(n, 'frame')}). Its "
        f"heaviest frame, at {times[heaviest]:.2f} s, is {'inside' if hit else 'outside'} the box; {sees}."
    )
