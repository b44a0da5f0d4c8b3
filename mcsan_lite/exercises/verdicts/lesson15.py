"""Sentences of lesson 15, computed from the numbers of this run.

In: verdicts, gaps and scores of this run or of the paper's tables, as shares of one. Out: text, for
any corpus, profile and seed.
"""

from __future__ import annotations

import math

import pandas as pd

from mcsan_lite.exercises.verdicts.sentences import (
    Interval,
    gap_side,
    listed_names,
    p_in_words,
    percent_interval,
    points_interval,
    quoted_names,
    side_of,
)
from mcsan_lite.tables.shared import full_stop

_UNTESTED = ("reference", "not run", "not comparable", "")

# The fields of settings in plain words. A field that is not named here is named as in the code.
_PLAIN_NAMES = {
    "full_scale": "attention divided by √d of all heads",
    "positions": "position embedding",
    "position_scale": "scale of the positions",
    "pool_stride": "stride of the pooling",
    "conv_same": "padding of the convolution",
    "activation": "activation function",
    "feedforward": "width of the feed-forward layer",
    "classifier_layers": "layers of the classifier",
    "dropout": "dropout",
    "schedule": "learning-rate schedule",
    "weight_decay": "weight decay",
    "clip": "gradient clipping",
    "mask_frames": "share of frames blanked",
    "label_smoothing": "label smoothing",
    "select": "score that picks the epoch",
    "patience": "patience of early stopping",
}


def readable_choice(choice: str, default: object) -> str:
    """ "dropout=0.3" with default 0.0 gives "dropout: 0.0 → 0.3".

    Args:
        choice: a field and the value that it was changed to.
        default: the value that this run has otherwise.
    """
    field, _, value = choice.partition("=")
    name = _PLAIN_NAMES.get(field, field.replace("_", " "))
    words = {"True": "yes", "False": "no"}
    before = words.get(str(default), str(default))
    return f"{name}: {before} → {words.get(value, value)}"


def say_settings(verdicts: pd.Series) -> str:
    """How many of the printed settings the profile "paper" has, and which it has not.

    Args:
        verdicts: one verdict per setting; the index says which.
    """
    met = verdicts == "reproduced"
    says = f"{int(met.sum())} of {len(verdicts)} printed settings are those of the code."
    if met.all():
        return says
    return full_stop(f"{says} Not met: {quoted_names(list(verdicts.index[~met]))}")


def say_open_choices(paper: pd.Series, here: pd.Series, profile: str) -> str:
    """How many open settings this profile sets otherwise than the profile "paper".

    Args:
        paper: the value of each setting in the profile "paper".
        here: its value in this profile.
        profile: the name of this profile.
    """
    changed = [name for name in paper.index if str(paper[name]) != str(here[name])]
    if not changed:
        return f"The profile {profile} leaves all {len(paper)} settings as paper has them."
    return (
        f"The profile {profile} differs from paper in {len(changed)} of {len(paper)} settings: "
        f"{quoted_names(changed)}. The experiments below start from {profile}."
    )


def say_price(trainings: int, minutes: float, seconds: float, expected: float) -> str:
    """What a table was expected to cost, and what it did cost.

    Args:
        trainings: how many trainings there are.
        minutes: the estimate for one process.
        seconds: what one training took, on average.
        expected: what one was expected to take, on average.
    """
    ratio = expected / seconds
    if ratio > 1.5:
        so = "too cautious"
    elif ratio < 1 / 1.5:
        so = "too hopeful"
    else:
        so = "about right"
    return (
        f"{trainings} trainings were expected to take {minutes:.1f} minutes with one process. One "
        f"took {seconds:.1f} s, so the estimate of {expected:.1f} s was {so}. (It was made at "
        "another hour, and shipped results were made on another machine.)"
    )


def _counted(verdicts: pd.Series) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in verdicts.value_counts().items())


def say_both_verdicts(alone: pd.Series, together: pd.Series) -> str:
    """The verdicts of a table before and after Holm, and which of them the correction changes.

    Args:
        alone: one verdict per row or sentence, each by itself.
        together: the same after Holm.
    """
    tested = alone.notna() & ~alone.isin(_UNTESTED)
    if not tested.any():
        return "Nothing was tested here."
    alone, together = alone[tested], together[tested]
    changed = list(alone.index[alone != together])
    says = f"Alone: {_counted(alone)}. After Holm: {_counted(together)}."
    if changed:
        return full_stop(f"{says} Lost by the correction: {quoted_names(changed)}")
    return f"{says} The correction changes none of the {len(alone)}."


def say_sentence(says: str, gap: Interval, alone: str, together: str) -> str:
    """One sentence of the paper, our gap, and its two verdicts.

    Args:
        says: the sentence.
        gap: mean, low and high, as shares.
        alone: the verdict of this sentence by itself.
        together: the verdict after Holm.
    """
    mean, low, _ = gap
    if math.isnan(low):
        measured = f"{100 * mean:+z.1f} points, the same in every fold"
    else:
        measured = points_interval(*gap)
    return f"“{says}”: {measured}. Alone: {alone}. After Holm: {together}."


def say_printed_gap(t: float, p: float, gap: Interval) -> str:
    """Whether a printed gap is more than noise, by its own deviations.

    Args:
        t: Welch's t.
        p: its p.
        gap: mean, low and high, as shares.
    """
    _, low, high = gap
    carry = "carry" if gap_side(low, high) in ("more", "less") else "do not carry"
    return (
        f"t {t:.2f}, p {p_in_words(p)}, {points_interval(*gap)}: taken as unpaired, the printed "
        f"numbers alone {carry} the sentence."
    )


def say_weak_sentences(verdicts: pd.Series) -> str:
    """How many comparisons of the paper are within noise by its own numbers.

    Args:
        verdicts: "within noise" or "beyond noise" for each sentence that could be tested.
    """
    weak = int((verdicts == "within noise").sum())
    tested = int(verdicts.isin(["within noise", "beyond noise"]).sum())
    untold = int((verdicts == "no deviation printed").sum())
    says = f"{weak} of {tested} comparisons are within noise by their own numbers"
    if untold:
        says += f"; {untold} more have no printed deviation and cannot be tested"
    return says + "."


def say_choices(changes: pd.DataFrame) -> str:
    """Which open choices are shown to move the score, and how many luck alone would bring.

    Args:
        changes: difference, low and high of each choice, as shares; the index names the choices.
    """
    tested = changes.dropna(subset=["low", "high"])
    clear = tested[(tested.low > 0) | (tested.high < 0)]
    longest = changes.difference.abs().idxmax()
    row = changes.loc[longest]
    if tested.empty:
        return (
            "No choice has an interval here, so none is shown to move the score. The largest "
            f"difference is that of “{longest}”: {100 * row.difference:+z.1f} points."
        )
    moved = f"{100 * row.difference:+z.1f} points, without an interval"
    if not pd.isna(row.low):
        moved = points_interval(row.difference, row.low, row.high)
    says = (
        f"Shown to move the score: {len(clear)} of {len(tested)} choices with an interval "
        f"({quoted_names(list(clear.index))}); luck alone would bring {0.05 * len(tested):.1f}. "
        f"The largest difference is that of “{longest}”: {moved}"
    )
    return says + ("." if longest in clear.index else ", which shows nothing yet.")


def say_above_a_floor(name: str, gaps: pd.DataFrame, reference: str) -> str:
    """Which systems are above one floor, on the same folds, and whether the reference is.

    Args:
        name: the floor.
        gaps: mean, low and high of system - floor, as `gaps_to_floor` gives them.
        reference: the system that the others are compared with, one of the gaps.
    """
    groups = _by_side(gaps)
    says = f"Floor “{name}”: {len(groups['above'])} of {len(gaps)} systems above"
    for side, systems in groups.items():
        if side != "above" and systems:
            says += f"; {side} it: {quoted_names(systems)}"
    (own,) = (side for side, systems in groups.items() if reference in systems)
    return f"{full_stop(says)} {reference} itself is {own} it."


def _by_side(gaps: pd.DataFrame) -> dict[str, list[str]]:
    """Which gaps are "above" zero, "below" and "not distinguishable from" it, by name.

    Those that have no interval are a group of their own.
    """
    groups: dict[str, list[str]] = {"above": [], "below": [], "not distinguishable from": []}
    for name, gap in gaps.iterrows():
        groups.setdefault(side_of(gap.low, gap.high, 0), []).append(str(name))
    return groups


def recognising(listed: pd.DataFrame, order: str, bound: float) -> pd.DataFrame:
    """The systems that are shown to recognise sounds: above the bound, and above the trees.

    Args:
        listed: the listed world of `rivals_by_world`.
        order: the name of the trees that know order alone.
        bound: the best accuracy without recognising a sound.
    """
    systems = listed[listed.told == ""].drop(index=order)
    return systems[(systems.low > bound) & (systems["above low"] > 0)]


def say_rivals_without_order(found: pd.DataFrame, order: str, bound: float) -> str:
    """Which systems recognise sounds, in the world where order tells nothing.

    Args:
        found: of `rivals_by_world`.
        order: the name of the trees that know order alone.
        bound: the best accuracy there without recognising a sound.
    """
    listed = found.loc["listed"]
    systems = listed.drop(index=order)
    above = recognising(listed, order, bound)
    others = systems[(systems.told == "") & ~systems.index.isin(above.index)]
    named = {
        "Above both, each by its own interval, and so shown to recognise sounds": above,
        "Not shown to be above both": others,
    }
    said = [
        f"Where order tells nothing, {bound:.3f} can be reached without recognising a sound, and "
        f"{order} reach {score_with_interval(listed.loc[order])}."
    ]
    for words, rows in named.items():
        scores = [f"{name} ({score_with_interval(row)})" for name, row in rows.iterrows()]
        said.append(f"{words}: {listed_names(scores)}.")
    for what, rows in systems[systems.told != ""].groupby("told"):
        said.append(f"{quoted_names(rows.index)}: given {what}, so the score shows no such thing.")
    missing = [name for name in found.loc["matching"].index if name not in listed.index]
    if missing:
        said.append(full_stop(f"Not run in this world: {quoted_names(missing)}"))
    return " ".join(said)


def turned_round(found: pd.DataFrame) -> pd.DataFrame:
    """Which systems are shown to be behind MCSAN in one world and ahead of it in the other.

    Args:
        found: of `rivals_by_world`.

    Returns:
        Their gaps (MCSAN minus system, as shares): one row per world and system, with mean, low and
        high. Each gap is judged by its own interval.
    """
    gaps = found[["gap", "gap low", "gap high"]].set_axis(["mean", "low", "high"], axis=1).dropna()
    return gaps.groupby(level="system", sort=False).filter(
        lambda gap: (gap.low > 0).any() and (gap.high < 0).any()
    )


def say_turned_round(found: pd.DataFrame) -> str:
    """The same in words.

    Args:
        found: of `rivals_by_world`.
    """
    gaps = turned_round(found)
    if gaps.empty:
        return "No system is shown to be ahead of MCSAN in one world and behind it in the other."
    lines = []
    for system, group in gaps.groupby(level="system", sort=False):
        of_worlds = group.droplevel("system")
        told = [
            f"{points_interval(*gap)} in the {world} world" for world, gap in of_worlds.iterrows()
        ]
        lines.append(f"MCSAN minus {system} is {listed_names(told)}.")
    return " ".join([*lines, "So who is ahead depends on the corpus."])


def score_with_interval(row: pd.Series) -> str:
    """A score as the tables print it, such as "0.992 [0.988, 0.995]".

    Args:
        row: with mean, low and high.
    """
    return f"{row['mean']:.3f} [{row.low:.3f}, {row.high:.3f}]"


def say_ahead_of(table: pd.DataFrame, score: str) -> str:
    """Which systems are shown to be ahead of MCSAN, and which behind, each taken alone.

    Args:
        table: with the columns of gaps to MCSAN, MCSAN minus row.
        score: such as "wa".
    """
    gaps = table[table[f"{score} gap"].notna()]
    low, high = gaps[f"{score} gap low"].astype(float), gaps[f"{score} gap high"].astype(float)
    ahead, behind = list(gaps.index[high < 0]), list(gaps.index[low > 0])
    rest = len(gaps) - len(ahead) - len(behind)
    return (
        f"Taken alone, ahead of MCSAN: {quoted_names(ahead)}; behind: {quoted_names(behind)}; "
        f"not distinguishable: {rest} of {len(gaps)}."
    )


def say_comparable(comparable: pd.Series, corpus: str) -> str:
    """How many published numbers share the paper's protocol.

    Args:
        comparable: True for each number that does; MCSAN's own are not among them.
        corpus: its name.
    """
    yes = int(comparable.sum())
    few = "only a minority" if yes < len(comparable) / 2 else "the majority"
    return (
        f"Beside MCSAN's own, {yes} of {len(comparable)} published numbers on {corpus} share the "
        f"paper's protocol, {few}."
    )


def say_own_model(name: str, score: Interval, gaps: pd.DataFrame) -> str:
    """Above which floors a model of one's own is, on the same folds.

    Args:
        name: the model.
        score: mean, low and high, as shares.
        gaps: mean, low and high of model - floor; the index names the floors.
    """
    sides = [
        f"{side} {listed_names([f'“{floor}”' for floor in floors])}"
        for side, floors in _by_side(gaps).items()
        if floors
    ]
    return f"{name}: {percent_interval(*score)}. On the same folds it is {'; '.join(sides)}."
