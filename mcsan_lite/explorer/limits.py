"""What the explorer says of a voice of one's own: is it like what the model was trained on?

In: models' names, and an utterance as a model reads it. Out: a note for the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mcsan_lite.experiments.checkpoints import CHECKPOINTS_FOLDER
from mcsan_lite.features.extraction import Features
from mcsan_lite.training.confidence.judging import judge
from mcsan_lite.training.confidence.sidecar import Confidence, read_confidence
from mcsan_lite.training.inference import Trained

_NOTE_OF = {  # of "sound" and "words", those that are unlike the training part -> key of a text
    (): "own_voice_like",
    ("sound",): "own_voice_unlike_sound",
    ("words",): "own_voice_unlike_words",
    ("sound", "words"): "own_voice_unlike_both",
}


def model_path(name: str | Path, folder: Path | str | None = None) -> Path:
    """Where a model lies.

    Args:
        name: of a checkpoint in the folder, or the path of a run.
        folder: of checkpoints; None: the repository's own.
    """
    home = CHECKPOINTS_FOLDER if folder is None else Path(folder)
    beside = home / f"{name}.safetensors"
    return beside if beside.is_file() else Path(name)


def explorer_limits(
    names: Iterable[str | Path], folder: Path | str | None = None
) -> dict[str, Confidence | None]:
    """What is kept of the limits of each model; None for one that nobody has calibrated.

    Args:
        names: as `explorer_models` takes them.
        folder: of checkpoints; None: the repository's own.
    """
    return {str(name): read_confidence(model_path(name, folder)) for name in names}


def own_voice_note(run: Trained, features: Features, limits: Confidence | None) -> list:
    """(key of a text, its values): whether a recording is like what the model was trained on.

    Args:
        run: the model.
        features: of the recording, normalised as in training.
        limits: of the model, where they are known.
    """
    if limits is None:
        return ["own_voice_unknown", {}]
    unfamiliar = judge(run, features, limits).unfamiliar
    key = _NOTE_OF[tuple(unfamiliar)]
    return [key, {"corpus": limits.source.corpus}]
