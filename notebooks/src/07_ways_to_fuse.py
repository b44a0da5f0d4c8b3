# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 07 · Ways to fuse
#
# You can read the words and you can hear the voice. **Where do the two meet?** Some
# networks let each modality decide for itself and then count votes. Others put two
# summaries side by side, multiply them, or let every word look for its own sound. This
# lesson builds all of these ways by hand. It finds out what each of them can and cannot
# represent, and then compares them with the same encoders and on the same folds.
#
# **You will be able to**
# - write early, late, gated, tensor and low-rank fusion in a few lines each,
# - show with four numbers that late fusion can never let one modality change the
#   meaning of the other,
# - say which ceiling a way of fusing can reach, and compute that ceiling,
# - find out what a trained network follows when words and voice disagree,
# - place the rivals of the paper's Table 1 in one taxonomy.
#
# **Needs:** lessons 05 and 06. **Time:** read 14 min · run half a minute · exercises 30
# min. **Paper:** sections 2.3 and 3.4, Table 1. **Runs on:** the generated corpus,
# whose truth is known; the trainings come with the course.

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs the truth, so it has no other corpus
PROFILE = "quick"  # "smoke" for a quick test
ROOT = None  # not used here
RETRAIN = False  # True trains all rows again instead of loading: half an hour

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from scipy.stats import binom

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic import rules
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.exercises import lesson07 as check
from mcsan_lite.exercises.verdicts import lesson07 as read
from mcsan_lite.experiments import conflict, corpora, grids
from mcsan_lite.explain import modalities
from mcsan_lite.figures.basics import counted
from mcsan_lite.models import fusion
from mcsan_lite.models.layers import attend

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
options = mc.RunOptions(retrain=RETRAIN)

# %% [markdown]
# ## 1 · Two summaries
#
# Every network of this lesson has the encoders of lesson 05, and takes the maximum of
# their states over time. This leaves one vector $a$ for the sound and one vector $t$
# for the words. From here on the networks differ. We begin with vectors of three
# numbers, so that you can follow every step.

# %%
torch.manual_seed(7)
HIDDEN = 3
CLASSES = 2
audio = torch.tensor([[0.9, 0.1, 0.4]])  # (1, D)
text = torch.tensor([[0.2, 0.8, 0.5]])  # (1, D)
config = fusion.FusionConfig(hidden=HIDDEN, factor=2, rank=2, dropout=0.0)
fusions = {}
for name, made in fusion.FUSIONS.items():
    fusions[name] = made(CLASSES, config).eval()
print({name: type(one).__name__ for name, one in fusions.items()})

# %% [markdown]
# ## 2 · Early and late
#
# **Early fusion** puts the two vectors side by side, and one classifier reads both.
# **Late fusion** gives each modality a classifier of its own, and averages the two
# answers:
#
# $$\text{early: } f([a; t]) \qquad\qquad
# \text{late: } \tfrac{1}{2}\,\bigl(f_a(a) + f_t(t)\bigr)$$
#
# (In the literature, *early* can also mean that the raw inputs are joined. Frames and
# words come at different rates, so joining them would need word times. Here early
# means: before anything has been decided.)

# %%
early = fusions["early"]
late = fusions["late"]
with torch.no_grad():
    by_hand = early.classifier(torch.cat((audio, text), -1))  # (1, 2D) -> (1, C)
    assert torch.equal(by_hand, early(audio, text))
    votes = late.from_audio(audio) + late.from_text(text)  # (1, C)
    assert torch.equal(votes / 2, late(audio, text))
print("early:", early(audio, text).detach().numpy().round(3))
print("late: ", late(audio, text).detach().numpy().round(3))
print(inspect.getsource(fusion.LateFusion.forward))

# %% [markdown]
# ### What a sum cannot do
#
# Take two transcripts and two sounds, and score all four pairings. How much does the
# step from one sound to the other depend on the transcript? The answer is a single
# number, the **interaction**:
#
# $$I = \bigl(s_{11} - s_{12}\bigr) - \bigl(s_{21} - s_{22}\bigr)$$
#
# If the score is a sum, $s_{ij} = f_i + g_j$, everything cancels: $I = 0$ **whatever
# the weights are**. No training changes that. Now think of *matching*: the class is
# "angry" if the word *pain* is stressed, and it does not matter whether *sweet* is.
# Which sound counts depends on the words, so a sum cannot say it.


# %%
def interaction_of(score, sounds, texts):
    """The interaction of two sounds and two transcripts: one number per class."""
    with torch.no_grad():
        first = score(sounds[:1], texts[:1]) - score(sounds[1:], texts[:1])
        second = score(sounds[:1], texts[1:]) - score(sounds[1:], texts[1:])
    return first - second


sounds = torch.tensor([[2.0, 0.1, 0.4], [-1.0, 1.5, -2.0]])  # (2, D)
texts = torch.tensor([[0.2, 1.8, 0.5], [1.3, -0.7, -1.9]])  # (2, D)
sizes = {}
for name, made in fusion.FUSIONS.items():
    sizes[name] = 0.0
    for _ in range(20):  # 20 random networks
        trial = made(CLASSES, config).eval()
        found = interaction_of(trial, sounds, texts).abs().max().item()
        sizes[name] = max(sizes[name], found)

# %%
print(pd.Series(sizes, name="largest |I|").map("{:.6f}".format).to_string())
print()
print(read.say_who_interacts(sizes))

# %% [markdown]
# A sum is not helpless, though. "Negative words *and* stress" needs no interaction:
# give each of them one point, and ask for more than one and a half. Most classes of our
# corpus are such an *and*. This is why late fusion can be good, and why a good score
# alone does not show that a network relates words to sounds.
#
# ## 3 · Gated
#
# The **gated multimodal unit** (Arevalo et al., 2017) asks both modalities how much
# each of them should count, number by number. $\sigma$ is the sigmoid, $\circ$
# multiplies number by number:
#
# $$z = \sigma(W[a; t]), \qquad h = z \circ \tanh(W_a a) + (1 - z) \circ \tanh(W_t t)$$

# %%
gated = fusions["gated"]
with torch.no_grad():
    share = torch.sigmoid(gated.gate(torch.cat((audio, text), -1)))  # (1, D)
    sound = torch.tanh(gated.from_audio(audio))  # (1, D)
    words = torch.tanh(gated.from_text(text))  # (1, D)
    mixed = share * sound + (1 - share) * words  # (1, D)
    assert torch.equal(gated.classifier(mixed), gated(audio, text))
print("share of the sound, per number:", share.numpy().round(2))
print("mixture:                       ", mixed.numpy().round(2))

# %% [markdown]
# Each number of the sound is multiplied by a share that words and sound have set
# together. So the words can open the gate for one number of the sound and close it for
# another.
#
# ## 4 · Tensor and low-rank
#
# The **tensor fusion network** (Zadeh et al., 2017) leaves nothing to chance: it
# computes *every* product of a number of the sound and a number of the words. A 1 is
# appended to both vectors, so that each modality is also kept by itself:
#
# $$h = [a; 1] \otimes [t; 1], \qquad h_{ij} = [a;1]_i \, [t;1]_j$$

# %%
a_one = fusion.with_one(audio)  # (1, D) -> (1, D + 1)
t_one = fusion.with_one(text)
table = a_one[0][:, None] * t_one[0][None, :]  # (D + 1, D + 1)
assert torch.equal(table.flatten(), fusion.outer_product(a_one, t_one)[0])
pd.DataFrame(
    table.numpy().round(2),
    index=["a₁", "a₂", "a₃", "1"],
    columns=["t₁", "t₂", "t₃", "1"],
)

# %% [markdown]
# The last row holds the words alone, and the last column holds the sound alone. The
# price is size: two vectors of 128 numbers give $129^2$ products, and every output
# needs a weight for each of them. Our `TensorFusion` therefore brings both vectors to
# `factor` numbers first.
#
# **Low-rank fusion** (Liu et al., 2018) never writes the table down. It allows only
# those weights $W$ that are a sum of $R$ products of a vector for the sound and a
# vector for the words. Then the sums can be taken first:
#
# $$\sum_{ij} W_{ij}\,[a;1]_i\,[t;1]_j \;=\;
#   \sum_{r=1}^{R} \bigl(A_r [a;1]\bigr)\bigl(T_r [t;1]\bigr)
#   \qquad\text{if}\qquad W = \sum_r A_r^\top T_r$$

# %%
low_rank = fusions["low-rank"]
with torch.no_grad():
    # Both: (1, R·D) -> (1, R, D)
    left = low_rank.from_audio(audio).unflatten(-1, (2, HIDDEN))
    right = low_rank.from_text(text).unflatten(-1, (2, HIDDEN))
    fused = (left * right).sum(1)  # (1, R, D) -> (1, D)
    assert torch.equal(low_rank.classifier(fused), low_rank(audio, text))

# %%
# The same by the long way: the weights A_r and T_r, with their biases as last column.
A = torch.cat((low_rank.from_audio.weight, low_rank.from_audio.bias[:, None]), 1)
T = torch.cat((low_rank.from_text.weight, low_rank.from_text.bias[:, None]), 1)
A = A.detach().view(2, HIDDEN, HIDDEN + 1)  # (R, D, D + 1)
T = T.detach().view(2, HIDDEN, HIDDEN + 1)
tables = []
for output in range(HIDDEN):
    first = torch.outer(A[0, output], T[0, output])  # (D + 1, D + 1)
    second = torch.outer(A[1, output], T[1, output])
    tables.append(first + second)  # R = 2 products
W = torch.stack(tables)  # (D, D + 1, D + 1), a table per output
long_way = (W * table).sum((1, 2))  # (D,): each product times its weight
torch.testing.assert_close(long_way, fused[0])
ranks = torch.linalg.matrix_rank(W).tolist()
print("rank of the table of weights of each output:", ranks)

# %% [markdown]
# ### How many products does matching need?
#
# Let eight words have eight sounds, and let the wanted number be 1 where a word meets
# its own sound and 0 elsewhere. This is a table with ones on its diagonal. The best
# table of rank $R$ is known (Eckart and Young): keep the $R$ largest singular values.

# %%
own = np.eye(8)  # (words, sounds)
left_vectors, singular_values, right_vectors = np.linalg.svd(own)
errors = []
for rank in range(9):
    scaled = left_vectors[:, :rank] * singular_values[:rank]
    kept = scaled @ right_vectors[:rank]
    errors.append(((own - kept) ** 2).sum() / (own**2).sum())
# Late fusion: the best sum of one number per word and one number per sound.
best_sum = own.mean(1)[:, None] + own.mean(0)[None, :] - own.mean()
missed_by_sum = ((own - best_sum) ** 2).sum() / (own**2).sum()
angle = np.arange(8) * 2 * np.pi / 8
# Words and sounds as points on a circle:
circle = np.cos(angle[:, None] - angle[None, :])
decided = circle > 0.9
assert (decided == own.astype(bool)).all()

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
ax.plot(range(9), errors, "o-", color="#0072B2")
ax.set_xlabel("rank R", fontsize=10)
ax.set_ylabel("share of the table that is missed", fontsize=10)
ax.axhline(missed_by_sum, color="#D55E00", ls="--", lw=1.2)
ax.text(8, missed_by_sum + 0.02, "best sum (late fusion)", ha="right", fontsize=10)
mc.figures.show(
    fig,
    alt="The share of an 8 by 8 matching table that the best table of rank R misses.",
    caption=f"To match eight words in exact numbers takes rank 8: rank 4 misses "
    f"{errors[4]:.0%} of the table, the best sum {missed_by_sum:.0%}. To *decide* is "
    f"easier: a table of rank {np.linalg.matrix_rank(circle)}, made of points on a "
    "circle, lies on the right side of a threshold in every cell.",
)

# %% [markdown]
# So a low rank does not forbid matching as long as only a decision is wanted. Early,
# gated, tensor and low-rank fusion can all represent it if their vectors hold the words
# and the sounds. What limits them is the **summary**: after the maximum over time, no
# single step is left that could be asked.
#
# ## 5 · Cross-attention
#
# MCSAN does not summarise first. Every word asks every frame, and every frame asks
# every word (Eq. 6 to 14). The maximum over time comes only afterwards. The next cell
# shows the side of the words: the second word resembles the third frame, and so it
# reads that frame:

# %%
frames = torch.tensor([[1.0, 0, 0, 0.2], [0, 1.0, 0, 0.1], [0, 0, 1.0, 0.9]])  # (A, 4)
two_words = torch.tensor([[1.0, 0, 0], [0, 0, 1.0]])  # (L, 3)
found, weights = attend(two_words, frames[:, :3], frames[:, 3:], scale=5.0)
by_hand = torch.softmax(5.0 * two_words @ frames[:, :3].T, -1)  # (L, A)
torch.testing.assert_close(by_hand, weights)
print("weights, one row per word:")
print(weights.numpy().round(2))
print("stress that each word has found:", found[:, 0].numpy().round(2))
loudest = frames[:, 3].max().item()
print("maximum over all frames, which word-blind pooling keeps:", round(loudest, 2))

# %% [markdown]
# The product of a query and a key is an interaction for *each pair* of a word and a
# frame. The first word finds its own low stress, although another frame is loud.
#
# ### Exercise
#
# **E7.1 · Predict** (★, 6 min). Before you see the scores:
#
# - **zero**: whose interaction $I$ is zero for all weights? **a** early · **b** late ·
#   **c** gated
# - **and**: "negative words and stress" is two conditions at once. Which is the
#   simplest fusion that can say yes only if both hold? **a** late · **b** tensor ·
#   **c** only cross-attention
# - **products**: `factor` is 32. How many products does our `TensorFusion` compute?
#   Give a number.
# - **bottleneck**: which of these still has single steps of the sound when the words
#   arrive? **a** tensor · **b** low-rank with a large rank · **c** cross-attention
#
# <details><summary>Hint 1</summary>Sections 2, 4 and 5.</details>
# <details><summary>Hint 2</summary>For "and", try two numbers and a
# threshold. For "products", do not forget the 1.</details>
# <details><summary>Hint 3</summary>A sum has no interaction; 33
# numbers meet 33 numbers.</details>

# %% tags=["exercise"]
answer = {"zero": ..., "and": ..., "products": ..., "bottleneck": ...}
check.fusion_predictions(answer)


# %% tags=["solution"]
answer = {"zero": "b", "and": "a", "products": 33**2, "bottleneck": "c"}
check.fusion_predictions(answer)

# %% [markdown]
# ## 6 · What is there to reach
#
# In the generated corpus the truth is known. So we can compute the best accuracy that a
# perfect listener can reach, depending on what that listener may use
# (`mcsan_lite/datasets/synthetic/ceilings.py`):
#
# - *nothing*: neither words nor sound.
# - *text*: the words alone.
# - *prosody*: the arousal, and how many words are stressed.
# - *audio*: every sound is recognised, but nothing is read.
# - *both, unmatched*: the words and the prosody, without knowing which word is which
#   sound.
# - *both, in order*: the words, and *which* of them are stressed, such as the first or
#   the fourth. No sound is recognised.
# - *both*: each word is matched with its sound.
#
# In this world the transcript has the words in spoken order. So *both, in order* knows
# as much as *both*, and a high score does not prove that sounds were recognised.

# %%
settings = corpora.grid_config(PROFILE, "fusion")
truth = mc.read_truth(corpora.grid_folder(PROFILE, "fusion"))
ceiling = bayes_ceilings(truth, settings)
ceiling.round(3).to_frame("best possible WA")

# %% [markdown]
# Now the theory of section 2 meets these numbers. Given the class, an unmatched
# listener's evidence is a **product**: one factor comes from the words, the others from
# the sound. The logarithm of a product is a sum, and a sum is late fusion. Let us check
# that: the next cell scores every utterance by a factor of the words times factors of
# the sound.


# %%
def word_factor(row, rule):
    """What the words say of a class: does their sense agree?"""
    return float(row.sense == rule.sense)


def sound_factor(row, rule):
    """What the sound says of a class: its arousal, and how many words are stressed."""
    arousal = rule.p_high if row.arousal == "high" else 1 - rule.p_high
    count = len(row.stressed)
    stressed = sum(row.stressed)
    share = settings.stress_share
    if rule.stressed is None:
        return arousal * binom.pmf(stressed, count, share)
    # The class fixes the stress of one word (True counts as 1); the rest is chance.
    stressed_by_chance = stressed - int(rule.stressed)
    return arousal * binom.pmf(stressed_by_chance, count - 1, share)


best = []
for row in truth.itertuples():
    products = []
    for rule in rules.RULES.values():
        products.append(word_factor(row, rule) * sound_factor(row, rule))
    best.append(max(products) / sum(products))  # P(the likeliest class is right)
late_ceiling = float(np.mean(best))
assert np.isclose(late_ceiling, ceiling["both, unmatched"])
print(f"words × sound, each for itself: {late_ceiling:.4f}")
print(f"the ceiling “both, unmatched”:  {ceiling['both, unmatched']:.4f}")

# %% [markdown]
# So late fusion *can* reach the unmatched ceiling, at least in principle. (An ear that
# also recognises the sounds of words may get a little further without matching, because
# it knows which sounds could be evaluative at all.) The rest, up to *both*, is what an
# interaction can earn.
#
# ## 7 · The same encoders, the same folds
#
# The table has six rows: five fusions and MCSAN, all with the same encoders, the same
# training and the same folds. `mcsan run fusion` trained them. The six are not equally
# large (see the column *parameters*), so a gap to MCSAN is a gap in size as well.
# *Holm* is a correction for asking several questions at once.

# %%
results, source = grids.grid_results("fusion", PROFILE, options=options)
made = mc.paper.compared_table(results, "synthetic", "fusion")
n_folds = results.fold.nunique()
n_seeds = results.seed.nunique()
print(f"{counted(n_folds, 'fold')} × {counted(n_seeds, 'seed')}, from {source}")
columns = [
    "wa",
    "wa low",
    "wa high",
    "wa gap",
    "wa gap low",
    "wa gap high",
    "wa verdict after Holm",
    "parameters",
]
made[columns].round(3)

# %% tags=["hide-input"]
scores = made[["wa", "wa low", "wa high"]].astype(float)
scores.columns = ["mean", "low", "high"]
fig, ax = plt.subplots(figsize=(8.5, 3.4), layout="constrained")
views = ("text", "audio", "both, unmatched", "both")
mc.figures.draw_rows(scores, ax=ax, marks={view: ceiling[view] for view in views})
mc.figures.show(
    fig,
    alt="Accuracy of six ways to fuse with intervals, beside four ceilings.",
    caption="Points: means over folds, 95 % intervals (corrected t). Lines: what a "
    "perfect listener of that view could reach. Highest mean: "
    f"{scores['mean'].idxmax()}, {scores['mean'].max():.1%}; "
    f"lowest: {scores['mean'].idxmin()}, {scores['mean'].min():.1%}.",
)

# %%
others = made.drop(index="MCSAN")
gaps = {}
for name, row in others.iterrows():
    gaps[name] = (row["wa gap"], row["wa gap low"], row["wa gap high"])
for sentence in read.say_gaps_to_mcsan(gaps):
    print(sentence)
print(read.say_after_holm(others["wa verdict after Holm"].to_dict()))
print()
for name, row in scores.iterrows():
    interval = (row["mean"], row["low"], row["high"])
    view = "both, unmatched"
    print(read.say_side_of_ceiling(name, interval, view, ceiling[view]))

# %% [markdown]
# So few folds make an unsteady interval, wide or narrow by luck. "Not distinguishable"
# does not mean "equal". Each sentence judges its row as if it were the only one. Only
# the sentence on Holm allows for there being five, which is stricter. Lesson 14
# explains both. A score also hides *which* utterances are lost; section 9 looks at
# those.
#
# ## 8 · Where the sound tells the sense: the leaking world
#
# In the *leaking* world every sound has one spelling, so an ear knows the sense without
# reading. Then the words add little, and the ways to fuse should differ less. The next
# cell shows that run if it is at hand.

# %%
leaking_gaps = None
if PROFILE == "smoke" or grids.grid_is_at_hand("fusion", PROFILE, world="leaking"):
    leaking, leaking_source = grids.grid_results(
        "fusion", PROFILE, world="leaking", options=options
    )
    leaking_table = mc.paper.compared_table(leaking, "synthetic", "fusion")
    leaking_gaps = {}
    for name, row in leaking_table.drop(index="MCSAN").iterrows():
        leaking_gaps[name] = (row["wa gap"], row["wa gap low"], row["wa gap high"])
    print(f"from {leaking_source}")
    display(leaking_table[columns].round(3))
else:
    command = grids.grid_command("fusion", PROFILE, "leaking")
    print(f"Not run here, so this section finds nothing yet. The command: {command}")
leaking_settings = corpora.grid_config(PROFILE, "fusion", "leaking")
print(f"sounds with one spelling: world = {leaking_settings.world!r}")

# %%
if leaking_gaps is not None:
    for name, gap in leaking_gaps.items():
        print(read.say_what_leaking_changes(name, gaps[name], gap))
    print(read.say_whether_leaking_levels(gaps, leaking_gaps))

# %% [markdown]
# Look at the scores as well: where every row is near 100 %, no large gap is possible.
# This shows that the task has become easy, and not that the fusions are alike.
#
# ## 9 · When words and voice disagree
#
# *Pain* and *pane* are one sound. So we can keep a recording and **spell its words
# anew**: the voice stays as it was, and the words now have another sense. The rule of
# the corpus still gives one right answer. A network can follow three things:
#
# - **rule**: the class that the rule gives to this sound with these words.
# - **words alone**: the words' sense only, that is, another class of that sense. It
#   needs a stress at that word, or an arousal of the utterance, that this sound does
#   not have. (An answer that goes by the stress of another word is counted here too.)
# - **voice**: the class for which the recording was made.
#
# Any other class counts as **neither**.

# %%
conflicts = conflict.conflict_set(truth[truth.split == "test"])
print(f"{len(conflicts)} recordings of the official test part; the first five:")
conflicts[["was", "text", "voice", "rule"]].head()

# %%
file = grids.shipped_file("fusion", PROFILE)
file = file.with_name(file.name.replace("-folds", "-conflict"))
if "folder" in results:  # trained networks are at hand: ask them
    corpus = corpora.grid_corpus(PROFILE, "fusion")
    counts = conflict.conflict_counts(results, corpus, truth, options)
    counts_source = "the networks in runs/"
else:
    counts = conflict.shipped_counts(results, file)
    counts_source = f"results/{file.name}"
if counts is None:
    raise mc.DataError(
        f"no counts of these trainings in {file.name}",
        "what `mcsan run fusion` wrote",
        grids.grid_command("fusion", PROFILE),
    )
summed = counts.groupby("name", sort=False).sum(numeric_only=True)
print(f"recordings of all tested folds, from {counts_source}")
summed[["n", *conflict.OUTCOMES]].astype(int)

# %%
chances = conflict.outcomes_by_luck(counts)
other_sense = int(summed[["voice", "neither"]].to_numpy().sum())
print(read.say_whose_sense(other_sense, int(summed["n"].sum()), chances["rule"]))
print()
for name, row in summed.iterrows():
    shares = {}
    for outcome in conflict.OUTCOMES:
        share = row[outcome] / row["n"]
        low, high = mc.share_interval(share, int(row["n"]))
        shares[outcome] = (share, low, high, chances[outcome])
    print(read.say_what_is_followed(name, shares))

# %% tags=["hide-input"]
colours = {
    "rule": "#0072B2",
    "words alone": "#E69F00",
    "voice": "#CC79A7",
    "neither": "#BBBBBB",
}
hatches = {"rule": "", "words alone": "//", "voice": "..", "neither": "xx"}
fig, ax = plt.subplots(figsize=(8, 3.3), layout="constrained")
start = np.zeros(len(summed))
for outcome in conflict.OUTCOMES:
    width = (summed[outcome] / summed["n"]).to_numpy()
    style = {"color": colours[outcome], "hatch": hatches[outcome], "edgecolor": "white"}
    bars = ax.barh(summed.index, width, left=start, label=outcome, **style)
    shares = [f"{share:.0%}" if share > 0.03 else "" for share in width]
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none"}
    ax.bar_label(bars, shares, label_type="center", fontsize=10, bbox=box)
    start = start + width
ax.invert_yaxis()
ax.set_xlabel("share of the recordings", fontsize=10)
ax.legend(
    ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=10
)
rule_share = summed["rule"] / summed["n"]
mc.figures.show(
    fig,
    alt="For each way to fuse: how often it follows rule, words alone, voice, neither.",
    caption="What is followed where the words say another sense. The share of the rule "
    f"goes from {rule_share.min():.0%} to {rule_share.max():.0%}.",
)

# %% [markdown]
# The sharpest cases come last. In some recordings the evaluative word is stressed and
# *all* other homophones are not, or the other way round. A network that finds the sound
# of the word, by recognising it or by its place in the order, can go by the word's own
# stress. A network that only knows how much is stressed *in all* must go by the
# neighbours, if there are two or more of them. With a single neighbour it can only
# guess: one of two is stressed in either case.

# %%
against = conflicts[conflicts.neighbours != ""]
single = int((truth.stressed[against.index].map(len) == 2).sum())
said = f"{single} of {len(against)} such recordings"
print(f"In the official test part, {said} have one neighbour only.\n")
for name, row in summed.iterrows():
    own_count = int(row["own stress"])
    crowd_count = int(row["neighbours"])
    both_counts = max(own_count + crowd_count, 1)
    share = own_count / both_counts
    side = (share, *mc.share_interval(share, both_counts))
    n = int(row["n against"])
    print(read.say_whose_stress(name, own_count, crowd_count, n, side))

# %% [markdown]
# The counts include the recordings with a single neighbour. There, a network that does
# not match can only guess, and this pulls its share towards one half. A fusion of two
# summaries may come out above one half as well. It can find a part of the matching. And
# of six intervals, one may miss the truth by luck. The intervals are Wilson's: they
# cover other recordings, not another seed.
#
# ## 10 · Where the rivals of Table 1 stand
#
# The same interaction can place other systems. We build MDRE, MHA and Xu et al. from
# the paper's Table 1, two systems of other papers (MulT, Rajan et al.), and MCSAN, all
# of them untrained. For each one we pair the words of two utterances with both sounds,
# and check whether the logits (the scores before the softmax) are a sum. The attention
# maps tell which modality looks at which.

# %%
corpus = corpora.grid_corpus(PROFILE, "fusion")
chosen = [one.id for one in corpus.utterances if one.split == "test"][:2]
features, _ = mc.extract(corpus.subset(chosen), cache="data/cache")
features = mc.Standardizer().fit(features).apply(features)
first = features[0]
dims = mc.Dims(first.audio.shape[1], first.text.shape[1], len(corpus.labels))
rows = ("MDRE", "MHA, 1 hop", "MHA", "Xu et al.", "MulT", "Rajan et al., self", "MCSAN")
placed = []
for spec in mc.paper.rival_specs("table1", PROFILE, rows=list(rows)):
    torch.manual_seed(0)
    network_class = mc.MODELS[spec.model]
    network = network_class(dims, network_class.Config(**spec.options)).eval()
    logits = modalities.pairings(network, features)  # (transcripts, sounds, C)
    size = np.abs(logits[0, 0] - logits[0, 1] - logits[1, 0] + logits[1, 1]).max()
    with torch.no_grad():
        maps = network(mc.collate(features), need_attention=True).attention
    crossing = sorted({name for name in maps if "_from_" in name})
    row = {"system": spec.name, "largest |I|": size, "attends across": len(crossing)}
    placed.append(row)

# %%
taxonomy = pd.DataFrame(placed).set_index("system")
sums = taxonomy["largest |I|"] < 1e-5
across = taxonomy["attends across"] > 0
taxonomy["kind"] = np.select(
    [sums, across], ["late fusion (a sum)", "cross-attention"], "joint summary"
)
for kind, group in taxonomy.groupby("kind"):
    print(f"{kind}: {'; '.join(group.index)}")
taxonomy

# %% [markdown]
# A name can mislead. A network that concatenates two vectors and then stays *linear*
# looks like early fusion in a diagram, but it computes a sum, and so belongs to late
# fusion. Look at where MDRE stands. Two more rivals can be placed only by reading their
# sources, since they need more than words and sound: CAN joins the two at each word's
# known time, which is an alignment before the fusion, and AMH hops between the summary
# of one modality and the steps of the others, video included.
#
# ## Exercises
#
# **E7.2 · Implement** (★★, 6 min). Write the gated fusion of one utterance in
# NumPy. `W` is $(D, 2D)$ and reads $[a; t]$.
#
# <details><summary>Hint 1</summary>Section 3.</details>
# <details><summary>Hint 2</summary>First compute the share $z$, then send
# both vectors through <code>np.tanh</code>, then take the weighted sum.</details>
# <details><summary>Hint 3</summary><code>z = 1 / (1 + np.exp(-W @
# np.concatenate([audio, text])))</code></details>


# %% tags=["exercise"]
def gate(audio, text, W, Wa, Wt):
    raise NotImplementedError


check.gate(gate)


# %% tags=["solution"]
def gate(audio, text, W, Wa, Wt):
    z = 1 / (1 + np.exp(-W @ np.concatenate([audio, text])))
    return z * np.tanh(Wa @ audio) + (1 - z) * np.tanh(Wt @ text)


check.gate(gate)

# %% [markdown]
# **E7.3 · Implement** (★★, 7 min). Write the low-rank fusion of one utterance. `A`
# is $(R, D, D_a + 1)$ and `T` is $(R, D, D_t + 1)$.
#
# <details><summary>Hint 1</summary>Section 4, the equation with the sum
# over $r$.</details>
# <details><summary>Hint 2</summary>Append a 1 to each vector; multiply each
# by its matrices; multiply number by number; sum over $r$.</details>
# <details><summary>Hint 3</summary><code>left = A @
# np.append(audio, 1)</code> has the shape $(R, D)$.</details>


# %% tags=["exercise"]
def low_rank_sum(audio, text, A, T):
    raise NotImplementedError


check.low_rank_sum(low_rank_sum)


# %% tags=["solution"]
def low_rank_sum(audio, text, A, T):
    left = A @ np.append(audio, 1)  # (R, D)
    right = T @ np.append(text, 1)
    return (left * right).sum(0)


check.low_rank_sum(low_rank_sum)

# %% [markdown]
# **E7.4 · Break it** (★★, 5 min). Two transcripts (rows) and two sounds (columns):
# write a table of `True` and `False` that *no* late fusion with a threshold can decide.
#
# <details><summary>Hint 1</summary>The interaction $I$ of section
# 2.</details>
# <details><summary>Hint 2</summary>Say that $f_1 + g_1$ and $f_2 + g_2$ are
# above the threshold, and the other two are not. Add up each pair.</details>
# <details><summary>Hint 3</summary>Both diagonals have the same
# sum, so one cannot be above twice the threshold while the other is below it.</details>

# %% tags=["exercise"]
wanted = ...
check.break_late(wanted)


# %% tags=["solution"]
wanted = [[True, False], [False, True]]
check.break_late(wanted)

# %% [markdown]
# **E7.5 · Explain** (★★★, 6 min). Which three sentences can be defended after this
# lesson?
#
# - **a** Late fusion cannot represent that the words decide which sound counts,
#   whatever its weights are.
# - **b** Two fusions with equal scores on these folds have learned the same.
# - **c** A score at or below the ceiling "both, unmatched" is no evidence of matching.
# - **d** Since the tensor contains every product, a tensor fusion that is trained
#   matches.
# - **e** On the conflict set the rule has one right answer, so a network can be wrong
#   there in different ways.
# - **f** The order of the rows here is their order on real speech.
# - **g** A gate near 1 shows that the sound decided the class.
#
# <details><summary>Hint 1</summary>Sections 2, 6 and 9, and the list
# below.</details>
# <details><summary>Hint 2</summary>Keep apart what a network can represent,
# what it has learned, and what the numbers show.</details>
# <details><summary>Hint 3</summary>One sentence follows from an
# equation, one from a ceiling, one from how the set was made.</details>

# %% tags=["exercise"]
defended = ...
check.fusion_conclusions(defended)


# %% tags=["solution"]
defended = {"a", "c", "e"}
check.fusion_conclusions(defended)

# %% [markdown]
# ## Recap
#
# - **By hand.** Early, late, gated, tensor and low-rank fusion took a few lines each
#   and agreed with the package.
# - **Interaction.** Four pairings and one number show that late fusion adds. No
#   training changes that.
# - **Ceilings.** A sum can reach the ceiling *both, unmatched*, because the evidence of
#   that listener is a product of what each modality says by itself.
# - **Conflict.** Homophones that are spelled anew show what a trained network follows.
#   A score does not.
# - **Taxonomy.** What counts is whether the logits are a sum, and whether single steps
#   are left to ask.

# %% [markdown]
# ## What you may not conclude
#
# - That the order of the rows holds on real speech. This corpus was made so that
#   matching matters.
# - That a gap to MCSAN is the work of cross-attention alone. It is a gap in size as
#   well: see the column *parameters* in section 7.
# - That a fusion which can represent a rule will learn it, or that a fusion which did
#   not learn it here cannot represent it.
# - That a conflict set measures everyday speech. When people speak, words and voice
#   rarely disagree by design.
#
# **Further reading:** Baltrušaitis, Ahuja and Morency, *Multimodal machine learning: a
# survey and taxonomy* (2019); Arevalo et al., *Gated multimodal units for information
# fusion* (2017); Zadeh et al., *Tensor fusion network for multimodal sentiment
# analysis* (EMNLP 2017); Liu et al., *Efficient low-rank multimodal fusion with
# modality-specific factors* (ACL 2018); Hessel and Lee, *Does my multimodal model learn
# cross-modal interactions?* (EMNLP 2020).
#
# **Previous:** [06 · Attention by hand](06_attention_by_hand.ipynb) · **Next:** [08 ·
# MCSAN assembled](08_mcsan_assembled.ipynb)
