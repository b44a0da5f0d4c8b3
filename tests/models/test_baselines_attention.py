"""The rivals made of attention, by hand: MulT, and self- or cross-attention of Rajan et al."""

import itertools
import math

import pytest
import torch
from rivals import FRAMES, WORDS, alone, build, random_batch
from torch.nn import functional as F

from mcsan_lite.models.baselines.mult import halved_positions, visible_keys


def test_mult_causal_mask_by_loop():
    """Key j is hidden from query i if j >= i + 1 + |T_q - T_k|, T the lengths of the utterance."""
    batch = random_batch()
    seen = visible_keys(batch.audio_mask, batch.text_mask, causal=True)
    for u in range(3):
        for i in range(FRAMES[u]):
            expected = [
                j < WORDS[u] and j < i + 1 + abs(FRAMES[u] - WORDS[u]) for j in range(max(WORDS))
            ]
            assert seen[u, i].tolist() == expected
    own = visible_keys(batch.text_mask, batch.text_mask, causal=True)
    assert torch.equal(own[0], torch.ones(5, 5).tril().bool())
    assert torch.equal(
        visible_keys(batch.text_mask, batch.audio_mask, causal=False)[0],
        batch.audio_mask[:1].expand(5, -1),
    )


@pytest.mark.parametrize("width", [6, 7])
def test_mult_positions_by_loop(width):
    """As the code's table: the first step is 1; sines, then cosines."""
    found = halved_positions(torch.zeros(1, 5, width))
    half = width // 2
    for step, i in itertools.product(range(5), range(half)):
        angle = (step + 1) / 10_000 ** (i / (half - 1))
        assert found[step, i].item() == pytest.approx(math.sin(angle), abs=1e-6)
        assert found[step, half + i].item() == pytest.approx(math.cos(angle), abs=1e-6)
    assert found.shape == (5, width) and not found[:, 2 * half :].any()


def test_mult_drops_weights_where_words_are_the_target_only():
    model = build("mult")
    blocks = {name: [*model.cross[name], *model.memory[name]] for name in ("text", "audio")}
    assert {block.attention.dropout for block in blocks["text"]} == {0.25}
    assert {block.attention.dropout for block in blocks["audio"]} == {0.0}


def test_mult_causal_model_hides_later_sound_from_early_words():
    """8 frames, 5 words: word 0 may see frames 0 to 3."""
    batch = random_batch(frames=(8,), words=(5,), video=(1,))
    for causal in (True, False):
        weights = build("mult", causal=causal)(batch, need_attention=True).attention[
            "cross.1.text_from_audio"
        ][0, 0]
        assert (
            bool(weights[0, 4:].any()) is not causal and weights[0, :4].all() and weights[4].all()
        )


def test_mult_asks_the_low_level_source_in_every_block():
    model, batch, seen = build("mult"), random_batch(), []
    for block in model.cross["text"]:
        block.register_forward_pre_hook(lambda _, given: seen.append(given))
    model(batch)
    assert seen[0][1] is seen[1][1] and seen[0][0] is not seen[1][0]
    x = batch.audio * batch.audio_mask[..., None]
    low = model.embed(model.conv["audio"](x.transpose(1, 2)).transpose(1, 2))
    torch.testing.assert_close(seen[0][1], low)


def test_mult_block_by_hand():
    block, x, memory = build("mult").cross["text"][0], torch.randn(1, 4, 12), torch.randn(1, 6, 12)
    out, _ = block(x, memory, torch.ones(1, 4, 6, dtype=torch.bool))
    heads, norm = block.attention, block.norm_attention
    own = torch.nn.MultiheadAttention(12, 4, batch_first=True)
    three = (heads.to_query, heads.to_key, heads.to_value)
    own.load_state_dict(
        {
            "in_proj_weight": torch.cat([f.weight for f in three]),
            "out_proj.weight": heads.merge.weight,
            "in_proj_bias": torch.cat([f.bias for f in three]),
            "out_proj.bias": heads.merge.bias,
        }
    )
    y = x + own(norm(x), norm(memory), norm(memory))[0]
    torch.testing.assert_close(
        out, y + block.feedforward(block.norm_feedforward(y)), atol=1e-6, rtol=1e-5
    )


def test_mult_pooling_changes_the_readout():
    last, largest = build("mult"), build("mult", pooling="max")
    largest.load_state_dict(last.state_dict())
    one = random_batch(frames=(1,), words=(1,), video=(1,))
    assert torch.equal(last(one).logits, largest(one).logits)
    assert (last(random_batch()).logits - largest(random_batch()).logits).abs().max() > 1e-3


@pytest.mark.parametrize("attention", ["self", "cross"])
def test_self_cross_by_hand(attention):
    model, batch = build("self_cross", attention=attention), random_batch()
    for i in range(3):
        one = alone(batch, i)
        frames = model.conv.conv(F.pad(one.audio.transpose(1, 2), (1, 1))).transpose(1, 2)[
            :, ::2
        ]  # every second
        states = {
            m: rnn(x, torch.ones(x.shape[:2], dtype=torch.bool))[0]
            for m, rnn, x in (("audio", model.audio, frames), ("text", model.text, one.text))
        }
        ends = []
        for m, other in (("text", "audio"), ("audio", "text")):
            source = states[m if attention == "self" else other]
            ends.append(
                model.attention[m](
                    states[m], source, torch.ones(source.shape[:2], dtype=torch.bool)
                )[0].mean(1)
            )
        deviation, mean = torch.std_mean(torch.stack(ends), dim=0)
        torch.testing.assert_close(
            model(one).logits, model.classifier(torch.cat((mean, deviation), 1))
        )
    assert frames.shape == (1, 12, 13)  # 23 frames, halved: time, not channels


def test_self_and_cross_have_the_same_parameters():
    sizes = {
        a: sum(p.numel() for p in build("self_cross", attention=a).parameters())
        for a in ("self", "cross")
    }
    assert sizes["self"] == sizes["cross"]
