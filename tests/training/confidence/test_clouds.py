"""Checkpoints in one folder share the cloud of their training part."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusals import refusal

from mcsan_lite.evaluation.likeness import fit_cloud
from mcsan_lite.training.confidence import clouds, sidecar
from mcsan_lite.training.confidence.sidecar import (
    Calibration,
    Confidence,
    KnownSound,
    KnownWords,
    TrainedOn,
)

SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints"
MOST_BYTES = 6_000_000  # of the shipped checkpoints, with all that lies beside them
MOST_BYTES_EACH = 1_000_000


def cloud(seed=0, size=5):
    rows = np.random.default_rng(seed).standard_normal((60, size))
    return fit_cloud(rows)


def write(folder, name, seed=0):
    """A checkpoint with its confidence. Returns its weights file."""
    weights = folder / f"{name}.safetensors"
    weights.write_bytes(name.encode())
    found = Confidence(
        sidecar.weights_digest(weights),
        TrainedOn("own", False, "official", 60, 6),
        Calibration(1.5, 0.5, 0.1, 0.05),
        KnownSound(cloud(seed), 1.8),
        KnownWords(frozenset(("so",)), 0.02, 1.5),
    )
    sidecar.write_confidence(weights, found)
    return weights


def names(folder):
    return sorted(path.name for path in folder.glob("*.cloud"))


def test_models_of_one_training_part_share_one_file(tmp_path):
    first, second = write(tmp_path, "a"), write(tmp_path, "b")
    assert len(names(tmp_path)) == 1
    write(tmp_path, "c", seed=1)
    assert len(names(tmp_path)) == 2
    for weights in (first, second):
        kept = sidecar.read_confidence(weights).sound.cloud
        rows = np.random.default_rng(2).standard_normal((9, 5))
        np.testing.assert_allclose(kept.distances(rows), cloud().distances(rows), rtol=2e-3)


def test_it_holds_the_very_numbers_that_a_fold_holds_in_one_file(tmp_path):
    shared = write(tmp_path, "a")
    alone = tmp_path / "fold"
    alone.mkdir()
    (alone / "model.safetensors").write_bytes(shared.read_bytes())
    sidecar.write_confidence(alone, replace(sidecar.read_confidence(shared)))
    assert [path.name for path in alone.iterdir() if path.suffix == ".cloud"] == []
    here, there = (sidecar.read_confidence(run).sound.cloud for run in (shared, alone))
    for part in ("center", "scale", "whitener"):
        np.testing.assert_array_equal(getattr(here, part), getattr(there, part))


def test_a_file_as_it_was_before_is_still_read(tmp_path):
    weights = write(tmp_path, "a")
    folder = tmp_path / "fold"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights.read_bytes())
    before = sidecar.write_confidence(folder, sidecar.read_confidence(weights))
    assert json.loads(before.read_text(encoding="utf-8"))["format"] == 1
    sidecar.confidence_path(weights).write_bytes(before.read_bytes())
    for path in tmp_path.glob("*.cloud"):
        path.unlink()
    assert sidecar.read_confidence(weights).sound.beyond == 1.8


def test_without_the_file_that_it_names_it_says_which_one_to_copy(tmp_path):
    weights = write(tmp_path, "a")
    (name,) = names(tmp_path)
    (tmp_path / name).unlink()
    said = refusal(lambda: sidecar.read_confidence(weights))
    assert f"copy {name} too" in said and "mcsan calibrate" in said


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"\x7f"])
def test_a_damaged_cloud_is_refused(tmp_path, damage):
    weights = write(tmp_path, "a")
    (name,) = names(tmp_path)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    assert "damaged" in refusal(lambda: sidecar.read_confidence(weights))


@pytest.mark.parametrize("name", ["../a.safetensors", "a.safetensors", 5, None, ["a"]])
def test_no_other_file_is_opened(tmp_path, name):
    weights = write(tmp_path, "a")
    path = sidecar.confidence_path(weights)
    values = json.loads(path.read_text(encoding="utf-8"))
    values["sound"]["cloud"] = name
    path.write_text(json.dumps(values), encoding="utf-8")
    assert "no confidence of ours" in refusal(lambda: sidecar.read_confidence(weights))


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    weights = write(tmp_path, "a")
    path = sidecar.confidence_path(weights)
    strange = replace(cloud(), center=np.full(5, np.nan))
    values = json.loads(path.read_text(encoding="utf-8"))
    values["sound"]["cloud"] = clouds.keep_cloud(strange, tmp_path)
    path.write_text(json.dumps(values), encoding="utf-8")
    assert "out of range" in refusal(lambda: sidecar.read_confidence(weights))


def test_a_cloud_that_nobody_names_any_more_goes_and_no_other_file(tmp_path):
    weights = write(tmp_path, "a", seed=3)
    (tmp_path / "sound-of-mine.cloud").write_text("mine", encoding="utf-8")
    (old,) = set(names(tmp_path)) - {"sound-of-mine.cloud"}
    write(tmp_path, "a", seed=4)
    assert weights.is_file()
    assert old not in names(tmp_path)
    assert len(names(tmp_path)) == 2
    (tmp_path / "b.confidence.json").write_text("{", encoding="utf-8")
    write(tmp_path, "a", seed=5)
    assert len(names(tmp_path)) == 3  # b may need one of them


def test_the_shipped_checkpoints_are_as_light_as_promised():
    sizes = {path.name: path.stat().st_size for path in SHIPPED.iterdir()}
    assert max(sizes.values()) <= MOST_BYTES_EACH
    assert sum(sizes.values()) <= MOST_BYTES
    weights = sorted(SHIPPED.glob("*.safetensors"))
    found = [sidecar.read_confidence(path) for path in weights]
    assert len(found) == 10 and None not in found
    assert len(names(SHIPPED)) == len({one.source.corpus for one in found})
