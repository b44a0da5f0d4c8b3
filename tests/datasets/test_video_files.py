"""Whose film is it?

Found by id in folders and archives, RAVDESS's and MELD's own names, and what cannot be read.
"""

from dataclasses import replace

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import video_files
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.ravdess import clip_names, read_ravdess
from mcsan_lite.datasets.video_files import watchable, with_video
from mcsan_lite.experiments import corpora
from mcsan_lite.features import video
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.features.video import ACTION_UNITS, read_video, write_arrays


def corpus(*ids, kind=""):
    utterances = tuple(Utterance(i, None, "so it is", "x") for i in ids)
    return Corpus("c", ("x",), utterances, kind=kind)


def video_of(found):
    return {u.id: u.video for u in found.utterances}


def openface(path, frames=3, value=1.0, units=ACTION_UNITS):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [", ".join(["frame", "confidence", "success", *units])]
    path.write_text(
        "\n".join(
            [
                *lines,
                *(", ".join(map(str, [i, 0.9, 1, *[value] * len(units)])) for i in range(frames)),
            ]
        )
    )
    return path


def array(path, value=1.0, shape=(3, 2)):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.full(shape, value))
    return path


def test_csv_and_npy_by_id_in_any_folder(tmp_path):
    a, b = openface(tmp_path / "a.csv"), array(tmp_path / "deep" / "er" / "b.npy")
    (tmp_path / "b.avi").touch()
    (tmp_path / "deep" / "._a.csv").touch()
    found = with_video(corpus("a", "b", "c"), tmp_path)
    assert video_of(found) == {"a": a, "b": b, "c": None}
    assert [(s.id, s.kind) for s in found.skipped] == [("c", "no video file")]
    assert read_video(video_of(found)["a"]).shape == (3, 17)


def test_members_of_an_archive(tmp_path):
    write_arrays(tmp_path / "faces.npz", {"a.1": np.ones((3, 2)), "other": np.ones((1, 2))})
    found = with_video(corpus("a.1", "b"), tmp_path / "faces.npz")
    assert read_video(video_of(found)["a.1"]).shape == (3, 2) and video_of(found)["b"] is None
    assert list(found.skipped_kinds().index) == ["no video file", "a video file of no utterance"]


def test_an_id_that_no_file_can_be_called(tmp_path):
    film = array(tmp_path / "talk_1_ a_.npy")
    assert video_of(with_video(corpus("talk/1: a?"), tmp_path)) == {"talk/1: a?": film}
    assert "a film of both 'talk/1: a?' and 'talk|1_ a*'" in refusal(
        lambda: with_video(corpus("talk/1: a?", "talk|1_ a*"), tmp_path)
    )


def test_ravdess_takes_the_picture_of_the_same_take(tmp_path):
    for name in clip_names("03"):
        (tmp_path / f"{name}.wav").touch()
        array(tmp_path / "faces" / "Actor_03" / f"01{name[2:]}.npy")
        array(tmp_path / "faces" / "silent" / f"02{name[2:]}.npy")
    array(tmp_path / "faces" / "01-02-01-01-01-01-03.npy")  # sung
    found = with_video(read_ravdess(tmp_path), tmp_path / "faces")
    assert all(u.video.name == f"01{u.id[2:]}.npy" for u in found.utterances)
    assert len(found.skipped) == 61
    assert (
        video_of(with_video(corpus("03-01", "x"), array(tmp_path / "own" / "x.npy").parent))[
            "03-01"
        ]
        is None
    )


def test_ravdess_names_are_of_ravdess_alone(tmp_path):
    array(tmp_path / "01-a.npy")
    refusal(lambda: with_video(corpus("03-a"), tmp_path))
    assert video_of(with_video(corpus("03-a", kind="ravdess"), tmp_path))["03-a"].name == "01-a.npy"


def test_meld_counts_anew_in_each_part(tmp_path):
    paths = {
        f"{part}_dia0_utt0": array(tmp_path / folder / "dia0_utt0.npy")
        for part, folder in (("train", "train"), ("valid", "dev"), ("test", "test"))
    }
    paths["train_dia1_utt0"] = array(tmp_path / "train_dia1_utt0.npy")
    assert video_of(with_video(corpus(*paths, kind="meld"), tmp_path)) == paths


def test_a_generated_iemocap_takes_video_through_the_one_way_to_open(tmp_path):
    root = write_iemocap(tmp_path / "tree", turns=30, voice=False)
    plain = corpora.open_corpus("iemocap", root=root, strict=False)
    first = plain.utterances[0].id
    film = openface(tmp_path / "faces" / first[:5] / f"{first}.csv")
    seen = with_video(plain, tmp_path / "faces")
    assert seen.name == plain.name and video_of(seen)[first] == film
    assert (
        seen.skipped_kinds()["no video file"] == len(plain) - 1
        and seen.fingerprint() != plain.fingerprint()
    )


def test_nothing_found_names_an_example_and_what_was_there(tmp_path):
    text = refusal(lambda: with_video(corpus("train_dia0_utt0", kind="meld"), tmp_path))
    assert (
        f"{tmp_path} with 0 possible films" in text
        and "train_dia0_utt0.csv or train/dia0_utt0.csv" in text
    )
    for name in ("p", "q", "r", "s"):
        array(tmp_path / "sub" / f"{name}.npy")
    text = refusal(lambda: with_video(corpus("a", "b"), tmp_path))
    assert (
        "4 possible films (sub/p.npy, sub/q.npy, sub/r.npy, …)" in text
        and "a.csv" in text
        and "the 2 utterances" in text
    )
    write_arrays(tmp_path / "faces.npz", {"x": np.ones((1, 2))})
    text = refusal(lambda: with_video(corpus("a"), tmp_path / "faces.npz"))
    assert "a.npy" in text and "(x.npy)" in text


@pytest.mark.parametrize("name", ["nowhere", "nowhere.npz", "torn.npz", "clip.csv"])
def test_no_place_to_look_in(tmp_path, name):
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04")
    openface(tmp_path / "clip.csv")
    text = refusal(lambda: with_video(corpus("clip"), tmp_path / name))
    assert (
        f"--video {tmp_path / name}" in text
        and ("not readable" if "torn" in name else "no such folder") in text
    )


def test_two_films_of_one_and_a_corpus_that_has_its_own(tmp_path):
    array(tmp_path / "one" / "a.npy")
    openface(tmp_path / "a.csv")
    text = refusal(lambda: with_video(corpus("a"), tmp_path))
    assert "'a' with 2 films" in text and "one/a.npy" in text and "a.csv" in text
    own = replace(
        corpus("a", "b"),
        utterances=(
            Utterance("a", None, "so", "x", video=tmp_path / "a.csv"),
            Utterance("b", None, "so", "x"),
        ),
    )
    assert "video of its own for 1 of 2 utterances, such as a" in refusal(
        lambda: with_video(own, tmp_path)
    )


@pytest.fixture
def half_broken(tmp_path):
    """Six utterances: four films, one of them without action units, one torn; one without a film,
    one missing.
    """
    places = [
        array(tmp_path / "v" / "u0.npy", 1, (4, 17)),
        openface(tmp_path / "v" / "u1.csv", 5, 2),
        openface(tmp_path / "v" / "u2.csv", units=ACTION_UNITS[:3]),
        tmp_path / "v" / "u3.npy",
        None,
        tmp_path / "v" / "u5.npy",
    ]
    places[3].write_bytes(b"\x93NUMPY")
    return Corpus(
        "c",
        ("x",),
        tuple(Utterance(f"u{i}", None, "so", "x", video=p) for i, p in enumerate(places)),
    )


def test_an_unreadable_film_stops_unless_it_is_dropped(half_broken, tmp_path):
    assert "u2.csv" in refusal(
        lambda: extract(half_broken, FeatureConfig(video=True), cache=tmp_path)
    )
    found = watchable(half_broken, cache=tmp_path / "cache")
    assert [u.id for u in found.utterances if u.video] == ["u0", "u1"] and len(found) == 6
    assert {s.id: s.kind for s in found.skipped} == dict.fromkeys(
        ("u2", "u3", "u5"), "unusable video"
    )
    reasons = [s.reason for s in found.skipped]
    assert "AU45_r" in reasons[0] and "u3.npy" in reasons[1] and "missing" in reasons[2]
    made, _ = extract(found, FeatureConfig(video=True), cache=tmp_path / "cache")
    assert [f.video.shape for f in made] == [(4, 17), (5, 17), *[(0, 17)] * 4] and (
        made[1].video == 2
    ).all()


def test_each_film_is_read_once_and_again_when_it_changed(half_broken, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        video_files, "read_video", lambda path: read.append(path.name) or read_video(path)
    )
    monkeypatch.setattr(video, "read_video", lambda path: pytest.fail(f"{path.name} read twice"))
    for _ in range(2):
        found = watchable(half_broken, cache=tmp_path / "cache")
        extract(found, FeatureConfig(video=True), cache=tmp_path / "cache")
    assert read == ["u0.npy", "u1.csv", "u2.csv", "u3.npy", "u5.npy"]
    array(tmp_path / "v" / "u3.npy", 3, (6, 17))
    found = watchable(half_broken, cache=tmp_path / "cache")
    assert extract(found, FeatureConfig(video=True), cache=tmp_path / "cache")[0][
        3
    ].video.shape == (6, 17)


def test_nothing_to_watch_opens_nothing_and_other_widths_are_not_hidden(tmp_path, monkeypatch):
    plain = corpus("a", "b")
    assert watchable(plain, cache=tmp_path / "cache") is plain and not (tmp_path / "cache").exists()
    array(tmp_path / "v" / "a.npy"), openface(tmp_path / "v" / "b.csv")
    found = watchable(with_video(plain, tmp_path / "v"), cache=tmp_path / "cache", jobs=1)
    text = refusal(lambda: extract(found, FeatureConfig(video=True), cache=tmp_path / "cache"))
    assert "2 numbers a frame (a)" in text and "17 numbers a frame (b)" in text
    broken = Corpus("c", ("x",), (Utterance("a", None, "so", "x", video=tmp_path / "no.npy"),))
    assert watchable(broken, cache=tmp_path / "cache").utterances[0].video is None
