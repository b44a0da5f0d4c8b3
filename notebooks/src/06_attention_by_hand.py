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
# One idea carries the paper: let each word look at all of the sound, and take from it a weighted average. This lesson
# builds that average from a loop with three numbers in it to PyTorch's own module, and one number must come back at every
# step. Then it breaks it in the ways in which it breaks in practice.
#
# **You will be able to**
# - compute scores, weights and context by hand, and with matrices,
# - mask padding, and cure the NaN of a row that has nothing to look at,
# - let one modality look at the other, and say what the rows of the map are,
# - split states into heads and merge them, and get `torch.nn.MultiheadAttention`'s numbers,
# - predict what scale, dropout and the order of frames do to a map.
#
# **Needs:** lesson 05. **Time:** read 20 min · run under half a minute · exercises 40 min. **Paper:** sections 2.3 and 2.4, Eq. 6 to
# 10 and 15. **Runs on:** tensors that you can print; at the end, one utterance of any corpus.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %% [markdown]
# Nothing in this lesson is trained, so `RETRAIN` changes nothing.

# %%
import inspect
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from torch import nn
from torch.nn import functional as F

import mcsan_lite as mc
from mcsan_lite.exercises import lesson06 as check
from mcsan_lite.models.layers import MultiHead, attend, positions

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %% [markdown]
# ## 1 · One word asks
#
# A word comes with a **query**, four frames come with a **key** each and a **value** each. How much should the word take
# from each frame? As much as query and key agree. Agreement is their dot product:
#
# $$\mathbf o = \sum_k w_k \mathbf v_k, \qquad w_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad
# s_k = \frac{\mathbf q \cdot \mathbf k_k}{\sqrt d}$$

# %%
query = torch.tensor([[1.0, 0.5], [-1.0, 1.0], [0.2, 0.1]])  # three words, d = 2
key = torch.tensor([[1.0, 0.0], [0.5, 0.6], [-1.0, 0.5], [0.0, -1.0]])  # four frames
value = torch.tensor([[4.0, 0.0], [0.0, 4.0], [2.0, 2.0], [-1.0, 1.0]])

q, d = query[0].tolist(), 2  # the first word
scores = [sum(q[i] * k[i] for i in range(d)) / math.sqrt(d) for k in key.tolist()]
parts = [math.exp(s) for s in scores]
weights = [p / sum(parts) for p in parts]
context = [sum(w * v[i] for w, v in zip(weights, value.tolist(), strict=True)) for i in range(2)]
print("scores ", np.round(scores, 2), "\nweights", np.round(weights, 2), " sum", round(sum(weights), 6))
print("context", np.round(context, 2))

# %% [markdown]
# ## 2 · All words at once
#
# Three words ask four frames: twelve scores, a table with a row for each word. The same sums, written with matrices, are
# the heart of Eq. 9, 10 and 15:
#
# $$\mathrm{softmax}\!\left(\frac{\mathbf Q \mathbf K^\top}{\sqrt d}\right)\mathbf V$$

# %%
S = query @ key.T / d ** 0.5  # (3, 2) @ (2, 4) -> (3, 4)
W = S.exp() / S.exp().sum(1, keepdim=True)  # every row sums to one
O = W @ value  # (3, 4) @ (4, 2) -> (3, 2)
torch.testing.assert_close(O[0], torch.tensor(context))
torch.testing.assert_close(W, S.softmax(-1))
print("the loop's context came back:", O[0].numpy().round(2))

# %%
tables = {"Q (words)": query, "scores": S, "weights": W, "context": O}
fig, axes = plt.subplots(1, 4, figsize=(9, 2.2), width_ratios=(2, 4, 4, 2), layout="constrained")
for ax, (name, numbers) in zip(axes, tables.items(), strict=True):
    top = 1 if name == "weights" else numbers.abs().max()
    ax.imshow(numbers, cmap="cividis", vmin=0 if name == "weights" else -top, vmax=top, aspect="auto")
    middle = 0.6 * top if name == "weights" else 0.2 * top
    for (i, j), number in np.ndenumerate(numbers.numpy()):
        ax.text(j, i, f"{number:.2f}", ha="center", va="center", fontsize=8, color="black" if number > middle else "white")
    ax.set(title=name, xticks=[], yticks=range(3), yticklabels=["word 1", "word 2", "word 3"] if ax is axes[0] else [],
           xlabel="4 frames" if numbers.shape[1] == 4 else "d = 2")
mc.figures.show(fig, alt="Four small tables with numbers: queries, scores, weights and context, with a row for each of three words.",
           caption=f"Each row of weights sums to one. Word 1 takes most from frame {int(W[0].argmax()) + 1} ({W[0].max():.0%}). "
                   f"Word 3 has a short query, so its scores lie within {S[2].max() - S[2].min():.2f} of each other and its "
                   f"weights between {W[2].min():.2f} and {W[2].max():.2f}.")

# %% [markdown]
# Look at word 3. A row *must* hand out its whole weight, even if the word agrees with nothing. "Looks at everything a
# little" is how a map says "nothing".
#
# ## 3 · Padding must get nothing
#
# In a batch, some frames are padding: zeros. Their key is zero, so their score is 0. Is that nothing? The softmax makes it
# $e^0 = 1$, as much as a real frame with score 0. **Predict** how much weight 20 padded frames take from 4 real ones.

# %%
for pads in (0, 5, 20, 95):
    padded = torch.cat([key, torch.zeros(pads, 2)])
    taken = (query @ padded.T / d ** 0.5).softmax(-1)[:, 4:].sum(1)
    print(f"{pads:3} padded frames take {taken.mean():.0%} of the weight, averaged over the three words")

# %% [markdown]
# No error, no warning. The cure is a **key mask**: before the softmax, the scores of padding become $-\infty$, and
# $e^{-\infty} = 0$.

# %%
padded, long_value = torch.cat([key, torch.zeros(20, 2)]), torch.cat([value, torch.zeros(20, 2)])
mask = torch.arange(24) < 4  # True where real
masked = (query @ padded.T / d ** 0.5).masked_fill(~mask, -math.inf).softmax(-1)
torch.testing.assert_close(masked @ long_value, O)
print("weight on padding:", masked[:, 4:].sum().item(), " the context is what it was without padding")

# %% [markdown]
# ### Exercise 6.1 · Attention (implement, medium, 10 min)
#
# Write it whole: context and weights from `query (Q, d)`, `key (K, d)`, `value (K, e)` and `mask (K,)`, True where real.
# The check knows a dozen ways of getting it nearly right.
#
# <details><summary>Hint 1: where to look</summary>Sections 2 and 3. The width d is the last axis of the
# query.</details>
# <details><summary>Hint 2: the plan</summary>Scores, scale, mask, softmax, average: in this order.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>scores.masked_fill(~mask, -math.inf).softmax(-1)</code>; the
# context is the weights times the values.</details>

# %% tags=["exercise"]
def attention(query, key, value, mask):
    """-> context (Q, e), weights (Q, K)."""
    raise NotImplementedError


# %% tags=["solution"]
def attention(query, key, value, mask):
    """-> context (Q, e), weights (Q, K)."""
    scores = query @ key.T / query.shape[-1] ** 0.5
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights @ value, weights


# %%
check.attention(attention)

# %% [markdown]
# The package's version does the same for any number of leading axes (batch, heads). One line more than yours; section 7
# says why.

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
# So far queries, keys and values fell from the sky. In the network, linear maps make them from the encoders' states:
#
# $$\mathbf Q = \mathbf H \mathbf W^Q, \qquad \mathbf K = \mathbf H \mathbf W^K, \qquad \mathbf V = \mathbf H \mathbf W^V
# \tag{6–8}$$
#
# Whose $\mathbf H$? In **self-attention** (Eq. 15), all three come from one modality, and the map is square. In
# **cross-attention** (Eq. 9, 10), queries come from one modality, keys and values from the other. Five words and eleven
# frames:

# %%
torch.manual_seed(5)
words, frames = torch.randn(5, 8), torch.randn(11, 8)
maps = nn.ModuleDict({name: nn.ModuleDict({m: nn.Linear(8, 8) for m in ("text", "audio")}) for name in ("Q", "K", "V")})
state = {"text": words, "audio": frames}


def look(asks: str, answers: str):
    Q, K, V = maps["Q"][asks](state[asks]), maps["K"][answers](state[answers]), maps["V"][answers](state[answers])
    return attend(Q, K, V)


with torch.no_grad():
    seen = {(a, b): look(a, b) for a in state for b in state}
pd.DataFrame([{"asks": a, "answers": b, "map": tuple(w.shape), "ΔH": tuple(o.shape)} for (a, b), (o, w) in seen.items()])

# %% [markdown]
# $\Delta\mathbf H$ always has the length of the one who asks. And the two cross maps are not transposes of each other:
# the projections differ, and a row of one sums to one while a column of the other need not.

# %%
one_way, other_way = seen["text", "audio"][1], seen["audio", "text"][1]
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.6), layout="constrained")
for ax, (name, weights) in zip(axes, {"each word looks at the sound (5 × 11)": one_way,
                                      "each frame looks at the words, turned (5 × 11)": other_way.T}.items(), strict=True):
    mesh = ax.imshow(weights, cmap="cividis", vmin=0, vmax=max(one_way.max(), other_way.max()), aspect="auto")
    ax.set_title(name, fontsize=9)
    ax.set(xlabel="frame", ylabel="word", yticks=range(5))
fig.colorbar(mesh, ax=axes, label="weight")
mc.figures.show(fig, alt="Two heat maps of five words by eleven frames with different patterns.",
           caption=f"Same words, same frames, untrained maps. On the left rows sum to one; on the right columns do "
                   f"(rows: {other_way.sum(0).min():.2f} to {other_way.sum(0).max():.2f}). Largest difference between the "
                   f"two: {(one_way - other_way.T).abs().max():.2f}.")

# %% [markdown]
# ### Exercise 6.2 · Text from audio (implement, medium, 8 min)
#
# Write Eq. 9 without a mask and with one head: the text asks, the audio answers. `to_query`, `to_key` and `to_value` are
# linear maps. Return $\Delta\mathbf H$ and the weights.
#
# <details><summary>Hint 1: where to look</summary>The function <code>look</code> above.</details>
# <details><summary>Hint 2: the plan</summary>Who asks gives the query and the number of rows. Who answers gives keys and
# values.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>to_query(text) @ to_key(audio).T</code>, scaled, softmax over
# the last axis; then times <code>to_value(audio)</code>.</details>

# %% tags=["exercise"]
def text_from_audio(audio, text, to_query, to_key, to_value):
    """audio (A, D), text (L, D) -> ΔH (L, D), weights (L, A)."""
    raise NotImplementedError


# %% tags=["solution"]
def text_from_audio(audio, text, to_query, to_key, to_value):
    """audio (A, D), text (L, D) -> ΔH (L, D), weights (L, A)."""
    Q, K, V = to_query(text), to_key(audio), to_value(audio)
    weights = (Q @ K.T / Q.shape[-1] ** 0.5).softmax(-1)
    return weights @ V, weights


# %%
check.text_from_audio(text_from_audio)

# %% [markdown]
# ## 5 · Heads
#
# One softmax, one focus. To look at several things at once, the $d$ numbers are cut into $H$ slices, and each slice
# attends for itself with its own row of weights. Cutting is where reshapes go wrong. Two positions, four numbers, two
# heads:

# %%
x = torch.tensor([[1, 2, 3, 4], [10, 20, 30, 40]])
print("wrong, view(2, 2, 2):\n", x.view(2, 2, 2).tolist(), " ← head 0 holds position 0 whole")
print("right, cut the last axis, then transpose:\n", x.unflatten(-1, (2, 2)).transpose(0, 1).tolist(),
      " ← head 0 holds the first half of every position")

# %% [markdown]
# Both have shape (heads, positions, 2), both run, both train. Only one is attention over positions.
#
# ### Exercise 6.3 · Split and merge (implement, medium, 8 min)
#
# `split(x, heads)`: (L, D) → (H, L, D/H). `merge(x)` is its inverse: (H, L, D/H) → (L, D).
#
# <details><summary>Hint 1: where to look</summary>The right line of the cell above.</details>
# <details><summary>Hint 2: the plan</summary>Splitting: cut the last axis, bring the heads to the front. Merging: the same
# steps backwards.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>x.unflatten(-1, (heads, -1)).transpose(0, 1)</code>, and
# <code>x.transpose(0, 1).flatten(1)</code>.</details>

# %% tags=["exercise"]
def split(x, heads):
    """(L, D) -> (H, L, D/H)."""
    raise NotImplementedError


def merge(x):
    """(H, L, D/H) -> (L, D)."""
    raise NotImplementedError


# %% tags=["solution"]
def split(x, heads):
    """(L, D) -> (H, L, D/H)."""
    return x.unflatten(-1, (heads, -1)).transpose(0, 1)


def merge(x):
    """(H, L, D/H) -> (L, D)."""
    return x.transpose(0, 1).flatten(1)


# %%
check.heads(split, merge)

# %% [markdown]
# After merging, one more linear map mixes the heads. All of it is one module, and it must give the numbers of the module
# that everyone uses. We copy the weights of ours into `torch.nn.MultiheadAttention`:

# %%
print(inspect.getsource(MultiHead.forward))

# %%
torch.manual_seed(5)
ours = MultiHead(8, 2).eval()
theirs = nn.MultiheadAttention(8, 2, batch_first=True).eval()
linear = (ours.to_query, ours.to_key, ours.to_value)
theirs.load_state_dict({"in_proj_weight": torch.cat([m.weight for m in linear]),
                        "in_proj_bias": torch.cat([m.bias for m in linear]),
                        "out_proj.weight": ours.merge.weight, "out_proj.bias": ours.merge.bias})
real = torch.tensor([[True] * 9 + [False] * 2])  # the last two of eleven frames are padding

with torch.no_grad():
    update, weights = ours(words[None], frames[None], real)
    expected, expected_weights = theirs(words[None], frames[None], frames[None], key_padding_mask=~real,
                                        average_attn_weights=False)
difference = max((update - expected).abs().max().item(), (weights - expected_weights).abs().max().item())
print(f"ours = torch.nn.MultiheadAttention, to {difference:.0e}; weights {tuple(weights.shape)}: batch, heads, words, frames")
assert difference <= 1e-6

# %% [markdown]
# Note `~real`: PyTorch's mask is True where a key is to be *ignored*, ours where it is real. And note
# `average_attn_weights=False`: by default the heads are averaged, which the network itself never does.
#
# ## 6 · How sharp? √d and √(d / h)
#
# Why divide at all? The dot product of two random vectors of $d$ numbers has a variance of about $d$. Without a scale,
# long vectors make large scores, and the softmax becomes a hard choice. How spread a row is can be measured: its
# **entropy**, as a share of that of an even spread. 1 is even, 0 is a single key.

# %%
def spread(weights):
    """Normalised entropy of rows (..., K), averaged: 1 = even, 0 = one key has all."""
    return (torch.special.entr(weights).sum(-1) / math.log(weights.shape[-1])).mean().item()


torch.manual_seed(5)
width, heads, keys = 128, 8, 112  # the paper's d and number of heads; as many frames as in ten seconds
module = MultiHead(width, heads)
with torch.no_grad():
    x = F.layer_norm(torch.randn(2, keys, width), (width,))  # states as they leave a LayerNorm
    Q, K = module._split(module.to_query(x)), module._split(module.to_key(x))  # (B, H, length, D/H)
    raw = Q @ K.transpose(-2, -1)
    divisors = np.geomspace(0.05, 100, 50)
    curve = [spread((raw / v).softmax(-1)) for v in divisors]
    marks = {"√(d/h), Vaswani": (width / heads) ** 0.5, "√d, as printed": width ** 0.5, "no scale": 1.0}
    at = {name: spread((raw / v).softmax(-1)) for name, v in marks.items()}

# %%
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.semilogx(divisors, curve, color=mc.figures.OKABE_ITO[0])
for i, (name, divisor) in enumerate(marks.items()):
    ax.plot(divisor, at[name], mc.figures.MARKERS[i], color=mc.figures.OKABE_ITO[i + 1], ms=8)
    ax.annotate(f"{name}: {at[name]:.3f}", (divisor, at[name]), xytext=(6, -32 if i == 1 else -14), textcoords="offset points", fontsize=9)
ax.set(xlabel="scores are divided by (temperature)", ylabel="normalised entropy", ylim=(0, 1.05))
mc.figures.show(fig, alt="Normalised entropy rises from near 0 to 1 as the divisor grows; three divisors are marked.",
           caption=f"An untrained attention with d = {width}, {heads} heads and {keys} keys. " +
                   "; ".join(f"{name} ({v:.1f}): {at[name]:.3f}" for name, v in marks.items()) + ".")

# %% [markdown]
# Eq. 9 prints $\sqrt d$. With eight heads each query has only $d/8$ numbers, and the method that the paper cites divides by
# $\sqrt{d/h}$. With fresh weights both begin close to an even spread, the printed one closer, and training can sharpen
# either. Here it is a switch, `full_scale`, and an entry in the ledger of lesson 08.
#
# ## 7 · A row with nothing to look at
#
# An utterance may have no sound, or no transcript. Then every key is masked, and the row is $0 / 0$:

# %%
scores = torch.randn(3, 4, requires_grad=True)
some = torch.tensor([[True] * 4, [True, True, False, False], [False] * 4])  # the last row has no key
broken = scores.masked_fill(~some, -math.inf).softmax(-1)
print(broken.detach().numpy().round(2))
broken[:2, 0].sum().backward()  # a loss that does not even use the broken row
print("gradient:", scores.grad.numpy().round(2), sep="\n")

# %% [markdown]
# The gradient survives, because `masked_fill` passes nothing back to what it filled. It is luck: many programs *add* a mask
# of zeros and $-\infty$ instead, which is the same in the forward pass. PyTorch's own module does. A batch of two, of which
# the second has no key; the loss uses only the first:

# %%
def batch_of_two(module):
    """Gradients of the shared weights, from a loss on the first utterance only; the second one has no sound."""
    two, sound, there = words.expand(2, 5, 8), frames.expand(2, 11, 8), torch.tensor([[True] * 11, [False] * 11])
    module.zero_grad()
    if isinstance(module, nn.MultiheadAttention):
        out, _ = module(two, sound, sound, key_padding_mask=~there, need_weights=True)
    else:
        out, _ = module(two, sound, there)
    out[0].sum().backward()
    gradients = torch.cat([p.grad.flatten() for p in module.parameters()])
    return out.detach(), gradients.isnan().float().mean().item()


for name, module in {"torch.nn.MultiheadAttention": theirs, "ours": ours}.items():
    out, broken = batch_of_two(module)
    print(f"{name:28} NaN in the output of utterance 1, 2: {out.isnan().any((1, 2)).tolist()};  "
          f"NaN among the gradients: {broken:.0%}")

# %% [markdown]
# One utterance without sound, and after the next step of the optimiser the weights are gone. Who asks for weights
# (`need_weights=True`), as everybody must who wants to look at them, gets this.
#
# ### Exercise 6.4 · Cure the NaN (break it, hard, 8 min)
#
# Write the masked softmax so that a row without a key is **zero**, all other rows stay what they were, and no gradient is
# NaN. `torch.nan_to_num` behind the softmax is the cure that comes to mind. Try it with a mask that is added, `scores +
# torch.zeros_like(scores).masked_fill(~mask, -math.inf)`: the check tells what happens. Then write one in which no NaN
# arises at all.
#
# <details><summary>Hint 1: where to look</summary>The source of <code>attend</code> in section 3: the two
# lines that mention <code>key_mask</code>.</details>
# <details><summary>Hint 2: the plan</summary>A very low finite score instead of minus infinity: the softmax of equal
# numbers is even, not NaN. Then take away what a masked key still got.</details>
# <details><summary>Hint 3: nearly the solution</summary>Fill with <code>torch.finfo(scores.dtype).min</code>, softmax,
# and multiply by the mask.</details>

# %% tags=["exercise"]
def safe_softmax(scores, mask):
    """scores (Q, K), mask (Q, K), True where real -> weights (Q, K)."""
    raise NotImplementedError


# %% tags=["solution"]
def safe_softmax(scores, mask):
    """scores (Q, K), mask (Q, K), True where real -> weights (Q, K)."""
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return weights * mask  # zero where every key is masked


# %%
check.safe_softmax(safe_softmax)

# %% [markdown]
# ## 8 · Look in eval mode only
#
# In training, dropout also strikes weights: some become zero, the others grow. PyTorch's module then returns weights
# *after* dropout. **Predict**: do the rows of such a map still sum to one?

# %%
torch.manual_seed(5)
dropping = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
sums = {}
for mode in (True, False):
    dropping.train(mode)
    with torch.no_grad():
        rows = dropping(words[None], frames[None], frames[None], average_attn_weights=False)[1].sum(-1)
    sums["train()" if mode else "eval()"] = f"{rows.min():.2f} to {rows.max():.2f}"
before = MultiHead(8, 2, dropout=0.5).train()(words[None], frames[None], torch.ones(1, 11, dtype=torch.bool))[1].sum(-1)
print("row sums of torch's map:", sums, f"\nours, in train(): {before.min():.2f} to {before.max():.2f}")

# %% [markdown]
# A map drawn in training mode is partly dice. Ours is taken before dropout, but what stands *before* the attention drops
# too: always `eval()` before you look. `mcsan_lite.explain.maps.attention_maps` does it for you.
#
# ## 9 · Attention does not know order
#
# Shuffle the frames, keys and values together. What happens to the context?

# %%
torch.manual_seed(5)
there = torch.ones(1, 11, dtype=torch.bool)
order, turned = torch.randperm(11), torch.randperm(5)
with torch.no_grad():
    plain, weights = ours(words[None], frames[None], there)
    shuffled, shuffled_weights = ours(words[None], frames[None][:, order], there)
    asked, _ = ours(words[None][:, turned], frames[None], there)
    placed = ours(words[None], frames[None] + positions(11, 8, like=frames), there)[0]
    placed_then_shuffled = ours(words[None], frames[None][:, order] + positions(11, 8, like=frames), there)[0]
print(f"frames shuffled: context moves by {(shuffled - plain).abs().max():.0e}; the columns of the map move along: "
      f"{torch.allclose(shuffled_weights, weights[..., order], atol=1e-6)}")
print(f"words shuffled:  the rows move along: {torch.allclose(asked, plain[:, turned], atol=1e-6)}")
print(f"with positions added, shuffling moves the context by {(placed_then_shuffled - placed).abs().max():.3f}, "
      f"where its numbers are {placed.abs().mean():.3f} in size on average")
assert torch.allclose(shuffled, plain, atol=1e-6)

# %% [markdown]
# Attention sees a bag of frames. Two things bring the order back: the position embedding, added before each module, and
# the BiLSTM before it, whose states depend on order already (lesson 05).
#
# ### Exercise 6.5 · Predict (predict, medium, 6 min)
#
# - **zero**: a query of zeros asks four real keys. How much weight does each get? A number.
# - **large**: a query is multiplied by a million, and one of the four keys agrees with it best. How much weight does that
#   key get? A number.
# - **shuffled**: frames and their values are shuffled together, without positions. The context of a word **a** stays the
#   same · **b** changes, the weights belong to other frames now · **c** becomes blurred.
# - **heads**: eight heads instead of one, same $d$. The number of parameters **a** grows eightfold · **b** shrinks · **c**
#   stays.
# - **printed**: dividing by $\sqrt{128}$ instead of $\sqrt{16}$ makes a row **a** sharper · **b** flatter · **c** neither.
#
# <details><summary>Hint 1: where to look</summary>Sections 2, 5, 6 and 9.</details>
# <details><summary>Hint 2: the plan</summary>For the numbers: write the four scores, then the softmax.</details>
# <details><summary>Hint 3: nearly the solution</summary>Four scores of 0 give equal weights. A million times a difference
# leaves nothing to the others. A larger divisor moves scores together.</details>

# %% tags=["exercise"]
answer = ...

# %% tags=["solution"]
answer = {"zero": 0.25, "large": 1.0, "shuffled": "a", "heads": "c", "printed": "b"}

# %%
check.predictions(answer)

# %%
for name, factor in {"zero": 0.0, "as it is": 1.0, "large": 1e6}.items():
    print(f"{name:9}", attend(factor * query[:1], key, value)[1].numpy().round(3))
for h in (1, 8):
    print(f"heads {h}: {sum(p.numel() for p in MultiHead(128, h).parameters()):,} parameters")

# %% [markdown]
# ## 10 · The same number in the whole network
#
# Last arrow of the chain: a real utterance in the real network. We catch what goes into the block in which the text looks
# at the audio, compute Eq. 6 to 9 with your eyes on every line, and compare with the map that the network returns.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
utterance = next(u for u in corpus.utterances if u.audio is not None and 5 <= len(u.text.split()) <= 12)
[one] = mc.extract(corpus.subset([utterance.id]), cache="data/cache")[0]
[one] = mc.Standardizer().fit([one]).apply([one])
sound = mc.load_audio(utterance.audio)
display(mc.figures.play(sound, 16_000, alt=f"“{utterance.text}”, {len(sound) / 16_000:.1f} s"))
torch.manual_seed(5)
net = mc.MCSAN(mc.Dims(one.audio.shape[1], one.text.shape[1], len(corpus.labels)), mc.MCSANConfig(**mc.paper.PROFILES[PROFILE].options)).eval()
caught = {}
inner = net.cross.layers[0]["text"].attention
hook = inner.register_forward_hook(lambda module, given, output: caught.update(given=given, output=output))
with torch.no_grad():
    map_of_network = net(mc.collate([one]), need_attention=True).attention["cross.0.text_from_audio"][0]  # (H, L, A)
hook.remove()

# %%
text, audio, _ = (x[0] for x in caught["given"])  # (L, D), (A, D)
with torch.no_grad():
    Q, K, V = (m(x).unflatten(-1, (inner.heads, -1)).transpose(0, 1)  # (length, D) -> (H, length, D/H)
               for m, x in ((inner.to_query, text), (inner.to_key, audio), (inner.to_value, audio)))
    by_hand = (Q @ K.transpose(1, 2) / Q.shape[-1] ** 0.5).softmax(-1)  # (H, L, A)
    delta = inner.merge((by_hand @ V).transpose(0, 1).flatten(1))  # (H, L, D/H) -> (L, D)
torch.testing.assert_close(by_hand, map_of_network)
torch.testing.assert_close(delta, caught["output"][0][0])
print(f"map {tuple(by_hand.shape)}: by hand = the network, to {(by_hand - map_of_network).abs().max():.0e}")

# %%
first = by_hand[0].numpy()
aligned = mc.figures.AlignedUtterance(one.tokens, mc.frame_spans(first.shape[1]))
fig, ax = plt.subplots(figsize=(8, 0.8 + 0.3 * len(one.tokens)), layout="constrained")
mc.figures.draw_attention(first, aligned, ax=ax)
word, moment = np.unravel_index(first.argmax(), first.shape)
mc.figures.show(fig, alt="Heat map of words by seconds for one head of an untrained network.",
           caption=f"One head of an **untrained** network: its largest weight, {first.max():.3f}, is that of “{one.tokens[word]}” "
                   f"at {aligned.times[moment]:.2f} s; an even spread would be {1 / first.shape[1]:.3f}. It has learnt nothing, so the "
                   f"pattern means nothing.")

# %% [markdown]
# That an untrained network also draws a pattern is worth remembering. A map alone does not show that anything was learnt.
#
# ## Recap
#
# - **By hand.** One loop, one matrix, `attend`, `MultiHead`, PyTorch's module and the whole network gave the same numbers.
# - **Mask.** Unmasked padding takes weight without a word; a row without keys is NaN unless it is cured before the
#   softmax, not behind it.
# - **Cross.** Who asks gives the rows. The two directions are two maps, not one map turned.
# - **Heads.** Slices of the same matrices, no parameter more; cut the last axis, then transpose.
# - **Scale, dropout, order.** The divisor sets the sharpness, training mode spoils maps, and without positions attention
#   sees a bag.
#
# ## What you may not conclude
#
# - That a large weight is a reason. A weight says what was read, not what for; and behind a BiLSTM not even from where
#   (lessons 05, 10 and 11).
# - That a flat row is a useless one. The values may do the work; and the row has to hand out its weight somewhere.
# - That the printed $\sqrt d$ is worse. It begins flatter; what training makes of it was not measured here.
# - That the entropies above hold for a trained network: they are those of random weights and random states.
#
# **Further reading:** Vaswani et al., *Attention is all you need* (NeurIPS 2017), sections 3.2 and 3.5; Bahdanau, Cho and
# Bengio, *Neural machine translation by jointly learning to align and translate* (ICLR 2015), where attention on a BiLSTM
# began; Tsai et al., *Multimodal transformer for unaligned multimodal language sequences* (ACL 2019), cross-attention
# between modalities.
#
# **Previous:** [05 · Encoders](05_encoders.ipynb) · **Next:** [08 · MCSAN assembled](08_mcsan_assembled.ipynb)
