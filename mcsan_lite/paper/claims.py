"""The sentences of the paper that hold a number or a comparison, each as a line that can be tested.

L. Sun, B. Liu, J. Tao, Z. Lian, "Multimodal Cross- and Self-Attention Network for Speech Emotion Recognition", ICASSP
2021. The claims are facts in our own words. ledgers.py gives the verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.evaluation.significance import NAN, Test, alike
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.features.words import GLOVE_50
from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper.published import TABLE1_PUBLISHED, TABLE2_PUBLISHED, TABLE3_PUBLISHED
from mcsan_lite.paper.table_rows import table3_specs

# (corpus, metric) -> system -> (mean, standard deviation over 10 folds, None where none is printed). Tables 1, 2 and 3.
PRINTED_SCORES: dict[tuple[str, str], dict[str, tuple[float, float | None]]] = {
    ("iemocap", score): {
        row: (line[score], line[f"{score}_sd"])
        for table in (TABLE1_PUBLISHED, TABLE3_PUBLISHED)
        for row, line in table.iterrows()
    }
    for score in ("wa", "ua")
}
PRINTED_SCORES["meld", "weighted_f1"] = {
    row: (score, None) for row, score in TABLE2_PUBLISHED.items()
}

# The smallest gaps that the paper itself reads as an effect ("w/o self"): what lies within them it may call alike.
PAPER_MARGINS = {"wa": 0.007, "ua": 0.010, "weighted_f1": 0.010}
ABSOLUTE_MARGIN = 0.02  # our choice: a score within two points of a printed one repeats it


@dataclass(frozen=True)
class Claim:
    """One testable line. `above`: a's score is above b's. `not above`: it is not. `alike`: they differ by less than
    PAPER_MARGINS. `score`: a's score is the printed one. `count`: of the corpus. `setting`: of the profile "paper"."""

    id: str
    section: str
    says: str  # no number in it: numbers of the paper stand beside the paper's corpus only
    kind: Literal["above", "not above", "alike", "score", "count", "setting"]
    corpus: str = "iemocap"  # what it was made on; "" for settings
    table: str = ""
    metric: str = ""
    a: str = ""
    b: str = ""
    stated: float | None = None  # the gap, score or number that the sentence gives
    found: Callable[..., float | None] | None = (
        None  # count: of a Corpus, None where it is incomplete; setting: of nothing
    )

    @property
    def printed(self) -> float | None:
        """The gap (or the score) that the paper's own table holds; None where the claim is about no table."""
        table = PRINTED_SCORES.get((self.corpus, self.metric), {})
        if self.a not in table:
            return None
        return round(table[self.a][0] - (table[self.b][0] if self.b else 0), 3)

    def judge(self, test: Test) -> tuple[float, float]:
        """(p of what speaks for the claim, p of what speaks against it), from the tested gap a - b, or the tested score.

        Small is strong, 1 is the wrong side; nan where nothing varied. "not above" asks for a gap below PAPER_MARGINS, "alike" for
        one within it (TOST), "score" for one within ABSOLUTE_MARGIN of the printed score, whose own error is counted in.
        """
        from scipy.stats import t

        if math.isnan(test.se):
            return NAN, NAN
        if self.kind == "score":
            printed, sd = PRINTED_SCORES[self.corpus, self.metric][self.a]
            off = test.mean - printed
            se = math.hypot(
                test.se, (sd or 0.0) * math.sqrt(1 / 10 + 1 / 8)
            )  # of ten folds of 8:1:1, corrected
            return alike(replace(test, mean=off, se=se), ABSOLUTE_MARGIN).p, float(
                2 * t.sf(abs(off) / se, test.df)
            )
        above, below = (test.p if test.mean > 0 else 1.0), (test.p if test.mean < 0 else 1.0)
        if self.kind == "above":
            return above, below
        margin = PAPER_MARGINS[self.metric]
        if self.kind == "not above":
            return float(t.cdf((test.mean - margin) / test.se, test.df)), above
        return alike(test, margin).p, test.p if abs(test.mean) > margin else 1.0


def _rows() -> list[Claim]:
    """What is said of scores: section 3.4 with Tables 1 and 2, section 3.5 with Table 3."""
    stated = {
        ("CAN", "wa"): 0.033,
        ("MHA", "ua"): 0.069,
        ("w/o self", "wa"): 0.007,
        ("w/o self", "ua"): 0.010,
        ("w/o cross", "wa"): 0.016,
        ("w/o cross", "ua"): 0.024,
    }
    made = []
    for metric in ("wa", "ua"):
        M = metric.upper()
        made.append(
            Claim(
                f"score {metric}",
                "3.4",
                f"{M} of MCSAN",
                "score",
                table="1, 3",
                metric=metric,
                a="MCSAN",
                stated=PRINTED_SCORES["iemocap", metric]["MCSAN"][0],
            )
        )
        made += [
            Claim(
                f"{b} {metric}",
                "abstract, 1, 3.4",
                f"MCSAN is above {b} in {M}",
                "above",
                table="1",
                metric=metric,
                a="MCSAN",
                b=b,
                stated=stated.get((b, metric)),
            )
            for b in ("MDRE", "MHA", "Xu et al.", "CAN")
        ]
        for b, why in (
            ("w/o audio", "words alone are much worse"),
            ("w/o text", "sound alone is much worse"),
            ("w/o self", "self-attention helps"),
            ("w/o cross", "cross-attention helps"),
        ):
            made.append(
                Claim(
                    f"{b} {metric}",
                    "3.5",
                    f"{why}: MCSAN is above {b} in {M}",
                    "above",
                    table="3",
                    metric=metric,
                    a="MCSAN",
                    b=b,
                    stated=stated.get((b, metric)),
                )
            )
        made.append(
            Claim(
                f"cross over self {metric}",
                "3.5",
                f"cross is more critical: w/o self is above w/o cross in {M}",
                "above",
                table="3",
                metric=metric,
                a="w/o self",
                b="w/o cross",
            )
        )
        made += [
            Claim(
                f"{a} {metric}",
                "3.5",
                f"{a} is not superior to the parallel MCSAN in {M}",
                "not above",
                table="3",
                metric=metric,
                a=a,
                b="MCSAN",
            )
            for a in ("cross + self (seq)", "self + cross (seq)")
        ]
        made += [
            Claim(
                f"{b} {metric}",
                "3.5",
                f"deeper is worse: {a} is above {b} in {M}",
                "above",
                table="3",
                metric=metric,
                a=a,
                b=b,
            )
            for a, b in (("MCSAN", "N = 2"), ("MCSAN", "N = 3"))
        ]
    made += [
        Claim(
            "AMH alike",
            "3.4",
            "MCSAN is comparable to AMH in WA",
            "alike",
            "iemocap",
            "1",
            "wa",
            "MCSAN",
            "AMH",
        ),
        Claim(
            "AMH wa",
            "3.4",
            "MCSAN is slightly below AMH in WA",
            "above",
            "iemocap",
            "1",
            "wa",
            "AMH",
            "MCSAN",
        ),
        Claim(
            "AMH ua",
            "3.4",
            "MCSAN is above AMH in UA",
            "above",
            "iemocap",
            "1",
            "ua",
            "MCSAN",
            "AMH",
        ),
        Claim(
            "score f1",
            "3.4",
            "weighted F1 of MCSAN",
            "score",
            "meld",
            "2",
            "weighted_f1",
            "MCSAN",
            stated=0.592,
        ),
    ]
    return made + [
        Claim(
            f"{b} f1",
            where,
            f"MCSAN is above {b} in weighted F1",
            "above",
            "meld",
            "2",
            "weighted_f1",
            "MCSAN",
            b,
            gap,
        )
        for b, where, gap in (
            ("cMKL", "3.4", None),
            ("Liang et al.", "abstract, 1, 3.4", 0.031),
            ("Liang et al. (semi)", "3.4", None),
        )
    ]


def _part(corpus: Corpus, split: str) -> int | None:
    return sum(u.split == split for u in corpus.utterances) or None


def _of_all_parts(value: Callable[[Corpus], int]) -> Callable[[Corpus], int | None]:
    """A number of the whole corpus, None while an official part of it is not at hand."""
    return lambda corpus: (
        value(corpus) if all(_part(corpus, split) for split in splits.PARTS) else None
    )


def _ratio(corpus: Corpus, of: str) -> int:
    fold = splits.folds(corpus, "kfold10")[0]
    return round(len(getattr(fold, of)) / len(fold.test))


def _counts() -> list[Claim]:
    """Section 3.1."""

    def claim(id: str, corpus: str, says: str, stated: float, found: Callable | None) -> Claim:
        return Claim(id, "3.1", says, "count", corpus, stated=stated, found=found)

    return [
        claim(
            "iemocap hours",
            "iemocap",
            "hours of video in IEMOCAP, about (a corpus object holds no durations)",
            12,
            None,
        ),
        claim("iemocap utterances", "iemocap", "utterances of IEMOCAP", 7_487, len),
        claim("iemocap classes", "iemocap", "emotions in IEMOCAP", 7, lambda c: len(c.labels)),
        claim("iemocap folds", "iemocap", "folds", 10, lambda c: len(splits.folds(c, "kfold10"))),
        claim(
            "iemocap train",
            "iemocap",
            "training utterances to one for test, rounded",
            8,
            lambda c: _ratio(c, "train"),
        ),
        claim(
            "iemocap valid",
            "iemocap",
            "validation utterances to one for test, rounded",
            1,
            lambda c: _ratio(c, "valid"),
        ),
        claim("meld utterances", "meld", "utterances of MELD", 13_708, _of_all_parts(len)),
        claim("meld classes", "meld", "emotions in MELD", 7, lambda c: len(c.labels)),
        claim(
            "meld dialogues",
            "meld",
            "dialogues of MELD",
            1_433,
            _of_all_parts(lambda c: len({u.dialogue for u in c.utterances})),
        ),
        *(
            claim(
                f"meld {split}",
                "meld",
                f"utterances in MELD's {split} part",
                n,
                lambda c, split=split: _part(c, split),
            )
            for split, n in (("train", 9_989), ("valid", 1_109), ("test", 2_610))
        ),
    ]


def _config(row: str = "MCSAN") -> MCSANConfig:
    return MCSANConfig(**table3_specs("paper", "iemocap", rows=[row])[0].options)


def _settings() -> list[Claim]:
    """Section 3.2, against what the profile "paper" runs."""

    def features() -> FeatureConfig:
        return table3_specs("paper", "iemocap")[0].features

    def train(corpus: str, field: str) -> float:
        return getattr(table3_specs("paper", corpus)[0].train, field)

    def width() -> int | None:
        return 50 if features().vectors == GLOVE_50 else None

    settings: list[tuple[str, str, float, Callable]] = [
        ("mfcc", "MFCC a frame", 40, lambda: features().n_mfcc),
        ("window", "window, in seconds", 0.025, lambda: features().window_s),
        ("hop", "hop, in seconds", 0.010, lambda: features().hop_s),
        ("frames", "frames at most", 1000, lambda: features().max_frames),
        ("glove", "numbers a word vector (--vectors takes others)", 300, width),
        ("hidden", "hidden neurons", 128, lambda: _config().hidden),
        ("layers", "stacked layers N", 1, lambda: _config().layers),
        ("heads", "heads", 8, lambda: _config().heads),
        ("kernel", "kernel of convolution and max-pooling", 3, lambda: _config().kernel),
        (
            "rate iemocap",
            "learning rate on IEMOCAP",
            0.001,
            lambda: train("iemocap", "learning_rate"),
        ),
        ("rate meld", "learning rate on MELD", 0.0005, lambda: train("meld", "learning_rate")),
        ("batch", "utterances a batch", 256, lambda: train("iemocap", "batch_size")),
        ("epochs iemocap", "epochs at most on IEMOCAP", 30, lambda: train("iemocap", "epochs")),
        ("epochs meld", "epochs at most on MELD", 20, lambda: train("meld", "epochs")),
        *(
            (
                f"depth {n}",
                f"stacked layers of the row N = {n}",
                n,
                lambda n=n: _config(f"N = {n}").layers,
            )
            for n in (2, 3)
        ),
    ]
    return [
        Claim(
            f"setting {id}",
            "3.5" if "depth" in id else "3.2",
            says,
            "setting",
            "",
            stated=value,
            found=found,
        )
        for id, says, value, found in settings
    ]


CLAIMS: tuple[Claim, ...] = (*_rows(), *_counts(), *_settings())
