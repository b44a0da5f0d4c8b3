"""Figures of one network: how it is wired, how it learned, what it confuses, how sure it is.

In: names, histories and tables. Out: matplotlib Axes. Markers and words say what colours say.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mcsan_lite.evaluation.intervals import calibration_error
from mcsan_lite.figures.basics import BLUE, MARKERS, OKABE_ITO, axes_or_new, counted, label_ends

_ARROW = {"arrowstyle": "->", "color": "0.2"}


def draw_wiring(paths: Sequence[Sequence[str]], modalities: Sequence[str], *, ax=None):
    """Boxes and arrows from the encoders to the classifier.

    Args:
        paths: for each path the attention modules that follow each other; [["self"], ["cross"]] is
            the paper's Fig. 1. A box named "cross" holds all modalities.
        modalities: such as ["audio", "text"].
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes.
    """
    paths = sorted(paths, key=lambda path: "cross" in path)  # what crosses lies in the middle
    highest, depth = 2 * len(paths) - 1, max(map(len, paths))
    ax = axes_or_new(ax, 7.5, 0.5 + 0.5 * (highest + 1))
    lanes = {modality: list(range(len(paths))) for modality in modalities}
    if "audio" in lanes:  # above, counted from the top
        lanes["audio"] = [highest - i for i in range(len(paths))]
    for modality, heights in lanes.items():
        entry = (heights[0] + heights[-1]) / 2
        _draw_box(ax, 0, [entry], f"{modality}\nencoder")
        for i, path in enumerate(paths):
            height = heights[i]
            columns = [*range(1, len(path) + 1), depth + 1, depth + 2]
            _draw_arrows(ax, [(0, entry), *((x, height) for x in columns)])
            for x, module in enumerate(path, 1):
                if module != "cross":
                    _draw_box(ax, x, [height], module, "#FDF0D5")
                elif modality == modalities[0]:
                    crossed = [lanes[other][i] for other in modalities]
                    _draw_box(ax, x, crossed, module, "#D9ECF8")
            _draw_box(ax, depth + 1, [height], "max")
    ends = [height for heights in lanes.values() for height in heights]
    middle = (min(ends) + max(ends)) / 2
    _draw_box(ax, depth + 2, ends, "concat")
    _draw_arrows(ax, [(depth + 2, middle), (depth + 3, middle)])
    _draw_box(ax, depth + 3, [middle], "classifier")
    ax.set(xlim=(-0.5, depth + 3.5), ylim=(-0.6, highest + 0.6))
    ax.axis("off")
    return ax


def _draw_box(ax, x: float, heights: Sequence[float], text: str, color: str = "white") -> None:
    """Draw one box around `x` that covers all lanes from the lowest to the highest of `heights`."""
    from matplotlib.patches import Rectangle

    low, high = min(heights), max(heights)
    corner, tall = (x - 0.4, low - 0.33), high - low + 0.66
    ax.add_patch(
        Rectangle(corner, 0.8, tall, fc=color, ec="0.2", lw=0.8),
    )
    ax.text(
        x,
        (low + high) / 2,
        text,
        ha="center",
        va="center",
        fontsize=9,
    )


def _draw_arrows(ax, stops: Sequence[tuple[float, float]]) -> None:
    """Draw arrows from box to box; `stops` are the middles of the boxes."""
    for (x0, y0), (x1, y1) in itertools.pairwise(stops):
        ax.annotate(
            "",
            (x1 - 0.4, y1),
            (x0 + 0.4, y0),
            arrowprops=_ARROW,
        )


def _column_in_words(column: str) -> str:
    """The column "valid_wa" gives "validation WA"; "loss" stays "loss"."""
    words = column.replace("valid_", "validation ").split("_")
    return " ".join(words).replace(" wa", " WA").replace(" ua", " UA")


def draw_curves(
    histories: Mapping[str, pd.DataFrame],
    *,
    column: str = "valid_wa",
    ax=None,
    marks: Mapping[str, float] | None = None,
):
    """One curve per training, with its name at its end and its chosen epoch as a filled marker.

    Args:
        histories: by name, tables with the columns epoch and `column`.
        column: what is drawn over epochs.
        ax: axes to draw into; None makes new ones.
        marks: named values, drawn as horizontal lines.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=3.2)
    for i, (name, history) in enumerate(histories.items()):
        color, marker = OKABE_ITO[i % 7], MARKERS[i % 7]
        ax.plot(
            history["epoch"],
            history[column],
            color=color,
            marker=marker,
            mfc="white",
            ms=4,
        )
        best = history.loc[history[column].idxmax()]
        ax.plot(
            best["epoch"],
            best[column],
            marker=marker,
            color=color,
            ms=7,
        )
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
        ax.text(
            1,
            value,
            f" {name} {value:.2f}",
            va="bottom",
            fontsize=9,
            color="0.3",
        )
    ax.set(xlabel="epoch", ylabel=_column_in_words(column))
    ax.margins(x=0.12)
    return ax


def draw_band(
    histories: Mapping[str, Sequence[pd.DataFrame]], *, column: str = "valid_wa", ax=None
):
    """For each name the mean of its seeds over epochs, and a band from the lowest to the highest.

    Args:
        histories: by name, one table per seed with the columns epoch and `column`.
        column: what is drawn over epochs.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=3.2)
    last_values, names, colors, last_epoch = [], [], [], 0
    for i, (name, seeds) in enumerate(histories.items()):
        by_epoch = [history.set_index("epoch")[column] for history in seeds]
        curves = pd.concat(by_epoch, axis=1).sort_index()  # (epochs, seeds)
        mean, color = curves.mean(axis=1), OKABE_ITO[i % 7]
        ax.fill_between(
            curves.index,
            curves.min(axis=1),
            curves.max(axis=1),
            color=color,
            alpha=0.2,
            lw=0,
            hatch=("//", "\\\\", "..", "xx")[i % 4],
            ec=color,
        )
        ax.plot(
            curves.index,
            mean,
            marker=MARKERS[i % 7],
            color=color,
            mfc="white",
            ms=4,
        )
        last_values.append(mean.iloc[-1])
        names.append(f"{name} ({counted(len(seeds), 'seed')})")
        colors.append(color)
        last_epoch = max(last_epoch, curves.index.max())
    ax.set(xlabel="epoch", ylabel=_column_in_words(column))
    ax.set_title("line: mean of the seeds; band: lowest to highest seed", fontsize=9)
    ax.set_xlim(right=last_epoch + 0.35 * max(1, last_epoch - 1))
    label_ends(ax, last_epoch, last_values, names, colors)
    return ax


def draw_confusion(counts: np.ndarray, labels: Sequence[str], *, ax=None):
    """A confusion matrix: recall as colour, counts as numbers.

    Args:
        counts: utterances, (C true classes, C predicted classes).
        labels: names of the C classes.
        ax: axes to draw into; None makes new ones.

    Returns:
        The axes. A row is a true class, with its n; a column is a predicted one.
    """
    ax = axes_or_new(ax, 5.5, 4.6)
    totals = counts.sum(1)
    share = counts / totals[:, None].clip(min=1)
    ax.imshow(share, cmap="cividis", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        color = "white" if share[row, column] < 0.6 else "black"
        number = counts[row, column]
        ax.text(
            column,
            row,
            number,
            ha="center",
            va="center",
            fontsize=9,
            color=color,
        )
    names = [f"{label} ({n})" for label, n in zip(labels, totals, strict=True)]
    ax.set_xticks(
        range(len(labels)),
        labels,
        rotation=40,
        ha="right",
    )
    ax.set_yticks(range(len(labels)), names)
    ax.set(xlabel="predicted", ylabel="true (n)")
    return ax


def draw_reliability(table: pd.DataFrame, *, ax=None, name: str = ""):
    """Accuracy against confidence, one point per bin with its interval and its n; ECE in the title.

    Args:
        table: the bins of `intervals.reliability`.
        ax: axes to draw into; None makes new ones.
        name: of the network, for the title.

    Returns:
        The axes. On the dashed diagonal a network is as sure as it is right.
    """
    ax = axes_or_new(ax, 4.6, 4.2)
    ax.plot(
        (0, 1),
        (0, 1),
        color="0.5",
        ls="--",
        lw=1,
    )
    slanted = {"rotation": 45, "rotation_mode": "anchor"}
    ax.text(0.03, 0.05, "as sure as right", fontsize=9, color="0.3", **slanted)
    full = table[table.n > 0]
    below, above = full.accuracy - full.accuracy_low, full.accuracy_high - full.accuracy
    error = np.stack((below, above)).clip(min=0)  # (2, bins)
    ax.errorbar(
        full.confidence, full.accuracy, yerr=error, fmt=MARKERS[0], ls="-", color=BLUE, capsize=3
    )
    for _, row in full.iterrows():
        ax.annotate(
            f"{row.n:.0f}",
            (row.confidence, row.accuracy_low),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=9,
        )
    n, error_of_calibration = table.n.sum(), calibration_error(table)
    title = f"ECE {error_of_calibration:.3f}, {n:.0f} utterances (n below each point)"
    ax.set_title(f"{name}: {title}" if name else title, fontsize=9)
    ax.set(
        xlabel="confidence (mean highest probability)",
        ylabel="accuracy (share right)",
        xlim=(0, 1),
        ylim=(-0.06, 1.02),
    )
    return ax
