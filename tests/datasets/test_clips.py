"""What each audio file holds, at its own rate, or what is wrong with it by name."""

import av
import numpy as np
import pytest
import soundfile

from mcsan_lite.corpus import Utterance
from mcsan_lite.datasets.clips import Clip, durations, open_clip, open_clips
from mcsan_lite.parallel import jobs as parallel


def sound(path, seconds=0.05, rate=8_000, channels=1, seed=0):
    soundfile.write(
        path, np.random.default_rng(seed).normal(0, 0.1, (round(seconds * rate), channels)), rate
    )
    return path


def film(path, layout="stereo", seconds=0.5, rate=48_000):
    """An mp4 with sound of this layout; None: with a picture alone."""
    with av.open(str(path), "w", format="mp4") as file:
        if layout:
            track = file.add_stream("aac", rate=rate, layout=layout)
            noise = (
                np.random.default_rng(0)
                .normal(0, 0.1, (track.channels, round(seconds * rate)))
                .astype(np.float32)
            )
            frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout=layout)
            frame.rate = rate
        else:
            track = file.add_stream("mpeg4", rate=25, width=32, height=32, pix_fmt="yuv420p")
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    "make, seconds, rate, channels",
    [
        (lambda folder: sound(folder / "a.wav", 0.2), 0.2, 8_000, 1),
        (lambda folder: sound(folder / "a.flac", 0.1, 44_100, 2), 0.1, 44_100, 2),
        (lambda folder: sound(folder / "a.wav", 0.3, 11_025, 3), 0.3, 11_025, 3),
        (lambda folder: film(folder / "a.mp4"), 0.5, 48_000, 2),
        (lambda folder: film(folder / "a.mp4", "mono"), 0.5, 48_000, 1),
    ],
)
def test_every_format_at_its_own_rate(tmp_path, monkeypatch, make, seconds, rate, channels):
    from mcsan_lite.features.sound.loaded import librosa

    monkeypatch.setattr(librosa, "resample", lambda *a, **k: pytest.fail("resampled"))
    found = open_clip(make(tmp_path))
    assert (found.problem, found.rate, found.channels) == ("", rate, channels)
    assert found.seconds == pytest.approx(
        seconds, abs=0.05 if rate == 48_000 else 1e-3
    )  # AAC adds a little silence


def test_the_digest_is_of_the_content(tmp_path):
    a, b, c = (
        open_clip(sound(tmp_path / f"{i}.wav", seed=seed)).digest
        for i, seed in enumerate((1, 1, 2))
    )
    assert a == b != c and len(a) == 32


@pytest.mark.parametrize(
    "damage, why",
    [
        (lambda path: path.write_bytes(b"not a sound"), "cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), "fewer than its header promises"),
        (lambda path: sound(path).write_bytes(b""), "an empty file"),
        (lambda path: path.unlink(), "no audio file at"),
        (lambda path: soundfile.write(path, np.zeros(400), 8_000), "of silence"),
        (lambda path: film(path, None), "without sound track"),
        (lambda path: film(path).write_bytes(path.read_bytes()[:300]), "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_the_path(tmp_path, damage, why):
    damage(sound(tmp_path / "a.wav"))
    found = open_clip(tmp_path / "a.wav")
    assert why in found.problem and str(tmp_path / "a.wav") in found.problem
    assert found == Clip(found.problem), "no number of a file that cannot be used"


def test_chunks_and_processes_keep_every_clip_at_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "_CHUNK", 2)
    seconds = (0.05, 0.1, 0.15, 0.2, 0.25)
    turns = [
        Utterance(f"u{i}", sound(tmp_path / f"{i}.wav", s), "", "a") for i, s in enumerate(seconds)
    ]
    turns[3].audio.write_bytes(b"")
    found = open_clips(turns)
    assert list(found) == [u.id for u in turns] and [c.seconds for c in found.values()] == [
        0.05,
        0.1,
        0.15,
        0,
        0.25,
    ]
    assert open_clips(turns, jobs=2) == found


def test_quick_only_looks_whether_a_file_is_there(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"")
    turns = [
        Utterance("u1", tmp_path / "bad.wav", "", "a"),
        Utterance("u2", tmp_path / "none.wav", "", "a"),
        Utterance("u3", tmp_path, "", "a"),
    ]
    found = open_clips(turns, fast=True)
    assert found["u1"] == Clip() and all(str(u.audio) in found[u.id].problem for u in turns[1:])


def test_durations():
    assert durations(Clip(seconds=s) for s in (12.0, 10.0, 0.3, 0.2, 2.5)) == {
        "hours": round(25 / 3600, 4),
        "min_s": 0.2,
        "median_s": 2.5,
        "p95_s": 11.6,
        "max_s": 12.0,
        "over_cut": 1,
        "cut_s": 10.0,
        "lost_share": 0.08,
        "short": 1,
        "short_s": 0.3,
    }
    assert durations([]) is durations([Clip(), Clip("no audio file")]) is None
