"""--html: the same text on stdout, and a page beside it; a wrong place is refused at once."""

from pathlib import Path

import pytest
from page_reading import read_page

COMMANDS = {
    "check": ("check", "synthetic", "--fast"),
    "floors": ("floors", "synthetic"),
    "table": ("table",),
}
SAID = {"check": "Is this the data", "floors": "What must be beaten", "table": "What is finished"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_beside_the_same_text(name, fold, mcsan, tmp_path):
    words = COMMANDS[name]
    status, out, _ = mcsan(*words)
    path = tmp_path / "new" / f"{name}.html"
    with_page = mcsan(*words, "--html", str(path))
    assert with_page[:2] == (status, out) and f"{path} written" in with_page[2]
    page = read_page(path.read_text(encoding="utf-8"))
    assert SAID[name] in page.text and page.of("svg")
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_that_is_a_folder_is_refused_before_any_work(name, fold, mcsan, tmp_path):
    status, out, err = mcsan(*COMMANDS[name], "--html", str(tmp_path))
    assert status == 2 and out == "" and "which is a folder" in err and "Do: " in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_below_a_file_is_refused(name, fold, mcsan, tmp_path):
    (tmp_path / "file").write_text("mine")
    status, out, err = mcsan(*COMMANDS[name], "--html", str(tmp_path / "file" / "a.html"))
    assert status == 2 and out == "" and "Given: " in err and "--html" in err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_report(mcsan, tmp_path):
    results = Path(__file__).parents[2] / "results"
    path = tmp_path / "new" / "r.html"
    status, out, _ = mcsan("report", "-o", str(path), "--results", str(results), places=False)
    assert status == 0 and out == f"{path} written\n"
    assert "Reproducibility summary" in read_page(path.read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("-o", "report.txt"), "a report that ends in '.txt'"),
        (("-o", "report"), "a report that ends in ''"),
        (("-o", "{here}/r.html", "--results", "{here}"), "without a table of results"),
    ],
)
def test_a_report_that_cannot_be_written(words, given, mcsan, tmp_path):
    words = [word.format(here=tmp_path) for word in words]
    status, out, err = mcsan("report", *words, places=False)
    assert status == 2 and out == "" and given in err and "Do: " in err
    assert list(tmp_path.iterdir()) == []
