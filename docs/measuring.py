"""Measures what docs/measured.py shows: ceilings, and where rows, words and readings point.

In: the generated corpus, the shipped networks, and runs/ (what is missing there is trained).
Out: data frames, which `save_all` writes into results/.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mcsan_lite.tables.own import save_table

CEILINGS = "ceilings-synthetic-quick.csv"
ROWS = "rows-of-the-map.csv"
READINGS = "readings-synthetic-quick.csv"
OWN_SOUND = "own-sound.csv"
WORLDS, SEEDS, UTTERANCES, READ = ("matching", "leaking"), (0, 1, 2), 300, 100


def measure_ceilings() -> pd.DataFrame:
    """What can be had in each world, what the networks got, and the floor "order alone"."""
    from mcsan_lite.datasets.splits import official
    from mcsan_lite.datasets.synthetic.order import order_numbers
    from mcsan_lite.datasets.synthetic.reader import read_truth
    from mcsan_lite.evaluation.intervals import share_interval
    from mcsan_lite.experiments.ceilings import ceilings_table
    from mcsan_lite.experiments.corpora import open_corpus, synthetic_folder
    from mcsan_lite.experiments.floors import ORDER_ALONE, score_floor

    corpus, truth = open_corpus("synthetic"), read_truth(synthetic_folder())
    (fold,) = official(corpus)
    floor = score_floor(ORDER_ALONE, corpus, fold, order_numbers(truth))
    n = len(fold.test)
    low, high = share_interval(floor["wa"], n)
    row = {"world": "matching", "may use": "both, in order", "ceiling": 1.0, "model": ORDER_ALONE}
    row |= {"WA": floor["wa"], "low": low, "high": high, "seeds": 1, "n": n}
    return pd.concat([ceilings_table().drop(columns="seconds"), pd.DataFrame([row])])


def measure_rows() -> pd.DataFrame:
    """Where the decisive word's row and the other rows point, by world and shipped network."""
    from mcsan_lite import extract, load_checkpoint
    from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
    from mcsan_lite.experiments.corpora import synthetic_folder
    from mcsan_lite.explain.pointing_tables import decisive_row_scores

    found = []
    for world in WORLDS:
        folder = synthetic_folder("quick", world=world)
        corpus, truth = read_synthetic(folder), read_truth(folder)
        decided = truth[(truth.split == "test") & (truth.sense != "none")].index[:UTTERANCES]
        part = corpus.subset(list(decided))
        for seed in SEEDS:
            run = load_checkpoint(world, seed)
            features, _ = extract(part, run.features)
            scores = decisive_row_scores(run.model, run.prepare(features), truth)
            means = scores[["points", "others", "chance"]].mean()
            found.append({"world": world, "seed": seed, "n": len(scores), **means})
    return pd.DataFrame(found)


def measure_readings() -> pd.DataFrame:
    """Which reading of the shipped networks points at the word that decides: `mcsan readings`."""
    from mcsan_lite.experiments.readings import reading_scores
    from mcsan_lite.explain.pointing_tables import pointing_table
    from mcsan_lite.explain.readings import READINGS as METHODS

    readings = {name: method.read for name, method in METHODS.items()}
    return pointing_table(reading_scores(readings, seeds=SEEDS, utterances=READ))


def measure_own_sound() -> pd.DataFrame:
    """How often each word's row points at the word's own sound: `mcsan align`."""
    from mcsan_lite.experiments.checkpoints import find_checkpoint
    from mcsan_lite.experiments.corpora import open_corpus
    from mcsan_lite.experiments.readings import alignment_table

    corpus = open_corpus("synthetic")
    tables = []
    for seed in SEEDS:
        table = alignment_table(find_checkpoint("matching", seed), corpus, utterances=UTTERANCES)
        tables.append(table.assign(seed=seed))
    return pd.concat(tables)


MEASUREMENTS = {
    CEILINGS: measure_ceilings,
    ROWS: measure_rows,
    READINGS: measure_readings,
    OWN_SOUND: measure_own_sound,
}


def save_all(results: Path) -> None:
    """Measure everything again.

    Args:
        results: the folder of tables.
    """
    for name, measure in MEASUREMENTS.items():
        save_table(results / name, measure())
