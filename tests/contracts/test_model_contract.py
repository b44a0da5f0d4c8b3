"""What every model must do: run over MODELS, with audio, text, video and word times at hand."""

import copy
import inspect
import re
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
import torch
from refusals import refusal

from mcsan_lite.errors import DataError
from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.features.batch import Batch, Dims, ModelOutput, Standardizer, collate
from mcsan_lite.figures.lens import views_of
from mcsan_lite.models import MODELS
from mcsan_lite.models.layers import attend
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
    supervised,
)

DIMS = Dims(audio=13, text=17, classes=3, video=7)
MCSAN = {
    "hidden": 22,
    "heads": 11,
    "feedforward": 2,
    "kernel": 3,
    "pool_stride": 3,
    "conv_same": True,
    "activation": "relu",
    "positions": "sinusoid",
    "position_scale": 1.0,
    "classifier_layers": 2,
}
# One case per line: (model, small options). Every model of MODELS has at least one, and so has each
# variant with a path of its own.
CASES = {
    "mcsan": ("mcsan", MCSAN),
    "mcsan, three streams": ("mcsan", MCSAN | {"use_video": True}),
    "mcsan, three streams, N = 2, seq": (
        "mcsan",
        MCSAN | {"use_video": True, "layers": 2, "order": "cross+self"},
    ),
    "mdre": ("mdre", {"hidden": 14}),
    "mdre, sigmoid": ("mdre", {"hidden": 14, "loss": "sigmoid", "stride": 2}),
    "multihop": ("multihop", {"hops": 3, "hidden": 14}),
    "multihop, gru": ("multihop", {"hidden": 14, "rnn": "gru", "stride": 2}),
    "xu_align": ("xu_align", {"hidden": 14}),
    "xu_align_delta": ("xu_align_delta", {"hidden": 12, "dense": 16, "heads": 4}),
    "can": ("can", {"hidden": 14}),
    "can, strided": ("can", {"hidden": 14, "stride": 2, "stop_gradient": False}),
    "amh": ("amh", {"hops": 4, "hidden": 14, "video_hidden": 10}),
    "mult": ("mult", {"hidden": 16, "heads": 4, "layers": 1, "memory": 1}),
    "mult, causal": (
        "mult",
        {
            "hidden": 16,
            "heads": 4,
            "layers": 1,
            "memory": 1,
            "causal": True,
            "pooling": "max",
            "stride": 2,
        },
    ),
    "self_cross, cross": ("self_cross", {"hidden": 12, "heads": 3}),
    "self_cross, self": ("self_cross", {"hidden": 12, "heads": 3, "attention": "self"}),
    "cmkl": ("cmkl", {"maps": 8, "code": 12, "landmarks": 6}),
    "liang, sup": ("liang", {"width": 16}),
    "liang, semi": ("liang", {"width": 16, "semi": True, "warmup": 1}),
    "fusion, early": ("fusion", {"hidden": 16}),
    "fusion, late": ("fusion", {"hidden": 16, "kind": "late"}),
    "fusion, gated": ("fusion", {"hidden": 16, "kind": "gated"}),
    "fusion, tensor": ("fusion", {"hidden": 16, "kind": "tensor", "factor": 6}),
    "fusion, low-rank": ("fusion", {"hidden": 16, "kind": "low-rank", "rank": 3}),
}
NO_MAPS = {"mdre", "mdre, sigmoid", "cmkl", "liang, sup", "liang, semi"} | {
    case for case in CASES if case.startswith("fusion")
}
# What a model may say it cannot do without. CAN needs words because it needs their times.
NEEDS = {"amh": {"video"}, "can": {"text"}}
every_case = pytest.mark.parametrize("case", CASES)


def build(case, dims=DIMS, seed=0, *, dropout=True):
    name, options = CASES[case]
    known = [f.name for f in fields(MODELS[name].Config)]
    quiet = {} if dropout else {f: 0.0 for f in known if f.endswith("dropout")}
    torch.manual_seed(seed)
    return MODELS[name](dims, MODELS[name].Config(**(options | quiet)))


@pytest.fixture
def made(make_features):
    """A function as `make_features`, whose utterances have a face and word times as well.

    The face has half as many frames as the sound; the words share the sound evenly.
    """

    def make(n, seed=0, **sizes):
        random = np.random.default_rng(seed + 100)
        complete = []
        for f in make_features(n, seed, **sizes):
            face = random.standard_normal(((len(f.audio) + 1) // 2, 7)).astype(np.float32)
            edges = np.linspace(0, len(f.audio) * f.hop_s, len(f.text) + 1)
            complete.append(replace(f, video=face, spans=np.stack((edges[:-1], edges[1:]), 1)))
        return complete

    return make


def loss_of(model, batch):
    if hasattr(model, "begin_epoch"):
        model.begin_epoch(1)
    return getattr(model, "loss", supervised)(model(batch), batch)


def test_every_model_has_a_case():
    assert {name for name, _ in CASES.values()} == set(MODELS)


@every_case
def test_interface(case, made):
    model = build(case)
    assert type(model).Config.__dataclass_params__.frozen and type(model).__doc__
    need = inspect.signature(model.forward).parameters["need_attention"]
    assert need.kind is need.KEYWORD_ONLY and need.default is False
    out = model(collate(made(2)))
    assert type(out) is ModelOutput
    assert out.logits.shape == (2, 3) and out.logits.requires_grad
    assert out.attention == {}
    assert model.eval()(collate(made(2))).extras == {}


@every_case
def test_padding_and_batch_mates_change_nothing(case, made):
    """Each utterance alone, with short mates, and with mates far longer: the same logits."""
    model = build(case).eval()
    short = made(3, seed=1, frames=(1, 12), words=(1, 3)) + made(1, seed=2, frames=2, words=1)
    long = made(1, seed=3, frames=200, words=40, prefix="long")
    alone = torch.cat([model(collate([f])).logits for f in short])
    together, padded = model(collate(short)).logits, model(collate([*long, *short])).logits[1:]
    assert (together - alone).abs().max() <= 1e-5 and (padded - alone).abs().max() <= 1e-5
    assert (alone[0] - alone[1]).abs().max() > 1e-6  # the model looks at its input at all


@every_case
def test_what_stands_on_padding_is_never_seen(case, made):
    model, batch = build(case).eval(), collate(made(3, frames=(8, 50), words=(2, 9)))
    dirty = copy.deepcopy(batch)
    for x, mask in (
        (dirty.audio, batch.audio_mask),
        (dirty.text, batch.text_mask),
        (dirty.video, batch.video_mask),
    ):
        assert not mask.all()
        x[~mask] = 1e3
    assert (model(batch).logits - model(dirty).logits).abs().max() <= 1e-5


@every_case
def test_gradients_reach_every_parameter(case, made, labels):
    model, batch = build(case, dropout=False), collate(made(8), labels)
    if case == "liang, semi":
        batch.label[::2] = -1
    loss_of(model, batch).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all(), name
        if name.endswith("to_key.bias"):  # adds the same to every score: softmax cannot see it
            assert p.grad.abs().max() < 1e-6, name
        else:
            assert p.grad.any(), name


@every_case
def test_same_seed_same_bits(case, made, labels):
    features, config = made(8), TrainConfig(epochs=2, batch_size=4, seed=5)
    one, two, other = (build(case, seed=s) for s in (1, 1, 2))
    untrained = copy.deepcopy(one.state_dict())
    for model in (one, two):
        fit(model, TrainingData(features, features, labels), config)
    for name, w in one.state_dict().items():
        assert torch.equal(w, two.state_dict()[name]), name
    assert any(not torch.equal(w, one.state_dict()[n]) for n, w in untrained.items())
    assert any(not torch.equal(w, untrained[n]) for n, w in other.state_dict().items())


@every_case
def test_overfits_eight_utterances_and_comes_back_from_a_checkpoint(case, made, labels):
    model, features = build(case, dropout=False), made(8, frames=(4, 8), words=(1, 4))
    standardizer = Standardizer().fit(features)
    history = fit(
        model,
        TrainingData(features, features, labels, standardizer),
        TrainConfig(epochs=25, batch_size=8, learning_rate=1e-2),
    )
    found = predict(model, features, labels, standardizer=standardizer)
    assert (found.pred == found.true).all() and np.isfinite(history.loss).all()
    saved = {name: w.clone().float() for name, w in model.state_dict().items()}  # as in a file
    again = build(case, seed=9)
    again.load_state_dict(saved)
    np.testing.assert_allclose(
        predict(again, features, labels, standardizer=standardizer).prob, found.prob, atol=1e-5
    )


@every_case
def test_labels_can_be_held_back(case, made, labels):
    model, features = build(case), made(24)
    history = fit(
        model,
        TrainingData(features, features[:8], labels),
        TrainConfig(epochs=2, batch_size=3, unlabelled=0.5),
    )
    assert np.isfinite(history.loss).all()
    assert np.isfinite(predict(model, features, labels).prob).all()


@every_case
def test_asking_for_attention_never_changes_a_logit(case, made):
    model, batch = build(case), collate(made(3))
    for mode in (True, False):
        outs = []
        for need in (False, True):
            torch.manual_seed(3)  # the same dropout
            outs.append(model.train(mode)(batch, need_attention=need))
        assert torch.equal(outs[0].logits, outs[1].logits)
        assert all(not w.requires_grad for w in outs[1].attention.values())


@every_case
def test_maps_are_named_by_direction_and_sum_to_one_over_real_keys(case, made):
    """A map in a batch is what it is alone, and zero on padded keys; every row sums to one."""
    model, features = (
        build(case).eval(),
        made(1, frames=50, words=5) + made(1, seed=1, frames=20, words=2),
    )
    with torch.no_grad():
        maps = model(collate(features), need_attention=True).attention
        alone = [model(collate([f]), need_attention=True).attention for f in features]
    assert bool(maps) == (case not in NO_MAPS)
    one = "(audio|text|video)"
    for name, weights in maps.items():
        assert re.fullmatch(rf"[a-z]+\.\d+\.{one}((\+{one})?_from_{one})?", name), name
        assert weights.ndim == 4 and len(weights) == 2
        for i in range(2):
            found = alone[i][name][0]  # (H, queries, keys)
            _, queries, keys = found.shape
            torch.testing.assert_close(found.sum(-1), torch.ones(found.shape[:2]), msg=name)
            torch.testing.assert_close(weights[i, :, :queries, :keys], found, msg=name)
            assert not weights[i, :, :, keys:].any(), name


@every_case
def test_maps_get_words_and_seconds_on_their_axes(case, made):
    """Of each real word and step of sound, and only of those.

    A step is as many frames as the model says.
    """
    model, (one,) = build(case), made(1, frames=50, words=5)
    if case in NO_MAPS:
        assert "attention" in refusal(lambda: attention_maps(model, one))
        return
    each = getattr(model, "frames_per_step", 1)
    maps = attention_maps(model, one)
    for found in maps.values():
        query, _, key = found.direction.partition("_from_")
        np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-5)
        seconds = found.spans.mean(1).round(3).tolist()
        assert len(seconds) == -(-50 // each)
        assert np.diff(seconds)[2:] == pytest.approx(0.01 * each, abs=2e-3)
        axes = {"text": list(one.tokens), "audio": seconds}
        queries = [query] if found.summary else axes.get(query, found.queries)
        keys = axes["text"] if case.startswith("can") else axes.get(key or query, found.keys)
        assert found.queries == queries
        assert found.keys == keys
        assert found.weights.shape[1:] == (len(found.queries), len(found.keys))
        assert found.describe()
    # At least what occlusion and gradients say:
    assert {v.direction for v in views_of(model, one, maps)} >= {"utterance"}


@dataclass(frozen=True)
class AsksConfig:
    dropout: float = 0.0


class Asks(torch.nn.Module):
    """The exercise of docs/adding_a_model.md: each word asks the frames. It keeps no config and
    does not say how many frames make a step."""

    Config = AsksConfig

    def __init__(self, dims, config):
        super().__init__()
        self.query = torch.nn.Linear(dims.text, dims.audio)
        self.classifier = torch.nn.Linear(dims.audio, dims.classes)

    def forward(self, batch, *, need_attention=False):
        query = self.query(batch.text)
        answers, weights = attend(query, batch.audio, batch.audio, batch.audio_mask[:, None])
        words = batch.text_mask.sum(1, keepdim=True).clamp(min=1)
        mean = (answers * batch.text_mask[..., None]).sum(1) / words
        maps = {"cross.0.text_from_audio": weights[:, None].detach()}
        return ModelOutput(self.classifier(mean), maps if need_attention else {})


def test_a_users_own_model_gets_words_and_seconds_too(made, monkeypatch):
    """A line in MODELS, a line in CASES, and this file's test passes."""
    monkeypatch.setitem(MODELS, "asks", Asks)
    monkeypatch.setitem(CASES, "asks", ("asks", {}))
    test_maps_get_words_and_seconds_on_their_axes("asks", made)


def test_a_model_that_is_silent_about_its_steps_is_asked_for_them(made):
    """Two frames per step, and nothing says so: wrong seconds would be worse than none."""
    model, (one,) = build("self_cross, cross"), made(1, frames=50, words=5)
    del model.frames_per_step
    assert "set frames_per_step" in refusal(lambda: attention_maps(model, one))


def without(one, modality):
    """The utterance without any step of a modality; its words then have no times."""
    poor = replace(one, **{modality: getattr(one, modality)[:0]})
    if modality == "audio":
        return replace(poor, spans=one.spans * 0)
    if modality == "text":
        return replace(poor, spans=one.spans[:0])
    return poor


@pytest.mark.parametrize("lost", ["audio", "text", "video"])
@every_case
def test_a_missing_modality_is_survived_or_refused_in_words(case, lost, made, labels):
    """Of one utterance, beside others that have it; and of all."""
    model, (one, *mates) = build(case).eval(), made(3)
    poor = without(one, lost)
    beside = None
    for features in ([poor, *mates], [poor]):
        batch = collate(features, labels)
        try:
            logits = model(batch).logits
        except DataError as error:
            assert lost in NEEDS.get(case.split(",")[0], ())
            assert re.search(r"Given: .*Expected: .*Do: ", str(error), re.S)
            continue
        assert logits.isfinite().all()
        supervised(ModelOutput(logits), batch).backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
        assert beside is None or (logits - beside).abs().max() <= 1e-5
        beside = logits[:1]


def test_a_batch_goes_where_it_is_sent(made, labels):
    moved = collate(made(2), labels).to("meta")
    assert isinstance(moved, Batch) and all(
        x.device.type == "meta" for x in vars(moved).values() if torch.is_tensor(x)
    )
    assert collate(made(2)).word_frames.shape[2] == 2


@pytest.mark.parametrize("case", ["amh", "mcsan, three streams"])
def test_features_without_video_are_refused_by_models_that_need_them(case):
    assert "video" in refusal(lambda: build(case, Dims(13, 17, 3)))
