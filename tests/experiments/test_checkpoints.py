"""The models that lessons open: what rounding leaves, where they are, tables made from them."""

import json
import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from refusals import refusal
from safetensors.torch import load_file, save_file

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.generator import corpus_folder
from mcsan_lite.datasets.synthetic.reader import read_synthetic
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.experiments import checkpoints, corpora
from mcsan_lite.experiments import readings as readings_module
from mcsan_lite.explain import pointing_tables
from mcsan_lite.explain import readings as ladder
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.features.extraction import extract
from mcsan_lite.paper import profiles, table_rows
from mcsan_lite.training import inference
from mcsan_lite.training.runner import RunOptions

pytestmark = pytest.mark.filterwarnings("ignore:class .* has no utterance here")
WORLDS = ("matching", "leaking")
SHIPPED = [
    (world, seed, variant) for world, variant, seeds in checkpoints.SHIPPED for seed in seeds
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with data/, runs/ and small/: three checkpoints of a smaller smoke profile."""
    home = tmp_path_factory.mktemp("checkpoints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            profiles.PROFILES,
            "smoke",
            replace(
                profiles.PROFILES["smoke"],
                synthetic=SyntheticConfig(train=60, valid=20, test=60),
            ),
        )
        patch.setattr(
            checkpoints,
            "SHIPPED",
            (
                checkpoints.Shipment("matching", "MCSAN", (0,)),
                checkpoints.Shipment("leaking", "MCSAN", (0,)),
                checkpoints.Shipment("matching", "uniform", (0,)),
            ),
        )
        patch.setattr(
            checkpoints, "AGREEMENT", 0.95
        )  # 60 utterances and hardly a training: one may lie on the fence
        home.joinpath("table.json").write_text(
            checkpoints.ship_checkpoints(
                home / "small",
                "smoke",
                options=RunOptions(data=home / "data", runs=home / "runs"),
            ).to_json(),
            encoding="utf-8",
        )
        yield home


@pytest.fixture
def where(home):
    return {"data": home / "data", "runs": home / "runs"}


def fold(home, name="mcsan"):
    """The fold of the matching world's run; the leaking one has fewer utterances to train on."""
    found = [f.parent for f in (home / "runs").glob(f"{name}-*/*/metrics.json")]
    return max(
        found, key=lambda f: json.loads((f / "metrics.json").read_text(encoding="utf-8"))["n_train"]
    )


def test_a_checkpoint_is_its_run_in_half_the_bytes(home):
    table = pd.read_json(home / "table.json")
    assert list(table.checkpoint) == [
        "matching-seed0.safetensors",
        "leaking-seed0.safetensors",
        "matching-uniform-seed0.safetensors",
    ]
    run, path = fold(home), home / "small" / "matching-seed0.safetensors"
    before, after = load_file(run / "model.safetensors"), load_file(path)
    assert set(before) == set(after)
    for name, tensor in after.items():
        if name.startswith("normal."):
            torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
        else:
            assert tensor.dtype == torch.float16
            torch.testing.assert_close(tensor.float(), before[name], rtol=1e-3, atol=1e-6)
    assert path.stat().st_size < 0.65 * (run / "model.safetensors").stat().st_size


def test_a_checkpoint_opens_as_its_run_does(home):
    found, run = (
        checkpoints.load_checkpoint("matching", 0, folder=home / "small"),
        inference.load_run(fold(home)),
    )
    assert (found.labels, found.features, found.model.config) == (
        run.labels,
        run.features,
        run.model.config,
    )
    assert not found.model.training and all(
        p.dtype == torch.float32 for p in found.model.parameters()
    )
    uniform = checkpoints.load_checkpoint("matching", 0, "uniform", folder=home / "small").model
    assert uniform.config == replace(run.model.config, uniform_attention=True)


def test_its_provenance_is_what_can_be_measured_again(home):
    path = home / "small" / "leaking-seed0.safetensors"
    about = checkpoints.read_provenance(path)
    assert (about["name"], about["seed"], about["n"]) == ("MCSAN", 0, 60) and (
        home / "runs" / about["run"]
    ).is_dir()
    corpus = read_synthetic(home / "data" / about["corpus"])
    test = [f for f in extract(corpus, cache=home / "data/cache")[0] if f.id.startswith("test")]
    run = inference.load_run(path)
    wa = np.mean([run.probabilities(f).index[0] == f.label for f in run.prepare(test)])
    assert wa == pytest.approx(about["wa_half"]) and about["agreement"] >= 0.95
    written = json.loads(
        (home / "runs" / about["run"] / f"{about['fold']}-seed0" / "metrics.json").read_text(
            encoding="utf-8"
        )
    )
    assert about["wa"] == pytest.approx(written["wa"])


def test_a_run_that_rounding_changes_is_not_shipped(home, tmp_path):
    run, path = (
        shutil.copytree(fold(home), tmp_path / "run" / "fold"),
        tmp_path / "half.safetensors",
    )
    tensors = load_file(run / "model.safetensors")
    last = max(k for k in tensors if k.startswith("classifier") and k.endswith("bias"))
    tensors[last] = (
        tensors[last] + 5000
    )  # adds nothing to any class over another, but leaves no room for differences
    metadata = {"mcsan_lite": json.dumps({"model": "mcsan", **_about(run)})}
    save_file(tensors, run / "model.safetensors", metadata)
    corpus = read_synthetic(next((home / "data").glob("synthetic-*")))
    test = extract(corpus, cache=home / "data/cache")[0][-60:]
    assert (
        "agrees" in refusal(lambda: checkpoints.ship_checkpoint(run, path, test))
        and not path.exists()
    )


def _about(run):
    found = inference.load_run(run)
    dims = {"audio": 40, "text": 50, "classes": len(found.labels)}
    return {
        "labels": found.labels,
        "dims": dims,
        "config": vars(found.model.config),
        "features": vars(found.features),
    }


def test_refusals_name_the_command(home):
    text = refusal(lambda: checkpoints.load_checkpoint("matching", 7, folder=home / "small"))
    assert (
        "matching-seed7.safetensors" in text
        and "there: leaking-seed0, " in text
        and "mcsan checkpoints" in text
    )
    assert "mcsan checkpoints" in refusal(
        lambda: checkpoints.load_checkpoint(folder=home / "nowhere")
    )
    assert "'matching'" in refusal(lambda: checkpoints.load_checkpoint("matchin"))
    assert "'uniform'" in refusal(lambda: checkpoints.load_checkpoint(variant="unifrom"))


def test_the_lessons_own_are_not_overwritten_by_another_profile(where, capsys):
    assert "--out" in refusal(
        lambda: checkpoints.ship_checkpoints(profile="smoke", options=RunOptions(**where))
    )
    places = [f"--{k}={v}" for k, v in where.items()]
    assert (
        main.main(["checkpoints", "--profile", "smoke", *places]) == 2
        and "--out" in capsys.readouterr().err
    )


def test_an_installed_package_is_never_written_into(tmp_path):
    assert checkpoints.home_of_checkpoints(tmp_path / "site-packages") == Path("checkpoints")
    (tmp_path / "pyproject.toml").touch()
    assert checkpoints.home_of_checkpoints(tmp_path) == tmp_path / "checkpoints"


def test_what_is_not_shipped_is_refused(where, tmp_path, monkeypatch, capsys):
    """In an installed package there are no checkpoints."""
    monkeypatch.setattr(
        checkpoints.find_checkpoint, "__kwdefaults__", {"folder": tmp_path / "checkpoints"}
    )
    places = [f"--{k}={v}" for k, v in where.items()]
    assert main.main(["readings", "--profile", "smoke", *places]) == 2
    said = capsys.readouterr().err
    assert "no checkpoint matching-seed0" in said and "mcsan readings --retrain" in said
    assert main.main(["attend", "--run", "checkpoints/matching-seed0.safetensors"]) == 2
    assert "Do: " in capsys.readouterr().err


def test_the_command_repeats_no_training(home, where, capsys):
    before = fold(home).joinpath("metrics.json").stat().st_mtime_ns
    places = [f"--{k}={v}" for k, v in where.items()]
    assert (
        main.main(["checkpoints", "--profile", "smoke", "--out", str(home / "again"), *places]) == 0
    )
    out = capsys.readouterr().out
    assert "matching-uniform-seed0.safetensors" in out and f"kB in {home / 'again'}" in out
    assert fold(home).joinpath("metrics.json").stat().st_mtime_ns == before
    for path in (home / "small").iterdir():
        assert path.read_bytes() == (home / "again" / path.name).read_bytes()


CALLS = deque()  # a list would count as a constant of the code, and the code would change


@pytest.fixture
def readings():
    """Two readings that know no model: one points at the first frame, the other nowhere."""

    def of(row):
        def read(model, features, target=None):
            CALLS.append(features.id)
            count = -(-len(features.audio) // 9)
            return type("Reading", (), {"frames": row(count), "pairs": None})

        return read

    CALLS.clear()
    return {"first": of(lambda n: -np.arange(n, dtype=float)), "even": of(np.ones)}


def test_scores_of_both_worlds_are_kept_on_disk(readings, where):
    how = {"profile": "smoke", "seeds": (0,), "utterances": 20}
    how["options"] = RunOptions(**where, retrain=True)
    lines = readings_module.reading_scores(readings, **how)
    read = len(CALLS)
    assert 0 < read <= 80 and all(
        i.startswith("test") for i in CALLS
    )  # readings see test utterances, only heads validation
    pd.testing.assert_frame_equal(readings_module.reading_scores(readings, **how), lines)
    assert len(CALLS) == read
    readings_module.reading_scores(readings, **how | {"utterances": 10})
    assert len(CALLS) > read
    table = pointing_tables.pointing_table(lines).set_index(["reading", "world"])
    assert set(table.index) == {
        (r, w) for r in ("first", "even", pointing_tables.BEST_HEAD) for w in WORLDS
    }
    for world in WORLDS:
        even = table.loc[("even", world)]
        assert (
            even.points == pytest.approx(even.chance) == pytest.approx(even.mass)
            and even.auc == 0.5
        )
    assert (table.n <= 20).all() and (table.n > 10).all()


def test_an_edited_reading_is_read_again(readings, where, monkeypatch):
    how = {"profile": "smoke", "seeds": (0,), "worlds": ("matching",), "utterances": 7}
    how["options"] = RunOptions(**where, retrain=True)
    readings_module.reading_scores(readings, **how)
    read = len(CALLS)
    monkeypatch.setattr(pointing_tables, "code_key", lambda *roots: "edited")
    readings_module.reading_scores(readings, **how)
    assert len(CALLS) == 2 * read > 0


def test_without_retraining_the_shipped_models_are_read(home, readings, where, monkeypatch):
    asked = []
    monkeypatch.setattr(
        checkpoints,
        "find_checkpoint",
        lambda world, seed: (
            asked.append((world, seed))
            or checkpoints.checkpoint_path(world, 0, folder=home / "small")
        ),
    )
    lines = readings_module.reading_scores(
        readings, "smoke", seeds=(0, 2), utterances=5, options=RunOptions(**where)
    )
    assert asked == [(w, s) for w in WORLDS for s in (0, 2)]
    assert lines.groupby(["world", "seed"]).ngroups == 4


def test_the_command_prints_chance_and_n(home, where, monkeypatch, capsys):
    monkeypatch.setattr(ladder, "READINGS", {"raw attention": READINGS["raw attention"]})
    places = [f"--{k}={v}" for k, v in where.items()]
    assert (
        main.main(
            [
                "readings",
                "--profile",
                "smoke",
                "--retrain",
                "--seeds",
                "1",
                "--utterances",
                "10",
                *places,
            ]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert all(
        part in out
        for part in (
            "chance",
            "low",
            "seeds",
            pointing_tables.BEST_HEAD,
            "raw attention",
            *WORLDS,
            "over utterances alone",
        )
    )


@pytest.mark.parametrize(("world", "seed", "variant"), SHIPPED)
def test_the_shipped_ones_are_those_of_the_course(world, seed, variant):
    path = checkpoints.find_checkpoint(world, seed, variant)
    about, run = (
        checkpoints.read_provenance(path),
        checkpoints.load_checkpoint(world, seed, variant),
    )
    assert (
        (about["name"], about["seed"]) == (variant, seed)
        and about["agreement"] >= 0.995
        and about["n"] == 1000
    )
    assert about["corpus"] == corpus_folder("", corpora.synthetic_config("quick", world)).name, (
        "mcsan checkpoints"
    )
    (spec,) = table_rows.table3_specs("quick", rows=["MCSAN"])
    assert run.model.config == type(run.model.config)(
        **spec.options | checkpoints.VARIANTS[variant]
    ), "mcsan checkpoints"
    assert run.features == spec.features


def test_the_shipped_ones_are_small():
    assert Path(__file__).parents[2] / "checkpoints" == checkpoints.CHECKPOINTS_FOLDER
    files = set(checkpoints.CHECKPOINTS_FOLDER.glob("*.safetensors"))
    sizes = [path.stat().st_size for path in files]
    assert max(sizes) <= 1e6 and sum(sizes) <= 6e6
    assert files == {checkpoints.checkpoint_path(*of) for of in SHIPPED}
