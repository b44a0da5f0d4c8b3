"""What `mcsan predict` and `mcsan attend` say of one utterance: used, cut, missing."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from refusals import refusal

from mcsan_lite.cli import main
from mcsan_lite.cli.used import remark_on_readings, remark_on_words, remarks_before, used_part
from mcsan_lite.corpus import Utterance
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.figures.lens import PATIENT_WORDS
from mcsan_lite.training.inference import Trained

RATE = 16_000
NOISE = 0.1 * np.random.default_rng(0).standard_normal(RATE)


def run_that(*streams, trained_without_sound=False, video=False):
    """A run as far as it is asked here. Without streams, it is a model that reads all there is."""
    model = SimpleNamespace(modalities=streams) if streams else SimpleNamespace()
    mean = np.zeros(1 if trained_without_sound else 40, np.float32)
    config = FeatureConfig(video=video)
    return Trained(model, SimpleNamespace(mean=mean), ("glad", "sad"), config)


def utterance(audio=None, text="", video=None, **more):
    return Utterance("yours", audio, text, "unknown", video=video, **more)


@pytest.fixture
def clip(tmp_path):
    """A function: seconds of silence, then of noise -> a wav file."""

    def write(silent_s, noisy_s):
        path = tmp_path / "clip.wav"
        noise = np.resize(NOISE, round(noisy_s * RATE))
        soundfile.write(path, np.concatenate((np.zeros(round(silent_s * RATE)), noise)), RATE)
        return path

    return write


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060"])
def test_nothing_given_is_a_refusal(text):
    said = refusal(lambda: remarks_before(run_that(), utterance(text=text)))
    assert "neither sound nor words" in said
    assert "--audio or --text" in said


def test_what_the_run_cannot_use_is_a_refusal_before_any_file_is_opened():
    reader, listener = run_that("text"), run_that("audio")
    said = refusal(lambda: remarks_before(reader, utterance(Path("no.wav"))))
    assert "sound alone, for a run that does not listen" in said
    assert "give --text" in said
    said = refusal(lambda: remarks_before(listener, utterance(text="so it is")))
    assert "does not read" in said
    deaf = run_that(trained_without_sound=True)
    assert "does not listen" in refusal(lambda: remarks_before(deaf, utterance(Path("no.wav"))))


def test_what_is_not_used_and_what_is_missing_is_said():
    both = utterance(Path("no.wav"), "so it is")
    assert used_part(run_that("text"), both) == utterance(text="so it is")
    (said,) = remarks_before(run_that("text"), both)
    assert said == "not used: the sound. This run does not listen"
    (said,) = remarks_before(run_that(), utterance(text="so"))
    assert said.startswith("no sound (--audio): this run was trained with sound")
    said = remarks_before(run_that(video=True), utterance(text="so"))
    assert [one.split(" (")[0] for one in said] == ["no sound", "no video"]


def test_a_long_clip_is_said_to_be_cut(clip):
    assert remarks_before(run_that("audio"), utterance(clip(0, 2))) == ["heard: all 2.0 s of sound"]
    assert remarks_before(run_that("audio"), utterance(clip(5, 8.2))) == [
        "heard: only the first 10.0 s of 13.2 s of sound"
    ]
    part = utterance(clip(0, 2), max_s=0.5)
    assert "only the first 0.5 s of 2.0 s" in remarks_before(run_that("audio"), part)[0]


def test_speech_that_begins_too_late_is_said_or_refused(clip):
    late = clip(12, 1)
    *_, said = remarks_before(run_that(), utterance(late, "so it is"))
    assert "they are silent: the sound begins after 12.0 s" in said
    alone = refusal(lambda: remarks_before(run_that(), utterance(late)))
    assert "cut the recording: its sound begins after 12.0 s" in alone


@pytest.mark.parametrize(
    ("read", "said"),
    [(4, "read: the whole transcript, 4 tokens"), (2, "read: only the first 2 of the")],
)
def test_the_words_are_counted(read, said, tmp_path):
    features = SimpleNamespace(tokens=("so", "it", "is", ".")[:read])
    given = utterance(text="So it is.")
    (remark,) = remark_on_words(run_that(), given, features, tmp_path)
    assert remark.startswith(said)
    assert remark_on_words(run_that("audio"), given, features, tmp_path) == []


def test_words_without_a_vector_are_named(tmp_path):
    features = SimpleNamespace(tokens=("so", "qqqzzz", "qqqzzz", "!"))
    given = utterance(text="so qqqzzz qqqzzz!")
    _, remark = remark_on_words(run_that(), given, features, tmp_path)
    assert remark.startswith("read as nothing: 2 of 3 words, ") and remark.endswith("as qqqzzz")


def test_no_known_word_alone_is_refused(tmp_path):
    features = SimpleNamespace(tokens=("你好", "!"))
    alone, heard = utterance(text="你好!"), utterance("a.wav", "你好!")
    said = refusal(lambda: remark_on_words(run_that(), alone, features, tmp_path))
    assert "1 words, none of them known" in said
    assert len(remark_on_words(run_that(), heard, features, tmp_path)) == 2
    reader = run_that("text")
    assert "none of them" in refusal(lambda: remark_on_words(reader, heard, features, tmp_path))


def test_bytes_that_are_no_text_are_refused():
    said = refusal(lambda: remarks_before(run_that(), utterance(text="caf\udce9")))
    assert r"--text 'caf\xe9'" in said and "UTF-8" in said


def test_predict_refuses_before_it_answers(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("mcsan_lite.training.inference.load_run", lambda *_, **__: run_that())
    words = ["predict", "--run", "-", "--data", str(tmp_path)]
    assert main.main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "neither sound nor words" in said.err
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    assert main.main([*words, "--audio", f"{tmp_path}/bad.wav"]) == 2
    assert "--skip-bad" not in capsys.readouterr().err


def test_what_the_lens_leaves_out_is_said():
    assert remark_on_readings(PATIENT_WORDS) == []
    (said,) = remark_on_readings(PATIENT_WORDS + 1)
    assert said.startswith("left out above 300 words")
    assert "integrated gradients" in said
