"""A grid so small that it can be run many times over: two rows, three folds, a second in all."""

import json

import numpy as np
import pandas as pd
import soundfile

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models import MODELS
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.spec import Spec

LABELS = ("angry", "neutral", "sad")


def tiny_grid(home):
    """run_experiment on 18 tones by three speakers, with your own options; clips and features are
    kept in `home`.
    """
    (home / "v.txt").write_text("no 0.5 1.5 2.5\nyes 1.0 2.0 3.0\n")
    for i in range(18):
        t = np.arange(3200 + 320 * i) / 16_000
        soundfile.write(home / f"u{i:02d}.wav", 0.3 * np.sin(900 * (1 + i % 3) * t), 16_000)
    corpus = Corpus(
        "tones",
        LABELS,
        tuple(
            Utterance(
                f"u{i:02d}",
                home / f"u{i:02d}.wav",
                ("no yes", "yes", "no no yes")[i % 3],
                LABELS[i % 3],
                speaker=f"s{i // 6}",
            )
            for i in range(18)
        ),
    )
    train = TrainConfig(epochs=2, batch_size=6)
    specs = [
        Spec(
            name,
            "mcsan",
            {"hidden": 8, "heads": 2, "layers": layers},
            FeatureConfig(vectors=str(home / "v.txt")),
            train,
            "speaker",
        )
        for name, layers in (("MCSAN", 1), ("N = 2", 2))
    ]

    def run(runs, *, models=MODELS, folds=None, seeds=(0,), **how):
        options = RunOptions(data=home, runs=runs, **how)
        return run_experiment(
            specs, corpus, seeds=seeds, folds=folds, models=models, options=options
        )

    return run


def contents(runs):
    """{path below `runs`: what must be the same}: everything but the clock."""
    found = {}
    for file in sorted(p for p in runs.rglob("*") if p.is_file()):
        value = file.read_bytes()
        if file.name == "metrics.json":
            value = {
                k: v
                for k, v in json.loads(value).items()
                if k not in ("seconds", "seconds_per_epoch")
            }
        elif file.name == "manifest.json":
            value = {
                k: v
                for k, v in json.loads(value).items()
                if k not in ("started", "finished", "git")
            }
        elif file.name == "history.csv":
            value = pd.read_csv(file).drop(columns="seconds").to_csv()
        found[str(file.relative_to(runs))] = value
    return found
