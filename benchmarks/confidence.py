"""Writes docs/confidence.md: is a model as sure as it is right, and does it know a human voice?

    python benchmarks/confidence.py --ravdess PATH --meld PATH --write
    python benchmarks/confidence.py               # the page again, from benchmarks/confidence.json

In: the shipped checkpoints with their generated corpora; RAVDESS's clips and MELD's annotation
files, which you bring. On those two a small network is trained for some epochs, a minute each: the
question is how its temperature works, not how good it is. Out: benchmarks/confidence.json, the
figure docs/confidence.png, and the tables between the page's marks. A test compares the page with
what this makes of the numbers, so that none of them is typed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mcsan_lite.corpus import Corpus
from mcsan_lite.evaluation.intervals import share_interval
from mcsan_lite.experiments.checkpoints import CHECKPOINTS_FOLDER
from mcsan_lite.experiments.confidence.calibrating import (
    CalibratedRun,
    calibrated_runs,
    corpus_of_run,
    grouped_by_corpus,
    measured_on_test,
    origin_of,
    share_of_unlike_sound,
    share_of_unlike_words,
)
from mcsan_lite.experiments.confidence.figure import reliability_figure
from mcsan_lite.experiments.corpora import open_corpus
from mcsan_lite.features.extraction import Features, extract
from mcsan_lite.paper.table_rows import table3_specs
from mcsan_lite.tables.shared import between_marks
from mcsan_lite.training.runner import RunOptions, run_experiment

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = ROOT / "benchmarks" / "confidence.json"
PAGE = ROOT / "docs" / "confidence.md"
FIGURE = ROOT / "docs" / "confidence.png"
START, END = "<!-- confidence: made by benchmarks/confidence.py -->", "<!-- /confidence -->"
LEAST_HUMAN, MOST_OWN = 0.95, 0.05  # shares that are called unlike, the aim
DRAWN = "matching-seed0"  # of the shipped ones
# Corpus, row of Table 3, protocol, epochs: short trainings of networks that use what there is.
SMALL = {
    "RAVDESS, sound alone, new speakers": ("ravdess", "w/o text", "speaker", 12),
    "MELD, words alone": ("meld", "w/o audio", "official", 3),
}


def shipped_runs(options: RunOptions) -> list[CalibratedRun]:
    """Every shipped checkpoint, calibrated anew."""
    found = []
    for places in grouped_by_corpus(sorted(CHECKPOINTS_FOLDER.glob("*.safetensors"))).values():
        corpus = corpus_of_run(origin_of(places[0]), options.data, options.jobs)
        found += calibrated_runs(places, corpus, options)
    return found


def shipped_row(one: CalibratedRun, human: list[Features]) -> dict[str, object]:
    """What a shipped checkpoint says of its own test part and of human voices."""
    row = measured_on_test(one)
    row["human sound unlike"] = share_of_unlike_sound(one.confidence, human)
    row["human words unlike"] = share_of_unlike_words(one.confidence, human)
    row["n human"] = len(human)
    return row


def small_run(name: str, corpus: Corpus, options: RunOptions) -> CalibratedRun:
    """The first fold of a short training on a corpus of humans, calibrated."""
    kind, row, protocol, epochs = SMALL[name]
    (spec,) = table3_specs("quick", kind, rows=[row], protocol=protocol)
    spec = replace(spec, train=replace(spec.train, epochs=epochs))
    results = run_experiment([spec], corpus, folds=1, options=options)
    (found,) = calibrated_runs(list(results.folder), corpus, options)
    return found


def measure(ravdess: Path, meld: Path, options: RunOptions) -> dict[str, object]:
    """All numbers of the page; the figure is drawn beside it."""
    voices = open_corpus("ravdess", root=ravdess, strict=False)
    human, _ = extract(voices, cache=options.cache)
    shipped = shipped_runs(options)
    corpora = {"ravdess": voices, "meld": open_corpus("meld", root=meld, strict=False)}
    small = {name: small_run(name, corpora[SMALL[name][0]], options) for name in SMALL}
    (drawn,) = (one for one in shipped if one.place.stem == DRAWN)
    names = ["generated speech", *small]
    figure = reliability_figure([drawn, *small.values()], names)
    figure.savefig(FIGURE, dpi=70)
    rows = [{**measured_on_test(one), "run": name} for name, one in small.items()]
    return {
        "shipped": [shipped_row(one, human) for one in shipped],
        "small": [row | {"epochs": SMALL[row["run"]][3]} for row in rows],
    }


def _share(row: pd.Series, name: str, count: str) -> str:
    """A share with Wilson's 95 % interval."""
    if pd.isna(row[name]):
        return "–"
    low, high = share_interval(row[name], int(row[count]))
    return f"{row[name]:.1%} [{low:.1%}, {high:.1%}]"


def _error(row: pd.Series) -> str:
    return f"{row['ECE']:.3f} → {row['ECE calibrated']:.3f}"


def shipped_table(numbers: dict) -> str:
    """One line per shipped checkpoint."""
    lines = [
        "| checkpoint | temperature | ECE before → after | own sound unlike | own words unlike | "
        "human sound unlike | human words unlike |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, row in pd.DataFrame(numbers["shipped"]).iterrows():
        own = _share(row, "sound unlike", "n"), _share(row, "words unlike", "n")
        human = (
            _share(row, "human sound unlike", "n human"),
            _share(row, "human words unlike", "n human"),
        )
        cells = (row["run"], f"{row['T']:.2f}", _error(row), *own, *human)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def small_table(numbers: dict) -> str:
    """One line per small training on people."""
    lines = [
        "| training | epochs | temperature | ECE before → after | answered at 50 % | "
        "right of these | own sound unlike | own words unlike | n |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for _, row in pd.DataFrame(numbers["small"]).iterrows():
        right = "–" if pd.isna(row["right of these"]) else f"{row['right of these']:.1%}"
        answered = _share(row, "answered", "n"), right
        own = _share(row, "sound unlike", "n"), _share(row, "words unlike", "n")
        counts = str(row["epochs"]), f"{row['T']:.2f}", _error(row)
        lines.append(f"| {' | '.join((row['run'], *counts, *answered, *own, str(row['n'])))} |")
    return "\n".join(lines)


def sentences(numbers: dict) -> list[str]:
    """What the numbers say, for or against."""
    shipped, small = pd.DataFrame(numbers["shipped"]), pd.DataFrame(numbers["small"])
    every = pd.concat([shipped, small], ignore_index=True)
    said = [_on_human_voices(shipped), _on_temperatures(every)]
    strangers = small[small["sound unlike"] > MOST_OWN]
    for _, row in strangers.iterrows():
        said.append(
            f"{row['run']}: {row['sound unlike']:.1%} of its own test clips are called unlike, "
            "more than validation promised. Its test part is farther from its training than its "
            "validation part is."
        )
    return said


def _on_human_voices(shipped: pd.DataFrame) -> str:
    least, most = shipped["human sound unlike"].min(), shipped["sound unlike"].max()
    met = least >= LEAST_HUMAN and most <= MOST_OWN
    whole = "all" if least == 1 else f"at least {least:.1%}"
    return (
        f"Of {shipped['n human'].iloc[0]:,d} human clips, every checkpoint of generated speech "
        f"calls {whole} unlike what it was trained on; of its "
        f"own test clips, at most {most:.1%}. The aim, at least {LEAST_HUMAN:.0%} and at most "
        f"{MOST_OWN:.0%}, is {'met' if met else 'not met'}."
    )


def _on_temperatures(every: pd.DataFrame) -> str:
    change = every["ECE calibrated"] - every["ECE"]
    smaller = int((change < 0).sum())
    said = "On test, the temperature makes the calibration error smaller in "
    said += f"{smaller} of {len(every)} runs"
    for verb, chosen in (("most", change.idxmin()), ("and larger most", change.idxmax())):
        row = every.loc[chosen]
        if (change[chosen] < 0) == (verb == "most"):
            said += f", {verb} for {row['run']}, {row['ECE']:.3f} to {row['ECE calibrated']:.3f}"
    return f"{said}."


def render(text: str, numbers: dict) -> str:
    """The page's text with the part between the marks made anew.

    Args:
        text: of the page.
        numbers: what `measure` returned.
    """
    said = "\n".join(f"- {sentence}" for sentence in sentences(numbers))
    parts = [said, shipped_table(numbers), small_table(numbers)]
    return between_marks(text, START, END, "\n\n".join(parts))


def main() -> None:
    """Measure where the corpora are named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--meld", type=Path)
    parser.add_argument("--data", default="data")
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--write", action="store_true", help="keep the numbers")
    args = parser.parse_args()
    numbers = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    if args.ravdess and args.meld:
        options = RunOptions(data=args.data, runs=args.runs, progress=True)
        numbers = measure(args.ravdess, args.meld, options)
        if not args.write:  # the page shows the numbers that are kept, and no others
            print(*sentences(numbers), sep="\n")
            return
        NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8"), numbers), encoding="utf-8")
    print(*sentences(numbers), sep="\n")


if __name__ == "__main__":
    main()
