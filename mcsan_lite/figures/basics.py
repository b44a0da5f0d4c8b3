"""What every figure needs, and the pictures of sound.

In: a signal with its sample rate, or a finished figure. Out: matplotlib Axes, or something that a
notebook displays. Colours come from the palette of Okabe and Ito, weights are drawn in cividis, and
nothing is told by colour alone.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mcsan_lite.figures.texts.reading import ENGLISH, figure_word, let_figures_speak
from mcsan_lite.tables.shared import markdown_text, without_controls

BLUE, ORANGE, SKY, VERMILION = "#0072B2", "#E69F00", "#56B4E9", "#D55E00"
OKABE_ITO = (BLUE, ORANGE, "#009E73", "#CC79A7", SKY, VERMILION, "#000000")  # Okabe & Ito 2008
MARKERS = "os^DvPX"

_LONGEST_LABEL = 20  # letters
_DPI = 160  # two dots for each that a notebook shows: sharp on a projector
_SMALLEST = 9  # points


def use_theme(language: str = ENGLISH) -> None:
    """Give all later figures one look, no text below 9 points, and one language."""
    import seaborn as sns

    let_figures_speak(language)
    sizes = {
        "font.size": 10,
        "axes.titlesize": 10,
        "axes.labelsize": 10,
        "xtick.labelsize": _SMALLEST,
        "ytick.labelsize": _SMALLEST,
        "legend.fontsize": _SMALLEST,
        "legend.title_fontsize": _SMALLEST,
    }
    plain = {"axes.spines.top": False, "axes.spines.right": False, "image.cmap": "cividis"}
    # seaborn's own edges are white, and so are arrows then, on white paper.
    edges = {"patch.edgecolor": "black", "patch.force_edgecolor": False}
    sns.set_theme(style="ticks", palette=list(OKABE_ITO), rc=sizes | plain | edges)


def axes_or_new(ax, width: float = 7.0, height: float = 2.6):
    """Give back the axes to draw into.

    Args:
        ax: axes that a caller gave, or None.
        width: width of a new figure in inches.
        height: height of a new figure in inches.

    Returns:
        `ax`, or the only axes of a new figure.
    """
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def counted(n: int, noun: str) -> str:
    """A number with its noun.

    Args:
        n: how many there are.
        noun: in the singular; its plural must end in -s.

    Returns:
        Such as "1 word" or "3 words".
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def shorten(word: str) -> str:
    """A label that leaves room for the picture."""
    if len(word) <= _LONGEST_LABEL:
        return word
    return f"{word[: _LONGEST_LABEL - 1]}…"


def show(fig, *, alt: str, caption: str) -> None:
    """Display a figure in a notebook and close it.

    Args:
        fig: the matplotlib figure.
        alt: the picture in words, for a reader who cannot see it.
        caption: what the picture shows. It is printed below, since many viewers drop the alt text.
    """
    import matplotlib.pyplot as plt
    from IPython.display import Image, Markdown, display
    from PIL import Image as Picture

    full = io.BytesIO()
    fig.savefig(full, format="png", dpi=_DPI)
    plt.close(fig)
    picture = Picture.open(full).convert("RGB")
    small = io.BytesIO()  # 128 colours: half the size, and it looks the same
    picture.quantize(128).save(small, "png", optimize=True)
    shown = {"alt": alt, "width": picture.width // 2, "height": picture.height // 2}
    display(Image(small.getvalue()), metadata={"image/png": shown})
    display(Markdown(f"*{figure_word('figure')}. {caption}*"))


def _spread(values: Sequence[float], least: float) -> np.ndarray:
    """The values, moved as little as leaves `least` between neighbours: places for labels."""
    places = np.array(values, dtype=float)
    order = np.argsort(places, kind="stable")
    for _ in range(100):
        short = least - np.diff(places[order])
        if (short <= 1e-9).all():
            break
        push = short.clip(min=0) / 2
        places[order[1:]] += push
        places[order[:-1]] -= push
    return places


def label_ends(
    ax, x: float, values: Sequence[float], names: Sequence[str], colors: Sequence[str]
) -> None:
    """Write names to the right of the ends of lines, far enough apart to be read.

    Args:
        ax: the axes of the lines.
        x: where the lines end.
        values: the height at which each line ends.
        names: one per line.
        colors: one per line.
    """
    low, high = ax.get_ylim()
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    places = _spread(values, 0.16 * (high - low) / inches)
    for place, value, name, color in zip(places, values, names, colors, strict=True):
        lift = (place - value) / (high - low) * inches * 72  # points
        ax.annotate(
            name,
            (x, value),
            xytext=(8, lift),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=9,
            color=color,
        )


class Drawn(NamedTuple):
    """A figure with the words that must travel with it.

    Attributes:
        fig: the matplotlib figure.
        alt: the picture in words.
        caption: its numbers in words.
    """

    fig: object
    alt: str
    caption: str

    def show(self) -> None:
        """Display the figure in a notebook; what its caption quotes is shown as it is."""
        show(self.fig, alt=without_controls(self.alt), caption=markdown_text(self.caption))


def sound_url(signal: np.ndarray, sample_rate: int) -> str:
    """Pack a sound into an address, so that a page can play it without a file beside it.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.

    Returns:
        The sound as OGG Vorbis, in an address of the scheme `data`.
    """
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, signal, sample_rate, format="OGG", subtype="VORBIS")
    return "data:audio/ogg;base64," + base64.b64encode(file.getvalue()).decode()


def play(signal: np.ndarray, sample_rate: int, *, alt: str):
    """A small player for a notebook, with its description below.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        alt: what is heard, for a reader who hears nothing or sees no player.

    Returns:
        An IPython HTML object.
    """
    from IPython.display import HTML

    text = html.escape(alt, quote=True)
    address = sound_url(signal, sample_rate)
    player = f'<audio controls aria-label="{text}" src="{address}"></audio>'
    return HTML(f"{player}<br><small>{text}</small>")


# Where a label may lie beside its point: right and up in points, and how it is aligned there.
_BESIDE = (
    {"xytext": (6, 0), "ha": "left", "va": "center"},
    {"xytext": (-6, 0), "ha": "right", "va": "center"},
    {"xytext": (0, 6), "ha": "center", "va": "bottom"},
    {"xytext": (0, -6), "ha": "center", "va": "top"},
    {"xytext": (5, 5), "ha": "left", "va": "bottom"},
    {"xytext": (5, -5), "ha": "left", "va": "top"},
    {"xytext": (-5, 5), "ha": "right", "va": "bottom"},
    {"xytext": (-5, -5), "ha": "right", "va": "top"},
)


def label_points(ax, names: Sequence[str], points: np.ndarray) -> None:
    """Write a name beside each point of a scatter plot, where it covers least of anything else.

    Call it last, since it measures the axes and their legend as they are then.

    Args:
        ax: the axes of the points.
        names: one per point.
        points: (n, 2), in the units of the axes.
    """
    from matplotlib.transforms import Bbox

    ax.figure.draw_without_rendering()  # from here on the layout is fixed
    dots = ax.transData.transform(points)  # (n, 2), on the screen
    radius = 4 * ax.figure.dpi / 72
    taken = [Bbox([dot - radius, dot + radius]) for dot in dots]
    if ax.get_legend() is not None:
        taken.append(ax.get_legend().get_window_extent())
    distance = np.linalg.norm(dots[:, None] - dots[None], axis=-1)  # (n, n)
    crowded_first = np.sort(distance, axis=1)[:, :4].sum(axis=1).argsort()
    for i in crowded_first:

        def write(place, name=names[i], point=points[i]):
            style = {"textcoords": "offset points", "fontsize": _SMALLEST}
            return ax.annotate(name, point, **place, **style)

        costs = []
        for place in _BESIDE:
            trial = write(place)
            costs.append(_covered(trial.get_window_extent(), taken, ax.bbox))
            trial.remove()
        taken.append(write(_BESIDE[int(np.argmin(costs))]).get_window_extent())


def _covered(box, taken: Sequence, inside) -> float:
    """How much a box covers of what is taken, and how much of it lies outside the axes."""
    both = [box.intersection(box, other) for other in taken]
    within = box.intersection(box, inside)
    area = box.width * box.height
    out = area - (within.width * within.height if within is not None else 0)
    return out + sum(one.width * one.height for one in both if one is not None)


def draw_waveform(
    signal: np.ndarray,
    sample_rate: int,
    *,
    ax=None,
    words: Sequence = (),
    highlight: int | None = None,
):
    """The waveform over seconds, with the words above it.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        ax: axes to draw into; None makes new ones.
        words: the words with their times (`Word`), where they are known.
        highlight: number of the word that is boxed.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=1.6)
    ax.plot(np.arange(len(signal)) / sample_rate, signal, lw=0.5, color="0.3")
    low, high = ax.get_ylim()
    tall = high - low
    ax.set_ylim(low, high + 0.35 * tall)  # room for the words above
    for i, word in enumerate(words):
        middle = (word.start_s + word.end_s) / 2
        weight = "bold" if i == highlight else "normal"
        ax.axvline(word.start_s, color="0.75", lw=0.6)
        ax.text(middle, high + 0.05 * tall, word.text, ha="center", fontsize=9, weight=weight)
    if highlight is not None:
        boxed = words[highlight]
        ax.axvspan(boxed.start_s, boxed.end_s, color=ORANGE, alpha=0.3)
    ax.set(xlim=(0, len(signal) / sample_rate), ylabel=figure_word("amplitude"), yticks=[])
    return ax


def draw_spectrogram(signal: np.ndarray, sample_rate: int, *, ax=None):
    """The log-mel spectrogram in dB over seconds: 64 bands, a frame every 10 ms.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes.
    """
    from mcsan_lite.features.sound.loaded import librosa

    ax = axes_or_new(ax)
    power = librosa.feature.melspectrogram(
        y=signal,
        sr=sample_rate,
        n_fft=sample_rate // 40,
        hop_length=sample_rate // 100,
        n_mels=64,
    )
    decibel = librosa.power_to_db(power, ref=np.max)  # (bands, frames)
    extent = (0, len(signal) / sample_rate, 0, 64)
    ax.imshow(decibel, origin="lower", aspect="auto", cmap="cividis", extent=extent)
    ax.set(ylabel="mel band")
    return ax


def draw_mfcc(coefficients: np.ndarray, *, ax=None, hop_s: float = 0.010):
    """MFCC over seconds, each coefficient scaled to its own deviation so that all can be seen.

    Args:
        coefficients: (T, n_mfcc).
        ax: axes to draw into; None makes new ones.
        hop_s: seconds from one frame to the next.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax)
    frames, count = coefficients.shape
    deviation = coefficients.std(0) + 1e-9
    scaled = (coefficients - coefficients.mean(0)) / deviation
    ax.imshow(
        scaled.T,
        origin="lower",
        aspect="auto",
        cmap="RdBu_r",  # they have a sign
        vmin=-3,
        vmax=3,
        extent=(0, frames * hop_s, 0, count),
    )
    ax.set(xlabel="seconds", ylabel="MFCC")
    return ax


def draw_pitch(signal: np.ndarray, sample_rate: int, *, ax=None):
    """F0 in Hz over seconds by pYIN (Mauch & Dixon 2014), and nothing where no voice is found.

    Args:
        signal: mono samples, (samples,).
        sample_rate: samples per second.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes, with a dot every 10 ms.
    """
    from mcsan_lite.features.sound.loaded import first_call, librosa

    ax = axes_or_new(ax, height=1.4)
    hop = sample_rate // 100
    with first_call("pyin"):
        pitch, voiced, _ = librosa.pyin(
            signal,
            fmin=65,
            fmax=500,
            sr=sample_rate,
            frame_length=sample_rate * 64 // 1000,
            hop_length=hop,
            resolution=0.2,  # fifths of a semitone: twice as fast
        )
    seconds = np.arange(len(pitch)) * hop / sample_rate
    ax.plot(seconds, pitch, ".", ms=3, color=BLUE)
    if voiced.any():
        low, high = pitch[voiced].min(), pitch[voiced].max()
    else:
        low, high = 65, 500
        centre = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, "no voice found", fontsize=9, **centre)
    ax.set(
        xlim=(0, len(signal) / sample_rate),
        ylim=(0.9 * low, 1.1 * high),
        ylabel="F0, Hz",
    )
    return ax
