"""Checks of lesson 15: each passes its solution, and gives each mistake its own hint.

An exercise that is still open is told so.
"""

import csv
import dataclasses
import math

import pandas as pd
import pytest
import torch
from notebook_solutions import solution

from mcsan_lite.corpus import Corpus, Skipped, Utterance
from mcsan_lite.exercises import lesson15
from mcsan_lite.paper.published import published_gaps

LESSON = "15_reproducing_the_paper"
PRINTED = published_gaps().query("source == 'Table 3'")
CHECKS = {
    "standing": "answer",
    "adapter": "adapter",
    "verdict": "verdict",
    "not_run": "answer",
    "pool": "pool",
}
nan = float("nan")
# p values of UA: two rows stand alone, one of them after Holm; in WA two stand in both ways.
GAPS = pd.DataFrame(
    {
        "ua gap low": [0.05, 0.002, -0.01, -0.02],
        "ua gap high": [0.09, 0.030, 0.03, 0.01],
        "ua p": [0.001, 0.03, 0.4, 0.5],
        "wa p": [0.001, 0.002, 0.4, 0.5],
    },
    index=["w/o text", "w/o cross", "w/o self", "N = 2"],
)
STANDING = {"alone": {"w/o text", "w/o cross"}, "together": {"w/o text"}}


def asked(check, answer):
    return getattr(lesson15, check)(answer, *([GAPS] if check == "standing" else []))


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS, 1)))
def test_the_solution_of_the_notebook_passes(number, check, capsys):
    space = solution(LESSON, number, printed_gaps=PRINTED, pd=pd)  # both are the lesson's own
    capsys.readouterr()
    answer = space[CHECKS[check]]
    assert getattr(lesson15, check)(answer, *([PRINTED] if check == "standing" else []))
    assert capsys.readouterr().out == f"✓ {check}: right.\n"


def unsolved(*_):
    raise NotImplementedError


@pytest.mark.parametrize("check", CHECKS)
def test_an_open_exercise_is_not_solved_yet(check, capsys):
    open_answer = ... if CHECKS[check] == "answer" else unsolved
    if check == "standing":
        open_answer = {"alone": ..., "together": ...}
    assert not asked(check, open_answer)
    assert "not solved yet" in capsys.readouterr().out


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def right(path, labels):
    good = [r for r in read(path) if r["mood"] in labels and r["words"]]
    bad = [r for r in read(path) if r not in good]
    return Corpus(
        "mine",
        tuple(labels),
        tuple(Utterance(r["clip"], None, r["words"], r["mood"], speaker=r["actor"]) for r in good),
        tuple(Skipped(r["clip"], "unusable", repr(r["mood"])) for r in bad),
    )


def changed(change):
    """The right reader, its corpus changed by `change(corpus)` -> fields."""
    return lambda path, labels: dataclasses.replace(
        right(path, labels), **change(right(path, labels))
    )


def slip_becomes_a_class(path, labels):
    rows = [r for r in read(path) if r["words"]]
    found = tuple(dict.fromkeys([*labels, *(r["mood"] for r in rows)]))
    return Corpus(
        "mine", found, tuple(Utterance(r["clip"], None, r["words"], r["mood"]) for r in rows)
    )


def slip_is_mended(path, labels):
    def nearest(mood):
        return next(label for label in labels if label[:3].lower() == mood[:3].lower())

    rows = [r for r in read(path) if r["words"]]
    return Corpus(
        "mine",
        tuple(labels),
        tuple(Utterance(r["clip"], None, r["words"], nearest(r["mood"])) for r in rows),
    )


def slip_is_not_seen(path, labels):
    rows = [r for r in read(path) if r["words"]]
    return Corpus(
        "mine",
        tuple(labels),
        tuple(Utterance(r["clip"], None, r["words"], r["mood"]) for r in rows),
    )


def empty_is_kept(path, labels):
    rows = [r for r in read(path) if r["mood"] in labels]
    return Corpus(
        "mine",
        tuple(labels),
        tuple(Utterance(r["clip"], None, r["words"], r["mood"]) for r in rows),
    )


def each(**fields):
    return lambda c: {
        "utterances": tuple(
            dataclasses.replace(u, **{name: of(u) for name, of in fields.items()})
            for u in c.utterances
        )
    }


def side(low, high, paper_gap):
    """A right verdict of a row that was run."""
    low, high = (low, high) if paper_gap > 0 else (-high, -low)
    return "reproduced" if low > 0 else "differs" if high < 0 else "not distinguishable"


def judged(rule):
    return lambda low, high, gap: "not run" if low is None else rule(low, high, gap)


def printed_inside(low, high, gap):
    return "reproduced" if low <= gap <= high else "differs"


def by_the_middle(low, high, gap):
    return (
        "not distinguishable"
        if math.isnan(low)
        else "reproduced"
        if (low + high) * gap > 0
        else "differs"
    )


def pooled(
    mean=lambda x, mask: (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1),
    top=lambda x, mask: torch.where(
        mask.any(1, keepdim=True), x.masked_fill(~mask[..., None], -math.inf).amax(1), 0.0
    ),
    empty=lambda x: x,
):
    return lambda x, mask: empty(torch.cat((mean(x, mask), top(x, mask)), -1))


WRONG = [
    ("standing", "w/o text", "the answer is"),
    ("standing", {"alone": {"w/o text"}}, "the answer is"),
    ("standing", STANDING | {"together": "w/o text"}, "the answer is"),
    ("standing", STANDING | {"alone": {"without text"}}, "'without text' is not a row"),
    (
        "standing",
        STANDING | {"alone": {*STANDING["alone"], "w/o self"}},
        "'w/o self' contains 0 (-1.0 to +3.0 points)",
    ),
    ("standing", STANDING | {"alone": {"w/o text"}}, "the interval of 'w/o cross' excludes 0"),
    ("standing", STANDING | {"together": STANDING["alone"]}, "these stand alone"),
    ("standing", STANDING | {"together": {"w/o text", "N = 2"}}, "which Holm makes 0.80"),
    ("standing", STANDING | {"together": set()}, "'w/o text' stays below 0.05"),
    ("adapter", slip_becomes_a_class, "'crosss' became a class of its own"),
    ("adapter", slip_is_mended, "made 'cross' of it without a word"),
    ("adapter", slip_is_not_seen, "stops with DataError"),
    ("adapter", empty_is_kept, "row a05 has no words"),
    ("adapter", changed(lambda c: {"labels": tuple(sorted(c.labels))}), "alphabetical"),
    (
        "adapter",
        changed(lambda c: {"labels": tuple(dict.fromkeys(u.label for u in c.utterances))}),
        "first appearance",
    ),
    (
        "adapter",
        changed(lambda c: {"skipped": ()}),
        "row a04 is left out, and `skipped` does not say so",
    ),
    ("adapter", changed(lambda c: {"skipped": c.skipped[:1]}), "row a05 is left out"),
    (
        "adapter",
        changed(lambda c: {"skipped": tuple(Skipped(s.id, "bad row") for s in c.skipped)}),
        "does not say what",
    ),
    (
        "adapter",
        changed(lambda c: {"utterances": c.utterances[1:]}),
        "row a01 is complete, but it is gone",
    ),
    (
        "adapter",
        changed(lambda c: {"skipped": (*c.skipped, Skipped("a01", "odd"))}),
        "taken and skipped at once",
    ),
    ("adapter", changed(each(speaker=lambda u: "")), "no split can keep them apart"),
    ("adapter", changed(each(text=lambda u: u.text.split(",")[0])), "a comma inside quotes"),
    ("adapter", changed(each(label=lambda u: "calm")), "each row keeps its own"),
    ("adapter", lambda path, labels: read(path), "this is a list without 'labels'"),
    (
        "verdict",
        judged(lambda low, high, gap: side(low, high, 1)),
        "the paper's gap is negative here",
    ),
    ("verdict", lambda low, high, gap: side(low or 0, high or 0, gap), "a row without a run"),
    ("verdict", judged(printed_inside), "not its size"),
    ("verdict", judged(by_the_middle), "the interval contains 0"),
    (
        "verdict",
        judged(
            lambda low, high, gap: {"reproduced": "differs", "differs": "reproduced"}.get(
                side(low, high, gap), "not distinguishable"
            )
        ),
        "lies on the paper's side",
    ),
    (
        "verdict",
        judged(
            lambda low, high, gap: (
                "not distinguishable" if low < 0 < high else side(low + 1e-9, high, gap)
            )
        ),
        "ends at 0 does not exclude it",
    ),
    (
        "verdict",
        judged(lambda low, high, gap: "not run" if math.isnan(low) else side(low, high, gap)),
        "the run can say nothing",
    ),
    (
        "verdict",
        judged(lambda low, high, gap: side(low, high, gap).replace("not d", "in")),
        "is not a verdict",
    ),
    ("not_run", {"a", "b", "d"}, "Suspicion is not a result"),
    ("not_run", {"c"}, "the paper would confirm itself"),
    ("not_run", {"a", "d", "f"}, "rules out nothing"),
    ("not_run", {"a", "e", "g"}, "a failure is a finding"),
    ("not_run", {"a", "d"}, "1 more can be defended"),
    ("not_run", {"a", "d", "h"}, "letters from a to g"),
    ("not_run", "ade", "the answer is a set"),
    ("pool", lambda x, mask: x.mean(1), "the shape is (2, 3)"),
    ("pool", pooled(mean=lambda x, mask: x.mean(1)), "padding counts in the mean"),
    ("pool", pooled(mean=lambda x, mask: (x * mask[..., None]).sum(1)), "is a sum"),
    ("pool", pooled(mean=lambda x, mask: x[:, 0]), "by hand it is"),
    ("pool", pooled(top=lambda x, mask: (x * mask[..., None]).amax(1)), "a padded zero won"),
    ("pool", pooled(top=lambda x, mask: x[:, 0]), "the largest value of the first"),
    (
        "pool",
        pooled(mean=lambda x, mask: (x * mask[..., None]).sum(1) / mask[0].sum()),
        "the mean of the second utterance is [3.0, -0.5, 3.0]; by hand it is [2.0, -0.33333, 2.0]",
    ),
    (
        "pool",
        pooled(top=lambda x, mask: x[:, :2].amax(1)),
        "the largest value of the second utterance is [2.0, 1.0, 1.0]",
    ),
    (
        "pool",
        lambda x, mask: torch.cat(pooled()(x, mask).chunk(2, -1)[::-1], -1),
        "the mean comes first",
    ),
    (
        "pool",
        pooled(top=lambda x, mask: x.masked_fill(~mask[..., None], -math.inf).amax(1)),
        "nan or infinity",
    ),
    ("pool", pooled(empty=lambda x: torch.where(x.abs().sum() == 0, x + 1, x)), "return zeros"),
]


@pytest.mark.parametrize(("check", "wrong", "hint"), WRONG)
def test_a_wrong_solution_gets_its_hint(check, wrong, hint, capsys):
    assert not asked(check, wrong)
    assert hint in capsys.readouterr().out


def test_other_right_solutions_pass_too():
    assert (
        lesson15.adapter(right)
        and lesson15.verdict(judged(side))
        and lesson15.not_run(["E", "a ", "d"])
    )
    assert lesson15.standing({name: sorted(rows) for name, rows in STANDING.items()}, GAPS)


def test_for_missing_words_the_kind_is_enough():
    def kinds(path, labels):
        corpus = right(path, labels)
        moods = {r["clip"]: r["mood"] for r in read(path)}
        skipped = []
        for one in corpus.skipped:
            unknown = moods[one.id] not in labels
            skipped.append(
                Skipped(one.id, "unknown mood", moods[one.id])
                if unknown
                else Skipped(one.id, "no words")
            )
        return dataclasses.replace(corpus, skipped=tuple(skipped))

    assert lesson15.adapter(kinds)


def test_the_rows_of_wa_are_told_from_those_of_ua(capsys):
    swapped = GAPS.assign(
        **{"ua p": [0.001, 0.03, 0.04, 0.5], "ua gap low": [0.05, 0.002, 0.001, -1]}
    )
    alone = {"w/o text", "w/o cross", "w/o self"}
    answer = {"alone": alone, "together": {"w/o text", "w/o cross"}}
    assert not lesson15.standing(answer, swapped)
    assert "stand in WA" in capsys.readouterr().out


def test_in_the_papers_table_something_stands_and_something_falls():
    p = PRINTED["ua p"].astype(float)
    alone = set(PRINTED.index[p < 0.05])
    together = set(PRINTED.index[PRINTED["ua Holm p"] < 0.05])
    assert together and together < alone
    assert lesson15.standing({"alone": alone, "together": together}, PRINTED)
