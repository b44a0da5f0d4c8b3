"""A trained run as a thing to use: a wav and a transcript in, an emotion out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import FeatureConfig, Features, extract
from mcsan_lite.models import MODELS
from mcsan_lite.training.loop import predict


@dataclass(frozen=True)
class Trained:
    """A model with everything that it needs to read the world as in training."""

    model: torch.nn.Module
    standardizer: Standardizer
    labels: tuple[str, ...]
    features: FeatureConfig
    video_size: int = 0  # numbers a video frame that it was trained on; 0: without video

    def prepare(self, features: list[Features]) -> list[Features]:
        """Normalised copies. Raises DataError for video with another number of numbers a frame than in training."""
        for one in features:
            if self.video_size and one.video.shape[1] not in (0, self.video_size):
                raise DataError(
                    f"video of {one.id!r} with {one.video.shape[1]} numbers a frame",
                    f"{self.video_size}, as in training",
                    "write it with the same tool.",
                )
        return self.standardizer.apply(features)

    def require_video(self) -> None:
        """Raises DataError for a run that was trained without video: it would not look."""
        if not self.features.video:
            raise DataError(
                "--video (video=) for a run that was trained without",
                "a run that looks at video",
                "leave it out, or take a run of AMH or MCSAN + video: mcsan run table1",
            )

    def without_word_times(self) -> Trained:
        """The same run, for a recording of which nobody says when its words are spoken: a run that was trained on known
        times ("gold") gets the words placed in proportion to their letters."""
        if self.features.align != "gold":
            return self
        return replace(self, features=replace(self.features, align="proportional"))

    def features_of(
        self,
        audio: Path | str | None,
        text: str,
        cache: Path | str = "data/cache",
        video: Path | str | None = None,
    ) -> Features:
        """Normalised features of your own recording, its transcript and its film (see `video.read_video`); each may be left
        out. Words are placed as `without_word_times` says. Raises DataError for video that the run would not look at, or
        that has other frames than in training.

        A run that was trained on video and gets none answers from sound and words alone, or refuses, as AMH does.
        """
        if video is not None:
            self.require_video()
        run = self.without_word_times()
        one = Utterance(
            "yours",
            None if audio is None else Path(audio),
            text,
            self.labels[0],
            video=None if video is None else Path(video),
        )
        return run.prepare(
            extract(Corpus("yours", self.labels, (one,)), run.features, cache=cache)[0]
        )[0]

    def probabilities(self, features: Features) -> pd.Series:
        """P(class) for one normalised utterance, likeliest first."""
        found = predict(self.model, [features], self.labels)
        return pd.Series(found.prob[0], index=list(self.labels)).sort_values(ascending=False)


def load_run(folder: Path | str, models: dict[str, type] = MODELS) -> Trained:
    """The run in `folder` (one fold and seed), or in a safetensors file. Nothing is unpickled."""
    path = Path(folder)
    path = path / "model.safetensors" if path.is_dir() else path
    if not path.is_file():
        raise DataError(
            f"no model at {path}",
            "a fold's folder with model.safetensors",
            "mcsan run   (trains one), or look below runs/ for a finished one.",
        )
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("mcsan_lite", "null"))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DataError(
            f"{path}: {error}",
            "a whole safetensors file",
            "copy it again, or train again: mcsan run",
        ) from None
    if about is None or about["model"] not in models:
        raise DataError(
            f"{path}, of a model that is not here ({about and about['model']!r})",
            f"one of {', '.join(models)}",
            "pass the class: load_run(folder, models={…})",
        )
    standardizer = Standardizer()
    standardizer.mean, standardizer.deviation = (
        tensors.pop(f"normal.{k}").numpy().astype(np.float32) for k in ("mean", "deviation")
    )
    model_class = models[about["model"]]
    try:
        model = model_class(Dims(**about["dims"]), model_class.Config(**about["config"]))
        model.load_state_dict(tensors)
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"{path}, saved by other code of {about['model']!r}: {str(error).splitlines()[-1].strip()}",
            "weights that fit the code here",
            "train again: mcsan run",
        ) from None
    return Trained(
        model.eval(),
        standardizer,
        tuple(about["labels"]),
        FeatureConfig(**about["features"]),
        about["dims"].get("video", 0),
    )
