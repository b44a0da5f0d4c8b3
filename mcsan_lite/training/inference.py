"""A trained run as a thing to use: a recording and its transcript in, an emotion out.

In: the folder of a fold, or a safetensors file. Out: a `Trained` model that reads the world as it
    did in training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Standardizer
from mcsan_lite.features.extraction import FeatureConfig, Features, extract
from mcsan_lite.features.words import GLOVE_50
from mcsan_lite.models import MODELS
from mcsan_lite.training.loop import predict
from mcsan_lite.training.saved.checkpoint import read_checkpoint


@dataclass(frozen=True)
class Trained:
    """A model with everything that it needs to read the world as in training.

    Attributes:
        model: in eval mode.
        standardizer: fitted on the training part.
        labels: the order of the classes.
        features: the settings that its features were made with.
        video_size: numbers per video frame that it was trained on; 0 means without video.
        text_size: numbers per word vector that it was trained on; 0 means not known.
    """

    model: torch.nn.Module
    standardizer: Standardizer
    labels: tuple[str, ...]
    features: FeatureConfig
    video_size: int = 0
    text_size: int = 0

    def prepare(self, features: Sequence[Features]) -> list[Features]:
        """Normalised copies of features.

        Raises:
            DataError: for sound, words or video with another number of numbers per step than in
                training.
        """
        self._refuse_other_widths(features)
        return self.standardizer.apply(features)

    def _refuse_other_widths(self, features: Sequence[Features]) -> None:
        sound_size = len(self.standardizer.mean)
        for one in features:
            sizes = [
                ("video", "frame", one.video.shape[1], self.video_size),
                ("words", "word", one.text.shape[1], self.text_size),
            ]
            if len(one.audio) and sound_size > 1:
                sizes.append(("sound", "frame", one.audio.shape[1], sound_size))
            for stream, step, size, trained_size in sizes:
                if trained_size and size not in (0, trained_size):
                    raise DataError(
                        f"{stream} of {one.id!r} with {size} numbers per {step}",
                        f"{trained_size}, as in training",
                        "make it with the same tool and settings; for words, name the word "
                        "vectors of the training: --vectors",
                    )

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
        if not np.isfinite(prob).all():
            raise DataError(
                f"{features.id!r}, for which the model computes no number",
                "finite probabilities",
                "its weights are damaged, or much too large: copy the file again, or train again.",
            )
        return pd.Series(prob, index=list(self.labels)).sort_values(ascending=False)


def load_run(
    folder: Path | str,
    models: Mapping[str, type] = MODELS,
    vectors: Path | str | None = None,
    frames: Path | str | None = None,
) -> Trained:
    """Load a trained run. Nothing is unpickled.

    Args:
        folder: of one fold and seed, with model.safetensors; or a safetensors file itself.
        models: model classes by name.
        vectors: the word vectors that it was trained with, where they lie elsewhere now.
        frames: for a run that was trained on sound frames made elsewhere, those of what it is to
            hear: a .npy, an .npz or a folder.

    Raises:
        DataError: as `read_checkpoint`; for word vectors or sound frames in a file that neither
            you name nor this run made known; and for frames that the run would not hear.
    """
    path = Path(folder)
    path = path / "model.safetensors" if path.is_dir() else path
    if not path.is_file():
        raise DataError(
            f"no model at {path}",
            "a fold's folder with model.safetensors",
            "mcsan run   (trains one), or look below runs/ for a finished one.",
        )
    found = read_checkpoint(path, models)
    standardizer = Standardizer()
    standardizer.mean, standardizer.deviation = found.mean, found.deviation
    features = _with_allowed_vectors(path, found.about.features, vectors)
    features = _with_allowed_frames(path, features, frames)
    about = found.about
    return Trained(
        found.model.eval(),
        standardizer,
        about.labels,
        features,
        about.dims.video,
        about.dims.text,
    )


def _with_allowed_vectors(
    path: Path, features: FeatureConfig, vectors: Path | str | None
) -> FeatureConfig:
    """The settings with word vectors that this checkpoint may use.

    A checkpoint of somebody else must not choose which file of this machine is read. It may name a
    published set. A file is taken where you name it, where this folder of runs says the same, or
    where it lies beside the checkpoint.
    """
    if vectors is not None:
        return replace(features, vectors=str(vectors))
    named = features.vectors
    is_name = re.fullmatch(r"[\w-]+", named) and not Path(named).exists()
    if named == GLOVE_50 or is_name or _is_own_run(path, "vectors", named):
        return features
    beside = path.parent / re.split(r"[/\\]", named)[-1]
    if beside.is_file():
        return replace(features, vectors=str(beside))
    raise DataError(
        f"{path}, which asks for the word vectors in {named!r}",
        f"{GLOVE_50}, a published set by its name, or a file that you name yourself",
        "if you trust it, name the file: --vectors FILE (load_run(…, vectors=FILE)), or put it "
        "beside the checkpoint.",
    )


def _with_allowed_frames(
    path: Path, features: FeatureConfig, frames: Path | str | None
) -> FeatureConfig:
    """The settings with sound frames that this checkpoint may use: as for word vectors."""
    if frames is not None and not features.frames:
        raise DataError(
            f"frames {frames} for {path}, which was trained on MFCC",
            "a run that was trained on frames made elsewhere (mcsan run --frames)",
            "leave --frames (frames=) out.",
        )
    if frames is not None:
        return replace(features, frames=str(frames))
    if not features.frames or _is_own_run(path, "frames", features.frames):
        return features
    raise DataError(
        f"{path}, which was trained on the sound frames in {features.frames!r}",
        "frames of what it is to hear, made with the same tool and named by yourself",
        "--frames FILE.npy (load_run(…, frames=FILE)).",
    )


def _is_own_run(path: Path, setting: str, value: str) -> bool:
    """Whether the checkpoint lies in a fold's folder, of a run that was asked for this value."""
    try:
        text = (path.absolute().parents[1] / "spec.json").read_text(encoding="utf-8")
        return json.loads(text)["features"][setting] == value
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
