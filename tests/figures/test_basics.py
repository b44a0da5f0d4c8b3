"""Figures hold what they were given, on labelled axes; what is shown also comes in words."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
import soundfile
from drawn import texts, ticks
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from mcsan_lite.corpus import Word
from mcsan_lite.figures import attention, basics, networks, results
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord

plt.switch_backend("Agg")
TONE = 0.5 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 16_000)
WORDS = (Word("so", 0.0, 0.2), Word("sweet", 0.2, 0.5))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_waveform():
    ax = basics.draw_waveform(TONE, 16_000, words=WORDS, highlight=1)
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_ydata(), TONE)
    assert line.get_xdata()[-1] == pytest.approx(0.5, abs=1e-3) and ax.get_xlim() == (0, 0.5)
    assert texts(ax) == ["so", "sweet"] and [t.get_weight() for t in ax.texts] == ["normal", "bold"]
    (box,) = ax.patches
    assert (box.get_x(), box.get_width()) == pytest.approx((0.2, 0.3))
    assert not basics.draw_waveform(TONE, 16_000).texts


def test_spectrogram_shows_the_tone_in_seconds():
    ax = basics.draw_spectrogram(TONE, 16_000)
    (image,) = ax.images
    assert (
        image.get_extent()[:2] == [0, 0.5]
        and image.get_array().shape[0] == 64
        and ax.get_ylabel() == "mel band"
    )
    loudest = np.asarray(image.get_array())[:, 25].argmax()
    assert 8 <= loudest <= 13  # 440 Hz on 64 mel bands up to 8 kHz


def test_mfcc():
    values = np.random.default_rng(0).normal(3, 5, (30, 13))
    ax = basics.draw_mfcc(values)
    shown = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(shown, ((values - values.mean(0)) / values.std(0)).T)
    assert ax.images[0].get_extent() == pytest.approx([0, 0.3, 0, 13])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds", "MFCC")


def test_attention():
    weights = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    spans = np.array([[0.0, 0.1], [0.09, 0.19], [0.18, 0.28]])  # middles 0.05, 0.14, 0.23
    utterance = AlignedUtterance(["so", "sweet"], spans, truth=DecisiveWord(1, 0.2, 0.5))
    ax = attention.draw_attention(weights, utterance, top=0.9)
    (mesh,) = [c for c in ax.collections if hasattr(c, "get_coordinates")]
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(2, 3), weights)
    np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], [0.005, 0.095, 0.185, 0.275])
    assert (
        mesh.get_clim() == (0, 0.9) and ticks(ax.yaxis) == ["so", "sweet"] and ax.yaxis_inverted()
    )
    assert [t.get_weight() for t in ax.get_yticklabels()] == ["normal", "bold"]
    (box,) = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert (box.get_x(), box.get_y(), box.get_width()) == pytest.approx((0.2, 1, 0.3))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds", "word that looks") and "weight" in [
        a.get_ylabel() for a in ax.figure.axes
    ]


def test_attention_signed_shared_and_short():
    scores = np.array([[-0.5, 0.2], [0.1, 0.3]])
    spans = np.array([[0.0, 0.1], [0.09, 0.19]])
    utterance = AlignedUtterance(["antidisestablishmentarianism", "a" * 20], spans)
    ax = attention.draw_attention(scores, utterance, bar=None)
    (mesh,) = [c for c in ax.collections if hasattr(c, "get_coordinates")]
    assert (
        mesh.get_clim() == (-0.5, 0.5)
        and mesh.get_cmap().name == "PuOr_r"
        and ax.figure.axes == [ax]
    )
    assert ticks(ax.yaxis) == ["antidisestablishmen…", "a" * 20]
    one_word = AlignedUtterance(["so"], spans)
    nothing = attention.draw_attention(np.zeros((1, 2)), one_word, bar="score")
    (mesh,) = [c for c in nothing.collections if hasattr(c, "get_coordinates")]
    assert mesh.get_clim() == (0, 1) and mesh.get_cmap().name == "cividis"
    assert "score" in [a.get_ylabel() for a in nothing.figure.axes]


def test_pitch_follows_the_tone():
    tone = np.sign(np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 200))
    ax = basics.draw_pitch(np.concatenate((np.zeros(8000), tone)), 16_000)
    at, f0 = ax.lines[0].get_data()
    assert (
        np.nanmedian(f0) == pytest.approx(200, rel=0.02) and 0.45 < at[np.isfinite(f0)].min() < 0.6
    )
    assert ax.get_xlim() == (0, 1.5) and ax.get_ylabel() == "F0, Hz" and not ax.texts
    assert texts(basics.draw_pitch(np.zeros(8000), 16_000)) == ["no voice found"]


def test_rows():
    table = pd.DataFrame(
        {"mean": [0.9, 0.5], "low": [0.85, 0.4], "high": [0.95, 0.7]}, index=["MCSAN", "w/o cross"]
    )
    ax = results.draw_rows(table, marks={"text": 0.43}, score="UA")
    assert (
        ticks(ax.yaxis) == ["MCSAN", "w/o cross"]
        and ax.get_yticks().tolist() == [1, 0]
        and ax.get_xlabel() == "UA"
    )
    assert ax.lines[0].get_xydata().tolist() == [[0.9, 1], [0.5, 0]] and texts(ax) == [
        "0.90",
        "0.50",
    ]
    bars = [s for c in ax.collections for s in c.get_segments()]
    assert [s[:, 0].tolist() for s in bars] == [
        pytest.approx([0.85, 0.95]),
        pytest.approx([0.4, 0.7]),
    ]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["text 0.43"]
    assert (
        results.draw_rows(table.assign(low=np.nan, high=np.nan)).get_legend() is None
    )  # a single training has no interval


def test_confusion():
    counts = np.array([[8, 2, 0], [1, 3, 1], [0, 0, 0]])
    ax = networks.draw_confusion(counts, ["a", "b", "c"])
    np.testing.assert_allclose(
        ax.images[0].get_array(), [[0.8, 0.2, 0], [0.2, 0.6, 0.2], [0, 0, 0]]
    )
    assert texts(ax) == [str(n) for n in counts.ravel()]
    assert ticks(ax.xaxis) == ["a", "b", "c"] and ticks(ax.yaxis) == ["a (10)", "b (5)", "c (0)"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true (n)")


def test_curves():
    history = pd.DataFrame({"epoch": [1, 2, 3], "valid_wa": [0.2, 0.6, 0.5], "loss": [3, 2, 1]})
    ax = networks.draw_curves(
        {"full": history, "w/o cross": history.assign(valid_wa=[0.1, 0.2, 0.3])},
        marks={"chance": 0.14},
    )
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn[:4] == [
        [[1, 0.2], [2, 0.6], [3, 0.5]],
        [[2, 0.6]],
        [[1, 0.1], [2, 0.2], [3, 0.3]],
        [[3, 0.3]],
    ]
    assert texts(ax) == ["full", "w/o cross", " chance 0.14"]
    assert (
        ax.lines[0].get_marker() != ax.lines[2].get_marker() and ax.get_ylabel() == "valid wa"
    )  # never colour alone
    assert networks.draw_curves({"full": history}, column="loss").lines[0].get_ydata().tolist() == [
        3,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("paths", "boxes"),
    [
        ([["self"], ["cross"]], ["cross", "max", "max", "max", "max", "self", "self"]),
        ([["cross", "self"]], ["cross", "max", "max", "self", "self"]),
    ],
    ids=["parallel", "sequential"],
)
def test_wiring(paths, boxes):
    ax = networks.draw_wiring(paths, ["audio", "text"])
    names = ["audio\nencoder", "classifier", "concat", "text\nencoder"]
    assert sorted(t for t in texts(ax) if t) == sorted([*boxes, *names])
    crossing = next(
        p for p, t in zip(ax.patches, [t for t in texts(ax) if t], strict=True) if t == "cross"
    )
    assert (
        crossing.get_height() > 1 > min(p.get_height() for p in ax.patches)
    )  # it holds both modalities


def test_figures_can_be_drawn_into_given_axes():
    _, ax = plt.subplots()
    table = pd.DataFrame({"mean": [0.9], "low": [0.8], "high": [1.0]}, index=["x"])
    history = pd.DataFrame({"epoch": [1], "valid_wa": [0.2]})
    utterance = AlignedUtterance(["a", "b"], np.array([[0.0, 0.1], [0.09, 0.19]]))
    for draw, first in (
        (basics.draw_waveform, (TONE, 16_000)),
        (basics.draw_spectrogram, (TONE, 16_000)),
        (basics.draw_pitch, (TONE, 16_000)),
        (basics.draw_mfcc, (np.eye(4),)),
        (attention.draw_attention, (np.eye(2), utterance)),
        (results.draw_rows, (table,)),
        (networks.draw_confusion, (np.eye(2, dtype=int), ["a", "b"])),
        (networks.draw_curves, ({"a": history},)),
        (networks.draw_wiring, ([["self"]], ["audio"])),
    ):
        assert draw(*first, ax=ax) is ax
        assert isinstance(draw(*first), plt.Axes)


def test_show_gives_picture_alt_text_and_caption(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **how: shown.append((thing, how)))
    ax = basics.draw_mfcc(np.eye(4))
    basics.show(ax.figure, alt="two bars", caption="What it thinks.")
    (picture, how), (caption, _) = shown
    assert picture.data[:8] == b"\x89PNG\r\n\x1a\n" and how == {
        "metadata": {"image/png": {"alt": "two bars"}}
    }
    assert plt.imread(io.BytesIO(picture.data)).std() > 0.01  # not blank
    assert caption.data == "*Figure. What it thinks.*" and not plt.fignum_exists(ax.figure.number)


def test_player_can_be_heard_and_read():
    html = basics.play(TONE, 16_000, alt='a "tone" & <more>').data
    assert (
        'aria-label="a &quot;tone&quot; &amp; &lt;more&gt;"' in html and "<audio controls" in html
    )
    assert "<small>a &quot;tone&quot;" in html  # and for who sees no player
    data = base64.b64decode(re.search(r"data:audio/ogg;base64,([^\"]+)", html)[1])
    signal, rate = soundfile.read(io.BytesIO(data))
    assert rate == 16_000 and len(signal) == len(TONE) and np.corrcoef(signal, TONE)[0, 1] > 0.95
