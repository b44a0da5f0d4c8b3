"""Maps share one time axis and one colour scale, box the truth, and caption the right numbers."""

import numpy as np
import pytest
from beep import BARE, KNOWN, SPANS, TOKENS, WEIGHTS
from drawn import boxes, drawn_well, mesh, ticks
from refusals import refusal

from mcsan_lite.explain.steps import frame_spans, frame_times
from mcsan_lite.figures import attention
from mcsan_lite.figures.attention import AlignedUtterance, DecisiveWord


def test_attention():
    weights = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    spans = np.array([[0.0, 0.1], [0.09, 0.19], [0.18, 0.28]])  # middles 0.05, 0.14, 0.23
    utterance = AlignedUtterance(["so", "sweet"], spans, truth=DecisiveWord(1, 0.2, 0.5))
    ax = attention.draw_attention(weights, utterance, top=0.9)
    cells = mesh(ax)
    np.testing.assert_array_equal(np.asarray(cells.get_array()).reshape(2, 3), weights)
    np.testing.assert_allclose(cells.get_coordinates()[0, :, 0], [0.005, 0.095, 0.185, 0.275])
    assert cells.get_clim() == (0, 0.9)
    assert ticks(ax.yaxis) == ["so", "sweet"]
    assert ax.yaxis_inverted()
    assert [t.get_weight() for t in ax.get_yticklabels()] == ["normal", "bold"]
    (box,) = boxes(ax)
    assert (box.get_x(), box.get_y(), box.get_width()) == pytest.approx((0.2, 1, 0.3))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds", "word that looks")
    assert "weight" in [a.get_ylabel() for a in ax.figure.axes]


def test_attention_signed_shared_and_short():
    scores = np.array([[-0.5, 0.2], [0.1, 0.3]])
    spans = np.array([[0.0, 0.1], [0.09, 0.19]])
    utterance = AlignedUtterance(["antidisestablishmentarianism", "a" * 20], spans)
    ax = attention.draw_attention(scores, utterance, bar=None)
    cells = mesh(ax)
    assert cells.get_clim() == (-0.5, 0.5)
    assert cells.get_cmap().name == "PuOr_r"
    assert ax.figure.axes == [ax]
    assert ticks(ax.yaxis) == ["antidisestablishmen…", "a" * 20]
    one_word = AlignedUtterance(["so"], spans)
    nothing = attention.draw_attention(np.zeros((1, 2)), one_word, bar="score")
    cells = mesh(nothing)
    assert cells.get_clim() == (0, 1)
    assert cells.get_cmap().name == "cividis"
    assert "score" in [a.get_ylabel() for a in nothing.figure.axes]


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
    assert left.get_xlim() == right.get_xlim()
    assert left.get_ylim() == right.get_ylim() == (3, 0)
    assert left.get_title().startswith("each word looks at the sound")
    assert bar.get_ylabel() == "weight ÷ even"
    assert right.get_title().startswith("each moment looks at the words")
    assert [len(boxes(ax)) for ax in (left, right)] == [1, 1]
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
    assert {mesh(ax).get_clim() for ax in shown} == {(0, 1)}
    assert len(shown) == 5
    assert shown[1].get_title() == "head 1 ◂ chosen\nentropy 0.00,\non the box 1.00"
    assert shown[0].get_title() == "head 0\nentropy 1.00,\non the box 0.14"
    assert drawn.fig.get_suptitle() == "Rule: lowest entropy"
    assert drawn.caption.endswith("Rule: lowest entropy.")
    assert "head 1 (chosen): entropy 0.00, on the box 1.00" in drawn.caption
    given = attention.draw_heads(
        heads, KNOWN, rule="all", scores=np.arange(1, 6) / 10, score="pointing"
    )
    assert "head 4: entropy 1.00, pointing 0.50" in given.caption
    assert "box" not in attention.draw_heads(heads, BARE, rule="all").caption


def test_heads_below_zero_are_not_clipped_and_still_share_a_scale():
    heads = np.zeros((2, 3, 22))
    heads[0, 0, 0], heads[1, 0, 0] = -0.8, 0.2
    drawn = attention.draw_heads(heads, KNOWN, rule="all")
    shown = [mesh(ax) for ax in drawn.fig.axes if ax.get_title()]
    assert {cells.get_clim() for cells in shown} == {(-0.8, 0.8)}
    assert {cells.get_cmap().name for cells in shown} == {"PuOr_r"}
    assert drawn.caption.startswith("One scale, -0.80 to 0.80;")


def test_directions_below_zero_are_not_clipped_and_still_share_a_scale():
    looks, back = np.zeros((3, 4)), np.zeros((4, 3))
    looks[0, 0], back[0, 0] = -0.5, 0.2
    utterance = AlignedUtterance(TOKENS, frame_spans(4))
    left, right, _ = attention.draw_directions(looks, back, utterance).fig.axes
    assert mesh(left).get_clim() == mesh(right).get_clim() == (-2, 2)


def test_entropy_by_hand():
    assert attention.entropy(np.array([[0.5, 0.5, 0, 0]])) == pytest.approx(0.5)
    assert attention.entropy(np.array([[0.25] * 4, [1, 0, 0, 0]])) == pytest.approx(0.5)
    assert attention.entropy(np.ones((2, 3, 1))) == 1


def test_what_does_not_belong_together_is_refused():
    def draw(weights=WEIGHTS, tokens=TOKENS, spans=SPANS, truth=None):
        def directions():
            utterance = AlignedUtterance(tokens, spans, truth=truth)
            attention.draw_directions(weights, np.transpose(weights), utterance)

        return refusal(directions)

    assert "(22, 3)" in draw(WEIGHTS.T)
    assert "2 words" in draw(tokens=TOKENS[:2])
    assert "spans (22,)" in draw(spans=frame_times(22))
    assert "spans (0, 2)" in draw(spans=SPANS[:0])
    assert "seconds that grow" in draw(spans=SPANS[::-1])
    assert "none of them empty" in draw(np.zeros((0, 22)), [])
    assert "1 are not finite" in draw(np.where(np.arange(66).reshape(3, 22) == 5, np.nan, 1))
    assert "truth (3, 1.0, 1.3)" in draw(truth=DecisiveWord(3, 1.0, 1.3))
    assert "truth (-1, 1.0, 1.3)" in draw(truth=DecisiveWord(-1, 1.0, 1.3))
    assert "truth (1, 1.3, 1.0)" in draw(truth=DecisiveWord(1, 1.3, 1.0))
    assert "2 axes" in refusal(lambda: attention.draw_directions(WEIGHTS, WEIGHTS, BARE))
    assert "3 axes" in refusal(lambda: attention.draw_heads(WEIGHTS, BARE, rule="all"))
    assert "one per head" in refusal(
        lambda: attention.draw_heads(WEIGHTS[None], BARE, rule="all", scores=[1, 2])
    )
