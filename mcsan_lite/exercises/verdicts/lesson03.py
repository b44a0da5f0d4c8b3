"""The sentences of lesson 03, From sound to frames, about its numbers.

In: numbers that a cell has just measured. Out: a sentence or two that follows from them, for any
corpus, profile and seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mcsan_lite.exercises.verdicts.sentences import (
    NO_INTERVAL,
    UNTESTED,
    gap_side,
    in_percent,
    listed_names,
    percent_interval,
    points_interval,
    side_of,
)

_LARGEST_LEAK = 0.05  # deviations; more than this is called visible


class Shift(NamedTuple):
    """How far stressed words lie from plain ones in one column, in deviations, with its interval.

    Attributes:
        mean: d, the standardised difference.
        low: the lower end of its 95 % interval.
        high: the upper end.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def say_how_a_window_helps(plain: float, faded: float) -> str:
    """Whether a window that fades in and out keeps a tone's power together.

    Args:
        plain: the share of the power that lies far from the tone without a window.
        faded: the same share with the window.
    """
    if faded < plain:
        return (
            f"The window helps: the power far from the tone falls from {in_percent(plain, 3)} "
            f"to {in_percent(faded, 3)}."
        )
    return (
        f"The window does not help here: far from the tone there was {in_percent(plain, 3)} "
        f"of the power without it, and there is {in_percent(faded, 3)} with it."
    )


def say_which_window_shows_pulses(
    along_time: Mapping[int, float], along_frequency: Mapping[int, float]
) -> str:
    """Which window length shows pulses as upright lines, and which shows harmonics as flat ones.

    Args:
        along_time: by window length in ms, how many dB the picture changes in 4 ms.
        along_frequency: by window length in ms, how many dB it changes in 50 Hz.
    """
    pulses = max(along_time, key=along_time.get)
    harmonics = max(along_frequency, key=along_frequency.get)
    first = (
        f"From one moment to the next, 4 ms later, the {pulses} ms picture changes most: by "
        f"{along_time[pulses]:.1f} dB on average. From one frequency to the next, 50 Hz higher, "
        f"the {harmonics} ms picture changes most: by {along_frequency[harmonics]:.1f} dB."
    )
    if pulses == harmonics:
        return f"{first} So one window wins both ways here, and this clip shows no trade."
    shown = f"So {pulses} ms shows the pulses of this voice, and {harmonics} ms its harmonics."
    between = [
        f"{window} ms"
        for window in along_time
        if along_time[harmonics] < along_time[window] < along_time[pulses]
        and along_frequency[pulses] < along_frequency[window] < along_frequency[harmonics]
    ]
    if not between:
        return f"{first} {shown}"
    lie = "lies" if len(between) == 1 else "lie"
    return f"{first} {shown} In both respects, {listed_names(between)} {lie} between them."


def say_what_decibels_show(power: float, decibel: float) -> str:
    """What the logarithm does to a picture.

    Args:
        power: the share of cells below a hundredth of the largest value, in power.
        decibel: the same share of the range, in decibels.
    """
    if decibel < power:
        return (
            f"In power, {in_percent(power)} of the cells lie in the lowest hundredth of the "
            f"range; in decibels, {in_percent(decibel)} do. The logarithm makes the rest of the "
            "utterance visible."
        )
    return (
        f"In power, {in_percent(power)} of the cells lie in the lowest hundredth of the range; in "
        f"decibels, {in_percent(decibel)} do. For this clip the logarithm brings nothing to light."
    )


def say_how_well_a_sound_returns(off: Mapping[int, float]) -> str:
    """How far the sound that was rebuilt from k coefficients is from the original.

    Args:
        off: by number of coefficients, the mean error in dB.
    """
    few, many = min(off, key=int), max(off, key=int)
    found = (
        f"Where the clip is loud, the sound from {many} coefficients is off by {off[many]:.1f} dB "
        f"on average, and the one from {few} by {off[few]:.1f} dB."
    )
    if off[many] < off[few]:
        return f"{found} The coefficients from {few} to {many - 1} carried that difference."
    return f"{found} Here the further coefficients did not bring the sound closer."


class Survival(NamedTuple):
    """Frames that kept their pitch, for the voices on one side of the narrowest ripple.

    Attributes:
        voices: how many clips there are.
        share: mean share of frames that kept it.
        low: the lower end of its 95 % interval; nan for a single voice.
        high: the upper end.
        chance: the share that would fit if the frames came back in random order.
    """

    voices: int
    share: float
    low: float
    high: float
    chance: float


class SurvivalGap(NamedTuple):
    """How much more of their pitch high voices keep than low ones, as a share.

    Attributes:
        mean: the difference of the two means.
        low: the lower end of Welch's 95 % interval.
        high: the upper end.
    """

    mean: float
    low: float
    high: float


def survival_gap(above: Sequence[float], below: Sequence[float]) -> SurvivalGap | None:
    """The difference of two groups of voices, with Welch's interval.

    Args:
        above: one share per high voice.
        below: one share per low voice.

    Returns:
        None where a group has fewer than two voices.
    """
    from scipy.stats import ttest_ind

    if min(len(above), len(below)) < 2:
        return None
    interval = ttest_ind(above, below, equal_var=False).confidence_interval()
    mean = float(np.mean(above) - np.mean(below))
    return SurvivalGap(mean, float(interval.low), float(interval.high))


def say_whose_pitch_survives(
    kept: Mapping[str, Survival], count: int, limit_hz: float, gap: SurvivalGap | None
) -> str:
    """Whether voices above and below the narrowest ripple keep their pitch.

    Args:
        kept: "above" and "below", as far as there are such voices.
        count: how many coefficients were kept.
        limit_hz: the width of their narrowest ripple.
        gap: voices above minus voices below, or None where there are too few to compare.
    """
    lines = []
    for side, found in kept.items():
        start = f"With {count} coefficients, voices {side} {limit_hz:.0f} Hz keep their pitch in "
        if np.isnan(found.low):
            lines.append(f"{start}{in_percent(found.share)} of the frames. That is one clip only.")
            continue
        where = side_of(found.low, found.high, found.chance)
        lines.append(
            f"{start}{percent_interval(found.share, found.low, found.high)} of the frames "
            f"({found.voices} clips). That is {where} the {in_percent(found.chance)} of "
            "frames in random order."
        )
    return "\n".join([*lines, _high_against_low(gap)])


def _high_against_low(gap: SurvivalGap | None) -> str:
    """What the two sides say together."""
    if gap is None:
        return "There are too few voices on one side to compare high with low ones."
    found = f"High minus low voices: {points_interval(*gap)}."
    shown = {
        "more": "High voices keep more of their pitch.",
        "less": "Low voices keep more.",
        "no difference shown": "These clips show no difference between the two.",
        NO_INTERVAL: f"{UNTESTED.capitalize()}.",
    }
    return f"{found} {shown[gap_side(gap.low, gap.high)]}"


def shift_of(stressed: Sequence[float], plain: Sequence[float], quantile: float = 1.96) -> Shift:
    """The distance of two groups in deviations, with its interval for large groups.

    The standard error is that of Hedges and Olkin (1985) for independent values.

    Args:
        stressed: one value per stressed word.
        plain: one value per plain word.
        quantile: how many standard errors the interval reaches to each side.
    """
    first, second = np.asarray(stressed, float), np.asarray(plain, float)
    deviation = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    d = float((first.mean() - second.mean()) / deviation)
    total = len(first) + len(second)
    error = np.sqrt(total / (len(first) * len(second)) + d * d / (2 * total))
    return Shift(d, d - quantile * float(error), d + quantile * float(error))


def say_what_stress_changes(length: Shift, level: Shift, ripples: Sequence[Shift]) -> str:
    """Where stressed words differ from plain ones.

    Args:
        length: of the words in seconds.
        level: of c0, the mean level of the bands.
        ripples: of the upper coefficients; their intervals should allow for how many there are.
    """
    longer = {"above": "longer", "below": "shorter"}.get(side_of(length.low, length.high, 0))
    louder = {"above": "louder", "below": "softer"}.get(side_of(level.low, level.high, 0))
    moved = [one for one in ripples if side_of(one.low, one.high, 0) in ("above", "below")]
    lines = [
        f"Length: d = {length}. Stressed words are {longer or 'not shown to be longer'}.",
        f"Level, c0: d = {level}. Stressed words are {louder or 'not shown to be louder'}.",
        f"Ripples: for {len(moved)} of the {len(ripples)} upper coefficients, d differs from zero. "
        "Their intervals are wider, because so many comparisons are made at once.",
    ]
    if moved:
        largest = max(abs(one.mean) for one in moved)
        lines.append(f"The largest of them is {largest:.2f}, {_beside(largest, length, level)}.")
    return "\n".join(lines)


def _beside(size: float, length: Shift, level: Shift) -> str:
    """How a distance compares with those of length and of level, whatever their signs."""
    others = {"length": abs(length.mean), "level": abs(level.mean)}
    larger = [name for name, other in others.items() if size < other]
    if len(larger) == 2:
        return "less than length and less than level"
    if not larger:
        return "no less than length and no less than level"
    (rest,) = set(others) - set(larger)
    return f"less than {larger[0]}, but no less than {rest}"


class Leak(NamedTuple):
    """What fitting on the test part too does to one kind of folds, in deviations.

    Attributes:
        test: how many clips the test part has.
        moved: how far the most moved mean moves.
        clean: how far the test part lies from zero after a clean fit.
        leaky: the same after the leak.
    """

    test: int
    moved: float
    clean: float
    leaky: float


def say_how_far_the_leak_moves(random: Leak, speakers: Leak) -> str:
    """Compare the leak for random folds and for folds with new speakers.

    Args:
        random: folds of random utterances.
        speakers: folds whose test speakers are new.
    """
    first, second = ("random folds", "folds by speaker")
    more = second if speakers.moved > random.moved else first
    lines = [
        f"The leak moves a mean by at most {random.moved:.3f} deviations in {first} (test part: "
        f"{random.test} clips), and by {speakers.moved:.3f} in {second} ({speakers.test} clips). "
        f"It moves more in {more}."
    ]
    closer = speakers.leaky < speakers.clean
    lines.append(
        f"New speakers lie {speakers.clean:.3f} deviations from zero after a clean fit and "
        f"{speakers.leaky:.3f} after the leak: the leak "
        f"{'makes them look more familiar' if closer else 'does not bring them closer'}."
    )
    if max(random.moved, speakers.moved) < _LARGEST_LEAK:
        lines.append("Both are small. Whether that changes a score has not been measured here.")
    else:
        lines.append(
            f"At least one mean moves by more than {_LARGEST_LEAK} deviations. Whether that "
            "changes a score has not been measured here."
        )
    return "\n".join(lines)


def say_who_loses_the_end(
    limits: Mapping[float, tuple[float, float | None]], paper_s: float
) -> str:
    """Whom a cut at some seconds hits.

    Args:
        limits: by seconds, the share of clips that are longer, and the share of decisive words of
            which the cut takes something, or None where these are not known.
        paper_s: the limit of the paper, which is one of `limits`.
    """
    cut, words = limits[paper_s]
    if cut == 0:
        lines = [f"At {paper_s:g} s, the paper's limit, no clip of this corpus loses anything."]
    else:
        lines = [
            f"At {paper_s:g} s, the paper's limit, {in_percent(cut, 1)} of the clips lose "
            "their end."
        ]
        if words is not None:
            lines.append(f"That also cuts into {in_percent(words, 1)} of the decisive words.")
    hurt = [seconds for seconds, (share, _) in limits.items() if share >= 0.5]
    if hurt:
        seconds = max(hurt)
        share, words = limits[seconds]
        lost = "" if words is None else f", and into {in_percent(words, 1)} of the decisive words"
        lines.append(
            f"A limit of {seconds:g} s would cut into {in_percent(share)} of the clips{lost}."
        )
    return "\n".join(lines)


def say_what_the_ruler_measures(spans: Mapping[int, Sequence[int]], hop_ms: float = 10.0) -> str:
    """The step and the length of pooled frames, from what gradients found.

    Args:
        spans: by pooled frame, the MFCC frames that it sees, in order.
        hop_ms: milliseconds from one MFCC frame to the next.
    """
    starts = [min(seen) for _, seen in sorted(spans.items())]
    steps = {second - first for first, second in pairwise(starts)}
    sizes = {len(seen) for seen in spans.values()}
    if len(steps) > 1 or len(sizes) > 1:
        return "The frames do not all see alike: no single ruler fits them."
    step, size = steps.pop(), sizes.pop()
    shared = size - step
    overlap = f"Neighbours share {shared} of them." if shared > 0 else "Neighbours share none."
    return (
        f"Each pooled frame sees {size} MFCC frames, and the next one begins {step} frames, "
        f"{step * hop_ms:g} ms, later. {overlap}"
    )
