"""confidence.json: what a run knows of its own limits, in a small file beside its weights.

In: the place of a run. Out: a `Confidence`; or None where nobody has made the file, which is said
and not refused. The file names the weights that it was made for by their SHA-256, so that it is
never taken for those of another training. Like a checkpoint it is a stranger's file, and every
number in it is checked. Checkpoints that lie in one folder share the cloud of their training part
(see `clouds`); a fold's folder holds all of it in its one file, as every file did before.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mcsan_lite.cache import write_atomic
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.likeness import TrainingCloud
from mcsan_lite.training.confidence.clouds import keep_cloud, kept_cloud, sweep_clouds

_WHOLE, _SHARING = 1, 2  # formats: all in one file; the cloud beside it
_NAME = "confidence.json"
_MOST = 16_384  # numbers that describe a clip


@dataclass(frozen=True)
class TrainedOn:
    """What a run was trained on.

    Attributes:
        corpus: its name.
        generated: whether nobody has spoken.
        fold: which of its folds.
        train: utterances in the training part.
        valid: utterances in the validation part, on which everything here was fitted.
    """

    corpus: str
    generated: bool
    fold: str
    train: int
    valid: int


@dataclass(frozen=True)
class Calibration:
    """How sure the run may be. The errors are those of the validation part.

    Attributes:
        temperature: by which its logits are divided.
        abstain_below: no answer where the first class is less probable.
        error_before: expected calibration error as trained.
        error_after: the same at that temperature.
    """

    temperature: float
    abstain_below: float
    error_before: float
    error_after: float


@dataclass(frozen=True)
class KnownSound:
    """The clips of the training part, and the distance beyond which another one is unlike them."""

    cloud: TrainingCloud
    beyond: float


@dataclass(frozen=True)
class KnownWords:
    """The words of the training part.

    Attributes:
        vocabulary: all of them.
        rate: how often a word of the validation part is not among them.
        beyond: the surprise beyond which a transcript is unlike those of the training part.
    """

    vocabulary: frozenset[str]
    rate: float
    beyond: float


@dataclass(frozen=True)
class Confidence:
    """All that is kept of a run's limits.

    Attributes:
        weights: SHA-256 of the checkpoint that it was made for.
        source: what that was trained on.
        calibration: how sure it may be.
        sound: None for a run that does not listen.
        words: None for a run that does not read.
    """

    weights: str
    source: TrainedOn
    calibration: Calibration
    sound: KnownSound | None
    words: KnownWords | None


def weights_file(run: Path | str) -> Path:
    """The safetensors file of a run: a fold's folder has model.safetensors in it.

    Args:
        run: a fold's folder, or the file itself.
    """
    path = Path(run)
    return path / "model.safetensors" if path.is_dir() else path


def confidence_path(run: Path | str) -> Path:
    """Where a run's confidence lies: FOLDER/confidence.json, or NAME.confidence.json beside a file.

    Args:
        run: as for `weights_file`.
    """
    path = Path(run)
    return path / _NAME if path.is_dir() else path.with_name(f"{path.stem}.{_NAME}")


def weights_digest(run: Path | str) -> str:
    """SHA-256 of a run's weights, as hex digits."""
    with open(weights_file(run), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_confidence(run: Path | str, found: Confidence) -> Path:
    """Write the confidence of a run beside its weights, whole or not at all.

    Args:
        run: as for `weights_file`.
        found: what was fitted.

    Returns:
        The file.

    Raises:
        DataError: for numbers that `read_confidence` would refuse.
    """
    path = confidence_path(run)
    shared = path.name != _NAME
    values = {
        "format": _SHARING if shared else _WHOLE,
        "weights": found.weights,
        "source": asdict(found.source),
        "calibration": asdict(found.calibration),
        "sound": _packed_sound(found.sound),
        "words": _packed_words(found.words),
    }
    _require_readable(path, values)
    if shared:
        values["sound"] = _packed_sound(found.sound, path.parent)
    text = json.dumps(values, indent=1, ensure_ascii=False)
    write_atomic(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))
    if shared:
        sweep_clouds(path.parent)
    return path


def _require_readable(path: Path, values: Mapping) -> None:
    try:
        _confidence(values, path.parent)
    except ValueError as error:
        raise DataError(
            f"a confidence for {path}: {error}",
            f"finite numbers, at most {_MOST:,} that describe a clip",
            "train on frames of fewer numbers; or predict without a confidence.",
        ) from None


def read_confidence(run: Path | str) -> Confidence | None:
    """The confidence of a run; None where there is no file.

    Args:
        run: as for `weights_file`.

    Raises:
        DataError: for a file that is damaged, or of other weights.
    """
    path = confidence_path(run)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, str(error), run) from None
    try:
        found = _confidence(json.loads(text), path.parent)
    except FileNotFoundError as error:
        raise _without_cloud(path, Path(error.filename).name, run) from None
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise _refused(path, f"no confidence of ours ({error})", run) from None
    if found.weights != weights_digest(run):
        raise _refused(path, "the confidence of other weights", run)
    return found


def _refused(path: Path, what: str, run: Path | str) -> DataError:
    return DataError(
        f"{path} with {what}",
        "the file that was made for these very weights",
        f"make it again: mcsan calibrate --run {run}; or delete it, and predict without.",
    )


def _without_cloud(path: Path, cloud: str, run: Path | str) -> DataError:
    return DataError(
        f"{path}, and no {cloud} beside it",
        "the file that it names, which models of one training part share",
        f"copy {cloud} too, or make it again: mcsan calibrate --run {run}; or delete {path.name}, "
        "and predict without.",
    )


def _confidence(values: Mapping, folder: Path) -> Confidence:
    """From JSON. Raises OSError, ValueError, TypeError or LookupError for what cannot be."""
    if values["format"] not in (_WHOLE, _SHARING):
        raise ValueError(f"format {values['format']!r}")
    source = TrainedOn(**values["source"])
    calibration = Calibration(**values["calibration"])
    _require(calibration.temperature > 0, "temperature")
    _require(all(map(_is_number, vars(calibration).values())), "calibration")
    _require(isinstance(source.corpus, str) and isinstance(source.generated, bool), "source")
    _require(isinstance(source.train, int) and isinstance(source.valid, int), "source")
    weights = values["weights"]
    _require(isinstance(weights, str), "weights")
    return Confidence(
        weights, source, calibration, _sound(values["sound"], folder), _words(values["words"])
    )


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"{what} out of range")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _packed_sound(known: KnownSound | None, folder: Path | None = None) -> dict | None:
    """As JSON holds it; with a folder, the cloud is kept there."""
    if known is None:
        return None
    cloud = known.cloud
    if folder is not None:
        name = keep_cloud(cloud, folder)
        return {"beyond": known.beyond, "numbers": len(cloud.center), "cloud": name}
    triangle = cloud.whitener[np.tril_indices(len(cloud.center))]
    return {
        "beyond": known.beyond,
        "numbers": len(cloud.center),
        "center": _text(cloud.center, "<f4"),
        "scale": _text(cloud.scale, "<f4"),
        "whitener": _text(triangle, "<f2"),  # half precision: a thousandth of a distance
    }


def _sound(values: Mapping | None, folder: Path) -> KnownSound | None:
    if values is None:
        return None
    count, beyond = values["numbers"], values["beyond"]
    _require(isinstance(count, int) and 0 < count <= _MOST, f"{count!r:.20} numbers of a clip")
    _require(_is_number(beyond), "sound")
    if "cloud" in values:
        cloud = kept_cloud(values["cloud"], count, folder)
        _require(bool(np.isfinite(cloud.whitener).all() and (cloud.scale > 0).all()), "cloud")
        _require(bool(np.isfinite(np.concatenate([cloud.center, cloud.scale])).all()), "cloud")
        return KnownSound(cloud, beyond)
    triangle = _numbers(values["whitener"], "<f2", count * (count + 1) // 2)
    whitener = np.zeros((count, count))
    whitener[np.tril_indices(count)] = triangle
    center = _numbers(values["center"], "<f4", count)
    scale = _numbers(values["scale"], "<f4", count)
    _require(bool((scale > 0).all()), "scale")
    return KnownSound(TrainingCloud(center, scale, whitener), beyond)


def _packed_words(known: KnownWords | None) -> dict | None:
    if known is None:
        return None
    return {
        "beyond": known.beyond,
        "rate": known.rate,
        "vocabulary": sorted(known.vocabulary),
    }


def _words(values: Mapping | None) -> KnownWords | None:
    if values is None:
        return None
    rate, beyond = values["rate"], values["beyond"]
    _require(_is_number(rate) and 0 < rate < 1 and _is_number(beyond), "words")
    vocabulary = values["vocabulary"]
    if isinstance(vocabulary, str):  # as earlier versions wrote it: no token with a blank in it
        vocabulary = vocabulary.split(" ")
    _require(all(isinstance(word, str) for word in vocabulary), "vocabulary")
    return KnownWords(frozenset(vocabulary), rate, beyond)


def _text(numbers: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.asarray(numbers).astype(kind).tobytes()).decode("ascii")


def _numbers(text: str, kind: str, count: int) -> np.ndarray:
    found = np.frombuffer(base64.b64decode(text, validate=True), kind).astype(float)
    _require(found.shape == (count,) and bool(np.isfinite(found).all()), "an array")
    return found
