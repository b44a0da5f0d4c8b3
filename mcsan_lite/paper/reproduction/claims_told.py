"""The claims of the paper beside what was run: one row per sentence, with a verdict per score.

In: the ledger of claims, and results. Out: frames and counts for the report. A verdict about
generated speech is about a direction; no score of it is in these tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from mcsan_lite.paper.ledgers import AS_PRINTED, claims_ledger
from mcsan_lite.paper.profiles import TEXT_ALONE
from mcsan_lite.paper.reproduction.shipped import GENERATED, OF_THE_PAPER, ShippedTable

_SETTINGS = "the profile paper's settings"
NOT_RUN = "not run"
_IN_SCORE = re.compile(r" in (?:WA|UA|weighted F1)$")
_COLUMNS = {"wa": "WA", "ua": "UA", "weighted_f1": "F1"}
_BY_HEART = ("reproduced", "not distinguishable", "differs", "not comparable", NOT_RUN)


def judged_claims(shipped: Sequence[ShippedTable]) -> pd.DataFrame:
    """Every claim about a score, once per kind of corpus, with its verdict on what was run.

    Args:
        shipped: the tables of results.

    Returns:
        Columns `kind` (a world of generated speech, or the corpus), claim, says, metric, verdict
        and `before Holm`. A claim that no table of a kind can judge is "not run"; Holm's correction
        is over the claims of one table.
    """
    frames = [_of_table(one) for one in shipped if one.name in OF_THE_PAPER]
    known = [frame for frame in frames if len(frame)]
    if not known:
        return _never_run([GENERATED])
    judged = pd.concat(known, ignore_index=True)
    best = judged.drop_duplicates(["kind", "claim"])
    return pd.concat([best, _never_run(judged.kind.unique(), best)], ignore_index=True)


def _of_table(one: ShippedTable) -> pd.DataFrame:
    printed_beside = one.corpus if one.at_home else ""
    ledger = claims_ledger({TEXT_ALONE if one.silent else printed_beside: one.folds})
    block = ledger[ledger.block == f"{one.corpus} · {one.protocol}"]
    block = block[block.verdict != NOT_RUN]
    return block.assign(kind=one.kind)[
        ["kind", "claim", "says", "metric", "verdict", "before Holm"]
    ]


def _never_run(kinds: Sequence[str], known: pd.DataFrame | None = None) -> pd.DataFrame:
    """The claims about scores that no table of a kind can judge."""
    printed = as_printed()
    rows = []
    for kind in kinds:
        judged = set() if known is None else set(known[known.kind == kind].claim)
        for claim in printed.itertuples():
            if claim.claim not in judged:
                row = {"kind": kind, "claim": claim.claim, "says": claim.says}
                rows.append(row | {"metric": claim.metric, "verdict": NOT_RUN})
    columns = ["kind", "claim", "says", "metric", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def as_printed() -> pd.DataFrame:
    """The claims about scores against the paper's own tables: is a gap more than noise?"""
    ledger = claims_ledger()
    return ledger[ledger.block == AS_PRINTED]


def claims_sheet(tested: pd.DataFrame) -> dict[str, list[str]]:
    """Heading -> cells: one row per sentence, verdicts as printed and on each kind of corpus.

    Args:
        tested: from `judged_claims`.
    """
    printed = as_printed()
    sentences = list(dict.fromkeys(_sentence(says) for says in printed.says))
    columns: dict[str, list[str]] = {"claim": sentences}
    columns["gap as printed"] = [_told(printed, sentence) for sentence in sentences]
    for kind, rows in tested.groupby("kind", sort=False):
        columns[str(kind)] = [_told(rows, sentence) for sentence in sentences]
    return columns


def _sentence(says: str) -> str:
    """A claim without its score: "WA of MCSAN" becomes "score of MCSAN"."""
    text = _IN_SCORE.sub("", says)
    return re.sub(r"^(?:WA|UA|weighted F1) of", "score of", text)


def _told(rows: pd.DataFrame, sentence: str) -> str:
    """The verdicts on a sentence; once where all scores agree."""
    by_score: dict[str, str] = {}
    for row in rows.itertuples():
        if _sentence(row.says) == sentence and row.verdict:
            by_score[_COLUMNS.get(row.metric, row.metric)] = row.verdict
    if len(set(by_score.values())) == 1:
        return next(iter(by_score.values()))
    return "; ".join(f"{score}: {verdict}" for score, verdict in by_score.items())


def counted_verdicts(verdicts: pd.Series) -> str:
    """How often each verdict was given, such as "reproduced: 4; not run: 2".

    Args:
        verdicts: one per claim.
    """
    counts = Counter(verdicts)
    ordered = [name for name in _BY_HEART if counts[name]]
    return "; ".join(f"{name}: {counts[name]}" for name in ordered)


def settings_rows() -> pd.DataFrame:
    """The settings that the paper states, beside those of the profile "paper"."""
    ledger = claims_ledger()
    return ledger[ledger.block == _SETTINGS]
