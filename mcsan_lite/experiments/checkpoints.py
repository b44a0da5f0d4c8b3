"""The trained models that come with the course, in half precision: a lesson opens them at once.

In: runs of the synthetic worlds. Out: one small file for each, which `inference.load_run` reads as
it reads a run's model.safetensors: the weights are rounded to float16, nothing else differs.
`mcsan checkpoints` makes them all again.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from safetensors import safe_open
from safetensors.torch import save

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.experiments.corpora import open_corpus, synthetic_folder
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.paper import table_rows
from mcsan_lite.training.inference import Trained, load_run
from mcsan_lite.training.loop import predict
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.saved.checkpoint import read_metadata
from mcsan_lite.training.saved.result import read_result


def home_of_checkpoints(root: Path) -> Path:
    """The folder of a clone; for an installed package, which comes without, one where you work.

    Args:
        root: the folder that the package lies in.
    """
    folder = Path("checkpoints")
    return root / folder if (root / "pyproject.toml").is_file() else folder


CHECKPOINTS_FOLDER = home_of_checkpoints(Path(__file__).parents[2])
AGREEMENT = 0.995  # smallest share of test utterances whose class rounding must leave as it is

# What differs from the profile's MCSAN.
VARIANTS: dict[str, dict[str, object]] = {
    "MCSAN": {},
    "uniform": {"uniform_attention": True},
    "w/o cross": {"use_cross": False},
}


class Shipment(NamedTuple):
    """Checkpoints of one variant in one synthetic world, one per seed."""

    world: str
    variant: str
    seeds: tuple[int, ...]


SHIPPED = (
    Shipment("matching", "MCSAN", (0, 1, 2)),
    Shipment("leaking", "MCSAN", (0, 1, 2)),
    Shipment("matching", "uniform", (0, 1, 2)),
    Shipment("matching", "w/o cross", (0,)),
)


def checkpoint_path(
    world: str, seed: int, variant: str = "MCSAN", folder: Path | str = CHECKPOINTS_FOLDER
) -> Path:
    """Where a checkpoint belongs, such as folder/matching-uniform-seed0.safetensors.

    Args:
        world: "matching" or "leaking".
        seed: of its training.
        variant: a name of `VARIANTS`; "MCSAN" is left out of the file's name.
        folder: of all checkpoints.
    """
    require_name(world, {shipment.world for shipment in SHIPPED}, "world")
    require_name(variant, VARIANTS, "variant")
    middle = ""
    if variant != "MCSAN":
        middle = re.sub(r"\W+", "-", variant) + "-"
    return Path(folder) / f"{world}-{middle}seed{seed}.safetensors"


def find_checkpoint(
    world: str, seed: int, variant: str = "MCSAN", *, folder: Path | str = CHECKPOINTS_FOLDER
) -> Path:
    """A checkpoint that is there.

    Args:
        world: as for `checkpoint_path`, like all other arguments.
        seed: of its training.
        variant: a name of `VARIANTS`.
        folder: of all checkpoints.

    Raises:
        DataError: where it is missing; the error names the command that makes it.
    """
    path = checkpoint_path(world, seed, variant, folder)
    if not path.is_file():
        names = sorted(file.stem for file in Path(folder).glob("*.safetensors"))
        raise DataError(
            f"no checkpoint {path.name} in {path.parent}",
            f"one that is there: {', '.join(names) or 'none'}",
            "work in a clone of the repository, or train what is missing: "
            "mcsan checkpoints --out FOLDER, mcsan readings --retrain",
        )
    return path


def load_checkpoint(
    world: str = "matching",
    seed: int = 0,
    variant: str = "MCSAN",
    *,
    folder: Path | str = CHECKPOINTS_FOLDER,
) -> Trained:
    """The shipped model of a synthetic world, in float32 and eval mode.

    Args:
        world: as for `find_checkpoint`, like all other arguments.
        seed: of its training.
        variant: a name of `VARIANTS`.
        folder: of all checkpoints.

    Raises:
        DataError: as `find_checkpoint` does.
    """
    return load_run(find_checkpoint(world, seed, variant, folder=folder))


def read_provenance(path: Path | str) -> dict:
    """What a checkpoint says of itself: its run and corpus, and how rounding changed predictions.

    Args:
        path: a file that `ship_checkpoint` wrote.

    Raises:
        DataError: for a file that is not whole, or of another origin.
    """
    provenance = read_metadata(path).get("provenance")
    if not isinstance(provenance, dict):
        raise DataError(
            f"{path}, which does not say where it comes from",
            "a checkpoint of the course",
            "mcsan checkpoints --out FOLDER   (makes them all again)",
        )
    return provenance


def ship_checkpoint(run: Path | str, path: Path, test: Sequence[Features]) -> dict:
    """Round a run to half precision and write it.

    The scale of the MFCC stays in float32: it is 80 numbers, and loud ones.

    Args:
        run: a fold's folder.
        path: the file to write.
        test: the run's test utterances, not yet standardized.

    Returns:
        The provenance of the checkpoint.

    Raises:
        DataError: where rounding changes the class of more than 1 - AGREEMENT of the utterances.
            Nothing is written then.
    """
    full = load_run(run)
    rounded = copy.deepcopy(full.model)
    weights = full.model.state_dict()
    rounded.load_state_dict({name: weight.half().float() for name, weight in weights.items()})
    before = predict(full.model, test, full.labels, standardizer=full.standardizer)
    after = predict(rounded, test, full.labels, standardizer=full.standardizer)
    agreement = float((before.pred == after.pred).mean())
    if agreement < AGREEMENT:
        raise DataError(
            f"{run}, whose half precision agrees with it on {agreement:.1%} "
            f"of {len(test)} utterances",
            f"at least {AGREEMENT:.1%}",
            "train it with other settings, or ship it in full.",
        )
    result = read_result(Path(run) / "metrics.json")
    about = {
        "run": Path(run).parent.name,
        **{name: result[name] for name in ("name", "corpus", "fold", "seed")},
        "n": len(test),
        "wa": float((before.pred == before.true).mean()),
        "wa_half": float((after.pred == after.true).mean()),
        "agreement": agreement,
    }
    _write_in_half_precision(Path(run) / "model.safetensors", path, about)
    return about


def _write_in_half_precision(source: Path, path: Path, about: dict) -> None:
    """The tensors of `source` in float16, with `about` as their provenance."""
    with safe_open(source, "pt") as file:
        metadata = json.loads(file.metadata()["mcsan_lite"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, tensor in tensors.items():
        if not name.startswith("normal."):  # the scale of the MFCC
            tensors[name] = tensor.to(torch.float16)
    # One entry holds everything: several would be written in any order, and the bytes would differ.
    entry = {"mcsan_lite": json.dumps(metadata | {"provenance": about})}
    write_atomic(path, lambda part: part.write_bytes(save(tensors, entry)))


def variant_runs(
    world: str,
    variant: str,
    seeds: Sequence[int] = (0,),
    profile: str = "quick",
    options: RunOptions = RunOptions(),
) -> tuple[Corpus, pd.DataFrame]:
    """The runs of a variant on a synthetic world; what is missing is trained now.

    Args:
        world: "matching" or "leaking".
        variant: a name of `VARIANTS`.
        seeds: one training for each.
        profile: "smoke", "quick", "full" or "paper".
        options: where and with what to compute.

    Returns:
        The corpus, and the results with one row per seed.
    """
    folder = synthetic_folder(profile, data=options.data, world=world, jobs=options.jobs)
    corpus = open_corpus(root=folder)
    (spec,) = table_rows.table3_specs(profile, rows=["MCSAN"])
    spec = replace(spec, name=variant, options=spec.options | VARIANTS[variant])
    return corpus, run_experiment([spec], corpus, seeds=seeds, options=options)


def ship_checkpoints(
    folder: Path | str | None = None,
    profile: str = "quick",
    *,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Write every shipped checkpoint, from its run; what is missing is trained now.

    Args:
        folder: to write them to; None: `CHECKPOINTS_FOLDER`, the repository's own.
        profile: of the runs; those of `CHECKPOINTS_FOLDER` are of "quick".
        options: where and with what to compute.

    Returns:
        One row per checkpoint: its size, its WA on the test part in float32 and in half precision,
        and on which share of the test part both say the same.

    Raises:
        DataError: for `CHECKPOINTS_FOLDER` with another profile.
    """
    folder = CHECKPOINTS_FOLDER if folder is None else Path(folder)
    if folder.resolve() == CHECKPOINTS_FOLDER.resolve():
        _require_own_folder(profile)
    rows = []
    for world, variant, seeds in SHIPPED:
        corpus, results = variant_runs(world, variant, seeds, profile, options)
        in_test = tuple(one for one in corpus.utterances if one.split == "test")
        test, _ = extract(
            replace(corpus, utterances=in_test), cache=options.cache, jobs=options.jobs
        )
        for seed, run in zip(results.seed, results.folder, strict=True):
            path = checkpoint_path(world, seed, variant, folder)
            about = ship_checkpoint(run, path, test)
            rows.append(
                {
                    "checkpoint": path.name,
                    "kB": path.stat().st_size / 1000,
                    "WA": about["wa"],
                    "WA half": about["wa_half"],
                    "agreement": about["agreement"],
                    "n": about["n"],
                }
            )
    return pd.DataFrame(rows)


def _require_own_folder(profile: str) -> None:
    """Refuse to write the repository's checkpoints where they would not be the lessons' own."""
    if profile != "quick":
        raise DataError(
            f"checkpoints of the profile {profile!r} for {CHECKPOINTS_FOLDER}",
            "the lessons' own, of the profile 'quick'",
            "choose another folder with --out.",
        )
