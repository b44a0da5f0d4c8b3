"""Readings that follow the logit: where scores should add up they do, and what covers what is
known to the frame.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from torch import nn

from mcsan_lite.explain import steps
from mcsan_lite.explain.readings.from_logit import (
    AUDIO_FILLERS,
    gradient_x_input,
    integrated_gradients,
    occlusion,
    receipts,
    to_steps,
)
from mcsan_lite.explain.steps import pooled_count, seen_frames
from mcsan_lite.features.batch import Dims, ModelOutput, collate
from mcsan_lite.models.layers import ConvSizes
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.paper.table_rows import ABLATIONS


@pytest.fixture
def example(small, make_features):
    def make(**options):
        torch.manual_seed(0)
        return MCSAN(Dims(13, 17, 3), small(**options)).eval(), make_features(
            1, frames=40, words=4
        )[0]

    return make


class Known(nn.Module):
    """A model that is one formula of the first three MFCC and first two numbers of a word; T = 40,
    L = 4.
    """

    def __init__(self, small, formula):
        super().__init__()
        self.config, self.formula = small(), formula
        self.conv_sizes = self.config.conv_sizes

    def forward(self, batch, *, need_attention=False):
        value = self.formula(batch.audio, batch.text)
        return ModelOutput(torch.stack((-value, value), 1))


class Bare(Known):
    """The same without a config, as a model of one's own may be: every MFCC frame is a step.
    Counts its batches.
    """

    def __init__(self, formula):
        nn.Module.__init__(self)
        self.formula, self.batches = formula, []

    def forward(self, batch, *, need_attention=False):
        self.batches.append(len(batch.ids))
        return super().forward(batch)


def total(reading):
    return sum(s.sum() for s in (reading.words, reading.frames) if s is not None)


@pytest.mark.parametrize("row", ABLATIONS)
def test_receipts_sum_to_the_logit_of_a_linear_read_out(row, example):
    model, one = example(**ABLATIONS[row], classifier_layers=1)
    with torch.no_grad():
        model.classifier[0].bias += 3  # must not be billed
        logits, bias = model(collate([one])).logits[0], model.classifier[0].bias.detach()
    for target in range(3):
        reading = receipts(model, one, target)
        assert abs(total(reading) + float(bias[target] - logits[target])) <= 1e-4
        assert abs(reading.gap) <= 1e-4


@pytest.mark.parametrize(
    "row", ["MCSAN", "w/o audio", "cross + self (seq)", "self + cross (seq)", "N = 2"]
)
def test_a_receipt_is_the_winners_weight_times_its_value(row, example):
    model, one = example(**ABLATIONS[row], classifier_layers=1)
    ends, by_position = [], {"text": np.zeros(4), "audio": np.zeros(5)}
    modules = [
        m for m in (getattr(model, "cross", None), getattr(model, "self_", None)) if m is not None
    ]
    for module in {"cross+self": modules[1:], "self+cross": modules[:1]}.get(
        model.config.order, modules
    ):
        module.register_forward_hook(lambda _, __, out: ends.append(out[0]))
    with torch.no_grad():
        model(collate([one]))
        weights = model.classifier[0].weight[2].split(44)
        for (modality, stream), weight in zip(
            [(m, e[m][0]) for e in ends for m in model.modalities], weights, strict=True
        ):
            for channel, position in enumerate(stream.argmax(0)):
                by_position[modality][position] += float(
                    weight[channel] * stream[position, channel]
                )
    reading = receipts(model, one, 2)
    np.testing.assert_allclose(reading.words, by_position["text"], atol=1e-5)
    if reading.frames is not None:
        np.testing.assert_allclose(reading.frames, by_position["audio"], atol=1e-5)


def test_a_deeper_read_out_says_what_it_leaves_unexplained(example):
    model, one = example(classifier_layers=3)
    reading = receipts(model, one, 0)
    with torch.no_grad():
        base = model.classifier(torch.zeros(1, 4 * 44))[0, 0]
        assert total(reading) + reading.gap == pytest.approx(
            float(model(collate([one])).logits[0, 0] - base), abs=1e-5
        )
    assert abs(reading.gap) > 1e-4


@pytest.mark.parametrize("row", ABLATIONS)
def test_integrated_gradients_are_complete(row, example):
    model, one = example(**ABLATIONS[row])
    with torch.no_grad():
        nothing = replace(one, audio=np.zeros_like(one.audio), text=np.zeros_like(one.text))
        difference = float((model(collate([one])).logits - model(collate([nothing])).logits)[0, 1])
    reading = integrated_gradients(model, one, 1)
    assert abs(total(reading) - difference) <= 0.0101 * abs(difference)
    assert reading.gap == pytest.approx(difference - total(reading), abs=1e-6)


def test_gradients_by_hand(small, make_features):
    """logit = 3 × one number of frame 20 + square of one number of word 2: linear and quadratic
    differ.
    """
    (one,) = make_features(1, frames=40, words=4)
    model = Known(small, lambda audio, text: 3 * audio[:, 20, 1] + text[:, 2, 0] ** 2)
    linear, square = 3 * one.audio[20, 1], one.text[2, 0] ** 2
    slope, path = gradient_x_input(model, one, 1), integrated_gradients(model, one, 1)
    np.testing.assert_allclose(slope.words, [0, 0, 2 * square, 0], rtol=1e-5)
    np.testing.assert_allclose(path.words, [0, 0, square, 0], rtol=1e-5)
    assert slope.gap is None
    for reading in (
        slope,
        path,
    ):  # pooled frames 1 (5 to 21) and 2 (14 to 30) see frame 20; 2 is nearer
        np.testing.assert_allclose(reading.frames, [0, 0, linear, 0, 0], rtol=1e-5, atol=1e-7)


def test_steps_double_until_complete(small, make_features):
    """Half of the logit's rise happens within a thousandth of the path: 64 steps cannot see it."""
    (one,) = make_features(1, frames=40, words=4)
    where = 0.30137 * one.text[0, 0]
    model = Known(
        small,
        lambda audio, text: (
            text[:, 1, 0]
            + one.text[1, 0] * torch.sigmoid((text[:, 0, 0] - where) / one.text[0, 0] * 1500)
        ),
    )
    reading = integrated_gradients(model, one, 1)
    assert abs(reading.gap) <= 0.01 * abs(2 * one.text[1, 0])


def test_occlusion_by_hand(small, make_features):
    (one,) = make_features(1, frames=40, words=4)
    one.audio[7, 0] = -9  # the quietest frame
    model = Known(
        small, lambda audio, text: 2 * audio[:, 21, 1] + 3 * audio[:, 5, 1] + 5 * text[:, 2, 0]
    )
    for filler, fill in (("silence", one.audio[7, 1]), ("mean frame", 0)):
        reading = occlusion(model, one, 1, filler=filler)
        early, late = (
            3 * (one.audio[5, 1] - fill),
            2 * (one.audio[21, 1] - fill),
        )  # both ends of pooled frame 1
        np.testing.assert_allclose(reading.frames, [early, early + late, late, 0, 0], atol=1e-5)
        np.testing.assert_allclose(reading.words, [0, 0, 5 * one.text[2, 0], 0], atol=1e-5)
        assert reading.name == f"occlusion ({filler})"
    assert (
        one.audio[7, 0] == -9 and one.audio[21].any() and one.text[2].any()
    )  # what was given stays as it was
    assert "did you mean 'silence'" in refusal(lambda: occlusion(model, one, filler="silense"))
    assert list(AUDIO_FILLERS) == ["silence", "mean frame"]


@pytest.mark.parametrize(("each", "hole"), [(1, 9), (2, 10), (9, 9), (12, 12)])
def test_a_short_step_is_covered_with_what_is_around_it(each, hole, make_features):
    """The formula hears one frame: the windows that cover it are those whose middle is near, to
    both sides alike.
    """
    (one,) = make_features(1, frames=72, words=2)
    model = Bare(lambda audio, text: 3 * audio[:, 40, 1])
    model.frames_per_step = each
    reading = occlusion(model, one, 1, filler="mean frame")
    middles = np.arange(len(reading.frames)) * each + (each - 1) / 2
    assert (reading.frames != 0).tolist() == (np.abs(middles - 40) <= (hole - 1) / 2).tolist()
    np.testing.assert_allclose(reading.frames[reading.frames != 0], 3 * one.audio[40, 1], rtol=1e-5)


def test_models_without_a_config_can_be_read(make_features):
    (one,) = make_features(1, frames=40, words=4)
    model = Bare(lambda audio, text: 3 * audio[:, 20, 1] + text[:, 2, 0])
    for read in (gradient_x_input, integrated_gradients):
        reading = read(model, one, 1)
        np.testing.assert_allclose(
            reading.frames, np.eye(40)[20] * 3 * one.audio[20, 1], rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(reading.words, [0, 0, one.text[2, 0], 0], rtol=1e-5)


def test_memory_is_bounded_and_parts_change_nothing(make_features, monkeypatch):
    """Copies × steps² stay below the bound, in edits and in gradients, and what comes out is the
    same.
    """
    (one,) = make_features(1, frames=200, words=4)
    model = Bare(lambda audio, text: audio[:, 3, 1] * text[:, 2, 0] + audio[:, 150, 2] ** 2)
    for read, all_of_them in ((occlusion, 1 + 4 + 200), (integrated_gradients, 64)):
        monkeypatch.setattr(steps, "CELLS", 10**9)
        whole, model.batches = read(model, one, 1), []
        monkeypatch.setattr(steps, "CELLS", 30 * 200**2)
        parts = read(model, one, 1)
        assert (
            max(model.batches) == 30
            and sum(n for n in model.batches if n > 1) + (all_of_them % 30 == 1) >= all_of_them
        )
        np.testing.assert_allclose(parts.frames, whole.frames, atol=1e-5)
        np.testing.assert_allclose(parts.words, whole.words, atol=1e-5)
    monkeypatch.setattr(steps, "CELLS", 1)  # one at a time is the least
    np.testing.assert_allclose(occlusion(model, one, 1).frames, occlusion(model, one, 1).frames)


def test_the_longest_utterance_of_the_paper_is_one_batch(small, make_features):
    """10 s and 100 words: 112 pooled frames, all edits together, and 64 gradients."""
    (one,) = make_features(1, frames=1000, words=100)
    model = Bare(lambda audio, text: audio[:, 3, 1] * text[:, 2, 0])
    model.conv_sizes = small().conv_sizes
    occlusion(model, one, 1)
    assert model.batches == [1 + 100 + 112]
    model.batches.clear()
    integrated_gradients(model, one, 1)
    assert set(model.batches[2:]) == {64}  # behind the utterance and its baseline


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 130),
    st.sampled_from([(3, 3, True), (3, 2, True), (3, 3, False), (5, 3, True), (2, 2, False)]),
    st.integers(0, 9),
)
def test_pooling_scores_keeps_their_sum(frames, sizes, seed):
    kernel, stride, same = sizes
    sizes = ConvSizes(kernel, kernel, stride, same)
    scores = np.random.default_rng(seed).standard_normal(frames)
    count = pooled_count(frames, sizes)
    pooled = to_steps(scores, seen_frames(count, sizes))
    assert pooled.shape == (count,) and pooled.sum() == pytest.approx(
        scores.sum() if count else 0, abs=1e-9
    )
    for k, (first, last) in enumerate(
        seen_frames(count, sizes)
    ):  # the frame in its middle is its own
        if (first + last) // 2 < frames:
            assert to_steps(np.eye(frames)[(first + last) // 2], seen_frames(count, sizes))[k] == 1


def test_a_frozen_model_inside_no_grad_can_be_explained(example):
    model, one = example()
    expected = [f(model, one, 0) for f in (receipts, gradient_x_input, integrated_gradients)]
    model.requires_grad_(False)
    with torch.no_grad():
        for f, reading in zip(
            (receipts, gradient_x_input, integrated_gradients), expected, strict=True
        ):
            np.testing.assert_array_equal(f(model, one, 0).frames, reading.frames)
