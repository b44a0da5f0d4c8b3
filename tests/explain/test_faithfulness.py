"""Faithfulness, on models whose evidence is known because they are built by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refusals import refusal
from scipy.stats import spearmanr
from torch import nn

from mcsan_lite.evaluation.intervals import with_interval
from mcsan_lite.explain import controls, steps
from mcsan_lite.explain import faithfulness as f
from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.steps import frame_times
from mcsan_lite.features.batch import Dims, ModelOutput, collate, word_frames
from mcsan_lite.models.baselines.can import CAN
from mcsan_lite.models.layers import MultiHead
from mcsan_lite.models.mcsan import MCSAN


class Evidence(nn.Module):
    """Class 1's logit is the sum of the first MFCC and of the first number of each word vector;
    class 0's is 0.
    """

    def __init__(self, config):
        super().__init__()
        self.config, self.conv_sizes = config, config.conv_sizes

    def forward(self, batch, *, need_attention=False):
        one = (batch.audio[..., 0] * batch.audio_mask).sum(1) + (
            batch.text[..., 0] * batch.text_mask
        ).sum(1)
        return ModelOutput(torch.stack((torch.zeros_like(one), one), 1))


@pytest.fixture
def known(small, make_features):
    """The hand-built model and one utterance of 90 MFCC frames (10 pooled); all evidence is in
    pooled frames 4 and 5.
    """
    (one,) = make_features(1, frames=90, words=4)
    audio, text = np.zeros_like(one.audio), np.zeros_like(one.text)
    audio[36:54, 0], text[2, 0] = 0.1, 2.0
    return Evidence(small()), replace(one, audio=audio, text=text)


@pytest.fixture
def example(small, make_features):
    torch.manual_seed(0)
    return MCSAN(Dims(13, 17, 3), small(hidden=16, heads=4)).eval(), make_features(12)


def test_windows_are_as_wide_as_the_hop_and_cover_every_frame(small, make_features):
    for same, counts in ((True, [9] * 10), (False, [13] + [9] * 8 + [5])):
        (one,) = make_features(1, frames=90)
        assert (
            np.bincount(f._unit_of_rows(Evidence(small(conv_same=same)), one, "audio")).tolist()
            == counts
        )


def test_deletion_by_hand(known):
    model, one = known
    scores = np.arange(10.0)  # 9, 8, 7, 6 and 5 are gone at one half
    margin = f.deletion(model, one, scores, f.CurveOptions(1, measure="margin"))
    assert (
        margin.index.tolist() == list(f.SHARES)
        and margin.name == "margin"
        and margin.index.name == "share"
    )
    np.testing.assert_allclose(margin, [3.8] * 5 + [2.9] + [2.0] * 5, rtol=1e-5)
    np.testing.assert_allclose(
        f.insertion(model, one, scores, f.CurveOptions(1, measure="margin")),
        [2.0] * 5 + [2.9] + [3.8] * 5,
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        f.deletion(model, one, scores, f.CurveOptions(1)), 1 / (1 + np.exp(-margin)), rtol=1e-5
    )
    np.testing.assert_allclose(
        f.deletion(model, one, scores, f.CurveOptions(0, measure="margin")), -margin, rtol=1e-5
    )
    pd.testing.assert_series_equal(
        f.deletion(model, one, scores), f.deletion(model, one, scores, f.CurveOptions(1))
    )  # the predicted
    words = f.deletion(
        model,
        one,
        [0, 1, 3, 2],
        f.CurveOptions(1, modality="text", measure="margin", shares=(0, 0.25, 0.26, 1)),
    )
    np.testing.assert_allclose(
        words, [3.8, 1.8, 1.8, 1.8], rtol=1e-5
    )  # 0.26 of four words takes two
    lagging = f.deletion(
        model,
        one,
        [3, 2, 1, 0],
        f.CurveOptions(1, modality="text", measure="margin", shares=(0.5, 0.51)),
    )
    np.testing.assert_allclose(lagging, [3.8, 1.8], rtol=1e-5)
    assert f.area(pd.Series([1.0, 0.0, 0.0], [0.0, 0.5, 1.0])) == 0.25


@pytest.mark.parametrize("filler", [0.0, 0.7, None], ids=str)
@pytest.mark.parametrize("modality", ["audio", "text"])
def test_the_ends_are_the_model_on_all_and_on_nothing(example, modality, filler):
    model, many = example
    one = many[3]
    old = getattr(one, modality)
    empty = replace(one, **{modality: old[:0] if filler is None else np.full_like(old, filler)})
    full, none = (
        torch.from_numpy(f.logits_of(model, [x])).softmax(-1)[0, 2].item() for x in (one, empty)
    )
    assert abs(full - none) > 1e-4
    scores = np.random.default_rng(0).random(f._unit_of_rows(model, one, modality).max() + 1)
    falling = f.deletion(model, one, scores, f.CurveOptions(2, modality=modality, filler=filler))
    rising = f.insertion(model, one, scores, f.CurveOptions(2, modality=modality, filler=filler))
    np.testing.assert_allclose(falling.iloc[[0, -1]], [full, none], atol=1e-5)
    np.testing.assert_allclose(rising.iloc[[0, -1]], [none, full], atol=1e-5)
    np.testing.assert_allclose(
        f.deletion(
            model, one, -scores, f.CurveOptions(2, modality=modality, filler=filler, shares=(0.5,))
        ),
        f.insertion(
            model, one, scores, f.CurveOptions(2, modality=modality, filler=filler, shares=(0.5,))
        ),
        atol=1e-5,
    ) if len(scores) % 2 == 0 else None


@pytest.fixture
def timed(make_features):
    """Of 40 frames and four words, of which each is said for ten frames."""
    (one,) = make_features(1, frames=40, words=4)
    return replace(one, spans=np.array([[0, 0.1], [0.1, 0.2], [0.2, 0.3], [0.3, 0.4]], np.float32))


def test_words_take_their_times_with_them(timed):
    cut = f.without(timed, "text", np.array([True, False, True, False]), None)
    np.testing.assert_array_equal(cut.spans, timed.spans[[1, 3]])
    assert cut.tokens == ("w1", "w3") and f.without(
        cut, "text", np.ones(2, bool), None
    ).spans.shape == (0, 2)
    assert f.without(timed, "text", np.ones(4, bool), 0.0).spans is timed.spans
    bare = replace(timed, spans=timed.spans[:0])
    assert all(
        f.without(bare, m, np.ones(n, bool), None).spans.shape == (0, 2)
        for m, n in (("text", 4), ("audio", 40))
    )


@given(st.lists(st.booleans(), min_size=40, max_size=40), st.integers(0, 40), st.integers(0, 40))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_word_keeps_those_of_its_frames_that_are_left(timed, rows, one_end, other_end):
    first, behind = sorted((one_end, other_end))
    cut = f.without(
        replace(timed, spans=np.array([[first, behind]]) * timed.hop_s),
        "audio",
        np.array(rows),
        None,
    )
    start, end = word_frames(cut)[0].astype(int)
    left = np.flatnonzero(~np.array(rows))
    assert left[start:end].tolist() == [t for t in left if first <= t < behind]


@pytest.mark.parametrize("modality", ["audio", "text"])
def test_a_model_that_reads_word_times_survives_cuts(modality, timed):
    torch.manual_seed(0)
    model = CAN(Dims(13, 17, 3), CAN.Config(hidden=14)).eval()
    scores = np.arange(40.0 if modality == "audio" else 4.0)
    curve = f.deletion(model, timed, scores, f.CurveOptions(2, modality=modality, filler=None))
    assert np.isfinite(curve).all() and len(set(curve.round(6))) > 3
    half = f.without(
        timed, modality, scores >= len(scores) / 2, None
    )  # two words are left, or their sound
    with torch.no_grad():
        value = model(collate([half])).logits.softmax(-1)[0, 2].item()
    assert curve[0.5] == pytest.approx(value, abs=1e-5)


def test_long_maps_are_computed_a_few_at_a_time(make_features, monkeypatch):
    sizes = []

    class Counts(nn.Module):
        def forward(self, batch, *, need_attention=False):
            sizes.append(len(batch.ids))
            return ModelOutput(batch.audio.mean((1, 2))[:, None] + torch.zeros(1, 3))

    many = make_features(200, frames=12)
    whole = f.logits_of(Counts(), many)
    monkeypatch.setattr(steps, "CELLS", 12**2 * 50)
    np.testing.assert_array_equal(f.logits_of(Counts(), many), whole)
    assert sizes == [128, 72, 50, 50, 50, 50]


def test_the_oracle_order_falls_fastest_and_rises_fastest(known):
    model, one = known
    times = frame_times(10)
    oracle = f.oracle_order(times, (0.36, 0.54))
    assert set(np.argsort(-oracle)[:2]) == {4, 5}
    table = f.faithfulness_curves(
        model,
        one,
        {"oracle": oracle, "late": times, "wrong": -oracle},
        f.CurveOptions(1, measure="margin"),
        draws=40,
    )
    areas = {k: f.area(g.set_index("share")["value"]) for k, g in table.groupby(["test", "order"])}
    names = ("oracle", "random", "late", "wrong")
    falling, rising = ({o: areas[test, o] for o in names} for test in ("deletion", "insertion"))
    assert (
        falling["oracle"] < falling["random"] - 0.3 and falling["random"] < falling["wrong"] - 0.3
    )
    assert rising["oracle"] > rising["random"] + 0.3 and rising["random"] > rising["wrong"] + 0.3
    assert min(falling.values()) == falling["oracle"] and max(rising.values()) == rising["oracle"]
    assert falling["random"] == pytest.approx(
        2.9, abs=0.15
    )  # evidence spread evenly over a random order: a straight fall
    random = table[table["order"] == "random"]
    assert (random["high"] - random["low"]).max() > 0.5 and table[table["order"] == "late"][
        "low"
    ].isna().all()
    ends = random[random["share"].isin([0, 1])]
    np.testing.assert_allclose(ends["high"], ends["low"], atol=1e-5)


def test_random_orders_follow_their_seed(known):
    model, one = known
    tables = [
        f.faithfulness_curves(model, one, {}, f.CurveOptions(1), seed=seed) for seed in (0, 0, 1)
    ]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])


def test_fillers(known):
    _, one = known
    rows = np.array([False, True, False, True])
    cut = f.without(one, "text", rows, None)
    np.testing.assert_array_equal(cut.text, one.text[[0, 2]])
    assert cut.tokens == (one.tokens[0], one.tokens[2]) and cut.audio is one.audio
    frame = np.arange(13, dtype=np.float32)
    filled = f.without(one, "audio", np.arange(90) < 3, frame)
    np.testing.assert_array_equal(filled.audio[:3], [frame] * 3)
    np.testing.assert_array_equal(filled.audio[3:], one.audio[3:])
    assert (
        filled.audio.dtype == np.float32 and not one.audio[:3].any() and filled.tokens == one.tokens
    )


def test_eraser_by_hand(known):
    model, one = known
    words = np.array([0.0, 1.0, 3.0, 2.0])
    options = f.CurveOptions(1, modality="text", measure="margin", shares=(0.25, 0.5))
    assert f.comprehensiveness(model, one, words, options) == pytest.approx(
        2
    )  # the word that holds 2 goes at once
    assert f.sufficiency(model, one, words, options) == pytest.approx(0, abs=1e-6)
    assert f.comprehensiveness(model, one, -words, options) == pytest.approx(0, abs=1e-6)
    assert f.sufficiency(model, one, -words, options) == pytest.approx(2)
    assert f.comprehensiveness(model, one, [1, 3, 2, 0], options) == pytest.approx(
        1
    )  # half of the shares


def weights_of(model, batch):
    with torch.no_grad():
        return model(batch, need_attention=True).attention


def test_uniform_attention_is_that_of_a_model_trained_so(example, small):
    model, many = example
    twin = MCSAN(Dims(13, 17, 3), small(hidden=16, heads=4, uniform_attention=True)).eval()
    twin.load_state_dict(model.state_dict())
    before = f.logits_of(model, many)
    with controls.attending(model, "uniform") as inside:
        assert inside is model
        np.testing.assert_array_equal(f.logits_of(model, many), f.logits_of(twin, many))
    np.testing.assert_array_equal(f.logits_of(model, many), before)
    assert np.abs(before - f.logits_of(twin, many)).max() > 1e-3
    plain = f.logits_of(twin, many)
    for how in ("uniform", "permuted"):
        with controls.attending(twin, how):
            np.testing.assert_allclose(f.logits_of(twin, many), plain, atol=1e-6)


def test_permuted_rows_keep_their_weights_and_padding_stays_zero(example):
    model, many = example
    batch = collate(many)
    before = weights_of(model, batch)
    with controls.attending(model, "permuted", seed=3):
        after = weights_of(model, batch)
        again = weights_of(model, batch)
    with controls.attending(model, "permuted", seed=3):
        same = weights_of(model, batch)
    name = "cross.0.text_from_audio"  # of the first layer, whose queries and keys are untouched
    torch.testing.assert_close(after[name].sort(-1).values, before[name].sort(-1).values)
    for key, w in after.items():
        assert (
            torch.equal(w, same[key])
            and not torch.equal(w, before[key])
            and not torch.equal(w, again[key])
        )
        torch.testing.assert_close(w.sum(-1), torch.ones_like(w.sum(-1)))
        assert torch.equal(w == 0, before[key] == 0)  # padding, and nothing else
    assert (before[name] == 0).any()
    order = before[name][0, :, 0].argsort(-1)  # heads differ in how they are permuted
    assert (
        len(
            {tuple(after[name][0, h, 0].argsort(-1)[order[h].argsort()].tolist()) for h in range(4)}
        )
        > 1
    )


def test_only_a_part(example):
    model, many = example
    before = attention_maps(model, many[0])
    with controls.attending(model.cross, "uniform"):
        maps = attention_maps(model, many[0])
    np.testing.assert_array_equal(maps["self.0.audio"].weights, before["self.0.audio"].weights)
    assert np.ptp(maps["cross.0.text_from_audio"].weights) < 1e-6


def test_the_model_is_restored_after_an_exception_and_after_a_nested_block(example):
    model, many = example
    before = f.logits_of(model, many)
    with pytest.raises(ZeroDivisionError), controls.attending(model, "permuted"):
        raise ZeroDivisionError
    heads = [m for m in model.modules() if isinstance(m, MultiHead)]
    assert len(heads) == 4 and not any("attend" in vars(m) for m in heads)
    with controls.attending(model, "uniform"):
        uniform = f.logits_of(model, many)
        with controls.attending(model, "permuted"):
            assert not np.array_equal(f.logits_of(model, many), uniform)
        np.testing.assert_array_equal(f.logits_of(model, many), uniform)
    np.testing.assert_array_equal(f.logits_of(model, many), before)


def test_how_far_predictions_move(example, labels):
    model, many = example
    table = controls.attention_moves(model, many, labels, "uniform")
    plain = torch.from_numpy(f.logits_of(model, many)).softmax(-1)
    with controls.attending(model, "uniform"):
        then = torch.from_numpy(f.logits_of(model, many)).softmax(-1)
    np.testing.assert_allclose(
        table["total variation"], (plain - then).clamp(min=0).sum(1), atol=1e-6
    )
    true = np.array([labels.index(one.label) for one in many])
    assert table.index.tolist() == [one.id for one in many]
    assert table["right"].tolist() == (plain.argmax(1).numpy() == true).tolist()
    assert table["right then"].tolist() == (then.argmax(1).numpy() == true).tolist()
    assert table["same prediction"].tolist() == (plain.argmax(1) == then.argmax(1)).tolist()


def test_untrained_has_other_weights_of_the_same_kind(example):
    model, _ = example
    state = {k: v.clone() for k, v in model.state_dict().items()}
    fresh, again, other = (controls.untrained(model, seed=s) for s in (1, 1, 2))
    for name, old in model.state_dict().items():
        assert torch.equal(old, state[name])
        assert torch.equal(fresh.state_dict()[name], again.state_dict()[name])
        if "norm" not in name:
            assert not torch.equal(fresh.state_dict()[name], old)
            assert not torch.equal(fresh.state_dict()[name], other.state_dict()[name])
            assert fresh.state_dict()[name].abs().max() < 3 * old.abs().max()


def test_agreement_is_spearmans(example):
    _, many = example
    reads = {"a": 1.0, "b": -1.0, "flat": 0.0}

    def read(factor, one):
        return factor * one.audio[:, :2] ** 3 if factor else np.ones((len(one.audio), 2))

    table = controls.agreement(read, reads, many)
    assert table.columns.tolist() == ["a · b", "a · flat", "b · flat"] and len(table) == 12
    np.testing.assert_allclose(table["a · b"], -1)
    assert table["a · flat"].isna().all()
    shifted = controls.agreement(
        lambda k, one: np.roll(one.audio[:, 0], k), {"none": 0, "one": 1}, many
    )
    row = many[4].audio[:, 0]
    assert shifted["none · one"].iloc[4] == pytest.approx(spearmanr(row, np.roll(row, 1))[0])


def test_intervals():
    found = with_interval(
        pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [True, True, False, False]})
    )
    np.testing.assert_allclose(found.loc["a"], [2, 2 - 2.484138, 2 + 2.484138, 3], rtol=1e-5)
    np.testing.assert_allclose(found.loc["b"], [0.5, 0.150039, 0.849961, 4], rtol=1e-5)  # Wilson's
    assert with_interval(pd.DataFrame({"all": [True] * 9})).loc["all", "high"] == 1


def test_refusals(known, small):
    model, one = known
    assert "(9,)" in refusal(lambda: f.deletion(model, one, np.ones(9)))
    assert "no text" in refusal(
        lambda: f.deletion(
            model, replace(one, text=one.text[:0]), [], f.CurveOptions(modality="text")
        )
    )
    assert "no audio" in refusal(lambda: f.deletion(model, replace(one, audio=one.audio[:0]), []))
    assert "finite" in refusal(
        lambda: f.faithfulness_curves(model, one, {"broken": np.full(10, np.nan)})
    )
    assert "'audio'" in refusal(
        lambda: f.insertion(model, one, np.ones(10), f.CurveOptions(modality="adio"))
    )
    assert "margin" in refusal(
        lambda: f.deletion(model, one, np.ones(10), f.CurveOptions(measure="margn"))
    )
    assert "from 0 to 1" in refusal(
        lambda: f.deletion(model, one, np.ones(10), f.CurveOptions(shares=(0, 10)))
    )
    assert "0 to 1" in refusal(lambda: f.deletion(model, one, np.ones(10), f.CurveOptions(2)))
    assert "(13,)" in refusal(
        lambda: f.deletion(model, one, np.ones(10), f.CurveOptions(filler=np.ones(4)))
    )
    assert "uniform" in refusal(
        lambda: controls.attending(MCSAN(Dims(13, 17, 3), small()), "unifrom").__enter__()
    )
    assert "without attention" in refusal(lambda: controls.attending(model, "uniform").__enter__())
    assert "at least two" in refusal(
        lambda: controls.agreement(lambda m, x: x.audio, {"one": model}, [one])
    )
    model.own = nn.Parameter(torch.ones(3))
    assert "Evidence" in refusal(lambda: controls.untrained(model))
