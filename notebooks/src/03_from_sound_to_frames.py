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
# A network cannot hear. It reads a table, with one row every 10 ms and 40 numbers in
# each row. In this lesson you make that table by hand and ask what it keeps. You end
# with a ruler that leads from the number of a row back to seconds. Every attention map
# in this course will need it.
#
# **You will be able to**
# - compute MFCC from samples in five steps, and say what each step throws away,
# - hear what 40 coefficients keep, and measure what happens to the pitch,
# - find a stressed word in the frames,
# - normalise without letting the test part leak in,
# - convert the number of a frame into seconds, before and after pooling.
#
# **Needs:** arrays and a little trigonometry; lesson 00 helps. **Time:** read 16 min ·
# run half a minute · exercises 25 min. **Paper:** section 3.2 (MFCC, 25 ms, 10 ms,
# 1,000 frames, z-normalisation). From Eq. 1 we take only the arithmetic of its pooling;
# lesson 05 builds the equation itself. **Runs on:** any corpus with clips.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # nothing is trained in this lesson

# %%
import inspect

import mcsan_lite as mc
import librosa
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import soundfile
import torch
from IPython.display import display

from mcsan_lite.exercises import lesson03 as check
from mcsan_lite.exercises.verdicts import lesson03 as read
from mcsan_lite.features import extraction
from mcsan_lite.models.layers import ConvBlock, ConvSizes

print("librosa compiles itself for its first sound: up to half a minute, only once.")
extraction.mfcc(np.ones(16_000, np.float32))
print("librosa is ready.")
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
clips = [u for u in corpus.utterances if u.audio is not None]
if not clips:
    raise mc.DataError(
        f"the corpus {corpus.name!r}, which has transcripts but no clips",
        "a corpus with sound",
        'set CORPUS = "synthetic" or "ravdess" above, and run this lesson again.',
    )
speakers = {u.speaker for u in clips}
print(f"{corpus.name}: {len(clips)} clips of {len(speakers)} speakers")

# %% [markdown]
# ## 1 · A sound is a row of numbers
#
# We need one clip to look at, and we fix the rule for choosing it before we look. We
# take the first clip of the corpus. Where the truth about stress is known, we take the
# first clip that has at least three words to compare, some of them stressed and some
# plain.

# %%
folder = clips[0].audio.parent.parent
has_truth = (folder / "utterances.jsonl").is_file()  # only the synthetic corpus has one
truth = mc.read_truth(folder) if has_truth else None


def words_to_compare(utterance_id):
    """(place in the transcript, stressed?) of each written homophone."""
    if truth is None:
        return []
    places = truth.targets[utterance_id]
    stresses = truth.stressed[utterance_id]
    both = zip(places, stresses, strict=True)
    # Some are spoken and missing from the transcript.
    return [(at, on) for at, on in both if at is not None]


# %%
clip = clips[0]
for candidate in clips:
    stresses = [stressed for _, stressed in words_to_compare(candidate.id)]
    if len(stresses) > 2 and len(set(stresses)) == 2:
        clip = candidate
        break

rate = 16_000  # samples per second
signal = mc.load_audio(clip.audio, rate)[:10 * rate]
duration = len(signal) / rate
loudest = np.abs(signal).argmax() / rate
print(f"{clip.id}: “{clip.text}”")
print(f"{len(signal)} samples, {duration:.2f} s, loudest at {loudest:.2f} s")
print("four samples from there:", signal[int(loudest * rate):][:4].round(3))

# %%
def listen(sound, words):
    """A player for `sound`, scaled to a peak of 0.8."""
    scaled = 0.8 * sound / np.abs(sound).max()
    return mc.figures.play(scaled, rate, alt=f"{words}, {len(sound) / rate:.1f} s")


listen(signal, f"The clip: “{clip.text}”, label {clip.label}")

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 1.9), layout="constrained")
mc.figures.draw_waveform(signal, rate, ax=ax, words=clip.words)
ax.set_xlabel("seconds")
mc.figures.show(
    fig,
    alt="Waveform of the clip over seconds, with its words where their times are "
        "known.",
    caption=f"{len(signal)} samples at {rate} per second. The largest is "
            f"{np.abs(signal).max():.2f} of full scale.",
)

# %% [markdown]
# ## 2 · Why windows of 25 ms?
#
# Hearing sorts sound by frequency. The discrete Fourier transform does the same to $N$
# samples:
#
# $$X[k] = \sum_{n=0}^{N-1} x[n]\, e^{-2\pi i k n / N}, \qquad k = 0, \dots, N/2$$
#
# Here it is by hand, on eight samples of a tone that turns exactly twice.

# %%
n = np.arange(8)
tone = np.cos(2 * np.pi * 2 * n / 8)
by_hand = []
for k in range(5):
    wave = np.exp(-2j * np.pi * k * n / 8)
    by_hand.append(np.sum(tone * wave))
assert np.allclose(by_hand, np.fft.rfft(tone))
print("power per bin:", (np.abs(by_hand) ** 2).round(3))

# %% [markdown]
# All the power lies in bin 2. A tone that turns two and a half times fits no bin, so
# its power spills over all of them. A window that fades in and out, such as von Hann's,
# should keep most of the spill nearby. Does it?

# %%
turns = 2.5
tone = np.cos(2 * np.pi * turns * np.arange(32) / 32)
hann_32 = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(32) / 32)


def share_far_away(sound):
    """The share of the power in bin 6 and above, far from the tone's 2.5."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return power[6:].sum() / power.sum()


print(read.say_how_a_window_helps(share_far_away(tone), share_far_away(tone * hann_32)))

# %% [markdown]
# A window of $w$ seconds has bins $1/w$ Hz apart, so 25 ms gives 40 Hz. A longer window
# separates frequencies better and moments worse.
#
# **Predict:** a voice is a train of pulses. One of the windows 5 ms, 25 ms and 100 ms
# shows the pulses as vertical lines, and one shows their frequency as flat lines.
# Which?

# %%
step = 32  # samples, 2 ms
begin = max(0, loudest - 0.2)
end = min(loudest + 0.2, duration)
pictures = {}
along_time = {}
along_frequency = {}
for milliseconds in (5, 25, 100):
    size = rate * milliseconds // 1000
    # Zeros after the window up to 1,600 samples draw every picture with bins of 10 Hz.
    found = librosa.stft(signal, n_fft=1600, win_length=size, hop_length=step)
    decibels = librosa.power_to_db(np.abs(found) ** 2, ref=np.max, top_db=60)
    part = decibels[:201, int(begin * 500):int(end * 500)]  # (10 Hz each, 2 ms each)
    pictures[milliseconds] = part
    along_time[milliseconds] = np.abs(part[:, 2:] - part[:, :-2]).mean()  # 4 ms later
    along_frequency[milliseconds] = np.abs(part[5:] - part[:-5]).mean()  # 50 Hz higher

# %% tags=["hide-input"]
steps = plt.get_cmap("cividis", 16)  # 16 steps keep the pictures of this notebook small
fig, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained", sharey=True)
for ax, (milliseconds, part) in zip(axes, pictures.items(), strict=True):
    image = ax.imshow(part, origin="lower", aspect="auto", cmap=steps, vmin=-60, vmax=0,
                      extent=(begin, end, 0, 2), interpolation="nearest")
    ax.set(title=f"{milliseconds} ms", xlabel="seconds")
axes[0].set_ylabel("kHz")
fig.colorbar(image, ax=axes, label="dB")
mc.figures.show(
    fig,
    alt="Three spectrograms of the same stretch, with windows of 5, 25 and 100 ms.",
    caption=f"The same {end - begin:.1f} s around the loudest moment, on one scale. "
            "Vertical lines are pulses of the voice, flat ones its harmonics. The "
            "paper takes 25 ms.",
)

# %%
print(read.say_which_window_shows_pulses(along_time, along_frequency))

# %% [markdown]
# Why 25 ms, then? With bins of 40 Hz, the harmonics of a voice of 150 Hz or more can
# still be told apart, and the window is shorter than most sounds of a word. It is a
# compromise, and speech processing has used windows of about this length for decades.
#
# ## 3 · MFCC in five steps
#
# **Step 1: frames.** Frame $t$ is $N = 400$ samples (25 ms) around sample $tH$, with
# the hop $H = 160$ (10 ms), multiplied by the window $w$. Half a window of zeros is
# added at both ends, so that frame 0 is centred on 0 s:
#
# $$x_t[n] = w[n]\; x\big[tH + n - \tfrac N2\big], \qquad
#   w[n] = \tfrac12 - \tfrac12 \cos\frac{2 \pi n}{N}$$

# %%
window, hop = 400, 160
padded = np.pad(signal, window // 2)
count = 1 + len(signal) // hop
hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
cut_out = np.stack([padded[t * hop:t * hop + window] for t in range(count)])  # (T, 400)
frames = cut_out * hann  # (T, 400)
t = int((frames ** 2).sum(axis=1).argmax())  # the loudest frame, our example
print(f"{frames.shape[0]} frames of {frames.shape[1]} samples")
print(f"the loudest is frame {t}, centred on {t * hop / rate:.2f} s")

# %% [markdown]
# **Step 2: power.** Each frame goes through the Fourier transform, and we square the
# size of the result. The $|\cdot|$ throws the *phase* away: nothing tells us any more
# at which moment within the frame each wave peaks.
#
# $$P_t[k] = \big| X_t[k] \big|^2, \qquad k = 0, \dots, 200$$

# %%
power = np.abs(np.fft.rfft(frames)) ** 2  # (T, 400) -> (T, 201)
print(f"strongest in frame {t}: {power[t].argmax() * 40} Hz")

# %% [markdown]
# **Step 3: mel bands.** The ear tells 200 from 300 Hz far more easily than 6,000 from
# 6,100 Hz. So the 201 powers are summed into 64 overlapping triangles, which are evenly
# spaced below 1 kHz and wider and wider above. Band $b$ begins at the edge $e_b$ and
# ends at $e_{b+2}$, and every triangle has an area of one:
#
# $$M_t[b] = \sum_k F_b[k]\, P_t[k], \qquad F_b(f) = \frac{2}{e_{b+2} - e_b}
#   \max\!\Big(0, \min\!\big(\tfrac{f - e_b}{e_{b+1} - e_b},
#   \tfrac{e_{b+2} - f}{e_{b+2} - e_{b+1}}\big)\Big)$$

# %%
bands = 64
hertz = np.arange(201) * 40.0
edges = librosa.mel_frequencies(bands + 2, fmin=0, fmax=rate / 2)[:, None]  # (66, 1)
left, top, right = edges[:-2], edges[1:-1], edges[2:]  # each (64, 1)
rise = (hertz - left) / (top - left)  # (64, 201)
fall = (right - hertz) / (right - top)  # (64, 201)
filters = np.maximum(0, np.minimum(rise, fall)) * 2 / (right - left)  # (64, 201)
librosas = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands)
assert np.allclose(filters, librosas, atol=1e-7)
mel = power @ filters.T  # (T, 201) @ (201, 64) -> (T, 64)
print(f"the lowest bands lie {edges[1, 0] - edges[0, 0]:.0f} Hz apart, "
      f"the highest {edges[-2, 0] - edges[-3, 0]:.0f} Hz")

# %% tags=["hide-input"]
blue = mc.figures.OKABE_ITO[0]
fig, (first, second, third) = plt.subplots(1, 3, figsize=(9, 2.7), layout="constrained")
milliseconds = np.arange(window) / 16
first.plot(milliseconds, cut_out[t], color="0.6", ls="--", label="cut out")
first.plot(milliseconds, frames[t], color=blue, label="times window")
first.legend(fontsize=9, loc="lower center", frameon=False)
first.set(xlabel="milliseconds", ylabel="amplitude", title="step 1: a frame")
first.set_ylim(-1.8 * np.abs(cut_out[t]).max(), None)  # room for the legend
second.plot(hertz / 1000, 10 * np.log10(power[t] + 1e-10), color=blue)
second.set(xlabel="kHz", ylabel="dB", title="step 2: its power")
for b in range(0, bands, 8):
    third.plot(hertz / 1000, filters[b] / filters[b].max(), lw=1, color="0.2")
third.plot(top[:, 0] / 1000, mel[t] / mel[t].max(), "o", ms=3, color=blue)
third.set(xlabel="kHz", ylabel="of the largest", title="step 3: its mel bands")
mc.figures.show(
    fig,
    alt="One frame before and after the window, its power over frequency, and its 64 "
        "mel bands over triangles that widen with frequency.",
    caption=f"Frame {t}: {window} samples become {power.shape[1]} powers, 40 Hz apart, "
            f"and then {bands} bands (dots). The lines are every eighth triangle, "
            "drawn to one height.",
)

# %% [markdown]
# **Step 4: decibels.** Loudness follows ratios, not differences. So each band gets a
# level $\ell_t[b]$ in decibels. Then whatever lies more than 80 dB below the loudest
# band of the clip is lifted to that floor:
#
# $$\ell_t[b] = 10 \log_{10} \max(M_t[b], 10^{-10}), \qquad
#   L_t[b] = \max\big(\ell_t[b],\ \max_{t', b'} \ell_{t'}[b'] - 80\big)$$

# %%
decibel = 10 * np.log10(np.maximum(mel, 1e-10))  # (T, 64)
decibel = np.maximum(decibel, decibel.max() - 80)  # (T, 64)


def share_in_lowest_hundredth(table):
    scaled = (table - table.min()) / (table.max() - table.min())
    return np.mean(scaled < 0.01)


print(read.say_what_decibels_show(
    share_in_lowest_hundredth(mel), share_in_lowest_hundredth(decibel)))

# %% [markdown]
# **Step 5: cosines.** Neighbouring bands rise and fall together. The discrete cosine
# transform describes the 64 levels by waves with more and more ripples: $c_0$ stands
# for the mean level, $c_1$ for half a wave, $c_2$ for a whole one. The paper keeps the
# first 40.
#
# $$c_t[j] = s_j \sum_{b=0}^{63} L_t[b] \cos\!\Big(\frac{\pi j (b + \frac12)}{64}\Big),
#   \qquad s_0 = \sqrt{\tfrac{1}{64}},\quad s_j = \sqrt{\tfrac{2}{64}}$$

# %%
j = np.arange(40)[:, None]  # (40, 1)
b = np.arange(bands)  # (64,)
scale = np.sqrt(np.where(j == 0, 1, 2) / bands)  # (40, 1)
cosines = scale * np.cos(np.pi * j * (b + 0.5) / bands)  # (40, 64)
by_hand = decibel @ cosines.T  # (T, 64) @ (64, 40) -> (T, 40)
package = extraction.mfcc(signal)
assert by_hand.shape == package.shape
assert np.allclose(by_hand, package, atol=0.01)
print(f"by hand {by_hand.shape}, package {package.shape}")
print(f"largest difference {np.abs(by_hand - package).max():.5f} "
      f"among values up to {np.abs(package).max():.0f}")

# %% tags=["hide-input"]
def draw_cosines(ax):
    for place, k in enumerate((0, 1, 2, 12, 39)):
        wave = cosines[k] / np.abs(cosines[k]).max()
        ax.plot(b, wave - 2.5 * place, color=blue, lw=1)
        ax.text(65, -2.5 * place, f"$c_{{{k}}}$", va="center")
    ax.set(xlabel="mel band", yticks=[], title="five of the 40 cosines", xlim=(0, 71))


fig, axes = plt.subplots(2, 2, figsize=(8.5, 5), layout="constrained")
for ax, picture, title, unit in (
    (axes[0, 0], mel, "step 3: mel bands", "power"),
    (axes[0, 1], decibel, "step 4: decibels", "dB"),
):
    image = ax.imshow(picture.T, origin="lower", aspect="auto", cmap=steps,
                      extent=(0, duration, 0, bands), interpolation="nearest")
    ax.set(xlabel="seconds", ylabel="mel band", title=title)
    fig.colorbar(image, ax=ax, label=unit)
draw_cosines(axes[1, 0])
mc.figures.draw_mfcc(by_hand, ax=axes[1, 1])
axes[1, 1].images[0].set(cmap=plt.get_cmap("RdBu_r", 16), interpolation="nearest")
axes[1, 1].set_title("step 5: MFCC")
fig.colorbar(axes[1, 1].images[0], ax=axes[1, 1], label="deviations")
mc.figures.show(
    fig,
    alt="The clip as mel power and in decibels; five cosines over the bands; and the "
        "clip's 40 coefficients over seconds.",
    caption="The last picture is the table, drawn for the eye: each of its "
            f"{by_hand.shape[1]} coefficients is centred and scaled by this clip "
            "alone. Section 6 shows how it is scaled for the network.",
)

# %% [markdown]
# Those were all five steps. This is the function that the package runs. Inside it,
# librosa does the same five steps:

# %%
print(inspect.getsource(extraction.mfcc))

# %% [markdown]
# ## 4 · What do 40 coefficients keep?
#
# Let us walk back, from cosines to bands and from bands to powers. The phase is lost,
# so it has to be guessed (Griffin and Lim, 1984). The function
# `librosa.feature.inverse.mfcc_to_audio` makes the same three calls. We make them one
# by one, so that the guess can start from a fixed seed. Then we listen.

# %%
def invert(coefficients, rounds=32):
    """The sound of (T, k) coefficients, with a guessed phase."""
    bands_back = librosa.feature.inverse.mfcc_to_mel(coefficients.T, n_mels=bands)
    magnitude = librosa.feature.inverse.mel_to_stft(bands_back, sr=rate, n_fft=window)
    return librosa.griffinlim(
        magnitude, n_iter=rounds, hop_length=hop, n_fft=window, random_state=0)


sounds = {
    "original": signal,
    "from 40 MFCC": invert(package),
    "from 13 MFCC": invert(package[:, :13]),
}
for name, sound in sounds.items():
    display(listen(sound, name))

# %%
levels = {}
for name, sound in sounds.items():
    whole_hops = sound[:len(signal) // hop * hop]
    picture = librosa.feature.melspectrogram(
        y=whole_hops, sr=rate, n_fft=window, hop_length=hop, n_mels=bands)
    levels[name] = librosa.power_to_db(picture)  # (64, T)
original = levels["original"]
heard = original > original.max() - 40  # all cells within 40 dB of the loudest
off = {}
for kept in (13, 40):
    error = np.abs(levels[f"from {kept} MFCC"] - original)
    off[kept] = error[heard].mean()

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained", sharey=True)
for ax, (name, picture) in zip(axes, levels.items(), strict=True):
    image = ax.imshow(picture, origin="lower", aspect="auto", cmap=steps,
                      vmin=original.max() - 60, vmax=original.max(),
                      extent=(0, duration, 0, bands), interpolation="nearest")
    ax.set(title=name, xlabel="seconds", ylim=(0, 32),
           xlim=(max(0, loudest - 0.4), min(loudest + 0.4, duration)))
axes[0].set_ylabel("mel band")
fig.colorbar(image, ax=axes, label="dB")
mc.figures.show(
    fig,
    alt="Spectrograms of the clip and of two sounds rebuilt from 40 and from 13 "
        "coefficients.",
    caption="The lower half of the bands, around the loudest moment, on one scale. "
            "Thin flat stripes are the harmonics of the voice.",
)

# %%
print(read.say_how_well_a_sound_returns(off))

# %% [markdown]
# The thin flat stripes carry the **pitch**, and pitch carries emotion. Cosine $c_j$ has
# $j$ half waves over 64 bands, so one of its ripples, a whole wave, is
# $2 \cdot 64 / j$ bands wide. The harmonics of a voice lie as many hertz apart as the
# pitch is high. A ripple that is wider than this distance cannot draw them. (The hertz
# of the next cell hold below 1 kHz, where the bands are evenly spaced.)

# %%
width = edges[1, 0] - edges[0, 0]  # Hz between bands, below 1 kHz
finest = {k: 2 * bands / (k - 1) * width for k in (13, 40, 64)}
for k, narrowest in finest.items():
    print(f"{k} coefficients: the narrowest ripple is {narrowest:.0f} Hz wide")
for voice in (110, 210, 300):
    print(f"a voice of {voice} Hz ripples most in c{2 * bands * width / voice:.0f}")

# %% [markdown]
# **Predict:** take a low voice near 110 Hz and a higher one near 210 Hz. Whose pitch
# survives 40 coefficients?
#
# Here is the test. Measure the pitch of clips (YIN, de Cheveigné and Kawahara, 2002),
# rebuild them from their coefficients, and measure again. A frame counts as kept when
# its pitch comes back within a semitone. We ask only the louder 40 % of the frames,
# because silence has no pitch. For comparison we also count frames that came back in
# random order: these keep the register of the voice, but not its melody.

# %%
def pitch_of(sound):
    """Hz, one value every 10 ms."""
    return librosa.yin(
        sound, fmin=70, fmax=500, sr=rate, frame_length=1024, hop_length=hop)


def share_within_a_semitone(before, after):
    return np.mean(np.abs(12 * np.log2(after / before)) < 1)


def pitch_kept(sound, coefficients):
    """Median pitch, share of frames that keep it, and the same in random order."""
    table = extraction.mfcc(sound)  # (T, 40)
    before = pitch_of(sound)
    after = pitch_of(invert(table[:, :coefficients], rounds=16))
    is_loud = table[:, 0] > np.quantile(table[:, 0], 0.6)
    asked = is_loud & (before > 75) & (before < 450)
    before, after = before[asked], after[asked]
    mixed = np.random.default_rng(0).permutation(after)
    kept = share_within_a_semitone(before, after)
    chance = share_within_a_semitone(before, mixed)
    return np.median(before), kept, chance


# %%
how_many = {"smoke": 4, "quick": 12, "paper": 24}[PROFILE]
first_clips = {u.speaker: u for u in reversed(clips)}  # the first clip of each speaker
rows = []
for u in list(first_clips.values())[:how_many]:
    sound = mc.load_audio(u.audio)[:3 * rate]
    for k in (13, 40):
        pitch, share, chance = pitch_kept(sound, k)
        side = "above" if pitch > finest[40] else "below"
        rows.append((k, pitch, side, share, chance))
kept = pd.DataFrame(rows, columns=["coefficients", "pitch", "side", "kept", "chance"])
kept.groupby(["coefficients", "side"])[["kept", "chance"]].mean().round(2)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
named = kept.assign(made=kept.coefficients.map("from {} MFCC".format))
sns.scatterplot(named, x="pitch", y="kept", hue="made", style="made", s=60, ax=ax,
                palette=list(mc.figures.OKABE_ITO[:2]), markers=["s", "^"])
ax.axvline(finest[40], color="0.4", ls="--", lw=1)
ax.text(finest[40] + 3, 1.13, f"narrowest ripple of 40 MFCC: {finest[40]:.0f} Hz",
        va="top", fontsize=9)
ax.legend(loc="center right", fontsize=9)
ax.set(xlabel="median pitch of the clip, Hz", ylabel="frames that keep it",
       ylim=(-0.05, 1.15), xlim=(70, max(340, kept.pitch.max() + 20)))
mc.figures.show(
    fig,
    alt="Share of frames that keep their pitch, over the pitch of the clip, for 13 and "
        "for 40 coefficients.",
    caption=f"{len(named) // 2} clips, one per speaker: squares for 13 coefficients, "
            "triangles for 40.",
)

# %%
for k in (13, 40):
    sides = {}
    of_side = {"above": [], "below": []}
    for side, group in kept[kept.coefficients == k].groupby("side"):
        of_side[side] = list(group.kept)
        mean, half = mc.fold_interval(group.kept)
        sides[side] = read.Survival(
            len(group), mean, mean - half, mean + half, group.chance.mean())
    gap = read.survival_gap(of_side["above"], of_side["below"])
    print(read.say_whose_pitch_survives(sides, k, finest[40], gap))

# %% [markdown]
# "MFCC hold no pitch" is often said. The lines above test two things on which this may
# depend: how many coefficients there are, and whose voice it is. Their intervals are
# over clips, and a few clips leave them wide. Note too that the number 40 does not
# settle the matter, since the paper does not say from how many bands its coefficients
# are made. The 64 bands are this package's choice.
#
# ## 5 · What does a stressed word look like?
#
# In the synthetic corpus we know when each word is said. We also know which of its
# *homophones* are stressed. A homophone sounds like another word, as *pain* and *pane*
# do: these are the twins of lesson 00. A stressed word is louder, higher and slower.
#
# **Predict:** which of these three do you find in the column $c_0$?
#
# One clip proves nothing, so we compare many words. For each coefficient we take the
# distance between stressed and plain words, in deviations:
#
# $$d = \frac{\bar c_{\text{stressed}} - \bar c_{\text{plain}}}
#   {\sqrt{(\sigma^2_{\text{stressed}} + \sigma^2_{\text{plain}}) / 2}}$$
#
# The sample is at most about 1,000 clips, spread evenly over the corpus.

# %%
every = max(1, len(clips) // 1000)
sample = corpus.subset(u.id for u in clips[::every])
features = {f.id: f for f in mc.extract(sample)[0]}

rows = []
for u in sample.utterances:
    for place, stressed in words_to_compare(u.id):
        word = u.words[place]
        first, last = round(word.start_s * 100), round(word.end_s * 100)
        part = features[u.id].audio[first:last]  # (frames of the word, 40)
        if len(part):  # where two short words share one time, the first has no frame
            rows.append((stressed, len(part) / 100, *part.mean(axis=0)))
columns = ["stressed", "seconds", *range(40)]
words = pd.DataFrame(rows, columns=columns)
print(f"{len(features)} clips, {len(words)} words to compare")

# %%
shifts = {}
if len(words):
    is_stressed = words.stressed.astype(bool)
    for column in columns[1:]:
        # An interval of 1.96 standard errors misses the truth in 5 % of cases. Among
        # twenty, a miss is likely; with 3.02, the chance of any miss is at most 5 %.
        quantile = 3.02 if column in range(20, 40) else 1.96
        shifts[column] = read.shift_of(
            words[column][is_stressed], words[column][~is_stressed], quantile)

# %% tags=["hide-input"]
def draw_level_of_the_clip(ax):
    level = package[:, 0] / 8  # the mean level of the 64 bands, in dB
    ax.plot(np.arange(count) / 100, level, color=blue)
    for place, stressed in words_to_compare(clip.id):
        word = clip.words[place]
        color = mc.figures.OKABE_ITO[1] if stressed else "0.8"
        ax.axvspan(word.start_s, word.end_s, alpha=0.35, color=color)
        ax.text((word.start_s + word.end_s) / 2, level.min(),
                f"{word.text}\n{'stressed' if stressed else 'plain'}",
                ha="center", va="bottom", fontsize=9)
    ax.set(xlabel="seconds", ylabel="$c_0$ / 8  (dB)", xlim=(0, duration))

# %% tags=["hide-input"]
if shifts:
    fig, (upper, lower) = plt.subplots(2, 1, figsize=(8, 4.8), layout="constrained")
    draw_level_of_the_clip(upper)
    found = list(shifts.values())
    reach = [one.high - one.mean for one in found]  # the intervals are symmetric
    places = [-3, *range(40)]
    lower.bar(places, [one.mean for one in found], color=mc.figures.OKABE_ITO[4])
    lower.errorbar(places, [one.mean for one in found], reach, fmt="none",
                   ecolor="0.2", elinewidth=0.8)
    lower.axhline(0, color="0.3", lw=0.8)
    lower.set_xticks([-3, *range(0, 40, 5)], ["length", *range(0, 40, 5)])
    lower.set(xlabel="length of the word, then coefficients 0 to 39",
              ylabel="d, in deviations")
    mc.figures.show(
        fig,
        alt="Above, the mean level of one clip with stressed and plain words marked. "
            "Below, stressed against plain words for their length and 40 coefficients.",
        caption=f"Above: one clip. Below: {is_stressed.sum()} stressed words against "
                f"{(~is_stressed).sum()} plain ones, with 95 % intervals, as if words "
                "were independent. From coefficient 20 on they are wider, because "
                "twenty comparisons are made at once.",
    )

# %%
if shifts:
    ripples = [shifts[k] for k in range(20, 40)]
    print(read.say_what_stress_changes(shifts["seconds"], shifts[0], ripples))
else:
    print(f"{corpus.name} comes without word times, and this section needs them.")

# %% [markdown]
# Loudness is one column of the table, $c_0$. Length is in no single frame: it is *how
# many* frames there are, so only a network that looks along time can see it. Pitch has
# no column of its own. It moves ripples about in the upper coefficients, as section 4
# says. And the network is not told what each column means.
#
# ## 6 · z-normalisation: fitted on the training part, and nowhere else
#
# The 40 columns swing by very different amounts, as a cell below prints. So the paper
# z-normalises. For each coefficient,
#
# $$z = \frac{c - \mu}{\sigma}$$
#
# It does not say whose $\mu$ and $\sigma$. Take them from the **training part** of each
# fold. A handful of numbers shows how:

# %%
train = np.array([1.0, 3.0, 5.0])
test = np.array([9.0, 11.0])
mean = train.mean()
deviation = train.std()
print("train:", ((train - mean) / deviation).round(2))
print("test, by the training part's numbers:", ((test - mean) / deviation).round(2))
print("test, by its own numbers:", ((test - test.mean()) / test.std()).round(2))

# %% [markdown]
# In the last line, all trace of the test part being larger is gone. Now the package, on
# a real fold:

# %%
def parts_of(protocol):
    """Features of the training and of the test part of the first fold."""
    fold = mc.folds(sample, protocol)[0]
    train = [features[i] for i in fold.train]
    test = [features[i] for i in fold.test]
    return train, test


train, test = parts_of("kfold10")
standardizer = mc.Standardizer().fit(train)
all_train = np.concatenate([f.audio for f in train])  # (all frames, 40)
assert np.allclose(standardizer.mean, all_train.mean(axis=0), atol=1e-2)
assert np.allclose(standardizer.deviation, all_train.std(axis=0), rtol=1e-3)
print(f"before: deviations from {standardizer.deviation.min():.1f} to "
      f"{standardizer.deviation.max():.0f}; c0 lies around {standardizer.mean[0]:.0f}")
after = np.concatenate([f.audio for f in standardizer.apply(train)])
print(f"after: means within {np.abs(after.mean(axis=0)).max():.4f} of 0, "
      f"deviations within {np.abs(after.std(axis=0) - 1).max():.4f} of 1")

# %%
print(inspect.getsource(mc.Standardizer.fit))

# %% [markdown]
# It remembers on which utterances it was fitted, and it refuses a second fit. So a loop
# that "helpfully" fits again on the test part stops, instead of reporting a number.

# %%
try:
    standardizer.fit(train + test)
except RuntimeError as refusal:
    print(refusal)
assert not standardizer.fitted_on & {f.id for f in test}

# %% [markdown]
# **How much does the leak change?** Fit once on the training part, and once with the
# test part thrown in. Do it for two kinds of folds: random utterances (`kfold10`), and
# folds without a speaker on both sides (`speaker`). **Predict** which one moves more.

# %%
leaks = {}
moves = []
for protocol in ("kfold10", "speaker"):
    train, test = parts_of(protocol)
    clean = mc.Standardizer().fit(train)
    leaky = mc.Standardizer().fit(train + test)
    moved = np.abs(clean.mean - leaky.mean) / clean.deviation  # (40,)
    moves += [(protocol, k, far) for k, far in enumerate(moved)]
    away = {}  # how far the test part lies from zero
    for name, fitted in (("clean", clean), ("leaky", leaky)):
        frames_of_test = np.concatenate([f.audio for f in fitted.apply(test)])
        away[name] = np.abs(frames_of_test.mean(axis=0)).mean()
    leaks[protocol] = read.Leak(
        test=len(test), moved=moved.max(), clean=away["clean"], leaky=away["leaky"])
headings = ["test clips", "largest move of a mean",
            "test part from zero, clean fit", "test part from zero, leaky fit"]
pd.DataFrame(leaks.values(), leaks, headings).round(4)

# %% tags=["hide-input"]
moves = pd.DataFrame(moves, columns=["folds", "coefficient", "moved"])
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
sns.stripplot(moves, x="moved", y="folds", hue="folds", legend=False, ax=ax, size=5,
              palette=list(mc.figures.OKABE_ITO[:2]), alpha=0.7)
ax.set(xlabel="how far the leak moves a coefficient's mean, in deviations", ylabel="")
mc.figures.show(
    fig,
    alt="How far each of 40 means moves when the test part is thrown in, for random "
        "folds and for folds by speaker.",
    caption="One dot per coefficient. The test parts differ in size too: "
            f"{leaks['kfold10'].test} clips in random folds, {leaks['speaker'].test} "
            "in folds by speaker.",
)

# %%
print(read.say_how_far_the_leak_moves(leaks["kfold10"], leaks["speaker"]))

# %% [markdown]
# A leak must be closed even where it is small, for two reasons. Nobody can know its
# size beforehand, and it grows with a test part that is large or very different from
# the training part.
#
# ## 7 · Cut at 1,000 frames: who loses?
#
# The paper keeps at most 1,000 frames, 10 s. **Predict** the share of clips that are
# longer. And what would a shorter limit cost? In the synthetic corpus we can also ask
# for the decisive words, the ones that carry the emotion.

# %%
seconds = np.array([soundfile.info(u.audio).duration for u in clips])
with_truth = clips if truth is not None else []
ends = []  # when the decisive word of an utterance ends, where that is known
for u in with_truth:
    place = truth.decisive[u.id]
    if pd.notna(place) and u.words:
        ends.append(u.words[int(place)].end_s)
limits = {}
for limit in (1, 2, 3, 5, 10):
    words_lost = np.mean(np.array(ends) > limit) if ends else None
    limits[limit] = (np.mean(seconds > limit), words_lost)
pd.DataFrame(limits, ["clips cut", "decisive words cut"]).T.rename_axis("limit, s")

# %%
print(f"{corpus.name}: {len(seconds)} clips, median {np.median(seconds):.1f} s, "
      f"longest {seconds.max():.1f} s")
print(read.say_who_loses_the_end(limits, 10))

# %% [markdown]
# Only long turns lose, and they lose their end, whatever is said there. The transcript
# keeps all of its words, so text and sound then disagree about where the utterance
# ends.
#
# Two corpora do not come with the course, but their numbers are known. Of the 5,531
# utterances of IEMOCAP's four classes, 6.7 % are longer than 10 s (durations from the
# lists of EmoBox, Ma et al. 2024). Of the 13,706 public clips of MELD, 283 are longer,
# which is 2.1 % (counted for this course in the clips themselves). Set
# `CORPUS = "meld"` above to count them on your own copy.
#
# ## 8 · The frame ruler
#
# The *encoder* is the part of the network that reads the frames first, before any word
# meets any sound. It shortens the 100 frames per second. Twice it slides over 3 frames
# (convolution) and keeps the largest of 3 (pooling). Lesson 05 explains why. Here we
# ask only **which MFCC frames pooled frame $k$ can see**. We need no formula yet,
# because gradients can tell: where the output does not depend on a frame, the gradient
# is exactly zero.

# %%
torch.manual_seed(0)
first_block = ConvBlock(1, 4, ConvSizes(), activation=torch.nn.Identity())
second_block = ConvBlock(4, 4, ConvSizes(), activation=torch.nn.Identity())


def pool_twice(x):
    """(B, T, 1) -> (B, pooled frames, 4)."""
    all_real = torch.ones(x.shape[:2], dtype=torch.bool)
    pooled, _ = second_block(*first_block(x, all_real))
    return pooled


# 300 random clips, because the largest of 3 is not always the same one.
x = torch.randn(300, 100, 1, requires_grad=True)
pooled = pool_twice(x)
seen = {}
for k in (4, 5, 6):
    [gradient] = torch.autograd.grad(pooled[:, k].sum(), x, retain_graph=True)
    touched = gradient.abs().sum(dim=(0, 2))  # (300, 100, 1) -> (100,)
    seen[k] = touched.nonzero().flatten().tolist()
    print(f"pooled frame {k} sees MFCC frames {seen[k][0]} to {seen[k][-1]}")

# %%
print(read.say_what_the_ruler_measures(seen))

# %% [markdown]
# Now the formula. Backwards through the two blocks, pooling turns $k$ into
# $3k \dots 3k + 2$, and the convolution adds one frame on each side:
#
# $$k \;\to\; [3k - 1,\; 3k + 3] \;\to\;
#   [3(3k - 1) - 1,\; 3(3k + 3) + 2 + 1] = [9k - 4,\; 9k + 12]$$
#
# The centres of these first and last frames are 160 ms apart, and half a window of
# 12.5 ms sticks out at both ends.

# %%
spans = mc.frame_spans(10)  # (10, 2) seconds
for k, frames_seen in seen.items():
    assert frames_seen == list(range(9 * k - 4, 9 * k + 13))
    start = (9 * k - 4) * 0.010 - 0.0125
    end = (9 * k + 12) * 0.010 + 0.0125
    assert np.allclose(spans[k], [start, end])
start, end = spans[5]
length = 1000 * (end - start)
print(f"pooled frame 5 sees {start:.4f} s to {end:.4f} s: {length:.0f} ms")
print(f"the next one begins {1000 * (spans[6, 0] - start):.0f} ms later")
print(f"1,000 MFCC frames become {pool_twice(torch.zeros(1, 1000, 1)).shape[1]}")
print(inspect.getsource(mc.frame_spans))

# %% tags=["hide-input"]
begin = max(0, loudest - 0.65)
end = min(begin + 1.3, duration)  # the stretch that is drawn
fig, (upper, lower) = plt.subplots(
    2, 1, figsize=(8.5, 4.2), height_ratios=(1, 1.7), layout="constrained", sharex=True)
inside = [w for w in clip.words if begin <= w.start_s and w.end_s <= end]
mc.figures.draw_waveform(signal, rate, ax=upper, words=inside)
ticks = np.arange(np.ceil(begin * 100), end * 100) / 100
lower.vlines(ticks, 0, 0.7, color="0.3", lw=0.6)
spans, middles = mc.frame_spans(112), mc.frame_times(112)
whole = [k for k in range(112) if begin <= spans[k, 0] and spans[k, 1] <= end]
for k in whole:
    row = 1.4 + k % 3
    lower.plot(spans[k], [row, row], lw=7, color=mc.figures.OKABE_ITO[k % 3],
               solid_capstyle="butt")
    lower.plot(middles[k], row, "|", color="white", ms=8)
    lower.text(middles[k], row + 0.22, str(k), ha="center", va="bottom", fontsize=9)
lower.set(xlabel="seconds", xlim=(begin, end), ylim=(0, 4.2))
lower.set_yticks([0.35, 2.4], ["MFCC", "pooled"])
overlap = 1000 * (spans[5, 1] - spans[6, 0])
mc.figures.show(
    fig,
    alt="Ruler under the waveform: a tick every 10 ms for MFCC, and overlapping bars "
        "for pooled frames.",
    caption=f"The frame ruler. {len(whole)} pooled frames, numbered, fit whole into "
            f"these {end - begin:.1f} s; neighbours overlap by {overlap:.0f} ms. The "
            "white mark is the moment that stands for the frame on every map.",
)

# %% [markdown]
# The ruler comes with a warning. It says what a pooled frame sees *before* the BiLSTM.
# That is the next part of the encoder: it reads all frames twice, once forwards and
# once backwards. After it, every frame has heard the whole utterance. Lesson 05
# measures how much of it stays.

# %% [markdown]
# ## Exercises
#
# **E3.1 · Implement** (★★, 6 min). Which moment stands for pooled frame $k$? Return
# the middle of what it sees, in **seconds**, for $k \ge 1$. (The start of the clip cuts
# frame 0 off.)
#
# <details><summary>Hint 1</summary>Section 8 has the first and the last MFCC frame that
# it sees.</details>
# <details><summary>Hint 2</summary>The middle of 9k − 4 and 9k + 12 is the number of a
# frame, not yet a time.</details>
# <details><summary>Hint 3</summary>MFCC frame t is centred on t × 0.010 s.</details>

# %% tags=["exercise"]
def frame_to_seconds(k):
    raise NotImplementedError


check.frame_to_seconds(frame_to_seconds)

# %% tags=["solution"]
def frame_to_seconds(k):
    first = 9 * k - 4
    last = 9 * k + 12
    return (first + last) / 2 * 0.010


check.frame_to_seconds(frame_to_seconds)

# %% [markdown]
# **E3.2 · Break it** (★★, 10 min). First build a normaliser. Its `fit` takes a list
# of clips, each an array of shape (frames, coefficients). A second call of `fit` raises
# an error. Its `apply` takes one such array and returns a normalised copy. When the
# check is happy, break it: take one safeguard out again, and see what the check says.
#
# <details><summary>Hint 1</summary>It has two jobs: to remember, and to refuse. What
# tells you that fit has been called before?</details>
# <details><summary>Hint 2</summary>Join the clips with np.concatenate. Then average
# over the frames, axis 0.</details>
# <details><summary>Hint 3</summary>Begin fit with: if self.mean is not None: raise
# RuntimeError("…").</details>

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
        frames = np.concatenate(train)  # (all frames, coefficients)
        self.mean = frames.mean(axis=0)
        self.deviation = frames.std(axis=0)

    def apply(self, frames):
        return (frames - self.mean) / self.deviation


check.normaliser(Normaliser)

# %% [markdown]
# **E3.3 · Implement** (★, 4 min). A clip is `seconds` long, at least 25 ms. How many
# rows does its MFCC table have, after the padding of section 3 and the paper's cut?
# Write your rule down before you compare it with `extraction.mfcc`.
#
# <details><summary>Hint 1</summary>Frame 0 is centred on 0 s, and a new one comes every
# 10 ms.</details>
# <details><summary>Hint 2</summary>A fence of 5 gaps has 6 posts. And what happens
# above 10 s?</details>
# <details><summary>Hint 3</summary>The smaller of 1,000 and 1 + the whole number of
# hops that fit.</details>

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
# **E3.4 · Explain** (★★, 5 min). What do the 40 MFCC of this lesson lose of a
# voice? Choose the sentence that fits what you measured in section 4.
#
# - **a** The loudness: cosines describe shapes, not levels.
# - **b** The pitch, all of it and for every speaker: MFCC describe the mouth, not the
#   vocal folds.
# - **c** The phase altogether, and the fine ripples of the spectrum. So low voices keep
#   less of their pitch than high ones.
# - **d** Nothing: each of the five steps can be undone.
#
# <details><summary>Hint 1</summary>Which of the steps drop numbers, or a sign, for
# good?</details>
# <details><summary>Hint 2</summary>Compare low and high voices in the figure of section
# 4, for 40 coefficients.</details>
# <details><summary>Hint 3</summary>b is what one expects of 13 coefficients. Here there
# are 40.</details>

# %% tags=["exercise"]
answer = ...
check.what_is_lost(answer)

# %% tags=["solution"]
answer = "c"
check.what_is_lost(answer)

# %% [markdown]
# ## Recap
# - You made MFCC from samples in five steps, and they equal the package's.
# - You heard what 40 coefficients keep, and you measured whose pitch survives.
# - You looked for stress in the frames. You looked at the level $c_0$, at the number of
#   frames, and at the ripples further up.
# - You normalised with the training part's numbers only, and saw how far the leak would
#   have moved them.
# - You can turn the numbers of frames into seconds: 10 ms per MFCC frame, 90 ms per
#   pooled frame, each of which sees 185 ms.
#
# ## What you may not conclude
# - That a network cannot learn the pitch of low voices. YIN, on a rebuilt sound, is one
#   listener; a network is another.
# - That the stress of a synthesiser looks like the stress of people. Real speakers also
#   hurry, whisper and stop.
# - That leaks are harmless where this one is small. It was measured on one corpus, in
#   one step of the chain.
# - That a pooled frame is a moment. It is 185 ms before the BiLSTM, and a summary of
#   the whole utterance after it.
#
# **Further reading:** Davis and Mermelstein, *Comparison of parametric representations
# for monosyllabic word recognition in continuously spoken sentences* (1980), which made
# MFCC known; McFee et al., *librosa* (SciPy 2015); Griffin and Lim, *Signal estimation
# from modified short-time Fourier transform* (1984).
#
# **Previous:** [02 · Scores and floors](02_scores_and_floors.ipynb) · **Next:** [04 ·
# From words to vectors](04_from_words_to_vectors.ipynb)
