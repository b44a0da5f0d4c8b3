"""What a run knows of its limits: fitted, written, read back, refused where damaged, judged."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from mcsan_lite.evaluation.likeness import TrainingCloud, clip_statistics, fit_cloud
from mcsan_lite.features.extraction import Features
from mcsan_lite.training.confidence import fitting, judging, sidecar
from mcsan_lite.training.confidence.sidecar import (
    Calibration,
    Confidence,
    KnownSound,
    KnownWords,
    TrainedOn,
)
from mcsan_lite.training.fold import FoldFeatures
from mcsan_lite.training.loop import Predictions

LABELS = ("glad", "sad")


def clip(number, words=("so", "it"), shift=0.0):
    rng = np.random.default_rng(number)
    frames = (shift + rng.standard_normal((40, 14))).astype(np.float32)
    return Features(str(number), frames, np.zeros((len(words), 4), np.float32), words, "glad")


def a_run(prob=(0.9, 0.1), modalities=("audio", "text")):
    """A run that always says the same."""
    return SimpleNamespace(
        model=SimpleNamespace(modalities=modalities),
        labels=LABELS,
        standardizer=SimpleNamespace(mean=np.zeros(14), deviation=np.ones(14)),
        probabilities=lambda features: pd.Series(list(prob), list(LABELS)),
    )


@pytest.fixture
def parts():
    train = [clip(i, ("so", "it", "is")) for i in range(80)]
    return FoldFeatures(train, [clip(100 + i) for i in range(60)], [clip(200)], LABELS)


@pytest.fixture
def fitted(parts, monkeypatch):
    """The confidence of a run that says .9 and is right in six of ten cases."""

    def answers(model, features, labels, **_):
        n = len(features)
        true = (np.arange(n) % 10 >= 6).astype(int)
        return Predictions([one.id for one in features], true, np.tile([0.9, 0.1], (n, 1)))

    monkeypatch.setattr(fitting, "predict", answers)
    source = TrainedOn("own", False, "official", 80, 60)
    return fitting.fit_confidence(a_run(), parts, source, "digits")


def test_an_overconfident_run_is_cooled(fitted):
    calibration = fitted.calibration
    assert calibration.temperature > 3
    assert calibration.error_before == pytest.approx(0.3)
    assert calibration.error_after < 0.02


def test_the_test_part_is_never_looked_at(parts, fitted, monkeypatch):
    asked = []

    def answers(model, features, labels, **_):
        asked.extend(one.id for one in features)
        return Predictions([], np.zeros(len(features), int), np.tile([0.9, 0.1], (60, 1)))

    monkeypatch.setattr(fitting, "predict", answers)
    nothing = FoldFeatures(parts.train, parts.valid, (), LABELS)
    again = fitting.fit_confidence(a_run(), nothing, fitted.source, "digits")
    assert asked == [one.id for one in parts.valid]
    assert again.sound.beyond == fitted.sound.beyond and again.words == fitted.words


def test_streams_that_a_run_does_not_use_are_not_judged(parts, fitted):
    reader = fitting.fit_confidence(a_run(modalities=("text",)), parts, fitted.source, "")
    assert reader.sound is None and reader.words
    listener = fitting.fit_confidence(a_run(modalities=("audio",)), parts, fitted.source, "")
    assert listener.sound and listener.words is None


def test_own_clips_are_like_and_others_unlike(fitted):
    like = judging.judge(a_run(), clip(302), fitted)
    assert like.sound.verdict == like.words.verdict == "like"
    other = judging.judge(a_run(), clip(301, ("bread", "and", "butter"), shift=9), fitted)
    assert other.unfamiliar == ("sound", "words")
    assert other.words.new == ("bread", "and", "butter")
    assert "the sound and the words are unlike" in other.sentence()
    assert other.answer == ""


def test_what_is_missing_is_not_judged(fitted):
    silent = Features("a", np.zeros((0, 14), np.float32), np.zeros((1, 4)), ("<empty>",), "glad")
    judged = judging.judge(a_run(), silent, fitted)
    assert judged.sound is None and judged.words is None and judged.unfamiliar == ()


def test_it_abstains_below_its_threshold_and_answers_above(fitted):
    judged = judging.judge(a_run((0.9, 0.1)), clip(302), fitted)
    assert 0.5 < judged.probabilities.iloc[0] < 0.65  # cooled
    assert judged.answer == "glad" and judged.sentence() == "answer: glad"
    strict = judging.with_abstention(fitted, 0.8)
    abstains = judging.judge(a_run((0.9, 0.1)), clip(302), strict)
    assert abstains.answer == "" and "abstains below 80%" in abstains.sentence()


def test_every_answer_names_the_training_corpus(fitted):
    judged = judging.judge(a_run(), clip(302), fitted)
    said = "\n".join(judging.judgement_sentences(judged, "own"))
    assert "trained on: own, 80 utterances" in said and "on 60 other utterances" in said
    alone = judging.judge(a_run(), clip(302), None)
    said = "\n".join(judging.judgement_sentences(alone, "synthetic-1"))
    assert "trained on: synthetic-1, generated speech" in said
    assert "not calibrated" in said and "mcsan calibrate" in said
    said = "\n".join(judging.judgement_sentences(alone, "synthetic_voices"))  # a user's manifest
    assert "trained on: synthetic_voices\n" in said
    assert alone.probabilities.iloc[0] == 0.9 and alone.answer == "glad"


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "one.safetensors"
    path.write_bytes(b"weights")
    return path


def confidence(weights, **changes):
    cloud = fit_cloud(np.random.default_rng(0).standard_normal((50, 4)))
    values = {
        "weights": sidecar.weights_digest(weights),
        "source": TrainedOn("own", True, "official", 8, 6),
        "calibration": Calibration(1.5, 0.5, 0.1, 0.05),
        "sound": KnownSound(cloud, 1.8),
        "words": KnownWords(frozenset(("so", "ça")), 0.02, 1.5),
    }
    return Confidence(**values | changes)


@pytest.mark.parametrize("without", [None, "sound", "words"])
def test_it_comes_back_as_it_was_written(weights, without):
    written = confidence(weights, **({without: None} if without else {}))
    path = sidecar.write_confidence(weights, written)
    assert path.name == "one.confidence.json"
    found = sidecar.read_confidence(weights)
    assert (found.source, found.calibration) == (written.source, written.calibration)
    assert found.words == written.words
    if without != "sound":
        rows = np.random.default_rng(1).standard_normal((5, 4))
        expected = written.sound.cloud.distances(rows)
        assert found.sound.cloud.distances(rows) == pytest.approx(expected, rel=2e-3)


def test_words_with_a_blank_stay_whole_and_the_earlier_form_is_read(weights):
    known = KnownWords(frozenset(("so", "ice cream", "", "\u3000")), 0.02, 1.5)
    path = sidecar.write_confidence(weights, confidence(weights, words=known))
    assert sidecar.read_confidence(weights).words == known
    values = json.loads(path.read_text(encoding="utf-8"))
    values["words"]["vocabulary"] = "ça so"
    path.write_text(json.dumps(values), encoding="utf-8")
    assert sidecar.read_confidence(weights).words.vocabulary == {"ça", "so"}


def cloud_of(numbers, scale=1.0):
    return TrainingCloud(np.zeros(numbers), np.full(numbers, scale), np.eye(numbers))


def test_a_clip_may_be_described_by_many_numbers(weights):
    many = clip_statistics(np.zeros((2, 1366))).size  # of given frames
    sidecar.write_confidence(weights, confidence(weights, sound=KnownSound(cloud_of(many), 1.8)))
    assert len(sidecar.read_confidence(weights).sound.cloud.center) == many > 4096


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sound": KnownSound(cloud_of(5), 1.8)}, "5 numbers of a clip"),
        ({"sound": KnownSound(cloud_of(2, scale=0.0), 1.8)}, "scale"),
        ({"sound": KnownSound(cloud_of(2), np.nan)}, "sound"),
        ({"words": KnownWords(frozenset(("so",)), 0.0, 1.5)}, "words"),
        ({"calibration": Calibration(1.5, 0.5, np.nan, 0.05)}, "calibration"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(weights, monkeypatch, changes, says):
    monkeypatch.setattr(sidecar, "_MOST", 4)
    text = refusal(lambda: sidecar.write_confidence(weights, confidence(weights, **changes)))
    assert f"{says} out of range" in text and "at most 4" in text
    assert [path.name for path in weights.parent.iterdir()] == [weights.name]


def test_a_folder_has_it_inside(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"w")
    assert sidecar.confidence_path(tmp_path) == tmp_path / "confidence.json"
    assert sidecar.read_confidence(tmp_path) is None


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("format", 3),
        ("weights", "0" * 64),
        ("weights", None),
        ("calibration", {"temperature": -1}),
        ("source", {}),
        ("sound", {"beyond": 1, "numbers": 10**9}),
        ("words", {"beyond": "x", "rate": 0.1, "vocabulary": "so"}),
        ("words", {"beyond": 1, "rate": 0.1, "vocabulary": ["so", 1]}),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_the_command_that_mends_it(weights, part, value):
    path = sidecar.write_confidence(weights, confidence(weights))
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | {part: value}), encoding="utf-8")
    said = refusal(lambda: sidecar.read_confidence(weights))
    assert str(path) in said and "mcsan calibrate --run" in said


@pytest.mark.parametrize("text", ["", "[]", "{", "\udcff", "null", "[" * 100_000])
def test_a_damaged_file_is_refused(weights, text):
    sidecar.confidence_path(weights).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "Given: " in refusal(lambda: sidecar.read_confidence(weights))


def test_the_training_corpus_is_named_even_without(tmp_path):
    fold = tmp_path / "run" / "official-seed0"
    fold.mkdir(parents=True)
    (tmp_path / "run" / "spec.json").write_text('{"corpus": "meld"}', encoding="utf-8")
    (fold / "model.safetensors").write_bytes(b"")
    assert judging.training_corpus(fold) == "meld"
    assert judging.training_corpus(tmp_path / "none.safetensors") == ""
