"""The numbers that the paper printed, and where its authors took them from.

In: nothing. Out: its Tables 1, 2 and 3, one row per system, with scores as
shares; `PrintedScore`, one of these numbers next to one of ours; and its gaps, tested.

L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and Self-Attention Network for Speech Emotion
Recognition", ICASSP 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mcsan_lite.evaluation.comparison import Comparison, column_name
from mcsan_lite.evaluation.significance import holm, welch_from_summary

FULL = "MCSAN"  # the row that the others are compared with
FLOOR = "floor: "  # how the row of a floor begins

# Table 3: IEMOCAP, 10 folds, mean and standard deviation.
TABLE3_PUBLISHED = pd.DataFrame(
    [
        ("MCSAN", 0.612, 0.012, 0.560, 0.019),
        ("w/o audio", 0.509, 0.010, 0.469, 0.028),
        ("w/o text", 0.491, 0.011, 0.404, 0.010),
        ("w/o self", 0.605, 0.013, 0.550, 0.026),
        ("w/o cross", 0.596, 0.012, 0.536, 0.028),
        ("cross + self (seq)", 0.606, 0.011, 0.552, 0.025),
        ("self + cross (seq)", 0.602, 0.012, 0.554, 0.024),
        ("N = 2", 0.601, 0.015, 0.551, 0.025),
        ("N = 3", 0.595, 0.012, 0.541, 0.018),
    ],
    columns=["row", "wa", "wa_sd", "ua", "ua_sd"],
).set_index("row")

# Table 1: the same corpus, perhaps not the same folds; AMH also sees video. MDRE, MHA and AMH are
# from the revised table of AMH's authors, Xu et al. and CAN from the CAN paper: not one experiment.
TABLE1_PUBLISHED = pd.DataFrame(
    [
        ("MDRE", 0.498, 0.059, 0.418, 0.077),
        ("MHA", 0.543, 0.026, 0.491, 0.028),
        ("Xu et al.", 0.560, 0.028, 0.450, 0.028),
        ("CAN", 0.579, 0.019, 0.487, 0.017),
        ("AMH", 0.617, 0.016, 0.547, 0.025),
        ("MCSAN", 0.612, 0.012, 0.560, 0.019),
    ],
    columns=["row", "wa", "wa_sd", "ua", "ua_sd"],
).set_index("row")

# Table 2: MELD's test part, weighted F1.
TABLE2_PUBLISHED = pd.Series(
    {"cMKL": 0.555, "Liang et al.": 0.561, "Liang et al. (semi)": 0.571, "MCSAN": 0.592},
    name="weighted_f1",
)


@dataclass(frozen=True)
class PublishedTable:
    """A table of the paper: its kind of corpus, its numbers by row, and our scores beside them."""

    corpus: str
    numbers: pd.DataFrame
    scores: tuple[str, ...]


PUBLISHED_TABLES = {
    "table1": PublishedTable("iemocap", TABLE1_PUBLISHED, ("wa", "ua")),
    "table2": PublishedTable("meld", TABLE2_PUBLISHED.to_frame(), ("weighted_f1", "wa")),
    "table3": PublishedTable("iemocap", TABLE3_PUBLISHED, ("wa", "ua")),
    # Lesson 07's own table: nothing of it is printed.
    "fusion": PublishedTable("", pd.DataFrame(), ("wa", "ua")),
}

# What must be known about a row of Table 1 or 2 before its score is read.
ROW_NOTES = {
    "MDRE": "without prosody",
    "MDRE, sigmoid loss": "the loss of its code; without prosody",
    "CAN": "the corpus's own word times; by letters in the few utterances without",
    "AMH": "sees video, not of its kind (ResNet)",
    "MHA, 1 hop": "not in MCSAN's table",
    "MHA, 3 hops": "not in MCSAN's table",
    "CAN, proportional": "words share the voiced time by their letters",
    "MCSAN + video": "the paper's future work",
    "MulT": "two modalities; not in MCSAN's table",
    "Rajan et al., self": "not in MCSAN's table",
    "Rajan et al., cross": "not in MCSAN's table",
    "Xu et al., DELTA code": "the authors' released variant",
    "cMKL": (
        "MFCC functionals; Nyström kernels on 500 landmarks (profile paper: 2,000); "
        "parameters: its CNN's"
    ),
    "Liang et al.": "MFCC functionals and word vectors for IS10 and BERT",
    "Liang et al., half the labels": "half of the training utterances are not used",
    "Liang et al. (semi)": "needs the authors' unlabelled pool",
    "Liang et al., semi, half the labels": "the other half is the unlabelled pool",
}

# Where MCSAN's authors took a printed number from. AMH's authors first printed precision under the
# name of accuracy; that table is withdrawn, and these are of the revised one.
PUBLISHED_FROM = {
    "MDRE": "AMH README, revised",
    "MHA": "AMH README, revised",
    "AMH": "AMH README, revised",
    "Xu et al.": "CAN paper",
    "CAN": "CAN paper",
    "cMKL": "MELD paper",
}


@dataclass(frozen=True)
class PrintedScore:
    """What the paper printed of one row in one score; None where it did not."""

    score: str
    value: float | None = None
    gap: float | None = None  # MCSAN - row; None for MCSAN itself
    sd: float | None = None  # over its folds

    def columns(self) -> dict[str, float]:
        """The cells of a table's row, without those that are None."""
        values = {"": self.value, " gap": self.gap, " sd": self.sd}
        given = {end: value for end, value in values.items() if value is not None}
        return {f"{self.score} paper{end}": value for end, value in given.items()}


def read_printed(cells: pd.Series, score: str) -> PrintedScore:
    """The `PrintedScore` that a row of a table was made of; empty cells become None.

    Args:
        cells: one row of a table, by column.
        score: which of its scores is wanted.
    """
    ends = {"value": "", "gap": " gap", "sd": " sd"}
    values = {field: cells.get(f"{score} paper{end}") for field, end in ends.items()}
    given = {field: value for field, value in values.items() if not pd.isna(value)}
    return PrintedScore(score, **given)


def printed_score(table: str, row: str, score: str) -> PrintedScore:
    """What a table of the paper holds of a row in a score.

    Args:
        table: "table1", "table2", "table3" or "fusion".
        row: the name of a row.
        score: "wa", "ua" or "weighted_f1".
    """
    numbers = PUBLISHED_TABLES[table].numbers
    if row not in numbers.index or score not in numbers:
        return PrintedScore(score)
    value = numbers[score][row]
    gap = None if row == FULL else (numbers[score][FULL] - value).round(3)
    sd = numbers[f"{score}_sd"][row] if f"{score}_sd" in numbers else None
    return PrintedScore(score, value, gap, sd)


def published_gaps() -> pd.DataFrame:
    """The paper's own Tables 3 and 1 read again: each gap to MCSAN with Welch's t.

    It is computed from the printed means and deviations; "within noise" where p ≥ 0.05. Indicative
    only: the folds are paired and share training data, and the table shows neither; Table 1 mixes
    sources and perhaps folds.
    """
    rows = []
    for source, numbers in (("Table 3", TABLE3_PUBLISHED), ("Table 1", TABLE1_PUBLISHED)):
        for name in numbers.index.drop(FULL):
            basis = "unpaired: printed mean ± sd, 10 folds each"
            cells = {"row": name, "source": source, "basis": basis}
            for score in ("wa", "ua"):
                cells |= _printed_comparison(name, score, numbers).columns()
            rows.append(cells)
    table = pd.DataFrame(rows).set_index("row")
    for score in ("wa", "ua"):
        p_by_table = table.groupby("source")[column_name("p", score)]
        table[column_name("holm_p", score)] = p_by_table.transform(holm)
    table.attrs = {
        "scores": ["wa", "ua"],
        "from": "printed in the paper",
        "caption": (
            "Sun et al. 2021, Tables 1 and 3, IEMOCAP: gap = MCSAN − row, with Welch's t and its "
            "95 % interval from the printed means and standard deviations of 10 folds. Unpaired "
            "and without correction for shared training data, so indicative only. Holm's p is "
            "over the rows of one table."
        ),
    }
    return table


def _printed_comparison(row: str, score: str, numbers: pd.DataFrame) -> Comparison:
    """A printed row against the printed MCSAN."""
    full = TABLE3_PUBLISHED.loc[FULL]
    value, sd = numbers[score][row], numbers[f"{score}_sd"][row]
    test = welch_from_summary(full[score], full[f"{score}_sd"], value, sd, 10)
    return Comparison(
        row,
        score,
        value=value,
        sd_folds=sd,
        gap=round(test.mean, 3),
        low=test.low,
        high=test.high,
        t=test.statistic,
        p=test.p,
        within_noise=test.p >= 0.05,
    )
