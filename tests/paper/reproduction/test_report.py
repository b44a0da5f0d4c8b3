"""The reproduction report: no number of its prose is typed, and its words follow the results."""

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from made_results import results
from page_reading import read_page

from mcsan_lite.errors import DataError
from mcsan_lite.paper import verdicts
from mcsan_lite.paper.literature import published_systems
from mcsan_lite.paper.reproduction import build
from mcsan_lite.paper.reproduction.claims_told import claims_sheet, judged_claims
from mcsan_lite.paper.reproduction.open_ends import not_run
from mcsan_lite.paper.reproduction.shipped import shipped_tables
from mcsan_lite.tables.own import save_table

SHIPPED = Path(__file__).parents[3] / "results"
ROWS = {"MCSAN": 0.8, "w/o audio": 0.5, "w/o cross": 0.7}
HEADINGS = (
    *("Reproducibility summary", "Scope of reproducibility", "Methodology", "Results"),
    *("What was easy", "What was difficult", "Communication with original authors"),
    *("Introduction", "Scope of reproducibility", "Methodology", "Model descriptions", "Datasets"),
    *("Hyperparameters", "Experimental setup and code", "Computational requirements", "Results"),
    *("Discussion", "What was easy", "What was difficult", "What differs", "What stays open"),
    "Communication with original authors",
)
SPELLED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred|"
    r"thousand|half|twice|dozen)\b",
    re.I,
)
NAMED = re.compile(r"(?:Eq\.|[Ss]ections?|Tables?)\s+\d[\d.]*(?:\s+(?:to|and)\s+\d[\d.]*)?|table\d")


def prose():
    """The template without places for values, statements, comments and tags."""
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", build.template_text(), flags=re.S)
    return re.sub(r"<[^>]+>", " ", text)


def test_no_number_of_the_prose_is_typed():
    left = NAMED.sub("", prose())
    assert re.findall(r"\S*\d\S*", left) == []
    assert SPELLED.findall(left) == []


@pytest.mark.parametrize("typed", ["a score of .95", "Table 3 has 9 rows", "30 choices", "two of"])
def test_a_typed_number_would_be_seen(typed):
    left = NAMED.sub("", typed)
    assert re.search(r"\d", left) or SPELLED.search(left)


@pytest.fixture
def folder(tmp_path):
    """A function: results of a table in a folder, as `mcsan run` writes them."""

    def make(rows=ROWS, name="table3", profile="quick", kind="synthetic", **more):
        folds = results(rows, **more)
        place = tmp_path / "results"
        stem = f"{name}-{kind}-{profile}"
        save_table(place / f"{stem}-folds.csv", folds.drop(columns="folder"))
        if name != "ambiguities":
            floors = results({"majority": 0.2, "best": more.get("floor", 0.4)}, model="floor")
            table = verdicts.compared_table(folds, kind, name)
            if kind == "synthetic":
                table = verdicts.floors_beside(table, folds, floors)
            save_table(place / f"{stem}.csv", table)
        return place

    return make


def test_the_report_on_what_this_repository_ships():
    text = build.report_page(SHIPPED)
    page = read_page(text)
    found = re.findall(r"<h[23]>(.*?)</h[23]>", text)
    inside = iter(found)
    assert all(heading in inside for heading in HEADINGS), found
    assert len(text) < 700_000
    for place in ("generated speech", "generated speech of the leaking world"):
        assert f"Ways to fuse on {place}, profile quick" in found  # two worlds, two headings
    printed = {f"{score:.3f}" for score in published_systems("iemocap").score}
    introduction = page.text.partition("Introduction")[2].partition("Scope of repro")[0]
    assert "0.612" in introduction
    rest = page.text.replace(introduction, "")
    numbers = set(re.findall(r"WA (0\.\d{3})", rest))
    assert "0.612" not in rest and not numbers & printed


@pytest.mark.parametrize(
    ("audio", "says", "never"),
    [
        (0.5, "MCSAN is ahead of: w/o audio", "MCSAN is below: w/o audio"),
        (0.9, "MCSAN is below: w/o audio", "MCSAN is ahead of: w/o audio"),
    ],
)
def test_results_are_told_by_their_numbers(folder, audio, says, never):
    text = read_page(build.report_page(folder({**ROWS, "w/o audio": audio}))).text
    assert says in text and never not in text
    assert "Table 3 on generated speech, profile quick" in text


@pytest.mark.parametrize(
    ("own", "says"),
    [(0.8, "On the same folds, these score higher: MCSAN"), (0.3, "These score lower: MCSAN")],
)
def test_the_best_floor_is_named_with_its_side(folder, own, says):
    text = read_page(build.report_page(folder({"MCSAN": own, "w/o audio": 0.2}))).text
    assert "The best floor is best (0.4" in text and says in text


def test_claims_follow_the_results(folder):
    def verdict(rows):
        (one,) = shipped_tables(folder(rows))
        sheet = claims_sheet(judged_claims([one]))
        told = dict(zip(sheet["claim"], sheet["generated speech"], strict=True))
        return told["cross-attention helps: MCSAN is above w/o cross"], told["MCSAN is above CAN"]

    assert verdict(ROWS) == ("reproduced", "not run")
    assert verdict({**ROWS, "w/o cross": 0.9}) == ("differs", "not run")
    assert verdict({**ROWS, "w/o cross": 0.8})[0] == "not distinguishable"


def test_every_generated_world_has_verdicts_of_its_own(folder):
    place = folder()
    folder({**ROWS, "w/o cross": 0.9}, kind="listed", corpus="listed")  # its name is the first
    shipped = shipped_tables(place)
    assert [one.kind for one in shipped] == [
        "generated speech",
        "generated speech of the listed world",
    ]
    sheet = claims_sheet(judged_claims(shipped))
    cross = sheet["claim"].index("cross-attention helps: MCSAN is above w/o cross")
    assert sheet["generated speech"][cross] == "reproduced"
    assert sheet["generated speech of the listed world"][cross] == "differs"
    folder(name="fusion", kind="leaking", corpus="leaking")  # of which the paper says nothing
    assert claims_sheet(judged_claims(shipped_tables(place))) == sheet


def test_a_larger_profile_in_another_world_is_not_one_of_the_matching_world(folder):
    place = folder()
    folder(kind="listed", corpus="listed", profile="full")
    assert "Table 3 on generated speech: profiles “paper”, “full”" in not_run(shipped_tables(place))


def test_what_was_not_run_is_computed(folder):
    place = folder()
    missing = not_run(shipped_tables(place))
    assert "IEMOCAP (a corpus of the paper): Table 1, Table 2, Table 3" in missing
    assert "Table 3 on generated speech: profiles “paper”, “full”" in missing
    assert any("the rows w/o text; w/o self" in item for item in missing)
    folder({**ROWS, "w/o text": 0.4}, profile="full")
    missing = not_run(shipped_tables(place))
    assert "Table 3 on generated speech: profiles “paper”" in missing
    assert any("the rows w/o self" in item for item in missing)
    folder(name="table3", kind="iemocap", corpus="iemocap", profile="paper")
    missing = not_run(shipped_tables(place))
    assert "IEMOCAP (a corpus of the paper): Table 1, Table 2" in missing


def test_the_largest_profile_counts(folder):
    folder(ROWS, profile="smoke")
    place = folder({**ROWS, "w/o cross": 0.9}, profile="full")
    (one,) = shipped_tables(place)
    assert one.profile == "full"


def test_a_larger_table_counts_once_it_has_all_rows(folder):
    folder(ROWS, profile="quick")
    unfinished = dict(list(ROWS.items())[:-1])
    (one,) = shipped_tables(folder(unfinished, profile="full"))
    assert one.profile == "quick"
    (one,) = shipped_tables(folder(ROWS, profile="full"))
    assert one.profile == "full"


def test_results_at_home_are_judged_as_the_paper_s_own(folder):
    (one,) = shipped_tables(folder(kind="iemocap", corpus="iemocap", profile="paper"))
    assert one.at_home and not one.generated
    tested = judged_claims([one])
    assert set(tested.kind) == {"iemocap"}
    score = tested[tested.claim == "score wa"].verdict.item()
    assert score == "differs"  # .800 is not the printed score
    text = read_page(build.report_page(folder(kind="iemocap", corpus="iemocap"))).text
    assert "there are results for IEMOCAP" in text and "no printed score is confirmed" not in text


def test_without_sound_no_claim_is_judged(folder):
    place = folder(kind="text alone", corpus="meld")
    (one,) = shipped_tables(place)
    assert one.silent and not one.at_home
    assert set(judged_claims([one]).verdict) == {"not comparable", "not run"}
    assert "Nothing is heard here: no claim" in read_page(build.report_page(place)).text


def test_other_corpora_have_no_home(folder):
    (one,) = shipped_tables(folder(kind="ravdess", corpus="ravdess"))
    assert not one.at_home and not one.generated
    assert set(judged_claims([one])[lambda t: t.claim == "score wa"].verdict) == {"not comparable"}


def test_open_choices_are_drawn_with_their_intervals(folder):
    place = folder()
    folder({"MCSAN": 0.8, "dropout=0.3": 0.6, "clip=1.0": 0.9}, name="ambiguities")
    spoken = {"kind": "ravdess", "corpus": "ravdess"}
    folder({"MCSAN": 0.8, "patience=3": 0.6}, name="ambiguities", **spoken)
    text = read_page(build.report_page(place)).text
    assert "above zero for: clip=1.0 (+" in text and "below zero for: dropout=0.3 (-" in text
    assert "patience=3" not in text  # of recordings, which this figure is not about
    folder({"MCSAN": 0.8, "dropout=0.3": 0.6}, name="ambiguities", folds=1)
    assert "no interval for them" in read_page(build.report_page(place)).text


def test_a_folder_without_results_is_refused(tmp_path):
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match="without a table of results"):
            build.report_page(place)
    (tmp_path / "table3-synthetic-quick-folds.csv").write_text("name,corpus\n")
    with pytest.raises(DataError, match="without trainings"):
        build.report_page(tmp_path)
    (tmp_path / "table3-synthetic-quick-folds.csv").write_text('name,corpus\n"a')
    with pytest.raises(DataError, match="line"):
        build.report_page(tmp_path)


def test_files_of_other_kinds_are_passed_over(folder):
    place = folder()
    (place / "ladder-quick-folds.csv").write_text("anything\n1\n")
    (place / "notes-folds.csv").write_text("anything\n")
    assert [one.name for one in shipped_tables(place)] == ["table3"]


def test_a_pdf_needs_a_browser(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(DataError, match="without Chromium") as refusal:
        build.print_pdf("<p>", tmp_path / "report.pdf")
    assert "report.html" in refusal.value.do and list(tmp_path.iterdir()) == []


def test_a_browser_that_prints_nothing_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "browser_at_hand", lambda: shutil.which("true"))
    with pytest.raises(DataError, match="printed nothing"):
        build.print_pdf("<p>", tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_still_writes_into_its_profile_spoils_no_pdf(monkeypatch, tmp_path):
    def not_empty(*_, **__):
        raise OSError(errno.ENOTEMPTY, "Directory not empty")

    def prints(browser, source, printed):
        printed.write_bytes(b"%PDF-")
        monkeypatch.setattr(os, "rmdir", not_empty)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(build, "browser_at_hand", lambda: "a browser")
    monkeypatch.setattr(build, "_print", prints)
    build.print_pdf("<p>", tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF-"


@pytest.mark.skipif(build.browser_at_hand() is None, reason="no Chromium, Chrome or Edge here")
def test_a_pdf_is_printed(folder, tmp_path):
    path = tmp_path / "new" / "report.pdf"
    build.print_pdf(build.report_page(folder()), path)
    assert path.read_bytes().startswith(b"%PDF-") and [*path.parent.iterdir()] == [path]
