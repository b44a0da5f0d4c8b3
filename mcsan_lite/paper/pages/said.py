"""What a table says, in sentences that follow its numbers.

In: a table as `verdicts` makes it, or as its csv has it. Out: sentences.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mcsan_lite.evaluation.comparison import column_name
from mcsan_lite.figures.basics import counted
from mcsan_lite.paper.published import FLOOR
from mcsan_lite.paper.verdicts import best_floor
from mcsan_lite.tables.shared import full_stop


def gap_sentences(table: pd.DataFrame, score: str) -> list[str]:
    """What the table says: which gaps to MCSAN exclude zero, before and after Holm's correction.

    Args:
        table: one row per system, named in the column `row`; the reference has no gap.
        score: "wa" or "weighted_f1".
    """
    compared = table[table[f"{score} gap"].notna()]
    if compared.empty:
        return ["No row was run beside MCSAN."]
    low, high = compared[f"{score} gap low"], compared[f"{score} gap high"]
    holds = compared[f"{score} Holm p"] < 0.05
    groups = {
        "MCSAN is ahead of": low > 0,
        "MCSAN is below": high < 0,
        "Not distinguishable from MCSAN": (low <= 0) & (high >= 0),
    }
    tested = int(low.notna().sum())
    are = "is" if tested == 1 else "are"
    said = [f"{counted(tested, 'row')} {are} compared with MCSAN, each by its own interval."]
    for words, chosen in groups.items():
        said.append(full_stop(f"{words}: {named_or_none(compared.row[chosen])}"))
    if low.isna().any():
        said.append(full_stop(f"Without an interval: {named_or_none(compared.row[low.isna()])}"))
    tests = compared[f"{score} Holm p"].notna().sum()
    corrected = f"After Holm's correction for {counted(tests, 'comparison')}"
    alone = (low > 0) | (high < 0)
    if holds.any() and (holds == alone).all():
        said.append(f"{corrected}, each of these gaps is still shown.")
    else:
        said.append(
            full_stop(
                f"{corrected}, a gap is still shown for: {named_or_none(compared.row[holds])}"
            )
        )
    missing = table.row[table[score].isna()]
    if len(missing):
        said.append(full_stop(f"Not run: {named_or_none(missing)}"))
    return said


def floor_sentence(table: pd.DataFrame, score: str) -> str:
    """How the systems of a table lie to its best floor, each by its own interval.

    Args:
        table: as for `gap_sentences`, with floors or without.
        score: such as "wa".
    """
    rows = table.set_index("row")
    best = best_floor(rows, score)
    if best is None:
        return "No floor was scored on these folds."
    told = f"The best floor is {best.removeprefix(FLOOR)} ({rows.loc[best, score]:.3f})."
    low_column, high_column = (column_name(f"above_floor_{end}", score) for end in ("low", "high"))
    if low_column not in rows:
        return f"{told} No system was tested against it."
    tested = rows[rows[low_column].notna()]
    low, high = tested[low_column], tested[high_column]
    groups = {
        "On the same folds, these score higher": low > 0,
        "Not distinguishable from it": (low <= 0) & (high >= 0),
        "These score lower": high < 0,
    }
    sides = [
        full_stop(f"{words}: {named_or_none(tested.index[of])}") for words, of in groups.items()
    ]
    untested = rows[rows[column_name("above_floor", score)].notna() & rows[low_column].isna()]
    if len(untested):
        sides.append(full_stop(f"Without an interval: {named_or_none(untested.index)}"))
    return " ".join([told, *sides])


def named_or_none(names: Iterable[str]) -> str:
    """Names in a row; "none" where there is none. Names hold commas, so semicolons part them."""
    return "; ".join(names) or "none"
