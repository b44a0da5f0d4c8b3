"""Steps of sound: the seconds of each are those that it has really heard."""

import numpy as np
import pytest
import torch
from torch import nn

from mcsan_lite.explain.steps import (
    frame_spans,
    frame_times,
    pooled_count,
    seen_frames,
    step_count,
    step_frames,
)
from mcsan_lite.features.batch import Dims, collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.layers import ConvBlock, ConvSizes
from mcsan_lite.models.mcsan import MCSAN


def stack(kernel, stride, same):
    """The two blocks of Eq. 1 on one channel, all weights one: what a frame sees moves it."""
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
    sizes = ConvSizes(kernel, kernel, stride, same)
    spans = frame_spans(touched.shape[1], sizes, hop_s=1, window_s=0)
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
        assert pooled_count(frames, ConvSizes(kernel, kernel, stride, same)) == real
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
