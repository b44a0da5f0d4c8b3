"""A release with other counts than the published ones, or with gaps, is refused by name."""

import os
import shutil
from collections import Counter

import pytest
from iemocap_files import (
    TURNS,
    edit,
    label_line,
    published,
    put,
    refusal,
    release,
    text_line,
)

from mcsan_lite.datasets.iemocap import completeness
from mcsan_lite.datasets.iemocap.reader import read_iemocap, read_turns
from mcsan_lite.datasets.iemocap.release import (
    EMOTION_CODES,
    IEMOCAP_TURNS,
    NEVER_ALIGNED,
    SessionCounts,
)


def test_the_published_counts_pass(tmp_path):
    whole = release(tmp_path, published())
    seven, four = read_iemocap(whole), read_iemocap(whole, classes=4)
    assert len(seven) == 7_487 and len(four) == 5_531
    assert seven.counts().to_list() == [1103, 1041, 595, 1084, 1849, 107, 1708]
    assert four.counts().to_list() == [1103, 1636, 1084, 1708]
    assert list(Counter(u.session for u in four.utterances).values()) == [
        1085,
        1023,
        1151,
        1031,
        1241,
    ]
    dialogues = Counter(name[:5] for name in {u.dialogue for u in read_turns(whole)[0]})
    assert [dialogues[f"Ses0{i}"] for i in range(1, 6)] == [28, 30, 32, 30, 31]
    assert len({u.speaker for u in seven.utterances}) == 10 and all(
        u.audio for u in seven.utterances
    )
    assert seven.skipped_kinds().to_dict() == {
        "label no agreement": 2507,
        "label fear": 40,
        "label other": 3,
        "label disgust": 2,
        "alignment missing": 2,
    }
    assert {s.id for s in seven.skipped if s.kind.startswith("alignment")} == NEVER_ALIGNED


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A release that is complete, were TURNS all that was published."""
    turns = TURNS | {"Ses03M_impro03_M001": "sad"}
    names = Counter(EMOTION_CODES[code] for code in turns.values())
    published_turns = {label: names[label] for label in IEMOCAP_TURNS}
    monkeypatch.setattr(completeness, "IEMOCAP_TURNS", published_turns)
    sessions = {
        "Ses01": SessionCounts(dialogues=1, four_class_turns=2),
        "Ses03": SessionCounts(dialogues=2, four_class_turns=2),
        "Ses05": SessionCounts(dialogues=1, four_class_turns=1),
    }
    monkeypatch.setattr(completeness, "SESSIONS", sessions)
    folder = release(tmp_path, turns)
    assert len(read_turns(folder)[0]) == 7
    return folder


@pytest.mark.parametrize(
    "path, found",
    [
        ("sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav", "\n  wav missing: 1 turns\n"),
        ("sentences/wav", "\n  wav missing: 3 turns\n"),
        (
            "sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg",
            "\n  alignment missing: 1 turns\n",
        ),
        ("dialog/transcriptions/Ses01F_impro01.txt", "\n  label without transcript: 3 turns\n"),
    ],
)
def test_strict_refuses_gaps_with_list_and_count(small, path, found):
    (small / "Session1" / path).rename(small.parent / "away")
    text = refusal(small)
    assert found in text and "\n    Ses01F_impro01_F000 (" in text and "--allow-incomplete" in text
    assert not any(turn in text for turn in NEVER_ALIGNED)


def test_a_long_list_is_cut(small):
    shutil.rmtree(small / "Session1/sentences")
    assert "…" not in refusal(small)
    for session in (3, 5):
        shutil.rmtree(small / f"Session{session}/sentences")
    text = refusal(small)
    assert (
        "\n  wav missing: 7 turns\n" in text
        and text.count("\n    Ses") == 10
        and text.count("\n    …") == 2
    )


@pytest.mark.parametrize(
    "path, old, new, found",
    [
        (
            "dialog/transcriptions/Ses01F_impro01.txt",
            text_line("Ses01F_impro01_F000"),
            "",
            "label without transcript: 1 turns",
        ),
        (
            "dialog/transcriptions/Ses01F_impro01.txt",
            text_line("Ses01F_impro01_F000"),
            text_line("Ses01F_impro01_F000", " "),
            "transcript empty: 1 turns",
        ),
        (
            "sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg",
            "Total",
            "Totl",
            "alignment unreadable: 1 turns",
        ),
        ("sentences/wav/misplaced/Ses01F_impro01_F000.wav", None, "", "wav misplaced: 1 turns"),
    ],
)
def test_strict_refuses_broken_files(small, path, old, new, found):
    if old is None:
        put(small / "Session1" / path)
    else:
        edit(small / "Session1" / path, old, new)
    text = refusal(small)
    assert found in text and "Ses01F_impro01_F000" in text


@pytest.fixture(scope="module")
def labels_only(tmp_path_factory):
    return release(tmp_path_factory.mktemp("labels"), published(), sounds=False)


@pytest.fixture
def labels(labels_only, tmp_path):
    return shutil.copytree(labels_only, tmp_path / "copy", copy_function=os.link)


def test_a_missing_session_is_named(labels):
    shutil.rmtree(labels / "Session2")
    text = refusal(labels)
    assert "likely session 2 is missing." in text and "--allow-incomplete (strict=False)" in text
    assert text.count("<--") > 3 and "Ses02: 4 classes           0      1,023  <--" in text
    assert "Ses01: 4 classes       1,085      1,085\n" in text
    corpus = read_iemocap(labels, strict=False)
    assert {u.session for u in corpus.utterances} == {"Ses01", "Ses03", "Ses04", "Ses05"}


def test_a_missing_file_and_a_cut_file(labels):
    path = labels / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    content = path.read_text(encoding="utf-8")
    put(path, content[: content.index("\n[", len(content) // 2)])
    assert "likely a label file of Ses01 is cut off" in refusal(labels)
    path.unlink()
    assert "likely Ses01 lacks 1 of 28 label files." in refusal(labels)


def test_a_cut_off_turn_outside_the_four_classes(labels):
    path = next(
        p
        for p in sorted(labels.rglob("EmoEvaluation/*.txt"))
        if "\txxx\t" in p.read_text(encoding="utf-8")
    )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.remove(next(line for line in lines if "\txxx\t" in line))
    put(path, "".join(lines))
    text = refusal(labels)
    assert (
        "likely a label file is cut off." in text
        and "no agreement         2,506      2,507  <--" in text
    )


@pytest.mark.parametrize("new", ["hap", "sad"])
def test_a_changed_label(labels, new):
    path = labels / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    put(path, path.read_text(encoding="utf-8").replace("\tang\t", f"\t{new}\t", 1))
    text = refusal(labels)
    assert (
        "likely labels were changed: an edited copy, or one rater's labels." in text
        and "1,102      1,103  <--" in text
    )
    assert "labelled turns        10,039     10,039\n" in text


def test_labels_swapped_between_sessions_are_seen_by_their_counts(labels):
    for session, old, new in ((1, "ang", "fru"), (5, "fru", "ang")):
        files = sorted(labels.glob(f"Session{session}/dialog/EmoEvaluation/*"))
        path = next(p for p in files if f"\t{old}\t" in p.read_text(encoding="utf-8"))
        put(path, path.read_text(encoding="utf-8").replace(f"\t{old}\t", f"\t{new}\t", 1))
    text = refusal(labels)
    assert (
        "Ses01: 4 classes       1,084      1,085  <--" in text
        and "Ses05: 4 classes       1,242      1,241  <--" in text
    )
    assert "labels were changed" in text


def test_added_turns(labels):
    path = labels / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    put(path, path.read_text(encoding="utf-8") + label_line("Ses01F_impro01_F900"))
    assert "likely turns were added: an edited copy." in refusal(labels)
