"""The IEMOCAP reader, on invented trees in the release's formats, and on a shaped one."""

import os
import random
import shutil
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iemocap_files import (
    DATA,
    TURNS,
    WDSEG,
    edit,
    kinds,
    label_line,
    published,
    put,
    refusal,
    release,
    text_line,
)

from mcsan_lite.corpus import Corpus
from mcsan_lite.datasets.iemocap.reader import read_iemocap, read_turns
from mcsan_lite.datasets.iemocap.release import (
    IEMOCAP_FOUR_LABELS,
    IEMOCAP_LABELS,
)
from mcsan_lite.errors import DataError


def test_every_field(tmp_path):
    folder = release(tmp_path, TURNS)
    turns, skipped = read_turns(tmp_path, strict=False)
    assert [u.id for u in turns] == sorted(TURNS) and skipped == []
    u = {u.id: u for u in turns}
    first = u["Ses01F_impro01_M000"]
    assert (first.label, first.text, first.speaker) == (
        "excitement",
        "The hen sat - twice: there.",
        "Ses01M",
    )
    assert (first.dialogue, first.session, first.scenario) == (
        "Ses01F_impro01",
        "Ses01",
        "impro01",
    )
    assert first.audio == folder / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav"
    assert [(w.text, w.start_s, w.end_s) for w in first.words] == [
        ("the", 0.03, 0.12),
        ("hen", 0.12, 0.21),
    ]
    late, scripted = u["Ses03M_impro05a_M100"], u["Ses05M_script01_1b_F007"]
    assert (late.dialogue, late.scenario, late.speaker) == ("Ses03M_impro05a", "impro05", "Ses03M")
    assert (scripted.scenario, scripted.speaker) == ("script01_1", "Ses05F")
    assert {u["Ses01F_impro01_F001"].label, u["Ses05M_script01_1b_M008"].label} == {
        "no agreement",
        "disgust",
    }
    assert read_turns(folder, strict=False)[0] == read_turns(str(tmp_path), strict=False)[0]


def test_seven_and_four_classes(tmp_path):
    release(tmp_path, TURNS)
    seven, four = (read_iemocap(tmp_path, classes=n, strict=False) for n in (7, 4))
    assert (seven.name, seven.labels, four.name, four.labels) == (
        "iemocap",
        IEMOCAP_LABELS,
        "iemocap4",
        IEMOCAP_FOUR_LABELS,
    )
    assert seven.counts()[lambda c: c > 0].to_dict() == {
        "anger": 1,
        "excitement": 1,
        "happiness": 1,
        "neutral": 1,
    }
    assert four.counts().to_dict() == {"anger": 1, "happiness": 2, "sadness": 0, "neutral": 1}
    for corpus in (seven, four):
        assert corpus.skipped_kinds().to_dict() == {"label no agreement": 1, "label disgust": 1}
    assert "Given: 6 classes" in refusal(tmp_path, classes=6) and "Given: '4' classes" in refusal(
        tmp_path, classes="4"
    )


def test_the_order_of_the_folder_does_not_matter(tmp_path, monkeypatch):
    folder = release(tmp_path, TURNS)
    for name in ("._a.wav", "._b.wav"):
        put(folder / "Session1/sentences/wav/x" / name)
    for i in range(5):
        (folder / f"Session1 copy {i}").mkdir()
    expected = read_iemocap(tmp_path, strict=False)
    scandir, listdir = os.scandir, os.listdir

    class Shuffled(list):
        def __enter__(self):  # pathlib opens it with `with`
            return self

        def __exit__(self, *_):
            pass

    def shuffled(entries):
        entries = sorted(entries, key=str)
        return Shuffled(random.Random(1).sample(entries, len(entries)))

    monkeypatch.setattr(os, "scandir", lambda *a: shuffled(scandir(*a)))
    monkeypatch.setattr(os, "listdir", lambda *a: shuffled(listdir(*a)))
    assert os.listdir(folder) != sorted(os.listdir(folder))
    assert read_iemocap(tmp_path, strict=False) == expected and len(expected.skipped) == 9


def test_only_files_directly_in_emoevaluation_are_labels(tmp_path):
    labels = release(tmp_path, TURNS) / "Session1/dialog/EmoEvaluation"
    for name in (
        "Categorical/Ses01F_impro01_e2_cat.txt",
        "Self-evaluation/Ses01F_impro01_f.txt",
        "Attribute/a.txt",
    ):
        put(
            labels / name,
            label_line("Ses01F_impro01_M009") + label_line("Ses01F_impro01_F000", "sad"),
        )
    (labels / "folder.txt").mkdir()
    assert len(read_turns(tmp_path, strict=False)[0]) == 6


def test_a_raters_file_among_the_labels_is_named(tmp_path):
    put(
        release(tmp_path, TURNS) / "Session1/dialog/EmoEvaluation/a_e2_cat.txt",
        "Ses01F_impro01_F000 :Anger; ()\n" * 2,
    )
    turns, skipped = read_turns(tmp_path, strict=False)
    assert len(turns) == 6 and kinds(skipped) == {"unknown line among labels": 2}
    assert "2 lines are no labels: files of Categorical" in refusal(tmp_path)


@pytest.mark.parametrize(
    "folder, name, kind, crucial",
    [
        (
            "dialog/transcriptions",
            "Ses01F_impro01.txt",
            "label without transcript",
            "line 3 of Session1/dialog/EmoEvaluation",
        ),
        (
            "sentences/wav/Ses01F_impro01",
            "Ses01F_impro01_F000.wav",
            "wav missing",
            "sentences/wav/Ses01F_impro01",
        ),
        (
            "sentences/ForcedAlignment/Ses01F_impro01",
            "Ses01F_impro01_F000.wdseg",
            "alignment missing",
            "ForcedAlignment/",
        ),
    ],
)
def test_a_missing_file(tmp_path, folder, name, kind, crucial):
    (release(tmp_path, TURNS) / "Session1" / folder / name).unlink()
    turns, skipped = read_turns(tmp_path, strict=False)
    first = next(s for s in skipped if s.id == "Ses01F_impro01_F000")
    assert set(kinds(skipped)) == {kind} and crucial in first.reason
    u = next((u for u in turns if u.id == "Ses01F_impro01_F000"), None)
    if kind == "label without transcript":
        assert u is None and len(turns) == 3 and len(skipped) == 3
    else:
        assert len(turns) == 6 and len(skipped) == 1
        assert (u.audio is None) == (kind == "wav missing") and (u.words == ()) == (
            kind == "alignment missing"
        )


def test_a_turn_is_never_kept_with_an_empty_text(tmp_path):
    edit(
        release(tmp_path, TURNS) / "Session1/dialog/transcriptions/Ses01F_impro01.txt",
        text_line("Ses01F_impro01_M000"),
        "Ses01F_impro01_M000 [001.2500-003.6779]:  \r\n",
    )
    turns, (skipped,) = read_turns(tmp_path, strict=False)
    assert len(turns) == 5 and skipped.id == "Ses01F_impro01_M000"
    assert (
        skipped.reason
        == "transcript empty: line 2 of Session1/dialog/transcriptions/Ses01F_impro01.txt"
    )


def test_what_belongs_to_no_turn_is_named(tmp_path):
    session = release(tmp_path, TURNS) / "Session1"
    put(
        session / "dialog/transcriptions/Ses01M_impro02.txt",
        text_line("Ses01M_impro02_F000") + "F: Mm.\n" + text_line("Ses01M_impro02_FXX1"),
    )
    put(session / "sentences/wav/Ses01M_impro02/Ses01M_impro02_F000.wav")
    put(session / "sentences/wav/Ses01M_impro02/Ses01F_impro01_F000.wav")
    put(session / "sentences/wav/Ses01F_impro01_F000.wav")
    put(session / "sentences/ForcedAlignment/Ses01M_impro02/Ses01M_impro02_F000.wdseg")
    put(
        session.parent / "Session1 copy/dialog/EmoEvaluation/Ses01F_impro01.txt",
        label_line("Ses01F_impro01_F000"),
    )
    turns, skipped = read_turns(tmp_path, strict=False)
    assert len(turns) == 6 and all(u.audio for u in turns)
    assert kinds(skipped) == {
        "transcript without label": 1,
        "transcript line without id": 1,
        "transcript id with XX": 1,
        "wav without label": 1,
        "wav misplaced": 2,
        "wdseg without label": 1,
        "not read": 1,
    }


def test_a_misplaced_clip_is_not_used(tmp_path):
    wav = release(tmp_path, TURNS) / "Session1/sentences/wav"
    (wav / "Ses01F_impro01/Ses01F_impro01_F000.wav").rename(wav / "Ses01F_impro01_F000.wav")
    turns, skipped = read_turns(tmp_path, strict=False)
    assert turns[0].audio is None and kinds(skipped) == {"wav missing": 1, "wav misplaced": 1}
    assert "Session1/sentences/wav/Ses01F_impro01_F000.wav" in {s.id for s in skipped}


@pytest.mark.parametrize(
    "content", ["", WDSEG[:40], WDSEG[:-20], WDSEG.replace("20", " 2"), "\0\0\0"]
)
def test_an_unreadable_alignment_is_named(tmp_path, content):
    put(
        release(tmp_path, TURNS)
        / "Session1/sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg",
        content,
    )
    turns, (skipped,) = read_turns(tmp_path, strict=False)
    assert (
        turns[0].id == skipped.id == "Ses01F_impro01_F000"
        and turns[0].words == ()
        and turns[1].words
    )
    assert (
        skipped.reason.startswith("alignment unreadable: line ")
        and f"{skipped.id}.wdseg" in skipped.reason
    )


def test_text_only(tmp_path):
    release(tmp_path, TURNS, sounds=False)
    turns, skipped = read_turns(tmp_path, strict=False)
    assert len(turns) == 6 and all(u.audio is None and u.words == () for u in turns)
    assert kinds(skipped) == {"wav missing": 6, "alignment missing": 6}


def test_line_ends_and_latin_1(tmp_path):
    folder = release(tmp_path, TURNS)
    expected = read_turns(tmp_path, strict=False)
    for path in folder.rglob("*.txt"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_turns(tmp_path, strict=False) == expected
    edit(folder / "Session1/dialog/transcriptions/Ses01F_impro01.txt", "hen", b"caf\xe9\x85 hen")
    assert (
        read_turns(tmp_path, strict=False)[0][0].text == "The caf\xe9\x85 hen sat - twice: there."
    )


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "part, line", [("EmoEvaluation", label_line), ("transcriptions", text_line)]
)
def test_a_turn_that_is_there_twice(tmp_path, part, line, strict):
    session = release(tmp_path, published() if strict else TURNS, sounds=False) / "Session1"
    turn = "Ses01F_impro01_F000"
    put(session / f"dialog/{part}/Ses01F_impro01 copy.txt", "\n" + line(turn))
    text = refusal(tmp_path, strict=strict)
    assert f"both {turn}" in text and f"Session1/dialog/{part}/Ses01F_impro01.txt" in text
    assert (
        f"line 2 of Session1/dialog/{part}/Ses01F_impro01 copy.txt" in text
        and "unpacked twice" in text
    )


def test_a_label_line_twice_in_one_file(tmp_path):
    path = release(tmp_path, TURNS) / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    put(path, label_line("Ses01F_impro01_F000") + "\n" + label_line("Ses01F_impro01_F000", "sad"))
    assert "line 1 of Session1/dialog/EmoEvaluation/Ses01F_impro01.txt and line 3 of" in refusal(
        tmp_path, strict=False
    )


@pytest.mark.parametrize(
    "old, new, crucial",
    [
        ("\tang\t", "\tagn\t", "did you mean 'ang'?"),
        ("[1.2500 -", "[1.25", "line 3 of Session1/dialog/EmoEvaluation/"),
    ],
)
def test_a_broken_label_line_is_refused_with_its_file(tmp_path, old, new, crucial):
    path = release(tmp_path, TURNS) / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    edit(path, old, new)
    assert crucial in refusal(tmp_path, strict=False) and path.name in refusal(
        tmp_path, strict=False
    )


def test_no_release(tmp_path):
    assert f"no Session1 … Session5 in {tmp_path / 'nowhere'}" in refusal(tmp_path / "nowhere")
    assert "no Session1" in refusal(put(tmp_path / "file"))
    folder = release(tmp_path, TURNS)
    assert f"name the folder above: {folder}\n" in refusal(folder / "Session1") + "\n"
    for session in folder.iterdir():
        shutil.rmtree(session / "dialog/EmoEvaluation")
    assert "no labelled turn in Session1, Session3, Session5" in refusal(tmp_path, strict=False)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_files_never_crash(tmp_path_factory, data):
    root = tmp_path_factory.getbasetemp() / "mutated-iemocap"
    folder = root / "IEMOCAP_full_release"
    if not folder.is_dir():
        release(root, TURNS)
    path = data.draw(
        st.sampled_from(
            sorted(folder.rglob("Ses01F*.txt")) + sorted(folder.rglob("Ses01F*.wdseg"))[:1]
        )
    )
    content = before = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at, cut = (
            data.draw(st.integers(0, len(content))),
            data.draw(st.integers(0, 20) | st.just(1000)),
        )
        junk = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"\n", b"[", b"]:", b"9" * 99, content[:at]])
        )
        content = content[:at] + junk + content[at + cut :]
    path.write_bytes(content)
    try:
        corpus = read_iemocap(root, strict=data.draw(st.booleans()))
    except DataError as error:
        assert error.given and error.expected and error.do
    else:
        assert isinstance(corpus, Corpus) and all(u.text for u in corpus.utterances)
        assert all(s.kind and s.detail for s in corpus.skipped)
    finally:
        path.write_bytes(before)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no shaped IEMOCAP tree in {DATA} (MCSAN_DATA)")
def test_the_shaped_tree():
    turns, skipped = read_turns(DATA, strict=False)
    assert len(turns) == 9 and all(u.audio.is_file() and u.text for u in turns)
    assert Counter(u.label for u in turns) == Counter(
        {"neutral": 2}
        | dict.fromkeys(
            (
                "anger",
                "frustration",
                "no agreement",
                "sadness",
                "excitement",
                "happiness",
                "surprise",
            ),
            1,
        )
    )
    assert kinds(skipped) == {
        "hidden file": 13,
        "transcript line without id": 3,
        "transcript id with XX": 1,
        "rater value missing": 1,
        "alignment missing": 1,
    }
    odd = {s.kind: s for s in skipped}
    assert (
        odd["alignment missing"].id == "Ses03M_impro03_M001"
        and odd["rater value missing"].id == "Ses01F_impro01_M001"
    )
    assert "dominance by E4" in odd["rater value missing"].reason
    assert "Ses01F_impro01_MXX0" in odd["transcript id with XX"].reason
    assert all("/._" in s.id for s in skipped if s.kind == "hidden file")
    u = {u.id: u for u in turns}
    assert [w.text for w in u["Ses03M_impro05a_M000"].words] == ["you", "can", "sing"]
    assert (
        u["Ses03M_impro05a_M000"].words[-1].end_s == 0.77
        and u["Ses03M_impro05a_F000"].scenario == "impro05"
    )
    assert u["Ses01F_impro01_M001"].text.endswith("tomorrow -- it is only a screw.")
    assert u["Ses03M_impro03_M001"].words == () and sum(bool(u.words) for u in turns) == 8
    assert (
        len(read_iemocap(DATA, strict=False)) == 8
        and len(read_iemocap(DATA, classes=4, strict=False)) == 6
    )
    assert "Ses03 lacks 30 of 32 label files" in refusal(
        DATA
    ) and "session 2 is missing" in refusal(DATA)
