"""Frames and word vectors made elsewhere: found by name, checked, cut, never silently absent."""

from dataclasses import replace

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features.arrays.given import FRAMES, array_of, is_place, read_given
from mcsan_lite.features.arrays.settings import feature_settings
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.features.language.transcripts import corpus_coverage

TEXTS = {"a": "so it is.", "b/2": "pain", "c": ""}


@pytest.fixture
def corpus(tmp_path):
    """Three utterances, the last one without words. Their clips do not exist: nobody opens them."""
    utterances = [
        Utterance(name, tmp_path / f"clip{i}.wav", text, "glad", split="train")
        for i, (name, text) in enumerate(TEXTS.items())
    ]
    return Corpus("own", ("glad", "sad"), tuple(utterances))


def frames_of(length, width=5):
    return np.random.default_rng(length).standard_normal((length, width)).astype("f4")


@pytest.fixture
def sounds(tmp_path):
    """A folder of frames, 20 ms apart: by id, by id with a character no file has, by clip."""
    folder = tmp_path / "wavlm"
    folder.mkdir()
    np.save(folder / "a.npy", frames_of(40))
    np.save(folder / "b_2.npy", frames_of(700))
    np.save(folder / "clip2.npy", frames_of(9))
    return folder


def audio_of(corpus, config, tmp_path):
    features, _ = extract(corpus, config, cache=tmp_path / "cache")
    return {one.id: np.asarray(one.audio) for one in features}


def test_frames_take_the_place_of_mfcc_and_no_clip_is_opened(corpus, sounds, tmp_path):
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    found = audio_of(corpus, config, tmp_path)
    np.testing.assert_array_equal(found["a"], frames_of(40))
    np.testing.assert_array_equal(found["c"], frames_of(9))
    np.testing.assert_array_equal(found["b/2"], frames_of(700)[:500])  # 10 s are heard
    features, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert {one.hop_s for one in features} == {0.02}


def test_an_utterance_that_ends_before_its_clip_is_cut_there(corpus, sounds, tmp_path):
    first, *others = corpus.utterances
    cut = replace(corpus, utterances=(replace(first, max_s=0.3), *others))
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    np.testing.assert_array_equal(audio_of(cut, config, tmp_path)["a"], frames_of(40)[:15])


def test_an_archive_and_a_single_file_are_places_too(corpus, sounds, tmp_path):
    arrays = {"a": frames_of(3), "b_2": frames_of(4), "c": frames_of(6)}
    np.savez(tmp_path / "all.npz", **arrays)
    config = feature_settings(frames=str(tmp_path / "all.npz"), hop_s=0.02)
    found = audio_of(corpus, config, tmp_path)
    assert {name: len(frames) for name, frames in found.items()} == {"a": 3, "b/2": 4, "c": 6}
    one = replace(corpus, utterances=corpus.utterances[:1])
    single = feature_settings(frames=str(sounds / "clip2.npy"), hop_s=0.02)
    np.testing.assert_array_equal(audio_of(one, single, tmp_path)["a"], frames_of(9))


def test_an_array_made_anew_is_read_anew(corpus, sounds, tmp_path):
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    audio_of(corpus, config, tmp_path)
    np.save(sounds / "a.npy", frames_of(41))
    np.testing.assert_array_equal(audio_of(corpus, config, tmp_path)["a"], frames_of(41))


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (None, "missing"),
        (np.zeros((4, 5)), "all of them zeros"),
        (np.zeros((0, 5)), "no row"),
        (np.ones(5), "shape (5,)"),
        (np.full((4, 5), np.nan), "not finite"),
        (np.array([["x"] * 5] * 4), "type"),
    ],
    ids=["missing", "zeros", "empty", "flat", "nan", "text"],
)
def test_an_array_that_cannot_be_used_is_named_and_can_be_left_out(
    corpus, sounds, tmp_path, array, why
):
    (sounds / "a.npy").unlink()
    if array is not None:
        np.save(sounds / "a.npy", array)
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    text = refusal(lambda: extract(corpus, config, cache=tmp_path / "cache"))
    assert why in text and "a.npy" in text and "1 of 3 arrays" in text
    features, bad = extract(corpus, config, cache=tmp_path / "cache", on_error="skip")
    assert [one.id for one in features] == ["b/2", "c"] and [one.id for one in bad] == ["a"]


def test_an_utterance_without_clip_and_array_has_no_sound(corpus, sounds, tmp_path):
    (sounds / "a.npy").unlink()
    first, *others = corpus.utterances
    written = replace(corpus, utterances=(replace(first, audio=None), *others))
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    assert audio_of(written, config, tmp_path)["a"].shape == (0, 5)


def test_places_that_cannot_be(corpus, sounds, tmp_path):
    def asked(place):
        return refusal(lambda: read_given(corpus.utterances, str(place), FRAMES, tmp_path))

    assert "no such place" in asked(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    text = asked(tmp_path / "empty")
    assert "no usable array of 3 utterances" in text and "a.npy" in text
    np.save(sounds / "a.npy", frames_of(40, width=7))
    assert "5 numbers per row" in asked(sounds) and "7 numbers per row" in asked(sounds)
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")
    assert "not readable" in asked(tmp_path / "broken.npz")


def test_the_array_of_an_id_goes_before_that_of_a_clip(corpus, sounds):
    np.save(sounds / "clip0.npy", frames_of(2))
    assert array_of(sounds, corpus.utterances[0]).name == "a.npy"
    assert not is_place("") and not is_place("glove-wiki-gigaword-50") and is_place(str(sounds))


@pytest.mark.parametrize(
    ("frames", "hop_s"), [("wavlm", None), (None, 0.02), ("wavlm", 0.0), ("wavlm", 20.0)]
)
def test_frames_and_hop_belong_together(frames, hop_s):
    assert "--hop" in refusal(lambda: feature_settings(frames=frames, hop_s=hop_s))


def test_settings_that_follow_from_the_hop():
    assert feature_settings() == FeatureConfig()
    assert feature_settings(vectors="v.txt") == FeatureConfig(vectors="v.txt")
    wavlm = feature_settings(frames="wavlm", hop_s=0.02)
    assert (wavlm.max_frames, wavlm.window_s) == (500, 0.025)
    seconds = feature_settings(frames="functionals", hop_s=1.0)
    assert (seconds.max_frames, seconds.window_s) == (10, 0.5)
    assert wavlm.without_places().frames == "given" != wavlm.frames


@pytest.fixture
def words(tmp_path):
    """A folder of word arrays: four tokens of "so it is.", two pieces of "pain"."""
    folder = tmp_path / "bert"
    folder.mkdir()
    np.save(folder / "a.npy", frames_of(4, width=3))
    np.save(folder / "b_2.npy", frames_of(2, width=3))
    (folder / "b_2.txt").write_text("pa\n##in\n", encoding="utf-8")
    return folder


def test_words_made_elsewhere(corpus, sounds, words, tmp_path):
    config = feature_settings(vectors=str(words), frames=str(sounds), hop_s=0.02)
    features, bad = extract(corpus, config, cache=tmp_path / "cache")
    found = {one.id: one for one in features}
    assert not bad and found["a"].tokens == ("so", "it", "is", ".")
    np.testing.assert_array_equal(found["a"].text, frames_of(4, width=3))
    assert found["b/2"].tokens == ("pa", "##in") and found["b/2"].text.shape == (2, 3)
    assert found["c"].tokens == ("<empty>",) and not found["c"].text.any()
    assert corpus_coverage(corpus, str(words), tmp_path)["all"].share == 1


def test_word_arrays_must_have_a_row_per_token(corpus, sounds, words, tmp_path):
    (words / "b_2.txt").unlink()
    config = feature_settings(vectors=str(words), frames=str(sounds), hop_s=0.02)
    text = refusal(lambda: extract(corpus, config, cache=tmp_path / "cache"))
    assert "2 rows for 1 tokens" in text and "one per line" in text
    (words / "b_2.txt").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refusal(lambda: extract(corpus, config, cache=tmp_path / "cache"))


def test_words_are_placed_over_the_whole_sound(corpus, sounds, tmp_path):
    """Nobody knows where frames made elsewhere are silent: every letter gets an equal share."""
    config = feature_settings(frames=str(sounds), hop_s=0.02)
    timed = replace(config, align="proportional")
    features, _ = extract(corpus, timed, cache=tmp_path / "cache")
    spans = {one.id: one.spans for one in features}
    np.testing.assert_allclose(spans["b/2"], [[0, 10.0]], atol=1e-5)
    so, it, _, stop = spans["a"]
    np.testing.assert_allclose([so[1] - so[0], it[1] - it[0]], [0.8 / 3] * 2, atol=0.02)
    assert stop[0] == stop[1]
