"""The commands about data: check, split, fetch, another corpus's layout, and one fold of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from mcsan_lite.cli import main
from mcsan_lite.datasets import splits
from mcsan_lite.datasets.iemocap import simulate as iemocap_simulate
from mcsan_lite.datasets.iemocap.reader import read_iemocap
from mcsan_lite.datasets.meld import download
from mcsan_lite.datasets.meld import simulate as meld_simulate
from mcsan_lite.training import fold as fold_module


@pytest.fixture
def mcsan(tmp_path, capsys):
    """A function: one command -> (exit status, what it printed, what it said on stderr)."""

    def run(*words):
        capsys.readouterr()
        status = main.main(
            [*map(str, words), "--data", f"{tmp_path}/data", "--runs", f"{tmp_path}/runs"]
        )
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture(scope="module")
def shaped(tmp_path_factory):
    """An IEMOCAP-shaped tree of 60 quiet turns."""
    return iemocap_simulate.write_iemocap(tmp_path_factory.mktemp("shaped"), turns=60, voice=False)


@pytest.fixture
def manifest(tmp_path):
    """Thirty made-up recordings, one of them silent, by two speakers."""
    t = np.arange(4_000) / 16_000
    lines = ["audio,text,label,speaker,split"]
    for i in range(30):
        soundfile.write(
            tmp_path / f"{i}.wav",
            np.sin(2 * np.pi * (200 + 10 * i) * t) * (0 if i == 7 else 0.3),
            16_000,
        )
        lines.append(
            f"{i}.wav,so {'pain' if i % 2 else 'peace'},{'sad' if i % 2 else 'glad'},s{i % 3},"
            f"{('train', 'valid', 'test')[i // 10]}"
        )
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "own.csv"


@pytest.mark.parametrize("words", [["check"], ["split"], ["data", "meld"]], ids=" ".join)
def test_every_command_has_help(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main.main([*words, "--help"])
    assert stop.value.code == 0 and f"mcsan {' '.join(words)}" in capsys.readouterr().out


def test_check_says_so_and_so_does_its_status(mcsan, shaped):
    status, out, _ = mcsan("check", "iemocap", "--root", shaped)
    assert (
        status == 1
        and "✗ labelled turns" in out
        and "10,039" in out
        and out.splitlines()[-1].startswith("verdict: not")
    )
    status, out, _ = mcsan("check", "iemocap", "--root", shaped, "--json", "--fast")
    found = json.loads(out)
    assert status == found["status"] == 1 and found["counts"][0] == {
        "what": "labelled turns",
        "found": 60,
        "published": 10_039,
        "ok": False,
    }
    assert mcsan("check", "iemocap", "--root", "nowhere")[0] == 2


def test_check_of_a_manifest_names_the_silent_clip(mcsan, manifest):
    status, out, _ = mcsan("check", "manifest", "--root", manifest)
    assert status == 1 and "7.wav" in out and "silence" in out


def test_split_prints_what_is_shared_and_writes_the_ids(mcsan, shaped):
    status, out, err = mcsan(
        "split", "iemocap", "--root", shaped, "--protocol", "session5", "--allow-incomplete"
    )
    path, found = Path(out.split()[-3]), read_iemocap(shaped, strict=False)
    assert (
        status == 0
        and path.is_file()
        and "session in train" in out
        and " 0%" in out
        and "label no agreement" in err
    )
    folds = splits.folds(found, "session5")
    assert splits.digest(folds) == out.split()[-1] and splits.read(found, path) == folds
    again = mcsan("split", "iemocap", "--root", shaped, "--protocol", path, "--allow-incomplete")
    assert again[0] == 0 and again[1].split()[-1] == splits.digest(folds)


def test_run_trains_the_first_fold_and_later_the_others(mcsan, manifest, monkeypatch):
    words = (
        "run",
        "--corpus",
        "manifest",
        "--root",
        manifest,
        "--profile",
        "smoke",
        "--rows",
        "MCSAN",
        "--skip-bad",
    )
    status, out, err = mcsan(*words, "--protocol", "speaker", "--folds", 1)
    assert status == 0 and "unusable clip" in err
    fold = Path(out.split()[-1]) / "speaker-0-seed0"
    assert fold.is_dir() and [p.name for p in fold.parent.iterdir() if p.is_dir()] == [fold.name]
    counted, fit = [], fold_module.fit
    monkeypatch.setattr(fold_module, "fit", lambda *a, **k: counted.append(1) or fit(*a, **k))
    status, out, _ = mcsan(*words, "--protocol", "speaker")
    assert (
        status == 0 and Path(out.split()[-1]) == fold.parent and len(counted) == 2
    )  # three speakers, three folds
    assert len(pd.concat(pd.read_csv(f) for f in fold.parent.glob("*/predictions.csv"))) == 29


def test_a_manifest_with_a_split_is_scored_on_it(mcsan, manifest):
    status, out, _ = mcsan(
        "floors", "manifest", "--root", manifest, "--skip-bad", "--profile", "smoke"
    )
    assert (
        status == 0
        and "TF-IDF" in out
        and "speaker only" in out
        and "official"
        in next(
            json.loads(p.read_text(encoding="utf-8"))["protocol"]
            for p in manifest.parent.glob("runs/*/*/metrics.json")
        )
    )


def test_a_silent_clip_stops_what_was_not_told_to_go_on(mcsan, manifest):
    status, _, err = mcsan("floors", "manifest", "--root", manifest, "--profile", "smoke")
    assert status == 2 and "7" in err and "--skip-bad" in err


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (("floors", "ravdess", "--classes", "4"), "'iemocap'"),
        (("split", "iemocap", "--defects", "drop"), "'meld'"),
        (("check", "iemocapp"), "did you mean 'iemocap'?"),
        (("split", "manifest", "--root", "nothing.csv"), "nothing.csv"),
        (("data", "meld"), "--download"),
        (("data", "synthetic", "--layout", "melt"), "did you mean 'meld'?"),
    ],
    ids=str,
)
def test_refusals(mcsan, words, crucial):
    status, _, err = mcsan(*words)
    assert (
        status == 2
        and crucial in err
        and "Traceback" not in err
        and "Given: " in err
        and "Do: " in err
    )


def test_data_meld_fetches_into_the_data_folder(mcsan, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        download, "download_meld", lambda folder, clips: asked.append((folder, clips))
    )
    assert mcsan("data", "meld", "--download")[0] == 0 and mcsan("data", "meld", "--clips")[0] == 0
    assert asked == [(tmp_path / "data" / "meld", False), (tmp_path / "data" / "meld", True)]


@pytest.mark.parametrize(
    ("name", "module", "write"),
    [("iemocap", iemocap_simulate, "write_iemocap"), ("meld", meld_simulate, "write_meld")],
)
def test_a_layout_goes_to_its_folder(mcsan, tmp_path, monkeypatch, name, module, write):
    asked = []
    monkeypatch.setattr(
        module, write, lambda root, **knobs: asked.append((root, knobs)) or root / "tree"
    )
    status, out, _ = mcsan("data", "synthetic", "--layout", name, "--jobs", 2)
    assert status == 0 and f"mcsan check {name} --root {tmp_path}/data/synthetic-{name}/tree" in out
    assert asked[0][0] == tmp_path / "data" / f"synthetic-{name}" and asked[0][1]["jobs"] == 2
