"""`mcsan attend` writes the word lens with its pictures and numbers, all or none."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from drawn import data_of, scores_of
from refusals import refusal

from mcsan_lite.cli import main, utterance
from mcsan_lite.datasets.synthetic.generator import make_synthetic
from mcsan_lite.datasets.synthetic.reader import read_truth
from mcsan_lite.datasets.synthetic.rules import SyntheticConfig
from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.features.batch import Dims, Standardizer
from mcsan_lite.features.extraction import FeatureConfig
from mcsan_lite.models.baselines.multihop import MultiHop, MultiHopConfig
from mcsan_lite.models.baselines.xu_align import XuAlign, XuAlignConfig
from mcsan_lite.models.mcsan import MCSAN
from mcsan_lite.training.inference import Trained

NAMES = ["html", "svg", "png", "csv"]
RATE = 16_000
NOISE = 0.3 * np.random.default_rng(0).standard_normal(RATE).clip(-3, 3)


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
    rows = [f"{word} {i} {-i} {i % 3} 1.5\n" for i, word in enumerate(words)]
    vectors.write_text("".join(rows), encoding="utf-8")
    standardizer = Standardizer()
    standardizer.mean = np.zeros(13, np.float32)
    standardizer.deviation = np.full(13, 50, np.float32)
    labels = ("anger", "neutral", "happiness")
    config = FeatureConfig(n_mfcc=13, vectors=str(vectors))
    return Trained(MCSAN(Dims(13, 4, 3), small(heads=4)).eval(), standardizer, labels, config)


@pytest.fixture
def plain_stack(monkeypatch):
    """An empty figure in place of the aligned stack, which takes seconds.

    Returns what it was asked to draw.
    """
    from matplotlib import pyplot as plt

    asked = {}

    def draw(signal, rate, weights, aligned, **more):
        asked.update(more, signal=signal, weights=weights, utterance=aligned)
        return SimpleNamespace(fig=plt.subplots(layout="constrained")[0])

    monkeypatch.setattr("mcsan_lite.figures.timeline.draw_stack", draw)
    return asked


@pytest.fixture
def mcsan(run, corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mcsan_lite.training.inference.load_run", lambda folder, **_: run)

    def call(*words):
        places = ["--run", "-", "--data", f"{tmp_path}/data", "--out", f"{tmp_path}/out/a.b"]
        status = main.main(["attend", *places, *words])
        return status, *capsys.readouterr()

    return call


def page_in(folder):
    """What the page holds that `mcsan attend` wrote."""
    return data_of((folder / "out" / "a.b.html").read_text(encoding="utf-8"))


class TestAttend:
    def test_attention_maps_are_computed_once(self, mcsan, corpus, plain_stack, monkeypatch):
        asked = []

        def counted(model, features, *more):
            asked.append(features.id)
            return attention_maps(model, features, *more)

        for name, module in list(sys.modules.items()):
            if name.startswith("mcsan_lite.") and hasattr(module, "attention_maps"):
                monkeypatch.setattr(module, "attention_maps", counted)
        words = ("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        status, _, _ = mcsan(*words)
        assert status == 0
        assert asked == ["test_000003"]

    def test_two_pictures_are_one_figure_that_is_laid_out_once(
        self, mcsan, corpus, plain_stack, monkeypatch
    ):
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        laid_out, saved = [], []
        lay_out, save = ConstrainedLayoutEngine.execute, Figure.savefig
        monkeypatch.setattr(
            ConstrainedLayoutEngine,
            "execute",
            lambda engine, figure: (laid_out.append(figure), lay_out(engine, figure)),
        )
        monkeypatch.setattr(
            Figure,
            "savefig",
            lambda figure, *place, **more: (saved.append(figure), save(figure, *place, **more)),
        )
        status, _, _ = mcsan("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        assert status == 0
        assert len(laid_out) == 1
        assert saved == 2 * laid_out

    def test_an_utterance_of_the_corpus_with_its_truth(self, mcsan, corpus, tmp_path, plain_stack):
        truth = read_truth(corpus)
        name = truth.index[(truth.split == "test") & truth.decisive.notna()][0]
        status, out, _ = mcsan("--corpus", "synthetic", "--root", str(corpus), "--id", name)
        assert status == 0
        assert " looks most at " in out
        assert "a.b.html, " in out
        assert "a.b.csv written" in out
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
            f"a.b.{ending}" for ending in NAMES
        )
        found = page_in(tmp_path)
        tokens = truth.text[name].split()
        spoken = [t for t in truth.times[name] if t[0]][int(truth.decisive[name])]
        assert found["tokens"] == tokens
        assert found["truth"] == [
            int(truth.decisive[name]),
            *spoken[1:],
        ]
        assert re.fullmatch(
            rf"{name} · predicted \w+ \(\d+%\)( · labelled {truth.label[name]})?", found["title"]
        )
        table = pd.read_csv(tmp_path / "out" / "a.b.csv", index_col=0)
        np.testing.assert_allclose(
            scores_of(found["views"][0], len(found["times"])),
            table,
            atol=table.max(axis=None) / 500,
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
        """Its first map of words × seconds, three MFCC frames per step.

        A summary's one row is printed, and nothing is written.
        """
        object.__setattr__(run, "model", model.eval())
        asked = ("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        status, out, err = mcsan(*asked)
        assert status == 0 and (tmp_path / "out").exists() is written, err
        if written:
            found = page_in(tmp_path)
            assert np.diff(found["times"])[2:] == pytest.approx(0.03, abs=1e-3)
            assert " looks most at " in out
            assert {view["name"] for view in found["views"]} == {
                "raw attention",
                "gradient x input",
                "integrated gradients",
                "occlusion (silence)",
                "occlusion (mean frame)",
            }
        else:
            assert read_truth(corpus).text["test_000003"].split()[0] in out
            assert mcsan(*asked, "--map", shown)[1] == out

    def test_all_or_none_and_what_was_there_stays(
        self, mcsan, corpus, tmp_path, monkeypatch, plain_stack
    ):
        monkeypatch.setattr(
            pd.DataFrame, "to_csv", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full"))
        )
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a.b.html").write_text("old", encoding="utf-8")
        words = ("--corpus", "synthetic", "--root", str(corpus), "--id", "test_000003")
        status, _, err = mcsan(*words)
        assert status == 2
        assert "a.b.csv: disk full" in err
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.b.html"]
        assert (tmp_path / "out" / "a.b.html").read_text(encoding="utf-8") == "old"

    def test_your_own_recording_with_its_aligned_stack(self, mcsan, tmp_path):
        soundfile.write(tmp_path / "a.wav", NOISE, RATE)
        # Dollars could start a formula.
        status, *_ = mcsan("--audio", f"{tmp_path}/a.wav", "--text", "$ sweet ^ $ <b>")
        assert status == 0
        found = page_in(tmp_path)
        assert found["truth"] is None
        assert found["tokens"] == ["$", "sweet", "^", "$", "<", "b", ">"]
        assert found["title"].startswith("your recording · predicted ")
        assert "labelled" not in found["title"]

    def test_what_the_model_does_not_hear_is_not_shown(self, mcsan, run, tmp_path, plain_stack):
        soundfile.write(tmp_path / "a.wav", NOISE, RATE)
        object.__setattr__(run.features, "max_frames", 50)
        mcsan("--audio", f"{tmp_path}/a.wav", "--text", "so sweet")
        found = page_in(tmp_path)
        assert found["seconds"] == 0.5 == len(plain_stack["signal"]) / RATE
        assert max(found["times"]) < 0.6

    @pytest.mark.parametrize(
        ("words", "crucial"),
        [
            (["--text", "so sweet"], "a recording or a transcript left out"),
            (["--audio", "a.wav"], "left out"),
            (["--audio", "a.wav", "--text", "\u200b"], "left out"),
            (["--audio", "a.wav", "--text", "so", "--out", "."], "a name for the files"),
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
        assert status == 2
        assert not out
        assert crucial in err
        assert "Do: " in err
        assert not (tmp_path / "out").exists()

    def test_without_a_clip_there_is_nothing_to_light_up(self, tmp_path):
        folder = make_synthetic(
            tmp_path, SyntheticConfig(train=1, valid=1, test=1, missing_audio=1)
        )
        assert "without a clip" in refusal(
            lambda: utterance.utterance_of_corpus("synthetic", "test_000000", root=folder)
        )
