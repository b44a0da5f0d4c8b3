"""What was measured on real recordings, as markdown for docs/results.md.

In: results/real-data-floors.csv and results/real-data-rows.csv. They hold what `mcsan floors` and
`mcsan run` printed with earlier code, since their runs were not kept. What `mcsan speakers` and
`mcsan run ambiguities` wrote about RAVDESS. And the paper's own printed tables, from the package.
Out: tables, and sentences that follow their numbers.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.experiments.speaker_curve import curve_verdicts
from mcsan_lite.paper.ambiguities import sensitivity
from mcsan_lite.paper.published import published_gaps
from mcsan_lite.tables.own import load_table
from mcsan_lite.tables.shared import markdown_rows

FLOORS, ROWS = "real-data-floors.csv", "real-data-rows.csv"
SPEAKERS = "speakers-ravdess-quick.csv"
CHANGES = "ambiguities-ravdess-quick-folds.csv"
CURVE_NUMBERS = (
    *("speakers", "n_train", "tested", "mean", "low", "high"),
    *("gain", "gain low", "gain high", "gain p"),
)
SCORES = {"wa": "WA", "ua": "UA", "weighted_f1": "weighted F1"}
RESULT_NUMBERS = ("seed", "n_train", "n_test", *SCORES)
ENDS = ("", " low", " high")
ROW_NUMBERS = (
    *("score", "low", "high", "gap", "gap low", "gap high"),
    *("peeked", "peeked low", "peeked high", "parameters"),
)


def load_floors(results: Path) -> pd.DataFrame:
    """Scores of floors and MCSAN on real recordings."""
    numbers = [f"{score}{end}" for score in SCORES for end in ENDS]
    return load_table(results / FLOORS, numbers=numbers)


def load_rows(results: Path, table: str, corpus: str) -> pd.DataFrame:
    """The rows of one of the paper's tables on one corpus.

    Args:
        results: the folder of tables.
        table: "table1" or "table2".
        corpus: "meld" or "ravdess".
    """
    found = load_table(results / ROWS, numbers=ROW_NUMBERS)
    return found[(found.table == table) & (found.corpus == corpus)]


def number(values, form: str) -> str:
    """A mean with its interval, where there is one: "0.366 [0.31, 0.42]".

    Args:
        values: mean, low and high; scores have ends of two digits, as they were kept.
        form: of one number, such as "{:.3f}".
    """
    mean, low, high = values
    if pd.isna(mean):
        return ""
    if pd.isna(low):
        return form.format(mean)
    of_end = form.replace(".3f", ".2f")
    return f"{form.format(mean)} [{of_end.format(low)}, {of_end.format(high)}]"


def floors_lines(results: Path) -> str:
    """Floors and networks on real recordings, and what their scores say."""
    table = load_floors(results)
    heads = ("corpus", "protocol", "system", *SCORES.values())
    rows = []
    for _, row in table.iterrows():
        scores = [number([row[f"{score}{end}"] for end in ENDS], "{:.3f}") for score in SCORES]
        rows.append([row.corpus, row.protocol, row.system, *scores])
    return "\n".join([markdown_rows(heads, rows), "", *floors_sentences(table)])


def floors_sentences(table: pd.DataFrame) -> list[str]:
    """What random utterances and new actors say of one classifier, and words of a network.

    Args:
        table: of `load_floors`.
    """
    svm = table[table.system == "MFCC statistics + SVM"].set_index("protocol").wa
    is_random = svm.index.str.startswith("`kfold10`")
    known, new = svm[is_random].iloc[0], svm[~is_random].iloc[0]
    ravdess = table[table.protocol.str.startswith("`speaker`")].set_index("system")
    network = ravdess.loc["MCSAN w/o text"]
    best = ravdess.loc[ravdess.wa.drop("MCSAN w/o text").idxmax()]
    meld = table[table.corpus.str.startswith("MELD")].set_index("system").weighted_f1
    ours, linear = meld["MCSAN w/o audio, 3 seeds"], meld["TF-IDF + LR"]
    above = "is above" if network["wa low"] > best["wa high"] else "is not shown to be above"
    return [
        f"- **RAVDESS: the same sounds and the same SVM score {known:.2f} on random utterances and "
        f"{new:.2f} on new actors.** The first recognises how an actor does anger.",
        f"- **RAVDESS: the network {above} the best classical model**: {network.wa:.2f} against "
        f"{best.wa:.2f}.",
        f"- **MELD: length and punctuation alone have a weighted F1 of "
        f"{meld['length + punctuation only']:.3f}**, without a single word. The network has "
        f"{ours:.3f}, and TF-IDF with a linear model has {linear:.3f}.",
    ]


def rows_lines(results: Path, table: str, corpus: str) -> str:
    """One of the paper's tables on real recordings.

    Args:
        results: the folder of tables.
        table: "table1" or "table2".
        corpus: "meld" or "ravdess".
    """
    found = load_rows(results, table, corpus)
    score = "WA" if table == "table1" else "weighted F1"
    heads = ("row", score, "gap to MCSAN, points", "Holm p", "verdict", "peeking, points")
    rows = []
    for _, row in found.iterrows():
        cells = (
            row["row"],
            number(row[["score", "low", "high"]], "{:.3f}"),
            number(row[["gap", "gap low", "gap high"]], "{:+.1f}"),
            row["Holm p"],
            row.verdict,
            number(row[["peeked", "peeked low", "peeked high"]], "{:+.1f}"),
        )
        rows.append(cells)
    return "\n".join([markdown_rows(heads, rows), "", rows_sentence(found)])


def rows_sentence(found: pd.DataFrame) -> str:
    """How the networks of a table lie to its best floor, and to MCSAN.

    Args:
        found: of `load_rows`.
    """
    floors = found[found.verdict == "floor"].set_index("row").score
    networks = found[~found.verdict.isin(["floor", "not run"])].set_index("row")
    others = networks[networks.verdict != "reference"]
    ahead = (others.verdict == "MCSAN ahead").sum()
    above = (networks.low > floors.max()).sum()
    bought = networks.peeked.dropna()
    return (
        f"Of {len(networks)} networks, {above} have an interval above the best floor "
        f"({floors.idxmax()}, {floors.max():.3f}). MCSAN is ahead of {ahead} of the {len(others)} "
        f"others. Choosing the epoch on test would have bought {bought.min():+.1f} to "
        f"{bought.max():+.1f} points. All of it is of one seed; another one may turn a verdict."
    )


def speakers_lines(results: Path) -> str:
    """How the scores on RAVDESS grow with the speakers that train, and what that shows."""
    table = load_table(results / SPEAKERS, numbers=CURVE_NUMBERS)
    counts = sorted(table.speakers.unique())
    heads = ("system", *(f"{count} speakers" for count in counts))
    rows = []
    for system, points in table.groupby("system", sort=False):
        by_count = points.set_index("speakers")
        scores = [number(by_count.loc[one, ["mean", "low", "high"]], "{:.3f}") for one in counts]
        rows.append([system, *scores])
    said = [f"- {sentence}" for sentence in curve_verdicts(table)]
    return "\n".join([markdown_rows(heads, rows), "", *said])


def remedies_lines(results: Path) -> str:
    """What the usual remedies change for MCSAN on new actors of RAVDESS."""
    nothing = "Nothing was chosen by these numbers, which are of tested actors: the default stays."
    return f"{changes_lines(results / CHANGES)} {nothing}"


def changes_lines(file: Path) -> str:
    """What each change of one setting does to MCSAN, and which of it is shown.

    Args:
        file: the trainings, one row each, as `mcsan run ambiguities` writes them.
    """
    changes = sensitivity(load_table(file, numbers=RESULT_NUMBERS))
    ours = changes[changes.panel.str.startswith("ours")]
    heads = ("change", "WA", "against MCSAN as it is, points", "folds")
    rows = []
    for _, row in ours.iterrows():
        points = 100 * row[["difference", "low", "high"]].astype(float)
        rows.append((row.choice, f"{row.score:.3f}", number(points, "{:+.1f}"), row.n))
    return "\n".join([markdown_rows(heads, rows), "", changes_sentence(ours)])


def changes_sentence(changes: pd.DataFrame) -> str:
    """For which changes an interval leaves zero out, and on which side.

    Args:
        changes: choice, low and high, as `sensitivity` gives them.
    """
    helps = list(changes.choice[changes.low > 0])
    hurts = list(changes.choice[changes.high < 0])
    tested = int(changes.low.notna().sum())
    return (
        f"Of {tested} changes with an interval, it lies wholly above zero for: "
        f"{', '.join(helps) or 'none'}; wholly below zero for: {', '.join(hurts) or 'none'}. These "
        f"intervals are not corrected for their number. By luck alone about {0.05 * tested:.1f} of "
        f"{tested} would leave zero out, so read a single one as a hint and not as a finding."
    )


def printed_gaps() -> str:
    """The paper's own Tables 3 and 1, read again from their printed means and deviations."""
    table = published_gaps()
    ablations = table[table.source == "Table 3"]
    said = []
    for score in ("wa", "ua"):
        column = ablations[f"{score} Holm p"]
        said.append(f"{', '.join(column.index[column < 0.05]) or 'none'} in {score.upper()}")
    t_values = ", ".join(f"{name} {row['wa t']:.2f}" for name, row in ablations.iterrows())
    return (
        f"Welch's t of the gap in WA is: {t_values}. After Holm's correction these stand out: "
        f"{'; '.join(said)}. The ledger of [claims](ledgers/claims.md) has the intervals."
    )


PARTS = {
    "printed": lambda results: printed_gaps(),
    "real floors": floors_lines,
    "real speakers": speakers_lines,
    "real changes": remedies_lines,
    "real table 1, MELD": lambda results: rows_lines(results, "table1", "meld"),
    "real table 1, RAVDESS": lambda results: rows_lines(results, "table1", "ravdess"),
    "real table 2, RAVDESS": lambda results: rows_lines(results, "table2", "ravdess"),
}
