"""`mcsan calibrate`: a confidence.json for each run, on the corpus of its training alone."""

import json

import pytest
from refusals import refused

from mcsan_lite.cli import main
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.training.confidence.sidecar import confidence_path, read_confidence


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with data/ and runs/, and the folder of a fold that `mcsan run` trained."""
    import dataclasses

    from mcsan_lite.paper import profiles

    home = tmp_path_factory.mktemp("calibrate")
    smoke = dataclasses.replace(
        profiles.PROFILES["smoke"], synthetic=SyntheticConfig(train=60, valid=30, test=30)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.PROFILES, "smoke", smoke)
        places = ("--data", f"{home}/data", "--runs", f"{home}/runs")
        assert main.main(["run", "--rows", "MCSAN", "--profile", "smoke", *places]) == 0
    (weights,) = (home / "runs").glob("mcsan-*/*/model.safetensors")
    return home, weights.parent


@pytest.fixture
def mcsan(trained, capsys):
    home, _ = trained

    def call(*words):
        status = main.main(["calibrate", *map(str, words), "--data", f"{home}/data"])
        return status, *capsys.readouterr()

    return call


def test_a_trained_run_is_calibrated_and_again_alike(mcsan, trained, tmp_path):
    _, fold = trained
    first = read_confidence(fold)
    assert first is not None and first.source.generated and first.source.valid == 30
    text = confidence_path(fold).read_text(encoding="utf-8")
    confidence_path(fold).unlink()
    status, out, _ = mcsan("--run", fold.parent, "--figure", tmp_path / "sure.png")
    assert status == 0 and "ECE calibrated" in out and f"{fold.parent.name}/{fold.name}" in out
    assert confidence_path(fold).read_text(encoding="utf-8") == text
    assert (tmp_path / "sure.png").read_bytes()[:4] == b"\x89PNG"


def test_weights_that_changed_are_not_answered_for(mcsan, trained, capsys):
    _, fold = trained
    path = confidence_path(fold)
    kept = path.read_text(encoding="utf-8")
    path.write_text(json.dumps(json.loads(kept) | {"weights": "0" * 64}), encoding="utf-8")
    words = ["predict", "--run", str(fold), "--text", "so"]
    assert main.main(words) == 2
    assert "the confidence of other weights" in capsys.readouterr().err
    assert mcsan("--run", fold)[0] == 0
    assert path.read_text(encoding="utf-8") == kept


def test_refusals(mcsan, trained, tmp_path):
    home, fold = trained
    refused(mcsan("--run", tmp_path), "no run at")
    refused(mcsan("--run", fold, "--figure", tmp_path / "a.txt"), "ends in .png or .svg")
    (other,) = (home / "data").glob("synthetic-*")
    refused(mcsan("--run", fold, "--corpus", "manifest", "--root", tmp_path / "no.csv"), "no.csv")
    spec = fold.parent / "spec.json"
    kept = spec.read_text(encoding="utf-8")
    spec.write_text(kept.replace(other.name, "meld"), encoding="utf-8")
    refused(mcsan("--run", fold), "trained on meld", "--corpus NAME --root PATH")
    spec.write_text(kept, encoding="utf-8")
