"""Classical models on a fold: what they find, what they cannot, and how they refuse."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import refusals

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.splits import Fold, official, read
from mcsan_lite.datasets.synthetic import speech
from mcsan_lite.datasets.synthetic.ceilings import bayes_ceilings
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.order import order_numbers, truth_of
from mcsan_lite.datasets.synthetic.reader import read_synthetic, read_truth
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.experiments.floors import (
    FLOOR_INPUTS,
    FLOORS,
    ORDER_ALONE,
    applicable_floors,
    floors_table,
    score_floor,
)
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.functionals import audio_statistics
from mcsan_lite.training.runner import RunOptions

LABELS = ("angry", "neutral", "sad")
TRUE = [0, 0, 1, 2] * 16  # half of the utterances are angry
WORDS = ("pain", "table", "sorrow")
ANY_CORPUS = [name for name in FLOORS if name != ORDER_ALONE]  # what has no truth beside it
CLASSICAL = [name for name in FLOORS if name.endswith(("LR", "SVM"))]
PLACES = ("scenario only", "speaker only", "dialogue + speaker only")


@pytest.fixture
def voiceless(tmp_path, monkeypatch):
    """A function: the corpus of a config and its truth, each word a third of a second, no clip."""

    def speak_all(plans, folder, *, jobs):
        return {
            plan["id"]: {
                "starts": [i / 3 for i in range(len(plan["words"]))],
                "end": len(plan["words"]) / 3,
            }
            for plan in plans
        }

    def generate(config):
        monkeypatch.setattr(speech, "speak_all", speak_all)
        folder = make_synthetic(tmp_path, config)
        return read_synthetic(folder), read_truth(folder)

    return generate


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    config = SyntheticConfig(train=30, valid=5, test=5, world="listed")
    return make_synthetic(tmp_path_factory.mktemp("spoken"), config)


def make(
    *, in_text=False, in_sound=False, in_place=False, has_audio=True, has_text=True, has_place=True
):
    """(corpus, features) of 64 utterances.

    The class is in the words and their end mark, in the sound, in speaker and scene, or nowhere.
    """
    random = np.random.default_rng(0)
    utterances, data = [], []
    for i, c in enumerate(TRUE):
        said = c if in_text else int(random.integers(3))
        text = f"{('so', 'the')[i % 2]} {WORDS[said]}{'.?!'[said]}" if has_text else ""
        vectors = random.standard_normal((2, 6)).astype(np.float32) * 0.1
        vectors[1, said] += 3
        sound = random.standard_normal((int(random.integers(5, 20)), 4)) * (1 + 3 * c * in_sound)
        data.append(
            Features(
                f"u{i:02d}",
                sound.astype(np.float32) if has_audio else np.zeros((0, 4), np.float32),
                vectors,
                tuple(text.split()) or ("<empty>",),
                LABELS[c],
            )
        )
        where = c if in_place else i // 4 % 3
        place = (
            {"scenario": f"scene{where}", "speaker": f"s{where}", "dialogue": f"d{i % 5}"}
            if has_place
            else {}
        )
        utterances.append(
            Utterance(
                data[-1].id,
                None,
                text,
                LABELS[c],
                split=("train", "train", "valid", "test")[i // 16],
                **place,
            )
        )
    return Corpus("made", LABELS, tuple(utterances)), data


def everywhere():
    return make(in_text=True, in_sound=True, in_place=True)


def score(name, corpus, data, **how):
    utterance = {u.id: u for u in corpus.utterances}
    fold = official(corpus)[0]
    return score_floor(
        name, corpus, fold, {f.id: FLOOR_INPUTS[name](utterance[f.id], f) for f in data}, **how
    )


def relabel(corpus, of):
    """With the label `of`(index, its index among LABELS)."""
    return replace(
        corpus,
        utterances=tuple(
            replace(u, label=LABELS[of(i, LABELS.index(u.label))])
            for i, u in enumerate(corpus.utterances)
        ),
    )


def test_majority_is_the_share_of_the_largest_class():
    corpus, data = make()
    found = score("majority", corpus, data)
    assert found["wa"] == 0.5 and found["ua"] == pytest.approx(1 / 3) and found["parameters"] == 0
    assert (found["name"], found["fold"], found["protocol"], found["corpus"]) == (
        "majority",
        "official",
        "official",
        "made",
    )
    assert (found["n_train"], found["n_test"], len(found["split"])) == (32, 16, 10)


@pytest.mark.parametrize("name", CLASSICAL)  # the others: test_leaks
def test_each_floor_finds_what_is_in_its_modality_only(name):
    here, elsewhere = ("in_sound", "in_text") if "MFCC" in name else ("in_text", "in_sound")
    assert score(name, *make(**{here: True}))["wa"] >= 0.9
    assert score(name, *make(**{elsewhere: True, "in_place": True}))["wa"] <= 0.75


@pytest.mark.parametrize("name", ANY_CORPUS)
def test_test_labels_change_the_score_and_not_what_is_learned(name):
    corpus, data = everywhere()
    before = score(name, corpus, data)
    after = score(name, relabel(corpus, lambda i, c: (c + 1) % 3 if i >= 48 else c), data)
    if name == "majority":
        assert (before["wa"], after["wa"]) == (0.5, 0.25)
    else:
        assert before["wa"] >= 0.9 and after["wa"] <= 0.1


def test_labels_are_the_corpus_and_order_is_of_no_account():
    corpus, data = everywhere()
    renamed = [replace(f, label="sad") for f in data]
    mixed = replace(corpus, utterances=tuple(random.Random(0).sample(corpus.utterances, 64)))
    for name in ANY_CORPUS:
        assert score(name, corpus, data) == score(name, mixed, random.Random(1).sample(renamed, 64))


def test_the_regularisation_is_chosen_on_the_validation_part(monkeypatch):
    class Answers:
        def __init__(self, *four):
            self.four = four

        def fit(self, x, y):
            assert len(x) == 32  # the training part
            return self

        def predict(self, x):
            return np.tile(self.four, len(x) // 4)  # the true classes are 0, 0, 1, 2, and so on

    monkeypatch.setattr(
        "mcsan_lite.experiments.floors._candidates",
        lambda name: [Answers(0, 0, 0, 0), Answers(1, 1, 1, 2)],
    )
    corpus, data = make()
    assert score("majority", corpus, data)["ua"] == pytest.approx(1 / 3)  # equal WA: the first
    assert score("majority", corpus, data, select="ua")["ua"] == pytest.approx(2 / 3)
    valid_is_neutral = relabel(corpus, lambda i, c: 1 if 32 <= i < 48 else c)
    assert score("majority", valid_is_neutral, data)["ua"] == pytest.approx(2 / 3)


def test_utterances_without_features_are_left_out():
    corpus, data = make(in_text=True)
    assert score("TF-IDF + LR", corpus, data[:-4])["n_test"] == 12
    assert score("TF-IDF + LR", corpus, data[4:])["n_train"] == 28


def test_missing_clips_and_texts_are_inputs_like_others():
    corpus, data = everywhere()
    silent = [
        replace(f, audio=f.audio[:0]) if i % 8 == 7 else f for i, f in enumerate(data)
    ]  # half of the sad ones
    assert score("MFCC statistics + LR", corpus, silent)["n_test"] == 16
    assert score("MFCC statistics + SVM", corpus, silent)["wa"] >= 0.9
    mute = replace(
        corpus,
        utterances=tuple(
            replace(u, text=" " if u.split == "train" else u.text) for u in corpus.utterances
        ),
    )
    assert (
        score("TF-IDF + LR", mute, data)["wa"] == 0.5
    )  # nothing was learned but the largest class


@pytest.mark.parametrize(
    ("has", "names"),
    [
        ({}, ANY_CORPUS),
        ({"has_audio": False}, ANY_CORPUS[:-2]),
        ({"has_text": False}, ("majority", *PLACES, *ANY_CORPUS[-2:])),
        ({"has_place": False}, [name for name in ANY_CORPUS if name not in PLACES]),
    ],
    ids=str,
)
def test_floors_of_what_is_there_a_row_a_fold_done_once(has, names, tmp_path, monkeypatch):
    corpus, data = make(**has)
    (one,) = official(corpus)
    two = Fold("swapped", one.train, one.test, one.valid, "swapped")
    table = floors_table(corpus, [one, two], data, options=RunOptions(runs=tmp_path))
    assert table[["name", "fold"]].values.tolist() == [
        [n, f] for n in names for f in ("official", "swapped")
    ]
    assert table[["wa", "ua", "weighted_f1", "macro_f1", "seconds"]].notna().all(axis=None)
    (kept,) = (tmp_path / "splits").iterdir()
    assert read(corpus, kept) == [one, two]
    monkeypatch.setattr(
        "mcsan_lite.experiments.floors._candidates", None
    )  # from now on nothing can be fitted
    pd.testing.assert_frame_equal(
        floors_table(corpus, [one, two], data, options=RunOptions(runs=tmp_path)), table
    )
    with pytest.raises(TypeError):  # another label, or other features: other floors
        floors_table(
            relabel(corpus, lambda i, c: c if i else 1),
            [one, two],
            data,
            options=RunOptions(runs=tmp_path),
        )
    data[0].audio[:] += 1
    data[0].text[:] += 1
    with pytest.raises(TypeError):
        floors_table(corpus, [one, two], data, options=RunOptions(runs=tmp_path))


def test_another_fold_of_the_same_name_is_another_result(tmp_path):
    corpus, data = everywhere()
    (one,) = official(corpus)
    first = floors_table(corpus, [one], data, options=RunOptions(runs=tmp_path))
    other = floors_table(
        corpus,
        [replace(one, train=one.valid, valid=one.train)],
        data,
        options=RunOptions(runs=tmp_path),
    )
    assert (first["n_train"] == 32).all() and (other["n_train"] == 16).all()
    assert set(first["split"]).isdisjoint(other["split"])


def test_inputs_are_made_once_for_all_folds(tmp_path, monkeypatch):
    corpus, data = make()
    (one,) = official(corpus)
    seen = []
    monkeypatch.setitem(
        FLOOR_INPUTS,
        "MFCC statistics + LR",
        lambda u, f: (u.id == f.id, seen.append(f.id)) and audio_statistics(f.audio),
    )
    floors_table(
        corpus,
        [one, Fold("swapped", one.train, one.test, one.valid, "swapped")],
        data,
        options=RunOptions(runs=tmp_path),
    )
    assert seen == [f.id for f in data]


def test_a_part_of_the_corpus_with_the_features_of_all(tmp_path):
    corpus, data = everywhere()
    small = corpus.subset(f.id for i, f in enumerate(data) if i % 8 < 4)
    assert (
        floors_table(small, official(small), data, options=RunOptions(runs=tmp_path))["n_test"] == 8
    ).all()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, PLACES),
        ({"scenario": "one"}, PLACES[1:]),
        ({"speaker": "one"}, PLACES[::2]),
        ({"dialogue": "one"}, PLACES[:2]),  # no more than the speaker
        ({"dialogue": ""}, PLACES[:2]),
    ],
    ids=str,
)
def test_places_that_say_something(fields, names):
    corpus, data = make()
    corpus = replace(corpus, utterances=tuple(replace(u, **fields) for u in corpus.utterances))
    assert [name for name in applicable_floors(corpus, data) if name in PLACES] == list(names)


def test_a_dialogue_of_one_speaker_or_one_utterance_says_nothing_beyond_itself():
    corpus, data = make()
    for of in (
        lambda u: u.speaker,
        lambda u: u.id,
        lambda u: u.dialogue * (u.id > "u09"),
    ):  # the last: not for all
        other = replace(
            corpus, utterances=tuple(replace(u, dialogue=of(u)) for u in corpus.utterances)
        )
        assert [name for name in applicable_floors(other, data) if name in PLACES] == list(
            PLACES[:2]
        )


def test_order_alone_reads_the_truth_of_a_generated_corpus_and_of_no_other(spoken):
    corpus = read_synthetic(spoken)
    truth, numbers = truth_of(corpus), order_numbers(truth_of(corpus))
    assert ORDER_ALONE in applicable_floors(corpus, [])
    assert truth_of(replace(corpus, kind="manifest")) is None
    assert ORDER_ALONE not in applicable_floors(replace(corpus, kind="manifest"), [])
    for row in truth.itertuples():
        sense, place, words, high, stresses, mean, first, last = numbers[row.Index]
        assert words == len(row.text.split()) and stresses == sum(row.stressed)
        assert high == (row.arousal == "high") and (sense == 0) == (row.sense == "none")
        assert (place == -1) == (sense == 0) and first <= mean <= last
        if stresses:
            assert first > 0 and last < 1


def test_order_alone_without_a_clip_or_a_transcript(tmp_path, monkeypatch):
    row = {"sense": "negative", "decisive": 1, "arousal": "low", "targets": [1], "stressed": [True]}
    times = [("so", 0.0, 1.0), ("pain", 1.0, 2.0)]
    there = row | {"text": "so pain", "has_audio": True, "times": times}
    truth = pd.DataFrame(
        [there, there | {"text": ""}, there | {"has_audio": False}], index=["a", "b", "c"]
    )
    found = order_numbers(truth)
    assert found["a"].tolist() == [-1, 0.75, 2, 0, 1, 0.75, 0.75, 0.75]
    assert found["b"].tolist() == [-1, -1, -1, 0, 1, 0.75, 0.75, 0.75]
    assert found["c"].tolist() == [-1, 0.75, 2, -1, -1, -1, -1, -1]


@pytest.mark.parametrize(("world", "tells"), [("matching", True), ("listed", False)])
def test_order_alone_solves_the_matching_world_and_not_the_listed_one(world, tells, voiceless):
    """A truth with made-up times is enough: no clip is heard."""
    config = SyntheticConfig(world=world, train=3000, valid=300, test=800)
    corpus, truth = voiceless(config)
    best = bayes_ceilings(truth[truth.split == "test"], config)
    inputs = order_numbers(truth)
    (fold,) = official(corpus)
    wa = score_floor(ORDER_ALONE, corpus, fold, inputs)["wa"]
    if tells:
        assert wa > best["both, unmatched"] + 0.05
    else:
        assert abs(wa - best["both, unmatched"]) < 0.03


def test_refusals_by_text():
    corpus, data = make()
    text = refusals.refusal(lambda: score_floor("majorty", corpus, official(corpus)[0], {}))
    assert text == (
        f"Given: floor 'majorty'\nExpected: one of {', '.join(map(repr, FLOORS))}\n"
        "Do: did you mean 'majority'?"
    )
    one_class = relabel(corpus, lambda i, c: 0 if i < 32 else c)
    for name in ANY_CORPUS:
        for call, given in (
            (
                lambda name=name: score(name, corpus, data[:32]),
                "32 / 0 / 0 utterances that have features",
            ),
            (lambda name=name: score(name, corpus, data[32:]), "0 / 16 / 16 utterances"),
            (lambda name=name: score(name, one_class, data), "test on, 1 classes to train on"),
        ):
            text = refusals.refusal(call)
            assert "Given: fold official of made with " in text and given in text
            assert (
                "Expected: all three parts filled, and two classes\n"
                "Do: take another protocol, or more data." in text
            )
