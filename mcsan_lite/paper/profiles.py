"""How much is trained: the profiles "paper", "quick" and "smoke", and what each kind of corpus needs."""

from __future__ import annotations

from mcsan_lite.datasets.synthetic.generator import SyntheticConfig
from mcsan_lite.training.loop import TrainConfig

# How much is trained. "paper" is section 3.2; "quick" is a laptop's minute on the synthetic corpus; "smoke" is seconds.
PROFILES: dict[str, dict] = {
    "paper": {"options": {}, "train": TrainConfig(), "synthetic": SyntheticConfig()},
    "quick": {
        "options": {"hidden": 64, "heads": 4, "feedforward": 2, "dropout": 0.0},
        "synthetic": SyntheticConfig(),
        "train": TrainConfig(
            epochs=10, batch_size=32, learning_rate=1.5e-3, schedule="warmdown", clip=1.0
        ),
    },
    "smoke": {
        "options": {"hidden": 16, "heads": 2, "dropout": 0.0},
        "synthetic": SyntheticConfig(train=160, valid=60, test=60),
        "train": TrainConfig(epochs=2, batch_size=32, learning_rate=2e-3),
    },
}


# Tables of many trainings: a profile's folds (all, where there are more), and the synthetic corpus that a grid runs on. In
# "quick" it has shorter utterances of fewer words than the lessons' own, so that matching is learned in half the steps.
FOLDS = {"paper": None, "quick": 3, "smoke": 2}


GRID = {
    "paper": SyntheticConfig(),
    "smoke": PROFILES["smoke"]["synthetic"],
    "quick": SyntheticConfig(train=3200, valid=400, test=400, pairs=8, max_words=4),
}


GRID_PROTOCOL = {"synthetic": "kfold10"}  # elsewhere the corpus's own, PROTOCOL below


# Where a corpus needs other settings than the profile's. "paper" is section 3.2; in "quick", real speech and real text
# overfit without dropout, and a few hundred clips need more epochs. How they were chosen is in the README; "iemocap" and
# "manifest" take over what was found on MELD.
BY_CORPUS: dict[tuple[str, str], dict[str, dict]] = {
    ("meld", "paper"): {"train": {"epochs": 20, "learning_rate": 5e-4, "select": "weighted_f1"}},
    ("meld", "quick"): {
        "train": {"epochs": 20, "learning_rate": 1e-3, "select": "weighted_f1"},
        "options": {"dropout": 0.3},
    },
    ("ravdess", "quick"): {
        "train": {"epochs": 60, "learning_rate": 1e-3, "mask_frames": 0.3},
        "options": {"dropout": 0.2},
    },
}


PROTOCOL = {"synthetic": "official", "meld": "official", "ravdess": "speaker"}


OWN_FOLDS = {
    "iemocap": "kfold10",
    "meld": "official",
}  # the paper's, as we read it: elsewhere its numbers stand beside none
