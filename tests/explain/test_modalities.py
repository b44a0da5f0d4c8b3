"""Modalities, on models that are additive, or need both, by construction."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from refusals import refusal
from torch import nn

from mcsan_lite.explain import modalities as m
from mcsan_lite.explain.faithfulness import logits_of
from mcsan_lite.features.batch import Dims, ModelOutput
from mcsan_lite.models import MODELS
from mcsan_lite.models.baselines.can import CAN
from mcsan_lite.models.mcsan import MCSAN


class Sums(nn.Module):
    """s: the sum of the first MFCC, w: of the first number of each word vector. Logits (0, s +
    2w), or (0, s · w).
    """

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, batch, *, need_attention=False):
        s = (batch.audio[..., 0] * batch.audio_mask).sum(1)
        w = (batch.text[..., 0] * batch.text_mask).sum(1)
        return ModelOutput(
            torch.stack((torch.zeros_like(s), s + 2 * w if self.kind == "additive" else s * w), 1)
        )


def signed(features, s, w):
    """The utterance whose sums are s and w, whatever its length."""
    audio, text = np.zeros_like(features.audio), np.zeros_like(features.text)
    audio[0, 0], text[0, 0] = s, w
    return replace(features, audio=audio, text=text, label="sad" if s * w > 0 else "angry")


@pytest.fixture
def corners(make_features):
    """40 utterances, ten at each corner of (±1, ±1); "sad" where the signs agree."""
    return [signed(one, (-1) ** i, (-1) ** (i // 2)) for i, one in enumerate(make_features(40))]


@pytest.fixture
def mcsan(small):
    torch.manual_seed(0)
    return MCSAN(Dims(13, 17, 3), small(hidden=16, heads=4)).eval()


def test_an_additive_model_is_its_own_emap(make_features):
    many, model = make_features(9), Sums("additive")
    np.testing.assert_allclose(m.emap(model, many, block=4), logits_of(model, many), atol=1e-4)


def test_a_model_that_needs_both_is_at_chance_without_its_interaction(corners):
    model = Sums("product")
    np.testing.assert_allclose(m.emap(model, corners), 0, atol=1e-6)
    table = m.interaction(model, corners, ("angry", "sad"))
    assert table["wa"].to_dict() == {"model": 1.0, "EMAP": 0.5, "difference": 0.5}
    assert (
        table.loc["difference", "low"] > 0.3
        and table.loc["EMAP", "low"] < 0.5 < table.loc["EMAP", "high"]
    )
    assert (table["n"] == 40).all()
    same = m.interaction(Sums("additive"), corners, ("angry", "sad"))
    assert same.loc["difference", ["wa", "low", "high"]].tolist() == [0, 0, 0]


def test_emap_by_hand(make_features):
    many = [
        signed(one, *x) for one, x in zip(make_features(3), ((1, 2), (3, -1), (0, 4)), strict=True)
    ]
    every = np.outer([2, -1, 4], [1, 3, 0]).astype(float)  # words × sounds
    np.testing.assert_allclose(m.pairings(Sums("product"), many)[..., 1], every)
    np.testing.assert_allclose(
        m.emap(Sums("product"), many)[:, 1], every.mean(1) + every.mean(0) - every.mean()
    )


@pytest.mark.parametrize(
    "options",
    [{}, {"order": "self+cross"}, {"use_cross": False}, {"use_cross": False, "use_text": False}],
    ids=str,
)
def test_cached_encodings_change_nothing(small, make_features, options):
    torch.manual_seed(0)
    model, many = MCSAN(Dims(13, 17, 3), small(hidden=16, heads=4, **options)), make_features(7)
    many[2] = replace(many[2], audio=many[2].audio[:0])  # without a clip
    many[5] = replace(many[5], text=many[5].text[:0], tokens=())
    found = m.pairings(model, many, block=3)
    assert "encode" not in vars(model)
    by_hand = logits_of(
        model, [replace(a, text=t.text, tokens=t.tokens) for t in many for a in many]
    )
    np.testing.assert_allclose(found.reshape(49, 3), by_hand, atol=1e-5)
    np.testing.assert_allclose(found[range(7), range(7)], logits_of(model, many), atol=1e-5)
    if options.get("use_cross") is False and "use_text" in options:
        np.testing.assert_allclose(m.emap(model, many), logits_of(model, many), atol=1e-5)


def with_all(features):
    """Each with a face, and with word times that share its sound evenly."""
    random = np.random.default_rng(5)
    edges = [np.linspace(0, len(f.audio) * f.hop_s, len(f.text) + 1) for f in features]
    return [
        replace(
            f,
            video=random.standard_normal((len(f.audio) // 2, 7)).astype(np.float32),
            spans=np.stack((e[:-1], e[1:]), 1),
        )
        for f, e in zip(features, edges, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mcsan", {"hidden": 16, "heads": 4, "use_video": True}),
        ("cmkl", {"maps": 8, "code": 12}),
        ("mdre", {"hidden": 14}),
        ("amh", {"hops": 2, "hidden": 14, "video_hidden": 10}),
    ],
    ids=str,
)
def test_other_models_are_paired_by_plain_passes(name, options, make_features):
    """Whether or not they have something of the name `encode`. Video stays with the sound, word
    times with nobody.
    """
    torch.manual_seed(0)
    model, many = (
        MODELS[name](Dims(13, 17, 3, video=7), MODELS[name].Config(**options)).eval(),
        with_all(make_features(5)),
    )
    found = m.pairings(model, many, block=3)
    by_hand = logits_of(
        model,
        [replace(a, text=t.text, tokens=t.tokens, spans=a.spans[:0]) for t in many for a in many],
    )
    np.testing.assert_allclose(found.reshape(25, 3), by_hand, atol=1e-5)
    np.testing.assert_allclose(found[range(5), range(5)], logits_of(model, many), atol=1e-5)


@pytest.mark.parametrize("block", [2, 24])
def test_words_with_times_are_only_read_in_their_own_sound(block, make_features):
    torch.manual_seed(0)
    model, many = CAN(Dims(13, 17, 3), CAN.Config(hidden=14)).eval(), with_all(make_features(5))
    assert "another utterance" in refusal(lambda: m.emap(model, many, block=block))
    assert "absent='mean'" in refusal(lambda: m.shapley(model, many, absent="empty"))
    assert m.shapley(model, many)[["audio", "text"]].abs().min().min() > 0
    given, other = [], Sums("additive")
    other.register_forward_pre_hook(lambda _, batch: given.append(batch[0].word_frames))
    m.emap(other, many, block=block)
    assert given and set(given) == {
        None
    }  # neither the words' times nor those of the sound's own words


def test_the_encoder_comes_back_after_an_exception(mcsan):
    with pytest.raises(ZeroDivisionError), m._encoded(mcsan, {}, {}):
        raise ZeroDivisionError
    assert "encode" not in vars(mcsan)


@pytest.mark.parametrize("absent", ["mean", "empty"])
def test_shapley_of_an_additive_model_is_its_two_terms(make_features, absent):
    many = [
        signed(one, *x) for one, x in zip(make_features(3), ((1, 2), (3, -1), (0, 4)), strict=True)
    ]
    table = m.shapley(Sums("additive"), many, [1, 1, 0], absent=absent)
    np.testing.assert_allclose(
        table["audio"], [0.5, 1.5, 0], atol=1e-6
    )  # half: less the mean over two classes
    np.testing.assert_allclose(table["text"], [2, -1, -4], atol=1e-6)
    np.testing.assert_allclose(table["interaction"], 0, atol=1e-6)
    assert table["label"].tolist() == [one.label for one in many] and table.index.tolist() == [
        one.id for one in many
    ]


def test_shapley_shares_an_interaction_equally(make_features):
    many = [signed(make_features(1)[0], 2, 3)]
    row = m.shapley(Sums("product"), many).iloc[0]
    assert row[["v(none)", "v(audio)", "v(text)", "v(both)"]].tolist() == [0, 0, 0, 3]
    assert row[["audio", "text", "interaction"]].tolist() == [1.5, 1.5, 3]


@pytest.mark.parametrize("measure", ["logit", "probability"])
@pytest.mark.parametrize("absent", ["mean", "empty"])
def test_shapley_is_efficient_and_its_choices_are_what_they_say(
    mcsan, make_features, absent, measure
):
    many = make_features(5)
    table = m.shapley(mcsan, many, absent=absent, measure=measure)
    np.testing.assert_allclose(
        table["audio"] + table["text"], table["v(both)"] - table["v(none)"], atol=1e-9
    )
    one, chosen = many[3], logits_of(mcsan, many)[3].argmax()
    silent = replace(one, audio=np.zeros_like(one.audio) if absent == "mean" else one.audio[:0])
    wordless = replace(one, text=np.zeros_like(one.text) if absent == "mean" else one.text[:0])
    for column, edited in (
        ("v(both)", one),
        ("v(text)", silent),
        ("v(audio)", wordless),
        ("v(none)", replace(silent, text=wordless.text)),
    ):
        z = logits_of(mcsan, [edited])[0]
        expected = z - z.mean() if measure == "logit" else np.exp(z) / np.exp(z).sum()
        assert table.loc[one.id, column] == pytest.approx(expected[chosen], abs=1e-5)
    assert table[["audio", "text"]].abs().min().min() > 0


def test_refusals(mcsan, make_features):
    many = make_features(3)
    assert "at least two" in refusal(lambda: m.emap(mcsan, many[:1]))
    assert "'empty'" in refusal(lambda: m.shapley(mcsan, many, absent="emty"))
    assert "'logit'" in refusal(lambda: m.shapley(mcsan, many, measure="logits"))
    assert "3 class indices" in refusal(lambda: m.shapley(mcsan, many, [0, 1]))
    assert "from 0 to 2" in refusal(lambda: m.shapley(mcsan, many, [0, 1, 3]))
    assert "u0" in refusal(lambda: m.interaction(mcsan, many, ("sad", "neutral")))
