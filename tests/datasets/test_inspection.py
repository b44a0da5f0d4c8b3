"""What `mcsan check` says of a corpus, section by section.

The published sets are in test_published_sets.
"""

import json
import shutil

import numpy as np
import pytest
import soundfile
from refusals import refusal

from mcsan_lite.corpus import Corpus, Skipped, Utterance, Word
from mcsan_lite.datasets.inspection import report
from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text
from mcsan_lite.datasets.meld.simulate import write_meld


def sound(path, seed=0, rate=8_000):
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, rate // 20), rate)
    return path


def turn(i, audio=None, said="hm", label="a", **more):
    return Utterance(i, audio, said, label, **more)


@pytest.fixture
def given(monkeypatch):
    """A function: the report on these utterances, as if a reader had found them."""

    def check(*utterances, name="manifest", labels=("a", "b"), skipped=(), **options):
        corpus = Corpus(name, labels, tuple(utterances), tuple(skipped))
        monkeypatch.setitem(report.READERS, name, lambda root, strict: corpus)
        return inspect_corpus(name, "somewhere", **options)

    return check


def counts(found):
    return {c["what"]: (c["found"], c["published"], c["ok"]) for c in found["counts"]}


@pytest.mark.parametrize("fast", [False, True])
def test_a_report_survives_json(tmp_path, fast):
    found = inspect_corpus("meld", write_meld(tmp_path, rows=210, voice=False), fast=fast)
    again = json.loads(json.dumps(found))
    assert again == found and report_text(again) == report_text(found)
    assert list(found) == [
        "corpus",
        "root",
        "fast",
        "refusal",
        "counts",
        "labels",
        "skipped",
        "defects",
        "clips",
        "durations",
        "formats",
        "texts",
        "words",
        "groups",
        "repeats",
        "status",
        "verdict",
    ]


def test_each_damaged_file_is_named_and_the_others_go_on(given, tmp_path):
    turns = [turn(f"u{i}", sound(tmp_path / f"{i}.wav", i)) for i in range(5)]
    turns[1].audio.write_bytes(b"not a sound")
    soundfile.write(turns[2].audio, np.zeros(400), 8_000)
    turns[3].audio.unlink()
    found = given(*turns)
    assert list(found["clips"]["unusable"]) == ["u1", "u2", "u3"] and found["clips"]["files"] == 5
    assert all(str(turns[int(i[1])].audio) in why for i, why in found["clips"]["unusable"].items())
    assert found["formats"] == [{"rate": 8000, "channels": 1, "clips": 2}] and found["status"] == 1
    assert found["repeats"]["audio"]["copies"] == {"all": 0}
    assert found["verdict"] == "not in order: 3 utterances with an unusable clip"
    assert "3 clips that cannot be used\n      u1: " in report_text(
        found
    ) and "…" not in report_text(found)
    fast = given(*turns, fast=True)
    assert (
        list(fast["clips"]["unusable"]) == ["u3"]
        and fast["durations"] is None
        and fast["formats"] == []
    )
    assert "clips: 5 (not opened)" in report_text(fast) and "recordings" not in report_text(fast)


def test_formats(given, tmp_path):
    found = given(
        *(
            turn(f"u{i}", sound(tmp_path / f"{i}.wav", i, rate))
            for i, rate in enumerate((8_000, 44_100, 8_000))
        )
    )
    assert found["formats"] == [
        {"rate": 8_000, "channels": 1, "clips": 2},
        {"rate": 44_100, "channels": 1, "clips": 1},
    ]
    assert "1 with 44,100 samples a second, channels: 1" in report_text(
        found
    ) and "longest 0.05" in report_text(found)


def test_long_lists_are_cut_in_the_text_alone(given, tmp_path):
    found = given(
        *(turn(f"u{i:02d}", tmp_path / f"{i}.wav") for i in range(12)),
        turn("whole", sound(tmp_path / "w.wav")),
    )
    assert len(found["clips"]["unusable"]) == 12 and found["status"] == 1
    assert (
        "12 clips that cannot be used" in report_text(found)
        and "u09: " in report_text(found)
        and "u10" not in report_text(found)
    )
    assert report_text(found).count("…") == 1
    few = given(*(turn(f"u{i:02d}", tmp_path / f"{i}.wav") for i in range(10)))
    assert "u09: " in report_text(few) and "…" not in report_text(few)


def test_texts(given):
    found = given(
        turn("u1", said="  "),
        turn("u2", said="8. 8!"),
        turn("u3", said="é"),
        turn("u4", said=""),
        turn("u5", words=(Word("hm", 0.1, 0.2),)),
    )
    assert found["texts"] == {"empty": ["u1", "u4"], "without_letter": ["u2"], "with_word_times": 1}
    assert found["repeats"]["text"]["copies"] == {"all": 0}, (
        "two empty texts are not one text said twice"
    )
    assert "1 without a letter\n      u2" in report_text(
        found
    ) and "texts: 1 with word times" in report_text(found)
    assert found["status"] == 0


def test_groups_and_known_speakers(given):
    found = given(
        turn("u1", speaker="Ada", dialogue="d1", split="train"),
        turn("u3", speaker="Ada", split="test"),
        turn("u2", speaker="Ben", session="s", split="train"),
        turn("u5", speaker="", split="test"),
        turn("u4", speaker="Cy", scenario="x", dialogue="d2", split="test"),
        turn("u6", split="train"),
    )
    assert (
        list(found["groups"]) == ["all", "train", "test"]
        and found["groups"]["train"]["speakers"] == 2
    )
    assert found["groups"]["all"] == {
        "utterances": 6,
        "speakers": 3,
        "dialogues": 2,
        "sessions": 1,
        "scenarios": 1,
        "by_speakers_of_train": None,
    }
    assert found["groups"]["test"]["by_speakers_of_train"] == 1, (
        "an unknown speaker is nobody's acquaintance"
    )
    assert (
        "test: 3 utterances, 2 speakers, 1 dialogues, 0 sessions, 1 scenarios; 33.3% by a speaker "
        "of train" in report_text(found)
    )
    assert report_text(found).count("by a speaker of train") == 1


def test_texts_said_twice(given):
    found = given(
        turn("u1", said="I\u2019m in.", split="train"),
        turn("u2", said="i'm  IN .", split="train"),
        turn("u3", said="I'm in.", split="test"),
        turn("u4", said="I'm out.", split="valid"),
        turn("a2", said="Out!", split="test"),
        turn("a1", said="Out!", split="test"),
    )
    assert found["repeats"]["text"] == {
        "copies": {"all": 3, "train": 1, "valid": 0, "test": 1},
        "in_train": {"valid": 0, "test": 1},
        "across": 1,
        "examples": [["u1", "u3"], ["a1", "a2"]],
    }
    assert found["status"] == 0, "people do say the same"
    assert (
        "1 in more than one part; copies of one in train: valid 0, test 1\n      u1 = u3"
        in report_text(found)
    )


@pytest.mark.parametrize(
    "parts, status",
    [(("train", "train"), 0), (("train", "test"), 1), (("test", "valid"), 1), ((None, None), 0)],
)
def test_one_recording_under_two_names(given, tmp_path, parts, status):
    clip = sound(tmp_path / "a.wav")
    shutil.copy(clip, tmp_path / "b.wav")
    found = given(
        turn("u1", clip, split=parts[0]),
        turn("u2", tmp_path / "b.wav", split=parts[1]),
        turn("u3", sound(tmp_path / "c.wav", 1), split=parts[0]),
    )
    assert found["status"] == status and found["repeats"]["audio"]["examples"] == [["u1", "u2"]]
    assert (
        found["repeats"]["audio"]["copies"]["all"] == 1
        and found["repeats"]["audio"]["across"] == status
    )
    assert found["verdict"] == (
        "not in order: 1 recordings are in more than one part"
        if status
        else "in order; every clip that it needs can be used"
    )
    assert "u1 = u2" in report_text(found)


def test_the_order_of_the_reader_does_not_matter(given, tmp_path):
    utterances = [
        turn(
            f"u{i}",
            sound(tmp_path / f"{i}.wav", i % 3),
            f"word{i % 2}",
            "ab"[i % 2],
            speaker=f"s{i % 3}",
            split=("train", "valid", "test")[i % 3],
        )
        for i in range(6)
    ]
    utterances += [turn(i, tmp_path / "none.wav") for i in ("x1", "x2")] + [
        turn(i, said="") for i in ("y1", "y2")
    ]
    skipped = [Skipped("c", "odd", "1"), Skipped("a", "odd", "2"), Skipped("b", "even", "3")]
    found = given(*utterances, skipped=skipped)
    again = given(*utterances[::-1], skipped=skipped[::-1])
    assert json.dumps(found) == json.dumps(again)
    assert [(s["kind"], s["number"], s["example"]) for s in found["skipped"]] == [
        ("odd", 2, "a"),
        ("even", 1, "b"),
    ]
    assert "2 × odd, as a: 2\n  1 × even, as b: 3" in report_text(found)


def test_a_manifest(tmp_path):
    sound(tmp_path / "1.wav")
    table = tmp_path / "manifest.csv"
    table.write_text("audio,text,label\n1.wav,one,joy\n,two,fear\n")
    found = inspect_corpus("manifest", tmp_path)
    assert found["status"] == 0 and counts(found) == {
        "utterances": (2, None, None),
        "fear": (1, None, None),
        "joy": (1, None, None),
    }
    assert (
        "✓" not in report_text(found)
        and "✗" not in report_text(found)
        and "published" not in report_text(found)
    )
    table.write_text("audio,text,label\n1.wav,one,joy\n2.wav,two,fear\n,three,joy\n")
    found = inspect_corpus("manifest", tmp_path)
    assert (
        found["status"] == 1
        and "a strict reading refuses it" in report_text(found)
        and "2.wav" in report_text(found)
    )
    assert found["refusal"].keys() == {"given", "expected", "do"} and len(found["skipped"]) == 1


def test_a_synthetic_corpus(tmp_path):
    pytest.importorskip("espeakng_loader", reason="no voice: pip install mcsan-lite[voice]")
    from mcsan_lite.datasets.synthetic.generator import make_synthetic
    from mcsan_lite.datasets.synthetic.rules import SyntheticConfig

    folder = make_synthetic(tmp_path, SyntheticConfig(train=12, valid=6, test=6))
    found = inspect_corpus("synthetic", folder)
    assert found["status"] == 0 and counts(found)["utterances"] == (24, None, None)
    assert found["texts"]["with_word_times"] == found["clips"]["files"] == 24
    assert list(found["groups"]) == ["all", "train", "valid", "test"]
    next((folder / "audio").iterdir()).unlink()
    assert (
        inspect_corpus("synthetic", folder)["verdict"]
        == "not in order: 1 utterances with an unusable clip"
    )


def test_what_is_not_there_is_refused(tmp_path):
    for name in ("ravdess", "meld", "iemocap", "synthetic"):
        assert str(tmp_path / "nowhere") in refusal(
            lambda name=name: inspect_corpus(name, tmp_path / "nowhere")
        )
    assert "did you mean 'ravdess'?" in refusal(lambda: inspect_corpus("ravdes", tmp_path))
