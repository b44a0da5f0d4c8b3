"""Recordings of every kind as mono samples: the right ones, and refusals that tell bad files
apart."""

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from sounds import RATE, tone

from mcsan_lite.errors import DataError
from mcsan_lite.features.audio import load_audio
from mcsan_lite.features.sound.loaded import librosa


def film(path, signals, rate=48_000, layout="stereo", picture=True):
    """An mp4 as MELD's: AAC sound, one row of `signals` a channel, beside a small picture."""
    with av.open(str(path), "w", format="mp4") as file:
        shown = (
            file.add_stream("mpeg4", rate=25, width=32, height=32, pix_fmt="yuv420p")
            if picture
            else None
        )
        heard = file.add_stream("aac", rate=rate, layout=layout) if signals is not None else None
        for i in range(5 if picture else 0):
            image = av.VideoFrame.from_ndarray(
                np.full((32, 32, 3), 20 * i, np.uint8), format="rgb24"
            )
            image.pts = i
            file.mux(shown.encode(image))
        if heard:
            sound = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(signals, np.float32), format="fltp", layout=layout
            )
            sound.rate = rate
            file.mux(heard.encode(sound))
            file.mux(heard.encode(None))
        if picture:
            file.mux(shown.encode(None))
    return path


def similarity(a, b):
    """Correlation at the best shift of up to 3,000 samples: encoders add a little silence at the
    start."""
    n = min(len(a), len(b)) - 3_000
    return max(np.corrcoef(a[shift : shift + n], b[:n])[0, 1] for shift in range(0, 3_000, 5))


@pytest.mark.parametrize("layout, channels", [("mono", 1), ("stereo", 2), ("5.1", 6)])
def test_the_sound_track_of_an_mp4(tmp_path, layout, channels):
    signals = np.stack([tone(0.9, 48_000, 200 + 40 * i, seed=i) for i in range(channels)])
    found = load_audio(film(tmp_path / "clip.mp4", signals, layout=layout), 48_000)
    assert found.ndim == 1 and found.dtype == np.float32 and abs(len(found) - 43_200) < 2_100
    if channels < 6:  # a six-channel encoder gives the bass channel a band of its own
        assert similarity(found, signals.mean(0)) > 0.98
    assert abs(len(load_audio(tmp_path / "clip.mp4")) - 14_400) < 700


def test_a_film_without_sound(tmp_path):
    assert "without sound track" in refusal(lambda: load_audio(film(tmp_path / "mute.mp4", None)))


@pytest.mark.parametrize(
    "damage, crucial",
    [
        (lambda d: d[: len(d) // 2], "cannot be read"),
        (lambda d: d[:200], "cannot be read"),
        (lambda d: d[:40] + bytes(len(d) - 40), "cannot be read"),
    ],
    ids=["half", "head", "zeros"],
)
def test_a_damaged_film(tmp_path, damage, crucial):
    path = film(tmp_path / "clip.mp4", tone(0.9, 48_000)[None], layout="mono")
    path.write_bytes(damage(path.read_bytes()))
    text = refusal(lambda: load_audio(path))
    assert crucial in text and str(path) in text and "<none>" not in text


def test_a_film_cut_off_behind_its_index(tmp_path):
    """With the index in front ("faststart") the first half decodes: the length promised there
    tells."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as file:
        heard = file.add_stream("aac", rate=16_000, layout="mono")
        sound = av.AudioFrame.from_ndarray(tone(3.0)[None], format="fltp", layout="mono")
        sound.rate = 16_000
        file.mux(heard.encode(sound))
        file.mux(heard.encode(None))
    data = path.read_bytes()
    assert len(load_audio(path)) > 45_000
    path.write_bytes(data[: len(data) * 2 // 3])
    text = refusal(lambda: load_audio(path))
    assert "fewer than its header promises" in text or "cannot be read" in text


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_films_never_crash(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "whole.mp4"
    if not path.exists():
        film(path, tone(0.3, 16_000)[None], 16_000, "mono", picture=False)
    content = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        content = (
            content[:at]
            + data.draw(st.binary(max_size=4))
            + content[at + data.draw(st.integers(0, 4)) :]
        )
    check_some_sound_or_a_refusal(path, content)


def check_some_sound_or_a_refusal(path, content):
    try:
        signal = load_audio(path, data=content)
    except DataError as error:
        assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
    else:
        assert signal.ndim == 1 and len(signal) and np.isfinite(signal).all()


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
        ("empty.wav", b"", "an empty file"),
        ("cut.wav", wav[: len(wav) // 2], "fewer than its header promises"),
        ("one_byte.wav", wav[:-1], "11199 samples, fewer"),
        ("header.wav", wav[:44], "0 samples, fewer"),
        ("half_header.wav", wav[:30], "cannot be read"),
        ("cut.flac", flac[: len(flac) // 2], "cannot be read"),
        ("no_sound.wav", wav[:40] + bytes(4), "0 samples"),
        ("text.wav", b"Dear diary,\n" * 40, "cannot be read"),
        ("silent.wav", None, "0.50 s of silence"),
        ("nan.wav", None, "not a number"),
        ("folder.wav", None, "no audio file"),
        ("missing.wav", None, "no audio file"),
    ):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        text = refusal(lambda name=name: load_audio(tmp_path / name))
        assert crucial in text and str(tmp_path / name) in text and " at 0x" not in text, (
            name,
            text,
        )


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
        content = (
            content[:at]
            + data.draw(st.binary(max_size=4))
            + content[at + data.draw(st.integers(0, 4)) :]
        )
    check_some_sound_or_a_refusal(path, content)
