"""`attend` and `MultiHead`: the same numbers as torch, and what torch does not promise (weights
before dropout, no NaN)."""

import math

import pytest
import torch
from refusals import refusal
from torch import nn

from mcsan_lite.models.layers import AttentionBlock, MultiHead, attend

B, L, A, H, D = 2, 5, 6, 11, 44


@pytest.fixture
def sequences():
    torch.manual_seed(0)
    mask = torch.tensor([[True] * A, [True] * 2 + [False] * 4])
    return torch.randn(B, L, D), torch.randn(B, A, D), mask


def test_multihead_equals_torch_with_copied_weights(sequences):
    x, memory, mask = sequences
    ours, torchs = MultiHead(D, H), nn.MultiheadAttention(D, H, batch_first=True)
    parts = (ours.to_query, ours.to_key, ours.to_value)
    torchs.load_state_dict(
        {
            "in_proj_weight": torch.cat([p.weight for p in parts]),
            "in_proj_bias": torch.cat([p.bias for p in parts]),
            "out_proj.weight": ours.merge.weight,
            "out_proj.bias": ours.merge.bias,
        }
    )
    update, weights = ours(x, memory, mask)
    expected, expected_weights = torchs(
        x, memory, memory, key_padding_mask=~mask, average_attn_weights=False
    )
    torch.testing.assert_close(update, expected, rtol=0, atol=2e-6)
    torch.testing.assert_close(weights, expected_weights, rtol=0, atol=2e-6)


def test_weights_are_those_before_dropout(sequences):
    x, memory, mask = sequences
    layer = MultiHead(D, H, dropout=0.5)
    calm, calm_weights = layer.eval()(x, memory, mask)
    shaken, weights = layer.train()(x, memory, mask)
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, L))
    assert torch.equal(weights, calm_weights)
    assert (shaken - calm).abs().max() > 1e-3  # and yet dropout was at work


def test_dropout_keeps_the_expected_context():
    torch.manual_seed(0)
    query, key, value = torch.randn(L, D), torch.randn(A, D), torch.randn(A, 3)
    calm = attend(query, key, value)[0]
    mean = torch.stack([attend(query, key, value, dropout=0.3)[0] for _ in range(4000)]).mean(0)
    torch.testing.assert_close(mean, calm, rtol=0, atol=0.1)


def test_padded_keys_get_exactly_zero_and_cannot_be_seen(sequences):
    x, memory, mask = sequences
    layer = MultiHead(D, H)
    update, weights = layer(x, memory, mask)
    assert (weights[1, :, :, 2:] == 0).all() and (weights[1, :, :, :2] > 0).all()
    changed = memory.masked_fill(~mask[..., None], 1e4)
    assert torch.equal(layer(x, changed, mask)[0], update)


def test_without_any_key_there_is_zero_and_no_nan(sequences):
    x, memory, _ = sequences
    mask = torch.tensor([[True] * A, [False] * A])
    context, weights = attend(x, memory, memory, mask[:, None])
    assert not context[1].any() and not weights[1].any()
    assert torch.allclose(weights[0].sum(-1), torch.ones(L))

    block = AttentionBlock(D, H, 3 * D, dropout=0.1, full_scale=False)
    x.requires_grad_(), memory.requires_grad_()
    out, weights = block(x, memory, mask)
    assert not weights[1].any() and out.isfinite().all()
    out.square().sum().backward()
    for gradient in (x.grad, memory.grad, *(p.grad for p in block.parameters())):
        assert gradient.isfinite().all()
    assert not memory.grad[1].any() and memory.grad[0].any()


def test_full_scale_is_eq_9_as_printed(sequences):
    x, memory, mask = sequences
    printed, usual = MultiHead(D, H, full_scale=True), MultiHead(D, H)
    usual.load_state_dict(printed.state_dict())
    query, key = (
        m(y)[0, :, :4] for m, y in ((printed.to_query, x), (printed.to_key, memory))
    )  # head 0
    torch.testing.assert_close(
        printed(x, memory, mask)[1][0, 0], (query @ key.T / math.sqrt(D)).softmax(-1)
    )
    torch.testing.assert_close(
        usual(x, memory, mask)[1][0, 0], (query @ key.T / math.sqrt(D / H)).softmax(-1)
    )
    one = {scale: MultiHead(D, 1, full_scale=scale) for scale in (True, False)}
    assert (
        one[True].scale == one[False].scale == pytest.approx(1 / math.sqrt(44))
    )  # with one head there is no difference


def test_large_scores_do_not_overflow():
    x = torch.full((1, L, D), 1e3)
    context, weights = attend(x, x, x, torch.tensor([[True] * 3 + [False] * 2]))
    torch.testing.assert_close(weights[0, :, :3], torch.full((L, 3), 1 / 3))
    assert context.isfinite().all()


def test_heads_that_do_not_divide_are_refused():
    text = refusal(lambda: MultiHead(44, 5))
    assert "Given: hidden 44 with 5 heads\n" in text
    assert "divisible" in text and "Do: take hidden 40" in text
