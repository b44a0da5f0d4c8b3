"""A run on disk: what a finished fold is, when it is done again, and that nothing but its settings
decides its bits.
"""

import json
import platform
import socket
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from grids import contents
from safetensors.torch import load_file

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import splits
from mcsan_lite.errors import DataError
from mcsan_lite.evaluation import metrics
from mcsan_lite.features import extraction
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models import MODELS, precision
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training import fold as fold_module
from mcsan_lite.training import loop, run_folder, runner
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.run_folder import load_results
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.spec import Spec, vectors_read

FILES = [
    "history.csv",
    "manifest.json",
    "metrics.json",
    "model.safetensors",
    "peeking.csv",
    "predictions.csv",
]
LABELS = ("angry", "neutral", "sad")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tones")
    (folder / "v.txt").write_text("no 0.5 1.5 2.5 3.5 4.5\nyes 1.0 2.0 3.0 4.0 6.0\n")
    for i in range(24):
        t = np.arange(3200 + 320 * i) / 16_000
        noise = np.random.default_rng(i).standard_normal(len(t))
        soundfile.write(
            folder / f"u{i:02d}.wav", 0.3 * np.sin(900 * (1 + i % 3) * t) + 0.02 * noise, 16_000
        )
    return folder


@pytest.fixture(scope="module")
def corpus(home):
    """24 clips of three classes by three speakers, who are also its official split: three folds, or
    one.
    """
    return Corpus(
        "tones",
        LABELS,
        tuple(
            Utterance(
                f"u{i:02d}",
                home / f"u{i:02d}.wav",
                ("no yes", "yes", "no no yes")[i // 3 % 3],
                LABELS[i % 3],
                speaker=f"s{i // 8}",
                split=("train", "valid", "test")[i // 8],
            )
            for i in range(24)
        ),
    )


@pytest.fixture(scope="module")
def spec(home):
    small = FeatureConfig(n_mfcc=13, n_mels=29, vectors=str(home / "v.txt"))
    return Spec(
        "w/o  Much",
        "mcsan",
        {"hidden": 8, "heads": 2},
        small,
        TrainConfig(epochs=2, batch_size=5, learning_rate=5e-3),
        "speaker",
    )


@pytest.fixture(scope="module")
def go(home, corpus, spec):
    def run(runs, *specs, seeds=(0,), folds=None, models=MODELS, **how):
        options = RunOptions(data=home, runs=runs, **how)
        what = specs or [spec]
        return run_experiment(
            what, corpus, seeds=seeds, folds=folds, models=models, options=options
        )

    return run


@pytest.fixture(scope="module")
def done(home, go):
    """The three folds, uninterrupted: (folder of runs, results)."""
    return home / "runs", go(home / "runs")


@pytest.fixture
def fits(monkeypatch):
    """How often a training started; set `fits.fail` = {number of the call: exception}."""

    class Count(int):
        calls, fail, real = 0, {}, staticmethod(loop.fit)

    def fit(*args, **how):
        Count.calls += 1
        if Count.calls in Count.fail:
            raise Count.fail[Count.calls]
        return Count.real(*args, **how)

    monkeypatch.setattr(fold_module, "fit", fit)
    return Count


def test_a_finished_fold_has_six_files_and_the_run_says_what_it_is(done, corpus, spec):
    runs, results = done
    folders = sorted(p for p in runs.glob("*/*") if p.is_dir())
    assert [f.name for f in folders] == ["speaker-0-seed0", "speaker-1-seed0", "speaker-2-seed0"]
    assert all(sorted(p.name for p in f.iterdir()) == FILES for f in folders)
    (run,) = [p for p in runs.iterdir() if p.name != "splits"]
    (listed,) = (runs / "splits").iterdir()  # who was where, with the hash that the results name
    assert len(pd.read_csv(listed, index_col="id")) == len(corpus) and results.split.nunique() == 3
    assert run.name == f"w-o-much-{spec.key(corpus, MCSAN)}" == results.run[0]
    about = json.loads((run / "spec.json").read_text())
    assert about["fingerprint"] == corpus.fingerprint()
    assert about["options"] == spec.options and about["protocol"] == "speaker"
    assert len(pd.read_csv(folders[0] / "history.csv")) == 2


def test_scores_can_be_recomputed_from_the_predictions(done):
    for row in done[1].itertuples():
        table = pd.read_csv(f"{row.folder}/predictions.csv")
        columns = [f"p({label})" for label in LABELS]
        assert list(table) == ["id", "true", *columns] and len(table) == row.n_test == 8
        prob = table[columns].to_numpy()
        np.testing.assert_allclose(prob.sum(1), 1, atol=1e-5)
        true = [LABELS.index(t) for t in table.true]
        assert (
            metrics.wa(true, prob.argmax(1)) == row.wa
            and metrics.ua(true, prob.argmax(1)) == row.ua
        )
    tested = sorted(i for f in done[1].folder for i in pd.read_csv(f"{f}/predictions.csv").id)
    assert tested == [f"u{i:02d}" for i in range(24)]


def test_peeking_is_what_the_best_test_epoch_would_have_bought(done, spec):
    for row in done[1].itertuples():
        peeks = pd.read_csv(f"{row.folder}/peeking.csv")
        assert list(peeks) == [
            "epoch",
            "wa",
            "ua",
            "weighted_f1",
            "macro_f1",
        ] and peeks.epoch.tolist() == [1, 2]
        chosen, best = (
            peeks.loc[row.best_epoch - 1],
            peeks.loc[peeks.wa.idxmax()],
        )  # spec.train.select is wa
        assert (
            chosen.wa == row.wa and chosen.macro_f1 == row.macro_f1
        )  # the same test part, the same weights
        assert (row.peeked_epoch, row.peeked_wa, row.peeked_ua) == (best.epoch, best.wa, best.ua)
        assert row.peeked_wa >= row.wa
        history = pd.read_csv(f"{row.folder}/history.csv")
        assert history.seconds.min() - 1e-3 <= row.seconds_per_epoch <= history.seconds.max() + 1e-3


def test_nothing_depends_on_peeking(done, go, tmp_path, monkeypatch):
    """Without it: the same weights, predictions and history, bit for bit.

    Nor does a model that draws random numbers.
    """
    monkeypatch.setattr(fold_module.Peeking, "__call__", lambda self, row: None)
    monkeypatch.setattr(run_folder, "best_peek", lambda peeking, select: {})
    go(tmp_path)
    seeing, blind = contents(done[0]), contents(tmp_path)
    compared = [
        name for name in blind if name.endswith((".safetensors", "predictions.csv", "history.csv"))
    ]
    assert len(compared) == 9 and all(blind[name] == seeing[name] for name in compared)


def test_peeking_leaves_the_random_state(spec):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    peeks = fold_module.Peeking(lambda: {name: float(torch.rand(1)) for name in fold_module.SCORES})
    peeks({"epoch": 1})
    assert torch.rand(3).equal(expected)
    assert fold_module.best_peek(pd.DataFrame(peeks.rows), "wa")["peeked_epoch"] == 1


def test_the_manifest_says_what_a_fold_was_made_with_and_not_by_whom(done, corpus):
    made = json.loads(Path(done[1].folder[0], "manifest.json").read_text())
    assert made["corpus"] == corpus.fingerprint() and made["split"] == done[1].split[0]
    assert made["code"] == fold_module.training_code(MCSAN) and made["libraries"][
        "torch"
    ] == metadata.version("torch")
    assert set(made["libraries"]) == {
        "torch",
        "numpy",
        "scipy",
        "scikit-learn",
        "librosa",
        "pandas",
    }
    assert made["started"] <= made["finished"] and made["threads"] == 1 and made["device"] == "cpu"
    assert made["python"] == platform.python_version() and made["processor"] and made["platform"]
    text = json.dumps(made)
    assert socket.gethostname() not in text and str(Path.home()) not in text


def test_the_folds_are_made_once_a_call(go, spec, tmp_path, done, monkeypatch):
    made, real = [], splits.folds
    monkeypatch.setattr(
        splits, "folds", lambda corpus, protocol: made.append(protocol) or real(corpus, protocol)
    )
    go(done[0], spec, spec)
    assert made == ["speaker"]


def test_a_second_call_trains_nothing(done, go, fits):
    before = contents(done[0])
    pd.testing.assert_frame_equal(go(done[0]), done[1])
    assert fits.calls == 0 and contents(done[0]) == before


def test_retrain_and_seeds(done, go, fits, tmp_path, spec):
    one = replace(spec, protocol="official")
    both = go(tmp_path, one, seeds=(0, 1))
    assert fits.calls == 2 and both.seed.tolist() == [0, 1] and both.run.nunique() == 1
    weights = [load_file(f"{f}/model.safetensors")["classifier.0.weight"] for f in both.folder]
    assert not weights[0].equal(weights[1])
    before = contents(tmp_path)
    go(tmp_path, one, seeds=(1,), retrain=True)
    assert fits.calls == 3 and contents(tmp_path) == before


def test_a_crash_costs_its_fold_only(done, go, fits, tmp_path):
    fits.fail = {2: FloatingPointError("the roof")}
    with pytest.raises(RuntimeError) as caught:
        go(tmp_path)
    text = str(caught.value)
    assert "Given: 1 of 3 folds" in text and "Expected: " in text and "Do: read error.txt" in text
    assert "speaker-1-seed0: FloatingPointError: the roof" in text and "speaker-0" not in text
    (broken,) = tmp_path.rglob("error.txt")
    assert broken.parent.name == "speaker-1-seed0" and "the roof" in broken.read_text()
    assert [p.name for p in broken.parent.iterdir()] == ["error.txt"]
    assert len(list(tmp_path.rglob("metrics.json"))) == 2
    go(tmp_path)
    assert fits.calls == 4 and contents(tmp_path) == contents(done[0])


def test_a_refusal_of_a_fold_is_shown_with_its_three_parts(go, fits, tmp_path):
    fits.fail = {1: DataError("a corpus\nof one word", "two", "add one."), 2: ValueError("a\nb")}
    with pytest.raises(RuntimeError) as caught:
        go(tmp_path)
    text = str(caught.value)
    assert "speaker-0-seed0: Given: a corpus of one word Expected: two Do: add one.\n" in text
    assert "speaker-1-seed0: b\n" in text


def test_a_refusal_that_led_to_another_error_is_not_shown_instead_of_it(go, fits, tmp_path):
    fits.fail = {1: ValueError("the last one")}
    fits.fail[1].__cause__ = DataError("this", "that", "look.")
    with pytest.raises(RuntimeError, match="speaker-0-seed0: ValueError: the last one\n"):
        go(tmp_path)


def test_an_interruption_costs_the_running_fold_only(done, go, fits, tmp_path):
    fits.fail = {2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path)
    assert [p.parent.name for p in tmp_path.rglob("metrics.json")] == ["speaker-0-seed0"]
    next(tmp_path.rglob("metrics.json")).unlink()  # as if it had come just before the last file
    go(tmp_path)
    assert fits.calls == 5 and contents(tmp_path) == contents(done[0])


def test_two_processes_give_the_same_bits(done, go, tmp_path):
    go(tmp_path, jobs=2)
    assert contents(tmp_path) == contents(done[0])


@pytest.mark.parametrize("part", ["train", "test"])
def test_only_the_training_part_shapes_the_model(part, corpus, spec, go, tmp_path, monkeypatch):
    one, real = replace(spec, protocol="official"), extraction.extract
    (before,) = go(tmp_path / "a", one).folder

    def changed(*args, **how):
        split = {u.id: u.split for u in corpus.utterances}
        data, bad = real(*args, **how)
        return [replace(f, audio=f.audio * 3 + 7) if split[f.id] == part else f for f in data], bad

    monkeypatch.setattr(runner, "extract", changed)
    (after,) = go(tmp_path / "b", one).folder
    old, new = (load_file(f"{folder}/model.safetensors") for folder in (before, after))
    same = {name: old[name].equal(new[name]) for name in old}
    assert (
        all(same.values())
        if part == "test"
        else not same["normal.mean"] and not same["normal.deviation"]
    )
    tables = [
        pd.read_csv(f"{folder}/predictions.csv")[f"p({LABELS[0]})"] for folder in (before, after)
    ]
    assert not np.allclose(*tables)  # the scores do see the test part


def test_a_wrong_name_gets_a_suggestion(go, spec, tmp_path):
    with pytest.raises(DataError, match=r"Given: model 'mcsam'\n(.*\n)*Do: did you mean 'mcsan'"):
        go(tmp_path, replace(spec, model="mcsam"))
    with pytest.raises(
        DataError, match=r"Given: protocol 'speakr'\nExpected: .*\nDo: did you mean 'speaker'"
    ):
        go(tmp_path, replace(spec, protocol="speakr"))
    assert list(tmp_path.iterdir()) == []


def test_nothing_finished_is_said(tmp_path):
    with pytest.raises(
        DataError, match=r"Given: no finished run below .*\nExpected: .*metrics.json\nDo: mcsan run"
    ):
        load_results(tmp_path)


def test_load_results_finds_what_is_there(done):
    found = load_results(done[0])
    pd.testing.assert_frame_equal(found, done[1])
    assert found[
        ["name", "model", "corpus", "protocol", "epochs"]
    ].drop_duplicates().values.tolist() == [["w/o  Much", "mcsan", "tones", "speaker", 2]]


def test_a_precision_that_the_machine_lacks_is_refused_before_anything_is_made(
    corpus, home, tmp_path, monkeypatch
):
    monkeypatch.setattr(precision, "bfloat16_trains", lambda device: False)
    spec = Spec("MCSAN", "mcsan", {}, FeatureConfig(), TrainConfig(precision="bfloat16"), "speaker")
    with pytest.raises(
        DataError,
        match=r"(?s)Given: precision 'bfloat16'.*Expected: .*Do: take precision 'float32'",
    ):
        run_experiment([spec], corpus, options=RunOptions(data=tmp_path, runs=tmp_path / "runs"))
    assert not list(tmp_path.iterdir())


def test_words_that_no_vector_knows_are_refused_before_anything_is_trained(corpus, home, tmp_path):
    turns = tuple(replace(u, text="你好你好") for u in corpus.utterances)
    foreign = replace(corpus, utterances=turns)
    read = Spec("w/o audio", features=FeatureConfig(n_mfcc=13, vectors=str(home / "v.txt")))
    with pytest.raises(DataError, match="0 of the 24 words of the corpus known"):
        run_experiment([read], foreign, options=RunOptions(tmp_path / "data", tmp_path / "runs"))
    assert not list(tmp_path.rglob("model.safetensors"))
    deaf = replace(read, options={"use_text": False, "use_cross": False})
    own_vectors = replace(read, features=replace(read.features, unknown="random"))
    assert vectors_read([deaf, own_vectors]) == []
    assert vectors_read([deaf, read, read]) == [read.features.vectors]


def test_a_corpus_of_one_class_is_refused_before_anything_is_made(corpus, spec, tmp_path):
    same = tuple(replace(u, label="sad") for u in corpus.utterances)
    alone = replace(corpus, utterances=same, labels=("sad",))
    with pytest.raises(DataError, match=r"(?s)one class only, 'sad'.*Expected: .*Do: "):
        run_experiment([spec], alone, options=RunOptions(tmp_path / "data", tmp_path / "runs"))
    assert not list(tmp_path.iterdir())


def test_an_empty_spec_is_written_again(done, go, fits):
    """A power cut may leave a file of no bytes; the folds stay."""
    runs, results = done
    path = Path(results.folder.iloc[0]).parent / "spec.json"
    whole = path.read_text()
    path.write_text("")
    go(runs)
    assert path.read_text() == whole and fits.calls == 0
