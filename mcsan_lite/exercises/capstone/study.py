"""One sentence of the paper as a study: a protocol that is sealed first, then the test it planned.

In: a protocol, which is a plain dictionary, and the results of finished trainings. Out: a `Study`,
whose verdict follows from the protocol and the numbers alone. `capstone.report` writes it up.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.pairing import paired
from mcsan_lite.evaluation.significance import NAN, Test, alike, corrected_t, holm
from mcsan_lite.paper.claims import CLAIMS, Claim, Support
from mcsan_lite.paper.published import FULL
from mcsan_lite.paper.report import SCORE_NAMES

COMPARISONS = ("above", "not above", "alike")  # kinds of claims that a gap can decide
SEEN = ("nothing", "the table")  # what of the results was known when the protocol was written
REPRODUCED, DIFFERS, OPEN = "reproduced", "differs", "not distinguishable"


class Sealed(NamedTuple):
    """A protocol that can no longer be changed unseen."""

    digest: str  # twelve digits that you can publish
    text: str  # the protocol as it was


def seal(plan: Mapping[str, object]) -> Sealed:
    """Fix a protocol: any later change of it changes the digest.

    Args:
        plan: its fields are numbers, texts or None.
    """
    text = json.dumps(dict(plan), sort_keys=True)
    return Sealed(hashlib.sha256(text.encode()).hexdigest()[:12], text)


def require_sealed(plan: Mapping[str, object], sealed: Sealed) -> None:
    """Refuse a protocol that was changed after it was sealed.

    Args:
        plan: the protocol as it is now.
        sealed: of `seal`.

    Raises:
        DataError: it names the fields that changed.
    """
    if seal(plan).digest == sealed.digest:
        return
    before = json.loads(sealed.text)
    changed = [
        f"{name}: {before.get(name)!r} when sealed, {plan.get(name)!r} now"
        for name in sorted({*before, *plan})
        if before.get(name) != plan.get(name)
    ]
    raise DataError(
        f"a protocol that was changed after it was sealed ({'; '.join(changed)})",
        f"the one with the digest {sealed.digest}",
        "keep the sealed protocol, or start a new study and say that you have seen these results.",
    )


def claim_called(name: str) -> Claim:
    """A comparison of the paper, by its id.

    Raises:
        DataError: for an id that is no comparison.
    """
    comparisons = {claim.id: claim for claim in CLAIMS if claim.kind in COMPARISONS}
    return comparisons[require_name(name, comparisons, "claim")]


def menu(results: pd.DataFrame) -> pd.DataFrame:
    """The sentences that can be chosen, in the order of the ledger of claims.

    Args:
        results: trainings that are at hand.

    Returns:
        One row per comparison, under its id: section, table, score, what it says, the trainings at
        hand (0 where one of its two rows was not run) and the command that makes them.
    """
    trainings = results.groupby("name").size()
    rows = {}
    for claim in CLAIMS:
        if claim.kind not in COMPARISONS:
            continue
        both = claim.a in trainings and claim.b in trainings and claim.metric in results
        rows[claim.id] = {
            "section": claim.section,
            "table": claim.table,
            "score": claim.metric,
            "says": claim.says,
            "trainings": int(trainings[[claim.a, claim.b]].sum()) if both else 0,
            "command": f"mcsan run table{claim.table}",
        }
    return pd.DataFrame(rows).T.rename_axis("claim")


def family_of(claim: Claim) -> list[Claim]:
    """The sentences about the same table and score: all of them are looked at together."""
    return [
        one
        for one in CLAIMS
        if one.kind in COMPARISONS and (one.table, one.metric) == (claim.table, claim.metric)
    ]


def visible_gap(sd: float, folds: int, test_share: float, level: float = 0.05) -> float:
    """The smallest gap whose interval excludes zero.

    Args:
        sd: standard deviation of the paired differences over folds.
        folds: how many there are, 2 or more.
        test_share: n_test / n_train of a fold.
        level: of the test.
    """
    from scipy.stats import t

    return float(t.ppf(1 - level / 2, folds - 1) * math.sqrt(1 / folds + test_share) * sd)


def typical_spread(results: pd.DataFrame, claim: Claim) -> float:
    """How much a paired difference usually varies over folds: the median over the *other* rows.

    The claim's own difference is left out, so that planning with it looks at no result.

    Args:
        results: trainings of one corpus and protocol.
        claim: the sentence that is planned for.

    Returns:
        A standard deviation, as a share; nan where no other row has several folds.
    """
    by_fold = results[results.model != "floor"].groupby(["fold", "name"])[claim.metric].mean()
    table = by_fold.unstack()
    others = [name for name in table if name not in (claim.a, claim.b, FULL)]
    if FULL not in table or not others or len(table) < 2:
        return NAN
    return float(table[others].sub(table[FULL], axis=0).std(ddof=1).median())


@dataclass(frozen=True)
class Study:
    """What came of a protocol. Scores and gaps are shares.

    Attributes:
        claim: the sentence.
        plan: the protocol.
        corpus: its name.
        generated: whether its speech is synthetic.
        seeds: trainings per fold and row.
        train: utterances that a fold trains on, on average.
        test: utterances that it is tested on, on average.
        gap: the corrected test of a - b; its n counts the folds.
        alone: how the test speaks for the sentence and against it.
        support: the same as planned: alone, or after Holm where the table had been seen.
        family: how many sentences were tested together; 1: this one alone.
        alike_p: p that the gap is not within ± the margin.
        visible: the smallest gap that such a plan can usually show, from other rows.
    """

    claim: Claim
    plan: Mapping[str, object]
    corpus: str
    generated: bool
    seeds: int
    train: int
    test: int
    gap: Test
    alone: Support
    support: Support
    family: int
    alike_p: float
    visible: float

    @property
    def verdict(self) -> str:
        """REPRODUCED, DIFFERS or OPEN, at the protocol's level."""
        return verdict_of(self.support, self.plan["level"])

    @property
    def shown_alike(self) -> bool:
        """Whether the gap is shown to lie within the margin."""
        return self.alike_p < self.plan["level"]


def verdict_of(support: Support, level: float = 0.05) -> str:
    """The verdict of two p values; nan, where nothing varied, decides nothing.

    Args:
        support: for the sentence and against it.
        level: below it a p value counts.
    """
    if support.p_for < level:
        return REPRODUCED
    return DIFFERS if support.p_against < level else OPEN


def study_of(
    plan: Mapping[str, object], sealed: Sealed, results: pd.DataFrame, *, generated: bool
) -> Study:
    """Do what the protocol says, and nothing else.

    Args:
        plan: the protocol.
        sealed: made of it before the results were opened.
        results: trainings of one corpus and protocol, the claim's rows among them.
        generated: whether the speech is synthetic.

    Raises:
        DataError: for a protocol that was changed, rows that were not run or not on the same
            folds, and other folds or seeds than were planned.
    """
    require_sealed(plan, sealed)
    claim = claim_called(plan["claim"])
    gap = gap_test(results, claim.a, claim.b, claim.metric)
    if gap is None:
        raise DataError(
            f"results without {claim.a!r} or without {claim.b!r}",
            "both rows of the sentence",
            f"mcsan run table{claim.table}, or choose a sentence whose rows are at hand.",
        )
    grid = paired(results, [claim.a, claim.b], claim.a)[claim.a]
    _require_planned(plan, grid)
    alone = claim.judge(gap)
    family, support = 1, alone
    if plan["seen"] != "nothing":
        family, support = _among_its_family(claim, results, alone)
    spread = typical_spread(results, claim)
    share = float((grid.n_test / grid.n_train).mean())
    folds = grid.fold.nunique()
    return Study(
        claim=claim,
        plan=dict(plan),
        corpus=grid.corpus.iloc[0],
        generated=generated,
        seeds=grid.seed.nunique(),
        train=round(grid.n_train.mean()),
        test=round(grid.n_test.mean()),
        gap=gap,
        alone=alone,
        support=support,
        family=family,
        alike_p=alike(gap, plan["margin"]).p,
        visible=visible_gap(spread, folds, share, plan["level"]) if folds > 1 else NAN,
    )


def _require_planned(plan: Mapping[str, object], grid: pd.DataFrame) -> None:
    """Refuse results of other folds or seeds: stopping early and going on both choose a result."""
    found = {"folds": grid.fold.nunique(), "seeds": grid.seed.nunique()}
    planned = {name: plan[name] for name in found}
    if found != planned:
        raise DataError(
            f"folds × seeds: {found['folds']} × {found['seeds']}",
            f"{planned['folds']} × {planned['seeds']}, as the protocol says",
            "finish the planned trainings, or write a new protocol that says what was seen.",
        )


def _among_its_family(claim: Claim, results: pd.DataFrame, alone: Support) -> tuple[int, Support]:
    """How many sentences of the family were tested, and the claim's p values after Holm."""
    supports = {}
    for one in family_of(claim):
        test = gap_test(results, one.a, one.b, one.metric)
        if test is not None:
            supports[one.id] = one.judge(test)
    names = list(supports)
    p_for = dict(zip(names, holm([supports[name].p_for for name in names]), strict=True))
    against = holm([supports[name].p_against for name in names])
    p_against = dict(zip(names, against, strict=True))
    if claim.id not in supports:
        return 1, alone
    return len(names), Support(float(p_for[claim.id]), float(p_against[claim.id]))


def other_ways(study: Study, results: pd.DataFrame) -> pd.DataFrame:
    """The same sentence, counted in some other ways: none of them was planned.

    Args:
        study: of `study_of`.
        results: the same trainings.

    Returns:
        One row per way: gap, low, high, and the verdict of it. The first row is the plan's own.
    """
    claim, level = study.claim, study.plan["level"]
    by_fold = results.groupby(["fold", "name"])[claim.metric].mean().unstack()
    differences = by_fold[claim.a] - by_fold[claim.b]
    share = study.test / study.train
    tests = {"as planned": study.gap}
    verdicts = {"as planned": study.verdict}
    if study.family > 1:  # planned after Holm
        tests["this sentence alone"] = study.gap
        verdicts["this sentence alone"] = verdict_of(study.alone, level)
    else:
        family, together = _among_its_family(claim, results, study.alone)
        if family > 1:
            tests["after Holm, with its table"] = study.gap
            verdicts["after Holm, with its table"] = verdict_of(together, level)
    tests["alone, by the plain t"] = corrected_t(differences, 0)
    for metric in ("wa", "ua", "weighted_f1"):
        if metric != claim.metric and metric in results:
            tests[f"in {SCORE_NAMES[metric]}, alone"] = gap_test(results, claim.a, claim.b, metric)
    if len(differences) > 2:
        for fold in differences.index:
            number = fold.rsplit("-", 1)[-1]
            tests[f"alone, without fold {number}"] = corrected_t(differences.drop(fold), share)
    rows = {}
    for way, test in tests.items():
        verdict = verdicts.get(way) or verdict_of(claim.judge(test), level)
        rows[way] = {"gap": test.mean, "low": test.low, "high": test.high, "verdict": verdict}
    return pd.DataFrame(rows).T.rename_axis("way")
