"""The sentences of lesson 04, From words to vectors, about its numbers.

In: numbers that a cell has just measured. Out: a sentence or two that follows from them, for any
corpus, profile and seed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    NOT_COMPARED,
    UNTESTED,
    Measured,
    gap_side,
    in_percent,
    percent_interval,
    points_interval,
    side_of,
)

_EACH_TAIL = 0.025  # of random pairings: 5 % on both sides together


def say_what_tokenisers_change(where: str, known: Mapping[str, float]) -> str:
    """How far the tokeniser alone moves the coverage of types.

    Args:
        where: what was cut into tokens.
        known: by tokeniser, the share of types that the table holds.
    """
    best, worst = max(known, key=known.get), min(known, key=known.get)
    if known[best] == known[worst]:
        return (
            f"{where}: every tokeniser finds the same share of known types, "
            f"{in_percent(known[best], 1)}."
        )
    return (
        f"{where}: the share of known types runs from {in_percent(known[worst], 1)} ({worst}) to "
        f"{in_percent(known[best], 1)} ({best}). The table is the same; only the cutting differs."
    )


def say_what_a_small_table_covers(tokens: float, types: float, size: int) -> str:
    """Which of the two coverages the most frequent words serve.

    Args:
        tokens: the share of tokens that is covered.
        types: the share of types.
        size: how many words are kept.
    """
    start = (
        f"The {size:,} most frequent words cover {in_percent(tokens)} of the tokens and "
        f"{in_percent(types)} of"
    )
    if tokens > types:
        return f"{start} the types. The curve of tokens leads: frequent words are known first."
    return f"{start} the types. The curve of tokens does not lead here."


def say_which_rare_words_matter(rare: Sequence[str], decisive: Collection[str]) -> str:
    """Whether the rarest known words belong to the homophones that carry the label.

    Args:
        rare: the rarest known words.
        decisive: the spellings of all homophones.
    """
    found = [word for word in rare if word in decisive]
    if not found:
        return f"None of these {len(rare)} words is one of the synthetic corpus's homophones."
    return (
        f"{len(found)} of these {len(rare)} words are homophones of the synthetic corpus, whose "
        "spelling decides the label. A coverage of tokens hides such words; keep both numbers."
    )


def say_what_padding_does(length: float, mean_turn: float, largest_turn: float) -> str:
    """What rows of zeros do to a mean and to a maximum.

    Args:
        length: of the wrong mean, as a share of the right one's.
        mean_turn: cosine of the wrong and the right mean.
        largest_turn: cosine of the wrong and the right maximum.
    """
    mean = "keeps its direction" if mean_turn > 0.999 else f"turns (cosine {mean_turn:.2f})"
    largest = "stays" if largest_turn > 0.999 else f"turns (cosine {largest_turn:.2f})"
    why = "" if largest_turn > 0.999 else ", because zero beats every negative number"
    return (
        f"Padding leaves the mean {in_percent(length)} of its length, and it {mean}. The maximum "
        f"{largest}{why}."
    )


def say_what_a_missing_mask_costs(masked: Measured, gap: Measured, changed: float) -> str:
    """What happens to the score and to single answers without a mask.

    Args:
        masked: accuracy with the mask.
        gap: accuracy with the mask minus accuracy without, on the same utterances.
        changed: the share of answers that change with the other utterances of the batch.
    """
    meaning = {
        "more": "the mask helps",
        "less": "the mask hurts",
        "no difference shown": "no difference in score is shown",
        NO_INTERVAL: UNTESTED,
    }[gap_side(gap.low, gap.high)]
    lines = [
        f"With a mask, the score is {masked}. With minus without the mask is "
        f"{points_interval(*gap)}: {meaning}."
    ]
    if changed:
        lines.append(
            f"Without it, {in_percent(changed, 1)} of the answers change with the *other* "
            "utterances of the batch. That is a bug, whatever the score says."
        )
    else:
        lines.append("On these batches, no answer changes with the other utterances.")
    return "\n".join(lines)


def say_where_text_stands(best: str, found: Measured, chance: float, ceiling: float | None) -> str:
    """A trained reader between chance and the ceiling of the text.

    Args:
        best: the name of the best reader.
        found: its accuracy.
        chance: the accuracy of always naming the most frequent class.
        ceiling: the best possible expected accuracy, or None where nobody knows it.
    """
    floor = side_of(found.low, found.high, chance)
    line = (
        f"The best reader, {best!r}, gets {percent_interval(*found, decimals=1)}. That is {floor} "
        f"the majority's {in_percent(chance, 1)}."
    )
    if ceiling is None:
        return f"{line} How much higher a reader could get is not known for this corpus."
    top = side_of(found.low, found.high, ceiling)
    meaning = {
        "above": "That would be a leak, or luck: look for the cause before you believe it.",
        "below": "A better text model could still gain something.",
        "not distinguishable from": "No gap is shown.",
        NOT_COMPARED: "Nothing is shown.",
    }[top]
    return f"{line} It is {top} the ceiling of {in_percent(ceiling, 1)}. {meaning}"


def say_what_repeated_texts_allow(again: int, total: int, right: float) -> str:
    """How far naming the most frequent label of each repeated text gets.

    Args:
        again: how many utterances have a text that occurs more than once.
        total: how many utterances there are.
        right: the share of `again` that the most frequent label of the text gets right.
    """
    if not again:
        return f"Each of the {total} texts occurs once: this says nothing about a ceiling."
    if right == 1:
        return (
            f"{again} of {total} utterances repeat a text, and no text among them has two labels: "
            "these repeats show no ceiling."
        )
    return (
        f"{again} of {total} utterances repeat a text. Naming its most frequent label, with the "
        f"answers in view, is right for {in_percent(right, 1)}: even so, one text has "
        "several labels. This is an upper bound for these utterances, and no estimate of the "
        "ceiling. It can lie above the ceiling, because each label was chosen on the very "
        "utterances that it is scored on: of two utterances with one text, at least one is right."
    )


def say_whether_opposites_are_close(opposite: float, alike: float) -> str:
    """Compare a word's opposite with a word of like meaning.

    Args:
        opposite: cosine of "happy" and "sad".
        alike: cosine of "happy" and "cheerful".
    """
    nearer = "sad" if opposite > alike else "cheerful"
    follows = (
        "That is its opposite: a neighbour is a word that could be used in the same place."
        if opposite > alike
        else "In this table the opposite is not the nearer word."
    )
    return (
        f"The cosine of happy and sad is {opposite:.2f}, and that of happy and cheerful is "
        f"{alike:.2f}. So {nearer!r} is nearer to 'happy'. {follows}"
    )


def say_what_analogies_return(went_in: int, neighbours: int, asked: int) -> str:
    """How much of an analogy is arithmetic.

    Args:
        went_in: how often the nearest word of all is one of the three that went in.
        neighbours: how often the answer is just the nearest neighbour of the first word.
        asked: how many analogies there are.
    """
    return (
        f"In {went_in} of {asked} cases the nearest word of all is one of the three that went in. "
        f"In {neighbours} of {asked} the answer is no more than the first word's nearest neighbour."
    )


def say_whether_homophones_are_alike(pairs: float, dealt: Sequence[float]) -> str:
    """Whether words that sound the same have like vectors.

    Args:
        pairs: mean cosine of the pairs.
        dealt: the same of the same words, paired at random, one number per random pairing.
    """
    dealt = np.asarray(dealt)
    as_high, as_low = float(np.mean(dealt >= pairs)), float(np.mean(dealt <= pairs))
    meaning = "No likeness of words that sound the same is shown."
    if as_high <= _EACH_TAIL:
        meaning = "Sounding alike goes with some likeness of the vectors."
    elif as_low <= _EACH_TAIL:
        meaning = "Words that sound alike are even less alike than others."
    return (
        f"The mean cosine of the pairs is {pairs:.2f}. Pair the same words at random, "
        f"{len(dealt):,} times: the mean is {dealt.mean():.2f}, and {in_percent(as_high, 1)} of "
        f"these pairings are at least as similar. {meaning}"
    )


def say_how_far_a_picture_holds(variance: float, agree: float, chance: float) -> str:
    """Whether neighbours in two dimensions are neighbours in all of them.

    Args:
        variance: the share that the picture keeps.
        agree: the share of three nearest neighbours that are the same.
        chance: that share for random neighbours.
    """
    trust = (
        "Most neighbours hold here, but a cosine or a score is still the proof."
        if agree > 0.5
        else "Most neighbours in the picture are false. Only a cosine or a score is a proof."
    )
    return (
        f"The picture keeps {in_percent(variance)} of the variance. Of a word's three "
        "nearest words in it, "
        f"{in_percent(agree)} are among its three nearest in all dimensions (chance "
        f"{in_percent(chance)}). {trust}"
    )


def say_what_company_teaches(
    question: str, own: Measured, glove: float, gap: Measured, chance: float
) -> str:
    """Whether vectors trained on a small text know something.

    Args:
        question: what is asked of neighbours.
        own: of the vectors trained here, with an interval over trainings and words.
        glove: of GloVe.
        gap: own minus GloVe's, paired over the words.
        chance: of random neighbours.
    """
    side = side_of(own.low, own.high, chance)
    better = {
        "more": "word2vec is ahead",
        "less": "GloVe is ahead",
    }.get(gap_side(gap.low, gap.high), "neither is shown to be ahead")
    return (
        f"{question} For word2vec the share is {own}, {side} chance ({in_percent(chance)}). For "
        f"GloVe it is {in_percent(glove)}. word2vec minus GloVe, over the same words, is "
        f"{points_interval(*gap)}: {better}."
    )


def say_whether_vectors_carry_over(
    glove: Measured, random: Sequence[Measured], chance: float
) -> str:
    """Whether pre-trained vectors help with words that training never met.

    Args:
        glove: accuracy with pre-trained vectors.
        random: accuracies with random vectors, one per draw.
        chance: the accuracy of guessing.
    """
    side = side_of(glove.low, glove.high, chance)
    best = max(random)
    if glove.low > max(draw.high for draw in random):
        meaning = "What GloVe knows from elsewhere carries over to words that training never met."
    elif glove.high < min(draw.low for draw in random):
        meaning = "Random vectors do better here: no carrying over is shown."
    else:
        meaning = "GloVe's interval overlaps those of random vectors, which decides nothing."
    return (
        f"With GloVe the score is {glove}, {side} chance ({in_percent(chance, 1)}). With "
        f"the best of {len(random)} random draws it is {best}. {meaning}"
    )


def say_which_filler_wins(found: Mapping[str, Measured], where: str) -> str:
    """Whether one policy for unknown words is ahead of the others.

    Args:
        found: by policy, its accuracy.
        where: the corpus and the table.
    """
    ranked = sorted(found, key=lambda policy: found[policy].mean, reverse=True)
    listed = ", ".join(f"{policy} {found[policy]}" for policy in ranked)
    first, *others = ranked
    if found[first].low > max(found[policy].high for policy in others):
        return f"{where}: {listed}. The policy {first!r} is ahead: its interval overlaps no other."
    return (
        f"{where}: {listed}. The interval of {first!r} overlaps another, which decides nothing: no "
        "policy is shown to be ahead, and they are not shown to be alike."
    )


def say_whether_to_train_vectors(
    frozen: Measured, trainable: Measured, gap: Measured, chance: float
) -> str:
    """Compare vectors that stay with vectors that are trained.

    Args:
        frozen: accuracy with frozen vectors.
        trainable: accuracy with trainable ones.
        gap: trainable minus frozen, on the same utterances and seeds.
        chance: the accuracy of guessing.
    """
    meaning = {
        "more": "Training the vectors pays here.",
        "less": "Training the vectors costs here.",
    }.get(gap_side(gap.low, gap.high), "Neither is shown to be better.")
    sides = " ".join(
        f"{name} vectors get {found}, {side_of(found.low, found.high, chance)} chance "
        f"({in_percent(chance, 1)})."
        for name, found in (("Frozen", frozen), ("Trainable", trainable))
    )
    return f"{sides} Trainable minus frozen is {points_interval(*gap)}. {meaning}"


def say_how_words_drift(met: float, never_met: float | None) -> str:
    """How far training turned the vectors of words that it met, and of other words.

    Args:
        met: mean cosine of trained and given vectors, for words of the training part.
        never_met: the same for other words, or None where there are none.
    """
    line = (
        f"The vectors of words that training met have a cosine of {met:.2f} with their old selves"
    )
    if never_met is None:
        return f"{line}. There are no words that it never met."
    return f"{line}; for words that it never met the cosine is {never_met:.2f}."
