# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 18 · Capstone: one sentence, one verdict
#
# This is where you work alone. You choose **one sentence** of the paper, write down how
# you will test it *before* you look, run it, let the numbers give the verdict, and tell
# the whole story on two pages. You have already built everything that you need. Only
# the order is new: first the rule, then the result.
#
# **You will be able to**
# - turn a sentence of a paper into a question that a run can answer,
# - write a protocol that could be held against you, and seal it,
# - say before the run how small a gap it could see,
# - compute a verdict, and show how much it leans on your choices,
# - write it up so that a stranger could repeat it, and review the work of others.
#
# **Needs:** lessons 14 and 15. **Time:** read 11 min · run half a minute · exercises 35
# min · your own study: half a day, and the time that its trainings take. **Paper:**
# sections 3.4 and 3.5, Tables 1 to 3. **Runs on:** finished trainings; those of Table 3
# on a small synthetic corpus come with the course. With `CORPUS` you take your own.

# %% tags=["parameters"]
CORPUS = "synthetic"  # or a corpus with folds, after mcsan run table3 --corpus …
PROFILE = "quick"  # "full": ten folds, three seeds; "smoke": a test; "paper"
ROOT = None  # the corpus's folder; None means data/<corpus>
RETRAIN = False  # True trains again instead of loading: many minutes

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from scipy import stats as scipy_stats

import mcsan_lite as mc
from mcsan_lite.evaluation import comparison, pairing
from mcsan_lite.exercises import lesson18 as check
from mcsan_lite.exercises.capstone import report, study as capstone
from mcsan_lite.exercises.verdicts import lesson18 as read
from mcsan_lite.exercises.verdicts.sentences import p_in_words
from mcsan_lite.experiments import grids
from mcsan_lite.figures.basics import counted

mc.enter_course_folder()  # where data/ and runs/ are, wherever this notebook lies
mc.figures.use_theme()
pd.set_option("display.max_colwidth", 100)
FULL = mc.paper.FULL

# %% [markdown]
# ## 1 · The menu
#
# The claims ledger of lesson 15 holds every sentence of the paper that has a number or
# a comparison. The comparisons among them are the menu. The column *trainings* counts
# the trainings of *Table 3* that are at hand for both rows of a sentence. Lesson 15
# also has those of Tables 1 and 2.

# %%
if CORPUS == "synthetic":
    options = mc.RunOptions(retrain=RETRAIN)
    results, source = mc.grid_results("table3", PROFILE, options=options)
    generated = True
else:
    corpus = mc.open_corpus(CORPUS, root=ROOT, profile=PROFILE)
    specs = mc.paper.table3_specs(PROFILE, CORPUS)
    results = grids.finished_results(mc.Grid(specs, corpus))
    source = "runs/"
    generated = corpus.generated
folds, seeds = results.fold.nunique(), results.seed.nunique()
print(f"{counted(folds, 'fold')} × {counted(seeds, 'seed')}, from {source}")
menu = capstone.menu(results)
print(read.say_menu(menu.trainings))
menu.drop(columns="command")

# %% [markdown]
# A good choice is a sentence that **could fail**, that **somebody leans on**, and that
# you can **pay for**. A sentence about a system of Table 1 or 2 needs that table's run:

# %%
menu.groupby("table").agg({"command": "first", "says": "count"})

# %% [markdown]
# ## 2 · The protocol
#
# A protocol answers, in advance, every question that you could otherwise answer to your
# liking afterwards:
#
# | field | the question | why before |
# |---|---|---|
# | `claim`, `question` | which sentence, which two rows, which score? | else you take the score that works |
# | `corpus`, `protocol` | which data, cut how? | else you take the cut that works |
# | `folds`, `seeds`, `stop` | how many trainings, and when do you stop? | if you go on until something appears, something will appear |
# | `chosen_on` | which part picks epochs and settings? | never the test part (lesson 09) |
# | `margin`, `margin_from` | which gap would be too small to matter, and who says so? | afterwards it can be drawn around any result |
# | `test`, `level` | which test, at which level? | there is always a test that agrees |
# | `seen` | which results do you know already? | it decides how many sentences Holm counts (lesson 14) |
# | `reproduced_if`, `differs_if`, `otherwise` | which result gives which verdict? | this *is* the verdict, minus the numbers |
#
# **The template** is a plain dictionary. It is yours to fill in E18.1:

# %%
TEMPLATE = {
    "claim": ...,  # an id of the menu
    "question": ...,  # names both rows and the score
    "corpus": ...,
    "protocol": ...,  # how it is cut, such as "kfold10"
    "folds": ...,
    "seeds": ...,
    "chosen_on": ...,  # "validation"
    "margin": ...,  # a share: one point is 0.01
    "margin_from": ...,
    "test": ...,  # "corrected t"
    "level": ...,
    "seen": ...,  # "nothing" or "the table"
    "reproduced_if": ...,
    "differs_if": ...,
    "otherwise": ...,
    "stop": ...,
}

# %% [markdown]
# ## 3 · A worked example
#
# **The sentence.** Section 3.5 says that cross-attention helps. It is the sentence that
# the paper's title leans on. First, its own numbers: does the arithmetic close, and is
# the printed gap more than noise?

# %%
claim = capstone.claim_called("w/o cross wa")
printed = mc.paper.published_gaps().loc[claim.b]
print(f"section {claim.section}, Table {claim.table}: {claim.a} minus {claim.b}")
print(f"the text says {claim.stated}, the table {claim.printed}")
welch = printed[["wa gap low", "wa gap high", "wa p"]].astype(float)
print(read.say_as_printed(claim.says, *welch))

# %% [markdown]
# **The protocol.** The results of this table came with the course, and the author of
# this lesson had seen them. Nobody can unsee a result, but one can be honest about it:
# `seen` says *the table*. The sentence is then tested as one of all the sentences about
# that table, and the write-up calls the study a second look. For the same reason, folds
# and seeds are read from the finished results here. In your own plan, type them.

# %%
plan = {
    "claim": claim.id,
    "question": "Is MCSAN above w/o cross in WA, on the same folds and seeds?",
    "corpus": results.corpus.iloc[0],
    "protocol": results.protocol.iloc[0],
    "folds": folds,
    "seeds": seeds,
    "chosen_on": "validation",
    "margin": comparison.ALIKE_MARGIN,
    "margin_from": "the whole course takes one point for too small to matter",
    "test": "corrected t",
    "level": 0.05,
    "seen": "the table",
    "reproduced_if": "the p value for the sentence is below the level after Holm",
    "differs_if": "the p value against the sentence is below the level after Holm",
    "otherwise": "not distinguishable, and alike if TOST shows it within the margin",
    "stop": "when all planned folds are there, whatever they show",
}
check.protocol(plan)

# %% [markdown]
# **The seal.** A protocol is worth something only if it cannot be bent later. A
# *digest* turns a text into a few digits, in such a way that in practice any other text
# gives other digits. Once you have published the digits (in a commit, or in a message
# to a colleague), the text is fixed:

# %%
sealed = capstone.seal(plan)
bent = plan | {"margin": 0.03}
print("sealed:             ", sealed.digest)
print("with another margin:", capstone.seal(bent).digest)
try:
    capstone.require_sealed(bent, sealed)
except mc.DataError as refusal:
    print(refusal.given)
print(inspect.getsource(capstone.seal))

# %% [markdown]
# **What can the plan see?** The interval of a mean over $k$ folds has the half-width
#
# $$g_\text{visible} = t_{k-1,\,0.975}\;
#   \sqrt{\tfrac1k + \tfrac{n_\text{test}}{n_\text{train}}}\;\; s$$
#
# where $s$ is the deviation of the paired differences over folds. With this $s$, the
# interval of a smaller mean cannot exclude zero. We do not know $s$ before the run, and
# we may not take it from the very rows that we are about to test. But the *other* rows
# of the table were trained on the same folds, so we take it from them:

# %%
share = float((results.n_test / results.n_train).mean())
spread = capstone.typical_spread(results, claim)
quantile = scipy_stats.t.ppf(0.975, folds - 1)
by_hand = quantile * np.sqrt(1 / folds + share) * spread
visible = capstone.visible_gap(spread, folds, share)
assert np.isclose(visible, by_hand, equal_nan=True)
print(f"s of the other rows: {100 * spread:.1f} points (their median)")
print(report.resolution_sentence(visible, plan["margin"], claim.printed))

# %% [markdown]
# **Predict, then check.** You know the plan and what it can see. Which of the three
# verdicts do you expect? Write it down before you run the next cell.
#
# **The run.** Whatever is at hand is not trained again. `study_of` refuses a protocol
# that was changed, results without one of the two rows, and any other number of folds
# or seeds than planned.

# %%
study = capstone.study_of(plan, sealed, results, generated=generated)
rows = pairing.paired(results, [claim.a, claim.b], claim.a)
by_row = {name: of_row.groupby("fold").wa.mean() for name, of_row in rows.items()}
differences = by_row[claim.a] - by_row[claim.b]
test = mc.corrected_t(differences, share)  # the corrected t of lesson 14
assert np.isclose(test.mean, study.gap.mean)
print(read.say_fold_by_fold(differences, study.gap.low, study.gap.high))
own_spread = differences.std(ddof=1)
print(f"s: {100 * own_spread:.1f} points; the plan expected {100 * spread:.1f}")
p_for, p_against = p_in_words(study.alone.p_for), p_in_words(study.alone.p_against)
print(f"alone: p for the sentence {p_for}, against it {p_against}")
p_for, p_against = p_in_words(study.support.p_for), p_in_words(study.support.p_against)
print(f"as one of {study.family}: p for the sentence {p_for}, against it {p_against}")
print(f"p that it is not within the margin: {p_in_words(study.alike_p)}")

# %% tags=["hide-input"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
before, after = by_row[claim.b].rename(claim.b), by_row[claim.a].rename(claim.a)
mc.figures.draw_slopes(before, after, ax=left)
left.set(title="", xlim=(-0.2, 2.2))
gap = study.gap
interval = {"mean": gap.mean, "low": gap.low, "high": gap.high}
forest = pd.DataFrame(interval, index=["gap"])
mc.figures.draw_forest(
    forest.astype(float),
    ax=right,
    margin=plan["margin"],
    label=f"{claim.a} − {claim.b}, points",
)
mc.figures.show(
    fig,
    alt="Left: the accuracy of each fold under both rows, joined by a line. Right: "
    "their gap with its interval, zero, and the margin as a grey band.",
    caption=f"{study.corpus}: {gap.n} folds × {counted(study.seeds, 'seed')}. The "
    "interval is the corrected 95 % interval of this sentence alone; the verdict is "
    "after Holm.",
)

# %% [markdown]
# **The verdict**, computed by the rule that was sealed:

# %%
print(report.verdict_sentence(study))

# %% [markdown]
# **How much does it lean on a choice?** Here is the same sentence, counted in some
# other ways that a hurried reader might find reasonable. None of them was planned, so
# none of them can change the verdict. They show whether somebody could have found
# another verdict.

# %%
ways = capstone.other_ways(study, results)
print(report.ways_sentence(ways))
in_points = (100 * ways[["gap", "low", "high"]].astype(float)).round(1)
in_points.join(ways.verdict)

# %% [markdown]
# ## 4 · Two pages
#
# A write-up has seven parts, always in this order: the sentence · what was fixed before
# · what the plan could see · the result · how else it could have been counted · what it
# does not say · what would settle it. Every number below is put there by code, so if a
# training changes, the text changes with it. In your own write-up the words are yours.

# %%
pages = report.two_pages(study, ways)
print(read.say_lengths(len(pages.split())))
display(Markdown(pages))

# %% [markdown]
# ## 5 · The rubric
#
# Twenty points. Use it on your own pages before somebody else does.
#
# | line | points | a good answer | a weak answer |
# |---|---|---|---|
# | **Sentence** | 2 | quotes one sentence with its section, its numbers, and what it would mean if it failed | "I test whether MCSAN is good" |
# | **Protocol** | 5 | every field filled, sealed before the run; the margin has a reason that is not the result; says what had been seen | written afterwards; "margin: the interval" |
# | **Resolution** | 2 | says before the run which gap it can see, from other rows, and what follows | none; or "10 folds should be enough" |
# | **Run** | 3 | both rows on the same folds and seeds; the test part chose nothing; failures told; the folder or commit named | best epoch on test; one row rerun because it "looked odd" |
# | **Test** | 3 | the planned one, corrected for shared data and for the number of sentences; interval beside each mean | p < .05 of ten tries |
# | **Verdict** | 2 | follows from the rule; keeps *not distinguishable* apart from *alike* | "a trend towards significance" |
# | **Limits** | 2 | says on which speech and for whom it does *not* hold; no synthetic score beside the paper's | "so emotion recognition needs cross-attention" |
# | **Prose** | 1 | a stranger could repeat it; no number without its source | a tour of the code |
#
# A *not distinguishable* with a clean protocol earns all twenty. A *reproduced* with a
# margin that was drawn afterwards loses the points of the protocol, and those of the
# verdict with them.

# %% [markdown]
# ## Your turn
#
# 1. Choose a sentence in section 1, and fill the template (E18.1).
# 2. Seal it, and send the digest to somebody.
# 3. Work out what it can see (E18.2). If that is too coarse, change the plan **now**.
# 4. Run the command of the menu, for example
#    `mcsan run table3 --profile full --rows "MCSAN,w/o self" --jobs 2`, after
#    `--estimate` has told you the price.
# 5. Call `capstone.study_of(plan, sealed, results, generated=True)`, write your verdict
#    sentence (E18.4), and call `capstone.other_ways`.
# 6. Write two pages in your own words. Then swap them with a neighbour, and grade each
#    other.
#
# ## Exercises
#
# **E18.1 · Implement** (★★, 10 min). Write a protocol for **another** sentence than the
# worked example: that self-attention helps, `"w/o self wa"`. The check looks at what is
# missing and at what could be bent later. It does not look at any result.
#
# <details><summary>Hint 1</summary>The question names both rows and the score: which
# two rows do you compare, and in which score?</details>
# <details><summary>Hint 2</summary>The margin is a share. Its reason may be a
# convention, a cost, or the paper; it may not be your result.</details>
# <details><summary>Hint 3</summary>Start from <code>plan | {…}</code> of the worked
# example and change <code>claim</code> and <code>question</code>. Then read every other
# line, and ask whether you mean it.</details>

# %% tags=["exercise"]
mine = {**TEMPLATE}  # fill in every field
check.protocol(mine, plan)  # another sentence than that of the worked example

# %% tags=["solution"]
mine = {
    "claim": "w/o self wa",
    "question": "Is MCSAN above w/o self in WA, on the same folds and seeds?",
    "corpus": "the synthetic corpus of Table 3, matching world",
    "protocol": "kfold10",
    "folds": folds,
    "seeds": seeds,
    "chosen_on": "validation",
    "margin": 0.01,
    "margin_from": "a gain of one point is what a second attention block should bring",
    "test": "corrected t",
    "level": 0.05,
    "seen": "the table",
    "reproduced_if": "the p value for it is below the level after Holm",
    "differs_if": "the p value against it is below the level after Holm",
    "otherwise": "not distinguishable; alike if TOST shows it",
    "stop": "when all planned folds are there, whatever they show",
}
check.protocol(mine, plan)

# %% [markdown]
# **E18.2 · Implement** (★, 7 min). Write `smallest(sd, folds, test_share)`: the
# smallest gap whose corrected 95 % interval excludes zero. All three numbers and the
# answer are shares, not points. (`scipy_stats` is imported above.)
#
# <details><summary>Hint 1</summary>It is half the width of the interval.</details>
# <details><summary>Hint 2</summary>A standard error times a quantile of Student's t.
# How many degrees of freedom do k folds have?</details>
# <details><summary>Hint 3</summary><code>scipy_stats.t.ppf(0.975, folds - 1)</code>
# times <code>np.sqrt(1 / folds + test_share)</code> times <code>sd</code>.</details>


# %% tags=["exercise"]
def smallest(sd, folds, test_share):
    """-> the smallest gap that can be seen, a share."""
    raise NotImplementedError


check.smallest_gap(smallest)


# %% tags=["solution"]
def smallest(sd, folds, test_share):
    """-> the smallest gap that can be seen, a share."""
    from scipy import stats

    error = np.sqrt(1 / folds + test_share) * sd
    return stats.t.ppf(0.975, folds - 1) * error


check.smallest_gap(smallest)

# %% [markdown]
# **E18.3 · Break it** (★★, 5 min). These moves are from the diary of a study. Three of
# them break its protocol. Which?
#
# - **a** — "The interval is −0.8 to +2.1, so we take two points as the margin: the rows
#   are alike."
# - **b** — "Fold 4 crashed when the disk was full. We ran it again, with the same
#   seed."
# - **c** — "w/o self looked weak, so for that row we report its best epoch on the test
#   part."
# - **d** — "A reviewer asks for UA. We add it, and say that it was not planned."
# - **e** — "p = .06 with three seeds. We ran two more, and now it is .04: reproduced."
# - **f** — "To plan the folds we took the spread from the rows that we do not test."
#
# <details><summary>Hint 1</summary>Ask of each move: who had seen what when this was
# decided?</details>
# <details><summary>Hint 2</summary>Telling is not breaking. What was added and marked
# as added may stay.</details>
# <details><summary>Hint 3</summary>One draws the target around the arrow, one looks at
# the test part, and one stops when it likes the score.</details>

# %% tags=["exercise"]
answer = ...
check.broken_moves(answer)

# %% tags=["solution"]
answer = {"a", "c", "e"}
check.broken_moves(answer)

# %% [markdown]
# **E18.4 · Explain** (★★★, 8 min). Write the verdict of the worked example in **one
# sentence** of your own. It names both rows, the gap with its interval in points (one
# decimal), the number of folds, the kind of speech, the correction, and one of the
# three verdicts. Write the interval as *low to high*, and the number of folds in
# digits. The check holds your sentence against the numbers of `study`. An f-string
# keeps them right when the runs change: `f"{100 * study.gap.mean:+.1f}"`.
#
# <details><summary>Hint 1</summary>What would a reader have to know to disagree with
# you?</details>
# <details><summary>Hint 2</summary>The parts are in <code>study.claim.a</code>,
# <code>study.gap.low</code>, <code>study.gap.n</code>, <code>study.family</code> and
# <code>study.verdict</code>.</details>
# <details><summary>Hint 3</summary>Words that the check refuses: <em>proves</em>,
# <em>significant</em>, <em>trend</em>, <em>no effect</em>. Each of them says more than
# the numbers do.</details>

# %% tags=["exercise"]
verdict_in_words = ...
check.sentence(verdict_in_words, study)

# %% tags=["solution"]
gap = study.gap
low, mean, high = 100 * gap.low, 100 * gap.mean, 100 * gap.high
kind_of_speech = "synthetic speech" if study.generated else study.corpus
verdict_in_words = (
    f"On {kind_of_speech}, {study.claim.a} minus {study.claim.b} is {mean:+.1f} points "
    f"({low:+.1f} to {high:+.1f}) over {gap.n} folds; after Holm over {study.family} "
    f"sentences, the paper's sentence is {study.verdict}."
)
check.sentence(verdict_in_words, study)

# %% [markdown]
# **E18.5 · Explain** (★★, 5 min). You review three capstones. Each fails exactly one
# line: **a** the sentence · **b** the margin · **c** the scope · **d** the test part.
#
# - **A** — "MCSAN minus N = 2 is +0.4 points (−0.6 to +1.4) on synthetic speech, ten
#   folds. Since the interval ends at 1.4, gaps below 1.5 points do not matter here:
#   alike."
# - **B** — "We asked about w/o self, with a margin of one point, on synthetic speech.
#   For each row we kept the epoch with the highest WA on the held-out fold, and
#   compared."
# - **C** — "MCSAN minus w/o cross is +5.2 points (+2.0 to +8.4) on synthetic speech, ten
#   folds, corrected t, margin one point: reproduced. So a call centre that wants to
#   know how its callers feel needs cross-attention."
#
# <details><summary>Hint 1</summary>Where does each number come from, and
# when?</details>
# <details><summary>Hint 2</summary>“Held-out” may mean two different parts.</details>
# <details><summary>Hint 3</summary>One of them is flawless up to its last
# sentence.</details>

# %% tags=["exercise"]
failed = {"A": ..., "B": ..., "C": ...}
check.review(failed)

# %% tags=["solution"]
failed = {"A": "b", "B": "d", "C": "c"}
check.review(failed)

# %% [markdown]
# ## Recap
# - You turned a sentence into a question with two rows, one score and a margin.
# - You sealed a protocol, and saw a changed one refused.
# - You knew before the run how small a gap it could see.
# - You computed a verdict, and saw how many other ways of counting disagree with it.
# - You have a write-up whose numbers cannot go stale, and a rubric for your own.
#
# ## What you may not conclude
# - That the worked example settles the paper's sentence. It was made on generated
#   speech, by people who had seen the table.
# - That a seal makes a protocol good. It only makes it impossible to change unseen.
# - That *not distinguishable* is a failure of the study, or *reproduced* a success.
# - That the other ways of counting are wrong. They are merely not what was planned.
#
# **Further reading:** Nosek et al., *The preregistration revolution* (PNAS 2018);
# Gelman and Loken, *The statistical crisis in science* (American Scientist 2014), on
# the garden of forking paths; Pineau et al., *Improving reproducibility in machine
# learning research* (JMLR 2021); Lakens, *Equivalence tests* (2017).
#
# **Previous:** [17 · Your own voice](17_your_own_voice.ipynb) · **Next:** back to
# [00 · Start here](00_start_here.ipynb), or on to your own corpus
