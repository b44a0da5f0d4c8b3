"""Sound frames made elsewhere, from the first command to the last: floors, run, predict, attend."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from mcsan_lite.cli import main
from mcsan_lite.explain.steps import step_spans
from mcsan_lite.training.inference import load_run

RATE = 16_000


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Thirty recordings, their frames as another tool might make them, 20 ms apart."""
    home = tmp_path_factory.mktemp("frames")
    (home / "other").mkdir()
    rng = np.random.default_rng(0)
    lines = ["id,audio,text,label,speaker,split"]
    for i in range(30):
        sad = i % 2
        soundfile.write(home / f"{i}.wav", 0.1 * rng.standard_normal(RATE // 2), RATE)
        np.save(home / "other" / f"u{i}.npy", rng.standard_normal((25, 6)) + sad)
        part = ("train", "valid", "test")[i // 10]
        lines.append(f"u{i},{i}.wav,so it is,{'sad' if sad else 'glad'},s{i % 3},{part}")
    (home / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    return home


@pytest.fixture
def mcsan(home, capsys, monkeypatch):
    monkeypatch.chdir(home)

    def call(*words):
        capsys.readouterr()
        status = main.main([*map(str, words)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


_CORPUS = ("--corpus", "manifest", "--root", "own.csv", "--profile", "smoke")
_FRAMES = ("--frames", "other", "--hop", "0.02")


@pytest.fixture
def fold(mcsan, home):
    """A trained fold's folder; trained by whichever test comes first."""
    status, out, err = mcsan("run", *_CORPUS, *_FRAMES, "--rows", "MCSAN")
    assert status == 0, err
    return Path(out.split()[-1], "official-seed0")


def test_a_run_hears_them_and_names_them(fold):
    run = load_run(fold)
    assert run.features.frames == "other" and run.features.hop_s == 0.02
    assert len(run.standardizer.mean) == 6


def test_predict_needs_the_frames_of_the_recording(mcsan, fold, home):
    np.save(home / "mine.npy", np.ones((30, 6)))
    status, out, err = mcsan("predict", "--run", fold, "--frames", "mine.npy", "--text", "so it is")
    assert status == 0 and "glad" in out and "heard: the frames in mine.npy" in err
    np.save(home / "wide.npy", np.ones((30, 7)))
    status, _, err = mcsan("predict", "--run", fold, "--frames", "wide.npy", "--text", "so it is")
    assert status == 2 and "7 numbers per frame" in err and "6, as in training" in err


def test_many_recordings_find_their_frames_by_name(mcsan, fold, home):
    (home / "mine").mkdir(exist_ok=True)
    np.save(home / "mine" / "0.npy", np.ones((30, 6)))
    status, out, _ = mcsan("predict", "0.wav", "1.wav", "--run", fold, "--frames", "mine")
    assert status == 1 and out.count(".wav") == 2 and "missing" in out


def test_a_copied_checkpoint_asks_for_frames_and_mfcc_runs_refuse_them(mcsan, fold, home):
    copied = home / "copied.safetensors"
    copied.write_bytes((fold / "model.safetensors").read_bytes())
    status, _, err = mcsan("predict", "--run", copied, "--text", "so it is")
    assert status == 2 and "'other'" in err and "--frames" in err
    assert mcsan("predict", "--run", copied, "--frames", "other/u1.npy", "--text", "so")[0] == 0
    status, out, _ = mcsan("run", *_CORPUS, "--rows", "w/o text")
    plain = Path(out.split()[-1], "official-seed0")
    status, _, err = mcsan("predict", "--run", plain, "--frames", "mine.npy", "--text", "so")
    assert status == 2 and "trained on MFCC" in err


def test_attend_shows_the_recording_and_the_seconds_of_its_frames(mcsan, fold, home):
    status, out, err = mcsan(
        *("attend", "--run", fold, "--audio", "3.wav", "--frames", "other/u3.npy"),
        *("--text", "so it is", "--out", "seen"),
    )
    assert status == 0, err
    assert (home / "seen.html").is_file()
    table = pd.read_csv(home / "seen.csv", index_col=0)
    assert list(table.index) == ["so", "it", "is"] and "so looks most at" in out
    middles = step_spans(load_run(fold).model, 3, hop_s=0.02).mean(1)
    np.testing.assert_allclose(table.columns.astype(float), middles, atol=0.005)
    assert middles[-1] > 0.3  # with the hop of MFCC, all of it would end at 0.25 s


def test_pieces_cannot_be_cut_from_arrays(mcsan, fold):
    status, out, _ = mcsan("predict", "3.wav", "--run", fold, "--frames", "other", "--segments", 1)
    assert status == 1 and "arrays made elsewhere" in out


def test_floors_and_skip_bad_look_at_the_frames(mcsan, home):
    kept = (home / "other" / "u4.npy").read_bytes()
    try:
        (home / "other" / "u4.npy").unlink()
        words = ("floors", "manifest", "--root", "own.csv", "--profile", "smoke", *_FRAMES)
        status, _, err = mcsan(*words)
        assert status == 2 and "u4.npy" in err and "--skip-bad" in err
        status, out, err = mcsan(*words, "--skip-bad")
        assert status == 0 and "skipped      1" in err and "SVM" in out
    finally:
        (home / "other" / "u4.npy").write_bytes(kept)


def test_frames_without_their_hop(mcsan):
    status, _, err = mcsan("run", *_CORPUS, "--frames", "other")
    assert status == 2 and "--hop 0.02" in err
