"""No more of a recording is read than is used, and what is used has the bits of the whole."""

import tracemalloc

import numpy as np
import pytest
import soundfile
from refusals import refusal
from sounds import RATE, tone

from mcsan_lite.features.audio import load_audio, survey
from mcsan_lite.features.sound import opening
from mcsan_lite.features.sound.level import (
    CHANNELS_CANCEL,
    CONSTANT_BELOW,
    SAMPLES_ABOVE_1,
)


def noise(seconds, rate, channels=1, seed=0):
    generator = np.random.default_rng(seed)
    return np.clip(0.2 * generator.standard_normal((round(seconds * rate), channels)), -1, 1)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("rate, channels", [(8_000, 1), (16_000, 2), (44_100, 1), (48_000, 2)])
def test_the_first_seconds_are_those_of_the_whole(tmp_path, form, rate, channels):
    path = tmp_path / f"a.{form.lower()}"
    soundfile.write(path, noise(14.3, rate, channels), rate, format=form)
    whole = load_audio(path)
    for max_s in (0.013, 3.217, 10.0, 14.2, 99.0):
        found = load_audio(path, max_s=max_s)
        np.testing.assert_array_equal(found, whole[: round(max_s * RATE)])


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_blocks_change_no_bit(tmp_path, monkeypatch, channels):
    soundfile.write(tmp_path / "a.wav", noise(0.9, RATE, channels), RATE, subtype="FLOAT")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    monkeypatch.setattr(opening, "_BLOCK_SAMPLES", 1_000)
    np.testing.assert_array_equal(load_audio(tmp_path / "a.wav"), samples.mean(1))


def peak_bytes(call):
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_clip(tmp_path):
    """Two minutes at 48 kHz in stereo are 46 MB as float32."""
    path = tmp_path / "long.flac"
    samples = np.tile(np.stack([tone(1.0, 48_000)] * 2, axis=1), (120, 1))
    soundfile.write(path, samples, 48_000)
    load_audio(path, 48_000, max_s=0.1)
    assert peak_bytes(lambda: load_audio(path, 48_000, max_s=1.0)) < 6e6
    assert peak_bytes(lambda: survey(path)) < 6e6
    assert survey(path).seconds == 120.0


def test_a_flac_cut_off_after_what_is_used(tmp_path):
    soundfile.write(tmp_path / "a.flac", noise(30.0, RATE), RATE)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(data[: len(data) * 9 // 10])
    refusal(lambda: load_audio(tmp_path / "a.flac", max_s=10.0))
    refusal(lambda: survey(tmp_path / "a.flac"))


def test_a_silent_beginning_is_no_silent_clip(tmp_path):
    samples = np.concatenate([np.zeros(20 * RATE), tone(1.0)])
    soundfile.write(tmp_path / "late.wav", samples, RATE)
    assert len(load_audio(tmp_path / "late.wav", max_s=10.0)) == 10 * RATE
    assert survey(tmp_path / "late.wav").level.first / RATE == pytest.approx(20, abs=0.01)


def write(path, samples):
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def test_what_is_no_sound_is_named(tmp_path):
    path = tmp_path / "a.wav"
    loud = tone()
    for samples, said in (
        (np.zeros(800), "0.05 s of silence"),
        (np.full(800, 0.25), "a constant level of 0.25 and no sound"),
        (np.full(800, -0.25), "a constant level of -0.25 and no sound"),
        (np.stack([loud, -loud], 1), "channels that cancel each other"),
    ):
        assert said in refusal(lambda samples=samples: load_audio(write(path, samples)))


def test_what_is_odd_is_remarked(tmp_path):
    path = tmp_path / "a.wav"
    loud = tone()
    one_of_six = np.zeros((len(loud), 6))
    one_of_six[:, 2] = loud
    for samples, remarks in (
        (loud, ()),
        (loud * 3, ()),
        (one_of_six, ()),
        (np.stack([loud, 0 * loud], 1), ()),
        (loud * 32768, (SAMPLES_ABOVE_1,)),
        (np.stack([loud, -0.98 * loud], 1), (CHANNELS_CANCEL,)),
        (0.1 * loud + 0.25, (CONSTANT_BELOW,)),
    ):
        assert survey(write(path, samples)).level.remarks() == remarks
