"""The trained models that come with the course, in half precision: a lesson opens them and trains nothing.

A file is a run's model.safetensors with its weights rounded to float16, so `inference.load_run` reads it as it reads a run.
`mcsan checkpoints` makes them all again.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.experiments.corpora import open_corpus, synthetic_folder
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.paper import table_rows
from mcsan_lite.training import inference
from mcsan_lite.training.inference import Trained
from mcsan_lite.training.loop import predict
from mcsan_lite.training.runner import RunOptions, run_experiment

FOLDER = Path(__file__).parents[2] / "checkpoints"  # in a clone; an installed package comes without
AGREEMENT = 0.995  # smallest share of test utterances whose class rounding must leave as it is

# What differs from the profile's MCSAN, and what is shipped: (world, variant, seeds).
VARIANTS: dict[str, dict[str, object]] = {
    "MCSAN": {},
    "uniform": {"uniform_attention": True},
    "w/o cross": {"use_cross": False},
}
SHIPPED = (
    ("matching", "MCSAN", (0, 1, 2)),
    ("leaking", "MCSAN", (0, 1, 2)),
    ("matching", "uniform", (0, 1, 2)),
    ("matching", "w/o cross", (0,)),
)


def place(world: str, seed: int, variant: str = "MCSAN", folder: Path | str = FOLDER) -> Path:
    """folder / matching-seed0.safetensors, matching-uniform-seed0.safetensors, …"""
    require_name(world, {w for w, _, _ in SHIPPED}, "world")
    middle = (
        ""
        if require_name(variant, VARIANTS, "variant") == "MCSAN"
        else re.sub(r"\W+", "-", variant) + "-"
    )
    return Path(folder) / f"{world}-{middle}seed{seed}.safetensors"


def find(world: str, seed: int, variant: str = "MCSAN", *, folder: Path | str = FOLDER) -> Path:
    """The shipped file. Raises DataError, naming the command that makes it, where it is not there."""
    path = place(world, seed, variant, folder)
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in Path(folder).glob("*.safetensors"))) or "none"
        raise DataError(
            f"no checkpoint {path.name} in {path.parent}",
            f"one that is there: {there}",
            "work in a clone of the repository, or train what is missing: mcsan checkpoints",
        )
    return path


def load(
    world: str = "matching", seed: int = 0, variant: str = "MCSAN", *, folder: Path | str = FOLDER
) -> Trained:
    """The shipped model of a synthetic world, in float32 and eval mode. Raises DataError as `find` does."""
    return inference.load_run(find(world, seed, variant, folder=folder))


def provenance(path: Path | str) -> dict:
    """What a checkpoint says of itself: the run that it was, its corpus, and what rounding did to its predictions."""
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["mcsan_lite"])["provenance"]


def ship(run: Path | str, path: Path, test: Sequence[Features]) -> dict:
    """Round the run in folder `run` to half precision and write it to `path`. Returns its provenance.

    `test`: the run's test utterances, not yet normalised. The scale of the MFCC stays in float32: it is 80 numbers, and
    loud ones. Raises DataError, and writes nothing, where rounding changes the class of more than 1 - AGREEMENT of them.
    """
    full = inference.load_run(run)
    half = copy.deepcopy(full.model)
    half.load_state_dict(
        {name: weight.half().float() for name, weight in full.model.state_dict().items()}
    )
    before, after = (
        predict(m, test, full.labels, standardizer=full.standardizer) for m in (full.model, half)
    )
    same = float((before.pred == after.pred).mean())
    if same < AGREEMENT:
        raise DataError(
            f"{run}, whose half precision agrees with it on {same:.1%} of {len(test)} utterances",
            f"at least {AGREEMENT:.1%}",
            "train it with other settings, or ship it in full.",
        )
    result = json.loads((Path(run) / "metrics.json").read_text())
    about = {
        "run": Path(run).parent.name,
        **{k: result[k] for k in ("name", "corpus", "fold", "seed")},
        "n": len(test),
        "wa": float((before.pred == before.true).mean()),
        "wa_half": float((after.pred == after.true).mean()),
        "agreement": same,
    }
    with safe_open(Path(run) / "model.safetensors", "pt") as file:
        # Within the one entry that `inference.load_run` reads: several would be written in any order, and the bytes differ.
        metadata = {
            "mcsan_lite": json.dumps(
                json.loads(file.metadata()["mcsan_lite"]) | {"provenance": about}
            )
        }
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    tensors = {
        name: tensor if name.startswith("normal.") else tensor.to(torch.float16)
        for name, tensor in tensors.items()
    }
    write_atomic(path, lambda p: save_file(tensors, p, metadata))
    return about


def variant_runs(
    world: str,
    variant: str,
    seeds: Sequence[int] = (0,),
    profile: str = "quick",
    options: RunOptions = RunOptions(),
) -> tuple[Corpus, pd.DataFrame]:
    """A synthetic world and the runs on it of one of `VARIANTS`; trained now where they are missing."""
    corpus = open_corpus(
        root=synthetic_folder(profile, data=options.data, world=world, jobs=options.jobs)
    )
    (spec,) = table_rows.table3_specs(profile, rows=["MCSAN"])
    spec = replace(spec, name=variant, options=spec.options | VARIANTS[variant])
    return corpus, run_experiment([spec], corpus, seeds=seeds, options=options)


def ship_checkpoints(
    folder: Path | str = FOLDER,
    profile: str = "quick",
    *,
    options: RunOptions = RunOptions(),
) -> pd.DataFrame:
    """Every shipped checkpoint into `folder`, from its run (trained now where it is missing). A line each: its size, its
    WA on the test part in float32 and in half precision, and on what share of it both say the same."""
    if profile != "quick" and Path(folder).resolve() == FOLDER:
        raise DataError(
            f"checkpoints of the profile {profile!r} for {folder}",
            "the lessons' own, of the profile 'quick'",
            "choose another folder with --out.",
        )
    lines = []
    for world, variant, seeds in SHIPPED:
        corpus, found = variant_runs(world, variant, seeds, profile, options)
        part = replace(corpus, utterances=tuple(u for u in corpus.utterances if u.split == "test"))
        test, _ = extract(part, cache=options.cache, jobs=options.jobs)
        for seed, run in zip(found.seed, found.folder, strict=True):
            path = place(world, seed, variant, folder)
            about = ship(run, path, test)
            lines.append(
                {
                    "checkpoint": path.name,
                    "kB": path.stat().st_size / 1000,
                    "WA": about["wa"],
                    "WA half": about["wa_half"],
                    "agreement": about["agreement"],
                    "n": about["n"],
                }
            )
    return pd.DataFrame(lines)
