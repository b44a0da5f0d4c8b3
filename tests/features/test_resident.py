"""What lies on a device gives the batches, and the training, that features on the host give."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mcsan_lite.features.batch import Standardizer, batches
from mcsan_lite.features.extraction import Features
from mcsan_lite.features.resident import Resident
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
)

GPU = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
needs_gpu = pytest.mark.skipif(GPU is None, reason="no CUDA or MPS device on this machine")


def same(a, b):
    assert a.ids == b.ids
    for name in (
        "audio",
        "audio_mask",
        "text",
        "text_mask",
        "label",
        "video",
        "video_mask",
        "word_frames",
    ):
        if getattr(b, name) is None:
            assert getattr(a, name) is None
        else:
            torch.testing.assert_close(getattr(a, name).cpu(), getattr(b, name), rtol=0, atol=0)


@pytest.mark.parametrize("device", ["cpu", pytest.param(GPU, marks=needs_gpu)])
def test_its_batches_are_those_of_collate(device, make_features, labels):
    made = make_features(11)
    made[3] = Features("silent", np.zeros((0, 13), np.float32), made[3].text, made[3].tokens, "sad")
    made[4] = Features("wordless", made[4].audio, np.zeros((0, 17), np.float32), (), "nobody knows")
    standardizer = Standardizer().fit(made)
    there = Resident(made, labels, standardizer, device)
    assert list(there) == made and len(there) == 11
    for seed in (None, 3):
        plain, resident = (
            list(
                batches(
                    given,
                    labels,
                    4,
                    standardizer=standardizer,
                    generator=None if seed is None else np.random.default_rng(seed),
                )
            )
            for given in (made, there)
        )
        for a, b in zip(resident, plain, strict=True):
            assert a.audio.device.type == device
            same(a, b)


def test_faces_and_the_places_of_words_come_along(make_features, labels):
    random = np.random.default_rng(0)
    made = [
        replace(
            f,
            video=random.standard_normal((3 * i, 4), np.float32),
            spans=np.sort(random.uniform(0, 0.1, (len(f.text), 2))).astype(np.float32),
        )
        for i, f in enumerate(make_features(5))
    ]
    there = Resident(made, labels, None, "cpu")
    for a, b in zip(batches(there, labels, 2), batches(made, labels, 2), strict=True):
        assert b.video is not None and b.word_frames is not None
        same(a, b)


def test_a_corpus_without_sound_or_without_words(make_features, labels):
    made = [
        Features(f.id, np.zeros((0, 13), np.float32), f.text, f.tokens, f.label)
        for f in make_features(3)
    ]
    for a, b in zip(
        batches(Resident(made, labels, None, "cpu"), labels, 2),
        batches(made, labels, 2),
        strict=True,
    ):
        same(a, b)


def test_training_from_it_gives_the_same_bits(make_features, labels, small, dims):
    made, standardizer = make_features(12), None
    found = []
    for part in (made, Resident(made, labels, standardizer, "cpu")):
        torch.manual_seed(0)
        model = MCSAN(dims, small(dropout=0.0))
        fit(model, TrainingData(part, part, labels), TrainConfig(epochs=2, batch_size=5))
        found.append(predict(model, part, labels).prob)
    assert found[0].tobytes() == found[1].tobytes()


@needs_gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_trains_what_a_cpu_trains(precision, make_features, labels, small, dims):
    made, found = make_features(24), []
    for device, how in (("cpu", "float32"), (GPU, precision)):
        torch.manual_seed(0)
        model = MCSAN(dims, small(dropout=0.0))
        fit(
            model,
            TrainingData(made, made, labels),
            TrainConfig(epochs=2, batch_size=8, precision=how),
            device=device,
        )
        found.append(predict(model, made, labels, device=device).prob)
    assert np.abs(found[0] - found[1]).max() < (0.01 if precision == "float32" else 0.1)
