"""The numbers of the front page and of two docs pages, measured and written between their marks.

    python docs/measured.py            write the pages from the files in results/
    python docs/measured.py --measure  measure again first: the ceilings (trains what is missing in
                                       runs/) and where the rows of the shipped networks' maps point

In: results/*.csv. Out: the parts of README.md, docs/synthetic_corpus.md and docs/attention.md
between their marks. A test compares the pages with what this makes of the files, so that no number
there is typed.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pandas as pd

from mcsan_lite.evaluation.intervals import fold_interval, score_interval, share_interval
from mcsan_lite.experiments.ceilings import ceilings_table
from mcsan_lite.tables.own import load_table, save_table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
CEILINGS = "ceilings-synthetic-quick.csv"
ROWS = "rows-of-the-map.csv"
FUSION = "fusion-synthetic-quick.csv"
IDENTITY = "identity-synthetic-quick.csv"
ABLATIONS = "table3-synthetic-quick.csv"
WORLDS, SEEDS, UTTERANCES = ("matching", "leaking"), (0, 1, 2), 300


def measure_ceilings() -> pd.DataFrame:
    """What can be had in each world, what the networks got, and the floor "order alone"."""
    from mcsan_lite.datasets.splits import official
    from mcsan_lite.datasets.synthetic.order import order_numbers
    from mcsan_lite.datasets.synthetic.reader import read_truth
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


def percent(mean: float, low: float, high: float) -> str:
    """A share with its interval, such as "32 % (29 to 36 %)"."""
    low, high = max(low, 0.0), min(high, 1.0)
    return f"{100 * mean:.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


def rows_of_map(results: Path = RESULTS) -> pd.DataFrame:
    """By world: own, others (each as text with its interval), chance, and whether own is apart.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / ROWS, numbers=("seed", "n", "points", "others", "chance"))
    rows = {}
    for world, group in table.groupby("world", sort=False):
        n = int(group.n.min())
        own, others = score_interval(group.points, n), score_interval(group.others, n)
        gap, half = fold_interval(group.points - group.others)
        rows[world] = {
            "own": percent(*own),
            "others": percent(*others),
            "chance": f"{100 * group.chance.mean():.0f} %",
            "above chance": own[1] > group.chance.mean(),
            "a word of its own": gap > half,
            "networks": len(group),
            "n": n,
        }
    return pd.DataFrame(rows).T


def say_rows(found: pd.Series) -> str:
    """Where the rows of one world point, as a sentence with its verdict.

    Args:
        found: a row of `rows_of_map`.
    """
    measured = (
        f"the decisive word's row is heaviest inside its own sound in {found.own} of the clips, "
        f"the rows of other words in {found.others}; chance is {found.chance}"
    )
    if not found["above chance"]:
        return f"{measured}. It cannot be told from chance."
    if found["a word of its own"]:
        return f"{measured}. The word looks at its own sound."
    return f"{measured}. The map shows a place, and no word of its own."


def picture_caption(results: Path = RESULTS) -> str:
    """What the picture at the top of the README is an example of.

    Args:
        results: the folder of tables.
    """
    found = rows_of_map(results).loc["matching"]
    return (
        "*The first test clip of the synthetic corpus that fits a rule which was fixed before "
        "looking (`docs/figure.py`). The box marks the word that decides the label. One example "
        f"proves nothing. Over {found.n} clips and {found.networks} trainings {say_rows(found)}*"
    )


def findings(results: Path = RESULTS) -> str:
    """The three headline findings of the README, each with its intervals.

    Args:
        results: the folder of tables.
    """
    said = [say_fusion(results), say_order(results), say_wiring(results)]
    return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(said, start=1))


def say_fusion(results: Path = RESULTS) -> str:
    """Cross-attention beside the five other fusions.

    Args:
        results: the folder of tables.
    """
    numbers = ("wa", "wa low", "wa high", "wa gap low", "wa Holm p")
    table = load_table(results / FUSION, numbers=numbers).set_index("row")
    mcsan, others = table.loc["MCSAN"], table[table["wa gap low"].notna()]
    ahead = others[(others["wa gap low"] > 0) & (others["wa Holm p"] < 0.05)]
    score = f"{mcsan.wa:.3f} [{mcsan['wa low']:.3f}, {mcsan['wa high']:.3f}]"
    every = len(ahead) == len(others)
    claim = "is ahead of simpler fusion here" if every else "is not ahead of all simpler fusion"
    return (
        f"**Cross-attention {claim}.** On the same encoders and folds it reaches "
        f"{score}; early, late, gated, tensor and low-rank fusion reach {others.wa.min():.3f} to "
        f"{others.wa.max():.3f}. After Holm's correction it is ahead of {len(ahead)} of these "
        f"{len(others)} (`mcsan run fusion`, lesson 07)."
    )


def say_order(results: Path = RESULTS) -> str:
    """MCSAN beside the floor that recognises no sound.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / CEILINGS, numbers=("ceiling", "WA", "low", "high", "seeds", "n"))
    of_model = table.drop_duplicates(["world", "model"]).set_index(["world", "model"])
    order, mcsan = (
        of_model.loc["matching", name] for name in ("order alone + boosted trees", "MCSAN")
    )
    above = mcsan.low > order.high
    claim = "proves more than order" if above else "does not prove that words met their sounds"
    apart = "is above it" if above else "is not above it"
    return (
        f"**The score of MCSAN {claim}.** Boosted trees that "
        f"know only places and stresses reach {order.WA:.3f} [{order.low:.3f}, {order.high:.3f}] "
        f"on the same test part. MCSAN, with {mcsan.WA:.3f} [{mcsan.low:.3f}, {mcsan.high:.3f}], "
        f"{apart} (`mcsan ceilings`, `mcsan floors`)."
    )


def say_wiring(results: Path = RESULTS) -> str:
    """Which of the paper's ablations can be told from MCSAN on three folds.

    Args:
        results: the folder of tables.
    """
    numbers = ("wa", "wa gap", "wa gap low", "wa gap high", "wa Holm p")
    table = load_table(results / ABLATIONS, numbers=numbers)
    compared = table[table["wa gap"].notna()]
    alone = (compared["wa gap low"] > 0).sum()
    corrected = compared.row[compared["wa Holm p"] < 0.05]
    cross = compared.set_index("row").loc["w/o cross"]
    gap = f"{100 * cross['wa gap']:+.1f} points [{100 * cross['wa gap low']:+.1f}, "
    gap += f"{100 * cross['wa gap high']:+.1f}]"
    return (
        f"**Of {len(compared)} ablations, {len(corrected)} are certain.** Read alone, {alone} rows "
        f"of Table 3 fall below MCSAN ({gap} for the one without cross-attention). After "
        f"Holm's correction for {len(compared)} comparisons there remain: "
        f"{', '.join(corrected) or 'none'} (`mcsan run table3`, lesson 14)."
    )


def ceilings_lines(results: Path = RESULTS) -> str:
    """The table of ceilings as markdown.

    Args:
        results: the folder of tables.
    """
    table = load_table(results / CEILINGS, numbers=("ceiling", "WA", "low", "high", "seeds", "n"))
    lines = [
        "| world | may use | ceiling | model | WA | 95 % interval |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.itertuples():
        interval = f"{row.low:.3f} to {row.high:.3f}"
        cells = (row.world, row._2, f"{row.ceiling:.3f}", row.model, f"{row.WA:.3f}", interval)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def rows_lines(results: Path = RESULTS) -> str:
    """Where the rows of the maps point, one bullet per world.

    Args:
        results: the folder of tables.
    """
    return "\n".join(
        f"- **{world.capitalize()} world**, {found.n} clips, {found.networks} trainings: "
        f"{say_rows(found)}"
        for world, found in rows_of_map(results).iterrows()
    )


def identity_lines(results: Path = RESULTS) -> str:
    """The changes of MCSAN on the listed world: scores and maps, and what they say.

    Args:
        results: the folder of tables.
    """
    ends = ("", " low", " high")
    numbers = [*("WA", "low", "high", "chance", "seeds", "n")]
    numbers += [f"{name}{end}" for name in ("points", "others") for end in ends]
    table = load_table(results / IDENTITY, numbers=numbers)
    heads = ("change", "WA", "own row points", "other rows point there", "chance")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for _, row in table.iterrows():
        score = f"{row.WA:.3f} [{row.low:.3f}, {row.high:.3f}]"
        own, others = (_share_with_ends(row, name) for name in ("points", "others"))
        chance = "" if pd.isna(row.chance) else f"{row.chance:.2f}"
        lines.append(f"| {row.change} | {score} | {own} | {others} | {chance} |")
    seeds = int(table.seeds.min())
    basis = "one training each: another seed may say otherwise" if seeds == 1 else f"{seeds} seeds"
    return "\n".join([*lines, "", f"*95 % intervals; {basis}. `mcsan identity`.*"])


def _share_with_ends(row: pd.Series, name: str) -> str:
    if pd.isna(row[name]):
        return "no map"
    return f"{row[name]:.2f} [{row[f'{name} low']:.2f}, {row[f'{name} high']:.2f}]"


# Page -> its marks, and what lies between them.
PARTS = {
    "README.md": {"picture": picture_caption, "findings": findings},
    "docs/synthetic_corpus.md": {"ceilings": ceilings_lines},
    "docs/attention.md": {"rows": rows_lines, "identity": identity_lines},
}


def render(text: str, page: str, results: Path = RESULTS) -> str:
    """A page's text with the parts between its marks made anew.

    Args:
        text: of the page.
        page: a key of `PARTS`.
        results: the folder of tables.
    """
    for mark, make in PARTS[page].items():
        start, end = f"<!-- {mark}: made by docs/measured.py -->", f"<!-- /{mark} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n\n{_wrapped(make(results))}\n\n{end}{after}"
    return text


def _wrapped(part: str) -> str:
    """Lines of at most 110 columns; what continues a bullet is indented below it."""
    lines = []
    for line in part.splitlines():
        bullet = re.match(r"(- |\d+\. )?", line).group()
        indent = " " * len(bullet)
        is_table = line.startswith("|")
        lines.append(line if is_table else textwrap.fill(line, 110, subsequent_indent=indent))
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Measure if asked to, then write the pages."""
    if "--measure" in arguments:
        save_table(RESULTS / CEILINGS, measure_ceilings())
        save_table(RESULTS / ROWS, measure_rows())
    for page in PARTS:
        path = ROOT / page
        text = render(path.read_text(encoding="utf-8"), page)
        path.write_text(text, encoding="utf-8")
        print(page, "written")


if __name__ == "__main__":
    main(sys.argv[1:])
