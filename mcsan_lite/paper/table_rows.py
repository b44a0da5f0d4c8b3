"""The paper's settings and its Table 3 as programs, beside the numbers that it printed."""

from __future__ import annotations

from dataclasses import replace

from mcsan_lite.errors import require_name
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.paper.profiles import BY_CORPUS, PROFILES, PROTOCOL
from mcsan_lite.training.runner import Spec

# The nine rows of Table 3, as differences from the full model.
ABLATIONS: dict[str, dict[str, object]] = {
    "MCSAN": {},
    "w/o audio": {"use_audio": False, "use_cross": False},
    "w/o text": {"use_text": False, "use_cross": False},
    "w/o self": {"use_self": False},
    "w/o cross": {"use_cross": False},
    "cross + self (seq)": {"order": "cross+self"},
    "self + cross (seq)": {"order": "self+cross"},
    "N = 2": {"layers": 2},
    "N = 3": {"layers": 3},
}

BY_CORPUS |= {
    (corpus, "quick"): {"train": {"epochs": 20, "learning_rate": 1e-3}, "options": {"dropout": 0.3}}
    for corpus in ("iemocap", "manifest")
}


def table3(
    profile: str = "quick",
    corpus: str = "synthetic",
    *,
    rows: list[str] | None = None,
    protocol: str | None = None,
    features: FeatureConfig = FeatureConfig(),
) -> list[Spec]:
    """Table 3 as specs, all nine rows or the named ones, for a profile and a corpus kind."""
    settings = PROFILES[require_name(profile, PROFILES, "profile")]
    own = BY_CORPUS.get((corpus, profile), {})
    train = replace(settings["train"], **own.get("train", {}))
    names = [require_name(row, ABLATIONS, "row") for row in rows] if rows else list(ABLATIONS)
    return [
        Spec(
            name,
            "mcsan",
            {**settings["options"], **own.get("options", {}), **ABLATIONS[name]},
            features,
            train,
            protocol or PROTOCOL.get(corpus, "kfold10"),
        )
        for name in names
    ]


# The systems of Tables 1 and 2, and beside them what readers ask for: model, its options, options in the profile "quick"
# (smaller, and every third frame or fewer, so that a laptop can wait for it), features, training.
_HALF, _GRU, _TWO = (
    {"unlabelled": 0.5},
    {"hidden": 64, "stride": 3},
    ("audio_dropout", "text_dropout"),
)
SYSTEMS: dict[str, dict] = {
    "MDRE": {"model": "mdre", "quick": _GRU, "calm": _TWO},
    "MDRE, sigmoid loss": {
        "model": "mdre",
        "options": {"loss": "sigmoid"},
        "quick": _GRU,
        "calm": _TWO,
    },
    "MHA": {"model": "multihop", "quick": _GRU, "calm": _TWO},
    "MHA, 1 hop": {"model": "multihop", "options": {"hops": 1}, "quick": _GRU, "calm": _TWO},
    "MHA, 3 hops": {"model": "multihop", "options": {"hops": 3}, "quick": _GRU, "calm": _TWO},
    "Xu et al.": {"model": "xu_align", "quick": _GRU, "calm": ("dropout",)},
    "Xu et al., DELTA code": {
        "model": "xu_align_delta",
        "quick": _GRU | {"dense": 128, "stride": 6},
        "calm": ("dropout",),
    },
    "CAN": {"model": "can", "quick": _GRU, "calm": ("dropout",), "features": {"align": "gold"}},
    "CAN, proportional": {
        "model": "can",
        "quick": _GRU,
        "calm": ("dropout",),
        "features": {"align": "proportional"},
    },
    "AMH": {
        "model": "amh",
        "quick": {"hidden": 64, "video_hidden": 64, "stride": 3},
        "features": {"video": True},
        "calm": (*_TWO, "video_dropout"),
    },
    "MulT": {
        "model": "mult",
        "quick": {"layers": 2, "memory": 1, "stride": 9},
        "calm": ("text_dropout", "attention_dropout", "dropout"),
    },
    "Rajan et al., self": {
        "model": "self_cross",
        "options": {"attention": "self"},
        "quick": {"stride": 3},
        "calm": ("text_dropout", "dropout"),
    },
    "Rajan et al., cross": {
        "model": "self_cross",
        "options": {"attention": "cross"},
        "quick": {"stride": 3},
        "calm": ("text_dropout", "dropout"),
    },
    "MCSAN + video": {
        "model": "mcsan",
        "options": {"use_video": True},
        "features": {"video": True},
    },
    "cMKL": {"model": "cmkl", "quick": {"landmarks": 500}},
    "Liang et al.": {"model": "liang", "quick": {"width": 32}, "calm": ("dropout",)},
    "Liang et al., half the labels": {
        "model": "liang",
        "quick": {"width": 32},
        "calm": ("dropout",),
        "train": _HALF,
    },
    "Liang et al., semi, half the labels": {
        "model": "liang",
        "options": {"semi": True},
        "quick": {"width": 32, "warmup": 3},
        "train": _HALF,
        "calm": ("dropout",),
    },
}
ROWS = {
    "table1": (
        "MCSAN",
        "MDRE",
        "MDRE, sigmoid loss",
        "MHA",
        "MHA, 1 hop",
        "MHA, 3 hops",
        "Xu et al.",
        "Xu et al., DELTA code",
        "CAN",
        "CAN, proportional",
        "AMH",
        "MulT",
        "Rajan et al., self",
        "Rajan et al., cross",
        "MCSAN + video",
    ),
    "table2": (
        "MCSAN",
        "cMKL",
        "Liang et al.",
        "Liang et al., half the labels",
        "Liang et al., semi, half the labels",
    ),
}
# Batches and clips in the profile "paper": read in code (DELTA, Liang, self_cross; AMH, which clips each tensor by itself;
# MDRE's and MHA's batch), in the paper (MulT), in a third party's reproduction (Xu et al., whose beta 1 of .5 is not ours),
# chosen as AMH's (the clips of MDRE, whose code cuts each gradient at 10, and of MHA) or chosen (CAN, Liang's epochs). Other
# epochs are MCSAN's; Adam, 1e-3.
SOURCE_TRAIN = {
    "mdre": {"batch_size": 128, "clip": 1.0},
    "multihop": {"batch_size": 128, "clip": 1.0},
    "amh": {"batch_size": 128, "clip": 1.0},
    "xu_align": {"batch_size": 128},
    "xu_align_delta": {"batch_size": 64, "clip": 3.0, "epochs": 150},
    "can": {"batch_size": 128},
    "mult": {"batch_size": 32, "clip": 0.8},
    "self_cross": {"batch_size": 32},
    "liang": {"batch_size": 128, "epochs": 100},
}


def needs(row: str) -> str:
    """What a corpus must have for a row of SYSTEMS besides sound or words: "video", "word times" or nothing."""
    wants = SYSTEMS.get(row, {}).get("features", {})
    return "video" if wants.get("video") else "word times" if wants.get("align") == "gold" else ""


def systems(
    table: str,
    profile: str = "quick",
    corpus: str = "synthetic",
    *,
    rows: list[str] | None = None,
    protocol: str | None = None,
    features: FeatureConfig = FeatureConfig(),
    video: bool = False,
    word_times: bool = True,
) -> list[Spec]:
    """Table 1 or 2 as specs: every system on the folds, features and scores of MCSAN. `video`, `word_times`: does the corpus
    have them? Rows that need what it lacks are left out, and then "not run".

    In "paper" each system has its source's sizes and batches, on MCSAN's features. In "quick" all train as MCSAN does there;
    on generated speech without dropout, like MCSAN.
    """
    names = [require_name(row, ROWS[table], "row") for row in rows] if rows else list(ROWS[table])
    (full,) = table3(profile, corpus, rows=["MCSAN"], protocol=protocol, features=features)
    if table == "table2":
        full = replace(
            full, train=replace(full.train, select="weighted_f1")
        )  # its score picks the epoch
    made = []
    for name in names:
        system = SYSTEMS.get(name, {})
        wants = system.get("features", {})
        if not {"video": video, "word times": word_times, "": True}[needs(name)]:
            continue
        if system.get("model", "mcsan") == "mcsan":
            options, train = full.options, {}
        else:
            calm = dict.fromkeys(system.get("calm", ()), 0.0) if corpus == "synthetic" else {}
            options = {
                "paper": {},
                "quick": {**system["quick"], **calm},
                "smoke": {**system["quick"], **calm},
            }[profile]
            train = (
                {"learning_rate": 1e-3} | SOURCE_TRAIN.get(system["model"], {})
                if profile == "paper"
                else {}
            )
        made.append(
            replace(
                full,
                name=name,
                model=system.get("model", "mcsan"),
                features=replace(features, **wants),
                options={**options, **system.get("options", {})},
                train=replace(full.train, **train, **system.get("train", {})),
            )
        )
    return made
