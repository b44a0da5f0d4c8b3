"""`mcsan predict` on many recordings: a row each, bad ones with their reason, none half-written."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.cli.answers.recordings import named_recordings
from mcsan_lite.errors import DataError
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.inference import Trained

RATE = 16_000
NOISE = 0.1 * np.random.default_rng(0).standard_normal(RATE)


@pytest.fixture
def run(small, tmp_path):
    """An untrained model that knows three words."""
    torch.manual_seed(0)
    vectors = tmp_path / "v.txt"
    vectors.write_text("so 1 2 3 4\nit 2 1 0 1\nis 0 1 0 1\n", encoding="utf-8")
    standardizer = Standardizer()
    standardizer.mean, standardizer.deviation = np.zeros(13, "f4"), np.full(13, 50, "f4")
    config = FeatureConfig(n_mfcc=13, vectors=str(vectors))
    model = MCSAN(Dims(13, 4, 2), small(heads=2)).eval()
    return Trained(model, standardizer, ("glad", "sad"), config)


@pytest.fixture
def mcsan(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mcsan_lite.training.inference.load_run", lambda *_, **__: run)

    def call(*words):
        status = main.main(["predict", *map(str, words), "--run", "-", "--data", f"{tmp_path}/d"])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def folder(tmp_path):
    """Two good recordings, one of them with a transcript, in folders; and three broken ones."""
    home = tmp_path / "clips"
    (home / "more").mkdir(parents=True)
    soundfile.write(home / "a.wav", NOISE, RATE)
    (home / "a.txt").write_text("so it is", encoding="utf-8")
    soundfile.write(home / "more" / "b.FLAC", NOISE[:4000], RATE, format="FLAC")
    (home / "empty.wav").write_bytes(b"")
    (home / "text.wav").write_text("so it is", encoding="utf-8")
    soundfile.write(home / "zero.wav", np.zeros(RATE), RATE)
    (home / "._a.wav").write_bytes(b"a Mac's note")
    return home


def test_a_folder_gives_a_row_each_and_bad_ones_with_their_reason(mcsan, folder, tmp_path):
    status, out, err = mcsan(folder, "--out", tmp_path / "a.csv")
    assert status == 1 and "3 of 5 recordings without an answer" in err
    assert "5 rows written" in out
    table = pd.read_csv(tmp_path / "a.csv").set_index("recording")
    reasons = table.problem.rename(lambda name: name.rpartition("/")[2])
    assert "an empty file" in reasons["empty.wav"]
    assert "cannot be read" in reasons["text.wav"] and "silence" in reasons["zero.wav"]
    good = table[table.problem.isna()]
    assert len(good) == 2 and good.answer.isin(["glad", "sad"]).all()
    assert good[["p(glad)", "p(sad)"]].sum(axis=1).tolist() == pytest.approx([1, 1], abs=1e-3)
    assert good.remarks.str.contains("no words").tolist() == [False, True]


def test_each_row_is_what_a_call_of_its_own_says(mcsan, folder, tmp_path):
    mcsan(folder / "a.wav", folder / "more" / "b.FLAC", "--out", tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = map(json.loads, lines)
    for row, text in ((first, "so it is"), (second, "")):
        _, out, _ = mcsan("--audio", row["recording"], "--text", text)
        shares = dict(line.rsplit(maxsplit=1) for line in out.partition("\n\n")[0].splitlines())
        assert shares == {name: f"{row[f'p({name})']:.1%}" for name in ("glad", "sad")}
    assert first["problem"] == "" and first["calibrated"] is False


def test_without_out_it_is_a_table_with_the_corpus(mcsan, folder):
    status, out, _ = mcsan(folder)
    assert status == 1
    assert "trained on: a corpus that its files do not name" in out and "not calibrated" in out
    assert sum(".wav " in line or ".FLAC " in line for line in out.splitlines()) == 5


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_of_paths_and_texts(folder, separator):
    rows = [("text", "Path"), ("so it is", "a.wav"), ("is it so", "more\\b.FLAC"), ("so", "")]
    file = folder / "list.csv"
    file.write_text("\n".join(map(separator.join, rows)), encoding="utf-8")
    found = named_recordings([str(file)])
    assert [one.audio for one in found] == [folder / "a.wav", folder / "more" / "b.FLAC", None]
    assert [one.text for one in found] == ["so it is", "is it so", "so"]
    assert found[2].name == "line 4 of list.csv"


def test_words_alone_in_a_table(mcsan, folder, tmp_path):
    (folder / "list.csv").write_text("text\nso it is\nqqq\n", encoding="utf-8")
    status, _, _ = mcsan(folder / "list.csv", "--out", tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv")
    assert status == 1
    assert table.problem.isna().tolist() == [True, False]
    assert "none of them known" in table.problem[1] and "no sound" in table.remarks[0]


def test_pieces_of_a_long_recording(mcsan, tmp_path):
    pieces = [NOISE, np.zeros(RATE), NOISE, NOISE[:800]]
    soundfile.write(tmp_path / "long.wav", np.concatenate(pieces), RATE)
    status, _, err = mcsan(tmp_path / "long.wav", "--segments", "1", "--out", tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv")
    assert status == 1 and "1 of 3 pieces" in err  # 50 ms at the end are left out
    assert table.start_s.tolist() == [0, 1, 2] and table.end_s.tolist() == [1, 2, 3]
    assert table.problem.notna().tolist() == [False, True, False]
    assert table["p(glad)"][0] == pytest.approx(table["p(glad)"][2], abs=1e-3)


def test_pieces_say_that_words_are_not_used(mcsan, folder, tmp_path):
    mcsan(folder / "a.wav", "--segments", "0.5", "--out", tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv").remarks.str.startswith("not used: the words").all()


def test_a_long_recording_is_said_to_be_cut(mcsan, run, folder, tmp_path):
    object.__setattr__(run.features, "max_frames", 50)
    mcsan(folder / "a.wav", "--out", tmp_path / "a.csv")
    assert "only the first 0.5 s of 1.0 s" in pd.read_csv(tmp_path / "a.csv").remarks[0]


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (["clips", "--audio", "a.wav"], "one way to name recordings"),
        (["clips", "--out", "a.xlsx"], "ends in .csv or .jsonl"),
        (["clips", "--text", "so"], "one transcript each"),
        (["clips/more", "--segments", "99"], "which is all that this run hears"),
        (["clips", "--segments", "0"], "0.1 seconds or more"),
        (["clips", "--abstain", "0.9"], "never calibrated"),
        (["clips", "--abstain", "2"], "a share from 0 to 1"),
        (["nothing"], "without a recording"),
        (["wrong.csv"], "the columns path and text"),
        (["--out", "a.csv", "--text", "so"], "no recording for a table"),
        (["clips", "--out", "folder.csv"], "which is a folder"),
        (["clips", "--out", "wrong.csv/b.csv"], "is a file"),
        (["--audio", "a.wav", "--video", "v.csv", "--out", "b.csv"], "--video beside --out"),
        (["--audio", "a.wav", "--video", "v.csv", "--segments", "1"], "--video beside --segments"),
    ],
)
def test_refusals_write_nothing(mcsan, folder, tmp_path, monkeypatch, words, crucial):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "wrong.csv").write_text("one,two\n1,2\n", encoding="utf-8")
    refused(mcsan(*words), crucial)
    assert not list(tmp_path.glob("a.*"))


def test_a_file_that_is_not_there_is_a_row(mcsan, folder, tmp_path):
    status, _, _ = mcsan(folder / "a.wav", folder / "none.wav", "--out", tmp_path / "a.csv")
    assert status == 1
    assert "No such file" in pd.read_csv(tmp_path / "a.csv").problem[1]


def test_a_name_that_a_spreadsheet_would_compute_is_shown(mcsan, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "=1+1.wav").write_bytes((folder / "a.wav").read_bytes())
    mcsan("=1+1.wav", "--out", tmp_path / "a.csv")
    assert "'=1+1.wav" in (tmp_path / "a.csv").read_text(encoding="utf-8")


def test_a_folder_without_recordings_names_the_endings(tmp_path):
    with pytest.raises(DataError, match=r"\.wav, \.flac"):
        named_recordings([str(tmp_path)])


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_name_that_is_no_utf_8_costs_no_answer(mcsan, folder, tmp_path, ending):
    try:
        name = os.fsdecode(b"caf\xe9.wav")
        (folder / "more" / name).write_bytes((folder / "a.wav").read_bytes())
    except (OSError, UnicodeError):
        pytest.skip("this system takes no such name")
    file = tmp_path / f"a{ending}"
    mcsan(folder / "more", "--out", file)
    data = file.read_bytes()
    lines = data.decode("utf-8").splitlines()
    assert len(lines) == 2 + (ending == ".csv") and b"\r" not in data
    assert any("b.FLAC" in line for line in lines)
    assert any("caf\\udce9.wav" in line for line in lines)
    if ending == ".jsonl":  # the escape is json's own: the name comes back
        assert json.loads(lines[1])["recording"].endswith(name)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_a_transcript_in_another_encoding_is_refused(mcsan, folder, tmp_path, encoding):
    (folder / "a.txt").write_bytes("so it is, café".encode(encoding))
    refused(mcsan(folder, "--out", tmp_path / "a.csv"), "a.txt", "UTF-8", "save it again")
    assert not (tmp_path / "a.csv").exists()
    (typed,) = named_recordings([str(folder / "a.wav")], "so")  # it is not needed then
    assert typed.text == "so"
    (folder / "a.txt").write_text("so it is, café", encoding="utf-8-sig")
    assert named_recordings([str(folder / "a.wav")])[0].text == "so it is, café"


def test_a_transcript_that_cannot_be_read_is_refused(mcsan, folder, tmp_path):
    (folder / "a.txt").unlink()
    (folder / "a.txt").mkdir()
    refused(mcsan(folder / "a.wav", "--out", tmp_path / "a.csv"), "a.txt")


def test_folders_and_hidden_folders_are_no_recordings(folder):
    (folder / "tape.wav").mkdir()
    shutil.copy(folder / "a.wav", folder / "tape.wav" / "inside.wav")
    (folder / ".trash" / "deep").mkdir(parents=True)
    shutil.copy(folder / "a.wav", folder / ".trash" / "deep" / "old.wav")
    if os.name != "nt":  # there, links take rights of their own
        (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    found = [one.audio.relative_to(folder).as_posix() for one in named_recordings([str(folder)])]
    assert "tape.wav/inside.wav" in found and ("gone.wav" in found or os.name == "nt")
    assert "tape.wav" not in found and not [name for name in found if "old" in name]
    (hidden,) = named_recordings([str(folder / ".trash")])  # one that is named is meant
    assert hidden.name.endswith("old.wav")


class TestNltkAlone:
    def test_it_is_loaded_without_what_it_does_not_need(self):
        import subprocess
        import sys

        code = (
            "import sys; from mcsan_lite.features.language.quick_nltk import load_nltk_alone; "
            "load_nltk_alone(); from mcsan_lite.features.words import tokenize; "
            "print(tokenize('So it is.'), 'scipy.stats' in sys.modules, 'sklearn' in sys.modules); "
            "import scipy.stats, sklearn; load_nltk_alone(); print(scipy.stats is not None)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
        assert said.stdout.splitlines() == ["['so', 'it', 'is', '.'] False False", "True"]
