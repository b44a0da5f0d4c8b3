"""The three ledgers: what the paper claims, what it leaves open, and where its equations are; with what our runs say.

Verdicts are "reproduced", "not distinguishable" (our runs cannot say), "differs" (they say the opposite), "not run" and
"not comparable" (a printed score, on another corpus or other folds). Numbers of the paper and scores of ours share a block
only on the paper's own corpus and folds.
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
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.significance import NAN, Test, holm, welch_from_summary
from mcsan_lite.paper import ambiguities as open_choices
from mcsan_lite.paper import equations as equation_ledger
from mcsan_lite.paper.claims import CLAIMS, PRINTED_SCORES
from mcsan_lite.paper.profiles import PAPER_PROTOCOL
from mcsan_lite.paper.published import TABLE3_PUBLISHED

_CLAIM_COLUMNS = [
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
    "verdict",
    "note",
]
_SENSITIVITY_COLUMNS = ["choice", "default", "score", "difference", "low", "high", "n"]
AS_PRINTED = "as printed in the paper"


# ---- claims ----


def _as_printed() -> Iterator[dict]:
    """Each claim against the paper's own tables: does its arithmetic close, and is its gap more than noise (Welch)?"""
    for c in CLAIMS:
        if c.printed is None:
            continue
        line = asdict(c) | {
            "value": c.printed,
            "note": ""
            if c.stated is None
            else "the text's number is the table's"
            if abs(c.stated - c.printed) < 5e-4
            else f"the text says {c.stated}, the table {c.printed}",
        }
        table = PRINTED_SCORES[c.corpus, c.metric]
        if not c.b or table[c.a][1] is None or table[c.b][1] is None:
            yield line | {"verdict": "" if not c.b else "no deviation printed"}
            continue
        t = welch_from_summary(*table[c.a], *table[c.b], 10)
        yield line | {
            "low": t.low,
            "high": t.high,
            "n": t.n,
            "p": t.p,
            "t": t.statistic,
            "verdict": "within noise" if t.p >= 0.05 else "beyond noise",
        }


def _of_runs(results: pd.DataFrame, kind: str, dialogues: Mapping[str, str]) -> Iterator[dict]:
    """The claims about scores on one corpus and protocol, tested by its runs and corrected together (Holm)."""
    own_folds = (
        set(results.protocol) == {PAPER_PROTOCOL.get(kind)}
        and "official-dev" not in set(results.fold)
        and "iemocap4" not in set(results.corpus)
    )
    lines, judged = [], []
    for c in CLAIMS:
        if c.kind in ("count", "setting"):
            continue
        away = c.kind == "score" and not (kind == c.corpus and own_folds)
        test = gap_test(results, c.a, c.b or None, c.metric, dialogues)
        judged.append((NAN, NAN) if away or test is None else c.judge(test))
        lines.append((c, test, away))
    for (c, test, away), p_for, p_against in zip(
        lines, *map(holm, zip(*judged, strict=True)), strict=True
    ):
        verdict = (
            "not run"
            if test is None
            else "not comparable"
            if away
            else "reproduced"
            if p_for < 0.05
            else "differs"
            if p_against < 0.05
            else "not distinguishable"
        )
        line = asdict(c) | {"verdict": verdict}
        if test is not None:
            line |= {
                "value": test.mean,
                "low": test.low,
                "high": test.high,
                "n": test.n,
                "p": test.p if c.b else NAN,
                "p Holm": np.fmin(p_for, p_against),
                "note": f"printed {c.printed:+.3f}" if kind == c.corpus and own_folds else "",
            }
        yield line


def _of_facts(kind: str, corpus: Corpus | None) -> Iterator[dict]:
    """Counts of one corpus (kind iemocap or meld), or the settings of the profile "paper" (kind "")."""
    for c in CLAIMS:
        if c.kind not in ("count", "setting") or c.corpus != kind:
            continue
        value = (
            None
            if c.found is None or (corpus is None and c.kind == "count")
            else c.found(corpus)
            if c.kind == "count"
            else c.found()
        )
        yield asdict(c) | {
            "value": value,
            "note": f"paper: {c.stated:,}",
            "verdict": "not run"
            if value is None
            else "reproduced"
            if value == c.stated
            else "differs",
        }


def claims_ledger(
    results_by_kind: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None,
    corpora: Mapping[str, Corpus] | None = None,
) -> pd.DataFrame:
    """The ledger of claims: every sentence of the paper with a number or a comparison, in blocks (column `block`).

    The paper's own tables re-read, its settings, the counts of its two corpora, then each corpus and protocol that was run.

    results_by_kind: {kind: results of `run_experiment`}. Only who says "iemocap" or "meld" gets the printed numbers beside
    their own, on the paper's folds; bare results do not, since a synthetic tree in IEMOCAP's folders has its name too.
    corpora: {kind: corpus}; the counts come from there, and the dialogues of a corpus with one fold.
    Runs of one block that cannot be paired (several of one row, missing folds) are a single line that says so.
    `value`, low, high: a gap or score with its 95 % interval, not corrected for multiplicity; `p Holm` is, over the claims
    of its block, and the verdict follows from it. Printed gaps are judged without it, in the paper's favour.
    """
    corpora = dict(corpora or {})
    blocks = [
        (AS_PRINTED, _as_printed()),
        ("the profile paper's settings", _of_facts("", None)),
        *((f"counts, {kind}", _of_facts(kind, corpora.get(kind))) for kind in PAPER_PROTOCOL),
    ]
    found = {} if results_by_kind is None else results_by_kind
    found = found if isinstance(found, Mapping) else {"": found}
    for kind, results in found.items():
        for (name, protocol), group in results.groupby(["corpus", "protocol"], sort=False):
            dialogues = {
                u.id: u.dialogue for c in corpora.values() if c.name == name for u in c.utterances
            }
            if group.name.isin(
                {c.a for c in CLAIMS} | {c.b for c in CLAIMS}
            ).any():  # not where floors alone were run
                try:
                    lines = list(_of_runs(group, kind, dialogues))
                except (
                    DataError
                ) as error:  # one corpus whose runs do not fit together leaves the others readable
                    lines = [
                        {
                            "id": "",
                            "verdict": "not run",
                            "note": f"cannot be paired: {error.given}. Do: {error.do}",
                        }
                    ]
                blocks.append((f"{name} · {protocol}", lines))
    frames = [
        pd.DataFrame(list(lines)).rename(columns={"id": "claim"}).assign(block=block)
        for block, lines in blocks
    ]
    frame = pd.concat(frames, ignore_index=True).reindex(columns=["block", *_CLAIM_COLUMNS, "t"])
    return frame.assign(note=frame.note.fillna(""))


# ---- what is left open ----


def sensitivity(
    results: pd.DataFrame, metric: str = "wa", dialogues: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """What each alternative of `ambiguities.ambiguity_specs` changed, the largest first: choice, default, score, difference, low,
    high, n, panel. Other seeds of the default are lines too, where it has them: what means nothing moves this far.

    A second panel holds the gaps of the paper's Table 3 as printed, for scale. They are of other speech: beside ours, never
    on one axis. Other folds (protocol=…) cannot be paired, and get no interval.
    """
    defaults = results[results.name == "MCSAN"]
    if defaults.empty or results.corpus.nunique() > 1:
        raise DataError(
            f"results of {', '.join(results.corpus.unique()) or 'nothing'}, {len(defaults)} of them MCSAN's",
            "the runs of ambiguities.ambiguity_specs on one corpus",
            "run_experiment(ambiguities.ambiguity_specs(…), corpus)",
        )
    lines = []
    for choice in results.name[results.name != "MCSAN"].unique():
        tried = results[results.name == choice]
        paired = not choice.startswith("protocol=")
        like = defaults.merge(tried[["fold", "seed"]]) if paired else defaults
        score, default = tried[metric].mean(), like[metric].mean()
        test = (
            gap_test(pd.concat([tried, like]), choice, "MCSAN", metric, dialogues)
            if paired
            else Test(score - default)
        )
        lines.append(
            {
                "choice": choice,
                "default": default,
                "score": score,
                "difference": test.mean,
                "low": test.low,
                "high": test.high,
                "n": test.n,
            }
        )
    seeds = defaults.pivot(index="fold", columns="seed", values=metric).mean()
    lines += [
        {
            "choice": f"seed={seed}",
            "default": seeds.iloc[0],
            "score": score,
            "difference": score - seeds.iloc[0],
        }
        for seed, score in seeds.iloc[1:].items()
    ]
    ours = pd.DataFrame(lines, columns=_SENSITIVITY_COLUMNS).assign(
        panel=f"ours: {defaults.corpus.iloc[0]}"
    )
    ours = ours.iloc[(-ours.difference.abs()).argsort(kind="stable")]
    gaps = []
    if table := PRINTED_SCORES.get(("iemocap", metric)):
        for row in TABLE3_PUBLISHED.index.drop("MCSAN"):
            t = welch_from_summary(*table[row], *table["MCSAN"], 10)
            gaps.append(
                {
                    "choice": row,
                    "default": table["MCSAN"][0],
                    "score": table[row][0],
                    "difference": t.mean,
                    "low": t.low,
                    "high": t.high,
                    "n": t.n,
                    "panel": "the paper: IEMOCAP, Table 3 as printed",
                }
            )
    return pd.concat([f for f in (ours, pd.DataFrame(gaps)) if len(f)], ignore_index=True)


def tornado_bars(panel: pd.DataFrame) -> pd.DataFrame:
    """One panel of `sensitivity` as `charts.draw_tornado` takes it: a line a choice with low, high (differences to the
    default, which is 0) and the values at both ends."""
    split = panel.choice.str.extract(r"^(.*?)(?:(?<! )=(.*))?$").fillna(
        ""
    )  # "N = 2" is a row's name, not a value
    lines = {}
    for choice, group in panel.assign(value=split[1]).groupby(split[0], sort=False):
        ends = dict.fromkeys(("low", "high"), 0.0) | dict.fromkeys(("low_label", "high_label"), "")
        for difference, value in zip(group.difference, group.value, strict=True):
            side = "low" if difference < 0 else "high"
            if abs(difference) > abs(ends[side]):
                ends |= {side: difference, f"{side}_label": value}
        lines[choice] = ends
    return pd.DataFrame.from_dict(lines, orient="index")


def ambiguities_ledger(
    results: pd.DataFrame | None = None,
    metric: str = "wa",
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The ledger of ambiguities: what the paper leaves open, our default, and the alternatives.

    choice, of, ours, why, alternatives, how (to try them), tried: with `results` of `ambiguities.ambiguity_specs`, the paired
    difference to the default and its 95 % interval, in points.
    """
    tried: dict[str, list[str]] = {}
    if results is not None:
        ours = sensitivity(results, metric, dialogues)
        for line in ours[ours.panel.str.startswith("ours")].itertuples():
            found = f"{100 * line.difference:+.1f}" + (
                "" if pd.isna(line.low) else f" [{100 * line.low:+.1f}, {100 * line.high:+.1f}]"
            )
            name, _, value = line.choice.partition("=")
            tried.setdefault({"protocol": "folds", "seed": "seeds"}.get(name, name), []).append(
                f"{value}: {found}"
            )
    lines = []
    for field in open_choices.choices().itertuples():
        if field.status in ("silent", "unclear"):
            others, how = open_choices.TRIED_ELSEWHERE.get(field.choice) or (
                ", ".join(map(str, open_choices.alternatives_of(field.choice))),
                "ambiguities.ambiguity_specs",
            )
            lines.append(
                {
                    "choice": field.choice,
                    "of": field.of,
                    "ours": field.ours,
                    "why": field.comment,
                    "alternatives": others,
                    "how": how,
                }
            )
    lines += [
        {
            "choice": o.choice,
            "of": "",
            "ours": o.ours,
            "why": "paper silent",
            "alternatives": o.alternatives,
            "how": o.run or "not built",
        }
        for o in open_choices.OPEN_CHOICES
    ]
    return pd.DataFrame(
        [line | {"tried": "; ".join(tried.get(line["choice"], []))} for line in lines]
    )


# ---- equations, and how all three are printed ----


def equations_ledger() -> pd.DataFrame:
    """The ledger of equations: the function that computes each, its test, its lessons, and what is misprinted.

    eq, function, test, notebook, misprint. Raises DataError without a checkout.
    """
    return pd.DataFrame(equation_ledger.equation_rows())


def ledger_markdown(frame: pd.DataFrame) -> str:
    """A ledger as GitHub tables, one a block where it has blocks; numbers with three decimals, nothing for nan."""
    if "block" in frame:
        return "\n".join(
            f"### {block}\n\n{ledger_markdown(group.drop(columns='block').dropna(axis=1, how='all'))}"
            for block, group in frame.groupby("block", sort=False)
        )

    def cell(value: object) -> str:
        if isinstance(value, float):
            form = ".0f" if value.is_integer() else ".3f" if abs(value) >= 1e-3 else ".1g"
            value = "" if math.isnan(value) else f"{value:{form}}"
        return ("" if value is None else str(value)).replace("|", "\\|")

    rows = [
        list(frame.columns),
        ["---"] * len(frame.columns),
        *(map(cell, line) for line in frame.itertuples(index=False)),
    ]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows) + "\n"


def write_ledgers(folder: Path | str = "docs/ledgers") -> list[Path]:
    """The ledgers as they are without any run, a markdown file each; returns their paths. Needs a checkout."""
    made = {
        Path(folder)
        / f"{ledger.__name__.removesuffix('_ledger')}.md": f"# {ledger.__doc__.splitlines()[0]}\n\n{ledger_markdown(ledger())}"
        for ledger in (claims_ledger, ambiguities_ledger, equations_ledger)
    }
    for path, text in made.items():
        write_atomic(path, lambda part, text=text: part.write_text(text, encoding="utf-8"))
    return list(made)
