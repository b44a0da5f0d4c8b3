# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Encoders, and how far one word travels
#
# Attention will let words look at sounds. What it looks at are not sounds but summaries that two encoders write. This
# lesson builds the encoders by hand, and then asks the question on which every attention map depends: **where is a word,
# once the encoder has read it?**
#
# **You will be able to**
# - compute convolution, ReLU and max-pooling by hand, and trace every shape from 1,000 frames to 112,
# - compute which MFCC frames an encoder frame can see,
# - write the BiLSTM whose directions are averaged, and test that padding and batch mates change nothing,
# - measure how far one word's sound travels through the encoder: the *smear test*.
#
# **Needs:** lessons 03 (frames) and 03 (word vectors). **Time:** read 20 min · run under 1 min after `make course` ·
# exercises 25 min. **Paper:** section 2.2, Eq. 1 to 5. **Runs on:** any corpus with clips; the smear test edits a word
# where word times are known, elsewhere 0.4 s in the middle of the clip.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %%
import inspect
import math
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import mcsan_lite as mc
from mcsan_lite.exercises import lesson05 as check
from mcsan_lite.models.layers import BiLSTMMean, ConvBlock, ConvSizes
from mcsan_lite.tables.predictions import load_predictions

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %% [markdown]
# ## 1 · Two streams that do not fit together
#
# We take a trained network (made by `make course`; trained now if it is missing) and utterances of its test part, which
# it has never seen. One of them:

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
found = mc.trained(corpus=corpus, profile=PROFILE, options=mc.RunOptions(retrain=RETRAIN, progress=True), folds=1)
run = mc.load_run(found.folder[0])
unseen = load_predictions(Path(found.folder[0]) / "predictions.csv").ids
clips = [u for u in corpus.subset(unseen).utterances if u.audio is not None]
features = {f.id: f for f in run.prepare(mc.extract(corpus.subset([u.id for u in clips]), run.features)[0])}
clips = sorted((u for u in clips if 150 <= len(features[u.id].audio) < 1000), key=lambda u: u.id)[:200]
print(f"{len(clips)} clips of 1.5 to 10 s, unseen in training; test WA of the network {found.wa[0]:.3f}")

# %%
one = next(u for u in clips if 5 <= len(features[u.id].tokens) <= 12)
sound = mc.load_audio(one.audio)
display(mc.figures.play(sound, 16_000, alt=f"{one.label}: “{one.text}”, {len(sound) / 16_000:.1f} s"))
x, text = features[one.id].audio, features[one.id].text
print(f"sound {x.shape}: a row every 10 ms\nwords {text.shape}: a row a word")

# %% [markdown]
# Attention compares a word with a frame by a dot product. Two obstacles: the rows have different widths, and there are
# far more frames than words. The encoders make both streams $d$ wide, and the sound nine times shorter.
#
# ## 2 · Convolution and pooling by hand: Eq. 1
#
# $$\mathbf X^a = ConvBlock(ConvBlock(\mathbf X^a)), \qquad ConvBlock(\cdot) = MaxPool(Conv1D(\cdot)) \tag{1}$$
#
# A convolution is a dot product that slides: at each moment it weighs three neighbouring frames. ReLU keeps what is
# positive. Pooling keeps the largest of three. Seven frames, two coefficients, two channels:

# %%
torch.manual_seed(4)
block = ConvBlock(2, 2, ConvSizes(kernel=3, pool=3, stride=3), activation=nn.ReLU())
tiny = torch.randn(7, 2)
weight, bias = block.conv.weight.detach(), block.conv.bias.detach()  # (channels, coefficients, kernel), (channels,)

padded = torch.cat([torch.zeros(1, 2), tiny, torch.zeros(1, 2)])  # one frame of silence on each side: the length stays
slid = torch.stack([torch.stack([(padded[t:t + 3] * weight[c].T).sum() + bias[c] for c in range(2)]) for t in range(7)])
by_hand = torch.stack([slid[t:t + 3].clamp(min=0).max(0).values for t in range(0, 7, 3)])  # windows begin at 0, 3, 6

# %%
with torch.no_grad():
    package, mask = block(tiny[None], torch.ones(1, 7, dtype=torch.bool))
torch.testing.assert_close(package[0], by_hand)
print(f"by hand = the package, to {(package[0] - by_hand).abs().max():.0e}; 7 frames became {int(mask.sum())}")

# %%
stages = {"x": tiny, "Conv1D": slid, "ReLU": slid.clamp(min=0), "MaxPool": by_hand}
fig, axes = plt.subplots(1, 4, figsize=(8, 2.9), layout="constrained")
for ax, (name, values) in zip(axes, stages.items(), strict=True):
    ax.imshow(values, cmap="cividis", vmin=-1.5, vmax=1.5, aspect="auto")
    for (i, j), value in np.ndenumerate(values.numpy()):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="black" if value > 0.3 else "white")
    ax.set(title=name, xticks=[], yticks=range(len(values)), ylabel="frame" if name == "x" else "")
mc.figures.show(fig, alt="Four small tables of numbers: input, convolution, ReLU and the pooled result with three rows.",
           caption=f"One block. {len(tiny)} frames become {len(by_hand)}; the last window holds a single frame, and counts. "
                   f"{int((slid < 0).sum())} of {slid.numel()} numbers were negative and became 0.")

# %% [markdown]
# The paper names no activation and does not say whether the convolution is padded. Both are lines in the ledger of
# lesson 08. The source also hides padded frames: zero before the convolution, $-\infty$ before the pool.

# %%
print(inspect.getsource(ConvBlock.forward))

# %% [markdown]
# ## 3 · The ladder of shapes
#
# What does that do to ten seconds, the longest clip that the paper keeps? We follow 1,000 frames at the paper's size.

# %%
paper = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig()).eval()
x, mask = torch.randn(1, 1000, 40), torch.ones(1, 1000, dtype=torch.bool)
ladder = [("MFCC", x.shape)]
with torch.no_grad():
    for n, part in enumerate(paper.conv, 1):
        x, mask = part(x, mask)
        ladder.append((f"block {n}", x.shape))
    ladder.append(("BiLSTM", paper.audio_lstm(x, mask).shape))
print("   →   ".join(f"{name} {tuple(shape)}" for name, shape in ladder))

# %%
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
for i, (_, (_, time, width)) in enumerate(ladder[::-1]):
    ax.barh(i, time, height=0.75 * width / 128, color=mc.figures.OKABE_ITO[0])
    ax.text(time + 10, i, f"{time} × {width}", va="center", fontsize=9)
ax.set(yticks=range(len(ladder)), yticklabels=[name for name, _ in ladder[::-1]], xlabel="frames", xlim=(0, 1150))
mc.figures.show(fig, alt="Four bars that get shorter: 1000 frames, 334, 112 and 112; the first is thinner than the others.",
           caption=f"Length of a bar: frames; its height: numbers a frame. {ladder[0][1][1]} frames become {ladder[-1][1][1]}, "
                   f"{ladder[0][1][1] / ladder[-1][1][1]:.1f} times fewer, and each holds {ladder[-1][1][2]} numbers.")

# %% [markdown]
# 112, not 111: 1,000 / 9 is 111.1, and it is rounded **up**, twice. PyTorch's own pooling rounds down. What would that
# cost? Count the frames that are left over, in no window:

# %%
lines = []
for frames in (4, 8, 9, 100, 998, 1000):
    up, down = math.ceil(math.ceil(frames / 3) / 3), frames // 3 // 3
    lines.append({"MFCC frames": frames, "rounded up": up, "rounded down": down, "left over": frames - 9 * down})
pd.DataFrame(lines).set_index("MFCC frames")

# %% [markdown]
# A very short utterance would vanish, and all others would lose up to 80 ms at their end. So the window that is begun
# counts, and what is missing in it is $-\infty$, which no maximum chooses.
#
# ### Exercise 5.1 · How many frames are real? (implement, easy, 5 min)
#
# A batch is padded, so its pooled length says nothing about one utterance. Return, for each number of MFCC frames, how
# many pooled frames are real behind **two** blocks.
#
# <details><summary>Hint 1: where to look</summary>The column "rounded up" of the table above.</details>
# <details><summary>Hint 2: the plan</summary>One block: how many windows of three are needed to cover n frames? Then do
# the same with the result.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>(n + 2) // 3</code> rounds n / 3 up.</details>

# %% tags=["exercise"]
def pooled_lengths(lengths):
    """lengths: tensor of MFCC frame counts (at least 1) -> tensor of real pooled frames."""
    raise NotImplementedError


# %% tags=["solution"]
def pooled_lengths(lengths):
    """lengths: tensor of MFCC frame counts (at least 1) -> tensor of real pooled frames."""
    for _ in range(2):
        lengths = (lengths + 2) // 3  # rounded up
    return lengths


# %%
check.pooled_lengths(pooled_lengths)

# %% [markdown]
# ## 4 · What one encoder frame can see
#
# Each layer widens the view. A kernel of 3 adds two neighbours; but behind a pooling, neighbours are further apart. So the
# widths do not just add: each addition counts in steps of the layers below.
#
# ### Exercise 5.2 · Receptive field (implement, medium, 6 min)
#
# `layers` lists `(kernel, stride)` from the input upwards; a convolution has stride 1. Return how many input frames one
# output frame sees, and by how many input frames two neighbours are apart.
#
# <details><summary>Hint 1: where to look</summary>Draw three frames of the upper layer and what each of them
# covers.</details>
# <details><summary>Hint 2: the plan</summary>Start with one frame seen and a step of 1. Each layer adds (kernel − 1) times
# the step so far, and then multiplies the step by its stride.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>seen += (kernel - 1) * step</code>, then <code>step *=
# stride</code>: the order matters.</details>

# %% tags=["exercise"]
def receptive_field(layers):
    """[(kernel, stride), …] from the input upwards -> (input frames seen, input frames between neighbours)."""
    raise NotImplementedError


# %% tags=["solution"]
def receptive_field(layers):
    """[(kernel, stride), …] from the input upwards -> (input frames seen, input frames between neighbours)."""
    seen = step = 1
    for kernel, stride in layers:
        seen += (kernel - 1) * step
        step *= stride
    return seen, step


# %%
check.receptive_field(receptive_field)

# %% [markdown]
# For the encoder (convolution, pooling, twice) the package knows the answer in seconds. Its ruler, `frame_spans`, puts
# every attention map of the course on a time axis:

# %%
spans = mc.frame_spans(112)
start, end = spans[50]
frames_seen = round((end - start - 0.025) / 0.010) + 1  # a window of 25 ms, and a step of 10 ms for each further frame
print(f"encoder frame 50 sees {start:.4f} s to {end:.4f} s: {1000 * (end - start):.0f} ms = {frames_seen} MFCC frames")
print(f"the next one begins {1000 * (spans[51, 0] - start):.0f} ms later, so neighbours share "
      f"{1000 * (end - spans[51, 0]):.0f} ms")
assert frames_seen == 17

# %% [markdown]
# So far an encoder frame is a place: it knows its 185 ms and nothing else. Now comes the part that changes this.
#
# ## 5 · An LSTM is a loop
#
# $$\overrightarrow{\mathbf h}_t = \overrightarrow{LSTM}(\mathbf x_t, \overrightarrow{\mathbf h}_{t-1}), \qquad
# \overleftarrow{\mathbf h}_t = \overleftarrow{LSTM}(\mathbf x_t, \overleftarrow{\mathbf h}_{t+1}) \tag{2}$$
#
# It walks through the frames with two slates: a memory $c$, and what it shows, $h$. Three gates between 0 and 1 decide
# at each step what is forgotten, what is written and what is shown.

# %%
torch.manual_seed(4)
lstm = nn.LSTM(3, 2, batch_first=True)
frames = torch.randn(5, 3)
from_input, from_state, b1, b2 = (p.detach() for p in lstm.parameters())

h, c, shown = torch.zeros(2), torch.zeros(2), []
for frame in frames:
    write, forget, news, show_gate = (from_input @ frame + b1 + from_state @ h + b2).chunk(4)
    c = forget.sigmoid() * c + write.sigmoid() * news.tanh()  # keep some of the old, add some of the new
    h = show_gate.sigmoid() * c.tanh()
    shown.append(h)

# %%
with torch.no_grad():
    torch.testing.assert_close(lstm(frames[None])[0][0], torch.stack(shown))
print("by hand = torch.nn.LSTM:", torch.stack(shown)[-1].numpy().round(4))

# %% [markdown]
# Read the loop once more: $c$ at frame 5 contains something of frame 1, as much as five forget gates in a row let
# through. Nothing tells *where* it came from.
#
# ### Two directions, averaged
#
# One LSTM reads from left to right, another from right to left. Most networks set the two states side by side; the paper
# takes their mean:
#
# $$\mathbf h_t = \tfrac12 \left(\overrightarrow{\mathbf h}_t + \overleftarrow{\mathbf h}_t\right) \tag{3}$$
#
# ### Exercise 5.3 · Average both (implement, medium, 6 min)
#
# `x` is one utterance without padding, `(1, T, F)`. `forwards` and `backwards` are two `nn.LSTM`, both of which read from
# left to right: turning round is your part. Return $\mathbf h$, `(1, T, D)`.
#
# <details><summary>Hint 1: where to look</summary><code>x.flip(1)</code> turns the time axis round. An <code>nn.LSTM</code>
# gives a pair; its first part holds all states.</details>
# <details><summary>Hint 2: the plan</summary>Turn the input round, let the backward LSTM read, turn its states
# round.</details>
# <details><summary>Hint 3: nearly the solution</summary><code>back = backwards(x.flip(1))[0].flip(1)</code>; then the mean
# of the two.</details>

# %% tags=["exercise"]
def average_both(x, forwards, backwards):
    """x (1, T, F), two nn.LSTM -> (1, T, D)."""
    raise NotImplementedError


# %% tags=["solution"]
def average_both(x, forwards, backwards):
    """x (1, T, F), two nn.LSTM -> (1, T, D)."""
    ahead = forwards(x)[0]
    back = backwards(x.flip(1))[0].flip(1)
    return (ahead + back) / 2


# %%
check.average_both(average_both)

# %%
wide = {"averaged (paper)": 128, "side by side": 256}
pd.DataFrame([{"BiLSTM, 128 each way": how, "numbers a frame": d, "weights of one attention (4 maps)": f"{4 * (d * d + d):,}"}
              for how, d in wide.items()]).set_index("BiLSTM, 128 each way")

# %% [markdown]
# The mean keeps everything behind it narrow. Its price: the sum of past and future is known, not which was which.
#
# ## 6 · Padding: packing, or reversing by length
#
# In a batch, short utterances are padded. Reading from left to right, an LSTM meets padding last, where it does no harm.
# From right to left it meets padding *first*, and carries it into every real frame. PyTorch's answer is a packed sequence.
# Ours: each utterance is turned round by its own length. The same weights in both, and the naive way as a control:

# %%
torch.manual_seed(4)
ours = BiLSTMMean(3, 4)
packed = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
ahead, back = ours.forwards.state_dict(), ours.backwards.state_dict()
packed.load_state_dict({**ahead, **{f"{k}_reverse": v for k, v in back.items()}})
batch, lengths = torch.randn(3, 9, 3), torch.tensor([9, 6, 2])
mask = torch.arange(9) < lengths[:, None]  # (B, T)

# %%
with torch.no_grad():
    states, _ = pad_packed_sequence(packed(pack_padded_sequence(batch, lengths, batch_first=True))[0], batch_first=True)
    by_packing = states.unflatten(-1, (2, 4)).mean(2)  # (B, T, 2 D) -> (B, T, 2, D) -> (B, T, D)
    naive = packed(batch)[0].unflatten(-1, (2, 4)).mean(2) * mask[..., None]
    by_length = ours(batch, mask)
torch.testing.assert_close(by_length, by_packing)
print(f"by length − packed: {(by_length - by_packing).abs().max():.0e}")
print(f"naive − packed:     {(naive - by_packing).abs().max():.2f}, in states of size {by_packing.abs().max():.2f} at most")

# %%
print(inspect.getsource(BiLSTMMean.forward))

# %% [markdown]
# ### The test that must never fail
#
# An utterance must be encoded the same whoever is in its batch, and however much padding follows. We try both with the
# trained network: eight utterances together and alone, and together with noise written into their padding.

# %%
def encode(model, features: list):
    """{"audio": (B, A, D), "text": (B, L, D)} and the masks."""
    with torch.no_grad():
        return model.encode(mc.collate(features))


eight = [features[u.id] for u in clips[:8]]
together, masks = encode(run.model, eight)
worst = {m: max((together[m][i, masks[m][i]] - encode(run.model, [f])[0][m][0]).abs().max().item()
                for i, f in enumerate(eight)) for m in together}
noisy = mc.collate(eight)
noisy.audio[~noisy.audio_mask] = 100 * torch.randn(int((~noisy.audio_mask).sum()), noisy.audio.shape[2])
with torch.no_grad():
    again = run.model.encode(noisy)[0]["audio"]
print("alone against in a batch:", {m: f"{value:.0e}" for m, value in worst.items()})
print(f"noise in the padding:     {(again - together['audio']).abs().max():.0e}")
assert max(worst.values()) < 1e-4 and torch.equal(again, together["audio"])

# %% [markdown]
# ## 7 · The words: Eq. 4 and 5
#
# The text passes the same kind of BiLSTM, without convolution. (The paper prints $\mathbf h_a$, $\mathbf x_a$ and $T_a$
# here; $l$ is meant.) A row stays a word, and becomes $d$ wide. Now the two streams fit:

# %%
encoded, _ = encode(run.model, [features[one.id]])
print({m: tuple(x.shape) for m, x in encoded.items()})
print(f"word × frame dot products: {tuple((encoded['text'][0] @ encoded['audio'][0].T).shape)}")

# %% [markdown]
# ## 8 · The smear test
#
# A map of attention will say "this word looks at 1.2 s". What lies at 1.2 s? Before the BiLSTM: 185 ms of sound. And
# behind it? We change the sound of *one word* and see which encoder frames move.
#
# ### Exercise 5.4 · Predict how far (predict, medium, 6 min)
#
# Answer before you run on.
#
# - **before**: a single MFCC frame changes. How many frames can move at most *before* the BiLSTM? (Views of 17 frames,
#   one every 9.) A number.
# - **forward**: which frames can move behind the *forward* LSTM alone? **a** only those that see the change · **b** those,
#   and all later ones · **c** all · **d** those, and all earlier ones.
# - **both**: and behind the whole BiLSTM? **a** only those that see the change · **b** those and all later · **c** those
#   and all earlier · **d** all.
# - **weight**: a map puts 90 % of a word's weight on the frame at 1.2 s. What follows? **a** the word's sound was at 1.2 s
#   · **b** the sound at 1.2 s decided · **c** the summary stored at 1.2 s was read; what it holds, the map does not say ·
#   **d** nothing at all.
#
# <details><summary>Hint 1: where to look</summary>Section 4 for the first, the loop of section 5 for the others.</details>
# <details><summary>Hint 2: the plan</summary>Views 185 ms long that begin every 90 ms overlap a little. A state goes on to
# the next frame, in the direction of reading.</details>
# <details><summary>Hint 3: nearly the solution</summary>No frame lies in three views. A frame hears everything that was
# read before it: in one direction the past, in both …</details>

# %% tags=["exercise"]
answer = ...

# %% tags=["solution"]
answer = {"before": 2, "forward": "b", "both": "d", "weight": "c"}

# %%
check.how_far(answer)

# %% [markdown]
# That is what *can* move. How much *does* move? The edit: the MFCC frames of one word are replaced by those of a word of
# another utterance, repeated or cut to the same length, so that no time shifts. We take the word nearest to the middle.

# %%
def word_of(utterance) -> slice:
    """MFCC frames of the word nearest to the middle; 0.4 s in the middle where no word times are known."""
    middle = len(features[utterance.id].audio) * 0.010 / 2
    spans = [(w.start_s, w.end_s) for w in utterance.words] or [(middle - 0.2, middle + 0.2)]
    first, last = min(spans, key=lambda s: abs(sum(s) / 2 - middle))
    return slice(round(first * 100), max(round(first * 100) + 1, round(last * 100)))


def edited(utterance, donor):
    """The same utterance with the donor's word in place of its own; None writes the mean frame (zeros) instead."""
    mine, at = features[utterance.id], word_of(utterance)
    sound = mine.audio.copy()
    sound[at] = 0 if donor is None else np.resize(features[donor.id].audio[word_of(donor)], sound[at].shape)
    return replace(mine, audio=sound)

# %%
def two_stages(model, one) -> dict[str, np.ndarray]:
    """{"before the BiLSTM": (A, D), "behind it": (A, D)} of one utterance."""
    batch = mc.collate([one])
    with torch.no_grad():
        x, mask = batch.audio, batch.audio_mask
        for part in model.conv:
            x, mask = part(x, mask)
        return {"before the BiLSTM": x[0].numpy(), "behind it": model.audio_lstm(x, mask)[0].numpy()}


def movement(model, utterance, donor) -> dict[str, np.ndarray]:
    """How far each frame moves (A,). 1 = as far as two frames of the unchanged utterance typically lie apart."""
    old, new = two_stages(model, features[utterance.id]), two_stages(model, edited(utterance, donor))
    return {stage: np.linalg.norm(new[stage] - h, axis=1) / np.sqrt(2 * h.var(0).sum()) for stage, h in old.items()}

# %% [markdown]
# The unit matters, since the two stages have numbers of different size: 1 means that a frame became as different as
# another frame of the same clip is, in the root mean square. One utterance first:

# %%
other = clips[(clips.index(one) + 1) % len(clips)]
moved, at = movement(run.model, one, other), word_of(one)
times = mc.frame_times(len(moved["behind it"]))
fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 4), height_ratios=(1, 1.3), layout="constrained", sharex=True)
mc.figures.draw_waveform(sound, 16_000, ax=top, words=one.words)
top.axvspan(at.start / 100, at.stop / 100, color=mc.figures.OKABE_ITO[1], alpha=0.3)
rows = np.stack(list(moved.values()))
edges = np.append(times - 0.045, times[-1] + 0.045)
mesh = bottom.pcolormesh(edges, [0, 1, 2], rows, cmap="cividis", vmin=0, vmax=rows.max())
bottom.vlines([at.start / 100, at.stop / 100], 0, 2, color="white", ls="--")
bottom.set(yticks=[0.5, 1.5], yticklabels=list(moved), xlabel="seconds", xlim=(0, len(sound) / 16_000))
bottom.invert_yaxis()
fig.colorbar(mesh, ax=bottom, label="movement", pad=0.01)
sees = {name: int((m > 0.05).sum()) for name, m in moved.items()}
mc.figures.show(fig, alt="Waveform with one word marked; below, which encoder frames move before and behind the BiLSTM.",
           caption=f"The marked {1000 * (at.stop - at.start) / 100:.0f} ms got another word's sound. Frames that move by more "
                   f"than 0.05: {sees['before the BiLSTM']} of {len(times)} before the BiLSTM, {sees['behind it']} behind it.")

# %% [markdown]
# One clip is an anecdote. Now many, with an interval; beside them an **untrained** network, to see what the wiring does and
# what training adds; and a second edit, the mean frame instead of another word, to see whether the choice matters.
# **Predict**: does training make an encoder smear more, or less?

# %%
mc.seed_everything(0)
fresh = mc.MCSAN(mc.Dims(run.features.n_mfcc, text.shape[1], len(run.labels)), run.model.config).eval()
models, edits = {"trained": run.model, "untrained": fresh}, ("another word", "mean frame")


def distances(utterance, count: int) -> np.ndarray:
    """Frames between each encoder frame (count,) and the nearest one that sees the edit: negative before, 0 where it sees."""
    at, k = word_of(utterance), np.arange(count)
    sees = k[(9 * k + 12 >= at.start) & (9 * k - 4 < at.stop)]
    return np.minimum(k - sees[0], 0) + np.maximum(k - sees[-1], 0)


# %%
lines = []
for network, model in models.items():
    for edit in edits:
        for u, donor in zip(clips, clips[1:] + clips[:1], strict=True):
            for stage, moved in movement(model, u, donor if edit == "another word" else None).items():
                lines += [(network, edit, stage, u.id, d, m) for d, m in zip(distances(u, len(moved)), moved, strict=True)]
smear = pd.DataFrame(lines, columns=["network", "edit", "stage", "id", "away", "moved"])
smear["outside"] = smear.moved.where(smear.away != 0, 0)
assert (smear[smear.stage == "before the BiLSTM"].outside == 0).all()
print(f"{smear.id.nunique()} utterances: before the BiLSTM, no frame moves that cannot see the edit")

# %%
near = smear[smear.away.abs() <= 12].groupby(["network", "edit", "stage", "away", "id"]).moved.mean()
keys = ["network", "edit", "stage", "away"]
curve = near.groupby(keys).apply(lambda v: pd.Series(mc.fold_interval(v), index=["mean", "half"])).unstack()
second = {network: curve["mean"].loc[network, "another word", "behind it"].loc[[-11, 11]].mean() for network in models}

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
for ax, network in zip(axes, models, strict=True):
    for i, stage in enumerate(smear.stage.unique()):
        line = curve.loc[network, "another word", stage]
        ax.fill_between(line.index * 0.09, line["mean"] - line.half, line["mean"] + line.half, alpha=0.3,
                        color=mc.figures.OKABE_ITO[i])
        ax.plot(line.index * 0.09, line["mean"], color=mc.figures.OKABE_ITO[i], marker=mc.figures.MARKERS[i], ms=4, label=stage)
    ax.set(title=network, xlabel="seconds from the nearest frame that sees the edit")
axes[0].set_ylabel("movement")
axes[0].legend(frameon=False, fontsize=8)
mc.figures.show(fig, alt="Movement against distance for a trained and an untrained network, before and behind the BiLSTM.",
           caption=f"Another word's sound; mean over up to {smear.id.nunique()} utterances with 95 % interval. Before the BiLSTM "
                   f"the movement ends where the view ends. Behind it, 0.99 s away, frames still move by "
                   f"{second['trained']:.3f} in the trained network and by {second['untrained']:.3f} in the untrained one.")

# %% [markdown]
# How much of the change lies outside the word? For each utterance: the movement of all frames that cannot see the edit,
# as a share of the movement of all frames.

# %%
totals = smear.groupby(["network", "edit", "stage", "id"])[["outside", "moved"]].sum()
share = (totals.outside / totals.moved).groupby(["network", "edit", "stage"]).apply(mc.fold_interval)
outside = share.map(lambda pair: f"{pair[0]:.1%} ± {pair[1]:.1%}").unstack("stage")[smear.stage.unique()]
outside.columns.name = None
outside

# %% [markdown]
# This table is why the question of lesson 11 has to be asked. A frame behind the BiLSTM is not a moment but a *summary
# stored at a moment*. A part of what one word's sound changes, the share that the first line prints, is found at frames
# that the word never touched. If a map of attention points beside the word, the news may still have been read there; if it
# points at the word, the reason may have come from elsewhere.
#
# The untrained network smears too, as its wiring allows; the figure shows how its memory fades compared with that of the
# trained one. The forget gates are learnt: how long a memory lasts is a choice of training, not of the architecture.
#
# ## Recap
#
# - You computed Eq. 1 by hand and followed 1,000 frames to 112, rounded up so that no sound is lost.
# - You computed the receptive field: 17 MFCC frames, 185 ms, every 90 ms. It is true up to the BiLSTM.
# - You wrote the averaged BiLSTM; packing and reversing by length agree; padding and batch mates changed nothing.
# - You measured the smear: outside the edited word, nothing moves before the BiLSTM, and a good part of all movement
#   lies there behind it.
#
# ## What you may not conclude
#
# - That attention maps are worthless. The movement is largest at the word itself; how well maps point is measured in
#   lessons 10 and 11.
# - That what moves is used. The test shows that a change arrives, not that the classifier reads it.
# - That every training smears this much. This is one network, one seed, one corpus; the interval covers utterances only.
# - That the numbers hold for any edit. Two edits were tried, and both are sudden changes that no speaker makes.
#
# **Further reading:** Hochreiter and Schmidhuber, *Long short-term memory* (Neural Computation 1997); Schuster and Paliwal,
# *Bidirectional recurrent neural networks* (IEEE Transactions on Signal Processing 1997); Jain and Wallace, *Attention is
# not explanation* (NAACL 2019), whose networks put attention on a BiLSTM, as this one does.
#
# **Previous:** [04 · From words to vectors](04_from_words_to_vectors.ipynb) ·
# **Next:** [06 · Attention by hand](06_attention_by_hand.ipynb)
