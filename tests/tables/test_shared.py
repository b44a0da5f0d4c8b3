"""What other programs get: nothing to compute, nothing to run, the same bytes each time."""

import csv
import io
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mcsan_lite.errors import DataError
from mcsan_lite.paper.report import markdown_sheet
from mcsan_lite.tables import shared

EVIL = ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx"]


@pytest.mark.parametrize("text", EVIL)
def test_a_spreadsheet_computes_nothing(text):
    table = pd.DataFrame({text: [text, "so"], "n": [-1.5, 2.0]}, index=[text, "it"])
    written = shared.spreadsheet_table(table).to_csv(lineterminator="\n")
    rows = list(csv.reader(io.StringIO(written, newline="")))
    shown = "'" + text.replace("\r", " ")
    assert rows[0] == ["", shown, "n"]
    assert rows[1] == [shown, shown, "-1.5"] and rows[2] == ["it", "so", "2.0"]
    assert table.index[0] == text  # the given table stays as it was


def test_markdown_shows_text_as_it_is():
    escaped = shared.markdown_text("a|b `c` <b>*d*</b> [e](f) g_h\n# i\x1b[0m")
    assert escaped == r"a\|b \`c\` \<b\>\*d\*\</b\> \[e\](f) g\_h \# i\[0m"
    assert shared.markdown_text("Corpus synthetic-12ab, 95 %: 0.5 ± 1.") == (
        "Corpus synthetic-12ab, 95 %: 0.5 ± 1."
    )


def test_no_cell_of_a_markdown_table_leaves_its_place():
    sheet = markdown_sheet({"row": ["a|b\nc", "<img src=x>", "p < 0.001, `x_y`"]})
    assert sheet.splitlines()[2:] == [
        r"| a\|b c |",
        "| &lt;img src=x> |",
        "| p < 0.001, `x_y` |",
    ]


def figure():
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot(np.arange(3), label="a")
    ax.fill_between(np.arange(3), np.arange(3), alpha=0.3, hatch="/")
    ax.set_title("a\x00b\x1b[31m\ud800 <c> & --> d\ufffe")
    ax.set_clip_path(ax.patch)
    return fig


def test_an_svg_is_whole_xml_and_has_the_same_bytes_each_time(tmp_path):
    for name in ("a", "b"):
        fig = figure()
        shared.save_svg(fig, tmp_path / f"{name}.svg")
        plt.close(fig)
    data = (tmp_path / "a.svg").read_bytes()
    ElementTree.fromstring(data)
    assert data == (tmp_path / "b.svg").read_bytes()
    assert b"ab[31m" in data and b"<dc:date>" not in data


def test_a_made_part_replaces_what_stood_between_its_marks():
    page = "above\n\n<!-- a -->\n\nold\n\n<!-- /a -->\n\nbelow\n"
    new = shared.between_marks(page, "<!-- a -->", "<!-- /a -->", "new")
    assert new == page.replace("old", "new")
    assert shared.between_marks(new, "<!-- a -->", "<!-- /a -->", "new") == new


@pytest.mark.parametrize("lost", ["<!-- a -->", "<!-- /a -->"])
def test_a_page_without_its_marks_loses_nothing(lost):
    page = "<!-- a -->\n\nold\n\n<!-- /a -->\n\nbelow\n"
    for broken in (page.replace(lost, ""), page + lost):
        with pytest.raises(DataError, match="each mark once"):
            shared.between_marks(broken, "<!-- a -->", "<!-- /a -->", "new")
