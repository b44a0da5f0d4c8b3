"""Classical models on the same fold: what they find, what they cannot, and that the test part teaches them nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mcsan_lite.corpus import Corpus, DataError, Utterance
from mcsan_lite.features import Features
from mcsan_lite.floors import FLOORS, audio_statistics, floor, floors
from mcsan_lite.splits import Fold, official

LABELS = ("angry", "neutral", "sad")
TRUE = [0, 0, 1, 2] * 16  # half of the utterances are angry
WORDS = ("pain", "table", "sorrow")


def make(*, in_text=False, in_sound=False, has_audio=True, has_text=True):
    """(corpus, features) of 64 utterances in which the class is in the words, in the sound, or nowhere."""
    random = np.random.default_rng(0)
    utterances, data = [], []
    for i, c in enumerate(TRUE):
        word = WORDS[c if in_text else int(random.integers(3))]
        text = f"{('so', 'the')[i % 2]} {word}" if has_text else ""
        vectors = random.standard_normal((2, 6)).astype(np.float32) * 0.1
        vectors[1, WORDS.index(word)] += 3
        sound = random.standard_normal((int(random.integers(5, 20)), 4)) * (1 + 2 * c * in_sound)
        data.append(Features(f"u{i:02d}", sound.astype(np.float32) if has_audio else np.zeros((0, 4), np.float32), vectors,
                             tuple(text.split()) or ("<empty>",), LABELS[c]))
        utterances.append(Utterance(f"u{i:02d}", None, text, LABELS[c], split=("train", "train", "valid", "test")[i // 16]))
    return Corpus("made", LABELS, tuple(utterances)), data


def score(name, corpus, data, **how):
    return floor(name, corpus, official(corpus)[0], data, **how)


def test_statistics_by_hand():
    audio = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0], [3.0, 5.0], [2.0, 5.0]])
    found = audio_statistics(audio).reshape(8, 2)
    np.testing.assert_allclose(found[:, 0], [2, 2 ** 0.5, 0.2, 1, 2, 3, 3.8, 1.5])
    np.testing.assert_allclose(found[:, 1], [5, 0, 5, 5, 5, 5, 5, 0])
    assert np.isfinite(audio_statistics(audio[:1])).all() and audio_statistics(audio[:1]).shape == (16,)


def test_majority_is_the_share_of_the_largest_class():
    found = score("majority", *make())
    assert found["wa"] == 0.5 and found["ua"] == pytest.approx(1 / 3) and found["n_test"] == 16
    assert (found["name"], found["fold"], found["corpus"]) == ("majority", "official", "made")


@pytest.mark.parametrize("name", FLOORS[1:])
def test_each_floor_finds_what_is_in_its_modality_only(name):
    here, elsewhere = ("in_sound", "in_text") if "MFCC" in name else ("in_text", "in_sound")
    assert score(name, *make(**{here: True}))["wa"] >= 0.9
    assert score(name, *make(**{elsewhere: True}))["wa"] <= 0.75


@pytest.mark.parametrize("name", FLOORS)
def test_test_labels_change_the_score_and_not_what_is_learned(name):
    corpus, data = make(in_text=True, in_sound=True)
    wrong = [replace(f, label=LABELS[(LABELS.index(f.label) + 1) % 3]) if i >= 48 else f for i, f in enumerate(data)]
    before, after = score(name, corpus, data), score(name, corpus, wrong)
    if name == "majority":
        assert (before["wa"], after["wa"]) == (0.5, 0.25)
    else:
        assert before["wa"] >= 0.9 and after["wa"] <= 0.1


def test_the_regularisation_is_chosen_on_the_validation_part(monkeypatch):
    class Answers:
        def __init__(self, *four):
            self.four = four

        def fit(self, x, y):
            assert len(x) == 32  # the training part
            return self

        def predict(self, x):
            return np.tile(self.four, len(x) // 4)  # the true classes are 0, 0, 1, 2, and so on

    monkeypatch.setattr("mcsan_lite.floors._candidates", lambda name: [Answers(0, 0, 0, 0), Answers(1, 1, 1, 2)])
    corpus, data = make()
    assert score("majority", corpus, data)["ua"] == pytest.approx(1 / 3)  # equal WA: the first
    assert score("majority", corpus, data, select="ua")["ua"] == pytest.approx(2 / 3)
    valid_is_neutral = [replace(f, label="neutral") if 32 <= i < 48 else f for i, f in enumerate(data)]
    assert score("majority", corpus, valid_is_neutral)["ua"] == pytest.approx(2 / 3)


def test_utterances_without_features_are_left_out():
    corpus, data = make(in_text=True)
    assert score("TF-IDF + LR", corpus, data[:-4])["n_test"] == 12


@pytest.mark.parametrize(("has", "names"), [
    ({}, FLOORS), ({"has_audio": False}, FLOORS[:3]), ({"has_text": False}, ("majority", FLOORS[3]))], ids=str)
def test_floors_of_what_is_there_a_row_a_fold_done_once(has, names, tmp_path, monkeypatch):
    corpus, data = make(**has)
    (one,) = official(corpus)
    two = Fold("swapped", one.train, one.test, one.valid)
    table = floors(corpus, [one, two], data, runs=tmp_path)
    assert table[["name", "fold"]].values.tolist() == [[n, f] for n in names for f in ("official", "swapped")]
    assert table[["wa", "ua", "weighted_f1", "macro_f1"]].notna().all(axis=None)
    monkeypatch.setattr("mcsan_lite.floors._candidates", None)  # from now on nothing can be fitted
    pd.testing.assert_frame_equal(floors(corpus, [one, two], data, runs=tmp_path), table)
    data[0].audio[:] += 1  # other features are other floors
    data[0].text[:] += 1
    with pytest.raises(TypeError):
        floors(corpus, [one, two], data, runs=tmp_path)


def test_a_wrong_name_gets_a_suggestion():
    with pytest.raises(DataError, match=r"Given: floor 'majorty'\nExpected: .*'MFCC.*\nDo: did you mean 'majority'\?"):
        score("majorty", *make())
