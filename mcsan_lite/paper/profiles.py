"""How much is trained: the profiles "paper", "full", "quick" and "smoke", and what each corpus
needs.

In: nothing. Out: tables of settings, which `table_rows` turns into specs. A kind of corpus is the
name of its reader: "synthetic", "iemocap", "meld", "ravdess" or "manifest".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.training.config import TrainConfig


@dataclass(frozen=True)
class Profile:
    """How large the network is, how long it is trained, and on which synthetic corpus."""

    options: Mapping[str, object]  # fields of MCSANConfig
    train: TrainConfig
    synthetic: SyntheticConfig


@dataclass(frozen=True)
class CorpusSettings:
    """What a corpus changes in a profile: fields of TrainConfig and of MCSANConfig."""

    train: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


_QUICK = Profile(
    options={"hidden": 64, "heads": 4, "feedforward": 2, "dropout": 0.0},
    train=TrainConfig(
        epochs=10,
        batch_size=32,
        learning_rate=1.5e-3,
        schedule="warmdown",
        clip=1.0,
    ),
    synthetic=SyntheticConfig(),
)

# "paper" is section 3.2; "quick" takes a laptop a minute on the synthetic corpus; "smoke" takes
# seconds. "full" trains what "quick" trains, but its tables have all folds and several seeds, so
# that their verdicts can tell two points.
PROFILES: dict[str, Profile] = {
    "paper": Profile(options={}, train=TrainConfig(), synthetic=SyntheticConfig()),
    "full": _QUICK,
    "quick": _QUICK,
    "smoke": Profile(
        options={"hidden": 16, "heads": 2, "dropout": 0.0},
        train=TrainConfig(epochs=2, batch_size=32, learning_rate=2e-3),
        synthetic=SyntheticConfig(train=160, valid=60, test=60),
    ),
}

# Tables of many trainings: the folds of a profile (None: all of them), and its seeds.
GRID_FOLDS: dict[str, int | None] = {"paper": None, "full": None, "quick": 3, "smoke": 2}
GRID_SEEDS: dict[str, int] = {"paper": 1, "full": 3, "quick": 1, "smoke": 1}

# The synthetic corpus of such a table. In "quick" it has shorter utterances of fewer words than the
# lessons' own, so that matching is learned in half the steps.
_QUICK_GRID = SyntheticConfig(train=3200, valid=400, test=400, pairs=8, max_words=4)
GRID_SYNTHETIC = {
    "paper": SyntheticConfig(),
    "full": _QUICK_GRID,
    "quick": _QUICK_GRID,
    "smoke": PROFILES["smoke"].synthetic,
}

# The protocol of such a table on the synthetic corpus. Elsewhere it is DEFAULT_PROTOCOL.
GRID_PROTOCOL = {"synthetic": "kfold10"}

# The protocol of a corpus where nobody asks for another one; "kfold10" for those that are not
# named.
DEFAULT_PROTOCOL = {"synthetic": "official", "meld": "official", "ravdess": "speaker"}

# The paper's own folds, as we read it. On other folds or corpora its numbers stand beside none of
# ours.
PAPER_PROTOCOL = {"iemocap": "kfold10", "meld": "official"}
TEXT_ALONE = "text alone"  # the kind of a corpus without sound, of which the paper claims nothing

# Real speech and real text overfit without dropout, and a few hundred clips need more epochs.
_REAL_SPEECH = CorpusSettings(
    train={"epochs": 20, "learning_rate": 1e-3},
    options={"dropout": 0.3},
)

# Settings of "quick" and "full" by corpus. docs/results.md says how they were chosen; "iemocap" and
# "manifest" take over what was found on MELD.
_QUICK_BY_CORPUS = {
    "meld": CorpusSettings(
        train={"epochs": 20, "learning_rate": 1e-3, "select": "weighted_f1"},
        options={"dropout": 0.3},
    ),
    "ravdess": CorpusSettings(
        train={"epochs": 60, "learning_rate": 1e-3, "mask_frames": 0.3},
        options={"dropout": 0.2},
    ),
    "iemocap": _REAL_SPEECH,
    "manifest": _REAL_SPEECH,
}

# Where a corpus needs other settings than the profile's: (corpus, profile). "paper" is section 3.2.
BY_CORPUS: dict[tuple[str, str], CorpusSettings] = {
    ("meld", "paper"): CorpusSettings(
        train={"epochs": 20, "learning_rate": 5e-4, "select": "weighted_f1"},
    ),
    **{(corpus, "quick"): settings for corpus, settings in _QUICK_BY_CORPUS.items()},
    **{(corpus, "full"): settings for corpus, settings in _QUICK_BY_CORPUS.items()},
}
