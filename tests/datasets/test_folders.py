"""Files below a folder: linked folders are followed, and no link is a trap."""

import os

import numpy as np
import pytest
import soundfile

from mcsan_lite.datasets.folders import files_below
from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text
from mcsan_lite.datasets.ravdess import clip_names, read_ravdess
from mcsan_lite.datasets.video_files import with_video

GOOD = "03-01-05-01-02-01-12"


def put(path, content=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_links_are_followed_and_loops_are_not(tmp_path):
    put(tmp_path / "elsewhere" / "b.wav")
    root = tmp_path / "root"
    put(root / "z" / "a.wav")
    put(root / ".hidden" / "c.wav")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "again").symlink_to(root / "z")
    (root / "z" / "up").symlink_to(root)
    assert files_below(root) == ["linked/b.wav", "z/a.wav"]
    assert files_below(root, 0) == []


def test_ravdess_in_linked_folders(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in clip_names("12"):
        put(tmp_path / "disk2" / "Actor_12" / f"{name}.wav")
    (root / "Actor_12").symlink_to(tmp_path / "disk2" / "Actor_12")
    (root / "Actor_12" / "loop").symlink_to(root)
    assert len(read_ravdess(root)) == 60


def test_films_in_linked_folders(tmp_path):
    put(tmp_path / "clips" / f"{GOOD}.wav")
    np.save(put(tmp_path / "disk2" / f"{GOOD}.npy"), np.ones((3, 2), np.float32))
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "all").symlink_to(tmp_path / "disk2")
    corpus = with_video(read_ravdess(tmp_path / "clips", strict=False), tmp_path / "films")
    assert corpus.utterances[0].video == tmp_path / "films" / "all" / f"{GOOD}.npy"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.timeout(30)
def test_a_pipe_in_the_tree_does_not_stop_a_check(tmp_path):
    os.mkfifo(tmp_path / f"{GOOD}.wav")
    report = inspect_corpus("ravdess", tmp_path)
    assert "not a file" in report["clips"]["unusable"][GOOD]


def test_odd_sound_is_named_by_the_check(tmp_path):
    loud = 8_000 * np.sin(np.arange(8_000) / 5)
    soundfile.write(tmp_path / f"{GOOD}.wav", loud, 16_000, subtype="FLOAT")
    report = inspect_corpus("ravdess", tmp_path)
    ((remark, ids),) = report["clips"]["odd"].items()
    assert "far above 1" in remark and ids == [GOOD]
    assert f"1 clips with {remark}\n      {GOOD}" in report_text(report)
