"""Equations 1 to 20 of the paper against explicit loops, in double precision."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from mcsan_lite.features.batch import collate
from mcsan_lite.models.layers import (
    AttentionBlock,
    BiLSTMMean,
    ConvBlock,
    ConvSizes,
    MultiHead,
    masked_max,
    positions,
)
from mcsan_lite.models.mcsan import MCSAN, AttentionModule
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
)

B, L, A, H, D, T, F = 2, 5, 6, 11, 44, 50, 13
NEAR = {"rtol": 0, "atol": 1e-10}


# ---- the slow reference: one utterance without padding, loops over every index ----


def array(x):
    return x.detach().double().numpy()


def linear(layer, x):  # (n, in) -> (n, out), one row at a time
    return np.array([array(layer.weight) @ row + array(layer.bias) for row in x])


def conv_loop(block, x):  # Eq. 1, x (T, F) -> (T', D); ReLU as in the small configuration
    weight, bias = array(block.conv.weight), array(block.conv.bias)  # (D, F, k), (D,)
    k = weight.shape[2]
    first = -((k - 1) // 2) if block.sizes.same else 0
    count = len(x) if block.sizes.same else len(x) - k + 1
    out = np.zeros((count, len(bias)))
    for t in range(count):
        out[t] = bias
        for j in range(k):
            if 0 <= t + first + j < len(x):
                out[t] += weight[:, :, j] @ x[t + first + j]
    out = np.maximum(out, 0)
    return np.array(
        [
            out[start : start + block.sizes.pool].max(0)
            for start in range(0, count, block.sizes.stride)
        ]
    )


def lstm_loop(lstm, x):  # x (T, F) -> (T, D), gates in torch's order: input, forget, cell, output
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    w_x, w_h = array(lstm.weight_ih_l0), array(lstm.weight_hh_l0)
    bias = array(lstm.bias_ih_l0) + array(lstm.bias_hh_l0)
    hidden = cell = np.zeros(w_h.shape[1])
    out = []
    for row in x:
        i, f, g, o = np.split(w_x @ row + w_h @ hidden + bias, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        out.append(hidden)
    return np.array(out)


def bilstm_loop(layer, x):  # Eq. 2, 3 and 4, 5
    return (lstm_loop(layer.forwards, x) + lstm_loop(layer.backwards, x[::-1])[::-1]) / 2


def attention_loop(layer, x, memory, heads):  # Eq. 6 to 10, 15 -> ΔH (Q, D), weights (H, Q, K)
    query, key, value = (
        linear(layer.to_query, x),
        linear(layer.to_key, memory),
        linear(layer.to_value, memory),
    )
    size = query.shape[1] // heads
    weights, context = np.zeros((heads, len(x), len(memory))), np.zeros_like(query)
    for h, q in itertools.product(range(heads), range(len(x))):
        part = slice(h * size, (h + 1) * size)
        e = [
            math.exp(
                sum(a * b for a, b in zip(query[q, part], key[k, part], strict=True))
                / math.sqrt(size)
            )
            for k in range(len(memory))
        ]
        for k in range(len(memory)):
            weights[h, q, k] = e[k] / sum(e)
            context[q, part] += weights[h, q, k] * value[k, part]
    return linear(layer.merge, context), weights


def layer_norm(norm, x):
    return np.array(
        [(r - r.mean()) / math.sqrt(((r - r.mean()) ** 2).mean() + norm.eps) for r in x]
    ) * array(norm.weight) + array(norm.bias)


def block_loop(block, x, memory, heads):  # Eq. 11 to 14, 16, 17
    x = layer_norm(block.norm_attention, x + attention_loop(block.attention, x, memory, heads)[0])
    inner = np.maximum(linear(block.feedforward[0], x), 0)
    return layer_norm(block.norm_feedforward, x + linear(block.feedforward[3], inner))


def position_loop(length, hidden):
    return np.array(
        [
            [
                (math.sin if d % 2 == 0 else math.cos)(t / 10_000 ** ((d - d % 2) / hidden))
                for d in range(hidden)
            ]
            for t in range(length)
        ]
    )


def module_loop(module, audio, text, heads):
    audio, text = audio + position_loop(len(audio), D), text + position_loop(len(text), D)
    for layer in module.layers:
        audio, text = (
            block_loop(layer["audio"], audio, text if module.cross else audio, heads),
            block_loop(layer["text"], text, audio if module.cross else text, heads),
        )
    return audio, text


def mcsan_loop(
    model, x_audio, x_text, heads
):  # the parallel model; the concatenation of Eq. 18, and the logits
    audio, text = (
        bilstm_loop(model.audio_lstm, conv_loop(model.conv[1], conv_loop(model.conv[0], x_audio))),
        bilstm_loop(model.text_lstm, x_text),
    )
    cross_a, cross_l = module_loop(model.cross, audio, text, heads)
    self_a, self_l = module_loop(model.self_, audio, text, heads)
    pooled = np.concatenate([cross_a.max(0), cross_l.max(0), self_a.max(0), self_l.max(0)])
    return pooled, linear(
        model.classifier[3], np.maximum(linear(model.classifier[0], pooled[None]), 0)
    )[0]


# ---- helpers ----


def randomise(module, seed=0):
    """Double precision, and no parameter at 0 or 1, where a missing bias or gain would not show."""
    generator = torch.Generator().manual_seed(seed)
    for p in module.double().eval().parameters():
        p.data = torch.randn(p.shape, generator=generator, dtype=torch.float64) * 0.3
    return module


def ragged(lengths, width, seed=0, rubbish=99.0):
    """(B, longest, width) with rubbish after the real rows, and the mask."""
    x = torch.randn(
        len(lengths),
        max(lengths),
        width,
        generator=torch.Generator().manual_seed(seed),
        dtype=torch.float64,
    )
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return x.masked_fill(~mask[..., None], rubbish), mask


def doubled(batch):
    batch.audio, batch.text = batch.audio.double(), batch.text.double()
    return batch


# ---- the equations ----


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("same", [True, False])
def test_eq_01_conv_block(same, stride):
    block = randomise(ConvBlock(F, D, ConvSizes(3, 3, stride, same), activation=nn.ReLU()))
    lengths = [T, 31, 12, 3]
    x, mask = ragged(lengths, F)
    out, out_mask = block(x, mask)
    for i, length in enumerate(lengths):
        expected = conv_loop(block, array(x[i, :length]))
        assert out_mask[i].tolist() == [True] * len(expected) + [False] * (
            out.shape[1] - len(expected)
        )
        np.testing.assert_allclose(array(out[i, : len(expected)]), expected, **NEAR)
        assert not out[i, len(expected) :].any()


@pytest.mark.parametrize(("lengths", "layer"), [([9, 4, 1], "audio"), ([1, 5, 5, 2], "text")])
def test_eq_02_05_bilstm_mean(lengths, layer):
    lstm = randomise(BiLSTMMean(F, D))
    x, mask = ragged(lengths, F, rubbish=3.0)
    out = lstm(x, mask)
    packed = nn.LSTM(F, D, batch_first=True, bidirectional=True).double()
    packed.load_state_dict(
        {
            **lstm.forwards.state_dict(),
            **{f"{name}_reverse": w for name, w in lstm.backwards.state_dict().items()},
        }
    )
    both, _ = nn.utils.rnn.pad_packed_sequence(
        packed(
            nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        )[0],
        batch_first=True,
    )
    np.testing.assert_allclose(array(out), array((both[..., :D] + both[..., D:]) / 2), **NEAR)
    for i, length in enumerate(lengths):
        np.testing.assert_allclose(
            array(out[i, :length]), bilstm_loop(lstm, array(x[i, :length])), **NEAR
        )
        assert not out[i, length:].any()


def test_eq_06_08_projections():
    layer = randomise(MultiHead(D, H))
    x, memory = ragged([L], D)[0], ragged([A], D, seed=1)[0]
    seen = {}
    for name in ("to_query", "to_key", "to_value"):
        getattr(layer, name).register_forward_hook(
            lambda _, given, out, name=name: seen.update({name: (given[0], out)})
        )
    layer(x, memory, torch.ones(1, A, dtype=torch.bool))
    assert (
        seen["to_query"][0] is x and seen["to_key"][0] is memory and seen["to_value"][0] is memory
    )
    for name, (given, out) in seen.items():
        np.testing.assert_allclose(
            array(out[0]), linear(getattr(layer, name), array(given[0])), **NEAR
        )


def test_eq_09_10_attention_cross():
    layer = randomise(MultiHead(D, H))
    queries, keys = [L, 3], [4, A]
    (x, _), (memory, memory_mask) = ragged(queries, D), ragged(keys, D, seed=1)
    update, weights = layer(x, memory, memory_mask)
    assert update.shape == (B, L, D) and weights.shape == (B, H, L, A)
    for i, (q, k) in enumerate(zip(queries, keys, strict=True)):
        expected, expected_weights = attention_loop(layer, array(x[i, :q]), array(memory[i, :k]), H)
        np.testing.assert_allclose(array(update[i, :q]), expected, **NEAR)
        np.testing.assert_allclose(array(weights[i, :, :q, :k]), expected_weights, **NEAR)
        assert not weights[i, :, :, k:].any()


def test_eq_11_14_residual_norm_feedforward():
    block = randomise(AttentionBlock(D, H, 3 * D, dropout=0.1, full_scale=False))
    (x, _), (memory, mask) = ragged([L], D), ragged([A], D, seed=1)
    np.testing.assert_allclose(
        array(block(x, memory, mask)[0][0]),
        block_loop(block, array(x[0]), array(memory[0]), H),
        **NEAR,
    )


def test_eq_11_14_both_streams_updated_from_old_values(small):
    module = randomise(AttentionModule(("audio", "text"), small(layers=2), cross=True))
    (audio, audio_mask), (text, text_mask) = ragged([A], D), ragged([L], D, seed=1)
    out, _ = module({"audio": audio, "text": text}, {"audio": audio_mask, "text": text_mask})
    expected = module_loop(module, array(audio[0]), array(text[0]), H)
    np.testing.assert_allclose(array(out["audio"][0]), expected[0], **NEAR)
    np.testing.assert_allclose(array(out["text"][0]), expected[1], **NEAR)

    a, t = array(audio[0]) + position_loop(A, D), array(text[0]) + position_loop(L, D)
    for layer in module.layers:  # the mutant: text asks the audio that was just updated
        a = block_loop(layer["audio"], a, t, H)
        t = block_loop(layer["text"], t, a, H)
    assert np.abs(array(out["text"][0]) - t).max() > 1e-2


def test_eq_15_17_self_attention(small):
    module = randomise(AttentionModule(("audio", "text"), small(), cross=False))
    lengths = {"audio": [A, 2], "text": [3, L]}
    made = {m: ragged(lengths[m], D, seed=i) for i, m in enumerate(lengths)}
    out, _ = module(
        {m: x for m, (x, _) in made.items()}, {m: mask for m, (_, mask) in made.items()}
    )
    for i in range(B):
        expected = module_loop(
            module, *(array(made[m][0][i, : lengths[m][i]]) for m in ("audio", "text")), H
        )
        for m, e in zip(("audio", "text"), expected, strict=True):
            np.testing.assert_allclose(array(out[m][i, : lengths[m][i]]), e, **NEAR)


@pytest.mark.parametrize("hidden", [44, 11])
def test_section_2_3_position_embedding(hidden):
    found = positions(T, hidden, like=torch.zeros(1, dtype=torch.float64))
    np.testing.assert_allclose(array(found), position_loop(T, hidden), rtol=0, atol=1e-12)


def test_eq_18_masked_max():
    x, mask = ragged([A, 4, 1], D)
    x = x.masked_fill(mask[..., None], 0) + torch.where(
        mask[..., None], -x.abs() - 1, x
    )  # real values below zero
    expected = [
        [max(float(x[i, t, d]) for t in range(n)) for d in range(D)]
        for i, n in enumerate([A, 4, 1])
    ]
    np.testing.assert_array_equal(array(masked_max(x, mask)), expected)
    assert not masked_max(x, torch.zeros_like(mask)).any()


@pytest.mark.parametrize("layers", [1, 2])
def test_eq_01_19_whole_forward_and_concatenation_order(layers, small, dims, make_features):
    model = randomise(MCSAN(dims, small(layers=layers)))
    made = make_features(1, frames=23, words=4) + make_features(1, seed=1, frames=T, words=L)
    seen = []
    model.classifier.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    logits = model(doubled(collate(made))).logits
    for i, f in enumerate(made):
        pooled, expected = mcsan_loop(model, f.audio.astype(float), f.text.astype(float), H)
        np.testing.assert_allclose(
            array(seen[0][i]), pooled, **NEAR
        )  # Eq. 18: audio, text of cross; audio, text of self
        np.testing.assert_allclose(array(logits[i]), expected, rtol=0, atol=1e-9)


def test_eq_19_softmax(small, dims, labels, make_features):
    torch.manual_seed(0)
    model, made = MCSAN(dims, small()).eval(), make_features(4)
    prob = predict(model, made, labels).prob
    for f, row in zip(made, prob, strict=True):
        e = [math.exp(z) for z in model(collate([f])).logits[0].tolist()]
        np.testing.assert_allclose(row, [z / sum(e) for z in e], atol=1e-6)


def test_eq_20_cross_entropy(small, dims, labels, make_features):
    """The reported loss is -log p of the true class, averaged over utterances, not batches."""
    torch.manual_seed(0)
    model, made = MCSAN(dims, small(dropout=0.0)), make_features(7)
    prob = predict(model, made, labels).prob
    by_hand = -sum(
        math.log(row[labels.index(f.label)]) for f, row in zip(made, prob, strict=True)
    ) / len(made)
    config = TrainConfig(
        epochs=1, batch_size=3, learning_rate=1e-12
    )  # 3 + 3 + 1 utterances, weights as good as still
    history = fit(model, TrainingData(made, made, labels), config)
    assert history.loss[0] == pytest.approx(by_hand, abs=1e-5)
    assert history.valid_loss[0] == pytest.approx(by_hand, abs=1e-5)
