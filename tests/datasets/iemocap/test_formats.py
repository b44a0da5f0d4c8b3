"""IEMOCAP's line formats, on invented lines."""

from itertools import pairwise

import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.corpus import Skipped, Word
from mcsan_lite.datasets.iemocap.formats import (
    TurnLine,
    parse_alignment,
    parse_labels,
    parse_transcript,
    read_lines,
    turn_name,
)
from mcsan_lite.datasets.iemocap.release import EMOTION_CODES
from mcsan_lite.errors import DataError

LABELS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[1.2500 - 3.6779]\tSes01F_impro01_F000\tang\t[1.5000, 4.0000, 4.5000]
C-E2:\tAnger;\t()
C-E4:\tOther;\t(a pun, I think)
A-E3:\tval 2; act 4; dom  5;\t()
A-F1:\tval 2; act 4; dom  ;\t()

[4.0779 - 6.2067]\tSes01F_impro01_M000\txxx\t[2.0000, 3.5000, 3.0000]
A-E4:\tval ; act 3; dom ;\t()
""".splitlines()
TRANSCRIPT = """Ses01F_impro01_F000 [001.2500-003.6779]: Note: the score - so far [6:2]: lost.
M: Quite.
Ses01F_impro01_MXX0 [007.4871-008.1592]: [LAUGHTER]
Ses01F_impro01_M000 [004.0779-006.2067]: [BREATHING] Well...
Ses01F_impro01_M001 004.0779-006.2067: Lost the brackets.
""".splitlines()
ALIGNMENT = """\t SFrm  EFrm    SegAScr Word
\t    0     2     -37000 <s>
\t    3    11     -37911 YOU
\t   12    35     -38822 ++LAUGHTER++
\t   36    38     -39733 <sil>
\t   39    76     -40644 SING(2)
\t   77    80     -44288 \n\
\t   81    81        120 O'CLOCK(12)
\t   82    84     -41555 </s>
 Total score:     -235665""".splitlines()


@pytest.mark.parametrize(
    "name, parts",
    [
        ("Ses01F_impro01_F000", ("Ses01F_impro01", "Ses01", "impro01", "Ses01F")),
        ("Ses01F_impro01_M000", ("Ses01F_impro01", "Ses01", "impro01", "Ses01M")),
        ("Ses03M_impro05a_F012", ("Ses03M_impro05a", "Ses03", "impro05", "Ses03F")),
        ("Ses03M_impro08b_M100", ("Ses03M_impro08b", "Ses03", "impro08", "Ses03M")),
        ("Ses05M_script01_1b_F1234", ("Ses05M_script01_1b", "Ses05", "script01_1", "Ses05F")),
        ("Ses02F_script03_2_M041", ("Ses02F_script03_2", "Ses02", "script03_2", "Ses02M")),
        ("Ses01F_impro01_MXX0", None),
        ("Ses06F_impro01_M000", None),
        ("Ses01F_impro01", None),
        ("Ses01X_impro01_F000", None),
        ("Ses01F_impro01_F00", None),
        ("Ses01F_impro01_F٠٠٠", None),
        (" Ses01F_impro01_F000", None),
        ("", None),
    ],
)
def test_turn_names(name, parts):
    assert turn_name(name) == parts


def test_labels():
    turns, odd = parse_labels(LABELS, "a.txt")
    assert turns == [
        TurnLine(3, "Ses01F_impro01_F000", "anger"),
        TurnLine(9, "Ses01F_impro01_M000", "no agreement"),
    ]
    assert odd == [
        Skipped("Ses01F_impro01_F000", "rater value missing", "dominance by F1 in line 7 of a.txt"),
        Skipped(
            "Ses01F_impro01_M000",
            "rater value missing",
            "valence, dominance by E4 in line 10 of a.txt",
        ),
    ]


@pytest.mark.parametrize("code, name", EMOTION_CODES.items())
def test_every_code(code, name):
    assert parse_labels([LABELS[2].replace("ang", code)], "a.txt").turns[0].value == name


@pytest.mark.parametrize(
    "old, new, crucial",
    [
        ("ang", "agn", "line 3 of a.txt: emotion 'agn'"),
        ("ang", "agn", "did you mean 'ang'?"),
        ("ang", "Anger", "did you mean 'ang'?"),
        ("ang", "", "line 3 of a.txt: '[1.2500"),
        ("\tang\t", " ang ", "line 3 of a.txt: '[1.2500"),
        ("_F000", "_FXX0", "line 3 of a.txt: turn 'Ses01F_impro01_FXX0'"),
        (" - 3.6779", "", "with tabs between"),
        (", 4.5000]", "", "line 3 of a.txt"),
        ("4.5000]", "4.5000] ang", "line 3 of a.txt"),
    ],
)
def test_a_broken_label_line_is_refused_with_its_number(old, new, crucial):
    lines = [line.replace(old, new) if line.startswith("[1.") else line for line in LABELS]
    assert crucial in refusals.refusal(lambda: parse_labels(lines, "a.txt"))


@pytest.mark.parametrize(
    "line", ["Ses01F_impro01_F000 :Anger; ()", " " + LABELS[2], LABELS[2][1:], "A-E3:\tval 2", "x"]
)
def test_other_lines_among_labels_are_named(line):
    (odd,) = parse_labels([*LABELS[:4], line], "a.txt")[1]
    assert odd.id == "Ses01F_impro01_F000" and odd.reason.startswith(
        "unknown line among labels: line 5 of a.txt: "
    )


def test_transcript():
    texts, odd = parse_transcript(TRANSCRIPT, "t.txt")
    assert texts == [
        TurnLine(1, "Ses01F_impro01_F000", "Note: the score - so far [6:2]: lost."),
        TurnLine(4, "Ses01F_impro01_M000", "[BREATHING] Well..."),
    ]
    assert [(s.id, s.kind) for s in odd] == [
        ("t.txt:2", "transcript line without id"),
        ("t.txt:3", "transcript id with XX"),
        ("t.txt:5", "transcript line unreadable"),
    ]


def test_alignment():
    words = parse_alignment(ALIGNMENT, "w.wdseg")
    assert words == (Word("you", 0.03, 0.12), Word("sing", 0.39, 0.77), Word("o'clock", 0.81, 0.82))
    assert parse_alignment([*ALIGNMENT, "", " "], "w.wdseg") == words


@pytest.mark.parametrize(
    "change, crucial",
    [
        (lambda a: [], "line 1 of w.wdseg: ''"),
        (lambda a: a[1:], "line 1 of w.wdseg"),
        (lambda a: a[:1], "line 1 of w.wdseg, the last one"),
        (lambda a: a[:-1], "line 9 of w.wdseg, the last one"),
        (lambda a: [*a[:3], a[3][:9], *a[4:]], "line 4 of w.wdseg"),
        (lambda a: [*a, *a], "line 10 of w.wdseg"),
        (lambda a: [*a[:3], a[4], a[3], *a[5:]], "line 5 of w.wdseg"),
        (lambda a: [*a[:2], a[2].replace("11", " 2"), *a[3:]], "line 3 of w.wdseg"),
        (lambda a: [*a[:3], a[3].replace("12", "11"), *a[4:]], "line 4 of w.wdseg"),
        (lambda a: [*a[:2], a[2].replace("11", "1" * 5000), *a[3:]], "line 3 of w.wdseg"),
        (lambda a: [*a[:2], a[2].replace("11", "١١"), *a[3:]], "line 3 of w.wdseg"),
    ],
)
def test_a_broken_alignment_is_refused_with_its_line(change, crucial):
    assert crucial in refusals.refusal(lambda: parse_alignment(change(ALIGNMENT), "w.wdseg"))


def test_bytes_become_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ncaf\xc3\xa9\ncaf\xe9 \x85 \x0b\x0c\x1c end\r\n\r\nlast")
    assert read_lines(path) == ["one", "café", "café \x85 \x0b\x0c\x1c end", "", "last"]
    assert f"{tmp_path}, which cannot be read" in refusals.refusal(lambda: read_lines(tmp_path))


JUNK = st.binary(max_size=5) | st.sampled_from(
    [b"\n", b"\r", b"\t", b"]:", b"[", b" ", b"-", b";", b"9" * 5000, b" " * 9000]
)


@pytest.mark.parametrize(
    "parse, lines",
    [(parse_labels, LABELS), (parse_transcript, TRANSCRIPT), (parse_alignment, ALIGNMENT)],
)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_lines_give_a_result_or_a_refusal(tmp_path_factory, parse, lines, data):
    content = "\n".join(lines).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at, cut = (
            data.draw(st.integers(0, len(content))),
            data.draw(st.integers(0, 12) | st.just(10_000)),
        )
        content = content[:at] + data.draw(JUNK) + content[at + cut :]
    path = tmp_path_factory.getbasetemp() / "mutated.txt"
    path.write_bytes(content)
    try:
        result = parse(read_lines(path), path)
    except DataError as error:
        assert f"of {path}" in error.given and error.expected and error.do
    else:
        if parse is parse_alignment:
            assert all(isinstance(w, Word) and w.text and 0 <= w.start_s < w.end_s for w in result)
            assert all(a.end_s <= b.start_s for a, b in pairwise(result))
        else:
            turns, odd = result
            assert all(turn_name(line.turn) for line in turns) and all(
                s.kind and s.detail for s in odd
            )


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_as_a_line(text):
    for parse in (parse_labels, parse_transcript, parse_alignment):
        try:
            parse([text], "x")
        except DataError as error:
            assert error.given.startswith("line 1 of x")
