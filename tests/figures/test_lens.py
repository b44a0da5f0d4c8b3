"""The word lens holds what it was given, as text; `mcsan attend` writes it with its pictures, all or none."""

import base64
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from refusals import refusal

from mcsan_lite.cli import main, utterance
from mcsan_lite.datasets.synthetic.generator import SyntheticConfig, make_synthetic, read_truth
from mcsan_lite.explain.from_attention import READINGS
from mcsan_lite.explain.maps import attention_maps, frame_spans
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.figures import lens
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.lens import View
from mcsan_lite.models.baselines.multihop import MultiHop, MultiHopConfig
from mcsan_lite.models.baselines.xu_align import XuAlign, XuAlignConfig
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.inference import Trained

NAMES = ["html", "svg", "png", "csv"]
RATE, SPANS, TOKENS = 16_000, frame_spans(11), ["so", "sweet", "pain"]
NOISE = 0.3 * np.random.default_rng(0).standard_normal(RATE).clip(-3, 3)
SHARES = np.random.default_rng(1).dirichlet(np.ones(11), 3)  # (L, A)
PLAIN = View("raw", "text_from_audio", None, SHARES)


def data_of(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1]
    )


def scores(view: dict, columns: int) -> np.ndarray:
    """As the page reads them: (words or 1, frames)."""
    steps = np.frombuffer(base64.b64decode(view["rows"]), np.uint8).reshape(-1, columns)
    return view["low"] + steps / 255 * (view["high"] - view["low"])


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
            np.testing.assert_allclose(scores(packed, 11), given, atol=span / 509)
        assert [(v["name"], v["direction"], v["head"], v["shares"], v["words"]) for v in found] == [
            ("raw", "text_from_audio", None, True, None),
            ("raw", "audio_from_text", 4, True, None),
            ("gradient", "utterance", None, False, [-1.0, 0.5, 0.1235]),
        ]

    def test_nothing_at_all_is_a_score_of_zero(self):
        (view,) = data_of(make((View("none", "text_from_audio", None, np.zeros((3, 11))),)))[
            "views"
        ]
        assert not scores(view, 11).any() and view["shares"] is False

    def test_sound_and_waveform_arrive(self, tmp_path):
        found = data_of(make(truth=DecisiveWord(2, 0.25, 0.5)))
        kind, _, coded = found["audio"].partition(",")
        (tmp_path / "a.ogg").write_bytes(base64.b64decode(coded))
        signal, rate = soundfile.read(tmp_path / "a.ogg")
        assert (
            kind == "data:audio/ogg;base64"
            and rate == RATE
            and len(signal) == pytest.approx(len(NOISE), abs=500)
        )
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
        assert data_of(page)["tokens"] == evil and data_of(page)["title"] == "</title><script>x"
        assert (
            page.count("<script") == 2
            and "onerror" in page
            and "<img" not in page
            and page.count("</title>") == 1
        )

    def test_nothing_is_fetched(self):
        page = make()
        assert set(re.findall(r"https?://[^\"']+", page)) == {
            "http://www.w3.org/2000/svg"
        }  # a name, not an address
        assert (
            not re.search(r"<link|@import|\bsrc=|url\(|fetch\(|XMLHttp", page)
            and "default-src 'none'" in page
        )

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
        text = (Path(lens.__file__).with_name("lens.html")).read_text(encoding="utf-8")
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
        assert {v.name for v in views[24:]} == set(READINGS) - {"raw attention"}
        reading = READINGS["value-weighted"](model, one, None)
        by = {(v.name, v.direction): v for v in views[24:]}
        np.testing.assert_allclose(by["value-weighted", "text_from_audio"].weights, reading.pairs)
        np.testing.assert_allclose(by["value-weighted", "utterance"].weights[0], reading.frames)
        np.testing.assert_allclose(
            by["receipts", "utterance"].word_scores, READINGS["receipts"](model, one, None).words
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
        assert "receipts" in {v.name for v in views} and {v.direction for v in views} == {
            "utterance"
        }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_synthetic(
        tmp_path_factory.mktemp("lens"), SyntheticConfig(train=1, valid=1, test=8, seed=3)
    )


@pytest.fixture
def run(small, corpus, tmp_path):
    """An untrained model, as `inference.load_run` would give it."""
    torch.manual_seed(0)
    words = sorted(set(" ".join(read_truth(corpus).text).split()))
    vectors = tmp_path / "v.txt"
    vectors.write_text(
        "".join(f"{w} {i} {-i} {i % 3} 1.5\n" for i, w in enumerate(words)), encoding="utf-8"
    )
    standardizer = Standardizer()
    standardizer.mean, standardizer.deviation = (
        np.zeros(13, np.float32),
        np.full(13, 50, np.float32),
    )
    labels = ("anger", "neutral", "happiness")
    config = FeatureConfig(n_mfcc=13, vectors=str(vectors))
    return Trained(MCSAN(Dims(13, 4, 3), small(heads=4)).eval(), standardizer, labels, config)


@pytest.fixture
def plain_stack(monkeypatch):
    """An empty figure in place of the aligned stack, which takes seconds; returns what it was asked to draw."""
    from matplotlib import pyplot as plt

    asked = {}

    def draw(signal, rate, weights, aligned, **more):
        asked.update(more, signal=signal, weights=weights, utterance=aligned)
        return SimpleNamespace(fig=plt.figure())

    monkeypatch.setattr("mcsan_lite.figures.timeline.draw_stack", draw)
    return asked


@pytest.fixture
def mcsan(run, corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mcsan_lite.training.inference.load_run", lambda folder: run)

    def call(*words):
        status = main.main(
            [
                "attend",
                "--run",
                "-",
                "--data",
                f"{tmp_path}/data",
                "--out",
                f"{tmp_path}/out/a.b",
                *words,
            ]
        )
        return status, *capsys.readouterr()

    return call


class TestAttend:
    def test_an_utterance_of_the_corpus_with_its_truth(self, mcsan, corpus, tmp_path, plain_stack):
        truth = read_truth(corpus)
        name = truth.index[(truth.split == "test") & truth.decisive.notna()][0]
        status, out, _ = mcsan("--corpus", "synthetic", "--root", str(corpus), "--id", name)
        assert (
            status == 0
            and " looks most at " in out
            and "a.b.html, " in out
            and "a.b.csv written" in out
        )
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
            f"a.b.{ending}" for ending in NAMES
        )
        found = data_of((tmp_path / "out" / "a.b.html").read_text(encoding="utf-8"))
        tokens = truth.text[name].split()
        spoken = [t for t in truth.times[name] if t[0]][int(truth.decisive[name])]
        assert found["tokens"] == tokens and found["truth"] == [
            int(truth.decisive[name]),
            *spoken[1:],
        ]
        assert re.fullmatch(
            rf"{name} · predicted \w+ \(\d+%\)( · labelled {truth.label[name]})?", found["title"]
        )
        table = pd.read_csv(tmp_path / "out" / "a.b.csv", index_col=0)
        np.testing.assert_allclose(
            scores(found["views"][0], len(found["times"])), table, atol=table.max(axis=None) / 500
        )
        drawn = plain_stack["utterance"]
        assert list(table.index) == drawn.tokens == tokens
        assert drawn.truth == tuple(found["truth"])
        np.testing.assert_allclose(plain_stack["weights"], table)
        assert "<svg" in (tmp_path / "out" / "a.b.svg").read_text(encoding="utf-8")
        assert (tmp_path / "out" / "a.b.png").read_bytes()[:4] == b"\x89PNG"

    @pytest.mark.parametrize(
        ("model", "shown", "written"),
        [
            (
                XuAlign(Dims(13, 4, 3), XuAlignConfig(hidden=6, stride=3)),
                "align.0.text_from_audio",
                True,
            ),
            (
                MultiHop(Dims(13, 4, 3), MultiHopConfig(hidden=6, stride=3)),
                "hop.1.audio_from_text",
                False,
            ),
        ],
        ids=["words", "summary"],
    )
    def test_another_model_shows_what_it_has(
        self, mcsan, run, corpus, tmp_path, plain_stack, model, shown, written
    ):
        """Its first map of words × seconds, three MFCC frames a step; a summary's one row is printed and nothing written."""
        object.__setattr__(run, "model", model.eval())
        asked = ("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        status, out, err = mcsan(*asked)
        assert status == 0 and (tmp_path / "out").exists() is written, err
        if written:
            found = data_of((tmp_path / "out" / "a.b.html").read_text(encoding="utf-8"))
            assert (
                np.diff(found["times"])[2:] == pytest.approx(0.03, abs=1e-3)
                and " looks most at " in out
            )
            assert {view["name"] for view in found["views"]} == {
                "raw attention",
                "gradient x input",
                "integrated gradients",
                "occlusion (silence)",
                "occlusion (mean frame)",
            }
        else:
            assert (
                read_truth(corpus).text["test_000003"].split()[0] in out
                and mcsan(*asked, "--map", shown)[1] == out
            )

    def test_all_or_none_and_what_was_there_stays(
        self, mcsan, corpus, tmp_path, monkeypatch, plain_stack
    ):
        monkeypatch.setattr(
            pd.DataFrame, "to_csv", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full"))
        )
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a.b.html").write_text("old", encoding="utf-8")
        with pytest.raises(OSError, match="disk full"):
            mcsan("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.b.html"]
        assert (tmp_path / "out" / "a.b.html").read_text(encoding="utf-8") == "old"

    def test_your_own_recording_with_its_aligned_stack(self, mcsan, tmp_path):
        soundfile.write(tmp_path / "a.wav", NOISE, RATE)
        assert (
            mcsan("--audio", f"{tmp_path}/a.wav", "--text", "$ sweet ^ $ <b>")[0] == 0
        )  # dollars could start a formula
        found = data_of((tmp_path / "out" / "a.b.html").read_text(encoding="utf-8"))
        assert found["truth"] is None and found["tokens"] == ["$", "sweet", "^", "$", "<", "b", ">"]
        assert (
            found["title"].startswith("your recording · predicted ")
            and "labelled" not in found["title"]
        )

    def test_what_the_model_does_not_hear_is_not_shown(self, mcsan, run, tmp_path, plain_stack):
        soundfile.write(tmp_path / "a.wav", NOISE, RATE)
        object.__setattr__(run.features, "max_frames", 50)
        mcsan("--audio", f"{tmp_path}/a.wav", "--text", "so sweet")
        found = data_of((tmp_path / "out" / "a.b.html").read_text(encoding="utf-8"))
        assert (
            found["seconds"] == 0.5 == len(plain_stack["signal"]) / RATE
            and max(found["times"]) < 0.6
        )

    @pytest.mark.parametrize(
        ("words", "crucial"),
        [
            (["--text", "so sweet"], "a recording or a transcript left out"),
            (["--audio", "a.wav"], "left out"),
            (["--corpus", "synthetic", "--id", "test_00003"], "test_000003"),
            (["--corpus", "synthetic"], "ids of synthetic-"),
            (["--corpus", "synthetic", "--text", "so"], "leave one of them out"),
            (["--corpus", "synthetik"], "'synthetic'?"),
            (
                ["--corpus", "synthetic", "--id", "test_000003", "--map", "cross.0.text_from_adio"],
                "cross.0.text_from_audio'?",
            ),
        ],
    )
    def test_refusals_write_nothing(self, mcsan, corpus, tmp_path, words, crucial):
        status, out, err = mcsan(*words, "--root", str(corpus))
        assert (
            status == 2
            and not out
            and crucial in err
            and "Do: " in err
            and not (tmp_path / "out").exists()
        )

    def test_without_a_clip_there_is_nothing_to_light_up(self, tmp_path):
        folder = make_synthetic(
            tmp_path, SyntheticConfig(train=1, valid=1, test=1, missing_audio=1)
        )
        assert "without a clip" in refusal(
            lambda: utterance.utterance_of_corpus("synthetic", "test_000000", root=folder)
        )
