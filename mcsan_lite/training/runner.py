"""A run is a `Spec`; its hash names a folder; a finished fold is a `metrics.json`. Resume = look at the disk, so an
interrupted grid costs its running folds and nothing else, and folders from several machines merge by copying."""

from __future__ import annotations

import errno
import json
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.errors import DataError, require_name
from mcsan_lite.evaluation import metrics
from mcsan_lite.features import batch, extraction
from mcsan_lite.features.extraction import FeatureConfig, Features
from mcsan_lite.models import MODELS
from mcsan_lite.parallel import fan_out
from mcsan_lite.training import loop, provenance
from mcsan_lite.training.spec import Spec, code_hash

SCORES = ("wa", "ua", "weighted_f1", "macro_f1")
ROOM = 64_000_000  # bytes that must be free before a fold starts: a full disk must not cost its training


def run_fold(
    spec: Spec,
    model_class: type,
    corpus: Corpus,
    fold: splits.Fold,
    seed: int,
    folder: Path,
    cache: Path,
    device: str = "cpu",
    progress: bool = False,
    code: str | None = None,
    data: dict[str, Features] | None = None,
) -> str | None:
    """Train and score one fold with one seed into `folder`, unless it is finished. Returns None, or the traceback of a
    failure.

    `metrics.json` is written last: it stands for a finished fold. `data` spares reading the features again.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(
        1
    )  # faster than two on busy cores, and the same bits however many jobs there are
    try:
        if (folder / "metrics.json").exists():
            return None
        started, start = provenance.now(), time.perf_counter()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "error.txt").unlink(missing_ok=True)
        if shutil.disk_usage(folder).free < ROOM:
            raise OSError(
                errno.ENOSPC, f"less than {ROOM // 1_000_000} MB left on the disk", str(folder)
            )
        if data is None:
            data = {f.id: f for f in extraction.extract(corpus, spec.features, cache=cache)[0]}
        train, valid, test = (
            [data[i] for i in ids if i in data] for ids in (fold.train, fold.valid, fold.test)
        )
        normal = batch.Standardizer().fit(train)
        dims = batch.Dims(
            spec.features.n_mfcc,
            train[0].text.shape[1],
            len(corpus.labels),
            train[0].video.shape[1],
        )
        loop.seed_everything(seed)
        config = model_class.Config(**spec.options)
        model = model_class(dims, config)

        def scored() -> tuple[loop.Predictions, dict[str, float]]:
            found = loop.predict(model, test, corpus.labels, normal=normal, device=device)
            return found, metrics.scores(found.true, found.pred, classes=len(corpus.labels))

        peeks = Peeking(scored, spec.train.select, device)
        tell = loop.text_progress(spec.train.epochs, spec.name) if progress else lambda row: None
        history = loop.fit(
            model,
            train,
            valid,
            corpus.labels,
            replace(spec.train, seed=seed),
            normal=normal,
            device=device,
            on_epoch=lambda row: (peeks(row), tell(row)),
        )
        found, reached = scored()
        table = pd.DataFrame(found.prob, columns=list(corpus.labels))
        table.insert(0, "id", found.ids)
        table.insert(1, "true", [corpus.labels[i] for i in found.true])
        for name, frame in (
            ("history", history),
            ("peeking", pd.DataFrame(peeks.rows)),
            ("predictions", table),
        ):
            write_atomic(
                folder / f"{name}.csv", lambda p, frame=frame: frame.to_csv(p, index=False)
            )
        about = {
            "model": spec.model,
            "labels": list(corpus.labels),
            "dims": asdict(dims),
            "config": asdict(config),
            "features": asdict(spec.features),
        }
        tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
        tensors |= {
            "normal.mean": torch.from_numpy(normal.mean),
            "normal.deviation": torch.from_numpy(normal.deviation),
        }
        write_atomic(
            folder / "model.safetensors",
            lambda p: save_file(tensors, p, {"mcsan_lite": json.dumps(about)}),
        )
        made = provenance.surroundings(device) | {
            "code": code or code_hash(model_class),
            "corpus": corpus.fingerprint(),
            "split": splits.digest([fold]),
            "started": started,
            "finished": provenance.now(),
        }
        write_atomic(folder / "manifest.json", lambda p: p.write_text(json.dumps(made, indent=1)))
        result = {
            "name": spec.name,
            "model": spec.model,
            "corpus": corpus.name,
            "protocol": fold.name.rsplit("-", 1)[0],
            "fold": fold.name,
            "split": made["split"],
            "seed": seed,
            "n_train": len(train),
            "n_test": len(test),
            **reached,
            "best_epoch": int(history.loc[history[f"valid_{spec.train.select}"].idxmax(), "epoch"]),
            **(
                {} if hasattr(model, "finish") else peeks.best()
            ),  # which peeked at a model without its last step
            "epochs": spec.train.epochs,
            "parameters": sum(p.numel() for p in model.parameters()),
            "seconds": round(time.perf_counter() - start, 1),
            "seconds_per_epoch": round(float(history.seconds.median()), 3),
            "device": device,
            "torch": torch.__version__,
        }
        write_atomic(folder / "metrics.json", lambda p: p.write_text(json.dumps(result, indent=1)))
        for torn in folder.glob(".part-*"):  # of a process that was killed here
            torn.unlink(missing_ok=True)
    except Exception:  # with metrics.json there, another machine was faster
        return (
            None if (folder / "metrics.json").exists() else _failed(folder, traceback.format_exc())
        )
    finally:
        torch.set_num_threads(threads)
    return None


class Peeking:
    """The test scores after every epoch: what choosing the epoch on the test part would have bought.

    `training.fit` calls it with its own line of the epoch and gets nothing back; the random state stays as it was. So
    nothing that is trained or chosen can depend on it.
    """

    def __init__(self, scored: Callable, select: str, device: str) -> None:
        self.scored, self.select, self.rows = scored, select, []
        self.random = [device] if device.startswith("cuda") else []

    def __call__(self, row: dict) -> None:
        with torch.random.fork_rng(devices=self.random):
            self.rows.append({"epoch": row["epoch"], **self.scored()[1]})

    def best(self) -> dict[str, float]:
        """{"peeked_epoch": …, "peeked_wa": …}: the line that is best by the score that also chooses on validation."""
        best = self.rows[int(np.argmax([row[self.select] for row in self.rows]))]
        return {f"peeked_{name}": best[name] for name in ("epoch", *SCORES)}


def _failed(folder: Path, text: str) -> str:
    """`text`, kept in the fold's error.txt where the disk still takes it."""
    try:
        write_atomic(folder / "error.txt", lambda p: p.write_text(text))
    except OSError as error:
        return f"{text.strip()}; and no error.txt: {error.strerror}"
    return text


def _worker_died(
    spec: Spec, model_class: type, corpus: Corpus, fold: splits.Fold, seed: int, folder: Path, *_
) -> str:
    return _failed(
        folder,
        "worker died: its process ended in this fold, again and again; mostly too little memory",
    )


def run_experiment(
    specs: Sequence[Spec],
    corpus: Corpus,
    *,
    seeds: Sequence[int] = (0,),
    cache: Path | str = "data/cache",
    runs: Path | str = "runs",
    models: dict[str, type] = MODELS,
    jobs: int = 1,
    backend: str = "loky",
    device: str = "cpu",
    retrain: bool = False,
    progress: bool = False,
    folds: int | None = None,
    expected: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Every spec × fold × seed that is not on disk yet, then all of them from disk: a row each.

    A failing fold leaves error.txt and the others go on; at the end one RuntimeError names the failed ones. `folds`: only
    so many, the first ones; a later call adds the others to the same run. `progress`: a line an epoch instead of one bar
    for all. `expected`: seconds a training by the spec's name (`costs.estimate(…).seconds`), which the bar then counts.
    """
    runs, cache = Path(runs), Path(cache)
    for precision in {spec.train.precision for spec in specs}:
        loop.require_precision(precision, device)  # before anything is extracted or trained
    todo, folders = [], []
    classes = {spec.model: models[require_name(spec.model, models, "model")] for spec in specs}
    code = {
        name: code_hash(model) for name, model in classes.items()
    }  # workers cannot read a notebook
    parts = {
        protocol: splits.folds(corpus, protocol)
        for protocol in {spec.protocol: None for spec in specs}
    }
    with _disk(runs):
        for spec in specs:
            home = spec.folder(corpus, runs, classes[spec.model], parts[spec.protocol])
            splits.keep(corpus, parts[spec.protocol], runs)
            for fold in parts[spec.protocol][:folds]:
                for seed in seeds:
                    folder = home / f"{fold.name}-seed{seed}"
                    folders.append(folder)
                    if retrain and folder.exists():
                        shutil.rmtree(folder)
                    if not (folder / "metrics.json").exists():
                        todo.append(
                            (
                                spec,
                                classes[spec.model],
                                corpus,
                                fold,
                                seed,
                                folder,
                                cache,
                                device,
                                progress,
                                code[spec.model],
                            )
                        )
            if not (home / "spec.json").exists():
                about = json.dumps(
                    {**asdict(spec), "corpus": corpus.name, "fingerprint": corpus.fingerprint()},
                    indent=1,
                )
                write_atomic(home / "spec.json", lambda p, about=about: p.write_text(about))
    loaded: dict[FeatureConfig, dict[str, Features]] = {}
    with _disk(cache):
        for config in {
            item[0].features for item in todo
        }:  # once, here, in parallel; the workers then read the cache
            loaded[config] = {
                f.id: f for f in extraction.extract(corpus, config, cache=cache, jobs=jobs)[0]
            }
    if jobs == 1 and backend in ("loky", "sequential"):
        todo = [(*item, loaded[item[0].features]) for item in todo]
    errors = fan_out(
        run_fold,
        todo,
        jobs=jobs,
        backend=backend,
        desc="" if progress else "training",
        lost=_worker_died,
        weights=[expected[item[0].name] for item in todo] if expected is not None else None,
    )
    failed = [(item[5], error) for item, error in zip(todo, errors, strict=True) if error]
    if failed:
        names = "\n  ".join(
            f"{folder}: {error.strip().splitlines()[-1]}" for folder, error in failed
        )
        raise RuntimeError(
            f"Given: {len(failed)} of {len(todo)} folds that failed:\n  {names}\nExpected: a metrics.json in "
            "each folder. Do: read error.txt there, then run the same command or call again: it trains what "
            "is missing, and finished folds stay."
        )
    return load_results(runs, folders)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """What the disk refuses, in three parts."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder}, where nothing can be written: {error.strerror or error}",
            "a folder that may be written, on a disk with room",
            "make room, or choose another folder (--runs, --data); then run the same command or call again: "
            "finished folds stay.",
        ) from error


def load_results(runs: Path | str = "runs", folders: Sequence[Path] | None = None) -> pd.DataFrame:
    """What is finished below `runs` (or in just these fold folders), from disk: a row a spec × fold × seed."""
    files = (
        sorted(Path(runs).glob("*/*/metrics.json"))
        if folders is None
        else [Path(f) / "metrics.json" for f in folders]
    )
    if not files:
        raise DataError(
            f"no finished run below {runs}", "folders with metrics.json", "mcsan run   (trains one)"
        )
    return pd.DataFrame(
        [
            {**json.loads(f.read_text()), "run": f.parent.parent.name, "folder": str(f.parent)}
            for f in files
        ]
    )
