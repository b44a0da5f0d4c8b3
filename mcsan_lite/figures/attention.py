"""Maps of words × seconds: where each word looks in the sound.

In: weights as arrays, and an `AlignedUtterance` that says which words and seconds their axes stand
for. Out: axes, or a figure with its alt text and a caption that carries its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mcsan_lite.corpus import Word
from mcsan_lite.errors import DataError
from mcsan_lite.explain.pointing import inside_span, mass_inside
from mcsan_lite.figures.basics import VERMILION, Drawn, axes_or_new, counted, shorten
from mcsan_lite.figures.texts.reading import figure_word


class DecisiveWord(NamedTuple):
    """The word that decides the label, where that is known.

    Attributes:
        token: its place among the tokens, counted from 0.
        start_s: when it begins to be spoken, in seconds.
        end_s: when it has been spoken, in seconds.
    """

    token: int
    start_s: float
    end_s: float

    @property
    def span(self) -> tuple[float, float]:
        """When the word is spoken: its start and its end in seconds."""
        return self.start_s, self.end_s


@dataclass(frozen=True, eq=False)
class AlignedUtterance:
    """What the two axes of a map stand for: the words of one utterance, and frames in seconds.

    A reading that scores frames only is a map with one row: give it one token, such as "all words".

    Attributes:
        tokens: the L words as the model reads them.
        spans: (A, 2) seconds, what each pooled frame sees before the BiLSTM (`maps.step_spans`).
        words: the spoken words with their times, where these are known.
        truth: the decisive word, where it is known.
    """

    tokens: Sequence[str]
    spans: np.ndarray
    words: Sequence[Word] = ()
    truth: DecisiveWord | None = None

    def __post_init__(self) -> None:
        """Raise DataError for an empty axis, times that do not grow, or a truth of no word here."""
        words, shape = len(self.tokens), np.shape(self.spans)
        if words == 0 or shape[0] == 0 or shape[1:] != (2,):
            raise DataError(
                f"{words} tokens, spans {shape}",
                "words, and the spans of frames (frames, 2); none of them empty",
                "pass the words and the frames that the map was made of.",
            )
        if (np.diff(self.times) <= 0).any():
            raise DataError(
                f"spans {shape} whose middles do not grow",
                "seconds that grow, one span per pooled frame",
                "take mcsan_lite.explain.steps.frame_spans(A).",
            )
        if self.truth is None:
            return
        token, start_s, end_s = self.truth
        if not 0 <= token < words or start_s >= end_s:
            raise DataError(
                f"truth {tuple(self.truth)} about token {token} of {words}",
                f"(token, start_s, end_s) with a token from 0 to {words - 1}",
                "count the tokens of the transcript, not what is spoken.",
            )

    @property
    def times(self) -> np.ndarray:
        """(A,) seconds, the middle of what each frame sees."""
        return self.spans.mean(1)

    @property
    def hop_s(self) -> float:
        """Seconds between neighbouring frames, by their ends: starts are cut off at zero."""
        if len(self.spans) > 1:
            return float(np.diff(self.spans[:, 1])[-1])
        return float(self.spans[0, 1] - self.spans[0, 0])

    @property
    def edges(self) -> np.ndarray:
        """(A + 1,) seconds, the borders between the cells of a map."""
        return np.append(self.times - self.hop_s / 2, self.times[-1] + self.hop_s / 2)

    def as_scores(self, weights: np.ndarray, ndim: int = 2) -> np.ndarray:
        """The scores of this utterance as floats.

        Args:
            weights: scores, (…, L, A).
            ndim: how many axes they must have.

        Returns:
            The same numbers as a float array, (…, L, A).

        Raises:
            DataError: for scores of other words or frames, and for scores that are not finite.
        """
        scores = np.asarray(weights, dtype=float)
        shape = (len(self.tokens), len(self.spans))
        if scores.ndim != ndim or scores.shape[-2:] != shape or 0 in scores.shape:
            raise DataError(
                f"scores {scores.shape} for {shape[0]} words and {shape[1]} frames",
                f"{ndim} axes of scores, the last two (words, frames); none of them empty",
                "pass the words and the frames that the map was made of.",
            )
        strange = np.count_nonzero(~np.isfinite(scores))
        if strange:
            raise DataError(
                f"scores of which {strange} are not finite",
                "finite scores",
                "look at how they were made: NaN points nowhere.",
            )
        return scores


def entropy(weights: np.ndarray) -> float:
    """Mean entropy of the rows, divided by log K.

    Args:
        weights: rows that sum to one, (…, Q, K).

    Returns:
        1 for an even spread (as a single key always is), 0 for all weight on one key.
    """
    keys = weights.shape[-1]
    if keys == 1:
        return 1.0
    logs = np.log(np.where(weights > 0, weights, 1))
    rows = -(weights * logs).sum(-1)
    return float(rows.mean() / np.log(keys))


def draw_attention(
    weights: np.ndarray,
    utterance: AlignedUtterance,
    *,
    ax=None,
    top: float | None = None,
    bar: str | None = "weight",
    signed: bool = False,
):
    """One map of words × seconds. What is known to decide is boxed.

    Scores below zero turn the scale from cividis to purple–orange with zero in its middle: nothing
    is clipped unseen.

    Args:
        weights: one row per word, (L, A). Weights of attention sum to one in each row.
        utterance: the words and the frames. The word of its truth is boxed.
        ax: axes to draw into; None makes new ones.
        top: the highest value of the colour scale, so that several maps can be compared.
        bar: name of the colour bar. None leaves it out, where maps share one.
        signed: that scale also without a score below zero, where a map beside this one has some.

    Returns:
        The axes.
    """
    from matplotlib.patches import Rectangle

    words = len(utterance.tokens)
    ax = axes_or_new(ax, height=0.6 + 0.3 * words)
    top = top or float(np.abs(weights).max()) or 1.0
    scale = {"cmap": "cividis", "vmin": 0, "vmax": top}
    if signed or weights.min() < 0:
        scale = {"cmap": "PuOr_r", "vmin": -top, "vmax": top}
    mesh = ax.pcolormesh(utterance.edges, np.arange(words + 1), weights, **scale)
    ax.set_yticks(np.arange(words) + 0.5, [shorten(token) for token in utterance.tokens])
    ax.invert_yaxis()
    truth = utterance.truth
    if truth is not None:
        corner, width = (truth.start_s, truth.token), truth.end_s - truth.start_s
        ax.add_patch(Rectangle(corner, width, 1, fill=False, lw=2, ec=VERMILION))
        ax.get_yticklabels()[truth.token].set_weight("bold")
    if bar is not None:
        ax.figure.colorbar(mesh, ax=ax, label=bar, pad=0.01)
    ax.set(xlabel=figure_word("seconds"), ylabel=figure_word("word_that_looks"))
    return ax


def draw_directions(
    text_from_audio: np.ndarray, audio_from_text: np.ndarray, utterance: AlignedUtterance
) -> Drawn:
    """Both directions of one layer side by side, words down and seconds across in each.

    The colour is weight ÷ even spread, on one scale: a row over A frames and a row over L words
    have different even spreads, 1 / A and 1 / L.

    Args:
        text_from_audio: each word looks at the frames, (L, A).
        audio_from_text: each frame looks at the words, (A, L).
        utterance: the words and the frames.

    Returns:
        The figure with its words.

    Raises:
        DataError: for maps that do not fit the utterance.
    """
    import matplotlib.pyplot as plt

    words, frames = len(utterance.tokens), len(utterance.spans)
    left = utterance.as_scores(text_from_audio) * frames
    right = utterance.as_scores(np.transpose(audio_from_text)) * words  # (A, L) -> (L, A)
    height = 1.3 + max(0.8, 0.24 * words)
    fig, axes = plt.subplots(1, 2, figsize=(9.5, height), layout="constrained")
    top = max(np.abs(left).max(), np.abs(right).max())
    signed = min(left.min(), right.min()) < 0
    for ax, ratios in zip(axes, (left, right), strict=True):
        draw_attention(ratios, utterance, ax=ax, top=top, bar=None, signed=signed)
        ax.set_ylabel("")
    axes[0].set_title("each word looks at the sound\n(a row adds up to 100%)", fontsize=9)
    axes[1].set_title("each moment looks at the words\n(a column adds up to 100%)", fontsize=9)
    axes[1].tick_params(labelleft=False)
    fig.colorbar(axes[0].collections[0], ax=axes, label="weight ÷ even", pad=0.01)
    all_words, all_frames = counted(words, "word"), counted(frames, "frame")
    asking, asked_at, asking_times = _strongest(left, utterance)
    answering, looks_at, answering_times = _strongest(right, utterance)
    return Drawn(
        fig,
        f"Two maps of {all_words} by {all_frames} on one colour scale: left the words look at the "
        "sound, right the moments look at the words.",
        f"1 on the scale is an even spread: {1 / frames:.1%} for a word over {all_frames}, "
        f"{1 / words:.1%} for a moment over {all_words}. Strongest left: “{asking}” looks at "
        f"{asked_at:.2f} s, {asking_times:.1f} times even; right: {looks_at:.2f} s looks at "
        f"“{answering}”, {answering_times:.1f} times even.",
    )


def _strongest(scores: np.ndarray, utterance: AlignedUtterance) -> tuple[str, float, float]:
    """The word, the second and the value of the highest cell of scores (L, A)."""
    word, frame = np.unravel_index(scores.argmax(), scores.shape)
    return utterance.tokens[word], utterance.times[frame], scores[word, frame]


def draw_heads(
    weights: np.ndarray,
    utterance: AlignedUtterance,
    *,
    rule: str,
    chosen: int | None = None,
    scores: Sequence[float] | None = None,
    score: str = "on the box",
) -> Drawn:
    """All heads on one colour scale, each with its entropy and, where known, a score.

    Args:
        weights: one map per head, (H, L, A).
        utterance: the words and the frames.
        rule: how `chosen` was chosen, or why these heads are shown.
        chosen: the head that is marked.
        scores: one per head, (H,). None: where the truth is known, the share of the decisive
            word's weight that lies on the box.
        score: name of the scores.

    Returns:
        The figure with its words.

    Raises:
        DataError: for maps that do not fit the utterance, and for too few or too many scores.
    """
    weights = utterance.as_scores(weights, ndim=3)
    if scores is None and utterance.truth is not None:
        scores = _shares_on_the_box(weights, utterance)
    notes = _notes_on_heads(weights, scores, score)
    fig, axes = _grid_of_heads(len(weights), len(utterance.tokens))
    top, signed = np.abs(weights).max(), weights.min() < 0
    for i, head in enumerate(weights):
        ax = axes.flat[i]
        draw_attention(head, utterance, ax=ax, top=top, bar=None, signed=signed)
        is_left, is_lowest = i % axes.shape[1] == 0, i + axes.shape[1] >= len(weights)
        ax.tick_params(labelsize=9, labelleft=is_left, labelbottom=is_lowest)
        _title_head(ax, i, notes[i], chosen=i == chosen)
    fig.supxlabel("seconds", fontsize=9)
    fig.suptitle(f"Rule: {rule}", fontsize=9, x=0.01, ha="left")
    fig.colorbar(axes[0, 0].collections[0], ax=axes, label="weight", pad=0.01)
    names = [f"head {i} (chosen)" if i == chosen else f"head {i}" for i in range(len(notes))]
    heads = [f"{name}: {note}" for name, note in zip(names, notes, strict=True)]
    maps, words = counted(len(weights), "small map"), counted(len(utterance.tokens), "word")
    frames = counted(len(utterance.spans), "frame")
    lowest = f"-{top:.2f}" if signed else "0"
    return Drawn(
        fig,
        f"{maps} of {words} by {frames}, one per head, on one colour scale.",
        f"One scale, {lowest} to {top:.2f}; entropy 1 is an even spread. {'; '.join(heads)}. "
        f"Rule: {rule}.",
    )


def _notes_on_heads(weights: np.ndarray, scores: Sequence[float] | None, score: str) -> list[str]:
    """For each head of (H, L, A) its entropy and, where known, its score in words."""
    notes = [f"entropy {entropy(head):.2f}" for head in weights]
    if scores is None:
        return notes
    if len(scores) != len(notes):
        raise DataError(
            f"{len(scores)} scores",
            f"{len(notes)}, one per head",
            "score every head that is drawn.",
        )
    return [f"{note}, {score} {value:.2f}" for note, value in zip(notes, scores, strict=True)]


def _shares_on_the_box(weights: np.ndarray, utterance: AlignedUtterance) -> list[float]:
    """For each head of (H, L, A), the share of the decisive word's weight on its own span."""
    inside = inside_span(utterance.times, utterance.truth.span)
    return [mass_inside(head[utterance.truth.token], inside) for head in weights]


def _grid_of_heads(heads: int, words: int):
    """A figure and its axes (rows, columns), at most four columns; what is left over is blank."""
    import matplotlib.pyplot as plt

    across = min(heads, 4)
    down = -(-heads // across)
    height = 0.9 + down * (0.7 + max(0.18 * words, 0.5))
    size = (9.5, height)
    fig, axes = plt.subplots(down, across, figsize=size, squeeze=False, layout="constrained")
    for ax in axes.flat[heads:]:
        ax.axis("off")
    return fig, axes


def _title_head(ax, head: int, note: str, *, chosen: bool) -> None:
    note = note.replace(", ", ",\n")  # one line would run into the next panel's
    if chosen:
        ax.set_title(f"head {head} ◂ chosen\n{note}", fontsize=9, weight="bold")
    else:
        ax.set_title(f"head {head}\n{note}", fontsize=9, weight="normal")
    ax.set(xlabel="", ylabel="")
