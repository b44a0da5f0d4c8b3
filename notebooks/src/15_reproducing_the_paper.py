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
# In the lessons before this one you built the network, trained it, looked into it and
# counted its errors. Now we return to the question that began the course: *does the
# paper hold?* This lesson is the whole road from a sentence in print to a verdict. It
# refuses to fake anything: whatever was not run says **not run**, with the command that
# would run it.
#
# **You will be able to**
# - get both corpora legally, and show that your copy is the paper's,
# - print what a table will cost before a single step is trained,
# - run a whole table as one program, and read its verdicts before and after correction,
# - follow one sentence of the paper from its number to a verdict,
# - say which open choice matters, and answer a reproducibility checklist from a run's
#   own files,
# - compare the paper's rivals, and a model of your own, on equal terms.
#
# **Needs:** lessons 01, 09 and 14. **Time:** read 23 min · run about 1 min · exercises
# 35 min. **Paper:** all of section 3, with Tables 1 to 3. **Runs on:** the synthetic
# corpus of the tables; sections 1, 4 and 5 also run on your own IEMOCAP and MELD, if
# they are in `data/iemocap` and `data/meld`. Scores on synthetic speech are never
# compared with the paper's.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "iemocap" or "meld": then ROOT is the folder of your copy
PROFILE = "quick"  # "full": ten folds, three seeds; "smoke": a test; "paper"
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading; section 3 says what it costs

# %%
import json
import math
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
import torch
from IPython.display import Markdown, display
from torch import nn

import mcsan_lite as mc

mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %%
from mcsan_lite.datasets import splits
from mcsan_lite.evaluation.comparison import above_floor
from mcsan_lite.evaluation.significance import welch_from_summary
from mcsan_lite.exercises import lesson15 as check
from mcsan_lite.exercises.verdicts import lesson15 as read
from mcsan_lite.exercises.verdicts.sentences import p_in_words
from mcsan_lite.experiments import corpora as corpora_module, floors, grids, identity
from mcsan_lite.experiments.finished.worlds import rivals_by_world
from mcsan_lite.figures.basics import counted
from mcsan_lite.training import cost

PROTOCOL = mc.paper.GRID_PROTOCOL["synthetic"]
FOLDS = mc.paper.GRID_FOLDS[PROFILE]  # None: all of them
FIRST = 3 if PROFILE == "smoke" else None  # a test tries only some rows of a table
FULL = mc.paper.FULL
OPTIONS = mc.RunOptions(retrain=RETRAIN)
pd.set_option("display.max_colwidth", 90)

# %% [markdown]
# ## 1 · Your own copy, and proof that it is the paper's
#
# Neither corpus may be passed on. No course, no repository and no colleague should give
# you one, or features made from it.
#
# | | IEMOCAP | MELD |
# |---|---|---|
# | what | actors in pairs, scripted and improvised | scenes of a television series |
# | from whom | the University of Southern California, on a signed request: <https://sail.usc.edu/iemocap> | its authors: <https://github.com/declare-lab/MELD> |
# | terms | a release form; read what it allows before you share even a plot of a clip | the repository is GPL-3.0; the dialogues and clips belong to the series, whose rights the authors do not hold |
# | you do | unpack it into `data/iemocap` | `mcsan data meld --download`, and `--clips` for sound and film |
# | you may publish | your scores and your code; for anything else, ask the licence | the same |
#
# Two things are forbidden with both: do not commit a row or a clip, and do not publish
# a trained network without asking whether the licence permits it.
#
# If you have no licence yet, `mcsan data synthetic --layout iemocap` (or `meld`) writes
# synthetic speech in that corpus's folders, at full size, into a folder of its own.
# Every command below runs on it. That tests the way from files to verdicts, and not the
# paper: its counts are the published ones because they were put there.
#
# Papers use the name "IEMOCAP" for several subsets of it, with four, six or seven
# classes. So count before you train anything.

# %%
OWN = {"iemocap": Path("data/iemocap"), "meld": Path("data/meld")}
if ROOT and CORPUS in OWN:
    OWN[CORPUS] = Path(ROOT)
corpora = {}
for kind, root in OWN.items():
    try:
        corpora[kind] = mc.open_corpus(kind, root=root)
    except mc.DataError as refusal:
        print(f"not run: {refusal.given}. Then: mcsan check {kind} --root {root}")
        continue
    skipped = len(corpora[kind].skipped)
    print(f"{kind}: {len(corpora[kind]):,} utterances, {skipped:,} left out")

# %% [markdown]
# The readers of this package refuse a copy that differs from the published counts, and
# say what is probably wrong with it. Everything that the paper says of its data is part
# of the **ledger of claims**. This lesson shows one block of that ledger after the
# other. The column *value* holds the counts of your copy:

# %%
ledger = mc.paper.claims_ledger(corpora=corpora)
counts = ledger[ledger.block.str.startswith("counts")]
print(counts.verdict.value_counts().to_string())
counts.set_index(["block", "says"])[["note", "value", "verdict"]]

# %% [markdown]
# Where it says *not run*, nothing is claimed. The same calls run on every corpus, so
# here they are on the synthetic one. No published count applies to it, but three things
# about it belong in every report: its counts, the fingerprint of the corpus, and the
# fingerprint of the folds. Two people who have the same fingerprints have compared the
# same thing.

# %%
grid = corpora_module.grid_corpus(PROFILE)
digest = splits.digest(mc.folds(grid, PROTOCOL))
print(f"{grid.name}: {len(grid):,} utterances, {len(grid.skipped)} left out")
print(grid.counts().to_dict())
print(f"corpus {grid.fingerprint()}, folds of {PROTOCOL} {digest}")

# %% [markdown]
# ## 2 · What the paper says, and what it leaves open
#
# Section 3.2 of the paper gives settings, and the profile `paper` of this package takes
# them. The next block of the ledger compares the code with the printed numbers. Every
# line of it is computed from the code.

# %%
settings = ledger[ledger.block == "the profile paper's settings"].set_index("says")
print(read.say_settings(settings.verdict))
settings[["note", "value", "verdict"]]

# %% [markdown]
# A line that *differs* is reported, not hidden. The word vectors that install with
# `pip` have fewer dimensions than the paper's. After
# `mcsan data vectors glove-wiki-gigaword-300`, the option
# `--vectors glove-wiki-gigaword-300` uses 300. The paper does not say which of the
# published GloVe sets it used.
#
# The other half of the picture is larger: what the paper does **not** say. Nearly every
# line of the next table is one more way in which two honest readers of the same paper
# build two different networks. Two lines are different: the paper does give the
# dimensions of its `vectors`, and `precision` is a choice of the machine. The profile
# `paper` takes one reading of each. The profiles `quick` and `full` are made for a
# small corpus and a laptop, and make some of these choices differently, so each value
# is shown with its profile.

# %%
paper_specs = mc.paper.table3_specs("paper", "iemocap", rows=[FULL])
own_specs = mc.paper.table3_specs(PROFILE, rows=[FULL], protocol=PROTOCOL)
open_choices = mc.paper.ambiguities_ledger().set_index("choice")
is_setting = open_choices.of != ""
names = open_choices.index[is_setting]
in_paper = pd.Series({n: mc.paper.default_of(paper_specs[0], n) for n in names})
in_profile = pd.Series({n: mc.paper.default_of(own_specs[0], n) for n in names})
print(read.say_open_choices(in_paper, in_profile, PROFILE))
columns = {"profile paper": in_paper, f"profile {PROFILE}": in_profile}
pd.DataFrame(columns).join(open_choices[["alternatives", "how"]])

# %%
others = open_choices[~is_setting]  # no setting: the same in every profile
not_built = (others.how == "not built").sum()
print(f"{not_built} of these {len(others)} cannot be tried here")
others[["ours", "alternatives", "how"]]

# %% [markdown]
# The paper *does* give twenty equations, some of them with slips. Lesson 08 maps each
# equation to the function that computes it, and lists the slips. Anyone who reproduces
# the paper needs to know that none is missing:

# %%
formulas = mc.paper.equations_ledger()
assert formulas.function.all()
assert formulas.test.all()
print(f"{len(formulas)} equations, each with a function and a test in this package;")
print(f"{len(mc.paper.MISPRINTS)} misprints, each with our reading of it (lesson 08)")

# %% [markdown]
# ## 3 · The price, before anything runs
#
# The cost of a table is a product:
#
# $$\text{cost} = \text{rows} \times \text{folds} \times \text{seeds} \times
#   \text{epochs} \times \frac{\text{seconds}}{\text{epoch}}$$
#
# Only the last factor is unknown, and it is **measured**: a few steps of each row, on
# this machine, at this corpus's own lengths. (`runs="nowhere"` pretends that nothing
# has been done yet. With your own folder, finished folds cost nothing.)

# %%
wanted = grids.table_grid("table3", grid, PROFILE, protocol=PROTOCOL)
expected = cost.estimate(wanted, mc.RunOptions(runs="nowhere"))
each = expected.seconds.repeat(expected.trainings)
minutes = {jobs: cost.wall(each, jobs) / 60 for jobs in (1, 2, 9)}
for jobs, needed in minutes.items():
    print(f"{jobs} process(es): {needed:.1f} minutes, if none slows the others down")
expected.round(1)

# %% [markdown]
# For the paper's own settings on your own copy, ask the same question from the shell.
# This prints the table and stops:
#
#     mcsan run table3 --corpus iemocap --profile paper --estimate
#
# More processes than trainings help nobody, and no number of them is faster than the
# longest training. Decide **now** how many folds and seeds you can pay for (lesson 14:
# how many does a gap need?). Deciding later, with results in view, is one more way to
# choose the result. On the synthetic corpus there are two sizes to choose from. `quick`
# has three folds and one seed. `full` trains the same networks on ten folds from three
# seeds, which makes ten times as many trainings, and its verdicts can resolve smaller
# gaps. Where all of `full` is there, `quick` reads it as well.
#
# ## 4 · One table, two verdicts
#
# One call trains all nine rows, on the same folds and from the same seeds. Whatever is
# on disk already is not trained again.

# %%
results, source = mc.grid_results("table3", PROFILE, options=OPTIONS)
print(f"{len(results)} trainings, from {source}")
seconds = results.seconds.mean()
trained = int(expected.trainings.sum())
print(read.say_price(trained, minutes[1], seconds, expected.seconds.mean()))

# %% [markdown]
# A score alone cannot be compared with the paper, not even on the paper's own corpus:
# the folds, the words and the libraries differ. So the claim that is tested is the
# **gap** of a row to the full network on the same folds, and its *direction*:
#
# | our run | verdict |
# |---|---|
# | the interval of the gap excludes 0, on the paper's side | **reproduced** |
# | it excludes 0, on the other side | **differs** |
# | it contains 0 | **not distinguishable** |
# | there is no run | **not run** |
#
# There are eight gaps, and so eight chances for luck (lesson 14). The table therefore
# has **two** verdicts for each row: *alone*, as if you had asked about this row only,
# and *after Holm*, as one of eight. A row that is *reproduced* alone and *not
# distinguishable* after Holm is no contradiction: it answers two questions. This course
# quotes the second.
#
# **Predict, then check.** How many of the eight rows will be *reproduced* here, in each
# column?

# %%
made = mc.paper.compared_table(results, "synthetic")
columns = {"WA": "wa", "gap": "wa gap", "low": "wa gap low", "high": "wa gap high"}
shown = pd.DataFrame({name: 100 * made[column] for name, column in columns.items()})
shown = shown.astype(float).round(1)  # in points
shown["alone"] = made["wa verdict"]
shown["Holm p"] = made["wa Holm p"].map(p_in_words)
shown["after Holm"] = made["wa verdict after Holm"].fillna(made["wa verdict"])
print(read.say_both_verdicts(shown.alone, shown["after Holm"]))
shown

# %% tags=["hide-input"]
mc.figures.show(
    mc.paper.draw_gaps(made),
    alt="Gaps of the eight ablations to the full network with 95 % intervals, WA in "
    "the upper panel and UA in the lower.",
    caption=f"{grid.name}, {PROTOCOL}; 95 % over {made.basis[FULL]}. Right of 0, the "
    "full network is better, as the paper says of every row. Grey: a point to either "
    "side. A marker without a bar: its folds did not vary.",
)

# %% [markdown]
# A short bar around zero, within the grey band, says *alike*, and a long one says *we
# do not know*. Both are "not distinguishable", and only the interval shows which it is.
# Neither the words nor the sounds are enough here, by construction, so the first two
# gaps test only the software. The others ask about a mechanism, in a generated world.
# Which word belongs to which sound can also be told from their order there (section 7),
# so the gap of *w/o cross* is no evidence that sounds are recognised.
#
# If you have finished runs on your own corpus, they appear here in the same form, with
# the paper's numbers next to them:

# %%
mine = {}  # results on the reader's own corpora
for kind, root in OWN.items():
    command = f"mcsan run table3 --corpus {kind} --root {root} --profile paper"
    if kind not in corpora:
        print(f"not run: no corpus in {root}. When it is there: {command}")
        continue
    own_rows = mc.paper.table3_specs("paper", kind)
    try:
        found = grids.finished_results(mc.Grid(own_rows, corpora[kind]))
        dialogues = {u.id: u.dialogue for u in corpora[kind].utterances if u.dialogue}
        # A generated tree in a corpus's folders stays synthetic.
        shown_as = "synthetic" if corpora[kind].generated else kind
        own_table = mc.paper.compared_table(found, shown_as, dialogues=dialogues)
    except mc.DataError as refusal:  # nothing finished, or other folds in some row
        print(f"not run to its end: {refusal.given[:200]}. Do: {command}")
        continue
    display(Markdown(mc.paper.table_markdown(own_table)))
    if shown_as == kind:
        mine[kind] = found

# %% [markdown]
# ## 5 · From a sentence to a verdict
#
# Tables are one half of a paper. The other half is its sentences, and it is the
# sentences that people quote. Let us follow one of them.

# %%
claim = next(c for c in mc.paper.CLAIMS if c.id == "w/o self wa")
printed = mc.paper.PRINTED_SCORES["iemocap", "wa"]
full, full_sd = printed[claim.a]
row, row_sd = printed[claim.b]
print(f"section {claim.section}: “{claim.says}”; the text gives {claim.stated}")
print(f"Table {claim.table}: {claim.a} {full} ± {full_sd}, {claim.b} {row} ± {row_sd}")
closes = math.isclose(full - row, claim.stated, abs_tol=5e-4)
print(f"does the arithmetic close? {full} - {row} = {full - row:.3f}: {closes}")

# %% [markdown]
# Is the printed gap more than noise? A table with nothing but means and deviations
# allows **Welch's t**, over $n = 10$ folds:
#
# $$t = \frac{\bar a - \bar b}{\sqrt{s_a^2/n + s_b^2/n}}$$

# %%
t = (full - row) / math.sqrt(full_sd**2 / 10 + row_sd**2 / 10)
test = welch_from_summary(full, full_sd, row, row_sd, 10)
assert math.isclose(t, test.statistic)
print(read.say_printed_gap(t, test.p, (test.mean, test.low, test.high)))

# %% [markdown]
# This verdict is indicative only. The folds were paired, and a paired test may be far
# sharper, but the table cannot show it. The folds also share training data, which makes
# matters worse than the formula knows.
#
# Our own runs are paired. They give one p value for the sentence and one against it. If
# there were no gap, how often would luck bring one at least as large as ours, to either
# side? Where our gap lies on the side of a sentence such as this one, that share is the
# p value *for* it, and the p value *against* it is 1. Where our gap lies on the other
# side, the two are exchanged. Then comes the verdict, first for this sentence alone,
# and then corrected for all sentences that were tested together, in WA and in UA
# (Holm):

# %%
ledger = mc.paper.claims_ledger({"synthetic": results} | mine, corpora=corpora)
ours = ledger[ledger.block.str.startswith(grid.name)].set_index("claim")
by_fold = results.groupby(["fold", "name"]).wa.mean().unstack()  # seeds averaged
share = (results.n_test / results.n_train).mean()
test = mc.corrected_t(by_fold[claim.a] - by_fold[claim.b], share)
line = ours.loc[claim.id]
assert math.isclose(line.value, test.mean, abs_tol=1e-9)
p_for, p_against = claim.judge(test)
p_for, p_against = p_in_words(p_for), p_in_words(p_against)
print(f"{test.n} folds of {grid.name}: p for it {p_for}, against it {p_against}")
gap = (test.mean, test.low, test.high)
print(read.say_sentence(claim.says, gap, line["before Holm"], line.verdict))

# %% [markdown]
# Here is the same for every sentence about WA that these runs can test. The *value* is
# the first row of the sentence minus the second. A sentence with *not superior* has a
# margin: the smallest gap that the paper itself reads as an effect. It is *reproduced*
# if the first row is shown to be at most a little ahead, by less than this margin; it
# may also be behind. So it is tested against the margin, and not against zero.

# %%
tested = ours[~ours.verdict.isin(("not run", "not comparable"))]
tested = tested[tested.metric == "wa"]
print(read.say_both_verdicts(tested["before Holm"], tested.verdict))
table = (100 * tested[["value", "low", "high"]].astype(float)).round(1)  # in points
table.insert(0, "says", tested.says)
table["alone"] = tested["before Holm"]
table["after Holm"] = tested.verdict
display(table)
for kind in mine:  # a block for each corpus of your own
    block = ledger[ledger.block.str.startswith(f"{corpora[kind].name} ·")]
    display(block[["says", "value", "low", "high", "note", "before Holm", "verdict"]])

# %% [markdown]
# A verdict holds for the settings of its runs. On the generated corpus, the gaps of
# deeper networks may depend on the learning rate: lesson 14 (section 7) has them at the
# paper's own rates, too.
#
# **As printed.** What do the paper's own numbers allow? Here is every gap of its Table
# 3, with Welch's interval. No number of ours is in this figure.

# %% tags=["hide-input"]
printed_gaps = mc.paper.published_gaps().query("source == 'Table 3'")
mc.figures.show(
    mc.paper.draw_gaps(printed_gaps),
    alt="Gaps of the paper's Table 3 with Welch's intervals, WA in the upper panel and "
    "UA in the lower.",
    caption="Printed in Sun et al. 2021, Table 3 (IEMOCAP). Unpaired, uncorrected for "
    "shared training data or for the number of rows: indicative only. Each panel has "
    "its own scale.",
)

# %%
as_printed = ledger[ledger.block == mc.paper.AS_PRINTED]
print(read.say_weak_sentences(as_printed.verdict))
weak = as_printed[as_printed.verdict == "within noise"]
weak.set_index("says")[["value", "t", "p"]].astype(float).round(3)

# %% [markdown]
# *Within noise* is no accusation: "X is **not** superior to Y" is a sentence that noise
# agrees with. It tells you which sentences not to lean on until somebody has run them
# again.
#
# ## 6 · Which open choice matters?
#
# Section 2 listed what the paper leaves open. Now change **one** choice at a time, on
# the same folds, and see how far the score moves. Each change starts from the settings
# of the profile that this lesson runs in, and the label shows both values.

# %%
tries = mc.paper.ambiguity_specs(PROFILE, protocol=PROTOCOL)
tried, source = mc.grid_results("ambiguities", PROFILE, options=OPTIONS, rows=FIRST)
folds_tried = tried.fold.nunique()
alternatives = tried.name.nunique() - 1
print(f"{alternatives} of {len(tries) - 1} alternatives, ", end="")
print(f"{counted(folds_tried, 'fold')}, from {source}")
moved = mc.paper.sensitivity(tried)
changes = moved[moved.panel.str.startswith("ours")].set_index("choice")
labels = {}
for choice in changes.index:
    default = mc.paper.default_of(tries[0], choice.partition("=")[0])
    labels[choice] = read.readable_choice(choice, default)
changes = changes.rename(index=labels)[["difference", "low", "high", "n"]]

# %% tags=["hide-input"]
forest = changes.rename(columns={"difference": "mean"})[["mean", "low", "high"]]
height = 1.2 + 0.36 * len(forest)
fig, ax = plt.subplots(figsize=(9, height), layout="constrained")
mc.figures.draw_forest(
    forest.astype(float), ax=ax, label="changed − default, WA, points", margin=0.01
)
mc.figures.show(
    fig,
    alt="One line per open choice: the change of WA with its corrected 95 % interval, "
    "and a line at zero; the largest change is on top.",
    caption=f"{grid.name}, {folds_tried} folds, defaults of the profile {PROFILE}. "
    + (
        "One fold alone gives no interval here: what moves may be luck."
        if folds_tried == 1
        else "Corrected t. A marker without a bar: the same difference in every fold. "
        "Not corrected for the number of choices."
    ),
)

# %%
print(read.say_choices(changes))

# %% [markdown]
# Two rules for reading this figure. First, a difference without its interval is an
# anecdote. Second, if an open choice moves the score as far, *on the same corpus*, as
# the gaps that a paper reports, then nobody who repeats the experiment can separate the
# gap from the choice. The gaps of the paper's Table 3 come from other speech, so they
# are not drawn here.

# %% [markdown]
# ## 7 · Tables 1 and 2 in small
#
# A reproduction that has only its own model cannot judge it. Every system that the
# paper compares with is one file in `mcsan_lite/models/`. Its docstring says which
# parts are verified, which are remembered and which we chose. All of them run on the
# same folds, with the same features and scores. In `quick` and `full` they are smaller
# networks that average three frames into one step (*Xu et al., DELTA code* averages six,
# and *MulT* nine).
#
# **Floors come first.** A system that is not above them has not shown that a network is
# needed. On a generated corpus there is one special floor, *order alone + boosted
# trees*. It recognises no sound, but it is given the truth about everything else: which
# senses were written, where they stand in the transcript, how the voice sounds, and
# where in the clip something is stressed. It shows how much order alone gives away. A
# system that is not above this floor has not shown that it matches words with their
# sounds. (In the world *listed*, where the transcript is an alphabetical list, order
# tells nothing: lesson 13 compares the two worlds on ten folds.)

# %%
rivals, networks, floors_of = {}, {}, {}
for table in ("table1", "table2"):
    is_made = grids.grid_is_at_hand(table, PROFILE, options=OPTIONS)
    if PROFILE == "quick" and not is_made:  # half an hour: too long for a cell
        command = grids.grid_command(table, PROFILE, "matching")
        print(f"{table}: not run with this code. The command: {command}")
        continue
    found, source = mc.grid_results(table, PROFILE, options=OPTIONS, rows=FIRST)
    folds_run = found.fold.nunique()
    speech = corpora_module.grid_corpus(PROFILE, table)
    data, _ = mc.extract(speech)
    folds = mc.folds(speech, PROTOCOL)[:folds_run]
    # The score that chooses is the same for floors and networks.
    select = mc.paper.rival_specs(table, PROFILE)[0].train.select
    floor_runs = mc.floors_table(speech, folds, data, select)
    compared = mc.paper.compared_table(found, "synthetic", table)
    rivals[table] = mc.paper.floors_beside(compared, found, floor_runs)
    networks[table], floors_of[table] = found, floor_runs
    print(f"{table}: {len(found)} trainings, {folds_run} folds, from {source}")

# %%
for table, comparison in rivals.items():
    score = comparison.attrs["scores"][0]
    print(f"{table}, {mc.paper.SCORE_NAMES[score]}")
    floor_runs, found = floors_of[table], networks[table]
    usual_floors = floor_runs[floor_runs.name != floors.ORDER_ALONE]
    best = usual_floors.groupby("name")[score].mean().idxmax()
    for name in (best, floors.ORDER_ALONE):
        floor = floor_runs[floor_runs.name == name]
        gaps = mc.paper.gaps_to_floor(found, floor, score, rows=comparison.index)
        print(read.say_above_a_floor(name, gaps, FULL))

# %% [markdown]
# Each line ends with MCSAN itself, since the floors judge it as they judge its rivals.
# Now the systems beside each other.

# %%
for table, comparison in rivals.items():
    score = comparison.attrs["scores"][0]
    print(f"{table}, {mc.paper.SCORE_NAMES[score]}")
    print(read.say_ahead_of(comparison, score))
    after = comparison[f"{score} verdict after Holm"].fillna(comparison.verdict)
    print(read.say_both_verdicts(comparison.verdict.replace("floor", ""), after))
    columns = [score, f"{score} low", f"{score} high", "verdict"]
    sheet = comparison.sort_values(score)[columns].rename(columns={"verdict": "alone"})
    sheet["after Holm"] = after
    sheet["note"] = comparison.note
    display(sheet.round(3).astype(object).where(sheet.notna(), ""))

# %% [markdown]
# The verdicts are about *directions*. The paper's Table 1 says that MCSAN is ahead of
# MDRE, MHA, Xu et al. and CAN, and Table 2 that it is ahead of cMKL and of both
# versions of Liang et al. The paper prints AMH, which also sees video, slightly ahead
# of MCSAN in WA; *differs* in its line means that here the interval lies on the other
# side. A row that is not in the paper has no claim to reproduce, and its verdict says
# who is ahead. Where a table has only a few folds (the first cell of this section says
# how many), an interval is easily short by luck. None of this is news about people.

# %% tags=["hide-input"]
for table, comparison in rivals.items():
    names = [mc.paper.SCORE_NAMES[score] for score in comparison.attrs["scores"]]
    mc.figures.show(
        mc.paper.draw_gaps(comparison),
        alt=f"Gaps of every system of {table} to MCSAN on the synthetic corpus, in "
        f"points of {' and, in a panel below, of '.join(names)}, with intervals.",
        caption=f"{table}: gap to MCSAN on {comparison.attrs['corpus']}, panels from "
        f"above: {', '.join(names)}; 95 % over {comparison.basis[FULL]}. Left of 0 a "
        "system is ahead of MCSAN. Each panel has its own scale.",
    )

# %% [markdown]
# **Would another corpus say the same?** Some rivals were also trained in the *listed*
# world, where order tells nothing, on ten folds of it and from three seeds. That took
# hours, so the finished table comes with the course. Nobody can be above a certain
# score there without recognising a sound. The generator knows that bound exactly, and
# the trees come close to it. So a system whose interval lies above both must have
# recognised sounds, unless it was *given* what the others have to find out: when each
# word is spoken, or what the face shows.
#
# **Predict, then run.** Is a system that MCSAN beats in the matching world always
# behind it in the listed one?

# %%
both_worlds = rivals_by_world()
if len(both_worlds):
    bound = identity.unmatched_bound("quick")  # the corpus of all profiles but smoke
    print(read.say_rivals_without_order(both_worlds, floors.ORDER_ALONE, bound))
    print(read.say_turned_round(both_worlds))
else:
    print("not run in both worlds: mcsan run table1 --profile full --out results")
    print("and the same with --world listed")

# %% [markdown]
# A table of rivals is a statement about systems *on a corpus*. The two worlds differ in
# what they ask for, and in size as well. Each gap above is judged by its own interval.
# Lesson 13 opens the network of MHA, and looks where its two hops point.
#
# And where does the paper stand in its field? Published numbers can be compared only
# under one protocol: the same classes, folds, context, inputs and score. Hollow markers
# differ in at least one of these, and the words on the right say in which. A system
# that picked its epoch on test is marked as well; where a source does not say, that is
# left open. Different scores (WA, weighted F1) have panels of their own, since they may
# not be compared with each other. The floors among them are our own numbers.

# %% tags=["hide-input"]
def draw_field(listed, corpus_name):
    """One panel per score; filled: the paper's protocol."""
    panels = list(listed.groupby("metric", sort=False))
    heights = [1.0 + 0.26 * len(rows) for _, rows in panels]
    size = (10, sum(heights))
    fig, axes = plt.subplots(
        len(panels), 1, figsize=size, height_ratios=heights, squeeze=False
    )
    for ax, (metric, rows) in zip(axes[:, 0], panels, strict=True):
        rows = rows.assign(label=rows.system + ", " + rows.year.astype(int).astype(str))
        rows = rows.reset_index(drop=True)
        spread = rows.sd.fillna(0)
        ax.errorbar(rows.score, rows.index, xerr=spread, fmt="none", color="0.6")
        for fits, face in ((True, "#0072B2"), (False, "white")):
            part = rows[rows.comparable == fits]
            ax.plot(part.score, part.index, "o", mfc=face, mec="#0072B2")
        for height, flags in zip(rows.index, rows.differs, strict=True):
            words = ("other " + ", ".join(flags)) if flags else "the paper's protocol"
            across = ax.get_yaxis_transform()
            ax.text(1.01, height, words, va="center", transform=across)
        ax.set_yticks(rows.index, rows.label)
        ax.invert_yaxis()
        ax.set_xlabel(f"{metric}, {corpus_name}")
    sns.despine(fig)
    fig.set_layout_engine("constrained")
    return fig


# %%
withdrawn = "AMH's first table printed precision as accuracy; that number is withdrawn."
notes = {"iemocap": withdrawn, "meld": ""}
for corpus_name in notes:
    listed = mc.paper.published_systems(corpus_name)
    published_on = corpus_name.upper()
    fig = draw_field(listed, published_on)
    mc.figures.show(
        fig,
        alt=f"Published systems on {published_on} by score, a panel for each kind of "
        "score; hollow markers have another protocol than the paper.",
        caption="Bars are standard deviations over folds, where the source has them. "
        + notes[corpus_name],
    )
    own = (listed.modality == "none") | (listed.source == "measured for this project")
    others = listed[~own & (listed.system != FULL)]
    print(read.say_comparable(others.comparable, published_on))

# %% [markdown]
# ## 8 · A run answers for itself
#
# A result that cannot say how it was made cannot be checked. Here are four small
# trainings, made so that there is something to look into in every profile (their scores
# mean nothing):

# %%
small_rows = mc.paper.table3_specs("smoke", rows=[FULL, "w/o self"], protocol=PROTOCOL)
small = mc.run_experiment(small_rows, corpora_module.grid_corpus("smoke"), folds=2)
home = Path(small.folder[0])
print(f"{home.parent.name} / {home.name}:")
for file in sorted(home.iterdir()):
    print(f"  {file.name:20s}{file.stat().st_size:>9,} bytes")
manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
score = json.loads((home / "metrics.json").read_text(encoding="utf-8"))
spec = json.loads((home.parent / "spec.json").read_text(encoding="utf-8"))

# %% [markdown]
# `metrics.json` is written last: if it is there, the fold is finished. The folder's
# name ends with a hash over settings, data, folds and code, so whatever does not belong
# together never mixes. From these files alone we can answer a reproducibility checklist
# (after Pineau et al. 2021):

# %% tags=["hide-input"]
versions = ", ".join(f"{name} {v}" for name, v in manifest["libraries"].items())
commit = str(manifest["git"])
code = f"version {manifest['mcsan_lite']}, hash {manifest['code']}, "
code += f"commit {commit[:10]}"
if commit.endswith("dirty"):
    code += " and changes since"
split = f"{score['fold']}, digest {manifest['split']}, "
split += f"{score['n_train']} / {score['n_test']} utterances"
chosen = f"{score['epochs']}; epoch {score['best_epoch']} was best on validation by "
chosen += spec["train"]["select"]
setting_counts = f"{len(spec['options'])} changed options, "
setting_counts += f"{len(spec['train'])} of training, "
setting_counts += f"{len(spec['features'])} of the features"
time_and_place = f"{score['seconds']} s, {manifest['device']}, "
time_and_place += f"{manifest['threads']} thread"
checklist = [
    ("which code?", code, "manifest"),
    ("which data?", f"{score['corpus']}, fingerprint {manifest['corpus']}", "manifest"),
    ("which split?", split, "manifest"),
    ("all settings?", setting_counts, "spec"),
    ("which seed?", str(score["seed"]), "metrics"),
    ("how many epochs, chosen how?", chosen, "metrics, history"),
    ("how large?", f"{score['parameters']:,} parameters", "metrics"),
    ("how long, on what?", time_and_place, "manifest"),
    ("which versions?", f"Python {manifest['python']}, {versions}", "manifest"),
    ("what did the model say?", "every utterance's probabilities", "predictions"),
    ("how many runs, what spread?", "see the table, not one folder", "mcsan table"),
    ("what else was tried?", "no file can know this: you must say it", "you"),
]
pd.DataFrame(checklist, columns=["question", "answer", "from"]).set_index("question")

# %% [markdown]
# The last line matters most, and it is the only one that no software answers. Write
# down the settings that you compared while you saw the score, the rows that you did not
# show, and the folds that failed.
#
# **Several machines.** A finished fold is a folder whose name says what it is, so the
# runs of several machines are merged by **copying folders**. Here the four trainings
# are split over two "machines" and merged again:

# %%
with tempfile.TemporaryDirectory() as folder:
    one = Path(folder, "one")
    two = Path(folder, "two")
    for machine, place in zip((one, two, two, one), small.folder, strict=True):
        run_folder = Path(place)
        shutil.copytree(run_folder, machine / run_folder.parent.name / run_folder.name)
    print(f"one: {len(mc.load_results(one))} folds")
    print(f"two: {len(mc.load_results(two))} folds")
    shutil.copytree(two, one, dirs_exist_ok=True)  # rsync, a USB stick, anything
    merged = mc.load_results(one).sort_values(["name", "fold"], ignore_index=True)
kept = ["name", "fold", "seed", "wa", "ua", "run"]
in_order = small.sort_values(["name", "fold"], ignore_index=True)
assert merged[kept].equals(in_order[kept])
print(f"merged: {len(merged)} folds with the same scores")

# %% [markdown]
# | you have | you add |
# |---|---|
# | several cores | `--jobs 8` |
# | a Dask or a Ray cluster | `--backend dask` or `--backend ray` (`pip install -e ".[dask]"`, `".[ray]"`); without a cluster they start a local one |
# | a GPU | `--device cuda` (on a Mac `mps`) |
# | a processor or GPU with bfloat16 | `--precision bfloat16`, which is part of the hash, because rounding changes results |
# | half an hour at a time | nothing: interrupt the command and call it again; finished folds stay |
#
# On one processor the number of jobs changes no bit of a result, which is tested.
# Another *device* may round differently and move a score within its spread. The column
# `device` says where each fold ran. Keep all rows of one comparison on the same kind of
# device.
#
# **The model card.** A network that leaves your machine needs a page that says what it
# is, and what it is not for. Ours is `MODEL_CARD.md`. A card for one of the four small
# networks above would have to say three things. It comes from one fold and one seed, so
# its score has no interval over trainings and supports no claim. It was trained on
# generated speech and on no person. And it is not for judging what anybody feels.

# %%
card = Path("MODEL_CARD.md").read_text(encoding="utf-8")
headings = re.findall(r"^\*\*(.+?)\.?\*\*", card, re.M)
print("our card answers:", " · ".join(headings))

# %% [markdown]
# ## 9 · A model of your own
#
# A model is one class with a `Config`. It gets a `Batch` and returns a `ModelOutput`,
# and then runs on every corpus, fold and seed on equal terms with the others. If you
# edit the class, it is never served an old result. The page `docs/adding_a_model.md`
# has the rest, including how a class becomes a row of a table and of `mcsan run`.

# %%
@dataclass(frozen=True)
class MeansConfig:
    dropout: float = 0.0


class Means(nn.Module):
    """Mean frame and mean word, then one linear map: all order is lost."""

    Config = MeansConfig

    def __init__(self, dims, config):
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(dims.audio + dims.text, dims.classes)

    def forward(self, batch, *, need_attention=False):
        audio = self.mean(batch.audio, batch.audio_mask)  # (B, audio)
        text = self.mean(batch.text, batch.text_mask)  # (B, text)
        both = torch.cat((audio, text), dim=-1)
        return mc.ModelOutput(self.classifier(self.dropout(both)))

    @staticmethod
    def mean(x, mask):  # (B, T, D), (B, T) -> (B, D)
        total = (x * mask[..., None]).sum(dim=1)  # padding has no say
        return total / mask.sum(dim=1, keepdim=True).clamp(min=1)


# %%
(full_spec,) = mc.paper.table3_specs(PROFILE, rows=[FULL], protocol=PROTOCOL)
means_spec = replace(full_spec, name="means", model="means", options={})
models = {**mc.MODELS, "means": Means}
means = mc.run_experiment([means_spec], grid, folds=FOLDS, models=models)
own = mc.corrected_t(means.wa, (means.n_test / means.n_train).mean())
grid_data, _ = mc.extract(grid)
own_folds = mc.folds(grid, PROTOCOL)[:FOLDS]
names = ("majority", "pooled word vectors + LR", floors.ORDER_ALONE)
floor_runs = mc.floors_table(grid, own_folds, grid_data, names=names)
gaps = {}
for name in names:
    test = above_floor(means, floor_runs[floor_runs.name == name], "wa")
    gaps[name] = (test.mean, test.low, test.high)
gaps = pd.DataFrame(gaps, index=["mean", "low", "high"]).T
print(f"{means.parameters[0]:,} parameters, {len(means)} folds, corrected t")
print(read.say_own_model("means", (own.mean, own.low, own.high), gaps))

# %% [markdown]
# ## Exercises
#
# **E15.1 · Predict** (★★, 6 min). Which of the paper's printed gaps stand? Look at the
# **UA** panel of the figure *as printed* in section 5. `alone` is the set of all rows
# whose interval excludes 0. Predict how many of these survive when the eight rows are
# tested together. Then work out `together`, which is the set of rows whose p value
# stays below .05 after Holm's correction over the eight. The table `printed_gaps` has
# the columns `ua gap low`, `ua gap high` and `ua p`.
#
# <details><summary>Hint 1</summary>An interval excludes 0 if both of its ends have the
# same sign.</details>
# <details><summary>Hint 2</summary>Sort <code>printed_gaps["ua p"]</code>. Multiply the
# smallest value by 8, the next by 7, and so on; none may be smaller than the one before
# it.</details>
# <details><summary>Hint 3</summary><code>significance.holm(p)</code> from
# <code>mcsan_lite.evaluation</code> does that; as soon as one product exceeds .05, all
# later rows are lost.</details>

# %% tags=["exercise"]
answer = {"alone": ..., "together": ...}  # a set of row names for each
check.standing(answer, printed_gaps)

# %% tags=["solution"]
above = printed_gaps["ua gap low"] > 0
below = printed_gaps["ua gap high"] < 0
p = printed_gaps["ua p"].astype(float).sort_values()
times = pd.Series(range(len(p), 0, -1), p.index)
holm_p = (p * times).cummax()
answer = {
    "alone": set(printed_gaps.index[above | below]),
    "together": set(holm_p.index[holm_p < 0.05]),
}
check.standing(answer, printed_gaps)

# %% [markdown]
# **E15.2 · Implement** (★★, 10 min). Write a reader for your own corpus. A csv file has
# the columns `clip,words,mood,actor`, and there is no sound. Return a `Corpus` with a
# name of your choice, and in it one `Utterance` per row: clip → `id`, words → `text`,
# mood → `label`, actor → `speaker`, and `audio=None`. The classes are `labels`, in that
# order. A row whose mood is not in `labels`, or that has no words, goes to `skipped` as
# `Skipped(clip, kind, detail)`. An unknown mood is named in `detail`; for missing words
# the kind is enough. (The package's own reader of such tables is `--corpus manifest`.)
#
# <details><summary>Hint 1</summary><code>import csv</code>: its <code>DictReader</code>
# gives one dict per row, and understands commas within quotes.</details>
# <details><summary>Hint 2</summary>Three things are dangerous because nothing crashes:
# a slip of the pen that becomes a class, an order of classes that depends on the file,
# and a row that disappears.</details>
# <details><summary>Hint 3</summary>There are three branches: mood unknown, words empty,
# or else an utterance. Hand
# <code>labels</code> on as it is.</details>

# %% tags=["exercise"]
def adapter(path, labels):
    """-> Corpus"""
    raise NotImplementedError


check.adapter(adapter)

# %% tags=["solution"]
import csv


def adapter(path, labels):
    """-> Corpus"""
    utterances = []
    skipped = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            clip, words, mood = row["clip"], row["words"], row["mood"]
            if mood not in labels:
                skipped.append(mc.Skipped(clip, "a mood that is no class", repr(mood)))
            elif not words:
                skipped.append(mc.Skipped(clip, "neither sound nor words"))
            else:
                one = mc.Utterance(clip, None, words, mood, speaker=row["actor"])
                utterances.append(one)
    return mc.Corpus("mine", tuple(labels), tuple(utterances), tuple(skipped))


check.adapter(adapter)

# %% [markdown]
# **E15.3 · Implement** (★★, 6 min). Write the rule of the verdict. `low` and `high` are
# the interval of our gap. Both are `None` for a row that was not run, and both are nan
# where a run gives no interval. `paper_gap` is the printed gap, of either sign. Return
# one of `"reproduced"`, `"not distinguishable"`, `"differs"`, `"not run"`.
#
# <details><summary>Hint 1</summary>Ask first whether there was a run.</details>
# <details><summary>Hint 2</summary>The size of the paper's gap plays no part, only its
# side.</details>
# <details><summary>Hint 3</summary>For a negative paper_gap turn the interval round:
# <code>low, high = -high, -low</code>. Every comparison with nan is false; see that it
# ends up in the right branch.</details>

# %% tags=["exercise"]
def verdict(low, high, paper_gap):
    """-> one of the four verdicts."""
    raise NotImplementedError


check.verdict(verdict)

# %% tags=["solution"]
def verdict(low, high, paper_gap):
    """-> one of the four verdicts."""
    if low is None:
        return "not run"
    if paper_gap < 0:
        low, high = -high, -low
    if low > 0:
        return "reproduced"
    if high < 0:
        return "differs"
    return "not distinguishable"


check.verdict(verdict)

# %% [markdown]
# **E15.4 · Explain** (★★, 5 min). A table lists all nine rows and writes *not run* into
# two of them. Three of these sentences say what that protects against. Which?
#
# - **a** — A row that is left out looks as if nobody had ever asked; a row that says
#   *not run* shows what is unknown.
# - **b** — *Not run* is a polite *differs*: had it worked, somebody would have shown
#   it.
# - **c** — The empty cells can be filled with the paper's own numbers, the best guess
#   that there is.
# - **d** — Anyone who may drop rows after seeing them chooses the verdict; a list that
#   was fixed before cannot be chosen.
# - **e** — A number from another corpus or other folds cannot slip into the cell.
# - **f** — *Not run* and *not distinguishable* are the same: in both cases we do not
#   know.
# - **g** — A training that failed may be listed as *not run*, and the failure need not
#   be mentioned.
#
# <details><summary>Hint 1</summary>Ask of each sentence: what could a reader be led to
# believe?</details>
# <details><summary>Hint 2</summary>An interval that contains 0 still rules something
# out.</details>
# <details><summary>Hint 3</summary>Two of the bad sentences draw a conclusion from
# nothing, one blurs two verdicts, and one hides a finding.</details>

# %% tags=["exercise"]
answer = ...
check.not_run(answer)

# %% tags=["solution"]
answer = {"a", "d", "e"}
check.not_run(answer)

# %% [markdown]
# **E15.5 · Change the model** (★★, 8 min). `Means` in section 9 keeps only means. Give
# it a richer pooling: `pool(x, mask)` with x (B, T, D) and mask (B, T), True where
# real, returns (B, 2 D): first the mean over real positions, then their largest value.
# Where nothing is real, return zeros. (Then double the width of the classifier, use
# `pool` in place of `mean`, and run section 9 again.)
#
# <details><summary>Hint 1</summary>Padding holds zeros, and a zero may be larger than
# every real value.</details>
# <details><summary>Hint 2</summary><code>x.masked_fill(~mask[..., None],
# -math.inf).amax(1)</code> sees real positions only.</details>
# <details><summary>Hint 3</summary>An empty row gives 0 / 0 and −∞. The first is cured
# by <code>clamp(min=1)</code>, the second by <code>torch.where(mask.any(1,
# keepdim=True), top, 0.0)</code>.</details>

# %% tags=["exercise"]
def pool(x, mask):
    """(B, T, D), (B, T) -> (B, 2 D)"""
    raise NotImplementedError


check.pool(pool)

# %% tags=["solution"]
def pool(x, mask):
    """(B, T, D), (B, T) -> (B, 2 D)"""
    total = (x * mask[..., None]).sum(dim=1)
    mean = total / mask.sum(dim=1, keepdim=True).clamp(min=1)
    top = x.masked_fill(~mask[..., None], float("-inf")).amax(dim=1)
    top = torch.where(mask.any(dim=1, keepdim=True), top, 0.0)
    return torch.cat((mean, top), dim=-1)


check.pool(pool)

# %% [markdown]
# ## Recap
# - You know who gives you IEMOCAP and MELD, and you counted before you trained.
# - You knew the price before the run, and used it to fix folds and seeds.
# - You ran a table as one program, and gave each row two verdicts, alone and after
#   Holm, by a rule stated in advance.
# - You followed one sentence to its verdicts, and read the paper's own table again.
# - You changed what the paper leaves open, one choice at a time, and read each change
#   with its interval.
# - You put the paper's rivals, the floors and a model of your own on the same folds.
# - You answered a checklist from a run's own files, and merged two machines by copying.
#
# ## What you may not conclude
# - That the paper is right, or wrong, from any number on synthetic speech. There, gaps
#   test software and a mechanism.
# - That a printed gap *within noise* is absent: its folds were paired, and the table
#   does not show them.
# - That *not distinguishable* means equal. Equality has a test of its own (lesson 14),
#   and needs more runs, not fewer.
# - That a reproduced gap has the paper's cause: a direction can come back for another
#   reason.
#
# **Further reading:** Pineau et al., *Improving Reproducibility in Machine Learning
# Research* (JMLR 2021); Mitchell et al., *Model Cards for Model Reporting* (FAT* 2019);
# Bouthillier et al., *Accounting for Variance in Machine Learning Benchmarks* (MLSys
# 2021); Busso et al., *IEMOCAP* (LREC 2008); Poria et al., *MELD* (ACL 2019).
#
# **Previous:** [14 · Ablations with error bars](14_ablations_with_error_bars.ipynb) ·
# **Next:** [16 · Broken on purpose](16_broken_on_purpose.ipynb)
