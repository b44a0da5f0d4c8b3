"""Checks of lesson 01, Corpora and splits that do not lie.

In: a student's answer or function. Out: a hint, or None where it is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcsan_lite.exercises.exercise import exercise, letter_set

# Not in alphabetical order; unequal; "ann" has one utterance, so that halving somebody shows.
_SPEAKER_OF = {
    "u07": "dee",
    "u03": "ben",
    "u01": "ann",
    "u05": "cem",
    "u02": "ben",
    "u04": "cem",
    "u06": "cem",
    "u08": "dee",
}
_SPEAKERS = ("ann", "ben", "cem", "dee")

_Fold = tuple[set, set, set]  # train, valid, test: ids of utterances, or names of speakers


_ATTRIBUTES = ("speaker", "dialogue", "scenario", "text")
_SHARED = {
    "dialogue": {"speaker", "scenario", "text"},
    "session5": {"scenario", "text"},
    "scenario": {"speaker"},
}


@exercise
def shared_under(answer: dict) -> str | None:
    """E1.1: for three protocols, what test utterances of the theatre find again in train."""
    if set(answer) != set(_SHARED) or any(names is ... for names in answer.values()):
        return "fill in all three protocols: dialogue, session5 and scenario."
    for protocol, names in answer.items():
        if isinstance(names, str) or not set(names) <= set(_ATTRIBUTES):
            return f"{protocol}: answer with a set of names out of {', '.join(_ATTRIBUTES)}."
        if protocol in names:
            return (
                f"{protocol}: this protocol keeps every {protocol} in one part. It is never shared."
            )
    if "speaker" in answer["session5"]:
        return "session5: each pair of actors plays in one session only, so they are new as well."
    if "dialogue" in answer["session5"]:
        return "session5: a dialogue belongs to one session, so it moves as a whole."
    if "dialogue" in answer["scenario"]:
        return "scenario: a dialogue is one scene in one session, so it moves with its scene."
    if "text" in answer["scenario"]:
        return "scenario: the lines belong to their scene, and that scene is in no other part."
    return _forgotten(answer)


def _forgotten(answer: dict) -> str | None:
    """What is shared and was not named."""
    reasons = {
        "speaker": "the actors play other dialogues and scenes too.",
        "scenario": "every session plays the same scenes.",
        "text": "the scripted lines come back wherever their scene is played.",
    }
    for protocol, right in _SHARED.items():
        for name in sorted(right - set(answer[protocol])):
            return f"{protocol}: {name} is missing: {reasons[name]}"
    return None


@exercise
def leave_one_speaker_out(student) -> str | None:
    """E1.2: student({utterance: speaker}) -> a fold (train, valid, test) for every speaker."""
    given = dict(_SPEAKER_OF)
    answer = list(student(given))
    if given != _SPEAKER_OF:
        return "you changed the dictionary that was given. Others still need it."
    if any(not isinstance(fold, tuple | list) or len(fold) != 3 for fold in answer):
        return "every fold should be three sets of ids: (train, valid, test)."
    folds = _as_sets(answer)
    people = [_speakers_in(fold) for fold in folds]
    hint = _lost_or_twice(folds) or _shared_speakers(people) or _wrong_turns(people)
    if hint:
        return hint
    if _as_sets(student(dict(reversed(_SPEAKER_OF.items())))) != folds:
        return (
            "the same corpus read in another order gives other folds. Sort the speakers; a set has "
            "no order to rely on."
        )
    return _wrong_order(people)


def _as_sets(folds: Sequence) -> list[_Fold]:
    return [tuple(map(set, fold)) for fold in folds]


def _speakers_in(fold: _Fold) -> _Fold:
    """The speakers of each part; an id that does not exist has the speaker None."""
    return tuple({_SPEAKER_OF.get(utterance) for utterance in part} for part in fold)


def _lost_or_twice(folds: Sequence[_Fold]) -> str | None:
    """Utterances that are in no part or in two, and folds without validation."""
    for train, valid, test in folds:
        lost = set(_SPEAKER_OF) ^ (train | valid | test)
        if lost:
            return (
                f"{min(lost)!r} is in no part of a fold, or is no utterance. Each is in one part "
                "of every fold."
            )
        if train & valid or train & test or valid & test:
            return "an utterance is in two parts of one fold: it would be learned and scored."
        if not valid:
            return "there is no validation part. The epoch would have to be chosen on test."
    return None


def _shared_speakers(people: Sequence[_Fold]) -> str | None:
    """Speakers who are in two parts of a fold."""
    for train, _, test in people:
        both = train & test
        if both:
            return f"{min(both)} is in train and in test: you cut utterances, not people."
    for train, valid, test in people:
        both = valid & (train | test)
        if both:
            return (
                f"{min(both)} is in validation and in another part: the epoch is chosen on a voice "
                "that is no stranger."
            )
    return None


def _wrong_turns(people: Sequence[_Fold]) -> str | None:
    """Speakers who are never tested, and speakers who are tested together or twice."""
    tested = [test for _, _, test in people]
    never = set(_SPEAKERS).difference(*tested)
    if never:
        return f"{min(never)} is never tested: one fold for every speaker."
    if max(map(len, tested)) > 1 or len(people) > len(_SPEAKERS):
        return (
            f"{len(people)} folds for four speakers: in each, one speaker is tested, and nobody "
            "twice."
        )
    return None


def _wrong_order(people: Sequence[_Fold]) -> str | None:
    """Folds out of order, and epochs that another speaker than the next one chooses."""
    tested = [sorted(test) for _, _, test in people]
    if tested != sorted(tested):
        return "the folds are right but not in alphabetical order of the tested speaker."
    following = (*_SPEAKERS[1:], _SPEAKERS[0])
    for (_, valid, _), speaker, chooser in zip(people, _SPEAKERS, following, strict=True):
        if valid != {chooser}:
            return (
                f"where {speaker} is tested, {chooser} should choose the epoch (the next one; "
                f"after the last the first), not {' and '.join(sorted(valid))}."
            )
    return None


_RECOGNISED = {
    "a": "the copies are made *first*. Where does the twin of a test clip go?",
    "b": "two seconds of one sentence, with the same voice and feeling, can lie on both sides.",
    "d": "the people are new, but are the words? Section 9 has a number for it.",
}
_UNDERSTOOD = {
    "c": "innocent: the folds come first, so no copy of a test clip is ever in train.",
    "e": "innocent: counts of the training part say nothing about a test utterance.",
}


@exercise
def recognised(student) -> str | None:
    """E1.3: the letters of the procedures that leak."""
    return letter_set(student, _RECOGNISED, _UNDERSTOOD)


_FLOORS = ("speaker only", "dialogue + speaker only", "length + punctuation only", "none of them")


@exercise
def exposed_by(answer: dict) -> str | None:
    """E1.4: for each of four leaks, the smallest floor that exposes it."""
    if set(answer) != set("ABCD") or any(name is ... for name in answer.values()):
        return "fill in all four: A, B, C and D."
    strange = [name for name in answer.values() if name not in _FLOORS]
    if strange:
        return f"{strange[0]!r} is none of the four choices."
    if answer["A"] == "dialogue + speaker only":
        return (
            "A: that would find it too, but the name alone is enough. Take the smallest floor that "
            "can."
        )
    if answer["A"] != "speaker only":
        return "A: what does it take to guess right nine times out of ten? Only the actor's name."
    if answer["B"] == "speaker only":
        return (
            "B: the agents take all sorts of calls, so their name says nothing. What keeps its "
            "mood is the call."
        )
    if answer["B"] != "dialogue + speaker only":
        return (
            "B: anyone who knows the other turns of a call knows the mood of this one. Which floor "
            "knows the call?"
        )
    if answer["C"] != "length + punctuation only":
        return "C: the leak is a mark in the transcript. Which floor reads marks, and no word?"
    if answer["D"] != "none of them":
        return (
            "D: every actor plays everything equally often, and all texts are the same. No name "
            "and no mark helps: on RAVDESS the deaf floor found nothing to use, and the random "
            "split flattered all the same."
        )
    return None
