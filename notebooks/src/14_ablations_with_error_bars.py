# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 14 · Ablations with error bars
#
# The paper's Table 3 takes its network apart. One row is trained without audio, another
# one without self-attention; others have their parts in another order, or more layers.
# There are nine rows, and the full network beats all the others, sometimes by less than
# a point. **How large must a gap be before it tells us something?** In this lesson you
# run the nine rows, put error bars on their gaps, and then read the paper's own table
# again with what you have learned.
#
# **You will be able to**
# - compare two versions of a network on the same folds, and say what the pairing gains
#   you,
# - compute the corrected *t* of Nadeau and Bengio by hand, and explain why the plain
#   one is too sure of itself,
# - test eight gaps without being fooled by luck, and keep "not distinguishable" apart
#   from "alike",
# - work out how many folds and seeds a gap of less than a point needs, and recognise
#   when no number is enough,
# - read a published table of means and deviations with a pencil.
#
# **Needs:** lessons 08 and 09; lesson 12 for the last section. **Time:** read 23 min ·
# run half a minute · exercises 25 min. **Paper:** section 3.5 and Table 3. **Runs on:**
# finished trainings. Those of the nine rows on a small generated corpus come with the
# course; for another `CORPUS` you need your own runs of `mcsan run table3`.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or a corpus with folds, after mcsan run table3 --corpus …
PROFILE = "quick"  # "full": ten folds, three seeds; "smoke": a test; "paper"
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains all rows again instead of loading: many minutes

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display
from scipy import stats as scipy_stats

import mcsan_lite as mc
from mcsan_lite.evaluation import comparison, intervals, pairing, planning, significance
from mcsan_lite.experiments import checkpoints, corpora, grids
from mcsan_lite.experiments.finished.rates import depth_by_rate
from mcsan_lite.explain import modalities, pointing
from mcsan_lite.exercises import lesson14 as check
from mcsan_lite.exercises.verdicts import lesson14 as read
from mcsan_lite.exercises.verdicts import lesson14_design as read_design
from mcsan_lite.figures.basics import counted

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
FULL = mc.paper.FULL  # the row that all others are compared with
MARGIN = comparison.ALIKE_MARGIN  # a gap that would not matter: one point

# %% [markdown]
# ## 1 · Nine rows, the same folds
#
# A fold is one way to cut the corpus into a training, a validation and a test part. All
# nine versions are trained and tested on the *same* folds, starting from the same
# seeds, and each keeps the epoch that was best on validation (lesson 09).
#
# The profile `quick` has three folds and one seed, so that it fits into a coffee break.
# The profile `full` trains the same networks on all ten folds from three seeds
# (`mcsan run table3 --profile full`, many hours on a laptop). Where all of `full` is
# there, `quick` reads it as well. The first line below says which of the two you have.
# Keep it in mind: most of this lesson is about the difference.

# %%
if CORPUS == "synthetic":
    options = mc.RunOptions(retrain=RETRAIN)
    results, source = mc.grid_results("table3", PROFILE, options=options)
    corpus = corpora.grid_corpus(PROFILE)
else:
    corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
    specs = mc.paper.table3_specs(PROFILE, CORPUS)
    results = grids.finished_results(mc.Grid(specs, corpus))
    source = "runs/"
# Refuses rows that were trained on other folds, seeds or utterances.
trainings = pairing.paired(results, results.name.unique(), FULL)
made = mc.paper.compared_table(results, CORPUS)

# %%
by_row = {}
for row, grid in trainings.items():
    by_row[row] = grid.groupby("fold").wa.mean()  # seeds averaged within their fold
wa = pd.DataFrame(by_row).T  # (rows, folds)
wa.columns = ["fold " + fold.rsplit("-", 1)[-1] for fold in wa.columns]
k = wa.shape[1]
n_seeds = results.seed.nunique()
print(f"{len(wa)} rows × {k} folds × {counted(n_seeds, 'seed')}, from {source}")
scores = made[["wa", "wa low", "wa high"]].set_axis(["mean", "low", "high"], axis=1)
scores = scores.reindex(wa.index).astype(float)
wa.join(scores).round(3)

# %%
largest_class = corpus.counts().max() / len(corpus)  # the best guess without looking
print(read.say_rows_and_chance(scores, chance=largest_class))
for row in (FULL, "w/o self"):
    if row in wa.index:
        print(read_design.say_deviation(f"spread of {row}", wa.loc[row].std(), k))

# %% [markdown]
# The second half of this output deserves a pause. A standard deviation of a few numbers
# is itself uncertain, because other folds would have given another one. Papers rarely
# say so. Here each of the lines says in which range the true deviation may lie. Keep
# that in mind for every deviation below.
#
# **Predict, then check.** Look at the columns. If one fold is hard for one row, is it
# hard for every row? Follow the lines:

# %% tags=["hide-input"]
shown = [row for row in ("w/o audio", "w/o cross", "w/o self") if row in wa.index]
fig, axes = plt.subplots(
    1, len(shown), figsize=(3.7 * len(shown), 3.6), layout="constrained", squeeze=False
)
ahead = {}
for ax, row in zip(axes[0], shown, strict=True):
    mc.figures.draw_slopes(wa.loc[row].rename(row), wa.loc[FULL].rename(FULL), ax=ax)
    ax.set(title="", xlim=(-0.2, 2.2))
    ax.margins(y=0.15)
    ahead[row] = int((wa.loc[FULL] > wa.loc[row]).sum())
mc.figures.show(
    fig,
    alt="Accuracy of each fold under a row and under the full network, one line per "
    "fold.",
    caption="Solid lines rise, dashed lines fall, and the thick line is the mean. Each "
    "panel has its own scale. "
    + "; ".join(f"MCSAN ahead of {row} in {n} of {k}" for row, n in ahead.items())
    + ".",
)

# %%
print(read.say_folds_ahead(ahead, k))

# %% [markdown]
# Whatever is hard about a fold is part of the scores of both rows. It cancels if we
# take the difference *within* each fold, and ask about the differences alone. The first
# line that section 2 prints says for which rows this helps: it answers your prediction.
# If these are about half of the rows, luck alone could do as much.
#
# ## 2 · The plain *t*, by hand
#
# $$d_i = \mathrm{WA}_i(\mathrm{MCSAN}) - \mathrm{WA}_i(\mathrm{row}), \qquad
#   t = \frac{\bar d}{\sqrt{\tfrac{1}{k}\, S^2}}, \qquad
#   S^2 = \frac{1}{k-1}\sum_{i=1}^k (d_i - \bar d)^2$$
#
# for $k$ folds.

# %%
gaps = wa.loc[FULL] - wa.drop(index=FULL)  # (rows, folds): d_i
mean = gaps.mean(axis=1)
sd = gaps.std(axis=1, ddof=1)  # S
sd = sd.where(sd > 1e-9)  # a gap that is the same in all folds: no spread, no test
varies = sd.dropna().index
paired_t = mean / (sd / np.sqrt(k))
paired_p = 2 * scipy_stats.t.sf(paired_t.abs(), k - 1)
paired_p = pd.Series(paired_p, paired_t.index)
for row in varies:  # scipy agrees
    reference = scipy_stats.ttest_rel(wa.loc[FULL], wa.loc[row]).pvalue
    assert np.isclose(paired_p[row], reference)

# %% [markdown]
# What if we forget the pairing, and treat the two rows as strangers? Then the variances
# of the two rows add up:

# %%
other_rows = wa.drop(index=FULL)
unpaired_se = np.sqrt(wa.loc[FULL].var() / k + other_rows.var(axis=1) / k)
unpaired_t = mean / unpaired_se
plain = pd.DataFrame({"gap": 100 * mean, "sd of d": 100 * sd})  # in points
plain["paired t"] = paired_t
plain["paired p"] = paired_p
plain["unpaired t"] = unpaired_t
print(read.say_pairing(paired_t, unpaired_t))
plain.round(3)

# %% [markdown]
# ## 3 · Why this *t* is too sure of itself
#
# The plain *t* takes the $d_i$ to be independent. But two folds of one corpus train on
# largely the same utterances:

# %%
protocol = results.protocol.iloc[0]
train_sets = [set(fold.train) for fold in mc.folds(corpus, protocol)]
overlap = np.ones((len(train_sets), len(train_sets)))
for i, one in enumerate(train_sets):
    for j, other in enumerate(train_sets):
        overlap[i, j] = len(one & other) / len(one)
off_diagonal = overlap[~np.eye(len(train_sets), dtype=bool)]
share = float((results.n_test / results.n_train).mean())
print(
    f"{protocol}: any two of the {len(train_sets)} folds share "
    f"{off_diagonal.min():.0%} to {off_diagonal.max():.0%} of their training part; "
    f"n_test / n_train = {share:.3f}"
)

# %% [markdown]
# Any peculiarity of this corpus therefore enters *all* the $d_i$, in the same
# direction. More folds average over splits, but never over corpora. The spread between
# folds cannot reveal this, and so the plain *t* divides by too little.
#
# How bad is it? Let us try an experiment whose answer we know. Two learners see points
# of two classes. A sees the first five numbers of each point, and B the other five. All
# ten numbers are made in the same way, so neither learner is better. Every
# "significant" difference is then a **false alarm**, and a test at the 5 % level
# promises one in twenty.

# %%
def accuracy(x, y, train, test):
    """Share of right answers when the nearest class centre decides."""
    centre_0 = x[train & (y == 0)].mean(axis=0)
    centre_1 = x[train & (y == 1)].mean(axis=0)
    halfway = (centre_0 + centre_1) / 2
    votes = (x[test] - halfway) * (centre_1 - centre_0)  # (tests, 5)
    says_1 = votes.sum(axis=1) > 0
    return (says_1 == y[test]).mean()


def differences(rng, n=100, repeats=10):
    """A less B, fold after fold of 10-fold cross-validation: (10 · repeats,)."""
    y = np.tile([0, 1], n // 2)
    x = rng.normal(size=(n, 10)) + 0.3 * y[:, None]
    found = []
    for _ in range(repeats):
        group = rng.permutation(n) % 10
        for i in range(10):
            test = group == i
            train = ~test & (group != (i + 1) % 10)  # one group is for validation
            a = accuracy(x[:, :5], y, train, test)
            b = accuracy(x[:, 5:], y, train, test)
            found.append(a - b)
    return np.array(found)


# %%
worlds = np.stack([differences(np.random.default_rng(seed)) for seed in range(250)])
error = worlds.mean(axis=1).std(ddof=1) / np.sqrt(len(worlds))
print(f"{worlds.shape[0]} corpora × {worlds.shape[1]} folds")
print(read_design.say_equal_worth(worlds.mean(), error))


def false_alarms(folds_used, test_share):
    """1 for each corpus in which a test finds a difference, else 0."""
    p = [mc.corrected_t(d[:folds_used], test_share).p for d in worlds]
    return (np.array(p) < 0.05).astype(int)


lines, alarmed = {}, {}
for name, test_share in (("plain t", 0), ("corrected t", 1 / 8)):
    for folds_used in (10, 50, 100):
        found = false_alarms(folds_used, test_share)
        low, high = mc.share_interval(found.mean(), len(worlds))
        row = {"mean": found.mean(), "low": low, "high": high}
        lines[f"{name}, {folds_used} folds"] = row
        alarmed[name, folds_used] = found
alarms = pd.DataFrame(lines).T

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
mc.figures.draw_rows(alarms, ax=ax, score="share of false alarms (dashed: 5 %)")
ax.axvline(0.05, color="0.4", ls="--", lw=1)
mc.figures.show(
    fig,
    alt="False alarms of the plain and the corrected t with 10, 50 and 100 folds, and "
    "the promised five per cent as a dashed line.",
    caption=f"{len(worlds)} corpora with two learners of equal worth; intervals are "
    "Wilson's. With 100 folds (ten-fold, repeated ten times) the plain t raises a "
    f"false alarm in {alarms['mean']['plain t, 100 folds']:.0%}, the corrected one in "
    f"{alarms['mean']['corrected t, 100 folds']:.0%}.",
)

# %%
print(read_design.say_promise_kept(alarms))
for name in ("plain t", "corrected t"):
    more = alarmed[name, 100] - alarmed[name, 10]  # of the same corpora
    change, half = mc.fold_interval(more)
    print(f"The {name}:", read_design.say_repeats((change, change - half, change + half)))

# %% [markdown]
# The plain *t* takes new cuts of an old corpus for new evidence.
#
# ## 4 · The corrected *t*, by hand
#
# Nadeau and Bengio (2003) add what the folds share to the variance of the mean:
#
# $$t = \frac{\bar d}
#   {\sqrt{\left(\tfrac{1}{k} + \tfrac{n_\text{test}}{n_\text{train}}\right) S^2}}$$
#
# With more folds the term $1/k$ vanishes, but the second term does not.
#
# **How far may you trust it?** The formula was derived for *random subsampling*, in
# which each training and test part is drawn anew. For k-fold cross-validation, whose
# test parts never overlap, it is a **heuristic** that has become common practice, and
# no exact formula can replace it: no unbiased estimate of that variance exists (Bengio
# and Grandvalet 2004). That is why the toy above is worth its many corpora: it shows
# how well the heuristic works on folds like ours.

# %%
by_hand = mean / (np.sqrt(1 / k + share) * sd)
tests = {row: mc.corrected_t(gaps.loc[row], share) for row in gaps.index}
package = pd.Series({row: test.statistic for row, test in tests.items()})
assert np.allclose(by_hand[varies], package[varies])
table = pd.DataFrame(
    {
        row: {"gap": test.mean, "low": test.low, "high": test.high, "p": test.p}
        for row, test in tests.items()
    }
).T
limit = scipy_stats.t.ppf(0.975, k - 1)
print(f"each t is the plain one divided by {np.sqrt(1 + k * share):.3f}")
print(f"with {k} folds, |t| must exceed {limit:.2f} to exclude zero")
in_points = 100 * table[["gap", "low", "high"]]
in_points.assign(p=table.p, plain_p=paired_p).round(3)

# %% tags=["hide-input"]
forest = table.rename(columns={"gap": "mean"})[["mean", "low", "high"]]
fig, ax = plt.subplots(figsize=(8, 3.9), layout="constrained")
mc.figures.draw_forest(forest, ax=ax, margin=MARGIN)
mc.figures.show(
    fig,
    alt="Forest plot: the gap of each row to the full network, with its corrected 95 "
    "per cent interval and a line at zero.",
    caption=f"Gaps to MCSAN on {k} folds of {corpus.name}, corrected t. Right of "
    "zero, the full network is better, as the paper says of every row. The grey band "
    "is ± 1 point; a marker without a bar had the same gap in every fold.",
)

# %%
alone = made["wa verdict"].drop(index=FULL)
alone = alone[alone.notna() & alone.index.isin(forest.index)]
print(read.say_row_gaps(forest, alone))

# %% [markdown]
# The **verdict** looks at the interval alone. If the interval excludes zero on the side
# that the paper names, the gap is *reproduced*. If it excludes zero on the other side,
# our result *differs*. If it contains zero, the gap is *not distinguishable*: this many
# folds could not tell. With few folds the bar is high, as the cell before the figure
# says, and only large gaps clear it. On a generated corpus, a verdict is about the
# software and the mechanism. The size of a gap here says nothing about people.
#
# ## 5 · Eight tests
#
# Eight gaps are eight chances to be lucky. **Holm's** correction takes account of that.
# Sort the p values, multiply the smallest by 8, the next by 7, and so on, and let none
# be smaller than the one before it.

# %%
p = table.p.dropna().sort_values()
times = np.arange(len(p), 0, -1)
by_hand = (p * times).cummax().clip(upper=1)
assert np.allclose(by_hand, significance.holm(p))
luck = 1 - 0.95 ** len(p)
print(f"{len(p)} independent tests of nothing find something in {luck:.0%} of cases")
print(read.say_luck_removed(p, by_hand))
columns = {"alone": "wa verdict", "after Holm": "wa verdict after Holm"}
two_verdicts = pd.DataFrame({name: made[column] for name, column in columns.items()})
adjusted = pd.DataFrame({"p": p, "times": times, "Holm p": by_hand}).round(4)
adjusted.join(two_verdicts)

# %% [markdown]
# The last two columns answer two different questions. *Alone* is for someone who asked
# about this one row before seeing any result. *After Holm* is for someone who looks at
# the whole table and picks out what stands out. A report should print both, and should
# say in advance which one it goes by. In this course the claims ledger (lesson 15) goes
# by the second.
#
# ## 6 · "Not distinguishable" is not "alike"
#
# A wide interval around zero means that *we do not know*. To claim that two versions
# are **alike**, you have to show that, too. First say which gap would not matter (here:
# one point). Then run two one-sided tests (TOST): *the gap is below +1 point*, and *the
# gap is above −1 point*. The larger of the two p values counts. Each of the two tests
# spends 5 % on one side only, and so the interval that belongs to them is the **90 %**
# interval, not the usual one: it lies inside the margin exactly where the p value is
# below .05.

# %%
se = np.sqrt(1 / k + share) * sd
half_90 = scipy_stats.t.ppf(0.95, k - 1) * se
equal = table[["gap", "low", "high"]].copy()
equal["low 90"] = equal.gap - half_90
equal["high 90"] = equal.gap + half_90
larger_p = scipy_stats.t.sf((MARGIN - mean.abs()) / se, k - 1)
equal["p alike"] = larger_p
equal = equal.loc[varies]
for row in varies:  # the package agrees
    test = significance.equivalence(gaps.loc[row], MARGIN, share)
    assert np.isclose(test.p, equal["p alike"][row])
    assert np.isclose(test.low, equal["low 90"][row])
equal["so"] = [read.gap_or_alike(equal.loc[row], MARGIN) for row in varies]
print("Each row alone:")
print(read.say_gap_or_alike(equal, MARGIN))
points = 100 * equal[["gap", "low", "high", "low 90", "high 90"]]
points.join(equal[["p alike", "so"]]).round(3)

# %% [markdown]
# A paper that removes a block, sees no significant change and writes "the block is not
# needed" has looked at the 95 % interval only. *We do not know* is the honest reading.
#
# ## 7 · Two kinds of spread
#
# Another **fold** changes what is trained and tested on. Another **seed** changes the
# starting weights and the order of the utterances, on the same fold. Ten seeds of one
# fold are ten readings of one observation, so they are averaged *before* the test. What
# happens if they are counted as folds instead? Here is another toy. In it there is no
# gap at all, two points of spread come from folds, and one point comes from seeds.
# (These folds share nothing, so the plain *t* is right for them.)

# %%
rng = np.random.default_rng(10)
of_folds = 0.02 * rng.normal(size=(500, 10, 1))
of_seeds = 0.01 * rng.normal(size=(500, 10, 5))
toy = of_folds + of_seeds  # (worlds, folds, seeds)
p_averaged = np.array([mc.corrected_t(d, 0).p for d in toy])
p_counted = np.array([mc.corrected_t(d.ravel(), 0).p for d in toy])
found = {}
for name, p_values in (("averaged", p_averaged), ("counted as folds", p_counted)):
    alarm = (p_values < 0.05).mean()
    low, high = mc.share_interval(alarm, len(toy))
    found[f"seeds {name}"] = {"mean": alarm, "low": low, "high": high}
print(read_design.say_promise_kept(pd.DataFrame(found).T))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
sns.ecdfplot(x=p_averaged, ax=ax, color="#0072B2", ls="-")
sns.ecdfplot(x=p_counted, ax=ax, color="#D55E00", ls="--")
ax.plot((0, 1), (0, 1), color="0.6", lw=1)
ax.axvline(0.05, color="0.4", lw=1, ls=":")
ax.text(0.10, 0.85, "seeds counted as folds (dashed)")
ax.text(0.50, 0.25, "seeds averaged (solid), near the diagonal")
ax.set(xlabel="p value", ylabel="share of toys at or below it", xlim=(0, 1))
mc.figures.show(
    fig,
    alt="Cumulative distribution of the p values of 500 toys without a gap: averaged "
    "seeds follow the diagonal, seeds counted as folds lie above it.",
    caption="Where nothing is to be found, an honest test's p values follow the "
    "diagonal. The dotted line marks p = 0.05.",
)

# %% [markdown]
# And what are the real deviations? The network of the earlier lessons comes trained
# from three seeds, on one fold. The table above has folds of its own. These are two
# corpora, so the two deviations are named here, but not compared. Mind the intervals.

# %%
by_seed = []
for seed in (0, 1, 2):
    about = checkpoints.read_provenance(checkpoints.find_checkpoint("matching", seed))
    by_seed.append(about["wa"])
print(read_design.say_deviation("3 seeds on one fold", np.std(by_seed, ddof=1), 3))
full_sd = wa.loc[FULL].std(ddof=1)
print(read_design.say_deviation(f"{k} folds of {FULL}", full_sd, k))

# %% [markdown]
# One part of the spread over folds has a simple cause: it is a matter of luck *which*
# utterances are tested. For $n$ test utterances of which a share $p$ is answered
# correctly, independent draws would give a deviation of $\sqrt{p(1-p)/n}$.

# %%
n_test = int(results.n_test.mean())
p_right = wa.loc[FULL].mean()
luck = np.sqrt(p_right * (1 - p_right) / n_test)
print(read_design.say_sampling_share(full_sd, k, luck))

# %% [markdown]
# A deviation says how far numbers lie apart. It does not say *how* they lie: all in one
# heap, or in two groups. So before you trust a mean, look at the single trainings.

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 3.9), layout="constrained")
shown = results.rename(columns={"wa": "WA", "name": "row"})
dots = {"color": "#0072B2", "size": 4, "alpha": 0.7, "jitter": 0.2}
sns.stripplot(shown, x="WA", y="row", ax=ax, **dots)
ax.axvline(largest_class, color="0.4", lw=1, ls=":")
ax.set(ylabel="", xlim=(0, 1.03))
stuck = intervals.at_chance(results, largest_class)
mc.figures.show(
    fig,
    alt="WA of every single training, one line of dots per row, and chance as a dotted "
    "line.",
    caption="One dot per fold and seed. The dotted line is what naming the largest "
    f"class gives ({largest_class:.0%}). {counted(int(stuck.sum()), 'training')} of "
    f"{len(results)} end there.",
)

# %%
print(read.say_trainings_at_chance(results, largest_class))

# %% [markdown]
# A training that ends where guessing ends did not learn a little less. In all of its
# epochs it never began to learn. A row with such trainings has two answers: how good
# the network is once it learns, and how often it does not. A mean mixes the two. A few
# such trainings pull it down and make its interval much wider. More folds would narrow
# the interval, but around a mean that describes neither group.
#
# Two mistakes lie close at hand. One is to *replace* the mean by that of the trainings
# that began: they are chosen by their score on the test part. You may print it *beside*
# the mean, as above, to see what the mean is made of. The other mistake is to read the
# mean as "the deeper network understands less". One possible cause is known: networks
# that normalise *after* each sum, as Eq. 11 to 17 do, can start badly when the learning
# rate is large from the first step instead of rising slowly (*warm-up*; Xiong et al.,
# ICML 2020). That is not tested here. We can try a smaller rate, and the paper names
# two.
#
# The profiles `quick` and `full` learn at a rate of 0.0015; the paper at 0.001 on
# IEMOCAP, and at 0.0005 on MELD. The depths were trained again at these rates, with
# all else the same: ten folds and three seeds. (The command is
# `mcsan run table3 --profile full --rows "MCSAN,N = 2,N = 3" --learning-rate 0.001`.)
#
# **Predict, then check.** Will more trainings begin at a smaller rate? And will MCSAN's
# lead over the deeper networks grow, shrink or stay?

# %%
depths = depth_by_rate()  # from the tables that the repository ships
if CORPUS == "synthetic" and len(depths):
    print(read.say_depth_by_rate(depths))
    display(depths[["mean", "low", "high", "trainings", "stuck"]].round(3))

# %% [markdown]
# *Shown* at one rate and *not shown* at another does not yet mean that the rates
# differ. For that, the two gaps are subtracted fold by fold, and the *change* is tested,
# as above. Nor do the failures have to be spread evenly. A seed gives every fold the
# same starting weights, and so a single bad start can fail in many folds. An interval
# over folds says what other folds would give *from these seeds*, and nothing about
# other seeds.
#
# A comparison of two networks is always one *under their settings*. The smaller rates
# were tried after the first table had been seen, and the last one because a training
# had failed again. So all of them are reported, and none is the answer. A smaller rate
# also learns less in ten epochs: a gap there may be one of speed. The fairest table
# would choose rate and epochs for each row on validation, at the price of many more
# trainings.
#
# ## 8 · What peeking would have gained
#
# Each training also recorded its test score after every epoch, for one question only:
# what if the epoch had been chosen *on the test part*? And what if only the favourite
# had been treated in that way?

# %%
peeked = {}
for row, grid in trainings.items():
    fold = grid.groupby("fold")[["wa", "peeked_wa"]].mean()
    gain = mc.corrected_t(fold.peeked_wa - fold.wa, share)
    peeked[row] = {"peeking gains": gain.mean, "low": gain.low, "high": gain.high}
    peeked[row]["last"] = (grid.peeked_epoch == grid.epochs).mean()
peeked = pd.DataFrame(peeked).T
points = 100 * peeked[["peeking gains", "low", "high"]]
points["% of trainings with the last epoch best on test"] = 100 * peeked["last"]
points.round(1)

# %%
full_gain = tuple(peeked.loc[FULL, ["peeking gains", "low", "high"]])
print(read.say_epoch_of_peeking(trainings[FULL], FULL, full_gain))
gains = peeked.rename(columns={"peeking gains": "mean"})
print(read.say_peeking_rows(gains, mean))
print(f"if MCSAN alone peeks, its gaps grow by {100 * full_gain[0]:.1f} points")

# %% [markdown]
# Where a network does not overfit, its score climbs until training ends. Both parts
# then choose the last epoch, and peeking has nothing left to gain. The lines above say
# in how many trainings this was so. (Peeking cannot lose on the score that chooses, so
# an interval that reaches below zero says only that these folds do not show how much it
# gains.) Do not take that for a general rule. On real speech it depends on the corpus:
# docs/results.md has a table in which peeking would have bought next to nothing, and
# one in which it would have bought several points, each from one seed and with wide
# intervals. The mechanism is easy to see in a toy: the true score stays on a
# **plateau**, and each epoch adds a point of noise to the validation and to the test
# score.

# %%
rng = np.random.default_rng(0)
by_length = {}
for epochs in (1, 10, 30, 100):
    valid = 0.60 + 0.01 * rng.normal(size=(2000, epochs))  # (trainings, epochs)
    test = 0.60 + 0.01 * rng.normal(size=(2000, epochs))
    chosen = valid.argmax(axis=1)
    honest = test[np.arange(len(test)), chosen]
    difference = test.max(axis=1) - honest
    average, half = mc.fold_interval(difference)  # trainings are independent here
    by_length[epochs] = {"gain": 100 * average, "±": 100 * half}  # 95 %, in points
plateau = pd.DataFrame(by_length).T.rename_axis("epochs")
table3 = mc.paper.TABLE3_PUBLISHED.wa
smaller = 100 * (table3[FULL] - table3.drop(FULL)) < plateau.gain[30]
print(
    f"{smaller.sum()} of the {len(smaller)} gaps that Table 3 prints are smaller than "
    "what 30 epochs of looking gain here"
)
plateau.round(2)

# %% [markdown]
# Nothing was learned on the plateau, and yet the best of many noisy scores is a high
# one. The longer you look, the higher it gets. The point of noise is our choice: with
# half of it, every gain would be half as large, and fewer of the paper's gaps would lie
# below it. The paper trains for at most 30 epochs on IEMOCAP, and does not say which
# part chose among them.
#
# ## 9 · How many folds and seeds?
#
# The paper reports 0.7 points for self-attention. What would it take to show such a gap
# in four attempts out of five, that is, with a **power** of 80 %? The answer depends on
# the spread of the paired differences, which a table of means does not print. So we
# plan with assumptions: that the scores of the two rows are uncorrelated, with the
# printed deviations, and that the variance comes from seeds, from folds, or from both
# in equal parts.

# %%
printed = mc.paper.TABLE3_PUBLISHED
gap = round(printed.wa[FULL] - printed.wa["w/o self"], 3)
total = float(np.hypot(printed.wa_sd[FULL], printed.wa_sd["w/o self"]))
half = total * 0.5**0.5
origin = {
    "from seeds": significance.Spread(fold_sd=0.0, seed_sd=total),
    "half from seeds, half from folds": significance.Spread(fold_sd=half, seed_sd=half),
    "from folds": significance.Spread(fold_sd=total, seed_sd=0.0),
}
plans = {}
for name, noise in origin.items():
    plan = planning.trials_needed(gap, noise, folds=(5, 10, 30, np.inf))
    plan = plan.set_index("folds")
    plans[name] = plan.enough + " (power " + plan.power.round(2).astype(str) + ")"
print(f"gap {100 * gap:.1f} points, sd of the difference {100 * total:.2f} points")
pd.DataFrame(plans)

# %% tags=["hide-input"]
many_folds = (3, 5, 10, 20, 50, 100)
cases = ("from seeds", "half from seeds, half from folds")
fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.4), sharey=True, layout="constrained")
for ax, name in zip(axes, cases, strict=True):
    power = pd.DataFrame(
        {
            seeds: [planning.power(gap, origin[name], f, seeds) for f in many_folds]
            for seeds in (1, 3, 10, 30)
        },
        index=many_folds,
    )
    mc.figures.draw_power(power, ax=ax, title=f"noise {name}")
    ax.set(xlim=(2.7, 500), ylim=(-0.05, 1.1))
mc.figures.show(
    fig,
    alt=f"Chance to show a gap of {100 * gap:.1f} points against the number of folds, "
    "for 1, 3, 10 and 30 seeds per fold, in two cases.",
    caption=f"Chance that the corrected t shows {100 * gap:.1f} points, if n_test / "
    "n_train is 1 / 8. The dashed line is the power that is usually asked for.",
)

# %%
reached = {}
for name, noise in origin.items():
    reached[name] = planning.power(gap, noise, folds=np.inf, seeds=np.inf)
print(read_design.say_best_power(reached))

# %% [markdown]
# Seeds help where seeds are the noise. (With a single seed per fold the corrected *t*
# is too cautious, because it takes seed noise for something that the folds share.)
# Where folds are the noise, the curve levels off, and if it does so below 80 %, then
# **no** number of folds or seeds of this corpus is enough: only more data can help.
# Nothing here says which case IEMOCAP is. Your own runs can tell you, if they have
# several seeds per fold: `significance.spread` takes an array (folds, seeds) and
# returns both parts.

# %%
ours = trainings[FULL].pivot(index="fold", columns="seed", values="wa")
for row in ("w/o self", "w/o cross"):
    if row in trainings:
        theirs = trainings[row].pivot(index="fold", columns="seed", values="wa")
        print(read_design.say_where_noise_is(row, significance.spread(ours - theirs)))

# %% [markdown]
# ## 10 · The paper's own table, read again
#
# Table 3 prints means and standard deviations over ten folds. From these alone one can
# compute a *t* that is unpaired and uncorrected (Welch's). By hand, for self-attention:

# %%
a = printed.loc[FULL]
b = printed.loc["w/o self"]
t = (a.wa - b.wa) / np.sqrt(a.wa_sd**2 / 10 + b.wa_sd**2 / 10)
package = significance.welch_from_summary(a.wa, a.wa_sd, b.wa, b.wa_sd, 10)
assert np.isclose(t, package.statistic)
print(f"t = {a.wa - b.wa:.3f} / sqrt({a.wa_sd}² / 10 + {b.wa_sd}² / 10) = {t:.2f}")
published = mc.paper.published_gaps().query("source == 'Table 3'")
in_points = published[["wa gap", "wa p", "wa Holm p", "ua gap", "ua p"]].copy()
in_points[["wa gap", "ua gap"]] *= 100
in_points.round(3)

# %% tags=["hide-input"]
forest = published[["wa gap", "wa gap low", "wa gap high"]].astype(float)
forest = forest.set_axis(["mean", "low", "high"], axis=1)
fig, ax = plt.subplots(figsize=(8, 3.9), layout="constrained")
mc.figures.draw_forest(forest, ax=ax, margin=MARGIN, name="printed in the paper")
mc.figures.show(
    fig,
    alt="Forest plot of the gaps of the paper's Table 3, with Welch intervals from its "
    "printed deviations.",
    caption="Sun et al. 2021, Table 3, WA on IEMOCAP. No number of ours is in this "
    "figure. Unpaired, not corrected for shared training data: indicative only.",
)

# %%
print(read_design.say_within_noise(published, "wa"))
print(read_design.say_within_noise(published, "ua"))

# %% [markdown]
# **This is not the last word.** The folds are paired, which may help, but the table
# cannot show it. They also share training data, which hurts. How much pairing would be
# needed? Turn the corrected *t* around. The interval of the gap excludes zero only if
# the differences have at most a certain deviation $s$. This $s$ follows from the
# deviations of the two rows and from their correlation $\rho$ over the folds:
#
# $$s^2 = s_a^2 + s_b^2 - 2\rho\, s_a s_b$$
#
# The more the two rows rise and fall together, the smaller is $s$. The next cell takes
# the largest $s$ that still excludes zero (`most`), and solves for $\rho$ (`needed`).

# %%
rows = printed.drop(index=FULL)
gap_of = printed.wa[FULL] - rows.wa
limit = scipy_stats.t.ppf(0.975, 9) * np.sqrt(1 / 10 + 1 / 8)
most = gap_of / limit  # the largest sd of d that still excludes zero
both_variances = rows.wa_sd**2 + printed.wa_sd[FULL] ** 2
needed = (both_variances - most**2) / (2 * rows.wa_sd * printed.wa_sd[FULL])
print(read_design.say_needed_correlations(needed))
columns = {"gap": 100 * gap_of, "sd of d may be": 100 * most}
pd.DataFrame(columns).assign(correlation=needed.clip(lower=-1)).round(2)

# %% [markdown]
# A needed correlation close to 1 asks for a great deal, and one of −1 asks for nothing.
# The authors have the ten pairs, and could settle the question in one line.
#
# One more thing can be read from the page. A test part holds a tenth of IEMOCAP's 7,487
# utterances, so its score has the luck of the draw, as in section 7. Here we can be
# more exact: ten folds **partition** one corpus. They are drawn from it without
# replacement, so the score of one fold varies around the score of the whole by a little
# less than independent draws would: by the finite-population factor
# $\sqrt{1 - \tfrac{1}{10}}$.

# %%
n = 7487 // 10
independent = np.sqrt(printed.wa[FULL] * (1 - printed.wa[FULL]) / n)
finite = independent * np.sqrt(1 - 1 / 10)
right = np.arange(10 * n) < printed.wa[FULL] * 10 * n  # which answers are right
rng = np.random.default_rng(0)
partitions = [rng.permutation(right).reshape(10, n) for _ in range(500)]
folds = np.stack([partition.mean(axis=1) for partition in partitions])
print(f"independent draws {independent:.4f}, parts of one corpus {finite:.4f}")
of_ten = np.sqrt(folds.var(axis=1, ddof=0).mean())
of_nine = np.sqrt(folds.var(axis=1, ddof=1).mean())
print(f"500 partitions: {of_ten:.4f} dividing by k, {of_nine:.4f} dividing by k − 1")

# %% [markdown]
# So a deviation that is computed with division by $k$ has to be compared with the
# smaller number, and one with division by $k-1$ with the larger. (In the second case
# the finite-population factor and the division by $k-1$ cancel each other.) The paper
# does not say which of the two it printed. In its favour we take the smaller number.
# How often would the draw alone give deviations as small as the printed ones?

# %%
draw = np.sqrt(printed.wa * (1 - printed.wa) / n)
finite_draw = draw * np.sqrt(1 - 1 / 10)
ratio = (printed.wa_sd / finite_draw) ** 2
chances = pd.Series(scipy_stats.chi2.cdf(9 * ratio, 9), printed.index)
below = int((printed.wa_sd < finite_draw).sum())
print(f"{below} of {len(printed)} printed deviations are below that of the draw alone")
print(read_design.say_small_deviations(chances))
columns = {"printed sd": 100 * printed.wa_sd, "sd of the draw": 100 * finite_draw}
pd.DataFrame(columns).assign(chance=chances).round(2)  # sd in points

# %% [markdown]
# The rows share their folds, so even many of them together are weak evidence. Folds
# stratified by class, averages over several seeds, or larger test parts would each make
# the deviations smaller. The paper does not say whether any of these applies.
#
# ## 11 · Somebody else asked, on the same data
#
# Rajan, Brutti and Cavallaro (ICASSP 2022) compared self- and cross-attention on the
# public seven-class package of IEMOCAP, with five folds and ten runs each (the numbers
# are from the slides in their repository). Mind the names: in their code, "unweighted"
# is the share of right answers and "weighted" is the mean over classes, which is the
# reverse of our usage. The table uses our names.

# %%
rajan = pd.DataFrame(
    [
        ("audio + text", "self", 0.518, 0.574),
        ("audio + text", "cross", 0.501, 0.562),
        ("audio + text + video", "self", 0.587, 0.642),
        ("audio + text + video", "cross", 0.578, 0.636),
        ("audio + text + video", "cross and self", 0.585, 0.642),
    ],
    columns=["modalities", "attention", "UA (mean recall)", "WA (share right)"],
)
rajan = rajan.set_index(["modalities", "attention"])
two_inputs = rajan.loc["audio + text", "WA (share right)"]
their_gap = two_inputs["self"] - two_inputs["cross"]
# In Table 3, "w/o cross" has self-attention alone, "w/o self" cross-attention alone.
papers_gap = printed.wa["w/o cross"] - printed.wa["w/o self"]
print(read_design.say_two_directions(their_gap, papers_gap))
rajan

# %% [markdown]
# The authors report no significant difference between self- and cross-attention, and
# none from using both. These two studies are not one experiment: the features and
# layers differ, and the folds are about 80 / 6 / 14 % instead of 8:1:1. So their WA may
# not be compared with Table 3's, but the *direction* may, and it is not settled.
#
# ## 12 · What an ablation cannot tell
#
# "Without cross-attention, one point less" compares two networks that were each trained
# to do their best. It does not say what the full network *does with* its
# cross-attention: the smaller network may have found another way, and the larger one
# may ignore what it has. Lesson 12 asked the trained network itself, with **EMAP**: of
# all functions that add up a part for the sound and a part for the words, EMAP is the
# one whose outputs come closest to the network's, in squared error over all pairings.
# (It is a projection of this network, and not the best additive model that one could
# train.) How much accuracy is lost? The intervals are over utterances, for one
# training.

# %%
folder = mc.synthetic_folder(PROFILE)
spoken, truth = mc.open_corpus(root=folder), mc.read_truth(folder)
decided = []  # the test utterances with a decisive word, as in lesson 12
for one in spoken.utterances:
    if one.split == "test" and pointing.decisive_span(truth.loc[one.id]):
        decided.append(one.id)
part = spoken.subset(decided[: 8 if PROFILE == "smoke" else 80])
by_variant = {}
for variant in ("MCSAN", "w/o cross"):
    run = mc.load_checkpoint("matching", 0, variant)
    data = run.prepare(mc.extract(part, run.features)[0])
    found = modalities.interaction(run.model, data, list(run.labels))
    by_variant[variant] = found  # rows: model, EMAP, difference
    difference = tuple(found.loc["difference", ["wa", "low", "high"]].astype(float))
    print(read.say_interaction(variant, difference))
pd.concat(by_variant).round(2)

# %% [markdown]
# The second line is there for a reason. Without cross-attention, sound and words still
# meet in the classifier, whose hidden layer *can* combine their summaries. So *w/o
# cross* does not mean "without interaction". If its line shows a loss as well, then its
# classifier combines the two inputs; if it shows none, these utterances may be too few.
# The ablation says what a part is **worth** to training, and EMAP says what the trained
# network **uses**. A paper that claims the second must show more than the first.
#
# ## Exercises
#
# **E14.1 · Implement** (★, 8 min). Write `corrected(a, b, n_train, n_test)`. It gets
# the scores of two systems on the same folds and the sizes of a fold's parts. Return
# the corrected *t* of *a* minus *b*.
#
# <details><summary>Hint 1</summary>First take the differences, fold by fold. Then take
# their mean and their standard deviation.</details>
# <details><summary>Hint 2</summary>The deviation of a sample divides by k − 1:
# <code>ddof=1</code>.</details>
# <details><summary>Hint 3</summary>The denominator is <code>np.sqrt(1 / k + n_test /
# n_train) * deviation</code>. The test part is the small one.</details>

# %% tags=["exercise"]
def corrected(a, b, n_train, n_test):
    """-> the corrected t of a minus b."""
    raise NotImplementedError


check.corrected(corrected)

# %% tags=["solution"]
def corrected(a, b, n_train, n_test):
    """-> the corrected t of a minus b."""
    d = np.asarray(a) - np.asarray(b)
    shared = 1 / len(d) + n_test / n_train
    return d.mean() / (np.sqrt(shared) * d.std(ddof=1))


check.corrected(corrected)

# %% [markdown]
# **E14.2 · Predict** (★★, 6 min). You want to show a gap of 0.7 points with a power of
# 80 %, on ten folds of 8:1:1. Earlier runs tell you how the paired difference spreads:
#
# - **A** has 0.4 points over folds and 1.2 points over seeds,
# - **B** has 1.2 points over folds and 0.4 points over seeds.
#
# What is the smallest number of seeds *per fold* in each case? Write `None` where no
# number is enough. Guess first, then find it with `planning.power` or
# `planning.trials_needed`; both take shares, so 0.7 points is 0.007.
#
# <details><summary>Hint 1</summary>In which of the two cases do seeds make most of the
# noise?</details>
# <details><summary>Hint 2</summary><code>planning.trials_needed(0.007,
# significance.Spread(fold_sd, seed_sd), folds=(10,))</code></details>
# <details><summary>Hint 3</summary>A 0 in the column <code>seeds</code> means: not even
# with endless seeds.</details>

# %% tags=["exercise"]
plan = {"A": ..., "B": ...}
check.plan(plan)

# %% tags=["solution"]
case_a = significance.Spread(fold_sd=0.004, seed_sd=0.012)
case_b = significance.Spread(fold_sd=0.012, seed_sd=0.004)
seeds_a = planning.trials_needed(0.007, case_a, folds=(10,)).seeds[0]
seeds_b = planning.trials_needed(0.007, case_b, folds=(10,)).seeds[0]
plan = {"A": int(seeds_a), "B": int(seeds_b) or None}
check.plan(plan)

# %% [markdown]
# **E14.3 · Predict** (★★, 5 min). The paper says that each row is *worse* than MCSAN.
# Here are five gaps (MCSAN minus row) with their corrected intervals, in points. Less
# than one point would not matter:
#
# | | gap | 95 % interval | 90 % interval |
# |---|---|---|---|
# | **a** | +2.1 | +0.9 to +3.3 | +1.1 to +3.1 |
# | **b** | +1.8 | −0.6 to +4.2 | −0.1 to +3.7 |
# | **c** | +0.3 | −0.5 to +1.1 | −0.3 to +0.9 |
# | **d** | −1.5 | −2.6 to −0.4 | −2.4 to −0.6 |
# | **e** | +0.5 | +0.2 to +0.8 | +0.3 to +0.7 |
#
# Give each letter one of `"reproduced"`, `"differs"`, `"alike"`, `"unknown"`. Start
# with the 95 % interval. If it excludes zero, the gap is *reproduced* or *differs*. If
# it contains zero, ask whether the gap is shown, at the 5 % level, to lie within ± 1
# point: then it is *alike*, and otherwise *unknown*.
#
# <details><summary>Hint 1</summary>Look for zero in the 95 % intervals first. Three of
# them exclude it, one of these on the other side.</details>
# <details><summary>Hint 2</summary>The two that contain zero differ in width. Which
# interval goes with TOST?</details>
# <details><summary>Hint 3</summary>A small gap can be a certain one: the verdict is
# about its direction.</details>

# %% tags=["exercise"]
verdict = {"a": ..., "b": ..., "c": ..., "d": ..., "e": ...}
check.verdicts(verdict)

# %% tags=["solution"]
verdict = {
    "a": "reproduced",
    "b": "unknown",
    "c": "alike",
    "d": "differs",
    "e": "reproduced",
}
check.verdicts(verdict)

# %% [markdown]
# **E14.4 · Explain** (★★★, 6 min). Three of these sentences can be defended before a
# reviewer. Which? (The dots stand for numbers that were measured.)
#
# - **a** — Removing self-attention did not change WA significantly (p = …), so
#   self-attention is not needed.
# - **b** — On ten paired folds MCSAN is ahead of *w/o cross* by … points (corrected 95
#   % interval … to …, n = 10).
# - **c** — We repeated ten-fold cross-validation ten times; over these 100 folds the
#   paired t-test gives p = ….
# - **d** — With our folds and seeds a gap of 0.7 points would be found in … % of cases,
#   so its absence here says little.
# - **e** — Of eight variants one had p = 0.04, so this variant is worse.
# - **f** — The gap lies within ± 1 point (TOST, corrected, p = …): the two versions are
#   alike at that margin.
# - **g** — MCSAN's best epoch on the test part is 1.1 points above the published score
#   of the other system.
#
# <details><summary>Hint 1</summary>Which sentences forget that folds share data, or
# that there were other tests?</details>
# <details><summary>Hint 2</summary>"Not significant" alone is not a finding. A margin,
# or a power, makes it one.</details>
# <details><summary>Hint 3</summary>One of the four bad sentences takes absence of
# evidence for evidence, and one chooses on the test part.</details>

# %% tags=["exercise"]
answer = ...
check.defensible(answer)

# %% tags=["solution"]
answer = {"b", "d", "f"}
check.defensible(answer)

# %% [markdown]
# ## Recap
# - You compared nine versions on the same folds, and took differences within each fold.
# - You computed the plain and the corrected *t* by hand, obtained the same numbers from
#   the package, and counted the false alarms of both where there was nothing to be
#   found.
# - You adjusted eight p values, and kept *not distinguishable* apart from *alike*, each
#   with its own interval.
# - You planned for a gap of less than a point, and met a case in which no number of
#   folds is enough.
# - You read the paper's table with nothing but its printed numbers.

# %% [markdown]
# ## What you may not conclude
# - That the paper's small gaps are wrong. They are within noise *as printed*; its
#   paired folds may say more.
# - That what holds on the generated corpus holds for people: neither the gaps nor their
#   spread.
# - That a *not distinguishable* row proves a part useless, or that a *reproduced* one
#   proves that the trained network uses it.
# - That the correction is exact. It is a heuristic for k-fold, tested here in one toy.
# - That peeking is harmless where it is not shown to gain MCSAN anything: other rows of
#   the same table may have gained.
#
# **Further reading:** Nadeau & Bengio, *Inference for the Generalization Error*
# (Machine Learning 2003); Bengio & Grandvalet, *No Unbiased Estimator of the Variance
# of K-Fold Cross-Validation* (JMLR 2004); Dietterich, *Approximate Statistical Tests
# for Comparing Supervised Classification Learning Algorithms* (Neural Computation
# 1998); Holm, *A Simple Sequentially Rejective Multiple Test Procedure* (1979);
# Schuirmann's two one-sided tests (1987); Xiong et al., *On Layer Normalization in the
# Transformer Architecture* (ICML 2020); Rajan, Brutti & Cavallaro, *Is
# cross-attention preferable to self-attention for multi-modal emotion recognition?*
# (ICASSP 2022).
#
# **Previous:** [13 · Change the model, watch the map](13_change_the_model.ipynb) ·
# **Next:** [15 · Reproducing the paper](15_reproducing_the_paper.ipynb)
