"""What the course runs on: one way to open a corpus, and the runs that the lessons and the ceilings table share.

A lesson asks for a run; what is on disk is loaded, what is not is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mcsan_lite import ambiguities, checkpoints, inference, oracle, paper, splits
from mcsan_lite.corpus import Corpus, DataError, require_name
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.ceilings import ceilings
from mcsan_lite.datasets.layouts import generated
from mcsan_lite.datasets.synthetic import SyntheticConfig, make_synthetic, read_truth
from mcsan_lite.experiment import load_results, run_experiment
from mcsan_lite.fanout import fan_out
from mcsan_lite.features import extract
from mcsan_lite.films import with_video
from mcsan_lite.models import MODELS
from mcsan_lite.readings import READINGS
from mcsan_lite.spans import LACKING, mostly_timed
from mcsan_lite.spec import Spec
from mcsan_lite.stats import fold_interval, score_interval

RESULTS = Path(__file__).parents[1] / "results"
# What the ceilings table shows, by world: a row of Table 3 beside the ceiling that it can be held against.
ROWS = {"matching": (("w/o audio", "text"), ("w/o text", "prosody"), ("w/o text", "audio"),
                     ("w/o cross", "both, unmatched"), ("MCSAN", "both")),
        "leaking": (("w/o cross", "both, unmatched"), ("MCSAN", "both"))}


def synthetic_config(profile: str = "quick", world: str = "matching") -> SyntheticConfig:
    """The knobs of a profile's corpus in a world. The leaking one is more easily learned: two thirds of the utterances are
    enough."""
    config = replace(paper.PROFILES[require_name(profile, paper.PROFILES, "profile")]["synthetic"], world=world)
    return replace(config, train=config.train * 2 // 3) if world == "leaking" else config


def synthetic_folder(profile: str = "quick", *, data: Path | str = "data", world: str = "matching", jobs: int = 1,
                     **knobs) -> Path:
    """The folder of the profile's synthetic corpus, generated if it is not there."""
    return make_synthetic(data, replace(synthetic_config(profile, world), **knobs), jobs=jobs)


def open_corpus(name: str = "synthetic", *, root: Path | str | None = None, profile: str = "quick",
                data: Path | str = "data", jobs: int = 1, strict: bool = True, video: Path | str | None = None,
                **options) -> Corpus:
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
            corpus = replace(corpus, name=f"synthetic-{corpus.name}")
    return with_video(corpus, video) if video else corpus


def grid_corpus(profile: str = "quick", table: str = "table3", *, data: Path | str = "data", jobs: int = 1) -> Corpus:
    """The synthetic corpus of a profile's tables of many trainings; generated if it is not there. Table 1 compares with
    systems that see: its corpus has faces, which err in a quarter of the cases, beside the same sound and words."""
    config = paper.GRID[require_name(profile, paper.GRID, "profile")]
    config = replace(config, video_noise=0.25) if table == "table1" else config
    return READERS["synthetic"](make_synthetic(data, config, jobs=jobs))


def programme(table: str, corpus: Corpus, profile: str = "quick", kind: str = "synthetic", **how) -> list[Spec]:
    """The specs of "table1", "table2", "table3" or "ambiguities" on this corpus; `how` is that of `paper.table3`."""
    if table in paper.ROWS:
        found = corpus.utterances
        return paper.systems(table, profile, kind, video=sum(u.video is None for u in found) <= LACKING * len(found),
                             word_times=any(u.words for u in found) and mostly_timed(found), **how)
    return {"table3": paper.table3, "ambiguities": ambiguities.specs}[table](profile, kind, **how)


def finished(specs: Sequence[Spec], corpus: Corpus, runs: Path | str = "runs") -> pd.DataFrame:
    """What is finished of these specs, from disk; nothing is trained. Raises DataError where nothing is."""
    homes = _homes(specs, corpus, runs)
    found = [file.parent for home in homes for file in sorted(home.glob("*/metrics.json"))]
    if not found:
        raise DataError(f"no finished run of {', '.join(spec.name for spec in specs)} on {corpus.name} below {runs}",
                        "trained folds", "mcsan run, with the same table, corpus, protocol and profile")
    return load_results(runs, found)


def _homes(specs: Sequence[Spec], corpus: Corpus, runs: Path | str) -> list[Path]:
    """The folder of each spec's run."""
    parts = {protocol: splits.folds(corpus, protocol) for protocol in {spec.protocol for spec in specs}}
    return [spec.folder(corpus, Path(runs), MODELS[spec.model], parts[spec.protocol]) for spec in specs]


def grid_results(table: str = "table3", profile: str = "quick", *, data: Path | str = "data", runs: Path | str = "runs",
                 retrain: bool = False, rows: int | None = None, jobs: int = 1) -> tuple[pd.DataFrame, str]:
    """Results of a table's grid on the synthetic corpus, a line a row × fold × seed, and where they are from; `rows`: of
    the first so many rows alone.

    From `runs` where they are finished there; else those that the repository ships below results/, made by the same
    command, if they were made by this very code; else, or with `retrain`, trained now.
    """
    corpus = grid_corpus(profile, table, data=data, jobs=jobs)
    specs = programme(table, corpus, profile, protocol=paper.GRID_PROTOCOL["synthetic"])[:rows]
    how = {"folds": paper.FOLDS[profile], "cache": Path(data) / "cache", "runs": runs, "jobs": jobs}
    command = f"mcsan run {table} --profile {profile} --jobs 2"
    homes = _homes(specs, corpus, runs)
    finished_here = all(len(list(home.glob("*/metrics.json"))) >= (paper.FOLDS[profile] or 1) for home in homes)
    shipped = RESULTS / f"{table}-synthetic-{profile}-folds.csv"
    if shipped.is_file() and not (retrain or finished_here):
        found = pd.read_csv(shipped)
        if {home.name for home in homes} <= set(found.run):
            wanted = found[found.run.isin([home.name for home in homes])].reset_index(drop=True)
            return wanted, f"results/{shipped.name}, which `{command}` made with this code"
    return run_experiment(specs, corpus, retrain=retrain, **how), f"runs/, by `{command}` or this cell"


def trained(rows: Sequence[str] = ("MCSAN",), *, corpus: Corpus, kind: str = "synthetic", profile: str = "quick",
            data: Path | str = "data", runs: Path | str = "runs", **how) -> pd.DataFrame:
    """Results of these Table 3 rows, a line a fold and seed with its folder; trained now where they are missing."""
    return run_experiment(paper.table3(profile, kind, rows=list(rows)), corpus, cache=Path(data) / "cache", runs=runs, **how)


def ceilings_table(profile: str = "quick", *, worlds: Sequence[str] = tuple(ROWS), seeds: Sequence[int] = (0,),
                   data: Path | str = "data", runs: Path | str = "runs", jobs: int = 1) -> pd.DataFrame:
    """For each world and view: the best accuracy possible, and what the trained model got, with a 95 % interval."""
    lines = []
    for world in worlds:
        config = synthetic_config(profile, world)
        folder = make_synthetic(data, config, jobs=jobs)
        corpus, truth = READERS["synthetic"](folder), read_truth(folder)
        best = ceilings(truth[truth.split == "test"], config)
        found = trained(tuple(dict(ROWS[world])), corpus=corpus, profile=profile, data=data, runs=runs, seeds=seeds,
                        jobs=jobs)
        for row, view in ROWS[world]:
            group = found[found.name == row]
            n = int(group.n_test.iloc[0])
            mean, low, high = score_interval(group.wa, n)
            lines.append({"world": world, "may use": view, "ceiling": best[view], "model": row, "WA": mean, "low": low,
                          "high": high, "seeds": len(group), "n": n, "seconds": group.seconds.mean()})
    return pd.DataFrame(lines)


def _runs(world: str, variant: str, seeds: Sequence[int], profile: str, data: Path | str, runs: Path | str,
          jobs: int) -> tuple[Corpus, pd.DataFrame]:
    """A synthetic world and the runs on it of one of `checkpoints.VARIANTS`; trained now where they are missing."""
    corpus = open_corpus(root=synthetic_folder(profile, data=data, world=world, jobs=jobs))
    (spec,) = paper.table3(profile, rows=["MCSAN"])
    spec = replace(spec, name=variant, options=spec.options | checkpoints.VARIANTS[variant])
    return corpus, run_experiment([spec], corpus, seeds=seeds, cache=Path(data) / "cache", runs=runs, jobs=jobs)


def ship_checkpoints(folder: Path | str = checkpoints.FOLDER, profile: str = "quick", *, data: Path | str = "data",
                     runs: Path | str = "runs", jobs: int = 1) -> pd.DataFrame:
    """Every shipped checkpoint into `folder`, from its run (trained now where it is missing). A line each: its size, its
    WA on the test part in float32 and in half precision, and on what share of it both say the same."""
    if profile != "quick" and Path(folder).resolve() == checkpoints.FOLDER:
        raise DataError(f"checkpoints of the profile {profile!r} for {folder}", "the lessons' own, of the profile 'quick'",
                        "choose another folder with --out.")
    lines = []
    for world, variant, seeds in checkpoints.SHIPPED:
        corpus, found = _runs(world, variant, seeds, profile, data, runs, jobs)
        part = replace(corpus, utterances=tuple(u for u in corpus.utterances if u.split == "test"))
        test, _ = extract(part, cache=Path(data) / "cache", jobs=jobs)
        for seed, run in zip(found.seed, found.folder, strict=True):
            path = checkpoints.place(world, seed, variant, folder)
            about = checkpoints.ship(run, path, test)
            lines.append({"checkpoint": path.name, "kB": path.stat().st_size / 1000, "WA": about["wa"],
                          "WA half": about["wa_half"], "agreement": about["agreement"], "n": about["n"]})
    return pd.DataFrame(lines)


def reading_scores(readings: Mapping[str, Callable], profile: str = "quick", *, worlds: Sequence[str] = tuple(ROWS),
                   seeds: Sequence[int] = (0, 1, 2), utterances: int = 300, retrain: bool = False,
                   data: Path | str = "data", runs: Path | str = "runs", jobs: int = 1) -> pd.DataFrame:
    """How every reading scores on each utterance with a decisive word, for each world and seed, kept below `runs`: the
    lines that `oracle.summary` makes a table of. Models are the shipped checkpoints; `retrain`: the profile's own runs,
    trained now where they are missing. The head of the best-head line is chosen on validation, a seed at a time."""
    items, names = [], []
    for world in worlds:
        if retrain:
            models = list(_runs(world, "MCSAN", seeds, profile, data, runs, jobs)[1].folder)
        else:
            models = [checkpoints.find(world, seed) for seed in seeds]
        folder = synthetic_folder(profile, data=data, world=world, jobs=jobs)
        items += [(model, folder, readings, utterances, Path(data) / "cache", runs) for model in models]
        names += [(world, seed) for seed in seeds]
    found = fan_out(oracle.scores_of, items, jobs=jobs, desc="readings")
    return oracle.with_best_head(pd.concat(lines.assign(world=world, seed=seed)
                                           for (world, seed), lines in zip(names, found, strict=True)))


def alignment_table(run: Path | str, corpus: Corpus, *, utterances: int = 300, data: Path | str = "data",
                    jobs: int = 1) -> pd.DataFrame:
    """Does each word's row point at its own sound? A line a reading that scores words × frames: the mean over the first
    `utterances` with word times of the part that `run` was tested on (of the corpus's test part, for a checkpoint), and a
    95 % interval over them. Raises DataError for a corpus without word times."""
    model, tested = inference.load(run), Path(run) / "predictions.csv"
    ids = set(pd.read_csv(tested).id) if tested.is_file() else {u.id for u in corpus.utterances if u.split in (None, "test")}
    chosen = [u.id for u in corpus.utterances if u.id in ids and u.words and u.audio][:utterances]
    found = extract(corpus.subset(chosen), model.features, cache=Path(data) / "cache", jobs=jobs)[0] if chosen else []
    pairs = {name: READINGS[name] for name in ("value-weighted", "rollout", "gradient x attention")}
    lines = []
    scores = oracle.alignment(model.model, model.prepare(found), corpus, pairs)
    for name, group in scores.groupby("reading", sort=False):
        mean, half = fold_interval(group.points)
        lines.append({"reading": name, "points": mean, "low": mean - half, "high": mean + half,
                      "chance": group.chance.mean(), "utterances": len(group), "words": int(group.words.sum())})
    return pd.DataFrame(lines)
