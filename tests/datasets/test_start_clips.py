"""The four clips of lesson 00: they are there, small, follow the rule, and can be made again."""

import json
import shutil

import numpy as np
import pytest
from refusals import refusal

import mcsan_lite as mc
from mcsan_lite.datasets.synthetic.rules import SYNTHETIC_LABELS
from mcsan_lite.datasets.synthetic.start import clips
from mcsan_lite.datasets.synthetic.start.clips import (
    CLIPS_FOLDER,
    label_by_rule,
    make_start_clips,
    respell,
    start_clips,
)


def test_four_small_clips_with_the_times_of_their_words():
    found = start_clips()
    assert [clip.id for clip in found] == ["clip1", "clip2", "clip3", "clip4"]
    assert sum(clip.audio.stat().st_size for clip in found) <= 120_000
    for clip in found:
        seconds = len(mc.load_audio(clip.audio)) / 16_000
        assert [word.text for word in clip.words] == clip.text.split()
        starts = [word.start_s for word in clip.words]
        assert starts == sorted(starts) and clip.words[-1].end_s <= seconds + 0.01
        assert 1 < seconds < 5
        assert set(clip.stressed) <= set(clip.text.split())


def test_the_guess_cannot_be_read_off_the_transcript():
    one, two, *_ = start_clips()
    assert one.text == two.text and one.label != two.label
    assert len({clip.label for clip in start_clips()}) == 4


@pytest.mark.parametrize(
    ("text", "stressed", "arousal", "label"),
    [
        ("so pain", (), "low", "sadness"),
        ("so pain", (), "high", "frustration"),
        ("so pain", ("pain",), "low", "anger"),
        ("so pain", ("pain",), "high", "anger"),
        ("sweet and week", ("week",), "low", "happiness"),
        ("sweet and week", ("sweet",), "high", "excitement"),
        ("suite and week", ("suite", "week"), "low", "neutral"),
        ("suite and week", (), "high", "surprise"),
    ],
)
def test_the_rule(text, stressed, arousal, label):
    assert label_by_rule(text, stressed, arousal) == label


def test_respelling_changes_the_transcript_and_nothing_of_the_sound():
    one, two, _, four = start_clips()
    pane = respell(two, "pain")
    assert pane.text == two.text.replace("pain", "pane") and pane.audio == two.audio
    assert (two.label, pane.label) == ("anger", "neutral")
    assert [word.start_s for word in pane.words] == [word.start_s for word in two.words]
    pain = respell(four, "pane")
    assert pain.stressed == ("pain",) and pain.label == "anger"
    assert respell(pane, "pane") == two
    for word in ("said", "sweet"):
        assert "pain" in refusal(lambda word=word: respell(one, word))
    assert {clip.label for clip in start_clips()} <= set(SYNTHETIC_LABELS)


def test_made_again_they_sound_the_same(tmp_path):
    pytest.importorskip("espeakng_loader")
    make_start_clips(tmp_path)
    for made, shipped in zip(start_clips(tmp_path), start_clips(), strict=True):
        assert made.words == shipped.words
        np.testing.assert_allclose(
            mc.load_audio(made.audio), mc.load_audio(shipped.audio), atol=0.02
        )


def test_a_folder_that_is_not_whole_is_refused(tmp_path):
    assert "times.json" in refusal(lambda: start_clips(tmp_path))
    for file in ("times.json", "clip1.ogg", "clip2.ogg", "clip3.ogg"):
        shutil.copy(CLIPS_FOLDER / file, tmp_path)
    assert "no clip4.ogg" in refusal(lambda: start_clips(tmp_path))
    shutil.copy(CLIPS_FOLDER / "clip4.ogg", tmp_path)
    assert len(start_clips(tmp_path)) == 4
    times = json.loads((CLIPS_FOLDER / "times.json").read_text(encoding="utf-8"))
    for damaged in ("[", "{}", json.dumps(times | {"clip3": [1]})):
        (tmp_path / "times.json").write_text(damaged, encoding="utf-8")
        assert "not whole" in refusal(lambda: start_clips(tmp_path))


def test_the_spellings_in_use_are_those_the_networks_know():
    """The matching world uses the first eight pairs of each sense."""
    known = dict(clips.NEGATIVE[:8] + clips.POSITIVE[:8])
    both = set(known) | set(known.values())
    for clip in start_clips():
        spelled = {word for word in clip.text.split() if word in clips._SPELLED_OTHERWISE}
        assert len(spelled) >= 3 and spelled <= both
