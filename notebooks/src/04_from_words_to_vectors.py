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
# A network cannot read either. Each word becomes a row of numbers, looked up in a table that somebody trained on billions
# of words. This lesson asks what happens on the way: where a word ends, which words the table lacks, what its numbers
# know, and how far the text alone can ever get.
#
# **You will be able to**
# - say why two tokenisers give one sentence different words, and what that costs,
# - measure coverage in types and in tokens, and choose a policy for unknown words without looking at the test part,
# - read neighbours, analogies and a 2-D picture of word vectors without believing too much,
# - average over words so that padding never changes the result,
# - compute the best score that anyone can reach from the text alone.
#
# **Needs:** arrays, and what a dot product is; lesson 00 helps. **Time:** read 25 min · run under 1 min · exercises 25 min.
# **Paper:** section 3.2 (word-tokenizer, 300-dimensional GloVe) and the input $X_l$ of section 2.1.
# **Runs on:** any corpus with transcripts.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or "meld", "ravdess": the lesson then runs on your own copy
PROFILE = "quick"  # "smoke" for a quick test, "paper" for the paper's settings
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading; this lesson trains only what takes seconds, so always

# %%
import hashlib
import inspect
import json
import re
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import mcsan_lite as mc
warnings.filterwarnings("ignore", message="IProgress not found")  # helpers look for widgets; none are used here
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from gensim.models import Word2Vec
from IPython.display import display
from nltk.tokenize import NLTKWordTokenizer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mcsan_lite.features import words
from mcsan_lite.models import layers
from mcsan_lite.exercises import lesson04 as check
from mcsan_lite.datasets.synthetic import ceilings, rules, speech

torch.set_num_threads(1)  # two threads on two busy cores are slower than one
mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies

# %%
corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
glove = words.load_vectors()  # the package's default: GloVe 6B with 50 dimensions, from a pip package
[spec] = mc.paper.table3_specs(PROFILE, CORPUS, rows=["MCSAN"])
print(f"{corpus.name}: {len(corpus)} utterances; the table: {len(glove):,} words × {glove.vector_size} numbers")

# %% [markdown]
# ## 1 · Where does a word end?
#
# The paper says *word-tokenizer*, and no more. The simplest one is Python's `split()`. The best known one is NLTK's, which
# follows the Penn Treebank. Here are both, on a scene made up for the purpose: short sentences, quotes, a dash.

# %%
scene = ["I don't know. He said okay. right.", "“Don’t wait up,” she whispered… and left.",
         "You can't be serious! We'd won. finally.", "Y'know, it was a so-so day — rainy, dull.",
         "No-no-no. I’m fine. really.", "Grandma’s half-burnt cake? I'll pass. thanks.",
         "She's late; they're late. everyone's late.", "Ugh, Bettinka’s cat again…"]
tokenizers = {"split()": lambda line: line.lower().split(),
              "NLTK": lambda line: NLTKWordTokenizer().tokenize(line.lower()),
              "ours": words.tokenize}
for line in scene[:2]:
    for name, cut in tokenizers.items():
        print(f"{name:8s}", " | ".join(cut(line)))
    print()

# %% [markdown]
# Three things to see:
#
# - `don't` is one word for `split()`, two for NLTK: `do` and `n't`. The makers of GloVe cut in that way too.
# - NLTK cuts off a full stop only at the **end** of what it is given. In the middle it might belong to *Mr.*, so `know.`
#   and `okay.` keep theirs. That is why sentences must be split first.
# - A curly apostrophe is another character. `Don’t` falls into `don`, `’`, `t`.
#
# **Predict** which of these are in the table: `don't`, `n't`, `okay`, `okay.`, `’`.

# %%
print({w: w in glove for w in ("don't", "n't", "okay", "okay.", "’")})

# %% [markdown]
# So ours is three small steps. By hand, for one line:

# %%
line = scene[1] + " " + scene[0]
plain = line.lower().replace("’", "'").replace("“", '"').replace("”", '"').replace("…", "...")  # 1: plain punctuation
sentences = re.split(r"(?<=[.!?])\s+", plain)  # 2: cut behind . ! ? where a blank follows
by_hand = [token for s in sentences for token in NLTKWordTokenizer().tokenize(s)]  # 3: the Treebank's rules
assert by_hand == words.tokenize(line)
print(len(sentences), "pieces:", sentences)

# %%
print(inspect.getsource(words.tokenize))

# %% [markdown]
# The price of step 2: `Mr. Bean` is cut too. That costs little here: nothing later asks where a sentence ends.
#
# ## 2 · How many words does the table know?
#
# There are two honest answers. **Tokens** are words as they come, each time they come. **Types** are different words.
#
# $$\text{coverage}_\text{tokens} = \frac{\#\{\text{tokens in the table}\}}{\#\,\text{tokens}}, \qquad
#   \text{coverage}_\text{types} = \frac{\#\{\text{types in the table}\}}{\#\,\text{types}}$$

# %%
tiny = ["no", "no", "no", "no", "bettinka"]
print(f"tokens: {np.mean([w in glove for w in tiny]):.2f}   types: {np.mean([w in glove for w in set(tiny)]):.2f}")

# %% [markdown]
# The same for each tokeniser, on the scene and on the corpus:

# %%
def coverage_of(lines, cut):
    counts = Counter(token for line in lines for token in cut(line))
    known = [w for w in counts if w in glove]
    return {"tokens": counts.total(), "types": len(counts), "known tokens": sum(counts[w] for w in known) / counts.total(),
            "known types": len(known) / len(counts), "most frequent unknown": " ".join(
                w for w, _ in counts.most_common() if w not in glove)[:40]}


transcripts = [u.text for u in corpus.utterances]
covered = pd.DataFrame({(where, name): coverage_of(lines, cut) for where, lines in (
    ("scene", scene), (corpus.kind, transcripts)) for name, cut in tokenizers.items()}).T
covered.assign(**{column: covered[column].map("{:.1%}".format) for column in ("known tokens", "known types")})

# %%
by_tokenizer = covered["known types"].unstack(0)
for where, shares in by_tokenizer.items():
    gain = shares["ours"] - shares["split()"]
    print(f"{where}: the tokeniser moves the coverage of types by {gain:.1%}."
          + ("" if gain else " Its transcripts hold no capital and no punctuation: every tokeniser agrees."))

# %% [markdown]
# Same table, same text: a coverage depends on the tokeniser as much as on the table. A paper that prints neither cannot be
# repeated. *(MELD's transcripts are full of curly apostrophes and short sentences; set `CORPUS = "meld"` above if you have
# it.)*
#
# From here on, only our tokens. Scores later need a training and a test part, so we cut the corpus as its protocol says.

# %%
def words_of(corpus, protocol):
    """{"train": (token lists, labels), "test": (…, …)} of the first fold."""
    fold, by_id = mc.folds(corpus, protocol)[0], {u.id: u for u in corpus.utterances}
    return {part: ([words.tokenize(by_id[i].text) for i in getattr(fold, part)],
                   [by_id[i].label for i in getattr(fold, part)]) for part in ("train", "test")}


def types_of(sentences):
    return {token for sentence in sentences for token in sentence}


here = words_of(corpus, spec.protocol)
counts = Counter(token for sentence in here["train"][0] for token in sentence)
unmet = types_of(here["test"][0]) - set(counts)
print(f"training part: {counts.total()} tokens of {len(counts)} types; {len(unmet)} types occur in the test part only")
print("most frequent:", ", ".join(f"{w} {n}" for w, n in counts.most_common(8)))

# %% [markdown]
# The table is sorted by how frequent a word is in the text it was made from. So we can ask: what if we had kept only its
# first $N$ words, for a smaller download? **Predict** which curve rises first, tokens or types.

# %%
place = glove.key_to_index  # word -> its rank, 0 for the most frequent
ranks = np.array([place.get(w, np.inf) for w in counts])
often = np.array(list(counts.values()))
sizes = np.unique(np.geomspace(10, len(glove), 60).astype(int))
curves = {"tokens": [(often * (ranks < n)).sum() / often.sum() for n in sizes], "types": [np.mean(ranks < n) for n in sizes]}
fig, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
for (name, curve), color, style in zip(curves.items(), mc.figures.OKABE_ITO, ("-", "--"), strict=False):
    ax.semilogx(sizes, curve, style, color=color)
    middle = np.searchsorted(curve, 0.5)
    ax.annotate(name, (sizes[middle], curve[middle]), xytext=(-8, 4), textcoords="offset points", ha="right", color=color)
ax.set(xlabel="words kept, most frequent first", ylabel="covered", ylim=(0, 1.05))
by_1000 = {"tokens": often[ranks < 1000].sum() / often.sum(), "types": np.mean(ranks < 1000)}
mc.figures.show(fig, alt="Share of tokens and of types covered, over the number of words kept in the table.",
           caption="Coverage of the training part. The first 1,000 words of the table cover "
                   + " and ".join(f"{share:.0%} of the {name}" for name, share in by_1000.items())
                   + f"; all of them cover {curves['tokens'][-1]:.1%} and {curves['types'][-1]:.1%}.")

# %%
rare = sorted((w for w in counts if w in place), key=place.get)[-8:]
print("the rarest known words:", ", ".join(f"{w} ({place[w]:,})" for w in rare))

# %% [markdown]
# Look at that list. In the synthetic corpus these are no accidents: *pane*, *mown*, *pries* are the spellings that **undo**
# an evaluative word. A rare word can be the one that matters. A coverage of tokens hides that; keep both numbers.
#
# ## 3 · What do the numbers know?
#
# GloVe's idea is an old one: a word is known by the company it keeps. Count how often word $j$ stands within a few words of
# word $i$. By hand, on four sentences with a window of two:

# %%
four = [s.split() for s in ("she felt the pain", "he felt the grief", "she broke the pane", "he broke the glass")]
vocabulary = sorted(types_of(four))
company = pd.DataFrame(0, vocabulary, vocabulary)
for sentence in four:
    for i, word in enumerate(sentence):
        for j in range(max(0, i - 2), min(len(sentence), i + 3)):
            company.loc[word, sentence[j]] += i != j
company.loc[["pain", "grief", "pane", "glass"]]

# %% [markdown]
# Two words are alike when their rows point the same way, however long they are:
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert\, \lVert b \rVert}$$

# %%
def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


for other in ("grief", "pane"):
    print(f"pain and {other}: {cosine(company.loc['pain'], company.loc[other]):.2f}")
assert np.isclose(cosine(glove["pain"], glove["grief"]), glove.similarity("pain", "grief"))

# %% [markdown]
# No dictionary told it that *pain* and *grief* belong together. GloVe does the same with billions of words. Instead of a
# column for every word it fits short vectors whose dot products give back the logarithm of the counts $X_{ij}$:
#
# $$J = \sum_{i, j} f(X_{ij}) \big( w_i \cdot \tilde w_j + b_i + \tilde b_j - \ln X_{ij} \big)^2$$
#
# The weight $f$ keeps pairs like *of the* from ruling everything. **Predict** before you run: which is nearer to *happy*,
# *cheerful* or *sad*?

# %%
looked_up = ("angry", "sad", "pain", "pane", "week")
pd.DataFrame({w: [f"{n} {s:.2f}" for n, s in glove.most_similar(w, topn=5)] for w in looked_up})

# %%
opposites = [("happy", "sad"), ("happy", "cheerful"), ("good", "bad"), ("love", "hate"), ("anger", "joy")]
print(", ".join(f"{a}/{b} {glove.similarity(a, b):.2f}" for a, b in opposites))

# %% [markdown]
# Opposites keep the same company: both fit into *I feel so … today*. A near neighbour is a word that could **stand there**,
# not one that means the same. For emotions that is an awkward blind spot, and one reason why a classifier has to be
# trained on top.
#
# **Analogies.** *king − man + woman ≈ queen* is on every slide. Here is the slide, and what it leaves out.

# %%
rows = []
for a, b, c in map(str.split, ("king man woman", "berlin germany france", "furious angry sad", "doctor man woman")):
    best = [w for w, _ in glove.similar_by_vector(glove[a] - glove[b] + glove[c], topn=5)]
    rows.append({"question": f"{a} − {b} + {c}", "nearest of all": best[0],
                 "without the three": next(w for w in best if w not in (a, b, c)),
                 "merely nearest to the first": next(w for w, _ in glove.most_similar(a, topn=5) if w not in (b, c))})
pd.DataFrame(rows).set_index("question")

# %% [markdown]
# Three limits. The nearest word of all is usually one that went in; tools strike those out before they show the winner. The
# arithmetic sometimes finds no more than a neighbour of the first word. And the last line is not a fact about doctors: the
# vectors repeat what people wrote, prejudice included. A system that reads emotion inherits that.
#
# **Homophones.** *pain* and *pane* sound the same. For the ear they are one word, for the table two. **Predict** their
# cosine: closer to 1, or to that of any two words?

# %%
pairs = [("negative", *p) for p in rules.NEGATIVE] + [("positive", *p) for p in rules.POSITIVE]
chance = np.random.default_rng(0).permutation([w for _, *two in pairs for w in two]).reshape(-1, 2)  # any two of these words
alike = sorted(((glove.similarity(a, b), a, b) for _, a, b in pairs), reverse=True)
middle_half = np.quantile([glove.similarity(a, b) for a, b in chance], (0.25, 0.75))
fig, ax = plt.subplots(figsize=(8.5, 2.9), layout="constrained")
ax.axhspan(*middle_half, color="0.88")
ax.text(len(alike) - 0.5, middle_half.mean(), "any two", ha="right", va="center", fontsize=8, color="0.3")
ax.plot([s for s, *_ in alike], "o", color=mc.figures.OKABE_ITO[0])
ax.set_xticks(range(len(alike)), [f"{a}/{b}" for _, a, b in alike], rotation=90, fontsize=8)
ax.set(ylabel="cosine", ylim=(-0.25, 1.05))
mean, unlike = np.mean([s for s, *_ in alike]), np.mean([glove.similarity(a, b) for a, b in chance])
mc.figures.show(fig, alt="Cosine of each pair of homophones; grey, the middle half of random pairs of the same words.",
           caption=f"{len(alike)} pairs that no ear can tell apart. Mean cosine {mean:.2f}; for random pairs of these words "
                   f"{unlike:.2f} (grey: their middle half). Highest: {alike[0][1]}/{alike[0][2]} {alike[0][0]:.2f}.")

# %% [markdown]
# This is what the synthetic corpus lives on: **same sound, another vector**. Whether somebody says *pain* or *pane* is in
# the transcript and nowhere else.
#
# **A map of the table** would be nice. Fifty dimensions do not fit on a page, so PCA turns them until two directions show as
# much as possible. How much is that?

# %%
shown = [pair for sense in ("negative", "positive") for pair in [p for p in pairs if p[0] == sense][:6]]
kind_of = {a: sense for sense, a, _ in shown} | {b: "plain" for *_, b in shown}
picked = np.stack([glove[w] for w in kind_of])
pca = PCA(2).fit(picked)
flat = dict(zip(kind_of, pca.transform(picked), strict=True))
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
for _, a, b in shown:
    ax.plot(*zip(flat[a], flat[b], strict=True), color="0.85", lw=0.8, zorder=0)
for kind, marker, color in zip(("negative", "positive", "plain"), mc.figures.MARKERS, mc.figures.OKABE_ITO, strict=False):
    ax.plot(*np.array([flat[w] for w in kind_of if kind_of[w] == kind]).T, marker, color=color, label=kind)
for word, at in flat.items():
    ax.annotate(word, at, xytext=(5, -9 if kind_of[word] == "plain" else 3), textcoords="offset points", fontsize=8)
ax.legend(fontsize=8)
ax.set(xlabel="first direction", ylabel="second direction")
mc.figures.show(fig, alt="Evaluative words and their homophones in two dimensions; a thin line joins each pair.",
           caption=f"{len(kind_of)} words; a line joins two that sound the same. These two directions keep "
                   f"{pca.explained_variance_ratio_.sum():.0%} of the variance of these words.")

# %%
def nearest(points, count=3):
    """The indices of the `count` nearest other points, (n, count)."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1) + np.diag(np.full(len(points), np.inf))
    return distance.argsort(1)[:, :count]


both = zip(nearest(picked), nearest(np.stack([*flat.values()])), strict=True)
agree = np.mean([len(set(a) & set(b)) / 3 for a, b in both])
print(f"of a word's three nearest neighbours in the picture, {agree:.0%} are so in {picked.shape[1]} dimensions too")

# %% [markdown]
# A picture that drops that much shows neighbours who are none. Use it to tell a story, never to prove one: the proof is a
# cosine, or a score.
#
# ## 4 · Can we train our own?
#
# word2vec learns from company too, by guessing. For a word $w$, a true neighbour $c$ and a few random words $k$, it raises
#
# $$\ln \sigma(v_w \cdot u_c) + \sum_k \ln \sigma(-v_w \cdot u_k)$$
#
# gensim trains it on our training part in seconds. **Predict** what a text this small can teach, and what not.

# %%
epochs = {"smoke": 5, "quick": 10, "paper": 20}[PROFILE]
settings = {"vector_size": 50, "window": 5, "sg": 1, "negative": 5, "min_count": 1, "epochs": epochs, "workers": 1}
own = Word2Vec(here["train"][0], **settings, seed=1).wv
shared = [w for w in own.index_to_key if w in glove]


def neighbours(table, word, count=5):
    """The nearest among the words that both tables hold."""
    return " ".join(sorted((w for w in shared if w != word), key=lambda w: -table.similarity(word, w))[:count])


asked = [w for w in ("pain", "sweet", "pane") if w in own] or shared[-3:]
print(f"trained on {counts.total():,} words, {epochs} times over; GloVe 6B was made from about six billion")
pd.DataFrame({"word2vec, this corpus": {w: neighbours(own, w) for w in asked},
              "GloVe, the same words": {w: neighbours(glove, w) for w in asked}})

# %% [markdown]
# Which is better? Ask for a number. We know of each homophone whether it is evaluative, and if so, whether it is negative or
# positive. Of its three nearest, how many are of its kind? Chance is what random neighbours would give. word2vec starts from
# random numbers, so we train it three times.

# %%
def alike_share(table, kind_of):
    """Mean over the words: the share of their three nearest that are of the same kind."""
    return np.mean([np.mean([kind_of[n] == kind_of[w] for n in sorted(
        kind_of.keys() - {w}, key=lambda n: (-table.similarity(w, n), n))[:3]]) for w in kind_of])


trained = [own, *(Word2Vec(here["train"][0], **settings, seed=seed).wv for seed in (2, 3))]
valence = {w: sense for sense, w, _ in pairs if w in shared}
questions = {"evaluative or plain?": {w: w == a for _, a, b in pairs for w in (a, b) if w in shared},
             "negative or positive?": valence}
rows = {}
for question, kinds in questions.items():
    size = Counter(kinds.values())
    if len(kinds) > 3:
        three = {f"word2vec, training {i}": alike_share(table, kinds) for i, table in enumerate(trained, 1)}
        rows[question] = {"words": len(kinds), **three, "GloVe": alike_share(glove, kinds),
                          "chance": sum(n * (n - 1) for n in size.values()) / len(kinds) / (len(kinds) - 1)}
if not rows:
    print(f"{corpus.name} holds {len(valence)} of these words: too few to ask.")
pd.DataFrame(rows).T.round(2)

# %% [markdown]
# In the synthetic corpus two evaluative words never meet in one utterance. So the company of plain and evaluative words
# differs, and word2vec finds that rule of *this* text. Negative and positive words, however, keep exactly the same company
# here: no amount of such text could teach that pain is bad. What GloVe knows of it, it knows from elsewhere.
#
# **Does that help?** A classifier learns the words of its training part anyway. The test is a word that it never met. We
# make a second corpus, transcripts only, whose test part uses **other homophones** than the training part. The classifier
# is a logistic regression on the mean and the maximum over the words.

# %%
def pool(table, sentences):
    """(n, 2 E): mean and maximum over the words of each sentence."""
    return np.stack([np.concatenate((m.mean(0), m.max(0))) for s in sentences for m in [np.stack([table[t] for t in s])]])


def fitted(table, data):
    """C is fixed beforehand: nothing is chosen on the test part."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    return model.fit(pool(table, data["train"][0]), data["train"][1])


def text_only(table, data):
    """(WA on the test part, Wilson's low, high)."""
    score = fitted(table, data).score(pool(table, data["test"][0]), data["test"][1])
    return score, *mc.share_interval(score, len(data["test"][1]))


unseen = words_of(mc.READERS["synthetic"](mc.synthetic_folder(PROFILE, held_out_pairs=16, missing_audio=1.0)), "official")
unseen_types = types_of(unseen["train"][0] + unseen["test"][0])
print("only in the test part:", ", ".join(sorted(unseen_types - types_of(unseen["train"][0]))[:9]), "…")

# %%
from_glove = {w: glove[w] for w in sorted(unseen_types)}
scores = {"GloVe": text_only(from_glove, unseen)}
for n in (1, 2, 3):
    draw = np.random.default_rng(n)
    scores[f"random vectors, draw {n}"] = text_only(
        {w: draw.normal(0, np.std([*from_glove.values()]), 50) for w in from_glove}, unseen)
pd.DataFrame(scores, ["WA", "low", "high"]).T.round(3)

# %% [markdown]
# A guesser among seven classes gets 1/7. What lies above that, on words never met, is what pre-trained vectors carry over.
# It is the whole reason for using them.
#
# ## 5 · What about unknown words?
#
# The paper does not say. Three policies are common: a row of **zeros**, the **mean** of the known words, or a **random**
# vector, always the same one for the same word. Before that, words with hyphens get a second chance: *half-burnt* is the
# mean of *half* and *burnt*. By hand:

# %%
def table_for(types, vectors, unknown, learn_from=None):
    """{token: vector}. Mean and spread come from the known words of `learn_from`, by default of all `types`."""
    table, missing = {}, []
    for token in sorted(types):
        parts = [token] if token in vectors else [p for p in token.split("-") if p in vectors]
        if parts:
            table[token] = np.mean([vectors[p] for p in parts], axis=0)
        else:
            missing.append(token)
    known = np.stack([table[t] for t in table if learn_from is None or t in learn_from])
    for token in missing:
        letters = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
        table[token] = {"zero": np.zeros(known.shape[1]), "mean": known.mean(0),
                        "random": np.random.default_rng(letters).normal(0, known.std(), known.shape[1])}[unknown]
    return table


spoken = types_of(map(words.tokenize, scene))
for policy in ("zero", "mean", "random"):
    package, unknown = words.embed(spoken, words.GLOVE_50, policy, Path("data/cache"))
    for token, vector in table_for(spoken, glove, policy).items():
        np.testing.assert_allclose(vector, package[token], atol=1e-5)
print("of the scene, not in the table:", sorted(t for t in spoken if t not in glove))
print("unknown after the hyphen rule:", sorted(unknown))

# %%
for function in (words.embed, words._look_up, words._stand_in):
    print(inspect.getsource(function))

# %% [markdown]
# A word of warning about *mean*: of which words? The package takes all words it is given, and `extract` gives it the whole
# corpus, the test part too. No label leaks, but it is a look at the test text all the same. Here is how far that moves the
# vector. In this lesson we use the training part's words only.

# %%
all_types = types_of(here["train"][0] + here["test"][0])
for name, data, types in (("this corpus", here, all_types), ("the one with unseen words", unseen, unseen_types)):
    clean, leaky = (np.mean([glove[w] for w in part if w in glove], axis=0) for part in (types_of(data["train"][0]), types))
    print(f"{name}: the mean moves by {np.linalg.norm(clean - leaky):.3f}; its own length is {np.linalg.norm(clean):.2f}")

# %% [markdown]
# **What does the policy do to a score?** Keep the first $N$ words of the table, as in section 2, fill the rest by each
# policy, and score. **Predict** the order of the three at $N = 1{,}000$.

# %%
kept, lines = (1_000, 3_000, 10_000, 30_000, len(glove)), []
for n in kept:
    vectors = {p: glove[p] for t in all_types for p in (t, *t.split("-")) if place.get(p, n) < n}
    known = np.mean([t in vectors for t in counts])
    for policy in ("zero", "mean", "random"):
        table = table_for(all_types, vectors, policy, learn_from=counts)
        lines.append((n, policy, known, *text_only(table, here)))
        if known == 1:  # nothing to fill: the three are one
            lines += [(n, other, *lines[-1][2:]) for other in ("mean", "random")]
            break
effect = pd.DataFrame(lines, columns=["N", "policy", "types known", "WA", "low", "high"])
effect.pivot(index=["N", "types known"], columns="policy", values="WA")[["zero", "mean", "random"]].round(3)

# %%
majority = float(np.mean(np.array(here["test"][1]) == Counter(here["train"][1]).most_common(1)[0][0]))
fig, ax = plt.subplots(figsize=(7.5, 2.9), layout="constrained")
styles = zip(mc.figures.OKABE_ITO, mc.figures.MARKERS, ("-", "--", ":"), (0.93, 1, 1.07), strict=False)
for (policy, group), (color, marker, line, shift) in zip(effect.groupby("policy", sort=False), styles, strict=False):
    ax.errorbar(group.N * shift, group.WA, (group.WA - group.low, group.high - group.WA), marker=marker, ls=line,
                color=color, capsize=3, label=policy)
ax.axhline(majority, color="0.5", lw=1)
ax.text(1.4e3, majority, "majority", va="top", fontsize=8)
ax.set(xscale="log", xlabel="words kept in the table, most frequent first", ylabel="WA of the text", ylim=(0, None))
ax.legend(fontsize=8, title="unknown words", loc="lower right", ncols=3)
least = effect[effect["N"] == kept[0]].set_index("policy")
mc.figures.show(fig, alt="Accuracy from the text over the size of the table, one curve for each policy.",
           caption=f"{len(here['test'][1])} test utterances, Wilson intervals. With {kept[0]:,} words the table knows "
                   f"{least['types known'].iloc[0]:.0%} of the types, and WA is "
                   + ", ".join(f"{row.WA:.2f} ({policy})" for policy, row in least.iterrows()) + ".")

# %% [markdown]
# *Zero* and *mean* write all unknown words alike. *Random* gives each its own name: no meaning, but if the word occurs in
# training, the classifier finds the meaning itself. So random is always right? Ask the corpus whose test words are new:

# %%
lines = []
for n in (3_000, 10_000):
    vectors = {t: glove[t] for t in unseen_types if place[t] < n}
    for policy in ("zero", "mean", "random"):
        table = table_for(unseen_types, vectors, policy, learn_from=types_of(unseen["train"][0]))
        score, low, high = text_only(table, unseen)
        lines.append((n, policy, f"{score:.3f} [{low:.3f}, {high:.3f}]"))
filled = pd.DataFrame(lines, columns=["N", "policy", "WA"])
filled.pivot(index="N", columns="policy", values="WA")[["zero", "mean", "random"]]

# %% [markdown]
# A name helps only those who have heard it before. The intervals of the three overlap here, and all lie below the row
# *GloVe* of section 4, where every word had its vector: a filler cannot know what a word means. So look first whether the
# test part has unknown words that training never showed. Whatever is chosen must be **stated**, and chosen on the
# validation part. The package's default is zero, the plainest; `FeatureConfig(unknown=…)` changes it.
#
# ## 6 · Sentences of different length
#
# A batch is one block of numbers, so short sentences are filled up with rows of zeros: **padding**. These rows are no words.
# By hand, two words of two numbers, padded to four:

# %%
two = np.array([[2.0, 4.0], [4.0, -2.0]])
padded, real = np.vstack([two, np.zeros((2, 2))]), np.array([True, True, False, False])
print("mean of the words:", two.mean(0), "· of the padded block:", padded.mean(0))
print("with a mask:", (padded * real[:, None]).sum(0) / real.sum())

# %% [markdown]
# $$\bar x = \frac{\sum_t m_t\, x_t}{\sum_t m_t}, \qquad m_t = 1 \text{ for a word, } 0 \text{ for padding}$$
#
# **Predict:** what does padding do to a mean, and what to a maximum? Is either only shrunk, or turned as well?

# %%
sentence = np.stack([glove[t] for t in words.tokenize("no pain")])
rows = []
for extra in range(13):
    block = np.vstack([sentence, np.zeros((extra, sentence.shape[1]))])
    for pooled in (np.mean, np.max):
        right, wrong = pooled(sentence, axis=0), pooled(block, axis=0)
        rows.append((pooled.__name__.replace("amax", "max"), extra, cosine(right, wrong),
                     np.linalg.norm(wrong) / np.linalg.norm(right)))
damage = pd.DataFrame(rows, columns=["pooling", "padding", "cosine", "length"]).set_index(["pooling", "padding"])

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 2.4), layout="constrained", sharey=True)
for ax, pooling in zip(axes, ("mean", "max"), strict=True):
    for how, color, marker in zip(("cosine", "length"), mc.figures.OKABE_ITO, "os", strict=False):
        damage.loc[pooling, how].plot(ax=ax, marker=marker, ms=4, color=color, label=f"{how}, against the right one")
    ax.set(title=pooling, xlabel="rows of padding", ylim=(0, 1.1))
axes[1].legend(fontsize=8, loc="lower right")
mc.figures.show(fig, alt="Cosine and relative length of a wrong mean and a wrong maximum, over the rows of padding.",
           caption=f"“no pain”, {len(sentence)} words. Twelve rows shrink the mean to {damage.length['mean', 12]:.0%} of "
                   f"its length; its direction stays. A single row turns the maximum: its cosine falls to "
                   f"{damage.cosine['max', 1]:.2f}, because zero beats every negative number (both curves coincide there).")

# %% [markdown]
# Now the package. `collate` pads, and hands over a mask with it; every brick of the model takes that mask. The model's own
# pooling is a maximum, before Eq. 18:

# %%
print(inspect.getsource(layers.masked_max))

# %%
table = table_for(all_types, glove, "zero", learn_from=counts)
by_length = sorted({tuple(s) for s in here["test"][0]}, key=lambda s: (len(s), s))
few = [by_length[i] for i in np.linspace(0, len(by_length) - 1, 6).astype(int)]
made = mc.collate([mc.Features(str(i), np.zeros((0, 40), np.float32), np.float32([table[t] for t in s]), s, "")
                      for i, s in enumerate(few)])
more = torch.nn.functional.pad(made.text, (0, 0, 0, 5), value=9.0)  # five rows more, and not even zeros
more_mask = torch.nn.functional.pad(made.text_mask, (0, 5))
mean = (more * more_mask[..., None]).sum(1) / more_mask.sum(1, keepdim=True)
largest = layers.masked_max(more, more_mask)
for i, s in enumerate(few):
    alone = np.float32([table[t] for t in s])
    assert np.allclose(mean[i], alone.mean(0), atol=1e-5) and np.allclose(largest[i], alone.max(0))
print("text", tuple(made.text.shape), "· mask", tuple(made.text_mask.shape), "· words", made.text_mask.sum(1).tolist())
print("masked mean and masked maximum are those of the words alone, whatever stands in the padding")

# %% [markdown]
# How bad is it without a mask? We train as it should be, and score in batches of 32 with the padding left in. Twice, in
# different order, so that every utterance meets other mates.

# %%
model, (sentences, labels) = fitted(table, here), here["test"]
without = []
for seed in (0, 1):
    answers = np.empty(len(labels), object)
    order = np.random.default_rng(seed).permutation(len(labels))
    for mates in np.array_split(order, len(order) // 32 + 1):
        longest = max(len(sentences[i]) for i in mates)
        blocks = [np.pad([table[t] for t in sentences[i]], ((0, longest - len(sentences[i])), (0, 0))) for i in mates]
        answers[mates] = model.predict([np.concatenate((b.mean(0), b.max(0))) for b in blocks])
    without.append(answers)
right = model.predict(pool(table, sentences)) == labels
wrong = [np.mean(answers == labels) for answers in without]
print(f"WA with a mask {right.mean():.3f}, without {wrong[0]:.3f} and {wrong[1]:.3f}")
print(f"without, {np.mean(without[0] != without[1]):.1%} of the answers changed with the mates in the batch")

# %% [markdown]
# The last number is the nasty one. An answer about one person that changes with the *other* people in the batch is a bug,
# whatever the score says.
#
# ## 7 · How far can the text get?
#
# One sentence, said in six ways: calm or aroused, with the stress on no word, on *pain*, or on *flour*. Listen.

# %%
line = "she said pain and flour"
moods = {"calm": {"rate": 205, "volume": 33, "pitch": 35, "range": 25},
         "aroused": {"rate": 245, "volume": 57, "pitch": 65, "range": 75}}
plan = [{"id": f"{mood}, stress on {loud}", "voice": "en-us+f2", **how, "words": [(w, w == loud, 0) for w in line.split()]}
        for mood, how in moods.items() for loud in ("no word", "pain", "flour")]
with tempfile.TemporaryDirectory() as folder:
    speech.speak_all(plan, folder)
    sounds = {p["id"]: mc.load_audio(Path(folder) / f"{p['id']}.flac") for p in plan}
for name, sound in sounds.items():
    display(mc.figures.play(sound, 16_000, alt=f"“{line}”: {name}, {len(sound) / 16_000:.1f} s"))

# %%
fig, axes = plt.subplots(2, 3, figsize=(8.5, 3.4), layout="constrained", sharex=True, sharey=True)
for ax, (name, sound) in zip(axes.flat, sounds.items(), strict=True):
    mc.figures.draw_spectrogram(sound, 16_000, ax=ax)
    ax.images[0].set(cmap=plt.get_cmap("cividis", 16), interpolation="nearest")
    ax.set(title=name, ylabel="", xlim=(0, max(map(len, sounds.values())) / 16_000))
fig.supxlabel("seconds", fontsize=9)
lasts = {mood: np.mean([len(s) for name, s in sounds.items() if name.startswith(mood)]) / 16_000 for mood in moods}
mc.figures.show(fig, alt="Spectrograms of one sentence in six versions.",
           caption=f"Six sounds, one transcript: “{line}”. Mel bands over seconds; mean length "
                   + ", ".join(f"{mood} {seconds:.2f} s" for mood, seconds in lasts.items()) + ".")

# %% [markdown]
# Under the rule of the synthetic corpus these six get the following labels, by how the word is written:

# %%
def label_of(sense, stressed, mood):
    """Sense of the decisive word, whether *that* word is stressed, and arousal -> label."""
    p_high = float(mood == "aroused")
    return next(label for label, (s, stress, p) in rules.RULES.items()
                if s == sense and stress in (None, stressed) and p in (0.5, p_high))


pd.DataFrame({name: {f"written “{w}”": label_of(sense, "stress on pain" in name, name.split(",")[0])
                     for w, sense in (("pain", "negative"), ("pane", "none"))} for name in sounds}).T

# %% [markdown]
# One text, several labels. The best that a reader can do is to name the **most probable** label of what is written. With $x$
# the text:
#
# $$\text{ceiling} = \sum_x \max_y P(y, x) = \mathbb{E}_x \big[ \max_y P(y \mid x) \big]$$
#
# In the synthetic corpus a text tells the sense and nothing more. A sense with three equally frequent classes is guessed
# right in 1/3 of cases.

# %%
folder = Path(ROOT or f"data/{corpus.name}")
exact = None
if (folder / "corpus.json").is_file():  # only the synthetic corpus comes with its rules
    made_with = rules.SyntheticConfig(**json.loads((folder / "corpus.json").read_text(encoding="utf-8")))
    oracle = mc.read_truth(folder).query("split == 'test'")
    senses = np.array([rules.RULES[label][0] for label in rules.SYNTHETIC_LABELS])
    fitting = [made_with.prior[senses == sense] for sense in oracle.sense]  # P of the classes that fit each text
    by_hand = np.mean([p.max() / p.sum() for p in fitting])
    exact = ceilings.bayes_ceilings(oracle, made_with)
    assert np.isclose(by_hand, exact["text"]) or made_with.label_noise or made_with.missing_text
    print(f"text, by hand {by_hand:.4f}; package {exact['text']:.4f}")
    display(exact.to_frame("best possible WA on this test part").T.round(3))
else:
    print(f"nobody knows the rules of {corpus.name}: its exact ceiling cannot be computed.")

# %% [markdown]
# For any corpus, one can look at the texts that occur more than once:

# %%
said = pd.DataFrame([(u.text.lower(), u.label) for u in corpus.utterances], columns=["text", "label"])
again = said.value_counts().groupby("text").agg(times="sum", labels="size", most="max")
again = again[again.times > 1].sort_values(["labels", "times", "text"], ascending=False)
print(f"{again.times.sum()} of {len(said)} utterances have a text that occurs again. Who names the most frequent label of "
      f"each such text, with the answers in view, is right for {again.most.sum() / max(1, again.times.sum()):.1%} of them.")
again.head(5)

# %% [markdown]
# **Predict:** what does a text-only classifier get on the test part? Here are three, and a guesser. *Which words* has no
# vectors at all: a column for each frequent word of the training part, and one for all others.

# %%
column = {t: i for i, (t, _) in enumerate(counts.most_common(500))}  # enough to compare, and quick on a large corpus
which = {t: np.float32(np.arange(501) == column.get(t, 500)) for t in all_types}
reached = pd.DataFrame({
    "majority": (majority, *mc.share_interval(majority, len(labels))),
    "which words, no vectors": text_only(which, here),
    "word2vec of this corpus": text_only({t: own[t] if t in own else np.zeros(50) for t in all_types}, here),
    "GloVe": text_only(table, here)}, ["mean", "low", "high"]).T
fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
mc.figures.draw_rows(reached, ax=ax, marks=None if exact is None else {"text": exact["text"], "both": exact["both"]})
best = reached["mean"].idxmax()
mc.figures.show(fig, alt="Accuracy of text-only classifiers with intervals, beside the ceilings where they are known.",
           caption=f"{len(labels)} test utterances, Wilson intervals. Best: {best}, {reached['mean'][best]:.3f} "
                   f"[{reached.low[best]:.3f}, {reached.high[best]:.3f}]"
                   + ("." if exact is None else f"; the exact ceiling of the text is {exact['text']:.3f}."))

# %% [markdown]
# A score above its ceiling by more than its interval would mean a leak in the corpus. A score that *reaches* it means: do
# not look for a better text model. What is missing is not in the text. It is in the sound.
#
# ## 8 · Frozen or trainable?
#
# The vectors could stay as they are, or be trained along with the classifier. The paper does not say which. The package
# keeps them **frozen**: they are features, made before training. Here are both, in the smallest model: masked mean, then
# one layer.

# %%
def numbered(data):
    """Words as numbers: the vectors (row 0 is padding), the padded numbers and the classes of both parts."""
    names = sorted(types_of(data["train"][0] + data["test"][0]))
    row, classes = {name: i for i, name in enumerate(names, 1)}, sorted(set(data["train"][1]))
    vectors = table_for(names, glove, "zero")
    ids = {part: torch.nn.utils.rnn.pad_sequence([torch.tensor([row[t] for t in s]) for s in sentences], batch_first=True)
           for part, (sentences, _) in data.items()}
    target = {part: torch.tensor([classes.index(y) if y in classes else -1 for y in data[part][1]]) for part in data}
    return torch.tensor(np.vstack([np.zeros(50), *(vectors[n] for n in names)]), dtype=torch.float32), ids, target, classes


# %%
def train_reader(before, ids, target, classes, *, frozen, seed):
    """(WA on the test part, vectors after training)."""
    torch.manual_seed(seed)
    embedding = torch.nn.Embedding.from_pretrained(before.clone(), freeze=frozen, padding_idx=0)
    out = torch.nn.Linear(50, len(classes))
    optimizer = torch.optim.Adam([p for p in (*embedding.parameters(), *out.parameters()) if p.requires_grad], lr=0.02)

    def logits(i):
        return out(embedding(i).sum(1) / (i > 0).sum(1, keepdim=True))  # the row of padding stays zero: a masked mean

    for _ in range({"smoke": 2, "quick": 8, "paper": 20}[PROFILE]):
        for chosen in torch.randperm(len(target["train"])).split(128):
            loss = torch.nn.functional.cross_entropy(logits(ids["train"][chosen]), target["train"][chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return (logits(ids["test"]).argmax(1) == target["test"]).float().mean().item(), embedding.weight.detach()


# %% [markdown]
# **Predict:** which is better on this corpus, and which on the one whose test words were never met?

# %%
rows, drift = {}, {}
for name, data in (("this corpus", here), ("unseen words", unseen)):
    given = before, ids, target, classes = numbered(data)
    for frozen in (True, False):
        found = [train_reader(*given, frozen=frozen, seed=seed) for seed in (0, 1, 2)]
        kind = "frozen" if frozen else "trainable"
        rows[f"{name}, {kind}"] = mc.score_interval([wa for wa, _ in found], len(target["test"]))
    still = torch.nn.functional.cosine_similarity(found[-1][1], before)[1:]  # without the row of padding
    met = torch.isin(torch.arange(1, len(before)), ids["train"])
    drift[name] = {"met in training": still[met].mean().item(), "never met": still[~met].mean().item()}
    print(f"{name}: {50 * len(classes) + len(classes)} numbers to train when frozen, {50 * (len(before) - 1)} more when not")
pd.DataFrame(drift).T.round(3).rename_axis("cosine of a word's trained and given vector")

# %%
readers = pd.DataFrame(rows, ["mean", "low", "high"]).T
fig, ax = plt.subplots(figsize=(7.5, 2.3), layout="constrained")
mc.figures.draw_rows(readers, ax=ax)
mc.figures.show(fig, alt="Accuracy with frozen and with trainable vectors, on two corpora, with intervals over seeds.",
           caption="WA of the smallest reader, mean and 95 % interval over 3 seeds: "
                   + "; ".join(f"{name} {row['mean']:.2f}" for name, row in readers.iterrows()) + ".")

# %% [markdown]
# Training moves the vectors of words that occur, and cannot move the others: they stay behind in the old space, while the
# classifier learns the new one. So trainable vectors pay where the test speaks the words of training, and can cost where it
# does not. Which of the two a real corpus is, section 2 tells: count the types that occur in the test part only.
#
# What the paper leaves open about words, and what this package does:
#
# | question | the paper | here |
# |---|---|---|
# | tokeniser | "word-tokenizer" | NLTK's Treebank rules, sentences split first, lower case |
# | which GloVe | 300 dimensions; made from which text is not printed | 50 dimensions of GloVe 6B by pip; any file with `vectors=…` |
# | unknown words | – | hyphen rule, then zero, mean or random; zero by default |
# | frozen or trainable | – | frozen |
# | longest transcript | – | no limit; a mask for the padding |

# %% [markdown]
# ## Exercises
#
# **E4.1 · Implement** (★, 5 min). Write `coverage(sentences, known)`: `sentences` is a list of token lists, `known` a set of
# words. Return two shares, first of **tokens**, then of **types**, that are known.
#
# <details><summary>Hint 1</summary>Tokens count each time they come, types once.</details>
# <details><summary>Hint 2</summary>Make one long list of all tokens; a set of it holds the types.</details>
# <details><summary>Hint 3</summary><code>np.mean([w in known for w in tokens])</code>, and the same over <code>set(tokens)</code>.</details>

# %% tags=["exercise"]
def coverage(sentences, known):
    raise NotImplementedError


check.coverage(coverage)

# %% tags=["solution"]
def coverage(sentences, known):
    tokens = [w for sentence in sentences for w in sentence]
    types = set(tokens)
    return np.mean([w in known for w in tokens]), np.mean([w in known for w in types])


check.coverage(coverage)

# %% [markdown]
# **E4.2 · Implement** (★★, 8 min). The policy *mean*, without a look at the test part. `train` and `test` are lists of
# token lists, `vectors` a dictionary of known words (it holds many more than occur here). Return a dictionary with a vector
# for **every** type of both parts. A known word keeps its vector; an unknown one gets the mean over the known types of the
# training part, each type once.
#
# <details><summary>Hint 1</summary>Whose words may the mean be of? Whose words need a vector?</details>
# <details><summary>Hint 2</summary>The types of a part: <code>{w for sentence in part for w in sentence}</code>.</details>
# <details><summary>Hint 3</summary><code>np.mean([vectors[w] for w in train_types if w in vectors], axis=0)</code></details>

# %% tags=["exercise"]
def table_of(train, test, vectors):
    raise NotImplementedError


check.table_of(table_of)

# %% tags=["solution"]
def table_of(train, test, vectors):
    train_types = {w for sentence in train for w in sentence}
    filler = np.mean([vectors[w] for w in train_types if w in vectors], axis=0)
    return {w: vectors.get(w, filler) for sentence in [*train, *test] for w in sentence}


check.table_of(table_of)

# %% [markdown]
# **E4.3 · Implement** (★★, 6 min). Write `masked_mean(x, mask)`: `x` is a tensor (B, L, E), `mask` a boolean one (B, L),
# true where a word is. Return (B, E). What stands in the padding may be anything. A sentence without any word gives zeros.
#
# <details><summary>Hint 1</summary>First silence the padding, then sum, then divide by the right number.</details>
# <details><summary>Hint 2</summary><code>mask[..., None]</code> has the shape (B, L, 1) and multiplies each row of a word.</details>
# <details><summary>Hint 3</summary>The right number is <code>mask.sum(1, keepdim=True)</code>; <code>.clamp(min=1)</code> saves the
# empty sentence.</details>

# %% tags=["exercise"]
def masked_mean(x, mask):
    raise NotImplementedError


check.masked_mean(masked_mean)

# %% tags=["solution"]
def masked_mean(x, mask):
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


check.masked_mean(masked_mean)

# %% [markdown]
# **E4.4 · Predict** (★★, 6 min). Write `text_ceiling(prior, sense)`: the best accuracy of a reader who sees the sense of a
# text and nothing else. `prior` maps each class to its probability, `sense` maps each class to the one sense that its texts
# have. When it works, call it with the seven classes of section 7: the ceiling of that section should come back, nearly.
#
# <details><summary>Hint 1</summary>For each sense, the reader names one class, always the same. Which?</details>
# <details><summary>Hint 2</summary>How often is that right, counted over <i>all</i> texts and not only those of that sense?</details>
# <details><summary>Hint 3</summary>Sum over the senses of the largest prior among its classes.</details>

# %% tags=["exercise"]
def text_ceiling(prior, sense):
    raise NotImplementedError


check.text_ceiling(text_ceiling)

# %% tags=["solution"]
def text_ceiling(prior, sense):
    return sum(max(prior[label] for label in prior if sense[label] == s) for s in set(sense.values()))


check.text_ceiling(text_ceiling)

# %% [markdown]
# ## Recap
# - You can say where tokenisers disagree, and saw why sentences are split first.
# - You measured coverage in types and tokens, and what three policies for unknown words do to a score.
# - You read neighbours, analogies and a picture, and know what each leaves out: opposites, the words that went in, variance.
# - You pooled with a mask, and padding no longer changes anything.
# - You computed the ceiling of the text by hand, and held trained readers against it.
#
# ## What you may not conclude
# - That text says this little about real speech. The generator was made so; on real transcripts the ceiling is not known.
# - That unknown words matter this much in real speech. The generator puts the label into rare words.
#   Rerun section 5 on MELD.
# - That random vectors are a good default. They won where every test word had been met, with one draw.
# - That GloVe knows feelings. It knows company, opposites share theirs, and its prejudices come along.
# - That 50 dimensions are enough for the paper's numbers. The paper used 300; that was not run here.
# - That one draw of homophones settles frozen against trainable. The intervals cover seeds,
#   not other words or other corpora.
#
# **Further reading:** Pennington, Socher and Manning, *GloVe: Global vectors for word representation* (EMNLP 2014);
# Mikolov, Sutskever, Chen, Corrado and Dean, *Distributed representations of words and phrases and their compositionality*
# (NeurIPS 2013); Bolukbasi, Chang, Zou, Saligrama and Kalai, *Man is to computer programmer as woman is to homemaker?
# Debiasing word embeddings* (NeurIPS 2016).
#
# **Previous:** [03 · From sound to frames](03_from_sound_to_frames.ipynb) · **Next:**
# [05 · Encoders](05_encoders.ipynb)
