"""Recordings as programs write them: streamed headers, missing padding, every container, pointers,
and headers that cannot be true."""

import os

import av
import numpy as np
import pytest
import soundfile
from refusals import refusal
from sounds import RATE, tone

from mcsan_lite.features import audio
from mcsan_lite.features.audio import load_audio

DATA_SIZE = slice(40, 44)
RATE_FIELD = slice(24, 28)


def patched(wav, **fields):
    data = bytearray(wav.read_bytes())
    for name, value in fields.items():
        data[{"size": DATA_SIZE, "rate": RATE_FIELD}[name]] = value.to_bytes(4, "little")
    wav.write_bytes(data)
    return wav


@pytest.mark.parametrize(
    "size", [0x7FFFF000, 0x7FFFEFFC, 0x7FFFFFFF, 0x7FFFFFDB, 0x80000000, 0xFFFFFFFF, 0xFFFFFFDB, 0]
)
def test_a_streamed_wav_is_read_to_its_end(wav, size):
    """sox, arecord, GStreamer and ffmpeg cannot seek back to write the size."""
    np.testing.assert_allclose(load_audio(patched(wav, size=size)), tone(), atol=1e-4)


@pytest.mark.parametrize("size", [0x7FFF0000, 0x10000000])
def test_a_size_that_is_no_placeholder_counts(wav, size):
    assert "fewer than its header promises" in refusal(lambda: load_audio(patched(wav, size=size)))


@pytest.mark.parametrize("padding", [b"", b"\0", b"x"])
def test_a_chunk_of_odd_size(wav, padding):
    data = wav.read_bytes()
    wav.write_bytes(data[:36] + b"LIST\x05\0\0\0INFOz" + padding + data[36:])
    np.testing.assert_allclose(load_audio(wav), tone(), atol=1e-4)
    wav.write_bytes(wav.read_bytes()[:-2])
    assert "fewer than its header promises" in refusal(lambda: load_audio(wav))


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "MS_ADPCM", "ULAW"])
def test_telephone_codecs_in_wav(tmp_path, subtype):
    """libsndfile reads GSM and G.721 only in pieces."""
    soundfile.write(tmp_path / "call.wav", tone(2.0, 8_000), 8_000, subtype=subtype)
    found = load_audio(tmp_path / "call.wav", 8_000)
    assert 16_000 <= len(found) < 16_500
    assert np.corrcoef(found[:16_000], tone(2.0, 8_000))[0, 1] > 0.95


def write_sound(path, container, codec, seconds=1.5, **options):
    with av.open(str(path), "w", format=container, options=options) as file:
        track = file.add_stream(codec, rate=44_100, layout="mono")
        samples = np.ascontiguousarray(tone(seconds, 44_100)[None])
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.rate = 44_100
        as_needed = av.AudioResampler(track.format.name, "mono", 44_100, track.frame_size or None)
        for piece in [*as_needed.resample(frame), *as_needed.resample(None)]:
            file.mux(track.encode(piece))
        file.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    "container, codec",
    [
        ("avi", "pcm_s16le"),
        ("flv", "aac"),
        ("adts", "aac"),
        ("mpegts", "aac"),
        ("ipod", "aac"),
        ("mov", "aac"),
        ("matroska", "aac"),
        ("mp3", "libmp3lame"),
        ("asf", "libmp3lame"),
    ],
)
def test_containers(tmp_path, container, codec):
    """Known by what is in the file, whatever its name is."""
    path = write_sound(tmp_path / "clip.bin", container, codec)
    found = load_audio(path)
    assert abs(len(found) / RATE - 1.5) < 0.15
    assert np.abs(found).max() > 0.2


def test_an_mp3_without_a_length_of_its_own(tmp_path):
    path = write_sound(tmp_path / "a.mp3", "mp3", "libmp3lame", 12.0, write_xing="0")
    assert abs(len(load_audio(path)) / RATE - 12) < 0.15
    assert len(load_audio(path, max_s=3.0)) == 3 * RATE


@pytest.mark.parametrize("rate", [0, 1, 44, 3_999, 1_000_000, 0xFFFFFFFF])
def test_a_rate_that_cannot_be(wav, rate):
    text = refusal(lambda: load_audio(patched(wav, rate=rate)))
    assert "samples a second" in text or "cannot be read" in text
    if rate == 1:
        assert "a header that says 1 samples a second" in text


@pytest.mark.parametrize(
    "head, what",
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n", "git-lfs pointer"),
        (b"/annex/objects/SHA256E-s1--1.wav\n", "git-annex pointer"),
    ],
)
def test_a_pointer_in_the_clips_place(wav, head, what):
    wav.write_bytes(head)
    text = refusal(lambda: load_audio(wav))
    assert what in text and "git lfs pull" in text


def test_a_playlist_opens_no_other_file(tmp_path, wav):
    playlist = tmp_path / "list.wav"
    playlist.write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{wav}\n", encoding="utf-8")
    assert "cannot be read" in refusal(lambda: load_audio(playlist))
    playlist.write_text(f"ffconcat version 1.0\nfile {wav.name}\n", encoding="utf-8")
    assert "cannot be read" in refusal(lambda: load_audio(playlist))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.timeout(20)
def test_a_pipe_is_no_clip(tmp_path):
    """Opening one would wait for ever."""
    os.mkfifo(tmp_path / "pipe.wav")
    assert "not a file" in refusal(lambda: load_audio(tmp_path / "pipe.wav"))
    assert "not a file" in refusal(lambda: audio.content_digest(tmp_path / "pipe.wav"))


@pytest.mark.parametrize("kind", [ValueError, OverflowError, KeyError, RuntimeError, MemoryError])
def test_whatever_a_library_raises_is_the_files_refusal(wav, monkeypatch, kind):
    def broken(*args, **kwargs):
        raise kind("of a new version")

    monkeypatch.setattr(soundfile, "SoundFile", broken)
    monkeypatch.setattr(av, "open", broken)
    text = refusal(lambda: load_audio(wav))
    assert str(wav) in text and "of a new version" in text
