"""A place that --out cannot write is refused before anything is computed for it."""

import os

import pytest
from refusals import refusal, refused

from mcsan_lite.cli import main, paper
from mcsan_lite.cli.borders.outputs import csv_file, results_folder, several_files, single_file
from mcsan_lite.experiments import checkpoints, identity, speaker_curve
from mcsan_lite.experiments.stress import study


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a file, a folder and a csv that is a folder; and nothing may be computed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").mkdir()
    for module, name in (
        (identity, "identity_bounds"),
        (speaker_curve, "SpeakerCurve"),
        (study, "stress_tables"),
        (study, "shipped_runs"),
        (checkpoints, "ship_checkpoints"),
        (paper, "_requested_grid"),
    ):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("computed"))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (("identity", "--out", "x.txt"), "ends in .csv"),
        (("identity", "--out", "folder.csv"), "which is a folder"),
        (("identity", "--out", "file/x.csv"), "is a file"),
        (("speakers", "ravdess", "--out", "x.svg"), "ends in .csv"),
        (("stress", "--out", "."), "a name for the files"),
        (("stress", "--out", "folder/.."), "a name for the files"),
        (("stress", "--out", "file/stress"), "is a file"),
        (("checkpoints", "--out", "file"), "is a file"),
        (("run", "table3", "--out", "file"), "is a file"),
        (("run", "table3", "--out", "file/tables"), "is a file"),
        (("table", "table3", "--out", "file"), "is a file"),
        (("attend", "--run", "r", "--out", "."), "a name for the files"),
        (("explore", "--out", "folder.html"), "which is a folder"),
    ],
    ids=" ".join,
)
def test_a_wrong_place_is_refused_at_once(words, crucial, here, capsys):
    (here / "folder.html").mkdir()
    before = sorted(here.rglob("*"))
    status = main.main([*words])
    refused((status, *capsys.readouterr()), "--out", crucial)
    assert sorted(here.rglob("*")) == before


def test_slides_know_their_place_before_a_lesson_is_read(here, capsys, monkeypatch):
    (here / "s.html").mkdir()
    status = main.main(["slides", "06", "-o", "s.html"])
    refused((status, *capsys.readouterr()), "which is a folder")


def test_good_places_are_taken_as_they_are(here):
    assert csv_file("new/deep/a.csv").as_posix() == "new/deep/a.csv"
    assert csv_file("A.CSV").name == "A.CSV"
    assert single_file("file", "--out a").name == "file"  # to be overwritten
    assert several_files("folder", "--out a").name == "folder"  # folder.csv and others beside it
    assert results_folder("folder").name == "folder" and results_folder("new").name == "new"
    assert not (here / "new").exists()
    assert "is a file" in refusal(lambda: results_folder("file"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_without_rights_is_refused(here):
    (here / "folder").chmod(0o500)
    with pytest.raises(PermissionError, match="folder"):
        csv_file("folder/a.csv")
