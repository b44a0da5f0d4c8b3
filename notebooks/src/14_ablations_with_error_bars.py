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
# The paper's Table 3 takes its network apart: without audio, without self-attention, in another order, deeper. Nine rows,
# and the full network wins all of them, some by less than a point. **How large must a gap be before it says something?**
# This lesson runs the nine rows, puts error bars on their gaps, and then reads the paper's own table again.
#
# **You will be able to**
# - compare two versions of a network on the same folds, and say what the pairing buys,
# - compute the corrected *t* of Nadeau and Bengio by hand, and say why the plain one is too sure,
# - test eight gaps without finding one by luck, and keep "not distinguishable" apart from "alike",
# - say how many folds and seeds a gap of less than a point needs, and when no number is enough,
# - read a published table of means and deviations with a pencil.
#
# **Needs:** lessons 08 and 09; 09 for its last section. **Time:** read 25 min · run under 1 min · exercises 25 min.
# **Paper:** section 3.5 and Table 3. **Runs on:** finished trainings: the nine rows on a small generated corpus come with the
# course; with another `CORPUS`, on your own runs of `mcsan run table3`.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "iemocap", "ravdess": a corpus with folds, after `mcsan run table3 --corpus …`
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains all rows again instead of loading: many minutes

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy import stats as scipy_stats

import mcsan_lite as mc
from mcsan_lite.evaluation import comparison, pairing, significance
from mcsan_lite.experiments import checkpoints, corpora, grids as grids_module
from mcsan_lite.explain import modalities
from mcsan_lite.exercises import lesson14 as check

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
FULL, MARGIN = mc.paper.FULL, comparison.ALIKE_MARGIN  # the row that the others are held against; a gap that would not matter
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %% [markdown]
# ## 1 · Nine rows, the same folds
#
# A fold is one way to cut the corpus into training, validation and test part. All nine versions are trained and tested on
# the *same* folds, from the same seeds, and each keeps the epoch that was best on validation (lesson 09).

# %%
if CORPUS == "synthetic":
    results, source = mc.grid_results("table3", PROFILE, options=mc.RunOptions(retrain=RETRAIN))
    corpus = corpora.grid_corpus(PROFILE)
else:
    corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
    results, source = grids_module.finished_results(mc.Grid(mc.paper.table3_specs(PROFILE, CORPUS), corpus)), "runs/"
grids = pairing.paired(results, results.name.unique(), FULL)  # refuses rows of other folds, seeds or utterances
SEEDS = results.seed.nunique()
wa = pd.DataFrame({row: grid.groupby("fold").wa.mean() for row, grid in grids.items()}).T  # (rows, folds), seeds averaged
wa = wa.rename(columns=lambda fold: f"fold {fold.rsplit('-', 1)[-1]}")
print(f"{len(wa)} rows × {wa.shape[1]} folds × {SEEDS} seed(s), from {source}")
wa.assign(mean=wa.mean(axis=1), sd=wa.std(axis=1)).round(3)

# %% [markdown]
# **Predict, then check.** The column *sd* is how much a row moves from fold to fold. Are the gaps between rows larger? And if
# one fold is hard, is it hard for every row? Follow the lines:

# %%
shown = [row for row in ("w/o audio", "w/o cross", "w/o self") if row in wa.index]
fig, axes = plt.subplots(1, len(shown), figsize=(3.7 * len(shown), 3.6), layout="constrained")
rises = {}
for ax, row in zip(np.atleast_1d(axes), shown, strict=True):
    mc.figures.draw_slopes(wa.loc[row].rename(row), wa.loc[FULL].rename(FULL), ax=ax)
    ax.set(title="", xlim=(-0.2, 2.2))
    ax.margins(y=0.15)
    rises[row] = int((wa.loc[FULL] > wa.loc[row]).sum())
mc.figures.show(fig, alt="Accuracy of the same folds under a row and under the full network, a line a fold, solid where it rises.",
           caption=f"Solid lines rise, dashed ones fall, the thick one is the mean; each panel has its own scale. Of "
                   f"{wa.shape[1]} folds, the full network is "
                   "ahead in " + ", ".join(f"{n} of {row!r}" for row, n in rises.items()) + ".")

# %% [markdown]
# A pair of rows shares what is hard about its fold. So take the difference *within* each fold, and ask about the differences
# alone.
#
# ## 2 · The plain *t*, by hand
#
# $$d_i = \mathrm{WA}_i(\mathrm{MCSAN}) - \mathrm{WA}_i(\mathrm{row}), \qquad
#   t = \frac{\bar d}{\sqrt{\tfrac{1}{k}\, S^2}}, \qquad S^2 = \frac{1}{k-1}\sum_{i=1}^k (d_i - \bar d)^2$$
#
# for $k$ folds. The second *t* below forgets the pairing: it treats the two rows as strangers.

# %%
gaps = wa.loc[FULL] - wa.drop(index=FULL)  # (rows, folds)
k, mean, sd = gaps.shape[1], gaps.mean(axis=1), gaps.std(axis=1, ddof=1)
sd = sd.where(sd > 1e-9)  # a gap that is the same in all folds: no spread, no test
varies = sd.dropna().index
plain = pd.DataFrame({"gap": 100 * mean, "sd of d": 100 * sd, "paired t": mean / (sd / np.sqrt(k))})
plain["p"] = 2 * scipy_stats.t.sf(plain["paired t"].abs(), k - 1)
strangers = np.sqrt(wa.loc[FULL].var() / k + wa.drop(index=FULL).var(axis=1) / k)
plain["unpaired t"] = mean / strangers
assert np.allclose(plain["p"][varies], [scipy_stats.ttest_rel(wa.loc[FULL], wa.loc[row]).pvalue for row in varies])
plain.round(3)  # gap and sd in points

# %% [markdown]
# Where |paired t| is larger than |unpaired t|, the folds moved both rows together, and pairing removed it.
#
# ## 3 · Why this *t* is too sure
#
# It takes the $d_i$ for independent. But two folds of one corpus train on largely the same utterances:

# %%
protocol = results.protocol.iloc[0]
folds = mc.folds(corpus, protocol)
sets = [set(fold.train) for fold in folds]
overlap = pd.DataFrame([[len(a & b) / len(a) for b in sets] for a in sets]).round(2)
others = overlap.to_numpy()[~np.eye(len(sets), dtype=bool)]
share = float((results.n_test / results.n_train).mean())
print(f"{protocol}: any two folds have {others.min():.0%} to {others.max():.0%} of their training utterances in common; "
      f"n_test / n_train = {share:.3f}")
overlap.iloc[:4]  # of the training part of a fold (line), the share that another fold (column) trains on too

# %% [markdown]
# Whatever is peculiar to this corpus gets into *all* the $d_i$, in the same direction. More folds average over splits, never
# over corpora. The spread between folds cannot show it, so the plain *t* divides by too little.
#
# How bad is it? An experiment whose answer we know. Two learners see points of two classes: A sees the first five numbers
# of each point, B the other five. All ten are made alike, so neither is better. Every "significant" difference is a **false
# alarm**, and a test at the 5 % level promises that those are one in twenty.

# %%
def differences(rng, n=100, p=5, repeats=10):
    """Accuracy of A less that of B, fold after fold of repeated 8:1:1 cross-validation: (10 · repeats,)."""
    y = np.tile([0, 1], n // 2)
    x = rng.normal(size=(n, 2 * p)) + 0.3 * y[:, None]
    found = []
    for _ in range(repeats):
        group = rng.permutation(n) % 10
        for i in range(10):
            train, test = ~np.isin(group, (i, (i + 1) % 10)), group == i
            low, high = (x[train & (y == c)].mean(0) for c in (0, 1))  # the centre of each class
            votes = (x[test] - (low + high) / 2) * (high - low)  # (tests, 2p): what each number says
            a, b = (((part.sum(1) > 0) == y[test]).mean() for part in (votes[:, :p], votes[:, p:]))
            found.append(a - b)
    return np.array(found)


worlds = np.stack([differences(np.random.default_rng(seed)) for seed in range(200)])  # (corpora, folds)
error = worlds.mean(1).std(ddof=1) / np.sqrt(len(worlds))
print(f"{worlds.shape[0]} corpora × {worlds.shape[1]} folds; mean difference {100 * worlds.mean():+.2f} points, "
      f"standard error {100 * error:.2f}")

# %%
lines = {}
for name, corrected in (("plain t", 0), ("corrected t", 1 / 8)):
    for used in (10, 50, 100):
        alarms = np.mean([mc.corrected_t(d[:used], corrected).p < 0.05 for d in worlds])
        low, high = mc.share_interval(alarms, len(worlds))
        lines[f"{name}, {used} folds"] = {"mean": alarms, "low": low, "high": high}
alarms = pd.DataFrame(lines).T
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
mc.figures.draw_rows(alarms, ax=ax, score="share of false alarms (dashed: the 5 % that are promised)")
ax.axvline(0.05, color="0.4", ls="--", lw=1)
mc.figures.show(fig, alt="False alarms of the plain and the corrected t with 10, 50 and 100 folds, beside the promised five per cent.",
           caption=f"{len(worlds)} corpora, two learners of equal worth. With 100 folds (ten-fold, repeated ten times) the plain t "
                   f"raises a false alarm in {alarms['mean']['plain t, 100 folds']:.0%}, the corrected one in "
                   f"{alarms['mean']['corrected t, 100 folds']:.0%}.")

# %% [markdown]
# Repeating the cross-validation makes the plain *t* **worse**: it takes new cuts of an old corpus for new evidence.
#
# ## 4 · The corrected *t*, by hand
#
# Nadeau and Bengio (2003) add what the folds share to the variance of the mean:
#
# $$t = \frac{\bar d}{\sqrt{\left(\tfrac{1}{k} + \tfrac{n_\text{test}}{n_\text{train}}\right) S^2}}$$
#
# $1/k$ vanishes with more folds, the second term does not. It is an approximation; in the figure above it
# kept its promise about as well as 200 corpora can show.

# %%
by_hand = mean / (np.sqrt(1 / k + share) * sd)
package = {row: mc.corrected_t(gaps.loc[row], share) for row in gaps.index}
assert np.allclose(by_hand[varies], [package[row].statistic for row in varies])
table = pd.DataFrame({row: {"gap": 100 * t.mean, "low": 100 * t.low, "high": 100 * t.high, "t": t.statistic, "p": t.p}
                      for row, t in package.items()}).T
print(f"each t is the plain one / {np.sqrt(1 + k * share):.3f}; with {k} folds it takes |t| > "
      f"{scipy_stats.t.ppf(0.975, k - 1):.2f} to exclude zero")
table.assign(**{"plain p": plain["p"]}).round(3)

# %%
made = mc.paper.compared_table(results, CORPUS)
forest = made.drop(index=FULL)[["wa gap", "wa gap low", "wa gap high"]].set_axis(["mean", "low", "high"], axis=1)
assert np.allclose(forest["mean"].dropna(), mean[forest["mean"].dropna().index])
fig, ax = plt.subplots(figsize=(8, 3.9), layout="constrained")
mc.figures.draw_forest(forest.astype(float), ax=ax, margin=MARGIN)
verdicts = made.verdict.drop(index=FULL)
mc.figures.show(fig, alt="Forest plot: the gap of each row to the full network with its corrected 95 per cent interval, and zero.",
           caption=f"Gaps to MCSAN on {k} folds of {corpus.name}, corrected t. " + ". ".join(
               f"{verdict.capitalize()}: {', '.join(verdicts.index[verdicts == verdict])}" for verdict in verdicts.unique()) + ".")

# %% [markdown]
# The **verdict** looks at the interval alone. Does it exclude zero on the side that the paper names? *Reproduced*. On the
# other side? *Differs*. Does it hold zero? *Not distinguishable*: this many folds could not tell. With few folds the bar is
# high, as the cell before the figure says, and only large gaps get over it. On a generated corpus a verdict is about the
# software and the mechanism: the size of a gap here says nothing about people.
#
# ## 5 · Eight tests
#
# Eight gaps, eight chances for luck. **Holm**: sort the p values; multiply the smallest by 8, the next by 7, and so on; none
# may be smaller than the one before.

# %%
p = made["wa p"].dropna().astype(float).sort_values()
m = len(p)
by_hand = (p * np.arange(m, 0, -1)).cummax().clip(upper=1)
assert np.allclose(by_hand, significance.holm(p))
print(f"{m} independent tests of nothing find something in {1 - 0.95 ** m:.0%} of cases")
pd.DataFrame({"p": p, "times": np.arange(m, 0, -1), "Holm p": by_hand, "still below 0.05": by_hand < 0.05}).round(4)

# %% [markdown]
# ## 6 · "Not distinguishable" is not "alike"
#
# A wide interval around zero means: *we do not know*. To claim that two versions are **alike** you must show it, too. Say
# first which gap would not matter (here one point). Then test both of: *the gap is below +1 point*, *it is above −1 point*
# (TOST). The larger of the two p values counts.

# %%
se = np.sqrt(1 / k + share) * sd[varies]
alike = pd.Series(scipy_stats.t.sf((MARGIN - mean[varies].abs()) / se, k - 1), varies)
assert np.allclose(alike, [significance.equivalence(gaps.loc[row], MARGIN, share).p for row in varies])
both = pd.DataFrame({"p of a gap": table.p[varies], "p of alike": alike})
gap, same = both["p of a gap"] < 0.05, both["p of alike"] < 0.05
both["so"] = np.select([gap & same, gap, same], ["a gap, too small to matter", "a gap", "alike within a point"], "we do not know")
print(both.so.value_counts().to_string())
both.round(3)

# %% [markdown]
# Look for rows with *we do not know*. A paper that removes a block, sees no significant change and writes "the block is not
# needed" has read the first column only.
#
# ## 7 · Two kinds of spread
#
# Another **fold** changes what is trained and tested on. Another **seed** changes the start and the order, on the same
# fold. Ten seeds of one fold are ten readings of one observation, so they are averaged *before* the test. What if they are
# counted as folds instead? A toy again: no gap at all, two points of spread from folds, one from seeds.

# %%
rng = np.random.default_rng(10)
toy = 0.02 * rng.normal(size=(500, 10, 1)) + 0.01 * rng.normal(size=(500, 10, 5))  # (worlds, folds, seeds)
found = {"seeds averaged in their fold": [mc.corrected_t(d, 0).p < 0.05 for d in toy],
         "each seed counted as a fold": [mc.corrected_t(d.ravel(), 0).p < 0.05 for d in toy]}
apart = 100 * np.median([significance.spread(d) for d in toy], axis=0)
print(f"spread taken apart, median world: folds {apart[0]:.1f}, seeds {apart[1]:.1f} points (true: 2.0 and 1.0)")
pd.DataFrame({"false alarms": {name: np.mean(alarms) for name, alarms in found.items()}}).round(2)

# %% [markdown]
# (These folds share nothing, so the plain *t* is right for them.) And the real ones? The network of the lessons comes
# trained from three seeds, on one fold; the grid above has its own folds. They are two corpora, so only the kinds of spread
# are named here, not compared.

# %%
three = [checkpoints.read_provenance(checkpoints.find_checkpoint("matching", seed)) for seed in (0, 1, 2)]
by_seed = np.array([about["wa"] for about in three])
n = int(results.n_test.mean())
luck = np.sqrt(wa.loc[FULL].mean() * (1 - wa.loc[FULL].mean()) / n)
pd.Series({f"sd over 3 seeds, one fold of {three[0]['n']} test utterances": by_seed.std(ddof=1),
           f"sd over {k} folds of {n} test utterances": wa.loc[FULL].std(ddof=1),
           f"sd that {n} coin throws with this WA would have": luck}).mul(100).round(2).rename("points").to_frame()

# %% [markdown]
# The last line is the luck of *which* utterances are tested. A fold's score cannot move much less than that, unless the
# folds are made to resemble each other.
#
# ## 8 · What peeking would have bought
#
# Each training also kept its test score of every epoch, for this one question: what if the epoch had been chosen *on the
# test part*? And what if only the favourite got that treatment?

# %%
def as_points(test):
    interval = f" [{100 * test.low:+.1f}, {100 * test.high:+.1f}]" if np.isfinite(test.low) else ""
    return f"{100 * test.mean:+.1f}{interval}"


by_fold = {row: grid.groupby("fold")[["wa", "peeked_wa"]].mean() for row, grid in grids.items()}
peeked = pd.DataFrame({row: {
    "peeking buys": as_points(mc.corrected_t(f.peeked_wa - f.wa, share)), "at most": f"{100 * (f.peeked_wa - f.wa).max():+.1f}",
    "gap, nobody peeks": as_points(mc.corrected_t(by_fold[FULL].wa - f.wa, share)),
    "gap, MCSAN alone peeks": as_points(mc.corrected_t(by_fold[FULL].peeked_wa - f.wa, share))}
    for row, f in by_fold.items()}).T
peeked.loc[FULL, "gap, nobody peeks":] = ""
peeked

# %% [markdown]
# In points, with the corrected interval (none where all folds agree). Compare *peeking buys* with the gaps that a table of
# ablations is about: what is gained for nothing must be small beside what is claimed. Lesson 09 has the same by epoch.
#
# ## 9 · How many folds and seeds?
#
# The paper gives self-attention 0.7 points. What would show them in four of five attempts (**power** 80 %)? That depends on the
# spread of the paired differences, which a table of means does not print. So we plan with assumptions: that the two rows
# have nothing in common but their printed deviations, and that the variance comes from seeds, from folds, or half and half.

# %%
printed = mc.paper.TABLE3_PUBLISHED
GAP = round(printed.wa[FULL] - printed.wa["w/o self"], 3)
total = float(np.hypot(printed.wa_sd[FULL], printed.wa_sd["w/o self"]))
origin = {"all of it from seeds": significance.Spread(0.0, total),
          "half and half": significance.Spread(total * 0.5**0.5, total * 0.5**0.5),
          "all of it from folds": significance.Spread(total, 0.0)}
plans = {name: significance.trials_needed(GAP, noise, folds=(5, 10, 30, np.inf)).set_index("folds")
         for name, noise in origin.items()}
print(f"gap {100 * GAP:.1f} points, sd of the difference {100 * total:.2f} points, 8:1:1")
pd.DataFrame({name: plan.enough + " (power " + plan.power.round(2).astype(str) + ")" for name, plan in plans.items()})

# %%
many = (3, 5, 10, 20, 50, 100)
fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.4), sharey=True, layout="constrained")
reached = {}
for ax, name in zip(axes, ("all of it from seeds", "half and half"), strict=True):
    power = pd.DataFrame({seeds: [significance.power(GAP, origin[name], folds_, seeds) for folds_ in many]
                          for seeds in (1, 3, 10, 30)}, index=many)
    mc.figures.draw_power(power, ax=ax, title=name)
    ax.set(xlim=(2.7, 500), ylim=(-0.05, 1.1))
    reached[name] = power.to_numpy().max()
mc.figures.show(fig, alt="Chance to show a gap of 0.7 points against the number of folds, for 1, 3, 10 and 30 seeds a fold, two cases.",
           caption=f"Chance that the corrected t shows {100 * GAP:.1f} points. The highest that is drawn: " +
                   ", ".join(f"{value:.0%} ({name})" for name, value in reached.items()) + ".")

# %% [markdown]
# Seeds help where seeds are the noise. (With a single one the corrected *t* is too careful: it takes seed noise for something
# that the folds share.) Where folds are, the curve levels off below 80 %: **no** number of folds or
# seeds of this corpus is enough, only more data. Nothing here says which case IEMOCAP is. Your own runs can:
# `significance.spread(differences)` takes (folds, seeds) and gives both parts.
#
# ## 10 · The paper's own table, read again
#
# Table 3 prints mean and standard deviation over ten folds. From those alone a *t* can be had, unpaired and uncorrected
# (Welch). By hand, for self-attention:

# %%
a, b = printed.loc[FULL], printed.loc["w/o self"]
t = (a.wa - b.wa) / np.sqrt(a.wa_sd**2 / 10 + b.wa_sd**2 / 10)
assert np.isclose(t, significance.welch_from_summary(a.wa, a.wa_sd, b.wa, b.wa_sd, 10).statistic)
print(f"t = {a.wa - b.wa:.3f} / sqrt({a.wa_sd}² / 10 + {b.wa_sd}² / 10) = {t:.2f}")
published = mc.paper.published_gaps().query("source == 'Table 3'")
published[["wa gap", "wa t", "wa p", "wa Holm p", "wa within noise", "ua t", "ua within noise"]].round(3)

# %%
forest = published[["wa gap", "wa gap low", "wa gap high"]].set_axis(["mean", "low", "high"], axis=1).astype(float)
fig, ax = plt.subplots(figsize=(8, 3.9), layout="constrained")
mc.figures.draw_forest(forest, ax=ax, margin=MARGIN, name="printed in the paper")
noise = {score: list(published.index[published[f"{score} within noise"].astype(bool)]) for score in ("wa", "ua")}
mc.figures.show(fig, alt="Forest plot of the gaps of the paper's Table 3 with Welch intervals from its printed deviations.",
           caption="Sun et al. 2021, Table 3, WA on IEMOCAP. Within noise as printed: " + ", ".join(noise["wa"]) +
                   ". In UA also: " + (", ".join(row for row in noise["ua"] if row not in noise["wa"]) or "no other") + ".")

# %% [markdown]
# The gaps of the two modalities are far outside the noise. Of the six rows about the architecture, four are within it *as
# printed*. **That is not the last word**: the folds are paired, which the table cannot show and which may help; and they share
# training data, which hurts. How much pairing would be needed? Turn the corrected *t* around: the gap excludes zero only if the
# differences have at most this deviation, and for that the two rows must go up and down together across folds:

# %%
limit = scipy_stats.t.ppf(0.975, 9) * np.sqrt(1 / 10 + 1 / 8)
rows = printed.drop(index=FULL)
most = (printed.wa[FULL] - rows.wa) / limit
r = (rows.wa_sd**2 + printed.wa_sd[FULL]**2 - most**2) / (2 * rows.wa_sd * printed.wa_sd[FULL])
pd.DataFrame({"gap": 100 * (printed.wa[FULL] - rows.wa), "sd of d may be": 100 * most, "needed correlation": r.clip(lower=-1)}).round(2)

# %% [markdown]
# A needed correlation near 1 asks for much; one of −1 is free. The authors have the ten pairs, and could print it in a line.
#
# One more thing can be read from the page. A test part of a tenth of IEMOCAP's 7,487 utterances has the luck of the draw, as
# in section 7:

# %%
n = 7487 // 10
chance = np.sqrt(printed.wa * (1 - printed.wa) / n)
print(f"{int((printed.wa_sd < chance).sum())} of {len(printed)} printed deviations are below that of {n} independent draws")
pd.DataFrame({"printed sd": 100 * printed.wa_sd, "sd of the draw alone": 100 * chance}).round(2)

# %% [markdown]
# One or two such rows would be unremarkable, and the rows share their folds, so together they are weak evidence. Folds stratified by
# class, averages over several seeds, or larger test parts would all do it. The paper does not say.
#
# ## 11 · Somebody else asked, on the same data
#
# Rajan, Brutti and Cavallaro (ICASSP 2022) compared self- and cross-attention on the public seven-class package of IEMOCAP:
# five folds, ten runs each (numbers from the slides in their repository). Mind the names: in their code "unweighted" is the share that is right, and "weighted" the mean
# over classes, the other way round than here. As they name them, and then as we do:

# %%
rajan = pd.DataFrame([("audio + text", "self", .518, .574), ("audio + text", "cross", .501, .562),
                      ("audio + text + video", "self", .587, .642), ("audio + text + video", "cross", .578, .636),
                      ("audio + text + video", "cross and self", .585, .642)],
                     columns=["modalities", "attention", "their weighted", "their unweighted"])
ours = rajan.rename(columns={"their weighted": "UA (mean recall)", "their unweighted": "WA (share right)"})
gap = ours.groupby("modalities", sort=False)["WA (share right)"].agg(lambda wa: 100 * (wa.iloc[0] - wa.iloc[1])).round(1)
print("self less cross, WA, points:", gap.to_dict(), "· in Table 3, self alone (w/o cross) less cross alone (w/o self):",
      f"{100 * (printed.wa['w/o cross'] - printed.wa['w/o self']):+.1f}")
ours.set_index(["modalities", "attention"])

# %% [markdown]
# The authors report no significant difference between self and cross, and none from using both. The paper has cross-attention
# alone ahead of self-attention alone. These are not one experiment: other features, other layers, and folds of about 80 / 6 / 14 % instead of 8:1:1. So
# their WA does not stand beside Table 3's, but the *direction* may be compared, and it is not settled.
#
# ## 12 · What an ablation cannot tell
#
# "Without cross, one point less" compares two networks that were each trained to do their best. It does not say what the
# full network *does with* its cross-attention: the smaller one may have found another way, and the larger one may ignore what
# it has. Lesson 11 asked the trained network itself: by **EMAP**, how many decisions need sound and words *together*?

# %%
N = 36 if PROFILE != "smoke" else 8
lines = {}
for variant in ("MCSAN", "w/o cross"):
    run = mc.load_checkpoint("matching", 0, variant)
    spoken = mc.open_corpus(root=mc.synthetic_folder(PROFILE))
    part = spoken.subset([u.id for u in spoken.utterances if u.split == "test"][:N])
    data = run.prepare(mc.extract(part, run.features)[0])
    lines[variant] = modalities.interaction(run.model, data, list(run.labels)).loc[["model", "EMAP", "difference"]].stack()
wide = pd.DataFrame(lines).T
pd.concat({name: wide[name][["wa", "low", "high"]] for name in ("model", "EMAP", "difference")}, axis=1).round(2)

# %% [markdown]
# An interval of the *difference* above zero: these decisions need sound and words at once. And mind the second line: without
# cross-attention the two meet in the classifier, whose hidden layer can still combine their summaries. So *w/o cross* does not
# mean "without interaction". The ablation says what a part is **worth** to training; EMAP says what the trained network
# **uses**. A paper that claims the second should not show the first.
#
# ## Exercises
#
# **E14.1 · Implement** (★★, 8 min). `corrected(a, b, n_train, n_test)` gets the scores of two systems on the same folds and the
# sizes of a fold's parts. Return the corrected *t* of *a* less *b*.
#
# <details><summary>Hint 1</summary>First the differences, fold by fold. Then their mean and their deviation.</details>
# <details><summary>Hint 2</summary>The deviation of a sample divides by k − 1: <code>ddof=1</code>.</details>
# <details><summary>Hint 3</summary>Below: <code>np.sqrt(1 / k + n_test / n_train) * deviation</code>. The test part is the small one.</details>

# %% tags=["exercise"]
def corrected(a, b, n_train, n_test):
    """-> the corrected t of a less b."""
    raise NotImplementedError


check.corrected(corrected)

# %% tags=["solution"]
def corrected(a, b, n_train, n_test):
    """-> the corrected t of a less b."""
    d = np.asarray(a) - np.asarray(b)
    return d.mean() / (np.sqrt(1 / len(d) + n_test / n_train) * d.std(ddof=1))


check.corrected(corrected)

# %% [markdown]
# **E14.2 · Plan** (★★, 6 min). You want to show a gap of 0.7 points with a power of 80 %, on ten folds of 8:1:1. Earlier runs say
# how the paired difference spreads:
#
# - **A** — 0.4 points over folds, 1.2 points over seeds,
# - **B** — 1.2 points over folds, 0.4 points over seeds.
#
# What is the smallest number of seeds *a fold* in each case? `None` where no number is enough. Find it with
# `significance.power` or `significance.trials_needed`; both take shares, so 0.7 points is 0.007.
#
# <details><summary>Hint 1</summary>Guess first: in which case do seeds make the noise?</details>
# <details><summary>Hint 2</summary><code>significance.trials_needed(0.007, significance.Spread(fold_sd, seed_sd), folds=(10,))</code></details>
# <details><summary>Hint 3</summary>A column <code>seeds</code> of 0 means: not even with endless seeds.</details>

# %% tags=["exercise"]
plan = {"A": ..., "B": ...}
check.plan(plan)

# %% tags=["solution"]
plan = {"A": int(significance.trials_needed(0.007, significance.Spread(0.004, 0.012), folds=(10,)).seeds[0]),
        "B": int(significance.trials_needed(0.007, significance.Spread(0.012, 0.004), folds=(10,)).seeds[0]) or None}
check.plan(plan)

# %% [markdown]
# **E14.3 · Predict** (★★, 5 min). The paper says that each row is *worse* than MCSAN. Five gaps (MCSAN less row) with their corrected
# 95 % intervals, in points; less than one point would not matter:
#
# | | gap | interval |
# |---|---|---|
# | **a** | +2.1 | +0.9 to +3.3 |
# | **b** | +1.8 | −0.4 to +4.0 |
# | **c** | +0.1 | −0.6 to +0.8 |
# | **d** | −1.5 | −2.6 to −0.4 |
# | **e** | +0.5 | +0.2 to +0.8 |
#
# Give each letter one of `"reproduced"`, `"differs"`, `"alike"`, `"unknown"`. Look at zero first; *alike* is for an interval
# that holds zero and lies within ± 1 point.
#
# <details><summary>Hint 1</summary>Three of the intervals exclude zero. One of these on the other side.</details>
# <details><summary>Hint 2</summary>Two hold zero. They differ in width.</details>
# <details><summary>Hint 3</summary>A small gap can be a sure one: the verdict is about its direction.</details>

# %% tags=["exercise"]
verdict = {"a": ..., "b": ..., "c": ..., "d": ..., "e": ...}
check.verdicts(verdict)

# %% tags=["solution"]
verdict = {"a": "reproduced", "b": "unknown", "c": "alike", "d": "differs", "e": "reproduced"}
check.verdicts(verdict)

# %% [markdown]
# **E14.4 · Explain** (★★★, 6 min). Three of these sentences can be defended before a reviewer. Which? (The dots stand for numbers
# that were measured.)
#
# - **a** — Removing self-attention did not change WA significantly (p = …), so self-attention is not needed.
# - **b** — On ten paired folds MCSAN is ahead of *w/o cross* by … points (corrected 95 % interval … to …, n = 10).
# - **c** — We repeated ten-fold cross-validation ten times; over these 100 folds the paired t-test gives p = ….
# - **d** — With our folds and seeds a gap of 0.7 points would be found in … % of cases, so its absence here says little.
# - **e** — Of eight variants one had p = 0.04, so this variant is worse.
# - **f** — The gap lies within ± 1 point (TOST, corrected, p = …): the two versions are alike at that margin.
# - **g** — MCSAN's best epoch on the test part is 1.1 points above the published score of the other system.
#
# <details><summary>Hint 1</summary>Which sentences forget that folds share data, or that there were other tests?</details>
# <details><summary>Hint 2</summary>"Not significant" alone is no finding. A margin, or a power, makes it one.</details>
# <details><summary>Hint 3</summary>One of the four bad ones takes absence of evidence for evidence; one chooses on test.</details>

# %% tags=["exercise"]
answer = ...
check.defensible(answer)

# %% tags=["solution"]
answer = {"b", "d", "f"}
check.defensible(answer)

# %% [markdown]
# ## Recap
# - You compared nine versions on the same folds, and took differences within each fold.
# - You computed the plain and the corrected *t* by hand, saw the same numbers from the package, and counted the false alarms
#   of both where nothing was to be found.
# - You adjusted eight p values, and kept *not distinguishable* apart from *alike*.
# - You planned for a gap below a point, and met a case in which no number of folds is enough.
# - You read the paper's table with nothing but its printed numbers.
#
# ## What you may not conclude
# - That the paper's small gaps are wrong. They are within noise *as printed*; its paired folds may say more.
# - That what holds on the generated corpus holds on people: neither the gaps nor their spread.
# - That a *not distinguishable* row shows a part to be useless, or a *reproduced* one that the trained network uses it.
# - That the correction is exact. It is an approximation, which held in the experiment shown.
#
# **Further reading:** Nadeau & Bengio, *Inference for the Generalization Error* (Machine Learning 2003); Dietterich, *Approximate
# Statistical Tests for Comparing Supervised Classification Learning Algorithms* (Neural Computation 1998); Holm, *A Simple
# Sequentially Rejective Multiple Test Procedure* (1979); Schuirmann's two one-sided tests (1987); Rajan, Brutti & Cavallaro,
# *Is cross-attention preferable to self-attention for multi-modal emotion recognition?* (ICASSP 2022).
#
# **Previous:** [11 · Is it an explanation?](11_is_it_an_explanation.ipynb) · **Next:** [15 · Reproducing the
# paper](15_reproducing_the_paper.ipynb)
