# %% [markdown]
# # 08 · MCSAN assembled, equation by equation
#
# **You will be able to**
#
# - map each of the paper's twenty equations to the function that computes it, and name its misprints;
# - compute residual, LayerNorm, feed-forward, max-pooling, softmax and loss by hand, and get the package's numbers;
# - wire the parallel network and the two sequential ones;
# - predict how many parameters each part and each row of Table 3 has;
# - test a network before you trust it: first loss, padding, one batch learnt by heart.
#
# **Needs** lessons 05 (encoders) and 05 (attention) · **Time** 20 min to read, half a minute to run, 40 min of
# exercises · **Paper** sections 2.1 to 2.5, Fig. 1, Eq. 11 to 20; Eq. 1 to 10 and 15 return as known bricks ·
# **Runs on** eight utterances of the synthetic corpus, or of your own copy of MELD or RAVDESS; no graphics card.

# %%
import inspect
import math
import re
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from torch.nn import functional as F

import mcsan_lite
import mcsan_lite as mc
from mcsan_lite.exercises import lesson08 as check
from mcsan_lite.models.layers import (
    AttentionBlock,
    BiLSTMMean,
    ConvBlock,
    MultiHead,
    attend,
    masked_max,
)
from mcsan_lite.models.mcsan import AttentionModule

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
pd.set_option("display.max_colwidth", None)
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %% [markdown]
# Nothing here is loaded from a training, so `RETRAIN` changes nothing: all training in this lesson takes seconds.
#
# ## 1 · The plan
#
# You know the bricks. Sound and words each pass an encoder (lesson 05). Attention lets one sequence look at another, or
# at itself (lesson 06). What is left is the house: how the bricks are joined, what stands between them, and what comes
# out. The paper says it in twenty equations. Which line of code computes which?

# %%
bricks = [(1, 1, ConvBlock, "convolution, then max-pool; twice"),
          (2, 3, BiLSTMMean, "audio: two directions, averaged"),
          (4, 5, BiLSTMMean, "text: the same"),
          (6, 8, MultiHead, "queries, keys, values"),
          (9, 10, attend, "softmax(QKᵀ / √d) V across modalities"),
          (11, 12, AttentionBlock, "add to the old state, normalise"),
          (13, 14, AttentionBlock, "feed-forward, add, normalise"),
          (15, 15, attend, "softmax(QKᵀ / √d) V within a modality"),
          (16, 17, AttentionBlock, "as 11 to 14, for self-attention"),
          (18, 18, masked_max, "largest real value of each channel; joined in MCSAN.forward"),
          (19, 19, mc.predict, "classifier in MCSAN, softmax here"),
          (20, 20, mc.fit, "cross-entropy")]

# %% [markdown]
# The table of the ledger looks up file, line and test by itself. A renamed function would stop this cell.

# %%
test_file = Path(mcsan_lite.__file__).parents[1] / "tests/paper/test_equations.py"
text = test_file.read_text(encoding="utf-8") if test_file.exists() else ""
tests = [(int(a), int(b or a), name) for name, a, b in re.findall(r"def (test_eq_(\d\d)(?:_(\d\d))?_\w+)\(", text)]


def where(brick) -> str:
    return f"{Path(inspect.getsourcefile(brick)).name}:{inspect.getsourcelines(brick)[1]}"


pd.DataFrame([{"Eq.": f"{a}–{b}" if b > a else f"{a}", "function": brick.__name__, "where": where(brick),
               "what it does": does,
               "tested by": ", ".join(n for c, d, n in tests if c <= b and d >= a and d - c < 18)}
              for a, b, brick, does in bricks]).set_index("Eq.")

# %% [markdown]
# ### What is misprinted
#
# Read with a pencil. No slip changes the idea, but each one stops a reader who types the formula as it stands.
#
# | where | printed | what it must mean | here |
# |---|---|---|---|
# | Eq. 1 | $\mathbf X^a = ConvBlock(ConvBlock(\mathbf X^a))$ | input and output need two names | `ConvBlock.forward` |
# | Eq. 4 | $\mathbf h_a, \mathbf x_a, T_a$ in the *text* encoder | $\mathbf h_l, \mathbf x_l, T_l$ | `text_lstm` |
# | Eq. 6–8 | $\mathbf W\mathbf H$ | $\mathbf H\mathbf W$: the rows are the positions | `nn.Linear`, with a bias |
# | below Eq. 10 | $\Delta\mathbf H_{a\to l} \in \mathbf H^{T_l\times d}$ | $\in \mathbb R^{T_l\times d}$ | `(B, L, D)` |
# | Eq. 9, 10, 15 | $\sqrt d$ | with several heads, the cited method divides by $\sqrt{d/heads}$ | `full_scale=False` |
#
# The third slip can be tried, and the fifth has a size:

# %%
H, W = torch.randn(5, 4), torch.randn(4, 4)  # 5 positions, d = 4
try:
    W @ H
except RuntimeError as error:
    print("W H:", error)
print("H W:", tuple((H @ W).shape), "   rows are still positions")
paper = mc.MCSANConfig()
print(f"divide by √{paper.hidden} = {paper.hidden ** 0.5:.1f} as printed, "
      f"or by √{paper.hidden // paper.heads} = {(paper.hidden // paper.heads) ** 0.5:.1f} with {paper.heads} heads")

# %% [markdown]
# ### What is left open
#
# A paper of four pages cannot say everything. Whoever rebuilds it has to choose, and should say so. Our choices stand
# beside the settings, as comments that begin with `paper silent`. So this list is not typed, it is read from the code:

# %%
print(inspect.getsource(mc.paper.choices))
ledger = mc.paper.choices()
stated, silent = (ledger.status == status for status in ("stated", "silent"))
print(f"{len(ledger)} choices: {stated.sum()} as the paper states, {silent.sum()} where it is silent, "
      f"{(~stated & ~silent).sum()} where it is unclear or where we depart from it")
ledger[~stated].drop(columns="status").set_index("choice")

# %% [markdown]
# Nobody knows which of these matter until they are tried. Lesson 15 tries some. Until then, a result of ours that
# differs from the paper's may come from any line of this list.
#
# ## 2 · The batch
#
# From here on we need something to feed in: eight utterances, the classes in turn. The MFCC are z-normalised
# as in lesson 03, here over just these eight.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
table = pd.DataFrame([(u.id, u.label) for u in corpus.utterances if u.split in ("train", None)], columns=["id", "label"])
table["turn"] = table.groupby("label").cumcount()
eight = corpus.subset(table.sort_values("turn", kind="stable").id[:8])
features, _ = mc.extract(eight, cache="data/cache")
features = mc.Standardizer().fit(features).apply(features)
batch = mc.collate(features, corpus.labels)
dims = mc.Dims(batch.audio.shape[2], batch.text.shape[2], len(corpus.labels))
pd.DataFrame({"words": [" ".join(f.tokens) for f in features], "label": [f.label for f in features],
              "frames": batch.audio_mask.sum(1), "tokens": batch.text_mask.sum(1)})

# %%
longest = max(eight.utterances, key=lambda u: len(u.text))
if longest.audio is None:
    print("This corpus has no clips here: the audio stream stays empty, and the network must cope.")
else:
    sound = mc.load_audio(longest.audio)
    display(mc.figures.play(sound, 16_000, alt=f"{longest.label}: “{longest.text}”, {len(sound) / 16_000:.1f} s, "
                                          f"peak {np.abs(sound).max():.2f}"))

# %% [markdown]
# ## 3 · One block by hand: Eq. 11 to 14
#
# Attention gives $\Delta\mathbf H$, news from the other side. What does a stream do with the news? It adds them to what
# it knew, and normalises each position. Then it thinks about each position alone, adds, and normalises again:
#
# $$\mathbf H_l = LayerNorm(\mathbf H_l + \Delta\mathbf H_{a\to l}) \tag{12}$$
# $$\mathbf H_l = LayerNorm(\mathbf H_l + FeedForward(\mathbf H_l)) \tag{14}$$
#
# Eq. 11 and 13 say the same for the audio, Eq. 16 and 17 for self-attention. Three words, five frames, four numbers:

# %%
torch.manual_seed(6)
block = AttentionBlock(4, 2, 8, dropout=0.0, full_scale=False)  # hidden 4, two heads, feed-forward 8
words, frames, real = torch.randn(1, 3, 4), torch.randn(1, 5, 4), torch.ones(1, 5, dtype=torch.bool)


def layer_norm(x, norm):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight + norm.bias


up, _, _, down = block.feedforward  # linear, ReLU, dropout, linear
with torch.no_grad():
    delta, _ = block.attention(words, frames, real)  # lesson 06
    after_12 = layer_norm(words + delta, block.norm_attention)
    thought = torch.relu(after_12 @ up.weight.T + up.bias) @ down.weight.T + down.bias
    after_14 = layer_norm(after_12 + thought, block.norm_feedforward)

# %%
stages = {"H": words, "ΔH": delta, "H + ΔH": words + delta, "after Eq. 12": after_12, "after Eq. 14": after_14}
fig, axes = plt.subplots(1, len(stages), figsize=(9, 2.1), layout="constrained")
for ax, (name, x) in zip(axes, stages.items(), strict=True):
    ax.imshow(x[0], cmap="cividis", vmin=-2.5, vmax=2.5)
    for (i, j), value in np.ndenumerate(x[0].numpy()):
        ax.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8, color="black" if value > 0.4 else "white")
    ax.set(title=name, xticks=[], yticks=range(3), yticklabels=["word 1", "word 2", "word 3"] if ax is axes[0] else [])
summed = (words + delta)[0]
mc.figures.show(fig, alt="Five small tables of three words by four numbers, from H to the output of the block.",
           caption=f"The text stream through one block. Before Eq. 12 the rows have means {summed.mean(1).min():.2f} to "
                   f"{summed.mean(1).max():.2f} and deviations {summed.std(1, correction=0).min():.2f} to "
                   f"{summed.std(1, correction=0).max():.2f}; after it every mean is {after_12.mean(2).abs().max():.2f} "
                   f"and every deviation {after_12.std(2, correction=0).mean():.2f}.")

# %% [markdown]
# The package's version is two lines, because the bricks do the work. Does it give our numbers?

# %%
print(inspect.getsource(AttentionBlock.forward))

# %%
with torch.no_grad():
    found, weights = block(words, frames, real)
torch.testing.assert_close(found, after_14)
print(f"by hand = the package, to {(found - after_14).abs().max():.0e}")

# %% [markdown]
# **Predict, then check.** Multiply all that the words know, $\mathbf H_l$, by 1000. The queries change, the sum
# changes. What does the LayerNorm of Eq. 12 let through?

# %%
with torch.no_grad():
    loud, _ = block.attention(1000 * words, frames, real)
    kept = layer_norm(1000 * words + loud, block.norm_attention)
    alone = layer_norm(words, block.norm_attention)
print(f"distance to LayerNorm(H): {(after_12 - alone).abs().max():.3f} as it was, "
      f"{(kept - alone).abs().max():.3f} times 1000")

# %% [markdown]
# The size is gone, the pattern stays, and the news drown: a residual sum is a scale, and the heavier side wins. This is
# why the size of the position embedding (`position_scale`, in the ledger) is a choice worth stating.
#
# ## 4 · Two streams, updated from the old values
#
# Eq. 11 and 12 stand below each other. Eq. 12 uses $\Delta\mathbf H_{a\to l}$, computed in Eq. 9 from the audio *as it
# came in*. A program that writes the lines below each other computes Eq. 12 from the audio that Eq. 11 has just
# changed.

# %%
torch.manual_seed(6)
tiny = mc.MCSANConfig(hidden=8, heads=2, positions="none", dropout=0.0)
module = AttentionModule(("audio", "text"), tiny, cross=True)
old = {"audio": torch.randn(1, 5, 8), "text": torch.randn(1, 3, 8)}
masks = {m: torch.ones(x.shape[:2], dtype=torch.bool) for m, x in old.items()}
blocks = module.layers[0]

with torch.no_grad():
    audio = blocks["audio"](old["audio"], old["text"], masks["text"])[0]
    text_old = blocks["text"](old["text"], old["audio"], masks["audio"])[0]  # as the paper: looks at the old audio
    text_new = blocks["text"](old["text"], audio, masks["audio"])[0]  # sequential: looks at the new audio
    found, _ = module(old, masks)

# %%
torch.testing.assert_close(found["audio"], audio)
torch.testing.assert_close(found["text"], text_old)
print(f"package against old values:   audio {(found['audio'] - audio).abs().max():.3f}, "
      f"text {(found['text'] - text_old).abs().max():.3f}")
print(f"package against sequential:   audio {(found['audio'] - audio).abs().max():.3f}, "
      f"text {(found['text'] - text_new).abs().max():.3f}, where a number is {found['text'].abs().mean():.2f} on average")

# %% [markdown]
# The sequential version runs, trains, and raises no error. It is another network: one modality is a step ahead of the
# other, and which one depends on the order of two lines. With the old values no modality comes first. In the source,
# look for the dictionary `updated`: `streams` is replaced only when both are done.

# %%
print(inspect.getsource(AttentionModule.forward))

# %% [markdown]
# ### Exercise 8.1 · Both streams (implement, medium, 8 min)
#
# Write Eq. 11 and 12. `delta(x, memory)` gives the $\Delta\mathbf H$ of the stream `x` that looks at `memory`;
# `norm(x)` is the LayerNorm. Return the new audio and the new text.
#
# <details><summary>Hint 1: where to look</summary>How many tensors does the right side of Eq. 12 use, and which
# equation made each?</details>
# <details><summary>Hint 2: the plan</summary>First both ΔH. Then both sums. Nothing may be overwritten before both ΔH
# are there.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>new_audio = norm(audio + delta(audio, text))</code>; the
# text line is its mirror image and uses <code>audio</code>, not <code>new_audio</code>.</details>

# %% tags=["exercise"]
def two_streams(audio, text, delta, norm):
    """audio (A, D), text (L, D) -> new audio (A, D), new text (L, D)."""
    raise NotImplementedError


# %% tags=["solution"]
def two_streams(audio, text, delta, norm):
    """audio (A, D), text (L, D) -> new audio (A, D), new text (L, D)."""
    new_audio = norm(audio + delta(audio, text))  # Eq. 11
    new_text = norm(text + delta(text, audio))  # Eq. 12, from the old audio
    return new_audio, new_text


# %%
check.two_streams(two_streams)

# %% [markdown]
# ## 5 · From sequences to one vector: max-pool and Eq. 18
#
# Each module ends with a sequence for each modality. The classifier wants one vector of fixed length. Fig. 1 writes
# "P", a global max-pool: for each of the $d$ channels, the largest value over time. Over *real* time: what is padding
# must not win.

# %%
torch.manual_seed(6)
config = mc.MCSANConfig(**mc.paper.PROFILES[PROFILE].options)
model = mc.MCSAN(dims, config).eval()
with torch.no_grad():
    encoded, masks = model.encode(batch)  # Eq. 1 to 5
    ends, _ = model.self_(encoded, masks)  # Eq. 15 to 17
x, mask = ends["text"], masks["text"]  # (B, L, D), (B, L)

by_hand = torch.tensor([[max(x[b, t, d] for t in range(x.shape[1]) if mask[b, t]) for d in range(x.shape[2])]
                        for b in range(len(x))])
print("shape", tuple(x.shape), "→", tuple(by_hand.shape))

# %%
torch.testing.assert_close(by_hand, masked_max(x, mask))
print(inspect.getsource(masked_max))

# %%
b = int(mask.sum(1).argsort()[len(mask) // 3])  # an utterance of modest length
part = x[b, :, :10].T.masked_fill(~mask[b], math.nan)  # ten channels
fig, ax = plt.subplots(figsize=(8, 2.9), layout="constrained")
ax.set_facecolor("white")
ax.axvspan(mask[b].sum() - 0.5, len(mask[b]) - 0.5, fc="0.93", ec="0.7", hatch="//", lw=0)
fig.colorbar(ax.imshow(part, cmap="cividis", aspect="auto"), ax=ax, label="value", pad=0.01)
ax.plot(np.nanargmax(part, 1), range(10), "o", mfc="white", mec="black", ms=7)
names = [*features[b].tokens, *["pad"] * int((~mask[b]).sum())]
ax.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
ax.set(ylabel="channel", yticks=range(0, 10, 3))
mc.figures.show(fig, alt="Ten channels by words; a white dot marks the largest value of each channel; padding is hatched.",
           caption=f"Who wins the max-pool: {len(set(np.nanargmax(part, 1).tolist()))} of {int(mask[b].sum())} words win at "
                   f"least one of ten channels (white dots). The {int((~mask[b]).sum())} hatched positions are padding.")

# %% [markdown]
# **Predict, then check.** Fill the padding with 0 instead of minus infinity. Values behind a LayerNorm are centred at
# zero, so zero looks harmless. How many of the pooled numbers change, and in which direction? And if the padding is not
# hidden at all?

# %%
zero_fill = x.masked_fill(~mask[..., None], 0.0).amax(1)
for name, wrong in (("filled with 0", zero_fill), ("not hidden", x.amax(1))):
    changed = wrong != by_hand
    print(f"{name}: {changed.sum()} of {by_hand.numel()} numbers change, {(wrong > by_hand).sum()} of them upwards; "
          f"the shortest text has {changed[mask.sum(1).argmin()].sum()} of {x.shape[2]}, "
          f"the longest {changed[mask.sum(1).argmax()].sum()}")

# %% [markdown]
# The longest text has no padding and stays right. So the mistake depends on who else is in the batch: the same
# utterance gets another prediction in other company. Section 8 turns this into a test.
#
# ### Exercise 8.2 · Masked max (implement, easy, 6 min)
#
# Write the max-pool for `x` (B, T, D) and `mask` (B, T), True where real. Every row has at least one real position.
# Leave `x` as it is.
#
# <details><summary>Hint 1: where to look</summary>Which number never wins a maximum?</details>
# <details><summary>Hint 2: the plan</summary>Give the mask a third axis, put minus infinity where it is False, take the
# maximum over the time axis.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>x.masked_fill(~mask[..., None], -math.inf)</code>, then
# <code>amax</code> over axis 1.</details>

# %% tags=["exercise"]
def global_max(x, mask):
    """x (B, T, D), mask (B, T), True where real -> (B, D)."""
    raise NotImplementedError


# %% tags=["solution"]
def global_max(x, mask):
    """x (B, T, D), mask (B, T), True where real -> (B, D)."""
    return x.masked_fill(~mask[..., None], -math.inf).amax(1)


# %%
check.global_max(global_max)

# %% [markdown]
# ## 6 · Classifier, softmax, loss: Eq. 18 to 20
#
# Four vectors are joined, a fully connected network gives a number a class, softmax makes probabilities:
#
# $$\mathbf h = Concat(\mathbf h_a^c, \mathbf h_l^c, \mathbf h_a^s, \mathbf h_l^s) \tag{18}$$
# $$\hat{\mathbf y} = Softmax(f_\theta(\mathbf h)) \tag{19}$$
# $$\mathcal L = -\sum_i y_i \log \hat y_i \tag{20}$$
#
# $\mathbf y$ is one-hot, so only one term of the sum survives: minus the logarithm of what the true class got.

# %%
logits, true = torch.tensor([2.0, 0.5, -1.0]), 1
parts = [math.exp(z) for z in logits]
probability = [p / sum(parts) for p in parts]  # Eq. 19
loss = -sum(y * math.log(p) for y, p in zip([0, 1, 0], probability, strict=True))  # Eq. 20
print("probabilities", [f"{p:.3f}" for p in probability], f"  loss {loss:.4f} = −ln {probability[true]:.3f}")
print(f"F.cross_entropy gives {F.cross_entropy(logits, torch.tensor(true)):.4f}")
assert math.isclose(loss, F.cross_entropy(logits, torch.tensor(true)).item(), rel_tol=1e-6)

# %% [markdown]
# Note what `F.cross_entropy` takes: the numbers *before* the softmax. A softmax inside the model as well would be
# applied twice, again without an error. So `MCSAN` returns logits.
#
# ## 7 · The whole network
#
# Now the bricks in their order, with the equations beside them:

# %%
with torch.no_grad():
    encoded, masks = model.encode(batch)  # Eq. 1 to 5
    crossed, _ = model.cross(encoded, masks)  # Eq. 6 to 14
    itself, _ = model.self_(encoded, masks)  # Eq. 15 to 17, from the same encodings: parallel
    streams = [masked_max(end[m], masks[m]) for end in (crossed, itself) for m in ("audio", "text")]
    h = torch.cat(streams, -1)  # Eq. 18
    logits = model.classifier(h)
    probabilities = logits.softmax(-1)  # Eq. 19
    loss = F.cross_entropy(logits, batch.label)  # Eq. 20, mean over the batch
    package = model(batch).logits
torch.testing.assert_close(logits, package)
print(f"loss {loss:.3f}; by hand = the package, to {(logits - package).abs().max():.0e}")

# %%
print(inspect.getsource(mc.MCSAN.forward))

# %% [markdown]
# What shape goes where? PyTorch can tell: a *forward hook* is a function that a module calls whenever it was used. We
# hang one on each part and send the batch through.

# %%
def shapes(output) -> str:
    first = output[0] if isinstance(output, tuple) else output
    if isinstance(first, dict):
        return "  ".join(f"{m} {tuple(x.shape)}" for m, x in first.items())
    return str(tuple(first.shape))


equations = {"conv.0": "1", "conv.1": "1", "audio_lstm": "2–3", "text_lstm": "4–5", "cross": "6–14", "self_": "15–17",
             "classifier": "18–19"}
trace, hooks = [], []
for name, eq in equations.items():
    hooks.append(model.get_submodule(name).register_forward_hook(
        lambda module, given, output, name=name, eq=eq: trace.append((name, eq, shapes(given[:1]), shapes(output)))))
with torch.no_grad():
    model(batch)
for hook in hooks:
    hook.remove()
pd.DataFrame(trace, columns=["part", "Eq.", "in", "out"]).set_index("part")

# %% [markdown]
# Read the table from top to bottom. Time shrinks twice, by the stride of the pooling. The modules change no shape. The
# classifier's input is as wide as the pooled streams together.
#
# ### Three wirings
#
# Table 3 also puts the modules one behind the other. Hooks can draw that as well: whose output came in as whose input?

# %%
def paths(model) -> list[list[str]]:
    """The attention modules that follow each other, as the running network uses them."""
    made, fed_by, alive = {}, {}, []

    def note(module, given, output, name):
        fed_by[name] = made.get(id(given[0]))
        made[id(output[0])] = name
        alive.append(output)  # an id is only unique among living objects

    hooks = [part.register_forward_hook(lambda *now, name=name.strip("_"): note(*now, name))
             for name, part in model.named_children() if name in ("cross", "self_")]
    with torch.no_grad():
        model(batch)
    for hook in hooks:
        hook.remove()
    ends = [name for name in fed_by if name not in fed_by.values()]
    return [[fed_by[end], end] if fed_by[end] else [end] for end in ends]

# %%
rows = ["MCSAN", "cross + self (seq)", "self + cross (seq)"]
wired = {row: mc.MCSAN(dims, replace(config, **mc.paper.ABLATIONS[row])).eval() for row in rows}
fig, axes = plt.subplots(3, 1, figsize=(7.5, 6), height_ratios=[2, 1.2, 1.2], layout="constrained")
for ax, (row, net) in zip(axes, wired.items(), strict=True):
    mc.figures.draw_wiring(paths(net), net.modalities, ax=ax)
    ax.set_title(row, loc="left", fontsize=10)
mc.figures.show(fig, alt="Box diagrams of the parallel network and the two sequential ones, from encoders to classifier.",
           caption="The three wirings, traced from running networks. Attention modules between an encoder and its pooling: "
                   + ", ".join(f"{len(paths(net)[0])} in {row}" for row, net in wired.items()) + ".")

# %% [markdown]
# ## 8 · Does padding leak?
#
# Four places must ignore padding: convolution, LSTM, attention, max-pool. One test covers them all. An utterance alone
# has no padding; in a batch it is padded to the longest. Its logits must not care. **Predict** what happens to the
# difference if the masks are lost, so that padding counts as frames and words.

# %%
with torch.no_grad():
    together = model(batch).logits
    alone = torch.cat([model(mc.collate([f], corpus.labels)).logits for f in features])
    everything = {m: torch.ones_like(getattr(batch, m)) for m in ("audio_mask", "text_mask")}
    unmasked = model(replace(batch, **everything)).logits
print(f"largest difference alone / in a batch:        {(together - alone).abs().max():.0e}")
print(f"largest difference with and without masks:    {(together - unmasked).abs().max():.0e}")
print(f"predictions that change without masks:        {(together.argmax(1) != unmasked.argmax(1)).sum()} of {len(together)}")
assert (together - alone).abs().max() < 1e-4

# %% [markdown]
# The first number is rounding. The second is a network that answers differently depending on who else is in the batch,
# which no loss curve would show.
#
# ## 9 · How large is it?
#
# The paper prints no size. Its settings fix most of it: 40 MFCC, 300 numbers a word, 7 classes, hidden 128.

# %%
full = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig())
names = {"conv": "convolutions", "audio_lstm": "audio LSTM", "text_lstm": "text LSTM", "cross": "cross-attention",
         "self_": "self-attention", "classifier": "classifier"}
size = pd.Series({names[n]: sum(p.numel() for p in part.parameters()) for n, part in full.named_children()})
total = sum(p.numel() for p in full.parameters())
assert size.sum() == total
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
ax.barh(size.index[::-1], size[::-1], color=mc.figures.OKABE_ITO[0])
for y, n in enumerate(size[::-1]):
    ax.text(n, y, f" {n:,} ({n / total:.0%})", va="center", fontsize=8)
ax.set(xlabel="parameters", xlim=(0, 1.3 * size.max()))
ax.ticklabel_format(axis="x", style="plain")
mc.figures.show(fig, alt="Bars: parameters of each of the six parts at the paper's size.",
           caption=f"Where the {total:,} parameters are. The largest part is the {size.idxmax()} with {size.max():,}; the "
                   f"two attention modules hold {(size['cross-attention'] + size['self-attention']) / total:.0%}.")

# %% [markdown]
# ### Exercise 8.3 · Count a block (predict, medium, 10 min)
#
# How many parameters has one `AttentionBlock`, from `hidden` and the width of the feed-forward layer? Return three
# numbers: attention, feed-forward, LayerNorms. Predict first: does the number of heads matter?
#
# <details><summary>Hint 1: where to look</summary>Print <code>AttentionBlock(4, 2, 10, dropout=0,
# full_scale=False)</code> and count its linear maps.</details>
# <details><summary>Hint 2: the plan</summary>A linear map from n to m holds n · m weights and m biases. A LayerNorm
# over n numbers holds a scale and a shift for each.</details>
# <details><summary>Hint 3: nearly the solution</summary>Attention has four maps from hidden to hidden: query, key,
# value, and the one that merges the heads. The feed-forward has two maps. There are two LayerNorms.</details>

# %% tags=["exercise"]
def block_parameters(hidden, feedforward):
    """Parameters of one AttentionBlock: (attention, feed-forward, LayerNorms)."""
    raise NotImplementedError


# %% tags=["solution"]
def block_parameters(hidden, feedforward):
    """Parameters of one AttentionBlock: (attention, feed-forward, LayerNorms)."""
    attention = 4 * (hidden * hidden + hidden)  # query, key, value, merge
    feed = (hidden * feedforward + feedforward) + (feedforward * hidden + hidden)
    norms = 2 * (hidden + hidden)  # two of them, scale and shift
    return attention, feed, norms


# %%
check.block_parameters(block_parameters)

# %%
for heads in (1, 2, 8):
    block = AttentionBlock(128, heads, 512, dropout=0.1, full_scale=False)
    print(f"{heads} heads: {sum(p.numel() for p in block.parameters()):,} parameters")

# %% [markdown]
# Heads cut the same matrices into slices; they add no parameter. A module has such a block for each modality and layer.
# No weights are shared between modalities: the paper's subscripts $a$ and $l$ on $\mathbf W$ say so for Eq. 6 to 8, for
# the rest it is our reading.
#
# ## 10 · Table 3 as nine diffs
#
# Each row of the paper's ablation table is the full model with a few settings changed. What changes besides the name?

# %%
lines = []
for row, changes in mc.paper.ABLATIONS.items():
    net = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig(**changes))
    n = sum(p.numel() for p in net.parameters())
    lines.append({"row": row, "differs in": ", ".join(f"{k}={v}" for k, v in changes.items()) or "nothing",
                  "streams": net.classifier[0].in_features // net.config.hidden, "parameters": f"{n:,}",
                  "of the full model": f"{n / total:.0%}"})
nine = pd.DataFrame(lines)
nine.drop(columns="streams").set_index("row")

# %% [markdown]
# The number of streams, that is of pooled vectors that enter the classifier, is left out: it is your question.
#
# ### Exercise 8.4 · Concatenation (explain, easy, 8 min)
#
# **Order.** Eq. 18 joins $\mathbf h_a^c, \mathbf h_l^c, \mathbf h_a^s, \mathbf h_l^s$. A colleague joins them in
# another order and trains from the start. Why does it not matter?
#
# - **a** It does: the first stream gets more weight, so it should be the audio.
# - **b** The first linear map has its own column for each input, and all columns start random; another order is another
#   numbering.
# - **c** The softmax does not depend on the order of its inputs.
# - **d** A LayerNorm removes the difference.
#
# **Streams.** How many vectors of width $d$ does the classifier get in these rows: `w/o self`, `w/o audio`,
# `cross + self (seq)`, `N = 2`? Answer with a dictionary: `{"order": a letter, "streams": {row: number, …}}`.
#
# <details><summary>Hint 1: where to look</summary><code>ABLATIONS</code> above, and the wirings of section 7.</details>
# <details><summary>Hint 2: the plan</summary>Count the ends of the arrows that reach "concat". The full model has
# four.</details>
# <details><summary>Hint 3: nearly the solution</summary>One stream for each modality and each module at the end of a
# path. Layers inside a module replace each other. One modality cannot cross.</details>

# %% tags=["exercise"]
answer = ...

# %% tags=["solution"]
answer = {"order": "b", "streams": {"w/o self": 2, "w/o audio": 1, "cross + self (seq)": 2, "N = 2": 4}}

# %%
check.concatenation(answer)

# %% [markdown]
# The question of order can be settled by doing it. Join the four streams backwards, and renumber the columns of the
# first map in the same way:

# %%
first, d = model.classifier[0], config.hidden
backwards = [slice(i * d, (i + 1) * d) for i in (3, 2, 1, 0)]
with torch.no_grad():
    renumbered = torch.cat([first.weight[:, part] for part in backwards], 1)
    other = torch.cat(streams[::-1], -1) @ renumbered.T + first.bias
    print(f"largest difference behind the first map: {(other - first(h)).abs().max():.0e}")
    only_joined = first(torch.cat(streams[::-1], -1))
    print(f"… with the streams reversed and the columns left: {(only_joined - first(h)).abs().max():.2f}")

# %% [markdown]
# The second line is why a *trained* network needs its own order: a checkpoint is worthless if the reader joins
# differently.
#
# ## 11 · The last test: one batch by heart
#
# Before hours of training, ask for two small things. Most wiring mistakes fail one of them.
#
# 1. **The first loss.** A fresh network knows nothing, so each of $C$ classes gets about $1/C$, and Eq. 20 gives about
#    $\ln C$.
# 2. **One batch.** A network of this size must be able to learn eight utterances by heart: loss to nearly zero.
#
# And a control that must fail: eight times the *same* utterance with the eight labels. Nothing can tell them apart, so
# the best that can be done is to guess with the labels' frequencies. **Predict** where this curve ends.

# %%
def learn(features: list, steps: int = 100) -> list[float]:
    mc.seed_everything(6)
    model, batch = mc.MCSAN(dims, config), mc.collate(features, corpus.labels)
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=3e-3), []
    for _ in range(steps):
        loss = F.cross_entropy(model(batch).logits, batch.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


eight_losses = learn(features)
same = min(features, key=lambda f: len(f.audio))
same_losses = learn([replace(same, label=f.label) for f in features])

# %%
share = torch.bincount(batch.label, minlength=dims.classes) / len(batch.label)
floor, chance = -sum(p * math.log(p) for p in share.tolist() if p), math.log(dims.classes)
end, control = np.median(eight_losses[-10:]), np.median(same_losses[-10:])
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for i, (name, losses) in enumerate({"eight utterances": eight_losses, "one utterance, eight labels": same_losses}.items()):
    ax.plot(losses, color=mc.figures.OKABE_ITO[i], ls=("-", "--")[i], marker=mc.figures.MARKERS[i], markevery=10, label=name)
ax.axhline(chance, color="black", lw=1, ls=":", label=f"ln {dims.classes} = {chance:.2f}")
ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
ax.legend(frameon=False, loc="center right")
mc.figures.show(fig, alt="Loss over steps: one curve falls to zero, the control stays high.",
           caption=f"Eight utterances: the loss falls from {eight_losses[0]:.2f} (ln {dims.classes} = {chance:.2f}) to "
                   f"{end:.4f}, the median of the last ten steps. One utterance with eight labels ends at {control:.2f}; "
                   f"the labels' frequencies allow {floor:.2f}.")
assert abs(eight_losses[0] - chance) < 0.7, "the first loss is far from ln C"
assert end < 0.2 < control, "one batch is not learnt, or the control is"

# %% [markdown]
# The control could have caught a leak: a network that learns it has found the label somewhere in its input.
#
# ## Recap
#
# - **Map.** Each equation has a function, a line and a test; five slips of the paper are named, and its open choices
#   are listed from the code.
# - **By hand.** Residual, LayerNorm, feed-forward, max-pool, softmax and loss gave the package's numbers.
# - **Wire.** Both streams are updated from old values. Parallel modules read the same encodings; in a sequence the
#   second reads the first.
# - **Count.** You can count a block. The rows of Table 3 differ in size as well as in what they see.
# - **Test.** First loss near $\ln C$, no padding effect, one batch learnt, the control not.
#
# **What you may not conclude**
#
# - That this is the authors' network. It follows every equation, and it fills the gaps in one of many ways.
# - That it works. Learning eight utterances by heart shows that gradients flow, nothing about new speech: lesson 09.
# - That "w/o cross" measures cross-attention alone. The row also has fewer parameters and a narrower classifier: lesson
#   10.
#
# **Further reading**
#
# - L. Sun, B. Liu, J. Tao, Z. Lian, *Multimodal Cross- and Self-Attention Network for Speech Emotion Recognition*,
#   ICASSP 2021: section 2 now reads in ten minutes.
# - A. Vaswani et al., *Attention Is All You Need*, 2017: sections 3.1 to 3.3, the source of "[18]".
# - R. Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020: LayerNorm before or after the sum.
# - A. Karpathy, *A Recipe for Training Neural Networks*, 2019: more tests of this kind.
#
# **Previous** [06 · Attention by hand](06_attention_by_hand.ipynb) ·
# **Next** [09 · Training you can trust](09_training_you_can_trust.ipynb)
