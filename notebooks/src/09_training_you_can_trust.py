# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · Training you can trust
#
# A score is easy to get and hard to trust. This lesson trains the network of lesson 08
# and asks at every step: what could make this number look better than it is?
#
# **You will be able to**
# - measure the floors *before* the network,
# - write the training loop and get the package's numbers back,
# - choose the epoch without looking at the test part, and measure what looking would
#   have bought,
# - draw a curve with the band of its seeds,
# - compute WA and UA from one confusion matrix, and distinguish them from precision,
# - say how sure the network is, and how far that can be believed.
#
# **Needs:** lessons 00 and 08. **Time:** read 12 min · run half a minute after `make
# course` · exercises 25 min. **Paper:** sections 3.1 and 3.2, Eq. 19 and 20. **Runs
# on:** the synthetic corpus; with another `CORPUS` on your own copy.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %%
import inspect
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.evaluation import intervals, metrics
from mcsan_lite.exercises import lesson09 as check
from mcsan_lite.exercises.verdicts import lesson09 as read
from mcsan_lite.features.batch import batches
from mcsan_lite.tables.predictions import load_predictions
from mcsan_lite.training import loop

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
[spec] = mc.paper.table3_specs(PROFILE, CORPUS, rows=["MCSAN"])
data, skipped = mc.extract(corpus, spec.features)
fold = mc.folds(corpus, spec.protocol)[0]
by_id = {one.id: one for one in data}
parts = {}
for part in ("train", "valid", "test"):
    parts[part] = [by_id[name] for name in getattr(fold, part) if name in by_id]
    print(f"{part}: {len(parts[part])} utterances")

# %% [markdown]
# ## Floors first
#
# Before we train any network, we ask what simple, old methods reach on the same fold. A
# network below a method that reads the same words and sound has a bug, or it has too
# little to learn from. The regularisation of these methods is chosen on the validation
# part, just as the network's epoch will be.

# %%
# loaded, if `make course` has made them
floors = mc.floors_table(corpus, [fold], data, spec.train.select).set_index("name")
floors[["wa", "ua", "weighted_f1", "n_test"]].round(3)

# %% [markdown]
# A generated corpus adds a line that real speech cannot have. "Order alone" reads from
# the truth *where* something is stressed, and it recognises no sound. Its score shows
# how much of the task can be solved by knowing those places. A network has to hear
# them, so it may lie below this one line without a bug.

# %% [markdown]
# ## The loop, by hand
#
# The loss of one batch is the mean of
#
# $$\mathcal{L} = -\sum_i y_i \log \hat y_i \qquad \text{(Eq. 20)}$$
#
# over its utterances, where $\hat y$ is the softmax of Eq. 19. One step of training is:
# predict, measure, differentiate, move. Here it is in a few lines, for two epochs on
# 160 utterances.

# %%
standardizer = mc.Standardizer().fit(parts["train"])
small = standardizer.apply(parts["train"][:160])
dims = mc.Dims(spec.features.n_mfcc, small[0].text.shape[1], len(corpus.labels))
config = mc.TrainConfig(epochs=2, batch_size=32, seed=3)


def fresh_model():
    mc.seed_everything(config.seed)
    return mc.MCSAN(dims, mc.MCSANConfig(hidden=16, heads=2))


# %%
model = fresh_model()
mc.seed_everything(config.seed)
order = np.random.default_rng(config.seed)  # shuffles the batches
optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
by_hand = []
for _ in range(config.epochs):
    model.train()
    total = 0.0
    for batch in batches(small, corpus.labels, config.batch_size, generator=order):
        logits = model(batch).logits  # (B, classes)
        log_sum = logits.exp().sum(1, keepdim=True).log()
        log_probability = logits - log_sum  # the logarithm of Eq. 19
        rows = torch.arange(len(batch.ids))
        loss = -log_probability[rows, batch.label].mean()  # Eq. 20
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch.ids)
    by_hand.append(total / len(small))
print("loss by hand:", np.round(by_hand, 4))

# %% [markdown]
# The package's loop does the same and keeps a diary. Its core is the step that you
# have just written. (`mc.fit??` shows the whole function.)

# %%
def excerpt(function, first: str, last: str) -> str:
    """The source of a function, from the line with `first` to the line with `last`."""
    lines = inspect.getsource(function).splitlines()
    start = next(i for i, line in enumerate(lines) if first in line)
    end = next(i for i, line in enumerate(lines) if i >= start and last in line)
    return inspect.cleandoc("\n" + "\n".join(lines[start : end + 1]))


print(excerpt(loop._train_epoch, "with torch.autocast", "optimizer.step()"))

# %% [markdown]
# After each epoch the loop looks at the validation part, and this is how it keeps the
# best epoch:

# %%
print(excerpt(loop.fit, 'if row[f"valid_', "break"))

# %%
history = mc.fit(
    fresh_model(), mc.TrainingData(small, small[:20], corpus.labels), config
)
np.testing.assert_allclose(history.loss, by_hand, rtol=1e-4)
print("loss by fit: ", history.loss.round(4).to_numpy())

# %% [markdown]
# Note that `fit` does *not* take a test set. It cannot leak what it never sees. And the
# same seed gives the same bits:

# %%
twins = [fresh_model(), fresh_model()]
for twin in twins:
    mc.fit(twin, mc.TrainingData(small, small[:20], corpus.labels), config)
weights = [twin.state_dict() for twin in twins]
same = all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
assert same
print("two trainings with one seed are equal, bit for bit:", same)

# %% [markdown]
# ## Curves
#
# The real trainings were made by `make course`; where they are missing, they are made
# now. The folder of each holds everything: the history, every prediction, the weights.

# %%
options = mc.RunOptions(retrain=RETRAIN, progress=True)
names = ["w/o audio", "w/o text", "w/o cross", "MCSAN"]
found = mc.trained(names, corpus=corpus, profile=PROFILE, options=options, folds=1)
first = found.groupby("name", sort=False).first()
for file in sorted(Path(first.folder["MCSAN"]).iterdir()):
    print(f"{file.name:20} {file.stat().st_size / 1000:8.1f} kB")

# %%
histories = {}
for name, folder in first.folder.items():
    histories[name] = pd.read_csv(Path(folder) / "history.csv")
fig, ax = plt.subplots(figsize=(8.5, 3.6), layout="constrained")
mc.figures.draw_curves(histories, ax=ax, marks={"majority": floors.wa["majority"]})
mc.figures.show(
    fig,
    alt="Validation accuracy over epochs for four versions of the network; the best "
    "epoch of each is a filled marker.",
    caption="Validation WA by epoch. A filled marker is the best epoch of its curve.",
)

# %% [markdown]
# Is the full network above the floors, and which versions climb highest? We read both
# answers from the test part, because the best epochs of these curves were chosen on
# validation.

# %%
test_scores = {}
for name, row in first.iterrows():
    low, high = mc.share_interval(row.wa, row.n_test)
    test_scores[name] = (row.wa, low, high)
print(read.say_above_floors(test_scores["MCSAN"], floors.wa.to_dict()))
print(read.say_which_climb(test_scores, ["w/o audio", "w/o text"]))

# %% [markdown]
# What would an impatient reader have concluded? A network first finds what is easy, and
# what needs both modalities may come later. Let us compare the gap between the full
# network and "w/o cross" after a third of the training with the gap at the end:

# %%
full = histories["MCSAN"].valid_wa
without_cross = histories["w/o cross"].valid_wa
gap = full - without_cross  # one value per epoch
early = max(1, len(gap) // 3)
print(read.say_early_gap(gap[early - 1], gap.iloc[-1], early, len(gap)))

# %% [markdown]
# **Predict, then check.** We train the same network from two other seeds. Do the curves
# rise in the same epochs? Is the difference between seeds smaller than the difference
# between versions?

# %%
others = mc.trained(
    ["MCSAN"], corpus=corpus, profile=PROFILE, seeds=(1, 2), folds=1, options=options
)
every = pd.concat([found, others], ignore_index=True)  # one line per row and seed
by_name = {"MCSAN": [], "w/o cross": []}
for run in every.itertuples():
    if run.name in by_name:
        by_name[run.name].append(pd.read_csv(Path(run.folder) / "history.csv"))
fig, ax = plt.subplots(figsize=(8.5, 3.4), layout="constrained")
mc.figures.draw_band(by_name, ax=ax)
mc.figures.show(
    fig,
    alt="Validation accuracy over epochs: mean and band of three seeds of the full "
    "network, and one seed without cross.",
    caption="Validation WA of three seeds of the full network, and of one seed without "
    "cross-attention.",
)

# %%
reached = [history.valid_wa.max() for history in by_name["MCSAN"]]
level = by_name["w/o cross"][0].valid_wa.max()
print(read.say_seed_band(reached, level))
passed = []
for history in by_name["MCSAN"]:
    above = history.epoch[history.valid_wa > level]
    passed.append(int(above.min()) if len(above) else None)
print(read.say_when_seeds_rise(passed, level))

# %% [markdown]
# All these trainings share one cut of the corpus. Lesson 14 turns the question into a
# test.
#
# ## Which epoch to keep
#
# The setting `patience` saves time: with `TrainConfig(patience=2)` the training ends
# after two epochs in a row without a better validation score. What would that have done
# to the full network? The answer is in its history:

# %%
def stop_early(scores: list[float], patience: int) -> tuple[int, int]:
    """The epoch that is kept and the epochs that are computed, both counted from 1."""
    kept = 1
    for epoch, score in enumerate(scores, 1):
        if score > scores[kept - 1]:
            kept = epoch
        if epoch - kept >= patience:
            return kept, epoch
    return kept, len(scores)


scores = full.tolist()
best, _ = stop_early(scores, patience=len(scores))
for patience in (1, 2, 3):
    kept, spent = stop_early(scores, patience)
    lost = scores[best - 1] - scores[kept - 1]
    print(read.say_patience(patience, kept, spent, best, lost))

# %% [markdown]
# Early stopping is honest as long as it watches the validation part. It can cost
# something: a plateau in the middle of a training looks just like its end. The lines
# above say whether it did here. Where the epoch that is kept is also the last one, ask
# instead whether the training ended too soon.
#
# ## What peeking would have bought
#
# Each run also kept its *test* score after every epoch, in a file that nothing reads
# during training. So we can ask what choosing the epoch on the test part would have
# bought:

# %%
select = spec.train.select  # the score that chooses
rows = []
for run in every.itertuples():
    table = pd.read_csv(Path(run.folder) / "peeking.csv")
    test = table.set_index("epoch")[select]  # one value per epoch
    row = {"row": run.name, "seed": run.seed}
    row["chosen epoch"] = run.best_epoch
    row["test there"] = test[run.best_epoch]
    row["best on test"] = test.idxmax()
    row["test then"] = test.max()
    row["bought, points"] = 100 * (test.max() - test[run.best_epoch])
    rows.append(row)
peeking = pd.DataFrame(rows).set_index(["row", "seed"])
assert np.allclose(peeking["test then"], every[f"peeked_{select}"])
peeking.round(3)

# %%
print(read.say_peeking_in_runs(peeking["bought, points"] / 100))

# %% [markdown]
# Where validation and test are both best in the last epoch, there is nothing to choose.
# Where the curve wanders, even a short run leaves a choice. Other experiments leave
# more of it: little data, many epochs, and a test part of a hundred utterances or so.
# We build that case: a small network, at most 300 utterances for training and 100 for
# choosing the epoch, 30 epochs, no dropout, and a learning rate of 0.003. All this
# tends to make the curve restless, so peeking is likely to pay here. After each epoch
# we write down which test utterances are right. (This is the slowest cell of the
# lesson.)

# %%
long_config = mc.TrainConfig(epochs=30, batch_size=32, learning_rate=3e-3, seed=0)
few = mc.TrainingData(
    parts["train"][:300], parts["valid"][:100], corpus.labels,
    standardizer=mc.Standardizer().fit(parts["train"][:300]),
)
mc.seed_everything(long_config.seed)
model = mc.MCSAN(dims, mc.MCSANConfig(hidden=16, heads=2, dropout=0.0))
right_by_epoch = []


def look_at_test(row):
    """Nothing comes back: the training cannot depend on what is seen here."""
    seen = mc.predict(
        model, parts["test"], corpus.labels, standardizer=few.standardizer
    )
    right_by_epoch.append(seen.pred == seen.true)


long_history = mc.fit(model, few, long_config, on_epoch=look_at_test)
right = np.array(right_by_epoch)  # (epochs, test utterances)
print("epochs, test utterances:", right.shape)

# %% [markdown]
# Now imagine ten colleagues. All have this one training, and each has a test part of
# their own: a tenth of ours. Each may choose the epoch on validation, or on test.

# %%
honest = int(long_history.valid_wa.argmax())  # the row of the epoch, from 0


def peek(right, honest: int, size: int) -> pd.DataFrame:
    """For each test part of this size: the epoch it chooses, and what that buys."""
    rows = []
    for start in range(0, right.shape[1] - size + 1, size):
        mine = np.zeros(right.shape[1], dtype=bool)
        mine[start : start + size] = True
        on_mine = right[:, mine].mean(1)  # (epochs,) WA on this test part
        on_others = right[:, ~mine].mean(1)  # (epochs,) WA on all other utterances
        epoch = int(on_mine.argmax())
        row = {"epoch": epoch + 1}
        row["bought"] = on_mine[epoch] - on_mine[honest]
        row["elsewhere"] = on_others[epoch] - on_others[honest]
        rows.append(row)
    return pd.DataFrame(rows)


tenth = max(1, right.shape[1] // 10)
colleagues = peek(right, honest, tenth)
print(f"chosen on validation: epoch {honest + 1}; test parts of {tenth} utterances")
(100 * colleagues[["bought", "elsewhere"]]).round(1).assign(epoch=colleagues.epoch)

# %% tags=["hide-input"]
epochs = long_history.epoch
fig, ax = plt.subplots(figsize=(8.5, 3.8), layout="constrained")
blue, vermilion = mc.figures.OKABE_ITO[0], mc.figures.OKABE_ITO[5]
for i in range(len(colleagues)):
    curve = right[:, i * tenth : (i + 1) * tenth].mean(1)
    ax.plot(epochs, curve, color="0.75", lw=0.8)
    peak = (colleagues.epoch[i], curve.max())
    name = "chosen on test" if i == 0 else None  # one name for all triangles
    ax.plot(*peak, "v", color=vermilion, ms=7, label=name)
ax.plot(epochs, long_history.valid_wa, "o-", color=blue, ms=4, label="validation WA")
kept_label = f"chosen on validation: epoch {honest + 1}"
ax.axvline(honest + 1, color="black", ls="--", lw=1, label=kept_label)
ax.set(xlabel="epoch", ylabel="WA")
ax.legend(fontsize=9, loc="upper left", frameon=False)
mc.figures.show(
    fig,
    alt="Validation accuracy over 30 epochs, and a thin grey curve for each of ten "
    "test parts with its highest point marked by a triangle.",
    caption="One training, ten test parts (grey). Each triangle is the epoch that a "
    "test part would choose for itself.",
)

# %%
losses = long_history.valid_loss
lowest = int(long_history.epoch[losses.idxmin()])
rise = losses.iloc[-1] / losses.min()
print(read.say_past_peak(lowest, len(losses), rise))


def with_interval(values) -> tuple[float, float, float]:
    """Mean, low and high, with Student's interval."""
    mean, half = mc.fold_interval(values)
    return mean, mean - half, mean + half


bought = with_interval(colleagues.bought)  # over the test parts
hits = right.astype(float)  # (epochs, test utterances), 1 where right
# Rows count from 0, so the row of an epoch is its number minus one.
change = hits[colleagues.epoch - 1] - hits[honest]  # (test parts, utterances)
for i, row in enumerate(change):
    row[i * tenth : (i + 1) * tenth] = np.nan  # these utterances chose this epoch
elsewhere = with_interval(np.nanmean(change, axis=0))  # over the utterances
print(read.say_peeking_buys(bought, len(colleagues), colleagues.epoch.nunique()))
print(read.say_bought_is_gone(elsewhere))

# %% [markdown]
# On its own test part, peeking can only gain, never lose, because it takes a maximum.
# The two intervals answer two questions. The first one asks what other test parts would
# gain, for this one training. The second one asks what the chosen epochs are worth on
# utterances that did not choose them. There, each utterance counts once, as an average
# over all colleagues except the one in whose test part it is. Neither interval covers
# another seed. How does the gain depend on the size of the test part?

# %%
gains = {}
for share in (40, 20, 10, 5):
    size = max(1, right.shape[1] // share)
    gains[size] = with_interval(peek(right, honest, size).bought)
by_size = pd.DataFrame(gains, index=["bought", "low", "high"]).T * 100
by_size.index.name = "test utterances"
display(by_size.round(1))
print(read.say_size_and_gain(gains))

# %% [markdown]
# Peeking at settings or at seeds would add to all this. A score that was found with
# peeking cannot be compared with a score that was found without it.
#
# ## One confusion matrix, several scores
#
# A *confusion matrix* counts the network's answers on the test part: one row per true
# class, one column per predicted class.

# %%
predictions = load_predictions(Path(first.folder["MCSAN"]) / "predictions.csv")
labels = predictions.labels
true = predictions.true  # (N,) class numbers
prob = predictions.prob  # (N, classes)
pred = predictions.predicted  # (N,)
counts = metrics.confusion(true, pred, len(labels))  # (true, predicted)
in_class = counts.sum(1)  # how often each class is true
recall = counts.diagonal() / in_class.clip(min=1)

# %% tags=["hide-input"]
row_share = counts / in_class[:, None].clip(min=1)
fig, ax = plt.subplots(figsize=(7, 5), layout="constrained")
sns.heatmap(
    row_share, ax=ax, annot=counts, fmt="d", cmap="cividis", vmin=0, vmax=1,
    annot_kws={"size": 9}, cbar_kws={"label": "share of the true class"},
    xticklabels=labels,
    yticklabels=[f"{name} ({n})" for name, n in zip(labels, in_class, strict=True)],
)
ax.tick_params(axis="x", rotation=40)
ax.tick_params(axis="y", rotation=0)
ax.set(xlabel="predicted", ylabel="true (n)")
mc.figures.show(
    fig,
    alt="Confusion matrix with counts; rows are true classes, columns predicted ones.",
    caption="Counts on the test part. Colour is the share of the row, so the diagonal "
    "shows the recall of each class.",
)

# %%
occurring = np.flatnonzero(in_class)
worst = occurring[recall[occurring].argmin()]
mistaken = counts[worst].copy()
mistaken[worst] = 0
taken_for = labels[mistaken.argmax()] if mistaken.any() else ""
name = labels[worst]
print(read.say_worst_confusion(name, recall[worst], taken_for, in_class[worst]))

# %% [markdown]
# - **WA** (weighted accuracy) is the share that is right: the diagonal over everything.
# - **UA** (unweighted accuracy) is the mean recall: every class counts the same.
# - **Weighted F1** is the score that is usual for MELD.
# - **Precision** is something else: of all utterances *called* anger, how many were
#   anger. A table of this literature once printed precision under the name of
#   accuracy; its authors corrected it in the open.

# %%
wa_by_hand = counts.trace() / counts.sum()
ua_by_hand = recall[occurring].mean()
package = mc.scores(true, pred, classes=len(labels))
assert np.isclose(wa_by_hand, package["wa"])
assert np.isclose(ua_by_hand, package["ua"])
low, high = mc.share_interval(package["wa"], len(true))
print({name: round(value, 3) for name, value in package.items()})
print(f"WA with its 95 % interval over {len(true)} utterances: {low:.3f} to {high:.3f}")
metrics.per_class(true, pred, labels).round(2)

# %% [markdown]
# A guesser that always says the largest class separates WA from UA, unless the classes
# are equally large. (Its precision equals its WA, because it names one class only. To
# see precision apart, compare the columns *precision* and *recall* above.)

# %%
largest = np.bincount(true).argmax()
lazy = np.full(len(true), largest)
precision = (true[lazy == largest] == largest).mean()
print(read.say_lazy_guess(metrics.wa(true, lazy), metrics.ua(true, lazy), precision))

# %% [markdown]
# ## How sure is it, and is that true?
#
# The *confidence* of a prediction is the probability of the class that the network
# names. Cut the range from 0 to 1 into equal steps (*bins*), and put each prediction
# into the step of its confidence. In each step, compare the mean confidence with the
# share of predictions that are right. The distances of all steps, averaged with the
# number of predictions as weight, are the *ECE*, the expected calibration error.

# %%
# ten steps of confidence, each with its accuracy, interval and n
table = intervals.reliability(prob, true)
fig, ax = plt.subplots(figsize=(5.5, 4.6), layout="constrained")
mc.figures.draw_reliability(table, ax=ax)
mc.figures.show(
    fig,
    alt="Reliability curve: accuracy against confidence in steps with intervals, "
    "beside the diagonal of perfect calibration.",
    caption="Below the diagonal the network is surer than it is right, above it the "
    "opposite. Points with few utterances have wide intervals.",
)

# %%
confidence = prob.max(1).mean()
share_right = (package["wa"], low, high)
error = intervals.calibration_error(table)
print(read.say_sure_or_right(confidence, share_right, error))
steps = table[table.n > 0]
too_low = steps.accuracy_high < steps.confidence
too_high = steps.accuracy_low > steps.confidence
print(read.say_steps_off_diagonal((too_low | too_high).sum(), len(steps)))

# %% [markdown]
# An average can be right while steps are wrong, too high in one and too low in another.
# A step whose interval leaves out the diagonal is evidence against the confidence
# there. A step whose interval includes it shows nothing, neither for nor against.
#
# ## What the run remembers
#
# A run keeps two small files: its scores, and the **manifest**, which says with which
# code, data and libraries it was made, on what kind of machine, and when. Without the
# manifest a number cannot be made again. (It holds the name of neither the machine nor
# its user.)

# %%
for name in ("metrics", "manifest"):
    file = Path(first.folder["MCSAN"]) / f"{name}.json"
    print(file.name)
    about = json.loads(file.read_text(encoding="utf-8"))
    for key, value in about.items():
        print(f"  {key:18} {value}")

# %% [markdown]
# ## Exercises
#
# **E9.1 · Implement** (★★, 5 min). Write `ua(true, pred)`: the mean recall over the
# classes that occur in `true`.
#
# <details><summary>Hint 1</summary>For each class: of the utterances
# that truly belong to it, which share was found?</details>
# <details><summary>Hint 2</summary>The recall of class c is <code>(pred[true
# == c] == c).mean()</code>.</details>
# <details><summary>Hint 3</summary>Average that over
# <code>np.unique(true)</code>, not over the classes that were predicted.</details>

# %% tags=["exercise"]
def ua(true, pred):
    raise NotImplementedError


check.ua(ua)

# %% tags=["solution"]
def ua(true, pred):
    recalls = []
    for c in np.unique(true):
        recalls.append((pred[true == c] == c).mean())
    return np.mean(recalls)


check.ua(ua)

# %% [markdown]
# **E9.2 · Break it** (★★, 5 min). Here are four steps of somebody's experiment. Which
# of them let the test part leak into the result? Answer with a set of letters, such as
# `{"a", "b"}`.
#
# - **a** The mean and the deviation of the MFCC are computed over all utterances, and
#   then the folds are made.
# - **b** The epoch with the highest validation WA is kept.
# - **c** Of five seeds, the one with the highest test WA is reported.
# - **d** Each MFCC matrix is cut to 1,000 frames.
#
# <details><summary>Hint 1</summary>Ask of each step: would its outcome
# change if the test utterances were different ones?</details>
# <details><summary>Hint 2</summary>Cutting looks at one utterance alone.
# Validation is not test.</details>
# <details><summary>Hint 3</summary>Two of the four leak.</details>

# %% tags=["exercise"]
leaks = ...

check.leaks(leaks)

# %% tags=["solution"]
leaks = {"a", "c"}

check.leaks(leaks)

# %% [markdown]
# **E9.3 · Implement** (★★, 5 min). Write `choose(history)`: given a table with the
# columns `epoch`, `valid_wa` and `test_wa`, return the number of the epoch to keep. On
# a tie take the earlier one.
#
# <details><summary>Hint 1</summary>One of the three columns must not be
# touched.</details>
# <details><summary>Hint 2</summary><code>idxmax</code> returns the first row
# of a tie.</details>
# <details><summary>Hint 3</summary>Return the value in the column
# <code>epoch</code>, not the row's index: epochs count from one.</details>

# %% tags=["exercise"]
def choose(history):
    raise NotImplementedError


check.choose(choose)

# %% tags=["solution"]
def choose(history):
    return history.epoch[history.valid_wa.idxmax()]


check.choose(choose)

# %% [markdown]
# **E9.4 · Predict** (★, 5 min). IEMOCAP's seven classes hold 107 *surprise*
# utterances among 7,487 (the paper's section 3.1). In ten folds, how many percentage
# points does UA move when *one* surprise utterance of a test fold flips from wrong to
# right? Give the number.
#
# <details><summary>Hint 1</summary>How many surprise utterances are in
# one test fold?</details>
# <details><summary>Hint 2</summary>About 10.7. Which share of the recall of
# surprise is one of them?</details>
# <details><summary>Hint 3</summary>That recall is one of seven
# that are averaged.</details>

# %% tags=["exercise"]
points = ...

check.points(points)

# %% tags=["solution"]
points = 100 / (107 / 10) / 7

check.points(points)

# %% [markdown]
# **E9.5 · Implement** (★★, 5 min). Write `bought(history)`: given the table of E9.3,
# by how many *percentage points* would the reported test WA rise if the epoch were
# chosen on the test part? That is: the best test WA of any epoch, minus the test WA of
# the epoch that is best on validation.
#
# <details><summary>Hint 1</summary>What would be reported honestly? The
# test WA of the epoch that is best on validation.</details>
# <details><summary>Hint 2</summary>What would be reported with peeking? The
# largest test WA.</details>
# <details><summary>Hint 3</summary>The honest score is
# <code>history.test_wa[history.valid_wa.idxmax()]</code>; a point is a
# hundredth.</details>

# %% tags=["exercise"]
def bought(history):
    raise NotImplementedError


check.bought(bought)

# %% tags=["solution"]
def bought(history):
    honest_score = history.test_wa[history.valid_wa.idxmax()]
    return 100 * (history.test_wa.max() - honest_score)


check.bought(bought)

# %% [markdown]
# ## Recap
# - Floors came first, and they were chosen on validation too.
# - The loop by hand gave the numbers of `fit`, and one seed gave the same bits twice.
# - The epoch was chosen on validation, with or without patience. What choosing on test
#   would have bought was measured, on the part that chose and elsewhere.
# - Three seeds made a band. So few show that seeds differ, and not by how much.
# - WA and UA came from one matrix, each with its own name; precision is neither.
# - The reliability curve showed how far a probability can be believed.
#
# ## What you may not conclude
# - That one training ranks two versions of a network. Other seeds and other folds move
#   the score. The interval of WA covers the test utterances, not the seeds; the band
#   covers three seeds, not the folds.
# - That somebody else peeked. A score does not show how its epoch was chosen; only the
#   text of a paper can say that.
# - That a high score here means a high score on people's speech. The corpus is
#   generated.
# - That confidence is calibrated on any other corpus.
#
# **Further reading:** Guo et al., *On Calibration of Modern Neural Networks* (ICML
# 2017); Prechelt, *Early Stopping, but When?* (1998), on patience; the notice in the
# README of the AMH authors on precision and accuracy.
#
# **Previous:** [08 · MCSAN assembled](08_mcsan_assembled.ipynb) ·
# **Next:** [10 · Seeing attention](10_seeing_attention.ipynb)
