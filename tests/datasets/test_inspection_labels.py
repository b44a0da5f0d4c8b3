"""What `mcsan check` says about labels."""

from dataclasses import replace

import pytest

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets.inspection.labels import label_remarks
from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text


def of(*labels, speakers=None):
    speakers = speakers or [""] * len(labels)
    pairs = enumerate(zip(labels, speakers, strict=True))
    made = [Utterance(f"u{i}", None, "Hm.", label, speaker=who) for i, (label, who) in pairs]
    return Corpus("m", tuple(sorted(set(labels))), tuple(made))


@pytest.mark.parametrize(
    ("labels", "crucial", "is_fault"),
    [
        (["joy"] * 3, "one class only, 'joy'", True),
        (["joy", "nan", "nan"], "the label 'nan', 2 times, looks like a missing value", True),
        (["1", "1.0", "2"], "one number as '1' (1) and '1.0' (1)", True),
        ([f"{i / 5}" for i in range(-9, 9)], "18 numbers as labels, -1.8 to 1.6", True),
        (["anger", "anger", "Anger", "joy"], "look alike: 'anger' (2) and 'Anger' (1)", True),
        (["ärger", "arger", "joy"], "two classes that look alike", True),
        (["ａｎｇ", "ang", "joy"], "two classes that look alike", True),
        (["surprise"] * 3 + ["suprise"] * 2, "spelled nearly alike: 'surprise' (3)", False),
    ],
)
def test_a_remark(labels, crucial, is_fault):
    (remark,) = label_remarks(of(*labels), {})
    assert crucial in remark.text and remark.is_fault == is_fault


def test_good_labels_need_no_word():
    plain = of("happy", "unhappy", "fear", "fearful", "sad", "mad", "class1", "class10", "0", "1")
    assert label_remarks(plain, {}) == []


def test_a_class_of_one_speaker():
    (remark,) = label_remarks(of("joy", "joy", "fear", "fear", speakers="ABAA"), {})
    assert remark.text == "the class 'fear' (2) is one speaker's alone, 'A'"
    assert label_remarks(of("joy", "joy", "fear", "fear", speakers="AAAA"), {}) == []


def test_a_clip_with_two_labels(tmp_path):
    made = of("joy", "fear", "joy")
    clip = tmp_path / "a.wav"
    clips = replace(made, utterances=tuple(replace(u, audio=clip) for u in made.utterances))
    for digests in ({}, dict.fromkeys(["u0", "u1", "u2"], "same")):
        (remark,) = label_remarks(clips, digests)
        assert remark.text == "1 clips with two labels: u0 'joy' and u1 'fear'"
    assert label_remarks(clips, {"u0": "a", "u1": "b", "u2": "c"}) == []


def test_check_says_it_and_does_not_call_it_in_order(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("text,label\nIt is.,nan\nIt is not.,joy\n", encoding="utf-8")
    report = inspect_corpus("manifest", path, fast=True)
    text = report_text(report)
    assert report["status"] == 1 and "labels: " in report["verdict"]
    assert text.count("the label 'nan', 1 times, looks like a missing value") == 2
