# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Is it an explanation?
#
# Lesson 00 ended with a question: *does this map show why the network said what it said?* Lesson 10 made the map
# beautiful. Here it is tested, and so is everything that people use in its place. On this corpus the test is possible,
# because the truth is known: one word decides, and its sound has a known span.
#
# **You will be able to**
# - name the readings of the ladder, what each computes, and what none of them can say,
# - score a reading against a known truth, beside chance and with an interval,
# - test a reading without a truth: deletion, insertion, comprehensiveness, sufficiency, an untrained control, other seeds,
# - ask whether a model needs its attention weights, and whether it combines sound and words at all,
# - write a sentence about an explanation that a reviewer cannot attack.
#
# **Needs:** lessons 05 (the smear), 05 and 08. **Time:** read 25 min · run about 2 min · exercises 30 min. **Paper:**
# Eq. 9, 10, 15 and 18, and the wish behind its Fig. 1. **Runs on:** the two synthetic worlds, whatever `CORPUS` says: only
# there is the evidence known. Trained models come with the course (`mcsan checkpoints` makes them again).

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs a known truth: other corpora have none
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading (20 trainings or so: hours, not minutes)

# %%
import time
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.experiments import checkpoints, readings
from mcsan_lite.explain import controls, faithfulness, modalities, pointing
from mcsan_lite.exercises import lesson11 as check
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE
from mcsan_lite.explain.pointing_tables import pointing_table
from mcsan_lite.explain.readings.from_logit import AUDIO_FILLERS, receipts
from mcsan_lite.evaluation.intervals import with_interval

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
began = time.perf_counter()
N = {"smoke": 16}.get(PROFILE, 120)  # utterances a world; more give narrower intervals
SOME, FEW = N // 3, min(N // 3, 16)  # where an utterance takes several passes, or hundreds
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## 1 · One architecture, two worlds
#
# - In the **matching** world every evaluative word (*pain*) shares its sound with a plain one (*pane*). The ear cannot
#   know which sound matters: words and moments must be matched, by what they sound like or by their order.
# - In the **leaking** world each sound has one spelling. The ear alone can know where to listen. Nothing needs matching.
#
# The networks are the same to the last layer. Only the data differ. Three trainings of each, from three seeds:

# %%
FOLDER = Path("runs/checkpoints") if RETRAIN else checkpoints.CHECKPOINTS_FOLDER
if RETRAIN:
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))
SEEDS, WORLDS = (0, 1, 2), ("matching", "leaking")
runs = {(world, seed): mc.load_checkpoint(world, seed, folder=FOLDER) for world in WORLDS for seed in SEEDS}
labels = list(runs["matching", 0].labels)
rows = [checkpoints.read_provenance(checkpoints.find_checkpoint(world, seed, folder=FOLDER)) | {"world": world} for world, seed in runs]
shipped = pd.DataFrame(rows)[["world", "seed", "corpus", "n", "wa"]].set_index(["world", "seed"])
shipped.assign(wa=shipped.wa.round(3)).unstack("seed").wa.rename(columns="test WA, seed {}".format)

# %%
def open_world(world):
    """The first N test utterances with a decisive word, normalised as in training, and what is true of them."""
    folder, run = mc.synthetic_folder(PROFILE, world=world), runs[world, 0]
    corpus, truth = read_synthetic(folder), mc.read_truth(folder)
    chosen = [u for u in corpus.utterances if u.split == "test" and pointing.decisive_span(truth.loc[u.id])][:N]
    data, _ = mc.extract(replace(corpus, utterances=tuple(chosen)), run.features)
    return {u.id: u for u in chosen}, run.prepare(data), truth


opened = {world: open_world(world) for world in WORLDS}
clips, data, truth = opened["matching"]
print({world: f"{len(found[1])} test utterances" for world, found in opened.items()})

# %% [markdown]
# ## 2 · The ladder
#
# A **reading** answers the question "which words, which moments?" with a number for each. These are common. They do not
# compute the same thing, so before anything is measured, say what each claims:

# %%
ladder = pd.DataFrame([
    ("raw attention", "how much a word looks at a moment", "Bahdanau 2015", "nothing about the class; no sign; one layer"),
    ("value-weighted", "how long the vector is that really travels", "Kobayashi 2020", "nothing about the class; no sign"),
    ("rollout", "attention multiplied through layers", "Abnar & Zuidema 2020", "ignores values; stops at the BiLSTM"),
    ("gradient x attention", "weights whose growth would help the class", "Chefer 2021", "drops what speaks against"),
    ("receipts", "who won the max-pool, times its weight", "this course", "bills summaries, not sounds"),
    ("gradient x input", "slope of the logit, down to the MFCC", "Shrikumar 2016", "true only for tiny changes"),
    ("integrated gradients", "slopes averaged from a baseline", "Sundararajan 2017", "depends on the baseline"),
    ("occlusion (silence)", "the logit's fall under a hole", "Zeiler & Fergus 2014", "a hole is a sound never trained on"),
    ("occlusion (mean frame)", "the same, other filler", "Zeiler & Fergus 2014", "the same"),
], columns=["reading", "measures", "source", "cannot say"]).set_index("reading")
assert list(ladder.index) == list(mc.READINGS)
ladder

# %% [markdown]
# All of them on one utterance. The rule that picks it, stated before looking: the first one of two seconds or more that has
# a stressed decisive word and is predicted rightly.

# %%
found = mc.predict(runs["matching", 0].model, data, labels)
right = {i for i, p, t in zip(found.ids, found.pred, found.true, strict=True) if p == t}
stressed = {"anger", "excitement"}
one = next(f for f in data if (f.id in right and f.label in stressed and len(f.audio) >= 200) or f is data[-1])
word, span = pointing.decisive_span(truth.loc[one.id])
sound = mc.load_audio(clips[one.id].audio)
display(mc.figures.play(sound, 16_000, alt=f"{one.label}: “{clips[one.id].text}”. The decisive word is {one.tokens[word]!r}, "
                                      f"{span[0]:.2f} to {span[1]:.2f} s of {len(sound) / 16_000:.1f} s"))

# %% [markdown]
# **Predict, then check.** Which of them has its peak inside the decisive word? Where a reading scores pairs of words
# and moments, its curve is the row of the decisive word.

# %%
model = runs["matching", 0].model
read = {name: method.read(model, one, None) for name, method in mc.READINGS.items()}
curves = {name: r.frames if r.pairs is None else r.pairs[word] for name, r in read.items()}
seconds = mc.frame_times(len(next(iter(curves.values()))))
scored = {name: pointing.pointing_score(curve, pointing.inside_of(model, len(curve), span)) for name, curve in curves.items()}
table = pd.DataFrame({"peak at (s)": {name: seconds[curve.argmax()] for name, curve in curves.items()},
                      "inside": {name: found.points == 1 for name, found in scored.items()},
                      "mass inside": {name: found.mass for name, found in scored.items()},
                      "top word": {name: one.tokens[r.words.argmax()] for name, r in read.items()}})
print(f"predicted {labels[read['receipts'].target]}; chance {scored['receipts'].chance:.2f}")
table.round(2)

# %%
fig, axes = plt.subplots(len(curves), 1, figsize=(8, 6.4), sharex=True, layout="constrained")
for ax, (name, curve) in zip(axes, curves.items(), strict=True):
    ax.axvspan(*span, color=mc.figures.OKABE_ITO[1], alpha=0.35, lw=0)
    ax.bar(seconds, curve / np.abs(curve).max(), width=0.08, color=mc.figures.OKABE_ITO[0])
    ax.plot(seconds[curve.argmax()], curve.max() / np.abs(curve).max(), "v", color="black", ms=5)
    ax.axhline(0, color="0.5", lw=0.6)
    ax.set(yticks=[])
    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
axes[-1].set_xlabel("seconds")
inside = table.index[table.inside]
mc.figures.show(fig, alt=f"{len(curves)} bar charts over the seconds of one utterance, one a reading; a band marks the decisive word.",
           caption=f"“{clips[one.id].text}”; the band is {one.tokens[word]!r}, the triangle each reading's peak. Peaks "
                   f"inside: {len(inside)} of {len(curves)} ({', '.join(inside) or 'none'}). Each curve on its own scale.")

# %% [markdown]
# Many answers to one question. Picking the one that looks right, after looking, would be choosing the answer. One
# utterance proves nothing either way.
#
# ## 3 · Receipts: the rung that adds up
#
# The read-out takes the **maximum** of each channel over all positions (Eq. 18). If a single linear map follows, then
#
# $$\text{logit} = b + \sum_{c} w_c \max_t h_{t,c} = b + \sum_t \underbrace{\sum_{c:\,t\text{ wins }c} w_c\, h_{t,c}}_{\text{the bill of } t}$$
#
# By hand, four moments and three channels:

# %%
h = np.array([[0.1, 2.0, -1.0], [0.9, 0.3, -0.2], [0.4, 0.1, 0.5], [0.0, 0.2, 0.1]])
w = np.array([1.0, -0.5, 2.0])
winner = h.argmax(0)
bills = np.bincount(winner, w * h.max(0), minlength=len(h))
print("winner of each channel:", winner, "  bills:", bills, f"  sum {bills.sum():.2f} = logit {w @ h.max(0):.2f}")

# %% [markdown]
# Moment 0 is billed a *negative* sum, and moment 3 nothing: it won no channel. This is algebra, so it must hold for any
# weights. The package on a network with a linear read-out and random weights, and on our trained ones, whose read-out has
# two layers and so no fixed $w$ (its gradient stands in, and something is left over):

# %%
torch.manual_seed(9)
dims = mc.Dims(data[0].audio.shape[1], data[0].text.shape[1], len(labels))
linear = mc.MCSAN(dims, mc.MCSANConfig(hidden=16, heads=2, feedforward=2, classifier_layers=1)).eval()
gaps = {"linear read-out, random weights": [receipts(linear, f).gap for f in data[:FEW]]}
swing = {}
for world in WORLDS:
    found = [receipts(runs[world, 0].model, f) for f in opened[world][1][:FEW]]
    gaps[f"two layers, {world}"] = [r.gap for r in found]
    swing[f"two layers, {world}"] = np.mean([abs(r.gap + r.words.sum() + r.frames.sum()) for r in found])
worst = np.abs(gaps["linear read-out, random weights"]).max()
assert worst < 1e-4
print(f"linear: the bills miss the logit by {worst:.0e} at most ({FEW} utterances)")
for name, total in swing.items():
    print(f"{name}: {np.abs(gaps[name]).mean():.2f} logits are left over on average, of {total:.2f} to be explained")

# %% [markdown]
# *Exact* is a strong word, and it covers less than it seems: the bill goes to position $t$ of the last layer. What that
# position *knows* came through attention and a BiLSTM from everywhere (lesson 05).
#
# ## 4 · Scored against the truth
#
# The **pointing game**: in what share of utterances is the peak inside the decisive word? Chance is the share of frames
# that lie inside. The table says it for all three seeds and both worlds, with a 95 % interval over seeds. Integrated
# gradients are left out here for time (they need hundreds of passes); the whole table, on 300 utterances, is
#
#     mcsan readings
#
# **Predict, then check.** In which world will attention point better?

# %%
quick_readings = {name: method.read for name, method in mc.READINGS.items() if name != "integrated gradients"}
start = time.perf_counter()
lines = readings.reading_scores(quick_readings, PROFILE, utterances=SOME, options=mc.RunOptions(retrain=RETRAIN))
scores = pointing_table(lines)
seconds_taken = time.perf_counter() - start
print(f"{len(SEEDS)} seeds a world, n utterances each (without those that are one word), {seconds_taken:.0f} s "
      f"({'computed now' if seconds_taken > 5 else 'kept below runs/readings by an earlier run of this cell'})")
scores.set_index(["world", "reading"]).round(2)

# %%
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.4), sharex=True, sharey=True, layout="constrained")
for ax, world in zip(axes, WORLDS, strict=True):
    rows = scores[scores.world == world].rename(columns={"points": "mean"}).set_index("reading")
    mc.figures.draw_rows(rows, ax=ax, score=f"{world}: share of peaks in the decisive word")
    ax.axvline(rows.chance.mean(), color=mc.figures.OKABE_ITO[5], ls="--")
    ax.text(rows.chance.mean(), len(rows) - 0.35, " chance", fontsize=8, color=mc.figures.OKABE_ITO[5], va="top")
above = scores[scores.low > scores.chance]
told = "; ".join(f"{world}: {', '.join(above[above.world == world].reading) or 'none'}" for world in WORLDS)
mc.figures.show(fig, alt="Pointing score of every reading with its interval in the matching and in the leaking world; chance "
                    "is a dashed line.",
           caption=f"Interval: Student over {len(SEEDS)} seeds. Whole interval above chance: {told}. "
                   f"{len(scores)} intervals are compared, so expect one or so to miss by luck.")

# %%
raw = scores[scores.reading == "raw attention"].set_index("world")
accuracy = shipped.wa.groupby("world").mean()
for world in WORLDS:
    r = raw.loc[world]
    verdict = "above" if r.low > r.chance else "below" if r.high < r.chance else "not distinguishable from"
    print(f"{world}: right in {accuracy[world]:.0%}; the decisive word's row points in {r.points:.0%} "
          f"({max(r.low, 0):.0%} to {r.high:.0%}), chance {r.chance:.0%}: {verdict} chance")

# %% [markdown]
# **That resolves the poll of lesson 00.** In the matching world, read the two numbers against each other: how often the
# network is right, and how often its map points. On our checkpoints being right does not mean that the map points. The map
# is a true record of where one layer fetched something. But behind the BiLSTM every frame holds traces of the whole clip
# (the smear of lesson 05), so what decides may be fetched elsewhere. The smear permits that, it does not force it: in the
# leaking world the same encoder feeds the same attention. *Same architecture, readable in one world and not in the other*:
# nobody can tell which, without a truth to score against.
#
# Whether a head can point is another question than whether the mean does. The line *best head* takes, for each seed, the
# head that pointed best on **validation** utterances. Chosen on the test utterances it would beat chance by luck alone.
#
# ## 5 · Do the readings agree?
#
# On most corpora there is no truth. People then show two or three methods that agree. How far do ours?

# %%
model = runs["matching", 0].model
tables = []
for f in data[:FEW]:
    read = {name: method.read(model, f, None).frames for name, method in mc.READINGS.items()}
    tables.append(pd.DataFrame(read).corr("spearman"))
agree = sum(t.fillna(0) for t in tables) / len(tables)
mc.figures.draw_agreement(agree, n=len(tables)).show()

# %% [markdown]
# This compares frames (for attention the mean over all words), all the readings, seed 0. The first three start from the same
# weights, so it is no surprise, and no evidence, if they agree. Agreement counts only between methods that could have
# disagreed; and readings that agree can all be wrong.
#
# ## 6 · Delete what it names
#
# A test that needs no truth. Remove frames, those with the highest score first. If the reading names what the model used,
# the probability falls sooner than in random order. Then the other way round: start from nothing and put frames back.
# Three orders to compare with: **random** frames, with a band; the **oracle**, from the decisive word outward, only possible
# here; and **random place**, outward from any moment. It knows nothing, but like most readings it deletes neighbours
# together, and a gap of half a second is not the same as many small ones.

# %%
SHOWN = ("raw attention", "receipts", "gradient x input", "occlusion (mean frame)")


def orders_of(f, seed):
    frames = {name: mc.READINGS[name].read(model, f, None).frames for name in SHOWN}
    _, span = pointing.decisive_span(truth.loc[f.id])
    times = mc.frame_times(len(frames[SHOWN[0]]))
    anywhere = np.random.default_rng(seed).choice(times)
    return frames | {"oracle": faithfulness.oracle_order(times, span),
                     "random place": faithfulness.oracle_order(times, (anywhere, anywhere))}


orders = {f.id: orders_of(f, i) for i, f in enumerate(data[:SOME])}
curves, areas = {}, {}
for filler, fill in AUDIO_FILLERS.items():
    tables = [faithfulness.faithfulness_curves(
        model, f, orders[f.id], faithfulness.CurveOptions(filler=fill(f.audio)), draws=5) for f in data[:SOME]]
    curves[filler] = pd.concat(tables).groupby(["test", "order", "share"], sort=False).mean().reset_index()
    for (test, order), g in curves[filler].groupby(["test", "order"], sort=False):
        areas.setdefault((test, filler), {})[order] = faithfulness.area(g.set_index("share").value)
print(len(tables), "utterances; the picture has the training part's mean frame as filler, the table both")
mc.figures.draw_deletion(curves["mean frame"], value="probability of the predicted class").show()
pd.DataFrame(areas).round(2)

# %% [markdown]
# Three things to see. A falling curve alone is no evidence: compare it with *random place*, not only with random frames.
# The oracle need not be the steepest: stress is heard against the rest of the utterance, so other frames matter, too. And
# occlusion is tested here by its own tool, a hole; with its own filler it has a home game, so read the other column.
#
# **ERASER** (DeYoung et al. 2020) makes two numbers of it. *Comprehensiveness*: how much is lost without the top 1 to 50 %
# (high is good). *Sufficiency*: how much is lost when only the top is kept (low is good).

# %%
random = np.random.default_rng(0)
found = []
for f in data[:SOME]:
    ordered = orders[f.id] | {"random": random.permutation(len(orders[f.id]["oracle"])).astype(float)}
    for name, order in ordered.items():
        found.append({"order": name, "comprehensiveness": faithfulness.comprehensiveness(model, f, order),
                      "sufficiency": faithfulness.sufficiency(model, f, order)})
eraser = {name: with_interval(group.drop(columns="order"))
          for name, group in pd.DataFrame(found).groupby("order", sort=False)}
pd.concat(eraser, names=["order", "measure"]).unstack("measure").swaplevel(axis=1).sort_index(axis=1)[
    ["comprehensiveness", "sufficiency"]].round(2)

# %% [markdown]
# ## 7 · Does the model need its weights?
#
# Put other weights in while it runs (Jain & Wallace 2019): *uniform*, all real keys alike, or *permuted*, each row's own
# weights at keys drawn anew. If predictions stay, the map cannot have been the reason.

# %%
moved = {}
for seed in SEEDS:
    net = runs["matching", seed].model
    for how in ("uniform", "permuted"):
        moved.setdefault(how, []).append(controls.attention_moves(net, data, labels, how))
swaps = {how: with_interval(pd.concat(found)) for how, found in moved.items()}
print(f"{len(data)} utterances with a decisive word times {len(SEEDS)} seeds. The intervals take them as independent, "
      "which utterances seen by three networks are not quite: they are a little too narrow")
pd.concat(swaps).round(2)

# %% [markdown]
# That breaks a trained machine, and a broken machine proves little: the later layers never saw such inputs. The fair
# question is Wiegreffe & Pinter's (2019): **train** with the weights frozen at uniform, and let everything else adapt. Does
# the score need the weights then? Beside it, a network without any cross-attention:

# %%
shown = {"MCSAN": SEEDS, "uniform": SEEDS, "w/o cross": (0,)}
places = {(v, s): checkpoints.checkpoint_path("matching", s, v, FOLDER) for v, seeds in shown.items() for s in seeds}
missing = [path.name for path in places.values() if not path.is_file()]
about = pd.DataFrame([{"variant": v, **checkpoints.read_provenance(path)} for (v, _), path in places.items() if path.is_file()])
bars = pd.DataFrame({v: (*mc.score_interval(g.wa, int(g.n.iloc[0])), len(g))
                     for v, g in about.groupby("variant", sort=False)}, index=["mean", "low", "high", "seeds"]).T
bars["high"] = bars.high.clip(upper=1)
if missing:
    print(f"not there: {', '.join(missing)}; mcsan checkpoints trains them")
fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, score="test WA, matching world")
mc.figures.show(fig, alt="Accuracy of the full network, of one trained with uniform attention, of one without cross-attention.",
           caption="; ".join(f"{v}: {r['mean']:.3f} ({r.low:.3f} to {r.high:.3f}, {int(r.seeds)} seed(s))"
                             for v, r in bars.iterrows())
           + f". {int(about.n.iloc[0])} test utterances; 95 % over seeds (Student), with one seed over utterances (Wilson).")

# %%
pairs = about.pivot(index="seed", columns="variant", values="wa").round(3)
print(pairs.to_string())
for other in pairs.columns.drop("MCSAN"):
    difference = (pairs["MCSAN"] - pairs[other]).dropna()
    mean, half = mc.fold_interval(difference)
    told = (f"95 % interval {mean - half:+.3f} to {mean + half:+.3f}: "
            f"{'not distinguishable' if abs(mean) < half else 'a difference'}" if len(difference) > 1 else "one seed: no interval")
    print(f"MCSAN less {other}: {mean:+.3f} WA over {len(difference)} paired seed(s), {told}")

# %% [markdown]
# Read it with care. If *uniform* is as good, the weights are not needed for the score, and a map of them can hardly be why.
# "Not distinguishable" with three seeds is not "equal": the interval says how large a difference would have been missed.
# If it is worse, weights carry something; it still does not follow that *this* map, read by *your* eye, shows what.
#
# ## 8 · Other seeds, and no training at all
#
# Three trainings solve the task alike. Do their readings agree on the same utterance, for the true class? And the control
# of Adebayo et al. (2018): does a reading look the same on a network with **random** weights? Then it shows the input or the
# architecture, not what was learned.

# %%
trained_seeds = {f"seed {seed}": runs["matching", seed].model for seed in SEEDS}
control = {"trained": trained_seeds["seed 0"], "untrained": controls.untrained(trained_seeds["seed 0"])}
lines = {}
for name in ("raw attention", "rollout", *SHOWN[1:]):
    def frames(net, f, name=name):
        return mc.READINGS[name].read(net, f, labels.index(f.label)).frames

    for which, models in (("between seeds", trained_seeds), ("trained and untrained", control)):
        found = controls.agreement(frames, models, data[:FEW]).mean(axis=1).to_frame("rank correlation")
        lines[name, which] = with_interval(found).iloc[0]
pd.DataFrame(lines).T.drop(columns="n").round(2).assign(n=FEW)

# %% [markdown]
# Read the lines in pairs. Where seeds agree no better than a trained and an untrained network do, the reading tells more of
# this one training than of the task. Where the *untrained* line lies above zero, part of the picture was there before any
# training: positions and the sound itself make it.
#
# ## 9 · Sound, words, or both together?
#
# Leave positions aside and ask about whole modalities. Two players, four coalitions: none, sound, words, both. The
# **Shapley value** shares the class's logit between the players, fairly in a precise sense. A model has no value "without
# sound", so something must stand in; two choices, and trust what they agree on.

# %%
pieces, rows = {}, {}
for world in WORLDS:
    for absent in ("mean", "empty"):
        values = modalities.shapley(runs[world, 0].model, opened[world][1], absent=absent)
        pieces[world, absent] = values
        rows[world, absent] = with_interval(values[["audio", "text", "interaction"]])[["mean", "low", "high"]].stack()
mc.figures.draw_shapley(pieces["matching", "mean"]).show()
pd.DataFrame(rows).T.round(1)

# %% [markdown]
# Does the model *combine* them? **EMAP** (Hessel & Lee 2020) answers without any filler. It takes the best model of the form
# *something from the sound + something from the words* that this network contains, by running every transcript with every
# sound:
#
# $$\hat f_{ij} = \bar f_{i\cdot} + \bar f_{\cdot j} - \bar f_{\cdot\cdot}$$
#
# By hand, on a table that is *pure* interaction (XOR) and one that is purely additive:

# %%
for name, f in (("XOR", np.array([[0, 1], [1, 0]])), ("additive", np.array([[0, 1], [2, 3]]))):
    additive = f.mean(1, keepdims=True) + f.mean(0, keepdims=True) - f.mean()
    print(f"{name:9}", "projection", additive.tolist(), "  left over", (f - additive).tolist())

# %% [markdown]
# **Predict, then check.** In which world does the network lose by this projection?

# %%
start = time.perf_counter()
emaps = {world: modalities.interaction(runs[world, 0].model, opened[world][1], labels) for world in WORLDS}
print(f"{N}² = {N * N} pairings a world, {time.perf_counter() - start:.0f} s")
table = pd.concat(emaps)
fig, axes = plt.subplots(1, 2, figsize=(9, 1.9), sharex=True, layout="constrained")
for ax, world in zip(axes, WORLDS, strict=True):
    rows = emaps[world].loc[["model", "EMAP"]].rename(columns={"wa": "mean"})
    mc.figures.draw_rows(rows, ax=ax, score=f"WA, {world} world")
mc.figures.show(fig, alt="Accuracy of the model and of its additive projection in both worlds, with intervals.",
           caption="; ".join(f"{w}: model {t.wa['model']:.2f}, EMAP {t.wa['EMAP']:.2f}, paired difference "
                             f"{t.wa['difference']:+.2f} ({t.low['difference']:+.2f} to {t.high['difference']:+.2f}, "
                             f"n {int(t.n['model'])})" for w, t in emaps.items()))

# %% [markdown]
# One seed a world, `seed 0`; try the others. An interval of the difference above zero: these decisions need an interaction, and no list of words plus list of moments
# can explain them, however well each is scored. An interval around zero would *not* say that nothing is computed, only that
# these decisions do not need it; an interval of no width, that not one of n utterances changed, and then a difference of up to
# about $3/n$ may still hide. The utterances here all have a decisive word, so both numbers are theirs alone.
#
# ## 10 · The limits of occlusion
#
# Occlusion follows the model's answer, so it is often called the gold standard. But a hole is a sound, too. Two fillers, one
# question: do they agree?

# %%
fillers = [name for name, method in mc.READINGS.items() if method.kind == "edit"]
rows = []
for world in WORLDS:
    for f in opened[world][1][:SOME]:
        a, b = (mc.READINGS[n].read(runs[world, 0].model, f, None).frames for n in fillers)
        rows.append({"world": world, "same peak": bool(a.argmax() == b.argmax()),
                     "rank correlation": pd.Series(a).corr(pd.Series(b), "spearman"),
                     "a hole helps": float(((a < 0) | (b < 0)).mean())})
per_world = pd.DataFrame(rows).groupby("world", sort=False)
pd.concat({w: with_interval(g.drop(columns="world")) for w, g in per_world}).round(2)

# %% [markdown]
# *A hole helps*: the share of windows whose covering *raises* the logit under one filler or the other. Where the peaks
# differ, at least one filler was read instead of the evidence.
#
# **An edit that stays natural** avoids that. In the matching world spellings can be swapped without touching the sound.
#
# - *Respell*: *pain* becomes *pane*. No evaluative word is left, and the rule demands *surprise* if the utterance is aroused,
#   *neutral* if calm. A model that reads well can do that.
# - *Move*: *pain* becomes *pane*, **and** elsewhere *week* becomes *weak*. Now the stress of the *other* word decides. We take
#   utterances in which one of the two is stressed and the other is not. Who does not match words to sounds cannot follow.
#
# No filler, and nothing of a kind that training never showed.

# %%
twin = dict(NEGATIVE + POSITIVE) | {plain: felt for felt, plain in NEGATIVE + POSITIVE}
vector = {token: v for f in data for token, v in zip(f.tokens, f.text, strict=True)}


def respelled(f, places):
    """A copy with the words at `places` spelled as their homophones; None where no vector is at hand."""
    tokens = [twin[t] if i in places else t for i, t in enumerate(f.tokens)]
    if not all(t in vector for t in tokens):
        return None
    return replace(f, tokens=tuple(tokens), text=np.stack([vector[t] for t in tokens]))


def demanded(felt, stress, arousal):
    """The rule of lesson 00, for the evaluative word that is there, or None."""
    if felt is None:
        return "surprise" if arousal == "high" else "neutral"
    if felt in dict(POSITIVE):
        return "excitement" if stress else "happiness"
    return "anger" if stress else "frustration" if arousal == "high" else "sadness"

# %%
edits = {"respell": [], "move": []}
for f in data:
    t = truth.loc[f.id]
    old = t.targets.index(int(t.decisive))
    edits["respell"].append((respelled(f, [t.targets[old]]), demanded(None, None, t.arousal)))
    for new, at in enumerate(t.targets):
        if t.stressed[new] != t.stressed[old]:
            answer = demanded(twin[f.tokens[at]], t.stressed[new], t.arousal)
            edits["move"].append((respelled(f, [t.targets[old], at]), answer))
            break
rows = []
for (variant, seed), path in places.items():
    for edit, pairs in edits.items() if path.is_file() else ():
        changed, answers = zip(*[p for p in pairs if p[0] is not None], strict=True)
        net = mc.load_checkpoint("matching", seed, variant, folder=FOLDER).model
        said = [labels[p] for p in mc.predict(net, list(changed), labels).pred]
        rows.append((variant, seed, edit, np.mean([a == b for a, b in zip(said, answers, strict=True)]), len(answers)))
rows = pd.DataFrame(rows, columns=["variant", "seed", "edit", "right", "n"])
follows = [{"variant": v, "edit": e, "seeds": len(g), "n": g.n.iloc[0],
            **dict(zip(("right", "low", "high"), mc.score_interval(g.right, g.n.iloc[0]), strict=True))}
           for (v, e), g in rows.groupby(["variant", "edit"], sort=False)]
pd.DataFrame(follows).set_index(["edit", "variant"]).sort_index(level=0, ascending=False, sort_remaining=False).round(2)

# %% [markdown]
# *right*: the share that now gets the class which the rule demands of the edited utterance (interval over seeds, or over
# utterances where there is one seed). This is the strongest statement of the lesson: a cause was changed, and we see whether
# the answer follows. Compare the rows of *move*: the network with frozen uniform weights never learned *where to look*, and
# you see how far it follows all the same. It says what a model *does*, not where inside it does it.
#
# ## 11 · What you may write in a paper
#
# | you have | you may write |
# |---|---|
# | a map | where one layer routed information, in this utterance |
# | a pointing score beside chance, with an interval over seeds | that the map (does not) point at the evidence, on this corpus |
# | deletion curves beside random order, two fillers | that the model's probability depends on what the reading names |
# | frozen uniform attention, trained | whether the score needs learned weights |
# | EMAP with a paired interval | whether decisions need an interaction |
# | an edit that stays natural | what the model does when the cause changes |
#
# > The map shows where information was routed in one layer. Where the decision came from is answered by editing the input.

# %%
print(f"the lesson up to here took {time.perf_counter() - began:.0f} s, {time.process_time():.0f} s of them on a processor; "
      "the rest is waiting for a busy machine")

# %% [markdown]
# ## Exercises
#
# **E11.1 · Implement** (★★, 8 min). Occlusion. `value(audio)` gives the logit of a clip `audio` (T, F), of which only the first
# `length` frames are sound and the rest is padding. `spans` (A, 2) are windows in seconds; MFCC frame *t* lies at 0.010 *t*
# seconds and belongs to a window if start ≤ that < end. Return how far the value falls with each window filled by `filler`.
#
# <details><summary>Hint 1</summary>One copy of the audio a window: holes must not add up.</details>
# <details><summary>Hint 2</summary>A boolean mask over the T frames, from three conditions: start, end, length.</details>
# <details><summary>Hint 3</summary><code>value(audio) - value(edited)</code>, in this order.</details>

# %% tags=["exercise"]
def occlude(value, audio, length, spans, filler):
    """-> (A,) how far the value falls."""
    raise NotImplementedError


check.occlude(occlude)

# %% tags=["solution"]
def occlude(value, audio, length, spans, filler):
    """-> (A,) how far the value falls."""
    t = np.arange(len(audio))
    falls = []
    for start, end in spans:
        edited = audio.copy()
        edited[(0.010 * t >= start) & (0.010 * t < end) & (t < length)] = filler
        falls.append(value(audio) - value(edited))
    return np.array(falls)


check.occlude(occlude)

# %% [markdown]
# **E11.2 · Implement** (★★, 6 min). Receipts. `x` (A, D) are the positions of the last layer, `weight` (D,) one class's row of a
# linear read-out. Return the bill of each position, (A,). It must sum to `weight @ x.max(0)`.
#
# <details><summary>Hint 1</summary>In each channel only one position has a say.</details>
# <details><summary>Hint 2</summary><code>x.argmax(0)</code> says which; it is worth <code>weight * x.max(0)</code>.</details>
# <details><summary>Hint 3</summary><code>np.add.at</code> or <code>np.bincount(…, weights, minlength)</code> collects by position.</details>

# %% tags=["exercise"]
def bill(x, weight):
    """-> (A,) what each position answers for."""
    raise NotImplementedError


check.bill(bill)

# %% tags=["solution"]
def bill(x, weight):
    """-> (A,) what each position answers for."""
    return np.bincount(x.argmax(0), weight * x.max(0), minlength=len(x))


check.bill(bill)

# %% [markdown]
# **E11.3 · Design** (★★★, 8 min). A fair filler. Return a copy of `audio` (T, F) in which the frames `first` to `last`, both
# included, are replaced so that (1) nothing of what was inside is left, (2) no coefficient leaves the range it has elsewhere in
# the clip, (3) there is no jump at the edges, (4) all else stays. A window may begin or end with the clip.
#
# <details><summary>Hint 1</summary>What may you use? Only what is outside the window, best its two neighbours.</details>
# <details><summary>Hint 2</summary>A straight line from one neighbour to the other breaks none of the rules.</details>
# <details><summary>Hint 3</summary>At the clip's edge one neighbour is missing: use the other one for both. And mind that
# <code>audio[-1]</code> is the last frame.</details>

# %% tags=["exercise"]
def fair_filler(audio, first, last):
    raise NotImplementedError


check.fair_filler(fair_filler)

# %% tags=["solution"]
def fair_filler(audio, first, last):
    before, after = max(first - 1, 0), min(last + 1, len(audio) - 1)
    left = audio[before] if first > 0 else audio[after]
    right = audio[after] if last < len(audio) - 1 else audio[before]
    share = np.linspace(0, 1, last - first + 3)[1:-1, None]
    filled = audio.copy()
    filled[first:last + 1] = (1 - share) * left + share * right
    return filled


check.fair_filler(fair_filler)

# %% [markdown]
# **E11.4 · Explain** (★★★, 6 min). Three of these sentences can be defended before a reviewer. Which? (The dots stand for
# numbers that were measured.)
#
# - **a** — The attention map shows that the model relied on the word *pain*.
# - **b** — On … test utterances of the generated corpus the decisive word's row peaked inside the word in … % (95 % interval
#   over three seeds …), where chance is … %.
# - **c** — Attention points at the evidence in 60 % of utterances, so it explains most predictions.
# - **d** — Filling the span with either of two fillers lowered the class's probability by … (interval …) more than filling a
#   random span of the same length, n = ….
# - **e** — Since the network matches words to sounds here, the network of the paper does so on IEMOCAP.
# - **f** — On these … utterances the model is right in … %, its EMAP in … %; the paired interval of the difference excludes zero,
#   so these decisions need an interaction of sound and words.
# - **g** — We show the head that points best on the utterances of the figure.
#
# <details><summary>Hint 1</summary>Ask of each: compared with what? On what data? How sure?</details>
# <details><summary>Hint 2</summary>A sentence with chance or a control, n and an interval is hard to attack.</details>
# <details><summary>Hint 3</summary>Two of the four bad ones claim more than was measured; one lacks chance; one chooses after
# looking.</details>

# %% tags=["exercise"]
answer = ...
check.defensible(answer)

# %% tags=["solution"]
answer = {"b", "d", "f"}
check.defensible(answer)

# %% [markdown]
# ## Recap
# - You read one utterance in many ways, and said what each cannot say.
# - You scored readings beside chance, in two worlds, with an interval over seeds.
# - You tested them without a truth: deletion, insertion, ERASER, other seeds, an untrained control.
# - You saw what happens to the score with other weights, at inference and in training.
# - You asked for the interaction itself, by Shapley values and EMAP, and changed a cause by an edit that stays natural.
#
# ## What you may not conclude
# - That attention never explains, or always: these are two generated worlds, one architecture, three seeds.
# - That the best reading here is the best on people. There the evidence is unknown, spread out, and not one word.
# - That a reading below chance is *wrong* about the model: it may rightly show that the model keeps its evidence elsewhere.
# - That a faithful reading makes a model right, or fair.
#
# **Further reading:** Jain & Wallace, *Attention is not Explanation* (NAACL 2019); Wiegreffe & Pinter, *Attention is not not
# Explanation* (EMNLP 2019); DeYoung et al., *ERASER* (ACL 2020); Hessel & Lee, *Does my multimodal model learn cross-modal
# interactions?* (EMNLP 2020); Rajan, Brutti & Cavallaro, *Is cross-attention preferable to self-attention for multi-modal
# emotion recognition?* (ICASSP 2022).
#
# **Previous:** [10 · Seeing attention](10_seeing_attention.ipynb) · **Next:**
# [14 · Ablations with error bars](14_ablations_with_error_bars.ipynb)
