"""What the paper leaves open, our default, and the alternatives as experiments.

Most of it stands beside the settings in the code, as comments that begin with "paper silent": that part is read from the
source, never typed. What is no field of a setting is in OPEN_CHOICES.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, fields, replace

import pandas as pd

from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSANConfig
from mcsan_lite.paper import table_rows
from mcsan_lite.training.loop import TrainConfig
from mcsan_lite.training.spec import Spec

SETTINGS = (MCSANConfig, FeatureConfig, TrainConfig)
# What else a reader of the paper could have built. The first that is not the default is tried in the quick profiles, all
# of them in "paper". A field of the features makes them anew, so it is tried in "paper" only.
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
    "select": ("ua", "wa", "weighted_f1"),
    "sample_rate": (22_050,),
    "n_mels": (40, 128),
    "unknown": ("mean", "random"),
}
OTHER_PROTOCOLS = {
    "iemocap": ("yoon5", "session5")
}  # other readings of "10-fold, 8:1:1", by corpus


@dataclass(frozen=True)
class OpenChoice:
    """A choice that is no field: what we do, what else could be meant, how to try it ("" where nothing is built for it)."""

    choice: str
    ours: str
    alternatives: str
    run: str = ""


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
# Fields whose alternatives need something else than a change: what they are, and how they are tried.
TRIED_ELSEWHERE = {
    "vectors": ("300 dimensions, as the paper says", "--vectors glove-wiki-gigaword-300"),
    "precision": ("bfloat16: no reading of the paper, but of the machine", "benchmarks/"),
}


def choices() -> pd.DataFrame:
    """Every commented field of the settings: of, choice, ours, comment, and status: stated (by the paper), silent, unclear
    (it says something, but not which) or ours (not in the paper)."""
    lines = []
    for settings in SETTINGS:
        found = re.findall(r"^    (\w+): .+? = (.+?)  # (.+)$", inspect.getsource(settings), re.M)
        lines += [
            {"of": settings.__name__, "choice": name, "ours": value, "comment": comment}
            for name, value, comment in found
        ]
    ledger = pd.DataFrame(lines)
    rules = {"stated": r"paper 3|Table 3", "silent": "paper silent", "ours": "not in the paper"}
    ledger["status"] = [
        next((name for name, rule in rules.items() if re.match(rule, comment)), "unclear")
        for comment in ledger.comment
    ]
    return ledger


def _changed(spec: Spec, name: str, value: object) -> Spec:
    if name in {f.name for f in fields(MCSANConfig)}:
        spec = replace(spec, options=spec.options | {name: value})
    elif name in {f.name for f in fields(TrainConfig)}:
        spec = replace(spec, train=replace(spec.train, **{name: value}))
    else:
        spec = replace(spec, features=replace(spec.features, **{name: value}))
    return replace(spec, name=f"{name}={value}")


def default_of(spec: Spec, name: str) -> object:
    """The value of a setting that a spec runs with, wherever it is kept."""
    for settings in (MCSANConfig(**spec.options), spec.train, spec.features):
        if hasattr(settings, name):
            return getattr(settings, name)
    raise KeyError(name)


def alternatives_of(name: str, base: Spec | None = None) -> list:
    """The alternatives of a setting that are not what a spec (the paper profile's MCSAN) runs with."""
    base = base or table_rows.table3_specs("paper", "iemocap", rows=["MCSAN"])[0]
    return [value for value in ALTERNATIVES[name] if value != default_of(base, name)]


def ambiguity_specs(profile: str = "quick", corpus: str = "synthetic", **how) -> list[Spec]:
    """The full MCSAN of a profile, then one change at a time, named "field=value": what `run_experiment` takes.

    In the quick profiles one alternative a choice, and none that makes the features anew (14; with one seed on one fold
    each costs what the first row costs); in "paper" all. `how` is that of `paper.table3`: protocol, features.
    """
    (base,) = table_rows.table3_specs(profile, corpus, rows=["MCSAN"], **how)
    features = {f.name for f in fields(FeatureConfig)}
    made = [base]
    for name in ALTERNATIVES:
        changed = [_changed(base, name, value) for value in alternatives_of(name, base)]
        made += changed if profile == "paper" else [] if name in features else changed[:1]
    if base.protocol == "kfold10":  # whoever asked for other folds has chosen
        made += [
            replace(base, name=f"protocol={p}", protocol=p) for p in OTHER_PROTOCOLS.get(corpus, ())
        ]
    return made
