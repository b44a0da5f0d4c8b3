"""An experiment is a value (`Spec`); its hash names a folder; a finished fold is a `metrics.json`. Resume = look at the
disk, so an interrupted grid costs its running folds and nothing else."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import shutil
import textwrap
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save_file

from mcsan_lite import audio, batch, features, layers, metrics, splits, training, words
from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus, DataError, require_name
from mcsan_lite.fanout import fan_out
from mcsan_lite.features import FeatureConfig, Features
from mcsan_lite.models import MODELS
from mcsan_lite.training import TrainConfig


@dataclass(frozen=True)
class Spec:
    """All that changes a result and nothing else: `jobs`, `device` and folders are arguments, never part of it."""

    name: str  # the row's label in a table
    model: str = "mcsan"
    options: dict = field(default_factory=dict)  # fields of the model's Config
    features: FeatureConfig = FeatureConfig()
    train: TrainConfig = TrainConfig()
    protocol: str = "official"

    def key(self, corpus: Corpus, model_class: type) -> str:
        """8 hex digits over the settings, the corpus, the folds and the code that turns them into a result. Comments do
        not count; a model edited in a notebook cell does, so that an old result is never taken for its own."""
        settings = asdict(replace(self, options={}, train=replace(self.train, seed=0), protocol=""))
        ids = splits.digest(splits.folds(corpus, self.protocol))
        config = asdict(model_class.Config(**self.options))  # defaults included: changing one changes the key
        modules, code = {audio, batch, features, layers, training, words}, [model_class.__qualname__]
        for part in model_class.__mro__[:model_class.__mro__.index(torch.nn.Module)]:
            if part.__module__ == "__main__":  # a notebook: only the class itself counts, not every other cell
                code += [_code(m) for m in vars(part).values() if inspect.isfunction(m)]
            else:
                modules.add(inspect.getmodule(part))
        code += [_code(module) for module in sorted(modules, key=lambda m: m.__name__)]
        return hashlib.sha256(repr((settings, config, corpus.fingerprint(), ids, code)).encode()).hexdigest()[:8]

    def folder(self, corpus: Corpus, runs: Path, model_class: type) -> Path:
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return Path(runs) / f"{slug}-{self.key(corpus, model_class)}"


def _code(item: object) -> str:
    """The parsed source of a module or method, without comments and docstrings."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(item)))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:] or [ast.Pass()]
    return ast.dump(tree)


def run_fold(spec: Spec, model_class: type, corpus: Corpus, fold: splits.Fold, seed: int, folder: Path, cache: Path,
             device: str = "cpu", progress: bool = False, data: dict[str, Features] | None = None) -> str | None:
    """Train and score one fold with one seed into `folder`. Returns None, or the traceback of a failure.

    `metrics.json` is written last: it stands for a finished fold. `data` spares reading the features again.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # faster than two on busy cores, and the same bits however many jobs there are
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "error.txt").unlink(missing_ok=True)
        if data is None:
            data = {f.id: f for f in features.extract(corpus, spec.features, cache=cache)[0]}
        parts = [[data[i] for i in ids if i in data] for ids in (fold.train, fold.valid, fold.test)]
        normal = batch.Standardizer().fit(parts[0])
        train, valid, test = parts
        dims = batch.Dims(spec.features.n_mfcc, train[0].text.shape[1], len(corpus.labels))
        training.seed_everything(seed)
        config = model_class.Config(**spec.options)
        model = model_class(dims, config)
        start = time.perf_counter()
        on_epoch = training.text_progress(spec.train.epochs, spec.name) if progress else None
        history = training.fit(model, train, valid, corpus.labels, replace(spec.train, seed=seed), normal=normal,
                               device=device, on_epoch=on_epoch)
        found = training.predict(model, test, corpus.labels, normal=normal, device=device)
        table = pd.DataFrame(found.prob, columns=list(corpus.labels))
        table.insert(0, "id", found.ids)
        table.insert(1, "true", [corpus.labels[i] for i in found.true])
        write_atomic(folder / "history.csv", lambda p: history.to_csv(p, index=False))
        write_atomic(folder / "predictions.csv", lambda p: table.to_csv(p, index=False))
        about = {"model": spec.model, "labels": list(corpus.labels), "dims": asdict(dims), "config": asdict(config),
                 "features": asdict(spec.features)}
        tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
        tensors |= {"normal.mean": torch.from_numpy(normal.mean), "normal.deviation": torch.from_numpy(normal.deviation)}
        write_atomic(folder / "model.safetensors", lambda p: save_file(tensors, p, {"mcsan_lite": json.dumps(about)}))
        result = {"name": spec.name, "model": spec.model, "corpus": corpus.name, "protocol": fold.name.rsplit("-", 1)[0],
                  "fold": fold.name, "split": splits.digest([fold]), "seed": seed,
                  "n_train": len(train), "n_test": len(test),
                  **metrics.scores(found.true, found.pred, classes=len(corpus.labels)),
                  "best_epoch": int(history.loc[history[f"valid_{spec.train.select}"].idxmax(), "epoch"]),
                  "epochs": spec.train.epochs, "parameters": sum(p.numel() for p in model.parameters()),
                  "seconds": round(time.perf_counter() - start, 1), "device": device, "torch": torch.__version__}
        write_atomic(folder / "metrics.json", lambda p: p.write_text(json.dumps(result, indent=1)))
    except Exception:
        text = traceback.format_exc()
        write_atomic(folder / "error.txt", lambda p: p.write_text(text))
        return text
    finally:
        torch.set_num_threads(threads)
    return None


def run_experiment(specs: Sequence[Spec], corpus: Corpus, *, seeds: Sequence[int] = (0,), cache: Path | str = "data/cache",
                   runs: Path | str = "runs", models: dict[str, type] = MODELS, jobs: int = 1, backend: str = "loky",
                   device: str = "cpu", retrain: bool = False, progress: bool = False,
                   folds: int | None = None) -> pd.DataFrame:
    """Every spec × fold × seed that is not on disk yet, then all of them from disk: a row each.

    A failing fold leaves error.txt and the others go on; at the end one RuntimeError names the failed ones. `folds`: only
    so many, the first ones; a later call adds the others to the same run.
    """
    todo, folders = [], []
    loaded: dict[FeatureConfig, dict[str, Features]] = {}
    for spec in specs:
        model_class = models[require_name(spec.model, models, "model")]
        home = spec.folder(corpus, Path(runs), model_class)
        parts = splits.folds(corpus, spec.protocol)
        splits.keep(corpus, parts, Path(runs))
        for fold in parts[:folds]:
            for seed in seeds:
                folder = home / f"{fold.name}-seed{seed}"
                folders.append(folder)
                if retrain and folder.exists():
                    shutil.rmtree(folder)
                if not (folder / "metrics.json").exists():
                    todo.append((spec, model_class, corpus, fold, seed, folder, Path(cache), device, progress))
        if not (home / "spec.json").exists():
            about = json.dumps({**asdict(spec), "corpus": corpus.name, "fingerprint": corpus.fingerprint()}, indent=1)
            write_atomic(home / "spec.json", lambda p, about=about: p.write_text(about))
    for config in {item[0].features for item in todo}:  # once, here, in parallel; the workers then read the cache
        loaded[config] = {f.id: f for f in features.extract(corpus, config, cache=cache, jobs=jobs)[0]}
    if jobs == 1:
        todo = [(*item, loaded[item[0].features]) for item in todo]
    errors = fan_out(run_fold, todo, jobs=jobs, backend=backend, desc="" if progress else "training")
    failed = [(item[5], error) for item, error in zip(todo, errors, strict=True) if error]
    if failed:
        names = "\n  ".join(f"{folder}: {error.strip().splitlines()[-1]}" for folder, error in failed)
        raise RuntimeError(f"Given: {len(failed)} of {len(todo)} folds that failed:\n  {names}\nExpected: a metrics.json in "
                           "each folder. Do: read error.txt there, then run the same call again: finished folds stay.")
    return load_results(runs, folders)


def load_results(runs: Path | str = "runs", folders: Sequence[Path] | None = None) -> pd.DataFrame:
    """What is finished below `runs` (or in just these fold folders), from disk: a row a spec × fold × seed."""
    files = sorted(Path(runs).glob("*/*/metrics.json")) if folders is None else [Path(f) / "metrics.json" for f in folders]
    if not files:
        raise DataError(f"no finished run below {runs}", "folders with metrics.json", "mcsan run   (trains one)")
    return pd.DataFrame([{**json.loads(f.read_text()), "run": f.parent.parent.name, "folder": str(f.parent)} for f in files])
