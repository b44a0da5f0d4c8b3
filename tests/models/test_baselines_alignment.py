"""The rivals of Table 1 that align sound with words, by hand: Xu et al. and CAN."""

from dataclasses import replace

import pytest
import torch
from refusals import refusal
from rivals import FRAMES, WORDS, build, random_batch
from torch.nn import functional as F

from mcsan_lite.models.baselines.can import within_words


def test_xu_alignment_by_loop():
    model, batch = build("xu_align"), random_batch()
    torch.nn.init.normal_(model.from_audio.weight, std=9)  # far into the tanh
    (heard, _), (read, _) = (
        model.audio(batch.audio, batch.audio_mask),
        model.text(batch.text, batch.text_mask),
    )
    found = model(batch, need_attention=True).attention["align.0.text_from_audio"][:, 0]
    u, b, v = model.from_audio.weight[0], model.from_audio.bias[0], model.from_text.weight[0]
    for i in range(3):
        for j in range(WORDS[i]):
            e = torch.stack(
                [torch.tanh(u @ heard[i, t] + v @ read[i, j] + b) for t in range(FRAMES[i])]
            )
            torch.testing.assert_close(found[i, j, : FRAMES[i]], e.exp() / e.exp().sum())
            assert (
                found[i, j, : FRAMES[i]].max() / found[i, j, : FRAMES[i]].min() < 7.39
            )  # e², the docstring's bound


def test_xu_without_its_tanh_every_word_would_look_at_the_same_frames():
    """As the docstring says: a term that is the same for all frames leaves the softmax as it is."""
    heard, read = torch.randn(1, 8), torch.randn(5, 1)
    torch.testing.assert_close((heard + read).softmax(-1), heard.softmax(-1).expand(5, -1))
    assert (torch.tanh(heard + read).softmax(-1) - torch.tanh(heard).softmax(-1)).abs().max() > 1e-2


def test_xu_reads_aligned_sound_and_word_together():
    model, batch = build("xu_align"), random_batch()
    seen = []
    model.aligned.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    weights = model(batch, need_attention=True).attention["align.0.text_from_audio"][:, 0]
    expected = torch.cat(
        (
            weights @ model.audio(batch.audio, batch.audio_mask)[0],
            model.text(batch.text, batch.text_mask)[0],
        ),
        -1,
    )
    torch.testing.assert_close(seen[0], expected)


def test_delta_is_another_model():
    model = build("xu_align_delta")
    assert all(
        isinstance(rnn.backwards, torch.nn.GRU) for rnn in (model.audio, model.text, model.aligned)
    )
    assert model(random_batch(), need_attention=True).attention[
        "align.0.text_from_audio"
    ].shape == (
        3,
        4,
        5,
        50,
    )


@pytest.mark.parametrize("stride", [1, 3])
def test_within_words_by_loop(stride):
    frames = torch.tensor([[[0, 4], [4, 11], [11, 11], [11, 90], [40, 60]]])
    real = -(-14 // stride)
    mask = torch.arange(real + 3)[None] < real
    share = within_words(frames, mask, stride)[0]
    for row, (first, end) in zip(share, frames[0].tolist(), strict=True):
        inside = [
            k for k in range(real) if first < end and k * stride < end and (k + 1) * stride > first
        ]
        expected = torch.zeros(real + 3)
        expected[inside] = 1 / max(1, len(inside))
        torch.testing.assert_close(row, expected)


@pytest.mark.parametrize("stop_gradient", [True, False])
def test_can_crosses_its_weights_by_hand(stop_gradient):
    model, batch = build("can", stop_gradient=stop_gradient), random_batch()
    heard, read = (
        model.audio(batch.audio, batch.audio_mask)[0],
        model.text(batch.text, batch.text_mask)[0],
    )
    maps = model(batch, need_attention=True).attention
    for i in range(3):
        words = [slice(*span) for span in batch.word_frames[i, : WORDS[i]].tolist()]
        ha, ht = torch.stack([heard[i, w].mean(0) for w in words]), read[i, : WORDS[i]]
        wa, wt = (
            torch.stack([model.score[m](h)[0] for h in states]).softmax(0)
            for m, states in (("audio", ha), ("text", ht))
        )
        torch.testing.assert_close(maps["global.0.audio"][i, 0, 0, : WORDS[i]], wa)
        z = torch.cat((wa @ ha, wa @ ht, wt @ ht, wt @ ha))  # c^aa, c^at, c^tt, c^ta
        torch.testing.assert_close(model(batch).logits[i], model.classifier(z))


@pytest.mark.parametrize("stop_gradient", [True, False])
def test_can_stop_gradient_cuts_the_crossed_path_only(stop_gradient):
    """With only a crossed summary read out, the scorer learns nothing unless gradients may pass."""
    model, batch = build("can", stop_gradient=stop_gradient), random_batch()
    with torch.no_grad():
        model.classifier[1].weight[:, :22] = 0  # c^aa
        model.classifier[1].weight[:, 44:] = 0  # c^tt, c^ta
    F.cross_entropy(model(batch).logits, batch.label).backward()
    assert bool(model.score["audio"][0].weight.grad.abs().max() > 1e-6) is not stop_gradient


def test_can_without_word_times_is_refused():
    assert "FeatureConfig(align=" in refusal(
        lambda: build("can")(replace(random_batch(), word_frames=None))
    )
