"""The rows of the paper's tables as programs: Table 3 (ablations), Tables 1 and 2 (rival systems),
and of the fusion table of lesson 07, which the paper does not have.

In: a profile, the kind of a corpus and the names of rows. Out: specs for `run_experiment`.
docs/adding_a_row.md shows how to add a row of either kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mcsan_lite.errors import DataError, require_name
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.paper.profiles import BY_CORPUS, DEFAULT_PROTOCOL, PROFILES, CorpusSettings
from mcsan_lite.paper.published import PUBLISHED_TABLES
from mcsan_lite.training.spec import Spec

# The rows of Table 3, as differences from the full model: fields of MCSANConfig.
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


@dataclass(frozen=True)
class RivalSystem:
    """A system of Table 1 or 2, a way to fuse, or what readers ask for, as changes of MCSAN's spec.

    Args:
        model: its name in `models.MODELS`.
        options: fields of the model's Config that make this row what it is, in every profile.
        quick: fields of its Config in the profiles "quick" and "smoke": smaller, and every third
            frame or fewer, so that a laptop can wait for it. A system of its own needs them ({}
            keeps the sizes of its source); MCSAN has its own, and "fusion" takes MCSAN's.
        calm: names of its dropouts, which are 0 on generated speech, as MCSAN's is.
        features: fields of FeatureConfig. They say what the row needs of a corpus, see
            `required_input`.
        train: fields of TrainConfig, in every profile.
    """

    model: str
    options: Mapping[str, object] = field(default_factory=dict)
    quick: Mapping[str, object] | None = None
    calm: Sequence[str] = ()
    features: Mapping[str, object] = field(default_factory=dict)
    train: Mapping[str, object] = field(default_factory=dict)


_QUICK_GRU = {"hidden": 64, "stride": 3}
_QUICK_ATTENTION = {"stride": 3}
_QUICK_LIANG = {"width": 32}
_TWO_ENCODERS = ("audio_dropout", "text_dropout")
_HALF_THE_LABELS = {"unlabelled": 0.5}

# The systems of Tables 1 and 2, and beside them what readers ask for.
SYSTEMS: dict[str, RivalSystem] = {
    "MDRE": RivalSystem("mdre", quick=_QUICK_GRU, calm=_TWO_ENCODERS),
    "MDRE, sigmoid loss": RivalSystem(
        "mdre", options={"loss": "sigmoid"}, quick=_QUICK_GRU, calm=_TWO_ENCODERS
    ),
    "MHA": RivalSystem("multihop", quick=_QUICK_GRU, calm=_TWO_ENCODERS),
    "MHA, 1 hop": RivalSystem(
        "multihop", options={"hops": 1}, quick=_QUICK_GRU, calm=_TWO_ENCODERS
    ),
    "MHA, 3 hops": RivalSystem(
        "multihop", options={"hops": 3}, quick=_QUICK_GRU, calm=_TWO_ENCODERS
    ),
    "Xu et al.": RivalSystem("xu_align", quick=_QUICK_GRU, calm=("dropout",)),
    "Xu et al., DELTA code": RivalSystem(
        "xu_align_delta",
        quick={"hidden": 64, "stride": 6, "dense": 128},
        calm=("dropout",),
    ),
    "CAN": RivalSystem("can", quick=_QUICK_GRU, calm=("dropout",), features={"align": "gold"}),
    "CAN, proportional": RivalSystem(
        "can", quick=_QUICK_GRU, calm=("dropout",), features={"align": "proportional"}
    ),
    "AMH": RivalSystem(
        "amh",
        quick={"hidden": 64, "video_hidden": 64, "stride": 3},
        calm=(*_TWO_ENCODERS, "video_dropout"),
        features={"video": True},
    ),
    "MulT": RivalSystem(
        "mult",
        quick={"layers": 2, "memory": 1, "stride": 9},
        calm=("text_dropout", "attention_dropout", "dropout"),
    ),
    "Rajan et al., self": RivalSystem(
        "self_cross",
        options={"attention": "self"},
        quick=_QUICK_ATTENTION,
        calm=("text_dropout", "dropout"),
    ),
    "Rajan et al., cross": RivalSystem(
        "self_cross",
        options={"attention": "cross"},
        quick=_QUICK_ATTENTION,
        calm=("text_dropout", "dropout"),
    ),
    "MCSAN + video": RivalSystem("mcsan", options={"use_video": True}, features={"video": True}),
    "cMKL": RivalSystem("cmkl", quick={"landmarks": 500}),
    "Liang et al.": RivalSystem("liang", quick=_QUICK_LIANG, calm=("dropout",)),
    "Liang et al., half the labels": RivalSystem(
        "liang", quick=_QUICK_LIANG, calm=("dropout",), train=_HALF_THE_LABELS
    ),
    "Liang et al., semi, half the labels": RivalSystem(
        "liang",
        options={"semi": True},
        quick={"width": 32, "warmup": 3},
        calm=("dropout",),
        train=_HALF_THE_LABELS,
    ),
    "early": RivalSystem("fusion", options={"kind": "early"}),
    "late": RivalSystem("fusion", options={"kind": "late"}),
    "gated": RivalSystem("fusion", options={"kind": "gated"}),
    "tensor": RivalSystem("fusion", options={"kind": "tensor"}),
    "low-rank": RivalSystem("fusion", options={"kind": "low-rank"}),
}
_SIZES_OF_ENCODERS = ("hidden", "kernel", "pool_stride", "dropout")  # in MCSAN and "fusion" alike

# Which of them a table has, in its order. MCSAN is what they are compared with.
RIVAL_ROWS: dict[str, tuple[str, ...]] = {
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
    "fusion": ("MCSAN", "early", "late", "gated", "tensor", "low-rank"),
}

# Batches and clips in the profile "paper", by model. They were read in code (DELTA, Liang,
# self_cross; AMH, which clips each tensor by itself; the batch of MDRE and MHA), in the paper
# (MulT) or in a third party's reproduction (Xu et al., whose beta 1 of .5 is not ours), chosen as
# AMH's (the clips of MDRE, whose code cuts each gradient at 10, and of MHA) or chosen here (CAN,
# Liang's epochs). Other epochs are MCSAN's, and the optimizer is Adam at 1e-3.
SOURCE_TRAIN: dict[str, dict[str, object]] = {
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


def rows_of(table: str) -> list[str]:
    """Every row of "table1", "table2", "table3" or "fusion": ours, and those of the paper alone.

    An ablation or system that is added to ABLATIONS or RIVAL_ROWS is among them. In Tables 1 and 2
    the printed rows come first, in the paper's order.
    """
    printed = list(PUBLISHED_TABLES[require_name(table, PUBLISHED_TABLES, "table")].numbers.index)
    if table == "table3":
        return list(dict.fromkeys([*ABLATIONS, *printed]))
    return list(dict.fromkeys([*printed, *RIVAL_ROWS[table]]))


def table3_specs(
    profile: str = "quick",
    corpus: str = "synthetic",
    *,
    rows: Sequence[str] | None = None,
    protocol: str | None = None,
    features: FeatureConfig = FeatureConfig(),
) -> list[Spec]:
    """Table 3 as specs (section 3.5), one per row.

    Args:
        profile: a name of PROFILES.
        corpus: the kind of corpus, which may have settings of its own (BY_CORPUS).
        rows: names of ABLATIONS; all of them where none is given.
        protocol: how the corpus is split; its own protocol where none is given.
        features: what the sound and the words are turned into.

    Raises:
        DataError: for an unknown profile or row, with the nearest name.
    """
    settings = PROFILES[require_name(profile, PROFILES, "profile")]
    own = BY_CORPUS.get((corpus, profile), CorpusSettings())
    names = [require_name(row, ABLATIONS, "row") for row in rows or ABLATIONS]
    return [
        Spec(
            name,
            model="mcsan",
            options={**settings.options, **own.options, **ABLATIONS[name]},
            features=features,
            train=replace(settings.train, **own.train),
            protocol=protocol or DEFAULT_PROTOCOL.get(corpus, "kfold10"),
        )
        for name in names
    ]


def required_input(row: str) -> str:
    """What a corpus must have for a row of SYSTEMS besides sound or words.

    It is "video", "word times" or nothing ("").
    """
    features = SYSTEMS[row].features if row in SYSTEMS else {}
    if features.get("video"):
        return "video"
    if features.get("align") == "gold":
        return "word times"
    return ""


def runnable_specs(specs: Sequence[Spec], *, video: bool, word_times: bool) -> list[Spec]:
    """Those specs of Table 1 or 2 whose input a corpus has; the others are then "not run".

    Args:
        specs: from `rival_specs`.
        video: whether the corpus has video.
        word_times: whether it knows when each word is spoken.
    """
    there = {"": True, "video": video, "word times": word_times}
    return [spec for spec in specs if there[required_input(spec.name)]]


def rival_specs(
    table: str,
    profile: str = "quick",
    corpus: str = "synthetic",
    *,
    rows: Sequence[str] | None = None,
    protocol: str | None = None,
    features: FeatureConfig = FeatureConfig(),
) -> list[Spec]:
    """Table 1 or 2 as specs (section 3.4): every system on the folds, features and scores of MCSAN.

    In "paper" each system has the sizes and batches of its source, on MCSAN's features. In "quick"
    and "smoke" all train as MCSAN does there; on generated speech without dropout, like MCSAN. The
    rows of "fusion" have the encoders and the training of MCSAN in every profile.

    Args:
        table: "table1", "table2" or "fusion".
        profile: a name of PROFILES.
        corpus: the kind of corpus, as for `table3_specs`.
        rows: names of the table's RIVAL_ROWS; all of them where none is given.
        protocol: as for `table3_specs`.
        features: as for `table3_specs`; rows that see video or word times change them.

    Raises:
        DataError: for an unknown name, and for a system that lacks its sizes in a quick profile.
    """
    known = RIVAL_ROWS[require_name(table, RIVAL_ROWS, "table")]
    names = [require_name(row, known, "row") for row in (known if rows is None else rows)]
    (full,) = table3_specs(profile, corpus, rows=["MCSAN"], protocol=protocol, features=features)
    if table == "table2":  # the score of this table picks the epoch
        full = replace(full, train=replace(full.train, select="weighted_f1"))
    return [_rival_spec(name, full, profile, corpus) for name in names]


def _rival_spec(name: str, full: Spec, profile: str, corpus: str) -> Spec:
    """One row of Table 1 or 2, from the full MCSAN of the same profile and corpus."""
    system = SYSTEMS.get(name, RivalSystem("mcsan"))
    train: dict[str, object] = {}
    if system.model == "mcsan":
        options = full.options
    elif system.model == "fusion":
        options = {name: full.options[name] for name in _SIZES_OF_ENCODERS if name in full.options}
    elif profile == "paper":
        options = {}
        train = {"learning_rate": 1e-3} | SOURCE_TRAIN.get(system.model, {})
    else:
        options = _quick_options(name, system, corpus)
    return replace(
        full,
        name=name,
        model=system.model,
        features=replace(full.features, **system.features),
        options={**options, **system.options},
        train=replace(full.train, **train, **system.train),
    )


def _quick_options(name: str, system: RivalSystem, corpus: str) -> dict[str, object]:
    if system.quick is None:
        raise DataError(
            f"the system {name!r} without sizes for the quick profiles",
            "`quick`: fields of its Config that make it small enough for a laptop",
            f"RivalSystem({system.model!r}, quick={{…}}); {{}} keeps the sizes of its source.",
        )
    dropouts = system.calm if corpus == "synthetic" else ()
    return {**system.quick, **dict.fromkeys(dropouts, 0.0)}
