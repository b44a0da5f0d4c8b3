"""Sound to MFCC, transcripts to vectors, and the cache: checked against librosa called by hand and against bad files."""

import shutil
from dataclasses import replace

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal

from mcsan_lite import cache as array_cache
from mcsan_lite import features, words
from mcsan_lite.corpus import Corpus, DataError, Utterance
from mcsan_lite.features import FeatureConfig, extract, load_audio, mfcc

RATE = 16_000


def tone(seconds=0.7, rate=RATE, hertz=220.0, seed=5):
    t = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(t))
    return (0.3 * np.sin(2 * np.pi * hertz * t) + 0.02 * noise).astype(np.float32)


@pytest.fixture
def wav(tmp_path):
    soundfile.write(tmp_path / "good.wav", tone(), RATE)
    return tmp_path / "good.wav"


@pytest.fixture
def corpus(tmp_path):
    """Three turns with clips of different length, one of silence to be, and one without a clip."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for i, seconds in enumerate((0.31, 0.52, 0.83)):
        soundfile.write(folder / f"c{i}.flac", tone(seconds, seed=i), RATE)
    (tmp_path / "v.txt").write_text("hello 0.5 1.5 2.5 3.5 4.5\nkettle 1.0 2.0 3.0 4.0 6.0\n")
    texts = ("Hello kettle hello", "", "Hello!", "kettle")
    return Corpus("tiny", ("x", "y"), tuple(
        Utterance(f"u{i}", folder / f"c{i}.flac" if i < 3 else None, text, "xy"[i % 2]) for i, text in enumerate(texts)))


@pytest.fixture
def config(tmp_path):
    return FeatureConfig(n_mfcc=13, n_mels=29, vectors=str(tmp_path / "v.txt"))


def stored(tmp_path):
    return sorted(p for p in (tmp_path / "cache").rglob("*") if p.is_file())


def test_mfcc_is_librosa_by_hand():
    signal = tone(0.737)
    by_hand = librosa.feature.mfcc(y=signal, sr=16_000, n_mfcc=40, n_fft=400, hop_length=160, n_mels=64)
    found = mfcc(signal)
    assert found.shape == (1 + len(signal) // 160, 40) == (74, 40) and found.dtype == np.float32
    np.testing.assert_array_equal(found, by_hand.T.astype(np.float32))


def test_every_setting_reaches_librosa():
    config = FeatureConfig(n_mfcc=17, window_s=0.032, hop_s=0.0125, n_mels=31, sample_rate=8_000)
    signal = tone(0.5, 8_000)
    by_hand = librosa.feature.mfcc(y=signal, sr=8_000, n_mfcc=17, n_fft=256, hop_length=100, n_mels=31)
    np.testing.assert_array_equal(mfcc(signal, config), by_hand.T)


def test_frame_t_is_centred_on_t_hops():
    signal = np.full(RATE // 2, 1e-4, np.float32)
    signal[37 * 160] = 1.0  # a click at 0.37 s
    assert mfcc(signal)[:, 0].argmax() == 37


@pytest.mark.parametrize("seconds, frames", [(9.985, 999), (9.99, 1000), (10.0, 1000), (12.3, 1000)])
def test_at_most_ten_seconds(seconds, frames):
    assert mfcc(tone(seconds)).shape == (frames, 40)
    np.testing.assert_array_equal(mfcc(tone(seconds)), mfcc(tone(seconds)[:160_000]))


@pytest.mark.parametrize("samples", [1, 159, 399])
def test_shorter_than_a_window_is_padded(samples):
    signal = tone()[:samples]
    padded = np.pad(signal, (0, 400 - samples))
    assert mfcc(signal).shape == (3, 40) and np.isfinite(mfcc(signal)).all()
    np.testing.assert_array_equal(mfcc(signal), mfcc(padded))


@pytest.mark.parametrize("change", [{"unknown": "median"}, {"n_mfcc": 65}, {"n_mfcc": 0}])
def test_settings_that_cannot_be(change):
    with pytest.raises(ValueError, match=r"Given: .*Expected: .*Do: "):
        FeatureConfig(**change)


def test_stereo_48_khz_is_its_mono_mix_resampled(tmp_path):
    left, right = tone(0.41, 48_000, 300, seed=1), tone(0.41, 48_000, 500, seed=2)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], 1), 48_000, subtype="FLOAT")
    expected = librosa.resample((left + right) / 2, orig_sr=48_000, target_sr=RATE)
    found = load_audio(tmp_path / "stereo.wav")
    assert found.shape == (6_560,) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_flac_is_wav(tmp_path, wav):
    samples, _ = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "same.flac", samples, RATE)
    np.testing.assert_array_equal(load_audio(tmp_path / "same.flac"), load_audio(wav))
    np.testing.assert_array_equal(load_audio(wav), samples / np.float32(32768))


def test_a_stream_without_length_is_whole(wav):
    data = bytearray(wav.read_bytes())
    data[4:8] = data[40:44] = b"\xff" * 4  # what a program writes that cannot seek back
    wav.write_bytes(data)
    np.testing.assert_allclose(load_audio(wav), tone(), atol=1e-4)


def test_bad_files_are_told_apart(tmp_path):
    soundfile.write(tmp_path / "whole.flac", tone(), RATE)
    soundfile.write(tmp_path / "whole.wav", tone(), RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(8_000), RATE)
    soundfile.write(tmp_path / "nan.wav", np.full(800, np.nan), RATE, subtype="FLOAT")
    (tmp_path / "folder.wav").mkdir()
    wav, flac = (tmp_path / "whole.wav").read_bytes(), (tmp_path / "whole.flac").read_bytes()
    for name, data, crucial in (
            ("empty.wav", b"", "an empty file"), ("cut.wav", wav[:len(wav) // 2], "fewer than its header promises"),
            ("one_byte.wav", wav[:-1], "11199 samples, fewer"), ("header.wav", wav[:44], "0 samples, fewer"),
            ("half_header.wav", wav[:30], "cannot be read"), ("cut.flac", flac[:len(flac) // 2], "cannot be read"),
            ("no_sound.wav", wav[:40] + bytes(4), "0 samples"), ("text.wav", b"Dear diary,\n" * 40, "cannot be read"),
            ("silent.wav", None, "0.50 s of silence"), ("nan.wav", None, "not a number"),
            ("folder.wav", None, "no audio file"), ("missing.wav", None, "no audio file")):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        text = refusal(lambda name=name: load_audio(tmp_path / name))
        assert crucial in text and str(tmp_path / name) in text and " at 0x" not in text, (name, text)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_files_never_crash(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    path = folder / data.draw(st.sampled_from(["a.wav", "a.flac"]))
    soundfile.write(path, tone(0.1), RATE)
    content = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):  # headers matter most
        at = data.draw(st.integers(0, 60) | st.integers(0, len(content)))
        content = content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 4)):]
    try:
        signal = load_audio(path, data=content)
    except DataError as error:
        assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
    else:
        assert signal.ndim == 1 and len(signal) and np.isfinite(signal).all()


def test_extract(tmp_path, corpus, config):
    found, bad = extract(corpus, config, cache=tmp_path / "cache")
    assert bad == [] and [f.id for f in found] == ["u0", "u1", "u2", "u3"]
    assert [f.audio.shape for f in found] == [(32, 13), (53, 13), (84, 13), (0, 13)]
    assert [f.text.shape for f in found] == [(3, 5), (1, 5), (2, 5), (1, 5)]
    assert [f.label for f in found] == ["x", "y", "x", "y"]
    assert found[0].tokens == ("hello", "kettle", "hello") and found[1].tokens == ("<empty>",)
    np.testing.assert_array_equal(found[0].audio, mfcc(load_audio(corpus.utterances[0].audio), config))
    np.testing.assert_array_equal(found[0].text[1], [1, 2, 3, 4, 6])
    assert all(a.dtype == np.float32 for f in found for a in (f.audio, f.text))


def test_second_call_computes_nothing_and_gives_the_same(tmp_path, corpus, config, monkeypatch):
    first, _ = extract(corpus, config, cache=tmp_path / "cache")
    for module, name in ((features, "mfcc"), (features, "load_audio"), (words, "load_vectors")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("computed again"))
    again, _ = extract(corpus, config, cache=tmp_path / "cache")
    for a, b in zip(first, again, strict=True):
        assert a.tokens == b.tokens
        np.testing.assert_array_equal(a.audio, b.audio)
        np.testing.assert_array_equal(a.text, b.text)


@pytest.mark.parametrize("change", [{"n_mfcc": 11}, {"n_mels": 31}, {"window_s": 0.03}, {"hop_s": 0.02}, {"max_frames": 20},
                                    {"sample_rate": 8_000}])
def test_changed_settings_compute_again(tmp_path, corpus, config, change):
    before, _ = extract(corpus, config, cache=tmp_path / "cache")
    after, _ = extract(corpus, replace(config, **change), cache=tmp_path / "cache")
    a, b = before[0].audio, after[0].audio
    assert a.shape != b.shape or not np.allclose(a, b)


def test_changed_clip_computes_again_and_a_moved_one_does_not(tmp_path, corpus, config, monkeypatch):
    before, _ = extract(corpus, config, cache=tmp_path / "cache")
    soundfile.write(corpus.utterances[1].audio, tone(0.61), RATE)
    after, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert len(before[1].audio) == 53 and len(after[1].audio) == 62
    moved = shutil.move(tmp_path / "clips", tmp_path / "elsewhere")
    monkeypatch.setattr(features, "mfcc", lambda *_: pytest.fail("computed again"))
    us = tuple(replace(u, audio=u.audio and moved / u.audio.name) for u in corpus.utterances)
    assert len(extract(replace(corpus, utterances=us), config, cache=tmp_path / "cache")[0]) == 4


def test_a_corrupt_clip_is_reported_by_id_and_the_others_go_on(tmp_path, corpus, config):
    path = corpus.utterances[1].audio
    path.write_bytes(path.read_bytes()[:700])
    corpus.utterances[2].audio.unlink()
    found, bad = extract(corpus, config, cache=tmp_path / "cache", on_error="skip")
    assert [f.id for f in found] == ["u0", "u3"] and [b.id for b in bad] == ["u1", "u2"]
    assert str(path) in bad[0].reason and "cannot be read" in bad[0].reason and "no audio file" in bad[1].reason
    text = refusal(lambda: extract(corpus, config, cache=tmp_path / "cache"))
    assert "2 of 3 clips of tiny unusable" in text and "\n  u1: " in text and "\n  u2: " in text and "--skip-bad" in text


def test_many_clips_go_out_in_chunks_and_come_back_in_order(tmp_path, corpus, config, monkeypatch):
    many = replace(corpus, utterances=tuple(replace(corpus.utterances[i % 3], id=f"v{i:03d}") for i in range(130)))
    seen = []
    monkeypatch.setattr(features, "fan_out", lambda fn, items, **_: seen.append(len(items)) or [fn(*i) for i in items])
    found, _ = extract(many, config, cache=tmp_path / "cache", jobs=3)
    assert seen == [3] and [len(f.audio) for f in found[:4]] == [32, 53, 84, 32] and len(found) == 130


def test_no_half_written_file_stays(tmp_path, monkeypatch):
    def half(file, array, **_):
        file.write(b"\x93NUMPY half")
        raise OSError("no space left on device")

    monkeypatch.setattr(array_cache.np, "save", half)
    with pytest.raises(OSError, match="no space left"):
        array_cache.get_or_make(tmp_path / "cache", "ab12", lambda: np.arange(7))
    assert stored(tmp_path) == []


@pytest.mark.parametrize("damage", [lambda d: d[:-5], lambda d: d[:40], lambda d: b"", lambda d: b"PK\3\4" + d,
                                    lambda d: d[::-1]], ids=["cut", "header cut", "empty", "zip", "garbage"])
def test_damaged_cache_files_are_made_again(tmp_path, corpus, config, damage):
    first, _ = extract(corpus, config, cache=tmp_path / "cache")
    files = stored(tmp_path)
    whole = [p.read_bytes() for p in files]
    assert len(files) == 4  # three clips and one table of vectors
    for path in files:
        path.write_bytes(damage(path.read_bytes()))
    again, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert stored(tmp_path) == files and [p.read_bytes() for p in files] == whole
    np.testing.assert_array_equal(first[2].audio, again[2].audio)
