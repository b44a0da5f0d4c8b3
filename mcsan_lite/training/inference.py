"""A trained run as a thing to use: a recording and its transcript in, an emotion out.

In: the folder of a fold, or a safetensors file. Out: a `Trained` model that reads the world as it
    did in training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    """A model with everything that it needs to read the world as in training.

    Attributes:
        model: in eval mode.
        standardizer: fitted on the training part.
        labels: the order of the classes.
        features: the settings that its features were made with.
        video_size: numbers per video frame that it was trained on; 0 means without video.
    """

    model: torch.nn.Module
    standardizer: Standardizer
    labels: tuple[str, ...]
    features: FeatureConfig
    video_size: int = 0

    def prepare(self, features: Sequence[Features]) -> list[Features]:
        """Normalised copies of features.

        Raises:
            DataError: for video with another number of numbers per frame than in training.
        """
        for one in features:
            size = one.video.shape[1]
            if self.video_size and size not in (0, self.video_size):
                raise DataError(
                    f"video of {one.id!r} with {size} numbers per frame",
                    f"{self.video_size}, as in training",
                    "write it with the same tool.",
                )
        return self.standardizer.apply(features)

    def require_video(self) -> None:
        """Raise DataError for a run that was trained without video: it would not look."""
        if not self.features.video:
            raise DataError(
                "--video (video=) for a run that was trained without",
                "a run that looks at video",
                "leave it out, or take a run of AMH or MCSAN + video: mcsan run table1",
            )

    def without_word_times(self) -> Trained:
        """The same run, for a recording whose word times nobody knows.

        A run that was trained on known times ("gold") gets the words placed in proportion to their
        letters.
        """
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
        """Normalised features of one recording.

        A run that was trained on video and gets none answers from sound and words alone, or
        refuses, as AMH does.

        Args:
            audio: the sound file; None where there is no sound.
            text: the transcript; "" where there are no words.
            cache: the folder in which features are kept.
            video: the file of video frames, as `features.video.read_video` takes it.

        Raises:
            DataError: for video that the run would not look at, or that has other frames than in
                training.
        """
        if video is not None:
            self.require_video()
        run = self.without_word_times()
        yours = Utterance(
            "yours",
            None if audio is None else Path(audio),
            text,
            self.labels[0],
            video=None if video is None else Path(video),
        )
        extracted, _ = extract(Corpus("yours", self.labels, (yours,)), run.features, cache=cache)
        (ready,) = run.prepare(extracted)
        return ready

    def probabilities(self, features: Features) -> pd.Series:
        """P(class) of one normalised utterance, the likeliest class first."""
        predictions = predict(self.model, [features], self.labels)
        (prob,) = predictions.prob
        return pd.Series(prob, index=list(self.labels)).sort_values(ascending=False)


def load_run(folder: Path | str, models: Mapping[str, type] = MODELS) -> Trained:
    """Load a trained run. Nothing is unpickled.

    Args:
        folder: of one fold and seed, with model.safetensors; or a safetensors file itself.
        models: model classes by name.

    Raises:
        DataError: for a file that is not there, not whole, or of a model or code that is not here.
    """
    path = Path(folder)
    path = path / "model.safetensors" if path.is_dir() else path
    about, tensors = _read_checkpoint(path)
    if about is None or about["model"] not in models:
        name = about and about["model"]
        raise DataError(
            f"{path}, of a model that is not here ({name!r})",
            f"one of {', '.join(models)}",
            "pass the class: load_run(folder, models={…})",
        )
    standardizer = Standardizer()
    standardizer.mean = tensors.pop("normal.mean").numpy().astype(np.float32)
    standardizer.deviation = tensors.pop("normal.deviation").numpy().astype(np.float32)
    dims = Dims(**about["dims"])
    model_class = models[about["model"]]
    try:
        model = model_class(dims, model_class.Config(**about["config"]))
        model.load_state_dict(tensors)
    except (TypeError, RuntimeError) as error:
        why = str(error).splitlines()[-1].strip()
        raise DataError(
            f"{path}, saved by other code of {about['model']!r}: {why}",
            "weights that fit the code here",
            "train again: mcsan run",
        ) from None
    features = FeatureConfig(**about["features"])
    return Trained(model.eval(), standardizer, tuple(about["labels"]), features, dims.video)


def _read_checkpoint(path: Path) -> tuple[dict | None, dict[str, torch.Tensor]]:
    """What a checkpoint says of itself, None if it is not ours, and its tensors in float32."""
    if not path.is_file():
        raise DataError(
            f"no model at {path}",
            "a fold's folder with model.safetensors",
            "mcsan run   (trains one), or look below runs/ for a finished one.",
        )
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("mcsan_lite", "null"))
            names = list(file.keys())
            tensors = {name: file.get_tensor(name).float() for name in names}
    except SafetensorError as error:
        raise DataError(
            f"{path}: {error}",
            "a whole safetensors file",
            "copy it again, or train again: mcsan run",
        ) from None
    return about, tensors
