# %% [markdown]
# # 08 · MCSAN assembled, equation by equation
#
# The encoders are built, and attention is understood. In this lesson they become one
# network, and every equation of the paper becomes a line of code that you can point at.
#
# **You will be able to**
#
# - map each of the paper's twenty equations to the function that computes it, and name
#   the places where its formulas cannot be typed as they are printed;
# - compute residual, LayerNorm, feed-forward, max-pooling, softmax and loss by hand,
#   and get the package's numbers;
# - wire the parallel network and the two sequential ones;
# - predict how many parameters each part and each row of Table 3 has;
# - test a network before you trust it: first loss, padding, one batch learned by heart.
#
# **Needs:** lessons 05 (encoders) and 06 (attention). **Time:** read 16 min · run half
# a minute · exercises 32 min. **Paper:** sections 2.1 to 2.5, Fig. 1, Eq. 11 to 20; Eq.
# 1 to 10 and 15 return as known bricks. **Runs on:** eight utterances of the synthetic
# corpus, or of your own copy of MELD or RAVDESS; no graphics card is needed.

# %%
import inspect
import math
import pydoc
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display
from torch.nn import functional as F

import mcsan_lite as mc
from mcsan_lite.exercises import lesson08 as check
from mcsan_lite.exercises.verdicts import lesson08 as read
from mcsan_lite.models.layers import AttentionBlock, masked_max
from mcsan_lite.models.mcsan import AttentionModule

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
pd.set_option("display.max_colwidth", None)
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %% [markdown]
# This lesson loads no trained network, so `RETRAIN` changes nothing here. Whatever it
# trains takes a few seconds.
#
# ## 1 · The plan
#
# You know the bricks. Sound and words each pass through an encoder (lesson 05).
# Attention lets one sequence look at another, or at itself (lesson 06). What remains is
# assembly: how the bricks are joined, what lies between them, and how the network
# arrives at an answer. Here is the whole plan, the paper's Fig. 1, with the equations
# below each column.

# %% tags=["hide-input"]
plan = [["self"], ["cross"]]  # two parallel paths, of one attention module each
fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
mc.figures.draw_wiring(plan, ["audio", "text"], ax=ax)
modules = "self: Eq. 15–17\ncross: Eq. 6–14"
columns = ["Eq. 1–5", modules, "“P” in Fig. 1", "Eq. 18", "Eq. 19"]
for column, equations in enumerate(columns):
    ax.text(column, -0.75, equations, ha="center", va="top")
for text in ax.texts:
    text.set_fontsize(9)
ax.set_ylim(bottom=-1.5)
mc.figures.show(
    fig,
    alt="From left to right: two encoders; a self-attention box for each and one "
    "cross-attention box for both; four max-pools; one concatenation; one classifier.",
    caption="MCSAN from left to right. Each encoder feeds two modules. The four "
    "sequences that come out are pooled over time, joined and classified. Eq. 20 is "
    "the loss.",
)

# %% [markdown]
# The paper says all this in twenty equations. Which line of code computes which? We
# type only the meaning of each equation. The package reads the rest from its own
# docstrings and tests, so a renamed function would stop this cell.

# %%
MEANINGS = """convolution and max-pooling, twice
audio LSTM, in both directions
audio: the mean of the two directions
text LSTM, in both directions
text: the mean of the two directions
queries
keys
values
cross-attention: the text looks at the audio
cross-attention: the audio looks at the text
audio: add ΔH, normalise
text: add ΔH, normalise
audio: feed-forward, add, normalise
text: feed-forward, add, normalise
self-attention: a sequence looks at itself
self: add ΔH, normalise
self: feed-forward, add, normalise
join the four pooled vectors
classifier and softmax
cross-entropy""".splitlines()


# %%
def find_lines(names: str) -> str:
    """For dotted names in the package: file and line of each."""
    places = []
    for name in names.split(", "):
        brick = pydoc.locate(f"mcsan_lite.{name}")
        file = Path(inspect.getsourcefile(brick)).name
        line = inspect.getsourcelines(brick)[1]
        places.append(f"{file}:{line}")
    return ", ".join(places)


equations = mc.paper.equations_ledger()
equations["meaning"] = MEANINGS
equations["where"] = equations.function.map(find_lines)
equations.set_index("eq")[["meaning", "function", "where", "test"]]

# %% [markdown]
# ### The paper's confusing W H
#
# One slip deserves a word before the others, because it meets you at once. The paper
# gives the shape of a sequence as $\mathbf H \in \mathbb R^{T\times d}$: one *row* per
# position, $d$ numbers in each. Yet Eq. 6 to 8 print $\mathbf W\mathbf H$, with the
# weights on the left. That product would multiply along *time*. It is right only for a
# single position written as a column, $\mathbf W\mathbf h$. For rows, the weights
# belong on the right: $\mathbf H\mathbf W$. The course writes $\mathbf H\mathbf W$
# everywhere, and PyTorch's `nn.Linear` computes just that.

# %%
H = torch.randn(5, 4)  # (positions, d)
W = torch.randn(4, 4)  # (d, d)
try:
    W @ H  # (4, 4) times (5, 4)
except RuntimeError as error:
    print("W H:", error)
print("H W:", tuple((H @ W).shape), "and the rows are still positions")

# %% [markdown]
# ### The other misprints
#
# Read a paper with a pencil. None of these places changes the idea, but each one stops
# a reader who types the formula as it is printed. The first four are slips; the fifth
# is a gap.
#
# - **Eq. 1** prints $\mathbf X^a = ConvBlock(ConvBlock(\mathbf X^a))$. Input and output
#   need two names. Here: `ConvBlock.forward`.
# - **Eq. 4** prints $\mathbf h_a, \mathbf x_a, T_a$ in the *text* encoder. It must mean
#   $\mathbf h_l, \mathbf x_l, T_l$. Here: `text_lstm`.
# - **Eq. 6 to 8** print $\mathbf W\mathbf H$ for $\mathbf H\mathbf W$, as above. Here:
#   `nn.Linear`, with a bias.
# - **Below Eq. 10**, $\Delta\mathbf H_{a\to l} \in \mathbf H^{T_l\times d}$ must mean
#   $\in \mathbb R^{T_l\times d}$. Here: a tensor (B, L, D).
# - **Eq. 9, 10 and 15** print $\sqrt d$, which suits the single head that they
#   describe. The network has several, and there the cited method divides by
#   $\sqrt{d/heads}$. The paper does not say which it did. Here: `full_scale=False`.
#
# The gap has a size:

# %%
paper = mc.MCSANConfig()
printed = math.sqrt(paper.hidden)
cited = math.sqrt(paper.hidden / paper.heads)
print(f"As printed, scores are divided by √{paper.hidden} = {printed:.1f}.")
print(f"In the cited method with {paper.heads} heads, they are divided by {cited:.1f}.")
print(f"So the printed divisor makes all scores {printed / cited:.1f} times smaller.")

# %% [markdown]
# ### What the paper leaves open
#
# A paper of four pages cannot say everything. Anyone who rebuilds it has to choose, and
# should say so. In our code, each such setting carries a comment that says so, and the
# table reads it. The rows of the part *experiment* are no settings, so they are listed
# by hand.

# %%
open_choices = mc.paper.ambiguities_ledger()
# Two settings are no open choices: half precision is about the machine, and the paper
# names its word vectors. (They have 300 numbers per word; our small default has 50.)
settled = open_choices.choice.isin(["precision", "vectors"])
open_choices = open_choices[~settled]
parts = {
    "MCSANConfig": "network",
    "FeatureConfig": "features",
    "TrainConfig": "training",
    "": "experiment",
}
open_choices["part"] = open_choices["of"].map(parts)
open_choices["why"] = open_choices.why.str.replace(
    "^paper silent[;:]? *", "", regex=True
)
shown = ["part", "choice", "ours", "alternatives", "why"]
open_choices[shown].set_index(["part", "choice"])

# %%
stated = (mc.paper.choices().status == "stated").sum() + 1  # and the word vectors
print(read.say_open_choices(stated, len(open_choices)))

# %% [markdown]
# Nobody knows which of these choices matter until somebody tries them. Lesson 15 tries
# some. Until then, any line of this list may explain why a result of ours differs from
# the paper's.
#
# ## 2 · The batch
#
# From here on we need something to feed in: eight utterances, taking the classes in
# turn. The MFCC are z-normalised as in lesson 03, here over just these eight.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
training = [one for one in corpus.utterances if one.split in ("train", None)]
table = pd.DataFrame({"id": [one.id for one in training]})
table["label"] = [one.label for one in training]
table["turn"] = table.groupby("label").cumcount()
# Turn 0 is the first utterance of its class, so each class comes once before any twice.
chosen = table.sort_values("turn", kind="stable").id[:8]
eight = corpus.subset(chosen)

# %%
features, _ = mc.extract(eight, cache="data/cache")
features = mc.Standardizer().fit(features).apply(features)
batch = mc.collate(features, corpus.labels)
dims = mc.Dims(batch.audio.shape[2], batch.text.shape[2], len(corpus.labels))
pd.DataFrame(
    {
        "words": [" ".join(one.tokens) for one in features],
        "label": [one.label for one in features],
        "frames": batch.audio_mask.sum(1),
        "tokens": batch.text_mask.sum(1),
    }
)

# %%
real = int(batch.audio_mask.sum() + batch.text_mask.sum())
positions = batch.audio_mask.numel() + batch.text_mask.numel()
print(read.say_padding_share(real, positions))

# %%
longest = max(eight.utterances, key=lambda one: len(one.text))
if longest.audio is None:
    print("Your copy has no clips: the network must cope with an empty audio stream.")
else:
    sound = mc.load_audio(longest.audio)
    seconds = len(sound) / 16_000
    heard = f"{longest.label}: “{longest.text}”, {seconds:.1f} s"
    display(mc.figures.play(sound, 16_000, alt=heard))

# %% [markdown]
# ## 3 · One block by hand: Eq. 11 to 14
#
# Attention gives $\Delta\mathbf H$, the news from the other side. What does a stream do
# with it? It adds the news to its own state, so that the old state is not lost (this is
# called a *residual*). *LayerNorm* then brings the numbers of each position to mean 0
# and deviation 1, and applies a learned scale and shift. *FeedForward* is a small
# network, two linear maps with a ReLU between them. It transforms each position by
# itself. Its result is added and normalised in the same way:
#
# $$\mathbf H_l = LayerNorm(\mathbf H_l + \Delta\mathbf H_{a\to l}) \tag{12}$$
# $$\mathbf H_l = LayerNorm(\mathbf H_l + FeedForward(\mathbf H_l)) \tag{14}$$
#
# Eq. 11 and 13 say the same for the audio, Eq. 16 and 17 for self-attention. We try it
# with three words, five frames and four numbers for each.

# %%
torch.manual_seed(6)
# hidden 4, two heads, feed-forward 8
block = AttentionBlock(4, 2, 8, dropout=0.0, full_scale=False)
words = torch.randn(1, 3, 4)  # (B, L, D)
frames = torch.randn(1, 5, 4)  # (B, A, D)
real_frames = torch.ones(1, 5, dtype=torch.bool)  # (B, A): no padding


def layer_norm(x, norm):
    centred = x - x.mean(-1, keepdim=True)
    variance = centred.pow(2).mean(-1, keepdim=True)
    return centred / (variance + norm.eps).sqrt() * norm.weight + norm.bias


# %%
up, _, _, down = block.feedforward  # linear, ReLU, dropout, linear
with torch.no_grad():
    delta, _ = block.attention(words, frames, real_frames)  # (B, L, D), as in lesson 06
    after_12 = layer_norm(words + delta, block.norm_attention)
    wide = torch.relu(after_12 @ up.weight.T + up.bias)  # (B, L, 8)
    thought = wide @ down.weight.T + down.bias  # (B, L, D)
    after_14 = layer_norm(after_12 + thought, block.norm_feedforward)

# %% tags=["hide-input"]
stages = {
    "H": words,
    "ΔH": delta,
    "H + ΔH": words + delta,
    "after Eq. 12": after_12,
    "after Eq. 14": after_14,
}
limit = max(float(x.abs().max()) for x in stages.values())  # nothing is cut off
fig, axes = plt.subplots(1, len(stages), figsize=(11, 2.3), layout="constrained")
for ax, (name, x) in zip(axes, stages.items(), strict=True):
    is_last = ax is axes[-1]
    rounded = x[0].numpy().round(1) + 0.0  # the sum turns -0.0 into 0.0
    sns.heatmap(
        rounded, ax=ax, annot=True, fmt=".1f", annot_kws={"size": 9}, cbar=is_last,
        cmap="PuOr_r", vmin=-limit, vmax=limit, xticklabels=False, yticklabels=False,
    )
    for text, value in zip(ax.texts, rounded.flat, strict=True):
        text.set_color("white" if abs(value) > 0.65 * limit else "black")
    ax.set_title(name, fontsize=10)
word_names = ["word 1", "word 2", "word 3"]
axes[0].set_yticks([0.5, 1.5, 2.5], word_names, rotation=0, fontsize=9)
mc.figures.show(
    fig,
    alt="Five tables of three words by four numbers on one diverging colour scale, "
    "from H to the output of the block.",
    caption="The text stream on its way through one block. All five tables share one "
    "colour scale, with white at zero.",
)

# %%
summed = (words + delta)[0]  # (L, D)
normed = after_12[0]  # (L, D)
sizes = []
for rows in (summed, normed):
    largest_mean = rows.mean(1).abs().max().item()
    largest_gap = (rows.std(1, correction=0) - 1).abs().max().item()
    sizes.append((largest_mean, largest_gap))
print(read.say_normalised(sizes[0], sizes[1]))

# %% [markdown]
# The package's version is two lines long, because the bricks do the work. Does it give
# our numbers?

# %%
print(inspect.getsource(AttentionBlock.forward))

# %%
with torch.no_grad():
    found, weights = block(words, frames, real_frames)
torch.testing.assert_close(found, after_14)
print(read.say_agreement((found - after_14).abs().max().item()))

# %% [markdown]
# **Predict, then check.** Make $\mathbf H_l$, everything that the words know, 1000
# times as large. The queries change, and so does the sum. How much of the news
# $\Delta\mathbf H$ gets through the LayerNorm of Eq. 12?

# %%
with torch.no_grad():
    loud, _ = block.attention(1000 * words, frames, real_frames)
    with_news = layer_norm(1000 * words + loud, block.norm_attention)
    # LayerNorm undoes a common factor, so this stands for 1000 * words without news.
    without_news = layer_norm(words, block.norm_attention)
as_it_was = (after_12 - without_news).abs().max().item()
times_thousand = (with_news - without_news).abs().max().item()
print(read.say_news_or_old(as_it_was, times_thousand))

# %% [markdown]
# This is why the size of the position embedding, `position_scale` in the table above,
# is a choice worth stating.
#
# ## 4 · Two streams, updated from the old values
#
# Eq. 11 and 12 are printed one below the other. Eq. 12 uses $\Delta\mathbf H_{a\to l}$,
# which Eq. 9 computed from the audio *as it came in*. Run in their printed order, Eq. 9
# to 14 give this. But it is natural to write one block for each stream, with its
# attention and its sums, and to run the audio's block first. Then the text looks at
# audio that has already changed. We call this the one-after-the-other program.

# %%
torch.manual_seed(6)
tiny = mc.MCSANConfig(hidden=8, heads=2, positions="none", dropout=0.0)
module = AttentionModule(("audio", "text"), tiny, cross=True)
old = {"audio": torch.randn(1, 5, 8), "text": torch.randn(1, 3, 8)}  # (B, length, D)
masks = {name: torch.ones(x.shape[:2], dtype=torch.bool) for name, x in old.items()}
blocks = module.layers[0]

# %%
with torch.no_grad():
    audio, _ = blocks["audio"](old["audio"], old["text"], masks["text"])
    # As in the paper, the text looks at the old audio.
    text_old, _ = blocks["text"](old["text"], old["audio"], masks["audio"])
    # In the one-after-the-other program it looks at the new audio.
    text_new, _ = blocks["text"](old["text"], audio, masks["audio"])
    found, _ = module(old, masks)  # the package

# %%
torch.testing.assert_close(found["audio"], audio)
torch.testing.assert_close(found["text"], text_old)
from_old = (found["text"] - text_old).abs().max().item()
from_new = (found["text"] - text_new).abs().max().item()
size = found["text"].abs().mean().item()
print(read.say_update_order(from_old, from_new, size))

# %% [markdown]
# The one-after-the-other program runs, trains, and raises no error. Yet in it one
# modality is always a step ahead of the other, and the order of two lines decides which
# one. With the old values no modality comes first. In the source, look for the
# dictionary `updates`: `streams` is replaced only when both streams are done.

# %%
print(inspect.getsource(AttentionModule.forward))

# %% [markdown]
# **E8.1 · Implement** (★★, 8 min). Write Eq. 11 and 12. `delta(x, memory)` gives the
# $\Delta\mathbf H$ of the stream `x` that looks at `memory`, and `norm(x)` is the
# LayerNorm. Return the new audio and the new text.
#
# <details><summary>Hint 1</summary>How many tensors does the right side
# of Eq. 12 use, and which equation made each of them?</details>
# <details><summary>Hint 2</summary>First compute both ΔH, then both sums. Do
# not overwrite anything before both ΔH are there.</details>
# <details><summary>Hint 3</summary><code>new_audio = norm(audio +
# delta(audio, text))</code>; the line for the text is its mirror image and uses
# <code>audio</code>, not <code>new_audio</code>.</details>

# %% tags=["exercise"]
def two_streams(audio, text, delta, norm):
    """audio (A, D), text (L, D) -> new audio (A, D), new text (L, D)."""
    raise NotImplementedError


check.two_streams(two_streams)

# %% tags=["solution"]
def two_streams(audio, text, delta, norm):
    """audio (A, D), text (L, D) -> new audio (A, D), new text (L, D)."""
    new_audio = norm(audio + delta(audio, text))  # Eq. 11
    new_text = norm(text + delta(text, audio))  # Eq. 12, from the old audio
    return new_audio, new_text


check.two_streams(two_streams)

# %% [markdown]
# ## 5 · From sequences to one vector: max-pool and Eq. 18
#
# Each module ends with one sequence per modality. The classifier wants one vector of
# fixed length. Fig. 1 writes "P", a global max-pool: for each of the $d$ channels, it
# keeps the largest value over time. Only *real* time counts: padding must not win.

# %%
torch.manual_seed(6)
config = mc.MCSANConfig(**mc.paper.PROFILES[PROFILE].options)
model = mc.MCSAN(dims, config).eval()
with torch.no_grad():
    encoded, masks = model.encode(batch)  # Eq. 1 to 5
    ends, _ = model.self_(encoded, masks)  # Eq. 15 to 17
x = ends["text"]  # (B, L, D)
mask = masks["text"]  # (B, L)

by_hand = torch.empty(len(x), x.shape[2])  # (B, D)
for i in range(len(x)):
    real_words = x[i][mask[i]]  # (words of this utterance, D)
    for channel in range(x.shape[2]):
        by_hand[i, channel] = max(real_words[:, channel])
print("shape", tuple(x.shape), "→", tuple(by_hand.shape))

# %%
torch.testing.assert_close(by_hand, masked_max(x, mask))
print(inspect.getsource(masked_max))

# %% tags=["hide-input"]
modest = int(mask.sum(1).argsort()[len(mask) // 3])  # an utterance of modest length
part = x[modest, :, :10].T.masked_fill(~mask[modest], math.nan).numpy()  # (10, L)
winners = np.nanargmax(part, 1)
count = int(mask[modest].sum())
fig, ax = plt.subplots(figsize=(8.5, 3.2), layout="constrained")
ax.set_facecolor("white")
ax.axvspan(count, len(mask[modest]), fc="0.93", ec="0.7", hatch="//", lw=0)
names = [*features[modest].tokens, *["pad"] * (len(mask[modest]) - count)]
sns.heatmap(
    part, ax=ax, cmap="PuOr_r", center=0, cbar_kws={"label": "value"},
    xticklabels=names, yticklabels=range(10),
)
ax.plot(winners + 0.5, np.arange(10) + 0.5, "o", mfc="white", mec="black", ms=7)
ax.tick_params(axis="x", rotation=45, labelsize=9)
ax.tick_params(axis="y", rotation=0)
ax.set(ylabel="channel")
mc.figures.show(
    fig,
    alt="Ten channels by words on a diverging scale; a white dot marks the largest "
    "value of each channel; padding is hatched.",
    caption="Which word wins the max-pool in each channel (white dots). The "
    f"{len(mask[modest]) - count} hatched positions are padding.",
)

# %%
print(read.say_pool_winners(len(set(winners.tolist())), count, len(winners)))

# %% [markdown]
# **Predict, then check.** Fill the padding with 0 instead of minus infinity. The values
# have just come out of a LayerNorm, so they are centred at zero, and zero looks
# harmless. How many of the pooled numbers change, and in which direction? And what
# happens if the padding is not hidden at all?

# %%
zero_filled = x.masked_fill(~mask[..., None], 0.0).amax(1)  # (B, D)
not_hidden = x.amax(1)  # (B, D)
for name, wrong in (("Filled with 0", zero_filled), ("Not hidden", not_hidden)):
    changed = wrong != by_hand
    upwards = wrong > by_hand
    print(read.say_padding_wins(name, changed.sum(), upwards.sum(), by_hand.numel()))
    in_shortest = changed[mask.sum(1).argmin()].sum()
    in_longest = changed[mask.sum(1).argmax()].sum()
    print(f"   {in_shortest} of them in the shortest text, {in_longest} in the longest")

# %% [markdown]
# The longest text has no padding, so nothing can go wrong there. In a shorter text the
# mistake depends on the company: the same utterance may get another prediction in
# another batch. Section 8 turns this into a test.
#
# **E8.2 · Implement** (★, 6 min). Write the max-pool for `x` (B, T, D) and `mask`
# (B, T), True where a step is real. Every row has at least one real step. Leave `x` as
# it is.
#
# <details><summary>Hint 1</summary>Which number never wins a
# maximum?</details>
# <details><summary>Hint 2</summary>Give the mask a third axis, put minus
# infinity where it is False, and take the maximum over the time axis.</details>
# <details><summary>Hint 3</summary><code>x.masked_fill(~mask[...,
# None], -math.inf)</code>, then <code>amax</code> over axis 1.</details>

# %% tags=["exercise"]
def global_max(x, mask):
    """x (B, T, D), mask (B, T), True where real -> (B, D)."""
    raise NotImplementedError


check.global_max(global_max)

# %% tags=["solution"]
def global_max(x, mask):
    """x (B, T, D), mask (B, T), True where real -> (B, D)."""
    hidden = x.masked_fill(~mask[..., None], -math.inf)  # (B, T, D)
    return hidden.amax(1)


check.global_max(global_max)

# %% [markdown]
# ## 6 · Classifier, softmax, loss: Eq. 18 to 20
#
# Four vectors are joined. A fully connected network turns them into one number per
# class, and the softmax turns these into probabilities:
#
# $$\mathbf h = Concat(\mathbf h_a^c, \mathbf h_l^c, \mathbf h_a^s, \mathbf h_l^s)
# \tag{18}$$
# $$\hat{\mathbf y} = Softmax(f_\theta(\mathbf h)) \tag{19}$$
# $$\mathcal L = -\sum_i y_i \log \hat y_i \tag{20}$$
#
# $\mathbf y$ is one-hot, so only one term of the sum survives: minus the logarithm of
# the probability that the true class got.

# %%
logits = torch.tensor([2.0, 0.5, -1.0])  # (classes,)
true = 1
powers = logits.exp()
probability = powers / powers.sum()  # Eq. 19
loss = -math.log(probability[true])  # Eq. 20: the one term that survives
from_torch = F.cross_entropy(logits, torch.tensor(true)).item()
print("probabilities", probability.numpy().round(3), f"  loss {loss:.4f}")
print(read.say_agreement(abs(loss - from_torch), "By hand and F.cross_entropy"))

# %% [markdown]
# Note that `F.cross_entropy` takes the numbers *before* the softmax. If the model
# applied a softmax as well, it would be applied twice, again without an error. That is
# why `MCSAN` returns logits.
#
# ## 7 · The whole network
#
# Here are the bricks in their order, each with its equations:

# %%
with torch.no_grad():
    encoded, masks = model.encode(batch)  # Eq. 1 to 5
    crossed, _ = model.cross(encoded, masks)  # Eq. 6 to 14
    itself, _ = model.self_(encoded, masks)  # Eq. 15 to 17, from the same encodings
    streams = []
    for end in (crossed, itself):
        for modality in ("audio", "text"):
            streams.append(masked_max(end[modality], masks[modality]))  # (B, D)
    h = torch.cat(streams, -1)  # Eq. 18: (B, 4 · D)
    logits = model.classifier(h)  # (B, classes)
    probabilities = logits.softmax(-1)  # Eq. 19
    loss = F.cross_entropy(logits, batch.label)  # Eq. 20, the mean over the batch
    package = model(batch).logits
torch.testing.assert_close(logits, package)
print(f"loss {loss:.3f}")
print(read.say_agreement((logits - package).abs().max().item()))

# %%
print(inspect.getsource(mc.MCSAN.forward))

# %% [markdown]
# Which shape arrives where? PyTorch can tell us. A *forward hook* is a function that a
# module calls whenever it has been used. We hang one on each part and send the batch
# through.

# %%
def shapes(given) -> str:
    """The shapes of whatever a module takes or gives."""
    first = given[0] if isinstance(given, tuple) else given
    if isinstance(first, dict):
        return "  ".join(f"{name} {tuple(x.shape)}" for name, x in first.items())
    return str(tuple(first.shape))


def trace_shapes(model, batch, parts: dict) -> pd.DataFrame:
    """One row per part of the model: its equations, and the shapes in and out."""
    trace = []
    hooks = []
    for name, eq in parts.items():

        # name=name keeps the present value; otherwise all hooks would see the last one.
        def note(module, given, output, name=name, eq=eq):
            trace.append((name, eq, shapes(given), shapes(output)))

        hooks.append(model.get_submodule(name).register_forward_hook(note))
    with torch.no_grad():
        model(batch)
    for hook in hooks:
        hook.remove()
    return pd.DataFrame(trace, columns=["part", "Eq.", "in", "out"]).set_index("part")


# %%
part_equations = {
    "conv.0": "1",
    "conv.1": "1",
    "audio_lstm": "2–3",
    "text_lstm": "4–5",
    "cross": "6–14",
    "self_": "15–17",
    "classifier": "18–19",
}
shape_table = trace_shapes(model, batch, part_equations)
shape_table

# %%
modules = shape_table.loc[["cross", "self_"]]
kept = (modules["in"] == modules["out"]).all()
first_block, _ = model.conv[0](batch.audio, batch.audio_mask)
lengths = [batch.audio.shape[1], first_block.shape[1], encoded["audio"].shape[1]]
print(read.say_time_shrinks(lengths, kept))

# %% [markdown]
# ### Three wirings
#
# Table 3 also puts one module after the other. Hooks see which module's output became
# which module's input, so they can find this out as well.

# %%
def attention_paths(model, batch) -> list[list[str]]:
    """The attention modules that follow each other, in the running network."""
    made_by = {}  # id of an output -> the module that made it
    fed_by = {}  # module -> the module before it, or None
    alive = []  # an id is unique among living objects only

    def note(module, given, output):
        name = "cross" if module.cross else "self"
        fed_by[name] = made_by.get(id(given[0]))
        made_by[id(output[0])] = name
        alive.append(output)

    hooks = []
    for module in model.modules():
        if isinstance(module, AttentionModule):
            hooks.append(module.register_forward_hook(note))
    with torch.no_grad():
        model(batch)
    for hook in hooks:
        hook.remove()
    paths = []
    for name, before in fed_by.items():
        if name in fed_by.values():
            continue  # no end of a path: another module reads what it gives
        paths.append([name] if before is None else [before, name])
    return paths


# %%
wired = {}
for row in ("MCSAN", "cross + self (seq)", "self + cross (seq)"):
    changes = mc.paper.ABLATIONS[row]
    wired[row] = mc.MCSAN(dims, replace(config, **changes)).eval()
paths = {row: attention_paths(network, batch) for row, network in wired.items()}
print(paths)
assert sorted(paths["MCSAN"]) == sorted(plan)  # the diagram of section 1 is true

# %% tags=["hide-input"]
fig, axes = plt.subplots(3, 1, figsize=(8.5, 6.5), height_ratios=[2, 1.2, 1.2])
fig.set_layout_engine("constrained")
for ax, (row, network) in zip(axes, wired.items(), strict=True):
    mc.figures.draw_wiring(paths[row], network.modalities, ax=ax)
    ax.set_title(row, loc="left", fontsize=10)
    for text in ax.texts:
        text.set_fontsize(9)
mc.figures.show(
    fig,
    alt="Box diagrams of the parallel network and the two sequential ones, from "
    "encoders to classifier.",
    caption="The three wirings, traced from running networks. Arrows run from left to "
    "right; a box named cross holds both modalities.",
)

# %%
depths = {row: len(paths[row][0]) for row in wired}
pooled = {}
for row, network in wired.items():
    pooled[row] = network.classifier[0].in_features // network.config.hidden
print(read.say_wirings(depths, pooled))

# %% [markdown]
# ## 8 · Does padding leak?
#
# Four parts must ignore padding: convolution, LSTM, attention and max-pool. One test
# covers them all. An utterance that is alone has no padding; in a batch it is padded to
# the length of the longest one. Its logits must stay the same. **Predict** how large
# the difference gets if the masks are lost, so that padding counts as frames and words.

# %%
with torch.no_grad():
    together = model(batch).logits  # (B, classes)
    one_by_one = [model(mc.collate([one], corpus.labels)).logits for one in features]
    alone = torch.cat(one_by_one)  # (B, classes)
    lost_masks = replace(
        batch,
        audio_mask=torch.ones_like(batch.audio_mask),
        text_mask=torch.ones_like(batch.text_mask),
    )
    unmasked = model(lost_masks).logits  # (B, classes)
assert (together - alone).abs().max() < 1e-4

# %%
changed = (together.argmax(1) != unmasked.argmax(1)).sum()
from_alone = (together - alone).abs().max().item()
from_unmasked = (together - unmasked).abs().max().item()
print(read.say_padding_leaks(from_alone, from_unmasked, changed, len(together)))

# %% [markdown]
# A network that reads padding answers differently depending on which other utterances
# are in the batch. A loss curve would hardly show that.
#
# ## 9 · How large is it?
#
# The paper prints no size. Its settings fix most of it: 40 MFCC, 300 numbers per word,
# 7 classes, hidden size 128.

# %%
full = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig())
full_names = {
    "conv": "convolutions",
    "audio_lstm": "audio LSTM",
    "text_lstm": "text LSTM",
    "cross": "cross-attention",
    "self_": "self-attention",
    "classifier": "classifier",
}
sizes = {}
for name, part in full.named_children():
    sizes[full_names[name]] = sum(p.numel() for p in part.parameters())
total = sum(p.numel() for p in full.parameters())
assert sum(sizes.values()) == total

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
sns.barplot(x=list(sizes.values()), y=list(sizes), color=mc.figures.OKABE_ITO[0], ax=ax)
labels = [f" {n:,} ({n / total:.0%})" for n in sizes.values()]
ax.bar_label(ax.containers[0], labels=labels, fontsize=9)
ax.set(xlabel="parameters", xlim=(0, 1.3 * max(sizes.values())))
ax.ticklabel_format(axis="x", style="plain")
mc.figures.show(
    fig,
    alt="Bars: the parameters of each of the six parts at the paper's size.",
    caption=f"Where the {total:,} parameters of the network are, at the paper's size.",
)

# %%
print(read.say_largest_part(sizes))

# %% [markdown]
# **E8.3 · Implement** (★★, 10 min). How many parameters has one `AttentionBlock`, given
# `hidden` and the width of the feed-forward layer? Return three numbers: attention,
# feed-forward, LayerNorms. Predict first: does the number of heads matter?
#
# <details><summary>Hint 1</summary>Print <code>AttentionBlock(4, 2, 10,
# dropout=0, full_scale=False)</code> and count its linear maps.</details>
# <details><summary>Hint 2</summary>A linear map from n to m numbers holds
# n · m weights and m biases. A LayerNorm over n numbers holds a scale and a shift for
# each of them.</details>
# <details><summary>Hint 3</summary>Attention has four maps from
# hidden to hidden: query, key, value, and the one that merges the heads. The
# feed-forward layer has two maps. There are two LayerNorms.</details>

# %% tags=["exercise"]
def block_parameters(hidden, feedforward):
    """Parameters of one AttentionBlock: (attention, feed-forward, LayerNorms)."""
    raise NotImplementedError


check.block_parameters(block_parameters)

# %% tags=["solution"]
def block_parameters(hidden, feedforward):
    """Parameters of one AttentionBlock: (attention, feed-forward, LayerNorms)."""
    attention = 4 * (hidden * hidden + hidden)  # query, key, value, merge
    upwards = hidden * feedforward + feedforward
    downwards = feedforward * hidden + hidden
    norms = 2 * (hidden + hidden)  # two of them, each with a scale and a shift
    return attention, upwards + downwards, norms


check.block_parameters(block_parameters)

# %%
by_heads = {}
for heads in (1, 2, 8):
    block = AttentionBlock(128, heads, 512, dropout=0.1, full_scale=False)
    by_heads[heads] = sum(p.numel() for p in block.parameters())
print(read.say_price_of_heads(by_heads))

# %% [markdown]
# A module has one such block for each modality and layer. No weights are shared between
# modalities. For Eq. 6 to 8 the paper says so, by the subscripts $a$ and $l$ on
# $\mathbf W$; for the rest it is our reading.
#
# ## 10 · Table 3 as nine diffs
#
# Each row of the paper's ablation table is the full model with a few settings changed.
# What else changes with them?

# %%
lines = []
for row, changes in mc.paper.ABLATIONS.items():
    network = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig(**changes))
    count = sum(p.numel() for p in network.parameters())
    differs = ", ".join(f"{name}={value}" for name, value in changes.items())
    lines.append({"row": row, "differs in": differs or "nothing", "parameters": count})
nine = pd.DataFrame(lines).set_index("row")
nine["of the full model"] = nine.parameters / total
nine.style.format({"parameters": "{:,}", "of the full model": "{:.0%}"})

# %%
print(read.say_rows_by_size(nine["of the full model"].drop("MCSAN").to_dict()))

# %% [markdown]
# One number is missing from this table: the number of streams, that is, of pooled
# vectors that enter the classifier. You will find it yourself.
#
# **E8.4 · Explain** (★★, 8 min). **Order.** Eq. 18 joins
# $\mathbf h_a^c, \mathbf h_l^c, \mathbf h_a^s, \mathbf h_l^s$. A colleague joins them
# in another order and trains from the start. Does that matter?
#
# - **a** Yes: the first stream gets more weight, so it should be the audio.
# - **b** No: the first linear map has its own columns for each input, and all columns
#   start at random. Another order is only another numbering.
# - **c** No: the softmax does not depend on the order of its inputs.
# - **d** No: a LayerNorm removes the difference.
#
# **Streams.** How many vectors of width $d$ does the classifier get in these rows:
# `w/o self`, `w/o audio`, `cross + self (seq)`, `N = 2`? Fill in a letter and four
# numbers.
#
# <details><summary>Hint 1</summary>The table above, and the wirings of
# section 7.</details>
# <details><summary>Hint 2</summary>Count the ends of the arrows that reach
# "concat". The full model has four.</details>
# <details><summary>Hint 3</summary>There is one stream for each
# modality and each module at the end of a path. Layers inside a module replace each
# other. A single modality has nothing to cross with.</details>

# %% tags=["exercise"]
streams_by_row = {
    "w/o self": ...,
    "w/o audio": ...,
    "cross + self (seq)": ...,
    "N = 2": ...,
}
answer = {"order": ..., "streams": streams_by_row}

check.concatenation(answer)

# %% tags=["solution"]
streams_by_row = {"w/o self": 2, "w/o audio": 1, "cross + self (seq)": 2, "N = 2": 4}
answer = {"order": "b", "streams": streams_by_row}

check.concatenation(answer)

# %% [markdown]
# We can settle the question of order by trying it. Join the four streams backwards, and
# renumber the columns of the first map in the same way:

# %%
first = model.classifier[0]  # its weight: (out, 4 · D)
columns = first.weight.split(config.hidden, dim=1)  # four times (out, D)
with torch.no_grad():
    renumbered_weight = torch.cat(columns[::-1], 1)  # (out, 4 · D)
    backwards = torch.cat(streams[::-1], -1)  # (B, 4 · D)
    renumbered = backwards @ renumbered_weight.T + first.bias
    left_as_they_are = first(backwards)
    expected = first(h)
print(
    read.say_joining_order(
        (renumbered - expected).abs().max().item(),
        (left_as_they_are - expected).abs().max().item(),
    )
)

# %% [markdown]
# The second half of that sentence is why a *trained* network needs its own order: a
# checkpoint is worthless to a program that joins the streams differently.
#
# ## 11 · The last test: one batch by heart
#
# Before you spend hours on training, ask for two small things. Most wiring mistakes
# fail at least one of them.
#
# 1. **The first loss.** A fresh network knows nothing, so each of $C$ classes gets a
#    probability of about $1/C$, and Eq. 20 gives about $\ln C$.
# 2. **One batch.** A network of this size must be able to learn eight utterances by
#    heart, with a loss of nearly zero.
#
# Add a control that must fail: eight times the *same* utterance, with the eight labels.
# Nothing can tell the copies apart, so the best possible answer is the frequency of
# each label. **Predict** where this curve ends.

# %%
def learn(features: list, steps: int = 100) -> list[float]:
    """Train a fresh network on one batch and return the loss of every step."""
    mc.seed_everything(6)
    model = mc.MCSAN(dims, config)
    batch = mc.collate(features, corpus.labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(batch).logits, batch.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


eight_losses = learn(features)
same = min(features, key=lambda one: len(one.audio))
same_losses = learn([replace(same, label=one.label) for one in features])

# %%
counts = torch.bincount(batch.label, minlength=dims.classes)
share = counts[counts > 0] / len(batch.label)
best_possible = -(share * share.log()).sum().item()  # of the control
chance = math.log(dims.classes)
end = np.median(eight_losses[-10:])  # a median: single steps jump
control = np.median(same_losses[-10:])

# %% tags=["hide-input"]
curves = {"eight utterances": eight_losses, "one utterance, eight labels": same_losses}
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for i, (name, losses) in enumerate(curves.items()):
    style = {"color": mc.figures.OKABE_ITO[i], "marker": mc.figures.MARKERS[i]}
    ax.plot(losses, ls=("-", "--")[i], markevery=10, **style)
    offset = (0, (8, -16)[i])  # points: the first name above its line, the other below
    ax.annotate(name, (60, losses[60]), offset, textcoords="offset points", fontsize=9)
ax.axhline(chance, color="black", lw=1, ls=":")
ax.text(1, chance + 0.05, f"ln {dims.classes} = {chance:.2f}", fontsize=9, va="bottom")
ax.set(xlabel="step", ylabel="loss")
ax.set_ylim(0, 1.15 * max(*eight_losses, *same_losses))
mc.figures.show(
    fig,
    alt="Loss over steps: one curve for eight utterances, one for the control, and a "
    "dotted line at ln C.",
    caption=f"The loss of every step. Medians of the last ten steps: {end:.4f} for the "
    f"eight utterances, {control:.2f} for the control.",
)

# %%
print(read.say_batch_by_heart(eight_losses[0], chance, end, control, best_possible))

# %% [markdown]
# The control can catch a leak. A network that learned it would have found the label
# somewhere in its input.
#
# ## Recap
#
# - **Map.** Each equation has a function, a line and a test. Five stumbling blocks of
#   the paper are named, and its open choices are listed from the code.
# - **By hand.** Residual, LayerNorm, feed-forward, max-pool, softmax and loss gave the
#   package's numbers.
# - **Wire.** Both streams are updated from old values. Parallel modules read the same
#   encodings; in a sequence, the second module reads the first.
# - **Count.** You can count the parameters of a block. The rows of Table 3 differ in
#   size as well as in what they see.
# - **Test.** You looked at the first loss, at the effect of padding, at one batch
#   learned by heart, and at a control that cannot be learned.

# %% [markdown]
# ## What you may not conclude
#
# - That this is the authors' network. It follows every equation, but it fills the gaps
#   in one of many possible ways.
# - That it works. Learning eight utterances by heart shows that gradients flow, and
#   nothing about new speech. Lesson 09 goes on from there.
# - That "w/o cross" measures cross-attention alone. That row also has fewer parameters
#   and a narrower classifier. Lesson 14 comes back to this.
#
# **Further reading**
#
# - L. Sun, B. Liu, J. Tao, Z. Lian, *Multimodal Cross- and Self-Attention Network for
#   Speech Emotion Recognition*, ICASSP 2021. You can now read section 2 in ten minutes.
# - A. Vaswani et al., *Attention Is All You Need*, 2017: sections 3.1 to 3.3, the
#   source of "[18]".
# - R. Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020: the
#   LayerNorm before or after the sum.
# - A. Karpathy, *A Recipe for Training Neural Networks*, 2019: more tests of this kind.
#
# **Previous** [07 · Ways to fuse](07_ways_to_fuse.ipynb) ·
# **Next** [09 · Training you can trust](09_training_you_can_trust.ipynb)
