"""One way to open a corpus, for lessons and commands: by name, generated where it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.layouts import generated
from mcsan_lite.datasets.synthetic.generator import SyntheticConfig, make_synthetic
from mcsan_lite.datasets.video_files import with_video
from mcsan_lite.errors import require_name
from mcsan_lite.paper import profiles


def synthetic_config(profile: str = "quick", world: str = "matching") -> SyntheticConfig:
    """The knobs of a profile's corpus in a world. The leaking one is more easily learned: two thirds of the utterances are
    enough."""
    settings = profiles.PROFILES[require_name(profile, profiles.PROFILES, "profile")]
    config = replace(settings.synthetic, world=world)
    return replace(config, train=config.train * 2 // 3) if world == "leaking" else config


def synthetic_folder(
    profile: str = "quick",
    *,
    data: Path | str = "data",
    world: str = "matching",
    jobs: int = 1,
    **knobs,
) -> Path:
    """The folder of the profile's synthetic corpus, generated if it is not there."""
    return make_synthetic(data, replace(synthetic_config(profile, world), **knobs), jobs=jobs)


def open_corpus(
    name: str = "synthetic",
    *,
    root: Path | str | None = None,
    profile: str = "quick",
    data: Path | str = "data",
    jobs: int = 1,
    strict: bool = True,
    video: Path | str | None = None,
    **options,
) -> Corpus:
    """A corpus by name. `root` is its folder, by default data/<name>; the synthetic one is generated where missing. `video`:
    a folder or an .npz with what is seen of its utterances, named as `films` says.
    `options` are its reader's own: classes=4 for iemocap, defects=("recut",) for meld."""
    require_name(name, READERS, "corpus")
    if name == "synthetic":
        corpus = READERS[name](root or synthetic_folder(profile, data=data, jobs=jobs))
    else:
        root = Path(root or Path(data) / name)
        corpus = READERS[name](root, strict=strict, **options)
        if generated(root):
            corpus = replace(corpus, name=f"synthetic-{corpus.name}", generated=True)
    return with_video(corpus, video) if video else corpus


def grid_corpus(
    profile: str = "quick", table: str = "table3", *, data: Path | str = "data", jobs: int = 1
) -> Corpus:
    """The synthetic corpus of a profile's tables of many trainings; generated if it is not there. Table 1 compares with
    systems that see: its corpus has faces, which err in a quarter of the cases, beside the same sound and words."""
    config = profiles.GRID_SYNTHETIC[require_name(profile, profiles.GRID_SYNTHETIC, "profile")]
    config = replace(config, video_noise=0.25) if table == "table1" else config
    return READERS["synthetic"](make_synthetic(data, config, jobs=jobs))
