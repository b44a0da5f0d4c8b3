"""The loop: the right epoch, the same bits, nothing touched that is not its own."""

import dataclasses
import inspect
import re
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits
from torch import nn

from mcsan_lite.errors import DataError
from mcsan_lite.evaluation import metrics
from mcsan_lite.features.batch import ModelOutput, Standardizer, collate
from mcsan_lite.models import precision
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.config import TrainConfig
from mcsan_lite.training.loop import (
    TrainingData,
    fit,
    predict,
    seed_everything,
    supervised,
    text_progress,
    without_labels,
)


class Scripted(nn.Module):
    """Predicts `script[epoch]` (one class an utterance, u0 first) whatever it learns.

    Its state knows the epoch.
    """

    def __init__(self, script):
        super().__init__()
        self.script, self.seen = script, []
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("epoch", torch.tensor(-1))

    def forward(self, batch, *, need_attention=False):
        if self.training:
            self.epoch += 1
            self.seen.append(batch)
        rows = [self.script[int(self.epoch)][int(i[1:])] for i in batch.ids]
        return ModelOutput(nn.functional.one_hot(torch.tensor(rows), 3).float() + self.weight)


@pytest.fixture
def model(dims, small):
    def make(seed=0, **changes):
        torch.manual_seed(seed)
        return MCSAN(dims, small(**changes))

    return make


def test_fit_leaves_the_model_at_the_best_epoch_and_the_first_of_equals(make_features, labels):
    made = make_features(4, frames=8)  # true classes 0 1 2 0
    script = [
        [1, 1, 1, 1],
        [0, 1, 2, 1],
        [0, 1, 1, 1],
        [0, 1, 0, 0],
        [2, 0, 0, 1],
    ]  # right: 1 3 2 3 0
    stub = Scripted(script)
    history = fit(stub, TrainingData(made, made, labels), TrainConfig(epochs=5))
    assert history.valid_wa.tolist() == [0.25, 0.75, 0.5, 0.75, 0]
    assert int(stub.epoch) == 1 and not stub.training
    assert predict(stub, made, labels).pred.tolist() == script[1]


@pytest.mark.parametrize(
    ("select", "best"), [("wa", 0), ("ua", 1), ("macro_f1", 1), ("weighted_f1", 2)]
)
def test_the_selected_score_picks_the_epoch(select, best, make_features, labels):
    made = make_features(8, frames=8)
    true = ["angry"] * 6 + ["neutral", "sad"]
    made = [
        type(f)(f.id, f.audio, f.text, f.tokens, label) for f, label in zip(made, true, strict=True)
    ]
    script = [[0] * 8, [0, 0, 0, 1, 1, 2, 1, 2], [0, 0, 0, 0, 0, 1, 1, 0]]
    stub, true = Scripted(script), [0] * 6 + [1, 2]
    if select == "wa":
        script[2][4] = 1  # otherwise its WA equals that of epoch 0
    scores = [getattr(metrics, select)(true, pred) for pred in script]
    assert int(np.argmax(scores)) == best and sorted(scores)[-1] > sorted(scores)[-2]
    history = fit(stub, TrainingData(made, made, labels), TrainConfig(epochs=3, select=select))
    assert history[f"valid_{select}"].tolist() == pytest.approx(scores)
    assert int(stub.epoch) == best


def test_a_real_model_scores_again_what_the_history_says(model, make_features, labels):
    train, valid = make_features(12), make_features(9, seed=1, prefix="v")
    net = model()
    history = fit(
        net,
        TrainingData(train, valid, labels),
        TrainConfig(epochs=6, batch_size=4, learning_rate=5e-3),
    )
    assert (
        history.valid_wa.iloc[-1] < history.valid_wa.max()
    )  # the last epoch is not the best: something to restore
    best = history.valid_wa.idxmax()
    found = predict(net, valid, labels)
    assert metrics.wa(found.true, found.pred) == history.valid_wa.max()
    chosen = found.prob[np.arange(9), found.true]
    assert -np.log(chosen).mean() == pytest.approx(history.valid_loss[best], abs=1e-6)
    assert history.loss.iloc[-1] < history.loss[0]


def test_history_has_a_row_an_epoch(model, make_features, labels):
    made, rows = make_features(6), []
    history = fit(
        model(), TrainingData(made, made, labels), TrainConfig(epochs=3), on_epoch=rows.append
    )
    assert list(history.columns) == [
        "epoch",
        "loss",
        "valid_loss",
        "valid_wa",
        "valid_ua",
        "valid_weighted_f1",
        "valid_macro_f1",
        "seconds",
    ]
    assert history.epoch.tolist() == [1, 2, 3] and (history.seconds > 0).all()
    assert rows == history.to_dict("records")


def test_same_seed_same_bits_and_another_seed_others(model, make_features, labels):
    made, ends = make_features(10), []
    for seed in (3, 3, 4):
        torch.rand(seed)  # whatever was drawn before
        net = model(dropout=0.0)
        history = fit(
            net,
            TrainingData(made, made, labels),
            TrainConfig(epochs=2, batch_size=4, seed=seed, mask_frames=0.3),
        )
        ends.append((history.loss.tolist(), net.state_dict()))
    assert ends[0][0] == ends[1][0] != ends[2][0]
    assert all(torch.equal(w, ends[1][1][name]) for name, w in ends[0][1].items())
    assert any(not torch.equal(w, ends[2][1][name]) for name, w in ends[0][1].items())


def test_normalising_a_batch_at_a_time_is_normalising_before(model, make_features, labels):
    train, valid = make_features(12), make_features(6, seed=1, prefix="v")
    standardizer, ends = Standardizer().fit(train), []
    for how in ({"standardizer": standardizer}, {}):
        net, given = (
            model(),
            (train, valid) if how else (standardizer.apply(train), standardizer.apply(valid)),
        )
        data = TrainingData(*given, labels, **how)
        history = fit(net, data, TrainConfig(epochs=2, batch_size=4))
        ends.append((history.loss.tolist(), predict(net, given[1], labels, **how).prob))
    assert ends[0][0] == ends[1][0]
    np.testing.assert_array_equal(ends[0][1], ends[1][1])


def test_the_callers_threads_train_nothing(model, make_features, labels):
    """More threads would add in another order, so that bits would depend on the machine."""
    made, threads = make_features(6), []

    def note(row):
        blas = {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}
        threads.append((torch.get_num_threads(), blas))

    torch.set_num_threads(2)
    try:
        with threadpool_limits(2):
            fit(model(), TrainingData(made, made, labels), TrainConfig(epochs=1), on_epoch=note)
        assert threads == [(1, {1})] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_no_test_set_can_be_passed(model, make_features, labels):
    assert list(inspect.signature(fit).parameters) == [
        "model",
        "data",
        "config",
        "device",
        "on_epoch",
    ]
    fields = [field.name for field in dataclasses.fields(TrainingData)]
    assert fields == ["train", "valid", "labels", "standardizer"]
    train, ends = make_features(8), []
    for seed in (
        1,
        2,
    ):  # validation picks among epochs, it does not move weights: with one epoch it changes nothing
        net = model()
        fit(
            net,
            TrainingData(train, make_features(6, seed=seed, prefix="v"), labels),
            TrainConfig(epochs=1, batch_size=4),
        )
        ends.append(net.state_dict())
    assert all(torch.equal(w, ends[1][name]) for name, w in ends[0].items())


@pytest.mark.parametrize("epochs", [1, 4])
def test_an_exploding_learning_rate_stops_in_three_parts(epochs, model, make_features, labels):
    """Also when the weights break in the very last step, whose loss was still finite."""
    made = make_features(6)
    with pytest.raises(
        FloatingPointError,
        match=r"Given: a .*loss of (nan|inf).* in epoch \d.* Expected: a finite number\. "
        r"Do: lower learning_rate, or set clip=1\.0\.",
    ):
        fit(
            model(activation="none"),
            TrainingData(made, made, labels),
            TrainConfig(epochs=epochs, learning_rate=1e30),
        )


@pytest.mark.parametrize("part", ["train", "valid"])
def test_a_label_out_of_the_set_is_refused(part, model, make_features, labels):
    parts = {"train": make_features(6), "valid": make_features(3, seed=1, prefix="v")}
    parts[part] = make_features(3, seed=2, prefix="x", labels=("angry", "bored"))
    with pytest.raises(
        ValueError,
        match=r"Given: label 'bored' of x1\. Expected: one of angry, neutral, sad\. Do: ",
    ):
        fit(model(), TrainingData(parts["train"], parts["valid"], labels), TrainConfig(epochs=1))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epochs": 0}, "epochs=0. Expected: above 0. Do: change epochs."),
        ({"batch_size": 0}, "batch_size=0. Expected: above 0."),
        ({"learning_rate": -1.0}, "learning_rate=-1.0. Expected: above 0."),
        ({"schedule": "step"}, "schedule='step'. Expected: 'constant' or 'warmdown'."),
        ({"select": "loss"}, "select='loss'. Expected: 'wa', 'ua', 'weighted_f1' or 'macro_f1'."),
        ({"mask_frames": 1.5}, "mask_frames=1.5. Expected: between 0 and 1."),
        ({"clip": -1.0}, "clip=-1.0. Expected: 0 or more."),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0. Expected: 0 or more, below 1."),
        ({"patience": -1}, "patience=-1. Expected: 0 or more."),
    ],
    ids=str,
)
def test_train_config_refuses_by_name(options, text):
    with pytest.raises(ValueError, match=re.escape(f"Given: {text}")):
        TrainConfig(**options)


@pytest.mark.parametrize(("name", "start"), [("fold 3", "fold 3 · epoch  1/4"), ("", "epoch  1/4")])
def test_text_progress_prints_a_line_an_epoch(name, start, model, make_features, labels, capsys):
    made = make_features(6)
    fit(
        model(),
        TrainingData(made, made, labels),
        TrainConfig(epochs=4),
        on_epoch=text_progress(4, name),
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and lines[0].startswith(start)
    for line in lines:
        assert re.search(
            r"loss \d\.\d{3} · valid WA \d\.\d{3} UA \d\.\d{3} · \d+\.\d s · \d+ s left$", line
        )
    assert lines[-1].endswith(" 0 s left")


def test_text_progress_counts_down(capsys):
    show = text_progress(10)
    for epoch, seconds in ((1, 4.0), (2, 6.0)):
        show({"epoch": epoch, "loss": 1.0, "valid_wa": 0.5, "valid_ua": 0.4, "seconds": seconds})
    assert [line.split(" · ")[-1] for line in capsys.readouterr().out.splitlines()] == [
        "36 s left",
        "40 s left",
    ]


def test_predict_keeps_the_order_of_its_input(model, make_features, labels):
    net, made = model(), make_features(11, words=(1, 9))
    found = predict(net.train(), made, labels, batch_size=3)
    assert found.ids == [f.id for f in made] and found.true.tolist() == [
        labels.index(f.label) for f in made
    ]
    alone = np.concatenate([net(collate([f])).logits.detach().softmax(-1).numpy() for f in made])
    np.testing.assert_allclose(found.prob, alone, atol=1e-5)
    back = predict(net, made[::-1], labels, batch_size=4)
    np.testing.assert_allclose(back.prob[::-1], found.prob, atol=1e-5)
    assert (
        len({tuple(row) for row in found.prob.round(6)}) == 11
    )  # rows differ, so an order can be seen
    assert (found.pred == found.prob.argmax(1)).all() and not net.training


def test_mask_frames_blanks_one_stretch_of_the_copy_only(make_features, labels):
    made = make_features(40, frames=(5, 50))
    kept = [f.audio.copy() for f in made]
    stub = Scripted([[0] * 40] * 10)
    fit(stub, TrainingData(made, made, labels), TrainConfig(epochs=10, mask_frames=0.4))
    shares = []
    for batch in stub.seen:
        for i, row in zip(batch.ids, batch.audio, strict=True):
            clean = kept[int(i[1:])]
            blank = np.flatnonzero((row[: len(clean)] == 0).all(1).numpy())
            assert len(blank) == 0 or (np.diff(blank) == 1).all()
            keep = np.setdiff1d(np.arange(len(clean)), blank)
            np.testing.assert_array_equal(row[keep].numpy(), clean[keep])
            shares.append(len(blank) / len(clean))
    assert (
        max(shares) <= 0.4
        and 0.1 < np.mean(shares) < 0.25
        and len({round(s, 3) for s in shares}) > 10
    )
    for f, before in zip(made, kept, strict=True):
        np.testing.assert_array_equal(f.audio, before)


def test_label_smoothing_trains_on_the_mixture_of_the_label_and_all_classes(make_features, labels):
    batch = collate(make_features(7), labels)
    logits = torch.randn(7, 3, generator=torch.manual_seed(0))
    target = 0.8 * nn.functional.one_hot(batch.label, 3) + 0.2 / 3
    by_hand = -(target * logits.log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(supervised(ModelOutput(logits), batch, 0.2), by_hand)
    batch.label[3:] = -1  # held back: no part of the mean, smoothed or not
    by_hand = -(target * logits.log_softmax(-1)).sum(-1)[:3].mean()
    torch.testing.assert_close(supervised(ModelOutput(logits), batch, 0.2), by_hand)


def test_label_smoothing_changes_what_is_trained_and_not_how_it_is_scored(
    model, make_features, labels
):
    made = make_features(6)
    data = TrainingData(made, made, labels)
    plain, smooth = (
        fit(model(), data, TrainConfig(epochs=3, label_smoothing=share)) for share in (0.0, 0.5)
    )
    assert (plain.loss != smooth.loss).all()
    # The first epoch's step is another one; the validation loss stays Eq. 20 without smoothing.
    assert smooth.valid_loss.min() < smooth.loss.min()


def test_patience_ends_the_training_and_keeps_the_best_epoch(make_features, labels):
    made = make_features(6)
    right = [labels.index(one.label) for one in made]
    wrong = [(i + 1) % 3 for i in right]
    script = [wrong, right, wrong, right, right, right]
    ended = []
    for patience in (0, 2, 5):
        stub = Scripted(script)
        config = TrainConfig(epochs=6, patience=patience)
        history = fit(stub, TrainingData(made, made, labels), config)
        ended.append(len(history))
        assert int(stub.epoch) == 1  # the first of the best
    assert ended == [6, 4, 6]


@pytest.fixture
def watched(monkeypatch):
    """What Adam is given: learning rate and gradient norm of each step, and its weight decay."""
    seen = {"rate": [], "norm": []}

    class Watched(torch.optim.Adam):
        def step(self, closure=None):
            group = self.param_groups[0]
            seen["rate"].append(group["lr"])
            seen["decay"] = group["weight_decay"]
            seen["norm"].append(float(torch.stack([p.grad.norm() for p in group["params"]]).norm()))
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    return seen


@pytest.mark.parametrize(
    ("schedule", "expected"), [("constant", [2e-3] * 8), ("warmdown", [2e-3] * 6 + [1.5e-3] * 2)]
)
def test_schedule(schedule, expected, watched, model, make_features, labels):
    made = make_features(6)
    fit(
        model(),
        TrainingData(made, made, labels),
        TrainConfig(
            epochs=4, batch_size=3, learning_rate=2e-3, schedule=schedule, weight_decay=0.01
        ),
    )
    assert watched["rate"] == pytest.approx(expected) and watched["decay"] == 0.01


def test_clip_bounds_the_gradient(watched, model, make_features, labels):
    made = make_features(6)
    for clip in (0.0, 0.1):
        fit(
            model(),
            TrainingData(made, made, labels),
            TrainConfig(epochs=2, batch_size=3, clip=clip),
        )
    assert min(watched["norm"][:4]) > 0.1 and max(watched["norm"][4:]) <= 0.1 + 1e-5


needs_bfloat16 = pytest.mark.skipif(
    not precision.bfloat16_trains(), reason="this processor has no LSTM kernel for bfloat16"
)


def test_a_precision_that_the_machine_lacks_is_refused(make_features, labels, model, monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_trains", lambda device: False)
    made = make_features(6)
    with pytest.raises(
        DataError,
        match=r"(?s)Given: precision 'bfloat16' on cpu.*Expected: .*Do: take precision 'float32'",
    ):
        fit(model(), TrainingData(made, made, labels), TrainConfig(epochs=1, precision="bfloat16"))
    fit(model(), TrainingData(made, made, labels), TrainConfig(epochs=1))  # float32 never asks


def test_asking_for_a_precision_leaves_the_random_state_alone():
    precision.bfloat16_trains.cache_clear()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with suppress(DataError):
        precision.require_precision("bfloat16")
    assert torch.rand(4).equal(expected)


@needs_bfloat16
def test_half_the_bits_train_to_nearly_the_same_place(make_features, labels, model):
    made, found = make_features(24), []
    for name in ("float32", "bfloat16"):
        net = model(dropout=0.0)
        history = fit(
            net,
            TrainingData(made, made, labels),
            TrainConfig(epochs=3, batch_size=8, precision=name),
        )
        assert (
            all(p.dtype == torch.float32 for p in net.parameters())
            and np.isfinite(history.loss).all()
        )
        found.append(predict(net, made, labels).prob)
    assert (
        0 < np.abs(found[0] - found[1]).max() < 0.1
    )  # not the same bits: the option does something


class Hooked(nn.Module):
    """A linear model on mean MFCC that has every hook and writes down what it sees."""

    def __init__(self):
        super().__init__()
        self.linear, self.seen = nn.Linear(13, 3), []
        self.register_buffer("finished", torch.zeros(1))

    def forward(self, batch):
        logits = self.linear(batch.audio.sum(1) / batch.audio_mask.sum(1, keepdim=True))
        return ModelOutput(
            logits + self.finished, extras={"double": 2 * logits} if self.training else {}
        )

    def begin_epoch(self, epoch):
        self.seen.append(("epoch", epoch, self.training))

    def loss(self, output, batch):
        self.seen.append(("loss", batch.label.tolist(), sorted(batch.ids)))
        return output.extras["double"].square().mean()

    def finish(self, train_batches, valid_batches, labels):
        self.weight_at_finish = self.linear.weight.detach().clone()
        first, again = (
            [(b.ids, b.label.tolist(), float(b.audio.sum())) for b in train_batches()]
            for _ in range(2)
        )
        assert first == again and not self.training
        valid = [b.ids for b in valid_batches()]
        self.seen.append(("finish", first, valid, labels))
        self.finished += 1


def test_hooks_are_called_with_what_they_are_promised(make_features, labels):
    seed_everything(0)
    model, train, valid = Hooked(), make_features(7), make_features(3, seed=1, prefix="v")
    standardizer = Standardizer().fit(train)
    history = fit(
        model, TrainingData(train, valid, labels, standardizer), TrainConfig(epochs=3, batch_size=4)
    )
    assert [s[1:] for s in model.seen if s[0] == "epoch"] == [(1, True), (2, True), (3, True)]
    assert len([s for s in model.seen if s[0] == "loss"]) == 3 * 2
    assert (np.diff(history.loss) < 0).all()  # its own loss, the size of the logits, falls
    ((_, found, kept, given),) = [s for s in model.seen if s[0] == "finish"]
    assert (
        model.seen[-1][0] == "finish"
        and given == labels
        and {i for ids in kept for i in ids} == {"v0", "v1", "v2"}
    )
    assert sorted(i for ids, _, _ in found for i in ids) == [f"u{i}" for i in range(7)]
    everything = sum(float(standardizer.apply([f])[0].audio.sum()) for f in train)
    assert sum(total for _, _, total in found) == pytest.approx(everything, abs=1e-3)
    assert model.finished == 1 and torch.equal(model.linear.weight, model.weight_at_finish)


@pytest.mark.filterwarnings("ignore:class")
def test_finish_sees_the_best_epoch_not_the_last(make_features, labels):
    class Fading(Hooked):
        def begin_epoch(self, epoch):
            # what the epoch starts from; epoch 1 is right about class 0, later ones about nothing
            with torch.no_grad():
                self.linear.weight.zero_()
                self.linear.bias.copy_(
                    torch.tensor([1.0, 0, 0]) if epoch == 1 else torch.tensor([0, 0, 1.0])
                )

    model, made = Fading(), [replace(f, label="angry") for f in make_features(4)]
    fit(
        model,
        TrainingData(made, made, labels),
        TrainConfig(epochs=2, batch_size=4, learning_rate=1e-4),
    )
    assert model.linear.bias.argmax() == 0 and model.weight_at_finish.abs().max() < 1e-3


def test_labels_held_back_are_chosen_by_id_and_only_in_training(make_features, labels):
    train, valid = (
        make_features(400, frames=1, words=1),
        make_features(20, frames=1, words=1, prefix="v"),
    )
    held = {
        share: {f.id for f in without_labels(train, share) if f.label == ""}
        for share in (0.0, 0.3, 0.6)
    }
    assert held[0.0] == set() and held[0.3] < held[0.6]
    assert len(held[0.3]) == pytest.approx(120, abs=30) and len(held[0.6]) == pytest.approx(
        240, abs=30
    )
    assert {f.id for f in without_labels(train[::-1][:100], 0.3) if not f.label} == held[0.3] & {
        f.id for f in train[-100:]
    }
    model = Hooked()
    fit(
        model,
        TrainingData(train, valid, labels),
        TrainConfig(epochs=1, batch_size=400, unlabelled=0.3),
    )
    ((_, seen, _),) = [s for s in model.seen if s[0] == "loss"]
    assert seen.count(-1) == len(held[0.3]) and [f.label for f in train].count("") == 0
    ((_, found, _, _),) = [s for s in model.seen if s[0] == "finish"]
    assert {
        i for ids, known, _ in found for i, k in zip(ids, known, strict=True) if k == -1
    } == held[0.3]


def test_unlabelled_utterances_change_nothing_in_a_supervised_model(
    make_features, labels, dims, small
):
    train, valid = make_features(12), make_features(3, seed=1, prefix="v")
    kept = [f for f in without_labels(train, 0.5) if f.label]
    assert 0 < len(kept) < 12
    states = []
    for part, share in ((train, 0.5), (kept, 0.0)):
        seed_everything(1)
        model = MCSAN(dims, small(dropout=0.0))
        fit(
            model,
            TrainingData(part, valid, labels),
            TrainConfig(epochs=1, batch_size=12, unlabelled=share),
        )
        states.append(model.state_dict())
    for name, w in states[0].items():
        torch.testing.assert_close(w, states[1][name], atol=2e-5, rtol=1e-3)


def test_eq_20_is_the_mean_over_labelled_utterances():
    logits = torch.randn(5, 3, requires_grad=True)
    batch = SimpleNamespace(label=torch.tensor([0, -1, 2, -1, 1]))
    expected = -logits.log_softmax(-1)[[0, 2, 4], [0, 2, 1]].mean()
    torch.testing.assert_close(supervised(ModelOutput(logits), batch), expected)
    none = supervised(ModelOutput(logits), SimpleNamespace(label=torch.full((5,), -1)))
    none.backward()
    assert none == 0 and not logits.grad.any()
