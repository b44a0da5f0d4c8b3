"""Figures that compare scores: rows of a table, gaps, the same folds twice, power, open choices.

In: tables and series, scores as shares of one. Out: matplotlib Axes. Differences are drawn in
points. Markers and words say what colours say.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.figures.basics import (
    BLUE,
    MARKERS,
    OKABE_ITO,
    ORANGE,
    VERMILION,
    axes_or_new,
    label_ends,
)

_MOST_NAMED = 6  # folds of a figure; the names of more would stand outside of it
_DASHES = ("--", ":", "-.", (0, (1, 3)), (0, (6, 1)))  # of named lines, in turn


def _two_sided(table: pd.DataFrame) -> np.ndarray:
    """(2, rows): how far each interval reaches below and above its mean."""
    below, above = table["mean"] - table["low"], table["high"] - table["mean"]
    return np.stack((below, above)).clip(min=0)


def draw_rows(
    table: pd.DataFrame, *, ax=None, marks: Mapping[str, float] | None = None, score: str = "WA"
):
    """Rows of a table as points with intervals.

    Args:
        table: columns mean, low, high; the index names the rows.
        ax: axes to draw into; None makes new ones.
        marks: named scores, such as ceilings, drawn as upright lines.
        score: name of the score.

    Returns:
        The axes.
    """
    from matplotlib.patheffects import withStroke

    ax = axes_or_new(ax, height=0.8 + 0.35 * len(table))
    heights = np.arange(len(table))[::-1]
    ax.errorbar(
        table["mean"],
        heights,
        xerr=_two_sided(table),
        fmt="o",
        color=BLUE,
        capsize=4,
        zorder=4,  # above the boxes of the numbers
    )
    halo = [withStroke(linewidth=3, foreground=ax.get_facecolor())]  # over the upright lines
    above = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "va": "bottom"}
    for height, mean in zip(heights, table["mean"], strict=True):
        ax.annotate(f"{mean:.2f}", (mean, height), fontsize=9, path_effects=halo, **above)
    for i, (name, value) in enumerate((marks or {}).items()):
        dashes = _DASHES[i % len(_DASHES)]
        ax.axvline(value, color=VERMILION, ls=dashes, lw=1.2, label=f"{name} {value:.2f}")
    if marks:
        place = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
        ax.legend(fontsize=9, title="ceilings", frameon=False, **place)
    ax.set_yticks(heights, table.index)
    ax.set(
        xlabel=score,
        xlim=(0, 1.05),
        ylim=(-0.6, len(table) - 0.3),
    )
    return ax


def draw_forest(
    gaps: pd.DataFrame,
    *,
    ax=None,
    label: str = "MCSAN − row, WA, points",
    margin: float | None = None,
    name: str = "this run",
):
    """One line per row: the gap with its interval and its numbers.

    Args:
        gaps: columns mean, low, high, as shares. A column `paper` adds the printed gap. A row
            without a mean is marked "not run", one without an interval is a marker alone.
        ax: axes to draw into; None makes new ones.
        label: name of the axis.
        margin: the difference that would not matter, as a share: ± so much is shaded.
        name: whose gaps the first markers are.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=1.0 + 0.34 * len(gaps))
    heights = np.arange(len(gaps))[::-1]
    points = gaps.select_dtypes("number") * 100
    ax.axvline(0, color="0.3", lw=1)
    if margin:
        wide = 100 * margin
        unit = "point" if f"{wide:g}" == "1" else "points"
        ax.axvspan(-wide, wide, color="0.92", zorder=0, label=f"± {wide:g} {unit}")
    ax.errorbar(
        points["mean"],
        heights,
        xerr=np.nan_to_num(_two_sided(points)),
        fmt=MARKERS[0],
        color=BLUE,
        capsize=4,
        label=f"{name}, 95 %",
    )
    if "paper" in points and points["paper"].notna().any():
        style = {"label": "printed in the paper", "mfc": "white", "color": VERMILION}
        ax.plot(points["paper"], heights - 0.22, MARKERS[3], ms=6, **style)
    beside = ax.get_yaxis_transform()  # across: shares of the axes; upwards: rows
    for height, (_, row) in zip(heights, points.iterrows(), strict=True):
        ax.text(1.01, height, _in_words(row), transform=beside, va="center", fontsize=9)
    ax.set_yticks(heights, gaps.index)
    ax.set(xlabel=label, ylim=(-0.6, len(gaps) - 0.4))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=9, frameon=False)
    return ax


def _in_words(row: pd.Series) -> str:
    """A gap in points with its interval, where there is one."""
    if np.isnan(row["mean"]):
        return "not run"
    if np.isnan(row["low"]):
        return f"{row['mean']:+.1f}"
    return f"{row['mean']:+.1f}  [{row['low']:+.1f}, {row['high']:+.1f}]"


def draw_slopes(left: pd.Series, right: pd.Series, *, ax=None, score: str = "WA"):
    """The same folds under two settings: one line per fold, and their mean as a thick one.

    Args:
        left: scores under one setting, named after it; the folds are its index.
        right: scores under the other setting, of the same folds in the same order.
        ax: axes to draw into; None makes new ones.
        score: name of the score.

    Returns:
        The axes. A line that rises is solid, one that falls is dashed. Folds are named where they
        are few.

    Raises:
        DataError: for other folds, or another order of them.
    """
    if not left.index.equals(right.index):
        raise DataError(
            f"folds {list(left.index)} and {list(right.index)}",
            "the same, in one order",
            "pair them by fold and seed.",
        )
    ax = axes_or_new(ax, 5.0, 4.0)
    colors = []
    for before, after in zip(left, right, strict=True):
        dashes, color = ("-", BLUE) if after >= before else ("--", VERMILION)
        ax.plot(
            (0, 1),
            (before, after),
            MARKERS[0],
            ls=dashes,
            color=color,
            ms=4,
            lw=1,
        )
        colors.append(color)
    means = (left.mean(), right.mean())
    ax.plot(
        (0, 1),
        means,
        MARKERS[1],
        ls="-",
        color="black",
        lw=3,
        ms=7,
    )
    gain = f"mean {100 * (right.mean() - left.mean()):+.1f} points"
    named = right if len(right) <= _MOST_NAMED else right[:0]
    names = [*map(str, named.index), gain]
    label_ends(ax, 1, [*named, right.mean()], names, [*colors[: len(named)], "black"])
    rising = int((right >= left).sum())
    falling = len(left) - rising
    title = f"{rising} of {len(left)} folds rise (solid), {falling} fall (dashed)"
    ax.set_title(title, fontsize=9)
    ax.set_xticks((0, 1), (left.name, right.name))
    ax.set(ylabel=score, xlim=(-0.15, 1.6))
    return ax


def draw_power(table: pd.DataFrame, *, ax=None, wanted: float = 0.8, title: str = ""):
    """Power against the number of folds, on a logarithmic axis, one line per number of seeds.

    Args:
        table: the power; the index has numbers of folds, the columns numbers of seeds.
        ax: axes to draw into; None makes new ones.
        wanted: a power that is marked.
        title: printed above.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=3.2)
    folds = table.index
    names, colors = [], []
    for i, seeds in enumerate(table):
        color = OKABE_ITO[i % 7]
        ax.plot(
            folds,
            table[seeds],
            marker=MARKERS[i % 7],
            color=color,
            mfc="white",
            ms=5,
        )
        names.append(_seeds_per_fold(seeds))
        colors.append(color)
    ax.plot(
        (folds[0], folds[-1]),
        (wanted, wanted),
        color="0.4",
        ls="--",
        lw=1,
    )
    ax.text(
        folds[0],
        wanted + 0.01,
        f"{wanted:.0%}",
        fontsize=9,
        color="0.3",
        va="bottom",
    )
    ax.set_xscale("log")
    ax.set_xticks(folds, [f"{k:g}" for k in folds], minor=False)
    ax.minorticks_off()
    ax.set(
        xlabel="folds (repeated cross-validation of one corpus)",
        ylabel="chance to show the gap",
        ylim=(0, 1.05),
        xlim=(folds[0] * 0.9, folds[-1] * 1.8),
    )
    ax.set_title(title, fontsize=9)
    label_ends(ax, folds[-1], table.iloc[-1].tolist(), names, colors)
    return ax


def _seeds_per_fold(seeds: float | str) -> str:
    if not np.isreal(seeds):
        return str(seeds)
    noun = "seed" if seeds == 1 else "seeds"
    return f"{seeds:g} {noun} per fold"


def draw_speakers(table: pd.DataFrame, *, ax=None, score: str = "WA"):
    """Scores against how many speakers train, one line per system, with intervals.

    Args:
        table: columns system, speakers, mean, low, high.
        ax: axes to draw into; None makes new ones.
        score: name of the score.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=3.4)
    counts = np.unique(table.speakers)
    apart = 0.03 * (counts[-1] - counts[0])  # so that no interval covers another
    systems = list(dict.fromkeys(table.system))
    ends, colors = [], []
    for i, system in enumerate(systems):
        rows = table[table.system == system].sort_values("speakers")
        color, shift = OKABE_ITO[i % 7], apart * (i - (len(systems) - 1) / 2)
        ax.errorbar(
            rows.speakers + shift,
            rows["mean"],
            yerr=_two_sided(rows),
            marker=MARKERS[i % 7],
            color=color,
            ms=5,
            lw=1.2,
        )
        ends.append(rows["mean"].iloc[-1])
        colors.append(color)
    ax.set_xticks(counts, [f"{count:g}" for count in counts])
    ax.set(xlabel="speakers that train (new ones are tested)", ylabel=score)
    ax.set_xlim(right=counts[-1] + 0.45 * max(counts[-1] - counts[0], 1))
    label_ends(ax, counts[-1] + apart, ends, systems, colors)
    return ax


def draw_tornado(
    bars: pd.DataFrame,
    *,
    ax=None,
    default: float = 0.0,
    marks: Mapping[str, float] | None = None,
    label: str = "WA against the default, points",
):
    """One bar per choice from its lowest to its highest score, the widest on top.

    Args:
        bars: columns low and high, as shares; columns low_label and high_label, where there are
            any, name the alternatives at the ends.
        ax: axes to draw into; None makes new ones.
        default: the score from which bars are drawn, as a share.
        marks: named differences to compare with, as shares, such as the gaps of a table.
        label: name of the axis.

    Returns:
        The axes.
    """
    width = bars["high"] - bars["low"]
    order = bars.assign(width=width).sort_values("width", kind="stable")
    ax = axes_or_new(ax, height=1.0 + 0.42 * len(bars))
    for height, (_, bar) in enumerate(order.iterrows()):
        low, high = 100 * (bar["low"] - default), 100 * (bar["high"] - default)  # points
        if low:
            ax.barh(
                height,
                low,
                height=0.6,
                color=ORANGE,
                hatch="///",
                ec="white",
            )
            _label_bar(ax, low, height, bar.get("low_label", ""), side=-1)
        if high:
            ax.barh(height, high, height=0.6, color=BLUE, ec="white")
            _label_bar(ax, high, height, bar.get("high_label", ""), side=1)
    ax.axvline(0, color="black", lw=1)
    for i, (name, value) in enumerate((marks or {}).items()):
        dashes, gap = _DASHES[i % len(_DASHES)], 100 * value
        ax.axvline(gap, color=VERMILION, ls=dashes, lw=1.2, label=f"{name} {gap:+.1f}")
    if marks:
        ax.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1),
            ncols=3,
            fontsize=9,
            frameon=False,
        )
    ax.set_yticks(range(len(order)), order.index)
    ax.margins(x=0.25)
    ax.set(xlabel=label)
    return ax


def _label_bar(ax, points: float, height: float, name: str, *, side: int) -> None:
    """Write a name and points beside the end of a bar: to its left (side -1) or its right (1)."""
    ax.annotate(
        f"{name} {points:+.1f}".strip(),
        (points, height),
        xytext=(4 * side, 0),
        textcoords="offset points",
        ha="left" if side == 1 else "right",
        va="center",
        fontsize=9,
    )
