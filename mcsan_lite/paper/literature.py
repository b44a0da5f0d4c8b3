"""Systems and their scores, 2018 to 2026, each with the protocol that it was measured under.

In: literature.csv beside this file, one row per published score. Out: a table that says which
scores may stand beside the paper's, and a figure of it.

Every score was read in the source that its row names; a number known from memory alone is not here.
It is inferred, from the sizes and deviations of folds, that the 10-fold rows of IEMOCAP split
random utterances: no source states the rule. `year` is that of the paper in which the system, or
its number on this corpus, first appeared; for a floor, the year in which we measured it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.errors import require_name
from mcsan_lite.tables.own import load_table

_CSV = Path(__file__).with_name("literature.csv")

# What makes two scores comparable; "selection" is the part of the corpus on which the epoch was
# chosen.
PROTOCOL_FLAGS = ("classes", "split", "context", "modality", "metric", "selection")

# The flags of MCSAN's own numbers. The paper does not say how it chose its epoch, so only a choice
# on the test part is held against other systems.
PAPER_FLAGS: dict[str, dict[str, str]] = {
    "iemocap": {
        "classes": "7",
        "split": "random",
        "context": "no",
        "modality": "A+T",
        "metric": "WA",
    },
    "meld": {
        "classes": "7",
        "split": "official",
        "context": "no",
        "modality": "A+T",
        "metric": "wF1",
    },
}

_BLUE = "#0072B2"
_HEADING_HEIGHT = -1.1  # above the first system, which stands at height 0
_LABEL_OFFSETS = (10, 55, 125, 175, 225, 262)  # of the flags, in points right of the axes


def published_systems(corpus: str) -> pd.DataFrame:
    """Every published score on a corpus, the comparable ones first, then by year and score.

    Args:
        corpus: "iemocap" or "meld".

    Returns:
        One row per score. It has system, year, score, sd (over folds, where the source has it),
        the PROTOCOL_FLAGS and source; `differs`, the flags that are not the paper's; and
        `comparable`, true where there is none.

    Raises:
        DataError: for another corpus.
    """
    require_name(corpus, PAPER_FLAGS, "corpus")
    every = load_table(_CSV, numbers=("year", "score", "sd"))
    table = every[every.corpus == corpus].drop(columns="corpus")
    table["differs"] = [_differing_flags(row, corpus) for _, row in table.iterrows()]
    table["comparable"] = [not flags for flags in table.differs]
    return table.sort_values(
        ["comparable", "year", "score"],
        ascending=[False, True, True],
        ignore_index=True,
    )


def _differing_flags(row: pd.Series, corpus: str) -> tuple[str, ...]:
    differing = [flag for flag, value in PAPER_FLAGS[corpus].items() if row[flag] != value]
    if row.selection == "test":
        differing.append("selection")
    return tuple(differing)


def draw_systems(corpus: str, *, ax=None):
    """A figure of `published_systems`: one line per score, with its protocol flag by flag.

    Blue and filled is the paper's protocol. Grey and hollow is not comparable, and the flags in
    bold say why. Bars are standard deviations over folds, where the source has them.

    Args:
        corpus: "iemocap" or "meld".
        ax: matplotlib axes to draw on; new ones where none are given.

    Returns:
        The axes.
    """
    import matplotlib.pyplot as plt

    table = published_systems(corpus)
    if ax is None:
        size = (10, 1.2 + 0.25 * len(table))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    gap = (~table.comparable).astype(int)  # one empty line between the two groups
    heights = list(table.index + gap)
    ax.axvline(table.loc[table.system == "MCSAN", "score"].item(), color="0.8", lw=1, zorder=0)
    for height, row in zip(heights, table.itertuples(), strict=True):
        _draw_score(ax, height, row)
        _write_flags(ax, height, row)
    _write_headings(ax, comparable=int(table.comparable.sum()))
    _label_axes(ax, heights, table)
    return ax


def _draw_score(ax, height: float, row) -> None:
    color, filling, ink = "0.6", "white", "0.4"
    if row.comparable:
        color, filling, ink = _BLUE, _BLUE, "black"
    ax.errorbar(
        row.score,
        height,
        xerr=None if pd.isna(row.sd) else row.sd,
        fmt="o",
        ms=5,
        color=color,
        capsize=2,
        mfc=filling,
    )
    ax.annotate(
        f"{row.score:.3f}".lstrip("0"),
        (row.score, height),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        color=ink,
    )


def _write(ax, text: str, height: float, points: float, *, side: int = 1, **look) -> None:
    """Text at a height of the data, `points` right of the axes' left (side 0) or right edge (1)."""
    ax.annotate(
        text,
        (side, height),
        (points, 0),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        annotation_clip=False,
        fontsize=8,
        **look,
    )


def _write_flags(ax, height: float, row) -> None:
    for flag, points in zip(PROTOCOL_FLAGS, _LABEL_OFFSETS, strict=True):
        look = {"color": "0.5", "weight": "normal"}
        if flag in row.differs:
            look = {"color": "black", "weight": "bold"}
        _write(ax, getattr(row, flag), height, points, **look)


def _write_headings(ax, comparable: int) -> None:
    for flag, points in zip(PROTOCOL_FLAGS, _LABEL_OFFSETS, strict=True):
        heading = "epoch by" if flag == "selection" else flag
        _write(ax, heading, _HEADING_HEIGHT, points)
    _write(ax, "the paper's protocol", _HEADING_HEIGHT, 4, side=0, color=_BLUE)
    grey_heading = "not comparable: the flags in bold say why"
    _write(ax, grey_heading, comparable, 4, side=0, color="0.4")


def _label_axes(ax, heights: list[int], table: pd.DataFrame) -> None:
    withdrawn = table.source.str.contains("withdrawn")
    stars = withdrawn.map({True: "*", False: ""})
    ax.set_yticks(heights, table.system + stars + "  " + table.year.astype(str), fontsize=8)
    for label, comparable in zip(ax.get_yticklabels(), table.comparable, strict=True):
        label.set_color("black" if comparable else "0.4")
    label = "score, of the kind in column “metric”"
    if withdrawn.any():
        label += "\n* first printed as accuracy, it was precision: that number is withdrawn"
    ax.set(ylim=(max(heights) + 0.8, -1.6), xlabel=label)
    ax.xaxis.label.set_fontsize(9)
    ax.spines[["top", "right"]].set_visible(False)
