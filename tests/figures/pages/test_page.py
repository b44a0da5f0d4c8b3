"""A page of results: what is shown, what is escaped, and where it is written."""

import os
import stat

import matplotlib.pyplot as plt
import pytest
from jinja2 import UndefinedError
from page_reading import read_page

from mcsan_lite.errors import DataError
from mcsan_lite.figures.pages.inline import in_our_theme, picture_of
from mcsan_lite.figures.pages.page import (
    Answer,
    Section,
    Sheet,
    Verbatim,
    filled_page,
    page_text,
    require_page_place,
    save_page,
)

WICKED = "<script>alert('x')</script> & \"quoted\" $a$ \x07"
SHOWN = "<script>alert('x')</script> & \"quoted\" $a$"


def figure(label="a label", color="#0072B2"):
    fig, ax = plt.subplots()
    ax.bar([0], [1], color=color)
    ax.plot([0, 1], [0, 1], "s", mfc="white", color="#d55e00")
    ax.set_xticks([0], [label.replace("$", r"\$").replace("\x07", "")])
    return fig


def test_every_part_is_shown_and_escaped():
    picture = picture_of(figure(WICKED), alt=f"alt of {WICKED}", caption=f"caption {WICKED}")
    parts = [
        WICKED,
        [f"item {WICKED}", "another"],
        Sheet(f"table {WICKED}", {f"row {WICKED}": [WICKED, "b"], "score": ["0.5 [0.4, 0.6]", 7]}),
        picture,
        Verbatim(f"summary {WICKED}", f"text\n  {WICKED}"),
    ]
    text = page_text(
        f"title {WICKED}",
        [Section(f"heading {WICKED}", parts)],
        lead=f"lead {WICKED}",
        answer=Answer(f"answer {WICKED}", good=False),
    )
    page = read_page(text)
    assert "<script" not in text and "\x07" not in text
    for place in ("title", "heading", "item", "table", "row", "caption", "summary", "lead"):
        assert f"{place} {SHOWN}" in page.text, place
    assert page.of("svg")[0]["aria-label"] == f"alt of {WICKED}".replace("\x07", "")
    assert page.of("p")[0]["class"] == "answer no"
    numbers = [a.get("class") for a in page.of("td")]
    assert numbers == ["n", "n"]


def test_a_picture_takes_the_page_s_colours():
    with in_our_theme():
        svg = str(picture_of(figure(), alt="a bar and two points", caption="one").svg)
    assert "var(--blue)" in svg and "var(--red)" in svg and "var(--ink)" in svg
    assert "var(--paper)" in svg and "#262626" not in svg and "#ffffff" not in svg
    assert not svg.startswith("<?xml") and "<metadata" not in svg and "<!--" not in svg
    assert plt.get_fignums() == []


def test_two_pictures_of_a_page_share_no_name():
    first, second = (picture_of(figure(), alt="a" * 21, caption=name) for name in ("one", "two"))
    read_page(page_text("t", [Section("h", [first, second])]))
    assert first.svg != second.svg
    assert first.svg == picture_of(figure(), alt="a" * 21, caption="one").svg  # the same each time


def test_the_theme_of_a_caller_stays():
    before = dict(plt.rcParams)
    with in_our_theme():
        assert plt.rcParams["axes.spines.top"] is False
    assert dict(plt.rcParams) == before


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        filled_page(
            "{% extends 'page.html' %}{% block body %}{{ nothing }}{% endblock %}", title="t"
        )


def test_columns_of_numbers_stand_to_the_right():
    columns = {
        "row": ["1", "2"],
        "gap": ["+1.0", ""],
        "p": ["< 0.001", "0.5"],
        "word": ["1 of", "x"],
        "nothing": ["", ""],
    }
    assert Sheet("c", columns).numeric == [True, True, True, False, False]


def test_a_page_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "new" / "page.html"
    save_page(require_page_place(path), "äöü")
    assert path.read_bytes() == "äöü".encode() and [*path.parent.iterdir()] == [path]

    def full(*_):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError):
        save_page(path, "other")
    assert path.read_bytes() == "äöü".encode() and [*path.parent.iterdir()] == [path]


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="which is a folder"):
        require_page_place(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError):
        require_page_place(tmp_path / "file" / "page.html")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError):
        require_page_place(tmp_path / "page.html")
    assert stat.S_ISREG((tmp_path / "file").stat().st_mode)
