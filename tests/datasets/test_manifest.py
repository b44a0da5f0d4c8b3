"""The reader of one's own table, on invented ones; the sound files are empty, since only their
names matter here.
"""

import csv
import io
from pathlib import Path

import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.corpus import Corpus, Word
from mcsan_lite.datasets import manifest
from mcsan_lite.datasets.manifest import MANIFEST_COLUMNS, OTHER_NAMES, read_manifest
from mcsan_lite.errors import DataError

ROWS = [
    ["audio", "text", "label", "id"],
    ["clips/a.wav", "The kettle sings, at last.", "joy", "one"],
    ["clips/b.wav", "", "anger", "two"],
    ["", 'She said "never".', "joy", "three"],
]


def write(folder, rows=ROWS, name="manifest.csv", comma=",", encoding="utf-8", end="\r\n"):
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    for clip in ("a.wav", "b.wav", "c.mp4"):
        (folder / "clips" / clip).touch()
    out = io.StringIO()
    csv.writer(out, delimiter=comma, lineterminator=end).writerows(rows)
    (folder / name).write_bytes(out.getvalue().encode(encoding))
    return folder / name


def table(header, *rows):
    return [header.split(), *rows]


def with_column(name, *cells):
    return [[*row, cell] for row, cell in zip(ROWS, (name, *cells), strict=True)]


def refusal(root, **options) -> str:
    return refusals.refusal(lambda: read_manifest(root, **options))


def reasons(path) -> list[str]:
    return [s.reason for s in read_manifest(path, strict=False).skipped]


def test_every_field(tmp_path):
    (tmp_path / "times.csv").write_text("end,Word,start\n0.5,oh,0\n1e0,dear,0.5\n")
    (tmp_path / "far.wav").touch()
    header = "video split words scenario session dialogue speaker id label text audio"
    row = [
        "clips/c.mp4",
        "Dev",
        "times.csv",
        "s1",
        "s2",
        "d1",
        "Ada",
        "x",
        "fear",
        "Oh dear",
        str(tmp_path / "far.wav"),
    ]
    corpus = read_manifest(
        write(tmp_path / "in", table(header, [*row[:2], "../times.csv", *row[3:]]), "own.csv")
    )
    assert corpus.name == "own" and corpus.labels == ("fear",) and corpus.skipped == ()
    (u,) = corpus.utterances
    assert (u.id, u.text, u.label, u.speaker, u.dialogue, u.session, u.scenario, u.split) == (
        "x",
        "Oh dear",
        "fear",
        "Ada",
        "d1",
        "s2",
        "s1",
        "valid",
    )
    assert (
        u.audio == tmp_path / "far.wav"
        and u.video == tmp_path / "in" / "clips" / "c.mp4"
        and u.max_s is None
    )
    assert u.words == (Word("oh", 0.0, 0.5), Word("dear", 0.5, 1.0))


def test_the_order_is_the_table_s_and_labels_are_sorted(tmp_path):
    corpus = read_manifest(write(tmp_path))
    assert [u.id for u in corpus.utterances] == ["one", "two", "three"] and corpus.labels == (
        "anger",
        "joy",
    )
    assert [u.audio for u in corpus.utterances] == [
        tmp_path / "clips" / "a.wav",
        tmp_path / "clips" / "b.wav",
        None,
    ]
    assert [u.text for u in corpus.utterances] == [
        "The kettle sings, at last.",
        "",
        'She said "never".',
    ]
    assert all(u.split is None and u.words == () and u.video is None for u in corpus.utterances)


def test_the_way_of_writing_does_not_matter(tmp_path):
    expected = read_manifest(write(tmp_path / "plain")).fingerprint()
    turned = [[f" {cell} " for cell in reversed(row)] for row in ROWS]
    turned[0] = [name.upper() for name in turned[0]]
    for number, options in enumerate(
        (
            {"end": "\n"},
            {"encoding": "utf-8-sig"},
            {"comma": ";"},
            {"name": "manifest.tsv", "comma": "\t"},
            {"rows": turned},
            {"rows": [["", "", "", ""], *ROWS[:2], [], *ROWS[2:], ["", "", "", ""]]},
        )
    ):
        folder = tmp_path / str(number)
        path = write(folder, **options)
        assert (
            read_manifest(folder).fingerprint()
            == expected
            == read_manifest(str(path)).fingerprint()
        )


def test_a_comma_in_the_header_decides(tmp_path):
    path = tmp_path / "own.csv"
    for content in (
        "text,label,a;b\nHm.,x,y\n",
        "\n\ntext;label\nHm.;x\n",
        "\ntext;label;more\nHm, so.;x;y\n",
    ):
        path.write_text(content)
        assert read_manifest(path).labels == ("x",)
    rows = table("text label", ["One; two, three.", "a;b"], ["Four.", "c"])
    assert read_manifest(write(tmp_path, rows)).labels == ("a;b", "c")
    assert read_manifest(write(tmp_path, rows, comma=";")).utterances[0].text == "One; two, three."


@pytest.mark.parametrize(
    "names, crucial",
    [
        ((), "no csv or tsv file"),
        (("a.csv", "b.tsv", "c.txt"), "with a.csv, b.tsv\n"),
        (("manifest.csv", "manifest.tsv", "a.csv"), "with manifest.csv, manifest.tsv\n"),
    ],
)
def test_which_table(tmp_path, names, crucial):
    for name in names:
        write(tmp_path, name=name)
    assert crucial in refusal(tmp_path)


def test_no_table(tmp_path):
    (tmp_path / "x.xlsx").touch()
    for path in (tmp_path / "x.xlsx", tmp_path / "nowhere", tmp_path / "nowhere.csv"):
        assert str(path) in refusal(path) and "csv" in refusal(path)
    (tmp_path / "manifest.csv").touch()
    assert "empty file" in refusal(tmp_path)
    assert "without a single utterance" in refusal(write(tmp_path, ROWS[:1]))


@pytest.mark.parametrize(
    "column, other", [(c, name) for c, names in OTHER_NAMES.items() for name in names.split()]
)
def test_another_name_is_suggested_and_not_taken(tmp_path, column, other):
    header = (
        "label text".replace(column, other)
        if column in ("label", "text")
        else f"label text {other}"
    )
    path = write(tmp_path, table(header, ["x"] * len(header.split())))
    assert f"{other!r}: did you mean {column!r}?" in refusal(path) and column in refusal(
        path, strict=False
    )


@pytest.mark.parametrize(
    "header, crucial",
    [
        ("Emotion wav", "'Emotion': did you mean 'label'? 'wav': did you mean 'audio'?"),
        (
            "FileName EmoAct SpkrID Split_Set",
            "'FileName': did you mean 'audio'? 'SpkrID': did you mean 'speaker'? "
            "'Split_Set': did you mean 'split'? Rename them, or delete them; "
            "add the column 'label'.",
        ),
        ("Datei Annotation", "'Datei': did you mean 'audio'? 'Annotation': did you mean 'label'?"),
        ("colour", "add the column 'label'; add the column 'audio' or 'text'."),
        ("label txt", "did you mean 'text'?"),
        ("label text speakr", "did you mean 'speaker'?"),
        ("label text sesion", "did you mean 'session'?"),
        ("text colour", "add the column 'label'"),
        ("label colour", "add the column 'audio' or 'text'"),
        ("label text label", "delete or rename one 'label'"),
    ],
)
def test_columns(tmp_path, header, crucial):
    assert crucial in refusal(
        write(tmp_path, table(header, ["x"] * len(header.split()))), strict=False
    )


def test_a_strange_column_is_told(tmp_path):
    corpus = read_manifest(write(tmp_path, table("text label age class", ["Hm.", "x", "7", "y"])))
    assert [(s.id, s.reason) for s in corpus.skipped] == [
        ("manifest.csv", "columns that are not read: 'age', 'class' (like 'label')"),
    ]


@pytest.mark.parametrize(
    "row, reason",
    [
        (["clips/a.wav", "", "", "x"], "an empty label: line 5"),
        (["", " ", "joy", "x"], "neither audio nor text: line 5"),
        (["clips/z.wav", "Hm.", "joy", "x"], "no such audio file: line 5, {}/clips/z.wav"),
        (["clips", "Hm.", "joy", "x"], "no such audio file: line 5, {}/clips"),
        (["x" * 999, "Hm.", "joy", "x"], "no such audio file: line 5, {}/" + "x" * 999),
        (["", "Hm.", "joy", "one"], "an id that is there twice: line 5, 'one', also in line 2"),
        (["", "Hm.", "joy"], "a wrong number of fields: line 5, 3, where the first line has 4"),
        (
            ["", "Hm", "joy", "x", ""],
            "a wrong number of fields: line 5, 5, where the first line has 4",
        ),
        (
            ["", "Hm.", "Joy", "x"],
            "a label that looks like a slip: line 5, 'Joy'; did you mean 'joy'?",
        ),
        (
            ["", "Hm.", "angers", "x"],
            "a label that looks like a slip: line 5, 'angers'; did you mean 'anger'?",
        ),
    ],
)
def test_a_wrong_row(tmp_path, row, reason):
    path = write(tmp_path, [*ROWS, row])
    reason = reason.format(tmp_path)
    text = refusal(path)
    assert "1 wrong rows" in text and f"\n  {reason}\n" in text and "--allow-incomplete" in text
    corpus = read_manifest(path, strict=False)
    assert (
        len(corpus) == 3
        and [s.reason for s in corpus.skipped] == [reason]
        and corpus.labels == ("anger", "joy")
    )


def test_only_slips_are_slips(tmp_path):
    labels = (
        "emotion1",
        "emotion2",
        "happy",
        "unhappy",
        "fear",
        "fearful",
        *2 * ("disgust", "disgusted"),
    )
    assert (
        len(
            read_manifest(
                write(tmp_path, table("text label", *(["Hm.", label] for label in labels)))
            )
        )
        == 10
    )
    rows = [["Hm.", label] for label in ("ANGER", "anger", "Anger", "anger", "ANGER", "anger")]
    assert [r.split(",")[0] for r in reasons(write(tmp_path, table("text label", *rows)))] == [
        f"a label that looks like a slip: line {n}" for n in (2, 4, 6)
    ]


def test_thousands_of_labels_take_no_time(tmp_path):
    assert (
        len(
            read_manifest(
                write(
                    tmp_path,
                    table(
                        "text label",
                        *(["Hm.", f"{i:b}ab".translate({48: "x", 49: "y"})] for i in range(5000)),
                    ),
                )
            )
        )
        == 5000
    )


@pytest.mark.parametrize(
    "given, split",
    [
        ("train", "train"),
        ("TEST", "test"),
        ("dev", "valid"),
        ("validation", "valid"),
        ("Valid", "valid"),
        ("", None),
    ],
)
def test_splits(tmp_path, given, split):
    corpus = read_manifest(write(tmp_path, with_column("split", given, given, given)))
    assert {u.split for u in corpus.utterances} == {split}


@pytest.mark.parametrize(
    "split, crucial", [("tarin", "did you mean 'train'?"), ("7", "one of train, valid"), ("", "''")]
)
def test_an_unknown_split(tmp_path, split, crucial):
    *_, reason = reasons(write(tmp_path, with_column("split", "train", split, "test")))
    assert reason.startswith("an unknown split: line 3, ") and crucial in reason


def test_ids_come_from_the_sound_file(tmp_path):
    rows = table(
        "audio text label id",
        ["clips/a.wav", "", "x", ""],
        ["clips/b.wav", "", "x", ""],
        ["", "Hm.", "x", ""],
        ["./clips/a.wav", "", "x", ""],
        ["clips/b.wav", "", "x", "c"],
    )
    corpus = read_manifest(write(tmp_path, rows))
    assert [u.id for u in corpus.utterances] == ["a_line2", "b", "line4", "a_line5", "c"]
    rows[-1][-1] = "b"
    assert [u.id for u in read_manifest(write(tmp_path, rows)).utterances] == [
        "a_line2",
        "b_line3",
        "line4",
        "a_line5",
        "b",
    ]
    assert read_manifest(write(tmp_path, [row[:3] for row in rows])).utterances[0].id == "a_line2"


def test_many_wrong_rows_are_counted(tmp_path):
    bad = [["", "", "joy", f"{i}"] for i in range(13)]
    path = write(tmp_path, [*ROWS, *bad[:6], ["", "Hm."], *bad[6:]])
    text = refusal(path)
    assert (
        "14 wrong rows" in text
        and "… and 4 more" in text
        and text.count("\n  neither audio nor text: line ") == 9
    )
    assert (
        text.index("line 10\n")
        < text.index("a wrong number of fields: line 11, 2,")
        < text.index("line 12\n")
    )
    assert read_manifest(path, strict=False).skipped_kinds().to_dict() == {
        "neither audio nor text": 13,
        "a wrong number of fields": 1,
    }


def test_a_skipped_row_does_not_hold_its_id(tmp_path):
    path = write(tmp_path, [*ROWS[:1], ["clips/z.wav", "", "joy", "one"], *ROWS[1:]])
    assert [u.id for u in read_manifest(path, strict=False).utterances] == ["one", "two", "three"]
    path = write(
        tmp_path,
        [ROWS[0], ["clips/a.wav", "", "joy", "", "one too many"], ["clips/a.wav", "", "joy", ""]],
    )
    assert [u.id for u in read_manifest(path, strict=False).utterances] == ["a"]


def test_the_line_is_that_of_the_file(tmp_path):
    rows = [
        ROWS[0],
        [],
        ["", "one\r\ntwo\nthree", "joy", "x"],
        ["", "", "", ""],
        ["", "Hm.", "", "y"],
    ]
    path = write(tmp_path, rows)
    assert path.read_bytes().split(b"\n")[7 - 1].startswith(b",Hm.") and reasons(path) == [
        "an empty label: line 7"
    ]
    assert read_manifest(path, strict=False).utterances[0].text == "one\r\ntwo\nthree"


@pytest.mark.parametrize(
    "junk, crucial",
    [
        (b'"x,joy,never closed', "line 5 of"),
        (b'"x"y,joy,a,b', "line 5 of"),
        (b",caf\0,joy,x", "line 5 of"),
        (b"x" * 200_000 + b",,joy,x", "line 5 of"),
    ],
)
def test_a_line_that_cannot_be_read(tmp_path, junk, crucial):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes() + junk)
    for strict in (True, False):
        assert f"{crucial} {path}" in refusal(path, strict=strict)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_another_encoding_is_read_and_said(tmp_path, encoding):
    rows = [*ROWS, ["", "café", "joy", "four"]]
    expected = read_manifest(write(tmp_path / "plain", rows)).fingerprint()
    corpus = read_manifest(write(tmp_path, rows, encoding=encoding))
    (remark,) = [s.reason for s in corpus.skipped]
    assert corpus.fingerprint() == expected
    assert encoding in remark.lower() and ("line 5, ',café,joy,four'" in remark) == (
        encoding == "cp1252"
    )


@pytest.mark.parametrize(
    "content, crucial",
    [
        ("word,begin,end\nx,0,1\n", "'begin'"),
        ("", "the empty file"),
        ("word,start,end\nx,0,1\ny,2,1\n", "line 3"),
        ("word,start,end\nx,-1,1\n", "line 2"),
        ("word,start,end\nx,0,inf\n", "line 2"),
        ("word,start,end\nx,nan,1\n", "line 2"),
        ("word,start,end\nx,0\n", "line 2"),
        ("word,start,end\nx,0,late\n", "late"),
        ('word,start,end\n"x', "line 2"),
    ],
)
def test_wrong_word_times(tmp_path, content, crucial):
    (tmp_path / "w.csv").write_text(content)
    (reason,) = reasons(write(tmp_path, with_column("words", "w.csv", "", "")))
    assert (
        reason.startswith("wrong word times: line 2, ")
        and crucial in reason
        and str(tmp_path / "w.csv") in reason
    )


@pytest.mark.parametrize("column", ["words", "video"])
def test_a_missing_file_beside_the_sound(tmp_path, column):
    assert reasons(write(tmp_path, with_column(column, "", "z", ""))) == [
        f"no such {column} file: line 3, {tmp_path}/z"
    ]


def test_every_column_is_explained():
    assert all(name in manifest.__doc__ for name in MANIFEST_COLUMNS) and set(OTHER_NAMES) <= set(
        MANIFEST_COLUMNS
    )


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_mutated_tables_never_crash(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "mutated"
    name, comma = data.draw(
        st.sampled_from([("manifest.csv", ","), ("manifest.csv", ";"), ("manifest.tsv", "\t")])
    )
    (folder / "manifest.csv").unlink(missing_ok=True)
    (folder / "manifest.tsv").unlink(missing_ok=True)
    path = write(folder, with_column("words", "w.csv", "", "w.csv"), name, comma)
    (folder / "w.csv").write_bytes(b"word,start,end\na,0,1\nb,1,2\n")
    target = data.draw(st.sampled_from([path, folder / "w.csv"]))
    content = target.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        at, cut = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 12))
        junk = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b'"', b",", b";", b"\r", b"\n", b"\0", b"\xef"])
        )
        content = content[:at] + junk + content[at + cut :]
    target.write_bytes(content)
    try:
        corpus = read_manifest(folder, strict=data.draw(st.booleans()))
    except DataError as error:
        assert all(f"{part}: " in str(error) for part in ("Given", "Expected", "Do"))
    else:
        assert (
            isinstance(corpus, Corpus)
            and 1 <= len(corpus) <= 6
            and all(s.kind and s.detail for s in corpus.skipped)
        )


@pytest.mark.parametrize(
    ("written", "taken", "kind"),
    [
        ("A\u0308rger", "\xc4rger", "names in another form"),
        ("joy\u200b", "joy", "names in another form"),
        ("\ufeffjoy", "joy", "names in another form"),
        (" joy\xa0", "joy", "blanks around labels or names"),
    ],
)
def test_labels_that_look_the_same_are_one_class(tmp_path, written, taken, kind):
    rows = table("text label id", ["Hm.", written, "a"], ["Hm.", taken, "b"])
    corpus = read_manifest(write(tmp_path, rows))
    assert corpus.labels == (taken,)
    (remark,) = corpus.skipped
    assert remark.kind.startswith(kind) and remark.detail.startswith("1 cells, first line 2, ")


def test_files_are_found_however_another_system_spells_them(tmp_path):
    (tmp_path / "a\u0308.wav").touch()
    rows = table("audio label", ["\xe4.wav", "x"], ["clips\\a.wav", "x"])
    corpus = read_manifest(write(tmp_path, rows))
    assert [u.id for u in corpus.utterances] == ["\xe4", "a"]
    assert all(u.audio.is_file() for u in corpus.utterances)


def test_a_split_without_validation_is_said(tmp_path):
    corpus = read_manifest(write(tmp_path, with_column("split", "train", "train", "test")))
    assert [s.reason for s in corpus.skipped] == [
        "no valid part: a tenth of the training utterances will choose the epoch instead"
    ]
    corpus = read_manifest(write(tmp_path, with_column("split", "train", "train", "dev")))
    assert "the validation part will be scored" in corpus.skipped[0].reason


def test_where_every_row_is_wrong_the_reasons_are_listed(tmp_path):
    path = write(tmp_path, table("audio label", ["C:\\x.wav", "joy"], ["y.wav", "joy"]))
    for strict in (True, False):
        text = refusal(path, strict=strict)
        assert "every row is wrong" in text and "no such audio file: line 3, " in text
        assert "--allow-incomplete" not in text


def test_a_doubtful_name_is_a_split_where_it_holds_parts(tmp_path):
    rows = table("text label mode", ["Hm.", "x", "Train"], ["Hm.", "x", "test"])
    assert "'mode': did you mean 'split'?" in refusal(write(tmp_path, rows))
    rows[1][2] = "sad"
    assert "'mode'" in reasons(write(tmp_path, rows))[0]


def test_word_times_may_have_decimal_commas(tmp_path):
    (tmp_path / "w.csv").write_text("word;start;end\noh;0;0,5\n", encoding="utf-8")
    corpus = read_manifest(write(tmp_path, with_column("words", "w.csv", "", "")))
    assert corpus.utterances[0].words == (Word("oh", 0.0, 0.5),)


def test_rows_are_counted_whole(tmp_path):
    """Every row of the table is an utterance or is listed."""
    rows = [["clips/a.wav", "x", label, ""] for label in ("a", "", "b", "", "a")]
    corpus = read_manifest(write(tmp_path, table("audio text label id", *rows)), strict=False)
    assert (
        len(corpus) == 3
        and len(corpus.skipped) == 2
        and isinstance(corpus.utterances[0].audio, Path)
    )
