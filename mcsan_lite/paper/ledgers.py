"""Three ledgers: what the paper claims, what it leaves open, and where its equations are.

In: nothing, or results of our runs, which are then judged. Out: tables, and markdown of them.

Verdicts are "reproduced", "not distinguishable" (our runs cannot say), "differs" (they say the
opposite), "not run" and "not comparable" (a printed score, on another corpus or other folds).
Numbers of the paper and scores of ours share a block only on the paper's own corpus and folds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.splits import PARTIAL_FOLDS
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.significance import NAN, Test, holm, welch_from_summary
from mcsan_lite.paper.ambiguities import (
    OPEN_CHOICES,
    TRIED_ELSEWHERE,
    alternatives_of,
    choices,
    sensitivity,
)
from mcsan_lite.paper.claims import CLAIMS, PRINTED_SCORES, Claim, Support
from mcsan_lite.paper.equations import equation_rows
from mcsan_lite.paper.profiles import PAPER_PROTOCOL, TEXT_ALONE
from mcsan_lite.paper.report import markdown_sheet
from mcsan_lite.training.spec import corpus_label

AS_PRINTED = "as printed in the paper"  # the block that re-reads the paper's own tables

_CLAIM_COLUMNS = [
    "block",
    "claim",
    "says",
    "section",
    "metric",
    "value",
    "low",
    "high",
    "n",
    "p",
    "p Holm",
    "before Holm",
    "verdict",
    "note",
    "t",
]


# ---- claims ----


def claims_ledger(
    results_by_kind: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None,
    corpora: Mapping[str, Corpus] | None = None,
) -> pd.DataFrame:
    """The ledger of claims: every sentence of the paper with a number or a comparison, in blocks.

    The blocks (column `block`) are the paper's own tables read again, its settings, the counts of
    its two corpora, then each corpus and protocol that was run.

    Args:
        results_by_kind: {kind: results of `run_experiment`}. Only the kinds "iemocap" and "meld"
            get the printed numbers beside ours, on the paper's folds. Bare results do not, since a
            synthetic tree in IEMOCAP's folders has its name too. No claim is judged on the kind
            TEXT_ALONE.
        corpora: {kind: corpus}. The counts come from there, and the dialogues of a corpus with one
            fold.

    Returns:
        One row per claim. `value`, `low` and `high` are a gap or score with its 95 % interval, not
        corrected for multiplicity; `p Holm` is, over the claims of its block, and `verdict` follows
        from it. `before Holm` is the verdict on the claim alone. Printed gaps are judged without
        it, in the paper's favour. Runs of one block that cannot be paired (several of one row,
        missing folds) are a single row that says so.
    """
    corpora = dict(corpora or {})
    blocks = {
        AS_PRINTED: list(_as_printed()),
        "the profile paper's settings": list(_of_facts("", None)),
    }
    for kind in PAPER_PROTOCOL:
        blocks[f"counts, {kind}"] = list(_of_facts(kind, corpora.get(kind)))
    if results_by_kind is None:
        results_by_kind = {}
    if isinstance(results_by_kind, pd.DataFrame):
        results_by_kind = {"": results_by_kind}
    frames = [_block_frame(block, rows) for block, rows in blocks.items()]
    for kind, results in results_by_kind.items():
        for (corpus, protocol), group in results.groupby(["corpus", "protocol"], sort=False):
            if _runs_of_claims(group):
                rows = _of_runs_or_refusal(group, kind, _dialogues(corpus, corpora))
                frames.append(_block_frame(f"{corpus} · {protocol}", rows))
    ledger = pd.concat(frames, ignore_index=True).reindex(columns=_CLAIM_COLUMNS)
    return ledger.assign(note=ledger.note.fillna(""))


def _block_frame(block: str, rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows).rename(columns={"id": "claim"}).assign(block=block)


def _runs_of_claims(results: pd.DataFrame) -> bool:
    """False where floors alone were run."""
    systems = {claim.a for claim in CLAIMS} | {claim.b for claim in CLAIMS}
    return bool(results.name.isin(systems).any())


def _dialogues(name: str, corpora: Mapping[str, Corpus]) -> dict[str, str]:
    """Utterance id -> dialogue, of the corpora with this name."""
    named = [corpus for corpus in corpora.values() if corpus_label(corpus) == name]
    return {u.id: u.dialogue for corpus in named for u in corpus.utterances}


def _as_printed() -> Iterator[dict]:
    """Each claim against the paper's own tables.

    Does its arithmetic close, and is its gap more than noise (Welch)?
    """
    for claim in CLAIMS:
        if claim.printed is None:
            continue
        row = asdict(claim) | {"value": claim.printed, "note": _arithmetic(claim)}
        table = PRINTED_SCORES[claim.corpus, claim.metric]
        if not claim.b:
            yield row | {"verdict": ""}
            continue
        (a_mean, a_sd), (b_mean, b_sd) = table[claim.a], table[claim.b]
        if a_sd is None or b_sd is None:
            yield row | {"verdict": "no deviation printed"}
            continue
        test = welch_from_summary(a_mean, a_sd, b_mean, b_sd, 10)
        verdict = "within noise" if test.p >= 0.05 else "beyond noise"
        row |= {"low": test.low, "high": test.high, "n": test.n, "p": test.p}
        yield row | {"t": test.statistic, "verdict": verdict}


def _arithmetic(claim: Claim) -> str:
    """Whether the number in the text is that of the table."""
    if claim.stated is None:
        return ""
    if abs(claim.stated - claim.printed) < 5e-4:
        return "the text's number is the table's"
    return f"the text says {claim.stated}, the table {claim.printed}"


def _of_facts(kind: str, corpus: Corpus | None) -> Iterator[dict]:
    """Counts of one corpus, or the settings of the profile "paper" (kind "")."""
    for claim in CLAIMS:
        if claim.kind not in ("count", "setting") or claim.corpus != kind:
            continue
        value = _fact(claim, corpus)
        verdict = "differs"
        if value is None:
            verdict = "not run"
        elif value == claim.stated:
            verdict = "reproduced"
        yield asdict(claim) | {
            "value": value,
            "note": f"paper: {claim.stated:,}",
            "verdict": verdict,
        }


def _fact(claim: Claim, corpus: Corpus | None) -> float | None:
    """What is counted or set here; None where it cannot be known."""
    if claim.found is None:
        return None
    if claim.kind == "setting":
        return claim.found()
    return None if corpus is None else claim.found(corpus)


def _of_runs_or_refusal(
    results: pd.DataFrame, kind: str, dialogues: Mapping[str, str]
) -> list[dict]:
    """`_of_runs`. Where the runs of a corpus do not fit together, the others stay readable."""
    try:
        return _of_runs(results, kind, dialogues)
    except DataError as error:
        note = f"cannot be paired: {error.given}. Do: {error.do}"
        return [{"id": "", "verdict": "not run", "note": note}]


def _of_runs(results: pd.DataFrame, kind: str, dialogues: Mapping[str, str]) -> list[dict]:
    """The claims about scores on one corpus and protocol, tested and corrected together (Holm)."""
    own_folds = (
        set(results.protocol) == {PAPER_PROTOCOL.get(kind)}
        and not PARTIAL_FOLDS.intersection(results.fold)
        and "iemocap4" not in set(results.corpus)
    )
    claims = [claim for claim in CLAIMS if claim.kind not in ("count", "setting")]
    silent = kind == TEXT_ALONE
    at_home = [own_folds and claim.corpus == kind for claim in claims]
    tests = [
        gap_test(results, claim.a, claim.b or None, claim.metric, dialogues) for claim in claims
    ]
    support = []
    for claim, test, home in zip(claims, tests, at_home, strict=True):
        judged = test is not None and _can_be_judged(claim, home, silent)
        support.append(claim.judge(test) if judged else Support(NAN, NAN))
    p_for = holm([p.p_for for p in support])
    p_against = holm([p.p_against for p in support])
    adjusted = [Support(*pair) for pair in zip(p_for, p_against, strict=True)]
    return [
        _run_row(claim, test, alone, p, at_home=home, silent=silent)
        for claim, test, home, alone, p in zip(
            claims, tests, at_home, support, adjusted, strict=True
        )
    ]


def _can_be_judged(claim: Claim, at_home: bool, silent: bool) -> bool:
    """A score only where the paper measured it, a comparison wherever sound was heard."""
    return not silent and (at_home or claim.kind != "score")


def _run_row(
    claim: Claim,
    test: Test | None,
    alone: Support,
    adjusted: Support,
    *,
    at_home: bool,
    silent: bool,
) -> dict:
    """One claim on one corpus; `adjusted` are the p values after Holm, `alone` those before."""
    row = asdict(claim)
    if test is None:
        return row | {"verdict": "not run"}
    comparable = _can_be_judged(claim, at_home, silent)
    note = f"printed {claim.printed:+.3f}" if at_home else ""
    if silent:
        note = "nothing is heard: the paper claims nothing of that"
    return row | {
        "verdict": _verdict(adjusted) if comparable else "not comparable",
        "before Holm": _verdict(alone) if comparable else "not comparable",
        "value": test.mean,
        "low": test.low,
        "high": test.high,
        "n": test.n,
        "p": test.p if claim.b else NAN,
        "p Holm": np.fmin(adjusted.p_for, adjusted.p_against),
        "note": note,
    }


def _verdict(support: Support) -> str:
    if support.p_for < 0.05:
        return "reproduced"
    if support.p_against < 0.05:
        return "differs"
    return "not distinguishable"


# ---- what is left open ----


def ambiguities_ledger(
    results: pd.DataFrame | None = None,
    metric: str = "wa",
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The ledger of ambiguities: what the paper leaves open, our default, and the alternatives.

    Args:
        results: runs of `ambiguity_specs`, where there are any.
        metric: as for `sensitivity`.
        dialogues: as for `sensitivity`.

    Returns:
        choice, of, ours, why, alternatives, how (to try them) and tried: the paired difference to
        the default with its 95 % interval, in points.
    """
    rows = [*_open_settings(), *_open_choices()]
    tried: dict[str, list[str]] = {}
    if results is not None:
        tried = _tried(sensitivity(results, metric, dialogues))
    return pd.DataFrame([row | {"tried": "; ".join(tried.get(row["choice"], []))} for row in rows])


def _tried(changes: pd.DataFrame) -> dict[str, list[str]]:
    """Choice -> what each of its alternatives changed, in words."""
    choice_of = {"protocol": "folds", "seed": "seeds"}
    tried: dict[str, list[str]] = {}
    for change in changes[changes.panel.str.startswith("ours")].itertuples():
        points = f"{100 * change.difference:+.1f}"
        if not pd.isna(change.low):
            points += f" [{100 * change.low:+.1f}, {100 * change.high:+.1f}]"
        name, _, value = change.choice.partition("=")
        tried.setdefault(choice_of.get(name, name), []).append(f"{value}: {points}")
    return tried


def _open_settings() -> Iterator[dict[str, str]]:
    """The fields of settings about which the paper is silent or unclear."""
    for field in choices().itertuples():
        if field.status not in ("silent", "unclear"):
            continue
        if field.choice in TRIED_ELSEWHERE:
            elsewhere = TRIED_ELSEWHERE[field.choice]
            alternatives, run = elsewhere.alternatives, elsewhere.run
        else:
            alternatives = ", ".join(map(str, alternatives_of(field.choice)))
            run = "mcsan run ambiguities"
        yield {
            "choice": field.choice,
            "of": field.of,
            "ours": field.ours,
            "why": field.comment,
            "alternatives": alternatives,
            "how": run,
        }


def _open_choices() -> Iterator[dict[str, str]]:
    for open_choice in OPEN_CHOICES:
        yield {
            "choice": open_choice.choice,
            "of": "",
            "ours": open_choice.ours,
            "why": "paper silent",
            "alternatives": open_choice.alternatives,
            "how": open_choice.run or "not built",
        }


# ---- equations, and how all three are printed ----


def equations_ledger() -> pd.DataFrame:
    """The ledger of equations: function, test and lessons of each, and what is misprinted.

    Raises:
        DataError: without a checkout.
    """
    return pd.DataFrame(equation_rows())


def ledger_markdown(ledger: pd.DataFrame) -> str:
    """A ledger as markdown tables, one per block where it has blocks.

    Numbers have three decimals; nothing stands for nan. Columns that hold nothing are left out.
    """
    if "block" not in ledger:
        columns = {str(name): [_cell(value) for value in ledger[name]] for name in ledger}
        filled = {name: cells for name, cells in columns.items() if any(cells)}
        return markdown_sheet(filled) + "\n"
    sheets = []
    for block, rows in ledger.groupby("block", sort=False):
        sheet = rows.drop(columns="block").dropna(axis=1, how="all")
        sheets.append(f"### {block}\n\n{ledger_markdown(sheet)}")
    return "\n".join(sheets)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return ""
    if value.is_integer():
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) >= 1e-3 else f"{value:.1g}"


def write_ledgers(folder: Path | str = "docs/ledgers") -> list[Path]:
    """The ledgers as they are without any run, one markdown file each; needs a checkout.

    Returns:
        Their paths.
    """
    ledgers = {
        "claims": claims_ledger,
        "ambiguities": ambiguities_ledger,
        "equations": equations_ledger,
    }
    paths = []
    for name, ledger in ledgers.items():
        title = ledger.__doc__.splitlines()[0]
        text = f"# {title}\n\n{ledger_markdown(ledger())}"
        path = Path(folder) / f"{name}.md"
        write_atomic(path, lambda part, text=text: part.write_text(text, encoding="utf-8"))
        paths.append(path)
    return paths
