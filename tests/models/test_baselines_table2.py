"""The models of MELD's table: cMKL and the dual auto-encoders of Liang et al."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mcsan_lite.features.batch import Dims, Standardizer, collate
from mcsan_lite.models.baselines.cmkl import CMKL, MACHINE_BUFFERS, CMKLConfig
from mcsan_lite.models.baselines.liang import CODE_WIDTH, Liang, LiangConfig, mmd
from mcsan_lite.training import inference
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
    supervised,
)

MADE = {
    "cmkl": lambda dims, **o: CMKL(dims, CMKLConfig(**{"maps": 6, "code": 5, "landmarks": 20} | o)),
    "liang": lambda dims, **o: Liang(dims, LiangConfig(**{"width": 8} | o)),
}
both = pytest.mark.parametrize("name", MADE)


def batches_of(made, labels):
    return lambda: (collate(made[i : i + 8], labels) for i in range(0, len(made), 8))


@pytest.fixture
def told(make_features, labels):
    """A function that makes n utterances.

    Their mean frame tells one class from the others, and their first word the other two.
    """

    def make(n, seed=0, **shape):
        made = make_features(n, seed=seed, **shape)
        for f in made:
            k = labels.index(f.label)
            f.audio[:, 0] += 3 * (k == 0)
            f.text[:, 0] += 5 * (k == 1)
        return made

    return make


@pytest.fixture
def finished(dims, labels, told):
    torch.manual_seed(0)
    model = MADE["cmkl"](dims)
    model.finish(batches_of(told(60), labels), batches_of(told(30, seed=1), labels), labels)
    return model


def check_mates(model, make_features):
    short = make_features(3, seed=1, frames=(1, 12), words=(1, 3)) + make_features(
        1, seed=2, frames=2, words=1
    )
    long = make_features(1, seed=3, frames=200, words=40, prefix="long")
    alone = torch.cat([model.eval()(collate([f])).logits for f in short])
    for logits in (model(collate(short)).logits, model(collate([*long, *short])).logits[1:]):
        torch.testing.assert_close(logits, alone, rtol=0, atol=1e-5)
    assert (alone[0] - alone[1]).abs().max() > 1e-5
    with torch.no_grad():  # here the Transformer of torch takes another way
        torch.testing.assert_close(
            model(collate([*long, *short])).logits[1:], alone, rtol=0, atol=1e-5
        )


@both
def test_padding_and_mates_change_nothing(name, dims, make_features):
    torch.manual_seed(0)
    check_mates(MADE[name](dims), make_features)


@both
def test_gradients_of_its_own_loss_reach_every_parameter(name, dims, labels, make_features):
    model, batch = MADE[name](dims), collate(make_features(8), labels)
    getattr(model, "loss", supervised)(model(batch), batch).backward()
    for parameter, p in model.named_parameters():
        assert p.grad.isfinite().all() and p.grad.abs().max() > 0, parameter


@both
@pytest.mark.parametrize("lost", ["frames", "words"])
def test_a_missing_modality(name, lost, dims, labels, make_features, finished):
    lone, mates = make_features(2, **{lost: 0}), make_features(2, seed=1, prefix="m")
    model = MADE[name](dims, **({"semi": True, "warmup": 1} if name == "liang" else {}))
    for made in (lone, [*lone, *mates]):
        batch = collate(made, labels)
        model.train().begin_epoch(1)
        getattr(model, "loss", supervised)(model(batch), batch).backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    for one in (model, finished) if name == "cmkl" else (model,):
        alone = one.eval()(collate(lone)).logits
        assert alone.isfinite().all()
        torch.testing.assert_close(
            one(collate([*lone, *mates])).logits[:2], alone, rtol=0, atol=1e-5
        )


@both
def test_learns_what_is_there(name, dims, labels, told):
    torch.manual_seed(0)
    model = MADE[name](dims, dropout=0.0, **({"landmarks": 60} if name == "cmkl" else {}))
    history = fit(
        model,
        TrainingData(told(90), told(30, seed=1), labels),
        TrainConfig(epochs=8, batch_size=8, learning_rate=3e-3),
    )
    found = predict(model, told(60, seed=2), labels)
    wa = (found.pred == found.true).mean()
    assert history.loss.iloc[-1] < history.loss.iloc[0] and wa > 0.8
    if name == "cmkl":  # its CNN cannot hear: class 0 against class 2 is in the sound alone
        model.begin_epoch(1)
        cnn = predict(model, told(60, seed=2), labels)
        assert wa > (cnn.pred == cnn.true).mean() + 0.1


# cMKL


def test_the_text_cnn_by_hand(dims, make_features):
    """A window starts at every real word, and reads zeros after the last."""
    model, f = MADE["cmkl"](dims).eval(), make_features(1, words=4)[0]
    maps = []
    for conv in model.convs:
        width = conv.kernel_size[0]
        words = np.pad(f.text, ((0, width - 1), (0, 0)))
        weight = conv.weight.detach().numpy()  # (maps, E, width)
        windows = [
            np.einsum("we,mew->m", words[i : i + width], weight) + conv.bias.detach().numpy()
            for i in range(4)
        ]
        maps.append(np.maximum(windows, 0).max(0))
    wanted = np.tanh(
        model.code.weight.detach().numpy() @ np.concatenate(maps) + model.code.bias.detach().numpy()
    )
    np.testing.assert_allclose(model.encode(collate([f]))[0].detach().numpy(), wanted, atol=1e-5)


def test_finish_puts_the_machine_in_place_of_the_classifier(dims, labels, told, finished):
    torch.manual_seed(0)
    fresh, batch = MADE["cmkl"](dims).eval(), collate(told(6, seed=3), labels)
    machine, cnn = finished(batch).logits, fresh(batch).logits
    assert machine.dtype == torch.float32 and (machine - cnn).abs().max() > 0.1
    assert all(
        torch.equal(p, q) for p, q in zip(fresh.parameters(), finished.parameters(), strict=True)
    )
    assert finished.landmarks.shape == (20, finished.chosen.sum()) and finished.chosen[:5].all()
    assert finished.chosen[5:].sum() < 14 * 13  # a linear SVM left some functionals out
    training = finished.train()(batch).logits
    assert torch.equal(training - training, torch.zeros_like(training)) and finished.eval()(
        batch
    ).logits.equal(machine)
    check_mates(finished, told)
    finished.begin_epoch(1)
    torch.testing.assert_close(finished(batch).logits, cnn)


def test_its_scores_are_a_probability_fitted_on_validation(labels, told, finished):
    """No common factor of the logits makes the validation part likelier."""
    batch = collate(told(30, seed=1), labels)
    logits = finished(batch).logits
    loss = {
        factor: torch.nn.functional.cross_entropy(logits * factor, batch.label)
        for factor in (0.8, 1.0, 1.25)
    }
    assert loss[1.0] == min(loss.values())


def test_unlabelled_utterances_take_no_part_in_the_machine(dims, labels, told):
    found = []
    for extra in ([], told(20, seed=5, prefix="x")):
        torch.manual_seed(0)
        model = MADE["cmkl"](dims)
        train = told(40) + [type(f)(f.id, f.audio * 9, f.text, f.tokens, "") for f in extra]
        model.finish(batches_of(train, labels), batches_of(told(30, seed=1), labels), labels)
        found.append(model.state_dict())
    for key, value in found[0].items():
        torch.testing.assert_close(found[1][key], value, msg=key)


def test_a_machine_survives_a_file(tmp_path, dims, labels, told, finished):
    about = {
        "model": "cmkl",
        "labels": labels,
        "dims": vars(dims),
        "config": vars(finished.config),
        "features": {},
    }
    standardizer = {"normal.mean": torch.zeros(1), "normal.deviation": torch.ones(1)}
    save_file(
        finished.state_dict() | standardizer,
        tmp_path / "model.safetensors",
        {"mcsan_lite": json.dumps(about)},
    )
    read = inference.load_run(tmp_path / "model.safetensors", {"cmkl": CMKL})
    batch = collate(told(5, seed=4), labels)
    assert read.model.landmarks.shape == finished.landmarks.shape
    assert read.model.chosen.dtype == torch.bool
    assert torch.equal(read.model(batch).logits, finished.eval()(batch).logits)
    unfinished = MADE["cmkl"](dims)
    save_file(
        unfinished.state_dict() | standardizer,
        tmp_path / "model.safetensors",
        {"mcsan_lite": json.dumps(about)},
    )
    assert torch.equal(
        inference.load_run(tmp_path / "model.safetensors", {"cmkl": CMKL}).model(batch).logits,
        unfinished.eval()(batch).logits,
    )


def test_the_same_seed_gives_the_same_machine(dims, labels, told):
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        model = MADE["cmkl"](dims)
        fit(
            model,
            TrainingData(told(40), told(20, seed=1), labels),
            TrainConfig(epochs=2, batch_size=8, seed=3),
        )
        states.append(model.state_dict())
    assert all(torch.equal(v, states[1][k]) for k, v in states[0].items())
    assert all(states[0][name].numel() for name in MACHINE_BUFFERS)


# Liang et al.


def extras_of(model, batch):
    return model.train()(batch).extras


def test_sizes_of_the_sheet():
    """22 × 1,024 tokens give the 2,736 numbers that the authors' second convolution leaves."""
    model = Liang(Dims(40, 1024, 7), LiangConfig(width=1024))
    grid = model.lexical.reduce[:6](torch.zeros(1, 1, 22, 1024))
    assert grid.shape == (1, 4, 4, 171) and grid.numel() == 2736
    assert [m.out_features for m in model.acoustic if isinstance(m, torch.nn.Linear)] == [
        512,
        256,
        128,
    ]
    assert [m.out_features for m in model.classifier if isinstance(m, torch.nn.Linear)] == [
        64,
        16,
        7,
    ]


@pytest.mark.parametrize("width", [4, 8, 12, 16, 32, 100])
def test_the_decoder_gives_back_the_grid(width):
    model = Liang(Dims(13, 17, 3), LiangConfig(width=width)).lexical
    assert model.expand(torch.zeros(2, CODE_WIDTH)).shape == (2, 1, 22, width)


def test_the_loss_is_the_sheets(dims, labels, make_features):
    model, batch = MADE["liang"](dims, dropout=0.0), collate(make_features(8), labels)
    out = model.train()(batch)
    e, a, l = out.extras, out.extras["acoustic"], out.extras["lexical"]
    wanted = (
        torch.nn.functional.cross_entropy(out.logits, batch.label)
        + 0.2 * (e["acoustic error"].mean() + e["lexical error"].mean())
        + 0.1 * mmd(a, l)
        - 0.1 * mmd(a[[0, 2, 4, 6]], l[[1, 3, 5, 7]])
    )
    torch.testing.assert_close(model.loss(out, batch), wanted)
    assert not model.eval()(batch).extras


@pytest.mark.parametrize(
    ("semi", "epoch", "matters"), [(False, 10, False), (True, 9, False), (True, 10, True)]
)
def test_unlabelled_utterances_count_when_it_is_their_time(
    semi, epoch, matters, dims, labels, make_features
):
    grads = []
    for loud in (1, 3):
        torch.manual_seed(0)
        model = MADE["liang"](dims, semi=semi, dropout=0.0)
        made = make_features(12, frames=20)
        made[6:] = [type(f)(f.id, f.audio * loud, f.text, f.tokens, "") for f in made[6:]]
        batch = collate(made, labels)
        model.begin_epoch(epoch)
        model.loss(model.train()(batch), batch).backward()
        grads.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
        assert grads[-1].isfinite().all()
    assert bool((grads[0] - grads[1]).abs().max() > 1e-6) is matters


def test_held_back_labels_through_the_ordinary_loop(dims, labels, told):
    """Before the warm-up both settings train alike; from then on the unlabelled half matters."""

    def trained(semi, epochs):
        torch.manual_seed(0)
        model = MADE["liang"](dims, semi=semi, warmup=2)
        config = TrainConfig(epochs=epochs, batch_size=8, unlabelled=0.5)
        return fit(model, TrainingData(told(24), told(12, seed=1), labels), config).loss.tolist()

    assert trained(True, 1) == trained(False, 1)
    ours, theirs = trained(True, 2), trained(False, 2)
    assert np.isfinite(ours).all() and ours[0] == theirs[0] and ours[1] != theirs[1]


def test_a_batch_without_a_label_has_no_loss_but_a_finite_one(dims, make_features):
    model, batch = MADE["liang"](dims), collate(make_features(3))
    assert model.loss(model.train()(batch), batch).detach() == 0


def test_the_causal_decoder_cannot_see_the_word_that_it_tells(dims, make_features):
    """The error of the last word, told first, does not depend on the words before it."""
    torch.manual_seed(0)
    model = MADE["liang"](dims).lexical
    words, mask, code = (
        torch.randn(1, 5, 17),
        torch.ones(1, 5, dtype=torch.bool),
        torch.randn(1, CODE_WIDTH),
    )
    told = []
    model.leave.register_forward_hook(lambda _, given, out: told.append(out.detach()))
    changed = words.clone()
    changed[:, 1] += 5  # told fourth, after words 4, 3, 2
    model.error(code, words, mask), model.error(code, changed, mask)
    torch.testing.assert_close(told[0][:, :4], told[1][:, :4])
    assert (told[0][:, 4] - told[1][:, 4]).abs().max() > 1e-4


def test_functionals_are_scored_against_what_was_seen(dims, labels, make_features):
    model, made = MADE["liang"](dims), make_features(40, frames=30)
    for f in made:
        f.audio[:] = f.audio * 7 + 3
    batch = collate(made, labels)
    model.loss(model.train()(batch), batch)
    raw = extras_of(model, batch)["raw"]
    torch.testing.assert_close(model.scale.running_mean, raw.mean(0))
    torch.testing.assert_close(model.scale.running_var, raw.var(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "options"),
    [
        (CMKLConfig, {"maps": 0}),
        (CMKLConfig, {"landmarks": 1}),
        (CMKLConfig, {"costs": ()}),
        (CMKLConfig, {"costs": (0.0,)}),
        (LiangConfig, {"width": 30}),
        (LiangConfig, {"width": 0}),
    ],
    ids=str,
)
def test_a_config_that_is_no_model_is_refused(config, options):
    with pytest.raises(ValueError, match=r"(?s)Given: .+Expected: .+Do: .+"):
        config(**options)


def test_a_standardised_corpus_trains_with_its_normaliser(dims, labels, told):
    """As an experiment calls it: the hook gets normalised batches."""
    train, valid = told(40), told(20, seed=1)
    for f in (*train, *valid):
        f.audio[:] = f.audio * 100 + 50
    torch.manual_seed(0)
    model = MADE["cmkl"](dims)
    fit(
        model,
        TrainingData(train, valid, labels, Standardizer().fit(train)),
        TrainConfig(epochs=1, batch_size=8),
    )
    assert model.mean[5:18].abs().max() < 1  # the mean frame, 50 if nobody had normalised
