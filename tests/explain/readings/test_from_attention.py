"""Every reading, on every row of Table 3, on a model whose evidence is known because its weights
were set by hand, and on models that have learned nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from refusals import refusal
from torch import nn

from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.pointing import inside_span, pointing_score
from mcsan_lite.explain.readings import READINGS, from_logit
from mcsan_lite.explain.readings.from_attention import (
    gradient_x_attention,
    raw_attention,
    rollout,
    rollout_matrix,
    value_weighted,
)
from mcsan_lite.explain.readings.reading import KINDS, Reading
from mcsan_lite.explain.steps import frame_times
from mcsan_lite.features.batch import Dims, collate
from mcsan_lite.features.extraction import Features
from mcsan_lite.models.layers import attend, positions
from mcsan_lite.models.mcsan import MCSAN, MCSANConfig
from mcsan_lite.paper.table_rows import ABLATIONS

CROSS = (
    "raw attention",
    "value-weighted",
    "gradient x attention",
)  # they need words and frames that look at each other
BY_WORD = tuple(name for name, method in READINGS.items() if method.word_times)
CODES = 4  # phonetic forms, visible in both modalities


class Padded(MCSAN):
    """The same network, given a batch that is longer than its utterance, rubbish there."""

    def forward(self, batch, *, need_attention=False):
        def longer(x, mask, more):
            return (
                torch.cat((x, torch.full((len(x), more, x.shape[2]), 7.0)), 1),
                torch.cat((mask, torch.zeros(len(x), more, dtype=torch.bool)), 1),
            )

        audio, audio_mask = longer(batch.audio, batch.audio_mask, 29)
        text, text_mask = longer(batch.text, batch.text_mask, 3)
        return super().forward(
            replace(batch, audio=audio, audio_mask=audio_mask, text=text, text_mask=text_mask),
            need_attention=need_attention,
        )


@pytest.fixture
def example(small, make_features):
    """A function: an untrained model of these options, and one utterance of 40 MFCC frames (5
    pooled) and 4 words, 10 frames each.
    """

    def make(kind=MCSAN, **options):
        torch.manual_seed(0)
        one = make_features(1, frames=40, words=4)[0]
        one = replace(one, spans=spans_of(4, 10))
        return kind(Dims(13, 17, 3), small(**options)).eval(), one

    return make


def spans_of(words: int, frames: int, start: int = 0) -> np.ndarray:
    """(words, 2) seconds: one word after the other, each of so many MFCC frames."""
    first = start + frames * np.arange(words)
    return np.stack((first, first + frames), 1).astype(np.float32) * np.float32(0.01)


def same(one: Reading, two: Reading, **tolerance) -> None:
    for a, b in ((one.words, two.words), (one.frames, two.frames), (one.pairs, two.pairs)):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, **tolerance)


@pytest.mark.parametrize("row", ABLATIONS)
@pytest.mark.parametrize("name", READINGS)
def test_every_row_of_table_3(name, row, example):
    model, one = example(**ABLATIONS[row])
    before = model(collate([one])).logits
    if name in CROSS and not model.config.use_cross:
        assert "no cross-attention" in refusal(lambda: READINGS[name].read(model, one))
        return
    if name in BY_WORD and not model.config.use_audio:
        assert "does not hear the sound" in refusal(lambda: READINGS[name].read(model, one))
        return
    reading = READINGS[name].read(model.train(), one, None)
    assert not model.training and torch.equal(model(collate([one])).logits, before)
    assert torch.equal(model(collate([one]), need_attention=True).logits, before)
    assert all(p.grad is None for p in model.parameters())
    assert (reading.name, reading.target) == (name, int(before.argmax()))
    for scores, length, used in (
        (reading.words, 4, model.config.use_text),
        (reading.frames, 5, model.config.use_audio),
    ):
        assert (scores is not None) == used
        if used:
            assert scores.shape == (length,) and np.isfinite(scores).all() and scores.any()
    mapped = name in CROSS or (name == "rollout" and model.config.use_cross)
    assert reading.pairs.shape == (4, 5) if mapped else reading.pairs is None
    assert READINGS[name].pairs == (name in (*CROSS, "rollout"))
    same(READINGS[name].read(model, one), reading, rtol=0, atol=0)


@pytest.mark.parametrize("row", ["MCSAN", "cross + self (seq)", "self + cross (seq)", "N = 2"])
@pytest.mark.parametrize("name", READINGS)
def test_padding_has_no_part_in_any_reading(name, row, example):
    (alone, one), (padded, _) = example(**ABLATIONS[row]), example(Padded, **ABLATIONS[row])
    same(READINGS[name].read(alone, one), READINGS[name].read(padded, one), atol=2e-5)


@pytest.mark.parametrize("name", READINGS)
def test_other_classes_can_be_asked_for(name, example):
    model, one = example()
    answers = [READINGS[name].read(model, one, target) for target in range(3)]
    assert [r.target for r in answers] == [0, 1, 2]
    blind = name in ("raw attention", "value-weighted", "rollout")
    assert np.allclose(answers[0].frames, answers[1].frames, atol=1e-7) == blind
    for wrong in (-1, 3):
        assert f"class {wrong}" in refusal(
            lambda wrong=wrong: READINGS[name].read(model, one, wrong)
        )


@pytest.mark.parametrize("lacks", ["text", "audio"])
@pytest.mark.parametrize("name", READINGS)
def test_an_utterance_without_words_or_sound(name, lacks, example):
    model, one = example()
    one = replace(
        one, **{lacks: getattr(one, lacks)[:0]}, **({"tokens": ()} if lacks == "text" else {})
    )
    if name in BY_WORD:
        assert "when it is said" in refusal(lambda: READINGS[name].read(model, one))
        return
    if name in CROSS:
        assert "sound and words" in refusal(lambda: READINGS[name].read(model, one))
        return
    reading = READINGS[name].read(model, one)
    assert (len(reading.words), len(reading.frames)) == ((0, 5) if lacks == "text" else (4, 0))
    assert np.isfinite(np.concatenate((reading.words, reading.frames))).all()


def test_the_table_says_what_each_reading_is():
    assert [name for name, method in READINGS.items() if method.kind == "map"] == ["raw attention"]
    assert {method.kind for method in READINGS.values()} == set(KINDS)
    with pytest.raises(ValueError, match="did you mean 'logit'"):
        replace(READINGS["receipts"], kind="logits")


@pytest.mark.parametrize("name", [*CROSS, "rollout", "receipts"])
def test_a_network_that_is_not_mcsan_is_refused(name, make_features):
    assert "Linear" in refusal(lambda: READINGS[name].read(nn.Linear(1, 1), make_features(1)[0]))


def test_raw_attention_is_the_last_cross_layers_mean_over_heads(example):
    model, one = example(layers=2)
    maps, reading = attention_maps(model, one), raw_attention(model, one)
    np.testing.assert_allclose(reading.pairs, maps["cross.1.text_from_audio"].mean, atol=1e-7)
    np.testing.assert_allclose(
        reading.frames, maps["cross.1.text_from_audio"].mean.mean(0), atol=1e-7
    )
    np.testing.assert_allclose(
        reading.words, maps["cross.1.audio_from_text"].mean.mean(0), atol=1e-7
    )


def test_value_weighted_parts_add_up_to_what_the_layer_writes(example):
    """The vectors whose norms are shown are, with the bias, all that attention adds to a word."""
    model, one = example()
    attention = model.cross.layers[0]["text"].attention
    with torch.no_grad():
        streams, masks = model.encode(collate([one]))
        x, memory = (
            streams[m] + positions(*streams[m].shape[1:], like=streams[m])
            for m in ("text", "audio")
        )
        update, weights = attention(x, memory, masks["audio"])
        sent = torch.zeros(4, 5, 44)
        for head, part in enumerate(torch.arange(44).split(4)):  # 11 heads of 4
            value = (
                attention.to_value(memory)[0][:, part] @ attention.merge.weight[:, part].T
            )  # (A, D)
            sent += weights[0, head][:, :, None] * value
        torch.testing.assert_close(sent.sum(1) + attention.merge.bias, update[0], atol=1e-5, rtol=0)
    np.testing.assert_allclose(value_weighted(model, one).pairs, sent.norm(dim=-1), atol=1e-5)


def test_gradient_x_attention_is_what_the_logit_does_when_a_weight_moves(example):
    """Each weight of each head is moved by hand, both ways; what lowers the logit is dropped."""
    model, one = example()
    attention = model.cross.layers[0]["text"].attention
    reading = gradient_x_attention(model, one, 2)
    kept = {}

    def logit(at, step):
        def moved(query, key, value, mask, **how):
            kept["weights"] = attend(query, key, value, mask, **how)[1]
            weights = kept["weights"].clone()
            weights[0][at] += step
            return weights @ value, weights

        attention.attend = moved
        with torch.no_grad():
            return float(model(collate([one])).logits[0, 2])

    dropped = 0
    for word, frame in ((0, 0), (1, 4), (3, 2)):
        slopes = [
            (logit((h, word, frame), 0.02) - logit((h, word, frame), -0.02)) / 0.04
            for h in range(11)
        ]
        parts = np.array(slopes) * kept["weights"][0, :, word, frame].numpy()
        dropped += (parts < -1e-4).sum()
        assert reading.pairs[word, frame] == pytest.approx(
            parts.clip(min=0).mean(), rel=0.05, abs=2e-5
        )
    assert dropped and (reading.pairs >= 0).all() and (reading.words >= 0).all()


@pytest.mark.parametrize("row", ABLATIONS)
def test_rollouts_rows_are_distributions(row, example):
    model, one = example(**ABLATIONS[row])
    sizes = {"text": 4 * model.config.use_text, "audio": 5 * model.config.use_audio}
    matrix = rollout_matrix(attention_maps(model, one), sizes, model.config.order)
    assert matrix.shape == (sum(sizes.values()),) * 2 and (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-6)
    reading = rollout(model, one)
    assert sum(s.sum() for s in (reading.words, reading.frames) if s is not None) == pytest.approx(
        1
    )


def test_rollout_by_hand(example):
    """Two cross layers in a row, then self-attention, written out as block matrices."""
    model, one = example(layers=2, order="cross+self")
    maps = {name: m.mean for name, m in attention_maps(model, one).items()}
    expected = np.eye(9)
    for n in range(2):
        cross = np.block(
            [
                [np.zeros((4, 4)), maps[f"cross.{n}.text_from_audio"]],
                [maps[f"cross.{n}.audio_from_text"], np.zeros((5, 5))],
            ]
        )
        expected = (cross + np.eye(9)) / 2 @ expected
    for n in range(2):
        own = np.block(
            [
                [maps[f"self.{n}.text"], np.zeros((4, 5))],
                [np.zeros((5, 4)), maps[f"self.{n}.audio"]],
            ]
        )
        expected = (own + np.eye(9)) / 2 @ expected
    reading = rollout(model, one)
    np.testing.assert_allclose(reading.pairs, expected[:4, 4:], atol=1e-6)
    np.testing.assert_allclose(np.r_[reading.words, reading.frames], expected.mean(0), atol=1e-6)


def spoken(random: np.random.Generator, pause: bool) -> tuple[Features, int]:
    """Four words of four forms in any order, 9 MFCC frames (one pooled) each, all loud. One word,
    decisive, is flagged in the text, and nothing in the sound tells which: whoever points at its
    frames has matched forms."""
    order, decisive = random.permutation(CODES), int(random.integers(CODES))
    text = np.zeros((CODES, 1 + CODES), np.float32)  # flag, form
    text[np.arange(CODES), 1 + order] = 1
    audio = np.repeat(text, 9, axis=0)  # loudness, form
    text[decisive, 0], audio[:, 0] = 1, 1
    if pause:  # a second that is quiet, for the fillers to have something to fill with
        audio = np.concatenate((np.tile(np.float32([-1, 0, 0, 0, 0]), (9, 1)), audio))
    one = Features("planted", audio, text, tuple(f"w{i}" for i in order), "x")
    return replace(one, spans=spans_of(CODES, 9, start=9 * pause)), decisive


@pytest.fixture(scope="module")
def by_hand() -> MCSAN:
    """Channels: 0 flag or loudness, 1 to 4 form, 5 what the other stream sends, 6 evidence. A word
    looks at the frames of its form and takes their loudness, a frame at the word of its form and
    takes its flag; where both meet there is evidence, and the logit of class 1 is the most of it
    among words plus the most among frames."""
    model = MCSAN(
        Dims(5, 5, 3),
        MCSANConfig(hidden=8, heads=1, positions="none", use_self=False, classifier_layers=1),
    )
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        for block in model.conv:
            block.conv.weight[:5, :5, 1] = torch.eye(5)
        for bilstm in (model.audio_lstm, model.text_lstm):
            for lstm in (
                bilstm.forwards,
                bilstm.backwards,
            ):  # input and output gates open, forget gate shut: no memory
                lstm.bias_ih_l0[:8], lstm.bias_ih_l0[8:16], lstm.bias_ih_l0[24:] = 20, -20, 20
                lstm.weight_ih_l0[16:21, :5] = torch.eye(5)
        for block in model.cross.layers[0].values():
            block.attention.to_query.weight[1:5, 1:5] = 50 * torch.eye(4)
            block.attention.to_key.weight[1:5, 1:5] = torch.eye(4)
            block.attention.to_value.weight[5, 0] = 1
            block.attention.merge.weight.copy_(torch.eye(8))
            block.norm_attention, block.norm_feedforward = nn.Identity(), nn.Identity()
            block.feedforward[0].weight[0, [0, 5]], block.feedforward[0].bias[0] = (
                1,
                -1,
            )  # more than one of the two alone
            block.feedforward[3].weight[6, 0] = 10
        model.classifier[0].weight[1, [6, 8 + 6]] = 1
    return model.eval()


def pointed(model, name, example) -> float:
    """1 where the reading's heaviest frame lies in the decisive word, 0 where not; a share of a
    tie.

    Of pairs, the decisive word's row counts.
    """
    one, decisive = example
    reading = READINGS[name].read(model, one, 1)
    row = reading.frames if reading.pairs is None else reading.pairs[decisive]
    start = len(one.audio) - 36 + 9 * decisive
    inside = inside_span(frame_times(len(row)), (start * 0.01, (start + 9) * 0.01))
    return pointing_score(row, inside).points


# Every word of `spoken` has the same voice: there is nothing to flatten.
@pytest.mark.parametrize("name", [name for name in READINGS if name != "voice edit"])
def test_each_reading_finds_known_evidence(name, by_hand):
    random = np.random.default_rng(0)
    examples = [spoken(random, pause=True) for _ in range(12)]
    assert all(int(by_hand(collate([one])).logits.argmax()) == 1 for one, _ in examples)
    assert all(pointed(by_hand, name, example) == 1 for example in examples)  # by chance in 1 of 5
    if name not in (
        "raw attention",
        "value-weighted",
        "rollout",
    ):  # those three do not ask what the words were for
        assert all(
            READINGS[name].read(by_hand, one, 1).words.argmax() == decisive
            for one, decisive in examples
        )


@pytest.fixture(scope="module")
def untrained() -> list[tuple[MCSAN, tuple[Features, int]]]:
    """Models that give the forms other vectors in text than in sound, by chance: none can match."""
    random, models = np.random.default_rng(1), []
    for seed in range(100):
        torch.manual_seed(seed)
        models.append(MCSAN(Dims(5, 5, 3), MCSANConfig(hidden=8, heads=2)))
    return [(model, spoken(random, pause=False)) for model in models]


@pytest.mark.parametrize("name", READINGS)
def test_each_reading_of_an_untrained_model_is_at_chance(name, untrained, monkeypatch):
    monkeypatch.setattr(from_logit, "_STEPS", (8,))
    hits = [pointed(model, name, example) for model, example in untrained]
    assert abs(np.mean(hits) - 0.25) < 3 * (0.25 * 0.75 / len(hits)) ** 0.5
