# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · From sound to frames
#
# A network cannot hear. It reads a table: one row every 10 ms, 40 numbers a row. This lesson makes that table by hand,
# asks what it keeps, and ends with a ruler: from a row's number back to seconds, which every attention map will need.
#
# **You will be able to**
# - compute MFCC from samples in five steps, and know what each step throws away,
# - hear what 40 coefficients keep, and measure what happens to the pitch,
# - find a stressed word in the frames,
# - normalise without letting the test part leak in,
# - convert the number of a frame, before and after pooling, into seconds.
#
# **Needs:** arrays and a little trigonometry; lesson 00 helps. **Time:** read 20 min · run under 1 min · exercises 25 min.
# **Paper:** section 3.2 (MFCC, 25 ms, 10 ms, 1,000 frames, z-normalisation), and from Eq. 1 only the arithmetic of its
# pooling; the equation itself belongs to lesson 05. **Runs on:** any corpus with clips.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %%
import inspect
import warnings

import mcsan_lite as mc
warnings.filterwarnings("ignore", message="IProgress not found")  # librosa's helpers look for widgets; none are used here
import librosa
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import soundfile
import torch
from IPython.display import display

from mcsan_lite.features import extraction
from mcsan_lite.exercises import lesson03 as check
from mcsan_lite.models.layers import ConvBlock, ConvSizes

print("The first sound on a machine makes librosa compile itself: up to half a minute, once.")
extraction.mfcc(np.ones(16_000, np.float32))
print("librosa is ready.")
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
clips = [u for u in corpus.utterances if u.audio is not None]
if not clips:
    raise mc.DataError(f"the corpus {corpus.name!r}, which has transcripts but no clips", "a corpus with sound",
                    'this lesson needs clips: set CORPUS = "synthetic" or "ravdess" above, and run again.')
print(f"{corpus.name}: {len(clips)} clips of {len({u.speaker for u in clips})} speakers")

# %% [markdown]
# ## 1 · A sound is a row of numbers
#
# We need one clip to look at. Rule of choice, fixed before looking: the first clip of the corpus; where the truth about
# stress is known, the first one with at least three words to compare, some of them stressed and some not.

# %%
folder = clips[0].audio.parent.parent
truth = mc.read_truth(folder) if (folder / "utterances.jsonl").is_file() else None  # only the synthetic corpus has one


def to_compare(name):
    """(place in the transcript, stressed?) of every homophone that the transcript holds; some are spoken and missed."""
    known = [] if truth is None else zip(truth.targets[name], truth.stressed[name], strict=True)
    return [(at, on) for at, on in known if at is not None]


marks = {u.id: [on for _, on in to_compare(u.id)] for u in clips}
clip = next((u for u in clips if len(marks[u.id]) > 2 and len(set(marks[u.id])) == 2), clips[0])
rate = 16_000
signal = mc.load_audio(clip.audio, rate)[:10 * rate]
loudest = np.abs(signal).argmax() / rate
print(f"{clip.id}: “{clip.text}”\n{len(signal)} samples, {len(signal) / rate:.2f} s, loudest at {loudest:.2f} s")
print("four samples from there:", signal[int(loudest * rate):][:4].round(3))

# %%
mc.figures.play(0.8 * signal / np.abs(signal).max(), rate,
           alt=f"The clip: “{clip.text}”, {len(signal) / rate:.1f} s, label {clip.label}, scaled to a peak of 0.8")

# %%
fig, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
mc.figures.draw_waveform(signal, rate, ax=ax, words=clip.words)
ax.set_xlabel("seconds")
mc.figures.show(fig, alt="Waveform of the clip over seconds, with its words where their times are known.",
           caption=f"{len(signal)} samples at {rate} a second. The largest is {np.abs(signal).max():.2f} of full scale.")

# %% [markdown]
# ## 2 · Why windows of 25 ms?
#
# Hearing sorts sound by frequency. The discrete Fourier transform does the same to $N$ samples:
#
# $$X[k] = \sum_{n=0}^{N-1} x[n]\, e^{-2\pi i k n / N}, \qquad k = 0, \dots, N/2$$
#
# First on eight samples, by hand: a tone that turns exactly twice.

# %%
n = np.arange(8)
tone = np.cos(2 * np.pi * 2 * n / 8)
by_hand = np.array([sum(tone * np.exp(-2j * np.pi * k * n / 8)) for k in range(5)])
assert np.allclose(by_hand, np.fft.rfft(tone))
print("power a bin:", (np.abs(by_hand) ** 2).round(3))

# %% [markdown]
# All the power lies in bin 2. A tone that turns two and a half times fits no bin and spills over all of them. A window
# that fades in and out (von Hann's) keeps most of the spill near by.

# %%
tone = np.cos(2 * np.pi * 2.5 * np.arange(32) / 32)
hann_32 = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(32) / 32)
spill = {name: np.abs(np.fft.rfft(x)) ** 2 for name, x in (("no window", tone), ("Hann", tone * hann_32))}
for name, power in spill.items():
    print(f"{name:9s}: {power[6:].sum() / power.sum():.3%} of the power lies in bin 6 or above")

# %% [markdown]
# A window of $w$ seconds has bins $1/w$ Hz apart: 25 ms gives 40 Hz. A longer window tells frequencies apart better, and
# moments worse. **Predict:** a voice is a train of pulses. Which window shows the pulses as upright lines, which shows
# their frequency as flat ones: 5 ms, 25 ms or 100 ms?

# %%
steps = plt.get_cmap("cividis", 16)  # 16 steps keep the pictures of this notebook small
fig, axes = plt.subplots(1, 3, figsize=(8, 2.4), layout="constrained", sharey=True)
for ax, milliseconds in zip(axes, (5, 25, 100), strict=True):
    size = rate * milliseconds // 1000
    spectrum = np.abs(librosa.stft(signal, n_fft=max(size, 512), win_length=size, hop_length=32)) ** 2
    ax.imshow(librosa.power_to_db(spectrum, ref=np.max, top_db=60), origin="lower", aspect="auto", cmap=steps,
              extent=(0, len(signal) / rate, 0, 8), interpolation="nearest")
    ax.set(title=f"{milliseconds} ms: bins of {1000 / milliseconds:.0f} Hz", ylim=(0, 2), xlabel="seconds",
           xlim=(max(0, loudest - 0.2), min(loudest + 0.2, len(signal) / rate)))
axes[0].set_ylabel("kHz")
mc.figures.show(fig, alt="Three spectrograms of the same stretch: upright lines with the 5 ms window, flat lines with 100 ms.",
           caption=f"The same {np.ptp(ax.get_xlim()):.1f} s around the loudest moment. Upright lines are pulses of the "
                   "voice, flat ones its harmonics. 25 ms, the paper's choice, lies between: bins of 40 Hz.")

# %% [markdown]
# ## 3 · MFCC in five steps
#
# **Step 1: frames.** Frame $t$ is $N = 400$ samples (25 ms) around sample $tH$, with hop $H = 160$ (10 ms), times the
# window $w$. Half a window of zeros goes before and behind, so that frame 0 is centred on 0 s:
#
# $$x_t[n] = w[n]\; x\big[tH + n - \tfrac N2\big], \qquad w[n] = \tfrac12 - \tfrac12 \cos\frac{2 \pi n}{N}$$

# %%
window, hop = 400, 160
padded = np.pad(signal, window // 2)
count = 1 + len(signal) // hop
hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
frames = np.stack([padded[t * hop:t * hop + window] for t in range(count)]) * hann  # (T, 400)
t = int((frames ** 2).sum(1).argmax())
print(f"{frames.shape[0]} frames of {frames.shape[1]} samples. The loudest is frame {t}, centred on {t * hop / rate:.2f} s.")

# %% [markdown]
# **Step 2: power.** The Fourier transform of each frame, squared. The $|\cdot|$ throws the *phase* away: when within the
# frame each wave has its crest.
#
# $$P_t[k] = \big| X_t[k] \big|^2, \qquad k = 0, \dots, 200$$

# %%
power = np.abs(np.fft.rfft(frames)) ** 2  # (T, 201)
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 2.3), layout="constrained")
left.plot(np.arange(window) / 16, padded[t * hop:t * hop + window], color="0.6", ls="--", label="cut out")
left.plot(np.arange(window) / 16, frames[t], color=mc.figures.OKABE_ITO[0], label="times the window")
left.legend(fontsize=8, loc="lower right")
left.set(xlabel="milliseconds", ylabel="amplitude", title=f"step 1: frame {t}")
right.plot(np.arange(201) * 40, 10 * np.log10(power[t] + 1e-10), color=mc.figures.OKABE_ITO[0])
right.set(xlabel="Hz", ylabel="dB", title="step 2: its power")
mc.figures.show(fig, alt="Left: one frame before and after the window. Right: its power over frequency.",
           caption=f"One frame: {window} samples become {power.shape[1]} powers, one every 40 Hz. The strongest is at "
                   f"{power[t].argmax() * 40} Hz.")

# %% [markdown]
# **Step 3: mel bands.** The ear tells 200 from 300 Hz easily, 6,000 from 6,100 Hz hardly. So the 201 powers are summed
# into 64 overlapping triangles: evenly spaced below 1 kHz, wider and wider above. With edges $e_b$, and an area of one:
#
# $$M_t[b] = \sum_k F_b[k]\, P_t[k], \qquad F_b(f) = \frac{2}{e_{b+2} - e_b}
#   \max\!\Big(0, \min\!\big(\tfrac{f - e_b}{e_{b+1} - e_b}, \tfrac{e_{b+2} - f}{e_{b+2} - e_{b+1}}\big)\Big)$$

# %%
bands, f = 64, np.arange(201) * 40.0
edges = librosa.mel_frequencies(bands + 2, fmin=0, fmax=rate / 2)[:, None]  # (66, 1) Hz
rise, fall = (f - edges[:-2]) / (edges[1:-1] - edges[:-2]), (edges[2:] - f) / (edges[2:] - edges[1:-1])
filters = np.maximum(0, np.minimum(rise, fall)) * 2 / (edges[2:] - edges[:-2])  # (64, 201)
assert np.allclose(filters, librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands), atol=1e-7)
mel = power @ filters.T  # (T, 201) -> (T, 64)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 2.5), layout="constrained")
for b in range(0, bands, 4):
    left.plot(f, filters[b] / filters[b].max(), lw=1, color="0.2", ls=("-", "--")[b // 4 % 2])
left.set(xlabel="Hz", yticks=[], title="every fourth triangle, drawn to one height")
right.step(np.arange(bands), mel[t], where="mid", color=mc.figures.OKABE_ITO[0])
right.set(xlabel="mel band", ylabel="power", title=f"step 3: frame {t}")
mc.figures.show(fig, alt="Left: triangular filters, narrow at low and wide at high frequency. Right: one frame in 64 bands.",
           caption=f"The lowest bands lie {edges[1, 0] - edges[0, 0]:.0f} Hz apart, the highest two "
                   f"{edges[-2, 0] - edges[-3, 0]:.0f} Hz. A few bands hold nearly all of the power.")

# %% [markdown]
# **Step 4: decibels.** Loudness follows ratios, not differences. Whatever lies more than 80 dB below the loudest band of
# the clip is lifted to that floor:
#
# $$L_t[b] = \max\big(10 \log_{10} \max(M_t[b], 10^{-10}),\ \max_{t', b'} L_{t'}[b'] - 80\big)$$

# %%
decibel = 10 * np.log10(np.maximum(mel, 1e-10))
decibel = np.maximum(decibel, decibel.max() - 80)  # (T, 64)
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.5), layout="constrained", sharey=True)
for ax, picture, title in zip(axes, (mel, decibel), ("before: power", "step 4: decibels"), strict=True):
    image = ax.imshow(picture.T, origin="lower", aspect="auto", cmap=steps,
                      extent=(0, len(signal) / rate, 0, bands), interpolation="nearest")
    ax.set(xlabel="seconds", title=title)
    fig.colorbar(image, ax=ax)
axes[0].set_ylabel("mel band")
mc.figures.show(fig, alt="Mel spectrogram as power, nearly empty, and in decibels, where the whole utterance can be seen.",
           caption=f"In power, {np.mean(mel < mel.max() / 100):.0%} of all cells are below a hundredth of the largest. In "
                   "decibels the same cells show the utterance.")

# %% [markdown]
# **Step 5: cosines.** Neighbouring bands rise and fall together. The discrete cosine transform describes the 64 levels by
# waves of growing ripple: $c_0$ the mean level, $c_1$ half a wave, $c_2$ a whole one. The paper keeps the first 40.
#
# $$c_t[j] = s_j \sum_{b=0}^{63} L_t[b] \cos\!\Big(\frac{\pi j (b + \frac12)}{64}\Big), \qquad
#   s_0 = \sqrt{\tfrac{1}{64}},\quad s_j = \sqrt{\tfrac{2}{64}}$$

# %%
j, b = np.arange(40)[:, None], np.arange(bands)
cosines = np.cos(np.pi * j * (b + 0.5) / bands) * np.sqrt(np.where(j == 0, 1, 2) / bands)  # (40, 64)
by_hand = decibel @ cosines.T  # (T, 64) -> (T, 40)
package = extraction.mfcc(signal)
assert by_hand.shape == package.shape and np.allclose(by_hand, package, atol=0.01)
print(f"by hand {by_hand.shape}, package {package.shape}; largest difference {np.abs(by_hand - package).max():.5f} "
      f"among values up to {np.abs(package).max():.0f}")

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 2.7), layout="constrained")
for place, k in enumerate((0, 1, 2, 12, 39)):
    left.plot(b, cosines[k] / np.abs(cosines[k]).max() - 2.5 * place, color=mc.figures.OKABE_ITO[place], lw=1)
    left.text(65, -2.5 * place, f"$c_{{{k}}}$", va="center")
left.set(xlabel="mel band", yticks=[], title="five of the 40 cosines", xlim=(0, 71))
mc.figures.draw_mfcc(by_hand, ax=right)
right.images[0].set(cmap=steps, interpolation="nearest")
right.set_title("step 5: MFCC")
mc.figures.show(fig, alt="Left: cosines of growing ripple over the 64 bands. Right: 40 coefficients over seconds.",
           caption=f"The table that the network reads: {by_hand.shape[0]} frames × {by_hand.shape[1]} coefficients, each "
                   "coefficient drawn in its own deviations (dark −3, bright +3).")

# %% [markdown]
# That was all of it. Here is what the package runs, with librosa's version of the five steps:

# %%
print(inspect.getsource(extraction.mfcc))

# %% [markdown]
# ## 4 · What do 40 coefficients keep?
#
# Go the way back: cosines to bands, bands to powers, and a guess for the phase (Griffin and Lim, 1984). Then listen. These
# three calls are what `librosa.feature.inverse.mfcc_to_audio` does; made singly, the guess can start from a fixed seed.

# %%
def invert(coefficients, rounds=32):
    bands_back = librosa.feature.inverse.mfcc_to_mel(coefficients.T, n_mels=bands)
    magnitude = librosa.feature.inverse.mel_to_stft(bands_back, sr=rate, n_fft=window)
    return librosa.griffinlim(magnitude, n_iter=rounds, hop_length=hop, n_fft=window, random_state=0)


sounds = {"original": signal, "from 40 MFCC": invert(package), "from 13 MFCC": invert(package[:, :13])}
for name, sound in sounds.items():
    display(mc.figures.play(0.8 * sound / np.abs(sound).max(), rate, alt=f"{name}, {len(sound) / rate:.1f} s"))

# %%
fig, axes = plt.subplots(1, 3, figsize=(8, 2.4), layout="constrained", sharey=True)
for ax, (name, sound) in zip(axes, sounds.items(), strict=True):
    mc.figures.draw_spectrogram(sound, rate, ax=ax)
    ax.images[0].set(cmap=steps, interpolation="nearest")
    ax.set(title=name, xlabel="seconds", ylabel="mel band" if name == "original" else "", ylim=(0, 32),
           xlim=(max(0, loudest - 0.4), min(loudest + 0.4, len(signal) / rate)))
mel_db = {name: librosa.power_to_db(librosa.feature.melspectrogram(
    y=sound[:len(signal) // hop * hop], sr=rate, n_fft=window, hop_length=hop, n_mels=bands)) for name, sound in sounds.items()}
heard = mel_db["original"] > mel_db["original"].max() - 40
off = {name: np.abs(found - mel_db["original"])[heard].mean() for name, found in mel_db.items()}
mc.figures.show(fig, alt="Spectrograms of the clip and of two sounds rebuilt from 40 and from 13 coefficients.",
           caption=f"The lower half of the bands, around the loudest moment. In all cells within 40 dB of the loudest, the sound "
                   f"from 40 MFCC is off by {off['from 40 MFCC']:.1f} dB on average, from 13 by {off['from 13 MFCC']:.1f} dB.")

# %% [markdown]
# The thin flat stripes are the voice's harmonics. They carry the **pitch**, and pitch carries emotion. Cosine $c_j$ has $j$ half waves over 64 bands, so its ripples
# are $2 \cdot 64 / j$ bands wide. A voice's harmonics lie one pitch apart. Ripples wider than that cannot draw them.

# %%
width = edges[1, 0] - edges[0, 0]  # Hz between bands, below 1 kHz
finest = {k: 2 * bands / (k - 1) * width for k in (13, 40, 64)}
print("narrowest ripple: " + ", ".join(f"{k} coefficients {hz:.0f} Hz" for k, hz in finest.items()))
print("a voice ripples most in: " + ", ".join(f"{hz} Hz c{2 * bands * width / hz:.0f}" for hz in (110, 210, 300)))

# %% [markdown]
# **Predict:** men's voices often lie near 110 Hz, women's near 210 Hz. Whose pitch survives 40 coefficients?
#
# The test: measure the pitch of clips (YIN, de Cheveigné and Kawahara, 2002), rebuild them, measure again. A frame counts
# as kept when its pitch comes back within a semitone. Only the louder 40 % of the frames are asked: silence has no pitch.

# %%
def pitch(sound):
    return librosa.yin(sound, fmin=70, fmax=500, sr=rate, frame_length=1024, hop_length=hop)


def pitch_kept(sound, count):
    table, before = extraction.mfcc(sound), pitch(sound)
    after = pitch(invert(table[:, :count], rounds=16))
    voiced = (table[:, 0] > np.quantile(table[:, 0], 0.6)) & (before > 75) & (before < 450)
    return np.median(before[voiced]), np.mean(np.abs(12 * np.log2(after / before))[voiced] < 1)


many = {"smoke": 4, "quick": 12, "paper": 24}[PROFILE]
voices = {u.speaker: u for u in reversed(clips)}  # the first clip of each speaker
some = [mc.load_audio(u.audio)[:3 * rate] for u in list(voices.values())[:many]]
kept = pd.DataFrame([{"coefficients": k, "pitch": p, "kept": share} for k in (13, 40) for s in some
                     for p, share in [pitch_kept(s, k)]])
kept.groupby("coefficients").kept.describe()[["count", "mean", "min", "max"]].round(2)

# %%
fig, ax = plt.subplots(figsize=(7, 2.9), layout="constrained")
for (k, group), color, marker in zip(kept.groupby("coefficients"), mc.figures.OKABE_ITO, "s^", strict=False):
    ax.plot(group.pitch, group.kept, marker, color=color, label=f"from {k} MFCC")
ax.axvline(finest[40], color="0.4", ls="--", lw=1)
ax.text(finest[40] + 3, 1.13, f"narrowest ripple of 40 MFCC: {finest[40]:.0f} Hz", va="top", fontsize=8)
ax.legend(loc="center right", fontsize=8)
ax.set(xlabel="median pitch of the clip, Hz", ylabel="frames that keep it", ylim=(-0.05, 1.15),
       xlim=(70, max(340, kept.pitch.max() + 20)))
side = np.where(kept.pitch < finest[40], "below", "above")
means = kept.groupby(["coefficients", side]).kept.mean()
mc.figures.show(fig, alt="Share of frames whose pitch survives, over the pitch of the clip, for 13 and 40 coefficients.",
           caption=f"{len(some)} clips, one a speaker. Frames that keep their pitch, by voices above and below {finest[40]:.0f} Hz: "
                   + "; ".join(f"{k} MFCC, {which}: {share:.0%}" for (k, which), share in means.items()) + ".")

# %% [markdown]
# "MFCC hold no pitch" is often said. It depends: on how many coefficients there are, and on whose voice it is. Frames like
# these draw high voices in finer detail than low ones. And 40 alone says less than one would like: from how many bands
# they are made is not printed in the paper; 64 is this package's choice.
#
# ## 5 · What does a stressed word look like?
#
# In the synthetic corpus we know when each word is said, and which of its homophones are stressed: louder, higher, slower.
# **Predict:** which of these three do you find in the column $c_0$?

# %%
if truth is None:
    print(f"{corpus.name} comes without word times: the pictures of this section need them. Run it on the synthetic corpus.")
else:
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 3.6), layout="constrained", sharex=True)
    mc.figures.draw_waveform(signal, rate, ax=top, words=clip.words)
    bottom.plot(np.arange(count) / 100, package[:, 0] / 8, color=mc.figures.OKABE_ITO[0])
    for i, stressed in to_compare(clip.id):
        word = clip.words[i]
        bottom.axvspan(word.start_s, word.end_s, alpha=0.35, color=mc.figures.OKABE_ITO[1] if stressed else "0.8")
        bottom.text((word.start_s + word.end_s) / 2, bottom.get_ylim()[0], "stressed" if stressed else "plain", ha="center",
                    va="bottom", fontsize=8)
    bottom.set(xlabel="seconds", ylabel="$c_0$ / 8  (dB)")
    mc.figures.show(fig, alt="Waveform with words; below it the mean level of the bands, stressed and plain words marked.",
               caption=f"$c_0$ / 8 is the mean level of the 64 bands. It peaks at {package[:, 0].max() / 8:.0f} dB at "
                       f"{package[:, 0].argmax() / 100:.2f} s.")

# %% [markdown]
# One clip proves nothing. Over many words, the distance between stressed and plain in each coefficient, in deviations:
#
# $$d = \frac{\bar c_{\text{stressed}} - \bar c_{\text{plain}}}
#   {\sqrt{(\sigma^2_{\text{stressed}} + \sigma^2_{\text{plain}}) / 2}}$$
#
# The sample is at most about 1,000 clips, spread evenly over the corpus.

# %%
sample = corpus.subset(u.id for u in clips[::max(1, len(clips) // 1000)])
table = {f.id: f for f in mc.extract(sample)[0]}
words = []
for u in sample.utterances if truth is not None else ():
    for i, stressed in to_compare(u.id):
        part = table[u.id].audio[round(u.words[i].start_s * 100):round(u.words[i].end_s * 100)]
        if len(part):  # where two short words share one time, the first has no frame of its own
            words.append((stressed, len(part) / 100, *part.mean(0)))
words = np.array(words, float)
print(f"{len(table)} clips, {len(words)} words to compare")

# %%
if len(words):
    yes, no = words[words[:, 0] == 1, 1:], words[words[:, 0] == 0, 1:]
    d = (yes.mean(0) - no.mean(0)) / np.sqrt((yes.var(0) + no.var(0)) / 2)
    fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
    ax.bar(["seconds", *map(str, range(40))], d, color=[mc.figures.OKABE_ITO[1]] + [mc.figures.OKABE_ITO[0]] * 40)
    ax.axhline(0, color="0.3", lw=0.8)
    ax.tick_params("x", rotation=90, labelsize=8)
    ax.set(xlabel="length of the word, then coefficient 0 to 39", ylabel="d", xlim=(-1, 41))
    mc.figures.show(fig, alt="Difference between stressed and plain words, for the word's length and for 40 coefficients.",
               caption=f"{len(yes)} stressed words against {len(no)} plain ones. Stressed ones are "
                       f"{(yes[:, 1].mean() - no[:, 1].mean()) / 8:.1f} dB louder ($c_0$: d = {d[1]:.1f}) and last "
                       f"{yes[:, 0].mean():.2f} s instead of {no[:, 0].mean():.2f} s (d = {d[0]:.1f}). Among $c_{{20}}$ to "
                       f"$c_{{39}}$ the largest |d| is {np.abs(d[21:]).max():.1f}.")

# %% [markdown]
# Louder is one column. Slower is in no single frame: it is *how many* frames there are, and only a network that looks along
# time can see it. Higher has no column of its own; it moves ripples about in the upper coefficients, where section 4 said
# that voices ripple. And which column means what, nobody tells the network.
#
# ## 6 · z-normalisation: fitted on the training part, and nowhere else
#
# $c_0$ swings by tens of decibels, $c_{39}$ hardly at all. The paper z-normalises: for each coefficient,
#
# $$z = \frac{c - \mu}{\sigma}$$
#
# It does not say whose $\mu$ and $\sigma$. Take them from the **training part** of each fold. Three numbers show how:

# %%
train, test = np.array([1.0, 3.0, 5.0]), np.array([9.0, 11.0])
mean, deviation = train.mean(), train.std()
print("train:", ((train - mean) / deviation).round(2), " test:", ((test - mean) / deviation).round(2))
print("each part by itself, test:", ((test - test.mean()) / test.std()).round(2), "the difference is gone")

# %%
fold = mc.folds(sample, "kfold10")[0]
train, test = ([table[i] for i in ids] for ids in (fold.train, fold.test))
standardizer = mc.Standardizer().fit(train)
all_train = np.concatenate([f.audio for f in train])
assert np.allclose(standardizer.mean, all_train.mean(0), atol=1e-2) and np.allclose(standardizer.deviation, all_train.std(0), rtol=1e-3)
print(inspect.getsource(mc.Standardizer.fit))

# %% [markdown]
# It remembers on which utterances it was fitted, and it refuses a second time. So a loop that "helpfully" fits again on
# the test part stops instead of reporting a number.

# %%
try:
    standardizer.fit(train + test)
except RuntimeError as refusal:
    print(refusal)
assert not standardizer.fitted_on & set(fold.test)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.6), layout="constrained")
for ax, part, title in zip(axes, (train, standardizer.apply(train)), ("before", "after"), strict=True):
    stacked = np.concatenate([f.audio for f in part])
    ax.errorbar(range(40), stacked.mean(0), stacked.std(0), fmt="o", ms=3, lw=1, color=mc.figures.OKABE_ITO[0])
    ax.set(title=title, xlabel="coefficient")
axes[0].set_ylabel("mean ± deviation")
mc.figures.show(fig, alt="Mean and deviation of 40 coefficients before and after normalisation.",
           caption=f"Before, deviations run from {standardizer.deviation.min():.1f} to {standardizer.deviation.max():.0f}, and $c_0$ "
                   f"lies around {standardizer.mean[0]:.0f}. After, each coefficient of the training part has mean 0 and deviation 1.")

# %% [markdown]
# **How much does the leak change?** Fit once on the training part, once with the test part thrown in. Do it for two kinds
# of folds: random utterances (`kfold10`), and no speaker on both sides (`speaker`). **Predict** which one moves more.

# %%
rows = []
for protocol in ("kfold10", "speaker"):
    fold = mc.folds(sample, protocol)[0]
    train, test = ([table[i] for i in ids] for ids in (fold.train, fold.test))
    clean, leaky = mc.Standardizer().fit(train), mc.Standardizer().fit(train + test)
    moved = np.abs(clean.mean - leaky.mean) / clean.deviation
    away = [np.abs(np.concatenate([f.audio for f in s.apply(test)]).mean(0)).mean() for s in (clean, leaky)]
    rows.append({"folds": protocol, "train": len(train), "test": len(test), "means move by": moved.mean(),
                 "at most": moved.max(), "test off zero": away[0], "with leak": away[1]})
leak = pd.DataFrame(rows).set_index("folds")
leak.round(4)

# %%
largest, clean, leaky = (leak[column] for column in ("at most", "test off zero", "with leak"))
print(f"In deviations. Random utterances: the leak moves a mean by at most {largest['kfold10']:.3f}; new speakers: "
      f"{largest['speaker']:.3f}, {largest['speaker'] / largest['kfold10']:.1f} times as much "
      f"(its test part is also larger: {leak.test['speaker']} clips, not {leak.test['kfold10']}).")
print(f"New speakers lie {clean['speaker']:.3f} off zero when the fit is clean and {leaky['speaker']:.3f} with the leak: "
      f"{'it makes them look familiar' if leaky['speaker'] < clean['speaker'] else 'no closer here'}.")

# %% [markdown]
# These are small numbers. A leak of this size will seldom change a table. It still goes out, for two reasons: nobody can
# know the size beforehand, and with a small or very different test part it grows.
#
# ## 7 · Cut at 1,000 frames: who loses?
#
# The paper keeps at most 1,000 frames, 10 s. **Predict** the share of clips that are longer.

# %%
seconds = np.array([soundfile.info(u.audio).duration for u in clips])
longer = pd.DataFrame(
    [(corpus.name, f"{np.mean(seconds > 10):.1%}", f"{len(clips)} clips, measured now; longest {seconds.max():.1f} s"),
     ("IEMOCAP, 4 classes", "6.7%", "measured elsewhere on 5,531 utterances"),
     ("MELD", "2.1%", "measured elsewhere on 13,706 clips; longest 305 s")],
    columns=["corpus", "longer than 10 s", "from"]).set_index("corpus")
longer

# %%
fig, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
ax.hist(seconds, bins=np.arange(0, max(11, seconds.max() + 0.5), 0.25), color=mc.figures.OKABE_ITO[0])
ax.axvline(10, color=mc.figures.OKABE_ITO[5], ls="--")
ax.text(9.9, ax.get_ylim()[1] * 0.9, "1,000 frames", ha="right", va="top", color=mc.figures.OKABE_ITO[5])
ax.set(xlabel="seconds", ylabel="clips")
mc.figures.show(fig, alt="Histogram of clip lengths with the cut at ten seconds.",
           caption=f"{corpus.name}: median {np.median(seconds):.1f} s, longest {seconds.max():.1f} s; "
                   f"{int((seconds > 10).sum())} of {len(seconds)} clips lose anything.")

# %% [markdown]
# Who loses? Only long turns, and they lose their end, whatever is said there; the transcript keeps all of its words. Two
# rows of the table are facts about corpora that are not here: ask the same of your own copy before you trust a score.
#
# ## 8 · The frame ruler
#
# The encoder shortens the 100 frames a second. Twice it slides over 3 frames (convolution) and keeps the largest of 3
# (pooling). Lesson 05 explains why; here we only ask **which MFCC frames pooled frame $k$ can see**. No formula yet: let
# gradients tell. Where the output does not depend on a frame, the gradient is exactly zero.

# %%
torch.manual_seed(0)
first_block = ConvBlock(1, 4, ConvSizes(), activation=torch.nn.Identity())
second_block = ConvBlock(4, 4, ConvSizes(), activation=torch.nn.Identity())
x = torch.randn(300, 100, 1, requires_grad=True)  # 300 random clips of 100 frames: the largest of 3 is not always the same
pooled, mask = second_block(*first_block(x, torch.ones(300, 100, dtype=torch.bool)))
seen = {k: torch.autograd.grad(pooled[:, k].sum(), x, retain_graph=True)[0].abs().sum((0, 2)).nonzero().flatten()
        for k in (4, 5, 6)}
for k, frames_seen in seen.items():
    print(f"pooled frame {k} sees MFCC frames {frames_seen.min()} to {frames_seen.max()}: {len(frames_seen)} of them")

# %% [markdown]
# One step of $k$ is 9 frames: $3 \times 3$. Each frame is seen by one or two neighbours. Backwards through the two blocks,
# pooling turns $k$ into $3k \dots 3k + 2$ and the convolution adds one frame on each side:
#
# $$k \;\to\; [3k - 1,\; 3k + 3] \;\to\; [3(3k - 1) - 1,\; 3(3k + 3) + 2 + 1] = [9k - 4,\; 9k + 12]$$
#
# That is 17 frames. Their centres are 160 ms apart, and half a window of 12.5 ms sticks out at both ends.

# %%
for k, frames_seen in seen.items():
    assert frames_seen.tolist() == list(range(9 * k - 4, 9 * k + 13))
    assert np.allclose(mc.frame_spans(10)[k], [(9 * k - 4) * 0.010 - 0.0125, (9 * k + 12) * 0.010 + 0.0125])
start, end = mc.frame_spans(10)[5]
print(f"pooled frame 5 sees {start:.4f} s to {end:.4f} s: {1000 * (end - start):.0f} ms")
print(f"a step is {1000 * (mc.frame_spans(10)[6, 0] - start):.0f} ms; 1,000 MFCC frames become "
      f"{second_block(*first_block(torch.zeros(1, 1000, 1), torch.ones(1, 1000, dtype=torch.bool)))[0].shape[1]}")
print(inspect.getsource(mc.frame_spans))

# %%
begin = max(0, loudest - 0.65)
end = min(begin + 1.3, len(signal) / rate)  # the stretch that is drawn
fig, (top, bottom) = plt.subplots(2, 1, figsize=(8.5, 4.2), height_ratios=(1, 1.7), layout="constrained", sharex=True)
inside = [w for w in clip.words if begin <= w.start_s and w.end_s <= end]
mc.figures.draw_waveform(signal, rate, ax=top, words=inside)
bottom.vlines(np.arange(np.ceil(begin * 100), end * 100) / 100, 0, 0.7, color="0.3", lw=0.6)
whole = [k for k, (first, last) in enumerate(mc.frame_spans(112)) if begin <= first and last <= end]
for k in whole:
    row, (first, last) = 1.4 + k % 3, mc.frame_spans(112)[k]
    bottom.plot([first, last], [row, row], lw=7, color=mc.figures.OKABE_ITO[k % 3], solid_capstyle="butt")
    bottom.plot(mc.frame_times(112)[k], row, "|", color="white", ms=8)
    bottom.text((first + last) / 2, row + 0.22, str(k), ha="center", va="bottom", fontsize=8)
bottom.set(xlabel="seconds", xlim=(begin, end), ylim=(0, 4.2))
bottom.set_yticks([0.35, 2.4], ["MFCC:\nevery 10 ms", "pooled:\nevery 90 ms,\n185 ms long"])
overlap = 1000 * (mc.frame_spans(9)[5, 1] - mc.frame_spans(9)[6, 0])
mc.figures.show(fig, alt="Ruler under the waveform: a tick every 10 ms for MFCC, overlapping bars of 185 ms for pooled frames.",
           caption=f"The frame ruler. {len(whole)} pooled frames, numbered, fit whole into these {end - begin:.1f} s; neighbours "
                   f"overlap by {overlap:.0f} ms. The white mark is the moment that stands for the frame on every map.")

# %% [markdown]
# One warning travels with the ruler. It says what a pooled frame sees *before* the BiLSTM. Behind it, every frame has heard
# the whole utterance; lesson 05 measures how much.

# %% [markdown]
# ## Exercises
#
# **E3.1 · Implement** (★★, 6 min). Which moment stands for pooled frame $k$? Return the middle of what it sees, in
# **seconds**, for $k \ge 1$. (Frame 0 is cut off by the start of the clip.)
#
# <details><summary>Hint 1</summary>First and last MFCC frame that it sees: section 8 has both.</details>
# <details><summary>Hint 2</summary>The middle of 9k − 4 and 9k + 12 is a frame number, not yet a time.</details>
# <details><summary>Hint 3</summary>MFCC frame t is centred on t × 0.010 s.</details>

# %% tags=["exercise"]
def frame_to_seconds(k):
    raise NotImplementedError


check.frame_to_seconds(frame_to_seconds)

# %% tags=["solution"]
def frame_to_seconds(k):
    first, last = 9 * k - 4, 9 * k + 12
    return (first + last) / 2 * 0.010


check.frame_to_seconds(frame_to_seconds)

# %% [markdown]
# **E3.2 · Implement, then break it** (★★, 10 min). A normaliser: `fit` takes a list of clips, each an array of shape
# (frames, coefficients), and works once; `apply` takes one such array and returns a normalised copy. When the check is
# happy, take one safeguard out again and see what it says.
#
# <details><summary>Hint 1</summary>Two jobs: remember, and refuse. What tells you that fit has been called before?</details>
# <details><summary>Hint 2</summary>Join the clips with np.concatenate; then average over the frames, axis 0.</details>
# <details><summary>Hint 3</summary>Begin fit with: if self.mean is not None: raise RuntimeError("…").</details>

# %% tags=["exercise"]
class Normaliser:
    def __init__(self):
        self.mean = None
        self.deviation = None

    def fit(self, train):
        raise NotImplementedError

    def apply(self, frames):
        raise NotImplementedError


check.normaliser(Normaliser)

# %% tags=["solution"]
class Normaliser:
    def __init__(self):
        self.mean = None
        self.deviation = None

    def fit(self, train):
        if self.mean is not None:
            raise RuntimeError("already fitted: make a new one for a new fold")
        frames = np.concatenate(train)
        self.mean, self.deviation = frames.mean(axis=0), frames.std(axis=0)

    def apply(self, frames):
        return (frames - self.mean) / self.deviation


check.normaliser(Normaliser)

# %% [markdown]
# **E3.3 · Predict** (★, 4 min). How many rows has the MFCC table of a clip of `seconds` seconds (at least 25 ms), as
# the paper cuts it and section 3 pads it? Write it down before you compare with `features.mfcc`.
#
# <details><summary>Hint 1</summary>Frame 0 is centred on 0 s, and a new one comes every 10 ms.</details>
# <details><summary>Hint 2</summary>A fence of 5 gaps has 6 posts. And what happens above 10 s?</details>
# <details><summary>Hint 3</summary>The smaller of 1,000 and 1 + the whole number of hops that fit.</details>

# %% tags=["exercise"]
def frame_count(seconds):
    raise NotImplementedError


check.frame_count(frame_count)

# %% tags=["solution"]
def frame_count(seconds):
    samples = round(seconds * 16_000)
    return min(1000, 1 + samples // 160)


check.frame_count(frame_count)

# %% [markdown]
# **E3.4 · Explain** (★★, 5 min). What do the 40 MFCC of this lesson lose of a voice? Take the sentence that fits what you
# measured in section 4.
#
# - **a** The loudness: cosines describe shapes, not levels.
# - **b** The pitch, all of it and for every speaker: MFCC describe the mouth, not the vocal folds.
# - **c** The phase altogether, and the fine ripples of the spectrum: so the pitch of low voices goes, and that of high
#   voices mostly stays.
# - **d** Nothing: each of the five steps can be undone.
#
# <details><summary>Hint 1</summary>Which of the steps drop numbers, or a sign, for good?</details>
# <details><summary>Hint 2</summary>Compare low and high voices in the figure of section 4, for 40 coefficients.</details>
# <details><summary>Hint 3</summary>b is what one expects of 13 coefficients. Here there are 40.</details>

# %% tags=["exercise"]
answer = ...
check.what_is_lost(answer)

# %% tags=["solution"]
answer = "c"
check.what_is_lost(answer)

# %% [markdown]
# ## Recap
# - You made MFCC from samples in five steps, and they equal the package's.
# - You heard what 40 coefficients keep. Their pitch survives for high voices and goes for low ones.
# - You found stress in the frames: a level in $c_0$, small ripples further up, and more frames.
# - You normalised with the training part's numbers only, and saw how far the leak would have moved them.
# - You can turn frame numbers into seconds: 10 ms a frame, 90 ms a pooled frame, each of which sees 185 ms.
#
# ## What you may not conclude
# - That a network cannot learn the pitch of low voices: rebuilding and YIN are one listener, a network is another.
# - That the stress of a synthesiser looks like the stress of people. Real speakers also hurry, whisper and stop.
# - That leaks are harmless because this one is small. It was measured on one corpus, in one step of the chain.
# - That a pooled frame is a moment. It is 185 ms before the BiLSTM, and a summary of everything behind it.
#
# **Further reading:** Davis and Mermelstein, *Comparison of parametric representations for monosyllabic word
# recognition in continuously spoken sentences* (1980), which made MFCC known; McFee et al., *librosa* (SciPy 2015); Griffin and Lim, *Signal estimation from
# modified short-time Fourier transform* (1984).
#
# **Previous:** [01 · Corpora, labels, splits that do not lie](01_corpora_labels_splits.ipynb) ·
# **Next:** [04 · From words to vectors](04_from_words_to_vectors.ipynb)
