"""A checkpoint that somebody else made: opened, or refused in three parts, and quickly."""

import json
import shutil
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from refusals import refusal
from safetensors.torch import save_file

from mcsan_lite.features.batch import Dims
from mcsan_lite.features.extraction import FeatureConfig, Features
from mcsan_lite.models import MODELS
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.saved import checkpoint

DIMS = Dims(40, 50, 2, 17)


def tensors_of(model):
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    return tensors | {"normal.mean": torch.zeros(40), "normal.deviation": torch.ones(40)}


def about_of(name, config):
    return {
        "model": name,
        "labels": ["sad", "glad"],
        "dims": asdict(DIMS),
        "config": asdict(config),
        "features": asdict(FeatureConfig()),
    }


@pytest.fixture(scope="module")
def small():
    """(what it says of itself, its tensors) of a small MCSAN."""
    config = MODELS["mcsan"].Config(hidden=8, heads=2)
    return about_of("mcsan", config), tensors_of(MODELS["mcsan"](DIMS, config))


@pytest.fixture
def write(small, tmp_path):
    """Writes the small checkpoint with changes: `write(config={...}, tensors={...})`."""

    def write(text=None, tensors=None, **changes):
        about, own = json.loads(json.dumps(small[0])), small[1] | (tensors or {})
        for part, values in changes.items():
            is_update = isinstance(values, dict) and isinstance(about[part], dict)
            about[part] = about[part] | values if is_update else values
        path = tmp_path / "model.safetensors"
        entry = json.dumps(about) if text is None else text
        save_file(own, path, {"mcsan_lite": entry})
        return path

    return write


@pytest.mark.parametrize("name", MODELS)
def test_every_model_opens_with_the_shapes_of_the_code(name, tmp_path):
    model = MODELS[name](DIMS, MODELS[name].Config())
    about = about_of(name, model.config)
    save_file(tensors_of(model), tmp_path / "m.safetensors", {"mcsan_lite": json.dumps(about)})
    state = torch.get_rng_state()
    shapes = checkpoint._shapes_of_code(MODELS[name], DIMS, model.config, 1000)
    assert torch.equal(state, torch.get_rng_state())
    assert shapes == {k: tuple(v.shape) for k, v in model.state_dict().items()}
    loaded = load_run(tmp_path / "m.safetensors").model.state_dict()
    assert all(torch.equal(loaded[k], v) for k, v in model.state_dict().items())


@pytest.mark.parametrize(
    "config",
    [
        {"hidden": 12_000},
        {"layers": 200_000},
        {"layers": 10**6},
        {"classifier_layers": 200_000},
        {"hidden": 2**40},
        {"feedforward": 250_000},
        {"kernel": 250_000},
    ],
    ids=str,
)
def test_what_is_too_large_is_never_built(write, config, monkeypatch):
    path = write(config=config)
    monkeypatch.setattr(torch.nn.Module, "load_state_dict", lambda *_: pytest.fail("built"))
    start = time.process_time()
    text = refusal(lambda: load_run(path))
    assert str(path) in text and time.process_time() - start < 2


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"hidden": "8"}},
        {"config": {"hidden": 8.0}},
        {"config": {"hidden": True}},
        {"config": {"hidden": 0}},
        {"config": {"dropout": 7.0}},
        {"config": {"dropout": 10**400}},
        {"config": {"dropout": None}},
        {"config": {"use_cross": "no"}},
        {"config": {"order": ["parallel"]}},
        {"config": []},
        {"dims": {"audio": -1}},
        {"dims": {"audio": 39}},
        {"dims": {"classes": 3}},
        {"dims": {"classes": None}},
        {"dims": 3},
        {"labels": ["sad"]},
        {"labels": ["sad", "sad"]},
        {"labels": ["sad", "\ud800"]},
        {"labels": "sad"},
        {"labels": None},
        {"model": ["mcsan"]},
        {"features": {"sample_rate": 2_000_000_000}},
        {"features": {"sample_rate": "fast"}},
        {"features": {"n_mels": 10**6}},
        {"features": {"colour": 1}},
        {"features": None},
        {"text": "[" * 100_000},
        {"text": "[]"},
        {"text": "null"},
        {"text": "{"},
        {"text": "{}"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_strange_metadata(write, change):
    path = write(**change)
    assert str(path) in refusal(lambda: load_run(path))


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("classifier.3.bias", torch.tensor([0.0, torch.nan])),
        ("classifier.3.bias", torch.tensor([0.0, torch.inf])),
        ("normal.mean", torch.full((40,), torch.nan)),
        ("normal.deviation", torch.zeros(40)),
        ("normal.deviation", torch.ones(40, 1)),
        ("normal.mean", torch.tensor(0.0)),
    ],
    ids=str,
)
def test_strange_numbers(write, name, tensor):
    path = write(tensors={name: tensor})
    text = refusal(lambda: load_run(path))
    assert str(path) in text and name in text


def test_weights_too_large_to_compute_with(write):
    large = {"classifier.0.weight": torch.full((8, 32), 3e38)}
    run = load_run(write(tensors=large))
    random = np.random.default_rng(0)
    frames, words = random.normal(size=(30, 40)), random.normal(size=(2, 50))
    one = Features("u1", frames.astype("f4"), words.astype("f4"), ("a", "b"), "sad")
    assert "'u1', for which the model computes no number" in refusal(lambda: run.probabilities(one))
    thin = Features("u2", frames[:, :13].astype("f4"), words.astype("f4"), ("a", "b"), "sad")
    assert "sound of 'u2' with 13 numbers per frame" in refusal(lambda: run.prepare([thin]))


def test_it_does_not_choose_which_file_is_read(write, tmp_path, monkeypatch):
    secret = tmp_path / "elsewhere" / "v.txt"
    secret.parent.mkdir()
    secret.write_text("a 1.5 2.5\n", encoding="utf-8")
    path = write(features={"vectors": str(secret)})
    text = refusal(lambda: load_run(path))
    assert f"{str(secret)!r}" in text and "--vectors FILE" in text
    assert load_run(path, vectors=secret).features.vectors == str(secret)
    shutil.copy(secret, path.parent / "v.txt")
    assert load_run(path).features.vectors == str(path.parent / "v.txt")
    monkeypatch.chdir(secret.parent)
    (secret.parent / "notes").touch()
    for local in ("notes", "../none.txt", "..", ""):
        refusal(lambda local=local: load_run(write(features={"vectors": local})))
    named = load_run(write(features={"vectors": "glove-wiki-gigaword-300"}))
    assert named.features.vectors == "glove-wiki-gigaword-300"


def test_a_run_of_your_own_finds_its_vectors(write, tmp_path):
    vectors = str(tmp_path / "far" / "v.txt")
    path = write(features={"vectors": vectors})
    fold = tmp_path / "runs" / "mcsan-01234567" / "official-seed0"
    fold.mkdir(parents=True)
    shutil.move(path, fold)
    refusal(lambda: load_run(fold))
    spec = {"features": {"vectors": vectors}}
    (fold.parent / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    assert load_run(fold).features.vectors == vectors
    assert load_run(Path(fold, "model.safetensors")).features.vectors == vectors
