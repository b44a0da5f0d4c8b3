"""An experiment as a value.

All that changes a result is hashed, with the code that makes it, into the name of a folder. In:
settings. Out: the folder of a run, `runs/<name>-<key>`. Equal keys mean equal results.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import splits
from mcsan_lite.features.arrays.files import source
from mcsan_lite.features.arrays.given import is_place
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.fold import training_code

_PIECE = 2048  # bytes of a clip that tell it from another one of the same size


@dataclass(frozen=True)
class Spec:
    """All that changes a result and nothing else: jobs, device and folders are never part of it."""

    name: str  # the row's label in a table
    model: str = "mcsan"
    options: dict = field(default_factory=dict)  # fields of the model's Config
    features: FeatureConfig = FeatureConfig()
    train: TrainConfig = TrainConfig()
    protocol: str = "official"

    def key(
        self,
        corpus: Corpus,
        model_class: type,
        folds: Sequence[splits.Fold] | None = None,
    ) -> str:
        """The 8 hex digits that name a run.

        They count settings, corpus, folds and the code that turns them into a result. Comments do
        not count. A model that was edited in a notebook cell does, so that an old result is never
        taken for its own.

        Args:
            corpus: what is trained on.
            model_class: the class that `model` names.
            folds: those of the spec's protocol on this corpus, where they are at hand.
        """
        settings = asdict(
            replace(
                self,
                options={},
                features=self.features.without_places(),
                train=replace(self.train, seed=0),
                protocol="",
            )
        )
        config = asdict(model_class.Config(**self.options))  # changing a default changes the key
        if folds is None:
            folds = splits.folds(corpus, self.protocol)
        counted = [
            settings,
            config,
            corpus.fingerprint(),
            splits.digest(folds),
            training_code(model_class),
        ]
        if self.features.video:  # video contents differ even where the settings agree
            counted.append(_video_files(corpus))
        counted += [_content_of_place(place) for place in self.features.places]
        if corpus.kind == "manifest":
            counted.append(content_of_clips(corpus))
        return hashlib.sha256(repr(counted).encode()).hexdigest()[:8]

    def folder(
        self,
        corpus: Corpus,
        runs: Path,
        model_class: type,
        folds: Sequence[splits.Fold] | None = None,
    ) -> Path:
        """`runs`/<name>-<key>; arguments as for `key`."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return Path(runs) / f"{slug}-{self.key(corpus, model_class, folds)}"


def vectors_read(specs: Iterable[Spec]) -> list[str]:
    """The word vectors whose unknown words would be nothing to a row, each source once.

    A row without text reads none, with unknown="random" a word has a vector of its own, and arrays
    made elsewhere hold a vector for every word.
    """
    read = [
        spec.features.vectors
        for spec in specs
        if spec.options.get("use_text", True)
        and spec.features.unknown != "random"
        and not is_place(spec.features.vectors)
    ]
    return list(dict.fromkeys(read))


def content_of_clips(corpus: Corpus) -> str:
    """8 hex digits over what the clips of a corpus hold, wherever they lie.

    They tell two tables of one name and the same rows apart, such as one beside clean clips and one
    beside noisy ones. Of each clip the size counts, and a piece of its middle.
    """
    pieces = [(one.id, _piece(one.audio)) for one in corpus.utterances]
    return hashlib.sha256(repr(sorted(pieces)).encode()).hexdigest()[:8]


def corpus_label(corpus: Corpus) -> str:
    """What results and tables call a corpus: its name, and for a manifest six digits more, since
    two tables may share a name.
    """
    if corpus.kind != "manifest":
        return corpus.name
    digits = corpus.fingerprint() + content_of_clips(corpus)
    return f"{corpus.name}-{hashlib.sha256(digits.encode()).hexdigest()[:6]}"


def _piece(clip: Path | None) -> tuple[int, bytes]:
    """The size of a clip, and the bytes in its middle; -1 where it is missing."""
    if clip is None:
        return 0, b""
    try:
        with clip.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(size // 2)
            return size, file.read(_PIECE)
    except OSError:
        return -1, b""


def _video_files(corpus: Corpus) -> list[tuple[str, tuple[int, bytes]]]:
    return _contents({source(u.video) for u in corpus.utterances if u.video is not None})


def _content_of_place(place: str) -> list[tuple[str, tuple[int, bytes]]]:
    folder = Path(place)
    files = folder.iterdir() if folder.is_dir() else [folder]
    return _contents(file for file in files if not file.is_dir())


def _contents(files: Iterable[Path]) -> list[tuple[str, tuple[int, bytes]]]:
    """Name, size and a piece of each: arrays of two tools often have equal names and sizes."""
    return sorted((file.name, _piece(file)) for file in files)
