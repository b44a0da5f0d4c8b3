"""What the paper leaves open, our default, and the alternatives as experiments.

In: the settings in the code. Most of what is open stands beside them, as comments that begin with
"paper silent": that part is read from the source, never typed. What is no field of a setting is in
OPEN_CHOICES. Out: a table of choices, specs that change one choice at a time, and, from their
results, how far each change moves the score.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain

import pandas as pd

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation.comparison import gap_test
from mcsan_lite.evaluation.significance import Test, welch_from_summary
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper import table_rows
from mcsan_lite.paper.claims import PRINTED_SCORES
from mcsan_lite.paper.published import FULL, TABLE3_PUBLISHED
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.spec import Spec

SETTINGS = (MCSANConfig, FeatureConfig, TrainConfig)

# What else a reader of the paper could have built. The first one that is not the default is tried
# in the quick profiles, all of them in "paper". A field of the features makes them anew, so it is
# tried in "paper" only.
ALTERNATIVES: dict[str, tuple] = {
    "full_scale": (True,),
    "positions": ("none",),
    "position_scale": (0.1,),
    "pool_stride": (2,),
    "conv_same": (False,),
    "activation": ("gelu", "tanh", "none"),
    "feedforward": (4, 1, 16),
    "classifier_layers": (1, 3),
    "dropout": (0.3, 0.1, 0.0),
    "schedule": ("constant", "warmdown"),
    "weight_decay": (1e-4,),
    "clip": (1.0, 0.0),
    "mask_frames": (0.2,),
    "label_smoothing": (0.1,),
    "select": ("ua", "wa", "weighted_f1"),
    "patience": (3,),
    "sample_rate": (22_050,),
    "n_mels": (40, 128),
    "unknown": ("mean", "random"),
}

# Other readings of "10-fold, 8:1:1", by corpus.
OTHER_PROTOCOLS = {"iemocap": ("yoon5", "session5")}


@dataclass(frozen=True)
class OpenChoice:
    """A choice that is no field of a setting."""

    choice: str
    ours: str
    alternatives: str  # what else could be meant
    run: str = ""  # how to try it; "" where nothing is built for it


OPEN_CHOICES = (
    OpenChoice(
        "folds",
        "kfold10: random utterances, stratified by class, seed 0; MELD: the official parts",
        "yoon5 (the public package of the same data), session5, speaker10, dialogue",
        "--protocol",
    ),
    OpenChoice(
        "part that picks the epoch",
        "validation",
        "test, which nobody may do",
        "the peeked_ columns of the results",
    ),
    OpenChoice(
        "seeds",
        "as many as asked for, listed with every mean",
        "one, or the best of several",
        "--seeds",
    ),
    OpenChoice(
        "scope of the z-normalisation",
        "a coefficient, over the real frames of the fold's training part",
        "a clip, a speaker, the whole corpus",
    ),
    OpenChoice("word vectors in training", "frozen", "trained with the network"),
    OpenChoice("class weights", "none", "by inverse frequency"),
    OpenChoice(
        "padding",
        "masked in attention, in the BiLSTM and before the max-pool",
        "seen by all of them",
    ),
    OpenChoice("initial weights", "PyTorch's own", "Xavier, orthogonal"),
    OpenChoice(
        "word-tokenizer",
        "NLTK's rules, lower case, curly quotes made plain",
        "case kept; another tokenizer",
    ),
)


@dataclass(frozen=True)
class TriedElsewhere:
    """The alternatives of a field that need something else than another value."""

    alternatives: str
    run: str


TRIED_ELSEWHERE = {
    "vectors": TriedElsewhere(
        "300 dimensions, as the paper says", "--vectors glove-wiki-gigaword-300"
    ),
    "precision": TriedElsewhere(
        "bfloat16: no reading of the paper, but of the machine", "benchmarks/"
    ),
}

_FIELD = re.compile(r"^    (\w+): .+? = (.+?)  # (.+)$", re.M)  # name: type = value  # comment

# How the comment on a field begins -> its status.
_STATUS_RULES = {
    "stated": re.compile(r"paper 3|paper Eq|Table 3"),
    "silent": re.compile(r"paper silent"),
    "ours": re.compile(r"not in the paper"),
}


def choices() -> pd.DataFrame:
    """Every commented field of the settings: of, choice, ours, comment and status.

    The status is "stated" (by the paper), "silent", "unclear" (it says something, but not which) or
    "ours" (not in the paper).
    """
    rows = []
    for settings in SETTINGS:
        for name, value, comment in _FIELD.findall(inspect.getsource(settings)):
            row = {"of": settings.__name__, "choice": name, "ours": value, "comment": comment}
            rows.append(row | {"status": _status(comment)})
    return pd.DataFrame(rows)


def _status(comment: str) -> str:
    for status, rule in _STATUS_RULES.items():
        if rule.match(comment):
            return status
    return "unclear"


def default_of(spec: Spec, name: str) -> object:
    """The value of a setting that a spec runs with, wherever it is kept.

    Args:
        spec: one of MCSAN.
        name: a field of MCSANConfig, TrainConfig or FeatureConfig.

    Raises:
        KeyError: where there is no such field.
    """
    for settings in (MCSANConfig(**spec.options), spec.train, spec.features):
        if hasattr(settings, name):
            return getattr(settings, name)
    raise KeyError(name)


def alternatives_of(name: str, base: Spec | None = None) -> list:
    """The alternatives of a setting that differ from what a spec runs with.

    Args:
        name: a name of ALTERNATIVES.
        base: the spec; MCSAN of the profile "paper" where none is given.
    """
    if base is None:
        (base,) = table_rows.table3_specs("paper", "iemocap", rows=["MCSAN"])
    default = default_of(base, name)
    return [value for value in ALTERNATIVES[name] if value != default]


def ambiguity_specs(
    profile: str = "quick",
    corpus: str = "synthetic",
    *,
    rows: Sequence[str] | None = None,
    protocol: str | None = None,
    features: FeatureConfig = FeatureConfig(),
) -> list[Spec]:
    """The full MCSAN of a profile, then one change at a time, named "field=value".

    In the quick profiles there is one alternative per choice, and none that makes the features anew
    (16; with one seed on one fold each costs what the first row costs). In "paper" there are all.
    Rows that are named may be any of them, in every profile.

    Args:
        profile: a name of PROFILES.
        corpus: the kind of corpus.
        rows: "MCSAN" or changes by name, such as "mask_frames=0.2".
        protocol: as for `table_rows.table3_specs`. With other folds than ours, other protocols are
            not tried.
        features: as for `table_rows.table3_specs`.

    Raises:
        DataError: for a change that is none of them.
    """
    (base,) = table_rows.table3_specs(
        profile, corpus, rows=["MCSAN"], protocol=protocol, features=features
    )
    protocols = []
    if base.protocol == "kfold10":  # anyone who asked for other folds has chosen
        protocols = list(_with_other_protocols(base, corpus))
    changed = {
        name: [_changed(base, name, value) for value in alternatives_of(name, base)]
        for name in ALTERNATIVES
    }
    every_spec = [base, *chain.from_iterable(changed.values()), *protocols]
    if rows is not None:
        by_name = {spec.name: spec for spec in every_spec}
        return [by_name[require_name(row, by_name, "change")] for row in rows]
    if profile == "paper":
        return every_spec
    quick = [name for name in ALTERNATIVES if name not in _field_names(FeatureConfig)]
    return [base, *chain.from_iterable(changed[name][:1] for name in quick), *protocols]


def _field_names(settings: type) -> set[str]:
    return {field.name for field in fields(settings)}


def _changed(spec: Spec, name: str, value: object) -> Spec:
    """A spec with one setting changed, and named after the change."""
    if name in _field_names(MCSANConfig):
        spec = replace(spec, options={**spec.options, name: value})
    elif name in _field_names(TrainConfig):
        spec = replace(spec, train=replace(spec.train, **{name: value}))
    else:
        spec = replace(spec, features=replace(spec.features, **{name: value}))
    return replace(spec, name=f"{name}={value}")


def _with_other_protocols(base: Spec, corpus: str) -> Iterator[Spec]:
    for protocol in OTHER_PROTOCOLS.get(corpus, ()):
        yield replace(base, name=f"protocol={protocol}", protocol=protocol)


# ---- what the changes moved ----

_SENSITIVITY_COLUMNS = ["choice", "default", "score", "difference", "low", "high", "n"]


def sensitivity(
    results: pd.DataFrame,
    metric: str = "wa",
    dialogues: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """What each alternative of `ambiguity_specs` changed, the largest change first.

    Other seeds of the default are rows too, where it has them: what means nothing moves this far.
    A second panel holds the gaps of the paper's Table 3 as printed, for scale. They are of other
    speech: beside ours, never on one axis.

    Args:
        results: runs of `ambiguity_specs` on one corpus.
        metric: "wa", "ua" or "weighted_f1".
        dialogues: utterance id -> dialogue, for a corpus with one test part.

    Returns:
        choice, default, score, difference, low, high, n and panel. Other folds (protocol=…) cannot
        be paired, and get no interval.

    Raises:
        DataError: for results without the default, or of several corpora.
    """
    defaults = results[results.name == FULL]
    if defaults.empty or results.corpus.nunique() > 1:
        corpora = ", ".join(results.corpus.unique()) or "nothing"
        raise DataError(
            f"results of {corpora}, {len(defaults)} of them MCSAN's",
            "the runs of ambiguity_specs on one corpus",
            "run_experiment(ambiguity_specs(…), corpus)",
        )
    changes = [name for name in results.name.unique() if name != FULL]
    rows = [_change_row(name, results, defaults, metric, dialogues) for name in changes]
    rows += _seed_rows(defaults, metric)
    ours = pd.DataFrame(rows, columns=_SENSITIVITY_COLUMNS)
    ours = ours.assign(panel=f"ours: {defaults.corpus.iloc[0]}")
    ours = ours.iloc[(-ours.difference.abs()).argsort(kind="stable")]
    panels = [ours, pd.DataFrame(_printed_rows(metric))]
    return pd.concat([panel for panel in panels if len(panel)], ignore_index=True)


def _change_row(
    change: str,
    results: pd.DataFrame,
    defaults: pd.DataFrame,
    metric: str,
    dialogues: Mapping[str, str] | None,
) -> dict:
    """One alternative against the default on the same folds and seeds."""
    tried = results[results.name == change]
    if change.startswith("protocol="):  # other folds: nothing to pair
        score, default = tried[metric].mean(), defaults[metric].mean()
        test = Test(score - default)
    else:
        same = defaults.merge(tried[["fold", "seed"]])
        score, default = tried[metric].mean(), same[metric].mean()
        test = gap_test(pd.concat([tried, same]), change, FULL, metric, dialogues)
    return {
        "choice": change,
        "default": default,
        "score": score,
        "difference": test.mean,
        "low": test.low,
        "high": test.high,
        "n": test.n,
    }


def _seed_rows(defaults: pd.DataFrame, metric: str) -> list[dict]:
    """Each further seed of the default against its first one, on the folds that both have."""
    by_seed = defaults.pivot(index="fold", columns="seed", values=metric)
    first, *others = by_seed
    rows = []
    for seed in others:
        both = by_seed[[first, seed]].dropna()
        if both.empty:
            continue
        default, score = both.mean()
        row = {"choice": f"seed={seed}", "default": default, "score": score}
        rows.append(row | {"difference": score - default})
    return rows


def _printed_rows(metric: str) -> list[dict]:
    """The gaps of the paper's Table 3; none in a score that it does not print."""
    table = PRINTED_SCORES.get(("iemocap", metric))
    if table is None:
        return []
    rows = []
    default, _ = table[FULL]
    for row in TABLE3_PUBLISHED.index.drop(FULL):
        score, _ = table[row]
        test = welch_from_summary(*table[row], *table[FULL], 10)
        rows.append(
            {
                "choice": row,
                "default": default,
                "score": score,
                "difference": test.mean,
                "low": test.low,
                "high": test.high,
                "n": test.n,
                "panel": "the paper: IEMOCAP, Table 3 as printed",
            }
        )
    return rows


def tornado_bars(panel: pd.DataFrame) -> pd.DataFrame:
    """One panel of `sensitivity` as `figures.draw_tornado` takes it.

    Args:
        panel: rows of one panel.

    Returns:
        One row per choice: low and high, differences to the default, which is 0; and low_label and
        high_label, the values at both ends.
    """
    # "N = 2" is a row's name, not a value: the = of a value has no space before it.
    named = panel.choice.str.extract(r"^(?P<choice>.*?)(?:(?<! )=(?P<value>.*))?$").fillna("")
    rows = {}
    for choice, group in panel.assign(value=named.value).groupby(named.choice, sort=False):
        bar = {"low": 0.0, "high": 0.0, "low_label": "", "high_label": ""}
        for difference, value in zip(group.difference, group.value, strict=True):
            side = "low" if difference < 0 else "high"
            if abs(difference) > abs(bar[side]):
                bar |= {side: difference, f"{side}_label": value}
        rows[choice] = bar
    return pd.DataFrame.from_dict(rows, orient="index")
