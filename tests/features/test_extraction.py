"""Sound to MFCC, transcripts to vectors, and the cache: checked against librosa called by hand and
against bad files."""

import mmap
import shutil
import tracemalloc
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
import soundfile
from refusals import refusal
from sounds import RATE, tone
from threadpoolctl import threadpool_limits

from mcsan_lite import cache as array_cache
from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features import extraction, words
from mcsan_lite.features.extraction import FeatureConfig, extract, load_audio, mfcc, sound_key
from mcsan_lite.features.sound.loaded import librosa
from mcsan_lite.parallel import jobs as parallel


@pytest.fixture
def corpus(tmp_path):
    """Three turns with clips of different length, one of silence to be, and one without a clip."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for i, seconds in enumerate((0.31, 0.52, 0.83)):
        soundfile.write(folder / f"c{i}.flac", tone(seconds, seed=i), RATE)
    (tmp_path / "v.txt").write_text(
        "hello 0.5 1.5 2.5 3.5 4.5\nkettle 1.0 2.0 3.0 4.0 6.0\n", encoding="utf-8"
    )
    texts = ("Hello kettle hello", "", "Hello!", "kettle")
    return Corpus(
        "tiny",
        ("x", "y"),
        tuple(
            Utterance(f"u{i}", folder / f"c{i}.flac" if i < 3 else None, text, "xy"[i % 2])
            for i, text in enumerate(texts)
        ),
    )


@pytest.fixture
def config(tmp_path):
    return FeatureConfig(n_mfcc=13, n_mels=29, vectors=str(tmp_path / "v.txt"))


def stored(tmp_path):
    return sorted(p for p in (tmp_path / "cache").rglob("*") if p.is_file())


def test_mfcc_is_librosa_by_hand():
    signal = tone(0.737)
    by_hand = librosa.feature.mfcc(
        y=signal, sr=16_000, n_mfcc=40, n_fft=400, hop_length=160, n_mels=64
    )
    found = mfcc(signal)
    assert found.shape == (1 + len(signal) // 160, 40) == (74, 40) and found.dtype == np.float32
    np.testing.assert_array_equal(found, by_hand.T.astype(np.float32))


def test_the_callers_threads_change_no_bit():
    signal = tone(9.7)
    with threadpool_limits(1):
        expected = mfcc(signal)
    with threadpool_limits(2):
        np.testing.assert_array_equal(mfcc(signal), expected)


@pytest.mark.parametrize("jobs", [1, 2])
def test_librosa_compiles_before_any_clip_is_read(tmp_path, corpus, config, monkeypatch, jobs):
    """Numba's cache is spoilt by processes that write it at the same time, also of two commands."""
    order = []
    fan_out = extraction.fan_out_chunks

    def workers(*args, **kwargs):
        order.append("workers")
        return fan_out(*args, **kwargs)

    monkeypatch.setattr(extraction, "fan_out_chunks", workers)
    monkeypatch.setattr(extraction, "compile_librosa", lambda: order.append("compiled"))
    extract(corpus, config, cache=tmp_path / "cache", jobs=jobs)
    extract(corpus, config, cache=tmp_path / "cache", jobs=jobs)
    assert order == ["compiled", "workers"]


def test_every_setting_reaches_librosa():
    config = FeatureConfig(n_mfcc=17, window_s=0.032, hop_s=0.0125, n_mels=31, sample_rate=8_000)
    signal = tone(0.5, 8_000)
    by_hand = librosa.feature.mfcc(
        y=signal, sr=8_000, n_mfcc=17, n_fft=256, hop_length=100, n_mels=31
    )
    np.testing.assert_array_equal(mfcc(signal, config), by_hand.T)


def test_frame_t_is_centred_on_t_hops():
    signal = np.full(RATE // 2, 1e-4, np.float32)
    signal[37 * 160] = 1.0  # a click at 0.37 s
    assert mfcc(signal)[:, 0].argmax() == 37


@pytest.mark.parametrize(
    "seconds, frames", [(9.985, 999), (9.99, 1000), (10.0, 1000), (12.3, 1000)]
)
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
    (name,) = change
    assert f"Given: {name}" in refusal(lambda: FeatureConfig(**change))


def test_extract(tmp_path, corpus, config):
    found, bad = extract(corpus, config, cache=tmp_path / "cache")
    assert bad == [] and [f.id for f in found] == ["u0", "u1", "u2", "u3"]
    assert [f.audio.shape for f in found] == [(32, 13), (53, 13), (84, 13), (0, 13)]
    assert [f.text.shape for f in found] == [(3, 5), (1, 5), (2, 5), (1, 5)]
    assert [f.label for f in found] == ["x", "y", "x", "y"]
    assert found[0].tokens == ("hello", "kettle", "hello") and found[1].tokens == ("<empty>",)
    np.testing.assert_array_equal(
        found[0].audio, mfcc(load_audio(corpus.utterances[0].audio), config)
    )
    np.testing.assert_array_equal(found[0].text[1], [1, 2, 3, 4, 6])
    assert all(a.dtype == np.float32 for f in found for a in (f.audio, f.text))


def test_second_call_computes_nothing_and_gives_the_same(tmp_path, corpus, config, monkeypatch):
    first, _ = extract(corpus, config, cache=tmp_path / "cache")
    for module, name in ((extraction, "mfcc"), (extraction, "load_audio"), (words, "load_vectors")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("computed again"))
    again, _ = extract(corpus, config, cache=tmp_path / "cache")
    for a, b in zip(first, again, strict=True):
        assert a.tokens == b.tokens
        np.testing.assert_array_equal(a.audio, b.audio)
        np.testing.assert_array_equal(a.text, b.text)


@pytest.mark.parametrize(
    "change",
    [
        {"n_mfcc": 11},
        {"n_mels": 31},
        {"window_s": 0.03},
        {"hop_s": 0.02},
        {"max_frames": 20},
        {"sample_rate": 8_000},
    ],
)
def test_changed_settings_compute_again(tmp_path, corpus, config, change):
    before, _ = extract(corpus, config, cache=tmp_path / "cache")
    after, _ = extract(corpus, replace(config, **change), cache=tmp_path / "cache")
    a, b = before[0].audio, after[0].audio
    assert a.shape != b.shape or not np.allclose(a, b)


@dataclass(frozen=True)
class WithDeltas(FeatureConfig):
    """A field that the package does not know."""

    deltas: int = 0


def test_a_new_field_is_part_of_the_key_of_cached_frames(tmp_path, corpus, monkeypatch):
    keys = [sound_key(one) for one in (FeatureConfig(), WithDeltas(), WithDeltas(deltas=2))]
    assert len(set(keys)) == 3
    assert sound_key(WithDeltas()) == sound_key(WithDeltas()) != sound_key(WithDeltas(), "more")
    made = []
    monkeypatch.setattr(
        extraction,
        "mfcc",
        lambda signal, config: made.append(config.deltas) or mfcc(signal, config),
    )
    vectors = str(tmp_path / "v.txt")
    for deltas in (0, 1, 0, 1):
        extract(corpus, WithDeltas(vectors=vectors, deltas=deltas), cache=tmp_path / "cache")
    assert made == [0, 0, 0, 1, 1, 1]


def test_every_field_is_part_of_the_key_but_those_that_do_not_concern_the_sound():
    changes = {
        "n_mfcc": 11,
        "n_mels": 41,
        "window_s": 0.03,
        "hop_s": 0.02,
        "max_frames": 20,
        "sample_rate": 8_000,
        "vectors": "v.txt",
        "frames": "wavlm",
        "unknown": "mean",
        "video": True,
        "align": "gold",
    }
    assert set(changes) == {one.name for one in fields(FeatureConfig)}
    same = {
        name
        for name, value in changes.items()
        if sound_key(FeatureConfig(**{name: value})) == sound_key(FeatureConfig())
    }
    assert same == {"vectors", "frames", "unknown", "video", "align"}


def test_second_call_opens_no_clip_and_leaves_the_frames_on_disk(
    tmp_path, corpus, config, monkeypatch
):
    first, _ = extract(corpus, config, cache=tmp_path / "cache")
    monkeypatch.setattr(extraction, "content_digest", lambda *_: pytest.fail("opened"))
    again, _ = extract(corpus, config, cache=tmp_path / "cache")
    np.testing.assert_array_equal(first[1].audio, again[1].audio)
    for found in (first[0], again[0]):
        for array in (found.audio, found.text):
            while isinstance(array.base, np.ndarray):
                array = array.base
            assert isinstance(array.base, mmap.mmap)  # a view into the file


def test_memory_does_not_grow_with_the_corpus(tmp_path, corpus, config, monkeypatch):
    """600 clips of 1,000 frames of 13 numbers are 31 MB; no more than a few clips' arrays are ever
    in memory."""

    def make(i):
        path = tmp_path / "clips" / f"many{i}.raw"
        path.write_bytes(i.to_bytes(2, "big"))
        return replace(corpus.utterances[0], id=f"m{i}", audio=path, text="kettle")

    many = replace(corpus, utterances=tuple(make(i) for i in range(600)))
    monkeypatch.setattr(
        extraction, "load_audio", lambda path, rate, max_s: np.fromfile(path, np.uint8)
    )
    monkeypatch.setattr(
        extraction, "mfcc", lambda signal, config: np.full((1000, 13), int(signal[1]), np.float32)
    )
    extract(
        replace(many, utterances=many.utterances[:2]), config, cache=tmp_path / "cache"
    )  # imports, word vectors

    def peak(cache):
        tracemalloc.start()
        found, bad = extract(many, config, cache=tmp_path / cache)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert not bad and all(
            (f.audio[-1] == i % 256).all() and f.audio.shape == (1000, 13)
            for i, f in enumerate(found)
        )
        return highest

    # Once more where it was too much: a thread that an earlier test has left may have been at work.
    assert peak("cache") < 4e6 or peak("another cache") < 4e6


def test_an_interrupted_extraction_goes_on_where_it_stopped(tmp_path, corpus, config, monkeypatch):
    calls = []

    def stop_at_the_third(signal, settings):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return mfcc(signal, settings)

    monkeypatch.setattr(extraction, "mfcc", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        extract(corpus, config, cache=tmp_path / "cache")
    found, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert len(calls) == 4 and [len(f.audio) for f in found] == [32, 53, 84, 0]


def test_only_the_first_seconds_of_a_clip_where_the_reader_says_so(tmp_path, corpus, config):
    whole, _ = extract(corpus, config, cache=tmp_path / "cache")
    us = tuple(replace(u, max_s=0.3 if u.id == "u2" else None) for u in corpus.utterances)
    cut, _ = extract(replace(corpus, utterances=us), config, cache=tmp_path / "cache")
    assert len(whole[2].audio) == 84 and len(cut[2].audio) == 31
    np.testing.assert_array_equal(cut[2].audio, mfcc(load_audio(us[2].audio)[:4800], config))
    np.testing.assert_array_equal(cut[1].audio, whole[1].audio)


def test_changed_clip_computes_again_and_a_moved_one_does_not(
    tmp_path, corpus, config, monkeypatch
):
    before, _ = extract(corpus, config, cache=tmp_path / "cache")
    soundfile.write(corpus.utterances[1].audio, tone(0.61), RATE)
    after, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert len(before[1].audio) == 53 and len(after[1].audio) == 62
    moved = shutil.move(tmp_path / "clips", tmp_path / "elsewhere")
    monkeypatch.setattr(extraction, "mfcc", lambda *_: pytest.fail("computed again"))
    us = tuple(replace(u, audio=u.audio and moved / u.audio.name) for u in corpus.utterances)
    assert len(extract(replace(corpus, utterances=us), config, cache=tmp_path / "cache")[0]) == 4


def test_a_corrupt_clip_is_reported_by_id_and_the_others_go_on(tmp_path, corpus, config):
    path = corpus.utterances[1].audio
    path.write_bytes(path.read_bytes()[:700])
    corpus.utterances[2].audio.unlink()
    found, bad = extract(corpus, config, cache=tmp_path / "cache", on_error="skip")
    assert [f.id for f in found] == ["u0", "u3"] and [b.id for b in bad] == ["u1", "u2"]
    assert (
        str(path) in bad[0].reason
        and "cannot be read" in bad[0].reason
        and "no audio file" in bad[1].reason
    )
    text = refusal(lambda: extract(corpus, config, cache=tmp_path / "cache"))
    assert (
        "2 of 3 clips of tiny unusable" in text
        and "\n  u1: " in text
        and "\n  u2: " in text
        and "--skip-bad" in text
    )


def test_many_clips_go_out_in_chunks_and_come_back_in_order(tmp_path, corpus, config, monkeypatch):
    many = replace(
        corpus,
        utterances=tuple(replace(corpus.utterances[i % 3], id=f"v{i:03d}") for i in range(130)),
    )
    seen = []
    monkeypatch.setattr(
        parallel,
        "fan_out",
        lambda fn, items, **_: seen.append(len(items)) or [fn(*i) for i in items],
    )
    found, _ = extract(many, config, cache=tmp_path / "cache", jobs=3)
    assert (
        seen == [3] and [len(f.audio) for f in found[:4]] == [32, 53, 84, 32] and len(found) == 130
    )


def test_no_half_written_file_stays(tmp_path, monkeypatch):
    def half(file, array, **_):
        file.write(b"\x93NUMPY half")
        raise OSError("no space left on device")

    monkeypatch.setattr(array_cache.np, "save", half)
    with pytest.raises(OSError, match="no space left"):
        array_cache.get_or_make(tmp_path / "cache", "ab12", lambda: np.arange(7))
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    "damage",
    [lambda d: d[:-5], lambda d: d[:40], lambda d: b"", lambda d: b"PK\3\4" + d, lambda d: d[::-1]],
    ids=["cut", "header cut", "empty", "zip", "garbage"],
)
def test_damaged_cache_files_are_made_again(tmp_path, corpus, config, damage):
    first = extract(corpus, config, cache=tmp_path / "cache")[0][
        2
    ].audio.copy()  # a copy: the file is about to change
    files = stored(tmp_path)
    whole = [p.read_bytes() for p in files]
    assert (
        len(files) == 8
    )  # three clips, a table of vectors; all frames and all words in a row, with a note each
    for path in files:
        path.write_bytes(damage(path.read_bytes()))
    again, _ = extract(corpus, config, cache=tmp_path / "cache")
    assert stored(tmp_path) == files and [p.read_bytes() for p in files] == whole
    np.testing.assert_array_equal(first, again[2].audio)
