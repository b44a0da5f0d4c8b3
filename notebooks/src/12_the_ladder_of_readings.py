# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 · The ladder of readings
#
# Lesson 11 put the attention map to the test. Many other ways have been invented to ask
# a network which words and which moments it used. They form a ladder, and this lesson
# climbs it rung by rung. You write several readings in a few lines each, check those
# against the package, and only then ask which of all readings point.
#
# **You will be able to**
# - compute value-weighted attention, rollout, gradient × attention, integrated
#   gradients and receipts by hand, and say what each of them measures,
# - check how nearly integrated gradients add up, and see why rollout is the raw map
#   times a constant here,
# - cover one word's sound, or flatten its voice, where word times are known,
# - compare readings in two worlds, with intervals and with chance,
# - split a decision into sound, words and their interaction, by Shapley values and
#   EMAP.
#
# **Needs:** lessons 06, 08 and 11. **Time:** read 16 min · run about 2 min · exercises
# 30 min. **Paper:** Eq. 9, 10, 15 and 18. **Runs on:** the two synthetic worlds,
# whatever `CORPUS` says, because only there is the evidence known. The networks come
# with the course (`mcsan checkpoints` trains them again).

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs a known truth: other corpora have none
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading (hours, not minutes)

# %%
import inspect
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
from mcsan_lite.evaluation.intervals import with_interval
from mcsan_lite.exercises import lesson12 as check
from mcsan_lite.exercises.verdicts import lesson12 as read
from mcsan_lite.experiments import checkpoints, readings
from mcsan_lite.explain import faithfulness, modalities, pointing
from mcsan_lite.explain.pointing_tables import pointing_table
from mcsan_lite.explain.readings import from_attention, from_logit, from_words

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
WORLDS = ("matching", "leaking")
N = {"smoke": 16}.get(PROFILE, 80)  # utterances per world; with more, intervals shrink
SOME = {"smoke": 8}.get(PROFILE, 30)  # where each utterance takes many passes
FEW = 8  # where each takes hundreds

# %% [markdown]
# ## 1 · One network in each world, and one utterance
#
# Here the features carry the time of every word (`align="gold"`). MCSAN does not read
# these times, but the edits of section 7 do.

# %%
FOLDER = checkpoints.CHECKPOINTS_FOLDER
if RETRAIN:
    FOLDER = Path("runs/checkpoints")
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))
runs = {world: mc.load_checkpoint(world, 0, folder=FOLDER) for world in WORLDS}
labels = list(runs["matching"].labels)


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
    run = runs[world]
    timed = replace(run.features, align="gold")  # with the time of every word
    data, _ = mc.extract(part, timed)
    return {one.id: one for one in chosen[:N]}, run.prepare(data), truth


opened = {world: open_world(world) for world in WORLDS}
clips, data, truth = opened["matching"]
model = runs["matching"].model
print({world: f"{len(found[1])} test utterances" for world, found in opened.items()})

# %% [markdown]
# We state the rule that picks the utterance before we look at any map. It is the first
# utterance of at least two seconds whose decisive word is stressed and whose class is
# predicted correctly.

# %%
said = mc.predict(model, data, labels)
right = {
    name
    for name, predicted, true in zip(said.ids, said.pred, said.true, strict=True)
    if predicted == true
}
stressed = {"anger", "excitement"}
candidates = [
    one
    for one in data
    if one.id in right and one.label in stressed and len(one.audio) >= 200
]
one = (candidates or data)[0]
word, span = pointing.decisive_span(truth.loc[one.id])
sound = mc.load_audio(clips[one.id].audio)
about = (
    f"{one.label}: “{clips[one.id].text}”. The decisive word is {one.tokens[word]!r}, "
    f"{span[0]:.2f} to {span[1]:.2f} s"
)
display(mc.figures.play(sound, 16_000, alt=about))

# %% [markdown]
# The first rungs start from three things: the weights of the last cross-attention layer
# (words ask, sound answers), the sound that answered, and the reaction of the logit to
# each weight. A hook keeps the first two while the network runs. The third is a
# gradient, computed afterwards by `torch.autograd.grad`.

# %%
attention = model.cross.layers[-1]["text"].attention
caught = {}


def catch(module, inputs, output):
    """Keep what went in and what came out."""
    caught["memory"] = inputs[1]  # (1, A, D) the sound that answers
    caught["weights"] = output[1]  # (1, H, L, A)


handle = attention.register_forward_hook(catch)
batch = mc.collate([one])
batch.audio.requires_grad_()
batch.text.requires_grad_()
logits = model.eval()(batch).logits[0]  # (C,)
handle.remove()
target = int(logits.argmax())
weights = caught["weights"][0]  # (1, H, L, A) -> (H, L, A)
memory = caught["memory"][0].detach()  # (1, A, D) -> (A, D)
slopes = torch.autograd.grad(logits[target], caught["weights"])[0][0]  # (H, L, A)
weights = weights.detach()
print(f"predicted {labels[target]}; weights {tuple(weights.shape)}")

# %% [markdown]
# ## 2 · Value-weighted attention
#
# A weight says how much of a vector is taken. It does not say how long that vector is.
# Over all heads $h$, the vector that moment $t$ really sends to word $i$ has the length
#
# $$\Big\lVert \sum_h w^{h}_{it}\, \mathbf v^{h}_t \mathbf M_h^\top \Big\rVert$$
#
# where $\mathbf v^h_t$ is the value of moment $t$ in head $h$, and $\mathbf M_h$ is the
# part of the output projection that belongs to this head (Kobayashi et al. 2020). One
# head, one word, three moments:

# %%
tiny_weights = np.array([0.6, 0.3, 0.1])
tiny_sent = np.array([[0.1, 0.0], [1.0, 2.0], [0.5, 0.5]])  # value times merge, (3, 2)
tiny_lengths = np.linalg.norm(tiny_weights[:, None] * tiny_sent, axis=1)
print("lengths:", tiny_lengths.round(2))
print(read.say_longest_vector(tiny_weights, tiny_lengths))

# %% [markdown]
# Now we do the same on the network, whose heads split the width $D$ into equal parts:

# %%
heads = attention.heads
with torch.no_grad():
    values = attention.to_value(memory)  # (A, D)
    values = values.unflatten(1, (heads, -1))  # (A, D) -> (A, H, D/H)
    merge = attention.merge.weight.unflatten(1, (heads, -1))  # (D, D) -> (D, H, D/H)
    sent = torch.einsum("ahe,dhe->had", values, merge)  # (H, A, D)
    by_hand = torch.einsum("hla,had->lad", weights, sent).norm(dim=-1)  # (L, A)

package = mc.READINGS["value-weighted"].read(model, one, target)
np.testing.assert_allclose(by_hand, package.pairs, rtol=1e-4, atol=1e-5)
print(inspect.getsource(from_attention.value_weighted))

# %% [markdown]
# Both agree, or the cell above would have stopped. This is what they say about the
# decisive word:

# %%
raw = mc.READINGS["raw attention"].read(model, one, target)
print(read.say_longest_vector(raw.pairs[word], package.pairs[word]))

# %% [markdown]
# ## 3 · Rollout
#
# Where there are several layers, each one mixes what the layer before it has already
# mixed. Rollout (Abnar & Zuidema 2020) therefore multiplies their maps. Because of the
# residual path, half of each layer is the position itself:
#
# $$\mathbf R = \prod_{n=N}^{1} \tfrac12\left(\mathbf W_n + \mathbf I\right)$$
#
# We have two streams, so the words come first in this matrix and the sound follows. A
# cross-attention layer has its maps in the two blocks off the diagonal. Here are two
# words and two moments:

# %%
text_from_audio = np.array([[0.9, 0.1], [0.4, 0.6]])
audio_from_text = np.array([[0.5, 0.5], [0.2, 0.8]])
zero = np.zeros((2, 2))
cross = np.block([[zero, text_from_audio], [audio_from_text, zero]])  # (4, 4)
layer = (cross + np.eye(4)) / 2
print("one layer, words × moments:\n", layer[:2, 2:])
print("two layers, words × moments:\n", (layer @ layer)[:2, 2:])

# %% [markdown]
# With one layer the block *is* the map, halved. With two layers there are two ways from
# a word to a moment: cross in one layer and stay in the other. (Whatever crosses twice
# is back in its own stream.) Each way carries a quarter of the map. As both layers are
# the same here, the block stays as it was; two different layers would leave half of
# their mean.
#
# The paper has $N = 1$. Its cross-attention and its self-attention work side by side,
# and rollout takes their mean. In this block self-attention has only zeros, so a
# quarter of the raw map is left. Rollout divided by the raw map must then be one
# constant:

# %%
rolled = mc.READINGS["rollout"].read(model, one, target)
correlation = np.corrcoef(rolled.pairs.ravel(), raw.pairs.ravel())[0, 1]
ratio = rolled.pairs / raw.pairs
print(f"rollout ÷ raw map: {ratio.min():.4f} to {ratio.max():.4f}")
print(read.say_rollout_and_raw(correlation, model.config.layers))

# %% [markdown]
# Here is the same matrix by hand from the four maps, and then the package's function:

# %%
maps = mc.attention_maps(model, one)
mean = {name: found.mean for name, found in maps.items()}
words, steps = raw.pairs.shape
sizes = {"text": words, "audio": steps}
empty = np.zeros((words, steps))
crossing = np.block(
    [
        [np.zeros((words, words)), mean["cross.0.text_from_audio"]],
        [mean["cross.0.audio_from_text"], np.zeros((steps, steps))],
    ]
)  # (L + A, L + A)
own = np.block([[mean["self.0.text"], empty], [empty.T, mean["self.0.audio"]]])
same = np.eye(words + steps)
by_hand = ((crossing + same) / 2 + (own + same) / 2) / 2  # side by side: their mean
package = from_attention.rollout_matrix(maps, sizes, model.config.order)
if model.config.layers == 1 and model.config.order == "parallel":
    np.testing.assert_allclose(by_hand, package, rtol=1e-4, atol=1e-6)
print(inspect.getsource(from_attention.rollout_matrix))

# %% [markdown]
# ## 4 · Gradient × attention
#
# None of the rungs so far knows the class. The gradient does: it says how the logit
# $y_c$ would move if one weight grew. Chefer et al. (2021) keep only the part that
# speaks *for* the class:
#
# $$\frac1H \sum_h \max\!\left(0,\; w^h_{it}\,
#   \frac{\partial y_c}{\partial w^h_{it}}\right)$$
#
# First come one head and three moments, then the network:

# %%
tiny_slopes = np.array([-2.0, 1.0, 3.0])
print("by hand:", np.maximum(0, tiny_weights * tiny_slopes).round(2))

by_hand = (weights * slopes).clamp(min=0).mean(0)  # (H, L, A) -> (L, A)
package = mc.READINGS["gradient x attention"].read(model, one, target)
np.testing.assert_allclose(by_hand, package.pairs, rtol=1e-4, atol=1e-6)
print(inspect.getsource(from_attention.gradient_x_attention))

# %% [markdown]
# The heaviest weight of the tiny row scores zero, because it speaks against the class.
# A sentence such as "nothing spoke against it" can therefore never be read off this
# rung.
#
# ## 5 · Integrated gradients, and a sum that must come out
#
# A slope holds for a tiny step only. Take $f(x) = \min(x, 1)$ at $x = 2$. The slope
# there is zero, and yet $x$ has brought $f$ from 0 to 1. Integrated gradients
# (Sundararajan et al. 2017) average the slopes all along the way from a baseline
# $\mathbf x'$:
#
# $$\mathrm{IG}_j = (x_j - x'_j)\int_0^1
#   \frac{\partial y_c}{\partial x_j}
#   \big(\mathbf x' + s(\mathbf x - \mathbf x')\big)\,ds$$

# %%
x, baseline = 2.0, 0.0
slope_at_x = 0.0  # min(x, 1) is flat there
middles = (np.arange(64) + 0.5) / 64  # shares of the way from baseline to x, (64,)
on_the_way = baseline + middles * (x - baseline)
slopes_there = (on_the_way < 1).astype(float)  # 1 where min(x, 1) still rises
print("gradient × input:", (x - baseline) * slope_at_x, end=" · ")
print("integrated gradients:", (x - baseline) * slopes_there.mean())

# %% [markdown]
# For the network, the baseline is zero everywhere: the sound is the mean frame, and
# each word has the vector of an unknown word. The loop walks along the way in small
# shares and averages the slopes.


# %%
def slopes_on_the_way(one, target, count=64):
    """Input times mean slope: (L,) for words and (T,) for MFCC frames."""
    audio = torch.zeros(one.audio.shape)
    text = torch.zeros(one.text.shape)
    for share in (np.arange(count) + 0.5) / count:
        on_the_way = replace(one, audio=share * one.audio, text=share * one.text)
        batch = mc.collate([on_the_way])
        batch.audio = batch.audio.float()
        batch.text = batch.text.float()
        batch.audio.requires_grad_()
        batch.text.requires_grad_()
        logit = model(batch).logits[0, target]
        of_audio, of_text = torch.autograd.grad(logit, (batch.audio, batch.text))
        audio += of_audio[0, : len(audio)] / count
        text += of_text[0] / count
    return (one.text * text.numpy()).sum(1), (one.audio * audio.numpy()).sum(1)


by_word, by_frame = slopes_on_the_way(one, target)
package = from_logit.integrated_gradients(model, one, target, steps=[64])
differ = np.abs(by_word - package.words).max()
assert differ < 0.01 * np.abs(package.words).max() + 1e-3
print(f"by hand and the package differ by {differ:.0e} logits at most")
print(inspect.getsource(from_logit.integrated_gradients))

# %% [markdown]
# The integral gives us **completeness**: all scores together add up to the logit of the
# utterance minus that of the baseline. Many readings have no such check. Here is ours,
# on a few utterances. *Sum* is that of all scores, *difference* is what it should be,
# and *gap* is what the sum misses:

# %%
rows = []
for some in data[:FEW]:
    reading = mc.READINGS["integrated gradients"].read(model, some, None)
    total = float(reading.words.sum() + reading.frames.sum())
    rows.append(
        {
            "id": some.id,
            "sum": total,
            "difference": total + reading.gap,
            "gap": reading.gap,
        }
    )
complete = pd.DataFrame(rows).set_index("id")
display(complete.round(3))
print(read.say_completeness(complete.gap, complete.difference))

# %% [markdown]
# The integral adds up exactly; the walk in finite steps does so only nearly. And a sum
# that comes out does not make the parts true. Sharing it out evenly would add up as
# well, and another baseline would give other parts.
#
# ## 6 · Receipts
#
# Before Eq. 18, the read-out takes the **maximum** of each channel over all positions.
# If a single linear map follows, each channel can be billed to the position that won
# it:
#
# $$\text{logit} = b + \sum_{c} w_c \max_t h_{t,c}
#   = b + \sum_t \sum_{c:\,t\text{ wins }c} w_c\, h_{t,c}$$

# %%
h = np.array([[0.1, 2.0, -1.0], [0.9, 0.3, -0.2], [0.4, 0.1, 0.5], [0.0, 0.2, 0.1]])
w = np.array([1.0, -0.5, 2.0])
winner = h.argmax(0)  # (3,) which moment wins each channel
bills = np.bincount(winner, w * h.max(0), minlength=len(h))  # (4,)
print("winners:", winner, " bills:", bills)
print(f"sum {bills.sum():.2f} = logit {w @ h.max(0):.2f}")

# %% [markdown]
# A moment that won no channel pays nothing. This is algebra, so it must hold for any
# weights. We try it first on a network with a linear read-out and random weights, and
# then on ours. Our read-out has two layers, so its gradient stands in for $w$, and the
# bills are no longer exact.

# %%
torch.manual_seed(9)
dims = mc.Dims(data[0].audio.shape[1], data[0].text.shape[1], len(labels))
small = mc.MCSANConfig(hidden=16, heads=2, feedforward=2, classifier_layers=1)
linear = mc.MCSAN(dims, small).eval()
worst = max(abs(from_logit.receipts(linear, some).gap) for some in data[:FEW])
assert worst < 1e-4
bills = [from_logit.receipts(model, some) for some in data[:FEW]]
gaps = np.array([bill.gap for bill in bills])
sums = np.array([bill.words.sum() + bill.frames.sum() for bill in bills])
print(read.say_bills(worst, np.abs(gaps).mean(), np.abs(gaps + sums).mean()))

# %% [markdown]
# The word *exact* covers less than it seems to. Each bill goes to a position of the
# last layer, and that position knows things that came from everywhere (see the smear
# test of lesson 05).
#
# ## 7 · Edit a whole word
#
# All rungs so far look inside the network. **Occlusion** asks it a question instead: we
# cover a piece of the input and see how far the logit falls. A window that slides over
# the sound cuts words in two. Where word times are known, we can cover the sound of
# exactly one word and leave its spelling in the transcript:

# %%
frames = from_words.spoken_frames(one)  # (L, T): which frames belong to which word
falls = []
for of_word in frames:
    covered = one.audio.copy()
    covered[of_word] = 0  # the mean frame of the training part
    edited = faithfulness.logits_of(model, [one, replace(one, audio=covered)])
    falls.append(edited[0, target] - edited[1, target])
package = mc.READINGS["word occlusion (mean frame)"].read(model, one, target)
np.testing.assert_allclose(falls, package.words, rtol=1e-3, atol=1e-4)
for token, fall in zip(one.tokens, falls, strict=True):
    print(f"{token:12} {fall:+.2f}")
most = int(np.argmax(falls))
found = "the decisive word" if most == word else "not the decisive word"
print(f"The logit falls most when “{one.tokens[most]}” is covered: {found}.")
print(inspect.getsource(from_words.word_occlusion))

# %% [markdown]
# Listen to what was covered:

# %%
start, end = (int(16_000 * second) for second in span)
alt = f"Only “{one.tokens[word]}”, {span[0]:.2f} to {span[1]:.2f} s of the clip"
display(mc.figures.play(sound[start:end], 16_000, alt=alt))

# %% [markdown]
# A hole is still a sound that nobody ever makes. A gentler edit keeps the word and
# changes only the **voice**, so that the word is said as evenly as the words around it.
# The package does this on the MFCC frames. *Loudness* is coefficient 0, and moving it
# has the effect of a gain knob. *Rate* is the number of frames per letter. Letters are
# a crude measure of length: even a stressed word may have fewer frames per letter than
# the words around it, and flattening then makes it longer. *Pitch* has no column of its
# own. It leaves its trace in the fine structure (coefficients 13 and up), where a
# little timbre is changed along with it.

# %%
for edit in from_words.VOICE_EDITS:
    flat = from_words.flatten_voice(one, word, [edit])
    moved = faithfulness.logits_of(model, [one, flat])[:, target]
    print(
        f"{edit:9} {len(one.audio)} -> {len(flat.audio)} frames, "
        f"logit {moved[0]:+.2f} -> {moved[1]:+.2f}"
    )
print(inspect.getsource(from_words.flatten_voice))

# %% [markdown]
# **Predict, then check.** In this corpus, a stressed word is louder, higher and slower
# all at once. Which of the three does the network listen to? And what happens when we
# flatten *another* word, which has nothing to hide? Only utterances whose decisive word
# is stressed can answer this. The other word is the one that follows it, or the first
# one where none follows. The sentences below the figure give 95 % intervals over
# utterances.

# %%
every = tuple(from_words.VOICE_EDITS)
edits = {name: (name,) for name in every} | {"all three": every}


def falls_of(net, some, place):
    """How far the predicted logit falls under each edit, for two words."""
    other = (place + 1) % len(some.tokens)
    rows = []
    for edit, parts in edits.items():
        flat = [from_words.flatten_voice(some, at, parts) for at in (place, other)]
        found = faithfulness.logits_of(net, [some, *flat])
        fall = found[0].max() - found[1:, found[0].argmax()]
        rows.append({"edit": edit, "word": "decisive", "fall": fall[0]})
        rows.append({"edit": edit, "word": "another", "fall": fall[1]})
    return rows


# %%
rows = []
for world in WORLDS:
    _, utterances, known = opened[world]
    for some in utterances:
        found = known.loc[some.id]
        place = int(found.decisive)
        is_stressed = found.stressed[found.targets.index(place)]
        if is_stressed and len(some.tokens) > 1:
            rows += [
                row | {"world": world}
                for row in falls_of(runs[world].model, some, place)
            ]
voice = pd.DataFrame(rows)
counts = voice.groupby("world").size() // (2 * len(edits))
print("stressed utterances:", counts.to_dict())

# %% tags=["hide-input"]
grid = sns.catplot(
    voice,
    x="fall",
    y="edit",
    hue="word",
    col="world",
    kind="point",
    linestyle="none",
    markers=["o", "s"],
    dodge=0.4,
    height=3,
    aspect=1.4,
    errorbar=("ci", 95),
    seed=0,
    palette=mc.figures.OKABE_ITO[:2],
)
grid.set_axis_labels("fall of the predicted logit", "")
for ax in grid.axes.flat:
    ax.axvline(0, color="0.6", lw=0.8)
mc.figures.show(
    grid.figure,
    alt="Fall of the logit when one word's voice is flattened, by edit, in two worlds.",
    caption="Circles: the decisive word. Squares: another word. Bars: 95 % bootstrap "
    "over utterances; the sentences below use Student's interval.",
)


# %%
def share_of(values):
    """Mean and 95 % interval of some numbers."""
    found = with_interval(pd.DataFrame({"x": list(values)})).iloc[0]
    return read.Measured(found["mean"], found.low, found.high)


for (world, edit), group in voice.groupby(["world", "edit"], sort=False):
    # The same place in both arrays is the same utterance.
    own = group.fall[group.word == "decisive"].to_numpy()
    other = group.fall[group.word == "another"].to_numpy()
    falls = (share_of(own), share_of(other), share_of(own - other))
    print(f"{world} world,", read.say_word_edit(edit, *falls))

# %% [markdown]
# ## 8 · All rungs on one utterance
#
# The readings do not all compute the same thing. Before we measure anything, let us see
# in the package's own words what each of them tells us.

# %%
explained = {name: method.explains for name, method in mc.READINGS.items()}
with pd.option_context("display.max_colwidth", None):
    display(pd.DataFrame({"what it tells of a moment": explained}))

# %% [markdown]
# The next table says what each of them cannot tell us, and where it comes from:
#
# | reading | cannot say | source |
# |---|---|---|
# | raw attention | anything about the class; it has no sign, and sees one layer | Bahdanau 2015 |
# | value-weighted | anything about the class; it has no sign | Kobayashi 2020 |
# | rollout | what the values do; it stops at the BiLSTM | Abnar & Zuidema 2020 |
# | gradient × attention | what speaks against the class: that is dropped | Chefer 2021 |
# | receipts | which sounds mattered: it bills summaries of them | this course |
# | gradient × input | anything about changes that are not tiny | Shrikumar 2016 |
# | integrated gradients | anything without a baseline, which is a choice | Sundararajan 2017 |
# | occlusion | how the network reacts to speech: it was never trained on a hole | Zeiler & Fergus 2014 |
# | word occlusion | the same, but no word is cut in two | Pastor 2024 |
# | voice edit | anything about the word itself: only its manner is changed | Pastor 2024 |
#
# **Predict, then check.** Which of them has its peak inside the decisive word? Some
# readings score pairs of words and moments. For these, the curve below is the row of
# the decisive word.

# %%
answers = {
    name: method.read(model, one, None) for name, method in mc.READINGS.items()
}
curves = {
    name: answer.frames if answer.pairs is None else answer.pairs[word]
    for name, answer in answers.items()
}
steps = len(curves["raw attention"])
inside = pointing.inside_of(model, steps, span)
scores = {
    name: pointing.pointing_score(curve, inside) for name, curve in curves.items()
}
chance = scores["raw attention"].chance
print(read.say_peaks_inside({n: s.points == 1 for n, s in scores.items()}, chance))

# %% tags=["hide-input"]
seconds = mc.frame_times(steps)
fig, axes = plt.subplots(
    len(curves), 1, figsize=(8, 8), sharex=True, layout="constrained"
)
for ax, (name, curve) in zip(axes, curves.items(), strict=True):
    curve = curve / np.abs(curve).max()
    ax.axvspan(*span, color=mc.figures.OKABE_ITO[1], alpha=0.35, lw=0)
    ax.bar(seconds, curve, width=0.08, color=mc.figures.OKABE_ITO[0])
    ax.plot(seconds[curve.argmax()], curve.max(), "v", color="black", ms=5)
    ax.axhline(0, color="0.5", lw=0.6)
    ax.set(yticks=[])
    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
axes[-1].set_xlabel("seconds")
mc.figures.show(
    fig,
    alt=f"{len(curves)} bar charts over the seconds of one utterance, one per reading; "
    "a band marks the decisive word.",
    caption=f"“{clips[one.id].text}”. The band is {one.tokens[word]!r}, the triangle "
    "marks the peak of each reading. Each curve has its own scale.",
)

# %% [markdown]
# ### Do they agree?
#
# On most corpora the truth is not known. People then show two or three methods that
# agree with each other. How far do ours agree?

# %%
tables = []
for some in data[:FEW]:
    frames = {
        name: method.read(model, some, None).frames
        for name, method in mc.READINGS.items()
    }
    tables.append(pd.DataFrame(frames).corr("spearman"))
# A reading that is constant in one utterance has no ranks there: that one is left out.
agree = pd.concat(tables).groupby(level=0, sort=False).mean()
mc.figures.draw_agreement(agree, n=len(tables)).show()
print(read.say_agreement(agree))

# %% [markdown]
# The first four readings of the figure start from the same attention weights, and the
# last three give all moments of a word the same score. If these agree among themselves,
# it is no surprise and no evidence. Agreement counts only between methods that could
# have disagreed, and even readings that agree can all be wrong.

# %% [markdown]
# ## 9 · The table of readings, in both worlds
#
# Now all readings but integrated gradients, which would take too long here, play the
# **pointing game**: is the peak inside the decisive word? One more row is added: raw
# attention of the head that was best on validation (lesson 10). The command
# `mcsan readings` in a terminal scores everything on 300 utterances. **Predict**: in
# which world are more readings shown to point?

# %%
scored = {
    name: method.read
    for name, method in mc.READINGS.items()
    if name != "integrated gradients"
}
lines = readings.reading_scores(
    scored, PROFILE, utterances=SOME, options=mc.RunOptions(retrain=RETRAIN)
)
table = pointing_table(lines)
shown = ["reading", "world", "points", "low", "high", "chance", "seeds", "n"]
table[shown].set_index(["world", "reading"]).round(2)

# %% tags=["hide-input"]
fig, axes = plt.subplots(
    1, 2, figsize=(10, 5), sharex=True, sharey=True, layout="constrained"
)
for ax, world in zip(axes, WORLDS, strict=True):
    rows = table[table.world == world].rename(columns={"points": "mean"})
    mc.figures.draw_rows(
        rows.set_index("reading"), ax=ax, score=f"{world} world: points"
    )
    ax.axvline(rows.chance.mean(), color=mc.figures.OKABE_ITO[5], ls="--")
    ax.set_title("dashed: chance", color=mc.figures.OKABE_ITO[5], fontsize=9)
mc.figures.show(
    fig,
    alt="Pointing score of every reading with its interval, in two worlds, "
    "with chance.",
    caption=f"95 % intervals over {int(table.seeds.max())} seeds and at most {SOME} "
    "utterances; with so few seeds they are wide. Dashed: chance.",
)

# %%
once = read.counted_once(table)  # rollout only where it is not the raw map again
for world in WORLDS:
    print(read.say_who_points(once, world))
print(read.say_which_world_points(once))

# %% [markdown]
# Where rollout is the raw map again (section 3), these sentences leave it out, so that
# nothing counts twice. A reading that points below chance is not *wrong* about the
# network. It may rightly show that the network keeps its evidence in another place.
#
# Occlusion also depends on the sound that fills the hole. **Do two fillers name the
# same place?** Where they do not, at least one of the two peaks is owed to its filler.
# The brackets hold the 95 % interval over utterances.

# %%
fillers = ("word occlusion (silence)", "word occlusion (mean frame)")
for world in WORLDS:
    rows = []
    _, utterances, _ = opened[world]
    for some in utterances[:SOME]:
        falls = {}
        for name in fillers:
            falls[name] = mc.READINGS[name].read(runs[world].model, some, None).words
        by_filler = pd.DataFrame(falls)  # one row per word, one column per filler
        peaks = by_filler.to_numpy().argmax(axis=0)  # (2,)
        rank = by_filler.corr("spearman").iloc[0, 1]
        rows.append({"peak": bool(peaks[0] == peaks[1]), "rank": rank})
    found = with_interval(pd.DataFrame(rows))[["mean", "low", "high"]]
    peak = read.Measured(*found.loc["peak"])
    rank = read.Measured(*found.loc["rank"])
    print(read.say_fillers(world, peak, rank))

# %% [markdown]
# ## 10 · Sound, words, or both together: Shapley values
#
# Now we ask about whole modalities. Two **players**, sound and words, form four
# **coalitions**: nobody ($\varnothing$), the sound alone ($s$), the text alone ($t$,
# which is no moment here) and both ($st$). The **value** $v$ of a coalition, given to
# the network alone, is the logit of the predicted class minus the mean logit of all
# classes. The players share $v_{st} - v_\varnothing$:
#
# $$\phi_{\text{sound}} = \tfrac12\big[(v_s - v_\varnothing) + (v_{st} - v_t)\big]
# \qquad
#   \phi_{\text{words}} = \tfrac12\big[(v_t - v_\varnothing) + (v_{st} - v_s)\big]$$
#
# The two shares add up to $v_{st} - v_\varnothing$. Each of them holds half of the
# **interaction** $v_{st} - v_s - v_t + v_\varnothing$. By hand:

# %%
v_none, v_sound, v_words, v_both = 0.0, 1.0, 0.5, 4.0
phi_sound = ((v_sound - v_none) + (v_both - v_words)) / 2
phi_words = ((v_words - v_none) + (v_both - v_sound)) / 2
print(f"sound {phi_sound}, words {phi_words}, sum {phi_sound + phi_words}")
print(f"interaction {v_both - v_sound - v_words + v_none}: half of it is in each")

# %% [markdown]
# A network has no value "without sound", so something must stand in for the missing
# part. It can be the mean (every frame is the mean frame, and every word is unknown),
# or it can be nothing at all. We show both.

# %%
interactions = {world: {} for world in WORLDS}  # one number per utterance
rows = {}
for world in WORLDS:
    for absent in ("mean", "empty"):
        values = modalities.shapley(runs[world].model, opened[world][1], absent=absent)
        total = values.audio + values.text
        np.testing.assert_allclose(
            total, values["v(both)"] - values["v(none)"], atol=1e-6
        )
        rows[world, absent] = values[["audio", "text", "interaction"]].mean()
        interactions[world][absent] = values.interaction
        if (world, absent) == ("matching", "mean"):
            mc.figures.draw_shapley(values).show()
display(pd.DataFrame(rows).T.round(2))
for world, found in interactions.items():
    apart = share_of(found["mean"] - found["empty"])
    each = {absent: share_of(values) for absent, values in found.items()}
    print(read.say_shapley(world, each, apart))

# %% [markdown]
# ## 11 · EMAP: what is lost without the interaction?
#
# **EMAP** (Hessel & Lee 2020) needs no stand-in. It runs every transcript $i$ with
# every sound $j$, which gives the logits $f_{ij}$. A function is *additive* if it adds
# something from the words to something from the sound. EMAP is the additive function
# that is closest to these logits in squared error over all pairs:
#
# $$\hat f_{ij} = \bar f_{i\cdot} + \bar f_{\cdot j} - \bar f_{\cdot\cdot}$$
#
# The bars are means: $\bar f_{i\cdot}$ over all sounds, $\bar f_{\cdot j}$ over all
# transcripts, and $\bar f_{\cdot\cdot}$ over all pairs. The closest additive function
# need not be the one that scores best. We compute it by hand for a table that is pure
# interaction (XOR) and for one that is additive:

# %%
tables = {"XOR": np.array([[0, 1], [1, 0]]), "additive": np.array([[0, 1], [2, 3]])}
for name, f in tables.items():
    additive = f.mean(1, keepdims=True) + f.mean(0, keepdims=True) - f.mean()
    print(
        f"{name:9} projection {additive.tolist()}, left over {(f - additive).tolist()}"
    )

# %% [markdown]
# **Predict, then check.** In which world does the network lose by this projection?

# %%
emaps = {}
for world in WORLDS:
    emaps[world] = modalities.interaction(runs[world].model, opened[world][1], labels)
display(pd.concat(emaps).round(3))
for world, found in emaps.items():
    difference = read.Measured(*found.loc["difference", ["wa", "low", "high"]])
    print(read.say_additive(world, difference, int(found.loc["model", "n"])))

# %% [markdown]
# This was one seed per world, so do try the others. The intervals are over utterances.
# An interval around zero says that no loss without the interaction is shown here. It
# does not say that no interaction is computed. An interval of no width means that
# not one of the $n$ utterances turned from right to wrong or back. A true share of up
# to about $3/n$ may still be hidden there.
#
# ## Exercises
#
# **E12.1 · Implement** (★★, 6 min). Value-weighted attention with one head. You are
# given `weights` (Q, K), `values` (K, D) and `merge` (D, D), which is the weight of a
# torch `Linear`. Return the length of the vector that each key sends to each query,
# (Q, K).
#
# <details><summary>Hint 1</summary>The projection first: what does
# <code>Linear</code> compute with its weight?</details>
# <details><summary>Hint 2</summary>Lengths of the rows of <code>values @
# merge.T</code>, (K,). </details>
# <details><summary>Hint 3</summary>Multiply: <code>weights</code> (Q, K) times lengths
# (K,) needs no loop.</details>


# %% tags=["exercise"]
def sent_length(weights, values, merge):
    """-> (Q, K) lengths."""
    raise NotImplementedError


check.sent_length(sent_length)


# %% tags=["solution"]
def sent_length(weights, values, merge):
    """-> (Q, K) lengths."""
    return weights * np.linalg.norm(values @ merge.T, axis=1)


check.sent_length(sent_length)

# %% [markdown]
# **E12.2 · Implement** (★★, 6 min). Compute the rollout through a list of maps, each
# (S, S), with the first layer first. In every layer, half of each position is the
# position itself, and half comes from the map.
#
# <details><summary>Hint 1</summary>Begin with the identity: before any layer, every
# position holds itself.</details>
# <details><summary>Hint 2</summary>A later layer mixes what is there already, so it
# stands on the left.</details>
# <details><summary>Hint 3</summary><code>so_far = (one + np.eye(len(one))) / 2 @
# so_far</code> </details>


# %% tags=["exercise"]
def roll(maps):
    """-> (S, S), rows add up to 1."""
    raise NotImplementedError


check.roll(roll)


# %% tags=["solution"]
def roll(maps):
    """-> (S, S), rows add up to 1."""
    so_far = np.eye(len(maps[0]))
    for one in maps:
        so_far = (one + np.eye(len(one))) / 2 @ so_far
    return so_far


check.roll(roll)

# %% [markdown]
# **E12.3 · Implement** (★★★, 8 min). Compute the integrated gradients of any function.
# `slope(x)` gives its gradient (D,) at a point. Go from `base` to `x` in `steps` steps.
#
# <details><summary>Hint 1</summary>At which points do you ask for the slope? On the
# straight line between the two.</details>
# <details><summary>Hint 2</summary><code>base + share * (x - base)</code>, with the
# middles <code>(np.arange(steps) + 0.5) / steps</code> as shares.</details>
# <details><summary>Hint 3</summary>The mean of the slopes, times <code>x - base</code>.
# </details>


# %% tags=["exercise"]
def path_gradients(slope, x, base, steps):
    """-> (D,), which adds up to f(x) - f(base)."""
    raise NotImplementedError


check.path_gradients(path_gradients)


# %% tags=["solution"]
def path_gradients(slope, x, base, steps):
    """-> (D,), which adds up to f(x) - f(base)."""
    shares = (np.arange(steps) + 0.5) / steps
    slopes = [slope(base + share * (x - base)) for share in shares]
    return (x - base) * np.mean(slopes, 0)


check.path_gradients(path_gradients)

# %% [markdown]
# **E12.4 · Implement** (★★, 6 min). Receipts. `x` (A, D) are the positions of the last
# layer, `weight` (D,) is one class's row of a linear read-out. Return the bill of each
# position, (A,). Section 6 bills one winner per channel. Yours must be fair as well:
# where several positions tie for a channel, they share its bill evenly. The bills must
# sum to `weight @ x.max(0)`.
#
# <details><summary>Hint 1</summary>In each channel only the winners have a say. Mostly
# that is one position; where positions tie, it is several.</details>
# <details><summary>Hint 2</summary><code>x == x.max(0)</code> (A, D) says who won, and
# its sum over positions says how many share the bill.</details>
# <details><summary>Hint 3</summary>A channel's bill is <code>weight * x.max(0)</code>.
# Each winner pays one part of it. Add up each position's parts over the
# channels.</details>


# %% tags=["exercise"]
def bill(x, weight):
    """-> (A,) what each position answers for."""
    raise NotImplementedError


check.bill(bill)


# %% tags=["solution"]
def bill(x, weight):
    """-> (A,) what each position answers for."""
    top = x.max(0)  # (D,)
    won = x == top  # (A, D), several per channel where positions tie
    parts = won / won.sum(0)  # (A, D), each channel's add up to one
    return parts @ (weight * top)


check.bill(bill)

# %% [markdown]
# **E12.5 · Explain** (★, 4 min). What is the advantage of a voice edit over covering
# the word?
#
# - **a** — It changes the transcript as well as the sound.
# - **b** — It takes more of the sound away.
# - **c** — The network still hears speech, so a fall is less likely to be surprise at a
#   sound that training never showed.
# - **d** — It chooses the word by looking at the answer.
#
# <details><summary>Hint 1</summary>Which of the two inputs could somebody have
# said?</details>
# <details><summary>Hint 2</summary>Section 7: what is left of the word after
# each?</details>
# <details><summary>Hint 3</summary>A hole is a sound, too.</details>

# %% tags=["exercise"]
answer = ...
check.why_edit_a_voice(answer)

# %% tags=["solution"]
answer = "c"
check.why_edit_a_voice(answer)

# %% [markdown]
# ## Recap
# - You computed several rungs by hand, and checked them against the package.
# - You checked how nearly integrated gradients add up, and saw that rollout adds
#   nothing at $N = 1$.
# - You covered whole words and flattened their voice, with another word as a control.
# - You compared all readings but one in two worlds, with intervals, chance, and the
#   number that luck alone would give.
# - You split decisions by Shapley values, and asked EMAP what the network loses without
#   its interactions.
#
# ## What you may not conclude
# - That the best reading here is the best on people: there the evidence is unknown,
#   spread out, and not one word.
# - That scores which add up are true, or that readings which agree are right.
# - That an additive model could not solve the task: EMAP is one additive function, the
#   closest to this network.
# - Anything about pitch from the pitch edit alone: it changes MFCC, not the voice.
#
# To add a reading of your own, see
# [docs/adding_a_reading.md](../docs/adding_a_reading.md).
#
# **Further reading:** Kobayashi et al., *Attention is not only a weight* (EMNLP 2020);
# Abnar & Zuidema, *Quantifying attention flow in transformers* (ACL 2020); Chefer et
# al., *Generic attention-model explainability* (ICCV 2021); Sundararajan et al.,
# *Axiomatic attribution for deep networks* (ICML 2017); Pastor et al., *Explaining
# speech classification models* (EACL 2024); Hessel & Lee, *Does my multimodal model
# learn cross-modal interactions?* (EMNLP 2020).
#
# **Previous:** [11 · Is it an explanation?](11_is_it_an_explanation.ipynb) · **Next:**
# [13 · Change the model, watch the map](13_change_the_model.ipynb)
