"""What a model bears: one panel per stress, one curve per model.

In: the table of curves of `experiments.stress`, whose scores are shares. Out: a figure with its
words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.figures.basics import MARKERS, OKABE_ITO, Drawn, counted

_COLUMNS = 3
_NAMES = {"wa": "WA", "ua": "UA", "ece": "calibration error (ECE)"}
UNSTRESSED = "none"  # the stress of the rows of the input as it is
_TAKEN_AWAY = "taken away"  # the panel of all stresses that have one level
_APART = 0.09  # between models at one level, so that their intervals do not cover each other


def draw_stress(curves: pd.DataFrame, *, score: str = "wa") -> Drawn:
    """A score against the strength of each stress, with 95 % intervals.

    Args:
        curves: one row per model and condition: model, stress, unit, level, changed (share of
            utterances; a stress that changed none is not drawn), n, trainings, and the score with
            "… low" and "… high". The stress of the input as it is has the name "none".
        score: "wa", "ua" or "ece".

    Returns:
        The figure with its words. Every curve begins at "as it is".

    Raises:
        DataError: for another score, and for a table without any stress.
    """
    import matplotlib.pyplot as plt

    require_name(score, _NAMES, "score")
    panels = _panels(curves)
    if not panels:
        raise DataError(
            f"a table of {counted(len(curves), 'row')} without any stress",
            "rows of the input as it is and of stresses",
            "make it with experiments.stress: mcsan stress --out NAME.",
        )
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)  # rounded up
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(1.0 + 2.7 * columns, 0.8 + 2.5 * rows),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    models = list(dict.fromkeys(curves.model))
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax, (name, panel) in zip(axes.flat, panels.items(), strict=False):
        _draw_panel(ax, curves, panel, models, score)
        ax.set_title(name)
    for ax in axes[:, 0]:
        ax.set_ylabel(_NAMES[score])
    axes[0, 0].set_ylim(-0.02, 1.02)
    handles, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside upper center", ncols=len(models), frameon=False)
    return Drawn(fig, _alt(panels, models, score), _caption(curves, models, score))


def stressed_rows(curves: pd.DataFrame) -> pd.DataFrame:
    """The rows of stresses that changed anything.

    Args:
        curves: from `curves_table`.
    """
    return curves[(curves.stress != UNSTRESSED) & (curves.changed > 0)]


def _panels(curves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The conditions of each panel: stress, level and the label of its place."""
    stressed = stressed_rows(curves)
    conditions = stressed.drop_duplicates(["stress", "level"])[["stress", "unit", "level"]]
    panels = {}
    for stress, group in conditions[conditions.unit != ""].groupby("stress", sort=False):
        labels = [f"{level:g}" for level in group.level]
        panels[stress] = group.assign(label=labels)
    single = conditions[conditions.unit == ""]
    if len(single):
        labels = [name.removeprefix("no ") for name in single.stress]
        panels[_TAKEN_AWAY] = single.assign(label=labels)
    return panels


def _draw_panel(
    ax, curves: pd.DataFrame, panel: pd.DataFrame, models: Sequence[str], score: str
) -> None:
    places = np.arange(len(panel) + 1)
    wanted = [(UNSTRESSED, 0.0), *zip(panel.stress, panel.level, strict=True)]
    is_scale = panel.unit.iloc[0] != ""
    for i, model in enumerate(models):
        found = curves[curves.model == model].set_index(["stress", "level"]).loc[wanted]
        below = (found[score] - found[f"{score} low"]).clip(lower=0)
        above = (found[f"{score} high"] - found[score]).clip(lower=0)
        ax.errorbar(
            places + _APART * (i - (len(models) - 1) / 2),
            found[score],
            yerr=np.stack((below, above)),
            fmt=MARKERS[i % 7],
            ls="-" if is_scale else "",
            color=OKABE_ITO[i % 7],
            ms=5,
            lw=1.2,
            label=model,
        )
    ax.set_xticks(places, ["as it is", *panel.label])
    if is_scale:
        ax.set_xlabel(panel.unit.iloc[0])
    else:
        ax.tick_params(axis="x", labelrotation=30)


def _alt(panels: dict[str, pd.DataFrame], models: Sequence[str], score: str) -> str:
    return (
        f"{counted(len(panels), 'panel')}, one per stress ({', '.join(panels)}), each with "
        f"{_NAMES[score]} from the input as it is to the strongest change, for "
        f"{', '.join(models)}."
    )


def _caption(curves: pd.DataFrame, models: Sequence[str], score: str) -> str:
    """The score as it is, and under what it is worst, for every model."""
    told = []
    for model in models:
        rows = curves[curves.model == model]
        clean = rows[rows.stress == UNSTRESSED].iloc[0]
        stressed = stressed_rows(rows)
        if stressed.empty:
            told.append(f"{model} {clean[score]:.3f} as it is, and nothing was changed")
            continue
        at = stressed[score].idxmax() if score == "ece" else stressed[score].idxmin()
        worst = stressed.loc[at]
        where = f"{worst.stress} {worst.level:g}" if worst.unit else worst.stress
        told.append(f"{model} {clean[score]:.3f} as it is, {worst[score]:.3f} under {where}")
    return (
        f"{_NAMES[score]} under stress, n {curves.n.max():.0f} utterances: {'; '.join(told)}. "
        f"Bars are 95 % intervals over {_basis(curves)}."
    )


def _basis(curves: pd.DataFrame) -> str:
    """What the intervals are over: a single training says nothing of others."""
    if curves.trainings.max() == 1:
        return "utterances; one training"
    return "utterances and trainings"
