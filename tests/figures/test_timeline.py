"""The aligned stack has one axis of seconds, marks what is known, and captions its numbers."""

import numpy as np
import pytest
from beep import BARE, BEEP, KNOWN, RATE, SPANS, TOKENS, WEIGHTS, WORDS
from drawn import boxes, drawn_well, mesh, texts
from matplotlib.colors import to_hex
from refusals import refusal

from mcsan_lite.corpus import Word
from mcsan_lite.explain.steps import frame_spans, frame_times
from mcsan_lite.figures import attention, timeline
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord
from mcsan_lite.figures.basics import ORANGE


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
    assert at[np.isfinite(f0)].min() >= 1.0 - 0.05
    assert at[np.isfinite(f0)].max() <= 1.3 + 0.05
    assert np.nanmedian(f0) == pytest.approx(200, rel=0.03)
    edges = mesh(grid).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(
        (edges[1:] + edges[:-1])[1:] / 2, frame_times(22)[1:]
    )  # the first begins at zero
    np.testing.assert_allclose(np.diff(edges)[1:], 0.09)


def test_the_stack_marks_words_truth_hop_and_window():
    drawn = timeline.draw_stack(BEEP, RATE, WEIGHTS, KNOWN, what="score", title="a title")
    said, wave, mel, pitch, grid, ruler, bar = drawn.fig.axes
    assert texts(said) == TOKENS
    assert [t.get_weight() for t in said.texts] == ["normal", "bold", "normal"]
    spans = [tuple(c.get_paths()[0].get_extents().intervalx) for c in said.collections]
    assert spans == [pytest.approx((w.start_s, w.end_s)) for w in WORDS]
    colors = [to_hex(c.get_facecolor()[0]).upper() for c in said.collections]
    assert [color == ORANGE for color in colors] == [False, True, False]
    (box,) = boxes(grid)
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
    assert shown.get_clim() == (-3, 3)
    assert shown.get_cmap().name == "PuOr_r"
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


def test_what_does_not_belong_together_is_refused():
    def stack(signal=BEEP, weights=WEIGHTS):
        return refusal(lambda: timeline.draw_stack(signal, RATE, weights, KNOWN))

    assert "without a sample" in stack(BEEP[:0])
    assert "(22, 3)" in stack(weights=WEIGHTS.T)
    assert "are not finite" in stack(weights=WEIGHTS * np.nan)
