"""What lesson 08 says of its numbers: does the network do what the equations say?

In: differences, sizes, counts and losses of this run. Out: a sentence or two. Nothing is known here
of a corpus or a profile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ROUNDING = 1e-4  # float32 sums of this size differ by less when only their order differs


def say_agreement(largest_difference: float, what: str = "By hand and in the package") -> str:
    """Whether two ways to compute a thing gave the same numbers.

    Args:
        largest_difference: between them.
        what: the two ways.
    """
    if largest_difference < ROUNDING:
        return f"{what}: these are the same numbers, up to rounding ({largest_difference:.0e})."
    return f"{what}: these are NOT the same numbers; they differ by up to {largest_difference:.2g}."


def say_open_choices(stated: int, left_open: int) -> str:
    """How much of the network the paper settles.

    Args:
        stated: settings that it states.
        left_open: choices on which it is silent or unclear.
    """
    share = left_open / (stated + left_open)
    size = "More than half" if share > 0.5 else "Less than half"
    if share == 0.5:
        size = "Half"
    return (
        f"The paper states {stated} settings and leaves {left_open} choices open. {size} of what "
        "has to be decided was decided by whoever rebuilt the network."
    )


def say_padding_share(real: int, positions: int) -> str:
    """How much of a padded batch is no data.

    Args:
        real: positions that hold a frame or a word.
        positions: all positions of the padded batch.
    """
    padded = positions - real
    if not padded:
        return "This batch holds no padding: all its utterances are equally long."
    return (
        f"{padded:,} of the {positions:,} positions of this batch ({padded / positions:.0%}) are "
        "padding, and no part of the network may read them."
    )


def say_normalised(before: tuple[float, float], after: tuple[float, float]) -> str:
    """What LayerNorm did to the rows of a sequence.

    Args:
        before: the largest mean of a row in size, and the largest gap of a deviation to 1.
        after: the same two numbers after Eq. 12.
    """
    (mean_before, gap_before), (mean_after, gap_after) = before, after
    done = max(after) < 0.01
    result = "Every row now has mean 0 and deviation 1" if done else "The rows are NOT normalised"
    return (
        f"{result}: the largest mean fell from {mean_before:.2f} to {mean_after:.2f}, and the "
        f"largest gap of a deviation to 1 went from {gap_before:.2f} to {gap_after:.2f}."
    )


def say_news_or_old(as_it_was: float, times_thousand: float) -> str:
    """Whether ΔH still matters when H is a thousand times larger.

    Args:
        as_it_was: the largest distance of LayerNorm(H + ΔH) to LayerNorm(H).
        times_thousand: the same distance with 1000 · H.
    """
    ratio = times_thousand / max(as_it_was, 1e-12)
    if ratio < 0.1:
        return (
            f"ΔH moved the result by up to {as_it_was:.3f} before, and by {times_thousand:.3f} "
            "now: the news has drowned. A residual sum is a pair of scales, and the heavier side "
            "decides."
        )
    return (
        f"ΔH moved the result by up to {as_it_was:.3f} before, and by {times_thousand:.3f} now: "
        "the news is still there, because ΔH grew together with H."
    )


def say_update_order(from_old: float, from_new: float, size: float) -> str:
    """Which of the two programs the package is.

    Args:
        from_old: the largest difference of its text to that computed from the old audio.
        from_new: the same for the text computed from the new audio.
        size: the mean size of a number of the text.
    """
    if from_old < ROUNDING <= from_new:
        return (
            "The package updates from the old values. The one-after-the-other program is another "
            f"network: its text differs by up to {from_new:.2f}, while its numbers are {size:.2f} "
            "in size on average."
        )
    if from_new < ROUNDING <= from_old:
        return "The package is the one-after-the-other program, which is NOT what Eq. 9 and 12 say."
    return "These inputs do not show which program the package is."


def say_pool_winners(winners: int, words: int, channels: int) -> str:
    """How many words get through the max-pool.

    Args:
        winners: words that hold the largest value of at least one channel.
        words: real words of the utterance.
        channels: channels that were looked at.
    """
    silent = words - winners
    if silent == 0:
        return f"All {words} words win at least one of these {channels} channels."
    others = "The other one wins none, so its state does"
    if silent > 1:
        others = f"The other {silent} win none, so their states do"
    return (
        f"{winners} of {words} words win at least one of these {channels} channels. {others} not "
        "reach the classifier through them."
    )


def say_padding_wins(filling: str, changed: int, upwards: int, total: int) -> str:
    """What a max-pool that does not hide its padding gets wrong.

    Args:
        filling: what was done with the padding.
        changed: pooled numbers that change.
        upwards: those among them that grow.
        total: all pooled numbers.
    """
    if not changed:
        return f"{filling}: none of the {total} pooled numbers changes on this batch."
    direction = "all of them upwards" if upwards == changed else f"{upwards} of them upwards"
    return f"{filling}: {changed} of {total} pooled numbers change, {direction}."


def say_time_shrinks(lengths: Sequence[int], kept: bool) -> str:
    """Where a sequence gets shorter on its way through the network.

    Args:
        lengths: of the audio before and after each convolution block.
        kept: whether both attention modules give back the shapes that they get.
    """
    steps = " → ".join(map(str, lengths))
    modules = "The attention modules keep every shape"
    if not kept:
        modules = "The attention modules CHANGE a shape"
    return (
        f"The convolution blocks shorten the audio {steps}, by a factor of "
        f"{lengths[0] / lengths[-1]:.1f}. {modules}."
    )


def say_wirings(depths: Mapping[str, int], streams: Mapping[str, int]) -> str:
    """How the traced networks differ.

    Args:
        depths: by row, the attention modules that a stream passes one after the other.
        streams: by row, the pooled vectors that the classifier gets.
    """
    rows = [
        f"In “{row}”, a stream passes {depth} attention module{'s' if depth > 1 else ''}, and the "
        f"classifier gets {streams[row]} vectors."
        for row, depth in depths.items()
    ]
    return "\n".join(rows)


def say_padding_leaks(alone: float, unmasked: float, changed: int, total: int) -> str:
    """Whether an utterance's answer depends on its company.

    Args:
        alone: the largest difference of a logit, alone or in the batch.
        unmasked: the largest difference of a logit, with or without masks.
        changed: predictions that change without masks.
        total: predictions.
    """
    first = "With masks, the answer does not depend on the batch"
    if alone >= ROUNDING:
        first = "Padding LEAKS in spite of the masks"
    second = "Without them it does"
    if unmasked < ROUNDING:
        second = "On this batch it would not do so without them either"
    third = f"but none of the {total} predictions of this untrained network changes"
    if changed:
        third = f"and {changed} of {total} predictions of this untrained network change"
    return (
        f"{first} (largest difference {alone:.0e}). {second} (largest difference {unmasked:.2f}), "
        f"{third}."
    )


def say_largest_part(sizes: Mapping[str, int]) -> str:
    """Where the parameters are.

    Args:
        sizes: parameters of each part.
    """
    total = sum(sizes.values())
    largest = max(sizes, key=sizes.get)
    attention = sum(n for name, n in sizes.items() if "attention" in name)
    side = "more" if attention > total / 2 else "less"
    return (
        f"The largest part is the {largest}, with {sizes[largest] / total:.0%} of {total:,} "
        f"parameters. The two attention modules together hold {attention / total:.0%}, "
        f"{side} than half."
    )


def say_price_of_heads(parameters: Mapping[int, int]) -> str:
    """Whether more heads need more parameters.

    Args:
        parameters: of one block, by its number of heads.
    """
    counts = ", ".join(map(str, parameters))
    if len(set(parameters.values())) == 1:
        return (
            f"With {counts} heads the block has the same {next(iter(parameters.values())):,} "
            "parameters: heads cut the same matrices into slices."
        )
    return f"With {counts} heads the block has different numbers of parameters: heads cost some."


def say_rows_by_size(shares: Mapping[str, float]) -> str:
    """Whether the rows of an ablation table differ in size as well.

    Args:
        shares: parameters of each row other than the full model, as a share of its own.
    """
    smaller = [row for row, share in shares.items() if share < 1]
    larger = [row for row, share in shares.items() if share > 1]
    lightest = min(shares, key=shares.get)
    heaviest = max(shares, key=shares.get)
    if not smaller and not larger:
        return "All rows have as many parameters as the full model."
    verb = "is" if len(smaller) == 1 else "are"
    return (
        f"Of {len(shares)} rows, {len(smaller)} {verb} smaller than the full "
        f"model and {len(larger)} larger, from {shares[lightest]:.0%} (“{lightest}”) to "
        f"{shares[heaviest]:.0%} (“{heaviest}”). A gap in a score is then a gap in size as well."
    )


def say_joining_order(renumbered: float, left: float) -> str:
    """What another order of the streams changes.

    Args:
        renumbered: the largest difference if the columns are renumbered as well.
        left: the largest difference if they are left as they are.
    """
    free = "changes nothing" if renumbered < ROUNDING else "STILL changes the result"
    fixed = f"changes the result by up to {left:.2f}"
    if left < ROUNDING:
        fixed = "changes nothing either"
    return (
        f"Another order with renumbered columns {free} ({renumbered:.0e}). Another order with the "
        f"old columns {fixed}."
    )


def say_batch_by_heart(first: float, chance: float, end: float, control: float, best: float) -> str:
    """What the two small tests of a new network found.

    Args:
        first: the loss of the first step.
        chance: ln C.
        end: the loss after learning eight utterances.
        control: the loss after learning one utterance with eight labels.
        best: the lowest loss that the control can have.
    """
    near = "near" if abs(first - chance) < 0.7 else "FAR from"
    learned = "The eight utterances were learned by heart" if end < 0.2 else "They were NOT learned"
    leak = "so it found no label in its input"
    if control < best - 0.2:
        leak = "so it went LOWER than possible: the label leaks into the input"
    return (
        f"The first loss, {first:.2f}, is {near} ln C = {chance:.2f}. {learned}: the loss ends at "
        f"{end:.4f}. The control ends at {control:.2f}, and the lowest possible loss is "
        f"{best:.2f}, {leak}."
    )
