"""The third modality: OpenFace's csv as it is written, arrays alone or in an archive, and what is
refused."""

import zipfile

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features.arrays import files
from mcsan_lite.features.arrays.files import source
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.features.video import ACTION_UNITS, read_video, write_arrays

NAMES = [
    "frame",
    "face_id",
    "timestamp",
    "confidence",
    "success",
    "pose_Tx",
    *ACTION_UNITS,
    "AU28_c",
]


@pytest.fixture
def openface(tmp_path):
    """A function: a csv as OpenFace 2 writes it, one line per frame: (confidence, success, value of
    every unit)."""

    def make(frames, names=NAMES, **other):
        lines = [", ".join(names)]
        for i, (confidence, success, value) in enumerate(frames):
            known = {
                "frame": i + 1,
                "face_id": 0,
                "timestamp": i / 25,
                "confidence": confidence,
                "success": success,
                "pose_Tx": -12.5,
                "AU28_c": 1,
            } | {k: v[i] for k, v in other.items()}
            lines.append(", ".join(str(known.get(name, value)) for name in names))
        path = tmp_path / "clip.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


def test_the_seventeen_intensities_in_order(openface):
    path = openface([(0.98, 1, 0.5), (0.98, 1, 1.25)], AU12_r=[3.0, 4.0])
    rows = read_video(path)
    assert rows.shape == (2, 17) and rows.dtype == np.float32 and ACTION_UNITS.index("AU12_r") == 8
    assert rows[:, 8].tolist() == [3, 4] and (np.delete(rows, 8, 1) == [[0.5], [1.25]]).all()


def test_a_lost_face_holds_the_last_good_value_or_zero(openface):
    path = openface(
        [
            (0.1, 1, 9),
            (0.9, 0, 9),
            (0.9, 1, 2),
            (0.03, 0, 0),
            ("nan", 1, 7),
            (0.9, 1, " nan"),
            (0.9, 1, 3),
        ]
    )
    assert read_video(path)[:, 0].tolist() == [0, 0, 2, 2, 2, 2, 3]
    without = [n for n in NAMES if n not in ("success", "confidence", "face_id")]
    assert read_video(openface([(0, 0, 1), (0, 0, 2)], without))[:, 0].tolist() == [1, 2]


def test_arrays_alone_and_in_an_archive(tmp_path):
    rows = np.random.default_rng(0).random((5, 3)).astype(np.float32).round(2)
    np.save(tmp_path / "a.npy", rows.astype(np.float64))
    write_arrays(tmp_path / "all.npz", {"a": rows, "b": rows[:2]})
    inside = tmp_path / "all.npz" / "b.npy"
    assert (
        source(inside) == tmp_path / "all.npz" and source(tmp_path / "a.npy") == tmp_path / "a.npy"
    )
    np.testing.assert_array_equal(read_video(tmp_path / "a.npy"), rows)
    np.testing.assert_allclose(read_video(inside), rows[:2], atol=1e-3)
    assert read_video(inside).dtype == np.float32


def test_what_is_no_video_is_refused(tmp_path, openface):
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "words.npy", np.array([["a"]]))
    np.save(tmp_path / "hole.npy", np.array([[1.0, np.nan]]))
    np.save(tmp_path / "object.npy", np.array([[None]]), allow_pickle=True)
    (tmp_path / "torn.npy").write_bytes(b"\x93NUMPY")
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    write_arrays(tmp_path / "all.npz", {"a": np.zeros((1, 1))})
    for name, part in {
        "flat.npy": "shape (3,)",
        "words.npy": "type <U1",
        "hole.npy": "not finite",
        "object.npy": "readable",
        "torn.npy": "readable",
        "torn.npz/a.npy": "readable",
        "empty.csv": "readable",
        "no.npy": "missing",
        "no.csv": "missing",
        "no.npz/a.npy": "missing",
        "all.npz/b.npy": "missing",
    }.items():
        text = refusal(lambda name=name: read_video(tmp_path / name))
        assert part in text and name.rsplit("/", 1)[-1] in text, text
    assert "AU45_r" in refusal(lambda: read_video(openface([(1, 1, 1)], NAMES[:-2])))
    assert "2 faces" in refusal(
        lambda: read_video(openface([(1, 1, 1), (1, 1, 1)], face_id=[0, 1]))
    )


def corpus(*videos):
    return Corpus(
        "c",
        ("x",),
        tuple(Utterance(f"u{i}", None, "so it is", "x", video=v) for i, v in enumerate(videos)),
    )


def test_features_hold_the_video_on_request_and_follow_a_changed_file(tmp_path):
    for name, n in (("a", 4), ("b", 2)):
        np.save(tmp_path / f"{name}.npy", np.full((n, 3), n))
    one = corpus(tmp_path / "a.npy", None, tmp_path / "b.npy")
    assert [f.video.shape for f in extract(one, cache=tmp_path)[0]] == [(0, 0)] * 3
    found = extract(one, FeatureConfig(video=True), cache=tmp_path)[0]
    assert [f.video.shape for f in found] == [(4, 3), (0, 3), (2, 3)] and (
        found[2].video == 2
    ).all()
    np.save(tmp_path / "b.npy", np.full((5, 3), 7))
    again = extract(one, FeatureConfig(video=True), cache=tmp_path)[0]
    assert (
        again[2].video.shape == (5, 3)
        and (again[2].video == 7).all()
        and (again[0].video == 4).all()
    )
    assert [
        f.video.shape for f in extract(corpus(None), FeatureConfig(video=True), cache=tmp_path)[0]
    ] == [(0, 0)]


def test_videos_of_different_width_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    np.save(tmp_path / "b.npy", np.zeros((4, 5)))
    uneven = corpus(tmp_path / "a.npy", tmp_path / "b.npy")
    text = refusal(lambda: extract(uneven, FeatureConfig(video=True), cache=tmp_path))
    assert "3 numbers a frame (u0)" in text and "5 numbers a frame (u1)" in text


def test_a_comma_at_the_end_of_every_row_moves_no_column(openface):
    path = openface([(0.9, 1, 2.5), (0.9, 1, 0.5)])
    whole = read_video(path)
    first, *rows = path.read_text(encoding="utf-8").splitlines()
    for end in (",", ", "):
        text = "\n".join([first, *(row + end for row in rows)])
        path.write_text(text, encoding="utf-8")
        np.testing.assert_array_equal(read_video(path), whole)


def claiming(shape, body=b""):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    "data",
    [
        claiming((10**9, 17)),
        claiming((-1, 17), bytes(68)),
        claiming((0, 2**40)),
        claiming("(" * 150),
        claiming('(1, 17), "a": "'),
        b"\x80\x04N.",
    ],
    ids=lambda data: repr(data[10:90]),
)
def test_strange_arrays_are_refused_alone_and_in_an_archive(tmp_path, data):
    (tmp_path / "a.npy").write_bytes(data)
    assert "a.npy" in refusal(lambda: read_video(tmp_path / "a.npy"))
    with zipfile.ZipFile(tmp_path / "all.npz", "w") as packed:
        packed.writestr("a.npy", data)
        packed.writestr("lzma.npy", data, compress_type=zipfile.ZIP_LZMA)
    refusal(lambda: read_video(tmp_path / "all.npz" / "a.npy"))
    assert "method 14" in refusal(lambda: read_video(tmp_path / "all.npz" / "lzma.npy"))


def test_a_small_archive_that_unpacks_to_gigabytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_MOST_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "all.npz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.npy", claiming((20_000, 17), bytes(20_000 * 17 * 4)))
    assert (tmp_path / "all.npz").stat().st_size < 5_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was read"))
    text = refusal(lambda: read_video(tmp_path / "all.npz" / "a.npy"))
    assert "1,000,000 are allowed" in text


@pytest.mark.parametrize("name", ["a.csv", "a.npy", "all.npz/a.npy"])
def test_a_git_lfs_pointer_is_named(tmp_path, name):
    file = tmp_path / name.partition("/")[0]
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n")
    text = refusal(lambda: read_video(tmp_path / name))
    assert "a git-lfs pointer" in text and str(file) in text
