"""The rivals of Table 1: padding, missing modalities, maps, parameter counts, refusals."""

import pytest
import torch
from refusals import refusal
from rivals import FRAMES, SMALL, VIDEO, WORDS, alone, build, random_batch
from torch.nn import functional as F

from mcsan_lite.features.batch import Dims
from mcsan_lite.models import MODELS

# Trained by the authors' code; here word vectors arrive frozen in the batch.
EMBEDDING = 3747 * 300

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


@every_variant
def test_batch_mates_and_garbage_on_padding_change_no_logit(name, options):
    model, batch = build(name, **options), random_batch()
    apart = torch.cat([model(alone(batch, i)).logits for i in range(3)])
    assert apart.shape == (3, 3)
    assert (model(batch).logits - apart).abs().max() <= 1e-5
    assert (apart[0] - apart[2]).abs().max() > 1e-4


def cross_entropy(output, batch):
    return F.cross_entropy(output.logits, batch.label)


@every_variant
def test_a_missing_modality_gives_finite_logits_and_gradients(name, options):
    model = build(name, **options).train()
    batch = random_batch(frames=(20, 0, 9), words=(4, 3, 0), video=(3, 0, 4))
    output = model(batch)
    loss = getattr(model, "loss", cross_entropy)(output, batch)
    loss.backward()
    assert output.logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    together = model.eval()(batch).logits
    apart = torch.cat([model(alone(batch, i)).logits for i in range(3)])
    assert (apart - together).abs().max() <= 1e-5


# For each rival (and number of hops): its maps, and what their queries and keys are. "S" is a
# summary, "half" every second frame.
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
    model, batch = build(name, **({"hops": hops} if hops else {})), random_batch()
    attention, expected = model(batch, need_attention=True).attention, MAPS[name, hops]
    assert attention.keys() == expected.keys()
    assert model(batch).attention == {}
    lengths = {
        "S": (1, 1, 1),
        "audio": FRAMES,
        "text": WORDS,
        "video": VIDEO,
        "half": tuple(-(-n // 2) for n in FRAMES),
    }
    for direction, axes in expected.items():
        queries, keys = (lengths[axis] for axis in axes.split("."))
        weights = attention[direction]
        assert weights.shape[0] == 3, direction
        assert weights.shape[2:] == (max(queries), max(keys)), direction
        assert not weights.requires_grad, direction
        for i in range(3):
            sums = weights[i, :, : queries[i], : keys[i]].sum(-1)
            torch.testing.assert_close(sums, torch.ones(weights.shape[1], queries[i]))
            assert not weights[i, :, :, keys[i] :].any(), direction


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
    assert given in refusal(lambda: build(name, **options))
