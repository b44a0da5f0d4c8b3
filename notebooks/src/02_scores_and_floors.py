# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Scores and floors
#
# [Lesson 01](01_corpora_and_splits.ipynb) asked *who* is scored. This lesson asks
# *how*. One confusion matrix gives several scores, and they do not agree. A whole
# column of a published table was once called accuracy and was something else. Then we
# measure the floors that a score must beat before it means anything, and we ask how
# much of a score is chance.
#
# **You will be able to**
# - compute WA, UA and weighted F1 from one confusion matrix by hand,
# - explain how precision flatters when it is called accuracy,
# - measure floors before any network, and say which of them a network has to beat,
# - say how far a score on one fold can lie from the truth, and which class moves it
#   most.
#
# **Needs:** lesson 01. **Time:** read 10 min · run half a minute · exercises 16 min.
# **Paper:** sections 3.1 (metrics) and 3.4 (Table 1 and its footnote), and Table 3's
# deviations. **Runs on:** any corpus.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess", "iemocap": then with your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # no network is trained in this lesson

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

import mcsan_lite as mc
from mcsan_lite.exercises import lesson02 as check
from mcsan_lite.exercises.verdicts import lesson02 as read

# Small corpora may lack a class in test. The package says so; here it is expected.
warnings.filterwarnings("ignore", message="(?s).*has no utterance here")
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## 1 · The score of a listener who learns nothing
#
# Lesson 01 counted the classes of IEMOCAP (from the README of the AMH authors) and of
# MELD (from its csv files). Take a listener who always gives the most frequent answer.
# **Predict:** on IEMOCAP that answer is *frustration*. What is the mean of the
# listener's seven recalls?

# %%
iemocap = pd.Series(
    {
        "frustration": 1849,
        "neutral": 1708,
        "anger": 1103,
        "sadness": 1084,
        "excitement": 1041,
        "happiness": 595,
        "surprise": 107,
    }
)
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
here = corpus.counts()
largest_share = {
    "IEMOCAP": (iemocap.max() / iemocap.sum(), len(iemocap)),
    "MELD": (6436 / 13_708, 7),  # neutral, of all
    f"here ({CORPUS})": (here.max() / here.sum(), len(here)),
}
for name, (share, classes) in largest_share.items():
    print(read.say_what_silence_scores(name, share, classes))

# %% [markdown]
# One recall is 1 and all others are 0, so their mean is one over the number of classes,
# however uneven the classes are. The two numbers have names:
#
# - **WA**, weighted accuracy, is the share of utterances that are right. IEMOCAP papers
#   print it.
# - **UA**, unweighted accuracy, is the mean recall. A class of 10 utterances counts as
#   much as a class of 20.
#
# Some papers swap the two names, so look at the formula and not at the letters.
#
# ## 2 · One matrix, three scores
#
# Here are fifty utterances in three classes. The matrix has one row per true class and
# one column per predicted class. Let $n$ be the number of utterances and $C$ the number
# of classes. With the counts $n_{ij}$, the row sums $n_i$ and the column sums $m_j$:
#
# $$r_i = \frac{n_{ii}}{n_i}, \quad p_j = \frac{n_{jj}}{m_j}, \quad
#   \mathrm{WA} = \frac{\sum_i n_{ii}}{n}, \quad \mathrm{UA} = \frac1C \sum_i r_i, \quad
#   \mathrm{F1}_i = \frac{2\, p_i r_i}{p_i + r_i}$$
#
# **Weighted F1**, MELD's score, averages the F1 of each class with $n_i / n$ as weight.

# %%
names = ["frustration", "neutral", "surprise"]
counts = np.array(
    [
        [19, 1, 0],
        [12, 8, 0],
        [8, 0, 2],
    ]
)  # (3 true, 3 predicted)
right = counts.diagonal()
true_total = counts.sum(axis=1)  # (3,) how often each class is true
named_total = counts.sum(axis=0)  # (3,) how often each class is predicted

# %%
recall = right / true_total  # how much of each class was found
precision = right / named_total  # how often each name was right when it was given
f1 = 2 * precision * recall / (precision + recall)
share = true_total / counts.sum()
table = {"n": true_total, "recall": recall, "precision": precision, "F1": f1}
pd.DataFrame(table, index=names).round(3)

# %%
wa = right.sum() / counts.sum()
ua = recall.mean()
weighted_f1 = (share * f1).sum()
print(f"WA {wa:.3f}, UA {ua:.3f}, weighted F1 {weighted_f1:.3f}")

# %% [markdown]
# The package computes the same three scores from lists of classes. So we turn the
# matrix back into fifty pairs and compare.

# %%
rows, columns = np.indices(counts.shape)
true = rows.ravel().repeat(counts.ravel())  # (50,)
pred = columns.ravel().repeat(counts.ravel())  # (50,)
package = mc.scores(true, pred, classes=3)
assert np.isclose(package["wa"], wa)
assert np.isclose(package["ua"], ua)
assert np.isclose(package["weighted_f1"], weighted_f1)
print(read.say_which_class_is_missed(dict(zip(names, recall, strict=True)), wa, ua))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
views = {
    "counts": counts / counts.max(),
    "share of the row: recall": counts / true_total[:, None],
    "share of the column: precision": counts / named_total,
}
for ax, (title, cells) in zip(axes, views.items(), strict=True):
    frame = pd.DataFrame(cells, index=names, columns=names)
    shown = counts if title == "counts" else cells.round(2)
    look = {"cmap": "cividis", "vmin": 0, "vmax": 1, "cbar": False}
    sns.heatmap(frame, annot=shown, fmt="g", annot_kws={"fontsize": 11}, ax=ax, **look)
    ax.set(title=title, xlabel="predicted")
    ax.tick_params(axis="x", rotation=20)
axes[0].tick_params(axis="y", rotation=0)
axes[0].set_ylabel("true")
mc.figures.show(
    fig,
    alt="One confusion matrix three times: counts, shares of rows, shares of columns.",
    caption="The same matrix three times. Each panel runs from dark (0) to bright: "
    f"{counts.max()} utterances on the left, a share of 1 in the others.",
)

# %% [markdown]
# ## 3 · Precision called accuracy
#
# Some papers call a fourth thing accuracy. Recall and precision can each be averaged in
# two ways, weighted by class size or with all classes alike. That makes four numbers:

# %%
rows = ["recall (the accuracies)", "precision"]
table = {
    "weighted by class size": [(share * recall).sum(), (share * precision).sum()],
    "every class alike": [recall.mean(), precision.mean()],
}
pd.DataFrame(table, index=rows).round(3)

# %%
print(read.say_what_precision_adds(recall.mean(), precision.mean()))

# %% [markdown]
# The matrix is the same, and so is the model. Whenever the model was in doubt, it said
# *frustration*. Precision punishes that once, in one column, and the two classes that
# are seldom named look splendid. Recall punishes it in the row of every class that was
# missed.
#
# This happened. The README of the AMH authors (*attentive-modality-hopping-for-SER*)
# says that their paper had used precision and called it accuracy. They printed both
# openly, so that everybody could correct their tables:

# %%
columns = [
    "model",
    "uses",
    "as published",
    "WA, revised",
    "macro precision",
    "UA, revised",
]
revised = pd.DataFrame(
    [
        ("MDRE", "sound + words", 0.557, 0.498, 0.536, 0.418),
        ("MHA", "sound + words", 0.583, 0.543, 0.555, 0.491),
        ("AMH", "sound + words + face", 0.624, 0.617, 0.597, 0.547),
    ],
    columns=columns,
).set_index("model")
revised

# %%
for model, row in revised.iterrows():
    before = (row["as published"], row["macro precision"])
    after = (row["WA, revised"], row["UA, revised"])
    print(read.say_what_the_revision_cost(model, before, after))
was = revised["macro precision"].to_dict()
now = revised["UA, revised"].to_dict()
print(f"UA: {read.say_order_of_models(was, now)}")

# %% [markdown]
# MCSAN's Table 1 quotes the revised numbers, as its footnote says. A table that
# compares with the older ones compares recall with precision.
#
# ## 4 · Floors first
#
# A score is high or low only in comparison with simple methods on the same fold. So
# **measure floors before the network**. Most floors see only a little, on purpose; the
# last one is told more:
#
# | floor | sees |
# |---|---|
# | majority | nothing |
# | scenario, speaker, dialogue + speaker only | where the utterance comes from |
# | length + punctuation only | marks and lengths, not one word |
# | pooled word vectors | the words, without their order |
# | TF-IDF | words, pairs of neighbouring words, pieces of words, punctuation marks |
# | MFCC statistics | means and percentiles of the sound, no sequence |
# | order alone | what the generator itself notes: the written sense and its place, the arousal, and when something is stressed. It recognises no sound, but it is also spared all listening and reading |
#
# (*TF-IDF* counts words, and a word that is in few utterances counts more. *LR* is
# logistic regression, which adds up weighted inputs. An *SVM*, a support vector
# machine, can also draw curved borders between classes. *Boosted trees* are many small
# decision trees, each of which corrects those before it.)
#
# The validation part chooses each floor's settings, and the test part is scored once.
# (The floors are loaded from `runs/` if `mcsan floors` or an earlier visit made them.)

# %%
is_split = corpus.utterances[0].split is not None
protocol = "official" if is_split else "speaker"
fold = mc.folds(corpus, protocol)[0]
features, _ = mc.extract(corpus)
ground = mc.floors_table(corpus, [fold], features).set_index("name")
tested = int(ground["n_test"].iloc[0])
print(f"{corpus.name}, fold {fold.name}: {tested} test utterances")
ground[["wa", "ua", "weighted_f1"]].round(3)

# %%
intervals = {}
for name, wa_of_floor in ground["wa"].items():
    low, high = mc.share_interval(wa_of_floor, tested)  # Wilson, over utterances
    intervals[name] = (wa_of_floor, low, high)
lines = pd.DataFrame(intervals, index=["mean", "low", "high"]).T

# %% tags=["hide-input"]
reference = intervals["majority"][0]
fig, ax = plt.subplots(figsize=(8, 0.9 + 0.4 * len(lines)), layout="constrained")
below = lines["mean"] - lines["low"]
above = lines["high"] - lines["mean"]
style = {"fmt": "o", "color": mc.figures.OKABE_ITO[0], "capsize": 4}
ax.errorbar(lines["mean"], lines.index, xerr=[below, above], **style)
for height, (mean, _, high) in enumerate(lines.to_numpy()):
    ax.text(high + 0.015, height, f"{mean:.2f}", va="center", fontsize=9)
ax.axvline(reference, color="0.4", ls="--", lw=1)
ax.invert_yaxis()
ax.set(xlabel="WA", xlim=(0, 1.05))
mc.figures.show(
    fig,
    alt="WA of each floor with its interval.",
    caption=f"Floors on {tested} test utterances of {corpus.name}: WA with Wilson's "
    "95 % interval over utterances. Dashed: always the largest class of train.",
)

# %%
others = {name: found for name, found in intervals.items() if name != "majority"}
print(read.say_where_the_floors_lie(others, reference))
print(read.say_the_floor_to_beat(others))

# %% [markdown]
# A floor is a **bar to clear** where it reads the same input as the network: a network
# below it has a bug, or too little to learn from. A floor that is told the truth is
# different. A network below that one need not have a bug; its score just does not show
# that it uses more than the floor was told.
#
# A floor is also a **leak meter**. Suppose that it sees only names or marks and is far
# above the majority. It then says how much of *any* score on this split may be
# recognition of the scene, the speaker or the transcriber.
#
# Only generated speech has the floor “order alone”. Where the transcript follows the
# speech, the third word is the third sound. Then it can be enough to know which *place*
# in the sentence is stressed, and no sound has to be recognised at all. So a high score
# of a network is no proof that it matched words with their sounds. Lesson 13 asks for
# that proof in a world whose transcript has another order.

# %% [markdown]
# ## 5 · The noise floor
#
# A fold of ten holds 749 utterances of IEMOCAP. Take the published WA of the paper's
# MCSAN as the truth. How far do the scores of such folds lie apart by chance alone? For
# $n$ independent utterances, each right with probability $p$:
#
# $$\mathrm{sd}(\mathrm{WA}) = \sqrt{\frac{p (1 - p)}{n}}, \qquad
#   \mathrm{sd}(\mathrm{UA}) = \frac1C \sqrt{\sum_{c=1}^{C} \frac{r_c (1 - r_c)}{n_c}}$$
#
# with $C$ classes of $n_c$ utterances and recalls $r_c$. That is the answer for folds
# of *fresh* utterances. The ten folds of a cross-validation **partition one corpus**:
# an utterance that is in one fold is in no other. So the score of a fold varies a
# little less around that of the whole corpus, by the *finite-population factor*
# $\sqrt{(N - n) / (N - 1)}$, with $N$ utterances in the corpus.
#
# (If the deviation of the ten scores divides by nine, this factor cancels, as lesson 14
# shows. The paper does not say how it divided. The comparison below takes the smaller
# number, in the paper's favour.)

# %%
published = mc.paper.TABLE3_PUBLISHED.loc["MCSAN"]
corpus_size = iemocap.sum()
fold_size = round(corpus_size / 10)
p = published.wa
finite = np.sqrt((corpus_size - fold_size) / (corpus_size - 1))
sd_fresh = np.sqrt(p * (1 - p) / fold_size)
sd_partition = sd_fresh * finite
per_class = iemocap / 10  # in a fold
variances = published.ua * (1 - published.ua) / per_class  # every recall at the mean
sd_ua = np.sqrt(variances.sum()) / len(iemocap) * finite
print(f"fresh folds of {fold_size}: sd of WA {sd_fresh:.4f}")
print(f"ten folds of one corpus: sd of WA {sd_partition:.4f}, of UA {sd_ua:.4f}")

# %% [markdown]
# Formulas can be checked by drawing lots. Many times over, we draw a fresh fold. Then
# we take one corpus, in which a share $p$ is right, and shuffle it into ten folds,
# again many times.

# %%
rng = np.random.default_rng(0)
fresh = rng.binomial(fold_size, p, 20_000) / fold_size
is_right = np.arange(corpus_size) < round(p * corpus_size)
size = corpus_size // 10  # 748; the last 7 are left out
folded = []
for _ in range(2000):
    shuffled = rng.permutation(is_right)
    ten = shuffled[: 10 * size].reshape(10, size)
    folded.extend(ten.mean(axis=1))
folded = np.array(folded)  # (20,000,)
assert abs(fresh.std() - sd_fresh) < 3e-4
assert abs(folded.std() - sd_partition) < 3e-4

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
kinds = {"fresh utterances": (fresh, "-"), "ten folds of one corpus": (folded, "--")}
for i, (name, (values, dashes)) in enumerate(kinds.items()):
    color = mc.figures.OKABE_ITO[i]
    label = f"{name}: sd {values.std():.4f}"
    smooth = {"bw_adjust": 1.5, "lw": 2, "ls": dashes, "color": color}
    sns.kdeplot(x=values, label=label, ax=ax, **smooth)
ax.axvline(p, color="0.4", lw=1)
ax.legend(frameon=False, loc="upper left")
ax.set(xlabel=f"WA of one fold (truth {p})", yticks=[], ylabel="how often")
ax.set_xlim(p - 0.09, p + 0.07)
mc.figures.show(
    fig,
    alt="Two nearly equal bell curves of the WA of a fold.",
    caption=f"Where folds of about {fold_size} utterances fall by chance alone. "
    "20,000 folds each, drawn.",
)

# %%
low, high = mc.share_interval(p, fold_size)
gap = published.wa - mc.paper.TABLE3_PUBLISHED.drop(index="MCSAN").wa.max()
print(read.say_how_wide_a_fold_is(p, low, high, abs(gap)))
deviations = mc.paper.TABLE3_PUBLISHED.wa_sd
print(read.say_deviations_beside_chance("WA", deviations, sd_partition, folds=10))
deviations = mc.paper.TABLE3_PUBLISHED.ua_sd
print(read.say_deviations_beside_chance("UA", deviations, sd_ua, folds=10))

# %% [markdown]
# The gap in the first sentence is the one between MCSAN and the best other row of the
# paper's Table 3. An average over ten folds is steadier than one fold, so this does not
# settle whether the gap is real. Lesson 14 takes up that question with care.
#
# Inside a fold, some classes move UA far more than others. WA counts all utterances
# alike. UA gives every class a seventh of the weight. So the fewer utterances a class
# has, the further each of them moves UA. Here is each class's part in UA's sampling
# variance, if all recalls are alike:

# %%
noise = (1 / iemocap) / (1 / iemocap).sum()
parts = pd.DataFrame(
    {
        "of the utterances (WA)": iemocap / iemocap.sum(),
        "of UA's sampling variance": noise,
    }
)
parts.insert(0, "in a fold of ten", (iemocap / 10).round(1))
parts.round(3)

# %% tags=["hide-input"]
long = parts.drop(columns="in a fold of ten").rename_axis("class").reset_index()
long = long.melt("class", var_name="share", value_name="value")
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
colors = [mc.figures.OKABE_ITO[0], mc.figures.OKABE_ITO[1]]
sns.barplot(long, y="class", x="value", hue="share", palette=colors, ax=ax)
for bar in ax.containers[1]:
    bar.set_hatch("//")
for bars in ax.containers:
    ax.bar_label(bars, fmt=" {:.0%}", fontsize=9)
ax.legend(ax.containers, parts.columns[1:], frameon=False)
ax.set(xlabel="share", ylabel="", xlim=(0, 1))
mc.figures.show(
    fig,
    alt="Each class's share of the utterances and of UA's sampling variance, as bars.",
    caption="IEMOCAP's seven classes: plain bars show their share of the utterances, "
    "hatched bars their share of UA's sampling variance.",
)

# %%
print(read.say_the_loudest_class(iemocap.to_dict()))

# %% [markdown]
# By how many points does a single *surprise* utterance move UA? Lesson 09 asks you.

# %% [markdown]
# ## Exercises
#
# **E2.1 · Implement** (★★, 6 min). Write `weighted_f1(counts)` from a confusion matrix
# (rows true, columns predicted). It is the F1 of every class, averaged with the class's
# share of the *true* labels. A class that is never predicted, or never true, has F1 0.
#
# <details><summary>Hint 1</summary>F1 = 2 · right / (times true + times predicted).
# This form divides only once.</details>
# <details><summary>Hint 2</summary>How often a class is true is
# <code>counts.sum(1)</code>; how often it is predicted is
# <code>counts.sum(0)</code>.</details>
# <details><summary>Hint 3</summary>A class that is neither true nor predicted would
# give 0/0. Use <code>np.maximum(…, 1)</code> in the denominator.</details>


# %% tags=["exercise"]
def weighted_f1(counts):
    raise NotImplementedError


check.weighted_f1(weighted_f1)


# %% tags=["solution"]
def weighted_f1(counts):
    true_total = counts.sum(1)
    named_total = counts.sum(0)
    f1 = 2 * counts.diagonal() / np.maximum(true_total + named_total, 1)
    return (f1 * true_total).sum() / true_total.sum()


check.weighted_f1(weighted_f1)

# %% [markdown]
# **E2.2 · Break it** (★★, 6 min). Build the model that a misnamed score loves. Write
# `flattering(true)`: it gets the true classes of fifty utterances (0, 1 or 2, as in
# section 2) and returns fifty predictions. Macro precision must reach 0.80, while UA
# stays at 0.45 or below.
#
# <details><summary>Hint 1</summary>What did the model of section 2 do when it was in
# doubt?</details>
# <details><summary>Hint 2</summary>A class that is named once, and rightly, has
# precision 1 and hardly any recall.</details>
# <details><summary>Hint 3</summary>Start from <code>np.zeros_like(true)</code>. Then
# name class 1 and class 2 each for the first utterance that truly has it.</details>


# %% tags=["exercise"]
def flattering(true):
    raise NotImplementedError


check.flattering(flattering)


# %% tags=["solution"]
def flattering(true):
    pred = np.zeros_like(true)
    for rare in (1, 2):
        first = np.flatnonzero(true == rare)[0]
        pred[first] = rare
    return pred


check.flattering(flattering)

# %% [markdown]
# **E2.3 · Predict** (★★, 4 min). You want to know a WA of .612 to within ± one
# percentage point, with 95 % confidence. How many independent test utterances do you
# need? Guess first, then compute. How many has IEMOCAP?
#
# <details><summary>Hint 1</summary>The half-width is 1.96 standard
# deviations.</details>
# <details><summary>Hint 2</summary>Solve 1.96 · sqrt(p (1 − p) / n) = 0.01 for
# n.</details>
# <details><summary>Hint 3</summary>n = 1.96² · p (1 − p) / 0.01²</details>

# %% tags=["exercise"]
needed = ...
check.needed(needed)

# %% tags=["solution"]
needed = 1.96**2 * 0.612 * (1 - 0.612) / 0.01**2
check.needed(needed)

# %% [markdown]
# ## Recap
# - WA, UA and weighted F1 came from one matrix, by hand and from the package. Precision
#   is none of them.
# - A published column was precision under the name of accuracy. You saw what the
#   correction cost, and built a model that would profit from the mistake.
# - Floors came first. They set the bar for a network, and they measure leaks.
# - One fold has noise of its own. It is smaller when the folds share one corpus than
#   when every fold is fresh. The rarest class makes most of UA's noise.
#
# ## What you may not conclude
# - That a model with a higher score is better: ask which score, on which split, and
#   with which interval.
# - That a network above every floor has understood: a floor that nobody thought of has
#   not been measured.
# - That a published gap is chance because it lies inside one fold's noise. Ten folds
#   and paired tests see more (lesson 14).
# - Anything about IEMOCAP from the floors of the synthetic corpus, or the other way
#   round.
#
# **Further reading:** the notice on precision in the README of
# *attentive-modality-hopping-for-SER*; Sokolova and Lapalme, *A systematic analysis of
# performance measures for classification tasks* (2009).
#
# **Previous:** [01 · Corpora and splits that do not lie](01_corpora_and_splits.ipynb) ·
# **Next:** [03 · From sound to frames](03_from_sound_to_frames.ipynb)
