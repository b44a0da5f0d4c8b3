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
# Lesson 00 asked: *does this map show why the network said what it said?* Lesson 10
# drew the map with care. Here we put it to the test. On this corpus a test is possible,
# because the truth is known: one word decides, and we know when it is said.
#
# **You will be able to**
# - score a map against a known truth, and compare the score with chance, with the rows
#   of other words and with an untrained network,
# - test a reading where no truth is known: deletion, insertion, comprehensiveness and
#   sufficiency,
# - ask whether a network needs its attention weights at all,
# - change a cause by an edit that stays natural, and see whether the answer follows,
# - write a sentence about an explanation that a reviewer cannot attack.
#
# **Needs:** lessons 05 (the smear test), 08 and 10. **Time:** read 12 min · run about 2
# min · exercises 22 min. **Paper:** Eq. 9, 10, 15 and 18. **Runs on:** the two
# synthetic worlds, whatever `CORPUS` says, because only there is the evidence known.
# The trained networks come with the course (`mcsan checkpoints` makes them again).

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs a known truth: other corpora have none
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading (hours, not minutes)

# %%
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.datasets.synthetic.rules import NEGATIVE, POSITIVE
from mcsan_lite.evaluation.intervals import paired_interval, with_interval
from mcsan_lite.exercises import lesson11 as check
from mcsan_lite.exercises.verdicts import lesson10 as rows_read
from mcsan_lite.exercises.verdicts import lesson11 as read
from mcsan_lite.exercises.verdicts.lesson00 import rows_against_chance
from mcsan_lite.exercises.verdicts.lesson10 import RowsOfMap
from mcsan_lite.experiments import checkpoints
from mcsan_lite.explain import controls, faithfulness, pointing
from mcsan_lite.explain.pointing_tables import decisive_row_scores
from mcsan_lite.explain.readings.from_logit import AUDIO_FILLERS

# %%
torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
SEEDS = (0, 1, 2)
WORLDS = ("matching", "leaking")
N = {"smoke": 16}.get(PROFILE, 120)  # utterances per world; with more, intervals shrink
SOME = min(N // 3, 30)  # where an utterance takes several passes
FEW = min(N // 3, 16)  # where it takes many


# %%
def share_of(values):
    """Mean and 95 % interval: Student's for numbers, Wilson's for True and False."""
    found = with_interval(pd.DataFrame({"x": list(values)})).iloc[0]
    return read.Measured(found["mean"], found.low, found.high)


# %% [markdown]
# ## 1 · One architecture, two worlds
#
# - In the **matching** world every evaluative word (*pain*) shares its sound with a
#   plain one (*pane*). The ear alone cannot know which sound matters. Words and moments
#   must be brought together, by the sound of the words or by their order.
# - In the **leaking** world each sound has one spelling. The ear alone can know where
#   to listen, and nothing needs matching.
#
# The networks are built alike down to the last layer; only the data differ. We take
# three trainings for each world, from three seeds.

# %%
FOLDER = checkpoints.CHECKPOINTS_FOLDER
if RETRAIN:
    FOLDER = Path("runs/checkpoints")
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))
runs = {}
about = []
for world in WORLDS:
    for seed in SEEDS:
        runs[world, seed] = mc.load_checkpoint(world, seed, folder=FOLDER)
        path = checkpoints.find_checkpoint(world, seed, folder=FOLDER)
        found = checkpoints.read_provenance(path)
        about.append({"world": world, "seed": seed, "WA": found["wa"], "n": found["n"]})
labels = list(runs["matching", 0].labels)
about = pd.DataFrame(about)
about.pivot(index="world", columns="seed", values="WA").round(3)


# %%
def open_world(world):
    """The first N test utterances with a decisive word, and what is true of them."""
    folder = mc.synthetic_folder(PROFILE, world=world)
    corpus = read_synthetic(folder)
    truth = mc.read_truth(folder)
    chosen = [
        one
        for one in corpus.utterances
        if one.split == "test" and pointing.decisive_span(truth.loc[one.id])
    ]
    part = replace(corpus, utterances=tuple(chosen[:N]))
    run = runs[world, 0]
    data, _ = mc.extract(part, run.features)
    return run.prepare(data), truth


opened = {world: open_world(world) for world in WORLDS}
data, truth = opened["matching"]
print({world: f"{len(found[0])} test utterances" for world, found in opened.items()})

# %% [markdown]
# ## 2 · Scored against the truth, with two controls
#
# The **pointing game**: in what share of utterances does the heaviest frame of the
# decisive word's row lie inside that word's sound? Chance is the share of frames that
# lie inside. Two controls keep us honest:
#
# - **other words**: the rows of all *other* words. If they point at the same place as
#   often, the place attracts every word, and no word was matched to its own sound.
# - **untrained**: the same architecture with fresh random weights. If it passes, the
#   test is worthless.
#
# Let us do this by hand, on a map of three words and four moments. The second word
# decides, and it is said in moment 2, counted from 0:

# %%
tiny = np.array([[0.1, 0.2, 0.6, 0.1], [0.2, 0.1, 0.5, 0.2], [0.3, 0.2, 0.4, 0.1]])
peaks = tiny.argmax(axis=1)  # (3,) the heaviest moment of each row
own = float(peaks[1] == 2)
others = np.mean(peaks[[0, 2]] == 2)
print(
    f"The decisive row points in {own:.0%} of the cases, the other rows in "
    f"{others:.0%}. The difference is {own - others:.0%}."
)

# %% [markdown]
# The decisive row is right, but that means nothing: all words look there. **Predict,
# then check.** In which world will the decisive word's row point, and will it beat the
# other words?

# %%
rows, scored = [], {}
for (world, seed), run in runs.items():
    utterances, known = opened[world]
    networks = {
        "trained": run.model,
        "untrained": controls.untrained(run.model, seed=seed),
    }
    for kind, network in networks.items():
        found = decisive_row_scores(network, utterances, known).dropna()
        scored.setdefault((world, kind), []).append(found)
        found["difference"] = found.points - found.others
        means = found[["points", "others", "difference", "chance"]].mean()
        rows.append({"world": world, "seed": seed, "network": kind, **means})
pointed = pd.DataFrame(rows)
pointed.set_index(["world", "network", "seed"]).round(2)

# %% tags=["hide-input"]
names = {"points": "decisive row", "others": "other rows"}
long = pointed.rename(columns=names).melt(
    ["world", "network", "seed"], list(names.values()), "row", "share"
)

# %% tags=["hide-input"]
grid = sns.catplot(
    long,
    x="share",
    y="network",
    hue="row",
    col="world",
    kind="strip",
    dodge=True,
    jitter=False,
    height=2.6,
    aspect=1.6,
    marker="D",
    palette=mc.figures.OKABE_ITO[:2],
)
for ax, world in zip(grid.axes.flat, WORLDS, strict=True):
    chance = pointed[pointed.world == world].chance.mean()
    ax.axvline(chance, color="0.4", ls="--")
    ax.text(chance, -0.42, " chance", fontsize=9)
grid.set_axis_labels("share of rows that point at the decisive word", "")
mc.figures.show(
    grid.figure,
    alt="Share of decisive and other rows that point, trained and "
    "untrained, two worlds.",
    caption="One mark per seed, mean of heads; upper marks of each pair: "
    "the decisive row; "
    "lower ones: the rows of all other words. The intervals are in the "
    "sentences below.",
)


# %%
def rows_of(seeds):
    """The numbers of some seeds, which share their utterances."""
    own = [table.points for table in seeds]
    others = [table.others for table in seeds]
    return RowsOfMap(*rows_against_chance(own, others, seeds[0].chance.mean()))


shown, control = {}, {}
numbers = {key: rows_of(seeds) for key, seeds in scored.items()}
for (world, kind), found in numbers.items():
    keep = shown if kind == "trained" else control
    keep[f"{world}, {kind}"] = rows_read.what_rows_show(found)
standing = rows_read.voided_by_untrained(shown, control)

for world in WORLDS:
    found = numbers[world, "trained"]
    accuracy = about[about.world == world].WA.mean()
    print(read.say_right_and_pointing(world, accuracy, found.own, found.chance))
    name = f"{world}, trained"
    print("   ", rows_read.say_what_rows_show(name, found, standing[name]))
print(rows_read.say_what_the_control_did(control))
print(rows_read.say_worlds_together(standing))

# %% [markdown]
# **Back to the question of lesson 00.** The lines above answer it for each world: how
# often the networks are right, and whether their map shows where the evidence is.
# Lesson 10 takes the best head and single seeds; this lesson takes the mean of heads
# over three seeds, with intervals over seeds and utterances. A control that passes
# there need not pass here. The map is a true record of where one layer fetched
# something. What that layer found there is another question: after the encoder every
# frame holds traces of the whole clip (the smear test of lesson 05).
#
# **What is known about the cause?** Not much. Because of the smear, a map *can* point
# elsewhere. But the networks of both worlds have the same kind of encoder, so the smear
# alone cannot tell why two worlds should differ. Does the map point better where
# recurrence or positions are taken away? `mcsan identity` measures this in a world
# where the order of the transcript tells nothing (lesson 13).

# %% [markdown]
# ## 3 · Delete what it names
#
# This test needs no truth. We remove frames of the sound, beginning with those of the
# highest score. The words stay. Something must stand in each hole: a **filler**. We try
# two of them, the quietest frame of the clip (*silence*) and the mean frame of the
# training part (*mean frame*). If a reading names the frames that the network used, the
# probability of the predicted class falls sooner than in another order. This test is
# **deletion**. Then we go the other way: we start from the filler alone and put frames
# back, in the same order. This is **insertion**.
#
# We test four readings. The next lesson builds them; here they are four lists of
# numbers. Three orders serve for comparison:
#
# - **random**: single frames in random order,
# - **random place**: outward from a moment drawn at random. It knows nothing, but like
#   most readings it removes neighbours together, and one gap of half a second is not
#   the same as many small ones,
# - **oracle**: outward from the decisive word, which is possible only where the truth
#   is known.

# %%
model = runs["matching", 0].model
SHOWN = ("raw attention", "receipts", "gradient x input", "occlusion (mean frame)")


def orders_of(one, seed):
    """{name: a score per pooled frame}; the highest is removed first."""
    scores = {name: mc.READINGS[name].read(model, one, None).frames for name in SHOWN}
    _, span = pointing.decisive_span(truth.loc[one.id])
    times = mc.frame_times(len(scores[SHOWN[0]]))
    place = np.random.default_rng(seed).choice(times)
    scores["oracle"] = faithfulness.oracle_order(times, span)
    scores["random place"] = faithfulness.oracle_order(times, (place, place))
    return scores


orders = {one.id: orders_of(one, i) for i, one in enumerate(data[:SOME])}

# %%
curves, areas = {}, []
for filler, fill in AUDIO_FILLERS.items():
    tables = []
    for one in data[:SOME]:
        options = faithfulness.CurveOptions(filler=fill(one.audio))
        table = faithfulness.faithfulness_curves(
            model, one, orders[one.id], options, draws=3
        )
        tables.append(table.assign(id=one.id))
    every = pd.concat(tables)
    shares = every.groupby(["test", "order", "share"], sort=False)
    curves[filler] = shares.mean(numeric_only=True).reset_index()
    for (test, order, name), part in every.groupby(["test", "order", "id"], sort=False):
        area = faithfulness.area(part.set_index("share").value)
        areas.append(
            {"filler": filler, "test": test, "order": order, "id": name, "area": area}
        )
areas = pd.DataFrame(areas)
mc.figures.draw_deletion(
    curves["mean frame"], value="probability of the predicted class"
).show()
areas.pivot_table(index="order", columns=["test", "filler"], values="area").round(2)

# %% [markdown]
# The figure shows the filler *mean frame* only, and the table has both. Its numbers are
# *areas* under the curves. After deletion a small area is good: the probability fell
# soon. After insertion a large area is good: it came back soon.
#
# A falling curve alone is no evidence. The sentences below compare each reading with
# *random place*, utterance by utterance, under both fillers. A positive difference says
# that the reading does better. The brackets hold 95 % intervals over utterances of one
# network. Among so many, one may exclude zero by luck.

# %%
falling = areas[areas.test == "deletion"].pivot(
    index=["filler", "id"], columns="order", values="area"
)
for filler in AUDIO_FILLERS:
    print(f"Filler: {filler}")
    for name in (*SHOWN, "oracle"):
        pairs = falling.loc[filler]
        gain = share_of(pairs["random place"] - pairs[name])
        print("   ", read.say_deletion(name, gain, "random place"))

# %%
rising = areas[areas.test == "insertion"].pivot(
    index=["filler", "id"], columns="order", values="area"
)
for filler in AUDIO_FILLERS:
    pairs = rising.loc[filler]
    gains = {}
    for name in (*SHOWN, "oracle"):
        gains[name] = share_of(pairs[name] - pairs["random place"])
    print(read.say_insertion(filler, gains, "random place"))

# %% [markdown]
# A map whose rows are all alike can still pass this test. The test asks at which
# moments the network listened, and not which word listened there. The oracle need not
# be the steepest, perhaps because stress is heard against the rest of the utterance.
# And occlusion is itself made by holes. A test that makes holes is likely to favour it,
# most of all where the filler is the same.
#
# **ERASER** (DeYoung et al. 2020) turns the two directions into two numbers.
# *Comprehensiveness* says how much of the class's probability is lost without the top
# 1, 5, 10, 20 and 50 % of the frames, on average (high is good). *Sufficiency* says how
# much is lost when only the top is kept (low is good). In the table, `sem` is the
# standard error of the mean.

# %%
found = []
for one in data[:SOME]:
    for name, order in orders[one.id].items():
        lost = faithfulness.comprehensiveness(model, one, order)
        kept = faithfulness.sufficiency(model, one, order)
        row = {"id": one.id, "order": name}
        found.append(row | {"comprehensiveness": lost, "sufficiency": kept})
eraser = pd.DataFrame(found)
by_order = eraser.drop(columns="id").groupby("order", sort=False)
by_order.agg(["mean", "sem"]).round(3)

# %%
lost = eraser.pivot(index="id", columns="order", values="comprehensiveness")
kept = eraser.pivot(index="id", columns="order", values="sufficiency")
for name in (*SHOWN, "oracle"):
    more_lost = share_of(lost[name] - lost["random place"])
    less_lost = share_of(kept["random place"] - kept[name])
    print(read.say_eraser(name, more_lost, less_lost, "random place"))

# %% [markdown]
# ## 4 · Does the network need its weights?
#
# We put other weights in while the network runs (Jain & Wallace 2019). They are either
# *uniform*, so that all real keys weigh the same, or *permuted*, so that each row keeps
# its weights but gives them to keys drawn anew. If the predictions stay, these weights
# are not shown to be needed for them.

# %%
moved = {"uniform": [], "permuted": []}
for seed in SEEDS:
    for how in moved:
        network = runs["matching", seed].model
        moved[how].append(controls.attention_moves(network, data, labels, how))
for how, tables in moved.items():
    shares = []
    for part in ("same prediction", "right then"):
        by_seed = [table[part].mean() for table in tables]
        shares.append(read.Measured(*mc.score_interval(by_seed, len(data))))
    right = np.stack([table["right"].astype(float) for table in tables])
    then = np.stack([table["right then"].astype(float) for table in tables])
    lost = read.Measured(*paired_interval(right - then))  # (seeds, utterances)
    print(read.say_swapped_weights(how, *shares, lost))
print(f"The intervals count {len(data)} utterances and {len(SEEDS)} seeds.")

# %% [markdown]
# This breaks a trained machine, and a broken machine proves little: the later layers
# never saw such inputs. The fair test is that of Wiegreffe & Pinter (2019): **train**
# with the weights frozen at uniform, and let everything else adapt. For comparison, we
# add a network without any cross-attention.

# %%
trained = {"MCSAN": SEEDS, "uniform": SEEDS, "w/o cross": (0,)}
rows = []
for variant, seeds in trained.items():
    for seed in seeds:
        path = checkpoints.checkpoint_path("matching", seed, variant, FOLDER)
        if not path.is_file():
            print(f"{path.name} is missing; the command mcsan checkpoints trains it.")
            continue
        found = checkpoints.read_provenance(path)
        rows.append(
            {"variant": variant, "seed": seed, "wa": found["wa"], "n": found["n"]}
        )
variants = pd.DataFrame(rows)
bars = {}
for variant, group in variants.groupby("variant", sort=False):
    mean, low, high = mc.score_interval(group.wa, int(group.n.iloc[0]))
    kind = "utterances, 1 seed"
    if len(group) > 1:
        kind = f"utterances and {len(group)} seeds"
    bars[f"{variant} ({kind})"] = {"mean": mean, "low": low, "high": high}

# %%
fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
mc.figures.draw_rows(pd.DataFrame(bars).T, ax=ax, score="test WA, matching world")
mc.figures.show(
    fig,
    alt="Accuracy of MCSAN, of uniform attention and of no cross-attention.",
    caption="95 % intervals of the mean accuracy, of two kinds, named on the left. "
    "With several seeds they count other utterances and other seeds. With one seed "
    "they count other utterances only, and another training may lie outside. So do "
    "not compare their lengths.",
)

# %%
pairs = variants.pivot(index="seed", columns="variant", values="wa")
for other in pairs.columns.drop("MCSAN"):
    difference = (pairs["MCSAN"] - pairs[other]).dropna()
    found = share_of(difference) if len(difference) > 1 else None
    print(read.say_trained_without(other, found, len(difference)))

# %% [markdown]
# A difference that three seeds do not show may still be there. And where weights do
# carry something, it still does not follow that *this* map shows it to *your* eye.
#
# ## 5 · Other seeds, and no training at all
#
# Do the readings of three trainings agree on the same utterance, for the true class?
# And does a reading look the same on a network with **random** weights (Adebayo et al.
# 2018)? If it does, it shows the input or the architecture, and nothing that was
# learned. The sentences below compare both on the same utterances.

# %%
trained_seeds = {f"seed {seed}": runs["matching", seed].model for seed in SEEDS}
first = trained_seeds["seed 0"]
control = {"trained": first, "untrained": controls.untrained(first)}


def agreement_of(method, networks):
    """How far a reading agrees between networks: one number per utterance."""

    def frames(network, one):
        return method.read(network, one, labels.index(one.label)).frames

    by_pair = controls.agreement(frames, networks, data[:FEW])
    return by_pair.mean(axis=1)


for name in SHOWN:
    between_seeds = agreement_of(mc.READINGS[name], trained_seeds)
    with_untrained = agreement_of(mc.READINGS[name], control)
    more = share_of(between_seeds - with_untrained)  # on the same utterances
    print(read.say_stability(name, share_of(with_untrained), more))
    print(
        f"    Rank correlation: {between_seeds.mean():+.2f} between seeds, "
        f"{with_untrained.mean():+.2f} between trained and untrained."
    )

# %% [markdown]
# ## 6 · An edit that stays natural
#
# A hole in the sound is an input that training never showed. In the matching world
# there is an edit that needs no filler: spellings can be swapped without touching the
# sound.
#
# - *Respell*: *pain* becomes *pane*. No evaluative word is left, and the rule demands
#   *surprise* if the utterance is aroused, *neutral* if it is calm. A network that
#   reads well can follow.
# - *Move*: *pain* becomes *pane*, **and** elsewhere *week* becomes *weak*. Now the
#   stress of the *other* word decides. We take utterances in which one of the two is
#   stressed and the other is not. The sense of the words and the arousal leave two
#   classes. A network that does not connect words to their sounds, or to their places,
#   has to guess between them, and a coin would get one half right.

# %%
twin = {}  # homophone -> the other one of its pair
for felt, plain in NEGATIVE + POSITIVE:
    twin[felt] = plain
    twin[plain] = felt
vector = {}  # word -> its vector (E,), for every word of these utterances
for one in data:
    for token, of_token in zip(one.tokens, one.text, strict=True):
        vector[token] = of_token


def respelled(one, places):
    """A copy with words spelled as their homophones; None without a vector."""
    tokens = [twin[t] if i in places else t for i, t in enumerate(one.tokens)]
    if not all(token in vector for token in tokens):
        return None
    text = np.stack([vector[token] for token in tokens])  # (L, E)
    return replace(one, tokens=tuple(tokens), text=text)


def demanded(felt, stress, arousal):
    """The rule of lesson 00, for the evaluative word that is there, or None."""
    if felt is None:
        return "surprise" if arousal == "high" else "neutral"
    if felt in dict(POSITIVE):
        return "excitement" if stress else "happiness"
    if stress:
        return "anger"
    return "frustration" if arousal == "high" else "sadness"


# %%
edits = {"respell": [], "move": []}
for one in data:
    known = truth.loc[one.id]
    old = known.targets.index(int(known.decisive))
    changed = respelled(one, [known.targets[old]])
    edits["respell"].append((changed, demanded(None, None, known.arousal)))
    for new, place in enumerate(known.targets):
        if known.stressed[new] != known.stressed[old]:
            felt = twin[one.tokens[place]]
            answer = demanded(felt, known.stressed[new], known.arousal)
            changed = respelled(one, [known.targets[old], place])
            edits["move"].append((changed, answer))
            break
edits = {
    name: [pair for pair in pairs if pair[0] is not None]
    for name, pairs in edits.items()
}
print({name: len(pairs) for name, pairs in edits.items()})

# %%
rows = []
for row in variants.itertuples():
    loaded = mc.load_checkpoint("matching", row.seed, row.variant, folder=FOLDER)
    for edit, pairs in edits.items():
        if not pairs:
            continue
        said = mc.predict(loaded.model, [changed for changed, _ in pairs], labels)
        answers = [answer for _, answer in pairs]
        right = np.mean(
            [labels[p] == a for p, a in zip(said.pred, answers, strict=True)]
        )
        rows.append(
            {"variant": row.variant, "edit": edit, "right": right, "n": len(pairs)}
        )
follows = pd.DataFrame(rows)
luck = {
    "respell": (1 / len(labels), "a guess among all classes"),
    "move": (1 / 2, "a coin for the two classes that sense and arousal leave"),
}
for edit, part in follows.groupby("edit", sort=False):
    shares = {}
    for variant, group in part.groupby("variant", sort=False):
        n = int(group.n.iloc[0])
        shares[variant] = read.Measured(*mc.score_interval(group.right, n))
    print(read.say_who_follows(edit, shares, *luck[edit]))

# %% [markdown]
# The intervals count utterances, and the seeds as well where there are several. This is
# the strongest statement of the lesson: we changed a cause, and saw whether the answer
# follows. It says what a network *does*, but not where inside the network that happens.
#
# ## 7 · What you may write in a paper
#
# | you have | you may write |
# |---|---|
# | a map | where one layer routed information, in this utterance |
# | a pointing score with chance and an interval over seeds and utterances | that the map does, or does not, point at the evidence on this corpus |
# | the same, above the rows of other words | that a word has a place of its own |
# | deletion curves compared with a random place, two fillers | that the probability depends on what the reading names |
# | uniform attention, trained | whether the score needs learned weights |
# | an edit that stays natural | what the network does when the cause changes |
#
# > The map shows where information was routed in one layer. Only an edit of the input
# > can tell where the decision came from.

# %% [markdown]
# ## Exercises
#
# **E11.1 · Implement** (★★, 8 min). Write occlusion, which is the test of section 3 for
# single windows. `value(audio)` gives the logit of a clip `audio` (T, F), of which only
# the first `length` frames are sound and the rest is padding. `spans` (A, 2) are
# windows in seconds; MFCC frame *t* lies at 0.010 *t* seconds and belongs to a window
# if start ≤ that time < end. Return how far the value falls with each window filled by
# `filler`.
#
# <details><summary>Hint 1</summary>Take a fresh copy of the audio for
# each window: holes must not add up.</details>
# <details><summary>Hint 2</summary>A boolean mask over the T frames, from
# three conditions: start, end, length.</details>
# <details><summary>Hint 3</summary><code>value(audio) -
# value(edited)</code>, in this order.</details>


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
# **E11.2 · Implement** (★★★, 8 min). Write a fair filler. Return a copy of `audio` (T,
# F) in which the frames `first` to `last`, both included, are replaced so that (1)
# nothing of what was inside is left, (2) no coefficient leaves the range it has
# elsewhere in the clip, (3) there is no jump at the edges, (4) all else stays. A window
# may begin or end with the clip.
#
# <details><summary>Hint 1</summary>What may you use? Only what is
# outside the window, best its two neighbours.</details>
# <details><summary>Hint 2</summary>A straight line from one neighbour to the
# other breaks none of the rules.</details>
# <details><summary>Hint 3</summary>At the clip's edge one
# neighbour is missing: use the other one for both. And mind that <code>audio[-1]</code>
# is the last frame.</details>


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
    filled[first : last + 1] = (1 - share) * left + share * right
    return filled


check.fair_filler(fair_filler)

# %% [markdown]
# **E11.3 · Explain** (★★★, 6 min). Three of these sentences can be defended before a
# reviewer. Which? (The dots stand for numbers that were measured.)
#
# - **a** The attention map shows that the model relied on the word *pain*.
# - **b** On … test utterances of the generated corpus the decisive word's row peaked
#   inside the word in … % (95 % interval over seeds and utterances …), where chance is
#   … %.
# - **c** Attention points at the evidence in 60 % of utterances, so it explains most
#   predictions.
# - **d** Filling the span with either of two fillers lowered the class's probability
#   by … (interval …) more than filling a random span of the same length, n = ….
# - **e** Since the network matches words to sounds here, the network of the paper
#   does so on IEMOCAP.
# - **f** On these … utterances the model is right in … %, its EMAP in … %; the paired
#   interval of the difference excludes zero, so the model's score here rests on an
#   interaction of sound and words.
# - **g** We show the head that points best on the utterances of the figure.
#
# <details><summary>Hint 1</summary>Ask of each: compared with what? On
# what data? How sure?</details>
# <details><summary>Hint 2</summary>A sentence with chance or a control, n and
# an interval is hard to attack.</details>
# <details><summary>Hint 3</summary>Two of the four bad ones claim
# more than was measured; one lacks chance; one chooses after looking.</details>

# %% tags=["exercise"]
answer = ...
check.defensible(answer)

# %% tags=["solution"]
answer = {"b", "d", "f"}
check.defensible(answer)

# %% [markdown]
# ## Recap
# - You scored a map against the truth in two worlds, and compared the score with
#   chance, with the rows of other words and with untrained networks.
# - You tested readings without a truth: deletion, insertion, ERASER, other seeds.
# - You saw what other weights do to the score, both at inference and in training.
# - You changed a cause by an edit that stays natural, and saw which networks follow.
#
# ## What you may not conclude
# - That attention never explains, or always does: these are two generated worlds, one
#   architecture and three seeds.
# - That a readable place is a matched word: the rows of other words decide that.
# - That a reading below chance is *wrong* about the network: it may rightly show that
#   the network keeps its evidence elsewhere.
# - That a faithful reading makes a network right, or fair.
# - Which part of the network smears the map. Section 2 names one lead, and lesson 13
#   follows it.
#
# **Further reading:** Jain & Wallace, *Attention is not Explanation* (NAACL 2019);
# Wiegreffe & Pinter, *Attention is not not Explanation* (EMNLP 2019); DeYoung et al.,
# *ERASER* (ACL 2020); Adebayo et al., *Sanity checks for saliency maps* (NeurIPS 2018);
# Rajan, Brutti & Cavallaro, *Is cross-attention preferable to self-attention for
# multi-modal emotion recognition?* (ICASSP 2022).
#
# **Previous:** [10 · Seeing attention](10_seeing_attention.ipynb) · **Next:** [12 · The
# ladder of readings](12_the_ladder_of_readings.ipynb)
