# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 15 · Reproducing the paper
#
# Ten lessons built the network, trained it, looked into it and counted its errors. Now the question that began the course:
# *does the paper hold?* This lesson is the whole road from a sentence in print to a verdict. It refuses to fake: what was
# not run says **not run**, with the command that would run it.
#
# **You will be able to**
# - get both corpora legally, and prove that your copy is the paper's,
# - print what a table will cost before a single step is trained,
# - run a whole table as one programme, on one machine or ten, and read its verdicts,
# - follow one sentence of the paper from its number to a verdict,
# - say which open choice matters, and answer a reproducibility checklist from a run's own files,
# - set the paper's rivals, and a model of your own, beside it on equal terms.
#
# **Needs:** lessons 01, 09 and 14. **Time:** read 25 min · run about 1 min · exercises 30 min. **Paper:** section 3, all of
# it, with Tables 1 to 3. **Runs on:** the synthetic grid corpus; sections 2, 5 and 6 also on your own IEMOCAP and MELD, where
# they lie in `data/iemocap` and `data/meld`. Scores on synthetic speech are never set beside the paper's.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "iemocap" or "meld", if your copy lies elsewhere than in data/: its folder is ROOT
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains the grids again instead of loading them; section 4 says what that costs

# %%
import json
import math
import re
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import torch
from IPython.display import Markdown, display

from torch import nn

import mcsan_lite as mc
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
# %%
from mcsan_lite.datasets import splits
from mcsan_lite.experiments import corpora as corpora_module, grids
from mcsan_lite.training import cost
from mcsan_lite.exercises import lesson15 as check
from mcsan_lite.evaluation.significance import welch_from_summary

began = time.perf_counter()
PROTOCOL, FOLDS = mc.paper.GRID_PROTOCOL["synthetic"], mc.paper.GRID_FOLDS[PROFILE]
FIRST = {"smoke": 3}.get(PROFILE)  # a quick test tries only so many rows of the longer grids
pd.set_option("display.max_colwidth", 90)

# %% [markdown]
# ## 1 · Two corpora that you must fetch yourself
#
# Neither corpus may be passed on, so no course, no repository and no colleague should hand you one, nor features made
# from it.
#
# | | IEMOCAP | MELD |
# |---|---|---|
# | what | actors in pairs, scripted and improvised | scenes of a television series |
# | who gives it | the University of Southern California, on a signed request: <https://sail.usc.edu/iemocap> | its authors: <https://github.com/declare-lab/MELD> |
# | terms | a release form; read what it allows before you share even a plot of a clip | the repository is GPL-3.0; the dialogues and clips belong to the series, whose rights the authors do not hold |
# | you do | unpack into `data/iemocap` | `mcsan data meld --download`, and `--clips` for the sound and film |
# | you may publish | your scores and your code; for anything else ask the licence | the same |
#
# Two things to do with neither: commit a row or a clip, or ship a trained network without asking whether its licence permits.
#
# No licence yet? `mcsan data synthetic --layout iemocap` (or `meld`) writes synthetic speech in that corpus's folders, at full
# size, into a folder of its own, and every command below runs on it. That proves the road, not the paper: its counts are the
# published ones because they were put there.
#
# ## 2 · Is it the paper's set?
#
# Papers say "IEMOCAP" of several subsets of it, with four, six or seven classes. Before anything is trained, count.

# %%
OWN = {"iemocap": Path("data/iemocap"), "meld": Path("data/meld")}
OWN |= {name: Path(ROOT) for name in OWN if name == CORPUS and ROOT}
corpora = {}
for kind, root in OWN.items():
    try:
        corpora[kind] = mc.open_corpus(kind, root=root)
        print(f"{kind}: {len(corpora[kind]):,} utterances, {len(corpora[kind].skipped):,} left out, each with its reason")
    except mc.DataError as refusal:
        print(f"not run: {refusal.given}. When it is there: mcsan check {kind} --root {root}")

# %% [markdown]
# A reader refuses what differs from the published counts, and says what is likely wrong. What the paper says of its data is
# in the **ledger of claims**, of which this lesson shows one block after the other. *value* is what your copy has:

# %%
def beside(lines):
    """Some lines of the ledger of claims: the paper's number, ours, the verdict."""
    value = [f"{v:,g}" if pd.notna(v) else "" for v in lines.value]
    return lines.assign(value=value)[["block", "says", "note", "value", "verdict"]].set_index(["block", "says"])


ledger = mc.paper.claims_ledger(corpora=corpora)
beside(ledger[ledger.block.str.startswith("counts")])

# %% [markdown]
# Where *not run* stands, nothing is claimed. The same calls run on every corpus, so here they are on the synthetic one. It
# is compared with no published count, but three things of it belong into every report: the counts, and two fingerprints, of
# the corpus and of the folds. Two people with the same fingerprints have compared the same thing.

# %%
grid = corpora_module.grid_corpus(PROFILE)
print(f"{grid.name}: {len(grid):,} utterances, {len(grid.skipped)} left out; {grid.counts().to_dict()}")
print(f"corpus {grid.fingerprint()}, folds of {PROTOCOL} {splits.digest(mc.folds(grid, PROTOCOL))}")

# %% [markdown]
# ## 3 · What the paper says, and what it leaves open
#
# Section 3.2 of the paper gives settings. The profile `paper` takes them; this block of the ledger compares its code with
# the printed numbers. Every line is computed from the code, none is typed.

# %%
settings = ledger[ledger.block == "the profile paper's settings"]
print(settings.verdict.value_counts().to_string())
beside(settings).droplevel("block")

# %% [markdown]
# A line that *differs* is told, not hidden: the word vectors that install with `pip` have fewer dimensions than the paper's.
# After `mcsan data vectors glove-wiki-gigaword-300`, the option `--vectors glove-wiki-gigaword-300` takes 300. Which of the
# published GloVe sets the paper used, it does not say.
#
# The other half is longer: what it does **not** say. Each line is one more way in which two honest readers of the same paper
# build two networks.

# %%
open_choices = mc.paper.ambiguities_ledger()
print(f"{len(open_choices)} open choices; {(open_choices.how == 'not built').sum()} of them cannot be tried here")
open_choices[["choice", "ours", "alternatives", "how"]].set_index("choice")

# %% [markdown]
# ## 4 · The price, before anything runs
#
# A table is a product:
#
# $$\text{cost} = \text{rows} \times \text{folds} \times \text{seeds} \times \text{epochs} \times \frac{\text{seconds}}{\text{epoch}}$$
#
# Only the last factor is unknown. It is **measured**: a few steps of each row, on this machine, at this corpus's own lengths.
# (`runs="nowhere"`: as if nothing had been done. With your own folder, finished folds cost nothing.)

# %%
specs = mc.paper.table3_specs(PROFILE, protocol=PROTOCOL)
expected = cost.estimate(mc.Grid(specs, grid, first_folds=FOLDS), mc.RunOptions(runs="nowhere"))
minutes = {jobs: cost.wall(expected.seconds.repeat(expected.trainings), jobs) / 60 for jobs in (1, 2, 9)}
print(f"{expected.trainings.sum()} trainings of {specs[0].train.epochs} epochs; minutes with n processes: "
      f"{ {jobs: round(m, 1) for jobs, m in minutes.items()} }, if they do not slow each other down")
expected.round(1)

# %% [markdown]
# For the paper's own settings on your own copy, the same from the shell. It prints this table and stops:
#
#     mcsan run table3 --corpus iemocap --profile paper --estimate
#
# More processes than trainings help nobody, and the longest training is a floor under the whole. Decide **now** how many
# folds and seeds you can pay for (lesson 14: how many does a gap need?). To decide it later, with results in sight, is one more
# way to choose the result.
#
# ## 5 · One table, one programme
#
# All nine rows, the same folds, the same seeds: `run_experiment(specs, corpus)`. What is on disk is not trained again.

# %%
results, source = mc.grid_results("table3", PROFILE, options=mc.RunOptions(retrain=RETRAIN))
took = results.groupby("name").seconds.mean().reindex(expected.index)
print(f"{len(results)} trainings, from {source}")
print(f"they took {results.seconds.sum() / 60:.1f} minutes; the estimate above was {(expected.seconds / took).median():.1f} times "
      "that in the median row (another hour, and for shipped results another machine)")

# %% [markdown]
# A score alone cannot be compared with the paper, not even on its own corpus: other folds, other words, other libraries. So
# the claim that is tested is the **gap** of a row to the full network, on the same folds, and its *direction*:
#
# | our run | verdict |
# |---|---|
# | interval of the gap excludes 0, on the paper's side | **reproduced** |
# | it excludes 0, on the other side | **differs** |
# | it holds 0 | **not distinguishable** |
# | there is no run | **not run** |
#
# **Predict, then check.** How many of the eight rows will be *reproduced* here?

# %%
made = mc.paper.compared_table(results, "synthetic")
gaps = 100 * made[["wa gap", "wa gap low", "wa gap high"]].set_axis(["gap", "low", "high"], axis=1)
told = gaps.round(1).assign(WA=made.wa.round(3), Holm=made["wa Holm p"].round(3), verdict=made.verdict)
print("; ".join(f"{verdict}: {n}" for verdict, n in made.verdict.drop("MCSAN").value_counts().items()))
told[["WA", "gap", "low", "high", "Holm", "verdict"]]

# %%
mc.figures.show(mc.paper.draw_gaps(made), alt="Gaps of the eight ablations to the full network with 95 % intervals, WA above, UA below.",
           caption=f"{grid.name}, {PROTOCOL}; 95 % over {made.basis['MCSAN']}. Right of 0: the full network is better, as the "
                   "paper says of every row. Grey: a point to either side. A marker without a bar: its folds did not vary.")

# %% [markdown]
# Read it by its rules. A short bar around zero says *alike*; a long one says *we do not know*; both are "not
# distinguishable", and only the interval tells which. On this corpus the words and the sounds must be matched by
# construction, so the first two gaps are a test of the software. The others ask about a mechanism, in a generated world.
#
# Your own corpus, from `runs/`, in the same table with the paper's numbers beside it:

# %%
mine = {}  # results on the reader's own corpora
for kind, root in OWN.items():
    command = f"mcsan run table3 --corpus {kind} --root {root} --profile paper"
    if kind not in corpora:
        print(f"not run: no corpus in {root}. When it is there: {command}")
        continue
    try:
        found = grids.finished_results(mc.Grid(mc.paper.table3_specs("paper", kind), corpora[kind]))
        dialogues = {u.id: u.dialogue for u in corpora[kind].utterances if u.dialogue}
        shown_as = "synthetic" if corpora[kind].generated else kind  # a generated tree stays what it is
        display(Markdown(mc.paper.table_markdown(mc.paper.compared_table(found, shown_as, dialogues=dialogues))))
        mine |= {kind: found} if shown_as == kind else {}
    except mc.DataError as refusal:  # nothing is finished, or not the same folds in every row
        print(f"not run to its end: {refusal.given[:200]}. Do: {command}")

# %% [markdown]
# ## 6 · From a sentence to a verdict
#
# Tables are one half of a paper. The other half are its sentences, and people quote the sentences. Take one and follow it.

# %%
claim = next(c for c in mc.paper.CLAIMS if c.id == "w/o self wa")
print(f"section {claim.section}: “{claim.says}”, on {claim.corpus}; the text gives {claim.stated}")
(full, full_sd), (row, row_sd) = (mc.paper.PRINTED_SCORES["iemocap", "wa"][name] for name in (claim.a, claim.b))
print(f"Table {claim.table}: {claim.a} {full} ± {full_sd}, {claim.b} {row} ± {row_sd}")
print(f"does the arithmetic close? {full} - {row} = {full - row:.3f}: {math.isclose(full - row, claim.stated, abs_tol=5e-4)}")

# %% [markdown]
# Is the printed gap more than noise? All that a table allows is **Welch's t**, from two means and two deviations over
# $n = 10$ folds:
#
# $$t = \frac{\bar a - \bar b}{\sqrt{s_a^2/n + s_b^2/n}}$$
#
# By hand, then the package's:

# %%
t = (full - row) / math.sqrt(full_sd**2 / 10 + row_sd**2 / 10)
printed = welch_from_summary(full, full_sd, row, row_sd, 10)
assert math.isclose(t, printed.statistic)
print(f"t = {t:.2f}, p = {printed.p:.2f}, 95 % interval {100 * printed.low:+.1f} to {100 * printed.high:+.1f} points")

# %% [markdown]
# So the printed numbers alone do not carry the sentence. They do not refute it either: the folds were paired, and pairing,
# which the table cannot show, may be far sharper. And they share training data, which is worse than the formula knows.
#
# Our own runs are paired. Their test, the p of what speaks for the sentence and of what speaks against it, and at last the
# verdict, corrected for all sentences that were tested together (Holm):

# %%
ledger = mc.paper.claims_ledger({"synthetic": results} | mine, corpora=corpora)
by_fold = results[results.seed == results.seed.min()].pivot(index="fold", columns="name", values="wa")
test = mc.corrected_t(by_fold[claim.a] - by_fold[claim.b], (results.n_test / results.n_train).mean())
p_for, p_against = claim.judge(test)
ours = ledger[ledger.block.str.startswith(grid.name)].set_index("claim")
line = ours.loc[claim.id]
assert math.isclose(line.value, test.mean, abs_tol=1e-9) or results.seed.nunique() > 1
print(f"{test.n} folds, gap {100 * test.mean:+.1f} [{100 * test.low:+.1f}, {100 * test.high:+.1f}] points on {grid.name}")
print(f"p for {p_for:.3f}, p against {p_against:.3f}; the smaller, after Holm over "
      f"{ours['p Holm'].notna().sum()} sentences: {line['p Holm']:.3f} -> {line.verdict}")

# %% [markdown]
# The same for every sentence that these runs can test. (*not run*: about systems that are not among these runs. *not comparable*:
# a score itself, on another corpus.) A corpus of your own with finished runs is a block of its own.

# %%
for kind in mine:
    found = ledger[ledger.block.str.startswith(f"{corpora[kind].name} ·")]
    display(found[["says", "value", "low", "high", "p Holm", "note", "verdict"]])
print("; ".join(f"{verdict}: {n}" for verdict, n in ours.verdict.value_counts().items()))
shown = ours[~ours.verdict.isin(("not run", "not comparable")) & (ours.metric == "wa")]
points = (100 * shown[["value", "low", "high"]].astype(float)).round(1)
shown[["says"]].join(points).assign(**{"p Holm": shown["p Holm"].astype(float).round(3), "verdict": shown.verdict})

# %% [markdown]
# **As printed.** What do the paper's own numbers allow? Every gap of its Table 3, with Welch's interval. No number of ours
# is in this figure.

# %%
printed_gaps = mc.paper.published_gaps()
printed_gaps = printed_gaps[printed_gaps.source == "Table 3"]
noise = {s.upper(): list(printed_gaps.index[printed_gaps[f"{s} within noise"].astype(bool)]) for s in ("wa", "ua")}
mc.figures.show(mc.paper.draw_gaps(printed_gaps), alt="Gaps of the paper's Table 3 with Welch's intervals, WA above, UA below.",
           caption="Printed in Sun et al. 2021, Table 3 (IEMOCAP). Interval holds 0: " + "; ".join(
               f"{score}: {', '.join(rows) or 'none'}" for score, rows in noise.items())
           + ". Unpaired, no correction for shared training data: indicative only.")

# %%
as_printed = ledger[ledger.block == mc.paper.AS_PRINTED]
print(as_printed.verdict.replace("", "a score, no gap").value_counts().to_string())
weak = as_printed[as_printed.verdict == "within noise"]
print("\nwithin noise, by their own numbers:", *(f"  {c.says} (gap {c.value:+.3f}, t {c.t:.2f})" for c in weak.itertuples()), sep="\n")

# %% [markdown]
# *Within noise* is no accusation: "X is **not** superior to Y" is a sentence that noise agrees with. It says which sentences
# you should not lean on, before somebody has run them again.
#
# ## 7 · Which open choice matters?
#
# Section 3 listed what the paper leaves open. Change **one** at a time, on the same folds, and see how far the score moves: a
# **tornado chart**, the longest bar on top. For scale, a second panel has the paper's gaps. They are of other speech, so
# compare lengths within a panel, never across.

# %%
tries = mc.paper.ambiguity_specs(PROFILE, protocol=PROTOCOL)
tried, source = mc.grid_results("ambiguities", PROFILE, options=mc.RunOptions(retrain=RETRAIN), rows=FIRST)
print(f"{tried.name.nunique() - 1} of {len(tries) - 1} alternatives on {tried.fold.nunique()} folds, from {source}")
moved = mc.paper.sensitivity(tried)
panels = dict(iter(moved.groupby("panel", sort=False)))

# %%
sizes = [1.4 + 0.42 * len(mc.paper.tornado_bars(panel)) for panel in panels.values()]
fig, axes = plt.subplots(2, 1, figsize=(8, sum(sizes)), height_ratios=sizes, layout="constrained")
for ax, (name, panel) in zip(axes, panels.items(), strict=True):
    mc.figures.draw_tornado(mc.paper.tornado_bars(panel), ax=ax)
    widest = 130 * panel.difference.abs().max() or 1
    ax.set(xlim=(-widest, widest))
    ax.set_title(name, fontsize=9)
upper = next(iter(panels.values()))
clear = upper[(upper.low > 0) | (upper.high < 0)]
longest = upper.loc[upper.difference.abs().idxmax()]
span = "no interval" if pd.isna(longest.low) else f"{100 * longest.low:+.1f} to {100 * longest.high:+.1f}"
mc.figures.show(fig, alt="Two tornado charts: our open choices, and below, apart, the gaps of the paper's Table 3.",
           caption=f"Above: {longest.choice} moves WA most, by {100 * longest.difference:+.1f} points ({span}; "
                   f"{tried.fold.nunique()} folds). Interval excludes 0: {', '.join(clear.choice) or 'none'}, of {len(upper)} (one "
                   "in twenty or so would by luck). Below: as printed, other speech, other folds, another axis.")

# %% [markdown]
# Two rules for reading it. A bar without its interval is an anecdote: the table has both. And if an open choice moves the score
# as far, *on the same corpus*, as the gaps that a paper reports, then the gap and the choice cannot be told apart by whoever
# repeats it.

# %%
points = (100 * upper.set_index("choice")[["difference", "low", "high"]]).round(1)
points.assign(n=upper.set_index("choice").n)

# %% [markdown]
# ## 8 · Which line is which equation?
#
# The last ledger is read from docstrings, names of tests and headers of lessons. An equation without a function or a test
# would be a gap in this table.

# %%
formulas = mc.paper.equations_ledger()
assert formulas.function.all() and formulas.test.all()
formulas[["eq", "function", "test", "notebook"]].set_index("eq")

# %% [markdown]
# And the paper's slips, each with what we took as meant:

# %%
pd.DataFrame([{"place": m.place, "printed": m.printed, "meant": m.meant, "here": m.here}
              for m in mc.paper.MISPRINTS]).set_index("place")

# %% [markdown]
# ## 9 · A run answers for itself
#
# A result that cannot say how it was made cannot be checked. Four small trainings, made so that there is something to look
# into in every profile (their scores mean nothing):

# %%
small = mc.run_experiment(mc.paper.table3_specs("smoke", rows=["MCSAN", "w/o self"], protocol=PROTOCOL), corpora_module.grid_corpus("smoke"), folds=2)
home = Path(small.folder[0])
print(f"{home.parent.name} / {home.name}:", *(f"  {f.name:20s}{f.stat().st_size:>9,} bytes" for f in sorted(home.iterdir())), sep="\n")
manifest, score = (json.loads((home / f"{name}.json").read_text(encoding="utf-8")) for name in ("manifest", "metrics"))
spec = json.loads((home.parent / "spec.json").read_text(encoding="utf-8"))

# %% [markdown]
# `metrics.json` is written last: where it is, the fold is finished. The folder's name ends with a hash over settings, data,
# folds and code. Now a reproducibility checklist (after Pineau et al. 2021), answered from these files alone:

# %%
libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
rounds = f"{score['epochs']}, of which epoch {score['best_epoch']} was best on validation by {spec['train']['select']}"
checklist = pd.DataFrame([
    ("which code?", f"version {manifest['mcsan_lite']}, hash {manifest['code']}, commit {str(manifest['git'])[:10]}"
                    f"{' and changes since' * str(manifest['git']).endswith('dirty')}", "manifest"),
    ("which data?", f"{score['corpus']}, fingerprint {manifest['corpus']}", "manifest"),
    ("which split?", f"{score['fold']}, digest {manifest['split']}, {score['n_train']} / {score['n_test']} utterances", "manifest"),
    ("all settings?", f"{len(spec['options'])} changed options, {len(spec['train'])} of training, "
                      f"{len(spec['features'])} of the features", "spec"),
    ("which seed?", str(score["seed"]), "metrics"),
    ("how many epochs, chosen how?", rounds, "metrics, history"),
    ("how large?", f"{score['parameters']:,} parameters", "metrics"),
    ("how long, on what?", f"{score['seconds']} s, {manifest['device']}, {manifest['threads']} thread", "manifest"),
    ("which versions?", f"Python {manifest['python']}, {libraries}", "manifest"),
    ("what did the model say?", "every utterance's probabilities", "predictions"),
    ("how many runs, what spread?", "one folder cannot know: the table says", "mcsan table"),
    ("what else was tried?", "no file can know: you must say", "you"),
], columns=["question", "answer", "from"]).set_index("question")
checklist

# %% [markdown]
# The last line is the one that matters most, and the only one that no software answers. Settings that you compared while you
# saw the score, rows that you did not show, folds that failed: write them down.
#
# ## 10 · One table, many machines
#
# A finished fold is a folder, and its name says what it is. So runs of several machines are merged by **copying folders**.
# Shown with the four trainings, split over two "machines":

# %%
with tempfile.TemporaryDirectory() as folder:
    one, two = Path(folder, "one"), Path(folder, "two")
    for machine, home in zip((one, two, two, one), map(Path, small.folder), strict=True):
        shutil.copytree(home, machine / home.parent.name / home.name)
    print(f"one: {len(mc.load_results(one))} folds, two: {len(mc.load_results(two))} folds")
    shutil.copytree(two, one, dirs_exist_ok=True)  # rsync, a USB stick: whatever copies files
    merged = mc.load_results(one).sort_values(["name", "fold"], ignore_index=True)
kept = ["name", "fold", "seed", "wa", "ua", "run"]
assert merged[kept].equals(small.sort_values(["name", "fold"], ignore_index=True)[kept])
print(f"merged: {len(merged)} folds, the same scores; runs: {', '.join(sorted(set(merged.run)))}")

# %% [markdown]
# Other code, other data or another setting gives another hash, so what does not belong together never mixes.
#
# | you have | you add |
# |---|---|
# | several cores | `--jobs 8` |
# | a Dask or a Ray cluster | `--backend dask` or `--backend ray` (`pip install -e ".[dask]"`, `".[ray]"`); without a cluster they start a local one |
# | a GPU | `--device cuda` (on a Mac `mps`) |
# | a processor or GPU with bfloat16 | `--precision bfloat16`, which is part of the hash: rounding changes results |
# | half an hour at a time | nothing: interrupt it, call it again; finished folds stay |
#
# On one processor the number of jobs changes no bit of a result; that is tested. Another *device* may round otherwise, and
# may move a score within its spread. The column `device` says where each fold ran: keep the rows of a comparison on one kind.
#
# ## 11 · The model card
#
# A network that leaves your machine needs a page that says what it is, and what it is not for. Ours is `MODEL_CARD.md`:

# %%
card = Path("MODEL_CARD.md").read_text(encoding="utf-8")
print("it answers:", " · ".join(re.findall(r"^\*\*(.+?)\.?\*\*", card, re.M)))
print(f"""
of the small run above, a card would say:
  {score['model']} ({spec['name']}), {score['parameters']:,} parameters; trained on {score['n_train']} utterances of {score['corpus']}
  (generated speech, no person), {score['epochs']} epochs, seed {score['seed']}; WA {score['wa']:.2f} on {score['n_test']} utterances,
  one fold, one seed: no interval, so no claim. Not for judging what anybody feels.""")

# %% [markdown]
# ## 12 · Tables 1 and 2 in small
#
# A reproduction that has only its own model cannot judge it. Every system that the paper compares with is one file in
# `mcsan_lite/models/`, whose docstring says what of it is verified, what is remembered and what is chosen. They all run on
# the same folds, features and scores; in quick with smaller networks, and every third frame (DELTA: sixth, MulT: ninth).
# **Floors first**: who is not above them has learned nothing that needs a network.

# %%
rivals = {}
for table in ("table1", "table2"):
    speech = corpora_module.grid_corpus(PROFILE, table)
    data, _ = mc.extract(speech)
    select = mc.paper.rival_specs(table, PROFILE)[0].train.select  # the score that chooses, for floors as for networks
    ground = mc.floors_table(speech, mc.folds(speech, PROTOCOL)[:FOLDS], data, select)
    found, source = mc.grid_results(table, PROFILE, options=mc.RunOptions(retrain=RETRAIN), rows=FIRST)
    rivals[table] = mc.paper.floors_beside(mc.paper.compared_table(found, "synthetic", table), ground)
    score = rivals[table].attrs["scores"][0]
    print(f"{table}: {found.name.nunique()} systems, {len(found)} trainings, {found.fold.nunique()} folds, from {source}")
    shown = rivals[table].sort_values(score)[[score, f"{score} low", f"{score} high", "verdict", "note"]]
    display(shown.round(3).astype(object).where(shown.notna(), ""))

# %% [markdown]
# The verdicts are about *directions*. The paper's Table 1 says that MCSAN is ahead of MDRE, MHA, Xu et al. and CAN; Table 2, of
# cMKL and of both versions of Liang et al. A row that is not in the paper has no claim to reproduce, and says who is ahead.
# A short interval is easily had with three folds of one generated corpus: it is no news about people.

# %%
fig = mc.paper.draw_gaps(rivals["table1"])
ahead = list(rivals["table1"].index[rivals["table1"]["wa gap high"].astype(float) < 0])
mc.figures.show(fig, alt="Gaps of every system of Table 1 to MCSAN on the synthetic corpus, in points of WA and UA, with intervals.",
           caption=f"Gap to MCSAN, {rivals['table1'].attrs['corpus']}. Shown to be ahead of MCSAN in WA here: "
                   f"{', '.join(ahead) or 'none'}.")

# %% [markdown]
# And the field? A number is comparable only under one protocol: the same classes, folds, context, inputs, and the same way to
# pick the epoch. Grey systems differ in one of them from the paper's table, and the label says in which.

# %%
for corpus_name in ("iemocap", "meld"):
    ax = mc.paper.draw_systems(corpus_name)
    listed = mc.paper.published_systems(corpus_name)
    mc.figures.show(ax.figure, alt=f"Published systems on {corpus_name} by year and score; those with another protocol in grey.",
               caption=f"{int(listed.comparable.sum())} of {len(listed)} published numbers on {corpus_name} share the "
                       "paper's protocol, as far as their sources tell.")

# %% [markdown]
# ## 13 · A model of your own
#
# One class with a `Config` beside it is all: it gets a `Batch`, gives a `ModelOutput`, and runs on every corpus, fold and seed
# beside the others. An edited class is never served an old result. The page `docs/adding_a_model.md` has the rest, also how a
# class becomes a row of a table and of `mcsan run`.

# %%
@dataclass(frozen=True)
class MeansConfig:
    dropout: float = 0.0


class Means(nn.Module):
    """Mean frame and mean word, then one linear map: what is left when every order is lost."""

    Config = MeansConfig

    def __init__(self, dims, config):
        super().__init__()
        self.dropout, self.classifier = nn.Dropout(config.dropout), nn.Linear(dims.audio + dims.text, dims.classes)

    def forward(self, batch, *, need_attention=False):
        parts = [(x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)  # padding has no say
                 for x, mask in ((batch.audio, batch.audio_mask), (batch.text, batch.text_mask))]
        return mc.ModelOutput(self.classifier(self.dropout(torch.cat(parts, -1))))


# %%
(full,) = mc.paper.table3_specs(PROFILE, rows=["MCSAN"], protocol=PROTOCOL)
means = mc.run_experiment([replace(full, name="means", model="means", options={})], grid, folds=FOLDS, models={**mc.MODELS, "means": Means})
mean, half = mc.fold_interval(means.wa)
print(f"means: WA {mean:.3f} ± {half:.3f} over {len(means)} folds, {means.parameters[0]:,} parameters; majority "
      f"{ground[ground.name == 'majority'].wa.mean():.3f}")

# %%
print(f"the lesson up to here took {time.perf_counter() - began:.0f} s, {time.process_time():.0f} s of them on a processor")

# %% [markdown]
# ## Exercises
#
# **E15.1 · Read** (★, 5 min). Which open choice matters most? Read it off section 7. `longest`: the choice with the longest bar.
# `shown`: the set of all choices whose interval excludes 0. It may be empty, and need not hold the longest.
#
# <details><summary>Hint 1</summary>The upper panel is ours. A bar to the left is as long as one to the right.</details>
# <details><summary>Hint 2</summary>The table below the figure has <code>low</code> and <code>high</code>.</details>
# <details><summary>Hint 3</summary>An interval excludes 0 where both ends have one sign.</details>

# %% tags=["exercise"]
answer = ...  # {"longest": "a name", "shown": {"a name", "another"}}
check.matters(answer, moved)

# %% tags=["solution"]
table = moved[moved.panel.str.startswith("ours")]
answer = {"longest": table.choice[table.difference.abs().idxmax()],
          "shown": set(table.choice[(table.low > 0) | (table.high < 0)])}
check.matters(answer, moved)

# %% [markdown]
# **E15.2 · Implement** (★★, 10 min). A reader for your own corpus. A csv has the columns `clip,words,mood,actor`, and no
# sound. Return a `Corpus` with a name of your choice: an `Utterance` a row, with the clip as id and `audio=None`. The classes
# are `labels`, in that order. A row whose mood is not in `labels`, or that has no words, goes to `skipped` as
# `Skipped(clip, kind, detail)`, and the detail names the mood that was found. (The package's own reader of such tables is
# `--corpus manifest`.)
#
# <details><summary>Hint 1</summary><code>csv.DictReader</code> gives a dict a row, and knows about commas within quotes.</details>
# <details><summary>Hint 2</summary>Three things are dangerous because nothing crashes: a slip that becomes a class, an order of
# classes that depends on the file, a row that disappears.</details>
# <details><summary>Hint 3</summary>Three branches: mood unknown, words empty, else an utterance. Hand <code>labels</code> on as it
# is.</details>

# %% tags=["exercise"]
def adapter(path, labels):
    """-> Corpus"""
    raise NotImplementedError


check.adapter(adapter)

# %% tags=["solution"]
import csv



def adapter(path, labels):
    """-> Corpus"""
    utterances, skipped = [], []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["mood"] not in labels:
                skipped.append(mc.Skipped(row["clip"], "a mood that is no class", repr(row["mood"])))
            elif not row["words"]:
                skipped.append(mc.Skipped(row["clip"], "neither sound nor words"))
            else:
                utterances.append(mc.Utterance(row["clip"], None, row["words"], row["mood"], speaker=row["actor"]))
    return mc.Corpus("mine", tuple(labels), tuple(utterances), tuple(skipped))


check.adapter(adapter)

# %% [markdown]
# **E15.3 · Implement** (★★, 6 min). The verdict. `low` and `high` are our gap's interval, both `None` for a row that was not
# run, both nan where a run gives no interval. `paper_gap` is the printed gap, of either sign. Return one of
# `"reproduced"`, `"not distinguishable"`, `"differs"`, `"not run"`.
#
# <details><summary>Hint 1</summary>Ask for the run first.</details>
# <details><summary>Hint 2</summary>The paper's size plays no part, only its side.</details>
# <details><summary>Hint 3</summary>For a negative paper_gap turn the interval round: <code>low, high = -high, -low</code>. Every
# comparison with nan is false; see that it falls where it should.</details>

# %% tags=["exercise"]
def verdict(low, high, paper_gap):
    raise NotImplementedError


check.verdict(verdict)

# %% tags=["solution"]
def verdict(low, high, paper_gap):
    if low is None:
        return "not run"
    if paper_gap < 0:
        low, high = -high, -low
    return "reproduced" if low > 0 else "differs" if high < 0 else "not distinguishable"


check.verdict(verdict)

# %% [markdown]
# **E15.4 · Explain** (★★, 5 min). A table lists all nine rows and writes *not run* into two. Three of these sentences say what
# that protects from. Which?
#
# - **a** — A row that is left out looks as if nobody had ever asked; a row that says *not run* shows what is unknown.
# - **b** — *Not run* is a polite *differs*: had it worked, somebody would have shown it.
# - **c** — The empty cells can be filled with the paper's own numbers, the best guess that there is.
# - **d** — Whoever may drop rows after seeing them chooses the verdict; a list that was fixed before cannot be chosen.
# - **e** — A number from another corpus or other folds cannot slip into the cell.
# - **f** — *Not run* and *not distinguishable* are the same: in both cases we do not know.
# - **g** — A training that failed may be listed as *not run*, and the failure need not be mentioned.
#
# <details><summary>Hint 1</summary>Ask of each: what could a reader be led to believe?</details>
# <details><summary>Hint 2</summary>An interval that holds 0 still rules something out.</details>
# <details><summary>Hint 3</summary>Two of the bad ones draw a conclusion from nothing, one blurs two verdicts, one hides a
# finding.</details>

# %% tags=["exercise"]
answer = ...
check.not_run(answer)

# %% tags=["solution"]
answer = {"a", "d", "e"}
check.not_run(answer)

# %% [markdown]
# **E15.5 · Implement** (★★, 6 min). A richer pooling for a model of your own: `pool(x, mask)` with x (B, T, D) and mask (B, T),
# True where real, gives (B, 2 D): the mean over real positions, and behind it their largest value. Where nothing is real, zeros.
#
# <details><summary>Hint 1</summary>Padding holds zeros, and a zero may be larger than every real value.</details>
# <details><summary>Hint 2</summary><code>x.masked_fill(~mask[..., None], -math.inf).amax(1)</code> sees real positions only.</details>
# <details><summary>Hint 3</summary>An empty row gives 0 / 0 and −∞: <code>clamp(min=1)</code> cures the first,
# <code>torch.where(mask.any(1, keepdim=True), top, 0.0)</code> the second.</details>

# %% tags=["exercise"]
def pool(x, mask):
    raise NotImplementedError


check.pool(pool)

# %% tags=["solution"]
def pool(x, mask):
    mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    top = x.masked_fill(~mask[..., None], float("-inf")).amax(1)
    return torch.cat((mean, torch.where(mask.any(1, keepdim=True), top, 0.0)), -1)


check.pool(pool)

# %% [markdown]
# ## Recap
# - You know who gives you IEMOCAP and MELD, and counted before you trained.
# - You had the price before the run, and fixed folds and seeds with it.
# - You ran a table as one programme and gave each row one of four verdicts, by a rule stated before.
# - You followed a sentence to its verdict, and read the paper's own table again.
# - You changed what the paper leaves open, one choice at a time, and read the bars with their intervals.
# - You answered a checklist from a run's own files, and merged two machines by copying.
# - You put the paper's rivals, the floors and a model of your own on the same folds.
#
# ## What you may not conclude
# - That the paper is right, or wrong, from any number on synthetic speech. There, gaps test software and a mechanism.
# - That a printed gap *within noise* is absent: its folds were paired, and the table does not show them.
# - That *not distinguishable* means equal. Equality has a test of its own (lesson 14), and needs more runs, not fewer.
# - That a reproduced gap has the paper's cause: a direction can come back for another reason.
#
# **Further reading:** Pineau et al., *Improving Reproducibility in Machine Learning Research* (JMLR 2021); Mitchell et al.,
# *Model Cards for Model Reporting* (FAT* 2019); Bouthillier et al., *Accounting for Variance in Machine Learning Benchmarks*
# (MLSys 2021); Busso et al., *IEMOCAP* (LREC 2008); Poria et al., *MELD* (ACL 2019).
#
# **Previous:** [14 · Ablations with error bars](14_ablations_with_error_bars.ipynb) · **Next:** back to
# [00 · Start here](00_start_here.ipynb)
