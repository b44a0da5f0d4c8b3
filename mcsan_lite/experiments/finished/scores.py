"""The scores of a finished table, by row.

In: the place of a table. Out: a frame, which is empty where the table was not run.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.tables.own import load_table

_ENDS = ("", " low", " high")


def finished_scores(folds_file: Path) -> pd.DataFrame:
    """WA, gap to MCSAN and lead over the best floor of every row; empty where it was not run.

    Args:
        folds_file: the -folds.csv of the table, beside which the table itself lies.

    Returns:
        One row per row of the table: mean, low and high of WA over folds; `gap`, `gap low` and
        `gap high`, which are MCSAN less the row on the same folds; `above`, `above low` and
        `above high`, the row less the best floor; and `Holm p` of the gap.
    """
    names = {f"wa{end}": end.strip() or "mean" for end in _ENDS}
    names |= {f"wa gap{end}": f"gap{end}" for end in _ENDS}
    names |= {f"wa above best floor{end}": f"above{end}" for end in _ENDS}
    names |= {"wa Holm p": "Holm p"}
    file = folds_file.with_name(folds_file.name.replace("-folds.csv", ".csv"))
    if not file.is_file():
        return pd.DataFrame(columns=list(names.values()), index=pd.Index([], dtype=str))
    rows = load_table(file, numbers=tuple(names)).set_index("row")
    # An older table was not held against floors.
    return rows.reindex(columns=list(names)).rename(columns=names)
