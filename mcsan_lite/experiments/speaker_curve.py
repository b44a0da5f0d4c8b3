"""Are more speakers what is missing? The same tested speakers, with more and more to train on.

In: a corpus of several speakers, and how many may train. Out: one row per system and number of
training speakers, with its interval over the tested speakers; `mcsan speakers` prints it.

Each speaker is tested once, the next one in alphabetical order chooses the epoch or the
regularisation, and so many of the others train. A smaller set of training speakers is part of every
larger one, so that what a row gains was gained by the speakers that were added.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mcsan_lite.cache import write_atomic
from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.fold import Fold, make_fold
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation.comparison import run_interval
from mcsan_lite.evaluation.significance import Test, corrected_t, holm
from mcsan_lite.experiments.floors import applicable_floors, floors_table
from mcsan_lite.features.extraction import extract
from mcsan_lite.figures.results import draw_speakers
from mcsan_lite.tables.own import save_table
from mcsan_lite.tables.shared import save_svg
from mcsan_lite.training.grid import Grid
from mcsan_lite.training.runner import RunOptions, run_grid
from mcsan_lite.training.spec import Spec

# What they are compared with: they are quick, and strong where there are few speakers.
CLASSICAL = ("MFCC statistics + SVM", "MFCC statistics + LR")


@dataclass(frozen=True)
class SpeakerCurve:
    """What is trained for a curve.

    Attributes:
        corpus: every utterance has a speaker.
        counts: how many speakers train, in ascending order.
        first_folds: test only so many speakers, the first ones; None: all of them.
        seeds: one training per fold for each.
    """

    corpus: Corpus
    counts: Sequence[int]
    first_folds: int | None = None
    seeds: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        speakers = sorted({one.speaker for one in self.corpus.utterances})
        most = len(speakers) - 2
        if (
            "" in speakers
            or not self.counts
            or not 0 < min(self.counts) <= max(self.counts) <= most
        ):
            wanted = ", ".join(map(str, self.counts)) or "no number"
            unknown = "utterances without speaker and " if "" in speakers else ""
            raise DataError(
                f"{wanted} of training speakers on {self.corpus.name}, which has {unknown}"
                f"{len(speakers)} speakers",
                f"a speaker for every utterance, and 1 to {max(1, most)} that train: one is "
                "tested, one chooses the epoch",
                "take other numbers (--speakers), or a corpus of more speakers.",
            )

    def folds(self, count: int) -> list[Fold]:
        """One fold per tested speaker, with `count` speakers to train on.

        The order in which speakers join the training part is drawn once per tested speaker.
        """
        by_speaker: dict[str, list[str]] = {}
        for one in self.corpus.utterances:
            by_speaker.setdefault(one.speaker, []).append(one.id)
        speakers = sorted(by_speaker)
        made = []
        for place, tested in enumerate(speakers[: self.first_folds]):
            choosing = speakers[(place + 1) % len(speakers)]
            others = [name for name in speakers if name not in (tested, choosing)]
            generator = np.random.default_rng(zlib.crc32(tested.encode()))
            training = generator.permutation(others)[:count]
            part_of_speaker = {choosing: "valid", tested: "test"} | dict.fromkeys(training, "train")
            part_of = {
                id: part for name, part in part_of_speaker.items() for id in by_speaker[name]
            }
            protocol = f"speakers{count}"
            made.append(make_fold(self.corpus, protocol, f"{protocol}-{place}", part_of))
        return made


def curve_results(
    curve: SpeakerCurve, specs: Sequence[Spec], options: RunOptions = RunOptions()
) -> pd.DataFrame:
    """Train every row, and fit the classical models, on so many speakers; what is on disk is read.

    A corpus without sound has nothing for the classical models to hear, so they are left out.

    Args:
        curve: the corpus and its folds.
        specs: rows to train; their own protocol does not count.
        options: where and with what to compute.

    Returns:
        Results with one row per system, fold, seed and number of speakers, which is in the column
        `speakers`. `fold` names the tested speaker, by number.
    """
    features, _ = extract(curve.corpus, specs[0].features, cache=options.cache, jobs=options.jobs)
    folds = {f"speakers{count}": curve.folds(count) for count in curve.counts}
    every_spec = [replace(spec, protocol=protocol) for protocol in folds for spec in specs]
    grid = Grid(every_spec, curve.corpus, curve.seeds, own_folds=folds)
    tables = [run_grid(grid, options)]
    select = specs[0].train.select
    classical = [name for name in applicable_floors(curve.corpus, features) if name in CLASSICAL]
    if classical:
        tables += [
            floors_table(curve.corpus, made, features, select, names=classical, options=options)
            for made in folds.values()
        ]
    results = pd.concat(tables, ignore_index=True)
    named = results.fold.str.extract(r"^speakers(?P<speakers>\d+)-(?P<fold>\d+)$")
    return results.assign(speakers=named.speakers.astype(int), fold=named.fold)


def curve_table(results: pd.DataFrame, score: str = "wa") -> pd.DataFrame:
    """The mean over tested speakers for every system and number of training speakers.

    Args:
        results: of `curve_results`.
        score: "wa", "ua" or "weighted_f1".

    Returns:
        system, speakers, n_train (mean), mean, low, high; gain, gain low, gain high and gain p,
        over the fewest training speakers; tested (how many speakers).
    """
    rows = []
    for (name, speakers), group in results.groupby(["name", "speakers"], sort=False):
        of_system = results[results.name == name]
        own = run_interval(group, score)
        gained = _gain(group, of_system[of_system.speakers == of_system.speakers.min()], score)
        rows.append(
            {
                "system": name,
                "speakers": speakers,
                "n_train": round(group.n_train.mean()),
                "mean": own.mean,
                "low": own.low,
                "high": own.high,
                "gain": gained.mean,
                "gain low": gained.low,
                "gain high": gained.high,
                "gain p": gained.p,
                "tested": group.fold.nunique(),
            }
        )
    return pd.DataFrame(rows).sort_values(["system", "speakers"], ignore_index=True)


def _gain(more: pd.DataFrame, fewest: pd.DataFrame, score: str) -> Test:
    """What more training speakers are worth, paired by the tested speaker; seeds are averaged.

    The two sides train on parts of different sizes. The correction takes the mean of their shares.
    """
    by_speaker, before = (one.groupby("fold")[score].mean() for one in (more, fewest))
    shares = [(side.n_test / side.n_train).mean() for side in (more, fewest)]
    return corrected_t(by_speaker - before, float(np.mean(shares)))


def curve_verdicts(table: pd.DataFrame) -> list[str]:
    """One sentence per system: do more training speakers help, after Holm over the systems?

    Args:
        table: of `curve_table`.
    """
    ends = {
        str(name): (rows.loc[rows.speakers.idxmin()], rows.loc[rows.speakers.idxmax()])
        for name, rows in table.groupby("system", sort=False)
    }
    adjusted = holm([most["gain p"] for _, most in ends.values()])
    return [
        _verdict(name, fewest, most, p)
        for (name, (fewest, most)), p in zip(ends.items(), adjusted, strict=True)
    ]


def _verdict(name: str, fewest: pd.Series, most: pd.Series, holm_p: float) -> str:
    points = f"{100 * most.gain:+.1f} points"
    if not np.isnan(most["gain low"]):
        points += f" [{100 * most['gain low']:+.1f}, {100 * most['gain high']:+.1f}]"
    start = f"{name}: from {fewest.speakers} to {most.speakers} training speakers {points}"
    if holm_p < 0.05:
        return (
            f"{start}: more speakers {'help' if most.gain > 0 else 'hurt'} (Holm's p {holm_p:.3f})."
        )
    return f"{start}: after Holm's correction, this does not show whether more speakers help."


def save_curve(path: Path, table: pd.DataFrame) -> None:
    """Write the table as csv and its figure as svg next to it, neither if it cannot be drawn.

    Args:
        path: of the csv.
        table: of `curve_table`, in WA.
    """
    import matplotlib.pyplot as plt

    figure = draw_speakers(table).figure
    try:
        save_table(path, table)
        write_atomic(path.with_suffix(".svg"), lambda part: save_svg(figure, part))
    finally:
        plt.close(figure)
