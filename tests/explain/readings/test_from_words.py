"""Edits of whole words: what is covered is known to the frame, and so is what a flat voice is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from refusals import refusal
from torch import nn

from mcsan_lite.explain.readings.from_words import (
    VOICE_EDITS,
    flatten_voice,
    spoken_frames,
    voice_edit,
    word_occlusion,
)
from mcsan_lite.features.batch import ModelOutput
from mcsan_lite.features.extraction import Features

# Words of 10, 20 and 10 frames after a pause of 5; the last 5 frames are a pause too.
SPANS = np.array([(0.05, 0.15), (0.15, 0.35), (0.35, 0.45)], np.float32)
STRESSED = slice(15, 35)


class Loudest(nn.Module):
    """A model whose logit of class 1 is a formula of the sound (B, T, F); each frame is a step."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, batch, *, need_attention=False):
        value = self.formula(batch.audio * batch.audio_mask[..., None])
        return ModelOutput(torch.stack((torch.zeros_like(value), value), 1))


@pytest.fixture
def one() -> Features:
    """Three words, of which the middle one is louder, slower and finer in structure."""
    audio = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    audio[STRESSED, 0] += 5
    audio[STRESSED, 13:] += 3
    text = np.ones((3, 4), np.float32)
    return Features("one", audio, text, ("aaaaa", "bbbbb", "ccccc"), "x", spans=SPANS)


def test_a_frame_belongs_to_the_word_that_is_said_then(one):
    spoken = spoken_frames(one)
    assert spoken.shape == (3, 50) and spoken.sum(1).tolist() == [10, 20, 10]
    assert np.flatnonzero(spoken[1]).tolist() == list(range(15, 35))
    assert not spoken[:, [0, 4, 45, 49]].any()


def test_no_rounding_moves_a_frame_to_another_word(one):
    """Whole hops in single precision lie a little beside the frames that they name."""
    for first in range(100):
        edges = np.float32([first * 0.01, first * 0.01 + 0.1])
        long = replace(
            one, text=one.text[:1], spans=edges[None], audio=np.zeros((200, 20), np.float32)
        )
        assert np.flatnonzero(spoken_frames(long)[0]).tolist() == list(range(first, first + 10))


@pytest.mark.parametrize("lacks", ["text", "audio", "spans"])
@pytest.mark.parametrize("read", [word_occlusion, voice_edit])
def test_an_utterance_without_word_times_is_refused(read, lacks, one):
    model = Loudest(lambda audio: audio.sum((1, 2)))
    less = replace(one, **{lacks: getattr(one, lacks)[:0]})
    assert "align='gold'" in refusal(lambda: read(model, less))


@pytest.mark.parametrize("filler", ["mean frame", "silence"])
def test_word_occlusion_of_a_sum_is_the_words_part_of_it(filler, one):
    model = Loudest(lambda audio: audio[..., 0].sum(1))
    fill = 0.0 if filler == "mean frame" else one.audio[:, 0].min()
    parts = [(one.audio[a:b, 0] - fill).sum() for a, b in ((5, 15), (15, 35), (35, 45))]
    reading = word_occlusion(model, one, 1, filler=filler)
    assert reading.name == f"word occlusion ({filler})"
    np.testing.assert_allclose(reading.words, parts, atol=1e-4)
    expected = np.zeros(50)
    expected[5:15], expected[15:35], expected[35:45] = parts
    np.testing.assert_allclose(reading.frames, expected, atol=1e-4)


def test_each_edit_evens_out_its_own_property_and_no_other(one):
    loud = flatten_voice(one, 1, ["loudness"]).audio
    others = np.r_[5:15, 35:45]
    assert loud[STRESSED, 0].mean() == pytest.approx(one.audio[others, 0].mean(), abs=1e-5)
    steps = np.diff(loud[STRESSED, 0]) - np.diff(one.audio[STRESSED, 0])
    assert np.abs(steps).max() < 1e-5  # the same curve, elsewhere
    np.testing.assert_array_equal(loud[:, 1:], one.audio[:, 1:])
    fine = flatten_voice(one, 1, ["pitch"]).audio
    np.testing.assert_allclose(fine[STRESSED, 13:], [one.audio[others, 13:].mean(0)] * 20)
    np.testing.assert_array_equal(fine[:, :13], one.audio[:, :13])
    quick = flatten_voice(one, 1, ["rate"])
    assert len(quick.audio) == 40 and spoken_frames(quick).sum(1).tolist() == [10, 10, 10]
    np.testing.assert_allclose(quick.audio[15], one.audio[15])
    np.testing.assert_allclose(quick.audio[24], one.audio[34])
    np.testing.assert_array_equal(quick.audio[25:], one.audio[35:])
    for edited in (loud, fine, quick.audio):
        np.testing.assert_array_equal(edited[:15], one.audio[:15])
        np.testing.assert_array_equal(edited[-15:], one.audio[-15:])


def test_all_edits_are_the_three_one_after_the_other(one):
    step_by_step = one
    for name in VOICE_EDITS:
        step_by_step = flatten_voice(step_by_step, 1, [name])
    np.testing.assert_allclose(flatten_voice(one, 1).audio, step_by_step.audio, atol=1e-6)
    with pytest.raises(ValueError, match="did you mean 'rate'"):
        flatten_voice(one, 1, ["rat"])


def test_nothing_changes_where_there_is_no_other_word(one):
    alone = replace(one, text=one.text[:1], tokens=one.tokens[:1], spans=SPANS[1:2])
    assert flatten_voice(alone, 0) is alone
    silent = replace(one, spans=np.float32([(0.05, 0.15), (0.15, 0.15), (0.35, 0.45)]))
    assert flatten_voice(silent, 1) is silent


def test_the_voice_edit_finds_the_stressed_word_and_asks_nothing_of_the_others(one):
    """A model of the loudest stretch: only the loud word's voice matters to it."""
    model = Loudest(lambda audio: audio[..., 0].clamp(min=3).sum(1))
    reading = voice_edit(model, one, 1)
    assert reading.words.argmax() == 1 and reading.words[1] > 10
    assert np.abs(reading.words[[0, 2]]).max() < reading.words[1] / 2
    assert reading.frames[:5].tolist() == [0.0] * 5
    assert voice_edit(model, one, 0).words.tolist() == [0.0] * 3
