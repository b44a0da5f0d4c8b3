"""The recurrent bricks against packed sequences, loops and sums by hand."""

import pytest
import torch
from refusals import refusal
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mcsan_lite.models.layers import at_least_one, masked_softmax, mirror
from mcsan_lite.models.recurrent import Hop, Recurrent, affine, last_real, masked_mean, pool_frames

LENGTHS = (7, 1, 4)


@pytest.fixture
def ragged():
    """x (3, 9, 5) of lengths 7, 1 and 4, with garbage on the padding, and its mask: two steps are
    real for nobody."""
    torch.manual_seed(0)
    mask = torch.arange(9) < torch.tensor(LENGTHS)[:, None]
    return torch.randn(3, 9, 5).masked_fill(~mask[..., None], 7.0), mask


def packed(brick, kind, x):
    """The same weights in PyTorch's own layer, run over packed sequences."""
    own = kind(5, 6, batch_first=True, bidirectional=brick.backwards is not None)
    state = {}
    for direction, ending in ((brick.forwards, ""), (brick.backwards, "_reverse")):
        if direction is not None:
            both = direction.weight_ih_l0
            state |= {
                f"weight_ih_l0{ending}": both[:, :-1],
                f"bias_ih_l0{ending}": both[:, -1],
                f"weight_hh_l0{ending}": direction.weight_hh_l0,
                f"bias_hh_l0{ending}": torch.zeros(len(both)),
            }
    own.load_state_dict(state)
    states, final = own(
        pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    )
    final = final[0] if kind is nn.LSTM else final  # (directions, B, D)
    return pad_packed_sequence(states, batch_first=True, total_length=9)[0], torch.cat(
        tuple(final), -1
    )


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize(("cell", "kind"), [("gru", nn.GRU), ("lstm", nn.LSTM)])
def test_states_and_last_state_are_those_of_packed_sequences(cell, kind, both, ragged):
    brick = Recurrent(5, 6, cell=cell, both=both)
    for direction in filter(None, (brick.forwards, brick.backwards)):
        nn.init.normal_(direction.weight_ih_l0)  # the bias column too
    for got, expected in zip(brick(*ragged), packed(brick, kind, ragged[0]), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-5)


def test_gru_equations_by_hand(ragged):
    x, mask = ragged
    brick = Recurrent(5, 6)
    nn.init.normal_(brick.forwards.weight_ih_l0)
    both, recurrent = brick.forwards.weight_ih_l0, brick.forwards.weight_hh_l0
    h = torch.zeros(6)
    for step in x[2, :4]:
        r, z, n = (both[:, :-1] @ step + both[:, -1]).split(6)
        hr, hz, hn = (recurrent @ h).split(6)
        r, z = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
        h = (1 - z) * torch.tanh(n + r * hn) + z * h
    torch.testing.assert_close(brick(x, mask)[1][2], h)


@pytest.mark.parametrize(
    ("cell", "start", "biases"),
    [
        ("gru", "tensorflow", (1, 1, 0)),  # reset, update, candidate
        ("lstm", "tensorflow", (0, 1, 0, 0)),  # input, forget, cell, output
        ("gru", "keras", (0, 0, 0)),
    ],
)
def test_one_bias_a_gate_and_where_it_starts(cell, start, biases):
    brick = Recurrent(5, 6, cell=cell, both=True, start=start)
    gates = len(biases)
    assert sum(p.numel() for p in brick.parameters()) == 2 * gates * (6 * (5 + 6) + 6)
    assert brick.width == 12
    for direction in (brick.forwards, brick.backwards):
        bias = direction.weight_ih_l0[:, -1].unflatten(0, (gates, 6))
        assert torch.equal(bias, torch.tensor(biases)[:, None].expand(-1, 6).float())
        assert direction.weight_ih_l0[:, :-1].all()


def test_pytorchs_first_weights_are_uniform():
    brick = Recurrent(50, 64, start="pytorch")
    for weight in brick.parameters():
        assert weight.abs().max() <= 1 / 8 < weight.std() * 2


def test_an_open_gate_lets_a_gru_learn_what_happened_long_ago():
    """Which of two marks stood at the first of 40 steps: only a kept state can learn it."""
    losses = {}
    for start in ("tensorflow", "keras"):
        torch.manual_seed(0)
        x = torch.randn(64, 40, 2) * 0.1
        label = torch.arange(64) % 2
        x[torch.arange(64), 0, label] += 3
        mask = torch.ones(64, 40, dtype=torch.bool)
        brick, head = Recurrent(2, 16, start=start), nn.Linear(16, 2)
        optimizer = torch.optim.Adam([*brick.parameters(), *head.parameters()], lr=3e-3)
        for _ in range(60):
            loss = nn.functional.cross_entropy(head(brick(x, mask)[1]), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses[start] = loss.item()
    assert losses["tensorflow"] < 0.1 < losses["keras"]


def test_a_sequence_without_a_step_gives_zeros_and_finite_gradients(ragged):
    x, mask = ragged
    mask = mask & torch.tensor([[True], [False], [True]])
    brick = Recurrent(5, 6, both=True)
    states, final = brick(x, mask)
    assert not states[1].any() and not final[1].any() and final[0].all()
    final.sum().backward()
    assert all(p.grad.isfinite().all() for p in brick.parameters())


def test_dropout_is_on_the_input_in_training_only(ragged):
    x, mask = ragged
    brick = Recurrent(5, 6, dropout=1.0)
    silent = brick(torch.zeros_like(x), mask)[1]
    assert torch.equal(brick(x, mask)[1], silent) and not torch.equal(
        brick.eval()(x, mask)[1], silent
    )


@pytest.mark.parametrize("stride", [1, 2, 3, 9, 20])
def test_pool_frames_by_loop(stride, ragged):
    x, mask = ragged
    pooled, real = pool_frames(x, mask, stride)
    for row, length in enumerate(LENGTHS):
        expected = [
            x[row, start : min(start + stride, length)].mean(0)
            for start in range(0, length, stride)
        ]
        assert real[row].tolist() == [True] * len(expected) + [False] * (
            real.shape[1] - len(expected)
        )
        torch.testing.assert_close(pooled[row, : len(expected)], torch.stack(expected))


def test_mirror_reverses_each_by_its_own_length(ragged):
    x, mask = ragged
    back = mirror(x, mask)
    for row, length in enumerate(LENGTHS):
        assert torch.equal(back[row, :length], x[row, :length].flip(0))
    assert torch.equal(mirror(back, mask), x)


def test_masked_mean_last_and_softmax_by_loop(ragged):
    x, mask = ragged
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(masked_mean(x, mask)[row], x[row, :length].mean(0))
        torch.testing.assert_close(last_real(x, mask)[row], x[row, length - 1])
        weights = masked_softmax(x[..., 0], mask)[row]
        torch.testing.assert_close(weights[:length], x[row, :length, 0].softmax(0))
        assert not weights[length:].any()
    nobody = torch.zeros_like(mask)
    assert not any(
        y.any()
        for y in (masked_mean(x, nobody), last_real(x, nobody), masked_softmax(x[..., 0], nobody))
    )


def test_one_hop_by_hand(ragged):
    states, mask = ragged
    hop, context = Hop(4, 5), torch.randn(3, 4)
    nn.init.normal_(hop.query.bias)
    found, weights = hop(context, states, mask)
    assert weights.shape == (3, 1, 1, 9) and not weights.requires_grad
    for row, length in enumerate(LENGTHS):
        query = hop.query.weight @ context[row] + hop.query.bias
        share = torch.stack([query @ h for h in states[row, :length]]).softmax(0)  # unscaled
        torch.testing.assert_close(weights[row, 0, 0, :length], share)
        torch.testing.assert_close(
            found[row], sum(a * h for a, h in zip(share, states[row], strict=False))
        )


def test_affine_starts_as_in_the_yoon_code():
    torch.manual_seed(0)
    layer = affine(50, 40)
    assert 0.24 < layer.weight.abs().max() <= 0.25 and not layer.bias.any()


def test_a_size_below_one_is_refused():
    at_least_one(hidden=1, stride=3)
    text = refusal(lambda: at_least_one(hidden=1, stride=0))
    assert text == "Given: stride=0\nExpected: at least 1\nDo: change stride."
