"""Video through the commands: beside a corpus, beside your own recording, and without any."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from mcsan_lite.cli import main
from mcsan_lite.corpus import Corpus, Utterance, Word
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.features.video import ACTION_UNITS
from mcsan_lite.training import fold as fold_module
from mcsan_lite.training import inference
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.spec import Spec

LABELS, SECONDS = ("glad", "sad"), 0.25


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Forty-two made-up recordings as a manifest, and csv films of all but the last.

    The face tells the label. In another folder one film is broken; in a third, half are missing.
    """
    home = tmp_path_factory.mktemp("seen")
    random = np.random.default_rng(0)
    lines = ["id,audio,text,label,split"]
    for i in range(42):
        soundfile.write(
            home / f"{i}.wav", 0.1 * random.standard_normal(round(SECONDS * 16_000)), 16_000
        )
        lines.append(
            f"talk/{i},{i}.wav,so it is,{LABELS[i % 2]},{('train', 'valid', 'test')[i // 14]}"
        )
        film = home / "faces" / f"part{i % 3}" / f"talk_{i}.csv"
        film.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            ",".join(map(str, (0.9, *np.clip(3 * (i % 2) + random.random(17), 0, 5).round(2))))
            for _ in range(6)
        ]
        if i < 41:
            header = ",".join(["confidence", *ACTION_UNITS])
            film.write_text("\n".join([header, *rows]), encoding="utf-8")
    (home / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    for folder in ("broken", "half"):
        (home / folder).mkdir()
        for film in list((home / "faces").rglob("*.csv"))[: None if folder == "broken" else 21]:
            (home / folder / film.name).write_bytes(film.read_bytes())
    (home / "broken" / "talk_5.csv").write_text("frame\n1\n", encoding="utf-8")
    return home


@pytest.fixture
def mcsan(home, capsys):
    def run(*words, places=("--profile", "smoke", "--data", "data", "--runs", "runs")):
        capsys.readouterr()
        status = main.main(
            [*map(str, words), *(f"{home}/{w}" if w in ("data", "runs") else w for w in places)]
        )
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def own(home, video="faces"):
    return "--corpus", "manifest", "--root", home / "own.csv", "--video", home / video


@pytest.fixture
def seeing(mcsan, home):
    """Table 1 with video -> (stdout, stderr); trained by whichever test comes first."""
    status, out, err = mcsan("run", "table1", *own(home), "--rows", "MCSAN,AMH,MCSAN + video")
    assert status == 0, err
    return out, err


@pytest.fixture
def folds(seeing, home):
    """{model's slug: its fold's folder}."""
    return {
        p.parent.parent.name.rsplit("-", 1)[0]: p.parent
        for p in (home / "runs").glob("*/official*/metrics.json")
    }


def test_table_1_with_a_folder_of_faces(seeing, mcsan, home, monkeypatch):
    out, err = seeing
    lines = {
        line.split("|")[1].strip(): line
        for line in out.split("### UA")[0].splitlines()
        if line.startswith("| ")
    }
    assert (
        "sees video" in lines["AMH"]
        and "not run" not in lines["AMH"]
        and "not run" not in lines["MCSAN + video"]
    )
    assert (
        "skipped      1  no video file, such as talk/41" in err and "none of these rows" not in err
    )
    (kept,) = (home / "runs" / "tables").glob("table1-own-*-official-smoke-video-??????.csv")
    monkeypatch.setattr(fold_module, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert mcsan("table", "table1", *own(home), "--rows", "MCSAN,AMH")[0] == 0
    assert list(kept.parent.glob("*smoke-video-??????.csv")) == [kept]


def test_without_the_folder_the_rows_that_see_are_left_out(mcsan, home):
    status, _, err = mcsan("run", "table1", *own(home)[:4], "--rows", "AMH", "--estimate")
    assert status == 2 and "Given: --rows AMH" in err and "video" in err


@pytest.mark.parametrize(("table", "folder"), [("table3", "faces"), ("table1", "half")])
def test_rows_that_do_not_look_are_said(mcsan, home, table, folder):
    rows = "MCSAN,AMH" if table == "table1" else "MCSAN"
    status, out, err = mcsan("run", table, *own(home, folder), "--rows", rows, "--estimate")
    assert (
        status == 0 and "none of these rows looks at it" in err and "5%" in err and "AMH" not in out
    )


def test_a_broken_film_stops_and_with_skip_bad_is_dropped(mcsan, home):
    words = ("run", "table1", *own(home, "broken"), "--rows", "MCSAN,AMH", "--estimate")
    status, _, err = mcsan(*words)
    assert status == 2 and "talk_5.csv without AU01_r" in err and "Do: " in err
    status, out, err = mcsan(*words, "--skip-bad")
    assert status == 0 and "skipped      1  unusable video, such as talk/5" in err and "AMH" in out
    assert mcsan("split", "manifest", *own(home, "broken")[2:])[0] == 0  # opens no film


@pytest.mark.parametrize(
    ("words", "crucial"),
    [
        (("split", "manifest", "--root", "own.csv", "--video", "runless"), "no such folder"),
        (("split", "manifest", "--root", "own.csv", "--video", "empty"), "talk_0.csv"),
        (("run", "table1", "--video", "faces"), "the generated corpus"),
        (("split", "manifest", "--root", "seen.csv", "--video", "faces"), "video of its own"),
    ],
    ids=str,
)
def test_refusals(mcsan, home, words, crucial):
    (home / "empty").mkdir(exist_ok=True)
    (home / "seen.csv").write_text(
        "id,text,label,video\ntalk/1,so,sad,faces/part1/talk_1.csv\ntalk/2,so,glad,\n",
        encoding="utf-8",
    )
    status, _, err = mcsan(
        *(
            home / w if w.endswith(".csv") or w in ("runless", "empty", "faces") else w
            for w in words
        )
    )
    assert (
        status == 2
        and crucial in err
        and all(part in err for part in ("Given: ", "Expected: ", "Do: "))
    )


def test_predict_looks_at_the_film(mcsan, home, folds):
    for model in ("amh", "mcsan-video"):
        tested = pd.read_csv(folds[model] / "predictions.csv").set_index("id")
        status, out, err = mcsan(
            "predict",
            "--run",
            folds[model],
            "--audio",
            home / "30.wav",
            "--text",
            "so it is",
            "--video",
            home / "faces/part0/talk_30.csv",
            places=("--data", "data"),
        )
        assert status == 0 and "no video" not in err
        found = dict(line.rsplit(maxsplit=1) for line in out.partition("\n\n")[0].splitlines())
        assert found == {label: f"{tested.loc['talk/30', f'p({label})']:.1%}" for label in LABELS}


def test_predict_says_what_it_does_not_get(mcsan, home, folds, tmp_path):
    words = ("predict", "--audio", home / "30.wav", "--text", "so it is", "--run")
    status, out, err = mcsan(*words, folds["mcsan-video"], places=("--data", "data"))
    assert (
        status == 0
        and out
        and "no video (--video): this run was trained with a video stream" in err
    )
    status, out, err = mcsan(*words, folds["amh"], places=("--data", "data"))
    assert (
        status == 2
        and out == ""
        and "no video (--video)" in err
        and "Given: a batch without video" in err
    )
    film = home / "faces/part0/talk_30.csv"
    status, out, err = mcsan(*words, folds["mcsan"], "--video", film, places=("--data", "data"))
    assert (
        status == 2
        and out == ""
        and "Given: --video (video=) for a run that was trained without" in err
    )
    np.save(tmp_path / "narrow.npy", np.ones((3, 4)))
    status, _, err = mcsan(
        *words, folds["amh"], "--video", tmp_path / "narrow.npy", places=("--data", "data")
    )
    assert status == 2 and "4 numbers per frame" in err and "Expected: 17" in err


def test_attend_with_a_film(mcsan, home, folds, tmp_path):
    film, out = home / "faces/part0/talk_30.csv", tmp_path / "map"
    words = ("attend", "--audio", home / "30.wav", "--text", "so it is", "--out", out, "--run")
    status, said, err = mcsan(*words, folds["amh"], "--video", film, places=("--data", "data"))
    used = "heard: all 0.2 s of sound\nread: the whole transcript, 3 tokens\n"
    assert status == 0 and said and err == used
    status, _, err = mcsan(*words, folds["mcsan-video"], "--video", film, places=("--data", "data"))
    assert status == 0 and err == used and Path(f"{out}.html").is_file()
    status, _, err = mcsan(*words, folds["mcsan"], "--video", film, places=("--data", "data"))
    assert status == 2 and "trained without" in err
    words = (
        "attend",
        "--corpus",
        "manifest",
        "--root",
        home / "own.csv",
        "--id",
        "talk/30",
        "--run",
        folds["amh"],
    )
    assert mcsan(*words, "--video", home / "faces", places=("--data", "data"))[:2] == (0, said)
    status, _, err = mcsan(*words, places=("--data", "data"))
    assert status == 2 and err.startswith("no video (--video)") and "Given: " in err
    (home / "column.csv").write_text(
        f"id,audio,text,label,video\ntalk/30,30.wav,so it is,sad,{film}\n", encoding="utf-8"
    )
    words = (*words[:4], home / "column.csv", *words[5:])
    assert mcsan(*words, places=("--data", "data")) == (0, said, used)  # video of its own


def test_a_run_on_known_word_times_reads_a_recording_without(home, mcsan, tmp_path):
    times = (Word("so", 0, 0.05), Word("it", 0.05, 0.1), Word("is", 0.1, 0.25))
    corpus = Corpus(
        "timed",
        LABELS,
        tuple(
            Utterance(
                f"u{i}",
                home / f"{i}.wav",
                "so it is",
                LABELS[i % 2],
                split=("train", "valid", "test")[i // 10],
                words=times,
            )
            for i in range(30)
        ),
    )
    spec = Spec("CAN", "can", {"hidden": 6}, FeatureConfig(align="gold"), TrainConfig(1, 10, 1e-2))
    folder = run_experiment(
        [spec], corpus, options=RunOptions(data=home / "data", runs=tmp_path / "runs")
    ).folder[0]
    run = inference.load_run(folder)
    found = run.features_of(home / "30.wav", "so it is", home / "data/cache")
    assert (
        run.features.align == "gold" and run.without_word_times().features.align == "proportional"
    )
    assert (
        found.spans.shape == (3, 2)
        and 0 < found.spans[0, 1] <= found.spans[1, 1] < found.spans[2, 1] <= SECONDS + 0.02
    )
    words = ("--run", folder, "--audio", home / "30.wav", "--text", "so it is")
    for command in ("predict", "attend"):
        status, out, err = mcsan(command, *words, places=("--data", "data"))
        assert status == 0 and out and "no word times" in err and "letters" in err
    status, _, err = mcsan(
        "predict", "--run", folder, "--text", "so it is", places=("--data", "data")
    )
    assert status == 0 and "no word times" not in err
