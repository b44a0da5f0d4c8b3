"""Pictures of sound hold what they were given; what is shown in a notebook also comes in words."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
import soundfile
from drawn import texts
from matplotlib import pyplot as plt

import mcsan_lite as mc
from mcsan_lite.corpus import Word
from mcsan_lite.evaluation.intervals import reliability
from mcsan_lite.figures import attention, basics, networks, results
from mcsan_lite.figures.attention import AlignedUtterance

TONE = 0.5 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 16_000)
WORDS = (Word("so", 0.0, 0.2), Word("sweet", 0.2, 0.5))


def test_waveform():
    ax = basics.draw_waveform(TONE, 16_000, words=WORDS, highlight=1)
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_ydata(), TONE)
    assert line.get_xdata()[-1] == pytest.approx(0.5, abs=1e-3)
    assert ax.get_xlim() == (0, 0.5)
    assert texts(ax) == ["so", "sweet"]
    assert [t.get_weight() for t in ax.texts] == ["normal", "bold"]
    (box,) = ax.patches
    assert (box.get_x(), box.get_width()) == pytest.approx((0.2, 0.3))
    assert not basics.draw_waveform(TONE, 16_000).texts


def test_spectrogram_shows_the_tone_in_seconds():
    ax = basics.draw_spectrogram(TONE, 16_000)
    (image,) = ax.images
    assert image.get_extent()[:2] == [0, 0.5]
    assert image.get_array().shape[0] == 64
    assert ax.get_ylabel() == "mel band"
    loudest = np.asarray(image.get_array())[:, 25].argmax()
    assert 8 <= loudest <= 13  # 440 Hz on 64 mel bands up to 8 kHz


def test_mfcc():
    values = np.random.default_rng(0).normal(3, 5, (30, 13))
    ax = basics.draw_mfcc(values)
    shown = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(shown, ((values - values.mean(0)) / values.std(0)).T)
    assert ax.images[0].get_extent() == pytest.approx([0, 0.3, 0, 13])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds", "MFCC")


def test_pitch_follows_the_tone():
    tone = np.sign(np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 200))
    ax = basics.draw_pitch(np.concatenate((np.zeros(8000), tone)), 16_000)
    at, f0 = ax.lines[0].get_data()
    assert np.nanmedian(f0) == pytest.approx(200, rel=0.02)
    assert 0.45 < at[np.isfinite(f0)].min() < 0.6
    assert ax.get_xlim() == (0, 1.5)
    assert ax.get_ylabel() == "F0, Hz"
    assert not ax.texts
    assert texts(basics.draw_pitch(np.zeros(8000), 16_000)) == ["no voice found"]


def test_labels_of_close_lines_are_moved_apart():
    places = basics._spread([0.5, 0.51, 0.5, 0.9], 0.1)
    assert np.diff(np.sort(places)).min() >= 0.1 - 1e-6
    assert places[3] == 0.9
    assert places[0] < places[2] < places[1]  # in their order


def test_names_of_close_points_do_not_lie_on_each_other():
    fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    points = np.array([[2, 2], [2.01, 2.3], [2.02, 2.1], [0, 3], [6, 6]])
    ax.scatter(*points.T, label="words")
    ax.legend()
    names = ["brews", "pane", "dye", "alone", "in the corner"]
    basics.label_points(ax, names, points)
    fig.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert sorted(boxes) == sorted(names)
    assert not [(a, b) for a in names for b in names if a < b and boxes[a].overlaps(boxes[b])]
    assert boxes["in the corner"].x1 <= ax.bbox.x1 + 1  # it stays inside
    assert not any(box.overlaps(ax.get_legend().get_window_extent()) for box in boxes.values())


def draws():
    """Every figure that can be drawn into given axes, with what it needs."""
    utterance = AlignedUtterance(["a", "b"], np.array([[0.0, 0.1], [0.09, 0.19]]))
    row = pd.DataFrame({"mean": [0.9], "low": [0.8], "high": [1.0]}, index=["x"])
    history = pd.DataFrame({"epoch": [1], "valid_wa": [0.2]})
    series = pd.Series([0.5, 0.6], ["a", "b"], name="x")
    yield basics.draw_waveform, (TONE, 16_000)
    yield basics.draw_spectrogram, (TONE, 16_000)
    yield basics.draw_pitch, (TONE, 16_000)
    yield basics.draw_mfcc, (np.eye(4),)
    yield attention.draw_attention, (np.eye(2), utterance)
    yield networks.draw_wiring, ([["self"]], ["audio"])
    yield networks.draw_curves, ({"a": history},)
    yield networks.draw_band, ({"a": [history]},)
    yield networks.draw_confusion, (np.eye(2, dtype=int), ["a", "b"])
    yield networks.draw_reliability, (reliability(np.array([[0.9, 0.1]]), [0]),)
    yield results.draw_rows, (row,)
    yield results.draw_forest, (row,)
    yield results.draw_slopes, (series, series)
    yield results.draw_power, (pd.DataFrame({1: [0.1, 0.2]}, index=[5, 10]),)
    yield results.draw_tornado, (row[["low", "high"]],)


@pytest.mark.parametrize(("draw", "given"), list(draws()))
def test_figures_can_be_drawn_into_given_axes(draw, given):
    _, ax = plt.subplots()
    assert draw(*given, ax=ax) is ax
    assert isinstance(draw(*given), plt.Axes)


def test_the_theme_writes_no_text_below_nine_points_and_takes_our_colours():
    with plt.rc_context():
        basics.use_theme()
        names = [name for name in plt.rcParams if name.endswith(("labelsize", "fontsize"))]
        sizes = {name: plt.rcParams[name] for name in names}
        assert {size for size in sizes.values() if not isinstance(size, str)} >= {9}
        assert all(size >= 9 for size in sizes.values() if not isinstance(size, str))
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
        assert [plt.matplotlib.colors.to_hex(color).upper() for color in cycle][:2] == [
            basics.BLUE,
            basics.ORANGE,
        ]


def test_every_public_name_can_be_reached_from_the_package():
    assert {draw.__name__ for draw, _ in draws()} <= set(dir(mc.figures))
    assert all(hasattr(mc.figures, name) for name in dir(mc.figures))


def test_show_gives_picture_alt_text_and_caption(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **how: shown.append((thing, how)))
    ax = basics.draw_mfcc(np.eye(4))
    basics.show(ax.figure, alt="two bars", caption="What it thinks.")
    (picture, how), (caption, _) = shown
    assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"
    pixels = plt.imread(io.BytesIO(picture.data))
    about = how["metadata"]["image/png"]
    assert about == {"alt": "two bars", "width": 80 * 7, "height": pixels.shape[0] // 2}
    assert pixels.shape[1] == 160 * 7  # two dots for each that is shown
    assert pixels.std() > 0.01  # not blank
    assert caption.data == "*Figure. What it thinks.*"
    assert not plt.fignum_exists(ax.figure.number)


def test_player_can_be_heard_and_read():
    html = basics.play(TONE, 16_000, alt='a "tone" & <more>').data
    assert 'aria-label="a &quot;tone&quot; &amp; &lt;more&gt;"' in html
    assert "<audio controls" in html
    assert "<small>a &quot;tone&quot;" in html  # and for a reader who sees no player
    data = base64.b64decode(re.search(r"data:audio/ogg;base64,([^\"]+)", html)[1])
    signal, rate = soundfile.read(io.BytesIO(data))
    assert rate == 16_000
    assert len(signal) == len(TONE)
    assert np.corrcoef(signal, TONE)[0, 1] > 0.95
