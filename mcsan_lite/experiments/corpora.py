"""One way to open a corpus, for lessons and commands.

In: the name of a corpus and where it lies. Out: a `Corpus`. The synthetic corpora are generated
where they are missing: the one of the lessons, and the smaller one that tables of many trainings
run on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.layouts import generated
from mcsan_lite.datasets.synthetic.generator import corpus_folder, make_synthetic
from mcsan_lite.datasets.synthetic.reader import TRUTH_FILE, read_synthetic
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.errors import require_name
from mcsan_lite.paper import profiles


def synthetic_config(profile: str = "quick", world: str = "matching") -> SyntheticConfig:
    """The settings of a profile's corpus in a world.

    The leaking world is learned more easily: two thirds of the utterances are enough. The listed
    one is learned with more difficulty: it has half of the sounds, and fewer of them at a time.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        world: "matching", "leaking" or "listed".
    """
    require_name(profile, profiles.PROFILES, "profile")
    config = replace(profiles.PROFILES[profile].synthetic, world=world)
    if world == "leaking":
        config = replace(config, train=config.train * 2 // 3)
    if world == "listed":
        config = replace(config, pairs=8, max_words=4)
    return config


def synthetic_folder(
    profile: str = "quick",
    *,
    data: Path | str = "data",
    world: str = "matching",
    jobs: int = 1,
    **knobs,
) -> Path:
    """The folder of the profile's synthetic corpus, generated if it is not there.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        data: folder of corpora.
        world: "matching", "leaking" or "listed".
        jobs: processes side by side.
        **knobs: fields of `SyntheticConfig` that differ from the profile's.
    """
    config = replace(synthetic_config(profile, world), **knobs)
    return make_synthetic(data, config, jobs=jobs)


def open_corpus(
    name: str = "synthetic",
    *,
    root: Path | str | None = None,
    profile: str = "quick",
    data: Path | str = "data",
    jobs: int = 1,
    **reader_options,
) -> Corpus:
    """Open a corpus by name. The synthetic one is generated where it is missing.

    Films that lie beside a corpus are added with `datasets.video_files.with_video`.

    Args:
        name: "synthetic", "iemocap", "meld", "ravdess" or "manifest".
        root: its folder, or the manifest's file; by default data/<name>.
        profile: which synthetic corpus is meant.
        data: folder of corpora.
        jobs: processes side by side, for what is generated.
        **reader_options: those of the reader: strict=False goes on where published counts are not
            met; classes=4 is for iemocap, defects=("recut",) for meld. The synthetic corpus needs
            none.

    Returns:
        The corpus. Generated speech in another corpus's folders is called "synthetic-<name>".
    """
    require_name(name, READERS, "corpus")
    if name == "synthetic":
        return read_synthetic(root or synthetic_folder(profile, data=data, jobs=jobs))
    folder = Path(root or Path(data) / name)
    corpus = READERS[name](folder, **reader_options)
    if generated(folder):
        corpus = replace(corpus, name=f"synthetic-{corpus.name}", generated=True)
    return corpus


def grid_corpus(
    profile: str = "quick",
    table: str = "table3",
    *,
    world: str = "matching",
    data: Path | str = "data",
    jobs: int = 1,
) -> Corpus:
    """The corpus in `grid_folder`, as every reader gives it; arguments as for that."""
    return read_synthetic(grid_folder(profile, table, world=world, data=data, jobs=jobs))


def grid_folder(
    profile: str = "quick",
    table: str = "table3",
    *,
    world: str = "matching",
    data: Path | str = "data",
    jobs: int = 1,
) -> Path:
    """The synthetic corpus of a profile's tables of many trainings, generated if it is not there.

    Table 1 compares with systems that see. Its corpus has faces, which err in a quarter of the
    cases, beside the same sound and words.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        table: the table that is to be run on it.
        world: "matching"; "leaking", of as many utterances; or "listed", which has more, since it
            is harder to learn.
        data: folder of corpora.
        jobs: processes side by side.
    """
    return make_synthetic(data, grid_config(profile, table, world), jobs=jobs)


def grid_config(
    profile: str = "quick", table: str = "table3", world: str = "matching"
) -> SyntheticConfig:
    """The knobs of the corpus in `grid_folder`.

    Args:
        profile: "smoke", "quick", "full" or "paper".
        table: the table that is to be run on it.
        world: "matching", "leaking" or "listed".
    """
    require_name(profile, profiles.GRID_SYNTHETIC, "profile")
    config = replace(profiles.GRID_SYNTHETIC[profile], world=world)
    if world == "listed":
        config = synthetic_config(profile, world)
    if table == "table1":
        config = replace(config, video_noise=0.25)
    return config


def grid_is_generated(
    profile: str = "quick",
    table: str = "table3",
    *,
    world: str = "matching",
    data: Path | str = "data",
) -> bool:
    """Whether the corpus in `grid_folder` is there already; arguments as for that."""
    folder = corpus_folder(data, grid_config(profile, table, world))
    return (folder / TRUTH_FILE).is_file()
