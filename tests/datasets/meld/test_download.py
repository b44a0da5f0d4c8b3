"""The download of MELD from a small server on this machine."""

import hashlib
import shutil
from types import SimpleNamespace

import pytest
from archive_files import names, tar
from meld_files import OFFICIAL
from refusals import refusal

from mcsan_lite.datasets.meld import download
from mcsan_lite.datasets.meld.download import (
    ANNOTATION_CHECKSUMS,
    Checksum,
    download_meld,
    fetch,
)
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, CLIP_ARCHIVES, CLIP_FOLDERS
from mcsan_lite.disk import torn
from mcsan_lite.errors import DataError

CLIPS = sorted(
    [
        *CLIP_FOLDERS.values(),
        *(f"{folder}/dia0_utt{i}.mp4" for folder in CLIP_FOLDERS.values() for i in range(2)),
        "output_repeated_splits_test/final_videos_testdia0_utt0.mp4",
    ]
)


def inner_archive(path, split):
    """The bytes of one part's archive of clips, with files beside them that nobody wants."""
    folder = CLIP_FOLDERS[split]
    name = CLIP_ARCHIVES[split].partition(".")[0]
    members = [(f"{folder}/dia0_utt{i}.mp4", f"{name} {i}".encode()) for i in range(2)]
    members += [(f"{folder}/._dia0_utt0.mp4", b"apple"), ("train_sent_emo.csv", b"no")]
    if split == "test":
        members.append((f"{folder}/final_videos_testdia0_utt0.mp4", b"again"))
    return tar(path, *members).read_bytes()


def outer_archive(path, inner):
    """The bytes of the archive of archives."""
    members = [(f"MELD.Raw/{name}", content) for name, content in inner.items()]
    members += [("MELD.Raw/dev_sent_emo.csv", b"no"), ("MELD.Raw/._train.tar.gz", b"apple")]
    return tar(path, *members).read_bytes()


@pytest.fixture
def meld(server, tmp_path_factory, monkeypatch):
    """A server with invented annotation and clips in the real archive's shape."""
    texts = {split: f"invented {name}".encode() for split, name in ANNOTATION_FILES.items()}
    scratch = tmp_path_factory.mktemp("scratch") / "a.tar.gz"
    server.inner = {CLIP_ARCHIVES[split]: inner_archive(scratch, split) for split in CLIP_ARCHIVES}
    server.files = {f"/data/{ANNOTATION_FILES[split]}": text for split, text in texts.items()}
    server.files["/clips.tar.gz"] = outer_archive(scratch, server.inner)
    checksums = {
        split: Checksum(len(text), hashlib.sha256(text).hexdigest())
        for split, text in texts.items()
    }
    monkeypatch.setattr(download, "_ANNOTATION_URL", f"{server.address}/data")
    monkeypatch.setattr(download, "_CLIPS_URL", f"{server.address}/clips.tar.gz")
    monkeypatch.setattr(download, "_CLIPS_ROOM_BYTES", 1000)
    monkeypatch.setattr(download, "ANNOTATION_CHECKSUMS", checksums)
    return server


def test_annotation_alone(meld, tmp_path):
    assert download_meld(str(tmp_path / "m")) == tmp_path / "m"
    assert names(tmp_path / "m") == sorted(ANNOTATION_FILES.values()) and len(meld.asked) == 3
    download_meld(tmp_path / "m")
    assert len(meld.asked) == 3


def test_clips_land_where_the_reader_looks(meld, tmp_path, capsys):
    download_meld(tmp_path / "m", clips=True)
    assert names(tmp_path / "m") == sorted([*ANNOTATION_FILES.values(), *CLIPS])
    assert (tmp_path / "m" / "dev_splits_complete" / "dia0_utt1.mp4").read_bytes() == b"dev 1"
    said = capsys.readouterr().out
    assert (
        "10.1 GB to download" in said
        and hashlib.sha256(meld.files["/clips.tar.gz"]).hexdigest() in said
    )
    asked = len(meld.asked)
    download_meld(tmp_path / "m", clips=True)
    assert len(meld.asked) == asked and capsys.readouterr().out == ""


def test_clips_go_on_after_the_step_that_failed(meld, tmp_path, monkeypatch):
    real, steps = download.unpack, []

    def stops(archive, folder, **options):
        if archive.name == "dev.tar.gz" and "dev" not in steps:
            steps.append("dev")
            raise DataError("a stop", "none", "go on")
        steps.append(archive.name)
        return real(archive, folder, **options)

    monkeypatch.setattr(download, "unpack", stops)
    refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert names(tmp_path / "m" / "MELD.Raw") == ["dev.tar.gz", "test.tar.gz"]
    outer = tmp_path / "m" / "MELD.Raw.tar.gz"
    assert not outer.exists()
    outer.touch()  # as a stop between unpacking and deleting it leaves it
    download_meld(tmp_path / "m", clips=True)
    assert steps == ["MELD.Raw.tar.gz", "train.tar.gz", "dev", "dev.tar.gz", "test.tar.gz"]
    assert names(tmp_path / "m") == sorted([*ANNOTATION_FILES.values(), *CLIPS])
    assert [path for path, _ in meld.asked].count("/clips.tar.gz") == 1


def test_a_damaged_inner_archive_keeps_the_other_clips(meld, tmp_path):
    inner = meld.inner | {"dev.tar.gz": meld.inner["dev.tar.gz"][:-9]}
    meld.files["/clips.tar.gz"] = outer_archive(tmp_path / "tmp", inner)
    text = refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "dev.tar.gz" in text and names(tmp_path / "m" / "train_splits") == [
        "dia0_utt0.mp4",
        "dia0_utt1.mp4",
    ]
    (tmp_path / "m" / "MELD.Raw" / "dev.tar.gz").unlink()
    text = refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "MELD.Raw without dev.tar.gz, with test.tar.gz\n" in text
    (tmp_path / "m" / "MELD.Raw" / "test.tar.gz").unlink()
    text = refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "MELD.Raw without dev.tar.gz, with nothing\n" in text


def test_too_little_room_is_told_before_a_byte_comes(meld, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_CLIPS_ROOM_BYTES", 10**18)
    text = refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "GB free" in text and "1000000000.0 GB" in text
    assert "/clips.tar.gz" not in [path for path, _ in meld.asked]


def test_too_little_room_to_unpack(meld, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_CLIPS_ROOM_BYTES", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=9))
    assert "the clips of train.tar.gz" in refusal(lambda: download_meld(tmp_path / "m", clips=True))
    assert "MELD.Raw" in names(tmp_path / "m") and "train_splits" not in names(tmp_path / "m")


def test_what_a_killed_call_left_takes_no_room_from_the_next(meld, tmp_path, monkeypatch, dead):
    left = tmp_path / "m" / f".part-{torn._machine()}-{dead}-x"
    left.mkdir(parents=True)
    (left / "dia0_utt0.mp4").touch()
    torn.sweep.cache_clear()
    free = lambda _: SimpleNamespace(free=9 if left.exists() else 10**12)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", free)
    download_meld(tmp_path / "m", clips=True)
    assert names(tmp_path / "m") == sorted([*ANNOTATION_FILES.values(), *CLIPS])


def test_where_the_clips_do_not_come_the_other_host_is_named(meld, tmp_path):
    del meld.files["/clips.tar.gz"]
    assert download._CLIPS_MIRROR_URL in refusal(lambda: download_meld(tmp_path / "m", clips=True))


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"no official MELD annotation in {OFFICIAL}")
@pytest.mark.parametrize("split", ["train", "valid"])
def test_the_published_files_are_those_expected(split):
    path = OFFICIAL / ANNOTATION_FILES[split]
    assert fetch("http://127.0.0.1:9/never-asked", path, ANNOTATION_CHECKSUMS[split]) == path


def test_what_is_known_of_the_checksums():
    known = {
        "train": ("d2fa2d65", "7fa02db"),
        "valid": ("2e89c6f8", "d0370c1c"),
        "test": ("8d371039", "c5006888"),
    }
    for split, (head, tail) in known.items():
        sha256 = ANNOTATION_CHECKSUMS[split].sha256
        assert sha256.startswith(head) and sha256.endswith(tail)
        assert len(sha256) == 64 or "…" in sha256
