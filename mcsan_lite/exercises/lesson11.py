"""Checks of lesson 11: reproducing the paper."""

from __future__ import annotations

import io
import math
import tempfile
from pathlib import Path

import pandas as pd
import torch

from mcsan_lite.exercises.exercise import exercise, three_letters

VERDICTS = ("reproduced", "not distinguishable", "differs", "not run")


@exercise
def matters(student, panel: pd.DataFrame) -> str | None:
    """E11.1: {"longest": a choice, "shown": the choices of which an interval excludes 0}, read off our own panel of
    `ledgers.sensitivity` (all of it may be given)."""
    if (
        not isinstance(student, dict)
        or set(student) != {"longest", "shown"}
        or isinstance(student["shown"], str)
    ):
        return (
            'the answer is {"longest": "a name", "shown": {"a name", …}}, and the set may be empty.'
        )

    def name(choice: object) -> str:
        return str(choice).partition("=")[0].strip()

    ours = panel[panel.panel.str.startswith("ours")].assign(choice=lambda p: p.choice.map(name))
    longest, shown = name(student["longest"]), {name(choice) for choice in student["shown"]}
    for choice in (longest, *sorted(shown)):
        if choice not in set(ours.choice):
            return (
                f"{choice!r} is in the paper's panel: those are its rows, no open choices of ours."
                if choice in set(panel.choice.map(name))
                else f"{choice!r} is no choice that was tried."
            )
    size = ours.groupby("choice").difference.agg(lambda d: d.abs().max())
    if not math.isclose(size[longest], size.max(), abs_tol=1e-12):
        best, worst = (
            ours.choice.loc[at] for at in (ours.difference.idxmax(), ours.difference.idxmin())
        )
        why = (
            "helped most"
            if longest == best
            else "hurt most"
            if longest == worst
            else "moved the score less"
        )
        return f"{longest!r} {why}. The longest bar, to either side, belongs to another choice."
    excludes = set(ours.choice[(ours.low > 0) | (ours.high < 0)])
    if extra := sorted(shown - excludes):
        line = ours[ours.choice == extra[0]].iloc[0]
        return (
            f"{extra[0]!r} has no interval, and so nothing is shown."
            if math.isnan(line.low)
            else f"the interval of {extra[0]!r} holds 0 ({100 * line.low:+.1f} to {100 * line.high:+.1f} points): a bar, "
            "however long, is not yet an effect."
        )
    if missing := sorted(excludes - shown):
        return f"the interval of {missing[0]!r} excludes 0: it belongs to what these runs show."
    return None


TABLES = (
    (
        'clip,words,mood,actor\na01,"well, that is it",cross,ana\na02,I said no,calm,ben\na03,what a day,glad,ana\n'
        "a04,oh no,crosss,ben\na05,,glad,ben\na06,fine,calm,cleo\n",
        ("calm", "glad", "cross"),
        {"a04": "crosss", "a05": ""},
    ),
    (
        "clip,words,mood,actor\nx1,no,low,u\nx2,yes,high,v\nx3,maybe,Low,u\n",
        ("low", "high"),
        {"x3": "Low"},
    ),
)


@exercise
def adapter(student) -> str | None:
    """E11.2: student(path, labels) -> Corpus of the usable rows of a csv clip, words, mood, actor; the others skipped."""
    for text, labels, unusable in TABLES:
        rows = pd.read_csv(io.StringIO(text), keep_default_na=False).set_index("clip")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "mine.csv")
            path.write_text(text, encoding="utf-8")
            found = student(path, labels)
        if missing := [
            part for part in ("labels", "utterances", "skipped") if not hasattr(found, part)
        ]:
            return f"this is a {type(found).__name__} without {missing[0]!r}; expected a Corpus."
        kept, skipped = {u.id: u for u in found.utterances}, {s.id: s.reason for s in found.skipped}
        if extra := [label for label in found.labels if label not in labels]:
            return f"{extra[0]!r} became a class of its own: a slip of the pen, which the network would now be trained on."
        for name, slip in unusable.items():
            if name in kept and slip:
                return (
                    f"row {name} says {slip!r} and you made {kept[name].label!r} of it without a word. Skip it and say "
                    "so; whoever made the table decides what was meant."
                )
            if name in kept:
                return f"row {name} has no words, and there is no sound either: nothing is left to learn from."
        if tuple(found.labels) != labels:
            how = (
                "alphabetical"
                if list(found.labels) == sorted(found.labels)
                else "the order of first appearance, or luck"
            )
            return (
                f"the class order is {list(found.labels)}: {how}. Column 2 of a prediction must mean the same in "
                f"every run: take the order that was given, {list(labels)}."
            )
        if lost := [name for name in rows.index if name not in kept and name not in unusable]:
            return f"row {lost[0]} is whole, and it is gone."
        if silent := [name for name in unusable if name not in skipped]:
            return f"row {silent[0]} is left out, and `skipped` does not say so. Who counts your corpus must find all rows."
        if mute := [
            name
            for name, slip in unusable.items()
            if not skipped[name].strip() or slip not in skipped[name]
        ]:
            return (
                f"the reason for {mute[0]} does not say what was wrong there: {skipped[mute[0]]!r}."
            )
        if extra := sorted(set(kept) & set(skipped)):
            return f"row {extra[0]} is taken and skipped at once."
        for name, u in kept.items():
            for what, ours, theirs in (
                ("label", u.label, rows.mood[name]),
                ("speaker", u.speaker, rows.actor[name]),
                ("text", u.text, rows.words[name]),
            ):
                if ours != theirs:
                    why = {
                        "speaker": "without speakers no split can keep them apart",
                        "text": "a comma inside quotes ends no field, csv knows that",
                        "label": "each row keeps its own",
                    }[what]
                    return f"row {name} has the {what} {ours!r}, the table says {theirs!r}: {why}."
    return None


@exercise
def verdict(student) -> str | None:
    """E11.3: student(low, high, paper_gap) -> one of VERDICTS; low and high are None for a row that was not run."""
    nan, holds_zero = (
        float("nan"),
        "the interval holds 0: no gap at all would fit as well, whatever its middle.",
    )
    asked = {  # (low, high, the paper's gap): what is right, and what a wrong answer looks like
        (None, None, 0.016): (
            "not run",
            "a row without a run has no interval: None is not a number and not a zero.",
        ),
        (0.004, 0.030, 0.016): (
            "reproduced",
            "the interval excludes 0 and lies on the paper's side.",
        ),
        (0.060, 0.090, 0.016): (
            "reproduced",
            "the claim is that there *is* such a gap, not its size: the printed gap need "
            "not lie in the interval, which is of another training, often of another corpus.",
        ),
        (-0.030, -0.004, 0.016): (
            "differs",
            "the interval excludes 0, on the other side than the paper's.",
        ),
        (-0.030, -0.004, -0.016): (
            "reproduced",
            "the paper's gap is negative here: its side is the left one.",
        ),
        (0.004, 0.030, -0.016): (
            "differs",
            "the paper's gap is negative here: its side is the left one.",
        ),
        (-0.010, 0.030, 0.016): ("not distinguishable", holds_zero),
        (-0.010, 0.030, -0.016): ("not distinguishable", holds_zero),
        (0.0, 0.030, 0.016): (
            "not distinguishable",
            "an interval that ends at 0 does not exclude it.",
        ),
        (-0.030, 0.0, 0.016): (
            "not distinguishable",
            "an interval that ends at 0 does not exclude it.",
        ),
        (nan, nan, 0.016): (
            "not distinguishable",
            "it was run, but one training, or no spread at all, gives no interval "
            "(nan): the run can say nothing.",
        ),
    }
    for (low, high, printed), (right, hint) in asked.items():
        found = student(low, high, printed)
        if found not in VERDICTS:
            return f"{found!r} is not a verdict; there are {', '.join(map(repr, VERDICTS))}."
        if found != right:
            return f"verdict({low}, {high}, {printed}) is {found!r}: {hint}"
    return None


@exercise
def not_run(student) -> str | None:
    """E11.4: the letters of the three sentences that say what "not run" is good for."""
    wrong = {
        "b": "nothing was measured, so nothing speaks against the claim. Suspicion is not a result.",
        "c": "then the paper confirms itself: its number stands on both sides of the comparison.",
        "f": "*not distinguishable* has an interval, and all gaps outside it are ruled out. *Not run* rules out nothing.",
        "g": "a failure is a finding (memory, a corrupt clip, a loss that explodes), and it is to be told.",
    }
    return three_letters(student, "ade", wrong, "ask what a reader could be led to believe")


@exercise
def pool(student) -> str | None:
    """E11.5: (B, T, D) and a mask -> (B, 2 D), mean and largest value over real positions, zeros where none is real."""
    x = torch.tensor(
        [
            [[-1.0, 2.0, -3.0], [-5.0, 4.0, -1.0], [0.0, 0.0, 0.0]],
            [[1.0, 1.0, 1.0], [2.0, -2.0, 0.0], [3.0, 0.0, 5.0]],
        ]
    )
    mask = torch.tensor([[True, True, False], [True, True, True]])
    right = torch.tensor([[-3.0, 3.0, -2.0, -1.0, 4.0, -1.0], [2.0, -1 / 3, 2.0, 3.0, 1.0, 5.0]])
    found = student(x.clone(), mask.clone())
    if not isinstance(found, torch.Tensor) or found.shape != (2, 6):
        return f"the shape is {tuple(getattr(found, 'shape', ()))}; two utterances of three features give (2, 6)."
    mean, top = found[:, :3], found[:, 3:]
    if torch.allclose(mean[0] * 3, right[0, :3] * 2):
        return "padding counts in the mean: divide by how many positions are real, not by T."
    if torch.allclose(mean[0], right[0, :3] * 2):
        return "the first half is a sum: it grows with the length."
    if torch.allclose(mean, right[:, 3:]) and torch.allclose(top, right[:, :3]):
        return "the mean comes first, the largest value behind it."
    if not torch.allclose(mean, right[:, :3], atol=1e-5):
        return f"the mean of the first utterance is {mean[0].tolist()}; by hand it is {right[0, :3].tolist()}."
    if torch.allclose(top[0], torch.tensor([0.0, 4.0, 0.0])):
        return "a padded zero won against negative values: fill padding with minus infinity before the maximum."
    if not torch.allclose(top, right[:, 3:]):
        return f"the largest values of the first utterance are {top[0].tolist()}; by hand {right[0, 3:].tolist()}."
    empty = student(x.clone(), torch.zeros_like(mask))
    if not torch.isfinite(empty).all():
        return "an utterance without a real position gives nan or infinity, and one such row poisons every gradient."
    return None if not empty.any() else "where nothing is real, zeros are wanted."
