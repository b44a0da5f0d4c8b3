"""docs/changing_the_sound_features.md, run as it stands: other settings, the cache, other
frames."""

import re
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcsan_lite.features import extraction

PAGE = Path(__file__).parents[2] / "docs" / "changing_the_sound_features.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


def run(home: Path, name: str) -> dict:
    """The page's code as a script in one folder; gives the script's names."""
    script = home / name
    script.write_text("\n".join(BLOCKS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        return runpy.run_path(str(script), run_name="__main__")


@pytest.fixture(scope="module")
def page(home):
    return run(home, "first.py")


def test_the_settings_of_the_page_reach_the_frames_and_the_rows(page):
    before, after = page["before"][0].audio, page["after"][0].audio
    assert before.shape[1] == 40 and after.shape[1] == 20
    assert abs(len(before) - 2 * len(after)) <= 1
    results = page["results"].set_index("name")
    assert list(results.index) == ["40 MFCC", "20 MFCC, half as often"]
    assert results.wa.between(0, 1).all()
    hidden, kernel = page["options"]["hidden"], 3
    fewer = results.parameters["40 MFCC"] - results.parameters["20 MFCC, half as often"]
    assert fewer == 20 * hidden * kernel


def test_the_table_lists_every_setting_of_the_sound_with_its_default(page):
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.M)
    config = extraction.FeatureConfig()
    sound = set(vars(config)) - extraction._NOT_SOUND
    assert {name: float(default) for name, default in rows} == {
        name: getattr(config, name) for name in sound
    }


def test_the_page_trains_on_its_own_frames(page, home):
    assert page["trained"].dims.audio == 32 and 0 <= page["trained"].scores["wa"] <= 1
    clip = page["corpus"].utterances[0]
    by_hand = page["log_mel"](home / clip.audio, 32)
    np.testing.assert_array_equal(page["bands"][clip.id].audio, by_hand)


def test_run_again_nothing_is_computed_anew(page, home):
    def written():
        cached = (home / "data" / "cache").rglob("*.npy")
        return {path: path.stat().st_mtime_ns for path in cached}

    files = written()
    again = run(home, "second.py")
    assert again["results"].seconds.tolist() == page["results"].seconds.tolist()
    only_reread = {name for name in written() if name not in files}  # the page saved them anew
    assert len(only_reread) <= 1
    assert files.items() <= written().items()


def test_frames_of_another_tool_are_trained_on(page, home, monkeypatch):
    monkeypatch.chdir(home)
    heard, _ = page["extract"](page["corpus"], page["given"])
    assert heard[0].audio.shape[1] == 32 and heard[0].hop_s == 0.020
    assert abs(2 * len(heard[0].audio) - len(page["before"][0].audio)) <= 1


def test_a_solution_of_the_exercise(page):
    def with_change(one):
        change = np.diff(one.audio, axis=0, prepend=one.audio[:1])
        return replace(one, audio=np.concatenate((one.audio, change), axis=1))

    wide = {one.id: with_change(one) for one in page["before"]}
    fold, FoldFeatures = page["fold"], page["FoldFeatures"]
    train, valid, test = (
        [wide[name] for name in names] for names in (fold.train, fold.valid, fold.test)
    )
    parts = FoldFeatures(train, valid, test, page["corpus"].labels)
    config = replace(page["smoke"].train, epochs=1)
    trained = page["train_fold"](page["MCSAN"], page["options"], config, parts)
    assert trained.dims.audio == 80
