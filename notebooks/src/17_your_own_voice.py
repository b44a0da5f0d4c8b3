# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 17 · Your own voice
#
# You will want to try the network on yourself. It will answer, and it will sound very
# sure. But it has only ever heard a synthesiser. This lesson asks how much a network
# knows about its own ignorance: first on clips like those of its training, then under
# noise, in rooms and with words missing, and at the end on a recording of your own.
#
# **You will be able to**
# - measure whether a network is as sure as it is right, and compare that with luck
#   alone,
# - calibrate it with one number from the validation part, and let it keep silent,
# - put it under stress, and read the curves with their intervals,
# - ask whether an input is like the training part, and whether that warning comes in
#   time,
# - ask it about your own voice, and say what the answer is worth.
#
# **Needs:** lessons 02, 03 and 09. **Time:** read 11 min · run half a minute ·
# exercises 25 min. **Paper:** section 3.2 (the sound) and Eq. 19 (the probabilities).
# **Runs on:** the spoken corpus in which the transcript follows the voice (the
# *matching* world; lesson 13 has another), whatever `CORPUS` says, with a network that
# comes with the course. Your own runs and corpora go through `mcsan stress` and `mcsan
# predict`.

# %% tags=["parameters"]
CORPUS = "synthetic"  # the network of this lesson was trained on generated speech
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading (hours, not minutes)

# %%
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.evaluation import calibration, intervals
from mcsan_lite.evaluation.bootstrap import over_seeds_and_clusters
from mcsan_lite.exercises import lesson17 as check
from mcsan_lite.exercises.verdicts import lesson17 as read
from mcsan_lite.experiments import checkpoints
from mcsan_lite.experiments.confidence.calibrating import calibrate_runs
from mcsan_lite.experiments.stress import conditions, contest, curves, study, trial
from mcsan_lite.experiments.stress.sureness import sureness
from mcsan_lite.features.extraction import mfcc
from mcsan_lite.features.sound import stressed
from mcsan_lite.figures.stress import draw_stress
from mcsan_lite.training.confidence.judging import judge, likeness_of_sound
from mcsan_lite.training.confidence.sidecar import read_confidence

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
N = {"smoke": 40}.get(PROFILE, 500)  # utterances of validation and of test
SOME = {"smoke": 12}.get(PROFILE, 100)  # utterances under each stress

# %% [markdown]
# ## 1 · As sure as it is right?
#
# A probability is a promise: of all answers that are given with 80 %, 80 % should be
# right. Nobody can check that on a single answer. So answers of about the same
# confidence are put into one bin, and their mean confidence is compared with the share
# of them that is right. The **expected calibration error** (ECE) is the mean gap, with
# each bin weighted by its number of answers. Here are six answers in two bins, by hand:

# %%
tiny_confidence = np.array([0.95, 0.90, 0.92, 0.55, 0.60, 0.52])
tiny_right = np.array([1, 1, 0, 1, 0, 0])
unsure = tiny_confidence < 0.75
gaps = []
for inside in (unsure, ~unsure):
    gap = abs(tiny_right[inside].mean() - tiny_confidence[inside].mean())
    gaps.append(gap * inside.sum())
print(f"ECE by hand: {sum(gaps) / len(tiny_right):.3f}")

# %% [markdown]
# The next cell opens three things: the network, the small file beside its weights that
# describes its limits, and two parts that it was not trained on. The validation part
# has chosen its epoch. The test part has chosen nothing.

# %%
FOLDER = checkpoints.CHECKPOINTS_FOLDER
corpus = read_synthetic(mc.synthetic_folder(PROFILE))
if RETRAIN:
    FOLDER = Path("runs/checkpoints")
    display(checkpoints.ship_checkpoints(FOLDER, PROFILE))
place = checkpoints.find_checkpoint("matching", 0, folder=FOLDER)
if RETRAIN:
    display(calibrate_runs([place], corpus))
run, known = mc.load_run(place), read_confidence(place)
labels = list(run.labels)


def opened(split):
    """The first N utterances of a part, their features, and what the network says."""
    ids = [one.id for one in corpus.utterances if one.split == split][:N]
    part = corpus.subset(ids)
    features, _ = mc.extract(part, run.features)
    said = mc.predict(run.model, features, labels, standardizer=run.standardizer)
    return part, features, said


valid_part, valid_features, valid = opened("valid")
test_part, test_features, test = opened("test")
print(f"{len(valid.ids)} validation and {len(test.ids)} test utterances")

# %%
table = intervals.reliability(test.prob, test.true)
accuracy = float((test.pred == test.true).mean())
own = sureness(test.prob[None], test.true, test.ids)
assert np.isclose(own.ece, intervals.calibration_error(table))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(4.8, 4.3), layout="constrained")
mc.figures.draw_reliability(table, ax=ax, name="test part")
mc.figures.show(
    fig,
    alt="Accuracy against confidence in ten bins, with intervals, beside the diagonal.",
    caption=f"ECE {own.ece:.3f} on {len(test.ids)} test utterances; a network that is "
    f"exactly as right as it is sure would show {own.by_luck:.3f} by luck.",
)

# %%
print(read.say_sureness(own, accuracy))

# %% [markdown]
# ## 2 · One number against overconfidence
#
# Divide all logits by a temperature $T$ before the softmax (Guo et al. 2017):
#
# $$p_c = \frac{e^{z_c/T}}{\sum_k e^{z_k/T}}$$
#
# The order of the classes stays, so no answer changes. A logarithm turns probabilities
# back into logits, up to a constant that the softmax takes away again:

# %%
tiny = np.array([0.7, 0.2, 0.1])
for temperature in (0.5, 1.0, 2.0):
    powers = np.exp(np.log(tiny) / temperature)
    by_hand = powers / powers.sum()
    package = calibration.with_temperature(tiny, temperature)
    np.testing.assert_allclose(by_hand, package)
    print(f"T = {temperature}: {by_hand.round(2)}")

# %% [markdown]
# Which temperature do we take? The **surprise** of an answer is $-\log p$ of the true
# class, and we average it over a part. We take the temperature at which the
# **validation** part is least surprising. The test part must not choose it, because it
# has to judge it. The package is a little more careful than the lowest point of the
# curve. Even N right answers out of N do not prove certainty, so the target of the true
# class is not 1 but (N + 1) / (N + 2), with N validation utterances (Platt 1999). This
# pulls T up a little; the caption below has both values.

# %%
temperatures = np.geomspace(0.5, 4, 30)
surprise = []
for temperature in temperatures:
    softened = calibration.with_temperature(valid.prob, temperature)
    surprise.append(calibration.negative_log_likelihood(softened, valid.true))
best = calibration.fit_temperature(valid.prob, valid.true)
print(f"fitted here: T = {best:.2f}; kept beside the network: ", end="")
print(f"T = {known.calibration.temperature:.2f}")

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
ax.plot(temperatures, surprise, color=mc.figures.OKABE_ITO[0])
ax.axvline(best, color="0.4", ls="--", lw=1)
ax.annotate(
    f"T = {best:.2f}",
    (best, max(surprise)),
    xytext=(6, -2),
    textcoords="offset points",
    va="top",
)
ax.set(xscale="log", xlabel="temperature", ylabel="−log p(true), validation")
ax.set_xticks((0.5, 1, 2, 4), ("0.5", "1", "2", "4"))
ax.minorticks_off()
mc.figures.show(
    fig,
    alt="Negative log-likelihood of validation against the temperature: one valley.",
    caption=f"Validation (n {len(valid.ids)}) is least surprising near T = "
    f"{temperatures[np.argmin(surprise)]:.2f}; with Platt's caution T = {best:.2f}.",
)

# %%
calm = calibration.with_temperature(test.prob, best)
assert (calm.argmax(1) == test.pred).all()  # no answer has changed
cooled = sureness(calm[None], test.true, test.ids)
print(read.say_temperature(best, own, cooled))

# %% [markdown]
# ## 3 · Keeping silent
#
# A calibrated network may say "I do not know" below some confidence. There are then
# fewer answers, and those that are left should be right more often. The threshold is a
# choice about costs and not a result, so nothing here picks it.

# %%
thresholds = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
silences = {least: calibration.answered(calm, test.true, least) for least in thresholds}
answered = pd.DataFrame([vars(one) for one in silences.values()])
answered.insert(0, "from", thresholds)
display(answered.rename(columns={"share": "share answered"}).round(3))
print(read.say_abstaining(silences[0.0], silences[0.9], 0.9))

# %% [markdown]
# ## 4 · What the world does
#
# All of this was measured on clips like those of training. Now take one clip, and add
# white noise. A signal-to-noise ratio (SNR) compares mean squares: at 20 dB the voice
# has a hundred times the power of the noise.

# %%
clip = test_part.utterances[0]
sound = mc.load_audio(clip.audio)
rng = np.random.default_rng(0)
hiss = rng.standard_normal(len(sound))
wanted = np.mean(sound**2) / 10 ** (20 / 10)
noisy_sound = sound + hiss * np.sqrt(wanted / np.mean(hiss**2))
package = stressed.with_white_noise(sound, 16_000, 20, np.random.default_rng(0))
np.testing.assert_allclose(noisy_sound, package, atol=1e-5)

about = f"{clip.label}: “{clip.text}”"
display(mc.figures.play(sound, 16_000, alt=f"{about}, as it is"))
display(mc.figures.play(noisy_sound, 16_000, alt=f"{about}, white noise, 20 dB SNR"))


# %% [markdown]
# Listen to both. The words are as clear as before, and so is the voice. What does the
# network say?


# %%
def asked(signal):
    """Probabilities of another sound with the same words, the likeliest class first."""
    changed = replace(test_features[0], audio=mfcc(signal, run.features))
    return run.probabilities(run.prepare([changed])[0])


print(read.say_one_clip(asked(sound), asked(noisy_sound), "noise at 20 dB SNR"))

# %% [markdown]
# One clip proves nothing. **Predict:** which costs more, white noise at 30 dB that you
# hardly hear, or half the amplitude (−6 dB)? And what does MCSAN do without any sound?
# `mcsan stress` puts all models of the course under stress. Here are some stresses on
# one of them. The same utterances are tested with and without each stress, so the costs
# are paired. *RT60* is the time in which a room's echo falls by 60 dB.

# %%
asked_for = ["white noise", "gain", "reverberation", "words misheard", "no sound"]
stresses = conditions.stresses_named([*asked_for, "no words"])
me = trial.StressedRun("MCSAN", 0, place)
question = study.StressStudy((me,), corpus, stresses, utterances=SOME)
curve = study.stress_tables(question).curves
draw_stress(curve).show()

# %%
for sentence in curves.curve_sentences(curve):
    print(sentence)

# %% [markdown]
# The sentences give the costs. Overlapping intervals of two stresses decide nothing
# either way. A paired difference of the two can, since both changed the same clips.
# Here it is for your prediction:

# %%
chosen = study.tested_part(question)
again = trial.Trial((me,), chosen, nearest={}, seed=question.seed)
ids = [one.id for one in chosen.utterances]
true = [chosen.labels.index(one.label) for one in chosen.utterances]
by_name = {stress.name: stress for stress in stresses}


def named_under(name, level):
    """The class that the network names for each clip under one stress: (1, n)."""
    condition = conditions.Condition(by_name[name], level)
    return trial.run_condition(again, condition).prob.argmax(2)


def paired_gap(one, other):
    """The WA under one stress minus that under another: mean, low and high."""
    test = over_seeds_and_clusters(true, named_under(*one), named_under(*other), ids)
    return test.mean, test.low, test.high


gap = paired_gap(("gain", -6), ("white noise", 30))  # what noise costs, less the other
print(read.say_which_costs_more("white noise at 30 dB SNR", "half the amplitude", gap))

# %% [markdown]
# Two of the curves deserve a second look. The first is **gain**. In this corpus the
# volume is evidence, since loud utterances are the aroused ones. If the network only
# took every voice for a calm one, it would lose two classes of seven, about 29 points
# at most. Compare that with the loss at −24 dB: anything beyond it has another cause,
# such as an input that training never showed. The second is **noise**. The rule of the
# corpus says nothing about noise, and no training clip had any. Where does the network
# end up? Compare the noisiest sound with no sound at all:

# %%
loudest = curve[curve.stress == "white noise"].iloc[-1]
silent = curve[curve.stress == "no sound"].iloc[0]
gap = paired_gap(("white noise", loudest.level), ("no sound", silent.level))
print(read.say_landing(loudest, silent, gap))

# %% [markdown]
# A misheard word is replaced by its homophone where the corpus lists one: *pain*
# becomes *pane*. Otherwise it is replaced by the word that sounds nearest. The costs of
# all stresses, for all models, are in [docs/stress.md](../docs/stress.md).
#
# ## 5 · Does it notice?
#
# Two warnings are at hand. One is the probability itself, here as the network gives it,
# before any temperature. The other is a distance: it says how far the statistics of a
# clip's frames lie from those of the training clips. Of the validation clips, 98 % stay
# within a certain distance, and a clip beyond it is called **unlike**. This distance
# knows nothing of right or wrong. It also leaves out the mean volume on purpose, since
# microphones differ.

# %%
def share_unlike(condition):
    """The share of clips that are unlike the training part, under one condition."""
    found = []
    for one in chosen.utterances:
        signal, stress = mc.load_audio(one.audio), condition.stress
        if stress is not None:
            draws = trial.generator_of(stress, one.id, question.seed)
            signal = stress.change(signal, 16_000, condition.level, draws)
        frames = mfcc(signal, run.features)
        found.append(likeness_of_sound(known.sound, frames).unlike)
    return np.mean(found)


of_sound = [one for one in stresses if one.hits == "sound"]
every = conditions.conditions_of(of_sound)
unlike = {(one.stress.name, one.level): share_unlike(one) for one in every[1:]}
as_they_are = share_unlike(conditions.CLEAN)
low, high = mc.share_interval(as_they_are, len(chosen.utterances))
print(f"as they are: {as_they_are:.0%} ({low:.0%} to {high:.0%}) called unlike")

# %%
noticed = []
for row in curve.itertuples():
    key = (row.stress, row.level)
    if key in unlike:
        name = f"{row.stress} {row.level:g} {row.unit}"
        low = curve.loc[row.Index, "cost low"]
        noticed.append(read.Doubted(name, low, row.wa, row.confidence, unlike[key]))
display(pd.DataFrame(noticed).round(2))
clean = curve[curve.stress == curves.UNSTRESSED].iloc[0]
print(read.say_noticed(noticed, clean.confidence))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
doubts = pd.DataFrame(noticed)
for number, stress in enumerate(of_sound):
    rows = doubts[doubts.name.str.startswith(stress.name)]
    look = {"color": mc.figures.OKABE_ITO[number], "ms": 7, "ls": ""}
    mark = mc.figures.MARKERS[number]
    ax.plot(rows.accuracy, rows.unlike, mark, label=stress.name, **look)
    ax.plot(rows.accuracy, rows.confidence, mark, mfc="none", **look)
ax.plot([], [], "o", color="0.4", label="filled: share called unlike")
ax.plot([], [], "o", color="0.4", mfc="none", label="hollow: confidence")
ax.plot((0, 1), (0, 1), color="0.5", ls="--", lw=1)
ax.set(xlabel="accuracy", ylabel="share", xlim=(0, 1), ylim=(-0.03, 1.03))
ax.legend(frameon=False, loc="center left")
mc.figures.show(
    fig,
    alt="Share of clips called unlike, and confidence, against accuracy per condition.",
    caption="Filled: the share of clips that are called unlike training. Hollow: how "
    "sure the network is; on the dashed line it would be as sure as it is right.",
)

# %% [markdown]
# ## 6 · Words against voice
#
# In a real conversation the words may say one thing and the voice another. Here the
# sound stays as it is, and one word of the transcript is replaced by its homophone, so
# that the transcript has another sense. The rule of the corpus still has one right
# answer for this sound with these words. Does the network follow the rule, the words
# alone, or the class that the voice was recorded for?

# %%
conflicts = contest.contest_table(again)
display(conflicts.round(3))
print(*contest.contest_sentences(conflicts), sep="\n")

# %% [markdown]
# ## 7 · Your own voice
#
# Record a sentence on your telephone or computer. Put the file beside this notebook or
# anywhere else, and write its path and your words into the next cell. Any usual format
# will do. Without a file, a stand-in speaks: it is the clip of section 4, slower and
# deeper, as if it came from another throat.

# %%
MY_RECORDING = None  # such as "me.wav"
MY_WORDS = "it was a great day and the sun was out"  # what you say in it

if MY_RECORDING:
    mine = run.features_of(MY_RECORDING, MY_WORDS)
else:
    slower = np.interp(np.arange(0, len(sound), 0.7), np.arange(len(sound)), sound)
    other_throat = replace(test_features[0], audio=mfcc(slower, run.features))
    (mine,) = run.prepare([other_throat])
answer = judge(run, mine, known)
display(answer.probabilities.head(3).map("{:.1%}".format))
print(f"trained on {known.source.corpus}, generated: {known.source.generated}")
print(f"sound {answer.sound.verdict}, words {answer.words.verdict} those of training")
print(answer.sentence())

# %% [markdown]
# The percentages are those of a network that must choose among its classes, whatever it
# hears. If the sound or the words are unlike those that it was trained on, the honest
# answer is no answer. And "like" is no certificate: section 5 showed which stresses it
# misses.
#
# `mcsan predict --run … --audio me.wav --text "…"` says the same in a terminal. For a
# network that knows people, train on RAVDESS, MELD or IEMOCAP, and calibrate it there.
#
# ## 8 · Would better features help?
#
# MFCC date from the 1980s. Today one would take features that were learned from
# thousands of hours of speech, such as wav2vec 2.0, HuBERT and WavLM. How much do they
# bring? The next table holds published scores for sound alone on IEMOCAP, as far as we
# have read the sources ourselves, and the paper's own row without text:

# %%
printed = mc.paper.TABLE3_PUBLISHED.loc["w/o text"]
systems = mc.paper.published_systems("iemocap")
record = systems[systems.modality == "A"].assign(features="learned")
record["features"] = record.system.str.split(r"[ ,+]").str[0]
paper_row = {
    **mc.paper.PAPER_FLAGS["iemocap"],
    "modality": "A",
    "system": "MCSAN w/o text",
    "features": "MFCC",
    "score": printed.wa,
    "selection": "not said",
    "source": "the paper's Table 3",
}
record = pd.concat([record, pd.DataFrame([paper_row])], ignore_index=True)
shown = ["system", "features", "score", *read.SAME_PROTOCOL, "source"]
display(record[shown].drop(columns=["modality", "context"]))
print(read.say_record(record))

# %% [markdown]
# A gap between two rows of such a table can have many causes: four classes or seven,
# folds that share speakers, an epoch that was chosen on test. To learn how much
# features bring, change nothing else. The page [other sound
# features](../docs/changing_the_sound_features.md) shows how to run MCSAN on features
# of your own, on the same folds.
#
# ## Exercises
#
# **E17.1 · Implement** (★★, 6 min). Write the expected calibration error. `confidence`
# (N,) is the highest probability of each answer, and `right` (N,) says whether it was
# right. Bins are equal steps from 0 to 1. Each holds its lower edge, and the last one
# holds 1.0 as well.
#
# <details><summary>Hint 1</summary>Which bin? The whole number below <code>confidence *
# bins</code>.</details>
# <details><summary>Hint 2</summary>A confidence of 1.0 would get a bin of its own:
# <code>np.minimum(…, bins - 1)</code>.</details>
# <details><summary>Hint 3</summary>For each bin with answers: <code>abs(right.mean() -
# confidence.mean())</code>, times its share of the answers.</details>


# %% tags=["exercise"]
def my_ece(confidence, right, bins):
    """-> one number, 0 to 1."""
    raise NotImplementedError


check.calibration(my_ece)


# %% tags=["solution"]
def my_ece(confidence, right, bins):
    """-> one number, 0 to 1."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for one in np.unique(bin_of):
        inside = bin_of == one
        gap = abs(right[inside].mean() - confidence[inside].mean())
        total += gap * inside.sum()
    return total / len(right)


check.calibration(my_ece)

# %% [markdown]
# **E17.2 · Implement** (★, 5 min). Compute the probabilities (N, C) at a given
# temperature from those at $T = 1$.
#
# <details><summary>Hint 1</summary>Logits first: a logarithm gives them back, up to a
# constant.</details>
# <details><summary>Hint 2</summary>Divide them by the temperature, then take a softmax
# over the last axis.</details>
# <details><summary>Hint 3</summary><code>prob ** (1 / temperature)</code>, shared out
# again, is the same in one line.</details>


# %% tags=["exercise"]
def soften(prob, temperature):
    """-> (N, C), rows add up to 1."""
    raise NotImplementedError


check.soften(soften)


# %% tags=["solution"]
def soften(prob, temperature):
    """-> (N, C), rows add up to 1."""
    powers = prob ** (1 / temperature)
    return powers / powers.sum(-1, keepdims=True)


check.soften(soften)

# %% [markdown]
# **E17.3 · Implement** (★★, 6 min). Add a given `noise` to a `signal` at a stated SNR
# in dB. A recorded noise is often shorter than the signal. It then starts again from
# its beginning until the signal ends, and the SNR must hold for what is heard.
#
# <details><summary>Hint 1</summary>Make the noise as long as the signal first:
# <code>np.resize(noise, len(signal))</code>. An SNR compares powers: mean
# squares.</details>
# <details><summary>Hint 2</summary>10 dB are a factor of ten in power, <code>10 **
# (snr_db / 10)</code>.</details>
# <details><summary>Hint 3</summary>What must the noise's power become? Scale its
# amplitude by the root of wanted over present power.</details>


# %% tags=["exercise"]
def noisy(signal, noise, snr_db):
    """-> (S,) signal plus scaled noise."""
    raise NotImplementedError


check.noisy(noisy)


# %% tags=["solution"]
def noisy(signal, noise, snr_db):
    """-> (S,) signal plus scaled noise."""
    heard = np.resize(noise, len(signal))  # starts again where it is too short
    wanted = np.mean(signal**2) / 10 ** (snr_db / 10)
    return signal + heard * np.sqrt(wanted / np.mean(heard**2))


check.noisy(noisy)

# %% [markdown]
# **E17.4 · Explain** (★★, 8 min). Which three sentences does this lesson support?
#
# - **a** — Calibrating the network has made it more accurate.
# - **b** — On test clips of the generated corpus, calibration was measured with an
#   interval, and compared with luck alone.
# - **c** — After calibration, 90 % on my own voice means 90 %.
# - **d** — Under a stress that training never showed, confidence can stay high while
#   accuracy falls.
# - **e** — My clip was called "like", so the answer is right.
# - **f** — A cost under stress is measured on the same utterances, with and without it.
# - **g** — WavLM's published score is above the paper's MFCC row, so its features are
#   better by that much.
#
# <details><summary>Hint 1</summary>Each good sentence says what was measured, and on
# what.</details>
# <details><summary>Hint 2</summary>Which of them speak about clips that nobody
# measured?</details>
# <details><summary>Hint 3</summary>Sections 1, 4 and 5 have one each.</details>

# %% tags=["exercise"]
answer_letters = ...
check.defensible(answer_letters)

# %% tags=["solution"]
answer_letters = {"b", "d", "f"}
check.defensible(answer_letters)

# %% [markdown]
# ## Recap
# - You measured calibration with an interval, and compared it with luck alone.
# - You fitted one temperature on validation, judged it on test, and saw whether silence
#   buys accuracy.
# - You put the network under stress, with paired costs, and found out which evidence it
#   lives on.
# - You asked whether it notices: by its probabilities, and by a distance.
# - You asked it about a voice that it has never heard, and read the answer with its
#   doubts.
#
# ## What you may not conclude
# - That the temperature of this network holds for another corpus, or for you.
# - That a network which bears white noise bears a street: these stresses are simple,
#   and nothing is known of those that were not tried.
# - That "unlike" means wrong, or "like" means right.
# - That the intervals of one training speak for other seeds: `mcsan stress` has three.
#
# **Further reading:** Guo et al., *On calibration of modern neural networks* (ICML
# 2017); Ovadia et al., *Can you trust your model's uncertainty?* (NeurIPS 2019);
# Jaiswal & Provost, *Best practices for noise-based augmentation to improve the
# performance of deployable speech-based emotion recognition systems* (2021); Geifman &
# El-Yaniv, *Selective classification for deep neural networks* (NeurIPS 2017).
#
# **Previous:** [16 · Broken on purpose](16_broken_on_purpose.ipynb) · **Next:**
# [18 · Capstone](18_capstone.ipynb)
