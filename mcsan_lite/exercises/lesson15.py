"""Checks of lesson 15: reproducing the paper."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from mcsan_lite.evaluation.significance import holm
from mcsan_lite.exercises.exercise import NOT_SOLVED, exercise, three_letters
from mcsan_lite.tables.own import parse_table

_STANDING_FORM = 'the answer is {"alone": {"a row", …}, "together": {"a row", …}}.'


@exercise
def standing(student, gaps: pd.DataFrame) -> str | None:
    """E15.1: {"alone": rows, "together": rows} of the paper's Table 3 whose UA gaps stand.

    Args:
        student: the answer.
        gaps: from `published_gaps`, the rows of Table 3.
    """
    if not isinstance(student, dict) or set(student) != {"alone", "together"}:
        return _STANDING_FORM
    if any(answer is ... for answer in student.values()):
        return NOT_SOLVED
    if any(isinstance(answer, str) for answer in student.values()):
        return _STANDING_FORM
    alone, together = set(student["alone"]), set(student["together"])
    for row in sorted(alone | together):
        if row not in gaps.index:
            return f"{row!r} is not a row of the paper's Table 3."
    return _wrong_alone(alone, gaps) or _wrong_together(together, gaps)


def _wrong_alone(rows: set[str], gaps: pd.DataFrame) -> str | None:
    """Why these are not the rows whose own interval excludes 0, or None where they are."""
    excludes = set(gaps.index[(gaps["ua gap low"] > 0) | (gaps["ua gap high"] < 0)])
    for row in sorted(rows - excludes):
        low, high = 100 * gaps.loc[row, "ua gap low"], 100 * gaps.loc[row, "ua gap high"]
        return (
            f"alone: the interval of {row!r} contains 0 ({low:+.1f} to {high:+.1f} points). A gap "
            "in a table, however large, does not stand without its interval."
        )
    for row in sorted(excludes - rows):
        return f"alone: the interval of {row!r} excludes 0, so it belongs here."
    return None


def _wrong_together(rows: set[str], gaps: pd.DataFrame) -> str | None:
    """Why these are not the rows that Holm leaves, or None where they are."""
    p = gaps["ua p"].astype(float)
    adjusted = pd.Series(holm(p), gaps.index)
    right = set(adjusted.index[adjusted < 0.05])
    if rows == right:
        return None
    if rows == set(p.index[p < 0.05]):
        return (
            "together: these stand alone. Multiply the smallest p by 8, the next by 7, and so on."
        )
    in_wa = pd.Series(holm(gaps["wa p"].astype(float)), gaps.index)
    if rows == set(in_wa.index[in_wa < 0.05]):
        return "together: these are the rows that stand in WA. The question is about UA."
    for row in sorted(rows - right):
        return (
            f"together: {row!r} has p = {p[row]:.3f}, which Holm makes {adjusted[row]:.2f}. In "
            f"{len(p)} tests luck can bring it."
        )
    for row in sorted(right - rows):
        return f"together: {row!r} stays below 0.05 after Holm ({adjusted[row]:.4f})."
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
                f"{label!r} became a class of its own. It is a slip of the pen, and the network "
                "would now be trained on it."
            )
    for name, slip in table.unusable.items():
        if name in kept and slip:
            return (
                f"row {name} says {slip!r} and you made {kept[name].label!r} of it without a word. "
                "Skip it and say so: only the author of the table can say what was meant."
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
            return f"row {name} is complete, but it is gone."
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
        "text": ("words", "a comma inside quotes ends no field; the module csv knows that"),
    }
    for name, utterance in kept.items():
        for field, (column, why) in columns.items():
            found, right = getattr(utterance, field), rows[column][name]
            if found != right:
                return f"row {name} has the {field} {found!r}, and the table says {right!r}: {why}."
    return None


VERDICTS = ("reproduced", "not distinguishable", "differs", "not run")
_NAN = float("nan")
_HOLDS_ZERO = "the interval contains 0: no gap at all would fit as well, wherever its middle lies."
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
        "it was run, but a single training, or no spread at all, gives no interval (nan): the run "
        "can say nothing.",
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
    "c": "then the paper would confirm itself: its number would be on both sides.",
    "f": "*not distinguishable* has an interval, and all gaps outside it are ruled out. *Not run* "
    "rules out nothing.",
    "g": "a failure is a finding (memory, a corrupt clip, a loss that explodes), and must be "
    "reported.",
}


@exercise
def not_run(student) -> str | None:
    """E15.4: the letters of the three sentences that say what "not run" protects against."""
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
        return "where nothing is real, return zeros."
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
    if mistake := _differing_row("the mean", mean, right_mean):
        return mistake
    if torch.allclose(top[0], torch.tensor([0.0, 4.0, 0.0])):
        return (
            "a padded zero won against negative values: fill padding with minus infinity before "
            "the maximum."
        )
    return _differing_row("the largest value", top, right_top)


def _differing_row(what: str, found: Tensor, right: Tensor) -> str | None:
    """The first of two utterances in which `what` differs, with both rows, or None."""
    for name, own, by_hand in zip(("first", "second"), found, right, strict=True):
        if not torch.allclose(own, by_hand, atol=1e-5):
            shown, wanted = (
                [round(number, 5) for number in row.tolist()] for row in (own, by_hand)
            )
            return f"{what} of the {name} utterance is {shown}; by hand it is {wanted}."
    return None
