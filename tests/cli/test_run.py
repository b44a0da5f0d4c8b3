"""The commands that train and score, on one small run: what they print and write."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from refusals import refused

from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.synthetic.reader import read_truth
from mcsan_lite.datasets.synthetic.rules import SYNTHETIC_LABELS
from mcsan_lite.evaluation.calibration import with_temperature
from mcsan_lite.explain import steps
from mcsan_lite.training import fold as fold_module
from mcsan_lite.training.confidence.sidecar import read_confidence

pytestmark = pytest.mark.filterwarnings(
    "ignore:class .* has no utterance here"
)  # so few draw no utterance of some class
TESTED = 30  # utterances in the small profile's test part


def test_run_trains_once_and_table_reads_it_back(mcsan, home, monkeypatch):
    status, out, _ = mcsan("run", "--rows", "MCSAN, w/o cross")
    assert status == 0
    folders = [Path(line.strip()) for line in out.split("folders:")[1].split("\n") if line.strip()]
    assert sorted(f.name.rsplit("-", 1)[0] for f in folders) == ["mcsan", "w-o-cross"]
    assert all((f / "official-seed0" / "metrics.json").is_file() for f in folders)
    monkeypatch.setattr(fold_module, "fit", lambda *_, **__: pytest.fail("trained again"))
    again = mcsan("run", "--rows", "MCSAN,w/o cross")
    assert (
        again[0] == 0
        and "epoch" not in again[1]
        and again[1].splitlines()[-1] == out.splitlines()[-1]
    )
    status, table, _ = mcsan("table")
    assert status == 0 and "· official" in table and f" {TESTED} " in table
    for line in table.splitlines():
        assert (
            not line.startswith(("MCSAN", "w/o")) or line in out
        )  # the same numbers, not one typed


def test_run_prints_a_table_a_class_and_the_confusion(mcsan, fold):
    status, out, _ = mcsan("run", "--rows", "MCSAN", "--per-class")
    tested = pd.read_csv(fold / "predictions.csv")
    counts = {
        line.split()[1]: list(map(int, line.split()[2:]))
        for line in out.splitlines()
        if line.startswith("true ")
    }
    assert status == 0 and "macro_f1" in out and list(counts) == list(SYNTHETIC_LABELS)
    assert {name: sum(row) for name, row in counts.items()} == {
        name: (tested.true == name).sum() for name in SYNTHETIC_LABELS
    }
    guesses = tested[[f"p({name})" for name in SYNTHETIC_LABELS]].idxmax(axis=1)
    right = (guesses == "p(" + tested.true + ")").sum()
    assert sum(counts[name][i] for i, name in enumerate(SYNTHETIC_LABELS)) == right


def test_ceilings_of_an_unknown_profile(mcsan):
    refused(
        mcsan("ceilings", "--profile", "quik", places=False),
        "profile 'quik'",
        "did you mean 'quick'?",
    )


def test_ceilings_holds_every_model_against_its_own(mcsan):
    status, out, _ = mcsan("ceilings")
    lines = [
        line.split()
        for line in out.splitlines()
        if line.strip().startswith(("matching", "leaking"))
    ]
    assert status == 0 and [line[0] for line in lines] == ["matching"] * 6 + ["leaking"] * 2
    views = ("text", "prosody", "audio", "both, unmatched", "both, in order", "both")
    assert all(f" {view} " in out for view in views)
    assert [line[-2] for line in lines] == [str(TESTED)] * 8
    status, alone, _ = mcsan("ceilings", "--world", "leaking")
    assert status == 0 and "leaking" in alone and "matching" not in alone


def test_floors(mcsan):
    status, out, _ = mcsan("floors", "synthetic")
    assert status == 0 and "MFCC statistics + SVM" in out and "majority" in out and "nan" not in out


def test_predict(mcsan, fold, home):
    folder = (
        home
        / "data"
        / json.loads((fold.parent / "spec.json").read_text(encoding="utf-8"))["corpus"]
    )
    tested = pd.read_csv(fold / "predictions.csv").set_index("id")
    name = tested.index[0]
    status, out, _ = mcsan(
        "predict",
        "--run",
        str(fold),
        "--audio",
        f"{folder}/audio/{name}.flac",
        "--text",
        read_truth(folder).text[name],
        "--data",
        f"{home}/data",
        places=False,
    )
    found = dict(line.rsplit(maxsplit=1) for line in out.partition("\n\n")[0].splitlines())
    assert status == 0 and set(found) == set(SYNTHETIC_LABELS)
    calibration = read_confidence(fold).calibration
    prob = tested.loc[name, [f"p({label})" for label in SYNTHETIC_LABELS]].to_numpy(float)
    expected = with_temperature(prob, calibration.temperature)
    assert {
        label: f"{share:.1%}" for label, share in zip(SYNTHETIC_LABELS, expected, strict=True)
    } == found
    assert f"trained on: {folder.name}, generated speech, " in out
    assert "sound: like" in out or "sound: unlike" in out
    assert list(found) == sorted(found, key=lambda label: -tested.loc[name, f"p({label})"])


@pytest.fixture
def wav(tmp_path):
    signal = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    soundfile.write(tmp_path / "a.wav", signal, 16_000)
    return tmp_path / "a.wav"


def test_attend_writes_picture_and_table_whole_or_not_at_all(
    mcsan, fold, wav, tmp_path, monkeypatch, home
):
    words = [
        "attend",
        "--run",
        str(fold),
        "--audio",
        str(wav),
        "--text",
        "so sweet",
        "--out",
        f"{tmp_path}/out/map",
        "--data",
        f"{home}/data",
    ]
    status, out, _ = mcsan(*words, places=False)
    assert (
        status == 0 and out.splitlines()[0].startswith("so looks most at ") and "map.png and" in out
    )
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "map.csv",
        "map.html",
        "map.png",
        "map.svg",
    ]
    table = pd.read_csv(tmp_path / "out" / "map.csv", index_col=0)
    assert list(table.index) == ["so", "sweet"]
    assert list(map(float, table)) == pytest.approx(steps.frame_times(len(table.columns)), abs=1e-3)
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-4)
    assert (tmp_path / "out" / "map.png").read_bytes()[:4] == b"\x89PNG"

    def full(frame, path, **how):
        Path(path).write_text("half", encoding="utf-8")
        raise OSError("disk full")

    before = (tmp_path / "out" / "map.csv").read_bytes()
    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    status, _, err = mcsan(*words, places=False)
    assert status == 2 and "map.csv: disk full" in err
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "map.csv",
        "map.html",
        "map.png",
        "map.svg",
    ]
    assert (tmp_path / "out" / "map.csv").read_bytes() == before


def test_align_scores_the_words_of_the_folds_own_test_part(mcsan, fold):
    status, out, _ = mcsan("align", "--run", str(fold), "--utterances", "5")
    table = [line.split() for line in out.splitlines() if "raw attention, mean of heads" in line]
    assert (
        status == 0
        and len(table) == 1
        and table[0][-2] == "5"
        and int(table[0][-1]) > 5
        and "rollout" in out
    )
    assert 0 < float(table[0][-3]) < 1 and "nan" not in out


def test_align_reads_the_word_times_of_iemocap(mcsan, fold, tmp_path):
    root = write_iemocap(tmp_path, turns=30, voice=False)
    checkpoint = str(fold / "model.safetensors")
    status, out, _ = mcsan(
        "align",
        "--run",
        checkpoint,
        "--corpus",
        "iemocap",
        "--root",
        str(root),
        "--allow-incomplete",
    )
    assert status == 0 and "value-weighted" in out
    for path in root.rglob("*.wdseg"):
        path.unlink()
    refused(
        mcsan(
            "align",
            "--run",
            checkpoint,
            "--corpus",
            "iemocap",
            "--root",
            str(root),
            "--allow-incomplete",
        ),
        "without a word's time",
        "ForcedAlignment",
    )


@pytest.fixture
def heard_elsewhere(mcsan, fold, home):
    """A folder of frames for the synthetic corpus, 20 ms apart, and a fold trained on them."""
    spec = json.loads((fold.parent / "spec.json").read_text(encoding="utf-8"))
    place, rng = home / "frames", np.random.default_rng(0)
    if not place.exists():
        place.mkdir()
        for clip in (home / "data" / spec["corpus"] / "audio").iterdir():
            length = round(soundfile.info(clip).duration / 0.02)
            np.save(place / f"{clip.stem}.npy", rng.standard_normal((length, 6)))
    status, out, err = mcsan(
        *("run", "--rows", "MCSAN", "--frames", str(place), "--hop", "0.02", "--profile", "smoke"),
        *("--data", f"{home}/data", "--runs", f"{home}/other-runs"),
        places=False,
    )
    assert status == 0, err
    return place, Path(out.split()[-1], "official-seed0")


def test_align_hears_the_frames_of_its_run(mcsan, heard_elsewhere, tmp_path):
    place, trained = heard_elsewhere
    copied = tmp_path / "copied.safetensors"
    copied.write_bytes((trained / "model.safetensors").read_bytes())
    refused(mcsan("align", "--run", str(copied)), "--frames")
    words = ("align", "--run", str(copied), "--frames", str(place), "--utterances", "5")
    status, out, err = mcsan(*words)
    assert status == 0, err
    assert "raw attention, mean of heads" in out and "nan" not in out
    tested = read_truth(next((place.parent / "data").glob("synthetic-*"))).index
    first = next(name for name in tested if name.startswith("test"))
    kept = (place / f"{first}.npy").read_bytes()
    try:
        (place / f"{first}.npy").unlink()
        refused(mcsan(*words), f"{first}.npy", "--skip-bad")
        status, again, err = mcsan(*words, "--skip-bad")  # what this run hears, not the clips
        assert status == 0 and "skipped      1" in err and again != out
    finally:
        (place / f"{first}.npy").write_bytes(kept)


@pytest.mark.parametrize("left_out", ["--audio", "--text"])
def test_attend_needs_both(mcsan, fold, wav, left_out):
    given = {"--audio": str(wav), "--text": "so sweet"}
    del given[left_out]
    status, _, err = mcsan(
        "attend",
        "--run",
        str(fold),
        *[part for pair in given.items() for part in pair],
        places=False,
    )
    assert (
        status == 2
        and "Given: a recording or a transcript left out" in err
        and "--audio my.wav" in err
    )


def test_attend_prints_other_maps_as_a_table(mcsan, fold, wav, tmp_path):
    words = [
        "attend",
        "--run",
        str(fold),
        "--audio",
        str(wav),
        "--text",
        "so sweet",
        "--out",
        f"{tmp_path}/map",
    ]
    status, out, _ = mcsan(
        *words, "--map", "self.0.text", "--data", f"{tmp_path}/cache", places=False
    )
    assert (
        status == 0 and out.split()[:3] == ["so", "sweet", "so"] and not list(tmp_path.glob("map*"))
    )
    refused(
        mcsan(
            *words, "--map", "cross.0.text_from_adio", "--data", f"{tmp_path}/cache", places=False
        ),
        "did you mean 'cross.0.text_from_audio'?",
    )
