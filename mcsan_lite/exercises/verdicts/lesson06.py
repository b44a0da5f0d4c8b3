"""What lesson 06 says of its results: weights, padding, heads, scale, NaN and order.

In: numbers of this run. Out: sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcsan_lite.exercises.verdicts.sentences import listed_names

_ROUNDING = 1e-5  # differences of rounding lie below it
_NEARLY_EVEN = 0.05  # a row is called flat if no weight is further from an even spread


def say_where_the_word_looks(word: int, weights: Sequence[float]) -> str:
    """What one row of a map says.

    Args:
        word: its number, counted from 1.
        weights: its weights, one per frame.
    """
    even = 1 / len(weights)
    highest = max(weights)
    frame = list(weights).index(highest) + 1
    if max(abs(weight - even) for weight in weights) < _NEARLY_EVEN:
        return (
            f"Word {word} looks at nothing in particular: its weights lie between "
            f"{min(weights):.0%} and {highest:.0%}, and an even spread is {even:.0%}."
        )
    return (
        f"Word {word} takes most from frame {frame}, which gets {highest:.0%} of its weight; an "
        f"even spread is {even:.0%}."
    )


def say_what_padding_takes(share: float, pads: int, real: int) -> str:
    """How much weight unmasked padding takes: the answer to the Predict.

    Args:
        share: the weight on padding, averaged over the words.
        pads: how many padded frames there are.
        real: how many real frames there are.
    """
    if share < _ROUNDING:
        return f"Your Predict: the {pads} padded frames take nothing."
    among = f"{pads / (pads + real):.0%} of all frames"
    return (
        f"Your Predict: without a mask, the {pads} padded frames take {share:.0%} of the weight. "
        f"They are {among}."
    )


def say_whether_maps_are_transposes(difference: float, low: float, high: float) -> str:
    """Whether the two directions of cross-attention are one map.

    Args:
        difference: the largest difference between one map and the transpose of the other.
        low: the smallest sum of what the frames give to one word.
        high: the largest such sum.
    """
    if difference < _ROUNDING:
        return "Here, one direction is the transpose of the other."
    return (
        f"The two directions are two maps: they differ by up to {difference:.2f}. On the right, "
        f"the row of a word sums to anything from {low:.2f} to {high:.2f}; on the left, to 1."
    )


def say_what_more_heads_buy(one_head: float, two_heads: float, no_better: float) -> str:
    """Whether two heads solve the task that one head cannot.

    Args:
        one_head: mean squared error with a single head.
        two_heads: the same with two heads.
        no_better: the error of averaging the two answers.
    """
    said = (
        f"Mean squared error: {one_head:.3f} with one head, {two_heads:.3f} with two; mixing the "
        f"two answers evenly gives {no_better:.3f}."
    )
    if two_heads < 0.1 * no_better < one_head:
        return f"{said} Two heads answer both questions; one head does not."
    if two_heads < one_head:
        return f"{said} Two heads do better here, but the difference is not clear-cut."
    return f"{said} In this training, the second head did not help."


def say_what_each_head_does(shares: Sequence[tuple[float, float]]) -> str:
    """Whether heads have divided the work.

    Args:
        shares: for each head, the weight on the first wanted sound and on the second.
    """
    parts, duties = [], []
    for head, (first, second) in enumerate(shares):
        parts.append(
            f"head {head} gives {first:.0%} to the first sound and {second:.0%} to the second"
        )
        if first > 0.5:
            duty = "first"
        elif second > 0.5:
            duty = "second"
        else:
            duty = "neither"
        duties.append(duty)
    said = "Of its weight, " + "; ".join(parts) + "."
    if {"first", "second"} <= set(duties):
        return f"{said} The heads have specialised: each answers one question."
    return f"{said} The heads have not divided the work."


def say_how_scores_vary(what: str, variance: float, width: int) -> str:
    """Whether dot products vary as the derivation of the divisor says.

    Args:
        what: whose dot products they are.
        variance: their variance.
        width: numbers in each query and key.
    """
    ratio = variance / width
    agrees = "as derived"
    if not 0.8 < ratio < 1.25:
        agrees = f"{ratio:.2g} times what was derived, because an assumption does not hold"
    return (
        f"{what}: the variance of a score is {variance:.1f} for queries of {width} numbers, "
        f"{agrees}."
    )


def say_how_flat_rows_are(entropies: Mapping[str, float]) -> str:
    """Which divisor gives the flattest rows.

    Args:
        entropies: {divisor: normalised entropy}, 1 for an even spread.
    """
    order = sorted(entropies, key=entropies.get)
    listed = ", ".join(f"{name}: {entropies[name]:.3f}" for name in order)
    said = f"Normalised entropy, from sharp to flat: {listed}."
    near = [name for name in order if entropies[name] > 0.9]
    if len(near) == len(order):
        return f"{said} All of these rows are nearly even."
    if not near:
        return f"{said} None of these rows is nearly even."
    return f"{said} The rows of {listed_names(near)} are nearly even."


def say_where_nan_is(module: str, outputs: Sequence[bool], gradients: float) -> str:
    """What an utterance without keys does to a batch.

    Args:
        module: its name.
        outputs: for each utterance, whether its output holds NaN.
        gradients: the share of the gradients that is NaN.
    """
    broken = [str(number) for number, has in enumerate(outputs, 1) if has]
    if not broken and gradients == 0:
        return f"{module}: there is no NaN, neither in the outputs nor in the gradients."
    where = "no output"
    if broken:
        where = f"the output of utterance {' and '.join(broken)}"
    return f"{module}: there is NaN in {where} and in {gradients:.0%} of the gradients."


def say_whether_rows_sum_to_one(whose: str, low: float, high: float) -> str:
    """Whether each row of a map hands out its whole weight.

    Args:
        whose: such as "PyTorch's map in train()".
        low: the smallest sum of a row.
        high: the largest.
    """
    if max(abs(low - 1), abs(high - 1)) < 1e-4:
        return f"{whose}: every row sums to 1."
    return f"{whose}: rows sum to anything from {low:.2f} to {high:.2f}."


def say_what_shuffling_does(without: float, with_positions: float, size: float) -> str:
    """What shuffled frames do to the context.

    Args:
        without: how far it moves without positions.
        with_positions: how far it moves with them.
        size: the mean size of its numbers.
    """
    bag = f"Without positions, shuffling moves the context by {without:.0e}"
    bag += ", which is rounding" if without < _ROUNDING else ""
    if with_positions < _ROUNDING:
        return f"{bag}. With positions, it moves no further: order does not matter here."
    return (
        f"{bag}. With positions, it moves by up to {with_positions:.3f}, where its numbers are "
        f"{size:.3f} in size on average: order now matters."
    )


def say_what_an_untrained_map_shows(highest: float, frames: int) -> str:
    """How strong a pattern a network shows that has learned nothing.

    Args:
        highest: the largest weight of the map.
        frames: how many frames each word looks at.
    """
    even = 1 / frames
    return (
        f"The largest weight of this untrained head is {highest / even:.1f} times an even spread "
        f"({highest:.3f} against {even:.3f}). No training made it, so it means nothing."
    )
