"""Checks of lesson 15: reproducing the paper."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from mcsan_lite.exercises.exercise import exercise, three_letters
from mcsan_lite.tables.own import parse_table


def _choice_name(choice: object) -> str:
    """ "dropout" of "dropout=0.3"."""
    return str(choice).partition("=")[0].strip()


@exercise
def matters(student, panel: pd.DataFrame) -> str | None:
    """E15.1: {"longest": a choice, "shown": choices of which an interval excludes 0}.

    Args:
        student: the answer.
        panel: the table of `ambiguities.sensitivity`. The answer is read off our own panel of it.
    """
    has_fields = isinstance(student, dict) and set(student) == {"longest", "shown"}
    if not has_fields or isinstance(student["shown"], str):
        return (
            'the answer is {"longest": "a name", "shown": {"a name", …}}, and the set may be empty.'
        )
    panel = panel.assign(choice=panel.choice.map(_choice_name))
    ours = panel[panel.panel.str.startswith("ours")]
    longest = _choice_name(student["longest"])
    shown = {_choice_name(choice) for choice in student["shown"]}
    for choice in (longest, *sorted(shown)):
        if choice in set(ours.choice):
            continue
        if choice in set(panel.choice):
            return (
                f"{choice!r} is in the paper's panel: those are its rows, no open choices of ours."
            )
        return f"{choice!r} is no choice that was tried."
    return _wrong_longest(longest, ours) or _wrong_shown(shown, ours)


def _wrong_longest(longest: str, ours: pd.DataFrame) -> str | None:
    """Why this is not the choice with the longest bar, or None where it is."""
    size = ours.difference.abs().groupby(ours.choice).max()
    if math.isclose(size[longest], size.max(), abs_tol=1e-12):
        return None
    if longest == ours.choice.loc[ours.difference.idxmax()]:
        why = "helped most"
    elif longest == ours.choice.loc[ours.difference.idxmin()]:
        why = "hurt most"
    else:
        why = "moved the score less"
    return f"{longest!r} {why}. The longest bar, to either side, belongs to another choice."


def _wrong_shown(shown: set[str], ours: pd.DataFrame) -> str | None:
    """Why these are not the choices whose interval excludes 0, or None where they are."""
    excludes = set(ours.choice[(ours.low > 0) | (ours.high < 0)])
    for choice in sorted(shown - excludes):
        row = ours[ours.choice == choice].iloc[0]
        if math.isnan(row.low):
            return f"{choice!r} has no interval, and so nothing is shown."
        return (
            f"the interval of {choice!r} holds 0 ({100 * row.low:+.1f} to {100 * row.high:+.1f} "
            "points): a bar, however long, is not yet an effect."
        )
    for choice in sorted(excludes - shown):
        return f"the interval of {choice!r} excludes 0: it belongs to what these runs show."
    return None


@dataclass(frozen=True)
class _Table:
    """A csv for E15.2, its class order, and what is wrong in each row that cannot be used."""

    text: str
    labels: tuple[str, ...]
    unusable: dict[str, str]  # a mood that is no class; "" where there are no words

    @property
    def rows(self) -> pd.DataFrame:
        return parse_table(self.text).set_index("clip")


_TABLES = (
    _Table(
        "clip,words,mood,actor\n"
        'a01,"well, that is it",cross,ana\n'
        "a02,I said no,calm,ben\n"
        "a03,what a day,glad,ana\n"
        "a04,oh no,crosss,ben\n"
        "a05,,glad,ben\n"
        "a06,fine,calm,cleo\n",
        ("calm", "glad", "cross"),
        {"a04": "crosss", "a05": ""},
    ),
    _Table(
        "clip,words,mood,actor\nx1,no,low,u\nx2,yes,high,v\nx3,maybe,Low,u\n",
        ("low", "high"),
        {"x3": "Low"},
    ),
)


@exercise
def adapter(student) -> str | None:
    """E15.2: student(path, labels) -> Corpus of the usable rows of a csv; the others skipped.

    The csv has the columns clip, words, mood, actor.
    """
    for table in _TABLES:
        mistake = _wrong_corpus(_read_by(student, table), table)
        if mistake:
            return mistake
    return None


def _read_by(student: Callable, table: _Table) -> object:
    """What the student's reader makes of a file with this table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.csv")
        path.write_text(table.text, encoding="utf-8")
        return student(path, table.labels)


def _wrong_corpus(found: object, table: _Table) -> str | None:
    """The mistake in the corpus that the student made of a table, or None."""
    for field in ("labels", "utterances", "skipped"):
        if not hasattr(found, field):
            return f"this is a {type(found).__name__} without {field!r}; expected a Corpus."
    kept = {utterance.id: utterance for utterance in found.utterances}
    skipped = {one.id: one.reason for one in found.skipped}
    return (
        _wrong_labels(found.labels, kept, table)
        or _wrong_skipping(kept, skipped, table)
        or _wrong_fields(kept, table.rows)
    )


def _wrong_labels(labels: tuple[str, ...], kept: dict, table: _Table) -> str | None:
    """A class too many, a row that was taken in spite of its label or words, or another order."""
    for label in labels:
        if label not in table.labels:
            return (
                f"{label!r} became a class of its own: a slip of the pen, which the network would "
                "now be trained on."
            )
    for name, slip in table.unusable.items():
        if name in kept and slip:
            return (
                f"row {name} says {slip!r} and you made {kept[name].label!r} of it without a word. "
                "Skip it and say so; whoever made the table decides what was meant."
            )
        if name in kept:
            return (
                f"row {name} has no words, and there is no sound either: nothing is left to learn "
                "from."
            )
    if tuple(labels) == table.labels:
        return None
    order = "the order of first appearance, or luck"
    if list(labels) == sorted(labels):
        order = "alphabetical"
    return (
        f"the class order is {list(labels)}: {order}. Column 2 of a prediction must mean the same "
        f"in every run: take the order that was given, {list(table.labels)}."
    )


def _wrong_skipping(kept: dict, skipped: dict[str, str], table: _Table) -> str | None:
    """A row that is lost, left out in silence, without a reason, or taken and skipped at once."""
    for name in table.rows.index:
        if name not in kept and name not in table.unusable:
            return f"row {name} is whole, and it is gone."
    for name in table.unusable:
        if name not in skipped:
            return (
                f"row {name} is left out, and `skipped` does not say so. A reader who counts your "
                "corpus must find all rows."
            )
    for name, slip in table.unusable.items():
        reason = skipped[name]
        if not reason.strip() or slip not in reason:
            return f"the reason for {name} does not say what was wrong there: {reason!r}."
    for name in sorted(set(kept) & set(skipped)):
        return f"row {name} is taken and skipped at once."
    return None


def _wrong_fields(kept: dict, rows: pd.DataFrame) -> str | None:
    """A field of an utterance that is not what its row says."""
    columns = {
        "label": ("mood", "each row keeps its own"),
        "speaker": ("actor", "without speakers no split can keep them apart"),
        "text": ("words", "a comma inside quotes ends no field, csv knows that"),
    }
    for name, utterance in kept.items():
        for field, (column, why) in columns.items():
            found, right = getattr(utterance, field), rows[column][name]
            if found != right:
                return f"row {name} has the {field} {found!r}, the table says {right!r}: {why}."
    return None


VERDICTS = ("reproduced", "not distinguishable", "differs", "not run")
_NAN = float("nan")
_HOLDS_ZERO = "the interval holds 0: no gap at all would fit as well, whatever its middle."
_ENDS_AT_ZERO = "an interval that ends at 0 does not exclude it."
_LEFT_SIDE = "the paper's gap is negative here: its side is the left one."


@dataclass(frozen=True)
class _Case:
    """An interval, the gap that the paper printed, the right verdict, and a hint."""

    low: float | None
    high: float | None
    paper_gap: float
    right: str
    hint: str


_CASES = (
    _Case(
        None,
        None,
        0.016,
        "not run",
        "a row without a run has no interval: None is not a number and not a zero.",
    ),
    _Case(
        0.004,
        0.030,
        0.016,
        "reproduced",
        "the interval excludes 0 and lies on the paper's side.",
    ),
    _Case(
        0.060,
        0.090,
        0.016,
        "reproduced",
        "the claim is that there *is* such a gap, not its size: the printed gap need not lie in "
        "the interval, which is of another training, often of another corpus.",
    ),
    _Case(
        -0.030,
        -0.004,
        0.016,
        "differs",
        "the interval excludes 0, on the other side than the paper's.",
    ),
    _Case(-0.030, -0.004, -0.016, "reproduced", _LEFT_SIDE),
    _Case(0.004, 0.030, -0.016, "differs", _LEFT_SIDE),
    _Case(-0.010, 0.030, 0.016, "not distinguishable", _HOLDS_ZERO),
    _Case(-0.010, 0.030, -0.016, "not distinguishable", _HOLDS_ZERO),
    _Case(0.0, 0.030, 0.016, "not distinguishable", _ENDS_AT_ZERO),
    _Case(-0.030, 0.0, 0.016, "not distinguishable", _ENDS_AT_ZERO),
    _Case(
        _NAN,
        _NAN,
        0.016,
        "not distinguishable",
        "it was run, but one training, or no spread at all, gives no interval (nan): the run can "
        "say nothing.",
    ),
)


@exercise
def verdict(student) -> str | None:
    """E15.3: student(low, high, paper_gap) -> one of VERDICTS.

    low and high are None for a row that was not run.
    """
    for case in _CASES:
        found = student(case.low, case.high, case.paper_gap)
        if found not in VERDICTS:
            return f"{found!r} is not a verdict; there are {', '.join(map(repr, VERDICTS))}."
        if found != case.right:
            call = f"verdict({case.low}, {case.high}, {case.paper_gap})"
            return f"{call} is {found!r}: {case.hint}"
    return None


_NO_USE = {
    "b": "nothing was measured, so nothing speaks against the claim. Suspicion is not a result.",
    "c": "then the paper confirms itself: its number stands on both sides of the comparison.",
    "f": "*not distinguishable* has an interval, and all gaps outside it are ruled out. *Not run* "
    "rules out nothing.",
    "g": "a failure is a finding (memory, a corrupt clip, a loss that explodes), and it is to be "
    "told.",
}


@exercise
def not_run(student) -> str | None:
    """E15.4: the letters of the three sentences that say what "not run" is good for."""
    return three_letters(student, "ade", _NO_USE, "ask what a reader could be led to believe")


@exercise
def pool(student) -> str | None:
    """E15.5: (B, T, D) and a mask -> (B, 2 D), mean and largest value over real positions.

    Zeros where none is real.
    """
    x = torch.tensor(
        [
            [[-1.0, 2.0, -3.0], [-5.0, 4.0, -1.0], [0.0, 0.0, 0.0]],
            [[1.0, 1.0, 1.0], [2.0, -2.0, 0.0], [3.0, 0.0, 5.0]],
        ]
    )
    mask = torch.tensor([[True, True, False], [True, True, True]])
    found = student(x.clone(), mask.clone())
    if not isinstance(found, Tensor) or found.shape != (2, 6):
        shape = tuple(getattr(found, "shape", ()))
        return f"the shape is {shape}; two utterances of three features give (2, 6)."
    if mistake := _wrong_pooling(found[:, :3], found[:, 3:]):
        return mistake
    empty = student(x.clone(), torch.zeros_like(mask))
    if not torch.isfinite(empty).all():
        return (
            "an utterance without a real position gives nan or infinity, and one such row poisons "
            "every gradient."
        )
    if empty.any():
        return "where nothing is real, zeros are wanted."
    return None


def _wrong_pooling(mean: Tensor, top: Tensor) -> str | None:
    """The mistake in mean (2, 3) and largest value (2, 3), or None."""
    right_mean = torch.tensor([[-3.0, 3.0, -2.0], [2.0, -1 / 3, 2.0]])
    right_top = torch.tensor([[-1.0, 4.0, -1.0], [3.0, 1.0, 5.0]])
    right_sum = right_mean[0] * 2  # of the first utterance, which has two real positions of three
    if torch.allclose(mean[0], right_sum / 3):
        return "padding counts in the mean: divide by how many positions are real, not by T."
    if torch.allclose(mean[0], right_sum):
        return "the first half is a sum: it grows with the length."
    if torch.allclose(mean, right_top) and torch.allclose(top, right_mean):
        return "the mean comes first, then the largest value."
    if not torch.allclose(mean, right_mean, atol=1e-5):
        return (
            f"the mean of the first utterance is {mean[0].tolist()}; by hand it is "
            f"{right_mean[0].tolist()}."
        )
    if torch.allclose(top[0], torch.tensor([0.0, 4.0, 0.0])):
        return (
            "a padded zero won against negative values: fill padding with minus infinity before "
            "the maximum."
        )
    if not torch.allclose(top, right_top):
        return (
            f"the largest values of the first utterance are {top[0].tolist()}; by hand "
            f"{right_top[0].tolist()}."
        )
    return None
