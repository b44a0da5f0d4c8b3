# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 16 · Broken on purpose
#
# This lesson holds eight mistakes. Each of them runs without a warning, and prints a
# number that could stand in a paper. None is invented: each was found in a public
# repository of this field, and the repository is named with it. You run each mistake,
# find it with the tools of this course, measure how much it costs or buys, and repair
# it.
#
# **You will be able to**
# - recognise eight mistakes by their symptoms,
# - choose the check that sees a given mistake, and say which ones it cannot see,
# - measure what a mistake changes, with a paired interval, and say so when it changes
#   nothing here,
# - repair each of them in a few lines,
# - search code that nobody has marked for you.
#
# **Needs:** lessons 01, 02, 05, 08, 09 and 14. **Time:** read 17 min · run about
# 1 min · exercises 50 min. **Paper:** sections 3.1 to 3.3, and Eq. 1, 9, 19 and 20.
# **Runs on:** the synthetic corpus, whatever `CORPUS` says, because the shipped network
# of section 8 has heard nothing else. Nobody is accused here: these repositories are
# open, and that is why we can learn from them.

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson uses a shipped network, which knows no other corpus
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # the trainings of this lesson take seconds, and are always made anew

# %%
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import mcsan_lite as mc

# %%
from mcsan_lite.datasets import splits
from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.synthetic.rules import IEMOCAP_COUNTS
from mcsan_lite.evaluation import intervals, metrics, significance
from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.exercises import lesson16 as check
from mcsan_lite.exercises.verdicts import lesson16 as read
from mcsan_lite.experiments import floors
from mcsan_lite.experiments.small.company import alone_and_together
from mcsan_lite.experiments.small.fitting import SmallTraining, train_small
from mcsan_lite.experiments.small.frames import coarse_frames

# %%
# With few utterances, a rare class may be absent from a fold. Here it is expected.
warnings.filterwarnings(
    "ignore", message="(?s).*(has no utterance here|least populated class)"
)
torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
N = {"smoke": 150}.get(PROFILE, 1200)  # utterances; with more, intervals shrink
FOLDS = {"smoke": 5}.get(PROFILE, 10)

# %% [markdown]
# ## 1 · The bench
#
# Most mistakes do not need a large network to do harm, so our bench is small. Each
# utterance becomes one row of numbers: the statistics of its MFCC and its pooled word
# vectors, both from the floors of lesson 02. A linear classifier reads the row.

# %%
corpus = mc.open_corpus("synthetic", profile=PROFILE)
part = corpus.subset([one.id for one in corpus.utterances[:N]])
data, _ = mc.extract(part)
sound = floors.floor_inputs("MFCC statistics + LR", part, data)
words = floors.floor_inputs("pooled word vectors + LR", part, data)
rows = [np.concatenate([sound[one.id], words[one.id]]) for one in data]
x = np.stack(rows)  # (N, numbers)
y = np.array([corpus.labels.index(one.label) for one in data])  # (N,)
CLASSES = len(corpus.labels)
CHANCE = 1 / CLASSES
print(f"{len(x)} utterances, {x.shape[1]} numbers each")

# %%
cut = StratifiedKFold(FOLDS, shuffle=True, random_state=0)


def classifier():
    """Fitted on the training part of each fold, scaler and all."""
    return make_pipeline(StandardScaler(), RidgeClassifier(alpha=300))


honest = cross_val_predict(classifier(), x, y, cv=cut)  # (N,) each tested once
print(f"WA {metrics.wa(y, honest):.3f}, UA {metrics.ua(y, honest):.3f}")

# %% [markdown]
# We measure a mistake as a **difference**: the score that the broken code reports, less
# the score of the right code on the same utterances. Both answer the same questions, so
# the interval is a paired one (lesson 14). Utterances are drawn again with replacement,
# the same ones for both. The interval covers the choice of the utterances, but not
# another training.

# %%
effects = {}  # the bill of section 11: mistake -> (mean, low, high)


def gap(true, broken, right, score="wa"):
    """The score of `broken` minus that of `right`: mean, low and high."""
    each = np.arange(len(true))  # every utterance is drawn by itself
    test = over_seeds_and_clusters(true, broken, right, each, score)
    if np.isnan(test.low):  # not one answer differs: nothing varies
        return test.mean, test.mean, test.mean
    return test.mean, test.low, test.high


# %% [markdown]
# ## 2 · Two names change places
#
# **Where:** `data_utils.py` of *smartcameras/SelfCrossAttn*, the code of an ICASSP 2022
# study on this paper's data (read at commit df62166). Its two scores are these, in our
# own words:


# %%
def unweighted_accuracy(true, pred):
    return np.mean(true == pred)


def weighted_accuracy(true, pred):
    recalls = [np.mean(pred[true == c] == c) for c in np.unique(true)]
    return np.mean(recalls)


# %% [markdown]
# Neither function computes anything wrong. **Predict:** what is wrong then, and when
# would you notice it? A probe tells us what a score is, whatever its name may be. Ours
# is a lazy guesser who always names the largest class. The guesser's share of right
# answers is the share of that class, and its mean recall is one over the number of
# classes.

# %%
counts = np.array(IEMOCAP_COUNTS)
true = np.repeat(np.arange(len(counts)), counts)
lazy = np.full(len(true), counts.argmax())
for score in (unweighted_accuracy, weighted_accuracy):
    found = score(true, lazy)
    largest = counts.max() / counts.sum()
    print(read.say_what_a_score_is(score.__name__, found, largest, len(counts)))

# %% [markdown]
# In the field, *weighted accuracy* is the share of right answers, so the two names have
# changed places. What does that do to a comparison? It depends on the classes. Our
# corpus has them in about equal numbers, so we also take a part of it in which they are
# as uneven as in IEMOCAP.

# %%
wanted = counts / counts.max() * np.bincount(y).min()  # of each class
few = []
for c, number in enumerate(wanted.round().astype(int)):
    few.extend(np.flatnonzero(y == c)[: max(1, number)])
few = np.sort(few)
x_few, y_few = x[few], y[few]
print(dict(zip(corpus.labels, np.bincount(y_few).tolist(), strict=True)))

# %%
def wa_less_ua(x, y):
    """What the swap adds to the column UA: mean, low, high over folds."""
    pred = cross_val_predict(classifier(), x, y, cv=cut)
    by_fold = []
    for _, test in cut.split(x, y):
        wa, ua = metrics.wa(y[test], pred[test]), metrics.ua(y[test], pred[test])
        by_fold.append(wa - ua)
    test = significance.corrected_t(by_fold, 1 / (FOLDS - 1))  # as in lesson 14
    return test.mean, test.low, test.high


equal = wa_less_ua(x, y)
effects["1 names swapped (UA)"] = wa_less_ua(x_few, y_few)
print(read.say_swap("classes in about equal numbers", equal))
print(read.say_swap("classes as in IEMOCAP", effects["1 names swapped (UA)"]))

# %% [markdown]
# The mistake is dangerous *because* it is so small on a balanced corpus: a test on
# balanced data can hardly see it. That study's slides give .574 and .518 for audio and
# text (the table is in lesson 14), so anyone who copies the columns by their names
# moves each of them by 5.6 points.
#
# **E16.1 · Implement** (★★, 5 min). Write the probe. `name_of(score)` gets a function
# `score(true, pred)` and returns `"WA"`, `"UA"` or `"precision"` (the mean precision of
# the classes that occur). Call it on a few labels of your own, as NumPy arrays.
#
# <details><summary>Hint 1</summary>You need one small example on which all three come
# out differently.</details>
# <details><summary>Hint 2</summary>A lazy guesser separates WA from UA. Precision needs
# a guesser who names a rare class once, and correctly.</details>
# <details><summary>Hint 3</summary>Take true = 0 0 0 0 1 1 and pred = 0 0 0 0 0 1, as
# NumPy arrays: WA is 5/6, UA is 3/4, and precision is 9/10.</details>


# %% tags=["exercise"]
def name_of(score):
    raise NotImplementedError


check.name_of(name_of)


# %% tags=["solution"]
def name_of(score):
    true = np.array([0, 0, 0, 0, 1, 1])
    pred = np.array([0, 0, 0, 0, 0, 1])
    values = {"WA": 5 / 6, "UA": 3 / 4, "precision": 9 / 10}
    found = score(true, pred)
    return min(values, key=lambda name: abs(values[name] - found))


check.name_of(name_of)

# %% [markdown]
# ## 3 · A scaler that has seen everything
#
# **Where:** *Demfier/multimodal-speech-emotion-recognition* (e5d70b2) scales all data
# between 0 and 1 and then splits; *Renovamen/Speech-Emotion-Recognition* (64e2f48) does
# the same with mean and deviation. The broken line is the first one:

# %%
everything_scaled = StandardScaler().fit_transform(x)  # the test parts are in it
leaky = cross_val_predict(RidgeClassifier(alpha=300), everything_scaled, y, cv=cut)
print(f"WA {metrics.wa(y, leaky):.3f}")

# %% [markdown]
# **The check.** Nothing that was fitted may move when only the *test part* changes. So
# we disturb the test part of one fold, and look at the fitted means.

# %%
train, test = next(cut.split(x, y))
disturbed = x.copy()
disturbed[test] += 100
of_all = StandardScaler().fit(disturbed).mean_ - StandardScaler().fit(x).mean_
of_train = StandardScaler().fit(disturbed[train]).mean_
of_train = of_train - StandardScaler().fit(x[train]).mean_
print(read.say_what_moved("fitted on everything", np.abs(of_all).max()))
print(read.say_what_moved("fitted on train", np.abs(of_train).max()))

# %% [markdown]
# The course's own `Standardizer` remembers the ids that it was fitted on, so nobody has
# to disturb anything, and it refuses to be fitted twice.

# %%
standardizer = mc.Standardizer().fit(data)
tested = {data[i].id for i in test}
print(f"test utterances it was fitted on: {len(standardizer.fitted_on & tested)}")
try:
    standardizer.fit(data[:10])
except RuntimeError as refusal:
    print(refusal)

# %%
effects["2 scaler saw everything (WA)"] = gap(y, leaky, honest)
each = np.arange(len(y))
within = significance.alike(over_seeds_and_clusters(y, leaky, honest, each), 0.01)
print(read.say_nil(effects["2 scaler saw everything (WA)"], within.p, 1))

# %% [markdown]
# It is a mistake of method in any case. But a scaler has little to give away: it sees
# numbers and **no labels**, and a mean over a thousand utterances hardly depends on a
# hundred of them. Now let the same line fit something that does see labels, and take
# few utterances. Here it chooses the 20 best of all numbers. To be sure that there is
# nothing to learn, we **shuffle the labels** first: an honest score is then chance.

# %%
small = slice(0, 140)


def choose_then_split(x, y):
    best = SelectKBest(k=20).fit(x, y).get_support()
    return cross_val_predict(classifier(), x[:, best], y, cv=5)


def choose_inside_folds(x, y):
    model = make_pipeline(SelectKBest(k=20), classifier())
    return cross_val_predict(model, x, y, cv=5)


# %%
def on_shuffled_labels(script, x, y, times=8):
    """WA of a script where nothing can be learned: mean, low, high over shuffles."""
    scores = []
    for seed in range(times):
        shuffled = np.random.default_rng(seed).permutation(y)
        scores.append(metrics.wa(shuffled, script(x, shuffled)))
    mean, half = mc.fold_interval(scores)
    return mean, mean - half, mean + half


for script in (choose_then_split, choose_inside_folds):
    found = on_shuffled_labels(script, x[small], y[small])
    print(f"{script.__name__}: {read.say_shuffled(found, CHANCE)}")

# %% [markdown]
# Keep that function: **shuffled labels** are the widest net of this lesson. Mind its
# hole, too. The leaky scaler passes it, because no label went through the scaler.
#
# **E16.2 · Repair** (★, 4 min). Write `standardized(train, test)`. It gets two arrays
# with one row per utterance, and returns both of them, scaled by the mean and the
# deviation of `train` alone.
#
# <details><summary>Hint 1</summary>One fit, two transforms.</details>
# <details><summary>Hint 2</summary>Fitting again on <code>test</code> would put each
# part on a scale of its own.</details>
# <details><summary>Hint 3</summary>Subtract <code>train.mean(0)</code> and divide by
# <code>train.std(0)</code>, twice. Return both results: a repository of this lesson
# calls <code>transform</code> and throws the result away.</details>


# %% tags=["exercise"]
def standardized(train, test):
    raise NotImplementedError


check.standardized(standardized)


# %% tags=["solution"]
def standardized(train, test):
    mean = train.mean(axis=0)
    deviation = train.std(axis=0)
    return (train - mean) / deviation, (test - mean) / deviation


check.standardized(standardized)

# %% [markdown]
# ## 4 · Copied first, split afterwards
#
# **Where:** the same Demfier repository. Its rare classes are copied 11 and 31 times so
# that all classes become equally frequent, and *then* the data are split. Copying is a
# fair answer to rare classes. **Predict:** what is the effect of this order?


# %%
def with_copies(y, rows, seed=0):
    """`rows`, and copies of the rare classes' rows until all are equally frequent."""
    rng = np.random.default_rng(seed)
    most = np.bincount(y[rows]).max()
    copies = []
    for c in np.unique(y[rows]):
        own = rows[y[rows] == c]
        copies.extend(rng.choice(own, most - len(own)))
    return np.concatenate([rows, np.array(copies, int)])


# %%
def copy_then_split(x, y):
    many = with_copies(y, np.arange(len(y)))  # the mistake: before the folds
    pred = cross_val_predict(classifier(), x[many], y[many], cv=cut)
    return pred[: len(y)]  # the originals come first, and each is tested once


def copy_inside_folds(x, y):
    pred = np.zeros(len(y), int)
    for train, test in cut.split(x, y):
        rows = with_copies(y, train)
        pred[test] = classifier().fit(x[rows], y[rows]).predict(x[test])
    return pred


# %%
copied = copy_then_split(x_few, y_few)
right_order = copy_inside_folds(x_few, y_few)
uncopied = cross_val_predict(classifier(), x_few, y_few, cv=cut)
reported = (metrics.ua(y_few, copied), metrics.ua(y_few, right_order))
effects["3 copied before the split (UA)"] = gap(y_few, copied, right_order, "ua")
print(read.say_effect(*reported, effects["3 copied before the split (UA)"], "UA"))
print(read.say_copying_helps(gap(y_few, right_order, uncopied, "ua")))

# %% [markdown]
# **The checks.** Two of the course's tools see it. The leak meter `overlap` of lesson
# 01 counts the test utterances whose exact text is also in train. And on shuffled
# labels, an honest script should score no more than chance.

# %%
originals = [part.utterances[i] for i in few]
many = with_copies(y_few, np.arange(len(few)))
copies = [replace(originals[i], id=f"copy{n:05d}") for n, i in enumerate(many)]
versions = {"originals": originals, "with copies": copies}
for name, utterances in versions.items():
    some = replace(part, utterances=tuple(utterances))
    shared = splits.overlap(some, mc.folds(some, "kfold10"))["text in train"]
    percent = shared.str.rstrip("%").astype(float).mean()
    print(f"{name}: {percent:.0f} % of the test utterances have their text in train")

# %%
for script in (copy_then_split, copy_inside_folds):
    found = on_shuffled_labels(script, x_few, y_few, times=4)
    largest = np.bincount(y_few).max() / len(y_few)
    print(f"{script.__name__}: {read.say_shuffled(found, largest)}")

# %% [markdown]
# Chance is the share of the largest class here, and a classifier that was trained on
# equally frequent classes stays below it.
#
# **E16.3 · Repair** (★★, 5 min). Write `balanced(y, train, seed)`, which returns the
# rows to train on. Every row of `train` is among them, the rows of rare classes are
# repeated until all classes are as frequent as the largest one **in train**, and no
# other row occurs.
#
# <details><summary>Hint 1</summary>Which of the two arguments of
# <code>with_copies</code> was wrong in <code>copy_then_split</code>?</details>
# <details><summary>Hint 2</summary>Count the classes of <code>y[train]</code>, not of
# <code>y</code>.</details>
# <details><summary>Hint 3</summary>Draw from <code>train[y[train] == c]</code>: these
# are rows of the corpus, not places in <code>train</code>.</details>


# %% tags=["exercise"]
def balanced(y, train, seed):
    raise NotImplementedError


check.balanced(balanced)


# %% tags=["solution"]
def balanced(y, train, seed):
    rng = np.random.default_rng(seed)
    most = np.bincount(y[train]).max()
    rows = [train]
    for c in np.unique(y[train]):
        own = train[y[train] == c]
        rows.append(rng.choice(own, most - len(own)))
    return np.concatenate(rows)


check.balanced(balanced)

# %% [markdown]
# ## 5 · The same clip under two names
#
# **Where:** *marcogdepinto/emotion-classification-from-audio-files*, issues 6 and 11.
# RAVDESS comes as sound and as film. The films' sound tracks were cut out and added to
# the sound files, and the whole set was split at random. But a film and its sound file
# hold **the same take**: `01-01-05-…` and `03-01-05-…` are one recording. We build the
# same trap from half of our clips, each of which is there twice.

# %%
half = N // 2
films = [replace(one, id=f"film-{one.id}") for one in part.utterances[:half]]
twice = [*part.utterances[:half], *films]
x_twice = np.concatenate([x[:half], x[:half]])
y_twice = np.concatenate([y[:half], y[:half]])
recording = np.concatenate([np.arange(half), np.arange(half)])  # (2 · half,)
with_twins = cross_val_predict(classifier(), x_twice, y_twice, cv=cut)[:half]
without = cross_val_predict(classifier(), x[:half], y[:half], cv=cut)

# %%
reported = (metrics.wa(y[:half], with_twins), metrics.wa(y[:half], without))
effects["4 clips under two names (WA)"] = gap(y[:half], with_twins, without)
print(read.say_effect(*reported, effects["4 clips under two names (WA)"], "WA"))

# %% [markdown]
# **The check.** Names say nothing, and neither does the number of files. `mcsan check`
# opens every clip and compares the sounds themselves. We write a table with a random
# split, as you would for a corpus of your own, and let it check that. (Sixty clips are
# enough to show it.)

# %%
some = [*part.utterances[:30], *films[:30]]
dealt = np.random.default_rng(0).choice(["train", "train", "valid", "test"], 60)
lines = []
for one in some:
    line = {"id": one.id, "audio": Path(one.audio).resolve()}
    lines.append({**line, "text": one.text, "label": one.label})
with tempfile.TemporaryDirectory() as folder:
    table = Path(folder, "mine.csv")
    pd.DataFrame(lines).assign(split=dealt).to_csv(table, index=False)
    report = inspect_corpus("manifest", table)
print(report["verdict"])
print("examples:", report["repeats"]["audio"]["examples"][:2])

# %% [markdown]
# The check sees equal recordings. It does not see *nearly* equal ones, such as a second
# take of the same line, or the same clip at another loudness. Only the split helps
# against those: it must keep together whatever belongs together. Lesson 01 measured
# this on RAVDESS, whose takes come in pairs.
#
# **E16.4 · Repair** (★★, 6 min). Write `folds_of(recording, k)`, which returns one
# number from 0 to `k - 1` for each clip. Clips of the same recording get the same fold.
# Every fold gets some clips, and none gets more than twice its share of them.
#
# <details><summary>Hint 1</summary>Deal recordings, not clips.</details>
# <details><summary>Hint 2</summary><code>np.unique(recording,
# return_inverse=True)</code> numbers the recordings from 0.</details>
# <details><summary>Hint 3</summary>The number of a recording, modulo
# <code>k</code>.</details>


# %% tags=["exercise"]
def folds_of(recording, k):
    raise NotImplementedError


check.folds_of(folds_of)


# %% tags=["solution"]
def folds_of(recording, k):
    _, number = np.unique(recording, return_inverse=True)
    return number % k


check.folds_of(folds_of)

# %% [markdown]
# ## 6 · The epoch that the test part likes
#
# **Where:** this one is found in many places. Demfier keeps the epoch with the best
# accuracy on test. *Samarth-Tripathi/IEMOCAP-Emotion-Detection* passes the test part as
# `validation_data`. Several training scripts of *declare-lab/conv-emotion* print the
# best test score of all epochs. (What MCSAN did, its paper does not say.) Lesson 09
# took this mistake apart. Here we put it on the bench, with ten draws of a small
# experiment: few utterances to train on, and fewer for validation and for the test. The
# intervals are over these draws. The draws share utterances, so the true uncertainty is
# somewhat larger (lesson 14).

# %%
SIZES = {"smoke": (60, 20, 20, 4)}.get(PROFILE, (200, 60, 60, 40))
few_train, few_valid, few_test, epochs = SIZES
inputs = torch.tensor(x, dtype=torch.float32)
classes = torch.tensor(y)


def three_parts(seed):
    """Rows to train on, of validation and test, and of all others."""
    order = np.random.default_rng(seed).permutation(len(y))
    ends = np.cumsum([few_train, few_valid, few_test])
    return np.split(order, ends)


# %%
def curves_of(seed):
    """Accuracy on valid, test and all others after every epoch: (epochs, 3)."""
    train, *watched = three_parts(seed)
    mean, deviation = inputs[train].mean(0), inputs[train].std(0)
    scaled = (inputs - mean) / deviation.clamp(min=1e-6)
    torch.manual_seed(seed)
    layers = [nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, CLASSES)]
    network = nn.Sequential(*layers)
    curves = []

    def watch(network):
        with torch.no_grad():
            right = network(scaled).argmax(1) == classes
        curves.append([right[rows].float().mean().item() for rows in watched])

    settings = SmallTraining(epochs=epochs, learning_rate=1e-3, seed=seed)
    train_small(network, (scaled[train],), classes[train], settings, on_epoch=watch)
    return np.array(curves)


all_curves = [curves_of(seed) for seed in range(10)]

# %%
VALID, TEST, OTHERS = 0, 1, 2  # the columns of the curves
bought, elsewhere = [], []
for curves in all_curves:
    by_valid = curves[:, VALID].argmax()
    by_test = curves[:, TEST].argmax()  # the mistake
    bought.append(curves[by_test, TEST] - curves[by_valid, TEST])
    elsewhere.append(curves[by_test, OTHERS] - curves[by_valid, OTHERS])


def over_draws(values):
    mean, half_width = mc.fold_interval(values)
    return mean, mean - half_width, mean + half_width


effects["5 epoch chosen on test (WA)"] = over_draws(bought)
print(read.say_chosen_on_test(over_draws(bought), over_draws(elsewhere), few_test))

# %% [markdown]
# **The check** is the second number: it says how much the choice is worth on utterances
# that did *not* choose. Does the gain also depend on how many utterances choose? Here
# are the same curves, with the remaining utterances in the role of the test part:

# %%
large = []
for curves in all_curves:
    by_valid = curves[:, VALID].argmax()
    by_others = curves[:, OTHERS].argmax()
    large.append(curves[by_others, OTHERS] - curves[by_valid, OTHERS])
others = len(y) - few_train - few_valid - few_test
gains = (np.mean(bought), np.mean(large))
difference = over_draws(np.subtract(bought, large))  # of the same draws
print(read.say_size_of_choice(gains, (few_test, others), difference))

# %% [markdown]
# Part of the second number is earned, since a better epoch on so many utterances *is*
# mostly a better epoch. But you only know that because you looked at the test part.
#
# **E16.5 · Implement** (★★, 5 min). How much would peeking buy where **nothing** is
# learned? Write `luck(share, size, epochs, rng)`: a network that is right with
# probability `share` in every epoch is scored on `size` test utterances after each of
# `epochs` epochs, with fresh luck each time. Return how far the best score lies above
# `share`, on average over 2,000 draws.
#
# <details><summary>Hint 1</summary><code>rng.binomial(size, share, (2000,
# epochs))</code> counts right answers.</details>
# <details><summary>Hint 2</summary>Divide by <code>size</code>, and take the best of
# each row.</details>
# <details><summary>Hint 3</summary>Average, then subtract <code>share</code>. (Epochs
# of a real training resemble each other, so this is an upper end.)</details>


# %% tags=["exercise"]
def luck(share, size, epochs, rng):
    raise NotImplementedError


check.luck(luck)


# %% tags=["solution"]
def luck(share, size, epochs, rng):
    scores = rng.binomial(size, share, (2000, epochs)) / size
    return scores.max(axis=1).mean() - share


check.luck(luck)

# %% [markdown]
# ## A hunt · Which of these five scripts are broken?
#
# This time nothing tells you where the mistakes are. Each script takes numbers and
# classes and returns one answer per utterance. All of them run, and all of their scores
# look possible.


# %%
def script_a(x, y):
    model = make_pipeline(StandardScaler(), SelectKBest(k=40), RidgeClassifier(300))
    return cross_val_predict(model, x, y, cv=cut)


def script_b(x, y):
    strength = SelectKBest(k=40).fit(x, y).scores_
    weighed = StandardScaler().fit_transform(x) * (strength / strength.max()) ** 2
    return cross_val_predict(RidgeClassifier(30), weighed, y, cv=cut)


def script_c(x, y):
    tired = x + 0.1 * x.std(0) * np.random.default_rng(0).normal(size=x.shape)
    model = make_pipeline(StandardScaler(), RidgeClassifier(300))
    both = np.concatenate([x, tired])
    return cross_val_predict(model, both, np.concatenate([y, y]), cv=cut)[: len(y)]


# %%
def script_d(x, y):
    lengths = np.linalg.norm(x - x.mean(1, keepdims=True), axis=1, keepdims=True)
    return cross_val_predict(classifier(), x / lengths, y, cv=cut)


def script_e(x, y):
    pred = np.zeros(len(y), int)
    for train, test in cut.split(x, y):
        tries = []
        for alpha in np.geomspace(1, 1e5, 8):
            model = make_pipeline(StandardScaler(), RidgeClassifier(alpha))
            tries.append(model.fit(x[train], y[train]).predict(x[test]))
        pred[test] = max(tries, key=lambda tried: np.mean(tried == y[test]))
    return pred


# %% [markdown]
# **E16.6 · Break it** (★★★, 6 min). Give the letters of the broken scripts as a set,
# such as `{"a", "d"}`. Read the code, and decide before you run on: the table below the
# answer is there to check yourself.
#
# <details><summary>Hint 1</summary>Ask of each line: could its result change if the
# labels of the *test part* changed?</details>
# <details><summary>Hint 2</summary>Some lines look at each utterance by itself. They
# can do no harm.</details>
# <details><summary>Hint 3</summary>Three of the five are broken.</details>

# %% tags=["exercise"]
broken_scripts = ...
check.broken_scripts(broken_scripts)

# %% tags=["solution"]
broken_scripts = {"b", "c", "e"}
check.broken_scripts(broken_scripts)

# %% [markdown]
# **Check yourself.** The table has the score of each script as it is, and its score on
# shuffled labels. If the interval of the latter (*low* to *high*) lies above chance,
# labels of the test part reach the answers. Does the table say what the code told you?

# %%
SCRIPTS = {"a": script_a, "b": script_b, "c": script_c, "d": script_d, "e": script_e}
hunted = slice(0, 280)
found = {}
for letter, script in SCRIPTS.items():
    as_it_is = metrics.wa(y[hunted], script(x[hunted], y[hunted]))
    shuffled = on_shuffled_labels(script, x[hunted], y[hunted])
    found[letter] = [as_it_is, *shuffled]
columns = ["WA", "on shuffled labels", "low", "high"]
pd.DataFrame(found, index=columns).T.round(3).assign(chance=round(CHANCE, 3))

# %% [markdown]
# ## 7 · Softmax, and softmax again
#
# **Where:** in Demfier once more. The network ends in a softmax, and its output goes to
# `CrossEntropyLoss`, which has a softmax of its own. In the paper's terms, Eq. 19 is
# applied once more before Eq. 20. Nothing stops, and the loss falls.

# %%
def network_with(*ending, seed=0):
    torch.manual_seed(seed)
    layers = [nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, CLASSES)]
    return nn.Sequential(*layers, *ending)


one_batch = StandardScaler().fit_transform(x[:32])
one_batch = torch.tensor(one_batch, dtype=torch.float32)
settings = SmallTraining(epochs=200, learning_rate=1e-2)
once = train_small(network_with(), (one_batch,), classes[:32], settings)
broken = network_with(nn.Softmax(dim=1))
again = train_small(broken, (one_batch,), classes[:32], settings)

# %% [markdown]
# **The check** is the one of lesson 08: *overfit a single batch*. A network with more
# weights than utterances must be able to bring its loss close to zero. With a second
# softmax it cannot. Two probabilities differ by one at most, so the loss is at least
#
# $$-\log \frac{e^1}{e^1 + (C - 1)\, e^0} = \log\!\left(1 + \frac{C - 1}{e}\right)$$

# %%
lowest = np.log(1 + (CLASSES - 1) / np.e)
print(read.say_one_batch("one softmax", once[-1], lowest))
print(read.say_one_batch("two softmaxes", again[-1], lowest))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
steps = np.arange(1, len(once) + 1)
blue, vermilion = mc.figures.OKABE_ITO[0], mc.figures.OKABE_ITO[5]
ax.plot(steps, once, color=blue, lw=2)
ax.plot(steps, again, color=vermilion, lw=2, ls="--")
ax.text(steps[-1], once[-1] + 0.06, "one softmax", color=blue, ha="right")
ax.text(steps[-1], again[-1] + 0.08, "two softmaxes", color=vermilion, ha="right")
ax.axhline(lowest, color="0.4", lw=1, ls=":")
ax.text(40, lowest - 0.16, f"lowest: {lowest:.3f}", color="0.3", fontsize=9)
ax.set(xlabel="epoch on one batch of 32", ylabel="loss", ylim=(-0.05, None))
mc.figures.show(
    fig,
    alt="Loss on one batch: with one softmax it falls to zero, with two it stops.",
    caption="One batch, overfitted. The dotted line is the lowest loss that two "
    "softmaxes allow with seven classes.",
)

# %% [markdown]
# What does it cost? Both versions are trained on the same folds from the same first
# weights.

# %%
SETTINGS = SmallTraining(epochs=15, learning_rate=2e-3, batch_size=64)
fifths = StratifiedKFold(5, shuffle=True, random_state=0)
outputs = {"once": torch.zeros(len(y), CLASSES), "twice": torch.zeros(len(y), CLASSES)}
for train, test in fifths.split(x, y):
    scaler = StandardScaler().fit(x[train])
    z = torch.tensor(scaler.transform(x), dtype=torch.float32)
    for name, ending in (("once", []), ("twice", [nn.Softmax(dim=1)])):
        network = network_with(*ending)
        train_small(network, (z[train],), classes[train], SETTINGS)
        with torch.no_grad():
            outputs[name][test] = network(z[test])

# %%
pred = {name: found.argmax(1).numpy() for name, found in outputs.items()}
reported = (metrics.wa(y, pred["twice"]), metrics.wa(y, pred["once"]))
effects["6 softmax twice (WA)"] = gap(y, pred["twice"], pred["once"])
print(read.say_effect(*reported, effects["6 softmax twice (WA)"], "WA"))

# %% [markdown]
# Whatever it does to accuracy, it can also cost confidence. This network already gives
# probabilities, but the code that reads it expects logits. `mc.predict`, for example,
# applies the softmax once more. How much of the confidence is left then? The column
# *ECE* is the mean distance to the diagonal of the reliability curve (lesson 09).

# %%
probabilities = {
    "one softmax": outputs["once"].softmax(1),
    "two, read as it is": outputs["twice"],
    "two, read as logits": outputs["twice"].softmax(1),
}
table = {}
for name, prob in probabilities.items():
    sure = prob.max(1).values.mean().item()
    error = intervals.calibration_error(intervals.reliability(prob.numpy(), y))
    right = prob.argmax(1).numpy() == y
    wa = right.mean()
    surer, half = mc.fold_interval(prob.max(1).values.numpy() - right)
    table[name] = {"WA": wa, "mean confidence": sure, "ECE": error}
    print(read.say_confidence(name, sure, wa, (surer, surer - half, surer + half)))
pd.DataFrame(table).T.round(3)

# %% [markdown]
# **E16.7 · Implement** (★, 3 min). Write `lowest_loss(classes)`: the lowest value that
# the loss of Eq. 20 can reach when probabilities are passed as logits.
#
# <details><summary>Hint 1</summary>The best case: the probability of the true class is
# 1, and all others are 0.</details>
# <details><summary>Hint 2</summary>Now these numbers are taken for logits. What is
# their softmax?</details>
# <details><summary>Hint 3</summary>e / (e + C − 1) for the true class; the loss is
# minus its logarithm.</details>


# %% tags=["exercise"]
def lowest_loss(classes):
    raise NotImplementedError


check.lowest_loss(lowest_loss)


# %% tags=["solution"]
def lowest_loss(classes):
    return np.log(1 + (classes - 1) / np.e)


check.lowest_loss(lowest_loss)

# %% [markdown]
# ## 8 · Padding that counts
#
# **Where:** *yaohungt/Multimodal-Transformer* (MulT) and *smartcameras/SelfCrossAttn*
# have no padding mask; *david-yoon/multimodal-speech-emotion* (MDRE) had none in its
# attention until October 2020. In a batch, short utterances are filled up with zeros.
# An average over all steps then averages these zeros as well:

# %%
held_out = [one.id for one in corpus.utterances if one.split == "valid"]
apart, _ = mc.extract(corpus.subset(held_out[:200]))  # none of them is used below
features = mc.Standardizer().fit(apart).apply(data)
frames, mask = coarse_frames(features)  # (N, T, 40) in steps of 40 ms, (N, T)


def mean_of_all(x, mask):
    return x.mean(1)


def mean_of_real(x, mask):
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


for function in (mean_of_all, mean_of_real):
    alone, together = alone_and_together(function, frames[:20], mask[:20])
    largest = (alone - together).abs().max()
    print(f"{function.__name__}: alone and in company differ by up to {largest:.5f}")

# %% [markdown]
# **The check** is the test of lesson 05 that must never fail. We call it the **padding
# contract**: an utterance must get the same answer alone and in company. Now we ask the
# shipped network, which was trained with masks. The broken version tells it that every
# step is real:

# %%
run = mc.load_checkpoint("matching", 0)
tested = [one.id for one in corpus.utterances if one.split == "test"][: min(N, 240)]
heard, _ = mc.extract(corpus.subset(tested), run.features)
heard = run.prepare(heard)
true = np.array([run.labels.index(one.label) for one in heard])


def answers(size, *, masked):
    """Classes that the network names in batches of `size` utterances as they come."""
    named = []
    for start in range(0, len(heard), size):
        batch = mc.collate(heard[start : start + size])
        if not masked:
            batch.audio_mask = torch.ones_like(batch.audio_mask)
            batch.text_mask = torch.ones_like(batch.text_mask)
        with torch.no_grad():
            named.append(run.model(batch).logits.argmax(1))
    return torch.cat(named).numpy()


# %%
for masked in (True, False):
    single = answers(1, masked=masked)
    company = answers(30, masked=masked)
    changed = float(np.mean(single != company))
    kind = "with masks" if masked else "without masks"
    wa = metrics.wa(true, single), metrics.wa(true, company)
    print(read.say_company(kind, changed, *wa))
used_without = gap(true, company, answers(30, masked=True))
print(read.say_gap("trained with masks and used without", used_without, "WA"))

# %% [markdown]
# That network learned with masks and was used without them. The networks of the
# repositories were also *trained* without masks, so they could get used to padding.
# Their case goes into the bill of section 11. To measure it, we train a small network
# that hears whether **any word is stressed**, which the generator knows. We take short
# clips, with at most three homophones.


# %%
class OverTime(nn.Module):
    """A convolution over time, then mean and maximum over the real steps."""

    def __init__(self, width=40):
        super().__init__()
        self.conv = nn.Conv1d(width, 32, kernel_size=3, padding=1)
        self.out = nn.Linear(64, 2)

    def forward(self, x, mask):  # (B, T, F), (B, T)
        h = self.conv(x.transpose(1, 2)).relu().transpose(1, 2)  # (B, T, 32)
        real = mask[..., None]
        mean = (h * real).sum(1) / real.sum(1)
        top = h.masked_fill(~real, 0).amax(1)
        return self.out(torch.cat([mean, top], dim=1))


class WithoutMask(OverTime):
    def forward(self, x, mask):
        return super().forward(x, torch.ones_like(mask))


# %%
truth = mc.read_truth(mc.synthetic_folder(PROFILE))
chosen = []
for i, one in enumerate(data):
    if len(truth.loc[one.id].stressed) <= 3:
        chosen.append(i)
stressed = np.array([int(any(truth.loc[data[i].id].stressed)) for i in chosen])
heard_frames, heard_mask = frames[chosen], mask[chosen]
print(f"{len(chosen)} clips, {stressed.mean():.0%} of them with a stressed word")


def trained_on(make, train, seed=0):
    torch.manual_seed(seed)
    network = make()
    given = (heard_frames[train], heard_mask[train])
    train_small(network, given, torch.tensor(stressed[train]), SmallTraining(epochs=8))
    return network


# %%
networks = {"with a mask": OverTime, "without one": WithoutMask}
named = {name: np.zeros((2, len(stressed)), int) for name in networks}
for train, test in fifths.split(stressed, stressed):
    for name, make in networks.items():
        network = trained_on(make, train)
        both = alone_and_together(network, heard_frames[test], heard_mask[test])
        named[name][:, test] = [found.argmax(1).numpy() for found in both]
for name, (alone, together) in named.items():
    changed = float(np.mean(alone != together))
    wa = metrics.wa(stressed, alone), metrics.wa(stressed, together)
    print(read.say_company(name, changed, *wa))
without, with_mask = named["without one"][1], named["with a mask"][1]  # in company
effects["7 mask missing (WA)"] = gap(stressed, without, with_mask)
kind = "trained and used without a mask"
print(read.say_gap(kind, effects["7 mask missing (WA)"], "WA"))

# %% [markdown]
# Whatever the score says, nobody can repeat an answer that depends on the other
# utterances in the batch. That is why the check looks at answers, and not at scores.
#
# **E16.8 · Repair** (★★, 6 min). Write `mean_and_deviation(x, mask)`. For x of shape
# (B, T, D) it returns the mean and the standard deviation over the real steps, side by
# side: (B, 2 D). (For the deviation, divide by the number of real steps.)
#
# <details><summary>Hint 1</summary>The mean is <code>mean_of_real</code>
# above.</details>
# <details><summary>Hint 2</summary>On padding, the distance from the mean is not zero.
# It needs the mask as well.</details>
# <details><summary>Hint 3</summary><code>((x - mean[:, None]) ** 2 * mask[...,
# None]).sum(1) / n</code>, then the root.</details>


# %% tags=["exercise"]
def mean_and_deviation(x, mask):
    raise NotImplementedError


check.mean_and_deviation(mean_and_deviation)


# %% tags=["solution"]
def mean_and_deviation(x, mask):
    real = mask[..., None]
    n = mask.sum(1, keepdim=True)
    mean = (x * real).sum(1) / n
    squares = (x - mean[:, None]) ** 2 * real
    deviation = (squares.sum(1) / n).sqrt()
    return torch.cat([mean, deviation], dim=1)


check.mean_and_deviation(mean_and_deviation)

# %% [markdown]
# ## 9 · Time taken for channels
#
# **Where:** `models.py` of *smartcameras/SelfCrossAttn*:
# `Conv1d(in_channels=1000, out_channels=500, kernel_size=1)` on an input of shape
# (batch, 1000 frames, MFCC). PyTorch expects (batch, channels, time). So the frames are
# taken for channels, and the convolution slides over the *coefficients*. The shapes
# fit, so nothing stops. Here it is in our words, with our sizes:


# %%
STEPS = heard_frames.shape[1]


class TimeAsChannels(nn.Module):
    def __init__(self, width=40):
        super().__init__()
        self.conv = nn.Conv1d(STEPS, STEPS // 2, kernel_size=1)
        self.mix = nn.Linear(width, 32)
        self.out = nn.Linear(64, 2)

    def forward(self, x, mask):  # (B, T, F): T stands where channels belong
        h = self.mix(self.conv(x)).relu()  # (B, T / 2, 32)
        return self.out(torch.cat([h.mean(1), h.amax(1)], dim=1))


# %% [markdown]
# **Three checks** need no training at all. First, change one frame and count how many
# steps of the output move (the smear test of lesson 05). Second, give the network a
# clip of another length. Third, count the weights: here their number grows with the
# longest clip, which no convolution over time does.

# %%
def moves(conv, x, over_time):
    """By how much each output step changes when one frame in the middle does."""
    changed = x.clone()
    changed[:, x.shape[1] // 2] += 1
    if over_time:
        x, changed = x.transpose(1, 2), changed.transpose(1, 2)
    with torch.no_grad():
        difference = (conv(x) - conv(changed)).abs()
    return difference.amax(1 if over_time else 2)[0].numpy()  # (steps,)


# %%
longest = int(heard_mask.sum(1).argmax())
one = heard_frames[longest : longest + 1]
torch.manual_seed(0)
smears = {}
untrained = {"over time": OverTime(), "time as channels": TimeAsChannels()}
for name, network in untrained.items():
    smears[name] = moves(network.conv, one, name == "over time")
    moved_steps = int((smears[name] > 1e-6).sum())
    weights = sum(p.numel() for p in network.conv.parameters())
    print(read.say_smear(name, moved_steps, len(smears[name]), weights))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(9, 2.4), layout="constrained", sharey=True)
for ax, (name, change) in zip(axes, smears.items(), strict=True):
    color = mc.figures.OKABE_ITO[0 if name == "over time" else 5]
    ax.bar(np.arange(len(change)), change / change.max(), width=1, color=color)
    ax.set(title=name, xlabel="step of the output")
axes[0].set_ylabel("change (largest = 1)")
mc.figures.show(
    fig,
    alt="Change of each output step: a narrow peak on the left, every step on the "
    "right.",
    caption="One frame in the middle of the clip was changed. Left: the convolution "
    "over time. Right: time taken for channels. Both are untrained.",
)

# %%
shorter = heard_frames[:1, : STEPS // 2]
try:
    TimeAsChannels()(shorter, heard_mask[:1, : STEPS // 2])
except RuntimeError as error:
    print("a shorter clip:", str(error).splitlines()[0])

# %% [markdown]
# **Two more checks** need trained networks. The first is the floor: a network that
# reads sequences should not be worse than statistics that read none. For the second, we
# put five average frames (zeros, after normalisation) before each clip, so that every
# sound comes 0.2 s later. Silence would be a new kind of frame for both networks, and
# so test two things at once.

# %%
def later(x, mask, steps=5):
    """The same clips, `steps` steps of 40 ms later."""
    assert not mask[:, -steps:].any()  # no clip loses its end
    average = torch.zeros(len(x), steps, x.shape[2])
    before = torch.ones(len(x), steps, dtype=torch.bool)
    moved = torch.cat([average, x], dim=1)[:, : x.shape[1]]
    return moved, torch.cat([before, mask], dim=1)[:, : x.shape[1]]


moved_frames, moved_mask = later(heard_frames, heard_mask)
kinds = {"over time": OverTime, "time as channels": TimeAsChannels}
in_place = {name: np.zeros(len(stressed), int) for name in kinds}
moved = {name: np.zeros(len(stressed), int) for name in kinds}
for train, test in fifths.split(stressed, stressed):
    for name, make in kinds.items():
        network = trained_on(make, train)
        with torch.no_grad():
            there = network(heard_frames[test], heard_mask[test])
            then = network(moved_frames[test], moved_mask[test])
        in_place[name][test] = there.argmax(1).numpy()
        moved[name][test] = then.argmax(1).numpy()

# %%
statistics = np.stack([sound[data[i].id] for i in chosen])
floor = cross_val_predict(classifier(), statistics, stressed, cv=fifths)
floor_wa = metrics.wa(stressed, floor)
above_floor = {}
for name, found in in_place.items():
    wa = metrics.wa(stressed, found)
    above_floor[name] = gap(stressed, found, floor)
    print(f"{name}: {read.say_floor(wa, floor_wa, above_floor[name])}")
    changed = float(np.mean(found != moved[name]))
    print(read.say_moved_clip(changed, wa, metrics.wa(stressed, moved[name])))

# %%
wrong_axis, right_axis = in_place["time as channels"], in_place["over time"]
reported = (metrics.wa(stressed, wrong_axis), metrics.wa(stressed, right_axis))
between = gap(stressed, wrong_axis, right_axis)
effects["8 time as channels (WA)"] = between
print(read.say_effect(*reported, between, "WA"))
right, wrong = above_floor["over time"], above_floor["time as channels"]
print(read.say_what_floor_tells(right, wrong, between))

# %% [markdown]
# The two networks differ in more than the axis (the wrong one has no mask, and another
# kernel), so this gap is not the price of the axis alone. These clips begin at once
# with speech, so a frame's number means something here. In recordings that begin
# whenever somebody pressed a button, it would mean less.
#
# **E16.9 · Repair** (★★, 4 min). Write `over_time(conv, x)`. Here `conv` is an
# `nn.Conv1d(F, D, 3, padding=1)`, and x is (B, T, F). It must return (B, T, D).
#
# <details><summary>Hint 1</summary>The convolution wants (B, F, T).</details>
# <details><summary>Hint 2</summary><code>reshape</code> also gives that shape, but it
# mixes frames with coefficients. Only <code>transpose</code> moves the axes.</details>
# <details><summary>Hint 3</summary>Transpose before, and back afterwards.</details>


# %% tags=["exercise"]
def over_time(conv, x):
    raise NotImplementedError


check.over_time(over_time)


# %% tags=["solution"]
def over_time(conv, x):
    return conv(x.transpose(1, 2)).transpose(1, 2)


check.over_time(over_time)

# %% [markdown]
# ## 10 · A second hunt · Which of these five read the padding?
#
# Here are five ways to turn (B, T, D) into (B, D). Again, nothing tells you which are
# broken.


# %% tags=["pools"]
def pool_a(x, mask):
    return (x * mask[..., None]).amax(1)


def pool_b(x, mask):
    return x.masked_fill(~mask[..., None], -torch.inf).amax(1)


def pool_c(x, mask):
    weight = x.sum(2).softmax(1) * mask
    return (x * weight[..., None]).sum(1)


def pool_d(x, mask):
    scores = x.sum(2).masked_fill(~mask, -torch.inf)
    return (x * scores.softmax(1)[..., None]).sum(1)


def pool_e(x, mask):
    centred = x - x.mean(1, keepdim=True)
    return (centred * mask[..., None]).abs().sum(1) / mask.sum(1, keepdim=True)


# %% [markdown]
# **E16.10 · Break it** (★★★, 6 min). Give the letters of those that break the padding
# contract, as a set. Read the code first. Then try `alone_and_together`, with frames
# and a mask as in section 8. A check sees only what its example shows, so try it with
# frames that are all negative as well.
#
# <details><summary>Hint 1</summary>What does each line make of a step of padding, where
# x is zero?</details>
# <details><summary>Hint 2</summary>Zero is not a neutral number: not for a maximum of
# negative numbers, and not inside a softmax, because e⁰ is 1.</details>
# <details><summary>Hint 3</summary>Three of the five break it. One of them masks too
# late.</details>

# %% tags=["exercise"]
broken_pools = ...
check.broken_pools(broken_pools)

# %% tags=["solution"]
broken_pools = set()
negative = (frames[:20] - 9) * mask[:20, :, None]  # zero on padding, as before
for name in "abcde":
    pool = globals()[f"pool_{name}"]
    alone, together = alone_and_together(pool, negative, mask[:20])
    if not torch.allclose(alone, together, atol=1e-4):
        broken_pools.add(name)
check.broken_pools(broken_pools)

# %% [markdown]
# ## 11 · The bill
#
# Here are all eight mistakes, each as the reported score minus the right score.
# **Predict:** on which side are the dangerous ones?

# %%
bill = pd.DataFrame(effects, index=["mean", "low", "high"]).T * 100  # in points
bill.round(1)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8.5, 3.8), layout="constrained")
heights = np.arange(len(bill))[::-1]
FLATTERS, COSTS, OPEN = 0, 5, 6  # numbers of colours and markers
label_box = {"fc": "white", "ec": "none", "pad": 0.5}  # the zero line stays behind it
for height, (mean, low, high) in zip(heights, bill.to_numpy(), strict=True):
    if low > 0:
        look = FLATTERS
    elif high < 0:
        look = COSTS
    else:
        look = OPEN
    color, marker = mc.figures.OKABE_ITO[look], mc.figures.MARKERS[look]
    ax.plot([low, high], [height, height], color=color, lw=2)
    ax.plot(mean, height, marker=marker, color=color, ms=7)
    place = (mean, height + 0.22)
    ax.text(*place, f"{mean:+.1f}", ha="center", fontsize=9, bbox=label_box)
ax.axvline(0, color="0.4", lw=1, zorder=0)
ax.set_yticks(heights, bill.index)
ax.set(xlabel="points: reported less right", ylim=(-0.5, len(bill) - 0.2))
mc.figures.show(
    fig,
    alt="For each of eight mistakes, the change of the score in points with interval.",
    caption="What each mistake adds to a score (circles: it flatters) or takes away "
    "(plus signs: it costs; crosses: nothing is shown). The 95 % intervals are over "
    "folds in row 1, over draws in row 5, and over utterances elsewhere.",
)

# %%
print(read.say_bill(effects))

# %% [markdown]
# A mistake that costs at least disappoints somebody, even if it can stay in public code
# all the same. Nobody looks for a mistake that flatters. So look hardest at a number
# that you like.
#
# ## Recap
# - You saw eight mistakes from open repositories run without a warning.
# - You used a probe that tells what a score is, whatever its name may be.
# - You followed leaks through a scaler, through copies, through twins and through the
#   choice of an epoch. Shuffled labels caught those leaks through which labels flow.
# - You met mistakes inside networks: a loss that cannot fall any further, answers that
#   depend on the rest of the batch, and an axis taken for another.
# - You measured each effect on the same utterances, and said so where none was shown.

# %% [markdown]
# | symptom | check | lesson |
# |---|---|---|
# | WA and UA are in another order than elsewhere | what a lazy guesser gets; both scores from one confusion matrix | [02] |
# | something is fitted "once, at the start" | disturb the test part | [03] |
# | rare classes are found suspiciously well | `overlap`; shuffled labels | [01] |
# | random folds are far better than new speakers | `mcsan check`; folds | [01] |
# | each part likes another epoch best | the same epoch on other utterances | [09] |
# | the loss stops at a strange number | overfit one batch | [08] |
# | the confidence does not fit the accuracy | a reliability curve | [09] |
# | the score depends on the batch size | alone and in company | [05] |
# | a clip must have one fixed length | the smear test; move the clip | [05] |
# | a network is below statistics of its input | floors first | [02] |
# | two numbers differ by a little | a paired interval | [14] |
#
# [01]: 01_corpora_and_splits.ipynb
# [02]: 02_scores_and_floors.ipynb
# [03]: 03_from_sound_to_frames.ipynb
# [05]: 05_encoders.ipynb
# [08]: 08_mcsan_assembled.ipynb
# [09]: 09_training_you_can_trust.ipynb
# [14]: 14_ablations_with_error_bars.ipynb

# %% [markdown]
# ## What you may not conclude
# - That a repository with one of these mistakes has wrong results: some effects are
#   nil, and all of them depend on the corpus.
# - That the sizes of the bill hold elsewhere. They are those of a generated corpus, a
#   linear classifier and small networks.
# - That code which passes all these checks is right. Each check has a hole, and the
#   lesson showed some of them.
# - That the authors were careless. They published what they ran, which is why the
#   mistakes could be found at all.
#
# **Further reading:** Kapoor and Narayanan, *Leakage and the reproducibility crisis in
# machine-learning-based science* (Patterns 2023); the notice on precision in the README
# of *attentive-modality-hopping-for-SER*.
#
# **Previous:** [15 · Reproducing the paper](15_reproducing_the_paper.ipynb) ·
# **Next:** [17 · Your own voice](17_your_own_voice.ipynb)
