"""Maps share one time axis and one colour scale, box the truth, and caption the right numbers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from refusals import refusal

from mcsan_lite.corpus import Word
from mcsan_lite.explain.maps import frame_spans, frame_times
from mcsan_lite.figures import attention, readings, timeline
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.basics import OKABE_ITO, Drawn

plt.switch_backend("Agg")
RATE = 16_000
SECONDS = np.arange(2 * RATE) / RATE
BEEP = np.where(
    (SECONDS >= 1.0) & (SECONDS < 1.3), 0.5 * np.sign(np.sin(2 * np.pi * 200 * SECONDS)), 0.0
)  # 1.00 to 1.30 s
SPANS = frame_spans(22)
TOKENS = ["so", "sweet", "now"]
WORDS = (Word("so", 0.4, 1.0), Word("sweet", 1.0, 1.3), Word("now", 1.3, 1.8))
TRUTH = DecisiveWord(1, 1.0, 1.3)
KNOWN = AlignedUtterance(TOKENS, SPANS, WORDS, TRUTH)
BARE = AlignedUtterance(TOKENS, SPANS)
WEIGHTS = np.full((3, 22), 0.01)
WEIGHTS[:, 12] = 1 - 0.21  # the frame at 1.12 s


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def mesh(ax):
    (found,) = [c for c in ax.collections if hasattr(c, "get_coordinates")]
    return found


def texts(ax):
    return [t.get_text() for t in ax.texts]


def hollow(ax):
    return [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]


def drawn_well(drawn):
    """It can be rendered, is not blank, and brings its words."""
    assert isinstance(drawn, Drawn) and drawn.alt.endswith(".") and drawn.caption.endswith(".")
    drawn.fig.canvas.draw()
    assert np.asarray(drawn.fig.canvas.buffer_rgba())[..., :3].std() > 1
    assert "nan" not in drawn.caption + drawn.alt
    return drawn


def test_the_stack_has_one_axis_of_seconds():
    drawn = drawn_well(timeline.draw_stack(BEEP, RATE, WEIGHTS, KNOWN))
    said, wave, mel, pitch, grid, ruler, _bar = drawn.fig.axes
    panels = (said, wave, mel, pitch, grid, ruler)
    assert {ax.get_xlim() for ax in panels} == {(0, 2)}
    left, right = (
        {round(getattr(ax.get_window_extent(), side)) for ax in panels} for side in ("x0", "x1")
    )
    assert len(left) == len(right) == 1  # the colour bar takes nothing from the map alone
    line = wave.lines[0]
    loud = line.get_xdata()[line.get_ydata() != 0]
    assert (loud[0], loud[-1]) == (pytest.approx(1.0, abs=1e-3), pytest.approx(1.3, abs=1e-3))
    (image,) = mel.images
    first, last, *_ = image.get_extent()
    level = np.asarray(image.get_array()).max(0)
    bright = first + (np.flatnonzero(level > level.max() - 20) + 0.5) / len(level) * (last - first)
    assert (bright[0], bright[-1]) == (pytest.approx(1.0, abs=0.03), pytest.approx(1.3, abs=0.03))
    at, f0 = pitch.lines[0].get_data()
    assert at[np.isfinite(f0)].min() >= 1.0 - 0.05 and at[np.isfinite(f0)].max() <= 1.3 + 0.05
    assert np.nanmedian(f0) == pytest.approx(200, rel=0.03)
    edges = mesh(grid).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(
        (edges[1:] + edges[:-1])[1:] / 2, frame_times(22)[1:]
    )  # the first begins at zero
    np.testing.assert_allclose(np.diff(edges)[1:], 0.09)


def test_the_stack_marks_words_truth_hop_and_window():
    drawn = timeline.draw_stack(BEEP, RATE, WEIGHTS, KNOWN, what="score", title="a title")
    said, wave, mel, pitch, grid, ruler, bar = drawn.fig.axes
    assert texts(said) == TOKENS and [t.get_weight() for t in said.texts] == [
        "normal",
        "bold",
        "normal",
    ]
    spans = [tuple(c.get_paths()[0].get_extents().intervalx) for c in said.collections]
    assert spans == [pytest.approx((w.start_s, w.end_s)) for w in WORDS]
    assert [to_hex(c.get_facecolor()[0]).upper() == OKABE_ITO[1] for c in said.collections] == [
        False,
        True,
        False,
    ]
    (box,) = hollow(grid)
    assert (box.get_x(), box.get_y(), box.get_width()) == pytest.approx((1.0, 1, 0.3))
    for ax in (wave, pitch):
        (shade,) = ax.patches
        assert (shade.get_x(), shade.get_width()) == pytest.approx((1.0, 0.3))
    marks = [*(t for w in WORDS for t in (w.start_s, w.end_s)), *SPANS[12]]
    for ax in (wave, mel, pitch, grid):
        upright = {
            round(line.get_xdata()[0], 6) for line in ax.lines if len(set(line.get_xdata())) == 1
        }
        assert upright == {round(t, 6) for t in marks}
    (window,) = ruler.lines
    assert window.get_xdata() == pytest.approx(SPANS[12])
    ticks = [s[0, 0] for s in ruler.collections[0].get_segments()]
    np.testing.assert_allclose(np.diff(ticks)[1:], 0.09)
    assert [t.get_text() for t in ruler.get_yticklabels()] == [
        "a frame every 90 ms",
        "heaviest sees 185 ms",
    ]
    assert (ruler.get_xlabel(), bar.get_ylabel(), said.get_title(loc="left")) == (
        "seconds",
        "score",
        "a title",
    )


def test_the_stacks_caption_carries_the_numbers():
    inside = np.flatnonzero((frame_times(22) >= 1.0) & (frame_times(22) < 1.3))
    assert inside.tolist() == [11, 12, 13]
    caption = timeline.draw_stack(BEEP, RATE, WEIGHTS, KNOWN).caption
    assert "“sweet” puts 81% of its weight on the box, 1.00 to 1.30 s" in caption  # .79 + 2 × .01
    assert "an even spread would put 14% there (one utterance, 22 frames)" in caption  # 3 / 22
    assert (
        "at 1.12 s, is inside the box; before the BiLSTM that frame sees 1.03 to 1.21 s" in caption
    )
    away = np.roll(WEIGHTS, 5, axis=1)
    assert "outside the box" in timeline.draw_stack(BEEP, RATE, away, KNOWN).caption
    strong = WEIGHTS * [[1], [1], [2]]
    bare = timeline.draw_stack(BEEP, RATE, strong, BARE)
    assert bare.caption.startswith(
        "“now” puts 79% of its weight on the frame at 1.12 s; an even spread would put 5% there"
    )
    assert texts(bare.fig.axes[0]) == ["so sweet now\n(times of the words unknown)"]


def test_signed_scores_are_shown_and_only_their_positive_part_is_shared_out():
    scores = -np.ones((1, 22))
    scores[0, [3, 12]] = 1, 3
    frames_only = AlignedUtterance(["all words"], SPANS, truth=DecisiveWord(0, 1.0, 1.3))
    drawn = timeline.draw_stack(BEEP, RATE, scores, frames_only, what="gradient × input")
    shown = mesh(drawn.fig.axes[4])
    assert shown.get_clim() == (-3, 3) and shown.get_cmap().name == "PuOr_r"
    assert "“all words” puts 75% of its gradient × input on the box" in drawn.caption


@pytest.mark.parametrize(
    ("tokens", "frames"),
    [
        (["so"], 1),
        (["ok"] * 30, 1),
        (["so"], 2),
        (["antidisestablishmentarianism", "so"] * 15, 112),
    ],
)
def test_any_size_can_be_drawn(tokens, frames):
    length, spans = 0.09 * frames, frame_spans(frames)
    signal = np.random.default_rng(0).normal(0, 0.1, int(length * RATE))
    starts = np.linspace(0, length, len(tokens) + 1)
    words = [Word(*w) for w in zip(tokens, starts[:-1], starts[1:], strict=True)]
    even = np.full((len(tokens), frames), 1 / frames)
    row = len(tokens) - 1
    utterance = AlignedUtterance(tokens, spans, words, DecisiveWord(row, *starts[-2:]))
    stack = drawn_well(timeline.draw_stack(signal, RATE, even, utterance))
    assert f"“{tokens[row]}” points nowhere" in stack.caption
    renderer = stack.fig.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in stack.fig.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    bare = AlignedUtterance(tokens, spans)
    back = np.full((frames, len(tokens)), 1 / len(tokens))
    drawn_well(attention.draw_directions(even, back, bare))
    heads = drawn_well(attention.draw_heads(even[None], bare, rule="the only one"))
    assert "entropy 1.00" in heads.caption


def test_both_directions_share_a_scale_in_units_of_even_spread():
    looks = np.full((3, 4), 0.2)
    looks[0, 2] = 0.4
    back = np.full((4, 3), 0.1)
    back[3, 1] = 0.8
    utterance = AlignedUtterance(TOKENS, frame_spans(4), truth=DecisiveWord(1, 0.1, 0.2))
    drawn = drawn_well(attention.draw_directions(looks, back, utterance))
    left, right, bar = drawn.fig.axes
    np.testing.assert_allclose(np.asarray(mesh(left).get_array()).reshape(3, 4), looks * 4)
    np.testing.assert_allclose(np.asarray(mesh(right).get_array()).reshape(3, 4), back.T * 3)
    assert mesh(left).get_clim() == mesh(right).get_clim() == (0, pytest.approx(2.4))
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim() == (3, 0)
    assert (
        left.get_title().startswith("each word looks at the sound")
        and bar.get_ylabel() == "weight ÷ even"
    )
    assert right.get_title().startswith("each moment looks at the words")
    assert [len(hollow(ax)) for ax in (left, right)] == [1, 1]
    at = frame_times(4)
    assert (
        f"“so” looks at {at[2]:.2f} s, 1.6 times even; right: {at[3]:.2f} s looks at “sweet”, 2.4"
        in drawn.caption
    )
    assert "25.0% for a word over 4 frames, 33.3% for a moment over 3 words" in drawn.caption


def test_heads_share_a_scale_and_say_their_rule():
    heads = np.full((5, 3, 22), 1 / 22)
    heads[1] = 0
    heads[1, :, 12] = 1
    drawn = drawn_well(attention.draw_heads(heads, KNOWN, rule="lowest entropy", chosen=1))
    shown = [ax for ax in drawn.fig.axes if ax.get_title()]
    assert {mesh(ax).get_clim() for ax in shown} == {(0, 1)} and len(shown) == 5
    assert shown[1].get_title() == "head 1 ◂ chosen\nentropy 0.00, on the box 1.00"
    assert shown[0].get_title() == "head 0\nentropy 1.00, on the box 0.14"
    assert drawn.fig.get_suptitle() == "Rule: lowest entropy" and drawn.caption.endswith(
        "Rule: lowest entropy."
    )
    assert "head 1 (chosen): entropy 0.00, on the box 1.00" in drawn.caption
    given = attention.draw_heads(
        heads, KNOWN, rule="all", scores=np.arange(1, 6) / 10, score="pointing"
    )
    assert "head 4: entropy 1.00, pointing 0.50" in given.caption
    assert "box" not in attention.draw_heads(heads, BARE, rule="all").caption


def test_entropy_by_hand():
    assert attention.entropy(np.array([[0.5, 0.5, 0, 0]])) == pytest.approx(0.5)
    assert attention.entropy(np.array([[0.25] * 4, [1, 0, 0, 0]])) == pytest.approx(0.5)
    assert attention.entropy(np.ones((2, 3, 1))) == 1


def test_agreement():
    names = ["raw", "receipts", "constant"]
    table = pd.DataFrame([[1, -0.25, np.nan], [-0.25, 1, np.nan], [np.nan] * 3], names, names)
    drawn = drawn_well(readings.draw_agreement(table, n=40))
    ax = drawn.fig.axes[0]
    assert texts(ax) == ["+1.00", "-0.25", "–", "-0.25", "+1.00", "–", "–", "–", "–"]
    assert (
        ax.images[0].get_clim() == (-1, 1) and [t.get_text() for t in ax.get_yticklabels()] == names
    )
    assert (
        "Mean over 1 pair of readings -0.25." in drawn.caption and "40 utterances" in drawn.caption
    )
    wide = pd.DataFrame([[1, 0.9, 0.2], [0.9, 1, -0.5], [0.2, -0.5, 1]], names, names)
    assert (
        "+0.20. Most alike: raw and receipts, +0.90; least: receipts and constant, -0.50."
        in readings.draw_agreement(wide, n=1).caption
    )
    drawn_well(readings.draw_agreement(table.loc[["raw"], ["raw"]], n=1))


def curves(tests=("deletion", "insertion")):
    rows = [
        (test, order, share, 1 - share**power, low, high)
        for test in tests
        for order, power in (("receipts", 1), ("random", 2))
        for share in (0.0, 0.5, 1.0)
        for low, high in [(0.3, 0.6) if order == "random" else (np.nan, np.nan)]
    ]
    return pd.DataFrame(rows, columns=["test", "order", "share", "value", "low", "high"])


def test_deletion_curves_with_areas_and_band():
    drawn = drawn_well(
        readings.draw_deletion(curves().sample(frac=1, random_state=0), value="margin")
    )
    left, right = sorted(drawn.fig.axes, key=lambda ax: ax.get_title(loc="left"))
    assert left.get_title(loc="left").startswith(
        "deletion: a small"
    ) and "insertion: a large" in right.get_title(loc="left")
    assert (left.get_xlabel(), right.get_xlabel()) == (
        "share removed, the highest score first",
        "share put back, the highest score first",
    )
    lines = {line.get_label().split()[0]: line for line in left.lines}
    assert lines["receipts"].get_xydata().tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    assert lines["receipts"].get_linestyle() != lines["random"].get_linestyle()
    (band,) = left.collections
    assert band.get_paths()[0].get_extents().intervaly == pytest.approx((0.3, 0.6))
    assert [t.get_text() for t in left.get_legend().get_texts()] == [
        "receipts  0.50",
        "random  0.62",
    ]  # the best on top
    assert [t.get_text() for t in right.get_legend().get_texts()] == [
        "random  0.62",
        "receipts  0.50",
    ]
    assert (
        "receipts 0.50" in drawn.caption
        and "random 0.62" in drawn.caption
        and "standard deviation" in drawn.caption
    )
    alone = curves(["deletion"]).query("order == 'receipts'")
    assert "band" not in drawn_well(readings.draw_deletion(alone)).caption


def test_shapley():
    values = pd.DataFrame(
        {
            "audio": [1.0, 3.0, -1.0, 1.0],
            "text": [0.0, 4.0, -2.0, 2.0],
            "label": ["joy", "joy", "calm", "calm"],
        }
    )
    drawn = drawn_well(readings.draw_shapley(values))
    ax = drawn.fig.axes[0]
    joy, calm = ax.lines[:2]
    assert joy.get_xydata().tolist() == [[1, 0], [3, 4]] and calm.get_xydata().tolist() == [
        [-1, -2],
        [1, 2],
    ]
    assert joy.get_marker() != calm.get_marker() and joy.get_color() != calm.get_color()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["joy (2)", "calm (2)"]
    assert "sound" in ax.get_xlabel() and "words" in ax.get_ylabel()
    assert "audio +1.00 (95 % interval -1.60 to +3.60)" in drawn.caption  # t(3) × 1.633 / 2
    assert (
        "text +1.00" in drawn.caption
        and "The sound adds more in 50% of 4 utterances." in drawn.caption
    )
    assert (
        "interval"
        not in drawn_well(readings.draw_shapley(values[["audio", "text"]].head(1))).caption
    )


def test_what_does_not_belong_together_is_refused():
    def stack(weights=WEIGHTS, tokens=TOKENS, spans=SPANS, signal=BEEP, truth=None):
        def draw():
            utterance = AlignedUtterance(tokens, spans, truth=truth)
            timeline.draw_stack(signal, RATE, weights, utterance)

        return refusal(draw)

    assert "(22, 3)" in stack(WEIGHTS.T)
    assert "2 words" in stack(tokens=TOKENS[:2])
    assert "spans (22,)" in stack(spans=frame_times(22))
    assert "none of them empty" in stack(np.zeros((0, 22)), [])
    assert "1 are not finite" in stack(np.where(np.arange(66).reshape(3, 22) == 5, np.nan, 1))
    assert "truth (3, 1.0, 1.3)" in stack(truth=DecisiveWord(3, 1.0, 1.3))
    assert "truth (1, 1.3, 1.0)" in stack(truth=DecisiveWord(1, 1.3, 1.0))
    assert "without a sample" in stack(signal=BEEP[:0])
    assert "2 axes" in refusal(lambda: attention.draw_directions(WEIGHTS, WEIGHTS, BARE))
    assert "3 axes" in refusal(lambda: attention.draw_heads(WEIGHTS, BARE, rule="all"))
    assert "one per head" in refusal(
        lambda: attention.draw_heads(WEIGHTS[None], BARE, rule="all", scores=[1, 2])
    )
    assert "the same readings" in refusal(
        lambda: readings.draw_agreement(pd.DataFrame([[1, 0]], ["a"], ["a", "b"]), n=1)
    )
    assert "add low, high." in refusal(
        lambda: readings.draw_deletion(curves().drop(columns=["low", "high"]))
    )
    assert "at least one row" in refusal(
        lambda: readings.draw_shapley(pd.DataFrame({"audio": [], "text": []}))
    )


def test_a_view_shows_itself_with_its_words(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **how: shown.append((thing, how)))
    readings.draw_agreement(pd.DataFrame([[1.0]], ["a"], ["a"]), n=2).show()
    (_, how), (caption, _) = shown
    assert (
        how["metadata"]["image/png"]["alt"].startswith("Square of rank correlations")
        and "2 utterances" in caption.data
    )
