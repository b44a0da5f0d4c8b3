"""The leak meter: each floor finds a planted leak of its own kind, and no other.

A floor neither hears nor reads.
"""

import random
import string

import numpy as np
import pytest
from dramas import LABELS, changed, drama
from hypothesis import given
from hypothesis import strategies as st

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.splits import Fold, folds
from mcsan_lite.experiments.floors import FLOOR_INPUTS, punctuation, score_floor

pytestmark = pytest.mark.filterwarnings("ignore:class .* has no utterance here")  # small folds

KINDS = ("nowhere", "scenario", "speaker", "dialogue", "dialogue × speaker", "mark", "word")
FINDS = {
    "scenario only": {"scenario"},
    "speaker only": {"speaker"},
    "dialogue + speaker only": {"speaker", "dialogue", "dialogue × speaker"},
    "length + punctuation only": {"mark"},
}


def planted(kind, n=600):
    """Utterances whose scene, speaker, dialogue, word and end mark are each drawn on their own.

    `kind` says which of these decides the class.
    """
    draw = random.Random(0)
    words, marks = ("mine", "kept", "gold", "rain", "fish", "lamp"), (".", "?", "!")
    made = []
    for i in range(n):
        of = {
            name: draw.randrange(6)
            for name in ("scenario", "speaker", "dialogue", "word", "mark", "nowhere")
        }
        # Neither of the two says anything alone.
        of["dialogue × speaker"] = of["dialogue"] + of["speaker"]
        text = words[of["word"]] + marks[of["mark"] % 3]
        made.append(
            Utterance(
                f"u{i:03d}",
                None,
                text,
                LABELS[of[kind] % 3],
                **{name: f"{name}{of[name]}" for name in ("scenario", "speaker", "dialogue")},
            )
        )
    ids = tuple(u.id for u in made)
    return Corpus("planted", LABELS, tuple(made)), Fold(
        "half", ids[: n // 2], ids[n // 2 : 2 * n // 3], ids[2 * n // 3 :], "half"
    )


def wa(name, corpus, fold):
    return score_floor(
        name, corpus, fold, {u.id: FLOOR_INPUTS[name](u, None) for u in corpus.utterances}
    )["wa"]


def over_folds(name, corpus, protocol, k=None):
    return [wa(name, corpus, fold) for fold in folds(corpus, protocol)[:k]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FINDS)
def test_each_finds_a_leak_of_its_kind_and_no_other(name, kind):
    found = wa(name, *planted(kind))
    if kind in FINDS[name]:
        assert found >= 0.99
    else:
        assert found <= 0.45  # chance is 1/3, give or take 0.033 on 200


def test_a_leak_of_the_scene_is_gone_on_scenario_disjoint_folds():
    made = changed(drama(), label=lambda u: LABELS[int(u.scenario[-1]) % 3])
    for name in ("scenario only", "dialogue + speaker only"):  # a dialogue is a scene
        assert min(over_folds(name, made, "kfold10", 3)) >= 0.9
        assert np.mean(over_folds(name, made, "scenario")) <= 0.4
    # Every scene is played in every session.
    assert min(over_folds("scenario only", made, "speaker10", 3)) >= 0.99
    assert min(over_folds("scenario only", made, "dialogue", 3)) >= 0.99
    assert np.mean(over_folds("speaker only", made, "kfold10")) <= 0.4


def test_a_leak_of_dialogue_and_speaker_is_gone_on_dialogue_disjoint_folds():
    """The speaker and the recording decide; as in IEMOCAP, a speaker's turns in one are alike."""

    def label(u):
        return LABELS[(int(u.dialogue[1]) + int(u.dialogue[2]) + (u.speaker[-1] == "F")) % 3]

    made, name = changed(drama(), label=label), "dialogue + speaker only"
    assert np.mean(over_folds(name, made, "kfold10")) >= 0.9
    for protocol in ("dialogue", "scenario", "session5"):
        assert np.mean(over_folds(name, made, protocol)) <= 0.4
    for other in ("scenario only", "speaker only"):
        assert np.mean(over_folds(other, made, "kfold10")) <= 0.45


def test_a_leak_of_the_speaker_is_gone_on_speaker_disjoint_folds():
    made = changed(
        drama(), label=lambda u: LABELS[(int(u.speaker[1]) + (u.speaker[-1] == "F")) % 3]
    )
    for name in ("speaker only", "dialogue + speaker only"):
        assert min(over_folds(name, made, "kfold10", 3)) >= 0.99
        assert np.mean(over_folds(name, made, "session5")) <= 0.4
    assert np.mean(over_folds("speaker only", made, "speaker")) <= 0.4
    assert min(over_folds("speaker only", made, "scenario", 3)) >= 0.99


def test_a_leak_of_marks_goes_through_every_split():
    made = changed(drama(), text=lambda u: "so it is" + ".?!"[LABELS.index(u.label)])
    for protocol in ("kfold10", "scenario", "speaker10", "dialogue"):
        assert min(over_folds("length + punctuation only", made, protocol, 2)) >= 0.99


def test_dialogue_and_speaker_stay_apart_in_their_pair():
    """1 + 11 is not 11 + 1."""
    one, other = (
        FLOOR_INPUTS["dialogue + speaker only"](
            Utterance("u", None, "", "sad", speaker=s, dialogue=d), None
        )["pair"]
        for d, s in (("1", "11"), ("11", "1"))
    )
    assert one != other


def test_punctuation_by_hand():
    found = punctuation("“Well…” NO! It’s 12 [laughs]?!")
    assert found["letters"] == pytest.approx(np.log(1 + 15))
    assert found["words"] == pytest.approx(np.log(1 + 5))
    assert found["capitals"] == 4 / 15
    counts = {"digits": 2, "...": 1, ".": 3, '"': 2, "'": 1, "!": 2, "?": 1, "[": 1, ",": 0}
    assert {name: found[name] for name in counts} == counts
    assert set(string.punctuation) <= set(found)
    empty = punctuation("")
    assert set(empty) == set(found) and not any(empty.values())


@given(st.text())
def test_punctuation_sees_no_word(text):
    """Another letter for every letter, large for large: the same input."""
    upper, lower = string.ascii_uppercase, string.ascii_lowercase
    shifted = upper[7:] + upper[:7] + lower[7:] + lower[:7]
    other = text.translate(str.maketrans(upper + lower, shifted))
    assert punctuation(other) == punctuation(text)
