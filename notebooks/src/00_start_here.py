# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Start here
#
# *[Diese Lektion auf Deutsch](de/00_hier_beginnen.ipynb)*
#
# Someone says *"she said week and pain or flour with the sole"*. How does this person
# feel? The answer depends on **which words are meant** and on **how they are said**.
# The transcript tells you the first, and the sound tells you the second. In the next
# minute you hear four clips and guess. Then a small neural network guesses too.
#
# Putting sound and words together is called **multimodal fusion**. There are several
# ways to do it. You can glue both together at the input (*early* fusion). You can let
# one model judge the sound and another the words, and then combine their two votes
# (*late* fusion). Or you can let each word look for the moments of sound that it needs,
# and each moment for its words: this is **cross-attention**, and it is the way of the
# paper that this course rebuilds. Lesson 07 compares all these ways.
#
# **You will be able to**
# - hear why neither the words nor the sound alone is enough,
# - run a trained network on a clip and read its probabilities,
# - read an attention map with words on one axis and seconds on the other,
# - say what such a map has *not* shown.
#
# **Needs:** an installed course. Sections 1 to 3 use clips and networks that come with
# it; section 4 needs the spoken corpus and says so. **Time:** read 13 min · run under 1
# min · exercises 10 min. **Paper:** all of it, from far away (Fig. 1, Eq. 9, Table 3).
# **Runs on:** generated speech in which the truth is known. Scores on it prove that the
# software works and teach the mechanism. They are never set beside the paper's scores.

# %% tags=["parameters"]
CORPUS = "synthetic"  # this lesson needs a known truth: other corpora have none
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains all shipped networks again instead of loading: hours

# %%
import time

began = time.perf_counter()

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.start.clips import respell, start_clips
from mcsan_lite.exercises import lesson00 as check
from mcsan_lite.exercises.verdicts import lesson00 as read
from mcsan_lite.experiments import checkpoints
from mcsan_lite.explain.pointing import decisive_span
from mcsan_lite.explain.pointing_tables import decisive_row_scores

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## 1 · Four clips: guess first
#
# The rule of the game comes first, so that your guess can be a fair one. It is also the
# rule that made the whole corpus. Seven classes exist, and three things decide:
#
# - **The word.** Some words are *evaluative*: *pain* and *weak* are negative, *sweet*,
#   *peace*, *flower*, *soul*, *heart* and *dear* are positive. Each of them has a twin
#   that sounds the same and means nothing here: *pane*, *week*, *suite*, *piece*,
#   *flour*, *sole*, *hart*, *deer*. The ear cannot tell twins apart. The transcript
#   can.
# - **Its stress.** A stressed word is higher, slower and louder than its neighbours.
#   The transcript cannot show that. The ear can.
# - **The arousal** of the whole utterance. An aroused voice is faster, louder, higher
#   and livelier than *the same* voice when calm, from the first word to the last.
#
# | the transcript holds | that very word is stressed | it is not stressed |
# |---|---|---|
# | a negative word (*pain*) | anger | frustration if aroused, sadness if calm |
# | a positive word (*sweet*) | excitement | happiness |
# | no evaluative word (*pane*, *suite*) | surprise if aroused, neutral if calm | the same |
#
# Other words may be stressed as well. **Their stress means nothing.** So you must find
# out which stretch of sound belongs to the word that the transcript singles out.
#
# The four sentences were written by hand and spoken by the corpus's own synthetic
# voice, before any network heard them
# (`mcsan_lite/datasets/synthetic/start/clips.py` makes them again). Listen, and read
# the transcript under each player. Then write down four guesses.

# %%
clips = start_clips()
signals = [mc.load_audio(clip.audio) for clip in clips]
for number, clip in enumerate(clips, 1):
    signal = signals[number - 1]
    seconds = len(signal) / 16_000
    text = f"Clip {number}: “{clip.text}” · {seconds:.1f} s of sound"
    display(mc.figures.play(signal, 16_000, alt=text))

# %% [markdown]
# If you cannot play the clips, guess from this picture. A tall and long stretch of wave
# is loud and slow. The caption says how fast and how loud each clip is as a whole. For
# the arousal, look at the pace: loudness can be compared only within one voice, and
# only clips 1 and 2 share theirs.

# %% tags=["hide-input"]
fig, axes = plt.subplots(4, 1, figsize=(8, 6.2), layout="constrained")
longest = max(len(signal) for signal in signals) / 16_000
manners = []
for number, ax in enumerate(axes, 1):
    clip, signal = clips[number - 1], signals[number - 1]
    mc.figures.draw_waveform(signal, 16_000, ax=ax, words=clip.words)
    ax.set_title(f"clip {number}", loc="left", fontsize=10)
    ax.set(xlim=(0, longest), ylabel="")
    pace = clip.words[-1].end_s / len(clip.words)
    level = 20 * np.log10(np.sqrt(np.mean(signal**2)))  # dB below full scale
    manners.append(f"clip {number}: {pace:.2f} s per word at {level:.0f} dB")
axes[-1].set_xlabel("seconds")
mc.figures.show(
    fig,
    alt="Waveforms of the four clips over seconds, with the word above each stretch.",
    caption="The four clips on one axis of seconds, each scaled to its own height. "
    f"Pace and loudness of the whole: {'; '.join(manners)} (higher is louder).",
)

# %% [markdown]
# Write your guesses here. The classes are *frustration, neutral, anger, sadness,
# excitement, happiness* and *surprise*. Then run the cell.

# %%
guesses = [None, None, None, None]  # such as ["anger", "neutral", "anger", "surprise"]

# %% [markdown]
# ## 2 · What does the network say?
#
# Three networks come with the course. They have the same architecture and were trained
# on the same utterances, but each began from a different random start, its *seed*. The
# four clips were not among those utterances. Nothing is trained here. (The command
# `mcsan checkpoints` makes the three files again.)

# %%
FOLDER = checkpoints.CHECKPOINTS_FOLDER
if RETRAIN:
    FOLDER = Path("runs/checkpoints")
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))

SEEDS = (0, 1, 2)
networks = []
accuracies = []
for seed in SEEDS:
    file = checkpoints.find_checkpoint("matching", seed, folder=FOLDER)
    networks.append(mc.load_run(file))
    tested = checkpoints.read_provenance(file)  # what the file says of its own test
    accuracies.append(tested["wa"])
n_test = tested["n"]
right = read.Measured(*mc.score_interval(accuracies, n_test))
unseen = f"{n_test:,} test utterances that training never showed"
print(f"The networks are right on {right} of the {unseen}.")

# %% [markdown]
# The bracket holds a *95 % interval*: the range in which the true share plausibly lies,
# given how many networks and utterances were tested.
#
# Now each network hears the four clips and reads their transcripts.

# %%
def answer(network, clip):
    """The likeliest class of one clip."""
    features = network.features_of(clip.audio, clip.text)
    return network.probabilities(features).index[0]


answers = {"you": guesses}
for seed, network in zip(SEEDS, networks, strict=True):
    answers[f"network {seed}"] = [answer(network, clip) for clip in clips]
by_rule = [clip.label for clip in clips]
names = [f"clip {number}" for number in range(1, 5)]
pd.DataFrame({"by the rule": by_rule, **answers}, index=names).fillna("–")

# %%
print(read.say_how_many_are_right(by_rule, answers, classes=len(networks[0].labels)))

# %% [markdown]
# The network gives more than a name: it spreads a probability of 1 over the seven
# classes. Here are the probabilities of network 0.

# %%
rows = {}
for name, clip in zip(names, clips, strict=True):
    features = networks[0].features_of(clip.audio, clip.text)
    rows[name] = networks[0].probabilities(features)
probabilities = pd.DataFrame(rows).T[list(networks[0].labels)]
top = probabilities.max(axis=1)  # one per clip
print(f"Its top probability is between {top.min():.2f} and {top.max():.2f}.")
probabilities.style.format("{:.2f}")

# %% [markdown]
# ### The same sound, another spelling
#
# Clips 1 and 2 have the same words and differ in their sound. Now we do the opposite.
# We keep every sound as it is and give one word of each transcript its twin's spelling.
#
# **Predict, then check.** Which class does the rule now demand for each clip? On how
# many clips will the networks change their answer?

# %%
respelled_words = ["pain", "pain", "sweet", "pane"]
respelled = []
for clip, word in zip(clips, respelled_words, strict=True):
    respelled.append(respell(clip, word))
demanded = [clip.label for clip in respelled]
table = {
    "transcript": [clip.text for clip in respelled],
    "by the rule": demanded,
}
before = []
after = []
for seed, network in zip(SEEDS, networks, strict=True):
    said = [answer(network, clip) for clip in respelled]
    table[f"network {seed}"] = said
    before = before + answers[f"network {seed}"]
    after = after + said
pd.DataFrame(table, index=names)

# %%
print(read.say_what_respelling_did(before, after, demanded * len(networks)))

# %% [markdown]
# ## 3 · Where does each word look?
#
# In one layer of the network, every word asks all moments of the sound a question and
# takes a weighted average of their answers:
#
# $$\Delta H_{a \to l} = \mathrm{softmax}\!\left(Q_l K_a^{\top} / \sqrt{d}\right) V_a
# \qquad \text{(Eq. 9)}$$
#
# $Q_l$ is a learned version of the words; $K_a$ and $V_a$ are two learned versions of
# the moments. $d$ says how many numbers a query has; dividing by its root only rescales
# the scores. The softmax turns scores into shares. Its result is a table with one row
# per word and one column per moment, and each row sums to one. $\Delta H_{a \to l}$ is
# what the words receive from the sound. A *head* is one of several such tables side by
# side. Lesson 06 builds all of this by hand. Here is the table for clip 2 and network
# 0.

# %%
clip = clips[1]
features = networks[0].features_of(clip.audio, clip.text)
maps = mc.attention_maps(networks[0].model, features)
looks = maps["cross.0.text_from_audio"]  # "text from audio": each word asks the sound
heads, words, moments = looks.weights.shape  # (H, L, A)
np.testing.assert_allclose(looks.weights.sum(-1), 1, atol=1e-5)  # every row sums to 1
step = looks.keys[2] - looks.keys[1]  # seconds; the first is cut off at zero
print(f"{heads} heads, {words} words, {moments} moments, one every {step:.2f} s")

# %% tags=["hide-input"]
word = clip.words[clip.number_of("pain")]
fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(8, 4.8), height_ratios=(1, 2.2), layout="constrained", sharex=True
)
place = clip.number_of("pain")
mc.figures.draw_waveform(signals[1], 16_000, ax=top, words=clip.words, highlight=place)
decisive = mc.figures.DecisiveWord(place, word.start_s, word.end_s)
utterance = mc.figures.AlignedUtterance(looks.queries, looks.spans, truth=decisive)
mc.figures.draw_attention(looks.mean, utterance, ax=bottom, bar="weight")
row_of_pain = looks.mean[place]  # (A,)
mc.figures.show(
    fig,
    alt="Waveform of clip 2 above. Below it a map of words by seconds: the brighter a "
    "cell, the more that word looks at that moment. A box marks where pain is said.",
    caption=f"Mean of {heads} heads on one scale, from 0 to {looks.mean.max():.2f}. An "
    f"even spread would be {1 / moments:.2f} everywhere. The box is “pain”, said from "
    f"{word.start_s:.2f} to {word.end_s:.2f} s.",
)

# %%
print(read.say_where_a_row_looks("pain", row_of_pain, looks.keys, clip.words))
print(read.say_how_many_rows_agree(looks.mean, place))

# %% [markdown]
# The whole map in words, for anyone who cannot see the picture:

# %%
print(looks.describe())

# %%
minute = time.perf_counter() - began
print(f"First sound, guess, prediction and map: {minute:.0f} s since the first import.")

# %% [markdown]
# ## 4 · Is the map right?
#
# Write down your answer before you go on: **does this map show why the network said
# what it said?**
#
# One clip proves nothing, so we count. In a test utterance with an evaluative word we
# know which word decides, and when it is said. We ask three things about each of the
# three networks:
#
# 1. How often is the heaviest moment of the *decisive word's* row inside that word? (In
#    the table: *points*.)
# 2. How often would it be inside by **chance**? (*chance*)
# 3. **The control:** how often do the rows of the *other* words have their heaviest
#    moment there? (*others*) If they do so just as often, the map may show a place
#    where the network likes to listen, but the decisive word's row shows nothing about
#    its own word.
#
# We take the first utterances of this kind in the test part, and leave out those of a
# single word: they have no other words to compare with.
#
# *From here on the lesson needs the spoken corpus. `make course` makes it. If it is not
# there yet, the next cell makes it now. That takes a minute or two, and only once.*

# %%
folder = Path(ROOT or mc.synthetic_folder(PROFILE))
corpus = mc.open_corpus(CORPUS, root=folder)
truth = mc.read_truth(folder)
decided = []
for one in corpus.utterances:
    if one.split == "test" and decisive_span(truth.loc[one.id]):
        decided.append(one.id)
ASKED = {"smoke": 40}.get(PROFILE, 150)
sounds, _ = mc.extract(corpus.subset(decided[:ASKED]), networks[0].features)

# %%
own, others, counts = [], [], []
for network in networks:
    rows = decisive_row_scores(network.model, network.prepare(sounds), truth)
    own.append(rows.points)
    others.append(rows.others)
    counts.append(rows[["points", "others", "chance"]].mean())
counts = pd.DataFrame(counts, index=[f"network {seed}" for seed in SEEDS])
pointing = read.rows_against_chance(own, others, counts.chance.mean())
print(f"{len(rows)} test utterances per network")
counts.style.format("{:.2f}")

# %% tags=["hide-input"]
bars = pd.DataFrame(
    [pointing.own, pointing.others],
    index=["the decisive word's row", "rows of the other words"],
)
fig, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, score="share with its heaviest moment in the word")
ax.axvline(pointing.chance, color=mc.figures.OKABE_ITO[5], ls="--")
ax.text(pointing.chance, 1.45, " chance", color=mc.figures.OKABE_ITO[5], fontsize=9)
ax.set_ylim(-0.6, 1.75)
mc.figures.show(
    fig,
    alt="Two points with intervals: how often the decisive word's row, and the rows of "
    "the other words, point at the decisive word. Chance is a dashed line.",
    caption=f"Own row {pointing.own}, other rows {pointing.others}, chance "
    f"{100 * pointing.chance:.0f} %. The 95 % intervals cover {len(SEEDS)} trainings "
    f"and {len(rows)} utterances.",
)

# %%
print(read.say_whether_rows_point(pointing, right.mean, trainings=len(SEEDS)))

# %% [markdown]
# There is a reason why a map need not point at the evidence: after the encoder, every
# moment has already heard the whole utterance (lesson 05 measures it). A weight on a
# moment is therefore a weight on a *summary*, and not on a piece of sound. Lesson 11
# asks the same three networks *why*, with better tools, and compares them with networks
# from a second world of the corpus.

# %% [markdown]
# ## 5 · Does it need both, and does it need to look?
#
# One picture asks both questions. The vertical lines are the best scores that
# *anyone* could reach: with the words alone, with the sound alone, or with both but
# without knowing which word is which sound. They follow from the rule by arithmetic.
# One point is the mean of the three networks. The other is a single network that was
# trained without cross-attention, like a row of the paper's Table 3.

# %%
without = checkpoints.find_checkpoint("matching", 0, "w/o cross", folder=FOLDER)
tested = checkpoints.read_provenance(without)
without_cross = read.Measured(*mc.score_interval([tested["wa"]], tested["n"]))
config = mc.paper.PROFILES[PROFILE].synthetic
ceilings = bayes_ceilings(truth[truth.split == "test"], config)
bars = pd.DataFrame(
    [without_cross, right],
    index=["w/o cross (1 training)", f"MCSAN ({len(SEEDS)} trainings)"],
)
marks = {
    "words alone": ceilings["text"],
    "sound alone": ceilings["audio"],
    "both, unmatched": ceilings["both, unmatched"],
}

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 2.2), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, score="share of utterances right (WA)")
places = (("right", 1.55), ("left", 1.55), ("right", 0.4))
for (name, best), (side, height) in zip(marks.items(), places, strict=True):
    ax.axvline(best, color=mc.figures.OKABE_ITO[5], ls="--", lw=1.2)
    ax.text(best, height, f" {name} {best:.2f} ", ha=side, va="bottom", fontsize=9)
ax.set_ylim(-0.6, 2.0)
mc.figures.show(
    fig,
    alt="Accuracy of the network with and without cross-attention, with 95 % "
    "intervals, and three ceilings as vertical lines.",
    caption=f"With cross-attention {right}, without {without_cross}, on {n_test:,} "
    "test utterances. The intervals are not of one kind: one training has Wilson's, "
    "over utterances; several trainings have one over utterances and seeds.",
)

# %%
alone = {"the words": ceilings["text"], "the sound": ceilings["audio"]}
print(read.say_whether_one_source_is_enough(right, alone))
print(read.say_what_matching_adds(right, without_cross, ceilings["both, unmatched"]))

# %% [markdown]
# Lesson 14 repeats this comparison for every row of the table, on several folds.
#
# > ### Before you use any of this on people
# >
# > **Consent.** A voice is personal. Record, keep and analyse speech only of people who
# > know what it is for, who agreed, and who can say no without a disadvantage. Nobody
# > had to be asked here, since the speakers of this corpus are a synthesiser.
# >
# > **Acted speech.** The public corpora of this field hold mostly *played* emotions: by
# > actors in a studio, or in a television series. A model learns how an emotion is
# > shown on purpose to a listener. Most people, most of the time, do not show theirs
# > like that. And a label is what a listener heard or an actor was told, not what
# > somebody felt.
# >
# > **Who is hurt by a wrong label.** "Angry" on a caller, an applicant or a pupil has
# > consequences for that person and none for the model. Mistakes do not fall evenly:
# > they fall on those whom the training data lacks, such as speakers of other accents
# > or languages, older people, and people whose voice is changed by illness. A person
# > who is judged by such a system can rarely see the label, and hardly ever contest it.
# >
# > The [model card](../MODEL_CARD.md) says what the networks of this course are for,
# > and what they are not for.

# %% [markdown]
# ## Exercises
#
# **E0.1 · Predict** (★, 2 min). A calm speaker says *"the sweet and the week"* and
# stresses **week**. The transcript reads *sweet* and *week*. Which class does the rule
# give?
#
# <details><summary>Hint 1</summary>Which word is evaluative here? Is it
# <em>week</em>?</details>
# <details><summary>Hint 2</summary>It is <em>sweet</em>. Is <em>that</em> word
# stressed?</details>
# <details><summary>Hint 3</summary>A positive word without stress: look at the second
# row of the table in section 1.</details>

# %% tags=["exercise"]
answer_1 = ...
check.rule(answer_1)

# %% tags=["solution"]
answer_1 = "happiness"
check.rule(answer_1)

# %% [markdown]
# **E0.2 · Implement** (★★, 4 min). Write the rule as a function. `sense` is
# `"negative"`, `"positive"` or `"none"`; `stressed` and `aroused` are True or False.
#
# <details><summary>Hint 1</summary>Write one <code>if</code> for each sense.</details>
# <details><summary>Hint 2</summary>For <code>"none"</code> the stress does not matter
# at all.</details>
# <details><summary>Hint 3</summary>Arousal decides only between frustration and
# sadness, and between surprise and neutral.</details>

# %% tags=["exercise"]
def label(sense, stressed, aroused):
    raise NotImplementedError


check.label(label)

# %% tags=["solution"]
def label(sense, stressed, aroused):
    if sense == "negative" and stressed:
        return "anger"
    if sense == "negative":
        return "frustration" if aroused else "sadness"
    if sense == "positive":
        return "excitement" if stressed else "happiness"
    return "surprise" if aroused else "neutral"


check.label(label)

# %% [markdown]
# **E0.3 · Predict** (★★, 4 min). Think of another world, in which five classes are
# equally likely: two have a negative sense, two a positive one, and one has none. A
# reader sees only the transcripts and never hears a sound. What share of utterances can
# the best reader get right? Give a share between 0 and 1.
#
# <details><summary>Hint 1</summary>A reader knows the sense. How many classes are left
# for each sense?</details>
# <details><summary>Hint 2</summary>Where two classes are left, the reader names one of
# them. How often is that right? And where one class is left?</details>
# <details><summary>Hint 3</summary>The best guess wins one class of each group, and
# there are three groups. How many classes are there in all?</details>

# %% tags=["exercise"]
share = ...
check.text_ceiling(share)

# %% tags=["solution"]
share = 3 / 5
check.text_ceiling(share)

# %% [markdown]
# ## Which lesson next? A quiz
#
# There are seven questions, and they take two minutes. Write one letter for each, and
# leave a question open when you do not know.
#
# 1. The same ten actors are in the training and in the test part. What does the score
#    tell you? **a** how well the model does on new people · **b** how well it does on
#    people whom it has heard before · **c** nothing at all
# 2. Of 100 utterances, 90 are neutral, and three other classes share the rest. A model
#    always says *neutral*. Its accuracy, and its recall averaged over the four classes,
#    are **a** 90 % and 25 % · **b** 90 % and 90 % · **c** 25 % and 25 %
# 3. A frame starts every 10 ms. About how many frames are there in two seconds?
#    **a** 20 · **b** 100 · **c** 200
# 4. Two words get similar word vectors when they **a** are spelled alike · **b** sound
#    alike · **c** occur in similar contexts
# 5. After a *bidirectional* LSTM, the vector at second 1 can hold information about
#    **a** the whole utterance · **b** the first second · **c** that moment alone
# 6. There are four moments, and all get the same score. After the softmax, each of them
#    has the weight **a** 1 · **b** 0.25 · **c** that cannot be known without the score
# 7. You keep the training epoch with the best score on the *test* part, and report that
#    score. It is **a** fair · **b** too low · **c** too high

# %% tags=["exercise"]
answers_to_quiz = {1: "", 2: "", 3: "", 4: "", 5: "", 6: "", 7: ""}
check.where_to_start(answers_to_quiz)

# %% tags=["solution"]
answers_to_quiz = {1: "b", 2: "a", 3: "c", 4: "c", 5: "a", 6: "b", 7: "c"}
check.where_to_start(answers_to_quiz)

# %% [markdown]
# Or choose by what you want. The lessons with a ★ are the **fast path** of one day.
#
# | if you … | go to |
# |---|---|
# | wonder whether a score can be believed at all | [01 · Corpora and splits that do not lie](01_corpora_and_splits.ipynb), [02 · Scores and floors](02_scores_and_floors.ipynb) |
# | wonder what the network hears | [03 · From sound to frames](03_from_sound_to_frames.ipynb) ★ |
# | wonder what a word is to a network | [04 · From words to vectors](04_from_words_to_vectors.ipynb) |
# | want to see how far a sound travels | [05 · Encoders](05_encoders.ipynb) |
# | want attention built by hand | [06 · Attention by hand](06_attention_by_hand.ipynb) ★ |
# | came for multimodal fusion | [07 · Ways to fuse](07_ways_to_fuse.ipynb) ★ |
# | want every equation as code | [08 · MCSAN assembled](08_mcsan_assembled.ipynb) |
# | do not trust scores | [09 · Training you can trust](09_training_you_can_trust.ipynb) |
# | want to look at attention, and to know what it is worth | [10 · Seeing attention](10_seeing_attention.ipynb) ★, [11 · Is it an explanation?](11_is_it_an_explanation.ipynb) ★ |
# | have never met softmax, an LSTM or a confusion matrix | begin with 02 and read on: each is built from small numbers when it is first needed |

# %% [markdown]
# ## Recap
# - You heard that clips with the same words can carry different emotions, and that one
#   sound carries another emotion when one word is spelled differently.
# - You ran trained networks on the clips and read their probabilities.
# - You read a words × seconds map, as a picture and in words.
# - You counted how often the map points at the evidence, and compared that with chance
#   and with the rows of other words.
#
# ## What you may not conclude
# - That the bright cells *explain* the prediction. The map shows where one layer routed
#   information.
# - That the scores say anything about real speech, or about the paper's tables. This
#   corpus is generated.
# - That cross-attention always helps, or that this task cannot be solved without it.
#   Where the network without it is above the third line of section 5, words and sounds
#   were brought together in another way, perhaps by their order (lesson 13).
#
# **Further reading:** the paper, sections 2.3 and 3.5; Jain & Wallace, *Attention is
# not Explanation* (NAACL 2019); Wiegreffe & Pinter, *Attention is not not Explanation*
# (EMNLP 2019); Baltrušaitis, Ahuja & Morency, *Multimodal Machine Learning: A Survey
# and Taxonomy* (TPAMI 2019).
#
# **Next:** [01 · Corpora and splits that do not lie](01_corpora_and_splits.ipynb)
