"""A study written up: two pages of prose in which every number is computed.

In: a `Study` and the other ways in which its sentence could have been counted. Out: markdown. The
words follow from the numbers, for any sentence, corpus and result.
"""

from __future__ import annotations

import math

import pandas as pd

from mcsan_lite.exercises.capstone.study import DIFFERS, OPEN, Study
from mcsan_lite.exercises.verdicts.sentences import p_in_words, points_interval
from mcsan_lite.paper.report import SCORE_NAMES


def verdict_sentence(study: Study) -> str:
    """One sentence that may be quoted: gap, interval, folds, correction, corpus and verdict."""
    claim, gap = study.claim, study.gap
    where = "synthetic speech" if study.generated else study.corpus
    counted = f"{gap.n} folds × {_counted(study.seeds, 'seed')}"
    tested = f"Holm over {study.family} sentences" if study.family > 1 else "one sentence, alone"
    if math.isnan(gap.low):
        measured = f"{100 * gap.mean:+.1f} points, the same in every fold, so without an interval"
    else:
        measured = points_interval(gap.mean, gap.low, gap.high)
    return (
        f"On {where}, {claim.a} minus {claim.b} in {SCORE_NAMES[claim.metric]} is {measured}, 95 % "
        f"corrected t, {counted}; {tested}: {study.verdict}{_alike_or_not(study)}."
    )


def _alike_or_not(study: Study) -> str:
    """What must be added to "not distinguishable", lest it be read as "the same"."""
    if study.verdict != OPEN:
        return ""
    margin = f"± {_points(study.plan['margin'])}"
    if study.shown_alike:
        return f", and shown to be within {margin}"
    return f", and not shown to be within {margin} either"


def _counted(number: float, what: str) -> str:
    """1 and "seed" give "1 seed"; 3 and "seed" give "3 seeds"."""
    return f"{number:g} {what}" if number == 1 else f"{number:g} {what}s"


def _points(share: float) -> str:
    """0.01 gives "1 point"."""
    return _counted(round(100 * share, 6), "point")


def resolution_sentence(visible: float, margin: float, printed: float | None) -> str:
    """Whether a plan could see what it looks for, before it looks.

    Args:
        visible: the smallest measured gap whose interval would exclude zero, if it varies over
            folds as those of the other rows do.
        margin: the gap that would matter.
        printed: the paper's gap; None where it prints none.
    """
    if math.isnan(visible):
        return (
            "Without several folds of other rows there is no spread, so nothing says how small a "
            "gap could be seen."
        )
    says = (
        "If the gap varies over folds as those of the other rows do, a measured gap must reach "
        f"{100 * visible:.1f} points to exclude zero"
    )
    if visible <= margin:
        says += f", so every gap that would matter ({_points(margin)}) can be seen."
    else:
        says += f": a gap between the margin of {_points(margin)} and that mostly stays unseen."
    if printed is None:
        return says
    size = "is large enough to be seen" if abs(printed) >= visible else "is too small to be seen"
    return f"{says} A gap of the size that the paper prints ({100 * printed:+.1f}) {size}."


def ways_sentence(ways: pd.DataFrame) -> str:
    """How many other ways of counting would have given another verdict.

    Args:
        ways: of `other_ways`, the planned one first.
    """
    planned, others = ways.verdict.iloc[0], ways.iloc[1:]
    changed = others[others.verdict != planned]
    if changed.empty:
        return f"All {len(others)} other ways of counting give the same verdict, {planned}."
    named = "; ".join(f"{way}: {verdict}" for way, verdict in changed.verdict.items())
    return (
        f"{len(changed)} of {len(others)} other ways of counting give another verdict than "
        f"“{planned}” ({named}). Anyone who chooses among them afterwards chooses the verdict."
    )


def two_pages(study: Study, ways: pd.DataFrame) -> str:
    """The write-up, as markdown.

    Args:
        study: of `study_of`.
        ways: of `other_ways`.
    """
    sections = {
        "The sentence": _the_sentence(study),
        "What was fixed before": _what_was_fixed(study),
        "What the plan could see": _what_it_could_see(study),
        "Result": _result(study),
        "Other ways of counting": _otherwise(study, ways),
        "What this does not say": _limits(study),
        "What would settle it": _next_step(study),
    }
    title = f"### A test of one sentence: “{study.claim.says}”"
    parts = [title, *(f"**{name}.** {text}" for name, text in sections.items())]
    return "\n\n".join(parts)


def _the_sentence(study: Study) -> str:
    claim = study.claim
    told = (
        f"Section {claim.section} of Sun et al. (ICASSP 2021) says, in our words, that "
        f"{claim.says}. The comparison is in its Table {claim.table}, on "
        f"{claim.corpus.upper()}."
    )
    if claim.printed is not None:
        told += f" There, {claim.a} minus {claim.b} is {100 * claim.printed:+.1f} points."
    direction = {
        "above": f"that {claim.a} scores higher than {claim.b} when both are trained alike",
        "not above": f"that {claim.a} does not score higher than {claim.b} by more than the "
        "smallest gap that the paper itself reads as an effect",
        "alike": f"that {claim.a} and {claim.b} lie closer together than the smallest gap that "
        "the paper itself reads as an effect",
    }[claim.kind]
    return (
        f"{told} We read it as a statement about direction: {direction}. The size of the gap is "
        "another question, which depends on the corpus, and which we do not ask."
    )


def _what_was_fixed(study: Study) -> str:
    plan = study.plan
    seen = (
        "Nothing of the results had been seen when the protocol was sealed, so this sentence is "
        "tested alone."
    )
    if plan["seen"] != "nothing":
        seen = (
            "The results of the whole table had been seen before the protocol was written. This "
            "is therefore a second look and no prediction, and the sentence is tested as one of "
            f"{study.family} (Holm)."
        )
    seeds = _counted(plan["seeds"], "seed")
    speech = "generated speech, in which no person is heard" if study.generated else "speech"
    return (
        f"The question was: *{plan['question']}* The corpus is {study.corpus} ({speech}), cut by "
        f"{plan['protocol']}; {plan['folds']} folds and {seeds} per fold, each "
        f"training on about {study.train:,} and tested on about {study.test:,} utterances. Both "
        "rows have the same folds, the same seeds and the same budget of epochs. The epoch of "
        f"each training was chosen on the {plan['chosen_on']} part; the test part chose nothing. "
        f"A gap below {_points(plan['margin'])} would not matter: {plan['margin_from']}. "
        f"The test is the {plan['test']} over folds, with seeds averaged within their fold, at "
        f"the level {plan['level']:g}. *Reproduced* was to mean: {plan['reproduced_if']}. "
        f"*Differs* was to mean: {plan['differs_if']}. Otherwise: {plan['otherwise']}. {seen}"
    )


def _what_it_could_see(study: Study) -> str:
    resolution = resolution_sentence(study.visible, study.plan["margin"], study.claim.printed)
    return (
        f"{resolution} This was worked out from the spread of the *other* rows of the table over "
        "the same folds, so that planning did not look at the answer. It is the half-width of an "
        "interval, at which a true gap is found about half of the time; to find it in four cases "
        "of five, the gap must be larger still."
    )


def _result(study: Study) -> str:
    p_for, p_against = study.support
    told = verdict_sentence(study)
    if math.isnan(p_for):
        return f"{told} Without a spread over folds no p value can be given."
    told += (
        f" The p value for the sentence is {p_in_words(p_for)}, and that against it is "
        f"{p_in_words(p_against)}."
    )
    return f"{told} {_meaning(study)}"


def _meaning(study: Study) -> str:
    """What a reader may take from the verdict, and what not."""
    if study.verdict == DIFFERS:
        return "Here the sentence would have to be turned round."
    if study.verdict == OPEN and study.shown_alike:
        return "The two rows may be called alike at that margin."
    if study.verdict == OPEN and study.gap.low * study.gap.high > 0:
        return _open_beyond_zero(study)
    if study.verdict == OPEN:
        return "The interval leaves room for *yes* and for *no*: we do not know."
    if study.claim.kind != "above":
        return "The test was against the paper's own smallest gap, and not against zero."
    if study.gap.low > study.plan["margin"]:
        return "The whole interval lies above the margin, so the gap matters as well."
    return (
        "The direction is shown. That the gap is large enough to matter is not: the interval "
        "reaches below the margin."
    )


def _open_beyond_zero(study: Study) -> str:
    """Why a study is open although the interval of its gap excludes zero."""
    level = study.plan["level"]
    if study.claim.kind != "above":
        return (
            "A difference from zero is shown at 95 %, but neither that it lies inside the margin "
            "nor that it lies outside: we do not know."
        )
    if study.family > 1 and min(study.alone) < level:
        return (
            "The interval is that of this sentence alone, and it excludes zero. But "
            f"{study.family} sentences were looked at, and this may be the lucky one: we do not "
            "know."
        )
    return (
        f"The 95 % interval excludes zero, but at the planned level of {level:g} this is not "
        "shown: we do not know."
    )


def _otherwise(study: Study, ways: pd.DataFrame) -> str:
    told = (
        f"{ways_sentence(ways)} None of these was planned; they say how much the verdict leans on "
        "a choice, and they do not replace it."
    )
    if not any("without fold" in way for way in ways.index):
        return told
    return (
        f"{told} Leaving out one fold at a time is listed among them, because a single fold can "
        "carry much."
    )


def _limits(study: Study) -> str:
    told = []
    if study.generated:
        told.append(
            "Nothing about people. The corpus is made by a machine, its classes follow a rule, "
            "and a gap here tests the software and a mechanism."
        )
    of_seeds = "Seeds were averaged within their folds."
    if study.seeds == 1:
        of_seeds = (
            "With one seed, the luck of a starting point cannot be told from the luck of a fold."
        )
    trainings = study.gap.n * study.seeds
    told.append(f"Nothing about other trainings than these {trainings} per row. {of_seeds}")
    told.append(
        "Nothing about what the trained network *does*: an ablation compares two networks that "
        "were each trained to do their best, and the smaller one may have found another way."
    )
    told.append(
        "Nothing exact. The corrected t is a heuristic for folds of one corpus, and more folds of "
        "it are not another corpus."
    )
    return " ".join(told)


def _next_step(study: Study) -> str:
    if study.verdict == OPEN and not study.shown_alike:
        return (
            "More seeds narrow the part of the spread that seeds make, and more folds the part "
            "that folds do not share; lesson 14 works out how many, and says where no number is "
            "enough. This must be a new protocol: going on until a verdict appears would be "
            "choosing it."
        )
    if study.verdict == OPEN:
        return "The question is closed at this margin; a smaller margin would be a new study."
    return (
        "A second corpus, with the same protocol and sealed before it is opened. A direction that "
        f"came out as “{study.verdict}” once may have come out so by luck, in up to "
        f"{100 * study.plan['level']:g} % of studies in which there is nothing."
    )
