"""`mcsan floors`, and `mcsan table` without a name, as pages: every score with its interval.

In: results of floors or of runs. Out: the page as text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mcsan_lite.evaluation.comparison import above_floor, run_interval
from mcsan_lite.evaluation.significance import Test, holm
from mcsan_lite.figures.basics import BLUE, ORANGE, axes_or_new, counted
from mcsan_lite.figures.pages.inline import Picture, in_our_theme, picture_of
from mcsan_lite.figures.pages.page import Answer, Section, Sheet, page_text
from mcsan_lite.paper.pages.said import named_or_none
from mcsan_lite.paper.report import SCORE_NAMES

_NAMES = {**SCORE_NAMES, "macro_f1": "macro F1"}
_OF_FLOORS = ("wa", "ua", "weighted_f1")
_MAJORITY = "majority"
_NAMES_ALONE = ("scenario only", "speaker only", "dialogue + speaker only")
_LONGEST = 34  # letters of a name in a picture


def floors_page(results: pd.DataFrame) -> str:
    """The floors of one corpus and protocol, and whether names alone tell the class.

    Args:
        results: from `floors_table`.
    """
    corpus, protocol = results.corpus.iloc[0], results.protocol.iloc[0]
    folds = counted(results.fold.nunique(), "fold")
    caption = f"Floors on {folds} of {corpus}, protocol {protocol}."
    with in_our_theme():
        parts = [
            _scores_picture(results, caption),
            _scores_sheet(results, f"{caption} {_BASIS}", _OF_FLOORS),
        ]
    reading = [
        "A network that hears and reads should be clearly above the best of these on the same "
        "folds.",
        "Floors of scenarios, dialogues and speakers know names alone. What they score above the "
        "largest class is told by the split, and may be part of every other score here. “length + "
        "punctuation only” sees marks of the transcript, which no split hides.",
    ]
    sections = [Section("Scores", parts), Section("How to read them", [reading])]
    title = f"What must be beaten: floors of {corpus}"
    return page_text(title, sections, answer=leak_answer(results))


def leak_answer(results: pd.DataFrame) -> Answer:
    """Whether names alone are above the largest class on this split, after Holm's correction.

    Args:
        results: from `floors_table`, with "majority" among them.
    """
    by_name = dict(iter(results.groupby("name", sort=False)))
    majority = by_name[_MAJORITY]
    largest = f"the largest class (WA {majority.wa.mean():.3f})"
    tests = {
        name: _above_majority(by_name[name], majority) for name in _NAMES_ALONE if name in by_name
    }
    if not tests:
        return Answer(f"No names could be tried beside {largest}.")
    adjusted = dict(zip(tests, holm([test.p for test in tests.values()]), strict=True))
    above = [
        f"{name} {by_name[name].wa.mean():.3f}, by {100 * test.mean:.1f} points "
        f"[{100 * test.low:.1f}, {100 * test.high:.1f}]"
        for name, test in tests.items()
        if test.low > 0 and not adjusted[name] >= 0.05  # one test part has no p
    ]
    if above:
        told = "Names alone tell something on this split"
        return Answer(f"{told}: above {largest} is {named_or_none(above)}.", good=False)
    tried = counted(len(tests), "floor")
    return Answer(f"Of {tried} that knows names alone, none is shown to be above {largest}.")


def _above_majority(floor: pd.DataFrame, majority: pd.DataFrame) -> Test:
    """The WA of a floor less that of the largest class: paired over folds; on one test part the
    interval is that of the floor."""
    if floor.fold.nunique() > 1:
        return above_floor(floor, majority, "wa")
    return run_interval(floor, "wa").less(majority.wa.mean())


def runs_page(results: pd.DataFrame) -> str:
    """Every finished run, one section per corpus and protocol.

    Args:
        results: from `load_results`.
    """
    sections = []
    with in_our_theme():
        for (corpus, protocol), group in results.groupby(["corpus", "protocol"]):
            caption = f"Runs on {corpus}, protocol {protocol}."
            parts = [
                _scores_picture(group, caption),
                _scores_sheet(group, f"{caption} {_BASIS}", list(_NAMES)),
            ]
            sections.append(Section(f"{corpus} · {protocol}", parts))
    lead = "Runs of different corpora, protocols or settings are not compared here."
    return page_text("What is finished", sections, lead=lead)


_BASIS = (
    "Intervals are 95 %: over folds by the corrected t, on one test part over its utterances and "
    "seeds, for WA alone where there is one training."
)


def draw_trainings(results: pd.DataFrame, *, ax=None, score: str = "wa"):
    """Every training as a point, and each row's mean with its 95 % interval.

    Args:
        results: trainings; rows are told apart by `label`, or by `name` where there is none.
        ax: axes to draw into; None makes new ones.
        score: a column of the results.

    Returns:
        The axes.
    """
    import seaborn as sns

    label = "label" if "label" in results else "name"
    labels = list(results[label].unique())
    ax = axes_or_new(ax, height=1.0 + 0.32 * len(labels))
    drawn = results.assign(**{label: results[label].map(_plain)})
    look = {"color": ORANGE, "marker": "o", "size": 4, "jitter": 0.16, "alpha": 0.8}
    sns.stripplot(drawn, x=score, y=label, ax=ax, **look)
    for place, name in enumerate(labels):
        test = run_interval(results[results[label] == name], score)
        reach = np.nan_to_num([[test.mean - test.low], [test.high - test.mean]]).clip(min=0)
        ax.errorbar(test.mean, place, xerr=reach, fmt="D", color=BLUE, capsize=4, ms=5, zorder=3)
    ax.set(xlabel=f"{SCORE_NAMES[score]}: points are trainings, diamonds means", ylabel="")
    ax.set_xlim(0, 1)
    return ax


def _plain(text: str) -> str:
    """A name that leaves room for the picture, with its end: two runs differ there."""
    if len(text) > _LONGEST:
        half = _LONGEST // 2
        text = f"{text[: half - 1]}…{text[-half:]}"
    return text.replace("$", r"\$")  # two dollars would start a formula


def _labelled(results: pd.DataFrame) -> pd.DataFrame:
    """A column `label`: the row's name, with the run's where two runs share the name."""
    runs = results.groupby("name").run.transform("nunique")
    digits = results.run.astype(str).str.rsplit("-", n=1).str[-1]
    both = results.name + " (" + digits + ")"
    return results.assign(label=results.name.where(runs == 1, both))


def _scores_picture(results: pd.DataFrame, caption: str) -> Picture:
    labelled = _labelled(results)
    told = []
    for name, group in labelled.groupby("label", sort=False):
        test = run_interval(group, "wa")
        told.append(f"{name} {test.mean:.3f}")
    alt = f"WA, means: {', '.join(told)}."
    drawn = draw_trainings(labelled)
    return picture_of(drawn.figure, alt=alt, caption=f"{caption} WA of every training.")


def _scores_sheet(results: pd.DataFrame, caption: str, scores: Sequence[str]) -> Sheet:
    groups = list(_labelled(results).groupby("label", sort=False))
    columns: dict[str, list[str]] = {"row": [str(name) for name, _ in groups]}
    columns["trainings"] = [f"{len(group):,}" for _, group in groups]
    for score in scores:
        columns[_NAMES[score]] = [_interval_cell(group, score) for _, group in groups]
    columns["tested"] = [f"{int(group.n_test.sum()):,}" for _, group in groups]
    columns["seconds"] = [f"{group.seconds.mean():.1f}" for _, group in groups]
    return Sheet(caption, columns)


def _interval_cell(group: pd.DataFrame, score: str) -> str:
    test = run_interval(group, score)
    if np.isnan(test.low):
        return f"{test.mean:.3f}"
    return f"{test.mean:.3f} [{test.low:.3f}, {test.high:.3f}]"
