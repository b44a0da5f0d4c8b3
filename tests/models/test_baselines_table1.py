"""The IEMOCAP rows: parameter counts that the sources give, and each model's own mathematics by hand."""

from dataclasses import fields, replace

import pytest
import torch
from refusals import refusal
from torch import Tensor
from torch.nn import functional as F

from mcsan_lite.features.batch import Batch, Dims
from mcsan_lite.models import MODELS
from mcsan_lite.models.baselines.can import within_words
from mcsan_lite.models.baselines.mult import visible_keys

DIMS = Dims(audio=13, text=17, classes=3, video=19)
FRAMES, WORDS, VIDEO = (50, 9, 23), (5, 1, 3), (8, 2, 4)
EMBEDDING = 3747 * 300  # trained by the authors' code; here word vectors arrive frozen in the batch

SMALL = {
    "mdre": {"hidden": 11},
    "multihop": {"hidden": 11},
    "amh": {"hidden": 11, "video_hidden": 6},
    "xu_align": {"hidden": 11},
    "xu_align_delta": {"hidden": 12, "heads": 4, "dense": 7},
    "can": {"hidden": 11},
    "mult": {"hidden": 12, "heads": 4, "layers": 2, "memory": 2},
    "self_cross": {"hidden": 12, "heads": 4},
}
VARIANTS = (
    [(name, {}) for name in SMALL]
    + [(name, {"stride": 3}) for name in SMALL]
    + [
        ("mdre", {"loss": "sigmoid"}),
        ("multihop", {"hops": 1}),
        ("multihop", {"hops": 3}),
        ("multihop", {"rnn": "gru"}),
        ("amh", {"hops": 2}),
        ("can", {"stop_gradient": False}),
        ("mult", {"causal": True}),
        ("mult", {"pooling": "max"}),
        ("self_cross", {"attention": "self"}),
    ]
)
every_variant = pytest.mark.parametrize(("name", "options"), VARIANTS, ids=lambda x: str(x))


def build(name, dims=DIMS, **options):
    torch.manual_seed(0)
    model = MODELS[name]
    return model(dims, model.Config(**(SMALL[name] | options))).eval()


def stream(lengths, width, generator):
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return torch.randn(*mask.shape, width, generator=generator), mask


def make(frames=FRAMES, words=WORDS, video=VIDEO, seed=0) -> Batch:
    """Random utterances, garbage on their padding; words cover the sound from its second frame on, in equal parts."""
    generator = torch.Generator().manual_seed(seed)
    streams = [stream(n, w, generator) for n, w in ((frames, 13), (words, 17), (video, 19))]
    edges = torch.stack(
        [
            1 + torch.arange(max(words) + 1) * (t - 1) // max(w, 1)
            for t, w in zip(frames, words, strict=True)
        ]
    )
    spans = torch.stack((edges[:, :-1], edges[:, 1:]), -1) * streams[1][1][..., None]
    (audio, audio_mask), (text, text_mask), (seen, seen_mask) = streams
    return Batch(
        [str(i) for i in range(len(frames))],
        audio,
        audio_mask,
        text,
        text_mask,
        torch.arange(len(frames)) % 3,
        seen,
        seen_mask,
        spans,
    )


def alone(batch: Batch, i: int) -> Batch:
    """Utterance i without a frame of padding."""
    lengths = {
        m: max(1, int(getattr(batch, f"{m}_mask")[i].sum())) for m in ("audio", "text", "video")
    }
    length_of = {
        f.name: lengths.get(f.name.removesuffix("_mask"), lengths["text"]) for f in fields(batch)
    }
    cut = {
        f.name: x[i : i + 1] if f.name == "label" else x[i : i + 1, : length_of[f.name]]
        for f in fields(batch)
        if isinstance(x := getattr(batch, f.name), Tensor)
    }
    return replace(batch, ids=[batch.ids[i]], **cut)


@every_variant
def test_batch_mates_and_garbage_on_padding_change_no_logit(name, options):
    model, batch = build(name, **options), make()
    apart = torch.cat([model(alone(batch, i)).logits for i in range(3)])
    assert apart.shape == (3, 3) and (model(batch).logits - apart).abs().max() <= 1e-5
    assert (apart[0] - apart[2]).abs().max() > 1e-4


@every_variant
def test_a_missing_modality_gives_finite_logits_and_gradients(name, options):
    model, batch = (
        build(name, **options).train(),
        make(frames=(20, 0, 9), words=(4, 3, 0), video=(3, 0, 4)),
    )
    out = model(batch)
    getattr(model, "loss", lambda out, batch: F.cross_entropy(out.logits, batch.label))(
        out, batch
    ).backward()
    assert out.logits.isfinite().all() and all(p.grad.isfinite().all() for p in model.parameters())
    both = model.eval()(batch).logits
    assert (torch.cat([model(alone(batch, i)).logits for i in range(3)]) - both).abs().max() <= 1e-5


MAPS = {
    ("mdre", 0): {},
    ("multihop", 2): {"hop.1.audio_from_text": "S.text", "hop.2.text_from_audio": "S.audio"},
    ("multihop", 3): {
        "hop.1.audio_from_text": "S.text",
        "hop.2.text_from_audio": "S.audio",
        "hop.3.audio_from_text": "S.text",
    },
    ("amh", 4): {
        "hop.1.audio+text_from_video": "S.video",
        "hop.2.text+video_from_audio": "S.audio",
        "hop.3.audio+video_from_text": "S.text",
        "hop.4.audio+text_from_video": "S.video",
    },
    ("xu_align", 0): {"align.0.text_from_audio": "text.audio"},
    ("xu_align_delta", 0): {"align.0.text_from_audio": "text.audio"},
    ("can", 0): {"global.0.audio": "S.text", "global.0.text": "S.text"},
    ("mult", 0): {
        f"cross.{n}.{q}_from_{k}": f"{q}.{k}"
        for n in (0, 1)
        for q, k in (("text", "audio"), ("audio", "text"))
    }
    | {f"memory.{n}.{m}": f"{m}.{m}" for n in (0, 1) for m in ("text", "audio")},
    ("self_cross", 0): {
        "cross.0.text_from_audio": "text.half",
        "cross.0.audio_from_text": "half.text",
    },
}


@pytest.mark.parametrize(("name", "hops"), MAPS)
def test_maps_are_named_by_direction_and_sum_to_one_over_real_keys(name, hops):
    model, batch = build(name, **({"hops": hops} if hops else {})), make()
    out, wanted = model(batch, need_attention=True), MAPS[name, hops]
    lengths = {
        "S": (1, 1, 1),
        "audio": FRAMES,
        "text": WORDS,
        "video": VIDEO,
        "half": tuple(-(-n // 2) for n in FRAMES),
    }
    assert out.attention.keys() == wanted.keys() and model(batch).attention == {}
    for direction, axes in wanted.items():
        q, k = (lengths[axis] for axis in axes.split("."))
        weights = out.attention[direction]
        assert (
            weights.shape[0] == 3
            and weights.shape[2:] == (max(q), max(k))
            and not weights.requires_grad
        ), direction
        for i in range(3):
            torch.testing.assert_close(
                weights[i, :, : q[i], : k[i]].sum(-1), torch.ones(weights.shape[1], q[i])
            )
            assert not weights[i, :, :, k[i] :].any(), direction


def read_prosody(classes):
    """The weights of the MDRE code that read 35 numbers of prosody: 235 -> 117 for 200 -> 100."""
    return 235 * 117 - 200 * 100 + (117 - 100) * classes


@pytest.mark.parametrize(
    ("name", "dims", "total"),
    [
        ("mdre", Dims(120, 300, 7), 1_666_317 - read_prosody(7)),
        ("mdre", Dims(39, 300, 4), 1_617_066 - read_prosody(4)),
        ("amh", Dims(120, 300, 7, 2048), 2_874_155),
    ],
)
def test_parameters_are_those_of_the_source_once_its_embedding_is_added(name, dims, total):
    model = MODELS[name](dims, MODELS[name].Config())
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) + EMBEDDING == total


def test_mdre_is_linear_after_its_two_last_states():
    model, batch = build("mdre", hidden=10), make()
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
    model, batch = build("mdre", loss=loss), replace(make(), label=torch.tensor([2, -1, 0]))
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
    model, batch = build("multihop", hops=hops), make()
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
    """Video, audio, text, video: each hop with its own weights, asked by the two others' newest summaries."""
    model, batch = build("amh", hops=4), make()
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
    assert "AMH" in refusal(lambda: build("amh")(replace(make(), video=None, video_mask=None)))


def test_xu_alignment_by_loop():
    model, batch = build("xu_align"), make()
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
    """The remark in the docstring: a term that is the same for all frames leaves the softmax unchanged."""
    heard, read = torch.randn(1, 8), torch.randn(5, 1)
    torch.testing.assert_close((heard + read).softmax(-1), heard.softmax(-1).expand(5, -1))
    assert (torch.tanh(heard + read).softmax(-1) - torch.tanh(heard).softmax(-1)).abs().max() > 1e-2


def test_xu_reads_aligned_sound_and_word_together():
    model, batch = build("xu_align"), make()
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
    assert model(make(), need_attention=True).attention["align.0.text_from_audio"].shape == (
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
    for row, (first, behind) in zip(share, frames[0].tolist(), strict=True):
        inside = [
            k
            for k in range(real)
            if first < behind and k * stride < behind and (k + 1) * stride > first
        ]
        expected = torch.zeros(real + 3)
        expected[inside] = 1 / max(1, len(inside))
        torch.testing.assert_close(row, expected)


@pytest.mark.parametrize("stop_gradient", [True, False])
def test_can_crosses_its_weights_by_hand(stop_gradient):
    model, batch = build("can", stop_gradient=stop_gradient), make()
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
    model, batch = build("can", stop_gradient=stop_gradient), make()
    with torch.no_grad():
        model.classifier[1].weight[:, :22] = 0  # c^aa
        model.classifier[1].weight[:, 44:] = 0  # c^tt, c^ta
    F.cross_entropy(model(batch).logits, batch.label).backward()
    assert bool(model.score["audio"][0].weight.grad.abs().max() > 1e-6) is not stop_gradient


def test_can_without_word_times_is_refused():
    assert "FeatureConfig(align=" in refusal(
        lambda: build("can")(replace(make(), word_frames=None))
    )


def test_mult_causal_mask_by_loop():
    """Key j is hidden from query i if j >= i + 1 + |T_q - T_k|, with each utterance's own lengths."""
    batch = make()
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


def test_mult_causal_model_hides_later_sound_from_early_words():
    """8 frames, 5 words: word 0 may see frames 0 to 3."""
    batch = make(frames=(8,), words=(5,), video=(1,))
    for causal in (True, False):
        weights = build("mult", causal=causal)(batch, need_attention=True).attention[
            "cross.1.text_from_audio"
        ][0, 0]
        assert (
            bool(weights[0, 4:].any()) is not causal and weights[0, :4].all() and weights[4].all()
        )


def test_mult_asks_the_low_level_source_in_every_block():
    model, batch, seen = build("mult"), make(), []
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
    one = make(frames=(1,), words=(1,), video=(1,))
    assert torch.equal(last(one).logits, largest(one).logits)
    assert (last(make()).logits - largest(make()).logits).abs().max() > 1e-3


@pytest.mark.parametrize("attention", ["self", "cross"])
def test_self_cross_by_hand(attention):
    model, batch = build("self_cross", attention=attention), make()
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


@pytest.mark.parametrize(
    ("name", "options", "given"),
    [
        ("mdre", {"loss": "sofmax"}, "softmax"),
        ("mdre", {"stride": 0}, "stride=0"),
        ("multihop", {"hops": 4}, "hops=4"),
        ("multihop", {"rnn": "bilstn"}, "bilstm"),
        ("amh", {"hops": 0}, "hops=0"),
        ("xu_align", {"hidden": 0}, "hidden=0"),
        ("xu_align_delta", {"heads": 5}, "5 heads"),
        ("can", {"stride": -1}, "stride=-1"),
        ("mult", {"heads": 5}, "5 heads"),
        ("mult", {"text_kernel": 2}, "text_kernel=2"),
        ("mult", {"pooling": "mean"}, "'mean'"),
        ("self_cross", {"attention": "crss"}, "cross"),
    ],
    ids=str,
)
def test_options_that_are_no_network_are_refused_in_three_parts(name, options, given):
    with pytest.raises(ValueError, match=r"(?s)Given: .*Expected: .+Do: ") as caught:
        build(name, **options)
    assert given in str(caught.value)
