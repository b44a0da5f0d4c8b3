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
# Attention will let words look at sounds. But it never sees the sounds themselves. It
# sees summaries, and two encoders write them. In this lesson you build the encoders by
# hand. Then you ask the question on which every attention map depends: **where is a
# word once the encoder has read it?**
#
# **You will be able to**
# - compute convolution, ReLU and max-pooling by hand, and trace every shape from 1,000
#   frames to 112,
# - compute which MFCC frames an encoder frame can see,
# - write the BiLSTM whose two directions are averaged, and test that padding and the
#   other utterances of a batch change nothing,
# - measure how far the sound of one word travels through the encoder, with the *smear
#   test*.
#
# **Needs:** lessons 03 (frames) and 04 (word vectors). **Time:** read 14 min · run half
# a minute after `make course` · exercises 28 min. **Paper:** section 2.2, Eq. 1 to 5.
# **Runs on:** any corpus with clips. The smear test edits one word where word times are
# known; elsewhere it edits 0.4 s in the middle of the clip.

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
import seaborn as sns
import torch
from IPython.display import display
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import mcsan_lite as mc
from mcsan_lite.exercises import lesson05 as check
from mcsan_lite.exercises.verdicts import lesson05 as read
from mcsan_lite.models.layers import BiLSTMMean, ConvBlock, ConvSizes
from mcsan_lite.tables.predictions import load_predictions

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## 1 · Two streams that do not fit together
#
# We take a network that `make course` has trained. (If it is missing, it is trained
# now.) We look at utterances of its test part, which training never showed it.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
options = mc.RunOptions(retrain=RETRAIN, progress=True)
found = mc.trained(corpus=corpus, profile=PROFILE, options=options, folds=1)
run = mc.load_run(found.folder[0])
predictions = load_predictions(Path(found.folder[0]) / "predictions.csv")
clips = [u for u in corpus.subset(predictions.ids).utterances if u.audio is not None]

# %%
tested = corpus.subset(predictions.ids).utterances
largest = pd.Series([u.label for u in tested]).value_counts(normalize=True).iloc[0]
low, high = mc.share_interval(found.wa[0], len(tested))
print(read.say_score_of_the_network(read.Measured(found.wa[0], low, high), largest))

# %%
extracted, _ = mc.extract(corpus.subset([u.id for u in clips]), run.features)
features = {prepared.id: prepared for prepared in run.prepare(extracted)}


def lasts_long_enough(utterance) -> bool:
    """1.5 to 10 seconds, at one MFCC frame every 10 ms."""
    return 150 <= len(features[utterance.id].audio) < 1000


clips = sorted(filter(lasts_long_enough, clips), key=lambda u: u.id)[:200]
print(f"{len(clips)} clips of 1.5 to 10 s that the network has not been trained on")

# %% [markdown]
# Here is one of them:

# %%
one = next(u for u in clips if 5 <= len(features[u.id].tokens) <= 12)
sound = mc.load_audio(one.audio)
seconds = len(sound) / 16_000
spoken = f"{one.label}: “{one.text}”, {seconds:.1f} s"
display(mc.figures.play(sound, 16_000, alt=spoken))
x, text = features[one.id].audio, features[one.id].text
print(f"sound {x.shape}: one row every 10 ms")
print(f"words {text.shape}: one row per word")

# %% [markdown]
# Attention compares a word with a frame by a dot product. Two things are in the way:
# the rows have different widths, and there are far more frames than words. The encoders
# remove both obstacles. They make both streams $d$ numbers wide, and they make the
# sound nine times shorter.
#
# ## 2 · Convolution and pooling by hand: Eq. 1
#
# $$\mathbf X^a = ConvBlock(ConvBlock(\mathbf X^a)), \qquad
# ConvBlock(\cdot) = MaxPool(Conv1D(\cdot)) \tag{1}$$
#
# A convolution is a dot product that slides along the sound: at each moment it weighs
# three neighbouring frames. One set of weights gives one number per moment; this row of
# numbers is a *channel*. ReLU keeps what is positive. Pooling keeps the largest of
# three. Our example has seven frames, two coefficients and two channels:

# %%
torch.manual_seed(4)
block = ConvBlock(2, 2, ConvSizes(kernel=3, pool=3, stride=3), activation=nn.ReLU())
tiny = torch.randn(7, 2)
weight = block.conv.weight.detach()  # (channels, coefficients, kernel)
bias = block.conv.bias.detach()  # (channels,)

silence = torch.zeros(1, 2)
padded = torch.cat([silence, tiny, silence])  # (9, 2): so the length stays 7
slid = torch.zeros(7, 2)
for t in range(7):
    window = padded[t : t + 3]  # (3 frames, 2 coefficients)
    for channel in range(2):
        slid[t, channel] = (window * weight[channel].T).sum() + bias[channel]

# %%
positive = slid.clamp(min=0)  # ReLU
starts = (0, 3, 6)  # the last window holds a single frame
by_hand = torch.stack([positive[t : t + 3].amax(0) for t in starts])  # (3, 2)

with torch.no_grad():
    package, mask = block(tiny[None], torch.ones(1, 7, dtype=torch.bool))
torch.testing.assert_close(package[0], by_hand)
print(f"by hand = the package, to {(package[0] - by_hand).abs().max():.0e}")

# %% tags=["hide-input"]
stages = {"x": tiny, "Conv1D": slid, "ReLU": positive, "MaxPool": by_hand}
top = max(float(values.abs().max()) for values in stages.values())
fig, axes = plt.subplots(1, 4, figsize=(8.5, 3.4), layout="constrained")
for ax, (name, values) in zip(axes, stages.items(), strict=True):
    image = ax.imshow(values, cmap="PuOr_r", vmin=-top, vmax=top, aspect="auto")
    for (row, column), value in np.ndenumerate(values.numpy()):
        color = "white" if abs(value) > 0.65 * top else "black"
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=color)
    ax.set(title=name, xticks=[], yticks=range(len(values)))
axes[0].set_ylabel("frame")
fig.colorbar(image, ax=axes, label="value (one scale for all four)")
mc.figures.show(
    fig,
    alt="Four small tables of signed numbers: the input, the result of the "
    "convolution and of ReLU, and the pooled result with three rows.",
    caption=f"One block: {len(tiny)} frames become {len(by_hand)}. Orange is positive, "
    "purple is negative, white is zero. All four tables share one colour scale.",
)

# %%
negative = int((slid < 0).sum())
print(read.say_what_one_block_did(len(tiny), len(by_hand), negative, slid.numel()))

# %% [markdown]
# The paper names no activation, and it does not say whether the convolution is padded.
# Both questions are lines in the ledger of lesson 08. The source also hides padded
# frames: they are zero before the convolution and $-\infty$ before the pooling.

# %%
print(inspect.getsource(ConvBlock.forward))

# %% [markdown]
# ## 3 · The ladder of shapes
#
# What does this do to ten seconds of sound, the longest clip that the paper keeps? We
# follow 1,000 frames through an encoder of the paper's size.

# %%
paper = mc.MCSAN(mc.Dims(40, 300, 7), mc.MCSANConfig()).eval()
x = torch.randn(1, 1000, 40)
mask = torch.ones(1, 1000, dtype=torch.bool)
ladder = {"MFCC": x.shape}
with torch.no_grad():
    for number, part in enumerate(paper.conv, 1):
        x, mask = part(x, mask)
        ladder[f"block {number}"] = x.shape
    ladder["BiLSTM"] = paper.audio_lstm(x, mask).shape
for name, shape in ladder.items():
    print(f"{name:8} {tuple(shape)}")

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
for place, (_, frames, width) in enumerate(ladder.values()):
    ax.barh(place, frames, height=0.75 * width / 128, color=mc.figures.OKABE_ITO[0])
    ax.text(frames + 10, place, f"{frames} × {width}", va="center")
ax.set(yticks=range(len(ladder)), yticklabels=ladder, xlabel="frames", xlim=(0, 1150))
ax.invert_yaxis()
mc.figures.show(
    fig,
    alt="Four bars: 1000 frames, then 334, 112 and 112. The first bar is thinner than "
    "the others.",
    caption="The length of a bar shows the number of frames, and its height shows the "
    "numbers per frame.",
)

# %%
print(read.say_how_much_shorter(ladder["MFCC"][1], ladder["BiLSTM"][1]))

# %% [markdown]
# The result is 112 and not 111. A thousand divided by nine is 111.1, and we round
# **up**, twice. PyTorch's own pooling rounds down. What would that cost? Let us count
# the frames that would be left over, in no window:

# %%
lines = []
for frames in (4, 8, 9, 100, 998, 1000):
    up = math.ceil(math.ceil(frames / 3) / 3)
    down = frames // 3 // 3
    left_over = frames - 9 * down
    lines.append((frames, up, down, left_over))
columns = ["MFCC frames", "rounded up", "rounded down", "left over"]
lengths = pd.DataFrame(lines, columns=columns)
display(lengths.set_index("MFCC frames"))
print(read.say_what_rounding_down_costs(lengths["MFCC frames"], lengths["left over"]))

# %% [markdown]
# This is why an incomplete last window still counts here. Its missing frames are filled
# with $-\infty$, which no maximum ever chooses.
#
# **E5.1 · Implement** (★, 5 min). A batch is padded, so its pooled length says
# nothing about a single utterance. Return how many pooled frames are real, for each
# number of MFCC frames and after so many `blocks`. Each of them pools by three, and a
# network may have more or fewer than the paper's two.
#
# <details><summary>Hint 1</summary>Take one block first: how many windows of
# three do you need to cover n frames?</details>
# <details><summary>Hint 2</summary>What does the second block get to see? And the
# third?</details>
# <details><summary>Hint 3</summary><code>(n + 2) // 3</code>
# rounds n / 3 up. Each block does it to the result of the block before.</details>

# %% tags=["exercise"]
def pooled_lengths(lengths, blocks):
    """Tensor of MFCC frame counts (at least 1) -> tensor of real pooled frames."""
    raise NotImplementedError


check.pooled_lengths(pooled_lengths)


# %% tags=["solution"]
def pooled_lengths(lengths, blocks):
    """Tensor of MFCC frame counts (at least 1) -> tensor of real pooled frames."""
    for _ in range(blocks):
        lengths = (lengths + 2) // 3  # rounded up
    return lengths


check.pooled_lengths(pooled_lengths)

# %% [markdown]
# ## 4 · What one encoder frame can see
#
# Each layer widens the view. A kernel of 3 adds two neighbours. After a pooling layer,
# however, neighbours are further apart, so the widths do not simply add up: each
# addition counts in steps of the layers below it.
#
# **E5.2 · Implement** (★★, 6 min). `layers` lists `(kernel, stride)` from the input
# upwards; a convolution has stride 1. Return two numbers: how many input frames one
# output frame sees, and by how many input frames the views of two neighbours are
# shifted.
#
# <details><summary>Hint 1</summary>Draw three frames of the upper layer,
# and mark what each of them covers.</details>
# <details><summary>Hint 2</summary>Start with one frame seen and a step of 1.
# Each layer adds (kernel − 1) times the step so far, and then multiplies the step by
# its stride.</details>
# <details><summary>Hint 3</summary><code>seen += (kernel - 1) *
# step</code>, then <code>step *= stride</code>. The order matters.</details>

# %% tags=["exercise"]
def receptive_field(layers):
    """[(kernel, stride), …], input first -> (frames seen, step of neighbours)."""
    raise NotImplementedError


check.receptive_field(receptive_field)


# %% tags=["solution"]
def receptive_field(layers):
    """[(kernel, stride), …], input first -> (frames seen, step of neighbours)."""
    seen = 1
    step = 1
    for kernel, stride in layers:
        seen += (kernel - 1) * step
        step *= stride
    return seen, step


check.receptive_field(receptive_field)

# %% [markdown]
# For our encoder (convolution and pooling, twice) the package gives the answer in
# seconds of sound. Its ruler, `frame_spans`, puts every attention map of the course on
# a time axis:

# %%
spans = mc.frame_spans(112)
start, end = spans[50]
next_start = spans[51, 0]
# One MFCC window lasts 25 ms, and each further frame adds a step of 10 ms.
frames_seen = round((end - start - 0.025) / 0.010) + 1
print(f"encoder frame 50 sees {start:.4f} s to {end:.4f} s:")
print(f"{1000 * (end - start):.0f} ms, which are {frames_seen} MFCC frames")
print(f"the next one begins {1000 * (next_start - start):.0f} ms later,")
print(f"so the two share {1000 * (end - next_start):.0f} ms")
assert frames_seen == 17

# %% [markdown]
# So far an encoder frame is a place: it knows its own 185 ms and nothing else. The next
# part of the encoder changes this.
#
# ## 5 · An LSTM is a loop
#
# $$\overrightarrow{\mathbf h}_t =
# \overrightarrow{LSTM}(\mathbf x_t, \overrightarrow{\mathbf h}_{t-1}), \qquad
# \overleftarrow{\mathbf h}_t =
# \overleftarrow{LSTM}(\mathbf x_t, \overleftarrow{\mathbf h}_{t+1}) \tag{2}$$
#
# An LSTM reads the frames one by one and carries two vectors along: a memory $c$, and
# the state $h$ that it shows to others. At each step, three gates between 0 and 1
# decide what is forgotten, what is written and what is shown. In the code they are
# three of four parts; the fourth, `news`, is what may be written.

# %%
torch.manual_seed(4)
lstm = nn.LSTM(3, 2, batch_first=True)
frames = torch.randn(5, 3)
from_input = lstm.weight_ih_l0.detach()  # (8, 3): four parts of 2, from a frame of 3
from_state = lstm.weight_hh_l0.detach()  # (8, 2): the same, from a state of 2
b1 = lstm.bias_ih_l0.detach()  # (8,)
b2 = lstm.bias_hh_l0.detach()  # (8,)

h = torch.zeros(2)
c = torch.zeros(2)
shown = []
for frame in frames:
    four_parts = from_input @ frame + b1 + from_state @ h + b2  # (8,): four times 2
    write, forget, news, show_gate = four_parts.chunk(4)
    kept = forget.sigmoid() * c  # some of the old memory
    c = kept + write.sigmoid() * news.tanh()  # and some of the new sound
    h = show_gate.sigmoid() * c.tanh()
    shown.append(h)

# %%
with torch.no_grad():
    expected = lstm(frames[None])[0][0]  # (1, 5, 3) -> (1, 5, 2) -> (5, 2)
torch.testing.assert_close(expected, torch.stack(shown))
print("by hand = torch.nn.LSTM; the last state is", shown[-1].numpy().round(4))

# %% [markdown]
# Read the loop once more. At frame 5, the memory $c$ still contains something of frame
# 1: what the forget gates of all steps since then let through, and what came back by
# way of $h$. Nothing in $c$ tells *where* it came from.
#
# ### Two directions, averaged
#
# One LSTM reads from left to right, and another reads from right to left. Most networks
# concatenate the two states; the paper takes their mean:
#
# $$\mathbf h_t = \tfrac12
# \left(\overrightarrow{\mathbf h}_t + \overleftarrow{\mathbf h}_t\right) \tag{3}$$
#
# **E5.3 · Implement** (★★, 6 min). `x` is one utterance without padding, of shape
# `(1, T, F)`. `forwards` and `backwards` are two `nn.LSTM`, and both read from left to
# right: reversing time is your part. Return $\mathbf h$, of shape `(1, T, D)`.
#
# <details><summary>Hint 1</summary><code>x.flip(1)</code> reverses the
# time axis. An <code>nn.LSTM</code> returns a pair, and its first part holds all
# states.</details>
# <details><summary>Hint 2</summary>Reverse the input, let the backward LSTM
# read it, and reverse its states.</details>
# <details><summary>Hint 3</summary><code>back =
# backwards(x.flip(1))[0].flip(1)</code>; then take the mean of the two.</details>

# %% tags=["exercise"]
def average_both(x, forwards, backwards):
    """x (1, T, F), two nn.LSTM -> (1, T, D)."""
    raise NotImplementedError


check.average_both(average_both)


# %% tags=["solution"]
def average_both(x, forwards, backwards):
    """x (1, T, F), two nn.LSTM -> (1, T, D)."""
    ahead = forwards(x)[0]
    back = backwards(x.flip(1))[0].flip(1)
    return (ahead + back) / 2


check.average_both(average_both)

# %% [markdown]
# What does the mean buy? An attention has four square linear maps, each with a bias, so
# its size depends on the width of the states:

# %%
weights_needed = {}
for how, width in {"averaged (paper)": 128, "concatenated": 256}.items():
    weights_needed[how] = 4 * (width * width + width)
print(weights_needed)
print(read.say_what_the_mean_saves(*weights_needed.values()))

# %% [markdown]
# The mean keeps everything after it narrow. The price is that past and future can no
# longer be separated: only their sum is known.
#
# ## 6 · Padding: packing, or reversing by length
#
# In a batch, short utterances are padded. An LSTM that reads from left to right meets
# the padding last, where it does no harm. An LSTM that reads from right to left meets
# it *first*, and carries it into every real frame. PyTorch's answer is a packed
# sequence. Ours is simpler: each utterance is reversed by its own length. Let us give
# the same weights to both, and to the naive way as a control:

# %%
torch.manual_seed(4)
ours = BiLSTMMean(3, 4)
packed = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
state = dict(ours.forwards.state_dict())
for name, numbers in ours.backwards.state_dict().items():
    state[f"{name}_reverse"] = numbers  # PyTorch's name for the backward direction
packed.load_state_dict(state)

batch = torch.randn(3, 9, 3)
lengths = torch.tensor([9, 6, 2])
mask = torch.arange(9) < lengths[:, None]  # (B, T), True where a frame is real

# %%
def mean_of_directions(states):
    """(B, T, 2 D) -> (B, T, 2, D) -> (B, T, D)."""
    return states.unflatten(-1, (2, -1)).mean(2)


with torch.no_grad():
    sequence = pack_padded_sequence(batch, lengths, batch_first=True)
    states, _ = pad_packed_sequence(packed(sequence)[0], batch_first=True)
    by_packing = mean_of_directions(states)
    naive = mean_of_directions(packed(batch)[0]) * mask[..., None]
    by_length = ours(batch, mask)
torch.testing.assert_close(by_length, by_packing)

# %%
naive_gap = (naive - by_packing).abs().max().item()
own_gap = (by_length - by_packing).abs().max().item()
largest_state = by_packing.abs().max().item()
print(read.say_what_naive_padding_does(naive_gap, own_gap, largest_state))

# %%
print(inspect.getsource(BiLSTMMean.forward))

# %% [markdown]
# ### The test that must never fail
#
# An utterance must get the same encoding whatever else is in its batch, and however
# much padding follows it. We try both with the trained network. First we encode eight
# utterances together and then alone; afterwards we write noise into their padding.

# %%
def encode(model, utterances: list):
    """{"audio": (B, A, D), "text": (B, L, D)} and the masks."""
    with torch.no_grad():
        return model.encode(mc.collate(utterances))


eight = [features[u.id] for u in clips[:8]]
together, masks = encode(run.model, eight)
differences = {"batch mates": 0.0}
for i, alone in enumerate(eight):
    states, _ = encode(run.model, [alone])
    for modality in together:
        real = together[modality][i, masks[modality][i]]  # without its padding
        gap = (real - states[modality][0]).abs().max().item()
        differences["batch mates"] = max(gap, differences["batch mates"])

# %%
noisy = mc.collate(eight)
is_padding = ~noisy.audio_mask  # (B, T)
noisy.audio[is_padding] = 100 * torch.randn_like(noisy.audio[is_padding])
with torch.no_grad():
    again = run.model.encode(noisy)[0]["audio"]
differences["noise in the padding"] = (again - together["audio"]).abs().max().item()
print(read.say_whether_padding_matters(differences))
assert max(differences.values()) < 1e-4

# %% [markdown]
# ## 7 · The words: Eq. 4 and 5
#
# The text passes through the same kind of BiLSTM, without any convolution. (In Eq. 4
# the paper prints $\mathbf h_a$, $\mathbf x_a$ and $T_a$; it means $l$.) Each row still
# belongs to one word, and becomes $d$ numbers wide. Now the two streams fit:

# %%
encoded, _ = encode(run.model, [features[one.id]])
text_states, audio_states = encoded["text"][0], encoded["audio"][0]
print(f"text {tuple(text_states.shape)}, audio {tuple(audio_states.shape)}")
products = text_states @ audio_states.T  # (L, D) @ (D, A) -> (L, A)
print(f"one dot product for each word and frame: {tuple(products.shape)}")

# %% [markdown]
# ## 8 · The smear test
#
# A map of attention will say "this word looks at 1.2 s". What lies at 1.2 s? Before the
# BiLSTM, the answer is 185 ms of sound. And after it? The **smear test** changes the
# sound of *one word*, and asks which encoder frames move.
#
# **E5.4 · Predict** (★★, 6 min). Answer before you run on.
#
# - **before**: a single MFCC frame changes. How many encoder frames can move at most
#   *before* the BiLSTM? (Each sees 17 MFCC frames, and one begins every 9.) Give a
#   number.
# - **forward**: a clip has ten encoder frames, numbered 0 to 9, and the edit is seen by
#   frames 4 and 5. Which frames can move after the *forward* LSTM alone? Give a set of
#   numbers.
# - **both**: and which can move after the whole BiLSTM? Give a set again.
# - **weight**: a map puts 90 % of a word's weight on the frame at 1.2 s. What follows?
#   **a** the word's sound was at 1.2 s · **b** the sound at 1.2 s decided · **c** the
#   summary stored at 1.2 s was read, and the map does not say what it holds · **d**
#   nothing at all.
#
# <details><summary>Hint 1</summary>Section 4 answers the first question,
# and the loop of section 5 answers the others.</details>
# <details><summary>Hint 2</summary>Two neighbouring views overlap by 8 of
# their 17 MFCC frames. A state passes to the next frame, in the direction of
# reading.</details>
# <details><summary>Hint 3</summary>No MFCC frame lies in three
# views. A state holds everything that was read before it: one direction has read the
# past, and both together have read … <code>set(range(4, 10))</code> is a set of
# numbers.</details>

# %% tags=["exercise"]
answer = {"before": ..., "forward": ..., "both": ..., "weight": ...}
check.how_far(answer)


# %% tags=["solution"]
answer = {
    "before": 2,
    "forward": {4, 5, 6, 7, 8, 9},
    "both": set(range(10)),
    "weight": "c",
}
check.how_far(answer)

# %% [markdown]
# That is what *can* move. How much *does* move? For the edit, we replace the MFCC
# frames of one word by those of a word from another utterance. They are repeated or cut
# to the same length, so that nothing shifts in time. We take the word nearest to the
# middle.

# %%
def word_of(utterance) -> slice:
    """MFCC frames of the word nearest to the middle; 0.4 s where times are unknown."""
    middle = len(features[utterance.id].audio) * 0.010 / 2
    times = [(word.start_s, word.end_s) for word in utterance.words]
    times = times or [(middle - 0.2, middle + 0.2)]
    start_s, end_s = min(times, key=lambda span: abs(sum(span) / 2 - middle))
    first = round(start_s * 100)
    return slice(first, max(first + 1, round(end_s * 100)))


def edited(utterance, donor):
    """The utterance with the donor's word in place of its own; None: the mean frame."""
    at = word_of(utterance)
    sound = features[utterance.id].audio.copy()
    sound[at] = 0  # features are standardised, so zero is the mean frame
    if donor is not None:
        its_word = features[donor.id].audio[word_of(donor)]
        sound[at] = np.resize(its_word, sound[at].shape)
    return replace(features[utterance.id], audio=sound)


# %% [markdown]
# We look at two stages: before the BiLSTM and after it. They hold numbers of different
# size, so the unit matters. A movement of 1 means that a frame became as different from
# its old self as two frames of the unchanged clip typically are from each other (in the
# root mean square).

# %%
BEFORE = "before the BiLSTM"
AFTER = "after the BiLSTM"


def two_stages(model, prepared) -> dict[str, np.ndarray]:
    """The encoder frames (A, D) of one utterance, before and after the BiLSTM."""
    batch = mc.collate([prepared])
    x, mask = batch.audio, batch.audio_mask
    with torch.no_grad():
        for part in model.conv:
            x, mask = part(x, mask)
        read_by_lstm = model.audio_lstm(x, mask)
    return {BEFORE: x[0].numpy(), AFTER: read_by_lstm[0].numpy()}


def movement(model, utterance, donor) -> dict[str, np.ndarray]:
    """How far each encoder frame moves (A,), at both stages."""
    old = two_stages(model, features[utterance.id])
    new = two_stages(model, edited(utterance, donor))
    moved = {}
    for stage, states in old.items():
        unit = np.sqrt(2 * states.var(0).sum())
        moved[stage] = np.linalg.norm(new[stage] - states, axis=1) / unit
    return moved


# %% [markdown]
# One utterance first:

# %%
other = clips[(clips.index(one) + 1) % len(clips)]
moved = movement(run.model, one, other)
count = len(moved[BEFORE])
moving = {stage: int((by_frame > 0.05).sum()) for stage, by_frame in moved.items()}

# %% tags=["hide-input"]
at = word_of(one)
times = mc.frame_times(count)
shape = {"height_ratios": (1, 1.3), "sharex": True, "layout": "constrained"}
fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4.2), **shape)
mc.figures.draw_waveform(sound, 16_000, ax=upper, words=one.words)
upper.axvspan(at.start / 100, at.stop / 100, color=mc.figures.OKABE_ITO[1], alpha=0.3)
rows = np.stack(list(moved.values()))  # (2, A)
edges = np.append(times - 0.045, times[-1] + 0.045)
mesh = lower.pcolormesh(edges, [0, 1, 2], rows, cmap="cividis", vmin=0, vmax=rows.max())
lower.vlines([at.start / 100, at.stop / 100], 0, 2, color="white", ls="--")
lower.set(yticks=[0.5, 1.5], yticklabels=["before", "after"], xlabel="seconds")
lower.set_xlim(0, seconds)
lower.invert_yaxis()
fig.colorbar(mesh, ax=lower, label="movement", pad=0.01)
mc.figures.show(
    fig,
    alt="A waveform with one word marked. Below it, two rows show which encoder frames "
    "move before and after the BiLSTM.",
    caption=f"The marked {10 * (at.stop - at.start)} ms got the sound of another word. "
    "Both rows share one colour scale. A frame is counted as moving where it moves by "
    f"more than 0.05: {moving[BEFORE]} before the BiLSTM and {moving[AFTER]} after it.",
)

# %%
print(read.say_how_many_frames_move(moving[BEFORE], moving[AFTER], count))

# %% [markdown]
# One clip is an anecdote, so we now take many, with an interval. We add an
# **untrained** network, to see what the wiring does and what training adds. We also add
# a second edit, which writes the mean frame instead of another word, to see whether the
# choice matters.
#
# **Predict**: does training make an encoder smear more, or less?

# %%
mc.seed_everything(0)
dims = mc.Dims(run.features.n_mfcc, text.shape[1], len(run.labels))
fresh = mc.MCSAN(dims, run.model.config).eval()
models = {"trained": run.model, "untrained": fresh}


def distances(utterance, count: int) -> np.ndarray:
    """Frames to the nearest frame that sees the edit: negative = earlier."""
    at = word_of(utterance)
    frame = np.arange(count)
    # Encoder frame k sees the MFCC frames 9 k − 4 to 9 k + 12.
    sees = frame[(9 * frame + 12 >= at.start) & (9 * frame - 4 < at.stop)]
    earlier = np.minimum(frame - sees[0], 0)  # 0 from the first such frame on
    later = np.maximum(frame - sees[-1], 0)  # 0 up to the last one
    return earlier + later


# %%
def smear_rows(model, utterance, donors: dict) -> pd.DataFrame:
    """One row per edit, stage and frame of one utterance."""
    tables = []
    for edit, donor in donors.items():
        for stage, by_frame in movement(model, utterance, donor).items():
            away = distances(utterance, len(by_frame))
            table = pd.DataFrame({"away": away, "moved": by_frame})
            tables.append(table.assign(edit=edit, stage=stage, id=utterance.id))
    return pd.concat(tables)


tables = []
for network, model in models.items():
    for number, utterance in enumerate(clips):
        donors = {"another word": clips[number - 1], "mean frame": None}
        rows = smear_rows(model, utterance, donors)
        tables.append(rows.assign(network=network))
smear = pd.concat(tables, ignore_index=True)
smear["outside"] = smear.moved.where(smear.away != 0, 0)
assert (smear[smear.stage == BEFORE].outside == 0).all()
print("Before the BiLSTM, no frame moves that cannot see the edit.")

# %% [markdown]
# The assertion has just checked the receptive field of section 4 on every clip. Next,
# how does the movement fade with the distance from the edit?

# %%
def mean_interval(values) -> pd.Series:
    """Mean over utterances, with its 95 % interval."""
    mean, half = mc.fold_interval(values)
    return pd.Series({"mean": mean, "low": mean - half, "high": mean + half})


one_edit = smear[smear.edit == "another word"]
near = one_edit[one_edit.away.abs() <= 12]
per_clip = near.groupby(["network", "stage", "away", "id"]).moved.mean()
curve = per_clip.groupby(["network", "stage", "away"]).apply(mean_interval).unstack()

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for ax, network in zip(axes, models, strict=True):
    for i, stage in enumerate((BEFORE, AFTER)):
        line = curve.loc[network, stage]
        distance = line.index * 0.09
        color, marker = mc.figures.OKABE_ITO[i], mc.figures.MARKERS[i]
        ax.fill_between(distance, line.low, line.high, alpha=0.3, color=color)
        ax.plot(distance, line["mean"], color=color, marker=marker, ms=4, label=stage)
    ax.set(title=network, xlabel="seconds from the nearest\nframe that sees the edit")
axes[0].set_ylabel("movement")
axes[0].legend(frameon=False, fontsize=9)
mc.figures.show(
    fig,
    alt="Movement against distance from the edit, for a trained and an untrained "
    "network, before and after the BiLSTM.",
    caption=f"The sound of another word; mean over up to {smear.id.nunique()} "
    "utterances with its 95 % interval. Before the BiLSTM, the "
    "movement ends where the view ends.",
)

# %%
far = min(11, near.away.abs().max())  # 11 frames are 0.99 s
at_far = near[(near.stage == AFTER) & (near.away.abs() == far)]
clip_means = at_far.groupby(["network", "id"]).moved.mean()
trained = clip_means["trained"]
untrained = clip_means["untrained"]
reach = []
for values in (trained, untrained, trained - untrained):
    reach.append(read.Measured(*mean_interval(values)))
print(read.say_how_far_it_reaches(*reach, 0.09 * far))

# %% [markdown]
# How much of the change lies outside the word? For each utterance, we add up the
# movement of all frames that cannot see the edit, and divide it by the movement of all
# frames.

# %%
keys = ["network", "edit", "id"]
after = smear[smear.stage == AFTER]
totals = after.groupby(keys)[["outside", "moved"]].sum()
share = totals.outside / totals.moved  # one number per network, edit and utterance
cannot_see = (after.away != 0).groupby(after.id).mean()
even = cannot_see.mean()  # the share if all frames moved alike
share.groupby(["network", "edit"]).apply(mean_interval).unstack().round(3)

# %% tags=["hide-input"]
shown_shares = share.rename("share").reset_index()
shown_shares["case"] = shown_shares.network + ",\n" + shown_shares.edit
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
style = {"cut": 0, "inner": "quart", "color": mc.figures.OKABE_ITO[4]}
sns.violinplot(shown_shares, x="share", y="case", ax=ax, **style)
ax.axvline(even, color="black", ls="--")
ax.text(even, -0.55, "all frames alike", ha="center", va="bottom")
ax.set(xlim=(0, 1), ylabel="", xlabel="share of the movement outside the word")
mc.figures.show(
    fig,
    alt="Four distributions over utterances of the share of movement outside the "
    "edited word, for two networks and two edits.",
    caption=f"After the BiLSTM, {smear.id.nunique()} utterances. The lines inside each "
    "shape are quartiles. Before the BiLSTM, every share is zero.",
)

# %%
for network in models:
    measured = read.Measured(*mean_interval(share[network, "another word"]))
    print(read.say_smear_test(network, measured, even))

# %% [markdown]
# Here is the answer to your prediction. The same utterances went through both networks,
# so we can subtract clip by clip:

# %%
gaps = {}
for edit in ("another word", "mean frame"):
    by_clip = share["trained", edit] - share["untrained", edit]
    gaps[edit] = read.Measured(*mean_interval(by_clip))
by_edit = share["trained"] - share["untrained"]  # one number per edit and utterance
between = mean_interval(by_edit["another word"] - by_edit["mean frame"])
print(read.say_whether_training_smears(gaps["another word"]))
print(read.say_whether_edits_agree(gaps, read.Measured(*between)))

# %% [markdown]
# How long a memory lasts is not fixed by the architecture. The forget gates are
# learned, so it is a result of training, and another training may give another answer.
#
# **E5.5 · Change the model** (★★, 5 min). `MCSANConfig` has a field that replaces
# each BiLSTM by a linear map of each step by itself. Return a config in which this
# field is changed, and nothing else.
#
# <details><summary>Hint 1</summary>Type <code>mc.MCSANConfig?</code> in
# a new cell, and look for the part of the network that this lesson is about.</details>
# <details><summary>Hint 2</summary>The config is frozen, so make a copy with
# one field changed: <code>replace</code> (of the module dataclasses) is imported
# above.</details>
# <details><summary>Hint 3</summary>The field is
# <code>encoder</code>, and its other value is <code>"linear"</code>.</details>

# %% tags=["exercise"]
def without_recurrence(config):
    """An MCSANConfig -> a copy in which each step is encoded by itself."""
    raise NotImplementedError


check.without_recurrence(without_recurrence)


# %% tags=["solution"]
def without_recurrence(config):
    """An MCSANConfig -> a copy in which each step is encoded by itself."""
    return replace(config, encoder="linear")


check.without_recurrence(without_recurrence)

# %% [markdown]
# What does the smear test say of such an encoder? The network below is untrained, and
# the edit is the same.

# %%
step_by_step = mc.MCSAN(dims, replace(run.model.config, encoder="linear")).eval()
outside = []
for number, utterance in enumerate(clips[:50]):
    by_frame = movement(step_by_step, utterance, clips[number - 1])[AFTER]
    sees_edit = distances(utterance, len(by_frame)) == 0
    outside.append(by_frame[~sees_edit].sum() / by_frame.sum())
measured = read.Measured(*mean_interval(outside))
print(read.say_smear_without_recurrence(measured))

# %% [markdown]
# ## 9 · What this says about attention maps
#
# The smear test is why lesson 11 has to ask its question. A frame after the BiLSTM is
# not a moment but a *summary stored at a moment*. When the sound of one word changes,
# frames that the word never touched change too. If a map points away from the word, the
# word may still have been read there. If it points at the word, the reason may have
# come from elsewhere.
#
# It is tempting to go one step further and to say that maps point badly *because* the
# BiLSTM smears. That does not follow from the smear test, which never looks at where a
# map points. Whether taking the recurrence away helps the score and the map is a
# question for trainings: lesson 13 asks it (`mcsan identity`).
#
# ## Recap
#
# - You computed Eq. 1 by hand and followed 1,000 frames to 112, rounded up so that no
#   sound is lost.
# - You computed the receptive field: 17 MFCC frames, or 185 ms, with a new one every 90
#   ms. That is true up to the BiLSTM, and not after it.
# - You wrote the averaged BiLSTM. Packing and reversing by length agree, and neither
#   padding nor batch mates changed the encoding.
# - You ran the smear test. Before the BiLSTM, no frame moves that cannot see the edited
#   word. The sentences printed in section 8 say how large a share of the movement lies
#   at those frames after the BiLSTM, and whether training made that share larger or
#   smaller.

# %% [markdown]
# ## What you may not conclude
#
# - That attention maps are worthless. The smear test looks at the contents of a frame,
#   and not at the places where maps point. Lessons 10 and 11 measure those.
# - That the BiLSTM is why a map points badly. See section 9.
# - That every change is also used. The test shows that a change arrives, and not that
#   the classifier reads it.
# - That every training smears this much. This is one network, one seed and one corpus,
#   and the interval covers utterances only.
# - That the numbers hold for any edit. We tried two, and both are sudden changes that
#   no speaker makes.
#
# **Further reading:** Hochreiter and Schmidhuber, *Long short-term memory* (Neural
# Computation 1997); Schuster and Paliwal, *Bidirectional recurrent neural networks*
# (IEEE Transactions on Signal Processing 1997); Jain and Wallace, *Attention is not
# explanation* (NAACL 2019), whose networks, like this one, put attention on a BiLSTM.
#
# **Previous:** [04 · From words to vectors](04_from_words_to_vectors.ipynb) ·
# **Next:** [06 · Attention by hand](06_attention_by_hand.ipynb)
