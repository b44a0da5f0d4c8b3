"""A checkpoint is a stranger's file until it has proved otherwise.

What it says of itself is checked, and its names and shapes are compared with those of the code,
before anything of its size is built.

In: a safetensors file. Out: a model with its weights, and what the file says of itself; or a
refusal. Nothing is unpickled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import torch
from safetensors import safe_open
from torch.nn.modules.module import register_module_parameter_registration_hook

from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import FeatureConfig

_MOST = 1 << 18  # of any size or count in a checkpoint's settings
_LARGEST_FLOAT = 1e30
_SOUND_RANGES = {
    "n_mfcc": (1, 512),
    "n_mels": (1, 512),
    "window_s": (0.001, 0.5),
    "hop_s": (0.001, 10.0),
    "max_frames": (1, 1_000_000),
    "sample_rate": (1_000, 192_000),
}


@dataclass(frozen=True)
class About:
    """What a checkpoint says of itself; each part has the types and ranges that it must have.

    Attributes:
        name: of the model.
        model_class: its class.
        labels: the order of the classes.
        dims: sizes of the data.
        settings: fields of the model's Config.
        features: the settings that its features were made with.
    """

    name: str
    model_class: type
    labels: tuple[str, ...]
    dims: Dims
    settings: dict[str, object]
    features: FeatureConfig


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that fits the code here.

    Attributes:
        about: what it says of itself.
        model: with its weights.
        mean: (F,) of the training's sound.
        deviation: (F,), above zero.
    """

    about: About
    model: torch.nn.Module
    mean: np.ndarray
    deviation: np.ndarray


def read_checkpoint(path: Path, models: Mapping[str, type]) -> Checkpoint:
    """Read a model with its weights.

    Args:
        path: the file.
        models: model classes by name.

    Raises:
        DataError: for a file that is not whole, or of a model or code that is not here; and for
            weights that are not finite.
    """
    with _opened(path) as file:
        about = _about(path, file, models)
        names = list(file.keys())
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        config = _config(path, about)
        _refuse_other_shapes(path, about, config, shapes)
        tensors = {name: file.get_tensor(name).float() for name in names}
    _refuse_strange_numbers(path, tensors)
    mean = tensors.pop("normal.mean").numpy().astype(np.float32)
    deviation = tensors.pop("normal.deviation").numpy().astype(np.float32)
    with _refusing_other_code(path, about):
        model = about.model_class(about.dims, config)
        model.load_state_dict(tensors)
    return Checkpoint(about, model, mean, deviation)


def read_metadata(path: Path | str) -> dict:
    """What a checkpoint says of itself, as JSON holds it; {} where it is not one of ours.

    Raises:
        DataError: for a file that is not whole.
    """
    with _opened(Path(path)) as file:
        return _metadata(Path(path), file)


@contextmanager
def _opened(path: Path) -> Iterator[safe_open]:
    """An open safetensors file. Whatever its library raises about it becomes a refusal."""
    try:
        with safe_open(path, "pt") as file:
            yield file
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"{path}: {error}",
            "a whole safetensors file",
            "copy it again, or train again: mcsan run",
        ) from None


def _metadata(path: Path, file: safe_open) -> dict:
    text = (file.metadata() or {}).get("mcsan_lite", "{}")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _damaged(path, f"metadata that are no JSON of ours ({text[:40]!r})")
    return found


def _damaged(path: Path, what: str) -> DataError:
    return DataError(
        f"{path} with {what}",
        "a checkpoint as `mcsan run` writes it",
        "copy it again, or train again: mcsan run",
    )


def _about(path: Path, file: safe_open, models: Mapping[str, type]) -> About:
    found = _metadata(path, file)
    name = found.get("model")
    if not isinstance(name, str) or name not in models:
        raise DataError(
            f"{path}, of a model that is not here ({name!r:.80})",
            f"one of {', '.join(models)}",
            "pass the class: load_run(folder, models={…})",
        )
    labels = found.get("labels")
    if not _fits(labels, tuple[str, ...]) or len(set(labels)) < max(1, len(labels)):
        raise _damaged(path, f"labels that are not distinct names ({labels!r:.80})")
    model_class = models[name]
    dims = _checked_fields(path, "dims", Dims, found.get("dims"))
    settings = _checked_fields(path, "config", model_class.Config, found.get("config"))
    features = _checked_fields(path, "features", FeatureConfig, found.get("features"))
    _refuse_far_values(path, dims, settings, features)
    try:
        return About(
            name, model_class, tuple(labels), Dims(**dims), settings, FeatureConfig(**features)
        )
    except (TypeError, DataError) as error:
        raise _damaged(path, f"settings that cannot be: {_first_part(error)}") from None


def _checked_fields(path: Path, part: str, settings: type, values: object) -> dict[str, object]:
    """The values of one part of the metadata, each of the type that its field in `settings` has."""
    if not isinstance(values, dict):
        raise _damaged(path, f"no settings in {part!r}")
    try:
        hints = get_type_hints(settings)
    except NameError:  # a class of a notebook's cell, with types that are known only there
        hints = {}
    for name, value in values.items():
        if name in hints and not _fits(value, hints[name]):
            raise _damaged(path, f"{part}.{name} = {value!r:.80}, which should be {hints[name]}")
    return values


def _fits(value: object, hint: object) -> bool:
    """Whether a value of JSON is of a field's type. Types beyond the plain ones are not judged."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if hint is bool:
        return isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value) < _LARGEST_FLOAT
    if hint is str:
        return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)
    return True


def _refuse_far_values(path: Path, dims: dict, settings: dict, features: dict) -> None:
    """Refuse numbers that no training needs: some would only take a machine's memory."""
    numbers = [("config", name, value) for name, value in settings.items()]
    numbers += [("dims", name, value) for name, value in dims.items()]
    for part, name, value in numbers:
        if type(value) is int and not 0 <= value <= _MOST:
            raise _damaged(path, f"{part}.{name} = {value}, beyond 0 to {_MOST:,}")
    for name, (least, most) in _SOUND_RANGES.items():
        if name in features and not least <= features[name] <= most:
            value = features[name]
            raise _damaged(path, f"features.{name} = {value}, beyond {least:,} to {most:,}")


def _config(path: Path, about: About) -> object:
    """The settings of the model, as its class takes them."""
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in about.settings.items()
    }
    with _refusing_other_code(path, about):
        return about.model_class.Config(**values)


@contextmanager
def _refusing_other_code(path: Path, about: About) -> Iterator[None]:
    """Turn whatever a model raises about settings or weights into a refusal with its cause."""
    try:
        yield
    except Exception as error:
        raise _other_code(path, about, _first_part(error)) from None


def _first_part(error: Exception) -> str:
    lines = str(getattr(error, "given", error)).splitlines() or [type(error).__name__]
    return lines[-1].strip()


def _other_code(path: Path, about: About, why: str) -> DataError:
    return DataError(
        f"{path}, saved by other code of {about.name!r}: {why}",
        "weights that fit the code here",
        "train again: mcsan run",
    )


def _refuse_other_shapes(
    path: Path, about: About, config: object, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Compare names and shapes in the file with those of the code, without building anything."""
    for name in ("normal.mean", "normal.deviation"):
        if shapes.get(name) not in ((1,), (about.dims.audio,)):
            raise _damaged(path, f"{name} of shape {shapes.get(name)}")
    with _refusing_other_code(path, about):
        needed = _shapes_of_code(about.model_class, about.dims, config, most=len(shapes))
    if needed is not None:
        there = {name for name in shapes if not name.startswith("normal.")}
        for name in sorted(there ^ needed.keys()):
            place = "in the file alone" if name in there else "missing in the file"
            raise _other_code(path, about, f"{name} is {place}")
        for name, shape in needed.items():
            # An empty buffer gets its size from the file.
            if 0 not in shape and shape != shapes[name]:
                raise _other_code(path, about, f"{name} is {shapes[name]}, and here {shape}")
    if about.dims.classes != len(about.labels):
        raise _damaged(path, f"{len(about.labels)} labels for {about.dims.classes} classes")


def _shapes_of_code(
    model_class: type, dims: Dims, config: object, most: int
) -> dict[str, tuple[int, ...]] | None:
    """Shapes of the tensors that a model has, without their numbers.

    Args:
        model_class: the model.
        dims: sizes of the data.
        config: its settings.
        most: how many tensors it may make; a file that says "a million layers" holds fewer.

    Returns:
        {name: shape}; None for a class of somebody's own that cannot be built without numbers.
    """
    count = 0

    def on_parameter(module: torch.nn.Module, name: str, parameter: object) -> None:
        nonlocal count
        if parameter is not None and parameter.is_meta:
            count += 1
            if count > 2 * most:  # some layers make a parameter and replace it
                raise ValueError(f"more than the {most} tensors of the file")

    watch = register_module_parameter_registration_hook(on_parameter)
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            model = model_class(dims, config)
        return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    except (NotImplementedError, RuntimeError) as error:
        if "meta" in str(error):
            return None
        raise
    finally:
        watch.remove()


def _refuse_strange_numbers(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights that are not finite, and deviations by which nothing can be divided."""
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise DataError(
                f"{path}, whose {name} holds numbers that are not finite",
                "finite weights",
                "its training diverged, or the file is damaged: copy it again, or train again "
                "with a smaller learning rate.",
            )
    if not (tensors["normal.deviation"] > 0).all():
        raise _damaged(path, "a normal.deviation that is not above zero")
