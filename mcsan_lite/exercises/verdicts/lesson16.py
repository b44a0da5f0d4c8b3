"""What lesson 16 says of its numbers: what each mistake adds to a score, or takes away.

In: scores as shares, differences as shares with their intervals, counts. Out: a sentence or two,
which follow from the numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcsan_lite.exercises.verdicts.sentences import (
    UNTESTED,
    Interval,
    gap_side,
    percent_interval,
    points_interval,
    side_of,
)


def say_what_a_score_is(name: str, found: float, largest: float, classes: int) -> str:
    """What a score is, from what it gives a guesser who always names the largest class.

    Args:
        name: what the score is called.
        found: what it gives the guesser.
        largest: the share of the largest class.
        classes: how many classes there are.
    """
    text = f"`{name}` gives the lazy guesser {found:.3f}"
    if abs(found - largest) < 1e-6:
        return f"{text}, the share of the largest class: it is the share that is right, WA."
    if abs(found - 1 / classes) < 1e-6:
        return f"{text}, one over {classes} classes: it is the mean recall, UA."
    return f"{text}, neither the share of the largest class nor one over {classes}: another score."


def say_swap(kind: str, less: Interval) -> str:
    """What a column called UA gains where it holds WA.

    Args:
        kind: of the corpus.
        less: WA less UA, with its interval.
    """
    _, low, high = less
    side = gap_side(low, high)
    text = f"{kind}: WA less UA is {points_interval(*less)}."
    if side == "more":
        return f"{text} A column called UA that holds WA flatters by as much."
    if side == "less":
        return f"{text} A column called UA that holds WA looks worse than it is."
    return f"{text} The swap is not shown to move the score here."


def say_what_moved(name: str, moved: float) -> str:
    """Whether what was fitted depends on the test part.

    Args:
        name: how it was fitted.
        moved: by how much a fitted number moved when only the test part was changed.
    """
    if moved > 1e-9:
        return f"{name}: a fitted mean moved by {moved:.3g}. The test part is in it."
    return f"{name}: nothing moved. The test part is not in it."


def say_nil(gap: Interval, p: float, margin: float) -> str:
    """Whether an effect is nil, or only not shown.

    Args:
        gap: the difference with its interval.
        p: of the test that it lies outside the margin.
        margin: the gap that would not matter, in points.
    """
    mean, low, high = gap
    if mean == low == high == 0:
        return "Not one answer differs: here the mistake is nil."
    side = gap_side(low, high)
    text = f"The mistake is worth {points_interval(*gap)}."
    if side in ("more", "less"):
        verb = "flatters" if side == "more" else "costs"
        return f"{text} It {verb} here, however little."
    if p < 0.05:
        unit = "point" if margin == 1 else "points"
        return f"{text} It is shown to lie within ± {margin:g} {unit}: here it is nil."
    return f"{text} No effect is shown, and none is excluded: the interval is too wide for that."


def say_shuffled(score: Interval, chance: float) -> str:
    """What a score on shuffled labels gives away.

    Args:
        score: with its interval over shuffles.
        chance: what an honest script can reach.
    """
    _, low, high = score
    text = f"{percent_interval(*score)} right on shuffled labels"
    if side_of(low, high, chance) == "above":
        return (
            f"{text}, where chance is {100 * chance:.0f} %. Labels of the test part reach the "
            "answers."
        )
    return f"{text}, not shown to be above chance ({100 * chance:.0f} %). This check finds no leak."


def say_effect(reported: float, right: float, gap: Interval, score: str) -> str:
    """What a mistake does to a score.

    Args:
        reported: the score of the broken code.
        right: that of the right code.
        gap: their difference with its paired interval.
        score: its name.
    """
    _, low, high = gap
    side = gap_side(low, high)
    text = (
        f"Reported: {score} {100 * reported:.1f} %. Right: {100 * right:.1f} %. The difference is "
        f"{points_interval(*gap)}"
    )
    if side == "more":
        return f"{text}. The mistake flatters."
    if side == "less":
        return f"{text}. The mistake costs."
    return f"{text}: {side}."


def say_copying_helps(gap: Interval) -> str:
    """Whether copying rare classes, in the right order, is worth anything.

    Args:
        gap: UA with copies in the training part less UA without, with its interval.
    """
    _, low, high = gap
    side = gap_side(low, high)
    reading = {
        "more": "it helps",
        "less": "it does harm",
        "no difference shown": "no gain is shown",
    }.get(side, UNTESTED)
    return f"Copying inside the folds is worth {points_interval(*gap)} of UA: {reading}."


def say_chosen_on_test(bought: Interval, elsewhere: Interval, size: int) -> str:
    """What choosing the epoch on test bought, and what was left of it.

    Args:
        bought: the gain on the part that chose, with its interval over draws.
        elsewhere: the gain of the same epochs on utterances that did not choose.
        size: utterances in the part that chose.
    """
    _, low, high = bought
    side = gap_side(low, high)
    text = f"Choosing on {size} test utterances bought {points_interval(*bought)}"
    if side != "more":
        return f"{text}. No gain is shown here."
    _, low_elsewhere, high_elsewhere = elsewhere
    rest = gap_side(low_elsewhere, high_elsewhere)
    reading = {
        "more": "a part of it was a better epoch",
        "less": "elsewhere these epochs are worse",
        "no difference shown": "nothing of it is shown to be left there",
    }.get(rest, UNTESTED)
    return (
        f"{text}. On utterances that did not choose, the same epochs are worth "
        f"{points_interval(*elsewhere)}: {reading}."
    )


def say_size_of_choice(
    gains: tuple[float, float], sizes: tuple[int, int], difference: Interval
) -> str:
    """Whether a larger test part leaves less to choose from.

    Args:
        gains: the mean gain on the small test part and on the large one.
        sizes: how many utterances they have.
        difference: the gain on the small one less that on the large one, with its interval.
    """
    (few, many), (of_few, of_many) = sizes, gains
    _, low, high = difference
    text = (
        f"Choosing on {few} utterances buys {100 * of_few:.1f} points, on {many} it buys "
        f"{100 * of_many:.1f}. The difference is {points_interval(*difference)}"
    )
    reading = {
        "more": "the fewer choose, the more luck there is to choose from",
        "less": "here the larger part buys more",
        "no difference shown": "these draws do not show that the number matters",
    }.get(gap_side(low, high), UNTESTED)
    return f"{text}: {reading}."


def say_one_batch(name: str, loss: float, lowest: float) -> str:
    """Whether a network can learn one batch by heart.

    Args:
        name: of the network.
        loss: at the end.
        lowest: the lowest loss that a second softmax allows.
    """
    text = f"{name}: the loss on one batch ends at {loss:.3f}"
    if loss < lowest / 4:
        return f"{text}. It was learned by heart, as it should be."
    if abs(loss - lowest) < 0.02:
        return f"{text}, and {lowest:.3f} is the lowest that two softmaxes allow."
    return f"{text}: not learned by heart, and not the bound of {lowest:.3f} either."


def say_confidence(name: str, sure: float, wa: float, surer: Interval) -> str:
    """Whether a confidence fits the share that is right.

    Args:
        name: of the probabilities.
        sure: the mean of the highest probability.
        wa: the share that is right.
        surer: the first less the second, with its interval over utterances.
    """
    text = (
        f"{name}: {100 * sure:.0f} % sure on average, and right in {100 * wa:.0f} %, a difference "
        f"of {points_interval(*surer)}"
    )
    _, low, high = surer
    side = gap_side(low, high)
    if side == "more":
        return f"{text}. It is surer than it is right."
    if side == "less":
        return f"{text}. It is right more often than it believes."
    return f"{text}. It is not shown to be surer than it is right, or less sure."


def say_company(kind: str, changed: float, alone: float, together: float) -> str:
    """Whether answers depend on the batch.

    Args:
        kind: of the network.
        changed: the share of answers that change in company.
        alone: WA with one utterance at a time.
        together: WA in batches.
    """
    text = f"{kind}: WA is {100 * alone:.1f} % alone and {100 * together:.1f} % in company"
    if changed == 0:
        return f"{text}, and not one answer changes. The contract is kept."
    text = f"{text}, and {100 * changed:.1f} % of the answers change. The contract is broken"
    if abs(alone - together) < 0.01:
        return f"{text}, although the score hardly shows it."
    return f"{text}."


def say_gap(kind: str, gap: Interval, score: str) -> str:
    """What a mistake does to a score, as a difference alone.

    Args:
        kind: of the broken version.
        gap: its score less the right one, with its interval.
        score: its name.
    """
    _, low, high = gap
    side = gap_side(low, high)
    reading = {"more": "the mistake flatters", "less": "the mistake costs"}.get(side, side)
    return f"{kind}, the difference in {score} is {points_interval(*gap)}: {reading}."


def say_smear(name: str, moved: int, steps: int, weights: int) -> str:
    """How far one frame reaches in what a convolution gives.

    Args:
        name: of the convolution.
        moved: how many output steps change when one frame does.
        steps: how many there are.
        weights: its number of weights.
    """
    text = f"{name}: one frame moves {moved} of {steps} steps; {weights:,} weights"
    if moved > steps / 2:
        return f"{text}. A step is no moment of the clip any more."
    return f"{text}. A step still stands for a moment."


def say_floor(network: float, floor: float, gap: Interval) -> str:
    """Whether a network is better than statistics that read no sequence.

    Args:
        network: its WA.
        floor: WA of the floor.
        gap: their difference with its paired interval.
    """
    _, low, high = gap
    side = side_of(low, high, 0)
    text = (
        f"{100 * network:.1f} % right, and the floor {100 * floor:.1f} %. The difference is "
        f"{points_interval(*gap)}: {side} the floor"
    )
    if side == "below":
        return f"{text}. Look for a bug before you look for a story."
    return f"{text}."


def say_what_floor_tells(right: Interval, wrong: Interval, between: Interval) -> str:
    """Whether the floor distinguishes the broken network from the right one.

    Args:
        right: the right network's WA less the floor's, with its paired interval.
        wrong: the same of the broken one.
        between: the broken network's WA less the right one's, with its paired interval.
    """
    right_is_below, wrong_is_below, wrong_is_lower = (
        high < 0 for _, _, high in (right, wrong, between)
    )
    if not wrong_is_below:
        return (
            "The broken network is not shown to be below the floor: here the floor does not see "
            "the bug."
        )
    if right_is_below:
        return (
            "Both networks are below the floor, which reads all of the sound's statistics. So it "
            "raises the alarm, and it does not say which of the two has the bug."
        )
    alone = "The broken network alone is shown to be below the floor"
    if wrong_is_lower:
        return f"{alone}, and it is below the right one as well: the floor separates the two."
    return (
        f"{alone}. But it is not shown to be below the right one, so it is not shown that the "
        "floor separates the two."
    )


def say_moved_clip(changed: float, before: float, after: float) -> str:
    """What happens when a clip begins a little later.

    Args:
        changed: the share of answers that change.
        before: WA of the clips as they are.
        after: WA of the moved clips.
    """
    text = (
        f"moved by 0.2 s, {100 * changed:.1f} % of the answers change, and WA goes from "
        f"{100 * before:.1f} % to {100 * after:.1f} %"
    )
    if changed > 0.1:
        return f"{text}: it learned where things are in the file."
    return f"{text}: it hardly matters where a clip begins."


def say_bill(effects: Mapping[str, Interval]) -> str:
    """How many mistakes flatter, how many cost, and for how many nothing is shown.

    Args:
        effects: what each mistake adds to its score, with the interval.
    """
    sides = [gap_side(low, high) for _, low, high in effects.values()]
    flatter, cost = sides.count("more"), sides.count("less")
    rest = len(sides) - flatter - cost
    text = (
        f"Of {len(sides)} mistakes, {flatter} flatter and {cost} cost; for {rest} no effect is "
        "shown here."
    )
    if flatter:
        shown = {name: mean for name, (mean, low, _) in effects.items() if low > 0}
        largest = max(shown, key=shown.get)
        text += " Of those that are shown to flatter, the largest difference is that of "
        return f"{text}“{largest}”: {points_interval(*effects[largest])}."
    return f"{text} None is shown to make a score look better than it is, in this run."
