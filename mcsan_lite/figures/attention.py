"""Views of attention and of its readings, each with a caption that carries its numbers: arrays, tables in; a figure out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.intervals import fold_interval
from mcsan_lite.explain.maps import points_at
from mcsan_lite.figures import basics
from mcsan_lite.figures.basics import MARKERS, OKABE_ITO, Drawn
from mcsan_lite.figures.timeline import counted, draw_stack, fits, hop_of

__all__ = [
    "draw_agreement",
    "draw_deletion",
    "draw_directions",
    "draw_heads",
    "draw_shapley",
    "draw_stack",
    "entropy",
]


def entropy(weights: np.ndarray) -> float:
    """Mean entropy of the rows of (..., Q, K), divided by log K: 1 is an even spread (as a single key always is), 0 is
    all weight on one key."""
    if weights.shape[-1] == 1:
        return 1.0
    rows = -(weights * np.log(np.where(weights > 0, weights, 1))).sum(-1)
    return float(rows.mean() / np.log(weights.shape[-1]))


def draw_directions(
    text_from_audio: np.ndarray,
    audio_from_text: np.ndarray,
    tokens: Sequence[str],
    spans: np.ndarray,
    *,
    truth: tuple[int, float, float] | None = None,
) -> Drawn:
    """Both directions of one layer, (L, A) and (A, L), words down and seconds across in each. Spans and truth as in
    `draw_stack`. The colour is weight ÷ even spread, on one scale: a row over A frames and a row over L words have
    different even spreads, 1 / A and 1 / L."""
    import matplotlib.pyplot as plt

    words, frames = len(tokens), len(spans)
    maps = [
        fits(text_from_audio, tokens, spans, truth) * frames,
        fits(np.transpose(audio_from_text), tokens, spans) * words,
    ]  # (A, L) -> (L, A)
    fig, axes = plt.subplots(
        1, 2, figsize=(9.5, 1.3 + max(0.8, 0.24 * words)), layout="constrained"
    )
    titles = (
        "each word looks at the sound\n(a row adds up to 100%)",
        "each moment looks at the words\n(a column adds up to 100%)",
    )
    for ax, values, title in zip(axes, maps, titles, strict=True):
        basics.draw_attention(
            values,
            tokens,
            spans.mean(1),
            ax=ax,
            top=max(m.max() for m in maps),
            hop_s=hop_of(spans),
            bar=None,
            highlight=truth,
        )
        ax.set_title(title, fontsize=9)
        ax.set_ylabel("")
    axes[1].tick_params(labelleft=False)
    fig.colorbar(axes[0].collections[0], ax=axes, label="weight ÷ even", pad=0.01)
    told = [
        (tokens[m.argmax() // frames], spans.mean(1)[m.argmax() % frames], m.max()) for m in maps
    ]
    (word, at, times), (word2, at2, times2) = told
    return Drawn(
        fig,
        f"Two maps of {counted(words, 'word')} by {counted(frames, 'frame')} on one colour scale: left the "
        "words look at the sound, right the moments look at the words.",
        f"1 on the scale is an even spread: {1 / frames:.1%} for a word over {counted(frames, 'frame')}, "
        f"{1 / words:.1%} for a moment over {counted(words, 'word')}. Strongest left: “{word}” looks at "
        f"{at:.2f} s, {times:.1f} times even; right: {at2:.2f} s looks at “{word2}”, {times2:.1f} times even.",
    )


def draw_heads(
    weights: np.ndarray,
    tokens: Sequence[str],
    spans: np.ndarray,
    *,
    rule: str,
    chosen: int | None = None,
    truth: tuple[int, float, float] | None = None,
    scores: Sequence[float] | None = None,
    score: str = "on the box",
) -> Drawn:
    """All heads (H, L, A) on one scale, each with its entropy and, where known, an oracle score: `scores` (H,), called
    `score`; by default the share of the decisive word's weight that lies on `truth`. `rule` says how `chosen` was chosen,
    or why these heads are shown. Spans and truth as in `draw_stack`."""
    import matplotlib.pyplot as plt

    weights = fits(weights, tokens, spans, truth, axes=3)
    heads, times = len(weights), spans.mean(1)
    if scores is None and truth is not None:
        scores = [points_at(w[truth[0]], times, truth[1:])[1] for w in weights]
    if scores is not None and len(scores) != heads:
        raise DataError(
            f"{len(scores)} scores", f"{heads}, one a head", "score every head that is drawn."
        )
    across = min(heads, 4)
    down = -(-heads // across)
    fig, axes = plt.subplots(
        down,
        across,
        figsize=(9.5, 0.9 + down * (0.55 + max(0.17 * len(tokens), 0.5))),
        squeeze=False,
        layout="constrained",
    )
    said = [
        f"entropy {entropy(w):.2f}" + ("" if scores is None else f", {score} {scores[i]:.2f}")
        for i, w in enumerate(weights)
    ]
    for i, ax in enumerate(axes.flat):
        if i >= heads:
            ax.axis("off")
            continue
        basics.draw_attention(
            weights[i],
            tokens,
            times,
            ax=ax,
            top=weights.max(),
            hop_s=hop_of(spans),
            bar=None,
            highlight=truth,
        )
        ax.set_title(
            f"head {i}{' ◂ chosen' if i == chosen else ''}\n{said[i]}",
            fontsize=8,
            weight="bold" if i == chosen else "normal",
        )
        ax.tick_params(labelsize=7, labelleft=i % across == 0, labelbottom=i + across >= heads)
        ax.set(xlabel="", ylabel="")
    fig.supxlabel("seconds", fontsize=9)
    fig.suptitle(f"Rule: {rule}", fontsize=9, x=0.01, ha="left")
    fig.colorbar(axes[0, 0].collections[0], ax=axes, label="weight", pad=0.01)
    return Drawn(
        fig,
        f"{counted(heads, 'small map')} of {counted(len(tokens), 'word')} by {counted(len(spans), 'frame')}, "
        "one a head, on one colour scale.",
        f"One scale, 0 to {weights.max():.2f}; entropy 1 is an even spread. "
        + "; ".join(
            f"head {i}{' (chosen)' if i == chosen else ''}: {s}" for i, s in enumerate(said)
        )
        + f". Rule: {rule}.",
    )


def _needs(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [c for c in columns if c not in table]
    if missing or table.empty:
        raise DataError(
            f"a table of {counted(len(table), 'row')}, columns {', '.join(map(str, table.columns)) or 'none'}",
            f"at least one row, and the columns {', '.join(columns)}",
            f"add {', '.join(missing)}." if missing else "score an utterance first.",
        )


def draw_agreement(table: pd.DataFrame, *, n: int) -> Drawn:
    """Rank correlations of readings: a square table as `pd.DataFrame(scores).corr("spearman")` makes it (a column a
    reading, a row a frame), or its mean over `n` utterances. A constant reading has no ranks: "–"."""
    import matplotlib.pyplot as plt

    if list(table.index) != list(table.columns) or table.empty:
        raise DataError(
            f"rows {list(table.index)} and columns {list(table.columns)}",
            "the same readings on both",
            'make the table by pd.DataFrame(scores).corr("spearman").',
        )
    values, size = table.to_numpy(dtype=float), len(table)
    fig, ax = plt.subplots(figsize=(2.6 + 0.62 * size, 1.4 + 0.42 * size), layout="constrained")
    image = ax.imshow(
        values, cmap=plt.get_cmap("PuOr_r").with_extremes(bad="0.9"), vmin=-1, vmax=1, aspect="auto"
    )
    for i, j in np.ndindex(size, size):
        ax.text(
            j,
            i,
            f"{values[i, j]:+.2f}" if np.isfinite(values[i, j]) else "–",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if abs(values[i, j]) > 0.7 else "black",
        )
    ax.set_xticks(range(size), table.columns, rotation=35, ha="right", fontsize=8)
    ax.set_yticks(range(size), table.index, fontsize=8)
    fig.colorbar(image, ax=ax, label="rank correlation", pad=0.01)
    pairs = [
        (values[i, j], f"{table.index[i]} and {table.index[j]}, {values[i, j]:+.2f}")
        for i, j in zip(*np.triu_indices(size, 1), strict=True)
        if np.isfinite(values[i, j])
    ]
    told = "No two readings can be compared."
    if pairs:
        told = (
            f"Mean over {counted(len(pairs), 'pair')} of readings {np.mean([value for value, _ in pairs]):+.2f}. "
            f"Most alike: {max(pairs)[1]}; least: {min(pairs)[1]}."
        )
    return Drawn(
        fig,
        f"Square of rank correlations of {counted(size, 'reading')}, each with its number.",
        f"{told} Spearman's rank correlation, {counted(n, 'utterance')}. Readings that agree can all be wrong.",
    )


def draw_deletion(curves: pd.DataFrame, *, value: str = "probability of the class") -> Drawn:
    """Deletion and insertion curves beside random and oracle order, a panel a test.

    `curves` is the long table of faithfulness.compare: test ("deletion", "insertion"), order (a reading's name, "oracle",
    "random"), share (0 to 1 of the frames or words), value; low and high, one standard deviation of the random orders to
    each side (NaN for an order without spread).
    """
    import matplotlib.pyplot as plt
    from scipy.integrate import trapezoid

    _needs(curves, ("test", "order", "share", "value", "low", "high"))
    tests = list(dict.fromkeys(curves["test"]))
    fig, axes = plt.subplots(
        1,
        len(tests),
        figsize=(1.5 + 4 * len(tests), 4.0),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    styles = {"random": ("0.4", "--", ""), "oracle": ("black", ":", "*")}
    others = [order for order in dict.fromkeys(curves["order"]) if order not in styles]
    styles |= {
        o: (OKABE_ITO[i % 6], ("-", "-.")[i // 6 % 2], MARKERS[i % len(MARKERS)])
        for i, o in enumerate(others)
    }
    told = []
    for ax, test in zip(axes[0], tests, strict=True):
        removes = test == "deletion"
        groups = dict(
            list(curves[curves["test"] == test].sort_values("share").groupby("order", sort=False))
        )
        areas = {order: float(trapezoid(g["value"], g["share"])) for order, g in groups.items()}
        for order in sorted(areas, key=areas.get, reverse=not removes):
            g, (color, line, marker) = groups[order], styles[order]
            ax.plot(
                g["share"],
                g["value"],
                color=color,
                ls=line,
                marker=marker,
                ms=5,
                mfc="white",
                markevery=max(1, len(g) // 8),
                label=f"{order}  {areas[order]:.2f}",
            )
            if g["low"].notna().any():
                ax.fill_between(g["share"], g["low"], g["high"], color=color, alpha=0.2, lw=0)
        ax.set(
            xlabel=f"share {'removed' if removes else 'put back'}, the highest score first",
            xlim=(0, 1),
        )
        ax.set_title(
            f"{test}: a {'small' if removes else 'large'} area is faithful", fontsize=9, loc="left"
        )
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.2),
            ncol=2,
            fontsize=8,
            frameon=False,
            title="order, area under it",
            title_fontsize=8,
        )
        told.append(f"{test}: " + ", ".join(f"{order} {area:.2f}" for order, area in areas.items()))
    axes[0, 0].set_ylabel(value)
    band = (
        "; the band is one standard deviation of the random orders"
        if curves["low"].notna().any()
        else ""
    )
    return Drawn(
        fig,
        f"{' and '.join(tests).capitalize()} curves: {value} against the share of the input, a line an order.",
        f"Area under each curve, {'; '.join(told)}{band}.",
    )


def draw_shapley(values: pd.DataFrame, *, unit: str = "logit of the predicted class") -> Drawn:
    """Shapley values of the two modalities (modalities.shapley), a point an utterance: columns audio and text; a column
    label, where there is one, gives the marker."""
    import matplotlib.pyplot as plt

    _needs(values, ("audio", "text"))
    fig, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    labels = values["label"] if "label" in values else pd.Series("utterance", index=values.index)
    for i, (label, group) in enumerate(values.groupby(labels.to_numpy(), sort=False)):
        ax.plot(
            group["audio"],
            group["text"],
            MARKERS[i % len(MARKERS)],
            color=OKABE_ITO[i % 7],
            mfc="none",
            ms=5,
            label=f"{label} ({len(group)})",
        )
    ax.axhline(0, color="0.6", lw=0.8)
    ax.axvline(0, color="0.6", lw=0.8)
    ax.axline((0, 0), slope=1, color="0.6", lw=0.8, ls=":")
    ax.text(
        0.98,
        0.02,
        "the sound adds more",
        transform=ax.transAxes,
        ha="right",
        fontsize=8,
        color="0.3",
    )
    ax.text(
        0.02, 0.97, "the words add more", transform=ax.transAxes, va="top", fontsize=8, color="0.3"
    )
    ax.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        fontsize=8,
        frameon=False,
        title="n in brackets",
        title_fontsize=8,
    )
    ax.set(xlabel=f"what the sound adds to the {unit}", ylabel=f"what the words add to the {unit}")
    means = []
    for name in ("audio", "text"):
        mean, half = fold_interval(values[name])
        interval = (
            f" (95 % interval {mean - half:+.2f} to {mean + half:+.2f})" if len(values) > 1 else ""
        )
        means.append(f"{name} {mean:+.2f}{interval}")
    more = float((values["audio"] > values["text"]).mean())
    return Drawn(
        fig,
        f"Scatter of {counted(len(values), 'utterance')}: what the sound adds against what the words add.",
        f"Mean Shapley value, {unit}: {', '.join(means)}. The sound adds more in {more:.0%} of "
        f"{counted(len(values), 'utterance')}.",
    )
