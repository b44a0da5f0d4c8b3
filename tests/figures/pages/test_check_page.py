"""`mcsan check` as a page: the verdict, and what is told of a corpus with odd labels."""

import pytest
from page_reading import read_page

from mcsan_lite.datasets.inspection.report import inspect_corpus
from mcsan_lite.datasets.inspection.text import report_text
from mcsan_lite.figures.pages.check import check_page, draw_counts, draw_lengths

LABEL = "<script>alert(1)</script>"
LENGTHS = {
    "hours": 0.5,
    "min_s": 0.4,
    "median_s": 2.0,
    "p95_s": 8.0,
    "max_s": 31.0,
    "over_cut": 3,
    "cut_s": 10.0,
    "lost_share": 0.02,
    "short": 1,
    "short_s": 0.5,
}


@pytest.fixture
def report(tmp_path):
    rows = [f"It is {i}.,{label}" for i, label in enumerate((LABEL, "$plain$") * 6)]
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return inspect_corpus("manifest", path, fast=True)


def test_a_label_is_shown_and_never_run(report):
    text = check_page(report)
    page = read_page(text)
    assert "<script" not in text and page.text.count(LABEL) >= 2
    assert " ".join(report_text(report).split()) in page.text
    assert report["verdict"][1:] in page.text


@pytest.mark.parametrize(("status", "look"), [(0, "answer"), (1, "answer no")])
def test_the_answer_is_the_verdict(report, status, look):
    page = read_page(check_page({**report, "status": status, "verdict": "so it is"}))
    assert page.of("p")[0]["class"] == look and "So it is." in page.text


def test_what_is_not_as_published_is_hatched():
    counts = [
        {"what": "rows", "found": 3, "published": 4, "ok": False},
        {"what": "joy", "found": 2, "published": 2, "ok": True},
        {"what": "else", "found": 1, "published": None, "ok": None},
    ]
    ax = draw_counts(counts)
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [True, False, False]
    (diamonds,) = ax.lines
    assert list(diamonds.get_xdata()) == [4, 2] and list(diamonds.get_ydata()) == [0, 1]


def test_lengths_and_what_the_paper_hears(report):
    ax = draw_lengths(LENGTHS)
    told = [text.get_text() for text in ax.texts]
    assert "median\n2.00 s" in told and "longest\n31.00 s" in told and "heard up to 10 s " in told
    page = read_page(check_page({**report, "durations": LENGTHS}))
    assert "3 clips are longer than the paper hears, which leaves out 2.0%" in page.text


def test_a_published_set_has_its_numbers_beside(report):
    counts = [{"what": "rows", "found": 3, "published": 4, "ok": False}]
    skipped = [{"kind": "odd", "number": 2, "example": "u1", "reason": "odd: so"}]
    defect = {"kind": "wrong cut", "what": "not the turn", "train": 1, "valid": 2, "test": 3}
    refusal = {"given": "three rows", "expected": "four", "do": "fetch it again"}
    more = {"counts": counts, "skipped": skipped, "defects": [defect], "refusal": refusal}
    page = read_page(check_page({**report, **more}))
    for told in ("rows 3 4 ✗", "odd 2 u1 odd: so", "wrong cut 1 2 3", "Do: fetch it again"):
        assert told in page.text
