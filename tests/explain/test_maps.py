"""Maps with labels on both axes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.explain.maps import AttentionMap, MapName, attention_maps
from mcsan_lite.explain.steps import frame_spans, frame_times
from mcsan_lite.features.batch import Dims, ModelOutput, collate
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.mcsan import MCSAN


@pytest.fixture
def example(small, make_features):
    """A model and one utterance of 40 MFCC frames (5 pooled) and 4 tokens."""
    torch.manual_seed(0)
    (one,) = make_features(1, frames=40, words=4)
    return MCSAN(Dims(13, 17, 3), small(layers=2)), one


def test_labels_are_tokens_and_seconds(example):
    model, one = example
    maps = attention_maps(model, one)
    seconds = frame_times(5).round(3).tolist()
    axes = {"text": list(one.tokens), "audio": seconds}
    assert {name: (m.queries, m.keys) for name, m in maps.items()} == {
        f"{name.format(n)}": (axes[q], axes[k])
        for n in range(2)
        for name, q, k in (
            ("cross.{}.text_from_audio", "text", "audio"),
            ("cross.{}.audio_from_text", "audio", "text"),
            ("self.{}.text", "text", "text"),
            ("self.{}.audio", "audio", "audio"),
        )
    }
    for name, m in maps.items():
        assert m.name == name and m.weights.shape == (11, len(m.queries), len(m.keys))
        np.testing.assert_allclose(m.weights.sum(-1), 1, atol=1e-5)
        assert list(m.frame().index) == m.queries and list(m.frame().columns) == m.keys
    first = maps["cross.0.text_from_audio"]
    np.testing.assert_array_equal(first.frame(head=3), first.weights[3])
    np.testing.assert_allclose(first.mean, first.weights.mean(0))


def test_the_maps_are_those_behind_the_prediction(example):
    model, one = example
    model.train()
    found = attention_maps(model, one)
    with torch.no_grad():
        raw = model.eval()(collate([one]), need_attention=True).attention
    for name, m in found.items():
        np.testing.assert_array_equal(m.weights, raw[name][0])


def test_other_sizes_give_other_seconds(small, make_features):
    (one,) = make_features(1, frames=40, words=4)
    model = MCSAN(Dims(13, 17, 3), small(kernel=5, pool_stride=2, conv_same=False))
    keys = attention_maps(model, one)["self.0.audio"].keys
    assert keys == frame_times(len(keys), model.conv_sizes).round(3).tolist()
    assert np.diff(keys)[2] == pytest.approx(0.04)


def test_other_features_give_other_seconds(example):
    model, one = example
    config = FeatureConfig(hop_s=0.02, window_s=0.05)
    for m in attention_maps(model, one, config).values():
        np.testing.assert_allclose(m.spans, frame_spans(5, hop_s=0.02, window_s=0.05))
        for axis in (m.queries, m.keys):
            assert axis in (
                list(one.tokens),
                frame_times(5, hop_s=0.02, window_s=0.05).round(3).tolist(),
            )
    assert np.diff(attention_maps(model, one, config)["self.0.audio"].keys)[2] == pytest.approx(
        0.18
    )


def test_a_map_knows_its_layer_and_direction(example):
    model, one = example
    assert {(m.layer, m.direction) for m in attention_maps(model, one).values()} == {
        (n, d) for n in range(2) for d in ("text_from_audio", "audio_from_text", "text", "audio")
    }


@pytest.mark.parametrize("lacks", ["text", "audio"])
def test_a_modality_that_is_not_there_has_no_labels(lacks, example):
    model, one = example
    one = replace(
        one, **{lacks: getattr(one, lacks)[:0]}, **({"tokens": ()} if lacks == "text" else {})
    )
    for m in attention_maps(model, one).values():
        assert m.weights.shape == (11, len(m.queries), len(m.keys))
        assert (0 in m.weights.shape) == (lacks in m.direction)
        assert m.frame().shape == m.mean.shape
        said = m.describe()
        assert said == (f"{m.name}: nothing to look at" if not m.keys else said)


def test_description_names_words_and_seconds():
    heads = np.array([[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.6, 0.4]]])
    to_sound = AttentionMap("cross.0.text_from_audio", heads, ["pain", "so"], [0.06, 0.131])
    assert to_sound.describe() == (
        "pain looks most at 0.13 s (80%; even spread would be 50%)\n"
        "so looks most at 0.06 s (70%; even spread would be 50%)"
    )
    to_words = AttentionMap("cross.0.audio_from_text", heads, [0.06, 0.131], ["pain", "so"])
    assert to_words.describe().splitlines()[0].startswith("0.06 s looks most at so (80%")


def test_a_model_without_maps_is_refused(make_features):
    class Plain(nn.Module):
        def forward(self, batch, *, need_attention=False):
            return ModelOutput(torch.zeros(1, 3))

    with pytest.raises(DataError) as caught:
        attention_maps(Plain(), make_features(1)[0])
    assert str(caught.value) == (
        "Given: Plain, which returns no attention map\nExpected: a model with attention\n"
        "Do: load another run."
    )


@pytest.mark.parametrize("options", [{}, {"conv_same": False}, {"pool_stride": 2}], ids=str)
def test_steps_of_video_are_counted_and_a_missing_video_has_none(options, small, make_features):
    torch.manual_seed(0)
    model = MCSAN(Dims(13, 17, 3, video=7), small(use_video=True, **options))
    one = replace(make_features(1, frames=40, words=3)[0], video=np.ones((17, 7), np.float32))
    maps = attention_maps(model, one)
    found = maps["cross.0.text_from_video"]
    assert (
        found.keys == [f"video {i}" for i in range(found.weights.shape[2])]
        and maps["self.0.video"].queries == found.keys
    )
    np.testing.assert_allclose(
        found.weights.sum(2), 1, atol=1e-5
    )  # no step is left out, and none is padding
    gone = attention_maps(model, replace(one, video=one.video[:0]))
    assert (
        gone["cross.0.text_from_video"].keys == []
        and gone["cross.0.text_from_audio"].weights.shape[1] == 3
    )
    assert "nothing to look at" in gone["cross.0.text_from_video"].describe()


@pytest.mark.parametrize(
    ("text", "parts", "direction"),
    [
        ("cross.0.text_from_audio", ("cross", 0, "text", "audio"), "text_from_audio"),
        ("self.12.audio", ("self", 12, "audio", "audio"), "audio"),
        ("hop.1.audio+text_from_video", ("hop", 1, "audio+text", "video"), "audio+text_from_video"),
        ("global.0.audio", ("global", 0, "audio", "audio"), "audio"),
    ],
)
def test_a_name_is_read_and_written(text, parts, direction):
    name = MapName.parse(text)
    assert (name.module, name.layer, name.query, name.key) == parts
    assert str(name) == text and name.direction == direction
    assert name.summary == (parts[0] in ("hop", "global"))
    assert name.weighs == ("text" if parts[0] == "global" else parts[3])


@pytest.mark.parametrize(
    "text", ["cross", "cross.text_from_audio", "cross.x.text", "a.0.", "a.0.b.c"]
)
def test_a_name_of_another_form_is_refused(text):
    with pytest.raises(DataError, match=r"module\.layer\.direction"):
        MapName.parse(text)
