"""The page of the word lens holds what it was given, as text, and fetches nothing."""

import base64
import itertools
import json
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import soundfile
import torch
from drawn import data_of, scores_of
from refusals import refusal

from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explain.steps import frame_spans
from mcsan_lite.features.batch import Dims
from mcsan_lite.figures import lens
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.lens import View
from mcsan_lite.models.mcsan import MCSAN

RATE, SPANS, TOKENS = 16_000, frame_spans(11), ["so", "sweet", "pain"]
NOISE = 0.3 * np.random.default_rng(0).standard_normal(RATE).clip(-3, 3)
SHARES = np.random.default_rng(1).dirichlet(np.ones(11), 3)  # (L, A)
PLAIN = View("raw", "text_from_audio", None, SHARES)


def make(views=(PLAIN,), signal=NOISE, tokens=TOKENS, spans=SPANS, title="t", truth=None):
    utterance = AlignedUtterance(tokens, spans, truth=truth)
    return lens.lens_page(signal, RATE, utterance, views, title=title)


class TestPage:
    def test_weights_arrive_to_eight_bits_a_word_a_row_whatever_the_direction(self):
        backward = np.random.default_rng(2).dirichlet(np.ones(3), 11)  # (A, L)
        signed = np.random.default_rng(3).standard_normal((1, 11))
        views = (
            PLAIN,
            View("raw", "audio_from_text", 4, backward),
            View("gradient", "utterance", None, signed, np.array([-1, 0.5, 0.123456])),
        )
        found = data_of(make(views))["views"]
        for given, packed in zip((SHARES, backward.T, signed), found, strict=True):
            span = given.max() - min(0, given.min())
            np.testing.assert_allclose(scores_of(packed, 11), given, atol=span / 509)
        assert [(v["name"], v["direction"], v["head"], v["shares"], v["words"]) for v in found] == [
            ("raw", "text_from_audio", None, True, None),
            ("raw", "audio_from_text", 4, True, None),
            ("gradient", "utterance", None, False, [-1.0, 0.5, 0.1235]),
        ]

    def test_nothing_at_all_is_a_score_of_zero(self):
        (view,) = data_of(make((View("none", "text_from_audio", None, np.zeros((3, 11))),)))[
            "views"
        ]
        assert not scores_of(view, 11).any()
        assert view["shares"] is False

    def test_sound_and_waveform_arrive(self, tmp_path):
        found = data_of(make(truth=DecisiveWord(2, 0.25, 0.5)))
        kind, _, coded = found["audio"].partition(",")
        (tmp_path / "a.ogg").write_bytes(base64.b64decode(coded))
        signal, rate = soundfile.read(tmp_path / "a.ogg")
        assert kind == "data:audio/ogg;base64"
        assert rate == RATE
        assert len(signal) == pytest.approx(len(NOISE), abs=500)
        wave = (
            np.frombuffer(base64.b64decode(found["wave"]), np.int8).reshape(-1, 2)
            / 127
            * np.abs(NOISE).max()
        )
        ends = [int(i * RATE / 600) for i in range(601)]
        stretches = [NOISE[a:b] for a, b in itertools.pairwise(ends)]
        np.testing.assert_allclose(
            wave, [(s.min(), s.max()) for s in stretches], atol=np.abs(NOISE).max() / 250
        )
        assert (found["seconds"], found["tokens"], found["truth"]) == (1.0, TOKENS, [2, 0.25, 0.5])
        np.testing.assert_allclose(found["times"], SPANS.mean(1), atol=1e-4)

    def test_any_text_is_text(self):
        evil = [
            "</script><script>alert(1)</script>",
            "<!--<img src=x onerror=alert(1)>",
            "%DATA%",
            '"\\',
            "\u2028",
        ]
        page = make(
            (View("<b>", "text_from_audio", None, np.full((5, 11), 1 / 11)),),
            tokens=evil,
            title="</title><script>x",
        )
        assert data_of(page)["tokens"] == evil
        assert data_of(page)["title"] == "</title><script>x"
        assert page.count("<script") == 2
        assert "onerror" in page
        assert "<img" not in page
        assert page.count("</title>") == 1

    def test_nothing_is_fetched(self):
        page = make()
        assert set(re.findall(r"https?://[^\"']+", page)) == {
            "http://www.w3.org/2000/svg"
        }  # a name, not an address
        assert not re.search(r"<link|@import|\bsrc=|url\(|fetch\(|XMLHttp", page)
        assert "default-src 'none'" in page

    def test_five_seconds_with_every_view_stay_below_300_kb(self):
        frames, words, random = 56, 20, np.random.default_rng(0)
        views = [
            View("raw", d, h, random.dirichlet(np.ones(k), q))
            for h in (None, *range(8))
            for d, q, k in (("text_from_audio", words, frames), ("audio_from_text", frames, words))
        ]
        views += [
            View(
                f"r{i}",
                "text_from_audio",
                None,
                random.random((words, frames)),
                random.random(words),
            )
            for i in range(8)
        ]
        page = make(
            views, random.standard_normal(5 * RATE) / 4, ["word"] * words, frame_spans(frames)
        )
        assert len(page.encode()) < 300_000

    def test_the_colours_are_cividis(self):
        text = (
            Path(lens.__file__)
            .with_name("explorer")
            .joinpath("lens.js")
            .read_text(encoding="utf-8")
        )
        stops = json.loads(re.search(r"CIVIDIS = (\[.*?\]\]);", text, re.DOTALL)[1])
        for i, stop in enumerate(stops):
            np.testing.assert_allclose(
                stop, 255 * np.array(matplotlib.colormaps["cividis"](i / 8)[:3]), atol=1
            )

    @pytest.mark.parametrize(
        ("wrong", "crucial"),
        [
            ({"views": (View("raw", "audio_from_text", None, SHARES),)}, "frames × words, (11, 3)"),
            ({"views": (View("raw", "utterance", None, SHARES),)}, "(1, 11)"),
            (
                {"views": (View("raw", "text_to_audio", None, SHARES),)},
                "did you mean 'text_from_audio'?",
            ),
            ({"views": (View("raw", "text_from_audio", None, SHARES * np.nan),)}, "not finite"),
            ({"views": (View("raw", "text_from_audio", None, SHARES, np.ones(2)),)}, "(3,)"),
            ({"views": ()}, "0 views"),
            ({"tokens": ()}, "0 tokens"),
            ({"spans": SPANS[::-1]}, "seconds that grow"),
            ({"spans": SPANS[:0]}, "spans (0, 2)"),
            ({"signal": np.zeros((2, 9))}, "(2, 9)"),
            ({"signal": []}, "(0,)"),
            ({"signal": [np.nan]}, "finite mono"),
            ({"truth": DecisiveWord(3, 0, 1)}, "token 3 of 3"),
            ({"truth": DecisiveWord(-1, 0, 1)}, "token -1"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, wrong, crucial):
        assert crucial in refusal(lambda: make(**wrong))

    def test_in_a_notebook_each_has_a_frame_of_its_own(self, recwarn):
        shown = lens.show_lens(make(title='"><script>x')).data
        assert (
            not recwarn and shown.count("<iframe") == 1 and "<script" not in shown
        )  # all of it inside one attribute
        assert re.fullmatch(
            r'<div><iframe srcdoc="[^"]+" title="word lens" style="[^"]+"></iframe></div>',
            shown,
            re.DOTALL,
        )


class TestViews:
    def test_attention_with_its_heads_then_every_other_reading(self, small, make_features):
        torch.manual_seed(0)
        (one,), model = make_features(1, frames=40, words=4), MCSAN(Dims(13, 17, 3), small()).eval()
        maps = attention_maps(model, one)
        views = lens.views_of(model, one, maps)
        for i, direction in enumerate(("text_from_audio", "audio_from_text")):
            found, heads = maps[f"cross.0.{direction}"], views[12 * i : 12 * (i + 1)]
            assert {(v.name, v.direction) for v in heads} == {("raw attention", direction)}
            assert [v.head for v in heads] == [None, *range(11)]
            np.testing.assert_array_equal(heads[0].weights, found.mean)
            np.testing.assert_array_equal(heads[4].weights, found.weights[3])
        without_times = {name for name, method in READINGS.items() if not method.word_times}
        assert {v.name for v in views[24:]} == without_times - {"raw attention"}
        reading = READINGS["value-weighted"].read(model, one, None)
        by = {(v.name, v.direction): v for v in views[24:]}
        np.testing.assert_allclose(by["value-weighted", "text_from_audio"].weights, reading.pairs)
        np.testing.assert_allclose(by["value-weighted", "utterance"].weights[0], reading.frames)
        np.testing.assert_allclose(
            by["receipts", "utterance"].word_scores,
            READINGS["receipts"].read(model, one, None).words,
        )

    def test_layers_have_names_and_a_model_without_cross_attention_its_other_readings(
        self, small, make_features
    ):
        (one,) = make_features(1, frames=40, words=4)
        deep = MCSAN(Dims(13, 17, 3), small(layers=2)).eval()
        names = {v.name for v in lens.views_of(deep, one, attention_maps(deep, one))}
        assert {"raw attention, layer 1", "raw attention, layer 2"} <= names
        no_cross = MCSAN(Dims(13, 17, 3), small(use_cross=False)).eval()
        views = lens.views_of(no_cross, one, attention_maps(no_cross, one))
        assert "receipts" in {v.name for v in views}
        assert {v.direction for v in views} == {"utterance"}

    def test_readings_of_many_passes_are_left_out_of_a_long_utterance(
        self, small, make_features, monkeypatch
    ):
        (one,), model = make_features(1, frames=40, words=4), MCSAN(Dims(13, 17, 3), small()).eval()
        maps = attention_maps(model, one)

        def names():
            return {view.name for view in lens.views_of(model, one, maps, progress=True)}

        every = names()
        assert set(lens.PATIENT_READINGS) <= every
        monkeypatch.setattr(lens, "PATIENT_WORDS", len(one.tokens) - 1)
        assert names() == every - set(lens.PATIENT_READINGS)
