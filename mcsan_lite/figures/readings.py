"""Figures that compare readings: do they agree, are they faithful, which modality counts.

In: tables that `explain` makes. Out: a figure with its alt text and a caption that carries its
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.intervals import fold_interval
from mcsan_lite.figures.basics import MARKERS, OKABE_ITO, Drawn, counted


def _require_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in table]
    if not missing and not table.empty:
        return
    given = ", ".join(map(str, table.columns)) or "none"
    advice = f"add {', '.join(missing)}." if missing else "score an utterance first."
    raise DataError(
        f"a table of {counted(len(table), 'row')}, columns {given}",
        f"at least one row, and the columns {', '.join(columns)}",
        advice,
    )


def draw_agreement(table: pd.DataFrame, *, n: int) -> Drawn:
    """Rank correlations of readings, as a square of colours and numbers.

    Args:
        table: a square table as `pd.DataFrame(scores).corr("spearman")` makes it from one column
            per reading and one row per frame, or its mean over several utterances. A constant
            reading has no ranks and is shown as "–".
        n: how many utterances the table is a mean of.

    Returns:
        The figure with its words.

    Raises:
        DataError: for an empty table, and for other readings in the rows than in the columns.
    """
    import matplotlib.pyplot as plt

    if list(table.index) != list(table.columns) or table.empty:
        raise DataError(
            f"rows {list(table.index)} and columns {list(table.columns)}",
            "the same readings on both",
            'make the table by pd.DataFrame(scores).corr("spearman").',
        )
    values, size = table.to_numpy(dtype=float), len(table)
    fig, ax = plt.subplots(figsize=(2.6 + 0.62 * size, 1.4 + 0.42 * size), layout="constrained")
    colors = plt.get_cmap("PuOr_r").with_extremes(bad="0.9")
    image = ax.imshow(values, cmap=colors, vmin=-1, vmax=1, aspect="auto")
    for row, column in np.ndindex(size, size):
        value = values[row, column]
        text = f"{value:+.2f}" if np.isfinite(value) else "–"
        color = "white" if abs(value) > 0.7 else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color=color)
    ax.set_xticks(range(size), table.columns, rotation=35, ha="right", fontsize=9)
    ax.set_yticks(range(size), table.index, fontsize=9)
    fig.colorbar(image, ax=ax, label="rank correlation", pad=0.01)
    return Drawn(
        fig,
        f"Square of rank correlations of {counted(size, 'reading')}, each with its number.",
        f"{_extremes(table)} Spearman's rank correlation, {counted(n, 'utterance')}. Readings that "
        "agree can all be wrong.",
    )


def _extremes(table: pd.DataFrame) -> str:
    """In words: the mean over pairs of readings, the pair most alike and the pair least alike."""
    names = list(table.index)
    pairs = []
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        value = float(table.iloc[i, j])
        if np.isfinite(value):
            pairs.append((value, f"{names[i]} and {names[j]}, {value:+.2f}"))
    if not pairs:
        return "No two readings can be compared."
    mean = np.mean([value for value, _ in pairs])
    _, most_alike = max(pairs)
    _, least_alike = min(pairs)
    return (
        f"Mean over {counted(len(pairs), 'pair')} of readings {mean:+.2f}. "
        f"Most alike: {most_alike}; least: {least_alike}."
    )


@dataclass(frozen=True)
class _LineStyle:
    color: str
    dashes: str
    marker: str


def _styles_of(orders: Sequence[str]) -> dict[str, _LineStyle]:
    """A line style for each order: random and oracle have their own, the others take turns."""
    styles = {
        "random": _LineStyle("0.4", "--", ""),
        "oracle": _LineStyle("black", ":", "*"),
    }
    readings = [order for order in orders if order not in styles]
    for i, order in enumerate(readings):
        color, marker = OKABE_ITO[i % 6], MARKERS[i % len(MARKERS)]
        dashes = ("-", "-.")[i // 6 % 2]
        styles[order] = _LineStyle(color, dashes, marker)
    return styles


def draw_deletion(curves: pd.DataFrame, *, value: str = "probability of the class") -> Drawn:
    """Deletion and insertion curves beside random and oracle order, one panel per test.

    Args:
        curves: the long table of `faithfulness_curves`. Its columns are test ("deletion",
            "insertion"); order (the name of a reading, "oracle", "random"); share (0 to 1 of the
            frames or words); value; low and high, one standard deviation of the random orders to
            each side (NaN for an order without spread).
        value: name of the value.

    Returns:
        The figure with its words. The caption gives the area under each curve.

    Raises:
        DataError: for an empty table, and for missing columns.
    """
    import matplotlib.pyplot as plt

    _require_columns(curves, ("test", "order", "share", "value", "low", "high"))
    tests = list(curves["test"].unique())
    styles = _styles_of(list(curves["order"].unique()))
    fig, axes = plt.subplots(
        1,
        len(tests),
        figsize=(1.5 + 4 * len(tests), 4.0),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    areas = []
    for ax, test in zip(axes[0], tests, strict=True):
        of_orders = _draw_test(ax, curves[curves["test"] == test], test, styles)
        listed = ", ".join(f"{order} {area:.2f}" for order, area in of_orders.items())
        areas.append(f"{test}: {listed}")
    axes[0, 0].set_ylabel(value)
    band = ""
    if curves["low"].notna().any():
        band = "; the band is one standard deviation of the random orders"
    return Drawn(
        fig,
        f"{' and '.join(tests).capitalize()} curves: {value} against the share of the input, one "
        "line per order.",
        f"Area under each curve, {'; '.join(areas)}{band}.",
    )


def _draw_test(
    ax, curves: pd.DataFrame, test: str, styles: dict[str, _LineStyle]
) -> dict[str, float]:
    """Draw the curves of one test, the most faithful first. Returns the area under each."""
    from scipy.integrate import trapezoid

    removes = test == "deletion"
    groups = dict(list(curves.sort_values("share").groupby("order", sort=False)))
    areas = {}
    for order, group in groups.items():
        areas[order] = float(trapezoid(group["value"], group["share"]))
    for order in sorted(areas, key=areas.get, reverse=not removes):
        group, style = groups[order], styles[order]
        ax.plot(
            group["share"],
            group["value"],
            color=style.color,
            ls=style.dashes,
            marker=style.marker,
            ms=5,
            mfc="white",
            markevery=max(1, len(group) // 8),
            label=f"{order}  {areas[order]:.2f}",
        )
        if group["low"].notna().any():
            band = (group["share"], group["low"], group["high"])
            ax.fill_between(*band, color=style.color, alpha=0.2, lw=0)
    done, faithful = ("removed", "small") if removes else ("put back", "large")
    ax.set(xlabel=f"share {done}, the highest score first", xlim=(0, 1))
    ax.set_title(f"{test}: a {faithful} area is faithful", fontsize=9, loc="left")
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        ncol=2,
        fontsize=9,
        frameon=False,
        title="order, area under it",
        title_fontsize=9,
    )
    return areas


def draw_shapley(values: pd.DataFrame, *, unit: str = "logit of the predicted class") -> Drawn:
    """Shapley values of the two modalities, one point per utterance.

    Args:
        values: as `modalities.shapley` makes it, columns audio and text; a column label, where
            there is one, gives the marker.
        unit: what the values are parts of.

    Returns:
        The figure with its words. The caption gives the means with their intervals.

    Raises:
        DataError: for an empty table, and for missing columns.
    """
    import matplotlib.pyplot as plt

    _require_columns(values, ("audio", "text"))
    fig, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    labels = np.full(len(values), "utterance")
    if "label" in values:
        labels = values["label"].to_numpy()
    for i, (label, group) in enumerate(values.groupby(labels, sort=False)):
        ax.plot(
            group["audio"],
            group["text"],
            MARKERS[i % len(MARKERS)],
            color=OKABE_ITO[i % 7],
            mfc="none",
            ms=5,
            label=f"{label} ({len(group)})",
        )
    _draw_zero_lines(ax)
    ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        fontsize=9,
        frameon=False,
        title="n in brackets",
        title_fontsize=9,
    )
    ax.set(xlabel=f"what the sound adds to the {unit}", ylabel=f"what the words add to the {unit}")
    means = ", ".join(_mean_with_interval(values[name]) for name in ("audio", "text"))
    more = float((values["audio"] > values["text"]).mean())
    utterances = counted(len(values), "utterance")
    return Drawn(
        fig,
        f"Scatter of {utterances}: what the sound adds against what the words add.",
        f"Mean Shapley value, {unit}: {means}. The sound adds more in {more:.0%} of {utterances}.",
    )


def _draw_zero_lines(ax) -> None:
    """Draw both zeros and the diagonal, and say what lies on either side of it."""
    ax.axhline(0, color="0.6", lw=0.8)
    ax.axvline(0, color="0.6", lw=0.8)
    ax.axline((0, 0), slope=1, color="0.6", lw=0.8, ls=":")
    style = {"transform": ax.transAxes, "fontsize": 9, "color": "0.3"}
    ax.text(0.98, 0.02, "below it, the sound adds more", ha="right", **style)
    ax.text(0, 1.01, "above the dotted line, the words add more", va="bottom", **style)


def _mean_with_interval(values: pd.Series) -> str:
    mean, half = fold_interval(values)
    if len(values) == 1:
        return f"{values.name} {mean:+.2f}"
    return f"{values.name} {mean:+.2f} (95 % interval {mean - half:+.2f} to {mean + half:+.2f})"
