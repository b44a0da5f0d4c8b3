"""Figures: arrays or tables in, matplotlib Axes out. Cividis for weights; never colour alone."""

from __future__ import annotations

import base64
import html
import io
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
MARKERS = "os^DvPX"


def _axes(ax, width: float = 7.0, height: float = 2.6):
    import matplotlib.pyplot as plt

    return ax if ax is not None else plt.subplots(figsize=(width, height), layout="constrained")[1]


def show(fig, *, alt: str, caption: str) -> None:
    """Display a figure in a notebook with alt text, and its caption below: viewers often drop the first."""
    import matplotlib.pyplot as plt
    from IPython.display import Image, Markdown, display
    from PIL import Image as Picture

    full, picture = io.BytesIO(), io.BytesIO()
    fig.savefig(full, format="png", dpi=80)
    plt.close(fig)
    Picture.open(full).convert("RGB").quantize(256).save(
        picture, "png", optimize=True
    )  # half the size, looks the same
    display(Image(picture.getvalue()), metadata={"image/png": {"alt": alt}})
    display(Markdown(f"*Figure. {caption}*"))


class Drawn(NamedTuple):
    """A figure with what must travel with it."""

    fig: object
    alt: str
    caption: str

    def show(self) -> None:
        show(self.fig, alt=self.alt, caption=self.caption)


def play(signal: np.ndarray, sample_rate: int, *, alt: str):
    """A small OGG player for a notebook, with its description below for who cannot hear it or sees no player."""
    import soundfile
    from IPython.display import HTML

    sound = io.BytesIO()
    soundfile.write(sound, signal, sample_rate, format="OGG", subtype="VORBIS")
    data = base64.b64encode(sound.getvalue()).decode()
    text = html.escape(alt, quote=True)
    return HTML(
        f'<audio controls aria-label="{text}" src="data:audio/ogg;base64,{data}"></audio><br><small>{text}</small>'
    )


def draw_waveform(
    signal: np.ndarray,
    sample_rate: int,
    *,
    ax=None,
    words: Sequence = (),
    highlight: int | None = None,
):
    """Waveform over seconds, with word boundaries where known; the word number `highlight` is boxed."""
    ax = _axes(ax, height=1.6)
    ax.plot(np.arange(len(signal)) / sample_rate, signal, lw=0.5, color="0.3")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.35 * (high - low))  # room for the words above
    for i, word in enumerate(words):
        ax.axvline(word.start_s, color="0.75", lw=0.6)
        ax.text(
            (word.start_s + word.end_s) / 2,
            high + 0.05 * (high - low),
            word.text,
            ha="center",
            fontsize=8,
            weight="bold" if i == highlight else "normal",
        )
    if highlight is not None:
        ax.axvspan(words[highlight].start_s, words[highlight].end_s, color=OKABE_ITO[1], alpha=0.3)
    ax.set(xlim=(0, len(signal) / sample_rate), ylabel="amplitude", yticks=[])
    return ax


def draw_spectrogram(signal: np.ndarray, sample_rate: int, *, ax=None):
    """Log-mel spectrogram in dB over seconds."""
    import librosa

    ax = _axes(ax)
    hop = sample_rate // 100
    mel = librosa.power_to_db(
        librosa.feature.melspectrogram(
            y=signal, sr=sample_rate, n_fft=sample_rate // 40, hop_length=hop, n_mels=64
        ),
        ref=np.max,
    )
    ax.imshow(
        mel,
        origin="lower",
        aspect="auto",
        cmap="cividis",
        extent=(0, len(signal) / sample_rate, 0, 64),
    )
    ax.set(ylabel="mel band")
    return ax


def draw_mfcc(coefficients: np.ndarray, *, ax=None, hop_s: float = 0.010):
    """(T, n_mfcc) coefficients over seconds, each scaled to its own deviation so that all can be seen."""
    ax = _axes(ax)
    scaled = (coefficients - coefficients.mean(0)) / (coefficients.std(0) + 1e-9)
    ax.imshow(
        scaled.T,
        origin="lower",
        aspect="auto",
        cmap="cividis",
        vmin=-3,
        vmax=3,
        extent=(0, len(coefficients) * hop_s, 0, coefficients.shape[1]),
    )
    ax.set(xlabel="seconds", ylabel="MFCC")
    return ax


def draw_pitch(signal: np.ndarray, sample_rate: int, *, ax=None):
    """F0 in Hz over seconds by pYIN (Mauch & Dixon 2014), dots every 10 ms; nothing where no voice is found."""
    import librosa

    ax = _axes(ax, height=1.4)
    hop = sample_rate // 100
    pitch, voiced, _ = librosa.pyin(
        signal,
        fmin=65,
        fmax=500,
        sr=sample_rate,
        frame_length=sample_rate * 64 // 1000,
        hop_length=hop,
        resolution=0.2,
    )  # fifths of a semitone: twice as fast
    ax.plot(np.arange(len(pitch)) * hop / sample_rate, pitch, ".", ms=3, color=OKABE_ITO[0])
    if not voiced.any():
        ax.text(
            0.5, 0.5, "no voice found", transform=ax.transAxes, ha="center", va="center", fontsize=8
        )
    heard = pitch[voiced] if voiced.any() else np.array([65, 500])
    ax.set(
        xlim=(0, len(signal) / sample_rate),
        ylim=(0.9 * heard.min(), 1.1 * heard.max()),
        ylabel="F0, Hz",
    )
    return ax


def shorten(word: str) -> str:
    """A label that leaves room for the picture."""
    return word if len(word) <= 20 else f"{word[:19]}…"


def draw_attention(
    weights: np.ndarray,
    words: Sequence[str],
    times: np.ndarray,
    *,
    ax=None,
    highlight: tuple | None = None,
    top: float | None = None,
    hop_s: float = 0.090,
    bar: str | None = "weight",
):
    """A words × seconds map (L, A): each row is a word, its weights over the sound sum to one.

    `highlight` = (row, start_s, end_s) boxes what the row should look at, if that is known. `top` fixes the colour
    scale, so that several maps can be compared. `bar` names the colour bar; None leaves it out, where maps share one.
    Scores below zero turn the scale from cividis to purple–orange with zero in its middle: nothing is clipped unseen.
    """
    ax = _axes(ax, height=0.6 + 0.3 * len(words))
    edges = np.append(times - hop_s / 2, times[-1] + hop_s / 2)
    top = top or float(np.abs(weights).max()) or 1.0
    signed = weights.min() < 0
    mesh = ax.pcolormesh(
        edges,
        np.arange(len(words) + 1),
        weights,
        cmap="PuOr_r" if signed else "cividis",
        vmin=-top if signed else 0,
        vmax=top,
    )
    ax.set_yticks(np.arange(len(words)) + 0.5, [shorten(word) for word in words])
    ax.invert_yaxis()
    if highlight is not None:
        row, start, end = highlight
        ax.add_patch(_box(start, row, end - start))
        ax.get_yticklabels()[row].set_weight("bold")
    if bar is not None:
        ax.figure.colorbar(mesh, ax=ax, label=bar, pad=0.01)
    ax.set(xlabel="seconds", ylabel="word that looks")
    return ax


def _box(x: float, y: float, width: float):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, 1, fill=False, lw=2, ec=OKABE_ITO[5])


def draw_probabilities(probabilities: pd.Series, *, ax=None, true: str | None = None):
    """Class probabilities as labelled bars; the true class, where known, is marked in words."""
    ax = _axes(ax, width=4.5)
    values = probabilities.iloc[::-1]
    ax.barh(
        values.index,
        values,
        color=[OKABE_ITO[0] if name != true else OKABE_ITO[1] for name in values.index],
    )
    for i, (name, value) in enumerate(values.items()):
        ax.text(
            value + 0.01,
            i,
            f"{value:.0%}" + (" ← true" if name == true else ""),
            va="center",
            fontsize=8,
        )
    ax.set(xlim=(0, 1.2), xlabel="probability", xticks=[0, 0.5, 1])
    return ax


def draw_rows(
    table: pd.DataFrame, *, ax=None, marks: dict[str, float] | None = None, score: str = "WA"
):
    """Rows of a table as points with intervals (columns mean, low, high); `marks` are named vertical lines."""
    ax = _axes(ax, height=0.8 + 0.35 * len(table))
    y = np.arange(len(table))[::-1]
    error = np.stack((table["mean"] - table["low"], table["high"] - table["mean"])).clip(min=0)
    ax.errorbar(table["mean"], y, xerr=error, fmt="o", color=OKABE_ITO[0], capsize=4)
    for at, value in zip(y, table["mean"], strict=True):
        ax.text(value, at + 0.15, f"{value:.2f}", ha="center", fontsize=8)
    for i, (name, value) in enumerate((marks or {}).items()):
        style = ("--", ":", "-.", (0, (1, 3)), (0, (6, 1)))[i % 5]
        ax.axvline(value, color=OKABE_ITO[5], ls=style, lw=1.2, label=f"{name} {value:.2f}")
    if marks:
        ax.legend(
            loc="center left",
            bbox_to_anchor=(1.01, 0.5),
            fontsize=8,
            title="ceilings",
            frameon=False,
        )
    ax.set_yticks(y, table.index)
    ax.set(xlabel=score, xlim=(0, 1.05), ylim=(-0.6, len(table) - 0.3))
    return ax


def draw_confusion(counts: np.ndarray, labels: Sequence[str], *, ax=None):
    """Confusion matrix: recall as colour, counts as numbers; row = true, column = predicted."""
    ax = _axes(ax, 5.5, 4.6)
    share = counts / counts.sum(1, keepdims=True).clip(min=1)
    ax.imshow(share, cmap="cividis", vmin=0, vmax=1)
    for i, j in np.ndindex(*counts.shape):
        ax.text(
            j,
            i,
            counts[i, j],
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share[i, j] < 0.6 else "black",
        )
    names = [f"{name} ({n})" for name, n in zip(labels, counts.sum(1), strict=True)]
    ax.set_xticks(range(len(labels)), labels, rotation=40, ha="right")
    ax.set_yticks(range(len(labels)), names)
    ax.set(xlabel="predicted", ylabel="true (n)")
    return ax


def draw_curves(
    histories: dict[str, pd.DataFrame],
    *,
    column: str = "valid_wa",
    ax=None,
    marks: dict | None = None,
):
    """A curve a training, with its name at its end and its chosen epoch as a filled marker."""
    ax = _axes(ax, height=3.2)
    for i, (name, history) in enumerate(histories.items()):
        color, marker = OKABE_ITO[i % 7], MARKERS[i % 7]
        ax.plot(history["epoch"], history[column], color=color, marker=marker, mfc="white", ms=4)
        best = history.loc[history[column].idxmax()]
        ax.plot(best["epoch"], best[column], marker=marker, color=color, ms=7)
        ax.annotate(
            name,
            (history["epoch"].iloc[-1], history[column].iloc[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontsize=9,
        )
    for name, value in (marks or {}).items():
        ax.axhline(value, color="0.5", ls="--", lw=0.8)
        ax.text(1, value, f" {name} {value:.2f}", va="bottom", fontsize=8, color="0.3")
    ax.set(xlabel="epoch", ylabel=column.replace("_", " "))
    ax.margins(x=0.12)
    return ax


def draw_wiring(paths: Sequence[Sequence[str]], modalities: Sequence[str], *, ax=None):
    """Boxes and arrows from the encoders to the classifier. `paths` lists the attention modules that follow each other,
    a list for each path: [["self"], ["cross"]] is the paper's Fig. 1. A box named "cross" holds both modalities."""
    from matplotlib.patches import Rectangle

    paths = sorted(
        paths, key=lambda path: "cross" in path
    )  # the path that crosses lies in the middle
    last, deep = 2 * len(paths) - 1, max(map(len, paths))
    ax = _axes(ax, 7.5, 0.5 + 0.5 * (last + 1))
    lanes = {(m, i): last - i if m == "audio" else i for m in modalities for i in range(len(paths))}

    def box(x: float, heights: Sequence[float], text: str, color: str) -> None:
        low, high = min(heights), max(heights)
        ax.add_patch(
            Rectangle((x - 0.4, low - 0.33), 0.8, high - low + 0.66, fc=color, ec="0.2", lw=0.8)
        )
        ax.text(x, (low + high) / 2, text, ha="center", va="center", fontsize=8)

    for (m, i), y in lanes.items():
        start = (lanes[m, 0] + lanes[m, len(paths) - 1]) / 2
        if i == 0:
            box(0, [start], f"{m}\nencoder", "white")
        stops = [
            (0, start),
            *((n + 1, y) for n in range(len(paths[i]))),
            (deep + 1, y),
            (deep + 2, y),
        ]
        for (x0, y0), (x1, y1) in itertools.pairwise(stops):
            ax.annotate(
                "", (x1 - 0.4, y1), (x0 + 0.4, y0), arrowprops={"arrowstyle": "->", "color": "0.2"}
            )
        for n, name in enumerate(paths[i], 1):
            if name != "cross":
                box(n, [y], name, "#FDF0D5")
            elif m == modalities[0]:
                box(n, [lanes[k, i] for k in modalities], name, "#D9ECF8")
        box(deep + 1, [y], "max", "white")
    box(deep + 2, list(lanes.values()), "concat", "white")
    middle = (min(lanes.values()) + max(lanes.values())) / 2
    ax.annotate(
        "",
        (deep + 2.6, middle),
        (deep + 2.4, middle),
        arrowprops={"arrowstyle": "->", "color": "0.2"},
    )
    box(deep + 3, [middle], "classifier", "white")
    ax.set(xlim=(-0.5, deep + 3.5), ylim=(-0.6, last + 0.6))
    ax.axis("off")
    return ax
