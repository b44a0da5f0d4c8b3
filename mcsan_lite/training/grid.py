"""A grid of trainings as a value: rows × folds × seeds on one corpus.

In: specs, a corpus, seeds, how many folds. Out: the folds of every row, computed once, and the
folders of their runs.
`cost.estimate`, `runner.run_grid` and the tables take the same grid: none of them splits the corpus
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.errors import require_name
from mcsan_lite.models import MODELS
from mcsan_lite.training.saved.result import result_is_there
from mcsan_lite.training.spec import Spec


class TrainingName(NamedTuple):
    """Which training a result is of. The run's name holds its settings, its corpus and its code."""

    run: str
    fold: str
    seed: int


@dataclass(frozen=True)
class Training:
    """One fold with one seed, and the folder of its result."""

    fold: splits.Fold
    seed: int
    folder: Path


@dataclass(frozen=True)
class Grid:
    """What is trained: every spec on every fold with every seed.

    Attributes:
        specs: the rows.
        corpus: what they are trained on.
        seeds: one training per fold for each.
        first_folds: only so many folds, the first ones; None: all of them.
        models: model classes by the name that a spec gives.
        own_folds: folds by the name of a protocol that `splits` does not know.
        elsewhere: trainings that another machine finished, which are not done again.
    """

    specs: Sequence[Spec]
    corpus: Corpus
    seeds: Sequence[int] = (0,)
    first_folds: int | None = None
    models: Mapping[str, type] = field(default_factory=lambda: MODELS)
    own_folds: Mapping[str, Sequence[splits.Fold]] = field(default_factory=dict)
    elsewhere: frozenset[TrainingName] = frozenset()

    @cached_property
    def _folds(self) -> dict[str, Sequence[splits.Fold]]:
        protocols = {spec.protocol for spec in self.specs} - set(self.own_folds)
        drawn = {protocol: splits.folds(self.corpus, protocol) for protocol in protocols}
        return {**self.own_folds, **drawn}

    def every_fold(self, spec: Spec) -> Sequence[splits.Fold]:
        """All folds of the spec's protocol, whatever `first_folds` says."""
        return self._folds[spec.protocol]

    def folds(self, spec: Spec) -> Sequence[splits.Fold]:
        """The folds that the spec is trained on."""
        return self.every_fold(spec)[: self.first_folds]

    def without(self, done: Iterable[TrainingName]) -> Grid:
        """What is left of the grid once these trainings are not done again.

        Args:
            done: trainings that another machine finished.
        """
        names = frozenset(done)
        if not names:
            return self
        folds = {spec.protocol: self.every_fold(spec) for spec in self.specs}
        return replace(self, elsewhere=names, own_folds=folds)

    def trainings(self, spec: Spec, home: Path) -> list[Training]:
        """Every fold with every seed, but for those that were done elsewhere.

        Args:
            spec: a row of the grid.
            home: the folder of its run.
        """
        return [
            Training(fold, seed, home / fold_folder(fold.name, seed))
            for fold in self.folds(spec)
            for seed in self.seeds
            if TrainingName(home.name, fold.name, seed) not in self.elsewhere
        ]

    def model_class(self, spec: Spec) -> type:
        """The class that the spec names. Raises DataError where there is none."""
        return self.models[require_name(spec.model, self.models, "model")]

    def home(self, spec: Spec, runs: Path | str) -> Path:
        """The folder of the spec's run below `runs`; it holds one folder per fold and seed."""
        return spec.folder(self.corpus, Path(runs), self.model_class(spec), self.every_fold(spec))


def fold_folder(fold: str, seed: int) -> str:
    """The name of one training's folder in the folder of its run.

    Args:
        fold: the fold's name.
        seed: of the training.
    """
    return f"{fold}-seed{seed}"


@dataclass(frozen=True)
class FoldTask:
    """One training of a grid: what is trained, and the folder that it is written to.

    `code` is that of `training_code`, made where the notebook's cells can be read, which a worker
    cannot.
    """

    spec: Spec
    model_class: type
    corpus: Corpus
    fold: splits.Fold
    seed: int
    folder: Path
    code: str

    @property
    def finished(self) -> bool:
        """Whether its results are on disk."""
        return result_is_there(self.folder)
