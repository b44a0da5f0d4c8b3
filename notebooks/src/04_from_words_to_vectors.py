# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · From words to vectors
#
# A network cannot read either. Each word becomes a row of numbers, looked up in a table
# that somebody trained on billions of words. This lesson follows the words on their
# way. It asks where a word ends, which words the table lacks, what its numbers know,
# and how far the text alone can ever get.
#
# **You will be able to**
# - say why two tokenisers give one sentence different words, and what that costs,
# - measure coverage in types and in tokens, and choose a policy for unknown words
#   without looking at the test part,
# - read neighbours, analogies and a 2-D picture of word vectors without believing too
#   much,
# - average over words so that padding never changes the result,
# - compute the best score that anyone can reach from the text alone.
#
# **Needs:** arrays, and what a dot product is; lesson 00 helps. **Time:** read 18 min ·
# run about 1 min · exercises 27 min. **If you have 20 minutes:** sections 1 to 4 stand
# on their own. Read them, run them, and do E4.1; the rest can wait. **Paper:** section
# 3.2 (word-tokenizer, 300-dimensional GloVe) and the input $X_l$ of section 2.2. **Runs
# on:** any corpus with transcripts. Sections 1 to 8 use this one corpus; only section 9
# brings in a second.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # this lesson trains only what takes seconds, so it always trains

# %%
import hashlib
import inspect
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import mcsan_lite as mc
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from gensim.models import Word2Vec
from IPython.display import display
from nltk.tokenize import NLTKWordTokenizer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %%
from mcsan_lite.datasets.synthetic import ceilings, rules, speech
from mcsan_lite.evaluation import intervals
from mcsan_lite.exercises import lesson04 as check
from mcsan_lite.exercises.verdicts import lesson04 as read
from mcsan_lite.features import words
from mcsan_lite.models import layers

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
glove = words.load_vectors()  # GloVe 6B with 50 dimensions, from a pip package
[spec] = mc.paper.table3_specs(PROFILE, CORPUS, rows=["MCSAN"])
print(f"{corpus.name}: {len(corpus)} utterances")
print(f"the table: {len(glove):,} words × {glove.vector_size} numbers")

# %% [markdown]
# ## 1 · Where does a word end?
#
# The paper says *word-tokenizer*, and nothing more. The simplest tokeniser is Python's
# `split()`. The best known one is NLTK's, which follows the Penn Treebank. Let us
# compare both, and ours, on a scene made up for the purpose, with short sentences,
# quotes and a dash.

# %%
scene = [
    "I don't know. He said okay. right.",
    "“Don’t wait up,” she whispered… and left.",
    "You can't be serious! We'd won. finally.",
    "Y'know, it was a so-so day — rainy, dull.",
    "No-no-no. I’m fine. really.",
    "Grandma’s half-burnt cake? I'll pass. thanks.",
    "She's late; they're late. everyone's late.",
    "Ugh, Bettinka’s cat again…",
]


def split_only(line):
    return line.lower().split()


def treebank_only(line):
    return NLTKWordTokenizer().tokenize(line.lower())


tokenizers = {"split()": split_only, "NLTK": treebank_only, "ours": words.tokenize}
for line in scene[:2]:
    for name, cut in tokenizers.items():
        print(f"{name:8s}", " | ".join(cut(line)))
    print()

# %% [markdown]
# Notice three things:
#
# - `don't` is one word for `split()` and two for NLTK: `do` and `n't`. The makers of
#   GloVe cut in that way too.
# - NLTK cuts off a full stop only at the **end** of what it is given. In the middle, a
#   full stop might belong to *Mr.*, so `know.` and `okay.` keep theirs. That is why
#   sentences must be split first.
# - A curly apostrophe is a different character. `Don’t` falls into `don`, `’` and `t`.
#
# **Predict** which of these are in the table: `don't`, `n't`, `okay`, `okay.`, `’`.

# %%
for token in ("don't", "n't", "okay", "okay.", "’"):
    print(f"{token:6s}", "in the table" if token in glove else "not in the table")

# %% [markdown]
# So our tokeniser takes three small steps. Here they are by hand, for two lines of the
# scene. (It has one more rule, which these lines do not need: *y'know* is read as *you
# know*, because the table lacks it.)

# %%
line = scene[1] + " " + scene[0]
# 1: plain punctuation
plain = line.lower().replace("’", "'").replace("“", '"').replace("”", '"')
plain = plain.replace("…", "...")
# 2: cut after . ! ? where a blank follows
sentences = re.split(r"(?<=[.!?])\s+", plain)
# 3: the Treebank's rules
by_hand = []
for sentence in sentences:
    by_hand += NLTKWordTokenizer().tokenize(sentence)
assert by_hand == words.tokenize(line)
print(len(sentences), "pieces:", sentences)

# %%
print(inspect.getsource(words.tokenize))

# %% [markdown]
# Step 2 has a price: `Mr. Bean` is cut too. That costs little here, because nothing
# later asks where a sentence ends.
#
# ## 2 · How many words does the table know?
#
# There are two honest answers. **Tokens** are the words of a text, counted each time
# they come. **Types** are the different words, counted once.
#
# $$\text{coverage}_\text{tokens} =
#   \frac{\#\{\text{tokens in the table}\}}{\#\,\text{tokens}}, \qquad
#   \text{coverage}_\text{types} =
#   \frac{\#\{\text{types in the table}\}}{\#\,\text{types}}$$

# %%
tiny = ["no", "no", "no", "no", "bettinka"]
print(f"tokens: {np.mean([token in glove for token in tiny]):.2f}")
print(f"types:  {np.mean([token in glove for token in set(tiny)]):.2f}")

# %% [markdown]
# Now the same for each tokeniser, on the scene and on the corpus:

# %%
def coverage_of(lines, cut):
    counts = Counter()
    for line in lines:
        counts.update(cut(line))
    known = [token for token in counts if token in glove]
    unknown = [token for token, _ in counts.most_common() if token not in glove]
    return {
        "tokens": counts.total(),
        "types": len(counts),
        "known tokens": sum(counts[token] for token in known) / counts.total(),
        "known types": len(known) / len(counts),
        "unknown": " ".join(unknown)[:30],
    }


texts = {"scene": scene, corpus.kind: [u.text for u in corpus.utterances]}
covered = {}
for where, lines in texts.items():
    for name, cut in tokenizers.items():
        covered[where, name] = coverage_of(lines, cut)
pd.DataFrame(covered).T.infer_objects().round(3)

# %%
for where in texts:
    known = {name: covered[where, name]["known types"] for name in tokenizers}
    print(read.say_what_tokenisers_change(where, known))

# %% [markdown]
# The scene was made up to hold what our tokeniser handles, so its share is an
# illustration, not a comparison. A coverage belongs to a tokeniser and a table
# together. A paper that names neither cannot be repeated. *(Transcripts of real talk
# have capitals, punctuation and curly apostrophes; set `CORPUS = "meld"` above if you
# have it.)*
#
# From here on we use only our own tokens. Later we need scores, so we cut the corpus
# into a training and a test part, as its protocol says.

# %%
@dataclass
class Texts:
    """Sentences as lists of tokens, and their labels, of both parts of a fold."""

    train: list
    train_labels: list
    test: list
    test_labels: list


def texts_of(corpus, protocol):
    """The first fold of a corpus."""
    fold = mc.folds(corpus, protocol)[0]
    by_id = {u.id: u for u in corpus.utterances}
    train = [by_id[i] for i in fold.train]
    test = [by_id[i] for i in fold.test]
    return Texts(
        [words.tokenize(u.text) for u in train], [u.label for u in train],
        [words.tokenize(u.text) for u in test], [u.label for u in test],
    )


def types_of(sentences):
    return {token for sentence in sentences for token in sentence}


# %%
here = texts_of(corpus, spec.protocol)
all_types = types_of(here.train) | types_of(here.test)
counts = Counter()
for sentence in here.train:
    counts.update(sentence)
unmet = types_of(here.test) - set(counts)
print(f"training part: {counts.total()} tokens of {len(counts)} types")
print(f"{len(unmet)} types occur in the test part only")
print("most frequent:", ", ".join(f"{token} {n}" for token, n in counts.most_common(8)))

# %% [markdown]
# The table is sorted by how frequent a word is in the text it was made from. So we can
# ask: what if we had kept only its first $N$ words, for a smaller download? **Predict**
# which curve rises first, that of tokens or that of types.

# %%
rank_of = glove.key_to_index  # word -> its rank, 0 for the most frequent
ranks = np.array([rank_of.get(token, np.inf) for token in counts])
often = np.array(list(counts.values()))
sizes = np.unique(np.geomspace(10, len(glove), 60).astype(int))
curves = {"tokens": [], "types": []}
for size in sizes:
    curves["tokens"].append(often[ranks < size].sum() / often.sum())
    curves["types"].append(np.mean(ranks < size))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
styles = zip(curves.items(), mc.figures.OKABE_ITO, ("-", "--"), strict=False)
for (name, curve), color, style in styles:
    ax.semilogx(sizes, curve, style, color=color)
    middle = min(np.searchsorted(curve, 0.5), len(sizes) - 1)
    ax.annotate(name, (sizes[middle], curve[middle]), xytext=(-8, 4), ha="right",
                textcoords="offset points", color=color)
ax.set(xlabel="words kept, most frequent first", ylabel="covered", ylim=(0, 1.05))
mc.figures.show(
    fig,
    alt="Share of tokens and of types covered, over the number of words kept.",
    caption=f"Coverage of the training part. The whole table covers "
            f"{100 * curves['tokens'][-1]:.1f} % of the tokens and "
            f"{100 * curves['types'][-1]:.1f} % of the types.",
)

# %%
tokens_of_1000 = often[ranks < 1000].sum() / often.sum()
print(read.say_what_a_small_table_covers(tokens_of_1000, np.mean(ranks < 1000), 1000))

# %%
pairs = [*rules.NEGATIVE, *rules.POSITIVE]  # (evaluative, plain), spoken alike
homophones = {spelling for pair in pairs for spelling in pair}
rare = sorted((token for token in counts if token in rank_of), key=rank_of.get)[-8:]
print("the rarest known words:", ", ".join(f"{w} ({rank_of[w]:,})" for w in rare))
print(read.say_which_rare_words_matter(rare, homophones))

# %% [markdown]
# ## 3 · Sentences of different length
#
# A batch is one block of numbers, so short sentences are filled up with rows of zeros:
# **padding**. These rows are not words. Here it is by hand, with two words of two
# numbers each, padded to four rows:

# %%
two = np.array([[2.0, 4.0], [4.0, -2.0]])  # (2, 2)
padded = np.vstack([two, np.zeros((2, 2))])  # (4, 2)
is_word = np.array([True, True, False, False])
print("mean of the words:", two.mean(axis=0))
print("mean of the padded block:", padded.mean(axis=0))
print("mean with a mask:", (padded * is_word[:, None]).sum(axis=0) / is_word.sum())

# %% [markdown]
# $$\bar x = \frac{\sum_t m_t\, x_t}{\sum_t m_t}, \qquad
#   m_t = 1 \text{ for a word, } 0 \text{ for padding}$$
#
# **Predict:** what does padding do to a mean, and what to a maximum? Is either one only
# shrunk, or is it turned as well? The cosine tells whether two vectors point the same
# way, however long they are:
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert\, \lVert b \rVert}$$

# %%
def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


sentence = np.stack([glove[token] for token in words.tokenize("no pain")])  # (2, 50)
poolings = {"mean": np.mean, "max": np.max}
rows = []
for extra in range(13):
    block = np.vstack([sentence, np.zeros((extra, sentence.shape[1]))])
    for name, pooled in poolings.items():
        right = pooled(sentence, axis=0)
        wrong = pooled(block, axis=0)
        longer = np.linalg.norm(wrong) / np.linalg.norm(right)
        rows.append((name, extra, cosine(right, wrong), longer))
damage = pd.DataFrame(rows, columns=["pooling", "padding", "cosine", "length"])
damage = damage.set_index(["pooling", "padding"])

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(8, 2.4), layout="constrained", sharey=True)
for ax, pooling in zip(axes, ("mean", "max"), strict=True):
    curve = damage.loc[pooling]
    ax.plot(curve.index, curve.cosine, "o-", ms=5, color=mc.figures.OKABE_ITO[0],
            label="cosine")
    ax.plot(curve.index, curve.length, "s--", ms=4, color=mc.figures.OKABE_ITO[1],
            label="length")
    ax.set(title=pooling, xlabel="rows of padding", ylim=(0, 1.1))
axes[1].legend(fontsize=9, loc="lower right")
mc.figures.show(
    fig,
    alt="Cosine and relative length of a wrong mean and a wrong maximum, over the rows "
        "of padding.",
    caption=f"“no pain”, {len(sentence)} words: the padded result against the right "
            "one, in direction (cosine) and in length. For the maximum the two curves "
            "are the same.",
)

# %%
print(read.say_what_padding_does(
    damage.length["mean", 12], damage.cosine["mean", 12], damage.cosine["max", 12]))

# %% [markdown]
# Now comes the package. `collate` pads, and hands over a mask with the padded block.
# Every brick of the model takes that mask. The model's own pooling, just before Eq. 18,
# is a maximum:

# %%
print(inspect.getsource(layers.masked_max))

# %%
# Section 7 is about words that the table lacks. Until then they are zeros.
nothing = np.zeros(glove.vector_size, np.float32)
table = dict.fromkeys(all_types, nothing)
table |= {token: glove[token] for token in all_types if token in glove}
by_length = sorted({tuple(s) for s in here.test}, key=lambda s: (len(s), s))
picks = np.linspace(0, len(by_length) - 1, 6).astype(int)
few = [by_length[i] for i in picks]  # six sentences from short to long
no_sound = np.zeros((0, 40), np.float32)
utterances = []
for i, sentence in enumerate(few):
    vectors = np.float32([table[t] for t in sentence])  # (L, 50)
    utterances.append(mc.Features(str(i), no_sound, vectors, sentence, ""))
batch = mc.collate(utterances)
print("text", tuple(batch.text.shape), "· mask", tuple(batch.text_mask.shape))
print("words per sentence:", batch.text_mask.sum(dim=1).tolist())

# %%
# Five rows more, and these are not even zeros: (6, L, 50) -> (6, L + 5, 50)
x = torch.nn.functional.pad(batch.text, (0, 0, 0, 5), value=9.0)
mask = torch.nn.functional.pad(batch.text_mask, (0, 5))  # (6, L + 5)
mean = (x * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)  # (6, 50)
largest = layers.masked_max(x, mask)  # (6, 50)
for i, sentence in enumerate(few):
    alone = np.float32([table[t] for t in sentence])
    assert np.allclose(mean[i], alone.mean(axis=0), atol=1e-5)
    assert np.allclose(largest[i], alone.max(axis=0))
print("masked mean and masked maximum are those of the words alone")

# %% [markdown]
# How bad is it without a mask? We train a classifier as it should be: a logistic
# regression on the mean and the maximum over the words. Then we score it in batches of
# 32, with the padding left in. We do so twice, in different orders, so that every
# utterance shares its batch with other utterances the second time.

# %%
def pooled(vectors):
    """(L, E) -> (2 E,): mean and maximum over the rows."""
    return np.concatenate((vectors.mean(axis=0), vectors.max(axis=0)))


def pool(table, sentences):
    """(n, 2 E), without any padding."""
    return np.stack([pooled(np.stack([table[t] for t in s])) for s in sentences])


def fitted(table, data):
    """C is fixed beforehand: nothing is chosen on the test part."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    return model.fit(pool(table, data.train), data.train_labels)


def answers_without_mask(model, table, sentences, seed):
    answers = np.empty(len(sentences), object)
    order = np.random.default_rng(seed).permutation(len(sentences))
    for mates in np.array_split(order, len(order) // 32 + 1):
        longest = max(len(sentences[i]) for i in mates)
        blocks = []
        for i in mates:
            block = np.zeros((longest, glove.vector_size))
            block[:len(sentences[i])] = [table[t] for t in sentences[i]]
            blocks.append(pooled(block))
        answers[mates] = model.predict(blocks)
    return answers


# %%
model = fitted(table, here)
labels = np.array(here.test_labels)
right = model.predict(pool(table, here.test)) == labels
first = answers_without_mask(model, table, here.test, seed=0)
second = answers_without_mask(model, table, here.test, seed=1)


def reached(share, n):
    return read.Measured(share, *mc.share_interval(share, n))


difference = right.astype(float) - (first == labels)  # +1, 0 or -1 per utterance
error = 1.96 * difference.std(ddof=1) / np.sqrt(len(labels))
mean = difference.mean()
gap = read.Measured(mean, mean - error, mean + error)
print(read.say_what_a_missing_mask_costs(
    reached(right.mean(), len(labels)), gap, np.mean(first != second)))

# %% [markdown]
# ## 4 · How far can the text get?
#
# Here is one sentence, said in six ways: calm or aroused, with the stress on no word,
# on *pain*, or on *flour*. Listen.

# %%
line = "she said pain and flour"
moods = {
    "calm": {"rate": 205, "volume": 33, "pitch": 35, "range": 25},
    "aroused": {"rate": 245, "volume": 57, "pitch": 65, "range": 75},
}
plan = []
for mood, how in moods.items():
    for loud in ("no word", "pain", "flour"):
        spoken = [(word, word == loud, 0) for word in line.split()]
        name = f"{mood}, stress on {loud}"
        plan.append({"id": name, "voice": "en-us+f2", **how, "words": spoken})
with tempfile.TemporaryDirectory() as folder:
    speech.speak_all(plan, folder)
    sounds = {p["id"]: mc.load_audio(Path(folder) / f"{p['id']}.flac") for p in plan}
for name, sound in sounds.items():
    length = len(sound) / 16_000
    display(mc.figures.play(sound, 16_000, alt=f"“{line}”: {name}, {length:.1f} s"))

# %% tags=["hide-input"]
longest = max(len(sound) for sound in sounds.values()) / 16_000
fig, axes = plt.subplots(2, 3, figsize=(8.5, 3.6), layout="constrained",
                         sharex=True, sharey=True)
for ax, (name, sound) in zip(axes.flat, sounds.items(), strict=True):
    mc.figures.draw_spectrogram(sound, 16_000, ax=ax)
    ax.images[0].set(cmap=plt.get_cmap("cividis", 16), clim=(-80, 0))
    ax.set(title=name, ylabel="", xlim=(0, longest))
fig.supxlabel("seconds", fontsize=9)
fig.colorbar(axes[0, 0].images[0], ax=axes, label="dB below each loudest")
mc.figures.show(
    fig,
    alt="Spectrograms of one sentence in six versions.",
    caption=f"Six sounds, one transcript: “{line}”. Mel bands over seconds, from "
            f"{min(map(len, sounds.values())) / 16_000:.2f} to {longest:.2f} s long.",
)

# %% [markdown]
# The words *pain* and *pane* sound the same. The table shows which labels the rule of
# the synthetic corpus gives to the six sounds, once for each spelling. Only the stress
# on that word itself counts.

# %%
def label_of(sense, stressed, mood):
    """The label that the rules give to a sense, a stress and an arousal."""
    p_high = float(mood == "aroused")
    for label, rule in rules.RULES.items():
        # None: such a class has no evaluative word, so no stress counts.
        stress_fits = rule.stressed in (None, stressed)
        # p_high is the chance of an aroused voice in a class. 0.5: it may be either.
        mood_fits = rule.p_high in (0.5, p_high)
        if rule.sense == sense and stress_fits and mood_fits:
            return label


written = {}
for name in sounds:
    mood = name.split(",")[0]
    stressed = "stress on pain" in name
    written[name] = {
        "written “pain”": label_of("negative", stressed, mood),
        "written “pane”": label_of("none", stressed, mood),
    }
pd.DataFrame(written).T

# %% [markdown]
# One text can have several labels. The best that a reader can do is to name the **most
# probable** label of the text. If $x$ is the text, then
#
# $$\text{ceiling} = \sum_x \max_y P(y, x)
#   = \mathbb{E}_x \big[ \max_y P(y \mid x) \big]$$
#
# In the synthetic corpus a text tells the sense and nothing more. A sense with three
# equally frequent classes is guessed right in one third of cases. (In the table that
# follows, *both* is the text together with the sound.)

# %%
folder = Path(ROOT or f"data/{corpus.name}")
exact = None
if (folder / "corpus.json").is_file():  # only the synthetic corpus comes with its rules
    settings = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    made_with = rules.SyntheticConfig(**settings)
    oracle = mc.read_truth(folder).query("split == 'test'")
    senses = np.array([rules.RULES[label].sense for label in rules.SYNTHETIC_LABELS])
    best = []
    for sense in oracle.sense:
        p = made_with.prior[senses == sense]  # of the classes that fit this text
        best.append(p.max() / p.sum())
    exact = ceilings.bayes_ceilings(oracle, made_with)
    if not (made_with.label_noise or made_with.missing_text):
        assert np.isclose(np.mean(best), exact["text"])
    print(f"text, by hand {np.mean(best):.4f}; package {exact['text']:.4f}")
    shown = exact[["nothing", "text", "both"]]
    display(shown.to_frame("best possible WA on this test part").T.round(3))
else:
    print(f"nobody knows the rules of {corpus.name}: its ceiling cannot be computed.")

# %% [markdown]
# For any corpus, we can look at the texts that occur more than once. *times* is how
# often a text occurs, *labels* how many different labels it has, and *most* how often
# it has the most frequent of them:

# %%
said = pd.DataFrame({
    "text": [u.text.lower() for u in corpus.utterances],
    "label": [u.label for u in corpus.utterances],
})
by_text = said.value_counts().groupby("text")
again = by_text.agg(times="sum", labels="size", most="max")
again = again[again.times > 1]
again = again.sort_values(["labels", "times", "text"], ascending=False)
again.head(5)

# %%
repeats = int(again.times.sum())
print(read.say_what_repeated_texts_allow(
    repeats, len(said), again.most.sum() / max(1, repeats)))

# %% [markdown]
# **Predict:** what does a text-only classifier get on the test part? Here are two such
# classifiers, and a guesser. The classifier *which words* has no word vectors at all.
# It has one column for each frequent word of the training part, and one for all other
# words.

# %%
def text_only(table, data):
    """WA on the test part, with Wilson's interval."""
    score = fitted(table, data).score(pool(table, data.test), data.test_labels)
    return reached(score, len(data.test))


column = {token: i for i, (token, _) in enumerate(counts.most_common(500))}
one_hot = {}
for token in all_types:
    one_hot[token] = np.zeros(501, np.float32)
    one_hot[token][column.get(token, 500)] = 1  # column 500 is for all other words

[(most_frequent, _)] = Counter(here.train_labels).most_common(1)
majority = np.mean(labels == most_frequent)
readers = {
    "majority": reached(majority, len(labels)),
    "which words": text_only(one_hot, here),
    "GloVe": text_only(table, here),
}

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 2.1), layout="constrained")
marks = None if exact is None else {"text": exact["text"], "both": exact["both"]}
drawn = pd.DataFrame(readers, ["mean", "low", "high"]).T
mc.figures.draw_rows(drawn, ax=ax, marks=marks)
mc.figures.show(
    fig,
    alt="Accuracy of text-only classifiers with intervals, and the ceilings where they "
        "are known.",
    caption=f"{len(labels)} test utterances, one training each, Wilson intervals.",
)

# %%
trained_only = [name for name in readers if name != "majority"]
best = max(trained_only, key=readers.get)
print(read.say_where_text_stands(
    best, readers[best], majority, None if exact is None else exact["text"]))

# %% [markdown]
# The better of the two readers was picked by its test score, which flatters it a
# little. No choice of this course rests on that pick.
#
# *If you had 20 minutes, they are over. Do E4.1, and come back for the rest.*
#
# ## 5 · What do the numbers know?
#
# GloVe's idea is an old one: a word is known by the company it keeps. Count how often
# word $j$ occurs within a few words of word $i$. Here it is by hand, on four sentences,
# with a window of two:

# %%
four = [
    "she felt the pain".split(),
    "he felt the grief".split(),
    "she broke the pane".split(),
    "he broke the glass".split(),
]
vocabulary = sorted(types_of(four))
company = pd.DataFrame(0, vocabulary, vocabulary)
for sentence in four:
    for i, word in enumerate(sentence):
        for j in range(max(0, i - 2), min(len(sentence), i + 3)):
            if i != j:
                company.loc[word, sentence[j]] += 1
company.loc[["pain", "grief", "pane", "glass"]]

# %%
for other in ("grief", "pane"):
    print(f"pain and {other}: {cosine(company.loc['pain'], company.loc[other]):.2f}")
by_hand = cosine(glove["pain"], glove["grief"])
assert np.isclose(by_hand, glove.similarity("pain", "grief"))

# %% [markdown]
# No dictionary was needed to find that *pain* and *grief* belong together. GloVe does
# the same with six billion words, by its makers' count. Instead of one column for every
# word, it fits short vectors: $w_i$ for the word $i$ itself, and $\tilde w_j$ for the
# word $j$ as its company. Their dot product plus one number for each, $b_i$ and
# $\tilde b_j$, should give back the logarithm of the count $X_{ij}$. $J$ measures by
# how much it fails:
#
# $$J = \sum_{i, j} f(X_{ij})
#   \big( w_i \cdot \tilde w_j + b_i + \tilde b_j - \ln X_{ij} \big)^2$$
#
# The weight $f$ keeps pairs like *of the* from ruling everything. **Predict** before
# you run: which word is nearer to *happy*, *cheerful* or *sad*?

# %%
nearest = {}
for word in ("angry", "sad", "pain", "pane", "week"):
    nearest[word] = [f"{n} {s:.2f}" for n, s in glove.most_similar(word, topn=5)]
pd.DataFrame(nearest)

# %%
for a, b in (("good", "bad"), ("love", "hate"), ("anger", "joy")):
    print(f"{a}/{b} {glove.similarity(a, b):.2f}")
print(read.say_whether_opposites_are_close(
    glove.similarity("happy", "sad"), glove.similarity("happy", "cheerful")))

# %% [markdown]
# Opposites keep the same company, since both fit into *I feel so … today*. For emotions
# that is an awkward blind spot. It is one reason why a classifier has to be trained on
# top.
#
# **Analogies.** *king − man + woman ≈ queen* is on every slide. Here is that slide,
# together with the part that it leaves out.

# %%
asked = ("king man woman", "berlin germany france", "furious angry sad",
         "doctor man woman")
rows = []
for question in asked:
    a, b, c = question.split()
    target = glove[a] - glove[b] + glove[c]
    best = [word for word, _ in glove.similar_by_vector(target, topn=5)]
    near = [word for word, _ in glove.most_similar(a, topn=5)]
    rows.append({
        "question": f"{a} − {b} + {c}",
        "nearest of all": best[0],
        "without the three": next(w for w in best if w not in (a, b, c)),
        "near the first": next(w for w in near if w not in (b, c)),
        "went in": best[0] in (a, b, c),
    })
analogies = pd.DataFrame(rows).set_index("question")
analogies

# %%
neighbour = analogies["without the three"] == analogies["near the first"]
print(read.say_what_analogies_return(
    analogies["went in"].sum(), neighbour.sum(), len(analogies)))

# %% [markdown]
# The usual tools strike out the three words that went in before they show the winner.
# For the doctor, compare *without the three* with *near the first* before you call the
# answer a prejudice: if both name one word, it is simply near *doctor*, and the
# subtraction showed nothing. That such vectors do repeat prejudices was measured with
# many words (Bolukbasi et al., below). A system that reads emotion inherits that.
#
# **Homophones.** *pain* and *pane* sound the same. For the ear they are one word, and
# for the table they are two. **Predict** their cosine: is it closer to 1, or to the
# cosine of any two words? To see what luck does, we keep the evaluative word of each
# pair and shuffle the plain words among the pairs, many times.

# %%
evaluative_words, plain_words = zip(*pairs, strict=True)
every = np.array([[glove.similarity(a, b) for b in plain_words]
                  for a in evaluative_words])  # (pairs, pairs)
alike = every.diagonal()
place = np.arange(len(pairs))
draw = np.random.default_rng(0)
dealt = [every[place, draw.permutation(place)] for _ in range(2000)]
unlike = dealt[0]  # one of the random pairings, for the figure
print(read.say_whether_homophones_are_alike(
    alike.mean(), [one.mean() for one in dealt]))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
cosines = pd.DataFrame({
    "cosine": [*alike, *unlike],
    "pairs": ["sound alike"] * len(alike) + ["shuffled"] * len(unlike),
})
sns.stripplot(cosines, x="cosine", y="pairs", hue="pairs", legend=False, ax=ax,
              palette=list(mc.figures.OKABE_ITO[:2]), alpha=0.7)
for i in alike.argsort()[[0, -1]]:  # name the least and the most alike
    ax.annotate("/".join(pairs[i]), (alike[i], 0), xytext=(0, 14), fontsize=9,
                textcoords="offset points", ha="center")
ax.set(ylabel="")
mc.figures.show(
    fig,
    alt="Cosines of pairs of homophones, and of random pairs of the same words.",
    caption=f"{len(alike)} pairs that no ear can tell apart, and one random pairing "
            "of the same words. The least and the most similar homophones are named.",
)

# %% [markdown]
# The synthetic corpus lives on this: **words that sound the same have different
# vectors**. The transcript says whether somebody means *pain* or *pane*, and nothing
# else does.
#
# **A map of the table** would be nice. Fifty dimensions do not fit on a page, so PCA
# turns the cloud of points until two directions show as much of it as possible. How
# much is that?

# %%
pairs_of = {"negative": rules.NEGATIVE, "positive": rules.POSITIVE}
kind_of = {}
for sense, some in pairs_of.items():
    for evaluative, homophone in some[:6]:
        kind_of[evaluative] = sense
        kind_of[homophone] = "plain"
picked = np.stack([glove[word] for word in kind_of])  # (24, 50)
pca = PCA(2).fit(picked)
flat = pca.transform(picked)  # (24, 50) -> (24, 2)


def three_nearest(points):
    """The indices of the three nearest other points, (n, 3)."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)  # (n, n)
    np.fill_diagonal(distance, np.inf)
    return distance.argsort(axis=1)[:, :3]


agree = []
for a, b in zip(three_nearest(picked), three_nearest(flat), strict=True):
    agree.append(len(set(a) & set(b)) / 3)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
for pair in range(0, len(flat), 2):  # a word and its homophone follow each other
    ax.plot(*flat[pair:pair + 2].T, color="0.85", lw=0.8, zorder=0)
points = pd.DataFrame(flat, columns=["first direction", "second direction"])
points["kind"] = list(kind_of.values())
sns.scatterplot(points, x="first direction", y="second direction", hue="kind",
                style="kind", s=60, ax=ax, palette=list(mc.figures.OKABE_ITO[:3]))
ax.legend(fontsize=9)
mc.figures.label_points(ax, list(kind_of), flat)
mc.figures.show(
    fig,
    alt="Evaluative words and their homophones in two dimensions; a thin line joins "
        "each pair.",
    caption=f"{len(kind_of)} words. A line joins two that sound the same.",
)

# %%
chance = 3 / (len(kind_of) - 1)
print(read.say_how_far_a_picture_holds(
    pca.explained_variance_ratio_.sum(), np.mean(agree), chance))

# %% [markdown]
# ## 6 · Can we train our own?
#
# word2vec learns from company too, by guessing. Each word has a vector $v$ for itself
# and a vector $u$ for its part as a neighbour. The sigmoid $\sigma$ turns the dot
# product of the two into a guess between 0 and 1: are these words neighbours? For a
# word $w$, a true neighbour $c$ and a few random words $k$, training raises
#
# $$\ln \sigma(v_w \cdot u_c) + \sum_k \ln \sigma(-v_w \cdot u_k)$$
#
# That is, the guess should be high for the true neighbour and low for random words.
# gensim trains it on our training part in seconds. **Predict** what a text this small
# can teach, and what it cannot. word2vec starts from random numbers, so we train it
# three times.

# %%
epochs = {"smoke": 5, "quick": 10, "paper": 20}[PROFILE]
settings = {"vector_size": 50, "window": 5, "sg": 1, "negative": 5, "min_count": 1,
            "epochs": epochs, "workers": 1}
trained = [Word2Vec(here.train, **settings, seed=seed).wv for seed in (1, 2, 3)]
own = trained[0]
shared = [word for word in own.index_to_key if word in glove]
print(f"trained on {counts.total():,} words, {epochs} times over")


def neighbours(vectors, word):
    """The five nearest among the words that both tables hold."""
    others = [other for other in shared if other != word]
    return " ".join(sorted(others, key=lambda w: -vectors.similarity(word, w))[:5])


asked = [word for word in ("pain", "sweet", "pane") if word in own] or shared[-3:]
pd.DataFrame({
    "word2vec, this corpus": {word: neighbours(own, word) for word in asked},
    "GloVe, the same words": {word: neighbours(glove, word) for word in asked},
})

# %% [markdown]
# Which is better? Ask for a number. For each homophone we know whether it is
# evaluative. If it is, we know whether it is negative or positive. Of its three nearest
# words, how many are of its own kind? Chance is what random neighbours would give. The
# intervals cover trainings and words, as if the words were independent.

# %%
def share_of_own_kind(vectors, kind_of):
    """For each word: the share of its three nearest that are of its kind."""
    shares = []
    for word, kind in kind_of.items():
        others = [other for other in kind_of if other != word]
        others.sort(key=lambda other: (-vectors.similarity(word, other), other))
        shares.append(np.mean([kind_of[other] == kind for other in others[:3]]))
    return np.array(shares)


def chance_of(kind_of):
    n = len(kind_of)
    sizes = Counter(kind_of.values())
    return sum(size * (size - 1) for size in sizes.values()) / (n * (n - 1))


evaluative = {}
valence = {}
for sense, some in pairs_of.items():
    for word, homophone in some:
        evaluative |= {word: "evaluative", homophone: "plain"}
        valence[word] = sense

# %%
questions = {"Evaluative or plain?": evaluative, "Negative or positive?": valence}
for question, kinds in questions.items():
    kinds = {word: kind for word, kind in kinds.items() if word in shared}
    if len(kinds) < 4:
        print(f"{question} This corpus holds {len(kinds)} such words: too few.")
        continue
    by_word = np.stack([share_of_own_kind(one, kinds) for one in trained])
    of_glove = share_of_own_kind(glove, kinds)  # (words,); by_word: (trainings, words)
    found = read.Measured(*mc.score_interval(by_word.mean(axis=1), len(kinds)))
    gap = read.Measured(*intervals.paired_interval(by_word - of_glove))
    chance = chance_of(kinds)
    print(read.say_what_company_teaches(
        question, found, of_glove.mean(), gap, chance))

# %% [markdown]
# In the synthetic corpus, two evaluative words never meet in one utterance. So plain
# and evaluative words keep different company, and that is a rule that word2vec can
# find. Negative and positive words, however, are put into the same sentences here, so
# no amount of such text could teach that pain is bad. If GloVe knows anything of that,
# it knows it from elsewhere.
#
# ## 7 · What about unknown words?
#
# The paper does not say. Three policies are common: a row of **zeros**, the **mean** of
# the known words, or a **random** vector, always the same one for the same word. Before
# that, words with hyphens get a second chance: *half-burnt* gets the mean of the
# vectors of *half* and *burnt*. Here it is by hand:

# %%
def stand_in(token, known, policy):
    """A vector for an unknown token; `known` (words, E) are those of the others."""
    if policy == "zero":
        return np.zeros(known.shape[1])
    if policy == "mean":
        return known.mean(axis=0)
    letters = hashlib.sha256(token.encode()).digest()[:8]  # fixed by the word itself
    draw = np.random.default_rng(int.from_bytes(letters, "big"))
    return draw.normal(0, known.std(), known.shape[1])


def table_for(types, vectors, policy, learn_from=None):
    """{token: vector}. `learn_from`: whose known words give the mean and the spread."""
    table = {}
    for token in sorted(types):
        pieces = [token] if token in vectors else token.split("-")
        pieces = [piece for piece in pieces if piece in vectors]
        if pieces:
            table[token] = np.mean([vectors[piece] for piece in pieces], axis=0)
    known = [table[t] for t in table if learn_from is None or t in learn_from]
    known = np.stack(known)
    for token in sorted(set(types) - set(table)):
        table[token] = stand_in(token, known, policy)
    return table


# %%
spoken = set()
for line in scene:
    spoken |= set(words.tokenize(line))
for policy in ("zero", "mean", "random"):
    package, unknown = words.embed(spoken, words.GLOVE_50, policy, Path("data/cache"))
    for token, vector in table_for(spoken, glove, policy).items():
        np.testing.assert_allclose(vector, package[token], atol=1e-5)
print("in the scene, not in the table:", sorted(t for t in spoken if t not in glove))
print("unknown after the hyphen rule:", sorted(unknown))

# %% [markdown]
# The package does the same; this is its stand-in for an unknown token:

# %%
print(inspect.getsource(words._stand_in))

# %% [markdown]
# A word of warning about *mean*: the mean of which words? The package takes all words
# it is given, and `extract` gives it the whole corpus, the test part too. No label
# leaks, but it is a look at the test text all the same. In this lesson we use only the
# words of the training part.
#
# **What does the policy do to a score?** We keep the first $N$ words of the table, as
# in section 2, fill the rest by each policy, and score the result. **Predict** the
# order of the three at $N = 1{,}000$.

# %%
policies = ("zero", "mean", "random")
table_sizes = (1_000, 3_000, 10_000, 30_000, len(glove))
pieces = set(all_types)
for token in all_types:
    pieces |= set(token.split("-"))
effect = {}
for n in table_sizes:
    vectors = {p: glove[p] for p in pieces if rank_of.get(p, n) < n}
    for policy in policies:
        filled = table_for(all_types, vectors, policy, learn_from=counts)
        effect[n, policy] = text_only(filled, here)
scores = pd.DataFrame(effect, ["mean", "low", "high"]).T.rename_axis(["N", "policy"])
scores["mean"].unstack()[list(policies)].round(3)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
styles = zip(policies, mc.figures.OKABE_ITO, mc.figures.MARKERS, (0.93, 1, 1.07),
             strict=False)
for policy, color, marker, shift in styles:
    curve = scores.xs(policy, level="policy")
    ax.errorbar(curve.index * shift, curve["mean"], color=color, marker=marker,
                yerr=(curve["mean"] - curve.low, curve.high - curve["mean"]),
                capsize=3, label=policy)
ax.axhline(majority, color="0.5", lw=1)
ax.text(1.4e3, majority, "majority", va="top", fontsize=9)
ax.set(xscale="log", xlabel="words kept in the table, most frequent first",
       ylabel="WA of the text", ylim=(0, None))
ax.legend(fontsize=9, title="unknown words", loc="lower right", ncols=3)
mc.figures.show(
    fig,
    alt="Accuracy from the text over the size of the table, one curve per policy.",
    caption=f"{len(labels)} test utterances, one training each, Wilson intervals.",
)

# %%
smallest = {policy: effect[1_000, policy] for policy in policies}
print(read.say_which_filler_wins(smallest, f"{corpus.kind}, 1,000 words kept"))

# %% [markdown]
# *Zero* and *mean* give one and the same vector to all unknown words. *Random* gives
# each word a name of its own. The name has no meaning, but if the word occurs in
# training, the classifier can find the meaning itself. Would that help with a word that
# training never showed? Section 9 asks.
#
# Whatever you choose, **state** it, and choose it on the validation part. The package's
# default is zero, the plainest policy; `FeatureConfig(unknown=…)` changes it.
#
# ## 8 · Frozen or trainable?
#
# The vectors could stay as they are, or be trained along with the classifier. The paper
# does not say which. The package keeps them **frozen**: they are features, made before
# training. Here are both, in the smallest model that can read: a masked mean, and then
# one layer.

# %%
@dataclass
class Numbered:
    """Texts as numbers of words, padded with 0, and classes as numbers."""

    vectors: torch.Tensor  # (words + 1, 50), row 0 is padding
    train: torch.Tensor  # (n, L)
    train_classes: torch.Tensor  # (n,)
    test: torch.Tensor
    test_classes: torch.Tensor
    classes: int


def numbered(data):
    names = sorted(types_of(data.train) | types_of(data.test))
    row = {name: i for i, name in enumerate(names, 1)}
    known = table_for(names, glove, "zero")
    vectors = np.vstack([np.zeros(50), *(known[name] for name in names)])
    classes = sorted(set(data.train_labels))

    def padded(sentences):
        numbers = [torch.tensor([row[t] for t in s]) for s in sentences]
        return torch.nn.utils.rnn.pad_sequence(numbers, batch_first=True)

    def classes_of(labels):  # -1: a class that training lacks
        return torch.tensor([classes.index(y) if y in classes else -1 for y in labels])

    return Numbered(
        torch.tensor(vectors, dtype=torch.float32),
        padded(data.train), classes_of(data.train_labels),
        padded(data.test), classes_of(data.test_labels), len(classes))


# %%
def train_reader(data, *, frozen, seed):
    """Which test utterances are right, and the vectors after training."""
    torch.manual_seed(seed)
    embedding = torch.nn.Embedding.from_pretrained(
        data.vectors.clone(), freeze=frozen, padding_idx=0)
    out = torch.nn.Linear(50, data.classes)
    weights = [*embedding.parameters(), *out.parameters()]
    optimizer = torch.optim.Adam([w for w in weights if w.requires_grad], lr=0.02)

    def logits(i):  # (B, L) -> (B, C): the row of padding stays zero, so this is masked
        return out(embedding(i).sum(dim=1) / (i > 0).sum(dim=1, keepdim=True))

    for _ in range({"smoke": 2, "quick": 8, "paper": 20}[PROFILE]):
        for chosen in torch.randperm(len(data.train)).split(128):
            loss = torch.nn.functional.cross_entropy(
                logits(data.train[chosen]), data.train_classes[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        right = logits(data.test).argmax(dim=1) == data.test_classes
    return right.float().numpy(), embedding.weight.detach()


# %%
def frozen_and_trainable(texts):
    """WA of both over three seeds, and how far training turned the vectors."""
    data = numbered(texts)
    n = len(data.test)
    found = {}
    right = {}
    after = {}  # the vectors after training, one table per seed
    for kind, frozen in (("frozen", True), ("trainable", False)):
        runs = [train_reader(data, frozen=frozen, seed=seed) for seed in (0, 1, 2)]
        right[kind] = np.stack([is_right for is_right, _ in runs])  # (seeds, n)
        after[kind] = [vectors for _, vectors in runs]
        found[kind] = read.Measured(*mc.score_interval(right[kind].mean(axis=1), n))
    # The same utterances and seeds on both sides: the interval of their difference has
    # a part from utterances and a part from seeds. They are combined as the root of the
    # sum of their squares.
    difference = right["trainable"] - right["frozen"]  # (seeds, n)
    mean, of_seeds = mc.fold_interval(difference.mean(axis=1))
    of_utterances = 1.96 * difference.mean(axis=0).std(ddof=1) / np.sqrt(n)
    half = np.hypot(of_seeds, of_utterances)
    found["gap"] = read.Measured(mean, mean - half, mean + half)
    trained = after["trainable"][-1]  # of the last seed
    stayed = torch.nn.functional.cosine_similarity(trained, data.vectors)[1:]
    met = torch.isin(torch.arange(1, len(data.vectors)), data.train)
    never_met = stayed[~met].mean().item() if (~met).any() else None
    return found, stayed[met].mean().item(), never_met


# %% [markdown]
# **Predict:** which is better on this corpus?

# %%
found, met, never_met = frozen_and_trainable(here)
print(read.say_whether_to_train_vectors(**found, chance=majority))
print(read.say_how_words_drift(met, never_met))

# %% [markdown]
# ## 9 · Words that training never met
#
# So far we have used one corpus. A classifier learns the words of its training part
# anyway, so the true test of word vectors is a word that training never showed. We make
# a **second corpus**, which has only transcripts, and whose test part uses **other
# homophones** than its training part. Everything in this section is measured on it, and
# nothing on the first. A score of one training has Wilson's interval, over utterances.

# %%
second_corpus = mc.READERS["synthetic"](
    mc.synthetic_folder(PROFILE, held_out_pairs=16, missing_audio=1.0))
unseen = texts_of(second_corpus, "official")
unseen_types = types_of(unseen.train) | types_of(unseen.test)
only_in_test = sorted(types_of(unseen.test) - types_of(unseen.train))
print("only in its test part:", ", ".join(only_in_test[:9]), "…")
[(most_frequent, _)] = Counter(unseen.train_labels).most_common(1)
guess = np.mean(np.array(unseen.test_labels) == most_frequent)
print(f"the majority's accuracy: {guess:.3f}")

# %% [markdown]
# **Do pre-trained vectors help?** Compare them with random vectors, which give each
# word a name and no meaning.

# %%
from_glove = {word: glove[word] for word in sorted(unseen_types)}
spread = np.std(list(from_glove.values()))
draws = []
for n in (1, 2, 3):
    draw = np.random.default_rng(n)
    names = {word: draw.normal(0, spread, 50) for word in from_glove}
    draws.append(text_only(names, unseen))
with_glove = text_only(from_glove, unseen)
print(read.say_whether_vectors_carry_over(with_glove, draws, guess))

# %% [markdown]
# **Does a policy for unknown words help?** We keep only the first $N$ words of the
# table, as in section 7.

# %%
for n in (3_000, 10_000):
    vectors = {t: glove[t] for t in unseen_types if rank_of[t] < n}
    by_policy = {}
    for policy in policies:
        filled = table_for(unseen_types, vectors, policy, types_of(unseen.train))
        by_policy[policy] = text_only(filled, unseen)
    print(read.say_which_filler_wins(by_policy, f"unseen words, {n:,} words kept"))

# %% [markdown]
# No policy can know the meaning of a word. A name helps only if training contained that
# word. So look first whether the test part has unknown words that training never
# showed.
#
# **Frozen or trainable?** **Predict** which is better here, and what training does to
# the vectors of words that it never meets.

# %%
found, met, never_met = frozen_and_trainable(unseen)
print(read.say_whether_to_train_vectors(**found, chance=guess))
print(read.say_how_words_drift(met, never_met))

# %% [markdown]
# Training can move only the vectors of words that occur. The others stay where they
# were, while the classifier learns the new places. So trainable vectors can pay where
# the test speaks the words of training, and can cost where it does not. To see which
# case your corpus is, count the types that occur in the test part only, as in section
# 2.
#
# The paper leaves several questions about words open. This table shows how the package
# answers them:
#
# | question | the paper | here |
# |---|---|---|
# | tokeniser | "word-tokenizer" | NLTK's rules, sentences split first, lower case |
# | which GloVe | 300 dimensions; training text not named | 50 dimensions, 6B, from a pip package; or `vectors=…` |
# | unknown words | – | hyphen rule, then zero, mean or random; default zero |
# | frozen or trainable | – | frozen |
# | longest transcript | – | no limit; a mask for the padding |

# %% [markdown]
# ## Exercises
#
# **E4.1 · Implement** (★, 5 min). Write `coverage(sentences, known)`: `sentences`
# is a list of token lists, `known` is a set of words. Return two known shares, first
# that of the **tokens**, then that of the **types**.
#
# <details><summary>Hint 1</summary>Tokens count each time they come, types
# once.</details>
# <details><summary>Hint 2</summary>Make one long list of all tokens; a set of it holds
# the types.</details>
# <details><summary>Hint 3</summary><code>np.mean([w in known for w in tokens])</code>,
# and the same over <code>set(tokens)</code>.</details>

# %% tags=["exercise"]
def coverage(sentences, known):
    raise NotImplementedError


check.coverage(coverage)

# %% tags=["solution"]
def coverage(sentences, known):
    tokens = [word for sentence in sentences for word in sentence]
    of_tokens = np.mean([word in known for word in tokens])
    of_types = np.mean([word in known for word in set(tokens)])
    return of_tokens, of_types


check.coverage(coverage)

# %% [markdown]
# **E4.2 · Implement** (★★, 8 min). The policy *mean*, without a look at the test
# part. `train` and `test` are lists of token lists; `vectors` is a dictionary of known
# words (it holds many more than occur here). Return a dictionary with a vector for
# **every** type of both parts. A known word keeps its vector. An unknown one gets the
# mean over the known types of the training part, with each type counted once.
#
# <details><summary>Hint 1</summary>Which part's words may go into the mean? Which words
# need a vector?</details>
# <details><summary>Hint 2</summary>The types of a part: <code>{w for sentence in part
# for w in sentence}</code>.</details>
# <details><summary>Hint 3</summary><code>np.mean([vectors[w] for w in train_types if w
# in vectors], axis=0)</code></details>

# %% tags=["exercise"]
def table_of(train, test, vectors):
    raise NotImplementedError


check.table_of(table_of)

# %% tags=["solution"]
def table_of(train, test, vectors):
    train_types = {word for sentence in train for word in sentence}
    test_types = {word for sentence in test for word in sentence}
    known = [vectors[word] for word in train_types if word in vectors]
    filler = np.mean(known, axis=0)
    return {word: vectors.get(word, filler) for word in train_types | test_types}


check.table_of(table_of)

# %% [markdown]
# **E4.3 · Break it** (★★, 8 min). Write `masked_mean(x, mask)`: `x` is a tensor (B,
# L, E), `mask` a boolean one (B, L), true where a word is. Return (B, E). A sentence
# without any word gives zeros. Then try to break your function: the padding may hold
# anything, even NaN.
#
# <details><summary>Hint 1</summary>First silence the padding, then sum, then divide by
# the right number.</details>
# <details><summary>Hint 2</summary>NaN times zero is NaN, so do not multiply by the
# mask. <code>x.masked_fill(where, 0)</code> puts a zero in place of whatever was
# there.</details>
# <details><summary>Hint 3</summary>Fill where <code>~mask[..., None]</code> is true, of
# shape (B, L, 1). Divide by <code>mask.sum(1, keepdim=True)</code>;
# <code>.clamp(min=1)</code> saves the empty sentence.</details>

# %% tags=["exercise"]
def masked_mean(x, mask):
    raise NotImplementedError


check.masked_mean(masked_mean)

# %% tags=["solution"]
def masked_mean(x, mask):
    silent = x.masked_fill(~mask[..., None], 0)  # (B, L, E)
    words_in_each = mask.sum(dim=1, keepdim=True).clamp(min=1)  # (B, 1)
    return silent.sum(dim=1) / words_in_each  # (B, E)


check.masked_mean(masked_mean)

# %% [markdown]
# **E4.4 · Implement** (★★, 6 min). Write `text_ceiling(prior, sense)`: the best
# accuracy of a reader who sees the sense of a text and nothing else. `prior` maps each
# class to its probability, `sense` maps each class to the one sense that its texts
# have. When it works, call it with `prior_of_seven` and `sense_of_seven`, the classes
# of section 4. First predict how near it comes to the ceiling that was printed there.
#
# <details><summary>Hint 1</summary>For each sense, the reader names one class, always
# the same. Which?</details>
# <details><summary>Hint 2</summary>How often is that right, counted over <i>all</i>
# texts and not only those of that sense?</details>
# <details><summary>Hint 3</summary>Sum over the senses of the largest prior among its
# classes.</details>

# %% tags=["exercise"]
sense_of_seven = {
    "anger": "negative",
    "frustration": "negative",
    "sadness": "negative",
    "excitement": "positive",
    "happiness": "positive",
    "surprise": "none",
    "neutral": "none",
}
prior_of_seven = dict.fromkeys(sense_of_seven, 1 / 7)


def text_ceiling(prior, sense):
    raise NotImplementedError


check.text_ceiling(text_ceiling)

# %% tags=["solution"]
sense_of_seven = {
    "anger": "negative",
    "frustration": "negative",
    "sadness": "negative",
    "excitement": "positive",
    "happiness": "positive",
    "surprise": "none",
    "neutral": "none",
}
prior_of_seven = dict.fromkeys(sense_of_seven, 1 / 7)


def text_ceiling(prior, sense):
    ceiling = 0
    for one_sense in set(sense.values()):
        priors = [prior[label] for label in prior if sense[label] == one_sense]
        ceiling += max(priors)
    return ceiling


check.text_ceiling(text_ceiling)
print(f"seven equal classes: {text_ceiling(prior_of_seven, sense_of_seven):.4f}")

# %% [markdown]
# ## Recap
# - You can say where tokenisers disagree, and why sentences are split first.
# - You measured coverage in types and tokens, and what three policies for unknown words
#   do to a score.
# - You read neighbours, analogies and a picture, and you know their blind spots:
#   opposites, the words that went in, and the variance that was left out.
# - You pooled with a mask, and padding no longer changes anything.
# - You computed the ceiling of the text by hand, and compared trained readers with it.

# %% [markdown]
# ## What you may not conclude
# - That text says this little in real speech. The generator was made this way; on real
#   transcripts the ceiling is not known.
# - That unknown words matter this much in real speech. The generator puts the label
#   into rare words. Rerun section 7 on MELD.
# - That random vectors are a good default. Section 7 tests them where training may have
#   met every test word, and with one draw.
# - That GloVe knows feelings. It knows which words keep company, opposites keep the
#   same company, and its prejudices come along.
# - That 50 dimensions are enough for the paper's numbers. The paper used 300, and that
#   was not run here.
# - That one draw of homophones settles frozen against trainable. The intervals cover
#   seeds and test utterances, not other words or other corpora.
#
# **Further reading:** Pennington, Socher and Manning, *GloVe: Global vectors for word
# representation* (EMNLP 2014); Mikolov, Sutskever, Chen, Corrado and Dean, *Distributed
# representations of words and phrases and their compositionality* (NeurIPS 2013);
# Bolukbasi, Chang, Zou, Saligrama and Kalai, *Man is to computer programmer as woman is
# to homemaker? Debiasing word embeddings* (NeurIPS 2016).
#
# **Previous:** [03 · From sound to frames](03_from_sound_to_frames.ipynb) · **Next:**
# [05 · Encoders](05_encoders.ipynb)
