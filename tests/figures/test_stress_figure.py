"""The figure of stress: a panel per stress, a curve per model, words that say the numbers."""

import numpy as np
import pandas as pd
import pytest
from drawn import drawn_well, ticks
from refusals import refusal

from mcsan_lite.figures.stress import draw_stress


def table():
    rows = []
    for model, fall in (("strong", 0.1), ("weak", 0.3)):
        conditions = [
            ("none", "", 0.0),
            ("noise", "dB SNR", 20.0),
            ("noise", "dB SNR", 0.0),
            ("no sound", "", 1.0),
        ]
        for step, (stress, unit, level) in enumerate(conditions):
            wa = 0.9 - fall * step
            row = {"model": model, "stress": stress, "unit": unit, "level": level, "n": 50}
            row |= {"trainings": 3, "changed": float(stress != "none")}
            row |= {"wa": wa, "wa low": wa - 0.05, "wa high": wa + 0.05}
            rows.append(row | {"ece": 1 - wa, "ece low": np.nan, "ece high": np.nan})
    return pd.DataFrame(rows)


def test_panels_levels_and_curves():
    drawn = draw_stress(table())
    drawn_well(drawn)
    noise, away = (ax for ax in drawn.fig.axes if ax.get_visible())
    assert noise.get_title() == "noise" and noise.get_xlabel() == "dB SNR"
    assert ticks(noise.xaxis) == ["as it is", "20", "0"]
    assert ticks(away.xaxis) == ["as it is", "sound"] and away.get_title() == "taken away"
    heights = [list(np.round(bars[0].get_ydata().astype(float), 2)) for bars in noise.containers]
    assert heights == [[0.9, 0.8, 0.7], [0.9, 0.6, 0.3]]
    (legend,) = drawn.fig.legends
    assert [text.get_text() for text in legend.get_texts()] == ["strong", "weak"]


def test_a_stress_that_changes_nothing_is_not_drawn():
    idle = table()
    idle.loc[idle.stress == "no sound", "changed"] = 0.0
    (noise,) = draw_stress(idle).fig.axes
    assert noise.get_title() == "noise"


def test_a_stress_that_changes_nothing_is_not_named_as_the_worst():
    idle = table()
    idle.loc[idle.stress == "no sound", "changed"] = 0.0
    assert "strong 0.900 as it is, 0.700 under noise 0;" in draw_stress(idle).caption
    idle.loc[idle.model == "weak", "changed"] = 0.0
    assert "weak 0.900 as it is, and nothing was changed." in draw_stress(idle).caption


def test_the_caption_names_the_worst_of_every_model():
    said = draw_stress(table()).caption
    assert "strong 0.900 as it is, 0.600 under no sound" in said and "weak" in said
    assert said.endswith("Bars are 95 % intervals over utterances and trainings.")
    of_one = draw_stress(table().assign(trainings=1)).caption
    assert of_one.endswith("Bars are 95 % intervals over utterances; one training.")
    worst = draw_stress(table(), score="ece").caption
    assert "strong 0.100 as it is, 0.400 under no sound" in worst


@pytest.mark.parametrize("score", ["wa", "ece"])
def test_an_interval_that_is_not_known_is_no_trouble(score):
    drawn_well(draw_stress(table(), score=score))


def test_refusals():
    assert "one of 'wa', 'ua', 'ece'" in refusal(lambda: draw_stress(table(), score="wi"))
    clean = table()[lambda rows: rows.stress == "none"]
    assert "without any stress" in refusal(lambda: draw_stress(clean))
