"""docs/adding_a_reading.md, run as it stands: readings of one's own, measured like all others."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from refusals import refusal

from mcsan_lite.explain.maps import attention_maps
from mcsan_lite.explain.readings import READINGS
from mcsan_lite.explain.readings.reading import Reading, require_open_streams, target_of
from mcsan_lite.features.batch import Dims, collate
from mcsan_lite.figures import entropy
from mcsan_lite.figures.lens import views_of
from mcsan_lite.models.mcsan import MCSAN

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_reading.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The names of the page's code, run as a script."""
    home = tmp_path_factory.mktemp("reader")
    script = home / "script.py"
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        return runpy.run_path(str(script), run_name="__main__")


@pytest.fixture
def example(small, make_features):
    torch.manual_seed(0)
    model = MCSAN(Dims(13, 17, 3), small()).eval()
    return model, make_features(1, frames=40, words=4)[0]


def test_the_page_measures_its_readings(page):
    assert set(page["scores"].reading) == {"loudness", "raw attention"}
    assert page["scores"][["points", "mass", "auc", "chance"]].stack().between(0, 1).all()
    assert set(page["falling"].order) == {"leave one out", "random"}
    assert page["entry"].read is page["leave_one_out"]


@pytest.mark.parametrize("name", ["leave_one_out", "loudness"])
def test_the_pages_readings_change_no_logit_and_know_other_classes(page, example, name):
    model, one = example
    before, read = model(collate([one])).logits, page[name]
    first, again = read(model.train(), one, None), read(model, one)
    assert torch.equal(model.eval()(collate([one])).logits, before)
    assert first.target == int(before.argmax())
    length = {"leave_one_out": 4, "loudness": 5}[name]
    scores = {"leave_one_out": first.words, "loudness": first.frames}[name]
    assert scores.shape == (length,) and np.isfinite(scores).all() and scores.any()
    np.testing.assert_array_equal(scores, again.words if first.frames is None else again.frames)
    assert read(model, one, 2).target == 2
    assert "class 3" in refusal(lambda: read(model, one, 3))


def test_a_word_that_is_cut_out_is_gone(page, example):
    model, one = example
    reading = page["leave_one_out"](model, one, 1)
    shorter = page["without"](one, "text", np.arange(4) == 2, None)
    with torch.no_grad():
        fall = (model(collate([one])).logits - model(collate([shorter])).logits)[0, 1]
    assert reading.words[2] == pytest.approx(float(fall), abs=1e-5)


def test_one_entry_is_enough_for_the_lens(page, example, monkeypatch):
    model, one = example
    entry = page["ReadingMethod"](page["loudness"], kind="logit", explains="how loud it is")
    monkeypatch.setitem(READINGS, "loudness", entry)
    names = {view.name for view in views_of(model, one, attention_maps(model, one))}
    assert "loudness" in names


def sharpness(model, features, target=None) -> Reading:
    """A solution of the page's exercise."""
    require_open_streams(model)
    target = target_of(model, features, target)
    crossing = [
        found
        for found in attention_maps(model, features).values()
        if found.direction == "text_from_audio"
    ]
    weights = crossing[-1].mean
    pairs = np.stack([row * (1 - entropy(row[None])) for row in weights])
    return Reading("sharpness", target, words=None, frames=pairs.mean(0), pairs=pairs)


def test_the_exercise_can_be_solved(page, example):
    model, one = example
    reading, again = sharpness(model, one), sharpness(model, one)
    assert reading.pairs.shape == (4, 5) and (reading.pairs >= 0).all()
    np.testing.assert_array_equal(reading.pairs, again.pairs)
    run, truth = page["run"], page["truth"]
    scores = page["oracle_scores"](run.model, page["utterances"], truth, {"sharpness": sharpness})
    raw = page["scores"][page["scores"].reading == "raw attention"]
    # Within a row the order stays, so the row of the decisive word points alike.
    np.testing.assert_array_equal(scores.points, raw.points)
