# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Seeing attention
#
# Before the first picture, here is what it cannot say. **A map shows where one layer
# routed information.** It does not show why the network decided. After the encoder,
# every frame carries traces of the whole utterance (lesson 05). After the attention, a
# maximum over time keeps one frame per channel. This lesson draws maps that do not
# mislead. Lesson 11 puts them to the test.
#
# **You will be able to**
# - take the four maps of one utterance out of a network without changing a line of it,
# - put them on an axis of seconds, under the sound, and say which direction is which,
# - show all heads on one scale, with a rule of choice that did not see the picture,
# - recognise four bugs that make a wrong map look right,
# - describe a map for anyone who cannot see it, and listen to what a word looks at.
#
# **Needs:** lessons 05 and 06. **Time:** read 15 min · run about 1 min · exercises 30
# min. **Paper:** sections 2.3 and 2.4, Eq. 9, 10 and 15. **Runs on:** the synthetic
# corpus with the networks that come with the course; with another `CORPUS` on your own
# copy. There no truth is known, and the rules of this lesson say what they do instead.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "iemocap": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading

# %% [markdown]
# Nothing is trained here: the networks lie in `checkpoints/`. `mcsan checkpoints` in a
# terminal trains all of them again; `RETRAIN = True` trains the ones of this lesson.

# %%
import inspect
from dataclasses import replace
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from torch import nn

import mcsan_lite as mc
from mcsan_lite.explain import controls, pointing as pointing_module
from mcsan_lite.explorer.core import ExplorerCore, explorer_models
from mcsan_lite.explorer.sounds import explorable_clips
from mcsan_lite.explorer.twin import explorer_page
from mcsan_lite.training import inference
from mcsan_lite.explain.maps import AttentionMap
from mcsan_lite.explain.pointing import inside_span, pointing_score
from mcsan_lite.exercises import lesson10 as check
from mcsan_lite.exercises.verdicts import lesson10 as read

torch.set_num_threads(1)  # small tensors: a second thread costs more than it gives
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %% [markdown]
# ## Before anything else: touch it
#
# Here are one sentence of lesson 00 and two networks. **Predict** first: *pain* is
# spelled *pane*, and not a single sample of the sound changes. What happens to the
# class? Then press the button `pain → pane` below, and see whether the words still look
# at the same places. Mute the sound, blank the words, and change the model as well.

# %%
spoken = explorable_clips(16_000)[:1]
explored = ExplorerCore(explorer_models(["matching-seed0", "leaking-seed0"]), spoken)
as_it_is = explored.first_state()
respelled = replace(as_it_is, text=spoken[0].text.replace("pain", "pane"))
classes = []
for state in (as_it_is, respelled):
    answer = explored.answer(state)
    label, share = max(answer["probabilities"], key=lambda pair: pair[1])
    classes.append(label)
    print(f"“{answer['state']['text']}”: {label} ({share:.0%}); rule: {answer['rule']}")
print(read.say_respelled(*classes, answer["rule"]))

# %%
page = explorer_page(explored, readings=["raw attention"], semitones=0)
print(f"{len(page) / 1000:.0f} kB, without a kernel: its answers were computed now")
mc.figures.show_lens(page, title="explorer")

# %% [markdown]
# GitHub does not show this page. `mcsan explore -o explorer.html` writes a larger one
# that opens in any browser. Where a kernel runs, `mc.Explorer()` in a cell of its own
# does more: type other words, move the pitch of one word, and record your own voice.
#
# ## 1 · One network, one utterance
#
# Two worlds of the corpus are enough here. In the **matching** world the sound does not
# tell which word it is: *pain* and *pane* sound the same, so words and frames must be
# brought together. A network can do that by what they sound like, or by order alone:
# the third word is the third sound. Its score does not say which of the two it does. In
# the **leaking** world the sound alone tells which word it is. The architecture and the
# sizes are the same; only the task differs. We open both worlds, and keep the second
# one for section 7.


# %%
class World(NamedTuple):
    run: inference.Trained
    clips: dict  # id -> utterance
    valid: list  # normalised features
    test: list
    truth: dict  # id -> the decisive word, where it is known


def truth_of(root) -> dict:
    """{id: the decisive word}, for every utterance that has one."""
    truth = {}
    for name, row in mc.read_truth(root).iterrows():
        found = pointing_module.decisive_span(row)
        if found:
            truth[name] = mc.figures.DecisiveWord(found.token, *found.seconds)
    return truth


# %%
def open_world(name: str, most: int = 150) -> World:
    synthetic = CORPUS == "synthetic"
    root = ROOT
    if synthetic and not ROOT:
        root = mc.synthetic_folder(PROFILE, world=name)
    corpus = mc.open_corpus(CORPUS, root=root, profile=PROFILE)
    truth = truth_of(root) if synthetic else {}
    if synthetic and not RETRAIN:
        run = mc.load_checkpoint(name, 0)
    else:
        found = mc.trained(
            corpus=corpus,
            profile=PROFILE,
            options=mc.RunOptions(retrain=RETRAIN, progress=True),
            folds=1,
        )
        run = mc.load_run(found.folder[0])
    protocol = mc.paper.table3_specs(PROFILE, CORPUS, rows=["MCSAN"])[0].protocol
    fold = mc.folds(corpus, protocol)[0]
    clips = {}
    for one in corpus.utterances:
        if one.audio is not None and one.text and (one.id in truth or not truth):
            clips[one.id] = one
    prepared = []
    for part in (fold.valid, fold.test):
        ids = [id_ for id_ in part if id_ in clips][:most]
        features, _ = mc.extract(corpus.subset(ids), run.features)
        prepared.append(run.prepare(features))
    valid, test = prepared
    return World(run, clips, valid, test, truth)


# %%
names = ["matching", "leaking"]
if CORPUS != "synthetic":
    names = [CORPUS]
elif ROOT:
    names = ["matching"]
worlds = {name: open_world(name) for name in names}
world = worlds[names[0]]
run = world.run
model = run.model
for name, each in worlds.items():
    said = mc.predict(each.run.model, each.test, list(each.run.labels))
    right = float((said.pred == said.true).mean())
    low, high = mc.share_interval(right, len(each.test))
    print(
        f"{name}: {len(each.valid)} validation and {len(each.test)} test "
        "utterances, with a decisive word where that is known; "
        f"right in {right:.1%} of the test utterances (95 % interval "
        f"{low:.1%} to {high:.1%})"
    )

# %% [markdown]
# Which utterance to show? A picture chosen for its beauty proves nothing, so the rule
# comes first: **the first test utterance, in order of id, with 8 to 12 words and 2 to 4
# seconds.** It is used for every picture below, whatever it shows.


# %%
def first_of(world: World):
    """The test utterance that the rule gives; where it gives none, the first one."""
    for utterance in world.test:
        few_words = 8 <= len(utterance.tokens) <= 12
        if few_words and 200 <= len(utterance.audio) < 400:  # 2 to 4 s of MFCC frames
            return utterance
    return world.test[0]


# %%
one = first_of(world)
rate = run.features.sample_rate
sound = mc.load_audio(world.clips[one.id].audio, rate)
says = run.probabilities(one)
truth = world.truth.get(one.id)
words = world.clips[one.id].words
tokens = list(one.tokens)
display(
    mc.figures.play(
        sound,
        rate,
        alt=f"{one.id}: “{' '.join(tokens)}”, {len(sound) / rate:.1f} s, "
        f"labelled {one.label}",
    )
)
print(
    f"predicted: {says.index[0]} ({says.iloc[0]:.0%}), then {says.index[1]} "
    f"({says.iloc[1]:.0%})"
)
print(
    f"decisive: “{tokens[truth.token]}”, said from {truth.start_s:.2f} to "
    f"{truth.end_s:.2f} s"
    if truth
    else "no truth is known"
)

# %% [markdown]
# ## 2 · The word lens
#
# The lower half of the explorer is the **word lens**. Here it shows our utterance. Pick
# a word with the mouse or the arrow keys. The frames that it looks at light up on
# the wave, and that slice of sound plays. The lens is one HTML page without a server.
# GitHub does not show it; the stack of section 4 is the map that it opens with. `mcsan
# attend` writes one for any utterance, or for your own recording and transcript.

# %%
maps = mc.attention_maps(model, one, run.features)
looks, heard = maps["cross.0.text_from_audio"], maps["cross.0.audio_from_text"]
spans = looks.spans  # (A, 2) seconds that each frame sees; section 4 derives them
aligned = mc.figures.AlignedUtterance(tokens, spans, words, truth)
views = mc.figures.views_of(model, one, maps)
title = f"{one.id} · predicted {says.index[0]} ({says.iloc[0]:.0%})"
page = mc.figures.lens_page(sound, rate, aligned, views, title=title)
np.testing.assert_allclose(views[0].weights, looks.mean, atol=1e-6)
print(
    f"{len(page) / 1000:.0f} kB; it opens with {views[0].name}, the mean of the heads"
)
mc.figures.show_lens(page)

# %% [markdown]
# The lens offers other readings besides raw attention. Lesson 12 builds them; do not
# believe any of them yet. Before we believe even the first, we take the map out by
# hand.
#
# ## 3 · Four maps
#
# Eq. 9 lets the words look at the sound, Eq. 10 lets the sound look at the words, and
# Eq. 15 lets each look at itself:
#
# $$\mathbf W = \mathrm{softmax}\!\left(\mathbf Q \mathbf K^\top / \sqrt{d}\right)
# \qquad \text{one row for each query}$$
#
# The weights exist only for a moment, inside `forward`. PyTorch's *hooks* let us look
# over its shoulder. Here is one of the four maps, taken out by hand:

# %%
caught = []
asks = model.cross.layers[0]["text"].attention  # the text asks, the audio answers
handle = asks.register_forward_hook(
    lambda module, inputs, output: caught.append(output[1])
)
with torch.no_grad():
    logits = model.eval()(mc.collate([one])).logits
handle.remove()
by_hand = caught[0][0].numpy()  # (1, H, L, A) -> (H, L, A)
print(
    f"{by_hand.shape[0]} heads × {by_hand.shape[1]} words × {by_hand.shape[2]} frames; "
    f"row sums {by_hand.sum(-1).min():.4f} to {by_hand.sum(-1).max():.4f}"
)

# %% [markdown]
# The package's function does this for every module, layer and direction, and writes
# words and seconds on the axes:

# %%
print(inspect.getsource(mc.attention_maps))

# %%
np.testing.assert_allclose(looks.weights, by_hand, atol=1e-6)
with torch.no_grad():
    torch.testing.assert_close(
        model(mc.collate([one]), need_attention=True).logits, logits
    )  # looking changes nothing
print("By hand and the package agree; the logits are the same with and without maps.")
pd.DataFrame(
    [
        {
            "map": found.name,
            "who looks": found.direction.split("_from_")[0],
            "queries": len(found.queries),
            "keys": len(found.keys),
            "heads": len(found.weights),
            "even spread": 1 / len(found.keys),
        }
        for found in maps.values()
    ]
).round(3)

# %% [markdown]
# The next picture shows all four. **Predict** first: imagine a row over 9 words and a
# row over 30 frames, both perfectly even. Which of them looks brighter on a scale of
# plain weights? The column *even spread* of the table above answers this. So the colour
# here is *weight ÷ even spread*: 1 means "no preference".

# %%
plain = {
    "text_from_audio": "each word looks at the sound",
    "audio_from_text": "each moment looks at the words",
    "text": "each word looks at the words",
    "audio": "each moment looks at the sound",
}
# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 2, figsize=(8.5, 6.4), layout="constrained")
preferences = {name: found.mean * len(found.keys) for name, found in maps.items()}
strongest = max(preferences, key=lambda name: preferences[name].max())
top = preferences[strongest].max()
for ax, (name, found) in zip(axes.flat, maps.items(), strict=True):
    mesh = ax.pcolormesh(preferences[name], cmap="cividis", vmin=0, vmax=top)
    ax.invert_yaxis()
    for axis, labels in ((ax.yaxis, found.queries), (ax.xaxis, found.keys)):
        if isinstance(labels[0], str):
            step, shown = 1, labels
        else:
            step = max(1, len(labels) // 6)
            shown = [f"{second:.1f} s" for second in labels[::step]]
        axis.set_ticks(np.arange(0, len(labels), step) + 0.5, shown, fontsize=9)
    ax.tick_params(axis="x", rotation=60 if isinstance(found.keys[0], str) else 0)
    ax.set_title(f"{name}\n{plain[found.direction]}", fontsize=9)
fig.colorbar(mesh, ax=axes, label="weight ÷ even spread")
mc.figures.show(
    fig,
    alt="Four heat maps: sound looks at words, words look at sound, sound looks at "
    "sound, words look at words; a row belongs to the one that looks.",
    caption=f"Mean of {len(looks.weights)} heads. A row belongs to the one that looks, "
    "and has a mean of 1. The strongest preference, "
    f"{top:.1f} times even, is in {strongest}. The network itself "
    "never averages heads.",
)

# %% [markdown]
# Look for two things in this picture. A bright *cell* says that this one word or moment
# prefers that place. A bright *column* says that all of them prefer it, whichever of
# them looks. That is a place, and not yet a match. Section 7 counts the difference.
#
# ## 4 · Seconds, not frame numbers
#
# Pooled frame $k$ stands for MFCC frames $9k-4$ to $9k+12$ (lesson 05). A new frame
# comes every 90 ms and sees 185 ms, so neighbouring frames overlap. The axis puts each
# frame at the middle of what it sees.

# %%
spans = mc.frame_spans(
    len(looks.keys), hop_s=run.features.hop_s, window_s=run.features.window_s
)
np.testing.assert_allclose(spans, looks.spans)
for k in (0, 1, 2, len(spans) - 1):
    print(
        f"frame {k:3}: middle {spans[k].mean():.3f} s, sees "
        f"{spans[k, 0]:.3f} to {spans[k, 1]:.3f} s"
    )
print(
    f"The sound lasts {len(sound) / rate:.3f} s. The last frame may see "
    "silence after its end."
)

# %% [markdown]
# With seconds on the axis, the map can be drawn under the sound: under the words at the
# time when they are said, the wave, the spectrogram and the pitch. Where the truth is
# known, a box marks the sound of the word that decides.

# %%
drawn = mc.figures.draw_stack(
    sound,
    rate,
    looks.mean,
    aligned,
    what="mean weight",
    title=f"{one.id} · labelled {one.label} · predicted {says.index[0]} "
    f"({says.iloc[0]:.0%})",
)
drawn.show()

# %% [markdown]
# Read the caption before you read the colours. A number without its chance level is
# decoration. In words:

# %%
if truth:
    inside = inside_span(spans.mean(1), truth.span)
    score = pointing_score(looks.mean[truth.token], inside)
    print(read.say_row_of_one(tokens[truth.token], score.mass, score.chance))

# %% [markdown]
# ## 5 · Which way round?
#
# *Each word looks at the sound* and *each moment looks at the words* are two maps with
# weights of their own. Neither is the other's transpose. On the left each **row** adds
# up to one, on the right each **column** does.

# %%
mc.figures.draw_directions(looks.mean, heard.mean, aligned).show()
turned = heard.mean.T  # (A, L) -> (L, A): words down, as on the left
print(
    f"left: rows add up to {looks.mean.sum(1).min():.3f} … "
    f"{looks.mean.sum(1).max():.3f}\n"
    f"right: columns {turned.sum(0).min():.3f} … {turned.sum(0).max():.3f}, "
    f"rows {turned.sum(1).min():.3f} … "
    f"{turned.sum(1).max():.3f}"
)
correlation = np.corrcoef(looks.mean.ravel(), turned.ravel())[0, 1]
print(read.say_two_directions(correlation))

# %% [markdown]
# ## 6 · All heads, one scale, a rule
#
# The mean of the heads is no head's own opinion. But if you look at all heads and show
# the nicest one, you have chosen by the answer. So the head is chosen **on validation
# utterances**, and the utterance that is shown comes from the test part. The score of a
# head says how often the heaviest frame of the decisive word's row lies inside that
# word's span. (Where no truth is known, it says how uneven the rows are.)


# %%
def looks_of(world: World, utterance, model=None) -> AttentionMap:
    """Where each word looks in the sound."""
    maps = mc.attention_maps(model or world.run.model, utterance, world.run.features)
    return maps["cross.0.text_from_audio"]


def score_heads(world: World, utterance, model=None) -> list[float]:
    """One number per head: 1 where the decisive row's peak is inside, else 0."""
    found = looks_of(world, utterance, model)
    if utterance.id not in world.truth:
        return [1 - mc.figures.entropy(weights) for weights in found.weights]
    token, start, end = world.truth[utterance.id]
    inside = inside_span(found.spans.mean(1), (start, end))
    scores = [pointing_score(weights[token], inside) for weights in found.weights]
    return [0.0 if score is None else score.points for score in scores]


def choose_head(world: World, model=None) -> tuple[int, np.ndarray]:
    """The head that is best on validation, and the mean score of each there."""
    scores = [score_heads(world, utterance, model) for utterance in world.valid]
    means = np.mean(scores, axis=0)  # (H,)
    return int(means.argmax()), means


# %%
chosen, on_valid = choose_head(world)
what = "points at the decisive word" if world.truth else "is uneven"
rule = (
    f"the head whose row {what} most often in {len(world.valid)} "
    f"validation utterances ({on_valid[chosen]:.2f}; on a tie the first)"
)
mc.figures.draw_heads(looks.weights, aligned, rule=rule, chosen=chosen).show()
for head, score in enumerate(on_valid):
    print(f"head {head} on validation: {score:.3f}")

# %% [markdown]
# Was the head that validation chose also the best on *this* utterance?

# %%
if truth:
    inside = inside_span(spans.mean(1), truth.span)
    rows = looks.weights[:, truth.token]  # (H, A) the decisive word's row of each head
    here = rows[:, inside].sum(1)  # (H,) how much of it is on the box
    print(read.say_chosen_head(chosen, int(np.argmax(here))))

# %% [markdown]
# **One utterance is an anecdote**; section 7 counts.
#
# ### Listen back
#
# What does a word look at? Take its heaviest frame and the neighbours that have at
# least half of its weight, and play what these frames see. **Predict**: is it the
# word's own sound?

# %%
row = truth.token if truth else int(looks.mean.max(1).argmax())
weights = looks.mean[row]
peak = int(weights.argmax())
first = last = peak
while first > 0 and weights[first - 1] >= weights[peak] / 2:
    first -= 1
while last < len(weights) - 1 and weights[last + 1] >= weights[peak] / 2:
    last += 1
start, end = spans[first, 0], min(spans[last, 1], len(sound) / rate)
heard_there = sound[int(start * rate) : int(end * rate)]
said_there = [
    spoken.text for spoken in words if spoken.start_s < end and spoken.end_s > start
]
print(
    f"“{tokens[row]}” looks most at {spans[peak].mean():.2f} s; frames "
    f"{first} to {last} see {start:.2f} to {end:.2f} s"
)
print(read.say_slice(tokens[row], said_there))
mc.figures.play(
    heard_there,
    rate,
    alt=f"The {end - start:.2f} s that “{tokens[row]}” looks at most: "
    f"{' '.join(said_there)}",
)

# %%
fig, (wave, strip, mel) = plt.subplots(
    3, 1, figsize=(8.5, 3.8), height_ratios=(1, 0.3, 1), sharex=True, layout="constrained"
)
mc.figures.draw_waveform(
    sound, rate, ax=wave, words=words, highlight=row if truth else None
)
mc.figures.draw_attention(
    weights[None],
    mc.figures.AlignedUtterance([tokens[row]], spans),
    ax=strip,
    top=looks.mean.max(),
    bar=None,
)
fig.colorbar(strip.collections[0], ax=strip, label="weight", pad=0.01, aspect=4)
strip.set(xlabel="", ylabel="")
mc.figures.draw_spectrogram(sound, rate, ax=mel)
for ax in (wave, mel):
    ax.axvspan(start, end, fill=False, ec=mc.figures.OKABE_ITO[5], lw=2)
mel.set_xlabel("seconds")
share = weights[first : last + 1].sum()
mc.figures.show(
    fig,
    alt="Waveform, the weights of one word's row as a strip, and a "
    f"spectrogram; the slice {start:.2f} to {end:.2f} s "
    "is framed in the first and the last.",
    caption=f"The row of “{tokens[row]}”, mean of heads. The framed slice "
    f"holds {share:.0%} of its weight on "
    f"{(last - first + 1) / len(weights):.0%} of the frames; said there: "
    f"{' '.join(said_there) or 'unknown'}.",
)

# %% [markdown]
# Remember that you hear the *sound* of the slice. What the network read there is the
# encoder's summary at that moment, which no player can play.
#
# ## 7 · Same architecture, two worlds
#
# Now we take the other network as well, whose task needs no matching. Its utterance
# follows the same rule, and its head is chosen in the same way, on its own validation
# part.

# %%
heads, shown = {}, {}
for name, each in worlds.items():
    heads[name], _ = choose_head(each)
    shown[name] = looks_of(each, first_of(each))
top = max(found.weights[heads[name]].max() for name, found in shown.items())
# %% tags=["hide-input"]
fig, axes = plt.subplots(
    1, len(shown), figsize=(4.8 * len(shown), 3), squeeze=False, layout="constrained"
)
told = []
for ax, (name, found) in zip(axes[0], shown.items(), strict=True):
    box = worlds[name].truth.get(first_of(worlds[name]).id)
    weights = found.weights[heads[name]]
    of_world = mc.figures.AlignedUtterance(found.queries, found.spans, truth=box)
    mc.figures.draw_attention(weights, of_world, ax=ax, top=top, bar=None)
    ax.set_title(f"{name} world, head {heads[name]}", fontsize=9)
    ax.set_ylabel("")
    if box:
        score = pointing_score(
            weights[box.token], inside_span(found.spans.mean(1), box.span)
        )
        told.append(
            f"{name}: “{found.queries[box.token]}” puts {score.mass:.0%} on "
            f"its box, an even spread {score.chance:.0%}"
        )
fig.colorbar(axes[0, 0].collections[0], ax=axes, label="weight", pad=0.01)
mc.figures.show(
    fig,
    alt=f"Words × seconds maps of {len(shown)} networks on one colour "
    "scale, the decisive word boxed where known.",
    caption=f"One scale, 0 to {top:.2f}. "
    f"{'; '.join(told) or 'No truth is known here'}. Two "
    "utterances: no evidence yet.",
)

# %% [markdown]
# The pictures end here, and the counting begins. For each test utterance: does the
# heaviest frame of the **decisive word's row** lie inside its span? *Chance* is the
# share of the frames that lie inside the span: a frame drawn at random would be right
# that often. It differs from utterance to utterance, so the table has its mean. And a
# control: do the rows of the **other words** point at the same place? If they do, the
# place attracts every row, and no matching is needed to look there. We take three
# trainings of each world, since a single one proves no rule, and in each world three
# **untrained** networks of the same architecture. Each is read with the head that is
# its best on validation. **Predict**: in which world, if in any, does the decisive row
# point more often than the other rows?


# %%
def pointing(world: World, model) -> pd.DataFrame:
    """One row per test utterance: decisive row, mean of other rows, chance."""
    head, _ = choose_head(world, model)
    rows = []
    for utterance in world.test:
        if utterance.id not in world.truth or len(utterance.tokens) < 2:
            continue
        token, start, end = world.truth[utterance.id]
        found = looks_of(world, utterance, model)
        inside = inside_span(found.spans.mean(1), (start, end))
        scores = [pointing_score(row, inside) for row in found.weights[head]]
        own = scores.pop(token)
        if own is None:  # no frame lies inside: there is nothing to find
            continue
        others = np.mean([score.points for score in scores])
        rows.append({"own": own.points, "others": others, "chance": own.chance})
    return pd.DataFrame(rows, columns=["own", "others", "chance"])


def share_of(values) -> read.Measured:
    """Mean and 95 % interval over utterances."""
    mean, half = mc.fold_interval(values)
    return read.Measured(mean, mean - half, mean + half)


# %%
networks = {}
for name, each in worlds.items():
    networks[f"{name}, seed 0"] = (each, each.run.model)
    if CORPUS == "synthetic" and not RETRAIN:
        for seed in (1, 2):  # three trainings of each world come with the course
            shipped = mc.load_checkpoint(name, seed)
            networks[f"{name}, seed {seed}"] = (each, shipped.model)
    for seed in range(3):  # the same architecture, which has learned nothing
        fresh = controls.untrained(each.run.model, seed=seed)
        networks[f"{name}, untrained {seed}"] = (each, fresh)

# %%
numbers = {}
for name, (each, network) in networks.items():
    found = pointing(each, network)
    if len(found) > 1:
        numbers[name] = read.RowsOfMap(
            own=share_of(found["own"]),
            others=share_of(found["others"]),
            difference=share_of(found["own"] - found["others"]),
            chance=found["chance"].mean(),
        )
table = {
    name: {
        "decisive row": rows.own.mean,
        "other rows": rows.others.mean,
        "difference": rows.difference.mean,
        "from": rows.difference.low,
        "to": rows.difference.high,
        "chance": rows.chance,
    }
    for name, rows in numbers.items()
}
pd.DataFrame(table).T.round(2)

# %% [markdown]
# `from` and `to` are the 95 % interval of the difference over utterances. Seeds are the
# other half of the uncertainty, so compare them. The code reads this table by the
# following rule:
#
# - If the decisive row is above chance, and above the other rows, the map has **a word
#   of its own**.
# - If the decisive row is above chance, but not shown to be above the other rows, the
#   map has **a readable place**, and a lead of the word's own row is not shown. This
#   stretch of sound may attract other words as well.
# - If an **untrained** network's decisive row beats its other rows, the comparison with
#   other words is void for every network of that world: nothing had to be learned to
#   win it.

# %%
shown = {name: read.what_rows_show(rows) for name, rows in numbers.items()}
learned, control = {}, {}
for name, verdict in shown.items():
    kind = control if "untrained" in name else learned
    kind[name] = verdict
standing = read.voided_by_untrained(learned, control)
for name, rows in numbers.items():
    print(read.say_what_rows_show(name, rows, standing.get(name, shown[name])))
if numbers:
    print()
    print(read.say_what_the_control_did(control))
    print(read.say_worlds_together(standing))
else:
    print("No truth is known on this corpus, so nothing can be counted.")

# %% [markdown]
# None of this says what the *decision* used. A network can be right in almost all
# utterances while its rows point elsewhere. Compare this table with the accuracies of
# section 1.
#
# ## 8 · Bug hunt
#
# Here are four bugs. Each gives a picture that looks fine.
#
# **a · Every map on its own scale.** On the left, two maps are scaled as a plotting
# library scales them by default. On the right, both are on one scale. One of the two
# maps comes from an untrained network.

# %%
pair = {
    "trained": looks.weights[chosen],
    "untrained": looks_of(world, one, controls.untrained(model)).weights[0],
}
fig, axes = plt.subplots(2, 2, figsize=(9, 4.4), layout="constrained")
of_both = mc.figures.AlignedUtterance(tokens, spans)
highest = max(weights.max() for weights in pair.values())
for row_of_axes, (name, weights) in zip(axes, pair.items(), strict=True):
    tops = {"its own scale": weights.max(), "one scale": highest}
    for ax, (scale, top) in zip(row_of_axes, tops.items(), strict=True):
        mc.figures.draw_attention(weights, of_both, ax=ax, top=top)
        ax.set_title(f"{name}, {scale}", fontsize=9)
        ax.set(ylabel="", xlabel="seconds" if name == "untrained" else "")
said = {
    name: f"{mc.figures.entropy(weights):.2f}, highest weight {weights.max():.2f}"
    for name, weights in pair.items()
}
mc.figures.show(
    fig,
    alt="A trained and an untrained map, left each on its own colour "
    "scale, right both on one.",
    caption="Entropy, where 1 is an even spread: trained "
    f"{said['trained']}; untrained {said['untrained']}. On its own "
    "scale, the untrained map seems to have structure; the colour bars give it away.",
)

# %% [markdown]
# **b · Axes exchanged.** A map $(A, L)$ is to be drawn as $(L, A)$. With `reshape`
# instead of a transpose, the shapes fit and nothing complains. Only the sums do. So
# know which axis adds up to one, and add it up.

# %%
pictures = {
    "transposed": heard.mean.T,  # (A, L) -> (L, A)
    "reshaped": heard.mean.reshape(len(tokens), -1),  # (A, L) -> (L, A), and wrong
}
for name, picture in pictures.items():
    print(
        f"{name:11} {picture.shape}: columns add up to "
        f"{picture.sum(0).min():.2f} … {picture.sum(0).max():.2f}"
    )

# %% [markdown]
# **c · Padding shown.** In a batch, short utterances are padded. The padding has no
# weight, but it has *columns*. If you stretch the picture over the length of the sound,
# every frame moves.

# %%
mate = max(world.test, key=lambda utterance: len(utterance.audio))
with torch.no_grad():
    answer = model(mc.collate([one, mate]), need_attention=True)
# (2, H, L', A') -> (L', A') of our utterance, with its padding
batch = answer.attention["cross.0.text_from_audio"][0].mean(0).numpy()
wide = batch[row]  # its padded columns are still there
stretched = (np.arange(len(wide)) + 0.5) * len(sound) / rate / len(wide)
print(
    f"{len(spans)} real frames, {batch.shape[1]} columns; weight on "
    f"padding: {wide[len(spans) :].sum():.1f}"
)
print(
    f"“{tokens[row]}” looks at {spans[wide.argmax()].mean():.2f} s; the "
    f"stretched axis says {stretched[wide.argmax()]:.2f} s"
)

# %% [markdown]
# **d · Training mode.** `torch.nn.MultiheadAttention` returns its weights *after*
# dropout. Ours returns them before. Give PyTorch's module the weights of our layer, and
# let it see what our layer saw, once in each mode:

# %%
theirs = nn.MultiheadAttention(
    model.config.hidden, model.config.heads, dropout=0.5, batch_first=True
)
linear = (asks.to_query, asks.to_key, asks.to_value)
theirs.load_state_dict(
    {
        "in_proj_weight": torch.cat([part.weight for part in linear]),
        "in_proj_bias": torch.cat([part.bias for part in linear]),
        "out_proj.weight": asks.merge.weight,
        "out_proj.bias": asks.merge.bias,
    }
)
inputs = []
handle = asks.register_forward_hook(lambda module, given, output: inputs.extend(given))
with torch.no_grad():
    model(mc.collate([one]))
handle.remove()
asking, answering = inputs[:2]  # words (1, L, D), sound (1, A, D)
torch.manual_seed(0)  # dropout draws, and every run shall draw the same
for mode in (False, True):
    theirs.train(mode)
    with torch.no_grad():
        _, found = theirs(asking, answering, answering, average_attn_weights=False)
    found = found[0].numpy()  # (1, H, L, A) -> (H, L, A)
    print(
        f"{'train' if mode else 'eval '} mode: rows add up to "
        f"{found.sum(-1).min():.2f} … {found.sum(-1).max():.2f}; "
        f"largest difference from our map {np.abs(found - looks.weights).max():.0e}"
    )

# %% [markdown]
# A picture that does not add up to one is the symptom of bug b, of bug d, and of bug c
# where the mask is wrong too. **Before every picture, add it up over its keys:**
# `picture.sum(-1)` where a row is a query, `picture.sum(0)` where a column is.
#
# ## 9 · For anyone who cannot see it
#
# If you cannot say a picture in words, perhaps you have not understood it. For each
# row, `describe()` says where it looks most, how much, and what an even spread would
# give:

# %%
print(replace(looks, weights=looks.weights[[chosen]]).describe())

# %% [markdown]
# ## Exercises
#
# **E10.1 · Break it** (★★, 8 min). This function should make fair pictures of several
# heads: words down, seconds across, without padding, on one colour scale. It holds
# three of the bugs of section 8. `maps` has the shape `(H, A', L')`: *each moment looks
# at the words*, padded to `A'` frames and `L'` words. `words` and `frames` say how many
# of them are real. Return the pictures `(H, words, frames)` with their weights
# unchanged, and the top of the common scale. Run it, then mend it.
#
# <details><summary>Hint 1</summary>Section 8, a to c. The check names
# one bug at a time.</details>
# <details><summary>Hint 2</summary>First cut the padding off, then exchange
# the two last axes, then take one maximum of all heads.</details>
# <details><summary>Hint 3</summary><code>maps[:, :frames,
# :words].transpose(0, 2, 1)</code>; dividing each head by its own maximum is a scale of
# its own.</details>


# %% tags=["exercise"]
def pictures(maps, words, frames):
    """(H, A', L') -> (H, words, frames), top of the scale."""
    turned = maps.reshape(len(maps), maps.shape[2], maps.shape[1])
    return turned / turned.max((1, 2), keepdims=True), 1.0


check.pictures(pictures)


# %% tags=["solution"]
def pictures(maps, words, frames):
    """(H, A', L') -> (H, words, frames), top of the scale."""
    real = maps[:, :frames, :words].transpose(0, 2, 1)
    return real, real.max()


check.pictures(pictures)

# %% [markdown]
# **E10.2 · Implement** (★★, 8 min). Write `describe(tokens, times, weights)`: a text
# with one line per word, in order. Each line holds the word, the time of its heaviest
# frame as `0.85 s`, that frame's share as `61%`, and what an even spread would give,
# `4%`. `times (A,)` in seconds, `weights (L, A)`.
#
# <details><summary>Hint 1</summary>The output of section 9.</details>
# <details><summary>Hint 2</summary>For each row, find the
# <code>argmax</code>, the time of that frame, the weight there, and one divided by the
# number of frames.</details>
# <details><summary>Hint 3</summary><code>f"{times[top]:.2f}
# s"</code>, <code>f"{row[top]:.0%}"</code>, <code>f"{1 / len(row):.0%}"</code>, joined
# by <code>"\n"</code>.</details>


# %% tags=["exercise"]
def describe(tokens, times, weights):
    raise NotImplementedError


check.describe(describe)


# %% tags=["solution"]
def describe(tokens, times, weights):
    lines = []
    for token, row in zip(tokens, weights, strict=True):
        top = row.argmax()
        lines.append(
            f"{token} looks most at {times[top]:.2f} s ({row[top]:.0%}; "
            f"even spread {1 / len(row):.0%})"
        )
    return "\n".join(lines)


check.describe(describe)

# %% [markdown]
# **E10.3 · Implement** (★★, 6 min). Write `choose(scores)`. It gets a table of scores
# and returns the number of the head to show. The table has the columns `id`, `split`
# (`"valid"` or `"test"`), `head` and `points`. The utterance that will be shown is one
# of the test ones. Heads may be scored on different numbers of utterances.
#
# <details><summary>Hint 1</summary>Section 6. Which utterances may take
# part in the choice?</details>
# <details><summary>Hint 2</summary>Keep the validation lines, average by
# head, take the best.</details>
# <details><summary>Hint 3</summary><code>.groupby("head").points.mean().idxmax()</code></details>


# %% tags=["exercise"]
def choose(scores):
    raise NotImplementedError


check.choose(choose)


# %% tags=["solution"]
def choose(scores):
    return scores[scores.split == "valid"].groupby("head").points.mean().idxmax()


check.choose(choose)

# %% [markdown]
# **E10.4 · Implement** (★★, 8 min). Write `seen(row)`. It gets one row of weights
# `(A,)` and returns where the sound begins and ends that the heaviest frame sees before
# the BiLSTM, both in seconds. Frame $k$ sees MFCC frames $9k-4$ to $9k+12$. MFCC frame
# $t$ is centred on $t \times 10$ ms, and its window is 25 ms long. There is no sound
# before 0 s.
#
# <details><summary>Hint 1</summary>Section 4 prints what some frames
# see.</details>
# <details><summary>Hint 2</summary>Take the centres of the first and the last
# MFCC frame, in seconds, and then add half a window on either side.</details>
# <details><summary>Hint 3</summary><code>(9 * k - 4) * 0.010 -
# 0.0125</code>, not below zero.</details>


# %% tags=["exercise"]
def seen(row):
    raise NotImplementedError


check.seen(seen)


# %% tags=["solution"]
def seen(row):
    k = row.argmax()
    return max(0.0, (9 * k - 4) * 0.010 - 0.0125), (9 * k + 12) * 0.010 + 0.0125


check.seen(seen)

# %% [markdown]
# ## Recap
# - You took a map out with a hook, and the package's map was equal to it. The logits
#   did not change.
# - You laid a map under its sound, on an axis of seconds, and played what a word looks
#   at.
# - You know the two directions by what adds up to one.
# - The head was chosen on validation, and shown with the rule.
# - You counted, and compared the count with chance, with the other words' rows and with
#   untrained networks.
# - You saw four bugs, and one sum, over the keys of a picture, that finds two of them
#   and a wrong mask as well.
#
# *The map shows where information was routed in one layer. Only an edit of the input
# can tell where the decision came from.*

# %% [markdown]
# ## What you may not conclude
# - That a bright cell is a reason. Whether this map points at the evidence is tested in
#   lesson 11, and whether any other reading does, in lesson 12.
# - That a readable place is a matched word: only the other words' rows can tell.
# - That the network did not use a word whose row points elsewhere: after the encoder, a
#   frame holds more than its own sound.
# - That another training gives this map: the pictures show one seed, and the table
#   shows how much three differ.
# - Anything about real speech, or about the paper's network. The corpus is generated.
#
# **Further reading:** Vaswani et al., *Attention is all you need* (NeurIPS 2017); Jain
# and Wallace, *Attention is not explanation* (NAACL 2019); Wiegreffe and Pinter,
# *Attention is not not explanation* (EMNLP 2019); Vig, *A multiscale visualization of
# attention in the transformer model* (ACL 2019).
#
# **Previous:** [09 · Training you can trust](09_training_you_can_trust.ipynb) ·
# **Next:** [11 · Is it an explanation?](11_is_it_an_explanation.ipynb)
