"""What can be chosen in MCSAN: how many frames are left, what is refused, how many parameters."""

import itertools
from dataclasses import replace

import pytest
import torch
from refusals import refusal

from mcsan_lite.features.batch import Dims, collate
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig


@pytest.mark.parametrize(
    ("options", "frames", "pooled"),
    [
        ({"conv_same": True}, 1, 1),
        ({"conv_same": True}, 1000, 112),
        ({"conv_same": False}, 1000, 111),
        ({"conv_same": True, "pool_stride": 2}, 1000, 250),
        ({"conv_same": False}, 9, 1),
        ({"conv_same": False}, 8, 0),
        ({"conv_same": False}, 1, 0),
    ],
    ids=str,
)
def test_pooled_frames(options, frames, pooled, dims, small, make_features):
    """1000 -> 334 -> 112 padded; 1000 -> 998 -> 333 -> 331 -> 111 not padded. One frame always
    gives logits, though without padding an utterance below nine frames (0.1 s) has no audio left to
    attend to: every weight is zero."""
    torch.manual_seed(0)
    model = MCSAN(dims, small(hidden=6, heads=2, **options)).eval()
    out = model(collate(make_features(1, frames=frames, words=2)), need_attention=True)
    weights = out.attention["self.0.audio"]
    assert weights.shape == (1, 2, max(1, pooled), max(1, pooled)) and out.logits.isfinite().all()
    assert (weights[0, 0].sum(0) > 0).sum() == pooled


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (
            {"use_audio": False, "use_text": False, "use_cross": False},
            "use_audio=False and use_text=False",
        ),
        ({"use_cross": False, "use_self": False}, "use_cross=False and use_self=False"),
        ({"use_audio": False}, "cross-attention with one modality"),
        ({"use_text": False}, "cross-attention with one modality"),
        ({"hidden": 44, "heads": 8}, "hidden=44, heads=8"),
        ({"order": "sideways"}, "order 'sideways'"),
        (
            {"order": "cross+self", "use_self": False},
            "order='cross+self' with one attention module",
        ),
        ({"activation": "swish"}, "activation 'swish'"),
        ({"positions": "learned"}, "positions 'learned'"),
        ({"encoder": "gru"}, "encoder 'gru'"),
        ({"layers": 0}, "layers=0"),
        ({"classifier_layers": 0}, "classifier_layers=0"),
        ({"heads": 0}, "heads=0"),
        ({"pool_stride": 0}, "pool_stride=0"),
    ],
    ids=str,
)
def test_a_config_that_is_no_network_is_refused_in_three_parts(options, given):
    assert f"Given: {given}" in refusal(lambda: MCSANConfig(**options))


def test_without_recurrence_and_positions_only_the_convolutions_know_of_order(
    dims, small, make_features
):
    """Words in another order give the same logits, and with either of the two they do not."""
    (one,) = make_features(1, frames=40, words=5)
    other = replace(one, text=one.text[::-1].copy())
    same = {}
    for encoder, places in itertools.product(("linear", "bilstm"), ("none", "sinusoid")):
        torch.manual_seed(0)
        options = {"encoder": encoder, "positions": places}
        model = MCSAN(dims, small(hidden=6, heads=2, **options)).eval()
        logits = [model(collate([features])).logits for features in (one, other)]
        same[encoder, places] = torch.allclose(*logits, atol=1e-5)
    assert same.pop(("linear", "none")) and not any(same.values())


def test_parameter_count_at_paper_size():
    """Dims 40 MFCC, 300 GloVe, 7 classes; D = 128, 8 heads, feed-forward 4 D. The paper prints no
    count."""
    conv = (40 * 128 * 3 + 128) + (128 * 128 * 3 + 128)  # two convolutions of kernel 3
    assert conv == 64_768
    audio_lstm = 2 * (
        4 * 128 * (128 + 128) + 2 * 4 * 128
    )  # directions · gates · (input + hidden) + two biases
    text_lstm = 2 * (4 * 128 * (300 + 128) + 2 * 4 * 128)
    assert (audio_lstm, text_lstm) == (264_192, 440_320)
    block = (
        4 * (128 * 128 + 128) + (128 * 512 + 512) + (512 * 128 + 128) + 2 * (128 + 128)
    )  # Q K V merge · FF · two norms
    assert block == 198_272
    body = conv + audio_lstm + text_lstm + 4 * block  # cross and self, audio and text
    heads = {1: 512 * 7 + 7, 2: (512 * 128 + 128) + (128 * 7 + 7)}
    assert {n: body + h for n, h in heads.items()} == {1: 1_565_959, 2: 1_628_935}
    for n, head in heads.items():
        config = MCSANConfig(
            hidden=128, heads=8, layers=1, kernel=3, feedforward=4, classifier_layers=n
        )
        assert sum(p.numel() for p in MCSAN(Dims(40, 300, 7), config).parameters()) == body + head


@pytest.mark.parametrize(("stride", "frames"), [(3, 9), (2, 4), (1, 1)])
def test_a_model_says_how_many_frames_a_step_is_from_the_next(stride, frames, dims, small):
    model = MCSAN(dims, small(pool_stride=stride))
    assert model.frames_per_step == frames and not model.needs_word_frames
    assert (model.conv_sizes.kernel, model.conv_sizes.pool) == (3, 3)
    assert model.conv_sizes.stride == stride and model.conv_sizes.same
