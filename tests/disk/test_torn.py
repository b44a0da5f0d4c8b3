"""What a killed writer leaves is swept; what somebody still writes stays."""

import os
import time

import pytest
from archive_files import tar

from mcsan_lite import cache
from mcsan_lite.datasets import archives
from mcsan_lite.disk import torn


@pytest.fixture(autouse=True)
def forgetful():
    """Each test sweeps anew, as another process does."""
    torn.sweep.cache_clear()


def part_of(folder, process, name="x", *, is_folder=False):
    """A temporary file or folder as that process of this machine names it."""
    part = folder / f".part-{torn._machine()}-{process}-{name}"
    if is_folder:
        (part / "audio").mkdir(parents=True)
        (part / "audio" / "clip").touch()
    else:
        part.touch()
    return part


def test_a_dead_writers_files_are_swept_at_the_next_write(tmp_path, dead):
    left = [part_of(tmp_path, dead), part_of(tmp_path, dead, "y", is_folder=True)]
    kept = part_of(tmp_path, os.getppid())
    cache.write_atomic(tmp_path / "a.txt", lambda part: part.write_text("a", encoding="utf-8"))
    assert not any(path.exists() for path in left)
    assert kept.exists()


def test_a_dead_writers_folder_is_swept_at_the_next_generation(tmp_path, dead):
    left = part_of(tmp_path, dead, is_folder=True)
    with cache.whole_folder(tmp_path / "corpus", "mark") as temporary:
        assert torn._NAME.match(temporary.name)["process"] == str(os.getpid())
        assert not left.exists()
        (temporary / "mark").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_a_dead_unpackers_folder_is_swept_at_the_next_archive(tmp_path, dead, monkeypatch):
    left, real = part_of(tmp_path, dead, is_folder=True), archives._write_members
    kept = part_of(tmp_path, os.getppid(), is_folder=True)

    def write(members, folder, gate):
        assert torn._NAME.match(folder.name)["process"] == str(os.getpid())
        real(members, folder, gate)

    monkeypatch.setattr(archives, "_write_members", write)
    archive = tar(tmp_path / "a.tar.gz", ("one.mp4", b"1"))
    archives.unpack(archive, tmp_path / "clips", wanted=r".*\.mp4")
    assert not left.exists() and kept.exists()


def test_what_another_machine_writes_is_swept_after_a_day(tmp_path, dead):
    other = tmp_path / f".part-00000000-{dead}-x"
    (other / "audio").mkdir(parents=True)
    clip = other / "audio" / "clip"
    clip.touch()
    old = time.time() - 2 * 24 * 3600
    os.utime(other, (old, old))
    os.utime(other / "audio", (old, old))
    torn.sweep(tmp_path)
    assert other.exists()  # a clip is new
    os.utime(clip, (old, old))
    torn.sweep.cache_clear()
    torn.sweep(tmp_path)
    assert not other.exists()


def test_who_lives(dead):
    assert torn.is_running(os.getpid())
    assert not torn.is_running(dead)
    assert not torn.is_running(10**30)
