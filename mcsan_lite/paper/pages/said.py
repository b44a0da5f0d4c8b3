"""What a table says, in sentences that follow its numbers.

In: a table as `verdicts` makes it, or as its csv has it. Out: sentences.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mcsan_lite.figures.basics import counted


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
    said = [f"Compared with MCSAN, each by its own interval: {len(compared)}."]
    for words, chosen in groups.items():
        said.append(f"{words}: {named_or_none(compared.row[chosen])}.")
    corrected = f"After Holm's correction for {counted(len(compared), 'comparison')}"
    said.append(f"{corrected}, a gap is left for: {named_or_none(compared.row[holds])}.")
    missing = table.row[table[score].isna()]
    if len(missing):
        said.append(f"Not run: {named_or_none(missing)}.")
    return said


def named_or_none(names: Iterable[str]) -> str:
    """Names in a row; "none" where there is none. Names hold commas, so semicolons part them."""
    return "; ".join(names) or "none"
