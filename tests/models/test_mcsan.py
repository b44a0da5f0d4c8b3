"""MCSAN: every row of Table 3 through the contract, its maps and streams, the third modality, and
its refusals."""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from refusals import refusal

from mcsan_lite.experiments import checkpoints
from mcsan_lite.features.batch import Dims, collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.paper.table_rows import ABLATIONS
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.inference import load_run
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
)

SMALL = {
    "hidden": 44,
    "heads": 11,
    "feedforward": 2,
    "kernel": 3,
    "pool_stride": 3,
    "conv_same": True,
    "activation": "relu",
    "positions": "sinusoid",
    "position_scale": 1.0,
    "classifier_layers": 2,
    "dropout": 0.1,
}
every_case = pytest.mark.parametrize("case", ABLATIONS)
every_row = pytest.mark.parametrize("row", ABLATIONS)
VARIANTS = [
    {"conv_same": False},
    {"pool_stride": 1},
    {"pool_stride": 2},
    {"conv_same": False, "pool_stride": 2},
    {"kernel": 4},
    {"kernel": 5, "conv_same": False},
    {"activation": "gelu"},
    {"activation": "tanh"},
    {"activation": "none"},
    {"positions": "none"},
    {"full_scale": True},
    {"classifier_layers": 1},
    {"classifier_layers": 3},
    {"position_scale": 0.1},
]


def build(row, dims, seed=0, **changes):
    torch.manual_seed(seed)
    return MCSAN(dims, MCSANConfig(**(SMALL | ABLATIONS[row] | changes)))


def check_padding(model, make_features):
    """Each utterance alone, with short mates, and with mates far longer: the same logits."""
    short = make_features(3, seed=1, frames=(1, 12), words=(1, 3)) + make_features(
        1, seed=2, frames=2, words=1
    )
    long = make_features(1, seed=3, frames=200, words=40, prefix="long")
    model.eval()
    alone = torch.cat([model(collate([f])).logits for f in short])
    together, padded = model(collate(short)).logits, model(collate([*long, *short])).logits[1:]
    assert (together - alone).abs().max() <= 1e-5 and (padded - alone).abs().max() <= 1e-5
    assert (alone[0] - alone[1]).abs().max() > 1e-4  # the model looks at its input at all


@every_case
def test_output_shape_and_no_maps_unless_asked(case, dims, make_features):
    out = build(case, dims)(collate(make_features(2)))
    assert out.logits.shape == (2, 3) and out.logits.requires_grad and out.attention == {}


@every_case
def test_padding_and_batch_mates_change_nothing(case, dims, make_features):
    check_padding(build(case, dims), make_features)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_padding_changes_nothing_in_any_variant(options, dims, make_features):
    check_padding(build("MCSAN", dims, **options), make_features)


@every_case
def test_gradients_reach_every_parameter(case, dims, labels, make_features):
    model = build(case, dims)
    batch = collate(make_features(8), labels)
    torch.nn.functional.cross_entropy(model(batch).logits, batch.label).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all(), name
        if name.endswith(
            "to_key.bias"
        ):  # adds the same to every score of a row: softmax cannot see it
            assert p.grad.abs().max() < 1e-6, name
        else:
            assert p.grad.abs().max() > 1e-7, name


@every_case
def test_same_seed_same_bits(case, dims, labels, make_features):
    made, config = make_features(6), TrainConfig(epochs=2, batch_size=4, seed=5)
    one, two, other = (build(case, dims, seed=s) for s in (1, 1, 2))
    untrained = copy.deepcopy(one.state_dict())
    for model in (one, two):
        fit(model, TrainingData(made, made, labels), config)
    for name, w in one.state_dict().items():
        assert torch.equal(w, two.state_dict()[name]), name
    assert any(not torch.equal(w, one.state_dict()[n]) for n, w in untrained.items())
    assert any(not torch.equal(w, untrained[n]) for n, w in other.state_dict().items())


@every_case
def test_one_step_lowers_a_finite_loss(case, dims, labels, make_features):
    model, batch = build(case, dims, dropout=0.0), collate(make_features(6), labels)
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=1e-3), []
    for _ in range(2):
        losses.append(torch.nn.functional.cross_entropy(model(batch).logits, batch.label))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[0].isfinite() and losses[1] < losses[0]


@every_case
def test_overfits_eight_utterances(case, dims, labels, make_features):
    model, made = build(case, dims, dropout=0.0), make_features(8, frames=(8, 20))
    history = fit(
        model,
        TrainingData(made, made, labels),
        TrainConfig(epochs=30, batch_size=8, learning_rate=3e-3),
    )
    assert history.loss.iloc[-1] < 0.1
    found = predict(model, made, labels)
    assert (found.pred == found.true).all()


@every_case
def test_asking_for_attention_never_changes_a_logit(case, dims, make_features):
    model, batch = build(case, dims), collate(make_features(3))
    for mode in (True, False):
        outs = []
        for need in (False, True):
            torch.manual_seed(3)  # the same dropout
            outs.append(model.train(mode)(batch, need_attention=need))
        assert torch.equal(outs[0].logits, outs[1].logits)
        assert all(not w.requires_grad for w in outs[1].attention.values())


def cross(n):
    return {
        f"cross.{n}.text_from_audio": ("text", "audio"),
        f"cross.{n}.audio_from_text": ("audio", "text"),
    }


def own(n):
    return {f"self.{n}.audio": ("audio", "audio"), f"self.{n}.text": ("text", "text")}


MAPS = {
    "MCSAN": cross(0) | own(0),
    "w/o audio": {"self.0.text": ("text", "text")},
    "w/o text": {"self.0.audio": ("audio", "audio")},
    "w/o self": cross(0),
    "w/o cross": own(0),
    "cross + self (seq)": cross(0) | own(0),
    "self + cross (seq)": own(0) | cross(0),
    "N = 2": cross(0) | own(0) | cross(1) | own(1),
    "N = 3": cross(0) | own(0) | cross(1) | own(1) | cross(2) | own(2),
}
STREAMS = {
    "MCSAN": 4,
    "w/o audio": 1,
    "w/o text": 1,
    "w/o self": 2,
    "w/o cross": 2,
    "cross + self (seq)": 2,
    "self + cross (seq)": 2,
    "N = 2": 4,
    "N = 3": 4,
}


@pytest.mark.parametrize("mode", [True, False], ids=["train", "eval"])
@every_row
def test_attention_maps_of_each_row(row, mode, dims, make_features):
    made = make_features(1, frames=50, words=5) + make_features(1, seed=1, frames=20, words=2)
    maps = build(row, dims).train(mode)(collate(made), need_attention=True).attention
    real = {"audio": [6, 3], "text": [5, 2]}  # 50 -> 17 -> 6 and 20 -> 7 -> 3 pooled frames
    assert maps.keys() == MAPS[row].keys()
    for name, (queries, keys) in MAPS[row].items():
        assert maps[name].shape == (2, 11, real[queries][0], real[keys][0]), name
        for i in range(2):
            q, k = real[queries][i], real[keys][i]
            torch.testing.assert_close(maps[name][i, :, :q, :k].sum(-1), torch.ones(11, q))
            assert not maps[name][i, :, :, k:].any(), name


@every_row
def test_streams_into_the_classifier(row, dims):
    model = build(row, dims)
    assert model.classifier[0].in_features == STREAMS[row] * 44
    assert len(
        model.cross.layers if "cross" in dict(model.named_children()) else model.self_.layers
    ) == {"N = 2": 2, "N = 3": 3}.get(row, 1)


@pytest.mark.parametrize(
    ("row", "order", "chained"),
    [
        ("MCSAN", ["cross", "self_"], False),
        ("cross + self (seq)", ["cross", "self_"], True),
        ("self + cross (seq)", ["self_", "cross"], True),
    ],
)
def test_sequential_modules_run_one_behind_the_other(row, order, chained, dims, make_features):
    model, seen = build(row, dims), []
    for name in ("cross", "self_"):
        getattr(model, name).register_forward_hook(
            lambda _, given, out, n=name: seen.append((n, given[0], out[0]))
        )
    model(collate(make_features(2)))
    assert [name for name, _, _ in seen] == order
    for m in (
        "audio",
        "text",
    ):  # what the second module is given: the output of the first, or the same input
        assert seen[1][1][m] is (seen[0][2] if chained else seen[0][1])[m]


@pytest.mark.parametrize("lost", ["audio", "text"])
@pytest.mark.parametrize("options", [{}, {"conv_same": False}], ids=str)
@every_row
def test_missing_modality_gives_finite_logits_and_gradients(
    row, options, lost, dims, labels, make_features
):
    model = build(row, dims, **options)
    lone = make_features(1, **{"frames" if lost == "audio" else "words": 0})
    mates = make_features(2, seed=1, prefix="m")
    model.eval()
    alone, batch = model(collate(lone)).logits, collate([*lone, *mates], labels)
    logits = model(batch).logits
    assert alone.isfinite().all() and (logits[:1] - alone).abs().max() <= 1e-5
    torch.nn.functional.cross_entropy(logits, batch.label).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


WATCHING = Dims(13, 17, 3, video=7)
DIRECTIONS = {
    f"cross.{{n}}.{q}_from_{k}": (q, k)
    for q, k in itertools.permutations(("audio", "text", "video"), 2)
}
OWN = {f"self.{{n}}.{m}": (m, m) for m in ("audio", "text", "video")}


@pytest.fixture
def filmed(make_features):
    """A function: as `make_features`, with `faces` random video frames of seven numbers each."""

    def make(n, seed=0, *, faces=30, **sizes):
        random = np.random.default_rng(seed)
        return [
            replace(f, video=random.standard_normal((faces, 7)).astype(np.float32))
            for f in make_features(n, seed, **sizes)
        ]

    return make


@pytest.mark.parametrize("row", [r for r in ABLATIONS if r not in ("w/o audio", "w/o text")])
def test_three_streams_look_in_six_directions(row, filmed):
    made = filmed(1, faces=30, frames=50, words=5) + filmed(1, seed=1, faces=12, frames=20, words=2)
    model = build(row, WATCHING, use_video=True).eval()
    maps = model(collate(made), need_attention=True).attention
    layers = ABLATIONS[row].get("layers", 1)
    kinds = (DIRECTIONS if row != "w/o cross" else {}) | (OWN if row != "w/o self" else {})
    expected = {name.format(n=n): pair for n in range(layers) for name, pair in kinds.items()}
    assert maps.keys() == expected.keys()
    real = {
        "audio": [6, 3],
        "text": [5, 2],
        "video": [10, 4],
    }  # 30 -> 10 and 12 -> 4 pooled video frames
    for name, (queries, keys) in expected.items():
        assert maps[name].shape == (2, 11, real[queries][0], real[keys][0]), name
        assert not maps[name][1, :, :, real[keys][1] :].any(), name
    assert (
        model.classifier[0].in_features == STREAMS[row] // 2 * 3 * 44
    )  # one stream a modality and module, as with two


def test_what_a_modality_learns_from_the_two_others_is_averaged(filmed):
    model, batch = (
        build("MCSAN", WATCHING, use_video=True, positions="none").eval(),
        collate(filmed(2, faces=30)),
    )
    streams, masks = model.encode(batch)
    ends, _ = model.cross(streams, masks)
    layer = model.cross.layers[0]
    assert sorted(layer) == sorted(name.split(".")[2] for name in DIRECTIONS)
    from_text, _ = layer["audio_from_text"](streams["audio"], streams["text"], masks["text"])
    from_video, _ = layer["audio_from_video"](streams["audio"], streams["video"], masks["video"])
    torch.testing.assert_close(ends["audio"], (from_text + from_video) / 2)


@pytest.mark.parametrize("lost", ["use_audio", "use_text"])
def test_video_beside_one_other_modality(lost, filmed):
    model = build("MCSAN", WATCHING, use_video=True, **{lost: False}).eval()
    found = model(collate(filmed(2)), need_attention=True).attention
    kept = "text" if lost == "use_audio" else "audio"
    assert found.keys() == {
        f"cross.0.video_from_{kept}",
        f"cross.0.{kept}_from_video",
        "self.0.video",
        f"self.0.{kept}",
    }


def test_video_alone_is_a_network_and_no_video_in_a_batch_is_a_missing_modality(
    filmed, make_features
):
    model = build(
        "MCSAN", WATCHING, use_video=True, use_audio=False, use_text=False, use_cross=False
    ).eval()
    assert model(collate(filmed(2))).logits.isfinite().all()
    model = build("MCSAN", WATCHING, use_video=True).eval()
    without = [replace(f, video=f.video[:0]) for f in filmed(2)]
    torch.testing.assert_close(
        model(collate(without)).logits, model(collate(make_features(2))).logits
    )


def test_video_that_is_not_there_is_refused(dims):
    text = refusal(lambda: build("MCSAN", dims, use_video=True))
    assert "Given: use_video=True and features without video" in text


def test_without_video_the_parameters_are_named_as_in_the_shipped_checkpoints():
    for path in checkpoints.CHECKPOINTS_FOLDER.glob("*.safetensors"):
        state = load_run(path).model.state_dict()  # strict: every name fits
        assert not any("video" in name or "_from_" in name for name in state)
    assert list(build("MCSAN", WATCHING).state_dict()) == list(
        build("MCSAN", Dims(13, 17, 3)).state_dict()
    )


@pytest.mark.parametrize(
    ("world", "variant", "expected"),
    [
        ("matching", "MCSAN", [-5.16119, 5.19138, -9.16475, -3.79551, -8.06752, 0.57726, 3.73772]),
        ("leaking", "MCSAN", [-3.05438, -4.13961, -8.85119, -7.81825, -2.08611, 6.34792, -1.96207]),
        (
            "matching",
            "w/o cross",
            [-9.95204, 2.60857, -9.37545, -7.97451, -7.93994, -0.6113, 4.10606],
        ),
    ],
)
def test_shipped_checkpoints_give_the_logits_that_they_gave_when_they_were_made(
    world, variant, expected
):
    random = np.random.default_rng(0)
    one = Features(
        "u0",
        random.standard_normal((20, 40)).astype(np.float32),
        random.standard_normal((2, 50)).astype(np.float32),
        ("a", "b"),
        "x",
    )
    with torch.no_grad():
        logits = checkpoints.load_checkpoint(world, 0, variant).model(collate([one])).logits[0]
    torch.testing.assert_close(logits, torch.tensor(expected), atol=1e-3, rtol=0)
