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
# Someone says *"she said week and pain or flour with the sole"*. How do they feel? It depends on **which word is meant**, and on
# **how it is said**. In the next minute you hear four clips, guess, and let a small network guess too.
#
# **You will be able to**
# - hear why neither the words nor the sound alone are enough,
# - run a trained network on a clip and read its probabilities,
# - read an attention map with words on one axis and seconds on the other,
# - say what such a map has *not* shown.
#
# **Needs:** nothing but `make course` (or the plain lines in the README). **Time:** read 8 min · run under 1 min after
# `make course` · exercises 10 min. **Paper:** the whole of it, from far away (Fig. 1, Eq. 9, Table 3).
# **Runs on:** the synthetic corpus: generated speech in which the truth is known. Scores on it prove the software and
# teach the mechanism. They are never set beside the paper's.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %%
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.explain.pointing import inside_span, pointing_score
from mcsan_lite.exercises import lesson00 as check
from mcsan_lite.datasets.synthetic import speech
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %% [markdown]
# ## Two sounds, two spellings, four clips
#
# *pain* and *pane* sound the same. The ear cannot tell them apart; the transcript can. And the same word can be said
# plainly or with **stress**: higher, slower, louder. The transcript cannot show that; the ear can.
#
# We let a synthesiser say one sentence twice. The first time it stresses *week* and *flour*, the second time *pain* and
# *sole*.

# %%
heard = "she said week and pain or flour with the sole".split()
calm = {"voice": "en-us+f2", "rate": 205, "volume": 33, "pitch": 35, "range": 25}
stressed = {"first": ("week", "flour"), "second": ("pain", "sole")}
plan = [{"id": name, **calm, "words": [(w, w in loud, 0) for w in heard]} for name, loud in stressed.items()]
folder = tempfile.mkdtemp()
times = speech.speak_all(plan, folder)
clips = [(sound, spelling) for spelling in ("pain", "pane") for sound in stressed]

# %% [markdown]
# **Listen, read the transcript under each player, and guess first.** The classes are
# *frustration, neutral, anger, sadness, excitement, happiness, surprise*; the speaker is calm.

# %%
for number, (sound, spelling) in enumerate(clips, 1):
    signal = mc.load_audio(f"{folder}/{sound}.flac")
    text = " ".join(heard).replace("pain", spelling)
    display(mc.figures.play(signal, 16_000, alt=f"Clip {number}: “{text}” · {len(signal) / 16_000:.1f} s of sound"))

# %% [markdown]
# Clips 1 and 3 are the same sound. So are 2 and 4. Here is what the stress does, for who cannot hear it.

# %%
signals = {name: mc.load_audio(f"{folder}/{name}.flac") for name in stressed}
spans = {name: [mc.Word(w, a, b) for w, a, b in zip(heard, times[name]["starts"],
                                                [*times[name]["starts"][1:], times[name]["end"]], strict=True)]
         for name in signals}
fig, axes = plt.subplots(2, 1, figsize=(7.5, 3.4), layout="constrained", sharex=True, sharey=True)
for ax, (name, signal) in zip(axes, signals.items(), strict=True):
    mc.figures.draw_waveform(signal, 16_000, ax=ax, words=spans[name], highlight=4)
    ax.set_title(f"{name} sound, stress on {' and '.join(stressed[name])}", loc="left", fontsize=9)
axes[-1].set_xlabel("seconds")
length = {n: spans[n][4].end_s - spans[n][4].start_s for n in spans}
mc.figures.show(fig, alt="Waveforms of the two sounds with word boundaries; the word pain is boxed in both.",
           caption=f"The boxed word lasts {length['first']:.2f} s when it is plain and {length['second']:.2f} s when it is "
                   "stressed, and it is louder and higher.")

# %% [markdown]
# ## What does the network say?
#
# The network has read thousands of such utterances, with sound and transcript. `make course` trained it; if it is not on
# disk, the next cell trains it now and says so, one line an epoch.

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
found = mc.trained(["MCSAN"], corpus=corpus, profile=PROFILE, options=mc.RunOptions(retrain=RETRAIN, progress=True))
run = mc.load_run(found.folder[0])
print(f"{len(corpus)} utterances; on the {found.n_test[0]} test utterances of the first fold the network is right "
      f"{found.wa[0]:.1%} of the time")

# %%
rows = {}
for number, (sound, spelling) in enumerate(clips, 1):
    features = run.features_of(f"{folder}/{sound}.flac", " ".join(heard).replace("pain", spelling))
    rows[f"{number}: {spelling}, {sound} sound"] = run.probabilities(features)
table = pd.DataFrame(rows).T.reindex(columns=run.labels)
table.insert(0, "says", table.idxmax(axis=1))
table.style.format("{:.0%}", subset=list(run.labels))

# %% [markdown]
# The rule that made the corpus, so that you can mark the network, and yourself:
#
# | the transcript holds | that word is stressed | it is not |
# |---|---|---|
# | a negative word (*pain*) | anger | frustration if the whole utterance is aroused, sadness if it is calm |
# | a positive word (*sweet*) | excitement | happiness |
# | neither (*pane*, *suite*) | surprise if aroused, neutral if calm | the same |
#
# The stress of any *other* word means nothing. So the network must find out which stretch of sound belongs to the word
# that the transcript singles out. That is what **cross-attention** is for.

# %% [markdown]
# ## Where does each word look?
#
# In one layer, every word asks all moments of the sound a question and takes a weighted average of their answers:
#
# $$\Delta H_{a \to l} = \mathrm{softmax}\!\left(Q_l K_a^{\top} / \sqrt{d}\right) V_a \qquad \text{(Eq. 9)}$$
#
# The softmax is a table: a row a word, a column a moment, each row sums to one. Here it is for clip 2.

# %%
features = run.features_of(f"{folder}/second.flac", " ".join(heard))
maps = mc.attention_maps(run.model, features)
looks = maps["cross.0.text_from_audio"]
moments = np.array(looks.keys)
assert np.allclose(looks.weights.sum(-1), 1, atol=1e-5)
print(f"{looks.weights.shape[0]} heads, {looks.weights.shape[1]} words, {looks.weights.shape[2]} moments, one every 90 ms")

# %%
word = spans["second"][4]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 4.6), height_ratios=(1, 2.2), layout="constrained", sharex=True)
mc.figures.draw_waveform(signals["second"], 16_000, ax=top, words=spans["second"], highlight=4)
decisive = mc.figures.DecisiveWord(4, word.start_s, word.end_s)
utterance = mc.figures.AlignedUtterance(looks.queries, looks.spans, truth=decisive)
mc.figures.draw_attention(looks.mean, utterance, ax=bottom)
pointed = pointing_score(looks.mean[4], inside_span(moments, (word.start_s, word.end_s)))
mc.figures.show(fig, alt="Waveform above, attention of each word over the seconds below; a box marks where pain is said.",
           caption=f"Mean of {len(looks.weights)} heads. The row of pain puts {pointed.mass:.0%} of its weight on the box, where it "
                   f"is said; an even spread would put {pointed.chance:.0%} there. Its heaviest moment is "
                   f"{'inside' if pointed.points == 1 else 'outside'} the box.")

# %% [markdown]
# The same in words, for who cannot see the picture:

# %%
print(looks.describe())

# %% [markdown]
# ## Is the map right?
#
# Write down your answer before you go on: *does this map show why the network said what it said?* One clip proves
# nothing, so here is the share of test utterances in which the row of the decisive word points at that word's sound.

# %%
truth = mc.read_truth(mc.synthetic_folder(PROFILE))
known = [u for u in corpus.utterances if u.split == "test" and u.words and truth.sense.get(u.id, "none") != "none"]
hits = []
for u in known[:150]:
    token = int(truth.decisive[u.id])
    row = mc.attention_maps(run.model, run.features_of(u.audio, u.text))["cross.0.text_from_audio"]
    inside = inside_span(np.array(row.keys), (u.words[token].start_s, u.words[token].end_s))
    if found := pointing_score(row.mean[token], inside):
        hits.append((found.points, found.chance))
if hits:
    print("points at the decisive word: {:.0%}   chance: {:.0%}   ({} utterances)".format(
        *np.mean(hits, axis=0), len(hits)))

# %% [markdown]
# Compare that with how often the network is *right*. Whatever the two numbers are on your machine: being right and
# pointing at the evidence are two different things. Behind the encoder every moment has already heard the whole
# utterance, so a weight on a moment is a weight on a summary. How to ask a model *why* is a lesson of its own.

# %% [markdown]
# ## Does it need to look?
#
# Switch parts of the network off, train again, and compare. The dashed lines are the best scores that *anyone* could
# reach with the words alone, with the sound alone, or with both but without knowing which word is which sound.

# %%
names = ["w/o audio", "w/o text", "w/o cross", "MCSAN"]
found = mc.trained(names, corpus=corpus, profile=PROFILE)

first = found.groupby("name", sort=False).first()
bounds = [mc.share_interval(r.wa, int(r.n_test)) for r in first.itertuples()]
bars = pd.DataFrame({"mean": first.wa, "low": [b[0] for b in bounds], "high": [b[1] for b in bounds]})
mc.paper.results_summary(found)[["trainings", "n_test", "wa", "wa 95 %", "parameters"]].round(3)

# %%
marks = {}
if CORPUS == "synthetic":
    from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings

    marks = bayes_ceilings(truth[truth.split == "test"], mc.paper.PROFILES[PROFILE].synthetic).drop("nothing").to_dict()
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
mc.figures.draw_rows(bars, ax=ax, marks=marks)
mc.figures.show(fig, alt="Accuracy of four versions of the network with 95 % intervals, and the ceilings as vertical lines.",
           caption=f"Full network {bars['mean']['MCSAN']:.2f}, without cross-attention {bars['mean']['w/o cross']:.2f} "
                   f"(95 % intervals over {int(first.n_test.iloc[0])} test utterances, one training each).")

# %% [markdown]
# ## Exercises
#
# **E0.1 · Predict** (★, 2 min). A calm speaker says *"the sweet and the week"* and stresses **week**. The transcript
# reads *sweet* and *week*. Which class does the rule give?
#
# <details><summary>Hint 1</summary>Which word is evaluative here: is <em>week</em>?</details>
# <details><summary>Hint 2</summary><em>sweet</em> is. Is <em>that</em> word stressed?</details>
# <details><summary>Hint 3</summary>Positive and not stressed: look at the table.</details>

# %% tags=["exercise"]
answer_1 = ...
check.rule(answer_1)

# %% tags=["solution"]
answer_1 = "happiness"
check.rule(answer_1)

# %% [markdown]
# **E0.2 · Implement** (★★, 4 min). Write the rule as a function. `sense` is `"negative"`, `"positive"` or `"none"`,
# `stressed` and `aroused` are True or False.
#
# <details><summary>Hint 1</summary>Three ifs, one for each sense.</details>
# <details><summary>Hint 2</summary>For <code>"none"</code> the stress does not matter at all.</details>
# <details><summary>Hint 3</summary>Arousal decides only between frustration and sadness, and between surprise and neutral.</details>

# %% tags=["exercise"]
def label(sense, stressed, aroused):
    raise NotImplementedError


check.label(label)

# %% tags=["solution"]
def label(sense, stressed, aroused):
    if sense == "negative":
        return "anger" if stressed else "frustration" if aroused else "sadness"
    if sense == "positive":
        return "excitement" if stressed else "happiness"
    return "surprise" if aroused else "neutral"


check.label(label)

# %% [markdown]
# **E0.3 · Explain** (★★, 4 min). All seven classes are equally likely. A reader sees only transcripts, never hears
# anything. What share of utterances can the best reader get right? Give a number.
#
# <details><summary>Hint 1</summary>A reader knows the sense. How many classes are left for each sense?</details>
# <details><summary>Hint 2</summary>Three for negative, two for positive, two for none: the best guess is right once in each.</details>
# <details><summary>Hint 3</summary>One class of each group can be had: three of seven.</details>

# %% tags=["exercise"]
share = ...
check.text_ceiling(share)

# %% tags=["solution"]
share = 3 / 7
check.text_ceiling(share)

# %% [markdown]
# ## What now?
#
# | if you … | go to |
# |---|---|
# | wonder whether a score can be believed at all | [01 · Corpora, labels, splits](01_corpora_labels_splits.ipynb) |
# | wonder what the network hears | [03 · From sound to frames](03_from_sound_to_frames.ipynb) |
# | wonder what a word is to a network | [04 · From words to vectors](04_from_words_to_vectors.ipynb) |
# | want to see how far a sound travels, and attention by hand | [05 · Encoders](05_encoders.ipynb), [06 · Attention by hand](06_attention_by_hand.ipynb) |
# | want every equation as code | [08 · MCSAN assembled](08_mcsan_assembled.ipynb) |
# | do not trust scores | [09 · Training you can trust](09_training_you_can_trust.ipynb) |
# | want to look at attention, and to know what it is worth | [10 · Seeing attention](10_seeing_attention.ipynb), [11 · Is it an explanation?](11_is_it_an_explanation.ipynb) |
# | never met softmax, LSTM or a confusion matrix | start with 03; each is built from small numbers |
#
# ## Recap
# - You heard that clips with the same sound can carry different emotions, and clips with the same words too.
# - You ran a trained network on them and read its probabilities.
# - You read a words × seconds map, as a picture and in words.
# - You saw a count of how often the map points at the evidence, beside chance.
#
# ## What you may not conclude
# - That the bright cells *explain* the prediction. The map shows where one layer routed information.
# - That the scores say anything about real speech, or about the paper's tables. This corpus is generated.
# - That cross-attention always helps: here the task was built to need it.
#
# **Further reading:** the paper, sections 2.3 and 3.5; Jain & Wallace, *Attention is not Explanation* (NAACL 2019);
# Wiegreffe & Pinter, *Attention is not not Explanation* (EMNLP 2019).
#
# **Next:** [01 · Corpora, labels, splits that do not lie](01_corpora_labels_splits.ipynb)
