"""A checkpoint gives back the probabilities that were written down, and a foreign one is refused in
words.
"""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from refusals import refusal
from safetensors.torch import load_file, save_file

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.features.extraction import FeatureConfig, extract
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.tables.predictions import load_predictions
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.loop import predict
from mcsan_lite.training.runner import RunOptions, run_experiment
from mcsan_lite.training.spec import Spec

LABELS = ("angry", "neutral", "sad")
TEXTS = ("no yes", "yes", "no no yes", "yes no")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(the fold's folder, its corpus, the cache) of one small training."""
    home = tmp_path_factory.mktemp("inference")
    (home / "v.txt").write_text("no 0.5 1.5 2.5 3.5 4.5\nyes 1.0 2.0 3.0 4.0 6.0\n")
    random = np.random.default_rng(0)
    for i in range(18):
        soundfile.write(
            home / f"u{i:02d}.wav", 0.1 * random.standard_normal(4000 + 200 * i), 16_000
        )
    corpus = Corpus(
        "noise",
        LABELS,
        tuple(
            Utterance(
                f"u{i:02d}",
                home / f"u{i:02d}.wav",
                TEXTS[i % 4],
                LABELS[i % 3],
                split=("train", "valid", "test")[i // 6],
            )
            for i in range(18)
        ),
    )
    spec = Spec(
        "MCSAN",
        "mcsan",
        {"hidden": 12, "heads": 2, "activation": "tanh"},
        FeatureConfig(n_mfcc=13, n_mels=29, vectors=str(home / "v.txt")),
        TrainConfig(2, 4, 1e-2),
    )
    return (
        run_experiment([spec], corpus, options=RunOptions(data=home, runs=home / "runs")).folder[0],
        corpus,
        home / "cache",
    )


def written(folder):
    found = load_predictions(f"{folder}/predictions.csv")
    return pd.DataFrame(found.prob, index=found.ids, columns=list(LABELS))


@pytest.mark.parametrize("name", ["", "model.safetensors"])
def test_a_loaded_run_predicts_what_was_written(run, name):
    folder, corpus, cache = run
    trained = load_run(f"{folder}/{name}")
    data = trained.prepare(
        [
            f
            for f in extract(corpus, trained.features, cache=cache)[0]
            if f.id in written(folder).index
        ]
    )
    found = predict(trained.model, data, trained.labels)
    np.testing.assert_allclose(found.prob, written(folder).loc[found.ids], atol=1e-5)
    assert (
        trained.labels == LABELS
        and trained.features.n_mfcc == 13
        and trained.model.config.activation == "tanh"
    )
    assert not trained.model.training and found.prob.std(0).max() > 1e-4


def test_your_own_recording_and_transcript(run, tmp_path):
    folder, corpus, cache = run
    trained, u = load_run(folder), corpus.utterances[14]
    signal, rate = soundfile.read(u.audio)
    soundfile.write(tmp_path / "mine.flac", signal, rate)
    found = trained.probabilities(trained.features_of(tmp_path / "mine.flac", u.text, cache))
    assert found.is_monotonic_decreasing and found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found[list(LABELS)], written(folder).loc[u.id], atol=1e-5)


def test_text_alone_and_sound_alone(run):
    folder, corpus, cache = run
    trained, u = load_run(folder), corpus.utterances[14]
    both = trained.features_of(u.audio, u.text, cache)
    text, sound = trained.features_of(None, u.text, cache), trained.features_of(u.audio, "", cache)
    assert text.audio.shape == (0, 13) and text.tokens == both.tokens == ("no", "no", "yes")
    assert sound.tokens == ("<empty>",) and np.array_equal(sound.audio, both.audio)
    found = [trained.probabilities(f)[list(LABELS)].to_numpy() for f in (both, text, sound)]
    assert all(np.isfinite(p).all() and p.sum() == pytest.approx(1) for p in found)
    assert not np.allclose(found[0], found[1]) and not np.allclose(found[0], found[2])


def test_a_recording_that_is_missing_or_broken(run, tmp_path):
    trained = load_run(run[0])
    assert f"{tmp_path / 'no.wav'}" in refusal(
        lambda: trained.features_of(tmp_path / "no.wav", "yes", run[2])
    )
    (tmp_path / "text.wav").write_text("not a sound")
    text = refusal(lambda: trained.features_of(tmp_path / "text.wav", "yes", run[2]))
    assert "text.wav: a file that cannot be read" in text


@pytest.mark.parametrize("name", ["nowhere", "nowhere/model.safetensors", "."])
def test_no_model_there(name, tmp_path):
    text = refusal(lambda: load_run(tmp_path / name))
    assert "Given: no model at " in text and "mcsan run" in text


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_truncated_file(run, tmp_path, size):
    data = Path(run[0], "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(data[:size])
    text = refusal(lambda: load_run(tmp_path))
    assert str(tmp_path) in text and "a whole safetensors file" in text and "mcsan run" in text


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").touch, ()

    (tmp_path / "model.safetensors").write_bytes(pickle.dumps(Trap()))
    torch.save(Trap(), tmp_path / "other.safetensors")
    refusal(lambda: load_run(tmp_path))
    refusal(lambda: load_run(tmp_path / "other.safetensors"))
    assert not (tmp_path / "sprung").exists()


def test_files_of_others(run, tmp_path):
    save_file({"x": torch.zeros(2)}, tmp_path / "a.safetensors")
    text = refusal(lambda: load_run(tmp_path / "a.safetensors"))
    assert "of a model that is not here (None)" in text and "one of mcsan" in text
    shutil.copy(f"{run[0]}/model.safetensors", tmp_path / "b.safetensors")
    assert "('mcsan')" in refusal(
        lambda: load_run(tmp_path / "b.safetensors", models={"other": MCSAN})
    )


@pytest.mark.parametrize(
    ("change", "crucial"),
    [
        ({"config": {"layerz": 2}}, "layerz"),
        ({"config": {"layers": 2}}, "state_dict|cross.layers.1"),
        ({"dims": {"classes": 4}}, "size mismatch|classifier"),
    ],
)
def test_weights_of_other_code(run, tmp_path, change, crucial):
    from safetensors import safe_open

    path = f"{run[0]}/model.safetensors"
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["mcsan_lite"])
    for part, values in change.items():
        about[part] |= values
    save_file(load_file(path), tmp_path / "model.safetensors", {"mcsan_lite": json.dumps(about)})
    text = refusal(lambda: load_run(tmp_path))
    assert "saved by other code of 'mcsan'" in text and any(
        c in text for c in crucial.split("|")
    ), text
