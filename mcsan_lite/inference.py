"""A trained run as a thing to use: a wav and a transcript in, an emotion out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open

from mcsan_lite.batch import Dims, Standardizer
from mcsan_lite.corpus import Corpus, DataError, Utterance
from mcsan_lite.features import FeatureConfig, Features, extract
from mcsan_lite.models import MODELS
from mcsan_lite.training import predict


@dataclass(frozen=True)
class Trained:
    """A model with everything that it needs to read the world as in training."""

    model: torch.nn.Module
    normal: Standardizer
    labels: tuple[str, ...]
    features: FeatureConfig

    def prepare(self, features: list[Features]) -> list[Features]:
        return self.normal.apply(features)

    def features_of(self, audio: Path | str | None, text: str, cache: Path | str = "data/cache") -> Features:
        """Normalised features of your own recording and its transcript; either may be left out."""
        one = Utterance("yours", None if audio is None else Path(audio), text, self.labels[0])
        return self.prepare(extract(Corpus("yours", self.labels, (one,)), self.features, cache=cache)[0])[0]

    def probabilities(self, features: Features) -> pd.Series:
        """P(class) for one normalised utterance, likeliest first."""
        found = predict(self.model, [features], self.labels)
        return pd.Series(found.prob[0], index=list(self.labels)).sort_values(ascending=False)


def load(folder: Path | str, models: dict[str, type] = MODELS) -> Trained:
    """The run in `folder` (one fold and seed), or in a safetensors file. Nothing is unpickled."""
    path = Path(folder)
    path = path / "model.safetensors" if path.is_dir() else path
    if not path.is_file():
        raise DataError(f"no model at {path}", "a fold's folder with model.safetensors",
                        "mcsan run   (trains one), or look below runs/ for a finished one.")
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("mcsan_lite", "null"))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DataError(f"{path}: {error}", "a whole safetensors file", "copy it again, or train again: mcsan run") from None
    if about is None or about["model"] not in models:
        raise DataError(f"{path}, of a model that is not here ({about and about['model']!r})",
                        f"one of {', '.join(models)}", "pass the class: load(folder, models={…})")
    normal = Standardizer()
    normal.mean, normal.deviation = (tensors.pop(f"normal.{k}").numpy().astype(np.float32) for k in ("mean", "deviation"))
    model_class = models[about["model"]]
    try:
        model = model_class(Dims(**about["dims"]), model_class.Config(**about["config"]))
        model.load_state_dict(tensors)
    except (TypeError, RuntimeError) as error:
        raise DataError(f"{path}, saved by other code of {about['model']!r}: {str(error).splitlines()[-1].strip()}",
                        "weights that fit the code here", "train again: mcsan run") from None
    return Trained(model.eval(), normal, tuple(about["labels"]), FeatureConfig(**about["features"]))
