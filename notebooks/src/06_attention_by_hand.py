# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · Attention by hand
#
# One idea carries the paper: let each word look at all of the sound, and take a
# weighted average of what it finds there. This lesson begins with that idea in five
# pictures. Then it builds the average step by step, from a loop over a few numbers to
# PyTorch's own module, and compares each step with a second way to compute the same.
# Finally it breaks attention in the ways in which attention breaks in practice.
#
# **You will be able to**
# - compute scores, weights and context by hand, and with matrices,
# - mask padding, and cure the NaN of a row that has nothing to look at,
# - let one modality look at the other, and say what the rows of the map are,
# - split states into heads and merge them, see what heads are for, and reproduce the
#   numbers of `torch.nn.MultiheadAttention`,
# - predict what scale, dropout and the order of frames do to a map.
#
# **Needs:** lesson 05. **Time:** read 17 min · run half a minute · exercises 40 min.
# **Paper:** sections 2.3 and 2.4, Eq. 6 to 10 and 15. **Runs on:** tensors small enough
# to print; at the end, one utterance of any corpus.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %% [markdown]
# No network of the course is trained in this lesson, so `RETRAIN` changes nothing.

# %%
import inspect
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.display import display
from torch import nn
from torch.nn import functional as F

import mcsan_lite as mc
from mcsan_lite.exercises import lesson06 as check
from mcsan_lite.exercises.verdicts import lesson06 as read
from mcsan_lite.models.layers import MultiHead, attend, positions

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## 1 · Attention in five pictures
#
# Three words want to know something about a sound of four frames. Each word comes with
# a **query**, which says what the word is looking for. Each frame comes with a **key**,
# which says what the frame has to offer, and with a **value**, which the frame hands
# over. Queries, keys and values are short lists of numbers. Here they have two numbers
# each, so that we can draw them.

# %%
query = torch.tensor([[1.0, 0.5], [-1.0, 1.0], [0.2, 0.1]])  # three words, d = 2
key = torch.tensor([[1.0, 0.0], [0.5, 0.6], [-1.0, 0.5], [0.0, -1.0]])  # four frames
value = torch.tensor([[4.0, 0.0], [0.0, 4.0], [2.0, 2.0], [-1.0, 1.0]])

context, weights = attend(query, key, value)  # built by hand from section 2 on
scores = query @ key.T / math.sqrt(2)  # (3, 4)

# %% tags=["hide-input"]
def draw_arrows(ax):
    """1: the query of word 1 and the four keys, as arrows."""
    arrow = {"arrowstyle": "->", "lw": 2}
    for number, (x, y) in enumerate(key.tolist(), 1):
        ax.annotate("", (x, y), (0, 0), arrowprops=arrow | {"color": "#0072B2"})
        ax.text(1.3 * x, 1.3 * y, f"key {number}", ha="center", va="center")
    x, y = query[0].tolist()
    ax.annotate("", (x, y), (0, 0), arrowprops=arrow | {"color": "#D55E00", "ls": "--"})
    ax.text(x + 0.05, y, "query", color="#D55E00", weight="bold")
    ax.set(xlim=(-1.7, 1.9), ylim=(-1.6, 1.1), xticks=[], yticks=[])


def draw_bars(ax, numbers, label, even=None):
    """2 and 3: one bar per frame."""
    bars = ax.bar(range(1, 5), numbers, color="#56B4E9", edgecolor="black")
    ax.bar_label(bars, fmt="%.2f", padding=2)
    ax.axhline(0, color="black", lw=0.8)
    if even is not None:
        ax.axhline(even, color="black", ls="--")
    ax.set(xticks=range(1, 5), xlabel="frame", ylabel=label)
    ax.margins(y=0.2)


# %% tags=["hide-input"]
def draw_average(ax):
    """4: the values as points, and the context that the weights make of them."""
    size = 900 * weights[0].numpy()
    ax.scatter(value[:, 0], value[:, 1], s=size, color="#56B4E9", edgecolor="black")
    for number, (x, y) in enumerate(value.tolist(), 1):
        ax.text(x, y + 0.75, f"value {number}", ha="center")
    x, y = context[0].tolist()
    ax.plot(x, y, "D", color="#D55E00", ms=9)
    ax.text(x, y - 0.8, "context", ha="center", color="#D55E00", weight="bold")
    ax.set(xlim=(-2.5, 5.5), ylim=(-1, 5.7), xticks=[], yticks=[])


def draw_map(ax):
    """5: all three words at once."""
    names = {"xticklabels": range(1, 5), "yticklabels": ["word 1", "word 2", "word 3"]}
    bar = {"cbar_kws": {"label": "weight"}, "vmin": 0, "vmax": 1}
    sns.heatmap(weights, annot=True, fmt=".2f", cmap="cividis", ax=ax, **names, **bar)
    ax.set(xlabel="frame")
    ax.tick_params(axis="y", rotation=0)


# %% tags=["hide-input"]
fig = plt.figure(figsize=(9, 5.8), layout="constrained")
top, bottom = fig.subfigures(2, 1)
arrows, bars, shares = top.subplots(1, 3)
average, table = bottom.subplots(1, 2)
draw_arrows(arrows)
draw_bars(bars, scores[0].numpy(), "score")
draw_bars(shares, weights[0].numpy(), "weight", even=0.25)
draw_average(average)
draw_map(table)
arrows.set_title("1 · a query meets keys")
bars.set_title("2 · scores")
shares.set_title("3 · softmax: weights")
average.set_title("4 · a weighted average of values")
table.set_title("5 · many queries: a map")
mc.figures.show(
    fig,
    alt="Five pictures: a query among four key arrows; a bar chart of four signed "
    "scores; a bar chart of four positive weights; four values as points with their "
    "weighted average between them; and a map of three words by four frames.",
    caption="Attention in five pictures. Pictures 1 to 4 follow word 1; in picture 4, "
    "the area of a point is its weight. The dashed line in picture 3: an even spread.",
)

# %% [markdown]
# Read the pictures in order.
#
# 1. **A query meets keys.** A key agrees with the query if it points the same way, and
#    a long key agrees more strongly than a short one. Key 2 lies a little closer to the
#    direction of the query than key 1 does, but it is shorter.
# 2. **Scores.** Agreement is a number, the dot product, here divided by $\sqrt 2$. It
#    is positive where the two agree, and negative where they point in opposite
#    directions.
# 3. **Weights.** The softmax turns the four scores into positive numbers that sum to
#    one. Even a negative score becomes a positive share.
# 4. **A weighted average.** The word receives a mixture of the values. The mixture lies
#    between them, pulled towards those with large weights.
# 5. **A map.** Every word does the same with its own query. Its weights are one row,
#    and the rows together make the picture that people call an attention map.

# %%
for number, row in enumerate(weights.tolist(), 1):
    print(read.say_where_the_word_looks(number, row))

# %% [markdown]
# A row *must* hand out its whole weight, even if the word agrees with nothing. "It
# looks at everything a little" is how a map says "nothing in particular".
#
# In a network, the queries, keys and values are made from the states of the encoders.
# The next picture shows the whole of cross-attention on one page, and sections 2 to 5
# build each of its arrows.

# %% tags=["hide-input"]
places = {
    "words": (0, 2.1, "words\n(L, D)"),
    "frames": (0, 0.5, "frames\n(A, D)"),
    "Q": (1.5, 2.1, "queries Q\n(L, d)"),
    "K": (1.5, 1.05, "keys K\n(A, d)"),
    "V": (1.5, 0, "values V\n(A, d)"),
    "S": (3.1, 1.6, "scores\n(L, A)"),
    "W": (4.6, 1.6, "weights\n(L, A)"),
    "O": (6.1, 0.8, "ΔH\n(L, d)"),
}
wires = ["words Q W^Q", "frames K W^K", "frames V W^V", "Q S", "K S", "S W softmax"]
wires += ["W O", "V O weighted average"]

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(9, 3.2), layout="constrained")
for wire in wires:
    start, end, *label = wire.split(" ", 2)
    a, b = np.array(places[start][:2]), np.array(places[end][:2])
    way = {"arrowstyle": "->", "shrinkA": 28, "shrinkB": 28}
    ax.annotate("", b, a, arrowprops=way)
    if label:
        text = f"${label[0]}$" if "^" in label[0] else label[0]
        ax.text(*((a + b) / 2 + (0, 0.16)), text, ha="center")
for name, (x, y, text) in places.items():
    asks = name in ("words", "Q")
    box = {"boxstyle": "round", "fc": "#FDF0D5" if asks else "#D9ECF8", "ec": "black"}
    ax.text(x, y, text, ha="center", va="center", bbox=box)
ax.set(xlim=(-0.6, 6.6), ylim=(-0.4, 2.5))
ax.axis("off")
mc.figures.show(
    fig,
    alt="A diagram: words become queries; frames become keys and values. Queries and "
    "keys give scores, a softmax gives weights, and weights and values give ΔH.",
    caption="Cross-attention in which the words ask and the frames answer. L words and "
    "A frames; each box shows its shape. The result has one row per word.",
)

# %% [markdown]
# ## 2 · By hand: one word, then all of them
#
# Now we do the same in numbers. One word has the query $\mathbf q$, with $d$ numbers.
# Each key $\mathbf k_j$ gives a score $s_j$. The softmax makes weights $w_j$ of the
# scores, and the weights mix the values $\mathbf v_j$ into the context $\mathbf o$:
#
# $$s_j = \frac{\mathbf q \cdot \mathbf k_j}{\sqrt d}, \qquad
# w_j = \frac{e^{s_j}}{\sum_i e^{s_i}}, \qquad
# \mathbf o = \sum_j w_j \mathbf v_j$$

# %%
first_query = query[0].tolist()
d = 2
exponentials = []
for one_key in key.tolist():
    product = sum(first_query[i] * one_key[i] for i in range(d))
    exponentials.append(math.exp(product / math.sqrt(d)))
total = sum(exponentials)
first_weights = [one / total for one in exponentials]

first_context = [0.0, 0.0]
for weight, one_value in zip(first_weights, value.tolist(), strict=True):
    for i in range(2):
        first_context[i] += weight * one_value[i]
print("weights", np.round(first_weights, 2), "sum", round(sum(first_weights), 6))
print("context", np.round(first_context, 2))

# %% [markdown]
# Three words ask four frames. That makes twelve scores: a table with one row per word.
# Written with matrices, the same sums are the heart of Eq. 9, 10 and 15:
#
# $$\mathrm{softmax}\!\left(\frac{\mathbf Q \mathbf K^\top}{\sqrt d}\right)\mathbf V$$

# %%
S = query @ key.T / d**0.5  # (3, 2) @ (2, 4) -> (3, 4)
W = S.exp() / S.exp().sum(1, keepdim=True)  # every row sums to one
O = W @ value  # (3, 4) @ (4, 2) -> (3, 2)
torch.testing.assert_close(O[0], torch.tensor(first_context))
torch.testing.assert_close(W, S.softmax(-1))
print("the context of the loop came back:", O[0].numpy().round(2))

# %% tags=["hide-input"]
signed = {"queries": query, "scores": S, "context": O}
limit = max(float(numbers.abs().max()) for numbers in signed.values())
fig, axes = plt.subplots(
    1, 4, figsize=(9, 2.6), width_ratios=(2, 4, 2, 4), layout="constrained"
)
scale = {"annot": True, "fmt": ".2f", "cbar": False, "xticklabels": False}
words = ["word 1", "word 2", "word 3"]
for ax, (name, numbers) in zip(axes, signed.items(), strict=False):
    row_names = words if name == "queries" else False
    colors = {"cmap": "PuOr_r", "vmin": -limit, "vmax": limit}
    sns.heatmap(numbers, ax=ax, yticklabels=row_names, **scale, **colors)
    for text, entry in zip(ax.texts, numbers.flatten(), strict=True):
        text.set_color("white" if abs(entry) > 0.65 * limit else "black")
    ax.set_title(name)
colors = {"cmap": "cividis", "vmin": 0, "vmax": 1}
sns.heatmap(W, ax=axes[3], yticklabels=False, **scale, **colors)
axes[3].set_title("weights")
axes[0].tick_params(axis="y", rotation=0)
fig.colorbar(axes[2].collections[0], ax=axes[2], label="signed value")
fig.colorbar(axes[3].collections[0], ax=axes[3], label="weight")
mc.figures.show(
    fig,
    alt="Four small tables with one row for each of three words: queries, scores, "
    "context and weights.",
    caption="Queries, scores and context are signed and share one scale, on which "
    "white is zero. Weights lie between 0 and 1 and have a scale of their own.",
)

# %%
print(read.say_where_the_word_looks(3, W[2].tolist()))
apart = (S[2].max() - S[2].min()).item()
print(f"Its query is short, so its scores lie within {apart:.2f} of each other.")

# %% [markdown]
# ## 3 · Padding must get nothing
#
# In a batch, some frames are padding: they hold nothing but zeros. In our example their
# keys are zero as well, so their score is 0. Does that mean that they get no weight?
# The softmax turns a score of 0 into $e^0 = 1$, as much as a real frame with score 0
# gets. **Predict**: how much weight do 20 padded frames take from 4 real ones?

# %%
taken = {}
for pads in (0, 5, 20, 95):
    padded = torch.cat([key, torch.zeros(pads, 2)])  # (4 + pads, 2)
    rows = (query @ padded.T / d**0.5).softmax(-1)
    taken[pads] = rows[:, 4:].sum(1).mean().item()
    print(f"{pads:3} padded frames take {taken[pads]:.0%} of the weight")
print(read.say_what_padding_takes(taken[20], 20, 4))

# %% [markdown]
# There was no error and no warning. The cure is a **key mask**: before the softmax, the
# scores of padding become $-\infty$, and $e^{-\infty} = 0$.

# %%
padded = torch.cat([key, torch.zeros(20, 2)])  # (24, 2)
long_value = torch.cat([value, torch.zeros(20, 2)])  # (24, 2)
mask = torch.arange(24) < 4  # True where a frame is real
masked_scores = (query @ padded.T / d**0.5).masked_fill(~mask, -math.inf)
masked = masked_scores.softmax(-1)
torch.testing.assert_close(masked @ long_value, O)
print("weight on padding:", masked[:, 4:].sum().item())
print("The context is what it was without padding.")

# %% [markdown]
# **E6.1 · Implement** (★★, 10 min). Write attention as a whole: context and weights
# from `query (Q, d)`, `key (K, d)`, `value (K, e)` and `mask (K,)`, which is True where
# a key is real. The check recognises a dozen ways of getting it nearly right.
#
# <details><summary>Hint 1</summary>Sections 2 and 3. The width d is the
# last axis of the query.</details>
# <details><summary>Hint 2</summary>Scores, scale, mask, softmax, average: in
# this order.</details>
# <details><summary>Hint 3</summary><code>scores.masked_fill(~mask,
# -math.inf).softmax(-1)</code>; the context is the weights times the values.</details>

# %% tags=["exercise"]
def attention(query, key, value, mask):
    """-> context (Q, e), weights (Q, K)."""
    raise NotImplementedError


check.attention(attention)


# %% tags=["solution"]
def attention(query, key, value, mask):
    """-> context (Q, e), weights (Q, K)."""
    scores = query @ key.T / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights @ value, weights


check.attention(attention)

# %% [markdown]
# The package's version does the same for any number of leading axes (batch, heads). It
# treats the mask a little differently from yours; section 7 says why.

# %%
print(inspect.getsource(attend))

# %%
found, its_weights = attend(query, padded, long_value, mask)
torch.testing.assert_close(found, O)
torch.testing.assert_close(its_weights, masked)
print(f"layers.attend = by hand, to {(found - O).abs().max():.0e}")

# %% [markdown]
# ## 4 · Cross-attention is rectangular
#
# So far, queries, keys and values fell from the sky. In the network, linear maps make
# them from the states of the encoders:
#
# $$\mathbf Q = \mathbf H \mathbf W^Q, \qquad \mathbf K = \mathbf H \mathbf W^K, \qquad
# \mathbf V = \mathbf H \mathbf W^V \tag{6–8}$$
#
# (The paper prints $\mathbf W^Q \mathbf H$, as one does when states are columns. Its
# own states are rows, as ours are, so we write $\mathbf H \mathbf W^Q$.)
#
# Whose $\mathbf H$ is it? In **self-attention** (Eq. 15), all three come from one
# modality, and the map is square. In **cross-attention** (Eq. 9 and 10), the queries
# come from one modality, and the keys and values from the other. Let us take five words
# and eleven frames:

# %%
torch.manual_seed(5)
words = torch.randn(5, 8)
frames = torch.randn(11, 8)
state = {"text": words, "audio": frames}
to_query = {}
to_key = {}
to_value = {}
for linear in (to_query, to_key, to_value):
    for modality in state:
        linear[modality] = nn.Linear(8, 8)


def look(asks: str, answers: str):
    """Context and weights where one modality asks and another one answers."""
    Q = to_query[asks](state[asks])
    K = to_key[answers](state[answers])
    V = to_value[answers](state[answers])
    return attend(Q, K, V)


# %%
lines = []
maps = {}
for asks in state:
    for answers in state:
        with torch.no_grad():
            delta, weights = look(asks, answers)
        maps[asks, answers] = weights
        lines.append((asks, answers, tuple(weights.shape), tuple(delta.shape)))
pd.DataFrame(lines, columns=["asks", "answers", "map", "ΔH"])

# %% [markdown]
# Read the last column: $\Delta\mathbf H$ always has the length of the modality that
# asks. Is one cross map the transpose of the other? We draw both with words down and
# frames across:

# %%
one_way = maps["text", "audio"]  # (5, 11): a row sums to one
other_way = maps["audio", "text"].T  # (11, 5) -> (5, 11): a column sums to one

# %% tags=["hide-input"]
top = float(max(one_way.max(), other_way.max()))
fig, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
titles = ("each word looks at the sound", "each frame looks at the words")
for ax, title, shown in zip(axes, titles, (one_way, other_way), strict=True):
    image = ax.imshow(shown, cmap="cividis", vmin=0, vmax=top, aspect="auto")
    ax.set(title=title, xlabel="frame", ylabel="word", yticks=range(5))
fig.colorbar(image, ax=axes, label="weight")
mc.figures.show(
    fig,
    alt="Two heat maps of five words by eleven frames with different patterns.",
    caption="The same words and frames, with random maps, on one colour scale. On the "
    "left every row sums to one; on the right every column does.",
)

# %%
difference = (one_way - other_way).abs().max().item()
row_sums = other_way.sum(1)  # what all frames together give to each word
low, high = row_sums.min().item(), row_sums.max().item()
print(read.say_whether_maps_are_transposes(difference, low, high))

# %% [markdown]
# **E6.2 · Implement** (★★, 8 min). Write Eq. 9 without a mask and with one head:
# the text asks, and the audio answers. `to_query`, `to_key` and `to_value` are linear
# maps. Return $\Delta\mathbf H$ and the weights.
#
# <details><summary>Hint 1</summary>Look at the function
# <code>look</code> above.</details>
# <details><summary>Hint 2</summary>The modality that asks gives the queries,
# and with them the number of rows. The modality that answers gives keys and
# values.</details>
# <details><summary>Hint 3</summary><code>to_query(text) @
# to_key(audio).T</code>, scaled, with a softmax over the last axis; then times
# <code>to_value(audio)</code>.</details>

# %% tags=["exercise"]
def text_from_audio(audio, text, to_query, to_key, to_value):
    """audio (A, D), text (L, D) -> ΔH (L, D), weights (L, A)."""
    raise NotImplementedError


check.text_from_audio(text_from_audio)


# %% tags=["solution"]
def text_from_audio(audio, text, to_query, to_key, to_value):
    """audio (A, D), text (L, D) -> ΔH (L, D), weights (L, A)."""
    Q = to_query(text)
    K = to_key(audio)
    V = to_value(audio)
    weights = (Q @ K.T / Q.shape[-1] ** 0.5).softmax(-1)
    return weights @ V, weights


check.text_from_audio(text_from_audio)

# %% [markdown]
# ## 5 · Heads
#
# One softmax gives one row of weights, and so one answer. To ask several things at
# once, the $d$ numbers are cut into slices, the **heads**, and each head attends on its
# own, with its own row of weights. Cutting is where reshapes go wrong. Here are two
# positions, four numbers and two heads:

# %%
x = torch.tensor([[1, 2, 3, 4], [10, 20, 30, 40]])  # (L, D) = (2, 4)
wrong = x.view(2, 2, 2)
print("wrong: view(2, 2, 2)\n", wrong.tolist())
print("head 0 holds position 0 as a whole\n")
# (L, D) -> (L, heads, D/heads) -> (heads, L, D/heads)
right = x.unflatten(-1, (2, 2)).transpose(0, 1)
print("right: cut the last axis, then transpose\n", right.tolist())
print("head 0 holds the first half of every position")

# %% [markdown]
# Both have the shape (heads, positions, 2), both run, and both can be trained. Only one
# of them is attention over positions.
#
# **E6.3 · Implement** (★★, 8 min). `split(x, heads)` takes (L, D) to (heads, L,
# D/heads). `merge(x)` is its inverse: it takes (heads, L, D/heads) to (L, D).
#
# <details><summary>Hint 1</summary>Which axis of (L, D) do the heads share
# among them? And where must the axis of the heads stand in the end?</details>
# <details><summary>Hint 2</summary>To split, cut the last axis and bring the
# heads to the front. To merge, take the same two steps backwards.</details>
# <details><summary>Hint 3</summary><code>x.unflatten(-1, (heads,
# -1)).transpose(0, 1)</code>, and <code>x.transpose(0, 1).flatten(1)</code>.</details>

# %% tags=["exercise"]
def split(x, heads):
    """(L, D) -> (heads, L, D/heads)."""
    raise NotImplementedError


def merge(x):
    """(heads, L, D/heads) -> (L, D)."""
    raise NotImplementedError


check.heads(split, merge)


# %% tags=["solution"]
def split(x, heads):
    """(L, D) -> (heads, L, D/heads)."""
    return x.unflatten(-1, (heads, -1)).transpose(0, 1)


def merge(x):
    """(heads, L, D/heads) -> (L, D)."""
    return x.transpose(0, 1).flatten(1)


check.heads(split, merge)

# %% [markdown]
# After merging, one more linear map mixes the heads. All of this is one module, and it
# must give the numbers of the module that everyone uses. We copy the weights of ours
# into `torch.nn.MultiheadAttention`. (In the shapes of our source, `H` is the number of
# heads.)

# %%
print(inspect.getsource(MultiHead.forward))

# %%
torch.manual_seed(5)
ours = MultiHead(8, 2).eval()
theirs = nn.MultiheadAttention(8, 2, batch_first=True).eval()
three = (ours.to_query, ours.to_key, ours.to_value)
copied = {
    "in_proj_weight": torch.cat([linear.weight for linear in three]),
    "in_proj_bias": torch.cat([linear.bias for linear in three]),
    "out_proj.weight": ours.merge.weight,
    "out_proj.bias": ours.merge.bias,
}
theirs.load_state_dict(copied)
text, sound = words[None], frames[None]  # a batch of one: (1, 5, 8) and (1, 11, 8)
real = torch.tensor([[True] * 9 + [False] * 2])  # the last two frames are padding

# %%
as_ours = {"key_padding_mask": ~real, "average_attn_weights": False}
with torch.no_grad():
    update, weights = ours(text, sound, real)
    expected, expected_weights = theirs(text, sound, sound, **as_ours)
torch.testing.assert_close(update, expected, atol=1e-6, rtol=0)
torch.testing.assert_close(weights, expected_weights, atol=1e-6, rtol=0)
print(f"ours = PyTorch's, to {(update - expected).abs().max():.0e}")
print(f"weights {tuple(weights.shape)}: batch, heads, words, frames")

# %% [markdown]
# Note `~real`: PyTorch's mask is True where a key is to be *ignored*, and ours is True
# where it is real. Note also `average_attn_weights=False`: by default PyTorch averages
# the heads, which the network itself never does.
#
# ### What heads are for
#
# Why more than one head? Here is a task in which a word asks two questions at once.
# There are six sounds, each with a loudness. A word names two sounds, and wants the
# loudness of the first *and* that of the second, in this order. One row of weights can
# point at both sounds, but then it hands over a mixture, and the two answers cannot be
# recovered from it. We train the module of this course with one head and with two:

# %%
def make_task(count, seed):
    """Words and sounds (N, 6, 16), wanted (N, 6, 2), and which sounds are named."""
    generator = torch.Generator().manual_seed(seed)
    named = torch.randint(6, (2, count, 6), generator=generator)  # first, second
    loudness = torch.randn(count, 6, generator=generator)
    identity = torch.eye(6)
    asked = torch.cat([identity[named[0]], identity[named[1]]], -1)  # (N, 6, 12)
    words = F.pad(asked, (0, 4))  # (N, 6, 12) -> (N, 6, 16)
    offered = torch.cat([identity.expand(count, 6, 6), loudness[..., None]], -1)
    sounds = F.pad(offered, (0, 9))  # (N, 6, 7) -> (N, 6, 16)
    first = loudness.gather(1, named[0])
    second = loudness.gather(1, named[1])
    return words, sounds, torch.stack([first, second], -1), named


def train_heads(heads):
    """A MultiHead whose first two outputs have learned to answer."""
    torch.manual_seed(0)
    module = MultiHead(16, heads)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
    for step in range(300):
        words, sounds, wanted, _ = make_task(32, seed=step)
        update, _ = module(words, sounds, torch.ones(32, 6, dtype=torch.bool))
        loss = (update[..., :2] - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return module


# %%
asking, sounds, wanted, named = make_task(200, seed=1000)  # new utterances
both_named = named[0] != named[1]  # (200, 6): the word names two different sounds
errors = {}
maps = {}
for heads in (1, 2):
    module = train_heads(heads)
    with torch.no_grad():
        update, weights = module(asking, sounds, torch.ones(200, 6, dtype=torch.bool))
    squared = (update[..., :2] - wanted).square()
    errors[heads] = squared[both_named].mean().item()
    maps[heads] = weights  # (200, heads, 6, 6)
mixed = (wanted.mean(-1, keepdim=True) - wanted).square()[both_named].mean().item()
print(read.say_what_more_heads_buy(errors[1], errors[2], mixed))

# %% tags=["hide-input"]
example = int(both_named.sum(1).argmax())  # an utterance whose words name two sounds
panels = {
    "one head": maps[1][example, 0],
    "two heads: head 0": maps[2][example, 0],
    "two heads: head 1": maps[2][example, 1],
}
fig, axes = plt.subplots(1, 3, figsize=(9, 3.6), sharey=True, layout="constrained")
for ax, (name, shown) in zip(axes, panels.items(), strict=True):
    image = ax.imshow(shown, cmap="cividis", vmin=0, vmax=1)
    for order, marker in enumerate("os"):
        label = ("first sound named", "second sound named")[order]
        style = {"mfc": "none", "mec": "#D55E00", "mew": 2, "ms": 13, "ls": ""}
        ax.plot(named[order, example], range(6), marker, label=label, **style)
    ax.set(title=name, xlabel="sound", xticks=range(6), yticks=range(6))
axes[0].set_ylabel("word")
fig.colorbar(image, ax=axes, label="weight", shrink=0.7)
handles, labels = axes[0].get_legend_handles_labels()
fig.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
mc.figures.show(
    fig,
    alt="Three maps of six words by six sounds, for one head and for each of two "
    "heads. Circles mark the first sound that a word names, squares the second.",
    caption="Weights of one new utterance after training, on one scale from 0 to 1.",
)

# %%
def weight_on(weights, sound):
    """What each word gives to one sound: (N, 6, 6) and numbers (N, 6) -> (N, 6)."""
    return weights.gather(-1, sound[..., None]).squeeze(-1)


first_named, second_named = named  # the number of a sound per word, (200, 6) each
shares = []
for head in range(2):
    head_weights = maps[2][:, head]  # (200, 6, 6)
    on_first = weight_on(head_weights, first_named)[both_named].mean().item()
    on_second = weight_on(head_weights, second_named)[both_named].mean().item()
    shares.append((on_first, on_second))
print(read.say_what_each_head_does(shares))

# %% [markdown]
# Nobody told a head which question was its own. This task was made so that two heads
# are needed; whether the heads of a network for emotion divide their work is something
# to look at (lesson 10), not something to expect.
#
# ## 6 · How sharp? √d and √(d / heads)
#
# Why divide at all? A score, $\mathbf q \cdot \mathbf k = \sum_i q_i k_i$, is a sum of
# as many products as a query has numbers. We call this number $n$: with one head it is
# $d$, and with several it is $d / heads$, here 128 / 8 = 16. Assume that all components
# of queries and keys are independent of each other, with mean 0 and **unit variance**.
# Then each product has mean 0 and variance 1, variances of independent terms add up,
# and the sum has variance $n$. Dividing by $\sqrt n$ brings it back to 1. Both
# assumptions matter. Let us see what happens with them and without them:

# %%
torch.manual_seed(5)
width = 128  # the paper's d
heads = 8  # as in the paper
keys = 112  # encoder frames of ten seconds
slice_width = width // heads  # numbers per query of one head
q = torch.randn(5000, slice_width)
k = torch.randn(5000, slice_width)
related = (k + q) / 2**0.5  # unit variance too, but not independent of q
for what, other in {"Independent": k, "Related": related}.items():
    variance = (q * other).sum(1).var().item()
    print(read.say_how_scores_vary(what, variance, slice_width))

# %%
module = MultiHead(width, heads)
with torch.no_grad():
    states = F.layer_norm(torch.randn(2, keys, width), (width,))  # as after a LayerNorm
    # (B, length, D) -> (B, length, heads, D/heads) -> (B, heads, length, D/heads)
    Q = module.to_query(states).unflatten(-1, (heads, -1)).transpose(1, 2)
    K = module.to_key(states).unflatten(-1, (heads, -1)).transpose(1, 2)
    raw = Q @ K.transpose(-2, -1)  # (B, heads, length, length)
print(read.say_how_scores_vary("Fresh weights", raw.var().item(), slice_width))
print(f"Their queries have variance {Q.var():.2f}, their keys {K.var():.2f}.")

# %% [markdown]
# If scores have the variance $n$ and nothing divides them, they are large for long
# vectors, and the softmax becomes a hard choice. Fresh weights give other scores, as
# you have just seen. So how sharp are their rows? We measure how widely a row is spread
# by its **entropy**, $-\sum_j w_j \ln w_j$. An even row of $m$ weights has the entropy
# $\ln m$, and we divide by it. So 1 means even, and 0 means that one key has
# everything.

# %%
def spread(weights):
    """Normalised entropy of rows (..., K), averaged: 1 = even, 0 = one key has all."""
    entropy = torch.special.entr(weights).sum(-1)
    return (entropy / math.log(weights.shape[-1])).mean().item()


divisors = np.geomspace(0.05, 100, 50)
curve = [spread((raw / divisor).softmax(-1)) for divisor in divisors]
marks = {"no scale": 1.0, "√(d/heads) of Vaswani et al.": slice_width**0.5}
marks["√d as printed"] = width**0.5
entropies = {}
for name, divisor in marks.items():
    entropies[name] = spread((raw / divisor).softmax(-1))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.semilogx(divisors, curve, color=mc.figures.OKABE_ITO[0])
offsets = [(12, -24), (10, -38), (14, -17)]  # points: so that no label meets a line
for i, (name, divisor) in enumerate(marks.items()):
    marker, color = mc.figures.MARKERS[i], mc.figures.OKABE_ITO[i + 1]
    ax.plot(divisor, entropies[name], marker, color=color, ms=9)
    away = {"xytext": offsets[i], "textcoords": "offset points"}
    away["arrowprops"] = {"arrowstyle": "-", "color": color}
    ax.annotate(f"{name}: {entropies[name]:.3f}", (divisor, entropies[name]), **away)
ax.set(ylim=(0, 1.05), xlabel="divisor of the scores", ylabel="normalised entropy")
mc.figures.show(
    fig,
    alt="Normalised entropy rises from near 0 to near 1 as the divisor grows; three "
    "divisors are marked.",
    caption=f"An untrained attention with d = {width}, {heads} heads and {keys} keys.",
)

# %%
print(read.say_how_flat_rows_are(entropies))

# %% [markdown]
# Eq. 9 prints $\sqrt d$, and describes a single head. With several, the method that the
# paper cites divides by $\sqrt{d/heads}$. Which of the two the authors used, the paper
# does not say. The printed divisor gives flatter rows at the start, and training can
# sharpen either. Here the choice is a switch, `full_scale`, and an entry in the ledger
# of lesson 08.
#
# ## 7 · A row with nothing to look at
#
# An utterance may have no sound, or no transcript. Then every key is masked, and the
# row is $0 / 0$:

# %%
scores = torch.randn(3, 4, requires_grad=True)
some = torch.tensor([[True] * 4, [True, True, False, False], [False] * 4])
broken = scores.masked_fill(~some, -math.inf).softmax(-1)  # the last row has no key
print(broken.detach().numpy().round(2))
broken[:2, 0].sum().backward()  # a loss that does not even use the broken row
print("gradient:")
print(scores.grad.numpy().round(2))

# %% [markdown]
# The gradient survives, because `masked_fill` passes nothing back to what it filled.
# That is luck. Many programs *add* a mask of zeros and $-\infty$ instead, which gives
# the same numbers in the forward pass, and PyTorch's own module is one of them. We take
# a batch of two utterances, of which the second has no key, and a loss that uses only
# the first:

# %%
two_texts = words.expand(2, 5, 8)
two_sounds = frames.expand(2, 11, 8)
there = torch.tensor([[True] * 11, [False] * 11])  # the second one has no sound


def say_what_breaks(name, module, context):
    """Print where NaN is after a loss on the first utterance only."""
    module.zero_grad()
    context[0].sum().backward()
    gradients = torch.cat([p.grad.flatten() for p in module.parameters()])
    outputs = context.isnan().any(2).any(1).tolist()  # one per utterance
    share = gradients.isnan().float().mean().item()
    print(read.say_where_nan_is(name, outputs, share))


# %%
of_torch, _ = theirs(two_texts, two_sounds, two_sounds, key_padding_mask=~there)
say_what_breaks("torch.nn.MultiheadAttention", theirs, of_torch)
of_course, _ = ours(two_texts, two_sounds, there)
say_what_breaks("MultiHead of this course", ours, of_course)

# %% [markdown]
# If NaN is among the gradients, the weights are gone after the next step of the
# optimiser, because of one utterance without sound. PyTorch's module behaves like this
# when it is asked for its weights (`need_weights=True`, its default), and any
# visualiser must ask for them.
#
# **E6.4 · Break it** (★★★, 8 min). Write the masked softmax so that a row without a
# key is **zero**, all other rows stay what they were, and no gradient is NaN.
# `torch.nan_to_num` after the softmax is the cure that comes to mind first. Try it with
# a mask that is added, `scores + torch.zeros_like(scores).masked_fill(~mask,
# -math.inf)`, and the check tells you what happens. Then write a version in which no
# NaN arises at all.
#
# <details><summary>Hint 1</summary>Where does the first NaN arise: before, in, or
# after the softmax?</details>
# <details><summary>Hint 2</summary>Take a very low finite score instead of
# minus infinity: the softmax of equal numbers is even, not NaN. Then take away what a
# masked key still received.</details>
# <details><summary>Hint 3</summary>Fill with
# <code>torch.finfo(scores.dtype).min</code>, take the softmax, and multiply by the
# mask. <code>masked_softmax</code> in <code>mcsan_lite/models/layers.py</code>, which
# <code>attend</code> calls, does the same.</details>

# %% tags=["exercise"]
def safe_softmax(scores, mask):
    """scores (Q, K), mask (Q, K), True where real -> weights (Q, K)."""
    raise NotImplementedError


check.safe_softmax(safe_softmax)


# %% tags=["solution"]
def safe_softmax(scores, mask):
    """scores (Q, K), mask (Q, K), True where real -> weights (Q, K)."""
    lowest = torch.finfo(scores.dtype).min
    weights = scores.masked_fill(~mask, lowest).softmax(-1)
    return weights * mask  # zero where every key is masked


check.safe_softmax(safe_softmax)

# %% [markdown]
# ## 8 · Look in eval mode only
#
# In training, *dropout* sets some numbers to zero at random and makes the others
# larger, so that the network learns to rely on no single one. It does this to the
# attention weights as well. PyTorch's module returns the weights *after* dropout.
# **Predict**: do the rows of such a map still sum to one?

# %%
torch.manual_seed(5)
dropping = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
our_dropping = MultiHead(8, 2, dropout=0.5)
for mode in ("train()", "eval()"):
    dropping.train(mode == "train()")
    our_dropping.train(mode == "train()")
    with torch.no_grad():
        _, map_of_torch = dropping(text, sound, sound, average_attn_weights=False)
        _, our_map = our_dropping(text, sound, torch.ones(1, 11, dtype=torch.bool))
    for whose, drawn in {"PyTorch's": map_of_torch, "Our": our_map}.items():
        sums = drawn.sum(-1)  # (1, heads, L): one per row
        low, high = sums.min().item(), sums.max().item()
        print(read.say_whether_rows_sum_to_one(f"{whose} map in {mode}", low, high))

# %% [markdown]
# A map drawn in training mode is partly a matter of chance. Ours is taken before
# dropout, but whatever comes *before* the attention drops numbers too. So always call
# `eval()` before you look; `mcsan_lite.explain.maps.attention_maps` does it for you.
#
# ## 9 · Attention does not know order
#
# Shuffle the frames, keys and values together. What happens to the context? We try it
# twice: with the frames as they are, and with a *position embedding* added to them.
# This is a fixed row of sines and cosines for each place (`positions`).

# %%
torch.manual_seed(5)
all_real = torch.ones(1, 11, dtype=torch.bool)
order = torch.randperm(11)
place = positions(11, 8, like=frames)  # (11, 8)
with torch.no_grad():
    plain, weights = ours(text, sound, all_real)
    shuffled, shuffled_weights = ours(text, sound[:, order], all_real)
    placed, _ = ours(text, sound + place, all_real)
    shuffled_placed, _ = ours(text, sound[:, order] + place, all_real)
torch.testing.assert_close(shuffled, plain, atol=1e-6, rtol=0)
torch.testing.assert_close(shuffled_weights, weights[..., order], atol=1e-6, rtol=0)

# %%
without = (shuffled - plain).abs().max().item()
with_positions = (shuffled_placed - placed).abs().max().item()
print(read.say_what_shuffling_does(without, with_positions, placed.abs().mean().item()))

# %% [markdown]
# The second assertion says that the columns of the map move along with their frames.
# Attention sees a bag of frames. Two parts of the network bring the order back: the
# position embedding, which is added before each attention module, and the BiLSTM of the
# encoder, whose states already depend on the order (lesson 05).
#
# **E6.5 · Predict** (★★, 6 min).
#
# - **zero**: a query of zeros asks four real keys. How much weight does each get? Give
#   a decimal number between 0 and 1.
# - **large**: a query is multiplied by a million, and one of the four keys agrees with
#   it best. How much weight does that key get? Give a decimal number again.
# - **shuffled**: frames and their values are shuffled together, without positions. The
#   context of a word **a** stays the same · **b** changes, because the weights now
#   belong to other frames · **c** becomes blurred.
# - **heads**: there are eight heads instead of one, with the same $d$. By what is the
#   number of parameters multiplied? Give a number.
# - **printed**: does dividing by $\sqrt{128}$ instead of $\sqrt{16}$ make a row
#   `"sharper"`, `"flatter"` or `"neither"`?
#
# <details><summary>Hint 1</summary>Sections 2, 5, 6 and 9.</details>
# <details><summary>Hint 2</summary>For the weights, write down the four
# scores, and then the softmax. For the parameters, ask whether splitting needs a new
# matrix.</details>
# <details><summary>Hint 3</summary>Four scores of 0 give equal
# weights. A million times a difference leaves nothing to the others. A larger divisor
# moves the scores closer together.</details>

# %% tags=["exercise"]
answer = {"zero": ..., "large": ..., "shuffled": ..., "heads": ..., "printed": ...}
check.predictions(answer)


# %% tags=["solution"]
answer = {"zero": 0.25, "large": 1.0, "shuffled": "a", "heads": 1, "printed": "flatter"}
check.predictions(answer)

# %%
for name, factor in {"zero": 0.0, "as it is": 1.0, "large": 1e6}.items():
    _, row = attend(factor * query[:1], key, value)
    print(f"{name:9}", row[0].numpy().round(3))
for heads in (1, 8):
    count = sum(p.numel() for p in MultiHead(128, heads).parameters())
    print(f"heads {heads}: {count:,} parameters")

# %% [markdown]
# ## 10 · The same number in the whole network
#
# One step is left: a real utterance in the real network. We catch the states that enter
# the block in which the text looks at the audio, compute Eq. 6 to 9 line by line, and
# compare the result with the map that the network returns.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)


def is_short(utterance) -> bool:
    """It has sound, and a transcript of 5 to 12 words."""
    return utterance.audio is not None and 5 <= len(utterance.text.split()) <= 12


utterance = next(filter(is_short, corpus.utterances))
extracted, _ = mc.extract(corpus.subset([utterance.id]), cache="data/cache")
[one] = mc.Standardizer().fit(extracted).apply(extracted)
heard = mc.load_audio(utterance.audio)
spoken = f"“{utterance.text}”, {len(heard) / 16_000:.1f} s"
display(mc.figures.play(heard, 16_000, alt=spoken))

# %%
torch.manual_seed(5)
dims = mc.Dims(one.audio.shape[1], one.text.shape[1], len(corpus.labels))
config = mc.MCSANConfig(**mc.paper.PROFILES[PROFILE].options)
net = mc.MCSAN(dims, config).eval()  # not trained
inner = net.cross.layers[0]["text"].attention  # the text asks, the audio answers
caught = {}


def keep(module, given, output):
    """A hook: PyTorch calls it each time the module has computed."""
    caught.update(given=given, output=output)


hook = inner.register_forward_hook(keep)
with torch.no_grad():
    result = net(mc.collate([one]), need_attention=True)
hook.remove()
map_of_network = result.attention["cross.0.text_from_audio"][0]  # (heads, L, A)

# %%
def by_head(states):
    """(length, D) -> (length, heads, D/heads) -> (heads, length, D/heads)."""
    return states.unflatten(-1, (inner.heads, -1)).transpose(0, 1)


text_given, audio_given, _ = caught["given"]  # (1, L, D), (1, A, D) and the mask
delta_given, _ = caught["output"]  # (1, L, D)
text_states, audio_states = text_given[0], audio_given[0]  # of the one utterance
with torch.no_grad():
    Q = by_head(inner.to_query(text_states))
    K = by_head(inner.to_key(audio_states))
    V = by_head(inner.to_value(audio_states))
    by_hand = (Q @ K.transpose(1, 2) / Q.shape[-1] ** 0.5).softmax(-1)  # (heads, L, A)
    context = (by_hand @ V).transpose(0, 1).flatten(1)  # (heads, L, D/heads) -> (L, D)
    delta = inner.merge(context)
torch.testing.assert_close(by_hand, map_of_network)
torch.testing.assert_close(delta, delta_given[0])
print(f"map {tuple(by_hand.shape)}: by hand = the network")

# %% tags=["hide-input"]
first_head = by_hand[0].numpy()
steps = mc.frame_spans(first_head.shape[1])
aligned = mc.figures.AlignedUtterance(one.tokens, steps)
fig, ax = plt.subplots(figsize=(8, 0.9 + 0.32 * len(one.tokens)), layout="constrained")
mc.figures.draw_attention(first_head, aligned, ax=ax)
mc.figures.show(
    fig,
    alt="Heat map of words by seconds for one head of an untrained network.",
    caption="One head of an **untrained** network.",
)

# %%
highest = float(first_head.max())
print(read.say_what_an_untrained_map_shows(highest, first_head.shape[1]))

# %% [markdown]
# An untrained network draws a pattern too, and that is worth remembering. A map alone
# does not show that anything was learned.
#
# ## Recap
#
# - **By hand.** Loop, matrices and `attend` gave the same numbers; so did `MultiHead`
#   and PyTorch's module, and so did the formulas and the whole network.
# - **Mask.** Unmasked padding takes weight without any warning. A row without keys is
#   NaN. The cure belongs before the softmax: after it, the gradient may already be
#   lost.
# - **Cross.** The modality that asks gives the rows. The two directions are two maps,
#   and neither is the other's transpose.
# - **Heads.** They are slices of the same matrices, and they cost no extra parameter.
#   Cut the last axis, and then transpose. Several heads let one word ask several
#   questions.
# - **Scale, dropout, order.** The divisor sets the sharpness, training mode spoils
#   maps, and without positions attention sees a bag.

# %% [markdown]
# ## What you may not conclude
#
# - That a large weight is a reason. A weight says what was read, and not why; after a
#   BiLSTM it does not even say from where (lessons 05, 10 and 11).
# - That a flat row is useless. The values may do the work, and the row has to hand out
#   its weight somewhere.
# - That the printed $\sqrt d$ is worse. It begins flatter; what training makes of it
#   was not measured here.
# - That the entropies above hold for a trained network. They belong to random weights
#   and random states.
# - That the heads of a network for emotion specialise as those of section 5 do. The
#   task there was made for it.
#
# **Further reading:** Vaswani et al., *Attention is all you need* (NeurIPS 2017),
# sections 3.2 and 3.5; Bahdanau, Cho and Bengio, *Neural machine translation by jointly
# learning to align and translate* (ICLR 2015), where attention on the states of a
# bidirectional recurrent encoder began; Tsai et al., *Multimodal transformer for
# unaligned multimodal language sequences* (ACL 2019), cross-attention between
# modalities.
#
# **Previous:** [05 · Encoders](05_encoders.ipynb) · **Next:** [07 · Ways to
# fuse](07_ways_to_fuse.ipynb)
