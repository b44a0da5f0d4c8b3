# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Change the model, watch the map
#
# Lesson 11 asked whether a word's row of the attention map lies on its own sound, or
# whether the rows of other words lie there as well. Then the map shows a *place*, and
# no word of its own. Two suspects have been named since lesson 05.
# The **BiLSTM** spreads each sound over its neighbours, and the **positions** let the
# network find its way by counting. This lesson treats them as a detective would. It
# takes them away, first one at a time and then both together, and sees whether the
# thing still happens. **Which change gives the map a word of its own, and what does it
# do to the score?**
#
# **You will be able to**
# - change MCSAN by its config, and predict what the change can do before you train it,
# - show by an exact test which networks know a place and which do not,
# - follow one word's sound through the layers, and find where it begins to smear,
# - read a table of changes with intervals, and compare it with chance and other words,
# - write an encoder of your own, and put it into the network.
#
# **Needs:** lessons 05, 06 and 11. **Time:** read 17 min · run about 1 min · exercises
# 34 min. **Paper:** Eq. 2 to 10, and the position embedding of section 2.3. **Runs
# on:** generated speech, whatever `CORPUS` says, because only there is the evidence
# known.

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs a known truth: other corpora have none
PROFILE = "quick"  # "smoke" for a quick test
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains the whole table of section 6 again: more than an hour

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.evaluation.intervals import with_interval
from mcsan_lite.exercises import lesson13 as check
from mcsan_lite.exercises.verdicts import lesson13 as read
from mcsan_lite.exercises.verdicts import lesson13_table as read_table
from mcsan_lite.experiments import identity
from mcsan_lite.experiments.finished.worlds import cross_by_world
from mcsan_lite.explain import pointing
from mcsan_lite.explain.pointing_tables import decisive_row_scores
from mcsan_lite.models.baselines.multihop import MultiHop, MultiHopConfig

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
SMALL = PROFILE == "smoke"

# %% [markdown]
# ## 1 · A world in which order tells nothing
#
# In the *matching* world a network can count: the second word of the transcript is the
# second sound. So we move to the **listed** world. Its transcript is an alphabetical
# list of the words that matter. *Which* word is in the list is known; *where* it was
# spoken is not. This lesson's own edition is small enough for your laptop: four pairs
# of homophones, at most three words at a time.

# %%
pocket = SyntheticConfig(
    world="listed", pairs=4, max_words=3, train=1000, valid=150, test=300
)
if SMALL:
    pocket = replace(pocket, train=100, valid=30, test=60)
folder = make_synthetic("data", pocket)
corpus = read_synthetic(folder)
truth = mc.read_truth(folder)
extracted, _ = mc.extract(corpus)
parts = {"train": [], "valid": [], "test": []}
for utterance, features in zip(corpus.utterances, extracted, strict=True):
    parts[utterance.split].append(features)
standardizer = mc.Standardizer().fit(parts["train"])
parts = {name: standardizer.apply(part) for name, part in parts.items()}
labels = list(corpus.labels)
clips = {utterance.id: utterance for utterance in corpus.utterances}

# %% [markdown]
# One clip. The rule that picks it: the first test utterance of three words, one of
# which decides, whose list has another order than its sound.

# %%
decided = [one for one in parts["test"] if pointing.decisive_span(truth.loc[one.id])]
three = [one for one in decided if len(one.tokens) == 3]


def as_spoken(features):
    """The words of the list in the order in which they are said."""
    words = sorted(clips[features.id].words, key=lambda heard: heard.start_s)
    return [heard.text for heard in words]


one = next(found for found in three if as_spoken(found) != list(found.tokens))
word, span = pointing.decisive_span(truth.loc[one.id])
print("the list:        ", ", ".join(one.tokens))
print("spoken in order: ", ", ".join(as_spoken(one)))
about = f"{one.label}: {one.tokens[word]!r} decides, {span[0]:.2f} to {span[1]:.2f} s"
display(mc.figures.play(mc.load_audio(clips[one.id].audio), 16_000, alt=about))

# %%
ceilings = bayes_ceilings(truth[truth.split == "test"], pocket)
unmatched = ceilings["both, unmatched"]
in_order, both = ceilings["both, in order"], ceilings["both"]
print(read.say_what_order_tells(unmatched, in_order, both))
ceilings.round(3).to_frame("best possible WA")

# %% [markdown]
# So a score whose whole interval lies above *both, unmatched* can mean only one thing
# here: the network recognised sounds.
#
# ## 2 · The levers
#
# Every change of this lesson is a field of `MCSANConfig`:
#
# | field | in the paper | the change | its possible effect |
# |---|---|---|---|
# | `encoder` | BiLSTM, Eq. 2 to 5 | `"linear"`: each step by itself | a step then holds its own moment and nothing of its neighbours |
# | `positions` | added, section 2.3 | `"none"` | no step is told its number |
# | `heads` | 8 | 1 | one map instead of several; its scores are divided by another number |
# | `full_scale` | Eq. 9 prints $\sqrt d$; we divide by $\sqrt{d/\text{heads}}$ (section 5) | `True`: as printed | scores are divided by more, so rows become flatter |
# | `layers` | N = 1 | 2 | words ask again after everyone has listened once |
# | `use_cross` | yes | `False` | no map of words and sounds at all |
#
# One more lever lies outside the network: the **world** in which it is trained.

# %%
BASE = mc.MCSANConfig(hidden=32, heads=4, feedforward=2, dropout=0.0)
FOUR = {
    "MCSAN": {},
    "no positions": {"positions": "none"},
    "no recurrence": {"encoder": "linear"},
    "neither": {"encoder": "linear", "positions": "none"},
}
dims = mc.Dims(one.audio.shape[1], one.text.shape[1], len(labels))


def build(seed=0, **changes):
    """A network with its first weights, in eval mode."""
    mc.seed_everything(seed)
    return mc.MCSAN(dims, replace(BASE, **changes)).eval()


sizes = {}
for name, changes in FOUR.items():
    sizes[name] = sum(weight.numel() for weight in build(**changes).parameters())
pd.Series(sizes, name="parameters").to_frame()

# %% [markdown]
# Keep these numbers in mind whenever you compare scores: a network without BiLSTMs is
# also a smaller one.
#
# ## 3 · Where does one word's sound go?
#
# The smear test of lesson 05 silences one word and sees which steps of sound move. Here
# we apply it to the steps that **cross-attention reads**. A hook catches the steps of
# sound as they enter each layer. We give the network three layers, so that we can see
# the effect of depth.
#
# **Predict, then check.** In the network with the linear encoder, at which layer do the
# steps of sound first hold *other* moments? (This is a part of E13.3.)


# %%
def entering(model, features):
    """{layer, from 1: the steps of sound that its words ask, (A, D)}."""
    caught = {}
    handles = []
    for number, layer in enumerate(model.cross.layers, 1):

        def catch(module, inputs, output, number=number):
            caught[number] = inputs[1][0].numpy()

        handles.append(layer["text"].attention.register_forward_hook(catch))
    with torch.no_grad():
        model(mc.collate([features]))
    for handle in handles:
        handle.remove()
    return caught


# %%
def silenced(features):
    """The clip with its decisive word silenced, and which steps see the edit."""
    _, (start_s, end_s) = pointing.decisive_span(truth.loc[features.id])
    first, last = round(100 * start_s), round(100 * end_s)
    sound = features.audio.copy()
    sound[first:last] = 0  # features are standardised, so zero is the mean frame
    step = np.arange(int(np.ceil(len(sound) / 9)))  # one for every nine frames
    # Step k sees the MFCC frames 9 k − 4 to 9 k + 12.
    sees = (9 * step + 12 >= first) & (9 * step - 4 < last)
    return replace(features, audio=sound), sees


def smear_of(model, features):
    """{layer: share of the movement that lies outside of the word}."""
    edited, sees = silenced(features)
    before, after = entering(model, features), entering(model, edited)
    shares = {}
    for layer, steps in before.items():
        moved = np.linalg.norm(after[layer] - steps, axis=1)  # (A,)
        shares[layer] = moved[~sees].sum() / moved.sum()
    return shares


# %%
some = decided[: 6 if SMALL else 30]
rows = []
for encoder in ("bilstm", "linear"):
    for seed in range(3):
        model = build(seed, encoder=encoder, layers=3)
        for features in some:
            for layer, share in smear_of(model, features).items():
                about = {"encoder": encoder, "seed": seed, "layer": layer}
                rows.append({**about, "id": features.id, "outside": share})
smear = pd.DataFrame(rows)
outside = []  # for each clip the share of its steps that do not see the edit
for features in some:
    _, sees = silenced(features)
    outside.append(np.mean(~sees))
even = float(np.mean(outside))  # what lies outside if all steps move alike
by_clip = smear.groupby(["encoder", "layer", "id"]).outside.mean()
by_clip.groupby(["encoder", "layer"]).mean().unstack().round(3)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
sns.stripplot(
    by_clip.reset_index(),
    x="outside",
    y="layer",
    hue="encoder",
    dodge=True,
    orient="h",
    alpha=0.6,
    palette=[mc.figures.OKABE_ITO[0], mc.figures.OKABE_ITO[1]],
    ax=ax,
)
ax.axvline(even, color="black", ls="--")
ax.text(even, -0.55, "all steps alike", ha="center", va="bottom", fontsize=9)
ax.set(xlim=(-0.02, 1), xlabel="share of the movement outside the word", ylabel="layer")
sns.move_legend(ax, "center left", bbox_to_anchor=(1, 0.5), frameon=False)
mc.figures.show(
    fig,
    alt="Share of movement outside the silenced word, for each layer and encoder, one "
    "dot per clip.",
    caption=f"Untrained networks, means over 3 seeds, {len(some)} clips. Blue, upper "
    "row of each layer: BiLSTM. Orange, lower row: linear.",
)

# %%
shares = {}
for encoder in ("bilstm", "linear"):
    first = by_clip[encoder, 1].rename("outside").to_frame()
    found = with_interval(first).loc["outside"]
    shares[f"{encoder}, entering layer 1"] = read.Measured(
        *found[["mean", "low", "high"]]
    )
print(read.say_smear(shares, even))
for encoder in ("bilstm", "linear"):
    by_layer = by_clip[encoder].groupby("layer").mean()
    print(f"{encoder}: {read.say_first_smeared(by_layer)}")

# %% [markdown]
# The interval is over clips. These weights are untrained, but for the linear encoder
# that does not matter. It treats each step by itself, so it cannot move anything
# sideways, whatever it has learned.
#
# ## 4 · Who knows a place?
#
# Now we turn to the other suspect. A network *knows a place* if the row of a word
# depends on where the word stands in the transcript. So we let the words change places,
# and change nothing else. A network that asks only *which* word it sees must give each
# word the row that it had before. There is no luck in this test: either this holds
# exactly and for any weights, or it does not hold.
#
# **Predict, then check.** Which of the four networks keep every word's row?


# %%
def rows_of(model, features):
    """Where each word looks, mean over heads: (L, A)."""
    maps = mc.attention_maps(model, features)
    return maps["cross.0.text_from_audio"].weights.mean(0)


def turned(features):
    """The words in the opposite order."""
    return replace(features, tokens=features.tokens[::-1], text=features.text[::-1])


moved = {}
for name, changes in FOUR.items():
    model = build(**changes)
    largest = 0.0
    for features in three[:10]:
        again = rows_of(model, turned(features))[::-1]  # back in the old order
        largest = max(largest, float(np.abs(again - rows_of(model, features)).max()))
    moved[name] = largest
print(read.say_rows_after_shuffling(moved))

# %% [markdown]
# What does this look like? The first weights are small, and so all rows are nearly
# flat. For the picture we multiply the weights that make the queries by six, and
# subtract the even spread. The rest is shown in colour. Follow one word from the upper
# picture to the lower one: does its row go with it?

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 2, figsize=(9, 3.8), sharex=True, layout="constrained")
for column, name in enumerate(("MCSAN", "neither")):
    model = build(**FOUR[name])
    with torch.no_grad():
        model.cross.layers[0]["text"].attention.to_query.weight *= 6
    pictures = (rows_of(model, one), rows_of(model, turned(one)))
    orders = (list(one.tokens), list(one.tokens[::-1]))
    for ax, picture, tokens in zip(axes[:, column], pictures, orders, strict=True):
        apart = picture * picture.shape[1] - 1  # 0: the even spread
        top = np.abs(apart).max()
        ax.imshow(apart, cmap="PuOr_r", vmin=-top, vmax=top, aspect="auto")
        ax.set_yticks(range(len(tokens)), tokens)
    axes[0, column].set_title(name)
for ax in axes[1]:
    ax.set_xticks(range(0, picture.shape[1], 5))
    ax.set_xlabel("step of sound (90 ms)")
mc.figures.show(
    fig,
    alt="Four small maps of words by steps of sound: two networks, each before and "
    "after the words have changed places.",
    caption="Above: the list as it is. Below: the list turned round. Orange is more "
    "than the even spread, purple is less; each map has its own scale. Untrained; the "
    "query weights are times six.",
)

# %% [markdown]
# In “neither”, every row of the picture goes with its word, unchanged. This is the
# exact test made visible. In MCSAN a row need not go with its word.


# %%
def rows_alike(model):
    """Mean correlation between the rows of different words of one map."""
    found = []
    for features in three[:30]:
        table = np.corrcoef(rows_of(model, features))  # (3, 3)
        found.append(table[np.triu_indices(3, 1)].mean())
    return float(np.mean(found))


alike = {name: rows_alike(build(**FOUR[name])) for name in FOUR}
print(read.say_rows_alike(alike))
bilstm_alone, positions_alone = alike["no positions"], alike["no recurrence"]
more, less = "the BiLSTM", "the positions"
if positions_alone > bilstm_alone:
    more, less = less, more
print(f"In these first weights, {more} alone makes rows more alike than {less} alone.")

# %% [markdown]
# Where all words have nearly one row, they all ask nearly the same question, and the
# row says little about its word. The two networks in the middle of the list have one
# suspect each: "no positions" still has the BiLSTM, and "no recurrence" still has the
# positions. The last line compares them. All this is how the network *begins*, with one
# seed. Training can change it, and section 8 shows whether it does.
#
# ## 5 · Flatter and sharper: √d and heads
#
# $$\mathrm{softmax}\!\left(\frac{\mathbf Q \mathbf K^\top}{s}\right), \qquad
#   s = \sqrt{d / \text{heads}} \;\text{ in [18]},
#   \quad s = \sqrt d \;\text{ as printed}$$
#
# Here [18] is Vaswani et al., whom the paper follows. A divisor never changes the order
# within the row *of one head*: the heaviest step stays the heaviest, and only its lead
# changes. The mean of the heads, which the lines below count, may move. We try it by
# hand, on four scores:

# %%
scores = torch.tensor([8.0, 4.0, 2.0, 0.0])
for heads in (1, 4):
    of_head = torch.softmax(scores / (64 / heads) ** 0.5, -1)
    printed = torch.softmax(scores / 64**0.5, -1)
    print(f"heads = {heads}, as in [18]: {of_head.numpy().round(2)}")
    print(f"heads = {heads}, as printed: {printed.numpy().round(2)}")

# %% [markdown]
# Now we do it to a trained network, the shipped one of the matching world. We keep its
# weights and change only the divisor. Watch three things: the entropy of its rows, the
# places they point at, and the predictions.

# %%
run = mc.load_checkpoint("matching", 0)
home = mc.synthetic_folder(PROFILE, world="matching")
their_truth = mc.read_truth(home)
tested = [
    utterance.id
    for utterance in read_synthetic(home).utterances
    if utterance.split == "test" and their_truth.sense[utterance.id] != "none"
]
part = read_synthetic(home).subset(tested[: 16 if SMALL else 80])
data = run.prepare(mc.extract(part, run.features)[0])
their_dims = mc.Dims(run.features.n_mfcc, data[0].text.shape[1], len(run.labels))
flipped = not run.model.config.full_scale
divided = mc.MCSAN(their_dims, replace(run.model.config, full_scale=flipped))
divided.load_state_dict(run.model.state_dict())
networks = {"as trained": run.model, f"full_scale={flipped}": divided.eval()}


# %%
def pointing_of(model, features, known):
    """Own, own less others, chance: where the decisive word's row points."""
    found = decisive_row_scores(model, features, known).assign(
        difference=lambda rows: rows.points - rows.others
    )
    table = with_interval(found[["points", "difference"]].astype(float))
    columns = ["mean", "low", "high"]
    own = read.Measured(*table.loc["points", columns])
    difference = read.Measured(*table.loc["difference", columns])
    return own, difference, float(found.chance.mean())


entropies, predicted = [], []
for name, model in networks.items():
    flat = [mc.figures.entropy(rows_of(model, features)) for features in data]
    entropies.append(float(np.mean(flat)))
    predicted.append(mc.predict(model, data, list(run.labels)).pred)
    print(read.say_pointing(name, *pointing_of(model, data, their_truth)))
print(read.say_sharpness(*entropies, f"full_scale={flipped}"))
kept = int((predicted[0] == predicted[1]).sum())
print(f"The prediction stays the same in {kept} of {len(data)} utterances.")

# %% [markdown]
# A divisor alone can make a map look more decided, or less, and nothing was learned or
# forgotten. The last line counts how many predictions stayed. So a map has to be
# scored, and not admired. The intervals are over utterances.
#
# ## 6 · The table: who recognises sounds, and whose map shows it?
#
# Untrained networks show what a change *can* do. To see what it *does*, we have to
# train. The command `mcsan identity` trains every change on the full listed world and
# measures its score. On 300 test utterances it then looks where the map points:
#
# - *points*: how often the decisive word's row points at its own sound,
# - *others*: how often the rows of the other words point at that same sound,
# - *gap*: points minus others, paired within each utterance,
# - *seeds*: how many trainings stand for the row of the table.
#
# The last two rows are not MCSAN but MHA, a rival from the paper's Table 1, which
# section 7 opens. It asks the sound with one question for all words (*asks*: one
# summary). So its map has one row, and *others* is how often that row points at the
# sound of another word. *MHA, 1 hop* never asks the sound, so it has no such map.
#
# A lonely word has no others, so its utterance is left out. This table has no untrained
# control. So “a word of its own” only means here: above chance, and ahead of the rows
# of other words. All this takes more than an hour, so the table comes with the course.

# %%
if SMALL or RETRAIN:
    seeds = (0,) if SMALL else (0, 1, 2, 3, 4)
    asked = {"seeds": seeds, "utterances": 20 if SMALL else 300}
    table = identity.identity_table(PROFILE, **asked)
    source = "trained now"
else:
    table, source = identity.shipped_identity(PROFILE)
print(source)
if table is not None:
    bounds = identity.identity_bounds(PROFILE)
    needs_none = bounds["both, unmatched"]
    shown = table.drop(columns="run", errors="ignore").set_index("change")
    display(shown.style.format(precision=3, na_rep=""))

# %% tags=["hide-input"]
def draw_own_and_others(rows, ax):
    """How often the decisive word's row, and the rows of other words, point at it."""
    height = np.arange(len(rows))[::-1]
    labels = {"points": "the word's own row", "others": "rows of other words"}
    for i, (kind, label) in enumerate(labels.items()):
        below = rows[kind] - rows[f"{kind} low"]
        above = rows[f"{kind} high"] - rows[kind]
        ax.errorbar(
            rows[kind],
            height - 0.2 * i,
            xerr=np.abs([below, above]),
            fmt=mc.figures.MARKERS[i],
            color=mc.figures.OKABE_ITO[i],
            capsize=3,
            label=label,
        )
    ax.axvline(rows.chance.mean(), color="black", ls=":", lw=1)
    ax.text(rows.chance.mean(), len(rows) - 0.5, " chance", fontsize=9)
    ax.set(xlim=(0, 1), xlabel="share that points at the decisive sound")
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    ax.legend(frameon=False, fontsize=9, ncols=2, **place)


# %% tags=["hide-input"]
if table is not None:
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4), sharey=True, layout="constrained"
    )
    scores = table.rename(columns={"WA": "mean"}).set_index("change")
    mc.figures.draw_rows(scores, ax=left)
    left.axvline(needs_none, color=mc.figures.OKABE_ITO[5], ls="--")
    left.text(needs_none, -0.5, "needs no matching ", ha="right", fontsize=9)
    left.set_xlim(min(0.7, float(table.low.min()) - 0.05), 1)
    draw_own_and_others(table, right)
    mc.figures.show(
        fig,
        alt="For each network its accuracy with interval, and how often the decisive "
        "word's row and the rows of other words point at the decisive sound. MHA has "
        "one row, beside how often it points at another word's sound.",
        caption=f"Listed world, {read_table.intervals_over(table)}. Dashed: what can be "
        "reached without recognising a sound. Dotted: chance. MHA has one row for all "
        "words; beside it, how often that row points at another word's sound. The left "
        "axis does not begin at zero.",
    )

# %%
if table is not None:
    in_order, both = bounds["both, in order"], bounds["both"]
    print(read.say_what_order_tells(needs_none, in_order, both))
    print(read_table.say_seeds_counted(table))
    print(read_table.say_who_recognises(table, needs_none))
    print(read_table.say_own_word(table))
    print(read_table.say_score_and_map(table, needs_none))
    print(read_table.say_both_have_to_go(table))
    print(read_table.say_matching(table))
    print(read_table.say_cost(identity.identity_gaps(table), "MCSAN"))

# %% [markdown]
# There are three questions here, and each has its own kind of answer. The score answers
# *who recognises sounds*. To learn *whose map shows it*, we compare the word's own row
# with chance **and**, within the same utterances, with the rows of other words. The
# cost or gain of a change is a difference with an interval. A network may recognise
# sounds without its map showing it, and a map may be readable in a network that is not
# shown to recognise any. The lists above say whether either case occurs.
#
# **Ten folds, two worlds.** The table above has one cut of the corpus. The command
# `mcsan run table3 --profile full` trains MCSAN with and without its cross-attention on
# ten folds from three seeds, and with `--world listed` it does so in this world. A fold
# of the listed world has more utterances to train on, so compare rows within a world,
# not across worlds. In the matching world cross-attention may earn its points by
# counting places or by recognising sounds. Here counting cannot help, and only a score
# above the bound would show that sounds were recognised. (This is MCSAN
# with its recurrence and positions. The table above shows what cross-attention earns
# where both are taken away.) A third row is a floor: boosted trees that are told which
# senses were written, where words and stresses are, and how the voice sounds, but
# recognise no sound (lessons 02 and 15).
#
# **Predict, then run.** In which of the two worlds does MCSAN without cross-attention
# fall behind?

# %%
worlds = cross_by_world()
if len(worlds):
    print(read_table.say_cross_by_world(worlds))
    scores = worlds.set_axis([f"{world}: {system}" for world, system in worlds.index])
    ax = mc.figures.draw_rows(scores)
    ax.set_xlim(min(0.7, float(scores.low.min()) - 0.05), 1)
    mc.figures.show(
        ax.figure,
        alt="WA of MCSAN, of MCSAN without cross-attention and of the trees that know "
        "order alone, in the matching and in the listed world, with intervals.",
        caption="Means over ten folds with 95 % intervals, from results/. The axis "
        "does not begin at zero.",
    )
else:
    print("not run: mcsan run table3 --profile full --world listed --out results")

# %% [markdown]
# What does this say about the paper? It takes recurrence and positions for granted, as
# nearly everyone does. Where a transcript follows the voice they are a help, because
# places really do tell which word is which sound. But a network that can count need not
# compare. Is it enough to take one of them away, or must both go, before the map shows
# a word its own sound? The sentences above answer that for this world, and for no
# other.
#
# ## 7 · A rival with one question for all words
#
# In MCSAN every word asks the sound and every step of the sound asks the words, all at
# once. **MHA** (Yoon et al., ICASSP 2019) works by turns. In its **first hop** one
# summary of the sound asks the words, and the answer is *one* weighted mean of them. In
# its **second hop** this mean asks the sound. So the sound gets one question for the
# whole utterance, and not one from each word. MHA reads with BiLSTMs, as MCSAN does,
# but no step is told its number.
#
# **Predict, then run.** Which word will be heaviest in the first hop, and which part of
# the sound in the second?

# %%
SHORT = mc.TrainConfig(
    epochs=2 if SMALL else 12,
    batch_size=32,
    learning_rate=4e-3,
    schedule="warmdown",
    clip=1.0,
)
mc.seed_everything(0)
rival = MultiHop(
    dims, MultiHopConfig(hidden=32, stride=3, audio_dropout=0.0, text_dropout=0.0)
)
mc.fit(rival, mc.TrainingData(parts["train"], parts["valid"], labels), SHORT)
rival.eval()


def hops_of(features):
    """What both hops weigh: the words (L,), then the steps of sound (A,)."""
    maps = mc.attention_maps(rival, features)
    first, second = maps["hop.1.audio_from_text"], maps["hop.2.text_from_audio"]
    return first.mean[0], second.mean[0]


# %%
def share_of(hits):
    """The share of hits, with its interval over utterances."""
    share = float(np.mean(hits))
    return read.Measured(share, *mc.share_interval(share, len(hits)))


several = [features for features in decided if len(features.tokens) > 1]
picked, one_of = [], []
for features in several:
    of_words, _ = hops_of(features)
    token, _ = pointing.decisive_span(truth.loc[features.id])
    picked.append(of_words.argmax() == token)
    one_of.append(1 / len(of_words))
own, lead, sound_chance = pointing_of(rival, several, truth)
print(
    read.say_two_hops(share_of(picked), np.mean(one_of), own, lead, sound_chance)
)
found = mc.predict(rival, parts["test"], labels)
score = share_of(found.pred == found.true)
print(read.say_short_training("MHA", score, unmatched))

# %% tags=["hide-input"]
of_words, of_steps = hops_of(one)
fig, (left, right) = plt.subplots(
    1, 2, figsize=(10, 2.2), width_ratios=(1, 3), layout="constrained"
)
left.barh(one.tokens, of_words, color=mc.figures.OKABE_ITO[0])
left.invert_yaxis()
left.set(xlim=(0, 1), xlabel="weight in hop 1")
seconds = mc.attention_maps(rival, one)["hop.2.text_from_audio"].keys
right.step(seconds, of_steps, where="mid", color=mc.figures.OKABE_ITO[0])
right.axvspan(*span, color=mc.figures.OKABE_ITO[1], alpha=0.3)
right.set(xlabel="seconds", ylabel="weight in hop 2")
mc.figures.show(
    fig,
    alt="Left: the weight of each word in the first hop. Right: the weight of each "
    "moment in the second hop, with the sound of the decisive word shaded.",
    caption=f"The same clip: {one.tokens[word]!r} decides, and its sound is shaded. One "
    "clip and one short training; the lines above have the counts.",
)

# %% [markdown]
# The first hop can find its word by reading: in this world only one word of the list is
# negative or positive. The second hop cannot find the sound by reading, nor by
# counting, since order tells nothing. The *lead* is its control: a map that only finds
# where *some* word is spoken has none.
#
# The first line is about where the hops look, and the second one about the score. They
# need not agree. A network may look at the right sound, and not yet hear in it what
# decides. Now look back at the table of section 6, in which MHA had six times as many
# utterances and twice the width:

# %%
if table is not None:
    print(read_table.say_rival_with_recurrence(table, needs_none))

# %% [markdown]
# *Why* MHA differs from MCSAN is another question. It differs in many things, among
# them: one question instead of many, finer steps of sound (30 ms instead of 90), no
# positions, one head, no self-attention, and half the parameters. The table does not
# take them apart.
#
# ## 8 · Your own change
#
# Now it is your turn to edit. `CHANGES` holds the fields that differ from `BASE`. Start
# with the change that is there, then try your own (one head, two layers, or only one of
# the two fields). Predict first: *will the rows of the map point at their own sound?*
# On this lesson's small world, each training takes about a quarter of a minute. The
# intervals below are over utterances, and know nothing of other seeds.

# %%
CHANGES = {"encoder": "linear", "positions": "none"}


def trained_briefly(**changes):
    """A network after a short training on the small listed world."""
    model = build(**changes)
    training = mc.TrainingData(parts["train"], parts["valid"], labels)
    mc.fit(model, training, SHORT)
    return model.eval()


def read_network(name, model):
    """Print what its score and its map say."""
    found = mc.predict(model, parts["test"], labels)
    share = float((found.pred == found.true).mean())
    score = read.Measured(share, *mc.share_interval(share, len(found.true)))
    print(read.say_short_training(name, score, unmatched))
    print(read.say_pointing(name, *pointing_of(model, decided, truth)))


# %%
base = trained_briefly()
read_network("BASE", base)

# %%
changed = trained_briefly(**CHANGES)
fields = ", ".join(f"{field}={value}" for field, value in CHANGES.items())
read_network(fields, changed)

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(10, 2.6), layout="constrained")
aligned = mc.figures.AlignedUtterance(
    one.tokens,
    mc.frame_spans(rows_of(base, one).shape[1]),
    truth=mc.figures.DecisiveWord(word, *span),
)
top = max(rows_of(model, one).max() for model in (base, changed))
named = {"BASE, trained": base, "changed, trained": changed}
for ax, (name, model) in zip(axes, named.items(), strict=True):
    mc.figures.draw_attention(rows_of(model, one), aligned, ax=ax, top=top)
    ax.set_title(name)
mc.figures.show(
    fig,
    alt="Two attention maps of the same clip, of the trained BASE and of the trained "
    "change; the decisive word and its sound are boxed.",
    caption=f"{', '.join(one.tokens)}: {one.tokens[word]!r} decides. This is one clip "
    "and one short training each, so it is an anecdote. The lines above have the "
    "counts.",
)

# %%
pairs = {"BASE": (build(), base), "changed": (build(**CHANGES), changed)}
for name, (untrained, trained) in pairs.items():
    found = {"untrained": rows_alike(untrained), "trained": rows_alike(trained)}
    print(f"{name}. {read.say_rows_alike(found)}")

# %% [markdown]
# Before you believe what you see, change the seed in `build` and run both again. A
# world of eight spellings is small enough for a network to learn it in more than one
# way, and so short a training may end in any of them. The table of section 6 has a
# larger world and longer trainings. Where the two disagree, believe the table.
#
# ## Exercises
#
# **E13.1 · Change the model** (★, 4 min). Write `stripped(config)`: the same network
# without recurrence and without positions. Nothing else may change.
#
# <details><summary>Hint 1</summary>Two fields of the table in section 2.</details>
# <details><summary>Hint 2</summary>The config is frozen; <code>replace</code> makes a
# copy.</details>
# <details><summary>Hint 3</summary><code>replace(config, encoder=…, positions=…)</code>
# </details>


# %% tags=["exercise"]
def stripped(config):
    """An MCSANConfig -> the same without recurrence and positions."""
    raise NotImplementedError


check.stripped(stripped)


# %% tags=["solution"]
def stripped(config):
    """An MCSANConfig -> the same without recurrence and positions."""
    return replace(config, encoder="linear", positions="none")


check.stripped(stripped)

# %% [markdown]
# **E13.2 · Implement** (★★, 7 min). Write the control of this lesson by hand. `weights`
# is a map (L, A), `word` the number of the decisive word, and `inside` (A,) says which
# steps lie in its sound. Return two numbers. The first one, *own*, is 1 if the heaviest
# step of the word's row lies inside, and otherwise 0. The second one, *others*, is the
# share of all other rows whose heaviest step lies inside. Where there is no other word,
# *others* is nan.
#
# <details><summary>Hint 1</summary>The heaviest step of every row at once:
# <code>weights.argmax(axis=1)</code>.</details>
# <details><summary>Hint 2</summary><code>inside[…]</code> of these says for each row
# whether it points.</details>
# <details><summary>Hint 3</summary><code>np.delete(points, word)</code> leaves the word
# itself out. The mean of nothing is nan and comes with a warning, so check for that
# case first.</details>


# %% tags=["exercise"]
def own_and_others(weights, word, inside):
    """-> (own, others)"""
    raise NotImplementedError


check.own_and_others(own_and_others)


# %% tags=["solution"]
def own_and_others(weights, word, inside):
    """-> (own, others)"""
    points = inside[weights.argmax(axis=1)].astype(float)
    others = np.delete(points, word)
    if len(others) == 0:
        return points[word], float("nan")
    return points[word], others.mean()


check.own_and_others(own_and_others)

# %% [markdown]
# **E13.3 · Predict** (★★, 6 min). Answer before you look back at sections 3 to 5:
#
# - **keeps**: the set of those of `"MCSAN"`, `"no positions"`, `"no recurrence"` and
#   `"neither"` that must keep every word's row when the words change places;
# - **layer**: a network has a linear encoder, no positions, and many layers of
#   cross-attention. Number the layers from 1. At the input of which layer does a step
#   of sound first depend on the sound of other moments?
# - **scale**: does `full_scale=True` make the rows `"flatter"` or `"sharper"`?
#
# <details><summary>Hint 1</summary>For *keeps*: which parts of a network know that one
# word stands before another?</details>
# <details><summary>Hint 2</summary>For *layer*: in each layer, sound asks words and
# words ask sound, both from the old values. Who has heard what, after one
# layer?</details>
# <details><summary>Hint 3</summary>After one layer the words have heard all sounds. It
# takes one more until the sound has asked these words.</details>

# %% tags=["exercise"]
answer = {"keeps": ..., "layer": ..., "scale": ...}
check.predictions(answer)

# %% tags=["solution"]
answer = {"keeps": {"neither"}, "layer": 3, "scale": "flatter"}
check.predictions(answer)

# %% [markdown]
# **E13.4 · Change the model** (★★★, 12 min). Between "everything" (BiLSTM) and
# "nothing" (linear) there is a middle. Write an encoder `Window` whose steps see
# themselves and **one neighbour on each side**. It is made with
# `Window(inputs, hidden)`. It gets `x` (B, T, inputs) and `mask` (B, T), which is True
# where a step is real. It returns (B, T, hidden), with zeros on padding. Nothing that
# lies in the padding may reach a real step.
#
# <details><summary>Hint 1</summary>Which layer slides a window of three along time?
# Lesson 05 built one.</details>
# <details><summary>Hint 2</summary><code>nn.Conv1d(inputs, hidden, 3, padding=1)</code>
# wants (B, inputs, T): swap the axes with <code>transpose(1, 2)</code>, and swap them
# back afterwards.</details>
# <details><summary>Hint 3</summary>Multiply by <code>mask[..., None]</code> twice:
# before, so that padding cannot be seen, and after, so that it stays zero.</details>


# %% tags=["exercise"]
class Window(torch.nn.Module):
    """Each step and its two neighbours."""

    def __init__(self, inputs, hidden):
        super().__init__()

    def forward(self, x, mask):
        raise NotImplementedError


check.window_encoder(Window)


# %% tags=["solution"]
class Window(torch.nn.Module):
    """Each step and its two neighbours."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.conv = torch.nn.Conv1d(inputs, hidden, 3, padding=1)

    def forward(self, x, mask):
        x = x * mask[..., None]  # padding cannot be seen
        x = self.conv(x.transpose(1, 2)).transpose(1, 2)
        return x * mask[..., None]


check.window_encoder(Window)

# %% [markdown]
# Now put your encoder in and run the smear test again. (If the exercise is still open,
# the cell says so.)

# %%
model = build(**FOUR["neither"])
model.audio_lstm = Window(BASE.hidden, BASE.hidden)
try:
    outside = [smear_of(model.eval(), features)[1] for features in some]
    found = with_interval(pd.DataFrame({"outside": outside})).loc["outside"]
    share = read.Measured(*found[["mean", "low", "high"]])
    print(read.say_smear({"window of three": share}, even))
except NotImplementedError:
    print("Window is not written yet.")

# %% [markdown]
# **E13.5 · Explain** (★★, 5 min). Three of these sentences can be defended with what
# this lesson measures. Which?
#
# - **a** — Since the network without BiLSTM has another score, the BiLSTM of the
#   trained MCSAN does what that difference says.
# - **b** — In the stripped network a word's row is the same wherever the word stands,
#   for any weights.
# - **c** — A high score in the matching world shows that the network recognises sounds.
# - **d** — In the listed world, a score above "both, unmatched" shows that sounds were
#   recognised.
# - **e** — Anyone who builds emotion recognition for people should leave out the
#   BiLSTM.
# - **f** — Dividing the scores by more makes rows flatter, and leaves the heaviest step
#   of each head where it was.
# - **g** — The map points at the decisive sound above chance, so each word finds its
#   own.
#
# <details><summary>Hint 1</summary>Two of the three hold by construction, whatever was
# trained.</details>
# <details><summary>Hint 2</summary>One letter forgets other words, one forgets the
# world.</details>
# <details><summary>Hint 3</summary>An ablation compares two networks; it does not look
# inside one.</details>

# %% tags=["exercise"]
answer = ...
check.what_follows(answer)

# %% tags=["solution"]
answer = {"b", "d", "f"}
check.what_follows(answer)

# %% [markdown]
# ## Recap
# - You changed MCSAN by its config, and predicted before training what each change can
#   do.
# - You showed by an exact test which networks know a place.
# - You followed one word's sound through three layers, and saw where it first spreads.
# - You changed a divisor in a trained network, and watched its map become another
#   picture.
# - You read a table of changes: which networks recognise sounds, whose map shows it,
#   and what each change costs or gains.
# - You opened a rival with one question for all words, and saw where its hops point.

# %% [markdown]
# ## What you may not conclude
# - That the BiLSTM is bad. Where a transcript follows the voice, places are honest
#   evidence.
# - That a map that points explains the decision. It shows where one layer looked.
# - That a few seeds speak for all others: the intervals count only the seeds and the
#   utterances of the table, all from one generated corpus.
# - That a smaller network scored higher or lower because of the *part* that was taken
#   away: it also has fewer parameters.
# - That MHA does what it does *because* it has one question. It differs from MCSAN in
#   many things.
# - That recurrence has to go before a map can show a word its sound: MHA keeps it.
# - Anything from one short training of sections 7 and 8.
#
# **Further reading:** Jain and Wallace, *Attention is not explanation* (NAACL 2019);
# Wiegreffe and Pinter, *Attention is not not explanation* (EMNLP 2019); Vaswani et al.,
# *Attention is all you need* (2017), on positions and on the divisor; Yoon et al.,
# *Speech emotion recognition using multi-hop attention mechanism* (ICASSP 2019); Dufter, Schmitt
# and Schütze, *Position information in transformers* (2022).
#
# **Previous:** [12 · The ladder of readings](12_the_ladder_of_readings.ipynb) ·
# **Next:** [14 · Ablations with error bars](14_ablations_with_error_bars.ipynb)
