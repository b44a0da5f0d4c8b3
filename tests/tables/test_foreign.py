"""Every csv that a user may bring is read by one reader, however it was saved."""

import csv
import io

import pytest
import refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsan_lite.tables.foreign import plain_name, read_foreign

COLUMNS = ("audio", "text", "label")
CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf")), max_size=6)


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_foreign(path, COLUMNS, "a table")


@settings(max_examples=80, deadline=None, database=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL.filter(str.strip)), max_size=5),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    before=st.sampled_from(["", "\n\n", "# mine, v1; a|b\n", "sep={}\r\n", "#\n\nsep={}\n"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_way_of_saving_is_read(rows, separator, encoding, before, end, tmp_path_factory):
    out = io.StringIO()
    out.write(before.format(separator))
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerows([("audio", "text", "label"), *rows])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    found = read(path, out.getvalue().encode(encoding))
    assert found.header == list(COLUMNS) and found.separator == separator
    assert [tuple(row.fields) for row in found.rows] == rows
    assert [row.line for row in found.rows] == sorted({row.line for row in found.rows})


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("audio;text, as said;label\na;b;c\n", ["audio", "text, as said", "label"]),
        ("text,label,a;b\nHm.,x,y\n", ["text", "label", "a;b"]),
        ("x;y\n1;2\n", ["x", "y"]),
        ("x|y,z\n1|2\n3|4\n", ["x", "y,z"]),
        ("label\njoy\n", ["label"]),
    ],
)
def test_the_header_tells_the_separator(tmp_path, content, header):
    assert read(tmp_path / "t.csv", content).header == header


def test_an_empty_end_of_the_header_is_no_column(tmp_path):
    found = read(tmp_path / "t.csv", "audio,text,label,\na,b,c\na,b,c,\na,b, too,c\n")
    assert found.header == list(COLUMNS)
    assert [len(row.fields) for row in found.rows] == [3, 3, 4]


def test_lines_in_an_old_code_page_are_counted(tmp_path):
    content = "text,label\ncafé,a\n".encode() + "“na\xefve”,b\n".encode("cp1252") * 2
    found = read(tmp_path / "t.csv", content)
    assert [row.fields[0] for row in found.rows] == ["café", "“naïve”", "“naïve”"]
    (remark,) = found.remarks
    assert remark.startswith("2 lines ") and "cp1252, first line 3, '“naïve”,b'" in remark


@pytest.mark.parametrize(
    ("content", "crucial"),
    [
        (b"PK\x03\x04xl", "an Excel or zip file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs"),
        (b"\x89PNG\r\n\x1a\n\x00", "line 3"),
        (b'text,label\n"a,b\n', "line 2"),
        (b"# nothing else\n", "empty"),
        (b"\xff\xfea", "utf-16-le"),
        (b"sep=;\n\n", "empty"),
    ],
)
def test_no_table(tmp_path, content, crucial):
    path = tmp_path / "t.csv"
    text = refusals.refusal(lambda: read(path, content))
    assert crucial in text and str(path) in text


@pytest.mark.parametrize("name", ["ang\u200b", "\ufeffang ", "an\xadg", "\u200eang"])
def test_names_are_compared_as_they_look(name):
    assert plain_name(name) == "ang" and plain_name("e\u0301") == "\xe9"
