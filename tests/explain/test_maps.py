"""Maps with labels: the seconds on an axis are those that the frame has really heard."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.explain.maps import (
    AttentionMap,
    attention_maps,
    frame_spans,
    frame_times,
    points_at,
    pooled_count,
    seen_frames,
    step_count,
    step_frames,
)
from mcsan_lite.features.batch import Dims, ModelOutput, collate
from mcsan_lite.features.extraction import FeatureConfig, Features
from mcsan_lite.models.layers import ConvBlock, ConvSizes
from mcsan_lite.models.mcsan import MCSAN


def stack(kernel, stride, same):
    """The two blocks of Eq. 1 on one channel, all weights one: whatever a frame can see moves it."""
    blocks = [
        ConvBlock(1, 1, ConvSizes(kernel, kernel, stride, same), activation=nn.Identity())
        for _ in range(2)
    ]
    for block in blocks:
        nn.init.ones_(block.conv.weight)
        nn.init.zeros_(block.conv.bias)

    def run(x):
        mask = torch.ones(x.shape[:2], dtype=torch.bool)
        with torch.no_grad():
            for block in blocks:
                x, mask = block(x, mask)
        assert mask.all()
        return x[..., 0]

    return run


@pytest.mark.parametrize("same", [True, False], ids=["same", "valid"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 3), (3, 2), (5, 3), (2, 2), (4, 1)])
def test_a_frames_span_is_what_moves_it(kernel, stride, same):
    frames = 61
    touched = (
        stack(kernel, stride, same)(torch.eye(frames)[..., None]) > 0
    )  # row t: a click at MFCC frame t
    spans = frame_spans(
        touched.shape[1], kernel=kernel, stride=stride, same=same, hop_s=1, window_s=0
    )
    for column, (first, last) in zip(touched.T, spans, strict=True):
        heard = torch.nonzero(column)[:, 0].tolist()
        assert heard == list(range(int(first), min(int(last), frames - 1) + 1))


def test_the_papers_sizes():
    assert stack(3, 3, True)(torch.zeros(1, 1000, 1)).shape == (1, 112)
    spans = frame_spans(112)
    np.testing.assert_allclose(np.diff(frame_times(112))[2:], 0.090)
    np.testing.assert_allclose(
        np.diff(spans)[2:, 0], 0.185
    )  # 17 MFCC frames: 16 hops of 10 ms and a window of 25 ms
    assert (spans[:, 0] >= 0).all() and spans[0, 0] == 0 and 10 < spans[-1, 1] < 10.2
    np.testing.assert_allclose(spans[3], [0.27 - 0.04 - 0.0125, 0.27 + 0.12 + 0.0125])


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
    assert keys == frame_times(len(keys), kernel=5, stride=2, same=False).round(3).tolist()
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


@pytest.mark.parametrize("same", [True, False], ids=["same", "valid"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 3), (3, 2), (5, 3), (2, 2), (4, 1)])
def test_pooled_frames_are_counted_as_the_model_counts(kernel, stride, same, small):
    model = MCSAN(Dims(13, 17, 3), small(kernel=kernel, pool_stride=stride, conv_same=same))
    for frames in (0, 1, 2, 3, 4, 9, 10, 50, 61):
        one = Features(
            "x", np.zeros((frames, 13), np.float32), np.zeros((1, 17), np.float32), ("w",), "sad"
        )
        with torch.no_grad():
            real = int(model.encode(collate([one]))[1]["audio"].sum())
        assert pooled_count(frames, kernel=kernel, stride=stride, same=same) == real
    assert pooled_count(1000) == 112
    assert seen_frames(4).tolist() == [[-4, 12], [5, 21], [14, 30], [23, 39]]


def test_a_model_that_says_how_long_its_steps_are_is_believed(small):
    """Its config may have any field: only the model's own attributes say what a step is made of."""
    model = nn.Module()
    assert step_frames(model, 2).tolist() == [[0, 0], [1, 1]] and step_count(model, 50) == 50
    model.frames_per_step = 4
    assert step_frames(model, 2).tolist() == [[0, 3], [4, 7]] and step_count(model, 50) == 13
    model.config = small()
    assert step_frames(model, 2).tolist() == [[0, 3], [4, 7]] and step_count(model, 50) == 13
    model.conv_sizes = small().conv_sizes
    assert step_frames(model, 4).tolist() == seen_frames(4).tolist() and step_count(model, 50) == 6
    del model.conv_sizes
    model.frames_per_step = 5
    assert step_frames(model, 2).tolist() == [[0, 4], [5, 9]] and step_count(model, 50) == 10


def test_description_names_words_and_seconds():
    heads = np.array([[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.6, 0.4]]])
    to_sound = AttentionMap("cross.0.text_from_audio", heads, ["pain", "so"], [0.06, 0.131])
    assert to_sound.describe() == (
        "pain looks most at 0.13 s (80%; even spread would be 50%)\n"
        "so looks most at 0.06 s (70%; even spread would be 50%)"
    )
    to_words = AttentionMap("cross.0.audio_from_text", heads, [0.06, 0.131], ["pain", "so"])
    assert to_words.describe().splitlines()[0].startswith("0.06 s looks most at so (80%")


def test_pointing_by_hand():
    times = np.array([0.05, 0.14, 0.23, 0.32, 0.41])
    weights = np.array([0.1, 0.2, 0.4, 0.25, 0.05])
    assert points_at(weights, times, (0.20, 0.33)) == (True, pytest.approx(0.65), 0.4)
    assert points_at(weights, times, (0.0, 0.14)) == (
        False,
        pytest.approx(0.1),
        0.2,
    )  # the end is not inside
    assert points_at(weights, times, (0.14, 0.15)) == (
        False,
        pytest.approx(0.2),
        0.2,
    )  # the start is
    assert points_at(weights, times, (0.5, 0.6)) == (False, 0, 0)


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
