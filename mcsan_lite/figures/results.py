"""Figures of results: tables in, matplotlib Axes out, as in plots.py. Markers and words say what colours say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mcsan_lite.evaluation.intervals import calibration_error
from mcsan_lite.figures.basics import MARKERS, OKABE_ITO, _axes

BLUE, ORANGE, GREEN, VERMILION = (OKABE_ITO[i] for i in (0, 1, 2, 5))


def _apart(values: Sequence[float], least: float) -> np.ndarray:
    """The values moved as little as leaves `least` between neighbours: where labels of close lines go."""
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


def _end_labels(
    ax,
    x: float,
    values: Sequence[float],
    names: Sequence[str],
    colors: Sequence,
    side: str = "left",
) -> None:
    """Names beside the ends of lines, apart enough to be read."""
    low, high = ax.get_ylim()
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    for y, at, name, color in zip(
        _apart(values, 0.16 * (high - low) / inches), values, names, colors, strict=True
    ):
        ax.annotate(
            name,
            (x, at),
            xytext=(8 if side == "left" else -8, (y - at) / (high - low) * inches * 72),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=8,
            color=color,
        )


def draw_forest(
    gaps: pd.DataFrame,
    *,
    ax=None,
    label: str = "MCSAN − row, WA, points",
    margin: float | None = None,
    name: str = "this run",
):
    """A line a row: the gap (columns mean, low, high; shares, drawn in points) with its interval and its numbers.

    A column `paper` adds a second marker, the printed gap; `name` says whose the first is. `margin` shades ± the difference
    that would not matter. A row without a mean is marked "not run"; one without an interval is a marker alone.
    """
    ax = _axes(ax, height=1.0 + 0.34 * len(gaps))
    y, points = np.arange(len(gaps))[::-1], gaps.select_dtypes("number") * 100
    ax.axvline(0, color="0.3", lw=1)
    if margin:
        ax.axvspan(
            -100 * margin, 100 * margin, color="0.92", zorder=0, label=f"± {100 * margin:g} point"
        )
    error = np.stack((points["mean"] - points["low"], points["high"] - points["mean"])).clip(min=0)
    ax.errorbar(
        points["mean"],
        y,
        xerr=np.nan_to_num(error),
        fmt=MARKERS[0],
        color=BLUE,
        capsize=4,
        label=f"{name}, 95 %",
    )
    if "paper" in points and points["paper"].notna().any():
        ax.plot(
            points["paper"],
            y - 0.22,
            MARKERS[3],
            mfc="white",
            color=VERMILION,
            ms=6,
            label="printed in the paper",
        )
    for at, (_, row) in zip(y, points.iterrows(), strict=True):
        span = "" if np.isnan(row["low"]) else f"  [{row['low']:+.1f}, {row['high']:+.1f}]"
        text = "not run" if np.isnan(row["mean"]) else f"{row['mean']:+.1f}{span}"
        ax.text(1.01, at, text, transform=ax.get_yaxis_transform(), va="center", fontsize=8)
    ax.set_yticks(y, gaps.index)
    ax.set(xlabel=label, ylim=(-0.6, len(gaps) - 0.4))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=8, frameon=False)
    return ax


def draw_slopes(left: pd.Series, right: pd.Series, *, ax=None, score: str = "WA"):
    """The same folds under two settings, named by the series: a line a fold, solid where it rises and dashed where it
    falls; the mean thick. Both series have the folds as index, in the same order."""
    if not left.index.equals(right.index):
        raise ValueError(
            f"Given: folds {list(left.index)} and {list(right.index)}. Expected: the same, in one order. "
            "Do: pair them by fold and seed."
        )
    ax = _axes(ax, 5.0, 4.0)
    for a, b in zip(left, right, strict=True):
        ax.plot(
            (0, 1),
            (a, b),
            MARKERS[0],
            ls="-" if b >= a else "--",
            color=BLUE if b >= a else VERMILION,
            ms=4,
            lw=1,
        )
    ax.plot((0, 1), (left.mean(), right.mean()), MARKERS[1], ls="-", color="black", lw=3, ms=7)
    mean = f"mean {100 * (right.mean() - left.mean()):+.1f} points"
    _end_labels(
        ax,
        1,
        [*right, right.mean()],
        [*map(str, right.index), mean],
        [*(BLUE if b >= a else VERMILION for a, b in zip(left, right, strict=True)), "black"],
    )
    rising = int((right >= left).sum())
    ax.set_title(
        f"{rising} of {len(left)} folds rise (solid), {len(left) - rising} fall (dashed)",
        fontsize=9,
    )
    ax.set_xticks((0, 1), (left.name, right.name))
    ax.set(ylabel=score, xlim=(-0.15, 1.6))
    return ax


def draw_power(table: pd.DataFrame, *, ax=None, wanted: float = 0.8, title: str = ""):
    """Power (values) against folds (index, logarithmic) for several numbers of seeds (columns); `wanted` is a line."""
    ax = _axes(ax, height=3.2)
    for i, seeds in enumerate(table):
        ax.plot(
            table.index,
            table[seeds],
            marker=MARKERS[i % 7],
            color=OKABE_ITO[i % 7],
            mfc="white",
            ms=5,
        )
    ax.plot((table.index[0], table.index[-1]), (wanted, wanted), color="0.4", ls="--", lw=1)
    ax.text(table.index[0], wanted + 0.01, f"{wanted:.0%}", fontsize=8, color="0.3", va="bottom")
    ax.set_xscale("log")
    ax.set_xticks(table.index, [f"{k:g}" for k in table.index], minor=False)
    ax.minorticks_off()
    ax.set(
        xlabel="folds (repeated cross-validation of one corpus)",
        ylabel="chance to show the gap",
        ylim=(0, 1.05),
        xlim=(table.index[0] * 0.9, table.index[-1] * 1.8),
    )
    ax.set_title(title, fontsize=9)
    names = [
        f"{seeds:g} seed{'s' * (seeds != 1)} a fold" if np.isreal(seeds) else str(seeds)
        for seeds in table
    ]
    _end_labels(
        ax,
        table.index[-1],
        table.iloc[-1].tolist(),
        names,
        [OKABE_ITO[i % 7] for i in range(table.shape[1])],
    )
    return ax


def draw_tornado(
    bars: pd.DataFrame,
    *,
    ax=None,
    default: float = 0.0,
    marks: Mapping[str, float] | None = None,
    label: str = "WA against the default, points",
):
    """A bar a choice from its lowest to its highest score (columns low, high; shares, drawn in points from `default`),
    the widest on top. Columns `low_label` and `high_label` name the alternatives at the ends. `marks`: named differences to
    compare with (shares), such as the gaps of a table."""
    order = bars.assign(width=bars["high"] - bars["low"]).sort_values("width", kind="stable")
    ax = _axes(ax, height=1.0 + 0.42 * len(bars))
    for y, (_, bar) in enumerate(order.iterrows()):
        for end, color, hatch, side in (
            ("low", ORANGE, "///", "right"),
            ("high", BLUE, None, "left"),
        ):
            to = 100 * (bar[end] - default)
            if not to:
                continue
            ax.barh(y, to, height=0.6, color=color, hatch=hatch, ec="white")
            text = f"{bar.get(f'{end}_label', '')} {to:+.1f}".strip()
            ax.annotate(
                text,
                (to, y),
                xytext=(4 if side == "left" else -4, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                fontsize=7,
            )
    ax.axvline(0, color="black", lw=1)
    for i, (name, value) in enumerate((marks or {}).items()):
        style = ("--", ":", "-.", (0, (1, 3)), (0, (6, 1)))[i % 5]
        ax.axvline(
            100 * value, color=VERMILION, ls=style, lw=1.2, label=f"{name} {100 * value:+.1f}"
        )
    if marks:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=8, frameon=False)
    ax.set_yticks(range(len(order)), order.index)
    ax.margins(x=0.25)
    ax.set(xlabel=label)
    return ax


def draw_reliability(table: pd.DataFrame, *, ax=None, name: str = ""):
    """Accuracy against confidence, a point a bin of `stats.reliability` with its interval and its n; ECE in the title."""
    ax = _axes(ax, 4.6, 4.2)
    ax.plot((0, 1), (0, 1), color="0.5", ls="--", lw=1)
    ax.text(
        0.03, 0.05, "as sure as right", rotation=45, rotation_mode="anchor", fontsize=8, color="0.3"
    )
    full = table[table.n > 0]
    error = np.stack((full.accuracy - full.accuracy_low, full.accuracy_high - full.accuracy)).clip(
        min=0
    )
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
            fontsize=8,
        )
    title = (
        f"ECE {calibration_error(table):.3f}, {table.n.sum():.0f} utterances (n below each point)"
    )
    ax.set_title(f"{name}: {title}" if name else title, fontsize=9)
    ax.set(
        xlabel="confidence (mean highest probability)",
        ylabel="accuracy (share right)",
        xlim=(0, 1),
        ylim=(-0.06, 1.02),
    )
    return ax


def draw_band(
    histories: Mapping[str, Sequence[pd.DataFrame]], *, column: str = "valid_wa", ax=None
):
    """For each name the histories of its seeds: their mean over epochs, and a band from the lowest to the highest seed."""
    ax = _axes(ax, height=3.2)
    last, names, colors = [], [], []
    for i, (name, seeds) in enumerate(histories.items()):
        color = OKABE_ITO[i % 7]
        curves = pd.concat(
            [h.set_index("epoch")[column] for h in seeds], axis=1
        ).sort_index()  # (epochs, seeds)
        mean = curves.mean(axis=1)
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
        ax.plot(curves.index, mean, marker=MARKERS[i % 7], color=color, mfc="white", ms=4)
        last, colors = [*last, mean.iloc[-1]], [*colors, color]
        names.append(f"{name} ({len(seeds)} seed{'s' * (len(seeds) != 1)})")
    end = max(h["epoch"].max() for seeds in histories.values() for h in seeds)
    ax.set(xlabel="epoch", ylabel=column.replace("_", " "))
    ax.set_title("line: mean of the seeds; band: lowest to highest seed", fontsize=9)
    ax.set_xlim(right=end + 0.35 * max(1, end - 1))
    _end_labels(ax, end, last, names, colors)
    return ax
