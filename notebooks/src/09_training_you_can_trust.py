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
# A score is easy to get and hard to trust. This lesson trains the network of lesson 08, and asks at every step: what
# could make this number look better than it is?
#
# **You will be able to**
# - measure the floors *before* the network,
# - write the training loop and get the package's numbers back, bit for bit,
# - choose the epoch without looking at the test part, and measure what looking would have bought,
# - draw a curve with the band of its seeds,
# - compute WA, UA and weighted F1 from one confusion matrix, and tell them from precision,
# - say how sure the network is, and how far that can be believed.
#
# **Needs:** lessons 00 and 08. **Time:** read 15 min · run about 1 min after `make course` · exercises 25 min.
# **Paper:** sections 3.1 and 3.2, Eq. 19 and 20. **Runs on:** the synthetic corpus; with another `CORPUS` on your own.

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
import torch

import mcsan_lite as mc
from mcsan_lite.evaluation import intervals, metrics
from mcsan_lite.features import batch
from mcsan_lite.exercises import lesson09 as check
from mcsan_lite.tables.predictions import load_predictions

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
[spec] = mc.paper.table3_specs(PROFILE, CORPUS, rows=["MCSAN"])
data, skipped = mc.extract(corpus, spec.features)
fold = mc.folds(corpus, spec.protocol)[0]
by_id = {f.id: f for f in data}
parts = {part: [by_id[i] for i in getattr(fold, part) if i in by_id] for part in ("train", "valid", "test")}
print({part: len(found) for part, found in parts.items()}, "· protocol", spec.protocol, "· fold", fold.name)

# %% [markdown]
# ## Floors first
#
# Before any network: what do simple, old methods get on the same fold? A network below its floor has a bug, or nothing
# to learn from. Their regularisation is chosen on the validation part, as the network's epoch will be.

# %%
ground = mc.floors_table(corpus, [fold], data, spec.train.select).set_index("name")  # loaded, if `make course` made them
ground[["wa", "ua", "weighted_f1", "n_test"]].round(3)

# %% [markdown]
# ## The loop, by hand
#
# The loss of one batch is the mean of
#
# $$\mathcal{L} = -\sum_i y_i \log \hat y_i \qquad \text{(Eq. 20)}$$
#
# $\hat y$ is the softmax of Eq. 19. One step: predict, measure, differentiate, move. Here it is in a few lines, for two
# epochs on 160 utterances.

# %%
small = mc.Standardizer().fit(parts["train"]).apply(parts["train"][:160])
dims = mc.Dims(spec.features.n_mfcc, small[0].text.shape[1], len(corpus.labels))
config = mc.TrainConfig(epochs=2, batch_size=32, seed=3)


def fresh_model():
    mc.seed_everything(config.seed)
    return mc.MCSAN(dims, mc.MCSANConfig(hidden=16, heads=2))


# %%
model = fresh_model()
mc.seed_everything(config.seed)
order = np.random.default_rng(config.seed)
optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
by_hand = []
for _ in range(config.epochs):
    model.train()
    total = 0.0
    for b in batch.batches(small, corpus.labels, config.batch_size, generator=order):
        logits = model(b).logits
        log_p = logits - logits.exp().sum(1, keepdim=True).log()  # log of Eq. 19
        loss = -log_p[torch.arange(len(b.ids)), b.label].mean()  # Eq. 20
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(b.ids)
    by_hand.append(total / len(small))
print("loss by hand:", [round(x, 4) for x in by_hand])

# %% [markdown]
# The package's loop is the same thing plus bookkeeping. Read it, then see that the same numbers come back.

# %%
print(inspect.getsource(mc.fit))

# %%
history = mc.fit(fresh_model(), mc.TrainingData(small, small[:20], corpus.labels), config)
np.testing.assert_allclose(history.loss, by_hand, rtol=1e-4)
print("loss by fit: ", history.loss.round(4).tolist())

# %% [markdown]
# Note what `fit` does *not* take: a test set. It cannot leak what it never sees. And the same seed gives the same bits:

# %%
runs = [fresh_model() for _ in range(2)]
for again in runs:
    mc.fit(again, mc.TrainingData(small, small[:20], corpus.labels), config)
same = all(torch.equal(a, b) for a, b in zip(*(m.state_dict().values() for m in runs), strict=True))
assert same
print("two trainings with one seed are equal, bit for bit:", same)

# %% [markdown]
# ## Curves, and which epoch to keep
#
# The real trainings were made by `make course` (or are made now, which takes about a minute each). Their folders hold
# everything: the history, every prediction, the weights.

# %%
names = ["w/o audio", "w/o text", "w/o cross", "MCSAN"]
found = mc.trained(names, corpus=corpus, profile=PROFILE, options=mc.RunOptions(retrain=RETRAIN, progress=True),
                       folds=1)
first = found.groupby("name", sort=False).first()
for file in sorted(Path(first.folder["MCSAN"]).iterdir()):
    print(f"{file.name:20} {file.stat().st_size / 1000:8.1f} kB")

# %%
histories = {name: pd.read_csv(Path(folder) / "history.csv") for name, folder in first.folder.items()}
fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
mc.figures.draw_curves(histories, ax=ax, marks={"majority": ground.wa["majority"]})
best = histories["MCSAN"].loc[histories["MCSAN"].valid_wa.idxmax()]
mc.figures.show(fig, alt="Validation accuracy over epochs for four versions of the network; the chosen epoch is a filled marker.",
           caption=f"Validation WA by epoch. The filled marker is the epoch that is kept: for the full network epoch "
                   f"{int(best.epoch)}, at {best.valid_wa:.2f}.")

# %% [markdown]
# Look for a *late step*. A network first finds what is easy: what single words and the overall tone tell. Matching words
# with their sounds comes later, and only in the versions that can do it. Who stops at the first plateau concludes that
# cross-attention does nothing.
#
# **Predict, then check.** The same network from two other seeds: does the step come in the same epoch? Is the difference
# between seeds smaller than the one between versions?

# %%
others = mc.trained(["MCSAN"], corpus=corpus, profile=PROFILE, seeds=(1, 2), folds=1,
                        options=mc.RunOptions(retrain=RETRAIN, progress=True))
every = pd.concat([found, others], ignore_index=True)  # a line a row and seed
by_name = {name: [pd.read_csv(Path(folder) / "history.csv") for folder in group.folder]
           for name, group in every.groupby("name", sort=False)}
fig, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
mc.figures.draw_band({name: by_name[name] for name in ("MCSAN", "w/o cross")}, ax=ax)
reached = [h.valid_wa.max() for h in by_name["MCSAN"]]
mc.figures.show(fig, alt="Validation accuracy over epochs: mean and band of three seeds of the full network, and one seed without cross.",
           caption=f"Best validation WA of the {len(reached)} seeds: {', '.join(f'{x:.3f}' for x in reached)}; without cross, "
                   f"one seed: {by_name['w/o cross'][0].valid_wa.max():.3f}.")

# %% [markdown]
# A line inside another's band is not told apart from it. A line outside it *may* be: three seeds of one network and one of the
# other are few, and all on one cut of the corpus. Lesson 14 makes a test of it.
#
# ## What peeking would have bought
#
# The epoch was chosen on validation. Each run also kept, in a file that nothing reads during training, its *test* score
# after every epoch. So we can ask what choosing on test would have bought:

# %%
select = spec.train.select  # the score that chooses
rows = []
for run in every.itertuples():
    test = pd.read_csv(Path(run.folder) / "peeking.csv").set_index("epoch")[select]  # one value an epoch
    rows.append({"row": run.name, "seed": run.seed, "chosen epoch": run.best_epoch, "test there": test[run.best_epoch],
                 "best on test": test.idxmax(), "test then": test.max()})
peeking = pd.DataFrame(rows).set_index(["row", "seed"])
peeking["bought, points"] = 100 * (peeking["test then"] - peeking["test there"])
assert np.allclose(peeking["test then"], every[f"peeked_{select}"])
peeking.round(3)

# %%
kept, peeked = (peeking[c]["MCSAN", 0] for c in ("chosen epoch", "best on test"))
test = pd.read_csv(Path(first.folder["MCSAN"]) / "peeking.csv")
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for label, epochs, score, i in (("valid", histories["MCSAN"].epoch, histories["MCSAN"][f"valid_{select}"], 0),
                                ("test", test.epoch, test[select], 5)):
    ax.plot(epochs, score, marker=mc.figures.MARKERS[i], color=mc.figures.OKABE_ITO[i], mfc="white", label=label)
for epoch, style, name in ((kept, "-", "chosen on validation"), (peeked, "--", "best on test")):
    ax.axvline(epoch, color="0.4", ls=style, lw=1, label=f"{name}: epoch {epoch}")
ax.set(xlabel="epoch", ylabel=select.replace("_", " "))
ax.legend(fontsize=8)
gains = peeking["bought, points"]
mc.figures.show(fig, alt="Validation and test score of the full network by epoch, with the epoch chosen on each marked.",
           caption=f"MCSAN, seed 0: peeking buys {gains['MCSAN', 0]:.1f} points. Over all {len(gains)} runs of the table: "
                   f"{gains.mean():.1f} on average, {gains.max():.1f} at most.")

# %% [markdown]
# It can only gain, never lose: it is a maximum. It grows with the number of epochs that are looked at, with a smaller test part,
# and with a shakier curve, and it comes on top of any peeking at settings or seeds. A score with peeking beside one without
# is no comparison.

# %% [markdown]
# ## One confusion matrix, several scores

# %%
predictions = load_predictions(Path(first.folder["MCSAN"]) / "predictions.csv")
labels, true, prob, pred = predictions.labels, predictions.true, predictions.prob, predictions.predicted
counts = metrics.confusion(true, pred, len(labels))
fig, ax = plt.subplots(figsize=(5.8, 4.6), layout="constrained")
mc.figures.draw_confusion(counts, labels, ax=ax)
recall = np.divide(counts.diagonal(), counts.sum(1), where=counts.sum(1) > 0, out=np.zeros(len(labels)))
worst = labels[int(recall.argmin())]
mc.figures.show(fig, alt="Confusion matrix with counts; rows are true classes, columns predicted ones.",
           caption=f"Counts on the test part; colour is the share of the row. Lowest recall: {worst}, {recall.min():.2f}.")

# %% [markdown]
# - **WA** (weighted accuracy) is the share that is right: the diagonal over everything.
# - **UA** (unweighted accuracy) is the mean recall: every class counts the same.
# - **Weighted F1** is MELD's score.
# - **Precision** is another thing: of those *called* anger, how many were. A table of this literature once printed
#   precision under the name of accuracy; its authors corrected it in the open.

# %%
occurs = counts.sum(1) > 0
by_hand = {"wa": counts.trace() / counts.sum(), "ua": recall[occurs].mean()}
package = mc.scores(true, pred, classes=len(labels))
assert np.isclose(by_hand["wa"], package["wa"]) and np.isclose(by_hand["ua"], package["ua"])
low, high = mc.share_interval(package["wa"], len(true))
print({k: round(v, 3) for k, v in package.items()}, f"\nWA 95 % interval over {len(true)} utterances: {low:.3f} to {high:.3f}")
metrics.per_class(true, pred, labels).round(2)

# %% [markdown]
# A guesser who always says the largest class shows why the names matter:

# %%
lazy = np.full(len(true), np.bincount(true).argmax())
said = np.unique(lazy)
precision = float((true == lazy)[lazy == said[0]].mean())
print(f"always {labels[said[0]]!r}: WA {metrics.wa(true, lazy):.3f} · UA {metrics.ua(true, lazy):.3f} · "
      f"precision of the one class it names {precision:.3f}")

# %% [markdown]
# ## How sure is it, and is that true?
#
# Sort the predictions by the probability of the named class, cut them into bins, and compare with how often they are right.

# %%
table = intervals.reliability(prob, true)  # ten steps of confidence, each with its accuracy, interval and n
fig, ax = plt.subplots(figsize=(4.8, 4.2), layout="constrained")
mc.figures.draw_reliability(table, ax=ax)
confidence, accuracy = prob.max(1).mean(), (pred == true).mean()
mc.figures.show(fig, alt="Reliability curve: accuracy against confidence in steps with intervals, beside the diagonal of perfect calibration.",
           caption=f"On the whole it is {confidence:.0%} sure and {accuracy:.0%} right. Mean distance to the diagonal (ECE) "
                   f"{intervals.calibration_error(table):.3f}; points without many utterances have wide intervals.")

# %% [markdown]
# Below the diagonal it is surer than it is right. Where an interval holds the diagonal, that step shows nothing against it.
#
# ## What the run remembers
#
# Two files: the scores, and the **manifest**: with which code, data and libraries, on what machine, when. Without it a number
# cannot be made again. (Neither host nor user is in it.)

# %%
for name in ("metrics", "manifest"):
    about = json.loads((Path(first.folder["MCSAN"]) / f"{name}.json").read_text(encoding="utf-8"))
    print(f"{name}.json", *(f"  {key:18} {value}" for key, value in about.items()), sep="\n")

# %% [markdown]
# ## Exercises
#
# **E9.1 · Implement** (★★, 5 min). Write `ua(true, pred)`: the mean recall over the classes that occur in `true`.
#
# <details><summary>Hint 1</summary>For each class: among the utterances that truly are it, the share that was found.</details>
# <details><summary>Hint 2</summary><code>(pred[true == c] == c).mean()</code></details>
# <details><summary>Hint 3</summary>Average that over <code>np.unique(true)</code>, not over the classes that were predicted.</details>

# %% tags=["exercise"]
def ua(true, pred):
    raise NotImplementedError


check.ua(ua)

# %% tags=["solution"]
def ua(true, pred):
    return np.mean([(pred[true == c] == c).mean() for c in np.unique(true)])


check.ua(ua)

# %% [markdown]
# **E9.2 · Break it** (★★, 5 min). Below are four steps of somebody's experiment. Which of them let the test part leak into
# the result? Answer with a set of letters, such as `{"a", "b"}`.
#
# - **a** — mean and deviation of the MFCC are computed over all utterances, then the folds are made
# - **b** — the epoch with the highest validation WA is kept
# - **c** — of five seeds, the one with the highest test WA is reported
# - **d** — each MFCC matrix is cut to 1,000 frames
#
# <details><summary>Hint 1</summary>Ask for each step: would its outcome change if the test utterances were others?</details>
# <details><summary>Hint 2</summary>Cutting looks at one utterance alone. Validation is not test.</details>
# <details><summary>Hint 3</summary>Two of the four leak.</details>

# %% tags=["exercise"]
leaks = ...
check.leaks(leaks)

# %% tags=["solution"]
leaks = {"a", "c"}
check.leaks(leaks)

# %% [markdown]
# **E9.3 · Implement** (★★, 5 min). Write `choose(history)`: given a table with the columns `epoch`, `valid_wa` and
# `test_wa`, return the number of the epoch to keep. On a tie take the earlier one.
#
# <details><summary>Hint 1</summary>One of the three columns must not be touched.</details>
# <details><summary>Hint 2</summary><code>idxmax</code> returns the first row of a tie.</details>
# <details><summary>Hint 3</summary>Return the value in the column <code>epoch</code>, not the row's index: epochs count from one.</details>

# %% tags=["exercise"]
def choose(history):
    raise NotImplementedError


check.choose(choose)

# %% tags=["solution"]
def choose(history):
    return history.epoch[history.valid_wa.idxmax()]


check.choose(choose)

# %% [markdown]
# **E9.4 · Explain** (★★★, 5 min). IEMOCAP's seven classes hold 107 *surprise* utterances in 7,487. In ten folds, how many
# percentage points does UA move when *one* surprise utterance of a test fold flips from wrong to right? Give the number.
#
# <details><summary>Hint 1</summary>How many surprise utterances are in one test fold?</details>
# <details><summary>Hint 2</summary>About 10.7. One of them is what share of the recall of surprise?</details>
# <details><summary>Hint 3</summary>And that recall is one of seven that are averaged.</details>

# %% tags=["exercise"]
points = ...
check.points(points)

# %% tags=["solution"]
points = 100 / (107 / 10) / 7
check.points(points)

# %% [markdown]
# **E9.5 · Implement** (★★, 5 min). Write `bought(history)`: given the table of E9.3, by how many *percentage points* would
# the reported test WA rise if the epoch were chosen on the test part? Use an honest choice as the starting point.
#
# <details><summary>Hint 1</summary>What would be reported honestly? The test WA of the epoch that is best on validation.</details>
# <details><summary>Hint 2</summary>And with peeking? The largest test WA.</details>
# <details><summary>Hint 3</summary><code>history.test_wa[history.valid_wa.idxmax()]</code> is the honest one; a point is a hundredth.</details>

# %% tags=["exercise"]
def bought(history):
    raise NotImplementedError


check.bought(bought)

# %% tags=["solution"]
def bought(history):
    return 100 * (history.test_wa.max() - history.test_wa[history.valid_wa.idxmax()])


check.bought(bought)

# %% [markdown]
# ## Recap
# - Floors came first, chosen on validation.
# - The loop by hand gave the numbers of `fit`, and one seed gave the same bits twice.
# - The epoch was chosen on validation; what choosing on test would have bought was measured, run by run.
# - Three seeds made a band, and a band makes careful.
# - WA, UA and F1 came from one matrix, each with its own name; precision is none of them.
# - The reliability curve told how far a probability can be believed.
#
# ## What you may not conclude
# - That one training ranks two versions of a network: other seeds and other folds move the score. The interval of WA covers
#   the test utterances, not the seeds; the band covers three seeds, not the folds.
# - That somebody else peeked. A score does not show how its epoch was chosen; only the text can say.
# - That a high score here means a high score on people. The corpus is generated.
# - That confidence is calibrated on any other corpus.
#
# **Further reading:** Guo et al., *On Calibration of Modern Neural Networks* (ICML 2017); the notice in the README of the
# AMH authors on precision and accuracy.
#
# **Previous:** [08 · MCSAN assembled](08_mcsan_assembled.ipynb) · **Next:** [10 · Seeing attention](10_seeing_attention.ipynb)
