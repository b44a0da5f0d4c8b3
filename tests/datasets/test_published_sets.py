"""The verdict of `mcsan check` on the published sets: whole, incomplete, damaged, with their own
defects.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mcsan_lite.corpus import Corpus, Utterance
from mcsan_lite.datasets import ravdess
from mcsan_lite.datasets.iemocap import reader as iemocap_reader
from mcsan_lite.datasets.iemocap import release as iemocap_release
from mcsan_lite.datasets.iemocap.simulate import write_iemocap
from mcsan_lite.datasets.inspection import report
from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text
from mcsan_lite.datasets.meld import release as meld_release
from mcsan_lite.datasets.meld.defects import Defect
from mcsan_lite.datasets.meld.release import NO_USABLE_CLIP
from mcsan_lite.datasets.meld.simulate import write_meld

SHARED = Path(os.environ.get("MCSAN_DATA", Path(__file__).parents[3] / "shared" / "data"))


def sound(path):
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 400), 8_000)
    return path


def actors(root, *numbers):
    data = bytearray(sound(root / "notes.wav").read_bytes())
    (root / "notes.wav").unlink()
    for number in numbers:
        (root / f"Actor_{number}").mkdir()
        for i, name in enumerate(sorted(ravdess.clip_names(number))):
            data[-2:] = int(number), i  # the last sample: every file holds something else
            (root / f"Actor_{number}" / f"{name}.wav").write_bytes(data)
    return root


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return actors(tmp_path_factory.mktemp("whole"), *(f"{i:02d}" for i in range(1, 25)))


def counts(found):
    return {c["what"]: (c["found"], c["published"], c["ok"]) for c in found["counts"]}


def test_a_complete_ravdess_is_the_published_set(whole):
    found = inspect_corpus("ravdess", whole)
    assert (
        found["status"] == 0
        and found["verdict"].startswith("the published ravdess; every clip")
        and not found["refusal"]
    )
    assert counts(found) == {
        "clips": (1440, 1440, True),
        "actors": (24, 24, True),
        **{
            i: (96, 96, True) if i == "neutral" else (192, 192, True)
            for i in ravdess.RAVDESS_LABELS
        },
    }
    assert (
        found["clips"] == {"files": 1440, "none": [], "unusable": {}, "odd": {}}
        and found["defects"] == found["skipped"] == []
    )
    assert found["formats"] == [{"rate": 8000, "channels": 1, "clips": 1440}]
    assert (
        found["durations"]["hours"] == pytest.approx(0.02) and found["durations"]["short"] == 1440
    )
    assert found["groups"] == {
        "all": {
            "utterances": 1440,
            "speakers": 24,
            "dialogues": 24,
            "sessions": 0,
            "scenarios": 2,
            "by_speakers_of_train": None,
        }
    }
    assert found["repeats"]["text"]["copies"] == {"all": 1438} and found["repeats"]["audio"][
        "copies"
    ] == {"all": 0}
    said = report_text(found)
    assert (
        "✓ clips" in said
        and "1,440      1,440" in said
        and "✗" not in said
        and "1,440 with 8,000 samples" in said
    )


def test_an_incomplete_ravdess_tells_what_is_missing(tmp_path):
    actors(tmp_path, "04", "21")
    (tmp_path / "Actor_21" / "03-01-08-02-02-02-21.wav").unlink()
    sound(tmp_path / "notes.wav")
    found = inspect_corpus("ravdess", tmp_path, fast=True)
    assert found["status"] == 1 and counts(found)["clips"] == (119, 1440, False)
    said = report_text(found)
    assert "✗ surprised                   15        192" in said
    assert (
        "actor21: 1 of 60 missing: 03-01-08-02-02-02-21" in said and "unpack Audio_Speech" in said
    )
    assert found["verdict"] == (
        "not the published ravdess: 10 counts are not the published ones, first clips: 119, not "
        "1,440; a strict reading refuses it"
    )
    kind = "a name of 1 parts, not the 7 of MM-CC-EE-II-SS-RR-AA"
    assert found["skipped"] == [{"kind": kind, "number": 1, "example": "notes.wav", "reason": kind}]
    assert f"  1 × {kind}, as notes.wav\n" in said


def test_one_bad_clip_spoils_a_complete_set(whole, tmp_path):
    bad = (
        shutil.copytree(whole, tmp_path / "copy", copy_function=os.link)
        / "Actor_04"
        / "03-01-01-01-01-01-04.wav"
    )
    assert (
        inspect_corpus("ravdess", bad.parents[1], fast=True)["verdict"]
        == "the published ravdess; the clips were not opened"
    )
    bad.unlink()
    bad.symlink_to("gone")
    found = inspect_corpus("ravdess", bad.parents[1], fast=True)
    assert (
        found["status"] == 1
        and found["verdict"] == "not the published ravdess: 1 utterances with an unusable clip"
    )


def published_turns(clip):
    """10,039 turns with the published labels, each of the four classes in the sessions where it is
    counted.
    """
    four = [
        label
        for label in (*iemocap_release.IEMOCAP_FOUR_LABELS, "excitement")
        for _ in range(iemocap_release.IEMOCAP_TURNS[label])
    ]
    others = [
        label
        for label, n in iemocap_release.IEMOCAP_TURNS.items()
        if label not in four
        for _ in range(n)
    ]
    sessions = [session for session, (_, n) in iemocap_release.SESSIONS.items() for _ in range(n)]
    return [
        Utterance(f"t{i:05d}", clip, "hm", label, session=(sessions[i : i + 1] or ["Ses01"])[0])
        for i, label in enumerate(four + others)
    ]


@pytest.mark.parametrize(
    "label, change, status",
    [
        ("anger", {}, 0),
        ("anger", {"audio": Path("gone")}, 1),
        ("anger", {"audio": None}, 1),
        ("no agreement", {"audio": Path("gone")}, 0),
        ("anger", {"label": "sadness"}, 1),
        ("neutral", {"session": "Ses02"}, 1),
    ],
)
def test_the_verdict_on_iemocap(tmp_path, monkeypatch, label, change, status):
    turns = published_turns(sound(tmp_path / "a.wav"))
    at = next(i for i, u in enumerate(turns) if u.label == label and u.session != "Ses02")
    turns[at] = replace(turns[at], **change)
    monkeypatch.setattr(iemocap_reader, "read_turns", lambda root, strict: (turns, []))
    monkeypatch.setattr(report, "tokenize", str.split)  # 10,039 of them take a second
    found = inspect_corpus("iemocap", tmp_path, fast=True)
    assert found["status"] == status, found["verdict"]
    if not change:
        numbers = counts(found)
        assert all(ok for _, _, ok in numbers.values()) and len(numbers) == 1 + 11 + 2 + 5
        assert numbers["labelled turns"][0] == 10_039 and numbers["the 7 classes"][1] == 7_487
        assert numbers["the 4 classes"][1] == 5_531 and numbers["the 4 classes, Ses05"][1] == 1_241


def test_a_small_iemocap_in_its_own_layout(tmp_path):
    found = inspect_corpus("iemocap", write_iemocap(tmp_path, turns=40, voice=False))
    assert found["status"] == 1 and counts(found)["labelled turns"] == (40, 10_039, False)
    assert (
        found["clips"]["files"] == 40
        and found["clips"]["unusable"] == {}
        and found["texts"]["with_word_times"] >= 38
    )
    assert "likely" in found["refusal"]["do"] and "likely" in report_text(found)


@pytest.fixture
def meld_of(monkeypatch):
    """A function: the report on these rows, as if the reader had found them."""

    def check(rows, **options):
        corpus = Corpus("meld", meld_release.MELD_LABELS, tuple(rows))
        monkeypatch.setitem(report.READERS, "meld", lambda root, strict: corpus)
        monkeypatch.setattr(
            "mcsan_lite.datasets.meld.reader.found_defects",
            lambda root: [Defect("zero span", ("test_dia0_utt0",), "too short")],
        )
        monkeypatch.setattr(report, "tokenize", str.split)  # 13,708 texts take a second
        return inspect_corpus("meld", "somewhere", **options)

    return check


def published_rows(clip):
    rows = []
    for split, numbers in meld_release.MELD_COUNTS.items():
        labels = [
            label
            for label, n in zip(meld_release.MELD_LABELS, numbers, strict=True)
            for _ in range(n)
        ]
        rows += [
            Utterance(f"{split}_dia{i // 10}_utt{i % 10}", clip, "hm", label, split=split)
            for i, label in enumerate(labels)
        ]
    return rows


@pytest.mark.parametrize(
    "lost, status", [(set(), 0), (NO_USABLE_CLIP, 0), (NO_USABLE_CLIP | {"test_dia0_utt0"}, 1)]
)
def test_the_verdict_on_meld(meld_of, tmp_path, lost, status):
    rows = published_rows(sound(tmp_path / "a.wav"))
    assert {u.id for u in rows} >= lost
    gone = {i: None if i.startswith("valid") else tmp_path / "gone" for i in lost}
    found = meld_of([replace(u, audio=gone.get(u.id, u.audio)) for u in rows], fast=True)
    assert (
        found["status"] == status
        and all(c["ok"] for c in found["counts"])
        and len(found["counts"]) == 1 + 3 * 8
    )
    assert found["counts"][0][
        "published"
    ] == 13_708 and "zero span: 0 / 0 / 1: too short" in report_text(found)
    assert len(found["clips"]["none"]) + len(found["clips"]["unusable"]) == len(lost)


def test_meld_without_any_clip_is_not_the_published_set(meld_of):
    found = meld_of(published_rows(None))
    assert (
        found["status"] == 1
        and found["verdict"] == "not the published meld: 13,706 utterances without a clip"
    )
    assert "clips: 0\n" in report_text(found) and len(found["clips"]["none"]) == 13_708


def test_a_small_meld_in_its_own_layout(tmp_path):
    found = inspect_corpus("meld", write_meld(tmp_path, rows=210, voice=False))
    assert found["status"] == 1 and counts(found)["rows"] == (210, 13_708, False)
    assert {d["kind"] for d in found["defects"]} >= {
        "corrupt clip",
        "missing clip",
        "wrong test cut",
    }
    assert {
        "kind",
        "what",
        "rows",
        "train",
        "valid",
        "test",
        "keep",
        "trim",
        "drop",
        "recut",
    } == set(found["defects"][0])
    assert set(found["clips"]["unusable"]) <= NO_USABLE_CLIP and list(found["groups"]) == [
        "all",
        "train",
        "valid",
        "test",
    ]
    assert found["repeats"]["audio"]["across"] and "recordings" not in found["verdict"], (
        "MELD came with one such clip"
    )


@pytest.mark.skipif(
    not (SHARED / "meld").is_dir(), reason=f"no official MELD annotation in {SHARED} (MCSAN_DATA)"
)
def test_the_official_annotation_of_meld():
    found = inspect_corpus("meld", SHARED / "meld")
    numbers = counts(found)
    assert numbers["train"] == (9_989, 9_989, True) and numbers["valid, disgust"] == (22, 22, True)
    assert (
        found["texts"]["without_letter"]
        and found["texts"]["empty"] == []
        and found["groups"]["train"]["speakers"] == 260
    )
    assert next(d for d in found["defects"] if d["kind"] == "duplicate row")["train"] == 5
    assert found["status"] == 1 and found["repeats"]["text"]["in_train"]["valid"] > 100


@pytest.mark.skipif(
    not (SHARED / "iemocap_shaped").is_dir(), reason=f"no shaped IEMOCAP in {SHARED} (MCSAN_DATA)"
)
def test_the_shaped_iemocap():
    found = inspect_corpus("iemocap", SHARED / "iemocap_shaped")
    assert found["status"] == 1 and counts(found)["the 7 classes"] == (8, 7_487, False)
    assert (
        found["clips"] == {"files": 9, "none": [], "unusable": {}, "odd": {}}
        and found["texts"]["with_word_times"] == 8
    )
    assert "transcript id with XX" in {s["kind"] for s in found["skipped"]}
    assert found["formats"] == [{"rate": 16_000, "channels": 1, "clips": 9}]
