"""Shipped sidecars belong to the shipped checkpoints and say what the code here says."""

import json
from pathlib import Path

import numpy as np
import pytest
from meld_files import SHARED
from refusals import refusal

from mcsan_lite.datasets.ravdess import read_ravdess
from mcsan_lite.experiments.checkpoints import CHECKPOINTS_FOLDER
from mcsan_lite.experiments.confidence.calibrating import (
    calibrated_runs,
    corpus_of_run,
    origin_of,
    share_of_unlike_sound,
    synthetic_folder_name,
)
from mcsan_lite.experiments.corpora import open_corpus
from mcsan_lite.features.extraction import extract
from mcsan_lite.training.confidence.sidecar import read_confidence
from mcsan_lite.training.runner import RunOptions

SHIPPED = sorted(CHECKPOINTS_FOLDER.glob("*.safetensors"))
ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "data" / synthetic_folder_name("matching")
RAVDESS = SHARED / "ravdess"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_checkpoint_has_its_own(path):
    found = read_confidence(path)  # refuses the one of other weights
    origin = origin_of(path)
    assert found.source.corpus == origin.corpus and found.source.generated
    assert (found.source.fold, found.source.valid) == ("official", 500)
    assert 0.5 < found.calibration.temperature < 3
    assert found.sound and found.words and len(found.words.vocabulary) > 20


def test_the_lessons_corpora_are_found_by_name():
    names = {origin_of(path).corpus for path in SHIPPED}
    assert names == {synthetic_folder_name("matching"), synthetic_folder_name("leaking")}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the lessons' corpus is not generated here")
def test_shipped_numbers_are_those_of_the_code_here():
    path = CHECKPOINTS_FOLDER / "matching-seed0.safetensors"
    shipped = read_confidence(path)
    options = RunOptions(data=ROOT / "data")
    (again,) = calibrated_runs([path], open_corpus(root=CORPUS), options)
    fitted = again.confidence
    assert fitted.calibration.temperature == pytest.approx(
        shipped.calibration.temperature, rel=1e-3
    )
    assert fitted.sound.beyond == pytest.approx(shipped.sound.beyond, rel=1e-3)
    assert fitted.words.vocabulary == shipped.words.vocabulary
    assert share_of_unlike_sound(shipped, again.parts.test) <= 0.05


@pytest.mark.skipif(not RAVDESS.is_dir(), reason=f"no real RAVDESS clips in {RAVDESS} (MCSAN_DATA)")
def test_a_human_voice_is_unlike_generated_speech(tmp_path):
    corpus = read_ravdess(RAVDESS, strict=False)
    some = corpus.subset([one.id for one in corpus.utterances[::20]])
    features, _ = extract(some, cache=tmp_path)
    for name in ("matching-seed0", "leaking-seed0"):
        confidence = read_confidence(CHECKPOINTS_FOLDER / f"{name}.safetensors")
        assert share_of_unlike_sound(confidence, features) >= 0.95


def test_a_run_of_a_corpus_that_is_not_here_is_refused(tmp_path):
    origin = origin_of(SHIPPED[0])._replace(corpus="meld")
    said = refusal(lambda: corpus_of_run(origin, tmp_path))
    assert "trained on meld" in said and "--corpus NAME" in said
    assert "no model at" in refusal(lambda: origin_of(tmp_path))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the lessons' corpus is not generated here")
def test_another_corpus_is_refused():
    leaking = next(path for path in SHIPPED if path.stem.startswith("leaking"))
    said = refusal(lambda: calibrated_runs([leaking], open_corpus(root=CORPUS)))
    assert f"which was trained on {origin_of(leaking).corpus}" in said


def test_shipped_files_are_small():
    for path in SHIPPED:
        file = path.with_name(f"{path.stem}.confidence.json")
        assert file.stat().st_size < 70_000
        assert np.isfinite(json.loads(file.read_text(encoding="utf-8"))["sound"]["beyond"])
