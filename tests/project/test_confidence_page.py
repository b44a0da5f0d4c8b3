"""docs/confidence.md and docs/predict.md show what was measured, and say it either way."""

import copy
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import confidence  # noqa: E402
import recordings  # noqa: E402


def numbers():
    return json.loads(confidence.NUMBERS.read_text(encoding="utf-8"))


def test_the_page_shows_what_was_measured():
    text = confidence.PAGE.read_text(encoding="utf-8")
    assert confidence.render(text, numbers()) == text
    assert confidence.START in text and confidence.FIGURE.is_file()


def test_the_verdicts_on_opposite_numbers():
    found = numbers()
    assert "is met" in confidence.sentences(found)[0]
    missed = copy.deepcopy(found)
    missed["shipped"][3]["human sound unlike"] = 0.4
    said = confidence.sentences(missed)[0]
    assert "is not met" in said and "at least 40.0%" in said
    crowded = copy.deepcopy(found)
    crowded["shipped"][0]["sound unlike"] = 0.2
    assert "is not met" in confidence.sentences(crowded)[0]


def test_temperatures_that_help_and_that_harm():
    found = numbers()
    for row in (*found["shipped"], *found["small"]):
        row.update({"ECE": 0.1, "ECE calibrated": 0.05})
    said = confidence.sentences(found)[1]
    assert "smaller in 12 of 12 runs, most for " in said and "larger" not in said
    for row in (*found["shipped"], *found["small"]):
        row["ECE calibrated"] = 0.2
    said = confidence.sentences(found)[1]
    assert "smaller in 0 of 12 runs, and larger most for " in said and "0.100 to 0.200" in said


def test_a_test_part_that_is_farther_away_is_said_to_be():
    found = numbers()
    found["small"][0]["sound unlike"] = 0.3
    assert "30.0% of its own test clips" in confidence.sentences(found)[2]
    found["small"][0]["sound unlike"] = 0.01
    assert len(confidence.sentences(found)) == 2


def test_the_table_of_recordings_is_that_of_the_last_run():
    rows = json.loads(recordings.NUMBERS.read_text(encoding="utf-8"))
    text = recordings.PAGE.read_text(encoding="utf-8")
    assert recordings.render(text, rows) == text
    by_name = {row["asked"]: row for row in rows}
    assert by_name["silence"]["status"] == by_name["a text file named .wav"]["status"] == 2
    (many,) = (row for name, row in by_name.items() if name.startswith("a folder of"))
    assert many["status"] == 1 and many["said"].startswith("3 of 500 ")


def test_recordings_of_every_kind_are_made(tmp_path):
    import numpy as np
    import soundfile

    from mcsan_lite.features.audio import load_audio

    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    soundfile.write(tmp_path / "clip.wav", noise, 16_000)
    made = tmp_path / "made"
    made.mkdir()
    recordings.make_recordings(tmp_path / "clip.wav", made)
    for name in ("plain.wav", "stereo48k.wav", "clip.mp3", "clip.ogg", "clip.m4a", "50ms.wav"):
        assert len(load_audio(made / name))
    assert len(list((made / "many").iterdir())) == recordings.FOLDER
