"""The sentences of the paper that hold a number or a comparison, each as a claim to be tested.

In: nothing. Out: CLAIMS, to which `ledgers` gives the verdicts. The claims are facts in our own
words, of L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and Self-Attention Network for
Speech Emotion Recognition", ICASSP 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.evaluation.significance import NAN, Test, alike, apart
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.features.words import GLOVE_50
from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper.published import TABLE1_PUBLISHED, TABLE2_PUBLISHED, TABLE3_PUBLISHED
from mcsan_lite.paper.table_rows import table3_specs
from mcsan_lite.training.config import TrainConfig

# (corpus, metric) -> system -> (mean, standard deviation over 10 folds, None where none is
# printed). Tables 1, 2 and 3.
PRINTED_SCORES: dict[tuple[str, str], dict[str, tuple[float, float | None]]] = {
    ("iemocap", score): {
        row: (numbers[score], numbers[f"{score}_sd"])
        for table in (TABLE1_PUBLISHED, TABLE3_PUBLISHED)
        for row, numbers in table.iterrows()
    }
    for score in ("wa", "ua")
}
PRINTED_SCORES["meld", "weighted_f1"] = {
    row: (score, None) for row, score in TABLE2_PUBLISHED.items()
}

# The smallest gaps that the paper itself reads as an effect ("w/o self"). What lies within them it
# may call alike.
PAPER_MARGINS = {"wa": 0.007, "ua": 0.010, "weighted_f1": 0.010}

ABSOLUTE_MARGIN = 0.02  # our choice: a score within two points of a printed one repeats it


class Support(NamedTuple):
    """How well a test speaks for a claim and against it: small is strong, 1 is the wrong side."""

    p_for: float
    p_against: float


@dataclass(frozen=True)
class Claim:
    """One sentence that can be tested.

    Its kind is "above": a's score is above b's; "not above": it is not; "alike": they differ by
    less than PAPER_MARGINS; "score": a's score is the printed one; "count": a number of the corpus;
    "setting": a number of the profile "paper".
    """

    id: str
    section: str
    says: str  # without numbers: those of the paper stand beside the paper's corpus only
    kind: Literal["above", "not above", "alike", "score", "count", "setting"]
    corpus: str = "iemocap"  # what it was made on; "" for settings
    table: str = ""
    metric: str = ""
    a: str = ""
    b: str = ""
    stated: float | None = None  # the gap, score or number that the sentence gives
    # For a count: of a Corpus, None where that is incomplete. For a setting: of nothing.
    found: Callable[..., float | None] | None = None

    @property
    def printed(self) -> float | None:
        """The gap or score in the paper's own table; None where the claim is about no table."""
        table = PRINTED_SCORES.get((self.corpus, self.metric), {})
        if self.a not in table:
            return None
        printed, _ = table[self.a]
        subtracted, _ = table[self.b] if self.b else (0, None)
        return round(printed - subtracted, 3)

    def judge(self, test: Test) -> Support:
        """What a test says of the claim; nan where nothing varied.

        "not above" asks for a gap below PAPER_MARGINS, "alike" for one within it (TOST), "score"
        for a score within ABSOLUTE_MARGIN of the printed one, whose own error is counted in where
        it was printed. What speaks against these three is a gap beyond the same margin, not one
        beyond zero.

        Args:
            test: of the gap a - b, or of a's score.
        """
        if math.isnan(test.se):
            return Support(NAN, NAN)
        if self.kind == "score":
            return self._judge_score(test)
        from scipy.stats import t

        p_above = test.p if test.mean > 0 else 1.0
        p_below = test.p if test.mean < 0 else 1.0
        margin = PAPER_MARGINS[self.metric]
        if self.kind == "above":
            return Support(p_above, p_below)
        if self.kind == "not above":
            from_margin = (test.mean - margin) / test.se
            return Support(float(t.cdf(from_margin, test.df)), float(t.sf(from_margin, test.df)))
        return Support(alike(test, margin).p, apart(test, margin).p)

    def _judge_score(self, test: Test) -> Support:
        printed, sd = PRINTED_SCORES[self.corpus, self.metric][self.a]
        off = test.mean - printed
        printed_se = (sd or 0.0) * math.sqrt(1 / 10 + 1 / 8)  # of ten folds of 8:1:1, corrected
        se = math.hypot(test.se, printed_se)
        from_printed = replace(test, mean=off, se=se)
        p_repeated = alike(from_printed, ABSOLUTE_MARGIN).p
        return Support(p_repeated, apart(from_printed, ABSOLUTE_MARGIN).p)


# ---- scores: section 3.4 with Tables 1 and 2, section 3.5 with Table 3 ----

_STATED_GAPS = {
    ("CAN", "wa"): 0.033,
    ("MHA", "ua"): 0.069,
    ("w/o self", "wa"): 0.007,
    ("w/o self", "ua"): 0.010,
    ("w/o cross", "wa"): 0.016,
    ("w/o cross", "ua"): 0.024,
}

_WHAT_ABLATIONS_SHOW = {
    "w/o audio": "words alone are much worse",
    "w/o text": "sound alone is much worse",
    "w/o self": "self-attention helps",
    "w/o cross": "cross-attention helps",
}


def _score_claims() -> Iterator[Claim]:
    for metric in ("wa", "ua"):
        yield from _table1_claims(metric)
        yield from _table3_claims(metric)
    yield from _AMH_CLAIMS
    yield from _MELD_CLAIMS


def _table1_claims(metric: str) -> Iterator[Claim]:
    name = metric.upper()
    yield Claim(
        id=f"score {metric}",
        section="3.4",
        says=f"{name} of MCSAN",
        kind="score",
        table="1, 3",
        metric=metric,
        a="MCSAN",
        stated=PRINTED_SCORES["iemocap", metric]["MCSAN"][0],
    )
    for rival in ("MDRE", "MHA", "Xu et al.", "CAN"):
        yield Claim(
            id=f"{rival} {metric}",
            section="abstract, 1, 3.4",
            says=f"MCSAN is above {rival} in {name}",
            kind="above",
            table="1",
            metric=metric,
            a="MCSAN",
            b=rival,
            stated=_STATED_GAPS.get((rival, metric)),
        )


def _table3_claims(metric: str) -> Iterator[Claim]:
    name = metric.upper()
    template = Claim("", "3.5", "", "above", table="3", metric=metric, a="MCSAN")
    for row, why in _WHAT_ABLATIONS_SHOW.items():
        yield replace(
            template,
            id=f"{row} {metric}",
            says=f"{why}: MCSAN is above {row} in {name}",
            b=row,
            stated=_STATED_GAPS.get((row, metric)),
        )
    yield replace(
        template,
        id=f"cross over self {metric}",
        says=f"cross is more critical: w/o self is above w/o cross in {name}",
        a="w/o self",
        b="w/o cross",
    )
    for row in ("cross + self (seq)", "self + cross (seq)"):
        yield replace(
            template,
            id=f"{row} {metric}",
            says=f"{row} is not superior to the parallel MCSAN in {name}",
            kind="not above",
            a=row,
            b="MCSAN",
        )
    for row in ("N = 2", "N = 3"):
        yield replace(
            template,
            id=f"{row} {metric}",
            says=f"deeper is worse: MCSAN is above {row} in {name}",
            b=row,
        )


_AMH_CLAIMS = (
    Claim(
        id="AMH alike",
        section="3.4",
        says="MCSAN is comparable to AMH in WA",
        kind="alike",
        table="1",
        metric="wa",
        a="MCSAN",
        b="AMH",
    ),
    Claim(
        id="AMH wa",
        section="3.4",
        says="MCSAN is slightly below AMH in WA",
        kind="above",
        table="1",
        metric="wa",
        a="AMH",
        b="MCSAN",
    ),
    Claim(
        id="AMH ua",
        section="3.4",
        says="MCSAN is above AMH in UA",
        kind="above",
        table="1",
        metric="ua",
        a="MCSAN",
        b="AMH",
    ),
)

_ON_MELD = Claim(
    id="",
    section="3.4",
    says="",
    kind="above",
    corpus="meld",
    table="2",
    metric="weighted_f1",
    a="MCSAN",
)
_MELD_CLAIMS = (
    replace(_ON_MELD, id="score f1", says="weighted F1 of MCSAN", kind="score", stated=0.592),
    replace(_ON_MELD, id="cMKL f1", says="MCSAN is above cMKL in weighted F1", b="cMKL"),
    replace(
        _ON_MELD,
        id="Liang et al. f1",
        section="abstract, 1, 3.4",
        says="MCSAN is above Liang et al. in weighted F1",
        b="Liang et al.",
        stated=0.031,
    ),
    replace(
        _ON_MELD,
        id="Liang et al. (semi) f1",
        says="MCSAN is above Liang et al. (semi) in weighted F1",
        b="Liang et al. (semi)",
    ),
)


# ---- counts: section 3.1 ----


def _part_size(corpus: Corpus, split: str) -> int | None:
    """Utterances in an official part, None where it is not at hand."""
    return sum(u.split == split for u in corpus.utterances) or None


def _of_all_parts(count: Callable[[Corpus], int]) -> Callable[[Corpus], int | None]:
    """A number of the whole corpus, None while an official part of it is not at hand."""

    def found(corpus: Corpus) -> int | None:
        complete = all(_part_size(corpus, split) for split in splits.PARTS)
        return count(corpus) if complete else None

    return found


def _size_of_part(split: str) -> Callable[[Corpus], int | None]:
    return lambda corpus: _part_size(corpus, split)


def _ratio_to_test(part: str) -> Callable[[Corpus], int]:
    """Utterances of a part to one for test, rounded, in the first of ten folds."""

    def found(corpus: Corpus) -> int:
        fold = splits.folds(corpus, "kfold10")[0]
        return round(len(getattr(fold, part)) / len(fold.test))

    return found


def _dialogues(corpus: Corpus) -> int:
    return len({u.dialogue for u in corpus.utterances})


def _count(id: str, says: str, stated: float, found: Callable | None) -> Claim:
    """A count of section 3.1; its corpus is the first word of its id."""
    corpus = id.split()[0]
    return Claim(id, "3.1", says, "count", corpus, stated=stated, found=found)


_HOURS = "hours of video in IEMOCAP, about (a corpus object holds no durations)"
_COUNT_CLAIMS = (
    _count("iemocap hours", _HOURS, 12, None),
    _count("iemocap utterances", "utterances of IEMOCAP", 7_487, len),
    _count("iemocap classes", "emotions in IEMOCAP", 7, lambda corpus: len(corpus.labels)),
    _count("iemocap folds", "folds", 10, lambda corpus: len(splits.folds(corpus, "kfold10"))),
    _count(
        "iemocap train",
        "training utterances to one for test, rounded",
        8,
        _ratio_to_test("train"),
    ),
    _count(
        "iemocap valid",
        "validation utterances to one for test, rounded",
        1,
        _ratio_to_test("valid"),
    ),
    _count("meld utterances", "utterances of MELD", 13_708, _of_all_parts(len)),
    _count("meld classes", "emotions in MELD", 7, lambda corpus: len(corpus.labels)),
    _count("meld dialogues", "dialogues of MELD", 1_433, _of_all_parts(_dialogues)),
    _count("meld train", "utterances in MELD's train part", 9_989, _size_of_part("train")),
    _count("meld valid", "utterances in MELD's valid part", 1_109, _size_of_part("valid")),
    _count("meld test", "utterances in MELD's test part", 2_610, _size_of_part("test")),
)


# ---- settings: section 3.2, against what the profile "paper" runs ----


def _model(row: str = "MCSAN") -> MCSANConfig:
    (spec,) = table3_specs("paper", "iemocap", rows=[row])
    return MCSANConfig(**spec.options)


def _features() -> FeatureConfig:
    return table3_specs("paper", "iemocap")[0].features


def _train(corpus: str) -> TrainConfig:
    return table3_specs("paper", corpus)[0].train


def _vector_width() -> int | None:
    return 50 if _features().vectors == GLOVE_50 else None


def _setting(
    id: str, says: str, stated: float, found: Callable[[], float | None], section: str = "3.2"
) -> Claim:
    """A setting that the paper states; it is about no corpus."""
    return Claim(f"setting {id}", section, says, "setting", "", stated=stated, found=found)


_SETTING_CLAIMS = (
    _setting("mfcc", "MFCC per frame", 40, lambda: _features().n_mfcc),
    _setting("window", "window, in seconds", 0.025, lambda: _features().window_s),
    _setting("hop", "hop, in seconds", 0.010, lambda: _features().hop_s),
    _setting("frames", "frames at most", 1000, lambda: _features().max_frames),
    _setting("glove", "numbers per word vector (--vectors takes others)", 300, _vector_width),
    _setting("hidden", "hidden neurons", 128, lambda: _model().hidden),
    _setting("layers", "stacked layers N", 1, lambda: _model().layers),
    _setting("heads", "heads", 8, lambda: _model().heads),
    _setting("kernel", "kernel of convolution and max-pooling", 3, lambda: _model().kernel),
    _setting(
        "rate iemocap",
        "learning rate on IEMOCAP",
        0.001,
        lambda: _train("iemocap").learning_rate,
    ),
    _setting("rate meld", "learning rate on MELD", 0.0005, lambda: _train("meld").learning_rate),
    _setting("batch", "utterances per batch", 256, lambda: _train("iemocap").batch_size),
    _setting("epochs iemocap", "epochs at most on IEMOCAP", 30, lambda: _train("iemocap").epochs),
    _setting("epochs meld", "epochs at most on MELD", 20, lambda: _train("meld").epochs),
    _setting(
        "depth 2", "stacked layers of the row N = 2", 2, lambda: _model("N = 2").layers, "3.5"
    ),
    _setting(
        "depth 3", "stacked layers of the row N = 3", 3, lambda: _model("N = 3").layers, "3.5"
    ),
)

CLAIMS: tuple[Claim, ...] = (*_score_claims(), *_COUNT_CLAIMS, *_SETTING_CLAIMS)
