"""MELD's annotation, on invented files, and on the official ones where they are."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meld_files import HEADER, OFFICIAL, ROWS, published, refusal, turn, write

from mcsan_lite.corpus import Corpus, Skipped
from mcsan_lite.datasets import READERS
from mcsan_lite.datasets.meld.annotation import parse_time
from mcsan_lite.datasets.meld.reader import read_meld
from mcsan_lite.datasets.meld.release import ANNOTATION_FILES, MELD_COUNTS, MELD_LABELS
from mcsan_lite.errors import DataError


def test_every_field(tmp_path):
    corpus = read_meld(write(tmp_path), strict=False)
    assert corpus.name == "meld" and corpus.labels == MELD_LABELS
    first, second, third = corpus.utterances
    assert (first.id, first.text, first.label) == (
        "train_dia0_utt0",
        "Well, the kettle sings.",
        "joy",
    )
    assert (first.speaker, first.dialogue, first.scenario, first.split) == (
        "Ada",
        "train_dia0",
        "S04E07",
        "train",
    )
    assert (second.id, second.speaker) == ("train_dia0_utt2", "Ben")
    assert (third.text, third.scenario) == ('She said "never".', "S12E21")
    assert all(u.audio is None and u.session == "" for u in corpus.utterances)


def test_missing_parts_are_told(tmp_path):
    corpus = read_meld(write(tmp_path), strict=False)
    assert [s.id for s in corpus.skipped] == ["dev_sent_emo.csv", "test_sent_emo.csv"]
    assert all("no such file" in s.reason for s in corpus.skipped)


def test_three_parts_share_ids_without_clash(tmp_path):
    for name in ANNOTATION_FILES:
        write(tmp_path / "data" / "MELD", name=name)
    corpus = read_meld(tmp_path, strict=False)
    assert Counter(u.split for u in corpus.utterances) == {"train": 3, "valid": 3, "test": 3}
    assert "valid_dia5_utt0" in {u.id for u in corpus.utterances} and corpus.skipped == ()


def test_ends_of_lines_blank_lines_bom_and_column_order_do_not_matter(tmp_path):
    expected = read_meld(write(tmp_path / "crlf"), strict=False).fingerprint()
    assert read_meld(write(tmp_path / "lf", end="\n"), strict=False).fingerprint() == expected
    assert (
        read_meld(write(tmp_path / "bom", encoding="utf-8-sig"), strict=False).fingerprint()
        == expected
    )
    assert (
        read_meld(write(tmp_path / "blank", [*ROWS, "", ""]), strict=False).fingerprint()
        == expected
    )
    table = [
        row[1:2] + row[:1] + row[:1:-1]
        for row in csv.reader(io.StringIO("\n".join([HEADER, *ROWS])))
    ]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(table)
    (tmp_path / "turned").mkdir()
    (tmp_path / "turned" / ANNOTATION_FILES["train"]).write_bytes(
        b"\xef\xbb\xbf" + out.getvalue().encode()
    )
    assert read_meld(tmp_path / "turned", strict=False).fingerprint() == expected


def test_control_characters_become_the_punctuation_they_were(tmp_path):
    old = "I\x92m \x93in\x94\x85 up \x96 down\x97 d\xe9j\xe0 "
    (u,) = read_meld(write(tmp_path, [turn(old)]), strict=False).utterances
    assert u.text == "I\u2019m \u201cin\u201d\u2026 up \u2013 down\u2014 d\xe9j\xe0 "


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_encodings(tmp_path, encoding):
    (u,) = read_meld(
        write(tmp_path, [turn("It\u2019s caf\xe9\u2026")], encoding=encoding), strict=False
    ).utterances
    assert u.text == "It\u2019s caf\xe9\u2026"


def test_one_foreign_line_does_not_spoil_the_others(tmp_path):
    write(tmp_path, [turn("caf\xe9\u2026")])
    with open(tmp_path / ANNOTATION_FILES["train"], "ab") as file:
        file.write(turn("caf\xe9\u2026\x81", number=4).encode("latin-1", "replace") + b"\n")
    texts = [u.text for u in read_meld(tmp_path, strict=False).utterances]
    assert texts == ["caf\xe9\u2026", "caf\xe9?"]


def test_empty_text_is_skipped(tmp_path):
    corpus = read_meld(write(tmp_path, [*ROWS, turn('"  "')]), strict=False)
    assert len(corpus) == 3 and corpus.skipped_kinds()["empty text"] == 1
    assert (
        Skipped(
            "train_dia8_utt3", "empty text", f"line 5 of {tmp_path / ANNOTATION_FILES['train']}"
        )
        in corpus.skipped
    )


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("00:20:57,256", 1257.256),
        ("0:21:01,927", 1261.927),
        ("01:00:00,000", 3600.0),
        (" 00:00:02,5 ", 2.5),
        ("00:06:47,28", 407.28),
        ("00:00:00,001", 0.001),
        ("", None),
        ("00:20:57.256", None),
        ("20:57,256", None),
        ("00:20:57,2567", None),
        ("٠٠:٢٠:٥٧,٢٥٦", None),
        ("-0:20:57,256", None),
        ("0:0:1,0", None),
    ],
)
def test_times(text, seconds):
    assert parse_time(text) == (seconds if seconds is None else pytest.approx(seconds, abs=1e-9))


def test_an_unreadable_time_is_told_and_the_row_is_kept(tmp_path):
    corpus = read_meld(write(tmp_path, [*ROWS, turn(times=("00:00:01,000", "soon"))]), strict=False)
    (told,) = (s for s in corpus.skipped if s.id == "train_dia8_utt3")
    assert (
        told.reason.startswith("unreadable time: line 5 of ")
        and "EndTime 'soon'" in told.reason
        and len(corpus) == 4
    )


@pytest.mark.parametrize("columns", [1, 2])
def test_old_copies_without_times_are_read(tmp_path, columns):
    rows = [row.rsplit(',"', columns)[0] for row in [turn(), turn(number=4)]]
    corpus = read_meld(
        write(tmp_path, rows, header=HEADER.rsplit(",", columns)[0]), strict=False, defects="drop"
    )
    (told,) = (s for s in corpus.skipped if s.id == ANNOTATION_FILES["train"])
    assert len(corpus) == 2 and told.kind == "no times" and "EndTime" in told.reason
    assert ("StartTime" in told.reason) == (columns == 2)


@pytest.mark.parametrize("place", ["", "data/MELD", "train", "MELD.Raw/train", "a/b/c"])
def test_where_the_annotation_may_lie(tmp_path, place):
    write(tmp_path / place)
    write(tmp_path / place.rpartition("/")[0], name="valid")
    corpus = read_meld(tmp_path, strict=False)
    assert Counter(u.split for u in corpus.utterances) == {"train": 3, "valid": 3}


def test_copies_of_the_annotation_are_one_and_others_are_refused(tmp_path):
    write(tmp_path / "data" / "MELD")
    expected = read_meld(tmp_path, strict=False).fingerprint()
    write(tmp_path / "train", end="\n")
    assert read_meld(tmp_path, strict=False).fingerprint() == expected
    write(tmp_path / "train", ROWS[:2])
    text = refusal(tmp_path, strict=False)
    assert "two different train_sent_emo.csv" in text and str(tmp_path / "data" / "MELD") in text


def test_what_cannot_be_read_is_refused_by_name(tmp_path):
    assert f"no train_sent_emo.csv in {tmp_path}" in refusal(
        write(tmp_path / "a/b/c/d") and tmp_path
    )
    (tmp_path / ANNOTATION_FILES["train"]).symlink_to(tmp_path / "gone")
    assert f"no train_sent_emo.csv in {tmp_path}" in refusal(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert f"{tmp_path / 'loop'}: " in refusal(tmp_path)


def test_a_wrong_label_gets_its_line_and_a_suggestion(tmp_path):
    text = refusal(
        write(tmp_path, ['1,"two\nlines",Ada,joy,positive,0,0,4,7,"",""', turn(emotion="angr")])
    )
    assert (
        f"line 4 of {tmp_path / ANNOTATION_FILES['train']}: Emotion 'angr'" in text
        and "did you mean 'anger'?" in text
    )


@pytest.mark.parametrize(
    "old, new, crucial",
    [
        ("Utterance,", "Utterence,", "did you mean 'Utterance' by 'Utterence'?"),
        ("Dialogue_ID", "dialogue id", "did you mean 'Dialogue_ID' by 'dialogue id'?"),
        ("Emotion,", "Label,", "without the column 'Emotion'; it has 'Sr No.', 'Utterance'"),
    ],
)
def test_a_wrong_column_gets_a_suggestion(tmp_path, old, new, crucial):
    text = refusal(write(tmp_path, header=HEADER.replace(old, new)), strict=False)
    assert crucial in text and ANNOTATION_FILES["train"] in text


@pytest.mark.parametrize(
    "row, crucial",
    [
        (turn(dialogue="x"), "line 5 of {}: Dialogue_ID 'x'"),
        (turn(number=-1), "line 5 of {}: Utterance_ID '-1'"),
        (turn(season="4.0"), "line 5 of {}: Season '4.0'"),
        (turn(episode=""), "line 5 of {}: Episode ''"),
        (turn(number="9" * 5000), "line 5 of {}: Utterance_ID"),
        (turn("a, b"), "line 5 of {}: 12 fields"),
        ("just a text", "line 5 of {}: 1 fields"),
        ('9,"never closed', "line 5 of {}: unexpected end"),
        (turn(dialogue=0, number=2), "lines 3 and 5 of {}: both Dialogue_ID 0, Utterance_ID 2"),
    ],
)
def test_a_wrong_line_gets_its_number(tmp_path, row, crucial):
    assert crucial.format(tmp_path / ANNOTATION_FILES["train"]) in refusal(
        write(tmp_path, [*ROWS, row]), strict=False
    )


def test_the_number_is_that_of_the_file_behind_blank_and_long_lines(tmp_path):
    rows = ["", '1,"one\r\ntwo\r\nthree",Ada,joy,positive,0,0,4,7,"",""', "", turn(emotion="bored")]
    lines = (write(tmp_path, rows) / ANNOTATION_FILES["train"]).read_bytes().split(b"\r\n")
    assert b"bored" in lines[7 - 1] and f"line 7 of {tmp_path}" in refusal(tmp_path, strict=False)


def test_missing_folder_and_empty_file(tmp_path):
    assert f"no train_sent_emo.csv in {tmp_path / 'nowhere'}" in refusal(tmp_path / "nowhere")
    (tmp_path / ANNOTATION_FILES["train"]).touch()
    assert "the empty file" in refusal(tmp_path)
    assert "without a single utterance" in refusal(write(tmp_path, []), strict=False)


def test_published_counts_pass(tmp_path):
    for name in ANNOTATION_FILES:
        write(tmp_path, published(name), name)
    assert len(read_meld(tmp_path)) == 9_989 + 1_109 + 2_610


@pytest.mark.parametrize(
    "rows, likely",
    [
        (published("valid", {"joy": -1}), "1 rows are missing"),
        (published("valid", {"joy": 1}), "1 rows too many"),
        (published("valid", {"joy": -1, "fear": 1}), "labels were changed"),
        (published("test"), "looks like test_sent_emo.csv under another name"),
    ],
)
def test_other_counts_are_refused_beside_the_published_ones(tmp_path, rows, likely):
    write(tmp_path, published("train"))
    text = refusal(write(tmp_path, rows, "valid"))
    assert f"{ANNOTATION_FILES['valid']} with {len(rows):,} rows: anger" in text and likely in text
    assert "the published 1,109 rows: anger 153, disgust 22, fear 40, joy 163, neutral 470" in text
    assert "--allow-incomplete (strict=False)" in text
    assert len(read_meld(tmp_path, strict=False)) == 9_989 + len(rows)


def test_a_row_without_text_counts_as_a_row(tmp_path):
    rows = published("train")
    rows[40] = rows[40].replace("Hm.", "")
    assert len(read_meld(write(tmp_path, rows))) == 9_988


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\x1c", "\x1f"])
def test_blanks_of_every_kind_beside_a_number_are_no_matter(blank, tmp_path):
    """`str.strip` takes more characters away than `int` does by itself."""
    folder = write(tmp_path, [turn(dialogue=f"{blank}4{blank}", number=f"{blank}7")])
    assert [one.id for one in read_meld(folder, strict=False).utterances] == ["train_dia4_utt7"]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_lines_never_crash(tmp_path_factory, data):
    content = "\r\n".join([HEADER, *ROWS]).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at, cut = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 12))
        junk = data.draw(
            st.binary(max_size=4)
            | st.sampled_from(
                [
                    b'"',
                    b",",
                    b"\r",
                    b"\n",
                    b"\0",
                    b"\x85",
                    b"\xef\xbb",
                    b"99:99:99,999",
                    b"-0:00:00,1",
                    b":",
                    b",9999",
                ]
            )
        )
        content = content[:at] + junk + content[at + cut :]
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    (folder / ANNOTATION_FILES["train"]).write_bytes(content)
    try:
        corpus = read_meld(
            folder,
            strict=data.draw(st.booleans()),
            defects=data.draw(
                st.sampled_from([["keep"], ["trim"], ["drop"], ["drop", "recut", "trim"]])
            ),
        )
    except DataError as error:
        assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
    else:
        assert isinstance(corpus, Corpus) and 1 <= len(corpus) <= 6
        assert all(s.kind and s.detail for s in corpus.skipped)


def test_the_table_of_readers():
    assert READERS["meld"] is read_meld


@pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason=f"no official MELD annotation in {OFFICIAL} (MCSAN_DATA)"
)
def test_the_official_files():
    corpus = read_meld(OFFICIAL)
    counts = Counter((u.split, u.label) for u in corpus.utterances)
    for split, size in (("train", 9_989), ("valid", 1_109)):
        assert (
            tuple(counts[split, label] for label in MELD_LABELS) == MELD_COUNTS[split]
            and sum(MELD_COUNTS[split]) == size
        )
    assert (
        "test_sent_emo.csv" in {s.id for s in corpus.skipped} or counts["test", "neutral"] == 1_256
    )
    assert len({u.dialogue for u in corpus.utterances if u.split == "train"}) == 1_038
    assert not any(0x80 <= ord(c) < 0xA0 for u in corpus.utterances for c in u.text)
