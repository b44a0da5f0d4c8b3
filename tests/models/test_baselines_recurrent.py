"""The recurrent rivals of Table 1, each with its own mathematics by hand: MDRE, MHA, AMH."""

from dataclasses import replace

import pytest
import torch
from refusals import refusal
from rivals import FRAMES, VIDEO, WORDS, build, random_batch
from torch import Tensor

from mcsan_lite.features.batch import Dims


def test_mdre_is_linear_after_its_two_last_states():
    model, batch = build("mdre", hidden=10), random_batch()
    for bias in (model.from_audio.bias, model.from_text.bias, model.classifier.bias):
        torch.nn.init.normal_(bias)
    assert model.from_audio.weight.shape == (5, 10) and model.classifier.weight.shape == (3, 10)
    heard, read = (
        model.audio(batch.audio, batch.audio_mask)[1],
        model.text(batch.text, batch.text_mask)[1],
    )
    a = heard @ model.from_audio.weight.T + model.from_audio.bias.item()
    b = read @ model.from_text.weight.T + model.from_text.bias.item()
    expected = torch.cat((a, b), 1) @ model.classifier.weight.T + model.classifier.bias.item()
    torch.testing.assert_close(model(batch).logits, expected)


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_mdre_losses_by_hand_leave_out_unknown_labels(loss):
    model, batch = build("mdre", loss=loss), replace(random_batch(), label=torch.tensor([2, -1, 0]))
    out = model(batch)
    if loss == "softmax":
        expected = -(out.logits[0].log_softmax(0)[2] + out.logits[2].log_softmax(0)[0]) / 2
    else:
        right = {(0, 2), (2, 0)}
        expected = (
            -sum(
                torch.log(torch.sigmoid(out.logits[i, c] if (i, c) in right else -out.logits[i, c]))
                for i in (0, 2)
                for c in range(3)
            )
            / 6
        )
    torch.testing.assert_close(model.loss(out, batch), expected)
    assert model.loss(out, replace(batch, label=torch.full((3,), -1))).item() == 0


def by_hand(query: torch.nn.Linear, context: Tensor, states: Tensor, length: int) -> Tensor:
    """One hop for one utterance, step by step."""
    asked = query.weight @ context + query.bias
    scores = torch.stack([asked @ states[t] for t in range(length)])
    return sum(share * states[t] for t, share in enumerate(scores.exp() / scores.exp().sum()))


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_multihop_by_hand(hops):
    model, batch = build("multihop", hops=hops), random_batch()
    (heard, summary), (read, _) = (
        model.audio(batch.audio, batch.audio_mask),
        model.text(batch.text, batch.text_mask),
    )
    for i in range(3):
        h1 = by_hand(model.hops[0].query, summary[i], read[i], WORDS[i])
        pair = (h1, summary[i])  # MHA-1
        if hops > 1:
            h2 = by_hand(model.hops[1].query, h1, heard[i], FRAMES[i])
            pair = (h1, h2)
        if hops > 2:
            pair = (by_hand(model.hops[2].query, h2, read[i], WORDS[i]), h2)
        torch.testing.assert_close(model(batch).logits[i], model.classifier(torch.cat(pair)))


def test_multihop_encoders():
    assert build("multihop").audio.width == 22 and build("multihop", rnn="gru").audio.width == 11
    assert isinstance(build("multihop").text.backwards, torch.nn.LSTM)


def test_amh_hops_by_hand():
    """Video, audio, text, video: each hop has its own weights; the two others' newest ask."""
    model, batch = build("amh", hops=4), random_batch()
    (ha, a), (ht, t), (hv, _) = (
        getattr(model, m)(getattr(batch, m), getattr(batch, f"{m}_mask"))
        for m in ("audio", "text", "video")
    )
    one, two, three, four = (hop.query for hop in model.hops)
    for i in range(3):
        v1 = by_hand(one, torch.cat((a[i], t[i])), hv[i], VIDEO[i])
        a1 = by_hand(two, torch.cat((t[i], v1)), ha[i], FRAMES[i])
        t1 = by_hand(three, torch.cat((a1, v1)), ht[i], WORDS[i])
        v2 = by_hand(four, torch.cat((a1, t1)), hv[i], VIDEO[i])
        torch.testing.assert_close(
            model(batch).logits[i], model.classifier(torch.cat((a1, t1, v2)))
        )
    assert len({id(hop.query.weight) for hop in build("amh").hops}) == 7  # the reference script's


def test_amh_without_video_is_refused():
    assert "AMH" in refusal(lambda: build("amh", dims=Dims(13, 17, 3)))
    assert "AMH" in refusal(
        lambda: build("amh")(replace(random_batch(), video=None, video_mask=None))
    )
